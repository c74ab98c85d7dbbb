# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After the cut: did a node lose something?

Only what is known to be lost turns the mesh on again; what is unknown never does.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import plan as planning
from ..calico.selector import SelectorError, parse
from ..model.cluster import Steering
from ..model.finding import FAIL, UNKNOWN, Finding
from ..model.observation import BirdProtocol, BirdRoute, NodeObservation, RouterObservation
from ..model.plan import Plan, Session
from ..model.shared import Common, Shared
from ..model.state import RunState
from .evidence import (
    ESTABLISHED,
    Evidence,
    Hops,
    Nodes,
    answered,
    expected_hops,
    node_subject,
    planned_blocks,
    reflectors_of,
    session_text,
    towards,
)
from .findings import ERROR, WARNING, Findings, finding, first
from .rows import Found, Row, Rows, Said


def lost_routes(evidence: Evidence) -> Findings:
    """`watch.routes`: the node has a usable route to everything that it reached before the cut. A wider route
    inside the planned prefixes counts, and what its owner does not announce any more is not missed.

    Fail where a route is gone; unknown where the node did not answer, now or before the cut, and for as long
    as its BIRD may take for a restart.

    A prefix that is not there any more is not lost where a wider route leads on, or where its owner says
    itself that it does not announce it any more: pods and blocks come and go.
    """
    lost = _Losses(evidence)
    for node, family in evidence.speakers:
        then, now = evidence.before.get((node.name, family)), evidence.nodes.get((node.name, family))
        if now is None:
            continue  # not asked in this round
        if then is None or not then.answered or not now.answered:
            yield finding(
                "watch.routes",
                node_subject(evidence, node.name, family),
                False,
                "an answer of its BIRD",
                answered(now) or "no answer before the cut",
                "",
                otherwise=UNKNOWN,
            )
            continue
        gone, news = lost.of(then, now), restarted(evidence.plan, now, then)
        yield finding(
            "watch.routes",
            node_subject(evidence, node.name, family),
            not gone,
            "a route to everything it reached before",
            f"none to {first(gone, ', ')}{news}",
            "",
            otherwise=UNKNOWN if news else FAIL,
        )


def restarted(plan: Plan, now: NodeObservation, then: NodeObservation | None) -> str:
    """That the node's BIRD was started again after `then`, in words; "" where it was not.

    Also "" once the time is over for which the reflectors keep a node's routes that comes back (graceful
    restart): until then its kernel keeps its own, and nobody has lost anything yet.
    """
    if then is None or now.uptime is None or now.uptime >= now.at - then.at:
        return ""
    hosts = {session.reflector for session in plan.sessions_of(now.node, now.family)}
    patience = min((r.restart_time for r in plan.reflectors if r.host in hosts), default=0)
    return f"; its BIRD was started {now.uptime:.0f} s ago" if now.uptime < patience else ""


