# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is typed into the IOS front, and the running configuration that comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lab.ios import Router
from lab.ios.nuisances import Refusal
from lab.ios.shell import Session
from lab.ios.vty import FrrError, Silent

SECTION = "show running-config | section ^router bgp"


@pytest.fixture
def session() -> Session:
    return Session(Router(Silent(), users={}))


def typed(session: Session, *lines: str) -> str:
    """What the lines are answered with, typed in configuration mode."""
    session.enter("configure terminal")
    return "".join(session.enter(line) for line in (*lines, "end"))


# what is typed below `router bgp 64512`, and the section that comes of it
RENDERED: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "flat while no address family was entered": (
        ["neighbor 10.0.0.1 remote-as 64512", "neighbor 10.0.0.1 route-reflector-client"],
        [
            " bgp log-neighbor-changes",
            " neighbor 10.0.0.1 remote-as 64512",
            " neighbor 10.0.0.1 route-reflector-client",
        ],
    ),
    "by address family once one was entered": (
        ["neighbor 10.0.0.1 remote-as 64512", "address-family ipv4 unicast"],
        [
            " bgp log-neighbor-changes",
            " neighbor 10.0.0.1 remote-as 64512",
            " !",
            " address-family ipv4",
            "  neighbor 10.0.0.1 activate",
            " exit-address-family",
        ],
    ),
    "neighbours are not active where the default is off": (
        ["no bgp default ipv4-unicast", "neighbor 10.0.0.1 remote-as 64512"],
        [
            " bgp log-neighbor-changes",
            " no bgp default ipv4-unicast",
            " neighbor 10.0.0.1 remote-as 64512",
            " !",
            " address-family ipv4",
            " exit-address-family",
        ],
    ),
    "an inactive neighbour is shown where the default is on": (
        ["neighbor 10.0.0.1 remote-as 64512", "address-family ipv4", "no neighbor 10.0.0.1 activate"],
        [
            " bgp log-neighbor-changes",
            " neighbor 10.0.0.1 remote-as 64512",
            " !",
            " address-family ipv4",
            "  no neighbor 10.0.0.1 activate",
            " exit-address-family",
        ],
    ),
    "groups first, then addresses as numbers, whatever the order of typing": (
        [
            "neighbor 10.0.0.10 remote-as 64512",
            "neighbor 10.0.0.9 remote-as 64512",
            "neighbor Z peer-group",
            "bgp cluster-id 1",
        ],
        [
            " bgp cluster-id 1",
            " bgp log-neighbor-changes",
            " neighbor Z peer-group",
            " neighbor 10.0.0.9 remote-as 64512",
            " neighbor 10.0.0.10 remote-as 64512",
        ],
    ),
    "graceful restart is three lines": (
        [
            "bgp graceful-restart",
            "bgp graceful-restart stalepath-time 360",
            "bgp graceful-restart restart-time 120",
        ],
        [
            " bgp log-neighbor-changes",
            " bgp graceful-restart restart-time 120",
            " bgp graceful-restart stalepath-time 360",
            " bgp graceful-restart",
        ],
    ),
    "defaults and markers that IOS leaves out": (
        [
            "neighbor G peer-group",
            "neighbor G password 0 secret",
            "neighbor G maximum-prefix 100 75 warning-only",
            "network 10.0.0.0 mask 255.0.0.0",
        ],
        [
            " bgp log-neighbor-changes",
            " network 10.0.0.0",
            " neighbor G peer-group",
            " neighbor G password secret",
            " neighbor G maximum-prefix 100 warning-only",
        ],
    ),
    "a new value replaces the old one": (
        ["neighbor G peer-group", "neighbor G timers 10 30", "neighbor G timers 20 60"],
        [" bgp log-neighbor-changes", " neighbor G peer-group", " neighbor G timers 20 60"],
    ),
    "abbreviations are written out, IPv6 in capitals": (
        ["nei 2001:db8::1 remote 64512", "nei 2001:db8::1 desc Some text"],
        [
            " bgp log-neighbor-changes",
            " neighbor 2001:DB8::1 remote-as 64512",
            " neighbor 2001:DB8::1 description Some text",
            " no neighbor 2001:DB8::1 activate",
        ],
    ),
    "a member of a group with an AS has none of its own": (
        [
            "neighbor G peer-group",
            "neighbor G remote-as 64512",
            "neighbor 10.0.0.1 remote-as 64512",
            "neighbor 10.0.0.1 peer-group G",
        ],
        [
            " bgp log-neighbor-changes",
            " neighbor G peer-group",
            " neighbor G remote-as 64512",
            " neighbor 10.0.0.1 peer-group G",
        ],
    ),
    "removing a group removes its members": (
        [
            "neighbor G peer-group",
            "neighbor G remote-as 64512",
            "neighbor 10.0.0.1 peer-group G",
            "neighbor 10.0.0.1 description gone",
            "neighbor 10.0.0.2 remote-as 64512",
            "no neighbor G peer-group",
        ],
        [" bgp log-neighbor-changes", " neighbor 10.0.0.2 remote-as 64512"],
    ),
    "removing a neighbour removes all its lines": (
        [
            "neighbor 10.0.0.1 remote-as 64512",
            "neighbor 10.0.0.1 route-reflector-client",
            "no neighbor 10.0.0.1",
        ],
        [" bgp log-neighbor-changes"],
    ),
    "no remote-as removes the neighbour": (
        [
            "neighbor 10.0.0.1 remote-as 64512",
            "neighbor 10.0.0.1 shutdown",
            "no neighbor 10.0.0.1 remote-as 64512",
        ],
        [" bgp log-neighbor-changes"],
    ),
}


