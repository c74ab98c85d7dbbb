# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's repository with molecule, made of the files that docs/testing.md shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.programs import Programs, cache_directory
from tests.helpers.commands import CHECKOUT, succeed
from tests.helpers.labs import owned

pytestmark = pytest.mark.lab

PAGE = CHECKOUT / "docs/testing.md"
FILE = re.compile(r"^`(\S+)`:\n\n```yaml\n(.*?)^```$", re.M | re.S)


@pytest.fixture(name="project")
def _project(programs: Programs, tmp_path: Path) -> Path:
    files = FILE.findall(PAGE.read_text())
    assert len(files) == 5
    for name, text in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        # A session counts as proved after its hold time; 30 s, as on the page, would be waited for twice.
        (tmp_path / name).write_text(text.replace("{keepalive: 10, hold: 30}", "{keepalive: 2, hold: 9}"))
    # Beside the playbook it outranks every inventory, and must not lead out of the lab.
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/dc1.yml").write_text("calico_plan_kubeconfig: /nowhere\n")
    (tmp_path / "host_vars/core1.yml").write_text("ansible_host: 127.0.0.2\n")
    return tmp_path


def test_the_documented_project_passes_its_molecule_scenario(project: Path) -> None:
    environment = {
        **owned(project / "lab"),
        "HOME": str(project),
        "PYTHONPATH": str(CHECKOUT),
        "CALICO_BGP": str(CHECKOUT),
        "CALICO_BGP_CACHE": str(cache_directory()),
        "NO_COLOR": "1",
    }

    def do(*command: str) -> str:
        done = succeed(list(command), environment, project)
        return done.stdout + done.stderr

    do("python", "-m", "lab", "up", "--inventory", "inventory")
    try:
        said = do("molecule", "test")
    finally:
        do("python", "-m", "lab", "down")
    for action in ("converge", "idempotence", "verify"):
        assert re.search(rf"default > {action}\] Executed: Successful", said), said
    assert "core1 (198.51.100.1)" in said
    assert "outcome: cut" in said
