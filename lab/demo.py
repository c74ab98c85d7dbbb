# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks on labs of their own: the main job, from the mesh to two route reflectors, of which one loses its
power then, with all packets counted; and the comparison of encapsulations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import inventory, launch
from lab.network import article
from lab.programs import cache_directory, find
from lab.report import table
from lab.state import CHECKOUT, ENVIRONMENT, OWNER, LabError, State
from lab.system import ENDS_WITH_CALLER

Json = dict[str, Any]
#: A swap of a kernel route is a delete and an add, microseconds apart: a packet or two may fall between.
LOSS_BUDGET = 2
SETTLE = 3.0
#: Seconds until nobody hears of a dead reflector any more: the hold time, and some for the routes.
FORGOTTEN = inventory.TIMERS["hold"] + 4.0
#: The result outlives the lab.
RUNS = CHECKOUT / "calico-bgp-runs"
PAGES = "*/*/report.html"


def demo(state: State) -> int:
    """Run it; 0 when the run succeeded within the loss budget. The lab is gone afterwards in any case."""
    began, before = time.monotonic(), set(RUNS.glob(PAGES))
    os.environ[OWNER] = str(os.getpid())
    launch.up(state, article(reflectors=2))
    try:
        status = run(state)
    finally:
        launch.down(state)
    print(f"Done after {time.monotonic() - began:.0f} s, the lab is gone.")
    for page in sorted(set(RUNS.glob(PAGES)) - before)[-1:]:
        print(f"The run on one page, for a browser: {page}")
    return status


def run(state: State) -> int:
    """Everything between the lab's start and its end."""
    heading("Before: a full mesh, every node with every other")
    sessions(state)
    state.ask({"do": "probe-start"}, timeout=60)
    time.sleep(SETTLE)
    heading("The run: ansible-playbook site.yml (short timers: keepalive 2 s, hold 9 s, restart 15 s)")
    before = set(RUNS.glob("*/*"))
    status = playbook(state, "site.yml")
    made = sorted(set(RUNS.glob("*/*")) - before)
    heading("After: one session per node and route reflector")
    sessions(state)
    heading("Routes per node to the pods of the others, by source")
    routes(made)
    if not status:
        lose_power(state)
    time.sleep(SETTLE)
    report = state.ask({"do": "probe-stop"}, timeout=60)
    heading("Packets between all pods during all of it")
    print(table(report))
    print(
        f"probe: {report['sent']} sent, {report['lost']} lost, "
        f"longest run of lost packets {report['longest_run']} (budget: {LOSS_BUDGET})"
    )
    if status:
        print("The run failed; its table above says why.")
    elif report["lost"] > LOSS_BUDGET:
        print("More packets were lost than the budget allows.")
        return 1
    return status or show_calicoctl(state)


def lose_power(state: State) -> None:
    """Let the first reflector die, and show what the nodes have when they have noticed."""
    name = state.read_facts()["network"]["reflectors"][0]["name"]
    heading(f"{name} loses its power (python -m lab fault stop {name})")
    state.ask({"do": "fault", "kind": "stop", "target": name, "argument": "", "when": ""})
    time.sleep(FORGOTTEN)
    sessions(state)


def show_calicoctl(state: State) -> int:
    """Bring calicoctl to the nodes, and have the first one print its sessions; 0 when both succeeded."""
    heading("calicoctl on the nodes: ansible-playbook playbooks/calicoctl.yml")
    if status := playbook(state, "playbooks/calicoctl.yml"):
        return status
    node = state.read_facts()["network"]["nodes"][0]["name"]
    heading(f"{node}# calicoctl node status (the lab's stand-in for calicoctl)")
    return on_node(state, node, "calicoctl node status")


def on_node(state: State, node: str, command: str) -> int:
    """Run a command on a node by SSH; its exit status."""
    variables = inventory.host(inventory.inventory(state.read_facts(), state), node)
    ssh = [str(find().ssh), "-i", variables["ansible_ssh_private_key_file"], "-oBatchMode=yes"]
    options = variables["ansible_ssh_common_args"].split()
    address = [f"-p{variables['ansible_port']}", f"root@{variables['ansible_host']}", command]
    return subprocess.run([*ssh, *options, *address], stdin=subprocess.DEVNULL, check=False).returncode


def playbook(state: State, name: str) -> int:
    """Run a playbook against the lab as a user would; its exit status."""
    return _run_playbook(
        [name],
        {"calico_plan_run_directory": str(RUNS), "calico_bgp_ask": "exec"},
        {ENVIRONMENT: str(state.directory)},
    )


def evaluate(variables: Json) -> int:
    """Run the playbook `evaluate`, which needs no lab that is up; its exit status."""
    arguments = ["playbooks/evaluate.yml", "--inventory", "lab/evaluate/inventory.yml"]
    where = {"bgp_evaluate_directory": str(RUNS), **inventory.measuring(sys.executable)}
    return _run_playbook(arguments, {**where, **variables}, {})


def _run_playbook(arguments: Sequence[str], variables: Json, settings: Mapping[str, str]) -> int:
    environment = {
        **os.environ,
        **settings,
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_HOME": str(cache_directory() / "ansible"),
        # Ansible does not flush: into a pipe, what waits says would come in one lump at the end.
        "PYTHONUNBUFFERED": "1",
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    sys.stdout.flush()
    program = str(Path(sys.executable).parent / "ansible-playbook")
    command = [*ENDS_WITH_CALLER, program, *arguments, "--extra-vars", json.dumps(variables)]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode


def heading(text: str) -> None:
    """A line that separates the parts."""
    print(f"\n--- {text}", flush=True)


def sessions(state: State) -> None:
    """Every BGP session of every node; those that are up are counted, once where both ends are shown."""
    status = state.ask({"do": "status"})
    ends = 0
    for name, node in status["nodes"].items():
        for each in node["sessions"]:
            print(f"{name:8} {node['address']:14} {each['name']:22} {each['state']:6} {each['info']}")
            if each["state"] == "up":
                ends += 1 if each["name"].startswith("Mesh_") else 2
    print(f"{ends // 2} sessions up")


def routes(runs: Sequence[Path]) -> None:
    """What the nodes had from each source in front of the cut and have at the end."""
    stages = {"before the cut": "gate", "at the end": "after"}
    for text, stage in stages.items():
        files = sorted(f for run in runs for f in run.glob(f"observations/{stage}/node-*.json"))
        if not files:
            print(f"{text}: not observed")
        for file in files:
            node = json.loads(file.read_text())
            # So few routes stand in the file itself (docs/result.md), prefix and protocol first.
            protocols = [path[1] for path in node["routes"]["more"]]
            mesh = sum(name.startswith("Mesh_") for name in protocols)
            reflected = sum(name.startswith(("Node_", "Global_")) for name in protocols)
            print(f"{text}: {node['node']} has {mesh} from the mesh, {reflected} from the route reflectors")


def main(state: State) -> int:
    """The command; LabError where a demo's lab is up already."""
    if state.is_up():
        raise LabError(f"A demo is running already, in {state.directory}: wait until it is over.")
    return demo(state)
