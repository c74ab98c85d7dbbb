# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of show commands as observations: those of the family that was asked for, and no others."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show import observation
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import IPV4, IPV6, Family
from tests.helpers.show_summary import HEAD, TITLE, row
from tests.helpers.show_texts import DOWN, TABLE

SUMMARY = (
    "For address family: IPv4 Unicast\n" + HEAD + TITLE + row()
    + "\nFor address family: IPv6 Unicast\n" + HEAD.replace("is 9", "is 7") + TITLE
    + row("192.168.1.11", state="5")
)  # fmt: skip
NEIGHBOR = (
    DOWN + "  BGP state = Established, up for 00:01:00\n"
    " For address family: IPv4 Unicast\n  Route-Reflector Client\n  Maximum prefixes allowed 100\n"
    "    Prefixes Current:               0          4\n"
    " For address family: IPv6 Unicast\n    Prefixes Current:               0          6\n"
)
PATHS = (
    "For address family: IPv4 Unicast\n" + TABLE
    + " *>i  10.244.7.0/26    192.168.1.10                  100      0 i\n"
    "For address family: IPv6 Unicast\n" + TABLE
    + " *>i  FD00:7::/64      FD00::10                 0    100      0 i\n"
)  # fmt: skip


@pytest.mark.parametrize(
    ("family", "address", "prefixes", "version"), [(IPV4, "192.168.1.10", 3, 9), (IPV6, "192.168.1.11", 5, 7)]
)
def test_sessions_and_readings_of_a_family(family: Family, address: str, prefixes: int, version: int):
    summary = read_summary(SUMMARY)
    reading = observation.reading(1.0, summary, family)
    (session,) = observation.sessions(summary, family)
    assert (session.address, session.state, session.prefixes) == (address, "Established", prefixes)
    assert (reading.at, reading.version) == (1.0, version)
    assert [each.address for each in reading.rows] == [address]


@pytest.mark.parametrize(
    ("family", "policy"), [(IPV4, (True, 100, 4)), (IPV6, (False, None, 6))], ids=["ipv4", "ipv6"]
)
def test_the_policy_of_a_family(family: Family, policy: tuple[bool, int | None, int]):
    (peer,) = observation.peers(read_neighbors(NEIGHBOR), None, family)
    assert (peer.client, peer.prefix_limit, peer.prefixes) == policy


def test_a_neighbour_without_the_family_has_no_policy_of_it():
    (peer,) = observation.peers(
        read_neighbors(NEIGHBOR.partition(" For address family: IPv6")[0]), None, IPV6
    )
    assert (peer.client, peer.prefix_limit, peer.prefixes) == (None, None, None)


@pytest.mark.parametrize(
    ("family", "prefix", "next_hop"),
    [(IPV4, "10.244.7.0/26", "192.168.1.10"), (IPV6, "fd00:7::/64", "fd00::10")],
)
def test_paths_of_a_family(family: Family, prefix: str, next_hop: str):
    (path,) = observation.paths(read_prefixes(PATHS), family)
    assert (path.prefix, path.next_hop, path.best) == (prefix, next_hop, True)


def test_a_text_whose_heading_was_filtered_out_counts_for_the_family_that_was_asked_for():
    assert len(observation.sessions(read_summary(TITLE + row()), IPV6)) == 1
    (peer,) = observation.peers(read_neighbors(f"{DOWN}  Route-Reflector Client\n"), None, IPV6)
    assert peer.client is True
