# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge: plan and observations into findings, and a verdict."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.checks import catalogue, drift, gates
from ..module_utils.checks.evidence import Evidence
from ..module_utils.checks.findings import ACCEPTED, ERROR, WARNING, passed, sentence, verdict
from ..module_utils.model.cluster import cluster_from
from ..module_utils.model.data import to_data
from ..module_utils.model.finding import FAIL, PASS, UNKNOWN, Finding
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import RunState
from ..modules import bgp_validate as documented
from ..plugin_utils.alarm import Alarm
from ..plugin_utils.arguments import arguments

display = Display()

#: Seconds before the end of a watch within which somebody must have answered for the watch to count.
LAST_LOOK = 10.0

ARGUMENTS = arguments(documented.DOCUMENTATION)
#: Where the run is in another phase.
NOTHING = {
    "changed": False,
    "skipped": True,
    "path": "",
    "ok": True,
    "lost": False,
    "verdict": PASS,
    "checks": 0,
    "warned": 0,
    "drift": False,
    "msg": "the run is in another phase",
}


class ActionModule(ActionBase):
    """Writes the findings into the run directory; fails with a sentence where the gate stays shut."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = Path(args["plan"]).parent
        state = rundir.read_state(run)
        if not state.within(args["phases"]):
            return {**NOTHING, "at": time.time(), "phase": state.phase}
        plan = rundir.read_plan(args["plan"])
        findings = weighed(
            gates.judge(args["gate"], evidence(run, plan, args)), args["strict"], args["accept"]
        )
        gate = gates.GATES[args["gate"]]
        pending = (
            self._task.check_mode
            and not gate.looking
            and any(p.outcome == "planned" for p in rundir.read_pushes(run).values())
        )
        if pending:
            findings = tuple(undecided(f) for f in findings)
        name = args["gate"] + ("-{}".format(args["stage"]) if args["stage"] else "")
        path = rundir.write(run / rundir.FINDINGS / (name + ".json"), [to_data(f) for f in findings])
        lost = args["gate"] == "watch" and any(f.verdict == FAIL for f in findings)
        before, state = state, self.after(state, run, args, findings)
        if state != before:
            rundir.write_state(run, state)
        result = {
            "changed": False,
            "path": path,
            "at": time.time(),
            "ok": passed(findings),
            "lost": lost,
            "phase": state.phase,
            "verdict": verdict(findings),
            "checks": len(findings),
            "warned": sum(f.severity == WARNING and f.verdict != PASS for f in findings),
            "drift": gate.looking and any(f.check in drift.IDS and f.verdict == FAIL for f in findings),
            "msg": sentence(findings),
        }
        lenient = gate.lenient or (self._task.check_mode and not gate.looking)
        if not result["ok"] and not lenient:
            result["failed"] = True
        if self._task.check_mode and pending:
            display.display("    not judged: it depends on changes that check mode does not make")
        return result

    def after(
        self, state: RunState, run: Path, args: dict[str, Any], findings: tuple[Finding, ...]
    ) -> RunState:
        """The state of the run once these findings are there."""
        failed = {f.check for f in findings if f.verdict == FAIL}
        if args["gate"] == "watch":
            return state.watched(sentence(findings) if failed else "", self.calm(run, args, state))
        if args["gate"] == "unchanged":
            return replace(state, mesh="cluster.mesh" not in failed)
        return state.judged(args["gate"], verdict(findings), passed(findings))

    @staticmethod
    def calm(run: Path, args: dict[str, Any], state: RunState) -> bool:
        """Whether the round lasted until its end: no alarm, and somebody answered then."""
        stage = args["stage"]
        nodes, routers = rundir.read_nodes(run, stage).values(), rundir.read_routers(run, stage).values()
        answers = [*(n.at for n in nodes if n.answered), *(r.at for r in routers if r.answered)]
        latest = max(answers, default=0.0)
        return not Alarm(run, stage).raised and latest >= (state.watch_until or 0.0) - LAST_LOOK


def evidence(run: Path, plan: Plan, args: dict[str, Any]) -> Evidence:
    """All that the run knows of one stage."""
    planned_on = run / rundir.CLUSTER
    old = cluster_from(rundir.read(planned_on)) if planned_on.exists() else None
    found = Evidence(
        plan,
        rundir.read_nodes(run, args["stage"]),
        rundir.read_routers(run, args["stage"]),
        rundir.read_pushes(run),
        time.time(),
        cluster=cluster_from(rundir.read(Path(args["cluster"]))) if args["cluster"] else old,
        before=rundir.read_nodes(run, args["before"]) if args["before"] else {},
        planned_on=old,
    )
    # Large tables may take minutes to come: answers are to be near each other, nothing follows them.
    return replace(found, now=latest(found)) if args["gate"] == "health" else found


def latest(evidence: Evidence) -> float:
    """When the last answer came; now where none did."""
    nodes, routers = evidence.nodes.values(), evidence.routers.values()
    answers = [*(n.at for n in nodes if n.answered), *(r.at for r in routers if r.answered)]
    return max(answers, default=evidence.now)


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
