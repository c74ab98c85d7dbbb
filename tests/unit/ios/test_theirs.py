# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays: neighbours of nodes that are left out for now, and what others made under our names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import Client
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.adopting import article, plan, withheld
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import ADDRESSES, NODES, WANT

NOT_READY = replace(WANT, clients=NODES[:2], spared=NODES[2:])
GONE = replace(WANT, clients=NODES[:2])
LONG = "a-node-with-a-name-that-is-longer-than-a-description-of-ios-can-be-" * 2
MORE = PrefixRule("10.245.0.0/16", 26, 32)


def ours() -> FakeIos:
    made = FakeIos()
    made.configure(plan(made).commands)
    return made


def adopted() -> FakeIos:
    made = article()
    made.configure(plan(made).commands)
    return made


@pytest.mark.parametrize("have", [ours, adopted])
def test_a_node_that_is_left_out_keeps_its_session(have):
    change = plan(have(), NOT_READY)
    assert (change.commands, change.removed, change.refusals) == ((), (), ())


def test_a_node_that_is_left_out_is_known_by_its_tag_where_its_address_is_not():
    unknown = replace(NOT_READY, spared=(Client("", "node-c"),))
    assert plan(ours(), unknown).commands == ()
    named = FakeIos()
    named.configure(plan(named, replace(WANT, clients=(*NODES[:2], Client("192.168.1.12", LONG)))).commands)
    assert plan(named, replace(GONE, spared=(Client("", LONG),))).commands == ()


def test_a_node_that_is_gone_is_removed():
    assert plan(ours(), GONE).removed == ("192.168.1.12",)


def test_a_rollback_takes_the_neighbour_of_a_node_that_is_left_out_away_too():
    have = ours()
    have.configure(plan(have, NOT_READY, present=False).commands)
    assert have.neighbors == {}
    by_hand = adopted()
    by_hand.configure(plan(by_hand, NOT_READY, present=False).commands)
    assert by_hand.neighbors == article().neighbors
    assert by_hand.prefix_lists == {}


def test_a_node_that_is_left_out_keeps_nothing_from_the_others():
    change = plan(article(), NOT_READY)
    assert "bgp graceful-restart" in change.commands
    assert "neighbor 192.168.1.10 prefix-list CALICO out" in change.commands
    assert not any("192.168.1.12" in line for line in change.commands)


@pytest.mark.parametrize("want", [NOT_READY, GONE])
def test_rules_change_where_a_neighbour_without_a_node_uses_the_list(want):
    change = plan(adopted(), replace(want, prefixes=(*WANT.prefixes, MORE)))
    assert change.refusals == ()
    assert "ip prefix-list CALICO seq 10 permit 10.245.0.0/16 ge 26 le 32" in change.commands
    told = withheld(change).get("no neighbor 192.168.1.12 prefix-list CALICO in", "")
    assert ("no node of cluster prod" in told) == (want is GONE)


THEIRS = ("exit", "ip prefix-list CALICO seq 5 permit 0.0.0.0/0 le 32")


STRANGER = ("neighbor 192.0.2.1 remote-as 64999", "neighbor 192.0.2.1 prefix-list CALICO in")


def with_their_list(*more: str) -> FakeIos:
    made = article("neighbor 192.168.1.10 prefix-list CALICO out", *THEIRS)
    made.configure(["router bgp 64512", *more])
    return made


def test_nothing_is_taken_off_a_list_of_the_same_name_that_permits_more():
    have = with_their_list()
    change = plan(have)
    told = withheld(change)["no ip prefix-list CALICO seq 5 permit 0.0.0.0/0 le 32"]
    assert "choose another cisco_rr_prefix_list" in told
    assert not any(line.startswith("no ") for line in change.commands)
    have.configure(change.commands)
    assert plan(have).commands == ()
    rolled = plan(have, present=False)
    assert not any("prefix-list" in line for line in rolled.commands)
    assert "choose another cisco_rr_prefix_list" in withheld(rolled)["no ip prefix-list CALICO"]


@pytest.mark.parametrize(
    ("have", "want"),
    [
        (with_their_list(), replace(WANT, clients=(*NODES, Client("192.168.1.13", "node-d")))),
        (with_their_list(*STRANGER), WANT),
        (with_their_list("exit", "ip prefix-list CALICO seq 1 deny 10.0.0.0/8"), WANT),
    ],
    ids=["a node would join the peer-group", "another AS is filtered by it", "it denies something"],
)
def test_such_a_list_is_refused_where_it_cannot_just_grow(have, want):
    change = plan(have, want)
    assert change.commands == ()
    assert "choose another cisco_rr_prefix_list" in change.refusals[0]
    assert plan(have, replace(want, prefix_list="PODS")).refusals == ()


GROUP = (
    "neighbor CALICO peer-group",
    "neighbor CALICO remote-as 64512",
    "neighbor CALICO transport connection-mode passive",
    "neighbor CALICO additional-paths disable",
    "neighbor CALICO route-reflector-client",
)


def their_group(*more: str) -> FakeIos:
    made = FakeIos()
    made.configure(
        [
            "router bgp 64512",
            *GROUP,
            *(f"neighbor {address} peer-group CALICO" for address in ADDRESSES),
            *more,
        ]
    )
    return made


def test_the_outbound_list_of_a_group_made_by_hand_is_proposed_where_there_are_other_routes():
    assert "neighbor CALICO prefix-list CALICO out" in plan(their_group()).commands
    change = plan(their_group("neighbor 192.0.2.1 remote-as 65000"))
    assert "neighbor CALICO prefix-list CALICO in" in change.commands
    assert "neighbor CALICO prefix-list CALICO out" not in change.commands
    assert "192.0.2.1" in withheld(change)["neighbor CALICO prefix-list CALICO out"]


def test_filter_and_limit_of_a_group_made_by_hand_stay():
    have = their_group("neighbor CALICO prefix-list PODS out", "neighbor CALICO maximum-prefix 9")
    change = plan(have, replace(WANT, maximum_prefix=100))
    assert not any(line.endswith("CALICO out") or "maximum" in line for line in change.commands)
    assert "the filter that the group has stays" in withheld(change)["neighbor CALICO prefix-list CALICO out"]


@pytest.mark.parametrize(
    "line",
    [
        "neighbor 192.168.1.10 default-originate",
        "neighbor OTHERS default-originate route-map M",
        "frobnicate the routes",
    ],
)
def test_what_may_originate_routes_keeps_the_outbound_list_away(line):
    group = " neighbor OTHERS peer-group\n"
    text = article().text().replace("  neighbor", f"  {line}\n  neighbor", 1)
    change = plan_change(read_running(text.replace(" neighbor", f"{group} neighbor", 1)), WANT)
    assert not any(found.endswith("CALICO out") for found in change.commands)
    assert " ".join(line.split()[:3]) in withheld(change)["neighbor 192.168.1.10 prefix-list CALICO out"]


def test_the_outbound_list_is_proposed_once_for_all():
    change = plan(article("neighbor 203.0.113.1 remote-as 65000"))
    told = {line: why for line, why in withheld(change).items() if line.endswith("CALICO out")}
    assert list(told) == ["neighbor 192.168.1.10 prefix-list CALICO out"]
    assert all(address in next(iter(told.values())) for address in ADDRESSES)
