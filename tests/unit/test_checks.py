# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check as a table: evidence in, exact sentences out; and no alarm where there is nothing to say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import (
    catalogue,
    gates,
    preflight,
    redundancy,
    routers,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.guard import Seen
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import FAIL, PASS
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    NodeRoute,
    NodeRoutes,
    Outlet,
    RouterPath,
    RouterSession,
    RouterSurplus,
    silent_node,
    silent_router,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from tests.helpers import article, gate_cases, preflight_cases, watch_cases
from tests.helpers import article_details as health
from tests.helpers.article import ADDRESSES, BLOCKS, BORROWED, NOW, REFLECTOR
from tests.helpers.article_details import SECOND, peer, reading, router, traffic
from tools import catalogue as page

A, B, C = ADDRESSES.values()
BLOCK_A, BLOCK_B, BLOCK_C = BLOCKS.values()
FROM_B = f"route reflector rr1, node node-b ({B})"
CLEAR_B = f"It is negotiated when the session is next set up: clear ip bgp {B}, one node at a time"
IMPORTS = "Check the router's inbound prefix-list, and what else the node's BIRD announces"
ANY_ROUTE = "Give the router a route to the node's address: without one no session comes up"
OWN_ROUTE = (
    "Give the router a connected, static or IGP route to the node's network, so that the session depends "
    "neither on the node's own routes nor on the way to everywhere else"
)
DRIFT = "Run the playbook peers (first with --check --diff), or bring the inventory up to date"


def of_router(*peers, **changes):
    """Evidence in which the only reflector says otherwise."""
    return health.evidence(routers={"rr1": router("rr1", *peers, **changes)})


def reached(*routes, seen=None):
    """Evidence in which the reflector has these routes to the nodes; one is connected unless it is given."""
    own = {address: NodeRoute(address, "192.168.1.0/24", "connected") for address in ADDRESSES.values()}
    found = seen or NodeRoutes(tuple({**own, **{route.address: route for route in routes}}.values()))
    return article.evidence(routers={"rr1": article.router(node_routes=found)})


PODS = "10.244.0.0/16 ge 26 le 32"
WHY = "prefix-list UP permits 10.244.0.0/16 le 32 at seq 20"
UPSTREAM = Outlet("neighbor", "203.0.113.9", 65010, (), True, "filters deny it")
OPEN = replace(UPSTREAM, sends=(PODS,), reason=WHY)
OSPF = Outlet("", "ospf 1", None, (PODS,), True, "redistribute bgp 64512")
TO_UPSTREAM = "route reflector rr1, neighbor 203.0.113.9 (AS 65010)"
CLOSE = "Deny the prefixes there (docs/leaks.md), or name 203.0.113.9 in cisco_rr_may_learn"


def leaking(*outlets, may=()):
    """Evidence in which the only reflector has these ways out, and the inventory names some of them."""
    wanted = article.planned(reflectors=(article.reflector(may_learn=may),))
    return article.evidence(plan=wanted, routers={"rr1": article.router(outlets=outlets)})


def of_node(name, **changes):
    """Evidence in which one node's BIRD says otherwise."""
    nodes = dict(health.evidence().nodes)
    nodes[name, "ipv4"] = replace(nodes[name, "ipv4"], **changes)
    return health.evidence(nodes=nodes)


def rows(*changed):
    """Rows of the summary: the healthy ones with these instead of theirs."""
    healthy = {A_: article.row(name) for name, A_ in ADDRESSES.items()}
    return tuple({**healthy, **{row.address: row for row in changed}}.values())


def readings(then, now, version=9, **changes):
    """Evidence of two readings in which node-b's row is this, and then this."""
    return of_router(
        before=reading(NOW - 5, traffic("node-b", **then), version=version),
        after=reading(NOW, traffic("node-b", **now), version=version),
        **changes,
    )


def pushed(outcome, *commands, detail=""):
    return health.evidence(pushes={"rr1": replace(article.push(outcome, detail), commands=commands)})


