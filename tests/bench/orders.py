# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The orders, each played on a lab of its own as it is written; and when the mesh went off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import urllib3

from lab import launch
from lab.inventory import GRACEFUL_RESTART, PEER_NAME
from lab.network import article
from lab.programs import cache_directory
from lab.state import CHECKOUT, ENVIRONMENT, LabError, State
from tests.bench.figures import IncompleteError, Run, read_run
from tests.helpers.kube import CALICO, Api, RefusedError
from tests.helpers.router import typed

Json = dict[str, Any]
#: Before the first change, and after the last session came up.
BEFORE, AFTER = 3.0, 5.0
#: How long sessions may take. The slowest timer in the way is BIRD's connect retry, 120 s.
PATIENCE = 150.0
DYING = 10.0


class PlayError(Exception):
    """An order could not be played to its end; the text says what went wrong."""


@dataclass(frozen=True)
class Timers:
    """The router's BGP timers in seconds, the same for every order."""

    keepalive: int
    hold: int


@dataclass(frozen=True)
class Order:
    """A way to do it: its key, its name for people, and what plays it on a lab that is up."""

    key: str
    name: str
    play: Callable[[Stage, Timers], None]


@dataclass
class Stage:
    """A lab that is up, with its API, its router and its probe; `log` takes what a playbook prints."""

    state: State
    runs: Path
    log: Path
    facts: Json = field(init=False)
    mesh_off: float | None = None

    def __post_init__(self) -> None:
        self.facts = self.state.read_facts()
        self.api = Api(Path(self.facts["admin_kubeconfig"]))

    def watch_mesh(self) -> None:
        """Note from now on when the mesh is first seen off, in `mesh_off` (seconds since the epoch)."""
        patience = urllib3.Timeout(connect=5, read=None)
        path = f"{CALICO}/bgpconfigurations?watch=1"
        stream = self.api.request("GET", path, preload_content=False, timeout=patience)
        threading.Thread(target=self._follow, args=(stream,), daemon=True, name="mesh").start()

    def _follow(self, stream: urllib3.BaseHTTPResponse) -> None:
        # The stream ends with the lab; after a break before the mesh goes off `play` says so.
        with suppress(urllib3.exceptions.HTTPError):
            for line in stream:
                seen = time.time()
                spec = json.loads(line)["object"].get("spec", {})
                if spec.get("nodeToNodeMeshEnabled") is False:
                    self.mesh_off = seen
                    return

    def router(self, lines: Sequence[str]) -> None:
        """Type configuration lines at the router's prompt and save; PlayError where it refuses one."""
        printed = typed(self.facts, "rr1", ["configure terminal", *lines, "end", "write memory"])
        if "%" in printed:
            raise PlayError(f"The router refused a line: {printed[printed.index('%') :].splitlines()[0]}")

    def wait_reflected(self) -> None:
        """Return when every node has an Established session with the route reflector."""
        deadline = time.monotonic() + PATIENCE
        while not all(map(_reflected, self.state.ask({"do": "status"})["nodes"].values())):
            if time.monotonic() > deadline:
                raise PlayError(f"Not every node has a session with the router after {PATIENCE:.0f} s.")
            time.sleep(0.2)

    def playbook(self, variables: Json) -> None:
        """Run site.yml as a user would; PlayError where it fails."""
        environment = {
            **os.environ,
            ENVIRONMENT: str(self.state.directory),
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_HOME": str(cache_directory() / "ansible"),
        }
        given = json.dumps({"calico_plan_run_directory": str(self.runs), **variables})
        command = [sys.executable, "-m", "ansible", "playbook", "site.yml", "--extra-vars", given]
        with self.log.open("wb") as log:
            status = _run_to_end(command, environment, log.fileno())
        if status:
            raise PlayError(f"site.yml ended with {status}: see {self.log}.")


def _reflected(node: Json) -> bool:
    return any(
        each["info"] == "Established" and not each["name"].startswith("Mesh_") for each in node["sessions"]
    )


def _run_to_end(command: Sequence[str], environment: dict[str, str], output: int) -> int:
    """Run; the exit status. Whatever interrupts the wait ends the command and its children."""
    child = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        return child.wait()
    except BaseException:
        os.killpg(child.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(DYING)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise


def by_hand(timers: Timers) -> list[str]:
    """The router's lines as guides write them: flat neighbours, the timers for all."""
    nodes = [node.address for node in article().nodes]
    return [
        "router bgp 64512",
        "bgp cluster-id 1",
        f"timers bgp {timers.keepalive} {timers.hold}",
        *(line for node in nodes for line in _client(node)),
    ]


def _client(node: str) -> tuple[str, str]:
    return f"neighbor {node} remote-as 64512", f"neighbor {node} route-reflector-client"


def mesh_first(pause: float) -> Callable[[Stage, Timers], None]:
    """Router ready, mesh off, `pause` seconds, peer: the article's order, and kubespray's."""

    def play(stage: Stage, timers: Timers) -> None:
        stage.router(by_hand(timers))
        time.sleep(BEFORE)
        stage.api.apply("BGPConfiguration", "default", {"nodeToNodeMeshEnabled": False, "asNumber": 64512})
        time.sleep(pause)
        stage.api.apply("BGPPeer", PEER_NAME, {"peerIP": article().reflectors[0].address, "asNumber": 64512})
        stage.wait_reflected()

    return play


def ours(stage: Stage, timers: Timers) -> None:
    """site.yml with its own soak: hold time plus restart time."""
    time.sleep(BEFORE)
    stage.playbook(
        {
            "cisco_rr_timers": {"keepalive": timers.keepalive, "hold": timers.hold},
            "cisco_rr_graceful_restart": GRACEFUL_RESTART,
        }
    )
    stage.wait_reflected()


def play(order: Order, repeat: int, timers: Timers, directory: Path, output: Path) -> Run:
    """Play one order on a fresh lab below `directory`, which is gone afterwards whatever happens. What a
    playbook prints goes to a log below `output`.

    LabError, PlayError, RefusedError or IncompleteError where it cannot be played or judged."""
    state = State(directory / "lab")
    load = os.getloadavg()[0]
    launch.up(state, article())
    try:
        stage = Stage(state, directory / "runs", output / f"{order.key}-{repeat}.log")
        stage.watch_mesh()
        state.ask({"do": "probe-start"}, timeout=60)
        order.play(stage, timers)
        time.sleep(AFTER)
        report = state.ask({"do": "probe-stop"}, timeout=60)
    finally:
        launch.down(state)
    if stage.mesh_off is None:
        raise PlayError("The mesh was never seen off.")
    return read_run(order.key, repeat, report, stage.mesh_off, load)


FAILURES = (
    LabError,
    PlayError,
    RefusedError,
    IncompleteError,
    OSError,
    asyncssh.Error,
    urllib3.exceptions.HTTPError,
)
