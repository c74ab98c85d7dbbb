# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the BIRDs of all nodes over the Kubernetes API: one task, however many nodes there are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.model.journal import ASKED
from ..module_utils.model.observation import NodeObservation
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import EXEC, WATCH, RunState
from ..module_utils.printable import printable
from ..modules import bird_exec_info as documented
from ..plugin_utils import kube_way
from ..plugin_utils.alarm import Alarm, kept, last_look, last_patience
from ..plugin_utils.arguments import arguments
from ..plugin_utils.bird_ask import FAMILY, silent
from ..plugin_utils.clock import steady
from ..plugin_utils.crowd import Crowd, Keep, Say, Seen, Watch, await_all, room_for, watch_all
from ..plugin_utils.kube_exec import ExecError, connected
from ..plugin_utils.kube_way import WayError
from ..plugin_utils.progress import standing
from ..plugin_utils.steering import SteeringWatch

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION)
#: What is returned where nobody is asked.
NOTHING = {"changed": False, "skipped": True, "nodes": 0, "answered": 0, "alarms": []}
#: Alarms that are returned: one that is not known rings again, which is only loud.
MOST_ALARMS = 50


class ActionModule(ActionBase):
    """Writes an observation of each node and returns counts; silence is an observation too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = rundir.of_plan(args["plan"])
        state = rundir.read_state(run)
        if state.ask != EXEC and not args["watch"]:
            return {**NOTHING, "msg": "the nodes of this run are asked by SSH"}
        if not state.within([WATCH] if args["watch"] and not last_look(args) else args["phases"]):
            return {**NOTHING, "msg": "the nodes are not asked: the run is in another phase"}
        plan, began = rundir.read_plan(args["plan"]), time.time()
        seen = asked(plan, run, state, args, check_mode=self._task.check_mode)
        wanting = [f"{name}: {e.reason or e.text}" for name, e in seen.items() if e.text or not e.answered]
        more = f" (and {len(wanting) - 1} more)" if len(wanting) > 1 else ""
        answered = f"{sum(each.answered for each in seen.values())} of {len(seen)} nodes answered"
        rundir.note(run, ASKED, args["stage"], text=answered, began=began)
        lost = [printable(each.text) for each in seen.values() if each.text and each.answered]
        return {
            "changed": False,
            "nodes": len(seen),
            "answered": sum(each.answered for each in seen.values()),
            "msg": printable(wanting[0]) + more if wanting else "",
            "alarms": lost[:MOST_ALARMS] if args["watch"] else [],
        }


def asked(
    plan: Plan, run: Path, state: RunState, args: Mapping[str, Any], *, check_mode: bool
) -> dict[str, Seen]:
    """Ask every node of the plan and write what it said; where the API cannot be reached, each is silent."""

    def say(text: str) -> None:
        display.display(standing(plan.cluster, "", text))

    def keep(observation: NodeObservation) -> None:
        def write() -> str:
            return rundir.write_node(run, args["stage"], observation)

        if args["watch"]:
            kept(write, say)
        else:
            write()

    try:
        room_for(len(plan.nodes))
        return asyncio.run(_asked(plan, run, state, args, check_mode=check_mode, keep=keep, say=say))
    except (
        Exception
    ) as exc:  # a kubeconfig or a login that does not work: nobody is proved, and the gate says why
        why = str(exc) if isinstance(exc, (ExecError, WayError)) else f"{type(exc).__name__}: {exc}"
        if state.ask != EXEC:
            say(f"BGPPeers and BGPFilters are not watched: {why}; the nodes are")
            return {}
        everybody = [silent(node.name, f"the Kubernetes API cannot be asked: {why}") for node in plan.nodes]
        for each in everybody:
            keep(each)
        return {each.node: Seen(each.at, False, each.reason, "") for each in everybody}


async def _asked(
    plan: Plan,
    run: Path,
    state: RunState,
    args: Mapping[str, Any],
    *,
    check_mode: bool,
    keep: Keep,
    say: Say,
) -> dict[str, Seen]:
    access = {name: args[name] for name in ("kubeconfig", "context") if args[name]}
    # Those that are asked by SSH have watchers of their own.
    nodes = [node.name for node in plan.nodes] if state.ask == EXEC else []
    socket = args["socket"] or FAMILY.socket
    way = kube_way.kept(run, access) if args["watch"] else None
    async with connected(access) as api:
        crowd = Crowd(api, plan.namespace, socket, parallel=max(args["parallel"], 1), keep=args["watch"])
        try:
            if way is not None:
                alarm = Alarm(run, args["stage"])
                before = rundir.read_nodes(run, args["before"])
                watch = Watch(crowd, plan, before, alarm, args["known_alarms"], args["expect"])
                last = last_look(args)

                def enough() -> bool:
                    done = last and not any(watch.missing.values())
                    return done and rundir.routers_asked(run, args["stage"], plan)

                until = steady() + last_patience(plan) if last else state.watch_ends or 0.0
                objects = SteeringWatch(way, plan, args["known_alarms"])
                following = asyncio.create_task(objects.follow(alarm.sound, say))
                try:
                    return await watch_all(crowd, watch, alarm, nodes, until, keep, say, enough)
                finally:
                    following.cancel()
                    if objects.seen is not None:
                        seen = objects.seen
                        kept(lambda: rundir.write_steering(run, args["stage"], seen), say)
            # What is waited for depends on changes that check mode does not make.
            given = state.timeout if args["timeout"] is None else args["timeout"]
            patience = 0.0 if check_mode else given
            return await await_all(crowd, plan, nodes, args["expect"], patience, keep, say)
        finally:
            await crowd.close()
