# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to turn the mesh on or off: a patch, bounded in time, on every address of the API there is.

Needs no Ansible: role calico_mesh uses it, and whoever else has to turn the mesh on. `prepare` finds out all
that takes time or may be gone later; after it nothing is looked up, and no name is resolved.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..module_utils import rundir
from ..module_utils.calico import cluster, objects
from ..module_utils.model.cluster import DEFAULT_ASN
from ..module_utils.model.data import to_data
from ..module_utils.printable import brief
from . import kube_exec

with suppress(ImportError):  # kube_exec.MISSING says so
    import aiohttp

#: Seconds for one try on one address, connection, request and answer; where the mesh is to come on, the next
#: try begins then, and this one is still waited for.
TRY = 3.0
#: Seconds for an answer where nothing better can be done than to wait.
SLOWEST = 24.0
#: Seconds between two tries, and between two signs of life.
PAUSE = SPEAK = 1.0
#: Seconds for which turning the mesh on is tried where nobody says otherwise.
PATIENCE = 60.0
#: Seconds for what may take its time before the cut: a program that gets the credentials, resolving a name.
READY = 20.0
#: Bytes of one answer.
MOST = 4 << 20
GROUP = "/apis/projectcalico.org/v3"
CONFIGURATIONS = GROUP + "/bgpconfigurations"
DEFAULT = CONFIGURATIONS + "/default"
#: Where the aggregated API server of Calico keeps them: served even where that one is gone.
STORED = "/apis/crd.projectcalico.org/v1/bgpconfigurations/default"
#: Says whether projectcalico.org/v3 is served by an aggregated API server.
SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v3.projectcalico.org"
ENDPOINTS = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
NOT_FOUND, UNAVAILABLE = 404, 503

Say = Callable[[str], None]
_Result = TypeVar("_Result")


class SwitchError(Exception):
    """Why the mesh was not switched, or not known to be, on one line.

    `answered`: the API refused; otherwise it may have done what it was asked.
    """

    def __init__(self, why: str, *, answered: bool = False, status: int = 0) -> None:
        super().__init__(why)
        self.answered, self.status = answered, status


