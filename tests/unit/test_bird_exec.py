# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking nodes over the Kubernetes API: which pod, what birdcl prints, many at once, and that silence is no
answer.

The API is a hand-made one here; tests/lab/test_exec.py asks the real one."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from ansible_collections.telco.calico_bgp.plugins.action import bgp_run, bird_exec_info, bird_info
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import bird, birdcl
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico.pods import Pod, pod_of, read_pod
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.watch import node_loss
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import EXEC, SSH, RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import crowd, kube_exec
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.alarm import Alarm
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.clock import steady
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.crowd import (
    Crowd,
    Heard,
    Watch,
    await_all,
    watch_all,
)
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_exec import Birdcl, ExecError
from tests.helpers import article
from tests.helpers.actions import action
from tests.helpers.watch_cases import after

UID = "1111"
RUNNING = {"name": "calico-node", "state": {"running": {}}}


def pod(name="calico-node-x", node="node-a", owner=UID, containers=(RUNNING,), **metadata):
    """A pod as the API gives it."""
    owners = [{"kind": "DaemonSet", "name": "calico-node", "uid": owner, "controller": True}]
    return {
        "metadata": {"name": name, "ownerReferences": owners, **metadata},
        "spec": {"nodeName": node},
        "status": {"phase": "Running", "containerStatuses": list(containers)},
    }


PODS = {
    # the pods there are, the pod that is asked, or why none is
    "one": ([pod()], Pod("calico-node-x", "node-a", "")),
    "none": ([pod(node="node-b")], Pod("", "node-a", "there is no pod of the DaemonSet calico-node on it")),
    "a tenant's": (
        [pod(owner="2222"), pod(ownerReferences=[])],
        Pod("", "node-a", "there is no pod of the DaemonSet calico-node on it"),
    ),
    "one after another": (
        [pod("calico-node-old", deletionTimestamp="2026-01-01T00:00:00Z"), pod()],
        Pod("calico-node-x", "node-a", ""),
    ),
    "on its way out": (
        [pod(deletionTimestamp="2026-01-01T00:00:00Z")],
        Pod("", "node-a", "its pod calico-node-x is being deleted"),
    ),
    "crashed": (
        [pod(containers=[{"name": "calico-node", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}])],
        Pod("", "node-a", "its pod calico-node-x does not run (CrashLoopBackOff)"),
    ),
    "not begun": (
        [{**pod(containers=()), "status": {"phase": "Pending"}}],
        Pod("", "node-a", "its pod calico-node-x does not run (Pending)"),
    ),
    "another container runs": (
        [pod(containers=[{"name": "sidecar", "state": {"running": {}}}])],
        Pod("", "node-a", "its pod calico-node-x does not run (Running)"),
    ),
    "two": (
        [pod("b"), pod("a")],
        Pod("", "node-a", "several pods calico-node run on it: a, b"),
    ),
}


@pytest.mark.parametrize(("items", "expected"), PODS.values(), ids=PODS)
def test_the_pod_of_a_node(items, expected):
    assert pod_of("node-a", [made for item in items if (made := read_pod(UID, item))]) == expected


#: As birdcl prints it, between two prompts (BIRD 1.6.8, shortened by hand).
PRINTED = {
    "show status": (
        "show status\n1000-BIRD 1.6.8\n1011-Router ID is 192.168.1.10\n"
        "     Last reconfiguration on 2026-11-29 09:18:33\n0013 Daemon is up and running\nbird> "
    ),
    "show protocols all": (
        "show protocols all\n2002-name     proto    table    state  since       info\n"
        "1002-rr       BGP      master   up     09:18:35    Established   \n"
        "1006-  BGP state:          Established\n       Neighbor address: 192.168.1.1\nbird> "
    ),
    "show route all": (
        "show route all\n1007-10.244.11.0/26     via 192.168.1.11 on eth0"
        " [rr 09:18:35 from 192.168.1.1] * (100/0) [i]\n"
        "1008-\tType: BGP unicast univ\n1012-\tBGP.origin: IGP\n     \tBGP.next_hop: 192.168.1.11\nbird> "
    ),
}


