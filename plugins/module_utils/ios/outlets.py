# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which ways out of a router planned prefixes would go to somebody who is neither a node nor a reflector.

A route reflector sends what a client says to every neighbour that has IPv4 unicast: to clients, to other iBGP
neighbours, to those of other AS.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.family import IPV4
from ..model.observation import Outlet
from ..model.plan import Prefix
from . import policy
from .change.intent import tagged_cluster
from .config.neighbor import NO_POLICY, Neighbor
from .config.records import BgpProcess, RunningConfig
from .config.values import RemoteAs
from .regions import Region, common, region

_SHOWN = 3
_UNJUDGED = "too many rules to judge"
_NO_EXPORT = "NO_EXPORT is set on what comes from the nodes"


@dataclass(frozen=True)
class Inside:
    """Who may know the planned prefixes by definition.

    Attributes:
        prefixes: what is planned.
        clients: addresses of the planned nodes.
        others: addresses of nodes that are left out for now, and of the other reflectors.
        cluster: whose neighbours are told by their description.
        group: the peer-group of the plan.
        marked: NO_EXPORT is going to be set in that group.
    """

    prefixes: tuple[Prefix, ...]
    clients: tuple[str, ...]
    others: tuple[str, ...] = ()
    cluster: str = ""
    group: str = ""
    marked: bool = False


def outlets(have: RunningConfig, inside: Inside) -> tuple[Outlet, ...]:
    """Every way out that is not to a node or a reflector, and what of the plan would go there."""
    if have.bgp is None:
        return ()
    asking = _Asking(have, have.bgp, inside)
    return (*asking.neighbors(), *asking.ranges(), *asking.takers())


