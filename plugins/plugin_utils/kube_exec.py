# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""birdcl in pods over the Kubernetes API: a WebSocket each, bounded in bytes and time.

By aiohttp: one loop serves thousands of sessions, and each is bounded. The WebSocket of kubernetes.stream has
no timeout to connect or for a frame that comes in part, and collects what comes without a bound.
"""

from __future__ import annotations

import json
import os
import ssl
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ..module_utils.calico import birdcl, pods
from ..module_utils.calico.pages import GONE, Pages
from ..module_utils.calico.pods import Pod
from ..module_utils.printable import brief

try:
    import aiohttp
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client as k8s_client

    MISSING = ""
except ImportError as exc:
    MISSING = str(exc)

PAGE = 500
#: Bytes of one page of pods, of one frame, of a refusal.
PAGE_BYTES, FRAME, REFUSAL = 64 << 20, 1 << 20, 4096
#: The kinds of a frame's first byte (Kubernetes: v4.channel.k8s.io, v5.channel.k8s.io).
STDIN, STDOUT, STDERR, STATUS = range(4)
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
RIGHTS = "docs/rbac-exec.yaml has the rights"


class ExecError(Exception):
    """Why there is no answer, on one line."""


@dataclass(frozen=True)
class Answer:
    """What the API answered to a request, whatever it was, and when by its own clock (epoch)."""

    status: int
    data: Any
    at: float


class RefusedError(ExecError):
    """The API refused a request; `status` is its HTTP code."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Api:
    """The API that a kubeconfig leads to, for one event loop; made inside `connected`."""

    def __init__(self, configuration: Any, headers: Mapping[str, str], http: Any) -> None:
        self._configuration, self._headers, self._http = configuration, headers, http
        self._tls = tls(configuration)

    async def pods(self, namespace: str) -> tuple[Pod, ...]:
        """The pods of Calico's DaemonSet in `namespace`; ExecError where they cannot be read."""
        path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets/calico-node"
        daemonset = (await self._get(path, {}))["metadata"]["uid"]
        path = f"/api/v1/namespaces/{namespace}/pods"
        pages = Pages(path, PAGE, partial(pods.read_pod, daemonset))
        while not pages.done:
            try:
                pages.take(await self._get(path, {"labelSelector": pods.SELECTOR, **pages.query}))
            except RefusedError as exc:
                if exc.status != GONE or not pages.begun:
                    raise
                pages.again()
        return tuple(pod for pod in pages.found if pod is not None)

    async def birdcl(self, namespace: str, pod: str, socket: str) -> Birdcl:
        """A session of birdcl in a pod; ExecError or an error of aiohttp where there is none."""
        words = [("command", word) for word in birdcl.command(socket)]
        streams = [("container", pods.CONTAINER), ("stdin", "true"), ("stdout", "true"), ("stderr", "true")]
        made = await self._http.ws_connect(
            f"{self._configuration.host}/api/v1/namespaces/{namespace}/pods/{pod}/exec",
            params=[*words, *streams],
            protocols=PROTOCOLS,
            max_msg_size=FRAME,
            **how(self._configuration, self._headers, self._tls),
        )
        return Birdcl(made)

    async def request(self, method: str, path: str, body: Any = None) -> Answer:
        """One small request; that it is refused is an answer too."""
        async with self._http.request(
            method,
            self._configuration.host + path,
            json=body,
            raise_for_status=False,
            **how(self._configuration, self._headers, self._tls),
        ) as answer:
            said = await _whole(answer, FRAME)
            at = parsedate_to_datetime(answer.headers["Date"]).timestamp()
            try:
                return Answer(answer.status, json.loads(said), at)
            except ValueError:
                return Answer(answer.status, {"message": brief(said.decode(errors="replace"))}, at)

    async def _get(self, path: str, query: Mapping[str, str]) -> Any:
        url, given = self._configuration.host + path, how(self._configuration, self._headers, self._tls)
        async with self._http.get(url, params=query, **given) as answer:
            return json.loads(await _whole(answer, PAGE_BYTES))


@asynccontextmanager
async def connected(access: Mapping[str, str]) -> AsyncIterator[Api]:
    """The API that kubeconfig and context of `access` lead to, or what the environment says (K8S_AUTH_*).

    ExecError where a library is missing; errors of the library kubernetes where there is no way to it.
    """
    if MISSING:
        raise ExecError(
            f"a library is missing where Ansible runs ({MISSING}): install kubernetes and aiohttp, or ask "
            "the nodes by SSH (calico_bgp_ask: ssh)"
        )
    configuration, headers = configured(access)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        raise_for_status=_refused,
    ) as http:
        yield Api(configuration, headers, http)


