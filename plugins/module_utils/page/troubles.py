# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of a run for people: what is wrong first, alike ones together, and what passed as counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.catalogue import contracts
from ..checks.findings import ACCEPTED, ERROR, WARNING
from ..checks.gates import GATES
from ..model.finding import FAIL, PASS, UNKNOWN
from ..model.journal import JUDGED
from .record import Record
from .words import BAD, CALM, GOOD, WARN

#: So many findings of one check have a line of their own.
MOST = 100
#: What a finding that did not pass weighs, from the heaviest on: its words and its tone.
KINDS: Mapping[str, tuple[str, str]] = {
    FAIL: ("Failed", BAD),
    UNKNOWN: ("Not known", WARN),
    WARNING: ("Warning", WARN),
    ACCEPTED: ("Accepted", CALM),
}


@dataclass(frozen=True)
class Line:
    """One finding, at all the gates that gave it alike."""

    subject: str
    expected: str
    actual: str
    advice: str
    gates: tuple[str, ...]


@dataclass(frozen=True)
class Trouble:
    """All findings of one check that are wrong in one way.

    `passes` is a sentence of when the check passes, `advice` what to do where all say the same (None where
    they do not), `more` are findings without a line.
    """

    check: str
    kind: str
    tone: str
    passes: str
    advice: str | None
    lines: tuple[Line, ...]
    more: int

    @property
    def count(self) -> int:
        """How many findings there are."""
        return len(self.lines) + self.more


@dataclass(frozen=True)
class GateLine:
    """What one gate came to: its name, when it is asked, its findings by kind."""

    name: str
    asked: str
    tone: str
    word: str
    passed: int
    failed: int
    unknown: int
    warnings: int


def kind(finding: Mapping[str, Any]) -> str:
    """PASS, or one of KINDS."""
    if finding["verdict"] == PASS:
        return PASS
    return str(finding["verdict"] if finding["severity"] == ERROR else finding["severity"])


def ordered(record: Record) -> Sequence[tuple[str, Sequence[Mapping[str, Any]]]]:
    """The findings by gate, in the order in which they were judged."""
    when = {note.subject: note.at for note in record.notes if note.event == JUDGED}
    order = ["", *GATES]

    def place(name: str) -> tuple[float, int, str]:
        return when.get(name, 0.0), order.index(_gate(name)), name

    found: Mapping[str, Sequence[Mapping[str, Any]]] = record.result["findings"]
    return [(name, found[name]) for name in sorted(found, key=place)]


def _gate(name: str) -> str:
    """The gate of findings that are named after it, or after it and a stage; "" where there is none."""
    return next((gate for gate in GATES if name == gate or name.startswith(f"{gate}-")), "")


def gate_words(name: str) -> str:
    """Findings' name as people read it.

    >>> gate_words("watch-watch-1"), gate_words("cut")
    ('watch (watch-1)', 'cut')
    """
    gate = _gate(name)
    return f"{gate} ({name[len(gate) + 1 :]})" if gate and name != gate else name


def troubles(record: Record) -> tuple[Trouble, ...]:
    """What did not pass, the heaviest and the most frequent first."""
    gates: dict[tuple[str, str, str, str, str, str], list[str]] = {}
    for gate, findings in ordered(record):
        for each in findings:
            if each["verdict"] != PASS:
                key = (
                    each["check"],
                    kind(each),
                    each["subject"],
                    each["expected"],
                    each["actual"],
                    each["advice"],
                )
                gates.setdefault(key, []).append(gate_words(gate))
    groups: dict[tuple[str, str], list[Line]] = {}
    for (check, weight, *words), where in gates.items():
        groups.setdefault((check, weight), []).append(
            Line(words[0], words[1], words[2], words[3], tuple(where))
        )
    passes = {contract.check: _passes(contract.passes.replace("`", "")) for contract in contracts()}
    made = [
        _trouble(check, weight, lines, passes.get(check, "")) for (check, weight), lines in groups.items()
    ]
    weights = [words for words, _tone in KINDS.values()]
    return tuple(sorted(made, key=lambda each: (weights.index(each.kind), -each.count)))


def _passes(when: str) -> str:
    """When a check passes, as a sentence.

    >>> _passes("it is there"), _passes("never; there is one for each node")
    ('Passes when it is there.', 'Never passes; there is one for each node.')
    """
    return f"{'Never passes' if when.startswith('never') else 'Passes when '}{when.removeprefix('never')}."


def _trouble(check: str, weight: str, lines: Sequence[Line], passes: str) -> Trouble:
    words, tone = KINDS[weight]
    advice = {line.advice for line in lines}
    alike = advice.pop() if len(advice) == 1 else None
    return Trouble(check, words, tone, passes, alike, tuple(lines[:MOST]), max(len(lines) - MOST, 0))


def gate_lines(record: Record) -> Iterator[GateLine]:
    """What each gate came to."""
    for name, findings in ordered(record):
        counted = Counter(kind(each) for each in findings)
        tone, word = _of_gate(counted)
        gate = _gate(name)
        yield GateLine(
            gate_words(name),
            GATES[gate].asked.replace("`", "") if gate else "",
            tone,
            word,
            counted[PASS],
            counted[FAIL],
            counted[UNKNOWN],
            counted[WARNING] + counted[ACCEPTED],
        )


def _of_gate(counted: Counter[str]) -> tuple[str, str]:
    if counted[FAIL]:
        return BAD, "did not pass"
    if counted[UNKNOWN] or not counted[PASS]:
        return WARN, "not proved"
    return GOOD, "passed"
