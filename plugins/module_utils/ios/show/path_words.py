# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prefixes and headings as tables and detailed views print them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...model.family import IPV6, family_of
from ..text import address_of
from .answer import Answer

#: In a table as one letter, in the detailed view as a word.
ORIGINS = {
    "i": "igp", "e": "egp", "?": "incomplete", "IGP": "igp", "EGP": "egp", "incomplete": "incomplete",
}  # fmt: skip

_FAMILY = re.compile(r"For address family: (.+)\Z")
_DISTINGUISHER = re.compile(
    r"Route Distinguisher: (?P<rd>\S+)(?: \(default for vrf (?P<vrf>\S+)\))?(?: .*)?\Z"
)
_IP = re.compile(r"(?P<address>[0-9A-Fa-f.:]+)(?:/(?P<length>\d{1,3}))?\Z", re.A)
_CLASSES = ((128, 8), (192, 16), (224, 24))


@dataclass
class Place:
    """What the headings say about the paths below them."""

    source: Answer
    family: str = ""
    vrf: str = ""
    rd: str = ""

    def __post_init__(self) -> None:
        self.family = self.family or self.source.family
        self.vrf = self.vrf or self.source.vrf

    def heading(self, line: str) -> bool:
        """Take up the heading of a family or of a VRF; False where the line is none."""
        family = _FAMILY.match(line)
        if family:
            self.family, self.vrf, self.rd = family.group(1), self.source.vrf, ""
            return True
        distinguisher = _DISTINGUISHER.match(line)
        if distinguisher:
            self.rd, self.vrf = distinguisher["rd"], distinguisher["vrf"] or ""
        return distinguisher is not None


def prefix_of(text: str) -> str:
    """A prefix with its length; NLRI that is no IP prefix as it is; ValueError for what cannot be one.

    IOS leaves the length of an IPv4 prefix out where it is the one of the address's class: 8 below 128.0.0.0,
    16 below 192.0.0.0, 24 below 224.0.0.0, and 0 for 0.0.0.0.

    >>> prefix_of("10.0.0.0"), prefix_of("172.16.0.0"), prefix_of("192.168.1.0"), prefix_of("0.0.0.0")
    ('10.0.0.0/8', '172.16.0.0/16', '192.168.1.0/24', '0.0.0.0/0')
    >>> prefix_of("2001:DB8:0::/48"), prefix_of("[3][172.16.254.5:101][0][32][172.16.254.3]/17")
    ('2001:db8::/48', '[3][172.16.254.5:101][0][32][172.16.254.3]/17')
    """
    found = _IP.match(text)
    if found is None:
        return text
    address = address_of(found["address"])
    family = family_of(address)
    if found["length"] is None:
        if family is IPV6:
            raise ValueError(f"{text!r} has no prefix length")
        return f"{address}/{_class_length(address)}"
    length = int(found["length"])
    if length > family.longest:
        raise ValueError(f"{text!r}: a prefix length of {length} is too long")
    return f"{address}/{length}"


def _class_length(address: str) -> int:
    octets = [int(part) for part in address.split(".")]
    if not any(octets):
        return 0
    length = next((bits for below, bits in _CLASSES if octets[0] < below), 0)
    if not length or any(octets[length // 8 :]):
        raise ValueError(f"{address!r} has no prefix length, and is no network of its class")
    return length
