# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a router for its routes to the nodes, in few commands: its whole table may be the Internet's."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import replace

from ..module_utils import plan as planning
from ..module_utils.ios.show import observation
from ..module_utils.ios.show.route import read_route
from ..module_utils.model.family import IPV4
from ..module_utils.model.observation import NodeRoute, NodeRoutes
from .router import Questions, Router

#: Nodes that are asked about one by one.
MOST = 200
CONNECTED = "connected"


def ask_node_routes(router: Router, addresses: Iterable[str]) -> NodeRoutes:
    """The routes to these IPv4 addresses.

    A node within a network that another answer has as connected needs no question of its own. After an answer
    that is missing nothing more is asked: the next one would be as well.
    """
    questions, asked, unasked = Questions(router), 0, 0
    found: list[NodeRoute] = []
    connected: list[NodeRoute] = []
    for address in sorted(set(addresses), key=lambda each: int(ipaddress.ip_address(each))):
        near = next((route for route in connected if _holds(route, address)), None)
        if near is None and asked < MOST and not questions.unread:
            asked += 1
            answer = questions.ask(f"{IPV4.route} {address}", read_route)
            near = observation.node_route(address, answer) if answer else None
            connected += [near] if near and near.source == CONNECTED else []
        if near is None:
            unasked += 1
        else:
            found.append(replace(near, address=address))
    found, lost = _with_default(questions, found)
    return NodeRoutes(tuple(found), unasked + lost, tuple(questions.unread))


def _holds(route: NodeRoute, address: str) -> bool:
    return planning.inside(f"{address}/{IPV4.longest}", [planning.network(route.prefix)])


def _with_default(questions: Questions, found: list[NodeRoute]) -> tuple[list[NodeRoute], int]:
    """The default route in place of none, as some releases do not name it for an address.

    Also how many nodes are left without an answer, as it is not known whether there is one.
    """
    if all(route.prefix for route in found):
        return found, 0
    default = questions.ask(f"{IPV4.route} {IPV4.everything.partition('/')[0]}", read_route)
    if default is None:
        known = [route for route in found if route.prefix]
        return known, len(found) - len(known)
    if default.prefix != IPV4.everything:
        return found, 0
    return [route if route.prefix else observation.node_route(route.address, default) for route in found], 0
