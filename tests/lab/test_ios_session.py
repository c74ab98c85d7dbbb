# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions on the IOS front: prompts, levels, filters, paging, saving, rolling back."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from lab.ios import Router
from lab.ios.shell import Session
from lab.ios.terminal import MORE, Terminal
from lab.ios.vty import FrrGone, Silent

PENDING = "show archive config rollback timer"
NOT_PENDING = "%No Rollback Confirmed Change pending\n"


@pytest.fixture
def router() -> Router:
    return Router(Silent(), users={"admin": "secret"})


@pytest.fixture
def session(router: Router) -> Session:
    return Session(router, "admin")


def configure(session: Session, *lines: str, how: str = "configure terminal") -> None:
    for line in (how, *lines, "end"):
        session.enter(line)


def test_prompts_follow_the_modes(session: Session) -> None:
    prompts = []
    lines = ["configure terminal", "router bgp 1", "address-family ipv4", "exit-address-family", "archive"]
    for line in [*lines, "interface Loopback0", "route-map RM permit 10", "exit", "exit"]:
        session.enter(line)
        prompts.append(session.prompt)
    assert prompts == [
        "rr1(config)#",
        "rr1(config-router)#",
        "rr1(config-router-af)#",
        "rr1(config-router)#",
        "rr1(config-archive)#",
        "rr1(config-if)#",
        "rr1(config-route-map)#",
        "rr1(config)#",
        "rr1#",
    ]


def test_user_mode_wants_the_enable_secret() -> None:
    session = Session(Router(Silent(), users={}, user_mode=True, enable_secret="up"))
    assert session.prompt == "rr1>"
    assert session.enter("show privilege") == "Current privilege level is 1\n"
    assert "% Invalid input" in session.enter("show running-config")
    session.enter("enable")
    assert session.prompt == "Password: "
    assert session.enter("wrong") == "% Bad secrets\n\n"
    session.enter("enable")
    session.enter("up")
    assert (session.prompt, session.enter("show privilege")) == ("rr1#", "Current privilege level is 15\n")


def test_no_password_gets_into_the_log() -> None:
    session, lines = Session(Router(Silent(), users={}, user_mode=True)), list[str]()
    session.log = lambda prompt, line: lines.append(prompt + line)
    for line in ("enable", "lab", "conf t", "router bgp 1", "neighbor G password 0 secret"):
        session.enter(line)
    assert lines == [
        "rr1>enable",
        "Password: ",
        "rr1#conf t",
        "rr1(config)#router bgp 1",
        "rr1(config-router)#neighbor G password 0 ********",
    ]


def test_below_level_15_the_configuration_looks_empty() -> None:
    session = Session(Router(Silent(), users={}, privilege=7))
    session.router.start_bgp("64512")
    assert session.enter("show privilege") == "Current privilege level is 7\n"
    assert session.enter("show running-config | section ^router bgp") == ""
    assert "% Invalid input" in session.enter("configure terminal")


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ("include ^ neighbor", [" neighbor 10.0.0.1 remote-as 64512"]),
        ("inc router|write", [" write-memory", "router bgp 64512"]),
        ("section ^archive", ["archive", " path flash:cfg-", " maximum 14", " write-memory"]),
        ("section ^archive | exclude flash|14", ["archive", " write-memory"]),
        ("begin ^line vty", ["line vty 0 4", " login local", " transport input ssh", "!", "end"]),
        ("count neighbor 10", ["Number of lines which match regexp = 1"]),
        (
            "include (",
            ["% missing ), unterminated subpattern at position 0", "% Failed to compile regular expression."],
        ),
        ("include", ["% Incomplete command."]),
    ],
)
def test_filters(session: Session, filters: str, shown: Sequence[str]) -> None:
    configure(session, "router bgp 64512", "neighbor 10.0.0.1 remote-as 64512")
    assert session.enter(f"show running-config | {filters}").rstrip("\n").split("\n") == shown


def test_saving_brings_the_startup_configuration_up_to_date(session: Session) -> None:
    configure(session, "router bgp 64512")
    assert "router bgp" not in session.enter("show startup-config")
    assert session.enter("write memory") == "Building configuration...\n[OK]\n"
    assert "router bgp 64512\n" in session.enter("show startup-config")
    assert "<- Most Recent" in session.enter("show archive")
    configure(session, "router bgp 64512", "bgp cluster-id 1")
    session.enter("copy running-config startup-config")
    assert session.prompt == "Destination filename [startup-config]? "
    assert "[OK]" in session.enter("")
    assert " bgp cluster-id 1\n" in session.enter("show startup-config | section ^router bgp")


# Rolling back


def test_a_confirmed_change_stays(session: Session) -> None:
    configure(session, "router bgp 64512", how="configure terminal revert timer 5")
    assert "Timer type: absolute timer\nTimer value: 5 min\nUser: admin\n" in session.enter(PENDING)
    assert session.enter("configure confirm") == ""
    assert session.enter(PENDING) == NOT_PENDING
    assert "router bgp 64512" in session.enter("show running-config")


