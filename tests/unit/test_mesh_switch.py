# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to turn the mesh on or off: what it sends, how long it waits, and that it does not give up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import cluster, objects
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import kube_way, mesh_switch
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_way import (
    Address,
    Way,
    WayError,
)
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.mesh_switch import (
    DEFAULT,
    SERVICE,
    STORED,
)
from tests.helpers.fake_api import FakeApi, serving, soon


def say(text: str) -> None:
    """What is said is not looked at."""


@pytest.fixture(name="api")
def _api():
    with serving(FakeApi(mesh=False)) as api:
        yield api


@pytest.fixture(name="quick")
def _quick(monkeypatch):
    monkeypatch.setattr(kube_way, "TRY", 0.3)
    monkeypatch.setattr(mesh_switch, "PAUSE", 0.1)
    monkeypatch.setattr(mesh_switch, "SPEAK", 0.1)


def test_on_is_one_patch_and_says_what_the_api_says(api):
    found = mesh_switch.turn_on(api.way, say)
    assert (found.changed, found.mesh, api.mesh) == (True, True, True)
    assert [each[:2] for each in api.log] == [("GET", DEFAULT), ("PATCH", DEFAULT)]
    again = mesh_switch.turn_on(api.way, say)
    assert (again.changed, again.mesh) == (False, True)


def test_what_was_known_before_is_not_read_again_and_gives_back_what_only_a_mesh_has(api):
    password = {"nodeMeshPassword": {"secretKeyRef": {"name": "a", "key": "b"}}}
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": True, **password})
    live = cluster.read_configuration(api.objects[DEFAULT])
    cut = mesh_switch.turn_off(api.way, live, 64512, say)
    assert (cut.mesh, api.mesh, "nodeMeshPassword" in api.objects[DEFAULT]["spec"]) == (False, False, False)
    api.log.clear()
    known = objects.mesh_patched(live, False)
    found = mesh_switch.turn_on(replace(api.way, known=known), say)
    assert found.changed
    assert api.objects[DEFAULT]["spec"] == {"nodeToNodeMeshEnabled": True, **password}
    assert api.objects[DEFAULT]["metadata"]["annotations"] == {}
    assert [each[:2] for each in api.log] == [("PATCH", DEFAULT)]


def test_where_there_is_no_configuration_it_is_made():
    with serving(FakeApi(mesh=None)) as api:
        assert mesh_switch.read(api.way) is None
        found = mesh_switch.turn_on(api.way, say)
        assert (found.changed, found.before, api.mesh) == (True, None, True)
        assert api.objects[DEFAULT]["spec"]["asNumber"] == 64512


def test_check_mode_asks_the_api_and_changes_nothing(api):
    found = mesh_switch.turn_on(api.way, say, dry_run=True)
    assert (found.changed, api.mesh, api.log[-1][2]) == (True, False, "dryRun=All")


def test_off_is_refused_where_somebody_changed_it_since(api):
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": True})
    live = {**cluster.read_configuration(api.objects[DEFAULT]), "resourceVersion": "0"}
    with pytest.raises(WayError, match="409: the object has been modified") as raised:
        mesh_switch.turn_off(api.way, live, 64512, say)
    assert (raised.value.answered, api.mesh) == (True, True)
    assert mesh_switch.turn_on(replace(api.way, known={**live, "resourceVersion": "0"}), say).mesh


@pytest.mark.usefixtures("quick")
def test_off_is_tried_once_and_no_answer_is_not_a_refusal(api):
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": True})
    live = cluster.read_configuration(api.objects[DEFAULT])
    api.trouble = "silent"
    with pytest.raises(WayError, match="no answer within") as raised:
        mesh_switch.turn_off(api.way, live, 64512, say)
    assert (raised.value.answered, len(api.log)) == (False, 1)


