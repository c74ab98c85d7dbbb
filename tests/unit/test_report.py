# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run: the document and the table."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from types import SimpleNamespace
from unittest import mock

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import bgp_report
from ansible_collections.telco.calico_bgp.plugins.module_utils import report, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import objects
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import UNKNOWN
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Session
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from tests.helpers import article
from tests.helpers.article import REFLECTOR

GOOD = weigh.finding("c", "node node-a", True, "e", "a", "do")
BAD = weigh.finding("c", "node node-b", False, "e", "a", "do")
DARK = weigh.finding("c", "node node-c", False, "e", "a", "do", otherwise=UNKNOWN)
ODD = weigh.finding("c", "node node-d", False, "e", "a", "do", severity="warning")


def story(**changes):
    made = report.Story(
        playbook="cut",
        outcome="cut",
        message="",
        started=1.0,
        ended=2.0,
        check_mode=False,
        plan=article.planned(),
        plan_path="/run/plan.json",
        mesh_after=False,
        findings={"cut": gates.judge("cut", article.evidence())},
        pushes={"rr1": article.push()},
        nodes=article.nodes(),
        routers={"rr1": article.router()},
        packets={"sent": 1000, "lost": 0, "longest_run": 0},
    )
    return replace(made, **changes)


def test_document():
    made = json.loads(json.dumps(report.document(story())))
    assert made["version"] == report.VERSION
    assert made["plan"] == {
        "path": "/run/plan.json",
        "sha256": article.planned().identity,
        "server": "",
        "node_networks": [],
        "nodes": 3,
        "sessions": 3,
        "objects": [
            {"kind": kind, "name": "peer-to-external-rr", "reason": objects.REASONS[kind]}
            for kind in ("BGPFilter", "BGPPeer")
        ],
    }
    assert made["mesh"] == {"before": True, "after": False}
    assert made["sessions"][1] == {
        "node": "node-b",
        "reflector": "rr1",
        "family": "ipv4",
        "node_address": "192.168.1.11",
        "reflector_address": REFLECTOR,
        "peer": "peer-to-external-rr",
        "node_says": "Established",
        "reflector_says": "Established",
        "routes_from_reflector": 2,
        "prefixes_from_node": 2,
    }
    assert made["routers"]["rr1"]["outcome"] == "applied"
    assert {f["verdict"] for f in made["findings"]["cut"]} == {"pass"}
    assert made["packets"] == {"sent": 1000, "lost": 0, "longest_run": 0}


def test_document_of_a_run_without_a_plan():
    made = report.document(
        story(plan=None, findings={}, pushes={}, nodes={}, routers={}, packets=None, mesh_after=None)
    )
    assert (made["cluster"], made["plan"], made["packets"]) == (None, None, None)
    assert (made["mesh"], made["sessions"], made["left_out"]) == ({"before": None, "after": None}, [], {})


def test_a_session_of_which_nobody_said_anything():
    (row, *_rest) = report.document(story(nodes={}, routers={}))["sessions"]
    assert (row["node_says"], row["reflector_says"]) == (None, None)
    assert (row["routes_from_reflector"], row["prefixes_from_node"]) == (None, None)


def test_a_session_that_is_up_counts_where_one_is_down_beside_it():
    seen = article.node("node-a")
    down = article.protocol("Global_192_168_1_1", REFLECTOR, "Down")
    seen = replace(seen, protocols=(down, *seen.protocols))
    (row, *_rest) = report.document(story(nodes=article.nodes(seen)))["sessions"]
    assert (row["node_says"], row["routes_from_reflector"]) == ("Established", 3)


def test_table():
    assert report.table(story()) == [
        "node                   reflector          node says    reflector says  routes  prefixes",
        "node-a (192.168.1.10)  rr1 (192.168.1.1)  Established  Established     3       1",
        "node-b (192.168.1.11)  rr1 (192.168.1.1)  Established  Established     2       2",
        "node-c (192.168.1.12)  rr1 (192.168.1.1)  Established  Established     3       1",
        "mesh: off",
        f"checks: {len(gates.judge('cut', article.evidence()))} passed, 0 failed, 0 unknown",
        "packets: 1000 sent, 0 lost, longest run of lost packets 0",
        "outcome: cut",
    ]


