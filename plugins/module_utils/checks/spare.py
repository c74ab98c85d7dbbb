# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that a cluster with several reflectors can spare: of one that is drained, or was lost.

A gate that spares sessions judges the plan without them, and one check says that every node keeps another.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterator

from ..model.plan import Reflector, Session
from .evidence import (
    ESTABLISHED,
    Evidence,
    from_reflector,
    node_subject,
    reflector_subject,
    reflectors_of,
    routers_that_answered,
    session_text,
    towards,
)
from .findings import WARNING, Findings, finding, first
from .rows import Row, Rows, Survey

#: How IOS shows a session that is shut down by configuration.
SHUT = "Idle (Admin)"


def without(evidence: Evidence, spared: Collection[Session]) -> Evidence:
    """The same evidence for the plan without these sessions, and without reflectors that have no others."""
    plan, gone = evidence.plan, frozenset(spared)
    if not gone:
        return evidence
    sessions = tuple(session for session in plan.sessions if session not in gone)
    staying = {session.reflector for session in sessions}
    reflectors = tuple(r for r in plan.reflectors if r.host in staying or not plan.sessions_with(r.host))
    return dataclasses.replace(
        evidence, plan=dataclasses.replace(plan, sessions=sessions, reflectors=reflectors)
    )


def draining(evidence: Evidence) -> tuple[Session, ...]:
    """The sessions of the reflector that is drained by this run."""
    return evidence.plan.sessions_with(evidence.draining)


def drained(evidence: Evidence) -> tuple[Session, ...]:
    """The sessions of the reflectors that have all their clients shut down; none where no other is left."""
    found = {reflector.host for reflector, _observation in routers_that_answered(evidence)}
    hosts = [host for host in found if is_shut(evidence, host)]
    spared = tuple(s for s in evidence.plan.sessions if s.reflector in hosts)
    return spared if len(spared) < len(evidence.plan.sessions) else ()


def is_shut(evidence: Evidence, host: str) -> bool:
    """Whether a reflector that answered has every session of its nodes shut down by configuration."""
    rows = [evidence.row(session) for session in evidence.plan.sessions_with(host)]
    return bool(rows) and all(row is not None and row.state == SHUT for row in rows)


def lost(evidence: Evidence) -> tuple[Session, ...]:
    """The sessions that are not up, of nodes that have another one that is."""
    found: list[Session] = []
    for node, family in dict.fromkeys((s.node, s.family) for s in evidence.plan.sessions):
        sessions = evidence.plan.sessions_of(node, family)
        down = [session for session in sessions if known(evidence, session) and not up(evidence, session)]
        kept = any(up(evidence, session) for session in sessions)
        found += down if kept else []
    return tuple(found)


def known(evidence: Evidence, session: Session) -> bool:
    """Whether one of its ends answered."""
    seen = evidence.nodes.get((session.node, session.family))
    return session.reflector in evidence.rows or (seen is not None and seen.answered)


def up(evidence: Evidence, session: Session) -> bool:
    """Whether the node says Established, or where it did not answer the reflector."""
    seen = evidence.nodes.get((session.node, session.family))
    if seen is None or not seen.answered:
        return evidence.established(session)
    return any(p.state == ESTABLISHED for p in towards(seen, session.reflector_address))


def reflectors_drained(evidence: Evidence) -> Findings:
    """`reflectors.drained`: the sessions of the reflector are not shut down.

    Warning: it serves nobody until `undrain`; the others are proved.
    """
    spared = {session.reflector for session in drained(evidence)}
    for reflector in evidence.plan.reflectors:
        yield finding(
            "reflectors.drained",
            reflector_subject(reflector.host),
            reflector.host not in spared,
            "sessions that are not shut down",
            "all its sessions shut down, by the playbook drain or by hand",
            f"It serves nobody until undrain -e calico_bgp_reflector={reflector.host}",
            severity=WARNING,
        )


def reflectors_lost(evidence: Evidence) -> Findings:
    """`reflectors.lost`: where there are several reflectors, each session of the reflector is up, by the word
    of its node.

    Warning: its nodes have their routes from another one, and depend on that alone.
    """
    if len(evidence.plan.reflectors) < 2:
        return
    spared: dict[str, list[str]] = {}
    for session in lost(evidence):
        spared.setdefault(session.reflector, []).append(session.node)
    for reflector in evidence.plan.reflectors:
        wanted = len(evidence.plan.sessions_with(reflector.host))
        gone = spared.get(reflector.host, [])
        yield finding(
            "reflectors.lost",
            reflector_subject(reflector.host),
            not gone,
            "every session up",
            f"{len(gone)} of {wanted} sessions down, of {first(gone, ', ')}",
            "The nodes have their routes from another reflector, and nothing is lost; bring it back, then "
            "run validate",
            severity=WARNING,
        )


