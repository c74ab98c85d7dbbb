# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIRD's text into records.

data/bird-calico.txt was recorded from Calico's BIRD, the other files from Debian's BIRD 1.6.8 in the lab; the
quirks in the tables are made by hand after BIRD's source.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import bird
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
)

DATA = Path(__file__).parent / "data"
STATUS = "1000-BIRD 1.6.8\n1011-Router ID is 192.168.1.11\n0013 Daemon is up and running\n"
PROTOCOLS = "2002-name     proto    table    state  since       info\n"
NONE = "0000 \n"


def read(protocols: str = NONE, routes: str = NONE) -> NodeObservation:
    return bird.read_node("node-b", "ipv4", 5.0, STATUS + protocols + routes)


def protocol(lines: str) -> BirdProtocol:
    (found,) = read(protocols=f"{PROTOCOLS}{lines}{NONE}").protocols
    return found


def routes(lines: str) -> list[BirdRoute]:
    return list(read(routes=lines + NONE).routes)


def test_calicos_bird():
    seen = bird.read_node("node-b", "ipv4", 5.0, (DATA / "bird-calico.txt").read_text())
    assert (seen.node, seen.at, seen.answered) == ("node-b", 5.0, True)
    assert (seen.router_id, seen.reconfigured) == ("192.168.1.11", "2026-11-24 04:08:59")
    assert seen.uptime is not None
    assert seen.protocols == (
        BirdProtocol(
            "Node_192_168_1_1",
            "Established",
            "192.168.1.1",
            "Established",
            30,
            "refresh enhanced-refresh restart-able AS4",
            21,
            64512,
        ),
    )
    assert seen.routes == (
        BirdRoute(
            "10.244.12.0/26",
            "Node_192_168_1_1",
            "192.168.1.1",
            "via",
            True,
            "192.168.1.12",
            "192.168.1.12",
            local_pref=100,
        ),
    )


def test_mesh_and_reflector_side_by_side():
    """Recorded in the lab on node-a: every route of the mesh, and the same from the reflector behind it."""
    seen = bird.read_node("node-a", "ipv4", 5.0, (DATA / "bird-mesh-and-reflector.txt").read_text())
    assert [(p.name, p.state, p.neighbor) for p in seen.protocols] == [
        ("Mesh_192_168_1_11", "Established", "192.168.1.11"),
        ("Mesh_192_168_1_12", "Established", "192.168.1.12"),
        ("Node_192_168_1_1", "Established", "192.168.1.1"),
    ]
    assert [(r.prefix, r.protocol, r.kind, r.primary, r.next_hop, r.originator) for r in seen.routes] == [
        ("0.0.0.0/0", "kernel1", "via", True, "", ""),
        ("192.168.1.0/24", "direct1", "dev", True, "", ""),
        ("10.244.10.0/26", "static1", "blackhole", True, "", ""),
        ("10.244.11.0/26", "Mesh_192_168_1_11", "via", True, "192.168.1.11", ""),
        ("10.244.11.0/26", "Node_192_168_1_1", "via", False, "192.168.1.11", "192.168.1.11"),
        ("10.244.10.1/32", "kernel1", "dev", True, "", ""),
        ("10.244.12.0/26", "Mesh_192_168_1_12", "via", True, "192.168.1.12", ""),
        ("10.244.12.0/26", "Node_192_168_1_1", "via", False, "192.168.1.12", "192.168.1.12"),
        ("10.244.10.2/32", "Mesh_192_168_1_11", "via", True, "192.168.1.11", ""),
        ("10.244.10.2/32", "Node_192_168_1_1", "via", False, "192.168.1.11", "192.168.1.11"),
    ]


def test_every_kind_of_kernel_route():
    """Recorded in the lab on a node with a default route over two routers, and three that lead nowhere."""
    seen = bird.read_node("node-c", "ipv4", 5.0, (DATA / "bird-reflector-and-kernel.txt").read_text())
    kernel = {r.prefix: r.kind for r in seen.routes if r.protocol == "kernel1"}
    assert kernel == {
        "0.0.0.0/0": "via",
        "10.96.0.0/16": "blackhole",
        "10.97.0.0/16": "unreachable",
        "10.98.0.0/16": "prohibited",
        "10.244.12.1/32": "dev",
    }


