# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways back to the mesh with one cluster's own commands, as somebody types them at night."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from ..calico import objects
from ..model.cluster import Cluster

_GROUP = objects.API_VERSION.partition("/")[0]


@dataclass(frozen=True)
class Access:
    """How the cluster is reached from where the plan was made; `job` is whether that was a job of AWX."""

    inventories: tuple[str, ...] = ()
    kubeconfig: str = ""
    context: str = ""
    job: bool = False


@dataclass(frozen=True)
class Command:
    """One way back: what it is for, what to type, and what to know."""

    purpose: str
    line: str
    note: str


def way_back(cluster: Cluster, access: Access) -> Iterator[Command]:
    """The mesh on by three ways, and the whole way back; a job's own files are gone after it."""
    patch = json.dumps(objects.mesh_by_hand(cluster.configuration), separators=(",", ":"), sort_keys=True)
    if access.job:
        yield Command(
            "The mesh on, now",
            "",
            "Start the job template calico-bgp mesh on. It asks no router and no node.",
        )
    else:
        yield Command(
            "The mesh on, now",
            _playbook("mesh_on", access),
            "It asks no router and no node. For a run that was killed, and whenever nobody watches.",
        )
    kind = f"bgpconfigurations.{_GROUP}"
    yield Command(
        "The same without Ansible",
        shlex.join([*_kubectl(access), "patch", kind, "default", "--type", "merge", "--patch", patch]),
        "With a kubeconfig that may patch this kind, as that of docs/rbac.yaml." + _served(cluster),
    )
    version = cluster.calico_version or "which is not known"
    yield Command(
        "The same on a control plane node",
        shlex.join(["calicoctl", "patch", "bgpconfiguration", "default", "--patch", patch]),
        f"calicoctl of this cluster's version, {version}, as it refuses any other. Before the night, see "
        "that calicoctl get bgpconfiguration default shows the object there.",
    )
    if access.job:
        yield Command("The whole way back, proved", "", "Start the job template calico-bgp rollback.")
    else:
        yield Command(
            "The whole way back, proved",
            _playbook("rollback", access),
            "Turns the mesh on, proves it on every node, then takes peers and clients away.",
        )


def _playbook(name: str, access: Access) -> str:
    chosen = [word for path in access.inventories for word in ("-i", path)]
    return shlex.join(["ansible-playbook", *chosen, f"telco.calico_bgp.{name}"])


def _kubectl(access: Access) -> list[str]:
    """kubectl with the kubeconfig of the run; that of a job is gone after it."""
    chosen = {"--kubeconfig": "" if access.job else access.kubeconfig, "--context": access.context}
    return ["kubectl", *(word for option, value in chosen.items() if value for word in (option, value))]


def _served(cluster: Cluster) -> str:
    if cluster.api_mode != "A":
        return ""
    return " Calico's API server answers it, whose own pods may be out of reach just then."
