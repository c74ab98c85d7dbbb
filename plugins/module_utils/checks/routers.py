# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the route reflectors: is each session up and proved?

Whether it will stay so is asked in `router_health`. A neighbour that the plan does not want is nobody's
business here, and a node that is left out is not in the plan.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model.family import FAMILIES
from ..model.finding import UNKNOWN, Finding
from ..model.observation import NodeRoute
from ..model.plan import Session
from .evidence import (
    ESTABLISHED,
    Evidence,
    answered,
    blocks_of,
    reflector_subject,
    router_end,
    router_ends,
    routers_that_answered,
    session_text,
)
from .findings import ERROR, WARNING, Findings, finding

_ANY_ROUTE = "Give the router a route to the node's address: without one no session comes up"
_OWN_ROUTE = (
    "Give the router a connected, static or IGP route to the node's network, so that the session depends "
    "neither on the node's own routes nor on the way to everywhere else"
)


def router_answers(evidence: Evidence) -> Findings:
    """`router.answers`: the reflector answered within the last 60 seconds (the threshold `fresh`), at
    privilege level 15.

    Unknown.
    """
    for reflector in evidence.plan.reflectors:
        observation = evidence.routers.get(reflector.host)
        why, age = answered(observation), evidence.now - (observation.at if observation else 0)
        if not why and age > evidence.plan.thresholds.fresh:
            why = f"last asked {int(age)} s ago"
        advice = "Check the router's address, credentials and SSH"
        yield finding(
            "router.answers",
            reflector_subject(reflector.host),
            not why,
            "an answer",
            why,
            advice,
            otherwise=UNKNOWN,
        )


def node_routes(evidence: Evidence) -> Findings:
    """`router.node_routes`: the reflector has a route to the node, and not merely a default one.

    Fail: it has none, or one to Null0: no session comes up, and the node's routes have no usable next hop.

    Warning: it has only a default route, or one that it learned by BGP from a node.

    Unknown: it did not answer, or has so many nodes outside of connected networks that some were not asked
    about; a warning, as the sessions prove it later.
    """
    names = {address: node.name for node in evidence.plan.nodes for address in node.addresses.values()}
    for reflector, observation in routers_that_answered(evidence):
        seen = observation.node_routes
        if seen is None:
            continue
        routes = {route.address: route for route in seen.routes}
        for session in evidence.plan.sessions_with(reflector.host):
            if session.node_address in routes:
                yield _node_route(session, routes[session.node_address], names)
        yield finding(
            "router.node_routes",
            reflector_subject(reflector.host),
            not seen.unasked,
            "an answer about every node",
            f"none about {seen.unasked} ({'; '.join(seen.unread) or 'too many to ask about each'})",
            "See on the router whether it has a route to each of them (show ip route ADDRESS)",
            otherwise=UNKNOWN,
            severity=WARNING,
        )


def _node_route(session: Session, route: NodeRoute, names: Mapping[str, str]) -> Finding:
    taught = sorted(names[origin] for origin in route.origins if origin in names)
    only_default = route.prefix == FAMILIES[session.family].everything
    useless = not route.prefix or route.drops
    found = f"{route.prefix} by {route.source}" if route.prefix else "none"
    if route.drops:
        found += " to Null0"
    elif only_default:
        found = f"only a default route ({found})"
    elif taught:
        found += f" from {', '.join(taught)}"
    return finding(
        "router.node_routes",
        router_end(session),
        not (useless or only_default or taught),
        "a route to the node",
        found,
        _ANY_ROUTE if useless else _OWN_ROUTE,
        severity=ERROR if useless else WARNING,
    )


def router_sessions(evidence: Evidence) -> Findings:
    """`router.session`: the reflector has the node Established for the hold time, or for 60 seconds where the
    hold time is longer.

    Fail.
    """
    for reflector, session in router_ends(evidence):
        row, needed = evidence.row(session), min(reflector.hold, evidence.plan.thresholds.proof)
        yield finding(
            "router.session",
            router_end(session),
            row is not None and row.state == ESTABLISHED and (row.uptime or 0) >= needed,
            f"Established for {needed} s",
            session_text(row),
            "Check TCP 179 between the two, the AS and the password.",
        )


def router_prefixes(evidence: Evidence) -> Findings:
    """`router.prefixes`: the reflector took at least as many prefixes from the node as the node has blocks of
    more than one address.

    Fail.

    A block of one address does not count: it is announced only while a pod has it (confd: calico_aggr).
    """
    nodes = {node.name: node for node in evidence.plan.nodes}
    for _reflector, session in router_ends(evidence):
        row, single = evidence.row(session), FAMILIES[session.family].single
        needed = sum(not single(block) for block in blocks_of(nodes[session.node], session.family))
        if row is not None and row.state == ESTABLISHED:
            yield finding(
                "router.prefixes",
                router_end(session),
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
            reflector_subject(reflector.host),
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
            reflector_subject(reflector.host),
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
            reflector_subject(reflector.host),
            push is not None and in_place and not push.detail,
            "the planned configuration on the router",
            f"{push.outcome}: {push.detail}" if push is not None else "no push recorded",
            "Do by hand what is left" if in_place else "See what the router said, mend it and run again",
            severity=WARNING if in_place and push is not None and push.detail else ERROR,
        )


CHECKS = (
    router_answers,
    router_sessions,
    router_prefixes,
    router_settled,
    router_saved,
    pushes,
)
