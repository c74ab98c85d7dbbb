# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: what is wanted, of whom, and that it does not depend on chance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import plan
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Block, Peer, Pool
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    push_from,
    router_observation_from,
    silent_router,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix, Session, plan_from
from tests.helpers import article
from tests.helpers.article import BLOCKS, REFLECTOR

NAME = "peer-to-external-rr"


def build(wish=None, **changes):
    return plan.build(article.cluster(**changes), wish or article.wish())


def test_the_articles_plan():
    made = build()
    assert [(n.name, n.addresses["ipv4"], n.blocks) for n in made.nodes] == [
        (name, address, (BLOCKS[name],)) for name, address in article.ADDRESSES.items()
    ]
    assert made.sessions == tuple(
        Session(name, "rr1", "ipv4", address, REFLECTOR, NAME) for name, address in article.ADDRESSES.items()
    )
    assert made.prefixes == (Prefix("10.244.0.0/16", 26, 32),)
    assert (made.mesh, made.left_out, made.soak) == (True, {}, 150)
    assert [(o["kind"], o["metadata"]["name"]) for o in made.objects] == [
        ("BGPFilter", NAME),
        ("BGPPeer", NAME),
    ]
    assert made.objects[1]["spec"] == {
        "peerIP": REFLECTOR,
        "asNumber": 64512,
        "filters": [NAME],
        "nodeSelector": "all()",
    }
    assert [(o["kind"], o["metadata"]) for o in made.surplus] == [
        ("BGPPeer", {"name": NAME}),
        ("BGPFilter", {"name": NAME}),
    ]


LEFT_OUT = {
    # change of node-b, reason
    "NotReady, and accepted": ({"ready": False}, "NotReady, and named in calico_bgp_accept_left_out"),
    "no address": ({"address": ""}, "no IPv4 address (annotation projectcalico.org/IPv4Address)"),
    "neither": (
        {"ready": False, "address": ""},
        "no IPv4 address (annotation projectcalico.org/IPv4Address)",
    ),
}
ACCEPTING = article.wish(accept_left_out=("node-b", "node-x"))


