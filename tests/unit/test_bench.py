# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's figures; the benchmark itself is run on demand."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.bench.figures import IncompleteError, Pair, Run, loss, read_run, run_from, summarise, table

Json = dict[str, Any]
Gaps = tuple[tuple[float, float], ...]


def report(*pairs: Json) -> Json:
    return {"started": 1000.0, "interval": 0.001, "pairs": list(pairs)}


def said(source: str, target: str, gaps: list[list[float]], sent: int = 20_000) -> Json:
    lost = round(sum(end - start for start, end in gaps) * 1000)
    return {"source": source, "target": target, "sent": sent, "lost": lost, "gaps": gaps}


def run(*gaps: Gaps, span: tuple[float, float] = (-5.0, 15.0), order: str = "x", repeat: int = 1) -> Run:
    pairs = tuple(
        Pair("a/1", f"b/{index}", 20_000, round(1000 * sum(end - start for start, end in each)), each)
        for index, each in enumerate(gaps)
    )
    return Run(order, repeat, pairs, span, 0.0)


def test_times_count_from_the_moment_the_mesh_went_off() -> None:
    read = read_run("x", 1, report(said("a/1", "b/1", [[2.0, 2.001], [5.5, 8.0]])), 1005.0, 0.5)
    assert read.pairs[0].gaps == ((-3.0, -2.999), (0.5, 3.0))
    assert read.span == (-5.0, 15.0)
    assert (read.lost, read.hit, read.last_loss) == (2501, 1, 3.0)
    assert (read.pairs[0].dark, read.pairs[0].longest) == pytest.approx((2.501, 2.5))


def test_a_loss_before_the_mesh_went_off_is_counted_but_is_no_last_loss() -> None:
    read = read_run("x", 1, report(said("a/1", "b/1", [[2.0, 2.002]])), 1005.0, 0.5)
    assert (read.lost, read.last_loss) == (2, None)


def test_pods_on_one_node_are_left_out() -> None:
    read = read_run("x", 1, report(said("a/1", "a/2", []), said("a/1", "b/1", [])), 1005.0, 0.5)
    assert [(pair.source, pair.target) for pair in read.pairs] == [("a/1", "b/1")]


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        (said("a/1", "b/1", [[6.0, 20.0]]), "a/1 to b/1 was dark to the end"),
        ({**said("a/1", "b/1", [[6.0, 7.0]]), "lost": 9000}, "a/1 to b/1: too many gaps"),
        (said("a/1", "b/1", [], sent=0), "sent nothing"),
        (said("a/1", "a/2", []), "sent nothing"),
    ],
)
def test_a_report_that_proves_nothing_is_refused(pair: Json, why: str) -> None:
    with pytest.raises(IncompleteError, match=why):
        read_run("x", 1, report(pair), 1005.0, 0.5)


def test_loss_is_the_share_of_packets_in_each_bin() -> None:
    half_of_the_pairs = run(((0.05, 0.25),), ())
    assert loss(half_of_the_pairs, -0.1, 0.1, 5) == pytest.approx([0, 0.25, 0.5, 0.25, 0])


def test_loss_outside_the_bins_is_left_alone() -> None:
    assert loss(run(((-1.0, 0.1), (0.3, 9.0))), 0.0, 0.2, 2) == pytest.approx([0.5, 0.5])


def test_loss_is_unknown_where_nothing_was_sent() -> None:
    shares = loss(run((), span=(-0.1, 0.25)), -0.2, 0.1, 6)
    assert [share is None for share in shares] == [True, False, False, False, True, True]


def test_summary_takes_dark_times_over_all_pairs_and_runs() -> None:
    runs = [run(((1.0, 2.0),), ()), run(((1.0, 4.0),), ((0.0, 0.5), (1.0, 2.5)), repeat=2)]
    summary = summarise("x", runs, failed=0)
    assert (summary.dark.middle, summary.dark.low, summary.dark.high) == (1.5, 0, 3)
    assert (summary.longest.middle, summary.longest.high) == (1.25, 3)
    assert (summary.lost.middle, summary.hit.low, summary.hit.high) == (3000, 1, 2)
    assert summary.last_loss is not None
    assert (summary.last_loss.low, summary.last_loss.high) == (2, 4)


def test_table_names_runs_that_failed_and_losses_that_were_none() -> None:
    summaries = [summarise("x", [run((), ())], failed=2), summarise("y", [run(((0.0, 1.0),), ())], failed=0)]
    lines = table(summaries, {"x": "Calm", "y": "Dark order"}).splitlines()
    assert [re.split(r" {2,}", line) for line in lines[1:]] == [
        ["Calm", "1, 2 FAILED", "40000", "0", "0", "0", "0 of 2", "none"],
        ["Dark order", "1", "40000", "1000", "500 (0-1000)", "500 (0-1000)", "1 of 2", "1.00"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_results_can_be_drawn_again() -> None:
    before = run(((1.0, 2.0),), ())
    assert run_from(json.loads(json.dumps(before.as_json()))) == before
