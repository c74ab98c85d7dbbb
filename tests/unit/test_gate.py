# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates: a healthy network opens each, and each fault shuts it with exactly the findings that name it."""

from __future__ import annotations

from dataclasses import replace

import article
import pytest
from article import BLOCKS, BORROWED, NOW, REFLECTOR

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import towards
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.nodes import node_routes
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import FAIL, UNKNOWN
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    NodeObservation,
    silent_node,
    silent_router,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix

A, B, C = article.ADDRESSES.values()
BLOCK_A, BLOCK_B, BLOCK_C = BLOCKS.values()
SERVICES = "10.96.0.0/12"
ON_RR = "node {}, route reflector rr1"
FROM_RR = "route reflector rr1, node {} ({})"


def blocking(findings):
    return [(f.check, f.subject, f.verdict, f.actual) for f in weigh.blocking(findings)]


def test_a_healthy_network_opens_the_gate():
    findings = gates.judge("cut", article.evidence())
    assert blocking(findings) == []
    assert weigh.passed(findings)
    asked = {f.check: sum(g.check == f.check for g in findings) for f in findings}
    assert asked == {
        "plan.nodes": 1,
        "plan.reflectors": 1,
        "node.answers": 3,
        "node.session": 3,
        "node.routes": 3,
        "node.kernel": 3,
        "node.originator": 3,
        "node.imports": 3,
        "router.answers": 1,
        "router.session": 3,
        "router.prefixes": 3,
        "router.settled": 1,
        "router.saved": 1,
    }


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
        replace(r, **what) if r.prefix == prefix and r.protocol.startswith("Node_") else r
        for r in observation.routes
    )
    return article.evidence(nodes=article.nodes(replace(observation, routes=tuple(routes))))


def of_router(**what):
    return article.evidence(routers={"rr1": article.router(**what)})


def of_row(name, **what):
    rows = (article.row(n, **(what if n == name else {})) for n in article.ADDRESSES)
    return of_router(sessions=tuple(rows))


def reflector_protocol(*protocols):
    mesh = tuple(p for p in article.node("node-a").protocols if p.name.startswith("Mesh_"))
    return changed("node-a", protocols=(*mesh, *protocols))


def hidden_everywhere(prefix):
    """The owner announces it, and no other node has it, from nowhere."""
    seen = [article.without(article.node(name), prefix) for name in ("node-a", "node-c")]
    return article.evidence(nodes=article.nodes(*seen))


NOTHING = article.evidence(plan=article.planned(()), nodes={})


