# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""N-1: which pairs of nodes lose their routes when one session or one reflector goes?

Nodes with the same carriers are one class, and there are few classes: the work is linear in the sessions, and
no list of pairs is ever made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

from ..model.finding import Finding
from ..model.plan import PlannedNode
from . import gate
from .common import finding

Findings = Iterator[Finding]
#: What carries a node's routes: reflectors by host name, and the mesh.
Carriers = frozenset[str]

MESH = "the mesh"


def carriers(evidence: gate.Evidence) -> Mapping[str, Carriers]:
    """The carriers of each planned node: the mesh, and reflectors with which its session is Established.

    The node knows best; where it did not answer, the reflector says.
    """
    rows = {
        reflector.host: {row.address for row in observation.sessions if row.state == "Established"}
        for reflector, observation in gate.routers_that_answered(evidence)
    }
    return {node.name: frozenset(_of_node(evidence, node, rows)) for node in evidence.plan.nodes}


def _of_node(evidence: gate.Evidence, node: PlannedNode, rows: Mapping[str, set[str]]) -> Iterator[str]:
    seen = evidence.nodes.get(node.name)
    known = seen is not None and seen.answered
    if (
        known
        and seen is not None
        and any(gate.in_mesh(p) and p.state == "Established" for p in seen.protocols)
    ):
        yield MESH
    for reflector in evidence.plan.reflectors:
        if known and seen is not None:
            up = any(p.state == "Established" for p in gate.towards(seen, reflector.address))
        else:
            up = node.address in rows.get(reflector.host, ())
        if up:
            yield reflector.host


def neighbours(evidence: gate.Evidence) -> Callable[[str], Carriers]:
    """By reflector: itself, and the reflectors with which it has an Established session of its own."""
    hosts = {reflector.address: reflector.host for reflector in evidence.plan.reflectors}
    found: dict[str, set[str]] = defaultdict(set)
    for reflector, observation in gate.routers_that_answered(evidence):
        for row in observation.sessions:
            if row.state == "Established" and row.address in hosts:
                found[reflector.host].add(hosts[row.address])
                found[hosts[row.address]].add(reflector.host)
    return lambda carrier: frozenset((carrier, *found[carrier]))


def pairs_lost(classes: Mapping[Carriers, int], lost: str, reach: Callable[[str], Carriers]) -> int:
    """How many pairs of nodes have routes to each other now, and none without the carrier `lost`."""
    kinds = list(classes.items())
    total = 0
    for place, (one, count) in enumerate(kinds):
        for other, more in kinds[place:]:
            if _joined(one, other, reach) and not _joined(one - {lost}, other - {lost}, reach, lost):
                total += count * (count - 1) // 2 if one == other else count * more
    return total


def _joined(one: Carriers, other: Carriers, reach: Callable[[str], Carriers], gone: str = "") -> bool:
    """Whether a carrier of the one is, or is a neighbour of, a carrier of the other."""
    return any((reach(carrier) - {gone}) & other for carrier in one)


def partners_lost(
    own: Carriers, lost: str, classes: Mapping[Carriers, int], reach: Callable[[str], Carriers]
) -> int:
    """With how many other nodes a node with carriers `own` loses its routes when its session with `lost`
    goes.
    """
    rest = own - {lost}
    return sum(
        count - (kind == own)
        for kind, count in classes.items()
        if _joined(own, kind, reach) and not _joined(rest, kind, reach)
    )


def redundancy_reflectors(evidence: gate.Evidence) -> Findings:
    """`redundancy.reflector`: no pair of nodes loses its routes when the reflector goes.

    Warning: so many do. Where there is only one reflector and no mesh, these are all pairs, and each session
    is the only one of its node as well.
    """
    of_node, reach = carriers(evidence), neighbours(evidence)
    classes = Counter(of_node.values())
    alone = len(evidence.plan.reflectors) == 1
    for reflector in evidence.plan.reflectors:
        pairs = pairs_lost(classes, reflector.host, reach)
        yield finding(
            "redundancy.reflector",
            f"route reflector {reflector.host}",
            not pairs,
            "no pair of nodes that depends on it alone",
            f"the only reflector, and {_count(pairs)}" if alone else _count(pairs),
            "Until there is a second one, mesh_on is the way out"
            if alone
            else "Bring the sessions of these nodes with another reflector up",
            severity="warning",
        )


def _count(pairs: int) -> str:
    return f"pairs of nodes without routes to each other when it goes: {pairs}"


def redundancy_sessions(evidence: gate.Evidence) -> Findings:
    """`redundancy.session`: where there are several reflectors, no node loses routes when one session goes.

    Warning: with the sessions of these nodes, so many pairs each.
    """
    if len(evidence.plan.reflectors) < 2:
        return
    of_node, reach = carriers(evidence), neighbours(evidence)
    classes = Counter(of_node.values())
    for reflector in evidence.plan.reflectors:
        cost = {kind: partners_lost(kind, reflector.host, classes, reach) for kind in classes}
        weak = [
            f"{node} (pairs: {cost[kind]})"
            for node, kind in of_node.items()
            if reflector.host in kind and cost[kind]
        ]
        yield finding(
            "redundancy.session",
            f"route reflector {reflector.host}",
            not weak,
            "no session that a node depends on alone",
            f"the sessions of {gate.first(weak, ', ')}",
            "Bring their sessions with another reflector up",
            severity="warning",
        )


CHECKS = (redundancy_reflectors, redundancy_sessions)
