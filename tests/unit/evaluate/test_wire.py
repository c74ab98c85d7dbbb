# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Captured frames: how each travelled, how many bytes that cost, and what else there was."""

from __future__ import annotations

import random
import struct

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import EvaluateError
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.wire import (
    Other,
    Packet,
    decode,
    read_pcap,
    read_traffic,
)
from tests.helpers import samples
from tests.helpers.samples import (
    ICMPV6,
    IGMP,
    IPIP,
    TCP,
    UDP,
    echo,
    ethernet,
    frame,
    ipv4,
    ipv6,
    pcap,
    tcp,
    udp,
    vxlan,
)

FOUR, SIX = 0x0800, 0x86DD


def said(value: object) -> str:
    """A case's name in the output: its words, not its bytes."""
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("reply", [False, True])
@pytest.mark.parametrize("ip_bytes", [84, 1400])
@pytest.mark.parametrize(("path", "overhead"), samples.OVERHEADS.items())
def test_each_path_costs_what_theory_says(path: str, overhead: int, ip_bytes: int, reply: bool) -> None:
    encapsulation, _dash, family = path.partition("-")
    made = frame(path, ip_bytes, reply)
    assert len(made) == 14 + overhead + ip_bytes
    assert decode(made) == Packet(encapsulation, family, family, ip_bytes, overhead, 0)


@pytest.mark.parametrize(
    ("made", "packet"),
    [
        # Padded to 60 bytes, as a network card does it: no bytes of the encapsulation.
        (ethernet(echo(28)).ljust(60, b"\0"), Packet("native", "ipv4", "ipv4", 28, 0, 0)),
        (frame("native-ipv4", 28, tags=[0x8100]).ljust(64, b"\0"),
         Packet("native", "ipv4", "ipv4", 28, 4, 4)),
        # What follows the packet of a frame that needs no padding is on the wire all the same.
        (frame("native-ipv4", 84) + b"abcd", Packet("native", "ipv4", "ipv4", 84, 4, 0)),
        # VLAN tags: one, two, and one inside VXLAN.
        (frame("vxlan-ipv4", 84, tags=[0x8100]), Packet("vxlan", "ipv4", "ipv4", 84, 54, 4)),
        (frame("native-ipv6", 84, tags=[0x88A8, 0x8100]), Packet("native", "ipv6", "ipv6", 84, 8, 8)),
        (ethernet(ipv4(vxlan(ethernet(echo(84), FOUR, [0x8100])), UDP)),
         Packet("vxlan", "ipv4", "ipv4", 84, 54, 4)),
        # IPv4 options: of the pod's packet they are its own, of the outer header they cost.
        (ethernet(ipv4(echo(84)[20:], options=bytes(4))), Packet("native", "ipv4", "ipv4", 88, 0, 0)),
        (ethernet(ipv4(echo(84), IPIP, options=bytes(8))), Packet("ipip", "ipv4", "ipv4", 84, 28, 0)),
        # The families may differ.
        (ethernet(ipv4(vxlan(ethernet(echo(84, "ipv6"), SIX)), UDP)),
         Packet("vxlan", "ipv4", "ipv6", 84, 50, 0)),
        # An IPv6 extension header (hop-by-hop) of the pod's packet.
        (ethernet(ipv6(bytes([ICMPV6, 0, 1, 4, 0, 0, 0, 0]) + echo(84, "ipv6")[40:], 0), SIX),
         Packet("native", "ipv6", "ipv6", 92, 0, 0)),
    ],
    ids=said,
)  # fmt: skip
def test_lengths_are_those_of_the_headers(made: bytes, packet: Packet) -> None:
    assert decode(made) == packet


