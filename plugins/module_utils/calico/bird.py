# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIRD's control socket: the answers of BIRD 1.6 (Calico's own and Debian's) as records.

Lines start with a four digit code and `-` or a blank; a line that starts with a blank continues the code
before (BIRD: doc/reply_codes, nest/cli.c). Nothing is judged here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from ..model.observation import BirdProtocol, BirdRoute, NodeObservation

#: What a node is asked, in this order, over one connection, so that the answers belong together.
QUESTIONS = ("show status", "show protocols all", "show route all")

_CODE = re.compile(r"^(\d{4})([ -])(.*)$")
_PROTOCOL = re.compile(
    r"^(?P<name>\S+)\s+(?P<proto>\S+)\s+(?P<table>\S+)\s+(?P<state>\S+)"
    r"\s+(?P<since>\S+(?: \d\d:\d\d:\d\d)?)\s*(?P<info>.*)$"
)
_ROUTE = re.compile(
    r"^(?P<prefix>\S*)\s+(?:(?P<kind>via) (?P<gateway>\S+) on (?P<iface>\S+)|(?P<dev>dev) \S+"
    r"|(?P<special>blackhole|unreachable|prohibited|multipath))"
    r" \[(?P<protocol>\S+) [^\]]*?(?:from (?P<source>\S+))?\](?P<flags>.*)$"
)
_VIA = re.compile(r"^\tvia (?P<gateway>\S+) on \S+ weight \d+")
_ATTRIBUTE = re.compile(r"^\tBGP\.(\w+):\s*(.*)$")
# Other attributes, known or not, and the further lines of a long set of communities (BIRD: nest/rt-attr.c).
_DETAIL = re.compile(r"^\t(?:[\w.]+(?: \[\w+\])?:|\t\S)")
# What is another one in every answer, though nothing happened.
_MOVING = re.compile(
    r"^\s+(?:Hold timer:|Keepalive timer:|Current server time is|Last reboot on|Last reconfiguration on).*\n",
    re.M,
)
_FIELD = re.compile(r"^\s+([A-Za-z][A-Za-z -]*):\s+(.*)$")


def fingerprint(text: str) -> bytes:
    """What two answers to QUESTIONS share where nothing happened in between: timers and clocks do not count.

    >>> fingerprint(" Hold timer: 7/9\\nx\\n") == fingerprint(" Hold timer: 3/9\\nx\\n")
    True
    """
    return hashlib.sha256(_MOVING.sub("", text).encode("utf-8", "replace")).digest()


class BirdTextError(ValueError):
    """A line of BIRD's that is not understood; the message shows it."""


def read_answers(text: str) -> list[list[str]]:
    """The lines of each answer, codes stripped.

    BirdTextError where BIRD refused a question (codes 8xxx and 9xxx).
    """
    answers: list[list[str]] = [[]]
    for line in text.splitlines():
        match = _CODE.match(line)
        if match is None:
            if not line.startswith(" "):
                raise BirdTextError(f"this is no line of BIRD's: {line}")
            answers[-1].append(line[1:])
            continue
        code, more, rest = match.groups()
        if code[0] in "89":
            raise BirdTextError(f"BIRD refused: {rest}")
        if code != "0000":
            answers[-1].append(rest)
        if more == " ":
            answers.append([])
    return answers[:-1]


def read_node(node: str, family: str, at: float, text: str) -> NodeObservation:
    """What a node's BIRD said to QUESTIONS, banner and `restrict` left away."""
    answers = read_answers(text)
    if len(answers) != len(QUESTIONS):
        raise BirdTextError(f"BIRD gave {len(answers)} answers to {len(QUESTIONS)} questions")
    status, protocols, routes = answers
    router_id = _status(status, "Router ID is ")
    if not router_id:
        raise BirdTextError("no router ID in BIRD's status: {}".format(" / ".join(status)))
    return NodeObservation(
        node=node,
        family=family,
        at=at,
        answered=True,
        reason="",
        router_id=router_id,
        reconfigured=_status(status, "Last reconfiguration on "),
        protocols=tuple(read_protocols(protocols)),
        routes=tuple(read_routes(routes)),
        uptime=_between(_status(status, "Last reboot on "), _status(status, "Current server time is ")),
    )


def _between(then: str, now: str) -> float | None:
    """Seconds between two of BIRD's times, None where it writes them in another way (timeformat)."""
    try:
        first, last = (datetime.fromisoformat(text) for text in (then, now))
    except ValueError:
        return None
    return (last - first).total_seconds()


def _status(lines: Sequence[str], start: str) -> str:
    return next((line.strip()[len(start) :] for line in lines if line.strip().startswith(start)), "")


def read_protocols(lines: Sequence[str]) -> Iterator[BirdProtocol]:
    """The BGP protocols in `show protocols all`."""
    head: re.Match[str] | None = None
    fields: dict[str, str] = {}
    for line in lines:
        if not line.strip() or line.startswith("name "):
            continue
        if line[0] not in " \t":
            if head is not None:
                yield _protocol(head, fields)
            match = _PROTOCOL.match(line)
            if match is None:
                raise BirdTextError(f"show protocols: this line is not understood: {line}")
            head, fields = (match, {}) if match["proto"] == "BGP" else (None, {})
        else:
            field = _FIELD.match(line)
            if field:
                fields[field[1]] = field[2]
    if head is not None:
        yield _protocol(head, fields)


def _protocol(head: re.Match[str], fields: dict[str, str]) -> BirdProtocol:
    timer = re.match(r"(\d+)/(\d+)$", fields.get("Hold timer", ""))
    return BirdProtocol(
        name=head["name"],
        state=fields.get("BGP state", "Down"),
        neighbor=fields.get("Neighbor address", ""),
        info=head["info"].strip(),
        hold=int(timer[2]) if timer else 0,
        capabilities=fields.get("Neighbor caps", ""),
        hold_left=int(timer[1]) if timer else None,
        asn=int(fields["Neighbor AS"]) if fields.get("Neighbor AS", "").isdecimal() else None,
    )


def read_routes(lines: Sequence[str]) -> Iterator[BirdRoute]:
    """The paths in `show route all`, in BIRD's order."""
    prefix = ""
    head: re.Match[str] | None = None
    attributes: dict[str, str] = {}
    for line in lines:
        attribute = _ATTRIBUTE.match(line)
        if attribute:
            attributes[attribute[1]] = attribute[2].strip()
            continue
        hop = _VIA.match(line)
        if hop:
            attributes.setdefault("gateway", hop["gateway"])
            continue
        if not line.strip() or _DETAIL.match(line):
            continue
        match = _ROUTE.match(line)
        if match is None or not (match["prefix"] or prefix):
            raise BirdTextError(f"show route: this line is not understood: {line}")
        if head is not None:
            yield _route(prefix, head, attributes)
        prefix, head, attributes = match["prefix"] or prefix, match, {}
    if head is not None:
        yield _route(prefix, head, attributes)


def _route(prefix: str, head: re.Match[str], attributes: dict[str, str]) -> BirdRoute:
    special, preference = head["special"], attributes.get("local_pref", "")
    return BirdRoute(
        prefix=prefix,
        protocol=head["protocol"],
        kind="via" if special == "multipath" else head["kind"] or head["dev"] or special,
        gateway=head["gateway"] or attributes.get("gateway", ""),
        source=head["source"] or "",
        primary="*" in head["flags"] or "!" in head["flags"],
        next_hop=attributes.get("next_hop", "").split(" ")[0],
        originator=attributes.get("originator_id", ""),
        kernel_error="!" in head["flags"],
        local_pref=int(preference) if preference.isdecimal() else None,
    )
