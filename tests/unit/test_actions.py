# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins decide themselves, and the reader that runs on a node against a "
"socket like BIRD's."""

from __future__ import annotations

import base64
import contextlib
import shlex
import socket
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.telco.calico_bgp.plugins.action import (
    bgp_plan,
    bgp_validate,
    bird_info,
    ios_bgp_info,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils import inventory, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.waiting import (
    node_missing,
    router_missing,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.watch import router_loss
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    silent_node,
    silent_router,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import (
    PlannedNode,
    Reflector,
    Session,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import alarm
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.clock import steady
from tests.helpers import article
from tests.helpers.actions import action
from tests.helpers.article import NOW, REFLECTOR

RECORDED = (Path(__file__).parent / "data" / "bird-mesh-and-reflector.txt").read_text()


REFLECTORS = {
    # host variables, expected (address, hold, restart_time)
    "address and times": (
        {
            "cisco_rr_address": "192.168.1.1",
            "ansible_host": "127.0.0.1",
            "cisco_rr_timers": {"keepalive": 3, "hold": 9},
            "cisco_rr_graceful_restart": {"restart_time": 15},
        },
        ("192.168.1.1", 9, 15, 3),
    ),
    "ansible_host": ({"ansible_host": "192.168.1.1"}, ("192.168.1.1", 180, 120)),
    "keepalive alone": ({"cisco_rr_timers": {"keepalive": 10}}, ("rr1", 30, 120, 10)),
    "the name": ({}, ("rr1", 180, 120)),
    "nothing said": (
        {"cisco_rr_address": "", "cisco_rr_timers": None, "cisco_rr_graceful_restart": {}},
        ("rr1", 180, 120),
    ),
}


@pytest.mark.parametrize(("variables", "expected"), REFLECTORS.values(), ids=REFLECTORS)
def test_a_reflector_out_of_host_variables(variables, expected):
    address, *times = expected
    assert inventory.reflector("rr1", variables) == Reflector("rr1", {"ipv4": address}, *times)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, ()),
        ([], ()),
        (["203.0.113.9", "10.9.7.7/16", "ospf 1"], ("203.0.113.9", "10.9.0.0/16", "ospf 1")),
        ("203.0.113.9, vrf RED", ("203.0.113.9", "vrf RED")),
    ],
)
def test_who_may_learn_planned_prefixes_out_of_host_variables(said, expected):
    assert inventory.reflector("rr1", {"cisco_rr_may_learn": said}).may_learn == expected


DROPPED = {
    "no limit": (["rr1", "rr2"], None, []),
    "all there": (["rr1"], ["lab", "rr1", "node-a"], []),
    "one dropped": (["rr1", "rr2"], ["lab", "rr2"], ["rr1"]),
    "none left": (["rr1"], [], ["rr1"]),
}


@pytest.mark.parametrize(("names", "hosts", "expected"), DROPPED.values(), ids=DROPPED)
def test_dropped_reflectors(names, hosts, expected):
    assert bgp_plan.dropped(names, hosts) == expected


def plan_of(tmp_path, **changes):
    path = rundir.write(tmp_path / rundir.CLUSTER, to_data(article.cluster(**changes)))
    arguments = {"cluster": path, "asn": 64512, "peer_name": "rr", "reflectors": ["rr1"]}
    variables = {"inventory_hostname": "lab", "hostvars": {"rr1": {"cisco_rr_address": REFLECTOR}}}
    return action(bgp_plan, arguments).run(task_vars=variables)


def test_the_plan_and_its_findings_are_written(tmp_path):
    result = plan_of(tmp_path)
    assert "failed" not in result
    assert (result["nodes"], result["sessions"], result["mesh"], result["soak"]) == (3, 3, True, 300)
    assert rundir.read_plan(result["path"]).identity == result["sha256"]
    found = rundir.read(tmp_path / rundir.FINDINGS / "preflight.json")
    assert weigh.passed([Finding(**row) for row in found])