@dataclass(frozen=True)
class Address:
    """One address of the API: what requests go to, the name that its certificate must have ("" for that of
    the address), and the header Host ("" for the address)."""

    url: str
    server_name: str = ""
    host: str = ""

    @property
    def title(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Way:
    """All that is needed to reach the API. It holds credentials: never print it, never write it down.

    `request` is what every request gets, `known` the last reading of BGPConfiguration `default`
    (Cluster.configuration), None where it was not read.
    """

    addresses: tuple[Address, ...]
    request: Mapping[str, Any] = field(repr=False)
    known: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Switched:
    """What became of it: `changed`, the mesh as the API said afterwards, BGPConfiguration `default` before
    (None where it was not read, or there was none) and after it (Cluster.configuration), and the address."""

    changed: bool
    mesh: bool
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    through: str


def prepare(access: Mapping[str, str], addresses: tuple[Address, ...] = ()) -> Way:
    """The way to the API that kubeconfig and context of `access` lead to, or what the environment says.

    `addresses` are those that were found out before; without them names are resolved now, and the API is
    asked where else it is. SwitchError where there is no way, or none is found within READY seconds.
    """
    if kube_exec.MISSING:
        raise SwitchError(
            f"a library is missing where Ansible runs ({kube_exec.MISSING}): install kubernetes and aiohttp"
        )
    return _within(READY, lambda: _prepare(access, addresses), "kubeconfig and credentials were not read")


def keep(run: Path, way: Way, known: Mapping[str, Any]) -> None:
    """Keep in the run directory where the API is, and what BGPConfiguration is to be after the cut.

    No credentials: those are read again from the kubeconfig.
    """
    rundir.write(run / rundir.WAY, {"addresses": [to_data(one) for one in way.addresses], "known": known})


def kept(run: Path | None, access: Mapping[str, str]) -> Way:
    """The way as `prepare` gives it, by what the run directory knows of it, where there is one that can be
    read."""
    known: Mapping[str, Any] = {}
    if run is not None:
        with suppress(OSError, rundir.RunDirectoryError):
            known = rundir.read(run / rundir.WAY)
    addresses = tuple(Address(**each) for each in known.get("addresses", ()))
    return replace(prepare(access, addresses), known=known.get("known"))


def _prepare(access: Mapping[str, str], addresses: tuple[Address, ...]) -> Way:
    try:
        configuration, headers = kube_exec.configured(access)
        request = kube_exec.how(configuration, headers, kube_exec.tls(configuration))
    except Exception as exc:  # of the library kubernetes, of ssl, of a program for credentials
        why = brief(f"{type(exc).__name__}: {exc}")
        raise SwitchError(f"the kubeconfig leads nowhere ({why}): check kubeconfig and context") from exc
    named = Address(configuration.host, str(request.pop("server_hostname", "")))
    if addresses or "proxy" in request:
        return Way(addresses or (named,), request)
    found = resolved(named)
    way = Way(found, request)
    with suppress(SwitchError):  # nobody has to have this right
        others = endpoints(asyncio.run(fetch(way, ENDPOINTS)), named)
        way = replace(way, addresses=tuple(dict.fromkeys((*found, *others))))
    return way


def resolved(named: Address) -> tuple[Address, ...]:
    """Every address that the API's name has now; the name itself where it has none."""
    parts = urlsplit(named.url)
    host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    try:
        there = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return (named,)
    numbers = dict.fromkeys(str(each[4][0]) for each in there)
    return tuple(
        Address(
            f"{parts.scheme}://{_bracketed(number)}:{port}{parts.path}",
            named.server_name or ("" if number == host else host),
            "" if number == host else parts.netloc,
        )
        for number in numbers
    )


def endpoints(slice_: Mapping[str, Any], named: Address) -> tuple[Address, ...]:
    """The API servers behind the service `kubernetes`, out of its EndpointSlice.

    They show the certificate that the kubeconfig asks for, or are not believed. Nothing where the kubeconfig
    leads through something that has a path, as Rancher: its credentials are good there alone.
    """
    parts = urlsplit(named.url)
    if parts.path.strip("/") or parts.scheme != "https":
        return ()
    ports = [each["port"] for each in slice_.get("ports") or () if each.get("port")]
    ready = [
        each
        for each in slice_.get("endpoints") or ()
        if (each.get("conditions") or {}).get("ready") is not False
    ]
    name = named.server_name or parts.hostname or ""
    return tuple(
        Address(f"https://{_bracketed(str(number))}:{port}", "" if number == name else name)
        for each in ready
        for number in each.get("addresses") or ()
        for port in ports[:1]
    )


def _bracketed(number: str) -> str:
    return f"[{number}]" if ":" in number else number


def read(way: Way, limit: float | None = None) -> Mapping[str, Any] | None:
    """BGPConfiguration `default` (Cluster.configuration) as it is now, None where there is none.

    SwitchError where no address answers within `limit` seconds (TRY).
    """
    return asyncio.run(_read(way, limit))


def mesh_of(configuration: Mapping[str, Any] | None) -> bool:
    """Whether the mesh is on (unset means on)."""
    return (configuration or {}).get("spec", {}).get("nodeToNodeMeshEnabled") is not False


def turn_on(
    way: Way, say: Say, *, patience: float = PATIENCE, dry_run: bool = False, beside: float | None = None
) -> Switched:
    """Turn the mesh on, whoever changed what meanwhile: on all addresses at the same time, again and again.

    SwitchError where nobody has done it within `patience` seconds; `say` hears every second where it stands.
    A try that was not answered for `beside` seconds (TRY) gets the next one beside it, or is the last one
    where patience is over.
    """
    return asyncio.run(_turn_on(way, say, patience, dry_run, TRY if beside is None else beside))


def turn_off(
    way: Way, configuration: Mapping[str, Any] | None, asn: int, say: Say, *, dry_run: bool = False
) -> Switched:
    """Turn the mesh off by one patch of `configuration`, which the API refuses where it was changed since.

    It is tried once, on the first address. SwitchError where that went wrong.
    """
    return asyncio.run(_turn_off(way, configuration, asn, say, dry_run))


async def _turn_off(
    way: Way, configuration: Mapping[str, Any] | None, asn: int, say: Say, dry_run: bool
) -> Switched:
    one = way.addresses[0]
    async with _session() as http:
        switching = _switch(http, way, one, False, configuration, asn, dry_run)
        return await _said("turning the mesh off", say, {one.title}, _bounded(switching))


async def _turn_on(way: Way, say: Say, patience: float, dry_run: bool, beside: float) -> Switched:
    end = time.monotonic() + patience
    known: list[Mapping[str, Any]] = [way.known] if way.known else []
    why: dict[str, SwitchError] = {}
    tries: dict[asyncio.Task[Switched], Address] = {}
    async with _session() as http:
        try:
            while True:
                began = time.monotonic()
                # A connection may be dead while the API is well, or slow while it works: both are tried.
                new = {
                    asyncio.create_task(_bounded(_on(http, way, one, known, dry_run), SLOWEST)): one
                    for one in way.addresses
                    if sum(address == one for address in tries.values()) < SLOWEST / TRY
                }
                tries.update(new)
                what = f"turning the mesh on ({max(end - began, 0):.0f} s left)"
                work = _first(tries, set(new), why, beside)
                found = await _said(what, say, {one.title for one in way.addresses}, work)
                if found is not None:
                    return found
                told = "; ".join(f"{title}: {error}" for title, error in why.items())
                if time.monotonic() >= end:
                    raise SwitchError(told, answered=not tries and all(e.answered for e in why.values()))
                say(f"the mesh is not on yet: {told}")
                await asyncio.sleep(max(PAUSE - (time.monotonic() - began), 0))
        finally:
            for each in tries:
                each.cancel()
            await asyncio.gather(*tries, return_exceptions=True)


async def _first(
    tries: dict[asyncio.Task[Switched], Address],
    new: Collection[asyncio.Task[Switched]],
    why: dict[str, SwitchError],
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
            told = error if isinstance(error, SwitchError) else _as_told(error)
            if told.answered or address.title not in why:
                why[address.title] = told
        if not done or (new and not any(each in tries for each in new)):
            break
    for address in tries.values():
        why.setdefault(address.title, _silent(seconds))
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
    except SwitchError as exc:
        if exc.status == NOT_FOUND:
            known.clear()  # It was there, and is not.
        if exc.status != UNAVAILABLE:
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
    made = await _request(http, way, address, method, path, body, dry_run)
    return _switched(enabled, live, made, address)


async def _switch_stored(
    http: Any,
    way: Way,
    address: Address,
    live: Mapping[str, Any] | None,
    dry_run: bool,
    error: SwitchError,
) -> Switched:
    """The same where Calico's aggregated API server is gone, as it may be with the routes to its pods.

    Only where the API says that there is one: elsewhere what lies there is old, and steers nothing.
    """
    try:
        service = await _request(http, way, address, "GET", SERVICE)
        if not (service.get("spec") or {}).get("service"):
            raise error
        wanted = objects.mesh_manifest(live or {"spec": {}, "annotations": {}}, True)["spec"]
        made = await _request(http, way, address, "PATCH", STORED, {"spec": wanted}, dry_run)
    except SwitchError as exc:
        raise error from exc
    return _switched(True, live, made, address)


def _switched(
    enabled: bool, live: Mapping[str, Any] | None, made: Mapping[str, Any], address: Address
) -> Switched:
    after = cluster.read_configuration(made)
    if mesh_of(after) != enabled:
        raise SwitchError(
            f"the API took it, and says that the mesh is {'off' if enabled else 'on'}: "
            "somebody changes it at the same time"
        )
    changed = live is None or live["resourceVersion"] != after["resourceVersion"]
    return Switched(changed, enabled, live, after, address.title)


async def _read(way: Way, limit: float | None) -> Mapping[str, Any] | None:
    made = await fetch(way, DEFAULT, missing=True, limit=limit)
    return cluster.read_configuration(made) if made else None


async def fetch(
    way: Way,
    path: str,
    *,
    missing: bool = False,
    query: Mapping[str, str] | None = None,
    accept: str = "",
    limit: float | None = None,
) -> dict[str, Any]:
    """What the first address that answers says, `limit` seconds (TRY) for each; {} for a missing object where
    that is `missing`. SwitchError where none does."""
    error = SwitchError("there is no address to ask")
    async with _session() as http:
        for address in way.addresses:
            asked = _request(http, way, address, "GET", path, query=query, accept=accept)
            try:
                return await _bounded(asked, limit)
            except SwitchError as exc:
                if missing and exc.status == NOT_FOUND:
                    return {}
                error = exc
    raise error


def remove(way: Way, path: str, *, dry_run: bool = False) -> bool:
    """Delete an object; whether it was there. SwitchError where that is not known."""
    return asyncio.run(_remove(way, path, dry_run))


async def _remove(way: Way, path: str, dry_run: bool) -> bool:
    one = way.addresses[0]
    query = {"dryRun": "All"} if dry_run else {}
    async with _session() as http:
        try:
            await _bounded(_request(http, way, one, "DELETE", path, query=query))
        except SwitchError as exc:
            if exc.status == NOT_FOUND:
                return False
            raise
    return True


async def _get(http: Any, way: Way, address: Address) -> Mapping[str, Any] | None:
    try:
        return cluster.read_configuration(await _request(http, way, address, "GET", DEFAULT))
    except SwitchError as exc:
        if exc.status == NOT_FOUND:
            return None
        raise


async def _request(
    http: Any,
    way: Way,
    address: Address,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    query: Mapping[str, str] | None = None,
    accept: str = "",
) -> dict[str, Any]:
    """One request, and the object that it was answered with."""
    given = dict(way.request)
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    given["headers"] = {**given.get("headers", {}), "Content-Type": kind}
    if accept:
        given["headers"]["Accept"] = accept
    if address.host:
        given["headers"]["Host"] = address.host
    if address.server_name:
        given["server_hostname"] = address.server_name
    data = None if body is None else json.dumps(body).encode()
    asked = {**(query or {}), **({"dryRun": "All"} if dry_run and body is not None else {})}
    async with http.request(method, address.url + path, data=data, params=asked, **given) as answer:
        text = bytearray()
        async for piece in answer.content.iter_any():
            text += piece
            if len(text) > MOST:
                raise SwitchError(f"the API's answer has more than {MOST} bytes")
        if answer.status >= 300:
            raise _refusal(answer.status, bytes(text))
        with suppress(ValueError):
            made = json.loads(text)
            if isinstance(made, dict):
                return made
        raise SwitchError("what answers there is no Kubernetes API")


def _refusal(status: int, text: bytes) -> SwitchError:
    said = text.decode(errors="replace")
    with suppress(ValueError, KeyError, TypeError):
        said = str(json.loads(said)["message"])
    advice = " (docs/rbac.yaml has the rights)" if status in (401, 403) else ""
    # A server that is in trouble (5xx) may have done what it was asked.
    return SwitchError(
        brief(f"the Kubernetes API answered {status}: {said}{advice}"), answered=status < 500, status=status
    )


async def _bounded(asked: Awaitable[_Result], seconds: float | None = None) -> _Result:
    """What is asked of an address, within TRY seconds or so many; every trouble is a SwitchError."""
    limit = TRY if seconds is None else seconds
    try:
        async with asyncio.timeout(limit):
            return await asked
    except TimeoutError:
        raise _silent(limit) from None
    except SwitchError:
        raise
    except Exception as exc:  # of aiohttp, TLS or what the API said
        raise _as_told(exc) from exc


def _silent(seconds: float) -> SwitchError:
    return SwitchError(f"no answer within {seconds:.0f} seconds")


def _as_told(exc: BaseException) -> SwitchError:
    return SwitchError(brief(f"the Kubernetes API does not answer: {type(exc).__name__}: {exc}"))


async def _said(what: str, say: Say, titles: set[str], work: Coroutine[Any, Any, _Result]) -> _Result:
    """What `work` gives; `say` hears every second that it is still going on."""
    task = asyncio.ensure_future(work)
    began = time.monotonic()
    while True:
        done, _open = await asyncio.wait({task}, timeout=SPEAK)
        if done:
            return task.result()
        say(f"{what}: no answer of {', '.join(sorted(titles))} for {time.monotonic() - began:.0f} s")


def _session() -> Any:
    """Connections that are closed after use: one that is dead must not be taken again."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        timeout=aiohttp.ClientTimeout(total=None),
    )


def _within(seconds: float, work: Callable[[], _Result], why: str) -> _Result:
    """What `work` gives within so many seconds, else SwitchError; whatever it still does is left alone."""
    found: list[_Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as exc:  # told to whoever waits
            failed.append(exc)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise SwitchError(f"{why} within {seconds:.0f} seconds")
    return found[0]
