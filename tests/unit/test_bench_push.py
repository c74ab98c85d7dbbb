# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of the push: that all ways ask for the same, and what its table says. No push is run here."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from ansible_collections.ansible.netcommon.plugins.module_utils.network.common.config import NetworkConfig

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.bench import push
from tests.helpers.actions import action
from tests.helpers.fake_ios import FakeIos

JOB = push.job(3)
NOWHERE = push.Front(mock.MagicMock(), 22, Path("/nonexistent"))


def test_the_lines_bring_all_clients() -> None:
    router = FakeIos()
    router.configure(list(JOB.lines))
    assert push.missing(JOB, router.text()) == ""
    assert push.missing(push.job(4), router.text()) == "1 clients missing, 1 not active"
    assert push.missing(JOB, "hostname rr1\nend\n") == "3 clients missing, 3 not active"


def test_ours_is_asked_for_the_same_lines(tmp_path: Path) -> None:
    (task,) = push.play_ours(JOB, push.Front(mock.MagicMock(), 22, tmp_path))
    made = action(ios_bgp_reflector, task["telco.calico_bgp.ios_bgp_reflector"])
    _result, given = made.validate_argument_spec(ios_bgp_reflector.ARGUMENTS)
    wanted = ios_bgp_reflector.wanted(rundir.read_plan(given["plan"]), "rr1", given)
    assert plan_change(read_running("hostname rr1\nend\n"), wanted).commands == JOB.lines


def test_every_line_is_below_what_it_belongs_to() -> None:
    found = push.places(JOB)
    assert [parents for parents, _lines in found] == [
        (),
        ("router bgp 64512",),
        ("router bgp 64512", "address-family ipv4"),
    ]
    assert f"neighbor {JOB.addresses[0]} peer-group CALICO" in found[1][1]
    assert f"neighbor {JOB.addresses[0]} activate" in found[2][1]
    heads = ("router bgp 64512", "address-family ipv4", "exit-address-family")
    assert sorted(line for _parents, lines in found for line in lines) == sorted(
        line for line in JOB.lines if line not in heads
    )


def test_the_file_for_ios_config_says_the_same(tmp_path: Path) -> None:
    (task,) = push.play_ios_config_src(JOB, push.Front(mock.MagicMock(), 22, tmp_path))
    text = Path(task["cisco.ios.ios_config"]["src"]).read_text()
    lines = NetworkConfig(indent=1, contents=text).items
    placed = [((*item.parents,), item.text) for item in lines]
    for parents, wanted in push.places(JOB):
        assert [text for place, text in placed if place == parents and text in wanted] == wanted


def test_the_resource_modules_are_asked_for_all_clients() -> None:
    tasks = {name: options for task in push.play_resource(JOB, NOWHERE) for name, options in task.items()}
    neighbors = tasks["cisco.ios.ios_bgp_global"]["config"]["neighbors"]
    (family,) = tasks["cisco.ios.ios_bgp_address_family"]["config"]["address_family"]
    assert [each["neighbor_address"] for each in neighbors] == ["CALICO", *JOB.addresses]
    assert [each["neighbor_address"] for each in family["neighbors"] if "activate" in each] == JOB.addresses


@pytest.fixture
def pushes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of clients that were pushed, in a time that grows with the square of their lines."""
    made: list[int] = []

    def push_one(_way: str, wanted: push.Job, limit: float) -> push.Pushed:
        made.append(len(wanted.nodes))
        lines = len(wanted.lines)
        seconds = 3 + lines * lines / 100
        return push.Pushed(lines, min(seconds, limit), push.LIMITED if seconds > limit else "")

    monkeypatch.setattr(push, "push", push_one)
    return made


def test_what_would_take_too_long_is_not_run(pushes: list[int]) -> None:
    rows = list(push.measured(["ours"], [20, 10, 200, 30], 300, start=3))
    assert ([size for size, _way, _pushed in rows], pushes) == ([10, 20, 30, 200], [10, 20, 30])
    far = rows[-1][2]
    assert far.extrapolated
    assert far.seconds == pytest.approx(3 + far.lines**2 / 100)


def test_where_the_smallest_takes_too_long_still_smaller_ones_are_run(pushes: list[int]) -> None:
    ((_size, _way, pushed),) = push.measured(["ours"], [50], 20, start=3)
    assert pushes == [50, *push.SMALL]
    assert pushed.extrapolated
    assert pushed.seconds == pytest.approx(3 + pushed.lines**2 / 100)


def test_a_way_that_never_ends_says_so(pushes: list[int]) -> None:
    ((size, way, pushed),) = push.measured(["ours"], [50], 5, start=3)
    assert push.line_of_table(size, way, pushed, pushed) == "| 50 | 166 | ours | more than 5 s | | |"


def test_ours_comes_first_whatever_the_order(pushes: list[int]) -> None:
    found = [(size, way) for size, way, _pushed in push.measured(["raw", "ours"], [2, 1], 300, start=3)]
    assert found == [(1, "ours"), (1, "raw"), (2, "ours"), (2, "raw")]


def test_the_table_has_ratios_and_marks() -> None:
    row = {
        "ours": push.Pushed(100, 10.0),
        "raw": push.Pushed(100, 0.5),
        "ios_config": push.Pushed(100, 400.0, extrapolated=True),
        "resource": push.Pushed(100, 12.0, "2 clients missing, 0 not active"),
    }
    assert [push.line_of_table(50, way, pushed, row["ours"]) for way, pushed in row.items()] == [
        "| 50 | 100 | ours | 10.0 | 10.0 | 1.000 |",
        "| 50 | 100 | raw | 0.5 | 200.0 | 0.050 |",
        "| 50 | 100 | ios_config | 400.0 (extrapolated) | 0.2 | 40.000 |",
        "| 50 | 100 | resource | 2 clients missing, 0 not active | | |",
    ]
    assert push.line_of_table(50, "raw", row["raw"], None) == "| 50 | 100 | raw | 0.5 | 200.0 |  |"


def test_an_unknown_way_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        push.main(["--ways", "ours,theirs"])
    assert "no such way: theirs" in capsys.readouterr().err
