# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result.json is read here, and held against the published schema; and a junit.xml, as a CI reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from jsonschema import Draft202012Validator

from tools import result_schema

PUBLISHED: dict[str, Any] = json.loads(result_schema.SCHEMA.read_text(encoding="utf-8"))
#: In a test a field that the schema does not name is an error.
_VALIDATOR = Draft202012Validator(result_schema.closed(PUBLISHED))


def read_result(path: Path) -> dict[str, Any]:
    """The result in a file; AssertionError where it is not what the schema says."""
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    wrong = faults(result)
    assert not wrong, f"{path}: {wrong}"
    return result


def faults(result: Any) -> list[str]:
    """What is wrong with a result: where, and what."""
    return [f"{error.json_path}: {error.message[:300]}" for error in _VALIDATOR.iter_errors(result)]


@dataclass(frozen=True)
class Case:
    """A case of a JUnit file; `result` is `passed` or the name of the element that says why it is not."""

    suite: str
    classname: str
    name: str
    result: str
    message: str


@dataclass(frozen=True)
class Shape:
    """What an element may have: attributes that it must have, others, and elements inside."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


_WHY = Shape(may=("type", "message"))
#: The structure of JUnit files after junit-10.xsd of Jenkins's xunit plugin, which refuses any other file; of
#: it what we write, and no more.
JUNIT: Mapping[str, Shape] = {
    "testsuites": Shape(may=("name", "time", "tests", "failures", "errors"), inside=("testsuite",)),
    "testsuite": Shape(
        ("name", "tests", "failures", "errors"),
        ("time", "skipped", "timestamp", "hostname", "id", "package"),
        ("testcase",),
    ),
    "testcase": Shape(("name",), ("time", "classname"), ("skipped", "error", "failure")),
    "skipped": _WHY,
    "error": _WHY,
    "failure": _WHY,
}
#: How the schema writes a number of seconds.
_SECONDS = re.compile(r"\d+(\.\d*)?")


def junit_faults(text: str) -> list[str]:
    """Where a JUnit file is not as the schema has it; text that is no XML is one, too."""
    try:
        root = ElementTree.fromstring(text.encode("utf-8"))
    except (ElementTree.ParseError, UnicodeEncodeError) as error:
        return [f"no XML: {error}"]
    return [*_faults(root), *([] if root.tag == "testsuites" else [f"the root is {root.tag}"])]


def _faults(element: ElementTree.Element) -> Iterator[str]:
    shape = JUNIT.get(element.tag)
    if shape is None:
        yield f"{element.tag} is unknown"
        return
    has = set(element.keys())
    yield from (f"{element.tag} lacks {name}" for name in shape.needs if name not in has)
    yield from (f"{element.tag} has {name}" for name in sorted(has - {*shape.needs, *shape.may}))
    if "time" in has and not _SECONDS.fullmatch(element.attrib["time"]):
        yield f"{element.tag} has the time {element.attrib['time']!r}"
    if shape.inside and (element.text or "").strip():
        yield f"{element.tag} has text"
    for child in element:
        if child.tag not in shape.inside:
            yield f"{element.tag} has {child.tag} inside"
        yield from _faults(child)


def read_junit(text: str) -> list[Case]:
    """The cases, read strictly: the structure, and each sum; AssertionError where something is wrong."""
    assert junit_faults(text) == []
    root = ElementTree.fromstring(text.encode("utf-8"))
    found: list[Case] = []
    for suite in root:
        assert suite.get("name")
        own = [_case(suite.get("name", ""), element) for element in suite]
        for count, result in COUNTS.items():
            assert int(suite.attrib[count]) == sum(case.result == result for case in own)
        assert int(suite.attrib["tests"]) == len(own)
        found += own
    assert int(root.attrib["tests"]) == len(found)
    for count in ("failures", "errors"):
        assert int(root.attrib[count]) == sum(case.result == COUNTS[count] for case in found)
    return found


#: Attributes of a suite, and the element of a case that each counts.
COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _case(suite: str, element: ElementTree.Element) -> Case:
    assert len(element) <= 1, "a case ends in one way"
    result, message = next(((child.tag, child.attrib["message"]) for child in element), ("passed", ""))
    return Case(suite, element.attrib["classname"], element.attrib["name"], result, message)
