# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the route reflectors that `validate` asks: will each session stay as it is?

Most need details (RouterDetails), which only `validate` asks for; without them they have no subject. A
neighbour that the plan does not want is nobody's business here, and a node that is left out is not in the
plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.family import FAMILIES
from ..model.finding import FAIL, UNKNOWN, Finding
from ..model.observation import FULL_PRIVILEGE, RouterDetails, RouterPeer, RouterTraffic
from ..model.plan import Reflector, Session
from .evidence import (
    ESTABLISHED,
    Evidence,
    reflector_subject,
    router_details,
    router_end,
    router_ends,
    table_subject,
)
from .findings import WARNING, Findings, finding, first

BGP_PORT = 179

_RENEW = "It is negotiated when the session is next set up: {}, one node at a time"


def _clear(session: Session) -> str:
    return _RENEW.format(f"{FAMILIES[session.family].clear} {session.node_address}")


def _peers(evidence: Evidence) -> Iterator[tuple[Reflector, Session, RouterPeer]]:
    """Each planned session whose node a reflector describes in detail."""
    for reflector, details in router_details(evidence):
        by_address = {peer.address: peer for peer in details.peers or ()}
        for session in evidence.plan.sessions_with(reflector.host, details.family):
            if session.node_address in by_address:
                yield reflector, session, by_address[session.node_address]


def router_privilege(evidence: Evidence) -> Findings:
    """`router.privilege`: the reflector was asked at privilege level 15.

    Fail: below it, IOS leaves lines of its configuration out without a word.
    """
    for reflector in evidence.plan.reflectors:
        observation = evidence.routers.get(reflector.host)
        if observation is not None and observation.privilege:
            yield finding(
                "router.privilege",
                reflector_subject(reflector.host),
                observation.privilege >= FULL_PRIVILEGE,
                f"privilege level {FULL_PRIVILEGE}",
                f"level {observation.privilege}",
                "Log in at level 15, or set ansible_become with ansible_become_method enable",
            )


def router_unread(evidence: Evidence) -> Findings:
    """`router.details`: the reflector answered every question about details.

    Unknown: it refused a command, or its answer is not understood. A warning, as the sessions are known all
    the same.
    """
    for reflector, details in router_details(evidence):
        yield finding(
            "router.details",
            reflector_subject(reflector.host),
            not details.unread,
            "an answer to every show command",
            "; ".join(details.unread),
            "See whether its release has the command; what depends on it was not asked",
            otherwise=UNKNOWN,
            severity=WARNING,
        )


def router_as(evidence: Evidence) -> Findings:
    """`router.as`: the reflector has the node with the planned AS.

    Fail: with another one, whose session is no iBGP, and of which nothing is reflected.
    """
    for _reflector, session in router_ends(evidence):
        row = evidence.row(session)
        if row is not None:
            yield finding(
                "router.as",
                router_end(session),
                row.asn == evidence.plan.asn,
                f"AS {evidence.plan.asn}",
                f"AS {row.asn}",
                "Run the playbook peers, or correct the neighbour's remote-as",
            )


def router_client(evidence: Evidence) -> Findings:
    """`router.client`: the node is a client of the reflector.

    Fail: it is a plain iBGP neighbour, and gets no routes of the other nodes once they are no clients either.
    """
    for _reflector, session, peer in _peers(evidence):
        if peer.client is not None:
            yield finding(
                "router.client",
                router_end(session),
                peer.client,
                "a route-reflector-client",
                "a neighbour that is no client",
                "Run the playbook peers; IOS resets the session when a neighbour becomes a client",
            )


def router_cluster_id(evidence: Evidence) -> Findings:
    """`router.cluster_id`: the cluster id is the one that the inventory asks for, where it does.

    Warning: it is another one. Also where two reflectors that are neighbours of each other have the same one:
    each then drops what the other reflects.
    """
    used = {
        reflector.host: (reflector, details)
        for reflector, details in router_details(evidence)
        if details.cluster_id
    }
    for reflector, details in used.values():
        twins = [
            other.host
            for other, theirs in used.values()
            if other != reflector
            and theirs.cluster_id == details.cluster_id
            and evidence.joined(reflector, other)
        ]
        right = not details.wanted_cluster_id or details.cluster_id == details.wanted_cluster_id
        expected = f"cluster id {details.wanted_cluster_id}" if not right else "a cluster id of its own"
        yield finding(
            "router.cluster_id",
            reflector_subject(reflector.host),
            right and not twins,
            expected,
            details.cluster_id + (f", as {', '.join(twins)} has" if twins and right else ""),
            "Set cisco_rr_cluster_id; with other neighbours in the process, cisco_rr_process_wide as well",
            severity=WARNING,
        )