def objects(**changes):
    made = health.evidence()
    return replace(made, cluster=replace(made.cluster, **changes))


def carried(**carriers):
    """Evidence of two reflectors in which nodes have sessions with these alone."""
    nodes = {name: health.node(name, *carriers.get(name[-1], ("rr1", "rr2"))) for name in ADDRESSES}
    return health.evidence("rr1", "rr2", nodes=nodes)


def joined(**carriers):
    """The same where the reflectors are neighbours of each other."""
    made = carried(**carriers)
    return replace(made, routers={**made.routers, "rr1": router("rr1", sessions=(*rows(), SECOND_ROW))})


def felix(others=()):
    """Evidence of a plan in which Felix writes the kernel's routes of one pool, beside these prefixes."""
    made = health.evidence()
    return replace(
        made, plan=replace(made.plan, prefixes=(Prefix("10.245.0.0/16", 26, 32, "felix"), *others))
    )


def preferred(from_reflector, from_mesh=None):
    """Evidence in which node-a has node-b's block with these LOCAL_PREFs; None: not from the mesh."""
    seen = article.without(article.node("node-a"), BLOCK_B)
    paths = [article.path(BLOCK_B, B, "rr", local_pref=from_reflector)]
    paths += [article.path(BLOCK_B, B, "mesh", local_pref=from_mesh)] if from_mesh else []
    return health.evidence(nodes={"node-a": article.plus(seen, *paths)})


def spared(*protocols):
    """Evidence of a plan that leaves node-d out; the first nodes have these protocols beside theirs."""
    made = article.evidence(
        plan=article.planned(
            left_out={"node-d": "NotReady"}, left_out_addresses={"node-d": {"ipv4": "192.168.1.13"}}
        )
    )
    nodes = dict(made.nodes)
    for key, protocol in zip(list(nodes), protocols, strict=False):
        nodes[key] = replace(nodes[key], protocols=(*nodes[key].protocols, protocol))
    return replace(made, nodes=nodes)


def mesh_of(state):
    """A node's protocol of the mesh for node-d."""
    return article.protocol("Mesh_192_168_1_13", "192.168.1.13", state)


def after_a_run(**changes):
    """The mesh off, and the files of a run that cut it at 2026-01-01 00:00, to be watched for ten minutes."""
    state = {"gate": PASS, "mesh": False, "cut_at": CUT, "watch_until": CUT + 600, **changes}
    return health.evidence(earlier=RunState(**state), now=CUT + 3600)


def not_ready(name):
    """Evidence in which a NotReady node does not answer."""
    made = health.evidence()
    nodes = tuple(replace(n, ready=n.name != name) for n in made.cluster.nodes)
    seen = {**made.nodes, (name, "ipv4"): silent_node(name, "ipv4", NOW, "dead")}
    return replace(made, cluster=replace(made.cluster, nodes=nodes), nodes=seen)


TO_RR = "node node-a, route reflector rr1: expected LOCAL_PREF as in the mesh"
NO_REWRITE = "Take set local-preference out of the reflector's policy for these neighbours"
SECOND_ROW = replace(article.row("node-a"), address=SECOND)
WITH_MESH = health.evidence(nodes={name: health.node(name, "rr1", mesh=True) for name in ADDRESSES})
TABLE = health.details().paths
FOREIGN = RouterSession("ipv4", "203.0.113.9", 65000, "Idle", None, None)
FOREIGN_PEER = replace(peer("node-b"), address="203.0.113.9", client=False, hold=180, passive=False)
SPEC = health.evidence().cluster.peers[0].spec
LIVE = health.evidence().cluster.peers[0]
FILTER = "peer-to-external-rr"
NO_FILTER = (
    f"error fail: BGPFilter {FILTER}: expected the planned rules, and its name in every planned BGPPeer, "
)

