# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv4 prefix-lists: their rules, what they match, and who names them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...model.family import IPV4, IPV6

_RULE = re.compile(
    rf"{IPV4.prefix_list} "
    r"(?P<name>\S+)(?: seq (?P<seq>\d{1,10}))? (?P<action>permit|deny) (?P<prefix>\S+/\d{1,2})"
    r"(?: ge (?P<ge>\d{1,2}))?(?: le (?P<le>\d{1,2}))?\Z",
    re.A,
)
_NO_RULE = re.compile(rf"(?:no )?{IPV4.prefix_list} (?:sequence-number\Z|\S+ description )")
# Distribute-lists of a process and filter-lists of OSPF name one without the word.
_USE = re.compile(r"(?:\bprefix-list|\b(?:distribute|filter)-list (?:prefix|gateway)) (.+)")
# Abbreviated as far as this, IOS takes it for the keyword, not for the name of a list.
_KEYWORD = "sequence-number"


@dataclass(frozen=True)
class PrefixRule:
    """One rule of an IPv4 prefix-list.

    Attributes:
        prefix: A.B.C.D/L.
        ge, le: bounds of the length, None where not given.
        action: permit or deny.
        seq: sequence number. None in an intent leaves the choice to the change; of a router it means that
            the router shows none (`no ip prefix-list sequence-number`): it has one, and nobody knows which.
    """

    prefix: str
    ge: int | None = None
    le: int | None = None
    action: str = "permit"
    seq: int | None = None

    @property
    def meaning(self) -> tuple[str, str, int, int]:
        """(action, network, shortest, longest): equal for rules that match the same prefixes.

        >>> PrefixRule("10.0.0.0/8", ge=26).meaning == PrefixRule("10.0.0.0/8", ge=26, le=32).meaning
        True
        """
        network = ipaddress.IPv4Network(self.prefix, strict=False)
        low = network.prefixlen if self.ge is None else self.ge
        high = self.le if self.le is not None else IPV4.longest if self.ge is not None else network.prefixlen
        return self.action, str(network), low, high

    def line(self, name: str) -> str:
        """The configuration line. IOS refuses a bound equal to the prefix length, so that one is left out.

        >>> PrefixRule("10.0.0.0/26", ge=26, le=32, seq=5).line("CALICO")
        'ip prefix-list CALICO seq 5 permit 10.0.0.0/26 le 32'
        """
        action, network, low, high = self.meaning
        length = int(network.rpartition("/")[2])
        words = [IPV4.prefix_list, name]
        words += [f"seq {self.seq}"] if self.seq is not None else []
        words += [action, network]
        words += [f"ge {low}"] if low > length else []
        words += [f"le {high}"] if high > length else []
        return " ".join(words)


class PrefixLists:
    """Takes the lines of prefix-lists one after the other."""

    def __init__(self) -> None:
        self._rules: dict[str, list[PrefixRule]] = {}

    def read(self, text: str) -> bool:
        """Take `[no] ip prefix-list ...`; False where the line is not known."""
        found = _RULE.match(text)
        if not found:
            return _NO_RULE.match(text) is not None
        seq, ge, le = (int(found[key]) if found[key] else None for key in ("seq", "ge", "le"))
        rule = PrefixRule(found["prefix"], ge, le, found["action"], seq)
        try:
            ipaddress.IPv4Network(rule.prefix, strict=False)
        except ValueError:
            return False
        self._rules.setdefault(found["name"], []).append(rule)
        return True

    def result(self) -> dict[str, tuple[PrefixRule, ...]]:
        """By name, rules in the order of their sequence numbers, which is that of the text without."""
        return {
            name: tuple(sorted(rules, key=lambda rule: rule.seq or 0)) if is_numbered(rules) else tuple(rules)
            for name, rules in self._rules.items()
        }


def is_numbered(rules: Iterable[PrefixRule]) -> bool:
    """Whether the sequence numbers of all rules are known."""
    return all(rule.seq is not None for rule in rules)


def is_keyword(name: str) -> bool:
    """Whether IOS takes the name of a list for its keyword `sequence-number`.

    >>> is_keyword("Seq"), is_keyword("sequence-numbers"), is_keyword("CALICO")
    (True, False, False)
    """
    return bool(name) and _KEYWORD.startswith(name.lower())


def is_definition(text: str) -> bool:
    """Whether a line defines an IPv4 prefix-list."""
    return text.startswith((IPV4.prefix_list, f"no {IPV4.prefix_list}"))


def named_in(text: str) -> tuple[str, ...]:
    """Prefix-lists that a line uses. Words after them are taken for names, too.

    >>> named_in("match ip address prefix-list A B"), named_in("area 1 filter-list prefix A")
    (('A', 'B'), ('A',))
    >>> named_in("ipv6 prefix-list A seq 5 permit 2001:db8::/32")
    ()
    """
    if "-list " not in text or is_definition(text) or text.startswith(IPV6.prefix_list):
        return ()
    found = _USE.search(text)
    return tuple(found[1].split()) if found else ()