@pytest.mark.parametrize(("lines", "shown"), RENDERED.values(), ids=RENDERED)
def test_the_running_configuration(session: Session, lines: Sequence[str], shown: Sequence[str]) -> None:
    assert typed(session, "router bgp 64512", *lines) == ""
    assert session.enter(SECTION) == "".join(f"{line}\n" for line in ["router bgp 64512", *shown])


NEIGHBORS = [
    "router bgp 64512",
    "neighbor G peer-group",
    "neighbor G remote-as 64512",
    "neighbor 10.0.0.1 peer-group G",
]
REFUSED = {
    "no such neighbour": (
        ["router bgp 64512", "neighbor 10.0.0.9 description x"],
        "% Specify remote-as or peer-group commands first\n",
    ),
    "no such group": (
        ["router bgp 64512", "neighbor 10.0.0.9 peer-group NONE"],
        "% Configure the peer-group first\n",
    ),
    "another process": (["router bgp 64512", "router bgp 1"], "BGP is already running; AS is 64512\n"),
    "timers of a member": (
        [*NEIGHBORS, "neighbor 10.0.0.1 timers 3 9"],
        "% Invalid command for a peer-group member\n",
    ),
    "another group": (
        [*NEIGHBORS, "neighbor H peer-group", "neighbor 10.0.0.1 peer-group H"],
        "% Cannot change peer-group. Deconfigure first\n",
    ),
    "session command in an address family": (
        [*NEIGHBORS, "address-family ipv4", "neighbor G timers 3 9"],
        "% General session commands not allowed under the address family\n",
    ),
    "unknown family": (
        ["router bgp 64512", "address-family ipx"],
        "% BGP: Error initializing topology\n",
    ),
    "incomplete": (["router bgp"], "% Incomplete command.\n\n"),
    "range of a prefix-list": (
        ["ip prefix-list A permit 10.0.0.0/8 ge 4"],
        "% Invalid prefix range for 10.0.0.0/8, make sure: len < ge-value <= le-value\n",
    ),
    "removing a list that is not there": (["no ip prefix-list A"], "%Can't find prefix-list A\n"),
    "a bad mask": (
        ["router bgp 64512", "network 10.0.0.0 mask 255.0.255.0"],
        "% Bad mask 255.0.255.0 for 10.0.0.0\n",
    ),
}


@pytest.mark.parametrize(("lines", "answer"), REFUSED.values(), ids=REFUSED)
def test_refusals_in_the_words_of_ios(session: Session, lines: Sequence[str], answer: str) -> None:
    session.enter("configure terminal")
    for line in lines[:-1]:
        assert session.enter(line) == ""
    before = session.router.running_config()
    assert session.enter(lines[-1]) == answer
    assert session.router.running_config() == before


@pytest.mark.parametrize(
    ("lines", "under"),
    [
        (["frobnicate"], "f"),
        (["router ospf 1"], "o"),
        (["hostnane S1"], "ne S1"),
        (["router bgp 64512", "neighbor 10.0.0.1 cluster-id 1"], "cluster-id"),
        (["router bgp 64512", "no bgp frobnicate"], "frob"),
        (["router bgp 64512", "  neighbor 10.0.0.1 remote-as 0"], "0"),
        (["ip prefix-list A seq 5 permit 10.0.0.0"], "10.0.0.0"),
    ],
)
def test_the_marker_stands_under_what_is_wrong(session: Session, lines: Sequence[str], under: str) -> None:
    session.enter("configure terminal")
    for line in lines[:-1]:
        session.enter(line)
    echoed = session.prompt + lines[-1]
    marker, text, *_ = session.enter(lines[-1]).split("\n")
    assert text == "% Invalid input detected at '^' marker."
    assert echoed[marker.index("^") :].startswith(under)


