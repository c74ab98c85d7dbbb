# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of show commands as the observations that checks look at. Nothing is judged here.

The only place that makes the one of the other. Each is about one address family; what belongs to another is
left out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator

from ...model.family import IPV4, Family
from ...model.observation import (
    NodeRoute,
    RouterPath,
    RouterPeer,
    RouterReading,
    RouterSession,
    RouterSurplus,
    RouterTraffic,
)
from ..config.process_statements import DEFAULT_LISTEN_LIMIT
from ..config.records import BgpProcess
from ..text import cluster_id_number
from .records import ESTABLISHED, BgpPath, NeighborDetail, NeighborFamily, Route, Summary, SummaryRow


def sessions(summary: Summary, family: Family = IPV4) -> tuple[RouterSession, ...]:
    """The sessions of a family, in the order of the text."""
    return tuple(
        RouterSession(family.name, row.address, row.asn, row.state, row.prefixes, row.uptime_seconds)
        for row in _rows(summary, family)
    )


def reading(at: float, summary: Summary, family: Family = IPV4) -> RouterReading:
    """One reading of the summary at `at`, in seconds since the epoch."""
    rows = tuple(_rows(summary, family))
    version = rows[0].table_version if rows else summary.table_version
    traffic = (
        RouterTraffic(
            row.address,
            row.neighbor_version,
            row.input_queue,
            row.output_queue,
            row.messages_received,
            row.messages_sent,
            row.uptime_seconds,
        )
        for row in rows
    )
    return RouterReading(at, version, tuple(traffic))


def peers(
    details: Iterable[NeighborDetail], bgp: BgpProcess | None, family: Family = IPV4
) -> Iterator[RouterPeer]:
    """The neighbours of the global table with their policy of a family.

    `bgp` tells which side opens the connection where the details do not.
    """
    for detail in details:
        if detail.vrf:
            continue
        policy = next((each for each in detail.families if _is_of(each.name, family)), None)
        up = detail.state == ESTABLISHED
        yield RouterPeer(
            address=detail.address,
            client=policy.route_reflector_client if policy else None,
            passive=_passive(detail, bgp),
            local_port=detail.local_port if up else None,
            hold=detail.hold if up else None,
            graceful_restart=detail.graceful_restart,
            configured_restart=detail.graceful_restart_enabled,
            dropped=detail.connections_dropped,
            last_reset=detail.last_reset,
            last_reset_seconds=detail.last_reset_seconds,
            prefix_limit=policy.prefix_limit if policy else None,
            prefixes=_received(policy) if up else None,
        )


def paths(table: Iterable[BgpPath], family: Family = IPV4) -> Iterator[RouterPath]:
    """The paths of the global table of a family."""
    for path in table:
        if not path.vrf and not path.rd and _is_of(path.family, family):
            yield RouterPath(path.prefix, path.next_hop, path.best)


def surplus(
    rows: Iterable[RouterSession], inside: Iterable[RouterPath], nodes: Collection[str]
) -> Iterator[RouterSurplus]:
    """The nodes of which the router has more prefixes than there are `inside` by way of them.

    A node's prefix counts once, however many neighbours pass it on.
    """
    seen: dict[str, set[str]] = {address: set() for address in nodes}
    for path in inside:
        seen.get(path.next_hop, set()).add(path.prefix)
    for row in rows:
        if row.address in seen and (row.prefixes or 0) > len(seen[row.address]):
            yield RouterSurplus(row.address, row.prefixes or 0, len(seen[row.address]))


def node_route(address: str, route: Route) -> NodeRoute:
    """The route to a node with this address."""
    drops = {name.lower() for name in route.interfaces} == {"null0"}
    return NodeRoute(address, route.prefix, route.source, tuple(filter(None, route.origins)), drops)


def dynamic(summary: Summary, bgp: BgpProcess | None) -> tuple[tuple[str, ...], int, int]:
    """Listen ranges, how many neighbours they made, and how many they may make."""
    ranges = tuple(each.prefix for each in bgp.listen_ranges) if bgp else ()
    configured = bgp.listen_limit if bgp else DEFAULT_LISTEN_LIMIT
    shown = next((count.limit for count in summary.dynamic if count.limit), None)
    made = sum(row.dynamic for row in summary.rows)
    return ranges, made, shown or configured


def dotted(cluster_id: str) -> str:
    """A cluster id in its dotted form, "" for none.

    >>> dotted("1")
    '0.0.0.1'
    """
    return str(ipaddress.IPv4Address(cluster_id_number(cluster_id))) if cluster_id else ""


def _rows(summary: Summary, family: Family) -> Iterator[SummaryRow]:
    return (row for row in summary.rows if _is_of(row.family, family))


def _is_of(heading: str, family: Family) -> bool:
    """Whether a record is of a family; its heading is "" where it was filtered out of the text."""
    return heading in (family.heading, "")


def _received(policy: NeighborFamily | None) -> int | None:
    return policy.prefixes_received if policy else None


def _passive(detail: NeighborDetail, bgp: BgpProcess | None) -> bool | None:
    if detail.passive is not None or bgp is None or detail.address not in bgp.neighbors:
        return detail.passive
    return bgp.effective(bgp.neighbors[detail.address]).passive
