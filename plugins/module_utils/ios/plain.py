# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration as plain data, for playbooks: every key is always there, in one order.

Configurations that mean the same give the same data, but for `asn_text`, the type of a password, and where
unknown lines stand.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .records import (
    DEFAULT_LISTEN_LIMIT,
    DEFAULT_RESTART_TIME,
    DEFAULT_STALEPATH_TIME,
    IPV4,
    ROUTER,
    BgpProcess,
    ListenRange,
    Peer,
    RunningConfig,
)
from .secret import Password
from .text import MASK, mask

_TEMPLATES = ("peer-session", "peer-policy")
_SESSION_VALUES = (
    "ao",
    "cluster_id",
    "connection_mode",
    "description",
    "ebgp_multihop",
    "fall_over",
    "group",
    "ha_mode",
    "local_as",
    "remote_as",
    "ttl_security_hops",
    "update_source",
)
_SESSION_FLAGS = ("disable_connected_check", "shutdown")
_SESSION_LISTS = ("alternate_as", "inherits", "local_as_options")
_POLICY_VALUES = (
    "additional_paths",
    "advertisement_interval",
    "allowas_in",
    "as_override",
    "default_originate",
    "distribute_list_in",
    "distribute_list_out",
    "filter_list_in",
    "filter_list_out",
    "next_hop_unchanged",
    "prefix_list_in",
    "prefix_list_out",
    "remove_private_as",
    "route_map_in",
    "route_map_out",
)
_POLICY_FLAGS = ("route_reflector_client", "soft_reconfiguration")
_POLICY_LISTS = ("inherits",)


def plain(config: RunningConfig, *, secrets: bool = False) -> dict[str, Any]:
    """Everything that was read, as dictionaries and lists; passwords as ******** unless `secrets`."""
    return {
        "configured": config.bgp is not None,
        "bgp": None if config.bgp is None else _process(config.bgp, secrets),
        "prefix_lists": {
            name: [
                {"seq": rule.seq, "action": rule.action, "prefix": rule.prefix, "ge": rule.ge, "le": rule.le}
                for rule in rules
            ]
            for name, rules in sorted(config.prefix_lists.items())
        },
        "archive": config.archive,
        "unknown": [{"line": line.number, "where": line.where, "text": line.text} for line in config.unread],
    }


def _process(bgp: BgpProcess, secrets: bool) -> dict[str, Any]:
    router = bgp.scopes.get(ROUTER, {})
    peers = sorted(bgp.peers, key=_order)
    return {
        "asn": bgp.asn,
        "asn_text": bgp.asn_text,
        "router_id": bgp.router_id or None,
        "cluster_id": bgp.cluster_id,
        "default_ipv4_unicast": bgp.default_ipv4,
        "log_neighbor_changes": bgp.log_changes,
        "client_to_client_reflection": router.get("client_to_client", True),
        "timers": _timers(router),
        "graceful_restart": {
            "enabled": bgp.graceful_restart,
            "restart_time": bgp.restart_time or DEFAULT_RESTART_TIME,
            "stalepath_time": bgp.stalepath_time or DEFAULT_STALEPATH_TIME,
        },
        "listen_limit": router.get("listen_limit", DEFAULT_LISTEN_LIMIT),
        "listen_ranges": _ranges(router),
        "confederation_identifier": router.get("confederation_identifier"),
        "confederation_peers": sorted(set(router.get("confederation_peers", ()))),
        "statements": _statements(router),
        "families": [
            _family(name, scope) for name, scope in sorted(bgp.scopes.items()) if _is_said(name, scope)
        ],
        "templates": [_template(peer, secrets) for peer in peers if peer.kind in _TEMPLATES],
        "neighbors": [_neighbor(bgp, peer, secrets) for peer in peers if peer.kind not in _TEMPLATES],
    }


def _is_said(name: str, scope: Mapping[str, Any]) -> bool:
    """A block for IPv4 unicast is a matter of layout; one of another family says that it is there."""
    return name != ROUTER and (name != IPV4 or bool(scope))


