# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No alarm where there is nothing to say, and what is said fits the case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import (
    gates,
    redundancy,
    routers,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import PASS
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    RouterPath,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from tests.helpers import article
from tests.helpers import article_details as health
from tests.helpers.article import ADDRESSES, BLOCKS
from tests.helpers.article_details import peer, router
from tests.helpers.check_evidence import (
    FOREIGN,
    FOREIGN_PEER,
    TABLE,
    WITH_MESH,
    A,
    C,
    joined,
    of_router,
    rows,
)


def left_out(evidence):
    """The same where node-c is NotReady: it is in no plan, and its session and routes are still there."""
    wanted = article.planned(("node-a", "node-b"), mesh=False, left_out={"node-c": "NotReady"})
    nodes = {key: seen for key, seen in evidence.nodes.items() if key[0] != "node-c"}
    return replace(evidence, plan=replace(wanted, reflectors=evidence.plan.reflectors), nodes=nodes)


def listening():
    """A reflector whose clients come from a listen range: nothing is configured for each."""
    peers = (peer(name, passive=None, prefix_limit=None) for name in ADDRESSES)
    return of_router(*peers, ranges=("192.168.1.0/24",), dynamic=3)


def announcing(prefix):
    """Evidence in which every node announces these service addresses, inside the planned prefixes."""
    made = health.evidence()
    wanted = replace(made.plan, prefixes=(*made.plan.prefixes, Prefix(prefix, 12, 32)))
    nodes = {}
    for key, seen in made.nodes.items():
        others = (o for o in ADDRESSES.values() if o != ADDRESSES[key[0]])
        paths = (article.path(prefix, o, "rr", primary=False) for o in others)
        nodes[key] = article.plus(seen, article.local(prefix), *paths)
    table = (*TABLE, *(RouterPath(prefix, address, address == A) for address in ADDRESSES.values()))
    return replace(made, plan=wanted, nodes=nodes, routers={"rr1": router("rr1", paths=table)})


def bare(name):
    """Evidence in which a node has no block: no pod runs there."""
    made = health.evidence()
    wanted = tuple(replace(n, blocks=() if n.name == name else n.blocks) for n in made.plan.nodes)
    nodes = {
        n: replace(o, routes=tuple(r for r in o.routes if r.prefix != BLOCKS[name]))
        for n, o in made.nodes.items()
    }
    table = tuple(p for p in TABLE if p.prefix != BLOCKS[name])
    gone = rows(article.row(name, prefixes=0))
    return replace(
        made,
        plan=replace(made.plan, nodes=wanted),
        nodes=nodes,
        routers={"rr1": router("rr1", sessions=gone, paths=table)},
    )


HEALTHY = {
    "a borrowed address": health.evidence(),
    "a session between reflectors": joined(),
    "service routes": announcing("10.96.0.0/12"),
    "a node without blocks": bare("node-c"),
    "a NotReady node": left_out(health.evidence()),
    "neighbours of a listen range": listening(),
    "foreign neighbours": of_router(
        FOREIGN_PEER,
        sessions=(*rows(), FOREIGN),
        paths=(*TABLE, RouterPath("203.0.113.0/24", "203.0.113.9", False)),
    ),
    "the mesh still on": replace(WITH_MESH, plan=replace(WITH_MESH.plan, mesh=True)),
}


@pytest.mark.parametrize("evidence", HEALTHY.values(), ids=HEALTHY)
def test_no_false_alarm(evidence):
    found = [f.sentence for f in gates.judge("health", evidence) if f.verdict != PASS]
    assert [s for s in found if "the only reflector, and" not in s] == []


def test_who_is_missing_is_named_in_words_that_fit_a_listen_range():
    """A dynamic neighbour that is down is no row at all."""
    evidence = of_router(ranges=("192.168.1.0/24",), dynamic=2, sessions=rows()[:2])
    found = [f for f in routers.router_sessions(evidence) if f.verdict != PASS]
    assert [f.actual for f in found] == ["no such neighbour"]
    assert [f.subject for f in found] == [f"route reflector rr1, node node-c ({C})"]


def brute_force(of_node, reach, lost):
    """Pairs that lose their routes, one by one."""

    def meet(one, other, gone):
        return any((reach(c) - gone) & (of_node[other] - gone) for c in of_node[one] - gone)

    names = sorted(of_node)
    return sum(
        meet(one, other, frozenset()) and not meet(one, other, frozenset({lost}))
        for i, one in enumerate(names)
        for other in names[i + 1 :]
    )


KINDS = [frozenset(k) for k in (("a",), ("b",), ("a", "b"), ("b", "c"), (), ("a", "b", "c"))]
LINKS = {
    "apart": lambda carrier: frozenset({carrier}),
    "a and b are neighbours": lambda c: frozenset("ab") if c in "ab" else frozenset(c),
}


@pytest.mark.parametrize("reach", LINKS.values(), ids=LINKS)
@pytest.mark.parametrize("lost", ["a", "b", "c"])
def test_counted_by_class_or_one_by_one_the_pairs_are_the_same(reach, lost):
    of_node = {f"n{i:02}": KINDS[i * 5 % len(KINDS)] if i % 3 else KINDS[i % 4] for i in range(40)}
    classes = redundancy.Counter(of_node.values())
    assert redundancy.pairs_lost(classes, lost, reach) == brute_force(of_node, reach, lost)
