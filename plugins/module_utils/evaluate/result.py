# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an evaluation comes to, as records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .records import Machine, Settings
from .statistics import HIDDEN, Ratio, Spread
from .theory import ENCAPSULATIONS, NATIVE

#: Version of the document that to_data makes.
FORMAT = 1


@dataclass(frozen=True)
class Seen:
    """How many of the evaluation's packets carried so many bytes beyond their own."""

    bytes: int
    packets: int


@dataclass(frozen=True)
class Length:
    """Packets of one length: how many the pods sent, how many frames with them were on the wire."""

    ip_bytes: int
    sent: int
    seen: int


@dataclass(frozen=True)
class Wire:
    """Bytes per packet beyond the pod's own: by theory, and seen on the wire, VLAN tags included.

    `tagged` counts packets with a VLAN tag; `others` and `unknown` count the frames that are not the
    evaluation's, by kind. `ok`: of every length there were as many packets as
    were sent, or more, all with the bytes of theory (tags left out).
    """

    expected: int
    measured: tuple[Seen, ...]
    lengths: tuple[Length, ...]
    tagged: int
    others: Mapping[str, int]
    unknown: Mapping[str, int]
    ok: bool


@dataclass(frozen=True)
class PodMtu:
    """The MTU for pods: by theory, and measured (None where it was not)."""

    expected: int
    measured: int | None
    ok: bool


@dataclass(frozen=True)
class Value:
    """One round's value."""

    round: int
    value: float


@dataclass(frozen=True)
class Figure:
    """A metric of a path: its spread, and every round's value."""

    metric: str
    spread: Spread
    values: tuple[Value, ...]


@dataclass(frozen=True)
class PathResult:
    """One path. Where `refused` has a reason there are no results: `wire` and `mtu` are None.

    The figures of a `stand_in` are its own, and are compared with nothing.
    """

    name: str
    encapsulation: str
    family: str
    how: str
    stand_in: bool
    refused: str | None
    wire: Wire | None
    mtu: PodMtu | None
    figures: tuple[Figure, ...]

    def figure(self, metric: str) -> Figure | None:
        """The figure of this metric, None where there is none."""
        return next((figure for figure in self.figures if figure.metric == metric), None)


@dataclass(frozen=True)
class Comparison:
    """One encapsulation against another in one family, by one metric."""

    family: str
    of: str
    against: str
    metric: str
    ratio: Ratio


@dataclass(frozen=True)
class Evaluation:
    """The judged measurement. `problems` are sentences that make it fail, `notes` such that do not; `started`
    is in seconds since the epoch."""

    where: str
    started: float
    machine: Machine
    tools: Mapping[str, str]
    settings: Settings
    paths: tuple[PathResult, ...]
    comparisons: tuple[Comparison, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether all was there and as theory says."""
        return not self.problems

    def family(self, family: str) -> tuple[PathResult, ...]:
        """The paths of one family."""
        return tuple(path for path in self.paths if path.family == family)

    def ordered(self, family: str) -> list[PathResult]:
        """The paths of one family, native before IPIP before VXLAN."""
        return sorted(self.family(family), key=lambda path: ENCAPSULATIONS.index(path.encapsulation))

    def alike(self, metric: str) -> set[tuple[str, str]]:
        """Families and encapsulations that this metric does not tell apart from native."""
        return {
            (each.family, each.of)
            for each in self.comparisons
            if each.metric == metric and each.against == NATIVE and each.ratio.verdict == HIDDEN
        }


def to_data(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain data, ready for JSON."""
    data: dict[str, Any] = json.loads(json.dumps(asdict(evaluation)))
    return {"format": FORMAT, "ok": evaluation.ok, **data}
