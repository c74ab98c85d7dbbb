# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NO_EXPORT on what comes from the nodes: set, kept, taken off, and whose route-map it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.outlets import Inside, outlets
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import ADDRESSES, WANT

OFF, ON = WANT, replace(WANT, no_export=True)
MAP = ["route-map CALICO-NO-EXPORT permit 10", "set community no-export additive", "exit"]
USE = "neighbor CALICO route-map CALICO-NO-EXPORT in"
UPSTREAM = ("router bgp 64512", "neighbor 203.0.113.9 remote-as 65010")


def brought(*wanted, by_hand=()) -> FakeIos:
    """A router with lines by hand, brought to one intent after the other."""
    made = FakeIos()
    made.configure(list(by_hand))
    for want in wanted:
        made.configure(plan(made, want).commands)
    return made


def plan(have: FakeIos, want, *, present: bool = True):
    return plan_change(read_running(have.text()), want, state="present" if present else "absent")


def test_it_is_defined_before_the_group_uses_it() -> None:
    lines = list(plan(FakeIos(), ON).commands)
    assert lines[lines.index(MAP[0]) :][:3] == MAP
    assert lines.index(MAP[2]) < lines.index("router bgp 64512") < lines.index(USE)
    assert lines.index(USE) < lines.index(f"neighbor {ADDRESSES[0]} peer-group CALICO")


def test_a_second_time_changes_nothing() -> None:
    assert plan(brought(ON), ON).commands == ()


def test_it_is_added_to_sessions_that_are_up_without_a_reset() -> None:
    change = plan(brought(OFF), ON)
    assert [line for line in change.commands if "address-family" not in line] == [
        *MAP,
        "router bgp 64512",
        USE,
    ]
    assert (change.resets, change.pending, change.soft_clear) == ((), (), ("CALICO",))


def test_off_takes_it_away_again() -> None:
    change = plan(brought(ON), OFF)
    assert f"no {USE}" in change.commands
    assert change.commands[-1] == "no route-map CALICO-NO-EXPORT"
    assert brought(ON, OFF).text() == brought(OFF).text()


@pytest.mark.parametrize("by_hand", [(), UPSTREAM], ids=["alone", "beside others"])
def test_absent_takes_it_away(by_hand) -> None:
    have = brought(ON, by_hand=by_hand)
    have.configure(plan(have, ON, present=False).commands)
    assert have.route_maps == {}
    assert plan(have, ON, present=False).commands == ()


def test_one_that_others_use_stays() -> None:
    have = brought(ON, by_hand=UPSTREAM)
    have.configure(["router bgp 64512", "neighbor 203.0.113.9 route-map CALICO-NO-EXPORT in"])
    change = plan(have, ON, present=False)
    assert "no route-map CALICO-NO-EXPORT" not in change.commands
    assert ("no route-map CALICO-NO-EXPORT", "it is still used by 203.0.113.9") in {
        (each.line, each.reason) for each in change.withheld
    }


def test_somebody_elses_route_map_of_that_name_is_refused_and_never_removed() -> None:
    have = FakeIos()
    have.configure([MAP[0], "set metric 5", "exit"])
    (refusal,) = plan(have, ON).refusals
    assert refusal.startswith("Route-map CALICO-NO-EXPORT is there and says something else")
    assert plan(have, OFF, present=False).commands == ()


def test_somebody_elses_route_map_at_the_group_is_not_replaced() -> None:
    have = brought(OFF)
    have.configure(["router bgp 64512", "address-family ipv4", "neighbor CALICO route-map THEIRS in"])
    (refusal,) = plan(have, ON).refusals
    assert refusal.startswith("Peer-group CALICO has route-map THEIRS in")
    assert plan(have, OFF).commands == ()


def test_it_is_proposed_for_clients_made_by_hand() -> None:
    by_hand = ["router bgp 64512"]
    for address in ADDRESSES:
        by_hand += [f"neighbor {address} remote-as 64512", f"neighbor {address} route-reflector-client"]
    change = plan(brought(by_hand=by_hand), replace(ON, keepalive=None, hold=None))
    assert not any("route-map" in line for line in change.commands)
    assert f"neighbor {ADDRESSES[0]} route-map CALICO-NO-EXPORT in" in {each.line for each in change.withheld}


def test_the_diff_shows_it() -> None:
    change = plan(brought(OFF), ON)
    assert "CALICO-NO-EXPORT" not in change.before
    assert "route-map CALICO-NO-EXPORT permit 10\n set community no-export additive\n" in change.after
    gone = plan(brought(ON), OFF)
    assert "CALICO-NO-EXPORT" in gone.before
    assert "CALICO-NO-EXPORT" not in gone.after


def test_one_that_is_not_saved_is_a_difference() -> None:
    running = read_running(brought(ON).text())
    saved = read_running(brought(ON).text().replace(" set community no-export additive\n", ""))
    assert differences(running, saved) == ("route-map CALICO-NO-EXPORT is not saved as it runs",)


def test_a_neighbour_of_another_as_is_no_leak_then() -> None:
    inside = Inside((Prefix("10.244.0.0/16", 26, 32),), ADDRESSES, cluster="prod", group="CALICO")
    for want, sends in ((OFF, True), (ON, False)):
        (found,) = outlets(read_running(brought(want, by_hand=UPSTREAM).text()), inside)
        assert bool(found.sends) is sends
