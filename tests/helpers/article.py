# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of three nodes and one reflector as records, healthy unless a test changes something."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils import plan
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import (
    Block,
    Cluster,
    Node,
    Peer,
    Pool,
    Steering,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
    Push,
    RouterObservation,
    RouterSession,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Plan, Reflector

NOW = 1000.0
ADDRESSES = {"node-a": "192.168.1.10", "node-b": "192.168.1.11", "node-c": "192.168.1.12"}
BLOCKS = {"node-a": "10.244.10.0/26", "node-b": "10.244.11.0/26", "node-c": "10.244.12.0/26"}
#: An address out of node-a's block that a pod on node-b has.
BORROWED = "10.244.10.2/32"
REFLECTOR = "192.168.1.1"


def kube_node(name: str, address: str | None = None, address6: str = "", **changes: Any) -> Node:
    """A node with its own address, with another one or with none (""), and with an IPv6 address beside it."""
    shown = {"ipv4": ADDRESSES.get(name, "") if address is None else address, "ipv6": address6}
    addresses = {family: text for family, text in shown.items() if text}
    made = Node(name, addresses, None, True, False, "", internal=tuple(addresses.values()))
    return replace(made, **changes)


def cluster(**changes: Any) -> Cluster:
    made = Cluster(
        api_mode="B",
        calico_version="v3.32.1",
        datastore_ready=True,
        backend="bird",
        namespace="calico-system",
        rollout="",
        nodes=tuple(kube_node(name) for name in ADDRESSES),
        pools=(Pool("default", "10.244.0.0/16", 26, "none", True),),
        blocks=tuple(Block(cidr, name) for name, cidr in BLOCKS.items()),
        peers=(),
        filters={},
        filter_kind=True,
        services=(),
        configuration={"spec": {"asNumber": 64512}, "annotations": {}, "resourceVersion": "7"},
    )
    return replace(made, **changes)


def reflector(host: str = "rr1", address: str = REFLECTOR, **changes: Any) -> Reflector:
    return replace(Reflector(host, {"ipv4": address}, 30, 120), **changes)


def wish(**changes: Any) -> plan.Wish:
    made = plan.Wish("lab", 64512, "peer-to-external-rr", (reflector(),))
    return replace(made, **changes)


def planned(
    names: tuple[str, ...] = tuple(ADDRESSES), reflectors: tuple[Reflector, ...] | None = None, **changes: Any
) -> Plan:
    made = plan.build(
        cluster(
            nodes=tuple(kube_node(name) for name in names),
            blocks=tuple(Block(BLOCKS[name], name) for name in names),
        ),
        wish() if reflectors is None else wish(reflectors=reflectors),
    )
    return replace(made, **changes)


def live(wanted: Plan) -> Cluster:
    """The cluster with the planned objects in it."""
    peers = [o for o in wanted.objects if o["kind"] == "BGPPeer"]
    filters = {o["metadata"]["name"]: o["spec"] for o in wanted.objects if o["kind"] == "BGPFilter"}
    return cluster(
        peers=tuple(Peer(o["metadata"]["name"], o["spec"]["peerIP"], 64512, o["spec"], "1") for o in peers),
        filters=dict.fromkeys(filters, "1"),
        filter_specs=filters,
    )


def steering(wanted: Plan, **changes: Any) -> Steering:
    """What the API says of the planned objects after the cut."""
    specs = {
        kind: {o["metadata"]["name"]: o["spec"] for o in wanted.objects if o["kind"] == kind}
        for kind in ("BGPPeer", "BGPFilter")
    }
    return replace(Steering(NOW, False, specs["BGPPeer"], specs["BGPFilter"]), **changes)


def mesh_name(address: str) -> str:
    return "Mesh_" + address.replace(".", "_")


def protocol(name: str, neighbor: str, state: str = "Established", **changes: Any) -> BirdProtocol:
    return replace(BirdProtocol(name, state, neighbor, state, 30, ""), **changes)


def path(prefix: str, owner: str, by: str, **changes: Any) -> BirdRoute:
    """A path to what `owner` (an address) announces, from the mesh or from the reflector."""
    if by == "mesh":
        made = BirdRoute(prefix, mesh_name(owner), "via", owner, "", True, owner, "")
    else:
        made = BirdRoute(prefix, "Node_192_168_1_1", "via", owner, REFLECTOR, False, owner, owner)
    return replace(made, **changes)


def local(prefix: str, kind: str = "blackhole") -> BirdRoute:
    """What a node announces itself."""
    by = "static1" if kind == "blackhole" else "kernel1"
    return BirdRoute(prefix, by, kind, "", "", True, "", "")


def announced(name: str) -> tuple[str, ...]:
    return (BLOCKS[name], BORROWED) if name == "node-b" else (BLOCKS[name],)


def node(name: str, *, mesh: bool = True, reflector: bool = True) -> NodeObservation:
    """What the node's BIRD says with the mesh on or off, with or without the reflector."""
    others = [other for other in ADDRESSES if other != name]
    protocols = [protocol(mesh_name(ADDRESSES[o]), ADDRESSES[o]) for o in others if mesh]
    protocols += [protocol("Node_192_168_1_1", REFLECTOR)] if reflector else []
    routes = [local(BLOCKS[name])] + ([local(BORROWED, "dev")] if name == "node-b" else [])
    for other in others:
        for prefix in announced(other):
            routes += [path(prefix, ADDRESSES[other], "mesh")] if mesh else []
            routes += [path(prefix, ADDRESSES[other], "rr", primary=not mesh)] if reflector else []
    return NodeObservation(name, "ipv4", NOW, True, "", ADDRESSES[name], "", tuple(protocols), tuple(routes))


def nodes(*changed: NodeObservation, **kinds: bool) -> dict[tuple[str, str], NodeObservation]:
    return by_name(*(node(name, **kinds) for name in ADDRESSES), *changed)


def by_name(*seen: NodeObservation) -> dict[tuple[str, str], NodeObservation]:
    """Observations of nodes as evidence has them; of two of one node the last."""
    return {(observation.node, observation.family): observation for observation in seen}


def without(observation: NodeObservation, prefix: str, by: str = "") -> NodeObservation:
    """The same without the prefix, or without its path from the mesh or the reflector."""
    start = {"mesh": "Mesh_", "rr": "Node_", "": ""}[by]
    routes = (r for r in observation.routes if r.prefix != prefix or not r.protocol.startswith(start))
    return replace(observation, routes=tuple(routes))


def plus(observation: NodeObservation, *routes: BirdRoute) -> NodeObservation:
    return replace(observation, routes=(*observation.routes, *routes))


def row(name: str, **changes: Any) -> RouterSession:
    made = RouterSession("ipv4", ADDRESSES[name], 64512, "Established", len(announced(name)), 300)
    return replace(made, **changes)


def router(**changes: Any) -> RouterObservation:
    rows = tuple(row(name) for name in ADDRESSES)
    return replace(RouterObservation("rr1", NOW, True, "", 15, False, True, (), rows), **changes)


def push(outcome: str = "applied", detail: str = "") -> Push:
    return Push("rr1", outcome, detail, (), (), (), True)


def evidence(**changes: Any) -> Evidence:
    """Everything healthy but what is given; observations of nodes by whatever key."""
    wanted = changes.get("plan", planned())
    made = Evidence(wanted, nodes(), {"rr1": router()}, {"rr1": push()}, NOW + 1, live(wanted))
    return replace(made, **keyed(changes))


def keyed(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes with observations of nodes by name and family."""
    seen = {name: by_name(*changes[name].values()) for name in ("nodes", "before") if name in changes}
    return {**changes, **seen}
