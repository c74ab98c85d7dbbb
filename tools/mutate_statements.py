# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the tests notice when a property of a statement is lost: `python -m tools.mutate_statements`.

Takes each entry of the tables of statements (neighbor_statements.py and process_statements.py in ios/config)
and takes away or changes one property at a time: the entry itself, each word, the name, what it is about,
whether it is inherited, the default, how it is read, printed and added up, what `no` does, and how it stands
in data. Each time the walks over the table run (test_neighbor_statements.py and test_process_statements.py in
tests/unit/ios), those of the entry first, until one fails. Tables change in the memory of this process alone.

Prints how many properties were taken away, how many of those a test noticed, and which none did (survivors).
Ends with 1 where there are survivors, or where the walks fail with the tables as they are. Takes some
seconds; run it in `.venv`. `--show` prints each property.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config import (
    forms,
    neighbor_statements,
    process_statements,
    shapes,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.statement import (
    Part,
    Statement,
    Table,
)
from tests.unit.ios import test_neighbor_statements, test_process_statements

_SHAPES = [shape for name, shape in vars(shapes).items() if name.startswith("as_")]


@dataclass(frozen=True)
class Subject:
    """A table, what is derived from it by name, its parts, and the tests that walk it."""

    table: Table
    derived: tuple[tuple[dict[str, Statement], tuple[Part, ...]], ...]
    parts: tuple[Part, ...]
    walk: ModuleType

    def install(self, entries: tuple[Statement, ...]) -> None:
        """Let the product work with these entries."""
        vars(self.table).update(vars(Table(entries)))
        for by_name, parts in self.derived:
            by_name.clear()
            by_name.update(self.table.of(*parts))


SUBJECTS = (
    Subject(
        neighbor_statements.NEIGHBOR,
        (
            (neighbor_statements.SESSION, (Part.SESSION,)),
            (neighbor_statements.POLICY, (Part.POLICY,)),
        ),
        (Part.SESSION, Part.POLICY),
        test_neighbor_statements,
    ),
    Subject(
        process_statements.PROCESS,
        (
            (process_statements.OF_PROCESS, (Part.PROCESS, Part.ANYWHERE)),
            (process_statements.OF_FAMILY, (Part.FAMILY, Part.ANYWHERE)),
        ),
        (Part.PROCESS, Part.ANYWHERE, Part.FAMILY),
        test_process_statements,
    ),
)


def mutants(subject: Subject, entry: Statement) -> Iterator[tuple[str, Statement | None]]:
    """What is changed, and the entry then; None where it is gone."""
    yield "the entry", None
    words = entry.words.split()
    for at, word in enumerate(words):
        if word != "{}":
            yield f"word {word}", replace(entry, words=" ".join([*words[:at], f"{word}x", *words[at + 1 :]]))
    yield "name", replace(entry, name=f"{entry.name}_x")
    for part in subject.parts:
        if part is not entry.part:
            yield f"{entry.part.value} to {part.value}", replace(entry, part=part)
    # Only neighbours inherit.
    if Part.SESSION in subject.parts:
        yield "inherited", replace(entry, inherited=not entry.inherited)
    for default in {None, *_values(subject, entry)} - {entry.default}:
        yield f"default {entry.default!r} to {default!r}", replace(entry, default=default)
    for shape in _SHAPES:
        if shape is not entry.shape:
            yield f"{entry.shape.__name__} to {shape.__name__}", replace(entry, shape=shape)
    for what, form in _forms(entry):
        yield what, replace(entry, form=form)
    if _can_stand_alone(subject, entry):
        form = replace(entry.form, is_switch=not entry.form.is_switch)
        yield "what `no` does", replace(entry, form=form)


def _can_stand_alone(subject: Subject, entry: Statement) -> bool:
    """Whether `no` finds the entry without a value: not where words follow it, or another entry has none."""
    words = entry.words.removesuffix(" {}")
    return "{}" not in words and not any(one.words == words != entry.words for one in subject.table.entries)


def _values(subject: Subject, entry: Statement) -> set[Any]:
    """Values that the rows of the entry have."""
    found = set()
    for row in _rows(subject, entry):
        line = row.line.removeprefix("no ")
        known, text = Table([entry]).find(line)
        found.add(False if line != row.line else known.form.read(text))
    return found


def _forms(entry: Statement) -> Iterator[tuple[str, forms.Form]]:
    form = entry.form
    # A flag is True or False, and printed by its words alone.
    yield "reading", replace(form, read=lambda _text: False if form is forms.FLAG else "x")
    yield "reading any text", replace(form, read=_refuse)
    if form is not forms.FLAG:
        yield "printing", replace(form, show=lambda _value: ("x",))
    # What is on by default is printed only where it is off, by its words with `no`.
    if not (form is forms.FLAG and entry.default is True):
        yield "printing at all", replace(form, show=lambda _value: ())
    # A flag has one value, so that nothing adds up.
    if form is not forms.FLAG:
        yield "what several lines say", replace(form, merge=lambda before, _value: before)
    if form.merge is not forms.OPTIONS.merge:
        yield "adding up", replace(form, merge=forms.OPTIONS.merge)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _rows(subject: Subject, entry: Statement) -> list[Any]:
    rows = subject.walk.ROWS
    return [row for row in rows if (row.name, row.part) == (entry.name, entry.part.value)]


def failure(subject: Subject, entry: Statement | None = None) -> str:
    """The first test that fails, "" for none; those of the entry first."""
    own = _rows(subject, entry) if entry else []
    others = [row for row in subject.walk.ROWS if row not in own]
    tests: list[tuple[Any, tuple[Any, ...]]] = [
        (check, (row,)) for row in own for check in subject.walk.CHECKS
    ]
    tests += [(test, ()) for test in subject.walk.WHOLE]
    tests += [(check, (row,)) for row in others for check in subject.walk.CHECKS]
    for test, arguments in tests:
        try:
            test(*arguments)
        except Exception:
            return f"{test.__name__}{[row.line for row in arguments] or ''}"
    return ""


def main() -> int:
    """Take every property away, and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--show", action="store_true", help="print each property and the test that noticed")
    show = parser.parse_args().show
    removed, survivors = 0, []
    for subject in SUBJECTS:
        broken = failure(subject)
        if broken:
            print(f"fails with the table as it is: {broken}")
            return 1
        entries = subject.table.entries
        for entry in entries:
            for what, changed in mutants(subject, entry):
                removed += 1
                at = entries.index(entry)
                subject.install((*entries[:at], *([changed] if changed else []), *entries[at + 1 :]))
                found = failure(subject, entry)
                if not found:
                    survivors.append(f"{entry.words}: {what}")
                if show:
                    print(f"{entry.words}: {what}: {found or 'NOTHING'}")
            subject.install(entries)
    print(f"properties removed: {removed}, failures seen: {removed - len(survivors)}")
    print("\n".join([f"survivors: {len(survivors)}", *survivors]))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
