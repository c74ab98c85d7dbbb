# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry point `failed` of role bgp_validate in a rescue of a real playbook: a sentence and a result."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from tests.helpers.results import read_result


def fail_in_a_play(tmp_path: Path, **variables: Any) -> tuple[int, str]:
    """Exit status and output, its lines joined, of a play whose only step fails."""
    role = {"name": "telco.calico_bgp.bgp_validate", "tasks_from": "failed"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"bgp_validate_playbook": "cut", **variables},
        "tasks": [
            {
                "block": [{"ansible.builtin.fail": {"msg": "the first failure"}}],
                "rescue": [{"ansible.builtin.import_role": role}],
            },
            {"ansible.builtin.debug": {"msg": "it went on"}},
        ],
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(playbook)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ANSIBLE_SHOW_CUSTOM_STATS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def last_failure(output: str) -> str:
    """The message of the task that ended the run."""
    return output.rpartition("fatal: [localhost]: FAILED! =>")[2].partition("PLAY RECAP")[0]


STANDS = {
    # what the caller says, the sentence
    "nothing": ({}, "The mesh is on. the first failure"),
    "the gate": (
        {"bgp_validate_stands": "The gate stays shut, the mesh was not touched and is {mesh}."},
        "The gate stays shut, the mesh was not touched and is on. the first failure",
    ),
    "all": ({"bgp_validate_stands": ""}, '"msg": "the first failure"'),
}


@pytest.mark.parametrize(("said", "sentence"), STANDS.values(), ids=STANDS)
def test_a_run_that_failed_ends_with_one_sentence(
    tmp_path: Path, said: dict[str, str], sentence: str
) -> None:
    run = tmp_path / "run"
    rundir.write_state(run, RunState(mesh=True))
    status, output = fail_in_a_play(tmp_path, bgp_validate_run=str(run), **said)
    assert (status, "it went on" in output) == (2, False), output
    assert sentence in last_failure(output)
    result = read_result(run / "result.json")
    assert (result["outcome"], result["message"]) == ("failed", "the first failure")
    assert '"outcome": "failed"' in output.rpartition("CUSTOM STATS")[2]


def test_a_report_that_goes_wrong_does_not_hide_what_went_wrong_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, output = fail_in_a_play(tmp_path, bgp_validate_run=str(tmp_path / "file" / "run"))
    assert (status, "it went on" in output) == (2, False), output
    assert '"msg": "The mesh is not known. the first failure"' in last_failure(output)
