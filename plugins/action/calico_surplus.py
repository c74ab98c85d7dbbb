# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the peers of a plan away, each while the mesh is on and proved."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils import rundir
from ..module_utils.checks import gates
from ..module_utils.checks.evidence import Evidence
from ..module_utils.checks.findings import passed, sentence
from ..module_utils.model.plan import Plan
from ..module_utils.printable import printable
from ..modules import calico_surplus as documented
from ..plugin_utils import holding, kube_way, mesh_switch
from ..plugin_utils.arguments import arguments
from ..plugin_utils.holding import Stopped
from ..plugin_utils.kube_way import Way, WayError
from . import calico_mesh

ARGUMENTS = arguments(documented.DOCUMENTATION)


class ActionModule(calico_mesh.ActionModule):
    """Stops in front of the first that must not go."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        _result, args = self.validate_argument_spec(ARGUMENTS)
        access = {name: args[name] for name in ("kubeconfig", "context") if args[name]}
        run, plan = rundir.of_plan(args["plan"]), rundir.read_plan(args["plan"])
        removed: list[str] = []
        try:
            way = kube_way.prepare(access) if self.here() else None
            for item in (*plan.stale, *plan.surplus):
                title = f"{item['kind']} {item['metadata']['name']}"
                self.refuse_without_mesh(way, access, task_vars)
                # In check mode the mesh was not turned on, so there is no proof of it.
                if not self._task.check_mode:
                    refuse_without_proof(run, plan, args["stage"])
                    holding.check(run)
                if self.remove(way, item, access, task_vars):
                    removed.append(title)
                    self.record(run, title)
            self.refuse_without_mesh(way, access, task_vars)
        except (WayError, Stopped) as exc:
            gone = f" Taken away before: {', '.join(removed)}." if removed else ""
            return {
                "failed": True,
                "changed": bool(removed),
                "removed": removed,
                "msg": printable(f"{exc}.{gone}"),
            }
        return {"changed": bool(removed), "removed": removed}

    def record(self, run: Path, title: str) -> None:
        """Keep that an object is gone, for who tells of the run where that cannot."""
        if not self._task.check_mode:
            rundir.add_object(run, f"{title} is taken away")

    def refuse_without_mesh(
        self, way: Way | None, access: Mapping[str, str], task_vars: dict[str, Any] | None
    ) -> None:
        """WayError where the mesh is off now; the peers alone carry the routes then."""
        if self._task.check_mode:
            return
        if way is None:
            live = self.read_by_module(access, task_vars)
        else:
            live = mesh_switch.read(way, mesh_switch.SLOWEST)
        if not mesh_switch.mesh_of(live):
            raise WayError("The mesh was turned on, and somebody turned it off since", answered=True)

    def remove(
        self,
        way: Way | None,
        item: Mapping[str, Any],
        access: Mapping[str, str],
        task_vars: dict[str, Any] | None,
    ) -> bool:
        """Take one object away; whether it was there."""
        kind, name = str(item["kind"]), str(item["metadata"]["name"])
        if way is not None:
            path = f"{kube_way.GROUP}/{kind.lower()}s/{name}"
            return kube_way.remove(way, path, dry_run=self._task.check_mode)
        given = {**access, "api_version": item["apiVersion"], "kind": kind, "name": name, "state": "absent"}
        return bool(self.module("kubernetes.core.k8s", given, task_vars).get("changed"))


def refuse_without_proof(run: Path, plan: Plan, stage: str) -> None:
    """WayError where the proof of the mesh is no longer good."""
    evidence = Evidence(plan, rundir.read_nodes(run, stage), {}, {}, time.time())
    found = gates.judge("mesh", evidence)
    if not passed(found):
        raise WayError(f"The mesh is not proved any more: {sentence(found)}")
