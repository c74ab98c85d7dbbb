# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIRD's control socket: the answers of BIRD 1.6 (Calico's own and Debian's) as records.

Lines start with a four digit code and `-` or a blank; a line that starts with a blank continues the code
before (BIRD: doc/reply_codes, nest/cli.c). Nothing is judged here.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ..model.observation import BirdProtocol, BirdRoute, NodeObservation, in_mesh

#: What a node is asked, in this order, over one connection, so that the answers belong together.
QUESTIONS = ("show status", "show protocols all", "show route all")

_CODE = re.compile(r"^(\d{4})([ -])(.*)$")
# The line that ends an answer. A pattern that begins with one certain character is looked for much faster.
_LAST = re.compile(r"\d{4} ")
_NEXT_LAST = re.compile(r"\n\d{4} ")
_ODD = re.compile(r"\n(?! |[12]\d{3}-)")
_PROTOCOL = re.compile(
    r"^(?P<name>\S+)\s+(?P<proto>\S+)\s+(?P<table>\S+)\s+(?P<state>\S+)"
    r"\s+(?P<since>\S+(?: \d\d:\d\d:\d\d)?)\s*(?P<info>.*)$"
)
_ROUTE = re.compile(
    r"^(?P<prefix>\S*)\s+(?:(?P<kind>via) \S+ on \S+|(?P<dev>dev) \S+"
    r"|(?P<special>blackhole|unreachable|prohibited|multipath))"
    r" \[(?P<protocol>\S+) [^\]]*\](?P<flags>.*)$"
)
_ATTRIBUTE = re.compile(r"^\tBGP\.(\w+):\s*(.*)$")
# Other attributes, known or not, the further lines of a long set of communities (BIRD: nest/rt-attr.c), and
# the ways of a multipath route.
_DETAIL = re.compile(r"^\t(?:[\w.]+(?: \[\w+\])?:|\t\S|via \S+ on \S+ weight \d+)")
# What is another one in every answer, though nothing happened.
_MOVING = re.compile(
    r"^\s+(?:Hold timer: +(\d+)/(\d+)|Keepalive timer:|Current server time is"
    r"|Last reconfiguration on).*\n",
    re.M,
)
# What begins a protocol: a line with something in its first column.
_HEAD = re.compile(r"\n(?:\d{4}-| )(?=\S)")
_FIELD = re.compile(r"\n(?:\d{4}-| )[ \t]+(BGP state|Neighbor (?:address|AS|caps)|Hold timer):[ \t]+(.*)")
#: Paths that are remembered: nodes have most of them from the same reflectors in the same words.
REMEMBERED = 1 << 16


def fingerprint(text: str) -> bytes:
    """What two answers to QUESTIONS share where nothing happened in between: timers and clocks do not count.

    That little is left of a hold time does, as the neighbour may have fallen silent.

    >>> of = {left: fingerprint(f" Hold timer: {left}/9\\nx\\n") for left in (7, 3, 2, 1)}
    >>> of[7] == of[3], of[3] == of[2], of[2] == of[1]
    (True, False, True)
    """
    routes = text.find("\n1007-") if "\n1007-" in text else len(text)
    still = _MOVING.sub(_running_out, text[:routes]) + text[routes:]
    return hashlib.sha256(still.encode("utf-8", "replace")).digest()


def _running_out(found: re.Match[str]) -> str:
    """Of a line that moves: whether no more than a quarter of a hold time is left (checks/watch)."""
    return "running out\n" if found[2] and int(found[1]) * 4 <= int(found[2]) else ""


class BirdTextError(ValueError):
    """A line of BIRD's that is not understood; the message shows it."""


def answers(text: str) -> list[str]:
    """The text of each answer to QUESTIONS that is there.

    All behind the last but one is the last: it may be long, and whoever reads it sees whether it is one.
    """
    found: list[str] = []
    begin = 0
    while begin < len(text) and len(found) < len(QUESTIONS) - 1:
        last = _LAST.match(text, begin) or _NEXT_LAST.search(text, begin)
        if last is None:
            break
        end = text.find("\n", last.end()) + 1 or len(text)
        found.append(text[begin:end])
        begin = end
    return [*found, text[begin:]] if begin < len(text) else found


def body(text: str) -> str:
    """One answer up to the line that ends it; BirdTextError where it has none, or BIRD refused it."""
    end = len(text) - text.endswith("\n")
    last = text.rfind("\n", 0, end)
    code, more, rest = _coded(text[last + 1 : end])
    if more != " ":
        raise BirdTextError("the answer is cut off")
    before = text[: max(last, 0)]
    return before if code == "0000" else f"{before}\n {rest}"


def _coded(line: str) -> tuple[str, str, str]:
    """Code, `-` or a blank, and the rest of a line, ("", "-", rest) where it has no code of its own.

    BirdTextError where it is none of BIRD's, or BIRD refused the question (codes 8xxx and 9xxx).
    """
    match = _CODE.match(line)
    if match is None:
        if not line.startswith(" "):
            raise BirdTextError(f"this is no line of BIRD's: {line}")
        return "", "-", line[1:]
    code, more, rest = match.groups()
    if code[0] in "89":
        raise BirdTextError(f"BIRD refused: {rest}")
    return code, more, rest


def _told(text: str) -> Iterator[str]:
    """The lines of the body of an answer, codes stripped."""
    for line in text.split("\n"):
        _code, more, rest = _coded(line)
        if more == " ":
            raise BirdTextError(f"this line ends an answer too early: {line}")
        yield rest