class _Asking:
    """Questions about one configuration."""

    def __init__(self, have: RunningConfig, bgp: BgpProcess, inside: Inside) -> None:
        self.have, self.bgp, self.inside = have, bgp, inside
        self.family = bgp.scopes.get(IPV4.name, {})
        planned = [p for p in inside.prefixes if IPV4.holds(p.cidr)]
        self.planned = [region(p.cidr, p.ge, p.le) for p in planned]
        whole = [region(p.cidr, None, IPV4.longest) for p in planned]
        self.made_here = [
            own
            for name in ("networks", "aggregates")
            for own in (region(one.prefix) for one in self.family.get(name, ()) if IPV4.holds(one.prefix))
            if any(common(own, each) for each in whole)
        ]
        self.templates = {(one.kind, one.name): one for one in bgp.others if one.kind.startswith("peer-")}

    def neighbors(self) -> Iterator[Outlet]:
        """Neighbours by address."""
        known = {*self.inside.clients, *self.inside.others}
        for neighbor in self.bgp.neighbors.values():
            ours = tagged_cluster(neighbor.description) == self.inside.cluster
            if not neighbor.is_group and not ours and neighbor.name not in known:
                yield from self._outlet("neighbor", neighbor.name, neighbor)

    def ranges(self) -> Iterator[Outlet]:
        """Listen ranges without a node in them."""
        addresses = [ipaddress.ip_address(address) for address in self.inside.clients]
        for found in self.bgp.listen_ranges:
            network = ipaddress.ip_network(found.prefix)
            if not any(address in network for address in addresses):
                group = self.bgp.neighbors.get(found.group, Neighbor(found.group, "peer-group"))
                session = {**group.session, "group": found.group}
                made = Neighbor(found.prefix, session=session, policies=group.policies)
                yield from self._outlet("listen range", found.prefix, made)

    def takers(self) -> Iterator[Outlet]:
        """Processes that take routes out of BGP: those of iBGP only where somebody lets them."""
        internal = bool(self.family.get("redistribute_internal"))
        for taker in self.have.filters.takers:
            filters = [policy.route_map(self.have, taker.route_map)] if taker.route_map else []
            if taker.name.startswith("vrf "):
                yield _made("", taker.name, None, self._safely(filters, self.planned), taker.line)
            elif internal:
                how = f"{taker.line}, with bgp redistribute-internal"
                yield _made("", taker.name, None, self._safely(filters, self.planned), how)
            else:
                yield Outlet("", taker.name, None, (), True, "routes of iBGP are not redistributed")

    def _outlet(self, kind: str, name: str, neighbor: Neighbor) -> Iterator[Outlet]:
        """The way out to one neighbour; none where it has no session in IPv4 unicast by configuration."""
        sessions = [neighbor, *self._parents(neighbor)]
        remote = next((one.session["remote_as"] for one in sessions if "remote_as" in one.session), None)
        unknown = self._missing(neighbor.session.get("inherits", ()), "peer-session")
        is_shut = any(one.shutdown for one in sessions)
        if is_shut or not self.bgp.is_active(neighbor, IPV4) or (remote is None and not unknown):
            return
        filters = list(self._filters(neighbor))
        asn = remote.number if remote else None
        if self._is_external(remote) and not self._unmarked():
            sends = self._safely(filters, self.made_here)
            yield _made(kind, name, asn, sends, "nothing filters what is sent", _NO_EXPORT)
            return
        sends = self._safely(filters, [*self.planned, *self.made_here])
        yield _made(kind, name, asn, sends, "nothing filters what is sent", "filters deny it")

    def _safely(self, filters: Sequence[policy.Filter], regions: Sequence[Region]) -> list[policy.Passage]:
        try:
            return policy.chained(filters, regions)
        except ValueError:
            return [policy.Passage(tuple(regions), False, _UNJUDGED)]

    def _parents(self, neighbor: Neighbor) -> Iterator[Neighbor]:
        """The peer-group, and the session templates of both."""
        group = self.bgp.neighbors.get(neighbor.group or "")
        owners = [neighbor, *([group] if group else [])]
        yield from owners[1:]
        for owner in owners:
            yield from self._inherited(owner.session.get("inherits", ()), "peer-session")

    def _inherited(self, names: Iterable[str], kind: str, seen: tuple[str, ...] = ()) -> Iterator[Neighbor]:
        """The templates of these names, and those that they inherit."""
        for name in names:
            found = self.templates.get((kind, name))
            if found is None or name in seen:
                continue
            yield found
            yield from self._inherited(_named(found, kind), kind, (*seen, name))

    def _missing(self, names: Iterable[str], kind: str) -> list[str]:
        return [name for name in names if (kind, name) not in self.templates]

    def _filters(self, neighbor: Neighbor) -> Iterator[policy.Filter]:
        """Everything that filters what a neighbour is sent; a route has to pass all of it."""
        settings = self.bgp.effective(neighbor).policies.get(IPV4.name, NO_POLICY).settings
        names = [one.name for one in settings.get("inherits", ())]
        templates = [
            one.policies.get("", NO_POLICY).settings for one in self._inherited(names, "peer-policy")
        ]
        for kind in ("prefix_list_out", "distribute_list_out", "filter_list_out", "route_map_out"):
            # The neighbour's own word counts, and of templates the last one.
            given = [settings[kind]] if kind in settings else [one[kind] for one in templates if kind in one]
            if len(set(given)) > 1:
                yield policy.unsure(f"templates {', '.join(names)} say different things of {_words(kind)}")
            elif given:
                yield self._filter(kind, str(given[0]))
        if "advertise_map" in settings:
            yield policy.unsure("advertise-map is not judged")
        for text in self.family.get("distribute_list", ()):
            yield from self._of_process(text.split())

    def _filter(self, kind: str, name: str) -> policy.Filter:
        if kind == "prefix_list_out":
            return policy.prefix_list(self.have, name)
        if kind == "route_map_out":
            return policy.route_map(self.have, name)
        if kind == "distribute_list_out":
            return policy.access_list(self.have, name)
        return policy.unsure(f"filter-list {name} looks at AS paths, which are not judged")

    def _of_process(self, words: Sequence[str]) -> Iterator[policy.Filter]:
        """`distribute-list NAME out` or `distribute-list prefix NAME out` of the address family."""
        if words[-1] == "out" and words[0] == "prefix" and len(words) == 3:
            yield policy.prefix_list(self.have, words[1])
        elif words[-1] == "out" and len(words) == 2:
            yield policy.access_list(self.have, words[0])

    def _is_external(self, remote: RemoteAs | None) -> bool:
        """Whether NO_EXPORT keeps a route from it; inside a confederation it does not."""
        if remote is None or "confederation_identifier" in self.bgp.scopes.get("router", {}):
            return False
        return self.bgp.asn not in (remote.number, *remote.alternates)

    def _unmarked(self) -> list[str]:
        """Nodes and reflectors whose routes come without NO_EXPORT.

        Whether another reflector sends the community along, only its own configuration tells.
        """
        neighbors = self.bgp.neighbors
        others = [a for a in self.inside.others if a in neighbors and self.bgp.is_active(neighbors[a], IPV4)]
        return [address for address in (*self.inside.clients, *others) if not self._is_marked(address)]

    def _is_marked(self, address: str) -> bool:
        neighbor = self.bgp.neighbors.get(address) or self._dynamic(address)
        if self.inside.marked and (neighbor is None or neighbor.group == self.inside.group):
            return True
        if neighbor is None:
            return False
        settings: Any = self.bgp.effective(neighbor).policies.get(IPV4.name, NO_POLICY).settings
        return policy.keeps_inside(self.have, str(settings.get("route_map_in", "")))

    def _dynamic(self, address: str) -> Neighbor | None:
        number = ipaddress.ip_address(address)
        for found in self.bgp.listen_ranges:
            if number in ipaddress.ip_network(found.prefix):
                return Neighbor(address, session={"group": found.group})
        return None


def _named(template: Neighbor, kind: str) -> list[str]:
    """The templates that a template inherits."""
    if kind == "peer-session":
        return list(template.session.get("inherits", ()))
    return [one.name for one in template.policies.get("", NO_POLICY).settings.get("inherits", ())]


def _words(kind: str) -> str:
    return kind.removesuffix("_out").replace("_", "-")


def _made(
    kind: str, name: str, asn: int | None, found: Sequence[policy.Passage], unfiltered: str, closed: str = ""
) -> Outlet:
    """An outlet out of what is let through; sure where some of it is."""
    ranked = sorted((each for each in found if each.regions), key=lambda each: not each.sure)
    if not ranked:
        return Outlet(kind, name, asn, (), True, closed or "filters deny it")
    texts = dict.fromkeys(str(each) for passage in ranked for each in passage.regions)
    return Outlet(kind, name, asn, tuple(texts)[:_SHOWN], ranked[0].sure, ranked[0].reason or unfiltered)
