# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to turn the mesh on or off: a patch, bounded in time, on every address of the API there is.

Needs no Ansible: role calico_mesh uses it, and whoever else has to turn the mesh on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..module_utils.calico import cluster, objects
from ..module_utils.model.cluster import DEFAULT_ASN
from . import kube_way
from .kube_way import GROUP, Address, Way, WayError

#: Seconds for an answer where nothing better can be done than to wait; the next try begins after kube_way.TRY
#: beside it.
SLOWEST = 24.0
#: Seconds between two tries, and between two signs of life.
PAUSE = SPEAK = 1.0
#: Seconds for which turning the mesh on is tried where nobody says otherwise.
PATIENCE = 60.0
CONFIGURATIONS = GROUP + "/bgpconfigurations"
DEFAULT = CONFIGURATIONS + "/default"
#: Where the aggregated API server of Calico keeps them: served even where that one is gone.
STORED = "/apis/crd.projectcalico.org/v1/bgpconfigurations/default"
#: Says whether projectcalico.org/v3 is served by an aggregated API server.
SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v3.projectcalico.org"

Say = Callable[[str], None]
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Switched:
    """What became of it: `changed`, the mesh as the API said afterwards, BGPConfiguration `default` before
    (None where it was not read, or there was none) and after it (Cluster.configuration), and the address."""

    changed: bool
    mesh: bool
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    through: str


def read(way: Way, limit: float | None = None) -> Mapping[str, Any] | None:
    """BGPConfiguration `default` (Cluster.configuration) as it is now, None where there is none.

    WayError where no address answers within `limit` seconds (kube_way.TRY).
    """
    return asyncio.run(_read(way, limit))


def mesh_of(configuration: Mapping[str, Any] | None) -> bool:
    """Whether the mesh is on (unset means on)."""
    return (configuration or {}).get("spec", {}).get("nodeToNodeMeshEnabled") is not False


def turn_on(
    way: Way, say: Say, *, patience: float = PATIENCE, dry_run: bool = False, beside: float | None = None
) -> Switched:
    """Turn the mesh on, whoever changed what meanwhile: on all addresses at the same time, again and again.

    WayError where nobody has done it within `patience` seconds; `say` hears every second where it stands.
    A try that was not answered for `beside` seconds (kube_way.TRY) gets the next one beside it, or is the
    last one where patience is over.
    """
    return asyncio.run(_turn_on(way, say, patience, dry_run, kube_way.TRY if beside is None else beside))


def turn_off(
    way: Way, configuration: Mapping[str, Any] | None, asn: int, say: Say, *, dry_run: bool = False
) -> Switched:
    """Turn the mesh off by one patch of `configuration`, which the API refuses where it was changed since.

    It is tried once, on the first address. WayError where that went wrong.
    """
    return asyncio.run(_turn_off(way, configuration, asn, say, dry_run))


async def _turn_off(
    way: Way, configuration: Mapping[str, Any] | None, asn: int, say: Say, dry_run: bool
) -> Switched:
    one = way.addresses[0]
    async with kube_way.session() as http:
        switching = _switch(http, way, one, False, configuration, asn, dry_run)
        return await _said("turning the mesh off", say, {one.title}, kube_way.bounded(switching))


async def _turn_on(way: Way, say: Say, patience: float, dry_run: bool, beside: float) -> Switched:
    end = time.monotonic() + patience
    known: list[Mapping[str, Any]] = [way.known] if way.known else []
    why: dict[str, WayError] = {}
    tries: dict[asyncio.Task[Switched], Address] = {}
    async with kube_way.session() as http:
        try:
            while True:
                began = time.monotonic()
                # A connection may be dead while the API is well, or slow while it works: both are tried.
                new = {
                    asyncio.create_task(kube_way.bounded(_on(http, way, one, known, dry_run), SLOWEST)): one
                    for one in way.addresses
                    if sum(address == one for address in tries.values()) < SLOWEST / kube_way.TRY
                }
                tries.update(new)
                what = f"turning the mesh on ({max(end - began, 0):.0f} s left)"
                work = _first(tries, set(new), why, beside)
                found = await _said(what, say, {one.title for one in way.addresses}, work)
                if found is not None:
                    return found
                told = "; ".join(f"{title}: {error}" for title, error in why.items())
                if time.monotonic() >= end:
                    raise WayError(told, answered=not tries and all(e.answered for e in why.values()))
                say(f"the mesh is not on yet: {told}")
                await asyncio.sleep(max(PAUSE - (time.monotonic() - began), 0))
        finally:
            for each in tries:
                each.cancel()
            await asyncio.gather(*tries, return_exceptions=True)


