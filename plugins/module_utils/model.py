# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the collection as data: cluster, plan, observation, finding.

Every record is frozen, built by a pure function and written as JSON between two steps of a run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Calico's AS number where BGPConfiguration `default` names none (Calico: bgpconfig.go).
DEFAULT_ASN = 64512

PASS = "pass"
FAIL = "fail"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Node:
    """A Kubernetes node as Calico sees it; addresses without prefix length, "" where there is none."""

    name: str
    address: str
    prefix_length: int
    address6: str
    asn: int | None
    ready: bool
    windows: bool
    reflector_cluster_id: str


@dataclass(frozen=True)
class Pool:
    """An IPPool; `encapsulation` is none, ipip or vxlan, whatever its mode."""

    name: str
    cidr: str
    block_size: int
    encapsulation: str
    exported: bool


@dataclass(frozen=True)
class Block:
    """A block affinity that confd announces: state confirmed or empty (Calico: confd, BlockAffinity)."""

    cidr: str
    node: str


@dataclass(frozen=True)
class Peer:
    """A BGPPeer of the cluster; `address` without the port."""

    name: str
    address: str
    asn: int | None
    spec: Mapping[str, Any]
    resource_version: str


@dataclass(frozen=True)
class Cluster:
    """One reading of the Kubernetes API.

    `api_mode` is A (aggregated API server), B (projectcalico.org CRDs), C (only crd.projectcalico.org) or D
    (no Calico API at all). `configuration` is BGPConfiguration `default`: spec, annotations and
    resourceVersion; None where it does not exist. `filters` is name to resourceVersion, `filter_specs` name
    to spec of each BGPFilter.
    """

    api_mode: str
    calico_version: str
    datastore_ready: bool
    backend: str
    namespace: str
    rollout: str
    nodes: tuple[Node, ...]
    pools: tuple[Pool, ...]
    blocks: tuple[Block, ...]
    peers: tuple[Peer, ...]
    filters: Mapping[str, str]
    filter_kind: bool
    services: tuple[str, ...]
    configuration: Mapping[str, Any] | None
    filter_specs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def asn(self) -> int:
        """The cluster's AS in use."""
        return int((self.configuration or {}).get("spec", {}).get("asNumber") or DEFAULT_ASN)

    @property
    def mesh(self) -> bool:
        """Whether the node-to-node mesh is on (unset means on)."""
        return (self.configuration or {}).get("spec", {}).get("nodeToNodeMeshEnabled") is not False


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


@dataclass(frozen=True)
class BirdProtocol:
    """A BGP protocol of a node's BIRD.

    `hold` and `hold_left`, what is left of it, in seconds; `asn` is the AS it expects of the neighbour.
    """

    name: str
    state: str
    neighbor: str
    info: str
    hold: int
    capabilities: str
    hold_left: int | None = None
    asn: int | None = None


@dataclass(frozen=True)
class BirdRoute:
    """A path of a node's BIRD; `kind` is via, dev, blackhole, unreachable or prohibited.

    `kernel_error`: the kernel refused what BIRD wanted to write for this prefix (BIRD marks it with `!`).
    """

    prefix: str
    protocol: str
    kind: str
    gateway: str
    source: str
    primary: bool
    next_hop: str
    originator: str
    kernel_error: bool = False


@dataclass(frozen=True)
class NodeObservation:
    """What one node's BIRD said, or that it did not answer and why; `at` in seconds since the epoch."""

    node: str
    at: float
    answered: bool
    reason: str
    router_id: str
    reconfigured: str
    protocols: tuple[BirdProtocol, ...]
    routes: tuple[BirdRoute, ...]


@dataclass(frozen=True)
class RouterSession:
    """A row of the router's summary; `prefixes` and `uptime` (seconds) only where it is Established."""

    address: str
    asn: int
    state: str
    prefixes: int | None
    uptime: int | None


@dataclass(frozen=True)
class RouterTraffic:
    """What a row of the router's summary says about work in progress.

    `version` is how far the neighbour has been sent the table, queues are messages that wait, `received` and
    `sent` are messages since the session came up, `uptime` is in seconds.
    """

    address: str
    version: int
    input_queue: int
    output_queue: int
    received: int
    sent: int
    uptime: int | None


@dataclass(frozen=True)
class RouterReading:
    """One reading of the summary; `version` of the table, None where the router does not say."""

    at: float
    version: int | None
    rows: tuple[RouterTraffic, ...]


@dataclass(frozen=True)
class RouterPeer:
    """One neighbour in detail; None stands for what the router does not say.

    `client` is for IPv4 unicast, None where that family is not there. `hold` is the negotiated time in
    seconds, `graceful_restart` how the capability went (`advertised and received`), `configured_restart`
    whether the router is to offer it, `passive` the configured side, `local_port` that of the TCP connection,
    `dropped` how often a session ended, `last_reset` why, `last_reset_seconds` how long ago, `prefix_limit`
    and `prefixes` the most and the current number of prefixes.
    """

    address: str
    client: bool | None
    passive: bool | None
    local_port: int | None
    hold: int | None
    graceful_restart: str
    configured_restart: bool | None
    dropped: int | None
    last_reset: str
    last_reset_seconds: int | None
    prefix_limit: int | None
    prefixes: int | None


@dataclass(frozen=True)
class RouterPath:
    """A path of the router's table; `best` where it is the one that is reflected."""

    prefix: str
    next_hop: str
    best: bool


