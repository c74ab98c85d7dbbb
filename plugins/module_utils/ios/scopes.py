# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one statement of the process or of an address family says, in the same way as fields.py.

Canonical forms are statements IOS takes: networks with their mask, AS numbers and cluster-ids as integers.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Callable

from .fields import Said, Settings, keep, send_receive, timers_of, timers_text
from .records import ListenRange
from .statements import HIDDEN_DEFAULTS, KNOWN_BGP, KNOWN_PROCESS, SPELLINGS
from .text import address_or_none, asn_number, cluster_id_number

Words = list[str]
Reading = Callable[[Settings, Words], Said]

_LENGTHS = {str(ipaddress.IPv4Network(f"0.0.0.0/{length}").netmask): length for length in range(33)}
_CLASSES = ((128, 8), (192, 16), (224, 24))
_ASDOT = re.compile(r"\d+\.\d+\Z")
_NAMED_OPTIONS = frozenset(("route-map", "attribute-map", "suppress-map", "advertise-map"))
_IN_A_FIELD = re.compile(
    r"""bgp\ (?:cluster-id|router-id)\ | (?:no\ )?bgp\ (?:default\ ipv4-unicast|log-neighbor-changes)\Z
      | bgp\ graceful-restart(?:\ (?:restart|stalepath)-time\ \d+)?\Z
      | bgp\ additional-paths\ (?:send|receive|disable) | bgp\ listen\ range\ \S+\ peer-group\ \S+\Z
      | timers\ bgp\ \d+\ \d+\Z""",
    re.X,
)


def read_scope(into: Settings, words: Words, negated: bool) -> Said:
    """Read a statement that belongs to no neighbour; ValueError or IndexError where it is not known."""
    if words[0] not in KNOWN_PROCESS or (words[0] == "bgp" and words[1] not in KNOWN_BGP):
        raise ValueError(words[0])
    text = f"{'no ' if negated else ''}{' '.join(words)}"
    # The times of graceful restart are remembered, defaults or not.
    if text in HIDDEN_DEFAULTS and words[1:2] != ["graceful-restart"]:
        return ()
    if text in _SWITCHES:
        into[_SWITCHES[text]] = False
        return (text,)
    if not negated:
        for length in (3, 2, 1):
            reading = _READINGS.get(tuple(words[:length]))
            if reading is not None:
                said = reading(into, words[length:])
                return tuple(statement for statement in said if statement not in HIDDEN_DEFAULTS)
    return () if text in HIDDEN_DEFAULTS else keep(into, SPELLINGS.get(text, text))


def in_a_field(statement: str) -> bool:
    """Whether BgpProcess has a field for this statement of the process."""
    return _IN_A_FIELD.match(statement) is not None


def network_of(words: Words, mask_word: bool) -> tuple[str, Words]:
    """The network at the start of a statement, and the words after it; ValueError where there is none.

    >>> network_of(["10.0.0.0", "mask", "255.255.0.0", "backdoor"], True)
    ('10.0.0.0/16', ['backdoor'])
    >>> network_of(["172.16.0.0"], True)
    ('172.16.0.0/16', [])
    """
    if "/" in words[0]:
        return str(ipaddress.ip_network(words[0], strict=False)), words[1:]
    address = ipaddress.IPv4Address(words[0])
    if not mask_word or words[1:2] == ["mask"]:
        at = 2 if mask_word else 1
        if words[at] not in _LENGTHS:
            raise ValueError(f"{words[at]} is no mask")
        length, rest = _LENGTHS[words[at]], words[at + 1 :]
    else:
        first = int(address) >> 24
        length = 0 if not int(address) else next((bits for end, bits in _CLASSES if first < end), -1)
        rest = words[1:]
    return str(ipaddress.IPv4Network((int(address), length), strict=False)), rest


def _masked(network: str, mask_word: str) -> str:
    found = ipaddress.ip_network(network)
    if found.version == 6:
        return network
    return f"{found.network_address} {mask_word}{found.netmask}"


def _options(words: Words) -> list[str]:
    """Options in one order, each with its value."""
    found, rest = [], iter(words)
    for word in rest:
        if word in _NAMED_OPTIONS:
            value = next(rest, None)
            if value is None:
                raise ValueError(f"{word} without a name")
            word = f"{word} {value}"
        found.append(word)
    return sorted(found)


def _append(into: Settings, name: str, value: object) -> None:
    into.setdefault(name, []).append(value)


def _network(into: Settings, words: Words) -> Said:
    prefix, rest = network_of(words, mask_word=True)
    options = _options(rest)
    _append(into, "networks", {"prefix": prefix, "options": options})
    return (" ".join(["network", _masked(prefix, "mask "), *options]),)


