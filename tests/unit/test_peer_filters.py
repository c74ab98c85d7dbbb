# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters for lists of peers: what they make, that the plan makes the same, and what they refuse."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.telco.calico_bgp.plugins.module_utils import inventory, peerlists
from ansible_collections.telco.calico_bgp.plugins.module_utils.model import family
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from tests.helpers import article, example_lines
from tests.helpers.article import ADDRESSES, REFLECTOR

PLAIN = [{"name": name, "address": address} for name, address in ADDRESSES.items()]
RR1 = {"name": "rr1", "address": REFLECTOR}
RR2 = {"name": "rr2", "address": "192.168.1.2"}
HOSTVARS = {"inventory_hostname": "rr1", "ansible_host": "127.0.0.1", "cisco_rr_address": REFLECTOR}
NOTE = "projectcalico.org/IPv4Address"


def kube_node(name, address="", ready="True"):
    return {
        "metadata": {"name": name, "annotations": {NOTE: f"{address}/24"} if address else {}},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def call(name, *given, **options):
    module = import_module(f"ansible_collections.telco.calico_bgp.plugins.filter.{name}")
    return module.FilterModule().filters()[name](*given, **options)


@pytest.mark.parametrize("module", [peerlists, inventory, family], ids=lambda module: module.__name__)
def test_doctests(module):
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)


def test_clients_of_kubernetes_nodes_and_who_is_left_out():
    nodes = [
        kube_node("node-b", "192.168.1.11"),
        kube_node("node-a", "192.168.1.10"),
        kube_node("node-c", "192.168.1.12", ready="False"),
        kube_node("node-d"),
    ]
    assert call("bgp_clients", nodes, ["node-b", "node-c"]) == {
        "clients": [
            {"name": "node-a", "family": "ipv4", "address": "192.168.1.10"},
            {"name": "node-b", "family": "ipv4", "address": "192.168.1.11"},
        ],
        "left_out": [
            {"name": "node-c", "reason": "NotReady, and named in calico_bgp_accept_left_out"},
            {"name": "node-d", "reason": f"no IPv4 address (annotation {NOTE})"},
        ],
    }


def test_a_node_that_is_not_ready_is_a_client():
    made = call("bgp_clients", [kube_node("node-c", "192.168.1.12", ready="False")])
    assert (len(made["clients"]), made["left_out"]) == (1, [])


@pytest.mark.parametrize("nodes", [PLAIN, [kube_node(n["name"], n["address"]) for n in PLAIN]])
@pytest.mark.parametrize("reflectors", [[RR1], [HOSTVARS], iter([RR1])], ids=["plain", "hostvars", "lazy"])
def test_sessions_are_those_of_the_plan(nodes, reflectors):
    made = call("bgp_sessions", call("bgp_clients", nodes), list(reflectors) or [RR1])
    assert made == [to_data(session) for session in article.planned().sessions]
    assert peerlists.read_sessions(made) == article.planned().sessions


def test_manifests_are_those_of_the_plan():
    sessions = call("bgp_sessions", PLAIN, [RR1])
    made = call("calico_manifests", sessions, pools=["10.244.0.0/16"])
    assert made[:-1] == [dict(manifest) for manifest in article.planned().objects]
    assert made[-1]["spec"] == {"nodeToNodeMeshEnabled": False, "asNumber": 64512}
    assert call("calico_manifests", sessions, mesh=True)[-1]["spec"]["nodeToNodeMeshEnabled"] is True


def test_each_reflector_has_a_manifest_and_the_mesh_comes_last():
    sessions = call("bgp_sessions", PLAIN, [RR1, RR2], peer_name="rr")
    made = call("calico_manifests", sessions, asn=64513, node_selector="rack == '1'")
    assert [(m["kind"], m["metadata"]["name"], m["spec"].get("peerIP")) for m in made] == [
        ("BGPPeer", "rr", REFLECTOR),
        ("BGPPeer", "rr-rr2", "192.168.1.2"),
        ("BGPConfiguration", "default", None),
    ]
    assert {m["spec"]["asNumber"] for m in made} == {64513}
    assert [m["spec"].get("nodeSelector") for m in made] == ["rack == '1'", "rack == '1'", None]


