# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands around an answer: every reader reads the same through it, and no line of the answer is lost."""

from __future__ import annotations

import doctest
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios import text as ios_text
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show import groups, status
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.route import read_route
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import (
    IosTextError,
    address_of,
    address_or_none,
    clean,
    cluster_id_number,
    lines_of,
)
from tests.helpers.show_dynamic import DYNAMIC
from tests.helpers.show_summary import HEAD, TITLE, row
from tests.helpers.show_texts import (
    BLOCK,
    DETAIL,
    DOWN,
    PEER_GROUP,
    ROWS,
    TABLE,
    UPDATE_GROUP,
    route_text,
)

CONFIGURATION = """\
Current configuration : 700 bytes
!
version 16.9
hostname rr1
!
banner motd ^C
show ip interface brief
^C
!
router bgp 64512
 bgp cluster-id 1
 neighbor CALICO peer-group
 neighbor CALICO remote-as 64512
 neighbor 192.0.2.1 remote-as 64512
 neighbor 192.0.2.1 description see %BGP-5-ADJCHANGE: neighbor Up
 !
 address-family ipv4
  neighbor CALICO route-reflector-client
  neighbor 192.0.2.1 activate
 exit-address-family
!
ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32
!
end
"""
CLUSTER_IDS = """\
Global cluster-id: 0.0.0.1 (configured: 0.0.0.1)
BGP client-to-client reflection:         Configured    Used
  all (inter-cluster and intra-cluster): ENABLED
  intra-cluster:                         ENABLED       ENABLED

List of cluster-ids:
Cluster-id     #-neighbors C2C-rfl-CFG C2C-rfl-USE
10.64.4.4                1 ENABLED     ENABLED
"""
VERSION = (
    "Cisco IOS XE Software, Version 16.09.03\n"
    "Cisco IOS Software [Fuji], Version 16.9.3, RELEASE SOFTWARE\n"
    "rr1 uptime is 1 week\n"
)


@dataclass(frozen=True)
class Case:
    """A command, what reads its answer (text, command), and the plain answer."""

    command: str
    read: Callable[[str, str], Any]
    text: str

    @property
    def plain(self) -> Any:
        """What the plain answer says."""
        return self.read(self.text, self.command)


