# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two reflectors on the lab: the move, a drain, a drill, the loss of one, and one added and taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.agent.objects import affinity_labels
from tests.helpers.kube import CALICO
from tests.helpers.labs import SHORT, Lab, Run

pytestmark = pytest.mark.lab

#: Milliseconds that a swap of a route may take on a busy machine.
SWAP = 100
PEERS = ["peer-to-external-rr", "peer-to-external-rr-rr2"]


@pytest.fixture(scope="module")
def reflectors() -> int:
    """Two."""
    return 2


@pytest.fixture(scope="module", autouse=True)
def _probing(lab: Lab) -> None:
    """Packets between all pods, from before the first run until the last one."""
    lab.do("probe", "start")


def objects(lab: Lab, kind: str) -> list[str]:
    """Names of the Calico objects of a kind."""
    items = lab.api.request("GET", f"{CALICO}/{kind}").json()["items"]
    return sorted(item["metadata"]["name"] for item in items)


def dark(lab: Lab) -> int:
    """The longest time so far that a pair of pods was dark, in milliseconds.

    A kernel route is swapped by delete and add, so that single packets may fall between.
    """
    return int(json.loads(lab.do("probe", "status", "--json"))["longest_run"])


def warned(run: Run) -> list[tuple[str, str]]:
    """Check and subject of each warning about several reflectors."""
    found: dict[tuple[str, str], None] = {}
    for findings in run.result["findings"].values():
        for each in findings:
            if each["severity"] == "warning" and each["verdict"] != "pass" and "reflectors" in each["check"]:
                found[each["check"], each["subject"]] = None
    return list(found)


def table(run: Run) -> list[tuple[str, str, str, str]]:
    """The rows that the run showed: node, reflector, and what both say."""
    rows = [line.split() for line in run.output.splitlines() if line.startswith("node-") and " (" in line]
    return [(row[0], row[2], row[4], row[5]) for row in rows if len(row) == 8]


def test_site_moves_the_cluster_to_both(lab: Lab) -> None:
    run = lab.play("site", **SHORT)
    assert run.status == 0, run.output
    assert run.result["outcome"] == "cut"
    assert run.result["plan"]["sessions"] == 6
    assert table(run) == [
        (node, reflector, "Established", "Established")
        for node in ("node-a", "node-b", "node-c")
        for reflector in ("rr1", "rr2")
    ]
    assert lab.sessions() == {"mesh": 0, "reflector": 6}
    assert objects(lab, "bgppeers") == PEERS
    assert objects(lab, "bgpfilters") == PEERS[:1]
    planned = [(each["kind"], each["name"]) for each in run.result["plan"]["objects"]]
    assert planned == [
        ("BGPConfiguration", "default"),
        ("BGPFilter", PEERS[0]),
        *(("BGPPeer", name) for name in PEERS),
    ]
    assert list(run.directory.glob("object-*")) == [], "what is written is read from no file"


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    run = lab.play("site", **SHORT)
    assert (run.status, set(run.changed.values())) == (0, {0}), run.output
    assert run.result["outcome"] == "adopted"


@pytest.mark.parametrize("name", ["", "rr3", "node-a"])
def test_only_a_reflector_is_drained(lab: Lab, name: str) -> None:
    run = lab.play("drain", **({"calico_bgp_reflector": name} if name else {}))
    assert run.status == 2
    assert "name one of rr1, rr2" in run.text


def test_a_drained_reflector_serves_nobody_and_nothing_is_lost(lab: Lab) -> None:
    run = lab.play("drain", calico_bgp_reflector="rr1")
    assert (run.status, run.result["outcome"]) == (0, "drained"), run.output
    assert "rr1 serves nobody until undrain" in run.result["message"]
    assert "or until it reloads" in run.result["message"]
    assert lab.sessions() == {"mesh": 0, "reflector": 3}
    again = lab.play("drain", calico_bgp_reflector="rr1")
    assert (again.status, set(again.changed.values())) == (0, {0}), again.output
    assert dark(lab) < SWAP


def test_the_last_one_is_not_drained(lab: Lab) -> None:
    run = lab.play("drain", calico_bgp_reflector="rr2")
    assert (run.status, run.result["outcome"]) == (2, "refused"), run.output
    assert lab.sessions() == {"mesh": 0, "reflector": 3}


def test_a_drill_leaves_a_drained_one_alone(lab: Lab) -> None:
    run = lab.play("validate", calico_bgp_drill=True)
    assert (run.status, run.result["outcome"]) == (2, "refused"), run.output
    assert "Run undrain -e calico_bgp_reflector=rr1 first" in run.text
    assert lab.sessions() == {"mesh": 0, "reflector": 3}


