# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process of its own session that outlives the run, and how it sees that the run is gone.

It gets what it needs by standard input, never by its command line, which everybody can read.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

PROC = Path("/proc")
#: What the process runs: one function of one module, with what came by standard input. What lies in the
#: current directory is not to be taken for a library.
_BOOT = (
    "import sys; sys.path = [path for path in sys.path if path]; "
    "import json, importlib; from ansible.plugins.loader import init_plugin_loader; "
    "init_plugin_loader(); told = json.load(sys.stdin); "
    "getattr(importlib.import_module(told['module']), told['function'])(told['message'])"
)


@dataclass(frozen=True)
class Process:
    """A process of this machine: its number, and when it began ("" where the machine does not say).

    The number alone is given to others later.
    """

    pid: int
    began: str

    @property
    def alive(self) -> bool:
        """Whether it runs; one that has ended and was not fetched by its parent yet does not."""
        # A run may be the first process of a container.
        if self.pid < 1:
            return False
        if self.began:
            state, _parent, began = _stat(self.pid)
            return began == self.began and state not in ("Z", "X")
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def process(pid: int) -> Process:
    """The process that has this number now."""
    return Process(pid, _stat(pid)[2])


def run_of_this() -> Process:
    """The run: ansible-playbook, where this is a worker of it, else this process itself."""
    parent = parent_process()
    return process(os.getpid() if parent is None or parent.pid is None else parent.pid)


def orphaned() -> bool:
    """Whether this is a worker whose run is gone. Workers have sessions of their own and survive a kill."""
    parent = parent_process()
    return parent is not None and os.getppid() != parent.pid


def hears_interrupts(of: Process) -> bool | None:
    """Whether a process does something of its own at SIGINT (Linux: proc_pid_status(5)); None where the
    machine does not say."""
    try:
        text = (PROC / f"{of.pid}/status").read_text(encoding="ascii", errors="replace")
        caught = next(line for line in text.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1)
    except (OSError, StopIteration, IndexError, ValueError):
        return None


def children(of: Process) -> tuple[Process, ...]:
    """The processes that a process has started from its main thread; none where the machine does not say."""
    try:
        text = (PROC / f"{of.pid}/task/{of.pid}/children").read_text(encoding="ascii")
    except OSError:
        return ()
    return tuple(found for found in map(process, map(int, text.split())) if found.began)


def start(
    function: str, message: Mapping[str, Any], *, name: str, run: Path, needs: Iterable[str]
) -> Process:
    """Run a function in a process of its own session, with `message`, and return at once.

    `function` is MODULE:FUNCTION, `needs` are modules of other collections that it uses. `name` and the run
    directory are what a list of processes shows. What it prints goes into NAME.log of the run, mode 0600.
    """
    module, _colon, called = function.partition(":")
    told = {"module": module, "function": called, "message": dict(message)}
    roots = dict.fromkeys(_root(each) for each in (__name__, *needs))
    with _log(run / f"{name}.log") as log:
        started = subprocess.Popen(
            [sys.executable, "-c", _BOOT, name, str(run)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(roots)},
            start_new_session=True,
        )
        if started.stdin is None:
            raise OSError("its standard input was not opened")
        with started.stdin as pipe:
            pipe.write(json.dumps(told).encode())
    return process(started.pid)


@contextmanager
def speaking_for(run: Process) -> Iterator[int]:
    """A descriptor that shows text where the run shows its errors; -1 where it cannot be opened.

    To be opened while the run lives. It keeps a pipe of the run open: close it soon after the run is gone.
    """
    try:
        how = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_APPEND
        descriptor = os.open(PROC / str(run.pid) / "fd/2", how)
    except OSError:
        descriptor = -1
    try:
        yield descriptor
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def say(descriptor: int, text: str) -> None:
    """Show a line there; nobody may be listening any more."""
    if descriptor >= 0:
        with suppress(OSError):
            os.write(descriptor, f"{text}\n".encode())


def log(text: str) -> None:
    """Write a line into its own log; a disk that is full keeps it from nothing else."""
    with suppress(OSError):
        print(text, flush=True)


def _root(module: str) -> str:
    """The directory that holds the `ansible_collections` of a module of a collection."""
    file = import_module(module).__file__ or ""
    return str(next(p.parent for p in Path(file).absolute().parents if p.name == "ansible_collections"))


@contextmanager
def _log(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _stat(pid: int) -> tuple[str, int, str]:
    """State, parent and beginning of a process (Linux: proc_pid_stat(5)); ("", 0, "") for none."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        # The name stands in brackets and may hold anything.
        fields = text.rpartition(")")[2].split()
        return fields[0], int(fields[1]), fields[19]
    except (OSError, IndexError, ValueError):
        return "", 0, ""
