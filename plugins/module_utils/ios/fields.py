# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one statement of a neighbour says: its fields, and the statement in one canonical form.

A reader puts values into the settings of the neighbour (or group, or template) and gives the statements it
understood, without `neighbor NAME`, as IOS would take them: one form for all that mean the same, none for a
default. Clear text of a password stands in there, so they are never shown. ValueError or IndexError: a form
that is not known; the settings are untouched then.
"""

from __future__ import annotations

import re
from typing import Any, Callable

from .records import DEFAULT_THRESHOLD, MaximumPrefix
from .secret import read_password
from .statements import HIDDEN_NEIGHBOR_DEFAULTS, KNOWN_NEIGHBOR
from .text import asn_number, cluster_id_number

_MAXIMUM = re.compile(r"(\d+)(?: (\d+))?(?: (warning-only|restart \d+|discard-extra))?\Z")
_DEFAULT_HOPS = 255
_DEFAULT_OCCURRENCES = 3

Settings = dict[str, Any]
Said = tuple[str, ...]
Reading = Callable[[Settings, str], Said]


def read_neighbor(into: Settings, key: str, rest: str, negated: bool) -> Said:
    """Read `[no] neighbor NAME KEY REST`; ValueError or IndexError where it is not known."""
    if key not in KNOWN_NEIGHBOR:
        raise ValueError(key)
    if negated:
        return _negated(into, key, rest)
    reading = _READINGS.get(key)
    if reading is not None:
        return reading(into, rest)
    statement = f"{key} {' '.join(rest.split())}".rstrip()
    return () if statement in HIDDEN_NEIGHBOR_DEFAULTS else keep(into, statement)


def keep(into: Settings, statement: str) -> Said:
    """Keep a statement that has no field."""
    into.setdefault("statements", []).append(statement)
    return (statement,)


def _negated(into: Settings, key: str, rest: str) -> Said:
    if key in _FLAGS and not rest:
        into[_FLAGS[key]] = False
        return ("no activate",) if key == "activate" else ()
    return keep(into, f"no {key} {' '.join(rest.split())}".rstrip())


def _flag(key: str) -> Reading:
    name, said = _FLAGS[key], (key,)

    def read(into: Settings, rest: str) -> Said:
        if rest:
            raise ValueError(rest)
        into[name] = True
        return said

    return read


def _text(key: str, name: str) -> Reading:
    def read(into: Settings, rest: str) -> Said:
        if not rest:
            raise ValueError(rest)
        into[name] = rest
        return (f"{key} {rest}",)

    return read


def _words(key: str, name: str) -> Reading:
    """Options, or none at all: True then."""

    def read(into: Settings, rest: str) -> Said:
        options = " ".join(rest.split())
        into[name] = options or True
        return (f"{key} {options}".rstrip(),)

    return read


def _number(key: str, name: str, default: int | None = None, lead: str = "") -> Reading:
    def read(into: Settings, rest: str) -> Said:
        words = rest.split()
        if lead and words[0] != lead:
            raise ValueError(rest)
        values = words[1:] if lead else words
        if len(values) > 1 or (not values and default is None):
            raise ValueError(rest)
        into[name] = int(values[0]) if values else default
        return (" ".join([key, *([lead] if lead else []), str(into[name])]),)

    return read


def _directed(key: str, name: str) -> Reading:
    """`KEY NAME in|out`."""

    def read(into: Settings, rest: str) -> Said:
        listed, direction = rest.split()
        if direction not in ("in", "out"):
            raise ValueError(rest)
        into[f"{name}_{direction}"] = listed
        return (f"{key} {listed} {direction}",)

    return read


def _peer_group(into: Settings, rest: str) -> Said:
    if " " in rest or (rest and into.get("group", rest) != rest):
        raise ValueError(rest)
    if rest:
        into["group"] = rest
        return (f"peer-group {rest}",)
    into["declared"] = True
    return ("peer-group",)


def _remote_as(into: Settings, rest: str) -> Said:
    words = rest.split()
    if words[1:] and (words[1] != "alternate-as" or not words[2:]):
        raise ValueError(rest)
    number, others = asn_number(words[0]), sorted(map(asn_number, words[2:]))
    into["remote_as"] = number
    if not others:
        return (f"remote-as {number}",)
    into["alternate_as"] = others
    return (f"remote-as {number} alternate-as {' '.join(map(str, others))}",)


def _local_as(into: Settings, rest: str) -> Said:
    words = rest.split()
    number, options = asn_number(words[0]), words[1:]
    if options not in ([], *(list(_LOCAL_AS[:count]) for count in (1, 2, 3))):
        raise ValueError(rest)
    into["local_as"] = number
    into["local_as_options"] = options
    return (" ".join(["local-as", str(number), *options]),)


def _password(into: Settings, rest: str) -> Said:
    if not rest:
        raise ValueError("no password")
    password = into["password"] = read_password(rest)
    if password.clear is not None:
        return (f"password 0 {password.clear}",)
    return (f"password {rest}",)


def timers_of(words: list[str]) -> tuple[int, int, int]:
    """(keepalive, hold, least hold accepted) in seconds, 0 where there is no such bound."""
    if len(words) not in (2, 3):
        raise ValueError(" ".join(words))
    keepalive, hold, least = (int(word) for word in [*words, "0"][:3])
    return keepalive, hold, least


def timers_text(timers: tuple[int, int, int]) -> str:
    """`K H`, with the third number where it says something."""
    return " ".join(map(str, timers if timers[2] else timers[:2]))


def _timers(into: Settings, rest: str) -> Said:
    timers = into["timers"] = timers_of(rest.split())
    return (f"timers {timers_text(timers)}",)


def _transport(into: Settings, rest: str) -> Said:
    words = rest.split()
    if words in (["connection-mode", "active"], ["connection-mode", "passive"]):
        into["connection_mode"] = words[1]
        return (f"transport connection-mode {words[1]}",)
    if not words:
        raise ValueError("no words")
    return keep(into, f"transport {' '.join(words)}")


def _shutdown(into: Settings, rest: str) -> Said:
    into["shutdown"] = True
    return keep(into, f"shutdown {' '.join(rest.split())}") if rest else ("shutdown",)


def _cluster_id(into: Settings, rest: str) -> Said:
    number = into["cluster_id"] = cluster_id_number(rest)
    return (f"cluster-id {number}",)


def _maximum(into: Settings, rest: str) -> Said:
    found = _MAXIMUM.match(" ".join(rest.split()))
    if not found:
        raise ValueError(rest)
    limit, threshold, action = found.groups()
    maximum = MaximumPrefix(int(limit), int(threshold or DEFAULT_THRESHOLD), action or "")
    into["maximum_prefix"] = maximum
    shown = "" if maximum.threshold == DEFAULT_THRESHOLD else f" {maximum.threshold}"
    return (f"maximum-prefix {maximum.limit}{shown} {maximum.action}".rstrip(),)


def send_receive(words: list[str]) -> str:
    """Words after `additional-paths`: `disable`, or a direction or both in one order."""
    if words == ["disable"]:
        return "disable"
    if not words or set(words) - {"send", "receive"}:
        raise ValueError(" ".join(words))
    return " ".join(word for word in ("send", "receive") if word in words)


def _additional_paths(into: Settings, rest: str) -> Said:
    shown = into["additional_paths"] = send_receive(rest.split())
    return (f"additional-paths {shown}",)


def _send_community(into: Settings, rest: str) -> Said:
    kinds = ["standard", "extended"] if rest == "both" else [rest or "standard"]
    if not set(kinds) <= {"standard", "extended"}:
        raise ValueError(rest)
    sent = into.setdefault("send_community", [])
    sent += [kind for kind in kinds if kind not in sent]
    return tuple(_SEND_COMMUNITY[kind] for kind in kinds)


def _next_hop_self(into: Settings, rest: str) -> Said:
    if rest not in ("", "all"):
        raise ValueError(rest)
    into["next_hop_self"] = rest or True
    return (f"next-hop-self {rest}".rstrip(),)


def _soft_reconfiguration(into: Settings, rest: str) -> Said:
    if rest != "inbound":
        raise ValueError(rest)
    into["soft_reconfiguration"] = True
    return ("soft-reconfiguration inbound",)


def _weight(into: Settings, rest: str) -> Said:
    number = into["weight"] = int(rest)
    return (f"weight {number}",) if number else ()


def _inherit(into: Settings, rest: str) -> Said:
    kind, template, *sequence = rest.split()
    if kind not in ("peer-session", "peer-policy") or len(sequence) > 1:
        raise ValueError(rest)
    into.setdefault("inherits", []).append(template)
    return (" ".join(["inherit", kind, template, *sequence]),)


_FLAGS = {
    "activate": "active",
    "as-override": "as_override",
    "disable-connected-check": "disable_connected_check",
    "next-hop-self": "next_hop_self",
    "next-hop-unchanged": "next_hop_unchanged",
    "route-reflector-client": "route_reflector_client",
    "shutdown": "shutdown",
    "soft-reconfiguration": "soft_reconfiguration",
}
_LOCAL_AS = ("no-prepend", "replace-as", "dual-as")
_SEND_COMMUNITY = {"standard": "send-community", "extended": "send-community extended"}

_READINGS: dict[str, Reading] = {
    "activate": _flag("activate"),
    "additional-paths": _additional_paths,
    "advertisement-interval": _number("advertisement-interval", "advertisement_interval"),
    "allowas-in": _number("allowas-in", "allowas_in", _DEFAULT_OCCURRENCES),
    "ao": _text("ao", "ao"),
    "as-override": _words("as-override", "as_override"),
    "cluster-id": _cluster_id,
    "default-originate": _words("default-originate", "default_originate"),
    "description": _text("description", "description"),
    "disable-connected-check": _flag("disable-connected-check"),
    "distribute-list": _directed("distribute-list", "distribute_list"),
    "ebgp-multihop": _number("ebgp-multihop", "ebgp_multihop", _DEFAULT_HOPS),
    "fall-over": _words("fall-over", "fall_over"),
    "filter-list": _directed("filter-list", "filter_list"),
    "ha-mode": _words("ha-mode", "ha_mode"),
    "inherit": _inherit,
    "local-as": _local_as,
    "maximum-prefix": _maximum,
    "next-hop-self": _next_hop_self,
    "next-hop-unchanged": _words("next-hop-unchanged", "next_hop_unchanged"),
    "password": _password,
    "peer-group": _peer_group,
    "prefix-list": _directed("prefix-list", "prefix_list"),
    "remote-as": _remote_as,
    "remove-private-as": _words("remove-private-as", "remove_private_as"),
    "route-map": _directed("route-map", "route_map"),
    "route-reflector-client": _flag("route-reflector-client"),
    "send-community": _send_community,
    "shutdown": _shutdown,
    "soft-reconfiguration": _soft_reconfiguration,
    "timers": _timers,
    "transport": _transport,
    "ttl-security": _number("ttl-security", "ttl_security_hops", lead="hops"),
    "update-source": _text("update-source", "update_source"),
    "weight": _weight,
}
