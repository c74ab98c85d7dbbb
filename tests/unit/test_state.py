# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a run: what its steps make of it, which tasks are skipped in it, and how playbooks use it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import bgp_run, bgp_validate, bird_info, ios_bgp_info
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model import state
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.clock import steady
from tests.helpers import article

ROOT = Path(__file__).resolve().parents[2]
PLANNED = RunState(started=1.0).planned(True, False)
CUTTING = PLANNED.judged("cut", "pass", True).cutting(10.0)
WATCH = CUTTING.cut(11.0, 150, 1.0)
CALM = WATCH.watched("", True)
LOST = WATCH.watched("node-a lost a route", False)
STEPS = {
    # state, phase, mesh
    "new": (RunState(), "before", None),
    "planned": (PLANNED, "before", True),
    "planned, cut already": (RunState().planned(False, False), "before", False),
    "a peer of before": (RunState().planned(True, True), "adopting", True),
    "a peer of before that may be adopted": (
        RunState().planned(True, True).judged("adoption", "pass", True),
        "before",
        True,
    ),
    "a peer of before that may not": (
        RunState().planned(True, True).judged("adoption", "fail", False),
        "adopting",
        True,
    ),
    "about to be cut": (CUTTING, "cutting", None),
    "cut": (WATCH, "watch", False),
    "a false alarm": (WATCH.watched("", False), "watch", False),
    "calm": (CALM, "calm", False),
    "a loss, mesh still off": (LOST, "watch", False),
    "back": (LOST.mesh_on(), "returned", True),
    "back at the last look": (CALM.watched("node-b is gone", False).mesh_on(), "returned", True),
    "a cut that was half done, back": (CUTTING.mesh_on(), "returned", True),
    "a rollback": (RunState().planned(False, False).mesh_on(), "before", True),
}


@pytest.mark.parametrize(("made", "phase", "mesh"), STEPS.values(), ids=STEPS)
def test_steps(made, phase, mesh):
    assert (made.phase, made.mesh) == (phase, mesh)
    assert made.phase in state.PHASES
    assert state.state_from(to_data(made)) == made


def test_the_watch_lasts_as_long_as_the_run_says_or_else_the_plan():
    assert WATCH.watch_until == 161.0
    assert replace(CUTTING, soak=0.0).cut(11.0, 150, 1.0).watch_until == 11.0


def test_the_gate_in_front_of_the_cut_stays_what_it_was():
    assert (PLANNED.judged("cut", "unknown", False).gate, PLANNED.judged("push", "pass", True).gate) == (
        "unknown",
        "",
    )
    assert CALM.judged("after_cut", "fail", False).gate == "pass"


def test_a_loss_is_kept():
    assert LOST.watched("", True).returned == "node-a lost a route"


def test_no_phases_are_every_phase():
    assert WATCH.within([])
    assert WATCH.within(["calm", "watch"])
    assert not WATCH.within(["returned"])


SECONDS = {
    # as given, seconds
    "none": (None, None),
    "empty": ("", None),
    "blank": (" ", None),
    "nought": (0, 0.0),
    "text": ("30", 30.0),
    "fraction": ("2.5", 2.5),
}


@pytest.mark.parametrize(("given", "expected"), SECONDS.values(), ids=SECONDS)
def test_seconds(given, expected):
    assert state.seconds("time", given) == expected


@pytest.mark.parametrize("given", ["soon", "-1", "1.", ".5", "1e3", "{{ 1 + 1 }}", True])
def test_no_seconds(given):
    with pytest.raises(ValueError, match=r"time is .*; give seconds as a number"):
        state.seconds("time", given)


def act(module, *, check_mode=False, **arguments):
    """What the action plugin makes of its options on host node-a."""
    task = mock.MagicMock(check_mode=check_mode, async_val=0, args=arguments)
    connection = SimpleNamespace(socket_path="x", _shell=mock.MagicMock(tmpdir=None))
    rest = [mock.MagicMock(name=name) for name in ("play_context", "loader", "templar", "shared")]
    return module.ActionModule(task, connection, *rest).run(task_vars={"inventory_hostname": "node-a"})


@pytest.fixture(name="plan")
def _plan(tmp_path):
    """The path of a plan in the directory of a run that has begun."""
    rundir.write_state(tmp_path, RunState())
    return rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))


