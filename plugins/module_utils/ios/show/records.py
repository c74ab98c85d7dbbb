# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What show commands print, as records. Times are in seconds; None stands for what a text does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..config.values import ListenRange

ESTABLISHED = "Established"


@dataclass(frozen=True)
class SummaryRow:
    """One session of one address family, out of `show bgp ... summary`.

    Attributes:
        address: in one form (IPv6 compressed, lower case).
        asn: as a 32-bit integer.
        state: "Established", or what IOS says: Idle, Active, Idle (Admin), Idle (PfxCt), NoNeg, ...
        prefixes: accepted from the neighbour; None unless Established. 0 is legal.
        uptime_seconds: since the session came up or went down; None for never.
        dynamic: created by a listen range.
        neighbor_version: up to which version of the table the neighbour has been sent.
        input_queue, output_queue: messages waiting.
        messages_received, messages_sent: since the session came up.
        family: the address family, "" where neither text nor command names one.
        vrf: the VRF of the command, "" where it names none.
        router_id, local_as, table_version: of the family's heading.
    """

    address: str
    asn: int
    state: str
    prefixes: int | None
    uptime_seconds: int | None
    dynamic: bool
    neighbor_version: int = 0
    input_queue: int = 0
    output_queue: int = 0
    messages_received: int = 0
    messages_sent: int = 0
    family: str = ""
    vrf: str = ""
    router_id: str | None = None
    local_as: int | None = None
    table_version: int | None = None


@dataclass(frozen=True)
class DynamicCount:
    """`Dynamically created neighbors: N/(LIMIT max), Subnet ranges: M`.

    Attributes:
        family: the address family, "" for the total and where none is named.
        neighbors: how many there are.
        limit: `bgp listen limit`; None where the line does not name it.
        ranges: how many listen ranges there are.
        total: the line counts all families together.
    """

    family: str
    neighbors: int
    limit: int | None
    ranges: int
    total: bool


