# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IOS front on a real bgpd, which has a second bgpd for a client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.ios import Router
from lab.ios.config import Configurator
from lab.ios.rules import CONFIG
from lab.ios.shell import Session
from lab.ios.vty import Silent, Vty
from tests.helpers.speakers import PUSH, enter
from tests.helpers.waiting import wait

pytestmark = pytest.mark.lab


@pytest.fixture
def router(bgpds: Path) -> Iterator[Router]:
    router = Router(bgpds / "rr/bgpd.vty", users={"admin": "admin"})
    yield router
    router.close()
    router.stop_bgp()
    with router.lock:
        configurator = Configurator(router)
        for protocol, name in list(router.prefix_lists.lists):
            configurator.at((), f"no {protocol} prefix-list {name}")


@pytest.fixture
def frr(bgpds: Path) -> Vty:
    return Vty(bgpds / "rr/bgpd.vty")


def _type(router: Router, text: str) -> Session:
    session = Session(router)
    enter(session, text)
    return session


def _own(router: Router) -> list[str]:
    return [line.strip() for line in router.running_config().splitlines()]


def _established(session: Session) -> bool:
    return session.enter("show ip bgp summary | include ^192.168.1.10 .* [0-9]+$") != ""


# Every BGP line of the grammar: (address family, line, what bgpd shows; None where it shows nothing)
G, X, Y = "neighbor G", "neighbor 10.9.9.9", "neighbor 10.9.9.8"
DRIFT = [
    ("", "bgp router-id 1.2.3.4", "bgp router-id 1.2.3.4"),
    ("", "bgp cluster-id 77", "bgp cluster-id 0.0.0.77"),
    ("", "bgp cluster-id 10.0.0.77", "bgp cluster-id 10.0.0.77"),
    ("", "bgp listen range 10.50.0.0/16 peer-group G", "bgp listen range 10.50.0.0/16 peer-group G"),
    ("", "bgp listen limit 200", "bgp listen limit 200"),
    ("", "bgp update-delay 20", "update-delay 20"),
    ("", "bgp graceful-restart", "bgp graceful-restart"),
    ("", "bgp graceful-restart restart-time 130", "bgp graceful-restart restart-time 130"),
    ("", "bgp graceful-restart stalepath-time 370", "bgp graceful-restart stalepath-time 370"),
    ("", "bgp always-compare-med", "bgp always-compare-med"),
    ("", "bgp deterministic-med", "bgp deterministic-med"),
    ("", "bgp bestpath compare-routerid", "bgp bestpath compare-routerid"),
    ("", "bgp bestpath as-path multipath-relax", "bgp bestpath as-path multipath-relax"),
    ("", "timers bgp 11 33", "timers bgp 11 33"),
    ("", "timers bgp 11 33 5", "timers bgp 11 33"),
    ("", "neighbor NEW peer-group", "neighbor NEW peer-group"),
    ("", "neighbor 10.9.9.7 remote-as 64513", "neighbor 10.9.9.7 remote-as 64513"),
    ("", "neighbor 10.9.9.7 peer-group G", "neighbor 10.9.9.7 peer-group G"),
    ("", f"{Y} local-as 64999", f"{Y} local-as 64999"),
    ("", f"{X} description one two", f"{X} description one two"),
    ("", f"{X} shutdown", f"{X} shutdown"),
    ("", f"{X} password secret", f"{X} password secret"),
    ("", f"{X} password 7 02050D480809", f"{X} password cisco"),
    ("", f"{Y} ebgp-multihop 5", f"{Y} ebgp-multihop 5"),
    ("", f"{X} disable-connected-check", f"{X} disable-connected-check"),
    ("", f"{Y} ttl-security hops 3", f"{Y} ttl-security hops 3"),
    ("", f"{X} update-source GigabitEthernet0/0", f"{X} update-source 192.168.1.1"),
    ("", f"{X} update-source Loopback0", f"{X} update-source lo"),
    ("", f"{X} version 4", None),
    ("", f"{X} transport connection-mode passive", f"{X} passive"),
    ("", f"{X} fall-over bfd", f"{X} bfd"),
    ("", f"{X} ha-mode graceful-restart", f"{X} graceful-restart"),
    ("", f"{X} ha-mode graceful-restart disable", f"{X} graceful-restart-disable"),
    ("", f"{G} ha-mode graceful-restart disable", f"{G} graceful-restart-disable"),
    ("", f"{X} timers 20 60", f"{X} timers 20 60"),
    ("", f"{G} timers 20 60", f"{G} timers 20 60"),
    ("ipv4", "bgp additional-paths select all", None),
    ("ipv4", "bgp additional-paths send receive", None),
    ("ipv4", "bgp nexthop trigger delay 1", None),
    ("ipv4", "redistribute connected", "redistribute connected"),
    ("ipv4", "redistribute static route-map RM", "redistribute static route-map RM"),
    ("ipv4", "network 172.16.0.0 mask 255.240.0.0", "network 172.16.0.0/12"),
    ("ipv4", "network 10.0.0.0", "network 10.0.0.0/8"),
    ("ipv6", "network 2001:DB8::/32", "network 2001:db8::/32"),
    (
        "ipv4",
        "aggregate-address 10.0.0.0 255.0.0.0 summary-only",
        "aggregate-address 10.0.0.0/8 summary-only",
    ),
    ("ipv6", f"{X} activate", f"{X} activate"),
    ("ipv4", f"{X} additional-paths receive", None),
    ("ipv4", f"{X} advertise additional-paths all", None),
    ("ipv4", f"{X} send-community", f"no {X} send-community extended"),
    ("ipv4", f"{X} send-community both", f"no {X} send-community large"),
    ("ipv4", f"{G} additional-paths disable", None),
    ("ipv4", f"{G} send-community extended", f"no {G} send-community"),
    ("ipv4", f"{X} route-reflector-client", f"{X} route-reflector-client"),
    ("ipv4", f"{X} next-hop-self", f"{X} next-hop-self"),
    ("ipv4", f"{X} next-hop-self all", f"{X} next-hop-self force"),
    ("ipv4", f"{X} soft-reconfiguration inbound", f"{X} soft-reconfiguration inbound"),
    ("ipv4", f"{X} weight 7", f"{X} weight 7"),
    ("ipv4", f"{X} allowas-in 2", f"{X} allowas-in 2"),
    ("ipv4", f"{X} advertisement-interval 4", f"{X} advertisement-interval 4"),
    ("ipv4", f"{Y} remove-private-as all", f"{Y} remove-private-AS all"),
    ("ipv4", f"{X} default-originate", f"{X} default-originate"),
    ("ipv4", f"{X} prefix-list PL in", f"{X} prefix-list PL in"),
    ("ipv4", f"{X} distribute-list 10 out", f"{X} distribute-list 10 out"),
    ("ipv4", f"{X} filter-list 1 out", f"{X} filter-list 1 out"),
    ("ipv4", f"{X} route-map RM out", f"{X} route-map RM out"),
    ("ipv4", f"{X} maximum-prefix 100 80 warning-only", f"{X} maximum-prefix 100 80 warning-only"),
    ("ipv4", f"{X} maximum-prefix 100 restart 5", f"{X} maximum-prefix 100 restart 5"),
    ("ipv4", "maximum-paths 3", "maximum-paths 3"),
    ("ipv4", "maximum-paths ibgp 3", "maximum-paths ibgp 3"),
    ("ipv4", "table-map RM filter", None),
    ("ipv4", "distance bgp 21 201 202", "distance bgp 21 201 202"),
]
DRIFT_START = """\
route-map RM permit 10
router bgp 64512
 neighbor G peer-group
 neighbor G remote-as 64512
 neighbor 10.9.9.9 remote-as 64512
 neighbor 10.9.9.8 remote-as 64513
 address-family ipv4
 exit-address-family
 address-family ipv6
"""


