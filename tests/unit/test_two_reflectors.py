# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two reflectors, and two families: sessions drive everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import plan, report
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates, waiting, watch
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.cluster import unchanged
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Block, Peer, Pool
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import IPV4, IPV6
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Session, plan_from
from ansible_collections.telco.calico_bgp.plugins.module_utils.peerlists import LINE_OPTIONS
from tests.helpers import article, article_details
from tests.helpers.article import ADDRESSES, BLOCKS, REFLECTOR
from tests.helpers.article_details import SECOND

NAME = "peer-to-external-rr"
FURTHER = f"{NAME}-rr2"
RR1 = article.reflector("rr1", REFLECTOR)
RR2 = article.reflector("rr2", SECOND, password=True)
BOTH = article.wish(reflectors=(RR1, RR2))
A, B, C = ADDRESSES.values()


def build(wish=BOTH, **changes):
    return plan.build(article.cluster(**changes), wish)


def seen(*changed, hosts=("rr1", "rr2"), **changes):
    """Evidence of two reflectors in which some nodes say otherwise."""
    nodes = article.by_name(*(article_details.node(name, *hosts) for name in ADDRESSES), *changed)
    return article_details.evidence("rr1", "rr2", **{"nodes": nodes, **changes})


def blocking(gate, evidence):
    return [(f.check, f.subject) for f in weigh.blocking(gates.judge(gate, evidence))]


def test_a_session_is_node_reflector_and_peer():
    made = build()
    assert made.sessions == tuple(
        Session(node, reflector, "ipv4", address, reflector_address, peer)
        for node, address in ADDRESSES.items()
        for reflector, reflector_address, peer in (("rr1", REFLECTOR, NAME), ("rr2", SECOND, FURTHER))
    )
    assert [s.reflector for s in made.sessions_of("node-b", "ipv4")] == ["rr1", "rr2"]
    assert [s.node for s in made.sessions_with("rr2")] == list(ADDRESSES)
    assert plan_from(to_data(made)) == made


def test_each_reflector_has_its_own_peer_and_all_share_one_filter():
    made = build()
    assert [(o["kind"], o["metadata"]["name"], o["spec"].get("peerIP")) for o in made.objects] == [
        ("BGPFilter", NAME, None),
        ("BGPPeer", NAME, REFLECTOR),
        ("BGPPeer", FURTHER, SECOND),
    ]
    assert [o["spec"].get("filters") for o in made.objects] == [None, [NAME], [NAME]]


def test_a_password_belongs_to_a_reflectors_sessions():
    made = build()
    secrets = {o["metadata"]["name"]: o["spec"].get("password") for o in made.objects[1:]}
    assert secrets == {
        NAME: None,
        FURTHER: {"secretKeyRef": {"name": f"{FURTHER}-password", "key": "password"}},
    }


def test_a_rollback_takes_every_peer_away_before_what_they_refer_to():
    assert [(o["kind"], o["metadata"]["name"]) for o in build().surplus] == [
        ("BGPPeer", NAME),
        ("BGPPeer", FURTHER),
        ("BGPFilter", NAME),
    ]


def live(name, address):
    return Peer(name, address, 64512, {"peerIP": address, "asNumber": 64512}, "1")


NAMES = {
    # BGPPeers that are there, the names of the plan
    "none": ((), [NAME, FURTHER]),
    "the first one's": ((live(NAME, REFLECTOR),), [NAME, FURTHER]),
    "the second one has the planned name": ((live(NAME, SECOND),), [f"{NAME}-rr1", NAME]),
    "both, the other way round": ((live(NAME, SECOND), live(FURTHER, REFLECTOR)), [f"{NAME}-rr1", NAME]),
    "the second one has its own": ((live(FURTHER, SECOND),), [NAME, FURTHER]),
    "the first one has a further name": ((live(f"{NAME}-rr1", REFLECTOR),), [f"{NAME}-rr1", NAME]),
    "a name that only begins like ours": ((live(f"{NAME}-edge", REFLECTOR),), [NAME, FURTHER]),
    "the same beside the planned one": (
        (live(f"{NAME}-edge", REFLECTOR), live(NAME, REFLECTOR)),
        [NAME, FURTHER],
    ),
    "one by another's hand": ((live("theirs", SECOND),), [NAME, FURTHER]),
}


