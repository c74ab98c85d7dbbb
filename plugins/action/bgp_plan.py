# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute the plan on the controller and judge whether it can be done safely."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils import plan, rundir
from ..module_utils.calico import objects
from ..module_utils.checks import common, preflight
from ..module_utils.model.cluster import cluster_from
from ..module_utils.model.data import to_data
from ..module_utils.model.plan import Reflector

ARGUMENTS = {
    "cluster": {"type": "path", "required": True},
    "asn": {"type": "int", "required": True},
    "peer_name": {"type": "str", "required": True},
    "reflectors": {"type": "list", "elements": "str", "required": True},
    "clients": {"type": "str", "default": "static", "choices": ["static"]},
    "node_selector": {"type": "str", "default": "all()"},
    "password": {"type": "bool", "default": False},
    "filter": {"type": "bool", "default": True},
    "hosts": {"type": "list", "elements": "str"},
    "migration": {"type": "bool", "default": True},
    "approved": {"type": "str", "default": ""},
    "approved_parts": {"type": "dict", "default": {}},
}
#: IOS's own hold time, and Calico's and IOS's restart time, where the inventory says nothing.
HOLD = 180
RESTART_TIME = 120


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
        wish = plan.Wish(
            cluster=str(variables["inventory_hostname"]),
            asn=args["asn"],
            peer_name=args["peer_name"],
            reflectors=tuple(reflector(name, variables["hostvars"][name]) for name in args["reflectors"]),
            node_selector=args["node_selector"],
            password=args["password"],
            filter=args["filter"],
        )
        findings = preflight.judge(cluster, wish, args["migration"])
        rundir.write(source.parent / rundir.FINDINGS / "preflight.json", [to_data(f) for f in findings])
        made = plan.build(cluster, wish)
        if args["approved"]:
            approval = tuple(preflight.approval(made, args["approved"], args["approved_parts"]))
            rundir.write(source.parent / rundir.FINDINGS / "approval.json", [to_data(f) for f in approval])
            findings = (*findings, *approval)
        path = rundir.write(source.parent / rundir.PLAN, to_data(made))
        data = to_data(made)
        surplus = {"apiVersion": "v1", "kind": "List", "items": data["surplus"]}
        rundir.write(source.parent / "surplus.json", surplus)
        result = {
            "changed": False,
            "path": path,
            "sha256": made.identity,
            "parts": made.parts,
            "nodes": len(made.nodes),
            "sessions": len(made.sessions),
            "mesh": made.mesh,
            "peered": preflight.peered(cluster, wish),
            "adopts": preflight.adopts(cluster, wish),
            "soak": made.soak,
            "namespace": made.namespace,
            "left_out": dict(made.left_out),
            "objects": [write_object(source.parent, manifest) for manifest in data["objects"]],
        }
        if not common.passed(findings):
            result.update(
                failed=True, msg=f"The plan is refused, nothing was changed. {common.sentence(findings)}"
            )
            return result
        state = rundir.read_state(source.parent).planned(made.mesh, preflight.adopts(cluster, wish))
        rundir.write_state(source.parent, state)
        return result


def dropped(reflectors: list[str], hosts: list[str] | None) -> list[str]:
    """Reflectors that are no hosts of this run."""
    return [name for name in reflectors if hosts is not None and name not in hosts]


def reflector(name: str, variables: Mapping[str, Any]) -> Reflector:
    """A reflector out of the few host variables that the plan needs."""
    timers = variables.get("cisco_rr_timers") or {}
    restart = variables.get("cisco_rr_graceful_restart") or {}
    return Reflector(
        host=name,
        address=str(variables.get("cisco_rr_address") or variables.get("ansible_host") or name),
        hold=hold_time(timers),
        keepalive=int(timers.get("keepalive") or 0),
        restart_time=int(restart.get("restart_time", RESTART_TIME)),
    )


def hold_time(timers: Mapping[str, Any]) -> int:
    """The hold time in seconds as the push sets it: given, or three times the keepalive, or IOS's own."""
    keepalive = timers.get("keepalive")
    return int(timers.get("hold") or (3 * int(keepalive) if keepalive else HOLD))


def write_object(run: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """One Calico object as a file of its own, so that each has its diff."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    path = rundir.write(run / f"object-{kind}.json", manifest)
    return {"kind": kind, "name": name, "path": path, "reason": objects.REASONS[kind]}
