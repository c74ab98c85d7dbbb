# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong after the cut, in every phase until the run says that it is cut: the mesh comes back.

The tests share one lab and build on each other in this order; each leaves the mesh on, and both sides
configured. No time is asserted but against the waits that each would show up in: half a minute and more.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.system import ENDS_WITH_CALLER
from tests.helpers.commands import CHECKOUT
from tests.helpers.kube import CALICO
from tests.helpers.labs import Lab, Run
from tests.helpers.waiting import wait

pytestmark = pytest.mark.lab

PEER = f"{CALICO}/bgppeers/peer-to-external-rr"
#: Seconds for a return that waited for nothing: hold time of the lab (9 s), and room for a busy machine.
PROMPT = 40.0
State = dict[str, Any]


class Meanwhile:
    """Does something once the state of the run that is going on is as wanted; how long the mesh stayed off
    after it is in `dark`."""

    def __init__(self, lab: Lab, when: Callable[[State], bool], act: Callable[[Path], object]) -> None:
        self.lab, self.when, self.act = lab, when, act
        self.before = set(lab.runs.glob("*/*"))
        self.ended = threading.Event()
        self.dark: float | None = None
        self.failed: list[BaseException] = []
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        while not self.ended.wait(0.1):
            for run in set(self.lab.runs.glob("*/*")) - self.before:
                with suppress(OSError, ValueError):
                    if self.when(json.loads((run / "state.json").read_text())):
                        self._act(run)
                        return

    def _act(self, run: Path) -> None:
        try:
            self.act(run)
            began = time.monotonic()
            while not self.ended.is_set() and self.dark is None:
                with suppress(Exception):
                    spec = self.lab.api.request("GET", f"{CALICO}/bgpconfigurations/default", timeout=2)
                    if spec.json()["spec"].get("nodeToNodeMeshEnabled") is not False:
                        self.dark = time.monotonic() - began
                time.sleep(0.2)
        except BaseException as exc:
            self.failed.append(exc)


@contextmanager
def meanwhile(lab: Lab, when: Callable[[State], bool], act: Callable[[Path], object]) -> Iterator[Meanwhile]:
    """Something happens while the body's playbook runs."""
    made = Meanwhile(lab, when, act)
    made.thread.start()
    try:
        yield made
    finally:
        made.ended.set()
        made.thread.join()
    assert not made.failed, made.failed


def watching(state: State) -> bool:
    """The mesh is off, and watched."""
    return state["mesh"] is False and state["watch_until"] is not None and not state["calm"]


def calm(state: State) -> bool:
    """The watch came to its end, and nothing is said yet."""
    return bool(state["calm"]) and state["mesh"] is False


def returned(run: Run, seen: Meanwhile) -> None:
    """The run turned the mesh on again, soon, and says so."""
    assert run.result.get("outcome") == "returned", run.output[-5000:]
    assert (run.status, run.result["mesh"]["after"]) == (2, True)
    assert seen.dark is not None
    print(f"the mesh was on again after {seen.dark:.1f} s")
    assert seen.dark < PROMPT, run.output[-5000:]


def whole_again(lab: Lab) -> None:
    """No fault, and every session of mesh and reflector."""
    lab.do("fault", "clear")
    lab.wait_sessions(3)


def api_server(lab: Lab) -> int:
    """The process of this lab's API server."""
    config = yaml.safe_load(Path(lab.facts()["admin_kubeconfig"]).read_text())
    port = config["clusters"][0]["cluster"]["server"].rpartition(":")[2]
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"--secure-port={port}".encode() in (each / "cmdline").read_bytes().split(b"\0"):
                return int(each.name)
    raise LookupError(port)


def test_a_reflector_that_dies_at_the_end_of_the_watch(lab: Lab) -> None:
    """Nobody waits for the sessions that are gone, nor for the router's SSH."""
    with meanwhile(lab, calm, lambda _run: lab.do("fault", "stop", "rr1")) as seen:
        run = lab.play("site", calico_bgp_soak=6)
    returned(run, seen)
    whole_again(lab)


