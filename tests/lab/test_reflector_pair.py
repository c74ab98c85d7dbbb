# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two reflectors, one for each zone, with a session between them: what they pass on, how one goes away and
comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from lab.agent import selectors
from lab.ios.config import SHORT_HOLD
from tests.helpers.labs import Lab

pytestmark = pytest.mark.lab

NODES = {"rr1": ["192.168.1.10", "192.168.1.12"], "rr2": ["192.168.1.11", "192.168.1.13"]}
ADDRESSES = {"rr1": "192.168.1.1", "rr2": "192.168.1.2"}
OTHER = {"rr1": "rr2", "rr2": "rr1"}
GROUP = [
    "router bgp 64512",
    "neighbor CALICO peer-group",
    "neighbor CALICO remote-as 64512",
    "neighbor CALICO timers 2 9",
    "neighbor CALICO route-reflector-client",
]
# A neighbour each at rr1, a listen range at rr2
CLIENTS = {
    "rr1": [f"neighbor {node} peer-group CALICO" for node in NODES["rr1"]],
    "rr2": ["bgp listen range 192.168.1.8/29 peer-group CALICO"],
}


@pytest.fixture(scope="module")
def reflectors() -> int:
    return 2


@pytest.fixture(scope="module")
def options() -> Sequence[str]:
    return ["--nodes", "4", "--zones", "2"]


def configured(lab: Lab, name: str, *lines: str) -> str:
    """What the router says to these lines, its warning of short times left out."""
    typed = lab.router("configure terminal", *lines, "end", name=name)
    return typed.replace(SHORT_HOLD.strip(), "")


def states(lab: Lab, name: str) -> dict[str, str]:
    """The last columns of the router's summary by its neighbours, with `*` where they are dynamic."""
    shown = lab.router("show ip bgp summary", name=name)
    return dict(
        re.findall(r"^(\*?192\.168\.1\.\d+) .* (\d+|Active|Connect|Idle(?: \(Admin\))?)\s*$", shown, re.M)
    )


def sessions(lab: Lab) -> dict[str, set[str]]:
    """The nodes' sessions with reflectors, mesh or not."""
    return {
        name: {each for each in names if not each.startswith("Mesh_")}
        for name, names in lab.established().items()
    }


def test_nodes_and_reflectors_are_in_zones(lab: Lab) -> None:
    zones = {
        each["metadata"]["name"]: each["metadata"]["labels"]["topology.kubernetes.io/zone"]
        for each in lab.api.request("GET", "/api/v1/nodes").json()["items"]
    }
    assert zones == {"node-a": "zone-1", "node-b": "zone-2", "node-c": "zone-1", "node-d": "zone-2"}
    hosts = json.loads(lab.do("inventory"))["_meta"]["hostvars"]
    for name in ADDRESSES:
        chosen = selectors.parse(hosts[name]["calico_plan_node_selector"])
        served = [node for node, zone in zones.items() if chosen({"topology.kubernetes.io/zone": zone})]
        lab.api.create(
            "BGPPeer",
            name,
            {
                "peerIP": ADDRESSES[name],
                "asNumber": 64512,
                "nodeSelector": hosts[name]["calico_plan_node_selector"],
            },
        )
        assert served == {"rr1": ["node-a", "node-c"], "rr2": ["node-b", "node-d"]}[name]


def test_a_session_between_reflectors_carries_what_each_has(lab: Lab) -> None:
    for name in ADDRESSES:
        between = f"neighbor {ADDRESSES[OTHER[name]]} remote-as 64512"
        cluster = f"bgp cluster-id {name[-1]}"
        assert "%" not in configured(lab, name, *GROUP, *CLIENTS[name], between, cluster)
        lab.router("write memory", name=name)
    lab.wait(lambda: all(sessions(lab).values()))
    assert sessions(lab) == {
        "node-a": {"Node_192_168_1_1"},
        "node-b": {"Node_192_168_1_2"},
        "node-c": {"Node_192_168_1_1"},
        "node-d": {"Node_192_168_1_2"},
    }
    lab.wait(lambda: states(lab, "rr1") == {"192.168.1.2": "3", "192.168.1.10": "1", "192.168.1.12": "1"})
    assert states(lab, "rr2") == {"192.168.1.1": "2", "*192.168.1.11": "2", "*192.168.1.13": "1"}
    shown = lab.router("show ip bgp 10.244.11.0/26")
    assert "Originator: 192.168.1.11, Cluster list: 0.0.0.2" in shown
    assert "RR-client" not in shown
    assert "(Received from a RR-client)" in lab.router("show ip bgp 10.244.11.0/26", name="rr2")


