# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's addresses."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict
from itertools import islice

import pytest

from lab.agent import values
from lab.network import MOST_NODES, LabUpstream, article, mac, network_from, node_names, routes_to_learn
from lab.node import static_neighbours


def test_the_articles_network() -> None:
    network = article()
    assert [(node.name, node.address) for node in network.nodes] == [
        ("node-a", "192.168.1.10"),
        ("node-b", "192.168.1.11"),
        ("node-c", "192.168.1.12"),
    ]
    assert [(each.name, each.address) for each in network.reflectors] == [("rr1", "192.168.1.1")]
    assert (network.asn, network.pool, network.gateway) == (64512, "10.244.0.0/16", "192.168.1.1")
    assert [len(node.pods) for node in network.nodes] == [1, 2, 1]


def test_borrowed_address_is_learnt_as_a_host_route() -> None:
    first, second, third = article().nodes
    borrowed = second.pods[1].address
    assert ipaddress.ip_address(borrowed) in ipaddress.ip_network(first.block)
    assert routes_to_learn(article(), first) == {second.block, third.block, f"{borrowed}/32"}
    assert routes_to_learn(article(), second) == {first.block, third.block}


def test_largest_network_has_no_address_twice() -> None:
    network = article(MOST_NODES, 9)
    addresses = [member.address for member in network.members()] + [
        pod.address for _node, pod in network.pods()
    ]
    assert len(set(addresses)) == len(addresses) == 2 * MOST_NODES + 9 + 1
    pool = ipaddress.ip_network(network.pool)
    blocks = [ipaddress.ip_network(node.block) for node in network.nodes]
    assert all(block.subnet_of(pool) for block in blocks)  # type: ignore[arg-type]
    assert len(set(blocks)) == MOST_NODES


@pytest.mark.parametrize(("nodes", "reflectors"), [(1, 1), (201, 1), (3, 0), (3, 10)])
def test_networks_without_room_are_refused(nodes: int, reflectors: int) -> None:
    with pytest.raises(ValueError, match=r"a lab has \d+ to \d+"):
        article(nodes, reflectors)


def test_names_go_on_after_z() -> None:
    assert list(islice(node_names(), 25, 28)) == ["node-z", "node-aa", "node-ab"]


def test_hardware_address() -> None:
    assert mac("192.168.1.10") == "02:00:c0:a8:01:0a"


def test_neighbours_are_static_in_large_networks_only() -> None:
    assert static_neighbours(article(), "192.168.1.10") == []
    lines = static_neighbours(article(50), "192.168.1.10")
    assert len(lines) == 50
    assert "neigh add 192.168.1.11 lladdr 02:00:c0:a8:01:0b nud permanent dev eth0" in lines


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("1m30s", 90), ("1h", 3600), ("1.5s", 2), ("400ms", 0)]
)
def test_duration(text: str, seconds: int) -> None:
    assert values.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "s", "10 s", "1d"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        values.seconds(text)


@pytest.mark.parametrize(
    ("value", "number"), [(64512, 64512), ("64512", 64512), ("1.10", 65546), (4200000001, 4200000001)]
)
def test_as_number(value: object, number: int) -> None:
    assert values.as_number(value) == number


@pytest.mark.parametrize("value", [True, -1, 2**32, "1.x", "", "x", "1.", None])
def test_no_as_number(value: object) -> None:
    with pytest.raises(ValueError, match="is not an AS number"):
        values.as_number(value)


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 0),
        ("192.0.2.1:179", "192.0.2.1", 179),
        ("2001:DB8::1", "2001:db8::1", 0),
        ("[2001:db8::1]:179", "2001:db8::1", 179),
    ],
)
def test_peer_address(text: str, address: str, port: int) -> None:
    assert values.split_port(text) == (address, port)


def test_zones_go_by_turns() -> None:
    network = article(5, 4, zones=2)
    assert [node.zone for node in network.nodes] == ["zone-1", "zone-2", "zone-1", "zone-2", "zone-1"]
    assert [each.zone for each in network.reflectors] == ["zone-1", "zone-2", "zone-1", "zone-2"]
    assert {each.zone for each in article(5, 3, zones=2).reflectors} == {""}
    assert {each.zone for each in article(5, 2).members() if not isinstance(each, LabUpstream)} == {""}


@pytest.mark.parametrize("zones", [1, 4, -1])
def test_a_zone_without_a_node_is_refused(zones: int) -> None:
    with pytest.raises(ValueError, match="a lab of 3 nodes has 2 to 3 zones"):
        article(3, zones=zones)


def test_the_upstream_is_a_member_with_an_address_of_its_own() -> None:
    network = article(MOST_NODES, 9, upstream=True)
    addresses = [member.address for member in network.members()]
    assert len(set(addresses)) == len(addresses) == MOST_NODES + 9 + 1
    assert network_from(asdict(network)) == network
