# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that gate a step: is every route there, from both sides, now?

The questions to the nodes need no formula: what a node has from the mesh (or, with the mesh off, what the
plan knows of the others) must also be there from each reflector. docs/checks.md lists the checks.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import plan
from ..model.cluster import Cluster
from ..model.finding import FAIL, UNKNOWN, Finding
from ..model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
    Push,
    RouterObservation,
    RouterSession,
)
from ..model.plan import Plan, Reflector
from .common import ERROR, WARNING, finding

Findings = Iterator[Finding]
#: Every path to a prefix, by prefix; more than one where several nodes announce it.
Paths = Mapping[str, Sequence[BirdRoute]]

#: A session counts after the hold time, or after a minute where the hold time is longer.
LONGEST_PROOF = 60
#: Seconds after which an observation says nothing about now.
FRESH = 60

MEND = "Give it a host of that name in group calico_nodes with a working connection, and run again"
KEEP = (
    "The BGPFilter and the router's outbound prefix-list would take it from all nodes: keep it with"
    " calico_plan_filter: false and cisco_rr_prefix_list: '', or take it off the router first"
)
_MESH = re.compile(r"^Mesh_")


@dataclass(frozen=True)
class Evidence:
    """All that a gate looks at; `now` in seconds since the epoch, `cluster` None where it does not matter."""

    plan: Plan
    nodes: Mapping[str, NodeObservation]
    routers: Mapping[str, RouterObservation]
    pushes: Mapping[str, Push]
    now: float
    cluster: Cluster | None = None

    @functools.cached_property
    def own(self) -> Mapping[str, frozenset[str]]:
        """What each node that answered announces itself, by its name."""
        return {name: _own_prefixes(o) for name, o in self.nodes.items() if o.answered}

    @functools.cached_property
    def inside(self) -> Callable[[str], bool]:
        """Whether a prefix lies inside the planned ones; remembered, as all nodes have the same routes."""
        networks = [plan.network(p.cidr) for p in self.plan.prefixes]
        return functools.lru_cache(maxsize=None)(lambda prefix: plan.inside(prefix, networks))

    @functools.cached_property
    def owners(self) -> Mapping[str, frozenset[str]]:
        """The address of the node that announces each planned block, or is to, as it did not answer."""
        return {
            block: frozenset((node.address,))
            for node in self.plan.nodes
            for block in node.blocks
            if self.inside(block) and block in self.own.get(node.name, (block,))
        }


def answered(observation: NodeObservation | RouterObservation | None) -> str:
    """Why there is nothing to go by, "" when there is."""
    if observation is None:
        return "not asked: there is no host of that name in the inventory, or --limit left it out"
    return "" if observation.answered else observation.reason


def in_mesh(protocol: BirdProtocol) -> bool:
    """Whether a BGP protocol of a node is one of the mesh's (Calico: confd, Mesh_)."""
    return bool(_MESH.match(protocol.name))


def towards(observation: NodeObservation, neighbor: str) -> list[BirdProtocol]:
    """The node's BGP protocols for this neighbour, the mesh's left out, Established ones first."""
    found = [p for p in observation.protocols if p.neighbor == neighbor and not in_mesh(p)]
    return sorted(found, key=lambda p: p.state != "Established")


def routes_from(observation: NodeObservation, neighbor: str) -> Paths:
    """The node's paths that it has from the BGP neighbour with this address, by prefix."""
    names = {p.name for p in towards(observation, neighbor)}
    return _by_prefix(r for r in observation.routes if r.protocol in names)


def mesh_routes(observation: NodeObservation) -> Paths:
    """The node's paths from the mesh, by prefix."""
    return _by_prefix(r for r in observation.routes if _MESH.match(r.protocol))


def _by_prefix(routes: Iterable[BirdRoute]) -> Paths:
    paths: dict[str, list[BirdRoute]] = {}
    for route in routes:
        paths.setdefault(route.prefix, []).append(route)
    return paths


def _own_prefixes(observation: NodeObservation) -> frozenset[str]:
    """What the node announces itself: its blocks and service addresses (blackhole), its pods (dev)."""
    bgp = {p.name for p in observation.protocols}
    return frozenset(r.prefix for r in observation.routes if r.protocol not in bgp and r.kind != "via")


