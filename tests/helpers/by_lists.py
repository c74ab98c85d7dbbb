# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What checks find about routes, worked out the plain way: for each node, by the whole list of its routes.

Slow, and without any idea of what nodes have in common: it says what the checks have to say.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ansible_collections.telco.calico_bgp.plugins.module_utils import plan as planning
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdRoute,
    NodeObservation,
)

#: Check, subject, whether it passes, what was found, whether it is an error.
Line = tuple[str, str, bool, str, bool]


def inside(evidence: Evidence, prefix: str) -> bool:
    return planning.inside(prefix, [planning.network(p.cidr) for p in evidence.plan.prefixes])


def few(texts: list[str], between: str) -> str:
    more = f" and {len(texts) - 5} more" if len(texts) > 5 else ""
    return between.join(texts[:5]) + more


def own(node: NodeObservation) -> set[str]:
    bgp = {p.name for p in node.protocols}
    return {r.prefix for r in node.routes if r.protocol not in bgp and r.kind != "via"}


def by_reflector(node: NodeObservation, address: str) -> dict[str, list[BirdRoute]]:
    names = {p.name for p in node.protocols if p.neighbor == address and not p.name.startswith("Mesh_")}
    return by_prefix([r for r in node.routes if r.protocol in names])


def by_mesh(node: NodeObservation) -> dict[str, list[BirdRoute]]:
    owners = {p.name: p.neighbor for p in node.protocols if p.name.startswith("Mesh_")}
    return by_prefix([r for r in node.routes if owners.get(r.protocol, "-") == r.next_hop])


def by_prefix(routes: list[BirdRoute]) -> dict[str, list[BirdRoute]]:
    found: dict[str, list[BirdRoute]] = {}
    for route in routes:
        found.setdefault(route.prefix, []).append(route)
    return found


def expected(evidence: Evidence, node: NodeObservation) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for session in evidence.plan.sessions_of(node.node, node.family):
        for prefix, paths in by_reflector(node, session.reflector_address).items():
            if inside(evidence, prefix):
                found.setdefault(prefix, set()).update(r.next_hop for r in paths)
    for other in evidence.plan.nodes:
        seen = evidence.nodes.get((other.name, "ipv4"))
        for block in other.blocks:
            if seen is None or not seen.answered or block in own(seen):
                found[block] = {other.addresses["ipv4"]}
    for prefix, paths in by_mesh(node).items():
        found[prefix] = {r.next_hop for r in paths}
    mine = own(node) | {block for n in evidence.plan.nodes if n.name == node.node for block in n.blocks}
    return {prefix: hops for prefix, hops in found.items() if prefix not in mine}


def faults(wanted: dict[str, set[str]], have: dict[str, list[BirdRoute]]) -> list[str]:
    found = []
    for prefix, hops in sorted(wanted.items()):
        paths = have.get(prefix, [])
        reachable = sorted(r.next_hop for r in paths if r.kind == "via")
        if not paths:
            found.append(f"{prefix} is missing")
        elif not reachable:
            found.append(f"{prefix} is {min(r.kind for r in paths)}")
        elif not hops & set(reachable):
            found.append(f"{prefix} has next hop {reachable[0]} instead of {' or '.join(sorted(hops))}")
    return found


def answering(evidence: Evidence) -> Iterator[NodeObservation]:
    for node in evidence.plan.nodes:
        seen = evidence.nodes.get((node.name, "ipv4"))
        if seen is not None and seen.answered:
            yield seen


def of_gate(evidence: Evidence) -> Iterator[Line]:
    """What the checks of routes in front of a cut find."""
    ids = {n.addresses["ipv4"]: s.router_id for n in evidence.plan.nodes for s in answering(evidence)
           if s.node == n.name}  # fmt: skip
    for node in answering(evidence):
        wanted, name = expected(evidence, node), f"node {node.node}"
        refused = {r.prefix for r in node.routes if r.kernel_error and inside(evidence, r.prefix)}
        said = f"refused by the kernel: {few(sorted(refused), ', ')}"
        yield ("node.kernel", name, not refused, said, True)
        back = faults(wanted, by_mesh(node))
        alone = {n.name for n in evidence.plan.nodes if n.blocks} == {node.node}
        said = few(back, "; ") or f"{len(by_mesh(node))} routes from the mesh"
        yield ("node.mesh_routes", name, not back and (bool(by_mesh(node)) or alone), said, True)
        for session in evidence.plan.sessions_of(node.node, node.family):
            subject = f"{name}, route reflector {session.reflector}"
            have = by_reflector(node, session.reflector_address)
            wrong = faults(wanted, have)
            said = few(wrong, "; ") or f"{len(have)} routes"
            yield ("node.routes", subject, not wrong and (bool(wanted) or alone), said, True)
            yield from of_session(evidence, node, subject, have, ids)


