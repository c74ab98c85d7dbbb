# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a run out of the files of its directory, and nothing else: now, or years later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ...module_utils import rundir
from ...module_utils.model.cluster import cluster_from
from ...module_utils.model.state import RunState
from ...module_utils.page.record import Record
from ...module_utils.page.view import view
from .render import render

PAGE = "report.html"

_Read = TypeVar("_Read")


def page(run: Path) -> str:
    """The page; RunDirectoryError where the run has no result."""
    return render("run.html.j2", **view(read(run)))


def write(run: Path) -> str:
    """Write the page into the run directory; returns its path. RunDirectoryError or OSError where it cannot."""
    return rundir.write_bytes(run / PAGE, page(run).encode("utf-8"))


def read(run: Path) -> Record:
    """All that the files of the run say. Without a result there is no run; what else is missing is not there."""
    result = rundir.read(run / rundir.RESULT)
    stages = sorted((run / rundir.OBSERVATIONS).glob("*"), key=lambda stage: stage.stat().st_mtime_ns)
    alarms = [_if_any(lambda path=path: rundir.read(path)) for path in sorted(run.glob("alarm-*.json"))]
    return Record(
        result,
        _if_any(lambda: rundir.read_state(run)) or RunState(),
        _if_any(lambda: rundir.read_plan(str(run / rundir.PLAN))),
        _if_any(lambda: cluster_from(rundir.read(run / rundir.CLUSTER))),
        rundir.read_notes(run),
        tuple(alarm for alarm in alarms if alarm),
        {stage.name: rundir.read_routers(run, stage.name) for stage in stages},
        _if_any(lambda: rundir.read(run / rundir.PACKETS)),
    )


def _if_any(what: Callable[[], _Read]) -> _Read | None:
    """What a file says; None where it is not there, or not what a run of this version wrote."""
    with contextlib.suppress(rundir.RunDirectoryError):
        return what()
    return None
