# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lock`: renew the locked requirements from requirements/*.in, for all platforms at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
TARGETS = {"py311.txt": ("base.in", "check.in"), "go.txt": ("go.in",)}
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
    for target, sources in TARGETS.items():
        command = [str(place / "bin/uv"), "pip", "compile", "--quiet", "--python-version", "3.11", *OPTIONS]
        files = ["-o", str(folder / target), *(str(folder / name) for name in sources)]
        subprocess.run([*command, *files], check=True)
        print(f"{folder / target}: renewed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
