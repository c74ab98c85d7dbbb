# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``router bgp``: its lines as IOS keeps them, applied to FRR one by one."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lab.ios.grammar import CliError, Match, is_address
from lab.ios.rules import CONFIG
from lab.ios.vty import Frr, FrrError

Key = tuple[str, ...]
Shape = tuple[bool, frozenset[str]]
FAMILIES = {
    "ipv4": "ipv4 unicast",
    "ipv6": "ipv6 unicast",
    "ipv4 multicast": "ipv4 multicast",
    "vpnv4": "ipv4 vpn",
    "l2vpn evpn": "l2vpn evpn",
}
DERIVING = ("remote-as", "peer-group", "activate", "additional-paths", "advertise", "send-community")
FRR_DEFAULTS = {
    "disable-addpath-rx": False,
    "addpath-tx-all-paths": False,
    "send-community standard": True,
    "send-community extended": True,
    "send-community large": True,
}
LISTEN_RANGE = ("bgp", "listen", "range")
IPV4_ON = ("bgp", "default", "ipv4-unicast")
#: Seconds until a changed route-map is applied, as long as the automatic soft reset is not imitated.
QUICK_MAPS = "bgp route-map delay-timer 1"
GRACEFUL_OFF = "bgp graceful-restart-disable"
UNKNOWN_NEIGHBOR = "% Specify remote-as or peer-group commands first\n"


def neighbor_order(name: str) -> tuple[int, int, str]:
    """Sorts groups first, then addresses as numbers."""
    if not is_address(name):
        return (0, 0, name)
    address = ipaddress.ip_address(name)
    return (address.version, int(address), "")


@dataclass(frozen=True)
class Entry:
    """A configured line; ``negated`` for one that is on by default and was turned off."""

    match: Match
    negated: bool = False

    @property
    def text(self) -> str:
        """The line as the running configuration shows it."""
        return ("no " if self.negated else "") + self.match.text

    @property
    def neighbor(self) -> str | None:
        """The neighbour or peer-group the line belongs to."""
        return self.match.words[1] if self.match.words[0] == "neighbor" else None

    @property
    def order(self) -> tuple[object, ...]:
        """Place in the running configuration."""
        place = CONFIG.order(self.match.rule)
        if self.neighbor:
            return (1, neighbor_order(self.neighbor), place, self.match.key)
        after = self.match.words[0] in ("maximum-paths", "distance")
        return (2 if after else 0, (), place, self.match.key)


def _line(modes: Sequence[str], text: str) -> Match:
    return CONFIG.match(modes, text.split())


