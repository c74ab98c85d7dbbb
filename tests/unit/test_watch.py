# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After the cut: what is known to be lost fails, what is not known never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import cluster, gates, watch
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.watch import node_loss
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    silent_node,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from tests.helpers import article
from tests.helpers.article import NOW, REFLECTOR
from tests.helpers.watch_cases import BLOCK_A, BLOCK_B, CASES, NEW, OLD, UNCHANGED, B, after, seen

BEFORE = article.nodes()


@pytest.mark.parametrize(("evidence", "expected"), CASES.values(), ids=CASES)
def test_a_round(evidence, expected):
    findings = gates.judge("watch", replace(evidence, before=BEFORE))
    assert [(f.check, f.subject, f.verdict, f.actual) for f in weigh.blocking(findings)] == expected


def test_a_node_that_did_not_answer_before_the_cut_is_unknown():
    before = {**BEFORE, ("node-a", "ipv4"): silent_node("node-a", "ipv4", NOW, "timed out")}
    (found,) = weigh.blocking(gates.judge("watch", seen(before=before)))
    assert (found.verdict, found.actual) == ("unknown", "no answer before the cut")


def test_service_addresses_that_one_node_stops_announcing_are_no_loss():
    """The others still do, and the node's own route to them stays."""
    services = "10.96.0.0/12"
    wanted = article.planned()
    wanted = replace(wanted, prefixes=(*wanted.prefixes, Prefix(services, 12, 32)))
    before = {
        name: article.plus(
            article.node(name),
            article.local(services),
            *(article.path(services, other, "mesh") for n, other in article.ADDRESSES.items() if n != name),
        )
        for name in article.ADDRESSES
    }
    now = {n: article.plus(after(n), article.local(services)) for n in article.ADDRESSES}
    now["node-a"] = article.plus(after("node-a"), article.path(services, B, "rr", primary=True))
    assert weigh.blocking(gates.judge("watch", article.evidence(plan=wanted, nodes=now, before=before))) == ()


def test_one_node_alone_has_nothing_to_lose():
    wanted = article.planned(("node-a",))
    observation = replace(after("node-a"), routes=(article.local(BLOCK_A),))
    seen = {"node-a": observation}
    assert weigh.passed(gates.judge("watch", article.evidence(plan=wanted, nodes=seen, before=seen)))


def test_a_node_judges_itself_while_it_is_watched():
    assert node_loss(article.planned(), after("node-a"), BEFORE) == ""
    text = node_loss(article.planned(), article.without(after("node-a"), BLOCK_B), BEFORE)
    assert text == f"node node-a: expected a route to everything it reached before, found none to {BLOCK_B}"


STARTED = {
    # seconds since its BIRD was started, verdict: the article's restart time is 120 s
    "just now": (1.0, "unknown"),
    "for its restart time": (119.0, "unknown"),
    "too long ago": (120.0, "fail"),
    "before the cut": (4000.0, "fail"),
    "nobody says": (None, "fail"),
}


@pytest.mark.parametrize(("uptime", "verdict"), STARTED.values(), ids=STARTED)
def test_a_bird_that_was_started_again_has_its_restart_time(uptime, verdict):
    bare = replace(after("node-a"), at=NOW + 600, uptime=uptime, protocols=(), routes=())
    found = weigh.blocking(gates.judge("watch", seen(bare, before=BEFORE)))
    assert {f.subject: f.verdict for f in found} == {"node node-a": verdict}
    loss = node_loss(article.planned(), bare, BEFORE)
    assert (loss == "") is (verdict == "unknown")
    if verdict == "unknown":
        assert all(f.actual.endswith(f"; its BIRD was started {uptime:.0f} s ago") for f in found)


def test_other_nodes_that_lose_something_meanwhile_are_heard():
    bare = replace(after("node-a"), at=NOW + 600, uptime=1.0, protocols=(), routes=())
    other = article.without(after("node-b"), BLOCK_A)
    own = replace(bare, routes=(article.local(BLOCK_A),))
    found = weigh.blocking(gates.judge("watch", seen(own, other, before=BEFORE)))
    assert ("node node-b", "fail") in [(f.subject, f.verdict) for f in found]


@pytest.mark.parametrize(("down", "rings"), [(2, False), (5, True), (None, True)])
def test_a_reflector_rings_for_a_session_that_stays_down(down, rings):
    gone = article.row("node-a", state="Active", prefixes=None, uptime=down)
    rows = (gone, *(article.row(name) for name in ("node-b", "node-c")))
    found = watch.router_alarm(article.planned(), article.router(sessions=rows))
    assert bool(found) is rings


HOLD = {
    # hold time, left of it, whether the reflector counts as silent
    "keepalives in time": (9, 4, False),
    "one late by a second": (9, 3, False),
    "a keepalive and a half missing": (9, 2, True),
    "just heard enough": (30, 8, False),
    "long hold time, heard": (180, 75, False),
    "long hold time, silent": (180, 30, True),
    "no hold time": (0, 0, False),
    "no timer shown": (9, None, False),
}


@pytest.mark.parametrize(("hold", "left", "silent"), HOLD.values(), ids=HOLD)
def test_falling_silent(hold, left, silent):
    assert watch.falling_silent(article.protocol("N", REFLECTOR, hold=hold, hold_left=left)) is silent


@pytest.mark.parametrize(("now", "expected"), UNCHANGED.values(), ids=UNCHANGED)
def test_the_last_look_before_the_cut(now, expected):
    findings = tuple(cluster.unchanged(article.evidence(planned_on=OLD, cluster=now)))
    assert [(f.check, f.actual) for f in weigh.blocking(findings)] == expected
    assert len(findings) == 6


def test_a_node_that_was_left_out_and_is_ready_again_holds_up_the_cut():
    dark = article.kube_node("node-d", address="192.168.1.13", ready=False)

    def judged(now):
        evidence = article.evidence(
            plan=article.planned(left_out={"node-d": "NotReady"}),
            planned_on=replace(OLD, nodes=(*OLD.nodes, dark)),
            cluster=replace(NEW, nodes=(*NEW.nodes, now)),
        )
        return [(f.check, f.actual) for f in weigh.blocking(tuple(cluster.unchanged(evidence)))]

    assert judged(dark) == []
    assert judged(replace(dark, ready=True)) == [("cluster.nodes", "node-d is new")]
