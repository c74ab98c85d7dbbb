# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: every wanted session and object of one cluster, computed once per run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .data import canonical, many, to_data


@dataclass(frozen=True)
class Reflector:
    """A route reflector: its inventory name, its BGP address, and the times in seconds it is to use.

    `keepalive` is 0 where only the hold time is given.
    """

    host: str
    address: str
    hold: int
    restart_time: int
    keepalive: int = 0


@dataclass(frozen=True)
class PlannedNode:
    """A node that becomes a client, with the blocks it announces at the least."""

    name: str
    address: str
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """One wanted BGP adjacency."""

    node: str
    node_address: str
    reflector: str
    reflector_address: str
    asn: int
    family: str


@dataclass(frozen=True)
class Prefix:
    """What may cross a session: everything inside `cidr` with a length from `ge` to `le`."""

    cidr: str
    ge: int
    le: int


@dataclass(frozen=True)
class Plan:
    """Every wanted session and object of one cluster, computed once per run.

    `mesh` says whether the mesh was on when the plan was made. `left_out` names nodes that are no clients,
    with the reason, `left_out_addresses` the addresses of those that have one. `objects` are the Calico
    objects in the order in which they are written, `surplus` those that a rollback takes away, in that order.
    """

    cluster: str
    asn: int
    peer_name: str
    nodes: tuple[PlannedNode, ...]
    left_out: Mapping[str, str]
    reflectors: tuple[Reflector, ...]
    sessions: tuple[Session, ...]
    prefixes: tuple[Prefix, ...]
    mesh: bool
    namespace: str
    objects: tuple[Mapping[str, Any], ...]
    surplus: tuple[Mapping[str, Any], ...]
    left_out_addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def managed_filter(self) -> bool:
        """Whether a BGPFilter of the collection keeps from the nodes what is not planned."""
        return any(o["kind"] == "BGPFilter" for o in self.objects)

    @property
    def hold(self) -> int:
        """The longest hold time in seconds of any session."""
        return max((r.hold for r in self.reflectors), default=0)

    @property
    def soak(self) -> int:
        """Seconds until stale routes can no longer hide a loss: hold time and restart time."""
        return max((r.hold + r.restart_time for r in self.reflectors), default=0)

    @property
    def identity(self) -> str:
        """SHA-256 over what the plan wants; two plans with the same identity want the same.

        What the cluster happened to be like is no part of it: the mesh, left out nodes, blocks, objects that
        are there already.
        """
        return hashlib.sha256(canonical(self._wanted())).hexdigest()

    @property
    def parts(self) -> dict[str, str]:
        """Twelve digits of a SHA-256 for each field that the identity covers, to name what differs."""
        return {
            name: hashlib.sha256(canonical(value)).hexdigest()[:12] for name, value in self._wanted().items()
        }

    def _wanted(self) -> dict[str, Any]:
        wanted: dict[str, Any] = to_data(self)
        for volatile in ("mesh", "left_out", "left_out_addresses"):
            wanted.pop(volatile)
        for node in wanted["nodes"]:
            node.pop("blocks")
        wanted["objects"] = [o for o in wanted["objects"] if o["kind"] != "BGPConfiguration"]
        for manifest in wanted["objects"]:
            manifest["metadata"].pop("resourceVersion", None)
        return wanted


def plan_from(data: Mapping[str, Any]) -> Plan:
    """Plan out of what to_data() made of one."""
    nested = {
        "nodes": tuple(PlannedNode(n["name"], n["address"], tuple(n["blocks"])) for n in data["nodes"]),
        "reflectors": many(Reflector, data["reflectors"]),
        "sessions": many(Session, data["sessions"]),
        "prefixes": many(Prefix, data["prefixes"]),
        "objects": tuple(data["objects"]),
        "surplus": tuple(data["surplus"]),
    }
    return Plan(**{**data, **nested})