def test_what_birdcl_prints_is_read_as_the_socket_s_text():
    text = "".join(birdcl.socket_text(question, said.encode()) for question, said in PRINTED.items())
    seen = bird.read_node("node-a", "ipv4", 1.0, text)
    assert (seen.router_id, seen.reconfigured) == ("192.168.1.10", "2026-11-29 09:18:33")
    assert [(p.name, p.state, p.neighbor) for p in seen.protocols] == [("rr", "Established", "192.168.1.1")]
    assert [(r.prefix, r.next_hop, r.primary) for r in seen.routes] == [
        ("10.244.11.0/26", "192.168.1.11", True)
    ]


def test_no_route_at_all_is_an_answer():
    assert bird.read_routes(bird.body(birdcl.socket_text("show route all", b"show route all\nbird> "))) == []


def test_a_refusal_of_bird_s_is_no_answer():
    text = birdcl.socket_text("configure", b"configure\n8007 Access denied\nbird> ")
    with pytest.raises(bird.BirdTextError, match="BIRD refused: Access denied"):
        bird.body(text)


class Stream:
    """A WebSocket that says what it is told to, frame by frame, and hears what it is sent."""

    def __init__(self, *frames):
        self.frames, self.heard = list(frames), []

    async def receive(self):
        if not self.frames:
            return SimpleNamespace(type=aiohttp.WSMsgType.CLOSED, data=None)
        channel, data = self.frames.pop(0)
        return SimpleNamespace(type=aiohttp.WSMsgType.BINARY, data=bytes([channel]) + data)

    async def send_bytes(self, data):
        self.heard.append(data)


BANNER = (1, b"0001 BIRD 1.6.8 ready.\n0016 Access restricted\nbird> ")


def test_a_question_waits_for_the_prompt_however_the_text_is_cut():
    printed = PRINTED["show status"].encode()
    stream = Stream(BANNER, *((1, bytes([byte])) for byte in printed))
    answer = asyncio.run(Birdcl(stream).ask("show status", 10_000))
    assert answer.endswith("0013 Daemon is up and running\n")
    assert stream.heard == [b"\0show status\n"]


FAILED = json.dumps({"status": "Failure", "message": "container not found (calico-node)"}).encode()
BROKEN = {
    # what comes instead of an answer, what it is called
    "a closed connection": ([BANNER], "the connection broke"),
    "one in the middle": (
        [BANNER, (1, b"show status\n1000-")],
        "the connection broke in the middle of its answer",
    ),
    "an API server that calls it success": (
        [BANNER, (1, b"show status\n1000-"), (3, b'{"metadata":{},"status":"Success"}')],
        "the connection broke in the middle of its answer",
    ),
    "a kubelet that refuses": ([(3, FAILED)], "birdcl does not run in it: container not found (calico-node)"),
    "no BIRD": (
        [(2, b"Unable to connect to server control socket\n"), (3, FAILED)],
        "BIRD's socket cannot be read: Unable to connect to server control socket",
    ),
    "no end": ([BANNER, (1, b"x" * 300)], "its answer has more than 200 bytes"),
    "a line of ours": (
        [(3, b"no\noutcome: cut\x1b[2K")],
        "birdcl does not run in it: no\\noutcome: cut\\x1b[2K",
    ),
}


@pytest.mark.parametrize(("frames", "reason"), BROKEN.values(), ids=BROKEN)
def test_whatever_else_comes_is_no_answer(frames, reason):
    with pytest.raises(ExecError) as raised:
        asyncio.run(Birdcl(Stream(*frames)).ask("show status", 200))
    assert str(raised.value) == reason


