# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration lines the front knows, one rule each, and what each means for FRR."""

from __future__ import annotations

import ipaddress

from lab.ios.grammar import CliError, Grammar, Match, Rule, Translate

# The fixed key of Cisco's type 7, which hides a password from a passer-by and no more.
_TYPE7_KEY = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"


def decode_type7(text: str) -> str:
    """The clear text of a type 7 password. Raises ValueError."""
    start, hidden = int(text[:2]), bytes.fromhex(text[2:])
    clear = (byte ^ _TYPE7_KEY[(start + at) % len(_TYPE7_KEY)] for at, byte in enumerate(hidden))
    return bytes(clear).decode()


def _password(match: Match) -> str:
    kind, _, value = match.arguments[1].partition(" ")
    if not value:
        kind, value = "0", kind
    try:
        clear = decode_type7(value) if kind == "7" else value
    except ValueError as error:
        raise CliError(f"% Invalid encrypted password: {value}\n") from error
    return f"neighbor {match.arguments[0]} password {clear}"


def _shown_password(words: tuple[str, ...]) -> tuple[str, ...]:
    value = words[3].removeprefix("0 ") if len(words) > 3 else ""
    return (*words[:3], value) if value else words


def _shown_maximum(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[:4] + words[5:] if words[4:5] == ("75",) else words


def classful(address: str) -> ipaddress.IPv4Network:
    """The network of class A, B or C that holds an address."""
    first = int(address.split(".")[0])
    length = 8 if first < 128 else 16 if first < 192 else 24
    return ipaddress.IPv4Network(f"{address}/{length}", strict=False)


def masked(address: str, mask: str) -> ipaddress.IPv4Network:
    """The network of an address and a mask. Raises CliError."""
    try:
        return ipaddress.IPv4Network(f"{address}/{mask}", strict=False)
    except ValueError as error:
        raise CliError(f"% Bad mask {mask} for {address}\n") from error


def _network(match: Match) -> str:
    address, *mask = match.arguments
    return f"network {masked(address, mask[0]) if mask else classful(address)}"


def _shown_network(words: tuple[str, ...]) -> tuple[str, ...]:
    whole = len(words) == 4 and classful(words[1]) == masked(words[1], words[3])
    return words[:2] if whole else words


def _aggregate(match: Match) -> str:
    address, mask, *more = match.arguments
    return " ".join(["aggregate-address", str(masked(address, mask)), *more])


def _shown_route_map(words: tuple[str, ...]) -> tuple[str, ...]:
    return (*words, *("permit", "10")[len(words) - 2 :])


def _neighbor(text: str) -> Translate:
    return lambda match: f"neighbor {match.arguments[0]} {text}"


def _passive(match: Match) -> str | None:
    return f"neighbor {match.arguments[0]} passive" if match.arguments[1] == "passive" else None


def _two_timers(match: Match) -> str:
    at = 3 if match.words[0] == "neighbor" else 2
    return " ".join(match.words[: at + 2])


def _ha_mode(match: Match) -> str:
    disable = "-disable" if match.arguments[1:] else ""
    return f"neighbor {match.arguments[0]} graceful-restart{disable}"


def _shown_community(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[:3] if words[3:] == ("standard",) else words


def _next_hop_self(match: Match) -> str:
    force = " force" if match.arguments[1:] else ""
    return f"neighbor {match.arguments[0]} next-hop-self{force}"


def _remove_private(match: Match) -> str:
    # FRR takes this keyword in capitals only
    return " ".join(["neighbor", match.arguments[0], "remove-private-AS", *match.arguments[1:]])


def _update_delay(match: Match) -> str:
    return f"update-delay {match.arguments[0]}"


def _set_community(match: Match) -> str:
    # FRR takes this keyword in its own spelling only
    return " ".join("local-AS" if word.lower() == "local-as" else word for word in match.text.split())


N = "neighbor <neighbor!> "
LIMIT = "maximum-prefix <int:1-2147483647> [<int:1-100>] "

ROUTER = [
    Rule("router", "bgp router-id <ipv4>"),
    Rule("router", "bgp cluster-id <cluster>"),
    Rule("router", "bgp log-neighbor-changes"),
    Rule("router", "bgp listen range <prefix!> peer-group <group>"),
    Rule("router", "bgp listen limit <int:1-10000>"),
    Rule("router", "bgp update-delay <int:1-3600>", frr=_update_delay),
    Rule("router", "bgp graceful-restart restart-time <int:1-3600>"),
    Rule("router", "bgp graceful-restart stalepath-time <int:1-3600>"),
    Rule("router", "bgp graceful-restart"),
    Rule("router", "bgp client-to-client reflection", default_on=True),
    Rule("router", "bgp default ipv4-unicast", default_on=True),
    Rule("router", "bgp default route-target filter", default_on=True, frr=None),
    Rule("router", "bgp always-compare-med"),
    Rule("router", "bgp deterministic-med"),
    Rule("router", "bgp bestpath compare-routerid"),
    Rule("router", "bgp bestpath as-path multipath-relax"),
    Rule("router", "timers bgp <int:0-65535> <int:0-65535> [<int:0-65535>]", frr=_two_timers),
]
SESSION = [
    Rule("session", "neighbor <group!> peer-group"),
    Rule("session", N + "remote-as <asn>"),
    Rule("session", "neighbor <address!> peer-group <group>"),
    Rule("session", N + "local-as <asn>", members=False),
    Rule("session", N + "description <line>"),
    Rule("session", N + "shutdown"),
    Rule("session", N + "password <line>", frr=_password, shown=_shown_password),
    Rule("session", N + "ebgp-multihop [<int:1-255>]"),
    Rule("session", N + "disable-connected-check"),
    Rule("session", N + "ttl-security hops <int:1-254>"),
    Rule("session", N + "update-source <line>"),
    Rule("session", N + "version 4", frr=None),
    Rule("session", N + "transport connection-mode active|passive", frr=_passive),
    Rule("session", N + "fall-over bfd", frr=_neighbor("bfd")),
    Rule("session", N + "ha-mode graceful-restart [disable]", frr=_ha_mode),
    Rule("session", N + "timers <int:0-65535> <int:0-65535> [<int:0-65535>]", frr=_two_timers, members=False),
]
# Sending communities and additional paths are on in FRR and off in IOS: lab.ios.bgp derives
# what FRR must be told from these lines, so they have no translation of their own.
FAMILY = [
    Rule("af", "bgp additional-paths select all|best|group-best [<int:2-3>]", frr=None),
    Rule("af", "bgp additional-paths send|receive [receive]", frr=None),
    Rule("af", "bgp nexthop trigger delay <int:0-100>", frr=None),
    Rule("af", "redistribute connected [route-map] [<word>]"),
    Rule("af", "redistribute static [route-map] [<word>]"),
    Rule("af", "network <ipv4!> mask <ipv4!>", frr=_network, shown=_shown_network),
    Rule("af", "network <ipv4!>", frr=_network),
    Rule("af", "network <prefix!>"),
    Rule("af", "aggregate-address <ipv4!> <ipv4!> [summary-only]", frr=_aggregate),
    Rule("af", N + "activate"),
    Rule("af", N + "additional-paths send|receive|disable [receive]", frr=None),
    Rule("af", N + "advertise additional-paths all|group-best", frr=None),
    Rule("af", N + "send-community [both|extended|standard]", frr=None, shown=_shown_community),
    Rule("af", N + "route-reflector-client"),
    Rule("af", N + "next-hop-self [all]", frr=_next_hop_self),
    Rule("af", N + "soft-reconfiguration inbound"),
    Rule("af", N + "weight <int:0-65535>"),
    Rule("af", N + "allowas-in [<int:1-10>]"),
    Rule("af", N + "advertisement-interval <int:0-600>"),
    Rule("af", N + "remove-private-as [all]", frr=_remove_private),
    Rule("af", N + "default-originate [route-map] [<word>]"),
    Rule("af", N + "prefix-list <word> <direction!>"),
    Rule("af", N + "distribute-list <word> <direction!>"),
    Rule("af", N + "filter-list <int:1-500> <direction!>"),
    Rule("af", N + "route-map <word> <direction!>"),
    Rule("af", N + LIMIT + "[warning-only]", shown=_shown_maximum),
    Rule("af", N + LIMIT + "restart <int:1-65535>", shown=_shown_maximum),
    Rule("af", "maximum-paths <int:1-32>"),
    Rule("af", "maximum-paths ibgp <int:1-32>"),
    Rule("af", "table-map <word> [filter]", frr=None),
    Rule("af", "distance bgp <int:1-255> <int:1-255> <int:1-255>"),
]
ARCHIVE = [
    Rule("archive", "path <word>"),
    Rule("archive", "maximum <int:1-14>"),
    Rule("archive", "write-memory"),
    Rule("archive", "time-period <int:1-525600>"),
]
INTERFACE = [
    Rule("interface", "description <line>"),
    Rule("interface", "ip address <ipv4> <ipv4>"),
    Rule("interface", "shutdown"),
]
ROUTE_MAP = [
    Rule("route-map", "description <line>"),
    Rule("route-map", "match ip address prefix-list <word>"),
    Rule("route-map", "match ip address <word>"),
    Rule("route-map", "match ip next-hop prefix-list <word>"),
    Rule("route-map", "match as-path <int:1-500>"),
    Rule("route-map", "match community <line>"),
    Rule("route-map", "set local-preference <int>"),
    Rule("route-map", "set metric <int>"),
    Rule("route-map", "set weight <int>"),
    Rule("route-map", "set ip next-hop <line>"),
    Rule("route-map", "set community <line>", frr=_set_community),
    Rule("route-map", "set as-path prepend <line>"),
]
ACCESS_LIST = [
    Rule("access-list", "[<int:1-2147483647>] permit|deny|remark <line>"),
    Rule("access-list", "<int:1-2147483647!>"),
]
GLOBAL = [
    Rule("config", "hostname <word>", frr=None),
    Rule("config", "username <word!> <line>", frr=None),
    Rule("config", "ip route <line!>", frr=None),
    Rule("config", "interface <line!>", frr=None),
    Rule("config", "archive", frr=None),
    Rule("config", "router bgp <asn!>", frr=None),
    Rule("config", "ip|ipv6 prefix-list <word> description <line>", frr=None),
    Rule("config", "ip|ipv6 prefix-list <word> [seq] [<int:1-4294967294>] permit|deny <line>", frr=None),
    Rule("config", "ip|ipv6 prefix-list <word> seq <int>", frr=None),
    Rule("config", "ip|ipv6 prefix-list <word>", frr=None),
    Rule("config", "ip access-list standard|extended <word!>", frr=None),
    Rule("config", "access-list <int:1-2699!> permit|deny|remark <line>", frr=None),
    Rule("config", "ip community-list <int:1-500!> permit|deny <line>", frr=None),
    Rule("config", "ip community-list standard|expanded <word!> permit|deny <line>", frr=None),
    Rule("config", "ip as-path access-list <int:1-500!> permit|deny <line>", frr=None),
    Rule("config", "route-map <word!> [permit|deny] [<int:0-65535>]", frr=None, shown=_shown_route_map),
]
CONFIG = Grammar([*ROUTER, *SESSION, *FAMILY, *ARCHIVE, *INTERFACE, *ROUTE_MAP, *ACCESS_LIST, *GLOBAL])
