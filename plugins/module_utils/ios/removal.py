# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of ours goes away, and what stays because others still use it."""

from __future__ import annotations

from . import reasons
from .draft import Draft, listed, mark
from .records import Neighbor
from .sides import Sides


def remove_neighbor(draft: Draft, neighbor: Neighbor, why: str) -> bool:
    """Take a neighbour away; False where another address family needs it."""
    line = f"no neighbor {neighbor.name}"
    if neighbor.families:
        reason = (
            f"it is also used in address family {', '.join(sorted(neighbor.families))}; remove it by hand"
        )
        draft.withhold(line, reason)
        return False
    draft.put(draft.gone, line, why)
    draft.leaving[neighbor.name] = None
    draft.removed[neighbor.name] = None
    return True


def remove_stale(sides: Sides, draft: Draft) -> None:
    """Take away members of ours whose node is gone; one that is left out for now keeps its session."""
    for neighbor in sides.neighbors():
        if sides.is_ours(neighbor) and not sides.is_of_cluster(neighbor):
            remove_neighbor(draft, neighbor, reasons.NO_CLIENT)


def release_client(sides: Sides, draft: Draft, neighbor: Neighbor) -> None:
    """Leave a client made by hand as it is, but for the use of our prefix-list."""
    draft.adopted.append(neighbor.name)
    for direction, shown in (("in", neighbor.prefix_in), ("out", neighbor.prefix_out)):
        if sides.want.prefix_list and shown == sides.want.prefix_list and not sides.list_is_theirs:
            line = f"no neighbor {neighbor.name} prefix-list {shown} {direction}"
            draft.put(draft.family, line, reasons.ROLLED_BACK)
            mark(draft.soft_clear, [neighbor])
            draft.released[neighbor.name] = None


def emptied_groups(sides: Sides, draft: Draft) -> list[str]:
    """Groups of ours under an earlier name: every member was tagged for this cluster, and all leave."""
    staying = {found.group for found in sides.bgp.listen_ranges}
    left: dict[str, None] = {}
    for neighbor in sides.neighbors():
        if neighbor.group is None or neighbor.group == sides.want.group:
            continue
        if neighbor.name in draft.leaving:
            left[neighbor.group] = None
        else:
            staying.add(neighbor.group)
    known = sides.bgp.neighbors
    return [name for name in left if name not in staying and name in known and not known[name].families]


def nothing_left(sides: Sides, draft: Draft) -> bool:
    """Whether the process has nothing but what is ours."""
    bgp = sides.have.bgp
    if (
        bgp is None
        or _remaining(sides, draft)
        or any(line.startswith("router bgp") for line in sides.have.unknown)
    ):
        return False
    ours = {sides.want.group, *emptied_groups(sides, draft)}
    groups = [found.name for found in bgp.neighbors.values() if found.is_group and found.name not in ours]
    theirs = (groups, bgp.listen_ranges, bgp.vrf_neighbors, bgp.extra, bgp.router_id, bgp.timers)
    return not any(theirs) and bgp.default_ipv4 and bgp.log_changes is not False and not bgp.additional_paths


def remove_group(sides: Sides, draft: Draft) -> bool:
    """Take the group away; False where others still use it."""
    line = f"no neighbor {sides.want.group} peer-group"
    users = [found.name for found in _remaining(sides, draft) if found.group == sides.want.group]
    users += [
        f"listen range {found.prefix}" for found in sides.bgp.listen_ranges if found.group == sides.want.group
    ]
    users += [f"address family {name}" for name in sorted(sides.group.families)]
    if users:
        draft.withhold(line, f"it still carries {listed(users)}, which are not ours")
        return False
    draft.put(draft.gone, line, reasons.ROLLED_BACK)
    return True


def remove_list(sides: Sides, draft: Draft, group_goes: bool) -> None:
    """Take the prefix-list away where nobody uses it any more."""
    name = sides.want.prefix_list
    if name not in sides.have.prefix_lists:
        return
    if sides.list_is_theirs:
        draft.withhold(f"no ip prefix-list {name}", sides.list_theirs_because)
        return
    users = sides.list_users() + [
        found.name
        for found in _remaining(sides, draft)
        if sides.uses_list(found)
        and found.name not in draft.released
        and (sides.is_of_cluster(found) or sides.is_ours(found))
    ]
    users += [] if group_goes else [f"peer-group {sides.want.group}"]
    if users:
        draft.withhold(f"no ip prefix-list {name}", f"it is still used by {listed(users)}")
        return
    draft.put(draft.tail, f"no ip prefix-list {name}", reasons.ROLLED_BACK)


def _remaining(sides: Sides, draft: Draft) -> list[Neighbor]:
    return [found for found in sides.neighbors() if found.name not in draft.removed]