def test_a_run_begins_with_its_state(tmp_path):
    made = act(bgp_run, cluster="lab", directory=str(tmp_path), timeout=5, soak="")
    begun = rundir.read_state(Path(made["directory"]))
    assert (made["phase"], made["cut"]) == ("before", False)
    assert (begun.timeout, begun.soak, begun.mesh, begun.started is None) == (5.0, None, None, False)


@pytest.mark.parametrize("option", ["timeout", "soak"])
def test_a_run_with_a_time_that_is_none_does_not_begin(tmp_path, option):
    with pytest.raises(bgp_run.AnsibleError, match=f"calico_bgp_{option} is soon; give seconds as a number"):
        act(bgp_run, cluster="lab", directory=str(tmp_path), **{option: "soon"})
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_name_does_not_begin():
    with pytest.raises(bgp_run.AnsibleError, match="give cluster to start a run"):
        act(bgp_run)


def test_what_happens_to_the_mesh_is_recorded(plan):
    rundir.write_state(Path(plan).parent, WATCH)
    assert act(bgp_run, plan=plan, event="mesh_on")["phase"] == "returned"
    told = act(bgp_run, plan=plan)
    assert (told["phase"], told["cut"], told["directory"]) == ("returned", True, str(Path(plan).parent))


def test_nothing_happens_in_check_mode(plan):
    assert act(bgp_run, check_mode=True, plan=plan, event="found_off")["cut"] is False
    assert rundir.read_state(Path(plan).parent) == RunState()


def runs(tmp_path, *states):
    """Runs of one cluster, one after the other; the plan of the last one."""
    for number, each in enumerate(states):
        rundir.write_state(tmp_path / f"run-{number}", each)
    last = tmp_path / f"run-{len(states) - 1}"
    return rundir.write(last / rundir.PLAN, to_data(article.planned()))


OFF = RunState().planned(False, False).judged("adopted", "pass", True)
FOUND_OFF = {
    # the runs before, whether the mesh that is off is watched
    "no run that we know of": ([], True),
    "a run that was killed in its watch": ([WATCH], True),
    "a run that watched to the end": ([CALM], False),
    "one after it, which proved both sides": ([CALM, replace(OFF, calm=True)], False),
    "one that only proved both sides": ([OFF], True),
    "one that returned": ([LOST.mesh_on()], True),
}


@pytest.mark.parametrize(("before", "watched"), FOUND_OFF.values(), ids=FOUND_OFF)
def test_a_mesh_that_is_off_already_is_watched_once(tmp_path, before, watched):
    plan = runs(tmp_path, *before, replace(OFF, soak=30.0))
    assert act(bgp_run, plan=plan, event="found_off")["phase"] == ("watch" if watched else "before")
    now = rundir.read_state(Path(plan).parent)
    assert (now.found_off, now.calm) == (watched, not watched)
    if watched:
        assert 29 < now.watch_ends - steady() <= 30


SKIPS = {
    # plugin, options, phases in which it is asked
    "nodes": (bird_info, {"stage": "after", "phases": ["watch", "calm"]}, {"watch", "calm"}),
    "nodes watched": (bird_info, {"stage": "watch-1", "watch": True}, {"watch"}),
    "routers": (ios_bgp_info, {"stage": "returned", "phases": ["returned"]}, {"returned"}),
    "routers watched": (ios_bgp_info, {"stage": "watch-1", "watch": True}, {"watch"}),
    "watch": (bgp_validate, {"gate": "watch", "stage": "watch-1"}, {"watch"}),
    "last look": (bgp_validate, {"gate": "last_look", "stage": "after"}, {"watch", "calm"}),
    "after the cut": (bgp_validate, {"gate": "after_cut", "stage": "after"}, {"watch", "calm"}),
    "back": (bgp_validate, {"gate": "returned", "stage": "returned"}, {"returned"}),
    "adoption": (bgp_validate, {"gate": "adoption", "stage": "adoption"}, {"adopting"}),
    "cut": (bgp_validate, {"gate": "cut", "stage": "gate"}, set(state.PHASES)),
    "cut already": (bgp_validate, {"gate": "adopted", "stage": "gate"}, set(state.PHASES)),
}
BY_PHASE = {
    "adopting": RunState().planned(True, True),
    "before": PLANNED,
    "cutting": CUTTING,
    "watch": WATCH,
    "calm": CALM,
    "returned": LOST.mesh_on(),
}


