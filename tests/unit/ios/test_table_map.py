# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pod routes kept out of the router's own table: set, kept, taken off, and when not; routers made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import peerlists
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import ADDRESSES, WANT

OFF, ON = WANT, replace(WANT, table_map=True, off_path=True)
NAME = "CALICO-TABLE-MAP"
MAP = [
    f"route-map {NAME} deny 10",
    "match ip address prefix-list CALICO",
    "exit",
    f"route-map {NAME} permit 20",
    "exit",
]
USE = f"table-map {NAME} filter"
UPSTREAM = ("router bgp 64512", "neighbor 203.0.113.9 remote-as 65010")
FAMILY = ["router bgp 64512", "address-family ipv4"]
BY_HAND = ["router bgp 64512"]
for _address in ADDRESSES:
    BY_HAND += [f"neighbor {_address} remote-as 64512", f"neighbor {_address} route-reflector-client"]


def brought(*wanted, by_hand=(), flat=False) -> FakeIos:
    """A router with lines by hand, brought to one intent after the other."""
    made = FakeIos(flat=flat)
    made.configure(list(by_hand))
    for want in wanted:
        made.configure(plan(made, want).commands)
    return made


def plan(have: FakeIos, want, *, present: bool = True, wide: bool = False):
    state = "present" if present else "absent"
    return plan_change(read_running(have.text()), want, state=state, process_wide=wide)


def lines(change) -> list[str]:
    """Without those that open and close the process and the family."""
    passed = ("router bgp 64512", "address-family ipv4", "exit-address-family")
    return [line for line in change.commands if line not in passed]


def withheld(change) -> dict[str, str]:
    return {one.line: one.reason for one in change.withheld}


def test_list_and_route_map_are_there_before_the_family_uses_them() -> None:
    sent = list(plan(FakeIos(), ON).commands)
    assert sent[0].startswith("ip prefix-list CALICO ")
    assert sent[1:6] == MAP
    assert sent[6] == "router bgp 64512"
    assert sent.index(USE) < sent.index(f"neighbor {ADDRESSES[0]} peer-group CALICO")


@pytest.mark.parametrize("flat", [False, True])
def test_a_second_time_changes_nothing(flat) -> None:
    have = brought(ON, flat=flat)
    assert USE in have.text()
    assert plan(have, ON).commands == ()


def test_it_is_added_and_no_session_feels_it() -> None:
    change = plan(brought(OFF), ON)
    assert lines(change) == [*MAP, USE]
    assert (change.resets, change.pending, change.soft_clear) == ((), (), ())


def test_what_stays_in_the_table_until_it_is_filled_anew_is_said() -> None:
    (added,) = plan(brought(OFF), ON).notices
    assert added.startswith(f"{USE}: routes to pods that are in the router's routing table already may stay")
    (taken,) = plan(brought(ON), OFF).notices
    assert taken.startswith(f"no {USE}: routes to pods may come into the router's routing table only when")
    for said in (added, taken):
        assert "`clear ip bgp ipv4 unicast table-map`" in said


@pytest.mark.parametrize("flat", [False, True])
def test_off_takes_it_away_again(flat) -> None:
    assert lines(plan(brought(ON, flat=flat), OFF)) == [f"no {USE}", "exit", f"no route-map {NAME}"]
    assert brought(ON, OFF, flat=flat).text() == brought(OFF, flat=flat).text()


@pytest.mark.parametrize("want", [ON, OFF], ids=["on", "off"])
@pytest.mark.parametrize("by_hand", [(), UPSTREAM, BY_HAND], ids=["alone", "beside others", "adopted"])
def test_absent_takes_it_away_and_the_list_behind_it(by_hand, want) -> None:
    have = FakeIos()
    have.configure(list(by_hand))
    have.configure(plan(have, replace(ON, no_export=not by_hand), wide=True).commands)
    assert USE in have.text()
    have.configure(plan(have, want, present=False).commands)
    assert (have.route_maps, have.prefix_lists, have.family) == ({}, {}, {})
    assert bool(have.asn) == bool(by_hand)
    assert plan(have, want, present=False).commands == ()


def test_our_list_may_change_under_it() -> None:
    wider = (*WANT.prefixes, PrefixRule("10.245.0.0/16", 26, 32))
    change = plan(brought(ON), replace(ON, prefixes=wider))
    assert change.refusals == ()
    assert lines(change) == ["ip prefix-list CALICO seq 10 permit 10.245.0.0/16 ge 26 le 32"]


def test_neighbours_of_others_keep_it_from_being_sent() -> None:
    change = plan(brought(by_hand=UPSTREAM), ON)
    assert not any("TABLE-MAP" in line for line in change.commands)
    assert withheld(change)[USE] == (
        "it is for the routes of all neighbours of the process, also of 203.0.113.9;"
        " allow process-wide lines when the router may lose its routes to pods"
    )
    assert USE in plan(brought(by_hand=UPSTREAM), ON, wide=True).commands


def test_one_that_is_there_stays_when_neighbours_of_others_come() -> None:
    have = brought(ON)
    have.configure(UPSTREAM)
    change = plan(have, ON)
    assert (change.commands, USE in withheld(change)) == ((), False)


def test_a_neighbour_of_others_without_the_family_does_not_feel_it() -> None:
    other = [*UPSTREAM, "address-family ipv4", "no neighbor 203.0.113.9 activate"]
    assert USE in plan(brought(by_hand=other), ON).commands