def test_the_plan_says_whether_a_peer_of_before_gets_the_filter(tmp_path):
    assert not plan_of(tmp_path)["adopts"]
    for filters, adopts in (([], True), (["theirs"], True), (["theirs", "rr"], False)):
        peer = Peer("rr", REFLECTOR, 64512, {"filters": filters}, "1")
        assert plan_of(tmp_path, peers=(peer,))["adopts"] is adopts


def test_a_refused_plan_says_why(tmp_path):
    result = plan_of(tmp_path, backend="vxlan")
    assert result["failed"]
    assert result["msg"].startswith(
        "The plan is refused, nothing was changed. cluster lab: expected calico-node"
    )


NONE_OF_B = article.row("node-b", state="Idle", prefixes=None, uptime=None)
A, B, C = (article.row(n) for n in article.ADDRESSES)
MISSING = {
    # rows of the reflector, what is missing while waiting, what is lost while watching
    "nothing": ((A, B, C), "", ""),
    "one idle": (
        (A, NONE_OF_B, C),
        "2 of 3 sessions Established; 192.168.1.11 silent",
        "node-b (192.168.1.11) is Idle",
    ),
    "one not there": (
        (A, C),
        "2 of 3 sessions Established; 192.168.1.11 silent",
        "node-b (192.168.1.11) is no such neighbour",
    ),
    "one too young": (
        (A, replace(B, uptime=3), C),
        "3 of 3 sessions Established; waiting for their hold time",
        "",
    ),
    "prefixes do not come": (
        (A, replace(B, prefixes=0), C),
        "3 of 3 sessions Established; waiting for prefixes",
        "",
    ),
    "none": (
        (),
        "0 of 3 sessions Established; 192.168.1.10, 192.168.1.11, 192.168.1.12 silent",
        ", ".join(f"{n} ({a}) is no such neighbour" for n, a in article.ADDRESSES.items()),
    ),
}


@pytest.mark.parametrize(("rows", "missing", "lost"), MISSING.values(), ids=MISSING)
def test_what_a_reflector_lacks(rows, missing, lost):
    seen = article.router(sessions=rows)
    assert router_missing(article.planned(), seen) == missing
    assert router_loss(article.planned(), seen) == lost


def test_a_silent_reflector_is_waited_for():
    silent = silent_router("rr1", NOW, "timed out")
    assert router_missing(article.planned(), silent) == "no answer (timed out)"
    assert router_loss(article.planned(), silent) == "no answer (timed out)"


def test_many_silent_sessions_are_counted():
    sessions = tuple(Session(f"n{i}", "rr1", "ipv4", f"10.0.0.{i}", REFLECTOR, "rr") for i in range(5))
    nodes = tuple(PlannedNode(s.node, {"ipv4": s.node_address}, ()) for s in sessions)
    text = router_missing(article.planned(nodes=nodes, sessions=sessions), article.router())
    assert text == "0 of 5 sessions Established; 10.0.0.0, 10.0.0.1, 10.0.0.2 silent and 2 more"


def test_a_watched_device_that_falls_silent_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(alarm, "PATIENCE", 0.05)
    released = threading.Event()
    answers = iter(["first", "late"])

    def ask():
        answer = next(answers)
        return answer if answer == "first" else released.wait(10) and answer

    asker = alarm.Asker(ask)
    assert (asker.answer(), asker.silent) == ("first", 0.0)
    assert asker.answer() is None
    assert asker.silent > 0
    released.set()
    monkeypatch.setattr(alarm, "PATIENCE", 10)
    assert asker.answer() == "late"


def test_a_question_that_fails_is_silence_and_not_the_answer_before():
    answers = iter(["first", RuntimeError("the terminal\nbroke"), "third"])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    asker = alarm.Asker(ask)
    assert (asker.answer(10), asker.latest, asker.silence) == ("first", "first", "")
    assert (asker.answer(10), asker.latest) == (None, None)
    assert asker.silence == "the question failed: RuntimeError: the terminal\nbroke"
    seen = ios_bgp_info.latest(asker, "rr1")
    assert (seen.answered, seen.reason) == (
        False,
        "the question failed: RuntimeError: the terminal\\nbroke",
    )
    assert (asker.answer(10), asker.silence) == ("third", ""), "and it is asked again"


