# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show commands: real texts in full, and every quirk in a table."""

from __future__ import annotations

import re

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error, notices
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.records import Summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.status import (
    read_platform,
    read_privilege,
    read_rollback_timer,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.begun import Timer
from tests.helpers.recordings import ABSENT, NEIGHBORS, OUTPUTS, SUMMARIES, Recording, cases
from tests.helpers.show_summary import HEAD, TITLE, row


@cases(SUMMARIES)
def test_every_peer_of_a_real_summary_is_read(recording: Recording):
    columns = re.findall(r"(?<=\s)4\s+([\d.]+)(?:\s+\d+){5}\s+(?:never|\S*\d\S*)\s+(\S.*)", recording.text)
    rows = read_summary(recording.text).rows
    assert len(rows) == len(columns)
    assert [shown.state == "Established" for shown in rows] == [
        state.strip().isdigit() for _asn, state in columns
    ]


@pytest.mark.skipif(not OUTPUTS.is_dir(), reason=ABSENT)
def test_every_block_of_real_neighbors_is_read():
    seen = 0
    for recording in NEIGHBORS:
        assert len(read_neighbors(recording.text)) == recording.text.count("BGP neighbor is")
        seen += recording.text.count("BGP neighbor is")
    assert seen > 20


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("0", "Established"),
        ("558720", "Established"),
        *((name, name) for name in ("Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Closing")),
        *((name, name) for name in ("Idle (Admin)", "Idle (PfxCt)", "Idle (NoIf)")),
    ],
)
def test_states(state, expected):
    (shown,) = read_summary(HEAD + TITLE + row(state=state)).rows
    assert (shown.state, shown.prefixes) == (expected, int(state) if state.isdigit() else None)


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        ("never", None),
        ("00:01:23", 83),
        ("1d02h", 93600),
        ("1w6d", 1123200),
        ("3y12w", 101865600),
        ("4w0d", 2419200),
    ],
)
def test_up_and_down_times(up, expected):
    assert read_summary(HEAD + TITLE + row(up=up)).rows[0].uptime_seconds == expected


def test_asdot_is_no_decimal():
    rows = read_summary(HEAD + TITLE + row(asn="1.10") + row("192.168.1.11", asn="1.1")).rows
    assert [shown.asn for shown in rows] == [65546, 65537]


def test_dynamic_neighbours_and_their_legend():
    text = (
        HEAD
        + TITLE
        + row("*192.168.1.10")
        + row("192.168.1.11")
        + "* Dynamically created based on a listen range command\n"
        "Dynamically created neighbors: 1, Subnet ranges: 1\n\n"
        "BGP peergroup CALICO listen range group members: \n  192.168.1.0/24 \n\n"
        "Total dynamically created neighbors: 1/(100 max), Subnet ranges: 1\n"
    )
    assert [(shown.address, shown.dynamic) for shown in read_summary(text).rows] == [
        ("192.168.1.10", True),
        ("192.168.1.11", False),
    ]


def test_long_addresses_take_two_lines():
    text = HEAD + TITLE + "2001:DB8:20:4:6::6\n" + row("") + row()
    assert [shown.address for shown in read_summary(text).rows] == ["2001:db8:20:4:6::6", "192.168.1.10"]


def test_the_title_can_come_again_and_stamps_do_not_matter():
    text = (
        "rr1#show bgp ipv4 unicast summary\r\n"
        "Load for five secs: 1%/0%; one minute: 57%; five minutes: 26%\r\n"
        "Time source is NTP, 20:39:33.145 EST Wed Jun 2 2016\r\n" + HEAD + TITLE + row() + TITLE
        + "*Nov 24 16:00:00.000: %BGP-5-ADJCHANGE: neighbor 192.168.1.12 Up\n" + row("192.168.1.11") + "rr1#"
    )  # fmt: skip
    summary = read_summary(text)
    assert [shown.address for shown in summary.rows] == ["192.168.1.10", "192.168.1.11"]
    assert (summary.router_id, summary.local_as, summary.table_version) == ("192.168.1.1", 64512, 9)


def test_no_process_differs_from_no_neighbour():
    assert read_summary("% BGP not active\n") == Summary(active=False)
    assert read_summary("") == Summary(active=True)
    assert read_summary(HEAD + TITLE).rows == ()