def _match_of(family: str, line: str) -> object:
    modes = ["af"] if family else ["router", "session"]
    return CONFIG.match(modes, line.split()).rule


def test_every_line_comes_and_goes_on_both_sides(router: Router, frr: Vty) -> None:
    _type(router, DRIFT_START)
    configurator = Configurator(router)
    own, behind = router.running_config(), frr.run("show running-config")
    wrong = []
    for family, line, shown in DRIFT:
        path = ("router bgp 64512", *([f"address-family {family}"] if family else []))
        configurator.at(path, line)
        if line not in _own(router):
            wrong.append(f"{line}: not in the running configuration")
        behind_now = [each.strip() for each in frr.run("show running-config").splitlines()]
        if shown and shown not in behind_now:
            wrong.append(f"{line}: bgpd does not show {shown}")
        configurator.at(path, f"no {line}")
        if router.running_config() != own:
            wrong.append(f"{line}: does not go away again")
        if frr.run("show running-config") != behind:
            wrong.append(f"{line}: stays in bgpd")
    assert wrong == []


def test_graceful_restart_of_a_neighbour_is_turned_over(router: Router, frr: Vty) -> None:
    _type(router, DRIFT_START)
    configurator = Configurator(router)
    for line, shown in (
        ("", "graceful-restart"),
        (" disable", "graceful-restart-disable"),
        ("", "graceful-restart"),
    ):
        configurator.at(("router bgp 64512",), f"{X} ha-mode graceful-restart{line}")
        behind = [each.strip() for each in frr.run("show running-config").splitlines()]
        assert [each for each in behind if each.startswith(f"{X} graceful")] == [f"{X} {shown}"]


