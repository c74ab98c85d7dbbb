# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published schema of the result: it is one, it is what the page says, and results are what it says."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ansible_collections.telco.calico_bgp.plugins.module_utils import report
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from tests.helpers import article
from tests.helpers.results import PUBLISHED, faults
from tools import result_schema

STORY = report.Story(
    playbook="cut",
    outcome="cut",
    message="",
    started=1.0,
    ended=2.0,
    check_mode=False,
    plan=article.planned(left_out={"node-z": "NotReady"}),
    plan_path="/run/plan.json",
    mesh_after=None,
    findings={"cut-gate": gates.judge("cut", article.evidence())},
    pushes={"rr1": article.push()},
    nodes=article.nodes(),
    routers={},
    packets={"sent": 1, "lost": 0, "longest_run": 0},
)


def test_it_is_a_schema_and_the_one_that_the_page_describes() -> None:
    Draft202012Validator.check_schema(PUBLISHED)
    assert result_schema.SCHEMA.read_text() == result_schema.written(), "run python -m tools.catalogue"


def test_a_result_is_what_the_schema_says_with_a_plan_and_without() -> None:
    assert faults(report.document(STORY)) == []
    assert faults(report.document(replace(STORY, plan=None, packets=None))) == []


def changed(path: str, value: Any) -> dict[str, Any]:
    """The result with another value at a path."""
    result: Any = copy.deepcopy(report.document(STORY))
    found, steps = result, path.split("/")
    for step in steps[:-1]:
        found = found[int(step) if step.isdigit() else step]
    found[steps[-1]] = value
    return dict(result)


WRONG = {
    "version": 2,
    "outcome": "fine",
    "started": "now",
    "plan/nodes": 2.5,
    "plan/objects/0/name": None,
    "mesh/after": "on",
    "left_out/node-z": 1,
    "routers/rr1/outcome": "good",
    "routers/rr1/commands": "none",
    "sessions/0/node_says": 1,
    "findings/cut-gate/0/verdict": "maybe",
    "findings/cut-gate/0/severity": "high",
    "packets/lost": None,
    "stranger": 1,
    "routers/rr1/stranger": 1,
    "sessions/0/stranger": 1,
}


@pytest.mark.parametrize(("path", "value"), WRONG.items(), ids=WRONG)
def test_what_is_none_is_found(path: str, value: Any) -> None:
    where = path.replace("/stranger", "").replace("stranger", "").split("/")[-1]
    [fault] = faults(changed(path, value))
    assert fault.startswith("$")
    assert where in fault


@pytest.mark.parametrize("path", ["version", "plan", "sessions", "findings"])
def test_nothing_may_lack(path: str) -> None:
    result = report.document(STORY)
    del result[path]
    assert faults(result) == [f"$: '{path}' is a required property"]


def test_a_reader_takes_what_is_newer_than_its_schema() -> None:
    assert not list(Draft202012Validator(PUBLISHED).iter_errors(changed("stranger", 1)))


def test_a_type_that_is_none_is_refused() -> None:
    page = "| `a` | text | what |\n"
    with pytest.raises(LookupError, match="the type of a is 'text'; use one of string, "):
        result_schema.schema(page)
