# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of paths: `show ip bgp`, `show ip bgp neighbors X advertised-routes|received-routes|routes`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..text import address_of
from .answer import Answer, is_inactive
from .path_words import ORIGINS, Place, prefix_of
from .records import BgpPath

_RPKI = {"V": "valid", "I": "invalid", "N": "not found"}
# A mark in front, then up to four more. Older releases print the network right behind the third column
# ("*>i10.1.1.0/24"); IOS writes IPv6 in upper case, so that a mark is no part of "*>iFC00::/7".
_MARKS = r"(?P<rpki>[VIN](?=[*sdhrS ]))?(?P<status>[*sdhrS][*sdhrS>mbfxactLieI|& ]{0,4}?)"
_TOKEN = r"(?P<token>(?:[0-9\[:]|[0-9A-F]{1,4}:)\S*)"
_SPACED_TOKEN = r"\s+(?P<spaced>(?:[0-9\[:]|[\w-]{1,20}:)\S*)"
_ROW = re.compile(_MARKS + "(?:" + _TOKEN + "|" + _SPACED_TOKEN + r")(?P<rest>.*)\Z", re.A)
_BARE = re.compile(r"(?P<token>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*)(?P<rest>\s.*|)\Z", re.A)
_UNMARKED = re.compile(r"(?P<token>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*(?:/\d{1,3})?)(?P<rest>\s.*|)\Z", re.A)
_NEXT = re.compile(r"\s+(?P<address>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+)(?P<rest>\s.*|)\Z", re.A)
_IS_PREFIX = re.compile(r".*/\d+\Z|\[", re.A)
# The numbers, right-aligned below their titles; two blanks or more before the weight, one behind it.
_TAIL = re.compile(
    r"(?:\s+(?P<numbers>\d[\d ]*))?\s{2,}(?P<weight>\d{1,5})(?: (?P<path>[\d.,(){}]+(?: [\d.,(){}]+)*))?"
    r" (?P<origin>[ie?])\Z",
    re.A,
)
_NUMBER = re.compile(r"\d+", re.A)
# A local preference of six digits or more leaves one blank before it, or none.
_TOUCHING = re.compile(r"\d \d{1,5}(?!\d)", re.A)

_TITLE = re.compile(
    r"\s*(?P<network>Network)\s+Next Hop\s+(?P<metric>Metric)\s+(?P<local>LocPrf)\s+(?P<weight>Weight)"
    r"\s+Path\Z"
)
_VERSION = re.compile(r"BGP table version is (\d{1,20}), local router ID is \S+.*\Z", re.A | re.I)
_TOTAL = re.compile(r"Total number of prefixes (\d{1,9})\Z", re.A)
_LEGEND = re.compile(r"(?:Status codes|Status|Path type|Origin codes|RPKI validation codes):", re.A)
_LEGEND_CONTINUED = re.compile(r"(?:[A-Za-z*>] [\w-]+(?: \w[\w-]*)?(?:, *|\Z))+\Z", re.A)
_KNOWN = re.compile(
    r"(?:AF-Private Import to Address-Family: .*|Originating default network \S+"
    r"|Default information originated.*)\Z"
)
_ABSENT = re.compile(r"%\s*Network not in table\Z")
_METRIC_WIDTH, _LOCAL_WIDTH = 14, 7
# How far a number may stand from where it belongs: texts whose addresses were replaced are not that exact.
_SLACK = 2


@dataclass
class _Pending:
    """A path whose line goes on: the prefix or the next hop did not fit."""

    number: int
    line: str
    rpki: str
    status: str
    prefix: str
    next_hop: str = ""


@dataclass
class _Table:
    """Where the reader is.

    `widths` are the distances of metric and local preference from the weight's end, `network` is the column
    of the networks, None before a title. `bare_paths`: the table
    is of the form that gives further paths of a prefix without marks; its legend begins with "Status:".
    """

    place: Place
    version: int | None = None
    widths: tuple[int, int] = (_METRIC_WIDTH, _LOCAL_WIDTH)
    network: int | None = None
    paths: list[BgpPath] = field(default_factory=list)
    prefix: str = ""
    bare_paths: bool = False
    pending: _Pending | None = None
    counted: int = 0
    in_legend: bool = False

    @property
    def source(self) -> Answer:
        return self.place.source


def read_table(source: Answer) -> tuple[BgpPath, ...]:
    """Every path of every table of the answer; see read_prefixes."""
    table = _Table(Place(source))
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        if not line:
            continue
        if is_inactive(line) and not table.paths:
            return ()
        _line(table, number, full.rstrip(), line)
    if table.pending is not None:
        _incomplete(table, "the text ends in the middle of this path; read it again")
    return tuple(table.paths)


def _incomplete(table: _Table, why: str) -> None:
    if table.pending is not None:
        table.source.refuse(table.pending.number, table.pending.line, why)


def _line(table: _Table, number: int, full: str, line: str) -> None:
    title = _TITLE.match(full)
    if title is not None:
        # IOS repeats it on each page, whatever line comes next.
        _titles(table, title)
        return
    if table.pending is not None:
        if _continued(table, number, full, line):
            return
        _incomplete(table, "the rest of this path is missing on the next line")
    row = _ROW.match(line)
    if row is not None:
        _row(table, number, line, row)
    elif _heading(table, number, line) or _unmarked(table, number, full, line):
        return
    elif table.bare_paths and table.prefix and _BARE.match(line):
        _bare(table, number, line)
    elif not _ABSENT.match(line):
        why = (
            "the router refused the command"
            if line[0] == "%"
            else "neither a path nor a known line; report it"
        )
        table.source.refuse(number, line, why)


