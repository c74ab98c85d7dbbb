# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spread, and what may be called a difference."""

from __future__ import annotations

import doctest
import random
from itertools import pairwise

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate import statistics
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.statistics import (
    HIDDEN,
    LESS,
    MORE,
    TOO_FEW,
    Ratio,
    Spread,
    compare,
    order_rank,
    spread,
)


def by_round(*values: float) -> dict[int, float]:
    return dict(enumerate(values, 1))


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0]) == Spread(2.5, 1.0, 10.0, 4)


def test_doctests() -> None:
    result = doctest.testmod(statistics)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize(
    ("of", "verdict"),
    [
        ((110, 120, 130, 110, 120, 101), MORE),
        ((90, 80, 70, 90, 80, 99), LESS),
        ((90, 120, 130, 110, 120, 110), HIDDEN),
        # The interval touches 1: not told apart.
        ((100, 120, 130, 110, 120, 110), HIDDEN),
        ((110, 120, 130, 110, 120), TOO_FEW),
        ((), TOO_FEW),
    ],
)  # fmt: skip
def test_verdicts(of: tuple[float, ...], verdict: str) -> None:
    assert compare(by_round(*of), dict.fromkeys(range(1, 7), 100)).verdict == verdict


def test_pairs_are_of_one_round() -> None:
    """What slows the machine down in some rounds strikes both, and hides no difference."""
    slow = by_round(10, 100, 20, 80, 40, 60)
    ratio = compare({n: 0.9 * v for n, v in slow.items()}, slow)
    assert (ratio.verdict, ratio.rounds, ratio.coverage) == (LESS, 6, 0.96875)
    assert (ratio.median, ratio.low, ratio.high) == pytest.approx((0.9, 0.9, 0.9))


def test_a_round_without_its_partner_makes_no_pair() -> None:
    of, against = by_round(*[2.0] * 7), {**by_round(*[1.0] * 6), 6: 0.0, 9: 1.0}
    assert compare(of, against) == Ratio(TOO_FEW, 5, 2.0, None, None, None)


def test_outliers_beyond_the_rank_do_not_widen_the_interval() -> None:
    assert compare(by_round(0.1, 2, 3, 4, 5, 6, 7, 8, 90), by_round(*[1.0] * 9)) == Ratio(
        MORE, 9, 5.0, 2.0, 8.0, 0.9609375
    )


def test_the_interval_is_the_narrowest_that_covers_enough() -> None:
    for count in range(6, 60):
        rank, coverage = order_rank(count)
        assert coverage >= 0.95
        assert 1 <= rank <= count / 2
    ranks = [order_rank(count)[0] for count in range(60)]
    assert ranks[:6] == [0] * 6
    assert all(later - earlier in (0, 1) for earlier, later in pairwise(ranks))
    # Table of the binomial with a half: at 20 the 6th and the 15th.
    assert order_rank(20) == pytest.approx((6, 0.95861), abs=1e-5)


@pytest.mark.parametrize("count", [6, 8, 15])
def test_the_interval_covers_the_median_as_often_as_it_says(count: int) -> None:
    """Drawn from a skewed distribution whose median is 1."""
    chance, tries = random.Random(count), 4000
    ones = by_round(*[1.0] * count)
    hits = 0
    for _each in range(tries):
        ratio = compare(by_round(*(chance.lognormvariate(0, 1) for _each in range(count))), ones)
        hits += ratio.verdict == HIDDEN
    assert hits / tries == pytest.approx(order_rank(count)[1], abs=0.012)
