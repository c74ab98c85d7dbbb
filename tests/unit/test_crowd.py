# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many nodes at once: who is slow, who is silent, and that this machine's own work is neither."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.calico.pods import Pod
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import crowd
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.alarm import Alarm
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.crowd import (
    Crowd,
    Heard,
    Seen,
    Watch,
    await_all,
    progress,
)
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_exec import ExecError
from tests.helpers import article

NAMES = [f"node-{number:03}" for number in range(30)]
ANSWERS = {
    "show status": "1011-Router ID is 192.168.1.10\n0013 Daemon is up and running\n",
    "show protocols all": "0000 \n",
    "show route all": "0000 \n",
}


class Fleet:
    """An API behind which each node answers each question in `pieces`, `pause` seconds apart, with so many
    `more` than the node before."""

    def __init__(self, pieces=1, pause=0.01, names=NAMES, more=0):
        self.pieces, self.pause, self.names, self.more = pieces, pause, names, more
        self.open = self.most = 0

    async def pods(self, _namespace):
        return tuple(Pod(f"pod-{name}", name, "") for name in self.names)

    async def birdcl(self, _namespace, pod, _socket):
        return self.Session(self, self.pieces + self.more * self.names.index(pod.removeprefix("pod-")))

    class Session:
        def __init__(self, fleet, pieces):
            self.fleet, self.pieces, self.said = fleet, pieces, 0

        async def ask(self, question, _most):
            self.fleet.open += 1
            self.fleet.most = max(self.fleet.most, self.fleet.open)
            for _piece in range(self.pieces):
                await asyncio.sleep(self.fleet.pause)
                self.said += 1
            self.fleet.open -= 1
            return ANSWERS[question]

        async def close(self):
            pass


def made(fleet, **options):
    return Crowd(fleet, "calico-system", "bird.ctl", **{"parallel": 50, "keep": False, **options})


def test_a_machine_that_has_its_hands_full_calls_no_node_silent(monkeypatch):
    """Ten nodes, each with more to say than the one before, and four seconds of work on their answers, where
    one is waited for two."""
    monkeypatch.setattr(crowd, "SECONDS", 2.0)
    fleet = Fleet(pause=0.001, names=NAMES[:10], more=1)

    async def go():
        def keep(_observation):
            time.sleep(0.4)

        return await await_all(made(fleet), article.planned(), fleet.names, "nothing", 0.0, keep, print)

    seen = asyncio.run(go())
    assert {name: each.reason for name, each in seen.items()} == dict.fromkeys(fleet.names, "")


@pytest.mark.parametrize(("pieces", "most"), [(12, 1), (1, 2)], ids=["it is at it", "it says nothing"])
def test_a_node_keeps_its_place_while_it_answers(monkeypatch, pieces, most):
    monkeypatch.setattr(crowd, "PATIENCE", 0.2)
    fleet = Fleet(pieces, 0.6 / pieces, NAMES[:2])

    async def go():
        many = made(fleet, parallel=1)
        return await asyncio.gather(*(many.hear(name) for name in fleet.names))

    assert [heard.why for heard in asyncio.run(go())] == ["", ""]
    assert fleet.most == most


def test_no_place_is_left_for_what_is_usual(monkeypatch):
    """An API server that is slow for everybody gets no more questions for that."""
    monkeypatch.setattr(crowd, "PATIENCE", 0.1)
    monkeypatch.setattr(crowd, "USUAL_OF", 1)
    fleet = Fleet(1, 0.1, NAMES[:6])

    async def go():
        many = made(fleet, parallel=1)
        await many.hear(NAMES[0])
        fleet.most = 0
        await asyncio.gather(*(many.hear(name) for name in fleet.names))

    asyncio.run(go())
    assert fleet.most == 1


@pytest.mark.parametrize(
    ("gone", "reads"), [((), 1), (NAMES[3:4], 2)], ids=["all there", "one was made anew"]
)
def test_the_pods_are_read_again_only_where_one_does_not_answer(monkeypatch, gone, reads):
    monkeypatch.setattr(crowd, "YOUNG", -1.0)

    class Counted(Fleet):
        times = 0

        async def pods(self, namespace):
            self.times += 1
            return await super().pods(namespace)

        async def birdcl(self, namespace, pod, socket):
            if self.times == 1 and pod.removeprefix("pod-") in gone:
                raise ExecError("the Kubernetes API answered 404: pods not found")
            return await super().birdcl(namespace, pod, socket)

    fleet = Counted()

    async def go():
        many = made(fleet)
        heard = [await many.hear(name) for name in NAMES]
        return heard, [await many.hear(name) for name in NAMES]

    first, second = asyncio.run(go())
    assert [heard.node for heard in first if heard.why] == list(gone)
    assert [heard.node for heard in second if heard.why] == []
    assert fleet.times == reads


SESSION = (
    "2002-name     proto    table    state  since       info\n"
    "1002-Node_192_168_1_1 BGP      master   up     04:09:53    Established   \n"
    "1006-  BGP state:          Established\n     Neighbor address: 192.168.1.1\n"
    "     Hold timer:       {left}/9\n0000 \n"
)


@pytest.mark.parametrize(("left", "rings"), [((9, 4, 8, 3), False), ((9, 7, 5, 3, 2), True)])
def test_a_reflector_that_falls_silent_is_seen_though_nothing_else_changes(
    tmp_path, monkeypatch, left, rings
):
    monkeypatch.setattr(crowd, "POLL", 0.01)
    told = iter([SESSION.format(left=each) for each in left])
    last = SESSION.format(left=left[-1])

    class Told(Crowd):
        async def hear(self, node):
            text = ANSWERS["show status"] + next(told, last) + ANSWERS["show route all"]
            await asyncio.sleep(0.01)
            return Heard(node, time.time(), text)

    async def go():
        many = Told(Fleet(), "calico-system", "bird.ctl", parallel=1, keep=True)
        watch = Watch(many, article.planned(), {}, alarm, ())
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await watch.follow("node-a")
        return watch

    tmp_path.chmod(0o700)
    alarm = Alarm(tmp_path, "watch-1")
    watch = asyncio.run(go())
    assert alarm.raised is rings
    assert ("Established, but silent: 2 s left" in watch.seen["node-a"].text) is rings
    if rings:
        assert watch.last("node-a").protocols[0].hold_left == 2


def test_how_far_it_is_is_one_short_line():
    seen = {name: Seen(0.0, False, "x" * 2000, "x\n" * 1000) for name in NAMES}
    began = time.monotonic() - 7
    line = progress(NAMES, seen, {"node-007": began, "node-001": began + 3}, began)
    assert line.startswith(
        "0 of 30 nodes have what is expected after 7 s; node-007 has not answered for 7 s; node-000"
    )
    assert len(line) < 250
