# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge: plan and observations into findings, and a verdict."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.checks import catalogue, drift, gates
from ..module_utils.checks.evidence import Evidence, Nodes
from ..module_utils.checks.findings import (
    ACCEPTED,
    ERROR,
    WARNING,
    blocking,
    first,
    passed,
    sentence,
    verdict,
)
from ..module_utils.model.cluster import cluster_from
from ..module_utils.model.data import to_data
from ..module_utils.model.finding import FAIL, PASS, UNKNOWN, Finding
from ..module_utils.model.observation import RouterObservation
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import RunState
from ..modules import bgp_validate as documented
from ..plugin_utils.alarm import Alarm
from ..plugin_utils.arguments import arguments
from ..plugin_utils.clock import steady

display = Display()

#: Checks that name a reflector which the cluster does without.
SPARED = ("reflectors.lost", "reflectors.drained")
#: Seconds before the end of a watch within which somebody must have answered for the watch to count.
LAST_LOOK = 10.0

ARGUMENTS = arguments(documented.DOCUMENTATION)
#: Where the run is in another phase. Nothing was asked, so nothing is proved.
NOTHING = {
    "changed": False,
    "skipped": True,
    "path": "",
    "ok": False,
    "lost": False,
    "verdict": UNKNOWN,
    "checks": 0,
    "warned": 0,
    "drift": False,
    "msg": "not asked: the run is in another phase",
}


