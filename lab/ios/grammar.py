# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of the imitated command line: abbreviations, the ``^`` marker, checks of values."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

INVALID = "% Invalid input detected at '^' marker."
INCOMPLETE = "% Incomplete command.\n\n"


class CliError(Exception):
    """What IOS would print. ``word``: index of the word under the ``^``; ``inside``: characters into it."""

    def __init__(self, text: str, word: int | None = None, inside: int = 0) -> None:
        super().__init__(text)
        self.text, self.word, self.inside = text, word, inside


def is_address(value: str) -> bool:
    """Whether ``value`` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_ipv4(value: str) -> bool:
    return ":" not in value and is_address(value)


def _is_prefix(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return "/" in value


def _is_ipv4_prefix(value: str) -> bool:
    return ":" not in value and _is_prefix(value)


def _is_asn(value: str) -> bool:
    if re.fullmatch(r"\d{1,10}", value):
        return 0 < int(value) < 2**32
    halves = re.fullmatch(r"(\d{1,5})\.(\d{1,5})", value)
    return bool(halves) and all(int(half) < 2**16 for half in value.split("."))


def _is_group(value: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][\w.:-]*", value)) and not is_address(value)


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "address": is_address,
    "ipv4": _is_ipv4,
    "prefix": _is_prefix,
    "ipv4prefix": _is_ipv4_prefix,
    "group": _is_group,
    "neighbor": lambda value: is_address(value) or _is_group(value),
    "asn": _is_asn,
    "cluster": lambda value: _is_ipv4(value) or (value.isdigit() and 0 < int(value) < 2**32),
    "direction": lambda value: value in ("in", "out"),
    "word": bool,
    "line": bool,
}


HELP = {
    "line": "LINE",
    "address": "A.B.C.D",
    "ipv4": "A.B.C.D",
    "prefix": "A.B.C.D/nn",
    "ipv4prefix": "A.B.C.D/nn",
}


@dataclass(frozen=True)
class Token:
    """One word of a template: a keyword, a choice of keywords, or an argument."""

    text: str
    argument: bool
    ident: bool
    optional: bool

    def accepts(self, value: str) -> bool:
        """Whether ``value`` will do for this argument."""
        kind, _, limits = self.text.partition(":")
        if kind == "int":
            low, _, high = limits.partition("-")
            return value.isdecimal() and int(low or 0) <= int(value) <= int(high or 2**32 - 1)
        return CHECKS[kind](value)

    @property
    def help(self) -> str:
        """What ``?`` says of an argument."""
        kind, _, limits = self.text.partition(":")
        if kind == "int":
            return f"<{limits or '0-4294967295'}>"
        return HELP.get(kind, "WORD")


def _tokens(template: str) -> Iterable[Token]:
    optional = plain = False
    for word in template.replace("[", " [ ").replace("]", " ] ").split():
        if word in "[]":
            optional = word == "["
        elif word.startswith("<"):
            plain = plain or not word.endswith("!>")
            yield Token(word.strip("<>!"), True, word.endswith("!>"), optional)
        else:
            yield Token(word, False, not plain and not optional and "|" not in word, optional)


@dataclass(frozen=True)
class Match:
    """A line that fits a rule: its words as IOS shows them, its arguments, and the key that a
    new line replaces and a ``no`` removes."""

    rule: Rule
    words: tuple[str, ...]
    arguments: tuple[str, ...]
    key: tuple[str, ...]
    complete: bool
    exact: int

    @property
    def text(self) -> str:
        """The line, abbreviations written out."""
        return " ".join(self.words)

    @property
    def has_key(self) -> bool:
        """Whether enough was typed to say which line is meant."""
        return len(self.key) == self.rule.key_length


Translate = Callable[[Match], str | None]


@dataclass(frozen=True, eq=False)
class Rule:
    """One command.

    ``template``: ``[...]`` is optional, ``a|b`` a choice; ``<kind!>`` arguments and the keywords
    before the first plain argument form the key. ``frr``: FRR's line, None where the line has no
    meaning for FRR; without it FRR takes the same text. ``default_on``: on unless ``no`` was given,
    which is what is shown. ``members``: whether a member of a peer-group may have it. ``shown``:
    the words IOS displays.
    """

    mode: str
    template: str
    frr: Translate | None = field(default=lambda match: match.text)
    default_on: bool = False
    members: bool = True
    shown: Callable[[tuple[str, ...]], tuple[str, ...]] = field(default=lambda words: words)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The template, word by word."""
        return tuple(_tokens(self.template))

    @cached_property
    def key_length(self) -> int:
        """Number of words in the key."""
        return sum(token.ident for token in self.tokens)


