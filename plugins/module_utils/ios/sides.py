# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a router has next to what it shall be, and who is whose.

Ours are the peer-group of the intent, its prefix-list, and neighbours whose description is tagged for this
cluster. All else is others'.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Iterator

from .intent import ReflectorIntent, tagged_cluster
from .records import BgpProcess, ListenRange, Neighbor, RunningConfig
from .text import address_or_none


class Sides:
    """Questions about both sides; nothing in here changes.

    Attributes:
        have, want: the sides.
        bgp: the process of the router; one without anything where it runs none.
        clients: the planned clients by address in one form.
        group: the peer-group of the intent as the router has it; one without anything where it has none.
    """

    def __init__(self, have: RunningConfig, want: ReflectorIntent) -> None:
        self.have = have
        self.want = want
        self.bgp = have.bgp if have.bgp is not None else BgpProcess(want.asn, str(want.asn))
        self.clients = {address_or_none(client.address) or client.address: client for client in want.clients}
        self.group = self.bgp.neighbors.get(want.group, Neighbor(want.group, is_group=True))
        self._ranges = [(ipaddress.ip_network(found.prefix), found) for found in self.bgp.listen_ranges]

    def is_ours(self, neighbor: Neighbor) -> bool:
        """Whether its description is tagged for this cluster."""
        return tagged_cluster(neighbor.description) == self.want.cluster

    def neighbors(self) -> Iterator[Neighbor]:
        """Neighbours of the global table, without groups."""
        return (neighbor for neighbor in self.bgp.neighbors.values() if not neighbor.is_group)

    def sessions(self, removed: Container[str]) -> Iterator[Neighbor]:
        """Neighbours that have a session by configuration, and keep it: all but those removed."""
        return (
            neighbor
            for neighbor in self.neighbors()
            if neighbor.name not in removed and (self.bgp.is_active(neighbor) or neighbor.families)
        )

    def is_activated(self, neighbor: Neighbor) -> bool:
        """Whether IPv4 unicast is on for it, shut down or not."""
        return self.bgp.default_ipv4 if neighbor.active is None else neighbor.active

    def is_internal(self, neighbor: Neighbor) -> bool:
        """Whether it is in our AS, or in none yet."""
        return self.bgp.effective(neighbor).remote_as in (None, self.bgp.asn)

    def listening_for(self, address: str) -> ListenRange | None:
        """The listen range that takes connections from this address."""
        number = ipaddress.ip_address(address)
        return next((found for network, found in self._ranges if number in network), None)

    def foreign(self, *, internal_only: bool = False) -> list[str]:
        """Whoever is neither ours nor a planned client and would feel a line of the process."""
        names = []
        for neighbor in self.neighbors():
            if neighbor.name in self.clients or self.is_ours(neighbor):
                continue
            if not internal_only or self.is_internal(neighbor):
                names.append(neighbor.name)
        names += [f"listen range {found.prefix}" for found in self.bgp.listen_ranges]
        return names + [
            f"{name} ({', '.join(families)})" for name, families in self.bgp.vrf_neighbors.items()
        ]

    def group_foreign(self) -> list[str]:
        """Members of our group that are not ours."""
        names = [
            member.name
            for member in self.bgp.members(self.want.group)
            if member.name not in self.clients and not self.is_ours(member)
        ]
        ranges = [found for found in self.bgp.listen_ranges if found.group == self.want.group]
        return names + [f"listen range {found.prefix}" for found in ranges]

    def list_users(self) -> list[str]:
        """Who uses our prefix-list and is not ours. A group without members filters nobody."""
        name = self.want.prefix_list
        users = [
            neighbor.name
            for neighbor in self.neighbors()
            if self.uses_list(self.bgp.effective(neighbor))
            and neighbor.name not in self.clients
            and not self.is_ours(neighbor)
        ]
        for found in self.bgp.listen_ranges:
            group = self.bgp.neighbors.get(found.group)
            users += [f"listen range {found.prefix}"] if group and self.uses_list(group) else []
        word = f" prefix-list {name} "
        users += [line for line in sorted(self.bgp.extra) if word in f"{line} "]
        return users + list(self.have.prefix_list_uses.get(name, ()))

    def uses_list(self, shown: Neighbor) -> bool:
        """Whether it names our prefix-list."""
        return bool(self.want.prefix_list) and self.want.prefix_list in (shown.prefix_in, shown.prefix_out)

    def needs_group(self) -> bool:
        """Whether the group is there, or a client will be a member; one that is adopted needs none."""
        return self.want.group in self.bgp.neighbors or any(
            self.listening_for(address) is None
            if address not in self.bgp.neighbors
            else self.is_ours(self.bgp.neighbors[address])
            for address in self.clients
        )

    def originates(self) -> list[str]:
        """Where routes may come from that are not the clients': other neighbours, lines of the process."""
        words = ("network", "redistribute", "aggregate-address", "default-information", "bgp inject-map")
        found = (line.rpartition(" / ")[2] for line in sorted(self.bgp.extra))
        return self.foreign() + [line for line in found if f"{line} ".startswith(words)]
