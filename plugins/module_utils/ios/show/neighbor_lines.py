# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of `show ip bgp neighbors`, as tables of patterns.

A group's name is the field it fills (see records.py); `kind` says whether that is a field of the session or
of the address family the block is in. The words in front, `start`, choose the patterns of a line. Where
`must` is set, a line that begins so and reads otherwise makes the record doubtful: an error, not unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..text import address_of, seconds

SESSION, FAMILY, IGNORED = "session", "family", "ignored"


@dataclass(frozen=True)
class Effect:
    """What a line says. NOTHING is the one of a line that is known and says nothing that is kept.

    Attributes:
        kind: SESSION, FAMILY or IGNORED.
        single: fields with one value. several: fields that collect values, name and value.
        once: the one of `single` that a block says once: a second time it belongs to another neighbour.
        simple: fields of the session without `several` and `once`: nothing is to be decided about them.
    """

    kind: str
    single: Mapping[str, Any] = field(default_factory=dict)
    several: tuple[tuple[str, Any], ...] = ()
    once: str = ""
    simple: bool = False


NOTHING = Effect(IGNORED)


class Doubtful(ValueError):
    """A line that decides about the record and cannot be read."""


@dataclass(frozen=True)
class _Rule:
    kind: str
    start: str
    pattern: re.Pattern[str]
    must: bool
    says: Mapping[str, Any]
    idle: bool = False


def _rule(kind: str, start: str, rest: str = "", *, must: bool = False, **says: Any) -> _Rule:
    """A rule; `says` are fields that the line sets by being there. Named groups are fields, of which a line
    that is ignored has none."""
    pattern = re.compile(re.escape(start) + rest + r"\Z", re.A)
    return _Rule(kind, start, pattern, must, says, idle=kind == IGNORED and rest == r".*")


# Never the beginning of a longer number.
_N = r"\d{1,20}(?!\d)"
_STATES = r"Idle|Connect|Active|OpenSent|OpenConfirm|Established|Closing|Closed|Clsng"
_WAYS = r"advertised and received|advertised|received"

