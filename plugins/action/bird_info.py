# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a node's BIRD over its control socket: one command over the node's connection, no module transfer."""

from __future__ import annotations

import base64
import binascii
import shlex
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.calico import bird
from ..module_utils.checks import common, gate, watch
from ..module_utils.model.data import to_data
from ..module_utils.model.finding import FAIL
from ..module_utils.model.observation import NodeObservation, silent_node
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import WATCH, RunState
from ..plugin_utils.alarm import Alarm, Asker, keep_watch
from ..plugin_utils.waiting import wait

display = Display()

ARGUMENTS = {
    "plan": {"type": "path", "required": True},
    "stage": {"type": "str", "required": True},
    "expect": {
        "type": "str",
        "default": "nothing",
        "choices": ["nothing", "reflectors", "mesh", "no_mesh", "no_reflectors"],
    },
    "timeout": {"type": "float"},
    "phases": {
        "type": "list",
        "elements": "str",
        "choices": ["adopting", "before", "cutting", "watch", "calm", "returned"],
        "default": [],
    },
    "watch": {"type": "bool", "default": False},
    "before": {"type": "str", "default": ""},
    "known_alarm": {"type": "str", "default": ""},
    "socket": {"type": "path", "default": "/var/run/calico/bird.ctl"},
}
#: What is returned of a host that is not asked.
NOTHING = {
    "changed": False,
    "skipped": True,
    "path": "",
    "answered": False,
    "alarm": "",
    "protocols": 0,
    "routes": 0,
}
POLL = 1.0
#: Questions to a node that does not answer, before it counts as silent.
TRIES = 5
#: Seconds for one answer; a connection that hangs would hold up the whole run.
LONGEST = 30.0

# Runs on the node with nothing but Python's own library. BIRD's socket is asked in restricted mode, which
# only reads. The answer travels compressed, as a node of a large cluster has megabytes of routes.
READER = """
import base64, socket, sys, zlib
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
f = s.makefile("rw", encoding="utf-8", errors="replace")
def answer():
    lines = []
    while True:
        line = f.readline()
        if not line:
            raise SystemExit("BIRD closed its socket")
        lines.append(line)
        if line[:4].isdigit() and line[4:5] == " ":
            return "".join(lines)
answer()
out = []
for question in ["restrict"] + sys.argv[2:]:
    f.write(question + "\\n")
    f.flush()
    out.append(answer())
print("BIRD:" + base64.b64encode(zlib.compress("".join(out[1:]).encode())).decode())
"""

CHECKS = {
    "reflectors": (gate.node_sessions, gate.node_routes),
    "mesh": (gate.mesh_back,),
    "no_mesh": (gate.mesh_gone, gate.node_sessions, gate.node_routes),
    "no_reflectors": (gate.sessions_gone, gate.mesh_back),
}


