# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of the push has a router that takes its lines, and sees one that it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bench import push

pytestmark = pytest.mark.lab


def test_all_lines_at_once_bring_the_clients() -> None:
    pushed = push.push("raw", push.job(3), 60)
    assert (pushed.ended, pushed.lines) == ("", len(push.job(3).lines))
    assert 0 < pushed.seconds < 60


def test_a_refused_line_is_told() -> None:
    wanted = push.job(1)
    pushed = push.push("raw", replace(wanted, lines=(*wanted.lines, "frobnicate")), 60)
    assert "% Invalid input detected" in pushed.ended
