# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: every wanted session and object of one cluster, out of its reading and the inventory."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .calico import objects
from .calico.selector import SelectorError, parse
from .model.cluster import BIRD, Cluster, Node, Peer
from .model.family import FAMILIES, USED, Family, family_of
from .model.plan import Plan, PlannedNode, Prefix, Reflector, Session, Thresholds

Object = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """What the inventory asks for.

    `peer_name` names the BGPFilter and the first reflector's BGPPeer, `filter` says whether a BGPFilter is
    managed, `accept_left_out` names the nodes that may be left out where they are NotReady. `node_networks`
    are those that nodes may have their addresses in; where there are none, an address is believed that
    Kubernetes has of the node as well. ValueError where one is no network.
    """

    cluster: str
    asn: int
    peer_name: str
    reflectors: tuple[Reflector, ...]
    node_selector: str = "all()"
    filter: bool = True
    thresholds: Thresholds = field(default_factory=Thresholds)
    accept_left_out: tuple[str, ...] = ()
    node_networks: tuple[str, ...] = ()
    former: tuple[Reflector, ...] = ()

    def __post_init__(self) -> None:
        for text in self.node_networks:
            network(text)
        for reflector in self.reflectors:
            try:
                parse(self.selector(reflector))
            except SelectorError as exc:
                raise SelectorError(f"calico_plan_node_selector of {reflector.host}: {exc}") from exc

    def selector(self, reflector: Reflector) -> str:
        """Which nodes are to be clients of a reflector, in Calico's language."""
        return reflector.node_selector or self.node_selector

    @property
    def filter_name(self) -> str:
        """Name of the BGPFilter, "" where none is managed."""
        return self.peer_name if self.filter else ""


@dataclass(frozen=True)
class Peering:
    """A BGPPeer: what makes the sessions of a family with a reflector.

    `live` is the one that is there. `selector` is what it shall have as nodeSelector, "" for none, and
    `nodes` the clients that this selects.
    """

    name: str
    reflector: Reflector
    family: Family
    live: Peer | None
    selector: str
    nodes: frozenset[str]

    @property
    def address(self) -> str:
        """The reflector's."""
        return self.reflector.addresses[self.family.name]

    @property
    def secret(self) -> str:
        """Name of the Secret with the password of its sessions, "" where they have none."""
        return objects.secret_name(self.name) if self.reflector.password else ""


def build(cluster: Cluster, wish: Wish) -> Plan:
    """The plan for `wish` on `cluster`; whether it can be done safely is preflight.py's question."""
    left_out = nodes_left_out(cluster, wish)
    clients = clients_of(cluster, left_out)
    blocks = _announced_blocks(cluster)
    nodes = tuple(PlannedNode(n.name, used(n.addresses), tuple(blocks.get(n.name, ()))) for n in clients)
    prefixes = tuple(_prefixes(cluster))
    made = peerings(cluster, wish, clients)
    return Plan(
        cluster=wish.cluster,
        asn=wish.asn,
        nodes=nodes,
        left_out=left_out,
        reflectors=wish.reflectors,
        sessions=tuple(sessions(nodes, made)),
        prefixes=prefixes,
        mesh=cluster.mesh,
        namespace=cluster.namespace,
        objects=tuple(_objects(cluster, wish, made, prefixes)),
        surplus=tuple(_surplus(wish, made)),
        former=wish.former,
        stale=tuple(_reference("BGPPeer", peer.name) for peer in stale_peers(cluster, wish)),
        # What is not believed is nobody's: no neighbour of that address is to be taken for the node's.
        left_out_addresses={
            n.name: used(n.addresses)
            for n in cluster.nodes
            if n.name in left_out and used(n.addresses) and not disbelieved(n, wish.node_networks)
        },
        thresholds=wish.thresholds,
        server=cluster.server,
        node_networks=wish.node_networks or _networks(clients),
    )


def clients_of(cluster: Cluster, left_out: Collection[str]) -> list[Node]:
    """The nodes that become clients, by name."""
    return sorted((n for n in cluster.nodes if n.name not in left_out), key=lambda n: n.name)


def nodes_left_out(cluster: Cluster, wish: Wish) -> dict[str, str]:
    """The nodes that are no clients, with the reason."""
    reasons = {
        n.name: reason_left_out(n, wish.accept_left_out) or disbelieved(n, wish.node_networks)
        for n in cluster.nodes
    }
    return {name: why for name, why in reasons.items() if why}