_RULES = (
    # -- who it is
    _rule(SESSION, "Description:", r" ?(?P<description>.*)"),
    _rule(SESSION, "Member of peer-group", r" (?P<group>\S+) for session parameters"),
    _rule(SESSION, "Belongs to the subnet range group:", r" (?P<listen_range>\S+/\d+)"),
    _rule(SESSION, "Inherits from template", r" (?P<template>\S+) for session parameters"),
    _rule(FAMILY, "Inherits from template", r" (?P<templates>\S+)"),
    _rule(SESSION, "Administratively shut down", r".*", shutdown=True),
    _rule(SESSION, "BGP version", rf" {_N}, remote router ID (?P<remote_router_id>[\d.]+)"),
    # -- how it is. One release leaves out the comma after the state.
    _rule(
        SESSION,
        "BGP state =",
        rf" (?P<state>(?:{_STATES})(?: \([A-Za-z]+\))?)(?:,? (?:up|down) for (?P<uptime_seconds>\S+))?",
        must=True,
    ),
    # As later releases have it.
    _rule(
        SESSION,
        "Session state =",
        rf" (?P<state>(?:{_STATES})(?: \([A-Za-z]+\))?)(?:,? (?:up|down) for (?P<uptime_seconds>\S+))?",
        must=True,
    ),
    # A neighbour with a TCP session for each address family.
    _rule(
        SESSION,
        "BGP multisession with",
        rf" (?P<sessions>{_N} sessions \({_N}) established\)(?:, first up for (?P<uptime_seconds>\S+))?",
    ),
    _rule(
        SESSION,
        "Last read",
        r" (?P<last_read_seconds>\S+?)(?:, last write (?P<last_write_seconds>\S+?))?"
        rf"(?:, hold time is (?P<hold>{_N}), keepalive interval is (?P<keepalive>{_N}) seconds)?",
    ),
    _rule(
        SESSION,
        "Hold time is",
        rf" (?P<hold>{_N}), keepalive interval is (?P<keepalive>{_N}) seconds",
    ),
    _rule(
        SESSION,
        "Configured hold time is",
        rf" (?P<configured_hold>{_N}), ?keepalive interval is (?P<configured_keepalive>{_N}) seconds"
        rf"(?:\s+Minimum holdtime from neighbor is (?P<minimum_hold>{_N}) seconds)?",
    ),
    _rule(SESSION, "Minimum holdtime from neighbor is", rf" (?P<minimum_hold>{_N}) seconds"),
    _rule(IGNORED, "Last update received:", r".*"),
    _rule(IGNORED, "Neighbor sessions:"),
    _rule(IGNORED, "Neighbor under common administration"),
    # -- capabilities
    _rule(IGNORED, "Neighbor capabilities:", r".*"),
    # 12.x spells it "Capabilty", and leaves out the blank.
    _rule(SESSION, "Graceful Restart", rf" Capabi?li?ty:(?: ?(?P<graceful_restart>{_WAYS})\b.*)?"),
    _rule(SESSION, "Remote Restart timer is", rf" (?P<remote_restart_time>{_N}) seconds"),
    _rule(IGNORED, "Address families advertised by peer", r".*"),
    _rule(IGNORED, "none"),
    _rule(IGNORED, "Multisession Capability:"),
    _rule(IGNORED, "Stateful switchover support enabled:", r".*"),
    # -- messages
    _rule(IGNORED, "Message statistics", r"(?:, state \S+)?:"),
    _rule(SESSION, "InQ depth is", rf" (?P<input_queue>{_N})"),
    _rule(SESSION, "OutQ depth is", rf" (?P<output_queue>{_N})"),
    _rule(IGNORED, "Do log neighbor state changes", r".*"),
    _rule(
        SESSION,
        "Default minimum time between advertisement runs is",
        rf" (?P<advertisement_interval>{_N}) seconds",
    ),
    _rule(
        SESSION,
        "Minimum time between advertisement runs is",
        rf" (?P<advertisement_interval>{_N}) seconds",
    ),
    # -- an address family
    _rule(IGNORED, "Session:", r".*"),
    _rule(
        FAMILY,
        "BGP table version",
        rf"(?: is)? (?P<table_version>{_N}), neighbor versions? (?P<neighbor_version>{_N})(?:/{_N})?.*",
    ),
    _rule(FAMILY, "Output queue size", rf"s?\s*: (?P<output_queue>{_N})(?: self, \d+ replicated)?"),
    _rule(IGNORED, "Index", rf" {_N}, .*"),
    _rule(FAMILY, "Route-Reflector Client", route_reflector_client=True),
    _rule(FAMILY, "Inbound soft reconfiguration allowed", r".*", soft_reconfiguration=True),
    _rule(FAMILY, "Community attribute sent to this neighbor", r".*", send_community=True),
    _rule(FAMILY, "Extended-community attribute sent to this neighbor", send_extended_community=True),
    _rule(FAMILY, "NEXT_HOP is always this router", r".*", next_hop_self=True),
    _rule(FAMILY, "Incoming update prefix filter list is", r" (?P<prefix_list_in>\S+)"),
    _rule(FAMILY, "Outgoing update prefix filter list is", r" (?P<prefix_list_out>\S+)"),
    _rule(FAMILY, "Route map for incoming advertisements is", r" (?P<route_map_in>\S+)"),
    _rule(FAMILY, "Route map for outgoing advertisements is", r" (?P<route_map_out>\S+)"),
    _rule(IGNORED, "Inbound path policy configured"),
    _rule(IGNORED, "Outbound path policy configured"),
    _rule(
        FAMILY,
        "Maximum prefixes allowed",
        rf" (?P<prefix_limit>{_N})(?: \(?(?P<prefix_action>[^()]+)\)?)?",
    ),
    _rule(
        FAMILY,
        "Threshold for warning message",
        rf" (?P<prefix_warning>{_N})%?(?:,? (?P<prefix_action>restart interval {_N} min))?",
    ),
    _rule(FAMILY, "Restart interval", rf" (?P<restart_interval>{_N}) min"),
    _rule(IGNORED, "My AS number is allowed for", r".*"),
    _rule(IGNORED, "Overrides the neighbor AS with my AS before sending updates"),
    _rule(IGNORED, "Translates address family", r".*"),
    _rule(IGNORED, "Suppress LDP signaling protocol"),
    _rule(IGNORED, "BGP diverse-paths computation is", r".*"),
    _rule(IGNORED, "Slow-peer", r" .*"),
    _rule(IGNORED, "Last detected as dynamic slow peer:", r".*"),
    _rule(IGNORED, "Dynamic slow peer recovered:", r".*"),
    _rule(IGNORED, "Number of NLRIs in the update sent:", r".*"),
    _rule(IGNORED, "Refresh Epoch", r":? .*"),
    _rule(IGNORED, "Refresh-In took", r" .*"),
    _rule(IGNORED, "Refresh-Out took", r" .*"),
    _rule(IGNORED, "Last Sent Refresh", r" .*"),
    _rule(IGNORED, "Last Received Refresh", r" .*"),
    _rule(IGNORED, "Refresh activity:", r"\s+-+\s+-+"),
    _rule(IGNORED, "Sent", r"\s+Rcvd"),
    _rule(IGNORED, "Outbound", r"\s+Inbound"),
    _rule(IGNORED, "Prefix activity:", r"\s+-+\s+-+"),
    _rule(IGNORED, "Local Policy Denied Prefixes:", r"\s+-+\s+-+"),
    # -- the end of the session's part
    _rule(SESSION, "Address tracking is enabled, the RIB does have a route to", r" \S+", reachable=True),
    _rule(SESSION, "Address tracking is enabled, the RIB does not have a route to", r" \S+", reachable=False),
    _rule(IGNORED, "Address tracking is disabled", r".*"),
    _rule(IGNORED, "Route to peer address reachability", r" .*"),
    _rule(IGNORED, "Last notification", r" .*"),
    _rule(
        SESSION,
        "Connections established",
        rf" (?P<connections_established>{_N}); dropped (?P<connections_dropped>{_N})",
    ),
    _rule(SESSION, "Last reset never"),
    _rule(
        SESSION, "Last reset", r" (?P<last_reset_seconds>[^\s,]+)(?:, due to (?P<last_reset>.*))?",
    ),
    _rule(SESSION, "External BGP neighbor may be up to", rf" (?P<external_hops>{_N}) hops? away\.?"),
    _rule(IGNORED, "External BGP neighbor", r" (?:not directly|configured for) .*"),
    _rule(SESSION, "Interface associated:", r" (?P<interface>\S+).*"),
    _rule(SESSION, "BFD is", r"(?P<bfd> .*)"),
    _rule(SESSION, "Using BFD to detect", r"(?P<bfd> .*)"),
    _rule(SESSION, "Fall over configured for session", r".*"),
    _rule(SESSION, "Transport(tcp) path-mtu-discovery is enabled", path_mtu_discovery=True),
    _rule(SESSION, "Transport(tcp) path-mtu-discovery is disabled", path_mtu_discovery=False),
    _rule(SESSION, "TCP session must be opened passively", passive=True),
    _rule(SESSION, "TCP session must be opened actively", passive=False),
    _rule(SESSION, "Graceful-Restart is disabled", graceful_restart_enabled=False),
    _rule(
        SESSION,
        "Graceful-Restart is enabled",
        rf"(?:, restart-time (?P<restart_time>{_N}) seconds"
        rf", stalepath-time (?P<stalepath_time>{_N}) seconds)?.*",
        graceful_restart_enabled=True,
    ),
    _rule(IGNORED, "SSO is", r" \S+"),
    # -- the connection, where a block ends
    _rule(SESSION, "No active TCP connection", r".*", complete=True),
    _rule(SESSION, "Connection state is", r" (?P<connection_state>\w+), I/O status: .*", complete=True),
    _rule(
        SESSION,
        "Connection is ECN",
        # "Mininum" is how IOS spells it.
        rf" \w+, Mini[nm]um incoming TTL (?P<incoming_ttl>{_N}), Outgoing TTL (?P<outgoing_ttl>{_N})",
    ),
    _rule(SESSION, "Local host:", rf" (?P<local_address>\S+), Local port: (?P<local_port>{_N})"),
    _rule(
        SESSION,
        "Foreign host:",
        rf" (?P<foreign_address>\S+), Foreign port: (?P<foreign_port>{_N})",
    ),
    _rule(IGNORED, "Connection tableid", r" .*"),
    _rule(IGNORED, "Maximum output segment queue size:", r".*"),
    _rule(IGNORED, "Enqueued packets for retransmit:", r".*"),
    _rule(IGNORED, "Event Timers", r".*"),
    _rule(IGNORED, "Timer", r"\s+Starts\s+Wakeups\s+Next"),
    *(
        _rule(IGNORED, timer, r".*")
        for timer in (
            "Retrans", "TimeWait", "AckHold", "SendWnd", "KeepAlive", "GiveUp", "PmtuAger", "DeadWait",
            "Linger", "ProcessQ",
        )
    ),
    *(
        _rule(IGNORED, name, r".*")
        for name in (
            "iss:", "irs:", "sndwnd:", "rcvwnd:", "SRTT:", "minRTT:", "uptime:", "Status Flags:", "Rcvd:",
            "Sent:", "Packets received in fast path:", "fast lock acquisition failures:", "TCP Semaphore",
            "IP Precedence value", "ACK Optimisation", "Window update Optimisation", "Peer MSS:",
        )
    ),
    _rule(SESSION, "Datagrams (max data segment is", rf" (?P<segment_size>{_N}) bytes\):"),
    _rule(SESSION, "Option Flags:", r" ?(?P<md5>.*)"),
    # 12.x names status and options in one line.
    _rule(SESSION, "Flags:", r" ?(?P<md5>.*)"),
    _rule(SESSION, "TCP AO Key chain:", r" (?P<tcp_ao>\S+)"),
    _rule(IGNORED, "TCP AO", r" .*"),
    _rule(IGNORED, "AO keychain", r" .*"),
    _rule(IGNORED, "Id:", r" \d+, Send-Id: .*"),
    _rule(IGNORED, "Include TCP Options:", r".*"),
    _rule(IGNORED, "Accept AO Mismatch:", r".*"),
)  # fmt: skip
_BY_WORD: dict[str, list[_Rule]] = {}
for _each in _RULES:
    _BY_WORD.setdefault(_each.start.split(" ", 1)[0], []).append(_each)
