# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the route reflectors and their BGPPeers, before anything is touched.

Each is a small function of (cluster, wish), as those of `preflight`, which says in what order they are asked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from .. import plan
from ..calico.selector import SelectorError
from ..ios.text import cluster_id_number
from ..model.cluster import Cluster, Node, Peer
from ..model.family import FAMILIES
from ..model.plan import Reflector
from .evidence import reflector_subject
from .findings import WARNING, Findings, finding, first


def reflector_count(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`reflectors.count`: the inventory has a route reflector.

    Fail.
    """
    yield finding(
        "reflectors.count",
        f"cluster {wish.cluster}",
        bool(wish.reflectors),
        "a route reflector in the inventory",
        "none",
        "Put the router into group route_reflectors",
    )


def node_reflectors(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.peered`: the selector of a reflector (`calico_plan_node_selector`) selects the node.

    Fail: it would be a client of none, and dark after the cut.

    `nodes.single`: where there are several reflectors, more than one of them does.

    Warning: the node depends on one session.
    """
    clients = plan.clients_of(cluster, plan.nodes_left_out(cluster, wish))
    found: dict[str, list[str]] = {node.name: [] for node in clients}
    for reflector in wish.reflectors:
        for name in plan.selected(wish.selector(reflector), clients):
            found[name].append(reflector.host)
    for name, hosts in found.items() if wish.reflectors else ():
        yield finding(
            "nodes.peered",
            f"node {name}",
            bool(hosts),
            "a route reflector whose selector is for it",
            "its labels fit none",
            "Correct calico_plan_node_selector of a reflector, or the labels of the node",
        )
        if len(wish.reflectors) > 1 and hosts:
            yield finding(
                "nodes.single",
                f"node {name}",
                len(hosts) > 1,
                "two route reflectors",
                f"{hosts[0]} alone",
                f"It loses every route when {hosts[0]} goes; widen the selector of another reflector",
                severity=WARNING,
            )


def reflector_timers(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`reflectors.timers`: a keepalive of a third of the hold time or less.

    Fail: a healthy session would look silent to the watch.

    Rarer ones make a healthy session look silent to the watch, and a single lost one ends it (RFC 4271, 4.4).
    """
    for reflector in wish.reflectors:
        yield finding(
            "reflectors.timers",
            reflector_subject(reflector.host),
            reflector.keepalive * 3 <= reflector.hold,
            "a keepalive of a third of the hold time or less",
            f"keepalive {reflector.keepalive} s, hold time {reflector.hold} s",
            "Correct cisco_rr_timers",
        )


def reflector_address(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`reflectors.address`: the reflector has an IPv4 address that is no node's and no other reflector's, and
    lies in no pool; a former one is reached at no other one's address.

    Fail.
    """
    taken = {a: f"node {n.name} has it" for n in cluster.nodes for a in n.addresses.values()}
    networks = [ipaddress.ip_network(p.cidr) for p in cluster.pools]
    reached = {
        r.connection: f"{reflector_subject(r.host)} is reached at {r.connection} as well"
        for r in wish.reflectors
    }
    for reflector in wish.former:
        if reflector.connection:
            taken.update(
                {
                    a: reached[reflector.connection]
                    for a in reflector.addresses.values()
                    if reflector.connection in reached
                }
            )
    for reflector in (*wish.reflectors, *wish.former):
        for name, address in reflector.addresses.items():
            family, wrong = FAMILIES[name], taken.get(address, "")
            if not family.is_address(address):
                wrong = f"{address!r} is no {family.title} address"
            elif not wrong and any(ipaddress.ip_address(address) in network for network in networks):
                wrong = "it lies in a pool"
            taken.setdefault(address, f"{reflector_subject(reflector.host)} has {address} as well")
            yield finding(
                "reflectors.address",
                reflector_subject(reflector.host),
                not wrong,
                f"an {family.title} address of its own",
                wrong,
                "Set cisco_rr_address to the router's BGP address",
            )


def reflector_interconnect(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`reflectors.interconnect`: reflectors with a session of their own (`cisco_rr_interconnect`) have a
    cluster-id each.

    Fail: what one reflects the other drops for its own cluster-id (RFC 4456, 8), so that the session would
    carry nothing.
    """
    joined = [r for r in wish.reflectors if r.options.get("interconnect")]
    taken: dict[int, str] = {}
    for reflector in joined if len(joined) > 1 else ():
        own = _cluster_id(reflector)
        same = "" if own is None else taken.setdefault(own, reflector.host)
        yield finding(
            "reflectors.interconnect",
            reflector_subject(reflector.host),
            same in ("", reflector.host),
            "a cluster-id that no other one has, as it has a session with them",
            f"cluster-id {reflector.options.get('cluster_id')}, as {same}",
            "Give each its own cisco_rr_cluster_id, or leave cisco_rr_interconnect out",
        )


def reflector_off_path(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`reflectors.off_path`: a reflector that keeps pod routes out of its own routing table
    (`cisco_rr_table_map`) is said to be no way to pods (`cisco_rr_off_path`).

    Fail: packets to pods that come to it, of nodes or of others, would find no route there.
    """
    for reflector in wish.reflectors:
        yield finding(
            "reflectors.off_path",
            reflector_subject(reflector.host),
            bool(reflector.options.get("off_path")) or not reflector.options.get("table_map"),
            "cisco_rr_off_path where cisco_rr_table_map is true",
            "cisco_rr_table_map alone, by which packets to pods that come to the router find no route",
            "Set cisco_rr_off_path: true where none come, or leave cisco_rr_table_map out",
        )


def _cluster_id(reflector: Reflector) -> int | None:
    """Its cluster-id as a number; None where it is the router's own, and so no other's, or no cluster-id."""
    try:
        return cluster_id_number(str(reflector.options.get("cluster_id") or ""))
    except ValueError:
        return None


def other_peers(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`peers.duplicate`: no BGPPeer of another name has the reflector's address.

    Fail: which of two applies is random on each node.
    """
    made = _peerings(cluster, wish)
    wanted, names = {p.address: p.reflector.host for p in made}, {p.name for p in made}
    for peer in cluster.peers:
        if peer.name not in names:
            yield finding(
                "peers.duplicate",
                f"BGPPeer {peer.name}",
                peer.address not in wanted,
                f"no second BGPPeer for {peer.address}",
                "the address of " + reflector_subject(wanted.get(peer.address, "")),
                f"Set calico_plan_peer_name to {peer.name} to take it over, or delete it",
            )


def own_peer(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`peers.own`: the BGPPeer of a planned name, where there is one, has the reflector's address and the
    planned AS.

    Fail: a change of either resets its sessions.
    """
    for peering in _peerings(cluster, wish):
        live = peering.live
        if live is not None:
            node = live.spec.get("node")
            yield finding(
                "peers.own",
                f"BGPPeer {live.name}",
                (live.address, live.asn, node) == (peering.address, wish.asn, None),
                f"peerIP {peering.address}, asNumber {wish.asn}",
                f"peerIP {live.address}, asNumber {live.asn}" + (f", for node {node} alone" if node else ""),
                "Set calico_plan_peer_name to a name of its own; where a reflector takes another's place, "
                "keep both in the inventory until it is proved",
            )


def peer_selectors(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`peers.selector`: with the mesh off, a BGPPeer that is there keeps every node that it is for.

    Fail: a node that its selector is not to be for any more loses a session, and all do where it has none
    yet, as the session gets another name (Calico: confd, Global_ and Node_).
    """
    clients = plan.clients_of(cluster, plan.nodes_left_out(cluster, wish))
    for peering in _peerings(cluster, wish):
        live = peering.live
        if live is None or cluster.mesh:
            continue
        there, wanted = plan.live_selector(live), wish.selector(peering.reflector)
        lost = _losing(there, peering, clients)
        yield finding(
            "peers.selector",
            f"BGPPeer {live.name}",
            not lost,
            "the nodes that it is for keep their session, as the mesh is off",
            f"nodeSelector {there or 'of none'}, wanted {wanted}, which resets {first(lost, ', ')}",
            "Turn the mesh on first (mesh_on), then run site",
        )


def _losing(there: str, peering: plan.Peering, clients: Sequence[Node]) -> list[str]:
    """The nodes that lose a session with the BGPPeer that is there."""
    if peering.selector == there:
        return []
    try:
        before = plan.selected(there, clients)
    except SelectorError:
        before = frozenset(node.name for node in clients)
    return sorted(before if not there else before - peering.nodes)


def former_peers(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`peers.left`: a BGPPeer with a planned name and the planned BGPFilter leads to a reflector of the
    inventory, or to one of its group `former_reflectors`.

    Warning: it stays, and its sessions too.
    """
    if not wish.filter:
        return
    names = {peering.name for peering in _peerings(cluster, wish)}
    names |= {peer.name for peer in plan.stale_peers(cluster, wish)}
    for peer in cluster.peers:
        ours = peer.name == wish.peer_name or peer.name.startswith(f"{wish.peer_name}-")
        if ours and wish.filter_name in (peer.spec.get("filters") or ()):
            yield finding(
                "peers.left",
                f"BGPPeer {peer.name}",
                peer.name in names,
                "a route reflector of the inventory",
                f"{peer.address}, which is none",
                "Move its host to group former_reflectors, and its peer and router lines are taken away",
                severity=WARNING,
            )


def _peerings(cluster: Cluster, wish: plan.Wish) -> tuple[plan.Peering, ...]:
    return plan.peerings(cluster, wish, plan.clients_of(cluster, plan.nodes_left_out(cluster, wish)))


def way_in(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`mesh.on_or_peered`: the mesh is on, or a BGPPeer leads to the reflector.

    Fail: there are no routes to prove anything by; run the playbook `mesh_on` first.
    """
    yield finding(
        "mesh.on_or_peered",
        f"cluster {wish.cluster}",
        cluster.mesh or peered(cluster, wish),
        "the mesh on, or a BGPPeer for the route reflector",
        "the mesh off and no such peer",
        "Run the playbook mesh_on first",
    )


def _leading(cluster: Cluster, wish: plan.Wish) -> list[Peer]:
    """The BGPPeers that lead to a reflector."""
    wanted = {address for reflector in wish.reflectors for address in reflector.addresses.values()}
    return [peer for peer in cluster.peers if peer.address in wanted]


def peered(cluster: Cluster, wish: plan.Wish) -> bool:
    """Whether a BGPPeer leads to a reflector."""
    return bool(_leading(cluster, wish))


def adopts(cluster: Cluster, wish: plan.Wish) -> bool:
    """Whether a BGPPeer that leads to a reflector is there already, and is to get the BGPFilter."""
    return wish.filter and any(
        wish.filter_name not in (peer.spec.get("filters") or ()) for peer in _leading(cluster, wish)
    )
