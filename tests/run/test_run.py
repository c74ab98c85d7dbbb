# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs against a lab: what a user sees when something breaks, and what stays of it.

The tests build on each other in this order, as a day's work would: they share one lab, and each
starts from what the one before left.
"""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import time
from typing import Any

import pytest

from lab.kubeseed import NAMESPACE
from tests.helpers.commands import succeed
from tests.helpers.html_pages import Page
from tests.helpers.kube import CALICO
from tests.helpers.labs import SHORT, Lab, Run
from tests.helpers.results import read_result

pytestmark = pytest.mark.lab

#: A kernel route is swapped by delete and add; a packet may fall between, on a busy machine more than one.
MOST_LOST = 6
LONGEST_RUN = 2
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/calico-bgp-run"
PASSWORD = "s3cret-0f-the-sessions"


def play_counted(lab: Lab, playbook: str, *options: str, **variables: Any) -> tuple[Run, dict[str, Any]]:
    """Run a playbook while packets are sent between all pods; the run, and what the probe counted."""
    lab.do("probe", "start")
    try:
        run = lab.play(playbook, *options, **variables)
    finally:
        report = json.loads(lab.do("probe", "stop", "--json"))
    return run, report


def assert_hardly_lost(packets: dict[str, Any]) -> None:
    """No more than single packets, here and there."""
    assert (packets["lost"] <= MOST_LOST, packets["longest_run"] <= LONGEST_RUN) == (True, True), packets


def test_check_mode_says_what_it_would_do_and_does_nothing(lab: Lab) -> None:
    run = lab.play("site", "--check", "--diff")
    assert run.status == 0, run.output
    assert "+ neighbor 192.168.1.12 description calico_bgp lab/node-c" in run.output
    assert "new: BGPPeer peer-to-external-rr" in run.output
    assert run.result["outcome"] == "checked"
    assert "the mesh would go off" in run.result["message"]
    assert run.result["mesh"] == {"before": True, "after": True}
    assert run.changed["rr1"] == 1
    assert lab.sessions() == {"mesh": 6, "reflector": 0}
    assert "router bgp" not in lab.router("show running-config")
    assert lab.api.request("GET", f"{CALICO}/bgppeers").json()["items"] == []


def test_limit_that_drops_the_router_or_the_cluster_ends_with_a_sentence(lab: Lab) -> None:
    without_router = lab.play("site", "--limit", "localhost,calico_clusters,calico_nodes")
    assert without_router.status != 0
    assert "--limit leaves out route reflector rr1" in without_router.output
    without_cluster = lab.play("site", "--limit", "localhost,route_reflectors")
    assert without_cluster.status != 0
    assert "so there is no plan" in without_cluster.output
    assert lab.mesh_sessions() == 6


def test_another_as_is_refused_before_anything_is_touched(lab: Lab) -> None:
    run = lab.play("site", calico_plan_asn=65000)
    assert run.status != 0
    assert run.result["outcome"] == "refused"
    assert "expected AS 65000 as asked for, found AS 64512 in use" in run.result["message"]


def test_refused_line_leaves_the_router_as_it_was(lab: Lab) -> None:
    lab.do("fault", "refuse-line", "rr1", "route-reflector-client")
    run, packets = play_counted(lab, "site")
    lab.do("fault", "clear")
    assert run.status != 0
    push = run.result["routers"]["rr1"]
    assert (push["outcome"], push["guarded"]) == ("reverted", True)
    assert "neighbor CALICO route-reflector-client" in push["detail"]
    assert run.result["mesh"]["after"] is True
    assert_hardly_lost(packets)
    assert "router bgp" not in lab.router("show running-config")


def test_a_refused_session_keeps_the_gate_shut_and_is_named(lab: Lab) -> None:
    lab.do("fault", "refuse-bgp", "rr1", "node-c")
    # As a user has it: beside the cluster's other variables.
    more = lab.directory / "more.json"
    more.write_text(json.dumps({"calico_clusters": {"hosts": {"lab": {"calico_bgp_timeout": 15}}}}))
    run, packets = play_counted(lab, "site", "-i", "inventories/lab", "-i", str(more))
    lab.do("fault", "clear")
    assert run.status != 0
    assert run.result["outcome"] == "gate_shut"
    assert re.search(r"\(\d\d? s left\)", run.output)
    assert not re.search(r"\(\d{3} s left\)", run.output)
    assert "2 of 3 sessions Established; 192.168.1.12 silent" in run.output
    failed = {f["subject"] for f in run.result["findings"]["cut-gate"] if f["verdict"] == "fail"}
    assert "node node-c, route reflector rr1" in failed
    page = Page((run.directory / "report.html").read_text())
    assert page.troubles == []
    for told in (
        "Gate shut",
        "2 of 3 sessions up",
        "Push rr1",
        "Wait and ask",
        "node node-c, route reflector rr1",
    ):
        assert told in page.text, told
    assert run.result["mesh"]["after"] is True
    assert lab.mesh_sessions() == 6
    assert_hardly_lost(packets)


def test_secrets_reach_neither_output_nor_files_and_the_run_succeeds_with_a_password(lab: Lab) -> None:
    lab.play("rollback")
    run, packets = play_counted(lab, "site", "-vvv", "--diff", cisco_rr_password=PASSWORD, **SHORT)
    assert run.status == 0, run.output[-3000:]
    assert run.result["outcome"] == "cut"
    assert_hardly_lost(packets)
    assert packets["sent"] >= 20000
    assert PASSWORD not in run.output
    files = [f for f in run.directory.rglob("*") if f.is_file()]
    assert files
    assert not [f for f in files if PASSWORD in f.read_text()]
    assert stat.S_IMODE(run.directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    again = lab.play("site", cisco_rr_password=PASSWORD)
    assert set(again.changed.values()) == {0}, again.output[-3000:]
    back = lab.play("rollback", cisco_rr_password=PASSWORD)
    assert back.status == 0
    assert lab.mesh_sessions() == 6


def test_a_node_that_falls_silent_in_the_watch_is_no_reason_to_return(lab: Lab) -> None:
    lab.do("fault", "ssh-dead", "node-b", "--when", "mesh-off")
    run = lab.play("site", **SHORT)
    lab.do("fault", "clear")
    assert run.status != 0
    assert run.result["outcome"] == "unproved"
    assert run.result["mesh"]["after"] is False
    assert lab.mesh_sessions() == 0
    unknown = {f["subject"] for f in run.result["findings"]["after_cut-after"] if f["verdict"] == "unknown"}
    assert unknown == {"node node-b"}


def test_mesh_on_works_with_a_dead_reflector(lab: Lab) -> None:
    lab.do("fault", "stop", "rr1")
    assert lab.play("mesh_on").status == 0
    end = time.monotonic() + 20
    while lab.mesh_sessions() < 6 and time.monotonic() < end:
        time.sleep(0.5)
    lab.do("fault", "clear")
    assert lab.mesh_sessions() == 6
    assert lab.play("rollback").status == 0


def test_a_reflector_that_dies_at_the_cut_brings_the_mesh_back(lab: Lab) -> None:
    lab.do("fault", "stop", "rr1", "--when", "mesh-off")
    run = lab.play("site")
    assert run.status != 0
    assert run.result["outcome"] == "returned"
    assert run.result["mesh"]["after"] is True
    assert lab.mesh_sessions() == 6
    lab.do("fault", "clear")


def refuse_the_cut(lab: Lab, *, refuse: bool) -> None:
    """Whether the API refuses a BGPConfiguration that turns the mesh off, and takes any other."""
    api = "admissionregistration.k8s.io/v1"
    name = {"name": "no-cut"}
    group = {"apiGroups": ["projectcalico.org"], "apiVersions": ["*"], "resources": ["bgpconfigurations"]}
    rule = {**group, "operations": ["CREATE", "UPDATE"]}
    objects = [
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": name,
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": "object.spec.nodeToNodeMeshEnabled != false"}],
            },
        },
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": name,
            "spec": {"policyName": "no-cut", "validationActions": ["Deny"]},
        },
    ]
    for each in objects:
        arguments = {
            "kubeconfig": lab.facts()["admin_kubeconfig"],
            "definition": each,
            "state": "present" if refuse else "absent",
        }
        command = ["ansible", "localhost", "-m", "kubernetes.core.k8s", "-a", json.dumps(arguments)]
        succeed(command, lab.environment)


def test_a_cut_that_the_api_refuses_leaves_the_mesh_on(lab: Lab) -> None:
    refuse_the_cut(lab, refuse=True)
    time.sleep(5)  # A policy is in force some seconds after it was written.
    run = lab.play("site")
    refuse_the_cut(lab, refuse=False)
    assert run.status == 2, run.output[-3000:]
    assert (run.result["playbook"], run.result["outcome"], run.result["mesh"]["after"]) == (
        "cut",
        "failed",
        True,
    )
    assert "no-cut" in run.result["message"]
    assert re.search(r"The mesh is on\. .*no-cut", run.text)
    assert json.loads((run.directory / "state.json").read_text())["watch_until"] is None
    assert lab.mesh_sessions() == 6


def test_a_killed_run_leaves_behind_how_it_stood(lab: Lab) -> None:
    """As soon as the mesh is off, with its keeper, as where the machine ends; what still runs only looks."""
    before = set(lab.runs.glob("*/*"))
    with lab.playing("site", calico_bgp_soak=60, calico_bgp_guard="none") as running:
        result: dict[str, Any] = {}
        while running.poll() is None and result.get("outcome") != "unproved":
            time.sleep(0.2)
            for directory in set(lab.runs.glob("*/*")) - before:
                file = directory / "result.json"
                result = read_result(file) if file.exists() else {}
        for keeper in lab.keepers():
            os.kill(keeper, signal.SIGKILL)
    assert (result["outcome"], result["mesh"]["after"]) == ("unproved", False)
    assert result["message"] == "The mesh went off, and the watch is not over"
    state = json.loads((directory / "state.json").read_text())
    assert (state["playbook"], state["mesh"], state["calm"], state["returned"]) == ("cut", False, False, "")
    assert state["watch_until"] - state["cut_at"] > 59
    lab.api.request("DELETE", LEASE)  # It would end by itself, in two minutes.


def test_validate_says_that_nobody_watched_until_both_sides_are_proved_anew(lab: Lab) -> None:
    nobody = "the cut of the mesh: expected a watch until its soak was over, found a cut of "
    seen = lab.play("validate", calico_bgp_validate_interval=1)
    assert seen.result["outcome"] == "valid", seen.output[-3000:]
    assert f"warning: {nobody}" in seen.text
    assert "stale routes may hide a loss until" in seen.text
    assert lab.play("site").result["outcome"] == "adopted"
    assert nobody not in lab.play("validate", calico_bgp_validate_interval=1).text
    assert lab.play("rollback").result["outcome"] == "rolled_back"
    assert lab.mesh_sessions() == 6
