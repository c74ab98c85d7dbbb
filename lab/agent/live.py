# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent at work: watch the API, render for each node, have BIRD check the result, and load it."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.agent.forms import FORMS, NEWEST, Form
from lab.agent.objects import SECRET_NAMESPACE, Objects, RefusedError, read
from lab.agent.render import Rendering, render_node
from lab.kubeapi import ApiError, KubeApi
from lab.namespaces import PlaceError
from lab.node import Node

Json = dict[str, Any]
CALICO = "/apis/projectcalico.org/v3"
PATHS = {
    "BGPConfiguration": f"{CALICO}/bgpconfigurations",
    "BGPPeer": f"{CALICO}/bgppeers",
    "BGPFilter": f"{CALICO}/bgpfilters",
    "IPPool": f"{CALICO}/ippools",
    "BlockAffinity": f"{CALICO}/blockaffinities",
    "Node": "/api/v1/nodes",
    "Secret": f"/api/v1/namespaces/{SECRET_NAMESPACE}/secrets",
}
#: Seconds within which all nodes begin to reload: those of real clusters do within a few milliseconds.
SPREAD = 0.005
RETRY = 0.3


@dataclass
class Verdict:
    """What became of a node's last rendering: why it was refused ("" when applied), and warnings."""

    refusal: str = ""
    warnings: tuple[str, ...] = ()


@dataclass
class _Store:
    """The API's objects by kind and name, and how a release of Calico reads them."""

    form: Form
    kinds: dict[str, dict[str, Json]] = field(default_factory=dict)

    def replace(self, kind: str, items: Sequence[Json]) -> None:
        self.kinds[kind] = {item["metadata"]["name"]: {**item, "kind": kind} for item in items}

    def change(self, kind: str, event: Json) -> None:
        item = event["object"]
        name = item["metadata"]["name"]
        if event["type"] == "DELETED":
            self.kinds[kind].pop(name, None)
        elif event["type"] in ("ADDED", "MODIFIED"):
            self.kinds[kind][name] = {**item, "kind": kind}

    @property
    def complete(self) -> bool:
        return set(self.kinds) == set(PATHS)

    @property
    def mesh(self) -> bool:
        default = self.kinds.get("BGPConfiguration", {}).get("default") or {}
        return (default.get("spec") or {}).get("nodeToNodeMeshEnabled") is not False

    def read(self) -> Objects:
        """Records; RefusedError also for what Felix would have to do: overlays and the kernel's routes."""
        objects = read((item for items in self.kinds.values() for item in items.values()), self.form)
        if objects.programs not in ("Enabled", "EnabledNoEncapOnly"):
            raise RefusedError(
                f"BGPConfiguration default: programClusterRoutes {objects.programs} leaves the kernel's "
                "routes to Felix; the lab has none."
            )
        for pool in objects.pools.values():
            if (pool.ipip, pool.vxlan) != ("Never", "Never"):
                raise RefusedError(
                    f"IPPool {pool.name}: ipipMode or vxlanMode asks for an overlay; the lab has none."
                )
        return objects


class Agent:
    """One for all nodes; each node follows at its own pace, as confd does on each node by itself.

    `on_mesh_off` is awaited when the mesh is seen switched off, before any node applies it.
    """

    def __init__(
        self,
        api: KubeApi,
        nodes: Mapping[str, Node],
        on_mesh_off: Callable[[], Awaitable[None]],
        log: Callable[[str], None],
        form: Form = FORMS[NEWEST],
    ) -> None:
        self._api, self._nodes, self._on_mesh_off, self._log = api, nodes, on_mesh_off, log
        self._store = _Store(form)
        self._objects: Objects | RefusedError = RefusedError("nothing was read yet")
        self._changes: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._wake = {name: asyncio.Event() for name in nodes}
        self._tasks: list[asyncio.Task[None]] = []
        self.verdicts = {name: Verdict() for name in nodes}

    def start(self) -> None:
        """Begin to watch; each node gets its first files, and its BIRD, as soon as everything was listed
        once."""
        loop = asyncio.get_running_loop()
        for kind in PATHS:
            threading.Thread(target=self._watch, args=(kind, loop), daemon=True, name=f"watch {kind}").start()
        self._tasks = [asyncio.create_task(self._take_changes())]
        self._tasks += [asyncio.create_task(self._follow(node)) for node in self._nodes.values()]

    def _watch(self, kind: str, loop: asyncio.AbstractEventLoop) -> None:
        """List, then follow the changes; list again whenever the stream ends. Runs in a thread of its own."""

        def tell(change: Callable[[], None]) -> None:
            loop.call_soon_threadsafe(self._changes.put_nowait, change)

        while not loop.is_closed():
            try:
                listing = self._api.request("GET", PATHS[kind])
                tell(lambda items=listing["items"]: self._store.replace(kind, items))  # type: ignore[misc]
                for event in self._api.watch(PATHS[kind], listing["metadata"]["resourceVersion"]):
                    tell(lambda event=event: self._store.change(kind, event))  # type: ignore[misc]
            except ApiError as error:
                self._log(f"agent: watching {kind}: {error}")
                time.sleep(RETRY)

    async def _take_changes(self) -> None:
        while True:
            change = await self._changes.get()
            mesh = self._store.mesh
            change()
            if not self._store.complete:
                continue
            if mesh and not self._store.mesh:
                self._log("agent: the mesh was switched off")
                await self._on_mesh_off()
            if self._changes.empty():
                self._reread()
                for event in self._wake.values():
                    event.set()

    def _reread(self) -> None:
        try:
            self._objects = self._store.read()
        except RefusedError as refusal:
            self._log(f"agent: refused: {refusal}")
            self._objects = refusal

    async def _follow(self, node: Node) -> None:
        wake, verdict = self._wake[node.name], self.verdicts[node.name]
        while True:
            await wake.wait()
            wake.clear()
            await asyncio.sleep(random.uniform(0, SPREAD))
            try:
                if isinstance(self._objects, RefusedError):
                    raise self._objects
                rendering = render_node(self._objects, node.name)
                refusal = await asyncio.to_thread(apply, rendering, node)
                for warning in set(rendering.warnings).difference(verdict.warnings):
                    self._log(f"agent: {node.name}: {warning}")
                verdict.warnings = rendering.warnings
            except RefusedError as error:
                refusal = str(error)
            if refusal and refusal != verdict.refusal:
                self._log(f"agent: {node.name} keeps its old configuration: {refusal}")
            verdict.refusal = refusal


def apply(rendering: Rendering, node: Node) -> str:
    """Write, check and load the files where they changed; what BIRD has against them, or ""."""
    if all(_text(node.directory / name) == text for name, text in rendering.files.items()):
        return ""
    stage = node.directory / "stage"
    stage.mkdir(exist_ok=True, mode=0o700)
    for name, text in rendering.files.items():
        (stage / name).write_text(text)
    complaint = node.check_config(stage)
    if complaint:
        return f"bird -p: {complaint}"
    # The main file last: it includes the others.
    for name in sorted(rendering.files, reverse=True):
        (stage / name).replace(node.directory / name)
    try:
        node.refresh_bird()
    except PlaceError as error:
        return str(error)
    return ""


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
