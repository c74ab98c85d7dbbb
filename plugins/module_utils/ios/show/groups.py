# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of neighbours: cluster ids, update-groups, peer-groups with their listen ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ...model.family import IPV4
from ..config.values import ListenRange
from ..text import address_of, mask
from .answer import Answer, answer, as_of, is_inactive
from .records import ClusterId, ClusterIds, DynamicCount, ListenRanges, PeerGroup, UpdateGroup
from .summary import read_summary

_GLOBAL = re.compile(r"Global cluster-id: (?P<id>[\d.]+) \(configured: (?P<configured>[\d.]+)\)\Z", re.A)
_REFLECTION = re.compile(r"(?P<what>all \([^)]*\)|intra-cluster):\s+(?P<marks>(?:(?:EN|DIS)ABLED\s*)+)\Z")
_CLUSTER = re.compile(
    r"(?P<id>[\d.]+)\s+(?P<neighbors>\d{1,9})\s+(?P<configured>(?:EN|DIS)ABLED)\s+(?P<used>(?:EN|DIS)ABLED)\Z",
    re.A,
)
_CLUSTER_TITLES = re.compile(
    r"(?:BGP client-to-client reflection:\s+Configured\s+Used|List of cluster-ids:"
    r"|Cluster-id\s+#-neighbors .*)\Z"
)
_UPDATE_GROUP = re.compile(
    r"BGP version \d+ update-group (?P<number>\d{1,9}), (?:(?P<link>internal|external), )?(?P<rest>.*)\Z",
    re.A,
)
_GROUP_FAMILY = re.compile(r"Address Family: ([^,]+)")
_GROUP_VRF = re.compile(r"\b(?:VRF|vrf):? (\S+)")
_HAS_MEMBERS = re.compile(r"Has (?P<count>\d{1,9}) members?(?: \([^)]*\))?:(?P<members>.*)\Z", re.A)
_MEMBERS = re.compile(
    r"\*?[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?:%\S+)?(?:\s+\*?[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?:%\S+)?)*\Z", re.A
)
_OF_UPDATE_GROUP = re.compile(
    r"""(?:BGP\ Update\ version\ :.* | Update\ messages\ formatted\ .* | Number\ of\ NLRIs\ .* | Topology:\ .*
      | (?:Default\ )?[Mm]inimum\ time\ between\ advertisement\ .* | Format\ state:\ .* | Refresh\ blocked\ .*
      | Route\ map\ for\ .* | Community\ attribute\ .* | Extended-community\ attribute\ .*)\Z""",
    re.X,
)
_PEER_GROUP = re.compile(
    r"BGP peer-group is (?P<name>\S+?)(?:,\s+remote AS (?P<asn>[\d.]+))?(?P<rest>,.*)?\Z", re.A
)
_RANGES = re.compile(r"BGP peergroup (?P<name>\S+) listen range group members:(?P<prefixes>.*)\Z")
_PREFIXES = re.compile(r"[0-9A-Fa-f.:]+/\d+(?:\s+[0-9A-Fa-f.:]+/\d+)*\Z", re.A)
_FAMILY = re.compile(r"For address family: (.+)\Z")
_GROUP_MEMBERS = re.compile(
    r"BGP neighbor is (?P<name>\S+), peer-group (?:internal|external)(?P<members>, members:.*)?\Z"
)
_OF_PEER_GROUP = re.compile(
    r"""(?:BGP\ version\ \d+ | Neighbor\ sessions: | \d+\ active,\ .* | Do\ log\ neighbor\ state\ changes.*
      | Default\ minimum\ time\ between\ .* | Index\ \d+, .* | Update\ messages\ formatted\ .* | Session:\ .*
      | Number\ of\ NLRIs\ .* | Slow-peer\ .*)\Z""",
    re.X | re.A,
)


def read_cluster_ids(text: str, command: str = "") -> ClusterIds:
    """Read `show ip bgp cluster-ids` or `show bgp all cluster-ids`.

    Raises:
        IosTextError: an error of IOS, a line that is not known, or a text without the global cluster id.
    """
    source = answer(text, command, "show ip bgp cluster-ids")
    fields: dict[str, Any] = {}
    clusters: list[ClusterId] = []
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        found, reflection, cluster = _GLOBAL.match(line), _REFLECTION.match(line), _CLUSTER.match(line)
        if found:
            configured = found["configured"]
            fields["cluster_id"] = source.take(number, line, address_of, found["id"])
            fields["configured"] = None if configured == "0.0.0.0" else configured
        elif reflection:
            used = reflection["marks"].split()[-1] == "ENABLED"
            fields["client_to_client" if reflection["what"][0] == "a" else "intra_cluster"] = used
        elif cluster:
            marks = (cluster["configured"] == "ENABLED", cluster["used"] == "ENABLED")
            name = source.take(number, line, address_of, cluster["id"])
            clusters.append(ClusterId(name, int(cluster["neighbors"]), *marks))
        elif line and not _CLUSTER_TITLES.match(line):
            _refuse(source, number, line, "not a known line about cluster ids; report it")
    if "cluster_id" not in fields:
        source.refuse(0, "", "no 'Global cluster-id' in the text")
    return ClusterIds(clusters=tuple(clusters), **fields)


def _refuse(source: Answer, number: int, line: str, why: str) -> None:
    source.refuse(number, line, "the router refused the command" if line.startswith("%") else why)


