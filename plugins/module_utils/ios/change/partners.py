# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions between the reflectors of one cluster: iBGP, and no client on either side.

What a reflector has from its clients it sends to a partner, and what it has from a partner to its clients
(RFC 4456, 6): a node that lost one reflector reaches a node that lost the other. Nothing but the prefixes of
the cluster crosses it. A session that somebody made by hand is respected, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..config.neighbor import Neighbor
from . import reasons
from .group import same_interface
from .intent import Client, tag
from .order import SHUTDOWN, Draft, mark
from .ownership import Ownership


def plan_partners(owned: Ownership, draft: Draft) -> None:
    """The lines of every session that is wanted and not there, and what those of ours lack."""
    for address in owned.joined:
        neighbor = owned.bgp.neighbors.get(address)
        if neighbor is None or owned.is_ours(neighbor):
            _plan_partner(owned, draft, neighbor or Neighbor(address), owned.partners[address])
        elif neighbor.shutdown:
            draft.withhold(f"no neighbor {address} shutdown", SHUTDOWN)


def _plan_partner(owned: Ownership, draft: Draft, neighbor: Neighbor, partner: Client) -> None:
    name = neighbor.name
    resetting = [f"neighbor {name} {words}" for words in _session(owned, neighbor)]
    policy = [f"neighbor {name} {words}" for words in _policy(owned, neighbor)]
    described = f"neighbor {name} description {tag(owned.want.cluster, partner.node)}"
    lines = [*resetting, *([] if described.endswith(f" {neighbor.description}") else [described])]
    for line in lines:
        draft.put(draft.members, line, reasons.PARTNER)
    for line in policy:
        draft.put(draft.family, line, reasons.PARTNER)
    if name in owned.bgp.neighbors and resetting:
        mark(draft.resets, [neighbor])
    if policy:
        # It may be up before its filters are there.
        draft.soft_clear[name] = None
    if not owned.is_activated(neighbor):
        draft.put(draft.family, f"neighbor {name} activate", reasons.PARTNER)
    if neighbor.shutdown:
        draft.withhold(f"no neighbor {name} shutdown", SHUTDOWN)


def _session(owned: Ownership, neighbor: Neighbor) -> Iterator[str]:
    """Words of the lines that its session lacks, each of which resets it."""
    want = owned.want
    if neighbor.remote_as != want.asn:
        yield f"remote-as {want.asn}"
    if want.update_source is not None and not same_interface(neighbor.update_source, want.update_source):
        yield f"update-source {want.update_source}"


def _policy(owned: Ownership, neighbor: Neighbor) -> Iterator[str]:
    """Words of the lines that its policy lacks."""
    want, policy = owned.want, owned.policy(neighbor)
    if want.send_community and "standard" not in policy.send_community:
        yield "send-community" + (" both" if policy.send_community else "")
    for direction in ("in", "out") if want.prefix_list else ():
        if policy.prefix_list(direction) != want.prefix_list:
            yield f"prefix-list {want.prefix_list} {direction}"
