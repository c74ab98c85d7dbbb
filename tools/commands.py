# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running other programs: output into a log, retries with back-off, and nothing left running afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.system import ENDS_WITH_CALLER
from tools.console import Console, Failure

Command = Sequence[str | Path]
PAUSES = (2.0, 8.0, 20.0)  # seconds before the second, third and fourth try of a download


class Stopped(Exception):
    """Another step failed, or the user broke off."""


class Runner:
    """Starts programs in process groups of their own; they end on `stop`, and with this process."""

    def __init__(self, console: Console, logs: Path) -> None:
        self.console = console
        self._logs = logs
        self._stopped = threading.Event()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def log(self, name: str) -> Path:
        """The log file of that name, emptied."""
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self._logs / f"{name}.log"
        path.write_bytes(b"")
        return path

    def run(
        self,
        command: Command,
        log: Path,
        what: str,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Run once; raises Failure ("<what> failed.") with the log on a non-zero end."""
        if self.status(command, log, environment, cwd) != 0:
            raise Failure(f"{what} failed.", log)

    def fetch(
        self,
        command: Command,
        log: Path,
        what: str,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Run a program that downloads; try again after a pause, four times in all."""
        for pause in (*PAUSES, None):
            if self.status(command, log, environment, cwd) == 0:
                return
            if pause is not None:
                self.console.say(f"{what} failed; trying again in {pause:.0f} s")
                if self._stopped.wait(pause):
                    raise Stopped
        raise Failure(
            f"{what} failed {len(PAUSES) + 1} times: is the network, or the package registry, reachable?", log
        )

    def stop(self) -> None:
        """End everything that runs; whatever is started later ends at once."""
        self._stopped.set()
        with self._lock:
            for child in self._children:
                _signal_group(child, signal.SIGKILL)

    def status(
        self,
        command: Command,
        log: Path,
        environment: Mapping[str, str] | None,
        cwd: Path | None,
        limit: float | None = None,
    ) -> int:
        """Run once, the output into the log; the exit status. TimeoutExpired after `limit` seconds."""
        with self._lock, log.open("ab") as output:
            if self._stopped.is_set():
                raise Stopped
            child = subprocess.Popen(
                [*ENDS_WITH_CALLER, *(str(part) for part in command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=cwd,
                start_new_session=True,
            )
            self._children.add(child)
        try:
            status = child.wait(limit)
        except subprocess.TimeoutExpired:
            _signal_group(child, signal.SIGKILL)
            child.wait()
            raise
        finally:
            with self._lock:
                self._children.discard(child)
        if self._stopped.is_set():
            raise Stopped
        return status


def read(command: Command, environment: Mapping[str, str] | None = None) -> str:
    """What a short local program prints, or "" when it fails or is not there."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return
