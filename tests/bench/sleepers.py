# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large cluster that sleeps: its objects in the real API server, and what each node's birdcl would print.

The text is that of BIRD 1.6.8 in the lab, line by line (tests/unit/data/bird-mesh-and-reflector.txt). Nodes
share most of what they say; times differ between a few kinds of nodes, as nodes have met the reflector at
different times.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lab.kubeapi import WORKERS, KubeApi, seed
from lab.kubelet import Asleep, Kubelet
from lab.kubeseed import affinity_object
from lab.network import LabNode, LabReflector, Network
from lab.programs import find

POOL = "10.128.0.0/9"
REFLECTORS = ("10.0.0.1", "10.0.0.2")
#: Images that a kubelet reports (nodeStatusMaxImages).
IMAGES = 50
#: Nodes that were last set up anew at the same time.
KINDS = 20
STATUS, PROTOCOLS, ROUTES = "show status", "show protocols all", "show route all"
Span = tuple[int, int]

_STATUS = """\
1000-BIRD 1.6.8
1011-Router ID is {address}
     Current server time is 2026-11-24 17:24:00
     Last reboot on 2026-11-24 17:17:28
     Last reconfiguration on 2026-11-24 17:23:32
0013 Daemon is up and running
"""
_OTHER_PROTOCOLS = """\
2002-name     proto    table    state  since       info
1002-static1  Static   master   up     17:17:28   \x20
1006-  Preference:     200
       Input filter:   ACCEPT
       Output filter:  REJECT
       Routes:         1 imported, 0 exported, 1 preferred
    \x20
1002-kernel1  Kernel   master   up     17:17:28   \x20
1006-  Preference:     10
       Input filter:   ACCEPT
       Output filter:  calico_kernel_programming
       Routes:         2 imported, 4 exported, 2 preferred
    \x20
"""
_BGP_PROTOCOL = """\
1002-{name} BGP      master   up     {time}    Established  \x20
1006-  Description:    Connection to BGP peer
       Preference:     100
       Input filter:   (unnamed)
       Output filter:  (unnamed)
       Routes:         2 imported, 1 exported, 2 preferred
       Route change stats:     received   rejected   filtered    ignored   accepted
         Import updates:              2          0          0          0          2
         Import withdraws:            0          0        ---          0          0
         Export updates:             11          7          3        ---          1
         Export withdraws:            0        ---        ---        ---          0
       BGP state:          Established
         Neighbor address: {address}
         Neighbor AS:      64512
         Neighbor ID:      {address}
         Neighbor caps:    refresh enhanced-refresh restart-able AS4
         Session:          internal multihop AS4
         Source address:   10.0.1.0
         Hold timer:       {left}/9
         Keepalive timer:  1/3
    \x20
"""
_OWN_ROUTE = "1007-{prefix:<18} blackhole [static1 17:17:28] * (200)\n1008-\tType: static unicast univ\n"
_MESH_ROUTE = """\
1007-{prefix:<18} via {owner} on eth0 [{mesh} {time}] * (100/0) [i]
1008-\tType: BGP unicast univ
1012-\tBGP.origin: IGP
     \tBGP.as_path:\x20
     \tBGP.next_hop: {owner}
     \tBGP.local_pref: 2147482623
"""
_REFLECTED_ROUTE = """\
1007-{prefix:<18} via {owner} on eth0 [{name} {time} from {reflector}]{best} (100/0) [i]
1008-\tType: BGP unicast univ
1012-\tBGP.origin: IGP
     \tBGP.as_path:\x20
     \tBGP.next_hop: {owner}
     \tBGP.med: 0
     \tBGP.local_pref: 2147482623
     \tBGP.originator_id: {owner}
     \tBGP.cluster_list: 0.0.0.1
"""


@dataclass(frozen=True)
class Sleeper:
    """A node: its name, its address, and the blocks that it announces."""

    name: str
    address: str
    blocks: tuple[str, ...]

    @property
    def mesh(self) -> str:
        """The name of its sessions in the mesh."""
        return "Mesh_" + self.address.replace(".", "_")


def sleepers(nodes: int, routes: int) -> list[Sleeper]:
    """So many nodes with so many blocks between them, one each at the least."""
    first, block = ipaddress.IPv4Address("10.0.1.0"), int(ipaddress.IPv4Address("10.128.0.0"))
    shares = [range(number, max(routes, nodes), nodes) for number in range(nodes)]
    return [
        Sleeper(
            f"node-{number:05}",
            str(first + number),
            tuple(f"{ipaddress.IPv4Address(block + 64 * each)}/26" for each in shares[number]),
        )
        for number in range(nodes)
    ]


class Text:
    """The file in which all lies that somebody says."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, text: str) -> Span:
        """Where it lies."""
        data = text.encode()
        self._parts.append(data)
        self._size += len(data)
        return self._size - len(data), self._size

    def write(self, path: Path) -> None:
        """Keep it."""
        path.write_bytes(b"".join(self._parts))


class Shared:
    """What all nodes of one kind say in the same words, but each without its own part of it."""

    def __init__(self, text: Text, parts: Iterator[tuple[str, str]]) -> None:
        self._of: dict[str, Span] = {}
        for node, part in parts:
            self._of[node] = text.add(part)
        spans = list(self._of.values())
        self._begin, self._end = (spans[0][0], spans[-1][1]) if spans else (0, 0)

    def without(self, node: str) -> list[Span]:
        """Everything but this node's part."""
        if node not in self._of:
            return [(self._begin, self._end)]
        begin, end = self._of[node]
        return [(self._begin, begin), (end, self._end)]


