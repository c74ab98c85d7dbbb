# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock that waits and proofs are measured by: it only goes on, whoever sets the time of the machine."""

from __future__ import annotations

import time

#: Counts while the machine sleeps, too, where there is one that does (Linux); the same for all processes.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def steady() -> float:
    """Seconds since some moment that is the same for every process of this machine until it boots again."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
