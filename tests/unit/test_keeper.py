# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the keeper of a run does when the run is gone; and that it begins, and ends with its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.guard import Seen
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.lease import Holder
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import (
    detached,
    guard_here,
    holding,
    keeper,
    kube_way,
    mesh_switch,
)
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.guarding import Guarding
from tests.helpers import held
from tests.helpers.fake_api import FakeApi, kubeconfig, serving
from tests.helpers.waiting import wait

WATCH = RunState(mesh=False, cut_at=1.0, watch_until=2.0)
TOKEN = "a-secret-token"


class Gone:
    """A run that is gone, as its keeper sees it; `given_back` is whether its hold was."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.given_back = False
        self.holder = Holder("me", playbook="site")
        self.errors = os.open(run / "errors", os.O_WRONLY | os.O_CREAT)

    def give_back(self) -> None:
        self.given_back = True

    def see(
        self, api: FakeApi | None, workers: tuple[detached.Process, ...] = (), *, hands_over: bool = False
    ) -> str:
        """What the keeper does; what it said."""
        access = keeper.Access({}, api.way if api else None)
        guarding = Guarding(self.run, access.way)
        guards = keeper.guards_of(self.run, guarding) if hands_over else ()
        unwatched = keeper.tell(self.run, "site", access, self.errors, guards)
        keeper.end_of(self.run, self, workers, access, guarding, unwatched)  # type: ignore[arg-type]
        assert self.given_back
        return (self.run / "errors").read_text()


@pytest.fixture(name="gone")
def _gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gone]:
    def nowhere(_access: Any, addresses: Any = ()) -> Any:
        raise kube_way.WayError("the kubeconfig leads nowhere")

    monkeypatch.setattr(kube_way, "prepare", nowhere)
    made = Gone(tmp_path)
    yield made
    os.close(made.errors)


@pytest.mark.parametrize(
    "state", [RunState(mesh=True, over=True), RunState(mesh=False, cut_at=1.0, watch_until=2.0, over=True)]
)
def test_of_a_run_that_told_its_end_nothing_is_said_and_nothing_done(gone: Gone, state: RunState) -> None:
    rundir.write_state(gone.run, state)
    with serving(FakeApi(mesh=False)) as api:
        assert gone.see(api) == ""
        assert not api.mesh


FOUND_OFF = RunState(mesh=False, cut_at=1.0, watch_until=2.0, found_off=True)
FORSAKEN = {
    "the patch had no answer": (RunState(cut_at=1.0, over=True), True),
    "a loss, and no mesh": (RunState(mesh=False, cut_at=1.0, watch_until=2.0, over=True, returned="a"), True),
    "off before the run": (FOUND_OFF, False),
    "off before the run, and a loss": (replace(FOUND_OFF, returned="gone"), True),
    "watched to the end": (RunState(mesh=False, cut_at=1.0, watch_until=2.0, calm=True), False),
}


@pytest.mark.parametrize(("state", "forsaken"), FORSAKEN.values(), ids=FORSAKEN)
def test_a_mesh_is_turned_on_that_this_run_left_off(state: RunState, forsaken: bool) -> None:
    assert keeper.forsaken(state) is forsaken


def test_before_the_cut_it_says_how_things_are_and_leaves_the_mesh(gone: Gone) -> None:
    rundir.write_state(gone.run, RunState(mesh=True))
    with serving(FakeApi(mesh=False)) as api:
        said = gone.see(api)
        assert api.log == []
    assert "site was stopped before its end: the mesh was not touched and was on" in said
    assert str(gone.run) in said


def test_after_the_cut_it_turns_the_mesh_on_and_says_so(gone: Gone) -> None:
    rundir.write_state(gone.run, WATCH)
    with serving(FakeApi(mesh=False)) as api:
        said = gone.see(api)
        assert api.mesh
    assert "the mesh is off. Nobody watches any more" in said
    assert said.count("The mesh is on again, as nobody watches any more") == 1
    assert rundir.read_state(gone.run).phase == "returned"


def test_it_leaves_the_mesh_to_the_guard_where_it_is_told_to(gone: Gone) -> None:
    guarded = replace(WATCH, guard=("node-a",), guard_seconds=69.0)
    rundir.write_state(gone.run, guarded)
    with serving(FakeApi(mesh=False)) as api:
        said = gone.see(api, hands_over=True)
        assert "The guard on node-a turns the mesh on 69 s after it last heard of this run" in said
        assert "being turned on" not in said
        assert not api.mesh
        assert rundir.read_state(gone.run).mesh is False


NOT_GUARDED = {
    "none": WATCH,
    "a loss is known": replace(WATCH, guard=("node-a",), returned="a loss"),
    "it was found gone": replace(WATCH, guard=("node-b",)),
    "it was disarmed by hand": replace(WATCH, guard=("controller",)),
}


@pytest.mark.parametrize("state", NOT_GUARDED.values(), ids=NOT_GUARDED)
def test_without_a_guard_or_after_a_loss_it_leaves_it_to_nobody(gone: Gone, state: RunState) -> None:
    rundir.write_state(gone.run, state)
    rundir.write_guard(gone.run, Seen("node-b", False))
    with serving(FakeApi(mesh=False)) as api:
        gone.see(api, hands_over=True)
        assert api.mesh


def test_where_that_fails_it_says_what_to_do(gone: Gone) -> None:
    rundir.write_state(gone.run, WATCH)
    assert "The mesh could not be turned on (the kubeconfig leads nowhere): run mesh_on" in gone.see(None)


def test_a_worker_that_turned_it_off_just_then_is_followed(
    gone: Gone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rundir.write_state(gone.run, RunState(cut_at=1.0))
    with serving(FakeApi(mesh=True)) as api, subprocess.Popen(["sleep", "0.5"]) as worker:
        process = detached.process(worker.pid)
        pause = keeper.time.sleep

        def off_meanwhile(seconds: float) -> None:
            api.put(mesh_switch.DEFAULT, {"nodeToNodeMeshEnabled": False})
            pause(seconds)

        monkeypatch.setattr(keeper, "time", SimpleNamespace(sleep=off_meanwhile, monotonic=time.monotonic))
        gone.see(api, (process,))
        assert not process.alive
        assert api.mesh
    assert "The mesh is on again" in capsys.readouterr().out


def test_a_state_that_cannot_be_read_is_told(gone: Gone) -> None:
    assert "how it left things cannot be read" in gone.see(None)


def test_what_cannot_be_read_of_the_rest_keeps_the_mesh_off_no_longer(gone: Gone) -> None:
    rundir.write_state(gone.run, WATCH)
    (gone.run / "push-rr1.json").write_text("no JSON")
    with serving(FakeApi(mesh=False)) as api:
        assert "how it left things cannot be read" in gone.see(api)
        assert api.mesh


def test_a_keeper_begins_and_ends_with_its_run_and_shows_no_secret(tmp_path: Path) -> None:
    leads = kubeconfig(tmp_path, "http://127.0.0.1:9", TOKEN)
    hold = held.hold(tmp_path)
    begun = keeper.begin(tmp_path, hold, Holder("me", playbook="site"), {"kubeconfig": leads})
    try:
        assert begun.keeper is not None
        assert begun.keeper.alive
        shown = Path(f"/proc/{begun.keeper.pid}/cmdline").read_text()
        assert keeper.NAME in shown
        assert TOKEN not in shown
        holding.check(tmp_path)
    finally:
        ended = keeper.end(tmp_path)
    assert ended is not None
    assert not begun.keeper.alive
    files = [path for path in tmp_path.iterdir() if path.name != "kubeconfig"]
    assert TOKEN not in "".join(path.read_text() for path in files)


def test_a_run_that_stands_still_is_guarded_and_its_keeper_stays_until_it_is_gone(tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    with serving(FakeApi(mesh=False)) as api, errors.open("w") as shown:
        leads = kubeconfig(tmp_path, api.url, TOKEN)
        with subprocess.Popen(["sleep", "60"], stderr=shown) as run:
            hold = held.hold(tmp_path, run=detached.process(run.pid))
            begun = keeper.begin(tmp_path, hold, Holder("me"), {"kubeconfig": leads}).keeper
            assert begun is not None
            try:
                assert guard_here.arm(tmp_path, "lab", "run r-1 of lab", 1).there
                wait(
                    lambda: "run r-1 of lab: nothing heard for 1 s: turned the mesh on" in errors.read_text()
                )
                assert api.mesh
                assert guard_here.find(tmp_path) == Seen("controller", False)
                assert begun.alive
                assert guard_here.arm(tmp_path, "lab", "run r-1 of lab", 60).there
            finally:
                run.kill()
            rundir.write_state(tmp_path, RunState(mesh=True, over=True))
            run.wait()
            time.sleep(1)
            assert begun.alive, "its guard is armed"
            assert guard_here.disarm(tmp_path)
            wait(lambda: not begun.alive)


def test_a_guard_whose_run_is_killed_acts_at_once_and_ends_with_its_keeper(tmp_path: Path) -> None:
    rundir.write_state(tmp_path, WATCH)
    with serving(FakeApi(mesh=False)) as api, subprocess.Popen(["sleep", "60"]) as run:
        leads = kubeconfig(tmp_path, api.url, TOKEN)
        hold = held.hold(tmp_path, run=detached.process(run.pid))
        begun = keeper.begin(tmp_path, hold, Holder("me"), {"kubeconfig": leads}).keeper
        assert begun is not None
        assert guard_here.arm(tmp_path, "lab", "run r-1 of lab", 60).there
        run.kill()
        wait(lambda: not begun.alive)
        assert api.mesh
    assert not list(tmp_path.glob("guard.*"))
    said = (tmp_path / f"{keeper.NAME}.log").read_text()
    assert said.endswith("run r-1 of lab: the run is gone, and the mesh is on\n")


#: As ansible-core's handler does where Python ignores the KeyboardInterrupt that it raises.
LOSES = """
import signal, time
signal.signal(signal.SIGINT, lambda number, _frame: signal.signal(number, signal.SIG_DFL))
print("ready", flush=True)
while True:
    time.sleep(0.1)