class Nodes:
    """An API behind which every node's BIRD answers after `delay` seconds, but those in `faults`."""

    def __init__(self, delay=0.0, faults=()):
        self.delay, self.faults = delay, dict(faults)
        self.open = self.most = self.sessions = 0

    async def pods(self, _namespace):
        return tuple(Pod(f"pod-{name}", name, "") for name in article.ADDRESSES)

    async def birdcl(self, _namespace, pod, _socket):
        self.sessions += 1
        fault = self.faults.get(pod.removeprefix("pod-"))
        if isinstance(fault, Exception):
            raise fault
        return self.Session(self, fault)

    class Session:
        said = 0

        def __init__(self, nodes, fault):
            self.nodes, self.fault = nodes, fault

        async def ask(self, question, _most):
            self.nodes.open += 1
            self.nodes.most = max(self.nodes.most, self.nodes.open)
            await asyncio.sleep(60 if self.fault == "silent" else self.nodes.delay)
            self.nodes.open -= 1
            return birdcl.socket_text(question, PRINTED[question].encode())

        async def close(self):
            pass


def ask_all(nodes, **options):
    """One answer of each node."""

    async def ask():
        many = Crowd(nodes, "calico-system", "bird.ctl", **{"parallel": 50, "keep": False, **options})
        heard = await asyncio.gather(*(many.hear(name) for name in article.ADDRESSES))
        return {each.node: crowd.read(each) for each in heard}

    return asyncio.run(ask())


def test_no_more_questions_are_open_than_asked_for():
    assert (ask_all(nodes := Nodes(0.01), parallel=2), nodes.most)[1] == 2
    assert (ask_all(nodes := Nodes(0.01), parallel=50), nodes.most)[1] == 3


def test_one_that_is_silent_or_refused_is_so_alone(monkeypatch):
    monkeypatch.setattr(crowd, "SECONDS", 0.2)
    seen = ask_all(Nodes(faults={"node-a": "silent", "node-b": ExecError("403 forbidden")}))
    assert {name: each.reason for name, each in seen.items()} == {
        "node-a": "no answer within 0.2 seconds",
        "node-b": "exec into its pod pod-node-b: 403 forbidden",
        "node-c": "",
    }
    assert (seen["node-a"].routes, seen["node-c"].answered) == ((), True)


def test_nodes_that_are_dark_hold_nobody_up(monkeypatch):
    monkeypatch.setattr(crowd, "SECONDS", 2)
    monkeypatch.setattr(crowd, "PATIENCE", 0.1)
    began = time.time()
    seen = ask_all(Nodes(faults={"node-a": "silent", "node-b": "silent"}), parallel=1)
    assert [each.answered for each in seen.values()] == [False, False, True]
    assert seen["node-c"].at - began < 1


def test_an_api_that_breaks_off_is_silence():
    seen = ask_all(Nodes(faults={"node-a": aiohttp.ClientConnectionError("reset")}))
    assert seen["node-a"].reason == "the Kubernetes API does not answer: ClientConnectionError: reset"


def test_pods_that_cannot_be_read_are_everybody_s_silence():
    class Refusing(Nodes):
        async def pods(self, _namespace):
            self.sessions += 1
            raise ExecError("the Kubernetes API answered 403: no")

    seen = ask_all(nodes := Refusing())
    assert nodes.sessions == 1
    assert {each.reason for each in seen.values()} == {
        "the pods of calico-node cannot be read: the Kubernetes API answered 403: no"
    }


def waited(nodes, patience, expect="nothing"):
    """How waiting for all nodes ends, and the seconds it took."""
    kept, names = [], list(article.ADDRESSES)

    async def go():
        many = Crowd(nodes, "calico-system", "bird.ctl", parallel=50, keep=False)
        return await await_all(many, article.planned(), names, expect, patience, kept.append, print)

    began = time.monotonic()
    seen = asyncio.run(go())
    assert {each.node: each.answered for each in kept} == {name: each.answered for name, each in seen.items()}
    return seen, time.monotonic() - began


def test_waiting_ends_with_the_last_node(monkeypatch):
    monkeypatch.setattr(crowd, "POLL", 0.01)
    seen, seconds = waited(Nodes(), 60)
    assert {name: each.text for name, each in seen.items()} == dict.fromkeys(article.ADDRESSES, "")
    assert seconds < 5


