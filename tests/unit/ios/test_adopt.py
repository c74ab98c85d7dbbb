# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router typed in by hand: what is added to it on purpose, why, and what is only proposed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.adopting import article, plan, withheld
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import ADDRESSES, NODES, WANT

OFF = {
    "restart_time": None,
    "stalepath_time": None,
    "prefix_list": "",
    "passive": False,
    "log_changes": False,
    "send_community": False,
}


ADDED = (
    "ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32",
    "router bgp 64512",
    "bgp graceful-restart",
    "address-family ipv4",
    "neighbor 192.168.1.10 prefix-list CALICO in",
    "neighbor 192.168.1.10 prefix-list CALICO out",
    "neighbor 192.168.1.11 prefix-list CALICO in",
    "neighbor 192.168.1.11 prefix-list CALICO out",
    "neighbor 192.168.1.12 prefix-list CALICO in",
    "neighbor 192.168.1.12 prefix-list CALICO out",
    "exit-address-family",
)
FORMS = [{}, {"flat": True}, {"each": True}, {"flat": True, "each": True}]


@pytest.mark.parametrize("form", FORMS)
def test_the_articles_router_gets_filters_and_graceful_restart_and_nothing_else(form):
    have = article(**form)
    change = plan(have)
    assert change.commands == ADDED
    assert (change.adopted, change.resets, change.removed) == (ADDRESSES, (), ())
    assert (change.pending, change.soft_clear) == (ADDRESSES, ADDRESSES)
    have.configure(change.commands)
    again = plan(have)
    assert (again.commands, again.resets, again.soft_clear) == ((), (), ())
    assert again.withheld == change.withheld


def test_every_added_line_stands_in_the_diff_below_its_reason():
    change = plan(article())
    added = [line for line in change.explained.splitlines() if line not in change.before.splitlines()]
    why = ""
    for line in added:
        if line.lstrip().startswith("! "):
            why = line.lstrip()[2:]
        else:
            assert {found.line: found.reason for found in change.reasons}[line.lstrip()] == why
    assert sum(line.lstrip().startswith("! ") for line in added) == 5
    for option in ("cisco_rr_prefix_list", "cisco_rr_graceful_restart"):
        assert f"off with {option}" in change.explained


@pytest.mark.parametrize("form", FORMS)
def test_with_everything_turned_off_nothing_is_sent(form):
    change = plan(article(**form), replace(WANT, **OFF))
    assert (change.commands, change.reasons, change.soft_clear, change.pending) == ((), (), (), ())
    assert change.adopted == ADDRESSES


@pytest.mark.parametrize(
    ("turned_off", "gone"),
    [
        ({"prefix_list": ""}, "prefix-list"),
        ({"restart_time": None, "stalepath_time": None}, "graceful-restart"),
    ],
)
def test_each_can_be_turned_off(turned_off, gone):
    change = plan(article(), replace(WANT, **turned_off))
    assert change.commands
    assert not any(gone in line for line in change.commands)
    assert set(change.commands) < set(ADDED)


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("log_changes", "bgp log-neighbor-changes"),
        ("send_community", "neighbor CALICO send-community"),
        ("passive", "neighbor CALICO transport connection-mode passive"),
    ],
)
def test_on_a_fresh_router_each_can_be_turned_off(field, line):
    assert line in plan(FakeIos()).commands
    assert line not in plan(FakeIos(), replace(WANT, **{field: False})).commands


def test_without_a_prefix_list_a_fresh_router_gets_no_filter():
    assert not any("prefix-list" in line for line in plan(FakeIos(), replace(WANT, prefix_list="")).commands)


def test_a_limit_is_added_where_there_is_none():
    have = article("neighbor 192.168.1.10 maximum-prefix 9")
    change = plan(have, replace(WANT, maximum_prefix=100, prefix_list=""))
    assert [line for line in change.commands if "maximum" in line] == [
        f"neighbor {address} maximum-prefix 100 75 warning-only" for address in ADDRESSES[1:]
    ]
    assert change.soft_clear == ()


def test_what_would_reset_a_session_is_proposed():
    proposed = withheld(plan(article()))
    assert set(proposed) == {
        "neighbor 192.168.1.10 transport connection-mode passive",
        "neighbor 192.168.1.10 peer-group CALICO",
        "neighbor 192.168.1.10 send-community",
    }
    assert all(
        "192.168.1.10, 192.168.1.11, 192.168.1.12 made by hand" in reason for reason in proposed.values()
    )


def test_other_timers_are_proposed():
    change = plan(article(), replace(WANT, keepalive=3, hold=9))
    assert "neighbor 192.168.1.10 timers 3 9" in withheld(change)
    assert change.commands == ADDED


def test_additional_paths_are_proposed_where_the_process_has_them():
    text = (
        article()
        .text()
        .replace("address-family ipv4\n", "address-family ipv4\n  bgp additional-paths send\n")
    )
    change = plan_change(read_running(text), WANT)
    assert "neighbor 192.168.1.10 additional-paths disable" in withheld(change)
    assert change.commands == ADDED


@pytest.mark.parametrize("own", ["prefix-list PODS", "route-map PODS"])
def test_a_filter_made_by_hand_stays(own):
    have = article(
        *(f"neighbor {address} {own} {direction}" for address in ADDRESSES for direction in ("in", "out"))
        if own.startswith("prefix")
        else ()
    )
    text = have.text()
    if own.startswith("route"):
        for address in ADDRESSES:
            line = f"  neighbor {address} activate\n"
            maps = "".join(f"  neighbor {address} {own} {direction}\n" for direction in ("in", "out"))
            text = text.replace(line, line + maps)
    change = plan_change(read_running(text), WANT)
    assert change.commands == ("router bgp 64512", "bgp graceful-restart")


@pytest.mark.parametrize(
    "more",
    [["neighbor 203.0.113.1 remote-as 65000"], ["network 198.51.100.0"]],
)
def test_where_the_router_has_other_routes_the_outbound_filter_is_proposed(more):
    text = article().text().replace(" neighbor", "".join(f" {line}\n" for line in more) + " neighbor", 1)
    change = plan_change(read_running(text), WANT)
    assert "neighbor 192.168.1.10 prefix-list CALICO in" in change.commands
    assert not any(line.endswith("CALICO out") for line in change.commands)
    assert more[0].split()[1] in withheld(change)["neighbor 192.168.1.10 prefix-list CALICO out"]


def test_a_new_node_beside_adopted_ones_makes_the_group():
    more = replace(WANT, clients=(*NODES, Client("192.168.1.13", "node-d")))
    change = plan(article(), more)
    assert "neighbor CALICO peer-group" in change.commands
    assert "neighbor 192.168.1.13 peer-group CALICO" in change.commands
    assert not any(line.startswith("neighbor 192.168.1.10 peer-group") for line in change.commands)
    assert change.adopted == ADDRESSES


def test_rollback_leaves_the_lines_made_by_hand():
    have, before = article(), article()
    have.configure(plan(have).commands)
    change = plan(have, present=False)
    assert change.soft_clear == ADDRESSES
    have.configure(change.commands)
    assert have.neighbors == before.neighbors
    assert have.prefix_lists == {}
    assert have.process == {**before.process, "bgp graceful-restart": "bgp graceful-restart"}
    assert plan(have, present=False).commands == ()
