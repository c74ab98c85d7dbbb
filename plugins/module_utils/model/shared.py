# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that many nodes have alike: kept once, and of each node only where it differs.

A node of a thousand has nearly the same thousand routes as every other. What follows from those is found out
once, and each node costs what it has of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Common(Generic[T]):
    """A set of records that many nodes have. What is known of it is remembered by its identity."""

    def __init__(self, records: Iterable[T] = ()) -> None:
        self.records = frozenset(records)
        self._by: dict[str, Mapping[Any, tuple[T, ...]]] = {}

    def by(self, field: str) -> Mapping[Any, tuple[T, ...]]:
        """The records by what this field of theirs says."""
        if field not in self._by:
            self._by[field] = grouped(self.records, field)
        return self._by[field]


class Shared(Collection[T]):
    """The records of `common` but those that are `gone`, and `more` that it has not."""

    def __init__(self, common: Common[T], gone: Iterable[T], more: Iterable[T]) -> None:
        self.common, self.gone, self.more = common, frozenset(gone), frozenset(more)

    def __contains__(self, record: object) -> bool:
        return record in self.more or (record in self.common.records and record not in self.gone)

    def __iter__(self) -> Iterator[T]:
        yield from (record for record in self.common.records if record not in self.gone)
        yield from self.more

    def __len__(self) -> int:
        return len(self.common.records) - len(self.gone) + len(self.more)

    def own(self, field: str) -> dict[Any, tuple[T, ...]]:
        """The records by what this field says, for all of its values that occur where this set differs."""
        more, gone = grouped(self.more, field), grouped(self.gone, field)
        there = self.common.by(field)
        return {
            key: (*(r for r in there.get(key, ()) if r not in self.gone), *more.get(key, ()))
            for key in (*more, *(key for key in gone if key not in more))
        }


#: What those have in common that have nothing in common.
NOTHING: Common[Any] = Common()


def shared(records: Collection[T]) -> Shared[T]:
    """The records as they are kept, or with nothing in common with anybody's."""
    return records if isinstance(records, Shared) else Shared(NOTHING, (), records)


def grouped(records: Iterable[T], field: str) -> dict[Any, tuple[T, ...]]:
    """Records by what this field of theirs says."""
    found: dict[Any, list[T]] = {}
    for record in records:
        found.setdefault(getattr(record, field), []).append(record)
    return {key: tuple(rows) for key, rows in found.items()}


class Shelf(Generic[T]):
    """Tables that nodes have in common; what is near to none of them is laid beside them as one more."""

    #: So many tables are looked at, those first that were of use last.
    MOST = 16

    def __init__(self, tables: Iterable[Common[T]] = ()) -> None:
        self.tables = list(tables)

    def lay(self, others: Collection[T], own: Collection[T]) -> Shared[T]:
        """A node's records as a table and what differs; `others` are those that other nodes may have, too.

        A table is near where at most a quarter differs.
        """
        here = frozenset(others)
        for table in self.tables[: self.MOST]:
            gone, more = table.records - here, here - table.records
            if len(gone) + len(more) <= len(here) // 4:
                break
        else:
            table, gone, more = Common(here), frozenset(), frozenset()
        self.tables = [table, *(each for each in self.tables if each is not table)][: self.MOST]
        return Shared(table, gone, (*more, *own))
