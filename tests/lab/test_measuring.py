# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation's measuring side: its plan, what it reads out of the programs, and its command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from lab import cli
from lab.evaluate import job, overlay, readings, tools
from lab.evaluate.meter import Settings
from lab.evaluate.paths import IPV6, WAYS, network, underlay, ways
from lab.namespaces import PlaceError
from lab.programs import Missing
from lab.state import LabError

CHECKOUT = Path(__file__).resolve().parents[2]

# What the programs print is made by hand after what iperf3 3.12 and iputils 20221126 print.
TCP_END = {"end": {"sum_received": {"bytes": 250_000_000, "bits_per_second": 1e9}}}
UDP_END = {"end": {"sum": {"packets": 1000, "lost_packets": 200, "seconds": 2.0}}}


def pings(count: int, *milliseconds: float, lost: int = 0) -> str:
    """What ping prints of so many replies, which took these times in turn."""
    times = [milliseconds[number % len(milliseconds)] for number in range(count)]
    replies = [
        f"64 bytes from 10.246.11.1: icmp_seq={number} ttl=62 time={time} ms"
        for number, time in enumerate(times, 1)
    ]
    return "\n".join(
        [
            "PING 10.246.11.1 (10.246.11.1) 56(84) bytes of data.",
            *replies,
            "",
            "--- 10.246.11.1 ping statistics ---",
            f"{count + lost} packets transmitted, {count} received, 0% packet loss, time 1ms",
            "rtt min/avg/max/mdev = 0.012/0.452/1.300/0.599 ms, ipg/ewma 0.6/0.1 ms",
        ]
    )


def test_ways_are_the_five_that_calico_has() -> None:
    assert [(way.name, way.mtu) for way in WAYS] == [
        ("native-ipv4", 1500),
        ("ipip-ipv4", 1480),
        ("vxlan-ipv4", 1450),
        ("native-ipv6", 1500),
        ("vxlan-ipv6", 1430),
    ]
    assert {way.family for way in ways((IPV6,))} == {IPV6}


def test_each_way_has_addresses_of_its_own() -> None:
    taken = [address for way in WAYS for node in (0, 1) for address in (way.pod(node), way.gateway(node))]
    assert len(set(taken)) == len(taken)
    for way in WAYS:
        for node in (0, 1):
            block = ip_network(way.block(node))
            assert ip_address(way.pod(node)) in block
            assert ip_address(way.gateway(node)) in block
            assert ip_address(underlay(node, way.family)).version == block.version
    blocks = [ip_network(way.block(node)) for way in WAYS for node in (0, 1)]
    assert len(set(blocks)) == len(blocks)


def test_native_pool_alone_is_announced() -> None:
    made = network(WAYS)
    announced = [
        (pod.name, ip_address(pod.address) in ip_network(made.pool))
        for node in made.nodes
        for pod in node.pods
    ]
    assert announced == [("native-ipv4", True), ("ipip-ipv4", False), ("vxlan-ipv4", False)] * 2


def test_vxlan_devices_are_as_felix_makes_them() -> None:
    vxlan4 = overlay.vxlan_lines(WAYS[2], 0)
    assert vxlan4[0] == (
        "link add vxlan.calico address 66:00:00:00:03:01 type vxlan id 4096 dstport 4789 "
        "local 192.168.1.10 remote 192.168.1.11 dev eth0 nolearning"
    )
    assert vxlan4[-1] == "route add 10.246.11.0/26 via 10.246.11.0 dev vxlan.calico onlink"
    assert overlay.vxlan_lines(WAYS[4], 1)[0].startswith("link add vxlan-v6.calico ")


def test_devices_have_names_that_the_kernel_takes() -> None:
    assert [overlay.device(way) for way in WAYS] == [
        "eth0",
        "tunl1",
        "vxlan.calico",
        "eth0",
        "vxlan-v6.calico",
    ]
    assert all(len(overlay.device(way)) < 16 for way in WAYS)


