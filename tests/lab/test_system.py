# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab says when the machine lacks something, and what it does to programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab import launch, system
from lab.speaker import without_llgr
from lab.state import LabError, State

UNSHARE = "unshare: unshare failed: Operation not permitted"


def proc(directory: Path, **settings: str) -> Path:
    """A /proc/sys with some settings; `_` stands for a slash."""
    for name, value in settings.items():
        file = directory / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value + "\n")
    return directory


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        (
            {"kernel__apparmor_restrict_unprivileged_userns": "1"},
            "(kernel.apparmor_restrict_unprivileged_userns is 1): "
            "run `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or start the lab as root.",
        ),
        (
            {"kernel__unprivileged_userns_clone": "0"},
            "run `sudo sysctl kernel.unprivileged_userns_clone=1`, or start the lab as root.",
        ),
        (
            {"user__max_user_namespaces": "0"},
            "run `sudo sysctl user.max_user_namespaces=10000`, or start the lab as root.",
        ),
        (
            {"user__max_user_namespaces": "7000"},
            f"Ordinary users may not make user namespaces here ({UNSHARE}): start the lab as root.",
        ),
    ],
)
def test_forbidden_user_namespaces_name_the_setting(
    tmp_path: Path, settings: dict[str, str], advice: str
) -> None:
    sentence = system.refusal(UNSHARE, root=False, proc=proc(tmp_path, **settings))
    assert sentence.endswith(advice)
    assert "\n" not in sentence


def test_root_without_capabilities_is_told_which() -> None:
    assert "CAP_SYS_ADMIN and CAP_NET_ADMIN" in system.refusal(UNSHARE, root=True)


def test_missing_kernel_module_is_no_question_of_rights() -> None:
    sentence = system.refusal("RTNETLINK answers: Operation not supported", root=False)
    assert "load the modules bridge and veth" in sentence


def test_unsupported_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(LabError, match="only, not on Linux on riscv64"):
        system.check()


def test_program_that_lacks_a_library(tmp_path: Path) -> None:
    program = tmp_path / "bgpd"
    program.write_text("#!/bin/sh\necho 'libjson-c.so.5: cannot open shared object file' >&2; exit 127\n")
    program.chmod(0o755)
    with pytest.raises(
        LabError, match=r"bgpd does not start \(libjson-c.so.5: cannot open .*run `make setup` again"
    ):
        system.check_runs(program, "")


def test_program_for_another_machine(tmp_path: Path) -> None:
    program = tmp_path / "bird"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    with pytest.raises(LabError, match=r"bird does not run on this machine \(Exec format error\)"):
        system.check_runs(program, "")


def test_capability_is_changed_in_one_place_only() -> None:
    program = b"...\xbe\x47\x00\x00\x00..."
    assert without_llgr(program, "x86_64") == b"...\xbe\xef\x00\x00\x00..."
    assert without_llgr(program * 2, "x86_64") is None
    assert without_llgr(b"...", "aarch64") is None


def test_state_directory_by_option_environment_and_default(tmp_path: Path) -> None:
    environment = {"CALICO_BGP_LAB": str(tmp_path / "named")}
    assert State.choose(str(tmp_path / "option"), environment).directory == tmp_path / "option"
    assert State.choose(None, environment).directory == tmp_path / "named"
    assert State.choose(None, {}).directory.name == ".lab"


def test_lock_shows_whether_a_lab_is_up(tmp_path: Path) -> None:
    state = State(tmp_path / "lab")
    assert not state.is_up()
    held = state.acquire()
    assert held is not None
    assert state.is_up()
    assert state.acquire() is None
    with pytest.raises(LabError, match="is not ready yet"):
        state.read_facts()


def test_directory_that_is_not_a_labs_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("years of work")
    assert launch.down(State(tmp_path)) is False
    with pytest.raises(LabError, match="is not empty and not a lab's"):
        launch.prepare(State(tmp_path))
    assert (tmp_path / "thesis").exists()


def test_what_a_killed_lab_left_is_cleared(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.lock.touch()
    state.log.touch()
    (tmp_path / "nodes" / "node-a").mkdir(parents=True)
    lock = launch.prepare(state)
    assert list(tmp_path.iterdir()) == [state.lock]
    assert state.is_up()
    os.close(lock)


def test_no_lab_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="start one with `python -m lab up`"):
        State(tmp_path).read_facts()