def _family(name: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "vrf": _vrf(name),
        "router_id": scope.get("router_id"),
        "timers": _timers(scope),
        "listen_limit": scope.get("listen_limit"),
        "listen_ranges": _ranges(scope),
        "additional_paths": scope.get("additional_paths"),
        "networks": _distinct(scope.get("networks", ())),
        "aggregates": _distinct(scope.get("aggregates", ())),
        "redistribute": sorted(set(scope.get("redistribute", ()))),
        "statements": _statements(scope),
    }


def _neighbor(bgp: BgpProcess, peer: Peer, secrets: bool) -> dict[str, Any]:
    policies = {name: policy for name, policy in peer.policies.items() if policy}
    if not peer.vrf_family:
        policies.setdefault(IPV4, {})
    families = {name: _policy(policy) for name, policy in sorted(policies.items())}
    if not peer.vrf_family:
        for name, family in families.items():
            if family["active"] is None:
                family["active"] = name == IPV4 and bgp.default_ipv4
    return {
        "name": peer.name,
        "kind": peer.kind,
        "vrf": _vrf(peer.vrf_family),
        **_session(peer.session, secrets),
        "families": families,
    }


def _template(peer: Peer, secrets: bool) -> dict[str, Any]:
    if peer.kind == "peer-session":
        return {"name": peer.name, "kind": peer.kind, **_session(peer.session, secrets)}
    return {"name": peer.name, "kind": peer.kind, **_policy(peer.policies.get("", {}))}


def _session(said: Mapping[str, Any], secrets: bool) -> dict[str, Any]:
    return {
        **{name: said.get(name) for name in _SESSION_VALUES},
        **{name: said.get(name, False) for name in _SESSION_FLAGS},
        **{name: list(said.get(name, ())) for name in _SESSION_LISTS},
        "password": _password(said.get("password"), secrets),
        "timers": _timers(said),
        "statements": _statements(said),
    }


def _policy(said: Mapping[str, Any]) -> dict[str, Any]:
    maximum = said.get("maximum_prefix")
    return {
        "active": said.get("active"),
        **{name: said.get(name) for name in _POLICY_VALUES},
        **{name: said.get(name, False) for name in _POLICY_FLAGS},
        **{name: list(said.get(name, ())) for name in _POLICY_LISTS},
        "maximum_prefix": maximum
        and {"limit": maximum.limit, "threshold": maximum.threshold, "action": maximum.action or None},
        "next_hop_self": said.get("next_hop_self") or None,
        "send_community": sorted(said.get("send_community", ()), reverse=True),
        "weight": said.get("weight", 0),
        "statements": _statements(said),
    }


def _password(password: Password | None, secrets: bool) -> dict[str, str] | None:
    if password is None:
        return None
    return {"type": password.kind, "value": password.identity.partition(":")[2] if secrets else MASK}


def _timers(said: Mapping[str, Any]) -> dict[str, int] | None:
    return dict(zip(("keepalive", "hold", "minimum_hold"), said["timers"])) if "timers" in said else None


def _ranges(said: Mapping[str, Any]) -> list[dict[str, str]]:
    ranges: list[ListenRange] = list(said.get("listen_ranges", ()))
    found = {(one.prefix, one.group, one.options) for one in ranges}
    return [
        {"prefix": prefix, "group": group, "options": options} for prefix, group, options in sorted(found)
    ]


def _distinct(networks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = {(network["prefix"], tuple(network["options"])) for network in networks}
    return [{"prefix": prefix, "options": list(options)} for prefix, options in sorted(found)]


def _statements(said: Mapping[str, Any]) -> list[str]:
    return sorted({mask(statement) for statement in said.get("statements", ())})


def _vrf(family: str) -> str | None:
    return family.partition(" vrf ")[2] or None


def _order(peer: Peer) -> tuple[str, int, int, str]:
    """By table, groups before addresses, addresses by number."""
    if peer.kind != "neighbor":
        return peer.vrf_family, 0, 0, f"{peer.name} {peer.kind}"
    number = ipaddress.ip_address(peer.name.partition("%")[0])
    return peer.vrf_family, number.version, int(number), peer.name