def test_a_node_whose_question_fails_at_the_end_of_a_watch_is_silent(run_directory, monkeypatch):
    rundir.write_node(Path(run_directory).parent, "gate", article.node("node-a"))
    plugin = action(bird_info, {})
    looks = iter([article.node("node-a", mesh=False)])
    monkeypatch.setattr(bird_info, "keep_watch", lambda _a, _u, _k, look, *_rest: [look() for _ in range(2)])
    given = {
        "plan": run_directory,
        "stage": "watch-1",
        "before": "gate",
        "known_alarm": "",
        "watch": True,
        "expect": "nothing",
    }
    state = RunState(watch_ends=0.0)
    seen, lost = plugin.watch("node-a", article.planned(), given, state, lambda: next(looks), print)
    assert (seen.answered, lost) == (False, "")
    assert seen.reason.startswith("the question failed: StopIteration")


def test_a_watched_node_looks_at_its_own_past_alone(run_directory, monkeypatch):
    """As many workers as nodes, each reading what all had said, would be quadratic."""
    run = Path(run_directory).parent
    rundir.write(run / rundir.OBSERVATIONS / "gate" / "node-ipv4-node-b.json", {"broken": True})
    plugin, lost = action(bird_info, {}), []
    now = article.without(article.node("node-a", mesh=False), article.BLOCKS["node-b"])
    monkeypatch.setattr(bird_info, "keep_watch", lambda *given: lost.append(given[3]()))
    given = {"plan": run_directory, "stage": "watch-1", "before": "gate", "known_alarm": ""}
    given.update(watch=True, expect="nothing")
    plugin.watch("node-a", article.planned(), given, RunState(watch_ends=0.0), lambda: now, print)
    (loss,) = lost
    assert loss.endswith(f"found none to {article.BLOCKS['node-b']}")


def test_what_a_reflector_said_stands_while_it_is_young_and_its_silence_too(tmp_path):
    assert not ios_bgp_info.stands(tmp_path, "after", "rr1", 20)
    for ago, stands in ((5, True), (30, False)):
        rundir.write_router(tmp_path, "after", replace(article.router(), at=time.time() - ago))
        assert ios_bgp_info.stands(tmp_path, "after", "rr1", 20) is stands
    rundir.write_router(tmp_path, "after", silent_router("rr1", time.time() - 300, "no answer"))
    assert ios_bgp_info.stands(tmp_path, "after", "rr1", 20)


def test_the_last_word_of_a_silent_reflector_is_that_it_is_silent(monkeypatch):
    monkeypatch.setattr(alarm, "PATIENCE", 0.05)
    released = threading.Event()
    asker = alarm.Asker(lambda: released.wait(10) and article.router())
    assert asker.answer() is None
    seen = ios_bgp_info.latest(asker, "rr1")
    assert (seen.host, seen.answered, seen.reason) == ("rr1", False, "no answer for 0 s")
    released.set()


ROUNDS = {
    # when the last answer came, whether an alarm was raised, whether the round lasted to its end at NOW
    "watched to the end": (NOW, False, True),
    "nobody answered at its end": (NOW - 60, False, False),
    "ended by an alarm": (NOW, True, False),
    "nobody watched": (None, False, False),
}


@pytest.mark.parametrize(("at", "raised", "calm"), ROUNDS.values(), ids=ROUNDS)
def test_a_round_counts_that_was_watched_to_its_end(tmp_path, monkeypatch, at, raised, calm):
    if at is not None:
        seen = replace(article.node("node-a"), at=at)
        rundir.write_node(tmp_path, "watch-1", seen)
    if raised:
        alarm.Alarm(tmp_path, "watch-1").sound("gone")
    monkeypatch.setattr(bgp_validate, "time", SimpleNamespace(time=lambda: NOW))
    state = RunState(watch_ends=steady())
    assert bgp_validate.ActionModule.calm(tmp_path, {"stage": "watch-1"}, state) is calm


VALIDATED = {
    # verdict, severity of the finding, expected verdict and end of what was found
    "fail": (FAIL, UNKNOWN, "found; depends on changes not made"),
    "pass": (PASS, PASS, "found"),
    "unknown": (UNKNOWN, UNKNOWN, "found"),
}


