# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of peers for users' own playbooks: clients, sessions, Calico's objects, out of what a playbook has.

The same code as the plan's makes them. Every function takes and gives plain data; ValueError says which
record is wrong, and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import inventory, plan
from .calico import cluster as calico
from .calico import objects
from .ios.change.intent import intent_for
from .ios.change.plan import plan_change
from .ios.config.records import RunningConfig
from .model.cluster import DEFAULT_ASN, Node
from .model.data import to_data
from .model.family import FAMILIES, USED, family_of
from .model.plan import PlannedNode, Prefix, Reflector, Session

Record = Mapping[str, Any]
PEER_NAME = "peer-to-external-rr"
#: Options of the role cisco_rr that lines are made of, with its defaults. A password is none of them: a line
#: with one does not belong into a playbook's output.
LINE_OPTIONS: Mapping[str, Any] = {
    "peer_group": "CALICO",
    "prefix_list": "CALICO",
    "cluster_id": None,
    "timers": None,
    "graceful_restart": {"restart_time": 120, "stalepath_time": 360},
    "update_source": None,
    "maximum_prefix": None,
    "passive": True,
    "log_neighbor_changes": True,
    "send_community": True,
    "no_export": False,
    "table_map": False,
    "off_path": False,
}


def clients(nodes: Sequence[Record], accept_left_out: Sequence[str] = ()) -> dict[str, list[dict[str, str]]]:
    """Which nodes become clients, and which do not.

    Args:
        nodes: Nodes as the Kubernetes API returns them, records {name, address}, or host variables, of which
            `inventory_hostname` and `ansible_host` are read.
        accept_left_out: nodes that may be left out where they are NotReady.

    Returns:
        `clients`: {name, family, address}, in the order of the names. `left_out`: {name, reason}.

    >>> clients([{"name": "node-a", "address": "192.0.2.10"}])["clients"]
    [{'name': 'node-a', 'family': 'ipv4', 'address': '192.0.2.10'}]
    """
    found = sorted((_node(item) for item in _records(nodes, "nodes")), key=lambda node: node.name)
    reasons = {node.name: plan.reason_left_out(node, accept_left_out) for node in found}
    made = [
        {"name": node.name, "family": family, "address": address}
        for node in found
        if not reasons[node.name]
        for family, address in plan.used(node.addresses).items()
    ]
    _refuse_twice("node", (node.name for node in found))
    _refuse_twice("address", (client["address"] for client in made))
    return {
        "clients": made,
        "left_out": [{"name": name, "reason": reason} for name, reason in reasons.items() if reason],
    }


def sessions(
    clients: Record | Sequence[Record], reflectors: Sequence[Record], peer_name: str = PEER_NAME
) -> list[dict[str, str]]:
    """One record for each session, as a plan has them: node, reflector, family, both addresses, BGPPeer.

    Args:
        clients: what `clients` gives, or its list of clients.
        reflectors: records {name, address}, or host variables with `inventory_hostname`.
        peer_name: name of the first reflector's BGPPeer; further ones have the reflector's name behind it.

    >>> rr = [{"name": "rr1", "address": "192.0.2.1"}]
    >>> [s["peer"] for s in sessions([{"name": "node-a", "address": "192.0.2.10"}], rr)]
    ['peer-to-external-rr']
    """
    listed = clients.get("clients") if isinstance(clients, Mapping) else clients
    addresses: dict[str, dict[str, str]] = {}
    for client in _records(listed, "clients"):
        address = _text(client, "address", "client")
        addresses.setdefault(_text(client, "name", "client"), {})[_family(address, "client")] = address
    wanted = tuple(_reflector(each) for each in _records(reflectors, "reflectors"))
    _refuse_twice("reflector", (each.host for each in wanted))
    taken = [*addresses.values(), *(each.addresses for each in wanted)]
    _refuse_twice("address", (address for each in taken for address in each.values()))
    nodes = [PlannedNode(name, found, ()) for name, found in addresses.items()]
    every = frozenset(addresses)
    made = [
        plan.Peering(name, reflector, family, None, "all()", every)
        for name, reflector, family in plan.named((), wanted, peer_name)
    ]
    return [to_data(session) for session in plan.sessions(nodes, made)]