def test_a_peer_that_is_deleted_in_the_watch(lab: Lab) -> None:
    with meanwhile(lab, watching, lambda _run: lab.api.request("DELETE", PEER)) as seen:
        run = lab.play("cut", calico_bgp_soak=30)
    returned(run, seen)
    assert lab.play("peers").status == 0


def test_a_bird_that_is_started_again_is_no_loss(lab: Lab) -> None:
    """It is back with all its routes within its restart time, and no other node lost one."""

    def again(_run: Path) -> None:
        lab.do("fault", "kill-bird", "node-c")
        lab.do("fault", "clear")

    with meanwhile(lab, watching, again):
        run = lab.play("cut", calico_bgp_soak=30)
    assert (run.status, run.result["outcome"]) == (0, "cut"), run.output[-5000:]
    assert lab.play("mesh_on").status == 0
    whole_again(lab)


def test_a_mesh_that_somebody_turns_on_in_the_watch_is_no_cut(lab: Lab) -> None:
    with meanwhile(lab, watching, lambda _run: lab.api.set_mesh(True)):
        run = lab.play("cut", calico_bgp_soak=20)
    assert (run.status, run.result["mesh"]["after"]) == (2, True), run.output[-5000:]
    assert run.result["outcome"] == "returned"
    assert "somebody else turned it on" in run.text
    whole_again(lab)


def test_an_api_that_is_frozen_when_the_mesh_is_to_come_back(lab: Lab) -> None:
    """It says every second where it stands, and does it within three seconds of the API being there again."""
    server = api_server(lab)

    def freeze(_run: Path) -> None:
        os.kill(server, signal.SIGSTOP)
        threading.Timer(14.0, os.kill, (server, signal.SIGCONT)).start()
        lab.do("fault", "kill-bgpd", "rr1")

    try:
        with meanwhile(lab, watching, freeze) as seen:
            run = lab.play("cut", calico_bgp_soak=30)
    finally:
        os.kill(server, signal.SIGCONT)
    returned(run, seen)
    assert "the mesh is not on yet: 127.0.0.1:" in run.text
    whole_again(lab)


class OnDisk(Lab):
    """The lab, and runs whose directory is a small disk of its own: mounted for `keeper` and its kind alone,
    so that it is gone with it."""

    def __init__(self, lab: Lab, keeper: int) -> None:
        self.__dict__.update(lab.__dict__)
        self.disk, self.keeper = lab.runs, keeper
        self.runs = Path(f"/proc/{keeper}/root{lab.runs}")

    def command(self, playbook: str, *options: str, **variables: Any) -> list[str]:
        there = {"calico_plan_run_directory": str(self.disk), **variables}
        return [*self.inside(), *super().command(playbook, *options, **there)]

    def close(self) -> None:
        """Nothing can be written any more: what is opened from now on goes by a mount that is read-only. Only
        the kernel itself makes a disk read-only under files that are open."""
        for how in (["--bind", self.disk], ["-o", "remount,bind,ro"]):
            subprocess.run([*self.inside(), "mount", *how, self.disk], check=True)

    def inside(self) -> list[str]:
        """What a command begins with that sees the disk."""
        return ["nsenter", f"--mount=/proc/{self.keeper}/ns/mnt", f"--wd={CHECKOUT}"]


@pytest.fixture(name="disk")
def _disk(lab: Lab) -> Iterator[OnDisk]:
    if os.geteuid():
        pytest.skip("only root may mount a disk of its own")
    lab.runs.mkdir(exist_ok=True)
    mount = f"mount -t tmpfs -o size=24m,mode=700 tmpfs {lab.runs} && echo there && exec sleep infinity"
    keeping = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount]
    with subprocess.Popen([*ENDS_WITH_CALLER, *keeping], stdout=subprocess.PIPE) as keeper:
        try:
            assert keeper.stdout is not None
            assert keeper.stdout.readline() == b"there\n"
            yield OnDisk(lab, keeper.pid)
        finally:
            keeper.kill()


