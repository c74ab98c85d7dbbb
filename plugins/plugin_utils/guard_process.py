# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard on the controller: a process that outlives the run, and turns the mesh on when the run is silent.

Its files lie in the run directory. While `guard.heard` is there it is armed; each time the file is touched it
has heard the run. It waits by a clock of its own, so that a clock that is set moves nothing.
"""

from __future__ import annotations

import os
import signal
import syslog
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..module_utils import guard, rundir
from ..module_utils.guard import Seen
from ..module_utils.printable import printable
from . import detached, mesh_switch
from .detached import Process
from .mesh_switch import Say, SwitchError

_HEARD, _ABOUT, _READY = "guard.heard", "guard.json", "guard.ready"
#: Seconds between two looks, and between two tries to turn the mesh on.
LOOK, PAUSE = 0.5, 4.0
#: Seconds to get ready, and to end.
READY, END = 30.0, 5.0
#: Seconds of tries after which it gives up, and between two complaints.
TRIES, COMPLAIN = 3600.0, 30.0
#: The process needs what reads a kubeconfig.
_NEEDS = ("ansible_collections.kubernetes.core.plugins.module_utils.k8s.client",)


def hindrance(variables: Mapping[str, Any]) -> str:
    """Why no process outlives a run here, in words; "" where one does."""
    if "awx_job_id" in variables:
        return "a job of AWX takes all its processes with it"
    # podman and others set it, in small letters; Docker does not say.
    if "container" in os.environ:
        return "Ansible runs in a container, which takes all its processes with it"
    return ""


def arm(run: Path, cluster: str, who: str, seconds: int, access: Mapping[str, str]) -> Seen:
    """Start it, or tell the one of this run that is there; it is ready when this returns, or says why not."""
    if _process(run).alive:
        hear(run)
        return Seen(guard.CONTROLLER, True)
    (run / _READY).unlink(missing_ok=True)
    rundir.write(run / _HEARD, {})
    said = {"unit": guard.unit(cluster), "who": who, "seconds": seconds, "linger": guard.LINGER}
    message = {"run": str(run), "access": dict(access), **said}
    started = detached.start(f"{__name__}:serve", message, name="calico-bgp-guard", run=run, needs=_NEEDS)
    about = {"pid": started.pid, "began": started.began, "who": who, "seconds": seconds}
    rundir.write(run / _ABOUT, about)
    end, lives = time.monotonic() + READY, True
    while time.monotonic() < end and lives:
        # In this order: it may say why not, and end.
        lives = started.alive
        if (run / _READY).exists():
            trouble = rundir.read(run / _READY)["trouble"]
            if not trouble:
                return Seen(guard.CONTROLLER, True)
            disarm(run)
            return Seen(guard.CONTROLLER, None, trouble)
        time.sleep(LOOK / 5)
    disarm(run)
    return Seen(guard.CONTROLLER, None, f"its process did not get ready; see {run}/calico-bgp-guard.log")


def hear(run: Path) -> None:
    """Tell it that the run lives. A touch needs no room on a disk that is full."""
    with suppress(OSError):
        os.utime(run / _HEARD)


def find(run: Path) -> Seen:
    """Whether it is armed."""
    if not (run / _HEARD).exists() or not _process(run).alive:
        return Seen(guard.CONTROLLER, False)
    about = rundir.read(run / _ABOUT)
    silent = max(int(time.time() - (run / _HEARD).stat().st_mtime), 0)
    return Seen(guard.CONTROLLER, True, printable(str(about["who"])), silent, int(about["seconds"]))


def disarm(run: Path) -> bool:
    """None any more; whether there was one. It may be in the middle of a patch: it is ended and waited for.

    GuardError where it does not end.
    """
    there = _process(run)
    was = (run / _HEARD).exists() and there.alive
    (run / _HEARD).unlink(missing_ok=True)
    end = time.monotonic() + END
    while there.alive:
        with suppress(ProcessLookupError):
            os.kill(there.pid, signal.SIGTERM if time.monotonic() < end - END / 2 else signal.SIGKILL)
        if time.monotonic() > end:
            raise guard.GuardError(f"the guard on the controller does not end: kill {there.pid}")
        time.sleep(LOOK / 5)
    (run / _ABOUT).unlink(missing_ok=True)
    (run / _READY).unlink(missing_ok=True)
    return was


def armed(folder: Path) -> Iterator[Path]:
    """The runs in a cluster's folder that have one, the latest first."""
    for about in sorted(folder.glob(f"*/{_ABOUT}"), reverse=True):
        with suppress(rundir.RunDirectoryError, OSError, KeyError, TypeError):
            if find(about.parent).there:
                yield about.parent


