# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that trip a check of the preflight, with its sentence; hand-made."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer, Pool
from tests.helpers import article
from tests.helpers.article import REFLECTOR

NAME = "peer-to-external-rr"


DUAL_STACK = (
    "The mesh carries IPv6 as well and goes off for both families; dual-stack clusters are not supported yet"
)


def one_node(**changes):
    return {
        "nodes": tuple(article.kube_node(n, **(changes if n == "node-b" else {})) for n in article.ADDRESSES)
    }


def configured(**spec):
    return {"configuration": {"spec": spec, "annotations": {}, "resourceVersion": "7"}}


def peer(name=NAME, address=REFLECTOR, asn=64512, spec=None):
    return {"peers": (Peer(name, address, asn, spec or {}, "1"),)}


RR1, RR2 = article.reflector(), article.reflector("rr2", "192.168.1.2")
OWN = (
    "Set calico_plan_peer_name to a name of its own; where a reflector takes another's place, keep both in "
    "the inventory until it is proved"
)


def two(**changes):
    return article.wish(reflectors=tuple(replace(each, **changes) for each in (RR1, RR2)))


def labelled(*names):
    """Nodes of which these have the label zone."""
    return {
        "nodes": tuple(
            article.kube_node(n, labels={"zone": "a"} if n in names else {}) for n in article.ADDRESSES
        )
    }


def reflector(address):
    return article.wish(reflectors=(article.reflector(address=address),))


V6 = Pool("six", "fd00:10:244::/64", 122, "none", True)


VXLAN = Pool("default", "10.244.0.0/16", 26, "vxlan", True, "felix")


HIDDEN = Pool("default", "10.244.0.0/16", 26, "none", False)


OF_BIRD = "IPPool default: expected routes that BIRD writes into the kernel"
FELIX_ONLY = "A route reflector changes nothing for its pods' traffic, and only BIRD's table is proved of it"


