# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to type to get from one configuration to another, as ``configure replace`` does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lab.ios.grammar import CliError, is_address
from lab.ios.rules import CONFIG

MODES = {"router": ("router", "session", "af"), "address-family": ("af",)}


@dataclass(frozen=True)
class Line:
    """A configuration line inside its sections, for example
    ``Line(("router bgp 1", "address-family ipv4"), "neighbor 10.0.0.1 activate")``."""

    path: tuple[str, ...]
    text: str


def _key(line: Line) -> tuple[object, ...]:
    """What of a line another line replaces: the line's key in the grammar, or all of it."""
    words = line.text.removeprefix("no ").split()
    section = line.path[-1].split()[0] if line.path else "config"
    modes = MODES.get(section, (section,))
    if section == "ip" or words[0] in (
        "ip",
        "ipv6",
        "access-list",
        "archive",
        "interface",
        "route-map",
        "router",
    ):
        return (line.path, line.text)  # sections and list entries are told apart by all they say
    try:
        return (line.path, CONFIG.match(modes, words).key)
    except CliError:
        return (line.path, line.text)


def _undo(line: Line) -> Line:
    text = line.text.removeprefix("no ") if line.text.startswith("no ") else f"no {line.text}"
    return Line(line.path, text)


def _neighbor(line: Line) -> str | None:
    words = line.text.removeprefix("no ").split()
    return words[1] if words[0] == "neighbor" else None


def _in_order(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lists whose entries have no numbers, so that only their order says which comes first."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.text.startswith(("ip as-path ", "ip community-list ")):
            found.setdefault(re.split(" (?:permit|deny) ", line.text)[0], []).append(line)
    return found


def difference(have: Sequence[Line], want: Sequence[Line]) -> list[Line]:
    """Lines to type, removals first. A line that both have is not touched."""
    there, wanted = set(have), set(want)
    other = _in_order(want)
    for head, lines in _in_order(have).items():
        if lines != other.get(head):
            there -= set(lines)
            wanted -= set(lines)
    replaced = {_key(line) for line in want}
    sections = {line.text for line in want if not line.path}
    neighbors = {(line.path[:1], _neighbor(line)) for line in want if _neighbor(line)}
    typed: list[Line] = []
    for line in reversed(have):
        if line in wanted or (line in there and _key(line) in replaced):
            continue
        name = _neighbor(line)
        if line.path and line.path[0] not in sections:
            continue  # goes with its section
        if name and (line.path[:1], name) not in neighbors:
            whole = f"no neighbor {name}" + ("" if is_address(name) else " peer-group")
            typed += [each for each in [Line(line.path[:1], whole)] if each not in typed]
            continue
        typed.append(_undo(line))
    return typed + [line for line in want if line not in there]
