# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run that was killed left pending on a router is ended by the next one; somebody else's is not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.begun import Timer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import Push
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import detached, holding
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers import article, held
from tests.helpers.devices import Device, lines

Bring = Callable[..., Push]
#: What a device of the tests says of a timer that is pending.
PENDING = Timer("12:00:00 UTC Sun Mar 1 2026", "admin", 5)


@pytest.fixture(name="shown")
def _shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    display = SimpleNamespace(display=told.append, warning=told.append)
    monkeypatch.setattr(ios_bgp_reflector, "display", display)
    return told


@pytest.fixture(name="bring")
def _bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[str]) -> Bring:
    """Push in a run of this name; how it went."""

    def bring(device: Any, run: str, check_mode: bool = False, **arguments: Any) -> Push:
        directory = tmp_path / run
        if not directory.exists():
            directory.mkdir(mode=0o700)
        held.hold(directory)
        plan = rundir.write(directory / rundir.PLAN, to_data(article.planned()))
        monkeypatch.setattr(router_utils, "Connection", lambda _path: device)
        task = mock.MagicMock(check_mode=check_mode, async_val=0, diff=False)
        task.args = {"plan": plan, "cluster_id": "1", "timers": {"keepalive": 3, "hold": 9}, **arguments}
        connection = SimpleNamespace(
            socket_path="/run/socket",
            _shell=mock.MagicMock(tmpdir=None),
            get_option={"remote_user": "admin"}.__getitem__,
        )
        rest = [mock.MagicMock() for _each in range(4)]
        made = ios_bgp_reflector.ActionModule(task, connection, *rest)
        made.run(task_vars={"inventory_hostname": "rr1"})
        return rundir.read_pushes(directory)["rr1"]

    return bring


def killed(bring: Bring, at: str) -> Any:
    """A device of which nothing was heard any more `at` a command of the first run."""
    device = Device()
    device.silent_at = at
    assert bring(device, "1").outcome == "lost"
    device.silent_at, device.configuring = "", False
    device.asked.clear()
    return device


def test_what_is_whole_is_read_back_and_confirmed(bring: Bring, tmp_path: Path, shown: list[str]) -> None:
    device = killed(bring, "configure confirm")
    (begun,) = rundir.read_begun(tmp_path / "1")
    assert (begun.timer, begun.state) == (PENDING, "present")
    pushed = bring(device, "2")
    assert pushed.outcome == "unchanged"
    assert lines(device) == ["configure confirm", "write memory"]
    assert device.before is None
    assert any("is read back and confirmed" in line and "/1)" in line for line in shown)
    assert rundir.read_begun(tmp_path / "1") == ()


def test_what_is_not_whole_is_taken_back_and_sent_anew(
    bring: Bring, tmp_path: Path, shown: list[str]
) -> None:
    device = killed(bring, "route-reflector-client")
    pushed = bring(device, "2")
    assert pushed.outcome == "applied"
    assert lines(device)[0] == "configure revert now"
    assert lines(device).index("configure revert now") < lines(device).index(
        "configure terminal revert timer 5"
    )
    assert any("is taken back" in line for line in shown)
    assert rundir.read_begun(tmp_path / "1") == rundir.read_begun(tmp_path / "2") == ()


def test_what_another_way_was_to_become_is_not_kept(bring: Bring, tmp_path: Path) -> None:
    device = killed(bring, "configure confirm")
    rundir.write_begun(tmp_path / "1", replace(rundir.read_begun(tmp_path / "1")[0], state="drained"))
    bring(device, "2")
    assert lines(device)[0] == "configure revert now"


def test_a_timer_of_somebody_else_is_left_alone(bring: Bring, tmp_path: Path) -> None:
    device = killed(bring, "configure confirm")
    begun = rundir.read_begun(tmp_path / "1")[0]
    rundir.write_begun(tmp_path / "1", replace(begun, timer=replace(PENDING, user="cluster-b")))
    pushed = bring(device, "2", maximum_prefix=100)
    assert (pushed.outcome, lines(device)) == ("refused", [])
    assert "user admin set it at 12:00:00 UTC Sun Mar 1 2026 for 5 minutes" in pushed.detail
    assert rundir.read_begun(tmp_path / "1")


#: When PENDING was set.
SET = 1772366400.0


