# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How counts are said."""

from __future__ import annotations


def many(count: int, word: str) -> str:
    """A count with its word, for example "1 round", "2 rounds"."""
    return f"{count} {word}{'s' * (count != 1)}"


def number(value: float) -> str:
    """Three digits that count.

    >>> number(50.0), number(0.2571), number(4368.2)
    ('50', '0.26', '4368')
    """
    if value == int(value):
        return f"{value:.0f}"
    return f"{value:.{0 if value >= 99.5 else 1 if value >= 9.95 else 2}f}"
