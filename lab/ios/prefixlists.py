# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prefix-lists: numbered as IOS numbers them, shown as IOS shows them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from lab.ios.grammar import INVALID, CliError
from lab.ios.undefined import StandIns
from lab.ios.vty import Frr, FrrError

VERSIONS = {"ip": 4, "ipv6": 6}


@dataclass
class PrefixList:
    """One list. ``entries``: sequence number to the text behind it (``permit 10.0.0.0/8 le 24``)."""

    description: str | None = None
    entries: dict[int, str] = field(default_factory=dict)


def _rule(protocol: str, action: str, text: str) -> str:
    """The entry as IOS shows it, host bits cleared. Raises CliError."""
    words = text.split()
    try:
        network = ipaddress.ip_network(words[0], strict=False)
    except ValueError as error:
        raise CliError(INVALID, 0) from error
    limits = dict(zip(words[1::2], words[2::2], strict=False))
    known = all(name in ("ge", "le") and value.isdecimal() for name, value in limits.items())
    if not known or len(words) % 2 == 0 or "/" not in words[0] or network.version != VERSIONS[protocol]:
        raise CliError(INVALID, 0)
    low, high = int(limits.get("ge", network.prefixlen)), int(limits.get("le", network.max_prefixlen))
    bounded = network.prefixlen < low if "ge" in limits else network.prefixlen < high or "le" not in limits
    if not bounded or not low <= high <= network.max_prefixlen:
        raise CliError(f"% Invalid prefix range for {words[0]}, make sure: len < ge-value <= le-value\n")
    if high == network.max_prefixlen and "ge" in limits:
        limits.pop("le", None)  # IOS leaves out an upper bound that bounds nothing
    tail = [f"{name} {limits[name]}" for name in ("ge", "le") if name in limits]
    return " ".join([action, str(network).upper(), *tail])


class PrefixLists:
    """All lists, by (``ip`` or ``ipv6``, name)."""

    def __init__(self, frr: Frr, stand_ins: StandIns) -> None:
        self._vty, self._stand_ins = frr, stand_ins
        self.lists: dict[tuple[str, str], PrefixList] = {}

    def _frr(self, line: str) -> None:
        try:
            self._vty.configure((), [line])
        except FrrError as error:
            raise CliError(f"% {str(error).removeprefix('% ')}\n") from error

    def defined(self, protocol: str, name: str) -> bool:
        """Whether the list has an entry."""
        found = self.lists.get((protocol, name))
        return found is not None and bool(found.entries)

    def add(self, protocol: str, name: str, sequence: int | None, action: str, text: str) -> None:
        """Add an entry; without ``sequence`` it gets the next number, five on. Raises CliError."""
        rule = _rule(protocol, action, text)
        entries = self.lists.setdefault((protocol, name), PrefixList()).entries
        if sequence is None and rule in entries.values():
            return
        number = sequence if sequence is not None else (max(entries, default=0) // 5 + 1) * 5
        if entries.get(number) == rule:
            return
        self._frr(f"{protocol} prefix-list {name} seq {number} {rule.lower()}")
        entries[number] = rule
        self._stand_ins.close((f"{protocol} prefix-list", name))

    def remove(
        self, protocol: str, name: str, sequence: int | None = None, rule: tuple[str, str] | None = None
    ) -> None:
        """Remove the list, or one entry by its number or by its (action, prefix). Raises CliError."""
        found = self.lists.get((protocol, name))
        if found is None:
            raise CliError(f"%Can't find prefix-list {name}\n")
        if sequence is None and rule is None:
            numbers = list(found.entries)
            found.description = None
        elif sequence is not None:
            numbers = [sequence] if sequence in found.entries else []
        else:
            text = _rule(protocol, *rule) if rule else ""
            numbers = [number for number, each in found.entries.items() if each == text]
        if (sequence or rule) and not numbers:
            raise CliError("%Can't find specified prefix-list entry\n")
        if set(numbers) == set(found.entries):
            self._stand_ins.open((f"{protocol} prefix-list", name))
        for number in numbers:
            self._frr(f"no {protocol} prefix-list {name} seq {number} {found.entries[number].lower()}")
            del found.entries[number]
        if not found.entries and found.description is None:
            del self.lists[protocol, name]

    def describe(self, protocol: str, name: str, text: str | None) -> None:
        """Set or remove the description."""
        found = self.lists.setdefault((protocol, name), PrefixList())
        found.description = text
        if not found.entries and text is None:
            del self.lists[protocol, name]

    def blocks(self) -> list[list[str]]:
        """Every list's lines, in the order of the running configuration."""
        found = []
        for protocol, name in sorted(self.lists):
            head, each = f"{protocol} prefix-list {name}", self.lists[protocol, name]
            block = [f"{head} description {each.description}"] if each.description else []
            block += [f"{head} seq {number} {rule}" for number, rule in sorted(each.entries.items())]
            found.append(block)
        return found
