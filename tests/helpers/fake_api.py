# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kubernetes API of a few lines on loopback, in threads: one BGPConfiguration, and troubles on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.telco.calico_bgp.plugins.plugin_utils import mesh_switch
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_way import Address, Way

Json = dict[str, Any]


class FakeApi:
    """`objects` by path, each with its metadata; `log` has every request: method, path, query and body.

    `trouble` is None, a status to refuse with, or "silent"; `only` the paths that it is for, all where
    empty. `slow` is seconds before each answer.
    """

    def __init__(self, mesh: bool | None = True) -> None:
        self.objects: dict[str, Json] = {}
        self.log: list[tuple[str, str, str, Json | None]] = []
        self.trouble: int | str | None = None
        self.only: tuple[str, ...] = ()
        self.slow = 0.0
        self.url = ""
        self.ending = threading.Event()
        if mesh is not None:
            self.put(mesh_switch.DEFAULT, {"nodeToNodeMeshEnabled": mesh})

    def put(self, path: str, spec: Json, **annotations: str) -> None:
        """Have an object there."""
        metadata = {"name": path.rpartition("/")[2], "annotations": annotations, "resourceVersion": "1"}
        self.objects[path] = {"metadata": metadata, "spec": spec}

    @property
    def mesh(self) -> bool:
        """Whether the mesh is on."""
        return self.objects[mesh_switch.DEFAULT]["spec"].get("nodeToNodeMeshEnabled") is not False

    @property
    def way(self) -> Way:
        """The way to it."""
        return Way((Address(self.url),), {"headers": {"Authorization": "Bearer secret"}})

    def answer(self, method: str, path: str, query: str, body: Json | None) -> tuple[int, Json]:
        """Status and body of the answer."""
        self.log.append((method, path, query, body))
        if self.trouble == "silent" and (not self.only or path in self.only):
            self.ending.wait(60)
        self.ending.wait(self.slow)
        if isinstance(self.trouble, int) and (not self.only or path in self.only):
            return self.trouble, {"message": "in trouble"}
        if method == "POST":
            path = f"{path}/{(body or {})['metadata']['name']}"
            if path in self.objects:
                return 409, {"message": "already exists"}
            self.put(path, (body or {})["spec"])
            return 201, self.objects[path]
        if path not in self.objects:
            return 404, {"message": "not found"}
        if method == "DELETE":
            gone = self.objects[path]
            if "dryRun" not in query:
                del self.objects[path]
            return 200, gone
        return self.patched(path, query, body) if method == "PATCH" else (200, self.objects[path])

    def patched(self, path: str, query: str, body: Json | None) -> tuple[int, Json]:
        """A merge patch, refused where it names another resourceVersion."""
        there, wanted = self.objects[path], body or {}
        version = wanted.get("metadata", {}).get("resourceVersion")
        if version and version != there["metadata"]["resourceVersion"]:
            return 409, {"message": "the object has been modified"}
        made = merged(there, {**wanted, "metadata": {**wanted.get("metadata", {}), "resourceVersion": "x"}})
        made["metadata"]["resourceVersion"] = there["metadata"]["resourceVersion"]
        if made != there:
            made["metadata"]["resourceVersion"] = str(int(there["metadata"]["resourceVersion"]) + 1)
        if "dryRun" not in query:
            self.objects[path] = made
        return 200, made


def merged(there: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    found = dict(there) if isinstance(there, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


@contextmanager
def serving(api: FakeApi) -> Iterator[FakeApi]:
    """The API, listening."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            status, data = api.answer(self.command, parts.path, parts.query, body)
            text = json.dumps(data).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except OSError:
                pass  # Whoever asked has given up.

        do_PATCH = do_POST = do_DELETE = do_GET

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def soon(seconds: float, act: Any) -> threading.Thread:
    """Do something a little later."""

    def later() -> None:
        time.sleep(seconds)
        act()

    thread = threading.Thread(target=later, daemon=True)
    thread.start()
    return thread


def kubeconfig(directory: Path, server: str, token: str = "secret") -> str:
    """Write a kubeconfig that leads to `server`; the path."""
    path = directory / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(config))
    return str(path)
