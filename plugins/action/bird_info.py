# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a node's BIRD over its control socket: one command over the node's connection, no module transfer."""

from __future__ import annotations

import base64
import shlex
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.calico import bird
from ..module_utils.checks.waiting import node_missing
from ..module_utils.checks.watch import node_loss
from ..module_utils.model.observation import NodeObservation
from ..module_utils.model.plan import Plan
from ..module_utils.model.state import EXEC, WATCH, RunState
from ..module_utils.printable import printable
from ..modules import bird_info as documented
from ..plugin_utils.alarm import Alarm, Asker, keep_watch, kept, last_look, last_patience
from ..plugin_utils.arguments import arguments
from ..plugin_utils.bird_ask import FAMILY, MOST, POLL, SECONDS, TRIES, silent
from ..plugin_utils.clock import steady
from ..plugin_utils.guard_pulse import Pulse
from ..plugin_utils.progress import standing
from ..plugin_utils.waiting import wait

display = Display()

#: Looks without an answer after which the last look waits for a node no more.
MUTE = 5

ARGUMENTS = arguments(documented.DOCUMENTATION)
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
#: Seconds for one answer; a connection that hangs would hold up the whole run.
LONGEST = 30.0

# Runs on the node with nothing but Python's own library. BIRD's socket is asked in restricted mode, which
# only reads. The answer travels compressed, as a node of a large cluster has megabytes of routes. Whoever
# answers in BIRD's place has no more bytes and seconds than BIRD.
READER = f"""
import base64, socket, sys, time, zlib
left, end = {MOST}, time.monotonic() + {SECONDS}
s = socket.socket(socket.AF_UNIX)
def more():
    global left
    s.settimeout(max(end - time.monotonic(), 0.001))
    try:
        got = s.recv(65536)
    except socket.timeout:
        raise SystemExit("BIRD did not answer within {SECONDS} seconds")
    left -= len(got)
    if not got:
        raise SystemExit("BIRD closed its socket")
    if left < 0:
        raise SystemExit("BIRD's answer has more than {MOST} bytes")
    return got
def answer():
    lines, rest = [], bytearray()
    while True:
        got = more()
        rest += got
        if b"\\n" in got:
            *whole, rest = rest.split(b"\\n")
            lines += whole
            if any(line[:4].isdigit() and line[4:5] == b" " for line in whole):
                return b"\\n".join(lines) + b"\\n"
s.settimeout({SECONDS})
s.connect(sys.argv[1])
answer()
out = []
for question in ["restrict"] + sys.argv[2:]:
    s.sendall(question.encode() + b"\\n")
    out.append(answer())
print("BIRD:" + base64.b64encode(zlib.compress(b"".join(out[1:]))).decode())
"""


