# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one route reflector shall be for one cluster."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...model.family import IPV4
from ...model.plan import Prefix, Session
from ..config.password import password_fault
from ..config.prefix_list import PrefixRule, is_keyword
from ..text import address_or_none, cluster_id_number

# IOS cuts a description at 80 characters.
DESCRIPTION_LENGTH = 80
CLUSTER_LENGTH = 40
TAG = "calico_bgp"

_TAGGED = re.compile(rf"{TAG} (?P<cluster>[^/\s]+)/(?P<node>.*)\Z")
_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*\Z")
_INTERFACE = re.compile(r"[A-Za-z-]+ ?[0-9][0-9/.:]*\Z")


@dataclass(frozen=True)
class Client:
    """A node and the address its BIRD speaks from; of a partner the reflector, by its inventory name."""

    address: str
    node: str


@dataclass(frozen=True)
class ReflectorIntent:
    """The wanted configuration. What is None is not managed: whatever the router has stays.

    Attributes:
        cluster: name of the cluster; tells our neighbours from others'.
        asn: AS number of cluster and router.
        group: name of the peer-group.
        clients: all clients, in the order the lines shall have.
        spared: nodes that are left out for now, whose neighbours stay; address "" where not known.
        partners: the other reflectors of the cluster. A session with one that is there is nobody else's.
        joined: those of them that a session is wanted with.
        cluster_id: integer or dotted.
        keepalive, hold: seconds; one alone gives the other as a third or the triple.
        restart_time, stalepath_time: graceful restart, seconds.
        password: clear text.
        update_source: an interface.
        prefixes: rules of the prefix-list, in both directions.
        prefix_list: its name; "" where filters are not managed.
        maximum_prefix: warn above so many prefixes of one client.
        passive: let the clients open the sessions.
        log_changes: log sessions that go up or down.
        disable_additional_paths: no additional paths for the group, where the family has them.
        send_community: send the nodes the communities of routes.
        no_export: set NO_EXPORT on what comes from the nodes.
        table_map: keep the prefixes out of the router's own routing table.
        off_path: no packet to a pod comes to the router, which table_map needs.

    Raises:
        ValueError: a sentence that names the object, what is wrong and what to do.
    """

    cluster: str
    asn: int
    group: str
    clients: tuple[Client, ...]
    cluster_id: str | None = None
    keepalive: int | None = None
    hold: int | None = None
    restart_time: int | None = None
    stalepath_time: int | None = None
    password: str | None = field(default=None, repr=False)
    update_source: str | None = None
    prefixes: tuple[PrefixRule, ...] = ()
    prefix_list: str = "CALICO"
    maximum_prefix: int | None = None
    passive: bool = True
    log_changes: bool = True
    disable_additional_paths: bool = True
    send_community: bool = True
    no_export: bool = False
    table_map: bool = False
    off_path: bool = False
    spared: tuple[Client, ...] = ()
    partners: tuple[Client, ...] = ()
    joined: tuple[Client, ...] = ()

    def __post_init__(self) -> None:
        faults = [*_faults(self), *_client_faults((*self.clients, *self.partners))]
        for rule in self.prefixes:
            faults += _prefix_faults(self.prefix_list, rule)
        if faults:
            raise ValueError(" ".join(faults))

    @property
    def timers(self) -> tuple[int, int] | None:
        """(keepalive, hold) in seconds, None where not managed."""
        return _timers(self.keepalive, self.hold)

    @property
    def graceful_restart(self) -> bool:
        """Whether graceful restart is managed, and then wanted."""
        return self.restart_time is not None or self.stalepath_time is not None

    @property
    def cluster_id_number(self) -> int | None:
        """The cluster id as a 32-bit integer."""
        return None if self.cluster_id is None else cluster_id_number(str(self.cluster_id))

    @property
    def rules(self) -> tuple[PrefixRule, ...]:
        """The prefix rules with sequence numbers; those without one get the next multiple of five."""
        rules, last = [], 0
        for rule in self.prefixes:
            last = rule.seq if rule.seq is not None else last // 5 * 5 + 5
            rules.append(PrefixRule(rule.prefix, rule.ge, rule.le, rule.action, last))
        return tuple(rules)


def intent_for(
    cluster: str,
    asn: int,
    sessions: Sequence[Session],
    prefixes: Sequence[Prefix],
    options: Mapping[str, Any],
    spared: tuple[Client, ...] = (),
    partners: tuple[Client, ...] = (),
    joined: tuple[Client, ...] = (),
) -> ReflectorIntent:
    """What one reflector shall be for its sessions; `options` are those of the role cisco_rr, by their names.

    Raises:
        ValueError: as ReflectorIntent.
    """
    timers, restart = options.get("timers") or {}, options.get("graceful_restart") or {}
    return ReflectorIntent(
        cluster=cluster,
        asn=asn,
        group=options["peer_group"],
        clients=tuple(Client(session.node_address, session.node) for session in sessions),
        cluster_id=options.get("cluster_id"),
        keepalive=timers.get("keepalive"),
        hold=timers.get("hold"),
        restart_time=restart.get("restart_time"),
        stalepath_time=restart.get("stalepath_time"),
        password=options.get("password") or None,
        update_source=options.get("update_source"),
        prefixes=tuple(PrefixRule(prefix.cidr, prefix.ge, prefix.le) for prefix in prefixes),
        prefix_list=options["prefix_list"],
        maximum_prefix=options.get("maximum_prefix"),
        passive=options["passive"],
        log_changes=options["log_neighbor_changes"],
        disable_additional_paths=options.get("disable_additional_paths", True),
        send_community=options["send_community"],
        no_export=bool(options.get("no_export")),
        table_map=bool(options.get("table_map")),
        off_path=bool(options.get("off_path")),
        spared=spared,
        partners=partners,
        joined=joined,
    )


