# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and ending a lab's daemon."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from lab import system
from lab.mirror import Mirror
from lab.network import Network
from lab.state import CHECKOUT, OWNER, LabError, State

Json = dict[str, Any]


def up(state: State, network: Network, *, archive: bool = True, mirror: Mirror | None = None) -> None:
    """Start a lab and return when it works; LabError when one is up, or when it does not come up: nothing is
    left then. `mirror`: the inventory of a user that the network was made after."""
    if state.is_up():
        raise LabError(f"A lab is up in {state.directory} already: `python -m lab down` ends it.")
    system.check()
    lock = prepare(state)
    began = time.monotonic()
    reading, writing = os.pipe()
    owner = _owner()
    options = {
        "state": str(state.directory),
        "network": asdict(network),
        "archive": archive,
        "mirror": {"cluster": mirror.cluster, "variables": mirror.variables} if mirror else None,
        "progress": writing,
        "owner": owner,
    }
    with state.log.open("ab") as log:
        daemon = subprocess.Popen(
            [
                *system.namespace_command(root=os.geteuid() == 0),
                sys.executable,
                "-m",
                "lab.daemon",
            ],
            cwd=CHECKOUT,
            pass_fds=(lock, writing) if owner is None else (lock, writing, owner),
            # Everybody may read the command line of a process, and a mirror holds a user's variables.
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for descriptor in (writing, lock, *(() if owner is None else (owner,))):
        os.close(descriptor)
    _tell(daemon, options)
    (state.directory / "pid").write_text(f"{daemon.pid}\n")
    try:
        _follow(reading, state)
    except BaseException:
        state.kill(daemon.pid)
        daemon.wait()
        state.remove()
        raise
    print(f"The lab is up after {time.monotonic() - began:.1f} s: `python -m lab status` shows it.")


def _tell(daemon: subprocess.Popen[bytes], options: Json) -> None:
    """Give the daemon its options; one that is gone already has said why in its log."""
    assert daemon.stdin is not None
    with contextlib.suppress(BrokenPipeError), daemon.stdin:
        daemon.stdin.write(json.dumps(options).encode())


def _owner() -> int | None:
    """A descriptor that tells when the process named by $CALICO_BGP_LAB_OWNER ends; None where none is named.

    Process ids mean nothing inside the lab's PID namespace, an inherited descriptor does.
    """
    named = os.environ.get(OWNER)
    if not named:
        return None
    try:
        return os.pidfd_open(int(named))
    except (ValueError, OSError) as error:
        raise LabError(f"${OWNER} is {named!r}, which is no running process ({error}).") from error


def down(state: State) -> bool:
    """End the lab and delete its directory; whether there was one."""
    was_up = state.is_up()
    if was_up:
        state.kill(_daemon_pid(state))
    state.remove()
    return was_up


def prepare(state: State) -> int:
    """An empty state directory, locked; what a lab that was killed left there is deleted."""
    foreign = state.directory.exists() and any(state.directory.iterdir()) and not state.lock.exists()
    if foreign:
        raise LabError(
            f"{state.directory} is not empty and not a lab's: name another directory with --state."
        )
    lock = state.acquire()
    if lock is None:
        raise LabError(f"A lab is starting in {state.directory} already.")
    state.clear()
    return lock


def _follow(reading: int, state: State) -> None:
    with os.fdopen(reading) as lines:
        for line in lines:
            said: Json = json.loads(line)
            if "progress" in said:
                print(said["progress"], flush=True)
            elif "ready" in said:
                return
            else:
                raise LabError(f"The lab did not come up: {said['failed']}\n{state.log_tail()}")
    raise LabError(f"The lab ended while it was starting.\n{state.log_tail()}")


def _daemon_pid(state: State) -> int:
    """Process id of the lab's unshare; LabError when the number stands for something else by now."""
    pid = int((state.directory / "pid").read_text())
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read()
    except FileNotFoundError:
        command = b""
    if b"lab.daemon" not in command:
        raise LabError(f"Something holds {state.lock}, and it is not the lab with process id {pid}.")
    return pid
