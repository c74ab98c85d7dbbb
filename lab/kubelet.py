# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelets of all nodes, one process: what `kubectl exec` into a pod calico-node ends at."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lab.kubeseed import pod_name
from lab.namespaces import SYSTEM_PATH


class KubeletError(Exception):
    """The kubelets did not come up; the text says where their log is."""


@dataclass(frozen=True)
class Wrong:
    """What is wrong with one node's kubelet: it is `silent`, or it `refused` exec; `cut` is the bytes after
    which a session breaks, 0 for never, `delay` the milliseconds before each piece of an answer; a node that
    sleeps has `lost` its routes."""

    silent: bool = False
    refused: bool = False
    cut: int = 0
    delay: int = 0
    lost: bool = False


@dataclass(frozen=True)
class Asleep:
    """A node that sleeps: what its birdcl prints after each question, as parts [from, to) of the file
    `asleep` in the kubelet's directory; `lost` has what it prints when it lost its routes, where that is
    something else."""

    said: Mapping[str, Sequence[tuple[int, int]]]
    lost: Mapping[str, Sequence[tuple[int, int]]]


class Kubelet:
    """Runs commands inside nodes for who has a certificate of the authority in `directory`.

    The process dies with the thread that called `start`.
    """

    def __init__(self, program: Path, directory: Path) -> None:
        self._program, self._directory = program, directory
        self._process: subprocess.Popen[str] | None = None
        self._wrong: dict[str, Wrong] = {}
        self.port = 0

    def start(self, rooms: Mapping[str, Sequence[str] | Asleep]) -> None:
        """Listen at `port` of 127.0.0.1; `rooms` has by node the command line that leads into it, or what it
        says where it sleeps."""
        with (self._directory / "kubelet.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", str(self._program), str(self._directory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={"PATH": SYSTEM_PATH},
            )
        said = self._tell(
            {
                pod_name(node): asdict(room) if isinstance(room, Asleep) else list(room)
                for node, room in rooms.items()
            }
        )
        if not said.isdecimal():
            raise KubeletError(f"The kubelets did not start: see {self._directory / 'kubelet.log'}.")
        self.port = int(said)

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def break_one(self, node: str, **wrong: bool | int) -> None:
        """Set fields of Wrong for a node; those that are not named stay."""
        self.break_all([node], **wrong)

    def break_all(self, nodes: Iterable[str], **wrong: bool | int) -> None:
        """The same for several, in one moment."""
        for node in nodes:
            self._wrong[node] = replace(self._wrong.get(node, Wrong()), **wrong)  # type: ignore[arg-type]
        self._tell({pod_name(name): asdict(each) for name, each in self._wrong.items()})

    def _tell(self, data: object) -> str:
        """Say one line; the answer, "" also where it is gone."""
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(data) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()
