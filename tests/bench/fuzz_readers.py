# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage recorded answers at random, byte by byte, and feed them to every reader, for some seconds.

    python -m tests.bench.fuzz_readers SECONDS [SEED]

A reader may read what is left or raise IosTextError. Anything else is a failure, and so is a peer that is
not in the text.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show import (
    groups,
    neighbors,
    prefixes,
    status,
    summary,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from tests.helpers import recordings

READERS: dict[str, Callable[[str], Any]] = {
    "read_summary": summary.read_summary,
    "read_neighbors": neighbors.read_neighbors,
    "read_prefixes": prefixes.read_prefixes,
    "read_cluster_ids": groups.read_cluster_ids,
    "read_update_groups": groups.read_update_groups,
    "read_peer_groups": groups.read_peer_groups,
    "read_listen_ranges": groups.read_listen_ranges,
    "read_platform": status.read_platform,
    "read_privilege": status.read_privilege,
    "read_rollback_timer": status.read_rollback_timer,
    "read_running": read_running,
}
LONGEST_SLICE = 400


@dataclass
class Outcome:
    """What came of it: executions, errors as they should be, failures, the longest time and its text."""

    executions: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    longest: float = 0.0
    slowest: str = ""


def damage(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """One to four random changes."""
    out = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(out) + 1)
        size = draw.randint(1, LONGEST_SLICE)
        match draw.randrange(8):
            case 0:
                out[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                del out[at : at + size]
            case 2:
                out[at:at] = out[at : at + size]
            case 3:
                start = draw.randrange(len(other) + 1)
                out[at:at] = other[start : start + size]
            case 4:
                del out[at:]
            case 5:
                out[at:at] = draw.choice((b"\r", b"\n", b" ", b"\x08", b"*", b":", b".", b"/", b"9")) * size
            case 6:
                out[at:at] = draw.choice(
                    (b" --More-- ", b"\r\n", b"rr1#", b"% Invalid input", b"BGP neighbor is ")
                )
            case _:
                out[at : at + size] = out[at : at + size][::-1]
    return bytes(out)


def run(seconds: float, seed: int) -> Outcome:
    """Damage and read until the time is over."""
    draw = random.Random(seed)
    texts = [each.text.encode() for each in recordings.ALL if each.text]
    outcome = Outcome()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = damage(draw, draw.choice(texts), draw.choice(texts))
        text = data.decode(draw.choice(("latin-1", "utf-8")), errors="replace")
        for name, reader in READERS.items():
            one(outcome, name, reader, text)
    return outcome


def one(outcome: Outcome, name: str, reader: Callable[[str], Any], text: str) -> None:
    """Feed one text to one reader."""
    begin = time.process_time()
    outcome.executions += 1
    try:
        result = reader(text)
    except IosTextError:
        outcome.refused[name] += 1
    except Exception:
        # Whatever it is: it is what the fuzzer looks for.
        outcome.failures.append(f"{name}: {traceback.format_exc()}\n{text!r}")
    else:
        outcome.read[name] += 1
        # A pager's mark inside an address is taken out by the readers.
        there = text.lower().replace(" --more-- ", "")
        invented = [each for each in peers(name, result) if each.lower() not in there]
        if invented:
            outcome.failures.append(f"{name}: {invented} are not in the text\n{text!r}")
    took = time.process_time() - begin
    if took > outcome.longest:
        outcome.longest, outcome.slowest = took, f"{name}, {len(text)} characters"


def peers(name: str, result: Any) -> list[str]:
    """IPv4 addresses of the neighbours read; IPv6 ones may be written otherwise in the text."""
    if name == "read_running":
        names = list(result.bgp.neighbors) if result.bgp else []
    else:
        rows = result.rows if name == "read_summary" else result if name == "read_neighbors" else ()
        names = [row.address for row in rows]
    return [each for each in names if "." in each and ":" not in each and not each[0].isalpha()]


def main(arguments: list[str]) -> int:
    """Run, and print what came of it; 1 after a failure, 2 where there is nothing to damage."""
    if not recordings.ALL or not arguments:
        print(recordings.ABSENT if arguments else __doc__, file=sys.stderr)
        return 2
    seed = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().randrange(2**32)
    outcome = run(float(arguments[0]), seed)
    print(f"seed {seed}: {outcome.executions} executions on {len(recordings.ALL)} recordings")
    for name in READERS:
        print(f"  {name:20} read {outcome.read[name]:8} refused {outcome.refused[name]:8}")
    longest = f"{outcome.longest * 1000:.1f} ms of CPU ({outcome.slowest})"
    print(f"longest {longest}, failures {len(outcome.failures)}")
    for failure in outcome.failures[:5]:
        print(failure)
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
