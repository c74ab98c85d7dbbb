# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the guard in a run: which hosts, what is recorded, and what a user is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.telco.calico_bgp.plugins.action import bgp_guard
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.guard import Seen
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import guard_here
from tests.helpers import article
from tests.helpers.actions import action

FIRST = next(iter(article.ADDRESSES))
GROUPS = {"calico_nodes": list(article.ADDRESSES), "all": list(article.ADDRESSES)}
BEFORE = RunState(started=1.0).planned(True, False)
CUT = BEFORE.judged("cut", "pass", True).cutting(10.0).cut(11.0, 150, 1.0)


@pytest.fixture
def plan(tmp_path: Path) -> str:
    """The plan of a run whose first node is a control plane node."""
    run = tmp_path / "lab" / "20260301T101500Z-x"
    labels = {"node-role.kubernetes.io/control-plane": ""}
    cluster = article.cluster()
    nodes = tuple(replace(n, labels=labels if n.name == FIRST else {}) for n in cluster.nodes)
    rundir.write(run / rundir.CLUSTER, to_data(replace(cluster, nodes=nodes)))
    rundir.write_state(run, BEFORE)
    return rundir.write(run / rundir.PLAN, to_data(article.planned(mesh=True)))


def step(state: str, plan: str, answer: object = None, *, check_mode: bool = False, **options: object):
    """One step; `answer` is what the host says, or why it does not."""
    arguments = {"state": state, "plan": plan, "cluster": "lab", **options}
    made = action(bgp_guard, arguments, check_mode=check_mode)
    made._connection.transport = "local"
    made._low_level_execute_command = mock.MagicMock(side_effect=[answer])
    return made.run(None, {"groups": GROUPS, "inventory_hostname": options.get("host", "lab")})


def said(text: str, status: int = 0) -> dict[str, object]:
    """What a command printed."""
    return {"rc": status, "stdout": f"{text}\r\n", "stderr": ""}


def test_the_control_plane_nodes_that_can_be_reached_are_chosen(plan: str) -> None:
    assert step("chosen", plan)["hosts"] == [FIRST]
    assert step("chosen", plan, hosts=["rr1"])["hosts"] == []
    assert step("chosen", plan, where="controller")["hosts"] == []
    run = Path(plan).parent
    rundir.write_state(run, replace(BEFORE, guard=("node-c",), guard_seconds=90.0))
    assert step("chosen", plan)["hosts"] == ["node-c"]
    assert step("chosen", "", directory=str(run.parents[1]))["hosts"] == ["node-c"]


def test_where_it_is_stands_in_the_state_of_the_run(plan: str) -> None:
    result = step("armed", plan, said("GUARD: armed"), host=FIRST)
    assert (result["changed"], result["there"]) == (True, True)
    result = step("settled", plan, seconds="45")
    assert result["hosts"] == [FIRST]
    assert (
        result["msg"] == f"the guard is on {FIRST}: it turns the mesh on 45 s after it last heard of this run"
    )
    state = rundir.read_state(Path(plan).parent)
    assert (state.guard, state.guard_seconds) == ((FIRST,), 45)


@pytest.mark.parametrize(
    ("where", "answers", "why"),
    [
        ("node", [], "no control plane node can be reached by SSH. See docs/guard.md"),
        ("node", [AnsibleConnectionFailure("no route to host")], f"gone: {FIRST}: no route to host. See"),
        ("node", [said("there is no kubectl", 10)], f"gone: {FIRST}: there is no kubectl. See"),
        ("auto", [], "no control plane node can be reached by SSH; controller: a job of AWX takes all its"),
        ("controller", [], "gone: controller: a job of AWX takes all its processes with it. See"),
    ],
)
def test_a_cut_without_one_is_refused_and_told_why(
    plan: str, monkeypatch: pytest.MonkeyPatch, where: str, answers: list[object], why: str
) -> None:
    monkeypatch.setattr(guard_here, "hindrance", lambda _v: "a job of AWX takes all its processes with it")
    for answer in answers:
        assert step("armed", plan, answer, host=FIRST)["failed"]
    result = step("settled", plan, where=where)
    assert result["failed"]
    assert why in result["msg"]
    assert "-e calico_bgp_guard=none" in result["msg"]
    assert rundir.read_state(Path(plan).parent).guard == ()


def test_none_in_an_inventory_is_no_leave(plan: str) -> None:
    result = step("settled", plan, where="none")
    assert result["failed"]
    assert "take it out of the inventory" in result["msg"]


