# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a control plane node: its commands as a shell runs them, with a node's programs imitated."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import guard
from tests.helpers import article
from tests.helpers.waiting import wait

OFF = {"metadata": {"resourceVersion": "7"}, "spec": {"nodeToNodeMeshEnabled": False}}
WANTED = guard.Guard(
    "lab",
    "run r-1 of lab, change CHG-7",
    2,
    guard.body({"spec": {}, "annotations": {}, "resourceVersion": "7"}),
    version="7",
)
#: The programs of a node: the mesh is a file, a unit is a session of its own.
PROGRAMS = {
    "id": "echo 0",
    "logger": 'shift 3; echo "$1" >> {0}/journal',
    "kubectl": """case "$*" in
  *" get "*) [ ! -e {0}/broken ] || {{ echo "connection refused" >&2; exit 1; }}; cat {0}/mesh.json ;;
  *" patch "*)
    for last; do :; done
    echo "$last" >> {0}/patches
    echo '{{"spec": {{"nodeToNodeMeshEnabled": true}}}}' > {0}/mesh.json ;;
esac""",
    "systemd-run": """[ ! -e {0}/no-systemd ] || {{ echo "Failed to connect to bus" >&2; exit 1; }}
for last; do :; done; setsid /bin/sh "$last" < /dev/null >> {0}/journal 2>&1 & echo $! > {0}/pid""",
    "systemctl": """pid=$(cat {0}/pid 2>/dev/null) || exit 5
case "$1" in stop) kill -- -$pid; rm {0}/pid ;; is-active) kill -0 $pid ;; esac""",
}


@dataclass(frozen=True)
class Host:
    """A control plane node in a directory."""

    path: Path

    def do(self, command: str) -> tuple[str, guard.Seen]:
        """What it says to a command."""
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        return guard.answer("cp-1", done.returncode, done.stdout + done.stderr)

    def text(self, name: str) -> str:
        """What is in a file, "" where there is none."""
        file = self.path / name
        return file.read_text() if file.exists() else ""

    @property
    def traces(self) -> list[Path]:
        """What is left of guards."""
        return sorted((self.path / "run").rglob("*"))

    def wait_gone(self) -> None:
        """Until the guard is no more."""
        wait(lambda: not self.traces, seconds=20, pause=0.1)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A control plane node with a cluster whose mesh is off."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (tmp_path / "run").mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text.format(tmp_path)}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "mesh.json").write_text(json.dumps(OFF))
    (tmp_path / "admin.conf").write_text("")
    monkeypatch.setattr(guard, "FOLDER", PurePosixPath(tmp_path / "run/guards"))
    monkeypatch.setattr(guard, "LINGER", 1)
    monkeypatch.setattr(guard, "KUBECONFIGS", ("/nowhere", str(tmp_path / "admin.conf")))
    monkeypatch.setattr(guard, "_PATH", f"{programs}:/usr/bin:/bin")
    made = Host(tmp_path)
    yield made
    made.do(guard.disarm("lab"))


def test_silence_turns_the_mesh_on_once_and_leaves_nothing(host: Host) -> None:
    assert host.do(guard.arm(WANTED)) == ("armed", guard.Seen("cp-1", True))
    host.wait_gone()
    assert host.text("patches") == '--patch={"spec": {"nodeToNodeMeshEnabled": true}}\n'
    assert host.text("journal") == f"{WANTED.who}: nothing heard for 2 s: turned the mesh on\n"
    assert host.do(guard.find("lab")) == ("gone", guard.Seen("cp-1", False))


def test_a_run_that_is_heard_keeps_it_quiet_and_a_disarmed_one_never_acts(host: Host) -> None:
    host.do(guard.arm(WANTED))
    for _second in range(5):
        time.sleep(0.8)
        word, seen = host.do(guard.hear("lab"))
        assert (word, seen.there) == ("there", True)
    word, seen = host.do(guard.find("lab"))
    assert (word, seen.text, seen.seconds) == ("there", WANTED.who, 2)
    assert seen.silent <= 1
    assert host.do(guard.disarm("lab")) == ("disarmed", guard.Seen("cp-1", False))
    assert host.traces == []
    time.sleep(3)
    assert (host.text("patches"), host.text("journal")) == ("", "")
    assert host.do(guard.disarm("lab"))[0] == "gone"
    assert host.do(guard.hear("lab")) == ("gone", guard.Seen("cp-1", False))
    assert host.traces == []


def test_a_mesh_that_is_on_is_left_alone(host: Host) -> None:
    host.do(guard.arm(WANTED))
    (host.path / "mesh.json").write_text('{\n "spec": {\n  "nodeToNodeMeshEnabled": true\n }\n}')
    host.wait_gone()
    assert host.text("patches") == ""
    assert "the mesh is on, there is nothing to do" in host.text("journal")


def test_it_tries_until_the_api_is_there(host: Host) -> None:
    host.do(guard.arm(WANTED))
    (host.path / "broken").touch()
    wait(lambda: "cannot be turned on" in host.text("journal"), seconds=20, pause=0.1)
    assert "projectcalico.org: connection refused" in host.text("journal")
    (host.path / "broken").unlink()
    host.wait_gone()
    assert len(host.text("patches").splitlines()) == 1


