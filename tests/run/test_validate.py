# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`validate` on a lab: silent where all is well, and each thing that is wrong is named.

The tests share one lab and build on each other in this order.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.helpers.commands import succeed
from tests.helpers.labs import SHORT, Lab, Run

pytestmark = pytest.mark.lab

#: The one warning that a single reflector always earns.
ALONE = ("redundancy.reflector", "route reflector rr1")
BGP = ["router bgp 64512"]
FAMILY = [*BGP, "address-family ipv4"]
QUICK: dict[str, Any] = {"calico_bgp_validate_interval": 1}


@pytest.fixture(scope="module")
def lab(lab: Lab) -> Lab:
    """The lab after the change."""
    run = lab.play("site", **SHORT)
    assert run.status == 0, run.output[-3000:]
    return lab


def configure(lab: Lab, parents: list[str], *lines: str, save: bool = True) -> None:
    """Somebody types these lines on the router."""
    arguments = {"parents": parents, "lines": list(lines), "save_when": "modified" if save else "never"}
    succeed(["ansible", "rr1", "-m", "cisco.ios.ios_config", "-a", json.dumps(arguments)], lab.environment)


def named(run: Run) -> dict[tuple[str, str], str]:
    """What did not pass: check and subject to what was found."""
    findings = run.result["findings"]["health-now"]
    return {(f["check"], f["subject"]): f["actual"] for f in findings if f["verdict"] != "pass"}


def test_a_healthy_cluster_is_valid_and_nothing_else_is_said(lab: Lab) -> None:
    run = lab.play("validate", "--check", **QUICK)
    assert (run.status, run.result["outcome"]) == (0, "valid"), run.output[-3000:]
    assert set(named(run)) == {ALONE}
    assert set(run.changed.values()) == {0}
    assert "0 failed, 0 unknown, 1 warning" in run.output
    assert "peers would change nothing" in run.output


def test_a_line_changed_by_hand_is_drift_and_a_neighbour_that_may_learn_is_nobodys_business(lab: Lab) -> None:
    configure(lab, BGP, "neighbor 203.0.113.9 remote-as 65000", "bgp listen limit 200", save=False)
    configure(lab, FAMILY, "no neighbor CALICO prefix-list CALICO out")
    accept = [ALONE[0], "router.drift"]
    given = {"calico_bgp_validate_accept": accept, "cisco_rr_may_learn": ["203.0.113.9"]}
    run = lab.play("validate", **QUICK, calico_bgp_validate_strict=True, **given)
    assert (run.status, run.result["outcome"]) == (0, "valid"), run.output[-3000:]
    drift = ("router.drift", "route reflector rr1")
    assert set(named(run)) == {ALONE, drift}
    assert "neighbor CALICO prefix-list CALICO out" in named(run)[drift]
    assert {name for name, count in run.changed.items() if count} == {"rr1", "lab"}, "changed says drift"
    assert "warning: " not in run.output, "accepted"


def test_everything_that_is_wrong_is_named(lab: Lab) -> None:
    configure(lab, FAMILY, "no neighbor CALICO route-reflector-client", save=False)
    lab.do("fault", "kill-bird", "node-b")
    lab.do("fault", "ssh-dead", "node-c")
    run = lab.play("validate", **QUICK, calico_bgp_validate_strict=True)
    assert run.status == 2, run.output[-3000:]
    assert (run.result["outcome"], run.result["mesh"]["after"]) == ("invalid", False)
    found = named(run)
    expected = {
        ("node.answers", "node node-b"): "BIRD's socket cannot be read",
        ("node.answers", "node node-c"): "unreachable",
        ("router.client", "route reflector rr1, node node-c (192.168.1.12)"): "a neighbour that is no client",
        ("router.saved", "route reflector rr1"): "route-reflector-client",
        (
            "router.leaks",
            "route reflector rr1, neighbor 203.0.113.9 (AS 65000)",
        ): "nothing filters what is sent",
        ("router.drift", "route reflector rr1"): "",
    }
    for key, text in expected.items():
        assert text in found[key], found
    assert ("node.routes", "node node-a, route reflector rr1") in found
    assert any(check == "router.session" and "node-b" in subject for check, subject in found)
    severities = {f["severity"] for f in run.result["findings"]["health-now"] if f["verdict"] != "pass"}
    assert severities == {"error"}, "strict"
