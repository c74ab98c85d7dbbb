# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reading of the Kubernetes API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .data import many

#: Who writes the routes to the pods of other nodes into the kernel of a node.
BIRD, FELIX = "bird", "felix"
#: Calico's AS number where BGPConfiguration `default` names none (Calico: bgpconfig.go).
DEFAULT_ASN = 64512


@dataclass(frozen=True)
class Node:
    """A Kubernetes node as Calico sees it; `addresses` by family, without prefix length, those there are.

    Calico's addresses come from annotations, which the node itself may write. `networks` are theirs, by
    family; `internal` are the InternalIPs that Kubernetes has of it; `labels` what selectors look at.
    """

    name: str
    addresses: Mapping[str, str]
    asn: int | None
    ready: bool
    windows: bool
    reflector_cluster_id: str
    internal: tuple[str, ...] = ()
    networks: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """An IPPool; `encapsulation` is none, ipip or vxlan, whatever its mode, `kernel` BIRD or FELIX."""

    name: str
    cidr: str
    block_size: int
    encapsulation: str
    exported: bool
    kernel: str = BIRD


@dataclass(frozen=True)
class Block:
    """A block affinity that confd announces: state confirmed or empty (Calico: confd, BlockAffinity)."""

    cidr: str
    node: str


@dataclass(frozen=True)
class Peer:
    """A BGPPeer of the cluster; `address` without the port."""

    name: str
    address: str
    asn: int | None
    spec: Mapping[str, Any]
    resource_version: str


@dataclass(frozen=True)
class Cluster:
    """One reading of the Kubernetes API.

    `api_mode` is A (aggregated API server), B (projectcalico.org CRDs), C (only crd.projectcalico.org) or D
    (no Calico API at all). `configuration` is BGPConfiguration `default`: spec, annotations and
    resourceVersion; None where it does not exist. `filters` is name to resourceVersion, `filter_specs` name
    to spec of each BGPFilter. `server` is the address of the API, "" where nobody said it.
    """

    api_mode: str
    calico_version: str
    datastore_ready: bool
    backend: str
    namespace: str
    rollout: str
    nodes: tuple[Node, ...]
    pools: tuple[Pool, ...]
    blocks: tuple[Block, ...]
    peers: tuple[Peer, ...]
    filters: Mapping[str, str]
    filter_kind: bool
    services: tuple[str, ...]
    configuration: Mapping[str, Any] | None
    filter_specs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    server: str = ""

    @property
    def asn(self) -> int:
        """The cluster's AS in use."""
        return int((self.configuration or {}).get("spec", {}).get("asNumber") or DEFAULT_ASN)

    @property
    def mesh(self) -> bool:
        """Whether the node-to-node mesh is on (unset means on)."""
        return (self.configuration or {}).get("spec", {}).get("nodeToNodeMeshEnabled") is not False


def cluster_from(data: Mapping[str, Any]) -> Cluster:
    """Cluster out of what to_data() made of one."""
    nested = {
        "nodes": tuple(Node(**{**node, "internal": tuple(node["internal"])}) for node in data["nodes"]),
        "pools": many(Pool, data["pools"]),
        "blocks": many(Block, data["blocks"]),
        "peers": many(Peer, data["peers"]),
        "services": tuple(data["services"]),
    }
    return Cluster(**{**data, **nested})


@dataclass(frozen=True)
class Steering:
    """What makes the sessions, as the API said at `at` (seconds since the epoch): whether the mesh is on, the
    spec of each BGPPeer and BGPFilter by name, and the labels of nodes by name, None where no selector looks
    at them."""

    at: float
    mesh: bool
    peers: Mapping[str, Mapping[str, Any]]
    filters: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, Mapping[str, str]] | None = None


def steering_from(data: Mapping[str, Any]) -> Steering:
    """Steering out of what to_data() made of one."""
    return Steering(**data)
