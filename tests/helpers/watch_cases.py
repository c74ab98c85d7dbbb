# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may happen after a cut, and in the moment of one; hand-made."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer, Pool
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdRoute,
    silent_node,
    silent_router,
)
from tests.helpers import article
from tests.helpers.article import BLOCKS, BORROWED, NOW, REFLECTOR

A, B, C = article.ADDRESSES.values()


BLOCK_A, BLOCK_B, BLOCK_C = BLOCKS.values()


def after(name):
    """What the node says with the mesh gone."""
    return article.node(name, mesh=False)


def seen(*changed, **changes):
    nodes = {**{name: after(name) for name in article.ADDRESSES}, **{o.node: o for o in changed}}
    return article.evidence(**{"nodes": nodes, **changes})


def session(state="Established", **changes):
    """node-a with this session as its only one."""
    return replace(
        after("node-a"), protocols=(article.protocol("Node_192_168_1_1", REFLECTOR, state, **changes),)
    )


def without_answer(*names, rows=(), routers=None):
    nodes = {n: after(n) for n in article.ADDRESSES if n not in names}
    nodes.update({n: silent_node(n, "ipv4", NOW, "timed out") for n in names})
    router = article.router(sessions=rows) if rows else article.router()
    return article.evidence(nodes=nodes, routers={"rr1": router} if routers is None else routers)


def not_asked(**changes):
    return article.evidence(nodes={}, **changes)


def kernel_refused(name, prefix):
    routes = (r._replace(kernel_error=r.prefix == prefix) for r in after(name).routes)
    return replace(after(name), routes=tuple(routes))


ROWS_WITHOUT_C = (article.row("node-a"), article.row("node-b"))


ROW_C_IDLE = (*ROWS_WITHOUT_C, article.row("node-c", state="Idle", prefixes=None, uptime=None))


SILENT = silent_router("rr1", NOW, "no answer")


# case: evidence, what did not pass: (check, subject, verdict, actual)
CASES = {
    "nothing lost": (seen(), []),
    "a block is gone": (
        seen(article.without(after("node-a"), BLOCK_B)),
        [("watch.routes", "node node-a", "fail", f"none to {BLOCK_B}")],
    ),
    "a block cannot be reached": (
        seen(
            article.plus(
                article.without(after("node-a"), BLOCK_B),
                article.path(BLOCK_B, B, "rr", kind="unreachable", primary=True),
            )
        ),
        [("watch.routes", "node node-a", "fail", f"none to {BLOCK_B}")],
    ),
    "the kernel refused a block": (
        seen(kernel_refused("node-a", BLOCK_B)),
        [("watch.routes", "node node-a", "fail", f"none to {BLOCK_B}")],
    ),
    "a borrowed address is gone, the block's route leads on": (
        seen(article.without(after("node-c"), BORROWED)),
        [],
    ),
    "a borrowed address is gone on the node that lent it": (
        seen(article.without(after("node-a"), BORROWED)),
        [("watch.routes", "node node-a", "fail", f"none to {BORROWED}")],
    ),
    "the pod with the borrowed address is gone": (
        seen(*[article.without(after(n), BORROWED) for n in article.ADDRESSES]),
        [],
    ),
    "the pod with the borrowed address came to this node": (
        seen(article.plus(article.without(after("node-a"), BORROWED), article.local(BORROWED, "dev"))),
        [],
    ),
    "a block was released": (seen(*[article.without(after(n), BLOCK_C) for n in article.ADDRESSES]), []),
    "a block is gone and its owner does not answer": (
        seen(article.without(after("node-a"), BLOCK_B), silent_node("node-b", "ipv4", NOW, "timed out")),
        [
            ("watch.routes", "node node-a", "fail", f"none to {BLOCK_B}"),
            ("watch.routes", "node node-b", "unknown", "timed out"),
        ],
    ),
    "only a route outside the pools is left": (
        seen(
            article.plus(
                article.without(after("node-a"), BLOCK_B),
                BirdRoute("0.0.0.0/0", "kernel1", None, "via", True, "", ""),
            )
        ),
        [("watch.routes", "node node-a", "fail", f"none to {BLOCK_B}")],
    ),
    "no Established session": (
        seen(session("Active", info="Active        Socket: Connection refused")),
        [("watch.sessions", "node node-a", "fail", "Active        Socket: Connection refused")],
    ),
    "no session at all": (
        seen(replace(after("node-a"), protocols=())),
        [("watch.sessions", "node node-a", "fail", "no session at all")],
    ),
    "stale routes of a session that is down": (
        seen(session("Connect", info="Connect")),
        [("watch.sessions", "node node-a", "fail", "Connect")],
    ),
    "keepalives come": (seen(session(hold_left=13)), []),
    "nothing heard for a long time": (
        seen(session(hold_left=5)),
        [
            (
                "watch.sessions",
                "node node-a",
                "fail",
                "Established, but silent: 5 s left of a hold time of 30 s",
            )
        ],
    ),
    "a node is dead by SSH, the reflector has its session": (
        without_answer("node-c"),
        [("watch.routes", "node node-c", "unknown", "timed out")],
    ),
    "a node is silent, and the reflector lost it": (
        without_answer("node-c", rows=ROW_C_IDLE),
        [
            ("watch.routes", "node node-c", "unknown", "timed out"),
            ("watch.sessions", "node node-c", "fail", "Idle"),
        ],
    ),
    "a node is silent, and the reflector too": (
        without_answer("node-c", routers={"rr1": SILENT}),
        [
            ("watch.routes", "node node-c", "unknown", "timed out"),
            ("watch.sessions", "node node-c", "unknown", "neither the node nor a reflector answers"),
        ],
    ),
    "nobody was asked but the reflector": (not_asked(), []),
    "the reflector lost a node that was not asked": (
        not_asked(routers={"rr1": article.router(sessions=ROWS_WITHOUT_C)}),
        [("watch.sessions", "node node-c", "fail", "no such neighbour")],
    ),
    "nobody was asked, and the reflector is silent": (
        not_asked(routers={"rr1": SILENT}),
        [
            ("watch.sessions", f"node {n}", "unknown", "neither the node nor a reflector answers")
            for n in article.ADDRESSES
        ],
    ),
}


