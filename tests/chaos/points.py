# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments of a run that are the same in every run: a line that is printed, and seconds after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

TASK = re.compile(r"^TASK \[(?:[^]]* : )?(?P<name>[^]]+)\]")
#: Of the roles, and over at once.
IDLE = "Validating arguments"
DONE = re.compile(r"^(?:ok|changed|fatal): \[")
#: Seconds of a task from which it has further points within.
LONG = 1.0
RUN, LAB = "run", "lab"
#: What the lab's log says when the nodes see it.
MESH_OFF = "agent: the mesh was switched off"


@dataclass(frozen=True)
class Point:
    """So many seconds after a line (a regular expression) came for the nth time.

    `where`: RUN, what the playbook prints, or LAB, the lab's log, which has every line that a router is
    given.
    """

    line: str
    nth: int = 1
    after: float = 0.0
    where: str = RUN
    name: str = ""

    def __str__(self) -> str:
        nth = f" #{self.nth}" if self.nth > 1 else ""
        return f"{self.name or self.line}{nth}" + (f" +{self.after:g} s" if self.after else "")


def task(name: str, nth: int = 1, after: float = 0.0) -> Point:
    """When a task of this name starts for the nth time, or so many seconds after that."""
    return Point(rf"^TASK \[(?:[^]]* : )?{re.escape(name)}\]", nth, after, name=name)


def play(name: str, after: float = 0.0) -> Point:
    """When a play of this name starts for the first time, or so many seconds after that."""
    return Point(rf"^PLAY \[{re.escape(name)}\]", after=after, name=name)


#: The first moment of a run.
BEGIN = Point(r"^PLAY \[", name="start")


def mesh_off(after: float = 0.0) -> Point:
    """So many seconds after the nodes see the mesh go off."""
    return Point(MESH_OFF, after=after, where=LAB, name="mesh off")


def typed(router: str, line: str, nth: int = 1) -> Point:
    """When a router is given a line (a regular expression) for the nth time."""
    return Point(rf" {router}: \S+[#>]{line}$", nth, where=LAB, name=f"{router}: {line}")


class Lines:
    """The lines of a file, from now on or from its beginning."""

    def __init__(self, path: Path, *, whole: bool = False) -> None:
        self._path, self._rest = path, ""
        self._offset = 0 if whole else path.stat().st_size

    def new(self) -> list[str]:
        """The whole lines since the last call."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            read = file.read()
        self._offset += len(read)
        *lines, self._rest = (self._rest + read.decode(errors="replace")).split("\n")
        return lines


class Awaited:
    """A point that is waited for."""

    def __init__(self, point: Point) -> None:
        self._point, self._seen = point, 0
        self.due: float | None = None

    def see(self, where: str, lines: Iterable[str], now: float) -> None:
        """Lines that came; `due` (time.monotonic) is known once the last one was among them."""
        if where != self._point.where or self.due is not None:
            return
        self._seen += sum(bool(re.search(self._point.line, line)) for line in lines)
        if self._seen >= self._point.nth:
            self.due = now + self._point.after


@dataclass(frozen=True)
class Step:
    """A task that did something in a run that was surveyed: its name, which of that name, seconds it took."""

    name: str
    nth: int
    seconds: float


def steps(lines: Sequence[tuple[float, str]]) -> list[Step]:
    """The tasks in the lines that a run printed, each with when it came (seconds)."""
    found: list[Step] = []
    seen: dict[str, Iterator[int]] = {}
    current: tuple[str, int, float] | None = None
    did = False
    for at, line in [*lines, (lines[-1][0] if lines else 0.0, "PLAY RECAP")]:
        banner = TASK.match(line)
        if (banner or line.startswith("PLAY ")) and current:
            name, nth, began = current
            if did and not name.startswith(IDLE):
                found.append(Step(name, nth, round(at - began, 2)))
            current = None
        if banner:
            name = banner["name"]
            current, did = (name, next(seen.setdefault(name, count(1))), at), False
        elif DONE.match(line):
            did = True
    return found


def within(step: Step, period: float = 1.0) -> list[float]:
    """Seconds after the start of a step at which it has points: 0, and every `period` of a long one.

    >>> within(Step("Ask", 1, 2.3))
    [0.0, 1.0, 2.0]
    """
    return [period * number for number in range(int(step.seconds / period) + 1 if step.seconds > LONG else 1)]
