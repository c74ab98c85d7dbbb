# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables of checks look at: a healthy network, and one thing in it that is otherwise; hand-made."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import PASS
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    NodeRoute,
    NodeRoutes,
    Outlet,
    RouterSession,
    silent_node,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from tests.helpers import article
from tests.helpers import article_details as health
from tests.helpers.article import ADDRESSES, BLOCKS, NOW
from tests.helpers.article_details import SECOND, peer, reading, router, traffic

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
