# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that look at a path, not at its prefix: of communities, and of AS paths."""

from __future__ import annotations

from lab.ios.grammar import CliError
from lab.ios.undefined import AS_PATH, StandIns
from lab.ios.vty import Frr, FrrError


class PathLists:
    """All lists, by the words in front of their entries, as ``ip community-list standard NAME``. Entries have
    no numbers; ``permit no-export``."""

    def __init__(self, frr: Frr, stand_ins: StandIns) -> None:
        self._vty, self._stand_ins = frr, stand_ins
        self.lists: dict[str, dict[int, str]] = {}

    def _frr(self, prefix: str, head: str, number: int, entry: str) -> None:
        line = f"{prefix}bgp {head.removeprefix('ip ')} seq {number} {entry}"
        try:
            self._vty.configure((), [line])
        except FrrError as error:
            raise CliError(f"% {str(error).removeprefix('% ')}\n") from error

    def add(self, head: str, entry: str) -> None:
        """One more entry. Raises CliError."""
        entries = self.lists.setdefault(head, {})
        if entry in entries.values():
            return
        number = max(entries, default=0) + 1
        self._frr("", head, number, entry)
        entries[number] = entry
        self._stand_ins.close(_named(head))

    def remove(self, head: str, entry: str) -> None:
        """One entry, or with "" all."""
        entries = self.lists.get(head, {})
        going = [number for number, said in entries.items() if entry in ("", said)]
        if going and len(going) == len(entries) and _named(head)[0] == AS_PATH:
            self._stand_ins.open(_named(head))
        for number in going:
            self._frr("no ", head, number, entries.pop(number))
        if not entries:
            self.lists.pop(head, None)

    def blocks(self) -> list[list[str]]:
        """The lines of each list."""
        return [
            [f"{head} {entry}" for _, entry in sorted(entries.items())]
            for head, entries in sorted(self.lists.items())
        ]


def _named(head: str) -> tuple[str, str]:
    kind, _, name = head.rpartition(" ")
    return f"bgp {kind.removeprefix('ip ')}", name