def read_node(node: str, family: str, at: float, text: str) -> NodeObservation:
    """What a node's BIRD said to QUESTIONS, banner and `restrict` left away."""
    bodies = [body(answer) for answer in answers(text)]
    if len(bodies) != len(QUESTIONS):
        raise BirdTextError(f"BIRD gave {len(bodies)} answers to {len(QUESTIONS)} questions")
    status, protocols, routes = list(_told(bodies[0])), bodies[1], bodies[2]
    router_id = _status(status, "Router ID is ")
    if not router_id:
        raise BirdTextError("no router ID in BIRD's status: {}".format(" / ".join(status)))
    sessions = tuple(read_protocols(protocols))
    return NodeObservation(
        node=node,
        family=family,
        at=at,
        answered=True,
        reason="",
        router_id=router_id,
        reconfigured=_status(status, "Last reconfiguration on "),
        protocols=sessions,
        routes=tuple(_brought(read_routes(routes), sessions)),
        uptime=_between(_status(status, "Last reboot on "), _status(status, "Current server time is ")),
    )


def _brought(routes: Iterable[BirdRoute], protocols: Iterable[BirdProtocol]) -> Iterator[BirdRoute]:
    """The paths with the neighbours that brought them."""
    neighbors = {protocol.name: protocol.neighbor for protocol in protocols}
    return (_from(route, neighbors.get(route.protocol)) for route in routes)


@functools.lru_cache(maxsize=REMEMBERED)
def _from(route: BirdRoute, neighbor: str | None) -> BirdRoute:
    """The path with its neighbour; the same one for every node that has it."""
    return route._replace(neighbor=neighbor)


def _between(then: str, now: str) -> float | None:
    """Seconds between two of BIRD's times, None where it writes them in another way (timeformat)."""
    try:
        first, last = (datetime.fromisoformat(text) for text in (then, now))
    except ValueError:
        return None
    return (last - first).total_seconds()


def _status(lines: Sequence[str], start: str) -> str:
    return next((line.strip()[len(start) :] for line in lines if line.strip().startswith(start)), "")


def read_protocols(text: str) -> Iterator[BirdProtocol]:
    """The BGP protocols in `show protocols all`, of which `text` is the body."""
    if not text:
        return
    if _ODD.search("\n" + text):
        list(_told(text))
    first, *protocols = _HEAD.split("\n" + text)
    if first:
        raise BirdTextError(f"show protocols: this is not understood: {first.strip()}")
    for number, lines in enumerate(protocols):
        line, _end, details = lines.partition("\n")
        title = line.startswith("name ")
        if title and not number:
            continue
        head = None if title else _PROTOCOL.match(line)
        if head is None:
            raise BirdTextError(f"show protocols: this line is not understood: {line}")
        if head["proto"] == "BGP":
            yield _protocol(head, dict(_FIELD.findall("\n" + details)))


def _protocol(head: re.Match[str], fields: dict[str, str]) -> BirdProtocol:
    timer = re.match(r"(\d+)/(\d+)$", fields.get("Hold timer", ""))
    return BirdProtocol(
        name=head["name"],
        state=fields.get("BGP state", "Down"),
        neighbor=fields.get("Neighbor address", ""),
        info=head["info"].strip(),
        hold=int(timer[2]) if timer else 0,
        capabilities=fields.get("Neighbor caps", ""),
        hold_left=int(timer[1]) if timer and not in_mesh(head["name"]) else None,
        asn=int(fields["Neighbor AS"]) if fields.get("Neighbor AS", "").isdecimal() else None,
    )


def read_routes(text: str) -> list[BirdRoute]:
    """The paths in `show route all`, in BIRD's order; `text` is the body."""
    if not text:
        return []
    told = text.split("\n1007-")
    if not told[0].startswith("1007-"):
        raise BirdTextError(f"show route: this is not understood: {told[0].strip()}")
    told[0] = told[0].removeprefix("1007-")
    found: list[BirdRoute] = []
    prefix = ""
    for lines in told:
        # When it came says nothing of it: without that, most nodes have the same.
        name = lines.find(" ", lines.find("[") + 1) + 1
        end = lines.find("]", name)
        source = lines.find(" from ", name, end)
        rest = lines[source if source >= 0 else end :]
        found += _paths(prefix if lines[:1] == " " else "", lines[:name], rest)
        prefix = found[-1].prefix
    return found


@functools.lru_cache(maxsize=REMEMBERED)
def _paths(prefix: str, begin: str, rest: str) -> tuple[BirdRoute, ...]:
    """The paths in a few lines of `show route all`, from the first behind its code on and without the time in
    it; `prefix` is that of the path before. One at the least."""
    # birdcl puts blanks before the tab.
    lines = _told(f"1007-{begin}{rest}".replace("\n     \t", "\n \t"))
    found = tuple(_read_paths(prefix, lines))
    if not found:
        raise BirdTextError(f"show route: this is not understood: {begin}{rest}")
    return found


def _read_paths(prefix: str, lines: Iterable[str]) -> Iterator[BirdRoute]:
    head: re.Match[str] | None = None
    attributes: dict[str, str] = {}
    for line in lines:
        attribute = _ATTRIBUTE.match(line)
        if attribute:
            attributes[attribute[1]] = attribute[2].strip()
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
        neighbor=None,
        kind="via" if special == "multipath" else head["kind"] or head["dev"] or special,
        primary="*" in head["flags"] or "!" in head["flags"],
        next_hop=attributes.get("next_hop", "").split(" ")[0],
        originator=attributes.get("originator_id", ""),
        kernel_error="!" in head["flags"],
        local_pref=int(preference) if preference.isdecimal() else None,
    )
