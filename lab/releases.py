# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release tree as Calico publishes one, on loopback: the lab's stand-in for calicoctl, and checksums.

And what a control plane node has for it to work with: the Kubernetes API on its loopback, and a kubeconfig.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import json
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from lab.agent.forms import FORMS, NEWEST
from lab.namespaces import Place

Json = dict[str, Any]
LOOPBACK = "127.0.0.1"
#: Where a control plane node has the programs that the lab imitates there, and their sources.
PROGRAMS = "/usr/local/bin"
SOURCES = "/run/lab-programs"
IMITATED = {
    "kubectl": "lab.kubectl",
    **{name: f"lab.systemd {name}" for name in ("systemd-run", "systemctl", "logger")},
}
#: The article's version, and the one of the lab's cluster.
VERSIONS = ("v3.27.0", FORMS[NEWEST].version)
ARCHITECTURES = ("amd64", "arm64", "ppc64le", "s390x")
STAND_IN = Path(__file__).with_name("calicoctl.py")
UNNAMED = 'VERSION = "v0.0.0"'
KUBECONFIG = "/etc/calico/kubeconfig"
API_PORT = 6443
CLONE_NEWNET = 0x40000000
CHUNK = 1 << 16


def stand_in(version: str) -> bytes:
    """The program that is released as this version."""
    source = STAND_IN.read_text()
    assert source.count(UNNAMED) == 1, STAND_IN
    return f"#!/usr/bin/env python3\n{source.replace(UNNAMED, f'VERSION = {json.dumps(version)}')}".encode()


def checksums(versions: Sequence[str] = VERSIONS) -> dict[str, str]:
    """By version, without its v, the SHA-256 of its program, which is one for all architectures."""
    return {each.removeprefix("v"): hashlib.sha256(stand_in(each)).hexdigest() for each in versions}


def tree(versions: Sequence[str] = VERSIONS) -> dict[str, bytes]:
    """Path below the tree's root, and content."""
    found: dict[str, bytes] = {}
    for version in versions:
        program = stand_in(version)
        names = [f"calicoctl-linux-{architecture}" for architecture in ARCHITECTURES]
        sums = "".join(f"{hashlib.sha256(program).hexdigest()}  {name}\n" for name in names)
        found |= {f"/{version}/{name}": program for name in names}
        found[f"/{version}/SHA256SUMS"] = sums.encode()
    return found


def serve(files: Mapping[str, bytes]) -> ThreadingHTTPServer:
    """Serve the files at a free port of the loopback, until `shutdown`; `server_port` is the port."""
    server = ThreadingHTTPServer((LOOPBACK, 0), partial(_Answer, files))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="releases").start()
    return server


class _Answer(BaseHTTPRequestHandler):
    def __init__(self, files: Mapping[str, bytes], *arguments: Any) -> None:
        self._files = files
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """One file, or 404."""
        content = self._files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """The lab's log is for the lab."""


async def open_control_plane(place: Place, api_port: int, kubeconfig: Path) -> asyncio.Server:
    """Make the node a control plane node: the API at its loopback's port 6443, and a kubeconfig that says so.

    The kubeconfig is the given one in JSON, as the stand-in has nothing to read YAML with.
    """
    config = yaml.safe_load(kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://{LOOPBACK}:{API_PORT}"
    place.shell(
        f"umask 022\nmkdir -p {os.path.dirname(KUBECONFIG)}\numask 077\n"
        f"cat > {KUBECONFIG} <<'END'\n{json.dumps(config, indent=2)}\nEND\n"
    )
    furnish_control_plane(place)
    # A namespace belongs to a thread; this one ends with its socket made.
    with ThreadPoolExecutor(1) as thread:
        listener = await asyncio.wrap_future(thread.submit(_listen_inside, place, API_PORT))
    return await asyncio.start_server(partial(_forward, api_port), sock=listener)


def furnish_control_plane(place: Place) -> None:
    """kubectl and what of systemd a guard needs, as the lab imitates them."""
    package = place.path(f"{SOURCES}/lab")
    package.mkdir(parents=True, mode=0o755)
    for name in ("__init__", "calicoctl", "kubectl", "systemd"):
        (package / f"{name}.py").write_text(STAND_IN.with_name(f"{name}.py").read_text())
    for name, module in IMITATED.items():
        program = place.path(f"{PROGRAMS}/{name}")
        program.unlink(missing_ok=True)
        program.write_text(f'#!/bin/sh\nPYTHONPATH={SOURCES} exec python3 -m {module} "$@"\n')
        program.chmod(0o755)


def _listen_inside(place: Place, port: int) -> socket.socket:
    """A socket that listens at the loopback of the place; it stays there, wherever it is used."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{place.pid}/ns/net", "rb") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"the network of {place.name} cannot be entered")
    return socket.create_server((LOOPBACK, port))


async def _forward(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()
