# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What show commands say in detail, as the records that checks look at. Nothing is judged here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from ..model.observation import RouterPath, RouterPeer, RouterReading, RouterTraffic
from .config.process_statements import DEFAULT_LISTEN_LIMIT
from .config.records import ROUTER, BgpProcess
from .show.records import ESTABLISHED, BgpPath, NeighborDetail, NeighborFamily, Summary
from .text import cluster_id_number

#: The family of the planned sessions; "" where the heading was filtered out of the text.
_FAMILIES = ("IPv4 Unicast", "")


def reading(at: float, summary: Summary) -> RouterReading:
    """One reading of the summary at `at`, in seconds since the epoch."""
    rows = (
        RouterTraffic(
            row.address,
            row.neighbor_version,
            row.input_queue,
            row.output_queue,
            row.messages_received,
            row.messages_sent,
            row.uptime_seconds,
        )
        for row in summary.rows
    )
    return RouterReading(at, summary.table_version, tuple(rows))


def peers(details: Iterable[NeighborDetail], bgp: BgpProcess | None) -> Iterator[RouterPeer]:
    """The neighbours of the global table; `bgp` says which side opens where the details do not."""
    for detail in details:
        if detail.vrf:
            continue
        family = next((f for f in detail.families if f.name in _FAMILIES), None)
        up = detail.state == ESTABLISHED
        yield RouterPeer(
            address=detail.address,
            client=family.route_reflector_client if family else None,
            passive=_passive(detail, bgp),
            local_port=detail.local_port if up else None,
            hold=detail.hold if up else None,
            graceful_restart=detail.graceful_restart,
            configured_restart=detail.graceful_restart_enabled,
            dropped=detail.connections_dropped,
            last_reset=detail.last_reset,
            last_reset_seconds=detail.last_reset_seconds,
            prefix_limit=family.prefix_limit if family else None,
            prefixes=_received(family) if up else None,
        )


def _received(family: NeighborFamily | None) -> int | None:
    return family.prefixes_received if family else None


def _passive(detail: NeighborDetail, bgp: BgpProcess | None) -> bool | None:
    if detail.passive is not None or bgp is None or detail.address not in bgp.neighbors:
        return detail.passive
    return bgp.effective(bgp.neighbors[detail.address]).passive


def paths(table: Iterable[BgpPath]) -> Iterator[RouterPath]:
    """The paths of the global IPv4 table."""
    for path in table:
        if not path.vrf and not path.rd:
            yield RouterPath(path.prefix, path.next_hop, path.best)


def dynamic(summary: Summary, bgp: BgpProcess | None) -> tuple[tuple[str, ...], int, int]:
    """Listen ranges, how many neighbours they made, and how many they may make."""
    ranges = tuple(each.prefix for each in bgp.listen_ranges) if bgp else ()
    configured = bgp.scopes.get(ROUTER, {}).get("listen_limit") if bgp else None
    shown = next((count.limit for count in summary.dynamic if count.limit), None)
    made = sum(row.dynamic for row in summary.rows)
    return ranges, made, int(shown or configured or DEFAULT_LISTEN_LIMIT)


def dotted(cluster_id: str) -> str:
    """A cluster id in its dotted form, "" for none.

    >>> dotted("1")
    '0.0.0.1'
    """
    return str(ipaddress.IPv4Address(cluster_id_number(cluster_id))) if cluster_id else ""