#: First words of lines that say nothing that is kept, whatever follows: many in a block, no two alike.
IDLE_WORDS = frozenset(
    word for word, rules in _BY_WORD.items() if all(rule.idle and rule.start == word for rule in rules)
)
_TWO = r"\s+(?:n/a|\d{1,20})\s+(?:n/a|\d{1,20})(?:\s+\(.*\))?\Z"
# Lines that begin with a name or a number; tried in this order after the table.
_OTHERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        FAMILY,
        re.compile(
            r"Prefixes Current:\s+(?P<prefixes_sent>\d{1,20})\s+(?P<prefixes_received>\d{1,20})"
            r"(?:\s+\(.*\))?\Z",
            re.A,
        ),
    ),
    (SESSION, re.compile(r"Total:\s+(?P<messages_sent>\d{1,20})\s+(?P<messages_received>\d{1,20})\Z", re.A)),
    (IGNORED, re.compile(r"(?!Prefixes Current:)[A-Za-z][\w &/()-]*:" + _TWO, re.A)),
    (
        SESSION,
        re.compile(r"(?P<capability>[A-Za-z][\w &/-]*?(?: Capability)?: ?(?:" + _WAYS + r")\b.*)\Z", re.A),
    ),
    (IGNORED, re.compile(r"\d+ active, is (?:not )?multisession capable.*\Z", re.A)),
    (FAMILY, re.compile(r"(?P<update_group>\d{1,20}) update-group member\Z", re.A)),
    (FAMILY, re.compile(r"(?P<peer_group>\S+) peer-group member\Z", re.A)),
    # Option Flags go on in the next line where they are many.
    (SESSION, re.compile(r"win-scale(?P<md5>,.*\bmd5\b.*)\Z")),
    (IGNORED, re.compile(r"win-scale(?:,.*)?\Z")),
    (IGNORED, re.compile(r"Refresh (?:Start|End)-of-RIB" + _TWO, re.A)),
    # XE prints "(was not preserved, L2VPN Vpls (was not preserved" without the closing brackets.
    (SESSION, re.compile(r"(?P<preserved>(?:[\w -]+ \(was (?:not )?preserved\)?(?:, )?)+)\Z", re.A)),
)
_CAPABILITY = re.compile(r"(.+?)(?: Capability)?: ?(" + _WAYS + r")\b.*\Z")
_PRESERVED = re.compile(r"([A-Za-z0-9][\w -]*?) \(was (not )?preserved")
_TEXT = frozenset(
    ("description", "group", "listen_range", "template", "templates", "remote_router_id", "state",
     "graceful_restart", "peer_group", "prefix_list_in", "prefix_list_out", "route_map_in", "route_map_out",
     "last_reset", "prefix_action", "interface", "connection_state", "tcp_ao")
)  # fmt: skip
_ONCE = ("state", "remote_router_id", "messages_sent")
_SEVERAL = frozenset(("capability", "preserved", "templates", "bfd"))


