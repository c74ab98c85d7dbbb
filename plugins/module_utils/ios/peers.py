# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Neighbours, peer-groups and templates while their lines are read, and the records they become."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .fields import Said, Settings
from .records import IPV4, Neighbor, Peer
from .text import address_or_none, mask

# Statements Neighbor has a field for, and what the settings call those fields.
_IN_A_FIELD = re.compile(
    r"(?:peer-group|description|password|update-source|maximum-prefix|additional-paths)\b"
    r"|remote-as \d+\Z|timers \d+ \d+\Z|transport connection-mode passive\Z|shutdown\Z|(?:no )?activate\Z"
    r"|route-reflector-client\Z|prefix-list \S+ (?:in|out)\Z"
)

_SESSION = ("group", "remote_as", "description", "password", "update_source", "shutdown")
_POLICY = {
    "active": "active",
    "route_reflector_client": "route_reflector_client",
    "prefix_in": "prefix_list_in",
    "prefix_out": "prefix_list_out",
    "maximum_prefix": "maximum_prefix",
    "additional_paths": "additional_paths",
}


@dataclass
class PeerDraft:
    """Settings of a neighbour, group or template while its lines are read, by field."""

    session: Settings = field(default_factory=dict)
    policies: dict[str, Settings] = field(default_factory=dict)
    families: set[str] = field(default_factory=set)
    extra: set[str] = field(default_factory=set)

    def policy(self, family: str) -> Settings:
        """Settings in one address family."""
        return self.policies.setdefault(family, {})

    def note(self, said: Said) -> None:
        """Remember what Neighbor has no field for."""
        self.extra.update(mask(statement) for statement in said if not _IN_A_FIELD.match(statement))


def neighbor_of(name: str, draft: PeerDraft) -> Neighbor:
    """The session and its IPv4 unicast family."""
    session, policy = draft.session, draft.policies.get(IPV4, {})
    return Neighbor(
        name=name,
        is_group=address_or_none(name) is None,
        timers=session["timers"][:2] if "timers" in session else None,
        passive=session.get("connection_mode") == "passive",
        templates="inherits" in session or "inherits" in policy,
        families=frozenset(draft.families),
        extra=frozenset(draft.extra),
        **{known: session[known] for known in _SESSION if known in session},
        **{known: policy[setting] for known, setting in _POLICY.items() if setting in policy},
    )


def peer_of(place: str, name: str, draft: PeerDraft) -> Peer:
    """All that is said; `place` is a VRF's family, the head of a template, or "" for the global table."""
    if place.startswith("template "):
        return Peer(name, place.split()[1], "", draft.session, draft.policies)
    kind = "neighbor" if address_or_none(name) else "peer-group"
    return Peer(name, kind, place, draft.session, draft.policies)
