# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the measuring programs print, as figures: pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from lab.state import LabError

_TIME = re.compile(r"\btime[=<]([0-9.]+) ms\b")
_COUNTS = re.compile(r"\b([0-9]+) packets transmitted, ([0-9]+) received\b")
_MTU = re.compile(r"\bmtu ?= ?([0-9]+)")
_SAID = 300
#: USER_HZ of /proc/stat, the same on all architectures of the lab.
TICKS = 100
#: Fewer replies than this have no 99.9th percentile; and of those that wait for a lost one nothing is known.
LEAST_REPLIES, MOST_LOST = 1000, 0.001
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}


class ReadingError(LabError):
    """A program failed or printed something unexpected; the text says which and what."""


def iperf3(text: str) -> dict[str, Any]:
    """The `end` of iperf3's JSON; ReadingError with its own words when it failed."""
    try:
        answer = json.loads(text)
        failed, end = answer.get("error"), answer.get("end")
    except (ValueError, AttributeError) as error:
        raise ReadingError(f"iperf3 printed no JSON object: {text.strip()[:_SAID]!r}") from error
    if failed or not isinstance(end, dict) or not end:
        raise ReadingError(f"iperf3: {failed or 'no figures at the end'}")
    return end


def received_bits(end: dict[str, Any]) -> tuple[float, float]:
    """Bits that TCP delivered, and bits per second, as the receiver counted."""
    try:
        total = end["sum_received"]
        bits, rate = 8.0 * total["bytes"], float(total["bits_per_second"])
    except (KeyError, TypeError) as error:
        raise ReadingError("iperf3: no sum_received with bytes and bits_per_second") from error
    if bits <= 0 or rate <= 0:
        raise ReadingError("iperf3: nothing was received")
    return bits, rate


def delivered_packets(end: dict[str, Any]) -> float:
    """Datagrams per second that arrived."""
    try:
        total = end["sum"]
        rate = float((total["packets"] - total["lost_packets"]) / total["seconds"])
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise ReadingError("iperf3: no sum with packets, lost_packets and seconds") from error
    if rate <= 0:
        raise ReadingError("iperf3: no datagram arrived")
    return rate


def round_trips(text: str) -> list[float]:
    """Round trips in microseconds, sorted, from ping's lines; whole numbers below a millisecond.

    ReadingError where too few came back for percentiles that mean something."""
    times = sorted(1000 * float(found) for found in _TIME.findall(text))
    counts = _COUNTS.search(text)
    if not times or not counts:
        raise ReadingError(f"ping: no reply: {text.strip()[-_SAID:]}")
    sent, received = int(counts[1]), int(counts[2])
    # The last one may still have been under way.
    if sent - received - 1 > MOST_LOST * sent:
        raise ReadingError(f"ping: {sent - received} of {sent} echoes were lost")
    if len(times) < LEAST_REPLIES:
        raise ReadingError(f"ping: {len(times)} replies, where percentiles need {LEAST_REPLIES}")
    return times


def path_mtu(text: str) -> int | None:
    """The MTU (bytes) that ping was told of, by a router or by its own kernel; None where nobody told."""
    found = _MTU.search(text)
    return int(found[1]) if found else None


def percentile(ordered: Sequence[float], share: float) -> float:
    """The percentile of sorted values that were rounded to whole numbers: interpolated within the number, as
    statistics.median_grouped does for the median."""
    target = share * len(ordered)
    value = round(ordered[min(int(target), len(ordered) - 1)])
    below = sum(round(each) < value for each in ordered)
    within = sum(round(each) == value for each in ordered)
    return value - 0.5 + (target - below) / within


def busy_seconds(stat: str) -> float:
    """Seconds that all processors together were busy since the machine's start, from /proc/stat; a
    hypervisor's own time (steal) is not among them."""
    fields = [int(word) for word in stat.partition("\n")[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq = fields[:7]
    return (user + nice + system + irq + softirq) / TICKS
