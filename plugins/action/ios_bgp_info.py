# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a route reflector; wait until it says what the plan expects, or until something is lost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.checks import common, gate
from ..module_utils.model.data import to_data
from ..module_utils.model.observation import RouterObservation, silent_router
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import WATCH
from ..plugin_utils.alarm import Alarm, Asker, keep_watch
from ..plugin_utils.router import Depth, Router, observe, observe_sessions
from ..plugin_utils.waiting import wait

display = Display()

ARGUMENTS = {
    "plan": {"type": "path", "required": True},
    "stage": {"type": "str", "required": True},
    "timeout": {"type": "float"},
    "phases": {
        "type": "list",
        "elements": "str",
        "choices": ["adopting", "before", "cutting", "watch", "calm", "returned"],
        "default": [],
    },
    "watch": {"type": "bool", "default": False},
    "known_alarm": {"type": "str", "default": ""},
    "details": {"type": "bool", "default": False},
    "interval": {"type": "float", "default": 5},
    "cluster_id": {"type": "str", "default": ""},
}
#: Where the run is in another phase.
NOTHING = {
    "changed": False,
    "skipped": True,
    "path": "",
    "answered": False,
    "alarm": "",
    "established": 0,
    "sessions": 0,
}
POLL = 1.0


class ActionModule(ActionBase):
    """Writes one observation and returns counts; a router that does not answer is an observation too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        host = str((task_vars or {})["inventory_hostname"])
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = Path(args["plan"]).parent
        state = rundir.read_state(run)
        if not state.within([WATCH] if args["watch"] else args["phases"]):
            return {**NOTHING, "msg": f"{host} is not asked: the run is in another phase"}
        plan = rundir.read_plan(args["plan"])
        router = Router(self._connection)

        def say(text: str) -> None:
            display.display(f"    {host}: {text}")

        if args["watch"]:
            asker = Asker(lambda: observe_sessions(router, host))

            def look() -> str | None:
                answer = asker.answer()
                return lost(answer, plan) if answer is not None and answer.answered else None

            alarm = Alarm(run, args["stage"])
            keep_watch(alarm, state.watch_until or 0.0, args["known_alarm"], look, say)
            seen = latest(asker, host)
            missing = lost(seen, plan)
        else:
            depth = Depth(args["interval"], args["cluster_id"]) if args["details"] else None
            # What is waited for depends on changes that check mode does not make.
            given = state.timeout if args["timeout"] is None else args["timeout"]
            patience = 0.0 if self._task.check_mode else given
            missing, seen = await_sessions(router, host, plan, patience, depth)
        path = run / rundir.OBSERVATIONS / args["stage"] / f"router-{host}.json"
        rundir.write(path, to_data(seen))
        established = sum(s.state == "Established" for s in seen.sessions)
        return {
            "changed": False,
            "path": str(path),
            "answered": seen.answered,
            "msg": seen.reason,
            "alarm": missing if seen.answered else "",
            "established": established,
            "sessions": len(plan.nodes),
        }


def await_sessions(
    router: Router, host: str, plan: Plan, timeout: float, depth: Depth | None = None
) -> tuple[str, RouterObservation]:
    """Wait until every planned session is proved, `timeout` seconds at the most; then observe all once."""
    missing = wait(
        timeout,
        POLL,
        lambda: still_missing(observe_sessions(router, host), plan) if timeout else "",
        lambda text: display.display(f"    {host}: {text}"),
    )
    seen = observe(router, host, depth)
    return missing or still_missing(seen, plan), seen


def still_missing(seen: RouterObservation, plan: Plan) -> str:
    """Which sessions are not proved yet, in words; "" when all are."""
    if not seen.answered:
        return f"no answer ({seen.reason})"
    evidence = gate.Evidence(plan, {}, {seen.host: seen}, {}, seen.at)
    found = [*gate.router_sessions(evidence), *gate.router_prefixes(evidence)]
    if common.passed(found):
        return ""
    rows = {s.address: s for s in seen.sessions}
    up = [n for n in plan.nodes if n.address in rows and rows[n.address].state == "Established"]
    silent = [n.address for n in plan.nodes if n not in up]
    young = any(f.check == "router.session" for f in common.blocking(found))
    waiting = "; waiting for their hold time" if young else "; waiting for prefixes"
    tail = "; {} silent".format(", ".join(silent[:3])) if silent else waiting
    more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
    return f"{len(up)} of {len(plan.nodes)} sessions Established{tail}{more}"


def latest(asker: Asker[RouterObservation], host: str) -> RouterObservation:
    """The last answer, or that there is none."""
    if asker.latest is None or asker.silent:
        return silent_router(host, time.time(), f"no answer for {asker.silent:.0f} s")
    return asker.latest


def lost(seen: RouterObservation, plan: Plan) -> str:
    """What a reflector no longer has, in words; "" when nothing is lost."""
    if not seen.answered:
        return f"no answer ({seen.reason})"
    rows = {s.address: s for s in seen.sessions}
    gone = [n for n in plan.nodes if n.address not in rows or rows[n.address].state != "Established"]
    return ", ".join(f"{n.name} ({n.address}) is {gate.session_text(rows.get(n.address))}" for n in gone[:3])
