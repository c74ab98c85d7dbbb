# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Output filters: ``| include``, ``exclude``, ``begin``, ``section`` and ``count``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lab.ios.grammar import INVALID, CliError

Filter = Callable[[re.Pattern[str], list[str]], list[str]]


def _begin(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    return lines[next((at for at, line in enumerate(lines) if pattern.search(line)), len(lines)) :]


def _section(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    kept: list[str] = []
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if depth is not None and indent <= depth:
            depth = None
        if depth is None and pattern.search(line):
            depth = indent
        if depth is not None:
            kept.append(line)
    return kept


def _count(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    return [f"Number of lines which match regexp = {sum(bool(pattern.search(line)) for line in lines)}"]


FILTERS: dict[str, Filter] = {
    "include": lambda pattern, lines: [line for line in lines if pattern.search(line)],
    "exclude": lambda pattern, lines: [line for line in lines if not pattern.search(line)],
    "begin": _begin,
    "section": _section,
    "count": _count,
}


def split(line: str) -> tuple[str, list[str]]:
    """A command line as the command and its filters. A filter's pattern may have ``|`` of its own."""
    command, *filters = re.split(rf"\|(?=\s*(?:{'|'.join(_spellings())})\s)", line)
    if not filters and "|" in line:
        command, _, rest = line.partition("|")
        filters = [rest]
    return command, filters


def _spellings() -> list[str]:
    return [name[:size] for name in FILTERS for size in range(len(name), 0, -1)]


def apply(text: str, filters: Sequence[str]) -> str:
    """``text`` through ``filters``. Raises CliError."""
    for each in filters:
        word, _, expression = each.strip().partition(" ")
        name = next((name for name in FILTERS if word and name.startswith(word)), None)
        if name is None and word:
            raise CliError(INVALID, -1)
        if name is None or not expression.strip():
            raise CliError("% Incomplete command.\n\n")
        try:
            pattern = re.compile(expression.strip().strip('"'))
        except re.error as error:
            raise CliError(f"% {error}\n% Failed to compile regular expression.\n\n") from error
        lines = FILTERS[name](pattern, text.splitlines())
        text = "".join(line + "\n" for line in lines)
    return text