def test_the_neighbour_that_brought_a_route():
    """Of a protocol of another kind there is none; of a session of the mesh no timer is kept."""
    seen = bird.read_node("node-a", "ipv4", 5.0, (DATA / "bird-mesh-and-reflector.txt").read_text())
    assert {(r.protocol, r.neighbor, r.mesh) for r in seen.routes} == {
        ("kernel1", None, False),
        ("direct1", None, False),
        ("static1", None, False),
        ("Mesh_192_168_1_11", "192.168.1.11", True),
        ("Mesh_192_168_1_12", "192.168.1.12", True),
        ("Node_192_168_1_1", "192.168.1.1", False),
    }
    assert [(p.mesh, p.hold_left) for p in seen.protocols] == [(True, None), (True, None), (False, 5)]


def test_every_row_of_a_recording_is_read():
    for recording in sorted(DATA.glob("bird-*.txt")):
        text = recording.read_text()
        seen = bird.read_node("node", "ipv4", 5.0, text)
        assert len(seen.routes) == sum(line.startswith("1007-") for line in text.splitlines())
        assert len(seen.protocols) == sum(" BGP      master" in line for line in text.splitlines())


DOWN = "1006-  Preference:     100\n   BGP state:          {}\n     Neighbor address: 10.0.0.2\n"
PROTOCOL_QUIRKS = {
    # line(s), expected (name, state, info, neighbor, hold, hold_left)
    "port in the name": (
        "1002-Global_192_168_1_1_port_179 BGP      master   up     04:09:53    Established\n"
        "1006-  BGP state:          Established\n     Neighbor address: 192.168.1.1\n",
        ("Global_192_168_1_1_port_179", "Established", "Established", "192.168.1.1", 0, None),
    ),
    "down without any field": (
        "1002-Node_192_168_1_2 BGP      master   down   04:11:02    \n",
        ("Node_192_168_1_2", "Down", "", "", 0, None),
    ),
    "down, trailing blanks gone": (
        "1002-Node_192_168_1_2 BGP master down 04:11:02\n",
        ("Node_192_168_1_2", "Down", "", "", 0, None),
    ),
    "down with an error": (
        "1002-N BGP      master   down   04:11:02    Error: No listening socket\n" + DOWN.format("Down"),
        ("N", "Down", "Error: No listening socket", "10.0.0.2", 0, None),
    ),
    "date instead of time": (
        "1002-N BGP      master   start  2026-11-23  Active        Socket: Connection refused\n"
        + DOWN.format("Active"),
        ("N", "Active", "Active        Socket: Connection refused", "10.0.0.2", 0, None),
    ),
    "date and time": (
        "1002-N BGP      master   start  2026-11-23 04:11:02  Idle          BGP Error: Bad peer AS\n"
        + DOWN.format("Idle"),
        ("N", "Idle", "Idle          BGP Error: Bad peer AS", "10.0.0.2", 0, None),
    ),
    "passive": (
        "1002-N BGP      master   start  04:11:02    Passive       \n" + DOWN.format("Passive"),
        ("N", "Passive", "Passive", "10.0.0.2", 0, None),
    ),
    "IPv6": (
        "1002-Global_2001_db8__1 BGP      master   up     04:09:53    Established\n"
        "1006-  BGP state:          Established\n     Neighbor address: 2001:db8::1\n"
        "     Neighbor graceful restart active\n     Hold timer:       2/30\n",
        ("Global_2001_db8__1", "Established", "Established", "2001:db8::1", 30, 2),
    ),
}


@pytest.mark.parametrize(("lines", "expected"), PROTOCOL_QUIRKS.values(), ids=PROTOCOL_QUIRKS)
def test_protocol_quirk(lines, expected):
    found = protocol(lines)
    assert (found.name, found.state, found.info, found.neighbor, found.hold, found.hold_left) == expected


def test_other_protocols_lend_no_fields():
    found = protocol(
        "1002-N BGP      master   down   04:11:02    \n"
        "1002-device1  Device   master   up     03:52:38    \n1006-  BGP state:          Established\n"
    )
    assert (found.name, found.state) == ("N", "Down")


