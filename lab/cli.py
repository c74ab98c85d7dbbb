# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from lab import demo, evaluate, inventory, launch, mirror
from lab.agent.forms import FORMS, NEWEST
from lab.agent.objects import RefusedError
from lab.agent.render import render
from lab.faultkinds import KINDS, MESH_OFF
from lab.network import article
from lab.report import table
from lab.state import CHECKOUT, ENVIRONMENT, LabError, State

Json = dict[str, Any]
PROBE_TIMEOUT = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. Errors are one sentence on standard error."""
    options = parser().parse_args(arguments)
    status = 0
    try:
        status = options.run(options, State.choose(options.state))
        sys.stdout.flush()
    except (LabError, RefusedError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has seen enough; Python must not complain again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(status or 0)


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="python -m lab",
        description="A virtual Calico cluster with IOS-like route reflectors, in one process tree. "
        "Nothing is installed and nothing is changed outside the state directory; root is not needed.",
    )
    top.set_defaults(state=None)
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument(
        "--state",
        metavar="DIR",
        # A default of its own would let a word's parser forget what was given before the word.
        default=argparse.SUPPRESS,
        help=f"state directory, one per lab (default: ${ENVIRONMENT}, else .lab in the checkout)",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Any, text: str, *, inside: Any = None, own: bool = True
    ) -> argparse.ArgumentParser:
        where, parents = inside or commands, [state] if own else []
        made: argparse.ArgumentParser = where.add_parser(name, parents=parents, help=text, description=text)
        made.set_defaults(run=run)
        return made

    up = command("up", _up, "start a lab: nodes in a full mesh, reflectors without any BGP configuration")
    up.add_argument("--nodes", type=int, metavar="N", help="Calico nodes (default: 3)")
    up.add_argument("--reflectors", type=int, metavar="N", help="route reflectors (default: 1)")
    up.add_argument(
        "--zones", type=int, metavar="N", help="zones that the nodes are in by turns (default: none)"
    )
    up.add_argument(
        "--upstream",
        action="store_true",
        help="a router up1 of another AS beside the reflectors, which is no client of theirs",
    )
    up.add_argument(
        "--inventory",
        type=Path,
        metavar="PATH",
        help="an inventory of your own: the lab gets its names, addresses and settings, and `lab inventory` "
        "prints it with the lab's connections",
    )
    up.add_argument(
        "--no-archive", action="store_true", help="routers without `archive`, so without a revert timer"
    )
    up.add_argument(
        "--calico",
        choices=FORMS,
        default=NEWEST,
        help="the release of Calico that configures BIRD (default: %(default)s)",
    )
    command("down", _down, "end the lab and delete its state directory")
    status = command("status", _status, "show nodes, sessions, reflectors, faults and the probe")
    status.add_argument("--json", action="store_true", help="as JSON")
    learned = command("learned", _learned, "print the prefixes in an upstream router's BGP table (JSON)")
    learned.add_argument("machine", metavar="MACHINE", help="up1")
    learned.add_argument(
        "--ever", action="store_true", help="all that any reflector ever sent it, also what was taken back"
    )
    listing = command("inventory", _inventory, "print the inventory of the running lab for Ansible (JSON)")
    which = listing.add_mutually_exclusive_group()
    which.add_argument("--list", action="store_true", help="all groups and hosts (default)")
    which.add_argument("--host", metavar="NAME", help="the variables of one host")
    rendering = command("render", _render, "print the BIRD files the nodes' agent would write, without a lab")
    rendering.add_argument(
        "objects", type=Path, metavar="OBJECTS.yaml", help="Calico objects, any number of documents"
    )
    rendering.add_argument("node", metavar="NODE", help="name of the Node to render for")
    rendering.add_argument("--calico", choices=FORMS, default=NEWEST, help="release (default: %(default)s)")
    rendering.add_argument("--router-id", metavar="ID", help="CALICO_ROUTER_ID: an address, or `hash`")
    command("demo", _demo, "move a lab of its own to two route reflectors and let one die, counting packets")
    _add_evaluate_commands(command)
    _add_fault_commands(command)
    _add_probe_commands(command)
    return top


def _add_evaluate_commands(command: Any) -> None:
    for name, run, text in (
        (
            "evaluate",
            _evaluate,
            "run the playbook evaluate: native BGP, IPIP and VXLAN compared by measurement",
        ),
        (
            "measure",
            _measure,
            "what that playbook calls: measure between two nodes of a lab of its own, and print JSON lines; "
            "ends when its standard input does",
        ),
    ):
        made = command(name, run, text, own=False)
        made.add_argument(
            "--rounds",
            type=_whole(0),
            default=evaluate.ROUNDS,
            metavar="N",
            help="how often everything is measured; 0: bytes and MTU alone (default: %(default)s)",
        )
        made.add_argument(
            "--seconds",
            type=_whole(1),
            default=evaluate.SECONDS,
            metavar="N",
            help="length of each measurement (default: %(default)s)",
        )
        made.add_argument(
            "--family",
            action="append",
            choices=evaluate.FAMILIES,
            dest="families",
            help="what is measured; may be given twice (default: both)",
        )


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return read


def _add_fault_commands(command: Any) -> None:
    fault = command("fault", None, "break something, now or when the mesh goes; list and heal what is broken")
    kinds = fault.add_subparsers(required=True, metavar="FAULT")
    for name, kind in KINDS.items():
        made = command(name, _fault, f"{' or '.join(kind.targets)}: {kind.help}", inside=kinds)
        made.add_argument("target", metavar="MACHINE", help="rr1, node-a, ..")
        if kind.argument:
            made.add_argument("argument", metavar=kind.argument)
        made.add_argument("--when", choices=[MESH_OFF], help="arm it: at the moment the mesh is switched off")
        made.set_defaults(kind=name, argument="")
    command("list", _list_faults, "list faults that are active or armed", inside=kinds)
    clear = command("clear", _clear_fault, "heal faults, and disarm those that wait", inside=kinds)
    clear.add_argument(
        "number", nargs="?", default="all", metavar="ID", help="number of a fault (default: all)"
    )


def _add_probe_commands(command: Any) -> None:
    probe = command("probe", None, "send numbered packets between all pods and count the lost ones")
    verbs = probe.add_subparsers(required=True, metavar="VERB")
    command("start", _probe, "start sending, a packet every millisecond for each pair of pods", inside=verbs)
    for name, text in (
        ("status", "what is lost so far"),
        ("stop", "stop sending, count, print per pair and in total"),
    ):
        command(name, _probe, text, inside=verbs).add_argument("--json", action="store_true", help="as JSON")
    for name, made in verbs.choices.items():
        made.set_defaults(verb=name)


def _up(options: argparse.Namespace, state: State) -> int:
    archive = not options.no_archive
    if options.inventory:
        if options.nodes or options.reflectors or options.zones or options.upstream:
            raise LabError(
                "--inventory says which machines there are: leave out --nodes, --reflectors, --zones and "
                "--upstream."
            )
        wanted = mirror.read(options.inventory)
        network = replace(wanted.network, calico=options.calico)
        launch.up(state, network, archive=archive, mirror=wanted)
        return 0
    try:
        network = article(
            options.nodes or 3, options.reflectors or 1, zones=options.zones or 0, upstream=options.upstream
        )
    except ValueError as error:
        raise LabError(f"{str(error)[0].upper()}{str(error)[1:]}.") from error
    launch.up(state, replace(network, calico=options.calico), archive=archive)
    return 0


def _down(_options: argparse.Namespace, state: State) -> int:
    print("The lab is down." if launch.down(state) else f"No lab was up in {state.directory}.")
    return 0


def _demo(options: argparse.Namespace, _state: State) -> int:
    return demo.main(State(Path(options.state).absolute() if options.state else CHECKOUT / ".build" / "demo"))


def _evaluate(options: argparse.Namespace, _state: State) -> int:
    variables = {
        "bgp_evaluate_rounds": options.rounds,
        "bgp_evaluate_seconds": options.seconds,
        "bgp_evaluate_families": options.families or list(evaluate.FAMILIES),
    }
    return demo.evaluate(variables)


def _measure(options: argparse.Namespace, _state: State) -> int:
    return evaluate.start(options.families or list(evaluate.FAMILIES), options.rounds, options.seconds)


def _status(options: argparse.Namespace, state: State) -> int:
    status = state.ask({"do": "status"})
    print(json.dumps(status, indent=2) if options.json else status_text(status, state))
    return 0


def status_text(status: Json, state: State) -> str:
    """The state of a lab for people."""
    lines = [f"Lab in {state.directory}, Kubernetes API at {status['api']}"]
    for name, node in status["nodes"].items():
        ssh = f"ssh port {node['ssh_port']}" if node["ssh_open"] else "ssh dead"
        lines.append(f"{name}  {node['address']}  {ssh}  BIRD {'runs' if node['bird'] else 'is dead'}")
        lines += [f"    {each['name']}  {each['state']}  {each['info']}" for each in node["sessions"]]
        if node["refusal"]:
            lines.append(f"    REFUSED, the old configuration stays: {node['refusal']}")
        lines += [f"    warning: {text}" for text in node["warnings"]]
    for name, each in status["reflectors"].items():
        ssh = f"ssh port {each['ssh_port']}" if each["ssh_open"] else "ssh dead"
        lines.append(f"{name}  {each['address']}  {ssh}  bgpd {'runs' if each['bgpd'] else 'is dead'}")
    for name, each in status["upstreams"].items():
        bgpd = f"bgpd {'runs' if each['bgpd'] else 'is dead'}"
        lines.append(f"{name}  {each['address']}  AS {each['asn']}  {bgpd}")
        lines += [f"    {address}  {state}" for address, state in each["sessions"].items()]
    lines += [_fault_text(fault) for fault in status["faults"]]
    if probe := status["probe"]:
        lines.append(f"probe: {probe['sent']} sent, {probe['lost']} lost, longest run {probe['longest_run']}")
    return "\n".join(lines)


def _learned(options: argparse.Namespace, state: State) -> int:
    request = {"do": "learned", "machine": options.machine, "ever": options.ever}
    print(json.dumps(state.ask(request)["prefixes"]))
    return 0


def _inventory(options: argparse.Namespace, state: State) -> int:
    whole = inventory.inventory(state.read_facts(), state)
    print(json.dumps(inventory.host(whole, options.host) if options.host else whole, indent=2))
    return 0


def _render(options: argparse.Namespace, _state: State) -> int:
    try:
        objects = [obj for obj in yaml.safe_load_all(options.objects.read_text()) if obj]
    except (OSError, yaml.YAMLError) as error:
        raise LabError(f"{options.objects} cannot be read: {error}.") from error
    for name, text in render(objects, options.node, options.router_id, FORMS[options.calico]).items():
        print(f"# ---- {name}\n{text}")
    return 0


def _fault(options: argparse.Namespace, state: State) -> int:
    request = {"do": "fault", "kind": options.kind, "target": options.target, "argument": options.argument}
    print(_fault_text(state.ask({**request, "when": options.when or ""})))
    return 0


def _list_faults(_options: argparse.Namespace, state: State) -> int:
    faults = state.ask({"do": "faults"})["faults"]
    print("\n".join(_fault_text(fault) for fault in faults) or "no faults")
    return 0


def _clear_fault(options: argparse.Namespace, state: State) -> int:
    if options.number != "all" and not options.number.isdecimal():
        raise LabError(
            f"{options.number!r} is not the number of a fault: `python -m lab fault list` shows them."
        )
    number = None if options.number == "all" else int(options.number)
    cleared = state.ask({"do": "clear", "number": number})["cleared"]
    print("\n".join(f"healed: {_fault_text(fault)}" for fault in cleared) or "no faults")
    return 0


def _fault_text(fault: Json) -> str:
    state = "active" if fault["active"] else f"armed for {fault['when']}"
    return (
        f"fault {fault['number']}: {fault['kind']} {fault['target']} {fault['argument']}".rstrip()
        + f" ({state})"
    )


def _probe(options: argparse.Namespace, state: State) -> int:
    report = state.ask({"do": f"probe-{options.verb}"}, timeout=PROBE_TIMEOUT)
    if options.verb == "start":
        pace = f"one packet every {report['interval'] * 1000:g} ms each"
        print(f"The probe runs: {len(report['pairs'])} pairs, {pace}; live report in {state.probe_report}")
    else:
        print(json.dumps(report, indent=2) if options.json else table(report))
    return 0
