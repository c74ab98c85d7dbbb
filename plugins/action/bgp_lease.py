# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a cluster while a run changes it, by a Lease that a process of its own renews."""

from __future__ import annotations

import getpass
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.model import lease as leases
from ..module_utils.model.lease import Holder
from ..module_utils.printable import printable
from ..modules import bgp_lease as documented
from ..plugin_utils import detached, guard_here, holding, keeper, kube_lease
from ..plugin_utils.arguments import arguments
from ..plugin_utils.clock import steady
from ..plugin_utils.holding import Hold
from ..plugin_utils.kube_exec import Api

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION)
NOTHING = {"changed": False, "skipped": True, "msg": "this run changes nothing, and needs no hold"}


class ActionModule(ActionBase):
    """Bookkeeping: never changed."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        if self._task.check_mode or (args["state"] == "held" and not args["playbook"]):
            return NOTHING
        access = {name: args[name] for name in ("kubeconfig", "context") if args[name]}
        try:
            if args["state"] == "held":
                said = hold(access, args, task_vars or {})
            elif args["state"] == "released":
                said = release(access, Path(args["directory"]))
            else:
                said = take_away(access, args["namespace"])
        except kube_lease.LeaseError as exc:
            return {"failed": True, "changed": False, "msg": printable(str(exc))}
        return {"changed": False, "msg": printable(said)}


def hold(access: Mapping[str, str], args: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    """Take the Lease and keep it; LeaseError where that is not possible, or another run has it."""
    run = Path(args["directory"])
    rundir.refuse_foreign(run)
    holder = holder_of(args["playbook"], run, variables)

    def say(text: str) -> None:
        display.display(f"    {printable(text)}")

    async def take(api: Api) -> tuple[str, str]:
        namespace = await kube_lease.namespace_of(api, args["namespace"])
        return namespace, await kube_lease.take(api, namespace, holder, say)

    namespace, followed = kube_lease.with_api(access, take)
    if followed:
        say(followed)
    held = Hold(namespace, holder.identity, steady(), detached.run_of_this())
    try:
        keeper.begin(run, held, holder, access, hands_over=args["interrupted"] == "guard")
    except (keeper.NotKept, OSError) as exc:
        kube_lease.with_api(access, lambda api: kube_lease.give_back(api, namespace, holder.identity))
        raise kube_lease.LeaseError(str(exc)) from exc
    return f"held by {holder.who}"


def release(access: Mapping[str, str], run: Path) -> str:
    """Give the Lease back, and say that the run told its end. A keeper that is the guard still does the
    first of it once the run is gone."""
    guards = guard_here.find(run).there
    held = None if guards else keeper.end(run)
    rundir.write_state(run, replace(rundir.read_state(run), over=True))
    if guards:
        return "the guard of this run is armed, and gives the hold back when the run is gone"
    if held is None:
        return "this run held nothing"
    holding.remove(run)
    identity, namespace = held.identity, held.namespace
    try:
        kube_lease.with_api(access, lambda api: kube_lease.give_back(api, namespace, identity))
    except kube_lease.LeaseError as exc:
        display.warning(
            f"the hold over the cluster ends by itself in {leases.SECONDS} s: {printable(str(exc))}"
        )
    return "released"


def take_away(access: Mapping[str, str], namespace: str) -> str:
    """Take the Lease away whoever has it. That this is not possible fails nothing: the mesh comes first."""

    async def take(api: Api) -> str:
        return await kube_lease.take_away(api, await kube_lease.namespace_of(api, namespace))

    try:
        whose = kube_lease.with_api(access, take)
    except kube_lease.LeaseError as exc:
        said = f"whether another run is changing this cluster is not known: {printable(str(exc))}"
        display.warning(said)
        return said
    if not whose:
        return "nobody held this cluster"
    display.warning(
        printable(f"another run was changing this cluster and stops before its next change: {whose}")
    )
    return f"taken from {whose}"


def holder_of(playbook: str, run: Path, variables: Mapping[str, Any]) -> Holder:
    """Who this is: a user and a machine, or a job of AWX."""
    machine = socket.gethostname()
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may have no name for its user
        user = "somebody"
    who = f"{user}@{machine}"
    job = variables.get("awx_job_id")
    if job:
        who = f"{variables.get('awx_user_name') or 'a schedule'}, job {job} of AWX"
    identity = f"{user}@{machine}/{detached.run_of_this().pid}/{secrets.token_hex(8)}"
    return Holder(identity, str(who), f"{machine}:{run}", playbook, leases.utc(time.time()))
