# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two zones with a reflector of their own each, and a session between the two: every pair reaches every pair.

The tests share one lab and build on each other in this order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.helpers.labs import SHORT, Lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def reflectors() -> int:
    """One for each zone."""
    return 2


@pytest.fixture(scope="module")
def options() -> Sequence[str]:
    """Six nodes in two zones, which the inventory's selectors tell apart."""
    return ("--nodes", "6", "--zones", "2")


def test_without_a_session_between_the_two_the_gate_stays_shut(lab: Lab) -> None:
    run = lab.play("site", **SHORT, calico_bgp_timeout=20)
    assert (run.status, run.result["outcome"]) == (2, "gate_shut"), run.output[-3000:]
    assert "node.routes" in {
        f["check"] for findings in run.result["findings"].values() for f in findings if f["verdict"] == "fail"
    }
    assert run.result["mesh"]["after"] is True


def test_with_one_every_pair_of_zones_is_carried_and_nothing_is_lost(lab: Lab) -> None:
    lab.do("probe", "start")
    run = lab.play("site", **SHORT, cisco_rr_interconnect=True)
    assert (run.status, run.result["outcome"]) == (0, "cut"), run.output[-3000:]
    assert run.result["plan"]["sessions"] == 6
    assert {(row["node"], row["reflector"]) for row in run.result["sessions"]} == {
        (f"node-{letter}", f"rr{number}")
        for number, letters in ((1, "ace"), (2, "bdf"))
        for letter in letters
    }
    report = json.loads(lab.do("probe", "stop", "--json"))
    assert report["sent"] > 100_000
    assert report["longest_run"] < 100, "milliseconds, as a swap of a route takes on a busy machine"


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    run = lab.play("peers", **SHORT, cisco_rr_interconnect=True)
    assert (run.status, set(run.changed.values())) == (0, {0}), run.output[-3000:]