@dataclass(frozen=True)
class RouterDetails:
    """What only `validate` asks a router.

    `before` and `after` are two readings, some seconds apart. `cluster_id` is the one in use,
    `wanted_cluster_id` what the inventory asks for ("" where it does not); both dotted. `ranges` are listen
    ranges, `dynamic` how many neighbours they made and `dynamic_limit` how many they may. `peers` and `paths`
    are None, `cluster_id` is "", where the router did not say; `unread` has the commands, and why.
    """

    before: RouterReading
    after: RouterReading
    cluster_id: str
    wanted_cluster_id: str
    ranges: tuple[str, ...]
    dynamic: int
    dynamic_limit: int
    peers: tuple[RouterPeer, ...] | None
    paths: tuple[RouterPath, ...] | None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class RouterObservation:
    """What one reflector said, or that it did not answer and why; `at` in seconds since the epoch.

    `privilege` is 0 where the level is not known. `details` are there only where they were asked for.
    """

    host: str
    at: float
    answered: bool
    reason: str
    privilege: int
    revert_pending: bool
    saved: bool
    unsaved: tuple[str, ...]
    sessions: tuple[RouterSession, ...]
    details: RouterDetails | None = None


@dataclass(frozen=True)
class Push:
    """How the push to one reflector went: what was sent (secrets masked), withheld and refused.

    `outcome` is unchanged, applied, planned (check mode), refused (nothing was sent), reverted (sent, refused
    by the router, taken back), partial (refused, and no guard to take it back) or lost (no answer any more).
    `reasons` says why each line is sent. `pending` are the addresses of sessions that take up timers or
    capabilities only when they are next set up.
    """

    host: str
    outcome: str
    detail: str
    commands: tuple[str, ...]
    withheld: tuple[str, ...]
    adopted: tuple[str, ...]
    guarded: bool
    reasons: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """The answer of one check about one subject. A warning never blocks a gate."""

    check: str
    subject: str
    verdict: str
    expected: str
    actual: str
    advice: str
    severity: str = "error"

    @property
    def sentence(self) -> str:
        """Subject, what is wrong, what to do, in one sentence."""
        text = f"{self.subject}: expected {self.expected}, found {self.actual}"
        return f"{text}. {self.advice}" if self.advice else text


def to_data(record: Any) -> Any:
    """A record as plain data, ready for JSON."""
    return json.loads(json.dumps(dataclasses.asdict(record)))


def canonical(data: Any) -> bytes:
    """The one JSON text of `data`: sorted keys, no white space."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _many(kind: Any, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(kind(**row) for row in rows)


def cluster_from(data: Mapping[str, Any]) -> Cluster:
    """Cluster out of what to_data() made of one."""
    nested = {
        "nodes": _many(Node, data["nodes"]),
        "pools": _many(Pool, data["pools"]),
        "blocks": _many(Block, data["blocks"]),
        "peers": _many(Peer, data["peers"]),
        "services": tuple(data["services"]),
    }
    return Cluster(**{**data, **nested})


def plan_from(data: Mapping[str, Any]) -> Plan:
    """Plan out of what to_data() made of one."""
    nested = {
        "nodes": tuple(PlannedNode(n["name"], n["address"], tuple(n["blocks"])) for n in data["nodes"]),
        "reflectors": _many(Reflector, data["reflectors"]),
        "sessions": _many(Session, data["sessions"]),
        "prefixes": _many(Prefix, data["prefixes"]),
        "objects": tuple(data["objects"]),
        "surplus": tuple(data["surplus"]),
    }
    return Plan(**{**data, **nested})


def node_observation_from(data: Mapping[str, Any]) -> NodeObservation:
    """NodeObservation out of what to_data() made of one."""
    nested = {"protocols": _many(BirdProtocol, data["protocols"]), "routes": _many(BirdRoute, data["routes"])}
    return NodeObservation(**{**data, **nested})


def _reading(data: Mapping[str, Any]) -> RouterReading:
    return RouterReading(data["at"], data["version"], _many(RouterTraffic, data["rows"]))


def _details(data: Mapping[str, Any]) -> RouterDetails:
    nested = {
        "before": _reading(data["before"]),
        "after": _reading(data["after"]),
        "ranges": tuple(data["ranges"]),
        "peers": None if data["peers"] is None else _many(RouterPeer, data["peers"]),
        "paths": None if data["paths"] is None else _many(RouterPath, data["paths"]),
        "unread": tuple(data["unread"]),
    }
    return RouterDetails(**{**data, **nested})


def router_observation_from(data: Mapping[str, Any]) -> RouterObservation:
    """RouterObservation out of what to_data() made of one."""
    nested = {
        "sessions": _many(RouterSession, data["sessions"]),
        "unsaved": tuple(data["unsaved"]),
        "details": _details(data["details"]) if data.get("details") else None,
    }
    return RouterObservation(**{**data, **nested})


def push_from(data: Mapping[str, Any]) -> Push:
    """Push out of what to_data() made of one."""
    nested = {key: tuple(data[key]) for key in ("commands", "withheld", "adopted", "reasons", "pending")}
    return Push(**{**data, **nested})


def silent_node(node: str, at: float, reason: str) -> NodeObservation:
    """The observation that a node did not answer."""
    return NodeObservation(node, at, False, reason, "", "", (), ())


def silent_router(host: str, at: float, reason: str, privilege: int = 0) -> RouterObservation:
    """The observation that a reflector did not answer, or not enough at the user's privilege level."""
    return RouterObservation(host, at, False, reason, privilege, False, False, (), ())
