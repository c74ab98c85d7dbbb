# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From where on something counts: what it decides, and values that would make a question pointless."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible.errors import AnsibleError

from ansible_collections.telco.calico_bgp.plugins.action import bgp_plan
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.waiting import router_missing
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import PASS
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Thresholds, plan_from
from tests.helpers import article, article_details

OLD = replace(article.evidence(), now=article.NOW + 100)
YOUNG = article.router(sessions=tuple(article.row(name, uptime=70) for name in article.ADDRESSES))
LONG = article.planned(reflectors=(article.reflector(hold=180),))
FLAPPING = article_details.peer("node-b", dropped=4, last_reset="x", last_reset_seconds=4000)
FULL = article_details.peer("node-b", prefix_limit=100, prefixes=85)


def seen(peer):
    return article_details.evidence(routers={"rr1": article_details.router("rr1", peer)})


CASES = {
    # evidence, gate, check, thresholds with which it passes, with which it does not
    "answers that are old": (OLD, "cut", "node.answers", {"fresh": 120}, {}),
    "answers of a router that are old": (OLD, "cut", "router.answers", {"fresh": 120}, {}),
    "a session that is young": (
        article.evidence(plan=LONG, routers={"rr1": YOUNG}),
        "cut",
        "router.session",
        {},
        {"proof": 90},
    ),
    "many ends": (seen(FLAPPING), "health", "router.flaps", {}, {"flap_window": 7200}),
    "fewer ends than count": (
        seen(FLAPPING),
        "health",
        "router.flaps",
        {"flaps": 5, "flap_window": 7200},
        {"flaps": 4, "flap_window": 7200},
    ),
    "a limit": (seen(FULL), "health", "router.prefix_limit", {"near": 90}, {}),
}


@pytest.mark.parametrize(("evidence", "gate", "check", "passes", "fails"), CASES.values(), ids=CASES)
def test_a_threshold_decides(evidence, gate, check, passes, fails):
    def verdicts(given):
        wanted = replace(evidence.plan, thresholds=Thresholds(**given))
        found = gates.judge(gate, replace(evidence, plan=wanted))
        return {f.verdict == PASS for f in found if f.check == check}

    assert verdicts(passes) == {True}
    assert False in verdicts(fails)


def test_waiting_is_for_what_the_gate_wants():
    assert router_missing(LONG, YOUNG) == ""
    longer = replace(LONG, thresholds=Thresholds(proof=90))
    assert router_missing(longer, YOUNG).endswith("waiting for their hold time")


def test_they_are_part_of_the_plan_and_of_what_is_approved():
    other = article.planned(thresholds=Thresholds(fresh=90))
    assert plan_from(to_data(other)) == other
    assert other.identity != article.planned().identity
    assert other.parts["thresholds"] != article.planned().parts["thresholds"]


BOUNDS = {
    "fresh": (10, 300),
    "proof": (10, 3600),
    "flaps": (1, 1000),
    "flap_window": (60, 86400),
    "near": (1, 100),
}


@pytest.mark.parametrize(("name", "least", "most"), [(n, *b) for n, b in BOUNDS.items()], ids=BOUNDS)
def test_what_would_make_a_question_pointless_is_refused(name, least, most):
    for value in (least, most):
        assert getattr(bgp_plan.thresholds({name: value}), name) == value
    for value in (least - 1, most + 1):
        with pytest.raises(AnsibleError) as caught:
            bgp_plan.thresholds({name: value})
        told = f"calico_plan_thresholds: threshold {name} is {value}; use {least} to {most}"
        assert str(caught.value) == told


def test_every_threshold_has_bounds():
    assert set(BOUNDS) == set(Thresholds.__dataclass_fields__)
