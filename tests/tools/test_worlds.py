# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Pythons become which world, and what runs in which."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import worlds
from tools.check import all_checks, plan
from tools.console import Failure
from tools.worlds import BASE, NEW, Home, Interpreter, homes


def pythons(*minors: int) -> list[Interpreter]:
    return [Interpreter((3, minor), Path(f"/bin/python3.{minor}")) for minor in minors]


def layout(*minors: int) -> list[tuple[str, str, str]]:
    made = homes(pythons(*minors), Path("/c"))
    return [(home.world.name, home.interpreter.program.name, home.venv.name) for home in made]


def test_both_worlds_take_the_newest_python_they_can() -> None:
    assert layout(12, 11, 13) == [("base", "python3.11", ".venv"), ("new", "python3.13", ".venv-new")]
    assert layout(11, 14, 13)[1] == ("new", "python3.14", ".venv-new")


def test_one_python_makes_one_world_in_the_environment_of_daily_work() -> None:
    assert layout(12) == [("new", "python3.12", ".venv")]
    assert layout(11) == [("base", "python3.11", ".venv")]


def test_a_python_that_nobody_locked_packages_for_is_left_alone() -> None:
    assert layout(11, 15) == [("base", "python3.11", ".venv")]
    with pytest.raises(Failure, match=r"Python 3\.11 to 3\.14 is needed"):
        homes(pythons(9, 15))


def test_this_python_is_found_and_a_shim_or_a_broken_one_is_not(tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    broken = tmp_path / "python3.12"
    for shim in (shims / "python3.12", broken):
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
    assert worlds.ask(broken) is None
    environment = {"PATH": f"{shims}:{tmp_path}", "HOME": str(tmp_path), "PYTHON": sys.executable}
    found = worlds.interpreters(environment)
    assert sys.version_info[:2] in [each.version for each in found]
    assert not [each for each in found if each.program.is_relative_to(tmp_path)]


def test_every_world_runs_what_depends_on_ansible() -> None:
    base, new = (
        Home(world, interpreter, Path(venv))
        for world, interpreter, venv in zip((BASE, NEW), pythons(11, 13), worlds.VENVS, strict=True)
    )
    jobs = plan(all_checks(), [base, new])
    both = {"pytest", "sanity", "package", "molecule"}
    assert {job.check.name for job in jobs if job.home == new} == both
    assert {job.check.name for job in jobs if job.home == base} == {check.name for check in all_checks()}
    assert (jobs[0].name, jobs[-1].name) == ("base-pytest", "new-pytest"), "which waits for the other"
    assert {job.home for job in plan(all_checks(), [base, new], "new")} == {new}
    assert {job.check.name for job in plan(all_checks(), [new])} == {check.name for check in all_checks()}