def asleep(
    nodes: Sequence[Sleeper], reflectors: Sequence[str], text: Text, *, mesh: bool
) -> dict[str, Asleep]:
    """What each node says, healthy, with the mesh on or off.

    When it lost its routes, its sessions are the same, and there is none of the others' routes.
    """
    shuffled = random.Random(1).sample(nodes, len(nodes))
    times = [f"17:{18 + kind}:{7 * kind % 60:02}" for kind in range(KINDS)]
    others = text.add(_OTHER_PROTOCOLS)
    protocols = [Shared(text, _mesh_protocols(shuffled if mesh else (), time)) for time in times]
    sessions = [
        text.add("".join(_protocol(_name(each), each, time, 7) for each in reflectors)) for time in times
    ]
    routes = [Shared(text, _routes(shuffled, reflectors, time, mesh=mesh)) for time in times]
    made = {}
    for number, node in enumerate(nodes):
        kind = number % KINDS
        own = text.add("".join(_OWN_ROUTE.format(prefix=block) for block in node.blocks))
        said = {
            STATUS: [text.add(_STATUS.format(address=node.address))],
            PROTOCOLS: [others, *(protocols[kind].without(node.name) if mesh else ()), sessions[kind]],
            ROUTES: [own, *routes[kind].without(node.name)],
        }
        made[node.name] = Asleep(said, {ROUTES: [own]})
    return made


def _name(reflector: str) -> str:
    return "Node_" + reflector.replace(".", "_")


def _protocol(name: str, address: str, time: str, left: int) -> str:
    return _BGP_PROTOCOL.format(name=name, address=address, time=time, left=left)


def _mesh_protocols(nodes: Sequence[Sleeper], time: str) -> Iterator[tuple[str, str]]:
    for node in nodes:
        yield node.name, _protocol(node.mesh, node.address, time, 8)


def _routes(
    nodes: Sequence[Sleeper], reflectors: Sequence[str], time: str, *, mesh: bool
) -> Iterator[tuple[str, str]]:
    for node in nodes:
        lines = []
        for block in node.blocks:
            mark, prefix = " *", block
            if mesh:
                lines.append(_MESH_ROUTE.format(prefix=block, owner=node.address, mesh=node.mesh, time=time))
                mark, prefix = "", ""
            for each in reflectors:
                lines.append(
                    _REFLECTED_ROUTE.format(
                        prefix=prefix,
                        owner=node.address,
                        name=_name(each),
                        reflector=each,
                        time=time,
                        best=mark,
                    )
                )
                mark, prefix = "", ""
        yield node.name, "".join(lines)


class Cluster:
    """The API server with the objects of a cluster that sleeps, and the kubelets behind it."""

    def __init__(
        self, directory: Path, nodes: Sequence[Sleeper], reflectors: Sequence[str], *, mesh: bool
    ) -> None:
        self._nodes, self._reflectors, self._mesh = nodes, reflectors, mesh
        programs = find()
        self.api = KubeApi(directory / "kube", programs)
        self.kubelet = Kubelet(programs.kubelet, self.api.directory)

    def start(self) -> None:
        """Start; it ends with the thread that calls this."""
        self.api.start()
        text = Text()
        rooms = asleep(self._nodes, self._reflectors, text, mesh=self._mesh)
        text.write(self.api.directory / "asleep")
        self.kubelet.start(rooms)
        made = [LabNode(node.name, node.address, node.blocks[0], ()) for node in self._nodes]
        routers = [LabReflector(f"rr{number}", each) for number, each in enumerate(self._reflectors, 1)]
        seed(self.api, Network(tuple(made), tuple(routers), pool=POOL, prefix_length=8), self.kubelet.port)
        further = [
            affinity_object(replace(known, block=block))
            for known, node in zip(made, self._nodes, strict=True)
            for block in node.blocks[1:]
        ]
        self.api.apply_all(further)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self._report_images, self._nodes))
        if not self._mesh:
            spec = {"nodeToNodeMeshEnabled": False}
            body = {"apiVersion": "projectcalico.org/v3", "kind": "BGPConfiguration"}
            path = "/apis/projectcalico.org/v3/bgpconfigurations/default"
            self.api.apply(path, {**body, "metadata": {"name": "default"}, "spec": spec})

    def _report_images(self, node: Sleeper) -> None:
        """As a kubelet does, which makes most of what the API has of a node."""
        names = (f"registry.example.net/team/image-{number}" for number in range(IMAGES))
        digest = "0" * 64
        images = [{"names": [f"{name}@sha256:{digest}", name], "sizeBytes": 10**8} for name in names]
        path = f"/api/v1/nodes/{node.name}/status"
        self.api.request("PATCH", path, {"status": {"images": images}}, "application/merge-patch+json")

    def lose(self) -> None:
        """Every node loses all routes of others, in one moment."""
        self.kubelet.break_all([node.name for node in self._nodes], lost=True)

    def stop(self) -> None:
        """End everything."""
        self.kubelet.stop()
        self.api.stop()
