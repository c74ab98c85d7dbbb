# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How values stand in data for playbooks: each by a field or fields of its own, there also without a value.

A shape takes the name of the field, the value, None where no line says one, and whether secrets are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Callable

from ..text import MASK
from .password import Password
from .values import ListenRange, LocalAs, MaximumPrefix, Network, RemoteAs, Template, Timers

Shape = Callable[[str, Any, bool], dict[str, Any]]


def as_value(name: str, value: Any, secrets: bool) -> dict[str, Any]:
    """The value itself, None where nothing is set."""
    return {name: value}


def as_count(name: str, value: int | None, secrets: bool) -> dict[str, Any]:
    """The number, 0 where nothing is set."""
    return {name: value or 0}


def as_flag(name: str, value: Any, secrets: bool) -> dict[str, Any]:
    """Whether it is set."""
    return {name: bool(value)}


def as_on(name: str, value: Any, secrets: bool) -> dict[str, Any]:
    """Whether it is on, as it is where nothing turns it off."""
    return {name: value is not False}


def as_list(name: str, value: Iterable[Any] | None, secrets: bool) -> dict[str, Any]:
    """All of them."""
    return {name: list(value or ())}


def as_templates(name: str, value: Iterable[Template] | None, secrets: bool) -> dict[str, Any]:
    """Their names, in the order of the lines."""
    return {name: [one.name for one in value or ()]}


def as_statement(name: str, value: Any, secrets: bool) -> dict[str, Any]:
    """No field: it stands among the statements."""
    return {}


def as_nothing(name: str, value: Any, secrets: bool) -> dict[str, Any]:
    """No field: another one tells."""
    return {}


def as_password(name: str, value: Password | None, secrets: bool) -> dict[str, Any]:
    """Type, and the text where secrets are shown."""
    if value is None:
        return {name: None}
    return {name: {"type": value.kind, "value": value.text if secrets else MASK}}


def as_timers(name: str, value: Timers | None, secrets: bool) -> dict[str, Any]:
    """Seconds by their names."""
    return {name: value and asdict(value)}


def as_maximum(name: str, value: MaximumPrefix | None, secrets: bool) -> dict[str, Any]:
    """Limit, threshold in percent, and what happens above."""
    return {name: value and {**asdict(value), "action": value.action or None}}


def as_remote_as(name: str, value: RemoteAs | None, secrets: bool) -> dict[str, Any]:
    """The AS number, and the alternates in a field of their own."""
    return {name: value and value.number, "alternate_as": list(value.alternates) if value else []}


def as_local_as(name: str, value: LocalAs | None, secrets: bool) -> dict[str, Any]:
    """The AS number, and the options in a field of their own."""
    return {name: value and value.number, f"{name}_options": list(value.options) if value else []}


def as_networks(name: str, value: Iterable[Network] | None, secrets: bool) -> dict[str, Any]:
    """Prefixes with their options."""
    return {name: [{"prefix": one.prefix, "options": list(one.options)} for one in value or ()]}


def as_ranges(name: str, value: Iterable[ListenRange] | None, secrets: bool) -> dict[str, Any]:
    """Listen ranges in one order."""
    return {name: [asdict(one) for one in sorted(value or ())]}
