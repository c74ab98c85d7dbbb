# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that are named and not defined: they let everything pass in IOS, and nothing in FRR."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.ios.grammar import CliError, Match
from lab.ios.vty import Frr, FrrError

#: A list as FRR knows it: the words in front of its name, and the name.
Named = tuple[str, str]
IP, IPV6, ACCESS, AS_PATH = "ip prefix-list", "ipv6 prefix-list", "access-list", "bgp as-path access-list"
EVERYTHING = {AS_PATH: ".*"}
LAST = 4294967295


def names(match: Match, family: str | None = None) -> Iterator[Named]:
    """The list that a line of a neighbour or of a route-map names. ``family``: where a neighbour's stands."""
    words = match.words
    if words[0] == "neighbor" and len(words) > 3:
        prefixes = IPV6 if family == "ipv6" else IP
        kinds = {"prefix-list": prefixes, "distribute-list": ACCESS, "filter-list": AS_PATH}
        if words[2] in kinds:
            yield kinds[words[2]], words[3]
    elif words[:2] == ("match", "as-path"):
        yield AS_PATH, words[2]
    elif words[:2] == ("match", "ip"):
        yield (IP, words[4]) if words[3] == "prefix-list" else (ACCESS, words[3])


class StandIns:
    """Entries of FRR's that let everything pass, one for each list that is named and has none of its own."""

    def __init__(self, frr: Frr) -> None:
        self._vty = frr
        self._open: set[Named] = set()

    def _frr(self, prefix: str, named: Named) -> None:
        kind, name = named
        line = f"{prefix}{kind} {name} seq {LAST} permit {EVERYTHING.get(kind, 'any')}"
        try:
            self._vty.configure((), [line])
        except FrrError as error:
            raise CliError(f"% {str(error).removeprefix('% ')}\n") from error

    def open(self, named: Named) -> None:
        """Have FRR let everything pass."""
        if named not in self._open:
            self._open.add(named)
            self._frr("", named)

    def close(self, named: Named) -> None:
        """The list has entries of its own, or nobody names it any longer."""
        if named in self._open:
            self._open.discard(named)
            self._frr("no ", named)

    def keep(self, wanted: Iterable[Named]) -> None:
        """Close all but these."""
        for named in self._open - set(wanted):
            self.close(named)