@pytest.mark.parametrize(("peers", "names"), NAMES.values(), ids=NAMES)
def test_a_peer_that_leads_to_a_reflector_and_is_ours_keeps_its_name(peers, names):
    made = build(peers=peers)
    assert [made.sessions_with(host)[0].peer for host in ("rr1", "rr2")] == names
    assert [o["metadata"]["name"] for o in made.objects if o["kind"] == "BGPPeer"] == names


def test_the_second_reflector_does_not_touch_the_first_ones_objects():
    alone, both = build(article.wish(reflectors=(RR1,))), build()
    assert both.objects[:2] == alone.objects


def test_a_hosts_name_becomes_one_that_kubernetes_takes():
    made = build(article.wish(reflectors=(RR1, article.reflector("RR_2.Example", SECOND))))
    assert made.sessions_with("RR_2.Example")[0].peer == f"{NAME}-rr-2.example"


def test_two_hosts_whose_names_become_one_have_two_peers():
    third = article.reflector("RR_2", "192.168.1.3")
    made = build(article.wish(reflectors=(RR1, RR2, third, article.reflector("rr-2", "192.168.1.4"))))
    assert [made.sessions_with(host)[0].peer for host in ("rr2", "RR_2", "rr-2")] == [
        FURTHER,
        f"{NAME}-rr-2-192.168.1.3",
        f"{NAME}-rr-2-192.168.1.4",
    ]


def test_a_peer_of_another_hand_is_refused_and_not_taken_over():
    theirs = live(f"{NAME}-edge", REFLECTOR)
    found = gates.judge("preflight", article.cluster(peers=(theirs,)), article.wish())
    assert "peers.duplicate" in [f.check for f in weigh.blocking(found)]


def test_the_preflight_lets_two_pass():
    assert weigh.passed(gates.judge("preflight", article.cluster(), BOTH))


def test_a_router_gets_the_clients_of_its_own_sessions():
    made = build()
    some = replace(
        made, sessions=tuple(s for s in made.sessions if (s.node, s.reflector) != ("node-b", "rr2"))
    )
    clients = {
        host: [c.node for c in ios_bgp_reflector.wanted(some, host, LINE_OPTIONS).clients]
        for host in ("rr1", "rr2")
    }
    assert clients == {"rr1": ["node-a", "node-b", "node-c"], "rr2": ["node-a", "node-c"]}


def test_the_gate_opens_when_every_session_of_both_is_proved():
    evidence = seen()
    assert blocking("after_cut", evidence) == []
    asked = [f.subject for f in gates.judge("after_cut", evidence) if f.check == "node.routes"]
    assert asked == [f"node {n}, route reflector {r}" for n in ADDRESSES for r in ("rr1", "rr2")]


LACKING = article.without(article_details.node("node-c", "rr1", "rr2"), BLOCKS["node-a"])
SHUT = {
    "a block comes from neither": (
        seen(LACKING),
        [("node.routes", f"node node-c, route reflector {r}") for r in ("rr1", "rr2")],
    ),
    "the second one has no row of a node": (
        seen(
            routers={
                "rr1": article_details.router("rr1"),
                "rr2": article_details.router("rr2", sessions=(article.row("node-a"), article.row("node-b"))),
            }
        ),
        [("router.session", f"route reflector rr2, node node-c ({C})")],
    ),
    "the second one was not asked": (
        seen(routers={"rr1": article_details.router("rr1")}),
        [("router.answers", "route reflector rr2")],
    ),
}


@pytest.mark.parametrize(("evidence", "expected"), SHUT.values(), ids=SHUT)
def test_the_gate_stays_shut_for_either(evidence, expected):
    assert blocking("after_cut", evidence) == expected


