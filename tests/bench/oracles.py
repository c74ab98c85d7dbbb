# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of anything that is read out of a text, however damaged: nothing is made up.

All of it is the tests' own: a text is looked at as words in lines, by no pattern of a reader.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.data import config_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.records import RunningConfig
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.records import (
    BgpPath,
    NeighborDetail,
    Summary,
    SummaryRow,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import MASK, Transcript
from tests.bench.damages import without_silent

_PAGER = re.compile(r" ?-- ?[Mm]ore ?-- ?(?:\x08+ *\x08*|\r(?: *\r)?)?")
_PAGER_AT_LINE = re.compile(r"(?<![^\r\n])" + _PAGER.pattern)
_BREAK = re.compile(r"\r*\n\r*|\r+")
_WORD = re.compile(r"[0-9A-Fa-f.:]+|\d+(?:\.\d+){3}")
_DOTTED = re.compile(r"(?<![\d.])\d+(?:\.\d+){3}(?![\d.])")
_NUMBER = re.compile(r"\d+", re.A)
#: Digits of a number that is looked at; Python makes no number of more than 4300.
_LONGEST = 4000
#: Lines that may stand between the parts of one row: titles of a page, messages, what is blank.
_APART = 6
_TITLE = "BGP neighbor is "
_COMMUNITY = re.compile(r"\d+(?::\d+)?\Z|internet\Z|no-(?:export|advertise|peer)\Z|local-AS\Z|gshut\Z", re.A)


class Text:
    """A text as words in lines, without what a terminal adds."""

    def __init__(self, raw: str) -> None:
        seen = without_silent(raw)
        # A pager's mark is one at the beginning of a line, and may be a word elsewhere.
        self.forms = tuple({seen, _PAGER.sub("", seen), _PAGER_AT_LINE.sub("", seen)})
        self.lines = [line for form in self.forms for line in _BREAK.split(form) if line.strip()]
        self.lower = "\n".join(self.forms).lower()

    @functools.cached_property
    def words(self) -> list[frozenset[str]]:
        """Those of each line."""
        return [frozenset(line.split()) for line in self.lines]

    @functools.cached_property
    def addresses(self) -> frozenset[Any]:
        """All that can be read as an address, at any place."""
        found = set()
        for text in self.forms:
            for word in (*_WORD.findall(text), *_DOTTED.findall(text)):
                pieces = (word, word.strip(".:"), word.rstrip(".:"), *_behind_colons(word))
                found.update(filter(None, map(_address, pieces)))
        return frozenset(found)

    def has(self, words: str) -> bool:
        """Whether these words stand in it, as they are."""
        return any(words in form for form in self.forms)

    def has_address(self, text: str) -> bool:
        """Whether an address or a network, in one form, stands in the text in any form."""
        word, _slash, length = text.partition("/")
        word = word.partition("%")[0]
        address = _address(word)
        if address is None or word.lower() in self.lower or address in self.addresses:
            return True
        if not length.isdigit():
            return False
        network = ipaddress.ip_network(text, strict=False)
        return any(each.version == network.version and each in network for each in self.addresses)

    def has_line(self, words: Iterable[str]) -> bool:
        """Whether all these words stand in one line."""
        wanted = frozenset(words) - {MASK}
        return any(wanted <= there for there in self.words)

    def windows(self, address: str) -> Iterator[str]:
        """The lines from each that names an address on, as far as a row can reach."""
        wanted = _address(address.partition("%")[0])
        for at, line in enumerate(self.lines):
            if any(_address(word) == wanted for word in (*_WORD.findall(line), *_DOTTED.findall(line))):
                yield "\n".join(self.lines[at : at + _APART])

    @functools.cached_property
    def blocks(self) -> list[str]:
        """The text from each line with "BGP neighbor is" on to the next one."""
        blocks: list[list[str]] = []
        for line in self.lines:
            place = line.find(_TITLE)
            if blocks:
                # A block may begin where the one before it ends.
                blocks[-1].append(line[:place] if place >= 0 else line)
            if place >= 0:
                blocks.append([line[place:]])
        return ["\n".join(block) for block in blocks]


def _behind_colons(word: str) -> Iterator[str]:
    """What may be an address behind a route distinguisher."""
    parts = word.split(":", 2)
    yield from (":".join(parts[at:]) for at in range(1, len(parts)))


@functools.lru_cache(maxsize=65536)
def _address(word: str) -> Any:
    try:
        return ipaddress.ip_address(word)
    except ValueError:
        return None


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a record, with the name of its field."""
    if is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from leaves(getattr(value, each.name), each.name)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(key, name)
            yield from leaves(each, name)
    elif isinstance(value, (tuple, list, frozenset, set)):
        for each in value:
            yield from leaves(each, name)
    else:
        yield name, value


def invented(result: Any, text: Text) -> Iterator[str]:
    """What is in a record and not in the text, each as the name of its field."""
    if isinstance(result, Transcript):
        yield from _transcript(result, text)
        return
    for name, value in leaves(result):
        if name == "statements":
            # In canonical form, masks and all; the line itself is looked at below.
            continue
        if isinstance(value, str) and value and not all(map(text.has_address, value.split())):
            yield f"{name}: an address that is not there"
    several = result.rows if isinstance(result, Summary) else result if isinstance(result, tuple) else ()
    for each in several:
        for kind, look in _LOOKS.items():
            if isinstance(each, kind):
                yield from look(each, text)
    if isinstance(result, RunningConfig):
        yield from _config(result, text)


def _transcript(result: Transcript, text: Text) -> Iterator[str]:
    there = frozenset(line.strip() for line in text.lines)
    if not all(not line.strip() or line.strip() in there for line in result.lines):
        yield "lines: one that is not there"


def _summary_row(row: SummaryRow, text: Text) -> Iterator[str]:
    numbers = (row.neighbor_version, row.input_queue, row.output_queue, row.messages_received)
    wanted = [*numbers, row.messages_sent, *([row.prefixes] if row.prefixes is not None else [])]
    windows = [_numbers(each) for each in text.windows(row.address)]
    if not any(there >= set(wanted) for there in windows):
        yield "row: its numbers are not in one place"
    if row.prefixes is None and not text.has(row.state.split()[0]):
        yield "state: not in the text"


def _numbers(text: str) -> set[int]:
    return {int(each) for each in _NUMBER.findall(text) if len(each) <= _LONGEST}


#: Fields of a neighbour that are no words of its block: the heading before it, and what is worked out.
_NOT_IN_BLOCK = frozenset(("family", "prefix_action", "asn", "local_as", "bfd"))


def _neighbor(record: NeighborDetail, text: Text) -> Iterator[str]:
    best: list[str] | None = None
    for block in text.blocks:
        missing = list(_missing(record, block))
        best = missing if best is None or len(missing) < len(best) else best
    yield from best if best is not None else ["address: no block"]


def _missing(record: NeighborDetail, block: str) -> Iterator[str]:
    head = block[len(_TITLE) :].partition(",")[0].strip("* ").partition("%")[0]
    if _address(head) != _address(record.address.partition("%")[0]):
        yield "address: none of a block"
    there = _numbers(block)
    squeezed = " ".join(block.split())
    for name, value in leaves(record):
        if name in _NOT_IN_BLOCK or name.endswith("_seconds") or isinstance(value, bool):
            continue
        if isinstance(value, int) and value not in there:
            yield f"{name}: a number that is not in the block"
        if not isinstance(value, str) or not value or MASK in value or _address(value.partition("%")[0]):
            continue
        if name == "state" and "multisession" in block:
            continue
        if " ".join(value.split()) not in squeezed:
            yield f"{name}: words that are not in the block"


def _path(path: BgpPath, text: Text) -> Iterator[str]:
    if not all(map(_COMMUNITY.match, path.communities)):
        yield "communities: a word that is none"
    if not _address(path.prefix.partition("/")[0]) and not text.has(path.prefix):
        yield "prefix: not in the text"
    numbers = {each for each in (path.metric, path.local_preference, path.weight) if each is not None}
    places = text.windows(path.next_hop) if path.next_hop else iter(text.forms)
    words = set(path.as_path.split())
    # The AS path of the detailed view stands before its next hop.
    before = path.as_path and path.router_id and text.has(path.as_path)
    if not any(
        _numbers(place) >= numbers and (before or words <= set(re.split(r"[\s,]", place))) for place in places
    ):
        yield "path: its numbers and its AS path are not in one place"


_LOOKS: dict[type, Callable[[Any, Text], Iterator[str]]] = {
    SummaryRow: _summary_row,
    NeighborDetail: _neighbor,
    BgpPath: _path,
}


def _config(config: RunningConfig, text: Text) -> Iterator[str]:
    for name, rules in config.prefix_lists.items():
        for rule in rules:
            if not text.has_line([name, rule.action, rule.prefix]):
                yield "prefix_lists: a rule that is no line"
    for line in config.bgp.lines if config.bgp else ():
        words = [word for word in line.text.split() if word != line.owner]
        if not text.has_line(words):
            yield "lines: one that is not there"


# -- what is shown to people


def shown(result: Any) -> Iterator[tuple[str, str]]:
    """What a record gives to messages and reports: the name of the place, and the text."""
    if isinstance(result, str):
        yield "answer", result
    elif isinstance(result, RunningConfig):
        yield "torn", result.torn
        yield from (("unknown", line) for line in result.unknown)
        yield from (("misplaced", line.text) for line in result.misplaced)
        for lines in result.prefix_list_uses.values():
            yield from (("prefix_list_uses", line) for line in lines)
        yield from ((f"data: {name}", str(value)) for name, value in named(config_data(result)))
    else:
        yield from ((name, value) for name, value in leaves(result) if isinstance(value, str))


def named(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in plain data, with the last key on the way to it."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from named(each, str(key) if isinstance(key, str) and key.islower() else name)
    elif isinstance(value, list):
        for each in value:
            yield from named(each, name)
    else:
        yield name, value
