# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several reflectors on the router's side: the session between two, and the clients of one shut down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import Change, plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import ADDRESSES, NODES, WANT

RR2 = Client("192.168.1.2", "rr2")
#: The cluster has a second reflector, and a session with it is wanted, or not.
BESIDE = replace(WANT, partners=(RR2,))
JOINED = replace(BESIDE, joined=(RR2,))
SESSION = [
    "neighbor 192.168.1.2 remote-as 64512",
    f"neighbor 192.168.1.2 description calico_bgp {WANT.cluster}/rr2",
]
POLICY = [
    "neighbor 192.168.1.2 send-community",
    "neighbor 192.168.1.2 prefix-list CALICO in",
    "neighbor 192.168.1.2 prefix-list CALICO out",
]
BY_HAND = ["router bgp 64512", "neighbor 192.168.1.2 remote-as 64512", "neighbor 192.168.1.2 next-hop-self"]
RANGE = [
    "router bgp 64512",
    "neighbor THEIRS peer-group",
    "neighbor THEIRS remote-as 64512",
    "neighbor THEIRS route-reflector-client",
    "bgp listen range 192.168.1.0/24 peer-group THEIRS",
]


def plan(have: FakeIos, want: ReflectorIntent, state: str = "present") -> Change:
    return plan_change(read_running(have.text()), want, state=state)


def router(want: ReflectorIntent | None = None, *lines: str) -> FakeIos:
    """A router with an intent pushed, and lines by hand behind it."""
    made = FakeIos()
    if want is not None:
        made.configure(plan(made, want).commands)
    made.configure(list(lines))
    return made


def of_rr2(change: Change) -> list[str]:
    return [line for line in change.commands if "192.168.1.2 " in f"{line} "]


def test_a_session_with_another_reflector_is_plain_ibgp_and_lets_the_clusters_prefixes_through():
    change = plan(router(WANT), JOINED)
    assert of_rr2(change) == [*SESSION, *POLICY]
    assert change.soft_clear == ("192.168.1.2",), "it may be up before its filters are there"
    assert (change.resets, change.withheld) == ((), ())


def test_made_it_stays_and_unwanted_it_is_named_as_it_may_carry_the_only_routes():
    have = router(JOINED)
    assert plan(have, JOINED).commands == ()
    for want in (BESIDE, WANT):
        unwanted = plan(have, want)
        assert of_rr2(unwanted) == []
        assert [found.line for found in unwanted.withheld] == ["no neighbor 192.168.1.2"]
    assert of_rr2(plan(have, JOINED, "absent")) == []
    assert "no router bgp 64512" in plan(have, JOINED, "absent").commands


def test_what_is_missing_of_it_is_added():
    have = router(JOINED, "router bgp 64512", "no neighbor 192.168.1.2 prefix-list CALICO out")
    assert of_rr2(plan(have, JOINED)) == [POLICY[-1]]
    changed = plan(have, replace(JOINED, update_source="Loopback0"))
    assert "neighbor 192.168.1.2 update-source Loopback0" in changed.commands
    assert "192.168.1.2" in changed.resets


@pytest.mark.parametrize("want", [BESIDE, JOINED])
def test_one_made_by_hand_stays_as_it_is(want):
    have = router(None, *BY_HAND)
    change = plan(have, want)
    assert of_rr2(change) == []
    assert "192.168.1.2" not in change.adopted
    assert of_rr2(plan(have, want, "absent")) == []


def test_it_is_no_foreign_neighbour_that_withholds_lines_of_the_process():
    want = replace(BESIDE, restart_time=100)
    assert plan(router(None, *BY_HAND), want).withheld == ()
    foreign = plan(router(None, *BY_HAND), replace(want, partners=()))
    assert any("192.168.1.2" in found.reason for found in foreign.withheld)


def test_an_ebgp_neighbour_of_that_address_is_foreign_all_the_same():
    have = router(None, "router bgp 64512", "neighbor 192.168.1.2 remote-as 65000")
    want = replace(BESIDE, restart_time=100)
    assert any("192.168.1.2" in found.reason for found in plan(have, want).withheld)


def test_a_drain_is_one_line_and_takes_every_client_down():
    change = plan(router(JOINED), JOINED, "drained")
    assert change.commands == ("router bgp 64512", "neighbor CALICO shutdown")
    assert sorted(change.resets) == sorted(ADDRESSES)
    have = router(JOINED)
    have.configure(change.commands)
    assert plan(have, JOINED, "drained").commands == ()
    assert plan(have, JOINED, "undrained").commands == ("router bgp 64512", "no neighbor CALICO shutdown")


def test_a_drained_reflector_takes_changes_without_resets():
    have = router(WANT)
    have.configure(plan(have, WANT, "drained").commands)
    other = plan(have, replace(WANT, passive=not WANT.passive))
    assert other.commands
    assert other.resets == ()
    assert any("run undrain" in found.reason for found in other.withheld)


def test_clients_made_by_hand_are_shut_down_one_by_one():
    lines = ["router bgp 64512"]
    for address in ADDRESSES:
        lines += [f"neighbor {address} remote-as 64512", f"neighbor {address} route-reflector-client"]
    have = router(None, *lines)
    change = plan(have, WANT, "drained")
    assert change.commands == ("router bgp 64512", *(f"neighbor {a} shutdown" for a in ADDRESSES))
    have.configure(change.commands)
    assert plan(have, WANT, "undrained").commands == (
        "router bgp 64512",
        *(f"no neighbor {a} shutdown" for a in ADDRESSES),
    )


def test_a_group_with_others_in_it_is_not_shut_down():
    have = router(WANT, "router bgp 64512", "neighbor 192.168.1.99 peer-group CALICO")
    change = plan(have, WANT, "drained")
    assert change.commands[1:] == tuple(f"neighbor {a} shutdown" for a in ADDRESSES)


def test_clients_that_come_in_by_a_listen_range_are_not_shut_down_as_others_may_come_in_by_it():
    change = plan(router(None, *RANGE), WANT, "drained")
    assert change.commands == ()
    assert "listen range 192.168.1.0/24, and others may as well" in change.refusals[0]


def test_a_router_without_clients_is_not_drained():
    change = plan(router(), WANT, "drained")
    assert change.commands == ()
    assert "has no client of cluster" in change.refusals[0]


def test_an_operators_shutdown_of_one_member_is_not_touched():
    have = router(WANT, "router bgp 64512", f"neighbor {NODES[0].address} shutdown")
    have.configure(plan(have, WANT, "drained").commands)
    have.configure(plan(have, WANT, "undrained").commands)
    assert f"neighbor {NODES[0].address} shutdown" in have.text()
    assert "neighbor CALICO shutdown" not in have.text()