@pytest.mark.parametrize("lines", [overlay.ipip_lines, overlay.bpf_lines])
def test_ipip_leads_by_an_ordinary_route(lines: Callable[[Any, int], list[str]]) -> None:
    assert lines(WAYS[1], 0)[-1] == "route add 10.245.11.0/26 via 192.168.1.11 dev tunl1 onlink"
    assert lines(WAYS[1], 1)[-1] == "route add 10.245.10.0/26 via 192.168.1.10 dev tunl1 onlink"


class Kernel:
    """A node's namespace in which `ip` fails with these words, made by hand."""

    def __init__(self, said: str) -> None:
        self.said = said

    def ip(self, lines: list[str]) -> None:
        raise PlaceError(f"node-a: ip -batch -: {self.said}")


UNKNOWN = Kernel("Error: Unknown device type.")
PROGRAMS = tools.Tools(
    *(Path(name) for name in ("iperf3", "ping", "ethtool", "ip", "tc")), clang=None, library_path=""
)


@pytest.mark.parametrize(
    ("privileged", "said"),
    [
        (False, "an ordinary user may not load the BPF programs that take its place: run it as root"),
        (
            True,
            "the compiler for the BPF programs that take its place is missing: run `make evaluate` as root",
        ),
    ],
)
def test_ipip_is_refused_with_a_reason(privileged: bool, said: str) -> None:
    places: Any = (UNKNOWN, UNKNOWN)
    with pytest.raises(overlay.RefusedError) as refusal:
        overlay.set_up(WAYS[1], places, PROGRAMS, privileged=privileged)
    assert str(refusal.value).startswith("this kernel has no IPIP device (CONFIG_NET_IPIP), and ")
    assert said in str(refusal.value)


def test_another_failure_of_the_kernel_is_no_lack_of_a_device() -> None:
    busy: Any = Kernel("RTNETLINK answers: Device or resource busy")
    with pytest.raises(PlaceError, match="Device or resource busy"):
        overlay.set_up(WAYS[2], (busy, busy), PROGRAMS, privileged=True)


def test_of_two_ways_each_is_first_as_often_as_the_other() -> None:
    for rounds in (6, 9, 10):
        orders = [[way.name for way in job.turn(WAYS, number)] for number in range(1, rounds + 1)]
        assert all(len(set(order)) == len(WAYS) for order in orders)
        for one, other in combinations((way.name for way in WAYS), 2):
            first = sum(order.index(one) < order.index(other) for order in orders)
            assert abs(2 * first - rounds) == rounds % 2, (rounds, one, other)


def test_every_way_begins_and_ends_a_round() -> None:
    orders = [job.turn(WAYS, number) for number in range(1, 2 * len(WAYS) + 1)]
    for place in (0, -1):
        assert [order[place] for order in orders].count(WAYS[2]) == 2


def test_a_way_that_cannot_be_set_up_costs_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def set_up(way: Any, *_given: Any, **_named: Any) -> overlay.Carrier:
        if way.name == "ipip-ipv4":
            raise PlaceError("node-a: ethtool: Operation not permitted")
        if way.name == "vxlan-ipv4":
            raise overlay.RefusedError("this kernel has no VXLAN device")
        return overlay.Carrier("a device")

    monkeypatch.setattr(overlay, "set_up", set_up)
    said: list[str] = []
    failures = job.Failures(said.append)
    bench: Any = mock.MagicMock()
    carriers, refused = job.lead(WAYS[:3], bench, PROGRAMS, failures, privileged=True, say=said.append)
    assert carriers == {"native-ipv4": overlay.Carrier("a device")}
    assert refused == {"vxlan-ipv4": "this kernel has no VXLAN device"}
    text = "node-a: ethtool: Operation not permitted"
    assert failures.found == [{"round": 0, "path": "ipip-ipv4", "text": text}]
    assert said == [
        f"ipip-ipv4: not measured: {text}",
        "vxlan-ipv4: not measured: this kernel has no VXLAN device",
    ]


