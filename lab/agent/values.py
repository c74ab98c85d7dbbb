# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of Calico's fields: durations, AS numbers and addresses, read as Calico reads them."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(h|ms|us|µs|ns|m|s)")


def seconds(duration: str) -> int:
    """Whole seconds of a Go duration such as 1m30s, halves rounded up; ValueError when it is none."""
    parts = _DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"{duration!r} is not a duration such as 90s or 1m30s")
    return int(sum(float(number) * _UNITS[unit] for number, unit in parts) + 0.5)


def as_number(value: Any) -> int:
    """An AS number given as a number, as text, or dotted (1.10 is 65546); ValueError when it is none."""
    found = None if isinstance(value, bool) else re.fullmatch(r"(?:(\d+)\.)?(\d+)", str(value))
    number = int(found[1] or 0) * 65536 + int(found[2]) if found else -1
    if not 0 <= number < 2**32:
        raise ValueError(f"{value!r} is not an AS number")
    return number


def split_port(peer_ip: str) -> tuple[str, int]:
    """Address and port of 192.0.2.1, 192.0.2.1:179, 2001:db8::1 or [2001:db8::1]:179; port 0 means none was
    given.

    The address comes in its canonical spelling; ValueError when it is none.
    """
    bracketed = re.fullmatch(r"\[(.+)\](?::(\d+))?", peer_ip)
    plain = re.fullmatch(r"([^:]+):(\d+)", peer_ip)
    host, port = (bracketed or plain).groups() if bracketed or plain else (peer_ip, None)  # type: ignore[union-attr]
    number = int(port or 0)
    if number > 65535:
        raise ValueError(f"{peer_ip!r} has a port above 65535")
    return str(ipaddress.ip_address(host)), number


def address_of(interface: str) -> str:
    """The address of 192.0.2.1/24, canonical and without the length; ValueError when it is none."""
    return str(ipaddress.ip_interface(interface).ip)


def cidr(text: str) -> str:
    """A CIDR in canonical form, host bits cleared; ValueError when it is none."""
    return str(ipaddress.ip_network(text, strict=False))


def is_ipv4(text: str) -> bool:
    """Whether an address or CIDR is of the family BIRD's IPv4 process serves."""
    return ":" not in text
