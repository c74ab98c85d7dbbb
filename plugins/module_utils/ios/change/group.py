# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer-group of a cluster: its session, its policy, and what they do to its members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..config.neighbor import Neighbor
from ..config.password import password_difference
from ..config.process_statements import DEFAULT_TIMERS
from ..config.values import MaximumPrefix
from ..text import MASK
from . import no_export, reasons
from .order import SHUTDOWN, SIGNED, Draft, Withheld, listed, mark
from .ownership import Ownership, unfiltered
from .process import restarts_in_group

_CLIENT = "route-reflector-client"
RESET, PENDING, POLICY, PLAIN = "reset", "pending", "policy", "plain"


@dataclass(frozen=True)
class Step:
    """A line about the group, why it is sent, and what it does to its existing sessions."""

    line: str
    reason: str
    effect: str = PLAIN


def session_steps(owned: Ownership, *, process_wide: bool) -> Iterator[Step]:
    """What the session of the group lacks; with `process_wide` the process may get graceful restart."""
    want, group, name = owned.want, owned.group, owned.want.group
    if name not in owned.bgp.neighbors:
        yield Step(f"neighbor {name} peer-group", reasons.GROUP)
    if group.remote_as != want.asn:
        yield Step(f"neighbor {name} remote-as {want.asn}", reasons.GROUP, RESET)
    yield from _password_steps(owned)
    if want.update_source is not None and not same_interface(group.update_source, want.update_source):
        yield Step(f"neighbor {name} update-source {want.update_source}", reasons.UPDATE_SOURCE, RESET)
    if want.timers is not None and (group.timers or owned.bgp.timers or DEFAULT_TIMERS.pair) != want.timers:
        yield Step(f"neighbor {name} timers {want.timers[0]} {want.timers[1]}", reasons.TIMERS, PENDING)
    yield from _restart_steps(owned, process_wide=process_wide)
    if want.passive != group.passive:
        negation = "" if want.passive else "no "
        yield Step(f"{negation}neighbor {name} transport connection-mode passive", reasons.PASSIVE, RESET)


def _password_steps(owned: Ownership) -> Iterator[Step]:
    wanted, shown = owned.want.password, owned.group.password
    comparable = shown is None or shown.clear is not None
    if wanted is not None and comparable and password_difference(wanted, shown):
        yield Step(f"neighbor {owned.want.group} password 0 {wanted}", reasons.PASSWORD, RESET)


def _restart_steps(owned: Ownership, *, process_wide: bool) -> Iterator[Step]:
    shown = owned.group.ha_mode_graceful_restart
    lacks = shown is False or (shown is None and restarts_in_group(owned, process_wide=process_wide))
    if owned.want.graceful_restart and lacks:
        line = f"neighbor {owned.want.group} ha-mode graceful-restart"
        yield Step(line, reasons.GROUP_GRACEFUL_RESTART, PENDING)


def policy_steps(owned: Ownership) -> Iterator[Step]:
    """What the policy of the group lacks."""
    want, policy, name = owned.want, owned.group_policy, owned.want.group
    paths = policy.additional_paths or owned.bgp.additional_paths(owned.family)
    if want.disable_additional_paths and paths not in ("", "disable"):
        # The capability is another one then, for which IOS ends the session.
        yield Step(f"neighbor {name} additional-paths disable", reasons.ADDITIONAL_PATHS, RESET)
    if not policy.route_reflector_client:
        yield Step(f"neighbor {name} {_CLIENT}", reasons.REFLECTION, RESET)
    if want.send_community and "standard" not in policy.send_community:
        kinds = " both" if policy.send_community else ""
        yield Step(f"neighbor {name} send-community{kinds}", reasons.SEND_COMMUNITY, POLICY)
    yield from _no_export_steps(owned)
    for direction in _wanting_list(owned):
        if direction == "in" or not _outbound_kept(owned):
            line = f"neighbor {name} prefix-list {want.prefix_list} {direction}"
            yield Step(line, reasons.PREFIX_LIST, POLICY)
    if want.maximum_prefix is not None and not (owned.group_by_hand and policy.maximum_prefix):
        wanted = MaximumPrefix(want.maximum_prefix, action="warning-only")
        if policy.maximum_prefix != wanted:
            yield Step(maximum_prefix_line(name, wanted), reasons.MAXIMUM_PREFIX)


def _no_export_steps(owned: Ownership) -> Iterator[Step]:
    name = no_export.map_name(owned.want.group)
    is_used = owned.group_policy.settings.get("route_map_in") == name
    if owned.want.no_export and not is_used:
        yield Step(f"neighbor {owned.want.group} route-map {name} in", reasons.NO_EXPORT, POLICY)
    elif is_used and not owned.want.no_export:
        line = f"no neighbor {owned.want.group} route-map {name} in"
        yield Step(line, reasons.NO_EXPORT_OFF, POLICY)


