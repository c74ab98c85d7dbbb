# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico's selectors: which nodes a BGPPeer is for, by their labels.

The language is Calico's whole one (Calico: libcalico-go, lib/selector): `all()`, `global()`, `has(label)`,
`==`, `!=`, `in {..}`, `not in {..}`, `contains`, `starts with`, `ends with`, `!`, `&&`, `||`, parentheses,
strings in single or double quotes without escapes. `&&` binds stronger than `||`. An empty selector is
`all()`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

Labels = Mapping[str, str]
#: Whether something with these labels is selected.
Selector = Callable[[Labels], bool]

#: Deeper than anybody nests, and far from Python's limit of recursion.
_DEEPEST = 64
_TOKEN = re.compile(
    r"""(?:
      (?P<quoted>'[^']*'|"[^"]*")
    | (?P<call>(?:all|global)\(\s*\))
    | (?P<has>has\(\s*[a-zA-Z0-9_./-]+\s*\))
    | (?P<operator>==|!=|&&|\|\||not\s+in\b|in\b|contains\b|starts\s+with\b|ends\s+with\b|[!(){},])
    | (?P<label>[a-zA-Z0-9_./-]+)
    )\s*""",
    re.VERBOSE,
)
# A label that is not there equals nothing, is in no set, and contains nothing.
_COMPARISONS: Mapping[str, Callable[[str | None, str], bool]] = {
    "==": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "contains": lambda value, wanted: value is not None and wanted in value,
    "starts with": lambda value, wanted: value is not None and value.startswith(wanted),
    "ends with": lambda value, wanted: value is not None and value.endswith(wanted),
}


class SelectorError(ValueError):
    """A text that is no selector; the message quotes it, and says what is wrong where."""


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Selector:
    """The question that a selector asks.

    >>> parse("zone in {'a', 'b'} && !has(spare)")({"zone": "a"})
    True

    Raises:
        SelectorError: it is none.
    """
    return _Parser(text).whole()


class _Parser:
    """By recursive descent, a method for each level of binding."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Selector:
        if not self._tokens:
            return lambda _labels: True
        test = self._any()
        if self._at < len(self._tokens):
            raise self._wrong("an operator was expected")
        return test

    def _any(self) -> Selector:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong(f"it nests deeper than {_DEEPEST} parentheses")
        tests = [self._all()]
        while self._take("||"):
            tests.append(self._all())
        self._depth -= 1
        return lambda labels: any(test(labels) for test in tests)

    def _all(self) -> Selector:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return lambda labels: all(test(labels) for test in tests)

    def _one(self) -> Selector:
        negated = False
        while self._take("!"):
            negated = not negated
        test = self._operation()
        return (lambda labels: not test(labels)) if negated else test

    def _operation(self) -> Selector:
        if self._take("("):
            test = self._any()
            self._expect(")")
            return test
        kind, token = self._next("a label, has(), all(), global() or a parenthesis was expected")
        if kind == "call":
            return lambda _labels: True
        if kind == "has":
            label = token[len("has(") : -1].strip()
            return lambda labels: label in labels
        if kind != "label":
            raise self._wrong(f"{token} stands where a label was expected")
        return self._comparison(token)

    def _comparison(self, label: str) -> Selector:
        _kind, operator = self._next(f"an operator was expected behind {label}")
        if operator in _COMPARISONS:
            compare, value = _COMPARISONS[operator], self._value()
            return lambda labels: compare(labels.get(label), value)
        if operator not in ("in", "not in"):
            raise self._wrong(f"{operator} stands behind {label} where an operator was expected")
        values, inside = self._set(), operator == "in"
        return lambda labels: (labels.get(label) in values) == inside

    def _set(self) -> frozenset[str | None]:
        self._expect("{")
        values: set[str | None] = set()
        while not self._take("}"):
            values.add(self._value())
            if not self._take(","):
                self._expect("}")
                break
        return frozenset(values)

    def _value(self) -> str:
        kind, token = self._next("a string in quotes was expected")
        if kind != "quoted":
            raise self._wrong(f"{token} stands where a string in quotes was expected")
        return token[1:-1]

    def _next(self, expected: str) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise self._wrong(f"it ends where {expected.removesuffix(' was expected')} was expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, operator: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("operator", operator):
            self._at += 1
            return True
        return False

    def _expect(self, operator: str) -> None:
        if not self._take(operator):
            raise self._wrong(f"{operator} is missing")

    def _wrong(self, what: str) -> SelectorError:
        return SelectorError(f"the selector {self._text!r} is none of Calico's: {what}")


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kind and words of each token; spaces within an operator are one."""
    tokens, whole, position = [], text.lstrip(), 0
    while position < len(whole):
        found = _TOKEN.match(whole, position)
        if not found or found.lastgroup is None:
            raise SelectorError(
                f"the selector {text!r} is none of Calico's: it cannot be read from "
                f"{whole[position:][:20]!r} on"
            )
        kind, words = found.lastgroup, found[found.lastgroup]
        tokens.append((kind, words if kind == "quoted" else re.sub(r"\s+", " ", words)))
        position = found.end()
    return tokens
