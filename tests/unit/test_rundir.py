# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run directory: for its owner's eyes, whole files, and errors that name the file."""

from __future__ import annotations

import doctest
import os
import re
import stat
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import alarm
from tests.helpers import article

OURS, GROUP = os.geteuid(), os.getegid()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_directory_and_files_are_for_the_owner(tmp_path):
    run = rundir.create(str(tmp_path / "runs"), "lab")
    assert mode(run) == 0o700
    assert re.fullmatch(r"\d{8}T\d{6}Z-\w+", run.name)
    assert run.parent == tmp_path / "runs" / "lab"
    path = run / "observations" / "gate" / "node-a.json"
    assert rundir.write(path, {"a": 1}) == str(path)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["node-a.json"]


def test_two_runs_in_one_second_are_two_directories(tmp_path):
    assert rundir.create(str(tmp_path), "lab") != rundir.create(str(tmp_path), "lab")


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "x.json"
    rundir.write(path, {"old": list(range(1000))})
    rundir.write(path, {"new": 1})
    assert rundir.read(path) == {"new": 1}


def test_what_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.json"
    rundir.write(path, {"old": 1})
    with pytest.raises(TypeError):
        rundir.write(path, {"new": object()})
    assert rundir.read(path) == {"old": 1}
    assert [p.name for p in tmp_path.glob("*.json")] == ["x.json"]


