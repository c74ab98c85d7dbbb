# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`show ip bgp neighbors`: one record per block."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ...model.family import IPV4
from ..text import address_of, mask
from .answer import Answer, answer, as_of, is_inactive
from .neighbor_lines import FAMILY, IDLE_WORDS, NOTHING, Doubtful, Effect, effect_of
from .records import NeighborDetail, NeighborFamily

_TITLE = "BGP neighbor is "
_CUT = _TITLE.rstrip()
_HEADER = re.compile(r"(?P<dynamic>\*?)(?P<address>[0-9A-Fa-f.:]+(?:%[^\s,]+)?),(?P<rest>.*)\Z", re.A)
_ATTRIBUTE = re.compile(
    r"(?:vrf (?P<vrf>\S+)|remote AS (?P<asn>\S+)|local AS (?P<local_as>\S+)(?: .*)?"
    r"|(?P<link>internal|external) link)\Z"
)
_FAMILY = re.compile(r"For address family: (.+)\Z")
# Lines that blocks have in common are met in the first ones; keeping every line would cost time and memory.
_KNOWN_LINES = 4096
_MESSAGES = "messages_sent"


@dataclass
class _Block:
    """A neighbour while it is read; `family` is the address family its lines are in."""

    fields: dict[str, Any]
    families: list[dict[str, Any]] = field(default_factory=list)
    family: dict[str, Any] | None = None
    unknown: list[str] = field(default_factory=list)

    def open(self, name: str) -> None:
        """Begin an address family."""
        self.family = {"name": name}
        self.families.append(self.family)

    def record(self) -> NeighborDetail:
        families = tuple(
            NeighborFamily(**{**each, "templates": tuple(each.get("templates", ()))})
            for each in self.families
        )
        several: dict[str, Any] = {
            "capabilities": dict(self.fields.get("capabilities", ())),
            "preserved": dict(self.fields.get("preserved", ())),
            "bfd": " ".join(self.fields.get("bfd", ())),
            "families": families,
            "unknown": tuple(self.unknown),
        }
        return NeighborDetail(**{**self.fields, **several})


@dataclass
class _Reading:
    """Where the reader is.

    `heading` is an address family whose place is not decided yet: it stands in a block, or it is the heading
    under which `show bgp all neighbors` lists the next ones. Which of both shows in the next line.
    """

    source: Answer
    blocks: list[_Block] = field(default_factory=list)
    listed: str = ""
    heading: str = ""

    def settle(self) -> None:
        """The heading lists neighbours: no line of a block follows it."""
        if self.heading:
            self.listed, self.heading = self.heading, ""

    def into_block(self) -> None:
        """The heading stands in the block: a line of the block follows it."""
        self.blocks[-1].open(self.heading)
        self.heading = ""


def read_neighbors(text: str, command: str = "") -> tuple[NeighborDetail, ...]:
    """Read the blocks of `show ip bgp neighbors`, in the order of the text; () where no BGP process runs.

    Filtered output (`| include BGP neighbor is|BGP state|...`) is read as well, as long as it has the lines
    "BGP neighbor is". Lines that are not known stand in the record's `unknown`.

    Raises:
        IosTextError: an error of IOS, text outside of a block, a block without AS, or a line that decides
            about the record and cannot be read.
    """
    source = answer(text, command, IPV4.neighbors)
    reading = _Reading(source)
    # Most lines of a block are the same in every block: what such a line says is worked out once.
    known: dict[str, Effect | None] = {}
    for number, full in enumerate(source.lines, 1):
        if not full:
            continue
        effect = known.get(full)
        if effect is not None:
            if reading.heading:
                reading.into_block()
            if effect.simple:
                reading.blocks[-1].fields.update(effect.single)
            elif effect is not NOTHING:
                _take(reading, number, full, effect)
            continue
        words = full.split(None, 1)
        if not words:
            continue
        if words[0] in IDLE_WORDS and reading.blocks and _TITLE not in full:
            if reading.heading:
                reading.into_block()
            continue
        line = full.strip()
        if _begins(reading, number, full, line):
            continue
        if not reading.blocks and is_inactive(line):
            return ()
        effect = _line(reading, number, line)
        if len(known) < _KNOWN_LINES:
            known[full] = effect
    return tuple(block.record() for block in reading.blocks)


