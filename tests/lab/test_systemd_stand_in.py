# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's systemd: transient services outlive who started them, and are stopped with all they started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.commands import CHECKOUT
from tests.helpers.waiting import wait

PROGRAM = """
import sys
from pathlib import Path
from lab import systemd
systemd.FOLDER = Path(sys.argv[1])
systemd.JOURNAL = systemd.FOLDER / "journal"
sys.exit(systemd.main(sys.argv[2], sys.argv[3:]))
"""


class System:
    """The programs, with a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def do(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the programs."""
        command = [sys.executable, "-c", PROGRAM, str(self.folder), program, *arguments]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    def start(self, script: str, *options: str) -> subprocess.CompletedProcess[str]:
        """A service."""
        return self.do("systemd-run", "--unit=guard", "--collect", *options, "/bin/sh", "-c", script)

    @property
    def active(self) -> bool:
        """Whether the service is there."""
        return self.do("systemctl", "is-active", "--quiet", "guard").returncode == 0


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A systemd without services."""
    made = System(tmp_path / "systemd")
    yield made
    made.do("systemctl", "stop", "guard")


def test_a_service_runs_on_and_ends_with_all_that_it_started(system: System) -> None:
    done = system.start("sleep 60 & echo $! >&2; wait")
    assert (done.returncode, done.stderr) == (0, "Running as unit: guard.service\n")
    wait(lambda: (system.folder / "journal").exists() and (system.folder / "journal").read_text(), seconds=10)
    child = int((system.folder / "journal").read_text())
    assert system.active
    again = system.start("true")
    assert (again.returncode, "already loaded" in again.stderr) == (1, True)
    assert system.do("systemctl", "stop", "guard").returncode == 0
    assert not system.active
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert system.do("systemctl", "stop", "guard").returncode == 5


def test_one_that_fails_is_started_again_and_one_that_ends_is_unloaded(
    system: System, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    script = f"[ -e {mark} ] || {{ touch {mark}; exit 1; }}"
    system.start(script, "--property=Restart=on-failure", "--property=RestartSec=0.1")
    wait(lambda: not system.active, seconds=10)
    assert mark.exists()
    assert list(system.folder.glob("*.json")) == []


def test_what_it_does_not_know_it_refuses(system: System) -> None:
    assert system.do("systemctl", "daemon-reload").returncode != 0
    assert system.start("true", "--property=Color=blue").stderr == "Unknown assignment: Color\n"
    assert system.do("systemd-run", "--user", "true").returncode != 0


def test_the_journal_has_what_is_logged(system: System) -> None:
    system.do("logger", "-t", "guard", "--", "the mesh is on")
    assert (system.folder / "journal").read_text() == "guard: the mesh is on\n"
    assert system.do("systemctl", "is-active", "other").stdout == "inactive\n"
