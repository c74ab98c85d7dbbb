# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`show ip route ADDRESS`: hand-made texts in the forms of recorded ones, which test_show_recordings has."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.observation import node_route
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.records import Route
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.route import read_route
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from tests.helpers.devices import INVALID
from tests.helpers.show_texts import route_text

PATHS = """\
Routing entry for 10.1.0.0/16
  Known via "bgp 64512", distance 200, metric 0, type internal
  Last update from 192.168.1.10 00:01:38 ago
  Routing Descriptor Blocks:
    192.168.1.11, from 192.168.1.1, 00:01:38 ago
      Route metric is 0, traffic share count is 1
      MPLS label: none
  * 192.168.1.10 (default), from 192.168.1.10, 00:01:38 ago, via GigabitEthernet0/1
      Route metric is 0, traffic share count is 1
"""
TEXTS = {
    "connected": (
        route_text("192.168.1.0/24", "connected", "directly connected, via GigabitEthernet0/1"),
        Route("192.168.1.0/24", "connected", ("",), ("GigabitEthernet0/1",)),
    ),
    "static": (
        route_text("10.0.0.0/8", "static", "192.168.1.254"),
        Route("10.0.0.0/8", "static", ("",), ("",)),
    ),
    "the default": (
        route_text("0.0.0.0/0, supernet", "static", "192.168.1.254"),
        Route("0.0.0.0/0", "static", ("",), ("",)),
    ),
    "several paths": (
        PATHS,
        Route("10.1.0.0/16", "bgp 64512", ("192.168.1.1", "192.168.1.10"), ("", "GigabitEthernet0/1")),
    ),
    "no subnet": ("% Subnet not in table\n", Route("")),
    "no network": ("rr1#show ip route 10.9.9.9\n% Network not in table\nrr1#", Route("")),
    "in another table": (f"\nRouting Table: BLUE\n{PATHS}", read_route(PATHS)),
}


@pytest.mark.parametrize(("text", "route"), TEXTS.values(), ids=TEXTS)
def test_a_route(text, route):
    assert read_route(text) == route


REFUSED = {
    "the command is not there": (INVALID, "show ip route 192.168.1.10, line 1"),
    "no right": ("% This command is not authorized\n", "the router refused the command"),
    "nothing": ("", "neither by what a route is known nor that there is none"),
    "a list of subnets": (
        "Routing entry for 10.0.0.0/8, 3 known subnets\n  Attached (3 connections)\n",
        "neither by what a route is known",
    ),
    "something else": ("Codes: C - connected\n", "no line of a route; report it"),
    "no prefix": ('Routing entry for 10.0.0.1/99\n  Known via "static"\n', "10.0.0.1/99"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_answer_is_an_error(text, why):
    with pytest.raises(IosTextError, match=why):
        read_route(text, "show ip route 192.168.1.10")


@pytest.mark.parametrize(
    ("paths", "drops"),
    [
        (["directly connected, via Null0"], True),
        (["directly connected, via Null0", "192.168.1.254"], False),
        (["192.168.1.254"], False),
    ],
)
def test_a_route_drops_where_all_its_paths_lead_nowhere(paths, drops):
    route = read_route(route_text("10.0.0.0/8", "static", *paths))
    assert node_route("10.0.0.1", route).drops is drops
