# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`show bgp ... summary`: every line is a neighbour, a known line, or an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ...model.family import IPV4
from ..config.values import ListenRange
from ..text import address_of, mask, number_of, seconds
from .answer import Answer, answer, as_of, is_inactive
from .records import ESTABLISHED, DynamicCount, Summary, SummaryRow

_VALUES = (
    r"(?P<version>\d)\s+(?P<asn>[\d.]+)\s+(?P<received>\d{1,20})\s+(?P<sent>\d{1,20})\s+(?P<table>\d{1,20})"
    r"\s+(?P<inq>\d{1,20})\s+(?P<outq>\d{1,20})\s+(?P<up>\S+)\s+(?P<state>\S.*)\Z"
)
_NAME = r"(?P<dynamic>\*?)(?P<address>(?:\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%\S+)?))"
_ROW = re.compile(_NAME + r"\s+" + _VALUES, re.A)
_CONTINUED = re.compile(_VALUES, re.A)
_ALONE = re.compile(_NAME + r"\Z", re.A)
# What stands where a neighbour stands, however damaged.
_LIKE_A_ROW = re.compile(r"\*?\s?(?:\d+\.\d+\.\d+|[0-9A-Fa-f]*:[0-9A-Fa-f]*:)", re.A)
# NoNeg: the session is up, the neighbour did not negotiate this family.
_STATE = re.compile(
    r"(?:(?:Idle|Connect|Active|OpenSent|OpenConfirm|Closing|Closed|Clsng)(?: \([A-Za-z ]+\))?|\(?NoNeg\)?)\Z"
)
_FAMILY = re.compile(r"For address family: (.+)\Z")
_IDENTIFIER = re.compile(r"BGP router identifier (\S+), local AS number (\S+)\Z")
_TABLE = re.compile(r"BGP table version is (\d{1,20}), main routing table version \d+\Z", re.A)
_COLUMNS = re.compile(
    r"Neighbor\s+V\s+AS\s+MsgRcvd\s+MsgSent\s+TblVer\s+InQ\s+OutQ\s+Up/Down\s+State/PfxRcd\Z"
)
_LEGEND = "* Dynamically created based on a listen range command"
# 12.2SX prints the limit in each family's line, later releases in the total alone.
_DYNAMIC = re.compile(
    r"(?P<total>Total d|D)ynamically created neighbors: (?P<count>\d{1,9})(?:/\((?P<limit>\d{1,9}) max\))?"
    r", Subnet ranges: (?P<ranges>\d{1,9})\Z",
    re.A,
)
_GROUP = re.compile(r"BGP peergroup (\S+) listen range group members:(?P<prefixes>(?:\s+\S+/\d+)*)\Z", re.A)
_PREFIXES = re.compile(r"(?:[0-9A-Fa-f.:]+/\d+(?:\s+|\Z))+\Z", re.A)
_KNOWN = re.compile(
    r"""(?:[\d/]+\ [^,]*\ using\ \d+\ bytes\ of\ memory
      | BGP\ using\ \d+\ total\ bytes\ of\ memory
      | Bitfield\ cache\ entries:\ .*
      | BGP\ activity\ .*
      | \d+\ networks\ peaked\ at\ .*
      | \d+\ multipath\ network\ entries\ .*
      | \d+\ received\ paths\ for\ inbound\ soft\ reconfiguration
      | \d+\ identical\ .*|\d+\ history\ paths.*|Dampening\ enabled.*
      | BGP\ is\ throttling.*|Graceful\ shutdown.*
      | (?:Path\ )?RPKI\ .*
      | !+)\Z""",
    re.X | re.A,
)


@dataclass
class _Reading:
    """Where the reader is; `head` is what the rows of this family repeat."""

    source: Answer
    head: dict[str, Any]
    first: dict[str, Any] = field(default_factory=dict)
    rows: list[SummaryRow] = field(default_factory=list)
    families: list[str] = field(default_factory=list)
    ranges: list[ListenRange] = field(default_factory=list)
    dynamic: list[DynamicCount] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    waiting: tuple[int, str, re.Match[str]] | None = None
    group: str = ""
    in_heading: bool = False


def read_summary(text: str, command: str = "") -> Summary:
    """Read a BGP summary of one or several address families.

    Args:
        text: the answer of the router, with or without heading, echo and prompt.
        command: what was asked. Names family and VRF where the text does not; "" takes the echoed command.

    Raises:
        IosTextError: an error of IOS, or a line that is neither a neighbour nor a known line. Unknown lines
            of a heading, where no neighbour can stand, are reported instead.
    """
    source = answer(text, command, IPV4.summary)
    reading = _Reading(source, {"family": source.family, "vrf": source.vrf})
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        if not line:
            continue
        if reading.waiting is None and is_inactive(line) and not reading.rows:
            return Summary(active=False)
        _line(reading, number, line)
    if reading.waiting is not None:
        source.refuse(*reading.waiting[:2], "the text ends in the middle of this neighbour; read it again")
    return Summary(
        True,
        tuple(reading.rows),
        reading.first.get("router_id"),
        reading.first.get("local_as"),
        reading.first.get("table_version"),
        tuple(reading.families),
        tuple(reading.ranges),
        tuple(reading.dynamic),
        tuple(reading.unknown),
    )


