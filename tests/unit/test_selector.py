# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico's selector language, against hand-made labels, and against what the lab's agent makes of it."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.calico.selector import SelectorError, parse
from lab.agent import selectors

NODES = {
    "none": {},
    "a": {"zone": "a", "rack": "rack-1", "node-role.kubernetes.io/control-plane": ""},
    "b": {"zone": "b", "rack": "rack-2"},
    "in": {"in": "x", "has": "y", "zone": 'it"s'},
}
#: Which of the nodes a selector is for.
CASES = {
    "": "none a b in",
    " \t": "none a b in",
    "all()": "none a b in",
    "all( )": "none a b in",
    "global()": "none a b in",
    "!all()": "",
    "!!all()": "none a b in",
    "has(zone)": "a b in",
    "has( zone )": "a b in",
    "!has(zone)": "none",
    "has(node-role.kubernetes.io/control-plane)": "a",
    "zone == 'a'": "a",
    'zone == "a"': "a",
    "zone=='a'": "a",
    "zone == 'it\"s'": "in",
    "zone != 'a'": "none b in",
    "node-role.kubernetes.io/control-plane == ''": "a",
    "zone in {'a', 'b'}": "a b",
    "zone in {'a',}": "a",
    "zone in {}": "",
    "zone not in {'a'}": "none b in",
    "zone not  in {'a', \"b\"}": "none in",
    "rack contains '-2'": "b",
    "rack contains ''": "a b",
    "rack starts with 'rack-'": "a b",
    "rack ends with '1'": "a",
    "!rack ends with '1'": "none b in",
    "zone == 'a' || zone == 'b' && rack == 'rack-9'": "a",
    "(zone == 'a' || zone == 'b') && rack == 'rack-2'": "b",
    "!(zone == 'a') && has(zone)": "b in",
    "has(zone) && !has(in)": "a b",
}


@pytest.mark.parametrize("text", CASES)
def test_a_selector_is_for_the_nodes_it_names(text: str) -> None:
    assert [name for name, labels in NODES.items() if parse(text)(labels)] == CASES[text].split()


@pytest.mark.parametrize("text", [text for text in CASES if text.strip()])
def test_the_agent_of_the_lab_says_the_same(text: str) -> None:
    agent = selectors.parse(text)
    assert [agent(labels) for labels in NODES.values()] == [parse(text)(labels) for labels in NODES.values()]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("zone", "ends where an operator"),
        ("zone = 'a'", "cannot be read from"),
        ("zone == a", "a stands where a string in quotes was expected"),
        ("zone == 'a", "cannot be read from"),
        ("zone in {'a' 'b'}", "} is missing"),
        ("zone in 'a'", "{ is missing"),
        ("(zone == 'a'", ") is missing"),
        ("zone == 'a' zone == 'b'", "an operator was expected"),
        ("zone == 'a' &&", "ends where a label"),
        ("has()", "behind has where an operator"),
        ("== 'a'", "stands where a label was expected"),
        ("(" * 65 + "all()" + ")" * 65, "nests deeper"),
    ],
)
def test_what_is_no_selector_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert repr(text) in str(caught.value)
