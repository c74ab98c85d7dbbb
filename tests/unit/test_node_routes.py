# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a router is asked for its routes to the nodes, and what becomes of its answers, all hand-made."""

from __future__ import annotations

import ipaddress
from types import SimpleNamespace

import pytest
from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_info
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import NodeRoute
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.node_routes import ask_node_routes
from tests.helpers import article
from tests.helpers.actions import action
from tests.helpers.article import ADDRESSES
from tests.helpers.devices import INVALID, SUMMARY, Device, router_with
from tests.helpers.show_texts import route_text

ABSENT = "% Subnet not in table\n"
NODES = tuple(ADDRESSES.values())
A, B, C = NODES
NETWORK = ("192.168.1.0/24", "connected")


class Table(Device):
    """A router with a routing table; `answers` are its own words about some addresses.

    `says_default`: it names a default route for an address, as some releases do.
    """

    def __init__(self, *routes, says_default=True, answers=()):
        super().__init__()
        self.routes = {ipaddress.ip_network(prefix): (prefix, *rest) for prefix, *rest in routes}
        self.says_default, self.answers = says_default, dict(answers)

    def answer(self, command):
        if not command.startswith("show ip route "):
            return SUMMARY if command.startswith("show bgp") else super().answer(command)
        self.asked.append(command)
        address = ipaddress.ip_address(command.split()[-1])
        given = self.answers.get(str(address))
        if isinstance(given, Exception):
            raise given
        if given is not None:
            return given
        known = [
            n for n in self.routes if address in n and (n.prefixlen or self.says_default or not int(address))
        ]
        if not known:
            return ABSENT
        prefix, source, *paths = self.routes[max(known, key=lambda network: network.prefixlen)]
        return route_text(prefix, source, *(paths or ["192.168.1.254"]))


def ask(device, *addresses):
    return ask_node_routes(router_with(device), addresses or NODES)


def test_one_question_is_enough_for_a_connected_network():
    device = Table(NETWORK)
    seen = ask(device, C, A, B)
    assert seen.routes == tuple(NodeRoute(address, *NETWORK) for address in NODES)
    assert (device.asked, seen.unasked, seen.unread) == ([f"show ip route {A}"], 0, ())


def test_a_network_that_is_not_connected_speaks_for_no_other_node():
    device = Table(("192.168.0.0/16", "ospf 1"), (f"{B}/32", "bgp 64512", f"{A}, from {A}, 00:01:02 ago"))
    seen = ask(device)
    assert len(device.asked) == 3
    assert [(r.address, r.prefix, r.source, r.origins) for r in seen.routes] == [
        (A, "192.168.0.0/16", "ospf 1", ()),
        (B, f"{B}/32", "bgp 64512", (A,)),
        (C, "192.168.0.0/16", "ospf 1", ()),
    ]


@pytest.mark.parametrize("says_default", [True, False])
def test_a_default_route_is_found_whether_the_release_names_it_or_not(says_default):
    device = Table(("0.0.0.0/0", "static"), says_default=says_default)
    assert {(r.prefix, r.source) for r in ask(device).routes} == {("0.0.0.0/0", "static")}
    assert ("show ip route 0.0.0.0" in device.asked) is not says_default


def test_no_route_is_an_answer():
    device = Table(NETWORK)
    seen = ask(device, A, "10.9.9.9")
    assert [(r.address, r.prefix) for r in seen.routes] == [("10.9.9.9", ""), (A, NETWORK[0])]
    assert (seen.unasked, seen.unread) == (0, ())


def test_where_a_default_route_cannot_be_asked_for_no_route_is_no_answer():
    seen = ask(Table(NETWORK, answers={"0.0.0.0": INVALID}), A, "10.9.9.9")
    assert ([r.address for r in seen.routes], seen.unasked) == ([A], 1)
    assert seen.unread[0].startswith("show ip route 0.0.0.0, line 1")


SILENCE = RouterConnectionError("command timeout triggered, timeout value is 30 secs.")


@pytest.mark.parametrize(("answer", "why"), [(INVALID, "line 1"), (SILENCE, "command timeout triggered")])
def test_after_an_answer_that_is_missing_nothing_more_is_asked(answer, why):
    device = Table(("192.168.0.0/16", "ospf 1"), answers={B: answer})
    seen = ask(device)
    assert device.asked == [f"show ip route {A}", f"show ip route {B}"]
    assert ([r.address for r in seen.routes], seen.unasked) == ([A], 2)
    assert why in seen.unread[0]


def test_of_very_many_nodes_only_the_first_are_asked_about():
    device = Table(("10.0.0.0/8", "ospf 1"), NETWORK)
    seen = ask(device, *(f"10.0.{i // 250}.{i % 250}" for i in range(1000)))
    assert (len(device.asked), len(seen.routes), seen.unasked, seen.unread) == (200, 200, 800, ())


@pytest.fixture
def info(tmp_path, monkeypatch):
    """Run the action against a device; gives the observation that it kept."""
    plan = rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))
    rundir.write_state(tmp_path, RunState(mesh=True))

    def run(device, **arguments):
        monkeypatch.setattr(router_utils, "Connection", lambda _path: device)
        given = {"plan": plan, "stage": "reach", "timeout": 0, **arguments}
        action(ios_bgp_info, given).run(task_vars={"inventory_hostname": "rr1"})
        return rundir.read_routers(tmp_path, "reach")["rr1"]

    return run


def test_a_router_is_asked_for_its_routes_where_a_task_wants_it(info):
    seen = info(Table(NETWORK), node_routes=True)
    assert [route.address for route in seen.node_routes.routes] == list(NODES)
    assert seen.platform == "IOS 15.9(3)M2"
    assert info(Table(NETWORK)).node_routes is None


def test_the_observation_is_as_fresh_as_the_last_answer(info, monkeypatch):
    clock = iter(range(1000, 2000))
    monkeypatch.setattr(ios_bgp_info, "time", SimpleNamespace(time=lambda: 5000.0 + next(clock)))
    assert info(Table(NETWORK), node_routes=True).at >= 6000
    silent = info(Table(NETWORK, answers={A: SILENCE}), node_routes=True)
    assert silent.answered
    assert silent.at != pytest.approx(6000, abs=500)


@pytest.mark.parametrize("question", ["node_routes", "details"])
def test_another_platform_is_asked_nothing_but_what_it_is(info, question):
    device = Table(NETWORK)
    device.version = "Cisco Nexus Operating System (NX-OS) Software\n"
    seen = info(device, **{question: True})
    assert (seen.answered, seen.node_routes, seen.details) == (False, None, ())
    assert seen.reason == "it runs NX-OS; only IOS and IOS-XE are supported, nothing was sent"
    assert set(device.asked) == {"show version"}
