# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of ours goes away, and what stays because others still use it."""

from __future__ import annotations

from collections.abc import Container

from ...model.family import Family
from ..config.neighbor import Neighbor
from ..config.process_statements import PROCESS
from ..config.records import ROUTER, Line
from . import reasons
from .order import Draft, listed, mark
from .ownership import Ownership

PARTNER = (
    "it is a session with another reflector that nothing asks for any more, and may carry the routes between"
    " nodes of the two; take it away by hand where nothing needs it"
)
# Settings of the process that a plan may ask for; what begins with `no` is none of them.
_OF_A_PLAN = (
    "cluster_id",
    "log_neighbor_changes",
    "graceful_restart_enabled",
    "restart_time",
    "stalepath_time",
)


def remove_neighbor(owned: Ownership, draft: Draft, neighbor: Neighbor, why: str) -> bool:
    """Take a neighbour away; False where another address family needs it."""
    line = f"no neighbor {neighbor.name}"
    families = owned.families_beside(neighbor)
    if families:
        draft.withhold(line, f"it is also used in address family {', '.join(families)}; remove it by hand")
        return False
    draft.put(draft.gone, line, why)
    draft.leaving[neighbor.name] = None
    draft.removed[neighbor.name] = None
    return True


def remove_stale(owned: Ownership, draft: Draft) -> None:
    """Take away members of ours whose node is gone; one that is left out for now keeps its session.

    One of ours in no group is a session with another reflector, and stays: it may carry the only routes
    between nodes of the two.
    """
    for neighbor in owned.neighbors():
        if not owned.is_ours(neighbor) or owned.is_of_cluster(neighbor):
            continue
        if neighbor.group is None:
            draft.withhold(f"no neighbor {neighbor.name}", PARTNER)
        else:
            remove_neighbor(owned, draft, neighbor, reasons.NO_CLIENT)


def release_client(owned: Ownership, draft: Draft, neighbor: Neighbor) -> None:
    """Leave a client or a partner made by hand as it is, but for the use of our prefix-list."""
    if neighbor.name not in owned.partners:
        draft.adopted.append(neighbor.name)
    for direction in ("in", "out"):
        shown = owned.policy(neighbor).prefix_list(direction)
        if owned.want.prefix_list and shown == owned.want.prefix_list and not owned.list_is_theirs:
            line = f"no neighbor {neighbor.name} prefix-list {shown} {direction}"
            draft.put(draft.family, line, reasons.ROLLED_BACK)
            mark(draft.soft_clear, [neighbor])
            draft.released[neighbor.name] = None


def emptied_groups(owned: Ownership, draft: Draft) -> list[str]:
    """Groups of ours under an earlier name: every member was tagged for this cluster, and all leave."""
    staying = {found.group for found in owned.bgp.listen_ranges}
    left: dict[str, None] = {}
    for neighbor in owned.neighbors():
        if neighbor.group is None or neighbor.group == owned.want.group:
            continue
        if neighbor.name in draft.leaving:
            left[neighbor.group] = None
        else:
            staying.add(neighbor.group)
    known = owned.bgp.neighbors
    return [
        name
        for name in left
        if name not in staying and name in known and not owned.families_beside(known[name])
    ]


def nothing_left(owned: Ownership, draft: Draft) -> bool:
    """Whether the process has nothing but what is ours, its lines that a plan may ask for included.

    Only a text that was understood as a whole can tell.
    """
    bgp = owned.have.bgp
    if bgp is None or _remaining(owned, draft) or owned.have.unread:
        return False
    ours = {owned.want.group, *emptied_groups(owned, draft), *draft.removed}
    return all(_is_ours(line, ours, owned.family) or _is_table_map(owned, line) for line in bgp.lines)


def _is_table_map(owned: Ownership, line: Line) -> bool:
    """Whether a line uses our table-map."""
    return owned.has_table_map_entries and line.statements == (owned.table_map_line,)


def _is_ours(line: Line, owners: Container[str], family: Family) -> bool:
    """Whether a line goes with these owners, is one that a plan may ask for, or says nothing."""
    if line.owner:
        return line.owner in owners and line.context in (ROUTER, family.name)
    return line.known and (not line.statements or (line.context == ROUTER and _is_of_a_plan(line)))


def _is_of_a_plan(line: Line) -> bool:
    return all(
        not one.startswith("no ") and PROCESS.find(one)[0].name in _OF_A_PLAN for one in line.statements
    )


def remove_group(owned: Ownership, draft: Draft) -> bool:
    """Take the group away; False where others still use it."""
    line = f"no neighbor {owned.want.group} peer-group"
    users = [found.name for found in _remaining(owned, draft) if found.group == owned.want.group]
    users += [
        f"listen range {found.prefix}" for found in owned.bgp.listen_ranges if found.group == owned.want.group
    ]
    users += [f"address family {name}" for name in owned.families_beside(owned.group)]
    if users:
        draft.withhold(line, f"it still carries {listed(users)}, which are not ours")
        return False
    draft.put(draft.gone, line, reasons.ROLLED_BACK)
    return True


def remove_list(owned: Ownership, draft: Draft, group_goes: bool) -> None:
    """Take the prefix-list away where nobody uses it any more."""
    name, command = owned.want.prefix_list, f"no {owned.family.prefix_list} {owned.want.prefix_list}"
    if name not in owned.have.prefix_lists:
        return
    if owned.list_is_theirs:
        draft.withhold(command, owned.list_theirs_because)
        return
    users = owned.list_users() + [
        found.name
        for found in _remaining(owned, draft)
        if owned.uses_list(owned.policy(found))
        and found.name not in draft.released
        and (owned.is_of_cluster(found) or owned.is_ours(found))
    ]
    users += [] if group_goes else [f"peer-group {owned.want.group}"]
    if users:
        draft.withhold(command, f"it is still used by {listed(users)}")
        return
    draft.put(draft.tail, command, reasons.ROLLED_BACK)


def remove_map(owned: Ownership, draft: Draft, name: str) -> None:
    """Take a route-map of ours away where nobody uses it but our group and our table-map."""
    ours = (owned.want.group, owned.table_map_line)
    users = [
        line.owner or line.text
        for line in owned.bgp.lines
        if f"-map {name} " in f"{line.text} " and (line.owner or line.text) not in ours
    ]
    if users:
        draft.withhold(f"no route-map {name}", f"it is still used by {listed(list(dict.fromkeys(users)))}")
    else:
        draft.put(draft.tail, f"no route-map {name}", reasons.ROLLED_BACK)


def _remaining(owned: Ownership, draft: Draft) -> list[Neighbor]:
    return [found for found in owned.neighbors() if found.name not in draft.removed]