def hear_all(folder: Path) -> Seen:
    """Tell each of a cluster's that the run lives; whether there is one."""
    seen = find_any(folder)
    for run in armed(folder):
        hear(run)
    return seen


def find_any(folder: Path) -> Seen:
    """The latest that is armed in a cluster's folder."""
    return next((find(run) for run in armed(folder)), Seen(guard.CONTROLLER, False))


def disarm_all(folder: Path) -> bool:
    """None any more of a cluster's; whether there was one."""
    there = list(armed(folder))
    for run in there:
        disarm(run)
    return bool(there)


def _process(run: Path) -> Process:
    try:
        about = rundir.read(run / _ABOUT)
        return Process(int(about["pid"]), str(about["began"]))
    except (rundir.RunDirectoryError, OSError, KeyError, TypeError, ValueError):
        return Process(0, "")


def serve(message: Mapping[str, Any]) -> None:
    """The process: waits for silence, turns the mesh on, and leaves nothing but what it said."""
    run, access, seconds = Path(message["run"]), dict(message["access"]), float(message["seconds"])
    syslog.openlog(message["unit"], 0, syslog.LOG_DAEMON)

    def say(text: str) -> None:
        line = f"{message['who']}: {printable(text)}"
        syslog.syslog(syslog.LOG_WARNING, line)
        print(line, flush=True)

    try:
        mesh_switch.read(mesh_switch.prepare(access))
        rundir.write(run / _READY, {"trouble": ""})
    except SwitchError as exc:
        rundir.write(run / _READY, {"trouble": str(exc)})
        return
    told = _wait(_Ear(run), seconds, float(message["linger"]), access, say)
    if told:
        say(told)
        for name in (_HEARD, _ABOUT, _READY):
            (run / name).unlink(missing_ok=True)


class _Ear:
    """For how long nothing was heard, by this process's own clock."""

    def __init__(self, run: Path) -> None:
        self._file = run / _HEARD
        self._touched: int | None = None
        self._since = 0.0

    @property
    def silent(self) -> float | None:
        """Seconds; None where the guard is disarmed."""
        try:
            touched = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if touched != self._touched:
            self._touched, self._since = touched, time.monotonic()
        return time.monotonic() - self._since


def _wait(ear: _Ear, seconds: float, linger: float, access: Mapping[str, str], say: Say) -> str:
    """Wait for silence, and act; what became of it, "" where it was disarmed."""
    quiet = 0.0
    while (silent := ear.silent) is not None:
        if silent < seconds:
            time.sleep(LOOK)
            continue
        if silent >= seconds + TRIES:
            return "an hour of tries is over, and the mesh was not turned on: turn it on by hand"
        try:
            if _acted(ear, seconds, access):
                return f"nothing heard for {silent:.0f} s: turned the mesh on"
            if silent >= seconds + linger:
                return f"nothing heard for {silent:.0f} s; the mesh is on, there is nothing to do"
        except Exception as exc:  # whatever it is, it tries again
            if silent >= quiet:
                why = str(exc) if isinstance(exc, SwitchError) else f"{type(exc).__name__}: {exc}"
                say(f"nothing heard for {silent:.0f} s, and the mesh cannot be turned on: {why}")
                quiet = silent + COMPLAIN
        time.sleep(PAUSE)
    return ""


def _acted(ear: _Ear, seconds: float, access: Mapping[str, str]) -> bool:
    """Turn the mesh on where it is off and nobody was heard meanwhile; whether that was done.

    Credentials are read anew, as those of before the cut may be out of date. SwitchError where the API does
    not do it.
    """
    way = mesh_switch.prepare(access)
    if mesh_switch.mesh_of(mesh_switch.read(way)) or (ear.silent or 0) < seconds:
        return False
    mesh_switch.turn_on(way, lambda _text: None, patience=0)
    return True
