# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The router's own route to an address: `show ip route ADDRESS`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model.family import IPV4
from ..text import network_of
from .answer import answer
from .records import Route

_ENTRY = re.compile(r"Routing entry for (?P<prefix>\S+/\d{1,3})(?:,.*)?\Z", re.A)
_SOURCE = re.compile(r'Known via "(?P<source>[^"]+)"')
_BLOCKS = re.compile(r"Routing Descriptor Blocks:?\Z")
# "* 192.168.0.1, from 10.16.2.2, 00:00:14 ago, via GigabitEthernet4", "* directly connected, via Null0". What
# belongs to a path, as its metric, begins with a word.
_PATH = re.compile(
    r"(?:\* *)?(?:[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?: \([^)]*\))?|directly connected)(?P<rest>,.*|)\Z"
)
_ORIGIN = re.compile(r", from ([^\s,]+)")
_WAY_OUT = re.compile(r", via ([^\s,]+)")
_ABSENT = re.compile(r"%\s*(?:Subnet|Network) not in table\Z")
_TABLE = re.compile(r"Routing Table: \S+\Z")


def read_route(text: str, command: str = "") -> Route:
    """Read the route that is used for an address.

    Its prefix is "" where the table has none. Some releases say so where there is a default route, too.

    Raises:
        IosTextError: an error of IOS, or neither a route nor that there is none.
    """
    source = answer(text, command, f"{IPV4.route} ADDRESS")
    prefix, known, in_paths = "", "", False
    paths: list[str] = []
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        entry, by, path = _ENTRY.match(line), _SOURCE.match(line), _PATH.match(line)
        if _ABSENT.match(line):
            return Route("")
        if entry:
            prefix = source.take(number, line, network_of, entry["prefix"])
        elif line and not prefix and not _TABLE.match(line):
            why = "the router refused the command" if line[0] == "%" else "no line of a route; report it"
            source.refuse(number, line, why)
        elif by:
            known = by["source"]
        elif _BLOCKS.match(line):
            in_paths = True
        elif path and in_paths:
            paths.append(path["rest"])
    if not known:
        source.refuse(0, "", "says neither by what a route is known nor that there is none; report it")
    return Route(prefix, known, _named(_ORIGIN, paths), _named(_WAY_OUT, paths))


def _named(word: re.Pattern[str], paths: Iterable[str]) -> tuple[str, ...]:
    """What each path says behind a word."""
    return tuple(found.group(1) if found else "" for found in map(word.search, paths))
