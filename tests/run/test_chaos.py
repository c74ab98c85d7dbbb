# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed: nobody is dark for that, and the next run ends well. `tests/chaos` has many more.

The tests build on each other: each next run leaves what the next test begins with.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.case import CLEAN, CUT, Case, Stage, Strike
from tests.chaos.points import task
from tests.helpers.labs import Lab

pytestmark = pytest.mark.lab

DRAIN = {"calico_bgp_reflector": "rr1"}
CASES = [
    Case(
        "site interrupted",
        "site",
        (Strike(task("Write what the plan wants in the cluster", after=0.5), "int"),),
    ),
    Case(
        "rollback killed, its workers left",
        "rollback",
        (
            Strike(
                task("Take BGPPeer and BGPFilter away, each while the mesh is on and proved"), "kill-group"
            ),
        ),
        base=CUT,
        following="rollback",
        after=CLEAN,
    ),
    Case(
        "drain ended by a signal",
        "drain",
        (Strike(task("Take the route reflector out of use"), "term"),),
        base=CUT,
        following="undrain",
        settings=DRAIN,
    ),
]


@pytest.fixture(scope="module")
def reflectors() -> int:
    """Two, so that no loss of one is seen."""
    return 2


@pytest.fixture(scope="module")
def stage(lab: Lab) -> Iterator[Stage]:
    """The lab, its nodes' routes looked at all the time."""
    made = Stage(lab)
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_killed_run_leaves_nobody_dark_and_the_next_one_ends_well(stage: Stage, case: Case) -> None:
    outcome = stage.play(case)
    assert outcome.reached, outcome
    assert outcome.dark == {}, outcome
    assert outcome.next_worst == 0, outcome
    assert outcome.well, outcome
