# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge: plan and observations into findings, and a verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.checks import catalogue, common, drift, gate, health, watch
from ..module_utils.model.cluster import cluster_from
from ..module_utils.model.data import to_data
from ..module_utils.model.finding import FAIL, PASS, UNKNOWN, Finding
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import RunState
from ..plugin_utils.alarm import Alarm

display = Display()

#: Seconds before the end of a watch within which somebody must have answered for the watch to count.
LAST_LOOK = 10.0

ARGUMENTS = {
    "plan": {"type": "path", "required": True},
    "gate": {
        "type": "str",
        "required": True,
        "choices": [
            "adoption",
            "push",
            "cut",
            "unchanged",
            "watch",
            "after_cut",
            "returned",
            "mesh",
            "after_rollback",
            "health",
        ],
    },
    "stage": {"type": "str", "default": ""},
    "before": {"type": "str", "default": ""},
    "cluster": {"type": "path"},
    "phases": {
        "type": "list",
        "elements": "str",
        "choices": ["adopting", "before", "cutting", "watch", "calm", "returned"],
        "default": [],
    },
    "strict": {"type": "bool", "default": False},
    "accept": {"type": "list", "elements": "str", "default": []},
}
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
#: Gates in front of which nothing was to be changed, in check mode or not.
LOOKING = ("adoption", "health")
#: Gates that are nothing but a set of questions about plan and observations.
GATES: dict[str, Callable[[gate.Evidence], Any]] = {
    "adoption": gate.judge_adoption,
    "push": gate.pushes,
    "cut": gate.judge,
    "after_cut": gate.judge_after_cut,
    "returned": gate.judge_mesh,
    "mesh": gate.judge_mesh,
    "after_rollback": gate.judge_after_rollback,
    "health": health.judge,
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
        findings = weighed(self.judge(run, plan, args), args["strict"], args["accept"])
        looking = args["gate"] in LOOKING
        pending = (
            self._task.check_mode
            and not looking
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
            "ok": common.passed(findings),
            "lost": lost,
            "phase": state.phase,
            "verdict": common.verdict(findings),
            "checks": len(findings),
            "warned": sum(f.severity == common.WARNING and f.verdict != PASS for f in findings),
            "drift": looking and any(f.check in drift.IDS and f.verdict == FAIL for f in findings),
            "msg": common.sentence(findings),
        }
        lenient = args["gate"] == "watch" or (self._task.check_mode and not looking)
        if not result["ok"] and not lenient:
            result["failed"] = True
        if self._task.check_mode and pending:
            display.display("    not judged: it depends on changes that check mode does not make")
        return result

    def judge(self, run: Path, plan: Plan, args: dict[str, Any]) -> tuple[Finding, ...]:
        """The findings of one gate."""
        if args["gate"] == "unchanged":
            old = cluster_from(rundir.read(run / rundir.CLUSTER))
            fresh = watch.unchanged(plan, old, cluster_from(rundir.read(Path(args["cluster"]))))
            return (*fresh, *gate.judge(self.evidence(run, plan, args["stage"])))
        evidence = self.evidence(run, plan, args["stage"])
        if args["gate"] == "watch":
            return watch.judge(evidence, rundir.read_nodes(run, args["before"]))
        if args["gate"] == "health":
            # Large tables may take minutes to come: answers are to be near each other, nothing follows them.
            evidence = replace(evidence, now=latest(evidence))
        return tuple(GATES[args["gate"]](evidence))

    def after(
        self, state: RunState, run: Path, args: dict[str, Any], findings: tuple[Finding, ...]
    ) -> RunState:
        """The state of the run once these findings are there."""
        failed = {f.check for f in findings if f.verdict == FAIL}
        if args["gate"] == "watch":
            return state.watched(common.sentence(findings) if failed else "", self.calm(run, args, state))
        if args["gate"] == "unchanged":
            return replace(state, mesh="cluster.mesh" not in failed)
        return state.judged(args["gate"], common.verdict(findings), common.passed(findings))

    @staticmethod
    def calm(run: Path, args: dict[str, Any], state: RunState) -> bool:
        """Whether the round lasted until its end: no alarm, and somebody answered then."""
        stage = args["stage"]
        nodes, routers = rundir.read_nodes(run, stage).values(), rundir.read_routers(run, stage).values()
        answers = [*(n.at for n in nodes if n.answered), *(r.at for r in routers if r.answered)]
        latest = max(answers, default=0.0)
        return not Alarm(run, stage).raised and latest >= (state.watch_until or 0.0) - LAST_LOOK

    @staticmethod
    def evidence(run: Path, plan: Plan, stage: str) -> gate.Evidence:
        """All that the run knows of one stage."""
        cluster = run / rundir.CLUSTER
        return gate.Evidence(
            plan,
            rundir.read_nodes(run, stage),
            rundir.read_routers(run, stage),
            rundir.read_pushes(run),
            time.time(),
            cluster_from(rundir.read(cluster)) if cluster.exists() else None,
        )


def latest(evidence: gate.Evidence) -> float:
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
    if finding.severity != common.WARNING or finding.verdict == PASS:
        return finding
    if finding.check in accepted:
        return replace(finding, severity=common.ACCEPTED)
    return replace(finding, severity=common.ERROR) if strict else finding


def undecided(finding: Finding) -> Finding:
    """In check mode what did not pass may still come true with the changes that were not made."""
    if finding.verdict != FAIL:
        return finding
    return replace(finding, verdict=UNKNOWN, actual=f"{finding.actual}; depends on changes not made")