class Silent:
    """A meter whose iperf3 does not connect, made by hand."""

    def tcp(self, way: Any, seconds: int) -> dict[str, float]:
        raise LabError("iperf3: unable to connect to server")

    def udp(self, way: Any, seconds: int) -> dict[str, float]:
        return {"udp": 1.0}

    tcp_single, rtt = tcp, udp


def test_a_measurement_that_fails_is_told_kept_and_missing() -> None:
    said: list[str] = []
    failures = job.Failures(said.append)
    meter: Any = Silent()
    assert job.figures_of(meter, WAYS[0], 1, failures, 4) == {"udp": 1.0}
    assert said == ["native-ipv4: not measured: iperf3: unable to connect to server"] * 2
    text = "iperf3: unable to connect to server"
    assert failures.found == [{"round": 4, "path": "native-ipv4", "text": text}] * 2


def test_what_fails_while_warming_up_is_only_told() -> None:
    said: list[str] = []
    failures = job.Failures(said.append)
    meter: Any = Silent()
    list(job.samples(meter, WAYS[:1], Settings(rounds=1, seconds=1), failures, said.append))
    assert [each["round"] for each in failures.found] == [1, 1]
    assert sum("unable to connect" in line for line in said) == 4


def test_warming_up_is_not_counted() -> None:
    class Meter:
        def tcp(self, way: Any, seconds: int) -> dict[str, float]:
            return {"tcp": 1.0 * seconds}

        tcp_single = udp = rtt = tcp

    said: list[str] = []
    meter: Any = Meter()
    settings, failures = Settings(rounds=2, seconds=3), job.Failures(said.append)
    found = list(job.samples(meter, ways((IPV6,)), settings, failures, said.append))
    assert [(each["round"], each["path"], each["value"]) for each in found] == [
        (1, "native-ipv6", 3.0),
        (1, "vxlan-ipv6", 3.0),
        (2, "vxlan-ipv6", 3.0),
        (2, "native-ipv6", 3.0),
    ]
    assert said[0].startswith("warming up: ")
    assert said[-1] == "round 2 of 2: native-ipv6 (0 s left)"
    assert failures.found == []


def test_figures_of_iperf3() -> None:
    assert readings.received_bits(readings.iperf3(json.dumps(TCP_END))) == (2e9, 1e9)
    assert readings.delivered_packets(readings.iperf3(json.dumps(UDP_END))) == 400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "iperf3 printed no JSON object: ''"),
        ("[1]", "iperf3 printed no JSON object: '[1]'"),
        ('{"error": "unable to connect to server"}', "iperf3: unable to connect to server"),
        ('{"end": {}}', "iperf3: no figures at the end"),
    ],
)
def test_iperf3_that_failed_is_told(text: str, said: str) -> None:
    with pytest.raises(readings.ReadingError) as error:
        readings.iperf3(text)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("read", "end", "said"),
    [
        (readings.received_bits, {"sum": {}}, "iperf3: no sum_received with bytes and bits_per_second"),
        (
            readings.received_bits,
            {"sum_received": {"bytes": 0, "bits_per_second": 0}},
            "iperf3: nothing was received",
        ),
        (readings.delivered_packets, {}, "iperf3: no sum with packets, lost_packets and seconds"),
        (
            readings.delivered_packets,
            {"sum": {"packets": 5, "lost_packets": 5, "seconds": 1.0}},
            "iperf3: no datagram arrived",
        ),
    ],
)
def test_nothing_is_never_a_figure(read: Callable[[Any], Any], end: Any, said: str) -> None:
    with pytest.raises(readings.ReadingError) as error:
        read(end)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("said", "mtu"),
    [
        ("From 192.168.1.10 icmp_seq=1 Frag needed and DF set (mtu = 1480)", 1480),
        ("From fd00:10:248::10:0 icmp_seq=1 Packet too big: mtu=1430", 1430),
        ("ping: local error: message too long, mtu=1450", 1450),
        ("1 packets transmitted, 0 received, 100% packet loss, time 0ms", None),
    ],
)
def test_mtu_that_ping_was_told_of(said: str, mtu: int | None) -> None:
    assert readings.path_mtu(said) == mtu