@dataclass(frozen=True)
class Summary:
    """`show bgp ... summary`.

    Attributes:
        active: False where no BGP process runs; True with no rows where it has no active neighbour.
        rows: in the order of the text.
        router_id, local_as, table_version: of the first family; None where the text does not say.
        families: the address families that have a heading, those without a neighbour too.
        listen_ranges: prefix and peer-group of each listen range that the foot names.
        dynamic: the counts at the foot.
        unknown: lines of a heading that are not known; none of them can be a neighbour.
    """

    active: bool
    rows: tuple[SummaryRow, ...] = ()
    router_id: str | None = None
    local_as: int | None = None
    table_version: int | None = None
    families: tuple[str, ...] = ()
    listen_ranges: tuple[ListenRange, ...] = ()
    dynamic: tuple[DynamicCount, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class NeighborFamily:
    """One address family of a neighbour.

    Attributes:
        name: as the router heads it; "" where the heading was filtered out of the text.
        prefixes_received, prefixes_sent: current ones.
        prefix_limit: `maximum-prefix`; None where there is none.
        prefix_warning: at how many percent of it the router warns.
        prefix_action: what happens at the limit: "", "warning-only", "restart interval 5 min" or as shown.
        table_version, neighbor_version: of the router's table, and up to where the neighbour has been sent.
        output_queue: size.
        update_group: its number.
        peer_group: the group whose policy it has.
        route_reflector_client, soft_reconfiguration, send_community, send_extended_community,
            next_hop_self: True where a line says so.
        prefix_list_in, prefix_list_out, route_map_in, route_map_out: names, "" for none.
        templates: the peer-policy templates it inherits from.
    """

    name: str
    prefixes_received: int | None = None
    prefixes_sent: int | None = None
    prefix_limit: int | None = None
    prefix_warning: int | None = None
    prefix_action: str = ""
    table_version: int | None = None
    neighbor_version: int | None = None
    output_queue: int | None = None
    update_group: int | None = None
    peer_group: str = ""
    route_reflector_client: bool = False
    soft_reconfiguration: bool = False
    send_community: bool = False
    send_extended_community: bool = False
    next_hop_self: bool = False
    prefix_list_in: str = ""
    prefix_list_out: str = ""
    route_map_in: str = ""
    route_map_out: str = ""
    templates: tuple[str, ...] = ()


@dataclass(frozen=True)
class NeighborDetail:
    """One block of `show ip bgp neighbors`.

    Attributes:
        address, asn, dynamic: as in the summary.
        vrf: name of the VRF, "" for the global table.
        family: the address family under whose heading `show bgp all neighbors` lists it.
        link: "internal" or "external".
        local_as: `local-as`, None where the router uses its own.
        description: as configured.
        group: peer-group; template: peer-session template; listen_range: the range that created it.
        shutdown: administratively shut down.
        state: "Established" or another state of BGP; "" where the text has no such line.
        uptime_seconds: since the session came up or went down; None for never.
        remote_router_id: "0.0.0.0" while it is not known.
        last_read_seconds, last_write_seconds: since the last message.
        hold, keepalive: negotiated, seconds; None while the session is down.
        configured_hold, configured_keepalive: where the router shows them apart; minimum_hold: what it
            demands of the neighbour.
        capabilities: name to "advertised", "received" or "advertised and received".
        graceful_restart: the same for graceful restart, "" where the block does not name it.
        graceful_restart_enabled: configured here; restart_time, stalepath_time: the times configured here.
        remote_restart_time: what the neighbour announced.
        preserved: family to whether the neighbour declared that it preserved forwarding.
        input_queue, output_queue: depths.
        messages_sent, messages_received: totals.
        connections_established, connections_dropped: counters.
        last_reset: why the session was last reset, in the router's words; "" where it never was.
        last_reset_seconds: how long ago.
        advertisement_interval: seconds between runs.
        reachable: the routing table has a route to it.
        external_hops: how many hops away an external one may be.
        bfd: what the block says about BFD.
        interface: "(none)", or the interface on which it is reached.
        path_mtu_discovery, passive: the transport's settings; None where the block does not say.
        md5: the connection is signed with MD5; None without a connection. tcp_ao: its key chain.
        local_address, local_port, foreign_address, foreign_port, connection_state: of the connection.
        segment_size: maximum segment size; outgoing_ttl, incoming_ttl: as shown.
        families: in the order of the block.
        complete: the block goes on to the connection, where IOS ends it: nothing was cut off or filtered out
            before that.
        unknown: lines of the block that are not known, secrets masked.
    """

    address: str
    asn: int
    dynamic: bool = False
    vrf: str = ""
    family: str = ""
    link: str = ""
    local_as: int | None = None
    description: str = ""
    group: str = ""
    template: str = ""
    listen_range: str = ""
    shutdown: bool = False
    state: str = ""
    uptime_seconds: int | None = None
    remote_router_id: str = ""
    last_read_seconds: int | None = None
    last_write_seconds: int | None = None
    hold: int | None = None
    keepalive: int | None = None
    configured_hold: int | None = None
    configured_keepalive: int | None = None
    minimum_hold: int | None = None
    capabilities: Mapping[str, str] = field(default_factory=dict)
    graceful_restart: str = ""
    graceful_restart_enabled: bool | None = None
    restart_time: int | None = None
    stalepath_time: int | None = None
    remote_restart_time: int | None = None
    preserved: Mapping[str, bool] = field(default_factory=dict)
    input_queue: int | None = None
    output_queue: int | None = None
    messages_sent: int | None = None
    messages_received: int | None = None
    connections_established: int | None = None
    connections_dropped: int | None = None
    last_reset: str = ""
    last_reset_seconds: int | None = None
    advertisement_interval: int | None = None
    reachable: bool | None = None
    external_hops: int | None = None
    bfd: str = ""
    interface: str = ""
    path_mtu_discovery: bool | None = None
    passive: bool | None = None
    md5: bool | None = None
    tcp_ao: str = ""
    local_address: str = ""
    local_port: int | None = None
    foreign_address: str = ""
    foreign_port: int | None = None
    connection_state: str = ""
    segment_size: int | None = None
    incoming_ttl: int | None = None
    outgoing_ttl: int | None = None
    families: tuple[NeighborFamily, ...] = ()
    complete: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def route_reflector_clients(self) -> frozenset[str]:
        """The address families in which it is a client."""
        return frozenset(family.name for family in self.families if family.route_reflector_client)


@dataclass(frozen=True)
class BgpPath:
    """One path to one prefix, out of a table or out of the detailed view.

    Attributes:
        prefix: "10.0.0.0/8": with its length, also where IOS leaves a classful one out. What is no IP prefix
            (EVPN, VPLS, link-state) is as the router shows it.
        next_hop: in one form; "" where the NLRI of the table has none.
        best, valid, internal: as the router marks it. In the detailed view internal is learned by iBGP.
        status: the marks of a table ("*>i"), "" in the detailed view.
        origin: "igp", "egp" or "incomplete".
        metric, local_preference, weight: None where the column is empty.
        as_path: the AS numbers as shown, "" for a path of the own AS.
        rpki: "valid", "invalid", "not found", "" where it is not shown.
        family, vrf, rd: of the heading; "" where there is none.
        table_version: of the table, or of the prefix in the detailed view.
        Only the detailed view has the rest:
        neighbor, router_id: from whom it was learned.
        accessible: False where the next hop is not; igp_metric: the metric to it.
        originator, cluster_list: what a route reflector added.
        reflector_client: received from a client; received_only: kept for soft reconfiguration alone.
        communities, extended_communities: as shown.
        unknown: lines that are not known.
    """

    prefix: str
    next_hop: str
    best: bool
    valid: bool
    internal: bool
    status: str
    origin: str
    metric: int | None
    local_preference: int | None
    weight: int | None
    as_path: str
    rpki: str = ""
    family: str = ""
    vrf: str = ""
    rd: str = ""
    table_version: int | None = None
    neighbor: str = ""
    router_id: str = ""
    accessible: bool | None = None
    igp_metric: int | None = None
    originator: str = ""
    cluster_list: tuple[str, ...] = ()
    reflector_client: bool = False
    received_only: bool = False
    communities: tuple[str, ...] = ()
    extended_communities: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClusterId:
    """One cluster of the list: its id, its number of neighbours, and whether it reflects between clients."""

    cluster_id: str
    neighbors: int
    reflection_configured: bool
    reflection_used: bool


@dataclass(frozen=True)
class ClusterIds:
    """`show bgp all cluster-ids`.

    Attributes:
        cluster_id: the one in use; configured: None where the router-id stands in for it.
        client_to_client: reflection between clients as a whole.
        intra_cluster: the same within a cluster, as used.
        clusters: cluster ids of neighbours.
    """

    cluster_id: str
    configured: str | None
    client_to_client: bool | None = None
    intra_cluster: bool | None = None
    clusters: tuple[ClusterId, ...] = ()


@dataclass(frozen=True)
class UpdateGroup:
    """One group of `show ip bgp update-group`: neighbours that are sent the same.

    Attributes:
        number: of the group.
        family, vrf, link: of the heading; link is "internal" or "external".
        route_reflector_client: its members are clients.
        members: addresses in the order of the text.
        unknown: lines that are not known.
    """

    number: int
    family: str
    link: str
    vrf: str = ""
    route_reflector_client: bool = False
    members: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class PeerGroup:
    """One group of `show ip bgp peer-group`.

    Attributes:
        name: of the group. asn: None where the group has no remote AS.
        listen_ranges: prefixes whose neighbours become members.
        members: address to whether a listen range created it.
        route_reflector_clients: address families in which members are clients.
        unknown: lines that are not known.
    """

    name: str
    asn: int | None
    listen_ranges: tuple[str, ...] = ()
    members: Mapping[str, bool] = field(default_factory=dict)
    route_reflector_clients: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """The answer to `show ip route ADDRESS`.

    Attributes:
        prefix: of the route that is used, "" where there is none.
        source: what it is known by: "connected", "static", "ospf 1", "bgp 64512".
        origins, interfaces: for each of its paths who told it, and the way out; "" where it does not say.
    """

    prefix: str
    source: str = ""
    origins: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListenRanges:
    """Listen ranges and how many neighbours they created.

    Attributes:
        ranges: prefix and peer-group of each.
        neighbors: how many there are in all; limit: `bgp listen limit`. None where the text does not say.
    """

    ranges: tuple[ListenRange, ...]
    neighbors: int | None = None
    limit: int | None = None
