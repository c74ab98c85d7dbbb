# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a cluster: added, kept, adopted, or left with what they lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .draft import SHUTDOWN, Draft, Withheld, mark
from .intent import Client, tag
from .records import Neighbor
from .removal import remove_neighbor
from .secret import password_difference
from .sides import Sides
from .text import MASK


@dataclass(frozen=True)
class _Fault:
    """A line a neighbour made by hand lacks, why it is not sent, and whether it may be without a session."""

    line: str
    reason: str
    addable: bool = False


def plan_client(sides: Sides, draft: Draft, address: str, client: Client) -> None:
    """Lines that make this client one of the group, where they may be sent."""
    neighbor = sides.bgp.neighbors.get(address)
    if neighbor is None:
        _missing_client(sides, draft, address, client)
    elif sides.is_ours(neighbor):
        _own_client(sides, draft, neighbor, client)
    else:
        _handmade_client(sides, draft, neighbor)


def _add_client(sides: Sides, draft: Draft, address: str, client: Client) -> None:
    draft.members += [
        f"neighbor {address} peer-group {sides.want.group}",
        f"neighbor {address} description {tag(sides.want.cluster, client.node)}",
    ]
    draft.family.append(f"neighbor {address} activate")


def _missing_client(sides: Sides, draft: Draft, address: str, client: Client) -> None:
    found = sides.listening_for(address)
    if found is None:
        _add_client(sides, draft, address, client)
        return
    group = sides.bgp.neighbors.get(found.group, Neighbor(found.group, is_group=True))
    dynamic = Neighbor(address, is_group=False, group=found.group, active=group.active)
    faults = [] if found.group == sides.want.group else list(_faults(sides, dynamic))
    if not faults:
        draft.adopted.append(address)
        return
    reason = (
        f"listen range {found.prefix} of peer-group {found.group} serves this client, and a neighbour"
        f" of its own would reset it; but {faults[0].reason}"
    )
    draft.withhold(f"neighbor {address} peer-group {sides.want.group}", reason)


def _own_client(sides: Sides, draft: Draft, neighbor: Neighbor, client: Client) -> None:
    if neighbor.group != sides.want.group:
        if remove_neighbor(draft, neighbor):
            del draft.removed[neighbor.name]
            mark(draft.resets, [neighbor])
            _add_client(sides, draft, neighbor.name, client)
        return
    description = tag(sides.want.cluster, client.node)
    if neighbor.description != description:
        draft.members.append(f"neighbor {neighbor.name} description {description}")
    if neighbor.shutdown:
        draft.withhold(f"no neighbor {neighbor.name} shutdown", SHUTDOWN)
    if not sides.is_activated(neighbor):
        draft.family.append(f"neighbor {neighbor.name} activate")


def _handmade_client(sides: Sides, draft: Draft, neighbor: Neighbor) -> None:
    """A client somebody configured by hand: adopt it, complete it, or leave it."""
    member = neighbor.group == sides.want.group
    faults = [] if member else list(_faults(sides, neighbor))
    idle = not sides.is_activated(neighbor) and not neighbor.families
    if idle and not neighbor.shutdown and all(fault.addable for fault in faults):
        draft.family += _completing_lines(sides, neighbor)
        faults = []
    draft.withheld += [Withheld(fault.line, fault.reason) for fault in faults]
    if neighbor.shutdown:
        draft.withhold(f"no neighbor {neighbor.name} shutdown", SHUTDOWN)
    elif not faults:
        draft.adopted.append(neighbor.name)


def _completing_lines(sides: Sides, neighbor: Neighbor) -> Iterator[str]:
    """Filters before `activate`; IOS takes no outbound policy on a member of a group."""
    name, shown = neighbor.name, sides.bgp.effective(neighbor)
    if not shown.route_reflector_client:
        yield f"neighbor {name} route-reflector-client"
    if neighbor.group is None:
        if not shown.prefix_in:
            yield f"neighbor {name} prefix-list {sides.want.prefix_list} in"
        if not shown.prefix_out:
            yield f"neighbor {name} prefix-list {sides.want.prefix_list} out"
    yield f"neighbor {name} activate"


def _faults(sides: Sides, neighbor: Neighbor) -> Iterator[_Fault]:
    """Why a neighbour made by hand does not mean what the plan wants."""
    shown, name = sides.bgp.effective(neighbor), neighbor.name
    if shown.templates:
        yield _Fault(
            f"neighbor {name} remote-as {sides.want.asn}",
            "it inherits from templates, which are not judged",
        )
        return
    if shown.remote_as != sides.want.asn:
        has = "no remote-as" if shown.remote_as is None else f"remote-as {shown.remote_as}"
        yield _Fault(
            f"neighbor {name} remote-as {sides.want.asn}",
            f"it was made by hand with {has}, and another AS number resets it; correct it by hand",
        )
    if not shown.route_reflector_client:
        yield _Fault(
            f"neighbor {name} route-reflector-client",
            "it was made by hand, and the line resets its session; set it when the session may go down",
            addable=neighbor.group is None,
        )
    fault = password_difference(sides.want.password, shown.password)
    if fault:
        yield _Fault(f"neighbor {name} password {MASK}", fault)
    if not sides.is_activated(neighbor):
        yield _Fault(
            f"neighbor {name} activate",
            "it was made by hand, and the line resets its other address families; set it by hand",
            addable=True,
        )
