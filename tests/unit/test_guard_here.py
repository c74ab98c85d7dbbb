# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard on the controller: a keeper that hears the run, or turns the mesh on, and leaves nothing."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import guard, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.guard import Seen
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import (
    detached,
    guard_here,
    guarding,
    keeper,
    mesh_switch,
)
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.guarding import Guarding
from tests.helpers import held
from tests.helpers.fake_api import FakeApi, serving
from tests.helpers.waiting import wait

WHO = "run r-1 of lab, change CHG-7"


class Place:
    """A run directory, the API, and the keeper of the run, which looks as often as it can until `ended`."""

    def __init__(self, run: Path, api: FakeApi) -> None:
        self.run, self.api = run, api
        self.guarding = Guarding(run, lambda: api.way)
        self.said: list[str] = []
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._keep)
        self._thread.start()

    def _keep(self) -> None:
        while not self.ended.wait(0.02):
            self.guarding.look(self.said.append)

    def end(self) -> None:
        """The keeper looks no more."""
        self.ended.set()
        self._thread.join()

    def arm(self, seconds: int) -> Seen:
        """Arm it."""
        return guard_here.arm(self.run, "lab", WHO, seconds)

    @property
    def patches(self) -> int:
        """How often somebody wrote."""
        return sum(method == "PATCH" for method, *_rest in list(self.api.log))

    @property
    def left(self) -> set[str]:
        """The files of a guard."""
        return {path.name for path in self.run.glob("guard.*")}


