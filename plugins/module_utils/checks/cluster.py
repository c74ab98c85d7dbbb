# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before the cut: is there what keeps the nodes safe, and is the cluster still the planned one?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .. import plan as planning
from ..model.cluster import FELIX, Cluster, Pool
from ..model.finding import FAIL, UNKNOWN
from .evidence import Evidence
from .findings import Findings, finding, first


def filtered(evidence: Evidence) -> Findings:
    """`cluster.filter`: the BGPFilter is there with the planned rules, and every planned BGPPeer names it.

    Fail: where it is missing, Calico lets in whatever the reflector sends.

    Unknown: the cluster was not read again.
    """
    name = evidence.plan.filter_name
    if name:
        wrong = list(_unfiltered(evidence, name))
        yield finding(
            "cluster.filter",
            f"BGPFilter {name}",
            evidence.cluster is not None and not wrong,
            "the planned rules, and its name in every planned BGPPeer",
            first(wrong, "; ") or "no reading of the cluster",
            "Run the playbook peers",
            otherwise=UNKNOWN if evidence.cluster is None else FAIL,
        )


def _unfiltered(evidence: Evidence, name: str) -> Iterator[str]:
    """What of the planned filter is not there, in words."""
    if evidence.cluster is None:
        return
    [wanted] = [o["spec"] for o in evidence.plan.objects if o["kind"] == "BGPFilter"]
    have = evidence.cluster.filter_specs.get(name)
    if have is None:
        yield "no such object"
    else:
        yield from (f"other rules in {field}" for field, rules in wanted.items() if have.get(field) != rules)
    live = {peer.name: peer for peer in evidence.cluster.peers}
    for manifest in evidence.plan.objects:
        if manifest["kind"] == "BGPPeer":
            peer = live.get(manifest["metadata"]["name"])
            if peer is None or name not in (peer.spec.get("filters") or ()):
                yield "BGPPeer {} does not name it".format(manifest["metadata"]["name"])


def rolled_out(evidence: Evidence) -> Findings:
    """`cluster.rollout`: no rollout of calico-node is under way.

    Fail: a new calico-node becomes Ready only where all its sessions are up within its first 30 s, and those
    with a drained reflector are not.

    Unknown: the cluster was not read again.
    """
    now = evidence.cluster
    yield finding(
        "cluster.rollout",
        "DaemonSet calico-node",
        now is not None and not now.rollout,
        "no rollout under way",
        now.rollout if now is not None else "no reading of the cluster",
        "Wait until it is over (kubectl rollout status)",
        otherwise=UNKNOWN if now is None else FAIL,
    )


def unchanged(evidence: Evidence) -> Findings:
    """`cluster.nodes`: the nodes that are clients, and their addresses, are those of the plan.

    Fail; unknown where the cluster was not read again, and nothing else is asked then.

    `cluster.pools`: the pools are those of the plan.

    Fail.

    `cluster.services`: the service addresses that BGP announces are those of the plan.

    Fail.

    `cluster.as`: the AS is that of the plan.

    Fail.

    `cluster.peers`: the planned BGPPeer is there, and no other leads to a reflector.

    Fail.

    `cluster.mesh`: the mesh is still on.

    Fail: somebody else turned it off.
    """
    old, new = evidence.planned_on, evidence.cluster
    again = "Run again; the mesh is still on"
    if old is None or new is None:
        yield finding("cluster.nodes", "the cluster", False, "two readings", "none", again, otherwise=UNKNOWN)
        return
    pairs = (
        ("cluster.nodes", "the nodes", _clients(old, evidence), _clients(new, evidence)),
        (
            "cluster.pools",
            "the pools",
            {p.name: _pool_text(p) for p in old.pools},
            {p.name: _pool_text(p) for p in new.pools},
        ),
        (
            "cluster.services",
            "the announced service addresses",
            dict.fromkeys(old.services, "announced"),
            dict.fromkeys(new.services, "announced"),
        ),
        ("cluster.as", "the AS", {"AS": old.asn}, {"AS": new.asn}),
    )
    for check, subject, then, now in pairs:
        yield finding(check, subject, then == now, "as planned", _difference(then, now), again)
    planned = {session.peer: session.reflector_address for session in evidence.plan.sessions}
    there = {peer.name: peer.address for peer in new.peers if peer.address in planned.values()}
    yield finding(
        "cluster.peers",
        "the BGPPeers for the route reflectors",
        there == planned,
        ", ".join(sorted(planned)),
        ", ".join(there) or "none",
        again,
    )
    yield finding(
        "cluster.mesh",
        "the mesh",
        new.mesh,
        "on",
        "off",
        "Somebody else turned it off; run `mesh_on`, or `site` again",
    )


def _clients(cluster: Cluster, evidence: Evidence) -> dict[str, str]:
    """The addresses of the nodes that are clients, by name; who was left out is one once it need not be."""
    plan = evidence.plan
    clients = [
        n
        for n in cluster.nodes
        if not planning.reason_left_out(n, plan.left_out)
        and not (n.name in plan.left_out and planning.disbelieved(n, plan.node_networks))
    ]
    return {n.name: ", ".join(planning.used(n.addresses).values()) for n in clients}


def _pool_text(pool: Pool) -> str:
    notes = ["not announced"] * (not pool.exported) + ["its routes written by Felix"] * (pool.kernel == FELIX)
    return pool.cidr + (f" ({', '.join(notes)})" if notes else "")


def _difference(then: Mapping[str, object], now: Mapping[str, object]) -> str:
    news = [f"{k} is new" for k in sorted(set(now) - set(then))]
    gone = [f"{k} is gone" for k in sorted(set(then) - set(now))]
    other = [f"{k} is {now[k]}, not {then[k]}" for k in sorted(set(then) & set(now)) if then[k] != now[k]]
    return "; ".join([*news, *gone, *other])