def mesh_session_count(nodes: int | Sequence[Any]) -> int:
    """How many sessions a full mesh of so many nodes has, n(n-1)/2.

    >>> mesh_session_count(3), mesh_session_count(["node-a", "node-b"]), mesh_session_count(1000)
    (3, 1, 499500)
    """
    count = _count(nodes, "nodes")
    return count * (count - 1) // 2


def reflector_session_count(nodes: int | Sequence[Any], reflectors: int | Sequence[Any] = 1) -> int:
    """How many sessions so many nodes have with so many reflectors.

    >>> reflector_session_count(1000, 2)
    2000
    """
    return _count(nodes, "nodes") * _count(reflectors, "reflectors")


def manifests(
    sessions: Sequence[Record],
    *,
    asn: int = DEFAULT_ASN,
    pools: Sequence[Any] = (),
    mesh: bool = False,
    node_selector: str = "all()",
) -> list[dict[str, Any]]:
    """Calico's objects for these sessions, in the order in which they are safe to write.

    Args:
        sessions: what `sessions` gives.
        asn: of the cluster and of the reflectors.
        pools: CIDRs or IPPools, of which the BGPFilter lets routes in; without any there is no BGPFilter.
        mesh: whether the node-to-node mesh stays on.
        node_selector: of the BGPPeers (Calico's selector language).

    Returns:
        BGPFilter, BGPPeers, and BGPConfiguration `default` last, as the mesh may go off only when the
        sessions are up and carry every route.
    """
    allowed = prefixes(pools)
    peers = {session.peer: session for session in read_sessions(sessions)}
    name = next(iter(peers)) if allowed else ""
    made = [objects.manifest("BGPFilter", name, objects.filter_spec(allowed))] if allowed else []
    for peer, session in peers.items():
        reflector = Reflector(session.reflector, {session.family: session.reflector_address}, 0, 0)
        wanted = objects.PeerWish(reflector, FAMILIES[session.family], asn, name, node_selector)
        made.append(objects.manifest("BGPPeer", peer, objects.peer_spec(wanted, None)))
    return [*made, objects.mesh_manifest(None, mesh, asn)]


def router_lines(
    sessions: Sequence[Record],
    *,
    cluster: str,
    reflector: str = "",
    asn: int = DEFAULT_ASN,
    pools: Sequence[Any] = (),
    **options: Any,
) -> list[str]:
    """The lines that make a route reflector of a router without any BGP, ready to send.

    Args:
        sessions: what `sessions` gives.
        cluster: its name, which stands in the descriptions of the neighbours.
        reflector: whose lines; needed where the sessions are with several.
        asn: of the cluster and of the reflectors.
        pools: CIDRs or IPPools, for the prefix-list; without any there is none.
        options: those of the role cisco_rr, without the prefix of its variables, see LINE_OPTIONS.

    Raises:
        ValueError: a record, an option or a value that cannot be, with what to do.
    """
    strange = sorted(set(options) - set(LINE_OPTIONS))
    if strange:
        raise ValueError(f"options: there is no {', '.join(strange)}; there are {', '.join(LINE_OPTIONS)}")
    given = {**LINE_OPTIONS, **options}
    for name in ("timers", "graceful_restart"):
        given[name] = {key: int(value) for key, value in (given[name] or {}).items()}
    own = _of_reflector(read_sessions(sessions), reflector)
    allowed = prefixes(pools)
    if not allowed:
        given["prefix_list"] = ""
    wanted = intent_for(cluster, asn, own, allowed, given)
    made = plan_change(RunningConfig(), wanted)
    if made.refusals:
        raise ValueError(" ".join(made.refusals))
    return list(made.commands)


