# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: the answer of one check about one subject."""

from __future__ import annotations

from dataclasses import dataclass

PASS = "pass"

FAIL = "fail"


UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """The answer of one check about one subject. A warning never blocks a gate."""

    check: str
    subject: str
    verdict: str
    expected: str
    actual: str
    advice: str
    severity: str = "error"

    @property
    def sentence(self) -> str:
        """Subject, what is wrong, what to do, in one sentence."""
        text = f"{self.subject}: expected {self.expected}, found {self.actual}"
        return f"{text}. {self.advice}" if self.advice else text
