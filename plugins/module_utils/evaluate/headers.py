# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers of Ethernet and IP, as far as it takes to find the packet inside."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .theory import ETHERNET, IPV4, IPV6, NAMES

IP_ETHERTYPES = {0x0800: IPV4, 0x86DD: IPV6}
#: VLAN tags: IEEE 802.1Q, and the outer one of two (802.1ad).
_TAGS = (0x8100, 0x88A8)
_TAG = 4
_IPV4_HEADER, _IPV6_HEADER = 20, 40
#: More fragments, or an offset (RFC 791).
_FRAGMENT = 0x3FFF
#: Extension headers that say their length in 8 bytes: hop-by-hop options, routing, destination options.
_EXTENSIONS = (0, 43, 60)
_IPV6_FRAGMENT = 44


class UnknownFrame(Exception):
    """A frame that cannot be read; the text is a name for its kind."""


@dataclass(frozen=True)
class Link:
    """An Ethernet frame without its header; `tag_bytes` is the length of its VLAN tags."""

    ethertype: int
    payload: bytes
    tag_bytes: int


@dataclass(frozen=True)
class Ip:
    """An IP packet: `length` is that of the whole packet in bytes, `payload` what follows all its headers."""

    family: str
    protocol: int
    length: int
    payload: bytes


def take(data: bytes, start: int, length: int, what: str) -> bytes:
    """A part of the data; UnknownFrame where it is not all there."""
    if start + length > len(data):
        raise UnknownFrame(f"{what} cut short")
    return data[start : start + length]


def read_link(data: bytes) -> Link:
    """The Ethernet frame, its VLAN tags taken off."""
    place = ETHERNET - 2
    kind = _ethertype(data, place)
    while kind in _TAGS:
        place += _TAG
        kind = _ethertype(data, place)
    return Link(kind, data[place + 2 :], place + 2 - ETHERNET)


def _ethertype(data: bytes, place: int) -> int:
    return int.from_bytes(take(data, place, 2, "Ethernet header"), "big")


def read_ip(family: str, data: bytes) -> Ip:
    """The IP packet that the data begins with; what comes after it is padding and left out."""
    return _read_ipv4(data) if family == IPV4 else _read_ipv6(data)


def _read_ipv4(data: bytes) -> Ip:
    header = take(data, 0, _IPV4_HEADER, "IPv4 header")
    length, fragment = struct.unpack_from(">H2xH", header, 2)
    start = 4 * (header[0] & 0x0F)
    _check(IPV4, header, start >= _IPV4_HEADER and length >= start)
    if fragment & _FRAGMENT:
        raise UnknownFrame("IPv4 fragment")
    packet = take(data, 0, length, "IPv4 packet")
    return Ip(IPV4, header[9], length, packet[start:])


def _read_ipv6(data: bytes) -> Ip:
    header = take(data, 0, _IPV6_HEADER, "IPv6 header")
    _check(IPV6, header, True)
    length = _IPV6_HEADER + int.from_bytes(header[4:6], "big")
    packet = take(data, 0, length, "IPv6 packet")
    protocol, start = header[6], _IPV6_HEADER
    while protocol in _EXTENSIONS:
        following, eights = take(packet, start, 2, "IPv6 extension header")
        take(packet, start, 8 * (eights + 1), "IPv6 extension header")
        protocol, start = following, start + 8 * (eights + 1)
    if protocol == _IPV6_FRAGMENT:
        raise UnknownFrame("IPv6 fragment")
    return Ip(IPV6, protocol, length, packet[start:])


def _check(family: str, header: bytes, lengths: bool) -> None:
    version = header[0] >> 4
    if f"IPv{version}" != NAMES[family] or not lengths:
        raise UnknownFrame(f"{NAMES[family]} header that is not valid")
