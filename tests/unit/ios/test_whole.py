# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration is whole, or its reading says that it is not: nothing is derived from it then."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.data import config_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
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
    change = plan_change(have, WANT, present=present, process_wide=True)
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
