# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods of Calico's own DaemonSet calico-node: which one a node is asked through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]

#: Labels by which the API finds them, among others.
SELECTOR = "k8s-app=calico-node"
CONTAINER = "calico-node"


@dataclass(frozen=True)
class Pod:
    """A pod calico-node; `trouble` says why nothing can run in it, "" where something can.

    Whether it is Ready does not count: calico-node is not as soon as a session of BIRD is down.
    """

    name: str
    node: str
    trouble: str


def read_pod(daemonset: str, item: Object) -> Pod | None:
    """A pod that the DaemonSet with the uid `daemonset` made; None for one of a tenant's, which has another
    controller."""
    owners = item["metadata"].get("ownerReferences") or ()
    if not any(
        o.get("controller") and o.get("kind") == "DaemonSet" and o.get("uid") == daemonset for o in owners
    ):
        return None
    return Pod(item["metadata"]["name"], item.get("spec", {}).get("nodeName") or "", _trouble(item))


def _trouble(item: Object) -> str:
    if item["metadata"].get("deletionTimestamp"):
        return "is being deleted"
    containers = item.get("status", {}).get("containerStatuses") or ()
    state = next((c.get("state") or {} for c in containers if c.get("name") == CONTAINER), {})
    if "running" in state:
        return ""
    why = next((str(s.get("reason")) for s in state.values() if s and s.get("reason")), "")
    return f"does not run ({why or item.get('status', {}).get('phase') or 'no state'})"


def pod_of(node: str, pods: Iterable[Pod]) -> Pod:
    """The pod of a node, the one that runs where there are several; one without a name where there is none,
    with the reason in `trouble`."""
    found = [pod for pod in pods if pod.node == node]
    running = [pod for pod in found if not pod.trouble]
    if len(running) == 1:
        return running[0]
    if running:
        names = ", ".join(sorted(pod.name for pod in running))
        return Pod("", node, f"several pods calico-node run on it: {names}")
    if found:
        return Pod("", node, f"its pod {found[0].name} {found[0].trouble}")
    return Pod("", node, "there is no pod of the DaemonSet calico-node on it")