def carried(evidence: Evidence) -> Findings:
    """`reflectors.others`: the node has a session with a reflector that stays.

    Fail: nothing would carry its routes.
    """
    staying = without(evidence, draining(evidence)).plan
    for node, family in evidence.speakers:
        yield finding(
            "reflectors.others",
            node_subject(evidence, node.name, family),
            bool(staying.sessions_of(node.name, family)),
            f"another route reflector than {evidence.draining}",
            "none",
            "Give it one more (calico_plan_node_selector), or turn the mesh on first (mesh_on)",
        )


def same_routes(evidence: Evidence) -> Findings:
    """`reflectors.routes`: what the node has from the reflector that is to be drained, it has from another
    one as well, with the same next hops.

    Fail: it would lose that, or reach it by another way.
    """
    survey = functools.lru_cache(maxsize=None)(functools.partial(_from_one_alone, evidence))
    for session in draining(evidence):
        seen = evidence.nodes.get((session.node, session.family))
        if seen is None or not seen.answered:
            continue  # node.answers says so
        others = tuple(each for each in reflectors_of(evidence, seen) if each != session.reflector_address)
        alone = survey(session.reflector_address, others).of(Rows(seen.routes))
        yield finding(
            "reflectors.routes",
            node_subject(evidence, session.node, session.family),
            not alone,
            f"the routes of {session.reflector} from another reflector too, with the same next hops",
            f"not so for {first(alone, ', ')}",
            "Bring the sessions of the other reflectors up, and look at their policies",
        )


def _from_one_alone(evidence: Evidence, one: str, others: tuple[str, ...]) -> Survey:
    """Which planned prefixes no other reflector gives by the same next hops."""

    def question(prefix: str, row: Row) -> tuple[str, ...]:
        hops = {r.next_hop for r in from_reflector(row, one)}
        if not hops or not evidence.inside(prefix):
            return ()
        theirs = ({r.next_hop for r in from_reflector(row, other)} for other in others)
        return () if hops in theirs else (prefix,)

    return Survey(question)


def shut_down(evidence: Evidence) -> Findings:
    """`reflectors.down`: the session of a node with the drained reflector is not up on either side.

    Fail: it is not out of use.
    """
    for session in draining(evidence):
        still = up(evidence, session) or evidence.established(session)
        yield finding(
            "reflectors.down",
            f"{node_subject(evidence, session.node, session.family)}, {reflector_subject(session.reflector)}",
            not still,
            "a session that is down",
            session_text(evidence.row(session)),
            "Look at the router: show ip bgp summary",
        )


def reflectors_known(evidence: Evidence) -> Findings:
    """`reflectors.known`: the reflector that is to be drained has sessions, and is not the only one.

    Fail.
    """
    sessions = draining(evidence)
    hosts = sorted({session.reflector for session in evidence.plan.sessions})
    yield finding(
        "reflectors.known",
        reflector_subject(evidence.draining),
        bool(sessions) and len(hosts) > 1,
        "a reflector of the plan beside others",
        f"the only one of {first(hosts, ', ')}" if sessions else f"none of {first(hosts, ', ')}",
        "Name one of them in calico_bgp_reflector; the only one cannot be drained",
    )


def in_use(evidence: Evidence) -> Findings:
    """`reflectors.in_use`: the sessions of the reflector are not shut down.

    Fail: somebody drained it, and a drill would take it into use.
    """
    for reflector in evidence.plan.reflectors:
        yield finding(
            "reflectors.in_use",
            reflector_subject(reflector.host),
            not is_shut(evidence, reflector.host),
            "sessions that are not shut down",
            "all its sessions shut down, by the playbook drain or by hand",
            f"Run undrain -e calico_bgp_reflector={reflector.host} first, or leave the drill for later",
        )


def interconnected(evidence: Evidence) -> Findings:
    """`router.interconnect`: the session with another reflector that `cisco_rr_interconnect` asks for is
    Established.

    Warning: nodes that have lost one reflector each would not reach each other.
    """
    for one, other in _wanted_pairs(evidence):
        yield finding(
            "router.interconnect",
            f"{reflector_subject(one.host)}, {reflector_subject(other.host)}",
            evidence.joined(one, other) or evidence.joined(other, one),
            "an Established session between them",
            "none",
            "Look at both routers: show ip bgp neighbors",
            severity=WARNING,
        )


def _wanted_pairs(evidence: Evidence) -> Iterator[tuple[Reflector, Reflector]]:
    wanted = [r for r in evidence.plan.reflectors if r.options.get("interconnect")]
    for place, one in enumerate(wanted):
        for other in wanted[place + 1 :]:
            yield one, other


CHECKS = (
    interconnected,
    reflectors_lost,
    reflectors_drained,
    reflectors_known,
    in_use,
    carried,
    same_routes,
    shut_down,
)
