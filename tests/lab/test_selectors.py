# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico selectors."""

from __future__ import annotations

import pytest

from lab.agent.selectors import SelectorError, parse

LABELS = {"rack": "r1", "node-role.kubernetes.io/control-plane": "", "zone": "north"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("all()", True),
        (" all( ) ", True),
        ("has(rack)", True),
        ("has(node-role.kubernetes.io/control-plane)", True),
        ("!has(rack)", False),
        ("! has(shelf)", True),
        ("rack == 'r1'", True),
        ('rack == "r1"', True),
        ("rack=='r2'", False),
        ("shelf == ''", False),
        ("rack != 'r2'", True),
        ("shelf != 'x'", True),
        ("rack in {'r1', 'r2'}", True),
        ("rack in {}", False),
        ("shelf in {'x'}", False),
        ("rack not in {'r1'}", False),
        ("shelf not in {'x'}", True),
        ("rack == 'r1' && zone == 'south'", False),
        ("rack == 'r1' || zone == 'south'", True),
        # && binds stronger than ||.
        ("rack == 'r1' || zone == 'south' && has(shelf)", True),
        ("(rack == 'r1' || zone == 'south') && has(shelf)", False),
        ("!(rack == 'r1' && has(zone))", False),
        ("!!has(rack)", True),
    ],
)
def test_selector(selector: str, matches: bool) -> None:
    assert parse(selector)(LABELS) is matches


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "rack",
        "rack = 'r1'",
        "rack == r1",
        "rack == 'r1",
        "rack contains 'r'",
        "rack starts with 'r'",
        "global()",
        "has()",
        "has(rack",
        "rack in 'r1'",
        "rack in {'a' 'b'}",
        "has(a) has(b)",
        "has(a) &&",
        "(has(a)",
        "has(a) & has(b)",
    ],
)
def test_unknown_form_is_refused(selector: str) -> None:
    with pytest.raises(SelectorError, match="has a form the lab does not know"):
        parse(selector)
