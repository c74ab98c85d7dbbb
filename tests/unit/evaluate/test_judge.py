# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge: what makes an evaluation fail, and what is compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.judge import judge
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import read_measurement
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.result import (
    Evaluation,
    Length,
    PodMtu,
    Seen,
    to_data,
)
from tests.helpers import samples
from tests.helpers.samples import encoded, ethernet, frame, ipv4, tcp

Json = dict[str, Any]
Change = Callable[[Json], None]


def judged(change: Change = lambda data: None, **options: Any) -> Evaluation:
    data = samples.measurement(**options)
    change(data)
    return judge(read_measurement(data))


def test_a_good_measurement() -> None:
    made = judged()
    assert made.ok
    assert (made.problems, made.notes) == ((), ())
    found = {path.name: path for path in made.paths}
    assert {name: path.wire and path.wire.measured for name, path in found.items()} == {
        name: (Seen(overhead, 26),) for name, overhead in samples.OVERHEADS.items()
    }
    wire = found["vxlan-ipv6"].wire
    assert wire is not None
    assert (wire.expected, wire.ok, wire.tagged, wire.others, wire.unknown) == (70, True, 0, {"ARP": 1}, {})
    assert wire.lengths == (Length(84, 10, 20), Length(1400, 3, 6))
    assert found["ipip-ipv4"].mtu == PodMtu(1480, 1480, True)
    figure = found["native-ipv4"].figure("udp_packets_per_second")
    assert figure is not None
    assert (figure.spread.count, len(figure.values)) == (8, 8)


def test_every_overlay_is_compared_with_native_and_vxlan_with_ipip() -> None:
    made = judged()
    pairs = list(dict.fromkeys((each.family, each.of, each.against) for each in made.comparisons))
    assert pairs == [
        ("ipv4", "ipip", "native"),
        ("ipv4", "vxlan", "native"),
        ("ipv4", "vxlan", "ipip"),
        ("ipv6", "vxlan", "native"),
    ]
    assert len(made.comparisons) == 4 * 9
    assert made.comparisons[0].ratio.verdict == "less"


def test_what_was_refused_is_carried_and_compared_with_nothing() -> None:
    made = judged(refused=["ipip-ipv4"])
    path = next(path for path in made.paths if path.name == "ipip-ipv4")
    assert made.ok
    assert (path.refused, path.wire, path.mtu, path.figures) == ("There is no such device.", None, None, ())
    assert "ipip" not in {each.of for each in made.comparisons}


def test_a_stand_in_is_compared_with_nothing_and_said_to_be_one() -> None:
    made = judged(lambda data: data["paths"][1].update(stand_in=True))
    assert made.ok
    assert made.notes == (
        "ipip-ipv4 went by a stand-in: its speed and its cost are not those of IPIP, and are compared with "
        "nothing.",
    )
    assert "ipip" not in {each for c in made.comparisons for each in (c.of, c.against)}
    assert made.paths[1].figures
    assert to_data(made)["paths"][1]["stand_in"] is True


def capture(**changes: Any) -> Change:
    """Change the capture of vxlan-ipv4."""
    return lambda data: data["captures"][2].update(changes)


def drop(name: str, **wanted: Any) -> Change:
    """Take the rows of a list away that have these values."""

    def change(data: Json) -> None:
        data[name] = [row for row in data[name] if any(row[key] != wanted[key] for key in wanted)]

    return change


def failed(data: Json) -> None:
    """One round of a path without an answer, and another path that could not be set up."""
    refused = "iperf3: Connection refused"
    data["failures"] = [
        *({"round": number, "path": "vxlan-ipv4", "text": refused} for number in (2, 5)),
        {"round": 0, "path": "ipip-ipv4", "text": "ethtool: Operation not supported."},
    ]
    metric = "udp_packets_per_second"
    for number in (2, 5):
        drop("samples", path="vxlan-ipv4", round=number, metric=metric)(data)
    for name in ("captures", "mtu", "samples"):
        drop(name, path="ipip-ipv4")(data)


def zero(data: Json) -> None:
    data["samples"][0]["value"] = 0