def test_waiting_gives_up_on_a_node_that_does_not_answer_and_says_so(monkeypatch):
    monkeypatch.setattr(crowd, "POLL", 0.01)
    nodes = Nodes(faults={"node-b": ExecError("refused")})
    seen, seconds = waited(nodes, 60)
    assert seen["node-b"].text == "exec into its pod pod-node-b: refused"
    assert (nodes.sessions, seconds < 5) == (2 + crowd.TRIES, True)


def test_waiting_ends_in_time_where_something_is_missing(monkeypatch):
    monkeypatch.setattr(crowd, "POLL", 0.05)
    seen, seconds = waited(Nodes(), 0.3, expect="mesh")
    assert all(each.text.startswith("waiting for ") for each in seen.values())
    assert 0.3 <= seconds < 5


def test_answers_that_grew_old_meanwhile_are_asked_for_again(monkeypatch):
    """One node takes its time; a gate wants fresh answers of the others as well."""
    monkeypatch.setattr(crowd, "SECONDS", 0.5)
    monkeypatch.setattr(crowd, "AGED", 0.2 / article.planned().thresholds.fresh)
    nodes = Nodes(faults={"node-b": "silent"})
    began = time.time()
    seen, _seconds = waited(nodes, 60)
    assert seen["node-a"].at >= began + 0.5
    assert (seen["node-b"].answered, nodes.sessions) == (False, 5)


SLOW = {"slow": 0.5, **{f"node-{n}": 0.1 for n in range(8)}}


class Held(Crowd):
    """Each node takes the seconds that SLOW has of it."""

    async def _ask(self, node):
        await asyncio.sleep(SLOW.get(node, 0.0))
        return ""


def test_how_long_asking_again_takes_is_known_by_how_long_each_node_took():
    """One that takes its time, or one that is asked again and again at last, says nothing of the others."""

    async def go():
        many = Held(Nodes(), "calico-system", "bird.ctl", parallel=2, keep=False)
        await asyncio.gather(*(many.hear(node) for node in SLOW))
        for _poll in range(20):
            await many.hear("quick")
        eight = [f"node-{n}" for n in range(8)]
        return [many.seconds_for(nodes) for nodes in ([], ["quick"], eight[:1], eight, ["slow", *eight])]

    nobody, quick, one, eight, all_ = asyncio.run(go())
    assert nobody == 0.0
    assert quick < one < 0.3
    assert 0.4 <= eight < 0.9
    assert eight < all_ < 1.5


def test_answers_that_cannot_all_be_fresh_are_not_asked_for_again(monkeypatch):
    """Asking takes longer than an answer is good for: the second time would end as the first one did."""
    nodes, told = Nodes(), []
    monkeypatch.setattr(crowd, "AGED", 0.0)

    class Slow(Crowd):
        def seconds_for(self, nodes):
            return 40.0 * len(nodes)

    async def go():
        many = Slow(nodes, "calico-system", "bird.ctl", parallel=50, keep=False)
        names = list(article.ADDRESSES)
        return await await_all(
            many, article.planned(), names, "nothing", 0.0, lambda _seen: None, told.append
        )

    seen = asyncio.run(go())
    assert (all(each.answered for each in seen.values()), nodes.sessions) == (True, 3)
    assert told == [
        "3 answers are older than 0 s, and asking again takes 120 s, too long to help; an answer is good for "
        "60 s (the threshold fresh of calico_plan_thresholds)"
    ]


def watching(tmp_path, monkeypatch, observations, *, seconds=0.5, known=()):
    """A watch over nodes that say `observations` (by name, one after the other, the last one for ever)."""
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setattr(crowd, "POLL", 0.05)
    monkeypatch.setattr(crowd, "PATIENCE", 0.1)
    left, texts, kept = {name: list(said) for name, said in observations.items()}, {}, []

    class Told(Crowd):
        async def hear(self, node):
            said = left[node].pop(0) if len(left[node]) > 1 else left[node][0]
            if said is None:
                self.open[node] = time.monotonic()
                await asyncio.sleep(60)
            await asyncio.sleep(0.01)
            texts[str(id(said))] = said
            return Heard(node, time.time(), str(id(said)))

    async def go():
        many = Told(Nodes(), "calico-system", "bird.ctl", parallel=50, keep=True)
        watch, until = Watch(many, article.planned(), article.nodes(), alarm, known), steady() + seconds
        return await watch_all(many, watch, alarm, list(observations), until, kept.append, print)

    monkeypatch.setattr(crowd, "read", lambda heard: replace(texts[heard.text], at=heard.at))
    alarm = Alarm(run, "watch-1")
    began = time.monotonic()
    seen = asyncio.run(go())
    assert {each.node: each.reason for each in kept} == {name: each.reason for name, each in seen.items()}
    return seen, alarm, time.monotonic() - began


