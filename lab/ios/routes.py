# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show ip route A.B.C.D``: connected and static routes. Those that BGP learned are not in this table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.ios.device import Router
from lab.ios.grammar import CliError, is_address
from lab.ios.rules import classful, masked

DEFAULT = IPv4Network("0.0.0.0/0")
OPTIONS = ("name", "tag", "track", "permanent", "multicast")


@dataclass(frozen=True)
class Route:
    """One way to a network. ``source``: connected or static; ``remark`` and ``hop`` as IOS writes them."""

    network: IPv4Network
    source: str
    distance: int
    hop: str
    remark: str = ""


def route(router: Router, address: str) -> str:
    """``show ip route A.B.C.D``: the longest match. The default route is what 0.0.0.0 asks for; for a host
    it counts only where ``router.nuisances.default_for_hosts`` says so."""
    wanted, routes = IPv4Address(address), list(_routes(router))
    default = int(wanted) == 0 or router.nuisances.default_for_hosts
    found = [each for each in routes if wanted in each.network and (default or each.network != DEFAULT)]
    if not found:
        major = classful(address)
        known = any(each.network != DEFAULT and each.network.subnet_of(major) for each in routes)
        return f"% {'Subnet' if known else 'Network'} not in table\n"
    network = max((each.network for each in found), key=lambda network: network.prefixlen)
    ways = [each for each in found if each.network == network]
    nearest = min(each.distance for each in ways)
    return _entry([each for each in ways if each.distance == nearest])


def _entry(ways: Sequence[Route]) -> str:
    first = ways[0]
    shorter = first.network.prefixlen < classful(str(first.network.network_address)).prefixlen
    candidate = ", candidate default path" if first.network == DEFAULT else ""
    out = [
        f"Routing entry for {first.network}{', supernet' if shorter else ''}",
        f'  Known via "{first.source}", distance {first.distance}, metric 0{first.remark}{candidate}',
        "  Routing Descriptor Blocks:",
    ]
    for at, each in enumerate(ways):
        out += [
            f"  {'*' if at == 0 else ' '} {each.hop}",
            "      Route metric is 0, traffic share count is 1",
        ]
    return "\n".join(out) + "\n"


def _routes(router: Router) -> Iterator[Route]:
    connected = list(_connected(router))
    yield from connected
    for text in router.plain.values():
        if text.startswith("ip route "):
            yield from _static(text.split()[2:], [each.network for each in connected])


def _connected(router: Router) -> Iterator[Route]:
    for head, lines in router.sections.items():
        address = lines.get(("ip", "address"))
        if not head.startswith("interface ") or not address or ("shutdown",) in lines:
            continue
        network, own = masked(*address.arguments), IPv4Network(address.arguments[0])
        hop = f"directly connected, via {head.partition(' ')[2]}"
        yield Route(network, "connected", 0, hop, " (connected, via interface)")
        if own != network:
            yield Route(own, "connected", 0, hop, " (connected)")


def _static(words: Sequence[str], connected: Sequence[IPv4Network]) -> Iterator[Route]:
    """The route of ``A.B.C.D M.M.M.M [interface] [next hop] [distance] ..``, where its way is there."""
    try:
        network = masked(*words[:2])
    except (CliError, TypeError):
        return
    end = next((at for at, word in enumerate(words) if word in OPTIONS), len(words))
    way = list(words[2:end])
    distance = int(way.pop()) if len(way) > 1 and way[-1].isdecimal() else 1
    interface = "" if not way or is_address(way[0]) else way.pop(0)
    hop = way[0] if way else ""
    if hop and not interface and not any(IPv4Address(hop) in each for each in connected):
        return
    if hop:
        yield Route(network, "static", distance, f"{hop}, via {interface}" if interface else hop)
    elif interface:
        yield Route(network, "static", distance, f"directly connected, via {interface}", " (connected)")