@dataclass
class _Group:
    """An update-group while it is read; `missing` members are still to come."""

    fields: dict[str, Any]
    line: tuple[int, str]
    missing: int = 0
    members: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def read_update_groups(text: str, command: str = "") -> tuple[UpdateGroup, ...]:
    """Read `show ip bgp update-group`; () where no BGP process runs or there is no group.

    Raises:
        IosTextError: an error of IOS, text outside of a group, or fewer members than the group counts.
    """
    source = answer(text, command, "show ip bgp update-group")
    groups: list[_Group] = []
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        if not line or (not groups and is_inactive(line)):
            continue
        head = _UPDATE_GROUP.match(line)
        if head:
            groups.append(_begin_group(head, number, line))
        elif not groups:
            _refuse(source, number, line, "no 'BGP version 4 update-group' before this line; report it")
        else:
            _of_group(source, number, line, groups[-1])
    for group in groups:
        if group.missing > 0:
            source.refuse(*group.line, f"{group.missing} members are missing; read it again")
    return tuple(
        UpdateGroup(members=tuple(group.members), unknown=tuple(group.unknown), **group.fields)
        for group in groups
    )


def _begin_group(head: re.Match[str], number: int, line: str) -> _Group:
    family, vrf = _GROUP_FAMILY.search(head["rest"]), _GROUP_VRF.search(head["rest"])
    return _Group(
        {
            "number": int(head["number"]),
            "link": head["link"] or "",
            "family": family.group(1).strip() if family else "",
            "vrf": vrf.group(1) if vrf else "",
        },
        (number, line),
    )


def _of_group(source: Answer, number: int, line: str, group: _Group) -> None:
    has = _HAS_MEMBERS.match(line)
    if has:
        group.missing = int(has["count"])
        group.line = (number, line)
        line = has["members"].strip()
        if not line:
            return
    if group.missing > 0 and _MEMBERS.match(line):
        # A mark says that a member is being sent updates, or that a listen range created it.
        members = [source.take(number, line, address_of, each.lstrip("*")) for each in line.split()]
        group.members += members
        group.missing -= len(members)
    elif line == "Route-Reflector Client":
        group.fields["route_reflector_client"] = True
    elif line.startswith("%"):
        source.refuse(number, line, "the router refused the command")
    elif not _OF_UPDATE_GROUP.match(line):
        group.unknown.append(mask(line))


@dataclass
class _Peers:
    """A peer-group while it is read."""

    name: str
    asn: int | None
    family: str = ""
    place: str = ""
    ranges: list[str] = field(default_factory=list)
    members: dict[str, bool] = field(default_factory=dict)
    clients: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)


def read_peer_groups(text: str, command: str = "") -> tuple[PeerGroup, ...]:
    """Read `show ip bgp peer-group [NAME]`; () where no BGP process runs or there is no group.

    Raises:
        IosTextError: an error of IOS, or text outside of a group.
    """
    source = answer(text, command, "show ip bgp peer-group")
    groups: list[_Peers] = []
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        if not line or (not groups and is_inactive(line)):
            continue
        head = _PEER_GROUP.match(line)
        if head:
            asn = source.take(number, line, as_of, head["asn"]) if head["asn"] else None
            groups.append(_Peers(head["name"], asn))
        elif not groups:
            _refuse(source, number, line, "no 'BGP peer-group is' before this line; report it")
        elif not _of_peers(source, number, line, groups[-1]):
            groups[-1].unknown.append(mask(line))
    return tuple(
        PeerGroup(
            each.name,
            each.asn,
            tuple(each.ranges),
            each.members,
            frozenset(each.clients),
            tuple(each.unknown),
        )
        for each in groups
    )


def _of_peers(source: Answer, number: int, line: str, group: _Peers) -> bool:
    """Take up a line about the group; False where it is not known."""
    ranges, family, members = _RANGES.match(line), _FAMILY.match(line), _GROUP_MEMBERS.match(line)
    if line.startswith("%"):
        source.refuse(number, line, "the router refused the command")
    if ranges or members:
        group.place = "ranges" if ranges else "members"
        found = (
            ranges["prefixes"] if ranges else (members["members"] or "").partition(":")[2] if members else ""
        )
        return not found.strip() or _list(source, number, found.strip(), group)
    if group.place and _list(source, number, line, group):
        return True
    group.place = ""
    if family:
        group.family = family.group(1)
    elif line == "Route-Reflector Client":
        group.clients.add(group.family)
    else:
        return _OF_PEER_GROUP.match(line) is not None
    return True


def _list(source: Answer, number: int, line: str, group: _Peers) -> bool:
    """Take up prefixes or members, one or several in a line; False where the line holds none."""
    if group.place == "ranges" and _PREFIXES.match(line):
        group.ranges += line.split()
        return True
    if group.place == "members" and _MEMBERS.match(line):
        for each in line.split():
            group.members[source.take(number, line, address_of, each.lstrip("*"))] = each.startswith("*")
        return True
    return False


def read_listen_ranges(text: str, command: str = "") -> ListenRanges:
    """Read the listen ranges out of the foot of a summary, or out of `show ip bgp peer-group`.

    Raises:
        IosTextError: as read_summary and read_peer_groups, and where no BGP process runs.
    """
    if "BGP peer-group is" in text:
        groups = read_peer_groups(text, command)
        ranges = tuple(ListenRange(prefix, group.name) for group in groups for prefix in group.listen_ranges)
        return ListenRanges(ranges, sum(sum(group.members.values()) for group in groups))
    summary = read_summary(text, command)
    if not summary.active:
        answer(text, command, IPV4.summary).refuse(1, "% BGP not active", "no BGP process has listen ranges")
    # The total comes last, and only where IOS counts families together.
    count = max(summary.dynamic, key=_is_total, default=None)
    return ListenRanges(
        summary.listen_ranges, count.neighbors if count else None, count.limit if count else None
    )


def _is_total(count: DynamicCount) -> bool:
    return count.total
