# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of a test file's own, and playbooks run against it as a user does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from lab.programs import cache_directory
from lab.system import ENDS_WITH_CALLER

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
#: A watch of some seconds, where the watch is not the point.
SHORT = {"calico_bgp_soak": 6}
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One playbook run: exit status, everything printed, its result.json ({} for none) and its directory."""

    status: int
    output: str
    result: Json
    directory: Path

    @property
    def changed(self) -> dict[str, int]:
        """changed= of each host in the recap."""
        recap = self.output.rpartition("PLAY RECAP")[2]
        return {
            name: int(count) for name, count in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", recap, re.M)
        }

    @property
    def text(self) -> str:
        """The output with its wrapped lines joined."""
        return re.sub(r"\s+", " ", self.output)


class Lab:
    """A lab in `directory`, and playbooks against it. It ends with this process, however that ends."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "lab"
        self.runs = directory / "runs"
        self.environment = {
            **owned(self.state),
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_HOME": str(cache_directory() / "ansible"),
        }

    def do(self, *arguments: str) -> str:
        """One command of the lab's command line, which must succeed."""
        return succeed([sys.executable, "-m", "lab", *arguments], self.environment).stdout

    def facts(self) -> Json:
        """What the lab published."""
        return dict(json.loads((self.state / "lab.json").read_text()))

    def sessions(self) -> dict[str, int]:
        """Established sessions as the nodes have them: ends of the mesh's, and those with the reflector."""
        nodes = json.loads(self.do("status", "--json"))["nodes"].values()
        up = [s["name"] for n in nodes for s in n["sessions"] if s["info"] == "Established"]
        mesh = sum(name.startswith("Mesh_") for name in up)
        return {"mesh": mesh, "reflector": len(up) - mesh}

    def mesh_sessions(self) -> int:
        """Established ends of the mesh's sessions."""
        return self.sessions()["mesh"]

    def command(self, playbook: str, *options: str, **variables: Any) -> list[str]:
        """The command that runs a playbook of the collection."""
        given = self.directory / "variables.json"
        given.write_text(json.dumps({"calico_plan_run_directory": str(self.runs), **variables}))
        return ["ansible-playbook", f"playbooks/{playbook}.yml", "-e", f"@{given}", *options]

    @contextmanager
    def playing(self, playbook: str, **variables: Any) -> Iterator[subprocess.Popen[bytes]]:
        """A playbook that runs meanwhile, and is killed at the end."""
        command = [*ENDS_WITH_CALLER, *self.command(playbook, **variables)]
        with TemporaryFile() as output:
            running = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                yield running
            finally:
                running.kill()
                running.wait()

    def play(self, playbook: str, *options: str, **variables: Any) -> Run:
        """Run a playbook of the collection as a user would."""
        before = set(self.runs.glob("*/*"))
        done = call(self.command(playbook, *options, **variables), self.environment)
        made = sorted(set(self.runs.glob("*/*")) - before)
        directory = made[-1] if made else self.runs
        file = directory / "result.json"
        result = json.loads(file.read_text()) if file.exists() else {}
        return Run(done.returncode, done.stdout + done.stderr, result, directory)


def owned(state: Path) -> dict[str, str]:
    """The environment of a lab in `state` that ends with this process, also when that is killed."""
    return {
        **os.environ,
        "CALICO_BGP_LAB": str(state),
        "CALICO_BGP_LAB_OWNER": str(os.getpid()),
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }


def call(
    command: list[str], environment: Mapping[str, str], folder: Path = CHECKOUT
) -> subprocess.CompletedProcess[str]:
    """Run a command that asks nothing, and that ends with this process, also when that is killed.

    The output goes into files: a playbook that nobody reads from any more may wait forever.
    """
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        done = subprocess.run(
            [*ENDS_WITH_CALLER, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            check=False,
        )
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, output.read(), errors.read())


def succeed(
    command: list[str], environment: Mapping[str, str], folder: Path = CHECKOUT
) -> subprocess.CompletedProcess[str]:
    """The same for a command that must not fail."""
    done = call(command, environment, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
