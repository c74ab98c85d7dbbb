# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the words of a statement become a value, and the value words again.

There is one value, and one way to print it, for all words that mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Callable

from ..text import asn_number, cluster_id_number
from .password import Password, read_password
from .values import DEFAULT_THRESHOLD, LocalAs, MaximumPrefix, RemoteAs, Template, Timers

_MAXIMUM = re.compile(r"(\d+)(?: (\d+))?(?: (warning-only|restart \d+|discard-extra))?\Z")
_LOCAL_AS = re.compile(r"(?:no-prepend(?: replace-as)?)?(?:(?:\A| )dual-as)?\Z")


def _last(before: Any, value: Any) -> Any:
    """A later line replaces an earlier one."""
    return value


def union(before: Iterable[Any], value: Iterable[Any]) -> tuple[Any, ...]:
    """All of both, each once, in rising order."""
    return tuple(sorted({*before, *value}))


@dataclass(frozen=True)
class Form:
    """A kind of value.

    Attributes:
        read: the text where `{}` stands in a statement to the value; ValueError or IndexError where it is no
            value.
        show: value to the words of each statement that says it.
        merge: what an earlier value and a later one say together; a group's is the earlier one.
        is_switch: `no` alone turns it off: the value is False then.
    """

    read: Callable[[str], Any]
    show: Callable[[Any], Iterable[str]]
    merge: Callable[[Any, Any], Any] = _last
    is_switch: bool = False

    @property
    def adds_up(self) -> bool:
        """Whether several lines stand beside each other, so that none takes another away."""
        return self.merge not in (_last, _once)


def itself(value: Any) -> tuple[str]:
    return (str(value),)


def _each(values: Iterable[str]) -> Iterable[str]:
    return values


def _read_flag(text: str) -> bool:
    if text:
        raise ValueError(text)
    return True


def plain_words(text: str) -> str:
    """Words with one blank between them; at least one."""
    if not text:
        raise ValueError("no value")
    return " ".join(text.split())


def _read_text(text: str) -> str:
    if not text:
        raise ValueError("no text")
    return text


def _read_name(text: str) -> str:
    (name,) = text.split()
    return name


def show_options(value: bool | str) -> tuple[str]:
    return ("" if value is True else str(value),)


def options(*known: str) -> Form:
    """Options, or none at all (True then); any that are given, where none are listed."""

    def read(text: str) -> bool | str:
        words = " ".join(text.split())
        if known and words and words not in known:
            raise ValueError(text)
        return words or True

    return Form(read, show_options, is_switch=True)


def choice(*known: str) -> Form:
    """One of these words."""

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return Form(read, itself)


def number(default: int | None = None) -> Form:
    """An integer; `default` is what IOS adds where none is given."""

    def read(text: str) -> int:
        return default if not text and default is not None else int(text)

    return Form(read, itself)


def _once(before: str, value: str) -> str:
    if before != value:
        raise ValueError(f"{before} before, {value} then")
    return value


FLAG = Form(_read_flag, lambda _value: ("",), is_switch=True)
OPTIONS = options()
#: Any text, with the blanks in it.
TEXT = Form(_read_text, itself)
NAME = Form(_read_name, itself)
#: A name that no further line may change.
ONE_NAME = Form(_read_name, itself, _once)
#: Kept as it is, whatever follows; several lines add up.
KEPT = Form(lambda text: (" ".join(text.split()),), _each, union)
#: The same where `no` alone takes all of them away.
KEPT_SWITCH = replace(KEPT, is_switch=True)
#: The same where something must follow.
KEPT_WORDS = Form(lambda text: (plain_words(text),), _each, union)


def _read_remote_as(text: str) -> RemoteAs:
    words = text.split()
    if words[1:] and (words[1] != "alternate-as" or not words[2:]):
        raise ValueError(text)
    return RemoteAs(asn_number(words[0]), tuple(sorted(map(asn_number, words[2:]))))


def _show_remote_as(value: RemoteAs) -> tuple[str]:
    alternates = f" alternate-as {' '.join(map(str, value.alternates))}" if value.alternates else ""
    return (f"{value.number}{alternates}",)


def _read_local_as(text: str) -> LocalAs:
    words = text.split()
    if not _LOCAL_AS.match(" ".join(words[1:])):
        raise ValueError(text)
    return LocalAs(asn_number(words[0]), tuple(words[1:]))


def _show_local_as(value: LocalAs) -> tuple[str]:
    return (" ".join([str(value.number), *value.options]),)


def _read_password(text: str) -> Password:
    return read_password(_read_text(text))


def _show_password(value: Password) -> tuple[str]:
    return (f"{value.kind if value.clear is None else 0} {value.text}",)


def _read_timers(text: str) -> Timers:
    words = text.split()
    if len(words) not in (2, 3):
        raise ValueError(text)
    return Timers(*map(int, words))


def _show_timers(value: Timers) -> tuple[str]:
    """With the third number where it says something."""
    return (" ".join(map(str, [*value.pair, *([value.minimum_hold] if value.minimum_hold else [])])),)


def _read_maximum(text: str) -> MaximumPrefix:
    found = _MAXIMUM.match(" ".join(text.split()))
    if not found:
        raise ValueError(text)
    limit, threshold, action = found.groups()
    return MaximumPrefix(int(limit), int(threshold or DEFAULT_THRESHOLD), action or "")


def _show_maximum(value: MaximumPrefix) -> tuple[str]:
    threshold = "" if value.threshold == DEFAULT_THRESHOLD else f" {value.threshold}"
    return (f"{value.limit}{threshold} {value.action}".rstrip(),)


def _read_directions(text: str) -> str:
    words = text.split()
    if words == ["disable"]:
        return "disable"
    if not words or set(words) - {"send", "receive"}:
        raise ValueError(text)
    return " ".join(word for word in ("send", "receive") if word in words)


def _read_communities(text: str) -> tuple[str, ...]:
    kinds = ("standard", "extended") if text == "both" else (text or "standard",)
    if not set(kinds) <= {"standard", "extended"}:
        raise ValueError(text)
    return kinds


def _show_communities(value: Iterable[str]) -> tuple[str, ...]:
    return tuple("" if kind == "standard" else kind for kind in value)


def _merge_communities(before: Iterable[str], value: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*before, *value}, reverse=True))


def _read_template(text: str) -> tuple[Template, ...]:
    words = text.split()
    if len(words) not in (1, 2):
        raise ValueError(text)
    return (Template(*words),)


def _show_templates(value: Iterable[Template]) -> Iterable[str]:
    return (f"{one.name} {one.sequence}".rstrip() for one in value)


def in_order(before: Iterable[Any], value: Iterable[Any]) -> tuple[Any, ...]:
    """All of both, each once, as they come."""
    return tuple(dict.fromkeys((*before, *value)))


REMOTE_AS = Form(_read_remote_as, _show_remote_as)
LOCAL_AS = Form(_read_local_as, _show_local_as)
PASSWORD = Form(_read_password, _show_password)
TIMERS = Form(_read_timers, _show_timers)
MAXIMUM_PREFIX = Form(_read_maximum, _show_maximum)
#: A direction or both in one order, or `disable`.
DIRECTIONS = Form(_read_directions, itself)
COMMUNITIES = Form(_read_communities, _show_communities, _merge_communities)
TEMPLATES = Form(_read_template, _show_templates, in_order)
NAMES = Form(lambda text: (_read_name(text),), _each, in_order)
CLUSTER_ID = Form(cluster_id_number, itself, is_switch=True)
