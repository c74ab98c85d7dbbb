# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe found: pure data, out of what the pods report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lab.probe_pod import Account

# Two cores that also run Ansible and the lab carry this many packets a second.
MOST_PER_SECOND = 20_000
FASTEST = 0.001
Json = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """Packets from one pod to another. `longest_run`: most packets lost in a row; `gaps`: the lost ones as
    [first number lost, first that arrived again), the latest ones where there are thousands."""

    source: str
    target: str
    sent: int
    lost: int
    longest_run: int
    gaps: tuple[tuple[int, int], ...]

    def as_json(self, interval: float) -> Json:
        """The pair as plain data; gaps in seconds since the start: packet n leaves at n * interval."""
        gaps = [[round(start * interval, 6), round(end * interval, 6)] for start, end in self.gaps]
        return {**asdict(self), "gaps": gaps}


@dataclass(frozen=True)
class Report:
    """All pairs of a probe. `interval`: seconds between two packets of one pair; `running`: whether it goes
    on; `started`: when, in seconds since the epoch."""

    pairs: tuple[Pair, ...]
    interval: float
    running: bool
    started: float

    @property
    def sent(self) -> int:
        """Packets sent, all pairs."""
        return sum(pair.sent for pair in self.pairs)

    @property
    def lost(self) -> int:
        """Packets lost, all pairs."""
        return sum(pair.lost for pair in self.pairs)

    @property
    def longest_run(self) -> int:
        """Most packets any pair lost in a row."""
        return max((pair.longest_run for pair in self.pairs), default=0)

    def as_json(self) -> Json:
        """The report as plain data: totals first."""
        totals = {"sent": self.sent, "lost": self.lost, "longest_run": self.longest_run}
        rest = {"running": self.running, "started": self.started, "interval": self.interval}
        return {**totals, **rest, "pairs": [pair.as_json(self.interval) for pair in self.pairs]}


@dataclass(frozen=True)
class Count:
    """A pod's report: how many numbers it sent to each peer, and its account of each peer by index."""

    sent: int
    accounts: Mapping[int, Account]

    @classmethod
    def read(cls, line: Json) -> Count:
        """From the line a pod printed."""
        accounts = {}
        for peer, state in line["received"].items():
            accounts[int(peer)] = account = Account()
            account.next, account.gaps, account.older = state
        return cls(line["sent"], accounts)


def judge(names: Sequence[str], sent: Sequence[int], counts: Sequence[Count]) -> tuple[Pair, ...]:
    """What was lost of the first `sent[i]` packets of each pod `i`; `counts` are the receivers' latest.

    While the probe runs, `sent` is what was sent a moment ago: later packets may still be under way. They are
    not counted as sent either, so that `sent` and `lost` speak of the same packets."""
    pairs = []
    for source, name in enumerate(names):
        for target, other in enumerate(names):
            if source != target:
                account = counts[target].accounts[source]
                lost, run = account.lost(sent[source])
                gaps = tuple(account.missing(sent[source]))
                pairs.append(Pair(name, other, sent[source], lost, run, gaps))
    return tuple(pairs)


def pace(pods: int) -> float:
    """Seconds between two packets of one pair: a millisecond, or longer where many pods would overload the
    machine."""
    return max(FASTEST, pods * (pods - 1) / MOST_PER_SECOND)


def table(report: Json) -> str:
    """The report for people: one line per pair, totals at the end."""
    rows = [("FROM", "TO", "SENT", "LOST", "LONGEST RUN")]
    for pair in report["pairs"]:
        numbers = (str(pair[key]) for key in ("sent", "lost", "longest_run"))
        rows.append((pair["source"], pair["target"], *numbers))
    rows.append(("all", "", str(report["sent"]), str(report["lost"]), str(report["longest_run"])))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