CLOSINGS = {
    # changes, last lines of the table
    "refused without a plan": (
        {
            "plan": None,
            "mesh_after": None,
            "findings": {},
            "packets": None,
            "outcome": "refused",
            "message": "No",
        },
        ["mesh: not known", "checks: 0 passed, 0 failed, 0 unknown", "outcome: refused. No"],
    ),
    "findings": (
        {"findings": {"a": [GOOD, BAD], "b": [DARK, ODD]}, "packets": None, "plan": None},
        [
            "mesh: off",
            "checks: 1 passed, 1 failed, 1 unknown, 1 warning",
            "fail: node node-b: expected e, found a. do",
            "unknown: node node-c: expected e, found a. do",
            "warning: node node-d: expected e, found a. do",
            "outcome: cut",
        ],
    ),
    "a message that is listed already": (
        {"findings": {"a": [BAD]}, "packets": None, "plan": None, "message": f"No: {BAD.sentence}"},
        [
            "mesh: off",
            "checks: 0 passed, 1 failed, 0 unknown",
            "fail: node node-b: expected e, found a. do",
            "outcome: cut",
        ],
    ),
}


@pytest.mark.parametrize(("changes", "lines"), CLOSINGS.values(), ids=CLOSINGS)
def test_closing(changes, lines):
    assert report.table(story(**changes)) == lines


def to_approve(**changes):
    """The table of a plan without its sessions and checks."""
    wanted = {"playbook": "plan", "outcome": "planned", "plan": article.planned(), "findings": {}, **changes}
    lines = report.table(story(nodes={}, routers={}, packets=None, cluster=article.cluster(), **wanted))
    return lines[lines.index(f"plan: {wanted['plan'].identity}") :][:-3]


def planned_push(*commands, **changes):
    """What a router would get."""
    return {"rr1": replace(article.push("planned"), commands=commands, **changes)}


def test_who_is_to_approve_sees_all_that_will_be_sent():
    pushes = planned_push("router bgp 64512", " neighbor 192.168.1.10 remote-as 64512", notices=("n",))
    plan = article.planned()
    assert to_approve(pushes=pushes, plan=plan) == [
        f"plan: {plan.identity}",
        f"object: BGPFilter peer-to-external-rr: {objects.REASONS['BGPFilter']}",
        f"object: BGPPeer peer-to-external-rr: {objects.REASONS['BGPPeer']}",
        *(f"prefix: {p.cidr}, lengths {p.ge} to {p.le}" for p in plan.prefixes),
        "router rr1: to be configured, beside what is there now:",
        "    router bgp 64512",
        "     neighbor 192.168.1.10 remote-as 64512",
        "    note: n",
        "sessions: now 3 of the mesh and 0 with route reflectors; after peers 3 and 3; after the cut 0 and 3",
    ]


ROUTERS = {
    # what the comparison came to, what is said of the router
    "as planned": ({"rr1": article.push("unchanged")}, ["router rr1: nothing to configure"]),
    "not asked": ({}, ["router rr1: not compared: it was not asked"]),
    "no answer": (
        {"rr1": replace(article.push("lost"), detail="nothing was sent: timed out", commands=())},
        ["router rr1: not compared: nothing was sent: timed out"],
    ),
    "refused": (
        {"rr1": replace(article.push("refused"), detail="a lock", commands=())},
        ["router rr1: refused: a lock"],
    ),
    "many lines": (
        planned_push(*(f"l{number}" for number in range(report.LINES + 5))),
        [
            "router rr1: to be configured, beside what is there now:",
            *(f"    l{number}" for number in range(report.LINES)),
            "    ... and 5 more lines",
        ],
    ),
}


