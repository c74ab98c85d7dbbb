# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard on the controller is the keeper of a run: arming it, telling it, and disarming it, by its files.

While `guard.heard` lies in a run directory, the keeper of that run turns the mesh on when nobody touched the
file for so long (guarding.py). It has the file locked while it does.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..module_utils import guard, rundir
from ..module_utils.guard import Seen
from ..module_utils.printable import printable
from . import holding
from .detached import Process

HEARD, READY = "guard.heard", "guard.ready"
#: Seconds for the keeper to answer, for a patch under way (longer than mesh_switch.SLOWEST), between looks.
ANSWER, END, LOOK = 30.0, 30.0, 0.1


def hindrance(variables: Mapping[str, Any]) -> str:
    """Why no process outlives a run here, in words; "" where one does."""
    if "awx_job_id" in variables:
        return "a job of AWX takes all its processes with it"
    # podman and others set it, in small letters; Docker does not say.
    if "container" in os.environ:
        return "Ansible runs in a container, which takes all its processes with it"
    return ""


def arm(run: Path, cluster: str, who: str, seconds: int) -> Seen:
    """Have the keeper of this run act on silence of `seconds`, or tell it that the run lives where it does
    already; it is ready when this returns, or says why not."""
    if find(run).there:
        hear(run)
        return Seen(guard.CONTROLLER, True)
    (run / READY).unlink(missing_ok=True)
    asked = {"unit": guard.unit(cluster), "who": who, "seconds": seconds, "linger": guard.LINGER}
    rundir.write(run / HEARD, asked)
    trouble = _answer(run)
    if not trouble:
        return Seen(guard.CONTROLLER, True)
    disarm(run)
    return Seen(guard.CONTROLLER, None, trouble)


def _answer(run: Path) -> str:
    """Why the keeper cannot be the guard, "" where it is."""
    end = time.monotonic() + ANSWER
    while time.monotonic() < end and _keeper(run).alive:
        if (run / READY).exists():
            return str(rundir.read(run / READY)["trouble"])
        time.sleep(LOOK)
    return (
        f"the keeper of this run, which would be the guard, is gone or does not answer; see its log in {run}"
    )


def hear(run: Path) -> None:
    """Tell it that the run lives. A touch needs no room on a disk that is full."""
    with suppress(OSError):
        os.utime(run / HEARD)


def find(run: Path) -> Seen:
    """Whether it is armed."""
    if not (run / HEARD).exists() or not _keeper(run).alive:
        return Seen(guard.CONTROLLER, False)
    asked = rundir.read(run / HEARD)
    silent = max(int(time.time() - (run / HEARD).stat().st_mtime), 0)
    return Seen(guard.CONTROLLER, True, printable(str(asked["who"])), silent, int(asked["seconds"]))


def disarm(run: Path) -> bool:
    """None any more; whether there was one. A patch under way is waited for: none follows.

    The keeper goes on where its run lives, and ends where that is gone. GuardError where the patch does not
    end.
    """
    keeper = _keeper(run)
    try:
        with locked(run, END) as there:
            was = there and keeper.alive
            for name in (HEARD, READY) if there else ():
                (run / name).unlink(missing_ok=True)
    except BlockingIOError:
        raise guard.GuardError(
            f"the guard on the controller does not come to the end of its patch: kill {keeper.pid}"
        ) from None
    return was


@contextmanager
def locked(run: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold what keeps acting and disarming apart; whether the guard is armed while it is held.

    The lock ends with the process that has it. BlockingIOError where that is another one for longer than
    `patience` seconds.
    """
    path = run / HEARD
    try:
        # NFS locks only what is open to be written; on a disk that is read-only that is refused.
        descriptor = os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        _lock(descriptor, time.monotonic() + patience)
        # Who had it before may have taken the file away.
        yield path.exists() and os.path.samestat(os.fstat(descriptor), path.stat())
    finally:
        os.close(descriptor)


def _lock(descriptor: int, end: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
        time.sleep(LOOK)


def armed(folder: Path) -> Iterator[Path]:
    """The runs in a cluster's folder that have one, the latest first."""
    for heard in sorted(folder.glob(f"*/{HEARD}"), reverse=True):
        with suppress(rundir.RunDirectoryError, OSError, KeyError, TypeError):
            if find(heard.parent).there:
                yield heard.parent


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


def _keeper(run: Path) -> Process:
    """The keeper of the run; a process that does not live where there is none."""
    with suppress(rundir.RunDirectoryError, OSError, KeyError, TypeError):
        hold = holding.read(run)
        if hold is not None and hold.keeper is not None:
            return hold.keeper
    return Process(0, "")
