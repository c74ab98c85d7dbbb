# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a router has next to what it shall be, and whose each neighbour, group and list is.

Ours are the peer-group of the intent, its prefix-list, and neighbours whose description is tagged for this
cluster. A neighbour of a node that is left out for now is kept, and nobody else's. All else is others'.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Container, Iterator

from ...model.family import IPV4, Family
from ..config.filters import RouteMapEntry
from ..config.neighbor import Neighbor, Policy
from ..config.prefix_list import PrefixRule, named_in
from ..config.records import ROUTER, BgpProcess, RunningConfig
from ..config.values import ListenRange
from ..text import address_or_none
from .intent import ReflectorIntent, tag, tagged_cluster
from .order import listed


class Ownership:
    """Questions about what a router has and what is wanted; nothing in here changes.

    Attributes:
        have, want: what the router has, and what it shall be.
        family: the address family of the sessions.
        bgp: the process of the router; one without anything where it runs none.
        clients, partners: the planned clients, and the other reflectors, by address in one form.
        joined: the addresses of the partners that a session is wanted with.
        group: the peer-group of the intent as the router has it; one without anything where it has none.
        group_policy: its policy in the family.
    """

    def __init__(self, have: RunningConfig, want: ReflectorIntent, family: Family = IPV4) -> None:
        self.have = have
        self.want = want
        self.family = family
        self.bgp = have.bgp if have.bgp is not None else BgpProcess(want.asn, str(want.asn))
        self.clients = {address_or_none(client.address) or client.address: client for client in want.clients}
        self.group = self.bgp.neighbors.get(want.group, Neighbor(want.group, "peer-group"))
        self.group_policy = self.group.policy(family)
        self.partners = {address_or_none(found.address) or found.address: found for found in want.partners}
        self.joined = {address_or_none(found.address) or found.address for found in want.joined}
        self._spared = {client.address for client in want.spared}
        self._spared_tags = {tag(want.cluster, client.node) for client in want.spared}
        self._ranges = [(ipaddress.ip_network(found.prefix), found) for found in self.bgp.listen_ranges]

    def is_ours(self, neighbor: Neighbor) -> bool:
        """Whether its description is tagged for this cluster."""
        return tagged_cluster(neighbor.description) == self.want.cluster

    def made_by_hand(self) -> list[str]:
        """The addresses of clients that the router may have a session with already, by no line of ours."""
        neighbors = self.bgp.neighbors
        return [
            address
            for address in self.clients
            if (address in neighbors and not self.is_ours(neighbors[address]))
            or (address not in neighbors and self.listening_for(address) is not None)
        ]

    def is_of_cluster(self, neighbor: Neighbor) -> bool:
        """Whether it is a client, a partner, or the neighbour of a node that is left out for now."""
        return (
            neighbor.name in self.clients
            or neighbor.name in self._spared
            or neighbor.description in self._spared_tags
            or self.is_partner(neighbor)
        )

    def is_partner(self, neighbor: Neighbor) -> bool:
        """Whether it is another reflector of the cluster, in our AS, and no line of ours that is to go."""
        known = neighbor.name in self.partners and self.is_internal(neighbor)
        return known and (neighbor.name in self.joined or not self.is_ours(neighbor))

    def neighbors(self) -> Iterator[Neighbor]:
        """Neighbours of the global table, without groups."""
        return (neighbor for neighbor in self.bgp.neighbors.values() if not neighbor.is_group)

    def sessions(self, removed: Container[str]) -> Iterator[Neighbor]:
        """Neighbours that have a session by configuration, and keep it: all but those removed."""
        return (
            neighbor
            for neighbor in self.neighbors()
            if neighbor.name not in removed and self.has_session(neighbor)
        )

    def has_session(self, neighbor: Neighbor) -> bool:
        """Whether it has one by configuration, in our family or for another."""
        return self.bgp.is_active(neighbor, self.family) or bool(self.families_beside(neighbor))

    def families_beside(self, neighbor: Neighbor) -> tuple[str, ...]:
        """Further address families that it is used in."""
        return neighbor.families_beside(self.family)

    def is_activated(self, neighbor: Neighbor) -> bool:
        """Whether our family is on for it, shut down or not."""
        return self.bgp.is_activated(neighbor, self.family)

    def policy(self, neighbor: Neighbor) -> Policy:
        """Its policy in our family, as configured."""
        return neighbor.policy(self.family)

    def effective_policy(self, neighbor: Neighbor) -> Policy:
        """Its policy in our family, with what it inherits."""
        return self.bgp.effective(neighbor).policy(self.family)

    def is_internal(self, neighbor: Neighbor) -> bool:
        """Whether it is in our AS, or in none yet."""
        return self.bgp.effective(neighbor).remote_as in (None, self.bgp.asn)

    def listening_for(self, address: str) -> ListenRange | None:
        """The listen range that takes connections from this address."""
        number = ipaddress.ip_address(address)
        return next((found for network, found in self._ranges if number in network), None)

    def foreign(self, *, internal_only: bool = False) -> list[str]:
        """Whoever is neither ours nor of the cluster and would feel a line of the process."""
        names = []
        for neighbor in self.neighbors():
            if self.is_of_cluster(neighbor) or self.is_ours(neighbor):
                continue
            if not internal_only or self.is_internal(neighbor):
                names.append(neighbor.name)
        names += [f"listen range {found.prefix}" for found in self.bgp.listen_ranges]
        return names + [
            f"{name} ({', '.join(families)})" for name, families in self.bgp.vrf_neighbors.items()
        ]

    def foreign_sessions(self) -> Iterator[Neighbor]:
        """Neighbours of others that have a session in our family by configuration, with what they inherit.

        A listen range without a client of ours is one of the name `listen range PREFIX`.
        """
        numbers = [ipaddress.ip_address(address) for address in self.clients]
        for neighbor in self.neighbors():
            if not self.is_of_cluster(neighbor) and not self.is_ours(neighbor):
                yield from self._with_session(neighbor)
        for network, found in self._ranges:
            if not any(number in network for number in numbers):
                yield from self._with_session(self.dynamic(found, f"listen range {found.prefix}"))

    def _with_session(self, neighbor: Neighbor) -> Iterator[Neighbor]:
        shown = self.bgp.effective(neighbor)
        if self.bgp.is_active(neighbor, self.family) and (shown.remote_as is not None or shown.templates):
            yield shown

    def dynamic(self, found: ListenRange, name: str) -> Neighbor:
        """The neighbour that a listen range makes; its group decides whether it is active, too."""
        group = self.bgp.neighbors.get(found.group)
        active = self.policy(group).active if group is not None else None
        policies = {} if active is None else {self.family.name: Policy({"active": active})}
        return Neighbor(name, session={"group": found.group}, policies=policies)

    def group_foreign(self) -> list[str]:
        """Members of our group that are not ours."""
        names = [
            member.name
            for member in self.bgp.members(self.want.group)
            if not self.is_of_cluster(member) and not self.is_ours(member)
        ]
        ranges = [found for found in self.bgp.listen_ranges if found.group == self.want.group]
        return names + [f"listen range {found.prefix}" for found in ranges]

    def foreign_list_users(self) -> list[Neighbor]:
        """Neighbours that use our prefix-list and are neither ours nor of the cluster."""
        return [
            neighbor
            for neighbor in self._neighbors_with_list()
            if not self.is_of_cluster(neighbor) and not self.is_ours(neighbor)
        ]

    def list_users(self, *, ungrouped: bool = True) -> list[str]:
        """Who uses our prefix-list and is not ours; `ungrouped` counts neighbours in no group, too.

        A group without members filters nobody.
        """
        name = self.want.prefix_list
        users = [found.name for found in self.foreign_list_users() if ungrouped or found.group is not None]
        for found in self.bgp.listen_ranges:
            group = self.bgp.neighbors.get(found.group)
            users += [f"listen range {found.prefix}"] if group and self.uses_list(self.policy(group)) else []
        users += [line for line in sorted(set(self.bgp.beside(self.family))) if name in named_in(line)]
        users += [line.text for line in self.bgp.lines if not line.known and name in named_in(line.text)]
        uses = list(self.have.prefix_list_uses.get(name, ()))
        if self.has_table_map_entries:
            uses.remove(f"match {self.table_map_entries[0].matches[0]}")
        return users + uses

    @property
    def table_map_name(self) -> str:
        """The route-map of our table-map, as the peer-group says it: `CALICO-TABLE-MAP`."""
        return f"{self.want.group}-TABLE-MAP"

    @property
    def table_map_line(self) -> str:
        """The line of the address family that uses it."""
        return f"table-map {self.table_map_name} filter"

    @property
    def table_map_entries(self) -> tuple[RouteMapEntry, ...]:
        """All that the route-map says: not what our prefix-list permits, but the rest."""
        matches = (f"ip address prefix-list {self.want.prefix_list}",)
        return RouteMapEntry(10, "deny", matches), RouteMapEntry(20, "permit")

    @property
    def has_table_map_entries(self) -> bool:
        """Whether the router has the route-map, as it is to be."""
        return self.have.filters.route_maps.get(self.table_map_name) == self.table_map_entries

    @property
    def table_map(self) -> str:
        """The line with the table-map of our family, whosever it is; "" for none."""
        found = self.bgp.scopes.get(self.family.name, {}).get("table_map", ())
        return f"table-map {found[-1]}" if found else ""

    def uses_list(self, policy: Policy) -> bool:
        """Whether it names our prefix-list."""
        name = self.want.prefix_list
        return bool(name) and name in (policy.prefix_list("in"), policy.prefix_list("out"))

    def needs_group(self) -> bool:
        """Whether the group is there, or a client will be a member; one that is adopted needs none."""
        return self.want.group in self.bgp.neighbors or self.has_members()

    def has_members(self) -> bool:
        """Whether a client is tagged as ours, or will be."""
        return any(
            self.listening_for(address) is None
            if address not in self.bgp.neighbors
            else self.is_ours(self.bgp.neighbors[address])
            for address in self.clients
        )

    @functools.cached_property
    def outside_group(self) -> list[str]:
        """Clients whose sessions are outside our group, and stay there."""
        return [address for address in self.clients if self._group_of(address) != self.want.group]

    def _group_of(self, address: str) -> str | None:
        """The group of a client's session, as it is going to be."""
        neighbor = self.bgp.neighbors.get(address)
        if neighbor is not None:
            return self.want.group if self.is_ours(neighbor) else neighbor.group
        found = self.listening_for(address)
        return self.want.group if found is None else found.group

    @functools.cached_property
    def group_by_hand(self) -> bool:
        """Whether a member of the group was made by hand: then the group may be, too."""
        return any(not self.is_ours(member) for member in self.bgp.members(self.want.group))

    @functools.cached_property
    def list_surplus(self) -> list[PrefixRule]:
        """Rules of our prefix-list that permit more than the intent does."""
        wanted = [rule.meaning for rule in self.want.rules if rule.action == "permit"]
        rules = self.have.prefix_lists.get(self.want.prefix_list, ())
        return [
            rule
            for rule in rules
            if rule.action == "permit" and not any(_covers(one, rule.meaning) for one in wanted)
        ]

    @functools.cached_property
    def list_is_theirs(self) -> bool:
        """Whether the list may be somebody's who chose the same name.

        It permits more than is planned, and only neighbours made by hand use it.
        """
        users = self._neighbors_with_list()
        return bool(users and self.list_surplus) and not any(self.is_ours(one) for one in users)

    @property
    def list_theirs_because(self) -> str:
        """Why it may be, and what to do."""
        name, users = self.want.prefix_list, [one.name for one in self._neighbors_with_list()]
        return (
            f"prefix-list {name} is used by {listed(users)} alone, made by"
            f" hand, and permits more than cluster {self.want.cluster} plans"
            f" ({self.list_surplus[0].line(name)}), so it may be somebody's; choose another"
            " cisco_rr_prefix_list, or take the rule away by hand"
        )

    def _neighbors_with_list(self) -> list[Neighbor]:
        return [one for one in self.neighbors() if self.uses_list(self.effective_policy(one))]

    @functools.cached_property
    def originates(self) -> list[str]:
        """Where routes may come from that are not the clients': other neighbours, lines of the process.

        A line that is not known may be one of those.
        """
        words = (
            "network",
            "redistribute",
            "aggregate-address",
            "default-information",
            "default-originate",
            "bgp inject-map",
        )
        found = (line.rpartition(" / ")[2] for line in sorted(set(self.bgp.beside(self.family))))
        return [
            *self.foreign(),
            *(line for line in found if f"{line} ".startswith(words)),
            *(
                f"neighbor {one.name} default-originate"
                for one in self.bgp.neighbors.values()
                if self.policy(one).default_originate
            ),
            *(
                line.text
                for line in self.bgp.lines
                if not line.known and line.context.partition(" / ")[0] in (ROUTER, self.family.name)
            ),
        ]


def unfiltered(policy: Policy) -> list[str]:
    """Directions in which nothing filters the routes of a neighbour or group."""
    return [direction for direction in ("in", "out") if not policy.filtered(direction)]


def _covers(wide: tuple[str, str, int, int], narrow: tuple[str, str, int, int]) -> bool:
    """Whether a rule (PrefixRule.meaning) matches all that another matches."""
    outer, inner = ipaddress.IPv4Network(wide[1]), ipaddress.IPv4Network(narrow[1])
    return inner.subnet_of(outer) and wide[2] <= narrow[2] and narrow[3] <= wide[3]
