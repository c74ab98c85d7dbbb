# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change on its way to a router: typed in blocks under a revert timer, read back, kept or taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..module_utils.ios import refusal, text, typed
from ..module_utils.ios.change import order
from ..module_utils.ios.change import plan as change
from ..module_utils.ios.config import records
from ..module_utils.ios.config.compare import differences
from ..module_utils.model.begun import Timer
from ..module_utils.model.family import IPV4
from .holding import Stopped
from .router import LineRefused, Router, RouterRefused, RouterSilent

#: Lines between two signs of life.
PROGRESS = 200
#: Lines that are typed at once: at first, and at most. A terminal line of IOS holds some thousand characters.
FIRST_BLOCK, LARGEST_BLOCK = 20, 100
#: Seconds that a block shall take.
BLOCK_SECONDS = 1.0
#: Seconds in a minute of a revert timer.
MINUTE = 60.0
#: What a router without a pending rollback says, where one was armed: it has run out.
NOT_PENDING = "No Rollback Confirmed Change pending"


@dataclass(frozen=True)
class Outcome:
    """How a push ended (Push.outcome), in which words, and whether a revert timer guarded it.

    `said` is what the router said to lines that it took, each once.
    """

    outcome: str
    detail: str = ""
    guarded: bool = False
    said: tuple[str, ...] = ()


class GuardGone(Exception):
    """The router's revert timer has run out: it goes back, or went back, by itself."""


