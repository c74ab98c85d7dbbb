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
from .order import Draft, listed, mark
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
    ranges = [found.prefix for found in owned.bgp.listen_ranges if _serves(owned, found.prefix)]
    if draft.session and ranges:
        draft.notices.append(
            f"whoever else speaks from {listed(ranges)}, a listen range of the clients, is "
            + ("shut down as well" if shut else "started as well")
        )


def _switches(owned: Ownership) -> Iterator[Neighbor]:
    """What is shut down, or started: groups of the cluster alone, and clients in none of them."""
    seen: set[str] = set()
    for address in owned.clients:
        neighbor = owned.bgp.neighbors.get(address)
        found = None if neighbor is not None else owned.listening_for(address)
        group = neighbor.group if neighbor is not None else found and found.group
        name = group if group and _is_whole(owned, group) else address
        if name in owned.bgp.neighbors and name not in seen:
            seen.add(name)
            yield owned.bgp.neighbors[name]


def _is_whole(owned: Ownership, group: str) -> bool:
    """Whether every member of a group is of the cluster."""
    return group in owned.bgp.neighbors and all(
        owned.is_ours(member) or owned.is_of_cluster(member) for member in owned.bgp.members(group)
    )


def _serves(owned: Ownership, prefix: str) -> bool:
    """Whether a listen range takes the connection of a client."""
    return any(
        found is not None and found.prefix == prefix
        for found in (owned.listening_for(a) for a in owned.clients if a not in owned.bgp.neighbors)
    )
