# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside, as it may be shown: an annotation or a node's answer must not write lines of ours."""

from __future__ import annotations

#: Characters of a message of somebody else's that are shown.
LONGEST = 2000


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
