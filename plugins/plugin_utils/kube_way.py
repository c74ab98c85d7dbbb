# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the Kubernetes API, made ready while all is well, and bounded requests on it.

Needs no Ansible. `prepare` finds out all that takes time or may be gone later; after it nothing is looked up,
and no name is resolved.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..module_utils import rundir
from ..module_utils.model.data import to_data
from ..module_utils.printable import brief
from . import kube_exec

with suppress(ImportError):  # kube_exec.MISSING says so
    import aiohttp

#: Seconds for one request on one address, connection and answer.
TRY = 3.0
#: Seconds for what may take its time before the cut: a program that gets the credentials, resolving a name.
READY = 20.0
#: Bytes of one answer.
MOST = 4 << 20
#: Where the objects of Calico are.
GROUP = "/apis/projectcalico.org/v3"
ENDPOINTS = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
NOT_FOUND, UNAVAILABLE = 404, 503

_Result = TypeVar("_Result")


class WayError(Exception):
    """Why a request was not answered, or refused, on one line.

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


def prepare(access: Mapping[str, str], addresses: tuple[Address, ...] = ()) -> Way:
    """The way to the API that kubeconfig and context of `access` lead to, or what the environment says.

    `addresses` are those that were found out before; without them names are resolved now, and the API is
    asked where else it is. WayError where there is no way, or none is found within READY seconds.
    """
    if kube_exec.MISSING:
        raise WayError(
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
        raise WayError(f"the kubeconfig leads nowhere ({why}): check kubeconfig and context") from exc
    named = Address(configuration.host, str(request.pop("server_hostname", "")))
    if addresses or "proxy" in request:
        return Way(addresses or (named,), request)
    found = resolved(named)
    way = Way(found, request)
    with suppress(WayError):  # nobody has to have this right
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
    that is `missing`. WayError where none does."""
    error = WayError("there is no address to ask")
    async with session() as http:
        for address in way.addresses:
            asked = request(http, way, address, "GET", path, query=query, accept=accept)
            try:
                return await bounded(asked, limit)
            except WayError as exc:
                if missing and exc.status == NOT_FOUND:
                    return {}
                error = exc
    raise error


def remove(way: Way, path: str, *, dry_run: bool = False) -> bool:
    """Delete an object; whether it was there. WayError where that is not known."""
    return asyncio.run(_remove(way, path, dry_run))


async def _remove(way: Way, path: str, dry_run: bool) -> bool:
    one = way.addresses[0]
    query = {"dryRun": "All"} if dry_run else {}
    async with session() as http:
        try:
            await bounded(request(http, way, one, "DELETE", path, query=query))
        except WayError as exc:
            if exc.status == NOT_FOUND:
                return False
            raise
    return True


async def request(
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
                raise WayError(f"the API's answer has more than {MOST} bytes")
        if answer.status >= 300:
            raise _refusal(answer.status, bytes(text))
        with suppress(ValueError):
            made = json.loads(text)
            if isinstance(made, dict):
                return made
        raise WayError("what answers there is no Kubernetes API")


def _refusal(status: int, text: bytes) -> WayError:
    said = text.decode(errors="replace")
    with suppress(ValueError, KeyError, TypeError):
        said = str(json.loads(said)["message"])
    advice = " (docs/rbac.yaml has the rights)" if status in (401, 403) else ""
    # A server that is in trouble (5xx) may have done what it was asked.
    return WayError(
        brief(f"the Kubernetes API answered {status}: {said}{advice}"), answered=status < 500, status=status
    )


async def bounded(asked: Awaitable[_Result], seconds: float | None = None) -> _Result:
    """What is asked of an address, within TRY seconds or so many; every trouble is a WayError."""
    limit = TRY if seconds is None else seconds
    try:
        async with asyncio.timeout(limit):
            return await asked
    except TimeoutError:
        raise silent(limit) from None
    except WayError:
        raise
    except Exception as exc:  # of aiohttp, TLS or what the API said
        raise as_told(exc) from exc


def silent(seconds: float) -> WayError:
    return WayError(f"no answer within {seconds:.0f} seconds")


def as_told(exc: BaseException) -> WayError:
    return WayError(brief(f"the Kubernetes API does not answer: {type(exc).__name__}: {exc}"))


def session() -> Any:
    """Connections that are closed after use: one that is dead must not be taken again."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        timeout=aiohttp.ClientTimeout(total=None),
    )


def _within(seconds: float, work: Callable[[], _Result], why: str) -> _Result:
    """What `work` gives within so many seconds, else WayError; whatever it still does is left alone."""
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
        raise WayError(f"{why} within {seconds:.0f} seconds")
    return found[0]