OLD = article.cluster(peers=())


PEER = Peer("peer-to-external-rr", REFLECTOR, 64512, {}, "1")


NEW = replace(OLD, peers=(PEER,))


OTHER = Peer("theirs", REFLECTOR, 64512, {}, "1")


def configured(**spec):
    return {"spec": {"asNumber": 64512, **spec}, "annotations": {}, "resourceVersion": "8"}


UNCHANGED = {
    "nothing": (NEW, []),
    "a new node": (
        replace(NEW, nodes=(*NEW.nodes, article.kube_node("node-d", address="192.168.1.13"))),
        [("cluster.nodes", "node-d is new")],
    ),
    "a node is gone": (replace(NEW, nodes=NEW.nodes[1:]), [("cluster.nodes", "node-a is gone")]),
    "a new node that is not ready": (
        replace(NEW, nodes=(*NEW.nodes, article.kube_node("node-d", address="", ready=False))),
        [],
    ),
    "a node has another address": (
        replace(NEW, nodes=(article.kube_node("node-a", address="192.168.1.99"), *NEW.nodes[1:])),
        [("cluster.nodes", f"node-a is 192.168.1.99, not {A}")],
    ),
    "a new pool": (
        replace(NEW, pools=(*NEW.pools, Pool("two", "10.245.0.0/16", 26, "none", True))),
        [("cluster.pools", "two is new")],
    ),
    "a pool is not announced any more": (
        replace(NEW, pools=(replace(NEW.pools[0], exported=False),)),
        [("cluster.pools", "default is 10.244.0.0/16 (not announced), not 10.244.0.0/16")],
    ),
    "services are announced": (
        replace(NEW, services=("10.96.0.0/12",)),
        [("cluster.services", "10.96.0.0/12 is new")],
    ),
    "another AS": (
        replace(NEW, configuration=configured(asNumber=64513)),
        [("cluster.as", "AS is 64513, not 64512")],
    ),
    "our peer is gone": (OLD, [("cluster.peers", "none")]),
    "a second peer": (
        replace(NEW, peers=(PEER, OTHER)),
        [("cluster.peers", "peer-to-external-rr, theirs")],
    ),
    "a peer for another router": (
        replace(NEW, peers=(PEER, Peer("tor", "192.168.1.254", 65000, {}, "1"))),
        [],
    ),
    "the mesh is off": (
        replace(NEW, configuration=configured(nodeToNodeMeshEnabled=False)),
        [("cluster.mesh", "off")],
    ),
}
