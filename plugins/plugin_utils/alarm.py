# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching: asking again and again without being held up, and how watchers stop each other."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..module_utils import rundir
from ..module_utils.checks.waiting import NOTHING
from ..module_utils.model.plan import Plan
from .clock import steady

POLL = 1.0
#: Seconds that a look waits for an answer; asking goes on behind it.
PATIENCE = 2.0
#: Seconds between two signs of life of one watcher.
SPEAK = 5.0


#: Seconds of the last look, at the least.
LEAST = 60.0
#: Where a bell is rung that the run directory does not take: in memory.
MEMORY = Path("/dev/shm")


class Alarm:
    """One round's alarm; whoever sees a loss raises it, and every watcher of the round ends.

    A full disk or a read-only one does not keep it from ringing.
    """

    def __init__(self, run: Path, stage: str) -> None:
        name = f"alarm-{rundir.named(stage)}"
        self._file = run / f"{name}.json"
        mark = hashlib.sha256(str(run.absolute()).encode()).hexdigest()[:16]
        self._memory = MEMORY / f"calico-bgp-{mark}-{name}"

    @property
    def raised(self) -> bool:
        """Whether a watcher of this round has seen a loss."""
        return self._file.exists() or self._ours()

    @property
    def unwritten(self) -> str:
        """The loss that a watcher saw and could not write down, so that nobody can judge it again; "" for
        none."""
        return self._memory.read_text(encoding="utf-8") if self._ours() else ""

    def sound(self, text: str) -> None:
        """End the round. OSError where nobody can be told."""
        try:
            rundir.write(self._file, {"text": text, "at": time.time()})
        except OSError:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(self._memory, flags, 0o600), "w", encoding="utf-8") as bell:
                bell.write(text)

    def stop(self) -> None:
        """Leave nothing in memory."""
        if self._ours():
            self._memory.unlink()

    def _ours(self) -> bool:
        """Whether we rang; anybody may put a file there."""
        try:
            return self._memory.lstat().st_uid == os.geteuid()
        except OSError:
            return False


def last_look(args: Mapping[str, Any]) -> bool:
    """Whether a watcher's options ask for the last look after the watch: something is waited for in it."""
    return bool(args["watch"]) and args["expect"] != NOTHING


def last_patience(plan: Plan) -> float:
    """Seconds for the last look: until a reflector that does not answer any more is missed by its nodes."""
    return max([LEAST, *(each.hold + LEAST / 6 for each in plan.reflectors)])


def kept(write: Callable[[], str], say: Callable[[str], None]) -> str:
    """The path of what `write` wrote in a watch, "" where it could not: a full disk holds nobody up."""
    try:
        return write()
    except OSError as exc:
        say(f"what was seen cannot be kept ({exc.strerror}); the watch goes on")
        return ""


def never() -> bool:
    """For a watch that goes on until its time is over."""
    return False


def keep_watch(
    alarm: Alarm,
    until: float,
    known: str,
    look: Callable[[], str | None],
    say: Callable[[str], None],
    enough: Callable[[], bool] = never,
) -> None:
    """Call `look` every second until `until` (steady clock), or until a watcher of this round sees a loss.

    A loss that is `known` from the round before does not count again. `look` gives the loss in
    words, "" for none, None where it cannot tell yet. It is called once at least. Where `enough` was seen, it
    is over earlier.
    """
    spoken = time.monotonic()
    while True:
        loss = look()
        if loss and loss != known:
            alarm.sound(loss)
        left = until - steady()
        if left <= 0 or alarm.raised or enough():
            return
        if time.monotonic() - spoken >= SPEAK:
            say(f"{loss or 'nothing lost' if loss is not None else 'no answer'} ({left:.0f} s left)")
            spoken = time.monotonic()
        time.sleep(min(POLL, left))


Answer = TypeVar("Answer")


class Asker(Generic[Answer]):
    """Asks one device in threads: one that falls silent blocks for half a minute, or until TCP gives up.

    A question that fails is silence as well: no answer of before ever takes its place.
    """

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self.latest: Answer | None = None
        self._ask = ask
        self._failed = ""
        self._thread: threading.Thread | None = None
        self._since = 0.0

    @property
    def silent(self) -> float:
        """Seconds since the question that is not answered yet; 0 where none is open."""
        return steady() - self._since if self._thread is not None else 0.0

    @property
    def silence(self) -> str:
        """Why there is no answer to the last question, in words; "" where there is one."""
        if self._failed:
            return f"the question failed: {self._failed}"
        return f"no answer for {self.silent:.0f} s" if self.silent or self.latest is None else ""

    def answer(self, patience: float | None = None) -> Answer | None:
        """The answer to a question put now, or to the one that is still open; None while there is none.

        It waits `patience` seconds, or as long as a look may.
        """
        if self._thread is None:
            self._since = steady()
            self.latest, self._failed = None, ""
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._thread.join(PATIENCE if patience is None else patience)
        if self._thread.is_alive():
            return None
        self._thread = None
        return self.latest

    def _work(self) -> None:
        try:
            self.latest = self._ask()
        except Exception as exc:  # whatever it is, the watch goes on and says so
            self._failed = f"{type(exc).__name__}: {exc}"
