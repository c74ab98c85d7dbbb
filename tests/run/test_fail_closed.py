# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not let a cut happen: a filter that is not there, and a node of which nobody knows.

The tests share one lab and build on each other in this order.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.kube import CALICO
from tests.helpers.labs import SHORT, Lab

pytestmark = pytest.mark.lab

NAME = "peer-to-external-rr"
ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/calico-bgp-operator"
ACCEPT: dict[str, Any] = {"calico_bgp_accept_left_out": ["node-c"]}


def names(lab: Lab, plural: str) -> list[str]:
    """The objects of a kind."""
    found = lab.api.request("GET", f"{CALICO}/{plural}").json()["items"]
    return [each["metadata"]["name"] for each in found]


def set_ready(lab: Lab, node: str, status: str) -> None:
    """What the cluster thinks of a node."""
    conditions = [{"type": "Ready", "status": status}]
    path = f"/api/v1/nodes/{node}/status"
    lab.api.request("PATCH", path, {"status": {"conditions": conditions}}, "strategic-merge-patch+json")


def test_a_filter_that_is_refused_leaves_no_peer_and_the_mesh_on(lab: Lab) -> None:
    """The account may read BGPFilters, and not write them; native CRDs would take the BGPPeer alone."""
    rules = lab.api.request("GET", ROLE).json()["rules"]
    less = [
        {**rule, "resources": [each for each in rule["resources"] if each != "bgpfilters"]} for rule in rules
    ]
    less.append({"apiGroups": ["projectcalico.org"], "resources": ["bgpfilters"], "verbs": ["get", "list"]})
    lab.api.request("PATCH", ROLE, {"rules": less}, "merge-patch+json")
    try:
        run = lab.play("site", **SHORT)
    finally:
        lab.api.request("PATCH", ROLE, {"rules": rules}, "merge-patch+json")
    assert run.status != 0
    assert "The mesh was not touched." in run.text
    assert f"BGPFilter {NAME} could not be written: 403 bgpfilters.projectcalico.org is forbidden" in run.text
    assert f"Not written: BGPPeer {NAME}" in run.text
    assert (names(lab, "bgpfilters"), names(lab, "bgppeers")) == ([], [])
    assert lab.sessions() == {"mesh": 6, "reflector": 0}


def test_a_filter_that_somebody_changed_keeps_the_gate_shut(lab: Lab) -> None:
    """It lets all in; `cut` writes nothing anew."""
    assert lab.play("peers").status == 0
    lab.api.apply("BGPFilter", NAME, {"importV4": [{"action": "Accept"}]})
    run = lab.play("cut", **SHORT)
    assert (run.status != 0, run.result["outcome"]) == (True, "gate_shut")
    assert f"BGPFilter {NAME}: expected the planned rules, and its name in every planned BGPPeer" in run.text
    assert lab.mesh_sessions() == 6


def test_a_node_that_runs_is_not_left_out_whoever_says_so(lab: Lab) -> None:
    set_ready(lab, "node-c", "Unknown")
    run = lab.play("peers", **ACCEPT)
    assert (run.status != 0, run.result["outcome"]) == (True, "gate_shut")
    assert "found node-c Established at node-a, node-b" in run.text
    assert lab.mesh_sessions() == 6


def test_a_not_ready_node_that_runs_becomes_a_client_and_goes_the_whole_way(lab: Lab) -> None:
    run = lab.play("site", **SHORT)
    assert run.status == 0, run.output[-3000:]
    assert {session["node"] for session in run.result["sessions"]} == {"node-a", "node-b", "node-c"}
    assert lab.sessions() == {"mesh": 0, "reflector": 3}


def test_a_not_ready_node_that_is_gone_is_left_out_by_name_alone(lab: Lab) -> None:
    lab.do("fault", "stop", "node-c")
    shut = lab.play("validate")
    assert shut.status != 0
    assert "It is NotReady: bring it back, or name it in calico_bgp_accept_left_out" in shut.output
    run = lab.play("validate", **ACCEPT)
    assert run.result["left_out"] == {"node-c": "NotReady, and named in calico_bgp_accept_left_out"}
    assert run.status == 0, run.output[-3000:]