def test_the_drift_check_leaves_out_no_rule() -> None:
    checked = {_match_of(family, line) for family, line, _ in DRIFT}
    rules = [rule for mode in ("router", "session", "af") for rule in CONFIG.by_mode[mode]]
    left = [rule.template for rule in rules if rule not in checked and not rule.default_on]
    assert left == ["bgp log-neighbor-changes"]  # on from the start: see the next test


@pytest.mark.parametrize(
    "line",
    ["bgp log-neighbor-changes", "bgp client-to-client reflection", "bgp default ipv4-unicast"],
)
def test_what_is_on_by_default_is_turned_off_and_on(router: Router, frr: Vty, line: str) -> None:
    _type(router, "router bgp 64512")
    configurator = Configurator(router)
    behind = frr.run("show running-config")
    configurator.at(("router bgp 64512",), f"no {line}")
    assert frr.run("show running-config") != behind
    configurator.at(("router bgp 64512",), line)
    assert frr.run("show running-config") == behind


def test_revert_restores_both_configurations_and_keeps_the_session(router: Router, frr: Vty) -> None:
    session = _type(router, PUSH)
    wait(lambda: _established(session))
    own, behind = router.running_config(), frr.run("show running-config")
    session.enter("configure terminal revert timer 5")
    for line in (
        "no ip prefix-list CALICO",
        "ip prefix-list CALICO seq 7 permit 10.0.0.0/8 le 32",
        "interface GigabitEthernet0/0",
        "description changed",
        "router bgp 64512",
        "bgp listen limit 20",
        "neighbor CALICO timers 20 60",
        "neighbor 10.0.0.9 remote-as 64512",
        "neighbor 192.168.1.10 description other",
        "address-family ipv6",
        "exit-address-family",
        "address-family ipv4",
        "no neighbor CALICO maximum-prefix",
        "end",
    ):
        session.enter(line)
    assert router.running_config() != own
    assert "Rollback Done" in session.enter("configure revert now")
    assert router.running_config() == own
    assert frr.run("show running-config") == behind
    assert _established(session)
    assert "Connections established 1; dropped 0" in session.enter("show ip bgp neighbors 192.168.1.10")


def test_revert_brings_back_a_group_that_was_removed(router: Router, frr: Vty) -> None:
    session = _type(router, PUSH)
    own, behind = router.running_config(), frr.run("show running-config")
    session.enter("configure terminal revert timer 5")
    for line in ("router bgp 64512", "no neighbor CALICO peer-group", "end"):
        session.enter(line)
    assert "CALICO" not in session.enter("show running-config | section ^router bgp")
    session.enter("configure revert now")
    assert router.running_config() == own
    assert frr.run("show running-config") == behind


def test_a_restarted_bgpd_gets_the_configuration_again(router: Router, bgpds: Path, frr: Vty) -> None:
    session = _type(router, PUSH)
    own, behind = router.running_config(), frr.run("show running-config")
    frr.configure((), ["no router bgp 64512", "no ip prefix-list CALICO"])
    assert frr.run("show running-config") != behind
    router.reattach(bgpds / "rr/bgpd.vty")
    assert router.running_config() == own
    assert frr.run("show running-config") == behind
    frr.configure((), ["no router bgp 64512", "no ip prefix-list CALICO"])
    router.reattach(bgpds / "rr/bgpd.vty", rebooted=True)
    assert "router bgp" not in session.enter("show running-config")


def test_a_list_that_is_not_defined_lets_everything_pass(router: Router) -> None:
    session = _type(router, PUSH)
    wait(lambda: session.enter("show ip bgp | count 10.244") == "Number of lines which match regexp = 2\n")
    _type(router, "no ip prefix-list CALICO")
    session.enter("clear ip bgp * soft in")
    time.sleep(1)
    assert session.enter("show ip bgp | count 10.244") == "Number of lines which match regexp = 2\n"


