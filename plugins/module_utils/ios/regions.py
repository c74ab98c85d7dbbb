# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of IPv4 prefixes: all inside a network whose length lies between two bounds."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..model.family import IPV4

#: More pieces than this are not counted any further: ValueError. Filters that cut the planned prefixes so
#: finely are for people to read.
MOST = 4096


@dataclass(frozen=True)
class Region:
    """All prefixes inside a network, `base` as a number and its `length`, that are `low` to `high` long.

    `low` is the network's length at the least.
    """

    base: int
    length: int
    low: int
    high: int

    def __str__(self) -> str:
        """As a prefix-list has it.

        >>> str(region("10.244.0.0/16", 26, 32)), str(region("10.96.0.0/12"))
        ('10.244.0.0/16 ge 26 le 32', '10.96.0.0/12')
        """
        words = [f"{ipaddress.IPv4Address(self.base)}/{self.length}"]
        words += [f"ge {self.low}"] if self.low > self.length else []
        words += [f"le {self.high}"] if self.high > self.length else []
        return " ".join(words)


def region(cidr: str, low: int | None = None, high: int | None = None) -> Region:
    """The prefixes inside `cidr`, without host bits, of these lengths; its own alone where none are given."""
    network = ipaddress.IPv4Network(cidr, strict=False)
    length = network.prefixlen
    least = length if low is None else max(low, length)
    return Region(int(network.network_address), length, least, length if high is None else high)


def _holds(outer: Region, inner: Region) -> bool:
    """Whether the network of the one holds that of the other."""
    return outer.length <= inner.length and not (outer.base ^ inner.base) >> (IPV4.longest - outer.length)


def common(one: Region, other: Region) -> Region | None:
    """What is in both."""
    if not (_holds(one, other) or _holds(other, one)):
        return None
    narrow = one if one.length >= other.length else other
    low, high = max(one.low, other.low, narrow.length), min(one.high, other.high)
    return Region(narrow.base, narrow.length, low, high) if low <= high else None


def without(one: Region, other: Region) -> Iterator[Region]:
    """What is in the one and not in the other.

    >>> [str(each) for each in without(region("10.0.0.0/8", 8, 9), region("10.0.0.0/9"))]
    ['10.128.0.0/9', '10.0.0.0/8']
    """
    shared = common(one, other)
    if shared is None:
        yield one
        return
    for length in range(one.length + 1, shared.length + 1):
        # The half of each larger network that does not hold the shared one, and that network itself.
        bit = 1 << (IPV4.longest - length)
        yield from _lengths(shared.base // bit * bit ^ bit, length, max(one.low, length), one.high)
        whole = shared.base // (2 * bit) * (2 * bit)
        if one.low <= length - 1 <= one.high:
            yield Region(whole, length - 1, length - 1, length - 1)
    least = max(one.low, shared.length)
    yield from _lengths(shared.base, shared.length, least, shared.low - 1)
    yield from _lengths(shared.base, shared.length, max(least, shared.high + 1), one.high)


def _lengths(base: int, length: int, low: int, high: int) -> Iterator[Region]:
    if low <= high:
        yield Region(base, length, low, high)


def split(regions: Iterable[Region], others: Iterable[Region]) -> tuple[list[Region], list[Region]]:
    """What of the regions is in any of the others, and what is in none.

    Raises:
        ValueError: too many pieces.
    """
    hit: list[Region] = []
    left = list(regions)
    for other in others:
        rest: list[Region] = []
        for one in left:
            shared = common(one, other)
            if shared is None:
                rest.append(one)
                continue
            hit.append(shared)
            rest += without(one, other)
        left = rest
        if len(hit) + len(left) > MOST:
            raise ValueError(f"more than {MOST} pieces")
    return hit, left
