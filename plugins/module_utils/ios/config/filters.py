# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filters routes beside prefix-lists: route-maps and access lists, and who takes routes out of BGP."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..text import mask

_ENTRY = re.compile(r"route-map (?P<name>\S+)(?: (?P<action>permit|deny))?(?: (?P<seq>\d{1,5}))?", re.A)
_NUMBERED = re.compile(r"access-list (?P<name>\d{1,4}) (?P<rule>.+)", re.A)
_NAMED = re.compile(r"ip access-list (?:standard|extended) (?P<name>\S+)\Z")
_RULE = re.compile(r"(?:\d{1,10} )?(?P<action>permit|deny) (?P<match>.+)", re.A)
_NO_RULE = re.compile(r"(?:\d{1,10} )?(?:remark|description|exit)\b")
_ADDRESS = re.compile(r"(?:host )?(?P<address>[\d.]+)(?:,? (?:wildcard bits )?(?P<wildcard>[\d.]+))?\Z", re.A)
_PROTOCOL = re.compile(r"router (?P<name>(?!bgp )[a-z]+(?: (?!vrf )\S+)?)\Z")
_VRF = re.compile(r"(?:vrf definition|ip vrf) (?P<name>\S+)\Z")
_TAKES = re.compile(r"redistribute bgp \S+(?P<options>.*)")
_IMPORTS = re.compile(r"import (?:ipv4 )?unicast(?: \d+)?(?P<options> map .*)")
_MAP = re.compile(r" (?:route-)?map (?P<name>\S+)")
# Lines of what is read here, below no head of theirs.
_LOST = re.compile(
    r"(?:match|set|redistribute bgp|import (?:ipv4 )?unicast|(?:\d{1,10} )?(?:permit|deny)) |continue\b"
)
_EVERYTHING = ("any", "ip any any", "ip any any log", "any log")


@dataclass(frozen=True)
class AccessRule:
    """One rule of an IPv4 access list.

    Attributes:
        action: permit or deny.
        prefix: the addresses that it matches, as a network; "" where that is not understood (extended lists,
            wildcards with gaps).
        text: the rule.
    """

    action: str
    prefix: str
    text: str


@dataclass(frozen=True)
class RouteMapEntry:
    """One entry of a route-map: all lines that begin with match must hold, then those with set are done.

    `continues` says whether the route goes on to a later entry (`continue`).
    """

    seq: int
    action: str
    matches: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    continues: bool = False


@dataclass(frozen=True)
class Taker:
    """Who takes routes of BGP's global table: `ospf 1` by redistribution, or `vrf NAME` by import.

    `line` is what says so, `route_map` what filters it, "" for nothing.
    """

    name: str
    line: str
    route_map: str = ""


@dataclass(frozen=True)
class Filters:
    """Access lists and route-maps by name, and who takes routes out of BGP."""

    access_lists: Mapping[str, tuple[AccessRule, ...]] = field(default_factory=dict)
    route_maps: Mapping[str, tuple[RouteMapEntry, ...]] = field(default_factory=dict)
    takers: tuple[Taker, ...] = ()


