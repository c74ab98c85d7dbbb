# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of thousands of nodes asks of the controller: time, CPU and memory of each step.

    python -m tests.bench.scale --nodes 1000 --routes 1000
    python -m tests.bench.scale --nodes 400 --routes 400 --loss

The API server is the real one, and so is exec through it; what it ends at are nodes that sleep, one process
of the lab's kubelet for all. The reflectors' answers are made up. Each step is a process of its own, as a
task of a run is. With --loss the mesh is off, and in the watch every node loses all routes in one moment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.telco.calico_bgp.plugins.action import bgp_validate, bird_exec_info
from ansible_collections.telco.calico_bgp.plugins.module_utils import plan, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.findings import sentence, verdict
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import cluster_from
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    Push,
    RouterObservation,
    RouterSession,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Reflector, Thresholds
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import EXEC, RunState
from ansible_collections.telco.calico_bgp.plugins.modules import calico_bgp_info
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import kube_way, mesh_switch
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.clock import steady
from lab.system import ENDS_WITH_CALLER
from tests.bench.sleepers import REFLECTORS, Cluster, Sleeper, sleepers

CLUSTER, GATE_CLUSTER = rundir.CLUSTER, "cluster-gate.json"
ASK = {
    "context": "",
    "socket": "",
    "before": "",
    "known_alarms": [],
    "watch": False,
    "timeout": 60.0,
    "expect": "reflectors",
    "stage": "gate",
}
WATCH = {**ASK, "watch": True, "stage": "watch-1", "before": "gate"}
#: Seconds for which a total loss may be waited for.
SOAK = 600.0


@dataclass(frozen=True)
class Cost:
    """What a step took: seconds, seconds of CPU, and the most memory at a time, in MB."""

    wall: float
    cpu: float
    peak: float


def read(run: Path, kubeconfig: str, name: str) -> str:
    """Read the cluster, as calico_bgp_info does."""
    client = calico_bgp_info.get_api_client(kubeconfig=kubeconfig).client
    cluster = calico_bgp_info.read_cluster(calico_bgp_info.Reader(client, 500))
    path = rundir.write(run / name, to_data(cluster))
    return f"{len(cluster.nodes)} nodes, {len(cluster.blocks)} blocks, {os.path.getsize(path) / 1e6:.1f} MB"


def make_plan(run: Path, reflectors: int, fresh: int) -> str:
    """Compute the plan, as bgp_plan does."""
    cluster = cluster_from(rundir.read(run / CLUSTER))
    thresholds = Thresholds(fresh=fresh)
    wish = plan.Wish("bench", 64512, "peer-to-external-rr", _reflectors(reflectors), thresholds=thresholds)
    findings = gates.judge("preflight" if cluster.mesh else "preflight_of_a_rollback", cluster, wish)
    made = plan.build(cluster, wish)
    path = rundir.write(run / rundir.PLAN, to_data(made))
    rundir.write_state(run, RunState(started=time.time(), ask=EXEC).planned(made.mesh, False))
    return f"{verdict(findings)}, {len(made.sessions)} sessions, {os.path.getsize(path) / 1e6:.1f} MB"


def ask(run: Path, kubeconfig: str, parallel: int, given: dict[str, object]) -> str:
    """Ask all nodes, as bird_exec_info does."""
    planned, state = rundir.read_plan(str(run / rundir.PLAN)), rundir.read_state(run)
    args = {**given, "kubeconfig": kubeconfig, "parallel": parallel}
    seen = bird_exec_info.asked(planned, run, state, args, check_mode=False)
    wanting = next((each.text or each.reason for each in seen.values() if each.text or not each.answered), "")
    spread = max(each.at for each in seen.values()) - min(each.at for each in seen.values())
    answered = sum(each.answered for each in seen.values())
    return f"{answered} answered, {spread:.1f} s between the first and the last" + (
        f"; {wanting}" if wanting else ""
    )


def judge(run: Path, gate: str, stage: str) -> str:
    """Judge, as bgp_validate does."""
    given = {
        "gate": gate,
        "stage": stage,
        "before": "gate" if gate == "watch" else "",
        "cluster": "" if gate == "watch" else str(run / GATE_CLUSTER),
        "reflector": "",
    }
    planned = rundir.read_plan(str(run / rundir.PLAN))
    findings = gates.judge(gate, bgp_validate.evidence(run, planned, given))
    said = sentence(findings)
    return f"{gate}: {verdict(findings)}, {len(findings)} findings" + (f"; {said}" if said else "")


STEPS = {"read": read, "plan": make_plan, "ask": ask, "judge": judge}


def _reflectors(number: int) -> tuple[Reflector, ...]:
    return tuple(
        Reflector(f"rr{index}", {"ipv4": address}, 9, 15)
        for index, address in enumerate(REFLECTORS[:number], 1)
    )


