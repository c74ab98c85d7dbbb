# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard on a lab: runs that are killed after the cut, and what turns the mesh on, or does not.

The tests build on each other in this order, and share one lab.
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from lab.kubeseed import NAMESPACE
from tests.helpers.kube import CALICO
from tests.helpers.labs import Lab

pytestmark = pytest.mark.lab

#: Seconds that are enough for the steps of a run.
SILENCE = 60
#: Time enough for another run meanwhile.
PATIENT = 90
QUICK = {"calico_bgp_guard_seconds": SILENCE, "calico_bgp_soak": 6}
UNIT = "calico-bgp-guard-lab"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/calico-bgp-run"
#: A sentence in the output of a run that has armed one.
ARMED = f"the guard is on node-a: it turns the mesh on {SILENCE} s after it last heard of this run"


def on_node(lab: Lab, command: str) -> str:
    """What a command prints on the control plane node."""
    return lab.ssh("node-a", command).stdout.decode()


def journal(lab: Lab) -> str:
    """What guards have said so far."""
    return on_node(lab, "cat /run/lab-systemd/journal 2> /dev/null")


def armed(lab: Lab) -> bool:
    """Whether the unit runs or anything of it is left."""
    return bool(
        on_node(lab, f"ls -d /run/calico-bgp-guard; systemctl is-active --quiet {UNIT} && echo active")
    )


def send(which: signal.Signals, *pids: int) -> None:
    """A signal for processes and all that they started."""
    everything = list(pids)
    for pid in everything:
        with suppress(OSError):
            everything += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    for pid in everything:
        with suppress(ProcessLookupError):
            os.kill(pid, which)


def kill(lab: Lab, running: Popen[bytes]) -> None:
    """SIGKILL for a run, its keeper, and all that it started, as where a machine dies; without its hold over
    the cluster, which would end by itself in two minutes.
    """
    running.send_signal(signal.SIGSTOP)
    send(signal.SIGKILL, running.pid, *lab.keepers())
    running.wait()
    lab.api.request("DELETE", LEASE)


def kill_after_cut(lab: Lab, **variables: Any) -> float:
    """A run of site that is killed a second after its patch took the mesh away; when that was."""
    with lab.playing("site", **{**QUICK, **variables}) as running:
        lab.wait(lambda: running.poll() is not None or not mesh(lab), seconds=240)
        assert running.poll() is None
        time.sleep(1)
        kill(lab, running)
    return time.monotonic()


def mesh(lab: Lab) -> bool:
    """Whether the mesh is on by BGPConfiguration."""
    found = lab.api.request("GET", f"{CALICO}/bgpconfigurations").json()["items"]
    return all(each["spec"].get("nodeToNodeMeshEnabled", True) for each in found)


def test_a_run_that_ends_well_leaves_no_guard_and_none_acts(lab: Lab) -> None:
    run = lab.play("site", **QUICK)
    assert run.result["outcome"] == "cut", run.output[-3000:]
    assert ARMED in run.text
    assert not armed(lab)
    assert (mesh(lab), journal(lab)) == (False, "")
    assert lab.play("rollback").status == 0
    assert lab.mesh_sessions() == 6


def test_a_killed_run_gets_its_mesh_back_by_the_guard(lab: Lab) -> None:
    killed = kill_after_cut(lab, calico_bgp_guard_seconds=PATIENT, calico_bgp_change="CHG-42")
    seen = lab.play("validate", calico_bgp_validate_interval=1)
    assert "warning: the guard on node-a: expected none is armed, found one of run 20" in seen.text
    assert "of lab, change CHG-42; heard nothing for" in seen.text
    lab.wait(lambda: mesh(lab), seconds=PATIENT + 10)
    assert time.monotonic() - killed >= PATIENT / 2
    lab.wait(lambda: lab.mesh_sessions() == 6)
    said = journal(lab)
    assert "of lab, change CHG-42: nothing heard for" in said
    assert said.count("turned the mesh on") == 1
    lab.wait(lambda: not armed(lab))


def test_mesh_on_disarms_what_a_dead_run_left(lab: Lab) -> None:
    kill_after_cut(lab, calico_bgp_guard_seconds=PATIENT)
    assert armed(lab)
    assert lab.play("mesh_on").status == 0
    assert not armed(lab)
    lab.wait(lambda: lab.mesh_sessions() == 6)
    assert journal(lab).count("\n") == 1


def test_the_next_run_takes_over_what_a_dead_run_left_and_keeps_the_mesh_off(lab: Lab) -> None:
    kill_after_cut(lab, calico_bgp_guard_seconds=PATIENT)
    run = lab.play("site", **QUICK)
    assert run.result["outcome"] == "adopted", run.output[-3000:]
    assert "a guard is armed on node-a, of run" in run.text
    assert not armed(lab)
    assert not mesh(lab)
    assert lab.play("rollback").status == 0


def test_a_run_that_stands_still_gets_its_mesh_back_by_its_keeper(lab: Lab) -> None:
    with lab.playing("site", **QUICK, calico_bgp_guard="controller") as running:
        lab.wait(lambda: running.poll() is not None or not mesh(lab), seconds=240)
        assert running.poll() is None
        time.sleep(1)
        send(signal.SIGSTOP, running.pid)
        lab.wait(lambda: mesh(lab), seconds=SILENCE + 30)
        assert len(lab.keepers()) == 1
        send(signal.SIGCONT, running.pid)
        assert running.wait(240) != 0
        lab.wait(lambda: not lab.keepers())
    run = max(lab.runs.glob("*/*"))
    said = (run / "calico-bgp-keeper.log").read_text()
    assert said.count(": turned the mesh on") == 1
    assert f"run {run.name} of lab: nothing heard for {SILENCE} s" in said
    assert json.loads((run / "result.json").read_text())["outcome"] == "returned"
    lab.wait(lambda: lab.mesh_sessions() == 6)


def test_a_cut_that_nobody_can_guard_is_refused_until_that_is_asked_for_by_name(lab: Lab) -> None:
    lab.do("fault", "ssh-dead", "node-a")
    unreached = lab.directory / "unreached.json"
    hosts = {"lab": {"calico_bgp_guard": "node", "calico_bgp_ask": "exec"}}
    unreached.write_text(json.dumps({"calico_clusters": {"hosts": hosts}}))
    inventory = ("-i", "inventories/lab", "-i", str(unreached))
    run = lab.play("site", *inventory, **QUICK)
    assert (run.result["outcome"], run.result["mesh"]["after"]) == ("unguarded", True), run.output[-3000:]
    assert "There can be no guard that turns the mesh on if this run is gone: node-a: " in run.text
    assert "-e calico_bgp_guard=none" in run.text
    hosts["lab"]["calico_bgp_guard"] = "none"
    unreached.write_text(json.dumps({"calico_clusters": {"hosts": hosts}}))
    run = lab.play("cut", *inventory, **QUICK)
    assert run.result["outcome"] == "unguarded", run.output[-3000:]
    assert "take it out of the inventory" in run.text
    run = lab.play("cut", *inventory, **QUICK, calico_bgp_guard="none")
    lab.do("fault", "clear")
    assert run.result["outcome"] == "cut", run.output[-3000:]
    assert (
        "calico_bgp_guard is none: if this run and its keeper are gone after the cut, nobody watches"
        in run.text
    )
    assert not armed(lab)
