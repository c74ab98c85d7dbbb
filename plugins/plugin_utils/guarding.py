# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keeper as the guard: it turns the mesh on when it has heard nothing of the run for its time.

It waits by a clock of its own, so that a clock that is set moves nothing.
"""

from __future__ import annotations

import syslog
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..module_utils import rundir
from ..module_utils.printable import printable
from . import detached, guard_here, mesh_switch
from .guard_here import HEARD, READY
from .kube_way import Way, WayError
from .mesh_switch import Say

#: Seconds between two tries to turn the mesh on.
PAUSE = 4.0
#: Seconds of tries after which it gives up, and between two complaints.
TRIES, COMPLAIN = 3600.0, 30.0


@dataclass(frozen=True)
class Asked:
    """What who armed it asked for: the name in syslog, the run in words, and seconds of silence that are
    borne, and for which a mesh that is on is looked at after them."""

    unit: str
    who: str
    seconds: float
    linger: float


class Guarding:
    """The guard of one run, a look at a time; `way` gives the way to the API, or WayError."""

    def __init__(self, run: Path, way: Callable[[], Way]) -> None:
        self._run, self._way = run, way
        self._asked: Asked | None = None
        self._touched: int | None = None
        self._since = self._bears = self._next = self._quiet = 0.0
        self._over = self._mute = False

    @property
    def armed(self) -> bool:
        """Whether it is, and has not acted. A disk that does not say disarms nothing."""
        try:
            return not self._over and (self._run / HEARD).exists()
        except OSError:
            return True

    def look(self, say: Say) -> bool:
        """Answer who arms it, and act where there was silence enough; whether the mesh was turned on."""
        try:
            silent = self._silent() if self.armed else None
            if silent is None or time.monotonic() < self._next:
                return False
            if self._asked is None or not (self._mute or (self._run / READY).exists()):
                self._asked = Asked(**rundir.read(self._run / HEARD))
                self._answer(self._asked)
            elif silent >= self._bears:
                self._next = time.monotonic() + PAUSE
                return self._act(self._asked, silent, say)
        except Exception as exc:  # of a disk or what lies on it: the keeper keeps the hold, whatever it is
            self._next = time.monotonic() + PAUSE
            detached.log(f"the guard: {type(exc).__name__}: {exc}")
        return False

    def forsaken(self) -> None:
        """The run is gone and left the mesh off: that is silence enough, until somebody is heard again."""
        self._bears = min(self._bears, self._silent() or 0.0)

    def leave(self, text: str, say: Say) -> None:
        """It never acts again; `text` says why, in syslog too."""
        if self._asked is None or not self.armed:
            return
        try:
            for name in (HEARD, READY):
                (self._run / name).unlink(missing_ok=True)
        except OSError as exc:
            self._over = True
            detached.log(f"not taken away: {exc}")
        self._tell(self._asked, text, say)

    def _silent(self) -> float | None:
        """For how many seconds nothing was heard; None where it is disarmed."""
        try:
            touched = (self._run / HEARD).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        except OSError:
            touched = self._touched or 0
        if touched != self._touched:
            self._touched, self._since, self._quiet = touched, time.monotonic(), 0.0
            self._bears = self._asked.seconds if self._asked else 0.0
        return time.monotonic() - self._since

    def _answer(self, asked: Asked) -> None:
        """Whoever armed it gets to know why it cannot be, "" where it can."""
        trouble, self._bears = "", asked.seconds
        try:
            mesh_switch.read(self._way())
            with guard_here.locked(self._run):
                pass
        except (WayError, OSError) as exc:
            trouble = str(exc)
        try:
            rundir.write(self._run / READY, {"trouble": trouble})
        except (OSError, rundir.RunDirectoryError) as exc:
            self._mute = True  # Nobody hears it, but it guards.
            detached.log(f"the guard: not written down: {exc}")

    def _act(self, asked: Asked, silent: float, say: Say) -> bool:
        """Try to turn the mesh on; whether that was done. One that is on is left, after a while."""
        heard = f"nothing heard for {silent:.0f} s"
        if silent >= asked.seconds + TRIES:
            self.leave("an hour of tries is over, and the mesh was not turned on: turn it on by hand", say)
            return False
        try:
            return self._acted(asked, silent, say)
        except BlockingIOError:
            return False  # It is just being disarmed.
        except Exception as exc:  # of the API, of a library below it: it tries again, whatever it is
            if silent >= self._quiet:
                why = str(exc) if isinstance(exc, WayError) else f"{type(exc).__name__}: {exc}"
                self._tell(asked, f"{heard}, and the mesh cannot be turned on: {why}", say)
                self._quiet = silent + COMPLAIN
            return False

    def _acted(self, asked: Asked, silent: float, say: Say) -> bool:
        """The same; whatever goes wrong is raised.

        Credentials are read anew, as those of before the cut may be out of date.
        """
        way = self._way()
        on = mesh_switch.mesh_of(mesh_switch.read(way, mesh_switch.SLOWEST))
        if on and silent < asked.seconds + asked.linger:
            return False
        with guard_here.locked(self._run) as there:
            if not there or (self._silent() or 0.0) < self._bears:
                return False
            if not on:
                mesh_switch.turn_on(way, lambda _text: None, patience=0, beside=mesh_switch.SLOWEST)
            done = "; the mesh is on, there is nothing to do" if on else ": turned the mesh on"
            self.leave(f"nothing heard for {silent:.0f} s{done}", say)
        return not on

    @staticmethod
    def _tell(asked: Asked, text: str, say: Say) -> None:
        line = f"{asked.who}: {printable(text)}"
        syslog.openlog(asked.unit, 0, syslog.LOG_DAEMON)
        syslog.syslog(syslog.LOG_WARNING, line)
        say(line)
