# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory says of a route reflector: host variables into a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model.family import IPV4
from .model.plan import Reflector

#: IOS's own hold time, and Calico's and IOS's restart time, where the inventory says nothing.
HOLD = 180
RESTART_TIME = 120


def reflector(name: str, variables: Mapping[str, Any]) -> Reflector:
    """A reflector out of the few host variables that the plan needs.

    >>> reflector("rr1", {"ansible_host": "192.0.2.1", "cisco_rr_timers": {"hold": 30}}).hold
    30
    """
    timers = variables.get("cisco_rr_timers") or {}
    restart = variables.get("cisco_rr_graceful_restart") or {}
    return Reflector(
        host=name,
        addresses={
            IPV4.name: str(variables.get("cisco_rr_address") or variables.get("ansible_host") or name)
        },
        hold=hold_time(timers),
        keepalive=int(timers.get("keepalive") or 0),
        restart_time=int(restart.get("restart_time", RESTART_TIME)),
        password=_text(variables.get("cisco_rr_password")) != "",
    )


def _text(value: object) -> str:
    """A value as an option of type str takes it; only None and "" are none, 0 and false are words there."""
    return "" if value is None else str(value)


def hold_time(timers: Mapping[str, Any]) -> int:
    """The hold time in seconds as the push sets it: given, or three times the keepalive, or IOS's own.

    >>> hold_time({"keepalive": 10}), hold_time({})
    (30, 180)
    """
    keepalive = timers.get("keepalive")
    return int(timers.get("hold") or (3 * int(keepalive) if keepalive else HOLD))
