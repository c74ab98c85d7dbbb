# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `validate` asks beside the gate: is it as it should be, and will it stay so?

The questions to a router need its details (RouterDetails), which only `validate` asks for; without them
a check has no subject. A neighbour that the plan does not want is nobody's business here, and a node that is
NotReady is not in the plan.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.finding import UNKNOWN, Finding
from ..model.observation import RouterDetails, RouterObservation, RouterPeer, RouterTraffic
from ..model.plan import PlannedNode, Reflector
from . import drift, gate, redundancy
from .common import finding

Findings = Iterator[Finding]

#: A session that ended so often, the last time within so many seconds, flaps.
FLAPS = 3
FLAP_WINDOW = 3600
#: Part of a limit from which on it is near, in percent.
NEAR = 80
FULL_PRIVILEGE = 15
BGP_PORT = 179

_RENEW = "It is negotiated when the session is next set up: {}, one node at a time"


def _clear(address: str) -> str:
    return _RENEW.format(f"clear ip bgp {address}")


def _detailed(evidence: gate.Evidence) -> Iterator[tuple[Reflector, RouterDetails]]:
    for reflector, observation in gate.routers_that_answered(evidence):
        if observation.details is not None:
            yield reflector, observation.details


def _peers(
    evidence: gate.Evidence,
) -> Iterator[tuple[Reflector, PlannedNode, RouterPeer, str]]:
    """Each planned node that a reflector describes in detail, and the words for the pair."""
    for reflector, details in _detailed(evidence):
        by_address = {peer.address: peer for peer in details.peers or ()}
        for node in evidence.plan.nodes:
            if node.address in by_address:
                yield reflector, node, by_address[node.address], pair(reflector, node)


def pair(reflector: Reflector, node: PlannedNode) -> str:
    """The subject of a finding about the reflector's end of a session."""
    return f"route reflector {reflector.host}, node {node.name} ({node.address})"


def node_as(evidence: gate.Evidence) -> Findings:
    """`node.as`: the node expects the planned AS of the reflector.

    Fail: another one, with which the session cannot come up, or is no iBGP.
    """
    for node in gate.nodes_that_answered(evidence):
        for reflector in evidence.plan.reflectors:
            for protocol in gate.towards(node, reflector.address)[:1]:
                if protocol.asn is not None:
                    yield finding(
                        "node.as",
                        f"node {node.node}, route reflector {reflector.host}",
                        protocol.asn == evidence.plan.asn,
                        f"AS {evidence.plan.asn}",
                        f"AS {protocol.asn}",
                        f"Correct asNumber of the BGPPeer {evidence.plan.peer_name}",
                    )


def router_privilege(evidence: gate.Evidence) -> Findings:
    """`router.privilege`: the reflector was asked at privilege level 15.

    Fail: below it, IOS leaves lines of its configuration out without a word.
    """
    for reflector in evidence.plan.reflectors:
        observation = evidence.routers.get(reflector.host)
        if observation is not None and observation.privilege:
            yield finding(
                "router.privilege",
                f"route reflector {reflector.host}",
                observation.privilege >= FULL_PRIVILEGE,
                f"privilege level {FULL_PRIVILEGE}",
                f"level {observation.privilege}",
                "Log in at level 15, or set ansible_become with ansible_become_method enable",
            )


def router_details(evidence: gate.Evidence) -> Findings:
    """`router.details`: the reflector answered every question about details.

    Unknown: it refused a command, or its answer is not understood. A warning, as the sessions are known all
    the same.
    """
    for reflector, details in _detailed(evidence):
        yield finding(
            "router.details",
            f"route reflector {reflector.host}",
            not details.unread,
            "an answer to every show command",
            "; ".join(details.unread),
            "See whether its release has the command; what depends on it was not asked",
            otherwise=UNKNOWN,
            severity="warning",
        )


