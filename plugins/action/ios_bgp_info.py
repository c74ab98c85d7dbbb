# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a route reflector; wait until it says what the plan expects, or until something is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import guard, rundir
from ..module_utils.checks.evidence import ESTABLISHED
from ..module_utils.checks.waiting import router_missing
from ..module_utils.checks.watch import router_alarm, router_loss
from ..module_utils.ios.outlets import Inside
from ..module_utils.model.family import IPV4
from ..module_utils.model.journal import ASKED
from ..module_utils.model.observation import RouterObservation, silent_router
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import WATCH
from ..module_utils.printable import printable
from ..modules import ios_bgp_info as documented
from ..plugin_utils import guard_here
from ..plugin_utils.alarm import SPEAK, Alarm, Asker, keep_watch, kept, last_patience
from ..plugin_utils.arguments import arguments
from ..plugin_utils.clock import steady
from ..plugin_utils.node_routes import ask_node_routes
from ..plugin_utils.outlets import ask_outlets
from ..plugin_utils.progress import standing
from ..plugin_utils.router import Depth, Router, observe, observe_sessions
from ..plugin_utils.waiting import wait

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION)
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
#: Seconds between two looks whether a watcher has seen a loss.
LOOK = 0.3


class ActionModule(ActionBase):
    """Writes one observation and returns counts; a router that does not answer is an observation too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        began = time.time()
        host = str((task_vars or {})["inventory_hostname"])
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = rundir.of_plan(args["plan"])
        state = rundir.read_state(run)
        if not state.within([WATCH] if args["watch"] else args["phases"]):
            return {**NOTHING, "msg": f"{host} is not asked: the run is in another phase"}
        if args["renew"] is not None and stands(run, args["stage"], host, args["renew"]):
            return {**NOTHING, "msg": f"{host} is not asked: what it said stands"}
        plan = rundir.read_plan(args["plan"])
        router = Router(self._connection)

        def say(text: str) -> None:
            display.display(standing(host, host, text))

        guards = list(guard_here.armed(run.parent)) if guard.CONTROLLER in state.guard else []

        def hear() -> None:
            for each in guards:
                guard_here.hear(each)

        if args["watch"]:
            asker = Asker(lambda: observe_sessions(router, host))
            told = [""]

            def look() -> str | None:
                hear()
                answer = asker.answer()
                if answer is None or not answer.answered:
                    return None
                alarm, gone = router_alarm(plan, answer), router_loss(plan, answer)
                if gone and not alarm and gone != told[-1]:
                    say(f"{gone}; the nodes have another reflector, so the watch goes on")
                    told.append(gone)
                return alarm

            alarm = Alarm(run, args["stage"])
            keep_watch(alarm, state.watch_ends or 0.0, args["known_alarm"], look, say)
            seen = latest(asker, host)
            missing = router_alarm(plan, seen)
        else:
            depth = wanted(plan, host, args) if args["details"] else None
            # What is waited for depends on changes that check mode does not make.
            given = state.timeout if args["timeout"] is None else args["timeout"]
            patience = 0.0 if self._task.check_mode else given
            inside = insiders(plan, host, before_push=args["node_routes"])
            if args["heed"]:
                asker = Asker(lambda: observe(router, host, depth, inside))
                seen = heedful(asker, host, Alarm(run, args["stage"]), last_patience(plan), say, hear)
                missing = ""
            else:
                missing, seen = await_sessions(router, host, plan, patience, inside, depth)
            if args["node_routes"] and seen.answered:
                seen = with_node_routes(router, host, plan, seen)
            if args["advertised"] and seen.answered:
                seen = with_advertised(router, host, plan, seen)

        def write() -> str:
            return rundir.write_router(run, args["stage"], seen)

        path = kept(write, say) if args["watch"] or args["heed"] else write()
        established = sum(s.state == ESTABLISHED for s in seen.sessions)
        said = f"{established} sessions established" if seen.answered else seen.reason
        rundir.note(run, ASKED, args["stage"], text=f"{host}: {said}", began=began)
        return {
            "changed": False,
            "path": path,
            "answered": seen.answered,
            "msg": seen.reason,
            "alarm": printable(missing) if seen.answered else "",
            "established": established,
            "sessions": len(plan.sessions_with(host)),
        }


def stands(run: Path, stage: str, host: str, seconds: float) -> bool:
    """Whether there is an observation of the router at `stage` that is no older, or of its silence."""
    seen = rundir.read_routers(run, stage).get(host)
    return seen is not None and (not seen.answered or time.time() - seen.at <= seconds)


def wanted(plan: Plan, host: str, args: dict[str, Any]) -> Depth:
    """How the router is asked for details of what the plan wants of it."""
    return Depth(
        args["interval"],
        args["cluster_id"],
        tuple(prefix.cidr for prefix in plan.prefixes),
        tuple(session.node_address for session in plan.sessions_with(host)),
    )


def insiders(plan: Plan, host: str, *, before_push: bool) -> Inside:
    """Who may know the planned prefixes; `before_push` counts on what the push is going to set."""
    reflector = plan.reflector(host)
    options = reflector.options if reflector else {}
    others = [a for addresses in plan.left_out_addresses.values() for a in addresses.values()]
    others += [a for each in plan.reflectors for a in each.addresses.values()]
    return Inside(
        plan.prefixes,
        tuple(session.node_address for session in plan.sessions_with(host, IPV4.name)),
        tuple(others),
        plan.cluster,
        str(options.get("peer_group") or ""),
        before_push and bool(options.get("no_export")),
    )


def with_advertised(router: Router, host: str, plan: Plan, seen: RouterObservation) -> RouterObservation:
    """The observation with what its neighbours are sent; as fresh as the last answer."""
    found = ask_outlets(router, plan, host, seen.outlets, seen.sessions)
    return replace(seen, at=seen.at if any(o.untold for o in found) else time.time(), outlets=found)


def with_node_routes(router: Router, host: str, plan: Plan, seen: RouterObservation) -> RouterObservation:
    """The observation with the router's routes to the nodes; as fresh as the last answer."""
    addresses = [session.node_address for session in plan.sessions_with(host, IPV4.name)]
    routes = ask_node_routes(router, addresses)
    return replace(seen, at=seen.at if routes.unread else time.time(), node_routes=routes)


