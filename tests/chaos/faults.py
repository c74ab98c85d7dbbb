# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a run: kills, a frozen API, a full disk, a clock that jumps, and what others do."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from lab.system import ENDS_WITH_CALLER
from tests.chaos.poller import command_line, descendants
from tests.helpers.commands import CHECKOUT
from tests.helpers.kube import CALICO
from tests.helpers.labs import Lab

#: In the environment of every process of a run, by which they are found whatever session or parent they have.
MARK = "CHAOS_RUN"
#: A shell ignores them for what it runs in the background.
HEARS_INTERRUPTS = ("env", "--default-signal=INT")
NUMBERS = count(1)
WORKER, HOLDER = re.compile("ansible|Ansi"), re.compile(r"ansible_connection|^\S*ssh:? ")
SHIM = Path(__file__).parent / "clock"
#: Seconds in which what was killed is gone.
KILLING = 10.0
#: Bytes that a run directory on a disk of its own may have.
#: Bytes on the small disk beside what runs of before have written.
ROOM, FILLER = 16 << 20, "filler"
ON_SMALL_DISK = """\
mount -t tmpfs -o size="$1",mode=700 chaos "$2" && cp -a "$3/." "$2" || exit 98
kept=$3; runs=$2; shift 3
"$@"; status=$?
cp -a "$runs/." "$kept"; exit $status
"""


class Running:
    """A playbook that runs, in a session of its own."""

    def __init__(
        self,
        lab: Lab,
        playbook: str,
        variables: Mapping[str, Any],
        *,
        small_disk: bool = False,
        clock: bool = False,
    ) -> None:
        """Start it. With `small_disk` its run directory is a file system with ROOM to spare, which takes
        root; with `clock` its time may be shifted."""
        number = next(NUMBERS)
        self.lab, self.playbook, self.small_disk = lab, playbook, small_disk
        self.output = lab.directory / f"{number:04}-{playbook}.out"
        self.clock = lab.directory / f"{number:04}.clock"
        self.clock.write_text("0")
        self.kept = lab.directory / "kept"
        self._mark = f"{os.getpid()}-{number}"
        self._before = set(lab.runs.glob("*/*"))
        lab.runs.mkdir(exist_ok=True, mode=0o700)
        command = lab.command(playbook, **variables)
        if small_disk:
            shutil.copytree(lab.runs, self.kept, dirs_exist_ok=True, symlinks=True)
            size = ROOM + sum(each.stat().st_blocks * 512 for each in self.kept.rglob("*"))
            script = ["unshare", "--mount", "sh", "-c", ON_SMALL_DISK, "chaos", str(size)]
            command = [*script, str(lab.runs), str(self.kept), *command]
        environment = {
            **lab.environment,
            MARK: self._mark,
            # The banner of a task comes when it starts.
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "1",
            "ANSIBLE_DISPLAY_OK_HOSTS": "1",
            "CHAOS_CLOCK": str(self.clock),
        }
        if clock:
            path = [str(SHIM), *filter(None, [environment.get("PYTHONPATH")])]
            environment["PYTHONPATH"] = ":".join(path)
        with self.output.open("wb") as sink:
            self.process = subprocess.Popen(
                [*ENDS_WITH_CALLER, *HEARS_INTERRUPTS, *command],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )

    def processes(self) -> list[int]:
        """All that is left of it, orphans too."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self._mark}\0".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
        return found

    def workers(self) -> list[int]:
        """Those that may still change something: not what holds a connection for the next one."""
        lines = {pid: " ".join(command_line(pid)) for pid in self.processes()}
        return [pid for pid, line in lines.items() if WORKER.search(line) and not HOLDER.search(line)]

    def is_over(self) -> bool:
        """Whether the playbook itself has ended."""
        return self.process.poll() is not None

    def signal(self, number: int, pids: Sequence[int]) -> None:
        """Send a signal to some of its processes."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """End all of it as a power cut does."""
        end = time.monotonic() + KILLING
        while (left := self.processes()) and time.monotonic() < end:
            self.signal(signal.SIGKILL, left)
            time.sleep(0.01)
        self.process.wait()

    def collect(self) -> None:
        """Bring what it kept on its small disk to where the next run looks."""
        if self.small_disk and self.kept.exists():
            (self.kept / FILLER).unlink(missing_ok=True)
            shutil.copytree(self.kept, self.lab.runs, dirs_exist_ok=True, symlinks=True)
            shutil.rmtree(self.kept)

    def directory(self) -> Path | None:
        """Its run directory; None where it made none. Of two runs at once it may be the other's."""
        made = sorted(set(self.lab.runs.glob("*/*")) - self._before)
        return made[-1] if made else None

    def text(self) -> str:
        """All that it printed."""
        return self.output.read_text(errors="replace")


class Relay:
    """A way to the API that can be shut or slow, and its kubeconfig."""

    def __init__(self, lab: Lab) -> None:
        self.delay, self.shut = 0.0, False
        self._target = int(lab.facts()["api"].rpartition(":")[2])
        self._ends: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        text = Path(lab.facts()["operator_kubeconfig"]).read_text()
        self.kubeconfig = lab.directory / "relayed.kubeconfig"
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(text.replace(f":{self._target}", f":{port}"))
        threading.Thread(target=self._accept, daemon=True).start()

    def go(self) -> None:
        """Cut every connection and refuse new ones."""
        self.shut = True
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self.go()
        # What waits in accept() hears of it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            try:
                if self.shut:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            for source, sink in ((near, far), (far, near)):
                self._ends.add(source)
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self.delay)
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.discard(source)
        source.close()


