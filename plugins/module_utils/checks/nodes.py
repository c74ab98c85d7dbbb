# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the nodes: is every route there, from each reflector or from the mesh, now?

They need no formula: what a node has from the mesh (or, with the mesh off, what the plan knows of the others)
must also be there from each reflector.
"""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Iterable

from ..model.finding import FAIL, UNKNOWN, Finding
from ..model.observation import NodeObservation
from ..model.plan import Session
from .evidence import (
    ESTABLISHED,
    Evidence,
    answered,
    expected_hops,
    from_mesh,
    from_reflector,
    mesh_sessions,
    node_end,
    node_ends,
    node_subject,
    planned_blocks,
    reflectors_of,
    to_neighbor,
    towards,
)
from .findings import ERROR, WARNING, Findings, finding, first
from .rows import Found, Question, Row, Rows, Survey

_TOO_OLD = (
    "Run again. Where asking all nodes takes longer than that each time: by SSH more forks ask sooner, and"
    " the threshold fresh (calico_plan_thresholds) may be up to 300"
)
MEND = "Give it a host of that name in group calico_nodes with a working connection, and run again"
_AGAIN = (
    "Another node announces it again, out of its kernel, where Felix wrote it, and it outlives its owner."
    " A BGPFilter of the BGPPeer whose exportV4 rejects the interface of the host's network keeps it back"
)
#: LOCAL_PREF of a node's routes: 2147483647 less the metric, 1024, from Calico 3.32 on; before, BIRD's own.
LOCAL_PREF, OLD_LOCAL_PREF = 2147482623, 100
#: In place of a reflector's address.
MESH = "mesh"
KEEP = (
    "The BGPFilter and the router's outbound prefix-list would take it from all nodes: keep it with"
    " calico_plan_filter: false and cisco_rr_prefix_list: '', or take it off the router first"
)


def node_answers(evidence: Evidence) -> Findings:
    """`node.answers`: the node's BIRD answered within the last 60 seconds (the threshold `fresh`).

    Unknown, also where the node has no host in group `calico_nodes`.
    """
    for node, family in evidence.speakers:
        observation = evidence.nodes.get((node.name, family))
        why, age = answered(observation), evidence.now - (observation.at if observation else 0)
        advice = "See to BIRD's socket there, and to the way: SSH and sudo, or its kubelet and pod"
        if node.name in evidence.not_ready:
            advice = (
                "It is NotReady: bring it back, or name it in calico_bgp_accept_left_out, and it may be dark"
            )
        elif observation is None:
            advice = "Give it a host of that name in group calico_nodes with a working connection"
        elif not why and age > evidence.plan.thresholds.fresh:
            why, advice = f"last asked {int(age)} s ago", _TOO_OLD
        yield finding(
            "node.answers",
            node_subject(evidence, node.name, family),
            not why,
            "an answer of its BIRD",
            why,
            advice,
            otherwise=UNKNOWN,
        )


def nodes_left_out(evidence: Evidence) -> Findings:
    """`node.left_out`: no node has a session of the mesh Established with a node that is left out.

    Fail: it runs, and would lose its routes and be lost to the others with the mesh.
    """
    running = {
        name: [
            node.node
            for node in evidence.answered
            if any(
                p.mesh and p.state == ESTABLISHED for p in to_neighbor(node, addresses.get(node.family, ""))
            )
        ]
        for name, addresses in evidence.plan.left_out_addresses.items()
    }
    wrong = [f"{name} Established at {first(seen, ', ', 2)}" for name, seen in running.items() if seen]
    yield finding(
        "node.left_out",
        "the nodes that are left out",
        not wrong,
        "no session of the mesh with them",
        first(wrong, "; "),
        "Take each off calico_bgp_accept_left_out and run again, so that it becomes a client",
    )


def node_sessions(evidence: Evidence) -> Findings:
    """`node.session`: the node says Established for its session with the reflector.

    Fail.
    """
    for node, session in node_ends(evidence):
        found = towards(node, session.reflector_address)
        state = found[0].info or found[0].state if found else "no such BGP protocol"
        yield finding(
            "node.session",
            node_end(evidence, session),
            bool(found) and found[0].state == ESTABLISHED,
            f"Established with {session.reflector_address}",
            " ".join(state.split()),
            "Check TCP 179 between the two, the AS and the password.",
        )


def node_as(evidence: Evidence) -> Findings:
    """`node.as`: the node expects the planned AS of the reflector.

    Fail: another one, with which the session cannot come up, or is no iBGP.
    """
    for node, session in node_ends(evidence):
        for protocol in towards(node, session.reflector_address)[:1]:
            if protocol.asn is not None:
                yield finding(
                    "node.as",
                    node_end(evidence, session),
                    protocol.asn == evidence.plan.asn,
                    f"AS {evidence.plan.asn}",
                    f"AS {protocol.asn}",
                    f"Correct asNumber of the BGPPeer {session.peer}",
                )


def node_routes(evidence: Evidence) -> Findings:
    """`node.routes`: every route that the node has from the mesh or from any reflector, and every block that
    another node announces or is to announce, is there from this reflector: with the same next hop, reachable.
    What the node announces itself it needs from nobody.

    Fail, also where there is no route at all (unless the node is the only one, or the only one with blocks).
    """
    surveys = Surveys.of(evidence)
    for node in evidence.answered:
        rows, reflectors = Rows(node.routes), reflectors_of(evidence, node)
        blocks = planned_blocks(evidence, node)
        expected = surveys.expected(node.family, reflectors).of(rows, blocks)
        for session in evidence.plan.sessions_of(node.node, node.family):
            wrong = surveys.faults(node.family, reflectors, session.reflector_address).of(rows, blocks)
            have = surveys.there(session.reflector_address).of(rows)
            yield finding(
                "node.routes",
                node_end(evidence, session),
                not wrong and (bool(expected) or evidence.nothing_to_reach(node)),
                f"{len(expected)} routes, each with its own next hop" if expected else "at least one route",
                first(wrong, "; ") or f"{len(have)} routes",
                "See whether the owner announces it and the router reflects it.",
            )


class Surveys:
    """Questions about the routes that nodes are to have from reflectors, by address, and from the MESH.

    What nodes have in common is asked about once. They are the same for evidence of one plan, whichever nodes
    are in it: what a node does not announce of its own blocks is no question to that node.
    """

    @classmethod
    def of(cls, evidence: Evidence) -> Surveys:
        """Those that the evidence brings along, or new ones."""
        known = evidence.surveys
        return known if isinstance(known, cls) else cls(evidence)

    def __init__(self, evidence: Evidence) -> None:
        self._hops = functools.lru_cache(maxsize=None)(functools.partial(expected_hops, evidence))
        self._evidence = evidence
        self.expected = functools.lru_cache(maxsize=None)(self._expected)
        self.faults = functools.lru_cache(maxsize=None)(self._faults)
        self.there = functools.lru_cache(maxsize=None)(_there)

    def _expected(self, family: str, reflectors: tuple[str, ...]) -> Survey:
        hops = self._hops(family, reflectors)
        owners = self._evidence.owners(family)
        return Survey(lambda prefix, row: (prefix,) if hops(prefix, row) else (), owners)

    def _faults(self, family: str, reflectors: tuple[str, ...], address: str) -> Survey:
        hops = self._hops(family, reflectors)
        return Survey(
            lambda prefix, row: _route_fault(prefix, hops(prefix, row), _brought(row, address)),
            self._evidence.owners(family),
        )


def _there(address: str) -> Survey:
    return Survey(lambda prefix, row: (prefix,) if _brought(row, address) else ())


def _brought(row: Row, address: str) -> Row:
    return from_mesh(row) if address == MESH else from_reflector(row, address)


def _route_fault(prefix: str, hops: frozenset[str], paths: Row) -> tuple[str, ...]:
    if not hops:
        return ()
    if not paths:
        return (f"{prefix} is missing",)
    reachable = sorted(r.next_hop for r in paths if r.kind == "via")
    if not reachable:
        return (f"{prefix} is {min(r.kind for r in paths)}",)
    if hops.intersection(reachable):
        return ()
    return (f"{prefix} has next hop {reachable[0]} instead of {' or '.join(sorted(hops))}",)


def node_kernel(evidence: Evidence) -> Findings:
    """`node.kernel`: the node's kernel took what BIRD wrote for the planned prefixes. Those of pools whose
    routes Felix writes are named, as nothing is proved of them.

    Fail: BIRD marks such a route with `!`.

    Unknown, as a warning, where Felix writes the routes of every pool.
    """
    felix = first(evidence.felix, ", ")
    but = f" but those of {felix}, which Felix writes and nobody looked at" if felix else ""
    nothing = len(evidence.felix) == len(evidence.plan.prefixes) > 0
    survey = Survey(
        lambda prefix, row: (prefix,) if any(r.kernel_error for r in row) and evidence.inside(prefix) else ()
    )
    for node in evidence.answered:
        refused = survey.of(Rows(node.routes))
        subject = node_subject(evidence, node.node, node.family)
        if nothing and not refused:
            yield _felix_alone(subject, felix)
        else:
            yield finding(
                "node.kernel",
                subject,
                not refused,
                "every route in the kernel" + but,
                f"refused by the kernel: {first(refused, ', ')}",
                "Look for another program's route to the same prefix, and at BIRD's log",
            )


def _felix_alone(subject: str, prefixes: str) -> Finding:
    return finding(
        "node.kernel",
        subject,
        False,
        "routes in the kernel that BIRD wrote",
        f"Felix's alone ({prefixes})",
        "What is proved is BIRD's table; see the kernel's with ip route on the node",
        otherwise=UNKNOWN,
        severity=WARNING,
    )


def node_local_pref(evidence: Evidence) -> Findings:
    """`node.local_pref`: LOCAL_PREF of each planned route from the reflector is that of the mesh.

    Fail: a policy of the reflector rewrites it. From 3.32 on Calico takes the kernel's metric from it, so the
    kernel's route changes at the cut, and a greater value may beat the routes of the node's own pods.

    Warning: the mesh has 100, as up to Calico 3.31, whose nodes do not look at it; or the mesh is off, and
    the value is above that of a route of Calico's.
    """
    differing = functools.lru_cache(maxsize=None)(lambda address: Survey(_local_pref(evidence, address)))
    steering = functools.lru_cache(maxsize=None)(lambda address: Survey(_steering(address)))
    for node in evidence.answered:
        rows = Rows(node.routes)
        for session in evidence.plan.sessions_of(node.node, node.family):
            wrong = differing(session.reflector_address).of(rows)
            yield finding(
                "node.local_pref",
                node_end(evidence, session),
                not wrong,
                "LOCAL_PREF as in the mesh",
                first(wrong, "; "),
                "Take set local-preference out of the reflector's policy for these neighbours",
                severity=ERROR if wrong and steering(session.reflector_address).of(rows) else WARNING,
            )


def _local_pref(evidence: Evidence, address: str) -> Question:
    """Where LOCAL_PREF from a reflector is not that of the mesh or, without one, greater than Calico's."""

    def question(prefix: str, row: Row) -> list[str]:
        wanted, values = _local_prefs(row, address)
        if wanted:
            return [f"{prefix} has {v}, and {_either(wanted)} in the mesh" for v in values if v not in wanted]
        great = [f"{prefix} has {v}, more than {LOCAL_PREF}" for v in values if (v or 0) > LOCAL_PREF]
        return great if great and evidence.inside(prefix) else []

    return question