class Asked(Exception):
    """The task was not skipped."""


@pytest.mark.parametrize("phase", BY_PHASE)
@pytest.mark.parametrize(("module", "options", "phases"), SKIPS.values(), ids=SKIPS)
def test_a_task_is_skipped_in_another_phase(plan, monkeypatch, module, options, phases, phase):
    rundir.write_state(Path(plan).parent, BY_PHASE[phase])
    monkeypatch.setattr(rundir, "read_plan", mock.Mock(side_effect=Asked))
    if phase in phases:
        with pytest.raises(Asked):
            act(module, plan=plan, **options)
        return
    result = act(module, plan=plan, **options)
    assert result["skipped"]
    assert "in another phase" in result["msg"]
    assert result.get("ok", False) is False, "nothing was asked, so nothing is proved"
    documented = (ROOT / "plugins/modules" / f"{module.__name__.rpartition('.')[2]}.py").read_text()
    keys = set(re.findall(r"^(\w+):$", documented.partition('RETURN = r"""')[2], re.M))
    assert set(result) == keys | {"changed", "skipped"}


def test_the_judge_says_what_the_run_is_now(plan):
    run = Path(plan).parent
    rundir.write_state(run, replace(WATCH, watch_ends=steady()))
    for name in article.ADDRESSES:
        for stage, mesh in (("gate", True), ("watch-1", False)):
            rundir.write_node(run, stage, replace(article.node(name, mesh=mesh), at=time.time()))
    options = {"plan": plan, "gate": "watch", "before": "gate"}
    assert act(bgp_validate, stage="watch-1", **options)["phase"] == "calm"
    assert rundir.read_state(run).calm
    seen = replace(article.node("node-a", mesh=False, reflector=False), at=time.time())
    rundir.write_node(run, "watch-1", seen)
    result = act(bgp_validate, stage="watch-1", **{**options, "gate": "last_look"})
    assert (result["lost"], result["phase"]) == (True, "calm"), "the mesh is still off"
    assert rundir.read_state(run).returned == result["msg"]


@pytest.mark.parametrize(("mesh", "known"), [(True, True), (False, False)])
def test_the_last_look_before_the_cut_says_how_the_mesh_is(plan, mesh, known):
    run = Path(plan).parent
    rundir.write_state(run, PLANNED)
    peer = Peer("peer-to-external-rr", article.REFLECTOR, 64512, {}, "1")
    configuration = {"spec": {"nodeToNodeMeshEnabled": mesh}}
    now = {"peers": (peer,), "configuration": configuration}
    for name, changes in ((rundir.CLUSTER, {}), ("now.json", now)):
        rundir.write(run / name, to_data(article.cluster(**changes)))
    act(bgp_validate, plan=plan, gate="unchanged", stage="gate", cluster=str(run / "now.json"))
    assert rundir.read_state(run).mesh is known


PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").rglob("*.yml") if path.parent.name != "vars")


@pytest.mark.parametrize("path", PLAYBOOKS, ids=[str(path.relative_to(ROOT)) for path in PLAYBOOKS])
def test_a_playbook_asks_the_state_and_not_whether_a_fact_is_there(path):
    text = path.read_text()
    assert not re.findall(
        r"\b(?:calico_bgp|calico_mesh|calico_plan|bgp_validate)_\w+ is (?:not )?defined", text
    )
    plays = re.split(r"^- name: ", text, flags=re.M)
    assert [play for play in plays if play.count("hostvars[groups[") > 1] == []


def test_one_entry_point_ends_each_run_that_fails():
    text = "".join(path.read_text() for path in PLAYBOOKS)
    for rescue in re.findall(r"^( +)rescue:\n((?:\1 .*\n|\n)+)", text, re.M):
        assert "tasks_from: failed" in rescue[1] or "Say that it may be off" in rescue[1], rescue[1]
    assert text.count("ansible.builtin.fail:") == 2, "the return, and the red end of a workflow"
