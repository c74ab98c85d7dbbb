# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the API: where it leads, and what becomes of it without an answer."""

from __future__ import annotations

import json
import socket
import time

import pytest

from ansible_collections.telco.calico_bgp.plugins.plugin_utils import kube_way, mesh_switch
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_way import ENDPOINTS, Address, WayError
from tests.helpers.fake_api import FakeApi, kubeconfig, serving


@pytest.fixture(name="api")
def _api():
    with serving(FakeApi(mesh=False)) as api:
        yield api


def test_something_else_that_answers_is_no_api(api, monkeypatch):
    monkeypatch.setattr(api, "answer", lambda *_: (200, []))
    with pytest.raises(WayError, match="no Kubernetes API"):
        mesh_switch.read(api.way)


def test_the_way_is_made_ready_from_a_kubeconfig_and_shows_no_secret(api, tmp_path):
    way = kube_way.prepare({"kubeconfig": kubeconfig(tmp_path, api.url)})
    assert [each.url for each in way.addresses] == [api.url]
    assert "secret" not in repr(way)
    assert mesh_switch.turn_on(way, lambda _text: None).mesh
    assert json.dumps([each[1] for each in api.log]).count(ENDPOINTS) == 1


def test_a_name_is_resolved_beforehand_and_its_certificate_still_asked_for(monkeypatch):
    there = [(None, None, None, "", ("192.0.2.1", 0)), (None, None, None, "", ("2001:db8::1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_how: there)
    found = kube_way.resolved(Address("https://api.example.net:6443"))
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
    assert kube_way.endpoints(slice_, named) == (Address("https://192.0.2.11:6443", "api.example.net"),)
    assert kube_way.endpoints(slice_, Address("https://rancher.example.net/k8s/clusters/c-1")) == ()


def test_a_kubeconfig_that_leads_nowhere_is_named(tmp_path):
    with pytest.raises(WayError, match="check kubeconfig and context"):
        kube_way.prepare({"kubeconfig": str(tmp_path / "none")})


def test_credentials_that_never_come_do_not_hold_it_up(monkeypatch):
    monkeypatch.setattr(kube_way, "READY", 0.2)
    monkeypatch.setattr(kube_way, "_prepare", lambda *_: time.sleep(30))
    with pytest.raises(WayError, match="kubeconfig and credentials were not read within 0 seconds"):
        kube_way.prepare({})
