# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IOS-XE takes in one place alone, or not beside another line: refused, withheld, or sent there.

All configurations are made by hand, after Cisco's models of IOS-XE.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import Change, plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.adopting import article, plan, withheld
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import ADDRESSES, NODES, WANT

ONE = replace(WANT, clients=NODES[:1])
PROTECTED = replace(ONE, password="hunter2")
EXTERNAL = "neighbor 192.0.2.1 remote-as 64999"
FIRST = ADDRESSES[0]


def ours(*more: str, want=WANT, flat: bool = False) -> FakeIos:
    """A router that the collection has configured, and lines typed in afterwards."""
    made = FakeIos(flat=flat)
    made.configure(plan(made, want).commands)
    made.configure(["router bgp 64512", *more])
    return made


def text_change(text: str, want=ONE) -> Change:
    return plan_change(read_running(f"router bgp 64512\n{text}", sections=True), want)


# -- TCP-AO, beside which there is no password
@pytest.mark.parametrize("who", ["CALICO", FIRST])
def test_a_password_is_refused_where_the_group_or_a_member_has_ao(who):
    change = plan(ours(f"neighbor {who} ao CHAIN"), replace(WANT, password="hunter2"))
    assert change.commands == ()
    assert len(change.refusals) == 1
    assert f"{who} has `ao CHAIN`" in change.refusals[0]
    assert "password of peer-group CALICO" in change.refusals[0]


def test_without_a_password_the_ao_of_the_group_is_named_and_left_alone():
    change = plan(ours("neighbor CALICO ao CHAIN"))
    assert (change.commands, change.refusals) == ((), ())
    assert "TCP-AO" in withheld(change)["no neighbor CALICO ao CHAIN"]


@pytest.mark.parametrize("want", [ONE, PROTECTED])
@pytest.mark.parametrize("idle", [False, True])
def test_a_neighbour_made_by_hand_with_ao_is_not_adopted(want, idle):
    lines = [f"neighbor {FIRST} ao CHAIN include-tcp-options"]
    lines += ["address-family ipv4", f"no neighbor {FIRST} activate"] if idle else []
    change = plan(article(*lines), want)
    assert change.adopted == ()
    assert not any(FIRST in line for line in change.commands)
    told = withheld(change)
    assert "does not know" in told[f"no neighbor {FIRST} ao CHAIN include-tcp-options"]


def test_the_ao_of_another_group_is_named_there():
    group = " neighbor RR peer-group\n neighbor RR remote-as 64512\n neighbor RR route-reflector-client\n"
    group += " neighbor RR ao CHAIN\n"
    for member in (
        f" neighbor {FIRST} peer-group RR\n",
        " bgp listen range 192.168.1.0/24 peer-group RR\n",
    ):
        change = text_change(group + member)
        assert change.adopted == ()
        assert not any(FIRST in line for line in change.commands)
    assert set(withheld(text_change(group + f" neighbor {FIRST} peer-group RR\n"))) == {
        "no neighbor RR ao CHAIN"
    }


def test_a_member_of_our_group_typed_in_with_ao_is_not_adopted():
    have = ours(f"neighbor {ADDRESSES[1]} peer-group CALICO", f"neighbor {ADDRESSES[1]} ao CHAIN", want=ONE)
    change = plan(have, replace(WANT, clients=NODES[:2]))
    assert (change.adopted, change.commands) == ((), ())
    assert list(withheld(change)) == [f"no neighbor {ADDRESSES[1]} ao CHAIN"]


# -- advertise best-external, beside which there is no client
BEST = "advertise best-external"


def test_a_client_is_refused_where_the_group_has_best_external():
    have = ours(
        "address-family ipv4",
        "no neighbor CALICO route-reflector-client",
        f"neighbor CALICO {BEST}",
        want=ONE,
    )
    change = plan(have, ONE)
    assert change.commands == ()
    assert f"CALICO has `{BEST}`" in change.refusals[0]
    assert "choose another cisco_rr_peer_group" in change.refusals[0]


def test_where_an_older_release_has_both_nothing_is_sent():
    text = (
        ours(want=ONE)
        .text()
        .replace(
            "  neighbor CALICO route-reflector-client\n",
            f"  neighbor CALICO route-reflector-client\n  neighbor CALICO {BEST}\n",
        )
    )
    change = plan_change(read_running(text), ONE)
    assert (change.commands, change.refusals, change.withheld) == ((), (), ())


@pytest.mark.parametrize("idle", [False, True])
def test_a_neighbour_made_by_hand_with_best_external_is_no_client(idle):
    have = article()
    have.configure(
        [
            "router bgp 64512",
            "address-family ipv4",
            f"no neighbor {FIRST} route-reflector-client",
            f"neighbor {FIRST} {BEST}",
            *([f"no neighbor {FIRST} activate"] if idle else []),
        ]
    )
    change = plan(have, ONE)
    assert change.adopted == ()
    assert not any(FIRST in line for line in change.commands)
    assert f"`{BEST}`" in withheld(change)[f"neighbor {FIRST} route-reflector-client"]


# -- timers of members
def test_timers_of_members_of_another_group_are_proposed_for_the_group():
    text = " neighbor RR peer-group\n neighbor RR remote-as 64512\n neighbor RR route-reflector-client\n"
    text += f" neighbor {ADDRESSES[0]} peer-group RR\n neighbor {ADDRESSES[1]} peer-group RR\n"
    text += f" neighbor {ADDRESSES[2]} remote-as 64512\n neighbor {ADDRESSES[2]} route-reflector-client\n"
    change = text_change(text, WANT)
    assert change.adopted == ADDRESSES
    told = withheld(change)
    assert [line for line in told if " timers " in line] == [
        "neighbor RR timers 10 30",
        f"neighbor {ADDRESSES[2]} timers 10 30",
    ]
    assert told["neighbor RR timers 10 30"].startswith(f"{ADDRESSES[0]}, {ADDRESSES[1]} made by hand")
    assert told["neighbor RR send-community"].startswith(f"{ADDRESSES[0]}, {ADDRESSES[1]} made by hand")