@dataclass
class Guard:
    """A router's revert timer of `minutes`, 0 for none. It is wound up again before half of it is gone."""

    minutes: int
    _armed: float = 0.0

    def arm(self) -> None:
        """It begins to run anew."""
        self._armed = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether it is time to wind it up again."""
        return self.minutes > 0 and self._elapsed > self.minutes * MINUTE / 2

    @property
    def is_over(self) -> bool:
        """Whether the router has gone back, if nobody wound it up."""
        return self.minutes > 0 and self._elapsed > self.minutes * MINUTE

    @property
    def opening(self) -> str:
        """The command that begins the change."""
        return f"configure terminal revert timer {self.minutes}" if self.minutes else "configure terminal"

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._armed


@dataclass
class Pushing:
    """One change to one router.

    Attributes:
        have: what the router had.
        planned: the lines.
        left: what a configuration still lacks of the change.
        tell: shows a line to the user.
        held: raises Stopped where nothing more may be changed; asked before each block, and before keeping.
        note: keeps what the router says of its revert timer.
        sent: lines that the router took.
    """

    router: Router
    host: str
    have: records.RunningConfig
    planned: change.Change
    left: Callable[[records.RunningConfig], change.Change]
    guard: Guard
    tell: Callable[[str], None]
    held: Callable[[], None]
    note: Callable[[Timer], object]
    sent: int = 0
    _said: dict[str, None] = field(default_factory=dict)
    _size: int = FIRST_BLOCK
    _largest: int = LARGEST_BLOCK

    def run(self) -> Outcome:
        """Type the lines and keep them where they are all there, else go back."""
        try:
            if self.router.loses_answers():
                self._size = self._largest = 1
            with self.router.hurried():
                outcome = self._open() or self._type()
            outcome = outcome or self._keep()
        except GuardGone:
            outcome = self._ran_out()
        return replace(outcome, said=tuple(self._said))

    def _open(self) -> Outcome | None:
        try:
            self.held()
            self._command(self.guard.opening)
            self.guard.arm()
            self._enter([])
        except (RouterRefused, typed.OutOfStep, Stopped) as exc:
            return Outcome("refused", f"it does not let itself be configured: {exc}")
        except RouterSilent as exc:
            return Outcome("lost", f"no answer any more before the first line ({exc})")
        return self._say_whose() if self.guard.minutes else None

    def _say_whose(self) -> Outcome | None:
        """Keep whose the timer is before the first line goes."""
        try:
            self._command("end")
            self._note()
            self._enter(["configure terminal"])
        except (RouterRefused, typed.OutOfStep, text.IosTextError, Stopped) as exc:
            return self._take_back(f"before the first line: {exc}")
        except RouterSilent as exc:
            return self._silent(f"no answer any more before the first line ({exc})")
        return None

    def _type(self) -> Outcome | None:
        total, began = len(self.planned.commands), time.monotonic()
        try:
            for start, end in self._blocks():
                self.held()
                self._block(start, end)
                if end // PROGRESS > start // PROGRESS:
                    speed = end / (time.monotonic() - began)
                    self.tell(f"    {self.host}: {end} of {total} lines sent, {speed:.0f} a second")
            self._command("end")
        except Stopped as exc:
            return self._take_back(f"after {self.sent} of {total} lines: {exc}")
        except LineRefused as exc:
            line = self.planned.masked[self.sent] if self.sent < total else "end"
            return self._take_back(f"it refused line {self.sent + 1} of {total}, {line!r}: {exc}")
        except (RouterRefused, typed.OutOfStep) as exc:
            return self._take_back(f"after {self.sent} of {total} lines: {exc}")
        except RouterSilent as exc:
            return self._silent(f"no answer any more after {self.sent} of {total} lines ({exc})")
        return None

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Where each block begins and ends; as many lines as the router takes in BLOCK_SECONDS."""
        start = 0
        while start < len(self.planned.commands):
            if self.guard.is_due:
                self._wind_up()
            end = typed.block_end(self.planned.commands, start, self._size)
            began = time.monotonic()
            yield start, end
            if end - start == self._size:
                fits = int(self._size * BLOCK_SECONDS / max(time.monotonic() - began, 0.001))
                self._size = max(1, min(self._largest, 2 * self._size, fits))
            start = end

    def _block(self, start: int, end: int) -> None:
        """Type one block; LineRefused at the first line that the router does not take."""
        lines = self.planned.commands[start:end]
        try:
            found = self.router.type(lines)
        except LineRefused as exc:
            self.sent = start + exc.index
            raise
        for line, answer in zip(lines, found.answers):
            words = refusal.answer_error(line, answer)
            if words is not None:
                raise LineRefused(self.sent - start, words)
            self._said.update(dict.fromkeys(refusal.notices(line, answer)))
            self.sent += 1
        if self.guard.is_over:
            raise GuardGone
        if not found.configuring:
            raise RouterRefused("it has left configuration mode")

    def _wind_up(self) -> None:
        """Let the revert timer run anew, and go on where the lines are."""
        self._command("end")
        self._renew()
        self._enter(["configure terminal", *typed.context_after(self.planned.commands[: self.sent])])

    def _renew(self) -> None:
        command = f"configure revert timer {self.guard.minutes}"
        try:
            self._command(command)
        except RouterRefused as exc:
            if NOT_PENDING in str(exc) or self.guard.is_over:
                raise GuardGone from exc
            raise RouterRefused(f"it does not let its revert timer run on: {exc}") from exc
        self.guard.arm()
        self._note()

    def _note(self) -> None:
        """Keep what the router says of the timer: whoever finds it pending later knows whose it is."""
        timer = self.router.rollback_timer()
        if timer is None:
            raise GuardGone
        try:
            self.note(timer)
        except OSError as exc:
            raise Stopped(f"the run cannot keep its files ({exc.strerror})") from exc

    def _enter(self, lines: list[str]) -> None:
        """Type lines one by one; then the router has to be in configuration mode."""
        for line in lines:
            self._command(line)
        if not self.router.type([typed.COMMENT]).configuring:
            raise RouterRefused("it does not show the prompt of configuration mode")

    def _leave(self) -> None:
        """Out of configuration mode, whatever came before."""
        if self.router.settle():
            self._command("end")

    def _command(self, line: str) -> None:
        (answer,) = self.router.type([line]).answers
        words = refusal.answer_error(line, answer)
        if words is not None:
            raise RouterRefused(words)

    def _keep(self) -> Outcome:
        """Read back; keep the lines where they are all there, else go back."""
        try:
            if self.guard.is_due:
                self._renew()
            left = self.left(self.router.running())
            if left.commands or left.refusals:
                missing = "; ".join([*left.masked, *left.refusals])
                return self._take_back(f"it took every line, but these are not there: {missing}")
            self.held()
            if self.guard.minutes:
                self._command("configure confirm")
        except Stopped as exc:
            return self._take_back(f"it took every line: {exc}")
        except RouterSilent as exc:
            return self._silent(f"it took every line, then no answer any more ({exc})")
        except RouterRefused as exc:
            if NOT_PENDING in str(exc):
                raise GuardGone from exc
            return self._take_back(f"it took every line, but reading back failed: {exc}")
        except (typed.OutOfStep, text.IosTextError) as exc:
            return self._take_back(f"it took every line, but reading back failed: {exc}")
        return Outcome("applied", "", self.guard.minutes > 0)

    def _take_back(self, detail: str) -> Outcome:
        """Back to what was, where a revert timer guards the push."""
        detail = detail.rstrip(".")
        minutes = self.guard.minutes
        within = f"it goes back by itself within {minutes} minutes"
        try:
            self._leave()
            if minutes:
                self._command("configure revert now")
        except RouterSilent as exc:
            return self._silent(f"{detail}. Then no answer any more ({exc})")
        except (RouterRefused, typed.OutOfStep) as exc:
            if NOT_PENDING in str(exc):
                return self._read_back(f"{detail}. Its revert timer had run out by then")
            return Outcome("partial", f"{detail}. It did not go back at once ({exc}); {within}", True)
        return self._read_back(detail) if minutes else self._left_there(detail)

    def _left_there(self, detail: str) -> Outcome:
        """What is there of a change that nothing takes back."""
        try:
            other = self._differences()
        except RouterSilent as exc:
            return self._silent(f"{detail}. Then no answer any more ({exc})")
        except (RouterRefused, text.IosTextError) as exc:
            other = f"reading it failed: {exc}"
        if not other:
            return Outcome("reverted", f"{detail}. Nothing of the change is there")
        return Outcome("partial", f"{detail}. Without an archive nothing takes the others back: {other}")

    def _ran_out(self) -> Outcome:
        """The timer has run out: what is there now is read, and no more sent."""
        detail = f"its revert timer of {self.guard.minutes} minutes ran out after {self.sent} lines"
        try:
            self._leave()
        except RouterSilent as exc:
            return self._silent(f"{detail}. Then no answer any more ({exc})")
        except (RouterRefused, typed.OutOfStep) as exc:
            return Outcome("partial", f"{detail}. It does not leave configuration mode: {exc}", True)
        return self._read_back(detail)

    def _read_back(self, detail: str) -> Outcome:
        """What the router has after it went back."""
        try:
            other = self._differences()
        except RouterSilent as exc:
            return self._silent(f"{detail}. It went back, then no answer any more ({exc})")
        except (RouterRefused, text.IosTextError) as exc:
            return Outcome("partial", f"{detail}. It went back, but reading it failed: {exc}", True)
        if other:
            return Outcome("partial", f"{detail}. It went back, but not to what it was: {other}", True)
        return Outcome("reverted", f"{detail}. The router went back to what it was", True)

    def _differences(self) -> str:
        """What the router has otherwise than before the change, "" for nothing."""
        return "; ".join(differences(self.router.running(), self.have, ("present", "earlier")))

    def _silent(self, detail: str) -> Outcome:
        """The router fell silent with lines sent and not confirmed."""
        minutes = self.guard.minutes
        tail = (
            f"it goes back by itself within {minutes} minutes"
            if minutes
            else "no archive takes the lines back"
        )
        return Outcome("lost", f"{detail}; {tail}", minutes > 0)


def clears(planned: change.Change) -> tuple[str, ...]:
    """The commands that let changed policy reach the routes that are there already."""
    return tuple(
        f"{IPV4.clear} {'' if text.address_or_none(name) else 'peer-group '}{name} soft"
        for name in planned.soft_clear
    )


def clear(router: Router, commands: Sequence[str], outcome: Outcome) -> Outcome:
    """Let changed policy reach the routes that are there already."""
    left: list[str] = []
    why = ""
    for at, command in enumerate(commands):
        try:
            router.order(command)
        except RouterRefused as exc:
            left.append(command)
            why = str(exc)
        except RouterSilent as exc:
            left += commands[at:]
            why = str(exc)
            break
    if not left:
        return outcome
    detail = (
        "The lines are in place, but the routes that are there do not follow them yet, and no later run sees"
        f" to it: type {order.listed(left)} ({why})"
    )
    return replace(outcome, detail=detail)


def save(router: Router, running: records.RunningConfig) -> None:
    """Save what runs, and read that it is saved.

    Raises:
        RouterRefused: it is not.
    """
    router.save()
    left = router.unsaved(running)
    if left:
        raise RouterRefused(f"it was told to save, and {left[0]}")
