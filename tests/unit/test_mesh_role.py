# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role calico_mesh in a real play, against an API of a few lines: on, and what it says where it cannot be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.fake_api import FakeApi, kubeconfig, serving

#: Where this collection is, where that is said.
HERE = {name: value for name, value in os.environ.items() if name == "ANSIBLE_COLLECTIONS_PATH"}


def turn_on(tmp_path: Path, server: str, **variables: Any) -> tuple[int, str]:
    """Exit status and output, its lines joined, of a play that turns the mesh on, and tries for a second."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"telco.calico_bgp.calico_mesh": {"patience": 1}},
        "vars": {
            "calico_mesh_kubeconfig": kubeconfig(tmp_path, server, "hidden-one"),
            "ansible_connection": "local",
            **variables,
        },
        "tasks": [
            {"ansible.builtin.import_role": {"name": "telco.calico_bgp.calico_mesh", "tasks_from": "on"}},
            {"ansible.builtin.debug": {"msg": "the mesh is {{ calico_mesh_result.mesh }}"}},
        ],
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        "-i",
        "localhost,",
        "--diff",
        str(playbook),
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**HERE, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def test_it_turns_the_mesh_on_and_shows_what_changed(tmp_path: Path) -> None:
    with serving(FakeApi(mesh=False)) as api:
        status, output = turn_on(tmp_path, api.url)
    assert (status, api.mesh) == (0, True), output
    assert "the mesh is True" in output
    assert "+++ after: BGPConfiguration default" in output
    assert "changed=1" in output


@pytest.mark.parametrize("calicoctl", ["", "localhost"])
def test_where_nobody_can_it_says_why_each_time_and_no_secret(tmp_path: Path, calicoctl: str) -> None:
    """The last way is calicoctl on a host, which this one has not."""
    with serving(FakeApi(mesh=False)) as api:
        api.trouble = 403
        status, output = turn_on(tmp_path, api.url, calico_mesh_calicoctl=calicoctl)
    assert (status, api.mesh) == (2, False), output
    last = output.rpartition("fatal: [localhost]: FAILED! =>")[2]
    assert "The mesh is not known to be on: 127.0.0.1:" in last
    assert "answered 403" in last
    assert ("; calicoctl: it is not there; role calicoctl puts it there" in last) is bool(calicoctl)
    assert "the mesh is not on yet" in output
    assert "hidden-one" not in output
