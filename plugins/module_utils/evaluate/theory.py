# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known beforehand: the bytes each encapsulation costs, and the figures that are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NATIVE, IPIP, VXLAN = "native", "ipip", "vxlan"
IPV4, IPV6 = "ipv4", "ipv6"
#: How people write them.
NAMES: Mapping[str, str] = {NATIVE: "native", IPIP: "IPIP", VXLAN: "VXLAN", IPV4: "IPv4", IPV6: "IPv6"}
ENCAPSULATIONS = (NATIVE, IPIP, VXLAN)
FAMILIES = (IPV4, IPV6)
ETHERNET = 14
#: Bytes on the wire beyond the pod's IP packet and its one Ethernet header, by encapsulation and family of
#: the nodes' addresses. IPIP: an IPv4 header (RFC 2003; Calico has it over IPv4 only). VXLAN: inner Ethernet
#: 14, VXLAN 8, UDP 8, and an IP header of 20 or 40 (RFC 7348).
OVERHEAD: Mapping[tuple[str, str], int] = {
    (NATIVE, IPV4): 0,
    (IPIP, IPV4): 20,
    (VXLAN, IPV4): 50,
    (NATIVE, IPV6): 0,
    (VXLAN, IPV6): 70,
}


@dataclass(frozen=True)
class Metric:
    """A measured figure: a value times `factor` is in `unit`; `more` says whether more is better."""

    id: str
    title: str
    short: str
    unit: str
    factor: float
    more: bool


#: Units where there is room, and letters beyond ASCII.
UNITS: Mapping[str, str] = {
    "Gbit/s": "Gbit/s",
    "ms/Gbit": "milliseconds of CPU per Gbit",
    "1000/s": "thousand packets per second",
    "us": "\u00b5s",
}
_GIGABITS = ("Gbit/s", 1e-9, True)
_CPU = ("ms/Gbit", 1e3, False)
_TIME = ("us", 1.0, False)
METRICS: Mapping[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric("tcp_bits_per_second", "TCP throughput", "TCP", *_GIGABITS),
        Metric("tcp_cpu_seconds_per_gigabit", "CPU per gigabit, TCP", "TCP CPU", *_CPU),
        Metric("tcp_single_bits_per_second", "TCP throughput, packet by packet", "TCP by packet", *_GIGABITS),
        Metric(
            "tcp_single_cpu_seconds_per_gigabit", "CPU per gigabit, packet by packet", "CPU by packet", *_CPU
        ),
        Metric("udp_packets_per_second", "UDP packets delivered", "UDP packets", "1000/s", 1e-3, True),
        Metric("rtt_p50_microseconds", "Round trip, median", "RTT p50", *_TIME),
        Metric("rtt_p90_microseconds", "Round trip, 90th percentile", "RTT p90", *_TIME),
        Metric("rtt_p99_microseconds", "Round trip, 99th percentile", "RTT p99", *_TIME),
        Metric("rtt_p999_microseconds", "Round trip, 99.9th percentile", "RTT p99.9", *_TIME),
    )
}