def alone(read: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """A reader that needs no command."""
    return lambda text, _command: read(text)


CASES = {
    "configuration": Case("show running-config", alone(read_running), CONFIGURATION),
    "summary": Case("show bgp ipv4 unicast summary", read_summary, HEAD + TITLE + row() + row("192.0.2.9")),
    "summary, dynamic": Case("show bgp ipv4 unicast summary", read_summary, DYNAMIC),
    "neighbors": Case("show ip bgp neighbors", read_neighbors, BLOCK + DOWN),
    "table": Case("show ip bgp", read_prefixes, TABLE + "".join(f"{rows}\n" for rows, _ in ROWS.values())),
    "one prefix": Case("show ip bgp 10.244.7.0/26", read_prefixes, DETAIL),
    "cluster-ids": Case("show ip bgp cluster-ids", groups.read_cluster_ids, CLUSTER_IDS),
    "update-groups": Case("show ip bgp update-group", groups.read_update_groups, UPDATE_GROUP),
    "peer-groups": Case("show ip bgp peer-group", groups.read_peer_groups, PEER_GROUP),
    "listen ranges": Case("show bgp ipv4 unicast summary", groups.read_listen_ranges, DYNAMIC),
    "privilege": Case("show privilege", alone(status.read_privilege), "Current privilege level is 15\n"),
    "rollback": Case(
        "show archive config rollback timer",
        alone(status.read_rollback_timer),
        "Timer value: 5 min\nUser: admin\n",
    ),
    "route": Case(
        "show ip route 192.168.1.10",
        read_route,
        route_text("192.168.1.0/24", "connected", "directly connected, via GigabitEthernet0/1"),
    ),
    "version": Case("show version", alone(status.read_platform), VERSION),
}
#: What a terminal writes over its pager once it was answered; then the next line follows.
PAGERS = {
    "backspaces": "\x08" * 9 + " " * 8 + "\x08" * 9,
    "return": "\r" + " " * 10 + "\r",
    "erased to the end of the line": "\r\x1b[K",
    "line break": "\r\n",
    "nothing": "",
}
SYSLOG = (
    "%SYS-5-CONFIG_I: Configured from console by admin",
    "*Mar  1 00:00:01.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up",
    "Nov 24 16:00:00: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Down Peer closed the session",
    "*Nov 24 2026 10:00:00.123 UTC: %LINK-3-UPDOWN: Interface GigabitEthernet1, changed state to up",
    "2026 Nov 24 10:00:00 +0100: %LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1, changed state to up",
    ".Nov 24 10:00:00.123: %SEC_LOGIN-5-LOGIN_SUCCESS: Login Success",
    "000123: %SYS-5-RESTART: System restarted",
    "000124: *Nov 24 16:00:00.000: %BGP_SESSION-5-ADJCHANGE: neighbor 192.0.2.7 IPv4 Unicast topology base",
    "1d02h: %SYS-5-CONFIG_I: Configured from console by vty0",
    "00:01:12: %SYS-5-CONFIG_I: Configured from console by vty0",
    "*Nov 24 16:00:00.000: %SYS-SP-STDBY-6-BOOTTIME: Time taken to reboot",
)
STAMPS = (
    "Load for five secs: 1%/0%; one minute: 57%; five minutes: 26%",
    "Time source is NTP, 20:39:33.145 EST Wed Jun 2 2016",
)
OBSOLETE = "% Command accepted but obsolete, unreleased or unsupported; see documentation."
UNSYNCHRONISED = (STAMPS[0], "No time source, *20:39:33.145 EST Wed Jun 2 2016")


def paged(text: str, erased: str, size: int) -> str:
    """A text as the pager shows it, `size` lines a page."""
    lines = text.splitlines()
    pages = ["\r\n".join(lines[at : at + size]) for at in range(0, len(lines), size)]
    return f"\r\n --More-- {erased}".join(pages) + "\r\n"


def session(command: str, answer: str, *, stamps: tuple[str, ...] = STAMPS) -> str:
    """An answer in a session: prompt and echo before it, a prompt and a farewell behind it."""
    before = (
        "\x1b[?1h\x1b=",
        f"rr1#terminal length 24\r\nrr1#{command}\r\n",
        *(f"{each}\r\n" for each in stamps),
    )
    return "".join(before) + answer + "rr1#\r\nrr1#exit\r\n"


def interrupted(text: str, messages: tuple[str, ...] = SYSLOG) -> str:
    """A text with a message in front of every line, in turn."""
    lines = text.splitlines(keepends=True)
    return "".join(f"{messages[at % len(messages)]}\r\n{line}" for at, line in enumerate(lines))


each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_case
@pytest.mark.parametrize("erased", PAGERS.values(), ids=PAGERS)
@pytest.mark.parametrize("size", [1, 3, 24])
def test_the_pager(case: Case, erased: str, size: int):
    """Pages of one line are what the Enter key gives."""
    assert case.read(session(case.command, paged(case.text, erased, size)), "") == case.plain


@each_case
@pytest.mark.parametrize("message", SYSLOG)
def test_syslog_messages(case: Case, message: str):
    assert case.read(session(case.command, interrupted(case.text, (message,))), "") == case.plain


@each_case
@pytest.mark.parametrize(
    "around",
    [
        lambda case: session(case.command, case.text, stamps=UNSYNCHRONISED),
        lambda case: session(case.command, case.text).replace("rr1#", "rr1>"),
        lambda case: session(case.command, case.text).replace("rr1#", "core_1[stby]#"),
        lambda case: session(case.command, case.text).replace("rr1#", "R1~2#"),
        lambda case: session(f"do {case.command}", case.text).replace("rr1#", "Site.76(3.11)(config)#"),
        lambda case: session(case.command, f"{OBSOLETE}\r\n{case.text}"),
        lambda case: session(f"do {case.command}", case.text).replace("rr1#", "rr1(config-router)#"),
        lambda case: f"{case.command}\r\n{case.text}",
        lambda case: f"[2026-11-24 10:00:00,123] +++ rr1: executing command '{case.command}' +++\n"
        + session(case.command, case.text),
        lambda case: session(case.command, case.text.replace("\n", "\x1b[0m\r\n")),
        lambda case: session(case.command, case.text).replace("\r\n", "\n\r"),
        lambda case: session(case.command, case.text).replace("\r\n", "\r\r\n"),
        lambda case: session(case.command, case.text).replace("\r\n", "\n").replace("\n", "\r"),
        lambda case: "".join(f"    {line}" for line in session(case.command, case.text).splitlines(True)),
    ],
    ids=["no clock", "user mode", "standby", "tilde", "brackets in the name", "a notice",
         "configuration mode", "bare echo", "test tool", "colours",
         "LF CR", "CR CR LF", "CR", "indented"],
)  # fmt: skip
def test_what_stands_around(case: Case, around: Callable[[Case], str]):
    assert case.read(around(case), "") == case.plain


@each_case
def test_all_at_once_and_every_line_keeps_its_number(case: Case):
    raw = session(case.command, interrupted(paged(case.text, PAGERS["backspaces"], 2)))
    transcript = clean(raw, case.command)
    assert [(at, line) for at, line in enumerate(transcript.lines, 1) if line.strip()] == list(lines_of(raw))
    assert transcript.echoes == ((1, case.command),)
    raw_lines = raw.split("\r\n")
    kept = [line for _number, line in lines_of(raw)]
    banner = "show ip interface brief"
    assert kept == [
        line.rstrip() for line in case.text.splitlines() if line.strip() and line.strip() != banner
    ]
    assert all(raw_lines[number - 1].rstrip().endswith(line) for number, line in lines_of(raw))


def test_a_message_breaks_into_a_line_and_takes_nothing_with_it():
    line = " neighbor 192.0.2.1 weight *Mar  1 00:00:01.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up"
    assert list(lines_of(f"router bgp 1\n{line}\n")) == [(1, "router bgp 1"), (2, line)]


# -- the pager


@each_case
@pytest.mark.parametrize(
    "left",
    [" --More-- ", " --More--", " --More-- \r\n\r\n", f" --More-- {PAGERS['backspaces']}rr1#",
     " --More-- \r\nrr1>exit\r\n",
     f" --More-- {PAGERS['return']}{SYSLOG[1]}\r\nrr1#show clock\r\n12:00:00\r\n"],
)  # fmt: skip
def test_an_answer_that_ends_at_the_pager_is_cut_off(case: Case, left: str):
    """Whatever was read before it: the rest of the answer is missing."""
    cut = case.text.removesuffix("end\n")
    with pytest.raises(IosTextError, match="the text ends at the pager") as caught:
        case.read(cut + left, case.command)
    assert caught.value.line_number == cut.count("\n") + 1


def test_a_section_of_a_configuration_that_ends_at_the_pager_is_cut_off():
    text = "router bgp 64512\n neighbor 192.0.2.1 remote-as 64512\n --More-- \n"
    with pytest.raises(IosTextError, match="show startup-config, line 3"):
        read_running(text, sections=True, command="show startup-config")


@pytest.mark.parametrize("rest", ["", "\r\n\r\nrr1#", f"{PAGERS['backspaces']}\r\nrr1#"])
def test_behind_the_end_of_a_configuration_nothing_is_missing(rest: str):
    assert read_running(f"{CONFIGURATION} --More-- {rest}") == read_running(CONFIGURATION)


def test_a_pager_within_a_line_is_text():
    description = "see --More-- of it"
    text = f"router bgp 1\n neighbor 192.0.2.1 remote-as 1\n neighbor 192.0.2.1 description {description}\n"
    bgp = read_running(text, sections=True).bgp
    assert bgp is not None
    assert bgp.neighbors["192.0.2.1"].description == description
    (shown,) = read_neighbors(f"{DOWN} Description: {description}\n")
    assert shown.description == description


def test_the_pager_leaves_the_indentation_of_the_next_line():
    heading = "For address family: IPv4 Unicast\n"
    for erased in PAGERS.values():
        first, second = read_neighbors(f"{DOWN} --More-- {erased}{heading}{DOWN}")
        assert (first.families, second.family) == ((), "IPv4 Unicast")


# -- what looks like an echo


@pytest.mark.parametrize("line", ["show ip bgp", "rr1#", "rr1#show clock", "do show clock", SYSLOG[1]])
def test_an_indented_line_of_a_configuration_is_content(line: str):
    text = f"router bgp 64512\n bgp cluster-id 1\n {line}\n"
    assert list(lines_of(text))[-1] == (3, f" {line}")


@pytest.mark.parametrize("line", ["show ip bgp", "rr1#", "rr1#show ip bgp summary", SYSLOG[1]])
def test_in_the_answer_to_a_show_command_it_is_none(line: str):
    text = HEAD + TITLE + row()
    assert (
        read_summary(f"  {line}\n{text}  {line}\n", "show ip bgp summary").rows
        == read_summary(text, "show ip bgp summary").rows
    )


@pytest.mark.parametrize("text", ["#\n", ">\n", "r>i10.1.1.1/32\n", "rr1#hello\n"])
def test_what_is_no_prompt(text: str):
    assert list(lines_of(text)) == [(1, text.strip())]


def test_a_banner_with_an_echo_ends_no_configuration():
    banner = CONFIGURATION.replace("show ip interface brief", "rr1#show ip interface brief")
    assert read_running(banner) == read_running(CONFIGURATION)


def test_answers_to_other_commands_are_left_out_of_a_show_command_alone():
    """A configuration may hold text like theirs."""
    others = "rr1#show clock\n12:00:00\n"
    answer = "rr1#show bgp ipv4 unicast summary\n" + HEAD + TITLE + row()
    assert read_summary(others + answer + others) == read_summary(HEAD + TITLE + row(), "show ip bgp summary")
    assert [line for _number, line in lines_of(others)] == ["12:00:00"]


# -- words


ADDRESSES = {
    "2001:DB8:0::1": "2001:db8::1",
    "::FFFF:10.4.1.1": "::ffff:10.4.1.1",
    "FE80::2%Ethernet0/0": "fe80::2%Ethernet0/0",
    "::FFFF:0A04:0101": "::ffff:10.4.1.1",
    "192.0.2.1": "192.0.2.1",
    "192.0.2.1%Ethernet0/0": None,
    "FE80::2%": None,
    "192.0.2.300": None,
    "192.0.2.٣": None,
    "2001:DB8:::1": None,
    "CALICO": None,
    "": None,
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items())
def test_addresses(text: str, expected: str | None):
    assert address_or_none(text) == expected
    if expected is None:
        with pytest.raises(ValueError, match="is no address"):
            address_of(text)
    else:
        assert address_of(text) == expected


@pytest.mark.parametrize("text", ["٣", "³", "0", "4294967295", "one"])
def test_what_is_no_cluster_id(text: str):
    with pytest.raises(ValueError, match="cluster id"):
        cluster_id_number(text)


@pytest.mark.parametrize("name", ["answer", "observation", "path_words"])
def test_examples_in_docstrings(name: str):
    package = ios_text.__name__.rpartition(".")[0]
    result = doctest.testmod(importlib.import_module(f"{package}.show.{name}"))
    assert (result.failed, result.attempted > 0) == (0, True)