@pytest.mark.parametrize("theirs", ["table-map THEIRS filter", "table-map THEIRS", f"table-map {NAME}"])
def test_another_table_map_is_never_replaced(theirs) -> None:
    have = brought(OFF)
    have.configure([*FAMILY, theirs])
    (refusal,) = plan(have, ON, wide=True).refusals
    assert refusal.startswith(
        f"Address family ipv4 has `{theirs}`, in whose place cisco_rr_table_map would put"
    )
    assert plan(have, OFF).commands == ()
    have.configure(plan(have, ON, present=False).commands)
    assert theirs in have.text()


def test_a_router_that_may_be_a_way_to_pods_is_refused() -> None:
    (refusal,) = plan(FakeIos(), replace(ON, off_path=False)).refusals
    assert refusal == (
        "cisco_rr_table_map keeps routes to pods out of the router's routing table: packets to pods, of nodes"
        " or of others, that come to the router would find no route there. Set cisco_rr_off_path: true where"
        " none come, or leave cisco_rr_table_map off."
    )
    assert plan(FakeIos(), replace(OFF, off_path=True)).commands == plan(FakeIos(), OFF).commands


def test_it_can_be_taken_back_where_nobody_says_off_path_any_more() -> None:
    have = brought(ON)
    have.configure(plan(have, replace(ON, off_path=False), present=False).commands)
    assert have.route_maps == {}


def test_without_a_prefix_list_it_is_refused() -> None:
    (refusal,) = plan(FakeIos(), replace(ON, prefix_list="")).refusals
    assert "cisco_rr_prefix_list is empty: give it a name" in refusal


def test_a_router_that_passes_on_only_what_is_in_its_table_is_refused() -> None:
    text = (
        brought(OFF)
        .text()
        .replace(" address-family ipv4\n", " address-family ipv4\n  bgp suppress-inactive\n")
    )
    (refusal,) = plan_change(read_running(text), ON).refusals
    assert refusal.startswith("Address family ipv4 has bgp suppress-inactive")


def test_somebody_elses_route_map_of_that_name_is_refused_and_never_removed() -> None:
    have = brought(OFF)
    have.configure([MAP[0], "match ip address prefix-list THEIRS", "exit", *FAMILY, USE])
    (refusal,) = plan(have, ON).refusals
    assert refusal.startswith(f"Route-map {NAME} is there and says something else")
    change = plan(have, OFF)
    assert change.commands == ()
    assert withheld(change)[f"no {USE}"].startswith(f"route-map {NAME} says something else than ours")
    assert f"no route-map {NAME}" not in plan(have, ON, present=False).commands


def test_a_route_map_that_others_use_stays() -> None:
    have = brought(OFF, by_hand=UPSTREAM)
    have.configure(plan(have, ON, wide=True).commands)
    have.configure(["router bgp 64512", "address-family ipv4", f"neighbor 203.0.113.9 route-map {NAME} out"])
    change = plan(have, ON, present=False)
    assert f"no {USE}" in change.commands
    assert withheld(change)[f"no route-map {NAME}"] == "it is still used by 203.0.113.9"


def test_a_route_map_that_is_gone_is_made_again() -> None:
    have = brought(ON)
    have.configure([f"no route-map {NAME}"])
    assert lines(plan(have, ON)) == MAP


def test_beside_clients_made_by_hand_it_brings_the_list_it_needs() -> None:
    plain = replace(ON, keepalive=None, hold=None, passive=False)
    have = brought(plain, by_hand=BY_HAND)
    assert "CALICO" in have.prefix_lists
    assert USE in have.text()
    assert plan(have, plain).commands == ()


def test_a_list_that_may_be_somebodys_decides_nothing_here() -> None:
    theirs = [*BY_HAND, "exit", "ip prefix-list CALICO seq 5 permit 0.0.0.0/0 le 32", *FAMILY]
    theirs += [f"neighbor {address} prefix-list CALICO in" for address in ADDRESSES]
    change = plan(brought(by_hand=theirs), replace(ON, keepalive=None, hold=None))
    assert not any("TABLE-MAP" in line for line in change.commands)
    assert "so it may be somebody's" in withheld(change)[USE]


def test_the_diff_shows_both_route_maps_and_why() -> None:
    both = replace(ON, no_export=True)
    change = plan(brought(OFF), both)
    assert "TABLE-MAP" not in change.before
    shown = f"{MAP[0]}\n {MAP[1]}\n{MAP[3]}\n"
    assert "route-map CALICO-NO-EXPORT permit 10\n set community no-export additive\n" + shown in change.after
    assert f"  {USE}\n" in change.after
    assert "! routes to pods stay out of the router's routing table; off with" in change.explained
    gone = plan(brought(both), replace(OFF, no_export=True))
    assert shown in gone.before
    assert "TABLE-MAP" not in gone.after
    assert "CALICO-NO-EXPORT permit 10\n" in gone.after


def test_one_that_is_not_saved_is_a_difference() -> None:
    running = read_running(brought(ON).text())
    saved = read_running(brought(ON).text().replace(f"  {USE}\n", ""))
    assert any(USE in sentence for sentence in differences(running, saved))


def test_the_filter_gives_the_lines_or_says_what_is_missing() -> None:
    clients = peerlists.clients([{"name": "node-a", "address": ADDRESSES[0]}])
    rows = peerlists.sessions(clients, [{"name": "rr1", "address": "192.0.2.1"}])
    given = {"cluster": "prod", "pools": ["10.244.0.0/16"], "table_map": True}
    assert USE in peerlists.router_lines(rows, **given, off_path=True)
    with pytest.raises(ValueError, match="Set cisco_rr_off_path: true"):
        peerlists.router_lines(rows, **given)