CALM = {name: [after(name)] for name in article.ADDRESSES}
LOST = article.without(after("node-b"), article.BLOCKS["node-a"])


def test_a_calm_watch_goes_on_to_its_end(tmp_path, monkeypatch):
    seen, alarm, seconds = watching(tmp_path, monkeypatch, CALM)
    assert (alarm.raised, 0.5 <= seconds < 3) == (False, True)
    assert all(each.answered and not each.text for each in seen.values())


def test_a_loss_ends_the_watch_at_once(tmp_path, monkeypatch):
    seen, alarm, seconds = watching(
        tmp_path, monkeypatch, {**CALM, "node-b": [after("node-b"), LOST]}, seconds=30
    )
    assert (alarm.raised, seconds < 5) == (True, True)
    assert article.BLOCKS["node-a"] in seen["node-b"].text
    assert rundir.read(tmp_path / "run/alarm-watch-1.json")["text"] == seen["node-b"].text


def test_a_loss_that_is_known_does_not(tmp_path, monkeypatch):
    known = node_loss(article.planned(), LOST, article.nodes())
    seen, alarm, _seconds = watching(tmp_path, monkeypatch, {**CALM, "node-b": [LOST]}, known=[known])
    assert (alarm.raised, seen["node-b"].text) == (False, known)


def test_who_falls_silent_is_silent_and_no_loss(tmp_path, monkeypatch):
    """Never the answer before."""
    seen, alarm, _seconds = watching(tmp_path, monkeypatch, {**CALM, "node-b": [after("node-b"), None]})
    assert not alarm.raised
    assert (seen["node-b"].answered, seen["node-b"].text) == (False, "")
    assert seen["node-b"].reason.startswith("no answer for ")
    assert seen["node-a"].answered


def test_another_watcher_s_alarm_ends_it(tmp_path, monkeypatch):
    monkeypatch.setattr(Alarm, "raised", property(lambda _self: True))
    _seen, _alarm, seconds = watching(tmp_path, monkeypatch, CALM, seconds=30)
    assert seconds < 5


def test_a_machine_with_too_few_open_files_is_told():
    hard = crowd.resource.getrlimit(crowd.resource.RLIMIT_NOFILE)[1]
    if hard == crowd.resource.RLIM_INFINITY:
        pytest.skip("this machine has no limit")
    with pytest.raises(ExecError, match=f"this machine allows {hard}: raise its limit"):
        crowd.room_for(hard)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(kube_exec, "MISSING", "No module named 'aiohttp'")

    async def go():
        async with kube_exec.connected({}):
            pass

    with pytest.raises(ExecError, match=r"No module named 'aiohttp'.*calico_bgp_ask: ssh"):
        asyncio.run(go())


@pytest.fixture(name="plan")
def _plan(tmp_path):
    """The plan of a run that asks by exec."""
    rundir.write_state(tmp_path, RunState(mesh=True, ask=EXEC))
    return rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))


def asking(monkeypatch, nodes):
    """Have the plugin find `nodes` behind its kubeconfig."""

    @asynccontextmanager
    async def found(access):
        assert access == {"kubeconfig": "/k", "context": "c"}
        yield nodes

    monkeypatch.setattr(bird_exec_info, "connected", found)


def observe(plan, **given):
    """One task."""
    given = {"plan": plan, "stage": "gate", "timeout": 0, "kubeconfig": "/k", "context": "c", **given}
    return action(bird_exec_info, given).run(task_vars={"inventory_hostname": "prod"})


