# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a run, or record what happened to the mesh: its directory and its state on the controller."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils import rundir
from ..module_utils.model.journal import STARTED
from ..module_utils.model.state import EXEC, SSH, RunState, seconds
from ..modules import bgp_run as documented
from ..plugin_utils.arguments import arguments
from ..plugin_utils.versions import surroundings

ARGUMENTS = arguments(documented.DOCUMENTATION)
#: Seconds to wait for the sessions where nobody says how long.
TIMEOUT = 120.0


class ActionModule(ActionBase):
    """Bookkeeping: never changed. Check mode starts a run too, and records no event, as nothing happens."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        if args["plan"]:
            run = rundir.of_plan(args["plan"])
            state = rundir.read_state(run)
            if args["event"] and not self._task.check_mode:
                state = happened(state, args["event"], args["plan"])
                rundir.write_state(run, state)
                rundir.note(run, args["event"])
        else:
            run, state = start(args, (task_vars or {}).get("groups", {}))
            rundir.note(run, STARTED, details=surroundings(task_vars or {}))
        return {
            "changed": False,
            "directory": str(run),
            "phase": state.phase,
            "cut": state.cut_at is not None,
        }


def start(args: dict[str, Any], groups: Mapping[str, Sequence[str]]) -> tuple[Path, RunState]:
    """A new run: its directory and its state. Nodes that the inventory has no way to are asked by exec."""
    if not args["cluster"]:
        raise AnsibleError("give cluster to start a run, or plan to record what happened in one")
    try:
        timeout = seconds("calico_bgp_timeout", args["timeout"])
        soak = seconds("calico_bgp_soak", args["soak"])
    except ValueError as exc:
        raise AnsibleError(str(exc)) from None
    run = rundir.create(args["directory"], args["cluster"])
    state = RunState(
        started=time.time(),
        timeout=TIMEOUT if timeout is None else timeout,
        soak=soak,
        ask=args["ask"] or (SSH if groups.get("calico_nodes") else EXEC),
    )
    rundir.write_state(run, state)
    return run, state


def happened(state: RunState, event: str, plan: str) -> RunState:
    """The state after an event that happened now."""
    if event == "cutting":
        return state.cutting(time.time())
    if event == "cut":
        return state.cut(time.time(), rundir.read_plan(plan).soak)
    return state.mesh_on()
