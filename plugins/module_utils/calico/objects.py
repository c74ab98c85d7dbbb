# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Calico objects that the plan writes. Only the fields we own are named; all else stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.cluster import DEFAULT_ASN
from ..model.family import USED, Family
from ..model.plan import Prefix, Reflector

API_VERSION = "projectcalico.org/v3"
#: Where the cut keeps what only a mesh may have (Calico forbids it with the mesh off), for the way back.
MESH_BEFORE = "calico-bgp.telco/mesh-before"
_MESH_ONLY = ("nodeMeshPassword", "nodeMeshMaxRestartTime")
#: Key of the session password in its Secret.
SECRET_KEY = "password"
#: Why an object is written, and what turns it off, by kind.
REASONS = {
    "BGPConfiguration": "there is none: the mesh stays on and the AS as it is, written down before a change",
    "BGPFilter": "nodes take only the prefixes of the cluster from the reflector; "
    "off with calico_plan_filter: false",
    "BGPPeer": "nodes of its selector peer with the reflector; one that exists keeps all that is not "
    "named here",
}


def manifest(kind: str, name: str, spec: Mapping[str, Any], resource_version: str = "") -> dict[str, Any]:
    """A cluster-scoped Calico object.

    With a resourceVersion the API refuses it once somebody else has changed the object.
    """
    metadata = {"name": name, "resourceVersion": resource_version} if resource_version else {"name": name}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def filter_spec(prefixes: Sequence[Prefix], families: Sequence[Family] = USED) -> dict[str, Any]:
    """BGPFilter: take from a reflector what lies inside the planned prefixes, and nothing else.

    Calico accepts everything by default, a default route too (Calico: BGPFilter, no match on import accepts).
    Calico 3.26 takes no rule without cidr and matchOperator, so the last one has both.
    """
    return {family.import_field: _import_rules(family, prefixes) for family in families}


def _import_rules(family: Family, prefixes: Sequence[Prefix]) -> list[dict[str, str]]:
    accepted = [("Accept", p.cidr) for p in prefixes if family.holds(p.cidr)]
    rules = [*accepted, ("Reject", family.everything)]
    return [{"action": action, "matchOperator": "In", "cidr": cidr} for action, cidr in rules]


def secret_name(peer_name: str) -> str:
    """Name of the Secret that holds the session password."""
    return f"{peer_name}-password"


@dataclass(frozen=True)
class PeerWish:
    """What a BGPPeer is wanted for.

    `filter_name` "" leaves its filters as they are, `node_selector` "" its nodes, `secret` "" its password.
    """

    reflector: Reflector
    family: Family
    asn: int
    filter_name: str = ""
    node_selector: str = "all()"
    secret: str = ""


def peer_spec(wish: PeerWish, live: Mapping[str, Any] | None) -> dict[str, Any]:
    """BGPPeer in its final form: PEER_FIELDS, where they have a value; `live` is the spec that is there."""
    values = {name: value(wish, live or {}) for name, value in PEER_FIELDS.items()}
    return {name: value for name, value in values.items() if value is not None}


def _peer_ip(wish: PeerWish, live: Mapping[str, Any]) -> Any:
    """A port behind the address stays: without it the session would be another one."""
    return live.get("peerIP") or wish.reflector.addresses[wish.family.name]


def _filters(wish: PeerWish, live: Mapping[str, Any]) -> Any:
    """Ours comes last: filters of somebody else stay in front."""
    if not wish.filter_name:
        return None
    others = live.get("filters") or ()
    return [*(name for name in others if name != wish.filter_name), wish.filter_name]


def _password(wish: PeerWish, _live: Mapping[str, Any]) -> Any:
    return {"secretKeyRef": {"name": wish.secret, "key": SECRET_KEY}} if wish.secret else None


#: The fields of a BGPPeer that are ours, each by what it is to be: out of the wish, and of the spec that is
#: there ({} for a new one). None leaves the field as it is.
PEER_FIELDS: Mapping[str, Callable[[PeerWish, Mapping[str, Any]], Any]] = {
    "peerIP": _peer_ip,
    "asNumber": lambda wish, _live: wish.asn,
    "filters": _filters,
    "nodeSelector": lambda wish, _live: wish.node_selector or None,
    "password": _password,
}


def mesh_manifest(live: Mapping[str, Any] | None, enabled: bool, asn: int = DEFAULT_ASN) -> dict[str, Any]:
    """BGPConfiguration `default` with the mesh on or off, as one merge patch.

    `live` is Cluster.configuration. Off: nodeMeshPassword (a reference, never the secret) and
    nodeMeshMaxRestartTime move into an annotation, as the API refuses them with the mesh off; the
    resourceVersion keeps it from going off where somebody changed the object. On: they come back from there,
    and no resourceVersion is in the way.
    """
    if live is None:
        return manifest("BGPConfiguration", "default", {"nodeToNodeMeshEnabled": enabled, "asNumber": asn})
    version = "" if enabled else live["resourceVersion"]
    patch = manifest("BGPConfiguration", "default", {"nodeToNodeMeshEnabled": enabled}, version)
    kept = {key: live["spec"][key] for key in _MESH_ONLY if live["spec"].get(key) is not None}
    saved = _saved(live["annotations"].get(MESH_BEFORE, ""))
    if not enabled and kept:
        patch["metadata"]["annotations"] = {MESH_BEFORE: json.dumps(kept, sort_keys=True)}
        patch["spec"].update(dict.fromkeys(kept))
    elif saved and (enabled or live["spec"].get("nodeToNodeMeshEnabled") is not False):
        # On: it has served. Off from on: it is of an earlier cut, and this mesh has nothing to keep.
        patch["metadata"]["annotations"] = {MESH_BEFORE: None}
        patch["spec"].update({**saved, **kept} if enabled else {})
    return patch


def mesh_patched(live: Mapping[str, Any] | None, enabled: bool, asn: int = DEFAULT_ASN) -> Mapping[str, Any]:
    """Cluster.configuration once `mesh_manifest` was taken, but for its resourceVersion."""
    patch = mesh_manifest(live, enabled, asn)
    there = live or {"spec": {}, "annotations": {}, "resourceVersion": ""}
    return {
        "spec": _merged(there["spec"], patch["spec"]),
        "annotations": _merged(there["annotations"], patch["metadata"].get("annotations") or {}),
        "resourceVersion": there["resourceVersion"],
    }


def _merged(fields: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**fields, **patch}.items() if value is not None}


def mesh_by_hand(live: Mapping[str, Any] | None) -> dict[str, Any]:
    """The merge patch that turns the mesh on after a cut, for somebody who types it.

    `live` is Cluster.configuration before the cut, or after it. What only a mesh may have comes back with it;
    the annotation that keeps it stays, as the next cut replaces it.
    """
    spec = dict(live["spec"]) if live else {}
    if live and spec.get("nodeToNodeMeshEnabled") is False:
        spec = _saved(live["annotations"].get(MESH_BEFORE, ""))
    kept = {key: spec[key] for key in _MESH_ONLY if spec.get(key) is not None}
    return {"spec": {"nodeToNodeMeshEnabled": True, **kept}}


def _saved(text: str) -> dict[str, Any]:
    """What the annotation keeps; nothing where it is spoilt, as the mesh must come on all the same."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return {key: data[key] for key in _MESH_ONLY if key in data} if isinstance(data, dict) else {}