# (check, case): evidence, the sentences of all that did not pass
CUT = 1767225600.0
UNWATCHED = (
    "warning fail: the cut of the mesh: expected a watch until its soak was over, "
    "found a cut of 2026-01-01 00:00:00 UTC"
)
NO_END = f"{UNWATCHED}, to be watched until 2026-01-01 00:10:00 UTC, and no end of that watch"
NOT_PROVED = (
    "This look proves how it is now; whether something was lost from the cut until now is not proved. "
    "Run site, which proves both sides anew and finds the mesh off"
)


def steered(peers=None, **changes):
    """Evidence of the watch in which the planned BGPPeer, or more of what makes the sessions, is another."""
    wanted = article.planned()
    seen = article.steering(wanted, **changes)
    return article.evidence(steering=seen if peers is None else replace(seen, peers=peers))


WANTED_PEER = article.steering(article.planned()).peers[FILTER]
DARK = article.without(article.node("node-a", mesh=False), article.BLOCKS["node-b"])
DATA = {
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
    ("router.privilege", "15"): (health.evidence(), []),
    ("router.privilege", "silent"): (
        health.evidence(routers={"rr1": silent_router("rr1", NOW, "timed out")}),
        [],
    ),
    ("router.privilege", "1"): (
        health.evidence(routers={"rr1": silent_router("rr1", NOW, "privilege level 1", 1)}),
        [
            "error fail: route reflector rr1: expected privilege level 15, found level 1. "
            "Log in at level 15, or set ansible_become with ansible_become_method enable"
        ],
    ),
    ("router.details", "all"): (health.evidence(), []),
    ("router.details", "not asked for"): (health.evidence(routers={"rr1": article.router()}), []),
    ("router.details", "a command that is not known"): (
        of_router(cluster_id="", unread=("show bgp all cluster-ids: % Invalid input",)),
        [
            "warning unknown: route reflector rr1: expected an answer to every show command, "
            "found show bgp all cluster-ids: % Invalid input. "
            "See whether its release has the command; what depends on it was not asked"
        ],
    ),
    ("router.as", "right"): (health.evidence(), []),
    ("router.as", "a foreign neighbour has another"): (of_router(sessions=(*rows(), FOREIGN)), []),
    ("router.as", "another"): (
        of_router(sessions=rows(article.row("node-b", asn=64513, state="Idle", prefixes=None, uptime=None))),
        [
            f"error fail: {FROM_B}: expected AS 64512, found AS 64513. "
            "Run the playbook peers, or correct the neighbour's remote-as"
        ],
    ),
    ("router.client", "all"): (health.evidence(), []),
    ("router.client", "a foreign neighbour is none"): (of_router(FOREIGN_PEER), []),
    ("router.client", "no such family"): (of_router(peer("node-b", client=None)), []),
    ("router.client", "one is none"): (
        of_router(peer("node-b", client=False)),
        [
            f"error fail: {FROM_B}: expected a route-reflector-client, found a neighbour that is no client. "
            "Run the playbook peers; IOS resets the session when a neighbour becomes a client"
        ],
    ),
    ("router.cluster_id", "as asked for"): (health.evidence(), []),
    ("router.cluster_id", "nobody asks for one"): (
        of_router(wanted_cluster_id="", cluster_id="192.168.1.1"),
        [],
    ),
    ("router.cluster_id", "another"): (
        of_router(cluster_id="192.168.1.1"),
        [
            "warning fail: route reflector rr1: expected cluster id 0.0.0.1, found 192.168.1.1. "
            "Set cisco_rr_cluster_id; with other neighbours in the process, cisco_rr_process_wide as well"
        ],
    ),
    ("router.cluster_id", "two alike that are neighbours"): (
        replace(
            joined(),
            routers={
                "rr1": router("rr1", sessions=(*rows(), SECOND_ROW), wanted_cluster_id=""),
                "rr2": router("rr2", cluster_id="0.0.0.1", wanted_cluster_id=""),
            },
        ),
        [
            "warning fail: route reflector rr1: expected a cluster id of its own, found 0.0.0.1, as rr2 has. "
            "Set cisco_rr_cluster_id; with other neighbours in the process, cisco_rr_process_wide as well"
        ],
    ),
    ("router.cluster_id", "two that are neighbours"): (joined(), []),
    ("router.cluster_id", "two alike that are not"): (
        health.evidence(
            "rr1",
            "rr2",
            routers={"rr1": router("rr1"), "rr2": router("rr2", cluster_id="0.0.0.1", wanted_cluster_id="")},
        ),
        [],
    ),
    ("router.timers", "as planned"): (health.evidence(), []),
    ("router.timers", "shorter, as the node wants"): (of_router(peer("node-b", hold=9)), []),
    ("router.timers", "a session that is down"): (of_router(peer("node-b", hold=None)), []),
    ("router.timers", "longer"): (
        of_router(peer("node-b", hold=90)),
        [
            f"warning fail: {FROM_B}: expected a hold time of 30 s or less, "
            f"found 90 s, pending reset. {CLEAR_B}"
        ],
    ),
    ("router.timers", "none"): (
        of_router(peer("node-b", hold=0)),
        [
            f"warning fail: {FROM_B}: expected a hold time of 30 s or less, "
            f"found none: a silent node is never noticed. {CLEAR_B}"
        ],
    ),
    ("router.graceful_restart", "negotiated"): (health.evidence(), []),
    ("router.graceful_restart", "not configured"): (
        of_router(peer("node-b", configured_restart=False, graceful_restart="")),
        [],
    ),
    ("router.graceful_restart", "only configured"): (
        of_router(peer("node-b", graceful_restart="received")),
        [
            f"warning fail: {FROM_B}: expected graceful restart negotiated, found configured, pending reset. "
            f"{CLEAR_B}"
        ],
    ),
    ("router.graceful_restart", "not offered by the node"): (
        of_router(peer("node-b", graceful_restart="advertised")),
        [
            f"warning fail: {FROM_B}: expected graceful restart negotiated, "
            "found offered by the reflector, and not by the node. "
            "See the node's BIRD, which offers it by default"
        ],
    ),
    ("router.passive", "opened by the node"): (health.evidence(), []),
    ("router.passive", "nobody wants it passive"): (
        of_router(peer("node-b", passive=False, local_port=40001)),
        [],
    ),
    ("router.passive", "opened by the reflector"): (
        of_router(peer("node-b", local_port=40001)),
        [
            f"warning fail: {FROM_B}: expected a session that the node opened, "
            f"found one that the reflector opened (its port is 40001), pending reset. {CLEAR_B}"
        ],
    ),
    ("router.flaps", "never"): (health.evidence(), []),
    ("router.flaps", "long ago"): (
        of_router(peer("node-b", dropped=9, last_reset="x", last_reset_seconds=7200)),
        [],
    ),
    ("router.flaps", "once, as a node was restarted"): (
        of_router(peer("node-b", dropped=1, last_reset="x", last_reset_seconds=60)),
        [],
    ),
    ("router.flaps", "again and again"): (
        of_router(peer("node-b", dropped=4, last_reset="Peer closed the session", last_reset_seconds=60)),
        [
            f"warning fail: {FROM_B}: expected a session that stays up, "
            "found 4 ends, the last 60 s ago, due to Peer closed the session. "
            "Look for a restarting calico-node, a full queue, or a bad link between the two"
        ],
    ),
    ("router.flaps", "just now"): (
        readings({"uptime": 295}, {"uptime": 2}),
        [
            f"warning fail: {FROM_B}: expected a session that stays up, found it came up anew while it was "
            "looked at. Look for a restarting calico-node, a full queue, or a bad link between the two"
        ],
    ),
    ("router.progress", "nothing to do"): (health.evidence(), []),
    ("router.progress", "busy"): (
        readings({"output_queue": 9, "version": 3}, {"output_queue": 7, "sent": 60, "version": 5}),
        [],
    ),
    ("router.progress", "the table moved on just now"): (readings({}, {}, version=9), []),
    ("router.progress", "a session that is down"): (
        readings(
            {"version": 1},
            {"version": 1},
            sessions=rows(article.row("node-b", state="Idle", prefixes=None, uptime=None)),
        ),
        [],
    ),
    ("router.progress", "stuck"): (
        readings(
            {"output_queue": 9, "input_queue": 1, "version": 3},
            {"output_queue": 11, "input_queue": 2, "version": 3},
        ),
        [
            f"warning fail: {FROM_B}: expected queues and updates that move on, found 11 messages wait to be "
            "sent; 2 messages wait to be read; the node is at version 3 of a table that was at 9 for 5 s. "
            "Look at the node's load and at the path's MTU; a session that hangs ends with its hold time"
        ],
    ),
    ("router.listen_limit", "no listen range"): (of_router(dynamic=99), []),
    ("router.listen_limit", "far"): (of_router(ranges=("192.168.1.0/24",), dynamic=79), []),
    ("router.listen_limit", "near"): (
        of_router(ranges=("192.168.1.0/24",), dynamic=80),
        [
            "warning fail: route reflector rr1: expected less than 80 % of 100 dynamic neighbours, "
            "found 80 of 100. Raise bgp listen limit"
        ],
    ),
    ("router.prefix_limit", "far"): (of_router(peer("node-b", prefixes=79)), []),
    ("router.prefix_limit", "none"): (of_router(peer("node-b", prefix_limit=None, prefixes=99)), []),
    ("router.prefix_limit", "near"): (
        of_router(peer("node-b", prefixes=80)),
        [
            f"warning fail: {FROM_B}: expected less than 80 % of 100 prefixes, found 80 of 100. "
            "Raise cisco_rr_maximum_prefix"
        ],
    ),
    ("router.next_hops", "all"): (health.evidence(), []),
    ("router.next_hops", "a second path that is not best"): (
        of_router(paths=(*TABLE, RouterPath(BLOCK_B, "203.0.113.9", False))),
        [],
    ),
    ("router.next_hops", "a foreign prefix without a path"): (
        of_router(paths=(*TABLE, RouterPath("203.0.113.0/24", "203.0.113.9", False))),
        [],
    ),
    ("router.next_hops", "one unresolved"): (
        of_router(paths=tuple(replace(p, best=p.prefix != BLOCK_B) for p in TABLE)),
        [
            "error fail: route reflector rr1: expected a usable path to every prefix, "
            f"found none to {BLOCK_B} by {B}. See on the router whether it has a route to the node's address"
        ],
    ),
    ("router.imports", "pools"): (health.evidence(), []),
    ("router.imports", "from a foreign neighbour"): (
        of_router(surplus=(RouterSurplus("203.0.113.9", 2, 1, ("203.0.113.0/24",)),)),
        [],
    ),
    ("router.imports", "a block that came in between"): (
        of_router(surplus=(RouterSurplus(B, 3, 2, ()),)),
        [],
    ),
    ("router.imports", "nobody looked"): (of_router(surplus=None), []),
    ("router.imports", "from a node"): (
        of_router(surplus=(RouterSurplus(B, 3, 2, ("203.0.113.0/24",)),)),
        [
            "warning fail: route reflector rr1: expected routes inside the pools only, "
            f"found 203.0.113.0/24 from node-b. {IMPORTS}"
        ],
    ),
    ("router.imports", "from a node, and very many from another"): (
        of_router(surplus=(RouterSurplus(A, 812345, 1), RouterSurplus(B, 3, 2, ("203.0.113.0/24",)))),
        [
            "warning fail: route reflector rr1: expected routes inside the pools only, "
            f"found 203.0.113.0/24 from node-b, 812345 prefixes from node-a (1 inside). {IMPORTS}"
        ],
    ),
    ("router.imports", "not asked what it is"): (
        of_router(surplus=(RouterSurplus(B, 3, 2),)),
        [
            "warning unknown: route reflector rr1: expected routes inside the pools only, "
            f"found 3 prefixes from node-b (2 inside). {IMPORTS}"
        ],
    ),
    ("router.same_routes", "one reflector"): (of_router(paths=()), []),
    ("router.same_routes", "the same"): (health.evidence("rr1", "rr2"), []),
    ("router.same_routes", "a pod that came in between"): (
        health.evidence(
            "rr1",
            "rr2",
            routers={
                "rr1": router("rr1"),
                "rr2": router("rr2", paths=(*TABLE, RouterPath("10.244.10.77/32", C, True))),
            },
        ),
        [],
    ),
    ("router.same_routes", "one lacks some"): (
        health.evidence("rr1", "rr2", routers={"rr1": router("rr1"), "rr2": router("rr2", paths=TABLE[:1])}),
        [
            "warning fail: route reflector rr2: expected every prefix that another reflector has, "
            f"found none of {BORROWED}, {BLOCK_B}, {BLOCK_C}. "
            "See whether the owner's session with it is up and what its inbound prefix-list lets through"
        ],
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
    ("router.drift", "none"): (health.evidence(), []),
    ("router.drift", "nobody looked"): (health.evidence(pushes={}), []),
    ("router.drift", "lines"): (
        pushed("planned", "router bgp 64512", " address-family ipv4", "  neighbor X activate"),
        [
            "warning fail: route reflector rr1: expected nothing to configure, found router bgp 64512; "
            f"address-family ipv4; neighbor X activate. {DRIFT}"
        ],
    ),
    ("router.drift", "refused"): (
        pushed("refused", detail="BGP runs with AS 64513"),
        [
            "warning fail: route reflector rr1: expected nothing to configure, found BGP runs with AS 64513. "
            f"{DRIFT}"
        ],
    ),
    ("router.drift", "no answer at all"): (
        replace(pushed("lost", detail="timed out"), routers={"rr1": silent_router("rr1", NOW, "timed out")}),
        [],
    ),
    ("router.drift", "a reset that is not allowed"): (
        pushed("refused", "bgp cluster-id 1", detail="the lines would reset the sessions with 192.168.1.10"),
        [
            "warning fail: route reflector rr1: expected nothing to configure, found bgp cluster-id 1 "
            f"(the lines would reset the sessions with 192.168.1.10). {DRIFT}"
        ],
    ),
    ("router.drift", "no answer"): (
        pushed("lost", detail="nothing was sent: timed out"),
        [
            "warning unknown: route reflector rr1: expected nothing to configure, "
            f"found nothing was sent: timed out. {DRIFT}"
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
    ("router.node_routes", "connected"): (reached(), []),
    ("router.node_routes", "by BGP of somebody else"): (
        reached(NodeRoute(B, "192.168.0.0/16", "bgp 65000", ("203.0.113.9",))),
        [],
    ),
    ("router.node_routes", "nobody asked"): (article.evidence(), []),
    ("router.node_routes", "none"): (
        reached(NodeRoute(B, "", "")),
        [f"error fail: {FROM_B}: expected a route to the node, found none. {ANY_ROUTE}"],
    ),
    ("router.node_routes", "to nowhere"): (
        reached(NodeRoute(B, "192.168.0.0/16", "static", drops=True)),
        [
            f"error fail: {FROM_B}: expected a route to the node, "
            f"found 192.168.0.0/16 by static to Null0. {ANY_ROUTE}"
        ],
    ),
    ("router.node_routes", "only a default route"): (
        reached(NodeRoute(B, "0.0.0.0/0", "static")),
        [
            f"warning fail: {FROM_B}: expected a route to the node, "
            f"found only a default route (0.0.0.0/0 by static). {OWN_ROUTE}"
        ],
    ),
    ("router.node_routes", "by BGP of a node"): (
        reached(NodeRoute(B, "192.168.1.11/32", "bgp 64512", (A,))),
        [
            f"warning fail: {FROM_B}: expected a route to the node, "
            f"found 192.168.1.11/32 by bgp 64512 from node-a. {OWN_ROUTE}"
        ],
    ),
    ("router.node_routes", "refused"): (
        reached(seen=NodeRoutes((), 3, ("show ip route 192.168.1.10: no",))),
        [
            "warning unknown: route reflector rr1: expected an answer about every node, "
            "found none about 3 (show ip route 192.168.1.10: no). "
            "See on the router whether it has a route to each of them (show ip route ADDRESS)"
        ],
    ),
    ("router.node_routes", "too many"): (
        reached(seen=NodeRoutes((NodeRoute(A, "10.0.0.0/8", "ospf 1"),), 2)),
        [
            "warning unknown: route reflector rr1: expected an answer about every node, "
            "found none about 2 (too many to ask about each). "
            "See on the router whether it has a route to each of them (show ip route ADDRESS)"
        ],
    ),
    ("router.leaks", "filters deny"): (leaking(UPSTREAM), []),
    ("router.leaks", "named in the inventory"): (leaking(OPEN, OSPF, may=("203.0.113.9", "ospf 1")), []),
    ("router.leaks", "another is named"): (
        leaking(OPEN, may=("203.0.113.8",)),
        [
            f"error fail: {TO_UPSTREAM}: expected no planned prefix, "
            f"found would be sent {PODS}: {WHY}. {CLOSE}"
        ],
    ),
    ("router.leaks", "not known"): (
        leaking(replace(OPEN, sure=False, reason="filter-list 1 looks at AS paths, which are not judged")),
        [
            f"error fail: {TO_UPSTREAM}: expected no planned prefix, found may be sent {PODS}: "
            f"filter-list 1 looks at AS paths, which are not judged. {CLOSE}"
        ],
    ),
    ("router.leaks", "redistributed"): (
        leaking(OSPF),
        [
            "error fail: route reflector rr1, ospf 1: expected no planned prefix, "
            f"found would be sent {PODS}: redistribute bgp 64512. "
            "Deny the prefixes there (docs/leaks.md), or name ospf 1 in cisco_rr_may_learn"
        ],
    ),
    ("router.leaked", "nothing is sent"): (leaking(replace(UPSTREAM, told=())), []),
    ("router.leaked", "nobody asked"): (leaking(UPSTREAM), []),
    ("router.leaked", "named in the inventory"): (
        leaking(replace(OPEN, told=(BLOCK_A,)), may=("203.0.113.9",)),
        [],
    ),
    ("router.leaked", "a block is sent"): (
        leaking(replace(UPSTREAM, told=(BLOCK_A, BORROWED))),
        [
            f"error fail: {TO_UPSTREAM}: expected sent no planned prefix, found sent {BLOCK_A}, {BORROWED}. "
            f"{CLOSE}"
        ],
    ),
    ("router.leaked", "no answer"): (
        leaking(replace(UPSTREAM, told=(), untold="too slow")),
        [
            f"warning unknown: {TO_UPSTREAM}: expected sent no planned prefix, found not known: too slow. "
            "See what it is sent (advertised-routes)"
        ],
    ),
    ("router.push", "unchanged"): (health.evidence(), []),
    ("router.push", "in place, with something left to do"): (
        pushed("applied", detail="type clear ip bgp 192.168.1.10 soft"),
        [
            "warning fail: route reflector rr1: expected the planned configuration on the router, "
            "found applied: type clear ip bgp 192.168.1.10 soft. Do by hand what is left"
        ],
    ),
    ("router.push", "refused"): (
        pushed("refused", detail="no"),
        [
            "error fail: route reflector rr1: expected the planned configuration on the router, "
            "found refused: no. See what the router said, mend it and run again"
        ],
    ),
}

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