# case: what is other, the wish (None: the article's), the check, severity and sentence
TRIPPED = {
    "mode C": (
        {"api_mode": "C"},
        None,
        "api.mode",
        "error",
        "cluster lab: expected the API projectcalico.org/v3, found only crd.projectcalico.org. "
        "Install Calico's API "
        "server or its native CRDs; without them only calicoctl may write, which this collection does not do",
    ),
    "mode D": (
        {"api_mode": "D"},
        None,
        "api.mode",
        "error",
        "cluster lab: expected the API projectcalico.org/v3, found no Calico API. Install Calico's API "
        "server or its native CRDs; without them only calicoctl may write, which this collection does not do",
    ),
    "datastore locked": (
        {"datastore_ready": False},
        None,
        "api.datastore_ready",
        "error",
        "cluster lab: expected ClusterInformation datastoreReady true, found false. "
        "Wait until Calico's datastore migration is over",
    ),
    "Calico too old": (
        {"filter_kind": False, "calico_version": "v3.25.0"},
        None,
        "api.bgp_filter",
        "error",
        "cluster lab: expected the kind BGPFilter, found an API without it (Calico v3.25.0). "
        "Upgrade Calico to 3.26 or later",
    ),
    "version not known": (
        {"filter_kind": False, "calico_version": ""},
        None,
        "api.bgp_filter",
        "error",
        "cluster lab: expected the kind BGPFilter, found an API without it (Calico of unknown version). "
        "Upgrade Calico to 3.26 or later",
    ),
    "no BIRD": (
        {"backend": "vxlan"},
        None,
        "calico.backend",
        "error",
        "cluster lab: expected calico-node with BIRD (backend bird), found backend vxlan. "
        "Without BIRD a BGPPeer does nothing; enable BGP in Calico first",
    ),
    "no calico-node": (
        {"backend": ""},
        None,
        "calico.backend",
        "error",
        "cluster lab: expected calico-node with BIRD (backend bird), found no DaemonSet calico-node in its "
        "namespace. Set calico_plan_namespace to Calico's namespace where it is neither calico-system nor "
        "kube-system",
    ),
    "rollout": (
        {"rollout": "1 of 3 calico-node pods updated"},
        None,
        "calico.rollout",
        "error",
        "DaemonSet calico-node: expected no rollout under way, found 1 of 3 calico-node pods updated. "
        "Wait until it is over (kubectl rollout status)",
    ),
    "NotReady node": (
        one_node(ready=False),
        None,
        "nodes.ready",
        "warning",
        "node node-b: expected a Ready node, found NotReady. It becomes a client; while its BIRD does not "
        "answer the gate stays shut, until calico_bgp_accept_left_out names it",
    ),
    "NotReady node that may be left out": (
        one_node(ready=False),
        article.wish(accept_left_out=("node-b",)),
        "nodes.left_out",
        "warning",
        "node node-b: expected a Ready node with an IPv4 address, "
        "found NotReady, and named in calico_bgp_accept_left_out. It is left out; run again once it is there",
    ),
    "dual-stack node": (
        one_node(address6="2001:db8::11"),
        None,
        "nodes.family",
        "error",
        f"node node-b: expected no IPv6 address, found 2001:db8::11. {DUAL_STACK}",
    ),
    "AS of a node's own": (
        one_node(asn=65001),
        None,
        "nodes.asn",
        "error",
        "node node-b: expected AS 64512, found AS 65001 of its own (annotation projectcalico.org/ASNumber). "
        "Remove the annotation and the variable AS of calico-node",
    ),
    "reflector in the cluster": (
        one_node(reflector_cluster_id="244.0.0.1"),
        None,
        "nodes.reflector",
        "error",
        "node node-b: expected no route reflector in the cluster, found cluster-id 244.0.0.1 (annotation "
        "projectcalico.org/RouteReflectorClusterID). In-cluster route reflectors are not supported",
    ),
    "Windows": (
        one_node(windows=True),
        None,
        "nodes.windows",
        "error",
        "node node-b: expected a Linux node, found Windows. Windows nodes are not supported",
    ),
    "address of two nodes": (
        one_node(address="192.168.1.10"),
        None,
        "nodes.address",
        "error",
        "address 192.168.1.10: expected one node, found node-a, node-b. Correct Calico's address "
        "autodetection",
    ),
    "IPv6 pool": (
        {"pools": (*article.cluster().pools, V6)},
        None,
        "pools.family",
        "error",
        f"IPPool six: expected an IPv4 pool, found fd00:10:244::/64. {DUAL_STACK}",
    ),
    "no pool": (
        {"pools": ()},
        None,
        "pools.any",
        "error",
        "cluster lab: expected a pool announced by BGP, found 0 pools, none announced. "
        "Check disableBGPExport of the pools",
    ),
    "no announced pool": (
        {"pools": (HIDDEN,)},
        None,
        "pools.any",
        "error",
        "cluster lab: expected a pool announced by BGP, found 1 pools, none announced. "
        "Check disableBGPExport of the pools",
    ),
    "VXLAN only": (
        {"pools": (VXLAN,)},
        None,
        "pools.kernel",
        "warning",
        f"{OF_BIRD}, found Felix's (VXLAN). {FELIX_ONLY}",
    ),
    "one pool of two VXLAN": (
        {"pools": (replace(VXLAN, cidr="10.245.0.0/16"), *article.cluster().pools)},
        None,
        "pools.kernel",
        "warning",
        f"{OF_BIRD}, found Felix's (VXLAN). {FELIX_ONLY}",
    ),
    "IPIP that Felix writes": (
        {"pools": (replace(VXLAN, encapsulation="ipip"),)},
        None,
        "pools.kernel",
        "warning",
        f"{OF_BIRD}, found Felix's (IPIP; programClusterRoutes, or Calico 3.33 and later). {FELIX_ONLY}",
    ),
    "plain routes that Felix writes": (
        {"pools": (replace(VXLAN, encapsulation="none"),)},
        None,
        "pools.kernel",
        "warning",
        f"{OF_BIRD}, found Felix's (programClusterRoutes). {FELIX_ONLY}",
    ),
    "another AS": (
        configured(asNumber=64513),
        None,
        "cluster.asn",
        "error",
        "cluster lab: expected AS 64512 as asked for, found AS 64513 in use. Set calico_plan_asn to 64513; "
        "changing a cluster's AS resets every session and is not done here",
    ),
    "no reflector": (
        {},
        article.wish(reflectors=()),
        "reflectors.count",
        "error",
        "cluster lab: expected a route reflector in the inventory, found none. Put the router into "
        "group route_reflectors",
    ),
    "two reflectors with one address": (
        {},
        article.wish(reflectors=tuple(article.reflector(f"rr{i}") for i in (1, 2))),
        "reflectors.address",
        "error",
        "route reflector rr2: expected an IPv4 address of its own, found route reflector rr1 has "
        "192.168.1.1 as well. Set cisco_rr_address to the router's BGP address",
    ),
    "a former reflector that is reached where one is": (
        {},
        article.wish(
            reflectors=(replace(RR1, connection="192.0.2.1:22"),),
            former=(replace(RR2, connection="192.0.2.1:22"),),
        ),
        "reflectors.address",
        "error",
        "route reflector rr2: expected an IPv4 address of its own, found route reflector rr1 is reached at "
        "192.0.2.1:22 as well. Set cisco_rr_address to the router's BGP address",
    ),
    "two reflectors with one cluster-id and a session of their own": (
        {},
        two(options={"cluster_id": "1", "interconnect": True}),
        "reflectors.interconnect",
        "error",
        "route reflector rr2: expected a cluster-id that no other one has, as it has a session with them, "
        "found cluster-id 1, as rr1. Give each its own cisco_rr_cluster_id, or leave cisco_rr_interconnect "
        "out",
    ),
    "a node that no selector is for": (
        labelled("node-a", "node-b"),
        article.wish(node_selector="has(zone)"),
        "nodes.peered",
        "error",
        "node node-c: expected a route reflector whose selector is for it, found its labels fit none. "
        "Correct calico_plan_node_selector of a reflector, or the labels of the node",
    ),
    "a node with one reflector of two": (
        labelled("node-a", "node-b"),
        article.wish(reflectors=(RR1, replace(RR2, node_selector="has(zone)"))),
        "nodes.single",
        "warning",
        "node node-c: expected two route reflectors, found rr1 alone. It loses every route when rr1 goes; "
        "widen the selector of another reflector",
    ),
    "a peer for one node": (
        peer(spec={"node": "node-a"}),
        None,
        "peers.own",
        "error",
        f"BGPPeer {NAME}: expected peerIP 192.168.1.1, asNumber 64512, found peerIP 192.168.1.1, "
        f"asNumber 64512, for node node-a alone. {OWN}",
    ),
    "another selector with the mesh off": (
        {
            **configured(asNumber=64512, nodeToNodeMeshEnabled=False),
            **peer(spec={"nodeSelector": "all()"}),
            **labelled("node-a", "node-b"),
        },
        article.wish(
            reflectors=(replace(RR1, node_selector="has(zone)"), RR2, article.reflector("rr3", "192.168.1.3"))
        ),
        "peers.selector",
        "error",
        f"BGPPeer {NAME}: expected the nodes that it is for keep their session, as the mesh is off, found "
        "nodeSelector all(), wanted has(zone), which resets node-c. Turn the mesh on first (mesh_on), then "
        "run site",
    ),
    "a peer that leads to no reflector any more": (
        {"peers": (Peer(f"{NAME}-rr9", "192.168.1.9", 64512, {"filters": [NAME]}, "1"),)},
        None,
        "peers.left",
        "warning",
        f"BGPPeer {NAME}-rr9: expected a route reflector of the inventory, found 192.168.1.9, which is none. "
        "Move its host to group former_reflectors, and its peer and router lines are taken away",
    ),
    "a reflector by name": (
        {},
        reflector("rr1.example.net"),
        "reflectors.address",
        "error",
        "route reflector rr1: expected an IPv4 address of its own, found 'rr1.example.net' is no "
        "IPv4 address. "
        "Set cisco_rr_address to the router's BGP address",
    ),
    "a reflector with IPv6": (
        {},
        reflector("2001:db8::1"),
        "reflectors.address",
        "error",
        "route reflector rr1: expected an IPv4 address of its own, found '2001:db8::1' is no IPv4 address. "
        "Set cisco_rr_address to the router's BGP address",
    ),
    "a reflector with a node's address": (
        {},
        reflector("192.168.1.11"),
        "reflectors.address",
        "error",
        "route reflector rr1: expected an IPv4 address of its own, found node node-b has it. "
        "Set cisco_rr_address to the router's BGP address",
    ),
    "a reflector in a pool": (
        {},
        reflector("10.244.3.3"),
        "reflectors.address",
        "error",
        "route reflector rr1: expected an IPv4 address of its own, found it lies in a pool. "
        "Set cisco_rr_address to the router's BGP address",
    ),
    "keepalives too rare for the hold time": (
        {},
        article.wish(reflectors=(article.reflector(keepalive=20),)),
        "reflectors.timers",
        "error",
        "route reflector rr1: expected a keepalive of a third of the hold time or less, "
        "found keepalive 20 s, hold time 30 s. Correct cisco_rr_timers",
    ),
    "pod routes kept out of a router that may be a way to pods": (
        {},
        article.wish(reflectors=(replace(RR1, options={"table_map": True, "off_path": False}),)),
        "reflectors.off_path",
        "error",
        "route reflector rr1: expected cisco_rr_off_path where cisco_rr_table_map is true, found "
        "cisco_rr_table_map alone, by which packets to pods that come to the router find no route. "
        "Set cisco_rr_off_path: true where none come, or leave cisco_rr_table_map out",
    ),
    "second peer for the reflector": (
        peer("theirs"),
        None,
        "peers.duplicate",
        "error",
        "BGPPeer theirs: expected no second BGPPeer for 192.168.1.1, found the address of route "
        "reflector rr1. "
        "Set calico_plan_peer_name to theirs to take it over, or delete it",
    ),
    "our peer leads elsewhere": (
        peer(address="192.168.1.2"),
        None,
        "peers.own",
        "error",
        f"BGPPeer {NAME}: expected peerIP 192.168.1.1, asNumber 64512, found peerIP 192.168.1.2, "
        "asNumber 64512. "
        f"{OWN}",
    ),
    "our peer has another AS": (
        peer(asn=65001),
        None,
        "peers.own",
        "error",
        f"BGPPeer {NAME}: expected peerIP 192.168.1.1, asNumber 64512, found peerIP 192.168.1.1, "
        "asNumber 65001. "
        f"{OWN}",
    ),
    "mesh off, no peer": (
        configured(asNumber=64512, nodeToNodeMeshEnabled=False),
        None,
        "mesh.on_or_peered",
        "error",
        "cluster lab: expected the mesh on, or a BGPPeer for the route reflector, found the mesh "
        "off and no such "
        "peer. Run the playbook mesh_on first",
    ),
}