def tag(cluster: str, node: str) -> str:
    """Description of a neighbour of ours. A long node name is cut: the cluster alone decides whose it is.

    >>> tag("lab", "node-a")
    'calico_bgp lab/node-a'
    """
    return f"{TAG} {cluster}/{node}"[:DESCRIPTION_LENGTH]


def tagged_cluster(description: str) -> str | None:
    """The cluster a description claims the neighbour for, None where it is no tag.

    >>> tagged_cluster("calico_bgp lab/node-a")
    'lab'
    """
    found = _TAGGED.match(description)
    return found["cluster"] if found else None


def _timers(keepalive: int | None, hold: int | None) -> tuple[int, int] | None:
    if hold is None:
        return None if keepalive is None else (keepalive, 3 * keepalive)
    return (hold // 3 if keepalive is None else keepalive), hold


def _faults(want: ReflectorIntent) -> Iterator[str]:
    if not _CLUSTER.match(want.cluster) or len(want.cluster) > CLUSTER_LENGTH:
        yield (
            f"Cluster name {want.cluster!r} does not fit into a neighbour's description: use 1 to"
            f" {CLUSTER_LENGTH} letters, digits, dots, hyphens and underscores."
        )
    if isinstance(want.asn, bool) or not 0 < want.asn < 2**32:
        yield f"AS number {want.asn!r}: use an integer from 1 to 4294967295."
    for what, name in (("Peer-group", want.group), ("Prefix-list", want.prefix_list or "none")):
        if not _NAME.match(name) or len(name) > 63:
            yield (
                f"{what} name {name!r}: begin with a letter, use up to 63 letters, digits, dots, hyphens and"
                " underscores."
            )
    if is_keyword(want.prefix_list):
        yield (
            f"Prefix-list name {want.prefix_list!r}: IOS takes it for the keyword sequence-number of"
            " ip prefix-list; choose another cisco_rr_prefix_list."
        )
    if want.cluster_id is not None:
        try:
            cluster_id_number(str(want.cluster_id))
        except ValueError as error:
            yield f"{error}: use a number from 1 to 4294967294 or its dotted form."
    yield from _number_faults(want)
    fault = None if want.password is None else password_fault(want.password)
    if fault:
        yield f"The password of peer-group {want.group} cannot be sent: {fault}. Choose another."
    if want.update_source is not None and not _INTERFACE.match(want.update_source):
        yield f"Update source {want.update_source!r} is no interface: write it as Loopback0."
    if want.prefix_list and not want.prefixes:
        yield f"Prefix-list {want.prefix_list} has no rule, so it would not filter: give at least one prefix."
    sequence = [rule.seq for rule in want.prefixes if rule.seq is not None]
    if len(set(sequence)) != len(sequence) or sorted(sequence) != sequence:
        yield f"Prefix-list {want.prefix_list}: sequence numbers {sequence} must rise; or leave them out."


def _number_faults(want: ReflectorIntent) -> Iterator[str]:
    timers = want.timers
    if timers is not None:
        keepalive, hold = timers
        if not (0 <= keepalive <= 65535 and 0 <= hold <= 65535) or 0 < hold < 3:
            yield f"Timers {keepalive}/{hold}: hold is 0 or 3 to 65535 seconds."
        elif (hold == 0) != (keepalive == 0) or (keepalive > 0 and keepalive >= hold):
            yield f"Timers {keepalive}/{hold}: keepalive must be shorter than hold, 0 only where hold is 0."
    for what, value in (("Restart time", want.restart_time), ("Stale path time", want.stalepath_time)):
        if value is not None and not 1 <= value <= 3600:
            yield f"{what} {value}: use 1 to 3600 seconds."
    if want.maximum_prefix is not None and not 1 <= want.maximum_prefix <= 2**31 - 1:
        yield f"Maximum prefix {want.maximum_prefix}: use a positive number, or none."


def _client_faults(clients: tuple[Client, ...]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for client in clients:
        address = address_or_none(client.address)
        if address is None or not IPV4.holds(address):
            yield (
                f"Client {client.node}: {client.address!r} is no {IPV4.title} address;"
                " only those are supported."
            )
        elif address in seen:
            yield f"Clients {seen[address]} and {client.node} have the same address {address}: correct one."
        elif not _NODE.match(client.node):
            yield f"Client {address}: node name {client.node!r} is none of Kubernetes; correct it."
        seen[address or client.address] = client.node


def _prefix_faults(name: str, rule: PrefixRule) -> Iterator[str]:
    try:
        network = ipaddress.IPv4Network(rule.prefix)
    except ValueError as error:
        yield f"Prefix-list {name}: {rule.prefix!r} is no IPv4 prefix ({error}); write it as 10.244.0.0/16."
        return
    low = network.prefixlen if rule.ge is None else rule.ge
    high = IPV4.longest if rule.le is None else rule.le
    if not network.prefixlen <= low <= high <= IPV4.longest:
        yield (
            f"Prefix-list {name}: {rule.prefix} with ge {rule.ge} and le {rule.le} matches nothing:"
            f" {network.prefixlen} <= ge <= le <= {IPV4.longest} is needed."
        )
    if rule.action not in ("permit", "deny") or (rule.seq is not None and not 1 <= rule.seq <= 4294967294):
        yield f"Prefix-list {name}: {rule.action!r} at {rule.seq} needs permit or deny, and a number from 1."
