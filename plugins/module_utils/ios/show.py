# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what show commands answer. No line is dropped silently: what is not understood is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .text import IosTextError, address_or_none, asn_number, lines_of, refuse, seconds

SUMMARY = "show bgp ipv4 unicast summary"
ESTABLISHED = "Established"

_VALUES = (
    r"(?P<version>\d)\s+(?P<asn>[\d.]+)\s+(?P<received>\d+)\s+(?P<sent>\d+)\s+(?P<table>\d+)"
    r"\s+(?P<inq>\d+)\s+(?P<outq>\d+)\s+(?P<up>\S+)\s+(?P<state>\S.*)\Z"
)
_ROW = re.compile(r"\s*(?P<dynamic>\*?)(?P<address>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*)\s+" + _VALUES)
_CONTINUED = re.compile(r"\s*" + _VALUES)
_ALONE = re.compile(r"\s*(?P<dynamic>\*?)(?P<address>[0-9A-Fa-f.]*:[0-9A-Fa-f.:]+)\Z")
_STATE = re.compile(r"(Idle|Connect|Active|OpenSent|OpenConfirm|Closing|Closed|Clsng)(?: \([A-Za-z]+\))?\Z")
_FAMILY = re.compile(r"\s*For address family: (.+)\Z")
_IDENTIFIER = re.compile(r"\s*BGP router identifier (\S+), local AS number (\S+)\Z")
_TABLE = re.compile(r"\s*BGP table version is (\d+), main routing table version \d+\Z")
_COLUMNS = re.compile(
    r"\s*Neighbor\s+V\s+AS\s+MsgRcvd\s+MsgSent\s+TblVer\s+InQ\s+OutQ\s+Up/Down\s+State/PfxRcd\Z"
)
_KNOWN = re.compile(
    r"""\s*(?:
        [\d/]+\ .*\ using\ \d+\ bytes\ of\ memory
      | BGP\ using\ \d+\ total\ bytes\ of\ memory
      | BGP\ activity\ .*
      | \d+\ networks\ peaked\ at\ .*
      | \d+\ multipath\ network\ entries\ .*
      | \d+\ received\ paths\ for\ inbound\ soft\ reconfiguration
      | \d+\ identical\ .*|\d+\ history\ paths.*|Dampening\ enabled.*
      | BGP\ is\ throttling.*|Graceful\ shutdown.*|RPKI\ .*
      | \*\ Dynamically\ created\ based\ on\ a\ listen\ range\ command
      | (?:Total\ d|D)ynamically\ created\ neighbors:\ .*
      | BGP\ peergroup\ \S+\ listen\ range\ group\ members:
      | [0-9A-Fa-f.:]+/\d+
      | !+
    )\Z""",
    re.X,
)
_INACTIVE = re.compile(r"\s*%\s*BGP not active\Z")
_PRIVILEGE = re.compile(r"Current privilege level is (\d+)\Z")
_NO_ROLLBACK = re.compile(r"%\s*No Rollback Confirmed Change pending")
_ROLLBACK = re.compile(r"(?:Timer value|Time configured|Rollback Confirmed Change).*")
_VERSION = re.compile(r"\bVersion (?P<version>[^\s,]+)")


@dataclass(frozen=True)
class SummaryRow:
    """One session.

    Attributes:
        address: in one form (IPv6 compressed, lower case).
        asn: as a 32-bit integer.
        state: "Established", or what IOS says: Idle, Active, Idle (Admin), Idle (PfxCt), ...
        prefixes: accepted from the neighbour; None unless Established. 0 is legal.
        uptime_seconds: since the session came up or went down; None for never.
        dynamic: created by a listen range.
        table_version: what the neighbour has been sent up to.
        input_queue, output_queue: messages waiting.
        family: the address family, where the text names it.
    """

    address: str
    asn: int
    state: str
    prefixes: int | None
    uptime_seconds: int | None
    dynamic: bool
    table_version: int = 0
    input_queue: int = 0
    output_queue: int = 0
    family: str = ""


@dataclass(frozen=True)
class Summary:
    """`show bgp ... summary`.

    Attributes:
        active: False where no BGP process runs; True with no rows where it has no active neighbour.
        rows: in the order of the text.
        router_id, local_as, table_version: of the first family; None where the text does not say.
    """

    active: bool
    rows: tuple[SummaryRow, ...] = ()
    router_id: str | None = None
    local_as: int | None = None
    table_version: int | None = None


