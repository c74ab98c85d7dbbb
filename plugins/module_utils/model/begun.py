# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run writes down before it begins a push, so that the next one can end what it left pending."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

#: Seconds between the beginning of a push and its timer, by the clocks of controller and router.
EARLIEST, LATEST = -60.0, 120.0
#: Without the mark of a clock that is not known to be right ("*"), and of no other zone.
_SINCE = re.compile(
    r"\.?(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)(?:\.\d+)? (?:UTC|GMT) [A-Z][a-z]{2} "
    r"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<year>\d{4})"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Timer:
    """A router's pending revert timer, in its own words; "" and 0 for what it does not say.

    `since` is when it was set, by the router's clock; `minutes` is its whole length.
    """

    since: str = ""
    user: str = ""
    minutes: int = 0

    @property
    def set_at(self) -> float | None:
        """When it was set (epoch), None where the router does not say it in UTC."""
        found = _SINCE.fullmatch(self.since.strip())
        if found is None or found["month"] not in _MONTHS:
            return None
        day = (int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"]))
        try:
            at = datetime(*day, int(found["h"]), int(found["m"]), int(found["s"]), tzinfo=timezone.utc)
        except ValueError:
            return None
        return at.timestamp()

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
    router said about the revert timer of this push, None before that was asked or where there is none,
    `clears` the commands that let the lines take effect on the routes that are there. `user` and `minutes`
    are what such a timer has: who logs in, and its length (0 for none).
    """

    host: str
    state: str
    lines: int
    at: float
    pid: int
    worker: str
    timer: Timer | None = None
    clears: tuple[str, ...] = ()
    user: str = ""
    minutes: int = 0

    def owns(self, timer: Timer) -> bool:
        """Whether a pending timer is that of this push.

        A run may be gone between the two commands that set it and ask for it. None was pending before, and a
        router has one at a time: one of the same user and length, set just then, is it.
        """
        if self.timer is not None:
            return self.timer == timer
        same = 0 < self.minutes == timer.minutes and "" != self.user == timer.user
        return same and timer.set_at is not None and EARLIEST <= timer.set_at - self.at <= LATEST


def begun_from(data: Mapping[str, Any]) -> Begun:
    """Begun out of what to_data() made of one."""
    timer = Timer(**data["timer"]) if data["timer"] else None
    return Begun(**{**data, "timer": timer, "clears": tuple(data["clears"])})