@pytest.fixture(name="logged")
def _logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to syslog, with the name in front."""
    lines: list[str] = []
    monkeypatch.setattr(guarding.syslog, "openlog", lambda name, *_options: lines.append(name))
    monkeypatch.setattr(guarding.syslog, "syslog", lambda _level, text: lines.append(text))
    return lines


@pytest.fixture(name="place")
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> Iterator[Place]:
    """A run whose mesh is off."""
    monkeypatch.setattr(guard, "LINGER", 1)
    monkeypatch.setattr(guarding, "PAUSE", 0.2)
    run = tmp_path / "lab" / "r-1"
    run.mkdir(mode=0o700, parents=True)
    held.hold(run, keeper=detached.process(os.getpid()))
    with serving(FakeApi(mesh=False)) as api:
        made = Place(run, api)
        yield made
        made.end()


def test_silence_turns_the_mesh_on_once_and_leaves_nothing(place: Place, logged: list[str]) -> None:
    assert place.arm(1) == Seen("controller", True)
    found = guard_here.find_any(place.run.parent)
    assert (found.there, found.text, found.seconds) == (True, WHO, 1)
    wait(lambda: place.api.mesh, pause=0.1)
    wait(lambda: not place.left, pause=0.1)
    time.sleep(0.5)
    assert place.patches == 1
    assert place.said == [f"{WHO}: nothing heard for 1 s: turned the mesh on"]
    assert logged == ["calico-bgp-guard-lab", *place.said]
    assert guard_here.find_any(place.run.parent) == Seen("controller", False)


def test_a_run_that_is_heard_keeps_it_quiet_and_a_disarmed_one_never_acts(place: Place) -> None:
    place.arm(1)
    for second in range(6):
        time.sleep(0.4)
        assert guard_here.hear_all(place.run.parent).there
        os.utime(place.run / "guard.heard", (second, second))  # By a clock that is wrong.
    assert guard_here.disarm_all(place.run.parent)
    time.sleep(1.5)
    assert (place.api.mesh, place.patches, place.left, place.said) == (False, 0, set(), [])
    assert not guard_here.disarm_all(place.run.parent)


def test_it_can_be_armed_anew_with_another_time(place: Place) -> None:
    place.arm(60)
    assert guard_here.disarm(place.run)
    assert place.arm(1).there
    wait(lambda: place.api.mesh)


def test_a_mesh_that_is_on_is_left_alone(place: Place) -> None:
    place.arm(1)
    place.api.put(mesh_switch.DEFAULT, {"nodeToNodeMeshEnabled": True})
    wait(lambda: not place.left)
    assert place.patches == 0
    assert "the mesh is on, there is nothing to do" in place.said[-1]


def test_it_tries_until_the_api_is_there_and_complains_now_and_then(place: Place) -> None:
    place.arm(1)
    place.api.trouble = 500
    wait(lambda: any("cannot be turned on" in line for line in place.said))
    time.sleep(1)
    assert len(place.said) == 1
    place.api.trouble = None
    wait(lambda: place.api.mesh)


def test_after_an_hour_it_gives_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "TRIES", 0.5)
    place.arm(1)
    place.api.trouble = 500
    wait(lambda: not place.left)
    wait(lambda: "an hour of tries is over" in place.said[-1])


def test_who_is_heard_before_the_patch_is_left_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.arm(1)
    read = mesh_switch.read

    def heard_meanwhile(way: Any, *limit: float) -> Any:
        guard_here.hear(place.run)
        return read(way, *limit)

    monkeypatch.setattr(mesh_switch, "read", heard_meanwhile)
    asked = len(place.api.log)
    wait(lambda: len(place.api.log) > asked + 1)
    assert (place.api.mesh, place.patches) == (False, 0)


def test_armed_again_by_its_run_it_only_hears(place: Place) -> None:
    place.arm(60)
    first = (place.run / "guard.heard").stat().st_ino
    assert place.arm(60) == Seen("controller", True)
    assert (place.run / "guard.heard").stat().st_ino == first


def test_an_api_that_does_not_answer_is_said_and_leaves_nothing(place: Place) -> None:
    place.api.trouble = 403
    seen = place.arm(60)
    assert (seen.host, seen.there) == ("controller", None)
    assert "403" in seen.text
    assert place.left == set()


@pytest.mark.parametrize("lives", [True, False])
def test_a_keeper_that_is_dead_or_does_not_answer_is_said(
    place: Place, monkeypatch: pytest.MonkeyPatch, lives: bool
) -> None:
    monkeypatch.setattr(guard_here, "ANSWER", 0.3)
    place.end()
    if not lives:
        held.hold(place.run, keeper=detached.Process(0, ""))
    seen = place.arm(60)
    assert seen.there is None
    assert "the keeper of this run, which would be the guard, is gone or does not answer" in seen.text
    assert place.left == set()


def test_who_disarms_waits_for_a_patch_under_way(place: Place) -> None:
    place.arm(1)
    place.api.slow = 1.0
    wait(lambda: place.patches == 1)
    assert not place.api.mesh
    assert not guard_here.disarm(place.run), "it acted, so it was gone"
    assert place.api.mesh


def test_a_patch_that_does_not_end_is_said_and_the_guard_stays(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_here, "END", 0.2)
    place.arm(60)
    with guard_here.locked(place.run) as there:
        assert there
        for _again in range(2):
            with pytest.raises(guard.GuardError, match=f"kill {os.getpid()}"):
                guard_here.disarm(place.run)
    assert guard_here.disarm(place.run)


def test_on_a_disk_that_is_read_only_it_acts_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.arm(1)

    def refused(_path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        wait(lambda: not place.guarding.armed)
    place.api.put(mesh_switch.DEFAULT, {"nodeToNodeMeshEnabled": False})
    time.sleep(0.7)
    assert place.patches == 1


def test_no_secret_is_in_its_files(place: Place) -> None:
    place.arm(60)
    for path in place.run.glob("guard.*"):
        assert "secret" not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def test_a_run_that_is_gone_and_unwatched_is_not_waited_for(place: Place) -> None:
    rundir.write_state(place.run, RunState(mesh=False, cut_at=1.0, watch_until=2.0))
    place.arm(60)
    place.api.trouble = 500
    place.end()
    after = threading.Thread(target=keeper.guard_on, args=(place.run, place.guarding, True, False))
    after.start()
    wait(lambda: len(place.api.log) > 2)
    place.api.trouble = None
    after.join(10)
    assert not after.is_alive()
    assert place.api.mesh
    assert rundir.read_state(place.run).phase == "returned"


def test_the_next_run_is_borne_as_long_as_it_was_asked_for(place: Place) -> None:
    place.arm(60)
    place.end()
    place.guarding.forsaken()
    guard_here.hear(place.run)
    for _again in range(5):
        assert not place.guarding.look(place.said.append)
    assert (place.api.mesh, place.patches) == (False, 0)
    assert guard_here.disarm(place.run)


def test_where_the_keeper_turned_the_mesh_on_the_guard_goes_and_says_so(
    place: Place, logged: list[str]
) -> None:
    place.arm(60)
    place.end()
    keeper.guard_on(place.run, place.guarding, True, True)
    assert place.left == set()
    assert logged[-1] == f"{WHO}: the run is gone, and the mesh is on"


def test_a_keeper_without_an_armed_guard_ends(place: Place) -> None:
    place.end()
    keeper.guard_on(place.run, place.guarding, True, False)
    assert place.patches == 0


@pytest.mark.parametrize(
    ("variables", "environment", "why"),
    [
        ({"awx_job_id": 7}, {}, "a job of AWX takes all its processes with it"),
        ({}, {"container": "podman"}, "Ansible runs in a container, which takes all its processes with it"),
        ({}, {}, ""),
    ],
)
def test_where_a_process_dies_with_the_run_there_is_none(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, int], environment: dict[str, str], why: str
) -> None:
    monkeypatch.delenv("container", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert guard_here.hindrance(variables) == why