def excluded(owned: Ownership, policy: list[Step]) -> Iterator[str]:
    """What IOS-XE takes no line of ours beside, as refusals, where the group or a member of it has that."""
    want = owned.want
    carriers = (owned.group, *owned.bgp.members(want.group))
    signed = [one for one in carriers if one.ao]
    if want.password is not None and signed:
        yield (
            f"{signed[0].name} has `ao {signed[0].ao}` (TCP-AO), beside which IOS takes no password of"
            f" peer-group {want.group}: take that off by hand, or choose another cisco_rr_peer_group."
        )
    external = [one.name for one in carriers if owned.policy(one).best_external]
    if external and any(step.line.endswith(_CLIENT) for step in policy):
        yield (
            f"{external[0]} has `advertise best-external`, beside which IOS-XE takes no {_CLIENT} of"
            f" peer-group {want.group}: take that off by hand, or choose another cisco_rr_peer_group."
        )


def _wanting_list(owned: Ownership) -> list[str]:
    """Directions in which the group lacks our prefix-list; a filter beside members made by hand stays."""
    if not owned.want.prefix_list:
        return []
    return unfiltered(owned.group_policy) if owned.group_by_hand else _otherwise_filtered(owned)


def _otherwise_filtered(owned: Ownership) -> list[str]:
    """Directions in which our prefix-list is not the group's."""
    shown, wanted = owned.group_policy, owned.want.prefix_list
    return [direction for direction in ("in", "out") if shown.prefix_list(direction) != wanted]


def _outbound_kept(owned: Ownership) -> list[str]:
    """What an outbound list would keep from members made by hand."""
    return owned.originates if owned.group_by_hand else []


def keeps_away(others: list[str]) -> str:
    """Why an outbound list is not set where the router has routes from `others`."""
    return (
        f"it would keep from the nodes what the router has from elsewhere ({listed(others)});"
        " set it by hand where they need none of that"
    )


def maximum_prefix_line(name: str, wanted: MaximumPrefix) -> str:
    """The line that gives a neighbour or group a limit that only warns."""
    return f"neighbor {name} maximum-prefix {wanted.limit} {wanted.threshold} {wanted.action}"


def plan_group(
    owned: Ownership, draft: Draft, session: list[Step], policy: list[Step], *, rules_changed: bool
) -> None:
    """Put the steps into the draft, and what they and changed rules do to sessions."""
    name = owned.want.group
    for part, steps in ((draft.session, session), (draft.policy, policy)):
        for step in steps:
            draft.put(part, step.line, step.reason)
    effects = {step.effect for step in (*session, *policy)}
    existing = [found for found in owned.sessions(draft.removed) if found.group == name]
    if RESET in effects:
        mark(draft.resets, existing)
    if PENDING in effects:
        mark(draft.pending, existing)
    if (POLICY in effects or rules_changed) and any(found.name not in draft.resets for found in existing):
        draft.soft_clear[name] = None
    if rules_changed:
        mark(
            draft.soft_clear,
            (found for found in owned.sessions(draft.removed) if _filters_by_hand(owned, found)),
        )
    draft.withheld += _unjudged(owned)


def _filters_by_hand(owned: Ownership, neighbor: Neighbor) -> bool:
    """A client outside our group that uses our prefix-list."""
    return neighbor.group != owned.want.group and owned.uses_list(owned.effective_policy(neighbor))


def _unjudged(owned: Ownership) -> Iterator[Withheld]:
    """What is in our group and not for us to change."""
    fault = password_difference(owned.want.password, owned.group.password)
    shown = owned.group.password
    if fault and shown is not None and (owned.want.password is None or shown.clear is None):
        yield Withheld(f"neighbor {owned.want.group} password {MASK}", fault)
    if owned.group.ao and owned.want.password is None:
        yield Withheld(f"no neighbor {owned.want.group} ao {owned.group.ao}", SIGNED)
    lacking = _otherwise_filtered(owned) if owned.want.prefix_list and owned.group_by_hand else []
    for direction in lacking:
        line = f"neighbor {owned.want.group} prefix-list {owned.want.prefix_list} {direction}"
        if direction not in _wanting_list(owned):
            yield Withheld(line, "members were made by hand, and the filter that the group has stays")
        elif direction == "out" and owned.originates:
            yield Withheld(line, f"members were made by hand; {keeps_away(owned.originates)}")
    if owned.group.shutdown:
        yield Withheld(f"no neighbor {owned.want.group} shutdown", SHUTDOWN)


def same_interface(shown: str, wanted: str) -> bool:
    """Whether two names are one interface's; IOS writes interfaces out: Lo0 becomes Loopback0."""
    one, other = (re.fullmatch(r"([a-z-]*)(.*)", name.replace(" ", "").lower()) for name in (shown, wanted))
    if not one or not other or one.group(2) != other.group(2) or not shown:
        return False
    return one.group(1).startswith(other.group(1)) or other.group(1).startswith(one.group(1))