@pytest.mark.parametrize(("verdict", "expected", "actual"), VALIDATED.values(), ids=VALIDATED)
def test_in_check_mode_a_failure_is_undecided(verdict, expected, actual):
    found = bgp_validate.undecided(Finding("c", "s", verdict, "e", "found", "do"))
    assert (found.verdict, found.actual) == (expected, actual)


@pytest.fixture
def run_directory(tmp_path):
    """A run whose gate observations are healthy, and the plan's path."""
    rundir.write_state(tmp_path, RunState(mesh=True))
    stage = tmp_path / rundir.OBSERVATIONS / "gate"
    for seen in article.nodes().values():
        rundir.write_node(tmp_path, "gate", seen)
    rundir.write(stage / "router-rr1.json", to_data(article.router()))
    rundir.write(tmp_path / "push-rr1.json", to_data(article.push()))
    rundir.write(tmp_path / "now.json", to_data(article.live(article.planned())))
    return rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))


def validate(plan, gate, monkeypatch, *, check_mode=False, **arguments):
    monkeypatch.setattr(bgp_validate, "time", SimpleNamespace(time=lambda: NOW + 1))
    given = {"plan": plan, "gate": gate, "stage": "gate", **arguments}
    return action(bgp_validate, given, check_mode=check_mode).run(task_vars={})


def test_a_gate_opens(run_directory, monkeypatch, tmp_path):
    result = validate(run_directory, "cut", monkeypatch, cluster=str(tmp_path / "now.json"))
    assert (result["ok"], result["lost"], result["msg"]) == (True, False, "")
    assert "failed" not in result
    assert len(rundir.read(Path(result["path"]))) == result["checks"]


def test_a_gate_without_observations_stays_shut(run_directory, monkeypatch):
    result = validate(run_directory, "cut", monkeypatch, stage="nothing")
    assert (result["ok"], result["failed"]) == (False, True)
    assert result["msg"].startswith("node node-a: expected an answer of its BIRD, found not asked")


def test_the_watch_tells_a_loss_and_does_not_fail(run_directory, monkeypatch):
    run = Path(run_directory).parent
    rundir.write_state(
        run, RunState(mesh=False, cut_at=NOW, watch_until=NOW + 100, watch_ends=steady() + 100)
    )
    for name in article.ADDRESSES:
        seen = article.without(article.node(name, mesh=False), article.BLOCKS["node-b"])
        rundir.write_node(run, "watch-1", seen)
    lost = validate(run_directory, "watch", monkeypatch, stage="watch-1", before="gate")
    assert not lost["lost"], "its owner does not announce it any more"
    rundir.write_node(run, "watch-1", article.node("node-b", mesh=False))
    lost = validate(run_directory, "watch", monkeypatch, stage="watch-1", before="gate")
    assert lost["lost"]
    assert "failed" not in lost


