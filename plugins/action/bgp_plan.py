# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute the plan on the controller and judge whether it can be done safely."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils import inventory, plan, rundir
from ..module_utils.calico import objects
from ..module_utils.checks import gates, peerings
from ..module_utils.checks.findings import passed, sentence, verdict
from ..module_utils.model.cluster import cluster_from
from ..module_utils.model.data import to_data
from ..module_utils.model.journal import JUDGED, PLANNED
from ..module_utils.model.plan import Plan, Reflector, Thresholds
from ..module_utils.model.state import RunState
from ..module_utils.printable import FEW, printable
from ..modules import bgp_plan as documented
from ..plugin_utils import approved
from ..plugin_utils.arguments import arguments
from .ios_bgp_reflector import wanted

ARGUMENTS = arguments(documented.DOCUMENTATION)


class ActionModule(ActionBase):
    """Writes plan.json and the preflight's findings beside the cluster's reading.

    Fails with a sentence where the plan is refused.
    """

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _result, args = self.validate_argument_spec(ARGUMENTS)
        source = Path(args["cluster"])
        cluster = cluster_from(rundir.read(source))
        left = dropped(args["reflectors"], args["hosts"])
        if left:
            return {
                "failed": True,
                "msg": "--limit leaves out route reflector {}; run again for all hosts of the plan".format(
                    ", ".join(left)
                ),
            }
        try:
            wish = wished(args, variables)
            gate = "preflight" if args["migration"] else "preflight_of_a_rollback"
            findings = gates.judge(gate, cluster, wish)
            made = plan.build(cluster, wish)
            with tolerant(args["migration"]):
                if passed(findings):
                    made = replace(made, lines=lines(made, variables["hostvars"]))
        except ValueError as exc:
            return {"failed": True, "msg": f"The plan is refused, nothing was changed. {printable(str(exc))}"}
        rundir.write(source.parent / rundir.FINDINGS / "preflight.json", [to_data(f) for f in findings])
        rundir.note(source.parent, JUDGED, "preflight", text=sentence(findings), verdict=verdict(findings))
        if args["approved"]:
            approval = gates.judge("approval", made, args["approved"], args["approved_parts"])
            rundir.write(source.parent / rundir.FINDINGS / "approval.json", [to_data(f) for f in approval])
            rundir.note(source.parent, JUDGED, "approval", text=sentence(approval), verdict=verdict(approval))
            findings = (*findings, *approval)
        path = rundir.write(source.parent / rundir.PLAN, to_data(made))
        data = to_data(made)
        result = {
            "changed": False,
            "path": path,
            "sha256": made.identity,
            "parts": made.parts,
            "nodes": len(made.nodes),
            "sessions": len(made.sessions),
            "mesh": made.mesh,
            "peered": peerings.peered(cluster, wish),
            "adopts": peerings.adopts(cluster, wish),
            "soak": made.soak,
            "namespace": made.namespace,
            "left_out": dict(islice(made.left_out.items(), FEW)),
            "node_networks": list(made.node_networks),
            "objects": [described(manifest) for manifest in data["objects"]],
            "surplus": [*data["stale"], *data["surplus"]],
            "stale": data["stale"],
            "secrets": [
                {"reflector": p.reflector.host, "secret": p.secret}
                for p in plan.peerings(cluster, wish, plan.clients_of(cluster, made.left_out))
                if p.secret
            ],
        }
        if not passed(findings):
            result.update(failed=True, msg=f"The plan is refused, nothing was changed. {sentence(findings)}")
            return result
        rundir.note(source.parent, PLANNED, text=f"{len(made.nodes)} nodes, {len(made.sessions)} sessions")
        begun = rundir.read_state(source.parent) if (source.parent / rundir.STATE).exists() else RunState()
        rundir.write_state(source.parent, begun.planned(made.mesh, peerings.adopts(cluster, wish)))
        return result


def wished(args: Mapping[str, Any], variables: Mapping[str, Any]) -> plan.Wish:
    """What the inventory asks for; ValueError names what cannot be."""

    def reflector(name: str) -> Reflector:
        said = variables["hostvars"][name]
        found = replace(inventory.reflector(name, said), connection=inventory.connection(name, said))
        with tolerant(args["migration"]):
            found = replace(found, options=approved.options(name, said))
        return found

    return plan.Wish(
        cluster=str(variables["inventory_hostname"]),
        asn=args["asn"],
        peer_name=args["peer_name"],
        reflectors=tuple(map(reflector, args["reflectors"])),
        former=tuple(map(reflector, args["former"])),
        node_selector=args["node_selector"],
        filter=args["filter"],
        thresholds=thresholds(args["thresholds"] or {}),
        node_networks=tuple(args["node_networks"]),
        accept_left_out=tuple(args["accept_left_out"]),
    )


def tolerant(migration: bool) -> contextlib.AbstractContextManager[None]:
    """An option that cannot be sent ends a move, and stands in the way of no way back."""
    return contextlib.nullcontext() if migration else contextlib.suppress(ValueError)


def lines(made: Plan, hostvars: Mapping[str, Any]) -> dict[str, str]:
    """A digest of what each reflector is to get; ValueError where an option cannot be sent."""
    found = {}
    for reflector in made.reflectors:
        if not reflector.options:
            continue
        password = hostvars[reflector.host].get("cisco_rr_password") if reflector.password else None
        want = wanted(made, reflector.host, {**reflector.options, "password": password})
        found[reflector.host] = approved.lines(want)
    return found


def thresholds(given: Mapping[str, int]) -> Thresholds:
    """The thresholds; AnsibleError names one that is out of bounds."""
    try:
        return Thresholds(**given)
    except ValueError as exc:
        raise AnsibleError(f"calico_plan_thresholds: {exc}") from exc


def dropped(reflectors: list[str], hosts: list[str] | None) -> list[str]:
    """Reflectors that are no hosts of this run."""
    return [name for name in reflectors if hosts is not None and name not in hosts]


def described(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """One Calico object, and why it is wanted. It is in no file: what is written is what was planned."""
    kind = manifest["kind"]
    return {
        "kind": kind,
        "name": manifest["metadata"]["name"],
        "definition": manifest,
        "reason": objects.REASONS[kind],
    }
