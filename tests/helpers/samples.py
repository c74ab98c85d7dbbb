# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames and measurements, all hand-made: bytes after the RFCs, values without meaning."""

from __future__ import annotations

import base64
import random
import struct
from collections.abc import Sequence
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.theory import METRICS

Json = dict[str, Any]
MAC = bytes.fromhex("02000000000b02000000000a")
MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
ICMP, IGMP, IPIP, TCP, UDP, ICMPV6 = 1, 2, 4, 6, 17, 58
#: Middle values of the metrics for the sample measurement: native, IPIP, VXLAN.
MIDDLES = {
    "tcp_bits_per_second": (24e9, 19e9, 18.5e9),
    "tcp_cpu_seconds_per_gigabit": (0.062, 0.081, 0.083),
    "tcp_single_bits_per_second": (3.1e9, 2.6e9, 2.2e9),
    "tcp_single_cpu_seconds_per_gigabit": (0.55, 0.66, 0.78),
    "udp_packets_per_second": (412e3, 371e3, 318e3),
    "rtt_p50_microseconds": (21, 23, 25),
    "rtt_p90_microseconds": (26, 28, 31),
    "rtt_p99_microseconds": (48, 50, 53),
    "rtt_p999_microseconds": (160, 150, 170),
}
OVERHEADS = {"native-ipv4": 0, "ipip-ipv4": 20, "vxlan-ipv4": 50, "native-ipv6": 0, "vxlan-ipv6": 70}


def ethernet(payload: bytes, kind: int = 0x0800, tags: Sequence[int] = ()) -> bytes:
    """An Ethernet frame; `tags` are the EtherTypes of its VLAN tags."""
    return MAC + b"".join(struct.pack(">HH", tag, 7) for tag in tags) + struct.pack(">H", kind) + payload


def ipv4(payload: bytes, protocol: int = ICMP, options: bytes = b"", fragment: int = 0) -> bytes:
    """An IPv4 packet, its checksum left 0."""
    words, length = 5 + len(options) // 4, 20 + len(options) + len(payload)
    start = struct.pack(">BBHHHBBH", 0x40 | words, 0, length, 1, fragment, 64, protocol, 0)
    return start + bytes([192, 0, 2, 1, 192, 0, 2, 2]) + options + payload


def ipv6(payload: bytes, protocol: int = ICMPV6) -> bytes:
    """An IPv6 packet."""
    addresses = bytes.fromhex("20010db8" + "00" * 12) * 2
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + addresses + payload


def echo(ip_bytes: int, family: str = "ipv4", reply: bool = False) -> bytes:
    """The IP packet of a ping, `ip_bytes` long."""
    four = family == "ipv4"
    kind = (0 if reply else 8) if four else (129 if reply else 128)
    body = bytes([kind, 0, 0, 0, 0, 1, 0, 1]) + bytes(ip_bytes - (28 if four else 48))
    return ipv4(body) if four else ipv6(body)


def udp(payload: bytes, to: int, source: int = 50000) -> bytes:
    """A UDP datagram without a checksum."""
    return struct.pack(">HHHH", source, to, 8 + len(payload), 0) + payload


def tcp(to: int, source: int = 50000) -> bytes:
    """A TCP header."""
    return struct.pack(">HHIIHHHH", source, to, 1, 1, 0x5010, 1, 0, 0)


def vxlan(frame: bytes, flags: int = 0x08) -> bytes:
    """The UDP datagram of VXLAN around a frame."""
    return udp(struct.pack(">BxxxI", flags, 4096 << 8) + frame, 4789)


def frame(path: str, ip_bytes: int, reply: bool = False, tags: Sequence[int] = ()) -> bytes:
    """An echo of `ip_bytes` as it travels on a path, for example vxlan-ipv6."""
    encapsulation, _dash, family = path.partition("-")
    packet = echo(ip_bytes, family, reply)
    kind = 0x0800 if family == "ipv4" else 0x86DD
    if encapsulation == "ipip":
        packet = ipv4(packet, IPIP)
    if encapsulation == "vxlan":
        datagram = vxlan(ethernet(packet, kind))
        packet = ipv4(datagram, UDP) if family == "ipv4" else ipv6(datagram, UDP)
    return ethernet(packet, kind, tags)


def pcap(frames: Sequence[bytes], order: str = "<", magic: int = MICRO, linktype: int = 1) -> bytes:
    """A pcap file."""
    header = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, linktype)
    rows = (struct.pack(order + "IIII", 1, 2, len(each), len(each)) + each for each in frames)
    return header + b"".join(rows)


def encoded(frames: Sequence[bytes]) -> str:
    """A pcap file as the measurement carries it."""
    return base64.b64encode(pcap(frames)).decode()


def path_data(name: str, refused: str | None = None) -> Json:
    """A path of the measurement, by its name."""
    encapsulation, _dash, family = name.partition("-")
    how = f"The device of {encapsulation} carries it."
    about = {"name": name, "encapsulation": encapsulation, "family": family, "how": how}
    return {**about, "stand_in": False, "refused": refused}


def capture_data(name: str, frames: Sequence[bytes] | None = None) -> Json:
    """A capture of a path: ten packets of 84 bytes and three of 1400, each with its reply, and an ARP."""
    lengths = {84: 10, 1400: 3}
    made = [
        frame(name, length, reply)
        for length, count in lengths.items()
        for _each in range(count)
        for reply in (False, True)
    ]
    made.append(ethernet(bytes(46), 0x0806))
    sent = [{"ip_bytes": length, "packets": count} for length, count in lengths.items()]
    return {"path": name, "pcap": encoded(made if frames is None else frames), "sent": sent}


def measurement(rounds: int = 8, refused: Sequence[str] = (), spread: float = 0.02) -> Json:
    """A whole measurement of all five paths, as plain data; the same one every time."""
    chance = random.Random(f"{rounds} {spread}")
    paths = [path_data(name, "There is no such device." if name in refused else None) for name in OVERHEADS]
    names = [name for name in OVERHEADS if name not in refused]
    column = {"native": 0, "ipip": 1, "vxlan": 2}
    return {
        "format": 1,
        "where": "lab",
        "started": 1790000000.0,
        "machine": {
            "kernel": "6.18.44",
            "architecture": "x86_64",
            "processor": "Intel Xeon Processor @ 2.60GHz",
            "processors": 2,
            "memory_bytes": 25_000_000_000,
            "virtual": "KVM",
            "busy_before": 0.03,
            "load": 0.5,
        },
        "tools": {"iperf3": "3.12", "ping": "20221126"},
        "settings": {"rounds": rounds, "seconds": 2.0, "underlay_mtu": 1500, "datagram_bytes": 64},
        "paths": paths,
        "captures": [capture_data(name) for name in names],
        "mtu": [{"path": name, "bytes": 1500 - OVERHEADS[name]} for name in names],
        "samples": [
            {
                "round": number,
                "path": name,
                "metric": metric,
                "value": MIDDLES[metric][column[name.partition("-")[0]]] * max(0.1, chance.gauss(1, spread)),
            }
            for number in range(1, rounds + 1)
            for name in names
            for metric in METRICS
        ],
        "failures": [],
    }
