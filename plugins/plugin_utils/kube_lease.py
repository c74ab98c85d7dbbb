# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lease of a cluster over the Kubernetes API: read, taken, renewed, given back, each bounded in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..module_utils.calico import cluster as calico
from ..module_utils.model import lease as leases
from ..module_utils.model.lease import Holder, Lease
from ..module_utils.printable import brief
from . import kube_way
from .kube_exec import Answer, Api, ExecError, connected
from .kube_way import Way

#: Seconds for all questions of one step.
PATIENCE = 30.0
#: Seconds between two looks at a hold whose run seems to be gone, and between two words about it.
POLL, SPEAK = 1.0, 5.0
RIGHTS = "docs/rbac.yaml has the rule for leases that this account needs, in the namespace of calico-node"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"
_DAEMONSET = "/apis/apps/v1/namespaces/{}/daemonsets/calico-node"

Done = TypeVar("Done")


class LeaseError(Exception):
    """Why the cluster is not held, as a sentence."""


@dataclass(frozen=True)
class Read:
    """The Lease, None where there is none, at a time by the API server's clock."""

    lease: Lease | None
    now: float


class Leases:
    """The Lease in one namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api, self._namespace = api, namespace
        self._all = _LEASES.format(namespace)
        self._path = f"{self._all}/{leases.NAME}"

    async def read(self) -> Read:
        """As it is now."""
        answer = await self._api.request("GET", self._path)
        return Read(None if answer.status == 404 else leases.lease_from(_granted(answer)), answer.at)

    async def write(self, holder: Holder, before: Read) -> bool:
        """Have it from now on, or still; False where somebody else wrote it since it was read."""
        body = leases.manifest(self._namespace, holder, before.now, before.lease)
        if before.lease is None:
            answer = await self._api.request("POST", self._all, body)
        else:
            answer = await self._api.request("PUT", self._path, body)
        if answer.status == 409 or (answer.status == 404 and before.lease is not None):
            return False
        _granted(answer)
        return True

    async def remove(self, lease: Lease) -> bool:
        """Take it away; False where somebody wrote it since it was read."""
        conditions = {"uid": lease.uid, "resourceVersion": lease.version}
        answer = await self._api.request("DELETE", self._path, {"preconditions": conditions})
        if answer.status not in (404, 409):
            _granted(answer)
        return answer.status != 409


def _granted(answer: Answer) -> Any:
    """What the API gave; LeaseError with its words and what to do where it refuses."""
    if answer.status < 400:
        return answer.data
    said = answer.data.get("message") if isinstance(answer.data, dict) else ""
    advice = f" ({RIGHTS})" if answer.status in (401, 403) else ""
    raise LeaseError(
        brief(f"the Kubernetes API answered {answer.status}: {said or 'no reason given'}{advice}")
    )


async def namespace_of(api: Api, wanted: str) -> str:
    """Where Calico is: in `wanted`, or in one of the namespaces where its own ways of installing put it."""
    found = []
    for name in (wanted,) if wanted else calico.NAMESPACES:
        answer = await api.request("GET", _DAEMONSET.format(name))
        if answer.status != 404:
            found.append(_granted(answer))
    try:
        daemonset = calico.the_daemonset(found)
    except calico.ObjectError as exc:
        raise LeaseError(str(exc)) from None
    if daemonset is None:
        where = wanted or " and ".join(calico.NAMESPACES)
        raise LeaseError(
            f"there is no DaemonSet calico-node in {where}, so the namespace for the Lease is not known"
        )
    return str(daemonset["metadata"]["namespace"])


async def take(api: Api, namespace: str, holder: Holder, say: Callable[[str], None]) -> str:
    """Have the Lease; whose hold was taken over, "" for nobody's. LeaseError where another run has it.

    A run that is there renews its hold every few seconds: that is waited for. One that is gone does not, and
    its hold ends by itself.
    """
    held, first, spoken = Leases(api, namespace), None, 0.0
    while True:
        seen = await _bounded(held.read())
        lease = seen.lease
        if lease is None or not lease.held(seen.now):
            if await _bounded(held.write(holder, seen)):
                return leases.took_over(lease, seen.now) if lease and lease.holder else ""
            continue
        first = first or lease
        if (lease.uid, lease.version) != (first.uid, first.version):
            raise LeaseError(leases.refusal(lease, seen.now))
        if time.monotonic() - spoken >= SPEAK:
            say(leases.waiting(lease, seen.now))
            spoken = time.monotonic()
        await asyncio.sleep(POLL)


def holder_now(way: Way, namespace: str) -> str:
    """Who holds the cluster in this moment, by identity, "" for nobody; WayError where nobody answers."""
    found = asyncio.run(kube_way.fetch(way, f"{_LEASES.format(namespace)}/{leases.NAME}", missing=True))
    holder = leases.lease_from(found).holder if found else None
    return holder.identity if holder else ""


async def renew(held: Leases, holder: Holder) -> str:
    """Have the Lease a while longer; "" where it is still ours, else who took it, in words."""
    while True:
        seen = await _bounded(held.read())
        if seen.lease is None or seen.lease.holder is None:
            return "its Lease was taken away"
        if seen.lease.holder.identity != holder.identity:
            return f"its Lease was taken over: {seen.lease.holder.told}"
        if await _bounded(held.write(holder, seen)):
            return ""


async def give_back(api: Api, namespace: str, identity: str) -> bool:
    """Give the Lease back; whether it was still ours."""
    held = Leases(api, namespace)
    for _again in range(3):
        seen = await _bounded(held.read())
        if seen.lease is None or seen.lease.holder is None or seen.lease.holder.identity != identity:
            return False
        if await _bounded(held.remove(seen.lease)):
            return True
    return False


async def take_away(api: Api, namespace: str) -> str:
    """End whatever hold there is, in words; "" where nobody holds the cluster."""
    held = Leases(api, namespace)
    for _again in range(3):
        seen = await _bounded(held.read())
        if seen.lease is None:
            return ""
        if await _bounded(held.remove(seen.lease)):
            return seen.lease.holder.told if seen.lease.holder and seen.lease.held(seen.now) else ""
    raise LeaseError("the Lease changes while it is being taken away; try again")


async def _bounded(step: Awaitable[Done]) -> Done:
    try:
        return await asyncio.wait_for(step, PATIENCE)
    except (TimeoutError, asyncio.TimeoutError):
        raise LeaseError(f"the Kubernetes API did not answer within {PATIENCE:.0f} s") from None


def with_api(access: Mapping[str, str], work: Callable[[Api], Awaitable[Done]]) -> Done:
    """Do something with the API that kubeconfig and context lead to; LeaseError says why it could not be."""

    async def run() -> Done:
        async with connected(access) as api:
            return await work(api)

    try:
        return asyncio.run(run())
    except LeaseError:
        raise
    except ExecError as exc:
        raise LeaseError(str(exc)) from None
    except Exception as exc:  # of aiohttp, TLS, JSON or a kubeconfig: no Lease, whatever it is
        raise LeaseError(brief(f"the Kubernetes API cannot be asked: {type(exc).__name__}: {exc}")) from None