def _begins(reading: _Reading, number: int, full: str, line: str) -> bool:
    """Begin a block or an address family; False where the line does neither."""
    # Cut off behind its title, a block would go to the neighbour before it.
    place = line.find(_TITLE) if _TITLE in line else len(line) - len(_CUT) if line.endswith(_CUT) else -1
    if place >= 0 and not line.startswith("Description:"):
        # A block may follow the end of the one before it without a line break.
        if place:
            _line(reading, number, line[:place].rstrip())
        _begin(reading, number, line[place:])
        return True
    family = _FAMILY.match(line) if line[0] == "F" else None
    if family:
        _heading(reading, full, family.group(1))
    return family is not None


def _heading(reading: _Reading, full: str, family: str) -> None:
    reading.settle()
    # IOS indents the heading in a block by one blank, and does not indent the other.
    if reading.blocks and len(full) - len(full.lstrip()) == 1:
        reading.blocks[-1].open(family)
    else:
        reading.heading = family


def _begin(reading: _Reading, number: int, line: str) -> None:
    source = reading.source
    reading.settle()
    header = _HEADER.match(line[len(_TITLE) :])
    if header is None:
        source.refuse(number, line, "expected 'BGP neighbor is ADDRESS,  remote AS N, internal link'")
    fields: dict[str, Any] = {
        "address": source.take(number, line, address_of, header["address"]),
        "dynamic": bool(header["dynamic"]),
        "family": reading.listed,
    }
    block = _Block(fields)
    for part in header["rest"].split(","):
        _attribute(source, number, line, block, part.strip())
    if "asn" not in fields or "link" not in fields:
        source.refuse(number, line, "the line ends before the remote AS or the link; read it again")
    reading.blocks.append(block)


def _attribute(source: Answer, number: int, line: str, block: _Block, part: str) -> None:
    found = _ATTRIBUTE.match(part)
    if found is None:
        block.unknown.append(mask(part))
        return
    name, text = found.lastgroup or "", found.group(found.lastgroup or 0)
    block.fields[name] = text if name in ("vrf", "link") else source.take(number, line, as_of, text)


def _line(reading: _Reading, number: int, line: str) -> Effect | None:
    """Take up a line that was not met before; None where it is not known."""
    try:
        effect = effect_of(line)
    except Doubtful as error:
        reading.source.refuse(number, line, str(error))
    if not reading.blocks:
        reading.source.refuse(number, line, _outside(line))
    if reading.heading:
        reading.into_block()
    if effect is None:
        if line.startswith("%"):
            reading.source.refuse(number, line, "the router refused the command")
        reading.blocks[-1].unknown.append(mask(line))
    elif effect is not NOTHING:
        _take(reading, number, line, effect)
    return effect


def _take(reading: _Reading, number: int, line: str, effect: Effect) -> None:
    block = reading.blocks[-1]
    into = block.fields
    if effect.kind == FAMILY:
        if block.family is None:
            block.open("")
        into = block.family or into
    elif effect.once in into:
        # "Total:" also ends the table of denied prefixes, in the part of an address family.
        if effect.once != _MESSAGES:
            reading.source.refuse(
                number, line, f"a second line of its kind for {into['address']}: 'BGP neighbor is' is missing"
            )
        return
    elif effect.once == _MESSAGES and block.family is not None:
        return
    into.update(effect.single)
    for name, value in effect.several:
        into.setdefault(name, []).append(value)


def _outside(line: str) -> str:
    if line.startswith("%"):
        return "the router refused the command"
    return "no 'BGP neighbor is' before this line"
