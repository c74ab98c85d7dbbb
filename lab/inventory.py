# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of the running lab, as Ansible reads it."""

from __future__ import annotations

import json
from typing import Any

from lab.network import ZONE_LABEL
from lab.releases import KUBECONFIG, checksums
from lab.state import CHECKOUT, State

Json = dict[str, Any]
CLUSTER = "lab"
PEER_NAME = "peer-to-external-rr"
# Short, so that a dead router is noticed within a run people watch; real networks take 10/30 and 120/360.
TIMERS = {"keepalive": 2, "hold": 9}
GRACEFUL_RESTART = {"restart_time": 15, "stalepath_time": 30}
REFLECTOR_SETTINGS = {
    "cisco_rr_timers": TIMERS,
    "cisco_rr_graceful_restart": GRACEFUL_RESTART,
}
#: The version that is wanted, without its v, as an expression.
VERSION = "calicoctl_version | regex_replace('^v', '')"
# ssh binds its control socket under a name 17 characters longer; a Unix socket's path ends at 107 bytes.
LONGEST_CONTROL_PATH = 107 - 17


def inventory(facts: Json, state: State) -> Json:
    """Groups and host variables for `ansible-inventory --list`, from what the lab published.

    In a lab made after a user's inventory the settings are that one's, and only the ways to the machines the
    lab's.
    """
    network, ports = facts["network"], facts["ports"]
    nodes = [node["name"] for node in network["nodes"]]
    reflectors = [each["name"] for each in network["reflectors"]]
    mirror = facts["mirror"]
    cluster = mirror["cluster"] if mirror else CLUSTER
    own = mirror["variables"] if mirror else {cluster: _cluster_settings(facts)}
    hostvars: Json = {cluster: own.get(cluster, {}) | _cluster(facts)}
    for name in nodes:
        hostvars[name] = own.get(name, {}) | {"ansible_port": ports[name]}
        if name in facts["control_plane"]:
            hostvars[name]["calicoctl_kubeconfig"] = KUBECONFIG
    for number, each in enumerate(network["reflectors"], 1):
        # Each its own, so that what one reflects another one takes.
        settings = own.get(each["name"], REFLECTOR_SETTINGS | {"cisco_rr_cluster_id": number})
        found = {"ansible_port": ports[each["name"]], "cisco_rr_address": each["address"]}
        hostvars[each["name"]] = settings | found | _zone(each["zone"])
    return {
        "_meta": {"hostvars": hostvars},
        "all": {
            "children": ["calico_clusters", "calico_nodes", "route_reflectors"],
            "vars": {"bgp_validate_probe_report": str(state.probe_report)},
        },
        "calico_clusters": {"hosts": [cluster]},
        "calico_nodes": {"hosts": nodes, "vars": _node(facts, state)},
        "route_reflectors": {"hosts": reflectors, "vars": _reflector(facts)},
    }


def ways(facts: Json, state: State) -> Json:
    """Extra variables for playbooks that have variables files beside them, which outrank any inventory's."""
    node = _node(facts, state)
    kept = (
        "ansible_host",
        "ansible_ssh_private_key_file",
        "ansible_ssh_common_args",
        "calicoctl_source",
        "calicoctl_checksum",
    )
    return {
        **{name: node[name] for name in kept},
        "ansible_ssh_extra_args": "",
        "ansible_become": False,
        "calico_plan_kubeconfig": facts["operator_kubeconfig"],
        "calico_plan_context": "lab",
    }


def host(whole: Json, name: str) -> Json:
    """The variables of one host with those of its group, for `--host`."""
    own = whole["_meta"]["hostvars"].get(name, {})
    for group in whole.values():
        if name in group.get("hosts", ()):
            return {**whole["all"]["vars"], **group.get("vars", {}), **own}
    return {}


def _zone(zone: str) -> Json:
    return {"calico_plan_node_selector": f"{ZONE_LABEL} == '{zone}'"} if zone else {}


def _cluster_settings(facts: Json) -> Json:
    return {"calico_plan_asn": facts["network"]["asn"], "calico_plan_peer_name": PEER_NAME}


def _cluster(facts: Json) -> Json:
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": facts["python"],
        "calico_plan_kubeconfig": facts["operator_kubeconfig"],
        **measuring(facts["python"]),
    }


def measuring(python: str) -> Json:
    """What tells the role bgp_evaluate where the lab's program is."""
    return {"bgp_evaluate_lab": {"python": python, "directory": str(CHECKOUT)}}


def _node(facts: Json, state: State) -> Json:
    control_path = f"{state.directory}/ssh-%p"
    if len(control_path) > LONGEST_CONTROL_PATH:
        control_path = "none"
    options = (
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "LogLevel=ERROR",
        f"ControlPath={control_path}",
    )
    return {
        "ansible_host": "127.0.0.1",
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(state.key),
        "ansible_ssh_common_args": " ".join(f"-o {option}" for option in options),
        "ansible_ssh_transfer_method": "piped",
        "ansible_python_interpreter": "python3",
        "calicoctl_source": facts["releases"],
        # Plain http: the lab says here what it serves there.
        "calicoctl_checksum": f"{{{{ {json.dumps(checksums())}[{VERSION}] | default('') }}}}",
        # With the lab goes what was downloaded from it.
        "calicoctl_cache": str(state.directory / "calicoctl"),
    }


def _reflector(facts: Json) -> Json:
    return {
        "ansible_host": "127.0.0.1",
        "ansible_user": facts["router_user"],
        "ansible_password": facts["router_password"],
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host_key_checking": False,
    }
