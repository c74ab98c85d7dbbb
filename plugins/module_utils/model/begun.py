# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run writes down before it begins a push, so that the next one can end what it left pending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timer:
    """A router's pending revert timer, in its own words; "" and 0 for what it does not say.

    `since` is when it was set, by the router's clock; `minutes` is its whole length.
    """

    since: str = ""
    user: str = ""
    minutes: int = 0

    @property
    def told(self) -> str:
        """In words."""
        who = f"user {self.user}" if self.user else "somebody"
        length = f"{self.minutes} minutes" if self.minutes else "some minutes"
        return f"{who} set it at {self.since or 'a time that is not known'} for {length}"


@dataclass(frozen=True)
class Begun:
    """A push that has begun, and is not known to have ended.

    `state` is what the reflector was to become, `lines` how many were to be sent, `at` when it began (epoch).
    `pid` and `worker` name the process that sends (number, and when that process began). `timer` is what the
    router said about the revert timer of this push, None before it was set or where there is none, `clears`
    the commands that let the lines take effect on the routes that are there.
    """

    host: str
    state: str
    lines: int
    at: float
    pid: int
    worker: str
    timer: Timer | None = None
    clears: tuple[str, ...] = ()


def begun_from(data: Mapping[str, Any]) -> Begun:
    """Begun out of what to_data() made of one."""
    timer = Timer(**data["timer"]) if data["timer"] else None
    return Begun(**{**data, "timer": timer, "clears": tuple(data["clears"])})
