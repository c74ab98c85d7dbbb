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

from .evidence import ESTABLISHED, Evidence, mesh_sessions, table_subject, towards
from .findings import WARNING, Findings, finding, first

#: What carries a node's routes: reflectors by host name, and the mesh.
Carriers = frozenset[str]

MESH = "the mesh"


def carriers(evidence: Evidence, family: str) -> Mapping[str, Carriers]:
    """The carriers of each planned node: the mesh, and reflectors with which its session is Established.

    The node knows best; where it did not answer, the reflector says.
    """
    names = [node.name for node, spoken in evidence.speakers if spoken == family]
    return {name: frozenset(_of_node(evidence, name, family)) for name in names}


def _of_node(evidence: Evidence, name: str, family: str) -> Iterator[str]:
    seen = evidence.nodes.get((name, family))
    known = seen if seen is not None and seen.answered else None
    if known and any(mesh_sessions(known, ESTABLISHED)):
        yield MESH
    for session in evidence.plan.sessions_of(name, family):
        up = (
            any(p.state == ESTABLISHED for p in towards(known, session.reflector_address))
            if known
            else evidence.established(session)
        )
        if up:
            yield session.reflector


def neighbours(evidence: Evidence) -> Callable[[str], Carriers]:
    """By reflector: itself, and the reflectors with which it has an Established session of its own."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in evidence.plan.reflectors:
        for other in evidence.plan.reflectors:
            if evidence.joined(one, other):
                found[one.host].add(other.host)
                found[other.host].add(one.host)
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


def redundancy_reflectors(evidence: Evidence) -> Findings:
    """`redundancy.reflector`: no pair of nodes loses its routes when the reflector goes.

    Warning: so many do. Where there is only one reflector and no mesh, these are all pairs, and each session
    is the only one of its node as well.
    """
    reach, alone = neighbours(evidence), len(evidence.plan.reflectors) == 1
    for family in evidence.plan.families:
        classes = Counter(carriers(evidence, family).values())
        for reflector in evidence.plan.reflectors:
            pairs = pairs_lost(classes, reflector.host, reach)
            yield finding(
                "redundancy.reflector",
                table_subject(evidence, reflector.host, family),
                not pairs,
                "no pair of nodes that depends on it alone",
                f"the only reflector, and {_count(pairs)}" if alone else _count(pairs),
                "Until there is a second one, mesh_on is the way out"
                if alone
                else "Bring the sessions of these nodes with another reflector up",
                severity=WARNING,
            )


def _count(pairs: int) -> str:
    return f"pairs of nodes without routes to each other when it goes: {pairs}"


def redundancy_sessions(evidence: Evidence) -> Findings:
    """`redundancy.session`: where there are several reflectors, no node loses routes when one session goes.

    Warning: with the sessions of these nodes, so many pairs each.
    """
    if len(evidence.plan.reflectors) < 2:
        return
    reach = neighbours(evidence)
    for family in evidence.plan.families:
        of_node = carriers(evidence, family)
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
                table_subject(evidence, reflector.host, family),
                not weak,
                "no session that a node depends on alone",
                f"the sessions of {first(weak, ', ')}",
                "Bring their sessions with another reflector up",
                severity=WARNING,
            )


def redundancy_split(evidence: Evidence) -> Findings:
    """`redundancy.split`: where there are several reflectors, two nodes still reach each other when one loses
    its session with the one reflector, and the other that with another one.

    Warning: so many pairs of nodes do not; a session between the two reflectors carries their routes.
    """
    reflectors, reach = evidence.plan.reflectors, neighbours(evidence)
    for family in evidence.plan.families if len(reflectors) > 1 else ():
        classes = Counter(carriers(evidence, family).values())
        for place, one in enumerate(reflectors):
            for other in reflectors[place + 1 :]:
                pairs = pairs_split(classes, one.host, other.host, reach)
                yield finding(
                    "redundancy.split",
                    ", ".join(table_subject(evidence, r.host, family) for r in (one, other)),
                    not pairs,
                    "no pair of nodes that needs both",
                    f"pairs of nodes without routes to each other when one loses the one, and the other the "
                    f"other: {pairs}",
                    "Let the two have a session of their own (cisco_rr_interconnect)",
                    severity=WARNING,
                )


def pairs_split(
    classes: Mapping[Carriers, int], one: str, other: str, reach: Callable[[str], Carriers]
) -> int:
    """How many pairs of nodes have routes to each other, and none where one of them loses its session with
    the reflector `one`, and the other that with `other`.
    """
    kinds = list(classes.items())
    total = 0
    for place, (first_kind, count) in enumerate(kinds):
        for second, more in kinds[place:]:
            ends = (first_kind, second)
            split = any(
                not _joined(a - {one}, b - {other}, reach)
                for a, b in (ends, ends[::-1])
                if one in a and other in b
            )
            if split and _joined(*ends, reach):
                total += count * (count - 1) // 2 if first_kind == second else count * more
    return total


CHECKS = (redundancy_reflectors, redundancy_sessions, redundancy_split)
