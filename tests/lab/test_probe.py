# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe's book-keeping."""

from __future__ import annotations

import pytest

from lab.probe_pod import MOST_GAPS, Account
from lab.report import MOST_PER_SECOND, Count, Report, judge, pace, table


def arrived(*sequences: int) -> Account:
    account = Account()
    for sequence in sequences:
        account.take(sequence)
    return account


@pytest.mark.parametrize(
    ("sequences", "sent", "lost", "longest"),
    [
        ((), 0, 0, 0),
        ((), 5, 5, 5),
        ((0, 1, 2), 3, 0, 0),
        ((0, 1, 2), 5, 2, 2),
        ((0, 3, 4, 6), 7, 3, 2),
        # Late and double packets.
        ((0, 2, 1), 3, 0, 0),
        ((0, 4, 2), 5, 2, 1),
        ((0, 0, 3, 3, 3), 4, 2, 2),
        # What was sent later than asked about is left alone, lost or not.
        ((0, 9), 3, 2, 2),
        ((0, 1, 2, 3, 9), 3, 0, 0),
    ],
)
def test_account(sequences: tuple[int, ...], sent: int, lost: int, longest: int) -> None:
    assert arrived(*sequences).lost(sent) == (lost, longest)


def test_account_keeps_gaps_only() -> None:
    account = arrived(*range(0, 100_000), *range(100_010, 200_000))
    assert account.gaps == [[100_000, 100_010]]


def test_account_forgets_where_old_gaps_were_but_counts_them() -> None:
    account = arrived(5, *range(7, 7 + 2 * MOST_GAPS, 2))
    assert len(account.gaps) == MOST_GAPS
    assert account.gaps[0] == [6, 7]
    assert account.lost(account.next) == (5 + MOST_GAPS, 5)


@pytest.mark.parametrize(
    ("sequences", "sent", "missing"),
    [
        ((0, 1, 2), 3, []),
        ((0, 3, 4, 6), 7, [(1, 3), (5, 6)]),
        # Also what never arrived again, and nothing that was sent later than asked about.
        ((0, 1), 5, [(2, 5)]),
        ((0, 9), 3, [(1, 3)]),
    ],
)
def test_account_knows_where_packets_are_missing(
    sequences: tuple[int, ...], sent: int, missing: list[tuple[int, int]]
) -> None:
    assert arrived(*sequences).missing(sent) == missing


def test_judge_puts_sender_and_receiver_together() -> None:
    nothing = Account()
    counts = [Count(4, {0: nothing, 1: arrived(0, 1)}), Count(3, {0: arrived(0, 3), 1: nothing})]
    pairs = judge(["a", "b"], [count.sent for count in counts], counts)
    assert [(each.source, each.target, each.sent, each.lost, each.longest_run) for each in pairs] == [
        ("a", "b", 4, 2, 2),
        ("b", "a", 3, 1, 1),
    ]


def test_report_sums_pairs_and_takes_the_longest_run() -> None:
    counts = [Count(9, {1: arrived(*range(9))}), Count(9, {0: arrived(0, 8)})]
    report = Report(judge(["a", "b"], [9, 9], counts), 0.002, running=False, started=1.5)
    assert {key: report.as_json()[key] for key in ("sent", "lost", "longest_run")} == {
        "sent": 18,
        "lost": 7,
        "longest_run": 7,
    }
    assert [pair["gaps"] for pair in report.as_json()["pairs"]] == [[[0.002, 0.016]], []]
    assert table(report.as_json()).splitlines() == [
        "FROM  TO  SENT  LOST  LONGEST RUN",
        "a     b      9     7            7",
        "b     a      9     0            0",
        "all         18     7            7",
    ]


def test_many_pods_send_less_often() -> None:
    assert pace(4) == 0.001
    assert 51 * 50 / pace(51) == pytest.approx(MOST_PER_SECOND)