def effect_of(line: str) -> Effect | None:
    """What a line without indentation says, None where it is not known.

    Raises:
        Doubtful: the line decides about the record, and cannot be read.
    """
    for rule in _BY_WORD.get(line.split(None, 1)[0], ()):
        if line.startswith(rule.start):
            effect = NOTHING if rule.idle else _by_rule(rule, line)
            if effect is not None:
                return effect
    for kind, pattern in _OTHERS:
        found = pattern.match(line)
        if found is not None:
            return NOTHING if kind == IGNORED else _effect(kind, _given(found), line)
    if line.startswith("Prefixes Current:"):
        raise Doubtful("expected two numbers, sent and received")
    return None


def _by_rule(rule: _Rule, line: str) -> Effect | None:
    found = rule.pattern.match(line)
    if found is None:
        if rule.must:
            raise Doubtful(f"not the form of a line that begins with {rule.start!r}")
        return None
    if rule.kind == IGNORED:
        return NOTHING
    try:
        return _effect(rule.kind, {**rule.says, **_given(found)}, line)
    except Doubtful:
        if rule.must:
            raise
        return None


def _given(found: re.Match[str]) -> dict[str, str]:
    names = found.re.groupindex
    return {name: found[place] for name, place in names.items() if found[place] is not None} if names else {}


