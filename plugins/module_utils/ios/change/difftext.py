# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration before and after a change, as text for a diff, secrets masked.

After the change, a comment above an added line says why it is sent; one above the first of several in a row
where the reason is the same. Lines that go away are named with their reason at the top.

Both are in one canonical order and layout, so that the diff shows the change and nothing else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from ...model.family import IPV4
from ..config.neighbor_statements import NEIGHBOR
from ..config.records import ROUTER, Line, RunningConfig
from ..text import address_or_none, mask

# Statements of the process that a new value replaces.
_REPLACED = (
    "bgp cluster-id",
    "bgp graceful-restart restart-time",
    "bgp graceful-restart stalepath-time",
)

# Says what lines with one of the words say, which otherwise stand beside each other.
_BOTH = " send-community both"

# Lines by owner (the process is ""), then by what a new line replaces: the context and the statement.
_Lines = dict[str, dict[tuple[str, str], Line]]


def before_text(have: RunningConfig, prefix_list: str, route_maps: Sequence[str] = ()) -> str:
    """`router bgp`, one prefix-list and these route-maps as they are."""
    return after_text(have, prefix_list, (), route_maps=route_maps)


def after_text(
    have: RunningConfig,
    prefix_list: str,
    commands: Iterable[str],
    reasons: Mapping[str, str] | None = None,
    route_maps: Sequence[str] = (),
) -> str:
    """The same after the commands of a change, with the reason of each, by masked command."""
    rules = {rule.line(prefix_list): None for rule in have.prefix_lists.get(prefix_list, ())}
    entries = {name: list(_map_lines(have, name)) for name in route_maps}
    process = f"router bgp {have.bgp.asn_text}" if have.bgp else ""
    lines: _Lines = {}
    for line in have.bgp.lines if have.bgp else ():
        _put(lines, line)
    context = ROUTER
    opened: list[str] = []
    for command in map(mask, commands):
        if command.startswith("router bgp "):
            process, context = command, ROUTER
        elif command.startswith("no router bgp "):
            process, lines = "", {}
        elif IPV4.prefix_list in command:
            _apply_rule(rules, f"{IPV4.prefix_list} {prefix_list}", command)
        elif command.startswith("route-map "):
            opened = entries.setdefault(command.split()[1], [])
            opened.append(command)
        elif command.startswith(("match ", "set ")):
            opened.append(f" {command}")
        elif command.startswith("no route-map "):
            entries.pop(command.split()[2], None)
        elif command.startswith("address-family "):
            context = IPV4.name
        elif command in ("exit-address-family", "exit"):
            context = ROUTER
        else:
            _apply_line(lines, context, command)
    text = _explained([*rules, *chain(*entries.values()), *_process_text(process, lines)], reasons or {})
    return "".join(f"{line}\n" for line in text)


def _map_lines(have: RunningConfig, name: str) -> Iterator[str]:
    for entry in have.filters.route_maps.get(name, ()):
        yield f"route-map {name} {entry.action} {entry.seq}"
        yield from (f" match {words}" for words in entry.matches)
        yield from (f" set {words}" for words in entry.sets)


def _explained(text: Iterable[str], reasons: Mapping[str, str]) -> Iterator[str]:
    """The lines with their reasons as comments."""
    for line, reason in reasons.items():
        if line.startswith("no "):
            yield f"! {line}: {reason}"
    last = ""
    for line in text:
        bare = line.lstrip()
        reason = reasons.get(bare, "")
        if reason and reason != last:
            yield f"{line[: len(line) - len(bare)]}! {reason}"
        last = reason
        yield line


def _apply_rule(rules: dict[str, None], name: str, command: str) -> None:
    """`name` is the list's, after the words of its command."""
    if not command.startswith("no "):
        rules[command] = None
    elif command != f"no {name}":
        rules.pop(command[3:], None)
    else:
        rules.clear()


def _apply_line(lines: _Lines, context: str, command: str) -> None:
    negated = command.startswith("no ")
    words = command.split()[1 if negated else 0 :]
    owner = (address_or_none(words[1]) or words[1]) if words[0] == "neighbor" else ""
    line = Line(context, owner, command[3:] if negated else command)
    if not negated:
        _put(lines, line)
    elif owner and (len(words) == 2 or words[2:] == ["peer-group"]):
        lines.pop(owner, None)
    else:
        lines.get(owner, {}).pop(_key(line), None)


def _put(lines: _Lines, line: Line) -> None:
    owned = lines.setdefault(line.owner, {})
    if line.text.endswith(_BOTH):
        for key in [key for key, old in owned.items() if old.text.startswith(line.text[: -len(" both")])]:
            del owned[key]
    owned[_key(line)] = line


def _key(line: Line) -> tuple[str, str]:
    text = line.text[3:] if line.text.startswith("no ") else line.text
    if not line.owner:
        return line.context, next((lead for lead in _REPLACED if text.startswith(lead)), text)
    return line.context, _statement_key(" ".join(text.split()[2:]))


def _statement_key(text: str) -> str:
    """The statement of a neighbour without its value, with it where several stand beside each other."""
    try:
        entry = NEIGHBOR.find(text)[0]
    except ValueError:
        # The mask hides the rest of a line that names a list `secret`.
        return text
    return text if entry.form.adds_up else entry.words


def _process_text(process: str, lines: _Lines) -> Iterable[str]:
    if not process:
        return
    yield process
    contexts: dict[str, list[str]] = {ROUTER: []}
    for owner in sorted(lines, key=_order):
        for line in lines[owner].values():
            contexts.setdefault(line.context, []).append(line.text)
    for context, texts in contexts.items():
        inside_family = context != ROUTER and not context.startswith("template ")
        if inside_family:
            yield f" address-family {context}"
        for text in texts:
            if text:
                yield f"{'  ' if inside_family else ' '}{text}"


def _order(owner: str) -> tuple[int, int, str]:
    """The process first, then groups, then addresses by number."""
    if not owner:
        return 0, 0, ""
    if address_or_none(owner) is None:
        return 1, 0, owner
    address = ipaddress.ip_address(owner)
    return 1 + address.version, int(address), ""
