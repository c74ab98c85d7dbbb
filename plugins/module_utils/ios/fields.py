# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements under `router bgp` that have a field of their own in the records, each with its reader.

A reader gets what follows the leading words, and whether `no` stood before it. False means: nothing to put
into a field, keep the line as it is. ValueError or IndexError: a form that is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Callable

from .records import DEFAULT_THRESHOLD, ListenRange, MaximumPrefix
from .secret import read_password
from .text import asn_number, cluster_id_number

_MAXIMUM = re.compile(r"(\d+)(?: (\d+))?(?: (warning-only|restart \d+|discard-extra))?\Z")

Words = list[str]


@dataclass
class ProcessDraft:
    """Fields of the process while its lines are read."""

    fields: dict[str, object] = field(default_factory=dict)
    ranges: list[ListenRange] = field(default_factory=list)


@dataclass
class NeighborDraft:
    """Fields of a neighbour while its lines are read."""

    fields: dict[str, object] = field(default_factory=dict)
    families: set[str] = field(default_factory=set)
    extra: set[str] = field(default_factory=set)


def _cluster_id(process: ProcessDraft, rest: Words, negated: bool) -> bool:
    if not negated:
        process.fields["cluster_id"] = cluster_id_number(rest[0])
    return True


def _router_id(process: ProcessDraft, rest: Words, negated: bool) -> bool:
    if not negated:
        process.fields["router_id"] = " ".join(rest)
    return True


def _default_ipv4(process: ProcessDraft, _rest: Words, negated: bool) -> bool:
    process.fields["default_ipv4"] = not negated
    return True


def _graceful_restart(process: ProcessDraft, rest: Words, negated: bool) -> bool:
    if negated or (rest and rest[0] not in ("restart-time", "stalepath-time")):
        return negated and not rest
    if rest:
        process.fields[rest[0].replace("-", "_")] = int(rest[1])
    else:
        process.fields["graceful_restart"] = True
    return True


def _timers(process: ProcessDraft, rest: Words, negated: bool) -> bool:
    if not negated:
        process.fields["timers"] = (int(rest[0]), int(rest[1]))
    return len(rest) == 2


def _log_changes(process: ProcessDraft, _rest: Words, negated: bool) -> bool:
    process.fields["log_changes"] = not negated
    return True


def _additional_paths(process: ProcessDraft, rest: Words, negated: bool) -> bool:
    if negated or rest[0] == "select":
        return False
    process.fields["additional_paths"] = " ".join(rest)
    return True


def _listen_range(process: ProcessDraft, rest: Words, negated: bool) -> bool:
    if negated or "peer-group" not in rest:
        return False
    process.ranges.append(ListenRange(rest[0], rest[rest.index("peer-group") + 1]))
    return len(rest) == 3


PROCESS_FIELDS: tuple[tuple[tuple[str, ...], Callable[[ProcessDraft, Words, bool], bool]], ...] = (
    (("bgp", "cluster-id"), _cluster_id),
    (("bgp", "router-id"), _router_id),
    (("bgp", "default", "ipv4-unicast"), _default_ipv4),
    (("bgp", "graceful-restart"), _graceful_restart),
    (("bgp", "log-neighbor-changes"), _log_changes),
    (("bgp", "additional-paths"), _additional_paths),
    (("bgp", "listen", "range"), _listen_range),
    (("timers", "bgp"), _timers),
)


def _peer_group(draft: NeighborDraft, rest: str, negated: bool) -> bool:
    if rest and not negated:
        draft.fields["group"] = rest
    return not negated


def _remote_as(draft: NeighborDraft, rest: str, negated: bool) -> bool:
    if negated:
        return False
    words = rest.split()
    draft.fields["remote_as"] = asn_number(words[0])
    if len(words) > 1:
        draft.extra.add(f"remote-as {rest}")
    return True


def _text(name: str) -> Callable[[NeighborDraft, str, bool], bool]:
    def read(draft: NeighborDraft, rest: str, negated: bool) -> bool:
        if not negated:
            draft.fields[name] = rest
        return not negated

    return read


def _flag(name: str) -> Callable[[NeighborDraft, str, bool], bool]:
    def read(draft: NeighborDraft, rest: str, negated: bool) -> bool:
        draft.fields[name] = not negated
        return not rest

    return read


def _password(draft: NeighborDraft, rest: str, negated: bool) -> bool:
    if not negated:
        draft.fields["password"] = read_password(rest)
    return not negated


def _neighbor_timers(draft: NeighborDraft, rest: str, negated: bool) -> bool:
    if negated:
        return False
    words = rest.split()
    draft.fields["timers"] = (int(words[0]), int(words[1]))
    return len(words) == 2


def _transport(draft: NeighborDraft, rest: str, negated: bool) -> bool:
    if rest.startswith("connection-mode"):
        draft.fields["passive"] = rest.endswith(" passive") and not negated
        return True
    return False


def _lists(draft: NeighborDraft, rest: str, negated: bool) -> bool:
    name, direction = rest.split()
    if negated or direction not in ("in", "out"):
        return False
    draft.fields[f"prefix_{direction}"] = name
    return True


def _maximum(draft: NeighborDraft, rest: str, negated: bool) -> bool:
    found = _MAXIMUM.match(rest)
    if negated or not found:
        return False
    limit, threshold, action = found.groups()
    draft.fields["maximum_prefix"] = MaximumPrefix(
        int(limit), int(threshold or DEFAULT_THRESHOLD), action or ""
    )
    return True


def _inherit(draft: NeighborDraft, _rest: str, negated: bool) -> bool:
    draft.fields["templates"] = not negated
    return False


NEIGHBOR_FIELDS: dict[str, Callable[[NeighborDraft, str, bool], bool]] = {
    "peer-group": _peer_group,
    "remote-as": _remote_as,
    "description": _text("description"),
    "password": _password,
    "update-source": _text("update_source"),
    "timers": _neighbor_timers,
    "transport": _transport,
    "shutdown": _flag("shutdown"),
    "activate": _flag("active"),
    "route-reflector-client": _flag("route_reflector_client"),
    "prefix-list": _lists,
    "maximum-prefix": _maximum,
    "additional-paths": _text("additional_paths"),
    "inherit": _inherit,
}
