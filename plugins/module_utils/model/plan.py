# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: every wanted session and object of one cluster, computed once per run."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cluster import BIRD
from .data import canonical, many, to_data


@dataclass(frozen=True)
class Reflector:
    """A route reflector: its inventory name, its BGP addresses by family, the times in seconds it is to use.

    Out of an inventory `hold` and `restart_time` are those of IOS where nothing else is given. 0 is not
    known, as in the filters, which have no router. `keepalive` is 0 where only the hold time is given.
    `password` says whether its sessions have one; the password itself is in no record. `connection` is where
    it is reached, `options` what the role cisco_rr is given for it, without the password; both are empty in
    the filters, which send nothing. `node_selector` says which nodes are its clients (Calico's language), ""
    that it is the cluster's own. `may_learn` names neighbours, listen ranges and processes that may be sent
    planned prefixes beside nodes and reflectors.
    """

    host: str
    addresses: Mapping[str, str]
    hold: int
    restart_time: int
    keepalive: int = 0
    password: bool = False
    connection: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    node_selector: str = ""
    may_learn: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedNode:
    """A node that becomes a client: its addresses by family, and the blocks it announces at the least."""

    name: str
    addresses: Mapping[str, str]
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """One wanted BGP adjacency; `peer` is the name of the BGPPeer that makes it."""

    node: str
    reflector: str
    family: str
    node_address: str
    reflector_address: str
    peer: str


@dataclass(frozen=True)
class Prefix:
    """What may cross a session: everything inside `cidr` with a length from `ge` to `le`.

    `kernel` says who writes its routes into the nodes' kernels, BIRD or FELIX (model/cluster.py).
    """

    cidr: str
    ge: int
    le: int
    kernel: str = BIRD


@dataclass(frozen=True)
class Thresholds:
    """From where on something counts. ValueError where one would make its question pointless.

    Attributes:
        fresh: seconds after which an observation says nothing about now.
        proof: seconds after which a session is proved, where its hold time is longer.
        flaps, flap_window: a session that ended so often, the last time within so many seconds, flaps.
        near: the part of a limit from which on it is near, in percent.
    """

    fresh: int = 60
    proof: int = 60
    flaps: int = 3
    flap_window: int = 3600
    near: int = 80

    def __post_init__(self) -> None:
        for name, least, most in _BOUNDS:
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"threshold {name} is {value}; use {least} to {most}")


_BOUNDS = (
    ("fresh", 10, 300),
    ("proof", 10, 3600),
    ("flaps", 1, 1000),
    ("flap_window", 60, 86400),
    ("near", 1, 100),
)


@dataclass(frozen=True)
class Plan:
    """Every wanted session and object of one cluster, computed once per run.

    `sessions` drive everything else; they are in the order of the nodes, and of the reflectors for each.
    `mesh` says whether the mesh was on when the plan was made. `left_out` names nodes that are no clients,
    with the reason, `left_out_addresses` the addresses by family of those that have one. `objects` are the
    Calico objects in the order in which they are written, `surplus` those that a rollback takes away, in that
    order; `stale` those that lead to the `former` reflectors, which go once the others are proved. `server`
    is the Kubernetes API that they go to. `node_networks` are those that the nodes' addresses lie in. `lines`
    has, by reflector, a SHA-256 over the lines that it would get if it had none of them yet.
    """

    cluster: str
    asn: int
    nodes: tuple[PlannedNode, ...]
    left_out: Mapping[str, str]
    reflectors: tuple[Reflector, ...]
    sessions: tuple[Session, ...]
    prefixes: tuple[Prefix, ...]
    mesh: bool
    namespace: str
    objects: tuple[Mapping[str, Any], ...]
    surplus: tuple[Mapping[str, Any], ...]
    left_out_addresses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)
    server: str = ""
    node_networks: tuple[str, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    stale: tuple[Mapping[str, Any], ...] = ()
    former: tuple[Reflector, ...] = ()

    @property
    def filter_name(self) -> str:
        """Name of the BGPFilter that keeps from the nodes what is not planned, "" where none is managed."""
        return next((str(o["metadata"]["name"]) for o in self.objects if o["kind"] == "BGPFilter"), "")

    @functools.cached_property
    def families(self) -> tuple[str, ...]:
        """The families that its nodes speak, in one order."""
        return tuple(sorted({family for node in self.nodes for family in node.addresses}))

    def reflector(self, host: str) -> Reflector | None:
        """The reflector of this inventory name, None where the plan has none."""
        return next((reflector for reflector in self.reflectors if reflector.host == host), None)

    def node(self, name: str) -> PlannedNode | None:
        """The node of this name, None where it is no client."""
        return self._nodes.get(name)

    @functools.cached_property
    def _nodes(self) -> Mapping[str, PlannedNode]:
        return {node.name: node for node in self.nodes}

    def sessions_of(self, node: str, family: str) -> tuple[Session, ...]:
        """The sessions of one node's BIRD daemon, in the order of the reflectors."""
        return self._by_node.get((node, family), ())

    def sessions_with(self, reflector: str, family: str | None = None) -> tuple[Session, ...]:
        """The sessions with one reflector, in the order of the nodes; of one family where it is given."""
        found = self._by_reflector.get(reflector, ())
        return found if family is None else tuple(s for s in found if s.family == family)

    @functools.cached_property
    def _by_node(self) -> Mapping[tuple[str, str], tuple[Session, ...]]:
        found: dict[tuple[str, str], list[Session]] = {}
        for session in self.sessions:
            found.setdefault((session.node, session.family), []).append(session)
        return {key: tuple(sessions) for key, sessions in found.items()}

    @functools.cached_property
    def _by_reflector(self) -> Mapping[str, tuple[Session, ...]]:
        found: dict[str, list[Session]] = {}
        for session in self.sessions:
            found.setdefault(session.reflector, []).append(session)
        return {key: tuple(sessions) for key, sessions in found.items()}

    @property
    def soak(self) -> int:
        """Seconds until stale routes can no longer hide a loss: hold time and restart time."""
        return max((r.hold + r.restart_time for r in self.reflectors), default=0)

    @property
    def identity(self) -> str:
        """SHA-256 over what the plan wants; two plans with the same identity want the same.

        What the cluster happened to be like is no part of it: the mesh, left out nodes, blocks, objects that
        are there already or still.
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
        for volatile in ("mesh", "left_out", "left_out_addresses", "stale"):
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
        "nodes": tuple(PlannedNode(n["name"], n["addresses"], tuple(n["blocks"])) for n in data["nodes"]),
        "reflectors": tuple(
            Reflector(**{**r, "may_learn": tuple(r["may_learn"])}) for r in data["reflectors"]
        ),
        "sessions": many(Session, data["sessions"]),
        "prefixes": many(Prefix, data["prefixes"]),
        "objects": tuple(data["objects"]),
        "surplus": tuple(data["surplus"]),
        "stale": tuple(data["stale"]),
        "former": many(Reflector, data["former"]),
        "thresholds": Thresholds(**data["thresholds"]),
        "node_networks": tuple(data["node_networks"]),
    }
    return Plan(**{**data, **nested})
