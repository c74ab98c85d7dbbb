# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration as plain data, for playbooks: every key is always there, in one order.

Configurations that mean the same give the same data, but for `asn_text`, the type of a password, and where
unknown lines stand. Which fields there are, the tables of statements say.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ...model.family import IPV4
from .neighbor import Neighbor, Policy
from .neighbor_statements import POLICY, SESSION
from .process_statements import OF_FAMILY, OF_PROCESS
from .records import ROUTER, BgpProcess, RunningConfig, Unread
from .statement import data_of

_TEMPLATES = ("peer-session", "peer-policy")


def config_data(config: RunningConfig, *, secrets: bool = False) -> dict[str, Any]:
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
        "unknown": [_unread(line) for line in config.unread],
        "misplaced": [_unread(line) for line in config.misplaced],
    }


def _unread(line: Unread) -> dict[str, Any]:
    return {"line": line.number, "where": line.where, "text": line.text}


def _process(bgp: BgpProcess, secrets: bool) -> dict[str, Any]:
    every = sorted((*bgp.neighbors.values(), *bgp.others), key=_order)
    return {
        "asn": bgp.asn,
        "asn_text": bgp.asn_text,
        **data_of(bgp.scopes.get(ROUTER, {}), OF_PROCESS.values(), secrets=secrets),
        "listen_limit": bgp.listen_limit,
        "graceful_restart": {
            "enabled": bgp.graceful_restart,
            "restart_time": bgp.restart_time,
            "stalepath_time": bgp.stalepath_time,
        },
        "families": [
            {"name": name, "vrf": _vrf(name), **data_of(scope, OF_FAMILY.values(), secrets=secrets)}
            for name, scope in sorted(bgp.scopes.items())
            if _is_there(name, scope)
        ],
        "templates": [_template(one, secrets) for one in every if one.kind in _TEMPLATES],
        "neighbors": [_neighbor(bgp, one, secrets) for one in every if one.kind not in _TEMPLATES],
    }


def _is_there(name: str, scope: Mapping[str, Any]) -> bool:
    """A block for IPv4 unicast is a matter of layout; one of another family says that it is there."""
    return name != ROUTER and (name != IPV4.name or bool(scope))


def _neighbor(bgp: BgpProcess, one: Neighbor, secrets: bool) -> dict[str, Any]:
    policies = {name: policy for name, policy in one.policies.items() if policy.settings}
    if not one.vrf_family:
        policies.setdefault(IPV4.name, Policy())
    families = {name: _policy(policy, secrets) for name, policy in sorted(policies.items())}
    if not one.vrf_family:
        for name, family in families.items():
            if family["active"] is None:
                family["active"] = name == IPV4.name and bgp.default_ipv4
    return {
        "name": one.name,
        "kind": one.kind,
        "vrf": _vrf(one.vrf_family),
        **data_of(one.session, SESSION.values(), secrets=secrets),
        "families": families,
    }


def _template(one: Neighbor, secrets: bool) -> dict[str, Any]:
    if one.kind == "peer-session":
        return {"name": one.name, "kind": one.kind, **data_of(one.session, SESSION.values(), secrets=secrets)}
    return {"name": one.name, "kind": one.kind, **_policy(one.policies.get("", Policy()), secrets)}


def _policy(policy: Policy, secrets: bool) -> dict[str, Any]:
    return data_of(policy.settings, POLICY.values(), secrets=secrets)


def _vrf(family: str) -> str | None:
    return family.partition(" vrf ")[2] or None


def _order(one: Neighbor) -> tuple[str, int, int, str]:
    """By table, groups before addresses, addresses by number."""
    if one.kind != "neighbor":
        return one.vrf_family, 0, 0, f"{one.name} {one.kind}"
    number = ipaddress.ip_address(one.name.partition("%")[0])
    return one.vrf_family, number.version, int(number), one.name
