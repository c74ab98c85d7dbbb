# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access-lists, lists of communities and AS paths, and route-maps, as the IOS front takes and shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from lab.ios import Router
from lab.ios.shell import Session
from lab.ios.vty import Silent
from tests.helpers.wanted import WANT

TYPED = """\
access-list 10 deny 10.244.0.0 0.0.255.255
access-list 10 permit 0.0.0.0 255.255.255.255
access-list 9 remark what it is for
access-list 9 permit host 10.1.1.1
access-list 100 deny ip 10.244.7.7 0.0.255.255 any
access-list 100 permit ip any host 255.255.255.0
ip access-list standard NAMED
 20 permit 10.0.0.0 0.255.255.255
 10 deny 10.0.0.9
ip access-list extended WIDE
 permit ip any any
ip community-list standard C permit 64512:1 no-export
ip community-list 1 deny 64512:2
ip as-path access-list 7 deny ^$
ip as-path access-list 7 permit .*
route-map R permit 20
route-map R permit 5
 match as-path 7
 match ip address NAMED
 set community no-export additive
route-map S permit 10
 match community C
"""
SHOWN = """\
ip forward-protocol nd
!
ip as-path access-list 7 deny ^$
ip as-path access-list 7 permit .*
!
ip community-list 1 deny 64512:2
!
ip community-list standard C permit 64512:1 no-export
!
ip access-list standard NAMED
 deny   10.0.0.9
 permit 10.0.0.0 0.255.255.255
!
ip access-list extended WIDE
 permit ip any any
!
access-list 9 remark what it is for
access-list 9 permit 10.1.1.1
access-list 10 deny   10.244.0.0 0.0.255.255
access-list 10 permit any
access-list 100 deny   ip 10.244.0.0 0.0.255.255 any
access-list 100 permit ip any host 255.255.255.0
!
route-map R permit 5
 match ip address NAMED
 match as-path 7
 set community no-export additive
!
route-map R permit 20
!
route-map S permit 10
 match community C
!
"""


@pytest.fixture
def session() -> Session:
    return Session(Router(Silent(), users={}))


def typed(session: Session, *lines: str) -> str:
    session.enter("configure terminal")
    return "".join(session.enter(line) for line in (*lines, "end"))


def lists(session: Session) -> str:
    whole = session.enter("show running-config")
    return whole[whole.index("ip forward-protocol") : whole.index("line con 0")]


def test_they_stand_in_the_running_configuration(session: Session) -> None:
    assert typed(session, *TYPED.splitlines()) == ""
    assert lists(session) == SHOWN
    assert session.enter("show running-config | section ^route-map R permit 5") == (
        "route-map R permit 5\n match ip address NAMED\n match as-path 7\n set community no-export additive\n"
    )


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("no access-list 10 permit any", ["access-list 10 deny   10.244.0.0 0.0.255.255", "access-list 10 "]),
        ("no ip access-list extended WIDE", ["ip access-list extended WIDE", " permit ip any any"]),
        ("no ip as-path access-list 7 permit .*", ["ip as-path access-list 7 permit .*"]),
        ("no ip community-list standard C", ["ip community-list standard C permit 64512:1 no-export"]),
        ("no route-map R permit 20", ["route-map R permit 20"]),
        ("no route-map R", ["route-map R permit 5", "route-map R permit 20", " match as-path 7"]),
    ],
)
def test_what_a_no_takes_away(session: Session, line: str, gone: Sequence[str]) -> None:
    typed(session, *TYPED.splitlines())
    assert typed(session, line) == ""
    left = lists(session)
    assert [each for each in gone if each in left] == []
    assert "route-map S permit 10" in left


def test_entries_of_a_named_list_go_by_number_and_by_text(session: Session) -> None:
    typed(session, *TYPED.splitlines())
    assert typed(session, "ip access-list standard NAMED", "no 20", "no deny host 10.0.0.9") == ""
    assert "ip access-list standard NAMED\n!\n" in lists(session)
    assert "%ACL entry not found" in typed(session, "ip access-list standard NAMED", "no 20")


def test_an_entry_of_a_route_map_changes_its_action(session: Session) -> None:
    typed(session, *TYPED.splitlines())
    assert typed(session, "route-map R deny 5") == ""
    assert "route-map R deny 5\n match ip address NAMED\n" in lists(session)
    assert "route-map R permit 5" not in lists(session)


def test_a_revert_brings_every_list_back_in_its_order(session: Session) -> None:
    typed(session, *TYPED.splitlines())
    before = session.enter("show running-config")
    session.enter("configure terminal revert timer 5")
    for line in (
        *(
            "no access-list 10",
            "access-list 10 permit 10.9.9.9",
            "no route-map R permit 20",
            "route-map R deny 5",
        ),
        *(
            "no ip as-path access-list 7 deny ^$",
            "ip access-list standard NAMED",
            "no 10",
            "15 permit any",
            "end",
        ),
    ):
        assert session.enter(line) == ""
    assert session.enter("show running-config") != before
    assert "Rollback Done" in session.enter("configure revert now")
    assert session.enter("show running-config") == before


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["access-list 10 permit 10.0.0.300"], "% Invalid input"),
        (["access-list 100 permit 10.0.0.0"], "% Invalid input"),
        (["access-list 200 permit any"], "% Invalid input"),
        (["access-list 10 permit any any"], "% Invalid input"),
        (["access-list 10 "], "% Incomplete command."),
        (["ip access-list standard 100"], "% Invalid input"),
        (["ip access-list extended NAMED"], "% A named access list with this name already exists"),
        (["ip access-list standard NAMED", "10 permit any"], "% Duplicate sequence number"),
        (["ip access-list standard NAMED", "10"], "% Incomplete command."),
        (["route-map R permit 5", "match ip address OTHER"], "% One list in a match"),
    ],
)
def test_what_is_refused(session: Session, lines: Sequence[str], answer: str) -> None:
    typed(session, *TYPED.splitlines())
    before = session.enter("show running-config")
    assert answer in typed(session, *lines)
    assert session.enter("show running-config") == before


def test_what_keeps_pod_routes_out_of_the_routing_table_is_taken_and_taken_away(session: Session) -> None:
    wanted = replace(WANT, table_map=True, off_path=True)
    change = plan_change(read_running(session.enter("show running-config")), wanted)
    assert typed(session, *change.commands) == ""
    assert lists(session).endswith(
        "route-map CALICO-TABLE-MAP deny 10\n match ip address prefix-list CALICO\n!\n"
        "route-map CALICO-TABLE-MAP permit 20\n!\n"
    )
    shown = session.enter("show running-config")
    assert "  table-map CALICO-TABLE-MAP filter\n" in shown
    assert plan_change(read_running(shown), wanted).commands == ()
    off = plan_change(read_running(shown), WANT)
    assert typed(session, *off.commands) == ""
    assert "TABLE-MAP" not in session.enter("show running-config")
