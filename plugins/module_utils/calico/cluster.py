# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes and Calico objects, as the API returns them, into one Cluster record."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.cluster import BIRD, FELIX, Block, Cluster, Node, Peer, Pool
from ..model.family import FAMILIES, family_of

Object = Mapping[str, Any]

#: Where Calico's operator and its manifests put calico-node. Elsewhere anybody may have one of that name.
NAMESPACES = ("calico-system", "kube-system")
_ANNOTATION = "projectcalico.org/"
#: confd announces blocks whose affinity is confirmed or has no state (Calico: confd, block affinities).
_ANNOUNCED = ("confirmed", "")
#: The encapsulations whose routes BIRD writes into the kernel, by BGPConfiguration's programClusterRoutes.
_PROGRAMMED = {
    "Enabled": ("none", "ipip"),
    "EnabledIPIPOnly": ("ipip",),
    "EnabledNoEncapOnly": ("none",),
    "Disabled": (),
}


def read(
    *,
    api_mode: str,
    nodes: Sequence[Node],
    pools: Sequence[Object] = (),
    blocks: Sequence[Block] = (),
    peers: Sequence[Object] = (),
    filters: Sequence[Object] | None = None,
    configurations: Sequence[Object] = (),
    information: Sequence[Object] = (),
    daemonsets: Sequence[Object] = (),
    config_backend: str = "",
) -> Cluster:
    """The cluster out of lists of objects; of nodes and blocks, which may be thousands, the records.

    `filters` is None where the API has no kind BGPFilter.

    `config_backend` is `calico_backend` of the ConfigMap that a DaemonSet made from a manifest refers to.
    `daemonsets` are those that count: ObjectError where they are several.
    """
    default = next((c for c in configurations if c["metadata"]["name"] == "default"), None)
    spec = default.get("spec", {}) if default else {}
    clusters = [i.get("spec", {}) for i in information if i["metadata"]["name"] == "default"]
    daemonset = the_daemonset(daemonsets)
    version = str(clusters[0].get("calicoVersion", "")) if clusters else ""
    return Cluster(
        api_mode=api_mode,
        calico_version=version,
        datastore_ready=clusters[0].get("datastoreReady") is not False if clusters else True,
        backend=_backend(daemonset, config_backend),
        namespace=daemonset["metadata"]["namespace"] if daemonset else "",
        rollout=_rollout(daemonset, sum(not node.ready for node in nodes)),
        nodes=tuple(sorted(nodes, key=lambda n: n.name)),
        pools=tuple(read_pool(p, version, spec.get("programClusterRoutes") or "") for p in pools),
        blocks=tuple(sorted(blocks, key=lambda b: (b.node, b.cidr))),
        peers=tuple(_peer(p) for p in peers),
        filters={f["metadata"]["name"]: f["metadata"].get("resourceVersion", "") for f in filters or ()},
        filter_kind=filters is not None,
        services=tuple(_services(spec)),
        configuration=read_configuration(default) if default else None,
        filter_specs={f["metadata"]["name"]: dict(f.get("spec") or {}) for f in filters or ()},
    )


class ObjectError(ValueError):
    """An object that cannot be read; the message names it, and says what to do."""


def the_daemonset(daemonsets: Sequence[Object]) -> Object | None:
    """Calico's own DaemonSet calico-node, None where there is none.

    ObjectError where it may be either of two: the Secrets with the passwords go into its namespace.
    """
    if len(daemonsets) > 1:
        found = ", ".join(sorted(d["metadata"]["namespace"] for d in daemonsets))
        raise ObjectError(
            f"There is a DaemonSet calico-node in each of the namespaces {found}, and one of them is "
            "Calico's. Say which in calico_plan_namespace, or remove the other one"
        )
    return daemonsets[0] if daemonsets else None


def read_node(item: Object) -> Node:
    """A Node of Kubernetes; ObjectError where an annotation of Calico's is none."""
    meta, status = item["metadata"], item.get("status", {})
    notes, labels = meta.get("annotations") or {}, meta.get("labels") or {}
    try:
        shown = {name: notes.get(family.node_annotation) for name, family in FAMILIES.items()}
        interfaces = {name: ipaddress.ip_interface(text) for name, text in shown.items() if text}
        asn = _asn(notes[_ANNOTATION + "ASNumber"]) if notes.get(_ANNOTATION + "ASNumber") else None
    except ValueError as exc:
        raise ObjectError(
            f"Node {meta['name']}, annotations {_ANNOTATION}*: {exc}; correct them and try again"
        ) from exc
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    return Node(
        name=meta["name"],
        # Without the length that calico-node writes behind them.
        addresses={name: str(found.ip) for name, found in interfaces.items()},
        asn=asn,
        ready=ready,
        windows=labels.get("kubernetes.io/os") == "windows",
        reflector_cluster_id=notes.get(_ANNOTATION + "RouteReflectorClusterID", ""),
        internal=tuple(a["address"] for a in status.get("addresses") or () if a.get("type") == "InternalIP"),
        networks={name: str(found.network) for name, found in interfaces.items()},
        labels=dict(labels),
    )


def _asn(text: Any) -> int:
    """An AS number, asplain or asdot (RFC 5396)."""
    high, dot, low = str(text).partition(".")
    return int(high) * 65536 + int(low) if dot else int(high)