def withdrawn(evidence: Evidence, prefix: str, owners: Collection[str]) -> bool:
    """Whether every node with one of these addresses answered and does not announce `prefix` any more."""
    names = [n.name for n in evidence.plan.nodes if n.address in owners]
    return bool(names) and all(prefix not in evidence.own.get(name, (prefix,)) for name in names)


def expected_prefixes(evidence: Evidence, observation: NodeObservation) -> dict[str, frozenset[str]]:
    """Prefixes that the node must have from each reflector, with the next hops that are right.

    Everything it has from the mesh now; the blocks of the other planned nodes, as a block that reaches it in
    no way at all would otherwise go unnoticed; and what any reflector gives it. The mesh knows best who the
    owner is, then the plan, then the reflectors. Several nodes may announce the same service addresses. What
    the node announces itself it gets from nobody.
    """
    found: dict[str, frozenset[str]] = {}
    for reflector in evidence.plan.reflectors:
        for prefix, paths in routes_from(observation, reflector.address).items():
            if evidence.inside(prefix):
                found[prefix] = found.get(prefix, frozenset()).union(r.next_hop for r in paths)
    found.update(evidence.owners)
    for prefix, paths in mesh_routes(observation).items():
        found[prefix] = frozenset(r.next_hop for r in paths)
    own = {b for n in evidence.plan.nodes if n.name == observation.node for b in n.blocks}
    own |= _own_prefixes(observation)
    return {prefix: hops for prefix, hops in found.items() if prefix not in own}


def planned(evidence: Evidence) -> Findings:
    """`plan.nodes`: the plan has a node.

    Fail: there is nothing to prove.

    `plan.reflectors`: the plan has a route reflector.

    Fail: there is nothing to prove.
    """
    subject = f"cluster {evidence.plan.cluster}"
    advice = "Check the inventory and the nodes, and run again"
    yield finding("plan.nodes", subject, bool(evidence.plan.nodes), "a planned node", "none", advice)
    yield finding(
        "plan.reflectors",
        subject,
        bool(evidence.plan.reflectors),
        "a planned route reflector",
        "none",
        advice,
    )


def node_answers(evidence: Evidence) -> Findings:
    """`node.answers`: the node's BIRD answered within the last 60 seconds.

    Unknown, also where the node has no host in group `calico_nodes`.
    """
    for node in evidence.plan.nodes:
        observation = evidence.nodes.get(node.name)
        why, advice = answered(observation), "Check its SSH, sudo, and BIRD's socket"
        if observation is None:
            advice = "Give it a host of that name in group calico_nodes with a working connection"
        elif not why and evidence.now - observation.at > FRESH:
            why, advice = (
                f"last asked {int(evidence.now - observation.at)} s ago",
                "Run again, with more forks",
            )
        yield finding(
            "node.answers",
            f"node {node.name}",
            not why,
            "an answer of its BIRD",
            why,
            advice,
            otherwise=UNKNOWN,
        )


def nodes_that_answered(evidence: Evidence) -> Iterator[NodeObservation]:
    """What the planned nodes said, those that did not answer left out."""
    for node in evidence.plan.nodes:
        observation = evidence.nodes.get(node.name)
        if observation is not None and observation.answered:
            yield observation


def node_sessions(evidence: Evidence) -> Findings:
    """`node.session`: the node says Established for its session with the reflector.

    Fail.
    """
    for node in nodes_that_answered(evidence):
        for reflector in evidence.plan.reflectors:
            found = towards(node, reflector.address)
            state = found[0].info or found[0].state if found else "no such BGP protocol"
            yield finding(
                "node.session",
                f"node {node.node}, route reflector {reflector.host}",
                bool(found) and found[0].state == "Established",
                f"Established with {reflector.address}",
                " ".join(state.split()),
                "Check TCP 179 between the two, the AS and the password.",
            )