@pytest.mark.parametrize(("pushes", "lines"), ROUTERS.values(), ids=ROUTERS)
def test_who_is_to_approve_sees_what_became_of_the_comparison(pushes, lines):
    told = to_approve(pushes=pushes)
    begin = next(number for number, line in enumerate(told) if line.startswith("router "))
    assert told[begin:-1] == lines


def test_sessions_are_counted_where_peers_are_there_and_nodes_are_left_out():
    there = article.cluster(peers=(Peer("peer-to-external-rr", REFLECTOR, 64512, {}, "1"),))
    away = {"node-c": {"ipv4": "192.168.1.12"}}
    plan = article.planned(("node-a", "node-b"), mesh=False, left_out_addresses=away)
    told = report.table(story(plan=plan, playbook="plan", outcome="planned", cluster=there, pushes={}))
    said = next(line for line in told if line.startswith("sessions: "))
    assert said == (
        "sessions: now 0 of the mesh and 2 with route reflectors; after peers 0 and 2; after the cut 0 and 2"
    )
    told = report.table(story(plan=replace(plan, mesh=True), playbook="plan", outcome="planned", pushes={}))
    assert any(line.startswith("sessions: now 3 of the mesh and 0 with") for line in told)


def test_a_plan_that_is_refused_is_not_shown_to_be_approved():
    assert not [line for line in report.table(story(playbook="plan", outcome="refused")) if "plan: " in line]


def test_many_sessions_and_findings_are_cut_short():
    sessions = tuple(Session(f"n{i}", "rr1", "ipv4", f"10.0.0.{i}", REFLECTOR, "rr") for i in range(25))
    lines = report.table(story(plan=article.planned(sessions=sessions), findings={"a": [BAD] * 9}))
    assert "... and 5 more sessions" in lines
    assert sum(line.startswith("n") for line in lines) == 21
    assert sum(line.startswith("fail: ") for line in lines) == 5
    lines = report.table(story(findings={"a": [ODD] * 7}))
    assert [line for line in lines if "warning: " in line] == [
        "warning: node node-d: expected e, found a. do (and 6 more of c)"
    ]


def test_an_accepted_warning_is_neither_shown_nor_counted():
    lines = report.table(story(findings={"a": [GOOD, replace(ODD, severity="accepted")]}))
    assert "checks: 1 passed, 0 failed, 0 unknown" in lines
    assert not [line for line in lines if line.startswith("warning")]


PROBES = {
    # text of the probe's report (None: none), changed after the start, what counts
    "none": (None, True, None),
    "of an earlier run": ('{"sent": 5, "lost": 1, "longest_run": 1}', False, None),
    "of this run": ('{"sent": 5, "lost": 1, "longest_run": 1, "more": "x"}', True, (5, 1, 1)),
    "half written": ('{"sent": 5,', True, None),
    "something else": ('{"sent": 5}', True, None),
}


@pytest.mark.parametrize(("text", "fresh", "expected"), PROBES.values(), ids=PROBES)
def test_packets(tmp_path, text, fresh, expected):
    path = tmp_path / "probe.json"
    if text is not None:
        path.write_text(text)
        os.utime(path, (1000, 2000 if fresh else 500))
    found = bgp_report.packets(str(path), 1000)
    assert (found and tuple(found.values())) == expected
    assert bgp_report.packets(None, 1000) is None


ARGUMENTS = {
    "playbook": "cut",
    "outcome": "",
    "message": "",
    "failure": None,
    "stage": "",
    "probe": None,
}


def test_a_story_is_told_from_what_lies_in_the_directory(tmp_path):
    rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))
    for age, stage in ((2000, "gate"), (3000, "after")):
        path = tmp_path / rundir.OBSERVATIONS / stage / "router-rr1.json"
        rundir.write(path, to_data(article.router(at=float(age))))
        os.utime(path.parent, (age, age))
    rundir.write(tmp_path / rundir.FINDINGS / "cut-gate.json", [to_data(BAD)])
    told = bgp_report.tell(tmp_path, RunState(mesh=True), ARGUMENTS, False)
    assert told.findings == {"cut-gate": [BAD]}
    assert told.mesh_after is True
    assert told.routers["rr1"].at == 3000, "the last stage counts"
    named = bgp_report.tell(tmp_path, RunState(), {**ARGUMENTS, "stage": "gate"}, False)
    assert named.routers["rr1"].at == 2000
    assert bgp_report.tell(tmp_path / "empty", RunState(), ARGUMENTS, False).plan is None


