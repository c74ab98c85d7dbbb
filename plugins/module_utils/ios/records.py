# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration of IOS says about BGP, as records: two texts that mean the same give equal ones."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .secret import Password

ROUTER = "router"
IPV4 = "ipv4"
DEFAULT_RESTART_TIME = 120
DEFAULT_STALEPATH_TIME = 360
DEFAULT_TIMERS = (60, 180)
DEFAULT_LISTEN_LIMIT = 100
DEFAULT_THRESHOLD = 75


@dataclass(frozen=True)
class PrefixRule:
    """One rule of an IPv4 prefix-list.

    Attributes:
        prefix: A.B.C.D/L.
        ge, le: bounds of the length, None where not given.
        action: permit or deny.
        seq: sequence number; None in an intent leaves the choice to the change.
    """

    prefix: str
    ge: int | None = None
    le: int | None = None
    action: str = "permit"
    seq: int | None = None

    @property
    def meaning(self) -> tuple[str, str, int, int]:
        """(action, network, shortest, longest): equal for rules that match the same prefixes.

        >>> PrefixRule("10.0.0.0/8", ge=26).meaning == PrefixRule("10.0.0.0/8", ge=26, le=32).meaning
        True
        """
        network = ipaddress.IPv4Network(self.prefix, strict=False)
        low = network.prefixlen if self.ge is None else self.ge
        high = self.le if self.le is not None else 32 if self.ge is not None else network.prefixlen
        return self.action, str(network), low, high

    def line(self, name: str) -> str:
        """The configuration line. IOS refuses a bound equal to the prefix length, so that one is left out.

        >>> PrefixRule("10.0.0.0/26", ge=26, le=32, seq=5).line("CALICO")
        'ip prefix-list CALICO seq 5 permit 10.0.0.0/26 le 32'
        """
        action, network, low, high = self.meaning
        length = int(network.rpartition("/")[2])
        words = ["ip prefix-list", name, f"seq {self.seq}", action, network]
        words += [f"ge {low}"] if low > length else []
        words += [f"le {high}"] if high > length else []
        return " ".join(words)


@dataclass(frozen=True)
class MaximumPrefix:
    """`maximum-prefix N [threshold] [what happens]`; the threshold is in percent, 75 when not shown."""

    limit: int
    threshold: int = DEFAULT_THRESHOLD
    action: str = ""


@dataclass(frozen=True)
class Neighbor:
    """A neighbour or peer-group of the global table, as configured, without what it inherits.

    Attributes:
        name: address in one form, or the name of the group.
        group: the peer-group it is a member of.
        timers: (keepalive, hold) in seconds.
        active: for IPv4 unicast: True or False where a line says so, None where the default decides.
        prefix_in, prefix_out: names of prefix-lists (IPv4 unicast).
        additional_paths: words after `additional-paths`, "" where there is no such line.
        templates: it inherits from peer-session or peer-policy templates, whose content is not judged.
        families: further address families that have lines of it, VRFs left out.
        extra: all other known lines of it, secrets masked, without `neighbor NAME`.
    """

    name: str
    is_group: bool
    group: str | None = None
    remote_as: int | None = None
    description: str = ""
    password: Password | None = None
    update_source: str = ""
    timers: tuple[int, int] | None = None
    passive: bool = False
    shutdown: bool = False
    active: bool | None = None
    route_reflector_client: bool = False
    prefix_in: str = ""
    prefix_out: str = ""
    maximum_prefix: MaximumPrefix | None = None
    additional_paths: str = ""
    templates: bool = False
    families: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ListenRange:
    """`bgp listen range PREFIX peer-group GROUP OPTIONS`, the prefix without host bits."""

    prefix: str
    group: str
    options: str = ""


@dataclass(frozen=True)
class Line:
    """One line under `router bgp`, secrets masked.

    Attributes:
        context: "router", "ipv4", or the name of another address family or template.
        owner: the neighbour or group, "" for lines of the process.
        text: the line without indentation.
        said: what it says in canonical form, without `neighbor NAME`, secrets in clear; nothing for a
            default. A line that is not known says itself.
        known: False for a line that is kept as it is.
    """

    context: str
    owner: str
    text: str
    said: tuple[str, ...] = field(default=(), repr=False, compare=False)
    known: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Peer:
    """A neighbour, peer-group or template anywhere in the process, with all that is said about it.

    Attributes:
        name: address in one form, or a name.
        kind: neighbor, peer-group, peer-session or peer-policy (the latter two are templates).
        vrf_family: the address family it lives in when that is one of a VRF, "" for the global table.
        session: settings of the session by field; passwords are Password records.
        policies: settings by address family; those of a peer-policy template under "".
    """

    name: str
    kind: str
    vrf_family: str
    session: Mapping[str, Any]
    policies: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Unread:
    """A line that is not known: its number in the text, what it stands below, the line, secrets masked."""

    number: int
    where: str
    text: str


