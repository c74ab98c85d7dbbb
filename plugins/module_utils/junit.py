# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of a run as JUnit XML, which every CI shows.

It is red exactly where the playbook ends with an error: findings that stopped nothing, as warnings, or those
of a loss that was a false alarm, are skipped cases. All text is made printable first, so that nothing stands
in it that XML 1.0 forbids, and cut, as a name may have any length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree

from .checks.findings import ERROR
from .model.finding import FAIL, PASS, Finding
from .printable import brief, printable
from .report import Story, ended_well

#: Characters of a subject that are shown.
LONGEST_NAME = 300
#: Class of the one case that is the run itself.
RUN = "run"
_COUNTED = ("failure", "error", "skipped")


def junit(story: Story) -> str:
    """A suite for each gate, a case for each check and subject, and one suite with the run itself."""
    well = ended_well(story.outcome)
    root = ElementTree.Element("testsuites", name=_named(f"calico_bgp {story.playbook}"))
    root.append(_suite(RUN, [_run(story, well)]))
    for gate, findings in story.findings.items():
        root.append(_suite(gate, [_case(finding, well) for finding in findings]))
    # Not skipped: the schema of Jenkins's xunit plugin (junit-10.xsd) knows that of a suite alone.
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", _seconds(story.ended - story.started))
    ElementTree.indent(root, " ")
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(name: str, cases: Sequence[ElementTree.Element]) -> ElementTree.Element:
    found = [child.tag for case in cases for child in case]
    failures, errors, skipped = (str(found.count(tag)) for tag in _COUNTED)
    suite = ElementTree.Element(
        "testsuite",
        name=_named(name),
        tests=str(len(cases)),
        failures=failures,
        errors=errors,
        skipped=skipped,
    )
    suite.extend(cases)
    return suite


def _run(story: Story, well: bool) -> ElementTree.Element:
    """The run as a case: it may fail where no finding says why."""
    case = ElementTree.Element(
        "testcase",
        classname=RUN,
        name=_named(story.playbook),
        time=_seconds(story.ended - story.started),
    )
    said = brief(f"{story.outcome}: {story.message}" if story.message else story.outcome)
    if not well:
        ElementTree.SubElement(case, "failure", type=_named(story.outcome), message=said)
    return case


def _case(finding: Finding, well: bool) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=_named(finding.check), name=_named(finding.subject))
    if finding.verdict == PASS:
        return case
    if well or finding.severity != ERROR:
        said = f"{finding.severity}, {finding.verdict}: {finding.sentence}"
        ElementTree.SubElement(case, "skipped", message=brief(said))
        return case
    tag = "failure" if finding.verdict == FAIL else "error"
    entry = ElementTree.SubElement(case, tag, type=finding.verdict, message=brief(finding.sentence))
    entry.text = "\n".join(_details(finding))
    return case


def _details(finding: Finding) -> Iterator[str]:
    parts: Mapping[str, str] = {
        "expected": finding.expected,
        "found": finding.actual,
        "to do": finding.advice,
    }
    yield from (f"{name}: {brief(text)}" for name, text in parts.items() if text)


def _named(text: str) -> str:
    """Text as a name: printable, and cut where it is long.

    >>> _named("n" * 10000)[-33:]
    'nnn ... (10000 characters in all)'
    """
    shown = printable(text[:LONGEST_NAME])
    return shown if len(text) <= LONGEST_NAME else f"{shown} ... ({len(text)} characters in all)"


def _seconds(value: float) -> str:
    return f"{max(value, 0.0):.1f}"
