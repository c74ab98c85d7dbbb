# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to turn the mesh on or off: what it sends, how long it waits, and that it does not give up."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import replace

import pytest
import yaml

from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import cluster, objects
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import mesh_switch
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.mesh_switch import (
    DEFAULT,
    ENDPOINTS,
    SERVICE,
    STORED,
    Address,
    SwitchError,
    Way,
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
    monkeypatch.setattr(mesh_switch, "TRY", 0.3)
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
    with pytest.raises(SwitchError, match="409: the object has been modified") as raised:
        mesh_switch.turn_off(api.way, live, 64512, say)
    assert (raised.value.answered, api.mesh) == (True, True)
    assert mesh_switch.turn_on(replace(api.way, known={**live, "resourceVersion": "0"}), say).mesh


@pytest.mark.usefixtures("quick")
def test_off_is_tried_once_and_no_answer_is_not_a_refusal(api):
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": True})
    live = cluster.read_configuration(api.objects[DEFAULT])
    api.trouble = "silent"
    with pytest.raises(SwitchError, match="no answer within") as raised:
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
    with pytest.raises(SwitchError, match=r"^127\.0\.0\.1:\d+: no answer within"):
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
    with pytest.raises(SwitchError, match="no answer within"):
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
    with pytest.raises(SwitchError, match="answered 503"):
        mesh_switch.turn_on(way, say, patience=0)
    assert api.objects[STORED]["spec"]["nodeToNodeMeshEnabled"] is False


def test_something_else_that_answers_is_no_api(api, monkeypatch):
    monkeypatch.setattr(api, "answer", lambda *_: (200, []))
    with pytest.raises(SwitchError, match="no Kubernetes API"):
        mesh_switch.read(api.way)


def kubeconfig(path, server):
    """A kubeconfig as a file."""
    path.write_text(
        yaml.safe_dump(
            {
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": {"token": "secret"}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    return {"kubeconfig": str(path)}


def test_the_way_is_made_ready_from_a_kubeconfig_and_shows_no_secret(api, tmp_path):
    way = mesh_switch.prepare(kubeconfig(tmp_path / "kubeconfig", api.url))
    assert [each.url for each in way.addresses] == [api.url]
    assert "secret" not in repr(way)
    assert mesh_switch.turn_on(way, say).mesh
    assert json.dumps([each[1] for each in api.log]).count(ENDPOINTS) == 1


def test_a_name_is_resolved_beforehand_and_its_certificate_still_asked_for(monkeypatch):
    there = [(None, None, None, "", ("192.0.2.1", 0)), (None, None, None, "", ("2001:db8::1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_how: there)
    found = mesh_switch.resolved(Address("https://api.example.net:6443"))
    assert found == (
        Address("https://192.0.2.1:6443", "api.example.net", "api.example.net:6443"),
        Address("https://[2001:db8::1]:6443", "api.example.net", "api.example.net:6443"),
    )


def test_the_servers_behind_the_service_kubernetes_are_known_too():
    slice_ = {
        "ports": [{"name": "https", "port": 6443}],
        "endpoints": [
            {"addresses": ["192.0.2.11"], "conditions": {"ready": True}},
            {"addresses": ["192.0.2.12"], "conditions": {"ready": False}},
        ],
    }
    named = Address("https://api.example.net")
    assert mesh_switch.endpoints(slice_, named) == (Address("https://192.0.2.11:6443", "api.example.net"),)
    assert mesh_switch.endpoints(slice_, Address("https://rancher.example.net/k8s/clusters/c-1")) == ()


def test_a_kubeconfig_that_leads_nowhere_is_named(tmp_path):
    with pytest.raises(SwitchError, match="check kubeconfig and context"):
        mesh_switch.prepare({"kubeconfig": str(tmp_path / "none")})


def test_credentials_that_never_come_do_not_hold_it_up(monkeypatch):
    monkeypatch.setattr(mesh_switch, "READY", 0.2)
    monkeypatch.setattr(mesh_switch, "_prepare", lambda *_: time.sleep(30))
    with pytest.raises(SwitchError, match="kubeconfig and credentials were not read within 0 seconds"):
        mesh_switch.prepare({})
