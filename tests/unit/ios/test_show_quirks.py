# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quirks of IOS's show commands, one by one. All inputs are hand-made, after the recordings' forms."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.values import ListenRange
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.groups import (
    read_cluster_ids,
    read_listen_ranges,
    read_peer_groups,
    read_update_groups,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.path_words import prefix_of
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.records import (
    BgpPath,
    DynamicCount,
    ListenRanges,
    NeighborDetail,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from tests.helpers.show_dynamic import DYNAMIC
from tests.helpers.show_summary import HEAD, TITLE, row
from tests.helpers.show_texts import BLOCK, DETAIL, DOWN, PEER_GROUP, ROWS, TABLE, UPDATE_GROUP

# -- summaries


def test_a_dynamic_address_too_long_for_its_column_stands_alone():
    rows = read_summary(DYNAMIC).rows
    assert [(each.address, each.dynamic, each.prefixes) for each in rows] == [
        ("192.168.1.10", True, 2),
        ("192.168.100.100", True, 2),
        ("192.168.1.12", False, None),
    ]


def test_the_foot_names_listen_ranges_and_counts():
    summary = read_summary(DYNAMIC)
    assert summary.listen_ranges == (ListenRange("192.168.0.0/16", "CALICO"),)
    assert summary.dynamic == (DynamicCount("", 2, None, 1, False), DynamicCount("", 2, 100, 1, True))


def test_the_limit_of_an_older_release_stands_in_the_same_line():
    text = (
        "For address family: IPv4 Unicast\n" + HEAD + TITLE + row("*192.168.1.10")
        + "* Dynamically created based on a listen range command\n"
        "  Dynamically created neighbors: 1/(200 max), Subnet ranges: 2\n"
        "BGP peergroup A listen range group members: \n  192.168.1.0/24 192.168.2.0/24 \n"
        "BGP peergroup B listen range group members: \n  2001:DB8::/64\n"
    )  # fmt: skip
    summary = read_summary(text)
    assert summary.dynamic == (DynamicCount("IPv4 Unicast", 1, 200, 2, False),)
    assert [each.group for each in summary.listen_ranges] == ["A", "A", "B"]


def test_each_row_repeats_the_heading_of_its_family():
    text = (
        "For address family: IPv4 Unicast\n" + HEAD + TITLE + row()
        + "\nFor address family: IPv6 Unicast\n"
        "BGP router identifier 192.168.1.2, local AS number 1.10\n"
        "BGP table version is 7, main routing table version 7\n" + TITLE + row()
        + "\nFor address family: VPNv4 Unicast\n\n" + TITLE + row()
    )  # fmt: skip
    summary = read_summary(text)
    assert [(each.family, each.router_id, each.local_as, each.table_version) for each in summary.rows] == [
        ("IPv4 Unicast", "192.168.1.1", 64512, 9),
        ("IPv6 Unicast", "192.168.1.2", 65546, 7),
        ("VPNv4 Unicast", None, None, None),
    ]
    assert summary.families == ("IPv4 Unicast", "IPv6 Unicast", "VPNv4 Unicast")


COMMANDS = {
    # command, expected (family, vrf)
    "show ip bgp summary": ("IPv4 Unicast", ""),
    "show bgp ipv4 unicast summary": ("IPv4 Unicast", ""),
    "show bgp ipv6 unicast summary": ("IPv6 Unicast", ""),
    "show bgp all summary": ("", ""),
    "show ip bgp all summary": ("", ""),
    "show bgp vpnv4 unicast all summary": ("VPNv4 Unicast", ""),
    "show ip bgp vpnv4 vrf L3VPN-1151 summary": ("VPNv4 Unicast", "L3VPN-1151"),
    "show bgp l2vpn evpn summary": ("L2VPN E-VPN", ""),
}


@pytest.mark.parametrize(("command", "expected"), COMMANDS.items(), ids=COMMANDS)
@pytest.mark.parametrize("echo", [True, False])
def test_family_and_vrf_of_a_command_that_is_echoed_or_given(command, expected, echo):
    text = HEAD + TITLE + row()
    echoed = f"rr1#{command} | exclude x\n{text}"
    (shown,) = (read_summary(echoed) if echo else read_summary(text, command)).rows
    assert (shown.family, shown.vrf) == expected


def test_a_family_that_is_not_negotiated():
    (shown,) = read_summary(HEAD + TITLE + row(state="(NoNeg)")).rows
    assert (shown.state, shown.prefixes) == ("NoNeg", None)


def test_a_link_local_address_keeps_its_interface():
    text = HEAD + TITLE + "FE80::2%Ethernet0/0\n" + row("")
    assert read_summary(text).rows[0].address == "fe80::2%Ethernet0/0"


def test_an_unknown_line_is_reported_in_a_heading_and_refused_elsewhere():
    assert read_summary(HEAD + "BGP does something new\n" + TITLE + row()).unknown == (
        "BGP does something new",
    )
    with pytest.raises(IosTextError, match="something new"):
        read_summary(HEAD + TITLE + "BGP does something new\n" + row())
    with pytest.raises(IosTextError, match=r"192\.168\.1\.9"):
        read_summary(HEAD + "192.168.1.9 is something new\n" + TITLE + row())


def test_the_titles_of_a_page_within_a_row():
    address, values = "2001:DB8:20:4:6:7:8:9", row().split(None, 1)[1]
    text = f"{HEAD}{TITLE}{address}\n{TITLE}                {values}"
    (peer,) = read_summary(text, "show ip bgp summary").rows
    assert peer.address == address.lower()


def test_a_message_between_lines_is_left_out_and_one_within_a_row_is_not():
    message = "Nov 24 16:00:00.000: %BGP-5-ADJCHANGE: neighbor 192.168.1.12 Up\n"
    assert len(read_summary(HEAD + TITLE + message + "000123: *" + message + row()).rows) == 1
    with pytest.raises(IosTextError):
        read_summary(HEAD + TITLE + row()[:30] + message)


@pytest.mark.parametrize("erased", ["\x08" * 9 + " " * 8 + "\x08" * 9, "\r          \r", "\n", ""])
def test_a_pager_that_was_answered(erased):
    text = HEAD + TITLE + row() + " --More-- " + erased + row("192.168.1.11")
    assert [each.address for each in read_summary(text).rows] == ["192.168.1.10", "192.168.1.11"]


def test_a_text_that_ends_at_the_pager_is_cut_off():
    with pytest.raises(IosTextError, match=r"line 5: '--More--': the text ends at the pager"):
        read_summary(HEAD + TITLE + row() + " --More-- \n\n")


def test_the_answer_of_another_command_is_none():
    text = (
        "rr1#show ip bgp summary\n" + HEAD + TITLE + row() + "rr1#show ip interface brief\n"
        "192.168.1.99 something else\nrr1#show ip bgp summary\n" + HEAD + TITLE + row("192.168.1.11")
        + "rr1#exit"
    )  # fmt: skip
    assert [each.address for each in read_summary(text).rows] == ["192.168.1.10", "192.168.1.11"]


@pytest.mark.parametrize("echo", ["rr1#show", "rr1#show ", "rr1#sh ip b su", "rr1> show something", "rr1#"])
def test_an_echo_that_is_cut_off_or_abbreviated_takes_no_rows_away(echo):
    assert len(read_summary(f"{echo}\n" + HEAD + TITLE + row()).rows) == 1


def test_line_ends_and_line_numbers():
    text = (HEAD + TITLE + row() + row(state="Dreaming")).replace("\n", "\r\r\n")
    with pytest.raises(IosTextError, match="line 5"):
        read_summary(text)
    assert len(read_summary((HEAD + TITLE + row()).replace("\n", "\r\n\r\n")).rows) == 1


@pytest.mark.parametrize("digits", ["٣", "³", "9" * 5000])
def test_digits_that_ios_does_not_print(digits):
    for text in (row(state=digits), row(up=f"{digits}:00:00"), row(asn=digits)):
        with pytest.raises(IosTextError):
            read_summary(HEAD + TITLE + text)


# -- neighbours


def test_a_whole_block():
    (shown,) = read_neighbors(BLOCK)
    (family,) = shown.families
    assert shown == NeighborDetail(
        address="192.168.1.10",
        asn=64512,
        dynamic=True,
        link="internal",
        description="calico_bgp lab/node-a",
        group="CALICO",
        listen_range="192.168.1.0/24",
        state="Established",
        uptime_seconds=93600,
        remote_router_id="192.168.1.10",
        last_read_seconds=1,
        last_write_seconds=2,
        hold=30,
        keepalive=10,
        configured_hold=90,
        configured_keepalive=30,
        minimum_hold=15,
        capabilities={
            "Route refresh": "advertised and received",
            "Four-octets ASN": "advertised and received",
            "Address family IPv4 Unicast": "advertised and received",
            "Enhanced Refresh": "advertised",
        },
        graceful_restart="advertised and received",
        graceful_restart_enabled=True,
        restart_time=120,
        stalepath_time=360,
        remote_restart_time=120,
        preserved={"IPv4 Unicast": False, "IPv6 Unicast": True},
        input_queue=1,
        output_queue=2,
        messages_sent=10,
        messages_received=9,
        connections_established=3,
        connections_dropped=2,
        last_reset="RR client config change of session 1",
        last_reset_seconds=33955200,
        advertisement_interval=0,
        reachable=True,
        bfd="BFD is configured. BFD peer is Down. Using BFD to detect fast fallover (multi-hop).",
        interface="(none)",
        path_mtu_discovery=True,
        md5=True,
        local_address="192.168.1.1",
        local_port=179,
        foreign_address="192.168.1.10",
        foreign_port=33001,
        connection_state="ESTAB",
        segment_size=1460,
        incoming_ttl=0,
        outgoing_ttl=255,
        families=(family,),
        complete=True,
    )
    assert (family.name, family.route_reflector_client, family.update_group) == ("IPv4 Unicast", True, 2)
    assert (family.prefixes_sent, family.prefixes_received) == (7, 2)
    assert (family.prefix_limit, family.prefix_warning, family.prefix_action) == (100, 75, "warning-only")
    assert (family.table_version, family.neighbor_version, family.output_queue) == (12, 11, 3)
    assert (family.prefix_list_in, family.prefix_list_out, family.route_map_in) == ("IN", "OUT", "MAP")
    assert (family.peer_group, family.templates) == ("CALICO", ("POLICY",))


LINES = {
    # line, expected fields of the neighbour
    "a release without the comma": ("BGP state = Established up for 00:00:26", {"uptime_seconds": 26}),
    "never up": ("  BGP state = Idle, down for never", {"state": "Idle", "uptime_seconds": None}),
    "no time": ("  BGP state = Active", {"state": "Active"}),
    "12.x": (
        "  Last read 00:00:17, hold time is 180, keepalive interval is 60 seconds",
        {"hold": 180, "last_write_seconds": None},
    ),
    "shut down": (" Administratively shut down", {"shutdown": True}),
    "multisession": (
        "  BGP multisession with 2 sessions (2 established), first up for 01:17:14",
        {"state": "Established", "uptime_seconds": 4634},
    ),
    "multisession, not whole": (
        "  BGP multisession with 2 sessions (1 established), first up for 01:17:14",
        {"state": "", "uptime_seconds": 4634},
    ),
    "template": (" Inherits from template S for session parameters", {"template": "S"}),
    "no route": (
        "  Address tracking is enabled, the RIB does not have a route to 192.0.2.1",
        {"reachable": False},
    ),
    "never reset": ("  Last reset never", {"last_reset": "", "last_reset_seconds": None}),
    "no restart": ("  Graceful-Restart is disabled", {"graceful_restart_enabled": False}),
    "12.x misspells": (
        "    Graceful Restart Capabilty:advertised",
        {"graceful_restart": "advertised"},
    ),
    "hops": ("  External BGP neighbor may be up to 2 hops away.", {"external_hops": 2}),
    "no connection": ("  No active TCP connection", {"complete": True, "md5": None}),
    "no MD5": ("Option Flags: nagle, path mtu capable", {"md5": False}),
    "MD5 in the second line": ("Option Flags: nagle\nwin-scale, md5", {"md5": True}),
    "TCP-AO": ("TCP AO Key chain: test1", {"tcp_ao": "test1"}),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_lines_of_a_block(line, expected):
    (shown,) = read_neighbors(DOWN + line + "\n")
    assert {name: getattr(shown, name) for name in expected} == expected
    assert shown.unknown == ()


LIMITS = {
    "  Maximum prefixes allowed 100": (100, None, ""),
    "  Maximum prefixes allowed 100 (warning-only)": (100, None, "warning-only"),
    "  Maximum prefixes allowed 10\n  Threshold for warning message 80%, restart interval 5 min": (
        10,
        80,
        "restart interval 5 min",
    ),
}


@pytest.mark.parametrize(("lines", "expected"), LIMITS.items())
def test_limits(lines, expected):
    (shown,) = read_neighbors(DOWN + " For address family: IPv4 Unicast\n" + lines)
    (family,) = shown.families
    assert (family.prefix_limit, family.prefix_warning, family.prefix_action) == expected


HEADERS = {
    "BGP neighbor is 192.0.2.1,  vrf RED,  remote AS 1.1,  local AS 2 no-prepend replace-as, external link": {
        "vrf": "RED",
        "asn": 65537,
        "local_as": 2,
        "link": "external",
    },
    "BGP neighbor is 2001:DB8:0::1, remote AS 64512, internal link": {"address": "2001:db8::1"},
    "BGP neighbor is FE80::2%Ethernet0/0,  remote AS 64512, external link": {
        "address": "fe80::2%Ethernet0/0"
    },
    "BGP neighbor is 192.0.2.1,  remote AS 1,  something new, internal link": {"unknown": ("something new",)},
}


@pytest.mark.parametrize(("line", "expected"), HEADERS.items())
def test_headers(line, expected):
    (shown,) = read_neighbors(line)
    assert {name: getattr(shown, name) for name in expected} == expected


def test_unknown_lines_are_reported_with_secrets_masked():
    (shown,) = read_neighbors(DOWN + "  The moon is full\n  It has the password abc\n")
    assert shown.unknown == ("The moon is full", "It has the password ********")


def test_a_line_that_begins_like_a_known_one_is_reported():
    lines = (
        "Peer had exceeded the max. no. of prefixes configured.",
        "My moon is full",
        "Last read yesterday",
        "Local host: nowhere, Local port: 179",
        "Maximum prefixes allowed many",
    )
    (shown,) = read_neighbors(DOWN + "\n".join(lines))
    assert shown.unknown == lines


def test_output_that_was_filtered_on_the_router():
    text = (
        DOWN
        + "  BGP state = Idle\n    Prefixes Current:               0          4\n  Route-Reflector Client\n"
    )
    (shown,) = read_neighbors(text)
    assert (shown.state, shown.complete) == ("Idle", False)
    assert [(each.name, each.prefixes_received) for each in shown.families] == [("", 4)]
    assert shown.route_reflector_clients == {""}


def test_a_heading_lists_neighbours_or_stands_in_a_block():
    text = (
        "For address family: IPv4 Unicast\n" + DOWN + "  BGP state = Idle\n"
        "For address family: VPNv4 Unicast\n  BGP table version 12, neighbor version 11/0\n"
        "  No active TCP connection\n\nFor address family: IPv6 Unicast\n\n"
        "For address family: L2VPN E-VPN\n" + DOWN
    )  # fmt: skip
    first, second = read_neighbors(text)
    assert (first.family, [each.name for each in first.families]) == ("IPv4 Unicast", ["VPNv4 Unicast"])
    assert (second.family, second.families) == ("L2VPN E-VPN", ())


def test_a_description_may_say_anything():
    (shown,) = read_neighbors(DOWN + " Description: BGP neighbor is 192.0.2.9, the old one\n")
    assert shown.description == "BGP neighbor is 192.0.2.9, the old one"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("% No such neighbor or address family", "the router refused"),
        (DOWN[:40] + "\n", "before the remote AS or the link"),
        (DOWN[:20], "expected 'BGP neighbor is ADDRESS"),
        ("BGP neighbor is CALICO, peer-group internal, members:\n", "expected 'BGP neighbor is ADDRESS"),
        ("BGP neighbor is 192.0.2.300,  remote AS 1, internal link\n", "no address"),
        ("BGP neighbor is 192.0.2.1,  remote AS 70000.1, internal link\n", "no AS number"),
        ("  BGP state = Idle\n" + DOWN, "no 'BGP neighbor is' before"),
        (DOWN + "  BGP state = Dreaming\n", "not the form"),
        (DOWN + "  BGP state = Established, up for soon\n", "no time span"),
        (DOWN + "  BGP state = Idle\n  BGP state = Idle\n", "'BGP neighbor is' is missing"),
        (BLOCK + BLOCK.partition("\n")[2], "'BGP neighbor is' is missing"),
        (DOWN + "    Prefixes Current:               0\n", "sent and received"),
        (DOWN + "% Ambiguous command", "the router refused"),
        (DOWN + " --More-- ", "ends at the pager"),
    ],
)
def test_what_makes_a_neighbour_doubtful_is_an_error(text, why):
    with pytest.raises(IosTextError, match=why):
        read_neighbors(text)


@pytest.mark.parametrize(
    ("line", "state", "up"),
    [
        ("Session state = Closing", "Closing", None),
        ("Session state = Established, up for 00:01:00", "Established", 60),
        ("BGP state = Closing", "Closing", None),
    ],
)
def test_the_state_of_a_session_in_either_wording(line, state, up):
    (peer,) = read_neighbors(f"BGP neighbor is 192.0.2.1,  remote AS 1, internal link\n  {line}\n")
    assert (peer.state, peer.uptime_seconds, peer.unknown) == (state, up, ())


def test_a_state_that_is_none_is_an_error_in_either_wording():
    with pytest.raises(IosTextError, match="not the form"):
        read_neighbors("BGP neighbor is 192.0.2.1,  remote AS 1, internal link\n  Session state = Dreaming\n")


def test_no_process_has_no_neighbours():
    assert read_neighbors("% BGP not active\n") == ()
    assert read_prefixes("% BGP not active\n") == ()


# -- tables


def columns(path: BgpPath) -> tuple[object, ...]:
    numbers = path.metric, path.local_preference, path.weight
    return path.prefix, path.next_hop, path.status, *numbers, path.as_path


@pytest.mark.parametrize(("rows", "expected"), ROWS.values(), ids=ROWS)
def test_rows_of_a_table(rows, expected):
    assert [columns(path) for path in read_prefixes(TABLE + rows + "\n")] == expected


def test_rows_that_were_filtered_out_of_their_table():
    (path,) = read_prefixes(" *>i  10.244.7.0/26    192.168.1.10                  100      0 i\n")
    assert (path.local_preference, path.best, path.valid, path.internal) == (100, True, True, True)


def test_rpki_is_no_part_of_the_marks():
    rows = "".join(
        f"{code}*>  10.{place}.0.0/16     192.168.1.10             0             0 65001 i\n"
        for place, code in enumerate("VIN ")
    )
    paths = read_prefixes(TABLE + rows)
    assert [(path.rpki, path.status) for path in paths] == [
        ("valid", "*>"),
        ("invalid", "*>"),
        ("not found", "*>"),
        ("", "*>"),
    ]


def test_headings_of_a_table():
    text = (
        "For address family: VPNv4 Unicast\n" + TABLE
        + "Route Distinguisher: 65535:1 (default for vrf RED) VRF Router ID 192.0.2.1\n"
        "AF-Private Import to Address-Family: L2VPN E-VPN, Pfx Count/Limit: 2/1000\n"
        " *>   10.0.0.0         0.0.0.0                  0         32768 i\n"
        "     Network          Next Hop            Metric LocPrf Weight Path\n"
        " *                     192.0.2.1                0             0 65001 i\n\n"
        "Total number of prefixes 2\n"
    )  # fmt: skip
    paths = read_prefixes(text)
    assert [(path.family, path.vrf, path.rd, path.table_version) for path in paths] == [
        ("VPNv4 Unicast", "RED", "65535:1", 5)
    ] * 2


CLASSES = {
    "10.0.0.0": "10.0.0.0/8",
    "127.0.0.0": "127.0.0.0/8",
    "128.1.0.0": "128.1.0.0/16",
    "191.255.0.0": "191.255.0.0/16",
    "192.0.1.0": "192.0.1.0/24",
    "223.255.255.0": "223.255.255.0/24",
    "0.0.0.0": "0.0.0.0/0",
}


@pytest.mark.parametrize(("text", "expected"), CLASSES.items())
def test_a_classful_prefix_is_shown_without_its_length(text, expected):
    assert prefix_of(text) == expected


@pytest.mark.parametrize(
    "text", ["10.1.0.0", "172.16.1.0", "192.168.1.1", "224.0.0.0", "10.0.0.0/33", "2001:DB8::1"]
)
def test_what_can_be_no_prefix(text):
    with pytest.raises(ValueError, match="prefix length"):
        prefix_of(text)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("*> 10.0.0.0 192.168.1.10 0 100 0 65001 i\n", "cannot be told apart"),
        (" *>i  10.0.0.0         192.168.1.10        5          0 65001 i\n", "neither below Metric"),
        (" *>i  10.0.0.0         192.168.1.10      5   6    100      0 65001 i\n", "each below its title"),
        (" *>i  172.16.200.100/32\n", "ends in the middle"),
        (" *>i  172.16.200.100/32\n *>i  10.0.0.0         192.168.1.10   0 i\n", "missing on the next line"),
        (" *>                    192.168.1.10             0         32768 i\n", "no prefix before it"),
        ("                       192.168.1.10             0         32768 i\n", "neither a path"),
        ("10.0.0.0         192.168.1.10             0    100      0 i\n", "neither a path"),
        ("      10.0.0.0\n", "ends in the middle"),
        ("      10.0.0.0         \n", "ends in the middle"),
        ("Total number of prefixes 1\n", "only 0 paths before it"),
        ("% Inbound soft reconfiguration not enabled on 192.0.2.1\n", "the router refused"),
        ("The moon is full\n", "report it"),
    ],
)
def test_what_is_no_path_is_an_error(rows, why):
    with pytest.raises(IosTextError, match=why):
        read_prefixes(TABLE + rows)


