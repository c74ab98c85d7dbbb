# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which prefixes filters of IOS let through, and by which words.

What cannot be told by the prefix alone (communities, AS paths, extended access lists) may be let through. So
may what nobody defined: IOS takes an undefined prefix-list or access list for one that permits everything. It
sends nothing by an undefined route-map (batfish/batfish #6523), but everything that the first line of it
permits once somebody types it, so that is no filter to rely on.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..model.family import IPV4
from .config.filters import AccessRule, RouteMapEntry
from .config.prefix_list import PrefixRule
from .config.records import RunningConfig
from .regions import Region, region, split

_BY_PREFIX_LIST = "ip address prefix-list "
_BY_ACCESS_LIST = "ip address "
#: Communities that keep a route from neighbours of another AS (RFC 1997).
_KEEPING = ("no-export", "no-advertise", "local-as", "local-AS")


@dataclass(frozen=True)
class Passage:
    """What a filter lets through, by which words, and whether that is sure."""

    regions: tuple[Region, ...]
    sure: bool = True
    reason: str = ""


Filter = Callable[[Sequence[Region]], Iterator[Passage]]


def chained(filters: Iterable[Filter], regions: Iterable[Region]) -> list[Passage]:
    """What all filters together let through.

    Raises:
        ValueError: they cut the regions too finely.
    """
    found = [Passage(tuple(regions))]
    for each in filters:
        found = [
            Passage(after.regions, before.sure and after.sure, _both(before.reason, after.reason))
            for before in found
            for after in each(before.regions)
            if after.regions
        ]
    return found


def _both(one: str, other: str) -> str:
    return f"{one}, and {other}" if one and other else one or other


def prefix_list(have: RunningConfig, name: str) -> Filter:
    """A prefix-list as a filter: the first rule that matches decides, and what none matches is denied."""
    start = f"{IPV4.prefix_list} {name} "
    if any(line.text.startswith(start) for line in have.unread):
        return unsure(f"prefix-list {name} has a rule that is not understood")
    return lambda regions: _prefix_list(name, have.prefix_lists.get(name, ()), regions)


def unsure(reason: str) -> Filter:
    """A filter of which nobody knows what it lets through."""

    def through(regions: Sequence[Region]) -> Iterator[Passage]:
        yield Passage(tuple(regions), False, reason)

    return through


def _prefix_list(name: str, rules: Sequence[PrefixRule], regions: Sequence[Region]) -> Iterator[Passage]:
    if not rules:
        yield Passage(tuple(regions), True, f"prefix-list {name} is not defined, which permits everything")
    left = list(regions)
    for rule in rules:
        action, network, low, high = rule.meaning
        hit, left = split(left, [region(network, low, high)])
        if hit and action == "permit":
            yield Passage(tuple(hit), True, f"prefix-list {name} permits {_rule(rule)}")


def _rule(rule: PrefixRule) -> str:
    words = replace(rule, seq=None).line("").partition(f" {rule.action} ")[2]
    return words if rule.seq is None else f"{words} at seq {rule.seq}"


def access_list(have: RunningConfig, name: str) -> Filter:
    """A standard access list as a filter: of a prefix it looks at the address alone."""
    return lambda regions: _access_list(name, have.filters.access_lists.get(name, ()), regions)


def _access_list(name: str, rules: Sequence[AccessRule], regions: Sequence[Region]) -> Iterator[Passage]:
    if not rules:
        yield Passage(tuple(regions), True, f"access list {name} is not defined, which permits everything")
    left = list(regions)
    for rule in rules:
        permits = rule.action == "permit"
        if rule.prefix:
            hit, left = split(left, _of_addresses(rule.prefix))
            if hit and permits:
                yield Passage(tuple(hit), True, f"access list {name} has {rule.text}")
        elif permits and left:
            yield Passage(tuple(left), False, f"access list {name} has {rule.text}, which is not judged")


def _of_addresses(prefix: str) -> Iterator[Region]:
    """The prefixes whose address lies inside: those inside, and larger ones that begin there."""
    inner = ipaddress.IPv4Network(prefix)
    yield region(prefix, inner.prefixlen, IPV4.longest)
    for length in range(inner.prefixlen):
        outer = inner.supernet(new_prefix=length)
        if outer.network_address == inner.network_address:
            yield region(str(outer))


def route_map(have: RunningConfig, name: str) -> Filter:
    """A route-map as a filter: the first entry that matches decides, and what none matches is denied."""
    return lambda regions: _route_map(have, name, regions)


def _route_map(have: RunningConfig, name: str, regions: Sequence[Region]) -> Iterator[Passage]:
    entries = have.filters.route_maps.get(name, ())
    if not entries:
        yield Passage(tuple(regions), False, f"route-map {name} is not defined")
    left = list(regions)
    for entry in entries:
        hits = list(_hits(have, entry, left))
        if entry.action == "permit":
            for hit in hits:
                # What is permitted and goes on may still be denied.
                sure, words = hit.sure and not entry.continues, f"route-map {name} permits at {entry.seq}"
                yield Passage(hit.regions, sure, _both(words, hit.reason))
        if not entry.continues:
            for hit in hits:
                left = split(left, hit.regions)[1] if hit.sure else left


def _hits(have: RunningConfig, entry: RouteMapEntry, regions: Sequence[Region]) -> Iterator[Passage]:
    """What an entry matches; that which only other things than the prefix can tell is not sure."""
    lists: list[Filter] = []
    others: list[str] = []
    for match in entry.matches:
        if match.startswith(_BY_PREFIX_LIST):
            lists += [prefix_list(have, name) for name in match[len(_BY_PREFIX_LIST) :].split()]
        elif match.startswith(_BY_ACCESS_LIST):
            lists += [access_list(have, name) for name in match[len(_BY_ACCESS_LIST) :].split()]
        else:
            others.append(match)
    beside = f"match {', match '.join(others)} is not judged" if others else ""
    if not lists:
        found = [Passage(tuple(regions))] if regions else []
    else:
        found = [passage for each in lists for passage in each(regions)]
    for passage in found:
        # A list that nobody defined may match everything, or nothing.
        sure = passage.sure and not others and "not defined" not in passage.reason
        yield Passage(passage.regions, sure, _both(passage.reason, beside))


def keeps_inside(have: RunningConfig, name: str) -> bool:
    """Whether a route-map gives every route that it permits a community that keeps it inside the AS."""
    entries = have.filters.route_maps.get(name, ())
    permits = [entry for entry in entries if entry.action == "permit"]
    return bool(permits) and all(not entry.continues and _marks(entry.sets) for entry in permits)


def _marks(sets: Iterable[str]) -> bool:
    words = [text.split() for text in sets if text.startswith("community ")]
    return any(word in _KEEPING for each in words for word in each[1:])
