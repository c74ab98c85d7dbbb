# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sees: one line per step, and a sign of life at least every ten seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HEARTBEAT = 8.0
TAIL_LINES = 15
TAIL_BYTES = 4096
LAST_WORDS = 60  # characters of a log's last line that stand beside what is running


class Failure(Exception):
    """A step failed: one sentence for the user, and the log that shows why."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.log = log

    def text(self) -> str:
        """The sentence, and the tail of the log where there is one."""
        if self.log is None or not self.log.is_file():
            return self.sentence
        tail = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"{self.sentence} The end of {self.log}:", *(f"  | {line}" for line in tail)])


class Console:
    """Prints with the time passed; names what is running when nothing else was printed for a while."""

    def __init__(self, beat: float | None = None) -> None:
        """`beat`: seconds of silence before what is running is named."""
        self._beat_seconds = beat
        self._start = self._spoken = time.monotonic()
        self._running: dict[str, tuple[float, Path | None]] = {}
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """One line, with the seconds since the start in front."""
        with self._lock:
            self._spoken = time.monotonic()
            print(f"[{self._spoken - self._start:4.0f} s] {text}", flush=True)

    def block(self, text: str) -> None:
        """Several lines at once, as they are."""
        with self._lock:
            self._spoken = time.monotonic()
            print(text, flush=True)

    @contextmanager
    def running(self, name: str, log: Path | None = None) -> Iterator[None]:
        """Count it as running, without a word; `log` is where it writes how far it is."""
        self._running[name] = (time.monotonic(), log)
        try:
            yield
        finally:
            del self._running[name]

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step, count it as running, and say how long it took."""
        self.say(f"{name} ...")
        begin = time.monotonic()
        with self.running(name):
            yield
        self.say(f"{name}: done in {time.monotonic() - begin:.0f} s")

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Keep saying what is running, for as long as the context lasts."""
        over = threading.Event()
        beat = threading.Thread(target=self._beat, args=(over,), daemon=True)
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(0.5):
            now = time.monotonic()
            if now - self._spoken >= (self._beat_seconds or HEARTBEAT) and self._running:
                running = ", ".join(
                    f"{name} ({now - begin:.0f} s{last_words(log)})"
                    for name, (begin, log) in list(self._running.items())
                )
                self.say(f"still running: {running}")


def last_words(log: Path | None) -> str:
    """The end of a log's last line, as `: ...`; "" where it says nothing yet."""
    lines: list[str] = []
    with suppress(OSError):
        if log is not None:
            with log.open("rb") as file:
                file.seek(max(0, log.stat().st_size - TAIL_BYTES))
                lines = file.read().decode(errors="replace").splitlines()
    said = [line.strip() for line in lines if line.strip()]
    return f": {said[-1][-LAST_WORDS:]}" if said else ""
