# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The detailed view: `show ip bgp PREFIX`, `show ip bgp all detail`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..text import address_of, mask
from .answer import Answer
from .path_words import ORIGINS, Place, prefix_of
from .records import BgpPath

ENTRY = "BGP routing table entry for "

_ENTRY = re.compile(ENTRY + r"(?P<nlri>\S+), version (?P<version>\d{1,20})\Z", re.A)
_PATHS = re.compile(r"Paths: \((?P<count>\d{1,9}) available, (?P<rest>.*)\)\Z", re.A)
_NONE = re.compile(r"Paths: \(no paths\b.*\)\Z|Paths: \(0 available\b.*\)\Z")
# An RD in front of an IP prefix: 65000:100:10.0.0.0/8, 10.1.1.1:3:2001:DB8::/32.
_RD = re.compile(
    r"(?P<rd>(?:\d+|\d+\.\d+\.\d+\.\d+):\d+):(?P<prefix>\d+\.\d+\.\d+\.\d+(?:/\d+)?|[0-9A-Fa-f:.]+/\d+)\Z",
    re.A,
)
_NEXT_HOP = re.compile(
    r"(?P<next_hop>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+)(?P<notes>(?: \([^()]*\))*)"
    r" from (?P<neighbor>\*?[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?:%\S+)?) \((?P<router_id>[\d.]+)\)(?P<more>.*)\Z",
    re.A,
)
_IGP_METRIC = re.compile(r"\(metric (\d{1,20})\)", re.A)
_AS_PATH = re.compile(r"(?P<path>Local|[\d.{}()][\d.,{}() ]*?)(?P<notes>(?:,\s*[(a-z]| \([a-z]).*)?\Z", re.A)
_ORIGIN = re.compile(r"Origin (?P<origin>IGP|EGP|incomplete)(?P<rest>(?:, .*)?)\Z")
_ATTRIBUTE = re.compile(r"(metric|localpref|weight) (\d{1,20})\Z", re.A)
_ORIGINATOR = re.compile(
    r"Originator: (?P<originator>[\d.]+), Cluster list: (?P<clusters>[\d.]+(?:,? [\d.]+)*)(?: ?, .*)?\Z", re.A
)
_COMMUNITY = re.compile(r"Community: (.*)\Z")
_A_COMMUNITY = re.compile(
    r"(?:\d{1,10}(?::\d{1,5})?|internet|local-as|no-(?:export|advertise|peer|llgr)|llgr-stale|gshut"
    r"|graceful-shutdown|accept-own(?:-nexthop)?|blackhole)\Z",
    re.A | re.I,
)
_EXTENDED = re.compile(r"Extended Community: (.*)\Z")
# How the router compares paths stands before them.
_BESTPATH = re.compile(r"BGP Bestpath: .*\Z")
_OF_ENTRY = re.compile(
    r"""(?:Not\ advertised\ to\ any\ peer | Advertised\ (?:to|in)\ .* | Flag:\ .* | Multipath:\ .*
      | Additional-path.* | Path\ advertised\ to\ .* | Refresh\ Epoch\ \d+ | BGP\ Bestpath:\ .*
      | [0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?:\s+[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+)*)\Z""",
    re.X | re.A,
)
_OF_PATH = re.compile(
    r"""(?:mpls\ labels\ .* | rx\ pathid:\ .* | Updated\ on\ .* | Dampinfo:.* | Refresh\ Epoch\ \d+
      | path\ \S+.*
      | (?:Local|Remote)\ (?:vxlan|VxLAN).* | (?:vrf|vni|encap|vtep-ip|bdi):.* | local\ router\ mac:.*
      | Topoid\ .* | Remote\ Router\ MAC:.* | Encap\ \d+ | Egress\ VNI\ .* | RTEP\ .* | EVPN\ ESI:.*
      | Large\ Community:.* | Recursive\ .* | Best\ Path\ .*)\Z""",
    re.X | re.A,
)
# Fields that collect words or lines.
_LISTS = ("unknown", "communities", "extended_communities")
_ABSENT = re.compile(r"%\s*Network not in table\Z")


@dataclass
class _Details:
    """Where the reader is: in an entry, and in one of its paths once `path` is there."""

    place: Place
    paths: list[BgpPath] = field(default_factory=list)
    entry: dict[str, Any] = field(default_factory=dict)
    line: tuple[int, str] = (0, "")
    expected: int | None = None
    seen: int = 0
    as_path: re.Match[str] | None = None
    path: dict[str, Any] | None = None

    @property
    def source(self) -> Answer:
        return self.place.source


def read_details(source: Answer) -> tuple[BgpPath, ...]:
    """Every path of every prefix of the answer; see read_prefixes."""
    details = _Details(Place(source))
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        if line:
            _line(details, number, line)
    _end_entry(details)
    return tuple(details.paths)


def _line(details: _Details, number: int, line: str) -> None:
    source = details.source
    if line.startswith(ENTRY):
        _end_entry(details)
        _begin_entry(details, number, line)
    elif details.place.heading(line):
        _end_entry(details)
        details.entry = {}
    elif _ABSENT.match(line):
        return
    elif line[0] == "%":
        source.refuse(number, line, "the router refused the command")
    elif not details.entry:
        source.refuse(number, line, "not a known line before a prefix; report it")
    elif not _of_entry(details, number, line):
        _of_path(details, number, line)