@pytest.mark.parametrize(("change", "reason"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_node_is_left_out_and_named(change, reason):
    nodes = tuple(article.kube_node(n, **(change if n == "node-b" else {})) for n in article.ADDRESSES)
    made = build(ACCEPTING, nodes=nodes)
    assert made.left_out == {"node-b": reason}
    assert [n.name for n in made.nodes] == ["node-a", "node-c"]
    assert {s.node for s in made.sessions} == {"node-a", "node-c"}


@pytest.mark.parametrize(
    ("ready", "wish"), [(False, article.wish()), (True, ACCEPTING)], ids=["not accepted", "Ready again"]
)
def test_a_node_with_an_address_is_a_client(ready, wish):
    """NotReady says nothing of its BIRD and its pods."""
    nodes = tuple(article.kube_node(n, ready=ready or n != "node-b") for n in article.ADDRESSES)
    made = build(wish, nodes=nodes)
    assert made.left_out == {}
    assert [s.node for s in made.sessions] == list(article.ADDRESSES)


def pool(cidr, size=26, exported=True):
    return Pool(cidr, cidr, size, "none", exported)


PREFIXES = {
    # pools, services, expected (cidr, ge, le)
    "two pools": (
        [pool("10.244.0.0/16"), pool("10.245.0.0/20", 28)],
        [],
        [("10.244.0.0/16", 26, 32), ("10.245.0.0/20", 28, 32)],
    ),
    "not announced": (
        [pool("10.244.0.0/16"), pool("10.245.0.0/16", exported=False)],
        [],
        [("10.244.0.0/16", 26, 32)],
    ),
    "IPv6": ([pool("10.244.0.0/16"), pool("fd00::/64", 122)], ["fd01::/108"], [("10.244.0.0/16", 26, 32)]),
    "services": (
        [],
        ["10.96.0.0/12", "198.51.100.7/32"],
        [("10.96.0.0/12", 12, 32), ("198.51.100.7/32", 32, 32)],
    ),
    "one block is the pool": ([pool("10.244.0.0/26")], [], [("10.244.0.0/26", 26, 32)]),
}


@pytest.mark.parametrize(("pools", "services", "expected"), PREFIXES.values(), ids=PREFIXES)
def test_prefixes(pools, services, expected):
    made = build(pools=tuple(pools), services=tuple(services))
    assert [(p.cidr, p.ge, p.le) for p in made.prefixes] == expected


def test_blocks_that_nobody_announces_are_not_expected():
    """Of a pool that is not announced, and of one that is gone: Calico's export filter takes pools alone."""
    cidrs = ("10.244.10.0/26", "10.244.20.0/26", "10.245.0.0/26", "10.250.0.0/26", "fd00::/122")
    made = build(
        pools=(pool("10.244.0.0/16"), pool("10.245.0.0/16", exported=False), pool("fd01::/64", 122)),
        blocks=tuple(Block(cidr, "node-a") for cidr in cidrs),
    )
    assert made.nodes[0].blocks == ("10.244.10.0/26", "10.244.20.0/26")


def configured(**spec):
    return {"spec": spec, "annotations": {}, "resourceVersion": "7"}


LIVE = Peer(NAME, REFLECTOR, 64512, {"peerIP": REFLECTOR, "asNumber": 64512}, "11")


def test_objects_that_are_there_keep_what_is_theirs():
    made = build(peers=(LIVE,), filters={NAME: "12"})
    assert [o["metadata"] for o in made.objects] == [
        {"name": NAME, "resourceVersion": "12"},
        {"name": NAME, "resourceVersion": "11"},
    ]
    assert "nodeSelector" not in made.objects[1]["spec"], "another scope would reset every session"


def test_a_missing_configuration_is_made_first_with_the_mesh_on():
    made = build(configuration=None)
    assert made.objects[0]["spec"] == {"nodeToNodeMeshEnabled": True, "asNumber": 64512}
    assert [o["kind"] for o in made.objects] == ["BGPConfiguration", "BGPFilter", "BGPPeer"]


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_the_secret_stays_when_the_peer_goes(wanted, there):
    """An administrator made it, and the account of the playbooks may take none away."""
    live = replace(LIVE, spec={**LIVE.spec, **({"password": {"secretKeyRef": {}}} if there else {})})
    made = build(article.wish(reflectors=(article.reflector(password=wanted),)), peers=(live,))
    assert [o["kind"] for o in made.surplus] == ["BGPPeer", "BGPFilter"]


SAME = {
    "nodes in another order": {"nodes": tuple(article.kube_node(n) for n in reversed(article.ADDRESSES))},
    "the objects are there": {
        "peers": (
            replace(
                LIVE,
                spec={**LIVE.spec, "filters": [NAME], "nodeSelector": "all()"},
            ),
        ),
        "filters": {NAME: "12"},
    },
    "the configuration was not there": {"configuration": None},
    "the mesh is off": {"configuration": configured(nodeToNodeMeshEnabled=False, asNumber=64512)},
    "blocks came and went": {"blocks": (Block("10.244.77.0/26", "node-a"),)},
    "a node that is left out": {
        "nodes": (*article.cluster().nodes, article.kube_node("node-d", ready=False))
    },
}
OTHER = {
    "another node": {
        "nodes": (*article.cluster().nodes, article.kube_node("node-d", address="192.168.1.13"))
    },
    "another address": {
        "nodes": tuple(article.kube_node(n, address=a + "0") for n, a in article.ADDRESSES.items())
    },
    "another pool": {"pools": (pool("10.245.0.0/16"),)},
    "services": {"services": ("10.96.0.0/12",)},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME)
def test_the_identity_is_the_same(changes):
    assert build(**changes).identity == build().identity


@pytest.mark.parametrize("changes", OTHER.values(), ids=OTHER)
def test_the_identity_is_another(changes):
    assert build(**changes).identity != build().identity


def test_the_identity_of_another_wish_is_another():
    assert build(article.wish(reflectors=(article.reflector(password=True),))).identity != build().identity


def test_asking_for_the_identity_changes_nothing():
    made = build(peers=(LIVE,))
    assert made.identity == made.identity
    assert made.objects[1]["metadata"] == {"name": NAME, "resourceVersion": "11"}


def test_without_a_reflector_there_is_nothing_to_write():
    made = build(article.wish(reflectors=()))
    assert (made.sessions, made.objects, made.soak) == ((), (), 0)


def test_the_plan_survives_the_run_directory():
    made = build(services=("10.96.0.0/12",))
    again = plan_from(to_data(made))
    assert again == made
    assert again.identity == made.identity


RECORDS = {
    "router": (article.router(unsaved=("x",)), router_observation_from),
    "silent router": (silent_router("rr1", 1.0, "dead"), router_observation_from),
    "push": (replace(article.push(), commands=("router bgp 64512",)), push_from),
}


@pytest.mark.parametrize(("record", "back"), RECORDS.values(), ids=RECORDS)
def test_an_observation_survives_the_run_directory(record, back):
    assert back(to_data(record)) == record


INSIDE = {
    "whole": ("10.244.0.0/16", True),
    "block": ("10.244.3.0/26", True),
    "wider": ("10.244.0.0/15", False),
    "outside": ("10.243.0.0/26", False),
    "default route": ("0.0.0.0/0", False),
    "IPv6": ("fd00::1/128", True),
    "other IPv6": ("fd01::1/128", False),
}


@pytest.mark.parametrize(("cidr", "expected"), INSIDE.values(), ids=INSIDE)
def test_inside(cidr, expected):
    assert plan.inside(cidr, [plan.network("10.244.0.0/16"), plan.network("fd00::/64")]) is expected


def test_without_a_filter_filters_stay_as_they_are():
    live = replace(LIVE, spec={**LIVE.spec, "filters": ["theirs"]})
    for peers in ((), (live,)):
        made = build(article.wish(filter=False), peers=peers)
        assert [o["kind"] for o in made.objects] == ["BGPPeer"]
        assert "filters" not in made.objects[0]["spec"]
        assert [o["kind"] for o in made.surplus] == ["BGPPeer"]
        assert made.identity != build(peers=peers).identity


def test_readiness_of_a_node_that_stays_out_is_no_part_of_the_identity():
    def away(**changes):
        nodes = tuple(
            article.kube_node(n.name, **(changes if n.name == "node-b" else {}))
            for n in article.cluster().nodes
        )
        return build(ACCEPTING, nodes=tuple(nodes))

    not_ready, no_address = away(ready=False), away(address="")
    assert not_ready.left_out_addresses == {"node-b": {"ipv4": article.ADDRESSES["node-b"]}}
    assert no_address.left_out_addresses == {}
    assert not_ready.identity == no_address.identity
    assert plan_from(to_data(not_ready)) == not_ready
