# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what comes by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def wait(true: Callable[[], bool], seconds: float = 10, pause: float = 0.05) -> None:
    """Return when `true` holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(pause)


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