def node_routes(evidence: Evidence) -> Findings:
    """`node.routes`: every route that the node has from the mesh or from any reflector, and every block that
    another node announces or is to announce, is there from this reflector: with the same next hop, reachable.
    What the node announces itself it needs from nobody.

    Fail, also where there is no route at all (unless the node is the only one, or the only one with blocks).
    """
    for node in nodes_that_answered(evidence):
        expected = expected_prefixes(evidence, node)
        for reflector in evidence.plan.reflectors:
            have = routes_from(node, reflector.address)
            wrong = _route_faults(expected, have)
            yield finding(
                "node.routes",
                f"node {node.node}, route reflector {reflector.host}",
                not wrong and (bool(expected) or _nothing_to_reach(evidence.plan, node.node)),
                f"{len(expected)} routes, each with its own next hop" if expected else "at least one route",
                first(wrong, "; ") or f"{len(have)} routes",
                "See whether the owner announces it and the router reflects it.",
            )


def _nothing_to_reach(wanted: Plan, name: str) -> bool:
    """Whether a node may well have no route: it is alone, or the only one with blocks."""
    others = [n for n in wanted.nodes if n.name != name]
    return not others or (any(n.blocks for n in wanted.nodes) and not any(n.blocks for n in others))


def first(texts: Sequence[str], between: str, limit: int = 5) -> str:
    """The first texts, and how many more there are."""
    more = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return between.join(texts[:limit]) + more


def _route_faults(expected: Mapping[str, frozenset[str]], have: Paths) -> list[str]:
    faults = (_route_fault(prefix, hops, have.get(prefix, ())) for prefix, hops in sorted(expected.items()))
    return [fault for fault in faults if fault]


def _route_fault(prefix: str, hops: frozenset[str], paths: Sequence[BirdRoute]) -> str:
    if not paths:
        return f"{prefix} is missing"
    reachable = [r.next_hop for r in paths if r.kind == "via"]
    if not reachable:
        return f"{prefix} is {paths[0].kind}"
    if hops.intersection(reachable):
        return ""
    return f"{prefix} has next hop {reachable[0]} instead of {' or '.join(sorted(hops))}"


def node_kernel(evidence: Evidence) -> Findings:
    """`node.kernel`: the node's kernel took what BIRD wrote for the planned prefixes.

    Fail: BIRD marks such a route with `!`.
    """
    for node in nodes_that_answered(evidence):
        refused = {r.prefix for r in node.routes if r.kernel_error and evidence.inside(r.prefix)}
        yield finding(
            "node.kernel",
            f"node {node.node}",
            not refused,
            "every route in the kernel",
            f"refused by the kernel: {first(sorted(refused), ', ')}",
            "Look for another program's route to the same prefix, and at BIRD's log",
        )


def node_originators(evidence: Evidence) -> Findings:
    """`node.originator`: each route from the reflector was originated by the node that is its next hop
    (ORIGINATOR_ID, RFC 4456).

    Fail: another node announces it, and such a route outlives its owner.
    """
    ids = {
        n.address: evidence.nodes[n.name].router_id
        for n in evidence.plan.nodes
        if n.name in evidence.nodes and evidence.nodes[n.name].answered
    }
    for node in nodes_that_answered(evidence):
        for reflector in evidence.plan.reflectors:
            wrong = [
                f"{r.prefix} from {r.originator or 'nobody'}"
                for prefix, paths in routes_from(node, reflector.address).items()
                if evidence.inside(prefix)
                for r in paths
                if r.originator != ids.get(r.next_hop, r.next_hop)
            ]
            yield finding(
                "node.originator",
                f"node {node.node}, route reflector {reflector.host}",
                not wrong,
                "each route from the node that owns it",
                first(wrong, "; "),
                "Another node announces it: such a route outlives its owner",
            )


def _unplanned(evidence: Evidence, node: NodeObservation, reflector: Reflector) -> list[str]:
    """Prefixes that the node has from the reflector and that no planned one holds."""
    return sorted(p for p in routes_from(node, reflector.address) if not evidence.inside(p))


def node_imports(evidence: Evidence) -> Findings:
    """`node.imports`: nothing comes from the reflector but what lies inside the planned prefixes.

    Fail; a warning where no BGPFilter is managed (`calico_plan_filter` is false).
    """
    for node in nodes_that_answered(evidence):
        for reflector in evidence.plan.reflectors:
            foreign = _unplanned(evidence, node, reflector)
            yield finding(
                "node.imports",
                f"node {node.node}, route reflector {reflector.host}",
                not foreign,
                "routes inside the pools only",
                first(foreign, ", "),
                f"Check the BGPFilter {evidence.plan.peer_name} and the router's outbound prefix-list",
                severity=ERROR if evidence.plan.managed_filter else WARNING,
            )