class ActionModule(ActionBase):
    """Writes one observation and returns counts; a node that does not answer is an observation too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        name = str(variables["inventory_hostname"])
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = Path(args["plan"]).parent
        state = rundir.read_state(run)
        if not state.within([WATCH] if args["watch"] else args["phases"]):
            return {**NOTHING, "msg": f"{name} is not asked: the run is in another phase"}
        plan = rundir.read_plan(args["plan"])
        if name not in {n.name for n in plan.nodes}:
            why = plan.left_out.get(name, "no such node in the cluster")
            return {**NOTHING, "msg": f"{name} is not asked: {why}"}
        command = reader_command(variables, args["socket"])

        def say(text: str) -> None:
            display.display(f"    {name}: {text}")

        if args["watch"]:
            seen, missing = self.watch(name, plan, args, state, command, say)
        else:
            # What is waited for depends on changes that check mode does not make.
            given = state.timeout if args["timeout"] is None else args["timeout"]
            patience = 0.0 if self._task.check_mode else given
            seen, missing = self.await_expected(name, plan, args["expect"], patience, command, say)
        path = run / rundir.OBSERVATIONS / args["stage"] / f"node-{name}.json"
        rundir.write(path, to_data(seen))
        return {
            "changed": False,
            "path": str(path),
            "answered": seen.answered,
            "alarm": missing if args["watch"] else "",
            "msg": seen.reason or missing,
            "protocols": len(seen.protocols),
            "routes": len(seen.routes),
        }

    def await_expected(
        self,
        name: str,
        plan: Plan,
        expect: str,
        patience: float,
        command: str,
        say: Callable[[str], None],
    ) -> tuple[NodeObservation, str]:
        """Ask until the node has what is expected, `patience` seconds at the most.

        The last answer, and what is missing.
        """
        seen = silent_node(name, time.time(), "not asked yet")
        asker = Asker(lambda: self.observe(name, command))
        tries = 0

        def look() -> str:
            nonlocal seen, tries
            answer, tries = asker.answer(LONGEST), tries + 1
            seen = answer or silent_node(name, time.time(), f"no answer for {asker.silent:.0f} s")
            gave_up = answer is None or (not seen.answered and tries >= TRIES)
            return "" if gave_up else still_missing(plan, seen, expect)

        missing = wait(patience, POLL, look, say)
        return seen, missing

    def watch(
        self,
        name: str,
        plan: Plan,
        args: dict[str, Any],
        state: RunState,
        command: str,
        say: Callable[[str], None],
    ) -> tuple[NodeObservation, str]:
        """Ask until the watch is over or a loss is seen; the last answer, and what was lost."""
        run = Path(args["plan"]).parent
        before = rundir.read_nodes(run, args["before"])
        asker = Asker(lambda: self.observe(name, command))

        def look() -> str | None:
            answer = asker.answer()
            return lost(plan, answer, before) if answer is not None and answer.answered else None

        alarm = Alarm(run, args["stage"])
        keep_watch(alarm, state.watch_until or 0.0, args["known_alarm"], look, say)
        seen = asker.latest
        if seen is None or asker.silent:
            return silent_node(name, time.time(), f"no answer for {asker.silent:.0f} s"), ""
        return seen, lost(plan, seen, before) if seen.answered else ""

    def observe(self, name: str, command: str) -> NodeObservation:
        """One answer of the node's BIRD, or why there is none."""
        try:
            result = self._low_level_execute_command(command)
        except AnsibleError as exc:
            why = (str(exc).strip().splitlines() or ["no reason given"])[-1]
            kind = "unreachable" if isinstance(exc, AnsibleConnectionFailure) else "not asked"
            return silent_node(name, time.time(), f"{kind}: {why}")
        at = time.time()
        answer = next((line for line in result["stdout"].splitlines() if line.startswith("BIRD:")), None)
        if result["rc"] != 0 or answer is None:
            said = (result["stderr"].strip() or result["stdout"].strip() or "no answer").splitlines()[-1]
            return silent_node(name, at, f"BIRD's socket cannot be read: {said}")
        try:
            return bird.read_node(name, at, zlib.decompress(base64.b64decode(answer[5:])).decode())
        except (bird.BirdTextError, binascii.Error, zlib.error) as exc:
            return silent_node(name, at, f"BIRD's answer is not understood: {exc}")


def reader_command(variables: Mapping[str, Any], socket: str) -> str:
    """The one command that runs on the node."""
    python = str(variables.get("ansible_python_interpreter", ""))
    if not python or python.startswith("auto"):
        python = "python3"
    return " ".join(shlex.quote(word) for word in (python, "-c", READER, socket, *bird.QUESTIONS))


def still_missing(plan: Plan, seen: NodeObservation, expect: str) -> str:
    """What the node lacks of `expect`, in words; "" when nothing."""
    if not seen.answered:
        return seen.reason
    if expect == "nothing":
        return ""
    evidence = gate.Evidence(plan, {seen.node: seen}, {}, {}, seen.at)
    findings = [f for check in CHECKS[expect] for f in check(evidence)]
    if common.passed(findings):
        return ""
    shut = common.blocking(findings)
    return f"waiting for {shut[0].sentence.partition('. ')[0] if shut else 'something to expect'}"


def lost(plan: Plan, seen: NodeObservation, before: Mapping[str, NodeObservation]) -> str:
    """What the node lost since `before`, in words; "" when nothing."""
    alone = replace(plan, nodes=tuple(n for n in plan.nodes if n.name == seen.node))
    evidence = gate.Evidence(alone, {seen.node: seen}, {}, {}, seen.at)
    return next((f.sentence for f in watch.judge(evidence, before) if f.verdict == FAIL), "")
