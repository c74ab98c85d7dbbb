# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers go only while the mesh is on and proved; and what makes the sessions is read again after a cut."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace
from unittest import mock

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import calico_surplus
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import kube_way, steering
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_way import GROUP
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.mesh_switch import DEFAULT
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.steering import FILTERS, PEERS, SteeringWatch
from tests.helpers import article, held
from tests.helpers.fake_api import FakeApi, serving

NAME = "peer-to-external-rr"
PEER, FILTER = f"{GROUP}/bgppeers/{NAME}", f"{GROUP}/bgpfilters/{NAME}"
SURPLUS = tuple(
    {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": NAME}}
    for kind in ("BGPPeer", "BGPFilter")
)


@pytest.fixture(name="api")
def _api(monkeypatch):
    with serving(FakeApi()) as api:
        monkeypatch.setattr(kube_way, "prepare", lambda _access, _addresses=(): api.way)
        api.put(PEER, {})
        api.put(FILTER, {})
        yield api


def take_away(tmp_path, *, age=1.0, check_mode=False):
    """What becomes of a plan's surplus, with the mesh proved so many seconds ago."""
    rundir.write_state(tmp_path, RunState(mesh=True))
    held.hold(tmp_path)
    plan = rundir.write(tmp_path / rundir.PLAN, to_data(replace(article.planned(), surplus=SURPLUS)))
    for name in article.ADDRESSES:
        rundir.write_node(tmp_path, "mesh", replace(article.node(name), at=time.time() - age))
    task = mock.MagicMock(check_mode=check_mode, async_val=0, args={"plan": plan, "stage": "mesh"})
    task.environment = None
    connection = SimpleNamespace(transport="local", become=None, _shell=mock.MagicMock(tmpdir=None))
    rest = [mock.MagicMock(name=name) for name in ("play_context", "loader", "templar", "shared")]
    return calico_surplus.ActionModule(task, connection, *rest).run(task_vars={})


def test_they_go_one_after_the_other_and_the_mesh_is_read_around_each(tmp_path, api):
    done = take_away(tmp_path)
    assert done == {"changed": True, "removed": [f"BGPPeer {NAME}", f"BGPFilter {NAME}"]}
    asked = [(method, path) for method, path, _query, _body in api.log]
    assert asked == [
        ("GET", DEFAULT),
        ("DELETE", PEER),
        ("GET", DEFAULT),
        ("DELETE", FILTER),
        ("GET", DEFAULT),
    ]
    assert take_away(tmp_path) == {"changed": False, "removed": []}


def test_somebody_who_turns_the_mesh_off_stops_it(tmp_path, api):
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": False})
    done = take_away(tmp_path)
    assert (done["failed"], done["changed"], PEER in api.objects) == (True, False, True)
    assert done["msg"] == "The mesh was turned on, and somebody turned it off since."


def test_also_between_two_of_them(tmp_path, api, monkeypatch):
    real = api.answer

    def answer(method, path, query, body):
        if method == "DELETE":
            api.put(DEFAULT, {"nodeToNodeMeshEnabled": False})
        return real(method, path, query, body)

    monkeypatch.setattr(api, "answer", answer)
    done = take_away(tmp_path)
    assert (PEER in api.objects, FILTER in api.objects) == (False, True)
    assert done["msg"].endswith(f"somebody turned it off since. Taken away before: BGPPeer {NAME}.")


def test_a_proof_that_is_old_keeps_them(tmp_path, api):
    done = take_away(tmp_path, age=100.0)
    assert (done["failed"], PEER in api.objects) == (True, True)
    assert done["msg"].startswith("The mesh is not proved any more: node node-a: ")


def test_an_api_that_does_not_answer_keeps_them(tmp_path, api):
    api.trouble = 500
    assert take_away(tmp_path)["failed"]
    assert PEER in api.objects


def test_check_mode_takes_nothing_away_also_with_the_mesh_off(tmp_path, api):
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": False})
    done = take_away(tmp_path, check_mode=True)
    assert (done["changed"], PEER in api.objects) == (True, True)
    assert {query for method, _path, query, _body in api.log if method == "DELETE"} == {"dryRun=All"}


def steered(api, plan):
    """The API says what the plan wants, and that the mesh is off."""
    wanted = article.steering(plan)
    for path, specs in ((PEERS, wanted.peers), (FILTERS, wanted.filters)):
        api.objects[path] = {"items": [{"metadata": {"name": n}, "spec": s} for n, s in specs.items()]}
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": False})


def followed(api, plan, seconds=0.5):
    """The alarms and the last reading of a watch of some time."""
    rung: list[str] = []
    told: list[str] = []

    async def go():
        watch = SteeringWatch(api.way, plan, ())
        task = asyncio.create_task(watch.follow(rung.append, told.append))
        await asyncio.sleep(seconds)
        task.cancel()
        return watch.seen

    return rung, told, asyncio.run(go())


def test_what_is_as_planned_rings_nothing(api):
    plan = article.planned()
    steered(api, plan)
    rung, told, seen = followed(api, plan)
    assert (rung, told) == ([], [])
    assert replace(seen, at=article.NOW) == article.steering(plan)


LOST = {
    "the mesh on": (DEFAULT, {"metadata": {}, "spec": {}}, "somebody else turned it on"),
    "the peer gone": (PEERS, {"items": []}, "no such object"),
    "the filter gone": (FILTERS, {"items": []}, "no such object"),
}


@pytest.mark.parametrize(("path", "there", "why"), LOST.values(), ids=LOST)
def test_a_loss_of_configuration_rings(api, path, there, why):
    plan = article.planned()
    steered(api, plan)
    api.objects[path] = there
    rung, _told, _seen = followed(api, plan)
    assert len(rung) == 1
    assert why in rung[0]


def test_an_api_that_does_not_say_rings_nothing_and_is_told_once(api, monkeypatch):
    monkeypatch.setattr(steering, "POLL", 0.05)
    api.trouble = 500
    rung, told, seen = followed(api, article.planned())
    assert (rung, len(told), seen) == ([], 1, None)
    assert told[0].startswith("BGPPeers and BGPFilters are not read now: the Kubernetes API answered 500")
