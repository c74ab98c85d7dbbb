# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference between what a router has and what it shall be, as lines to send.

Whose is what: ours are the peer-group of the intent, its prefix-list and route-maps, and neighbours whose
description is tagged for this cluster. All else stays as it is. In particular:

* A group under an earlier name goes with its last member, when all its members were tagged for this cluster.
* A client that exists as a neighbour made by hand, or inside a hand-made listen range, is adopted when it
  means the same: it stays as it is and gets no tag. Where it differs and its session is not up by
  configuration, the missing lines are added to it; where it might be up, nothing is done and the difference
  is withheld with the reason.
* A setting the intent leaves out (None) is not managed; a password found in its place is reported.
* An adopted client without a group gets filters and a limit where it has none. What its session would feel,
  or take up only later, is proposed: withheld with the reason.
* Where every client is adopted there is no peer-group, and a prefix-list only where somebody uses it.
* Lines that reach all neighbours of the process are withheld while a neighbour of others would feel them;
  graceful restart is the group's then.
* What IOS-XE takes no line of ours beside is refused in our group, and withheld for a client made by hand.
* A session with another reflector of the cluster is nobody else's, and is made where it is asked for.
* A `shutdown` is undone by UNDRAINED alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..config.prefix_list import PrefixRule
from ..config.records import RunningConfig
from ..text import address_or_none, mask
from . import no_export, reasons, table_map
from .clients import plan_client, propose
from .difftext import after_text, before_text
from .drain import by_range, plan_drain
from .group import Step, excluded, plan_group, policy_steps, session_steps
from .intent import ReflectorIntent, tagged_cluster
from .notices import notices
from .order import Draft, Reason, Withheld, listed
from .ownership import Ownership
from .partners import plan_partners
from .prefix_lists import prefix_lines
from .process import plan_process
from .removal import (
    emptied_groups,
    nothing_left,
    release_client,
    remove_group,
    remove_list,
    remove_neighbor,
    remove_stale,
)


@dataclass(frozen=True)
class Change:
    """What to send, and what it does.

    Attributes:
        commands: in order, ready to send after `configure terminal`; secrets in clear, hidden in repr.
        masked: the same with secrets as ********.
        reasons: why each line is sent; those that only open or close a context have none.
        withheld: differences that are left alone.
        notices: what the commands do beside what they are sent for, to neighbours of others for example, as
            sentences.
        refusals: sentences; where there is one, nothing is sent.
        resets: addresses of existing sessions that the commands reset.
        pending: addresses of existing sessions that take up new timers or capabilities at their next reset.
        removed: addresses of neighbours of ours that go away.
        adopted: addresses of planned clients that were made by hand and mean the same.
        soft_clear: neighbours or groups whose existing sessions need `clear ip bgp NAME soft`.
        before, after: masked text of `router bgp`, our prefix-list and our route-maps.
        explained: after, with the reasons as comments.
    """

    commands: tuple[str, ...] = field(default=(), repr=False)
    masked: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    notices: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    resets: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    soft_clear: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    explained: str = ""


PRESENT, ABSENT, DRAINED, UNDRAINED = "present", "absent", "drained", "undrained"


def plan_change(
    have: RunningConfig, want: ReflectorIntent, *, state: str = PRESENT, process_wide: bool = False
) -> Change:
    """Plan the difference.

    Args:
        have: what the router has. From a text that is not whole nothing is derived.
        want: what it shall be.
        state: ABSENT removes what is ours, DRAINED shuts the sessions of the clients down, UNDRAINED starts
            them again.
        process_wide: send cluster-id, graceful restart and a table-map even where neighbours of others feel
            it.

    Returns:
        The change; without commands when there is nothing to do, or when it is refused.
    """
    owned = Ownership(have, want)
    if have.torn:
        return _change(owned, Draft(), [have.torn])
    if state == PRESENT:
        return _present(owned, process_wide=process_wide)
    return _absent(owned) if state == ABSENT else _drained(owned, shut=state == DRAINED)


