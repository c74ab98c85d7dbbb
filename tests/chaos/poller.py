# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every node's BIRD, asked several times a second whether it has a route to each other node's block."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TextIO

PERIOD = 0.2
PATIENCE = 1.0
SOCKET = "root/run/calico/bird.ctl"
#: The first line about a prefix; further ones, of the same prefix, begin with blanks alone.
ROUTE = re.compile(r"^(?:\d{4}[- ])? ?(?P<prefix>\d\S*/\d+)\s+(?P<way>via|dev|\S+)(?P<rest>.*)")
END = re.compile(r"^[089]\d{3} ")
Pair = tuple[str, str]


@dataclass(frozen=True)
class Interval:
    """A pair dark (from the first node to the second one's block) between two moments of time.monotonic."""

    pair: Pair
    begin: float
    end: float

    def clipped(self, begin: float, end: float) -> float:
        """Seconds of it between two moments."""
        return max(0.0, min(self.end, end) - max(self.begin, begin))


def usable(lines: Iterable[str]) -> set[str]:
    """The prefixes that an answer to `show route` has a chosen route with a gateway for.

    >>> usable(["1007-10.1.0.0/26 via 192.0.2.1 on eth0 [x 1] * (100/0)"])
    {'10.1.0.0/26'}
    >>> usable([" 10.2.0.0/26 unreachable [x 1] * (100/0)"])
    set()
    """
    found = (ROUTE.match(line) for line in lines)
    return {each["prefix"] for each in found if each and each["way"] == "via" and "] * " in each["rest"]}


def descendants(pid: int) -> Iterator[int]:
    """All processes below one, itself among them."""
    yield pid
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = listing.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from descendants(int(child))


def command_line(pid: int) -> list[str]:
    """A process's arguments; none where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def birds(lab: int) -> dict[str, int]:
    """The process of each node's BIRD below a lab's first process."""
    found = {}
    for pid in descendants(lab):
        named = re.search(r"/nodes/([^/]+)/bird\.cfg", " ".join(command_line(pid)))
        if named and command_line(pid)[0].endswith("/bird"):
            found[named[1]] = pid
    return found


class Bird:
    """The control socket of one BIRD."""

    def __init__(self, pid: int) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(f"/proc/{pid}/{SOCKET}")
        self._stream: TextIO = self._socket.makefile("rw")
        self._stream.readline()

    def routes(self) -> list[str]:
        """The lines of `show route`; OSError where it does not answer."""
        self._stream.write("show route\n")
        self._stream.flush()
        lines: list[str] = []
        while line := self._stream.readline():
            lines.append(line)
            if END.match(line):
                return lines
        raise ConnectionError("BIRD ended")

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()


class Poller:
    """Asks the nodes of a lab until `stop`; `blocks`: each node's block. One thread for all of them."""

    def __init__(self, lab: int, blocks: Mapping[str, str]) -> None:
        self._lab, self._blocks = lab, blocks
        self._birds: dict[str, Bird] = {}
        self._dark: dict[Pair, float] = {}
        self._intervals: list[Interval] = []
        self._polled: list[float] = []
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin; returns after the first round."""
        self._round()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._over.set()
        self._thread.join()
        for bird in self._birds.values():
            bird.close()

    def dark_now(self) -> set[Pair]:
        """The pairs that are dark."""
        with self._lock:
            return set(self._dark)

    def intervals(self, begin: float, end: float) -> list[Interval]:
        """What was dark between two moments; what still is counts up to the second one."""
        with self._lock:
            open_ones = [Interval(pair, since, end) for pair, since in self._dark.items()]
            return [each for each in [*self._intervals, *open_ones] if each.clipped(begin, end) > 0]

    def longest_gap(self, begin: float, end: float) -> float:
        """The longest time between two rounds: how blind it was."""
        with self._lock:
            times = [begin, *(at for at in self._polled if begin < at < end), end]
        return max(later - earlier for earlier, later in pairwise(times))

    def _run(self) -> None:
        while not self._over.wait(PERIOD):
            self._round()

    def _round(self) -> None:
        for node in self._blocks:
            prefixes = self._ask(node)
            now = time.monotonic()
            with self._lock:
                self._note(node, prefixes, now)
        with self._lock:
            self._polled.append(time.monotonic())

    def _ask(self, node: str) -> set[str] | None:
        try:
            if node not in self._birds:
                self._birds[node] = Bird(birds(self._lab)[node])
            return usable(self._birds[node].routes())
        except (OSError, KeyError):
            bird = self._birds.pop(node, None)
            if bird:
                bird.close()
            return None

    def _note(self, node: str, prefixes: set[str] | None, now: float) -> None:
        """A BIRD that does not run has no route."""
        for other, block in self._blocks.items():
            pair = (node, other)
            if other == node:
                continue
            if prefixes is None or block not in prefixes:
                self._dark.setdefault(pair, now)
            elif pair in self._dark:
                self._intervals.append(Interval(pair, self._dark.pop(pair), now))