def configured(access: Mapping[str, str]) -> tuple[Any, Mapping[str, str]]:
    """What the library kubernetes makes of kubeconfig and context, or of the environment, and more headers.

    Nobody is asked over the network, unless the kubeconfig has a program that does so for its credentials.
    get_api_client would ask the API for its kinds, without a bound.
    """
    wish: Any = vars(k8s_client)
    found = wish["_create_configuration"](wish["_create_auth_spec"](None, **access))
    return found, wish["_create_headers"](None, **access)


def how(configuration: Any, headers: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """What every request needs; a token may be another one each time. `context` is what `tls` gave."""
    sent = {name: ",".join(value) if isinstance(value, list) else value for name, value in headers.items()}
    token = configuration.auth_settings().get("BearerToken", {}).get("value")
    if token:
        sent["Authorization"] = token
    elif configuration.username:
        sent["Authorization"] = configuration.get_basic_auth_token()
    given: dict[str, Any] = {"headers": sent, "ssl": context}
    if getattr(configuration, "tls_server_name", None):
        given["server_hostname"] = configuration.tls_server_name
    if configuration.proxy and not _bypassed(configuration):
        given["proxy"] = configuration.proxy
        given["proxy_headers"] = configuration.proxy_headers
    return given


def _bypassed(configuration: Any) -> bool:
    host = urlsplit(configuration.host).hostname or ""
    none = configuration.no_proxy or os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    bypass: Any = vars(urllib.request)["proxy_bypass_environment"]  # without a type
    return bool(bypass(host, {"no": none}))


async def _whole(answer: Any, most: int) -> bytes:
    """All of an answer, however it comes in; ExecError where it has more than `most` bytes."""
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > most:
            raise ExecError(f"{answer.url.path} has more than {most} bytes a page")
    return bytes(body)


async def _refused(answer: Any) -> None:
    """ExecError with what the API said where it refused a request."""
    if answer.status < 400:
        return
    said = (await answer.content.read(REFUSAL)).decode(errors="replace")
    with suppress(ValueError, KeyError, TypeError):
        said = str(json.loads(said)["message"])
    advice = f" ({RIGHTS})" if answer.status in (401, 403) else ""
    raise RefusedError(answer.status, brief(f"the Kubernetes API answered {answer.status}: {said}{advice}"))


def tls(configuration: Any) -> Any:
    """How to trust the API, and who we are, out of the configuration of the library kubernetes."""
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    if not configuration.verify_ssl or configuration.assert_hostname is False:
        context.check_hostname = False
    if not configuration.verify_ssl:
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


class Birdcl:
    """One session of birdcl; questions one after the other, each answered with the text of BIRD's socket."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        #: Bytes that it has printed so far.
        self.said = 0
        self._greeted = False
        self._errors = b""

    async def ask(self, question: str, most: int) -> str:
        """The answer to a question; ExecError where there is none, or one of more than `most` bytes."""
        if not self._greeted:
            await self._printed(most)
            self._greeted = True
        await self._stream.send_bytes(bytes([STDIN]) + question.encode() + b"\n")
        return birdcl.socket_text(question, await self._printed(most))

    async def close(self) -> None:
        """End it; birdcl ends with its standard input."""
        await self._stream.close()

    async def _printed(self, most: int) -> bytearray:
        """All until birdcl waits for a command."""
        printed = bytearray()
        while not birdcl.whole(printed):
            frame = await self._stream.receive()
            if frame.type is not aiohttp.WSMsgType.BINARY:
                raise ExecError(self._ended(printed))
            channel, data = frame.data[:1], frame.data[1:]
            if channel == bytes([STDOUT]):
                printed += data
                self.said += len(data)
            elif channel == bytes([STDERR]):
                self._errors = (self._errors + data)[:REFUSAL]
            elif channel == bytes([STATUS]):
                raise ExecError(self._ended(printed, data))
            if len(printed) > most:
                raise ExecError(f"its answer has more than {most} bytes")
        return printed

    def _ended(self, printed: bytearray, status: bytes = b"{}") -> str:
        """Why birdcl is not there, or no longer: what it said itself, else what the API server says.

        Where the connection to a kubelet breaks, that says Success (Kubernetes 1.36).
        """
        if self._errors.strip():
            said = self._errors.decode(errors="replace").strip().splitlines()[-1]
            return brief(f"BIRD's socket cannot be read: {said}")
        try:
            said = str(json.loads(status).get("message") or "")
        except (ValueError, AttributeError):
            said = status.decode(errors="replace")
        if said:
            return brief(f"birdcl does not run in it: {said}")
        return "the connection broke in the middle of its answer" if printed else "the connection broke"
