# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one reflector to two and back, on a cluster that is cut: another router in the place of one.

The tests share one lab and build on each other in this order. Numbered packets travel between all pods.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.kube import CALICO
from tests.helpers.labs import SHORT, Lab, Run

pytestmark = pytest.mark.lab

PEER = "peer-to-external-rr"
#: Milliseconds that a swap of a route may take on a busy machine.
SWAP = 100


@pytest.fixture(scope="module")
def reflectors() -> int:
    """Two, of which the first inventory knows one."""
    return 2


@pytest.fixture(scope="module", autouse=True)
def _probing(lab: Lab) -> None:
    lab.do("probe", "start")


def inventory(lab: Lab, reflectors: list[str], former: list[str] | None = None) -> Path:
    """The lab's inventory as a file, with these reflectors in its groups."""
    shown = json.loads(lab.do("inventory"))
    hosts = shown.pop("_meta")["hostvars"]
    variables = shown["route_reflectors"]["vars"]
    groups: dict[str, Any] = {
        "calico_clusters": shown["calico_clusters"],
        "calico_nodes": shown["calico_nodes"],
        "route_reflectors": {"hosts": reflectors, "vars": variables},
    }
    if former:
        groups["former_reflectors"] = {"hosts": former, "vars": variables}
    children = {
        name: {"hosts": {host: hosts[host] for host in group["hosts"]}, "vars": group.get("vars", {})}
        for name, group in groups.items()
    }
    path = lab.directory / "inventory.yml"
    path.write_text(yaml.safe_dump({"all": {"children": children, "vars": shown["all"]["vars"]}}))
    return path


def play(lab: Lab, name: str, reflectors: list[str], former: list[str] | None = None, **more: Any) -> Run:
    """Run a playbook with these reflectors in its inventory."""
    return lab.play(name, "-i", str(inventory(lab, reflectors, former)), **SHORT, **more)


def dark(lab: Lab) -> int:
    """The longest time so far that a pair of pods was dark, in milliseconds."""
    return int(json.loads(lab.do("probe", "status", "--json"))["longest_run"])


def peers(lab: Lab) -> dict[str, str]:
    """Address of each BGPPeer by name."""
    items = lab.api.request("GET", f"{CALICO}/bgppeers").json()["items"]
    return {item["metadata"]["name"]: item["spec"]["peerIP"] for item in items}


def version(lab: Lab, name: str) -> str:
    """The resourceVersion of a BGPPeer."""
    return str(lab.api.request("GET", f"{CALICO}/bgppeers/{name}").json()["metadata"]["resourceVersion"])


def begun(run: Run, stage: str, host: str) -> dict[str, float]:
    """When each session came up, as the reflector said at a stage of a run; seconds since the epoch."""
    seen = json.loads((run.directory / f"observations/{stage}/router-{host}.json").read_text())
    return {
        row["address"]: seen["at"] - row["uptime"] for row in seen["sessions"] if row["uptime"] is not None
    }


def same(now: dict[str, float], then: dict[str, float]) -> bool:
    """Whether they are the sessions of then; uptimes are whole seconds."""
    return now.keys() == then.keys() and all(abs(now[each] - then[each]) < 3 for each in now)


def test_one_reflector_carries_the_cluster(lab: Lab) -> None:
    run = play(lab, "site", ["rr1"])
    assert (run.status, run.result["outcome"]) == (0, "cut"), run.output[-3000:]
    assert peers(lab) == {PEER: "192.168.1.1"}


def test_a_second_one_is_added_without_touching_the_first_ones_session_or_object(lab: Lab) -> None:
    first = play(lab, "peers", ["rr1"])
    before, object_before = begun(first, "gate", "rr1"), version(lab, PEER)
    run = play(lab, "peers", ["rr1", "rr2"])
    assert (run.status, run.result["outcome"]) == (0, "adopted"), run.output[-3000:]
    assert peers(lab) == {PEER: "192.168.1.1", f"{PEER}-rr2": "192.168.1.2"}
    assert run.changed["rr1"] == 0
    assert run.changed["rr2"] == 1
    assert same(begun(run, "gate", "rr1"), before)
    assert version(lab, PEER) == object_before
    assert lab.sessions() == {"mesh": 0, "reflector": 6}
    assert dark(lab) < SWAP


def test_a_peer_whose_router_left_the_inventory_is_named_and_stays(lab: Lab) -> None:
    run = play(lab, "peers", ["rr2"])
    assert run.status == 0, run.output[-3000:]
    assert f"BGPPeer {PEER}: expected a route reflector of the inventory, found 192.168.1.1" in run.text
    assert lab.sessions() == {"mesh": 0, "reflector": 6}


def test_the_first_one_leaves_drained_and_takes_its_peer_and_lines_with_it(lab: Lab) -> None:
    drained = play(lab, "drain", ["rr1", "rr2"], calico_bgp_reflector="rr1")
    assert drained.result["outcome"] == "drained", drained.output[-3000:]
    before, object_before = begun(drained, "drained-0", "rr2"), version(lab, f"{PEER}-rr2")
    run = play(lab, "peers", ["rr2"], ["rr1"])
    assert (run.status, run.result["outcome"]) == (0, "adopted"), run.output[-3000:]
    assert peers(lab) == {f"{PEER}-rr2": "192.168.1.2"}
    assert "CALICO" not in lab.router("show running-config", name="rr1")
    assert same(begun(run, "gate", "rr2"), before)
    assert version(lab, f"{PEER}-rr2") == object_before
    assert lab.sessions() == {"mesh": 0, "reflector": 3}
    again = play(lab, "peers", ["rr2"], ["rr1"])
    assert (again.status, set(again.changed.values())) == (0, {0}), again.output[-3000:]
    assert dark(lab) < SWAP
