# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: every wanted session and object of one cluster, out of its reading and the inventory."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from .calico import objects
from .model.cluster import Cluster, Node
from .model.plan import Plan, PlannedNode, Prefix, Reflector, Session

IPV4 = "ipv4"


@dataclass(frozen=True)
class Wish:
    """What the inventory asks for.

    `password` says only whether the sessions have one, `filter` whether a BGPFilter is managed.
    """

    cluster: str
    asn: int
    peer_name: str
    reflectors: tuple[Reflector, ...]
    node_selector: str = "all()"
    password: bool = False
    filter: bool = True


def build(cluster: Cluster, wish: Wish) -> Plan:
    """The plan for `wish` on `cluster`; whether it can be done safely is preflight.py's question."""
    left_out = {n.name: why for n in cluster.nodes for why in [reason_left_out(n)] if why}
    clients = sorted((n for n in cluster.nodes if n.name not in left_out), key=lambda n: n.name)
    blocks = _announced_blocks(cluster)
    nodes = tuple(PlannedNode(n.name, n.address, tuple(blocks.get(n.name, ()))) for n in clients)
    prefixes = tuple(_prefixes(cluster))
    sessions = tuple(
        Session(n.name, n.address, r.host, r.address, wish.asn, IPV4) for r in wish.reflectors for n in nodes
    )
    return Plan(
        cluster=wish.cluster,
        asn=wish.asn,
        peer_name=wish.peer_name,
        nodes=nodes,
        left_out=left_out,
        reflectors=wish.reflectors,
        sessions=sessions,
        prefixes=prefixes,
        mesh=cluster.mesh,
        namespace=cluster.namespace,
        objects=tuple(_objects(cluster, wish, prefixes)),
        surplus=tuple(_surplus(cluster, wish)),
        left_out_addresses={n.name: n.address for n in cluster.nodes if n.name in left_out and n.address},
    )


def reason_left_out(node: Node) -> str:
    """Why a node is no client, "" when it is one."""
    if not node.ready:
        return "NotReady"
    if not node.address:
        return "no IPv4 address (annotation projectcalico.org/IPv4Address)"
    return ""


def _announced_blocks(cluster: Cluster) -> dict[str, list[str]]:
    """The blocks that each node announces, by its name: those of announced pools (Calico: export filter)."""
    announced = [network(p.cidr) for p in cluster.pools if p.exported]
    blocks: dict[str, list[str]] = {}
    for block in cluster.blocks:
        if inside(block.cidr, announced):
            blocks.setdefault(block.node, []).append(block.cidr)
    return blocks


@functools.lru_cache(maxsize=65536)
def network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """`cidr` as a network; remembered, as the same prefixes are looked at for every node."""
    return ipaddress.ip_network(cidr)


def inside(cidr: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether `cidr` lies inside one of `networks`."""
    net = network(cidr)
    if isinstance(net, ipaddress.IPv4Network):
        return any(isinstance(n, ipaddress.IPv4Network) and net.subnet_of(n) for n in networks)
    return any(isinstance(n, ipaddress.IPv6Network) and net.subnet_of(n) for n in networks)


def _prefixes(cluster: Cluster) -> list[Prefix]:
    """Pools from the block to a single address, as addresses are borrowed; services whole or in parts."""
    pools = [Prefix(p.cidr, p.block_size, 32) for p in cluster.pools if p.exported and ":" not in p.cidr]
    services = [Prefix(c, network(c).prefixlen, 32) for c in cluster.services if ":" not in c]
    return [*pools, *services]


def _objects(cluster: Cluster, wish: Wish, prefixes: Sequence[Prefix]) -> list[dict[str, object]]:
    made = []
    if cluster.configuration is None:
        made.append(objects.mesh_manifest(None, True, cluster.asn))
    if not wish.reflectors:
        return made
    live = next((p for p in cluster.peers if p.name == wish.peer_name), None)
    spec = objects.peer_spec(
        wish.reflectors[0].address,
        wish.asn,
        wish.peer_name if wish.filter else None,
        wish.node_selector,
        wish.password,
        objects.secret_name(wish.peer_name),
        live.spec if live else None,
    )
    if wish.filter:
        version = cluster.filters.get(wish.peer_name, "")
        made.append(objects.manifest("BGPFilter", wish.peer_name, objects.filter_spec(prefixes), version))
    made.append(objects.manifest("BGPPeer", wish.peer_name, spec, live.resource_version if live else ""))
    return made


def _surplus(cluster: Cluster, wish: Wish) -> list[dict[str, object]]:
    """What a rollback takes away again, in that order: the peer first, as it refers to the others."""
    own = ("BGPPeer", "BGPFilter") if wish.filter else ("BGPPeer",)
    gone = [_reference(objects.API_VERSION, kind, wish.peer_name) for kind in own]
    live = next((p for p in cluster.peers if p.name == wish.peer_name), None)
    if wish.password or (live is not None and live.spec.get("password")):
        name = objects.secret_name(wish.peer_name)
        rbac = "rbac.authorization.k8s.io/v1"
        kinds = ((rbac, "RoleBinding"), (rbac, "Role"), ("v1", "Secret"))
        gone += [_reference(api, kind, name, cluster.namespace) for api, kind in kinds]
    return gone


def _reference(api_version: str, kind: str, name: str, namespace: str = "") -> dict[str, object]:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
