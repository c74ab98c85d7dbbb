# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router and a cluster that somebody configured by hand: adopted, and no session is reset.

The tests share one lab and build on each other in this order.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.helpers.labs import SHORT, Lab, Run

pytestmark = pytest.mark.lab

BY_HAND = "../extensions/molecule/adopted/plays"
#: Every line and object that adopting adds, turned off.
OFF: dict[str, Any] = {
    "cisco_rr_graceful_restart": {},
    "cisco_rr_prefix_list": "",
    "cisco_rr_passive": False,
    "cisco_rr_log_neighbor_changes": False,
    "cisco_rr_send_community": False,
    "calico_plan_filter": False,
}


def play(lab: Lab, playbook: str, *options: str, **variables: Any) -> Run:
    """A run that must succeed."""
    run = lab.play(playbook, *options, **variables)
    assert run.status == 0, run.output[-3000:]
    return run


def sessions(lab: Lab) -> tuple[Any, Any]:
    """How often the router established each session, and which ones the nodes have."""
    file = lab.directory / "sessions.json"
    play(lab, f"{BY_HAND}/sessions", sessions_file=str(file))
    found = json.loads(file.read_text())
    assert [len(up) for up in found["nodes"].values()] == [1, 1, 1], found
    return found["router"], found["nodes"]


def test_router_by_hand_with_the_mesh_on_and_no_peer_yet_goes_the_whole_way(lab: Lab) -> None:
    play(lab, f"{BY_HAND}/router", router_flat=True)
    run = play(lab, "site", "--diff", **SHORT)
    assert run.result["outcome"] == "cut"
    pushed = run.result["routers"]["rr1"]
    assert pushed["adopted"] == ["192.168.1.10", "192.168.1.11", "192.168.1.12"]
    assert not any("peer-group" in line or "description" in line for line in pushed["commands"])
    assert all("off with cisco_rr_" in reason for reason in pushed["reasons"])
    for line in ("+ bgp graceful-restart", "+  neighbor 192.168.1.12 prefix-list CALICO out"):
        assert line in run.output
    assert "+ ! routes of a node that restarts are kept" in run.output
    assert "why: 'nodes take only the prefixes of the cluster" in run.output
    assert any("transport connection-mode passive" in line for line in pushed["withheld"])


def test_rollback_leaves_the_lines_typed_by_hand(lab: Lab) -> None:
    run = play(lab, "rollback")
    assert run.result["routers"]["rr1"]["commands"][-1] == "no ip prefix-list CALICO"
    assert lab.mesh_sessions() == 6
    again = play(lab, f"{BY_HAND}/router")  # the router shows a family now
    assert again.changed["rr1"] == 0, again.output


DEFAULT = "neighbor 192.168.1.10 default-originate"


def test_a_default_route_of_the_router_stays_or_the_run_is_refused(lab: Lab) -> None:
    play(lab, f"{BY_HAND}/router", router_more=[DEFAULT])
    play(lab, f"{BY_HAND}/cluster")
    before = sessions(lab)
    run = play(lab, "site", **OFF)
    assert run.result["outcome"] == "adopted"
    assert set(run.changed.values()) == {0}
    assert run.result["routers"]["rr1"]["commands"] == []
    other = [f for f in run.result["findings"]["adopted-gate"] if f["actual"] == "0.0.0.0/0"]
    assert [(f["check"], f["severity"]) for f in other] == [("node.imports", "warning")]
    refused = lab.play("site")
    assert (refused.status, refused.result["outcome"]) == (2, "refused"), refused.output[-3000:]
    assert "node node-a, route reflector rr1" in refused.result["message"]
    assert "found 0.0.0.0/0" in refused.result["message"]
    assert refused.result["routers"] == {}
    assert set(refused.changed.values()) == {0}
    assert sessions(lab) == before


def test_a_cluster_off_the_mesh_is_adopted_and_no_session_is_reset(lab: Lab) -> None:
    play(lab, f"{BY_HAND}/router", router_more=[f"no {DEFAULT}"])
    before = sessions(lab)
    run = play(lab, "site")
    assert (run.result["outcome"], run.result["mesh"]) == ("adopted", {"before": False, "after": False})
    assert (run.changed["rr1"], run.changed["lab"]) == (1, 1)
    again = play(lab, "site")
    assert set(again.changed.values()) == {0}
    assert again.result["outcome"] == "adopted"
    assert sessions(lab) == before
