# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures that start real programs; the conftest.py of a folder that needs them names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lab.programs import Missing, Programs, find
from tests.helpers.labs import Lab
from tests.helpers.speakers import speakers


@pytest.fixture(scope="session")
def programs() -> Programs:
    """The lab's programs; skip where they are not there."""
    try:
        return find()
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def reflectors() -> int:
    """How many route reflectors the lab has; a test file that needs several has a fixture of this name."""
    return 1


@pytest.fixture(scope="module")
def options() -> Sequence[str]:
    """More options of `lab up`; a test file that needs them has a fixture of this name."""
    return ()


@pytest.fixture(scope="module")
def lab(
    programs: Programs, reflectors: int, options: Sequence[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A lab for each test file, made for its first test and ended after its last one."""
    made = Lab(tmp_path_factory.mktemp("lab"), reflectors=reflectors, options=options)
    made.up()
    yield made
    made.down()


@pytest.fixture(scope="module")
def bgpds() -> Iterator[Path]:
    """The directory of two bgpds for a test file, see `speakers`."""
    with speakers() as directory:
        yield directory