def router_timers(evidence: Evidence) -> Findings:
    """`router.timers`: the session has the planned hold time, or a shorter one that the node asked for.

    Warning: a longer one, pending the session's next reset: a loss is noticed later than planned.
    """
    for reflector, session, peer in _peers(evidence):
        if peer.hold is not None:
            yield finding(
                "router.timers",
                router_end(session),
                0 < peer.hold <= reflector.hold,
                f"a hold time of {reflector.hold} s or less",
                f"{peer.hold} s, pending reset" if peer.hold else "none: a silent node is never noticed",
                _clear(session),
                severity=WARNING,
            )


def router_graceful_restart(evidence: Evidence) -> Findings:
    """`router.graceful_restart`: where graceful restart is configured, the session has negotiated it.

    Warning: it is only configured, pending the session's next reset, or the node does not offer it: its
    routes go when its BIRD restarts.
    """
    for _reflector, session, peer in _peers(evidence):
        if peer.hold is not None and peer.configured_restart:
            offered = "advertised" in peer.graceful_restart
            yield finding(
                "router.graceful_restart",
                router_end(session),
                peer.graceful_restart == "advertised and received",
                "graceful restart negotiated",
                "offered by the reflector, and not by the node" if offered else "configured, pending reset",
                "See the node's BIRD, which offers it by default" if offered else _clear(session),
                severity=WARNING,
            )


def router_passive(evidence: Evidence) -> Findings:
    """`router.passive`: where the reflector is to wait for the node, the node opened the session.

    Warning: the reflector did, so that the setting is pending the session's next reset.
    """
    for _reflector, session, peer in _peers(evidence):
        if peer.passive and peer.local_port is not None:
            yield finding(
                "router.passive",
                router_end(session),
                peer.local_port == BGP_PORT,
                "a session that the node opened",
                f"one that the reflector opened (its port is {peer.local_port}), pending reset",
                _clear(session),
                severity=WARNING,
            )


def router_flaps(evidence: Evidence) -> Findings:
    """`router.flaps`: the session did not end three times or more, the last time within the last hour (the
    thresholds `flaps` and `flap_window`).

    Warning: it did. A neighbour of a listen range is counted anew each time it comes back.
    """
    limits = evidence.plan.thresholds
    renewed = {
        (reflector.host, details.family): _renewed(evidence, reflector, details)
        for reflector, details in router_details(evidence)
    }
    for reflector, session, peer in _peers(evidence):
        ago, dropped = peer.last_reset_seconds, peer.dropped or 0
        lately = ago is not None and ago <= limits.flap_window and dropped >= limits.flaps
        again = session.node_address in renewed[reflector.host, session.family]
        yield finding(
            "router.flaps",
            router_end(session),
            not lately and not again,
            "a session that stays up",
            "it came up anew while it was looked at"
            if again
            else f"{dropped} ends, the last {ago} s ago, due to {peer.last_reset or 'an unknown reason'}",
            "Look for a restarting calico-node, a full queue, or a bad link between the two",
            severity=WARNING,
        )


def _renewed(evidence: Evidence, reflector: Reflector, details: RouterDetails) -> set[str]:
    """Addresses whose sessions are younger at the second reading than at the first."""
    before = {row.address: row.uptime for row in details.before.rows}
    up = _up(evidence, reflector, details)
    return {
        row.address
        for row in details.after.rows
        if row.address in up and row.uptime is not None and (before.get(row.address) or 0) > row.uptime
    }


def _up(evidence: Evidence, reflector: Reflector, details: RouterDetails) -> set[str]:
    """Addresses of the Established sessions of the family that was asked for in detail."""
    rows = evidence.rows[reflector.host].values()
    return {row.address for row in rows if row.family == details.family and row.state == ESTABLISHED}


