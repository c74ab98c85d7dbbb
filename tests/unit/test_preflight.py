# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight: each check with a cluster that trips it, in its exact words, and ones that do not."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates, preflight
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.waiting import router_missing
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import FAIL, PASS
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import RouterSession
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import PlannedNode, Session
from tests.helpers import article
from tests.helpers.preflight_cases import HIDDEN, TRIPPED, VXLAN, configured, one_node, peer


def told(changes, wish=None, migration=True):
    """Every finding that did not pass: check, severity, sentence."""
    gate = "preflight" if migration else "preflight_of_a_rollback"
    found = gates.judge(gate, article.cluster(**changes), wish or article.wish())
    return [(f.check, f.severity, f.sentence) for f in found if f.verdict != PASS]


@pytest.mark.parametrize(("changes", "wish", "check", "severity", "sentence"), TRIPPED.values(), ids=TRIPPED)
def test_tripped(changes, wish, check, severity, sentence):
    assert told(changes, wish) == [(check, severity, sentence)]


# case: what is other
FINE = {
    "the article": {},
    "no configuration yet": {"configuration": None},
    "our peer is there": peer(),
    "mesh off, peer there": {**configured(asNumber=64512, nodeToNodeMeshEnabled=False), **peer()},
    "peer for another router": peer("tor", "192.168.1.254", 65000),
    "peer by selector": peer("in-cluster", "", None),
    "the nodes have the cluster's AS written down": one_node(asn=64512),
    "aggregated API server": {"api_mode": "A"},
    "IPIP": {"pools": (replace(VXLAN, encapsulation="ipip", kernel="bird"),)},
    "one pool of two not announced": {
        "pools": (*article.cluster().pools, replace(HIDDEN, name="two", cidr="10.245.0.0/16"))
    },
}


@pytest.mark.parametrize("changes", FINE.values(), ids=FINE)
def test_fine(changes):
    assert told(changes) == []


def test_no_node_at_all():
    assert told({"nodes": ()}) == [
        (
            "nodes.any",
            "error",
            "cluster lab: expected at least one node with an IPv4 address, found 0 nodes, none "
            "of them usable. "
            "Check the kubeconfig's context and the nodes",
        )
    ]


def test_no_usable_node():
    found = told({"nodes": (article.kube_node("node-b", address=""),)})
    assert [(check, severity) for check, severity, _sentence in found] == [
        ("nodes.any", "error"),
        ("nodes.left_out", "warning"),
    ]


def test_without_the_api_nothing_else_is_asked():
    found = gates.judge("preflight", article.cluster(api_mode="C"), article.wish())
    assert [f.check for f in found] == ["api.mode"]


NOT_FOR_A_ROLLBACK = {
    "mesh off, no peer": configured(asNumber=64512, nodeToNodeMeshEnabled=False),
    "rollout": {"rollout": "1 of 3 calico-node pods updated"},
    "dual-stack node": one_node(address6="2001:db8::11"),
    "second peer": peer("theirs"),
}


@pytest.mark.parametrize("changes", NOT_FOR_A_ROLLBACK.values(), ids=NOT_FOR_A_ROLLBACK)
def test_the_way_back_asks_less(changes):
    assert told(changes, migration=False) == []


def test_a_healthy_cluster_passes_by_findings():
    findings = gates.judge("preflight", article.cluster(), article.wish())
    assert weigh.passed(findings)
    assert len(findings) > 20


APPROVED = {
    # approved identity and parts, the sentences of what did not pass
    "the same": (lambda plan: (plan.identity, plan.parts), []),
    "its first digits": (lambda plan: (plan.identity[:12], {}), []),
    "too few digits": (
        lambda plan: (plan.identity[:4], {}),
        ["cluster lab: expected the approved plan {old:.4}, found plan {now:.12}. "],
    ),
    "another": (
        lambda plan: ("0123456789abcdef", {**plan.parts, "nodes": "", "prefixes": ""}),
        [
            "cluster lab: expected the approved plan 0123456789ab, found plan {now:.12}, "
            "which differs in nodes, prefixes. "
        ],
    ),
}


@pytest.mark.parametrize(("approved", "sentences"), APPROVED.values(), ids=APPROVED)
def test_another_plan_than_the_approved_one_is_refused(approved, sentences):
    made = article.planned()
    found = gates.judge("approval", made, *approved(made))
    advice = "See what changed, run the playbook plan again and have its plan approved"
    assert [f.sentence for f in found if f.verdict != PASS] == [
        sentence.format(old=made.identity, now=made.identity) + advice for sentence in sentences
    ]


def test_a_fleet_s_addresses_are_judged_in_no_time():
    """Quadratic, 20,000 nodes take minutes."""
    size = 20_000
    names = [f"n{i}" for i in range(size)]
    fleet = article.cluster(
        nodes=tuple(
            article.kube_node(name, str(ipaddress.ip_address("10.0.0.0") + at // 2))
            for at, name in enumerate(names)
        )
    )
    begin = time.process_time()
    found = list(preflight.node_addresses(fleet, article.wish()))
    assert time.process_time() - begin < 5
    assert len(found) == size // 2
    assert {f.verdict for f in found} == {FAIL}
    assert found[0].actual == "n0, n1"


def test_a_fleet_is_waited_for_in_no_time():
    size = 5_000
    addresses = {f"n{i}": str(ipaddress.ip_address("10.0.0.0") + i) for i in range(size)}
    nodes = tuple(PlannedNode(name, {"ipv4": address}, ()) for name, address in addresses.items())
    sessions = tuple(
        Session(n.name, "rr1", "ipv4", n.addresses["ipv4"], article.REFLECTOR, "p") for n in nodes
    )
    rows = tuple(RouterSession("ipv4", a, 64512, "Established", 1, 300) for a in addresses.values())
    made = article.planned(nodes=nodes, sessions=sessions)
    begin = time.process_time()
    assert router_missing(made, article.router(sessions=rows[1:])).startswith("4999 of 5000 sessions")
    assert time.process_time() - begin < 3