@pytest.mark.parametrize(
    "text",
    [
        "% Invalid input detected at '^' marker.",
        HEAD + TITLE + row(state="Dreaming"),
        HEAD + TITLE + row(up="soon"),
        HEAD + TITLE + row(asn="70000.1"),
        HEAD + TITLE + "192.168.1.10    4        64512      13\n",
        HEAD + TITLE + "2001:DB8::1\n",
        HEAD + TITLE + "2001:DB8::1\n" + row(),
        HEAD + TITLE + row("192.168.1.300"),
        "something else",
    ],
)
def test_what_is_not_understood_is_an_error(text):
    with pytest.raises(IosTextError):
        read_summary(text)


def test_an_error_names_command_line_and_text():
    with pytest.raises(IosTextError, match=r"show bgp ipv4 unicast summary, line 4: .*Dreaming") as caught:
        read_summary(HEAD + TITLE + row(state="Dreaming"))
    assert (caught.value.line_number, caught.value.command) == (4, "show bgp ipv4 unicast summary")


def test_privilege():
    assert read_privilege("rr1#show privilege\r\nCurrent privilege level is 15\r\nrr1#") == 15
    with pytest.raises(IosTextError):
        read_privilege("% Invalid input")


@pytest.mark.parametrize(
    ("text", "pending"),
    [
        ("%No Rollback Confirmed Change pending", None),
        ("% No Rollback Confirmed Change pending\n", None),
        (
            "Time configured(or reconfigured): 22:50:48 UTC Tue Nov 24 2026\nTimer type: absolute timer\n",
            Timer("22:50:48 UTC Tue Nov 24 2026"),
        ),
        ("Timer value: 5 min\nUser: admin", Timer("", "admin", 5)),
        ("Rollback Confirmed Change: some words of a later release\n", Timer()),
    ],
)
def test_rollback_timer(text, pending):
    assert read_rollback_timer(text) == pending


@pytest.mark.parametrize("text", ["", "% Invalid input detected at '^' marker."])
def test_an_unclear_rollback_timer_is_an_error(text):
    with pytest.raises(IosTextError):
        read_rollback_timer(text)


PLATFORMS = {
    # the text, shortened to what tells, and the platform
    "IOS-XE": (
        "Cisco IOS XE Software, Version 16.09.03\nCisco IOS Software [Fuji], Version 16.9.3, RELEASE",
        "IOS-XE 16.09.03",
    ),
    "IOS-XE by its train alone": (
        "Cisco IOS Software [Everest], Catalyst L3 Switch Software (CAT3K_CAA-UNIVERSALK9-M), "
        "Experimental Version 16.4.20170410:165034",
        "IOS-XE 16.4.20170410:165034",
    ),
    "IOS": (
        "Cisco IOS Software, C180X Software (C180X-ADVIPSERVICESK9-M), Version 12.4(6)T2, RELEASE SOFTWARE",
        "IOS 12.4(6)T2",
    ),
    "IOS of old": (
        "Cisco Internetwork Operating System Software \nIOS (tm) C2950 Software (C2950-I6K2L2Q4-M), "
        "Version 12.1(22)EA13, RELEASE SOFTWARE (fc2)",
        "IOS 12.1(22)EA13",
    ),
    "IOS-XR": (
        "Sun Aug  6 20:04:26.275 UTC\nCisco IOS XR Software, Version 7.3.2\n"
        "Copyright (c) 2013-2021 by Cisco Systems, Inc.\n",
        "IOS-XR 7.3.2",
    ),
    "NX-OS": (
        "Cisco Nexus Operating System (NX-OS) Software\nTAC support: http://www.cisco.com/tac\n"
        "Software\n  BIOS: version 07.65\n  NXOS: version 9.3(3)\n",
        "NX-OS",
    ),
    "ASA": (
        "\nCisco Adaptive Security Appliance Software Version 9.15(1)1 \nSSP Operating System Version 2.9",
        "ASA 9.15(1)1",
    ),
}


@pytest.mark.parametrize(("text", "platform"), PLATFORMS.values(), ids=PLATFORMS)
def test_platform(text, platform):
    assert str(read_platform(text)) == platform


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("r1#show version\nFRRouting 8.4.4 (r1).\n", "names neither IOS nor IOS-XE.*: 'FRRouting 8.4.4"),
        ("", "names neither IOS nor IOS-XE"),
        ("password hunter2\nJunos: 21.4R3", r"'password \*{8}'"),
        ("Cisco IOS Software, C180X Software (C180X-ADVIPSERV", "names no release of IOS"),
    ],
)
def test_an_unknown_platform_is_an_error_that_shows_its_first_line(text, why):
    with pytest.raises(IosTextError, match=why):
        read_platform(text)


