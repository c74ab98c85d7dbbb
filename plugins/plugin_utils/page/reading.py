# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a run out of the files of its directory, and nothing else: now, or years later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ...module_utils import rundir
from ...module_utils.model.state import RunState
from ...module_utils.page.record import Record
from ...module_utils.page.view import view
from ...module_utils.printable import printable
from .render import render

PAGE = "report.html"

_Read = TypeVar("_Read")


def page(run: Path) -> str:
    """The page; RunDirectoryError where the run has no result."""
    return render("run.html.j2", **view(read(run)))


def write(run: Path) -> str:
    """Write the page into the run directory; its path. RunDirectoryError or OSError where it cannot."""
    return rundir.write_bytes(run / PAGE, page(run).encode("utf-8"))


def attempt(run: Path) -> tuple[str | None, str]:
    """Write the page at the end of a run: its path and "", or None and why there is none.

    Whatever goes wrong with a page is no matter of the run.
    """
    try:
        return write(run), ""
    except Exception as exc:  # of a damaged file, of a template, of the disk; the run itself is over
        return None, printable(f"{type(exc).__name__}: {exc}")


def read(run: Path) -> Record:
    """All that the files of the run say. Without a result there is no run; other files may be missing."""
    result = rundir.read(run / rundir.RESULT)
    stages = sorted((run / rundir.OBSERVATIONS).glob("*"), key=lambda stage: stage.stat().st_mtime_ns)
    alarms = (_with(path, "text", "at") for path in sorted(run.glob("alarm-*.json")))
    return Record(
        result,
        _if_any(rundir.read_state, run) or RunState(),
        _if_any(rundir.read_plan, str(run / rundir.PLAN)),
        _if_any(rundir.read_cluster, run / rundir.CLUSTER),
        rundir.read_notes(run),
        tuple(alarm for alarm in alarms if alarm),
        {stage.name: _if_any(rundir.read_routers, run, stage.name) or {} for stage in stages},
        _with(run / rundir.PACKETS, "sent", "lost", "lost_at"),
    )


def _if_any(what: Callable[..., _Read], *arguments: Any) -> _Read | None:
    """What a file says; None where it is not there, or not what a run of this version wrote."""
    with contextlib.suppress(rundir.RunDirectoryError):
        return what(*arguments)
    return None


def _with(path: Path, *names: str) -> Mapping[str, Any] | None:
    """The record in a file; None where it has not all of these fields."""
    found = _if_any(rundir.read, path)
    return found if isinstance(found, dict) and found.keys() >= set(names) else None