@dataclass
class _Reached:
    """How far a line fitted: number of words, and characters of the next one."""

    words: int = 0
    inside: int = 0

    def farther(self, words: int, inside: int) -> None:
        if (words, inside) > (self.words, self.inside):
            self.words, self.inside = words, inside


def _canonical(value: str) -> str:
    if ":" not in value or not is_address(value):
        return value
    return str(ipaddress.ip_address(value)).upper()


def _common(typed: str, keyword: str) -> int:
    """How many characters agree from the start."""
    pairs = zip(typed, keyword, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(typed), len(keyword)))


def _walk(rule: Rule, words: Sequence[str], reached: _Reached) -> Match | None:
    shown: list[str] = []
    arguments: list[str] = []
    key: list[str] = []
    at, exact, complete = 0, 0, True
    for token in rule.tokens:
        if at == len(words):
            complete = complete and token.optional
            continue
        if token.argument:
            value = " ".join(words[at:]) if token.text == "line" else words[at]
            if not token.accepts(value):
                if token.optional:
                    continue
                reached.farther(at, 0)
                return None
            value = _canonical(value)
            arguments.append(value)
        else:
            typed = words[at].lower()
            choices = [choice for choice in token.text.split("|") if choice.startswith(typed)]
            if not choices:
                if token.optional:
                    continue
                reached.farther(at, max(_common(typed, choice) for choice in token.text.split("|")))
                return None
            value = typed if typed in choices else choices[0]
            exact += value == typed
            if not token.ident:
                arguments.append(value)
        shown.append(value)
        if token.ident:
            key.append(value)
        at = len(words) if token.argument and token.text == "line" else at + 1
    if at < len(words):
        reached.farther(at, 0)
        return None
    return Match(rule, rule.shown(tuple(shown)), tuple(arguments), tuple(key), complete, exact)


class Grammar:
    """Rules by mode."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.by_mode: dict[str, list[Rule]] = {}
        self._order: dict[Rule, int] = {}
        for rule in rules:
            self._order[rule] = len(self._order)
            self.by_mode.setdefault(rule.mode, []).append(rule)

    def order(self, rule: Rule) -> int:
        """Place of a rule in the running configuration."""
        return self._order[rule]

    def match(self, modes: Sequence[str], words: Sequence[str], *, negated: bool = False) -> Match:
        """The rule of one of ``modes`` that ``words`` fit. Raises CliError as IOS words it."""
        reached, found, incomplete = _Reached(), list[Match](), False
        for mode in modes:
            for rule in self.by_mode.get(mode, ()):
                match = _walk(rule, words, reached)
                if match and (match.complete or (negated and match.has_key)):
                    found.append(match)
                elif match:
                    incomplete = True
        if not found:
            if incomplete:
                raise CliError(INCOMPLETE)
            raise CliError(INVALID, reached.words, reached.inside)
        best = max((match.exact, match.has_key, -len(match.rule.tokens)) for match in found)
        found = [m for m in found if (m.exact, m.has_key, -len(m.rule.tokens)) == best]
        if len({match.text for match in found}) > 1:
            raise CliError(f'% Ambiguous command:  "{" ".join(words)}"\n')
        return found[0]

    def following(self, modes: Sequence[str], words: Sequence[str]) -> list[str]:
        """The words that may come after ``words``, for ``?``."""
        found: set[str] = set()
        for rule in (rule for mode in modes for rule in self.by_mode.get(mode, ())):
            rest = rule.tokens[len(words) :]
            fits = len(rule.tokens) >= len(words) and all(
                token.argument or any(c.startswith(word.lower()) for c in token.text.split("|"))
                for token, word in zip(rule.tokens, words, strict=False)
            )
            if fits and rest:
                found.update([rest[0].help] if rest[0].argument else rest[0].text.split("|"))
            if fits and all(token.optional for token in rest):
                found.add("<cr>")
        return sorted(found)