async def _first(
    tries: dict[asyncio.Task[Switched], Address],
    new: Collection[asyncio.Task[Switched]],
    why: dict[str, WayError],
    seconds: float,
) -> Switched | None:
    """The first one that did it; None where nobody did within so many seconds, or all new ones were refused.

    `tries` keeps those that go on, `why` gets what went wrong, by address.
    """
    until = time.monotonic() + seconds
    why.clear()
    while tries:
        left = max(until - time.monotonic(), 0)
        done, _open = await asyncio.wait(tries, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            address, error = tries.pop(each), each.exception()
            if error is None:
                return each.result()
            told = error if isinstance(error, WayError) else kube_way.as_told(error)
            if told.answered or address.title not in why:
                why[address.title] = told
        if not done or (new and not any(each in tries for each in new)):
            break
    for address in tries.values():
        why.setdefault(address.title, kube_way.silent(seconds))
    return None


async def _on(
    http: Any, way: Way, address: Address, known: list[Mapping[str, Any]], dry_run: bool
) -> Switched:
    """One try on one address. What was read once is not read again, as a slow API is slow each time."""
    if not known:
        live = await _get(http, way, address)
        if live is not None:
            known.append(live)
    live = known[0] if known else None
    try:
        return await _switch(http, way, address, True, live, DEFAULT_ASN, dry_run)
    except WayError as exc:
        if exc.status == kube_way.NOT_FOUND:
            known.clear()  # It was there, and is not.
        if exc.status != kube_way.UNAVAILABLE:
            raise
        return await _switch_stored(http, way, address, live, dry_run, exc)


async def _switch(
    http: Any,
    way: Way,
    address: Address,
    enabled: bool,
    live: Mapping[str, Any] | None,
    asn: int,
    dry_run: bool,
) -> Switched:
    """Patch BGPConfiguration `default`, or create it where there is none; the answer is what is there now."""
    body = objects.mesh_manifest(live, enabled, asn)
    method, path = ("POST", CONFIGURATIONS) if live is None else ("PATCH", DEFAULT)
    made = await kube_way.request(http, way, address, method, path, body, dry_run)
    return _switched(enabled, live, made, address)


async def _switch_stored(
    http: Any,
    way: Way,
    address: Address,
    live: Mapping[str, Any] | None,
    dry_run: bool,
    error: WayError,
) -> Switched:
    """The same where Calico's aggregated API server is gone, as it may be with the routes to its pods.

    Only where the API says that there is one: elsewhere what lies there is old, and steers nothing.
    """
    try:
        service = await kube_way.request(http, way, address, "GET", SERVICE)
        if not (service.get("spec") or {}).get("service"):
            raise error
        wanted = objects.mesh_manifest(live or {"spec": {}, "annotations": {}}, True)["spec"]
        made = await kube_way.request(http, way, address, "PATCH", STORED, {"spec": wanted}, dry_run)
    except WayError as exc:
        raise error from exc
    return _switched(True, live, made, address)


def _switched(
    enabled: bool, live: Mapping[str, Any] | None, made: Mapping[str, Any], address: Address
) -> Switched:
    after = cluster.read_configuration(made)
    if mesh_of(after) != enabled:
        raise WayError(
            f"the API took it, and says that the mesh is {'off' if enabled else 'on'}: "
            "somebody changes it at the same time"
        )
    changed = live is None or live["resourceVersion"] != after["resourceVersion"]
    return Switched(changed, enabled, live, after, address.title)


async def _read(way: Way, limit: float | None) -> Mapping[str, Any] | None:
    made = await kube_way.fetch(way, DEFAULT, missing=True, limit=limit)
    return cluster.read_configuration(made) if made else None


async def _get(http: Any, way: Way, address: Address) -> Mapping[str, Any] | None:
    try:
        return cluster.read_configuration(await kube_way.request(http, way, address, "GET", DEFAULT))
    except WayError as exc:
        if exc.status == kube_way.NOT_FOUND:
            return None
        raise


async def _said(what: str, say: Say, titles: set[str], work: Coroutine[Any, Any, _Result]) -> _Result:
    """What `work` gives; `say` hears every second that it is still going on."""
    task = asyncio.ensure_future(work)
    began = time.monotonic()
    while True:
        done, _open = await asyncio.wait({task}, timeout=SPEAK)
        if done:
            return task.result()
        say(f"{what}: no answer of {', '.join(sorted(titles))} for {time.monotonic() - began:.0f} s")