def fill(run: Path) -> None:
    """Take all the room there is."""
    with suppress(OSError), (run.parent.parent / "filler").open("wb") as file:
        while True:
            file.write(bytes(1 << 16))
            file.flush()


def test_a_disk_that_is_full_in_the_watch(lab: Lab, disk: OnDisk) -> None:
    def trouble(run: Path) -> None:
        fill(run)
        lab.do("fault", "kill-bgpd", "rr1")

    with meanwhile(disk, watching, trouble) as seen:
        run = disk.play("cut", calico_bgp_soak=30)
    returned(run, seen)
    whole_again(lab)


def test_a_disk_that_becomes_read_only_in_the_watch(lab: Lab, disk: OnDisk) -> None:
    """Nothing can be written any more, the alarm and the result neither."""

    def trouble(run: Path) -> None:
        wait(lambda: "unproved" in (run / "result.json").read_text(), seconds=60)
        disk.close()
        lab.do("fault", "kill-bgpd", "rr1")

    with meanwhile(disk, watching, trouble) as seen:
        run = disk.play("cut", calico_bgp_soak=30)
    assert run.status == 2
    assert seen.dark is not None, run.output[-5000:]
    print(f"the mesh was on again after {seen.dark:.1f} s")
    assert seen.dark < PROMPT
    assert "The mesh was turned on again" in run.text
    whole_again(lab)


def test_a_disk_without_room_is_refused_before_the_cut(lab: Lab, disk: OnDisk) -> None:
    (disk.runs / "filler").write_bytes(bytes(21 << 20))
    run = disk.play("cut", calico_bgp_soak=6)
    assert run.status == 2
    assert "there is no room for the" in run.text
    assert lab.sessions() == {"mesh": 6, "reflector": 3}


def test_a_rollback_stops_where_somebody_turns_the_mesh_off(lab: Lab) -> None:
    """Before the first peer goes: it reads the mesh again, keeps the peers, and turns it on."""

    def off(run: Path) -> None:
        wait(lambda: (run / "findings" / "mesh-mesh.json").exists(), seconds=120)
        lab.api.set_mesh(False)

    with meanwhile(lab, lambda state: state["mesh"] is True, off):
        run = lab.play("rollback")
    assert run.status == 2, run.output[-5000:]
    assert "somebody turned it off" in run.text
    assert lab.api.request("GET", PEER).json()["metadata"]["name"] == "peer-to-external-rr"
    whole_again(lab)


def test_a_mesh_that_was_off_already_is_watched_as_after_a_cut(lab: Lab) -> None:
    lab.api.set_mesh(False)
    lab.wait(lambda: lab.mesh_sessions() == 0)
    with meanwhile(lab, watching, lambda _run: lab.do("fault", "stop", "rr1")) as seen:
        run = lab.play("site", calico_bgp_soak=30)
    returned(run, seen)
    whole_again(lab)


def test_a_dark_cluster_is_said_first_and_healed_where_asked(lab: Lab) -> None:
    lab.api.set_mesh(False)
    lab.do("fault", "stop", "rr1")
    lab.wait(lambda: lab.sessions() == {"mesh": 0, "reflector": 0})
    time.sleep(16)  # Until the restart time is over, stale routes carry everything.
    told = lab.play("site", calico_bgp_soak=6)
    assert told.status == 2
    assert "The mesh is off, and node node-a: expected a route to every block of the others" in told.text
    assert "Run mesh_on" in told.text
    healed = lab.play("site", calico_bgp_soak=6, calico_bgp_heal=True)
    assert (healed.status, healed.result["outcome"]) == (2, "healed"), healed.output[-5000:]
    lab.wait(lambda: lab.mesh_sessions() == 6)
    lab.do("fault", "clear")
