# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module that holds a cluster: when it does, what it says, and that one that fails holds nothing."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import bgp_lease
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import (
    detached,
    guard_here,
    holding,
    keeper,
    kube_lease,
)
from tests.helpers import held
from tests.helpers.actions import action


@pytest.fixture(name="asked")
def _asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the API, which has the cluster free; nothing is asked for real."""
    done: list[str] = []

    async def namespace_of(_api: Any, wanted: str) -> str:
        return wanted or "calico-system"

    async def take(_api: Any, namespace: str, holder: Any, _say: Any) -> str:
        done.append(f"take {namespace} {holder.playbook}")
        return ""

    async def give_back(_api: Any, namespace: str, identity: str) -> bool:
        done.append(f"give back {namespace}")
        return True

    async def take_away(_api: Any, namespace: str) -> str:
        done.append(f"take away {namespace}")
        return "site by alice@one"

    def with_api(_access: Any, work: Any) -> Any:
        async def run() -> Any:
            return await work(None)

        return asyncio.run(run())

    for name, made in (
        ("namespace_of", namespace_of),
        ("take", take),
        ("give_back", give_back),
        ("take_away", take_away),
        ("with_api", with_api),
    ):
        monkeypatch.setattr(kube_lease, name, made)
    return done


def act(
    check_mode: bool = False, variables: dict[str, Any] | None = None, **arguments: Any
) -> dict[str, Any]:
    return dict(action(bgp_lease, arguments, check_mode=check_mode).run(task_vars=variables or {}))


def begins(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A keeper that begins at once; whom it is told of."""
    told: list[Any] = []

    def begin(directory: Path, hold: Any, holder: Any, _access: Any, *, hands_over: bool) -> Any:
        assert not hands_over
        told.append(holder)
        holding.write(directory, hold)
        return hold

    monkeypatch.setattr(keeper, "begin", begin)
    return told


@pytest.mark.parametrize(
    ("check_mode", "playbook"), [(True, "site"), (False, "")], ids=["check mode", "a run that only looks"]
)
def test_what_changes_nothing_holds_nothing(
    asked: list[str], tmp_path: Path, check_mode: bool, playbook: str
) -> None:
    result = act(check_mode, directory=str(tmp_path), playbook=playbook)
    assert (result["changed"], result["skipped"], asked) == (False, True, [])


def test_a_run_holds_its_cluster_and_gives_it_back(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rundir.write_state(tmp_path, RunState(mesh=True))
    told = begins(monkeypatch)
    assert act(directory=str(tmp_path), playbook="site")["changed"] is False
    holding.check(tmp_path)
    assert told[0].where.endswith(f":{tmp_path}")
    assert "@" in told[0].who
    result = act(state="released", directory=str(tmp_path))
    assert (result["msg"], asked) == ("released", ["take calico-system site", "give back calico-system"])
    assert rundir.read_state(tmp_path).over
    with pytest.raises(holding.Stopped):
        holding.check(tmp_path)


def test_a_keeper_that_is_the_guard_still_is_left_to_it(asked: list[str], tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as running:
        here = detached.process(running.pid)
        held.hold(tmp_path, keeper=here)
        rundir.write_state(tmp_path, RunState(mesh=True))
        rundir.write(tmp_path / guard_here.HEARD, {"who": "me", "seconds": 60})
        assert "is armed" in act(state="released", directory=str(tmp_path))["msg"]
        assert here.alive
        running.kill()
    assert (rundir.read_state(tmp_path).over, asked) == (True, [])


def test_a_job_of_awx_is_told_by_its_user_and_number(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = begins(monkeypatch)
    act(variables={"awx_job_id": 7, "awx_user_name": "bob"}, directory=str(tmp_path), playbook="cut")
    act(variables={"awx_job_id": 8}, directory=str(tmp_path), playbook="cut")
    assert [holder.who for holder in told] == ["bob, job 7 of AWX", "a schedule, job 8 of AWX"]


def test_a_run_whose_keeper_does_not_begin_holds_nothing(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: Any, **_options: Any) -> None:
        raise keeper.NotKept("it did not begin")

    monkeypatch.setattr(keeper, "begin", fails)
    result = act(directory=str(tmp_path), playbook="site")
    assert (result["failed"], result["msg"]) == (True, "it did not begin")
    assert asked == ["take calico-system site", "give back calico-system"]


def test_a_run_is_refused_in_the_words_of_the_lease(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def another(*_arguments: Any) -> str:
        raise kube_lease.LeaseError("Another run is changing this cluster: site by x\x1b[2J")

    monkeypatch.setattr(kube_lease, "take", another)
    result = act(directory=str(tmp_path), playbook="site")
    assert result["failed"]
    assert result["msg"] == "Another run is changing this cluster: site by x\\x1b[2J"


def test_mesh_on_says_whose_hold_it_took(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(bgp_lease, "display", SimpleNamespace(warning=shown.append))
    assert act(state="ended")["msg"] == "taken from site by alice@one"
    assert "another run was changing this cluster and stops before its next change: site by alice" in shown[0]


def test_mesh_on_does_not_fail_where_that_is_not_known(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbidden(*_arguments: Any) -> str:
        raise kube_lease.LeaseError("the Kubernetes API answered 403: leases is forbidden")

    shown: list[str] = []
    monkeypatch.setattr(bgp_lease, "display", SimpleNamespace(warning=shown.append))
    monkeypatch.setattr(kube_lease, "take_away", forbidden)
    assert "failed" not in act(state="ended")
    assert "is not known: the Kubernetes API answered 403" in shown[0]


def test_a_hold_that_cannot_be_given_back_ends_by_itself_and_fails_nothing(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_arguments: Any) -> bool:
        raise kube_lease.LeaseError("the Kubernetes API did not answer within 10 s")

    shown: list[str] = []
    monkeypatch.setattr(bgp_lease, "display", SimpleNamespace(warning=shown.append))
    monkeypatch.setattr(kube_lease, "give_back", silent)
    rundir.write_state(tmp_path, RunState(mesh=True))
    held.hold(tmp_path, keeper=detached.Process(0, ""))
    assert "failed" not in act(state="released", directory=str(tmp_path))
    assert "ends by itself in 120 s" in shown[0]
