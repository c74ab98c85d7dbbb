# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result.json is read here, and held against the published schema; and a junit.xml, as a CI reads it."""

from __future__ import annotations

import json
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


def read_junit(text: str) -> list[Case]:
    """The cases, read strictly: elements, attributes and sums as the schema that CIs follow has them."""
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert root.tag == "testsuites"
    found: list[Case] = []
    for suite in root:
        assert suite.tag == "testsuite"
        assert suite.get("name")
        own = [_case(suite.get("name", ""), element) for element in suite]
        for count, result in COUNTS.items():
            assert int(suite.attrib[count]) == sum(case.result == result for case in own)
        assert int(suite.attrib["tests"]) == len(own)
        found += own
    assert int(root.attrib["tests"]) == len(found)
    for count, result in COUNTS.items():
        assert int(root.attrib[count]) == sum(case.result == result for case in found)
    return found


#: Attributes of a suite, and the element of a case that each counts.
COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _case(suite: str, element: ElementTree.Element) -> Case:
    assert element.tag == "testcase"
    assert set(element.keys()) <= {"classname", "name", "time"}
    assert len(element) <= 1, "a case ends in one way"
    for child in element:
        assert child.tag in COUNTS.values()
        assert set(child.keys()) <= {"type", "message"}
        return Case(
            suite, element.attrib["classname"], element.attrib["name"], child.tag, child.attrib["message"]
        )
    return Case(suite, element.attrib["classname"], element.attrib["name"], "passed", "")
