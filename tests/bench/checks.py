# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long `validate` takes to judge a fleet, and how much memory: `python tests/bench/checks.py [NODES
...]`.

Reflectors are asked about every node, as they always are. A node has a route to every other, so that asking
all of them is quadratic in routes, whoever judges: so many of them answer as `--asked` says, and the others
are unknown.
"""

from __future__ import annotations

import argparse
import ipaddress
import resource
import time
from collections.abc import Iterator

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import PASS
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
    RouterDetails,
    RouterObservation,
    RouterPath,
    RouterPeer,
    RouterReading,
    RouterSession,
    RouterTraffic,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import (
    Plan,
    PlannedNode,
    Prefix,
    Reflector,
    Session,
)

NOW = 1000.0
REFLECTORS = (("rr1", "10.0.0.1"), ("rr2", "10.0.0.2"))


def fleet(size: int) -> Iterator[tuple[str, str, str]]:
    """Name, address and block of each node."""
    address, block = ipaddress.IPv4Address("10.0.1.0"), int(ipaddress.IPv4Address("10.128.0.0"))
    for number in range(size):
        yield f"node-{number:05}", str(address + number), f"{ipaddress.IPv4Address(block + 64 * number)}/26"


def planned(nodes: list[tuple[str, str, str]]) -> Plan:
    """Both reflectors, the mesh off."""
    prefixes = (Prefix("10.128.0.0/9", 26, 32),)
    return Plan(
        cluster="bench",
        asn=64512,
        nodes=tuple(PlannedNode(name, {"ipv4": address}, (block,)) for name, address, block in nodes),
        left_out={},
        reflectors=tuple(Reflector(host, {"ipv4": address}, 30, 120) for host, address in REFLECTORS),
        sessions=tuple(
            Session(name, host, "ipv4", address, reflector, f"to-{host}")
            for name, address, _block in nodes
            for host, reflector in REFLECTORS
        ),
        prefixes=prefixes,
        mesh=False,
        namespace="calico-system",
        objects=(),
        surplus=(),
    )


def router(host: str, nodes: list[tuple[str, str, str]]) -> RouterObservation:
    """A healthy reflector with all details."""
    rows = tuple(RouterTraffic(address, 9, 0, 0, 40, 50, 300) for _name, address, _block in nodes)
    details = RouterDetails(
        family="ipv4",
        before=RouterReading(NOW - 5, 9, rows),
        after=RouterReading(NOW, 9, rows),
        cluster_id=f"0.0.0.{host[-1]}",
        wanted_cluster_id="",
        ranges=("10.0.0.0/16",),
        dynamic=len(nodes),
        dynamic_limit=20000,
        peers=tuple(
            RouterPeer(a, True, True, 179, 30, "advertised and received", True, 0, "", None, 100, 1)
            for _name, a, _block in nodes
        ),
        paths=tuple(RouterPath(block, address, True) for _name, address, block in nodes),
        surplus=(),
    )
    sessions = tuple(RouterSession("ipv4", a, 64512, "Established", 1, 300) for _name, a, _block in nodes)
    return RouterObservation(host, NOW, True, "", 15, False, True, (), sessions, (details,))


def node(own: tuple[str, str, str], nodes: list[tuple[str, str, str]]) -> NodeObservation:
    """A healthy node: a route to every other from each reflector."""
    name, own_address, own_block = own
    protocols = tuple(
        BirdProtocol(f"Node_{host}", "Established", reflector, "Established", 30, "", 25, 64512)
        for host, reflector in REFLECTORS
    )
    routes = tuple(
        BirdRoute(block, f"Node_{host}", reflector, "via", host == "rr1", address, address)
        for host, reflector in REFLECTORS
        for _name, address, block in nodes
        if address != own_address
    )
    mine = BirdRoute(own_block, "static1", None, "blackhole", True, "", "")
    return NodeObservation(name, "ipv4", NOW, True, "", own_address, "", protocols, (mine, *routes))


def measure(size: int, asked: int) -> str:
    """One row of the table."""
    nodes = list(fleet(size))
    wanted = planned(nodes)
    seen = {(own[0], "ipv4"): node(own, nodes) for own in nodes[:asked]}
    routers = {host: router(host, nodes) for host, _address in REFLECTORS}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, began = time.process_time(), time.monotonic()
    findings = gates.judge("health", Evidence(wanted, seen, routers, {}, NOW))
    spent, wall = time.process_time() - started, time.monotonic() - began
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    bad = {f.check for f in findings if f.verdict != PASS}
    assert bad <= {"node.answers"}, bad
    return f"{size:>6} {len(seen):>6} {len(findings):>9} {spent:>8.2f} {wall:>8.2f} {more:>9.0f}"


def main() -> None:
    """Measure each size, smallest first: memory is what the judge added to the most so far."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("nodes", nargs="*", type=int, default=[100, 1000, 5000])
    parser.add_argument("--asked", type=int, default=50, help="how many nodes answer (default 50)")
    arguments = parser.parse_args()
    print(" nodes  asked  findings    CPU s   wall s  MB added")
    for size in sorted(arguments.nodes):
        print(measure(size, arguments.asked))


if __name__ == "__main__":
    main()