def _steering(address: str) -> Question:
    """Where it differs from the mesh's, and that has another one than up to Calico 3.31."""

    def question(prefix: str, row: Row) -> tuple[str, ...]:
        wanted, values = _local_prefs(row, address)
        return (prefix,) if wanted - {OLD_LOCAL_PREF} and set(values) - wanted else ()

    return question


def _local_prefs(row: Row, address: str) -> tuple[set[int | None], list[int | None]]:
    """LOCAL_PREF in the mesh, and of each path from a reflector, in their order."""
    theirs = [r.local_pref for r in from_reflector(row, address)]
    theirs.sort(key=lambda value: -1 if value is None else value)
    return {r.local_pref for r in from_mesh(row)}, theirs


def _either(values: Iterable[int | None]) -> str:
    return " or ".join(sorted(map(str, values)))


def node_originators(evidence: Evidence) -> Findings:
    """`node.originator`: each route from the reflector was originated by the node that is its next hop
    (ORIGINATOR_ID, RFC 4456).

    Fail: another node announces it, and such a route outlives its owner.
    """
    ids = {
        node.addresses[family]: evidence.nodes[node.name, family].router_id
        for node, family in evidence.speakers
        if (node.name, family) in evidence.own
    }

    @functools.cache
    def of_others(address: str) -> Survey:
        return Survey(
            lambda prefix, row: sorted(
                f"{prefix} from {r.originator or 'nobody'}"
                for r in from_reflector(row, address)
                if r.originator != ids.get(r.next_hop, r.next_hop) and evidence.inside(prefix)
            )
        )

    for node in evidence.answered:
        rows = Rows(node.routes)
        for session in evidence.plan.sessions_of(node.node, node.family):
            wrong = of_others(session.reflector_address).of(rows)
            yield finding(
                "node.originator",
                node_end(evidence, session),
                not wrong,
                "each route from the node that owns it",
                first(wrong, "; "),
                _AGAIN if evidence.felix else "Another node announces it: such a route outlives its owner",
            )


