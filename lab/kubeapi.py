# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Kubernetes API: the real kube-apiserver and etcd on loopback, Calico's kinds and real RBAC."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml

from lab.kubepki import make_identity
from lab.kubeseed import seed
from lab.programs import Programs

__all__ = ["WORKERS", "ApiError", "KubeApi", "KubeApiError", "seed"]

HERE = Path(__file__).parent
OPERATOR = "calico-bgp-operator"
RIGHTS = ("rbac.yaml", "rbac-password.yaml", "rbac-exec.yaml")
#: The BGPPeer whose Secret the second names.
PEER = "peer-to-external-rr"
#: Where etcd listens: names below the API's directory, in which both programs run. etcd takes none without
#: what looks like a port.
CLIENT_SOCKET, PEER_SOCKET = "etcd-client:1", "etcd-peer:1"
WORKERS = 8
ATTEMPTS = 3
NOT_YET = (404, 429)  # what a new kind answers: not routed yet, storage still initializing
Json = dict[str, Any]


class ApiError(Exception):
    """The API refused a request (`status`, the HTTP code) or did not answer (`status` 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}" if status else message)
        self.status = status
        self.message = message


class KubeApiError(Exception):
    """The API server did not come up; the text says why and ends with its log's last lines."""


class KubeApi:
    """One API server with its etcd; everything it keeps lies in `directory`.

    The API listens on 127.0.0.1, where it asks for a token. etcd asks nobody who he is, so it listens on
    sockets in `directory`, which is its owner's alone. Their names are relative, as a Unix socket's path ends
    at 107 bytes.

    Its processes die with the thread that called `start`, so call it from one that lives as long as the lab.
    After `stop`, `start` brings the same API back: same address, same tokens, same objects. `peer` is the
    name of the BGPPeer for whose password there is a Secret.
    """

    def __init__(self, directory: Path, programs: Programs, peer: str = PEER) -> None:
        self._directory = directory.absolute()
        self._programs = programs
        self._peer = peer
        self._children: list[subprocess.Popen[bytes]] = []
        self._port = 0
        self._tokens = {"lab-admin": secrets.token_urlsafe(24), OPERATOR: secrets.token_urlsafe(24)}
        self._pool: urllib3.PoolManager | None = None
        self.admin_kubeconfig = self._directory / "admin.kubeconfig"
        self.operator_kubeconfig = self._directory / "operator.kubeconfig"
        self.log = self._directory / "kube-apiserver.log"

    @property
    def directory(self) -> Path:
        """Where its files lie, the certificates of the kubelet among them."""
        return self._directory

    @property
    def port(self) -> int:
        """Port of the API at 127.0.0.1."""
        return self._port

    @property
    def url(self) -> str:
        """Address of the API, https://127.0.0.1:PORT."""
        return f"https://127.0.0.1:{self._port}"

    def start(self, timeout: float = 60) -> None:
        """Start; return when Calico's kinds and the RBAC are served. KubeApiError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        if self._children:
            raise KubeApiError(f"The API server below {self._directory} is running already: stop it first.")
        first = not self._port
        if first:
            self._write_identity()
        for attempt in range(ATTEMPTS):
            if first:
                self._choose_port()
            self._spawn()
            try:
                self._wait_ready(deadline, timeout)
                self._install(deadline)
            except (KubeApiError, ApiError) as error:
                taken = "address already in use" in self._log_tail()
                self.stop()
                if not (first and taken and attempt + 1 < ATTEMPTS):
                    raise KubeApiError(str(error)) from None
            except BaseException:
                self.stop()
                raise
            else:
                return

    def stop(self) -> None:
        """End the processes; what they stored stays in the directory. Safe to call twice."""
        children, self._children = self._children, []
        for child in reversed(children):
            child.terminate()
        for child in reversed(children):
            try:
                child.wait(3)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def request(
        self, method: str, path: str, body: object | None = None, content_type: str = "application/json"
    ) -> Json:
        """One request as system:masters; the decoded answer, or ApiError. `path` may carry a query."""
        data = None if body is None else json.dumps(body).encode()
        response = self._send(method, path, data, content_type)
        if response.status >= 300:
            raise _refusal(response.status, response.data)
        answer: Json = json.loads(response.data)
        return answer

    def apply(self, path: str, obj: Json) -> Json:
        """Create or change the object at `path` by server-side apply, as field manager `lab`."""
        query = urlencode({"fieldManager": "lab", "force": "true"})
        return self.request("PATCH", f"{path}?{query}", obj, "application/apply-patch+yaml")

    def apply_all(self, items: Sequence[tuple[str, Json]]) -> None:
        """Apply many (path, object) pairs, several at a time, in no order."""
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda item: self.apply(*item), items))

    def watch(self, path: str, resource_version: str) -> Iterator[Json]:
        """The changes of the collection at `path` since `resource_version`.

        Each is {"type": "ADDED" | "MODIFIED" | "DELETED", "object": {...}}. Ends when the server closes the
        stream (list again then); ApiError 410 when the version is too old.
        """
        query = urlencode({"watch": "1", "resourceVersion": resource_version})
        response = self._send("GET", f"{path}?{query}", stream=True)
        try:
            if response.status >= 300:
                raise _refusal(response.status, response.read())
            for line in response:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise ApiError(status.get("code", 500), status.get("message", "the watch failed"))
                yield event
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(0, f"the watch of {path} broke off: {error}") from error
        finally:
            response.close()

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str = "application/json",
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        if self._pool is None:
            raise ApiError(0, "the API server was not started")
        headers = {"Authorization": f"Bearer {self._tokens['lab-admin']}", "Content-Type": content_type}
        patience = urllib3.Timeout(connect=5, read=None if stream else 30)
        try:
            return self._pool.request(
                method,
                self.url + path,
                body=body,
                headers=headers,
                timeout=patience,
                retries=False,
                preload_content=not stream,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(0, f"no answer from {self.url}{path}: {error}") from error

    def _write_identity(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        identity = make_identity()
        _write_private(self._directory / "ca.crt", identity.authority)
        for name, pair in (
            ("server", identity.server),
            ("kubelet", identity.kubelet),
            ("kubelet-client", identity.client),
        ):
            _write_private(self._directory / f"{name}.crt", pair.certificate)
            _write_private(self._directory / f"{name}.key", pair.key)
        _write_private(self._directory / "signing.key", identity.signing_key)
        lines = [
            f'{self._tokens["lab-admin"]},lab-admin,lab-admin,"system:masters"',
            f"{self._tokens[OPERATOR]},{OPERATOR},{OPERATOR}",
        ]
        _write_private(self._directory / "tokens.csv", "\n".join(lines).encode() + b"\n")
        self._pool = urllib3.PoolManager(maxsize=2 * WORKERS, ca_certs=str(self._directory / "ca.crt"))

    def _choose_port(self) -> None:
        [self._port] = free_ports(1)
        authority = b64encode((self._directory / "ca.crt").read_bytes()).decode()
        for path, user in ((self.admin_kubeconfig, "lab-admin"), (self.operator_kubeconfig, OPERATOR)):
            config = _kubeconfig(self.url, authority, user, self._tokens[user])
            _write_private(path, yaml.safe_dump(config, sort_keys=False).encode())

    def _spawn(self) -> None:
        assets = self._programs.kube_assets
        if assets:
            self._run([str(assets / "etcd"), *self._etcd_flags()])
            etcd = f"--etcd-servers=unix://{CLIENT_SOCKET}"
            self._run([str(assets / "kube-apiserver"), etcd, *self._server_flags()])
        else:
            sockets = (CLIENT_SOCKET, PEER_SOCKET)
            self._run([str(self._programs.kube), *sockets, *self._server_flags()])

    def _run(self, command: list[str]) -> None:
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._children.append(child)

    def _etcd_flags(self) -> list[str]:
        client, peer = f"unix://{CLIENT_SOCKET}", f"unix://{PEER_SOCKET}"
        return [
            f"--data-dir={self._directory / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--log-level=warn",
            "--unsafe-no-fsync",
        ]

    def _server_flags(self) -> list[str]:
        signing_key = self._directory / "signing.key"
        return [
            f"--secure-port={self._port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={self._directory / 'server.crt'}",
            f"--tls-private-key-file={self._directory / 'server.key'}",
            f"--cert-dir={self._directory}",
            # The kubelets of all nodes are on the loopback; their InternalIP is an address inside the lab.
            "--kubelet-preferred-address-types=ExternalIP",
            f"--kubelet-certificate-authority={self._directory / 'ca.crt'}",
            f"--kubelet-client-certificate={self._directory / 'kubelet-client.crt'}",
            f"--kubelet-client-key={self._directory / 'kubelet-client.key'}",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self._directory / 'tokens.csv'}",
            "--service-cluster-ip-range=10.96.0.0/16",
            # No controller runs: nothing would make service accounts or take the not-ready taint off a node.
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
            f"--service-account-issuer={self.url}/",
            f"--service-account-key-file={signing_key}",
            f"--service-account-signing-key-file={signing_key}",
        ]

    def _wait_ready(self, deadline: float, timeout: float) -> None:
        while not self._ready():
            if any(child.poll() is not None for child in self._children):
                raise KubeApiError(f"The API server ended while starting. Its log:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise KubeApiError(f"No ready API server after {timeout:g} s. Its log:\n{self._log_tail()}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            return self._send("GET", "/readyz").status == 200
        except ApiError:
            return False

    def _install(self, deadline: float) -> None:
        kinds = load_kinds()
        definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        self.apply_all([(f"{definitions}/{kind['metadata']['name']}", kind) for kind in kinds])
        for obj in load_rights(self._peer):
            self.apply(_rights_path(obj), obj)
        self._wait_served({kind["spec"]["names"]["plural"] for kind in kinds}, deadline)

    def _wait_served(self, plurals: set[str], deadline: float) -> None:
        waiting = set(plurals)
        while waiting:
            if time.monotonic() > deadline:
                raise KubeApiError(f"Never served: {', '.join(sorted(waiting))}; see {self.log}.")
            waiting = {plural for plural in waiting if not self._served(plural)}
            time.sleep(0.02)

    def _served(self, plural: str) -> bool:
        try:
            self.request("GET", f"/apis/projectcalico.org/v3/{plural}")
            known = self.request("GET", "/apis/projectcalico.org/v3")["resources"]
        except ApiError as error:
            if error.status in NOT_YET:
                return False
            raise
        return any(resource["name"] == plural for resource in known)

    def _log_tail(self, lines: int = 15) -> str:
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def load_kinds() -> list[Json]:
    """The CustomResourceDefinitions of group projectcalico.org, from lab/crds."""
    paths = sorted((HERE / "crds").glob("*.yaml"))
    return [yaml.safe_load(path.read_text()) for path in paths]


def load_rights(peer: str = PEER) -> list[Json]:
    """Calico's namespace, then what an administrator gives: RIGHTS, in docs.

    The Secret of the second is named after `peer`, as its text says.
    """
    items: list[Json] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "calico-system"}}]
    for name in RIGHTS:
        text = (HERE.parent / "docs" / name).read_text()
        items += yaml.safe_load(text.replace(f"{PEER}-password", f"{peer}-password"))["items"]
    return items


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on now; all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _rights_path(obj: Json) -> str:
    name, namespace = obj["metadata"]["name"], obj["metadata"].get("namespace")
    if obj["kind"] == "Namespace":
        return f"/api/v1/namespaces/{name}"
    if obj["kind"] == "Secret":
        return f"/api/v1/namespaces/{namespace}/secrets/{name}"
    scope = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/rbac.authorization.k8s.io/v1/{scope}{obj['kind'].lower()}s/{name}"


def _kubeconfig(url: str, authority: str, user: str, token: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": url, "certificate-authority-data": authority}}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": user}}],
        "current-context": "lab",
    }


def _refusal(status: int, data: bytes) -> ApiError:
    try:
        message = str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        message = data.decode(errors="replace").strip()
    return ApiError(status, message)


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
