# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that measure: what `make evaluate` put into the cache, or the machine's own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.namespaces import SYSTEM_PATH
from lab.programs import Missing, cache_directory, library_path, own_or_cached

FOLDER = "deb-evaluate"
WHERE = "run `make evaluate`, which fetches it"


@dataclass(frozen=True)
class Tools:
    """Absolute paths. `clang` is None where it was not fetched: most kernels have an IPIP device."""

    iperf3: Path
    ping: Path
    ethtool: Path
    ip: Path
    tc: Path
    clang: Path | None
    library_path: str

    def environment(self) -> dict[str, str]:
        """What they are started with."""
        return {"PATH": SYSTEM_PATH, "LD_LIBRARY_PATH": self.library_path, "LC_ALL": "C"}

    def versions(self) -> dict[str, str]:
        """Program to version, as it says itself. Missing when one does not start on this machine."""
        asked = {"iperf3": (self.iperf3, "--version"), "ping": (self.ping, "-V")}
        if self.clang:
            asked["clang"] = (self.clang, "--version")
        return {name: self._version(*question) for name, question in asked.items()}

    def _version(self, program: Path, option: str) -> str:
        done = subprocess.run(
            [program, option], env=self.environment(), capture_output=True, text=True, check=False
        )
        said = (done.stdout or done.stderr).strip()
        if done.returncode:
            raise Missing(f"The program {program} does not start ({said}): {WHERE} anew.")
        return version(said)


def version(said: str) -> str:
    """The version in the first line that a program printed about itself; the line where there is none."""
    line = said.strip().partition("\n")[0]
    found = re.search(r"\b[0-9]+(\.[0-9]+)*\b", line)
    return found.group() if found else line


def find(environment: Mapping[str, str] = os.environ) -> Tools:
    """All of them; Missing with a sentence naming the first that is not there."""
    cache = cache_directory(environment)
    root, lab = cache / FOLDER, cache / "deb"
    return Tools(
        iperf3=_executable([root / "usr/bin/iperf3"]),
        ping=_executable([root / "bin/ping", root / "usr/bin/ping"]),
        ethtool=_executable([root / "sbin/ethtool", root / "usr/sbin/ethtool"]),
        ip=own_or_cached("ip", lab),
        tc=own_or_cached("tc", lab),
        clang=next(iter(sorted(root.glob("usr/lib/llvm-*/bin/clang"))), None),
        library_path=f"{library_path(root)}:{library_path(lab)}",
    )


def _executable(candidates: list[Path]) -> Path:
    for path in candidates:
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise Missing(f"The program {candidates[0].name} is not at {candidates[0]}: {WHERE}.")
