# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lines of a change do beside what they are sent for: to neighbours of others, and to a password."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..config.neighbor import Neighbor
from ..text import MASK
from .order import Draft, listed
from .ownership import Ownership


def notices(owned: Ownership, draft: Draft) -> Iterator[str]:
    """One sentence for each kind, without secrets; none where nobody else would notice."""
    yield from _logged_password(owned, draft)
    yield from _log_of_changes(owned, draft)
    yield from _new_list(owned, draft)
    if _lets_routes_through(owned, draft):
        yield from _routes(owned, draft)


def _logged_password(owned: Ownership, draft: Draft) -> Iterator[str]:
    line = f"neighbor {owned.want.group} password "
    if owned.have.logs_secrets and any(found.startswith(line) for found in draft.session):
        yield (
            f"{line}{MASK}: the router keeps this line in clear in its configuration log (archive / log"
            " config / logging enable); set `hidekeys` there first"
        )


def _log_of_changes(owned: Ownership, draft: Draft) -> Iterator[str]:
    others = owned.foreign()
    if others and "bgp log-neighbor-changes" in draft.process:
        yield (
            f"bgp log-neighbor-changes: sessions of all neighbours that go up or down are logged, also of"
            f" {listed(others)}; no session is touched"
        )


def _new_list(owned: Ownership, draft: Draft) -> Iterator[str]:
    name = owned.want.prefix_list
    users = owned.list_users(ungrouped=False) if draft.top and name not in owned.have.prefix_lists else []
    if users:
        yield f"prefix-list {name}: it was not there, and is used from now on by {listed(users)}"


def _lets_routes_through(owned: Ownership, draft: Draft) -> bool:
    """Whether the lines open a session, make clients of neighbours, or change what the list permits."""
    opening = (" activate", " route-reflector-client")
    rules = any(line.removeprefix("no ").startswith(owned.family.prefix_list) for line in draft.top)
    return any(line.endswith(opening) for line in (*draft.policy, *draft.family)) or (
        rules and owned.want.prefix_list in owned.have.prefix_lists
    )


def _routes(owned: Ownership, draft: Draft) -> Iterator[str]:
    """Where routes go that did not go there before."""
    others = list(owned.foreign_sessions())
    internal = [one for one in others if owned.is_internal(one)]
    external = [one for one in others if not owned.is_internal(one)]
    for found, what in ((internal, "reflected to"), (external, "announced to")):
        names = _unfiltered(owned, found, "out")
        if names:
            yield (
                f"routes of the nodes are {what} {listed(names)}, which no outbound filter keeps them from;"
                " set one by hand where that is not meant"
            )
    names = _unfiltered(owned, others, "in")
    filtered = owned.group_policy.filtered("out") or any(line.endswith(" out") for line in draft.policy)
    if names and owned.needs_group() and not filtered:
        yield (
            f"routes of {listed(names)} go to the nodes, as peer-group {owned.want.group} has no outbound"
            " list; set one by hand where that is not meant"
        )


def _unfiltered(owned: Ownership, neighbors: Iterable[Neighbor], direction: str) -> list[str]:
    return [one.name for one in neighbors if not owned.policy(one).filtered(direction)]
