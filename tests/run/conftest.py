# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab for each test file, made for its first test and ended after its last one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.programs import Missing, find
from tests.run.playing import Lab


@pytest.fixture(scope="session")
def programs() -> None:
    """Skip where the lab's programs are not there."""
    try:
        find()
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def lab(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"))
    made.do("up")
    yield made
    made.do("down")
