# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the result of the run and show the short table."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import junit, report, rundir
from ..module_utils.change import markdown
from ..module_utils.change.document import Document, document
from ..module_utils.change.way_back import Access
from ..module_utils.model.finding import Finding
from ..module_utils.model.state import RETURNED, RunState
from ..module_utils.page.packets import counted
from ..module_utils.printable import printable
from ..modules import bgp_report as documented
from ..plugin_utils.arguments import arguments
from ..plugin_utils.page import change as change_page
from ..plugin_utils.page import reading

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION)
CHANGE = "change.md"
CHANGE_PAGE = "change.html"
#: Playbooks of which a drill has many, and shows the table of none.
DRILLS = ("drain", "undrain")


class ActionModule(ActionBase):
    """Bookkeeping: never changed, and done in check mode as well."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        check_mode = bool(self._task.check_mode)
        path, page, change = None, None, None
        if args["directory"]:
            run = Path(args["directory"])
            before = rundir.read_state(run)
            # A run that returned fails behind its report.
            over = before.over or args["failure"] is not None or before.phase == RETURNED
            state = replace(before, playbook=args["playbook"], over=over)
            rundir.write_state(run, state)
            story = tell(run, state, args, check_mode)
            if story.packets is not None:
                keep_packets(run, args["probe"])
            path = rundir.write(run / rundir.RESULT, report.document(story))
            rundir.write_bytes(run / "junit.xml", junit.junit(story).encode("utf-8"))
            # A run that shows no table yet goes on, and what can wait waits; but a drill shows none.
            if args["table"] or args["playbook"] in DRILLS:
                page = self.page(run)
            if args["change"]:
                change = keep_change(run, story, state, args, task_vars or {})
            if args["table"]:
                kept = [f"result: {path}"] if stays(run, task_vars or {}) else []
                kept += [f"page: {page}"] if kept and page else []
                kept += [f"change: {run / CHANGE}"] if kept and change else []
                short = list(markdown.short(change)) if change else []
                for line in ["", *report.table(story, short), *kept, ""]:
                    display.display(line)
        else:
            # Without a run nobody keeps its state: this outcome alone says how the mesh is.
            state = RunState(mesh=True if args["outcome"] == "mesh_on" and not check_mode else None)
            story = brief(state, args, check_mode)
        return {
            "changed": False,
            "path": path,
            "page": page,
            "outcome": story.outcome,
            "message": story.message,
            "sentence": report.sentence(args["stands"] or "", state, story.message),
            "packets": story.packets,
            "change": markdown.artifact(markdown.markdown(change)) if change else "",
            "stats": report.stats(story),
        }

    @staticmethod
    def page(run: Path) -> str | None:
        """The page of the run, None where there is none, which a warning says."""
        path, trouble = reading.attempt(run)
        if trouble:
            display.warning(
                f"the page of the run was not written ({trouble}); the run and its result are as they are. "
                f"Make it with the playbook report -e calico_bgp_run={run}"
            )
        return path


def keep_change(
    run: Path,
    story: report.Story,
    state: RunState,
    args: Mapping[str, Any],
    variables: Mapping[str, Any],
) -> Document | None:
    """Write the change document of a plan, None where there is none. No run ends for want of it."""
    if story.plan is None or story.cluster is None:
        return None
    findings = [finding for found in story.findings.values() for finding in found]
    try:
        made = document(story.plan, story.cluster, story.pushes, findings, state, access(args, variables))
        rundir.write_bytes(run / CHANGE, markdown.markdown(made).encode("utf-8"))
        rundir.write_bytes(run / CHANGE_PAGE, change_page.page(made).encode("utf-8"))
    except Exception as exc:  # made of all that cluster and routers say; no flaw in it is to end a run
        display.warning(f"{run / CHANGE}: could not be written ({type(exc).__name__}: {printable(str(exc))})")
        return None
    return made


def access(args: Mapping[str, Any], variables: Mapping[str, Any]) -> Access:
    """How the cluster is reached: by which inventories and which kubeconfig."""
    sources = variables.get("ansible_inventory_sources") or ()
    return Access(
        tuple(str(source) for source in sources),
        args["kubeconfig"] or "",
        args["context"] or "",
        "awx_job_id" in variables,
    )


def stays(run: Path, variables: Mapping[str, Any]) -> bool:
    """Whether the run directory outlives the run: a job of AWX takes its current directory with it."""
    return "awx_job_id" not in variables or Path.cwd() not in run.resolve().parents


def brief(state: RunState, args: dict[str, Any], check_mode: bool) -> report.Story:
    """The story of a run that has no directory: what the caller and the state say."""
    started = time.time() if state.started is None else state.started
    if args["failure"] is None:
        outcome = report.done(state, args["outcome"], check_mode)
    else:
        outcome = args["outcome"] or report.failed(state)
    return report.Story(
        playbook=args["playbook"],
        outcome=outcome,
        message=printable(args["message"] or "")
        or (report.reason(args["failure"]) if args["failure"] is not None else ""),
        started=started,
        ended=time.time(),
        check_mode=check_mode,
        plan=None,
        plan_path="",
        mesh_after=state.mesh,
        findings={},
        pushes={},
        nodes={},
        routers={},
        packets=packets(args["probe"], started),
    )


def tell(run: Path, state: RunState, args: dict[str, Any], check_mode: bool) -> report.Story:
    """Gather what the steps of the run left behind."""
    plan_file = run / rundir.PLAN
    plan = rundir.read_plan(str(plan_file)) if plan_file.exists() else None
    cluster_file = run / rundir.CLUSTER
    stages = sorted((p for p in (run / rundir.OBSERVATIONS).glob("*")), key=lambda p: p.stat().st_mtime)
    stage = args["stage"] or (stages[-1].name if stages else "")
    files = sorted((run / rundir.FINDINGS).glob("*.json"), key=lambda p: p.stat().st_mtime)
    story = brief(state, args, check_mode)
    return replace(
        story,
        message=story.message or report.told(state, plan, args["playbook"], check_mode),
        plan=plan,
        plan_path=str(plan_file),
        findings={f.stem: [Finding(**row) for row in rundir.read(f)] for f in files},
        pushes=rundir.read_pushes(run),
        nodes=rundir.read_nodes(run, stage),
        routers=rundir.read_routers(run, stage),
        cluster=rundir.read_cluster(cluster_file) if cluster_file.exists() else None,
    )


def keep_packets(run: Path, probe: str) -> None:
    """Keep what the probe counted for the page: sums, and the packets lost in each second."""
    with contextlib.suppress(OSError, rundir.RunDirectoryError, KeyError, TypeError, ValueError):
        rundir.write(run / rundir.PACKETS, counted(rundir.read(Path(probe))))


def packets(path: str | None, since: float) -> dict[str, int] | None:
    """What a probe beside the run counted so far; None where none ran since then."""
    if not path or not Path(path).exists() or Path(path).stat().st_mtime < since:
        return None
    try:
        data = rundir.read(Path(path))
        return {key: int(data[key]) for key in ("sent", "lost", "longest_run")}
    except (rundir.RunDirectoryError, KeyError, TypeError, ValueError) as exc:
        display.warning(f"{path}: not a probe's report, so no packets are counted ({exc})")
        return None
