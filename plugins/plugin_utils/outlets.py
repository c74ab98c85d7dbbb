# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a router what it sends neighbours that are neither nodes nor reflectors, planned prefixes alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from ..module_utils import plan as planning
from ..module_utils.ios.show.advertised import commands, read_advertised
from ..module_utils.model.family import IPV4
from ..module_utils.model.observation import Outlet, RouterSession
from ..module_utils.model.plan import Plan
from .router import Questions, Router

ESTABLISHED = "Established"
#: Neighbours that are asked about: the router goes through all that it sends each of them.
MOST = 20


def ask_outlets(
    router: Router, plan: Plan, host: str, outlets: Sequence[Outlet], sessions: Iterable[RouterSession]
) -> tuple[Outlet, ...]:
    """The outlets with what is sent there; those that may learn, or have no session, are not asked about."""
    reflector = plan.reflector(host)
    may = reflector.may_learn if reflector else ()
    inside = planning.covering(p.cidr for p in plan.prefixes if IPV4.holds(p.cidr))
    up = [s.address for s in sessions if s.state == ESTABLISHED and s.family == IPV4.name]
    known = {s.node_address for s in plan.sessions} | {outlet.name for outlet in outlets}
    known.update(address for each in plan.reflectors for address in each.addresses.values())
    questions, left = Questions(router), MOST
    found: list[Outlet] = []
    for outlet in outlets:
        addresses = [] if outlet.name in may else list(_sessions(outlet, up, known))
        asked, left = addresses[:left], left - len(addresses[:left])
        if not addresses:
            found.append(outlet)
            continue
        told = [prefix for address in asked for prefix in _told(questions, address, inside)]
        missing = f"{len(addresses) - len(asked)} neighbours are too many to ask about" * (asked != addresses)
        untold = "; ".join(filter(None, [*questions.unread, missing]))
        questions.unread.clear()
        found.append(replace(outlet, told=tuple(dict.fromkeys(told)), untold="" if told else untold))
    return tuple(found)


def _sessions(outlet: Outlet, up: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """The neighbours with a session behind an outlet."""
    if outlet.kind != "listen range":
        yield from (address for address in up if address == outlet.name)
        return
    network = ipaddress.ip_network(outlet.name)
    yield from (a for a in up if a not in known and ipaddress.ip_address(a) in network)


def _told(questions: Questions, address: str, inside: Sequence[str]) -> Iterator[str]:
    """The prefixes inside the planned ones that a neighbour is sent."""
    networks = [planning.network(prefix) for prefix in inside]
    for command in commands(IPV4, address, inside):
        for prefix in questions.ask(command, read_advertised) or ():
            if planning.inside(prefix, networks):
                yield prefix
