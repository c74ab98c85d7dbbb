# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie inside the daemon's mount namespace: short paths, whatever the user's directories are
called.

The daemon mounts a file system of its own on /mnt; state directory and unpacked programs are bound below it.
Nodes see them there too, although they have their own /root, /run and /tmp."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from lab.programs import Programs

BASE = Path("/mnt")
STATE = BASE / "state"
UNPACKED = BASE / "programs"
RUN = BASE / "run"
KUBELET = BASE / "kubelet"


def move_in(state: Path | None, programs: Programs) -> Programs:
    """Mount what the daemon and the places need, in this mount namespace only; the programs with the paths
    inside. Without a state directory nothing written below STATE outlives the namespace."""
    unpacked = programs.bird.parents[2]
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(BASE))
    for directory in (STATE, UNPACKED, RUN):
        directory.mkdir()
    if state is not None:
        _mount("--bind", str(state), str(STATE))
    _mount("--bind", str(unpacked), str(UNPACKED))
    KUBELET.touch()
    _mount("--bind", str(programs.kubelet), str(KUBELET))
    return replace(
        programs,
        kubelet=KUBELET,
        bird=UNPACKED / programs.bird.relative_to(unpacked),
        bgpd=UNPACKED / programs.bgpd.relative_to(unpacked),
        library_path=programs.library_path.replace(str(unpacked), str(UNPACKED)),
    )


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
