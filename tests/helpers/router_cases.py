# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of route reflectors as a table: evidence, and the sentences of all that did not pass."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    NodeRoute,
    NodeRoutes,
    RouterPath,
    RouterSurplus,
    silent_router,
)
from tests.helpers import article
from tests.helpers import article_details as health
from tests.helpers.article import BORROWED, NOW
from tests.helpers.article_details import peer, router
from tests.helpers.check_evidence import (
    ANY_ROUTE,
    BLOCK_A,
    BLOCK_B,
    BLOCK_C,
    CLEAR_B,
    CLOSE,
    DRIFT,
    FOREIGN,
    FOREIGN_PEER,
    FROM_B,
    IMPORTS,
    OPEN,
    OSPF,
    OWN_ROUTE,
    PODS,
    SECOND_ROW,
    TABLE,
    TO_UPSTREAM,
    UPSTREAM,
    WHY,
    A,
    B,
    C,
    joined,
    leaking,
    of_router,
    pushed,
    reached,
    readings,
    rows,
)

#: (check, case): evidence, the sentences of all that did not pass
CASES = {
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
