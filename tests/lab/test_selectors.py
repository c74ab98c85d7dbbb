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
        ("", True),
        (" \t", True),
        ("global()", True),
        ("!global( )", False),
        ("zone contains 'ort'", True),
        ("zone contains ''", True),
        ("shelf contains ''", False),
        ("zone contains 'south'", False),
        ("zone starts with 'no'", True),
        ("zone starts\t with 'th'", False),
        ("shelf starts with ''", False),
        ("zone ends with 'th'", True),
        ("zone ends with 'no'", False),
        ("!(zone ends with 'no') && rack starts with \"r\"", True),
        # What libcalico-go's tokenizer takes beside the documented forms.
        ("zone contains'ort'", True),
        ("rack in{'r1'}", True),
        ("rack notin {'r1'}", False),
        ("rack in {'r1',}", True),
        ("rack == 'r1'&&zone=='north'", True),
        ("( all() )", True),
        ('rack == "it\'s"', False),
        ("in == 'x' || has == 'x' || not in {'x'} || contains contains 'x'", False),
        ("node-role.kubernetes.io/control-plane == ''", True),
    ],
)
def test_selector(selector: str, matches: bool) -> None:
    assert parse(selector)(LABELS) is matches


@pytest.mark.parametrize(
    "selector",
    [
        "rack",
        "rack = 'r1'",
        "rack == r1",
        "rack == 'r1",
        "all ()",
        "has (rack)",
        "all(x)",
        "global(x)",
        "has()",
        "has('rack')",
        "rack contains r",
        "rack starts 'r'",
        "rack starts with",
        "rack ends with {'r'}",
        "rack not {'r1'}",
        "rack in {,}",
        "rack in {'a',,'b'}",
        "rack\n== 'r1'",
        "not has(rack)",
        "'r1' == rack",
        "rack ! = 'r1'",
        "()",
        "has(rack",
        "rack in 'r1'",
        "rack in {'a' 'b'}",
        "has(a) has(b)",
        "has(a) &&",
        "(has(a)",
        "has(a) & has(b)",
    ],
)
def test_what_calico_does_not_read_is_refused(selector: str) -> None:
    with pytest.raises(SelectorError, match="is none that Calico reads"):
        parse(selector)
