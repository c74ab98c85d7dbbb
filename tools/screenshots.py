# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of all pages, to look at: `python -m tools.screenshots DIRECTORY`, --docs for docs/.

Debian's Chromium takes them, unpacked into the cache without root. With --axe FILE each page is also looked
over by axe-core (axe.min.js of its npm package), which tells what a screen reader or a weak eye would miss;
with --loads N it is written and loaded so many times, and times and sizes are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.change.document import document
from ansible_collections.telco.calico_bgp.plugins.module_utils.change.way_back import Access
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.judge import judge
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import read_measurement
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.page import change, evaluation, reading
from lab.programs import cache_directory
from tests.helpers import run_directories, samples
from tools.browser import Browser, Look, Tab
from tools.console import Failure

CHECKOUT = Path(__file__).resolve().parent.parent
IMAGES = CHECKOUT / "docs/images"
LOOKS = {"light": Look(), "dark": Look(dark=True), "phone": Look(390)}
PRINT = "print"
#: The highest picture that Chromium takes, in pixels.
HIGHEST = 16_000


@dataclass(frozen=True)
class Subject:
    """A page of something made up: a run of some kind, a change, or an evaluation of so many rounds."""

    kind: str
    size: int
    zones: int = 0

    @property
    def name(self) -> str:
        """What its pictures are called, without look and end."""
        return f"{self.kind}-{self.size}"


SIZES = ((3, 0), (50, 3), (1000, 4))
KINDS = ("cut", "gate_shut", "returned", "drained")
ALL = (
    *(Subject(kind, nodes, zones) for nodes, zones in SIZES for kind in KINDS),
    Subject("planned", 3),
    Subject("valid", 50, 3),
    *(Subject("change", nodes, zones) for nodes, zones in SIZES),
    *(Subject("evaluate", rounds) for rounds in (9, 3, 0)),
)
#: Pictures of docs/: of what, and how high.
DOCS = {
    "report-cut": (Subject("cut", 3), 1830),
    "report-returned": (Subject("returned", 3), 1270),
    "report-1000": (Subject("gate_shut", 1000, 4), 1270),
    "evaluate-page": (Subject("evaluate", 9), 1500),
}


def page_of(folder: Path, subject: Subject, times: int = 1) -> Path:
    """Write a page, once or more; a line says how many seconds it took each time and how large it is."""
    write = {"change": _change, "evaluate": _evaluate}.get(subject.kind, _run)(folder, subject)
    took = []
    for _each in range(times):
        began = time.perf_counter()
        page = write()
        took.append(f"{time.perf_counter() - began:.2f}")
    print(f"{subject.name}: written in {', '.join(took)} s, {page.stat().st_size:,} bytes", flush=True)
    return page


def _run(folder: Path, subject: Subject) -> Callable[[], Path]:
    run = run_directories.write(folder, subject.kind, subject.size, subject.zones)
    return lambda: Path(reading.write(run))


def _change(folder: Path, subject: Subject) -> Callable[[], Path]:
    plan = run_directories.planned(subject.size, subject.zones)
    cluster = run_directories.cluster(subject.size, subject.zones)
    pushes = {
        r.host: replace(run_directories.pushed(plan, r.host), outcome="planned") for r in plan.reflectors
    }
    findings = [found for each in run_directories.judged("planned", subject.size, subject.zones).values()
                for found in each]  # fmt: skip
    made = document(plan, cluster, pushes, findings, RunState(timeout=120), Access(("inventories/prod",)))
    return lambda: _written(folder / f"{subject.name}.html", change.page(made))


def _evaluate(folder: Path, subject: Subject) -> Callable[[], Path]:
    """Hand-made figures: 9 rounds have a stand-in for IPIP, 3 have no IPIP, and an MTU that is wrong."""
    few = 0 < subject.size < 6
    data = samples.measurement(subject.size, refused=["ipip-ipv4"] if few else [], spread=0.15)
    data["paths"][1]["stand_in"] = subject.size == 9
    data["mtu"][0]["bytes"] -= int(few)
    made = judge(read_measurement(data))
    return lambda: _written(folder / f"{subject.name}.html", evaluation.page(made))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