def _titles(table: _Table, title: re.Match[str]) -> None:
    # The titles of numbers end where their numbers end.
    weight = title.end("weight")
    table.widths = (weight - title.end("metric"), weight - title.end("local"))
    table.network, table.in_legend = title.start("network"), False


def _heading(table: _Table, number: int, line: str) -> bool:
    version, total = _VERSION.match(line), _TOTAL.match(line)
    if version:
        table.version, table.in_legend = int(version.group(1)), False
    elif total:
        _check_total(table, number, line, int(total.group(1)))
    elif _LEGEND.match(line):
        table.in_legend = True
        table.bare_paths = table.bare_paths or line.startswith("Status:")
        return True
    elif table.place.heading(line):
        table.prefix = ""
    else:
        return (table.in_legend and _LEGEND_CONTINUED.match(line) is not None) or bool(_KNOWN.match(line))
    table.in_legend = False
    return True


def _check_total(table: _Table, number: int, line: str, total: int) -> None:
    seen = len(table.paths) - table.counted
    if seen < total:
        table.source.refuse(number, line, f"only {seen} paths before it: lines are missing; read it again")
    table.counted = len(table.paths)


def _row(table: _Table, number: int, line: str, row: re.Match[str]) -> None:
    token, rest = row["token"] or row["spaced"], row["rest"]
    status = row["status"].rstrip()
    further = _NEXT.match(rest)
    if _IS_PREFIX.match(token) or further is not None:
        _begin(table, _Pending(number, line, row["rpki"] or "", status, token), rest)
        return
    if not table.prefix:
        table.source.refuse(number, line, "a further path, but no prefix before it")
    table.pending = _Pending(number, line, row["rpki"] or "", status, table.prefix)
    _next_hop(table, number, line, " " + token + rest)


def _begin(table: _Table, pending: _Pending, rest: str) -> None:
    """Begin a path with its prefix, as written."""
    number, line = pending.number, pending.line
    pending.prefix = table.prefix = table.source.take(number, line, prefix_of, pending.prefix)
    table.pending = pending
    if rest.strip():
        _next_hop(table, number, line, rest)


def _unmarked(table: _Table, number: int, full: str, line: str) -> bool:
    """Take up a path whose marks are all blank, which only its column tells; False where the line is none."""
    row = _UNMARKED.match(line)
    indent = len(full) - len(line)
    if row is None or table.network is None or indent < 1 or abs(indent - table.network) > _SLACK:
        return False
    _begin(table, _Pending(number, line, "", "", row["token"]), row["rest"])
    return True


def _bare(table: _Table, number: int, line: str) -> None:
    table.pending = _Pending(number, line, "", "", table.prefix)
    _next_hop(table, number, line, " " + line)


def _continued(table: _Table, number: int, full: str, line: str) -> bool:
    """Take up the second or third line of a path; False where the line is none."""
    if table.pending is None:
        return False
    if table.pending.next_hop:
        return _finish(table, number, line, " " + full)
    if _BARE.match(line) is None:
        return False
    _next_hop(table, number, line, " " + full)
    return True


def _next_hop(table: _Table, number: int, line: str, rest: str) -> None:
    found = _NEXT.match(rest)
    if found is None or table.pending is None:
        table.source.refuse(number, line, "no next hop where one is expected")
    table.pending.next_hop = table.source.take(number, line, address_of, found["address"])
    if found["rest"].strip() and not _finish(table, number, line, found["rest"]):
        table.source.refuse(
            number,
            line,
            "the columns behind the next hop cannot be told apart; IOS sets them below their titles",
        )


def _finish(table: _Table, number: int, line: str, tail: str) -> bool:
    """Read the numbers and the AS path, which complete a path; False where they are none."""
    found = _TAIL.match(tail)
    pending = table.pending
    if found is None or pending is None:
        return False
    metric, local = _numbers(table, number, line, found)
    table.paths.append(
        BgpPath(
            prefix=pending.prefix,
            next_hop=pending.next_hop,
            best=">" in pending.status,
            valid="*" in pending.status,
            internal="i" in pending.status,
            status=pending.status,
            origin=ORIGINS[found["origin"]],
            metric=metric,
            local_preference=local,
            weight=int(found["weight"]),
            as_path=(found["path"] or "").strip(),
            rpki=_RPKI.get(pending.rpki, ""),
            family=table.place.family,
            vrf=table.place.vrf,
            rd=table.place.rd,
            table_version=table.version,
        )
    )
    table.pending = None
    return True


def _numbers(table: _Table, number: int, line: str, found: re.Match[str]) -> tuple[int | None, int | None]:
    """Metric and local preference: both, or the one whose place it is."""
    given = list(_NUMBER.finditer(found.string, *found.span("numbers"))) if found["numbers"] else []
    values = [int(each.group()) for each in given if len(each.group()) <= 10]
    if (
        len(values) != len(given)
        or len(values) > 2
        or any(value >= 2**32 for value in values)
        or _TOUCHING.search(found["numbers"] or "")
    ):
        table.source.refuse(number, line, "expected metric and local preference, each below its title")
    if len(values) == 2:
        return values[0], values[1]
    if not values:
        return None, None
    distance = found.end("weight") - given[0].end()
    to_metric, to_local = table.widths
    off_metric, off_local = abs(distance - to_metric), abs(distance - to_local)
    if min(off_metric, off_local) > _SLACK:
        table.source.refuse(number, line, f"{values[0]} stands neither below Metric nor below LocPrf")
    return (values[0], None) if off_metric < off_local else (None, values[0])