def test_armed_again_by_its_run_it_only_hears_and_another_run_takes_its_place(host: Host) -> None:
    patient = replace(WANTED, seconds=60)
    assert host.do(guard.arm(patient))[0] == "armed"
    first = host.text("pid")
    assert host.do(guard.arm(patient))[0] == "there"
    assert host.text("pid") == first
    assert host.do(guard.arm(replace(patient, who="run r-2 of lab")))[0] == "armed"
    assert host.text("pid") != first
    assert host.do(guard.find("lab"))[1].text == "run r-2 of lab"


@pytest.mark.parametrize(
    ("change", "missing", "why"),
    [
        ({"version": "8"}, "", "reads another BGPConfiguration than the run did"),
        (
            {"kubeconfig": "/nowhere/admin.conf"},
            "",
            "no kubeconfig (looked for /nowhere/admin.conf)",
        ),
        ({}, "bin/kubectl", "there is no kubectl"),
        ({}, "bin/systemd-run", "there is no program systemd-run"),
    ],
)
def test_where_it_cannot_be_it_says_why_and_leaves_nothing(
    host: Host, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], missing: str, why: str
) -> None:
    if missing:
        (host.path / missing).unlink()
        # Nothing of the machine's own in its place.
        tools = host.path / "tools"
        tools.mkdir()
        for name in ("sh", "cat", "mkdir", "mv", "rm", "rmdir", "sleep", "tail", "timeout"):
            (tools / name).symlink_to(shutil.which(name) or name)
        monkeypatch.setattr(guard, "_PATH", f"{host.path}/bin:{tools}")
    word, seen = host.do(guard.arm(replace(WANTED, **change)))  # type: ignore[arg-type]
    assert (word, seen.there) == ("", None)
    assert why in seen.text
    assert host.traces == []


def test_a_unit_that_does_not_start_is_said_and_leaves_nothing(host: Host) -> None:
    (host.path / "no-systemd").touch()
    word, seen = host.do(guard.arm(WANTED))
    assert (word, seen.there, seen.text) == ("", None, "systemd-run: Failed to connect to bus")
    assert host.traces == []


def test_what_a_run_is_called_runs_nothing(host: Host) -> None:
    odd = replace(WANTED, who="run '$(touch /tmp/never)' \"`id`\" of lab", seconds=60)
    assert host.do(guard.arm(odd))[0] == "armed"
    assert host.do(guard.find("lab"))[1].text == odd.who


def test_the_patch_gives_back_what_only_a_mesh_may_have() -> None:
    secret = {"secretKeyRef": {"name": "bgp", "key": "mesh"}}
    spec = {"nodeMeshPassword": secret, "asNumber": 64512}
    live = {"spec": spec, "annotations": {}, "resourceVersion": "7"}
    assert json.loads(guard.body(live)) == {
        "spec": {"nodeToNodeMeshEnabled": True, "nodeMeshPassword": secret}
    }
    assert json.loads(guard.body(None)) == {"spec": {"nodeToNodeMeshEnabled": True}}


CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": ""}
NODES = [
    replace(article.kube_node(name, "192.0.2.1"), labels=labels)
    for name, labels in (
        ("cp-1", CONTROL_PLANE),
        ("w-1", {}),
        ("cp-2", CONTROL_PLANE),
        ("cp-3", {"node-role.kubernetes.io/master": ""}),
    )
]
EVERYBODY = ["cp-1", "cp-2", "cp-3", "w-1", "bastion"]


@pytest.mark.parametrize(
    ("groups", "hosts", "found"),
    [
        ({"calico_nodes": EVERYBODY}, EVERYBODY, ("cp-1", "cp-2")),
        ({"calico_nodes": ["w-1", "cp-3"]}, EVERYBODY, ("cp-3",)),
        ({"calico_nodes": ["w-1"]}, EVERYBODY, ()),
        ({}, EVERYBODY, ()),
        ({"calico_control_plane": ["bastion"], "calico_nodes": EVERYBODY}, EVERYBODY, ("bastion",)),
        ({"calico_nodes": EVERYBODY}, ["cp-3", "w-1"], ("cp-3",)),
    ],
)
def test_it_is_on_two_control_plane_nodes_that_the_inventory_reaches(
    groups: dict[str, list[str]], hosts: list[str], found: tuple[str, ...]
) -> None:
    assert guard.candidates(groups, NODES, hosts) == found


@pytest.mark.parametrize("given", ["19", "3601", "soon", "-5", "1e3"])
def test_a_silence_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(guard.GuardError, match="give 20 to 3600 seconds"):
        guard.duration(given, 30)


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(
        guard.GuardError, match="calico_bgp_guard is moon; use one of auto, node, controller, none"
    ):
        guard.wanted("moon")


def test_the_resources_behind_calicos_api_server_are_written_only_where_there_is_one() -> None:
    assert guard.api_groups("A") == ("projectcalico.org", "crd.projectcalico.org")
    assert guard.api_groups("B") == ("projectcalico.org",)