class ActionModule(ActionBase):
    """Writes the findings into the run directory; fails with a sentence where the gate stays shut."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = rundir.of_plan(args["plan"])
        state, gate = rundir.read_state(run), gates.GATES[args["gate"]]
        if not state.within(gate.phases):
            return {**NOTHING, "at": time.time(), "phase": state.phase}
        plan = rundir.read_plan(args["plan"])
        looked = evidence(run, plan, args)
        judged = weighed(gates.judge(args["gate"], looked), args["strict"], args["accept"])
        pushes = rundir.read_pushes(run).values()
        pending = self._task.check_mode and not gate.looking and any(p.outcome == "planned" for p in pushes)
        findings = tuple(undecided(f) for f in judged) if pending else judged
        # A watcher whose disk is full could not write down what it saw.
        alarm = Alarm(run, args["stage"]) if gate.watching else None
        unwritten = alarm.unwritten if alarm else ""
        after = self.after(state, run, args, judged if args["gate"] == "unchanged" else findings, unwritten)
        # What is said of the mesh is what was read last.
        if args["cluster"] and looked.cluster and state.cut_at is None:
            after = replace(after, mesh=looked.cluster.mesh)
        result = {
            "changed": False,
            "path": self.keep(run, args, findings, state, after),
            "at": time.time(),
            "ok": passed(findings),
            "lost": gate.watching and (any(f.verdict == FAIL for f in blocking(findings)) or bool(unwritten)),
            "phase": after.phase,
            "verdict": verdict(findings),
            "checks": len(findings),
            "warned": sum(f.severity == WARNING and f.verdict != PASS for f in findings),
            "drift": gate.looking and any(f.check in drift.IDS and f.verdict == FAIL for f in findings),
            "msg": unwritten or sentence(findings),
        }
        if alarm:
            alarm.stop()
        lenient = gate.watching or (self._task.check_mode and not gate.looking)
        if not result["ok"] and not lenient:
            result["failed"] = True
        if pending:
            display.display("    not judged: it depends on changes that check mode does not make")
        return result

    @staticmethod
    def keep(
        run: Path, args: dict[str, Any], findings: Sequence[Finding], before: RunState, after: RunState
    ) -> str:
        """Write findings and state; returns the path of the findings, "" where a watch cannot write.

        In a watch a full disk must not stand in front of the return.
        """
        name = args["gate"] + ("-{}".format(rundir.named(args["stage"])) if args["stage"] else "")
        try:
            if after != before:
                rundir.write_state(run, after)
            return rundir.write(run / rundir.FINDINGS / (name + ".json"), [to_data(f) for f in findings])
        except OSError as exc:
            if not gates.GATES[args["gate"]].watching:
                raise AnsibleError(f"{run}: the run cannot keep its files there ({exc.strerror})") from exc
            display.warning(f"{run}: the run cannot keep its files there ({exc.strerror}); it goes on")
            return ""

    def after(
        self, state: RunState, run: Path, args: dict[str, Any], findings: tuple[Finding, ...], unwritten: str
    ) -> RunState:
        """The state of the run once these findings are there; `unwritten` is a loss that no file has."""
        failed = {f.check for f in blocking(findings) if f.verdict == FAIL}
        if gates.GATES[args["gate"]].watching:
            if state.cut_at is None:
                return state  # Nobody watches yet.
            loss = unwritten or (sentence(findings) if failed else "")
            return state.watched(loss, self.calm(run, args, state))
        if args["gate"] == "unchanged":
            return replace(state, proof_until=proof_until(run, args) if passed(findings) else None)
        spared = [f.sentence for f in findings if f.check in SPARED and f.verdict == FAIL]
        return state.judged(args["gate"], verdict(findings), passed(findings), first(spared, "; "))

    @staticmethod
    def calm(run: Path, args: dict[str, Any], state: RunState) -> bool:
        """Whether the round lasted until its end: no alarm, and somebody answered then."""
        stage = args["stage"]
        last = latest(rundir.read_nodes(run, stage), rundir.read_routers(run, stage), 0.0)
        over = steady() - (state.watch_ends or 0.0)
        return not Alarm(run, stage).raised and time.time() - last <= over + LAST_LOOK


def evidence(run: Path, plan: Plan, args: dict[str, Any]) -> Evidence:
    """All that the run knows of one stage."""
    planned_on, stage, now = run / rundir.CLUSTER, args["stage"], time.time()
    old = cluster_from(rundir.read(planned_on)) if planned_on.exists() else None
    again = cluster_from(rundir.read(Path(args["cluster"]))) if args["cluster"] else None
    nodes, routers = rundir.read_nodes(run, stage), rundir.read_routers(run, stage)
    return Evidence(
        plan,
        nodes,
        routers,
        rundir.read_pushes(run),
        # Large tables may take minutes to come: answers are to be near each other, nothing follows them.
        latest(nodes, routers, now) if args["gate"] == "health" else now,
        cluster=again if gates.GATES[args["gate"]].anew else again or old,
        before=rundir.read_nodes(run, args["before"]) if args["before"] else {},
        planned_on=old,
        draining=args["reflector"],
        steering=rundir.read_steering(run, stage) if stage and gates.GATES[args["gate"]].watching else None,
        earlier=rundir.last_decisive(run) if args["gate"] == "health" else None,
        guards=rundir.read_guards(run),
    )


def latest(nodes: Nodes, routers: Mapping[str, RouterObservation], none: float) -> float:
    """When the last answer came; `none` where there is none."""
    answers = [*(n.at for n in nodes.values() if n.answered), *(r.at for r in routers.values() if r.answered)]
    return max(answers, default=none)


def proof_until(run: Path, args: Mapping[str, Any]) -> float:
    """When the oldest of the answers that were judged is too old, on the steady clock."""
    stage = args["stage"]
    nodes, routers = rundir.read_nodes(run, stage).values(), rundir.read_routers(run, stage).values()
    answers = [*(n.at for n in nodes if n.answered), *(r.at for r in routers if r.answered)]
    oldest = min(answers, default=0.0)
    fresh = rundir.read_plan(args["plan"]).thresholds.fresh
    return steady() + fresh - (time.time() - oldest)


def weighed(findings: Iterable[Finding], strict: bool, accept: Iterable[str]) -> tuple[Finding, ...]:
    """Warnings of the checks in `accept` are accepted; where it is to be `strict`, the others are errors."""
    accepted = set(accept)
    strange = sorted(accepted - {contract.check for contract in catalogue.contracts() if contract.warns})
    if strange:
        raise AnsibleError(
            f"accept: {', '.join(strange)} is no check that warns; docs/checks.md lists those that do"
        )
    return tuple(_weighed(finding, strict, accepted) for finding in findings)


def _weighed(finding: Finding, strict: bool, accepted: set[str]) -> Finding:
    if finding.severity != WARNING or finding.verdict == PASS:
        return finding
    if finding.check in accepted:
        return replace(finding, severity=ACCEPTED)
    return replace(finding, severity=ERROR) if strict else finding


def undecided(finding: Finding) -> Finding:
    """In check mode what did not pass may still come true with the changes that were not made."""
    if finding.verdict != FAIL:
        return finding
    return replace(finding, verdict=UNKNOWN, actual=f"{finding.actual}; depends on changes not made")
