# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once, and what follows on one that was killed, on a lab with two reflectors.

The tests share one lab and build on each other in this order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from lab.kubeseed import NAMESPACE
from tests.helpers.commands import CHECKOUT
from tests.helpers.kube import CALICO, RefusedError
from tests.helpers.labs import Json, Lab
from tests.helpers.waiting import wait

pytestmark = pytest.mark.lab

LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/calico-bgp-run"
#: Seconds for a run to come to where it is waited for, on a busy machine.
PATIENCE = 300
#: Seconds that the first run of a pair goes on at the least.
LONG = {"calico_bgp_soak": 120}
SHORT = {"calico_bgp_soak": 6}


@pytest.fixture(scope="module")
def reflectors() -> int:
    """A drain needs a second one."""
    return 2


@dataclass(frozen=True)
class Running:
    """A playbook that runs meanwhile in a process group of its own."""

    process: subprocess.Popen[bytes]
    shown: Path

    @property
    def output(self) -> str:
        return " ".join(self.shown.read_text().split())

    def reaches(self, text: str) -> None:
        """Return when it shows this."""
        wait(lambda: text in self.output or self.process.poll() is not None, PATIENCE)
        assert text in self.output, self.output[-2000:]

    def ended(self) -> int:
        return self.process.wait(PATIENCE)


@contextmanager
def running(lab: Lab, playbook: str, **variables: object) -> Iterator[Running]:
    """Run a playbook beside the test; whatever it leaves ends with it."""
    command = lab.command(playbook, **variables)
    with NamedTemporaryFile(dir=lab.directory, suffix=".json", delete=False) as own:
        own.write((lab.directory / "variables.json").read_bytes())
    command[command.index("-e") + 1] = f"@{own.name}"
    with NamedTemporaryFile(dir=lab.directory, delete=False) as output:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=lab.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Running(process, Path(output.name))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait(lambda: not lab.keepers(), 150)


def lease(lab: Lab) -> Json | None:
    """The Lease of the cluster, None where there is none."""
    try:
        return dict(lab.api.request("GET", LEASE).json())
    except RefusedError:
        return None


def playbook_of(lab: Lab) -> str:
    """Who holds the cluster, by playbook."""
    held = lease(lab)
    return held["metadata"]["annotations"]["calico-bgp.telco/playbook"] if held else ""


def held_by(lab: Lab, playbook: str) -> None:
    wait(lambda: playbook_of(lab) == playbook, PATIENCE, 0.2)


def mesh(lab: Lab) -> bool:
    spec = lab.api.request("GET", f"{CALICO}/bgpconfigurations/default").json()["spec"]
    return bool(spec.get("nodeToNodeMeshEnabled", True))


def refused(lab: Lab, playbook: str, by: str, **variables: object) -> None:
    """A second run ends before it touches anything, with a sentence that says who is at it."""
    second = lab.play(playbook, **variables)
    assert second.status != 0
    assert f"Another run is changing this cluster: {by} by " in second.text, second.output[-2000:]
    assert " since 20" in second.text
    assert str(lab.runs) in second.text
    assert second.result["outcome"] == "refused"
    assert set(second.changed.values()) == {0}


def test_a_second_run_is_refused_while_the_first_one_moves_the_cluster_and_mesh_on_is_not(lab: Lab) -> None:
    with running(lab, "site", **LONG) as first:
        held_by(lab, "site")
        for second in ("site", "rollback", "peers"):
            refused(lab, second, "site", **SHORT)
        refused(lab, "drain", "site", calico_bgp_reflector="rr1")
        first.reaches("nothing lost")
        on = lab.play("mesh_on")
        assert on.status == 0, on.output
        assert mesh(lab)
        assert "another run was changing this cluster and stops before its next change: site by" in on.text
        assert first.ended() != 0
    assert lease(lab) is None
    assert mesh(lab)


def test_a_run_that_is_over_gives_its_hold_back_and_the_next_one_has_it(lab: Lab) -> None:
    assert lab.play("peers").status == 0
    assert lease(lab) is None
    assert lab.keepers() == []
    with running(lab, "rollback") as first:
        held_by(lab, "rollback")
        refused(lab, "peers", "rollback")
        assert first.ended() == 0, first.output
    assert lease(lab) is None


def begun(lab: Lab) -> Path | None:
    """What a run wrote down of a push that its router guards by a timer."""
    for path in lab.runs.glob("*/*/begun-*.json"):
        with suppress(OSError, ValueError):
            if json.loads(path.read_text())["timer"]:
                return path
    return None


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_a_run_that_is_stopped_in_a_push_says_so_and_the_next_one_ends_what_it_left(
    lab: Lab, how: signal.Signals
) -> None:
    with running(lab, "peers") as run:
        wait(lambda: begun(lab) is not None, PATIENCE, 0.01)
        os.killpg(run.process.pid, how)
        run.ended()
        stopped = time.monotonic()
        wait(
            lambda: "peers was stopped before its end: the mesh was not touched and was on" in run.output, 10
        )
        assert time.monotonic() - stopped < 5
        wait(lambda: lease(lab) is None, 60)
        wait(lambda: lab.keepers() == [], 60)
    began = time.monotonic()
    following = lab.play("rollback")
    assert following.status == 0, following.output
    assert time.monotonic() - began < 240, "it did not wait for the timer of 5 minutes"
    assert begun(lab) is None
    for name in ("rr1", "rr2"):
        assert "No Rollback Confirmed Change pending" in lab.router(
            "show archive config rollback timer", name=name
        )
        assert "router bgp" not in lab.router(
            "show running-config", name=name
        ) or "peer-group CALICO" not in (lab.router("show running-config", name=name))


def test_a_run_that_is_killed_in_the_watch_has_the_mesh_turned_on(lab: Lab) -> None:
    with running(lab, "site", **LONG) as run:
        run.reaches("nothing lost")
        assert not mesh(lab)
        os.killpg(run.process.pid, signal.SIGKILL)
        run.ended()
        wait(lambda: mesh(lab), 30, 0.1)
        wait(lambda: "The mesh is on again, as nobody watches any more" in run.output, 30)
        assert "site was stopped before its end: the mesh is off" in run.output
    assert lease(lab) is None


def test_where_the_keeper_died_with_its_run_the_next_one_waits_until_the_hold_ends(lab: Lab) -> None:
    with running(lab, "peers") as run:
        run.reaches("Compute the plan]")
        assert lease(lab) is not None
        for pid in [*lab.keepers(), run.process.pid]:
            os.kill(pid, signal.SIGKILL)
        run.ended()
        following = lab.play("peers")
    assert following.status == 0, following.output
    assert "Waiting whether that run is still there" in following.text
    assert "A run that is gone held this cluster, and is followed: peers by" in following.text
