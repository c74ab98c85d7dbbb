# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recorded answer is read in full, and as ntc-templates and genieparser expect it."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.groups import read_cluster_ids
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.records import BgpPath
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.route import read_route
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.status import read_platform
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError, asn_number
from tests.helpers.recordings import (
    ALL,
    DETAILS,
    NEIGHBORS,
    SUMMARIES,
    TABLES,
    Recording,
    cases,
    detail_paths,
    neighbor_peers,
    summary_peers,
    table_paths,
)

#: Recordings that are no whole answer, and the part of the error that says why.
REFUSED = {
    # Its heading counts four paths; two of them were cut out.
    "genieparser/show_ip_bgp_detail/iosxe_golden_output6.raw": "4 paths available, 2 in the text",
}
#: What ntc-templates expects of one record less than the text says.
NTC_DIFFERS = {
    # Its template finds neither neighbour nor AS nor state of the third block.
    "ntc-templates/show_ip_bgp_vpnv4_all_neighbors/cisco_ios_show_ip_bgp_vpnv4_all_neighbors_desc2.raw",
}
#: What genieparser expects and the text does not say.
GENIE_DIFFERS = {
    # It takes the 0 below Metric for a local preference (192.168.10.0, with the weight 32768).
    "genieparser/show_bgp_all_neighbors_X_advertised-routes/ios_golden_output4.raw",
    # It takes the metric 4444 for the next hop of wrapped IPv6 paths.
    "genieparser/show_bgp_all_neighbors_X_received-routes/iosxe_golden_output2.raw",
    "genieparser/show_bgp_all_neighbors_X_routes/ios_golden_output2.raw",
}


