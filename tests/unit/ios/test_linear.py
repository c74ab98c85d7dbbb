# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that a text takes grows with its length, and no faster, whatever stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import has_end, read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show import groups, status
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import clean, ends_at_prompt, mask
from tests.helpers.hostile import FRONTS, UNITS, slow_at

READERS: dict[str, Callable[[str], object]] = {
    "configuration": read_running,
    "summary": read_summary,
    "neighbors": read_neighbors,
    "paths": read_prefixes,
    "cluster ids": groups.read_cluster_ids,
    "update-groups": groups.read_update_groups,
    "peer-groups": groups.read_peer_groups,
    "version": status.read_version,
    "privilege": status.read_privilege,
    "refusal": lambda text: answer_error("x", text),
    "mask": mask,
    "end": has_end,
    "prompt": ends_at_prompt,
}


@pytest.mark.parametrize("unit", UNITS)
def test_a_transcript_of_a_megabyte(unit):
    assert slow_at(lambda text: clean(text, "show ip bgp"), "", unit, 1 << 20) == ""


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_every_reader(read):
    slow = (slow_at(read, front, unit, 1 << 16) for front in FRONTS for unit in UNITS)
    assert [where for where in slow if where] == []


def test_a_pattern_that_is_quadratic_is_found():
    assert "characters take" in slow_at(re.compile(r"\s*\s*x").match, "", " ", 1 << 17)