def test_without_pools_there_is_no_filter():
    made = call("calico_manifests", call("bgp_sessions", PLAIN, [RR1]))
    assert [m["kind"] for m in made] == ["BGPPeer", "BGPConfiguration"]
    assert "filters" not in made[0]["spec"]


HIDDEN = {"cidr": "10.1.0.0/16", "disableBGPExport": True}
POOLS = {
    # pools, the CIDRs that the filter accepts
    "text": (["10.244.0.0/16"], ["10.244.0.0/16"]),
    "objects": (
        [{"metadata": {"name": "p"}, "spec": {"cidr": "10.245.0.0/16", "blockSize": 24}}],
        ["10.245.0.0/16"],
    ),
    "not announced": (
        [
            "10.244.0.0/16",
            {"metadata": {"name": "p"}, "spec": HIDDEN},
        ],
        ["10.244.0.0/16"],
    ),
}


@pytest.mark.parametrize(("pools", "accepted"), POOLS.values(), ids=POOLS)
def test_what_the_filter_lets_in(pools, accepted):
    made = call("calico_manifests", call("bgp_sessions", PLAIN, [RR1]), pools=pools)
    rules = made[0]["spec"]["importV4"]
    assert [rule.get("cidr") for rule in rules] == [*accepted, "0.0.0.0/0"]
    assert rules[-1] == {"action": "Reject", "matchOperator": "In", "cidr": "0.0.0.0/0"}


SESSIONS = [to_data(session) for session in article.planned().sessions]


def test_lines_are_those_that_a_fresh_router_gets():
    made = call(
        "ios_bgp_lines",
        SESSIONS,
        cluster="prod",
        pools=["10.244.0.0/16"],
        cluster_id=1,
        timers={"keepalive": 10, "hold": "30"},
    )
    assert made == example_lines.FRESH.splitlines()


def test_lines_of_one_of_two_reflectors():
    sessions = call("bgp_sessions", PLAIN, [RR1, RR2])
    made = call("ios_bgp_lines", sessions, cluster="lab", reflector="rr2", peer_group="RR")
    assert made == call("ios_bgp_lines", SESSIONS, cluster="lab", peer_group="RR")
    assert "neighbor 192.168.1.12 peer-group RR" in made
    assert not [line for line in made if "prefix-list" in line], "without pools nothing is filtered"


COUNTS = {
    "numbers": (1000, 2, 499500, 2000),
    "lists": (["a", "b", "c"], ["rr1"], 3, 3),
    "one": (1, 1, 0, 1),
    "none": (0, 1, 0, 0),
}


@pytest.mark.parametrize(("nodes", "reflectors", "mesh", "reflected"), COUNTS.values(), ids=COUNTS)
def test_counts(nodes, reflectors, mesh, reflected):
    assert call("mesh_session_count", nodes) == mesh
    assert call("reflector_session_count", nodes, reflectors) == reflected