@pytest.mark.parametrize(
    ("at", "other", "ours"),
    [
        (SET - 1, {}, True),
        (SET + 30, {}, True),
        (SET - 600, {}, False),
        (SET + 600, {}, False),
        (SET, {"user": "netops"}, False),
        (SET, {"user": ""}, False),
        (SET, {"minutes": 10}, False),
        (SET, {"minutes": 0}, False),
    ],
)
def test_a_timer_that_its_run_had_no_time_to_ask_for_is_known_by_user_length_and_time(
    bring: Bring, tmp_path: Path, at: float, other: dict[str, Any], ours: bool
) -> None:
    device = killed(bring, "configure confirm")
    begun = rundir.read_begun(tmp_path / "1")[0]
    assert (begun.user, begun.minutes) == ("admin", 5)
    rundir.write_begun(tmp_path / "1", replace(begun, timer=None, at=at, **other))
    assert bring(device, "2", maximum_prefix=100).outcome == ("applied" if ours else "refused")
    assert bool(lines(device)) is ours


@pytest.mark.parametrize(
    ("since", "at"),
    [
        ("12:00:00 UTC Sun Mar 1 2026", SET),
        (".12:00:00.123 GMT Sun Mar  1 2026", SET),
        ("*12:00:00 UTC Sun Mar 1 2026", None),
        ("12:00:00 CET Sun Mar 1 2026", None),
        ("12:00:00 UTC Sun Feb 30 2026", None),
        ("", None),
    ],
)
def test_the_time_of_a_timer_is_known_where_the_router_says_it_in_utc(since: str, at: float | None) -> None:
    """By the marks of `show clock`: "*" is a clock that is not known to be right."""
    assert Timer(since).set_at == at


def test_a_run_that_still_sends_is_left_alone(bring: Bring, tmp_path: Path) -> None:
    device = killed(bring, "configure confirm")
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            sender = detached.process(other.pid)
            begun = replace(rundir.read_begun(tmp_path / "1")[0], pid=sender.pid, worker=sender.began)
            rundir.write_begun(tmp_path / "1", begun)
            pushed = bring(device, "2", maximum_prefix=100)
        finally:
            other.kill()
    assert (pushed.outcome, lines(device)) == ("refused", [])
    assert "is still sending" in pushed.detail
    assert bring(device, "3", maximum_prefix=100).outcome == "applied"


def test_check_mode_ends_nothing_and_says_what_would_be(
    bring: Bring, tmp_path: Path, shown: list[str]
) -> None:
    device = killed(bring, "configure confirm")
    assert bring(device, "2", check_mode=True).outcome == "unchanged"
    assert lines(device) == []
    assert any("would be ended first" in line for line in shown)
    assert rundir.read_begun(tmp_path / "1")


def test_what_was_confirmed_and_not_cleared_is_cleared(bring: Bring, tmp_path: Path) -> None:
    device = killed(bring, "configure confirm")
    begun = rundir.read_begun(tmp_path / "1")[0]
    rundir.write_begun(tmp_path / "1", replace(begun, clears=("clear ip bgp peer-group CALICO soft",)))
    device.before = None
    bring(device, "2")
    assert lines(device) == ["clear ip bgp peer-group CALICO soft", "write memory"]
    assert rundir.read_begun(tmp_path / "1") == ()


def test_a_run_that_loses_its_hold_takes_its_lines_back(bring: Bring, tmp_path: Path) -> None:
    device = Device()

    def lose(command: str, answer: Any = device.answer) -> str:
        if "route-reflector-client" in command:
            held.hold(tmp_path / "1", lost="its Lease was taken over: site by bob")
        return str(answer(command))

    device.answer = lose
    pushed = bring(device, "1")
    assert pushed.outcome == "reverted"
    assert "no longer holds the cluster" in pushed.detail
    assert lines(device)[-1] == "configure revert now"
    assert rundir.read_begun(tmp_path / "1") == ()


def test_a_run_that_does_not_hold_the_cluster_sends_nothing(
    bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "read", lambda _run: None)
    device = Device()
    pushed = bring(device, "1")
    assert (pushed.outcome, lines(device)) == ("refused", [])
    assert "does not hold the cluster" in pushed.detail


def test_a_disk_that_is_full_before_the_first_line_ends_the_push(
    bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, device = rundir.write_begun, Device()

    def full(run: Path, begun: Any) -> str:
        if begun.timer is not None:
            raise OSError(28, "No space left on device")
        return write(run, begun)

    monkeypatch.setattr(rundir, "write_begun", full)
    pushed = bring(device, "1")
    assert pushed.outcome == "reverted"
    assert "the run cannot keep its files (No space left on device)" in pushed.detail
    assert [line for line in lines(device) if line.startswith("router bgp")] == []


def test_what_is_written_down_holds_no_secret(bring: Bring, tmp_path: Path) -> None:
    device = Device()
    device.silent_at = "configure confirm"
    bring(device, "1", password="hunter2secret")
    assert "hunter2" not in json.dumps([p.read_text() for p in (tmp_path / "1").glob("begun-*")])
