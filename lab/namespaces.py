# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places: anonymous network and mount namespaces, each held by a sleeping process of the lab.

Nothing here has a name outside the lab: `ip netns` shows none of it, and the kernel takes a place away when
the last process in it ends."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BIRTH = 5.0


class PlaceError(Exception):
    """A command in a place failed; the text names place, command and what it printed."""


class Place:
    """One namespace for networking, mounts and the host's name."""

    def __init__(self, name: str, *, ip: Path) -> None:
        self.name = name
        self._ip = str(ip)
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "sleep", "infinity"], stdin=subprocess.DEVNULL
        )

    @property
    def pid(self) -> int:
        """Process id of the sleeper, in the lab's own numbering."""
        return self._holder.pid

    def path(self, inside: str) -> Path:
        """How the daemon reaches a file that only this place sees, for example a socket below its own
        /run."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def wait_born(self) -> None:
        """Return once the sleeper is in its own namespaces; PlaceError after a few seconds."""
        deadline = time.monotonic() + BIRTH
        own = os.readlink("/proc/self/ns/uts")
        while os.readlink(f"/proc/{self.pid}/ns/uts") == own:
            if self._holder.poll() is not None or time.monotonic() > deadline:
                raise PlaceError(f"The namespace of {self.name} was not made.")
            time.sleep(0.001)

    def command(self, *argv: str, mounts: bool = True) -> list[str]:
        """The command line that runs `argv` in here; without `mounts` it sees the daemon's files."""
        flags = ["--net", "--uts", "--mount"] if mounts else ["--net", "--uts"]
        return ["nsenter", f"--target={self.pid}", *flags, "--", *argv]

    def run(self, *argv: str, text: str | None = None, mounts: bool = True) -> str:
        """Run to the end; what it printed. PlaceError when it fails."""
        done = subprocess.run(
            self.command(*argv, mounts=mounts), input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise PlaceError(f"{self.name}: {' '.join(argv)[:200]}: {said[:500]}")
        return done.stdout

    def shell(self, script: str) -> str:
        """Run a /bin/sh script that stops at the first error."""
        return self.run("/bin/sh", "-e", text=script)

    def ip(self, lines: Iterable[str]) -> None:
        """Run many `ip` commands at once; PlaceError at the first that fails."""
        self.run(self._ip, "-batch", "-", text="\n".join(lines) + "\n", mounts=False)

    def start(
        self, argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program in here that goes on running; what it prints is appended to `log`."""
        with log.open("ab") as sink:
            return subprocess.Popen(
                self.command(*argv),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={"PATH": SYSTEM_PATH, **(environment or {})},
            )
