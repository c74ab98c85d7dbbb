# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates: a healthy network opens each, and each fault shuts it with exactly the findings that name it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import towards
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.nodes import node_routes
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import FAIL, UNKNOWN
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    NodeObservation,
    NodeRoute,
    NodeRoutes,
    silent_router,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from tests.helpers import article
from tests.helpers.article import BLOCKS, BORROWED, NOW, REFLECTOR
from tests.helpers.gate_cases import (
    BLOCK_A,
    BLOCK_B,
    BLOCK_C,
    MESH,
    NOTHING,
    ON_RR,
    SHUT,
    A,
    B,
    C,
    changed,
    cut,
    instead,
    of_row,
    with_routes,
)

SERVICES = "10.96.0.0/12"


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
        "plan.sessions": 1,
        "node.answers": 3,
        "node.session": 3,
        "node.routes": 3,
        "node.kernel": 3,
        "node.local_pref": 3,
        "node.originator": 3,
        "node.imports": 3,
        "router.answers": 1,
        "router.session": 3,
        "router.prefixes": 3,
        "router.settled": 1,
        "router.saved": 1,
        "node.left_out": 1,
        "cluster.filter": 1,
    }


@pytest.mark.parametrize(("evidence", "expected"), SHUT.values(), ids=SHUT)
def test_the_gate_stays_shut(evidence, expected):
    assert blocking(gates.judge("cut", evidence)) == expected


def routed_by_hash(originator):
    """CALICO_ROUTER_ID=hash: node-b's router id is no address of it."""
    seen = [replace(article.node("node-b"), router_id="77.1.2.3")]
    for name in ("node-a", "node-c"):
        observation = article.node(name)
        routes = (r._replace(originator=originator) if r.originator == B else r for r in observation.routes)
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


def test_the_proof_of_the_kernel_names_what_it_does_not_prove():
    wanted = article.planned()
    theirs = Prefix("10.245.0.0/16", 26, 32, "felix")
    evidence = article.evidence(plan=replace(wanted, prefixes=(*wanted.prefixes, theirs)))
    told = {f.actual for f in gates.judge("cut", evidence) if f.check == "node.kernel"}
    assert told == {
        "every route in the kernel but those of 10.245.0.0/16, which Felix writes and nobody looked at"
    }


def test_a_route_that_another_node_announces_out_of_its_kernel_names_the_cure():
    stolen = instead("node-a", BLOCK_B, originator=C)
    theirs = tuple(replace(prefix, kernel="felix") for prefix in stolen.plan.prefixes)
    found = weigh.blocking(gates.judge("cut", replace(stolen, plan=replace(stolen.plan, prefixes=theirs))))
    assert [(f.check, f.actual) for f in found] == [("node.originator", f"{BLOCK_B} from {C}")]
    assert "exportV4 rejects the interface of the host's network" in found[0].advice


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


CONNECTED = tuple(NodeRoute(address, "192.168.1.0/24", "connected") for address in (A, B, C))
REACHED = {
    # what the router says, whether the gate before the push opens
    "every node is connected": (article.router(node_routes=NodeRoutes(CONNECTED)), True),
    "one without a route": (
        article.router(node_routes=NodeRoutes((NodeRoute(A, "", ""), *CONNECTED[1:]))),
        False,
    ),
    "only default routes": (
        article.router(node_routes=NodeRoutes((NodeRoute(A, "0.0.0.0/0", "static"), *CONNECTED[1:]))),
        True,
    ),
    "it does not have the command": (
        article.router(node_routes=NodeRoutes((), 3, ("no such command",))),
        True,
    ),
    "no answer": (silent_router("rr1", NOW, "it runs NX-OS"), False),
}


@pytest.mark.parametrize(("seen", "opens"), REACHED.values(), ids=REACHED)
def test_the_way_to_the_nodes(seen, opens):
    findings = gates.judge("reach", article.evidence(routers={"rr1": seen}))
    assert weigh.passed(findings) is opens
    assert bool(blocking(findings)) is not opens


def test_a_router_without_the_command_is_said_to_be_unknown():
    seen = REACHED["it does not have the command"][0]
    findings = gates.judge("reach", article.evidence(routers={"rr1": seen}))
    assert [(f.check, f.verdict) for f in findings] == [
        ("router.answers", "pass"),
        ("router.node_routes", UNKNOWN),
    ]


def test_a_push_that_nobody_recorded():
    assert [f.actual for f in gates.judge("push", article.evidence(pushes={}))] == ["no push recorded"]


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
    routes = (r._replace(next_hop=C, originator=C) if r.prefix == BLOCK_B else r for r in observation.routes)
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
