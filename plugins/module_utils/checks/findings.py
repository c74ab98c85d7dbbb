# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all checks share: how a finding is made, and what a set of findings amounts to."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from ..model.finding import FAIL, PASS, UNKNOWN, Finding
from ..printable import printable

#: What a check gives: one finding for each subject.
Findings = Iterator[Finding]

ERROR = "error"
WARNING = "warning"
#: A warning that the user does not want to hear of.
ACCEPTED = "accepted"


def finding(
    check: str,
    subject: str,
    ok: bool,
    expected: str,
    actual: str,
    advice: str,
    *,
    otherwise: str = FAIL,
    severity: str = ERROR,
) -> Finding:
    """A finding: passed where `ok`, else with the verdict `otherwise`, what was found and what to do.

    Its texts may hold what a node, a router or the API said, so each is made printable.
    """
    subject, expected = printable(subject), printable(expected)
    if ok:
        return Finding(check, subject, PASS, expected, expected, "", severity)
    return Finding(check, subject, otherwise, expected, printable(actual), printable(advice), severity)


def blocking(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that keep a gate shut: everything of severity error that did not pass."""
    return tuple(f for f in findings if f.verdict != PASS and f.severity == ERROR)


def passed(findings: Sequence[Finding]) -> bool:
    """Whether a gate opens: at least one finding, and none that blocks. No finding at all proves nothing."""
    return bool(findings) and not blocking(findings)


def verdict(findings: Sequence[Finding]) -> str:
    """What a set of findings amounts to: fail before unknown before pass. No finding at all is unknown."""
    verdicts = {f.verdict for f in blocking(findings)}
    if FAIL in verdicts:
        return FAIL
    return PASS if findings and not verdicts else UNKNOWN


def sentence(findings: Sequence[Finding]) -> str:
    """What keeps the gate shut, in one sentence: the first blocking finding, and how many there are."""
    texts = [f.sentence for f in blocking(findings)]
    if not texts:
        return "" if findings else "no finding at all, which proves nothing"
    more = (
        f" ({len(texts)} of {len(findings)} checks did not pass; the result file has all)"
        if texts[1:]
        else ""
    )
    return texts[0] + more


def first(texts: Collection[str], between: str, limit: int = 5) -> str:
    """The first texts, and how many more there are."""
    more = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return between.join(itertools.islice(texts, limit)) + more
