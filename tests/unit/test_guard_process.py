# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard on the controller: a process that hears the run, or turns the mesh on, and leaves nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import guard
from ansible_collections.telco.calico_bgp.plugins.module_utils.guard import Seen
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import guard_process
from tests.helpers.fake_api import FakeApi, serving
from tests.helpers.waiting import wait

WHO = "run r-1 of lab, change CHG-7"


@dataclass(frozen=True)
class Place:
    """A run directory, and the API that its kubeconfig leads to."""

    run: Path
    api: FakeApi

    def arm(self, seconds: int) -> Seen:
        """Arm it."""
        return guard_process.arm(self.run, "lab", WHO, seconds, {"kubeconfig": str(self.run / "kubeconfig")})

    @property
    def patches(self) -> int:
        """How often somebody wrote."""
        return sum(method == "PATCH" for method, *_rest in self.api.log)

    @property
    def left(self) -> set[str]:
        """The files of a guard."""
        return {path.name for path in self.run.glob("guard.*")}

    @property
    def said(self) -> str:
        """What it said."""
        return (self.run / "calico-bgp-guard.log").read_text()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A run whose mesh is off."""
    monkeypatch.setattr(guard, "LINGER", 1)
    run = tmp_path / "lab" / "r-1"
    run.mkdir(mode=0o700, parents=True)
    with serving(FakeApi(mesh=False)) as api:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": api.url}}],
            "users": [{"name": "u", "user": {"token": "n0body-sees-this"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        (run / "kubeconfig").write_text(json.dumps(config))
        made = Place(run, api)
        yield made
        guard_process.disarm(run)


def test_silence_turns_the_mesh_on_once_and_leaves_nothing(place: Place) -> None:
    assert place.arm(2) == Seen("controller", True)
    assert guard_process.find_any(place.run.parent).text == WHO
    wait(lambda: place.api.mesh, seconds=30, pause=0.1)
    wait(lambda: not place.left, seconds=10, pause=0.1)
    assert place.patches == 1
    assert place.said == f"{WHO}: nothing heard for 2 s: turned the mesh on\n"
    assert guard_process.find_any(place.run.parent) == Seen("controller", False)


def test_a_run_that_is_heard_keeps_it_quiet_and_a_disarmed_one_never_acts(place: Place) -> None:
    place.arm(2)
    for _second in range(6):
        time.sleep(0.7)
        assert guard_process.hear_all(place.run.parent).there
    assert guard_process.disarm_all(place.run.parent)
    time.sleep(3)
    assert (place.api.mesh, place.patches, place.left, place.said) == (False, 0, set(), "")
    assert not guard_process.disarm_all(place.run.parent)


def test_a_mesh_that_is_on_is_left_alone(place: Place) -> None:
    place.arm(1)
    place.api.put("/apis/projectcalico.org/v3/bgpconfigurations/default", {"nodeToNodeMeshEnabled": True})
    wait(lambda: not place.left, seconds=30, pause=0.1)
    assert place.patches == 0
    assert "the mesh is on, there is nothing to do" in place.said


def test_it_tries_until_the_api_is_there(place: Place) -> None:
    place.arm(1)
    place.api.trouble = 500
    wait(lambda: "cannot be turned on" in place.said, seconds=30, pause=0.1)
    place.api.trouble = None
    wait(lambda: place.api.mesh, seconds=30, pause=0.1)


def test_armed_again_by_its_run_it_only_hears(place: Place) -> None:
    place.arm(60)
    first = json.loads((place.run / "guard.json").read_text())
    assert place.arm(60) == Seen("controller", True)
    assert json.loads((place.run / "guard.json").read_text()) == first


def test_an_api_that_does_not_answer_is_said_and_leaves_nothing(place: Place) -> None:
    place.api.trouble = 403
    seen = place.arm(60)
    assert (seen.host, seen.there) == ("controller", None)
    assert "403" in seen.text
    assert place.left == set()


def test_no_secret_is_in_its_command_or_its_files(place: Place) -> None:
    place.arm(60)
    pid = json.loads((place.run / "guard.json").read_text())["pid"]
    assert b"n0body" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    for path in place.run.glob("*"):
        assert path.name == "kubeconfig" or "n0body" not in path.read_text()
        assert path.name == "kubeconfig" or path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("variables", "environment", "why"),
    [
        ({"awx_job_id": 7}, {}, "a job of AWX takes all its processes with it"),
        ({}, {"container": "podman"}, "Ansible runs in a container, which takes all its processes with it"),
        ({}, {}, ""),
    ],
)
def test_where_a_process_dies_with_the_run_there_is_none(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, int], environment: dict[str, str], why: str
) -> None:
    monkeypatch.delenv("container", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert guard_process.hindrance(variables) == why
