# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of a run as JUnit XML, as a CI reads it."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import junit, report
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.findings import ACCEPTED, WARNING
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import UNKNOWN, Finding
from tests.helpers import article
from tests.helpers.results import Case, junit_faults, read_junit

ROOT = Path(__file__).resolve().parents[2]
GOOD = weigh.finding("node.session", "node node-a", True, "e", "a", "do")
BAD = weigh.finding("node.session", "node node-b", False, "up", "down", "look")
DARK = weigh.finding("node.routes", "node node-c", False, "e", "a", "do", otherwise=UNKNOWN)
ODD = weigh.finding("leaks.told", "rr1", False, "e", "a", "do", severity=WARNING)
KNOWN = replace(ODD, severity=ACCEPTED)
HOSTILE = '</testcase>&<!-- "x" ]]> \x00\x1b[2K\ufffe\ud800\u202e'


def story(outcome: str, *findings: Finding, message: str = "") -> report.Story:
    return report.Story(
        playbook="cut",
        outcome=outcome,
        message=message,
        started=1.0,
        ended=3.5,
        check_mode=False,
        plan=article.planned(),
        plan_path="",
        mesh_after=False,
        findings={"cut-gate": findings},
        pushes={},
        nodes={},
        routers={},
        packets=None,
    )


def cases(text: str) -> dict[str, Case]:
    """The cases of the findings by subject, and of the run."""
    return {case.name: case for case in read_junit(text)}


def test_a_gate_that_stayed_shut() -> None:
    text = junit.junit(story("gate_shut", GOOD, BAD, DARK, ODD, KNOWN, message="The gate stays shut"))
    found = cases(text)
    assert found["node node-a"] == Case("cut-gate", "node.session", "node node-a", "passed", "")
    assert found["node node-b"].result == "failure"
    assert found["node node-b"].message == "node node-b: expected up, found down. look"
    assert found["node node-c"].result == "error"
    assert found["rr1"].result == "skipped"
    assert found["rr1"].message.startswith("accepted, fail: rr1: ")
    assert found["cut"] == Case("run", "run", "cut", "failure", "gate_shut: The gate stays shut")
    assert '<testsuites name="calico_bgp cut" tests="6" failures="2" errors="1" time="2.5">' in text
    assert "expected: up\nfound: down\nto do: look" in text


def test_a_run_that_ended_well_is_green() -> None:
    """A loss that was a false alarm, and what depends on changes that check mode does not make."""
    found = cases(junit.junit(story("cut", GOOD, BAD, DARK, ODD)))
    assert {name: case.result for name, case in found.items()} == {
        "cut": "passed",
        "node node-a": "passed",
        "node node-b": "skipped",
        "node node-c": "skipped",
        "rr1": "skipped",
    }
    assert found["node node-b"].message.startswith("error, fail: node node-b: expected up")


def test_a_run_that_failed_without_a_finding_is_red() -> None:
    [case] = read_junit(junit.junit(story("failed", message="no plan")))
    assert (case.result, case.message) == ("failure", "failed: no plan")


def test_which_outcomes_are_red_is_what_the_page_says_of_the_exit_status() -> None:
    runs = (ROOT / "docs/result.md").read_text().partition("## Outcomes of a run")[2]
    documented = dict(re.findall(r"^\| `(\w+)` \| ([02]) \|", runs, re.MULTILINE))
    assert {word for word, status in documented.items() if status == "0"} == set(report.WELL)
    for word, status in documented.items():
        [case] = read_junit(junit.junit(story(word)))
        assert (case.result == "failure") is (status == "2"), word


@pytest.mark.parametrize("outcome", ["gate_shut", "cut", "failed"])
@pytest.mark.parametrize("message", ["", "why", HOSTILE])
def test_the_structure_is_that_of_the_schema_of_jenkins(outcome: str, message: str) -> None:
    assert junit_faults(junit.junit(story(outcome, GOOD, BAD, DARK, ODD, KNOWN, message=message))) == []


SPOILT = {
    # what becomes of a file, and how, what is wrong with it
    "no XML": ("</testsuites>", "", "no XML"),
    "another root": ("testsuites", "report", "report is unknown"),
    "a number that suites alone have": (
        ' errors="1" time',
        ' errors="1" skipped="2" time',
        "testsuites has skipped",
    ),
    "no count": (' failures="1"', "", "testsuite lacks failures"),
    "an attribute of nobody": ('classname="run"', 'class="run"', "testcase has class"),
    "no name": (' name="node node-a"', "", "testcase lacks name"),
    "an element of nobody": ("<skipped", "<ignored", "testcase has ignored inside"),
    "a time that is none": ('time="2.5"', 'time="soon"', "has the time 'soon'"),
    "text where none may be": ("<testsuite ", "x<testsuite ", "testsuites has text"),
}


@pytest.mark.parametrize(("part", "other", "said"), SPOILT.values(), ids=SPOILT)
def test_a_file_that_is_not_as_the_schema_has_it_is_found_out(part: str, other: str, said: str) -> None:
    text = junit.junit(story("gate_shut", GOOD, BAD, DARK, ODD))
    assert part in text
    assert any(said in fault for fault in junit_faults(text.replace(part, other)))


def test_hostile_text_is_text() -> None:
    bad = weigh.finding("node.session", f"node {HOSTILE}", False, HOSTILE, HOSTILE, HOSTILE)
    raw = replace(bad, subject=HOSTILE, actual=HOSTILE)
    for finding in (bad, raw):
        text = junit.junit(story("gate_shut", finding, message=HOSTILE))
        text.encode("utf-8")
        [run, case] = read_junit(text)
        assert '</testcase>&<!-- "x" ]]> \\x00\\x1b[2K\\ufffe\\ud800\\u202e' in case.name
        assert "\\x1b[2K" in case.message
        assert "\\x1b[2K" in run.message


@pytest.mark.parametrize("length", [300, 10_000, 1_000_000])
def test_a_name_of_any_length_is_cut(length: int) -> None:
    bad = weigh.finding("c", "n" * length, False, "e" * length, "a" * length, "d" * length)
    text = junit.junit(story("gate_shut", bad))
    assert len(text) < 12_000
    [_run, case] = read_junit(text)
    assert case.name == "n" * 300 + (f" ... ({length} characters in all)" if length > 300 else "")


def test_doctests() -> None:
    assert doctest.testmod(junit).failed == 0