class FilterReader:
    """Takes lines outside `router bgp` one after the other; those of anything else are passed over."""

    def __init__(self) -> None:
        self._access: dict[str, list[AccessRule]] = {}
        self._maps: dict[str, dict[int, RouteMapEntry]] = {}
        self._takers: list[Taker] = []
        self._below: Callable[[str], None] | None = None
        self._is_torn = False

    def end(self) -> None:
        """A mark: whatever was open is over."""
        self._below, self._is_torn = None, False

    def at_the_margin(self, text: str, *, is_head: bool) -> None:
        """Take a line that begins a section, or stands alone.

        `is_head`: nothing that was open goes on behind it.
        """
        was_open = self._below is not None
        self._below = None
        if text.startswith("route-map "):
            self._open_map(text)
        elif text.startswith(("access-list ", "ip access-list ")):
            self._open_access(text)
        elif text.startswith(("router ", "vrf definition ", "ip vrf ")):
            self._open_taker(text)
        self._is_torn = self._below is None and not is_head and (was_open or self._is_torn)

    def below(self, text: str) -> bool:
        """Take an indented line; False where the line at the margin above it has torn a section in two."""
        if self._below is not None:
            self._below(text)
        return not (self._is_torn and _LOST.match(text))

    def _open_map(self, text: str) -> None:
        found = _ENTRY.match(text)
        if found is None:
            return
        name, seq = found["name"], int(found["seq"] or 10)
        entries = self._maps.setdefault(name, {})
        entries[seq] = RouteMapEntry(seq, found["action"] or "permit")
        self._below = lambda line: _add_line(entries, seq, line)

    def _open_access(self, text: str) -> None:
        numbered, named = _NUMBERED.match(text), _NAMED.match(text)
        if numbered:
            _add_rule(self._access.setdefault(numbered["name"], []), numbered["rule"])
        elif named:
            rules = self._access.setdefault(named["name"], [])
            self._below = lambda line: _add_rule(rules, line)

    def _open_taker(self, text: str) -> None:
        protocol, vrf = _PROTOCOL.match(text), _VRF.match(text)
        name, pattern = (protocol["name"], _TAKES) if protocol else ("", _TAKES)
        name, pattern = (f"vrf {vrf['name']}", _IMPORTS) if vrf else (name, pattern)
        if name:
            self._below = lambda line: self._add_taker(name, pattern, line)

    def _add_taker(self, name: str, pattern: re.Pattern[str], text: str) -> None:
        found = pattern.match(text)
        if found:
            route_map = _MAP.search(found["options"])
            self._takers.append(Taker(name, mask(text), route_map["name"] if route_map else ""))

    def result(self) -> Filters:
        """All that was read; entries of a route-map in the order of their numbers."""
        return Filters(
            {name: tuple(rules) for name, rules in self._access.items()},
            {name: tuple(entries[seq] for seq in sorted(entries)) for name, entries in self._maps.items()},
            tuple(self._takers),
        )


def _add_line(entries: dict[int, RouteMapEntry], seq: int, text: str) -> None:
    word, _blank, rest = " ".join(text.split()).partition(" ")
    old = entries[seq]
    matches = (*old.matches, rest) if word == "match" else old.matches
    sets = (*old.sets, rest) if word == "set" else old.sets
    entries[seq] = RouteMapEntry(seq, old.action, matches, sets, old.continues or word == "continue")


def _add_rule(rules: list[AccessRule], text: str) -> None:
    """Add a rule; one of an unknown form may permit anything."""
    text = " ".join(text.split())
    found = _RULE.match(text)
    if found:
        rules.append(AccessRule(found["action"], _matched(found["match"]), text))
    elif not _NO_RULE.match(text):
        rules.append(AccessRule("permit", "", text))


def _matched(text: str) -> str:
    """The addresses that a rule matches, as a network, "" where it is none.

    >>> _matched("10.244.0.0 0.0.255.255"), _matched("host 192.0.2.1"), _matched("any")
    ('10.244.0.0/16', '192.0.2.1/32', '0.0.0.0/0')
    >>> _matched("10.0.0.0 0.255.0.255"), _matched("ip host 10.0.0.0 host 255.0.0.0")
    ('', '')
    """
    if text in _EVERYTHING:
        return "0.0.0.0/0"
    found = _ADDRESS.match(text.removesuffix(" log"))
    try:
        wildcard = int(ipaddress.IPv4Address((found["wildcard"] if found else None) or "0.0.0.0"))
        address = int(ipaddress.IPv4Address(found["address"] if found else ""))
    except ValueError:
        return ""
    if wildcard & (wildcard + 1):
        return ""
    return str(ipaddress.IPv4Network((address & ~wildcard, 32 - wildcard.bit_length())))
