# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one IOS route reflector to what the plan wants.

The difference is pushed under a revert timer, read back and confirmed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.checks.evidence import ESTABLISHED, towards
from ..module_utils.checks.findings import first
from ..module_utils.ios import text
from ..module_utils.ios.change import intent
from ..module_utils.ios.change import plan as change
from ..module_utils.ios.change.ownership import Ownership
from ..module_utils.ios.config import records
from ..module_utils.model.begun import Begun
from ..module_utils.model.family import IPV4
from ..module_utils.model.journal import PUSHED
from ..module_utils.model.observation import NodeObservation, Push
from ..module_utils.model.plan import Plan
from ..module_utils.printable import few, printable
from ..modules import ios_bgp_reflector as documented
from ..plugin_utils import approved, detached, holding, predecessor
from ..plugin_utils.arguments import arguments
from ..plugin_utils.holding import Stopped
from ..plugin_utils.push import Guard, Outcome, Pushing, clear, clears, save
from ..plugin_utils.router import Router, RouterRefused, RouterSilent, observe_sessions

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION, secrets=["password"])
#: Minutes of `configure terminal revert timer`.
LONGEST_TIMER = 120
#: Outcomes of a push behind which the next reflector may be pushed.
GOOD = ("applied", "unchanged", "planned")
#: Outcomes of a push of which nothing is pending.
ENDED = ("applied", "refused", "reverted")
#: The stage at which the plays ask the nodes before a push.
BEFORE_PUSH = "adoption"


