# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node, a router or a push to one said. Nothing is judged here; "did not answer" is said too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..printable import brief
from .data import many

#: IOS gives a reload to all who may see it: below 15, `show running-config` leaves lines out without a word.
FULL_PRIVILEGE = 15


@dataclass(frozen=True)
class BirdProtocol:
    """A BGP protocol of a node's BIRD.

    `hold` and `hold_left`, what is left of it, in seconds; `asn` is the AS it expects of the neighbour.
    """

    name: str
    state: str
    neighbor: str
    info: str
    hold: int
    capabilities: str
    hold_left: int | None = None
    asn: int | None = None


@dataclass(frozen=True)
class BirdRoute:
    """A path of a node's BIRD; `kind` is via, dev, blackhole, unreachable or prohibited.

    `kernel_error`: the kernel refused what BIRD wanted to write for this prefix (BIRD marks it with `!`).
    `local_pref` is LOCAL_PREF of a BGP path.
    """

    prefix: str
    protocol: str
    kind: str
    gateway: str
    source: str
    primary: bool
    next_hop: str
    originator: str
    kernel_error: bool = False
    local_pref: int | None = None


@dataclass(frozen=True)
class NodeObservation:
    """What a node's BIRD of one family said, or that it did not answer and why; `at` is in Unix time,
    `uptime` seconds since this BIRD was started, None where it does not say."""

    node: str
    family: str
    at: float
    answered: bool
    reason: str
    router_id: str
    reconfigured: str
    protocols: tuple[BirdProtocol, ...]
    routes: tuple[BirdRoute, ...]
    uptime: float | None = None


@dataclass(frozen=True)
class RouterSession:
    """A row of a family's summary; `prefixes` and `uptime` (seconds) only where it is Established."""

    family: str
    address: str
    asn: int
    state: str
    prefixes: int | None
    uptime: int | None


@dataclass(frozen=True)
class RouterTraffic:
    """What a row of the router's summary says about work in progress.

    `version` is how far the neighbour has been sent the table, queues are messages that wait, `received` and
    `sent` are messages since the session came up, `uptime` is in seconds.
    """

    address: str
    version: int
    input_queue: int
    output_queue: int
    received: int
    sent: int
    uptime: int | None


@dataclass(frozen=True)
class RouterReading:
    """One reading of the summary; `version` of the table, None where the router does not say."""

    at: float
    version: int | None
    rows: tuple[RouterTraffic, ...]


@dataclass(frozen=True)
class RouterPeer:
    """One neighbour in detail; None stands for what the router does not say.

    `client`, `prefix_limit` and `prefixes`, the most and the current number of prefixes, are of the family
    that was asked for, None where it is not there. `hold` is the negotiated time in seconds,
    `graceful_restart` how the capability went (`advertised and received`), `configured_restart` whether the
    router is to offer it, `passive` the configured side, `local_port` that of the TCP connection, `dropped`
    how often a session ended, `last_reset` why, `last_reset_seconds` how long ago.
    """

    address: str
    client: bool | None
    passive: bool | None
    local_port: int | None
    hold: int | None
    graceful_restart: str
    configured_restart: bool | None
    dropped: int | None
    last_reset: str
    last_reset_seconds: int | None
    prefix_limit: int | None
    prefixes: int | None


@dataclass(frozen=True)
class RouterPath:
    """A path of the router's table; `best` where it is the one that is reflected."""

    prefix: str
    next_hop: str
    best: bool


@dataclass(frozen=True)
class RouterSurplus:
    """A node of which the router has more prefixes (`received`) than were seen `inside` the planned ones.

    `outside` are its prefixes that lie elsewhere, none where it was only a matter of time; None where the
    router was not asked for them.
    """

    address: str
    received: int
    inside: int
    outside: tuple[str, ...] | None = None


@dataclass(frozen=True)
class NodeRoute:
    """The router's route to a node, `address`.

    `prefix` is the route's, "" where there is none. `source` is what it is known by: `connected`, `static`,
    `ospf 1`, `bgp 64512`. `origins` are those who told it, `drops` is whether it leads nowhere (Null0).
    """

    address: str
    prefix: str
    source: str
    origins: tuple[str, ...] = ()
    drops: bool = False


@dataclass(frozen=True)
class NodeRoutes:
    """The router's routes to the nodes; `unasked` are the nodes without an answer, `unread` has why."""

    routes: tuple[NodeRoute, ...]
    unasked: int = 0
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outlet:
    """A way out of a router to somebody who is neither a node nor a reflector of the plan.

    `kind` is `neighbor` or `listen range`, with its address or prefix as `name`, or "" for a process (`name`
    is `ospf 1` or `vrf RED`). `sends` are planned prefixes that the configuration lets out there, a few of
    them, as a prefix-list has them; `reason` are the words that let them out or keep them in. Where it is not
    `sure`, that depends on more than the prefix. `told` are planned prefixes that it is sent, None where
    nobody asked; `untold` is why there is no answer.
    """

    kind: str
    name: str
    asn: int | None
    sends: tuple[str, ...]
    sure: bool
    reason: str
    told: tuple[str, ...] | None = None
    untold: str = ""

    @property
    def title(self) -> str:
        """As an operator calls it, with its AS: `neighbor 203.0.113.9 (AS 65010)`."""
        return f"{self.kind} {self.name}".strip() + (f" (AS {self.asn})" if self.asn is not None else "")


