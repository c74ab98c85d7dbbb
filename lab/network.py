# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a lab: pure data, nothing here touches the system."""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Any

from lab.agent.forms import NEWEST

ASN = 64512
POOLS = ("10.244.0.0/16", "172.31.0.0/16")
POOL = POOLS[0]
UNDERLAY = ipaddress.ip_network("192.168.1.0/24")
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
FIRST_NODE = 10
MOST_NODES = 200
# Wider, the underlay would swallow the loopback and the pods' gateway.
SHORTEST_UNDERLAY = 8
MOST_REFLECTORS = FIRST_NODE - 1
ZONE_LABEL = "topology.kubernetes.io/zone"
UPSTREAM, UPSTREAM_ASN = "up1", 65010
BLOCK_LENGTH = 26
# The kernel's neighbour table is one for all namespaces (gc_thresh3): a full mesh of more nodes overflows it.
MOST_NODES_BY_ARP = 16


@dataclass(frozen=True)
class Pod:
    """A pod: its name and its address, without a length."""

    name: str
    address: str


@dataclass(frozen=True)
class LabNode:
    """A Kubernetes node: its address on the underlay, the IPAM block it owns (CIDR), its pods, and its zone
    ("" for none)."""

    name: str
    address: str
    block: str
    pods: tuple[Pod, ...]
    zone: str = ""


@dataclass(frozen=True)
class LabReflector:
    """A route reflector: its name, its address on the underlay, and the zone it serves ("" for all)."""

    name: str
    address: str
    zone: str = ""


@dataclass(frozen=True)
class LabUpstream:
    """A router beyond the reflectors, no client of theirs: its name, its address on the underlay, its AS."""

    name: str
    address: str
    asn: int


@dataclass(frozen=True)
class Network:
    """One cluster with its reflectors on one underlay of `prefix_length`; `calico` is a key of FORMS."""

    nodes: tuple[LabNode, ...]
    reflectors: tuple[LabReflector, ...]
    asn: int = ASN
    pool: str = POOL
    prefix_length: int = UNDERLAY.prefixlen
    calico: str = NEWEST
    upstreams: tuple[LabUpstream, ...] = ()

    @property
    def gateway(self) -> str:
        """The nodes' default gateway: the first reflector, as in the article."""
        return self.reflectors[0].address

    def members(self) -> Iterator[LabNode | LabReflector | LabUpstream]:
        """Everything with an address on the underlay, reflectors first."""
        yield from self.reflectors
        yield from self.upstreams
        yield from self.nodes

    def pods(self) -> Iterator[tuple[LabNode, Pod]]:
        """Every pod with the node it runs on."""
        for node in self.nodes:
            for pod in node.pods:
                yield node, pod


def network_from(data: Mapping[str, Any]) -> Network:
    """The network out of its plain data (`dataclasses.asdict`)."""
    nodes = tuple(
        LabNode(**{**node, "pods": tuple(Pod(**pod) for pod in node["pods"])}) for node in data["nodes"]
    )
    reflectors = tuple(LabReflector(**each) for each in data["reflectors"])
    upstreams = tuple(LabUpstream(**each) for each in data["upstreams"])
    return Network(**{**data, "nodes": nodes, "reflectors": reflectors, "upstreams": upstreams})


def article(nodes: int = 3, reflectors: int = 1, *, zones: int = 0, upstream: bool = False) -> Network:
    """The article's network, grown or shrunk: node-a.. from 192.168.1.10 and rr1.. from 192.168.1.1, AS
    64512.

    Each node owns one /26 and runs one pod of it; the second node also runs a pod whose address it borrowed
    from the first node's block, so that it announces a /32. With `zones` the nodes are in zone-1, zone-2 ..
    in turn, and the reflectors too where they are as many as zones or a multiple. `upstream`: whether there
    is up1, 192.168.1.254. ValueError when the underlay has no room, or a zone no node."""
    if not 2 <= nodes <= MOST_NODES:
        raise ValueError(f"a lab has 2 to {MOST_NODES} nodes, not {nodes}")
    if not 1 <= reflectors <= MOST_REFLECTORS:
        raise ValueError(f"a lab has 1 to {MOST_REFLECTORS} route reflectors, not {reflectors}")
    if zones and not 2 <= zones <= nodes:
        raise ValueError(f"a lab of {nodes} nodes has 2 to {nodes} zones, not {zones}")
    names = node_names()
    made = tuple(
        replace(
            _node(index, next(names), str(UNDERLAY[FIRST_NODE + index]), POOL),
            zone=_zone(index, zones),
        )
        for index in range(nodes)
    )
    served = zones if zones and reflectors % zones == 0 else 0
    routers = tuple(
        LabReflector(f"rr{index + 1}", str(UNDERLAY[index + 1]), _zone(index, served))
        for index in range(reflectors)
    )
    beyond = (LabUpstream(UPSTREAM, str(UNDERLAY[-2]), UPSTREAM_ASN),) if upstream else ()
    return Network(made, routers, upstreams=beyond)