@dataclass(frozen=True)
class BgpProcess:
    """`router bgp`.

    Attributes:
        asn: as a 32-bit integer; asn_text as the router shows it.
        cluster_id: as a 32-bit integer, None where the router-id stands in for it.
        default_ipv4: False after `no bgp default ipv4-unicast`.
        timers: `timers bgp`, None where the defaults of IOS hold.
        log_changes: True or False where a line says so, None where none does.
        additional_paths: words after `bgp additional-paths` in IPv4 unicast, "" where off.
        neighbors: by name, the global table alone.
        minimum_hold: third number of `timers bgp`, the least hold time it takes; 0 where there is none.
        vrf_neighbors: address to the names of the VRF address families that have it.
        extra: known lines of the process that are in no field, defaults left out.
        lines: everything, in the order of the text, for diffs.
        peers: every neighbour, group and template of every table, with all settings.
        scopes: settings of the process ("router") and of each address family, by field.
    """

    asn: int
    asn_text: str = field(compare=False)
    cluster_id: int | None = None
    router_id: str = ""
    default_ipv4: bool = True
    graceful_restart: bool = False
    restart_time: int | None = None
    stalepath_time: int | None = None
    timers: tuple[int, int] | None = None
    log_changes: bool | None = None
    additional_paths: str = ""
    listen_ranges: tuple[ListenRange, ...] = ()
    neighbors: Mapping[str, Neighbor] = field(default_factory=dict)
    vrf_neighbors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = field(default=(), compare=False, repr=False)
    minimum_hold: int = 0
    peers: tuple[Peer, ...] = field(default=(), compare=False, repr=False)
    scopes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    def meaning(self) -> frozenset[tuple[str, str, str]]:
        """All that is said, as (context, owner, statement); equal for configurations that mean the same.

        Passwords stand in there in clear. Whether a neighbour is active is said where it differs from
        what holds without a word: on for IPv4 unicast, unless the default is off; off for other families.
        """
        said: set[tuple[str, str, str]] = set()
        silent = {
            context: "activate" if context == IPV4 and self.default_ipv4 else "no activate"
            for context in {line.context for line in self.lines}
            if "vrf" not in context.split()
        }
        for line in self.lines:
            for statement in line.said:
                if statement != silent.get(line.context) or not line.owner:
                    said.add((line.context, line.owner, statement))
        return frozenset(said)

    def is_active(self, neighbor: Neighbor) -> bool:
        """Whether IPv4 unicast is on for this neighbour and nothing shuts it down."""
        group = self.neighbors.get(neighbor.group or "")
        if neighbor.shutdown or (group is not None and group.shutdown):
            return False
        return self.default_ipv4 if neighbor.active is None else neighbor.active

    def effective(self, neighbor: Neighbor) -> Neighbor:
        """The neighbour with what it inherits from its peer-group filled in."""
        group = self.neighbors.get(neighbor.group or "")
        if group is None:
            return neighbor
        return Neighbor(
            name=neighbor.name,
            is_group=False,
            group=neighbor.group,
            remote_as=neighbor.remote_as or group.remote_as,
            description=neighbor.description,
            password=neighbor.password or group.password,
            update_source=neighbor.update_source or group.update_source,
            timers=neighbor.timers or group.timers,
            passive=neighbor.passive or group.passive,
            shutdown=neighbor.shutdown or group.shutdown,
            active=neighbor.active,
            route_reflector_client=neighbor.route_reflector_client or group.route_reflector_client,
            prefix_in=neighbor.prefix_in or group.prefix_in,
            prefix_out=neighbor.prefix_out or group.prefix_out,
            maximum_prefix=neighbor.maximum_prefix or group.maximum_prefix,
            additional_paths=neighbor.additional_paths or group.additional_paths,
            templates=neighbor.templates or group.templates,
            families=neighbor.families | group.families,
            extra=neighbor.extra | group.extra,
        )

    def members(self, group: str) -> tuple[Neighbor, ...]:
        """The configured members of a peer-group; those of a listen range are not configured."""
        return tuple(neighbor for neighbor in self.neighbors.values() if neighbor.group == group)


@dataclass(frozen=True)
class RunningConfig:
    """What a running (or startup) configuration says about BGP.

    Attributes:
        prefix_lists: by name, rules in the order of their sequence numbers.
        archive: there is an `archive` section with a path, so that rollback can be armed.
        unknown: lines below `router bgp`, `ip prefix-list` or `archive` that are not known, with their
            context, secrets masked: `router bgp 64512 / address-family ipv4 / neighbor X frobnicate`.
        prefix_list_uses: name to the lines outside `router bgp` that name the list (route-maps).
        unread: the unknown lines again, with the number each has in the text.
    """

    bgp: BgpProcess | None = None
    prefix_lists: Mapping[str, tuple[PrefixRule, ...]] = field(default_factory=dict)
    archive: bool = False
    unknown: tuple[str, ...] = ()
    prefix_list_uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[Unread, ...] = field(default=(), compare=False)
