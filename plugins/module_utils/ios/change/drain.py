# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reflector taken out of use on purpose, and back: the sessions of its clients shut down, or started.

A peer-group whose members are all of the cluster takes one line. A client in no such group takes one of its
own. The session with another reflector stays: nobody has its routes from this one then.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..config.neighbor import Neighbor
from . import reasons
from .order import Draft, mark
from .ownership import Ownership


def plan_drain(owned: Ownership, draft: Draft, *, shut: bool) -> None:
    """The lines that shut down the sessions of all clients, or start them again."""
    for neighbor in _switches(owned):
        if neighbor.shutdown == shut:
            continue
        line = f"{'' if shut else 'no '}neighbor {neighbor.name} shutdown"
        draft.put(draft.session, line, reasons.DRAINED if shut else reasons.UNDRAINED)
    if shut and draft.session:
        mark(draft.resets, (found for found in owned.sessions(()) if found.name in owned.clients))


def _switches(owned: Ownership) -> Iterator[Neighbor]:
    """What is shut down, or started: groups of the cluster alone, and clients in none of them."""
    seen: set[str] = set()
    whole: dict[str, bool] = {}
    for address in owned.clients:
        neighbor = owned.bgp.neighbors.get(address)
        group = neighbor.group if neighbor is not None else None
        if group and group not in whole:
            whole[group] = _is_whole(owned, group)
        name = group if group and whole[group] else address
        if name in owned.bgp.neighbors and name not in seen:
            seen.add(name)
            yield owned.bgp.neighbors[name]


def _is_whole(owned: Ownership, group: str) -> bool:
    """Whether every member of a group is of the cluster, and no listen range makes more of them."""
    ranged = any(found.group == group for found in owned.bgp.listen_ranges)
    return (
        group in owned.bgp.neighbors
        and not ranged
        and all(owned.is_ours(member) or owned.is_of_cluster(member) for member in owned.bgp.members(group))
    )


def by_range(owned: Ownership) -> list[str]:
    """The listen ranges that take the connections of clients, and perhaps of others as well."""
    found = (owned.listening_for(a) for a in owned.clients if a not in owned.bgp.neighbors)
    return sorted({each.prefix for each in found if each is not None})