@dataclass
class Scene:
    """What a strike may reach: the lab, its first process, the run, the way to the API, and further runs."""

    lab: Lab
    lab_process: int
    run: Running
    relay: Relay
    variables: Mapping[str, Any]
    others: list[Running] = field(default_factory=list)
    thawing: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def runs(self) -> list[Running]:
        """The run, and those beside it."""
        return [self.run, *self.others]

    def heal_api(self) -> None:
        """The API as it was."""
        signal_api(self, signal.SIGCONT)
        self.relay.shut, self.relay.delay = False, 0.0


def signal_api(scene: Scene, number: int) -> None:
    """Send a signal to the lab's API server."""
    for pid in descendants(scene.lab_process):
        if command_line(pid)[0].endswith("/lab-kube"):
            os.kill(pid, number)


def _kill_all(scene: Scene) -> None:
    scene.run.kill()


def _kill_group(scene: Scene) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(scene.run.process.pid, signal.SIGKILL)


def _term(scene: Scene) -> None:
    scene.run.signal(signal.SIGTERM, [scene.run.process.pid])


def _interrupt(scene: Scene) -> None:
    """As a terminal does at Ctrl-C: everybody in the foreground."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(scene.run.process.pid, signal.SIGINT)


def _suspend(scene: Scene, seconds: str) -> None:
    """Stop every process of the run for a while; what wakes them up outlives us."""
    pids = scene.run.processes()
    wake = f"sleep {seconds}; kill -CONT {' '.join(map(str, pids))}"
    scene.thawing.append(subprocess.Popen(["sh", "-c", wake], start_new_session=True))
    scene.run.signal(signal.SIGSTOP, pids)


def _freeze_api(scene: Scene) -> None:
    signal_api(scene, signal.SIGSTOP)


def _heal_api(scene: Scene) -> None:
    scene.heal_api()


def _api_gone(scene: Scene) -> None:
    scene.relay.go()


def _api_slow(scene: Scene, seconds: str) -> None:
    scene.relay.delay = float(seconds)


def _fill_disk(scene: Scene) -> None:
    """Through the root of the run's own mount namespace."""
    filler = Path(f"/proc/{scene.run.process.pid}/root{scene.lab.runs}/{FILLER}")
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def _read_only_disk(scene: Scene) -> None:
    """By a mount over it: only the kernel itself makes a disk read-only under files that are open."""
    runs, inside = str(scene.lab.runs), ["nsenter", f"--target={scene.run.process.pid}", "--mount", "mount"]
    for how in (["--bind", runs], ["-o", "remount,bind,ro"]):
        subprocess.run([*inside, *how, runs], check=True)


def _jump(scene: Scene, seconds: str) -> None:
    scene.run.clock.write_text(seconds)


def _lab_fault(scene: Scene, *words: str) -> None:
    scene.lab.do("fault", *words)


def _ssh_dead(scene: Scene) -> None:
    """Every node's and every router's."""
    status = scene.lab.status()
    for name in [*status["nodes"], *status["reflectors"]]:
        scene.lab.do("fault", "ssh-dead", name)


def _mesh(scene: Scene, enabled: str) -> None:
    scene.lab.api.set_mesh(enabled == "on")


def _delete(scene: Scene, kind: str, name: str) -> None:
    scene.lab.api.request("DELETE", f"{CALICO}/{kind}/{name}")


def _also(scene: Scene, playbook: str, *settings: str) -> None:
    """A second run, with further variables as name=value."""
    more = dict(each.split("=", 1) for each in settings)
    scene.others.append(Running(scene.lab, playbook, {**scene.variables, **more}))


ACTS: dict[str, Callable[..., None]] = {
    "kill-all": _kill_all,
    "kill-group": _kill_group,
    "term": _term,
    "int": _interrupt,
    "suspend": _suspend,
    "freeze-api": _freeze_api,
    "heal-api": _heal_api,
    "api-gone": _api_gone,
    "api-slow": _api_slow,
    "fill-disk": _fill_disk,
    "read-only-disk": _read_only_disk,
    "clock": _jump,
    "lab": _lab_fault,
    "ssh-dead": _ssh_dead,
    "mesh": _mesh,
    "delete": _delete,
    "also": _also,
}
#: How a run may be ended; each point of the matrix gets one, or all.
KILLS = ("kill-all", "kill-group", "term", "int")
NEEDS_ROOT = {"fill-disk", "read-only-disk"}


def said(run: Running, limit: int = 400) -> str:
    """The last thing that a run said before its recap, in one line."""
    text = run.text().rpartition("PLAY RECAP")[0] or run.text()
    messages = re.findall(r"^\s*(?:msg: |message: |.*ERROR.*?: )(.*(?:\n {4,}\S.*)*)", text, re.M)
    last = messages[-1] if messages else "".join(text.splitlines()[-1:])
    return re.sub(r"\s+", " ", last).strip(" '\">-|")[:limit]
