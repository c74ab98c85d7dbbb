# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages, downloaded and unpacked into the cache without root; nothing is installed.

Those of the lab, and in folders of their own those that measure (`make evaluate`) and the browser that takes
pictures of pages (`python -m tools.screenshots`)."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from lab import system
from lab.evaluate import tools
from lab.programs import SYSTEM_PATH, Missing, library_path
from tools.commands import Runner, read
from tools.console import Failure
from tools.files import digest, is_current, remove, swap_in, write_stamp

ALWAYS = ("bird", "frr")
WHEN_ABSENT = {"ip": "iproute2", "ssh": "openssh-client"}
PIP_WHEEL = "python3-pip-whl"
LAB = "deb"
EVALUATE = ("iperf3", "iputils-ping", "ethtool")
#: Compiles the BPF programs that stand in for an IPIP device; only root may load them.
COMPILER = "clang"
BROWSER = "deb-browser"
DPKG_STATUS = Path("/var/lib/dpkg/status")


def wanted_packages(*, pip_wheel: bool) -> list[str]:
    """The packages to unpack on this machine; pip's wheel among them when `pip_wheel` says so."""
    absent = [
        package for program, package in WHEN_ABSENT.items() if not shutil.which(program, path=SYSTEM_PATH)
    ]
    return [*ALWAYS, *absent, *([PIP_WHEEL] if pip_wheel else [])]


def unpack_lab(runner: Runner, cache: Path, packages: list[str]) -> None:
    """See that the lab's packages are there; then try them."""
    _unpack(runner, cache, LAB, packages)
    _try_programs(cache / LAB, cache / f"{LAB}.stamp")


def unpack_for_evaluation(runner: Runner, cache: Path) -> None:
    """See that the measuring programs are there, and the compiler where it is of use; then try them."""
    compiler = [COMPILER] if os.geteuid() == 0 and not system.has_ipip() else []
    _unpack(runner, cache, tools.FOLDER, [*EVALUATE, *compiler])
    try:
        tools.find().versions()
    except Missing:
        (cache / f"{tools.FOLDER}.stamp").unlink(missing_ok=True)
        raise


def unpack_browser(runner: Runner, cache: Path) -> None:
    """See that there is a Chromium, with the files and a font that it needs."""
    _unpack(runner, cache, BROWSER, ["chromium", "chromium-common", "fonts-dejavu-core"])


def _unpack(runner: Runner, cache: Path, folder: str, packages: list[str]) -> None:
    """See that the folder holds the packages and the libraries the machine lacks for them."""
    stamp, root = cache / f"{folder}.stamp", cache / folder
    key = digest(*packages, platform.machine(), *_distribution())
    if is_current(stamp, key) and root.is_dir():
        return
    _need_apt()
    with runner.console.step(f"Debian packages ({', '.join(packages)}), unpacked only"):
        _download_and_unpack(runner, cache, folder, packages)
        write_stamp(stamp, key)


def _need_apt() -> None:
    missing = [
        name for name in ("apt-get", "apt-cache", "dpkg-deb") if not shutil.which(name, path=SYSTEM_PATH)
    ]
    if missing or not DPKG_STATUS.is_file():
        raise Failure(
            "The lab takes bird 1.6 and frr from Debian's packages and this machine has no apt-get:"
            " use Debian 12 (or Ubuntu 22.04 or 24.04)."
        )


def _download_and_unpack(runner: Runner, cache: Path, folder: str, packages: list[str]) -> None:
    apt = cache / "apt"
    environment = _apt_environment(apt)
    log = runner.log("apt")
    runner.fetch(["apt-get", "update"], log, "Reading the Debian package lists", environment)
    archives = cache / f"{folder}.download"
    remove(archives)
    archives.mkdir()
    names = [*packages, *_missing_libraries(packages, environment)]
    runner.fetch(["apt-get", "download", *names], log, "Downloading Debian packages", environment, archives)
    fresh = cache / f"{folder}.new"
    remove(fresh)
    for archive in sorted(archives.glob("*.deb")):
        runner.run(["dpkg-deb", "--extract", archive, fresh], log, f"Unpacking {archive.name}")
    swap_in(fresh, cache / folder)
    remove(archives)
    remove(apt)


def _apt_environment(apt: Path) -> dict[str, str]:
    """An apt of our own: the machine's sources and ways to reach them, our folders, no hooks, no root."""
    for folder in ("lists/partial", "archives/partial", "state", "parts"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    config = apt / "apt.conf"
    own = {
        "Dir::Etc::parts": apt / "parts",
        "Dir::Etc::main": "/dev/null",
        "Dir::State": apt / "state",
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": DPKG_STATUS,
        "Dir::Cache": apt,
        "Dir::Cache::archives": apt / "archives",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::http::Timeout": "20",
        "Acquire::https::Timeout": "20",
    }
    acquire = read(["apt-config", "dump", "Acquire"])
    config.write_text(acquire + "".join(f'{name} "{value}";\n' for name, value in own.items()))
    return {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C"}


def _missing_libraries(packages: Iterable[str], environment: dict[str, str]) -> list[str]:
    """The library packages that the given ones need, directly or not, and that the machine does not have."""
    installed = _installed()
    found: dict[str, None] = {}
    waiting = list(packages)
    while waiting:
        for library in _needed_libraries(waiting.pop(), environment):
            if library not in installed and library not in found:
                found[library] = None
                waiting.append(library)
    return list(found)


def _needed_libraries(package: str, environment: dict[str, str]) -> list[str]:
    # clang itself is in the package of its current version.
    text = read(["apt-cache", "depends", package], environment)
    return re.findall(r"^ [ |](?:Pre)?Depends: (lib\S+|clang-\d+)$", text, re.MULTILINE)


def _installed() -> set[str]:
    text = read(["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev}${Package}\n"])
    return {line[3:] for line in text.splitlines() if line.startswith("ii")}


def _try_programs(root: Path, stamp: Path) -> None:
    environment = {**os.environ, "LD_LIBRARY_PATH": library_path(root)}
    for program, pattern in (
        (root / "usr/sbin/bird", r"BIRD version 1\.6"),
        (root / "usr/lib/frr/bgpd", r"bgpd version"),
    ):
        answer = read([program, "--version"], environment)
        if not re.search(pattern, answer):
            stamp.unlink(missing_ok=True)
            said = answer.strip() or "nothing"
            raise Failure(
                f"{program} is not {pattern!r} here (it said {said!r}): the lab needs bird 1.6 and frr"
                " as Debian 12 and Ubuntu 22.04 or 24.04 have them."
            )


def _distribution() -> tuple[str, str]:
    release = platform.freedesktop_os_release()
    return release.get("ID", ""), release.get("VERSION_ID", "")