def router_as(evidence: gate.Evidence) -> Findings:
    """`router.as`: the reflector has the node with the planned AS.

    Fail: with another one, whose session is no iBGP, and of which nothing is reflected.
    """
    for reflector, observation in gate.routers_that_answered(evidence):
        rows = {row.address: row for row in observation.sessions}
        for node in evidence.plan.nodes:
            row = rows.get(node.address)
            if row is not None:
                yield finding(
                    "router.as",
                    pair(reflector, node),
                    row.asn == evidence.plan.asn,
                    f"AS {evidence.plan.asn}",
                    f"AS {row.asn}",
                    "Run the playbook peers, or correct the neighbour's remote-as",
                )


def router_client(evidence: gate.Evidence) -> Findings:
    """`router.client`: the node is a client of the reflector.

    Fail: it is a plain iBGP neighbour, and gets no routes of the other nodes once they are no clients either.
    """
    for _reflector, _node, peer, subject in _peers(evidence):
        if peer.client is not None:
            yield finding(
                "router.client",
                subject,
                peer.client,
                "a route-reflector-client",
                "a neighbour that is no client",
                "Run the playbook peers; IOS resets the session when a neighbour becomes a client",
            )


def router_cluster_id(evidence: gate.Evidence) -> Findings:
    """`router.cluster_id`: the cluster id is the one that the inventory asks for, where it does.

    Warning: it is another one. Also where two reflectors that are neighbours of each other have the same one:
    each then drops what the other reflects.
    """
    used = {
        reflector.host: (reflector, details)
        for reflector, details in _detailed(evidence)
        if details.cluster_id
    }
    for reflector, details in used.values():
        twins = [
            other.host
            for other, theirs in used.values()
            if other != reflector
            and theirs.cluster_id == details.cluster_id
            and other.address in _established(evidence, reflector.host)
        ]
        right = not details.wanted_cluster_id or details.cluster_id == details.wanted_cluster_id
        expected = f"cluster id {details.wanted_cluster_id}" if not right else "a cluster id of its own"
        yield finding(
            "router.cluster_id",
            f"route reflector {reflector.host}",
            right and not twins,
            expected,
            details.cluster_id + (f", as {', '.join(twins)} has" if twins and right else ""),
            "Set cisco_rr_cluster_id; with other neighbours in the process, cisco_rr_process_wide as well",
            severity="warning",
        )


def _established(evidence: gate.Evidence, host: str) -> set[str]:
    observation = evidence.routers.get(host)
    rows = observation.sessions if observation is not None else ()
    return {row.address for row in rows if row.state == "Established"}


def router_timers(evidence: gate.Evidence) -> Findings:
    """`router.timers`: the session has the planned hold time, or a shorter one that the node asked for.

    Warning: a longer one, pending the session's next reset: a loss is noticed later than planned.
    """
    for reflector, _node, peer, subject in _peers(evidence):
        if peer.hold is not None:
            yield finding(
                "router.timers",
                subject,
                0 < peer.hold <= reflector.hold,
                f"a hold time of {reflector.hold} s or less",
                f"{peer.hold} s, pending reset" if peer.hold else "none: a silent node is never noticed",
                _clear(peer.address),
                severity="warning",
            )


def router_graceful_restart(evidence: gate.Evidence) -> Findings:
    """`router.graceful_restart`: where graceful restart is configured, the session has negotiated it.

    Warning: it is only configured, pending the session's next reset, or the node does not offer it: its
    routes go when its BIRD restarts.
    """
    for _reflector, _node, peer, subject in _peers(evidence):
        if peer.hold is not None and peer.configured_restart:
            offered = "advertised" in peer.graceful_restart
            yield finding(
                "router.graceful_restart",
                subject,
                peer.graceful_restart == "advertised and received",
                "graceful restart negotiated",
                "offered by the reflector, and not by the node" if offered else "configured, pending reset",
                "See the node's BIRD, which offers it by default" if offered else _clear(peer.address),
                severity="warning",
            )


