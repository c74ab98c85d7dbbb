# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual environment: hash-locked packages, and a link to the checkout as the collection."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from tools.commands import Command, Runner, read
from tools.console import Failure
from tools.files import digest, is_current, remove, write_stamp
from tools.worlds import Home, ask

LOCKED_OPTIONS = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
PLOTS_LOCK = Path("requirements/plots.txt")
WHEELS = Path("usr/share/python-wheels")


def system_pip_wheel(python: str | Path = sys.executable) -> Path | None:
    """A pip that this Python can run without having it installed: its own copy, else the system's.

    The system's is for the system's Python and may be too old for a newer one: the copy comes first.
    """
    code = "import ensurepip, os; print(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'))"
    bundled = read([python, "-I", "-c", code]).strip()
    folders = [*([Path(bundled)] if bundled else []), Path("/") / WHEELS]
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)


def pip_wheel(cache: Path, python: str | Path = sys.executable) -> Path:
    """The pip wheel for this Python, or the one out of the unpacked Debian package."""
    wheel = system_pip_wheel(python) or next(iter((cache / "deb" / WHEELS).glob("pip-*.whl")), None)
    if wheel is None:
        raise Failure(f"No pip was found to begin with: remove {cache / 'deb'} and try again.")
    return wheel


def pip_environment(cache: Path) -> dict[str, str]:
    """The user's own pip settings (index, proxy, certificates), with the cache below ours."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    ours = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    return {"PIP_CACHE_DIR": str(cache / "pip"), **kept, **ours}


def install(runner: Runner, checkout: Path, cache: Path, home: Home) -> None:
    """See that the world's environment has just the locked packages, and the link to the checkout."""
    stamp = home.venv / "setup.stamp"
    if not is_current(stamp, _key(checkout, home)):
        version = ".".join(map(str, home.interpreter.version))
        with runner.console.step(f"Python {version} packages into {home.venv.name}"):
            log = runner.log(f"pip{home.venv.name}")
            _make_venv(runner, home, log)
            _install_locked(runner, home.python, checkout / home.world.lock, cache, log)
            write_stamp(stamp, _key(checkout, home))
    link_collection(home.python, checkout)


def install_for_plots(runner: Runner, checkout: Path, cache: Path, home: Home) -> None:
    """See that the environment has what the plots need besides."""
    stamp, lock = home.venv / "plots.stamp", checkout / PLOTS_LOCK
    key = digest(lock.read_bytes(), _key(checkout, home))
    if not is_current(stamp, key):
        with runner.console.step(f"matplotlib into {home.venv.name}"):
            _install_locked(runner, home.python, lock, cache, runner.log("pip-plots"))
            write_stamp(stamp, key)


def link_collection(python: Path, checkout: Path) -> None:
    """Let Ansible find the checkout as telco.calico_bgp, by a link in the environment's site-packages."""
    packages = Path(read([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())
    link = packages / "ansible_collections/telco/calico_bgp"
    if link.is_symlink() and link.readlink() == checkout:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(checkout)


def _key(checkout: Path, home: Home) -> str:
    version = f"{home.interpreter.version} {read([home.python, '--version'])}"
    return digest((checkout / home.world.lock).read_bytes(), version, platform.machine())


def _make_venv(runner: Runner, home: Home, log: Path) -> None:
    made = ask(home.python)
    if made and made.version == home.interpreter.version:
        return
    remove(home.venv)
    command: Command = [home.interpreter.program, "-m", "venv", "--without-pip", home.venv]
    runner.run(command, log, f"Making the virtual environment {home.venv.name}")


def _install_locked(runner: Runner, python: Path, lock: Path, cache: Path, log: Path) -> None:
    command: Command = [
        python,
        pip_wheel(cache, python) / "pip",
        "install",
        *LOCKED_OPTIONS,
        "--requirement",
        lock,
    ]
    environment = pip_environment(cache)
    runner.fetch(command, log, "Installing Python packages", environment)
    runner.run([python, "-m", "pip", "check"], log, "The check of the installed Python packages", environment)