def _unplanned(evidence: Evidence) -> Callable[[NodeObservation, Session], Found]:
    """Prefixes that a node has from a reflector and that no planned one holds."""

    @functools.cache
    def outside(address: str) -> Survey:
        return Survey(
            lambda prefix, row: (
                (prefix,) if from_reflector(row, address) and not evidence.inside(prefix) else ()
            )
        )

    return lambda node, session: outside(session.reflector_address).of(Rows(node.routes))


def node_imports(evidence: Evidence) -> Findings:
    """`node.imports`: nothing comes from the reflector but what lies inside the planned prefixes.

    Fail; a warning where no BGPFilter is managed (`calico_plan_filter` is false).
    """
    name = evidence.plan.filter_name
    filters = f"the BGPFilter {name} and the router's" if name else "the router's"
    unplanned = _unplanned(evidence)
    for node, session in node_ends(evidence):
        foreign = unplanned(node, session)
        yield finding(
            "node.imports",
            node_end(evidence, session),
            not foreign,
            "routes inside the pools only",
            first(foreign, ", "),
            f"Check {filters} outbound prefix-list",
            severity=ERROR if name else WARNING,
        )


def adoption_routes(evidence: Evidence) -> Findings:
    """`adoption.routes`: where a BGPPeer to the reflector is there already and is to get the BGPFilter, the
    node has nothing from the reflector that the filter would take from it.

    Fail: such a route, a default route for example, would be gone on all nodes.

    Unknown: the node does not answer.
    """
    unplanned = _unplanned(evidence)
    for session in evidence.plan.sessions:
        observation = evidence.nodes.get((session.node, session.family))
        why = answered(observation)
        lost = unplanned(observation, session) if observation is not None and not why else ()
        yield finding(
            "adoption.routes",
            node_end(evidence, session),
            not why and not lost,
            "no route from the reflector but those inside the planned prefixes",
            why or first(lost, ", "),
            MEND if why else KEEP,
            otherwise=UNKNOWN if why else FAIL,
        )


