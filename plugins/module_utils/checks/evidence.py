# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What checks look at: plan and observations side by side, and the questions that many of them share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .. import plan as planning
from ..guard import Seen
from ..model.cluster import FELIX, Cluster, Steering
from ..model.family import FAMILIES
from ..model.observation import (
    BirdProtocol,
    NodeObservation,
    Push,
    RouterDetails,
    RouterObservation,
    RouterSession,
)
from ..model.plan import Plan, PlannedNode, Prefix, Reflector, Session
from ..model.shared import shared
from ..model.state import RunState
from .rows import Row

ESTABLISHED = "Established"
#: The next hops by which a prefix may be reached, none where it need not be; out of all paths to it.
Hops = Callable[[str, Row], frozenset[str]]
#: Observations of nodes by name and family.
Nodes = Mapping[tuple[str, str], NodeObservation]


@dataclass(frozen=True)
class Evidence:
    """All that a gate looks at.

    Attributes:
        nodes: by name and family.
        routers, pushes: by inventory name of the reflector.
        now: seconds since the epoch.
        before: what the nodes said before the cut.
        draining: inventory name of the reflector that is to be drained, or was, "" for none.
        planned_on, cluster: the cluster as the plan was made on it, and as it was read last; None where that
            does not matter.
        guards: what hosts said of a guard on them.
        earlier: the state of the run before this one that cut the mesh or proved both sides, where it is
            known.
        steering: what makes the sessions, as it was read last after the cut; None where it was not.
        surveys: questions about routes that other evidence of this plan has put (nodes.Surveys), or None.
    """

    plan: Plan
    nodes: Nodes
    routers: Mapping[str, RouterObservation]
    pushes: Mapping[str, Push]
    now: float
    cluster: Cluster | None = None
    before: Nodes = field(default_factory=dict)
    planned_on: Cluster | None = None
    draining: str = ""
    earlier: RunState | None = None
    guards: Sequence[Seen] = ()
    steering: Steering | None = None
    surveys: object = None

    @functools.cached_property
    def speakers(self) -> Sequence[tuple[PlannedNode, str]]:
        """Each planned node and each family of which it runs a BIRD."""
        return [(node, family) for node in self.plan.nodes for family in node.addresses]

    @functools.cached_property
    def own(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """What each node that answered announces itself, by its name and family."""
        return {key: own_prefixes(o) for key, o in self.nodes.items() if o.answered}

    @functools.cached_property
    def answered(self) -> Sequence[NodeObservation]:
        """What the planned nodes said, those that did not answer left out."""
        return [o for o in self.nodes.values() if o.answered and o.family in self._spoken(o.node)]

    def _spoken(self, name: str) -> Collection[str]:
        node = self.plan.node(name)
        return node.addresses if node else ()

    @functools.cached_property
    def inside(self) -> Callable[[str], bool]:
        """Whether a prefix lies inside the planned ones."""
        return _inside(self.plan.prefixes)

    @functools.cached_property
    def _alone(self) -> Mapping[str, Collection[str]]:
        """By family: who may well have no route, as it is the only node, or the only one with blocks."""
        found: dict[str, Collection[str]] = {}
        for family in self.plan.families:
            nodes = [node for node, spoken in self.speakers if spoken == family]
            owners = [node for node in nodes if blocks_of(node, family)]
            alone = next((each for each in (nodes, owners) if len(each) == 1), [])
            found[family] = [node.name for node in alone]
        return found

    def nothing_to_reach(self, node: NodeObservation) -> bool:
        """Whether a node may well have no route."""
        return node.node in self._alone.get(node.family, ())

    @functools.cached_property
    def not_ready(self) -> frozenset[str]:
        """The nodes that are NotReady by the last reading of the cluster."""
        return frozenset(n.name for n in (self.cluster.nodes if self.cluster else ()) if not n.ready)

    @functools.cached_property
    def felix(self) -> Sequence[str]:
        """The planned prefixes whose routes Felix writes into the kernel, not BIRD."""
        return [prefix.cidr for prefix in self.plan.prefixes if prefix.kernel == FELIX]

    @functools.cached_property
    def _owners(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """By family and block: the address of the node that announces it, or is to, as it did not answer."""
        found: dict[str, dict[str, frozenset[str]]] = {}
        for node, family in self.speakers:
            announced = self.own.get((node.name, family))
            for block in blocks_of(node, family):
                if self.inside(block) and (announced is None or block in announced):
                    found.setdefault(family, {})[block] = frozenset((node.addresses[family],))
        return found

    def owners(self, family: str) -> Mapping[str, frozenset[str]]:
        """The address of the node that announces each planned block of a family, by block."""
        return self._owners.get(family, {})

    @functools.cached_property
    def _by_address(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for node, family in self.speakers:
            found.setdefault(node.addresses[family], []).append((node.name, family))
        return found

    def withdrawn(self, prefix: str, owners: Collection[str]) -> bool:
        """Whether every node with one of these addresses answered and does not announce `prefix` any more."""
        keys = [key for address in owners for key in self._by_address.get(address, ())]
        return bool(keys) and all(prefix not in self.own.get(key, (prefix,)) for key in keys)

    @functools.cached_property
    def rows(self) -> Mapping[str, Mapping[tuple[str, str], RouterSession]]:
        """By reflector that answered: its sessions by family and address."""
        return {
            host: {(row.family, row.address): row for row in observation.sessions}
            for host, observation in self.routers.items()
            if observation.answered
        }

    def row(self, session: Session) -> RouterSession | None:
        """The session as the reflector has it; None where it has none, or did not answer."""
        return self.rows.get(session.reflector, {}).get((session.family, session.node_address))

    def established(self, session: Session) -> bool:
        """Whether the reflector says Established."""
        row = self.row(session)
        return row is not None and row.state == ESTABLISHED

    def joined(self, one: Reflector, other: Reflector) -> bool:
        """Whether a reflector says Established for a session with another one, which carries something.

        With one cluster-id for both each drops what the other reflects (RFC 4456, 8).
        """
        own = one.options.get("cluster_id")
        if own is not None and own == other.options.get("cluster_id"):
            return False
        rows = self.rows.get(one.host, {})
        return any(rows[key].state == ESTABLISHED for key in other.addresses.items() if key in rows)


def blocks_of(node: PlannedNode, family: str) -> list[str]:
    """The planned blocks of a node in one family."""
    return [block for block in node.blocks if FAMILIES[family].holds(block)]


def answered(observation: NodeObservation | RouterObservation | None) -> str:
    """Why there is nothing to go by, "" when there is."""
    if observation is None:
        return "not asked: there is no host of that name in the inventory, or --limit left it out"
    return "" if observation.answered else observation.reason


def node_ends(evidence: Evidence) -> Iterator[tuple[NodeObservation, Session]]:
    """Each planned session with what its node said, those whose node did not answer left out."""
    for node in evidence.answered:
        for session in evidence.plan.sessions_of(node.node, node.family):
            yield node, session


def routers_that_answered(evidence: Evidence) -> Iterator[tuple[Reflector, RouterObservation]]:
    """The planned reflectors and what they said, those that did not answer left out."""
    for reflector in evidence.plan.reflectors:
        observation = evidence.routers.get(reflector.host)
        if observation is not None and observation.answered:
            yield reflector, observation


def router_ends(evidence: Evidence) -> Iterator[tuple[Reflector, Session]]:
    """Each planned session whose reflector answered."""
    for reflector, _observation in routers_that_answered(evidence):
        for session in evidence.plan.sessions_with(reflector.host):
            yield reflector, session


def router_details(evidence: Evidence) -> Iterator[tuple[Reflector, RouterDetails]]:
    """The planned reflectors that answered, and what they said in detail, by family."""
    for reflector, observation in routers_that_answered(evidence):
        for details in observation.details:
            yield reflector, details


def node_subject(evidence: Evidence, node: str, family: str) -> str:
    """The subject of a finding about a node; the family where the plan has several."""
    return f"node {node}" + _beside(evidence, family)


def reflector_subject(host: str) -> str:
    """The subject of a finding about a reflector."""
    return f"route reflector {host}"


def table_subject(evidence: Evidence, host: str, family: str) -> str:
    """The subject of a finding about a reflector's routes; the family where the plan has several."""
    return reflector_subject(host) + _beside(evidence, family)


def _beside(evidence: Evidence, family: str) -> str:
    return f" ({FAMILIES[family].title})" if len(evidence.plan.families) > 1 else ""


def node_end(evidence: Evidence, session: Session) -> str:
    """The subject of a finding about the node's end of a session."""
    subject = node_subject(evidence, session.node, session.family)
    return f"{subject}, {reflector_subject(session.reflector)}"


def router_end(session: Session) -> str:
    """The subject of a finding about the reflector's end of a session."""
    return f"{reflector_subject(session.reflector)}, node {session.node} ({session.node_address})"


def session_text(row: RouterSession | None) -> str:
    """A row of the summary in words."""
    if row is None:
        return "no such neighbour"
    return f"{row.state} for {row.uptime} s" if row.uptime is not None else row.state


@functools.lru_cache(maxsize=16)
def _inside(prefixes: tuple[Prefix, ...]) -> Callable[[str], bool]:
    """Remembered, as all nodes have the same routes."""
    networks = [planning.network(p.cidr) for p in prefixes]
    return functools.lru_cache(maxsize=1 << 17)(lambda prefix: planning.inside(prefix, networks))


def towards(observation: NodeObservation, neighbor: str) -> list[BirdProtocol]:
    """The node's BGP protocols for this neighbour, the mesh's left out, Established ones first."""
    found = [p for p in to_neighbor(observation, neighbor) if not p.mesh]
    return sorted(found, key=lambda p: (p.state != ESTABLISHED, p.name))


def to_neighbor(observation: NodeObservation, neighbor: str) -> list[BirdProtocol]:
    """The node's BGP protocols for this neighbour."""
    protocols = shared(observation.protocols)
    there = protocols.common.by("neighbor").get(neighbor, ())
    own = [p for p in protocols.more if p.neighbor == neighbor]
    return [*(p for p in there if p not in protocols.gone), *own]


def mesh_sessions(observation: NodeObservation, state: str = "") -> Iterator[BirdProtocol]:
    """The node's sessions of the mesh, of one state where it is given."""
    protocols = shared(observation.protocols)
    field, value = ("state", state) if state else ("mesh", True)
    yield from (p for p in protocols.common.by(field).get(value, ()) if p.mesh and p not in protocols.gone)
    yield from (p for p in protocols.more if p.mesh and state in ("", p.state))


def announced(row: Row) -> bool:
    """Whether the node announces the prefix itself: blocks and service addresses (blackhole), pods (dev)."""
    return any(r.neighbor is None and r.kind != "via" for r in row)


def from_reflector(row: Row, address: str) -> Row:
    """The paths that the BGP neighbour with this address brought, the mesh left out."""
    return [r for r in row if r.neighbor == address and not r.mesh]


def from_mesh(row: Row) -> Row:
    """The paths from the mesh, each from the node that originated it.

    Where Felix writes routes into the kernel, BIRD announces them again, each with its owner as next hop.
    Such a path says nothing of the owner: it is there without a session with it.
    """
    return [r for r in row if r.next_hop == r.neighbor and r.mesh]


def own_prefixes(observation: NodeObservation) -> frozenset[str]:
    """What the node announces itself."""
    routes = shared(observation.routes)
    there = (r for r in routes.common.by("neighbor").get(None, ()) if r not in routes.gone)
    return frozenset(r.prefix for r in (*there, *routes.more) if announced((r,)))


def reflectors_of(evidence: Evidence, node: NodeObservation) -> tuple[str, ...]:
    """The addresses of a node's reflectors."""
    return tuple(s.reflector_address for s in evidence.plan.sessions_of(node.node, node.family))


def planned_blocks(evidence: Evidence, node: NodeObservation) -> Sequence[str]:
    """The planned blocks of a node, which it need not have from anybody."""
    planned = evidence.plan.node(node.node)
    return planned.blocks if planned else ()


def expected_hops(evidence: Evidence, family: str, reflectors: Collection[str]) -> Hops:
    """Which prefixes a node with these reflectors must have from each, with the next hops that are right.

    Everything it has from the mesh now; the blocks of the other planned nodes, as a block that reaches it in
    no way at all would otherwise go unnoticed; and what any reflector gives it. The mesh knows best who the
    owner is, then the plan, then the reflectors. Several nodes may announce the same service addresses. What
    the node announces itself it gets from nobody, and its planned blocks are no business of this function.
    """
    owners, inside = evidence.owners(family), evidence.inside

    def hops(prefix: str, row: Row) -> frozenset[str]:
        if announced(row):
            return frozenset()
        mesh = from_mesh(row)
        if mesh:
            return frozenset(r.next_hop for r in mesh)
        if prefix in owners:
            return owners[prefix]
        if not inside(prefix):
            return frozenset()
        return frozenset(r.next_hop for r in row if r.neighbor in reflectors and not r.mesh)

    return hops
