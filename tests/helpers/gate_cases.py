# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence that keeps a gate shut, with exactly what it finds; hand-made."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    Outlet,
    silent_node,
    silent_router,
)
from tests.helpers import article
from tests.helpers.article import BLOCKS, BORROWED, NOW, REFLECTOR

A, B, C = article.ADDRESSES.values()


BLOCK_A, BLOCK_B, BLOCK_C = BLOCKS.values()


ON_RR = "node {}, route reflector rr1"


FROM_RR = "route reflector rr1, node {} ({})"


def changed(name, **what):
    """Evidence in which one node's BIRD has other protocols or routes."""
    return article.evidence(nodes=article.nodes(replace(article.node(name), **what)))


def with_routes(name, *routes):
    return article.evidence(nodes=article.nodes(article.plus(article.node(name), *routes)))


def lacking(name, prefix, by=""):
    return article.evidence(nodes=article.nodes(article.without(article.node(name), prefix, by)))


def instead(name, prefix, **what):
    """Evidence in which one node's path from the reflector is another one."""
    observation = article.node(name)
    routes = (
        r._replace(**what) if r.prefix == prefix and r.protocol.startswith("Node_") else r
        for r in observation.routes
    )
    return article.evidence(nodes=article.nodes(replace(observation, routes=tuple(routes))))


def of_router(**what):
    return article.evidence(routers={"rr1": article.router(**what)})


def of_row(name, **what):
    rows = (article.row(n, **(what if n == name else {})) for n in article.ADDRESSES)
    return of_router(sessions=tuple(rows))


def reflector_protocol(*protocols):
    """node-a with these in place of its session, and no routes of protocols that it has not."""
    seen = article.node("node-a")
    there = {p.name for p in (*article.node("node-a", reflector=False).protocols, *protocols)}
    routes = tuple(r for r in seen.routes if r.neighbor is None or r.protocol in there)
    mesh = tuple(p for p in seen.protocols if p.mesh)
    return changed("node-a", protocols=(*mesh, *protocols), routes=routes)


def hidden_everywhere(prefix):
    """The owner announces it, and no other node has it, from nowhere."""
    seen = [article.without(article.node(name), prefix) for name in ("node-a", "node-c")]
    return article.evidence(nodes=article.nodes(*seen))


NOTHING = article.evidence(plan=article.planned(()), nodes={})


