# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two nodes on one switch, with a pod of each way on both: Calico's data path, and BIRD between them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from lab.agent.render import render
from lab.evaluate.paths import IPV4, IPV6, Way, network, underlay
from lab.kubeseed import affinity_object, node_object, pool_object
from lab.namespaces import Place
from lab.network import mac, port
from lab.node import Node
from lab.programs import Programs
from lab.state import LabError

CONVERGENCE = 30.0
POLL = 0.05
#: Calico's host side of every pod: this hardware address, and for IPv6 the link-local address out of it.
HOST_SIDE = "ee:ee:ee:ee:ee:ee"
POD_GATEWAY6 = "fe80::ecee:eeff:feee:eeee"
BLOCK_SIZE = 26
#: Tunnels bring packets from where no route leads back.
NO_FILTER = "for dev in all eth0; do echo 0 > /proc/sys/net/ipv4/conf/$dev/rp_filter; done\n"


class Bench:
    """The two nodes with their pods."""

    def __init__(self, ways: Sequence[Way], programs: Programs) -> None:
        self._ways, self._ip = tuple(ways), str(programs.ip)
        self._network = network(self._ways)
        self._switch = Place("switch", ip=programs.ip)
        self._nodes = tuple(Node(node, self._network, programs) for node in self._network.nodes)
        self._pods6 = {
            (way.name, index): Place(f"{node.name}/{way.name}", ip=programs.ip)
            for index, node in enumerate(self._nodes)
            for way in self._ways
            if way.family == IPV6
        }

    @property
    def places(self) -> tuple[Place, Place]:
        """The nodes' own namespaces."""
        first, second = self._nodes
        return first.place, second.place

    def pod(self, way: Way, node: int) -> Place:
        """The pod of the way on the node (0 or 1)."""
        if way.family == IPV4:
            return self._nodes[node].pods[way.name]
        return self._pods6[way.name, node]

    def forget_mtu(self, way: Way) -> None:
        """Have the first pod forget what it was told of the path's MTU."""
        family = ["-4"] if way.family == IPV4 else ["-6"]
        self.pod(way, 0).run(self._ip, *family, "route", "flush", "cache", mounts=False)

    def build(self) -> None:
        """Namespaces, cables, addresses, routes, and BIRD with a session between the nodes.

        PlaceError when the kernel refuses; LabError when BGP does not converge."""
        for place in (self._switch, *self.places, *self._pods6.values()):
            place.wait_born()
        for node in self._nodes:
            for place in node.pods.values():
                place.wait_born()
        self._switch.ip(["link add br0 type bridge stp_state 0 mcast_snooping 0", "link set br0 up"])
        for index, node in enumerate(self._nodes):
            name, address = port(node.lab.address), mac(node.lab.address)
            cable = f"type veth peer name eth0 address {address} netns {node.place.pid}"
            self._switch.ip([f"link add {name} master br0 {cable}", f"link set {name} up"])
            node.furnish()
            node.connect()
            node.place.shell(NO_FILTER)
            if self._pods6:
                self._connect6(index)
        self._start_bgp()

    def _connect6(self, index: int) -> None:
        """What `Node.connect` does, for IPv6."""
        place = self._nodes[index].place
        place.shell("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n")
        place.ip([f"addr add {underlay(index, IPV6)}/64 dev eth0 nodad"])
        for way in self._ways:
            if way.family == IPV6:
                self._connect_pod6(way, index)

    def _connect_pod6(self, way: Way, index: int) -> None:
        pod, cable = self._pods6[way.name, index], f"cali{way.number}"
        self._nodes[index].place.ip(
            [
                f"link add {cable} address {HOST_SIDE} type veth peer name eth0 netns {pod.pid}",
                f"link set {cable} up",
                f"addr add {POD_GATEWAY6}/64 dev {cable} nodad",
                f"route add {way.pod(index)}/128 dev {cable}",
            ]
        )
        pod.ip(
            [
                "link set lo up",
                "link set eth0 up",
                f"addr add {way.pod(index)}/128 dev eth0 nodad",
                f"route add default via {POD_GATEWAY6} dev eth0",
            ]
        )

    def _start_bgp(self) -> None:
        """The mesh of two, in the form that Calico gives BIRD."""
        mesh = {
            "kind": "BGPConfiguration",
            "metadata": {"name": "default"},
            "spec": {"nodeToNodeMeshEnabled": True, "asNumber": self._network.asn},
        }
        items = [pool_object(self._network.pool, BLOCK_SIZE)]
        for each in self._network.nodes:
            items += [node_object(each, self._network.prefix_length), affinity_object(each)]
        objects = [mesh, *(body for _path, body in items)]
        for node in self._nodes:
            for name, text in render(objects, node.name).items():
                (node.directory / name).write_text(text)
            node.start_bird()
        deadline = time.monotonic() + CONVERGENCE
        while not all(self._has_route(index) for index in (0, 1)):
            if time.monotonic() > deadline:
                raise LabError(f"BGP between the two nodes did not converge within {CONVERGENCE:.0f} s.")
            time.sleep(POLL)

    def _has_route(self, index: int) -> bool:
        return self._network.nodes[1 - index].block in self._nodes[index].kernel_routes()