def test_one_task_writes_what_every_node_said(plan, tmp_path, monkeypatch):
    asking(monkeypatch, Nodes(faults={"node-b": ExecError("no\nway")}))
    result = observe(plan)
    assert result == {
        "changed": False,
        "nodes": 3,
        "answered": 2,
        "msg": "node-b: exec into its pod pod-node-b: no\\nway",
        "alarms": [],
    }
    seen = rundir.read_nodes(tmp_path, "gate")
    assert {name: each.answered for (name, _family), each in seen.items()} == {
        "node-a": True,
        "node-b": False,
        "node-c": True,
    }


def test_what_is_missing_is_told_of_the_first_and_counted(plan, monkeypatch):
    asking(monkeypatch, Nodes())
    msg = observe(plan, expect="mesh")["msg"]
    assert msg.startswith("node-a: waiting for ")
    assert msg.endswith(" (and 2 more)")


def test_without_a_way_to_the_api_everybody_is_silent(plan, tmp_path):
    result = observe(plan, kubeconfig="/nowhere")
    assert (result["nodes"], result["answered"]) == (3, 0)
    reasons = {each.reason for each in rundir.read_nodes(tmp_path, "gate").values()}
    assert len(reasons) == 1
    assert reasons.pop().startswith("the Kubernetes API cannot be asked: ")


def test_a_run_asks_one_way(plan, tmp_path):
    given = {"plan": plan, "stage": "gate"}
    told = action(bird_info, given).run(task_vars={"inventory_hostname": "node-a"})
    assert (told["skipped"], told["msg"]) == (
        True,
        "node-a is not asked: this run asks the nodes over the Kubernetes API",
    )
    rundir.write_state(tmp_path, RunState(mesh=True, ask=SSH))
    told = observe(plan)
    assert (told["skipped"], told["msg"]) == (True, "the nodes of this run are asked by SSH")
    assert not rundir.read_nodes(tmp_path, "gate")


def test_another_phase_asks_nobody(plan):
    assert observe(plan, phases=["calm"])["skipped"]
    assert observe(plan, watch=True, before="gate")["skipped"]


WAYS = {
    # the inventory's groups, what somebody says, how the nodes are asked
    "a group": ({"calico_nodes": ["node-a"]}, "", SSH),
    "no group": ({}, "", EXEC),
    "an empty group": ({"calico_nodes": []}, "", EXEC),
    "exec by word": ({"calico_nodes": ["node-a"]}, "exec", EXEC),
    "ssh by word": ({}, "ssh", SSH),
}


@pytest.mark.parametrize(("groups", "ask", "expected"), WAYS.values(), ids=WAYS)
def test_which_way_a_run_asks(tmp_path, groups, ask, expected):
    given = {"cluster": "prod", "directory": str(tmp_path), "ask": ask}
    run = action(bgp_run, given).run(task_vars={"groups": groups})["directory"]
    assert rundir.read_state(Path(run)).ask == expected


def test_an_answer_that_says_the_same_is_read_once(tmp_path, monkeypatch):
    """Timers and clocks do not count; what is kept at the end is the last answer whole."""
    monkeypatch.setattr(crowd, "POLL", 0.02)
    reads, kept = [], []
    whole = crowd.read
    monkeypatch.setattr(crowd, "read", lambda heard: reads.append(heard.node) or whole(heard))

    async def go():
        many = Crowd(Nodes(), "calico-system", "bird.ctl", parallel=50, keep=True)
        alarm = Alarm(tmp_path, "watch-1")
        watch = Watch(many, article.planned(), article.nodes(), alarm, [])
        monkeypatch.setattr(Alarm, "raised", property(lambda _self: False))
        await watch_all(many, watch, alarm, ["node-a"], steady() + 0.4, kept.append, print)

    asyncio.run(go())
    assert reads == ["node-a", "node-a"]
    assert [(r.prefix, r.next_hop) for r in kept[0].routes] == [("10.244.11.0/26", "192.168.1.11")]
    assert kept[0].at > time.time() - 0.3
