# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each session stands, and each node by its sessions; which zone a node is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.spare import SHUT
from ..model.cluster import Cluster
from .record import ESTABLISHED, Record
from .words import BAD, CALM, GOOD, WARN

#: States of a session: both sides call it Established, one does, none does, nobody said, it was shut down on
#: purpose, nobody was asked.
UP, HALF, DOWN, SILENT, CLOSED, WANTED = "up", "half", "down", "silent", "closed", "wanted"
#: From the worst on; the state of a group is the first that any of it has.
WORST = (DOWN, HALF, SILENT, CLOSED, WANTED, UP)
#: Those that are as they should be.
WELL = (UP, WANTED)
TONES: Mapping[str, str] = {UP: GOOD, HALF: WARN, DOWN: BAD, SILENT: WARN, CLOSED: CALM, WANTED: CALM}
WORDS: Mapping[str, str] = {
    UP: "established on both sides",
    HALF: "established on one side alone",
    DOWN: "not established",
    SILENT: "not known: nobody said",
    CLOSED: "shut down on the reflector",
    WANTED: "planned, not asked yet",
}
#: What zones are told by, the first that tells nodes apart.
ZONES = (
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
    "topology.kubernetes.io/rack",
    "rack",
    "zone",
)
#: More zones than these are no picture.
MOST_ZONES = 24


@dataclass(frozen=True)
class Row:
    """A session as a page shows it; `id` names its line in the table."""

    id: str
    node: str
    node_address: str
    reflector: str
    reflector_address: str
    family: str
    node_says: str
    reflector_says: str
    routes: int | None
    prefixes: int | None
    state: str

    @property
    def tone(self) -> str:
        """The tone of its state."""
        return TONES[self.state]


def rows(record: Record) -> tuple[Row, ...]:
    """Every wanted session, in the order of the plan."""
    asked = record.asked
    return tuple(_row(number, each, asked) for number, each in enumerate(record.result["sessions"]))


def _row(number: int, each: Mapping[str, Any], asked: bool) -> Row:
    return Row(
        f"s{number}",
        each["node"],
        each["node_address"],
        each["reflector"],
        each["reflector_address"],
        each["family"],
        each["node_says"] or "",
        each["reflector_says"] or "",
        each["routes_from_reflector"],
        each["prefixes_from_node"],
        _state(each["node_says"], each["reflector_says"]) if asked else WANTED,
    )


def _state(node_says: str | None, reflector_says: str | None) -> str:
    said = (node_says, reflector_says)
    if said == (ESTABLISHED, ESTABLISHED):
        return UP
    if reflector_says == SHUT:
        return CLOSED
    if ESTABLISHED in said:
        return HALF
    return DOWN if any(said) else SILENT


def worst(states: Iterable[str]) -> str:
    """The worst of some states; UP where there is none."""
    found = set(states)
    return next((state for state in WORST if state in found), UP)


def zones(cluster: Cluster | None, names: Sequence[str]) -> tuple[str, Mapping[str, str]]:
    """The label that tells zones apart, and the zone of each node; ("", {}) where none does."""
    labels = {node.name: node.labels for node in cluster.nodes} if cluster else {}
    for label in ZONES:
        found = {name: str(labels.get(name, {}).get(label, "")) for name in names}
        if 2 <= len(set(found.values())) <= MOST_ZONES:
            return label, found
    return "", {}