def test_ntc_templates_reads_what_is_shown(router: Router) -> None:
    ntc = pytest.importorskip("ntc_templates.parse")
    session = _type(router, PUSH)
    session.length = 0
    wait(lambda: session.enter("show ip bgp | count 10.244") == "Number of lines which match regexp = 2\n")

    def parsed(command: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = ntc.parse_output("cisco_ios", command, session.enter(command))
        return found

    (row,) = parsed("show ip bgp summary")
    assert (row["bgp_neighbor"], row["neighbor_as"], row["state_or_prefixes_received"]) == (
        "192.168.1.10",
        "64512",
        "2",
    )
    routes = parsed("show ip bgp")
    assert [(each["network"], each["next_hop"]) for each in routes] == [
        ("10.244.0.0/26", "192.168.1.10"),
        ("10.244.9.9/32", "192.168.1.10"),
    ]
    (neighbor,) = parsed("show ip bgp neighbors")
    assert (neighbor["neighbor"], neighbor["bgp_state"], neighbor["peer_group"]) == (
        "192.168.1.10",
        "Established",
        "CALICO",
    )
    (version,) = parsed("show version")
    assert (version["hostname"], version["version"]) == ("rr1", "15.9(3)M6")


def test_a_route_shows_that_it_came_from_a_client(router: Router) -> None:
    session = _type(router, PUSH)
    wait(lambda: "best" in session.enter("show ip bgp 10.244.0.0/26"))
    shown = session.enter("show ip bgp 10.244.0.0/26")
    assert "  Local, (Received from a RR-client)\n    192.168.1.10 from 192.168.1.10 (192.168.1" in shown
    assert session.enter("show ip bgp 10.1.1.0/24") == "% Network not in table\n"
    assert "Total number of prefixes 2" in session.enter("show ip bgp neighbors 192.168.1.10 routes")


def test_longer_prefixes_are_those_within(router: Router) -> None:
    session = _type(router, PUSH)
    # A route is in the table a moment before it is the best one, and counted in the table's version.
    wait(
        lambda: session.enter("show ip bgp | count >i  10.244") == "Number of lines which match regexp = 2\n"
    )
    whole = session.enter("show ip bgp")
    for command in (
        "show ip bgp 10.244.0.0/16 longer-prefixes",
        "show bgp ipv4 unicast 10.244.3.4/16 longer-prefixes",
        "show ip bgp 10.244.0.0 255.255.0.0 longer-prefixes",
    ):
        assert session.enter(command) == whole
    part = whole.replace(
        next(line for line in whole.splitlines(keepends=True) if "10.244.0.0/26" in line), ""
    )
    assert session.enter("show ip bgp 10.244.9.0/24 longer-prefixes") == part
    assert session.enter("show ip bgp 10.244.9.9/32 longer-prefixes") == part
    assert session.enter("show ip bgp 10.245.0.0/16 longer-prefixes") == ""
    assert session.enter("show ip bgp 10.0.0.0 255.0.255.0 longer-prefixes").startswith("% Bad mask")
    assert "% Invalid input" in session.enter("show ip bgp 2001:db8::/32 longer-prefixes")


def test_a_peer_out_of_a_listen_range_is_marked_as_dynamic(router: Router) -> None:
    session = _type(
        router,
        """\
router bgp 64512
 bgp listen range 192.168.1.0/28 peer-group K8S
 neighbor K8S peer-group
 neighbor K8S remote-as 64512
 address-family ipv4
  neighbor K8S activate
  neighbor K8S route-reflector-client
""",
    )
    wait(lambda: session.enter("show ip bgp summary | include ^.192.168.1.10 .* 2$") != "")
    shown = session.enter("show ip bgp summary")
    assert "*192.168.1.10   4        64512" in shown
    assert "* Dynamically created based on a listen range command\n" in shown
    assert shown.endswith("Total dynamically created neighbors: 1/(100 max), Subnet ranges: 1\n")
    neighbor = session.enter("show ip bgp neighbors")
    assert "BGP neighbor is *192.168.1.10,  remote AS 64512, internal link" in neighbor
    assert " Belongs to the subnet range group: 192.168.1.0/28\n" in neighbor


def test_a_new_inbound_list_is_cleared_in_softly(router: Router) -> None:
    session = _type(router, PUSH)
    wait(lambda: session.enter("show ip bgp | count 10.244") == "Number of lines which match regexp = 2\n")
    _type(router, "ip prefix-list CALICO seq 1 deny 10.244.9.9/32")
    session.enter("clear ip bgp peer-group CALICO soft in")
    wait(lambda: session.enter("show ip bgp | count 10.244") == "Number of lines which match regexp = 1\n")
    assert "dropped 0" in session.enter("show ip bgp neighbors 192.168.1.10")


def test_a_neighbour_that_is_not_there(router: Router) -> None:
    session = _type(router, PUSH)
    answer = session.enter("show ip bgp neighbors 10.1.1.1")
    assert answer == "% No such neighbor or address family\n"
    assert session.enter("clear ip bgp 10.1.1.1").startswith("% BGP: Unknown neighbor")
    assert session.enter("clear ip bgp peer-group NONE") == "% No such peer-group NONE\n"
    assert "% BGP not active" in Session(Router(Silent(), users={})).enter("show ip bgp summary")


def test_a_hard_clear_resets_the_session(router: Router) -> None:
    session = _type(router, PUSH)
    wait(lambda: _established(session))
    session.enter("clear ip bgp 192.168.1.10")
    wait(lambda: "established 2; dropped 1" in session.enter("show ip bgp neighbors 192.168.1.10"), 40)
