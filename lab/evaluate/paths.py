# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways between the pods of two nodes, one for each encapsulation and family: pure data."""

from __future__ import annotations

from dataclasses import dataclass

from lab.network import LabNode, LabReflector, Network, Pod

NATIVE, IPIP, VXLAN = "native", "ipip", "vxlan"
IPV4, IPV6 = "ipv4", "ipv6"
#: The Ethernet underlay of the two nodes.
UNDERLAY_MTU = 1500
#: Bytes that each encapsulation puts in front of the pod's packet: RFC 2003; RFC 7348 over IPv4 and IPv6.
OVERHEAD = {(NATIVE, IPV4): 0, (IPIP, IPV4): 20, (VXLAN, IPV4): 50, (NATIVE, IPV6): 0, (VXLAN, IPV6): 70}
FIRST_NODE = 10
NODES = ("node-a", "node-b")


@dataclass(frozen=True)
class Way:
    """One encapsulation in one family. `number` makes its pool, its pods and their interfaces unique."""

    encapsulation: str
    family: str
    number: int

    @property
    def name(self) -> str:
        """For example vxlan-ipv6."""
        return f"{self.encapsulation}-{self.family}"

    @property
    def mtu(self) -> int:
        """What is left of the underlay's MTU, as Calico's documentation says."""
        return UNDERLAY_MTU - OVERHEAD[self.encapsulation, self.family]

    @property
    def length(self) -> int:
        """Prefix length of one address."""
        return 32 if self.family == IPV4 else 128

    def block(self, node: int) -> str:
        """The block of this way's pool that the node (0 or 1) owns: a /26, or a /122 as IPv6 has it."""
        host = FIRST_NODE + node
        return f"10.{243 + self.number}.{host}.0/26" if self.family == IPV4 else f"{self._pool6}:{host}:0/122"

    def gateway(self, node: int) -> str:
        """The address of the node's tunnel device: the first one of its block."""
        host = FIRST_NODE + node
        return f"10.{243 + self.number}.{host}.0" if self.family == IPV4 else f"{self._pool6}:{host}:0"

    def pod(self, node: int) -> str:
        """The address of the pod on the node (0 or 1)."""
        host = FIRST_NODE + node
        return f"10.{243 + self.number}.{host}.1" if self.family == IPV4 else f"{self._pool6}:{host}:1"

    @property
    def _pool6(self) -> str:
        return f"fd00:10:{243 + self.number}:0:0:0"


WAYS = tuple(Way(*pair, number) for number, pair in enumerate(OVERHEAD, 1))


def ways(families: tuple[str, ...]) -> tuple[Way, ...]:
    """All ways of these families."""
    return tuple(way for way in WAYS if way.family in families)


def underlay(node: int, family: str) -> str:
    """The node's (0 or 1) own address."""
    host = FIRST_NODE + node
    return f"192.168.1.{host}" if family == IPV4 else f"fd00:192:168:1::{host}"


def network(chosen: tuple[Way, ...]) -> Network:
    """Two nodes with an IPv4 pod for each way; the native way's pool is the one that BGP announces.

    IPv6 comes on top (`lab.evaluate.nodes`): the rest of the lab speaks IPv4 only."""
    native = WAYS[0]
    return Network(
        nodes=tuple(
            LabNode(
                name,
                underlay(index, IPV4),
                native.block(index),
                tuple(Pod(way.name, way.pod(index)) for way in chosen if way.family == IPV4),
            )
            for index, name in enumerate(NODES)
        ),
        # Proxy ARP answers the pods only where there is a default route; nothing is at its next hop.
        reflectors=(LabReflector("gateway", "192.168.1.1"),),
        pool="10.244.0.0/16",
    )