def router_passive(evidence: gate.Evidence) -> Findings:
    """`router.passive`: where the reflector is to wait for the node, the node opened the session.

    Warning: the reflector did, so that the setting is pending the session's next reset.
    """
    for _reflector, _node, peer, subject in _peers(evidence):
        if peer.passive and peer.local_port is not None:
            yield finding(
                "router.passive",
                subject,
                peer.local_port == BGP_PORT,
                "a session that the node opened",
                f"one that the reflector opened (its port is {peer.local_port}), pending reset",
                _clear(peer.address),
                severity="warning",
            )


def router_flaps(evidence: gate.Evidence) -> Findings:
    """`router.flaps`: the session did not end three times or more, the last time within the last hour.

    Warning: it did. A neighbour of a listen range is counted anew each time it comes back.
    """
    renewed = {host: _renewed(observation) for host, observation in evidence.routers.items()}
    for reflector, node, peer, subject in _peers(evidence):
        ago, dropped = peer.last_reset_seconds, peer.dropped or 0
        lately = ago is not None and ago <= FLAP_WINDOW and dropped >= FLAPS
        again = node.address in renewed[reflector.host]
        yield finding(
            "router.flaps",
            subject,
            not lately and not again,
            "a session that stays up",
            "it came up anew while it was looked at"
            if again
            else f"{dropped} ends, the last {ago} s ago, due to {peer.last_reset or 'an unknown reason'}",
            "Look for a restarting calico-node, a full queue, or a bad link between the two",
            severity="warning",
        )


def _renewed(observation: RouterObservation) -> set[str]:
    """Addresses whose sessions are younger at the second reading than at the first."""
    details = observation.details
    if details is None:
        return set()
    before = {row.address: row.uptime for row in details.before.rows}
    up = {row.address for row in observation.sessions if row.state == "Established"}
    return {
        row.address
        for row in details.after.rows
        if row.address in up and row.uptime is not None and (before.get(row.address) or 0) > row.uptime
    }


def router_progress(evidence: gate.Evidence) -> Findings:
    """`router.progress`: between two readings the session moves on, or has nothing to do.

    Warning: messages wait in a queue in both and none was sent or taken in between; or the node still lacks
    what the table had at the first one.
    """
    for reflector, details in _detailed(evidence):
        before = {row.address: row for row in details.before.rows}
        after = {row.address: row for row in details.after.rows}
        up = _established(evidence, reflector.host)
        renewed = _renewed(evidence.routers[reflector.host])
        for node in evidence.plan.nodes:
            then, now = before.get(node.address), after.get(node.address)
            if then is None or now is None or node.address not in up or node.address in renewed:
                continue
            stuck = _stuck(then, now, details.before.version)
            yield finding(
                "router.progress",
                pair(reflector, node),
                not stuck,
                "queues and updates that move on",
                f"{'; '.join(stuck)} for {details.after.at - details.before.at:.0f} s",
                "Look at the node's load and at the path's MTU; a session that hangs ends with its hold time",
                severity="warning",
            )


def _stuck(then: RouterTraffic, now: RouterTraffic, version: int | None) -> list[str]:
    found = []
    if then.output_queue and now.output_queue and then.sent == now.sent:
        found.append(f"{now.output_queue} messages wait to be sent")
    if then.input_queue and now.input_queue and then.received == now.received:
        found.append(f"{now.input_queue} messages wait to be read")
    if version is not None and now.version == then.version and now.version < version:
        found.append(f"the node is at version {now.version} of a table that was at {version}")
    return found


def router_listen_limit(evidence: gate.Evidence) -> Findings:
    """`router.listen_limit`: where neighbours come from listen ranges, they take less than 80 % of the limit.

    Warning: more. At the limit (`bgp listen limit`, 100 by default) a further node gets no session.
    """
    for reflector, details in _detailed(evidence):
        if details.ranges:
            yield finding(
                "router.listen_limit",
                f"route reflector {reflector.host}",
                details.dynamic * 100 < details.dynamic_limit * NEAR,
                f"less than {NEAR} % of {details.dynamic_limit} dynamic neighbours",
                f"{details.dynamic} of {details.dynamic_limit}",
                "Raise bgp listen limit",
                severity="warning",
            )