def of_session(
    evidence: Evidence,
    node: NodeObservation,
    subject: str,
    have: dict[str, list[BirdRoute]],
    ids: dict[str, str],
) -> Iterator[Line]:
    """What is found of the routes from one reflector alone."""
    foreign = sorted(p for p in have if not inside(evidence, p))
    yield ("node.imports", subject, not foreign, few(foreign, ", "), True)
    stolen = [
        text
        for prefix, paths in sorted(have.items())
        if inside(evidence, prefix)
        for text in sorted(
            f"{prefix} from {r.originator or 'nobody'}"
            for r in paths
            if r.originator != ids.get(r.next_hop, r.next_hop)
        )
    ]
    yield ("node.originator", subject, not stolen, few(stolen, "; "), True)
    other, steering = [], False
    for prefix, paths in sorted(have.items()):
        wanted = {r.local_pref for r in by_mesh(node).get(prefix, [])}
        for r in paths:
            if wanted and r.local_pref not in wanted:
                text = " or ".join(sorted(map(str, wanted)))
                other.append(f"{prefix} has {r.local_pref}, and {text} in the mesh")
                steering = steering or wanted != {100}
            elif not wanted and inside(evidence, prefix) and (r.local_pref or 0) > 2147482623:
                other.append(f"{prefix} has {r.local_pref}, more than 2147482623")
    yield ("node.local_pref", subject, not other, few(other, "; "), steering)


def of_drain(evidence: Evidence) -> Iterator[Line]:
    """What the check of a drain finds about routes."""
    for session in evidence.plan.sessions_with(evidence.draining):
        node = evidence.nodes[session.node, session.family]
        if not node.answered:
            continue
        others = [
            by_reflector(node, s.reflector_address)
            for s in evidence.plan.sessions_of(session.node, session.family)
            if s != session
        ]
        alone = [
            prefix
            for prefix, paths in sorted(by_reflector(node, session.reflector_address).items())
            if inside(evidence, prefix)
            and not any(
                {r.next_hop for r in paths} == {r.next_hop for r in found.get(prefix, [])} for found in others
            )
        ]
        yield ("reflectors.routes", f"node {node.node}", not alone, f"not so for {few(alone, ', ')}", True)


def of_watch(evidence: Evidence) -> Iterator[Line]:
    """What the watch finds about routes."""
    until_now = Evidence(evidence.plan, evidence.before, {}, {}, evidence.now)
    addresses = {n.addresses["ipv4"]: n.name for n in evidence.plan.nodes}
    for node in evidence.plan.nodes:
        then, now = evidence.before[node.name, "ipv4"], evidence.nodes[node.name, "ipv4"]
        if not then.answered or not now.answered:
            continue
        lost = [
            prefix
            for prefix, hops in sorted(expected(until_now, then).items())
            if not reaches(evidence, now, prefix)
            and not withdrawn(evidence, prefix, [addresses[h] for h in hops if h in addresses])
        ]
        yield ("watch.routes", f"node {node.name}", not lost, f"none to {few(lost, ', ')}", True)


def withdrawn(evidence: Evidence, prefix: str, names: list[str]) -> bool:
    seen = [evidence.nodes[name, "ipv4"] for name in names]
    return bool(seen) and all(s.answered and prefix not in own(s) for s in seen)


def reaches(evidence: Evidence, node: NodeObservation, prefix: str) -> bool:
    bgp = {p.name for p in node.protocols}
    around = ipaddress.ip_network(prefix)
    routes = [r for r in node.routes if r.primary and around.subnet_of(ipaddress.ip_network(r.prefix))]
    exact = [r for r in routes if r.prefix == prefix]
    if exact:
        return all(r.protocol not in bgp or leads_on(r) for r in exact)
    wider = [r for r in routes if inside(evidence, r.prefix)]
    longest = max((ipaddress.ip_network(r.prefix).prefixlen for r in wider), default=0)
    found = [r for r in wider if ipaddress.ip_network(r.prefix).prefixlen == longest]
    return bool(found) and all(map(leads_on, found))


def leads_on(route: BirdRoute) -> bool:
    return route.kind == "via" and not route.kernel_error