class _Losses:
    """What nodes reached before the cut and reach no more; found out once of what they have in common."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._until_now = dataclasses.replace(evidence, nodes=evidence.before)
        self._hops = functools.lru_cache(maxsize=None)(functools.partial(expected_hops, self._until_now))
        self._common = functools.lru_cache(maxsize=None)(self._of_common)

    def of(self, then: NodeObservation, now: NodeObservation) -> Found:
        """The prefixes that this node lost."""
        before, rows, reflectors = Rows(then.routes), Rows(now.routes), reflectors_of(self._evidence, now)
        hops = self._hops(then.family, reflectors)
        lost, below = self._common(before.common, rows.common, then.family, reflectors)
        differing = {*before.own, *rows.own}
        # What it reaches by a wider route only depends on that one, too.
        differing.update(prefix for wider in rows.own for prefix in below.get(wider, ()))
        apart = planned_blocks(self._evidence, now)
        own = Said((p, self._question(hops, before, rows, p)) for p in differing if p not in apart)
        return Found(lost, differing.union(apart), own)

    def _of_common(
        self, then: Common[BirdRoute], now: Common[BirdRoute], family: str, reflectors: tuple[str, ...]
    ) -> tuple[Said, Mapping[str, Sequence[str]]]:
        """What is lost of what nodes have in common; and what is not there any more by the wider prefixes."""
        hops = self._hops(family, reflectors)
        before, rows = (Rows(Shared(table, (), ())) for table in (then, now))
        prefixes = {*then.by("prefix"), *self._until_now.owners(family)}
        below: dict[str, list[str]] = {}
        for prefix in prefixes:
            if not _primaries(rows.of(prefix)) and hops(prefix, before.of(prefix)):
                for wider in _wider(self._evidence, prefix):
                    below.setdefault(wider, []).append(prefix)
        return Said((p, self._question(hops, before, rows, p)) for p in prefixes), below

    def _question(self, hops: Hops, before: Rows, rows: Rows, prefix: str) -> tuple[str, ...]:
        owners = hops(prefix, before.of(prefix))
        reached = not owners or _reaches(self._evidence, rows, prefix)
        return () if reached or self._evidence.withdrawn(prefix, owners) else (prefix,)


def _reaches(evidence: Evidence, rows: Rows, prefix: str) -> bool:
    """Whether the node reaches a prefix: its own, or the longest match in the planned prefixes leads on."""
    exact = _primaries(rows.of(prefix))
    if exact:
        return all(route.neighbor is None or _leads_on(route) for route in exact)
    found = (_primaries(rows.of(wider)) for wider in _wider(evidence, prefix))
    longest = next(filter(None, found), ())
    return bool(longest) and all(map(_leads_on, longest))


def _primaries(row: Row) -> Row:
    """The one that BIRD has chosen; were there ever two, their order in a set would say nothing."""
    return [route for route in row if route.primary]


def _leads_on(route: BirdRoute) -> bool:
    return route.kind == "via" and not route.kernel_error


def _wider(evidence: Evidence, prefix: str) -> Iterator[str]:
    """The planned prefixes around this one, the longest first."""
    net = planning.network(prefix)
    for length in range(net.prefixlen - 1, -1, -1):
        wider = str(net.supernet(new_prefix=length))
        if not evidence.inside(wider):
            return
        yield wider


def lost_reflectors(evidence: Evidence) -> Findings:
    """`watch.sessions`: the node has an Established session with a reflector, with more than a quarter of the
    hold time left; where the node does not answer, a reflector says Established.

    Fail where the node, or else every reflector, says otherwise; unknown where nobody can tell, and as long
    as the node's BIRD may take for a restart.

    The node says so itself or, where it does not answer, every reflector does.
    """
    for node, family in evidence.speakers:
        observation = evidence.nodes.get((node.name, family))
        subject = node_subject(evidence, node.name, family)
        sessions = evidence.plan.sessions_of(node.name, family)
        if observation is not None and observation.answered:
            news = restarted(evidence.plan, observation, evidence.before.get((node.name, family)))
            yield _own_word(subject, sessions, observation, news)
        else:
            yield _reflectors_word(evidence, subject, sessions)


def _own_word(subject: str, sessions: Sequence[Session], observation: NodeObservation, news: str) -> Finding:
    found = [p for session in sessions for p in towards(observation, session.reflector_address)]
    return finding(
        "watch.sessions",
        subject,
        any(p.state == ESTABLISHED and not falling_silent(p) for p in found),
        "an Established route reflector that is heard",
        (", ".join(_session_text(p) for p in found) or "no session at all") + news,
        "",
        otherwise=UNKNOWN if news else FAIL,
    )


def falling_silent(protocol: BirdProtocol) -> bool:
    """Whether the reflector has missed its keepalives: no more than a quarter of the hold time is left.

    A reflector that lost its power stays Established until the hold time is over, and then its routes go at
    once; the mesh needs some seconds to come back, and the rest of the hold time is what it has. BIRD 1.6
    starts the hold timer with 75 to 100 % of the hold time (BIRD: bgp_start_timer; jitter of RFC 4271 section
    10), so that with keepalives every third of it more than 40 % is left while the reflector is heard.
    """
    return protocol.hold_left is not None and protocol.hold > 0 and protocol.hold_left * 4 <= protocol.hold


def _session_text(protocol: BirdProtocol) -> str:
    if protocol.state == ESTABLISHED and falling_silent(protocol):
        return f"Established, but silent: {protocol.hold_left} s left of a hold time of {protocol.hold} s"
    return protocol.info or protocol.state


def _reflectors_word(evidence: Evidence, subject: str, sessions: Sequence[Session]) -> Finding:
    asked = [session for session in sessions if session.reflector in evidence.rows]
    up = any(evidence.established(session) for session in asked)
    sure = up or (bool(asked) and len(asked) == len(sessions))
    actual = ", ".join(session_text(evidence.row(session)) for session in asked)
    return finding(
        "watch.sessions",
        subject,
        up,
        "an Established route reflector",
        actual or "neither the node nor a reflector answers",
        "",
        otherwise=FAIL if sure else UNKNOWN,
    )


def node_loss(plan: Plan, seen: NodeObservation, before: Nodes) -> str:
    """What a node lost since `before`, in words; "" when nothing, or where it does not answer."""
    if not seen.answered:
        return ""
    planned, key = plan.node(seen.node), (seen.node, seen.family)
    alone = dataclasses.replace(
        plan, nodes=(planned,) if planned else (), sessions=plan.sessions_of(seen.node, seen.family)
    )
    # What the others said would be gone through for each node anew.
    own = {key: before[key]} if key in before else {}
    evidence = Evidence(alone, {key: seen}, {}, {}, seen.at, before=own)
    found = (f for check in CHECKS for f in check(evidence))
    return next((f.sentence for f in found if f.verdict == FAIL), "")


def router_loss(plan: Plan, seen: RouterObservation) -> str:
    """Which sessions a reflector no longer has Established, in words; "" when it has all."""
    if not seen.answered:
        return f"no answer ({seen.reason})"
    return _gone(plan, seen, plan.sessions_with(seen.host))


def router_alarm(plan: Plan, seen: RouterObservation) -> str:
    """The same of the sessions that are the only one of their node.

    A node with another one says itself what it lost, and the trouble of one reflector is not everybody's. A
    node that answers is quicker, and knows when its BIRD was started: this is for one that is silent.
    """
    if not seen.answered:
        return ""
    evidence = Evidence(plan, {}, {seen.host: seen}, {}, seen.at)
    rows = {s: evidence.row(s) for s in plan.sessions_with(seen.host)}
    young = {
        s for s, row in rows.items() if row is not None and row.uptime is not None and row.uptime < YOUNG
    }
    alone = [s for s in rows if s not in young and len(plan.sessions_of(s.node, s.family)) == 1]
    return _gone(plan, seen, alone)


def _gone(plan: Plan, seen: RouterObservation, sessions: Sequence[Session]) -> str:
    evidence = Evidence(plan, {}, {seen.host: seen}, {}, seen.at)
    gone = [s for s in sessions if not evidence.established(s)]
    return ", ".join(f"{s.node} ({s.node_address}) is {session_text(evidence.row(s))}" for s in gone[:3])


#: Seconds for which a session may be down before its reflector rings.
YOUNG = 5
CHECKS = (lost_routes, lost_reflectors)


def lost_steering(evidence: Evidence) -> Findings:
    """`watch.mesh`: the mesh is off, as the run left it. Not asked where it could not be read.

    Fail: somebody else turned it on, so the cluster is not cut.

    `watch.peers`: each BGPPeer is as the plan wants it, and selects its nodes. Not asked where they could not
    be read.

    Fail where that leaves a node without any; a warning where each keeps another one.

    `watch.filter`: the BGPFilter has the planned rules. Not asked where it could not be read.

    Fail.
    """
    seen, plan = evidence.steering, evidence.plan
    if seen is None:
        return
    yield finding(
        "watch.mesh",
        "the mesh",
        not seen.mesh,
        "off, as the run left it",
        "on: somebody else turned it on",
        "Find out who, GitOps for example, and run site again",
    )
    wanted = {kind: _wanted(plan, kind) for kind in ("BGPPeer", "BGPFilter")}
    wrong = {name: _changed(spec, seen.peers.get(name)) for name, spec in wanted["BGPPeer"].items()}
    kept = {(s.node, s.family) for s in plan.sessions if not wrong.get(s.peer) and _selected(seen, s)}
    for name in wanted["BGPPeer"]:
        mine = [s for s in plan.sessions if s.peer == name]
        left_out = [s.node for s in mine if not _selected(seen, s)]
        alone = any((s.node, s.family) not in kept for s in mine)
        yield finding(
            "watch.peers",
            f"BGPPeer {name}",
            not wrong[name] and not left_out,
            "as the plan wants it, for all its nodes",
            wrong[name] or f"its nodeSelector no longer selects {first(left_out, ', ')}",
            "Find out who changed it, and run the playbook peers",
            severity=ERROR if alone else WARNING,
        )
    for name, spec in wanted["BGPFilter"].items():
        changed = _changed(spec, seen.filters.get(name))
        yield finding(
            "watch.filter",
            f"BGPFilter {name}",
            not changed,
            "the planned rules",
            changed,
            "Find out who changed it, and run the playbook peers",
        )


def dark(evidence: Evidence) -> Findings:
    """`watch.dark`: with the mesh off, the node has a usable route to every block that others announce. Nodes
    that do not answer are not asked.

    Fail: the mesh would give it one.
    """
    missed = _Losses(dataclasses.replace(evidence, before=evidence.nodes))
    for node, family in evidence.speakers:
        seen = evidence.nodes.get((node.name, family))
        if seen is None or not seen.answered:
            continue
        lost = missed.of(seen, seen)
        yield finding(
            "watch.dark",
            node_subject(evidence, node.name, family),
            not lost,
            "a route to every block of the others",
            f"none to {first(lost, ', ')}",
            "Run mesh_on",
        )


def selective(plan: Plan) -> bool:
    """Whether a BGPPeer of the plan selects nodes by their labels."""
    return any(spec.get("nodeSelector", "all()") != "all()" for spec in _wanted(plan, "BGPPeer").values())


def _wanted(plan: Plan, kind: str) -> dict[str, Mapping[str, Any]]:
    return {o["metadata"]["name"]: o["spec"] for o in plan.objects if o["kind"] == kind}


def _changed(wanted: Mapping[str, Any], have: Mapping[str, Any] | None) -> str:
    """What is another than the plan wants it, "" for nothing."""
    if have is None:
        return "no such object"
    other = [name for name, value in wanted.items() if have.get(name) != value]
    return f"another {first(other, ', ')}" if other else ""


def _selected(seen: Steering, session: Session) -> bool:
    """Whether the session's BGPPeer, as it is now, selects its node; also where labels were not read."""
    peer = seen.peers.get(session.peer, {})
    if seen.labels is None or not peer.get("nodeSelector"):
        return True
    try:
        return parse(peer["nodeSelector"])(seen.labels.get(session.node, {}))
    except SelectorError:
        return False


