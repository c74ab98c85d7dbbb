# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two worlds the collection is tested in: Python 3.11 with ansible-core 2.19, newer Pythons with 2.21.

Each world has its own locked packages and its own virtual environment. The first world that the machine has
a Python for is `.venv`, for the demo and daily work; the other one is `.venv-new`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.commands import read
from tools.console import Failure

CHECKOUT = Path(__file__).resolve().parent.parent
Version = tuple[int, int]
ASK = (
    "import sys, venv; v = sys.version_info; "
    "print(*v[:2], getattr(sys, '_base_executable', sys.executable), sep=' ') if v[3] == 'final' else None"
)


@dataclass(frozen=True)
class World:
    """One world: its name, its Pythons (oldest and newest minor version), its lock file."""

    name: str
    oldest: Version
    newest: Version
    lock: Path

    def takes(self, version: Version) -> bool:
        """Whether a Python of this minor version belongs to it."""
        return self.oldest <= version <= self.newest


@dataclass(frozen=True)
class Interpreter:
    """A Python of the machine: its minor version, and the program itself, no shim, no link of a venv."""

    version: Version
    program: Path


@dataclass(frozen=True)
class Home:
    """Where a world lives: the interpreter that makes the environment, and the environment's folder."""

    world: World
    interpreter: Interpreter
    venv: Path

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.venv / "bin/python"

    @property
    def packages(self) -> Path:
        """The environment's site-packages."""
        return self.venv / "lib" / f"python{'.'.join(map(str, self.interpreter.version))}" / "site-packages"


#: `newest` is what ansible-core supports on the controller, and what `make lock` has found wheels for.
BASE = World("base", (3, 11), (3, 11), Path("requirements/py311.txt"))
NEW = World("new", (3, 12), (3, 14), Path("requirements/py312.txt"))
WORLDS = (BASE, NEW)
VENVS = (".venv", ".venv-new")


def homes(interpreters: Iterable[Interpreter], checkout: Path = CHECKOUT) -> list[Home]:
    """A home for each world that there is a Python for, the newest that it takes; `.venv` first."""
    present = list(interpreters)
    found = []
    for world in WORLDS:
        usable = [interpreter for interpreter in present if world.takes(interpreter.version)]
        if usable:
            found.append((world, max(usable, key=lambda interpreter: interpreter.version)))
    if not found:
        raise Failure("Python 3.11 to 3.14 is needed and none was found.")
    return [
        Home(world, interpreter, checkout / venv)
        for (world, interpreter), venv in zip(found, VENVS, strict=False)
    ]


def installed(checkout: Path = CHECKOUT) -> list[Home]:
    """The environments that were made, by what their own Python says."""
    made = []
    for venv in VENVS:
        interpreter = ask(checkout / venv / "bin/python")
        if interpreter:
            world = _world(interpreter)
            if world:
                made.append(Home(world, interpreter, checkout / venv))
    return made


def interpreters(environment: Mapping[str, str] = os.environ) -> list[Interpreter]:
    """The Pythons of the machine, each minor version once: the one named in PYTHON, those on PATH, the
    system's, and those that pyenv and uv keep. Version managers' shims on PATH choose by folder, or fail:
    they are left out. The one named in PYTHON is the only one of its world.
    """
    found: dict[Version, Interpreter] = {}
    for program in _programs(environment):
        interpreter = ask(program)
        if interpreter:
            found.setdefault(interpreter.version, interpreter)
    named = ask(Path(environment["PYTHON"])) if environment.get("PYTHON") else None
    return [each for each in found.values() if not named or each == named or _world(each) != _world(named)]


def ask(python: Path) -> Interpreter | None:
    """What a Python says of itself; None when it is none, has no venv, or is no final release."""
    answer = re.fullmatch(r"(\d+) (\d+) (\S.*)\n", read([python, "-I", "-c", ASK]))
    return Interpreter((int(answer[1]), int(answer[2])), Path(answer[3])) if answer else None


def _world(interpreter: Interpreter) -> World | None:
    return next((world for world in WORLDS if world.takes(interpreter.version)), None)


def _programs(environment: Mapping[str, str]) -> list[Path]:
    """Candidates, best first, each file once; those of our environments early, so that nothing is remade."""
    home = Path(environment.get("HOME") or Path.home())
    managers = [
        Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions",
        Path(environment.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python"),
    ]
    path = [Path(folder) for folder in environment.get("PATH", os.defpath).split(":")]
    folders = [folder for folder in path if folder.is_absolute() and folder.name != "shims"]
    folders += [Path("/usr/local/bin"), Path("/usr/bin")]
    kept = [folder for manager in managers for folder in sorted(manager.glob("*/bin"), reverse=True)]
    names = [f"python3.{minor}" for minor in range(BASE.oldest[1], NEW.newest[1] + 1)]
    candidates = [
        *([Path(environment["PYTHON"])] if environment.get("PYTHON") else []),
        *(CHECKOUT / venv / "bin/python" for venv in VENVS),
        *(folder / name for folder in folders for name in ["python3", *names]),
        *(folder / name for folder in kept for name in names),
    ]
    once: dict[Path, Path] = {}
    for program in candidates:
        if program.exists():
            once.setdefault(program.resolve(), program)
    return list(once.values())