def adoption_routes(evidence: Evidence) -> Findings:
    """`adoption.routes`: where a BGPPeer to the reflector is there already and is to get the BGPFilter, the
    node has nothing from the reflector that the filter would take from it.

    Fail: such a route, a default route for example, would be gone on all nodes.

    Unknown: the node does not answer.
    """
    for node in evidence.plan.nodes:
        observation = evidence.nodes.get(node.name)
        why = answered(observation)
        for reflector in evidence.plan.reflectors:
            lost = _unplanned(evidence, observation, reflector) if observation is not None and not why else []
            yield finding(
                "adoption.routes",
                f"node {node.name}, route reflector {reflector.host}",
                not why and not lost,
                "no route from the reflector but those inside the planned prefixes",
                why or first(lost, ", "),
                MEND if why else KEEP,
                otherwise=UNKNOWN if why else FAIL,
            )


def router_answers(evidence: Evidence) -> Findings:
    """`router.answers`: the reflector answered within the last 60 seconds, at privilege level 15.

    Unknown.
    """
    for reflector in evidence.plan.reflectors:
        observation = evidence.routers.get(reflector.host)
        why = answered(observation)
        if not why and observation is not None and evidence.now - observation.at > FRESH:
            why = f"last asked {int(evidence.now - observation.at)} s ago"
        advice = "Check the router's address, credentials and SSH"
        yield finding(
            "router.answers",
            f"route reflector {reflector.host}",
            not why,
            "an answer",
            why,
            advice,
            otherwise=UNKNOWN,
        )


def routers_that_answered(evidence: Evidence) -> Iterator[tuple[Reflector, RouterObservation]]:
    """The planned reflectors and what they said, those that did not answer left out."""
    for reflector in evidence.plan.reflectors:
        observation = evidence.routers.get(reflector.host)
        if observation is not None and observation.answered:
            yield reflector, observation


def router_sessions(evidence: Evidence) -> Findings:
    """`router.session`: the reflector has the node Established for the hold time, or for 60 seconds where the
    hold time is longer.

    Fail.
    """
    for reflector, observation in routers_that_answered(evidence):
        rows = {s.address: s for s in observation.sessions}
        needed = min(reflector.hold, LONGEST_PROOF)
        for node in evidence.plan.nodes:
            row = rows.get(node.address)
            yield finding(
                "router.session",
                f"route reflector {reflector.host}, node {node.name} ({node.address})",
                row is not None and row.state == "Established" and (row.uptime or 0) >= needed,
                f"Established for {needed} s",
                session_text(row),
                "Check TCP 179 between the two, the AS and the password.",
            )


def session_text(row: RouterSession | None) -> str:
    """A row of the summary in words."""
    if row is None:
        return "no such neighbour"
    return f"{row.state} for {row.uptime} s" if row.uptime is not None else row.state


def router_prefixes(evidence: Evidence) -> Findings:
    """`router.prefixes`: the reflector took at least as many prefixes from the node as the node has blocks of
    more than one address.

    Fail.

    A block of one address does not count: it is announced only while a pod has it (confd: calico_aggr).
    """
    for reflector, observation in routers_that_answered(evidence):
        rows = {s.address: s for s in observation.sessions}
        for node in evidence.plan.nodes:
            row = rows.get(node.address)
            needed = sum(not block.endswith("/32") for block in node.blocks)
            if row is not None and row.state == "Established":
                yield finding(
                    "router.prefixes",
                    f"route reflector {reflector.host}, node {node.name} ({node.address})",
                    (row.prefixes or 0) >= needed,
                    f"{needed} prefixes or more",
                    f"{row.prefixes or 0}",
                    "See what the node announces and what the router's inbound prefix-list lets through",
                )


def router_settled(evidence: Evidence) -> Findings:
    """`router.settled`: no timed rollback is pending, which would restore the whole router later.

    Fail.
    """
    for reflector, observation in routers_that_answered(evidence):
        yield finding(
            "router.settled",
            f"route reflector {reflector.host}",
            not observation.revert_pending,
            "no rollback timer pending",
            "one pending",
            "Confirm it (configure confirm) or wait until it has run",
        )


