# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An object of the cluster before and after a change, as a difference of YAML."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

#: A text that YAML reads as that text without quotes, whatever its version says of yes, no and dates.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9./_-]*[A-Za-z0-9/]")
_WORDS = ("null", "true", "false", "yes", "no", "on", "off")
#: A difference shows the whole object: so many lines around what differs.
_WHOLE = 100_000


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The lines of an object, each with a sign before it: `+` new, `-` gone, a blank as it is.

    None is an object that is not there. The same twice gives its lines, all as they are.

    >>> difference({"mesh": True}, {"mesh": False, "as": 64512})
    ('-mesh: true', '+as: 64512', '+mesh: false')
    """
    old, new = ([] if each is None else lines(each) for each in (before, after))
    if old == new:
        return tuple(f" {line}" for line in old)
    return tuple(list(difflib.unified_diff(old, new, lineterm="", n=_WHOLE))[3:])


def lines(data: Mapping[str, Any]) -> list[str]:
    """Data as JSON has it, as lines of YAML."""
    return list(_mapping(data))


def _mapping(data: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(data):
        yield from _entry(f"{_scalar(key)}:", data[key])


def _entry(begin: str, value: Any) -> Iterator[str]:
    if value and isinstance(value, Mapping):
        yield begin
        yield from (f"  {line}" for line in _mapping(value))
    elif value and isinstance(value, (list, tuple)):
        yield begin
        for each in value:
            yield from _item(each)
    else:
        yield f"{begin} {_scalar(value)}"


def _item(value: Any) -> Iterator[str]:
    if value and isinstance(value, (Mapping, list, tuple)):
        nested = _mapping(value) if isinstance(value, Mapping) else (x for each in value for x in _item(each))
        for number, line in enumerate(nested):
            yield f"{'  ' if number else '- '}{line}"
    else:
        yield f"- {_scalar(value)}"


def _scalar(value: Any) -> str:
    """JSON is YAML; a name needs no quotes."""
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value)
