# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab with two route reflectors: each is a machine of its own, and one carries on without the other."""

from __future__ import annotations

import json
import time

import pytest

from lab.ios.config import SHORT_HOLD
from tests.helpers.labs import Lab

pytestmark = pytest.mark.lab

REFLECTORS = {"rr1": "192.168.1.1", "rr2": "192.168.1.2"}
NODES = ("192.168.1.10", "192.168.1.11", "192.168.1.12")
#: A kernel route is swapped by delete and add when its reflector changes; a packet may fall between.
MOST_LOST = 6
LONGEST_RUN = 2
#: Short timers, so that a dead reflector is noticed within the test.
ROUTER = [
    "router bgp 64512",
    "neighbor CALICO peer-group",
    "neighbor CALICO remote-as 64512",
    "neighbor CALICO timers 1 3",
    "address-family ipv4",
    "neighbor CALICO route-reflector-client",
    "exit-address-family",
    *(f"neighbor {node} peer-group CALICO" for node in NODES),
    "address-family ipv4",
    *(f"neighbor {node} activate" for node in NODES),
]


@pytest.fixture(scope="module")
def reflectors() -> int:
    return 2


def test_each_reflector_has_its_address_and_its_own_configuration(lab: Lab) -> None:
    hosts = json.loads(lab.do("inventory"))["_meta"]["hostvars"]
    assert {name: hosts[name]["cisco_rr_address"] for name in REFLECTORS} == REFLECTORS
    assert hosts["rr1"]["ansible_port"] != hosts["rr2"]["ansible_port"]
    for number, name in enumerate(REFLECTORS, start=1):
        line = f"bgp cluster-id {number}"
        printed = lab.router("configure terminal", *ROUTER, "exit", line, "end", "write memory", name=name)
        assert "%" not in printed.replace(SHORT_HOLD.strip(), ""), printed
    for number, name in enumerate(REFLECTORS, start=1):
        shown = lab.router("show running-config | include cluster-id", name=name)
        assert f"\n bgp cluster-id {number}\r\n" in shown.replace("\r\r", "\r"), shown


def test_the_loss_of_one_of_two_costs_single_packets_at_the_most(lab: Lab) -> None:
    lab.api.create("BGPConfiguration", "default", {"nodeToNodeMeshEnabled": True, "asNumber": 64512})
    for name, address in REFLECTORS.items():
        lab.api.create("BGPPeer", name, {"peerIP": address, "asNumber": 64512})
    lab.wait_sessions(4)
    lab.api.set_mesh(False)
    lab.wait_sessions(2)
    lab.do("probe", "start")
    lab.do("fault", "stop", "rr1")
    lab.wait_sessions(1)
    time.sleep(1)
    report = json.loads(lab.do("probe", "stop", "--json"))
    assert set.union(*lab.established().values()) == {"Global_192_168_1_2"}
    assert min(pair["sent"] for pair in report["pairs"]) > 1000
    assert (report["lost"] <= MOST_LOST, report["longest_run"] <= LONGEST_RUN) == (True, True), report
