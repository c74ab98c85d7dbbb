# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router beyond the reflectors, which learns what they let out."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.helpers.labs import Lab

pytestmark = pytest.mark.lab

UPSTREAM = "192.168.1.254"
BLOCKS = {"10.244.10.0/26", "10.244.11.0/26", "10.244.12.0/26", "10.244.10.2/32"}
CLIENTS = [
    "router bgp 64512",
    "bgp listen range 192.168.1.0/25 peer-group CALICO",
    "neighbor CALICO peer-group",
    "neighbor CALICO remote-as 64512",
    "neighbor CALICO route-reflector-client",
]


@pytest.fixture(scope="module")
def options() -> Sequence[str]:
    return ["--upstream"]


def test_it_has_an_address_an_as_and_no_session_at_first(lab: Lab) -> None:
    found = lab.status()["upstreams"]["up1"]
    assert (found["address"], found["asn"], found["bgpd"]) == (UPSTREAM, 65010, True)
    assert set(found["sessions"]) == {"192.168.1.1"}
    assert "Established" not in found["sessions"].values()
    assert lab.facts()["network"]["upstreams"] == [{"name": "up1", "address": UPSTREAM, "asn": 65010}]
    assert lab.learned() == lab.learned(ever=True) == set()
    hosts = json.loads(lab.do("inventory"))["_meta"]["hostvars"]
    assert "up1" not in hosts


def test_it_learns_what_a_reflector_does_not_keep_back(lab: Lab) -> None:
    lab.router("configure terminal", *CLIENTS, f"neighbor {UPSTREAM} remote-as 65010", "end", "write memory")
    lab.api.create("BGPPeer", "rr1", {"peerIP": "192.168.1.1", "asNumber": 64512})
    lab.wait(lambda: lab.learned() == BLOCKS)
    assert "192.168.1.1  Established" in lab.do("status")


def test_it_forgets_what_a_filter_takes_back_and_its_log_does_not(lab: Lab) -> None:
    filtered = ["ip prefix-list NONE deny 0.0.0.0/0 le 32", "router bgp 64512"]
    lab.router("configure terminal", *filtered, f"neighbor {UPSTREAM} prefix-list NONE out", "end")
    lab.wait(lambda: lab.learned() == set())
    assert lab.status()["upstreams"]["up1"]["sessions"] == {"192.168.1.1": "Established"}
    assert lab.learned(ever=True) == BLOCKS
    lab.router(
        "configure terminal", "router bgp 64512", f"no neighbor {UPSTREAM} prefix-list NONE out", "end"
    )
    lab.wait(lambda: lab.learned() == BLOCKS)


# How to hold back what gets out: lines of the configuration, the words behind `neighbor X`, and what the
# upstream still learns
EXTENDED = "access-list 100 deny ip 10.244.0.0 0.0.255.255 255.255.255.192 0.0.0.63"
WAYS: dict[str, tuple[Sequence[str], str, set[str]]] = {
    "prefix-list": (["ip prefix-list P permit 10.244.11.0/26"], "prefix-list P out", {"10.244.11.0/26"}),
    "a prefix-list that is not defined": ([], "prefix-list NOBODY out", BLOCKS),
    "standard access-list": (
        ["access-list 10 deny 10.244.10.0 0.0.0.255", "access-list 10 permit any"],
        "distribute-list 10 out",
        {"10.244.11.0/26", "10.244.12.0/26"},
    ),
    "extended access-list: by the mask": (
        [EXTENDED.replace("0.0.0.63", "0.0.0.0"), "access-list 100 permit ip any any"],
        "distribute-list 100 out",
        {"10.244.10.2/32"},
    ),
    "named access-list": (
        ["ip access-list standard NAMED", "permit 10.244.12.0", "exit"],
        "distribute-list NAMED out",
        {"10.244.12.0/26"},
    ),
    "an access-list that is not defined": ([], "distribute-list NOBODY out", BLOCKS),
    "AS path": (["ip as-path access-list 1 deny ^$"], "filter-list 1 out", set()),
    "an AS path list that is not defined": ([], "filter-list 9 out", BLOCKS),
    "route-map": (
        [
            "ip prefix-list P permit 10.244.10.0/24 le 32",
            "route-map R deny 10",
            "match ip address prefix-list P",
            "route-map R permit 20",
        ],
        "route-map R out",
        {"10.244.11.0/26", "10.244.12.0/26"},
    ),
    "route-map with an access-list": (
        ["access-list 10 permit 10.244.11.0", "route-map R permit 10", "match ip address 10"],
        "route-map R out",
        {"10.244.11.0/26"},
    ),
    "route-map with a community that nobody has": (
        ["ip community-list standard C permit 64512:1", "route-map R permit 10", "match community C"],
        "route-map R out",
        set(),
    ),
    "route-map with a prefix-list that is not defined": (
        ["route-map R deny 10", "match ip address prefix-list NOBODY", "route-map R permit 20"],
        "route-map R out",
        set(),
    ),
}
CLEAN = [
    *("no ip prefix-list P", "no access-list 10", "no access-list 100", "no ip access-list standard NAMED"),
    *("no ip as-path access-list 1", "no ip community-list standard C", "no route-map R"),
]