# case: evidence, what keeps the gate shut: (check, subject, verdict, actual)
SHUT = {
    "no node in the plan": (
        NOTHING,
        [
            ("plan.nodes", "cluster lab", "fail", "none"),
            ("plan.sessions", "cluster lab", "fail", "none of route reflector rr1"),
        ],
    ),
    "no reflector in the plan": (
        article.evidence(plan=article.planned(reflectors=())),
        [
            ("plan.reflectors", "cluster lab", "fail", "none"),
            (
                "plan.sessions",
                "cluster lab",
                "fail",
                "none of node node-a, node node-b, node node-c",
            ),
        ],
    ),
    "a node without a session": (
        article.evidence(plan=article.planned(sessions=article.planned().sessions[1:])),
        [("plan.sessions", "cluster lab", "fail", "none of node node-a")],
    ),
    "a node was not asked": (
        article.evidence(nodes={n: o for n, o in article.nodes().items() if n[0] != "node-b"}),
        [
            (
                "node.answers",
                "node node-b",
                "unknown",
                "not asked: there is no host of that name in the inventory, or --limit left it out",
            )
        ],
    ),
    "a node did not answer": (
        article.evidence(nodes=article.nodes(silent_node("node-b", "ipv4", NOW, "unreachable: timed out"))),
        [("node.answers", "node node-b", "unknown", "unreachable: timed out")],
    ),
    "a node's answer is old": (
        changed("node-b", at=NOW - 60),
        [("node.answers", "node node-b", "unknown", "last asked 61 s ago")],
    ),
    "session not Established": (
        reflector_protocol(
            article.protocol("Node_1", REFLECTOR, "Active", info="Active        Socket: Connection refused")
        ),
        [
            ("node.session", ON_RR.format("node-a"), "fail", "Active Socket: Connection refused"),
            (
                "node.routes",
                ON_RR.format("node-a"),
                "fail",
                f"{BORROWED} is missing; {BLOCK_B} is missing; {BLOCK_C} is missing",
            ),
        ],
    ),
    "session down without a word": (
        reflector_protocol(article.protocol("Node_192_168_1_1", REFLECTOR, "Down", info="")),
        [("node.session", ON_RR.format("node-a"), "fail", "Down")],
    ),
    "no protocol for the reflector": (
        reflector_protocol(),
        [
            ("node.session", ON_RR.format("node-a"), "fail", "no such BGP protocol"),
            (
                "node.routes",
                ON_RR.format("node-a"),
                "fail",
                f"{BORROWED} is missing; {BLOCK_B} is missing; {BLOCK_C} is missing",
            ),
        ],
    ),
    "block missing from the reflector": (
        lacking("node-c", BLOCK_A, "rr"),
        [("node.routes", ON_RR.format("node-c"), "fail", f"{BLOCK_A} is missing")],
    ),
    "borrowed address missing from the reflector": (
        lacking("node-c", BORROWED, "rr"),
        [("node.routes", ON_RR.format("node-c"), "fail", f"{BORROWED} is missing")],
    ),
    "block that reaches a node in no way": (
        hidden_everywhere(BLOCK_B),
        [("node.routes", ON_RR.format(n), "fail", f"{BLOCK_B} is missing") for n in ("node-a", "node-c")],
    ),
    "next hop cannot be reached": (
        instead("node-a", BLOCK_B, kind="unreachable"),
        [("node.routes", ON_RR.format("node-a"), "fail", f"{BLOCK_B} is unreachable")],
    ),
    "next hop is the reflector": (
        instead("node-a", BLOCK_B, next_hop=REFLECTOR),
        [
            (
                "node.routes",
                ON_RR.format("node-a"),
                "fail",
                f"{BLOCK_B} has next hop {REFLECTOR} instead of {B}",
            ),
            ("node.originator", ON_RR.format("node-a"), "fail", f"{BLOCK_B} from {B}"),
        ],
    ),
    "another node announces it": (
        instead("node-a", BLOCK_B, originator=C),
        [("node.originator", ON_RR.format("node-a"), "fail", f"{BLOCK_B} from {C}")],
    ),
    "the reflector announces it itself": (
        with_routes("node-a", article.path("10.244.99.0/26", REFLECTOR, "rr", originator="")),
        [("node.originator", ON_RR.format("node-a"), "fail", "10.244.99.0/26 from nobody")],
    ),
    "default route from the reflector": (
        with_routes("node-a", article.path("0.0.0.0/0", REFLECTOR, "rr", originator="")),
        [("node.imports", ON_RR.format("node-a"), "fail", "0.0.0.0/0")],
    ),
    "route outside the pools from the reflector": (
        with_routes("node-a", article.path("10.0.0.0/24", B, "rr")),
        [("node.imports", ON_RR.format("node-a"), "fail", "10.0.0.0/24")],
    ),
    "the mesh carries what is not planned": (
        with_routes("node-a", article.path("172.30.0.0/16", B, "mesh")),
        [("node.routes", ON_RR.format("node-a"), "fail", "172.30.0.0/16 is missing")],
    ),
    "the kernel refused a route": (
        with_routes("node-a", article.path(BLOCK_B, B, "mesh", kernel_error=True)),
        [("node.kernel", "node node-a", "fail", f"refused by the kernel: {BLOCK_B}")],
    ),
    "the reflector was not asked": (
        article.evidence(routers={}),
        [
            (
                "router.answers",
                "route reflector rr1",
                "unknown",
                "not asked: there is no host of that name in the inventory, or --limit left it out",
            )
        ],
    ),
    "the reflector did not answer": (
        article.evidence(routers={"rr1": silent_router("rr1", NOW, "no route to host")}),
        [("router.answers", "route reflector rr1", "unknown", "no route to host")],
    ),
    "the reflector's answer is old": (
        of_router(at=NOW - 90),
        [("router.answers", "route reflector rr1", "unknown", "last asked 91 s ago")],
    ),
    "no such neighbour on the reflector": (
        of_router(sessions=(article.row("node-a"), article.row("node-b"))),
        [("router.session", FROM_RR.format("node-c", C), "fail", "no such neighbour")],
    ),
    "the reflector says Active": (
        of_row("node-c", state="Active", uptime=None, prefixes=None),
        [("router.session", FROM_RR.format("node-c", C), "fail", "Active")],
    ),
    "session too young": (
        of_row("node-c", uptime=29),
        [("router.session", FROM_RR.format("node-c", C), "fail", "Established for 29 s")],
    ),
    "too few prefixes": (
        of_row("node-b", prefixes=0),
        [("router.prefixes", FROM_RR.format("node-b", B), "fail", "0")],
    ),
    "rollback timer pending": (
        of_router(revert_pending=True),
        [("router.settled", "route reflector rr1", "fail", "one pending")],
    ),
    "not saved": (
        of_router(saved=False, unsaved=("neighbor CALICO peer-group",)),
        [("router.saved", "route reflector rr1", "fail", "neighbor CALICO peer-group")],
    ),
    "a neighbour of others that would learn the pods": (
        of_router(
            outlets=(Outlet("neighbor", "203.0.113.9", 65010, ("10.244.0.0/16",), True, "nothing filters"),)
        ),
        [
            (
                "router.leaks",
                "route reflector rr1, neighbor 203.0.113.9 (AS 65010)",
                "fail",
                "would be sent 10.244.0.0/16: nothing filters",
            )
        ],
    ),
    "not saved, and nobody says what": (
        of_router(saved=False),
        [("router.saved", "route reflector rr1", "fail", "not saved")],
    ),
}


CUT = {"mesh": False}


def cut(*changed_nodes, **changes):
    return article.evidence(nodes=article.nodes(*changed_nodes, **CUT), **changes)


def again(name, prefix, owner, by):
    """A node that has a prefix from the mesh by another node than its owner, which is the next hop."""
    path = article.path(prefix, owner, "mesh", protocol=article.mesh_name(by), neighbor=by)
    return article.plus(article.without(article.node(name), prefix, "mesh"), path)


MESH = {
    "whole": (article.evidence(), []),
    "whole, no reflector any more": (article.evidence(nodes=article.nodes(reflector=False)), []),
    "not back yet": (
        cut(*[article.node(n) for n in ("node-b", "node-c")]),
        [
            (
                "node.mesh_routes",
                "node node-a",
                "fail",
                f"{BORROWED} is missing; {BLOCK_B} is missing; {BLOCK_C} is missing",
            )
        ],
    ),
    "a node does not answer": (
        article.evidence(nodes=article.nodes(silent_node("node-c", "ipv4", NOW, "dead"))),
        [("node.answers", "node node-c", "unknown", "dead")],
    ),
    "a block that another node announces again, out of its kernel": (
        article.evidence(nodes=article.nodes(again("node-a", BLOCK_B, B, C))),
        [("node.mesh_routes", "node node-a", "fail", f"{BLOCK_B} is missing")],
    ),
}
