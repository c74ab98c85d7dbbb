# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a node peers with: mesh, global and node-specific peers, and the reverse side of peerings between
nodes.

The rules are those of confd's updatePeersV1 and bgp_processor.go; where Go's map order decides, the lab takes
the objects by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.agent import selectors
from lab.agent.objects import Node, Objects, Peer, SecretKey, Settings
from lab.agent.values import is_ipv4

DEFAULT_ASN = 64512


@dataclass(frozen=True)
class Protocol:
    """One `protocol bgp` of BIRD: name, remote address, port (0: none), AS and options. Times in seconds."""

    name: str
    address: str
    port: int
    asn: int
    same_as: bool
    source: str
    passive: bool = False
    password: str = ""
    restart: int | None = None
    keepalive: int | None = None
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Peerings:
    """The protocols of one node, sorted by name, and what a user should know about them."""

    protocols: tuple[Protocol, ...]
    warnings: tuple[str, ...]


def peerings(objects: Objects, node: Node) -> Peerings:
    """All BGP protocols of `node` over IPv4."""
    return _Peerings(objects, node).all()


def global_asn(objects: Objects) -> int:
    """The AS of every node that does not set its own."""
    asn = objects.settings.get("", Settings()).asn
    return DEFAULT_ASN if asn is None else asn


def listen_port(objects: Objects, node: str) -> int:
    """The port `node` listens on, 0 where nothing is set (BIRD then takes 179)."""
    own = objects.settings.get(node, Settings()).listen_port
    return own or objects.settings.get("", Settings()).listen_port


class _Peerings:
    def __init__(self, objects: Objects, node: Node) -> None:
        self._objects, self._node = objects, node
        self._default = objects.settings.get("", Settings())
        self._asn = self._asn_of(node)
        self._warnings: list[str] = []

    def all(self) -> Peerings:
        found = list(self._mesh())
        taken: dict[tuple[str, int], str] = {}
        for protocol, owner in self._explicit():
            key = protocol.address, protocol.port
            if key in taken:
                self._warn_twice(taken[key], owner, protocol)
                continue
            taken[key] = owner
            # confd leaves out the node itself whatever the port.
            if protocol.address != self._node.address:
                found.append(protocol)
        return Peerings(
            tuple(sorted(found, key=lambda each: each.name)), tuple(dict.fromkeys(self._warnings))
        )

    def _mesh(self) -> Iterator[Protocol]:
        if self._default.mesh is False:
            return
        password = self._password(self._default.mesh_password, "BGPConfiguration default")
        for other in self._objects.nodes.values():
            if not other.address or other.address == self._node.address:
                continue
            asn = other.asn if other.asn is not None else self._asn
            yield Protocol(
                name=_name("Mesh", other.address, 0),
                address=other.address,
                port=listen_port(self._objects, other.name),
                asn=asn,
                same_as=asn == self._asn,
                source=self._node.address,
                # Text order, not address order: 10.0.0.9 counts as greater than 10.0.0.10.
                passive=other.address > self._node.address,
                password=password,
                restart=self._default.mesh_restart,
            )

    def _explicit(self) -> Iterator[tuple[Protocol, str]]:
        """Protocols with the name of their BGPPeer ("" for the reverse of one), the first of its kind wins.

        Global peers come before node-specific ones, both before what mirrors a peering between nodes.
        """
        peers = [self._objects.peers[name] for name in sorted(self._objects.peers)]
        peers = [peer for peer in peers if is_ipv4(peer.address)]
        for peer in peers:
            if not peer.node and not peer.selector:
                yield self._forward("Global", peer), peer.name
        for peer in peers:
            if (peer.node or peer.selector) and self._is_local(peer, self._node):
                yield self._forward("Node", peer), peer.name
        for peer in peers:
            if any(node.name == self._node.name for node in self._nodes_at(peer)):
                for name in sorted(self._objects.nodes):
                    other = self._objects.nodes[name]
                    if other.address and self._is_local(peer, other):
                        yield self._reverse(peer, other), ""

    def _forward(self, scope: str, peer: Peer) -> Protocol:
        port = peer.port
        if not port and (nodes := self._nodes_at(peer)):
            port = listen_port(self._objects, nodes[0].name)
        is_node = any(node.address == peer.address for node in self._objects.nodes.values())
        passive = scope == "Global" and is_node and peer.address > self._node.address
        return self._protocol(scope, peer, peer.address, port, peer.asn, passive)

    def _reverse(self, peer: Peer, other: Node) -> Protocol:
        port = listen_port(self._objects, other.name)
        return self._protocol("Node", peer, other.address, port, self._asn_of(other), False)

    def _protocol(self, scope: str, peer: Peer, address: str, port: int, asn: int, passive: bool) -> Protocol:
        for name in peer.filters:
            if name not in self._objects.filters:
                self._warnings.append(f"BGPPeer {peer.name}: there is no BGPFilter {name}; it is left out.")
        return Protocol(
            name=_name(scope, address, port),
            address=address,
            port=port,
            asn=asn,
            same_as=asn == self._asn,
            source=self._node.address if peer.use_node_ip else "",
            passive=passive,
            password=self._password(peer.password, f"BGPPeer {peer.name}"),
            restart=peer.restart,
            keepalive=peer.keepalive,
            filters=peer.filters,
        )

    def _is_local(self, peer: Peer, node: Node) -> bool:
        """Whether `node` is on the near side of the peer: its selector wins over its node; neither means
        all."""
        if peer.selector:
            return selectors.parse(peer.selector)(node.labels)
        return not peer.node or peer.node == node.name

    def _nodes_at(self, peer: Peer) -> list[Node]:
        """The nodes the peer's address, AS and (where given) port stand for."""
        asn = peer.asn or global_asn(self._objects)
        nodes = [self._objects.nodes[name] for name in sorted(self._objects.nodes)]
        nodes = [node for node in nodes if node.address == peer.address and self._asn_of(node) == asn]
        return [node for node in nodes if not peer.port or self._listens_there(node, peer.port)]

    def _listens_there(self, node: Node, port: int) -> bool:
        own = self._objects.settings.get(node.name, Settings()).listen_port
        if own and own != port:
            return False
        return self._default.listen_port in (0, port)

    def _asn_of(self, node: Node) -> int:
        return node.asn if node.asn is not None else global_asn(self._objects)

    def _password(self, key: SecretKey | None, owner: str) -> str:
        if key is None:
            return ""
        if key not in self._objects.secrets:
            self._warnings.append(
                f"{owner}: there is no key {key.key} in Secret {key.name} of namespace calico-system; "
                "the session has no password."
            )
        return self._objects.secrets.get(key, "")

    def _warn_twice(self, first: str, second: str, protocol: Protocol) -> None:
        if second:
            self._warnings.append(
                f"BGPPeer {first} and {second} both lead to {protocol.address}: only {first} is rendered."
            )


def _name(scope: str, address: str, port: int) -> str:
    name = f"{scope}_{address.replace('.', '_')}"
    return f"{name}_port_{port}" if port else name