def disbelieved(node: Node, networks: Sequence[str]) -> str:
    """Why an address of the node is not believed, "" where all are.

    It stands in an annotation that the node itself may write, and names the neighbour of a router. Inside
    `networks` it is believed, and without any where Kubernetes has it as an InternalIP of the node.
    """
    allowed = [network(text) for text in networks]
    for address in used(node.addresses).values():
        if not _is_host(address):
            return f"{address} is no unicast address of a host"
        if networks and not inside(address, allowed):
            return f"{address} lies in none of the node networks {', '.join(networks)}"
        if not networks and address not in node.internal:
            known = ", ".join(node.internal) or "it has none"
            return f"{address} is no InternalIP of it in Kubernetes ({known})"
    return ""


def _is_host(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return not (ip.is_multicast or ip.is_loopback or ip.is_unspecified or ip.is_link_local or ip.is_reserved)


def _networks(nodes: Sequence[Node]) -> tuple[str, ...]:
    """The networks of these nodes' addresses."""
    found = {
        node.networks[family] for node in nodes for family in used(node.addresses) if family in node.networks
    }
    return tuple(sorted(found))


def used(addresses: Mapping[str, str]) -> dict[str, str]:
    """Addresses of the families that are planned."""
    return {family.name: addresses[family.name] for family in USED if family.name in addresses}


def reason_left_out(node: Node, accepted: Collection[str] = ()) -> str:
    """Why a node is no client, "" when it is one.

    A NotReady node is one, as its BIRD and its pods may well run, and would be dark after the cut; unless
    `accepted` names it.
    """
    if not used(node.addresses):
        return f"no {USED[0].title} address (annotation {USED[0].node_annotation})"
    if not node.ready and node.name in accepted:
        return "NotReady, and named in calico_bgp_accept_left_out"
    return ""


def peerings(cluster: Cluster, wish: Wish, clients: Sequence[Node]) -> tuple[Peering, ...]:
    """The BGPPeers of the plan, in the order of the reflectors.

    A BGPPeer that leads to a reflector keeps its name where that is the planned one, or the one that is made
    for this very reflector. Of the other reflectors the first one gets the planned name, where it is free,
    and each further one a name of its own. A BGPPeer with any other name is somebody else's.
    """
    live = {peer.name: peer for peer in cluster.peers}
    made = []
    for name, reflector, family in named(cluster.peers, wish.reflectors, wish.peer_name):
        selector = _selector(live.get(name), wish.selector(reflector), clients)
        nodes = selected(selector, clients)
        made.append(Peering(name, reflector, family, live.get(name), selector, nodes))
    return tuple(made)


def _selector(live: Peer | None, wanted: str, clients: Sequence[Node]) -> str:
    """That of a BGPPeer that is there where it selects the same nodes, as its words may be anybody's.

    Without one the sessions have another name in BIRD than with one, so that to add it resets every session
    (Calico: confd, Global_ and Node_).
    """
    if live is None:
        return wanted
    there = live_selector(live)
    try:
        same = selected(there, clients) == selected(wanted, clients)
    except SelectorError:
        same = False
    return there if same else wanted


def live_selector(live: Peer) -> str:
    """The nodeSelector of a BGPPeer that is there, "" where it is for every node."""
    return str(live.spec.get("nodeSelector") or "")


def selected(selector: str, clients: Sequence[Node]) -> frozenset[str]:
    """The names of the clients that a selector selects; SelectorError where it is none."""
    asks = parse(selector)
    return frozenset(node.name for node in clients if asks(node.labels))


def named(
    peers: Sequence[Peer], reflectors: Sequence[Reflector], peer_name: str
) -> Iterator[tuple[str, Reflector, Family]]:
    """The name of the BGPPeer of each reflector and family; `peers` are those that are there."""
    wanted = [(r, FAMILIES[name]) for r in reflectors for name in used(r.addresses)]
    for name, (reflector, family) in zip(_names(peers, peer_name, wanted), wanted):
        yield name, reflector, family


def stale_peers(cluster: Cluster, wish: Wish) -> list[Peer]:
    """The BGPPeers that lead to reflectors which are to serve the cluster no more; with a name of ours."""
    former = {address for reflector in wish.former for address in reflector.addresses.values()}
    return [
        peer
        for peer in cluster.peers
        if peer.address in former
        and (peer.name == wish.peer_name or peer.name.startswith(f"{wish.peer_name}-"))
    ]


def _names(
    peers: Sequence[Peer], peer_name: str, wanted: Sequence[tuple[Reflector, Family]]
) -> Iterator[str]:
    further = _further_names(peer_name, wanted)
    addresses = [reflector.addresses[family.name] for reflector, family in wanted]
    there = {(peer.name, peer.address) for peer in peers}
    planned = next((a for a in addresses if (peer_name, a) in there), None)
    for name, address in zip(further, addresses):
        if address == planned:
            yield peer_name
        elif planned is None and (name, address) not in there:
            planned = address
            yield peer_name
        else:
            yield name


def _further_names(peer_name: str, wanted: Sequence[tuple[Reflector, Family]]) -> list[str]:
    """The planned name with the reflector's behind it, and its address where two would have the same.

    Kubernetes takes lower case letters, digits, dots and hyphens (RFC 1123).
    """
    names = [
        f"{peer_name}-{_plain(reflector.host)}" + ("" if family == USED[0] else f"-{family.name}")
        for reflector, family in wanted
    ]
    return [
        name if names.count(name) == 1 else f"{name}-{_plain(reflector.addresses[family.name])}"
        for name, (reflector, family) in zip(names, wanted)
    ]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-.")


def sessions(nodes: Sequence[PlannedNode], made: Sequence[Peering]) -> Iterator[Session]:
    """Every session of these nodes, in their order, and in that of the BGPPeers for each."""
    for node in nodes:
        for peering in made:
            address = node.addresses.get(peering.family.name)
            if address and node.name in peering.nodes:
                yield Session(
                    node.name,
                    peering.reflector.host,
                    peering.family.name,
                    address,
                    peering.address,
                    peering.name,
                )


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


def covering(cidrs: Iterable[str]) -> list[str]:
    """The prefixes that lie in none of the others, the largest first.

    >>> covering(["10.96.0.0/12", "10.244.0.0/16", "10.96.7.0/24", "10.244.0.0/16"])
    ['10.96.0.0/12', '10.244.0.0/16']
    """
    found: list[str] = []
    for cidr in sorted(cidrs, key=lambda each: network(each).prefixlen):
        if not inside(cidr, [network(each) for each in found]):
            found.append(cidr)
    return found


def _prefixes(cluster: Cluster) -> list[Prefix]:
    """Pools from the block to a single address, as addresses are borrowed; services whole or in parts."""
    pools = [(p.cidr, p.block_size, p.kernel) for p in cluster.pools if p.exported]
    services = [(cidr, network(cidr).prefixlen, BIRD) for cidr in cluster.services]
    return [
        Prefix(cidr, shortest, family_of(cidr).longest, kernel)
        for cidr, shortest, kernel in (*pools, *services)
        if family_of(cidr) in USED
    ]


def _objects(
    cluster: Cluster, wish: Wish, made: Sequence[Peering], prefixes: Sequence[Prefix]
) -> Iterator[Object]:
    if cluster.configuration is None:
        yield objects.mesh_manifest(None, True, cluster.asn)
    if wish.filter and made:
        version = cluster.filters.get(wish.filter_name, "")
        yield objects.manifest("BGPFilter", wish.filter_name, objects.filter_spec(prefixes), version)
    for peering in made:
        wanted = objects.PeerWish(
            peering.reflector, peering.family, wish.asn, wish.filter_name, peering.selector, peering.secret
        )
        spec = objects.peer_spec(wanted, peering.live.spec if peering.live else None)
        version = peering.live.resource_version if peering.live else ""
        yield objects.manifest("BGPPeer", peering.name, spec, version)


def _surplus(wish: Wish, made: Sequence[Peering]) -> Iterator[Object]:
    """What a rollback takes away again, in that order: the peers first, as they refer to the filter.

    A Secret with a password stays, as the administrator who made it is the one who takes it away.
    """
    for peering in made:
        yield _reference("BGPPeer", peering.name)
    if wish.filter and made:
        yield _reference("BGPFilter", wish.filter_name)


def _reference(kind: str, name: str) -> Object:
    return {"apiVersion": objects.API_VERSION, "kind": kind, "metadata": {"name": name}}
