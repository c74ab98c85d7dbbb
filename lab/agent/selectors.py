# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico's selectors: all(), global(), has(x), x == 'y', x != 'y', x in {'y'}, x not in {'y'}, x contains
'y', x starts with 'y', x ends with 'y', with !, &&, || and parentheses.

A label that is not there is unequal to everything, in no set, and contains nothing. Of a node `global()` is
true, as is the empty selector. The rules are those of libcalico-go's tokenizer: blanks and tabs alone are
space; behind a label an operator needs no space; `has`, `all` and `global` stand right before their
parenthesis."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]

_BEHIND_A_LABEL = re.compile(
    r"(?P<operator>==|!=|contains|starts[ \t]*with|ends[ \t]*with|not[ \t]*in|in|[(){},!]|&&|\|\|)"
    r"|(?P<string>'[^']*'|\"[^\"]*\")"
)
_ELSEWHERE = re.compile(
    r"has\([ \t]*(?P<has>[A-Za-z0-9_./-]+)[ \t]*\)"
    r"|(?P<all>(?:all|global)\([ \t]*\))"
    r"|(?P<operator>==|!=|[(){},!]|&&|\|\|)"
    r"|(?P<string>'[^']*'|\"[^\"]*\")"
    r"|(?P<label>(?!has\(|all\(|global\()[A-Za-z0-9_./-]+)"
)
_COMPARISONS: Mapping[str, Callable[[str | None, str], bool]] = {
    "==": lambda found, value: found == value,
    "!=": lambda found, value: found != value,
    "contains": lambda found, value: found is not None and value in found,
    "startswith": lambda found, value: found is not None and found.startswith(value),
    "endswith": lambda found, value: found is not None and found.endswith(value),
}


class SelectorError(ValueError):
    """Calico would not read the selector; the text quotes it."""


class _Token(NamedTuple):
    kind: str
    text: str


def parse(text: str) -> Selector:
    """The test a selector stands for, on the labels of one node; SelectorError when it cannot be read."""
    return _Parser(text).whole()


class _Parser:
    """Recursive descent: || binds weaker than &&, which binds weaker than !."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    def whole(self) -> Selector:
        if not self._tokens:
            return lambda _labels: True
        test = self._either()
        if self._at < len(self._tokens):
            raise _wrong(self._text)
        return test

    def _either(self) -> Selector:
        tests = [self._both()]
        while self._take("||"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda labels: any(test(labels) for test in tests)

    def _both(self) -> Selector:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda labels: all(test(labels) for test in tests)

    def _one(self) -> Selector:
        if self._take("!"):
            test = self._one()
            return lambda labels: not test(labels)
        if self._take("("):
            test = self._either()
            self._expect(")")
            return test
        token = self._next()
        if token.kind == "all":
            return lambda _labels: True
        if token.kind == "has":
            return lambda labels: token.text in labels
        if token.kind != "label":
            raise _wrong(self._text)
        return self._comparison(token.text)

    def _comparison(self, label: str) -> Selector:
        operator = self._next().text
        if operator in ("in", "notin"):
            values, inside = self._set(), operator == "in"
            return lambda labels: (labels.get(label) in values) == inside
        if operator not in _COMPARISONS:
            raise _wrong(self._text)
        compare, value = _COMPARISONS[operator], self._string()
        return lambda labels: compare(labels.get(label), value)

    def _set(self) -> frozenset[str]:
        """A comma may stand behind the last value."""
        self._expect("{")
        values: set[str] = set()
        while not self._take("}"):
            values.add(self._string())
            if not self._take(","):
                self._expect("}")
                break
        return frozenset(values)

    def _string(self) -> str:
        token = self._next()
        if token.kind != "string":
            raise _wrong(self._text)
        return token.text[1:-1]

    def _next(self) -> _Token:
        if self._at == len(self._tokens):
            raise _wrong(self._text)
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, operator: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("operator", operator):
            self._at += 1
            return True
        return False

    def _expect(self, operator: str) -> None:
        if not self._take(operator):
            raise _wrong(self._text)


def _wrong(text: str) -> SelectorError:
    return SelectorError(f"the selector {text!r} is none that Calico reads")


def _tokens(text: str) -> list[_Token]:
    """Which words are operators depends on whether they stand behind a label, so that any word can be a
    label."""
    tokens: list[_Token] = []
    rest = text.strip(" \t")
    while rest:
        behind = bool(tokens) and tokens[-1].kind == "label"
        found = (_BEHIND_A_LABEL if behind else _ELSEWHERE).match(rest)
        if not found or found.lastgroup is None:
            raise _wrong(text)
        said = found.group(found.lastgroup)
        operator = found.lastgroup == "operator"
        tokens.append(_Token(found.lastgroup, re.sub("[ \t]", "", said) if operator else said))
        rest = rest[found.end() :].lstrip(" \t")
    return tokens