STEERING = (lost_steering,)


def kept_up(evidence: Evidence) -> Findings:
    """`watch.kept_up`: the run that turned the mesh off watched until its soak was over. Asked where the
    files of that run are there, and the mesh is off.

    Warning: what was lost since the cut was seen by nobody, and while its time is not over stale routes may
    hide a loss.
    """
    if evidence.earlier is None or evidence.plan.mesh:
        return
    yield finding(
        "watch.kept_up",
        "the cut of the mesh",
        not evidence.earlier.unwatched,
        "a watch until its soak was over",
        _watch_text(evidence.earlier),
        _unproved(evidence.earlier, evidence.now),
        severity=WARNING,
    )


def guard_armed(evidence: Evidence) -> Findings:
    """`guard.armed`: no guard is armed where one can be. `validate` alone looks.

    Warning where one is: a cut is under way, or its run is gone and the guard will turn the mesh on.

    Unknown where the host does not answer.
    """
    for seen in evidence.guards:
        yield finding(
            "guard.armed",
            f"the guard on {seen.host}",
            seen.there is False,
            "none is armed",
            f"one of {seen.text}; heard nothing for {seen.silent} s" if seen.there else seen.text,
            f"Where its run is still there, let it end. Otherwise it turns the mesh on, if that is off, "
            f"after {seen.seconds} s of silence; to keep the mesh off, run site, which disarms it once both "
            "sides are proved"
            if seen.there
            else "See to its SSH",
            otherwise=FAIL if seen.there else UNKNOWN,
            severity=WARNING,
        )


def _watch_text(earlier: RunState) -> str:
    """How far the watch of a cut came that did not come to its end."""
    begun = f"a cut of {_clock(earlier.cut_at)}"
    if earlier.watch_until is None:
        return f"{begun} whose run ended before it knew that the mesh was off, and nobody watched"
    loss = (
        f"; it saw a loss and did not turn the mesh on again: {earlier.returned}" if earlier.returned else ""
    )
    return f"{begun}, to be watched until {_clock(earlier.watch_until)}, and no end of that watch{loss}"


def _unproved(earlier: RunState, now: float) -> str:
    """What is not proved where nobody watched, and what to do."""
    if earlier.watch_until is not None and now < earlier.watch_until:
        return (
            "Where its run is still there, let it end. Where it was ended, nobody watches: stale routes "
            f"may hide a loss until {_clock(earlier.watch_until)}, so look again after that, or run mesh_on"
        )
    return (
        "This look proves how it is now; whether something was lost from the cut until now is not proved. "
        "Run site, which proves both sides anew and finds the mesh off"
    )


def _clock(at: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