def _present(owned: Ownership, *, process_wide: bool) -> Change:
    draft = Draft()
    refusals = list(_refusals(owned))
    if not owned.clients:
        refusals.append(
            f"Cluster {owned.want.cluster} has no client for this reflector, which would serve nobody."
            " Check the plan, or remove the reflector with state absent."
        )
    grouped = owned.needs_group()
    session = list(session_steps(owned, process_wide=process_wide)) if grouped else []
    policy = list(policy_steps(owned)) if grouped else []
    rules = prefix_lines(owned) if owned.want.prefix_list else []
    refusals += _shared_refusals(owned, [*session, *policy], rules)
    refusals += excluded(owned, policy)
    refusals += [*no_export.refused(owned), *table_map.refused(owned)]
    if refusals:
        return _change(owned, draft, refusals)
    plan_process(owned, draft, process_wide=process_wide)
    remove_stale(owned, draft)
    for client in owned.want.clients:
        plan_client(owned, draft, address_or_none(client.address) or client.address, client)
    propose(owned, draft)
    plan_partners(owned, draft)
    _remove_emptied(owned, draft)
    filters = table_map.filters_by_list(owned, process_wide=process_wide)
    if not grouped and not filters and not _uses_list(owned, draft):
        rules = []
    for line in rules:
        draft.put(draft.top, line, reasons.OTHER_RULE if line.startswith("no ") else reasons.PREFIX_LIST)
    draft.withheld += _list_notices(owned, rules)
    no_export.plan_map(owned, draft, grouped=grouped)
    table_map.plan_table_map(owned, draft, process_wide=process_wide)
    plan_group(owned, draft, session, policy, rules_changed=bool(rules))
    draft.notices += notices(owned, draft)
    return _change(owned, draft, [])


def _uses_list(owned: Ownership, draft: Draft) -> bool:
    """Whether a client made by hand filters by our prefix-list, or is going to."""
    word = f" prefix-list {owned.want.prefix_list} "
    return any(word in line for line in draft.family) or any(
        owned.uses_list(owned.effective_policy(neighbor)) for neighbor in owned.neighbors()
    )


def _remove_emptied(owned: Ownership, draft: Draft) -> None:
    for name in emptied_groups(owned, draft):
        draft.put(draft.gone, f"no neighbor {name} peer-group", reasons.EMPTIED)


def _refusals(owned: Ownership) -> Iterator[str]:
    if owned.have.bgp is not None and owned.have.bgp.asn != owned.want.asn:
        yield (
            f"The router runs BGP in AS {owned.have.bgp.asn_text}, cluster asks for AS {owned.want.asn}:"
            " IOS has one BGP process. Correct the AS number of the plan, or use another router."
        )
        return
    for address in owned.clients:
        families = owned.bgp.vrf_neighbors.get(address)
        if families:
            yield (
                f"Client {address} is a neighbour in {', '.join(families)}: clients inside a VRF are not"
                " supported. Use addresses of the global table."
            )
        neighbor = owned.bgp.neighbors.get(address)
        owner = tagged_cluster(neighbor.description) if neighbor else None
        if owner not in (None, owned.want.cluster):
            yield (
                f"Neighbor {address} belongs to cluster {owner} (its description says so), and cluster"
                f" {owned.want.cluster} plans it too: remove it there first, or correct the description."
            )


def _shared_refusals(owned: Ownership, steps: list[Step], rules: list[str]) -> Iterator[str]:
    others = owned.group_foreign()
    if steps and others:
        yield (
            f"Peer-group {owned.want.group} also carries {listed(others)}, which cluster"
            f" {owned.want.cluster} does not plan, and would have to change ({mask(steps[0].line)}):"
            " give this cluster a peer-group of its own."
        )
    old = owned.have.prefix_lists.get(owned.want.prefix_list, ())
    users = owned.list_users(ungrouped=False)
    if rules and users and old:
        yield (
            f"Prefix-list {owned.want.prefix_list} is also used by {listed(users)}, and would have to"
            f" change ({rules[0]}): give this cluster a prefix-list of its own."
        )
    elif owned.list_is_theirs and (owned.has_members() or (rules and _reaches_foreign(owned, old))):
        because = owned.list_theirs_because
        yield f"The clients of cluster {owned.want.cluster} cannot be filtered: {because}."