@pytest.mark.parametrize(
    ("made", "kind", "known"),
    [
        (ethernet(bytes(46), 0x0806), "ARP", True),
        (ethernet(ipv6(bytes([135, 0, 0, 0]) + bytes(20)), SIX), "neighbour discovery", True),
        (ethernet(ipv6(bytes([143, 0, 0, 0])), SIX), "multicast listeners", True),
        (ethernet(ipv4(bytes(8), IGMP)), "multicast listeners", True),
        (ethernet(ipv4(tcp(179), TCP)), "BGP", True),
        (ethernet(ipv6(tcp(40000, 179), TCP), SIX), "BGP", True),
        (ethernet(ipv4(vxlan(ethernet(bytes(46), 0x0806)), UDP)), "ARP in VXLAN", True),
        (ethernet(ipv4(vxlan(ethernet(ipv6(b"\x88abc"), SIX)), UDP)), "neighbour discovery in VXLAN", True),
        (ethernet(ipv4(ipv4(tcp(22), TCP), IPIP)), "TCP port 22 in IPIP", False),
        (ethernet(ipv4(tcp(22), TCP)), "TCP port 22", False),
        (ethernet(ipv4(udp(b"", 5353), UDP)), "UDP port 5353", False),
        (ethernet(ipv4(b"", 47)), "IPv4 protocol 47", False),
        (ethernet(ipv4(bytes([3, 4]) + bytes(6))), "ICMP type 3 code 4", False),
        (ethernet(ipv6(bytes([2, 0]) + bytes(6)), SIX), "ICMPv6 type 2 code 0", False),
        (ethernet(b"", 0x88CC), "EtherType 0x88cc", False),
        (ethernet(bytes(38), 38), "frame without an EtherType", False),
        (ethernet(ipv4(bytes(64), fragment=0x2000)), "IPv4 fragment", False),
        (ethernet(ipv4(bytes(64), fragment=185)), "IPv4 fragment", False),
        (ethernet(ipv6(bytes(64), 44), SIX), "IPv6 fragment", False),
        (ethernet(ipv4(vxlan(b"", flags=0), UDP)), "VXLAN without a network's number", False),
        (ethernet(echo(84), SIX), "IPv6 header that is not valid", False),
        (ethernet(b"\x44" + echo(84)[1:]), "IPv4 header that is not valid", False),
        (b"", "Ethernet header cut short", False),
        (ethernet(echo(84)[:12]), "IPv4 header cut short", False),
        (ethernet(echo(84)[:-1]), "IPv4 packet cut short", False),
        (ethernet(echo(84, "ipv6")[:39], SIX), "IPv6 header cut short", False),
        (ethernet(echo(84, "ipv6")[:-1], SIX), "IPv6 packet cut short", False),
        (ethernet(ipv6(b"\x3a", 0), SIX), "IPv6 extension header cut short", False),
        (ethernet(ipv4(b"\x08")), "ICMP cut short", False),
        (ethernet(ipv4(b"\x08", UDP)), "UDP header cut short", False),
        (ethernet(ipv4(udp(b"\x08", 4789), UDP)), "VXLAN header cut short", False),
    ],
    ids=said,
)  # fmt: skip
def test_other_frames_have_a_name(made: bytes, kind: str, known: bool) -> None:
    assert decode(made) == Other(kind, known)


def test_every_frame_is_counted_once() -> None:
    frames = [frame("vxlan-ipv4", 84), ethernet(b"", 0x88CC), ethernet(bytes(46), 0x0806), b"", b""]
    traffic = read_traffic(pcap(frames))
    assert len(traffic.packets) == 1
    assert traffic.others == {"ARP": 1}
    assert traffic.unknown == {"EtherType 0x88cc": 1, "Ethernet header cut short": 2}


@pytest.mark.parametrize("magic", [samples.MICRO, samples.NANO])
@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_and_clocks_are_read(order: str, magic: int) -> None:
    frames = [frame("native-ipv4", 84), frame("vxlan-ipv6", 1400)]
    assert list(read_pcap(pcap(frames, order, magic))) == frames


AS = ": it must be pcap, as tcpdump -w writes it."
WHOLE = pcap([bytes(60), bytes(70)])
SHORT = pcap([]) + struct.pack("<IIII", 1, 2, 96, 1514) + bytes(96)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The capture is 0 bytes that are no pcap file" + AS),
        (bytes(99), "The capture is 99 bytes that are no pcap file" + AS),
        (b"\x0a\x0d\x0d\x0a" + bytes(24), "The capture is a pcapng file" + AS),
        (WHOLE[:20], "The capture ends in the middle of the file's header."),
        (WHOLE[:30], "The capture ends in the middle of frame 1."),
        (WHOLE[:-1], "The capture ends in the middle of frame 2."),
        (SHORT, "Frame 1 of the capture has 96 of 1514 bytes: capture whole frames."),
        (pcap([], linktype=113), "The capture has link type 113; it must be 1, Ethernet."),
    ],
    ids=said,
)  # fmt: skip
def test_a_capture_that_cannot_be_used(data: bytes, message: str) -> None:
    with pytest.raises(EvaluateError) as error:
        list(read_pcap(data))
    assert str(error.value) == message


def test_a_capture_cut_anywhere_is_an_error() -> None:
    for end in range(len(WHOLE)):
        if end not in (24, 24 + 16 + 60):
            with pytest.raises(EvaluateError):
                list(read_pcap(WHOLE[:end]))


def test_random_bytes_and_damaged_frames_have_a_name() -> None:
    chance = random.Random(7)
    whole = [frame(path, 84) for path in samples.OVERHEADS]
    for _each in range(3000):
        made = bytearray(chance.choice([*whole, chance.randbytes(chance.randrange(160))]))
        for _each in range(chance.randrange(4) if made else 0):
            made[chance.randrange(len(made))] = chance.randrange(256)
        read = decode(bytes(made[: chance.randrange(len(made) + 1)]))
        assert isinstance(read, Packet) or read.kind