def _line(reading: _Reading, number: int, line: str) -> None:
    if reading.waiting is not None:
        # IOS repeats the titles on each page, whatever line comes next.
        if _COLUMNS.match(line):
            return
        values = _CONTINUED.match(line)
        if values is not None:
            reading.rows.append(_row(reading, number, line, reading.waiting[2], values))
            reading.waiting = None
            return
        reading.source.refuse(
            *reading.waiting[:2], "the columns of this neighbour are missing on the next line"
        )
    row = _ROW.match(line)
    if row is not None:
        reading.rows.append(_row(reading, number, line, row, row))
        reading.in_heading, reading.group = False, ""
        return
    # A name that does not fit its column stands alone: IPv6, and "*192.168.100.100".
    alone = _ALONE.match(line)
    if alone is not None:
        reading.waiting = number, line, alone
        reading.in_heading, reading.group = False, ""
    elif not (_heading(reading, number, line) or _foot(reading, number, line)):
        _unknown(reading, number, line)


def _heading(reading: _Reading, number: int, line: str) -> bool:
    """Take up a line of a family's heading; False where it is none."""
    family, identifier, table = _FAMILY.match(line), _IDENTIFIER.match(line), _TABLE.match(line)
    if family:
        reading.families.append(family.group(1))
        reading.head = {"family": family.group(1), "vrf": reading.source.vrf}
    elif identifier:
        reading.head["router_id"] = identifier.group(1)
        reading.head["local_as"] = reading.source.take(number, line, as_of, identifier.group(2))
        reading.head.pop("table_version", None)
    elif table:
        reading.head["table_version"] = int(table.group(1))
    elif _COLUMNS.match(line):
        reading.in_heading = False
        return True
    else:
        return _KNOWN.match(line) is not None
    reading.in_heading = not family
    reading.group = ""
    for name, value in reading.head.items():
        reading.first.setdefault(name, value)
    return True


def _foot(reading: _Reading, number: int, line: str) -> bool:
    """Take up a line about listen ranges; False where it is none."""
    if line == _LEGEND:
        reading.group = ""
        return True
    group = _GROUP.match(line)
    count = None if group else _DYNAMIC.match(line)
    if group:
        reading.group = group.group(1)
        _ranges(reading, group["prefixes"])
    elif count:
        total = count["total"] != "D"
        limit = int(count["limit"]) if count["limit"] else None
        family = "" if total else str(reading.head["family"])
        reading.dynamic.append(DynamicCount(family, int(count["count"]), limit, int(count["ranges"]), total))
        reading.group = ""
    elif reading.group and _PREFIXES.match(line):
        _ranges(reading, line)
    else:
        return False
    return True


def _ranges(reading: _Reading, prefixes: str) -> None:
    reading.ranges += [ListenRange(prefix, reading.group) for prefix in prefixes.split()]


def _unknown(reading: _Reading, number: int, line: str) -> None:
    if line.startswith("%"):
        reading.source.refuse(number, line, "the router refused the command")
    if not reading.in_heading or _LIKE_A_ROW.match(line):
        reading.source.refuse(number, line, "neither a neighbour nor a known line of a summary; report it")
    reading.unknown.append(mask(line))


def _row(reading: _Reading, number: int, line: str, named: re.Match[str], row: re.Match[str]) -> SummaryRow:
    source, state = reading.source, row["state"]
    prefixes = source.take(number, line, number_of, state) if state[0].isdigit() else None
    if prefixes is None and not _STATE.match(state):
        source.refuse(number, line, f"{state!r} is neither a number of prefixes nor a state of BGP")
    return SummaryRow(
        address=source.take(number, line, address_of, named["address"]),
        asn=source.take(number, line, as_of, row["asn"]),
        state=ESTABLISHED if prefixes is not None else state.strip("()") if state[0] == "(" else state,
        prefixes=prefixes,
        uptime_seconds=source.take(number, line, seconds, row["up"]),
        dynamic=bool(named["dynamic"]),
        neighbor_version=int(row["table"]),
        input_queue=int(row["inq"]),
        output_queue=int(row["outq"]),
        messages_received=int(row["received"]),
        messages_sent=int(row["sent"]),
        **reading.head,
    )
