# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever text comes from outside, each line that a person reads is one that this collection wrote."""

from __future__ import annotations

import doctest
from dataclasses import replace

import pytest
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from ansible_collections.telco.calico_bgp.plugins.module_utils import printable, report
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Pool
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    silent_node,
    silent_router,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.modules import calico_bgp_info
from tests.helpers import article

FORGED = "x\noutcome: valid\r\x1b[2K\u202eok\x9b"
SHOWN = "x\\noutcome: valid\\r\\x1b[2K\\u202eok\\x9b"


def test_doctests():
    assert doctest.testmod(printable).failed == 0


def test_an_annotation_writes_no_line_of_a_refusal():
    nodes = (article.kube_node("node-a", reflector_cluster_id=FORGED), article.kube_node("node-b"))
    found = gates.judge("preflight", article.cluster(nodes=nodes), article.wish())
    assert f"found cluster-id {SHOWN} (annotation" in weigh.sentence(found)
    assert all(f.sentence.isprintable() for f in found)


def test_an_object_s_name_writes_no_line_of_the_table():
    pools = (*article.cluster().pools, Pool(FORGED, "fd00::/64", 122, "none", True))
    found = gates.judge("preflight", article.cluster(pools=pools), article.wish())
    story = report.Story(
        playbook="plan",
        outcome="refused",
        message=FORGED,
        started=1.0,
        ended=2.0,
        check_mode=False,
        plan=article.planned(),
        plan_path="",
        mesh_after=True,
        findings={"preflight": found},
        pushes={},
        nodes={},
        routers={},
        packets=None,
    )
    lines = report.table(story)
    assert all(line.isprintable() for line in lines)
    assert [line for line in lines if line.startswith("outcome:")] == [f"outcome: refused. {SHOWN}"]


FAILURES = {
    "a step": {"msg": FORGED},
    "one of a loop": {
        "results": [{"failed": True, "msg": FORGED, "item": {"kind": "BGPPeer", "name": FORGED}}]
    },
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_the_reason_of_a_failure_is_one_line(failure):
    told = report.reason(failure)
    assert told.endswith(SHOWN)
    assert report.sentence("The mesh is {mesh}.", RunState(mesh=True), told).isprintable()


def test_a_failure_s_text_has_an_end():
    told = report.reason({"msg": "x" * 10_000})
    assert len(told) < 2_100
    assert told.endswith("(10000 characters in all)")


def test_what_a_device_says_instead_of_an_answer_is_one_line():
    assert silent_node("node-a", "ipv4", 1.0, FORGED).reason == SHOWN
    assert silent_router("rr1", 1.0, FORGED).reason == SHOWN


def test_what_a_node_s_bird_says_is_one_line():
    seen = article.node("node-a")
    odd = replace(seen, protocols=tuple(p._replace(state=FORGED, info=FORGED) for p in seen.protocols))
    found = gates.judge("cut", article.evidence(nodes=article.nodes(odd)))
    assert all(f.sentence.isprintable() for f in found)
    assert any(f.check == "node.session" and f.actual.endswith("\\x1b[2K\\u202eok\\x9b") for f in found)


REFUSALS = {
    "an object": calico_bgp_info.calico.ObjectError(FORGED),
    "the API": ApiException(status=403, reason=FORGED),
    "no answer": HTTPError(FORGED),
}


@pytest.mark.parametrize("error", REFUSALS.values(), ids=REFUSALS)
def test_what_the_api_says_is_one_line(error):
    assert SHOWN in calico_bgp_info.why_not(error)
    assert calico_bgp_info.why_not(error).isprintable()


def test_a_refusal_of_the_api_without_a_text_is_told_too():
    assert "answered 403 Forbidden: . Check the rights" in calico_bgp_info.why_not(
        ApiException(status=403, reason="Forbidden")
    )
