# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state directory of a lab: what lies where, and whether a lab is up in it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = "CALICO_BGP_LAB"
# Process id whose end is the lab's end: what starts a lab and may be killed names itself here.
OWNER = "CALICO_BGP_LAB_OWNER"
KILL_WAIT = 5.0
Json = dict[str, Any]


class LabError(Exception):
    """What the user asked for cannot be done; the text is one sentence that says why."""


@dataclass(frozen=True)
class State:
    """Paths below one state directory (absolute).

    The lock is held by every process of the lab that is not one of its programs, so a lock that is free means
    there is no lab, however the last one ended."""

    directory: Path

    @classmethod
    def choose(cls, option: str | None, environment: Mapping[str, str] = os.environ) -> State:
        """The directory of --state, else of $CALICO_BGP_LAB, else .lab in the checkout."""
        named = option or environment.get(ENVIRONMENT)
        return cls(Path(named).absolute() if named else CHECKOUT / ".lab")

    @property
    def lock(self) -> Path:
        """Locked while a lab is up."""
        return self.directory / "lab.lock"

    @property
    def log(self) -> Path:
        """The daemon's log."""
        return self.directory / "lab.log"

    @property
    def facts(self) -> Path:
        """What the daemon published when it was up: ports, paths, network (JSON)."""
        return self.directory / "lab.json"

    @property
    def ways(self) -> Path:
        """Extra variables with which no variables file leads a playbook out of the lab (JSON)."""
        return self.directory / "ways.json"

    @property
    def key(self) -> Path:
        """Private key for SSH into the nodes."""
        return self.directory / "id_lab"

    @property
    def probe_report(self) -> Path:
        """The probe's live report (JSON)."""
        return self.directory / "probe.json"

    def acquire(self) -> int | None:
        """Lock the directory, creating it: the descriptor that holds the lock, or None when a lab is up."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def is_up(self) -> bool:
        """Whether a lab holds the lock (it may still be starting)."""
        if not self.lock.exists():
            return False
        descriptor = self.acquire()
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def read_facts(self) -> Json:
        """What the running lab published; LabError when there is none."""
        if not self.is_up():
            raise LabError(f"No lab is up in {self.directory}: start one with `python -m lab up`.")
        try:
            facts = json.loads(self.facts.read_text())
        except FileNotFoundError:
            raise LabError(f"The lab in {self.directory} is not ready yet: see {self.log}.") from None
        assert isinstance(facts, dict)
        return facts

    def publish(self, facts: Json) -> None:
        """Write the facts for readers outside, at once or not at all."""
        write_atomically(self.facts, json.dumps(facts, indent=2) + "\n", mode=0o600)

    def ask(self, request: Json, timeout: float = 30) -> Json:
        """Send one request to the daemon; its answer. LabError when it refuses or does not answer."""
        self.read_facts()
        directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(timeout)
                # Through /proc because the path itself may be longer than a Unix socket's 107 bytes.
                sock.connect(f"/proc/self/fd/{directory}/control")
                sock.sendall(json.dumps(request).encode() + b"\n")
                with sock.makefile("rb") as stream:
                    line = stream.readline()
        except OSError as error:
            raise LabError(
                f"The lab in {self.directory} does not answer ({error}): see {self.log}."
            ) from error
        finally:
            os.close(directory)
        if not line:
            raise LabError(f"The lab in {self.directory} ended while it was asked: see {self.log}.")
        answer = json.loads(line)
        if "error" in answer:
            raise LabError(str(answer["error"]))
        assert isinstance(answer, dict)
        return answer

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of the daemon's log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def clear(self) -> None:
        """Delete what a lab left in the directory, except the lock."""
        for entry in self.directory.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry != self.lock:
                entry.unlink()

    def remove(self) -> None:
        """Delete the directory, if it is a lab's."""
        if self.lock.exists():
            shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self, outer: int) -> None:
        """End the lab whose unshare has this process id; return when its last process is gone.

        The init below it is killed: the kernel then ends all the rest before unshare hears of it and ends
        too. LabError when they do not end."""
        for pid in _children(outer) or [outer]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + KILL_WAIT
        while _runs(outer) or self.is_up():
            if time.monotonic() > deadline:
                raise LabError(f"The lab in {self.directory} does not end: look at process {outer}.")
            time.sleep(0.02)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _runs(pid: int) -> bool:
    """Whether a process is there and not just waiting to be collected by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace the file by `text` in one step, so that no reader sees half of it."""
    stage = path.with_name(path.name + ".new")
    descriptor = os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    stage.replace(path)