class Bgp:
    """One BGP process: session lines, and one set of lines for each address family."""

    def __init__(self, asn: str, frr: Frr, addresses: Callable[[str], str | None]) -> None:
        """``addresses``: an interface's address; ``addresses("")`` is the default router-id."""
        self.asn, self._vty, self._addresses = asn, frr, addresses
        self.base: dict[Key, Entry] = {}
        self.families: dict[str, dict[Key, Entry]] = {"ipv4": {}}
        self.family_style = False
        self._deferred: dict[Key, Match] = {}
        self._told: dict[tuple[str, str, str], bool] = {}
        # What IOS does unasked and FRR does not: take eBGP routes without a policy, send changes at
        # once, and leave graceful restart alone, as helper too, until it is configured
        quick = "coalesce-time 100"
        self._vty.configure((), [QUICK_MAPS])
        self._frr(None, "no bgp ebgp-requires-policy", quick, GRACEFUL_OFF, self._router_id())

    # What FRR is told

    def _router_id(self) -> str | None:
        address = self._addresses("")
        return f"bgp router-id {address}" if address else None

    def _frr(self, family: str | None, *lines: str | None) -> None:
        context = [f"router bgp {self.asn}"]
        if family:
            context.append(f"address-family {FAMILIES[family]}")
        try:
            self._vty.configure(context, [line for line in lines if line])
        except FrrError as error:
            text = str(error)
            raise CliError(f"{text if text.startswith('%') else '% ' + text}\n") from error

    def _translate(self, match: Match) -> str | None:
        if match.words[2:3] == ("update-source",):
            source = match.arguments[1]
            known = self._addresses(source)
            if not known and not source.lower().startswith("lo"):
                raise CliError(f"% Invalid interface {source}\n")
            return f"neighbor {match.words[1]} update-source {known or 'lo'}"
        return match.rule.frr(match) if match.rule.frr else None

    # What is known of neighbours

    def known(self, name: str) -> bool:
        """Whether ``name`` is a neighbour or a peer-group."""
        return any(("neighbor", name, what) in self.base for what in ("remote-as", "peer-group"))

    def names(self) -> list[str]:
        """Groups, then neighbours."""
        found = {entry.neighbor for entry in self.base.values() if entry.neighbor}
        return sorted(found, key=neighbor_order)

    def group_of(self, name: str) -> str | None:
        """The peer-group that ``name`` is a member of."""
        entry = self.base.get(("neighbor", name, "peer-group"))
        return entry.match.words[3] if entry and len(entry.match.words) == 4 else None

    def members(self, group: str) -> list[str]:
        """The static members of a peer-group."""
        return [name for name in self.names() if self.group_of(name) == group]

    def has_remote_as(self, name: str) -> bool:
        """Whether ``name`` itself has a remote-as line."""
        return ("neighbor", name, "remote-as") in self.base

    def ranges(self) -> list[tuple[str, str]]:
        """Listen ranges: (prefix, peer-group)."""
        listening = [(key, entry) for key, entry in self.base.items() if key[:3] == LISTEN_RANGE]
        return [(key[3], entry.match.arguments[1]) for key, entry in listening]

    # Edits

    def apply(self, match: Match, family: str | None, *, negated: bool = False) -> None:
        """Take one line; ``family`` is None for lines of the session. Raises CliError."""
        store = self.base if family is None else self.families[family]
        if match.words[0] == "neighbor":
            self._check_neighbor(match, negated)
        if match.rule.default_on:
            self._switch(store, match, family, negated)
        elif negated:
            self._remove(store, match, family)
        else:
            self._add(store, match, family)

    def _check_neighbor(self, match: Match, negated: bool) -> None:
        name, what = match.words[1], match.words[2]
        if what == "peer-group" and len(match.words) == 4 and not negated:
            group = match.words[3]
            if group not in self.groups():
                raise CliError("% Configure the peer-group first\n")
            if self.group_of(name) not in (None, group):
                raise CliError("% Cannot change peer-group. Deconfigure first\n")
            if not self.has_remote_as(group) and not self.has_remote_as(name):
                raise CliError("% Specify remote-as or peer-group remote AS first\n")
        elif what == "remote-as" and not negated:
            group = self.group_of(name) or ""
            if self.has_remote_as(group):
                asn = self.base[("neighbor", group, "remote-as")].match.arguments[1]
                raise CliError(f"% Peer-group AS {asn}. Cannot configure remote-as for member\n")
        elif what != "peer-group" and not self.known(name):
            raise CliError(UNKNOWN_NEIGHBOR)
        if not match.rule.members and self.group_of(name) and not negated:
            raise CliError("% Invalid command for a peer-group member\n")

    def _switch(self, store: dict[Key, Entry], match: Match, family: str | None, negated: bool) -> None:
        if negated == (match.key in store):
            return
        line = self._translate(match)
        self._frr(family, f"no {line}" if negated and line else line)
        if negated:
            store[match.key] = Entry(match, negated=True)
        else:
            del store[match.key]

    def _add(self, store: dict[Key, Entry], match: Match, family: str | None) -> None:
        old = store.get(match.key)
        if old and old.text == match.text:
            return
        name = match.words[1] if match.words[0] == "neighbor" else None
        fresh = name is not None and not self.known(name)
        if match.key[:3] == LISTEN_RANGE and not self.has_remote_as(match.arguments[1]):
            self._deferred[match.key] = match  # FRR takes it only once the group has an AS
        else:
            self._replace_in_frr(old, match, family)
        store[match.key] = Entry(match)
        if name:
            self._after_neighbor(name, match, fresh)
        self._derive(name, match)

    def _replace_in_frr(self, old: Entry | None, match: Match, family: str | None) -> None:
        line, before = self._translate(match), self._translate(old.match) if old else None
        # An option that is only left out does not go away by typing the shorter line
        undo = f"no {before}" if before and (line is None or before.startswith(line + " ")) else None
        self._frr(family, undo, line)

    def _after_neighbor(self, name: str, match: Match, fresh: bool) -> None:
        what = match.words[2]
        if what == "remote-as":
            for key in [key for key, waiting in self._deferred.items() if waiting.arguments[1] == name]:
                self._frr(None, self._deferred.pop(key).text)
        if what == "peer-group" and len(match.words) == 4 and self.has_remote_as(match.words[3]):
            self.base.pop(("neighbor", name, "remote-as"), None)
        if fresh and is_address(name) and IPV4_ON not in self.base:
            if ":" in name:
                self._frr("ipv4", f"no neighbor {name} activate")
            else:
                active = _line(["af"], f"neighbor {name} activate")
                self.families["ipv4"][active.key] = Entry(active)

    def _remove(self, store: dict[Key, Entry], match: Match, family: str | None) -> None:
        name, what = (match.words[1], match.words[2]) if match.words[0] == "neighbor" else ("", "")
        if what == "peer-group" and len(match.key) == 3 and name in self.groups():
            self.remove_neighbor(name)
            return
        old = store.get(match.key)
        if old is None:
            return
        if what in ("remote-as", "peer-group"):
            self._unbind(name, what, old)
            return
        deferred = self._deferred.pop(match.key, None)
        line = None if deferred else self._translate(old.match)
        self._frr(family, f"no {line}" if line else None)
        del store[match.key]
        if match.key == ("bgp", "router-id"):
            self._frr(None, self._router_id())
        elif match.key == ("bgp", "graceful-restart"):
            self._frr(None, GRACEFUL_OFF)
        self._derive(name or None, match)

    def groups(self) -> list[str]:
        """Names of the peer-groups."""
        return [name for name in self.names() if not is_address(name)]

    def _unbind(self, name: str, what: str, old: Entry) -> None:
        if what == "remote-as" and name in self.groups():
            self._frr(None, f"no {old.text}")  # which takes the members along, as IOS does
            for member in self.members(name):
                self._forget(member)
            del self.base[old.match.key]
        elif what == "peer-group" and self.has_remote_as(name):
            self._frr(None, f"no {old.text}")
            del self.base[old.match.key]
            self._told = {told: value for told, value in self._told.items() if told[0] != name}
            self._derive(name, old.match)
        else:
            self.remove_neighbor(name)

    def remove_neighbor(self, name: str) -> None:
        """``no neighbor X``: the neighbour, or the group with its members, and all their lines."""
        if not self.known(name):
            return
        is_group = name in self.groups()
        gone = [*self.members(name), name] if is_group else [name]
        self._frr(None, f"no neighbor {name}{' peer-group' if is_group else ''}")
        for each in gone:
            self._forget(each)

    def _forget(self, name: str) -> None:
        for store in (self.base, *self.families.values()):
            for key in [key for key, entry in store.items() if entry.neighbor == name]:
                del store[key]
        for key, entry in list(self.base.items()):  # FRR drops a group's listen ranges with it
            if key[:3] == LISTEN_RANGE and entry.match.arguments[1] == name:
                del self.base[key]
                self._deferred.pop(key, None)
        self._told = {told: value for told, value in self._told.items() if told[0] != name}

    # Address families

    def enter_family(self, name: str) -> str:
        """The family's name as IOS shows it, created where it is new. Raises CliError."""
        shown = name.removesuffix(" unicast")
        if shown not in FAMILIES:
            raise CliError("% BGP: Error initializing topology\n")
        self.family_style = True
        self.families.setdefault(shown, {})
        return shown

    def remove_family(self, name: str) -> None:
        """``no address-family``: IOS turns every neighbour of the family off."""
        shown = name.removesuffix(" unicast")
        store = self.families.get(shown, {})
        for entry in sorted(store.values(), key=lambda e: e.order, reverse=True):
            self.apply(entry.match, shown, negated=True)
        if shown != "ipv4":
            self.families.pop(shown, None)

    @property
    def shape(self) -> Shape:
        """How the section is laid out: by family or flat, and which families were entered."""
        return (self.family_style, frozenset(self.families))

    def reshape(self, shape: Shape) -> None:
        """Lay the section out as it was; families that hold lines stay."""
        self.family_style, families = shape
        kept = {name: store for name, store in self.families.items() if store or name in families}
        self.families = {**{name: {} for name in families}, **kept}

    # What IOS does not do unless told to, and FRR does: send communities, accept additional paths

    def _setting(self, name: str, family: str, what: str) -> Entry | None:
        store = self.families[family]
        own = store.get(("neighbor", name, what))
        return own or store.get(("neighbor", self.group_of(name) or "", what))

    def _derived(self, name: str, family: str) -> Iterable[tuple[str, bool]]:
        if family != "ipv4" and self._setting(name, family, "activate") is None:
            yield from FRR_DEFAULTS.items()
            return
        paths = self._setting(name, family, "additional-paths")
        general = self.families[family].get(("bgp", "additional-paths"))
        deciding = paths or general
        words = deciding.match.arguments if deciding else ()
        advertised = self._setting(name, family, "advertise")
        community = self._setting(name, family, "send-community")
        kinds = community.match.arguments[1:] or ("standard",) if community else ()
        yield "disable-addpath-rx", "receive" not in words
        yield "addpath-tx-all-paths", "send" in words and advertised is not None
        yield "send-community standard", "standard" in kinds or "both" in kinds
        yield "send-community extended", "extended" in kinds or "both" in kinds
        yield "send-community large", False

    def _tell(self, names: Iterable[str], family: str) -> None:
        for name in names:
            lines = []
            for setting, on in self._derived(name, family):
                if self._told.get((name, family, setting), FRR_DEFAULTS[setting]) != on:
                    self._told[name, family, setting] = on
                    lines.append(f"{'' if on else 'no '}neighbor {name} {setting}")
            self._frr(family, *lines)

    def _derive(self, name: str | None, match: Match) -> None:
        """Bring FRR in line after ``match``, where it matters for what is derived."""
        if name and match.words[2] in DERIVING:
            touched = [name, *self.members(name)] if not is_address(name) else [name]
        elif match.key == ("bgp", "additional-paths"):
            touched = self.names()
        else:
            return
        for family in self.families:
            self._tell([each for each in touched if self.known(each)], family)

    # Text

    def _activation(self, family: str) -> list[Entry]:
        """What IOS prints of neighbours that are not active although that is the default."""
        if family != "ipv4" or IPV4_ON in self.base:
            return []
        active = self.families["ipv4"]
        names = [name for name in self.names() if is_address(name)]
        quiet = [name for name in names if ("neighbor", name, "activate") not in active]
        return [Entry(_line(["af"], f"neighbor {name} activate"), negated=True) for name in quiet]

    def lines(self) -> list[tuple[str | None, str]]:
        """Every line as (address family or None, text), in order."""
        found: list[tuple[str | None, str]] = []
        found += [(None, entry.text) for entry in sorted(self.base.values(), key=lambda e: e.order)]
        for family in sorted(self.families):
            entries = [*self.families[family].values(), *self._activation(family)]
            found += [(family, entry.text) for entry in sorted(entries, key=lambda e: e.order)]
        return found

    def render(self) -> list[str]:
        """The section of the running configuration."""
        head = f"router bgp {self.asn}"
        if not self.family_style and IPV4_ON not in self.base:
            flat = [*self.base.values(), *self.families["ipv4"].values(), *self._activation("ipv4")]
            shown = [entry for entry in flat if entry.negated or entry.match.key[2:] != ("activate",)]
            return [head, *(f" {entry.text}" for entry in sorted(shown, key=lambda e: e.order))]
        lines = self.lines()
        out = [head, *(f" {text}" for family, text in lines if family is None)]
        for name in sorted(self.families):
            out += [" !", f" address-family {name}"]
            out += [f"  {text}" for family, text in lines if family == name]
            out += [" exit-address-family"]
        return out
