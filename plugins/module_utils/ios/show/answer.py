# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to one show command: its lines, and what the command itself says about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from ...model.family import IPV4, IPV6
from ..text import asn_number, clean, refuse

T = TypeVar("T")

#: "%" lines of a router that runs no BGP: an answer, unlike every other "%" line.
_INACTIVE = re.compile(r"\s*%\s*BGP not active\s*\Z")
# What these readers read, abbreviated as far as IOS allows ("sh ip b su").
_OWN = re.compile(r"\bsho?w?[ \t]+(?:ip\w*[ \t]+)?(?:b|ar|priv|ver)", re.A)
_FAMILY_WORDS = (
    # In the command, and as the router heads the family with "For address family:".
    (re.compile(r"\bvpnv6\b"), "VPNv6 Unicast"),
    (re.compile(r"\bvpnv4\b"), "VPNv4 Unicast"),
    (re.compile(r"\bl2vpn\s+evpn\b"), "L2VPN E-VPN"),
    (re.compile(r"\bl2vpn\s+vpls\b"), "L2VPN Vpls"),
    (re.compile(r"\bipv6\s+unicast\b"), IPV6.heading),
    (re.compile(r"\bipv6\s+multicast\b"), "IPv6 Multicast"),
    (re.compile(r"\bipv4\s+unicast\b"), IPV4.heading),
    (re.compile(r"\bipv4\s+multicast\b"), "IPv4 Multicast"),
)
_OTHER_FAMILY = re.compile(
    r"\b(?:all|ipv4|ipv6|vpnv4|vpnv6|l2vpn|nsap|rtfilter|link-state|mvpn|\w*flowspec)\b"
)
_IP_BGP = re.compile(r"\bsho?w?\s+ip\s+bgp\b")
_VRF = re.compile(r"\bvrf\s+(?!all\b)(\S+)")


@dataclass(frozen=True)
class Answer:
    """The lines of one command's answer, at the places they have in the text.

    Attributes:
        command: what gave the text: as the caller says, or as the text echoes it; "" where neither does.
        reader: how an error names the command where it is not known.
        lines: as they are; what belongs to the answer of another command is blank.
    """

    command: str
    reader: str
    lines: list[str]

    @property
    def family(self) -> str:
        """The address family that the command asks for, as a router heads it; "" where it names none or all.

        >>> Answer("show ip bgp summary", "", []).family, Answer("show bgp all summary", "", []).family
        ('IPv4 Unicast', '')
        """
        for words, family in _FAMILY_WORDS:
            if words.search(self.command):
                return family
        if _IP_BGP.search(self.command) and not _OTHER_FAMILY.search(self.command):
            return IPV4.heading
        return ""

    @property
    def vrf(self) -> str:
        """The VRF that the command asks for, "" for none or all."""
        found = _VRF.search(self.command)
        return found.group(1) if found else ""

    def refuse(self, number: int, line: str, why: str) -> NoReturn:
        """Raise IosTextError for this line."""
        refuse(self.command or self.reader, number, line.strip(), why)

    def take(self, number: int, line: str, convert: Callable[[str], T], text: str) -> T:
        """What `convert` makes of `text`; its ValueError becomes an IosTextError."""
        try:
            return convert(text)
        except ValueError as error:
            self.refuse(number, line, str(error))


def answer(text: str, command: str, reader: str) -> Answer:
    """The clean lines of a text, without the answers of other commands.

    Raises:
        IosTextError: the text ends at the pager, so the rest of the answer is missing.
    """
    transcript = clean(text, command or reader)
    own = [echoed for _index, echoed in transcript.echoes if _OWN.search(echoed)]
    # Without an own command all lines stay: an echo may be cut off, and nobody knows whose answer it is.
    if own:
        _leave_out_others(transcript.lines, transcript.echoes)
    echoed = own[-1] if own else transcript.bare
    return Answer(command or echoed.partition("|")[0].strip(), reader, transcript.lines)


def _leave_out_others(lines: list[str], echoes: tuple[tuple[int, str], ...]) -> None:
    """Empty the lines that answer another command: a recording may hold a session with several."""
    ends = [index for index, _echoed in echoes[1:]]
    for (start, echoed), end in zip(echoes, [*ends, len(lines)]):
        if not _OWN.search(echoed):
            lines[start:end] = [""] * (end - start)


def is_inactive(line: str) -> bool:
    """True for `% BGP not active`."""
    return _INACTIVE.match(line) is not None


def as_of(text: str) -> int:
    """AS number as a 32-bit integer. A router shows 0 for an AS it does not know yet."""
    return 0 if text == "0" else asn_number(text)