def read_pool(item: Object, version: str = "", program_cluster_routes: str = "") -> Pool:
    """An IPPool, disabled or not: a disabled one gives out no more addresses, and its blocks stay announced
    (Calico: confd, ippools.go looks at disableBGPExport alone).

    `version` is Calico's, `program_cluster_routes` the field of BGPConfiguration `default`; "" for none.
    """
    spec = item["spec"]
    modes = {"vxlan": spec.get("vxlanMode"), "ipip": spec.get("ipipMode")}
    used = [name for name, mode in modes.items() if mode not in (None, "", "Never")]
    encapsulation = used[0] if used else "none"
    return Pool(
        name=item["metadata"]["name"],
        cidr=spec["cidr"],
        block_size=int(spec.get("blockSize") or family_of(spec["cidr"]).default_block_size),
        encapsulation=encapsulation,
        exported=not spec.get("disableBGPExport"),
        kernel=kernel_owner(encapsulation, version, program_cluster_routes),
    )


def kernel_owner(encapsulation: str, version: str, program_cluster_routes: str) -> str:
    """Who writes a pool's routes into the kernel, BIRD or FELIX (Calico: confd, ippools.go, and its CRD).

    VXLAN's are Felix's. All others were BIRD's up to 3.32, where nobody says otherwise (the field is there
    since 3.31); from 3.33 on those of IPIP are Felix's unless the field says otherwise, from 3.35 on anyway.
    A version that is not known counts as the newest: Felix's routes prove nothing of BIRD's.

    >>> kernel_owner("ipip", "v3.32.1", ""), kernel_owner("ipip", "v3.33.0", "")
    ('bird', 'felix')
    """
    found = re.match(r"v?(\d+)\.(\d+)", version)
    release = (int(found[1]), int(found[2])) if found else (9999, 0)
    default = "Enabled" if release < (3, 33) else "EnabledNoEncapOnly"
    said = program_cluster_routes if program_cluster_routes and release >= (3, 31) else default
    by_bird = encapsulation in _PROGRAMMED.get(said, ())
    return FELIX if not by_bird or (encapsulation == "ipip" and release >= (3, 35)) else BIRD


def read_block(item: Object) -> Block | None:
    """A block affinity; None where confd does not announce it."""
    spec = item["spec"]
    announced = (
        (spec.get("state") or "") in _ANNOUNCED
        and str(spec.get("deleted", "")).lower() != "true"
        and (spec.get("type") or "host") == "host"
    )
    return Block(spec["cidr"], spec["node"]) if announced else None


def _peer(item: Object) -> Peer:
    spec, meta = item.get("spec", {}), item["metadata"]
    asn = spec.get("asNumber")
    return Peer(
        name=meta["name"],
        address=peer_address(spec.get("peerIP", "")),
        asn=_asn(asn) if asn else None,
        spec=dict(spec),
        resource_version=meta.get("resourceVersion", ""),
    )


def peer_address(peer_ip: str) -> str:
    """The address in a BGPPeer's peerIP: `a`, `a:port`, `v6` or `[v6]:port` (Calico: bgppeer.go)."""
    if peer_ip.startswith("["):
        return peer_ip[1:].partition("]")[0]
    return peer_ip.partition(":")[0] if peer_ip.count(":") == 1 else peer_ip


def _services(spec: Object) -> list[str]:
    kinds = ("serviceClusterIPs", "serviceExternalIPs", "serviceLoadBalancerIPs")
    return [entry["cidr"] for kind in kinds for entry in spec.get(kind) or () if entry.get("cidr")]


def read_configuration(item: Object) -> Mapping[str, Any]:
    """Cluster.configuration out of BGPConfiguration `default`."""
    meta = item["metadata"]
    return {
        "spec": dict(item.get("spec") or {}),
        "annotations": dict(meta.get("annotations") or {}),
        "resourceVersion": meta.get("resourceVersion", ""),
    }


def backend_reference(daemonset: Object) -> tuple[str, str] | None:
    """(ConfigMap, key) that a DaemonSet made from Calico's manifest takes its backend from."""
    source = (
        _environment(daemonset)
        .get("CALICO_NETWORKING_BACKEND", {})
        .get("valueFrom", {})
        .get("configMapKeyRef")
    )
    return (source["name"], source["key"]) if source else None


def _environment(daemonset: Object) -> dict[str, Mapping[str, Any]]:
    containers = daemonset.get("spec", {}).get("template", {}).get("spec", {}).get("containers") or ()
    return {
        entry["name"]: entry for c in containers if c["name"] == "calico-node" for entry in c.get("env") or ()
    }


def _backend(daemonset: Object | None, config_backend: str) -> str:
    """bird, vxlan or none; bird is Calico's default (node: rc.local). Without a DaemonSet: "" (not known)."""
    if daemonset is None:
        return ""
    return (
        config_backend or _environment(daemonset).get("CALICO_NETWORKING_BACKEND", {}).get("value") or "bird"
    )


def _rollout(daemonset: Object | None, not_ready: int) -> str:
    """What is still going on in calico-node's rollout, "" when nothing is.

    A pod that is updated may not run yet: a rollout is over when the last one is available. Kubernetes leaves
    a count out where it is 0. For the pods of nodes that are `not_ready`, so many, nobody can wait.
    """
    status, meta = (daemonset or {}).get("status", {}), (daemonset or {}).get("metadata", {})
    if status.get("observedGeneration", 0) < meta.get("generation", 0) and "observedGeneration" in status:
        return "a change of the DaemonSet that is not yet rolled out"
    wanted, updated = status.get("desiredNumberScheduled", 0), status.get("updatedNumberScheduled", 0)
    if updated < wanted:
        return f"{updated} of {wanted} calico-node pods updated"
    available = status.get("numberAvailable", 0)
    return f"{available} of {wanted} calico-node pods available" if available < wanted - not_ready else ""
