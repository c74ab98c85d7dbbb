# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of tests/chaos that judge: a harness that sees nothing must not say that all is well."""

from __future__ import annotations

import doctest
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chaos import points, poller
from tests.chaos.case import CLEAN, CUT, Outcome, State
from tests.chaos.faults import ACTS
from tests.chaos.points import RUN, Awaited, Lines, Point, Step, steps, task
from tests.chaos.poller import Interval, Poller, usable
from tests.chaos.scenarios import PLAYBOOKS, matrix, scenarios
from tests.chaos.table import table, totals, verdict
from tests.helpers.commands import CHECKOUT

PLAYS = [*(CHECKOUT / "playbooks").glob("*.yml"), *(CHECKOUT / "playbooks/plays").glob("*.yml")]

ROUTES = """\
1007-0.0.0.0/0          via 192.168.1.1 on eth0 [kernel1 11:42:23] * (10)
 10.244.10.0/26     via 192.168.1.10 on eth0 [Node_192_168_1_1 11:44:39 from 192.168.1.1] * (100/0) [i]
                    via 192.168.1.10 on eth0 [Node_192_168_1_2 11:44:40 from 192.168.1.2] (100/0) [i]
 10.244.11.0/26     unreachable [Node_192_168_1_1 11:44:39 from 192.168.1.1] * (100/-) [i]
 10.244.12.0/26     blackhole [static1 11:42:22] * (200)
 10.244.13.0/26     via 192.168.1.13 on eth0 [Node_192_168_1_1 11:44:39 from 192.168.1.1] (100/0) [i]
0000 """


