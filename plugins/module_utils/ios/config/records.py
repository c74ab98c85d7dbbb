# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration of IOS says about BGP, as records: two texts that mean the same give equal ones.

Settings are values by the names of the tables in neighbor_statements.py and process_statements.py. What a
change or a check looks at has a typed property here.
"""

from __future__ import annotations

import functools
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...model.family import IPV4, Family
from ..text import mask, shortened
from .filters import Filters
from .neighbor import NO_POLICY, Neighbor, Policy
from .neighbor_statements import POLICY, SESSION
from .prefix_list import PrefixRule
from .process_statements import DEFAULT_LISTEN_LIMIT, DEFAULT_RESTART_TIME, DEFAULT_STALEPATH_TIME
from .statement import inherit
from .values import ListenRange

ROUTER = "router"


@dataclass(frozen=True)
class Line:
    """One line under `router bgp`, secrets masked.

    Attributes:
        context: "router", the name of an address family, or a template or another block.
        owner: the neighbour or group, "" for lines of the process.
        text: the line without indentation.
        statements: what it says in canonical form, without `neighbor NAME`, secrets in clear; nothing for a
            default. A line that is not known says itself.
        known: False for a line that is kept as it is.
        setting: what a line of a neighbour sets, by the name of the table.
    """

    context: str
    owner: str
    text: str
    statements: tuple[str, ...] = field(default=(), repr=False, compare=False)
    known: bool = field(default=True, compare=False)
    setting: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class Unread:
    """A line that is not known: its number in the text, what it stands below, the line, secrets masked."""

    number: int = field(compare=False)
    where: str
    text: str


@dataclass(frozen=True)
class BgpProcess:
    """`router bgp`.

    Attributes:
        asn: as a 32-bit integer; asn_text as the router shows it.
        scopes: settings of the process ("router") and of each address family.
        neighbors: neighbours and peer-groups of the global table by name.
        others: neighbours and peer-groups of VRFs, and templates.
        lines: everything, in the order of the text, for diffs.
    """

    asn: int
    asn_text: str = field(compare=False)
    scopes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    neighbors: Mapping[str, Neighbor] = field(default_factory=dict)
    others: tuple[Neighbor, ...] = ()
    lines: tuple[Line, ...] = field(default=(), compare=False, repr=False)

    @property
    def _router(self) -> Mapping[str, Any]:
        return self.scopes.get(ROUTER, {})

    @property
    def cluster_id(self) -> int | None:
        """As a 32-bit integer, None where the router-id stands in for it."""
        return self._router.get("cluster_id")

    @property
    def router_id(self) -> str:
        """The configured one, "" for none."""
        return str(self._router.get("router_id", ""))

    @property
    def default_ipv4(self) -> bool:
        """False after `no bgp default ipv4-unicast`."""
        return bool(self._router.get("default_ipv4_unicast", True))

    @property
    def graceful_restart(self) -> bool:
        """Whether it is on."""
        return bool(self._router.get("graceful_restart_enabled", False))

    @property
    def restart_time(self) -> int:
        """Seconds."""
        return int(self._router.get("restart_time", DEFAULT_RESTART_TIME))

    @property
    def stalepath_time(self) -> int:
        """Seconds."""
        return int(self._router.get("stalepath_time", DEFAULT_STALEPATH_TIME))

    @property
    def timers(self) -> tuple[int, int] | None:
        """(keepalive, hold) of `timers bgp` in seconds, None where the defaults of IOS hold."""
        found = self._router.get("timers")
        return found and found.pair

    @property
    def log_changes(self) -> bool | None:
        """True or False where a line says so, None where none does."""
        return self._router.get("log_neighbor_changes")

    @property
    def listen_ranges(self) -> tuple[ListenRange, ...]:
        """Those of the global table."""
        return tuple(self._router.get("listen_ranges", ()))

    @property
    def listen_limit(self) -> int:
        """How many dynamic neighbours there can be."""
        return int(self._router.get("listen_limit", DEFAULT_LISTEN_LIMIT))

    @property
    def vrf_neighbors(self) -> dict[str, tuple[str, ...]]:
        """Addresses of neighbours in VRFs, each with the address families that have it."""
        families: dict[str, set[str]] = {}
        for other in self.others:
            if other.vrf_family and not other.is_group:
                families.setdefault(other.name, set()).add(other.vrf_family)
        return {name: tuple(sorted(found)) for name, found in families.items()}

    def additional_paths(self, family: Family) -> str:
        """Words after `bgp additional-paths` in an address family, "" where off."""
        return str(self.scopes.get(family.name, {}).get("additional_paths", ""))

    def meaning(self) -> frozenset[tuple[str, str, str]]:
        """All statements, as (context, owner, statement); equal for configurations that mean the same.

        Passwords stand in there in clear. Whether a neighbour is active stands in there where it differs from
        what holds without a line: on for IPv4 unicast, unless the default is off; off for other families.
        """
        found: set[tuple[str, str, str]] = set()
        silent = {
            context: "activate" if context == IPV4.name and self.default_ipv4 else "no activate"
            for context in {line.context for line in self.lines}
            if "vrf" not in context.split()
        }
        for line in self.lines:
            for statement in line.statements:
                if statement != silent.get(line.context) or not line.owner:
                    found.add((line.context, line.owner, statement))
        return frozenset(found)

    def is_activated(self, neighbor: Neighbor, family: Family) -> bool:
        """Whether an address family is on for it, shut down or not."""
        active = neighbor.policy(family).active
        return (family == IPV4 and self.default_ipv4) if active is None else active

    def is_active(self, neighbor: Neighbor, family: Family) -> bool:
        """Whether an address family is on for it and nothing shuts it down."""
        group = self.neighbors.get(neighbor.group or "")
        is_shut = neighbor.shutdown or (group is not None and group.shutdown)
        return not is_shut and self.is_activated(neighbor, family)

    def effective(self, neighbor: Neighbor) -> Neighbor:
        """The neighbour with what it inherits from its peer-group filled in."""
        group = self.neighbors.get(neighbor.group or "")
        if group is None:
            return neighbor
        policies = {
            name: Policy(
                inherit(
                    neighbor.policies.get(name, NO_POLICY).settings,
                    group.policies.get(name, NO_POLICY).settings,
                    POLICY,
                    self._at_default.get((name, neighbor.name), ()),
                )
            )
            for name in {*neighbor.policies, *group.policies}
        }
        at_default = self._at_default.get((ROUTER, neighbor.name), ())
        session = inherit(neighbor.session, group.session, SESSION, at_default)
        return Neighbor(neighbor.name, neighbor.kind, neighbor.vrf_family, session, policies)

    @functools.cached_property
    def _at_default(self) -> Mapping[tuple[str, str], Container[str]]:
        """By context and neighbour: what lines of its own set to the default, and no group changes."""
        found: dict[tuple[str, str], set[str]] = {}
        for line in self.lines:
            if line.setting and not line.statements:
                found.setdefault((line.context, line.owner), set()).add(line.setting)
        return found

    def members(self, group: str) -> tuple[Neighbor, ...]:
        """The configured members of a peer-group; those of a listen range are not configured."""
        return tuple(neighbor for neighbor in self.neighbors.values() if neighbor.group == group)

    def beside(self, family: Family) -> Iterator[str]:
        """Known statements but those of the global table's neighbours in their session and the family.

        Each after what it stands below, secrets masked: `address-family vpnv4 / neighbor X weight 5`.
        """
        for line in self.lines:
            if line.known and not (line.owner and line.context in (ROUTER, family.name)):
                place, owner = _place(line.context, family), f"neighbor {line.owner} " if line.owner else ""
                yield from (mask(f"{place} / {owner}{one}") for one in line.statements)


def _place(context: str, family: Family) -> str:
    """A template and a block name themselves."""
    plain = context in (ROUTER, family.name) or context.startswith((f"{ROUTER} / ", "template "))
    return context if plain else f"address-family {context}"


@dataclass(frozen=True)
class RunningConfig:
    """What a running (or startup) configuration says about BGP.

    Attributes:
        prefix_lists: by name, rules in the order of their sequence numbers.
        filters: route-maps and access lists, and who takes routes out of BGP.
        archive: there is an `archive` section with a path, so that rollback can be armed.
        logs_secrets: its `log config` keeps every line that is typed (`logging enable`), those with passwords
            in clear (no `hidekeys`).
        unread: lines below `router bgp`, and of `ip prefix-list`, that are not known.
        misplaced: lines that are none of a configuration, or that tear a section in two, as a message does
            that the terminal printed in between. Where there is one, lines may be missing from the record:
            no change may be derived from it.
        prefix_list_uses: name to the lines outside `router bgp` that name the list (route-maps).
    """

    bgp: BgpProcess | None = None
    prefix_lists: Mapping[str, tuple[PrefixRule, ...]] = field(default_factory=dict)
    filters: Filters = field(default_factory=Filters)
    archive: bool = False
    logs_secrets: bool = False
    prefix_list_uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    misplaced: tuple[Unread, ...] = ()

    @property
    def torn(self) -> str:
        """Why nothing can be derived from the record, as a sentence; "" where the text was whole."""
        if not self.misplaced:
            return ""
        first, more = self.misplaced[0], len(self.misplaced) - 1
        where = f", behind {first.where}" if first.where else ""
        return (
            f"Line {first.number} of the configuration{where}, is no line of one: {shortened(first.text)!r}"
            f"{f' ({more} more)' if more else ''}. A message came in between, and lines may be missing:"
            " read it again."
        )

    @property
    def unknown(self) -> tuple[str, ...]:
        """The unknown lines, each after what it stands below.

        For example `router bgp 64512 / address-family ipv4 / neighbor X frobnicate`.
        """
        return tuple(" / ".join(part for part in (line.where, line.text) if part) for line in self.unread)
