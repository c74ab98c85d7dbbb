# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a neighbour is sent, of some prefixes: `show ... advertised-routes | include ...`, and its answer.

The router leaves out the rest, so that its answer is as long as what is asked for, however large its table
is. What it leaves out are also titles and the second lines of long rows: of a line, the prefix alone counts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from ...model.family import Family
from .answer import Answer, answer
from .path_words import prefix_of

#: Characters of a pattern; a line of IOS takes some 250.
LONGEST = 180
#: Marks of a path, then its prefix. A line of a title, or of a next hop, begins in another way.
_ROW = re.compile(
    r" {0,3}[VIN]?[*sdhrS][*sdhrS>mbfxactLieI|& ]{0,4}?\s*(?P<prefix>\d+(?:\.\d+){3}(?:/\d+)?)(?=\s|\Z)", re.A
)
_TITLE = re.compile(r"BGP table version is |Total number of prefixes |Status codes: |\s+Network\s")
_REFUSED = re.compile(r"\s*%")
_OCTET = 8


def commands(family: Family, address: str, prefixes: Iterable[str]) -> Iterator[str]:
    """The commands that show what a neighbour is sent inside these IPv4 prefixes, and a little around them.

    >>> from ...model.family import IPV4
    >>> list(commands(IPV4, "203.0.113.9", ["10.244.0.0/16", "10.96.0.0/12"]))[0].partition(" | ")[2]
    'include 10[.]244[.]|10[.]'
    """
    parts: list[str] = []
    for part in dict.fromkeys(_pattern(prefix) for prefix in prefixes):
        if parts and len("|".join([*parts, part])) > LONGEST:
            yield _command(family, address, parts)
            parts = []
        parts.append(part)
    if parts:
        yield _command(family, address, parts)


def _command(family: Family, address: str, parts: list[str]) -> str:
    return f"{family.neighbors} {address} advertised-routes | include {'|'.join(parts)}"


def _pattern(prefix: str) -> str:
    """The octets that all addresses of a prefix begin with."""
    network = ipaddress.IPv4Network(prefix)
    whole = min(network.prefixlen // _OCTET, 3)
    return "".join(f"{octet}[.]" for octet in str(network.network_address).split(".")[:whole]) or "[.]"


def read_advertised(text: str, command: str = "") -> tuple[str, ...]:
    """The prefixes of the rows, in the order of the text.

    Raises:
        IosTextError: an error of IOS, or a line that is neither a row nor a part of one.
    """
    source: Answer = answer(text, command, command.partition(" | ")[0])
    found = []
    for number, line in enumerate(source.lines, 1):
        row = _ROW.match(line)
        if row is not None:
            found.append(source.take(number, line.strip(), prefix_of, row["prefix"]))
        elif _REFUSED.match(line):
            source.refuse(number, line.strip(), "the router refused the command")
        elif line.strip() and not _TITLE.match(line) and not line.startswith(" " * _OCTET):
            source.refuse(number, line.strip(), "neither a path nor a known line; report it")
    return tuple(found)