def await_sessions(
    router: Router, host: str, plan: Plan, timeout: float, inside: Inside, depth: Depth | None = None
) -> tuple[str, RouterObservation]:
    """Wait until every planned session is proved, `timeout` seconds at the most; then observe all once."""
    missing = wait(
        timeout,
        POLL,
        lambda: router_missing(plan, observe_sessions(router, host)) if timeout else "",
        lambda text: display.display(standing(host, host, text)),
    )
    seen = observe(router, host, depth, inside)
    return missing or router_missing(plan, seen), seen


def heedful(
    asker: Asker[RouterObservation],
    host: str,
    alarm: Alarm,
    patience: float,
    say: Callable[[str], None],
    hear: Callable[[], None],
) -> RouterObservation:
    """The first answer within `patience` seconds; nobody waits for one once a watcher has seen a loss.

    One that does not answer is asked on: its nodes are watched until then, and miss it where it is gone.
    """
    end, spoken = steady() + patience, steady()
    while True:
        hear()
        seen = asker.answer(LOOK)
        if seen is not None and seen.answered:
            return seen
        why = seen.reason if seen is not None else asker.silence
        if alarm.raised or steady() >= end:
            return silent_router(host, time.time(), why)
        if steady() - spoken >= SPEAK:
            say(f"{why} ({end - steady():.0f} s left)")
            spoken = steady()
        time.sleep(LOOK)


def latest(asker: Asker[RouterObservation], host: str) -> RouterObservation:
    """The last answer, or that there is none."""
    if asker.latest is None or asker.silence:
        return silent_router(host, time.time(), asker.silence)
    return asker.latest
