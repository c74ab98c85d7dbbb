# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show ip route`` of one address, in the form of IOS."""

from __future__ import annotations

import pytest

from lab.ios import Router
from lab.ios.shell import Session
from lab.ios.vty import Silent

METRIC = "      Route metric is 0, traffic share count is 1\n"
CONNECTED = (
    "Routing entry for 192.168.1.0/24\n"
    '  Known via "connected", distance 0, metric 0 (connected, via interface)\n'
    "  Routing Descriptor Blocks:\n"
    f"  * directly connected, via GigabitEthernet0/0\n{METRIC}"
)
DEFAULT = (
    "Routing entry for 0.0.0.0/0, supernet\n"
    '  Known via "static", distance 1, metric 0, candidate default path\n'
    f"  Routing Descriptor Blocks:\n  * 192.168.1.254\n{METRIC}"
)
NO_NETWORK, NO_SUBNET = "% Network not in table\n", "% Subnet not in table\n"


@pytest.fixture
def session() -> Session:
    return Session(Router(Silent(), users={}, loopback="10.0.0.1/32"))


def configure(session: Session, *lines: str) -> None:
    for line in ("configure terminal", *lines, "end"):
        assert "%" not in session.enter(line)


def test_connected_networks_and_the_routers_own_address(session: Session) -> None:
    assert session.enter("show ip route 192.168.1.10") == CONNECTED
    own = CONNECTED.replace("192.168.1.0/24", "192.168.1.1/32").replace(", via interface", "")
    assert session.enter("sh ip ro 192.168.1.1") == own
    loopback = session.enter("show ip route 10.0.0.1")
    assert loopback.startswith("Routing entry for 10.0.0.1/32\n")
    assert "(connected, via interface)\n" in loopback
    configure(session, "interface GigabitEthernet0/0", "shutdown")
    assert session.enter("show ip route 192.168.1.10") == NO_NETWORK


def test_subnet_is_missing_where_its_class_is_known(session: Session) -> None:
    assert session.enter("show ip route 10.9.9.9") == NO_SUBNET
    assert session.enter("show ip route 172.16.0.1") == NO_NETWORK


def test_longest_static_route_wins_where_its_way_is_there(session: Session) -> None:
    configure(
        session,
        "ip route 10.0.0.0 255.0.0.0 192.168.1.254 name core",
        "ip route 10.1.0.0 255.255.0.0 192.168.1.253 200",
        "ip route 10.1.0.0 255.255.0.0 GigabitEthernet0/0 192.168.1.252 5",
        "ip route 10.1.1.0 255.255.255.0 172.16.0.1",
        "ip route 10.2.0.0 255.255.0.0 Null0",
        "ip route 172.16.0.0 255.240.0.0 192.168.1.254",
    )
    assert session.enter("show ip route 10.1.1.1") == (
        'Routing entry for 10.1.0.0/16\n  Known via "static", distance 5, metric 0\n'
        f"  Routing Descriptor Blocks:\n  * 192.168.1.252, via GigabitEthernet0/0\n{METRIC}"
    )
    assert session.enter("show ip route 10.2.0.1") == (
        'Routing entry for 10.2.0.0/16\n  Known via "static", distance 1, metric 0 (connected)\n'
        f"  Routing Descriptor Blocks:\n  * directly connected, via Null0\n{METRIC}"
    )
    assert session.enter("show ip route 10.9.9.9").startswith("Routing entry for 10.0.0.0/8\n")
    assert session.enter("show ip route 172.16.9.9").startswith("Routing entry for 172.16.0.0/12, supernet\n")


def test_two_equal_ways_are_two_blocks(session: Session) -> None:
    configure(session, *(f"ip route 10.1.0.0 255.255.0.0 192.168.1.{last}" for last in (253, 254)))
    assert session.enter("show ip route 10.1.0.0").endswith(
        f"  * 192.168.1.253\n{METRIC}    192.168.1.254\n{METRIC}"
    )


def test_default_route_answers_for_itself_and_for_hosts_where_it_is_told_to(session: Session) -> None:
    assert session.enter("show ip route 0.0.0.0") == NO_NETWORK
    configure(session, "ip route 0.0.0.0 0.0.0.0 192.168.1.254")
    assert session.enter("show ip route 0.0.0.0") == DEFAULT
    assert session.enter("show ip route 172.16.0.1") == NO_NETWORK
    session.router.nuisances.default_for_hosts = True
    assert session.enter("show ip route 172.16.0.1") == DEFAULT
    assert session.enter("show ip route 192.168.1.10") == CONNECTED