def same(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(address)


@cases(SUMMARIES)
def test_every_peer_of_a_summary(recording: Recording):
    peers = summary_peers(recording.text)
    summary = read_summary(recording.text)
    assert peers
    assert [same(row.address) for row in summary.rows] == [same(peer) for peer in peers]
    assert summary.unknown == ()


@cases(NEIGHBORS)
def test_every_peer_of_neighbors_and_every_line_of_its_block(recording: Recording):
    peers = neighbor_peers(recording.text)
    neighbors = read_neighbors(recording.text)
    assert [same(neighbor.address) for neighbor in neighbors] == [same(peer) for peer in peers]
    assert [neighbor.unknown for neighbor in neighbors] == [()] * len(peers)


@cases([each for each in TABLES if each not in DETAILS])
def test_every_path_of_a_table(recording: Recording):
    assert len(read_prefixes(recording.text)) == table_paths(recording.text)


@cases(DETAILS)
def test_every_path_of_a_detailed_view(recording: Recording):
    if recording.name in REFUSED:
        with pytest.raises(IosTextError, match=REFUSED[recording.name]):
            read_prefixes(recording.text)
        return
    paths = read_prefixes(recording.text)
    assert len(paths) == detail_paths(recording.text)
    assert [path.unknown for path in paths] == [()] * len(paths)


@cases([each for each in SUMMARIES if each.ntc()])
def test_a_summary_as_ntc_templates_expects_it(recording: Recording):
    expected = [
        (
            row["bgp_neighbor"],
            asn_number(row["neighbor_as"]),
            row["state_or_prefixes_received"].strip(),
            row["messages_received"],
            row["input_queue"],
            row["router_id"],
            asn_number(row["local_as"]),
        )
        for row in recording.ntc()
    ]
    rows = read_summary(recording.text).rows
    assert [
        (
            row.address,
            row.asn,
            row.state if row.prefixes is None else str(row.prefixes),
            str(row.messages_received),
            str(row.input_queue),
            row.router_id,
            row.local_as,
        )
        for row in rows
    ] == expected


@cases([each for each in NEIGHBORS if each.ntc() and each.name not in NTC_DIFFERS])
def test_neighbors_as_ntc_templates_expects_them(recording: Recording):
    expected = [
        (
            row["neighbor"],
            asn_number(row["remote_as"]),
            row["bgp_state"],
            row["remote_router_id"],
            row["localhost_ip"],
            row["remote_port"],
            row.get("vrf", ""),
        )
        for row in recording.ntc()
    ]
    assert [
        (
            each.address,
            each.asn,
            each.state,
            each.remote_router_id,
            each.local_address,
            str(each.foreign_port),
            each.vrf,
        )
        for each in read_neighbors(recording.text)
    ] == expected


@cases([each for each in TABLES if each.ntc()])
def test_a_table_as_ntc_templates_expects_it(recording: Recording):
    origins = {"i": "igp", "e": "egp", "?": "incomplete"}
    paths = read_prefixes(recording.text)
    assert [path_text(path) for path in paths] == [
        (
            row["next_hop"],
            row["metric"],
            row["local_pref"],
            row["weight"],
            row["as_path"],
            origins[row["origin"]],
        )
        for row in recording.ntc()
    ]
    assert all(
        path.prefix == row["network"] or path.prefix.partition("/")[0] == row["network"]
        for path, row in zip(paths, recording.ntc(), strict=True)
    )


def path_text(path: BgpPath) -> tuple[str, ...]:
    def shown(value: int | None) -> str:
        return "" if value is None else str(value)

    numbers = shown(path.metric), shown(path.local_preference), shown(path.weight)
    return path.next_hop, *numbers, path.as_path, path.origin


def genie_paths(value: Any) -> Iterator[dict[str, Any]]:
    """Every path in genieparser's tree."""
    if isinstance(value, dict):
        if "next_hop" in value and "weight" in value:
            yield value
        else:
            for inner in value.values():
                yield from genie_paths(inner)


@cases(
    [
        each
        for each in TABLES
        if each not in DETAILS and each.name not in GENIE_DIFFERS and any(genie_paths(each.genie()))
    ]
)
def test_a_table_as_genieparser_expects_it(recording: Recording):
    def numbers(metric: Any, local: Any, weight: Any) -> tuple[Any, ...]:
        return metric, local, weight

    expected = Counter(
        (
            same(path["next_hop"]),
            numbers(path.get("metric"), path.get("localpref", path.get("localprf")), path["weight"]),
            str(path.get("path", "")),
        )
        for path in genie_paths(recording.genie())
    )
    read = Counter(
        (same(path.next_hop), numbers(path.metric, path.local_preference, path.weight), path.as_path)
        for path in read_prefixes(recording.text)
    )
    assert read == expected


@cases([each for each in ALL if "cluster-ids" in each.name])
def test_cluster_ids(recording: Recording):
    ids = read_cluster_ids(recording.text)
    assert (ids.cluster_id, ids.configured, ids.client_to_client) == ("10.64.4.4", None, True)
    assert sum(cluster.neighbors for cluster in ids.clusters) == (4 if "output_2" in recording.name else 0)


@cases([each for each in ALL if "show_version/" in each.name and each.ntc()])
def test_version_as_ntc_templates_expects_it(recording: Recording):
    (expected,) = recording.ntc()
    found = read_platform(recording.text).release
    assert found in (expected["version"], expected["software_image"]) or f"Version {found}" in recording.text


@cases([each for each in ALL if "show_version" in each.name])
def test_every_recorded_version_is_of_a_supported_platform(recording: Recording):
    """An image of IOS-XE has an IOS daemon for Linux, or a name that says so."""
    xe = re.search(r"IOS[ -]XE|_IOSD-|\(CAT3K_CAA", recording.text) is not None
    assert read_platform(recording.text).name == ("IOS-XE" if xe else "IOS")


@cases([each for each in ALL if "show_ip_route" in each.name and "Routing entry for" in each.text])
def test_routes_to_an_address(recording: Recording):
    """The prefix and the source that the text itself names first."""
    prefix = re.search(r"Routing entry for ([\d./]+)", recording.text)
    source = re.search(r'Known via "(.*)"', recording.text)
    found = read_route(recording.text)
    assert (found.prefix, found.source) == (prefix and prefix.group(1), source and source.group(1))
    expected = next(iter(recording.genie().get("entry", {}).values()), {}).get("paths", {}).values()
    if expected:
        assert [path or None for path in found.interfaces] == [path.get("interface") for path in expected]
        assert [path or None for path in found.origins] == [path.get("from") for path in expected]