@dataclass(frozen=True)
class RouterDetails:
    """What only `validate` asks a router, about the sessions of one family.

    `before` and `after` are two readings, some seconds apart. `cluster_id` is the one in use,
    `wanted_cluster_id` what the inventory asks for ("" where it does not); both dotted. `ranges` are listen
    ranges, `dynamic` how many neighbours they made and `dynamic_limit` how many they may. `paths` are those
    inside the planned prefixes, `surplus` the nodes that announce more. These and `peers` are None,
    `cluster_id` is "", where the router did not say; `unread` has the commands, and why.
    """

    family: str
    before: RouterReading
    after: RouterReading
    cluster_id: str
    wanted_cluster_id: str
    ranges: tuple[str, ...]
    dynamic: int
    dynamic_limit: int
    peers: tuple[RouterPeer, ...] | None
    paths: tuple[RouterPath, ...] | None
    surplus: tuple[RouterSurplus, ...] | None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class RouterObservation:
    """What one reflector said, or that it did not answer and why; `at` in seconds since the epoch.

    `privilege` is 0 where the level is not known, `platform` "" where its name and release are not. `details`
    and `node_routes` are there only where they were asked for, `outlets` where the configuration was read.
    """

    host: str
    at: float
    answered: bool
    reason: str
    privilege: int
    revert_pending: bool
    saved: bool
    unsaved: tuple[str, ...]
    sessions: tuple[RouterSession, ...]
    details: tuple[RouterDetails, ...] = ()
    platform: str = ""
    node_routes: NodeRoutes | None = None
    outlets: tuple[Outlet, ...] = ()


@dataclass(frozen=True)
class Push:
    """How the push to one reflector went: what was sent (secrets masked), withheld and refused.

    `outcome` is unchanged, applied, planned (check mode), refused (nothing was sent), reverted (sent, refused
    by the router, taken back), partial (refused, and no guard to take it back) or lost (no answer any more).
    `reasons` says why each line is sent. `pending` are the addresses of sessions that take up timers or
    capabilities only when they are next set up. `notices` says what the lines do beside what they are sent
    for.
    """

    host: str
    outcome: str
    detail: str
    commands: tuple[str, ...]
    withheld: tuple[str, ...]
    adopted: tuple[str, ...]
    guarded: bool
    reasons: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def node_observation_from(data: Mapping[str, Any]) -> NodeObservation:
    """NodeObservation out of what to_data() made of one."""
    nested = {"protocols": many(BirdProtocol, data["protocols"]), "routes": many(BirdRoute, data["routes"])}
    return NodeObservation(**{**data, **nested})


def _reading(data: Mapping[str, Any]) -> RouterReading:
    return RouterReading(data["at"], data["version"], many(RouterTraffic, data["rows"]))


def _details(data: Mapping[str, Any]) -> RouterDetails:
    nested = {
        "before": _reading(data["before"]),
        "after": _reading(data["after"]),
        "ranges": tuple(data["ranges"]),
        "peers": None if data["peers"] is None else many(RouterPeer, data["peers"]),
        "paths": None if data["paths"] is None else many(RouterPath, data["paths"]),
        "surplus": None if data["surplus"] is None else tuple(map(_surplus, data["surplus"])),
        "unread": tuple(data["unread"]),
    }
    return RouterDetails(**{**data, **nested})


def _surplus(data: Mapping[str, Any]) -> RouterSurplus:
    outside = data["outside"]
    return RouterSurplus(**{**data, "outside": None if outside is None else tuple(outside)})


def _node_routes(data: Mapping[str, Any]) -> NodeRoutes:
    routes = (NodeRoute(**{**row, "origins": tuple(row["origins"])}) for row in data["routes"])
    return NodeRoutes(tuple(routes), data["unasked"], tuple(data["unread"]))


def _outlet(data: Mapping[str, Any]) -> Outlet:
    told = None if data["told"] is None else tuple(data["told"])
    return Outlet(**{**data, "sends": tuple(data["sends"]), "told": told})


def router_observation_from(data: Mapping[str, Any]) -> RouterObservation:
    """RouterObservation out of what to_data() made of one."""
    nested = {
        "sessions": many(RouterSession, data["sessions"]),
        "unsaved": tuple(data["unsaved"]),
        "details": tuple(map(_details, data["details"])),
        "node_routes": None if data["node_routes"] is None else _node_routes(data["node_routes"]),
        "outlets": tuple(map(_outlet, data["outlets"])),
    }
    return RouterObservation(**{**data, **nested})


def push_from(data: Mapping[str, Any]) -> Push:
    """Push out of what to_data() made of one."""
    lists = ("commands", "withheld", "adopted", "reasons", "pending", "notices")
    nested = {key: tuple(data[key]) for key in lists}
    return Push(**{**data, **nested})


def silent_node(node: str, family: str, at: float, reason: str) -> NodeObservation:
    """The observation that a node's BIRD did not answer."""
    return NodeObservation(node, family, at, False, brief(reason), "", "", (), ())


def silent_router(host: str, at: float, reason: str, privilege: int = 0) -> RouterObservation:
    """The observation that a reflector did not answer, or not enough at the user's privilege level."""
    return RouterObservation(host, at, False, brief(reason), privilege, False, False, (), ())