ONE_DOWN = article_details.node("node-c", "rr1")
SHUT_DOWN = article_details.router(
    "rr2", sessions=tuple(article.row(name, state="Idle (Admin)", prefixes=None) for name in ADDRESSES)
)


def warned(gate, evidence):
    return [
        (f.check, f.subject, f.actual)
        for f in gates.judge(gate, evidence)
        if f.severity == "warning" and f.verdict != "pass"
    ]


def test_before_the_cut_every_session_of_every_reflector_is_wanted():
    found = blocking("cut", seen(ONE_DOWN))
    assert ("node.session", "node node-c, route reflector rr2") in found
    assert ("node.session", "node node-a, route reflector rr2") in blocking("cut", seen(hosts=("rr1",)))


def test_after_the_cut_a_session_that_a_node_can_spare_is_a_warning():
    one = seen(ONE_DOWN)
    assert blocking("after_cut", one) == []
    assert warned("after_cut", one) == [
        ("reflectors.lost", "route reflector rr2", "1 of 3 sessions down, of node-c")
    ]


def test_after_the_cut_a_dead_reflector_is_a_warning_and_the_last_one_is_not():
    dead = seen(hosts=("rr1",), routers={"rr1": article_details.router("rr1")})
    assert blocking("after_cut", dead) == []
    assert warned("after_cut", dead) == [
        ("reflectors.lost", "route reflector rr2", "3 of 3 sessions down, of node-a, node-b, node-c")
    ]
    assert warned("watch", replace(dead, before=seen().nodes)) == warned("after_cut", dead)
    both = seen(hosts=(), routers={})
    assert ("node.session", "node node-a, route reflector rr1") in blocking("after_cut", both)


def test_a_reflector_that_does_not_answer_while_its_sessions_are_up_is_not_spared():
    silent = seen(routers={"rr1": article_details.router("rr1")})
    assert blocking("after_cut", silent) == [("router.answers", "route reflector rr2")]


def test_where_the_mesh_is_off_a_drained_reflector_is_left_out_with_a_warning():
    drained = seen(hosts=("rr1",), routers={"rr1": article_details.router("rr1"), "rr2": SHUT_DOWN})
    assert blocking("adopted", drained) == []
    assert [found[:2] for found in warned("adopted", drained)] == [
        ("reflectors.drained", "route reflector rr2")
    ]
    assert [found[:2] for found in warned("health", drained) if found[0].startswith("reflectors")] == [
        ("reflectors.drained", "route reflector rr2")
    ]
    assert ("node.session", "node node-a, route reflector rr2") in blocking("cut", drained)


def test_nothing_is_left_out_where_every_reflector_is_shut_down():
    rr1 = replace(SHUT_DOWN, host="rr1")
    none = seen(hosts=(), routers={"rr1": rr1, "rr2": SHUT_DOWN})
    assert ("node.session", "node node-a, route reflector rr1") in blocking("adopted", none)


def test_a_drain_asks_whether_the_others_carry_everything():
    assert blocking("drain", seen(draining="rr2")) == []
    assert blocking("drain", seen(draining="rr9")) == [("reflectors.known", "route reflector rr9")]
    alone = article_details.evidence("rr1", draining="rr1")
    assert blocking("drain", alone) == [("reflectors.known", "route reflector rr1")]
    lacking = article_details.node("node-c", "rr2", "rr1")
    by = "Node_" + REFLECTOR.replace(".", "_")
    without_rr1 = replace(
        lacking, routes=tuple(r for r in lacking.routes if (r.prefix, r.protocol) != (BLOCKS["node-a"], by))
    )
    assert ("reflectors.routes", "node node-c") in blocking("drain", seen(without_rr1, draining="rr2"))
    assert ("node.session", "node node-c, route reflector rr1") in blocking(
        "drain", seen(article_details.node("node-c", "rr2"), draining="rr2")
    )


def test_a_drill_is_refused_where_somebody_drained_a_reflector():
    routers = {"rr1": article_details.router("rr1"), "rr2": SHUT_DOWN}
    drained = seen(hosts=("rr1",), routers=routers)
    assert blocking("drill", drained) == [("reflectors.in_use", "route reflector rr2")]
    assert blocking("drill", seen()) == []