def test_neighbors_glued_together():
    text = (
        "BGP neighbor is *192.168.1.10,  remote AS 64512, internal link\n"
        " Description: calico_bgp lab/node-a\n"
        " Member of peer-group CALICO for session parameters\n"
        "  BGP state = Established, up for 00:01:00\n"
        "  Last read 00:00:01, last write 00:00:02, hold time is 9, keepalive interval is 3 seconds\n"
        "    Graceful Restart Capability: advertised and received\n"
        " For address family: IPv4 Unicast\n  Route-Reflector Client \n"
        " For address family: IPv6 Unicast\n"
        "  Last reset 1y4w, due to RR client config change of session 1\n"
        "No active TCP connectionBGP neighbor is 192.168.1.11,  vrf RED,  remote AS 1.1, external link\n"
        "  BGP state = Idle\n  Last reset never\n"
    )
    first, second = read_neighbors(text)
    assert (first.address, first.dynamic, first.group, first.state) == (
        "192.168.1.10",
        True,
        "CALICO",
        "Established",
    )
    assert (first.hold, first.keepalive, first.graceful_restart) == (9, 3, "advertised and received")
    assert first.route_reflector_clients == {"IPv4 Unicast"}
    assert first.last_reset == "RR client config change of session 1"
    assert (second.address, second.vrf, second.asn, second.hold) == ("192.168.1.11", "RED", 65537, None)
    assert second.last_reset == ""


LOCKED = "Configuration mode is locked by process '484' user 'netops' from terminal '2'. Please try later."


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("", None),
        ("router bgp 1\r\nBGP is already running; AS is 64512", "BGP is already running; AS is 64512"),
        ("      ^\n% Invalid input detected at '^' marker.\n", "% Invalid input detected at '^' marker."),
        (
            "% Specify remote-as or peer-group commands first",
            "% Specify remote-as or peer-group commands first",
        ),
        ("% Incomplete command.", "% Incomplete command."),
        ('% Ambiguous command:  "no ne"', '% Ambiguous command:  "no ne"'),
        ("%Insertion failed - seq # exists", "%Insertion failed - seq # exists"),
        ("%BGP-5-ADJCHANGE: neighbor 192.168.1.10 Up", None),
        ("*Nov 24 16:00:00.000: %SYS-5-CONFIG_I: Configured from console by admin", None),
        ("Enter configuration commands, one per line.  End with CNTL/Z.", None),
        ("Command rejected: not allowed", "Command rejected: not allowed"),
        ("% bad password abc", "% bad password ********"),
        (
            LOCKED,
            LOCKED,
        ),
        (
            "Turn config archive on before using Rollback Confirmed Change",
            "Turn config archive on before using Rollback Confirmed Change",
        ),
        (
            "startup-config file open failed (Device or resource busy)",
            "startup-config file open failed (Device or resource busy)",
        ),
        ("% Warning: A hold time of less than 20 seconds increases the chances of peer flapping", None),
        ("% Command accepted but obsolete, unreleased or unsupported; see documentation.", None),
        ("% Warning: x\n% Invalid input detected at '^' marker.", "% Invalid input detected at '^' marker."),
        ("*** --- SHUTDOWN in 0:05:00 ---", None),
        (
            "% Incomplete command.*Nov 24 10:00:00.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up",
            "% Incomplete command.*Nov 24 10:00:00.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up",
        ),
    ],
)
def test_answers_to_a_line(answer, refused):
    assert answer_error("router bgp 1", answer) == refused


def test_what_is_said_to_a_line_that_is_taken():
    said = (
        "timers bgp 3 9\n% Warning: A hold time\n*** --- SHUTDOWN in 0:05:00 ---\nNew text, password 0 abc\n"
    )
    assert notices("timers bgp 3 9", said) == ("% Warning: A hold time", "New text, password ********")
    obsolete = "% Command accepted but obsolete, unreleased or unsupported; see documentation."
    assert notices("x", obsolete) == (obsolete,)
    assert notices("x", "*Nov 24 16:00:00.000: %SYS-5-CONFIG_I: Configured from console by admin\n\n") == ()
