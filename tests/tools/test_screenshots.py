# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page in a browser: it is painted, its policy lets its own script run, and nothing it loads is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.telco.calico_bgp.plugins.plugin_utils.page import reading
from lab.programs import cache_directory
from tests.helpers import run_directories
from tools import debs
from tools.console import Failure
from tools.screenshots import Browser, Shot


@pytest.fixture(scope="module", name="browser")
def _browser() -> Browser:
    """The Chromium of the cache; it is fetched by `python -m tools.screenshots` alone."""
    if not (cache_directory() / debs.BROWSER).is_dir():
        pytest.skip("there is no Chromium in the cache: run `python -m tools.screenshots DIRECTORY` once")
    try:
        return Browser(cache_directory())
    except Failure as failure:
        pytest.skip(str(failure))


def test_a_browser_paints_a_page_and_runs_its_script(browser: Browser, tmp_path: Path) -> None:
    page = Path(reading.write(run_directories.write(tmp_path, "gate_shut", 3)))
    picture, shot = tmp_path / "page.png", Shot("gate_shut", 3, height=900)
    browser.take(page, picture, shot)
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size > 20_000
    # The field to filter by is hidden until the page's own script shows it.
    assert 'data-filter="#findings tr.finding" hidden' in page.read_text()
    assert 'data-filter="#findings tr.finding">' in browser.read(page, shot)
