# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects a Calico cluster has before anybody touches its BGP, written into the lab's API."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from lab.agent.forms import FORMS
from lab.agent.objects import affinity_labels
from lab.network import ASN, ZONE_LABEL

if TYPE_CHECKING:
    from lab.network import LabNode, Network, Pod

KUBERNETES_VERSION = "v1.36.3"
NAMESPACE = "calico-system"
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"
#: What names made by Kubernetes end with: no vowels, no digits that look like letters.
TAIL = "bcdfghjklmnpqrstvwxz2456789"
CALICO = "/apis/projectcalico.org/v3"
Json = dict[str, Any]
Item = tuple[str, Json]


class Api(Protocol):
    """What seeding needs of an API."""

    def apply(self, path: str, obj: Json) -> Json:
        """Create or change one object by server-side apply."""

    def apply_all(self, items: Sequence[Item]) -> None:
        """The same for many, in no order."""

    def request(self, method: str, path: str, body: object | None = None) -> Json:
        """One request."""


def seed(api: Api, network: Network, kubelet_port: int = 10250) -> None:
    """Write nodes, pool, IPAM blocks, cluster information, and calico-node of `network`: DaemonSet and pods.

    No BGPConfiguration, as Calico runs the mesh without one, but where it has to say the AS. The kubelets of
    all nodes are at this port of 127.0.0.1. Safe to repeat.
    """
    now = _now()
    first = network.nodes[0]
    api.apply_all([node_object(n, network.prefix_length, control_plane=n is first) for n in network.nodes])
    api.apply_all([node_status(node, now, kubelet_port) for node in network.nodes])
    block_length = ipaddress.ip_network(network.nodes[0].block).prefixlen
    version = FORMS[network.calico].version
    items = [pool_object(network.pool, block_length), cluster_information(version)]
    if network.asn != ASN:
        spec = {"asNumber": network.asn, "nodeToNodeMeshEnabled": True}
        items.append(_calico("BGPConfiguration", "bgpconfigurations", "default", spec))
    for node in network.nodes:
        items += [block_object(node, network.nodes), affinity_object(node)]
    api.apply_all(items)
    path, daemon_set = daemon_set_object(version)
    made = api.apply(path, daemon_set)["metadata"]
    api.apply(f"{path}/status", daemon_set_status(len(network.nodes), made["generation"]))
    seed_pods(api, network, network.nodes)


def seed_pods(api: Api, network: Network, nodes: Iterable[LabNode]) -> None:
    """Write the pods calico-node of these nodes, running."""
    version = FORMS[network.calico].version
    now = _now()
    path, daemon_set = daemon_set_object(version)
    owner = api.apply(path, daemon_set)["metadata"]["uid"]
    pods = {node: pod_object(node, version, owner) for node in nodes}
    api.apply_all(list(pods.values()))
    api.apply_all([(f"{where}/status", pod_status(node, now)) for node, (where, _pod) in pods.items()])


def delete_pod(api: Api, node: str) -> None:
    """Delete the pod calico-node of a node, at once, as nobody would tell the API that it ended."""
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod_name(node)}"
    api.request("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def node_object(node: LabNode, prefix_length: int, *, control_plane: bool = False) -> Item:
    """The Kubernetes node with the annotation calico-node writes."""
    labels = {"kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux"}
    labels |= {CONTROL_PLANE_LABEL: ""} if control_plane else {}
    metadata = {
        "name": node.name,
        "labels": {**labels, **({ZONE_LABEL: node.zone} if node.zone else {})},
        "annotations": {"projectcalico.org/IPv4Address": f"{node.address}/{prefix_length}"},
    }
    return f"/api/v1/nodes/{node.name}", {"apiVersion": "v1", "kind": "Node", "metadata": metadata}


def node_status(node: LabNode, now: str, kubelet_port: int) -> Item:
    """What a kubelet reports: addresses, its port and the condition Ready."""
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    addresses = [
        {"type": "InternalIP", "address": node.address},
        {"type": "ExternalIP", "address": "127.0.0.1"},
        {"type": "Hostname", "address": node.name},
    ]
    body = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name},
        "status": {
            "addresses": addresses,
            "conditions": [condition],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
        },
    }
    return f"/api/v1/nodes/{node.name}/status", body


def pool_object(cidr: str, block_size: int) -> Item:
    """A pool without overlay: its routes are BGP's."""
    spec = {
        "cidr": cidr,
        "blockSize": block_size,
        "ipipMode": "Never",
        "vxlanMode": "Never",
        "natOutgoing": True,
        "nodeSelector": "all()",
        "allowedUses": ["Workload", "Tunnel"],
    }
    return _calico("IPPool", "ippools", "default-ipv4-ippool", spec)


