# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's daemon: init of its own namespaces, parent of everything in the lab.

Started by `lab up` as `unshare .. python -m lab.daemon`, with its options as JSON on standard input. The
first process only waits for orphans and for the second, which does the work: when either ends, the kernel
ends the whole lab.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lab import control, inventory, releases
from lab.agent.forms import FORMS
from lab.agent.live import Agent
from lab.faultkinds import MESH_OFF
from lab.faults import Faults
from lab.kubeapi import PEER, ApiError, KubeApi, KubeApiError
from lab.kubelet import KubeletError
from lab.kubeseed import seed
from lab.lab import USER, Lab
from lab.namespaces import PlaceError
from lab.network import Network, network_from
from lab.probe import Probe
from lab.programs import Programs, find
from lab.site import STATE, move_in
from lab.state import LabError, State, write_atomically

#: Seconds for the mesh to come up, and more for each node: its sessions grow with the square of them.
MESH_WAIT, MESH_WAIT_EACH = 60.0, 2.0
POLL = 0.1
Json = dict[str, Any]


class Progress:
    """The way back to `lab up`: JSON lines on a pipe, the last one `ready` or `failed`."""

    def __init__(self, descriptor: int) -> None:
        self._pipe = os.fdopen(descriptor, "w", buffering=1)
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """One step is done."""
        self._send({"progress": f"{time.monotonic() - self._began:5.1f} s  {text}"})

    def finish(self, failed: str = "") -> None:
        """The lab is up, or why it is not."""
        self._send({"failed": failed} if failed else {"ready": True})
        self._pipe.close()

    def _send(self, line: Json) -> None:
        # Nobody may be listening any more; the lab does not end for that.
        try:
            self._pipe.write(json.dumps(line) + "\n")
        except BrokenPipeError:
            return


class Daemon:
    """A lab that is up, and the answers to what the command line asks of it."""

    def __init__(self, options: Json, programs: Programs, progress: Progress) -> None:
        self._options, self._programs, self._progress = options, programs, progress
        self._outside = State(Path(options["state"]))
        self._state = State(STATE)
        self.network: Network = network_from(options["network"])
        self.api = KubeApi(STATE / "kube", programs, peer_name(options["mirror"]))
        self.lab = Lab(self.network, programs, self._state, self.api, archive=options["archive"])
        self.faults = Faults(self.lab, log)
        form = FORMS[self.network.calico]
        self.agent = Agent(self.api, self.lab.nodes, lambda: self.faults.fire(MESH_OFF), log, form)
        self.releases = releases.serve(releases.tree(sorted({*releases.VERSIONS, form.version})))
        self.control_plane: asyncio.Server | None = None
        self.probe: Probe | None = None

    async def run(self) -> None:
        """Bring the lab up, say so, and serve until killed, or until its owner ends."""
        if self._options["owner"] is not None:
            asyncio.get_running_loop().add_reader(self._options["owner"], os._exit, 0)
        api = _start_api(self.api, self.lab)
        await asyncio.to_thread(self.lab.build)
        await self.lab.open(log)
        pods = sum(len(node.pods) for node in self.network.nodes)
        self._progress.say(
            f"{len(self.lab.nodes)} nodes with {pods} pods, {len(self.lab.reflectors)} route reflector(s)"
        )
        await asyncio.wrap_future(api)
        self._progress.say(f"Kubernetes API at {self.api.url}")
        self.agent.start()
        await self._open_control_plane()
        await self._wait_meshed()
        count = len(self.network.nodes)
        self._progress.say(
            f"full mesh: {count * (count - 1) // 2} sessions Established, all routes in the kernels"
        )
        await control.serve(STATE / "control", self.answers())
        ways = inventory.ways(self._facts(), self._outside)
        write_atomically(self._state.ways, json.dumps(ways, indent=2) + "\n", mode=0o600)
        self._state.publish(self._facts())
        self._progress.finish()
        await asyncio.Event().wait()

    def answers(self) -> dict[str, Callable[[Json], Awaitable[Json]]]:
        """What the command line may ask, by name."""
        return {
            "status": self._status,
            "learned": self._learned,
            "fault": self._add_fault,
            "faults": self._list_faults,
            "clear": self._clear_faults,
            "probe-start": self._start_probe,
            "probe-status": self._probe_status,
            "probe-stop": self._stop_probe,
        }

    async def _open_control_plane(self) -> None:
        """The first node reaches the API, as a control plane node does."""
        node = self.lab.nodes[self.network.nodes[0].name]
        try:
            self.control_plane = await releases.open_control_plane(
                node.place, self.api.port, self.api.operator_kubeconfig
            )
        except PlaceError as error:
            log(f"No kubeconfig on {node.name}: {error}")

    async def _wait_meshed(self) -> None:
        patience = MESH_WAIT + MESH_WAIT_EACH * len(self.network.nodes)
        deadline = time.monotonic() + patience
        while not await asyncio.to_thread(self.lab.meshed):
            for name, verdict in self.agent.verdicts.items():
                if verdict.refusal:
                    raise LabError(f"The agent of {name} cannot configure BIRD: {verdict.refusal}")
            if time.monotonic() > deadline:
                raise LabError(f"No full mesh after {patience:.0f} s.")
            await asyncio.sleep(POLL)

    def _facts(self) -> Json:
        directory = self._outside.directory
        return {
            "network": asdict(self.network),
            "mirror": self._options["mirror"],
            "ports": {name: door.port for name, door in self.lab.doors.items()},
            "router_user": USER,
            "router_password": self.lab.password,
            "api": self.api.url,
            "releases": f"http://{releases.LOOPBACK}:{self.releases.server_port}",
            "control_plane": [self.network.nodes[0].name] if self.control_plane else [],
            "operator_kubeconfig": str(directory / self.api.operator_kubeconfig.relative_to(STATE)),
            "admin_kubeconfig": str(directory / self.api.admin_kubeconfig.relative_to(STATE)),
            "python": sys.executable,
        }

    async def _status(self, _request: Json) -> Json:
        sessions = await asyncio.to_thread(
            lambda: {
                name: [asdict(each) for each in node.sessions()] for name, node in self.lab.nodes.items()
            }
        )
        nodes = {
            name: {
                "address": node.lab.address,
                "ssh_port": self.lab.doors[name].port,
                "ssh_open": self.lab.doors[name].is_open,
                "bird": node.bird_runs,
                "sessions": sessions[name],
                "refusal": self.agent.verdicts[name].refusal,
                "warnings": list(self.agent.verdicts[name].warnings),
            }
            for name, node in self.lab.nodes.items()
        }
        reflectors = {
            name: {
                "address": reflector.lab.address,
                "ssh_port": self.lab.doors[name].port,
                "ssh_open": self.lab.doors[name].is_open,
                "bgpd": reflector.bgpd_runs,
            }
            for name, reflector in self.lab.reflectors.items()
        }
        upstreams = {
            name: {
                "address": upstream.lab.address,
                "asn": upstream.asn,
                "bgpd": upstream.bgpd_runs,
                "sessions": await asyncio.to_thread(upstream.sessions),
            }
            for name, upstream in self.lab.upstreams.items()
        }
        probe = self.probe.status().as_json() if self.probe else None
        return {
            "api": self.api.url,
            "nodes": nodes,
            "reflectors": reflectors,
            "upstreams": upstreams,
            "faults": self.faults.list(),
            "probe": probe,
        }

    async def _learned(self, request: Json) -> Json:
        upstream = self.lab.upstreams.get(request["machine"])
        if upstream is None:
            there = ", ".join(self.lab.upstreams) or "none: `python -m lab up --upstream` starts one"
            raise LabError(f"{request['machine']} is no upstream router of this lab; there is {there}.")
        read = upstream.ever_learned if request["ever"] else upstream.learned
        return {"prefixes": await asyncio.to_thread(read)}

    async def _add_fault(self, request: Json) -> Json:
        fault = await self.faults.add(
            request["kind"], request["target"], request.get("argument", ""), request.get("when", "")
        )
        return asdict(fault)

    async def _list_faults(self, _request: Json) -> Json:
        return {"faults": self.faults.list()}

    async def _clear_faults(self, request: Json) -> Json:
        return {"cleared": [asdict(fault) for fault in await self.faults.clear(request.get("number"))]}

    async def _start_probe(self, _request: Json) -> Json:
        if self.probe:
            raise LabError("The probe runs already: `python -m lab probe stop` ends it.")
        probe = Probe(self.lab.sources(), self._state.probe_report)
        await probe.start()
        self.probe = probe
        return probe.status().as_json()

    async def _probe_status(self, _request: Json) -> Json:
        return self._running_probe().status().as_json()

    async def _stop_probe(self, _request: Json) -> Json:
        probe, self.probe = self._running_probe(), None
        return (await probe.stop()).as_json()

    def _running_probe(self) -> Probe:
        if not self.probe:
            raise LabError("No probe runs: `python -m lab probe start` starts one.")
        return self.probe