def test_a_change_that_nobody_confirms_is_rolled_back(session: Session) -> None:
    configure(session, "router bgp 64512", "neighbor 10.0.0.1 remote-as 64512")
    before = session.enter("show running-config")
    session.router.archive.minute = 0.05
    lines = ["router bgp 64512", "no neighbor 10.0.0.1", "bgp cluster-id 1", "address-family ipv6"]
    lines += ["ip prefix-list A permit 10.0.0.0/8", "hostname other"]
    configure(session, *lines, how="conf t revert timer 2")
    assert session.enter("show running-config") != before
    time.sleep(0.3)
    assert session.enter("show running-config") == before
    assert session.enter(PENDING) == NOT_PENDING


def test_revert_now_and_another_limit(session: Session) -> None:
    before = session.enter("show running-config")
    configure(session, "hostname other", how="configure terminal revert timer idle 5")
    assert "Timer type: idle timer\nTimer value: 5 min\n" in session.enter(PENDING)
    session.enter("configure revert timer 7")
    assert "Timer type: absolute timer\nTimer value: 7 min\n" in session.enter(PENDING)
    assert "Total number of passes: 1\nRollback Done\n" in session.enter("configure revert now")
    assert session.enter("show running-config") == before


def test_an_idle_timer_waits_while_the_user_types(session: Session) -> None:
    session.router.archive.minute = 0.2
    configure(session, "hostname other", how="configure terminal revert timer idle 1")
    for _ in range(4):
        time.sleep(0.1)
        session.enter("")
    assert session.prompt == "other#"
    time.sleep(0.4)
    assert session.prompt == "rr1#"


def test_only_one_change_waits_at_a_time_and_never_without_an_archive(session: Session) -> None:
    configure(session, how="configure terminal revert timer 5")
    assert session.enter("configure terminal revert timer 5").startswith("%Rollback Confirmed Change")
    assert session.prompt == "rr1#"
    session.enter("configure confirm")
    configure(session, "no archive")
    answer = session.enter("configure terminal revert timer 5")
    assert answer == "%Turn config archive on before using Rollback Confirmed Change\n"
    session.router.archive.percent = False
    answer = session.enter("configure terminal revert timer 5")
    assert answer == "Turn config archive on before using Rollback Confirmed Change\n"
    assert session.prompt == "rr1#"
    assert session.enter("configure confirm") == NOT_PENDING
    assert "% Invalid input" in session.enter("configure terminal revert timer 121")


def test_a_rollback_works_while_bgpd_is_gone_and_is_replayed_later() -> None:
    class Dying(Silent):
        alive = True
        told: list[str]

        def run(self, line: str) -> str:
            if not self.alive:
                raise FrrGone("bgpd closed its vty socket")
            return ""

        def configure(self, context: Sequence[str], lines: Sequence[str]) -> None:
            self.run("")
            self.told = [*getattr(self, "told", []), *lines]

    bgpd = Dying()
    session = Session(Router(bgpd, users={}))
    configure(session, "router bgp 64512", "neighbor 10.0.0.1 remote-as 64512")
    before = session.enter("show running-config")
    configure(session, "router bgp 64512", "bgp cluster-id 1", how="configure terminal revert timer 5")
    bgpd.alive = False
    assert "BGP not active" in session.enter("show ip bgp summary")
    session.enter("configure revert now")
    assert session.enter("show running-config") == before
    anew = Dying()
    session.router.reattach(anew)
    assert "neighbor 10.0.0.1 remote-as 64512" in anew.told
    assert "bgp cluster-id 1" not in anew.told
    assert session.enter("show running-config") == before


# The terminal


def test_long_output_waits_for_a_key(session: Session) -> None:
    terminal = Terminal(session)
    shown = terminal.feed("show running-config\r")
    assert shown.endswith(MORE)
    assert shown.count("\r\n") == 24
    assert terminal.feed("\r").endswith(MORE)
    assert terminal.feed("q").endswith("rr1#")
    terminal.feed("terminal length 0\r")
    assert terminal.feed("show running-config\r").endswith("end\r\nrr1#")


def test_keys(session: Session) -> None:
    terminal = Terminal(session)
    assert terminal.greeting() == "\r\nrr1#"
    assert terminal.feed("shoq\x7fw privilege\r\n") == (
        "shoq\b \bw privilege\r\nCurrent privilege level is 15\r\nrr1#"
    )
    assert terminal.feed("configure terminal\n\x1a").endswith("rr1#")
    assert "  startup-config\r\n" in terminal.feed("show ?")
    assert terminal.feed("\x03").endswith("rr1#")


def test_a_password_is_not_echoed() -> None:
    terminal = Terminal(Session(Router(Silent(), users={}, user_mode=True)))
    assert terminal.feed("enable\r").endswith("Password: ")
    assert terminal.feed("lab\r") == "\r\nrr1#"


def test_help_shows_the_line_again(session: Session) -> None:
    shown = Terminal(session).feed("show running-config ?")
    assert shown.endswith("\r\nrr1#show running-config ")
    assert "all|full|brief" not in shown
    assert "  all\r\n" in shown
