# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values that the process and its address families have, in the same way as forms.py."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import replace

from ..text import address_or_none, asn_number, network_of
from .forms import KEPT_WORDS, Form, in_order, itself, plain_words, show_options, union
from .values import ListenRange, Network

_ASDOT = re.compile(r"\d+\.\d+\Z")
_LENGTHS = {str(ipaddress.IPv4Network(f"0.0.0.0/{length}").netmask): length for length in range(33)}
_CLASSES = ((128, 8), (192, 16), (224, 24))
# Cisco names either as the default, and a router prints 30 that nobody configured.
_AGGREGATE_TIMERS = ("30", "40")
NO_AGGREGATE_TIMER = ("30",)
_NAMED_OPTIONS = frozenset(("route-map", "attribute-map", "suppress-map", "advertise-map"))


def _network_of(words: list[str], mask_word: bool) -> tuple[str, list[str]]:
    """The network at the start of a statement, and the words after it; ValueError where there is none.

    >>> _network_of(["10.0.0.0", "mask", "255.255.0.0", "backdoor"], True)
    ('10.0.0.0/16', ['backdoor'])
    >>> _network_of(["172.16.0.0"], True)
    ('172.16.0.0/16', [])
    """
    if "/" in words[0]:
        return network_of(words[0]), words[1:]
    address = ipaddress.IPv4Address(words[0])
    if not mask_word or words[1:2] == ["mask"]:
        at = 2 if mask_word else 1
        if words[at] not in _LENGTHS:
            raise ValueError(f"{words[at]} is no mask")
        length, rest = _LENGTHS[words[at]], words[at + 1 :]
    else:
        first = int(address) >> 24
        length = 0 if not int(address) else next((bits for end, bits in _CLASSES if first < end), -1)
        rest = words[1:]
    return str(ipaddress.IPv4Network((int(address), length), strict=False)), rest


def _network_options(words: list[str]) -> tuple[str, ...]:
    """Options in one order, each with its value."""
    found, rest = [], iter(words)
    for word in rest:
        if word in _NAMED_OPTIONS:
            value = next(rest, None)
            if value is None:
                raise ValueError(f"{word} without a name")
            word = f"{word} {value}"
        found.append(word)
    return tuple(sorted(found))


def _networks(mask_word: str) -> Form:
    """Networks, with their mask after the given word."""

    def read(text: str) -> tuple[Network, ...]:
        prefix, rest = _network_of(text.split(), bool(mask_word))
        return (Network(prefix, _network_options(rest)),)

    def show(value: Iterable[Network]) -> Iterable[str]:
        return (" ".join([masked(one.prefix), *one.options]) for one in value)

    def masked(prefix: str) -> str:
        found = ipaddress.ip_network(prefix)
        return prefix if found.version == 6 else f"{found.network_address} {mask_word}{found.netmask}"

    return Form(read, show, union)


def _read_router_id(text: str) -> str:
    """An address, or `interface` and its name."""
    words = plain_words(text)
    return address_or_none(words.split()[0]) or words


def _read_range(text: str) -> tuple[ListenRange, ...]:
    words = text.split()
    prefix, rest = network_of(words[0]), words[1:]
    at = rest.index("peer-group")
    # AS numbers are the only numbers with one dot in there.
    plain = (str(asn_number(word)) if _ASDOT.match(word) else word for word in rest[:at] + rest[at + 2 :])
    return (ListenRange(prefix, rest[at + 1], " ".join(plain)),)


def _show_ranges(value: Iterable[ListenRange]) -> Iterable[str]:
    return (f"{one.prefix} peer-group {one.group} {one.options}".rstrip() for one in value)


def _read_asns(text: str) -> tuple[int, ...]:
    return union((), map(asn_number, plain_words(text).split()))


def _show_asns(value: Iterable[int]) -> Iterable[str]:
    """IOS spreads many over several lines, so each is a statement."""
    return map(str, value)


def _read_dampening(text: str) -> bool | str:
    """The times that IOS takes without any are none."""
    words = " ".join(text.split())
    return True if words in ("", "15 750 2000 60") else words


def _read_aggregate_timer(text: str) -> tuple[str, ...]:
    words = plain_words(text)
    return NO_AGGREGATE_TIMER if words in _AGGREGATE_TIMERS else (words,)


NETWORKS = _networks("mask ")
AGGREGATES = _networks("")
ROUTER_ID = Form(_read_router_id, itself, is_switch=True)
LISTEN_RANGES = Form(_read_range, _show_ranges, in_order)
ASN = Form(asn_number, itself)
ASNS = Form(_read_asns, _show_asns, union)
AGGREGATE_TIMER = replace(KEPT_WORDS, read=_read_aggregate_timer)
DAMPENING = Form(_read_dampening, show_options, is_switch=True)