def test_a_node_with_the_drained_reflector_alone_keeps_it_from_being_drained():
    made = seen(draining="rr2")
    sessions = tuple(s for s in made.plan.sessions if (s.node, s.reflector) != ("node-c", "rr1"))
    single = replace(made, plan=replace(made.plan, sessions=sessions))
    assert ("reflectors.others", "node node-c") in blocking("drain", single)


def test_a_rollout_keeps_a_reflector_from_being_drained():
    made = seen(draining="rr2")
    rolling = replace(made, cluster=replace(made.cluster, rollout="2 of 3 pods updated"))
    assert blocking("drain", rolling) == [("cluster.rollout", "DaemonSet calico-node")]
    assert blocking("drain", replace(made, cluster=None))


def test_a_drained_reflector_is_out_of_use_on_both_sides():
    routers = {"rr1": article_details.router("rr1"), "rr2": SHUT_DOWN}
    down = seen(hosts=("rr1",), routers=routers, draining="rr2")
    assert blocking("drained", down) == []
    still = seen(hosts=("rr1",), draining="rr2")
    assert ("reflectors.down", "node node-a, route reflector rr2") in blocking("drained", still)
    assert blocking("undrained", seen()) == []
    assert ("node.session", "node node-a, route reflector rr2") in blocking("undrained", down)


def test_the_trouble_of_one_reflector_ends_no_round_where_every_node_has_another():
    two, one = seen().plan, article_details.evidence("rr1").plan
    gone = article.router(host="rr1", sessions=())
    assert watch.router_alarm(two, gone) == ""
    assert watch.router_loss(two, gone).startswith(f"node-a ({A}) is no such neighbour")
    assert watch.router_alarm(one, gone).startswith(f"node-a ({A}) is no such neighbour")


def test_a_session_between_the_reflectors_is_missed_where_it_is_wanted():
    ids = {"rr1": "1", "rr2": "2"}
    wanted = [replace(r, options={"interconnect": True, "cluster_id": ids[r.host]}) for r in (RR1, RR2)]
    apart = seen(plan=replace(seen().plan, reflectors=tuple(wanted)))
    missing = ("router.interconnect", "route reflector rr1, route reflector rr2", "none")
    assert missing in warned("cut", apart)
    rows = (*article_details.router("rr1").sessions, article.row("node-a", address=SECOND))
    routers = {"rr1": article_details.router("rr1", sessions=rows), "rr2": article_details.router("rr2")}
    assert missing not in warned("cut", replace(apart, routers=routers))
    same = [replace(r, options={"interconnect": True, "cluster_id": "1"}) for r in (RR1, RR2)]
    useless = replace(apart, routers=routers, plan=replace(apart.plan, reflectors=tuple(same)))
    assert missing in warned("cut", useless), "each drops what the other reflects"


def test_two_nodes_that_lose_one_reflector_each_need_a_session_between_them():
    [found] = [f for f in gates.judge("health", seen()) if f.check == "redundancy.split"]
    assert (found.verdict, found.severity) == ("fail", "warning")
    assert found.actual.endswith("the other: 3")
    rows = (*article_details.router("rr1").sessions, article.row("node-a", address=SECOND))
    routers = {"rr1": article_details.router("rr1", sessions=rows), "rr2": article_details.router("rr2")}
    [joined] = [f for f in gates.judge("health", seen(routers=routers)) if f.check == "redundancy.split"]
    assert joined.verdict == "pass"


ZONES = {"node-a": "1", "node-b": "2", "node-c": "2"}


def zoned(**selectors):
    nodes = tuple(article.kube_node(name, labels={"zone": zone}) for name, zone in ZONES.items())
    reflectors = tuple(
        replace(r, node_selector=selectors.get(r.host, "")) for r in (RR1, replace(RR2, password=False))
    )
    return article.cluster(nodes=nodes), article.wish(reflectors=reflectors)


