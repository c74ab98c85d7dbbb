# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The article's network after the cut as `validate` sees it, with one reflector or two; healthy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    NodeObservation,
    RouterDetails,
    RouterObservation,
    RouterPath,
    RouterPeer,
    RouterReading,
    RouterTraffic,
)
from tests.helpers import article
from tests.helpers.article import ADDRESSES, NOW, REFLECTOR

SECOND = "192.168.1.2"
REFLECTORS = {"rr1": REFLECTOR, "rr2": SECOND}
CLUSTER_IDS = {"rr1": "0.0.0.1", "rr2": "0.0.0.2"}


def peer(name: str, **changes: Any) -> RouterPeer:
    """The reflector's end of a node's session in detail."""
    made = RouterPeer(
        address=ADDRESSES[name],
        client=True,
        passive=True,
        local_port=179,
        hold=30,
        graceful_restart="advertised and received",
        configured_restart=True,
        dropped=0,
        last_reset="",
        last_reset_seconds=None,
        prefix_limit=100,
        prefixes=1,
    )
    return replace(made, **changes)


def traffic(name: str, **changes: Any) -> RouterTraffic:
    return replace(RouterTraffic(ADDRESSES[name], 9, 0, 0, 40, 50, 295), **changes)


def reading(at: float, *rows: RouterTraffic, version: int | None = 9) -> RouterReading:
    """A reading with these rows instead of the healthy ones."""
    healthy = {ADDRESSES[name]: traffic(name) for name in ADDRESSES}
    return RouterReading(at, version, tuple({**healthy, **{r.address: r for r in rows}}.values()))


def details(*peers: RouterPeer, **changes: Any) -> RouterDetails:
    """The details of a healthy reflector, with these neighbours instead of theirs."""
    healthy = {ADDRESSES[name]: peer(name) for name in ADDRESSES}
    made = RouterDetails(
        family="ipv4",
        before=reading(NOW - 5),
        after=reading(NOW, *(traffic(name, received=42, sent=52, uptime=300) for name in ADDRESSES)),
        cluster_id="0.0.0.1",
        wanted_cluster_id="0.0.0.1",
        ranges=(),
        dynamic=0,
        dynamic_limit=100,
        peers=tuple({**healthy, **{p.address: p for p in peers}}.values()),
        paths=tuple(
            RouterPath(prefix, ADDRESSES[name], True)
            for name in ADDRESSES
            for prefix in article.announced(name)
        ),
        surplus=(),
    )
    return replace(made, **changes)


def router(host: str = "rr1", *peers: RouterPeer, **changes: Any) -> RouterObservation:
    """A healthy reflector with details; what is no field of the observation changes the details."""
    own = {name: changes.pop(name) for name in list(changes) if name not in OBSERVATION}
    ids = {"cluster_id": CLUSTER_IDS[host], "wanted_cluster_id": CLUSTER_IDS[host]}
    return replace(article.router(host=host, **changes), details=(details(*peers, **{**ids, **own}),))


OBSERVATION = frozenset(RouterObservation.__dataclass_fields__)


def node(name: str, *reflectors: str, mesh: bool = False) -> NodeObservation:
    """A node with an Established session and every route from each of these reflectors."""
    seen = article.node(name, mesh=mesh, reflector=False)
    protocols, routes = list(seen.protocols), list(seen.routes)
    for host in reflectors:
        by = "Node_" + REFLECTORS[host].replace(".", "_")
        protocols.append(article.protocol(by, REFLECTORS[host], asn=64512))
        routes += [
            article.path(
                prefix,
                ADDRESSES[other],
                "rr",
                protocol=by,
                neighbor=REFLECTORS[host],
                primary=host == reflectors[0],
            )
            for other in ADDRESSES
            if other != name
            for prefix in article.announced(other)
        ]
    return replace(seen, protocols=tuple(protocols), routes=tuple(routes))


def evidence(*hosts: str, **changes: Any) -> Evidence:
    """Everything healthy, with these reflectors (rr1 alone by default), the mesh off."""
    hosts = hosts or ("rr1",)
    reflectors = tuple(article.reflector(host, REFLECTORS[host]) for host in hosts)
    wanted = article.planned(reflectors=reflectors, mesh=False)
    made = Evidence(
        wanted,
        article.by_name(*(node(name, *hosts) for name in ADDRESSES)),
        {host: router(host) for host in hosts},
        {host: replace(article.push("unchanged"), host=host) for host in hosts},
        NOW + 1,
        article.live(wanted),
    )
    return replace(made, **article.keyed(changes))
