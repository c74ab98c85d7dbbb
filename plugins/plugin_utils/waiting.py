# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting that shows where it stands."""

from __future__ import annotations

import time
from collections.abc import Callable

from .holding import stop_if_orphaned


def wait(
    seconds: float, poll: float, look: Callable[[], str], say: Callable[[str], None], every: float = 3
) -> str:
    """Look until `look` returns "" or the time is over, and say what is missing every few seconds.

    `seconds` in all, `poll` seconds between two looks. Returns what is still missing at the end.
    """
    end = time.monotonic() + seconds
    spoken = time.monotonic()
    while True:
        stop_if_orphaned()
        missing = look()
        now = time.monotonic()
        if not missing or now >= end:
            return missing
        if now - spoken >= every:
            say(f"{missing} ({int(end - now)} s left)")
            spoken = now
        time.sleep(min(poll, max(end - now, 0)))
