# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change document of a lab: it says what is sent, and its way back works as it is typed.

The tests follow one another, from the mesh to the reflector and back by hand.
"""

from __future__ import annotations

import difflib
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.helpers.commands import call
from tests.helpers.kube import CALICO, Api
from tests.helpers.labs import SHORT, Lab, Run

pytestmark = pytest.mark.lab
KIND, GROUP = "bgpconfigurations", "projectcalico.org"


def section(text: str, title: str) -> str:
    """A section of the document, or a part of one, up to the next heading."""
    (found,) = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def fenced(text: str) -> list[str]:
    """The lines of the first block of code."""
    (found,) = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found).splitlines()


@pytest.fixture(scope="module")
def planned(lab: Lab) -> Run:
    run = lab.play("plan")
    assert run.result["outcome"] == "planned", run.output[-3000:]
    return run


@pytest.fixture(scope="module")
def text(planned: Run) -> str:
    return (planned.directory / "change.md").read_text()


def command(text: str, title: str) -> list[str]:
    """The words of one way back."""
    (line,) = fenced(section(text, title))
    return shlex.split(line)


def test_what_is_sent_is_what_the_document_says(planned: Run, text: str, lab: Lab) -> None:
    shown = [line.partition("  ! ")[0] for line in fenced(section(text, "rr1"))]
    assert shown == planned.result["routers"]["rr1"]["commands"]
    assert f"plan | `{planned.result['plan']['sha256']}`" in text
    assert f"change: {planned.directory}/change.md" in planned.output
    assert (planned.directory / "change.md").stat().st_mode & 0o777 == 0o600
    assert (planned.directory / "change.html").stat().st_mode & 0o777 == 0o600
    assert (
        "| now | 3 | 0 | 6 | 0 |\n| with the peers | 3 | 3 | 6 | 6 |\n| after the cut | 0 | 3 | 0 | 6 |"
        in text
    )
    assert section(text, "Sessions that are reset").strip().startswith("None: ")
    assert "-nodeToNodeMeshEnabled" in text or "+nodeToNodeMeshEnabled: false" in text
    assert lab.sessions() == {"mesh": 6, "reflector": 0}


def test_two_of_one_plan_are_the_same_to_the_byte(planned: Run, lab: Lab) -> None:
    again = lab.play("plan").directory
    for name in ("change.md", "change.html"):
        pair = [(folder / name).read_text().splitlines() for folder in (planned.directory, again)]
        assert list(difflib.unified_diff(*pair)) == [], name


def test_site_sends_what_the_document_says_and_writes_one_too(lab: Lab, text: str) -> None:
    run = lab.play("site", **SHORT)
    assert run.result["outcome"] == "cut", run.output[-3000:]
    sent = run.result["routers"]["rr1"]["commands"]
    assert [line.partition("  ! ")[0] for line in fenced(section(text, "rr1"))] == sent
    own = (run.directory / "change.md").read_text()
    assert "rr1 was not compared, so what its lines reset is not known here" in own
    assert lab.mesh_sessions() == 0


def mesh_comes_back(lab: Lab) -> None:
    found = lab.api.request("GET", f"{CALICO}/bgpconfigurations/default").json()
    assert found["spec"]["nodeToNodeMeshEnabled"] is True
    lab.wait(lambda: lab.mesh_sessions() == 6)


def test_kubectl_turns_the_mesh_on_as_it_is_typed(lab: Lab, text: str) -> None:
    words = command(text, "The same without Ansible")
    assert [words[0], *words[3:8]] == ["kubectl", "patch", f"{KIND}.{GROUP}", "default", "--type", "merge"]
    assert (words[1], words[8]) == ("--kubeconfig", "--patch")
    if shutil.which("kubectl"):
        done = call(words, lab.environment)
        assert done.returncode == 0, done.stderr
    else:  # what it would send
        api, path = Api(Path(words[2])), f"/apis/{GROUP}/v3/{KIND}/default"
        api.request("PATCH", path, json.loads(words[9]), "merge-patch+json")
    mesh_comes_back(lab)


def test_calicoctl_turns_the_mesh_on_as_it_is_typed(lab: Lab, text: str, tmp_path: Path) -> None:
    """On a node, where the playbook calicoctl has put it: that of the cluster's version."""
    lab.api.set_mesh(False)
    lab.wait(lambda: lab.mesh_sessions() == 0)
    run = lab.play("calicoctl")
    assert run.status == 0, run.output[-3000:]
    words = command(text, "The same on a control plane node")
    done = lab.ssh("node-a", shlex.join(words))
    assert done.returncode == 0, done.stderr
    assert b"Successfully patched 1 'BGPConfiguration' resource" in done.stdout
    mesh_comes_back(lab)


def test_mesh_on_is_named_with_the_inventory_of_the_run(lab: Lab, text: str) -> None:
    words = command(text, "The mesh on, now")
    assert words[0] == "ansible-playbook"
    assert words[-1] == "telco.calico_bgp.mesh_on"
    assert Path(words[words.index("-i") + 1]).exists()
    lab.api.set_mesh(False)
    done = call([*words, "-e", f"@{lab.directory / 'variables.json'}"], lab.environment)
    assert done.returncode == 0, done.stdout
    mesh_comes_back(lab)
