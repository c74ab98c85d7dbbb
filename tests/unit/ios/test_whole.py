# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration is whole, or its reading says that it is not: nothing is derived from it then."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.data import config_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.status import (
    read_platform,
    read_privilege,
    read_rollback_timer,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError, mask
from tests.helpers import torn
from tests.helpers.wanted import WANT

OURS = torn.Recorded("ours", torn.CONFIGURATION)
#: Before the neighbour that is not ours.
PLACE = OURS.lines.index(" neighbor 203.0.113.9 remote-as 64512")
#: Messages that a reader cannot tell by their form from the head of a section.
WORDS = ("words of a user", "words that IOS has", "debug")


def test_undisturbed_configurations_are_whole():
    for text in torn.recorded():
        assert read_running(text.text, sections=text.sections).torn == "", text.name


@pytest.mark.parametrize("sort", torn.SORTS)
def test_no_message_takes_a_line_away_in_silence(sort):
    """Before each line of ours; `python -m tests.bench.torn_transcripts` does it to all recordings."""
    count = torn.Count()
    for place in range(len(OURS.lines) + 1):
        count.take(OURS, sort, place)
    assert count.lost == []
    assert count.readings.total() == len(OURS.lines) + 1


def test_a_sample_of_the_recordings():
    count = torn.Count()
    for number, (text, sort, place) in enumerate(torn.everywhere(torn.recorded())):
        if number % 29 == 0:
            count.take(text, sort, place)
    assert count.lost == []


@pytest.mark.parametrize(
    "sort",
    ["reload", "reload, in full", "reload called off", "syslog", "ISO time, syslog", "bell", "NUL"],
)
def test_what_is_known_to_be_noise_changes_nothing(sort):
    for place in range(len(OURS.lines) + 1):
        found = read_running(OURS.torn(torn.SORTS[sort], place))
        assert (found.torn, torn.said(found)) == ("", OURS.plain)


@pytest.mark.parametrize("sort", WORDS)
def test_a_torn_section_is_reported_with_what_tore_it(sort):
    found = read_running(OURS.torn(torn.SORTS[sort], PLACE))
    reported = {"line": PLACE + 1, "where": "router bgp 64512", "text": torn.SORTS[sort]}
    assert config_data(found)["misplaced"] == [reported]
    assert found.torn.startswith(f"Line {PLACE + 1} of the configuration, behind router bgp 64512, is no")


@pytest.mark.parametrize("sort", WORDS)
@pytest.mark.parametrize("present", [True, False])
def test_from_a_torn_text_no_change_is_derived(sort, present):
    have = read_running(OURS.torn(torn.SORTS[sort], PLACE))
    change = plan_change(have, WANT, state="present" if present else "absent", process_wide=True)
    assert (change.commands, change.refusals) == ((), (have.torn,))


@pytest.mark.parametrize("sort", WORDS)
@pytest.mark.parametrize("line", ["ip address 192.0.2.254 255.255.255.255", "transport input ssh"])
def test_outside_of_what_is_read_a_message_takes_nothing(sort, line):
    found = read_running(OURS.torn(torn.SORTS[sort], OURS.lines.index(f" {line}")))
    assert (found.torn, torn.said(found)) == ("", OURS.plain)


def test_an_archive_is_not_lost_to_a_message():
    """Without it nothing would guard a push."""
    found = read_running(OURS.torn("please log out", OURS.lines.index(" path bootflash:backup")))
    assert found.misplaced[0].where == "archive"


def test_an_archive_has_no_mark_behind_it_in_some_releases():
    path = " path flash:x\n"
    others = (
        "object-group network X\n host 192.0.2.1\n!\nrouter bgp 1\n neighbor 192.0.2.1 remote-as 1\n!\nend\n"
    )
    for archive in ("archive\n log config\n  hidekeys\n", f"archive\n{path}"):
        assert read_running(f"version 15.1\n!\n{archive}{others}").torn == ""


def test_what_stands_behind_the_end_has_torn_nothing():
    text = "\n".join(OURS.lines).rstrip()
    assert text.endswith("end")
    assert read_running(f"{text}\n*Mar  1 00:00:01.003: BGP: open\n<R1>#\n").torn == ""


def test_a_banner_in_a_file_is_no_text_of_several_lines():
    rules = "ip prefix-list C seq 5 permit 10.0.0.0/8\nip prefix-list C seq 10 permit 11.0.0.0/8\n"
    text = f"version 15.9\nip admission auth-proxy-banner http flash:banner.htm\n!\n{rules}!\nend\n"
    assert [rule.seq for rule in read_running(text).prefix_lists["C"]] == [5, 10]


@pytest.mark.parametrize(
    "line",
    [
        "neighbor 192.0.2.1 prefix-list KEY in",
        "neighbor KEY remote-as 65000",
        "ip prefix-list KEY seq 5 permit 10.0.0.0/8",
        "key chain OURS",
        "key 1",
    ],
)
def test_a_list_may_be_called_key(line):
    assert mask(line) == line


@pytest.mark.parametrize("line", [" server-key 7 {}", " encryption-key 7 {}", " key {}", " key 7 {}"])
def test_a_key_of_a_server_is_hidden(line):
    assert SECRET not in mask(line.format(SECRET))


