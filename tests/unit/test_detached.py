# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that outlives its run: it begins, sees the run, says what it has to, and leaves nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.plugin_utils import detached
from tests.helpers.waiting import wait

#: A run that starts a process of its own session and then waits to be killed.
RUN = """
import dataclasses, os, sys, time
from pathlib import Path
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import detached
me = detached.run_of_this()
message = {"run": dataclasses.asdict(me), "secret": "nobody-sees-this"}
function = "tests.unit.test_detached:tell"
started = detached.start(function, message, name="tell", run=Path(sys.argv[1]), needs=[])
print(started.pid, flush=True)
time.sleep(60)
"""


def tell(message: dict[str, Any]) -> None:
    """What the detached process does."""
    run = detached.Process(**message["run"])
    with detached.speaking_for(run) as errors:
        print("ready", flush=True)
        wait(lambda: not run.alive, seconds=60)
        detached.say(errors, "the run is gone")


def test_a_process_is_alive_until_it_ends() -> None:
    running = subprocess.Popen(["sleep", "60"])
    found = detached.process(running.pid)
    assert found.alive
    assert found in detached.children(detached.process(os.getpid()))
    running.kill()
    wait(lambda: not found.alive, seconds=5)  # nobody has fetched it yet
    running.wait()
    assert not found.alive
    assert found not in detached.children(detached.process(os.getpid()))


def test_a_number_that_another_process_has_now_is_not_the_process() -> None:
    mine = detached.process(os.getpid())
    assert mine.alive
    assert not detached.Process(mine.pid, "1").alive
    assert not detached.Process(0, "").alive


@pytest.mark.parametrize("ends", [False, True])
def test_where_the_machine_does_not_say_when_it_began(ends: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detached, "PROC", Path("/nowhere"))
    running = subprocess.Popen(["sleep", "60"])
    found = detached.process(running.pid)
    try:
        assert found.began == ""
        if ends:
            running.kill()
            running.wait()
        assert found.alive is not ends
    finally:
        running.kill()
        running.wait()


def test_the_run_of_a_process_that_is_no_worker_is_itself() -> None:
    assert detached.run_of_this() == detached.process(os.getpid())
    assert not detached.orphaned()


def worker(told: str) -> None:
    """What a worker sees before and after its run is gone."""
    path = Path(told)
    path.write_text(json.dumps([detached.run_of_this().pid, detached.orphaned()]))
    wait(detached.orphaned, seconds=20, pause=0.05)
    path.write_text(json.dumps("orphaned"))


def test_a_worker_sees_that_its_run_is_gone(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = (
        "import multiprocessing as m, sys, os\n"
        "from tests.unit.test_detached import worker\n"
        "m.get_context('fork').Process(target=worker, args=(sys.argv[1],)).start()\n"
        "import time; time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", program, str(told)], env=environment) as run:
        try:
            wait(lambda: told.exists() and bool(told.read_text()), seconds=20)
            assert json.loads(told.read_text()) == [run.pid, False]
        finally:
            run.kill()
    wait(lambda: json.loads(told.read_text() or "0") == "orphaned", seconds=20)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_detached_process_outlives_its_run_and_says_so_where_the_run_showed_its_errors(
    how: signal.Signals, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (tmp_path / "errors").open("wb") as errors:
        run = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
            env=environment,
        )
        try:
            assert run.stdout is not None
            started = detached.process(int(run.stdout.readline()))
            assert started.alive
            assert os.getsid(started.pid) == started.pid
            shown = Path(f"/proc/{started.pid}/cmdline").read_text()
            assert str(tmp_path) in shown
            assert "nobody-sees-this" not in shown
            log = tmp_path / "tell.log"
            wait(lambda: "ready" in log.read_text(), seconds=20)
            assert stat.S_IMODE(log.stat().st_mode) == 0o600
        finally:
            os.killpg(run.pid, how)
            run.wait()
            run.stdout.close()
    wait(lambda: not started.alive, seconds=10)
    assert (tmp_path / "errors").read_text() == "the run is gone\n"


def test_seconds_since_the_machine_started_go_on() -> None:
    first = detached.boottime()
    assert 0 < first <= detached.boottime()


def test_no_test_here_runs_inside_a_worker() -> None:
    assert multiprocessing.parent_process() is None
