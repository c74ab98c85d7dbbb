# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The library against the lab's imitated router, whose parser and printer know nothing of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import Change, plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.route import read_route
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.status import (
    read_platform,
    read_privilege,
    read_rollback_timer,
)
from lab.ios.device import Router
from lab.ios.shell import Session
from lab.ios.vty import Silent
from tests.helpers import wanted

WANT = replace(
    wanted.WANT,
    keepalive=3,
    hold=9,
    restart_time=15,
    stalepath_time=30,
    password="two words",
    update_source="GigabitEthernet0/0",
    prefixes=(PrefixRule("10.244.0.0/16", 26, 32), PrefixRule("10.96.0.0/12", None, 32)),
    maximum_prefix=100,
)
STEPS = (
    {"clients": WANT.clients[1:]},
    {"clients": (*WANT.clients, Client("192.168.1.13", "node-13"))},
    {"password": "another", "passive": False},
    {"prefixes": (PrefixRule("10.245.0.0/16", 26, 32),)},
    {"keepalive": 10, "hold": 30, "restart_time": 120, "stalepath_time": 360, "cluster_id": "0.0.0.2"},
    {"group": "K8S"},
)
BY_HAND = {
    "nothing": [],
    "no default": ["router bgp 64512", "no bgp default ipv4-unicast"],
    "others": ["router bgp 64512", "neighbor 192.168.1.200 remote-as 64999", "network 203.0.113.0"],
    "a client": [
        "router bgp 64512",
        "neighbor 192.168.1.11 remote-as 64512",
        "neighbor 192.168.1.11 password two words",
        "neighbor 192.168.1.11 route-reflector-client",
    ],
}


def typed(session: Session, lines: list[str] | tuple[str, ...]) -> list[str]:
    """Type configuration lines; what the router has against them."""
    session.enter("configure terminal")
    refused = [error for line in lines if (error := answer_error(line, session.enter(line)))]
    session.enter("end")
    return refused


def plan(session: Session, want: ReflectorIntent, *, present: bool = True) -> Change:
    have = read_running(session.enter("show running-config"))
    assert have.unknown == ()
    return plan_change(have, want, state="present" if present else "absent", process_wide=True)


@pytest.mark.parametrize("by_hand", BY_HAND.values(), ids=BY_HAND)
def test_every_step_is_taken_and_then_there_is_nothing_to_do(by_hand):
    session = Session(Router(Silent(), users={}))
    assert typed(session, by_hand) == []
    for step in ({}, *STEPS):
        want = replace(WANT, **step)
        assert typed(session, plan(session, want).commands) == []
        assert plan(session, want).commands == ()
    assert typed(session, plan(session, replace(WANT, **STEPS[-1]), present=False).commands) == []
    left = read_running(session.enter("show running-config"))
    assert left.prefix_lists == {}
    names = set(left.bgp.neighbors) if left.bgp else set()
    assert names == {line.split()[1] for line in by_hand if line.startswith("neighbor ")}


def test_what_the_router_says_about_itself():
    session = Session(Router(Silent(), users={}))
    typed(session, plan(session, WANT).commands)
    assert read_privilege(session.enter("show privilege")) == 15
    assert read_platform(session.enter("show version"))
    assert read_running(session.enter("show running-config")).archive
    running = read_running(session.enter("show running-config"))
    assert differences(
        running, read_running(session.enter("show startup-config"), command="show startup-config")
    )
    session.enter("write memory")
    assert differences(running, read_running(session.enter("show startup-config"))) == ()
    assert read_rollback_timer(session.enter("show archive config rollback timer")) is None
    session.enter("configure terminal revert timer 5")
    session.enter("end")
    timer = read_rollback_timer(session.enter("show archive config rollback timer"))
    assert timer is not None
    assert (timer.minutes, bool(timer.since), bool(timer.user)) == (5, True, True)
    session.enter("configure confirm")


WAYS = {
    # the configuration, whether the router names a default route for a host, the route to 192.168.1.10
    "connected": (
        ["interface GigabitEthernet0/1", "ip address 192.168.1.1 255.255.255.0"],
        False,
        "192.168.1.0/24",
    ),
    "none": ([], False, ""),
    "a default route that is not named": (["ip route 0.0.0.0 0.0.0.0 Null0"], False, ""),
    "a default route that is named": (["ip route 0.0.0.0 0.0.0.0 Null0"], True, "0.0.0.0/0"),
}


@pytest.mark.parametrize(("lines", "named", "prefix"), WAYS.values(), ids=WAYS)
def test_the_route_to_a_host_is_read(lines, named, prefix):
    session = Session(Router(Silent(), users={}))
    assert typed(session, ["interface GigabitEthernet0/0", "no ip address", *lines]) == []
    session.router.nuisances.default_for_hosts = named
    assert read_route(session.enter("show ip route 192.168.1.10")).prefix == prefix