def _of_reflector(sessions: Sequence[Session], reflector: str) -> list[Session]:
    hosts = list(dict.fromkeys(session.reflector for session in sessions))
    if not reflector and len(hosts) > 1:
        raise ValueError(f"reflector: the sessions are with {', '.join(hosts)}; say whose lines are wanted")
    found = [session for session in sessions if session.reflector == (reflector or hosts[0])]
    if not found:
        raise ValueError(f"reflector: no session is with {reflector}; there are {', '.join(hosts)}")
    return found


def prefixes(pools: Sequence[Any]) -> tuple[Prefix, ...]:
    """What may cross a session, out of CIDRs or IPPools; none where there are no pools.

    ValueError where a pool is of a family that is not planned, or BGP announces none of them: what was to be
    filtered would not be.
    """
    found = [calico.read_pool(pool if isinstance(pool, Mapping) else _pool(str(pool))) for pool in pools]
    for pool in found:
        if family_of(pool.cidr) not in USED:
            raise ValueError(
                f"pools: {pool.cidr} is {family_of(pool.cidr).title}, which is not supported yet"
            )
    exported = [pool for pool in found if pool.exported]
    if found and not exported:
        raise ValueError(
            "pools: BGP announces none of them (disableBGPExport); leave pools out for no filter"
        )
    return tuple(Prefix(pool.cidr, pool.block_size, family_of(pool.cidr).longest) for pool in exported)


def read_sessions(records: Sequence[Record]) -> tuple[Session, ...]:
    """Sessions out of what `sessions` gives; ValueError names a field that a record lacks."""
    names = Session.__dataclass_fields__
    return tuple(
        Session(**{name: _text(each, name, "session") for name in names})
        for each in _records(records, "sessions")
    )


def _pool(cidr: str) -> dict[str, Any]:
    return {"metadata": {"name": cidr}, "spec": {"cidr": cidr}}


def _node(item: Record) -> Node:
    if "metadata" in item:
        return calico.read_node(item)
    if "inventory_hostname" in item:
        name = str(item["inventory_hostname"])
        address = str(item.get("ansible_host") or name)
    else:
        name, address = _text(item, "name", "node"), _text(item, "address", "node")
    return Node(name, {_family(address, f"node {name}"): address}, None, True, False, "")


def _reflector(item: Record) -> Reflector:
    if "inventory_hostname" in item:
        made = inventory.reflector(str(item["inventory_hostname"]), item)
    else:
        address = _text(item, "address", "reflector")
        made = Reflector(_text(item, "name", "reflector"), {_family(address, "reflector"): address}, 0, 0)
    for address in made.addresses.values():
        _family(address, f"reflector {made.host}")
    return made


def _family(address: str, what: str) -> str:
    """The name of an address's family; ValueError where it is none, or its family is not planned."""
    for name, family in FAMILIES.items():
        if family.is_address(address):
            if family in USED:
                return name
            raise ValueError(f"{what}: {address} is {family.title}, which is not supported yet")
    raise ValueError(f"{what}: {address!r} is no address")


def _text(item: Record, key: str, what: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what} {dict(item)}: it has no {key}")
    return value


def _records(given: Any, what: str) -> Sequence[Record]:
    """The records of a list; ValueError where it is none, or empty: nothing is never what was meant."""
    if isinstance(given, Mapping) and "resources" in given:
        raise ValueError(f"{what}: this is a whole result of kubernetes.core.k8s_info; give its resources")
    if not isinstance(given, Iterable) or isinstance(given, (str, bytes, Mapping)):
        raise ValueError(f"{what}: expected a list of records, got {type(given).__name__}")
    records = list(given)
    for item in records:
        if not isinstance(item, Mapping):
            raise ValueError(f"{what}: expected records, got {item!r}")
    if not records:
        raise ValueError(f"{what}: the list is empty; look where it comes from")
    return records


def _refuse_twice(what: str, values: Iterable[str]) -> None:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"{what} {twice[0]}: it is there twice; each must be one of its own")


def _count(given: int | Sequence[Any], what: str) -> int:
    count = given if isinstance(given, int) else len(given)
    if isinstance(given, (bool, str)) or count < 0:
        raise ValueError(f"{what}: expected a number or a list, got {given!r}")
    return count
