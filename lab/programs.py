# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs are that the lab runs: what `make setup` put into the cache, or the machine's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Missing(Exception):
    """A program is not there; the text is one sentence for the user."""


@dataclass(frozen=True)
class Programs:
    """Absolute paths of the programs the lab starts.

    `kube` is lab-kube (API server and etcd in one process), or the plain kube-apiserver when `kube_assets` is
    set: that is the folder named by KUBEBUILDER_ASSETS, which holds etcd as well. `kubelet` is lab-kubelet,
    and birdcl under another name. `library_path` goes into LD_LIBRARY_PATH of bird and bgpd, and of ip and
    ssh where they come from the cache.
    """

    bird: Path
    bgpd: Path
    ip: Path
    ssh: Path
    kube: Path
    kubelet: Path
    library_path: str
    kube_assets: Path | None = None


def cache_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder `make setup` fills: CALICO_BGP_CACHE, else telco.calico_bgp in the user's cache folder."""
    if named := environment.get("CALICO_BGP_CACHE"):
        return Path(named).absolute()
    base = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or Path.home()) / ".cache"
    return Path(base).absolute() / "telco.calico_bgp"


def find(environment: Mapping[str, str] = os.environ) -> Programs:
    """All programs of the lab; raises Missing with a sentence naming the first that is not there."""
    cache = cache_directory(environment)
    root = cache / "deb"
    assets = environment.get("KUBEBUILDER_ASSETS")
    kube_assets = Path(assets).absolute() if assets else None
    if kube_assets:
        _executable(kube_assets / "etcd", "KUBEBUILDER_ASSETS names a folder without it")
        kube = _executable(kube_assets / "kube-apiserver", "KUBEBUILDER_ASSETS names a folder without it")
    else:
        kube = _executable(cache / "bin" / "lab-kube")
    return Programs(
        bird=_executable(root / "usr/sbin/bird"),
        bgpd=_executable(root / "usr/lib/frr/bgpd"),
        ip=own_or_cached("ip", root),
        ssh=own_or_cached("ssh", root),
        kube=kube,
        kubelet=_executable(cache / "bin" / "lab-kubelet"),
        library_path=library_path(root),
        kube_assets=kube_assets,
    )


def library_path(root: Path) -> str:
    """The folders of shared libraries below an unpacked package tree, joined by colons."""
    patterns = ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/frr")
    return ":".join(str(path) for pattern in patterns for path in sorted(root.glob(pattern)))


def own_or_cached(name: str, root: Path) -> Path:
    """The machine's own program, else the one below an unpacked package tree; else Missing."""
    if found := shutil.which(name, path=SYSTEM_PATH):
        return Path(found)
    candidates = [root / folder / name for folder in ("usr/sbin", "sbin", "bin", "usr/bin")]
    return _executable(next((path for path in candidates if path.is_file()), candidates[-1]))


def _executable(path: Path, why: str = "run `make setup` first") -> Path:
    if path.is_file() and os.access(path, os.X_OK):
        return path
    raise Missing(f"The program {path.name} is not at {path}: {why}.")
