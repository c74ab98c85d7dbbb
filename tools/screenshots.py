# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of pages of runs, to look at: `python -m tools.screenshots DIRECTORY`, or --docs for those of the docs.

Debian's Chromium takes them, unpacked into the cache without root.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ansible_collections.telco.calico_bgp.plugins.plugin_utils.page import reading
from lab.programs import cache_directory, library_path
from tests.helpers import run_directories
from tools import debs
from tools.commands import Runner
from tools.console import Console, Failure
from tools.files import locked

CHECKOUT = Path(__file__).resolve().parent.parent
IMAGES = CHECKOUT / "docs/images"
#: Seconds that one picture may take.
PATIENCE = 90


@dataclass(frozen=True)
class Shot:
    """A picture: of which run, how large, in which colours."""

    kind: str
    nodes: int
    zones: int = 0
    width: int = 1280
    height: int = 2600
    dark: bool = False

    @property
    def name(self) -> str:
        """Its file, without the end."""
        look = "-dark" if self.dark else ""
        return f"{self.kind}-{self.nodes}{look}" + ("-narrow" if self.width < 600 else "")


SIZES = ((3, 0), (50, 3), (1000, 4))
KINDS = ("cut", "gate_shut", "returned", "drained")
ALL = (
    *(Shot(kind, nodes, zones) for nodes, zones in SIZES for kind in KINDS),
    *(Shot("returned", nodes, zones, dark=True) for nodes, zones in SIZES),
    *(Shot("gate_shut", nodes, zones, width=390, height=3600) for nodes, zones in SIZES),
    Shot("planned", 3),
    Shot("valid", 50, 3),
)
DOCS = {
    "report-cut": Shot("cut", 3, height=1330),
    "report-returned": Shot("returned", 3, height=860),
    "report-1000": Shot("gate_shut", 1000, 4, height=900),
}


class Browser:
    """The unpacked Chromium; Failure where it cannot be had or does not start."""

    def __init__(self, cache: Path) -> None:
        with locked(cache / "lock", Console()):
            debs.unpack_browser(Runner(Console(), cache / "log"), cache)
        root = cache / debs.BROWSER
        sound = (str(path) for path in sorted(root.glob("usr/lib/*-linux-gnu/pulseaudio")))
        own = root / "usr/lib/chromium"
        self._program = own / "chromium"
        self._libraries = ":".join([library_path(root), str(own), *sound])

    def take(self, page: Path, picture: Path, shot: Shot) -> None:
        """Write a picture of a page."""
        with TemporaryDirectory(prefix="chromium") as profile:
            self._run(
                profile,
                f"--window-size={shot.width},{shot.height}",
                f"--blink-settings=preferredColorScheme={int(not shot.dark)}",
                f"--screenshot={picture}",
                page.as_uri(),
            )
        if not picture.is_file():
            raise Failure(f"{picture}: Chromium took no picture of {page}")

    def read(self, page: Path, seconds: float = 5.0) -> str:
        """A page as it is once its scripts have run, as HTML."""
        with TemporaryDirectory(prefix="chromium") as profile:
            budget = f"--virtual-time-budget={int(seconds * 1000)}"
            return self._run(profile, budget, "--dump-dom", page.as_uri())

    def _run(self, profile: str, *options: str) -> str:
        # Its own sandbox needs rights that a container lacks; it is shown nothing but our own pages.
        fixed = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        )
        command = [str(self._program), *fixed, f"--user-data-dir={profile}", *options]
        environment = {**os.environ, "LD_LIBRARY_PATH": self._libraries}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"Chromium does not run here: {error}") from error
        if done.returncode:
            raise Failure(f"Chromium does not run here: {done.stderr.strip()[-300:]}")
        return done.stdout


def page_of(folder: Path, shot: Shot) -> Path:
    """The page of a run that is made up; a line says how long it took and how large it is."""
    run = run_directories.write(folder, shot.kind, shot.nodes, shot.zones)
    began = time.perf_counter()
    page = Path(reading.write(run))
    took = time.perf_counter() - began
    print(f"{run.name}: written in {took:.2f} s, {page.stat().st_size:,} bytes", flush=True)
    return page


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; 0, or 1 after a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="tools.screenshots", description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", help="where the pictures go")
    parser.add_argument("--docs", action="store_true", help="renew the pictures of docs/report.md instead")
    parser.add_argument("--only", default="", help="those whose name has this text")
    options = parser.parse_args(arguments)
    if not options.docs and options.directory is None:
        parser.error("name a directory, or give --docs")
    wanted = DOCS if options.docs else {shot.name: shot for shot in ALL}
    folder = IMAGES if options.docs else options.directory
    folder.mkdir(parents=True, exist_ok=True)
    try:
        browser = Browser(cache_directory())
        with TemporaryDirectory(prefix="runs") as runs:
            for name, shot in wanted.items():
                if options.only in name:
                    browser.take(page_of(Path(runs), shot), (folder / f"{name}.png").absolute(), shot)
    except (Failure, OSError) as error:
        print(f"No pictures: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