#: Opens all that can be folded out, so that axe-core sees it, too, and leaves the first 100 of rows or lines
#: that are alike, which take it minutes; then what axe-core found.
_LOOK_OVER = """
(async () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  for (const each of document.querySelectorAll("tbody, pre"))
    [...each.children].slice(100).forEach((row) => row.remove());
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  const brief = (each) => [each.id, each.nodes.length, ...each.nodes.slice(0, 3).map((node) =>
    node.html.slice(0, 200) + " | " + [...node.any, ...node.all].map((check) => check.message)[0])];
  const [unsure, violations] = [found.incomplete.map(brief), found.violations.map(brief)];
  return {passed: found.passes.length, unsure, violations};
})()
"""
#: When the page was loaded, and when the largest of what is seen first was painted, in milliseconds.
_TIMES = """
new Promise((resolve) => {
  let largest = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) largest = each.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => {
    const [load] = performance.getEntriesByType("navigation");
    resolve({load: Math.round(load.loadEventEnd), lcp: Math.round(largest)});
  }, 500);
})
"""


def look_over(tab: Tab, axe: str) -> dict[str, Any]:
    """What axe-core finds on the page of a tab: how many rules pass, which it is unsure of, violations."""
    tab.run(f"{axe}; 0")
    return dict(tab.run(_LOOK_OVER))


def take(tab: Tab, look: Look, height: int = 0) -> bytes:
    """A picture of the page of a tab from top to end, or so high."""
    whole = height or min(int(tab.run("document.documentElement.scrollHeight")), HIGHEST)
    tab.show(Look(look.width, whole, look.dark))
    return tab.picture()


def load(browser: Browser, page: Path, times: int) -> list[dict[str, int]]:
    """Load a page so many times, each in a tab of its own."""
    found = []
    for _each in range(times):
        with browser.tab(Look()) as tab:
            tab.open(page)
            found.append(dict(tab.run(_TIMES)))
    return found


def picture(browser: Browser, page: Path, name: str, folder: Path, look: str, axe: str) -> None:
    """One picture (or PDF) of a page, and what axe-core says of it in that look."""
    with browser.tab(LOOKS.get(look, Look())) as tab:
        tab.open(page)
        if look == PRINT:
            (folder / f"{name}-{look}.pdf").write_bytes(tab.paper())
            return
        (folder / f"{name}-{look}.png").write_bytes(take(tab, LOOKS[look]))
        if axe:
            print(f"{name}-{look}: axe-core: {json.dumps(look_over(tab, axe))}", flush=True)


def for_docs(browser: Browser, pages: Path) -> None:
    """Renew the pictures of docs/."""
    for name, (subject, height) in DOCS.items():
        with browser.tab(Look()) as tab:
            tab.open(page_of(pages, subject))
            (IMAGES / f"{name}.png").write_bytes(take(tab, Look(), height))


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; 0, or 1 after a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="tools.screenshots", description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", help="where the pictures go")
    parser.add_argument("--docs", action="store_true", help="renew the pictures of docs/ instead")
    parser.add_argument("--axe", type=Path, help="axe.min.js, to look over each page as well")
    parser.add_argument(
        "--loads", type=int, default=0, metavar="N", help="load each page N times, and say how long"
    )
    parser.add_argument("--only", default="", help="those whose name has this text")
    parser.add_argument(
        "--looks", nargs="*", default=[*LOOKS, PRINT], help="some of light, dark, phone, print"
    )
    options = parser.parse_args(arguments)
    if not options.docs and options.directory is None:
        parser.error("name a directory, or give --docs")
    try:
        axe = options.axe.read_text() if options.axe else ""
        with TemporaryDirectory(prefix="runs") as runs, Browser(cache_directory()) as browser:
            if options.docs:
                for_docs(browser, Path(runs))
                return 0
            options.directory.mkdir(parents=True, exist_ok=True)
            for subject in (each for each in ALL if options.only in each.name):
                page = page_of(Path(runs), subject, options.loads or 1)
                for look in options.looks:
                    picture(browser, page, subject.name, options.directory, look, axe)
                if options.loads:
                    times = load(browser, page, options.loads)
                    print(
                        f"{subject.name}: loaded {times}, load average {os.getloadavg()[0]:.1f}", flush=True
                    )
    except (Failure, OSError) as error:
        print(f"No pictures: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
