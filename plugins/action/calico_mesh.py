# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the mesh on or off, and record it in the state of the run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.calico import objects
from ..module_utils.model.cluster import DEFAULT_ASN, Cluster, cluster_from
from ..module_utils.model.journal import CUT, CUTTING, MESH_ON
from ..module_utils.model.plan import Plan
from ..module_utils.printable import printable
from ..modules import calico_mesh as documented
from ..plugin_utils import holding, kube_exec, kube_lease, kube_way, mesh_switch, steering
from ..plugin_utils.arguments import arguments
from ..plugin_utils.clock import steady
from ..plugin_utils.kube_way import Way, WayError
from ..plugin_utils.mesh_switch import Switched

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION)
#: Seconds between two tries by modules on the host.
PAUSE = 1.0


class ActionModule(ActionBase):
    """On whatever else is wrong, off only where all is right."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        access = {name: args[name] for name in ("kubeconfig", "context") if args[name]}
        try:
            if args["state"] == "on":
                return self.on(args, access, task_vars)
            return self.off(args, access, task_vars)
        except WayError as exc:
            return {"failed": True, "msg": printable(f"The mesh is not known to be {args['state']}: {exc}")}

    def on(
        self, args: Mapping[str, Any], access: Mapping[str, str], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Turn it on; what cannot be read or written of the run does not keep it from that."""
        run = Path(args["plan"]).parent if args["plan"] else None
        if self.here():
            found = mesh_switch.turn_on(
                kube_way.kept(run, access), say, patience=args["patience"], dry_run=self._task.check_mode
            )
        else:
            found = self.on_by_modules(args["patience"], access, task_vars)
        return self.told(found, recorded=self._task.check_mode or recorded(args["plan"]))

    def off(
        self, args: Mapping[str, Any], access: Mapping[str, str], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Turn it off, where the proof is still good in this moment."""
        run = rundir.of_plan(args["plan"])
        plan = rundir.read_plan(args["plan"])
        cluster = cluster_from(rundir.read(Path(args["cluster"])))
        way = kube_way.prepare(access) if self.here() else None
        state = rundir.read_state(run)
        if not self._task.check_mode:
            rundir.reserve(run)
            if way is not None:
                kube_way.keep(run, way, objects.mesh_patched(cluster.configuration, False, cluster.asn))
            rundir.write_state(run, state.cutting(time.time()))
            rundir.note(run, CUTTING)
            refuse_old_proof(state.proof_until)
            holding.check(run)
            if way is not None:
                refuse_without_lease(run, way)
        found = self.switch_off(way, cluster, access, task_vars)
        if not self._task.check_mode:
            after = rundir.read_state(run).cut(time.time(), plan.soak, steady())
            lost = lost_meanwhile(way, plan) if way is not None else ""
            rundir.write_state(run, after.watched(lost, False))
            rundir.note(run, CUT, text=lost)
            if lost:
                raise AnsibleError(f"it was changed between the last look and the cut: {lost}")
        return self.told(found, recorded=True)

    def switch_off(
        self,
        way: Way | None,
        cluster: Cluster,
        access: Mapping[str, str],
        task_vars: dict[str, Any] | None,
    ) -> Switched:
        """The patch itself."""
        if way is None:
            return self.by_module(cluster.configuration, False, cluster.asn, access, task_vars)
        dry_run = self._task.check_mode
        return mesh_switch.turn_off(way, cluster.configuration, cluster.asn, say, dry_run=dry_run)

    def here(self) -> bool:
        """Whether the API is reached from this very process as from the host of the task."""
        connection = self._connection
        return (
            getattr(connection, "transport", "") == "local"
            and not getattr(connection, "become", None)
            and not any(self._task.environment or ())
            and not kube_exec.MISSING
        )

    def on_by_modules(
        self, patience: float, access: Mapping[str, str], task_vars: dict[str, Any] | None
    ) -> Switched:
        """The same on a host that is reached by other means, where modules have to be sent to."""
        end = time.monotonic() + patience
        while True:
            try:
                live = self.read_by_module(access, task_vars)
                return self.by_module(live, True, DEFAULT_ASN, access, task_vars)
            except WayError as exc:
                if time.monotonic() >= end:
                    raise
                say(f"the mesh is not on yet: {exc}")
            time.sleep(PAUSE)

    def read_by_module(
        self, access: Mapping[str, str], task_vars: dict[str, Any] | None
    ) -> Mapping[str, Any] | None:
        """BGPConfiguration `default` (Cluster.configuration) as a module on the host reads it."""
        given = {**access, "only": "configuration"}
        found = self.module("telco.calico_bgp.calico_bgp_info", given, task_vars)
        live: Mapping[str, Any] | None = found["configuration"]
        return live

    def module(self, name: str, given: Mapping[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """What a module on the host returns; WayError where it failed."""
        answer: dict[str, Any] = self._execute_module(
            module_name=name, module_args=dict(given), task_vars=task_vars
        )
        if answer.get("failed"):
            raise WayError(str(answer.get("msg", "no reason given")))
        return answer

    def by_module(
        self,
        live: Mapping[str, Any] | None,
        enabled: bool,
        asn: int,
        access: Mapping[str, str],
        task_vars: dict[str, Any] | None,
    ) -> Switched:
        """One patch by kubernetes.core.k8s on the host."""
        given = {
            **access,
            "definition": objects.mesh_manifest(live, enabled, asn),
            "merge_type": "merge",
            "hidden_fields": ["metadata.managedFields"],
        }
        answer = self.module("kubernetes.core.k8s", given, task_vars)
        after = objects.mesh_patched(live, enabled, asn)
        return Switched(bool(answer.get("changed")), enabled, live, after, "")

    def told(self, found: Switched, *, recorded: bool) -> dict[str, Any]:
        """The result of the task."""
        result: dict[str, Any] = {
            "changed": found.changed,
            "mesh": found.mesh,
            "through": found.through,
            "recorded": recorded,
        }
        if self._task.diff and found.changed:
            name = "BGPConfiguration default"
            result["diff"] = {
                "before": shown(found.before),
                "after": shown(found.after),
                "before_header": name,
                "after_header": name,
            }
        return result


def say(text: str) -> None:
    """Tell the user where it stands."""
    display.display(f"    {printable(text)}")


def shown(configuration: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a diff shows of BGPConfiguration `default`."""
    return {key: configuration[key] for key in ("annotations", "spec")} if configuration else {}


def refuse_without_lease(run: Path, way: Way) -> None:
    """AnsibleError where somebody took the Lease since the keeper last looked, as mesh_on does."""
    hold = holding.read(run)
    if hold is not None and kube_lease.holder_now(way, hold.namespace) != hold.identity:
        raise AnsibleError("this run does not hold the cluster any more, as its Lease was taken away")


def refuse_old_proof(until: float | None) -> None:
    """AnsibleError where the proof in front of the cut is no longer good: the run may have stood still."""
    if until is None:
        raise AnsibleError("nobody judged the gate in the moment of the cut; run again, the mesh is still on")
    late = steady() - until
    if late > 0:
        raise AnsibleError(
            f"the proof of both sides is {late:.0f} s too old, as the run stood still; run again, the mesh "
            "is still on"
        )


def lost_meanwhile(way: Way, plan: Plan) -> str:
    """What was lost of the configuration until now, "" for nothing, and where the API does not say."""
    try:
        return steering.loss(plan, asyncio.run(steering.read(way, plan)))
    except WayError as exc:
        say(f"BGPPeers and BGPFilters are not read again: {exc}; the watch does")
        return ""


def recorded(plan: str) -> bool:
    """Record that the mesh is on; whether that was possible. It is on, whatever becomes of the record."""
    if not plan:
        return True
    try:
        run = rundir.of_plan(plan)
        rundir.write_state(run, rundir.read_state(run).mesh_on())
        rundir.give_up(run)
        rundir.note(run, MESH_ON)
    except (OSError, rundir.RunDirectoryError) as exc:
        display.warning(f"the mesh is on, and the state of the run does not say so: {exc}")
        return False
    return True