def router_prefix_limit(evidence: gate.Evidence) -> Findings:
    """`router.prefix_limit`: where a node has a maximum of prefixes, it announces less than 80 % of it.

    Warning: more. At the maximum, IOS ends the session unless it is to warn only.
    """
    for _reflector, _node, peer, subject in _peers(evidence):
        if peer.prefix_limit and peer.prefixes is not None:
            yield finding(
                "router.prefix_limit",
                subject,
                peer.prefixes * 100 < peer.prefix_limit * NEAR,
                f"less than {NEAR} % of {peer.prefix_limit} prefixes",
                f"{peer.prefixes} of {peer.prefix_limit}",
                "Raise cisco_rr_maximum_prefix",
                severity="warning",
            )


def router_next_hops(evidence: gate.Evidence) -> Findings:
    """`router.next_hops`: the reflector has a usable path to every planned prefix in its table.

    Fail: to one it has none, mostly as it has no route to the next hop, so that it reflects nothing.
    """
    for reflector, details in _detailed(evidence):
        if details.paths is None:
            continue
        usable = {path.prefix for path in details.paths if path.best}
        dead = {
            path.prefix: path.next_hop
            for path in details.paths
            if path.prefix not in usable and evidence.inside(path.prefix)
        }
        yield finding(
            "router.next_hops",
            f"route reflector {reflector.host}",
            not dead,
            "a usable path to every prefix",
            gate.first([f"none to {prefix} by {hop}" for prefix, hop in sorted(dead.items())], "; "),
            "See on the router whether it has a route to the node's address",
        )


def router_imports(evidence: gate.Evidence) -> Findings:
    """`router.imports`: the reflector takes nothing from the nodes but what lies inside the planned prefixes.

    Warning: it does. What comes from other neighbours is left alone.
    """
    addresses = {node.address: node.name for node in evidence.plan.nodes}
    for reflector, details in _detailed(evidence):
        if details.paths is None:
            continue
        foreign = sorted(
            f"{path.prefix} from {addresses[path.next_hop]}"
            for path in details.paths
            if path.next_hop in addresses and not evidence.inside(path.prefix)
        )
        yield finding(
            "router.imports",
            f"route reflector {reflector.host}",
            not foreign,
            "routes inside the pools only",
            gate.first(foreign, ", "),
            "Check the router's inbound prefix-list, and what else the node's BIRD announces",
            severity="warning",
        )


def router_same_routes(evidence: gate.Evidence) -> Findings:
    """`router.same_routes`: where there are several reflectors, each has what the nodes announce and another
    has.

    Warning: one lacks a prefix, so that the others alone carry it.
    """
    tables = {
        reflector.host: {path.prefix for path in details.paths if path.best}
        for reflector, details in _detailed(evidence)
        if details.paths is not None
    }
    if len(tables) < 2:
        return
    announced = frozenset[str]().union(*evidence.own.values())
    everything = {p for p in set().union(*tables.values()) if p in announced and evidence.inside(p)}
    for host, prefixes in tables.items():
        lacking = sorted(everything - prefixes)
        yield finding(
            "router.same_routes",
            f"route reflector {host}",
            not lacking,
            "every prefix that another reflector has",
            f"none of {gate.first(lacking, ', ')}",
            "See whether the owner's session with it is up and what its inbound prefix-list lets through",
            severity="warning",
        )


NODES = (node_as,)
ROUTERS = (
    router_privilege,
    router_details,
    router_as,
    router_client,
    router_cluster_id,
    router_timers,
    router_graceful_restart,
    router_passive,
    router_flaps,
    router_progress,
    router_listen_limit,
    router_prefix_limit,
    router_next_hops,
    router_imports,
    router_same_routes,
)


def judge(evidence: gate.Evidence) -> tuple[Finding, ...]:
    """The gate's questions, that the mesh is gone where it is off, and all that `validate` asks beside."""
    proof = gate.judge(evidence) if evidence.plan.mesh else gate.judge_after_cut(evidence)
    beside = (*NODES, *ROUTERS, *redundancy.CHECKS, *drift.CHECKS)
    return (*proof, *(f for check in beside for f in check(evidence)))