REFUSED = {
    # filter, what is given, the end of the sentence
    "no nodes": ("bgp_clients", ([],), "nodes: the list is empty; look where it comes from"),
    "a whole result": (
        "bgp_clients",
        ({"resources": [], "changed": False},),
        "nodes: this is a whole result of kubernetes.core.k8s_info; give its resources",
    ),
    "text": ("bgp_clients", ("node-a",), "nodes: expected a list of records, got str"),
    "names alone": ("bgp_clients", (["node-a"],), "nodes: expected records, got 'node-a'"),
    "no address": ("bgp_clients", ([{"name": "a"}],), "node {'name': 'a'}: it has no address"),
    "a prefix": (
        "bgp_clients",
        ([{"name": "a", "address": "192.0.2.1/24"}],),
        "node a: '192.0.2.1/24' is no address",
    ),
    "IPv6": (
        "bgp_clients",
        ([{"name": "a", "address": "fd00::1"}],),
        "node a: fd00::1 is IPv6, which is not supported yet",
    ),
    "a spoilt annotation": (
        "bgp_clients",
        ([kube_node("a", "192.0.2.300")],),
        "'192.0.2.300/24' does not appear to be an IPv4 or IPv6 interface",
    ),
    "a name twice": (
        "bgp_clients",
        ([PLAIN[0], {**PLAIN[1], "name": "node-a"}],),
        "node node-a: it is there twice; each must be one of its own",
    ),
    "an address twice": (
        "bgp_clients",
        ([PLAIN[0], {**PLAIN[1], "address": "192.168.1.10"}],),
        "address 192.168.1.10: it is there twice; each must be one of its own",
    ),
    "everybody is left out": (
        "bgp_sessions",
        ({"clients": [], "left_out": [{"name": "a", "reason": "NotReady"}]}, [RR1]),
        "clients: the list is empty; look where it comes from",
    ),
    "no reflector": ("bgp_sessions", (PLAIN, []), "reflectors: the list is empty; look where it comes from"),
    "a reflector twice": (
        "bgp_sessions",
        (PLAIN, [RR1, {**RR2, "address": REFLECTOR}]),
        "address 192.168.1.1: it is there twice; each must be one of its own",
    ),
    "a reflector with a node's address": (
        "bgp_sessions",
        (PLAIN, [{"name": "rr1", "address": "192.168.1.10"}]),
        "address 192.168.1.10: it is there twice; each must be one of its own",
    ),
    "a reflector by name": (
        "bgp_sessions",
        (PLAIN, [{"inventory_hostname": "rr1", "ansible_host": "rr1.example.net"}]),
        "reflector rr1: 'rr1.example.net' is no address",
    ),
    "no sessions": ("calico_manifests", ([],), "sessions: the list is empty; look where it comes from"),
    "clients for sessions": (
        "calico_manifests",
        (PLAIN,),
        "session {'name': 'node-a', 'address': '192.168.1.10'}: it has no node",
    ),
    "lines for two at once": (
        "ios_bgp_lines",
        ([*SESSIONS, {**SESSIONS[0], "reflector": "rr2"}], "lab"),
        "reflector: the sessions are with rr1, rr2; say whose lines are wanted",
    ),
    "lines of nobody": (
        "ios_bgp_lines",
        (SESSIONS, "lab", "rr9"),
        "reflector: no session is with rr9; there are rr1",
    ),
    "a pool of IPv6": (
        "calico_manifests",
        (SESSIONS, ["10.244.0.0/16", "fd00::/64"]),
        "pools: fd00::/64 is IPv6, which is not supported yet",
    ),
    "pools that BGP does not announce": (
        "calico_manifests",
        (SESSIONS, [{"metadata": {"name": "p"}, "spec": HIDDEN}]),
        "pools: BGP announces none of them (disableBGPExport); leave pools out for no filter",
    ),
    "less than nothing": ("mesh_session_count", (-1,), "nodes: expected a number or a list, got -1"),
    "a word": ("mesh_session_count", ("3",), "nodes: expected a number or a list, got '3'"),
}


OPTIONS = {
    "a name that is none": (
        {"timer": 3},
        "ios_bgp_lines: options: there is no timer; there are peer_group",
    ),
    "a password": ({"password": "s3cret"}, "ios_bgp_lines: options: there is no password; "),
    "a value that cannot be": ({"timers": {"hold": "soon"}}, "ios_bgp_lines: invalid literal for int"),
    "values that cannot be": (
        {"timers": {"keepalive": 30, "hold": 10}},
        "ios_bgp_lines: Timers 30/10: keepalive must be shorter than hold",
    ),
}


@pytest.mark.parametrize(("options", "sentence"), OPTIONS.values(), ids=OPTIONS)
def test_an_option_that_cannot_be_is_named(options, sentence):
    with pytest.raises(AnsibleFilterError) as caught:
        call("ios_bgp_lines", SESSIONS, cluster="lab", **options)
    assert str(caught.value).startswith(sentence)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("name", "given", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(name, given, sentence):
    named = {"ios_bgp_lines": ("cluster", "reflector"), "calico_manifests": ("pools",)}.get(name, ())
    options = dict(zip(named, given[1:], strict=False))
    with pytest.raises(AnsibleFilterError) as caught:
        call(name, *given[: 1 if options else None], **options)
    assert str(caught.value).startswith(f"{name}: ")
    assert str(caught.value).endswith(sentence)