# -- one prefix


def test_a_prefix_in_detail():
    first, second = read_prefixes(DETAIL)
    assert columns(first) == ("10.244.7.0/26", "192.168.1.10", "", 0, 100, None, "")
    assert (first.neighbor, first.router_id, first.accessible) == ("192.168.1.11", "192.168.1.11", False)
    assert (first.originator, first.cluster_list) == ("192.168.1.10", ("0.0.0.1", "192.168.1.2"))
    assert (first.reflector_client, first.internal, first.best) == (True, True, False)
    assert first.communities == ("65001:1", "65001:2", "65001:3", "no-export")
    assert columns(second) == ("10.244.7.0/26", "2001:db8::1", "", None, 100, 5, "65001 65002")
    assert (second.accessible, second.igp_metric, second.received_only, second.best) == (True, 11, True, True)
    assert second.unknown == ("The moon is full",)
    assert {path.table_version for path in (first, second)} == {12}


def test_how_paths_are_compared_stands_before_them():
    noted = DETAIL.replace("\nPaths:", "\nBGP Bestpath: deterministic-med\nPaths:", 1)
    assert read_prefixes(noted) == read_prefixes(DETAIL)


def test_a_path_that_is_history():
    (path, second) = read_prefixes(
        DETAIL.replace("  65001 65002, (received-only)", "  65001 65002 (history entry)")
    )
    assert (second.as_path, second.received_only, second.next_hop) == ("65001 65002", False, "2001:db8::1")
    assert path == read_prefixes(DETAIL)[0]


