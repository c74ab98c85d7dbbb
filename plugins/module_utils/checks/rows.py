# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node's routes by prefix, and questions about every prefix: answered once for what nodes have in common,
and for each node where it differs.
"""

from __future__ import annotations

import heapq
import weakref
from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence

from ..model.observation import BirdRoute
from ..model.shared import Common, shared

#: All paths of a node to one prefix.
Row = Sequence[BirdRoute]
#: What there is to say of a prefix and the paths to it; nothing where all is well.
Question = Callable[[str, Row], Sequence[str]]


class Rows:
    """A node's paths by prefix: those of a `common` table, but for the prefixes that are its `own`."""

    def __init__(self, routes: Collection[BirdRoute]) -> None:
        table = shared(routes)
        self.common, self.own = table.common, table.own("prefix")

    def of(self, prefix: str) -> Row:
        """The paths to a prefix, none where there is none."""
        own = self.own.get(prefix)
        return self.common.by("prefix").get(prefix, ()) if own is None else own


class Said:
    """What is said of prefixes, by prefix and in their order; those of which nothing is said are left out."""

    def __init__(self, texts: Iterator[tuple[str, Sequence[str]]]) -> None:
        self.in_order = sorted((prefix, text) for prefix, text in texts if text)
        self.by_prefix = dict(self.in_order)
        self.count = sum(len(text) for _prefix, text in self.in_order)


class Found(Collection[str]):
    """What is said of a node's prefixes: in `common`, but for what is said there of some, and its `own`."""

    def __init__(self, common: Said, but: Collection[str], own: Said) -> None:
        self._common, self._but, self._own = common, but, own

    def __len__(self) -> int:
        less = sum(len(self._common.by_prefix.get(prefix, ())) for prefix in self._but)
        return self._common.count - less + self._own.count

    def __iter__(self) -> Iterator[str]:
        rest = (each for each in self._common.in_order if each[0] not in self._but)
        for _prefix, texts in heapq.merge(rest, self._own.in_order):
            yield from texts

    def __contains__(self, text: object) -> bool:
        return any(text == each for each in self)


class Survey:
    """A question put to one node after the other; it is about `also`, too, where no path leads there."""

    def __init__(self, question: Question, also: Collection[str] = ()) -> None:
        self._question, self._also = question, also
        # A watch sees tables come and go.
        self._common: MutableMapping[Common[BirdRoute], Said] = weakref.WeakKeyDictionary()

    def of(self, rows: Rows, apart: Collection[str] = ()) -> Found:
        """What is said of the node's prefixes but those in `apart`."""
        if rows.common not in self._common:
            self._common[rows.common] = self._of_common(rows.common)
        own = ((p, self._question(p, row)) for p, row in rows.own.items() if p not in apart)
        return Found(self._common[rows.common], rows.own.keys() | frozenset(apart), Said(own))

    def _of_common(self, common: Common[BirdRoute]) -> Said:
        rows = common.by("prefix")
        about = (*rows, *(prefix for prefix in self._also if prefix not in rows))
        return Said((prefix, self._question(prefix, rows.get(prefix, ()))) for prefix in about)
