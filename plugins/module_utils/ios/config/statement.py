# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One statement of IOS as an entry of a table, and what is done with any of them: read, inherit, print.

Settings are values by the names of the table. What is not in there is set by no line.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..text import mask
from .forms import Form, union
from .shapes import Shape, as_flag, as_statement

Settings = dict[str, Any]

#: Settings: lines that begin with `no` and say more than that a statement is not there.
NEGATED = "negated"
_PLACE = " {}"


class Part(Enum):
    """What a statement is about.

    SESSION, POLICY: a neighbour, the latter for each address family.
    PROCESS: the process alone. FAMILY: an address family, that of IPv4 unicast at the level of the process.
    ANYWHERE: the process or the family it stands in.
    """

    SESSION = "session"
    POLICY = "policy"
    PROCESS = "process"
    FAMILY = "family"
    ANYWHERE = "anywhere"


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        words: as IOS prints it, without `neighbor NAME`; `{}` stands for the value.
        name: of the value in settings and in data.
        part: what it is about.
        form: how the words become a value, and the value words again.
        shape: how the value stands in data.
        inherited: whether the member of a peer-group has it from its group.
        default: the value that holds where no line says one; None where there is none, or it depends.
            It is printed by no line. False where `no` gives it.
    """

    words: str
    name: str
    part: Part
    form: Form
    shape: Shape
    inherited: bool = False
    default: Any = None

    @property
    def first(self) -> str:
        """The first word."""
        return self.words.split(None, 1)[0]

    def pattern(self) -> re.Pattern[str]:
        """Matches the statement; its group is the text of the value."""
        lead, place, tail = self.words.partition(_PLACE)
        text = " +".join(map(re.escape, lead.split()))
        if place:
            text += rf" +(\S.*?) +{re.escape(tail.strip())}" if tail else r"(?: +(\S.*))?"
        return re.compile(rf"{text}\Z", re.IGNORECASE)

    def canonical(self, value: Any) -> tuple[str, ...]:
        """The statements that say the value, as IOS takes them; none for the default.

        One form for all that mean the same. Clear text of a password stands in there, so they are not shown.
        """
        if value is None or value == self.default:
            return ()
        if value is False:
            return (f"no {self.words.replace(_PLACE, '')}",)
        return tuple(
            self.words.replace(_PLACE, f" {words}" if words else "") for words in self.form.show(value)
        )

    def is_statement(self, value: Any) -> bool:
        """Whether data has no field for the value, or a field that cannot hold its words."""
        return self.shape is as_statement or (self.shape is as_flag and isinstance(value, str))


class Table:
    """Statements, each once, found by their words."""

    def __init__(self, entries: Iterable[Statement]) -> None:
        self.entries = tuple(entries)
        self._by_first: dict[str, list[tuple[re.Pattern[str], Statement]]] = {}
        for entry in sorted(self.entries, key=_precision, reverse=True):
            self._by_first.setdefault(entry.first, []).append((entry.pattern(), entry))

    def find(self, text: str) -> tuple[Statement, str]:
        """The entry whose words stand in the text, and the text of the value; ValueError for none."""
        for pattern, entry in self._by_first.get(text.split(None, 1)[0].lower(), ()):
            found = pattern.match(text)
            if found:
                return entry, (found[1] or "") if pattern.groups else ""
        raise ValueError(text)

    def of(self, *parts: Part) -> dict[str, Statement]:
        """The entries about these by their names, in the order of the table."""
        return {entry.name: entry for entry in self.entries if entry.part in parts}


def _precision(entry: Statement) -> tuple[int, bool]:
    """The more words stand in a statement, the earlier it is looked for; those without a value before."""
    return len(entry.words.replace(_PLACE, "").split()), _PLACE not in entry.words


def read_into(into: Settings, entry: Statement, text: str, negated: bool) -> tuple[str, ...]:
    """Put what a statement says into the settings.

    Args:
        into: changed, unless the value is not known.
        entry, text: as Table.find gives them.
        negated: `no` stands before it.

    Returns:
        The statement in canonical form; nothing where it says the default.

    Raises:
        ValueError, IndexError: a value that is not known.
    """
    if negated and not (entry.form.is_switch and not text):
        kept = f"no {entry.words.replace(_PLACE, f' {text}' if text else '')}"
        kept = " ".join(kept.split())
        into[NEGATED] = union(into.get(NEGATED, ()), (kept,))
        return (kept,)
    value = False if negated else entry.form.read(text)
    if value == entry.default:
        if negated or not entry.form.adds_up:
            into.pop(entry.name, None)
        return ()
    before = into.get(entry.name)
    into[entry.name] = value if before is None or negated else entry.form.merge(before, value)
    return entry.canonical(value)


def inherit(
    own: Mapping[str, Any],
    group: Mapping[str, Any],
    entries: Mapping[str, Statement],
    at_default: Container[str] = (),
) -> Settings:
    """The settings of a neighbour with what its peer-group gives it.

    `entries` by name; `at_default` are the names of those that lines of its own set to the default.
    """
    settings = dict(own)
    for name, given in group.items():
        entry = entries.get(name)
        if entry is not None and entry.inherited and (name in own or name not in at_default):
            settings[name] = entry.form.merge(given, own[name]) if name in own else given
    if NEGATED in group:
        settings[NEGATED] = union(group[NEGATED], own.get(NEGATED, ()))
    return settings


def data_of(settings: Mapping[str, Any], entries: Iterable[Statement], *, secrets: bool) -> dict[str, Any]:
    """The settings as plain data: every field is there, and what has none is among the `statements`."""
    fields: dict[str, Any] = {}
    statements = list(settings.get(NEGATED, ()))
    for entry in entries:
        value = settings.get(entry.name)
        fields.update(entry.shape(entry.name, value, secrets))
        if entry.is_statement(value):
            statements += entry.canonical(value)
    return {**fields, "statements": sorted(map(mask, statements))}
