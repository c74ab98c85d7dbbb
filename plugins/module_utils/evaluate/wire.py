# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pcap file as records: how each of the evaluation's packets travelled, and what else was on the wire."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .headers import IP_ETHERTYPES, Ip, Link, UnknownFrame, read_ip, read_link, take
from .records import EvaluateError
from .theory import ETHERNET, IPIP, IPV4, IPV6, NAMES, NATIVE, VXLAN

#: Magic numbers of a pcap file, micro- and nanoseconds (draft-ietf-opsawg-pcap).
_MAGICS = (0xA1B2C3D4, 0xA1B23C4D)
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_FILE_HEADER, _FRAME_HEADER = 24, 16
_LINKTYPE_ETHERNET = 1
#: What Ethernet pads a short frame to, without the checksum at its end; a VLAN tag comes on top (IEEE 802.3).
_SHORTEST = 60
_ICMP, _IGMP, _IPV4_IN_IP, _TCP, _UDP, _ICMPV6 = 1, 2, 4, 6, 17, 58
_ECHO = {(IPV4, _ICMP): (8, 0), (IPV6, _ICMPV6): (128, 129)}
_BGP_PORT, _VXLAN_PORT = 179, 4789
_UDP_HEADER, _VXLAN_HEADER = 8, 8
#: The flag of a VXLAN header that says the network's number is valid (RFC 7348, 5).
_VXLAN_VALID = 0x08
_LISTENERS, _NEIGHBOURS = (130, 131, 132, 143), range(133, 138)
_ARP = 0x0806
#: Below it the field is a length (IEEE 802.3).
_LOWEST_ETHERTYPE = 0x0600


@dataclass(frozen=True)
class Packet:
    """An echo request or reply of a pod, as it travelled. Lengths in bytes.

    `outer` and `inner` are the families of the frame's IP header and of the pod's; `ip_bytes` is the length
    of the pod's IP packet, `overhead` what the frame has beyond it and one Ethernet header, without padding.
    `tag_bytes` of it are VLAN tags (IEEE 802.1Q).
    """

    encapsulation: str
    outer: str
    inner: str
    ip_bytes: int
    overhead: int
    tag_bytes: int


@dataclass(frozen=True)
class Other:
    """A frame that is not the evaluation's: what it is, and whether it is of a kind to be expected there."""

    kind: str
    known: bool


@dataclass(frozen=True)
class Traffic:
    """All frames of a capture: the evaluation's, and how many there are of each other kind."""

    packets: tuple[Packet, ...]
    others: Mapping[str, int]
    unknown: Mapping[str, int]


def read_traffic(pcap: bytes) -> Traffic:
    """What a pcap file holds; every frame is in exactly one of the three. EvaluateError as read_pcap."""
    frames = [decode(frame) for frame in read_pcap(pcap)]
    others = [frame for frame in frames if isinstance(frame, Other)]
    return Traffic(
        packets=tuple(frame for frame in frames if isinstance(frame, Packet)),
        others=Counter(other.kind for other in others if other.known),
        unknown=Counter(other.kind for other in others if not other.known),
    )


def read_pcap(data: bytes) -> Iterator[bytes]:
    """The frames of a pcap file.

    Raises:
        EvaluateError: no pcap file, not of Ethernet frames, the file ends early, a frame was not captured
            whole.
    """
    order = _byte_order(data)
    if len(data) < _FILE_HEADER:
        raise EvaluateError("The capture ends in the middle of the file's header.")
    linktype = struct.unpack_from(order + "I", data, 20)[0]
    if linktype != _LINKTYPE_ETHERNET:
        raise EvaluateError(
            f"The capture has link type {linktype}; it must be {_LINKTYPE_ETHERNET}, Ethernet."
        )
    place, number = _FILE_HEADER, 0
    while place < len(data):
        number += 1
        header = data[place : place + _FRAME_HEADER]
        if len(header) < _FRAME_HEADER:
            raise EvaluateError(f"The capture ends in the middle of frame {number}.")
        captured, original = struct.unpack(order + "8xII", header)
        place += _FRAME_HEADER
        if captured != original:
            raise EvaluateError(
                f"Frame {number} of the capture has {captured} of {original} bytes: capture whole frames."
            )
        if place + captured > len(data):
            raise EvaluateError(f"The capture ends in the middle of frame {number}.")
        yield data[place : place + captured]
        place += captured


def _byte_order(data: bytes) -> str:
    for order in "<>":
        if len(data) >= 4 and struct.unpack_from(order + "I", data)[0] in _MAGICS:
            return order
    kind = "a pcapng file" if data[:4] == _PCAPNG else f"{len(data)} bytes that are no pcap file"
    raise EvaluateError(f"The capture is {kind}: it must be pcap, as tcpdump -w writes it.")


