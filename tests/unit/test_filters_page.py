# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook of docs/filters.md, run as it stands there, writes the files that the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from ansible_collections.telco.calico_bgp.plugins.module_utils import peerlists

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/filters.md").read_text(encoding="utf-8")
COUNT = re.compile(r"^ {4}\{\{ (\d+) \| telco\.calico_bgp\.(\w+)(?:\((\d+)\))? \}\} +(\d+)$", re.M)


def shown(name: str) -> str:
    """The block that follows the name of a file."""
    after = PAGE.partition(f"\n`{name}`")[2]
    found = re.search(r"^```\w+\n(.*?)^```$", after, re.M | re.S)
    assert found, name
    return found[1]


def test_the_playbook_writes_what_the_page_shows(tmp_path: Path) -> None:
    (tmp_path / "files.yml").write_text(shown("files.yml"))
    program = str(Path(sys.executable).parent / "ansible-playbook")
    inventory = str(ROOT / "inventories/example")
    environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path / "home"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [program, "-i", inventory, "files.yml"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr
    for name in ("calico.yml", "rr1.cfg"):
        assert (tmp_path / name).read_text() == shown(name)


def test_the_page_counts_right() -> None:
    rows = COUNT.findall(PAGE)
    assert len(rows) == 2
    for nodes, name, reflectors, count in rows:
        given = [int(number) for number in (nodes, reflectors) if number]
        assert getattr(peerlists, name)(*given) == int(count)