# case: evidence, what keeps the gate shut: (check, subject, verdict, actual)
SHUT = {
    "no node in the plan": (NOTHING, [("plan.nodes", "cluster lab", "fail", "none")]),
    "no reflector in the plan": (
        article.evidence(plan=article.planned(reflectors=())),
        [("plan.reflectors", "cluster lab", "fail", "none")],
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
        instead("node-a", BLOCK_B, kind="unreachable", gateway=""),
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
        with_routes("node-a", replace(article.path(BLOCK_B, B, "mesh"), kernel_error=True)),
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
    "not saved, and nobody says what": (
        of_router(saved=False),
        [("router.saved", "route reflector rr1", "fail", "not saved")],
    ),
}


@pytest.mark.parametrize(("evidence", "expected"), SHUT.values(), ids=SHUT)
def test_the_gate_stays_shut(evidence, expected):
    assert blocking(gates.judge("cut", evidence)) == expected


def routed_by_hash(originator):
    """CALICO_ROUTER_ID=hash: node-b's router id is no address of it."""
    seen = [replace(article.node("node-b"), router_id="77.1.2.3")]
    for name in ("node-a", "node-c"):
        observation = article.node(name)
        routes = (replace(r, originator=originator) if r.originator == B else r for r in observation.routes)
        seen.append(replace(observation, routes=tuple(routes)))
    return article.evidence(nodes=article.nodes(*seen))


def with_services(reflected_by):
    """Every node announces the service addresses; the reflector passes on one of the three."""
    seen = []
    for name, address in article.ADDRESSES.items():
        others = [other for other in article.ADDRESSES.values() if other != address]
        routes = [article.local(SERVICES), *(article.path(SERVICES, other, "mesh") for other in others)]
        if address != reflected_by:
            routes.append(article.path(SERVICES, reflected_by, "rr"))
        seen.append(article.plus(article.node(name), *routes))
    wanted = article.planned()
    wanted = replace(wanted, prefixes=(*wanted.prefixes, Prefix(SERVICES, 12, 32)))
    return article.evidence(plan=wanted, nodes=article.nodes(*seen))


def one_node(**changes):
    observation = NodeObservation(
        "node-a",
        "ipv4",
        NOW,
        True,
        "",
        A,
        "",
        (article.protocol("Node_192_168_1_1", REFLECTOR),),
        (article.local(BLOCK_A),),
    )
    rows = (article.row("node-a"),)
    return article.evidence(
        plan=article.planned(("node-a",)),
        nodes={"node-a": replace(observation, **changes)},
        routers={"rr1": article.router(sessions=rows)},
    )


def blocks_only_on(name):
    """Two nodes; a control plane without pods has no block."""
    wanted = article.planned(("node-a", "node-b"))
    plain = tuple(n if n.name == name else replace(n, blocks=()) for n in wanted.nodes)
    owner = replace(article.node(name), routes=(article.local(BLOCKS[name]),))
    other = "node-b" if name == "node-a" else "node-a"
    address = article.ADDRESSES[name]
    paths = (article.path(BLOCKS[name], address, "mesh"), article.path(BLOCKS[name], address, "rr"))
    return article.evidence(
        plan=replace(wanted, nodes=plain),
        nodes={name: owner, other: replace(article.node(other), routes=paths)},
    )


def two_protocols(first, second):
    """A peer by two names for the same address, as a change of scope leaves them for a moment."""
    mesh = [p for p in article.node("node-a").protocols if p.name.startswith("Mesh_")]
    return changed(
        "node-a",
        protocols=(
            *mesh,
            article.protocol("Global_192_168_1_1_port_179", REFLECTOR, first),
            article.protocol("Node_192_168_1_1", REFLECTOR, second),
        ),
    )


OPEN = {
    "router id by hash": routed_by_hash("77.1.2.3"),
    "services announced by all, the reflector prefers one": with_services(B),
    "services announced by all, the reflector prefers another": with_services(A),
    "one node with a block": one_node(),
    "only one node has blocks": blocks_only_on("node-a"),
    "a Global_ protocol down beside the Node_ one": two_protocols("Down", "Established"),
    "released block: its owner does not announce it": article.evidence(
        nodes={n: article.without(article.node(n), BLOCK_C) for n in article.ADDRESSES}
    ),
    "next hop over a gateway": instead("node-a", BLOCK_B, gateway="192.168.1.254"),
    "two paths from the reflector, one of them right": with_routes(
        "node-a", article.path(BLOCK_B, C, "rr", originator=C)
    ),
    "hold time longer than a minute": replace(
        of_row("node-a", uptime=60),
        plan=article.planned(reflectors=(article.reflector(hold=180),)),
    ),
    "block of one address without a pod": replace(
        of_row("node-a", prefixes=1),
        plan=article.planned(
            nodes=tuple(
                replace(n, blocks=(*n.blocks, "10.244.200.1/32") if n.name == "node-a" else n.blocks)
                for n in article.planned().nodes
            )
        ),
    ),
}


@pytest.mark.parametrize("evidence", OPEN.values(), ids=OPEN)
def test_the_gate_opens(evidence):
    assert blocking(gates.judge("cut", evidence)) == []


def test_a_router_id_by_hash_still_names_the_owner():
    wrong = (f"{BLOCK_B} from {B}", f"{BORROWED} from {B}")
    found = weigh.blocking(gates.judge("cut", routed_by_hash(B)))
    assert [(f.check, f.subject) for f in found] == [
        ("node.originator", ON_RR.format(n)) for n in ("node-a", "node-c")
    ]
    assert all(sorted(f.actual.split("; ")) == sorted(wrong) for f in found)


def test_zero_routes_are_a_failure_where_there_are_others():
    bare = {
        n: replace(o, routes=tuple(r for r in o.routes if r.protocol == "static1"))
        for n, o in article.nodes().items()
    }
    without_blocks = article.planned(nodes=tuple(replace(n, blocks=()) for n in article.planned().nodes))
    found = weigh.blocking(gates.judge("cut", article.evidence(plan=without_blocks, nodes=bare)))
    assert [(f.check, f.expected, f.actual) for f in found] == [
        ("node.routes", "at least one route", "0 routes")
    ] * 3


def test_many_faults_are_counted():
    observation = replace(article.node("node-a"), protocols=(), routes=())
    blocks = tuple(f"10.244.{i}.0/26" for i in range(100, 108))
    nodes = tuple(replace(n, blocks=blocks) if n.name == "node-b" else n for n in article.planned().nodes)
    evidence = article.evidence(plan=article.planned(nodes=nodes), nodes={"node-a": observation})
    actual = next(f.actual for f in node_routes(evidence))
    assert actual.endswith("10.244.104.0/26 is missing and 4 more")


PUSHED = {
    # outcome, whether the gate behind the push opens
    "unchanged": True,
    "applied": True,
    "planned": True,
    "refused": False,
    "reverted": False,
    "partial": False,
    "lost": False,
}


@pytest.mark.parametrize(("outcome", "opens"), PUSHED.items(), ids=PUSHED)
def test_the_push(outcome, opens):
    findings = tuple(gates.judge("push", article.evidence(pushes={"rr1": article.push(outcome, "why")})))
    assert weigh.passed(findings) is opens
    assert findings[0].actual == f"{outcome}: why"
    assert findings[0].severity == ("warning" if opens else "error")


def test_without_a_filter_other_routes_are_a_warning():
    seen = with_routes("node-a", article.path("0.0.0.0/0", REFLECTOR, "rr", originator=""))
    unfiltered = article.planned(objects=())
    findings = tuple(gates.judge("cut", replace(seen, plan=unfiltered)))
    assert weigh.passed(findings)
    assert [(f.subject, f.severity, f.actual) for f in findings if f.verdict == FAIL] == [
        (ON_RR.format("node-a"), "warning", "0.0.0.0/0")
    ]


ADOPTED = {
    # evidence, (verdict, what was found, a word of the advice) of node-a; nothing where it passed
    "only the pools": (article.evidence(), None),
    "a default route of the mesh": (
        with_routes("node-a", article.path("0.0.0.0/0", B, "mesh")),
        None,
    ),
    "a default route": (
        with_routes("node-a", article.path("0.0.0.0/0", REFLECTOR, "rr", originator="")),
        ("fail", "0.0.0.0/0", "calico_plan_filter: false and cisco_rr_prefix_list: ''"),
    ),
    "no host": (article.evidence(nodes={}), ("unknown", "not asked", "calico_nodes")),
}


@pytest.mark.parametrize(("evidence", "expected"), ADOPTED.values(), ids=ADOPTED)
def test_what_adopting_would_take_from_a_node(evidence, expected):
    findings = gates.judge("adoption", evidence)
    assert len(findings) == 3
    assert weigh.passed(findings) is (expected is None)
    if expected:
        verdict, found, word = expected
        assert (findings[0].subject, findings[0].verdict) == (ON_RR.format("node-a"), verdict)
        assert found in findings[0].actual
        assert word in findings[0].advice


def test_a_push_that_nobody_recorded():
    assert [f.actual for f in gates.judge("push", article.evidence(pushes={}))] == ["no push recorded"]


CUT = {"mesh": False}


def cut(*changed_nodes, **changes):
    return article.evidence(nodes=article.nodes(*changed_nodes, **CUT), **changes)


def test_after_the_cut():
    assert blocking(gates.judge("after_cut", cut())) == []
    assert blocking(gates.judge("after_cut", article.evidence()))[0] == (
        "node.mesh_gone",
        "node node-a",
        "fail",
        f"{article.mesh_name(B)}, {article.mesh_name(C)}",
    )


def test_a_wrong_next_hop_after_the_cut_is_wrong():
    """With the mesh off the plan knows whose block it is; the reflector alone would always be right."""
    observation = article.node("node-a", mesh=False)
    routes = (replace(r, next_hop=C, originator=C) if r.prefix == BLOCK_B else r for r in observation.routes)
    wrong = cut(replace(observation, routes=tuple(routes)))
    assert blocking(gates.judge("after_cut", wrong)) == [
        ("node.routes", ON_RR.format("node-a"), "fail", f"{BLOCK_B} has next hop {C} instead of {B}")
    ]


def test_a_prefix_that_only_the_reflector_has_needs_the_mesh_before_a_rollback():
    """A pod that was made after the cut."""
    pod = "10.244.10.9/32"
    both = article.nodes(article.plus(article.node("node-a"), article.path(pod, B, "rr")))
    found = blocking(gates.judge("mesh", article.evidence(nodes=both)))
    assert found == [("node.mesh_routes", "node node-a", "fail", f"{pod} is missing")]


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
}