def router_saved(evidence: Evidence) -> Findings:
    """`router.saved`: the BGP part of the startup configuration means the same as the running one.

    Fail: a reload would lose the clients.
    """
    for reflector, observation in routers_that_answered(evidence):
        yield finding(
            "router.saved",
            f"route reflector {reflector.host}",
            observation.saved,
            "the running configuration saved",
            "; ".join(observation.unsaved[:5]) or "not saved",
            "Save it (write memory), or leave cisco_rr_save on",
        )


def pushes(evidence: Evidence) -> Findings:
    """`router.push`: what the plan wants was applied and read back whole, or was there already.

    Fail; a warning where the lines are in place and something is left to do: a soft clear, or saving.
    """
    for reflector in evidence.plan.reflectors:
        push = evidence.pushes.get(reflector.host)
        in_place = push is not None and push.outcome in ("unchanged", "applied", "planned")
        yield finding(
            "router.push",
            f"route reflector {reflector.host}",
            push is not None and in_place and not push.detail,
            "the planned configuration on the router",
            f"{push.outcome}: {push.detail}" if push is not None else "no push recorded",
            "Do by hand what is left" if in_place else "See what the router said, mend it and run again",
            severity=WARNING if in_place and push is not None and push.detail else ERROR,
        )


NODES = (node_answers, node_sessions, node_routes, node_kernel, node_originators, node_imports)
ROUTERS = (router_answers, router_sessions, router_prefixes, router_settled, router_saved)


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    """Every finding of the gate in front of the cut."""
    return tuple(f for check in (planned, *NODES, *ROUTERS) for f in check(evidence))


def mesh_back(evidence: Evidence) -> Findings:
    """`node.mesh_routes`: every route that the node has from a reflector, and every block of the other nodes,
    is there from the mesh.

    Fail.
    """
    for node in nodes_that_answered(evidence):
        have = mesh_routes(node)
        wrong = _route_faults(expected_prefixes(evidence, node), have)
        yield finding(
            "node.mesh_routes",
            f"node {node.node}",
            not wrong and (bool(have) or _nothing_to_reach(evidence.plan, node.node)),
            "every route from the mesh as well",
            first(wrong, "; ") or f"{len(have)} routes from the mesh",
            "Look at the node's BIRD and at TCP 179 between the nodes",
        )


def mesh_gone(evidence: Evidence) -> Findings:
    """`node.mesh_gone`: the node has no session of the mesh any more.

    Fail.
    """
    for node in nodes_that_answered(evidence):
        left = [p.name for p in node.protocols if in_mesh(p)]
        yield finding(
            "node.mesh_gone",
            f"node {node.node}",
            not left,
            "no session of the mesh",
            ", ".join(left[:5]),
            "Its BIRD did not take the new configuration; look at calico-node's log there",
        )


def sessions_gone(evidence: Evidence) -> Findings:
    """`node.peers_gone`: the node has no session with a reflector any more.

    Fail.
    """
    for node in nodes_that_answered(evidence):
        left = [p.name for r in evidence.plan.reflectors for p in towards(node, r.address)]
        yield finding(
            "node.peers_gone",
            f"node {node.node}",
            not left,
            "no session with a route reflector",
            ", ".join(left),
            "Its BIRD did not take the new configuration; look at calico-node's log there",
        )


def judge_adoption(evidence: Evidence) -> tuple[Finding, ...]:
    """Would adopting take a route from a node?"""
    return tuple(adoption_routes(evidence))


def judge_mesh(evidence: Evidence) -> tuple[Finding, ...]:
    """Is the mesh whole? What a rollback asks before it takes the peers away, and a return at its end."""
    return tuple(f for check in (node_answers, mesh_back) for f in check(evidence))


def judge_after_cut(evidence: Evidence) -> tuple[Finding, ...]:
    """The gate's questions again, and that the mesh is gone."""
    return (*judge(evidence), *mesh_gone(evidence))


def judge_after_rollback(evidence: Evidence) -> tuple[Finding, ...]:
    """The mesh carries everything and the peers are gone."""
    return tuple(f for check in (node_answers, mesh_back, sessions_gone, pushes) for f in check(evidence))