def test_prefix_lists_are_numbered_and_shown(session: Session) -> None:
    lists = [
        "ip prefix-list A permit 10.0.0.0/8 le 24",
        "ip prefix-list A permit 10.1.2.3/16",
        "ip prefix-list A seq 7 deny 12.0.0.0/8 ge 9 le 12",
        "ip prefix-list A description what it is for",
        "ip prefix-list B seq 3 permit 10.244.0.0/16 ge 26 le 32",
        "ip prefix-list B permit 0.0.0.0/0 le 32",
        "ipv6 prefix-list C permit 2001:db8::/32 le 128",
    ]
    assert typed(session, *lists) == ""
    assert session.enter("show running-config | include prefix-list") == (
        "ip prefix-list A description what it is for\n"
        "ip prefix-list A seq 5 permit 10.0.0.0/8 le 24\n"
        "ip prefix-list A seq 7 deny 12.0.0.0/8 ge 9 le 12\n"
        "ip prefix-list A seq 10 permit 10.1.0.0/16\n"
        "ip prefix-list B seq 3 permit 10.244.0.0/16 ge 26\n"
        "ip prefix-list B seq 5 permit 0.0.0.0/0 le 32\n"
        "ipv6 prefix-list C seq 5 permit 2001:DB8::/32 le 128\n"
    )
    removed = ["no ip prefix-list A seq 7", "no ip prefix-list A permit 10.1.0.0/16", "no ip prefix-list B"]
    assert typed(session, *removed, "no ip prefix-list A description") == ""
    assert session.enter("show running-config | include ^ip prefix-list") == (
        "ip prefix-list A seq 5 permit 10.0.0.0/8 le 24\n"
    )


def test_a_router_as_delivered_has_an_archive(session: Session) -> None:
    assert session.enter("show running-config | section ^archive") == (
        "archive\n path flash:cfg-\n maximum 14\n write-memory\n"
    )
    bare = Session(Router(Silent(), users={}, archive=False))
    assert bare.enter("show running-config | section ^archive") == ""
    assert bare.enter("show archive") == "Archive feature not enabled\n"


def test_lines_can_be_made_to_fail_by_a_pattern_and_by_their_number(session: Session) -> None:
    refusals = session.router.nuisances.refusals
    refusals.append(Refusal(pattern=r"^bgp cluster-id"))
    assert "% Invalid input detected" in typed(session, "router bgp 64512", " bgp cluster-id 1")
    assert "cluster-id" not in session.enter(SECTION)
    refusals[:] = [Refusal(2), Refusal(4, answer="% Cannot do that now")]
    session.enter("configure terminal")
    answers = [
        session.enter(line) for line in ("router bgp 64512", " bgp listen limit 7", "!", "do show clock")
    ]
    assert answers[:2] == ["", "                    ^\n% Invalid input detected at '^' marker.\n\n"]
    assert [session.enter(f"bgp listen limit {limit}") for limit in (5, 6, 8)] == [
        "",
        "% Cannot do that now\n",
        "",
    ]
    session.enter("end")
    assert " bgp listen limit 8\n" in session.enter(SECTION)


SHORT_HOLD = "% Warning: A hold time of less than 20 seconds increases the chances of peer flapping\n"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("neighbor G timers 3 9", SHORT_HOLD),
        ("neighbor G timers 3 19 9", SHORT_HOLD),
        ("timers bgp 3 9", SHORT_HOLD),
        ("timers bgp 3 9 3", SHORT_HOLD),
        ("neighbor G timers 5 20", ""),
        ("timers bgp 0 0", ""),
    ],
)
def test_a_short_hold_time_is_warned_of_and_taken(session: Session, line: str, answer: str) -> None:
    assert typed(session, "router bgp 64512", "neighbor G peer-group", line) == answer
    assert f" {line}\n" in session.enter(SECTION)
    assert typed(session, "router bgp 64512", f"no {line}") == ""
    assert f" {line}\n" not in session.enter(SECTION)


def test_options_of_a_group_stand_where_ios_shows_them(session: Session) -> None:
    lines = ["neighbor G peer-group", "neighbor G ha-mode graceful-restart disable", "address-family ipv4"]
    lines += [f"neighbor G {rest}" for rest in ("additional-paths disable", "send-community standard")]
    assert typed(session, "router bgp 64512", *lines) == ""
    assert session.enter(SECTION).splitlines()[2:] == [
        " neighbor G peer-group",
        " neighbor G ha-mode graceful-restart disable",
        " !",
        " address-family ipv4",
        "  neighbor G additional-paths disable",
        "  neighbor G send-community",
        " exit-address-family",
    ]
    changed = ["neighbor G ha-mode graceful-restart", "address-family ipv4", "neighbor G send-community both"]
    assert typed(session, "router bgp 64512", *changed) == ""
    assert " neighbor G ha-mode graceful-restart\n" in session.enter(SECTION)
    assert "  neighbor G send-community both\n" in session.enter(SECTION)
    wrong = ["router bgp 64512", "address-family ipv4", "neighbor G ha-mode graceful-restart"]
    assert typed(session, *wrong).startswith("% General session commands not allowed")


def test_what_bgpd_refuses_is_said_and_not_kept() -> None:
    class Refusing(Silent):
        def configure(self, context: Sequence[str], lines: Sequence[str]) -> None:
            if "neighbor 10.0.0.1 remote-as 64512" in lines:
                raise FrrError("% Can not configure the local system as neighbor")

    session = Session(Router(Refusing(), users={}))
    answer = typed(session, "router bgp 64512", "neighbor 10.0.0.1 remote-as 64512")
    assert answer == "% Can not configure the local system as neighbor\n"
    assert session.enter(SECTION) == "router bgp 64512\n bgp log-neighbor-changes\n"