def mesh_back(evidence: Evidence) -> Findings:
    """`node.mesh_routes`: every route that the node has from a reflector, and every block of the other nodes,
    is there from the mesh.

    Fail.
    """
    surveys = Surveys.of(evidence)
    for node in evidence.answered:
        rows, blocks = Rows(node.routes), planned_blocks(evidence, node)
        have = surveys.there(MESH).of(rows)
        wrong = surveys.faults(node.family, reflectors_of(evidence, node), MESH).of(rows, blocks)
        yield finding(
            "node.mesh_routes",
            node_subject(evidence, node.node, node.family),
            not wrong and (bool(have) or evidence.nothing_to_reach(node)),
            "every route from the mesh as well",
            first(wrong, "; ") or f"{len(have)} routes from the mesh",
            "Look at the node's BIRD and at TCP 179 between the nodes",
        )


def mesh_gone(evidence: Evidence) -> Findings:
    """`node.mesh_gone`: the node has no session of the mesh any more.

    Fail.
    """
    for node in evidence.answered:
        left = heapq.nsmallest(5, (p.name for p in mesh_sessions(node)))
        yield finding(
            "node.mesh_gone",
            node_subject(evidence, node.node, node.family),
            not left,
            "no session of the mesh",
            ", ".join(left),
            "Its BIRD did not take the new configuration; look at calico-node's log there",
        )


def mesh_gone_where_off(evidence: Evidence) -> Findings:
    """`node.mesh_gone`: where the mesh was off already when the plan was made, the node has no session of it.

    Fail.
    """
    if not evidence.plan.mesh:
        yield from mesh_gone(evidence)


def sessions_gone(evidence: Evidence) -> Findings:
    """`node.peers_gone`: the node has no session with a reflector any more.

    Fail.
    """
    for node in evidence.answered:
        sessions = evidence.plan.sessions_of(node.node, node.family)
        left = [p.name for session in sessions for p in towards(node, session.reflector_address)]
        yield finding(
            "node.peers_gone",
            node_subject(evidence, node.node, node.family),
            not left,
            "no session with a route reflector",
            ", ".join(left),
            "Its BIRD did not take the new configuration; look at calico-node's log there",
        )


CHECKS = (
    node_answers,
    nodes_left_out,
    node_sessions,
    node_routes,
    node_kernel,
    node_local_pref,
    node_originators,
    node_imports,
    mesh_back,
    mesh_gone,
    sessions_gone,
    node_as,
)
