# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check as a table: evidence in, exact sentences out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import (
    catalogue,
    gates,
    preflight,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import FAIL, PASS
from tests.helpers import article, gate_cases, node_cases, preflight_cases, router_cases, watch_cases
from tests.helpers.article import REFLECTOR
from tools import catalogue as page

#: (check, case): evidence, the sentences of all that did not pass
DATA = {**node_cases.CASES, **router_cases.CASES}

FUNCTIONS = {
    contract.check: function
    for functions in catalogue.SECTIONS.values()
    for function in functions
    for contract in catalogue.of_function(function)
}


def faults(check, evidence):
    """Severity, verdict and sentence of all that did not pass."""
    found = [f for f in FUNCTIONS[check](evidence) if f.check == check]
    return [f"{f.severity} {f.verdict}: {f.sentence}" for f in found if f.verdict != PASS]


@pytest.mark.parametrize(("check", "case"), DATA, ids=" ".join)
def test_a_check(check, case):
    evidence, sentences = DATA[check, case]
    assert faults(check, evidence) == sentences


#: Those that tests/unit/test_two_reflectors.py trips, and lets pass, gate by gate.
OF_SEVERAL = {contract.check for contract in catalogue.of_section("Where there are several reflectors")} | {
    "redundancy.split",
    "cluster.rollout",
}
#: Those whose passing cases are in tests/helpers/preflight_cases.py and tests/unit/test_two_reflectors.py.
OF_SELECTORS = {"nodes.single", "peers.selector", "peers.left", "reflectors.interconnect"}


def elsewhere():
    """The checks that the tables of gates, watch and preflight trip."""
    listed = [*gate_cases.SHUT.values(), *gate_cases.MESH.values(), *watch_cases.CASES.values()]
    tripped = {found[0] for _evidence, expected in listed for found in expected}
    tripped |= {found[0] for _now, expected in watch_cases.UNCHANGED.values() for found in expected}
    tripped |= {case[2] for case in preflight_cases.TRIPPED.values()}
    nobody = article.cluster(nodes=())
    tripped |= {f.check for f in preflight.nodes(nobody, article.wish()) if f.verdict == FAIL}
    stranger = article.cluster(nodes=(article.kube_node("node-a", internal=()),))
    tripped |= {f.check for f in preflight.node_networks(stranger, article.wish()) if f.verdict == FAIL}
    approval = gates.judge("approval", article.planned(), "0" * 64, {})
    return tripped | {f.check for f in approval if f.verdict == FAIL} | OF_SEVERAL


def fine_elsewhere():
    """The checks that pass in a healthy network."""
    findings = [
        *gates.judge("preflight", healthy_cluster(), article.wish()),
        *gates.judge("approval", article.planned(), article.planned().identity, {}),
        *gates.judge("cut", article.evidence()),
        *gates.judge("mesh", article.evidence()),
        *gates.judge("watch", article.evidence(before=article.nodes())),
        *gates.judge("unchanged", article.evidence(planned_on=article.cluster(), cluster=watch_cases.NEW)),
    ]
    return {f.check for f in findings if f.verdict == PASS} | OF_SEVERAL | OF_SELECTORS


def healthy_cluster():
    """A healthy cluster that gives every check of the preflight a subject."""
    own = Peer("peer-to-external-rr", REFLECTOR, 64512, {}, "1")
    return article.cluster(peers=(own, Peer("theirs", "192.0.2.9", 64512, {}, "1")))


#: It says who is left out, and nothing about the others.
NEVER_PASSES = {"nodes.left_out"}


def test_every_check_has_a_case_that_trips_it_and_one_that_does_not():
    known = {contract.check for contract in catalogue.contracts()}
    tripped = {check for (check, _case), (_evidence, sentences) in DATA.items() if sentences}
    fine = {check for (check, _case), (_evidence, sentences) in DATA.items() if not sentences}
    assert known - tripped - elsewhere() == set()
    assert known - fine - fine_elsewhere() == NEVER_PASSES


def test_the_page_is_what_the_code_says():
    text = Path(page.PAGE).read_text(encoding="utf-8")
    assert page.written(text) == text, "run python -m tools.catalogue"


def test_a_section_without_a_place_on_the_page_is_named():
    with pytest.raises(LookupError, match="there is no section '## Drift'"):
        page.written(page.PAGE.read_text(encoding="utf-8").replace("## Drift\n", "## Else\n"))


def test_every_function_that_asks_has_a_contract():
    silent = [
        function.__name__
        for functions in catalogue.SECTIONS.values()
        for function in functions
        if not list(catalogue.of_function(function))
    ]
    assert silent == []
    assert all(contract.otherwise for contract in catalogue.contracts())
