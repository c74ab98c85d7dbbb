# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a cluster: added, kept, adopted, or left with what they lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import policy as filters
from ..config.neighbor import Neighbor
from ..config.password import password_difference
from ..config.process_statements import DEFAULT_TIMERS
from ..config.values import MaximumPrefix
from ..text import MASK
from . import no_export, reasons
from .group import keeps_away, maximum_prefix_line
from .intent import Client, tag
from .order import SHUTDOWN, SIGNED, Draft, Withheld, listed, mark
from .ownership import Ownership, unfiltered
from .removal import remove_neighbor


@dataclass(frozen=True)
class _Fault:
    """A line a neighbour made by hand lacks, why it is not sent, and whether it may be without a session."""

    line: str
    reason: str
    addable: bool = False


def plan_client(owned: Ownership, draft: Draft, address: str, client: Client) -> None:
    """Lines that make this client one of the group, where they may be sent."""
    neighbor = owned.bgp.neighbors.get(address)
    if neighbor is None:
        _missing_client(owned, draft, address, client)
    elif owned.is_ours(neighbor):
        _own_client(owned, draft, neighbor, client)
    else:
        _handmade_client(owned, draft, neighbor)


def _add_client(
    owned: Ownership, draft: Draft, address: str, client: Client, why: str = reasons.CLIENT
) -> None:
    draft.put(draft.members, f"neighbor {address} peer-group {owned.want.group}", why)
    description = tag(owned.want.cluster, client.node)
    draft.put(draft.members, f"neighbor {address} description {description}", why)
    draft.put(draft.family, f"neighbor {address} activate", why)


def _missing_client(owned: Ownership, draft: Draft, address: str, client: Client) -> None:
    found = owned.listening_for(address)
    if found is None:
        _add_client(owned, draft, address, client)
        return
    faults = list(_faults(owned, owned.dynamic(found, address)))
    if not faults:
        draft.adopted.append(address)
        return
    reason = (
        f"listen range {found.prefix} of peer-group {found.group} serves this client, and a neighbour"
        f" of its own would reset it; but {faults[0].reason}"
    )
    draft.withhold(f"neighbor {address} peer-group {owned.want.group}", reason)


def _own_client(owned: Ownership, draft: Draft, neighbor: Neighbor, client: Client) -> None:
    if neighbor.group != owned.want.group:
        if remove_neighbor(owned, draft, neighbor, reasons.MOVED):
            del draft.removed[neighbor.name]
            mark(draft.resets, [neighbor])
            _add_client(owned, draft, neighbor.name, client, reasons.MOVED)
        return
    description = tag(owned.want.cluster, client.node)
    if neighbor.description != description:
        draft.put(draft.members, f"neighbor {neighbor.name} description {description}", reasons.CLIENT)
    if neighbor.shutdown:
        draft.withhold(f"no neighbor {neighbor.name} shutdown", SHUTDOWN)
    if not owned.is_activated(neighbor):
        draft.put(draft.family, f"neighbor {neighbor.name} activate", reasons.CLIENT)


def _handmade_client(owned: Ownership, draft: Draft, neighbor: Neighbor) -> None:
    """A client somebody configured by hand: adopt it, complete it, or leave it."""
    faults = list(_faults(owned, neighbor))
    idle = not owned.is_activated(neighbor) and not owned.families_beside(neighbor)
    if idle and not neighbor.shutdown and all(fault.addable for fault in faults):
        if not owned.effective_policy(neighbor).route_reflector_client:
            line = f"neighbor {neighbor.name} route-reflector-client"
            draft.put(draft.family, line, reasons.COMPLETED)
        faults = []
    draft.withheld += [Withheld(fault.line, fault.reason) for fault in faults]
    if neighbor.shutdown:
        draft.withhold(f"no neighbor {neighbor.name} shutdown", SHUTDOWN)
    elif not faults:
        draft.adopted.append(neighbor.name)
        if neighbor.group is None:
            _add_policy(owned, draft, neighbor)
        if idle:
            draft.put(draft.family, f"neighbor {neighbor.name} activate", reasons.COMPLETED)


def _add_policy(owned: Ownership, draft: Draft, neighbor: Neighbor) -> None:
    """Filters and limit of a neighbour made by hand, where it has none; no session feels them.

    IOS takes no outbound policy on a member of a group, so this is for those without one.
    """
    name, want = neighbor.name, owned.want
    for direction in unfiltered(owned.policy(neighbor)) if want.prefix_list else ():
        if direction == "out" and owned.originates:
            continue
        line = f"neighbor {name} prefix-list {want.prefix_list} {direction}"
        draft.put(draft.family, line, reasons.PREFIX_LIST)
        if owned.bgp.is_active(neighbor, owned.family):
            mark(draft.soft_clear, [neighbor])
    if want.maximum_prefix is not None and owned.policy(neighbor).maximum_prefix is None:
        wanted = MaximumPrefix(want.maximum_prefix, action="warning-only")
        draft.put(draft.family, maximum_prefix_line(name, wanted), reasons.MAXIMUM_PREFIX)


