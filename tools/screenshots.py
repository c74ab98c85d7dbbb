# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of pages of runs, to look at: `python -m tools.screenshots DIRECTORY`, --docs for docs/.

Debian's Chromium takes them, unpacked into the cache without root. With --axe FILE each page is also looked
over by axe-core (axe.min.js of its npm package), which tells what a screen reader or a weak eye would miss.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
    "report-cut": Shot("cut", 3, height=1830),
    "report-returned": Shot("returned", 3, height=1270),
    "report-1000": Shot("gate_shut", 1000, 4, height=1270),
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
        self._run(shot, f"--screenshot={picture}", page.as_uri())
        if not picture.is_file():
            raise Failure(f"{picture}: Chromium took no picture of {page}")

    def read(self, page: Path, shot: Shot, seconds: float = 5.0) -> str:
        """A page as it is once its scripts have run, as HTML."""
        return self._run(shot, f"--virtual-time-budget={int(seconds * 1000)}", "--dump-dom", page.as_uri())

    def _run(self, shot: Shot, *options: str) -> str:
        # Its own sandbox needs rights that a container lacks; it is shown nothing but our own pages.
        fixed = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        )
        look = (
            f"--window-size={shot.width},{shot.height}",
            f"--blink-settings=preferredColorScheme={int(not shot.dark)}",
        )
        environment = {**os.environ, "LD_LIBRARY_PATH": self._libraries}
        try:
            with TemporaryDirectory(prefix="chromium", ignore_cleanup_errors=True) as profile:
                command = [str(self._program), *fixed, *look, f"--user-data-dir={profile}", *options]
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


#: Looks over a page with axe-core and writes what it found into the page, for --dump-dom.
_LOOK_OVER = """
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, {runOnly: {type: "tag", values: tags}}).then((found) => {
  const told = document.createElement("pre");
  told.id = "axe";
  told.textContent = JSON.stringify({
    passed: found.passes.length,
    unsure: found.incomplete.map((each) => each.id),
    violations: found.violations.map((each) => [each.id, ...each.nodes.slice(0, 3).map((node) => node.html)]),
  });
  document.body.append(told);
});
"""


def look_over(browser: Browser, page: Path, shot: Shot, axe: str) -> dict[str, Any]:
    """What axe-core finds on a page: how many rules pass, and each violation; Failure where it says nothing.

    The copy that it looks at obeys its script: the page itself would not.
    """
    source = re.sub(r"<meta http-equiv=.Content-Security-Policy[^>]*>", "", page.read_text())
    copy = page.with_name("looked-over.html")
    copy.write_text(source.replace("</body>", f"<script>{axe}</script><script>{_LOOK_OVER}</script></body>"))
    told = re.search(r'<pre id="axe">(.*?)</pre>', browser.read(copy, shot, seconds=60.0), re.DOTALL)
    if told is None:
        raise Failure(f"{page}: axe-core said nothing")
    return dict(json.loads(html.unescape(told[1])))


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; 0, or 1 after a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="tools.screenshots", description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", help="where the pictures go")
    parser.add_argument("--docs", action="store_true", help="renew the pictures of docs/report.md instead")
    parser.add_argument("--axe", type=Path, help="axe.min.js, to look over each page as well")
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
                if options.only not in name:
                    continue
                page = page_of(Path(runs), shot)
                browser.take(page, (folder / f"{name}.png").absolute(), shot)
                if options.axe:
                    found = look_over(browser, page, shot, options.axe.read_text())
                    print(f"axe-core: {found}", flush=True)
    except (Failure, OSError) as error:
        print(f"No pictures: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