def test_a_prefix_that_is_not_there():
    assert read_prefixes("% Network not in table\n") == ()
    assert (
        read_prefixes(
            "BGP routing table entry for 10.0.0.0/8, version 1\nPaths: (0 available, no best path)\n"
        )
        == ()
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (DETAIL[:380], "2 paths available, 1 in the text|origin is missing"),
        (DETAIL.replace("  65001 65002, (received-only)\n", ""), "no AS path before"),
        (DETAIL + DETAIL.partition("\n")[2], "BGP routing table entry for ' is missing"),
        (DETAIL.replace("Paths: (2 available, best #2, table default)\n", ""), r"no 'Paths: \(N available'"),
        (DETAIL.replace("Origin IGP,", "Origin XGP,"), "not the form"),
        ("The moon is full\n" + DETAIL, "before a prefix"),
    ],
)
def test_what_makes_a_prefix_doubtful_is_an_error(text, why):
    with pytest.raises(IosTextError, match=why):
        read_prefixes(text)


# -- groups


def test_cluster_ids_that_are_configured():
    text = (
        "Global cluster-id: 0.0.0.1 (configured: 0.0.0.1)\n"
        "BGP client-to-client reflection:         Configured    Used\n"
        " all (inter-cluster and intra-cluster): DISABLED\n"
        " intra-cluster:                         ENABLED       DISABLED\n"
    )
    ids = read_cluster_ids(text)
    assert (ids.cluster_id, ids.configured) == ("0.0.0.1", "0.0.0.1")
    assert (ids.client_to_client, ids.intra_cluster) == (False, False)
    for wrong in ("", "% BGP not active", text + "The moon is full"):
        with pytest.raises(IosTextError):
            read_cluster_ids(wrong)


