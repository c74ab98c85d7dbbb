# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration lines that were typed ahead, and what the terminal shows of them.

A router takes a line, prints its answer and the next prompt, and only then repeats the next line. So the n-th
answer stands between the n-th repeated line and the prompt behind it, however many lines were sent at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .text import is_foreign, is_log_message, is_terminal_message, mask, shortened, unified

#: IOS takes it in every mode, repeats it, and does nothing.
COMMENT = "!"

_PROMPT = re.compile(r"^[\w.:/+~\[\]-]+(?P<modes>(?:\([^()\n]*\)){0,3})[>#] ?", re.M | re.A)
_OPENS = re.compile(r"(?:router bgp|address-family) ")
_CLOSES = re.compile(r"exit(?:-address-family)?\Z")


class OutOfStep(ValueError):
    """The terminal does not show what was typed; the message says where, secrets masked."""


@dataclass(frozen=True)
class Typed:
    """What the terminal has shown so far.

    Attributes:
        answers: to the first lines, in their order, without the repeated line; log messages may be in them.
        configuring: whether the last prompt is one of configuration mode.
    """

    answers: tuple[str, ...]
    configuring: bool


def read_typed(lines: Sequence[str], shown: str) -> Typed:
    """Match what the terminal shows to the lines that were sent.

    Args:
        lines: as they were sent, in order.
        shown: everything since the prompt before the first one, log messages and all.

    Raises:
        OutOfStep: something else is repeated than what was sent, or there are more prompts than lines.

    >>> read_typed(["router bgp 1", "!"], "router bgp 1\\r\\nrr1(config-router)#!\\r\\nrr1(config-router)#")
    Typed(answers=('', ''), configuring=True)
    """
    answers: list[str] = []
    for segment in _segments(shown)[0]:
        at = len(answers)
        again = _printed_again(lines[at - 1], answers[-1], segment) if answers else None
        if again is not None and (at == len(lines) or lines[at] != lines[at - 1]):
            answers[-1] = f"{answers[-1]}\n{again}"
        elif at < len(lines):
            answer = _answer(lines[at], segment)
            answers += [] if answer is None else [answer]
        elif any(part.strip() and not _is_message(part) for part in segment.split("\n")):
            raise OutOfStep(f"it shows more than was typed: {_shown(segment)}")
    return Typed(tuple(answers), is_configuring(shown))


def is_configuring(shown: str) -> bool:
    """Whether the last prompt is one of configuration mode."""
    prompts = _segments(shown)[1]
    return bool(prompts) and "(config" in prompts[-1]


def block_end(lines: Sequence[str], start: int, size: int) -> int:
    """Where the block ends that begins at `start`.

    It has at most `size` lines. A line that opens or closes a context ends it: were it refused, what
    follows would mean something else.
    """
    end = min(start + size, len(lines))
    return next((at + 1 for at in range(start, end) if _moves(lines[at])), end)


def context_after(lines: Sequence[str]) -> list[str]:
    """The lines that lead from configuration mode to where `lines` end."""
    context: list[str] = []
    for line in lines:
        if _OPENS.match(line):
            context = [*context, line] if line.startswith("address-family") else [line]
        elif _CLOSES.match(line):
            context = context[:-1]
    return context


def _moves(line: str) -> bool:
    return bool(_OPENS.match(line) or _CLOSES.match(line))


def _segments(shown: str) -> tuple[list[str], list[str]]:
    """What stands before each prompt, and the modes of each prompt."""
    text = unified(shown)
    found = list(_PROMPT.finditer(text))
    starts = [0, *(prompt.end() for prompt in found)]
    ends = [prompt.start() for prompt in found]
    return [text[start:end] for start, end in zip(starts, ends)], [prompt["modes"] for prompt in found]


def _answer(line: str, segment: str) -> str | None:
    """What follows the repeated line; None where only a part of it is repeated, to be printed again.

    Without `logging synchronous` a message breaks into the line, which goes on behind it. With it, prompt
    and line are printed again.
    """
    left, parts = line, segment.split("\n")
    for at, part in enumerate(parts):
        if is_terminal_message(part):
            continue
        common = _common(left, part)
        left, tail = left[common:], part[common:]
        if tail.strip() and not (is_log_message(tail) or (not common and _is_message(tail))):
            raise OutOfStep(f"it shows {_shown(part)} where {_shown(line)} was typed")
        if not left:
            return "\n".join(parts[at + 1 :]).strip("\n")
    return None


def _printed_again(line: str, answer: str, segment: str) -> str | None:
    """The answer to a line that a message followed before it was sent off, None where this is another one."""
    if not answer or not all(_is_message(part) for part in answer.split("\n") if part.strip()):
        return None
    try:
        return _answer(line, segment)
    except OutOfStep:
        return None


def _common(one: str, other: str) -> int:
    """How many characters agree from the start."""
    return next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def _is_message(line: str) -> bool:
    return is_terminal_message(line) or is_log_message(line) or (is_foreign(line) and not line[0].isspace())


def _shown(text: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return repr(shortened(mask(first.strip())))
