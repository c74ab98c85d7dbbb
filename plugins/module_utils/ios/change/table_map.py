# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table-map that keeps the planned prefixes out of the router's own routing table.

It still reflects them, and forwards no packet to a pod any more: for a router that is no node's way.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import reasons
from .order import Draft, listed
from .ownership import Ownership
from .removal import remove_map

_ANEW = "`clear ip bgp ipv4 unicast table-map` does that, where the release has it"


def plan_table_map(owned: Ownership, draft: Draft, *, process_wide: bool) -> None:
    """Define the route-map and use it, or take both away; withheld while neighbours of others are there."""
    if not owned.want.table_map:
        take_away(owned, draft, reasons.TABLE_MAP_OFF)
        return
    why = _waits_for(owned, process_wide=process_wide)
    if why:
        draft.withhold(owned.table_map_line, why)
        return
    if not owned.has_table_map_entries:
        for entry in owned.table_map_entries:
            head = f"route-map {owned.table_map_name} {entry.action} {entry.seq}"
            draft.put(draft.top, head, reasons.TABLE_MAP)
            for words in entry.matches:
                draft.put(draft.top, f"match {words}", reasons.TABLE_MAP)
            draft.top.append("exit")
    if owned.table_map != owned.table_map_line:
        draft.put(draft.policy, owned.table_map_line, reasons.TABLE_MAP)
        draft.notices.append(
            f"{owned.table_map_line}: routes to pods that are in the router's routing table already may stay"
            f" there until it is filled anew; {_ANEW}"
        )


def filters_by_list(owned: Ownership, *, process_wide: bool) -> bool:
    """Whether it is wanted and nothing withholds it, so that our prefix-list has to be there."""
    return owned.want.table_map and not _waits_for(owned, process_wide=process_wide)


def take_away(owned: Ownership, draft: Draft, why: str, *, process_goes: bool = False) -> None:
    """Take the line and its route-map away where they are ours; with the process the line goes by itself."""
    name, is_used = owned.table_map_name, owned.table_map == owned.table_map_line
    if not owned.has_table_map_entries and name in owned.have.filters.route_maps:
        if is_used:
            draft.withhold(
                f"no {owned.table_map_line}",
                f"route-map {name} says something else than ours; take both off by hand",
            )
        return
    if is_used and not process_goes:
        draft.put(draft.policy, f"no {owned.table_map_line}", why)
        draft.notices.append(
            f"no {owned.table_map_line}: routes to pods may come into the router's routing table only when it"
            f" is filled anew; {_ANEW}"
        )
    if owned.has_table_map_entries:
        remove_map(owned, draft, name)


def refused(owned: Ownership) -> Iterator[str]:
    """What has to be said or cleared first, as sentences."""
    want, name = owned.want, owned.table_map_name
    if not want.table_map:
        return
    if not want.off_path:
        yield (
            "cisco_rr_table_map keeps routes to pods out of the router's routing table: packets to pods, of"
            " nodes or of others, that come to the router would find no route there. Set cisco_rr_off_path:"
            " true where none come, or leave cisco_rr_table_map off."
        )
    if not want.prefix_list:
        yield (
            "cisco_rr_table_map filters by the prefix-list of the cluster, and cisco_rr_prefix_list is"
            " empty: give it a name, or leave cisco_rr_table_map off."
        )
    if owned.table_map not in ("", owned.table_map_line):
        yield (
            f"Address family {owned.family.name} has `{owned.table_map}`, in whose place cisco_rr_table_map"
            f" would put {owned.table_map_line}: deny the prefixes in its route-map by hand and leave"
            " cisco_rr_table_map off, or take it off."
        )
    if name in owned.have.filters.route_maps and not owned.has_table_map_entries:
        yield (
            f"Route-map {name} is there and says something else: take it away, or choose another"
            " cisco_rr_peer_group."
        )
    if owned.bgp.scopes.get(owned.family.name, {}).get("suppress_inactive"):
        yield (
            f"Address family {owned.family.name} has bgp suppress-inactive, by which the router passes on"
            " no route that is not in its routing table: take that off, or leave cisco_rr_table_map off."
        )


def _waits_for(owned: Ownership, *, process_wide: bool) -> str:
    """Why it is not sent, "" where it is, or is there already."""
    if owned.table_map == owned.table_map_line:
        return ""
    if owned.list_is_theirs:
        return owned.list_theirs_because
    others = [] if process_wide else [one.name for one in owned.foreign_sessions()]
    return (
        f"it is for the routes of all neighbours of the process, also of {listed(others)};"
        " allow process-wide lines when the router may lose its routes to pods"
        if others
        else ""
    )
