# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages in a browser: painted and printed, and their policy lets their own script run, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.programs import cache_directory
from tools import debs, screenshots
from tools.browser import Browser, Look
from tools.console import Failure
from tools.screenshots import Subject


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    """The Chromium of the cache; it is fetched by `python -m tools.screenshots` alone."""
    if not (cache_directory() / debs.BROWSER).is_dir():
        pytest.skip("there is no Chromium in the cache: run `python -m tools.screenshots DIRECTORY` once")
    try:
        with Browser(cache_directory()) as browser:
            yield browser
    except Failure as failure:
        pytest.skip(str(failure))


def test_a_browser_paints_a_page_and_runs_its_script(browser: Browser, tmp_path: Path) -> None:
    page = screenshots.page_of(tmp_path, Subject("gate_shut", 3))
    with browser.tab(Look()) as tab:
        tab.open(page)
        picture = screenshots.take(tab, Look())
        # The field to filter by is hidden until the page's own script shows it.
        assert tab.run("document.querySelector('[data-filter]').hidden") is False
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(picture) > 20_000


@pytest.mark.parametrize("kind", ["evaluate", "change", "cut"])
def test_no_page_is_wider_than_a_telephone_or_runs_a_script_that_came_in(
    browser: Browser, tmp_path: Path, kind: str
) -> None:
    page = screenshots.page_of(tmp_path, Subject(kind, 3))
    source = page.read_text(encoding="utf-8")
    page.write_text(source.replace("</main>", "<script>document.title = 'taken'</script></main>"))
    with browser.tab(screenshots.LOOKS["phone"]) as tab:
        tab.open(page)
        assert tab.run("document.documentElement.scrollWidth") <= 390
        assert tab.run("document.title") != "taken"


def test_dark_is_dark_and_paper_is_paper(browser: Browser, tmp_path: Path) -> None:
    page = screenshots.page_of(tmp_path, Subject("evaluate", 9))
    ground = "getComputedStyle(document.body).backgroundColor"
    colours = []
    for dark in (False, True):
        with browser.tab(Look(dark=dark)) as tab:
            tab.open(page)
            colours.append(tab.run(ground))
            paper = tab.paper()
    with browser.tab(Look(dark=True)) as tab:
        tab.show(Look(dark=True), "print")
        tab.open(page)
        printed = [tab.run(ground), tab.run("getComputedStyle(document.body).color")]
    assert colours == ["rgb(244, 246, 248)", "rgb(15, 21, 28)"]
    assert printed == ["rgb(255, 255, 255)", "rgb(23, 33, 43)"]
    assert paper.startswith(b"%PDF-")


def test_a_page_that_is_not_there_and_a_script_that_breaks_are_failures(
    browser: Browser, tmp_path: Path
) -> None:
    with browser.tab(Look()) as tab:
        with pytest.raises(Failure, match="ERR_FILE_NOT_FOUND"):
            tab.open(tmp_path / "none.html")
        with pytest.raises(Failure, match="no such thing"):
            tab.run("(() => { throw Error('no such thing') })()")
