# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access-lists of IPv4, as filters of routes: a standard one looks at the network's address alone, an
extended one at the address and the mask."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.ios.grammar import INVALID, CliError
from lab.ios.replace import Line
from lab.ios.undefined import ACCESS, StandIns
from lab.ios.vty import Frr, FrrError

STEP = 10
STANDARD, EXTENDED = "standard", "extended"
NUMBERS = {STANDARD: ((1, 99), (1300, 1999)), EXTENDED: ((100, 199), (2000, 2699))}


@dataclass
class AccessList:
    """One list. ``entries``: sequence number to ``permit any``, ``deny ip host 10.0.0.1 any``, ``remark
    ...``."""

    kind: str
    entries: dict[int, str] = field(default_factory=dict)


def kind_of(name: str) -> str | None:
    """What a number says the list is; None for a name."""
    if not name.isdecimal():
        return None
    fitting = [kind for kind, spans in NUMBERS.items() if any(a <= int(name) <= b for a, b in spans)]
    if not fitting:
        raise CliError(INVALID, 1)
    return fitting[0]


def _addresses(words: list[str]) -> list[str]:
    """Takes one ``any``, ``host A`` or ``A W`` off the words; as IOS shows it."""
    first = words.pop(0) if words else ""
    try:
        if first == "any":
            return [first]
        if first == "host":
            return [first, str(ipaddress.IPv4Address(words.pop(0)))]
        address = int(ipaddress.IPv4Address(first))
        wild = int(ipaddress.IPv4Address(words.pop(0))) if words else 0
    except (ValueError, IndexError) as error:
        raise CliError(INVALID, 0) from error
    if wild == 0xFFFFFFFF:
        return ["any"]
    kept = str(ipaddress.IPv4Address(address & ~wild))
    return [kept, str(ipaddress.IPv4Address(wild))] if wild else ["host", kept]


def _entry(kind: str, action: str, text: str) -> str:
    """The entry in one spelling. Raises CliError."""
    words = text.lower().split()
    if kind == STANDARD:
        found = _addresses(words)
    elif words.pop(0) == "ip":
        found = ["ip", *_addresses(words), *_addresses(words)]
    else:
        raise CliError(INVALID, 0)
    if words:
        raise CliError(INVALID, 0)
    return " ".join([action, *found])


def _shown(kind: str, entry: str) -> str:
    action, _, rest = entry.partition(" ")
    return f"{action:<6} {rest.removeprefix('host ') if kind == STANDARD else rest}"


class AccessLists:
    """All lists, by name."""

    def __init__(self, frr: Frr, stand_ins: StandIns) -> None:
        self._vty, self._stand_ins = frr, stand_ins
        self.lists: dict[str, AccessList] = {}

    def _frr(self, prefix: str, name: str, number: int, entry: str) -> None:
        if entry.startswith("remark "):
            return
        try:
            self._vty.configure((), [f"{prefix}access-list {name} seq {number} {entry}"])
        except FrrError as error:
            raise CliError(f"% {str(error).removeprefix('% ')}\n") from error

    def defined(self, name: str) -> bool:
        """Whether there is an entry that says anything of routes."""
        found = self.lists.get(name)
        return found is not None and any(not each.startswith("remark ") for each in found.entries.values())

    def open(self, name: str, kind: str) -> None:
        """``ip access-list standard NAME``. Raises CliError where the name is one of the other kind."""
        if kind_of(name) not in (None, kind):
            raise CliError(INVALID, 3)
        if self.lists.setdefault(name, AccessList(kind)).kind != kind:
            raise CliError("% A named access list with this name already exists\n")

    def add(self, name: str, number: int | None, action: str, text: str) -> None:
        """Add an entry to a list that is open; without ``number`` it is the last one. Raises CliError."""
        found = self.lists[name]
        entry = f"remark {text}" if action == "remark" else _entry(found.kind, action, text)
        if number is None and entry in found.entries.values():
            return
        if number is not None and found.entries.get(number, entry) != entry:
            raise CliError("% Duplicate sequence number\n")
        number = number or (max(found.entries, default=0) // STEP + 1) * STEP
        self._frr("", name, number, entry)
        found.entries[number] = entry
        if self.defined(name):
            self._stand_ins.close((ACCESS, name))

    def drop(self, name: str, number: int | None, action: str = "", text: str = "") -> None:
        """Remove one entry of a list, by its number or by what it says. Raises CliError."""
        found = self.lists[name]
        if number is None:
            entry = f"remark {text}" if action == "remark" else _entry(found.kind, action, text)
            number = next((each for each, said in found.entries.items() if said == entry), None)
        if number not in found.entries:
            raise CliError("%ACL entry not found\n")
        self._stand_in(name, [number])
        self._frr("no ", name, number, found.entries.pop(number))

    def remove(self, name: str) -> None:
        """``no access-list`` or ``no ip access-list``."""
        found = self.lists.get(name)
        if found is None:
            return
        self._stand_in(name, list(found.entries))
        for number, entry in found.entries.items():
            self._frr("no ", name, number, entry)
        del self.lists[name]

    def _stand_in(self, name: str, going: Sequence[int]) -> None:
        """Nothing is denied in the moment in which the last entry goes."""
        if set(self.lists[name].entries) == set(going):
            self._stand_ins.open((ACCESS, name))

    def _ordered(self, *, numbered: bool) -> list[str]:
        chosen = [name for name in self.lists if name.isdecimal() == numbered]
        return sorted(chosen, key=lambda name: (int(name) if numbered else 0, name))

    def named_blocks(self) -> list[list[str]]:
        """The named lists as sections of the running configuration."""
        return [
            [
                f"ip access-list {self.lists[name].kind} {name}",
                *(f" {text}" for text in self._texts(name)),
            ]
            for name in self._ordered(numbered=False)
        ]

    def numbered_block(self) -> list[str]:
        """The lines of all numbered lists."""
        names = self._ordered(numbered=True)
        return [f"access-list {name} {text}" for name in names for text in self._texts(name)]

    def _texts(self, name: str) -> list[str]:
        found = self.lists[name]
        return [_shown(found.kind, entry) for _, entry in sorted(found.entries.items())]

    def lines(self) -> list[Line]:
        """Every list as lines that bring it back, entry by entry; a numbered one can be typed so, too."""
        typed = []
        for name, each in self.lists.items():
            head = f"ip access-list {each.kind} {name}"
            typed.append(Line((), head))
            typed += [
                Line((head,), entry if entry.startswith("remark ") else f"{number} {entry}")
                for number, entry in sorted(each.entries.items())
            ]
        return typed
