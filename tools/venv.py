# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual environment `.venv`: hash-locked packages, and a link to the checkout as the collection."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from pathlib import Path

from tools.commands import Command, Runner, read
from tools.console import Failure
from tools.files import digest, is_current, remove, write_stamp

LOCK = Path("requirements/py311.txt")
LOCKED_OPTIONS = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
WHEELS = Path("usr/share/python-wheels")


def system_pip_wheel() -> Path | None:
    """A pip of the machine that can be run without being installed: Python's own copy, or the system's."""
    folders = [Path("/") / WHEELS]
    spec = importlib.util.find_spec("ensurepip")
    if spec and spec.submodule_search_locations:
        folders.insert(0, Path(spec.submodule_search_locations[0]) / "_bundled")
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)


def pip_wheel(cache: Path) -> Path:
    """The machine's pip wheel, or the one out of the unpacked Debian package."""
    wheel = system_pip_wheel() or next(iter((cache / "deb" / WHEELS).glob("pip-*.whl")), None)
    if wheel is None:
        raise Failure(f"No pip was found to begin with: remove {cache / 'deb'} and try again.")
    return wheel


def pip_environment(cache: Path) -> dict[str, str]:
    """The user's own pip settings (index, proxy, certificates), with the cache below ours."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    ours = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    return {"PIP_CACHE_DIR": str(cache / "pip"), **kept, **ours}


def install(runner: Runner, checkout: Path, cache: Path) -> None:
    """See that `.venv` has just the locked packages, and the link to the checkout."""
    venv, lock = checkout / ".venv", checkout / LOCK
    python = venv / "bin/python"
    stamp = venv / "setup.stamp"
    key = digest(lock.read_bytes(), read([python, "--version"]), platform.machine())
    if not is_current(stamp, key):
        with runner.console.step("Python packages into .venv"):
            log = runner.log("pip")
            _make_venv(runner, venv, log)
            _install_locked(runner, python, lock, cache, log)
            write_stamp(stamp, digest(lock.read_bytes(), read([python, "--version"]), platform.machine()))
    link_collection(python, checkout)


def link_collection(python: Path, checkout: Path) -> None:
    """Let Ansible find the checkout as telco.calico_bgp, by a link in the environment's site-packages."""
    packages = Path(read([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())
    link = packages / "ansible_collections/telco/calico_bgp"
    if link.is_symlink() and link.readlink() == checkout:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(checkout)


def _make_venv(runner: Runner, venv: Path, log: Path) -> None:
    usable = "import sys; print((3, 11) <= sys.version_info[:2] <= (3, 13))"
    if read([venv / "bin/python", "-c", usable]).strip() == "True":
        return
    remove(venv)
    base = getattr(sys, "_base_executable", sys.executable)
    runner.run([base, "-m", "venv", "--without-pip", venv], log, "Making the virtual environment .venv")


def _install_locked(runner: Runner, python: Path, lock: Path, cache: Path, log: Path) -> None:
    command: Command = [python, pip_wheel(cache) / "pip", "install", *LOCKED_OPTIONS, "--requirement", lock]
    environment = pip_environment(cache)
    runner.fetch(command, log, "Installing Python packages", environment)
    runner.run([python, "-m", "pip", "check"], log, "The check of the installed Python packages", environment)