BGP_FLAGS = "[Node_10_0_0_1 04:09:53 from 10.0.0.1]"
ROUTE_QUIRKS = {
    # lines, expected (prefix, kind, primary, kernel_error)
    "date instead of time": (
        "1007-10.1.0.0/26        via 10.0.0.2 on eth0 [N 2026-11-23 from 10.0.0.1] * (100/0) [i]\n",
        [("10.1.0.0/26", "via", True, False)],
    ),
    "date and time": (
        "1007-10.1.0.0/26        via 10.0.0.2 on eth0 [N 2026-11-23 04:09:53 from 10.0.0.1] (100/0) [i]\n",
        [("10.1.0.0/26", "via", False, False)],
    ),
    "next hop cannot be resolved": (
        f"1007-10.1.0.0/26        unreachable {BGP_FLAGS} * (100/-) [i]\n",
        [("10.1.0.0/26", "unreachable", True, False)],
    ),
    "the kernel refused it": (
        f"1007-10.1.0.0/26        via 10.0.0.2 on eth0 {BGP_FLAGS} ! (100/0) [i]\n",
        [("10.1.0.0/26", "via", True, True)],
    ),
    "next hop over two routers": (
        f"1007-10.1.0.0/26        multipath {BGP_FLAGS} * (100/50) [i]\n"
        " \tvia 10.0.0.3 on eth0 weight 2\n \tvia 10.0.0.4 on eth1 weight 1\n",
        [("10.1.0.0/26", "via", True, False)],
    ),
    "second path without the prefix": (
        "1007-10.1.0.0/26        via 10.0.0.2 on eth0 [A 04:09:53] * (100/0) [i]\n"
        "                    via 10.0.0.3 on eth0 [B 04:09:53] (100/0) [AS65001i]\n"
        " 10.2.0.0/26        blackhole [static1 04:09:53] * (200)\n",
        [
            ("10.1.0.0/26", "via", True, False),
            ("10.1.0.0/26", "via", False, False),
            ("10.2.0.0/26", "blackhole", True, False),
        ],
    ),
    "IPv6": (
        "1007-fd00:10:244:aaaa:bbbb:cccc:dddd:40/122 via fe80::1 on eth0 "
        "[Node_2001_db8__1 04:09:53 from 2001:db8::1] * (100/0) [i]\n",
        [
            (
                "fd00:10:244:aaaa:bbbb:cccc:dddd:40/122",
                "via",
                True,
                False,
            )
        ],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), ROUTE_QUIRKS.values(), ids=ROUTE_QUIRKS)
def test_route_quirk(lines, expected):
    found = [(r.prefix, r.kind, r.primary, r.kernel_error) for r in routes(lines)]
    assert found == expected


ATTRIBUTES = {
    # lines below a route, expected (next_hop, originator)
    "reflected": (
        " \tBGP.next_hop: 10.0.0.2\n \tBGP.originator_id: 10.0.0.9\n \tBGP.cluster_list: 0.0.0.1 0.0.0.2\n",
        ("10.0.0.2", "10.0.0.9"),
    ),
    "global and link-local next hop": (" \tBGP.next_hop: 2001:db8::2 fe80::2\n", ("2001:db8::2", "")),
    "communities over two lines": (
        " \tBGP.community: (64512,100) (64512,101)\n \t\t(64512,102)\n \tBGP.next_hop: 10.0.0.2\n",
        ("10.0.0.2", ""),
    ),
    "attribute that BIRD does not know": (
        " \tBGP.1a [t]: 01 02\n \tBGP.next_hop: 10.0.0.2\n",
        ("10.0.0.2", ""),
    ),
    "tunnel of Calico's BIRD": (" \tKernel.tunnel: tunl0\n \tBGP.next_hop: 10.0.0.2\n", ("10.0.0.2", "")),
}