def peer_name(mirror: Json | None) -> str:
    """The BGPPeer that the lab's inventory asks for; one that is an expression only Ansible could tell."""
    said = mirror["variables"].get(mirror["cluster"], {}).get("calico_plan_peer_name") if mirror else None
    return said if isinstance(said, str) and "{" not in said else PEER


def log(text: str) -> None:
    """One line of the lab's log."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def _start_api(api: KubeApi, lab: Lab) -> Future[None]:
    """Start and fill the API beside everything else, and the kubelets; a future.

    Its processes live as long as the thread that started them, so this one never ends.
    """
    future: Future[None] = Future()

    def work() -> None:
        try:
            api.start()
            lab.kubelet.start({name: node.place.command() for name, node in lab.nodes.items()})
            seed(api, lab.network, lab.kubelet.port)
        except (KubeApiError, ApiError, KubeletError, OSError) as error:
            future.set_exception(LabError(f"The Kubernetes API does not start: {error}"))
        else:
            future.set_result(None)
        threading.Event().wait()

    threading.Thread(target=work, daemon=True, name="api").start()
    return future


def work(options: Json) -> int:
    """The second process: run the lab; a return means it failed."""
    progress = Progress(options["progress"])
    try:
        os.umask(0o077)
        programs = move_in(Path(options["state"]), find())
        asyncio.run(Daemon(options, programs, progress).run())
    except (LabError, PlaceError, OSError) as error:
        progress.finish(failed=str(error))
    except Exception as error:
        traceback.print_exc()
        progress.finish(failed=f"{type(error).__name__}: {error}")
    return 1


def main() -> None:
    """The first process: take leave of orphans until the second ends."""
    options = json.load(sys.stdin)
    child = os.fork()
    if child == 0:
        # No atexit: threads that wait for the API's processes never end.
        os._exit(work(options))
    os.close(options["progress"])
    if options["owner"] is not None:
        os.close(options["owner"])
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main()