"""


def test_a_ctrl_c_that_the_run_has_lost_ends_it_after_all(tmp_path: Path) -> None:
    leads = kubeconfig(tmp_path, "http://127.0.0.1:9", TOKEN)
    rundir.write_state(tmp_path, RunState(mesh=True))
    with subprocess.Popen([sys.executable, "-c", LOSES], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        hold = held.hold(tmp_path, run=detached.process(run.pid))
        begun = keeper.begin(tmp_path, hold, Holder("me"), {"kubeconfig": leads}).keeper
        try:
            assert begun is not None
            time.sleep(keeper.UNWINDS + 0.5)
            assert run.poll() is None
            run.send_signal(signal.SIGINT)
            wait(lambda: run.poll() == -signal.SIGINT)
            wait(lambda: not begun.alive)
        finally:
            run.kill()
    assert "was stopped before its end" in (tmp_path / f"{keeper.NAME}.log").read_text()


def test_a_run_that_told_its_end_is_left_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python hears no SIGINT any more while it ends, and a status of -2 is not that of the run."""
    heard = iter([True])
    monkeypatch.setattr(detached, "hears_interrupts", lambda _run: next(heard, False))
    monkeypatch.setattr(keeper, "UNWINDS", 0.0)
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(keeper.os, "kill", lambda *what: sent.append(what))
    me = detached.run_of_this()
    interrupts = keeper.Interrupts(me, partial(keeper.is_over, tmp_path))
    rundir.write_state(tmp_path, RunState(mesh=True, over=True))
    for _look in range(3):
        interrupts.repeat()
    assert sent == []
    rundir.write_state(tmp_path, RunState(mesh=True))
    interrupts.repeat()
    assert sent == [(me.pid, signal.SIGINT)]


