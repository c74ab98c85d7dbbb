# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A neighbour, a peer-group or a template, as records.

Settings are values by the names of the table in neighbor_statements.py. What a change or a check looks at has
a typed property here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...model.family import Family
from .password import Password
from .statement import NEGATED
from .values import MaximumPrefix

# What may filter routes in a direction, by the names of policies.
_FILTERS = ("prefix_list", "route_map", "distribute_list", "filter_list")


@dataclass(frozen=True)
class Policy:
    """The policy of a neighbour in one address family; `settings` by the table of statements."""

    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool | None:
        """True or False where a line says so, None where the default decides."""
        return self.settings.get("active")

    @property
    def route_reflector_client(self) -> bool:
        """Whether it is a client."""
        return bool(self.settings.get("route_reflector_client", False))

    @property
    def maximum_prefix(self) -> MaximumPrefix | None:
        """The limit."""
        return self.settings.get("maximum_prefix")

    @property
    def additional_paths(self) -> str:
        """Words after `additional-paths`, "" where there is no such line."""
        return str(self.settings.get("additional_paths", ""))

    @property
    def best_external(self) -> bool:
        """Whether `advertise best-external` is set, beside which IOS-XE takes no client from 16.12 on."""
        return "best-external" in self.settings.get("advertise", ())

    @property
    def send_community(self) -> tuple[str, ...]:
        """The kinds of communities that are sent: standard, extended, or both."""
        return tuple(self.settings.get("send_community", ()))

    @property
    def default_originate(self) -> bool:
        """Whether a default route is sent."""
        return "default_originate" in self.settings

    @property
    def templates(self) -> bool:
        """Whether it inherits from peer-policy templates, whose content is not judged."""
        return "inherits" in self.settings

    def prefix_list(self, direction: str) -> str:
        """The prefix-list in direction `in` or `out`, "" for none."""
        return str(self.settings.get(f"prefix_list_{direction}", ""))

    def filtered(self, direction: str) -> bool:
        """Whether anything filters routes in direction `in` or `out`."""
        return any(f"{kind}_{direction}" in self.settings for kind in _FILTERS)


NO_POLICY = Policy()


@dataclass(frozen=True)
class Neighbor:
    """A neighbour, peer-group or template, as configured, without what it inherits.

    Attributes:
        name: address in one form, or a name.
        kind: neighbor, peer-group, peer-session or peer-policy (the latter two are templates).
        vrf_family: the address family it lives in when that is one of a VRF, "" for the global table.
        session: settings of the session; passwords are Password records.
        policies: by the name of the address family; that of a peer-policy template under "".
    """

    name: str
    kind: str = "neighbor"
    vrf_family: str = ""
    session: Mapping[str, Any] = field(default_factory=dict, repr=False)
    policies: Mapping[str, Policy] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        """Whether it is a peer-group."""
        return self.kind == "peer-group"

    @property
    def group(self) -> str | None:
        """The peer-group it is a member of."""
        return self.session.get("group")

    @property
    def remote_as(self) -> int | None:
        """The AS number."""
        found = self.session.get("remote_as")
        return found and found.number

    @property
    def description(self) -> str:
        """The description, "" for none."""
        return str(self.session.get("description", ""))

    @property
    def password(self) -> Password | None:
        """The password."""
        return self.session.get("password")

    @property
    def ao(self) -> str:
        """Key chain of TCP-AO, with options; "" for none. It excludes a password."""
        return str(self.session.get("ao", ""))

    @property
    def ha_mode_graceful_restart(self) -> bool | None:
        """True or False (`disable`) where a line says so, None where the process decides."""
        found = self.session.get("ha_mode_graceful_restart")
        return None if found is None else found is True

    @property
    def update_source(self) -> str:
        """The interface, "" for none."""
        return str(self.session.get("update_source", ""))

    @property
    def timers(self) -> tuple[int, int] | None:
        """(keepalive, hold) in seconds."""
        found = self.session.get("timers")
        return found and found.pair

    @property
    def passive(self) -> bool:
        """Whether it lets the peer open the session."""
        return self.session.get("connection_mode") == "passive"

    @property
    def shutdown(self) -> bool:
        """Whether it is shut down by configuration."""
        return "shutdown" in self.session

    @property
    def templates(self) -> bool:
        """Whether it inherits from peer-session templates, whose content is not judged."""
        return "inherits" in self.session

    def policy(self, family: Family) -> Policy:
        """Its policy in an address family."""
        return self.policies.get(family.name, NO_POLICY)

    def families_beside(self, family: Family) -> tuple[str, ...]:
        """Further address families with lines of it that do not begin with `no`."""
        return tuple(
            sorted(
                name
                for name, policy in self.policies.items()
                if name != family.name and _has_lines(policy.settings)
            )
        )


def _has_lines(settings: Mapping[str, Any]) -> bool:
    return any(name != NEGATED and value is not False for name, value in settings.items())