def _zone(index: int, zones: int) -> str:
    return f"zone-{index % zones + 1}" if zones else ""


def spread(
    nodes: Sequence[tuple[str, str | None]], reflectors: Sequence[LabReflector], asn: int = ASN
) -> Network:
    """A network of given names and addresses, on the smallest underlay that holds them all.

    A node without an address gets a free one of that underlay. Pods as in `article`. ValueError says what
    does not fit."""
    if not 2 <= len(nodes) <= MOST_NODES:
        raise ValueError(f"a lab has 2 to {MOST_NODES} nodes, not {len(nodes)}")
    if not reflectors:
        raise ValueError("there is no route reflector")
    given = [each.address for each in reflectors] + [address for _name, address in nodes if address]
    local = [address for address in given if ipaddress.IPv4Address(address) in LOOPBACK]
    if local:
        raise ValueError(f"{local[0]} is a loopback address, and no machine's on a network")
    twice = sorted({address for address in given if given.count(address) > 1})
    if twice:
        raise ValueError(f"address {twice[0]} is given twice")
    underlay = _underlay([ipaddress.IPv4Address(address) for address in given], len(nodes) + len(reflectors))
    free = (str(address) for address in underlay.hosts() if str(address) not in given)
    pool = next(pool for pool in POOLS if not ipaddress.IPv4Network(pool).overlaps(underlay))
    made = tuple(
        _node(index, name, address or next(free), pool) for index, (name, address) in enumerate(nodes)
    )
    return Network(made, tuple(reflectors), asn, pool, underlay.prefixlen)


def _underlay(addresses: Sequence[ipaddress.IPv4Address], members: int) -> ipaddress.IPv4Network:
    """The smallest network in which all addresses are hosts, with room for `members`."""
    for length in range(30, SHORTEST_UNDERLAY - 1, -1):
        network = ipaddress.IPv4Network((int(addresses[0]), length), strict=False)
        edges = (network.network_address, network.broadcast_address)
        if network.num_addresses - len(edges) >= members and all(
            address in network and address not in edges for address in addresses
        ):
            return network
    raise ValueError("the addresses lie too far apart for one underlay: " + ", ".join(map(str, addresses)))


def node_names() -> Iterator[str]:
    """node-a, node-b .. node-z, node-aa, node-ab .."""
    for length in count(1):
        for letters in product(string.ascii_lowercase, repeat=length):
            yield "node-" + "".join(letters)


def port(address: str) -> str:
    """Name of the switch's port for the machine with this address; a machine's own name may be too long."""
    return f"p{int(ipaddress.IPv4Address(address)):08x}"


def mac(address: str) -> str:
    """The hardware address the lab gives the interface with this IPv4 address."""
    return "02:00:" + ":".join(f"{byte:02x}" for byte in ipaddress.IPv4Address(address).packed)


def _node(index: int, name: str, address: str, pool: str) -> LabNode:
    pods = [Pod("web-1", str(_block(pool, index)[1]))]
    if index == 1:
        pods.append(Pod("web-2", str(_block(pool, 0)[2])))
    return LabNode(name, address, str(_block(pool, index)), tuple(pods))


def _block(pool: str, index: int) -> ipaddress.IPv4Network:
    """The block of the node with this index: 10.244.10.0/26 for the first, and so on."""
    third = ipaddress.ip_network(pool)[256 * (FIRST_NODE + index)]
    return ipaddress.IPv4Network((int(third), BLOCK_LENGTH))


def routes_to_learn(network: Network, node: LabNode) -> frozenset[str]:
    """What BGP must bring to `node`: the other nodes' blocks, and a /32 for each of their borrowed
    addresses."""
    others = [other for other in network.nodes if other.name != node.name]
    borrowed = {
        f"{pod.address}/32"
        for other in others
        for pod in other.pods
        if ipaddress.ip_address(pod.address) not in ipaddress.ip_network(other.block)
    }
    return frozenset({other.block for other in others} | borrowed)
