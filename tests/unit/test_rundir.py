# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run directory: for its owner's eyes, whole files, and errors that name the file."""

from __future__ import annotations

import re
import stat

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from tests.helpers import article


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
    for name, seen in article.nodes().items():
        rundir.write(stage / f"node-{name}.json", to_data(seen))
    rundir.write(stage / "router-rr1.json", to_data(article.router()))
    rundir.write(tmp_path / "push-rr1.json", to_data(article.push()))
    assert rundir.read_nodes(tmp_path, "gate") == article.nodes()
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
    state = RunState(started=1.5, soak=6.0).planned(True, False).cutting(2.0).cut(3.0, 150)
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
