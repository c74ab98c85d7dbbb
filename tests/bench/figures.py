# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark's runs mean: pure data out of what the probe reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

Json = dict[str, Any]
#: A probe's gap ends where the next packet arrived; rounding must not make two figures of one.
TINY = 1e-6


class IncompleteError(Exception):
    """A probe's report that cannot be used; the text says why."""


@dataclass(frozen=True)
class Pair:
    """Packets from one pod to another on another node. `gaps`: when they were lost, as [start, end) in
    seconds since the mesh went off."""

    source: str
    target: str
    sent: int
    lost: int
    gaps: tuple[tuple[float, float], ...]

    @property
    def dark(self) -> float:
        """Seconds in which nothing arrived, in total."""
        return sum(end - start for start, end in self.gaps)

    @property
    def longest(self) -> float:
        """Seconds of the longest gap."""
        return max((end - start for start, end in self.gaps), default=0.0)


@dataclass(frozen=True)
class Run:
    """One order played once. `span`: first and last packet, in seconds since the mesh went off; `load`: the
    machine's load average when it began."""

    order: str
    repeat: int
    pairs: tuple[Pair, ...]
    span: tuple[float, float]
    load: float

    @property
    def sent(self) -> int:
        """Packets sent between nodes."""
        return sum(pair.sent for pair in self.pairs)

    @property
    def lost(self) -> int:
        """Packets lost between nodes."""
        return sum(pair.lost for pair in self.pairs)

    @property
    def hit(self) -> int:
        """Pairs that lost a packet."""
        return sum(pair.lost > 0 for pair in self.pairs)

    @property
    def last_loss(self) -> float | None:
        """Seconds from the mesh's end until the last packet was lost; None where none was after it."""
        ends = [end for pair in self.pairs for _start, end in pair.gaps if end > 0]
        return max(ends, default=None)

    def as_json(self) -> Json:
        """Plain data, with the figures people ask for first."""
        figures = {"sent": self.sent, "lost": self.lost, "pairs_hit": self.hit, "last_loss_s": self.last_loss}
        pairs = [
            {**asdict(pair), "dark_ms": round(1000 * pair.dark), "longest_ms": round(1000 * pair.longest)}
            for pair in self.pairs
        ]
        about = {"order": self.order, "repeat": self.repeat, "load": self.load, "span": self.span}
        return {**about, **figures, "pairs": pairs}


@dataclass(frozen=True)
class Spread:
    """Median of several runs, the lowest and the highest."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of one value or more."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Summary:
    """All runs of one order. Times in seconds; `last_loss` is over the runs that lost a packet
    after the mesh's end, None where none did; `calm` is how many did not."""

    order: str
    runs: int
    failed: int
    sent: Spread
    lost: Spread
    dark: Spread
    longest: Spread
    pairs: int
    hit: Spread
    last_loss: Spread | None
    calm: int


def read_run(order: str, repeat: int, report: Json, mesh_off: float, load: float) -> Run:
    """A run from the probe's last report and the moment the mesh went off (seconds since the epoch).

    Only pairs on different nodes count: two pods on one node need no route from elsewhere. IncompleteError
    where the report does not say when all packets were lost, or where loss goes on to the very end."""
    shift = mesh_off - report["started"]
    interval = report["interval"]
    pairs = []
    for pair in report["pairs"]:
        if node(pair["source"]) == node(pair["target"]):
            continue
        if round(sum(end - start for start, end in pair["gaps"]) / interval) != pair["lost"]:
            raise IncompleteError(f"{pair['source']} to {pair['target']}: too many gaps to keep them all.")
        gaps = tuple((round(start - shift, 6), round(end - shift, 6)) for start, end in pair["gaps"])
        pairs.append(Pair(pair["source"], pair["target"], pair["sent"], pair["lost"], gaps))
    if not pairs or not all(pair.sent for pair in pairs):
        raise IncompleteError("The probe sent nothing between nodes.")
    span = (-shift, min(pair.sent for pair in pairs) * interval - shift)
    dark = [pair for pair in pairs if pair.gaps and pair.gaps[-1][1] > span[1] - TINY]
    if dark:
        raise IncompleteError(f"{dark[0].source} to {dark[0].target} was dark to the end of the run.")
    return Run(order, repeat, tuple(pairs), span, load)