def test_what_travels_further():
    assert report.stats(story(findings={"a": [GOOD, BAD, DARK, ODD]})) == {
        "playbook": "cut",
        "outcome": "cut",
        "message": "",
        "check_mode": False,
        "plan": article.planned().identity,
        "mesh": False,
        "nodes": 3,
        "sessions": 3,
        "established": 3,
        "passed": 1,
        "failed": 1,
        "unknown": 1,
        "warnings": 1,
        "drift": None,
        "packets_sent": 1000,
        "packets_lost": 0,
    }


@pytest.mark.parametrize("ok", [True, False])
def test_drift_travels_further(ok):
    found = weigh.finding("router.drift", "s", ok, "e", "a", "do", severity="warning")
    assert report.stats(story(findings={"health-now": [GOOD, found]}))["drift"] is not ok


def test_what_travels_further_without_a_plan_has_the_same_shape():
    empty = story(plan=None, findings={}, pushes={}, nodes={}, routers={}, packets=None, mesh_after=None)
    made = report.stats(empty)
    assert set(made) == set(report.stats(story()))
    assert {made[name] for name in ("plan", "nodes", "sessions", "established", "packets_lost")} == {None}


def test_nobody_was_asked_is_not_nothing_is_established():
    assert report.stats(story(nodes={}, routers={}))["established"] is None


UNTOUCHED = RunState(mesh=True)
CUTTING = UNTOUCHED.cutting(1.0)
WATCHED = CUTTING.cut(2.0, 9, 1.0)
CALM = WATCHED.watched("", True)
BACK = WATCHED.watched("node-a lost a route", False).mesh_on()
UNDONE = CUTTING.mesh_on()
ENDINGS = {
    # state, check mode, (outcome and message of a run that went well), (of one that failed), how the mesh is
    "nothing yet": (RunState(), False, ("unproved", ""), "failed", "not known"),
    "mesh on": (UNTOUCHED, False, ("peered", ""), "failed", "on"),
    "mesh off": (RunState(mesh=False), False, ("adopted", ""), "failed", "off"),
    "half cut": (CUTTING, False, ("unproved", ""), "failed", "off or may be: run mesh_on"),
    "watched": (WATCHED, False, ("unproved", report.WATCHING), "unproved", "off"),
    "calm": (CALM, False, ("cut", ""), "unproved", "off"),
    "returned": (BACK, False, ("returned", "node-a lost a route"), "returned", "on"),
    "taken back": (UNDONE, False, ("returned", ""), "failed", "on"),
    "preview": (
        replace(UNTOUCHED, gate="unknown"),
        True,
        ("checked", "the mesh would go off if all that depends on the changes comes true"),
        "failed",
        "on",
    ),
    "preview, off": (replace(UNTOUCHED, mesh=False, gate="pass"), True, ("checked", ""), "failed", "off"),
}


@pytest.mark.parametrize(("state", "check", "well", "failed", "mesh"), ENDINGS.values(), ids=ENDINGS)
def test_the_state_says_how_a_run_ended(state, check, well, failed, mesh):
    plan = article.planned()
    assert (report.done(state, "", check), report.told(state, plan, "cut", check)) == well
    assert report.failed(state) == failed
    assert report.mesh_word(state) == mesh


@pytest.mark.parametrize(
    ("word", "said"), [("planned", "planned"), ("valid", "valid"), ("mesh_on", "checked")]
)
def test_check_mode_changes_the_word_for_a_change_alone(word, said):
    assert report.done(UNTOUCHED, word, True) == said
    assert report.done(UNTOUCHED, word, False) == word


def test_a_plan_is_told_in_a_sentence():
    said = report.told(UNTOUCHED, article.planned(), "plan", True)
    assert said == "3 nodes, 3 sessions; the mesh is on"