# -- additional paths
PATHS = ("address-family ipv4", "bgp additional-paths send receive")


def test_additional_paths_are_turned_off_where_the_family_has_them_and_nowhere_else():
    line = "neighbor CALICO additional-paths disable"
    fresh = FakeIos()
    assert line not in plan(fresh).commands
    fresh.configure(["router bgp 64512", *PATHS])
    change = plan(fresh)
    assert line in change.commands
    assert change.resets == ()
    fresh.configure(change.commands)
    assert plan(fresh).commands == ()


@pytest.mark.parametrize("more", [PATHS, ("address-family ipv4", "neighbor CALICO additional-paths receive")])
def test_to_turn_them_off_resets_the_sessions_that_are_there(more):
    change = plan(ours(*more))
    assert change.masked[-2] == "neighbor CALICO additional-paths disable"
    assert (change.resets, change.pending) == (ADDRESSES, ())
    assert plan(ours(*more), replace(WANT, disable_additional_paths=False)).commands == ()


# -- graceful restart of the group alone
HA = "neighbor CALICO ha-mode graceful-restart"


def test_with_neighbours_of_others_the_group_alone_gets_graceful_restart():
    have = ours(EXTERNAL, "no bgp graceful-restart")
    change = plan(have)
    assert change.commands == ("router bgp 64512", HA)
    assert (change.pending, change.resets, change.withheld) == (ADDRESSES, (), ())
    assert {found.line for found in change.reasons} == {HA}
    have.configure(change.commands)
    assert (plan(have).commands, plan(have).withheld) == ((), ())


def test_a_group_with_members_of_others_is_no_place_for_it():
    have = ours("neighbor 192.0.2.9 peer-group CALICO", "no bgp graceful-restart")
    change = plan(have)
    assert (change.commands, change.refusals) == ((), ())
    assert set(withheld(change)) == {"bgp graceful-restart"}


def test_the_times_of_graceful_restart_stay_withheld():
    have = ours(EXTERNAL, "no bgp graceful-restart")
    told = withheld(plan(have, replace(WANT, restart_time=100, stalepath_time=300)))
    assert set(told) == {"bgp graceful-restart restart-time 100", "bgp graceful-restart stalepath-time 300"}


@pytest.mark.parametrize(
    ("more", "want"),
    [
        ((), WANT),
        ((EXTERNAL,), WANT),
        (("no bgp graceful-restart",), replace(WANT, restart_time=None, stalepath_time=None)),
        ((EXTERNAL, "no bgp graceful-restart", HA), WANT),
        ((EXTERNAL, "no bgp graceful-restart", HA, "neighbor CALICO ha-mode sso"), WANT),
    ],
    ids=["no others", "the process has it", "not wanted", "the group has it", "beside sso"],
)
def test_the_group_needs_none(more, want):
    assert HA not in plan(ours(*more), want).commands


def test_process_wide_it_is_the_process():
    have = ours(EXTERNAL, "no bgp graceful-restart")
    change = plan_change(read_running(have.text()), WANT, process_wide=True)
    assert change.commands == ("router bgp 64512", "bgp graceful-restart")


@pytest.mark.parametrize("more", [(), (EXTERNAL,), (EXTERNAL, "no bgp graceful-restart")])
def test_a_group_that_was_kept_from_it_gets_it(more):
    change = plan(ours(*more, f"{HA} disable"))
    assert HA in change.commands
    assert change.pending
    assert f"{HA}\n" in change.after
    assert "disable" not in change.after


def test_a_client_outside_the_group_leaves_the_line_of_the_process_withheld():
    have = article(EXTERNAL)
    more = replace(WANT, clients=(*NODES, replace(NODES[0], address="192.168.1.13", node="node-d")))
    change = plan(have, more)
    assert HA in change.commands
    assert "bgp graceful-restart" in withheld(change)
    assert "bgp graceful-restart" in withheld(plan(article(EXTERNAL)))


# -- communities
@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("", "neighbor CALICO send-community"),
        ("send-community extended", "neighbor CALICO send-community both"),
        ("send-community", ""),
        ("send-community standard", ""),
        ("send-community both", ""),
    ],
)
def test_communities_are_sent_and_no_session_feels_it(typed, sent):
    without = replace(WANT, send_community=False)
    have = ours(*(["address-family ipv4", f"neighbor CALICO {typed}"] if typed else []), want=without)
    change = plan(have)
    assert [line for line in change.commands if "community" in line] == ([sent] if sent else [])
    assert (change.resets, change.pending, change.soft_clear) == ((), (), ("CALICO",) if sent else ())
    shown = [line.strip() for line in change.after.splitlines() if "community" in line]
    assert shown == [sent or f"neighbor CALICO {typed}".removesuffix(" standard")]
    assert plan(have, without).commands == ()
    have.configure(change.commands)
    assert plan(have).commands == ()


def test_clients_made_by_hand_get_a_proposal():
    have = article("address-family ipv4", f"neighbor {FIRST} send-community both")
    told = withheld(plan(have))
    assert f"neighbor {ADDRESSES[1]} send-community" in told
    assert FIRST not in told[f"neighbor {ADDRESSES[1]} send-community"]
    quiet = withheld(plan(have, replace(WANT, send_community=False)))
    assert not any("community" in line for line in quiet)
