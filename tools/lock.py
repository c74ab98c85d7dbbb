# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lock`: renew the locked requirements from requirements/*.in, for all platforms at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
#: Lock file: the oldest Python it is for, the newest that wheels must be there for, what goes into it.
TARGETS = {
    "py311.txt": ("3.11", "3.11", ("py311.in", "base.in", "check.in")),
    "py312.txt": ("3.12", "3.14", ("py312.in", "base.in", "check.in")),
    "plots.txt": ("3.11", "3.14", ("plots.in",)),
    "go.txt": ("3.11", "3.14", ("go.in",)),
}
OPTIONS = (
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--upgrade",
)


def main() -> int:
    """Rewrite the lock files; packages, versions and hashes only, no address of an index."""
    place = CHECKOUT / ".build/uv"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", place, "uv"], check=True)
    folder = CHECKOUT / "requirements"
    for target, (oldest, newest, sources) in TARGETS.items():
        command = [str(place / "bin/uv"), "pip", "compile", "--quiet", "--python-version", oldest, *OPTIONS]
        if target == "plots.txt":  # goes into the same environment
            command += ["--constraints", str(folder / "py311.txt")]
        files = ["-o", str(folder / target), *(str(folder / name) for name in sources)]
        subprocess.run([*command, *files], check=True)
        for version in {oldest, newest}:
            _look_for_wheels(folder / target, version)
        print(f"{folder / target}: renewed")
    return 0


def _look_for_wheels(lock: Path, version: str) -> None:
    """Fail when a locked package has no wheel for this Python, on this platform; installs nothing."""
    place = str(CHECKOUT / ".build/wheels")
    options = ["--dry-run", "--quiet", "--ignore-installed", "--no-deps", "--require-hashes"]
    wheels = ["--only-binary", ":all:", "--python-version", version, "--target", place]
    command = [sys.executable, "-m", "pip", "install", *options, *wheels, "--requirement", str(lock)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
