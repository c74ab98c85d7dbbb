# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage recorded answers as a terminal does, with secrets planted in them, and feed them to every reader.

    python -m tests.bench.fuzz_terminal [--seconds 240] [--seed N] [--output FILE]

A reading ends in time, with a record or with IosTextError. Nothing in a record may be missing in the text;
no message may hold a planted secret; what is around an answer (pager, syslog, line ends) may not change it.
Failures are grouped by their cause, and the first text of each is made as small as it goes.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import has_end, read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import (
    IosTextError,
    clean,
    ends_at_prompt,
    lines_of,
    mask,
)
from tests.bench import fuzz_readers
from tests.bench.damages import (
    BESIDE,
    DAMAGES,
    ENDLESS,
    GONE,
    HARMLESS,
    SECRETS,
    Damage,
    announcement,
    disturbed,
    plain,
    plant,
    planted,
    planted_in,
    units,
)
from tests.bench.oracles import Text, invented, shown
from tests.helpers import recordings, show_dynamic, show_texts, torn

Reader = Callable[[str], Any]
#: The line whose answer is judged.
SENT = "neighbor 192.0.2.1 peer-group CALICO"
#: What is no reader of a whole answer: it has no part in the comparison with the undisturbed text.
OF_TERMINAL: dict[str, Reader] = {
    "clean": lambda text: clean(text, "show ip bgp"),
    "clean, indents matter": lambda text: clean(text, "show running-config", indents_matter=True),
    "lines_of": lambda text: list(lines_of(text)),
    "answer_error": lambda text: answer_error(SENT, text),
    "has_end": has_end,
    "ends_at_prompt": ends_at_prompt,
}
OF_ANSWERS: dict[str, Reader] = {
    **fuzz_readers.READERS,
    "read_running, sections": lambda text: read_running(text, sections=True),
}
READERS = {**OF_TERMINAL, **OF_ANSWERS}
#: CPU seconds that a reading may take, and more for each megabyte.
PATIENCE, PER_MEGABYTE = 1.0, 10.0
#: Characters of a message; a line of the router has 160 of them at most.
LONGEST_MESSAGE = 1000
#: One text in so many has an endless line, as that takes a thousand times longer.
ENDLESS_SHARE = 1500
_REPEATED = re.compile(r"(.{1,8}?)\1{20,}", re.S)
#: Readings, and seconds, for making a failing text small.
REDUCTIONS, REDUCING = 4000, 10.0
#: Answers of a router to a line; hand-made.
REFUSALS = (
    f"rr1(config-router)#{SENT}\n      ^\n% Invalid input detected at '^' marker.\n\nrr1(config-router)#",
    f"{SENT}\n% Specify remote-as or peer-group commands first\nrr1(config-router)#",
    "BGP is already running; AS is 64512\n",
    "*Nov 24 10:00:00.123: %SYS-5-CONFIG_I: Configured from console by admin on vty0\nrr1#",
    "Command authorization failed.\n",
    "",
)


class Hang(BaseException):
    """A reading that does not end in time. No reader catches it."""


@dataclass(frozen=True)
class Looked:
    """A reading: whether the text was refused, and what is wrong, by its cause, which is the same for all of
    its kind."""

    refused: bool
    wrong: dict[str, str]


@dataclass
class Failure:
    """All failures of one cause: how often, and the first text, made small."""

    cause: str
    detail: str
    times: int = 0
    text: str = ""


@dataclass
class Outcome:
    """What came of it, by reader: readings, refusals, the longest one in CPU seconds with its characters.

    `unannounced` are secrets that were shown without the words that announce them, by cause.
    """

    seed: int
    texts: int = 0
    read: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    longest: dict[str, tuple[float, int]] = field(default_factory=dict)
    damages: Counter[str] = field(default_factory=Counter)
    unannounced: Counter[str] = field(default_factory=Counter)
    failures: dict[str, Failure] = field(default_factory=dict)


def sources() -> list[str]:
    """Recorded answers, and hand-made ones, which are there without the recordings as well."""
    made = [
        torn.CONFIGURATION,
        show_dynamic.DYNAMIC,
        show_texts.BLOCK,
        show_texts.TABLE + show_texts.ROWS["both"][0],
        show_texts.DETAIL,
        show_texts.UPDATE_GROUP,
        show_texts.PEER_GROUP,
        *REFUSALS,
    ]
    return [*made, *(each.text for each in recordings.ALL if each.text)]


@contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """Raise Hang after so many seconds of CPU."""

    def stop(_signal: int, _frame: object) -> None:
        raise Hang

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def attempt(reader: Reader, text: str) -> Any:
    """What a reader makes of a text; its refusal as it is."""
    try:
        with in_time(PATIENCE + PER_MEGABYTE * len(text) / 1e6):
            return reader(text)
    except IosTextError as refusal:
        return refusal


def looked_at(name: str, marked: str) -> Looked:
    """Feed one text to one reader, and say what is wrong with the reading."""
    text = disturbed(marked)
    try:
        result = attempt(READERS[name], text)
    except Hang:
        return Looked(False, {f"{name}: does not end in time": f"{len(text)} characters"})
    except Exception as error:
        # Whatever it is: it is what the fuzzer looks for.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        cause = f"{name}: {type(error).__name__} in {Path(frame.filename).name}: {frame.name}"
        return Looked(False, {cause: f"{error}"[:LONGEST_MESSAGE]})
    wrong = dict(judged(name, result, text))
    if marked != text and name in OF_ANSWERS:
        wrong.update(_changed(name, result, plain(marked)))
    return Looked(isinstance(result, IosTextError), wrong)


def judged(name: str, result: Any, text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with what a reader made of a text."""
    if isinstance(result, IosTextError):
        places = [("message", str(result)), ("message", f"{result.line} {result.why}")]
        if len(str(result)) > LONGEST_MESSAGE:
            yield f"{name}: a message without end", f"{len(str(result))} characters: {str(result)[:200]!r}"
    elif name in ("clean", "clean, indents matter", "lines_of"):
        places = []
    else:
        places = list(shown(result))
        yield from ((f"{name}: made up: {what}", "") for what in invented(result, Text(text)))
    if name.startswith("clean") and not isinstance(result, IosTextError):
        yield from ((f"{name}: made up: {what}", "") for what in invented(result, Text(text)))
    if name == "answer_error":
        yield from _refusal_lost(result, text)
    for place, words in places:
        for number in planted_in(words):
            where = announcement(text, number)
            cause = f"{name}: {place} shows a secret {where}"
            if where == BESIDE and planted_in(mask(planted(number))):
                cause = f"mask does not know {SECRETS[number]!r}"
            yield cause, f"{name}, {place}: {words}"[:LONGEST_MESSAGE]


def _refusal_lost(result: Any, text: str) -> Iterator[tuple[str, str]]:
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line.startswith("% ") and line[2:3].isalpha()]
    if result is None and said:
        yield "answer_error: a refusal is taken for none", said[0][:LONGEST_MESSAGE]
    if result is not None and len(result) > LONGEST_MESSAGE:
        yield "answer_error: a message without end", f"{len(result)} characters"


def _changed(name: str, result: Any, before: str) -> Iterator[tuple[str, str]]:
    """Whether what should not matter changed the reading."""
    try:
        was = attempt(READERS[name], before)
    except (Hang, Exception):
        # It fails without the damage as well, and is found there.
        return
    if isinstance(result, IosTextError) or getattr(result, "torn", ""):
        return
    if isinstance(was, IosTextError):
        yield f"{name}: reads what it refuses without messages in it", str(was)[:LONGEST_MESSAGE]
    elif was != result:
        yield f"{name}: what is around the answer changes it", _difference(was, result)


def _difference(one: Any, other: Any) -> str:
    left, right = repr(one), repr(other)
    at = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), len(left))
    return f"{left[max(0, at - 60) : at + 60]!r} became {right[max(0, at - 60) : at + 60]!r}"


# -- making a text small


def reduced(name: str, cause: str, marked: str) -> str:
    """A text of the same cause with as few lines, and then characters, as some seconds allow."""
    budget = [REDUCTIONS, time.monotonic() + REDUCING]

    def fails(text: str) -> bool:
        budget[0] -= 1
        return cause in looked_at(name, text).wrong

    def over() -> bool:
        return budget[0] <= 0 or time.monotonic() > budget[1]

    rest = _fewer(_lines(marked), lambda parts: fails("".join(parts)), over)
    return "".join(_fewer(units("".join(rest)), lambda parts: fails("".join(parts)), over))


def _lines(marked: str) -> list[str]:
    lines = [""]
    for unit in units(marked):
        lines[-1] += unit
        if unit == "\n":
            lines.append("")
    return lines


def _fewer(parts: list[str], fails: Callable[[list[str]], bool], over: Callable[[], bool]) -> list[str]:
    size = max(1, len(parts) // 2)
    while size and not over():
        at, before = 0, len(parts)
        while at < len(parts) and not over():
            without = [*parts[:at], *parts[at + size :]]
            if fails(without):
                parts = without
            else:
                at += size
        if size == 1 and len(parts) == before:
            break
        size = max(1, size // 2)
    return parts


# -- the run


def damaged(draw: random.Random, texts: list[str]) -> tuple[str, list[Damage]]:
    """One text with what is done to it."""
    text = draw.choice(texts)
    if draw.random() < 0.1:
        text += draw.choice(texts)
    if draw.random() < 0.5:
        text = plant(draw, text)
    if draw.randrange(ENDLESS_SHARE) == 0:
        return ENDLESS.make(draw, text), [ENDLESS]
    kinds = HARMLESS if draw.random() < 0.25 else DAMAGES
    done = [draw.choice(kinds) for _each in range(draw.randint(1, 3))]
    for damage in done:
        text = damage.make(draw, text)
    return text, done


def run(seconds: float, seed: int, tell: Callable[[Failure], None] = lambda _failure: None) -> Outcome:
    """Damage and read until the time is over; `tell` hears of each new cause."""
    draw, texts, outcome = random.Random(seed), sources(), Outcome(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text, done = damaged(draw, texts)
        outcome.texts += 1
        outcome.damages.update(damage.name for damage in done)
        for name in READERS:
            one(outcome, name, text, tell)
    return outcome


def one(outcome: Outcome, name: str, marked: str, tell: Callable[[Failure], None]) -> None:
    """Feed one text to one reader, and keep what is wrong."""
    begin = time.process_time()
    looked = looked_at(name, marked)
    took = time.process_time() - begin
    outcome.read[name] += 1
    outcome.refused[name] += looked.refused
    if took > outcome.longest.get(name, (0.0, 0))[0]:
        outcome.longest[name] = took, len(marked)
    for cause, detail in looked.wrong.items():
        if cause.endswith(GONE):
            # Nothing tells it from any other word: counted, and no failure.
            outcome.unannounced[cause] += 1
            continue
        failure = outcome.failures.get(cause)
        if failure is None:
            failure = outcome.failures[cause] = Failure(cause, detail)
            failure.text = reduced(name, cause, marked)
            failure.detail = looked_at(name, failure.text).wrong.get(cause, detail)
        failure.times += 1
        if failure.times == 1:
            tell(failure)


def report(outcome: Outcome) -> str:
    """The figures, and each cause with its smallest text."""
    total = sum(outcome.read.values())
    counts = f"{outcome.texts} texts, {total} readings, {len(recordings.ALL)} recordings"
    lines = [f"seed {outcome.seed}: {counts}"]
    for name in READERS:
        took, length = outcome.longest.get(name, (0.0, 0))
        lines.append(
            f"  {name:24} {outcome.read[name]:9} readings, {outcome.refused[name]:9} refused,"
            f" longest {took:7.3f} s of CPU ({length} characters)"
        )
    lines.append("  " + ", ".join(f"{name} {count}" for name, count in outcome.damages.most_common()))
    lines += [f"  no failure: {cause} ({times} times)" for cause, times in outcome.unannounced.items()]
    lines.append(f"{len(outcome.failures)} causes of failure")
    lines += [told(failure) for failure in outcome.failures.values()]
    return "\n".join(lines)


def told(failure: Failure) -> str:
    """One cause for people."""
    texts = "".join(f"\n  {compact(text)}" for text in (failure.detail, disturbed(failure.text)))
    return f"\n{failure.cause} ({failure.times} times){texts}"


def compact(text: str) -> str:
    """A text as Python writes it, with what is repeated in it as a product.

    >>> compact("seq " + "0" * 5000 + ".")
    "'seq ' + '0' * 5000 + '.'"
    """
    parts, at = [], 0
    for found in _REPEATED.finditer(text):
        before = [repr(text[at : found.start()])] if found.start() > at else []
        parts += [*before, f"{found[1]!r} * {len(found[0]) // len(found[1])}"]
        at = found.end()
    return " + ".join([*parts, *([repr(text[at:])] if at < len(text) or not parts else [])])


def main(arguments: list[str]) -> int:
    """Run, and print what came of it; 1 after a failure."""
    made = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    made.add_argument("--seconds", type=float, default=240)
    made.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    chosen = made.parse_args(arguments)
    print(f"seed {chosen.seed}" + ("" if recordings.ALL else f": {recordings.ABSENT}"), flush=True)
    outcome = run(chosen.seconds, chosen.seed, lambda failure: print(told(failure), flush=True))
    print(report(outcome))
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