class ActionModule(ActionBase):
    """Writes how the push went into the run directory, for the cluster's host to judge; never fails."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self.began = time.time()
        host = str((task_vars or {})["inventory_hostname"])
        _result, args = self.validate_argument_spec(ARGUMENTS)
        plan = rundir.read_plan(args["plan"])
        planned, changed = change.Change(), False
        try:
            want = wanted(plan, host, args)
            check_minutes(args["revert_minutes"])
            other = ""
            if args["state"] == "present":
                other = approved.differing(plan, host, args, task_vars or {}, want) or behind(
                    Path(args["plan"]).parent, host
                )
        except ValueError as exc:
            other = str(exc)
        if other:
            return self.report(host, Path(args["plan"]).parent, planned, Outcome("refused", other), changed)
        router = Router(self._connection)
        lacking = partial(
            change.plan_change, want=want, state=args["state"], process_wide=args["process_wide"]
        )
        try:
            left = predecessor.look(router, Path(args["plan"]).parent, host)
            ended = self.follow(router, left, host, args, lacking)
            have = router.running()
            planned = lacking(have)
            outcome = self.bring(router, host, have, planned, want, args, left.obstacle(), lacking)
        except RouterSilent as exc:
            outcome = Outcome("lost", f"nothing was sent: {exc}")
        except (RouterRefused, text.IosTextError, Stopped) as exc:
            outcome = Outcome("refused", str(exc))
        else:
            changed = ended or outcome.outcome in ("applied", "planned", "partial")
            saved, outcome = self.save(router, args, outcome)
            changed |= saved
        return self.report(host, Path(args["plan"]).parent, planned, outcome, changed)

    def bring(
        self,
        router: Router,
        host: str,
        have: records.RunningConfig,
        planned: change.Change,
        want: intent.ReflectorIntent,
        args: dict[str, Any],
        obstacle: str,
        lacking: Callable[[records.RunningConfig], change.Change],
    ) -> Outcome:
        """Push what is planned, or say why not."""
        if planned.refusals:
            return Outcome("refused", " ".join(planned.refusals))
        if args["state"] == "present":
            stranger = self.stranger(router, host, have, want, args)
            if stranger:
                return Outcome("refused", stranger)
        if not planned.commands:
            return Outcome("unchanged")
        if planned.resets and args["state"] == "present":
            why = reset_refusal(
                planned, rundir.read_plan(args["plan"]), host, allowed=args["allow_session_reset"]
            )
            if why:
                return Outcome("refused", why)
        if obstacle:
            return Outcome("refused", obstacle)
        if self._task.check_mode:
            return Outcome("planned", guarded=have.archive)
        minutes = args["revert_minutes"] if have.archive else 0
        return self.push(router, host, have, planned, lacking, minutes, args)

    def push(
        self,
        router: Router,
        host: str,
        have: records.RunningConfig,
        planned: change.Change,
        lacking: Callable[[records.RunningConfig], change.Change],
        minutes: int,
        args: dict[str, Any],
    ) -> Outcome:
        """Send the lines. It is written down first, so that the next run can end what this one leaves."""
        run = Path(args["plan"]).parent
        me = detached.process(os.getpid())
        lines, soft = len(planned.commands), clears(planned)
        begun = Begun(
            host, args["state"], lines, time.time(), me.pid, me.began, None, soft, self.user(), minutes
        )
        holding.check(run)
        rundir.write_begun(run, begun)
        outcome = Pushing(
            router,
            host,
            have,
            planned,
            lacking,
            Guard(minutes),
            display.display,
            lambda: holding.check(run),
            lambda timer: rundir.write_begun(run, replace(begun, timer=timer)),
        ).run()
        if outcome.outcome == "applied":
            outcome = clear(router, soft, outcome)
        if outcome.outcome in ENDED:
            rundir.end_begun(run, host)
        return outcome

    def user(self) -> str:
        """Who logs in, "" where that is not said to Ansible."""
        with suppress(AttributeError, KeyError):
            return str(self._connection.get_option("remote_user") or "")
        return ""

    def follow(
        self,
        router: Router,
        left: predecessor.Left,
        host: str,
        args: dict[str, Any],
        lacking: Callable[[records.RunningConfig], change.Change],
    ) -> bool:
        """End what an earlier run left pending; whether that changed the router."""
        if left.begun is None or left.obstacle():
            return False
        if self._task.check_mode:
            if left.ours:
                display.display(
                    f"    {host}: what an earlier run sent and did not confirm would be ended first"
                )
            return False
        holding.check(Path(args["plan"]).parent)
        return predecessor.settle(
            router, left, args["state"], lacking, lambda line: display.display(f"    {printable(line)}")
        )

    def stranger(
        self,
        router: Router,
        host: str,
        have: records.RunningConfig,
        want: intent.ReflectorIntent,
        args: dict[str, Any],
    ) -> str:
        """Why a session that is up, and was made by hand, is not that of the client; "" where none is.

        An address names a client because its node says so. Before filters are put on a session that somebody
        else made, the node's own BIRD has to show that it is at the other end.
        """
        by_hand = Ownership(have, want).made_by_hand()
        if not by_hand:
            return ""
        asked = rundir.read_nodes(Path(args["plan"]).parent, BEFORE_PUSH)
        if self._task.check_mode and not asked:
            return ""
        seen = observe_sessions(router, host)
        if not seen.answered:
            return f"which of the sessions made by hand are up is not known: {seen.reason}"
        up = [s.address for s in seen.sessions if s.state == ESTABLISHED]
        plan = rundir.read_plan(args["plan"])
        return strangers(plan, host, set(by_hand).intersection(up), asked)

    def save(self, router: Router, args: dict[str, Any], outcome: Outcome) -> tuple[bool, Outcome]:
        """Save where the startup configuration means something else; whether it did (or would)."""
        if not args["save"] or outcome.outcome not in ("unchanged", "applied"):
            return False, outcome
        try:
            running = router.running()
            if not router.unsaved(running):
                return False, outcome
            if not self._task.check_mode:
                holding.check(Path(args["plan"]).parent)
                save(router, running)
        except (RouterSilent, RouterRefused, text.IosTextError, Stopped) as exc:
            return False, replace(outcome, detail=f"{outcome.detail} It is not saved: {exc}".strip())
        return True, outcome

    def report(
        self, host: str, run: Path, planned: change.Change, outcome: Outcome, changed: bool
    ) -> dict[str, Any]:
        """Write the record and give Ansible its result."""
        withheld = tuple(f"{w.line}: {w.reason}" for w in planned.withheld)
        push_record = Push(
            host,
            outcome.outcome,
            outcome.detail,
            planned.masked,
            withheld,
            planned.adopted,
            outcome.guarded,
            tuple(f"{found.line}: {found.reason}" for found in planned.reasons),
            planned.pending,
            planned.notices,
            planned.resets,
        )
        path = rundir.write_push(run, push_record)
        rundir.note(run, PUSHED, host, text=outcome.detail, began=self.began, verdict=outcome.outcome)
        for line in few(withheld, path):
            display.display(f"    {host}: left alone: {printable(line)}")
        for notice in planned.notices:
            display.display(f"    {host}: note: {printable(notice)}")
        if outcome.outcome in ("applied", "planned") and not outcome.guarded:
            display.display(f"    {host}: no archive on this router, so no revert timer guards the push")
        for said in outcome.said:
            display.display(f"    {host}: the router says: {printable(said)}")
        if outcome.detail:
            display.warning(f"{host}: {outcome.outcome}: {printable(outcome.detail)}")
        result: dict[str, Any] = {
            "changed": changed,
            "outcome": outcome.outcome,
            "msg": printable(outcome.detail),
            "commands": few(planned.masked, path),
            "reasons": few(push_record.reasons, path),
            "withheld": few(withheld, path),
            "notices": few(planned.notices, path),
            "adopted": few(planned.adopted, path),
            "resets": few(planned.resets, path),
            "pending": few(planned.pending, path),
            "guarded": outcome.guarded,
            "said": few(outcome.said, path),
        }
        if planned.commands and self._task.diff:
            result["diff"] = {
                "before": planned.before,
                "after": planned.explained,
                "before_header": host,
                "after_header": host,
            }
        return result


def wanted(plan: Plan, host: str, args: dict[str, Any]) -> intent.ReflectorIntent:
    """What the router shall be; ValueError names an option that cannot be."""
    addresses = ((name, plan.left_out_addresses.get(name, {}).get(IPV4.name, "")) for name in plan.left_out)
    others = [r for r in plan.reflectors if r.host != host and IPV4.name in r.addresses]
    joined = [r for r in others if args.get("interconnect") and r.options.get("interconnect")]
    return intent.intent_for(
        plan.cluster,
        plan.asn,
        plan.sessions_with(host, IPV4.name),
        [prefix for prefix in plan.prefixes if IPV4.holds(prefix.cidr)],
        args,
        spared=tuple(intent.Client(address, name) for name, address in addresses),
        partners=tuple(intent.Client(r.addresses[IPV4.name], r.host) for r in others),
        joined=tuple(intent.Client(r.addresses[IPV4.name], r.host) for r in joined),
    )


def check_minutes(minutes: int) -> None:
    """ValueError where the revert timer of IOS cannot be so long."""
    if not 1 <= minutes <= LONGEST_TIMER:
        raise ValueError(
            f"cisco_rr_revert_minutes {minutes}: the revert timer of IOS takes 1 to {LONGEST_TIMER} minutes"
        )


def strangers(
    plan: Plan, host: str, addresses: Collection[str], asked: Mapping[tuple[str, str], NodeObservation]
) -> str:
    """Which of these addresses, whose sessions are up, are not shown by the node they are said to be of."""
    found = []
    for session in plan.sessions_with(host, IPV4.name):
        if session.node_address not in addresses:
            continue
        seen = asked.get((session.node, session.family))
        own = towards(seen, session.reflector_address) if seen is not None and seen.answered else []
        if not any(protocol.state == ESTABLISHED for protocol in own):
            found.append(f"{session.node_address}, which {session.node} says is its address")
    if not found:
        return ""
    return (
        f"the session with {first(found, '; ')} is up and was made by hand, and the node's BIRD does not "
        "show it: it may be somebody else's neighbour. Correct the address of the node, or see to it that "
        "its BIRD answers"
    )


def reset_refusal(planned: change.Change, plan: Plan, host: str, *, allowed: bool) -> str:
    """Which live sessions the lines would reset, and what to do; "" where they may.

    With the mesh off they carry the routes, and nothing allows it but a drain, which proves that others do.
    """
    if plan.mesh and allowed:
        return ""
    if plan.mesh:
        advice = "set cisco_rr_allow_session_reset to do it all the same"
    elif len(plan.reflectors) > 1:
        advice = (
            f"the mesh is off, so drain it first (drain -e calico_bgp_reflector={host}), and undrain it then"
        )
    else:
        advice = "the mesh is off, so turn it on first (mesh_on), and run site then"
    return f"the lines would reset the sessions with {first(planned.resets, ', ', 3)}; {advice}"


def behind(run: Path, host: str) -> str:
    """The push of this run that went wrong before this one, in words; "" where all went well.

    One reflector is pushed at a time, and what went wrong on one would go wrong on the next.
    """
    for other, pushed in rundir.read_pushes(run).items():
        if other != host and pushed.outcome not in GOOD:
            return f"nothing was sent, as the push to {other} went wrong ({pushed.outcome})"
    return ""
