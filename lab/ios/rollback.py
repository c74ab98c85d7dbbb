# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration archive, and changes that are rolled back unless they are confirmed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.ios.bgp import Shape
from lab.ios.grammar import CliError
from lab.ios.replace import Line

NOT_ENABLED = "Archive feature not enabled\n"
NOT_PENDING = "%No Rollback Confirmed Change pending\n"
NO_ARCHIVE = "Turn config archive on before using Rollback Confirmed Change\n"
ALREADY = "%Rollback Confirmed Change already pending. Confirm or revert it first\n"


@dataclass(frozen=True)
class Snapshot:
    """A whole running configuration: its lines, and how the BGP section is laid out."""

    lines: tuple[Line, ...]
    shape: Shape | None
    text: str


@dataclass
class Pending:
    """A change that waits for its confirmation. ``minutes``: until it is rolled back."""

    snapshot: Snapshot
    name: str
    user: str
    minutes: int
    idle: bool
    since: float = field(default_factory=time.time)
    timer: threading.Timer | None = None


@dataclass
class Settings:
    """The ``archive`` section: where copies go and how many are kept."""

    path: str | None
    maximum: int = 10
    write_memory: bool = False


class Archive:
    """The router's archive. ``minute``: seconds in a minute, which tests make short. ``percent``: whether
    the complaint about a missing archive begins with a percent sign; releases differ."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        take: Callable[[], Snapshot],
        restore: Callable[[Snapshot], int],
    ) -> None:
        """``take`` and ``restore``: a copy of the running configuration, and back to it."""
        self._settings, self._take, self._restore = settings, take, restore
        self.minute = 60.0
        self.percent = True
        self.pending: Pending | None = None
        self._saved: list[str] = []
        self._number = 0

    def save(self) -> str:
        """Put a copy into the archive; its name. Raises CliError when the archive is off."""
        settings = self._settings()
        if not settings.path:
            raise self._missing()
        now = time.time()
        stamp = time.strftime("%b-%e-%H-%M-%S", time.gmtime(now)).replace(" ", "-")
        name = f"{_prefix(settings.path)}{stamp}.{int(now * 1000) % 1000:03d}-{self._number}"
        self._number += 1
        self._saved = [*self._saved, name][-settings.maximum :]
        return name

    def _missing(self) -> CliError:
        return CliError(("%" if self.percent else "") + NO_ARCHIVE)

    def written(self) -> None:
        """``write memory`` was given."""
        if self._settings().path and self._settings().write_memory:
            self.save()

    def show(self) -> str:
        """``show archive``."""
        settings = self._settings()
        if not settings.path:
            return NOT_ENABLED
        out = [
            f"The maximum archive configurations allowed is {settings.maximum}.",
            f"There are currently {len(self._saved)} archive configurations saved.",
            f"The next archive file will be named {_prefix(settings.path)}<timestamp>-{self._number}",
            " Archive #  Name",
        ]
        for at in range(settings.maximum):
            name = self._saved[at] if at < len(self._saved) else ""
            recent = " <- Most Recent" if name and at == len(self._saved) - 1 else ""
            out.append(f"   {at + 1:<8} {name}{recent}")
        return "\n".join(out) + "\n"

    def begin(self, user: str, minutes: int, idle: bool) -> str:
        """``configure terminal revert timer``: from here on, changes need a confirmation. Raises CliError."""
        if not self._settings().path:
            raise self._missing()
        if self.pending:
            raise CliError(ALREADY)
        snapshot = self._take()
        self.pending = Pending(snapshot, self.save(), user, minutes, idle)
        self._start()
        return f"Rollback Confirmed Change: Backing up current running config to {self.pending.name}\n\n"

    def _start(self) -> None:
        pending = self._waiting()
        if pending.timer:
            pending.timer.cancel()
        pending.timer = threading.Timer(pending.minutes * self.minute, self._expire, (pending,))
        pending.timer.daemon = True
        pending.timer.start()

    def _waiting(self) -> Pending:
        if self.pending is None:
            raise CliError(NOT_PENDING)
        return self.pending

    def change(self, minutes: int, idle: bool) -> str:
        """``configure revert timer``: another time limit, from now. Raises CliError."""
        pending = self._waiting()
        pending.minutes, pending.idle, pending.since = minutes, idle, time.time()
        self._start()
        return ""

    def touch(self, user: str) -> None:
        """``user`` typed something, which an idle timer waits for."""
        if self.pending and self.pending.idle and self.pending.user == user:
            self._start()

    def confirm(self) -> str:
        """``configure confirm``. Raises CliError when nothing waits."""
        pending, self.pending = self._waiting(), None
        if pending.timer:
            pending.timer.cancel()
        return ""

    def revert(self) -> str:
        """``configure revert now``. Raises CliError when nothing waits."""
        pending = self._waiting()
        self.confirm()
        passes = self._restore(pending.snapshot)
        head = f"Rollback Confirmed Change: Rolling to: {pending.name}\n"
        return f"{head}\nTotal number of passes: {passes}\nRollback Done\n\n"

    def _expire(self, expected: Pending) -> None:
        if self.pending is expected:
            self.pending = None
            self._restore(expected.snapshot)

    def show_timer(self) -> str:
        """``show archive config rollback timer``."""
        pending = self._waiting()
        since = time.strftime("%H:%M:%S UTC %a %b %e %Y", time.gmtime(pending.since))
        return (
            f"Time configured(or reconfigured): {since}\n"
            f"Timer type: {'idle' if pending.idle else 'absolute'} timer\n"
            f"Timer value: {pending.minutes} min\n"
            f"User: {pending.user}\n"
        )

    def close(self) -> None:
        """Forget what waits, without rolling back."""
        if self.pending:
            self.confirm()


def _prefix(path: str) -> str:
    return path if path.endswith("-") else path + "-"
