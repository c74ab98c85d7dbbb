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