def test_a_run_that_hears_again_was_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = iter([True, False, None, True, False])
    monkeypatch.setattr(detached, "hears_interrupts", lambda _run: next(heard))
    monkeypatch.setattr(keeper, "UNWINDS", 0.05)
    with subprocess.Popen(["sleep", "60"]) as run:
        interrupts = keeper.Interrupts(detached.process(run.pid), lambda: False)
        for _look in range(4):
            interrupts.repeat()
            time.sleep(0.1)
        assert run.poll() is None
        run.kill()


def test_a_disk_that_is_full_keeps_it_from_nothing(gone: Gone, monkeypatch: pytest.MonkeyPatch) -> None:
    rundir.write_state(gone.run, WATCH)
    with serving(FakeApi(mesh=False)) as api, Path("/dev/full").open("w") as full:
        monkeypatch.setattr(keeper.detached.sys, "stdout", full)
        gone.see(api)
        assert api.mesh
        monkeypatch.undo()
        with suppress(OSError):
            full.close()


def test_a_keeper_that_does_not_begin_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detached, "start", lambda *_what, **_how: detached.Process(0, ""))
    with pytest.raises(keeper.NotKept, match="did not begin"):
        keeper.begin(tmp_path, held.hold(tmp_path), Holder("me"), {})


def test_a_run_without_a_keeper_ends_none(tmp_path: Path) -> None:
    assert keeper.end(tmp_path) is None