def _begin_entry(details: _Details, number: int, line: str) -> None:
    found = _ENTRY.match(line)
    if found is None:
        details.source.refuse(number, line, "expected 'BGP routing table entry for PREFIX, version N'")
    nlri, rd = found["nlri"], details.place.rd
    distinguished = _RD.match(nlri)
    if distinguished:
        nlri, rd = distinguished["prefix"], distinguished["rd"]
    details.entry = {
        "prefix": details.source.take(number, line, prefix_of, nlri),
        "rd": rd,
        "vrf": details.place.vrf,
        "family": details.place.family,
        "table_version": int(found["version"]),
        "unknown": [],
    }
    details.line, details.expected, details.seen = (number, line), None, 0


def _of_entry(details: _Details, number: int, line: str) -> bool:
    """Take up a line about the prefix, or one that begins a path; False where it is none."""
    count, next_hop = _PATHS.match(line), _NEXT_HOP.match(line)
    if count or _NONE.match(line):
        if details.expected is not None:
            details.source.refuse(number, line, f"a second line of its kind: {ENTRY!r} is missing before it")
        details.expected = int(count["count"]) if count else 0
        return True
    if next_hop:
        _begin_path(details, number, line, next_hop)
        return True
    if details.expected is None:
        if _BESTPATH.match(line):
            return True
        details.source.refuse(number, line, "no 'Paths: (N available' before this line")
    # "1 3" may be update-groups or an AS path; only the line right before a next hop is the latter.
    as_path = _AS_PATH.match(line)
    if as_path:
        _end_path(details)
        details.as_path = as_path
        return True
    if details.path is None and not _OF_ENTRY.match(line):
        details.entry["unknown"].append(mask(line))
    return details.path is None


def _begin_path(details: _Details, number: int, line: str, found: re.Match[str]) -> None:
    as_path = details.as_path
    if as_path is None:
        details.source.refuse(number, line, "no AS path before this next hop")
    _end_path(details)
    take, notes, remarks = details.source.take, found["notes"], as_path["notes"] or ""
    metric = _IGP_METRIC.search(notes)
    details.path = {
        **details.entry,
        "next_hop": take(number, line, address_of, found["next_hop"]),
        "neighbor": take(number, line, address_of, found["neighbor"].lstrip("*")),
        "router_id": found["router_id"],
        "accessible": "(inaccessible)" not in notes,
        "igp_metric": int(metric.group(1)) if metric else None,
        "as_path": "" if as_path["path"] == "Local" else as_path["path"].strip(),
        "reflector_client": "(Received from a RR-client)" in remarks,
        "received_only": "(received-only)" in remarks,
        "unknown": list(details.entry["unknown"]),
        "line": (number, line),
        "list": "",
    }
    details.as_path = None


def _of_path(details: _Details, number: int, line: str) -> None:
    path = details.path
    if path is None:
        return
    origin, originator = _ORIGIN.match(line), _ORIGINATOR.match(line)
    community, extended = _COMMUNITY.match(line), _EXTENDED.match(line)
    if origin:
        _origin(path, origin)
    elif originator:
        path["list"] = ""
        path["originator"] = originator["originator"]
        path["cluster_list"] = tuple(re.findall(r"[\d.]+", originator["clusters"]))
    elif community and _are_communities(community.group(1), "communities"):
        path["communities"], path["list"] = _words(community.group(1)), "communities"
    elif extended and _are_communities(extended.group(1), "extended_communities"):
        path["extended_communities"], path["list"] = _words(extended.group(1)), "extended_communities"
    elif line.startswith(("Origin", "Cluster list")):
        details.source.refuse(
            number, line, "not the form of a line that begins so; read it again or report it"
        )
    elif _OF_PATH.match(line):
        path["list"] = ""
    elif path["list"] and _are_communities(line, path["list"]):
        # A long list of communities goes on in the next line.
        path[path["list"]] += _words(line)
    else:
        path["unknown"].append(mask(line))


def _are_communities(text: str, kind: str) -> bool:
    """Whether words are communities: what else stands below them is a line of its own."""
    words = _words(text)
    if kind == "communities":
        return all(_A_COMMUNITY.match(word) for word in words)
    return any(":" in word for word in words) or kind == "unknown"


def _words(text: str) -> list[str]:
    # ", recursive-via-host" follows some lines; it says nothing about the path's attributes.
    return text.partition(" , ")[0].split()


def _origin(path: dict[str, Any], found: re.Match[str]) -> None:
    flags = [part.strip() for part in found["rest"].split(",") if part.strip()]
    names = {"metric": "metric", "localpref": "local_preference", "weight": "weight"}
    for flag in flags:
        attribute = _ATTRIBUTE.match(flag)
        if attribute:
            path[names[attribute.group(1)]] = int(attribute.group(2))
    path["origin"] = ORIGINS[found["origin"]]
    path["best"], path["valid"] = "best" in flags, "valid" in flags
    path["internal"] = "internal" in flags


def _end_path(details: _Details) -> None:
    path = details.path
    if path is None:
        return
    number, line = path.pop("line")
    if "origin" not in path:
        details.source.refuse(number, line, "the line with the path's origin is missing")
    path.pop("list")
    for name in _LISTS:
        path[name] = tuple(path.get(name, ()))
    for name in ("metric", "local_preference", "weight"):
        path.setdefault(name, None)
    details.paths.append(BgpPath(status="", **path))
    details.path = None
    details.seen += 1


def _end_entry(details: _Details) -> None:
    if not details.entry:
        return
    _end_path(details)
    if details.expected is None or (details.as_path is not None and details.seen):
        details.source.refuse(*details.line, "the text ends in the middle of this prefix; read it again")
    if details.seen < details.expected:
        details.source.refuse(
            *details.line, f"{details.expected} paths available, {details.seen} in the text; read it again"
        )
