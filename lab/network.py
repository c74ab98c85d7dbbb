# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a lab: pure data, nothing here touches the system."""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, product

ASN = 64512
POOL = "10.244.0.0/16"
UNDERLAY = ipaddress.ip_network("192.168.1.0/24")
FIRST_NODE = 10
MOST_NODES = 200
MOST_REFLECTORS = FIRST_NODE - 1
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
    """A Kubernetes node: its address on the underlay, the IPAM block it owns (CIDR) and its pods."""

    name: str
    address: str
    block: str
    pods: tuple[Pod, ...]


@dataclass(frozen=True)
class LabReflector:
    """A route reflector: its name and its address on the underlay."""

    name: str
    address: str


@dataclass(frozen=True)
class Network:
    """One cluster with its reflectors on one underlay of `prefix_length`."""

    nodes: tuple[LabNode, ...]
    reflectors: tuple[LabReflector, ...]
    asn: int = ASN
    pool: str = POOL
    prefix_length: int = UNDERLAY.prefixlen

    @property
    def gateway(self) -> str:
        """The nodes' default gateway: the first reflector, as in the article."""
        return self.reflectors[0].address

    def members(self) -> Iterator[LabNode | LabReflector]:
        """Everything with an address on the underlay, reflectors first."""
        yield from self.reflectors
        yield from self.nodes

    def pods(self) -> Iterator[tuple[LabNode, Pod]]:
        """Every pod with the node it runs on."""
        for node in self.nodes:
            for pod in node.pods:
                yield node, pod


def article(nodes: int = 3, reflectors: int = 1) -> Network:
    """The article's network, grown or shrunk: node-a.. from 192.168.1.10 and rr1.. from 192.168.1.1, AS
    64512.

    Each node owns one /26 and runs one pod of it; the second node also runs a pod whose address it borrowed
    from the first node's block, so that it announces a /32. ValueError when the underlay has no room."""
    if not 2 <= nodes <= MOST_NODES:
        raise ValueError(f"a lab has 2 to {MOST_NODES} nodes, not {nodes}")
    if not 1 <= reflectors <= MOST_REFLECTORS:
        raise ValueError(f"a lab has 1 to {MOST_REFLECTORS} route reflectors, not {reflectors}")
    names = node_names()
    made = tuple(_node(index, next(names)) for index in range(nodes))
    routers = tuple(LabReflector(f"rr{number}", str(UNDERLAY[number])) for number in range(1, reflectors + 1))
    return Network(made, routers)


def node_names() -> Iterator[str]:
    """node-a, node-b .. node-z, node-aa, node-ab .."""
    for length in count(1):
        for letters in product(string.ascii_lowercase, repeat=length):
            yield "node-" + "".join(letters)


def mac(address: str) -> str:
    """The hardware address the lab gives the interface with this IPv4 address."""
    return "02:00:" + ":".join(f"{byte:02x}" for byte in ipaddress.IPv4Address(address).packed)


def _node(index: int, name: str) -> LabNode:
    pods = [Pod("web-1", str(_block(index)[1]))]
    if index == 1:
        pods.append(Pod("web-2", str(_block(0)[2])))
    return LabNode(name, str(UNDERLAY[FIRST_NODE + index]), str(_block(index)), tuple(pods))


def _block(index: int) -> ipaddress.IPv4Network:
    """The block of the node with this index: 10.244.10.0/26 for 192.168.1.10, and so on."""
    third = ipaddress.ip_network(POOL)[256 * (FIRST_NODE + index)]
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