def test_update_groups():
    first, second = read_update_groups(
        UPDATE_GROUP + "\nBGP version 4 update-group 2, external\n  Has 1 member:\n  192.0.2.1\n"
    )
    assert (first.number, first.link, first.family) == (1, "internal", "IPv4 Unicast")
    assert first.members == ("192.168.1.10", "192.168.1.11", "192.168.1.12")
    assert (first.route_reflector_client, first.unknown) == (True, ())
    assert (second.number, second.route_reflector_client, second.members) == (2, False, ("192.0.2.1",))
    with pytest.raises(IosTextError, match="1 members are missing"):
        read_update_groups(UPDATE_GROUP.rpartition("   *")[0])


def test_peer_groups():
    (group,) = read_peer_groups(PEER_GROUP)
    assert (group.name, group.asn, group.listen_ranges) == ("CALICO", 64512, ("192.168.1.0/24",))
    assert group.members == {"192.168.1.10": True, "192.168.1.11": False}
    assert (group.route_reflector_clients, group.unknown) == ({"IPv4 Unicast"}, ())


def test_listen_ranges_of_a_summary_and_of_peer_groups():
    assert read_listen_ranges(DYNAMIC) == ListenRanges((ListenRange("192.168.0.0/16", "CALICO"),), 2, 100)
    assert read_listen_ranges(PEER_GROUP) == ListenRanges((ListenRange("192.168.1.0/24", "CALICO"),), 1, None)
    assert read_listen_ranges(HEAD + TITLE) == ListenRanges(())