def router_progress(evidence: Evidence) -> Findings:
    """`router.progress`: between two readings the session moves on, or has nothing to do.

    Warning: messages wait in a queue in both and none was sent or taken in between; or the node still lacks
    what the table had at the first one.
    """
    for reflector, details in router_details(evidence):
        before = {row.address: row for row in details.before.rows}
        after = {row.address: row for row in details.after.rows}
        steady = _up(evidence, reflector, details) - _renewed(evidence, reflector, details)
        for session in evidence.plan.sessions_with(reflector.host, details.family):
            address = session.node_address
            if address not in steady or address not in before or address not in after:
                continue
            stuck = _stuck(before[address], after[address], details.before.version)
            yield finding(
                "router.progress",
                router_end(session),
                not stuck,
                "queues and updates that move on",
                f"{'; '.join(stuck)} for {details.after.at - details.before.at:.0f} s",
                "Look at the node's load and at the path's MTU; a session that hangs ends with its hold time",
                severity=WARNING,
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


def router_listen_limit(evidence: Evidence) -> Findings:
    """`router.listen_limit`: where neighbours come from listen ranges, they take less than 80 % of the limit
    (the threshold `near`).

    Warning: more. At the limit (`bgp listen limit`, 100 by default) a further node gets no session.
    """
    near = evidence.plan.thresholds.near
    for reflector, details in router_details(evidence):
        if details.ranges:
            yield finding(
                "router.listen_limit",
                reflector_subject(reflector.host),
                details.dynamic * 100 < details.dynamic_limit * near,
                f"less than {near} % of {details.dynamic_limit} dynamic neighbours",
                f"{details.dynamic} of {details.dynamic_limit}",
                "Raise bgp listen limit",
                severity=WARNING,
            )


def router_prefix_limit(evidence: Evidence) -> Findings:
    """`router.prefix_limit`: where a node has a maximum of prefixes, it announces less than 80 % of it (the
    threshold `near`).

    Warning: more. At the maximum, IOS ends the session unless it is to warn only.
    """
    near = evidence.plan.thresholds.near
    for _reflector, session, peer in _peers(evidence):
        if peer.prefix_limit and peer.prefixes is not None:
            yield finding(
                "router.prefix_limit",
                router_end(session),
                peer.prefixes * 100 < peer.prefix_limit * near,
                f"less than {near} % of {peer.prefix_limit} prefixes",
                f"{peer.prefixes} of {peer.prefix_limit}",
                "Raise cisco_rr_maximum_prefix",
                severity=WARNING,
            )


def router_next_hops(evidence: Evidence) -> Findings:
    """`router.next_hops`: the reflector has a usable path to every planned prefix in its table.

    Fail: to one it has none, mostly as it has no route to the next hop, so that it reflects nothing.
    """
    for reflector, details in router_details(evidence):
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
            reflector_subject(reflector.host),
            not dead,
            "a usable path to every prefix",
            first([f"none to {prefix} by {hop}" for prefix, hop in sorted(dead.items())], "; "),
            "See on the router whether it has a route to the node's address",
        )


def router_imports(evidence: Evidence) -> Findings:
    """`router.imports`: the reflector takes nothing from the nodes but what lies inside the planned prefixes.

    Warning: it does. What comes from other neighbours is left alone.

    Unknown: it took more than was seen inside, and was not asked what; a warning, too.
    """
    for reflector, details in router_details(evidence):
        if details.surplus is None:
            continue
        sessions = evidence.plan.sessions_with(reflector.host, details.family)
        names = {session.node_address: session.node for session in sessions}
        more = [(names[each.address], each) for each in details.surplus if each.address in names]
        foreign = sorted(f"{prefix} from {node}" for node, each in more for prefix in each.outside or ())
        counted = [
            f"{each.received} prefixes from {node} ({each.inside} inside)"
            for node, each in more
            if each.outside is None
        ]
        yield finding(
            "router.imports",
            reflector_subject(reflector.host),
            not foreign and not counted,
            "routes inside the pools only",
            ", ".join(filter(None, (first(foreign, ", "), first(counted, ", ")))),
            "Check the router's inbound prefix-list, and what else the node's BIRD announces",
            otherwise=FAIL if foreign else UNKNOWN,
            severity=WARNING,
        )


def router_same_routes(evidence: Evidence) -> Findings:
    """`router.same_routes`: where there are several reflectors, each has what the nodes announce and another
    has.

    Warning: one lacks a prefix, so that the others alone carry it.
    """
    tables = {
        (reflector.host, details.family): {path.prefix for path in details.paths if path.best}
        for reflector, details in router_details(evidence)
        if details.paths is not None
    }
    announced = frozenset[str]().union(*evidence.own.values())
    for family in evidence.plan.families:
        of_family = {host: prefixes for (host, name), prefixes in tables.items() if name == family}
        if len(of_family) > 1:
            everything = {
                p for p in set().union(*of_family.values()) if p in announced and evidence.inside(p)
            }
            for host, prefixes in of_family.items():
                yield _same_routes(table_subject(evidence, host, family), sorted(everything - prefixes))


def _same_routes(subject: str, lacking: Sequence[str]) -> Finding:
    return finding(
        "router.same_routes",
        subject,
        not lacking,
        "every prefix that another reflector has",
        f"none of {first(lacking, ', ')}",
        "See whether the owner's session with it is up and what its inbound prefix-list lets through",
        severity=WARNING,
    )


CHECKS = (
    router_privilege,
    router_unread,
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