BROKEN = {
    # what is in the file (None: no file), message
    "absent": (None, "there is no such file; an earlier step of this run did not write it"),
    "empty": ("", "not the JSON this run wrote"),
    "no JSON": ("{", "not the JSON this run wrote"),
    "a list": ("[]", "not the record this run wrote"),
    "another record": ('{"x": 1}', "not the record this run wrote"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named(tmp_path, text, message):
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(rundir.RunDirectoryError) as caught:
        rundir.read_plan(str(path))
    assert str(caught.value).startswith(f"{path}: {message}")


def test_no_plan_at_all_says_why():
    with pytest.raises(rundir.RunDirectoryError, match="left out by --limit"):
        rundir.read_plan("")


def test_everything_comes_back(tmp_path):
    rundir.write(tmp_path / "plan.json", to_data(article.planned()))
    assert rundir.read_plan(str(tmp_path / "plan.json")) == article.planned()
    stage = tmp_path / "observations" / "gate"
    for seen in article.nodes().values():
        rundir.write_node(tmp_path, "gate", seen)
    rundir.write(stage / "router-rr1.json", to_data(article.router()))
    rundir.write(tmp_path / "push-rr1.json", to_data(article.push()))
    found = {key: article.as_sets(seen) for key, seen in rundir.read_nodes(tmp_path, "gate").items()}
    assert found == {key: article.as_sets(seen) for key, seen in article.nodes().items()}
    assert rundir.read_routers(tmp_path, "gate") == {"rr1": article.router()}
    assert rundir.read_pushes(tmp_path) == {"rr1": article.push()}


def test_a_stage_that_was_not_observed_is_empty(tmp_path):
    assert rundir.read_nodes(tmp_path, "watch-1") == {}
    assert rundir.read_routers(tmp_path, "watch-1") == {}
    assert rundir.read_pushes(tmp_path) == {}


def test_a_broken_observation_is_named(tmp_path):
    path = tmp_path / "observations" / "gate" / "node-a.json"
    rundir.write(path, {"node": "node-a"})
    with pytest.raises(rundir.RunDirectoryError, match="node-a"):
        rundir.read_nodes(tmp_path, "gate")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        rundir.RunDirectoryError, match=r"file/lab: the run cannot keep .*calico_plan_run_directory"
    ):
        rundir.create(str(tmp_path / "file"), "lab")


def test_the_state_of_a_run_comes_back(tmp_path):
    state = RunState(started=1.5, soak=6.0).planned(True, False).cutting(2.0).cut(3.0, 150, 1.0)
    assert rundir.write_state(tmp_path, state) == str(tmp_path / rundir.STATE)
    assert mode(tmp_path / rundir.STATE) == 0o600
    assert rundir.read_state(tmp_path) == state


def test_nothing_follows_from_a_state_that_is_lost(tmp_path):
    with pytest.raises(rundir.RunDirectoryError, match=r"state\.json: there is no such file"):
        rundir.read_state(tmp_path)


def test_no_plan_is_not_one_in_the_current_directory():
    for path in (rundir.of_plan, rundir.read_plan):
        with pytest.raises(rundir.RunDirectoryError, match=r"there is no plan: .*--limit"):
            path("")


def test_a_state_that_is_none_is_named(tmp_path):
    rundir.write(tmp_path / rundir.STATE, {"phase": "calm"})
    with pytest.raises(rundir.RunDirectoryError, match=r"state\.json: not the record this run wrote"):
        rundir.read_state(tmp_path)


def test_doctests():
    assert doctest.testmod(rundir).failed == 0


ELSEWHERE = ["../other", "a/b", "..", ".hidden", "", "x\ny", "x\x00y"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_name_leads_out_of_the_run(tmp_path, name):
    """A host of the inventory, a node of the API, a stage of the caller's."""
    run = tmp_path / "run"
    writes = (
        lambda: rundir.create(str(tmp_path), name),
        lambda: rundir.write_push(run, replace(article.push(), host=name)),
        lambda: rundir.write_router(run, "gate", replace(article.router(), host=name)),
        lambda: rundir.write_node(run, "gate", replace(article.node("node-a"), node=name)),
        lambda: rundir.write_node(run, name, article.node("node-a")),
        lambda: rundir.write_router(run, name, article.router()),
        lambda: alarm.Alarm(run, name),
    )
    for write in writes:
        with pytest.raises(rundir.RunDirectoryError, match="this name cannot name a file of a run"):
            write()
    assert list(tmp_path.rglob("*.json")) == []


def test_names_of_an_inventory_are_names(tmp_path):
    for name in ("rr1.example.net", "2001:db8::1", "ROUTER_1", "r@x", "Zürich-1"):
        assert rundir.write_push(tmp_path, replace(article.push(), host=name)).endswith(f"push-{name}.json")


#: The owner and the mode of one directory, as somebody else may have left it.
HANDS = {
    "another's": (12345, GROUP, 0o40755, r"it is owned by another user \(12345\)"),
    "everybody's": (OURS, GROUP, 0o40757, "everybody may write there"),
    "another group's": (OURS, 12345, 0o40775, r"a group \(12345\) may write there"),
    "another's, sticky": (12345, GROUP, 0o41777, "owned by another user"),
    "another's link": (12345, GROUP, 0o120777, "owned by another user"),
}
#: What is nobody else's.
FINE = {
    "ours": (OURS, GROUP, 0o40700),
    "root's": (0, 12345, 0o40755),
    "for all, sticky": (0, 0, 0o41777),
    "our own group's": (OURS, GROUP, 0o40775),
    "our link": (OURS, GROUP, 0o120777),
}


def pretend(monkeypatch, path, owner, group, bits):
    """Let `path` have another owner and mode; a test need not be root for it."""
    real = Path.lstat

    def lstat(self):
        found = real(self)
        if self != path:
            return found
        return SimpleNamespace(st_uid=owner, st_gid=group, st_mode=bits)

    monkeypatch.setattr(Path, "lstat", lstat)


@pytest.mark.parametrize(("owner", "group", "bits", "why"), HANDS.values(), ids=HANDS)
@pytest.mark.parametrize("where", ["runs", "runs/lab", "."])
def test_a_directory_in_other_hands_is_refused(tmp_path, monkeypatch, where, owner, group, bits, why):
    """Whoever swaps it has the operator apply a plan of his."""
    (tmp_path / "runs/lab").mkdir(parents=True)
    pretend(monkeypatch, tmp_path / where, owner, group, bits)
    with pytest.raises(rundir.RunDirectoryError, match=why):
        rundir.create(str(tmp_path / "runs"), "lab")
    assert list((tmp_path / "runs/lab").iterdir()) == []


@pytest.mark.parametrize(("owner", "group", "bits"), FINE.values(), ids=FINE)
def test_a_directory_in_our_hands_is_not(tmp_path, monkeypatch, owner, group, bits):
    pretend(monkeypatch, tmp_path, owner, group, bits)
    assert rundir.create(str(tmp_path / "runs"), "lab").is_dir()


def test_a_run_whose_directory_came_into_other_hands_goes_no_further(tmp_path, monkeypatch):
    run = rundir.create(str(tmp_path / "runs"), "lab")
    path = rundir.write(run / rundir.PLAN, to_data(article.planned()))
    assert rundir.read_plan(path) == article.planned()
    pretend(monkeypatch, tmp_path / "runs", 12345, GROUP, 0o40755)
    with pytest.raises(rundir.RunDirectoryError, match="another user"):
        rundir.read_plan(path)
    with pytest.raises(rundir.RunDirectoryError, match="another user"):
        rundir.of_plan(path)


def test_a_link_to_a_directory_in_other_hands_is_followed(tmp_path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "theirs")
    pretend(monkeypatch, tmp_path / "theirs", 12345, GROUP, 0o40755)
    with pytest.raises(rundir.RunDirectoryError, match=r"theirs: it is owned by another user"):
        rundir.create(str(tmp_path / "runs"), "lab")


def test_a_file_in_other_hands_is_not_what_the_run_wrote(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    rundir.write_state(tmp_path, RunState())
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/state.json").symlink_to(path)
    with pytest.raises(rundir.RunDirectoryError, match="it is a link, so it is not what this run wrote"):
        rundir.read_state(tmp_path / "linked")
    pretend(monkeypatch, path, 12345, GROUP, 0o100644)
    with pytest.raises(rundir.RunDirectoryError, match=r"another user.*so it is not what this run wrote"):
        rundir.read_state(tmp_path)


def states(parent, **runs):
    """Runs of one cluster by name, each with its state, and a last one without anything."""
    for name, state in runs.items():
        rundir.write_state(parent / name, state)
    return parent / "z"


CUT = RunState(gate="pass", mesh=False, cut_at=1.0, watch_until=9.0)
PROVED = RunState(gate="pass", mesh=False)


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ({}, None),
        ({"a": CUT, "b": RunState(mesh=False)}, CUT),
        ({"a": CUT, "b": PROVED, "c": RunState(gate="fail", mesh=False)}, PROVED),
        ({"a": PROVED, "b": CUT}, CUT),
        ({"a": CUT, "zz": PROVED}, CUT),
    ],
    ids=["none", "a look came after", "a proof came after", "the last one counts", "a later one does not"],
)
def test_the_last_run_that_cut_or_proved(tmp_path, runs, found):
    assert rundir.last_decisive(states(tmp_path, **runs)) == found


def test_what_is_no_run_beside_it_says_nothing(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "c").write_text("x")
    run = states(tmp_path, a=CUT)
    rundir.write(tmp_path / "d" / rundir.STATE, {"mesh": "?", "more": 1})
    assert rundir.last_decisive(run) == CUT
