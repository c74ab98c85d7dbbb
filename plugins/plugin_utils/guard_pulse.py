# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling the guard on a host, as long as the run lives, that it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

from ..module_utils import guard, rundir
from ..module_utils.model.state import RunState

#: Seconds between two beats at the least, and how many there are before the guard would act.
OFTEN, BEATS = 2.0, 10


class Pulse:
    """A beat now and then, over the connection of the task that watches the host anyway.

    `execute` runs a command there. A beat that fails stops nobody: the guard acts if none arrives for long
    enough, and turning the mesh on is safe.
    """

    def __init__(
        self, run: Path, state: RunState, cluster: str, host: str, execute: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self._run = run
        self._command = guard.hear(cluster) if host in state.guard else ""
        self._every = max(state.guard_seconds / BEATS, OFTEN)
        self._host, self._execute = host, execute
        self._last: float | None = None
        self.trouble = ""

    @property
    def here(self) -> bool:
        """Whether the run has a guard on the host."""
        return bool(self._command)

    def beat(self) -> None:
        """Tell the guard, where it is time to; `trouble` says why it was not told, "" where it was."""
        now = time.monotonic()
        if not self.here or (self._last is not None and now - self._last < self._every):
            return
        self._last = now
        self.trouble = ""
        try:
            result = self._execute(self._command)
        except AnsibleError as exc:
            self.trouble = (str(exc).strip().splitlines() or ["no reason given"])[-1]
            return
        _word, seen = guard.answer(self._host, result["rc"], result["stdout"] + result["stderr"])
        if not seen.there:
            self.trouble = seen.text or "there is none any more"
        if seen.there is False:
            # For the keeper, which leaves nothing to a guard that is gone.
            with suppress(OSError):
                rundir.write_guard(self._run, seen)