class ActionModule(ActionBase):
    """Writes one observation and returns counts; a node that does not answer is an observation too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        name = str(variables["inventory_hostname"])
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = rundir.of_plan(args["plan"])
        state = rundir.read_state(run)
        if state.ask == EXEC:
            return {**NOTHING, "msg": f"{name} is not asked: this run asks the nodes over the Kubernetes API"}
        if not state.within([WATCH] if args["watch"] and not last_look(args) else args["phases"]):
            return {**NOTHING, "msg": f"{name} is not asked: the run is in another phase"}
        plan = rundir.read_plan(args["plan"])
        if name not in {n.name for n in plan.nodes}:
            why = plan.left_out.get(name, "no such node in the cluster")
            return {**NOTHING, "msg": f"{name} is not asked: {why}"}
        command = reader_command(variables, args["socket"] or FAMILY.socket)
        pulse = Pulse(run, state, plan.cluster, name, self._low_level_execute_command)

        def observe() -> NodeObservation:
            pulse.beat()
            return self.observe(name, command)

        def say(text: str) -> None:
            told = f" (the guard was not told: {pulse.trouble})" if pulse.trouble else ""
            display.display(standing(name, name, text + told))

        if args["watch"]:
            seen, missing = self.watch(name, plan, args, state, observe, say)
        else:
            # What is waited for depends on changes that check mode does not make.
            given = state.timeout if args["timeout"] is None else args["timeout"]
            patience = 0.0 if self._task.check_mode else given
            seen, missing = self.await_expected(name, plan, args["expect"], patience, observe, say)

        def write() -> str:
            return rundir.write_node(run, args["stage"], seen)

        return {
            "changed": False,
            "path": kept(write, say) if args["watch"] else write(),
            "answered": seen.answered,
            "alarm": printable(missing) if args["watch"] else "",
            "msg": seen.reason or printable(missing),
            "protocols": len(seen.protocols),
            "routes": len(seen.routes),
        }

    def await_expected(
        self,
        name: str,
        plan: Plan,
        expect: str,
        patience: float,
        observe: Callable[[], NodeObservation],
        say: Callable[[str], None],
    ) -> tuple[NodeObservation, str]:
        """Ask until the node has what is expected, `patience` seconds at the most.

        The last answer, and what is missing.
        """
        seen = silent(name, "not asked yet")
        asker = Asker(observe)
        tries = 0

        def look() -> str:
            nonlocal seen, tries
            answer, tries = asker.answer(LONGEST), tries + 1
            seen = answer or silent(name, asker.silence)
            gave_up = answer is None or (not seen.answered and tries >= TRIES)
            return "" if gave_up else node_missing(plan, seen, expect)

        missing = wait(patience, POLL, look, say)
        return seen, missing

    def watch(
        self,
        name: str,
        plan: Plan,
        args: dict[str, Any],
        state: RunState,
        observe: Callable[[], NodeObservation],
        say: Callable[[str], None],
    ) -> tuple[NodeObservation, str]:
        """Ask until the watch is over or a loss is seen; the last answer, and what was lost.

        The last look is one that is over when nothing is missing, and every reflector has been asked.
        """
        run = rundir.of_plan(args["plan"])
        own = rundir.read_node(run, args["before"], name, FAMILY.name)
        before = {} if own is None else {(own.node, own.family): own}
        asker = Asker(observe)
        last = last_look(args)
        missing, mute = "no answer", 0

        def look() -> str | None:
            nonlocal missing, mute
            answer = asker.answer()
            mute += 1
            if answer is None or not answer.answered:
                missing = asker.silence or "no answer"
                return None
            mute = 0
            missing = node_missing(plan, answer, args["expect"])
            return node_loss(plan, answer, before)

        def enough() -> bool:
            # What the others said gets old while one is waited for that does not answer.
            return last and (not missing or mute >= MUTE) and rundir.routers_asked(run, args["stage"], plan)

        until = steady() + last_patience(plan) if last else state.watch_ends or 0.0
        keep_watch(Alarm(run, args["stage"]), until, args["known_alarm"], look, say, enough)
        seen = asker.latest
        if seen is None or asker.silence:
            return silent(name, asker.silence), ""
        return seen, node_loss(plan, seen, before)

    def observe(self, name: str, command: str) -> NodeObservation:
        """One answer of the node's BIRD, or why there is none."""
        try:
            result = self._low_level_execute_command(command)
        except AnsibleError as exc:
            why = (str(exc).strip().splitlines() or ["no reason given"])[-1]
            kind = "unreachable" if isinstance(exc, AnsibleConnectionFailure) else "not asked"
            return silent(name, f"{kind}: {why}")
        at = time.time()
        if len(result["stdout"]) > 2 * MOST:
            return silent(name, f"its answer has more than {2 * MOST} characters")
        answer = next((line for line in result["stdout"].splitlines() if line.startswith("BIRD:")), None)
        if result["rc"] != 0 or answer is None:
            said = (result["stderr"].strip() or result["stdout"].strip() or "no answer").splitlines()[-1]
            return silent(name, f"BIRD's socket cannot be read: {said}")
        try:
            return bird.read_node(name, FAMILY.name, at, unpacked(answer[5:]))
        except (ValueError, zlib.error) as exc:
            return silent(name, f"BIRD's answer is not understood: {exc}")


def unpacked(answer: str) -> str:
    """The text that READER packed. ValueError or zlib.error where it is none, or more than READER takes."""
    unpacking = zlib.decompressobj()
    data = unpacking.decompress(base64.b64decode(answer), MOST + 1)
    if len(data) > MOST:
        raise ValueError(f"it has more than {MOST} bytes")
    if not unpacking.eof:
        raise ValueError("it is cut off")
    return data.decode(errors="replace")


def reader_command(variables: Mapping[str, Any], socket: str) -> str:
    """The one command that runs on the node."""
    python = str(variables.get("ansible_python_interpreter", ""))
    if not python or python.startswith("auto"):
        python = "python3"
    return " ".join(shlex.quote(word) for word in (python, "-c", READER, socket, *bird.QUESTIONS))