def test_what_resets_a_session_is_sent_to_a_drained_reflector_alone(lab: Lab) -> None:
    other: dict[str, Any] = {"cisco_rr_passive": False, "cisco_rr_allow_session_reset": True}
    run = lab.play("peers", **other)
    assert run.status == 2
    assert "rr2" in run.text
    assert "drain it first (drain -e calico_bgp_reflector=rr2)" in run.text
    assert "neighbor CALICO transport" not in lab.router("show running-config")
    assert lab.sessions() == {"mesh": 0, "reflector": 3}


def test_peers_tells_of_the_drained_one_and_passes(lab: Lab) -> None:
    run = lab.play("peers")
    assert (run.status, run.result["outcome"]) == (0, "adopted"), run.output
    assert warned(run) == [("reflectors.drained", "route reflector rr1")]
    assert "rr1" in run.result["message"]


def test_undrained_it_serves_everybody_again(lab: Lab) -> None:
    run = lab.play("undrain", calico_bgp_reflector="rr1")
    assert (run.status, run.result["outcome"]) == (0, "undrained"), run.output
    assert lab.sessions() == {"mesh": 0, "reflector": 6}
    again = lab.play("undrain", calico_bgp_reflector="rr1")
    assert (again.status, set(again.changed.values())) == (0, {0}), again.output
    assert dark(lab) < SWAP


def test_a_drill_takes_each_out_in_turn(lab: Lab) -> None:
    run = lab.play("validate", calico_bgp_drill=True)
    assert run.status == 0, run.output
    for name in ("rr1", "rr2"):
        assert f"{name}: drained, the others carried every route" in run.text
    assert lab.sessions() == {"mesh": 0, "reflector": 6}
    assert dark(lab) < SWAP


def test_the_loss_of_one_costs_no_packet_and_validate_says_so(lab: Lab) -> None:
    lab.do("fault", "stop", "rr1")
    lab.wait(lambda: lab.sessions()["reflector"] == 3)
    run = lab.play("validate")
    assert (run.status, run.result["outcome"]) == (2, "invalid")
    assert dark(lab) < SWAP
    lab.do("fault", "clear")
    lab.wait(lambda: lab.sessions()["reflector"] == 6)


MOVING = "10.244.99.0/26"


def claim(lab: Lab, node: str) -> None:
    """Give a node one more block, as IPAM does."""
    spec = {"cidr": MOVING, "node": node, "state": "confirmed", "type": "host", "deleted": False}
    meta = {"name": f"{node}-10-244-99-0-26", "labels": affinity_labels(node, MOVING)}
    body = {"apiVersion": "projectcalico.org/v3", "kind": "BlockAffinity", "metadata": meta, "spec": spec}
    assert lab.api.request("POST", f"{CALICO}/blockaffinities", body).status == 201


def release(lab: Lab, node: str) -> None:
    """Take it away again."""
    lab.api.request("DELETE", f"{CALICO}/blockaffinities/{node}-10-244-99-0-26")


def leads_to(lab: Lab, address: str) -> bool:
    """Whether the kernel of node-a has the block by that next hop alone; "" for not at all."""
    shown = lab.ssh("node-a", f"ip route show {MOVING}").stdout.decode()
    return shown == "" if not address else shown.count("via") == 1 and f"via {address} " in shown


def test_with_one_dead_a_block_that_moves_is_followed_and_nothing_stale_comes_back(lab: Lab) -> None:
    claim(lab, "node-b")
    lab.wait(lambda: leads_to(lab, "192.168.1.11"))
    lab.do("fault", "stop", "rr1")
    release(lab, "node-b")
    claim(lab, "node-c")
    lab.wait(lambda: leads_to(lab, "192.168.1.12"))
    lab.wait(lambda: lab.sessions()["reflector"] == 3)
    assert leads_to(lab, "192.168.1.12"), "with the dead one's hold time over"
    lab.do("fault", "clear")
    lab.wait(lambda: lab.sessions()["reflector"] == 6)
    assert leads_to(lab, "192.168.1.12"), "with both again"
    release(lab, "node-c")
    lab.wait(lambda: leads_to(lab, ""))


def test_with_one_dead_a_node_leaves_and_comes_back(lab: Lab) -> None:
    lab.do("fault", "stop", "rr1")
    lab.wait(lambda: lab.sessions()["reflector"] == 3)
    lab.do("fault", "kill-bird", "node-c")
    lab.wait(lambda: lab.sessions()["reflector"] == 2)
    lab.do("fault", "clear")
    lab.wait(lambda: lab.sessions()["reflector"] == 6)
    run = lab.play("peers")
    assert (run.status, run.result["outcome"]) == (0, "adopted"), run.output[-3000:]


def test_rollback_leaves_nothing_of_either(lab: Lab) -> None:
    run = lab.play("rollback")
    assert (run.status, run.result["outcome"]) == (0, "rolled_back"), run.output
    assert lab.sessions() == {"mesh": 6, "reflector": 0}
    assert objects(lab, "bgppeers") == objects(lab, "bgpfilters") == []
    for name in ("rr1", "rr2"):
        shown = lab.router("show running-config", name=name)
        assert "router bgp" not in shown
        assert "CALICO" not in shown
