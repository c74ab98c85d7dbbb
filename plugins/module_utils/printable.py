# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside, as it may be shown: an annotation or a node's answer must not write lines of ours."""

from __future__ import annotations

from collections.abc import Sequence

#: Characters of a message of somebody else's that are shown.
LONGEST = 2000
#: Lines of a list in a task's result.
FEW = 50


def printable(text: str) -> str:
    """The text on one line: what a terminal would obey, or nobody would see, as Python writes it.

    >>> printable("10.0.0.1\\noutcome: valid"), printable("\\x1b[2K\\u202e")
    ('10.0.0.1\\\\noutcome: valid', '\\\\x1b[2K\\\\u202e')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def brief(text: str) -> str:
    """The same of a text that may be of any length, cut.

    >>> brief("x" * 5000)[-37:]
    'xxxxxxxx ... (5000 characters in all)'
    """
    shown = printable(text[:LONGEST].strip())
    return shown if len(text) <= LONGEST else f"{shown} ... ({len(text)} characters in all)"


def few(lines: Sequence[str], where: str) -> list[str]:
    """The first lines, and `where` all are: what every callback, log and AWX keep is no place for thousands.

    >>> few(["a"], "x.json"), few(["a"] * 52, "x.json")[-1]
    (['a'], '... and 2 more, see x.json')
    """
    more = len(lines) - FEW
    return [*lines[:FEW], *([f"... and {more} more, see {where}"] if more > 0 else [])]