def propose(owned: Ownership, draft: Draft) -> None:
    """Name what adopted neighbours have otherwise and what would reset their sessions; none of it is done."""
    found = [owned.bgp.neighbors[name] for name in draft.adopted if name in owned.bgp.neighbors]
    others = [owned.bgp.effective(neighbor) for neighbor in found if neighbor.group != owned.want.group]
    for line, reason, lacking in _proposals(owned, others):
        if lacking:
            names = [one.name for one in lacking]
            draft.withhold(f"neighbor {names[0]} {line}", f"{listed(names)} made by hand; {reason}")
    for line, reason, lacking in _shared_proposals(owned, others):
        for owner, names in _by_owner(lacking).items():
            draft.withhold(f"neighbor {owner} {line}", f"{listed(names)} made by hand; {reason}")


def _by_owner(neighbors: list[Neighbor]) -> dict[str, list[str]]:
    """Names by where IOS takes a line for them: the peer-group of members, the first of all others."""
    found: dict[str, list[str]] = {}
    alone = next((one.name for one in neighbors if one.group is None), "")
    for one in neighbors:
        found.setdefault(one.group or alone, []).append(one.name)
    return found


_Proposal = tuple[str, str, list[Neighbor]]


def _shared_proposals(owned: Ownership, others: list[Neighbor]) -> Iterator[_Proposal]:
    """What IOS takes for the members of a peer-group at that group alone.

    Timers, since IOS-XE 17.15, and policy for what is sent.
    """
    want = owned.want
    if want.timers is not None:
        default = owned.bgp.timers or DEFAULT_TIMERS.pair
        yield (
            f"timers {want.timers[0]} {want.timers[1]}",
            "other timers count from the next reset of a session on, set them by hand",
            [one for one in others if (one.timers or default) != want.timers],
        )
    if want.send_community:
        yield (
            "send-community",
            "without the line they get no communities; set it by hand, and clear the sessions softly",
            [one for one in others if "standard" not in owned.policy(one).send_community],
        )


def _proposals(owned: Ownership, others: list[Neighbor]) -> Iterator[_Proposal]:
    """What neighbours outside the group could have: the line, why it is not sent, and who lacks it."""
    want, process = owned.want, owned.bgp
    if want.prefix_list and owned.originates:
        yield (
            f"prefix-list {want.prefix_list} out",
            keeps_away(owned.originates),
            [one for one in others if one.group is None and "out" in unfiltered(owned.policy(one))],
        )
    if want.disable_additional_paths and process.additional_paths(owned.family):
        yield (
            "additional-paths disable",
            "the line may reset the session, set it when that may go down",
            [one for one in others if owned.policy(one).additional_paths != "disable"],
        )
    if want.no_export:
        yield (
            f"route-map {no_export.map_name(want.group)} in",
            "without it no NO_EXPORT is on what they announce; set it by hand, and clear the session softly",
            [one for one in others if not filters.keeps_inside(owned.have, _inbound(owned, one))],
        )
    if want.passive:
        yield (
            "transport connection-mode passive",
            "the line resets the session, set it when that may go down; off with cisco_rr_passive: false",
            [one for one in others if not one.passive],
        )
    yield (
        f"peer-group {want.group}",
        "to join the peer-group resets the session, and nothing needs it",
        [one for one in others if one.group is None],
    )


def _inbound(owned: Ownership, neighbor: Neighbor) -> str:
    """Its inbound route-map."""
    return str(owned.policy(neighbor).settings.get("route_map_in", ""))


def _faults(owned: Ownership, neighbor: Neighbor) -> Iterator[_Fault]:
    """Why a neighbour made by hand does not mean what the plan wants."""
    shown, name = owned.bgp.effective(neighbor), neighbor.name
    policy = owned.policy(shown)
    if shown.ao:
        yield _Fault(f"no neighbor {name if neighbor.ao else neighbor.group} ao {shown.ao}", SIGNED)
    if policy.best_external and not policy.route_reflector_client:
        yield _Fault(
            f"neighbor {name} route-reflector-client",
            "it was made by hand with `advertise best-external`, beside which IOS-XE takes no client; correct"
            " it by hand",
        )
    if neighbor.group == owned.want.group:
        return
    if shown.templates or policy.templates:
        yield _Fault(
            f"neighbor {name} remote-as {owned.want.asn}",
            "it inherits from templates, which are not judged",
        )
        return
    if shown.remote_as != owned.want.asn:
        has = "no remote-as" if shown.remote_as is None else f"remote-as {shown.remote_as}"
        yield _Fault(
            f"neighbor {name} remote-as {owned.want.asn}",
            f"it was made by hand with {has}, and another AS number resets it; correct it by hand",
        )
    if not (policy.route_reflector_client or policy.best_external):
        yield _Fault(
            f"neighbor {name} route-reflector-client",
            "it was made by hand, and the line resets its session; set it when the session may go down",
            addable=neighbor.group is None,
        )
    fault = password_difference(owned.want.password, shown.password)
    if fault:
        yield _Fault(f"neighbor {name} password {MASK}", fault)
    if not owned.is_activated(neighbor):
        yield _Fault(
            f"neighbor {name} activate",
            "it was made by hand, and the line resets its other address families; set it by hand",
            addable=True,
        )