@dataclass
class _Head:
    router_id: str | None = None
    local_as: int | None = None
    table_version: int | None = None
    family: str = ""
    rows: list[SummaryRow] = field(default_factory=list)


def read_summary(text: str, command: str = SUMMARY) -> Summary:
    """Read a BGP summary of one or several address families.

    Raises:
        IosTextError: an error of IOS, or a line that is neither a session nor a known heading.
    """
    head = _Head()
    waiting: tuple[int, str, re.Match[str]] | None = None
    for number, line in lines_of(text):
        if _INACTIVE.match(line):
            return Summary(active=False)
        row = _CONTINUED.match(line) if waiting else _ROW.match(line)
        if row is not None:
            named = waiting[2] if waiting else row
            head.rows.append(_row(command, number, line, named, row, head.family))
            waiting = None
            continue
        if waiting is not None:
            refuse(command, *waiting[:2], "the columns of this neighbour are missing on the next line")
        alone = _ALONE.match(line)
        if alone is not None:
            waiting = number, line, alone
        elif not _heading(command, head, number, line):
            refuse(command, number, line, "neither a neighbour nor a known line of a summary; report it")
    if waiting is not None:
        refuse(command, *waiting[:2], "the text ends in the middle of this neighbour; read it again")
    return Summary(True, tuple(head.rows), head.router_id, head.local_as, head.table_version)


def _heading(command: str, head: _Head, number: int, line: str) -> bool:
    """Take up a line that is no row; False where it is not known."""
    family, identifier, table = _FAMILY.match(line), _IDENTIFIER.match(line), _TABLE.match(line)
    if family:
        head.family = family.group(1)
    elif identifier:
        if head.router_id is None:
            head.router_id = identifier.group(1)
            head.local_as = _asn(command, number, line, identifier.group(2))
    elif table:
        head.table_version = int(table.group(1)) if head.table_version is None else head.table_version
    else:
        return bool(_COLUMNS.match(line) or _KNOWN.match(line))
    return True


def _asn(command: str, number: int, line: str, text: str) -> int:
    try:
        return asn_number(text)
    except ValueError as error:
        refuse(command, number, line, str(error))


def _row(
    command: str, number: int, line: str, named: re.Match[str], row: re.Match[str], family: str
) -> SummaryRow:
    address = address_or_none(named["address"])
    if address is None:
        refuse(command, number, line, f"{named['address']!r} is no address")
    state = row["state"]
    prefixes = int(state) if state.isdigit() else None
    if prefixes is None and not _STATE.match(state):
        refuse(command, number, line, f"{state!r} is neither a number of prefixes nor a state of BGP")
    try:
        uptime = seconds(row["up"])
    except ValueError as error:
        refuse(command, number, line, str(error))
    return SummaryRow(
        address=address,
        asn=_asn(command, number, line, row["asn"]),
        state=ESTABLISHED if prefixes is not None else state,
        prefixes=prefixes,
        uptime_seconds=uptime,
        dynamic=bool(named["dynamic"]),
        table_version=int(row["table"]),
        input_queue=int(row["inq"]),
        output_queue=int(row["outq"]),
        family=family,
    )


def read_privilege(text: str) -> int:
    """Privilege level out of `show privilege`. Below 15 a configuration is shown in parts, silently."""
    for _number, line in lines_of(text):
        found = _PRIVILEGE.match(line.strip())
        if found:
            return int(found.group(1))
    raise IosTextError(
        "show privilege", 0, "", f"expected 'Current privilege level is 15', got {text.strip()[:80]!r}"
    )


def read_rollback_timer(text: str) -> bool:
    """Whether a rollback is armed, out of `show archive config rollback timer`."""
    command = "show archive config rollback timer"
    for number, line in lines_of(text):
        stripped = line.strip()
        if _NO_ROLLBACK.match(stripped):
            return False
        if stripped.startswith("%"):
            refuse(command, number, line, "the router refused the command")
        if _ROLLBACK.match(stripped):
            return True
    raise IosTextError(
        command, 0, "", f"says neither that a rollback is pending nor that none is: {text.strip()[:80]!r}"
    )