def test_a_reflector_with_a_selector_has_the_sessions_of_its_nodes():
    cluster, wish = zoned(rr1="zone == '1'", rr2="zone in {'2'}")
    made = plan.build(cluster, wish)
    assert [(s.node, s.reflector) for s in made.sessions] == [
        ("node-a", "rr1"),
        ("node-b", "rr2"),
        ("node-c", "rr2"),
    ]
    peers = [o for o in made.objects if o["kind"] == "BGPPeer"]
    assert [o["spec"]["nodeSelector"] for o in peers] == ["zone == '1'", "zone in {'2'}"]


def test_a_selector_that_is_none_refuses_the_wish_by_the_reflectors_name():
    with pytest.raises(ValueError, match="calico_plan_node_selector of rr2: the selector 'zone =' is none"):
        zoned(rr2="zone =")


@pytest.mark.parametrize(
    ("there", "wanted", "written"),
    [
        ("zone == '1' || zone == '2'", "all()", "zone == '1' || zone == '2'"),
        ("", "all()", None),
        ("zone == '1'", "all()", "all()"),
        ("", "zone == '1'", "zone == '1'"),
        ("zone =", "zone == '1'", "zone == '1'"),
    ],
)
def test_a_peer_that_is_there_keeps_its_words_where_they_mean_the_same(there, wanted, written):
    cluster, wish = zoned(rr1=wanted)
    spec = {"peerIP": REFLECTOR, "asNumber": 64512, **({"nodeSelector": there} if there else {})}
    made = plan.build(replace(cluster, peers=(Peer(NAME, REFLECTOR, 64512, spec, "1"),)), wish)
    [first] = [o for o in made.objects if o["metadata"]["name"] == NAME and o["kind"] == "BGPPeer"]
    assert first["spec"].get("nodeSelector") == written


def test_the_peer_of_a_former_reflector_goes_and_another_hands_stays():
    wish = article.wish(reflectors=(RR1,), former=(replace(RR2, password=False),))
    there = (live(NAME, REFLECTOR), live(FURTHER, SECOND), live("theirs", SECOND))
    made = plan.build(article.cluster(peers=there), wish)
    assert [o["metadata"]["name"] for o in made.stale] == [FURTHER]
    assert [s.reflector for s in made.sessions] == ["rr1"] * 3
    assert made.identity == plan.build(article.cluster(peers=there[:1]), wish).identity


def test_a_node_that_keeps_one_of_two_lost_nothing():
    before = seen().nodes
    one_left = article_details.node("node-a", "rr2")
    assert watch.node_loss(seen().plan, one_left, before) == ""
    none_left = article_details.node("node-a")
    assert "none to" in watch.node_loss(seen().plan, none_left, before)


def test_the_loss_of_one_of_two_reflectors_is_no_loss_of_a_node():
    before = seen().nodes
    after = seen(hosts=("rr2",), before=before, routers={"rr2": article_details.router("rr2")})
    assert blocking("watch", after) == []


def test_waiting_counts_the_sessions_of_one_reflector():
    wanted = seen().plan
    assert waiting.router_missing(wanted, article.router(host="rr2")) == ""
    text = waiting.router_missing(wanted, article.router(host="rr2", sessions=(article.row("node-a"),)))
    assert text == f"1 of 3 sessions Established; {B}, {C} silent"
    missing = waiting.node_missing(wanted, article_details.node("node-a", "rr1"), "reflectors")
    assert missing.startswith("waiting for node node-a, route reflector rr2: ")


def test_nobody_waits_for_sessions_that_are_shut_down():
    assert waiting.router_missing(seen().plan, SHUT_DOWN) == ""
    one_up = (article.row("node-a"), *SHUT_DOWN.sessions[1:])
    assert waiting.router_missing(seen().plan, replace(SHUT_DOWN, sessions=one_up)) != ""


def test_after_the_cut_nobody_waits_for_a_reflector_that_the_node_can_spare():
    wanted, one, none = seen().plan, article_details.node("node-a", "rr1"), article_details.node("node-a")
    assert waiting.node_missing(wanted, one, "no_mesh") == ""
    assert waiting.node_missing(wanted, one, "reflectors") != ""
    assert waiting.node_missing(wanted, none, "no_mesh") != ""