def test_sections_that_lost_their_head():
    head = OURS.lines.index("router bgp 64512")
    lines = [*OURS.lines[:head], "please log out router bgp 64512", *OURS.lines[head + 1 :], ""]
    assert "please log out router bgp 64512" in read_running("\n".join(lines)).torn
    assert read_running("\n".join([*OURS.lines[head + 5 :], ""])).torn.startswith("Line 1 ")


def test_sections_follow_each_other_without_a_mark():
    """As `| section` prints them."""
    bgp = "router bgp 1\n neighbor 192.0.2.1 remote-as 1\n"
    others = (
        "archive\n path flash:x\n",
        "route-map M permit 10\n match ip address 1\n",
        "router ospf 1 vrf RED\n neighbor 192.0.2.2\n",
        "vrf definition RED\n address-family ipv4\n",
        "interface Vlan1\n ip address dhcp\n",
    )
    for other in others:
        assert read_running(bgp + other, sections=True).torn == ""
        assert read_running(bgp + other + bgp, sections=True).torn == ""


def test_a_message_in_a_report_is_masked_and_short():
    found = read_running(OURS.torn("BGP: password hunter2" + "x" * 9999, PLACE))
    assert "hunter2" not in repr(found) + found.torn
    assert len(found.torn) < 500
    long = read_running(OURS.torn("x" * 9999, PLACE)).torn
    assert len(long) < 500


# -- the end, and what a message may hold

SECRET = "hunter2"
PLANTED = (
    f"snmp-server community {SECRET} RO",
    f"snmp-server host 192.0.2.9 version 2c {SECRET}",
    f"snmp-server user op ops v3 auth md5 {SECRET} priv aes 128 {SECRET}",
    f"enable secret 9 {SECRET}",
    f"username op privilege 15 password 0 {SECRET}",
    f"username op secret {SECRET}",
    f"tacacs-server host 192.0.2.9 key {SECRET}",
    f"tacacs-server key 7 {SECRET}",
    f"radius-server host 192.0.2.9 auth-port 1812 key {SECRET}",
    f"crypto isakmp key {SECRET} address 192.0.2.9",
    f"ntp authentication-key 1 md5 {SECRET} 7",
    f"key {SECRET}",
    f"key-string {SECRET}",
    f"key-string 7 {SECRET}",
    f"ip ospf message-digest-key 1 md5 {SECRET}",
    f"ip nhrp authentication {SECRET}",
    f"ppp chap password 0 {SECRET}",
    f"neighbor 192.0.2.1 password {SECRET}",
)


@pytest.mark.parametrize("line", PLANTED)
def test_secrets_are_masked(line):
    assert SECRET not in mask(line)
    assert mask(line).split()[0] == line.split()[0]


@pytest.mark.parametrize("line", ["key chain BGP", "key 1", "neighbor 192.0.2.1 send-community both"])
def test_what_is_no_secret_stays(line):
    assert mask(line) == line


@pytest.mark.parametrize("line", PLANTED)
def test_nothing_that_is_said_holds_a_secret(line):
    """Wherever a line with a secret stands: as the last one, in between, unknown, in other answers."""
    texts = {
        "cut off": (read_running, "\n".join([*OURS.lines[:PLACE], f" {line}"])),
        "cut off within it": (
            read_running,
            "\n".join([*OURS.lines[:PLACE], line.partition(SECRET)[0], SECRET]),
        ),
        "torn": (read_running, OURS.torn(f"BGP: {line}", PLACE)),
        "no command": (read_running, OURS.torn(f"*** {line}", PLACE)),
        "an error": (read_running, OURS.torn(f"% {line}", PLACE)),
        "unknown": (read_running, OURS.torn(f" {line}", PLACE)),
        "no configuration": (read_running, f"{line}\n"),
        "summary": (read_summary, f"{line}\n"),
        "neighbors": (read_neighbors, f"{line}\n"),
        "table": (read_prefixes, f"{line}\n"),
        "privilege": (read_privilege, f"{line}\n{line}\n"),
        "version": (read_platform, f"{line}\n{line}\n"),
        "rollback": (read_rollback_timer, f"{line}\n{line}\n"),
    }
    for where, (read, text) in texts.items():
        try:
            found = read(text)
        except IosTextError as error:
            told = f"{error} {error.line!r}"
        else:
            told = f"{found!r} {found.torn} {config_data(found)}"
        assert SECRET not in told, where
    assert SECRET not in str(answer_error("x", f"% {line}\n% {line}\n"))


def test_several_lines_of_a_refusal_are_counted():
    assert answer_error("x", "% first\n% second\nnothing\n% third\n") == "% first (and 2 more)"


def test_a_configuration_that_stops_names_its_last_line_by_number_alone():
    with pytest.raises(IosTextError) as caught:
        read_running("\n".join(OURS.lines[:PLACE]))
    says = f"show running-config, line {PLACE}: the configuration stops before `end`; read it again"
    assert (str(caught.value), caught.value.line) == (says, "")


@pytest.mark.parametrize(
    "head", ["Using 3381 out of 33554432 bytes\n", "! Last configuration change at 10:00:00\n", ""]
)
def test_whatever_it_begins_with_a_whole_configuration_has_its_end(head):
    body = "\n".join(OURS.lines[3:])
    assert torn.said(read_running(head + body)) == OURS.plain
    with pytest.raises(IosTextError, match="stops before `end`"):
        read_running(head + body.removesuffix("end"))
    assert read_running(head + body.removesuffix("end"), sections=True).bgp is not None