def _aggregate(into: Settings, words: Words) -> Said:
    prefix, rest = network_of(words, mask_word=False)
    options = _options(rest)
    _append(into, "aggregates", {"prefix": prefix, "options": options})
    return (" ".join(["aggregate-address", _masked(prefix, ""), *options]),)


def _redistribute(into: Settings, words: Words) -> Said:
    if not words:
        raise ValueError("redistribute what?")
    _append(into, "redistribute", " ".join(words))
    return (f"redistribute {' '.join(words)}",)


def _cluster_id(into: Settings, words: Words) -> Said:
    (shown,) = words
    number = into["cluster_id"] = cluster_id_number(shown)
    return (f"bgp cluster-id {number}",)


def _router_id(into: Settings, words: Words) -> Said:
    if not words:
        raise ValueError("no router-id")
    shown = into["router_id"] = address_or_none(words[0]) or " ".join(words)
    return (f"bgp router-id {shown}",)


def _switch(name: str, statement: str) -> Reading:
    def read(into: Settings, words: Words) -> Said:
        if words:
            return keep(into, " ".join([statement, *words]))
        into[name] = True
        return (statement,)

    return read


def _graceful_restart(into: Settings, words: Words) -> Said:
    if not words:
        into["graceful_restart"] = True
    elif words[0] in ("restart-time", "stalepath-time"):
        into[words[0].replace("-", "_")] = int(words[1])
    else:
        return keep(into, f"bgp graceful-restart {' '.join(words)}")
    return (f"bgp graceful-restart {' '.join(words)}".rstrip(),)


def _additional_paths(into: Settings, words: Words) -> Said:
    if words and words[0] in ("select", "install"):
        return keep(into, f"bgp additional-paths {' '.join(words)}")
    shown = into["additional_paths"] = send_receive(words)
    return (f"bgp additional-paths {shown}",)


def _listen_range(into: Settings, words: Words) -> Said:
    prefix, rest = str(ipaddress.ip_network(words[0], strict=False)), words[1:]
    at = rest.index("peer-group")
    group, options = rest[at + 1], " ".join(map(_plain_number, rest[:at] + rest[at + 2 :]))
    _append(into, "listen_ranges", ListenRange(prefix, group, options))
    return (f"bgp listen range {prefix} peer-group {group} {options}".rstrip(),)


def _plain_number(word: str) -> str:
    """AS numbers are the only numbers with one dot in there."""
    return str(asn_number(word)) if _ASDOT.match(word) else word


def _listen_limit(into: Settings, words: Words) -> Said:
    (limit,) = words
    into["listen_limit"] = int(limit)
    return (f"bgp listen limit {int(limit)}",)


def _confederation_identifier(into: Settings, words: Words) -> Said:
    (shown,) = words
    number = into["confederation_identifier"] = asn_number(shown)
    return (f"bgp confederation identifier {number}",)


def _confederation_peers(into: Settings, words: Words) -> Said:
    """IOS spreads many peers over several lines, so each is a statement."""
    numbers = [asn_number(word) for word in words]
    for number in numbers:
        _append(into, "confederation_peers", number)
    return tuple(f"bgp confederation peers {number}" for number in numbers)


def _timers(into: Settings, words: Words) -> Said:
    timers = timers_of(words)
    into["timers"] = timers
    return (f"timers bgp {timers_text(timers)}",)


_SWITCHES = {
    "no bgp default ipv4-unicast": "default_ipv4",
    "no bgp log-neighbor-changes": "log_changes",
    "no bgp client-to-client reflection": "client_to_client",
}
_READINGS: dict[tuple[str, ...], Reading] = {
    ("network",): _network,
    ("aggregate-address",): _aggregate,
    ("redistribute",): _redistribute,
    ("timers", "bgp"): _timers,
    ("bgp", "cluster-id"): _cluster_id,
    ("bgp", "router-id"): _router_id,
    ("bgp", "default", "ipv4-unicast"): _switch("default_ipv4", "bgp default ipv4-unicast"),
    ("bgp", "log-neighbor-changes"): _switch("log_changes", "bgp log-neighbor-changes"),
    ("bgp", "client-to-client", "reflection"): _switch("client_to_client", "bgp client-to-client reflection"),
    ("bgp", "graceful-restart"): _graceful_restart,
    ("bgp", "additional-paths"): _additional_paths,
    ("bgp", "listen", "range"): _listen_range,
    ("bgp", "listen", "limit"): _listen_limit,
    ("bgp", "confederation", "identifier"): _confederation_identifier,
    ("bgp", "confederation", "peers"): _confederation_peers,
}