def _effect(kind: str, texts: Mapping[str, Any], line: str) -> Effect:
    single: dict[str, Any] = {}
    several: list[tuple[str, Any]] = []
    for name, text in texts.items():
        if name in _SEVERAL:
            several += _CONVERT_SEVERAL[name](line if name == "bfd" else text)
        elif name == "sessions":
            there, up = re.findall(r"\d+", text)
            single.update({"state": "Established"} if there == up else {})
        elif name == "restart_interval":
            single["prefix_action"] = f"restart interval {text} min"
        else:
            single[name] = _value(name, text)
    once = next((name for name in _ONCE if name in single), "")
    simple = kind == SESSION and not several and not once
    return Effect(kind, single, tuple(several), once, simple)


def _value(name: str, text: Any) -> Any:
    if not isinstance(text, str) or name in _TEXT:
        return text
    try:
        if name.endswith("_seconds"):
            return None if text == "n/a" else seconds(text)
        if name == "md5":
            return re.search(r"\bmd5\b", text) is not None
        if name in ("local_address", "foreign_address"):
            return address_of(text)
        return int(text)
    except ValueError as error:
        raise Doubtful(str(error)) from None


def _capability(line: str) -> list[tuple[str, Any]]:
    found = _CAPABILITY.match(line)
    return [("capabilities", (found.group(1), found.group(2)))] if found else []


def _preserved(text: str) -> list[tuple[str, Any]]:
    return [("preserved", (family, not no)) for family, no in _PRESERVED.findall(text)]


_CONVERT_SEVERAL: dict[str, Callable[[str], list[tuple[str, Any]]]] = {
    "capability": _capability,
    "preserved": _preserved,
    "templates": lambda text: [("templates", text)],
    "bfd": lambda text: [("bfd", text)],
}