@pytest.mark.parametrize(("evidence", "expected"), MESH.values(), ids=MESH)
def test_the_mesh_before_a_rollback(evidence, expected):
    assert blocking(gates.judge("mesh", evidence)) == expected


def test_no_node_proves_no_mesh():
    assert gates.judge("mesh", NOTHING) == ()
    assert not weigh.passed(gates.judge("mesh", NOTHING))


def test_after_a_rollback_the_peers_are_gone():
    gone = article.evidence(nodes=article.nodes(reflector=False))
    assert blocking(gates.judge("after_rollback", gone)) == []
    left = {f.subject: f.actual for f in weigh.blocking(gates.judge("after_rollback", article.evidence()))}
    assert left == {f"node {n}": "Node_192_168_1_1" for n in article.ADDRESSES}


def test_a_mesh_protocol_for_the_reflectors_address_is_none_of_the_reflectors():
    observation = replace(
        article.node("node-a"), protocols=(article.protocol("Mesh_192_168_1_1", REFLECTOR),)
    )
    assert towards(observation, REFLECTOR) == []


COMMON = {
    "no finding": ((), False, "no finding at all, which proves nothing"),
    "passed": ((weigh.finding("c", "s", True, "e", "a", "do"),), True, ""),
    "failed": ((weigh.finding("c", "s", False, "e", "a", "do"),), False, "s: expected e, found a. do"),
    "warning only": ((weigh.finding("c", "s", False, "e", "a", "do", severity="warning"),), True, ""),
    "unknown": (
        (weigh.finding("c", "s", False, "e", "a", "", otherwise=UNKNOWN),),
        False,
        "s: expected e, found a",
    ),
}


@pytest.mark.parametrize(("findings", "passed", "sentence"), COMMON.values(), ids=COMMON)
def test_what_findings_amount_to(findings, passed, sentence):
    assert weigh.passed(findings) is passed
    assert weigh.sentence(findings) == sentence


def test_only_the_first_of_many_findings_is_told():
    findings = tuple(weigh.finding("c", f"s{i}", False, "e", "a", "") for i in range(9))
    told = weigh.sentence(findings)
    assert told.startswith("s0: expected e, found a")
    assert "9 of 9 checks did not pass" in told
    assert "s1" not in told
