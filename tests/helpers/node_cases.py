# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of nodes, cluster and watch as a table: evidence, and the sentences of all that did not pass."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.telco.calico_bgp.plugins.module_utils.guard import Seen
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    silent_node,
)
from tests.helpers import article
from tests.helpers import article_details as health
from tests.helpers.article import ADDRESSES, NOW, REFLECTOR
from tests.helpers.check_evidence import (
    BLOCK_B,
    CUT,
    DARK,
    DRIFT,
    FILTER,
    LIVE,
    NO_END,
    NO_FILTER,
    NO_REWRITE,
    NOT_PROVED,
    SPEC,
    TO_RR,
    UNWATCHED,
    WANTED_PEER,
    WITH_MESH,
    after_a_run,
    carried,
    felix,
    joined,
    mesh_of,
    not_ready,
    objects,
    of_node,
    preferred,
    spared,
    steered,
)

#: (check, case): evidence, the sentences of all that did not pass
CASES = {
    ("watch.mesh", "off"): (steered(), []),
    ("watch.mesh", "not read"): (article.evidence(), []),
    ("watch.mesh", "on"): (
        steered(mesh=True),
        [
            "error fail: the mesh: expected off, as the run left it, found on: somebody else turned it on. "
            "Find out who, GitOps for example, and run site again"
        ],
    ),
    ("watch.peers", "as planned"): (steered(), []),
    ("watch.peers", "with more in it"): (steered({FILTER: {**WANTED_PEER, "sourceAddress": "None"}}), []),
    ("watch.peers", "gone"): (
        steered({}),
        [
            f"error fail: BGPPeer {FILTER}: expected as the plan wants it, for all its nodes, found no such "
            "object. Find out who changed it, and run the playbook peers"
        ],
    ),
    ("watch.peers", "changed"): (
        steered({FILTER: {**WANTED_PEER, "peerIP": "192.0.2.1"}}),
        [
            f"error fail: BGPPeer {FILTER}: expected as the plan wants it, for all its nodes, found another "
            "peerIP. Find out who changed it, and run the playbook peers"
        ],
    ),
    ("watch.peers", "a node's label is gone"): (
        steered(
            {FILTER: {**WANTED_PEER, "nodeSelector": "all()"}},
            labels={"node-a": {}, "node-b": {}, "node-c": {}},
        ),
        [],
    ),
    ("watch.filter", "as planned"): (steered(), []),
    ("watch.filter", "gone"): (
        steered(filters={}),
        [
            f"error fail: BGPFilter {FILTER}: expected the planned rules, found no such object. "
            "Find out who changed it, and run the playbook peers"
        ],
    ),
    ("watch.dark", "every route"): (article.evidence(), []),
    ("watch.dark", "a node that does not answer"): (
        article.evidence(
            nodes={
                **{n: article.node(n, mesh=False) for n in ADDRESSES},
                "node-c": silent_node("node-c", "ipv4", NOW, "dead"),
            }
        ),
        [],
    ),
    ("watch.dark", "a block that another one announces"): (
        article.evidence(nodes={**{n: article.node(n, mesh=False) for n in ADDRESSES}, "node-a": DARK}),
        [
            "error fail: node node-a: expected a route to every block of the others, found none to "
            f"{article.BLOCKS['node-b']}. Run mesh_on"
        ],
    ),
    ("watch.kept_up", "no earlier run is known"): (health.evidence(), []),
    ("watch.kept_up", "to its end"): (after_a_run(calm=True), []),
    ("watch.kept_up", "both sides proved by a run since"): (after_a_run(cut_at=None, watch_until=None), []),
    ("watch.kept_up", "the mesh is on again"): (
        replace(after_a_run(), plan=article.planned(mesh=True)),
        [],
    ),
    ("watch.kept_up", "cancelled, and its time is over"): (after_a_run(), [f"{NO_END}. {NOT_PROVED}"]),
    ("watch.kept_up", "cancelled, and its time is not over"): (
        replace(after_a_run(returned="node-b lost 10.244.1.0/26"), now=CUT + 60),
        [
            f"{NO_END}; it saw a loss and did not turn the mesh on again: node-b lost 10.244.1.0/26. "
            "Where its run is still there, let it end. Where it was ended, nobody watches: stale routes may "
            "hide a loss until 2026-01-01 00:10:00 UTC, so look again after that, or run mesh_on"
        ],
    ),
    ("watch.kept_up", "ended in the middle of the cut"): (
        after_a_run(mesh=None, watch_until=None),
        [
            f"{UNWATCHED} whose run ended before it knew that the mesh was off, and nobody watched. "
            f"{NOT_PROVED}"
        ],
    ),
    ("guard.armed", "none"): (replace(health.evidence(), guards=(Seen("node-a", False),)), []),
    ("guard.armed", "one"): (
        replace(health.evidence(), guards=(Seen("node-a", True, "run r-1 of lab", 7, 90),)),
        [
            "warning fail: the guard on node-a: expected none is armed, found one of run r-1 of lab; heard "
            "nothing for 7 s. Where its run is still there, let it end. Otherwise it turns the mesh on, if "
            "that is off, after 90 s of silence; to keep the mesh off, run site, which disarms it once both "
            "sides are proved"
        ],
    ),
    ("guard.armed", "no answer"): (
        replace(health.evidence(), guards=(Seen("node-a", None, "Connection refused"),)),
        [
            "warning unknown: the guard on node-a: expected none is armed, found Connection refused. See to "
            "its SSH"
        ],
    ),
    ("node.as", "right"): (health.evidence(), []),
    ("node.as", "not said"): (
        of_node("node-b", protocols=(article.protocol("Node_1", REFLECTOR),)),
        [],
    ),
    ("node.as", "another"): (
        of_node("node-b", protocols=(article.protocol("Node_1", REFLECTOR, asn=64999),)),
        [
            "error fail: node node-b, route reflector rr1: expected AS 64512, found AS 64999. "
            "Correct asNumber of the BGPPeer peer-to-external-rr"
        ],
    ),
    ("node.left_out", "a node that is down"): (spared(mesh_of("Active"), mesh_of("Connect")), []),
    ("node.left_out", "a node that others still have Established"): (
        spared(mesh_of("Established"), mesh_of("Active")),
        [
            "error fail: the nodes that are left out: expected no session of the mesh with them, "
            "found node-d Established at node-a. "
            "Take each off calico_bgp_accept_left_out and run again, so that it becomes a client"
        ],
    ),
    ("node.answers", "a NotReady node does not"): (
        not_ready("node-b"),
        [
            "error unknown: node node-b: expected an answer of its BIRD, found dead. "
            "It is NotReady: bring it back, or name it in calico_bgp_accept_left_out, and it may be dark"
        ],
    ),
    ("node.kernel", "all pools are BIRD's"): (health.evidence(), []),
    ("node.kernel", "one of two pools is Felix's"): (felix(article.planned().prefixes), []),
    ("node.kernel", "Felix writes the routes of all"): (
        felix(),
        [
            f"warning unknown: node {name}: expected routes in the kernel that BIRD wrote, "
            "found Felix's alone (10.245.0.0/16). "
            "What is proved is BIRD's table; see the kernel's with ip route on the node"
            for name in ADDRESSES
        ],
    ),
    ("node.local_pref", "as in the mesh"): (preferred(2147482623, 2147482623), []),
    ("node.local_pref", "as in the mesh, for an address that moves"): (preferred(2147483000, 2147483000), []),
    ("node.local_pref", "the mesh is off"): (preferred(2147482623), []),
    ("node.local_pref", "rewritten"): (
        preferred(100, 2147482623),
        [f"error fail: {TO_RR}, found {BLOCK_B} has 100, and 2147482623 in the mesh. {NO_REWRITE}"],
    ),
    ("node.local_pref", "raised"): (
        preferred(2147483647, 2147482623),
        [f"error fail: {TO_RR}, found {BLOCK_B} has 2147483647, and 2147482623 in the mesh. {NO_REWRITE}"],
    ),
    ("node.local_pref", "rewritten under a Calico that does not look at it"): (
        preferred(200, 100),
        [f"warning fail: {TO_RR}, found {BLOCK_B} has 200, and 100 in the mesh. {NO_REWRITE}"],
    ),
    ("node.local_pref", "raised, and the mesh is off"): (
        preferred(2147483647),
        [f"warning fail: {TO_RR}, found {BLOCK_B} has 2147483647, more than 2147482623. {NO_REWRITE}"],
    ),
    ("redundancy.reflector", "the mesh is on"): (WITH_MESH, []),
    ("redundancy.reflector", "two"): (health.evidence("rr1", "rr2"), []),
    ("redundancy.reflector", "the only one"): (
        health.evidence(),
        [
            "warning fail: route reflector rr1: expected no pair of nodes that depends on it alone, "
            "found the only reflector, and pairs of nodes without routes to each other when it goes: 3. "
            "Until there is a second one, mesh_on is the way out"
        ],
    ),
    ("redundancy.reflector", "a node hangs on one of two"): (
        carried(a=("rr1",)),
        [
            "warning fail: route reflector rr1: expected no pair of nodes that depends on it alone, "
            "found pairs of nodes without routes to each other when it goes: 2. "
            "Bring the sessions of these nodes with another reflector up"
        ],
    ),
    ("redundancy.reflector", "nodes that hang on different ones have no routes now"): (
        carried(a=("rr1",), b=("rr2",), c=()),
        [],
    ),
    ("redundancy.session", "the only reflector"): (health.evidence(), []),
    ("redundancy.session", "two"): (health.evidence("rr1", "rr2"), []),
    ("redundancy.session", "a node hangs on one of two"): (
        carried(a=("rr1",)),
        [
            "warning fail: route reflector rr1: expected no session that a node depends on alone, "
            "found the sessions of node-a (pairs: 2), node-b (pairs: 1), "
            "node-c (pairs: 1). Bring their sessions with another reflector up"
        ],
    ),
    ("redundancy.session", "a node hangs on one of two that are neighbours"): (
        joined(a=("rr1",)),
        [
            "warning fail: route reflector rr1: expected no session that a node depends on alone, "
            "found the sessions of node-a (pairs: 2). Bring their sessions with another reflector up"
        ],
    ),
    ("cluster.drift", "none"): (health.evidence(), []),
    ("cluster.drift", "fields of somebody else"): (
        objects(peers=(replace(LIVE, spec={**SPEC, "ttlSecurity": 1}),)),
        [],
    ),
    ("cluster.drift", "not read"): (health.evidence(cluster=None), []),
    ("cluster.drift", "the filter is no longer used"): (
        objects(peers=(replace(LIVE, spec={**SPEC, "filters": []}),)),
        [
            "warning fail: BGPPeer peer-to-external-rr: expected what the plan wants, "
            f"found filters is [], not ['peer-to-external-rr']. {DRIFT}"
        ],
    ),
    ("cluster.drift", "the filter is gone"): (
        objects(filter_specs={}),
        [
            "warning fail: BGPFilter peer-to-external-rr: expected what the plan wants, "
            f"found no such object. {DRIFT}"
        ],
    ),
    ("cluster.filter", "there, with foreign filters in front"): (
        objects(peers=(replace(LIVE, spec={**SPEC, "filters": ["theirs", *SPEC["filters"]]}),)),
        [],
    ),
    ("cluster.filter", "gone"): (
        objects(filter_specs={}),
        [f"{NO_FILTER}found no such object. Run the playbook peers"],
    ),
    ("cluster.filter", "somebody lets all in"): (
        objects(filter_specs={FILTER: {"importV4": [{"action": "Accept"}]}}),
        [f"{NO_FILTER}found other rules in importV4. Run the playbook peers"],
    ),
    ("cluster.filter", "named by nobody"): (
        objects(peers=(replace(LIVE, spec={**SPEC, "filters": []}),)),
        [f"{NO_FILTER}found BGPPeer {FILTER} does not name it. Run the playbook peers"],
    ),
    ("cluster.filter", "no peer"): (
        objects(peers=()),
        [f"{NO_FILTER}found BGPPeer {FILTER} does not name it. Run the playbook peers"],
    ),
    ("cluster.filter", "not read"): (
        health.evidence(cluster=None),
        [f"{NO_FILTER.replace('fail', 'unknown')}found no reading of the cluster. Run the playbook peers"],
    ),
    # Gates ask these too; their tables are elsewhere.
    ("node.mesh_gone", "gone"): (health.evidence(), []),
    ("node.mesh_gone", "still there"): (
        health.evidence(nodes={"node-a": article.node("node-a", reflector=False)}),
        [
            "error fail: node node-a: expected no session of the mesh, "
            "found Mesh_192_168_1_11, Mesh_192_168_1_12. "
            "Its BIRD did not take the new configuration; look at calico-node's log there"
        ],
    ),
    ("node.peers_gone", "gone"): (
        health.evidence(nodes={"node-a": article.node("node-a", reflector=False)}),
        [],
    ),
    ("node.peers_gone", "still there"): (
        health.evidence(nodes={"node-a": article.node("node-a")}),
        [
            "error fail: node node-a: expected no session with a route reflector, found Node_192_168_1_1. "
            "Its BIRD did not take the new configuration; look at calico-node's log there"
        ],
    ),
    ("adoption.routes", "the pools alone"): (article.evidence(), []),
    ("adoption.routes", "a default route too"): (
        article.evidence(
            nodes=article.nodes(
                article.plus(article.node("node-a"), article.path("0.0.0.0/0", REFLECTOR, "rr"))
            )
        ),
        [
            "error fail: node node-a, route reflector rr1: expected no route from the reflector but those"
            " inside the planned prefixes, found 0.0.0.0/0. The BGPFilter and the router's outbound"
            " prefix-list would take it from all nodes: keep it with calico_plan_filter: false and"
            " cisco_rr_prefix_list: '', or take it off the router first"
        ],
    ),
}
