# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks before anything is touched: what this collection cannot do safely, it refuses with a sentence.

Each check is a small function of (cluster, wish) and gives one finding per subject; a check without a subject
to speak of gives one for the cluster. docs/checks.md lists them.
"""

from __future__ import annotations

from .. import plan
from ..model.cluster import BIRD, Cluster
from ..model.family import FAMILIES, USED, family_of
from . import peerings
from .findings import WARNING, Findings, finding

_MODES = {
    "A": "aggregated API server",
    "B": "projectcalico.org CRDs",
    "C": "only crd.projectcalico.org",
    "D": "no Calico API",
}
_OTHER_FAMILY = (
    "The mesh carries IPv6 as well and goes off for both families; dual-stack clusters are not supported yet"
)
#: Why the routes of a pool are Felix's, by its encapsulation.
_KERNEL = {
    "vxlan": "VXLAN",
    "ipip": "IPIP; programClusterRoutes, or Calico 3.33 and later",
    "none": "programClusterRoutes",
}


def api_mode(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`api.mode`: the cluster serves `projectcalico.org/v3`, by Calico's API server or by native CRDs.

    Fail: writes would go around Calico's validation. No other check is asked then.
    """
    yield finding(
        "api.mode",
        f"cluster {wish.cluster}",
        cluster.api_mode in ("A", "B"),
        "the API projectcalico.org/v3",
        _MODES[cluster.api_mode],
        "Install Calico's API server or its native CRDs; without them only calicoctl may write, "
        "which this collection does not do",
    )


