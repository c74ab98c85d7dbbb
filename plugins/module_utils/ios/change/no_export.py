# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NO_EXPORT on what comes from the nodes: a route-map of our own, inbound at the group.

It keeps what they announce from neighbours of another AS, whatever their filters do; from others it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..config.filters import RouteMapEntry
from . import reasons
from .order import Draft
from .ownership import Ownership
from .removal import remove_map

#: All that the route-map says.
ENTRY = RouteMapEntry(10, "permit", sets=("community no-export additive",))


def map_name(group: str) -> str:
    """The route-map of a peer-group.

    >>> map_name("CALICO")
    'CALICO-NO-EXPORT'
    """
    return f"{group}-NO-EXPORT"


def map_lines(name: str) -> list[str]:
    """The lines that make it."""
    return [f"route-map {name} {ENTRY.action} {ENTRY.seq}", *(f"set {words}" for words in ENTRY.sets)]


def is_there(owned: Ownership) -> bool:
    """Whether the router has the route-map, as it is to be."""
    return owned.have.filters.route_maps.get(map_name(owned.want.group)) == (ENTRY,)


def plan_map(owned: Ownership, draft: Draft, *, grouped: bool) -> None:
    """Make the route-map before the group uses it, or take it away behind."""
    if not owned.want.no_export or not grouped:
        take_away(owned, draft)
    elif not is_there(owned):
        for line in map_lines(map_name(owned.want.group)):
            draft.put(draft.top, line, reasons.NO_EXPORT)
        draft.top.append("exit")


def take_away(owned: Ownership, draft: Draft) -> None:
    """Take the route-map away where nobody else uses it."""
    if is_there(owned):
        remove_map(owned, draft, map_name(owned.want.group))


def refused(owned: Ownership) -> Iterator[str]:
    """Where somebody's route-map stands in the way of ours, as sentences."""
    name, group = map_name(owned.want.group), owned.want.group
    if not owned.want.no_export:
        return
    used = str(owned.group_policy.settings.get("route_map_in", ""))
    if used not in ("", name):
        yield (
            f"Peer-group {group} has route-map {used} in, in whose place cisco_rr_no_export would put {name}:"
            " set the community in that one by hand (set community no-export additive) and leave"
            " cisco_rr_no_export off, or take it off the group."
        )
    if owned.have.filters.route_maps.get(name) and not is_there(owned):
        yield (
            f"Route-map {name} is there and says something else: take it away, or choose another"
            " cisco_rr_peer_group."
        )