def test_one_cluster_id_for_both_keeps_the_zones_apart(lab: Lab) -> None:
    for name in ADDRESSES:
        configured(lab, name, "router bgp 64512", "bgp cluster-id 7")
    lab.wait(lambda: states(lab, "rr1").get("192.168.1.2") == states(lab, "rr2").get("192.168.1.1") == "0")
    for name in ADDRESSES:
        configured(lab, name, "router bgp 64512", f"bgp cluster-id {name[-1]}")
    lab.wait(
        lambda: (states(lab, "rr1").get("192.168.1.2"), states(lab, "rr2").get("192.168.1.1")) == ("3", "2")
    )


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_group_is_shut_and_opened(lab: Lab, name: str) -> None:
    before = states(lab, name)
    configured(lab, name, "router bgp 64512", "neighbor CALICO shutdown")
    assert " neighbor CALICO shutdown" in lab.router("show running-config | include shutdown", name=name)
    between = ADDRESSES[OTHER[name]]
    shut = dict.fromkeys(NODES[name], "Idle (Admin)") if name == "rr1" else {}
    lab.wait(lambda: states(lab, name) == {between: before[between], **shut})
    assert {len(names) for names in sessions(lab).values()} == {0, 1}
    configured(lab, name, "router bgp 64512", "no neighbor CALICO shutdown")
    lab.wait(lambda: states(lab, name) == before)


def test_one_neighbour_is_shut_and_opened(lab: Lab) -> None:
    before = states(lab, "rr1")
    configured(lab, "rr1", "router bgp 64512", "neighbor 192.168.1.10 shutdown")
    lab.wait(lambda: states(lab, "rr1") == {**before, "192.168.1.10": "Idle (Admin)"})
    assert "Administratively shut down" in lab.router("show ip bgp neighbors 192.168.1.10")
    configured(lab, "rr1", "router bgp 64512", "no neighbor 192.168.1.10 shutdown")
    lab.wait(lambda: states(lab, "rr1") == before)


def test_a_reload_brings_back_what_was_saved(lab: Lab) -> None:
    before = states(lab, "rr1")
    configured(lab, "rr1", "router bgp 64512", "neighbor 192.168.1.10 description not saved")
    lab.do("fault", "reload", "rr1", "2")
    assert lab.do("fault", "list").strip() == "fault 1: reload rr1 2 (active)"
    status = lab.status()["reflectors"]["rr1"]
    assert (status["bgpd"], status["ssh_open"]) == (False, False)
    lab.wait(lambda: lab.status()["reflectors"]["rr1"]["ssh_open"])
    assert lab.do("fault", "list").strip() == "no faults"
    assert "not saved" not in lab.router("show running-config")
    lab.wait(lambda: states(lab, "rr1") == before)


def test_a_bgp_process_that_is_killed_comes_back_with_what_was_not_saved(lab: Lab) -> None:
    before = states(lab, "rr1")
    configured(lab, "rr1", "router bgp 64512", "neighbor 192.168.1.10 description not saved")
    lab.do("fault", "restart-bgpd", "rr1", "2")
    assert "% BGP not active" in lab.router("show ip bgp summary")
    lab.wait(lambda: lab.status()["faults"] == [])
    assert "description not saved" in lab.router("show running-config")
    lab.wait(lambda: states(lab, "rr1") == before)


def test_a_bgp_process_that_is_killed_may_stay_away(lab: Lab) -> None:
    before = states(lab, "rr1")
    lab.do("fault", "kill-bgpd", "rr1")
    lab.wait(lambda: states(lab, "rr2")["192.168.1.1"] != before["192.168.1.2"])
    status = lab.status()["reflectors"]["rr1"]
    assert (status["bgpd"], status["ssh_open"]) == (False, True)
    lab.do("fault", "clear")
    lab.wait(lambda: states(lab, "rr1") == before)


def test_a_reload_can_be_healed_early_and_together_with_a_power_cut(lab: Lab) -> None:
    before = states(lab, "rr1")
    lab.do("fault", "reload", "rr1", "600")
    lab.do("fault", "stop", "rr1")
    lab.do("fault", "clear")
    lab.wait(lambda: states(lab, "rr1") == before)
    assert "needs a number of seconds" in lab.attempt("fault", "reload", "rr1", "0").stderr