TROUBLES = {"silence": "silent", "an API in trouble": 500, "an API that starts": 503, "no right yet": 403}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_on_is_tried_until_the_api_is_well_again_and_says_where_it_stands(api, trouble):
    api.trouble, told = trouble, []
    soon(1.0, lambda: setattr(api, "trouble", None))
    began = time.monotonic()
    assert mesh_switch.turn_on(api.way, told.append, patience=20).mesh
    assert time.monotonic() - began < 10
    assert any("the mesh is not on yet: 127.0.0.1:" in text for text in told)
    assert "secret" not in " ".join(told)


@pytest.mark.usefixtures("quick")
def test_on_gives_up_with_a_sentence_when_its_time_is_over(api):
    api.trouble = "silent"
    began = time.monotonic()
    with pytest.raises(WayError, match=r"^127\.0\.0\.1:\d+: no answer within"):
        mesh_switch.turn_on(api.way, say, patience=1)
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("quick")
def test_one_address_that_answers_is_enough(api):
    with serving(FakeApi()) as dead:
        dead.trouble = "silent"
        closed = Address("http://127.0.0.1:9")
        way = Way((closed, Address(dead.url), *api.way.addresses), api.way.request)
        found = mesh_switch.turn_on(way, say, patience=1)
    assert (found.through, api.mesh) == (api.way.addresses[0].title, True)


@pytest.mark.usefixtures("quick")
def test_an_api_that_takes_longer_than_a_try_is_waited_for(api):
    """Each request takes three tries; the next ones are made beside it, and one of them is enough."""
    api.slow, told = 0.9, []
    way = replace(api.way, known=cluster.read_configuration(api.objects[DEFAULT]))
    began = time.monotonic()
    assert mesh_switch.turn_on(way, told.append, patience=20).mesh
    assert time.monotonic() - began < 10
    assert {each[:2] for each in api.log} == {("PATCH", DEFAULT)}
    assert any("no answer within 0 seconds" in text for text in told)


@pytest.mark.usefixtures("quick")
def test_what_was_read_is_not_read_again_at_the_next_try(api, monkeypatch):
    patched, refused = api.patched, iter([True, True])

    def in_trouble_at_first(*asked):
        return (500, {"message": "in trouble"}) if next(refused, False) else patched(*asked)

    monkeypatch.setattr(api, "patched", in_trouble_at_first)
    assert mesh_switch.turn_on(api.way, say, patience=20).mesh
    assert [method for method, *_rest in api.log] == ["GET", "PATCH", "PATCH", "PATCH"]


@pytest.mark.usefixtures("quick")
def test_tries_that_are_never_answered_end_and_do_not_pile_up(api, monkeypatch):
    monkeypatch.setattr(mesh_switch, "SLOWEST", 0.6)
    api.trouble, tasks = "silent", []
    with pytest.raises(WayError, match="no answer within"):
        mesh_switch.turn_on(api.way, lambda _text: tasks.append(len(asyncio.all_tasks())), patience=3)
    assert len(api.log) >= 5
    assert max(tasks) <= 6, "two tries, the next one, and what waits for them"


@pytest.mark.usefixtures("quick")
def test_where_calico_s_own_api_server_is_gone_its_store_is_patched(api):
    api.put(SERVICE, {"service": {"name": "calico-api"}})
    api.put(STORED, {"nodeToNodeMeshEnabled": False})
    api.trouble, api.only = 503, (DEFAULT,)
    way = replace(api.way, known=cluster.read_configuration(api.objects[DEFAULT]))
    assert mesh_switch.turn_on(way, say, patience=1).mesh
    assert api.objects[STORED]["spec"]["nodeToNodeMeshEnabled"] is True


@pytest.mark.usefixtures("quick")
def test_an_old_store_beside_native_kinds_is_left_alone(api):
    api.put(SERVICE, {})
    api.put(STORED, {"nodeToNodeMeshEnabled": False})
    api.trouble, api.only = 503, (DEFAULT,)
    way = replace(api.way, known=cluster.read_configuration(api.objects[DEFAULT]))
    with pytest.raises(WayError, match="answered 503"):
        mesh_switch.turn_on(way, say, patience=0)
    assert api.objects[STORED]["spec"]["nodeToNodeMeshEnabled"] is False
