# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that a text takes grows with its length, and no faster, whatever stands in it.

    python -m tests.bench.growth

One thing, over and over, where a pattern looks for its end: up to a megabyte for what cleans a transcript, up
to 64 kB for each reader. Prints what grows faster, and ends with 1 where anything does.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Callable, Iterator

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import has_end, read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show import groups, status
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import clean, ends_at_prompt, mask

#: What stands in front; what is repeated; what is at the end, so that a pattern fails there.
FRONTS = (
    "",
    "router bgp 1\n neighbor 192.0.2.1 ",
    "BGP neighbor is 192.0.2.1,  remote AS 1, internal link\n  BGP state = ",
    "BGP routing table entry for 10.0.0.0/8, version 1\nPaths: (1 available, best #1)\n  1",
    " *>i  10.0.0.0         192.0.2.1 ",
)
UNITS = (
    "\r", "\n", "\r\r\n", " ", "\t", "\x08", "\x00", "\x1b[", "\x1b[0", "--More--", " --More-- \r", "0", "0 ",
    "1.", "1:", ":", ",", ", ", "(", "(a)", "(a) ", ")", "[", "{1} ", "*", "*> ", "***\n", "A", "a ", "a: ",
    "-", "%", "%A-", "%A-5-B", "#", "rr1#", "rr1# ", "rr1#show ", "rr1(a)", "key ", "password", "standby ",
    "show \n", "^C", "banner a ^C\n", "1w", "EN", "ENABLED ", "10.0.0.0/8 ", "F:", "was not preserved, ",
)  # fmt: skip
BEHIND = "\x01"
#: CPU seconds below which a ratio says nothing.
FLOOR = 0.03
#: Twice the text takes twice the time; four times would be quadratic.
RATIO = 3.2


#: How often a length is measured before it counts as slow: others use the machine, too.
ATTEMPTS = 4


READERS: dict[str, Callable[[str], object]] = {
    "configuration": read_running,
    "summary": read_summary,
    "neighbors": read_neighbors,
    "paths": read_prefixes,
    "cluster ids": groups.read_cluster_ids,
    "update-groups": groups.read_update_groups,
    "peer-groups": groups.read_peer_groups,
    "version": status.read_platform,
    "privilege": status.read_privilege,
    "refusal": lambda text: answer_error("x", text),
    "mask": mask,
    "end": has_end,
    "prompt": ends_at_prompt,
}


def slow_at(read: Callable[[str], object], front: str, unit: str, longest: int) -> str:
    """At which length the time of `read` grows faster than the text; "" up to `longest` characters."""
    length, before = 4096, FLOOR
    while length <= longest:
        text = front + unit * (length // len(unit)) + BEHIND
        took, attempts = _took(read, text), 1
        while took > RATIO * max(before, FLOOR):
            if attempts == ATTEMPTS:
                return (
                    f"{unit!r} behind {front!r}: {length} characters take {took:.2f} s, half {before:.2f} s"
                )
            took, attempts = min(took, _took(read, text)), attempts + 1
        length, before = length * 2, took
    return ""


def _took(read: Callable[[str], object], text: str) -> float:
    """CPU seconds, without those of the garbage collector, which come in steps."""
    gc.disable()
    began = time.process_time()
    try:
        with contextlib.suppress(ValueError):
            read(text)
        return time.process_time() - began
    finally:
        gc.enable()


def slow() -> Iterator[str]:
    """All that grows faster than the text."""
    for unit in UNITS:
        yield slow_at(lambda text: clean(text, "show ip bgp"), "", unit, 1 << 20)
    for name, read in READERS.items():
        for front in FRONTS:
            yield from (
                f"{name}: {found}" for unit in UNITS if (found := slow_at(read, front, unit, 1 << 16))
            )


def main() -> int:
    """Measure them all, and print the figures."""
    found = [where for where in slow() if where]
    print(f"{len(UNITS)} texts at {len(FRONTS)} places, {1 + len(READERS)} readers: {len(found)} grow faster")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
