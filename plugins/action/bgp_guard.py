# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arm, tell or disarm the guard, one step a task: what hosts said goes into the run directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import guard, rundir
from ..module_utils.model.cluster import Cluster, cluster_from
from ..module_utils.model.journal import MESH_ON
from ..module_utils.model.state import CALM, SSH, WATCH
from ..module_utils.printable import printable
from ..modules import bgp_guard as documented
from ..plugin_utils import guard_here, holding
from ..plugin_utils.alarm import Alarm, Asker, keep_watch, last_patience
from ..plugin_utils.arguments import arguments
from ..plugin_utils.clock import steady
from ..plugin_utils.guard_pulse import Pulse

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION)
NOBODY = "no control plane node can be reached by SSH"
#: What is returned where no host was asked.
NOTHING = {"changed": False, "hosts": [], "there": None, "msg": ""}


class ActionModule(ActionBase):
    """One step of a guard's life; fails with a sentence where it cannot be done."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _result, args = self.validate_argument_spec(ARGUMENTS)
        steps: dict[str, Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]] = {
            "chosen": self.chosen,
            "armed": self.armed,
            "settled": self.settled,
            "heard": self.heard,
            "kept": self.kept,
            "found": self.found,
            "disarmed": self.disarmed,
            "reviewed": self.reviewed,
        }
        try:
            return steps[args["state"]](args, variables)
        except guard.GuardError as exc:
            return {**NOTHING, "failed": True, "msg": str(exc)}

    def chosen(self, args: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The hosts that the run has a guard on, or that can have one."""
        groups, where = variables.get("groups", {}), guard.wanted(args["where"])
        hosts = args["hosts"] or groups.get("all", ())
        folder, run = self.folder(args), self.guarded(args)
        nodes = cluster_of(run).nodes if run and args["plan"] else ()
        there = [host for host in (rundir.read_state(run).guard if run else ()) if host in hosts]
        can = () if where == guard.CONTROLLER else guard.candidates(groups, nodes, hosts)
        here = [args["cluster"]] if any(guard_here.armed(folder)) else []
        return {**NOTHING, "hosts": [*(there or can), *here]}

    def armed(self, args: dict[str, Any], _variables: dict[str, Any]) -> dict[str, Any]:
        """The guard on the host this task is delegated to."""
        run = rundir.of_plan(args["plan"])
        if self._task.check_mode:
            return {**NOTHING, "changed": True, "msg": f"a guard would be armed on {args['host']}"}
        plan, state, cluster = rundir.read_plan(args["plan"]), rundir.read_state(run), cluster_of(run)
        configuration = cluster.configuration
        wanted = guard.Guard(
            args["cluster"],
            who(run, args),
            guard.duration(args["seconds"], max((r.hold for r in plan.reflectors), default=0)),
            guard.body(configuration),
            args["kubeconfig"],
            configuration["resourceVersion"] if configuration and state.cut_at is None else "",
            guard.api_groups(cluster.api_mode),
        )
        word, seen = self.ask(args["host"], guard.arm(wanted))
        rundir.write_guard(run, seen)
        if not seen.there:
            return {**NOTHING, "failed": True, "there": seen.there, "msg": f"{args['host']}: {seen.text}"}
        return {**NOTHING, "changed": word == "armed", "there": True}

    def settled(self, args: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """That there is a guard, recorded in the state of the run."""
        where, run = guard.wanted(args["where"]), rundir.of_plan(args["plan"])
        if where == guard.NONE:
            raise guard.GuardError(
                "calico_bgp_guard: none stands in the inventory. A cut without a guard is asked for by name "
                "in the run itself, -e calico_bgp_guard=none or an answer of the survey; take it out of the "
                "inventory"
            )
        plan, state = rundir.read_plan(args["plan"]), rundir.read_state(run)
        seconds = guard.duration(args["seconds"], max((r.hold for r in plan.reflectors), default=0))
        seen = self.seen(args, run, where, seconds, variables)
        armed = tuple(each.host for each in seen if each.there)
        if not armed:
            asked = where == guard.CONTROLLER or any(each.host != guard.CONTROLLER for each in seen)
            why = [*([] if asked else [NOBODY]), *(f"{each.host}: {each.text}" for each in seen)]
            raise guard.GuardError(
                f"There can be no guard that turns the mesh on if this run is gone: {'; '.join(why)}. See "
                "docs/guard.md, or cut without one: -e calico_bgp_guard=none"
            )
        if self._task.check_mode:
            return {**NOTHING, "hosts": list(armed), "msg": f"a guard would be on {', '.join(armed)}"}
        rundir.write_state(run, replace(state, guard=armed, guard_seconds=seconds))
        for each in seen:
            if not each.there:
                display.warning(f"no guard on {each.host}: {each.text}")
        places = f"the guard is on {', '.join(armed)}"
        text = f"{places}: it turns the mesh on {seconds} s after it last heard of this run"
        display.display(f"    {text}")
        return {**NOTHING, "hosts": list(armed), "there": True, "msg": text}

    def seen(
        self, args: Mapping[str, Any], run: Path, where: str, seconds: int, variables: Mapping[str, Any]
    ) -> Sequence[guard.Seen]:
        """What hosts said when one was to be armed; the controller only where none of them has one."""
        nodes = [guard.Seen(host, True) for host in args["hosts"]]
        if not self._task.check_mode:
            nodes = [each for each in rundir.read_guards(run) if each.host != guard.CONTROLLER]
        if where == guard.NODE or any(each.there for each in nodes):
            return nodes
        here = self.arm_here(run, args, seconds, variables)
        if not self._task.check_mode:
            rundir.write_guard(run, here)
        return [*nodes, here]

    def arm_here(
        self, run: Path, args: Mapping[str, Any], seconds: int, variables: Mapping[str, Any]
    ) -> guard.Seen:
        """The guard on the controller, or why there can be none."""
        why = guard_here.hindrance(variables)
        if getattr(self._connection, "transport", "") != "local" or getattr(self._connection, "become", None):
            why = "the API is reached from the host of the cluster, and that is not the controller itself"
        if why or self._task.check_mode:
            return guard.Seen(guard.CONTROLLER, None if why else True, why)
        return guard_here.arm(run, args["cluster"], who(run, args), seconds)

    def heard(self, args: dict[str, Any], _variables: dict[str, Any]) -> dict[str, Any]:
        """One beat; a host that does not answer keeps nobody up."""
        if self._task.check_mode:
            return dict(NOTHING)
        run = rundir.of_plan(args["plan"])
        if args["host"] == args["cluster"]:
            seen = guard_here.hear_all(run.parent)
        else:
            _word, seen = self.ask(args["host"], guard.hear(args["cluster"]))
        if seen.there is None or (not seen.there and seen.host in rundir.read_state(run).guard):
            display.warning(
                f"the guard on {args['host']} was not told that the run lives: {seen.text or 'it is gone'}"
            )
        if seen.there:
            self.take_over(run, seen)
        elif seen.there is False:
            rundir.write_guard(run, seen)
        return {**NOTHING, "there": seen.there, "msg": seen.text}

    @staticmethod
    def take_over(run: Path, seen: guard.Seen) -> None:
        """From now on this run tells the guard that it found, which a run before it left there."""
        state = rundir.read_state(run)
        if seen.host in state.guard:
            return
        display.display(f"    a guard is armed on {seen.host}, of {seen.text}; it hears this run from now on")
        rundir.write_state(
            run, replace(state, guard=(*state.guard, seen.host), guard_seconds=float(seen.seconds))
        )

    def kept(self, args: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Beats until the watch is over, or a loss is seen."""
        name, run = str(variables["inventory_hostname"]), rundir.of_plan(args["plan"])
        state, plan = rundir.read_state(run), rundir.read_plan(args["plan"])
        pulse = Pulse(run, state, args["cluster"], name, self._low_level_execute_command)
        watched = state.ask == SSH and name in {node.name for node in plan.nodes}
        last = args["last"]
        if not pulse.here or watched or not state.within([WATCH, CALM] if last else [WATCH]):
            return {**NOTHING, "skipped": True, "msg": f"{name}: there is no guard to be told by this task"}

        def told_it() -> bool:
            pulse.beat()
            return not pulse.trouble

        asker = Asker(told_it)

        def look() -> str | None:
            return "" if asker.answer() else None

        def say(text: str) -> None:
            display.display(f"    {name}, guard: {printable(pulse.trouble or text)}")

        stage = args["stage"]

        def enough() -> bool:
            return last and rundir.routers_asked(run, stage, plan) and rundir.nodes_asked(run, stage, plan)

        until = steady() + last_patience(plan) if last else state.watch_ends or 0.0
        keep_watch(Alarm(run, args["stage"]), until, "", look, say, enough)
        return {**NOTHING, "there": not pulse.trouble, "msg": pulse.trouble}

    def found(self, args: dict[str, Any], _variables: dict[str, Any]) -> dict[str, Any]:
        """Whether one is armed."""
        run = rundir.of_plan(args["plan"])
        if args["host"] == args["cluster"]:
            seen = guard_here.find_any(run.parent)
        else:
            _word, seen = self.ask(args["host"], guard.find(args["cluster"]))
        rundir.write_guard(run, seen)
        return {**NOTHING, "there": seen.there, "msg": seen.text}

    def disarmed(self, args: dict[str, Any], _variables: dict[str, Any]) -> dict[str, Any]:
        """None any more."""
        if self._task.check_mode:
            return {**NOTHING, "msg": f"a guard on {args['host']} would be disarmed"}
        if args["host"] == args["cluster"]:
            was = guard_here.disarm_all(self.folder(args))
            word, seen = ("disarmed" if was else "gone"), guard.Seen(guard.CONTROLLER, False)
        else:
            word, seen = self.ask(args["host"], guard.disarm(args["cluster"]))
        run = self.guarded(args)
        ours = rundir.read_state(run).guard if run else ()
        if seen.there is None and seen.host not in ours:
            # One of a run before this one, if any: it finds the mesh on, or acts as it would have.
            display.warning(f"whether a guard is armed on {args['host']} is not known: {seen.text}")
            return {**NOTHING, "msg": seen.text}
        if seen.there is None:
            unit = guard.unit(args["cluster"])
            return {
                **NOTHING,
                "failed": True,
                "msg": f"the guard on {args['host']} may be armed ({seen.text}), and then turns the mesh on "
                f"when it has heard nothing for its time: stop it there with systemctl stop {unit}",
            }
        # What became of that of a run that lives is still to be reviewed by it.
        if run and (word == "disarmed" or not (args["plan"] or lives(run))):
            self.take_off(run, seen.host)
        return {**NOTHING, "changed": word == "disarmed", "there": False}

    @staticmethod
    def take_off(run: Path, host: str) -> None:
        """There is none of the run on the host any more; a disk that is full does not make one."""
        state = rundir.read_state(run)
        rest = tuple(each for each in state.guard if each != host)
        try:
            rundir.write_state(run, replace(state, guard=rest))
        except OSError as exc:
            display.warning(f"{run}: the run cannot keep that its guard is disarmed ({exc.strerror})")

    def reviewed(self, args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Whether a guard that is gone turned the mesh on while the run lived: recorded as a return."""
        run = rundir.of_plan(args["plan"])
        state = rundir.read_state(run)
        if not state.guard or state.mesh is not False or state.cut_at is None:
            return {**NOTHING, "skipped": True, "msg": "no guard is missed"}
        given = {name: args[name] for name in ("kubeconfig", "context") if args[name]}
        read = self._execute_module(
            module_name="telco.calico_bgp.calico_bgp_info",
            module_args={**given, "only": "configuration"},
            task_vars=task_vars,
        )
        if read.get("failed"):
            return {**NOTHING, "failed": True, "msg": printable(str(read.get("msg", "no reason given")))}
        text = f"The guard on {', '.join(state.guard)} is gone"
        if read["mesh"]:
            text += f": it had heard nothing of this run for {state.guard_seconds:.0f} s, and the mesh is on"
            rundir.write_state(run, replace(state.watched(text, False).mesh_on(), guard=()))
            rundir.note(run, MESH_ON, text=text)
        display.warning(text)
        return {**NOTHING, "there": False, "msg": text}

    def guarded(self, args: Mapping[str, Any]) -> Path | None:
        """The run whose guard it is about: this one, or without a plan the latest that had one."""
        return rundir.of_plan(args["plan"]) if args["plan"] else rundir.last_guarded(self.folder(args))

    @staticmethod
    def folder(args: Mapping[str, Any]) -> Path:
        """The folder of the cluster's runs."""
        if args["plan"]:
            return rundir.of_plan(args["plan"]).parent
        return rundir.folder_of(args["directory"], args["cluster"])

    def ask(self, host: str, command: str) -> tuple[str, guard.Seen]:
        """What the host said to a command; its silence is an answer too."""
        try:
            result = self._low_level_execute_command(command)
        except AnsibleError as exc:
            why = (str(exc).strip().splitlines() or ["no reason given"])[-1]
            return "", guard.Seen(host, None, printable(why))
        return guard.answer(host, result["rc"], result["stdout"] + result["stderr"])


def lives(run: Path) -> bool:
    """Whether the run in this directory is there still."""
    hold = holding.read(run)
    return hold is not None and hold.run.alive


def cluster_of(run: Path) -> Cluster:
    """The last reading of the cluster in the run."""
    gate = run / rundir.CLUSTER_GATE
    return cluster_from(rundir.read(gate if gate.exists() else run / rundir.CLUSTER))


def who(run: Path, args: Mapping[str, Any]) -> str:
    """The run in the words of the guard's log."""
    change = f", change {args['change']}" if args["change"] else ""
    return printable(f"run {run.name} of {args['cluster']}{change}")