@dataclass(frozen=True)
class _Outside:
    """A frame around the packet: where it ends without padding, its IP header's family."""

    end: int
    family: str
    tag_bytes: int


def decode(frame: bytes) -> Packet | Other:
    """What one Ethernet frame is. Never fails: what cannot be read is an Other that is not known."""
    try:
        return _decode(frame)
    except UnknownFrame as exc:
        return Other(str(exc), False)


def _decode(frame: bytes) -> Packet | Other:
    link = read_link(frame)
    if link.ethertype not in IP_ETHERTYPES:
        return _other_link(link)
    ip = read_ip(IP_ETHERTYPES[link.ethertype], link.payload)
    padded = len(frame) <= _SHORTEST + link.tag_bytes
    end = ETHERNET + link.tag_bytes + ip.length if padded else len(frame)
    outside = _Outside(end, ip.family, link.tag_bytes)
    if ip.family == IPV4 and ip.protocol == _IPV4_IN_IP:
        return _inside(outside, IPIP, read_ip(IPV4, ip.payload))
    if ip.protocol == _UDP and _ports(ip)[1] == _VXLAN_PORT:
        return _in_vxlan(outside, ip)
    return _inside(outside, NATIVE, ip)


def _in_vxlan(outside: _Outside, ip: Ip) -> Packet | Other:
    header = take(ip.payload, _UDP_HEADER, _VXLAN_HEADER, "VXLAN header")
    if not header[0] & _VXLAN_VALID:
        raise UnknownFrame("VXLAN without a network's number")
    link = read_link(ip.payload[_UDP_HEADER + _VXLAN_HEADER :])
    if link.ethertype not in IP_ETHERTYPES:
        return _within(VXLAN, _other_link(link))
    inner = read_ip(IP_ETHERTYPES[link.ethertype], link.payload)
    return _inside(replace(outside, tag_bytes=outside.tag_bytes + link.tag_bytes), VXLAN, inner)


def _inside(outside: _Outside, encapsulation: str, ip: Ip) -> Packet | Other:
    """The pod's packet, or what else was found where it could be."""
    if not _is_echo(ip):
        return _within(encapsulation, _other_ip(ip))
    return Packet(
        encapsulation=encapsulation,
        outer=outside.family,
        inner=ip.family,
        ip_bytes=ip.length,
        overhead=outside.end - ETHERNET - ip.length,
        tag_bytes=outside.tag_bytes,
    )


def _is_echo(ip: Ip) -> bool:
    types = _ECHO.get((ip.family, ip.protocol), ())
    return bool(types) and take(ip.payload, 0, 4, _icmp(ip))[0] in types


def _icmp(ip: Ip) -> str:
    return "ICMP" if ip.family == IPV4 else "ICMPv6"


def _ports(ip: Ip) -> tuple[int, int]:
    """Source and destination."""
    ports = take(ip.payload, 0, 4, f"{'TCP' if ip.protocol == _TCP else 'UDP'} header")
    return int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big")


def _within(encapsulation: str, other: Other) -> Other:
    return other if encapsulation == NATIVE else Other(f"{other.kind} in {NAMES[encapsulation]}", other.known)


def _other_link(link: Link) -> Other:
    if link.ethertype == _ARP:
        return Other("ARP", True)
    if link.ethertype < _LOWEST_ETHERTYPE:
        return Other("frame without an EtherType", False)
    return Other(f"EtherType 0x{link.ethertype:04x}", False)


def _other_ip(ip: Ip) -> Other:
    """A packet that is no echo, by name."""
    if (ip.family, ip.protocol) in _ECHO:
        return _other_icmp(ip)
    if ip.protocol in (_TCP, _UDP):
        name, ports = ("TCP" if ip.protocol == _TCP else "UDP"), _ports(ip)
        bgp = ip.protocol == _TCP and _BGP_PORT in ports
        return Other("BGP", True) if bgp else Other(f"{name} port {min(ports)}", False)
    if ip.protocol == _IGMP:
        return Other("multicast listeners", True)
    return Other(f"{NAMES[ip.family]} protocol {ip.protocol}", False)


def _other_icmp(ip: Ip) -> Other:
    kind, code = take(ip.payload, 0, 4, _icmp(ip))[:2]
    if ip.family == IPV6 and kind in _NEIGHBOURS:
        return Other("neighbour discovery", True)
    if ip.family == IPV6 and kind in _LISTENERS:
        return Other("multicast listeners", True)
    return Other(f"{_icmp(ip)} type {kind} code {code}", False)
