# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A revert timer that is pending on a router: that of a run that was killed, or somebody else's.

The pending timer is the lock of a router, as IOS lets nobody begin a second one: it holds for everybody, also
for the runs of another cluster that share the router. One that a run of this cluster left behind is ended at
once, in seconds and not in the minutes that the timer takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..module_utils import rundir
from ..module_utils.ios.change import plan as change
from ..module_utils.ios.config import records
from ..module_utils.model.begun import Begun, Timer
from .detached import Process
from .push import Outcome, clear
from .router import Router, RouterRefused


@dataclass(frozen=True)
class Left:
    """What an earlier run left on a router: its push `begun`, its directory `run`, and what is pending there.

    `begun` is None where no run of this cluster is known to have left anything.
    """

    timer: Timer | None
    run: Path | None = None
    begun: Begun | None = None

    @property
    def ours(self) -> bool:
        """Whether the pending timer is that of the earlier run."""
        return self.begun is not None and self.timer is not None and self.begun.owns(self.timer)

    @property
    def lives(self) -> bool:
        """Whether the process that pushed is still there."""
        sender = None if self.begun is None else Process(self.begun.pid, self.begun.worker)
        return sender is not None and sender.pid != os.getpid() and sender.alive

    def obstacle(self) -> str:
        """Why nothing may be sent now, as a sentence; "" where nothing is in the way."""
        if self.lives:
            return f"an earlier run ({self.run}) is still sending; nothing was sent. Wait until it is over"
        if self.timer is not None and not self.ours:
            return (
                f"somebody else's change is pending: {self.timer.told}. Nothing was sent. Let its owner "
                "confirm it (configure confirm) or take it back (configure revert now), or wait until the "
                "timer has run out, and run again"
            )
        return ""


def look(router: Router, run: Path, host: str) -> Left:
    """What is pending on a router, and whose it is. Another platform is asked nothing."""
    router.platform()
    timer, found = router.rollback_timer(), rundir.begun_before(run, host)
    return Left(timer, *found) if found else Left(timer)


def settle(
    router: Router,
    left: Left,
    state: str,
    lacking: Callable[[records.RunningConfig], change.Change],
    say: Callable[[str], None],
) -> bool:
    """End what an earlier run left pending; whether that changed the router. Only without an obstacle.

    Its lines are kept where they are all there and nothing else is wanted, else the router goes back.
    RouterRefused and what a reading raises, where it could not be ended.
    """
    if left.begun is None or left.run is None:
        return False
    kept = False
    if left.ours:
        rest = lacking(router.running())
        kept = left.begun.state == state and not rest.commands and not rest.refusals
        router.order("configure confirm" if kept else "configure revert now")
        if router.rollback_timer() is not None:
            raise RouterRefused("its revert timer is still pending after it was told to end it")
        done = (
            "read back and confirmed" if kept else "taken back, as it is not whole, or not what is wanted now"
        )
        say(f"{left.begun.host}: what an earlier run ({left.run}) sent and did not confirm is {done}")
    if kept or left.timer is None:
        outcome = clear(router, left.begun.clears, Outcome("applied"))
        if outcome.detail:
            say(f"{left.begun.host}: {outcome.detail}")
    rundir.end_begun(left.run, left.begun.host)
    return left.ours