REASONS = {
    # the result of the task that failed, what is said of it
    "a message": ({"msg": "no"}, "no"),
    "nothing": ({}, "A step failed and did not say why"),
    "an object of a loop": (
        {
            "msg": "One or more items failed",
            "results": [
                {"item": {"kind": "BGPFilter", "name": "rr"}},
                {"item": {"kind": "BGPPeer", "name": "rr"}, "failed": True, "msg": "forbidden"},
            ],
        },
        "BGPPeer rr: forbidden",
    ),
    "another loop": ({"msg": "x", "results": [{"item": "a", "failed": True, "msg": "no"}]}, "no"),
    "a loop that never began": ({"msg": "no list", "results": []}, "no list"),
}


@pytest.mark.parametrize(("failure", "said"), REASONS.values(), ids=REASONS)
def test_why_a_step_failed(failure, said):
    assert report.reason(failure) == said


@pytest.fixture(name="reported")
def _reported(tmp_path, monkeypatch):
    """Run bgp_report in a run directory; what it returned, and what it showed."""

    def reported(state, check_mode=False, directory=str(tmp_path), variables=None, **options):
        shown = []
        monkeypatch.setattr(bgp_report.display, "display", shown.append)
        if state is not None:
            rundir.write_state(tmp_path, state)
        task = mock.MagicMock(check_mode=check_mode, async_val=0)
        task.args = {"playbook": "cut", "directory": directory, **options}
        rest = [mock.MagicMock(name=name) for name in ("play_context", "loader", "templar", "shared")]
        connection = SimpleNamespace(_shell=mock.MagicMock(tmpdir=None))
        return bgp_report.ActionModule(task, connection, *rest).run(task_vars=variables or {}), shown

    return reported


def test_a_run_that_failed_says_how_the_cluster_stands_and_why(reported, tmp_path):
    result, shown = reported(CUTTING, failure={"msg": "no answer"})
    assert result["sentence"] == "The mesh is off or may be: run mesh_on. no answer"
    assert (result["outcome"], result["stats"]["mesh"]) == ("failed", None)
    assert "failed" not in result, "who fails is the entry point"
    assert "outcome: failed. no answer" in shown
    written = rundir.read(tmp_path / "result.json")
    assert (written["message"], written["mesh"]["after"]) == ("no answer", None)
    assert rundir.read_state(tmp_path) == replace(CUTTING, playbook="cut")


def test_the_caller_says_how_the_cluster_stands(reported):
    stands = "The gate stays shut, the mesh was not touched and is {mesh}."
    result, _shown = reported(UNTOUCHED, failure={"msg": "no"}, outcome="gate_shut", stands=stands)
    assert result["sentence"] == "The gate stays shut, the mesh was not touched and is on. no"
    assert result["outcome"] == "gate_shut"
    assert reported(UNTOUCHED, failure={"msg": "no"}, stands="")[0]["sentence"] == "no"


@pytest.mark.parametrize(
    ("check_mode", "outcome", "mesh"), [(False, "mesh_on", True), (True, "checked", None)]
)
def test_without_a_run_the_outcome_says_how_the_mesh_is(reported, check_mode, outcome, mesh):
    result, shown = reported(None, check_mode, directory="", outcome="mesh_on")
    assert (result["outcome"], result["stats"]["mesh"], result["path"], shown) == (outcome, mesh, None, [])


@pytest.mark.parametrize(
    ("variables", "below", "named"),
    [({}, True, True), ({"awx_job_id": 7}, True, False), ({"awx_job_id": 7}, False, True)],
    ids=["by hand", "in a job of AWX", "in a job, in a folder of its own"],
)
def test_no_file_is_named_that_is_gone_after_the_run(
    reported, tmp_path, monkeypatch, variables, below, named
):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path.parent if below else tmp_path / "elsewhere")
    result, shown = reported(UNTOUCHED, variables=variables)
    assert (f"result: {result['path']}" in shown) is named
    assert rundir.read(tmp_path / "result.json")["outcome"] == "peered"