def test_a_full_disk_holds_up_a_gate_but_not_the_return(run_directory, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    run = Path(run_directory).parent
    monkeypatch.setattr(rundir, "write_bytes", full)
    with pytest.raises(AnsibleError, match=f"{run}: the run cannot keep its files there \\(No space"):
        validate(run_directory, "cut", monkeypatch)
    monkeypatch.undo()
    rundir.write_state(
        run, RunState(mesh=False, cut_at=NOW, watch_until=NOW + 100, watch_ends=steady() + 100)
    )
    rundir.write_node(run, "watch-1", article.node("node-a", mesh=False, reflector=False))
    monkeypatch.setattr(rundir, "write_bytes", full)
    lost = validate(run_directory, "watch", monkeypatch, stage="watch-1", before="gate")
    assert (lost["lost"], lost["path"], "failed" in lost) == (True, "", False)


@pytest.mark.parametrize("gate", ["cut", "adopted", "unchanged"])
def test_the_cluster_of_the_plan_is_no_look_at_the_cluster(run_directory, monkeypatch, tmp_path, gate):
    rundir.write(tmp_path / rundir.CLUSTER, to_data(article.live(article.planned())))
    found = validate(run_directory, gate, monkeypatch)
    assert found["ok"] is False
    told = {f["check"]: f["verdict"] for f in rundir.read(Path(found["path"]))}
    assert told["cluster.filter"] == UNKNOWN


def test_the_last_look_wants_fresh_proof_too(run_directory, monkeypatch, tmp_path):
    rundir.write(tmp_path / rundir.CLUSTER, to_data(article.cluster()))
    now = str(tmp_path / "now.json")
    assert validate(run_directory, "unchanged", monkeypatch, cluster=now)["ok"]
    monkeypatch.setattr(bgp_validate, "time", SimpleNamespace(time=lambda: NOW + 61))
    given = {"plan": run_directory, "gate": "unchanged", "stage": "gate", "cluster": now}
    result = action(bgp_validate, given).run(task_vars={})
    assert result["failed"]
    assert "last asked 61 s ago" in result["msg"]


def test_what_adopting_would_take_away_fails_in_check_mode_too(run_directory, monkeypatch):
    rundir.write_state(Path(run_directory).parent, RunState().planned(True, adopts=True))
    assert validate(run_directory, "adoption", monkeypatch, check_mode=True)["ok"]
    rundir.write_state(Path(run_directory).parent, RunState().planned(True, adopts=True))
    default = article.path("0.0.0.0/0", REFLECTOR, "rr", originator="")
    seen = article.plus(article.node("node-a"), default)
    rundir.write_node(Path(run_directory).parent, "gate", seen)
    result = validate(run_directory, "adoption", monkeypatch, check_mode=True)
    assert result["failed"]
    assert "found 0.0.0.0/0" in result["msg"]


def test_check_mode_leaves_what_was_not_pushed_undecided(run_directory, monkeypatch):
    run = Path(run_directory).parent
    rundir.write(run / "push-rr1.json", to_data(article.push("planned")))
    rundir.write(run / rundir.OBSERVATIONS / "gate" / "router-rr1.json", to_data(article.router(sessions=())))
    result = validate(run_directory, "cut", monkeypatch, check_mode=True)
    assert (result["ok"], "failed" in result) == (False, False)
    verdicts = {row["verdict"] for row in rundir.read(Path(result["path"]))}
    assert verdicts == {"pass", "unknown"}


EXPECTED = {
    # what is waited for, what the node says, what is missing
    "nothing": ("nothing", article.node("node-a", mesh=False, reflector=False), ""),
    "reflectors, there": ("reflectors", article.node("node-a"), ""),
    "reflectors, not there": (
        "reflectors",
        article.node("node-a", reflector=False),
        "waiting for node node-a, route reflector rr1: expected Established with 192.168.1.1, "
        "found no such BGP protocol",
    ),
    "mesh, there": ("mesh", article.node("node-a", reflector=False), ""),
    "mesh, not there": (
        "mesh",
        article.node("node-a", mesh=False),
        "waiting for node node-a: expected every route from the mesh as well, found 10.244.10.2/32 "
        "is missing; "
        "10.244.11.0/26 is missing; 10.244.12.0/26 is missing",
    ),
    "no mesh": ("no_mesh", article.node("node-a", mesh=False), ""),
    "no mesh, still there": (
        "no_mesh",
        article.node("node-a"),
        "waiting for node node-a: expected no session of the mesh, found Mesh_192_168_1_11, "
        "Mesh_192_168_1_12",
    ),
    "no reflectors": ("no_reflectors", article.node("node-a", reflector=False), ""),
    "no reflectors, still there": (
        "no_reflectors",
        article.node("node-a"),
        "waiting for node node-a: expected no session with a route reflector, found Node_192_168_1_1",
    ),
    "no answer": (
        "reflectors",
        silent_node("node-a", "ipv4", NOW, "unreachable: timed out"),
        "unreachable: timed out",
    ),
}


@pytest.mark.parametrize(("expect", "seen", "missing"), EXPECTED.values(), ids=EXPECTED)
def test_what_a_node_lacks(expect, seen, missing):
    assert node_missing(article.planned(), seen, expect) == missing


def test_without_a_reflector_there_is_something_to_wait_for():
    wanted = article.planned(reflectors=())
    assert node_missing(wanted, article.node("node-a"), "reflectors") == "waiting for something to expect"


INTERPRETERS = {
    "none": ({}, "python3"),
    "auto": ({"ansible_python_interpreter": "auto_silent"}, "python3"),
    "given": ({"ansible_python_interpreter": "/opt/my python"}, "/opt/my python"),
}


@pytest.mark.parametrize(("variables", "python"), INTERPRETERS.values(), ids=INTERPRETERS)
def test_the_command_for_the_node(variables, python):
    words = shlex.split(bird_info.reader_command(variables, "/var/run/calico/bird.ctl"))
    assert words == [
        python,
        "-c",
        bird_info.READER,
        "/var/run/calico/bird.ctl",
        "show status",
        "show protocols all",
        "show route all",
    ]


def answers():
    """The recorded answers, one by one."""
    found = [[]]
    for line in RECORDED.splitlines(keepends=True):
        found[-1].append(line)
        if line[:4].isdigit() and line[4] == " ":
            found.append([])
    return ["".join(lines) for lines in found[:-1]]


def serve(path, said):
    """Answer one connection as BIRD does: a banner, then `said` to each line."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    heard = []

    def talk():
        peer, _address = listener.accept()
        with peer, peer.makefile("rw") as stream:
            stream.write("0001 BIRD 1.6.8 ready.\n")
            stream.flush()
            for text in said:
                heard.append(stream.readline().strip())
                stream.write(text)
                stream.flush()
        listener.close()

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    return heard, thread


def ask(path):
    command = bird_info.reader_command({"ansible_python_interpreter": sys.executable}, str(path))
    return subprocess.run(command, shell=True, capture_output=True, text=True, timeout=30, check=False)


def test_the_reader_on_the_node(tmp_path):
    heard, thread = serve(tmp_path / "b.ctl", ["0016 Access restricted\n", *answers()])
    result = ask(tmp_path / "b.ctl")
    thread.join(10)
    assert (result.returncode, result.stderr) == (0, "")
    assert zlib.decompress(base64.b64decode(result.stdout.removeprefix("BIRD:"))).decode() == RECORDED
    assert heard == ["restrict", "show status", "show protocols all", "show route all"]


def test_the_reader_ends_with_a_word_when_bird_goes_away(tmp_path):
    _heard, thread = serve(tmp_path / "b.ctl", ["0016 Access restricted\n", answers()[0], ""])
    result = ask(tmp_path / "b.ctl")
    thread.join(10)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "BIRD closed its socket\n")


def test_the_reader_takes_no_more_than_bird_ever_says(tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "b.ctl"))
    listener.listen(1)
    sent = 0

    def pour():
        nonlocal sent
        peer, _address = listener.accept()
        with peer, contextlib.suppress(OSError):
            peer.sendall(b"0001 BIRD 1.6.8 ready.\n")
            while True:
                sent += peer.send(b" 10.0.0.0/26 via 192.168.1.1 on eth0\n" * 1000)

    threading.Thread(target=pour, daemon=True).start()
    result = ask(tmp_path / "b.ctl")
    listener.close()
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"BIRD's answer has more than {bird_info.MOST} bytes\n"
    assert sent < 2 * bird_info.MOST


def test_the_reader_waits_no_longer_than_it_has_however_little_comes(tmp_path, monkeypatch):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "b.ctl"))
    listener.listen(1)

    def drip():
        peer, _address = listener.accept()
        with peer, contextlib.suppress(OSError):
            while True:
                peer.sendall(b" a line\n")
                time.sleep(0.1)

    threading.Thread(target=drip, daemon=True).start()
    monkeypatch.setattr(bird_info, "READER", bird_info.READER.replace(str(bird_info.SECONDS), "1"))
    begin = time.monotonic()
    result = ask(tmp_path / "b.ctl")
    listener.close()
    assert (result.returncode, result.stderr) == (1, "BIRD did not answer within 1 seconds\n")
    assert time.monotonic() - begin < 5
    assert bird_info.SECONDS < bird_info.LONGEST, "the node gives up before the controller does"


def test_the_reader_without_a_socket(tmp_path):
    result = ask(tmp_path / "b.ctl")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].endswith("No such file or directory")


PACKED = "BIRD:" + base64.b64encode(zlib.compress(RECORDED.encode())).decode()
CUT_OFF = "BIRD:" + base64.b64encode(zlib.compress(RECORDED.encode())[:-20]).decode()
NO_BIRD = "BIRD:" + base64.b64encode(zlib.compress(b"8003 Access denied\n")).decode()
NO_TEXT = "BIRD:" + base64.b64encode(zlib.compress(b"0001 \xff\xfe\n")).decode()
BOMB = "BIRD:" + base64.b64encode(zlib.compress(bytes(200 << 20), 9)).decode()
OBSERVED = {
    # what the connection gives, or raises; expected reason ("" for an answer)
    "an answer": ((0, f"Last login: today\n{PACKED}\n", ""), ""),
    "no python": (
        (127, "", "sh: python3: not found\n"),
        "BIRD's socket cannot be read: sh: python3: not found",
    ),
    "no socket": (
        (1, "", "Traceback:\nFileNotFoundError: [Errno 2] No such file or directory\n"),
        "BIRD's socket cannot be read: FileNotFoundError: [Errno 2] No such file or directory",
    ),
    "nothing at all": ((0, "", ""), "BIRD's socket cannot be read: no answer"),
    "cut off": (
        (0, CUT_OFF, ""),
        "BIRD's answer is not understood: it is cut off",
    ),
    "no base64": ((0, "BIRD:x\n", ""), "BIRD's answer is not understood: "),
    "a bomb": ((0, BOMB, ""), "BIRD's answer is not understood: it has more than 67108864 bytes"),
    "without an end": ((0, "x" * (2 * bird_info.MOST + 1), ""), "its answer has more than 134217728"),
    "no text": ((0, NO_TEXT, ""), "BIRD's answer is not understood: "),
    "a line of ours": (
        (1, "", "no socket\rok: everything proved\x1b[2K\n"),
        "BIRD's socket cannot be read: ok: everything proved\\x1b[2K",
    ),
    "refused": ((0, NO_BIRD, ""), "BIRD's answer is not understood: BIRD refused: Access denied"),
    "unreachable": (
        AnsibleConnectionFailure("Failed to connect\nssh: port 22: timed out"),
        "unreachable: ssh: port 22: timed out",
    ),
}


@pytest.mark.parametrize(("given", "reason"), OBSERVED.values(), ids=OBSERVED)
def test_one_look_at_a_node(given, reason):
    plugin = action(bird_info, {})
    effect = given if isinstance(given, Exception) else None
    rc, stdout, stderr = (0, "", "") if effect else given
    answer = {"rc": rc, "stdout": stdout, "stderr": stderr}
    with mock.patch.object(plugin, "_low_level_execute_command", side_effect=effect, return_value=answer):
        seen = plugin.observe("node-a", "command")
    assert seen.answered is (reason == "")
    assert seen.reason.startswith(reason)
    assert (len(seen.routes) == 10) is seen.answered


def test_a_node_that_is_no_client_is_not_asked(run_directory):
    given = {"plan": run_directory, "stage": "gate"}
    result = action(bird_info, given).run(task_vars={"inventory_hostname": "node-x"})
    assert result == {**bird_info.NOTHING, "msg": "node-x is not asked: no such node in the cluster"}


def test_waiting_for_a_reflector_ends_with_one_whole_observation(monkeypatch):
    """While waiting only the sessions are asked for; at the end everything."""
    clock = iter([article.router(sessions=(A, NONE_OF_B, C)), article.router()])
    monkeypatch.setattr(ios_bgp_info, "POLL", 0)
    monkeypatch.setattr(ios_bgp_info, "observe_sessions", lambda _router, _host: next(clock))
    monkeypatch.setattr(ios_bgp_info, "observe", lambda *_: article.router(saved=False))
    missing, seen = ios_bgp_info.await_sessions(None, "rr1", article.planned(), 5, None)
    assert (missing, seen.saved) == ("", False)
