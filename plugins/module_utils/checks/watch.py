# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After the cut: did a node lose something?

Only what is known to be lost turns the mesh on again; what is unknown never does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

from .. import plan
from ..model.cluster import Cluster, Pool
from ..model.finding import FAIL, UNKNOWN, Finding
from ..model.observation import BirdProtocol, NodeObservation
from ..model.plan import Plan, PlannedNode
from . import gate
from .common import finding

Findings = Iterator[Finding]


def lost_routes(evidence: gate.Evidence, before: Mapping[str, NodeObservation]) -> Findings:
    """`watch.routes`: the node has a usable route to everything that it reached before the cut. A wider route
    inside the planned prefixes counts, and what its owner does not announce any more is not missed.

    Fail where a route is gone; unknown where the node did not answer, now or before the cut.

    A prefix that is not there any more is not lost where a wider route leads on, or where its owner says
    itself that it does not announce it any more: pods and blocks come and go.
    """
    until_now = dataclasses.replace(evidence, nodes=before)
    for node in evidence.plan.nodes:
        then, now = before.get(node.name), evidence.nodes.get(node.name)
        if now is None:
            continue  # not asked in this round
        why = gate.answered(now)
        if then is None or not then.answered or not now.answered:
            yield finding(
                "watch.routes",
                f"node {node.name}",
                False,
                "an answer of its BIRD",
                why or "no answer before the cut",
                "",
                otherwise=UNKNOWN,
            )
            continue
        reaches = _reach(evidence, now)
        lost = [
            prefix
            for prefix, owners in sorted(gate.expected_prefixes(until_now, then).items())
            if not reaches(prefix) and not gate.withdrawn(evidence, prefix, owners)
        ]
        yield finding(
            "watch.routes",
            f"node {node.name}",
            not lost,
            "a route to everything it reached before",
            "none to " + ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else ""),
            "",
        )


def _reach(evidence: gate.Evidence, observation: NodeObservation) -> Callable[[str], bool]:
    """Whether the node reaches a prefix: its own, or the longest match in the planned prefixes leads on."""
    routes = {r.prefix: r for r in observation.routes if r.primary}
    bgp = {p.name for p in observation.protocols}

    def reaches(prefix: str) -> bool:
        exact = routes.get(prefix)
        if exact is not None:
            return exact.protocol not in bgp or (exact.kind == "via" and not exact.kernel_error)
        net = plan.network(prefix)
        for length in range(net.prefixlen - 1, -1, -1):
            wider = str(net.supernet(new_prefix=length))
            if wider in routes and evidence.inside(wider):
                return routes[wider].kind == "via" and not routes[wider].kernel_error
        return False

    return reaches


def lost_reflectors(evidence: gate.Evidence) -> Findings:
    """`watch.sessions`: the node has an Established session with a reflector, with more than a quarter of the
    hold time left; where the node does not answer, a reflector says Established.

    Fail where the node, or else every reflector, says otherwise; unknown where nobody can tell.

    The node says so itself or, where it does not answer, every reflector does.
    """
    for node in evidence.plan.nodes:
        observation = evidence.nodes.get(node.name)
        if observation is not None and observation.answered:
            yield _own_word(evidence.plan, observation)
        else:
            yield _reflectors_word(evidence, node)


def _own_word(wanted: Plan, observation: NodeObservation) -> Finding:
    towards = [p for r in wanted.reflectors for p in gate.towards(observation, r.address)]
    return finding(
        "watch.sessions",
        f"node {observation.node}",
        any(p.state == "Established" and not falling_silent(p) for p in towards),
        "an Established route reflector that is heard",
        ", ".join(_session_text(p) for p in towards) or "no session at all",
        "",
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
    if protocol.state == "Established" and falling_silent(protocol):
        return f"Established, but silent: {protocol.hold_left} s left of a hold time of {protocol.hold} s"
    return protocol.info or protocol.state


def _reflectors_word(evidence: gate.Evidence, node: PlannedNode) -> Finding:
    observations = [evidence.routers.get(r.host) for r in evidence.plan.reflectors]
    rows = [
        next((s for s in o.sessions if s.address == node.address), None)
        for o in observations
        if o is not None and o.answered
    ]
    up = any(row is not None and row.state == "Established" for row in rows)
    sure = up or (bool(rows) and len(rows) == len(observations))
    actual = ", ".join(gate.session_text(row) for row in rows) or "neither the node nor a reflector answers"
    return finding(
        "watch.sessions",
        f"node {node.name}",
        up,
        "an Established route reflector",
        actual,
        "",
        otherwise=FAIL if sure else UNKNOWN,
    )


def judge(evidence: gate.Evidence, before: Mapping[str, NodeObservation]) -> tuple[Finding, ...]:
    """Every finding of one round; a failed one means: mesh on again."""
    return (*lost_routes(evidence, before), *lost_reflectors(evidence))


def unchanged(wanted: Plan, old: Cluster, new: Cluster) -> tuple[Finding, ...]:
    """`cluster.nodes`: the usable nodes and their addresses are those of the plan.

    Fail.

    `cluster.pools`: the pools are those of the plan.

    Fail.

    `cluster.services`: the service addresses that BGP announces are those of the plan.

    Fail.

    `cluster.as`: the AS is that of the plan.

    Fail.

    `cluster.peers`: the planned BGPPeer is there, and no other leads to a reflector.

    Fail.

    `cluster.mesh`: the mesh is still on.

    Fail: somebody else turned it off.
    """
    again = "Run again; the mesh is still on"
    pairs = (
        (
            "cluster.nodes",
            "the nodes",
            {n.name: n.address for n in old.nodes if not plan.reason_left_out(n)},
            {n.name: n.address for n in new.nodes if not plan.reason_left_out(n)},
        ),
        (
            "cluster.pools",
            "the pools",
            {p.name: _pool_text(p) for p in old.pools},
            {p.name: _pool_text(p) for p in new.pools},
        ),
        (
            "cluster.services",
            "the announced service addresses",
            dict.fromkeys(old.services, "announced"),
            dict.fromkeys(new.services, "announced"),
        ),
        ("cluster.as", "the AS", {"AS": old.asn}, {"AS": new.asn}),
    )
    found = [
        finding(check, subject, then == now, "as planned", _difference(then, now), again)
        for check, subject, then, now in pairs
    ]
    addresses = {r.address for r in wanted.reflectors}
    towards = [p.name for p in new.peers if p.address in addresses]
    found.append(
        finding(
            "cluster.peers",
            "the BGPPeers for the route reflectors",
            towards == [wanted.peer_name],
            wanted.peer_name,
            ", ".join(towards) or "none",
            again,
        )
    )
    found.append(
        finding(
            "cluster.mesh",
            "the mesh",
            new.mesh,
            "on",
            "off",
            "Somebody else turned it off; run `mesh_on`, or `site` again",
        )
    )
    return tuple(found)


def _pool_text(pool: Pool) -> str:
    return pool.cidr if pool.exported else f"{pool.cidr} (not announced)"


def _difference(then: Mapping[str, object], now: Mapping[str, object]) -> str:
    news = [f"{k} is new" for k in sorted(set(now) - set(then))]
    gone = [f"{k} is gone" for k in sorted(set(then) - set(now))]
    other = [f"{k} is {now[k]}, not {then[k]}" for k in sorted(set(then) & set(now)) if then[k] != now[k]]
    return "; ".join([*news, *gone, *other])