@pytest.mark.parametrize(("lines", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_attributes(lines, expected):
    head = "1007-10.1.0.0/26        via 10.0.0.2 on eth0 [N 04:09:53] * (100/0) [i]\n"
    (found,) = routes(f"{head}1008-\tType: BGP unicast univ\n{lines}")
    assert (found.next_hop, found.originator) == expected


REFUSED = {
    # whole text, what the error says
    "question refused": (STATUS + "8007 Access denied\n" + NONE, "BIRD refused: Access denied"),
    "question not understood": (STATUS + "9001 syntax error\n" + NONE, "BIRD refused: syntax error"),
    "answer cut off": (
        STATUS + NONE + "1007-10.1.0.0/26  blackhole [s 04:09:53] * (200)\n",
        "the answer is cut off",
    ),
    "nothing": ("", "BIRD gave 0 answers to 3 questions"),
    "no router ID": ("1000-BIRD 1.6.8\n0013 Daemon is up\n" + NONE + NONE, "no router ID"),
    "no line of BIRD's": (
        "Warning: banner\n" + STATUS + NONE + NONE,
        "this is no line of BIRD's: Warning: banner",
    ),
    "unknown protocol line": (
        STATUS + PROTOCOLS + "1002-Node_1 BGP\n" + NONE + NONE,
        "show protocols: this line is not understood: Node_1 BGP",
    ),
    "unknown kind of route": (
        STATUS + NONE + "1007-10.1.0.0/26  ??? [N 04:09:53] * (100)\n" + NONE,
        "show route: this line is not understood: 10.1.0.0/26  ??? [N ] * (100)",
    ),
    "unknown detail of a route": (
        STATUS + NONE + "1007-10.1.0.0/26  blackhole [s 04:09:53] * (200)\n \tsomething new\n" + NONE,
        "show route: this line is not understood: \tsomething new",
    ),
    "path of no prefix": (
        STATUS + NONE + "1007-              blackhole [s 04:09:53] * (200)\n" + NONE,
        "show route: this line is not understood",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_not_understood(text, message):
    with pytest.raises(bird.BirdTextError) as caught:
        bird.read_node("node-b", "ipv4", 5.0, text)
    assert message in str(caught.value)


def printed(text: str) -> str:
    """A line that goes on as birdcl prints it."""
    return text.replace("\n \t", "\n     \t")


ROUTE = (
    "1007-10.1.0.0/26  via 192.168.1.11 on eth0 [rr {time} from 192.168.1.1] * (100/0) [i]\n"
    "1008-\tType: BGP unicast univ\n1012-\tBGP.origin: IGP\n \tBGP.next_hop: 192.168.1.11\n"
)


def test_a_path_is_the_same_whenever_it_came_and_whoever_prints_it():
    times = ("04:09:53", "17:00:01", "2026-11-24", "2026-11-24 04:09:53")
    told = [ROUTE.format(time=time) for time in times]
    [path] = routes(told[0])
    assert (path.prefix, path.next_hop, path.primary) == ("10.1.0.0/26", "192.168.1.11", True)
    assert all(routes(each) == [path] for each in [*told, *map(printed, told)])


def test_two_paths_to_one_prefix_and_those_behind_them_are_kept_apart():
    further = ROUTE.replace("10.1.0.0/26", "           ").replace("rr", "rr2").replace(" *", "")
    lines = "".join(
        each.format(time="04:09:53") for each in (ROUTE, further, ROUTE.replace("10.1", "10.2"), further)
    )
    assert [(r.prefix, r.protocol) for r in routes(lines)] == [
        ("10.1.0.0/26", "rr"),
        ("10.1.0.0/26", "rr2"),
        ("10.2.0.0/26", "rr"),
        ("10.2.0.0/26", "rr2"),
    ]


SPOILED = {
    # the answers, what the error says
    "a line that is none, between routes": (ROUTE + "oops\n" + ROUTE + NONE, "no line of BIRD's: oops"),
    "nothing, between routes": (ROUTE + "\n" + ROUTE + NONE, "no line of BIRD's: "),
    "an end too early": (ROUTE + NONE + ROUTE + NONE, "ends an answer too early"),
    "one answer more": (ROUTE + NONE + NONE, "ends an answer too early"),
    "a refusal behind routes": (ROUTE + "8001 Network not in table\n", "BIRD refused: Network not in table"),
    "a refusal between routes": (ROUTE + "9001 Parse error\n" + ROUTE + NONE, "BIRD refused: Parse error"),
    "no route at first": (" \tBGP.origin: IGP\n" + ROUTE + NONE, "show route: this is not understood"),
}


@pytest.mark.parametrize(("text", "message"), SPOILED.values(), ids=SPOILED)
def test_routes_that_were_read_before_let_nothing_else_pass(text, message):
    assert routes(ROUTE.format(time="04:09:53"))
    with pytest.raises(bird.BirdTextError, match=message):
        bird.read_node("node-b", "ipv4", 5.0, STATUS + NONE + text.format(time="04:09:53"))


def test_a_title_in_the_middle_ends_no_protocol():
    lines = (
        f"{PROTOCOLS}1002-rr BGP master up 04:09:53 Established\n{PROTOCOLS}1006-  BGP state: Established\n"
    )
    with pytest.raises(bird.BirdTextError, match="show protocols: this line is not understood: name"):
        read(protocols=lines + NONE)