@pytest.mark.parametrize("module", [points, poller])
def test_doctests(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert (found.attempted > 0, found.failed) == (True, 0)


def test_only_a_chosen_route_with_a_gateway_is_usable() -> None:
    assert usable(ROUTES.splitlines()) == {"0.0.0.0/0", "10.244.10.0/26"}


def test_a_node_without_bird_is_dark_towards_everybody_from_the_first_look_on() -> None:
    looking = Poller(2**22, {"node-a": "10.244.10.0/26", "node-b": "10.244.11.0/26"})
    looking.start()
    assert looking.dark_now() == {("node-a", "node-b"), ("node-b", "node-a")}
    looking.stop()


def test_what_is_dark_counts_between_two_moments_alone() -> None:
    dark = Interval(("node-a", "node-b"), 10.0, 14.0)
    assert [dark.clipped(*each) for each in [(0, 20), (11, 12), (13, 20), (14, 20)]] == [4, 1, 1, 0]


def test_a_point_comes_at_the_nth_line_and_after_its_seconds() -> None:
    awaited = Awaited(task("Ask once", nth=2, after=3))
    lines = [
        "TASK [role : Ask once] ***",
        "ok: [Ask once]",
        "TASK [Ask once more] ***",
        "TASK [Ask once] ***",
    ]
    awaited.see("lab", lines, 1.0)
    awaited.see("run", lines[:3], 2.0)
    assert awaited.due is None
    awaited.see("run", lines[3:], 5.0)
    assert awaited.due == 8.0


def test_lines_come_whole_and_once(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("one\ntw")
    lines = Lines(file, whole=True)
    assert lines.new() == ["one"]
    file.write_text("one\ntwo\n")
    assert lines.new() == ["two"]
    assert Lines(file).new() == []


def test_steps_are_tasks_that_did_something() -> None:
    printed = [
        (0.0, "PLAY [One] ***"),
        (0.0, "TASK [role : Ask] ***"),
        (1.0, "ok: [a]"),
        (1.5, "TASK [Skip] ***"),
        (1.6, "skipping: [a]"),
        (2.0, "TASK [Ask] ***"),
        (4.0, "changed: [a]"),
    ]
    assert steps(printed) == [Step("Ask", 1, 1.5), Step("Ask", 2, 2.0)]


def test_every_case_has_a_name_of_its_own_and_strikes_that_there_are() -> None:
    cases = [*scenarios(), *matrix("site", [Step("Turn the mesh off", 1, 1.2), Step("Ask", 1, 2.5)])]
    assert len(cases) > 60
    assert len({each.name for each in cases}) == len(cases)
    assert {strike.act for each in cases for strike in each.strikes} <= ACTS.keys()
    assert {each.playbook for each in cases} == PLAYBOOKS.keys()


def banners(tasks: list[dict[str, Any]]) -> Iterator[str]:
    """The names of tasks that are printed: an imported role prints its own."""
    for each in tasks:
        for part in ("block", "rescue", "always"):
            yield from banners(each.get(part, []))
        if "block" not in each and not any(key.endswith(("import_role", "import_tasks")) for key in each):
            yield each["name"]


def test_what_the_scenarios_wait_for_is_printed_by_the_playbooks() -> None:
    tasks = {"PLAY [" + each["name"] for file in PLAYS for each in yaml.safe_load(file.read_text())}
    for file in PLAYS:
        for each in yaml.safe_load(file.read_text()):
            tasks |= {f"TASK [{name}" for name in banners(each.get("tasks", []))}
    for file in (CHECKOUT / "roles").glob("*/tasks/*.yml"):
        tasks |= {f"TASK [role : {name}" for name in banners(yaml.safe_load(file.read_text()))}
    points = {strike.point for each in scenarios() for strike in each.strikes if strike.point.where == RUN}
    assert len(points) > 5
    lines = [f"{each}] ***" for each in sorted(tasks)]
    assert [each.name for each in points if not any(re.search(each.line, line) for line in lines)] == []


def test_the_matrix_has_every_kill_where_something_changes() -> None:
    names = [each.name for each in matrix("site", [Step("Turn the mesh off", 1, 1.2), Step("Ask", 1, 2.5)])]
    assert names == [
        "site: kill-all at Turn the mesh off",
        "site: kill-group at Turn the mesh off",
        "site: term at Turn the mesh off",
        "site: int at Turn the mesh off",
        "site: kill-all at Turn the mesh off +0.5 s",
        "site: kill-group at Turn the mesh off +1 s",
        "site: term at Ask",
        "site: int at Ask +1 s",
        "site: kill-all at Ask +2 s",
    ]


def state(mesh: bool, peers: int, clients: int, **more: object) -> State:
    given = {"shut": {"rr1": 0}, "timers": {"rr1": False}, "silent": [], **more}
    return State(mesh, peers, {"rr1": clients}, **given)  # type: ignore[arg-type]


def test_a_lab_is_where_it_should_be_with_nothing_half_done() -> None:
    assert state(True, 0, 0).is_at(CLEAN, 3)
    assert state(False, 1, 3).is_at(CUT, 3)
    assert not state(True, 1, 3).is_at(CUT, 3)
    assert not state(True, 0, 3).is_at(CLEAN, 3)
    assert not state(False, 1, 3, timers={"rr1": True}).is_at(CUT, 3)
    assert not state(False, 1, 3, shut={"rr1": 1}).is_at(CUT, 3)
    assert not state(False, 1, 3, silent=["rr1"]).is_at(CUT, 3)


def outcome(**given: object) -> dict[str, object]:
    made = Outcome("a case", "site", ["kill-all at Ask"], reached=True, status=-9, well=True)
    for name, value in given.items():
        setattr(made, name, value)
    return made.as_json()


def test_a_verdict_names_the_worst() -> None:
    assert verdict(outcome()) == "ok"
    assert verdict(outcome(worst=0.2)) == "too dark"
    assert verdict(outcome(worst=0.2, limit=1.0)) == "ok"
    assert verdict(outcome(next_worst=0.2)) == "too dark"
    assert verdict(outcome(worst=0.2, limit=1.0, dark_at_end=6)) == "too dark"
    assert verdict(outcome(well=False)) == "hand work"
    assert verdict(outcome(reached=False)) == "not reached"
    assert verdict(outcome(error="it broke")) == "error"


def test_totals_count_what_was_struck() -> None:
    told = [
        outcome(),
        outcome(worst=3.0, dark={"a>b": 3.0}),
        outcome(strikes=["suspend 70 at Ask"], well=False),
        outcome(reached=False),
    ]
    counted = totals(told)
    assert (counted["cases"], counted["kill points"], counted["not reached"]) == (3, 2, 1)
    assert (counted["invariant broken at kill points"], counted["hand work"]) == (1, 1)
    assert "invariant broken: 1" in table(told)


def test_a_poller_ends() -> None:
    before = threading.active_count()
    looking = Poller(2**22, {"node-a": "10.244.10.0/26"})
    looking.start()
    looking.stop()
    assert threading.active_count() == before
    assert Point("x", 2, 1.5, name="here").__str__() == "here #2 +1.5 s"
