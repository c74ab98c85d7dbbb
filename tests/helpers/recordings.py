# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded answers of real routers, where they lie, and simple counts of what is in a text.

The counts are the tests' own: they know nothing of the readers.
"""

from __future__ import annotations

import ast
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

OUTPUTS = Path(__file__).parents[3] / "shared" / "ios-outputs"
#: Cisco's models of IOS-XE in short: each statement, its places, its values, and what it excludes.
STATEMENTS = OUTPUTS.parent / "reference" / "ios-xe-statements.md"
ABSENT = f"{OUTPUTS} is absent"


@dataclass(frozen=True)
class Recording:
    """One answer: where it lies, and its text."""

    name: str
    text: str

    @property
    def path(self) -> Path:
        return OUTPUTS / self.name

    def ntc(self) -> list[dict[str, Any]]:
        """What ntc-templates expects of it, [] where it says nothing."""
        path = self.path.with_suffix(".yml")
        return yaml.safe_load(path.read_text())["parsed_sample"] if path.exists() else []

    def genie(self) -> dict[str, Any]:
        """What genieparser expects of it, {} where it says nothing."""
        path = self.path.with_suffix(".expected.py")
        if not path.exists():
            return {}
        (statement,) = ast.parse(path.read_text()).body
        return ast.literal_eval(statement.value)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def everything() -> list[Recording]:
    """Every recorded answer."""
    found = [
        Recording(str(path.relative_to(OUTPUTS)), path.read_bytes().decode())
        for path in sorted(OUTPUTS.glob("**/*.raw"))
    ]
    for path in sorted(OUTPUTS.glob("**/*.mock_data.yaml")):
        texts = [text for text in _strings(yaml.safe_load(path.read_text())) if "\n" in text]
        found += [Recording(f"{path.relative_to(OUTPUTS)}#{place}", text) for place, text in enumerate(texts)]
    return found


ALL = everything()
SUMMARIES = [each for each in ALL if "State/PfxRcd" in each.text]
NEIGHBORS = [each for each in ALL if "BGP neighbor is" in each.text]
TABLES = [
    each
    for each in ALL
    if re.search(r"Network +Next Hop +Metric|^Total number of prefixes", each.text, re.MULTILINE)
]
DETAILS = [each for each in ALL if re.search(r"^\s*BGP routing table entry for", each.text, re.MULTILINE)]


def cases(recordings: list[Recording]) -> Any:
    """A decorator: one test for each recording, skipped where there are none."""
    given = [pytest.param(each, id=each.name) for each in recordings]
    skipped = pytest.param(None, id="none", marks=pytest.mark.skip(reason=ABSENT))
    return pytest.mark.parametrize("recording", given or [skipped])


def is_address(word: str) -> bool:
    """True for an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


def summary_peers(text: str) -> list[str]:
    """Addresses at the beginning of lines, as written."""
    words = [line.split() for line in text.splitlines()]
    return [
        first[0].lstrip("*")
        for first in words
        if first and is_address(first[0].lstrip("*")) and (len(first) == 1 or len(first) > 9)
    ]


def neighbor_peers(text: str) -> list[str]:
    """Addresses behind "BGP neighbor is", as written."""
    return re.findall(r"BGP neighbor is \*?([0-9A-Fa-f.:]+)", text)


def table_paths(text: str) -> int:
    """Lines that end like a path: a weight, AS numbers, an origin code."""
    return len(re.findall(r" \d{1,5}(?: [\d.{}()]+)* [ie?]\s*$", text, re.MULTILINE))


def detail_paths(text: str) -> int:
    """Lines "NEXTHOP from NEIGHBOR (ROUTER-ID)"."""
    return len(re.findall(r"^\s*\S+( \([^)]*\))* from \S+ \([\d.]+\)", text, re.MULTILINE))