def read_version(text: str) -> str:
    """Release out of `show version`, IOS-XE's own where there is one."""
    for _number, line in lines_of(text):
        found = _VERSION.search(line)
        if found and ("Software" in line or "IOS" in line):
            return found["version"]
    raise IosTextError("show version", 0, "", f"names no release of IOS: {text.strip()[:80]!r}")


@dataclass(frozen=True)
class NeighborDetail:
    """One block of `show ip bgp neighbors`.

    Attributes:
        address, asn, dynamic, group, description, state: as in the summary and the configuration.
        vrf: name of the VRF, "" for the global table.
        hold, keepalive: negotiated, seconds; None while the session is down.
        graceful_restart: what was said about the capability: "advertised", "received",
            "advertised and received", or "" where the block does not name it.
        route_reflector_clients: address families in which it is a client.
        last_reset: why the session was last reset, in the router's words; "" where it never was.
    """

    address: str
    asn: int
    dynamic: bool = False
    vrf: str = ""
    group: str = ""
    description: str = ""
    state: str = ""
    hold: int | None = None
    keepalive: int | None = None
    graceful_restart: str = ""
    route_reflector_clients: frozenset[str] = frozenset()
    last_reset: str = ""


# A block may follow the one before it without a line break.
_BLOCK = re.compile(
    r"BGP neighbor is (?P<dynamic>\*?)(?P<address>[0-9A-Fa-f.:]+),\s+(?:vrf (?P<vrf>[^,]+),\s+)?"
    r"remote AS (?P<asn>[\d.]+)"
)
_DETAILS = {
    "group": re.compile(r"^ ?Member of peer-group (\S+) for session parameters", re.M),
    "description": re.compile(r"^ ?Description: (.*\S)", re.M),
    "state": re.compile(r"^\s*BGP state = ([A-Za-z]+)", re.M),
    "graceful_restart": re.compile(
        r"^\s*Graceful Restart Capability: (advertised and received|advertised|received)", re.M
    ),
    "last_reset": re.compile(r"^\s*Last reset (?!never)[^,\n]+, due to (.*\S)", re.M),
}
_HOLD = re.compile(r", hold time is (\d+), keepalive interval is (\d+) seconds")
_FAMILY_BLOCK = re.compile(r"^\s*For address family: (.*\S)", re.M)
_CLIENT = re.compile(r"^\s*Route-Reflector Client\s*$", re.M)


def read_neighbors(text: str, command: str = "show ip bgp neighbors") -> tuple[NeighborDetail, ...]:
    """Read the blocks of `show ip bgp neighbors`, in the order of the text.

    Raises:
        IosTextError: an error of IOS, or text without any block.
    """
    starts = list(_BLOCK.finditer(text))
    if not starts:
        for number, line in lines_of(text):
            if _INACTIVE.match(line):
                return ()
            refuse(command, number, line, "no 'BGP neighbor is' in the answer")
        return ()
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return tuple(_neighbor(command, start, text[start.end() : end]) for start, end in zip(starts, ends))


def _neighbor(command: str, start: re.Match[str], block: str) -> NeighborDetail:
    address = address_or_none(start["address"])
    if address is None:
        refuse(command, start.string.count("\n", 0, start.start()) + 1, start.group(), "this is no address")
    found = {name: pattern.search(block) for name, pattern in _DETAILS.items()}
    hold = _HOLD.search(block)
    return NeighborDetail(
        address=address,
        asn=_asn(command, start.string.count("\n", 0, start.start()) + 1, start.group(), start["asn"]),
        dynamic=bool(start["dynamic"]),
        vrf=start["vrf"] or "",
        hold=int(hold.group(1)) if hold else None,
        keepalive=int(hold.group(2)) if hold else None,
        route_reflector_clients=frozenset(_clients(block)),
        **{name: match.group(1) if match else "" for name, match in found.items()},
    )


def _clients(block: str) -> Iterator[str]:
    families = list(_FAMILY_BLOCK.finditer(block))
    ends = [family.start() for family in families[1:]] + [len(block)]
    for family, end in zip(families, ends):
        if _CLIENT.search(block, family.end(), end):
            yield family.group(1)