@pytest.mark.parametrize(("lines", "filtered", "left"), WAYS.values(), ids=WAYS)
def test_every_usual_filter_does_what_ios_does(
    lab: Lab, lines: Sequence[str], filtered: str, left: set[str]
) -> None:
    process = ["router bgp 64512"]
    line = f"neighbor {UPSTREAM} {filtered}"
    typed = lab.router("configure terminal", *lines, *process, line, "end")
    assert "%" not in typed, typed
    lab.wait(lambda: lab.learned() == left)
    given = lab.router(f"show ip bgp neighbors {UPSTREAM} advertised-routes")
    assert f"Total number of prefixes {len(left)} " in given
    assert all(f"*>i  {prefix}" in given for prefix in left), given
    shown = lab.router("show running-config | include ^ neighbor 192.168.1.254")
    assert f" {line}\r" in shown
    typed = lab.router("configure terminal", *process, f"no {line}", "exit", *CLEAN, "end")
    lab.wait(lambda: lab.learned() == BLOCKS)


def test_a_filter_of_a_group_holds_for_its_members(lab: Lab) -> None:
    lab.router(
        *("configure terminal", "ip prefix-list P permit 10.244.11.0/26", "router bgp 64512"),
        *(f"no neighbor {UPSTREAM}", "neighbor BEYOND peer-group", "neighbor BEYOND remote-as 65010"),
        *("neighbor BEYOND prefix-list P out", f"neighbor {UPSTREAM} peer-group BEYOND", "end"),
    )
    lab.wait(lambda: lab.learned() == {"10.244.11.0/26"})
    lab.router("configure terminal", "router bgp 64512", "no neighbor BEYOND prefix-list P out", "end")
    lab.wait(lambda: lab.learned() == BLOCKS)


def test_no_export_from_the_nodes_keeps_everything_from_another_as(lab: Lab) -> None:
    mapped = ["route-map TAG permit 10", "set community no-export additive", "router bgp 64512"]
    lab.router("configure terminal", *mapped, "neighbor CALICO route-map TAG in", "end")
    lab.router("clear ip bgp peer-group CALICO soft in")
    lab.wait(lambda: lab.learned() == set())
    assert "Community: no-export" in lab.router("show ip bgp 10.244.11.0/26")
    # The clients among themselves go on.
    assert "Total number of prefixes 3 " in lab.router("show ip bgp neighbors 192.168.1.10 advertised-routes")
    lab.router("configure terminal", "router bgp 64512", "no neighbor CALICO route-map TAG in", "end")
    lab.router("clear ip bgp peer-group CALICO soft in")
    lab.wait(lambda: lab.learned() == BLOCKS)


def test_faults_break_and_heal_it(lab: Lab) -> None:
    lab.do("fault", "stop", "up1")
    found = lab.status()["upstreams"]["up1"]
    assert (found["bgpd"], found["sessions"], lab.learned()) == (False, {}, set())
    lab.do("fault", "clear")
    lab.wait(lambda: lab.learned() == BLOCKS)
    lab.do("fault", "cut", "up1")
    lab.wait(lambda: lab.learned() == set())
    lab.do("fault", "clear")
    lab.wait(lambda: lab.learned() == BLOCKS)
    assert "not for 'up1'" in lab.attempt("fault", "kill-bird", "up1").stderr


def test_only_an_upstream_tells_what_it_learned(lab: Lab) -> None:
    assert "rr1 is no upstream router of this lab; there is up1." in lab.attempt("learned", "rr1").stderr
