# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico selectors: all(), has(x), x == 'y', x != 'y', x in {'y'}, x not in {'y'}, with !, &&, || and
parentheses.

A label that is not there is unequal to everything and in no set, as in Calico. `global()`, `contains`,
`starts with` and `ends with` are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>'[^']*'|"[^"]*")
    | (?P<operator>==|!=|&&|\|\||[!(){},])
    | (?P<word>[A-Za-z0-9_./-]+)
    )""",
    re.VERBOSE,
)


class SelectorError(ValueError):
    """The selector has a form the lab does not know; the text quotes it."""


def parse(text: str) -> Selector:
    """The test a selector stands for, on the labels of one node; SelectorError when it cannot be read."""
    return _Parser(text).whole()


class _Parser:
    """Recursive descent: || binds weaker than &&, which binds weaker than !."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    def whole(self) -> Selector:
        test = self._either()
        if self._at < len(self._tokens):
            raise self._wrong()
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
        word = self._word()
        if word == "all" and self._take("("):
            self._expect(")")
            return lambda _labels: True
        if word == "has" and self._take("("):
            label = self._word()
            self._expect(")")
            return lambda labels: label in labels
        return self._comparison(word)

    def _comparison(self, label: str) -> Selector:
        if self._take("=="):
            value = self._value()
            return lambda labels: labels.get(label) == value
        if self._take("!="):
            value = self._value()
            return lambda labels: labels.get(label) != value
        if self._take("in"):
            values = self._set()
            return lambda labels: labels.get(label) in values
        if self._take("not"):
            self._expect("in")
            values = self._set()
            return lambda labels: labels.get(label) not in values
        raise self._wrong()

    def _set(self) -> frozenset[str]:
        self._expect("{")
        values: set[str] = set()
        while not self._take("}"):
            if values:
                self._expect(",")
            values.add(self._value())
        return frozenset(values)

    def _word(self) -> str:
        token = self._next()
        if not re.fullmatch(r"[A-Za-z0-9_./-]+", token):
            raise self._wrong()
        return token

    def _value(self) -> str:
        token = self._next()
        if token[0] not in "'\"":
            raise self._wrong()
        return token[1:-1]

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise self._wrong()
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._wrong()

    def _wrong(self) -> SelectorError:
        return SelectorError(f"the selector {self._text!r} has a form the lab does not know")


def _tokens(text: str) -> list[str]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if not found:
            raise SelectorError(f"the selector {text!r} has a form the lab does not know")
        tokens.append(found.group().strip())
        position = found.end()
    return tokens