def test_round_trips_of_ping_in_microseconds() -> None:
    times = readings.round_trips(pings(1000, 0.045, 0.012, 1.30))
    assert times[:2] == pytest.approx([12, 12])
    assert times[-1] == pytest.approx(1300)
    assert len(times) == 1000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ping: unknown host\n", "ping: no reply: ping: unknown host"),
        (pings(999, 0.045), "ping: 999 replies, where percentiles need 1000"),
        (pings(2000, 0.045, lost=20), "ping: 20 of 2020 echoes were lost"),
    ],
)
def test_too_few_round_trips_are_no_figure(text: str, said: str) -> None:
    with pytest.raises(readings.ReadingError) as error:
        readings.round_trips(text)
    assert str(error.value) == said


def test_the_last_echo_may_be_under_way_when_the_time_is_over() -> None:
    assert len(readings.round_trips(pings(1000, 0.045, lost=1))) == 1000


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([10.0] * 100, 0.5, 10.0),
        ([10.0] * 50 + [11.0] * 50, 0.5, 10.5),
        ([10.0] * 75 + [11.0] * 25, 0.5, 9.5 + 50 / 75),
        ([10.0] * 99 + [90.0], 0.99, 89.5),
        ([10.0] * 100, 0.999, 10.499),
    ],
)
def test_percentiles_are_interpolated_within_a_microsecond(
    values: list[float], share: float, expected: float
) -> None:
    assert readings.percentile(values, share) == pytest.approx(expected)


def test_busy_processors_leave_idle_and_stolen_time_out() -> None:
    # user nice system idle iowait irq softirq steal guest guest_nice
    assert readings.busy_seconds("cpu  100 1 200 9999 50 3 400 7000 8 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n") == 7.04


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("iperf 3.12 (cJSON 1.7.15)\nLinux vm", "3.12"),
        ("ping from iputils 20221126\nlibcap: yes", "20221126"),
        ("Debian clang version 14.0.6\nTarget: x86_64", "14.0.6"),
        ("something else\n", "something else"),
    ],
)
def test_version_of_a_program(said: str, version: str) -> None:
    assert tools.version(said) == version


def test_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        Missing, match=r"The program iperf3 is not at .*: run `make evaluate`, which fetches it"
    ):
        tools.find({"CALICO_BGP_CACHE": str(tmp_path)})


def test_kernel_without_ipv6_has_nothing_to_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "has_ipv6", lambda: False)
    with pytest.raises(LabError, match=r"This kernel has no IPv6, and nothing else was to be measured\."):
        job.measure([IPV6], Settings(1, 1), privileged=False, say=print)


@pytest.mark.parametrize("words", [["--state", "/own", "stop", "rr1"], ["stop", "rr1", "--state", "/own"]])
def test_a_state_directory_counts_before_and_after_the_word(words: list[str]) -> None:
    assert cli.parser().parse_args(["fault", *words]).state == "/own"
    assert cli.parser().parse_args(["fault", "stop", "rr1"]).state is None


@pytest.mark.parametrize("option", ["--rounds=-1", "--seconds=1.5", "--family=ipx"])
def test_options_that_make_no_sense_are_refused(option: str) -> None:
    command = [sys.executable, "-m", "lab", "measure", option]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert option.partition("=")[2] in done.stderr


def test_a_full_machine_is_busy_to_one_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter((0.0, 1000.0))
    monkeypatch.setattr(readings, "busy_seconds", lambda _stat: next(seconds))
    monkeypatch.setattr(job, "IDLE", 0.01)
    assert job.machine_facts()["busy_before"] == 1.0


def test_program_that_does_not_start_is_missing(tmp_path: Path) -> None:
    program = tmp_path / "iperf3"
    program.write_text(
        "#!/bin/sh\necho 'error while loading shared libraries: libiperf.so.0' >&2; exit 127\n"
    )
    program.chmod(0o755)
    found = tools.Tools(*[program] * 5, clang=None, library_path="")
    with pytest.raises(Missing, match=r"iperf3 does not start \(error while loading .*libiperf.so.0\)"):
        found.versions()