def _reaches_foreign(owned: Ownership, rules: Iterable[PrefixRule]) -> bool:
    """Whether more rules of a list would not do what they say, or reach another AS."""
    users = owned.foreign_list_users()
    return any(rule.action != "permit" for rule in rules) or not all(map(owned.is_internal, users))


def _list_notices(owned: Ownership, rules: list[str]) -> Iterator[Withheld]:
    """What is not taken off our prefix-list, and who else follows its change."""
    name = owned.want.prefix_list
    if name and owned.list_is_theirs:
        yield Withheld(f"no {owned.list_surplus[0].line(name)}", owned.list_theirs_because)
    others = [found for found in owned.foreign_list_users() if found.group is None] if rules else []
    if others:
        direction = "in" if owned.policy(others[0]).prefix_list("in") == name else "out"
        yield Withheld(
            f"no neighbor {others[0].name} prefix-list {name} {direction}",
            f"{listed([found.name for found in others])} made by hand, no node of cluster"
            f" {owned.want.cluster}, and filtered by its list, which changes; take the list off by hand where"
            " that is not meant",
        )


def _absent(owned: Ownership) -> Change:
    draft = Draft()
    refusals = [] if _same_as(owned) else list(_refusals(owned))
    if refusals:
        return _change(owned, draft, refusals)
    for neighbor in owned.neighbors():
        if owned.is_ours(neighbor):
            remove_neighbor(owned, draft, neighbor, reasons.ROLLED_BACK)
        elif owned.is_of_cluster(neighbor):
            release_client(owned, draft, neighbor)
    group_known = owned.want.group in owned.bgp.neighbors
    process_goes = nothing_left(owned, draft) and bool(draft.removed or group_known)
    table_map.take_away(owned, draft, reasons.ROLLED_BACK, process_goes=process_goes)
    if process_goes:
        draft.put(draft.top, f"no router bgp {owned.bgp.asn_text}", reasons.ROLLED_BACK)
        draft.gone.clear()
        group_goes = True
    else:
        _remove_emptied(owned, draft)
        group_goes = remove_group(owned, draft) if group_known else True
    remove_list(owned, draft, group_goes)
    if group_goes:
        no_export.take_away(owned, draft)
    return _change(owned, draft, [])


def _drained(owned: Ownership, *, shut: bool) -> Change:
    draft = Draft()
    refusals = list(_refusals(owned))
    ranges = by_range(owned)
    if ranges:
        refusals.append(
            f"Clients of cluster {owned.want.cluster} come in by the listen range {listed(ranges)}, and"
            " others may as well: shut their sessions down, or start them, by hand."
        )
    elif not any(address in owned.bgp.neighbors for address in owned.clients):
        refusals.append(
            f"The router has no client of cluster {owned.want.cluster}, so there is nothing to shut down or"
            " to start. Check the reflector's name and the inventory."
        )
    if not refusals:
        plan_drain(owned, draft, shut=shut)
    return _change(owned, draft, refusals)


def _same_as(owned: Ownership) -> bool:
    return owned.have.bgp is None or owned.have.bgp.asn == owned.want.asn


def _change(owned: Ownership, draft: Draft, refusals: list[str]) -> Change:
    commands = () if refusals else tuple(draft.commands(owned.bgp.asn_text))
    name = owned.want.prefix_list
    route_maps = (no_export.map_name(owned.want.group), owned.table_map_name)
    why = {mask(line): draft.reasons[line] for line in commands if line in draft.reasons}
    return Change(
        commands=commands,
        masked=tuple(mask(line) for line in commands),
        reasons=tuple(Reason(line, reason) for line, reason in why.items()),
        withheld=tuple(draft.withheld),
        notices=tuple(draft.notices),
        refusals=tuple(refusals),
        resets=tuple(draft.resets),
        pending=tuple(found for found in draft.pending if found not in draft.resets),
        removed=tuple(draft.removed),
        adopted=tuple(draft.adopted),
        soft_clear=tuple(found for found in draft.soft_clear if found not in draft.resets),
        before=before_text(owned.have, name, route_maps),
        after=after_text(owned.have, name, commands, route_maps=route_maps),
        explained=after_text(owned.have, name, commands, why, route_maps),
    )
