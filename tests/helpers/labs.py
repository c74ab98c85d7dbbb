# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of a test's own, what it shows of itself, and playbooks run against it as a user does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.report import ended_well
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.keeper import NAME
from lab.programs import cache_directory
from lab.system import ENDS_WITH_CALLER
from tests.helpers.commands import BIN, CHECKOUT, call, succeed
from tests.helpers.kube import Api
from tests.helpers.results import read_junit, read_result
from tests.helpers.router import typed
from tests.helpers.waiting import is_gone, wait

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

    def __init__(self, directory: Path, *, reflectors: int = 1, options: Sequence[str] = ()) -> None:
        """`reflectors`: how many, called rr1, rr2, ..; `options`: more of `lab up`. The lab is not up before
        `up`."""
        self.directory, self.reflectors, self.options = directory, reflectors, options
        self.state = directory / "lab"
        self.runs = directory / "runs"
        self.environment = {
            **owned(self.state),
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_HOME": str(cache_directory() / "ansible"),
        }

    def up(self) -> None:
        """Start it."""
        self.do("up", "--reflectors", str(self.reflectors), *self.options)

    def down(self) -> None:
        """End it; nothing may stay."""
        self.do("down")
        assert not self.state.exists()

    def do(self, *arguments: str) -> str:
        """One command of the lab's command line, which must succeed."""
        return succeed(self._command(arguments), self.environment).stdout

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same where it may fail."""
        return call(self._command(arguments), self.environment)

    @staticmethod
    def _command(arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "lab", *arguments]

    def facts(self) -> Json:
        """What the lab published."""
        return dict(json.loads((self.state / "lab.json").read_text()))

    def status(self) -> Json:
        """`lab status` as data."""
        return dict(json.loads(self.do("status", "--json")))

    def established(self) -> dict[str, set[str]]:
        """The names of each node's Established sessions."""
        return {
            name: {each["name"] for each in node["sessions"] if each["info"] == "Established"}
            for name, node in self.status()["nodes"].items()
        }

    def sessions(self) -> dict[str, int]:
        """Established sessions as the nodes have them: ends of the mesh's, and those with reflectors."""
        up = [name for names in self.established().values() for name in names]
        mesh = sum(name.startswith("Mesh_") for name in up)
        return {"mesh": mesh, "reflector": len(up) - mesh}

    def mesh_sessions(self) -> int:
        """Established ends of the mesh's sessions."""
        return self.sessions()["mesh"]

    def wait_sessions(self, number: int) -> None:
        """Return when every node has so many Established sessions."""
        self.wait(lambda: {len(names) for names in self.established().values()} == {number})

    def wait(self, true: Callable[[], bool], seconds: float = 60) -> None:
        """Return when `true` holds, which asks the lab; a session may take its time."""
        wait(true, seconds=seconds, pause=0.3)

    def ssh(self, node: str, command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command on a node, by OpenSSH."""
        line = [*self.ssh_line(node), command]
        return subprocess.run(line, input=stdin, capture_output=True, check=False)

    def ssh_line(self, node: str) -> list[str]:
        """The command line that leads to a node."""
        variables = json.loads(self.do("inventory", "--host", node))
        key = ["-i", variables["ansible_ssh_private_key_file"], "-oBatchMode=yes"]
        options = [*variables["ansible_ssh_common_args"].split(), *key, f"-p{variables['ansible_port']}"]
        return ["ssh", *options, f"root@{variables['ansible_host']}"]

    def router(self, *lines: str, name: str = "rr1") -> str:
        """Type lines at a router's prompt; all it printed."""
        return typed(self.facts(), name, lines)

    def learned(self, *, ever: bool = False) -> set[str]:
        """The prefixes that the upstream router up1 has now, or that it was ever sent."""
        return set(json.loads(self.do("learned", "up1", *(["--ever"] if ever else []))))

    @cached_property
    def api(self) -> Api:
        """The API as the cluster's admin."""
        return Api(Path(self.facts()["admin_kubeconfig"]))

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
                wait(lambda: not self.keepers(), 150)

    def keepers(self) -> list[int]:
        """The keepers of this lab's runs, by process."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = path.read_text().split("\0")
                if NAME in words and str(self.runs) in words[-2]:
                    found.append(int(path.parent.name))
        return [pid for pid in found if not is_gone(pid)]

    def play(self, playbook: str, *options: str, **variables: Any) -> Run:
        """Run a playbook of the collection as a user would."""
        before = set(self.runs.glob("*/*"))
        done = call(self.command(playbook, *options, **variables), self.environment)
        made = sorted(set(self.runs.glob("*/*")) - before)
        directory = made[-1] if made else self.runs
        file = directory / "result.json"
        result = read_result(file) if file.exists() else {}
        if result:
            [run, *_findings] = read_junit((directory / "junit.xml").read_text())
            assert (run.result == "passed") is ended_well(result["outcome"])
        return Run(done.returncode, done.stdout + done.stderr, result, directory)


def owned(state: Path) -> dict[str, str]:
    """The environment of a lab in `state` that ends with this process, also when that is killed."""
    return {
        # A run in a container is told apart by it, and the tests may run in one.
        **{name: value for name, value in os.environ.items() if name != "container"},
        "CALICO_BGP_LAB": str(state),
        "CALICO_BGP_LAB_OWNER": str(os.getpid()),
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