def test_on_the_controller_it_is_the_keeper(plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started = mock.MagicMock(return_value=Seen("controller", True))
    monkeypatch.setattr(guard_here, "arm", started)
    monkeypatch.setattr(guard_here, "hindrance", lambda _variables: "")
    step("armed", plan, AnsibleConnectionFailure("no route to host"), host=FIRST)
    assert step("settled", plan, change="CHG-7")["hosts"] == ["controller"]
    run = Path(plan).parent
    who = f"run {run.name} of lab, change CHG-7"
    started.assert_called_once_with(run, "lab", who, 90)


def test_the_next_run_tells_what_a_dead_one_left(plan: str) -> None:
    result = step("heard", plan, said("GUARD: there 0 90 run r-0 of lab"), host=FIRST)
    assert result["there"]
    state = rundir.read_state(Path(plan).parent)
    assert (state.guard, state.guard_seconds) == ((FIRST,), 90)


def test_a_guard_that_may_be_armed_still_fails_the_run_and_says_what_to_do(plan: str) -> None:
    unknown = step("disarmed", plan, AnsibleConnectionFailure("no route to host"), host=FIRST)
    assert (unknown.get("failed"), unknown["there"]) == (None, None), "the run has none there"
    rundir.write_state(Path(plan).parent, replace(CUT, guard=(FIRST,)))
    result = step("disarmed", plan, AnsibleConnectionFailure("no route to host"), host=FIRST)
    assert result["failed"]
    assert f"the guard on {FIRST} may be armed (no route to host)" in result["msg"]
    assert "systemctl stop calico-bgp-guard-lab" in result["msg"]
    assert step("disarmed", plan, said("GUARD: gone"), host=FIRST)["changed"] is False
    assert step("disarmed", plan, said("GUARD: disarmed"), host=FIRST)["changed"] is True


def test_in_check_mode_no_host_is_asked(plan: str) -> None:
    for state in ("armed", "heard", "disarmed"):
        assert not step(state, plan, AssertionError("asked"), host=FIRST, check_mode=True).get("failed")
    assert step("settled", plan, check_mode=True, hosts=[FIRST])["msg"] == f"a guard would be on {FIRST}"
    assert step("settled", plan, check_mode=True, where="node")["failed"]
    assert rundir.read_state(Path(plan).parent) == BEFORE


@pytest.mark.parametrize("state", [BEFORE, replace(CUT, guard=("node-c",)), replace(CUT, guard=(FIRST,))])
def test_who_has_none_or_is_told_by_the_watch_keeps_nobody(plan: str, state: RunState) -> None:
    rundir.write_state(Path(plan).parent, state)
    assert step("kept", plan, AssertionError("asked"), host=FIRST, stage="watch-1")["skipped"]


def test_a_round_that_nobody_watches_any_more_is_not_waited_for(plan: str) -> None:
    state = replace(CUT.watched("", True), guard=(FIRST,), guard_seconds=90.0, ask="exec")
    rundir.write_state(Path(plan).parent, state)
    assert step("kept", plan, AssertionError("asked"), host=FIRST, stage="watch-2")["skipped"]


def test_a_guard_that_acted_while_the_run_lived_is_a_return(plan: str) -> None:
    run = Path(plan).parent
    rundir.write_state(run, replace(CUT, guard=(FIRST,), guard_seconds=90.0))
    step("disarmed", plan, said("GUARD: gone"), host=FIRST)
    made = action(bgp_guard, {"state": "reviewed", "plan": plan, "cluster": "lab"})
    made._execute_module = mock.MagicMock(return_value={"mesh": True})
    text = f"The guard on {FIRST} is gone: it had heard nothing of this run for 90 s, and the mesh is on"
    assert made.run(None, {})["msg"] == text
    state = rundir.read_state(run)
    assert (state.phase, state.mesh, state.returned, state.guard) == ("returned", True, text, ())


def test_one_that_was_disarmed_is_not_missed(plan: str) -> None:
    rundir.write_state(Path(plan).parent, replace(CUT, guard=(FIRST,), guard_seconds=90.0))
    step("disarmed", plan, said("GUARD: disarmed"), host=FIRST)
    assert step("reviewed", plan)["skipped"]


def test_one_that_a_later_run_took_over_and_disarmed_is_not_looked_for(plan: str) -> None:
    run, runs = Path(plan).parent, str(Path(plan).parents[2])
    older = run.with_name("20260228T101500Z-x")
    rundir.write_state(older, replace(CUT, guard=(FIRST,), guard_seconds=90.0))
    assert step("chosen", "", directory=runs)["hosts"] == [FIRST]
    rundir.write_state(run, replace(CUT, guard=(FIRST,), guard_seconds=90.0))
    step("disarmed", plan, said("GUARD: disarmed"), host=FIRST)
    assert step("chosen", "", directory=runs)["hosts"] == []


def test_mesh_on_writes_down_that_there_is_none_any_more(plan: str) -> None:
    run, runs = Path(plan).parent, str(Path(plan).parents[2])
    rundir.write_state(run, replace(CUT, guard=(FIRST,), guard_seconds=90.0))
    step("disarmed", "", said("GUARD: gone"), host=FIRST, directory=runs)
    assert step("chosen", "", directory=runs)["hosts"] == []


def test_a_host_that_never_had_one_and_does_not_answer_refuses_no_cut(plan: str) -> None:
    runs = str(Path(plan).parents[2])
    result = step("disarmed", "", AnsibleConnectionFailure("no route"), host=FIRST, directory=runs)
    assert not result.get("failed")
    assert result["msg"] == "no route"
