# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs without a way to any node but the Kubernetes API: an inventory of a kubeconfig and a router.

The tests share one lab and build on each other in this order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.labs import SHORT, Lab, Run

pytestmark = pytest.mark.lab

#: A swap of a kernel route is a delete and an add, of six routes here: a packet or two may fall between, and
#: some more where other tests take the processor away just then. Any break of a route is hundreds.
LOSS_BUDGET = 20


@pytest.fixture(name="inventory", scope="module")
def _inventory(lab: Lab) -> Path:
    """The lab's inventory without the group of the nodes."""
    whole = json.loads(lab.do("inventory"))
    variables = whole["_meta"]["hostvars"]
    file = lab.directory / "hosts.yml"
    kept = {
        group: {
            "hosts": {name: variables[name] for name in whole[group]["hosts"]},
            "vars": whole[group].get("vars", {}),
        }
        for group in ("calico_clusters", "route_reflectors")
    }
    kept["all"] = {"vars": whole["all"]["vars"]}
    file.write_text(yaml.safe_dump(kept))
    file.chmod(0o600)
    return file


def play(lab: Lab, inventory: Path, playbook: str, *options: str, **variables: Any) -> Run:
    """A playbook with that inventory, and nothing else to reach the nodes by."""
    lab.do("fault", "clear")
    run = lab.play(playbook, "-i", str(inventory), *options, **variables)
    assert "Could not match supplied host pattern" not in run.output
    return run


def observed(run: Run, stage: str) -> set[str]:
    """The nodes of which the run has an observation at a stage."""
    return {
        json.loads(path.read_text())["node"] for path in run.directory.glob(f"observations/{stage}/node-*")
    }


def test_the_cluster_moves_without_ssh_to_any_node(lab: Lab, inventory: Path) -> None:
    lab.do("probe", "start")
    run = play(lab, inventory, "site", **SHORT)
    report = json.loads(lab.do("probe", "stop", "--json"))
    assert (run.status, run.result["outcome"]) == (0, "cut"), run.output[-3000:]
    assert report["lost"] <= LOSS_BUDGET
    assert lab.sessions() == {"mesh": 0, "reflector": 3}
    for stage in ("gate", "watch-1", "after"):
        assert observed(run, stage) == {"node-a", "node-b", "node-c"}
    assert json.loads((run.directory / "state.json").read_text())["ask"] == "exec"


def test_validate_asks_so_too_and_check_mode_as_well(lab: Lab, inventory: Path) -> None:
    run = play(lab, inventory, "validate", "--check", calico_bgp_validate_interval=1)
    assert (run.status, run.result["outcome"]) == (0, "valid"), run.output[-3000:]
    assert all(session["node_says"] == "Established" for session in run.result["sessions"])


def test_a_pod_that_is_gone_is_unknown_and_not_valid(lab: Lab, inventory: Path) -> None:
    lab.do("fault", "pod-missing", "node-b")
    run = lab.play("validate", "-i", str(inventory), calico_bgp_validate_interval=1)
    assert (run.status != 0, run.result["outcome"]) == (True, "invalid")
    assert "there is no pod of the DaemonSet calico-node on it (namespace calico-system)" in run.text


def test_the_mesh_comes_back(lab: Lab, inventory: Path) -> None:
    run = play(lab, inventory, "rollback")
    assert (run.status, run.result["outcome"]) == (0, "rolled_back"), run.output[-3000:]
    assert lab.sessions() == {"mesh": 6, "reflector": 0}


def test_the_gate_stays_shut_whatever_keeps_a_node_silent(lab: Lab, inventory: Path) -> None:
    lab.do("fault", "kubelet-silent", "node-a")
    lab.do("fault", "exec-refused", "node-b")
    lab.do("fault", "exec-cut", "node-c", "2000")
    run = lab.play("site", "-i", str(inventory), **SHORT)
    assert (run.status != 0, run.result["outcome"]) == (True, "gate_shut"), run.output[-3000:]
    for sentence in (
        "node node-a: expected an answer of its BIRD, found no answer within 25 seconds",
        "Forbidden (user=kube-apiserver-kubelet-client",
        "node node-c: expected an answer of its BIRD, found the connection broke in the middle of its answer",
    ):
        assert sentence in run.text
    assert lab.mesh_sessions() == 6


def test_a_node_that_falls_silent_in_the_watch_is_no_reason_to_return(lab: Lab, inventory: Path) -> None:
    lab.do("fault", "clear")
    lab.do("fault", "kubelet-silent", "node-b", "--when", "mesh-off")
    run = lab.play("site", "-i", str(inventory), **SHORT)
    lab.do("fault", "clear")
    assert (run.status != 0, run.result["outcome"]) == (True, "unproved"), run.output[-3000:]
    assert lab.mesh_sessions() == 0
    unknown = {f["subject"] for f in run.result["findings"]["after_cut-after"] if f["verdict"] == "unknown"}
    assert unknown == {"node node-b"}
    assert play(lab, inventory, "rollback").status == 0


def test_a_reflector_that_dies_at_the_cut_brings_the_mesh_back(lab: Lab, inventory: Path) -> None:
    lab.do("fault", "stop", "rr1", "--when", "mesh-off")
    run = lab.play("site", "-i", str(inventory))
    assert (run.status != 0, run.result["outcome"]) == (True, "returned"), run.output[-3000:]
    assert lab.mesh_sessions() == 6
    lab.do("fault", "clear")


def test_a_word_decides_where_both_ways_are_there(lab: Lab) -> None:
    lab.do("fault", "ssh-dead", "node-b")
    run = lab.play("peers", calico_bgp_ask="exec")
    assert (run.status, run.result["outcome"]) == (0, "peered"), run.output[-3000:]
    lab.do("fault", "clear")
    lab.do("fault", "kubelet-silent", "node-b")
    run = lab.play("peers")
    assert (run.status, run.result["outcome"]) == (0, "peered"), run.output[-3000:]