def datastore(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`api.datastore_ready`: ClusterInformation `default` does not say that the datastore is locked.

    Fail: a datastore migration is under way.
    """
    yield finding(
        "api.datastore_ready",
        f"cluster {wish.cluster}",
        cluster.datastore_ready,
        "ClusterInformation datastoreReady true",
        "false",
        "Wait until Calico's datastore migration is over",
    )


def filters(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`api.bgp_filter`: the API has the kind BGPFilter (Calico 3.26 and later), which keeps a default route
    of a reflector away from the nodes; or `calico_plan_filter` is false.

    Fail.
    """
    yield finding(
        "api.bgp_filter",
        f"cluster {wish.cluster}",
        cluster.filter_kind or not wish.filter,
        "the kind BGPFilter",
        "an API without it (Calico %s)" % (cluster.calico_version or "of unknown version"),
        "Upgrade Calico to 3.26 or later",
    )


def bird(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`calico.backend`: calico-node runs BIRD.

    Fail: the backend is vxlan or none, or there is no DaemonSet calico-node where Calico puts it.
    """
    yield finding(
        "calico.backend",
        f"cluster {wish.cluster}",
        cluster.backend == "bird",
        "calico-node with BIRD (backend bird)",
        f"backend {cluster.backend}" if cluster.backend else "no DaemonSet calico-node in its namespace",
        "Without BIRD a BGPPeer does nothing; enable BGP in Calico first"
        if cluster.backend
        else "Set calico_plan_namespace to Calico's namespace where it is neither calico-system nor "
        "kube-system",
    )


def rollout(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`calico.rollout`: no rollout of calico-node is under way, and its pods on Ready nodes are available.

    Fail: sessions restart for other reasons during one.
    """
    yield finding(
        "calico.rollout",
        "DaemonSet calico-node",
        not cluster.rollout,
        "no rollout under way",
        cluster.rollout,
        "Wait until it is over (kubectl rollout status)",
    )


def nodes(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.any`: there is at least one node that becomes a client.

    Fail.

    `nodes.left_out`: never; there is one for each node that has no IPv4 address or one that is not believed,
    or is NotReady and named in `calico_bgp_accept_left_out`.

    Warning: the node becomes no client.

    `nodes.ready`: the node is Ready.

    Warning: it becomes a client all the same, as its BIRD and its pods may run.
    """
    left_out = plan.nodes_left_out(cluster, wish)
    yield finding(
        "nodes.any",
        f"cluster {wish.cluster}",
        len(cluster.nodes) > len(left_out),
        "at least one node with an IPv4 address",
        f"{len(cluster.nodes)} nodes, none of them usable",
        "Check the kubeconfig's context and the nodes",
    )
    for name, why in left_out.items():
        yield finding(
            "nodes.left_out",
            f"node {name}",
            False,
            "a Ready node with an IPv4 address",
            why,
            "It is left out; run again once it is there",
            severity=WARNING,
        )
    for node in cluster.nodes:
        if node.name not in left_out:
            yield finding(
                "nodes.ready",
                f"node {node.name}",
                node.ready,
                "a Ready node",
                "NotReady",
                "It becomes a client; while its BIRD does not answer the gate stays shut, until "
                "calico_bgp_accept_left_out names it",
                severity=WARNING,
            )


def node_networks(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.network`: the node's address is a host's, and lies inside `calico_plan_node_networks`; where
    that is empty, it is an InternalIP of the node in Kubernetes.

    Fail: it stands in an annotation that the node may write itself, and would make somebody else's neighbour
    on the router a client.
    """
    for node in cluster.nodes:
        why = plan.disbelieved(node, wish.node_networks)
        yield finding(
            "nodes.network",
            f"node {node.name}",
            not why,
            "an address that can be its own",
            why,
            "Correct the annotation, or name the networks of the nodes in calico_plan_node_networks",
        )


def node_family(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.family`: the node has no IPv6 address.

    Fail: the mesh goes off for both families, and IPv4 alone is planned.
    """
    used = {family.name for family in USED}
    for node in cluster.nodes:
        others = [address for family, address in node.addresses.items() if family not in used]
        yield finding(
            "nodes.family",
            f"node {node.name}",
            not others,
            f"no {_unused()} address",
            ", ".join(others),
            _OTHER_FAMILY,
        )


def _unused() -> str:
    """The families that are not planned, in words."""
    return " or ".join(family.title for family in FAMILIES.values() if family not in USED)


def node_asn(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.asn`: the node has no AS number of its own, or the cluster's.

    Fail: its session would be eBGP, and a reflector reflects iBGP only.
    """
    for node in cluster.nodes:
        yield finding(
            "nodes.asn",
            f"node {node.name}",
            node.asn in (None, wish.asn),
            f"AS {wish.asn}",
            f"AS {node.asn} of its own (annotation projectcalico.org/ASNumber)",
            "Remove the annotation and the variable AS of calico-node",
        )


def node_reflector(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.reflector`: the node is no route reflector itself.

    Fail: it is no part of the mesh, and no plain client.
    """
    for node in cluster.nodes:
        yield finding(
            "nodes.reflector",
            f"node {node.name}",
            not node.reflector_cluster_id,
            "no route reflector in the cluster",
            f"cluster-id {node.reflector_cluster_id} (annotation projectcalico.org/RouteReflectorClusterID)",
            "In-cluster route reflectors are not supported",
        )


def node_windows(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.windows`: the node runs Linux.

    Fail: a Windows node runs no BIRD, so nothing can be proved there.
    """
    for node in cluster.nodes:
        yield finding(
            "nodes.windows",
            f"node {node.name}",
            not node.windows,
            "a Linux node",
            "Windows",
            "Windows nodes are not supported",
        )


def node_addresses(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`nodes.address`: no two nodes have the same address.

    Fail: BIRD refuses its whole configuration then.
    """
    names: dict[str, list[str]] = {}
    for node in cluster.nodes:
        for address in node.addresses.values():
            names.setdefault(address, []).append(node.name)
    for address, sharing in names.items():
        yield finding(
            "nodes.address",
            f"address {address}",
            len(sharing) == 1,
            "one node",
            ", ".join(sharing),
            "Correct Calico's address autodetection",
        )


def pool_family(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`pools.family`: the pool is IPv4.

    Fail: the mesh goes off for both families, and IPv4 alone is planned.
    """
    for pool in cluster.pools:
        yield finding(
            "pools.family",
            f"IPPool {pool.name}",
            family_of(pool.cidr) in USED,
            f"an {' or '.join(family.title for family in USED)} pool",
            pool.cidr,
            _OTHER_FAMILY,
        )


def pools(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`pools.any`: BGP announces at least one pool.

    Fail.

    `pools.kernel`: BIRD writes the routes of the pool into the kernel (encapsulation, Calico's version, and
    programClusterRoutes of BGPConfiguration `default`).

    Warning: Felix does, so a reflector changes nothing for its pods, and only BIRD's table is proved of it.
    """
    exported = [p for p in cluster.pools if p.exported]
    yield finding(
        "pools.any",
        f"cluster {wish.cluster}",
        bool(exported),
        "a pool announced by BGP",
        f"{len(cluster.pools)} pools, none announced",
        "Check disableBGPExport of the pools",
    )
    for pool in exported:
        yield finding(
            "pools.kernel",
            f"IPPool {pool.name}",
            pool.kernel == BIRD,
            "routes that BIRD writes into the kernel",
            f"Felix's ({_KERNEL[pool.encapsulation]})",
            "A route reflector changes nothing for its pods' traffic, and only BIRD's table is proved of it",
            severity=WARNING,
        )


def cluster_asn(cluster: Cluster, wish: plan.Wish) -> Findings:
    """`cluster.asn`: the cluster's AS is the one asked for.

    Fail: a change of AS resets every session at once.
    """
    yield finding(
        "cluster.asn",
        f"cluster {wish.cluster}",
        cluster.asn == wish.asn,
        f"AS {wish.asn} as asked for",
        f"AS {cluster.asn} in use",
        f"Set calico_plan_asn to {cluster.asn}; changing a cluster's AS resets every session "
        "and is not done here",
    )


#: What every run asks, behind api_mode.
ALWAYS = (datastore, nodes, peerings.reflector_count, peerings.reflector_address, cluster_asn)
#: What a run asks that is to move the cluster to the reflectors.
MIGRATION = (
    *ALWAYS,
    peerings.reflector_timers,
    peerings.reflector_interconnect,
    peerings.reflector_off_path,
    peerings.node_reflectors,
    filters,
    bird,
    rollout,
    node_family,
    node_asn,
    node_reflector,
    node_windows,
    node_networks,
    node_addresses,
    pool_family,
    pools,
    peerings.other_peers,
    peerings.own_peer,
    peerings.peer_selectors,
    peerings.former_peers,
    peerings.way_in,
)
