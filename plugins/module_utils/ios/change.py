# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference between what a router has and what it shall be, as lines to send.

Whose is what: ours are the peer-group of the intent, its prefix-list, and neighbours whose description is
tagged for this cluster. All else stays as it is. In particular:

* A group under an earlier name goes with its last member, when all its members were tagged for this cluster.
* A client that exists as a neighbour made by hand, or inside a hand-made listen range, is adopted when it
  means the same: it stays as it is and gets no tag. Where it differs and its session is not up by
  configuration, the missing lines are added to it; where it might be up, nothing is done and the difference
  is withheld with the reason.
* A setting the intent leaves out (None) is not managed; a password found in its place is reported.
* Lines that reach all neighbours of the process are withheld while a neighbour of others would feel them.
* An operator's `shutdown` is never undone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .config import (
    DEFAULT_RESTART_TIME,
    DEFAULT_STALEPATH_TIME,
    DEFAULT_TIMERS,
    BgpProcess,
    ListenRange,
    MaximumPrefix,
    Neighbor,
    PrefixRule,
    RunningConfig,
)
from .difftext import after_text, before_text
from .intent import Client, ReflectorIntent, tag, tagged_cluster
from .text import MASK, address_or_none, mask


@dataclass(frozen=True)
class Withheld:
    """A line that is wanted and not sent, secrets masked, and why."""

    line: str
    reason: str