def cluster_information(version: str) -> Item:
    """Version and readiness of the datastore, as calico-node keeps them."""
    spec = {
        "calicoVersion": version,
        "clusterGUID": "5a5ad0a5b0f14c2c8b6f0e1d2c3b4a59",
        "clusterType": "k8s,bgp,kdd",
        "datastoreReady": True,
        "variant": "Calico",
    }
    return _calico("ClusterInformation", "clusterinformations", "default", spec)


def affinity_object(node: LabNode) -> Item:
    """The node's confirmed claim on its block, with the labels by which its confd lists it."""
    spec = {"cidr": node.block, "node": node.name, "state": "confirmed", "deleted": False, "type": "host"}
    path, made = _calico("BlockAffinity", "blockaffinities", f"{node.name}-{_dashed(node.block)}", spec)
    labels = affinity_labels(node.name, node.block)
    return path, {**made, "metadata": {**made["metadata"], "labels": labels}}


def block_object(node: LabNode, nodes: Iterable[LabNode]) -> Item:
    """The IPAM block of a node: which addresses are taken, by pods of which node (a borrower's too)."""
    block = ipaddress.ip_network(node.block)
    taken = [
        (int(ipaddress.ip_address(pod.address)) - int(block.network_address), pod, owner)
        for owner in nodes
        for pod in owner.pods
        if ipaddress.ip_address(pod.address) in block
    ]
    allocations: list[int | None] = [None] * block.num_addresses
    for index, (ordinal, _pod, _owner) in enumerate(taken):
        allocations[ordinal] = index
    spec = {
        "cidr": node.block,
        "affinity": f"host:{node.name}",
        "allocations": allocations,
        "attributes": [_attribute(pod, owner) for _ordinal, pod, owner in taken],
        "unallocated": [ordinal for ordinal, index in enumerate(allocations) if index is None],
        "strictAffinity": False,
        "deleted": False,
    }
    return _calico("IPAMBlock", "ipamblocks", _dashed(node.block), spec)


def pod_name(node: str) -> str:
    """The name of a node's pod calico-node, with a tail like that of the DaemonSet's controller."""
    number = int.from_bytes(sha256(node.encode()).digest()[:8])
    return "calico-node-" + "".join(TAIL[number // len(TAIL) ** place % len(TAIL)] for place in range(5))


def pod_object(node: LabNode, version: str, owner: str) -> Item:
    """The pod calico-node of one node, as the controller makes it of the template."""
    name = pod_name(node.name)
    reference = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "name": "calico-node",
        "uid": owner,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {"k8s-app": "calico-node"},
            "ownerReferences": [reference],
        },
        "spec": {
            "nodeName": node.name,
            "hostNetwork": True,
            "containers": [{"name": "calico-node", "image": f"calico/node:{version}"}],
        },
    }
    return f"/api/v1/namespaces/{NAMESPACE}/pods/{name}", body


def pod_status(node: LabNode, now: str) -> Json:
    """What a kubelet reports of the pod: it runs and is ready."""
    container = {
        "name": "calico-node",
        "ready": True,
        "restartCount": 0,
        "image": "calico/node",
        "imageID": "",
        "state": {"running": {"startedAt": now}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod_name(node.name), "namespace": NAMESPACE},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now}],
            "containerStatuses": [container],
            "hostIP": node.address,
            "podIP": node.address,
            "startTime": now,
        },
    }


def daemon_set_object(version: str) -> Item:
    """calico-node as the operator writes it, cut down to what says how Calico runs."""
    labels = {"k8s-app": "calico-node"}
    variables = {"DATASTORE_TYPE": "kubernetes", "CALICO_NETWORKING_BACKEND": "bird"}
    container = {
        "name": "calico-node",
        "image": f"calico/node:{version}",
        "env": [{"name": name, "value": value} for name, value in variables.items()],
    }
    spec = {"hostNetwork": True, "nodeSelector": {"kubernetes.io/os": "linux"}, "containers": [container]}
    template = {"metadata": {"labels": labels}, "spec": spec}
    body = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "calico-node", "namespace": NAMESPACE, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    return f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/calico-node", body


def daemon_set_status(count: int, generation: int) -> Json:
    """A roll-out that is complete: every node runs the present template and is ready."""
    counters = ("currentNumberScheduled", "desiredNumberScheduled", "updatedNumberScheduled")
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "calico-node", "namespace": NAMESPACE},
        "status": {
            **dict.fromkeys((*counters, "numberReady", "numberAvailable"), count),
            "numberMisscheduled": 0,
            "observedGeneration": generation,
        },
    }


def _attribute(pod: Pod, owner: LabNode) -> Json:
    secondary = {"namespace": "default", "node": owner.name, "pod": pod.name}
    return {"handle_id": f"k8s-pod-network.{owner.name}.{pod.name}", "secondary": secondary}


def _calico(kind: str, plural: str, name: str, spec: Json) -> Item:
    body = {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return f"{CALICO}/{plural}/{name}", body


def _dashed(cidr: str) -> str:
    return cidr.replace(".", "-").replace(":", "-").replace("/", "-")
