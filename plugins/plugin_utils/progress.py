# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long wait says every few seconds where it stands: a line each time, or one line that is drawn anew.

A worker of Ansible has no terminal; what it displays is sent to the main process, which prints it. So a
worker sends a `Standing`, a line of text that also knows its numbers, and nothing changes where nobody draws.
Who draws is the callback plugin `progress`, in the main process, through which all output goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..module_utils.printable import printable

#: How a wait says how far it is, and how long it waits at the most.
_LEFT = re.compile(r" \((\d+) s left\)\Z")
_OF = re.compile(r"(\d+) of (\d+) ")
_ALL = re.compile(r"\d+ of \d+ nodes have what is expected after ")
#: What a wait for all nodes is called.
NODES = "nodes"


class Standing(str):
    """Where a wait of `host` stands, as a line; the numbers are None where the words have none."""

    host: str = ""
    label: str = ""
    said: str = ""
    done: int | None = None
    wanted: int | None = None
    left: int | None = None


def standing(host: str, label: str, text: str) -> str:
    """What a wait says, as a line for the display: a Standing, or a plain line where it says something else.

    Args:
        host: for which Ansible runs the task.
        label: who is waited for, "" for all nodes, as the words say.
        text: the words, with the seconds left behind them.

    >>> made = standing("rr1", "rr1", "2 of 3 sessions Established; 192.0.2.12 silent (80 s left)")
    >>> made, made.done, made.wanted, made.left
    ('    rr1: 2 of 3 sessions Established; 192.0.2.12 silent (80 s left)', 2, 3, 80)
    """
    shown = printable(text)
    line = f"    {label}: {shown}" if label else f"    {shown}"
    left, of = _LEFT.search(shown), _OF.match(shown)
    if left is None and not _ALL.match(shown):
        return line
    made = Standing(line)
    made.host, made.label = host, label or NODES
    made.left = int(left[1]) if left else None
    made.done, made.wanted = (int(of[1]), int(of[2])) if of else (None, None)
    made.said = _LEFT.sub("", _OF.sub("", shown, count=1) if of else shown)
    return made


@dataclass
class Row:
    """A wait that is drawn: what it said last, when (monotonic), and the most seconds it ever had left."""

    last: Standing
    at: float
    longest: int

    def left(self, now: float) -> int | None:
        """Seconds left at `now`."""
        return None if self.last.left is None else max(int(self.last.left - (now - self.at) + 0.5), 0)


@dataclass(frozen=True)
class Look:
    """How rows are drawn: size of the terminal in cells, the two pieces of a bar, and how it is coloured."""

    width: int
    height: int
    full: str = "#"
    empty: str = "-"
    colour: Callable[[str, bool], str] = lambda text, _whole: text


#: Cells of a bar.
BAR = 20
#: A terminal that is narrower has no room for a bar.
NARROW = 60


def drawn(rows: Iterable[Row], look: Look, now: float) -> list[str]:
    """The lines, each narrower than the terminal, and at most half of its height of them."""
    all_rows = list(rows)
    most = max(look.height // 2, 1)
    shown = all_rows if len(all_rows) <= most else all_rows[: most - 1]
    widest = max((_cells(row.last.label) for row in shown), default=0)
    lines = [_row(row, look, min(widest, look.width // 4), now) for row in shown]
    more = len(all_rows) - len(shown)
    return [*lines, f"    ... and {more} more"] if more else lines


def _row(row: Row, look: Look, label: int, now: float) -> str:
    last, left = row.last, row.left(now)
    parts = [_fitted(last.label, label)]
    numbers = f"{last.done} of {last.wanted}" if last.wanted is not None else ""
    after = "  ".join(
        part for part in (numbers, f"{left} s left" if left is not None else "", last.said) if part
    )
    room = look.width - 1 - 4 - label - 2
    if look.width < NARROW:
        return "    " + parts[0] + "  " + _cut(after, room)
    drawn = _bar(row, look, left)
    return "    " + parts[0] + "  " + drawn + "  " + _cut(after, room - BAR - 4)


def _bar(row: Row, look: Look, left: int | None) -> str:
    """Of what is wanted what is there; of a wait for nothing that is counted, the time."""
    done, wanted = row.last.done, row.last.wanted
    if wanted is None and left is not None:
        done, wanted = row.longest - left, row.longest
    part = min((done or 0) / wanted, 1.0) if wanted else 0.0
    cells = int(part * BAR)
    return "[" + look.colour(look.full * cells, part == 1.0) + look.empty * (BAR - cells) + "]"


def _fitted(text: str, width: int) -> str:
    """The text in so many cells."""
    shown = _cut(text, width)
    return shown + " " * (width - _cells(shown))


def _cut(text: str, width: int) -> str:
    """The text in so many cells at the most, with dots where some is cut."""
    if _cells(text) <= width:
        return text
    dots = "..." if width > 10 else ""
    return "".join(_first(text, width - len(dots))) + dots


def _first(text: str, width: int) -> Iterator[str]:
    for character in text:
        width -= _cells(character)
        if width < 0:
            return
        yield character


def _cells(text: str) -> int:
    """The cells of a terminal that the text takes; a wide character takes two, one that combines none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
