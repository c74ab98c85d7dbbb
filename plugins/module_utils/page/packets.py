# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a packet probe beside the run counted, by second."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any


def counted(report: Mapping[str, Any]) -> dict[str, Any]:
    """The sums of a probe's report, and `lost_at`: a second (Unix time) and the packets lost in it.

    A gap of a pair is [begin, end) in seconds since the probe `started`, with a packet every `interval`.

    >>> counted({"sent": 9, "lost": 3, "longest_run": 3, "started": 100.5, "interval": 0.25,
    ...          "pairs": [{"gaps": [[0.25, 1.0]]}]})["lost_at"]
    [[100, 1], [101, 2]]
    """
    sums = {key: int(report[key]) for key in ("sent", "lost", "longest_run")}
    interval, started = float(report.get("interval") or 0), float(report.get("started") or 0)
    if interval <= 0:
        return {**sums, "lost_at": []}
    lost: Counter[int] = Counter()
    for pair in report.get("pairs", ()):
        for begin, end in pair.get("gaps", ()):
            number, last = round(begin / interval), round(end / interval)
            while number < last:
                second = math.floor(started + number * interval)
                # The first packet of the next second, past this one whatever is lost in rounding.
                after = max(math.ceil((second + 1 - started) / interval), number + 1)
                lost[second] += min(after, last) - number
                number = after
    return {**sums, "lost_at": [[second, number] for second, number in sorted(lost.items())]}