def test_the_peers_of_both_are_looked_for_in_the_moment_of_the_cut():
    wanted, old = build(), article.cluster()
    there = (live(NAME, REFLECTOR), live(FURTHER, SECOND))
    for peers, passes in ((there, True), (there[:1], False), ((there[0], live(FURTHER, REFLECTOR)), False)):
        evidence = article.evidence(plan=wanted, planned_on=old, cluster=replace(old, peers=peers))
        (found,) = (f for f in unchanged(evidence) if f.check == "cluster.peers")
        assert (found.verdict == "pass") is passes


def test_the_table_has_a_row_for_each_session():
    story = report.Story(
        playbook="cut",
        outcome="cut",
        message="",
        started=1.0,
        ended=2.0,
        check_mode=False,
        plan=seen().plan,
        plan_path="plan.json",
        mesh_after=False,
        findings={},
        pushes={},
        nodes=seen().nodes,
        routers=seen().routers,
        packets=None,
    )
    rows = [line for line in report.table(story) if line.startswith("node-")]
    assert [row.split()[:4] for row in rows] == [
        [node, f"({address})", host, f"({reflector})"]
        for node, address in ADDRESSES.items()
        for host, reflector in article_details.REFLECTORS.items()
    ]
    assert {row["peer"] for row in report.document(story)["sessions"]} == {NAME, FURTHER}


# The second family: IPv4 alone is used so far, and nothing but model.family.USED says so.


@pytest.fixture
def _both_families(monkeypatch):
    monkeypatch.setattr(plan, "USED", (IPV4, IPV6))


V6 = {"node-a": "2001:db8::10", "node-b": "2001:db8::11", "node-c": "2001:db8::12"}
BLOCK6 = "fd00::/122"


@pytest.mark.usefixtures("_both_families")
def test_a_session_is_of_one_family():
    nodes = tuple(article.kube_node(name, address6=V6[name]) for name in ADDRESSES)
    reflector = replace(RR1, addresses={"ipv4": REFLECTOR, "ipv6": "2001:db8::1"})
    made = build(
        article.wish(reflectors=(reflector,)),
        nodes=nodes,
        pools=(*article.cluster().pools, Pool("six", "fd00::/64", 122, "none", True)),
        blocks=(*article.cluster().blocks, Block(BLOCK6, "node-a")),
    )
    assert made.families == ("ipv4", "ipv6")
    assert {(s.node, s.family, s.node_address, s.peer) for s in made.sessions if s.node == "node-a"} == {
        ("node-a", "ipv4", A, NAME),
        ("node-a", "ipv6", V6["node-a"], f"{NAME}-rr1-ipv6"),
    }
    assert [(p.cidr, p.ge, p.le) for p in made.prefixes] == [
        ("10.244.0.0/16", 26, 32),
        ("fd00::/64", 122, 128),
    ]
    silent = article.evidence(plan=made, nodes={}, routers={}, pushes={})
    subjects = {f.subject for f in gates.judge("returned", silent)}
    assert subjects == {f"node {n} ({family})" for n in ADDRESSES for family in ("IPv4", "IPv6")}


@pytest.mark.usefixtures("_both_families")
def test_the_families_of_a_node_are_proved_apart():
    """IPv6 is proved by bird6's own answer; what bird says of IPv4 does not stand in for it."""
    nodes = tuple(article.kube_node(name, address6=V6[name]) for name in ADDRESSES)
    reflector = replace(RR1, addresses={"ipv4": REFLECTOR, "ipv6": "2001:db8::1"})
    made = build(article.wish(reflectors=(reflector,)), nodes=nodes)
    found = gates.judge("cut", article.evidence(plan=made))
    blocked = weigh.blocking(found)
    assert {f.check for f in blocked} == {"node.answers", "router.session"}
    assert {f.subject for f in blocked if f.check == "node.answers"} == {
        f"node {n} (IPv6)" for n in ADDRESSES
    }