class Bench:
    """One cluster that sleeps, and a run directory."""

    def __init__(self, directory: Path, nodes: Sequence[Sleeper], options: argparse.Namespace) -> None:
        self.options, self.nodes = options, nodes
        self.run = directory / "run"
        self.run.mkdir(mode=0o700)
        mesh = not (options.loss or options.mesh_off)
        self.cluster = Cluster(directory, nodes, REFLECTORS[: options.reflectors], mesh=mesh)
        self.mesh = mesh

    @property
    def kubeconfig(self) -> str:
        """The operator's, with the rights of docs/rbac.yaml and docs/rbac-exec.yaml."""
        return str(self.cluster.api.operator_kubeconfig)

    def gate(self) -> None:
        """Read, plan, ask and judge; a row for each."""
        self.step("read", CLUSTER, "read", self.kubeconfig, CLUSTER)
        self.step("plan", "", "plan", self.options.reflectors, self.options.fresh)
        self._write_objects()
        self.step("read", GATE_CLUSTER, "read", self.kubeconfig, GATE_CLUSTER)
        began = time.monotonic()
        self.step(
            "ask",
            "gate",
            "ask",
            self.kubeconfig,
            self.options.parallel,
            {**ASK, "timeout": self.options.wait},
        )
        self._routers("gate")
        self.step("judge", "gate", "judge", "cut" if self.mesh else "adopted", "gate")
        print(f"from the first question to the verdict: {time.monotonic() - began:.1f} s", flush=True)

    def loss(self) -> None:
        """A watch in which every node loses everything; the seconds until somebody knows."""
        state = rundir.read_state(self.run).cutting(time.time()).cut(time.time(), SOAK, steady())
        rundir.write_state(self.run, state)
        with self.start("ask", self.kubeconfig, self.options.parallel, WATCH) as watching:
            assert watching.stdout
            for line in watching.stdout:
                print(f"    {line.strip()}", flush=True)
                if f"{len(self.nodes)} nodes, nothing lost" in line:
                    break
            lost = time.time()
            self.cluster.lose()
            print("all routes of all nodes are lost", flush=True)
            for line in watching.stdout:
                print(f"    {line.strip()}", flush=True)
            watched = time.time()
        alarm = json.loads((self.run / "alarm-watch-1.json").read_text())["at"]
        self._routers("watch-1")
        self.step("judge", "watch-1", "judge", "watch", "watch-1")
        told = time.time()
        mesh_switch.turn_on(kube_way.prepare({"kubeconfig": self.kubeconfig}), lambda _text: None)
        print(
            f"from the loss to the alarm {alarm - lost:.1f} s, to the end of the watch {watched - lost:.1f} "
            f"s, to the verdict {told - lost:.1f} s, to the patch {time.time() - lost:.1f} s",
            flush=True,
        )

    def start(self, step: str, *arguments: object) -> subprocess.Popen[str]:
        """A step as a process of its own."""
        command = [sys.executable, "-m", "tests.bench.scale", "--step", step]
        given = json.dumps([str(self.run), *arguments])
        return subprocess.Popen(
            [*ENDS_WITH_CALLER, *command, "--given", given], stdout=subprocess.PIPE, text=True
        )

    def step(self, title: str, what: str, step: str, *arguments: object) -> None:
        """One step, and its row."""
        began = time.monotonic()
        running = self.start(step, *arguments)
        assert running.stdout
        lines = running.stdout.read().strip().splitlines()
        _pid, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            raise SystemExit(f"{title} {what} failed")
        cost = Cost(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        row = [
            f"{title} {what}".strip(),
            f"{cost.wall:.1f}",
            f"{cost.cpu:.1f}",
            f"{cost.peak:.0f}",
            lines[-1],
        ]
        print(f"| {' | '.join(row)} |", flush=True)

    def _write_objects(self) -> None:
        planned = rundir.read_plan(str(self.run / rundir.PLAN))
        for manifest in planned.objects:
            kind, name = manifest["kind"], manifest["metadata"]["name"]
            body = {**manifest, "metadata": {"name": name}}
            self.cluster.api.apply(f"/apis/projectcalico.org/v3/{kind.lower()}s/{name}", body)

    def _routers(self, stage: str) -> None:
        """The reflectors have every session, and say so now."""
        for each in _reflectors(self.options.reflectors):
            rows = tuple(
                RouterSession("ipv4", node.address, 64512, "Established", len(node.blocks), 300)
                for node in self.nodes
            )
            seen = RouterObservation(each.host, time.time(), True, "", 15, False, True, (), rows)
            rundir.write_router(self.run, stage, seen)
            rundir.write_push(self.run, Push(each.host, "unchanged", "", (), (), (), True))


def main() -> None:
    """Measure, and print a row for each step as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--routes", type=int, default=0, help="blocks in the cluster (default: one a node)")
    parser.add_argument("--reflectors", type=int, default=1, choices=(1, 2))
    parser.add_argument("--parallel", type=int, default=50, help="questions at a time (default: 50)")
    parser.add_argument("--wait", type=float, default=60.0, help="seconds for what is expected (default: 60)")
    parser.add_argument("--fresh", type=int, default=60, help="the threshold, 10 to 300 (default: 60)")
    parser.add_argument(
        "--mesh-off", action="store_true", help="the mesh is off: the gate is adopted, not cut"
    )
    parser.add_argument("--loss", action="store_true", help="a watch in which every node loses all routes")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--given", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        run, *arguments = json.loads(options.given)
        print(STEPS[options.step](Path(run), *arguments), flush=True)
        return
    nodes = sleepers(options.nodes, options.routes or options.nodes)
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory), nodes, options)
        try:
            bench.cluster.start()
            print("| step | wall, s | CPU, s | peak, MB | said |\n|---|---|---|---|---|", flush=True)
            bench.gate()
            if options.loss:
                bench.loss()
        finally:
            bench.cluster.stop()


if __name__ == "__main__":
    main()