@dataclass(frozen=True)
class Change:
    """What to send, and what it does.

    Attributes:
        commands: in order, ready to send after `configure terminal`; secrets in clear, hidden in repr.
        masked: the same with secrets as ********.
        withheld: differences that are left alone.
        refusals: sentences; where there is one, nothing is sent.
        resets: addresses of existing sessions that the commands reset.
        pending: addresses of existing sessions that take up new timers or capabilities at their next reset.
        removed: addresses of neighbours of ours that go away.
        adopted: addresses of planned clients that were made by hand and mean the same.
        soft_clear: neighbours or groups whose existing sessions need `clear ip bgp NAME soft`.
        before, after: masked text of `router bgp` and our prefix-list.
    """

    commands: tuple[str, ...] = field(default=(), repr=False)
    masked: tuple[str, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    refusals: tuple[str, ...] = ()
    resets: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    soft_clear: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


def plan_change(
    have: RunningConfig, want: ReflectorIntent, *, present: bool = True, process_wide: bool = False
) -> Change:
    """Plan the difference.

    Args:
        have: what the router has.
        want: what it shall be.
        present: False removes what is ours.
        process_wide: send cluster-id and graceful restart even where neighbours of others feel it.

    Returns:
        The change; without commands when there is nothing to do, or when it is refused.
    """
    planner = _Planner(have, want, process_wide)
    return planner.present() if present else planner.absent()


RESET, PENDING, POLICY, PLAIN = "reset", "pending", "policy", "plain"


@dataclass(frozen=True)
class _Step:
    """A line about the group, and what it does to its existing sessions."""

    line: str
    effect: str = PLAIN


@dataclass(frozen=True)
class _Fault:
    """A line a neighbour made by hand lacks, why it is not sent, and whether it may be without a session."""

    line: str
    reason: str
    addable: bool = False


class _Planner:
    """Collects lines in the order they are sent: policy before members, so no session comes up unfiltered."""

    def __init__(self, have: RunningConfig, want: ReflectorIntent, process_wide: bool) -> None:
        self.have = have
        self.want = want
        self.process_wide = process_wide
        self.bgp = have.bgp if have.bgp is not None else BgpProcess(want.asn, str(want.asn))
        self.clients = {address_or_none(client.address) or client.address: client for client in want.clients}
        self.ranges = [(ipaddress.ip_network(found.prefix), found) for found in self.bgp.listen_ranges]
        self.group = self.bgp.neighbors.get(want.group, Neighbor(want.group, is_group=True))
        self.top: list[str] = []
        self.process: list[str] = []
        self.session: list[str] = []
        self.policy: list[str] = []
        self.gone: list[str] = []
        self.members: list[str] = []
        self.family: list[str] = []
        self.tail: list[str] = []
        self.withheld: list[Withheld] = []
        self.resets: dict[str, None] = {}
        self.pending: dict[str, None] = {}
        self.removed: dict[str, None] = {}
        self.leaving: dict[str, None] = {}
        self.adopted: list[str] = []
        self.soft_clear: dict[str, None] = {}

    # -- who is whose
    def _is_ours(self, neighbor: Neighbor) -> bool:
        return tagged_cluster(neighbor.description) == self.want.cluster

    def _neighbors(self) -> Iterator[Neighbor]:
        return (neighbor for neighbor in self.bgp.neighbors.values() if not neighbor.is_group)

    def _sessions(self) -> Iterator[Neighbor]:
        """Neighbours that have a session by configuration, and keep it."""
        return (
            neighbor
            for neighbor in self._neighbors()
            if neighbor.name not in self.removed and (self.bgp.is_active(neighbor) or neighbor.families)
        )

    def _foreign(self, *, internal_only: bool = False) -> list[str]:
        """Whoever is neither ours nor a planned client and would feel a line of the process."""
        names = []
        for neighbor in self._neighbors():
            if neighbor.name in self.clients or self._is_ours(neighbor):
                continue
            remote_as = self.bgp.effective(neighbor).remote_as
            if not internal_only or remote_as in (None, self.bgp.asn):
                names.append(neighbor.name)
        names += [f"listen range {found.prefix}" for found in self.bgp.listen_ranges]
        return names + [
            f"{name} ({', '.join(families)})" for name, families in self.bgp.vrf_neighbors.items()
        ]

    def _group_foreign(self) -> list[str]:
        """Members of our group that are not ours."""
        names = [
            member.name
            for member in self.bgp.members(self.want.group)
            if member.name not in self.clients and not self._is_ours(member)
        ]
        ranges = [found for found in self.bgp.listen_ranges if found.group == self.want.group]
        return names + [f"listen range {found.prefix}" for found in ranges]

    def _list_users(self) -> list[str]:
        """Who uses our prefix-list and is not ours. A group without members filters nobody."""
        name = self.want.prefix_list
        users = [
            neighbor.name
            for neighbor in self._neighbors()
            if self._uses_list(self.bgp.effective(neighbor))
            and neighbor.name not in self.clients
            and not self._is_ours(neighbor)
        ]
        for found in self.bgp.listen_ranges:
            group = self.bgp.neighbors.get(found.group)
            users += [f"listen range {found.prefix}"] if group and self._uses_list(group) else []
        word = f" prefix-list {name} "
        users += [line for line in sorted(self.bgp.extra) if word in f"{line} "]
        return users + list(self.have.prefix_list_uses.get(name, ()))

    def _uses_list(self, shown: Neighbor) -> bool:
        return self.want.prefix_list in (shown.prefix_in, shown.prefix_out)

    # -- present
    def present(self) -> Change:
        refusals = list(self._refusals())
        if not self.clients:
            refusals.append(
                f"Cluster {self.want.cluster} has no client for this reflector, which would serve nobody."
                " Check the plan, or remove the reflector with state absent."
            )
        session, policy = list(self._session_steps()), list(self._policy_steps())
        rules = self._prefix_steps()
        refusals += self._shared_refusals([*session, *policy], rules)
        if refusals:
            return self._change(refusals)
        self.top += rules
        self._process_lines()
        self._stale_members()
        for client in self.want.clients:
            self._client(address_or_none(client.address) or client.address, client)
        self.gone += [f"no neighbor {name} peer-group" for name in self._emptied_groups()]
        self._group_lines(session, policy, rules_changed=bool(rules))
        return self._change([])

    def _refusals(self) -> Iterator[str]:
        if self.have.bgp is not None and self.have.bgp.asn != self.want.asn:
            yield (
                f"The router runs BGP in AS {self.have.bgp.asn_text}, cluster asks for AS {self.want.asn}:"
                " IOS has one BGP process. Correct the AS number of the plan, or use another router."
            )
            return
        for address in self.clients:
            families = self.bgp.vrf_neighbors.get(address)
            if families:
                yield (
                    f"Client {address} is a neighbour in {', '.join(families)}: clients inside a VRF are not"
                    " supported. Use addresses of the global table."
                )
            neighbor = self.bgp.neighbors.get(address)
            owner = tagged_cluster(neighbor.description) if neighbor else None
            if owner not in (None, self.want.cluster):
                yield (
                    f"Neighbor {address} belongs to cluster {owner} (its description says so), and cluster"
                    f" {self.want.cluster} plans it too: remove it there first, or correct the description."
                )

    def _shared_refusals(self, steps: list[_Step], rules: list[str]) -> Iterator[str]:
        others = self._group_foreign()
        if steps and others:
            yield (
                f"Peer-group {self.want.group} also carries {_listed(others)}, which cluster"
                f" {self.want.cluster} does not plan, and would have to change ({mask(steps[0].line)}):"
                " give this cluster a peer-group of its own."
            )
        users = self._list_users()
        if rules and users and self.have.prefix_lists.get(self.want.prefix_list):
            yield (
                f"Prefix-list {self.want.prefix_list} is also used by {_listed(users)}, and would have to"
                f" change ({rules[0]}): give this cluster a prefix-list of its own."
            )

    def _prefix_steps(self) -> list[str]:
        """Lines that bring the prefix-list to its meaning; it is never empty in between.

        Where all rules permit, their order means nothing: missing ones are added first, others removed then.
        """
        name, rules = self.want.prefix_list, self.want.rules
        old = list(self.have.prefix_lists.get(name, ()))
        if [rule.meaning for rule in old] == [rule.meaning for rule in rules]:
            return []
        if old and all(rule.action == "permit" for rule in (*old, *rules)):
            return _permits_changed(name, old, rules)
        removed = [f"no {rule.line(name)}" for rule in old]
        return removed + [rule.line(name) for rule in rules]

    def _process_lines(self) -> None:
        bgp, want = self.bgp, self.want
        number = want.cluster_id_number
        if number is not None and bgp.cluster_id != number:
            line = f"bgp cluster-id {want.cluster_id}"
            if self._process_wide(line, self._foreign(internal_only=True)):
                self._mark(self.resets, (found for found in self._sessions() if self._is_internal(found)))
        if bgp.log_changes is None:
            self.process.append("bgp log-neighbor-changes")
        if not want.graceful_restart:
            return
        lines = [] if bgp.graceful_restart else ["bgp graceful-restart"]
        for word, wanted, default, shown in (
            ("restart-time", want.restart_time, DEFAULT_RESTART_TIME, bgp.restart_time),
            ("stalepath-time", want.stalepath_time, DEFAULT_STALEPATH_TIME, bgp.stalepath_time),
        ):
            if wanted is not None and wanted != (shown or default):
                lines.append(f"bgp graceful-restart {word} {wanted}")
        sent = [self._process_wide(line, self._foreign()) for line in lines]
        if any(sent):
            self._mark(self.pending, self._sessions())

    def _process_wide(self, line: str, foreign: list[str]) -> bool:
        if foreign and not self.process_wide:
            reason = (
                f"it reaches all neighbours of the process, also {_listed(foreign)};"
                " allow process-wide lines when they may feel it"
            )
            self.withheld.append(Withheld(line, reason))
            return False
        self.process.append(line)
        return True

    def _is_internal(self, neighbor: Neighbor) -> bool:
        return self.bgp.effective(neighbor).remote_as in (None, self.bgp.asn)

    def _session_steps(self) -> Iterator[_Step]:
        want, group, name = self.want, self.group, self.want.group
        if name not in self.bgp.neighbors:
            yield _Step(f"neighbor {name} peer-group")
        if group.remote_as != want.asn:
            yield _Step(f"neighbor {name} remote-as {want.asn}", RESET)
        yield from self._password_steps()
        if want.update_source is not None and not _same_interface(group.update_source, want.update_source):
            yield _Step(f"neighbor {name} update-source {want.update_source}", RESET)
        if want.timers is not None and (group.timers or self.bgp.timers or DEFAULT_TIMERS) != want.timers:
            yield _Step(f"neighbor {name} timers {want.timers[0]} {want.timers[1]}", PENDING)
        if want.passive != group.passive:
            negation = "" if want.passive else "no "
            yield _Step(f"{negation}neighbor {name} transport connection-mode passive", RESET)

    def _password_steps(self) -> Iterator[_Step]:
        wanted, shown = self.want.password, self.group.password
        comparable = shown is None or shown.clear is not None
        if wanted is not None and comparable and _password_difference(wanted, self.group):
            yield _Step(f"neighbor {self.want.group} password 0 {wanted}", RESET)

    def _policy_steps(self) -> Iterator[_Step]:
        want, group, name = self.want, self.group, self.want.group
        if group.additional_paths != "disable":
            yield _Step(f"neighbor {name} additional-paths disable", PENDING)
        if not group.route_reflector_client:
            yield _Step(f"neighbor {name} route-reflector-client", RESET)
        for direction, shown in (("in", group.prefix_in), ("out", group.prefix_out)):
            if shown != want.prefix_list:
                yield _Step(f"neighbor {name} prefix-list {want.prefix_list} {direction}", POLICY)
        if want.maximum_prefix is not None:
            wanted = MaximumPrefix(want.maximum_prefix, action="warning-only")
            if group.maximum_prefix != wanted:
                yield _Step(f"neighbor {name} maximum-prefix {wanted.limit} {wanted.threshold} warning-only")

    def _group_lines(self, session: list[_Step], policy: list[_Step], *, rules_changed: bool) -> None:
        name = self.want.group
        self.session += [step.line for step in session]
        self.policy += [step.line for step in policy]
        effects = {step.effect for step in (*session, *policy)}
        existing = [found for found in self._sessions() if found.group == name]
        if RESET in effects:
            self._mark(self.resets, existing)
        if PENDING in effects:
            self._mark(self.pending, existing)
        if (POLICY in effects or rules_changed) and any(found.name not in self.resets for found in existing):
            self.soft_clear[name] = None
        if rules_changed:
            self._mark(self.soft_clear, (found for found in self._sessions() if self._filters_by_hand(found)))
        self.withheld += self._unjudged()

    def _filters_by_hand(self, neighbor: Neighbor) -> bool:
        """A client outside our group that uses our prefix-list."""
        return neighbor.group != self.want.group and self._uses_list(self.bgp.effective(neighbor))

    def _unjudged(self) -> Iterator[Withheld]:
        """What is in our group and not for us to change."""
        fault = _password_difference(self.want.password, self.group)
        shown = self.group.password
        if fault and shown is not None and (self.want.password is None or shown.clear is None):
            yield Withheld(f"neighbor {self.want.group} password {MASK}", fault)
        if self.group.shutdown:
            yield Withheld(f"no neighbor {self.want.group} shutdown", _SHUTDOWN)

    # -- members
    def _stale_members(self) -> None:
        for neighbor in self._neighbors():
            if self._is_ours(neighbor) and neighbor.name not in self.clients:
                self._remove(neighbor)

    def _remove(self, neighbor: Neighbor) -> bool:
        line = f"no neighbor {neighbor.name}"
        if neighbor.families:
            reason = (
                f"it is also used in address family {', '.join(sorted(neighbor.families))}; remove it by hand"
            )
            self.withheld.append(Withheld(line, reason))
            return False
        self.gone.append(line)
        self.leaving[neighbor.name] = None
        self.removed[neighbor.name] = None
        return True

    def _emptied_groups(self) -> list[str]:
        """Groups of ours under an earlier name: every member was tagged for this cluster, and all leave."""
        staying = {found.group for found in self.bgp.listen_ranges}
        left: dict[str, None] = {}
        for neighbor in self._neighbors():
            if neighbor.group is None or neighbor.group == self.want.group:
                continue
            if neighbor.name in self.leaving:
                left[neighbor.group] = None
            else:
                staying.add(neighbor.group)
        known = self.bgp.neighbors
        return [name for name in left if name not in staying and name in known and not known[name].families]

    def _client(self, address: str, client: Client) -> None:
        neighbor = self.bgp.neighbors.get(address)
        if neighbor is None:
            self._missing_client(address, client)
        elif self._is_ours(neighbor):
            self._own_client(neighbor, client)
        else:
            self._handmade_client(neighbor)

    def _add_client(self, address: str, client: Client) -> None:
        self.members += [
            f"neighbor {address} peer-group {self.want.group}",
            f"neighbor {address} description {tag(self.want.cluster, client.node)}",
        ]
        self.family.append(f"neighbor {address} activate")

    def _missing_client(self, address: str, client: Client) -> None:
        found = self._listening_for(address)
        if found is None:
            self._add_client(address, client)
            return
        group = self.bgp.neighbors.get(found.group, Neighbor(found.group, is_group=True))
        dynamic = Neighbor(address, is_group=False, group=found.group, active=group.active)
        faults = [] if found.group == self.want.group else list(self._faults(dynamic))
        if not faults:
            self.adopted.append(address)
            return
        reason = (
            f"listen range {found.prefix} of peer-group {found.group} serves this client, and a neighbour"
            f" of its own would reset it; but {faults[0].reason}"
        )
        self.withheld.append(Withheld(f"neighbor {address} peer-group {self.want.group}", reason))

    def _listening_for(self, address: str) -> ListenRange | None:
        number = ipaddress.ip_address(address)
        return next((found for network, found in self.ranges if number in network), None)

    def _own_client(self, neighbor: Neighbor, client: Client) -> None:
        if neighbor.group != self.want.group:
            if self._remove(neighbor):
                del self.removed[neighbor.name]
                self._mark(self.resets, [neighbor])
                self._add_client(neighbor.name, client)
            return
        description = tag(self.want.cluster, client.node)
        if neighbor.description != description:
            self.members.append(f"neighbor {neighbor.name} description {description}")
        if neighbor.shutdown:
            self.withheld.append(Withheld(f"no neighbor {neighbor.name} shutdown", _SHUTDOWN))
        if not self._is_activated(neighbor):
            self.family.append(f"neighbor {neighbor.name} activate")

    def _handmade_client(self, neighbor: Neighbor) -> None:
        """A client somebody configured by hand: adopt it, complete it, or leave it."""
        member = neighbor.group == self.want.group
        faults = [] if member else list(self._faults(neighbor))
        idle = not self._is_activated(neighbor) and not neighbor.families
        if idle and not neighbor.shutdown and all(fault.addable for fault in faults):
            self.family += self._completing_lines(neighbor)
            faults = []
        self.withheld += [Withheld(fault.line, fault.reason) for fault in faults]
        if neighbor.shutdown:
            self.withheld.append(Withheld(f"no neighbor {neighbor.name} shutdown", _SHUTDOWN))
        elif not faults:
            self.adopted.append(neighbor.name)

    def _completing_lines(self, neighbor: Neighbor) -> Iterator[str]:
        """Filters before `activate`; IOS takes no outbound policy on a member of a group."""
        name, shown = neighbor.name, self.bgp.effective(neighbor)
        if not shown.route_reflector_client:
            yield f"neighbor {name} route-reflector-client"
        if neighbor.group is None:
            if not shown.prefix_in:
                yield f"neighbor {name} prefix-list {self.want.prefix_list} in"
            if not shown.prefix_out:
                yield f"neighbor {name} prefix-list {self.want.prefix_list} out"
        yield f"neighbor {name} activate"

    def _faults(self, neighbor: Neighbor) -> Iterator[_Fault]:
        """Why a neighbour made by hand does not mean what the plan wants."""
        shown, name = self.bgp.effective(neighbor), neighbor.name
        if shown.templates:
            yield _Fault(
                f"neighbor {name} remote-as {self.want.asn}",
                "it inherits from templates, which are not judged",
            )
            return
        if shown.remote_as != self.want.asn:
            has = "no remote-as" if shown.remote_as is None else f"remote-as {shown.remote_as}"
            yield _Fault(
                f"neighbor {name} remote-as {self.want.asn}",
                f"it was made by hand with {has}, and another AS number resets it; correct it by hand",
            )
        if not shown.route_reflector_client:
            yield _Fault(
                f"neighbor {name} route-reflector-client",
                "it was made by hand, and the line resets its session; set it when the session may go down",
                addable=neighbor.group is None,
            )
        fault = _password_difference(self.want.password, shown)
        if fault:
            yield _Fault(f"neighbor {name} password {MASK}", fault)
        if not self._is_activated(neighbor):
            yield _Fault(
                f"neighbor {name} activate",
                "it was made by hand, and the line resets its other address families; set it by hand",
                addable=True,
            )

    def _is_activated(self, neighbor: Neighbor) -> bool:
        return self.bgp.default_ipv4 if neighbor.active is None else neighbor.active

    # -- absent
    def absent(self) -> Change:
        refusals = [] if self._same_as() else list(self._refusals())
        if refusals:
            return self._change(refusals)
        for neighbor in self._neighbors():
            if self._is_ours(neighbor):
                self._remove(neighbor)
            elif neighbor.name in self.clients:
                self.adopted.append(neighbor.name)
        group_known = self.want.group in self.bgp.neighbors
        if self._nothing_left() and (self.removed or group_known):
            self.top.append(f"no router bgp {self.bgp.asn_text}")
            self.gone.clear()
            group_goes = True
        else:
            self.gone += [f"no neighbor {name} peer-group" for name in self._emptied_groups()]
            group_goes = self._remove_group() if group_known else True
        self._remove_list(group_goes)
        return self._change([])

    def _same_as(self) -> bool:
        return self.have.bgp is None or self.have.bgp.asn == self.want.asn

    def _remaining(self) -> list[Neighbor]:
        return [found for found in self._neighbors() if found.name not in self.removed]

    def _nothing_left(self) -> bool:
        bgp = self.have.bgp
        if (
            bgp is None
            or self._remaining()
            or any(line.startswith("router bgp") for line in self.have.unknown)
        ):
            return False
        ours = {self.want.group, *self._emptied_groups()}
        groups = [found.name for found in bgp.neighbors.values() if found.is_group and found.name not in ours]
        theirs = (groups, bgp.listen_ranges, bgp.vrf_neighbors, bgp.extra, bgp.router_id, bgp.timers)
        return (
            not any(theirs) and bgp.default_ipv4 and bgp.log_changes is not False and not bgp.additional_paths
        )

    def _remove_group(self) -> bool:
        line = f"no neighbor {self.want.group} peer-group"
        users = [found.name for found in self._remaining() if found.group == self.want.group]
        users += [
            f"listen range {found.prefix}"
            for found in self.bgp.listen_ranges
            if found.group == self.want.group
        ]
        users += [f"address family {name}" for name in sorted(self.group.families)]
        if users:
            self.withheld.append(Withheld(line, f"it still carries {_listed(users)}, which are not ours"))
            return False
        self.gone.append(line)
        return True

    def _remove_list(self, group_goes: bool) -> None:
        name = self.want.prefix_list
        if name not in self.have.prefix_lists:
            return
        users = self._list_users() + [
            found.name
            for found in self._remaining()
            if self._uses_list(found) and (found.name in self.clients or self._is_ours(found))
        ]
        users += [] if group_goes else [f"peer-group {self.want.group}"]
        if users:
            self.withheld.append(
                Withheld(f"no ip prefix-list {name}", f"it is still used by {_listed(users)}")
            )
            return
        self.tail.append(f"no ip prefix-list {name}")

    # -- the result
    @staticmethod
    def _mark(names: dict[str, None], neighbors: Iterable[Neighbor]) -> None:
        names.update(dict.fromkeys(neighbor.name for neighbor in neighbors))

    def _commands(self) -> Iterator[str]:
        yield from self.top
        lines = [*self.process, *self.session]
        lines += _in_family(self.policy) + self.gone + self.members + _in_family(self.family)
        if lines:
            yield f"router bgp {self.bgp.asn_text}"
            yield from lines
            if self.tail:
                yield "exit"
        yield from self.tail

    def _change(self, refusals: list[str]) -> Change:
        commands = () if refusals else tuple(self._commands())
        name = self.want.prefix_list
        return Change(
            commands=commands,
            masked=tuple(mask(line) for line in commands),
            withheld=tuple(self.withheld),
            refusals=tuple(refusals),
            resets=tuple(self.resets),
            pending=tuple(found for found in self.pending if found not in self.resets),
            removed=tuple(self.removed),
            adopted=tuple(self.adopted),
            soft_clear=tuple(found for found in self.soft_clear if found not in self.resets),
            before=before_text(self.have, name),
            after=after_text(self.have, name, commands),
        )


_SHUTDOWN = "it was shut down by hand; start it when it shall run"


def _in_family(lines: list[str]) -> list[str]:
    return ["address-family ipv4", *lines, "exit-address-family"] if lines else []


def _listed(names: list[str]) -> str:
    """At most three names, so that a sentence stays one."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _same_interface(shown: str, wanted: str) -> bool:
    """IOS writes interfaces out: Lo0 becomes Loopback0."""
    one, other = (re.fullmatch(r"([a-z-]*)(.*)", name.replace(" ", "").lower()) for name in (shown, wanted))
    if not one or not other or one.group(2) != other.group(2) or not shown:
        return False
    return one.group(1).startswith(other.group(1)) or other.group(1).startswith(one.group(1))


def _password_difference(wanted: str | None, neighbor: Neighbor) -> str | None:
    """Why the password shown is not the wanted one; None where both are the same, or none."""
    shown = neighbor.password
    if shown is None:
        return None if wanted is None else "it has no password, the plan has one; its session would go down"
    if wanted is None:
        return "it has a password, the plan has none: give the plan the password, or remove it by hand"
    if shown.clear is None:
        return (
            f"the router shows its password in type {shown.kind}, which cannot be compared; it stays as it is"
        )
    return (
        None if shown.clear == wanted else "it has another password than the plan; its session would go down"
    )


def _permits_changed(name: str, old: list[PrefixRule], wanted: tuple[PrefixRule, ...]) -> list[str]:
    """Lines that change a list of permits, whose order means nothing."""
    meanings = {rule.meaning for rule in wanted}
    kept = {rule.meaning for rule in old if rule.meaning in meanings}
    taken = {rule.seq for rule in old}
    lines = []
    for rule in wanted:
        if rule.meaning in kept:
            continue
        kept.add(rule.meaning)
        seq = rule.seq if rule.seq not in taken else max(found or 0 for found in taken) // 5 * 5 + 5
        taken.add(seq)
        lines.append(replace(rule, seq=seq).line(name))
    return lines + [f"no {rule.line(name)}" for rule in old if rule.meaning not in meanings]