EMPTY: Json = {"paths": [], "captures": [], "mtu": [], "samples": []}
TEN = [frame("vxlan-ipv4", 84)] * 10 + [frame("vxlan-ipv4", 1400)] * 3


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (drop("captures", path="vxlan-ipv4"),
         ["vxlan-ipv4: none of the pods' packets was captured on the nodes' wire."]),
        (capture(pcap=encoded([ethernet(ipv4(tcp(179), 6))])),
         ["vxlan-ipv4: none of the pods' packets was captured on the nodes' wire."]),
        (capture(pcap="AAAA"),
         ["vxlan-ipv4: The capture is 3 bytes that are no pcap file: it must be pcap, as tcpdump -w writes "
          "it."]),
        (capture(pcap=encoded(TEN[1:])),
         ["vxlan-ipv4: 9 packets of 84 bytes on the wire, where the pods sent 10."]),
        (capture(pcap=encoded(TEN[:10])),
         ["vxlan-ipv4: 0 packets of 1400 bytes on the wire, where the pods sent 3."]),
        (capture(pcap=encoded(TEN + TEN[-1:] * 4)),
         ["vxlan-ipv4: 7 packets of 1400 bytes on the wire, where 3 requests and their replies are 6 "
          "at most."]),
        (capture(pcap=encoded([*TEN, frame("vxlan-ipv4", 100)])),
         ["vxlan-ipv4: 1 packet of 100 bytes on the wire, of a length that no pod sent."]),
        (capture(pcap=encoded([*TEN, frame("native-ipv4", 84), frame("native-ipv4", 84)])),
         ["vxlan-ipv4: 2 packets travelled natively over IPv4 with 0 bytes more than the pod's packet, "
          "instead of in VXLAN over IPv4 with 50."]),
        (capture(pcap=encoded([*TEN, frame("vxlan-ipv6", 84)])),
         ["vxlan-ipv4: 1 packet travelled in VXLAN over IPv6 with 70 bytes more than the pod's packet, "
          "instead of in VXLAN over IPv4 with 50."]),
        (capture(pcap=encoded([*TEN, frame("vxlan-ipv4", 84) + b"1234"])),
         ["vxlan-ipv4: 1 packet travelled in VXLAN over IPv4 with 54 bytes more than the pod's packet, "
          "instead of in VXLAN over IPv4 with 50."]),
        (drop("mtu", path="native-ipv6"), ["native-ipv6: the MTU for pods was not measured."]),
        (lambda data: data["mtu"][4].update(bytes=1450),
         ["vxlan-ipv6: the MTU for pods is 1450 bytes; by theory it is 1430."]),
        (drop("samples", path="ipip-ipv4", round=3, metric="udp_packets_per_second"),
         ["ipip-ipv4: UDP packets delivered: no sample in round 3."]),
        (drop("samples", path="ipip-ipv4", metric="rtt_p50_microseconds"),
         ["ipip-ipv4: Round trip, median: no sample in rounds 1, 2, 3, 4, 5, 6, 7, 8."]),
        (failed,
         ["vxlan-ipv4: iperf3: Connection refused (rounds 2, 5).",
          "ipip-ipv4: ethtool: Operation not supported.",
          "ipip-ipv4: none of the pods' packets was captured on the nodes' wire.",
          "ipip-ipv4: the MTU for pods was not measured.",
          "ipip-ipv4: no figure was measured.",
          "vxlan-ipv4: UDP packets delivered: no sample in rounds 2, 5."]),
        (zero, ["native-ipv4: TCP throughput: the sample is 0 in round 1."]),
        (lambda data: data.update(samples=[]), ["There is no sample at all: no path was measured."]),
    ],
)  # fmt: skip
def test_what_makes_it_fail(change: Change, problems: list[str]) -> None:
    made = judged(change)
    assert list(made.problems) == problems
    assert not made.ok


@pytest.mark.parametrize(
    ("refused", "change", "problem"),
    [
        (list(samples.OVERHEADS), lambda data: None, "Every path was refused: nothing was evaluated."),
        ((), lambda data: data.update(EMPTY), "There is no path: nothing was evaluated."),
    ],
)
def test_nothing_measured_is_no_pass(refused: list[str], change: Change, problem: str) -> None:
    assert judged(change, refused=refused).problems == (problem,)


def no_round(data: Json) -> None:
    data["settings"]["rounds"] = 0
    data["samples"] = []


TAGGED = [frame("vxlan-ipv4", 84, tags=[0x8100])] * 10 + [frame("vxlan-ipv4", 1400)] * 3


@pytest.mark.parametrize(
    ("change", "notes"),
    [
        (lambda data: data["machine"].update(busy_before=0.31),
         ["The machine was 31 % busy before the start: close other programs and measure again, for less "
          "spread."]),
        (capture(pcap=encoded(TAGGED)),
         ["vxlan-ipv4: 10 packets carried a VLAN tag (802.1Q) of 4 bytes, which is the network's and not the "
          "encapsulation's."]),
        (capture(pcap=encoded([*TEN, b"", ethernet(b"", 0x88CC), b""])),
         ["vxlan-ipv4: frames on the wire that are of no known kind: 1 x EtherType 0x88cc, "
          "2 x Ethernet header cut short."]),
        (no_round, []),
    ],
)  # fmt: skip
def test_what_is_only_told(change: Change, notes: list[str]) -> None:
    made = judged(change)
    assert list(made.notes) == notes
    assert made.ok


def test_tags_are_bytes_on_the_wire_all_the_same() -> None:
    wire = judged(capture(pcap=encoded(TAGGED))).paths[2].wire
    assert wire is not None
    assert (wire.measured, wire.tagged, wire.ok) == ((Seen(50, 3), Seen(54, 10)), 10, True)


def test_too_few_rounds_are_told() -> None:
    made = judged(rounds=5)
    assert made.ok
    assert made.notes == ("5 rounds cannot tell a difference from chance: take 6 or more.",)
    assert {each.ratio.verdict for each in made.comparisons} == {"too few"}


def test_plain_data() -> None:
    made = to_data(judged(refused=["ipip-ipv4"]))
    assert made == json.loads(json.dumps(made))
    assert (made["format"], made["ok"], made["problems"]) == (1, True, [])
    assert made["paths"][2]["wire"]["measured"] == [{"bytes": 50, "packets": 26}]
    assert made["paths"][2]["figures"][0]["values"][0]["round"] == 1
    assert set(made["comparisons"][0]["ratio"]) == {"verdict", "rounds", "median", "low", "high", "coverage"}