def node(pod: str) -> str:
    """The node of a pod in the probe's words, node/pod."""
    return pod.partition("/")[0]


def run_from(data: Json) -> Run:
    """A run out of a results file."""
    pairs = tuple(
        Pair(each["source"], each["target"], each["sent"], each["lost"], tuple(map(tuple, each["gaps"])))
        for each in data["pairs"]
    )
    return Run(data["order"], data["repeat"], pairs, tuple(data["span"]), data["load"])


def summarise(order: str, runs: Sequence[Run], failed: int) -> Summary:
    """The runs of one order, at least one; dark times are taken over the pairs of all runs."""
    pairs = [pair for run in runs for pair in run.pairs]
    last = [run.last_loss for run in runs if run.last_loss is not None]
    return Summary(
        order=order,
        runs=len(runs),
        failed=failed,
        sent=Spread.of([run.sent for run in runs]),
        lost=Spread.of([run.lost for run in runs]),
        dark=Spread.of([pair.dark for pair in pairs]),
        longest=Spread.of([pair.longest for pair in pairs]),
        pairs=max(len(run.pairs) for run in runs),
        hit=Spread.of([run.hit for run in runs]),
        last_loss=Spread.of(last) if last else None,
        calm=len(runs) - len(last),
    )


def loss(run: Run, start: float, width: float, bins: int) -> list[float | None]:
    """Share of the packets between nodes lost in each of `bins` bins of `width` seconds from `start` (since
    the mesh went off); None where the probe did not run all the time."""
    dark = [0.0] * bins
    for pair in run.pairs:
        for begin, end in pair.gaps:
            first = max(0, int((begin - start) / width))
            for index in range(first, min(bins, int((end - start) / width) + 1)):
                left = start + index * width
                dark[index] += max(0.0, min(end, left + width) - max(begin, left))
    whole = width * len(run.pairs)
    edges = ((start + index * width, start + (index + 1) * width) for index in range(bins))
    return [
        min(1.0, value / whole) if run.span[0] <= left + TINY and right - TINY <= run.span[1] else None
        for value, (left, right) in zip(dark, edges, strict=True)
    ]


def table(summaries: Sequence[Summary], names: Mapping[str, str]) -> str:
    """The figures for people, a line for each order: median, and lowest to highest in brackets."""
    rows = [
        ("ORDER", "RUNS", "SENT", "LOST", "DARK PER PAIR, ms", "LONGEST, ms", "PAIRS HIT", "LAST LOSS, s"),
        *(_row(summary, names[summary.order]) for summary in summaries),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _row(summary: Summary, name: str) -> tuple[str, ...]:
    hit = summary.hit
    hits = f"{hit.high:.0f}" if hit.low == hit.high else f"{hit.low:.0f}-{hit.high:.0f}"
    return (
        name,
        f"{summary.runs}" if not summary.failed else f"{summary.runs}, {summary.failed} FAILED",
        f"{summary.sent.middle:.0f}",
        spread_text(summary.lost, 1, 0),
        spread_text(summary.dark, 1000, 0),
        spread_text(summary.longest, 1000, 0),
        f"{hits} of {summary.pairs}",
        _last_loss(summary),
    )


def _last_loss(summary: Summary) -> str:
    if summary.last_loss is None:
        return "none"
    calm = f", {summary.calm} x none" if summary.calm else ""
    return spread_text(summary.last_loss, 1, 2) + calm


def spread_text(spread: Spread, factor: float, digits: int) -> str:
    """`3320 (3100-3518)`: median, lowest and highest, each times `factor`."""
    middle, low, high = (f"{factor * value:.{digits}f}" for value in (spread.middle, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low}-{high})"
