# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several rounds say: a spread, and whether two paths can be told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

#: The least share of cases in which an interval has to contain the true median.
CONFIDENCE = 0.95
#: With fewer pairs not even the lowest and the highest reach it.
FEWEST = 6
MORE, LESS, HIDDEN, TOO_FEW = "more", "less", "hidden", "too few"


@dataclass(frozen=True)
class Spread:
    """Median of `count` values, the lowest and the highest."""

    median: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Ratio:
    """One path's values over another's, round by round: median of the ratios, and its confidence interval.

    `low`, `high` and `coverage` (the confidence reached, at least CONFIDENCE) are None where there are too
    few rounds, `median` too where there is none. `verdict`: `more` or `less` where the interval leaves out 1,
    `hidden` where it contains it (the spread hides any difference), else `too few`.
    """

    verdict: str
    rounds: int
    median: float | None
    low: float | None
    high: float | None
    coverage: float | None


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    return Spread(median(values), min(values), max(values), len(values))


def compare(of: Mapping[int, float], against: Mapping[int, float]) -> Ratio:
    """`of` over `against`, by round: two values of one round make a pair; pairs with a 0 are left out.

    Pairs of one round were taken within seconds, so what slows the whole machine down strikes both. The
    interval of the median is that of the sign test, from order statistics: it holds for every distribution
    (Conover, Practical Nonparametric Statistics, 3.2; Hollander & Wolfe, Nonparametric Statistical Methods,
    3.6). It is for one comparison: of twenty with nothing to find, one may still look like a difference.
    """
    rounds = [number for number in sorted(of) if of[number] > 0 and against.get(number, 0) > 0]
    ratios = sorted(of[number] / against[number] for number in rounds)
    rank, coverage = order_rank(len(ratios))
    if not rank:
        return Ratio(TOO_FEW, len(ratios), median(ratios) if ratios else None, None, None, None)
    low, high = ratios[rank - 1], ratios[-rank]
    return Ratio(_verdict(low, high), len(ratios), median(ratios), low, high, coverage)


def _verdict(low: float, high: float) -> str:
    if low > 1:
        return MORE
    return LESS if high < 1 else HIDDEN


def order_rank(count: int, confidence: float = CONFIDENCE) -> tuple[int, float]:
    """Which of `count` values, counted from either end, bound the median, and how surely.

    The largest rank whose interval still covers the median with `confidence`; rank 0 where none does.

    >>> order_rank(5)
    (0, 0.0)
    >>> order_rank(6)
    (1, 0.96875)
    >>> order_rank(9)
    (2, 0.9609375)
    """
    rank, reached, beyond = 0, 0.0, 0.0
    for below in range(count // 2):
        beyond += math.comb(count, below) / 2**count
        if 1 - 2 * beyond < confidence:
            break
        rank, reached = below + 1, 1 - 2 * beyond
    return rank, reached
