# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running configuration, and the bgpd that does what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab.ios.accesslists import AccessLists
from lab.ios.bgp import Bgp
from lab.ios.grammar import CliError, Match
from lab.ios.pathlists import PathLists
from lab.ios.prefixlists import PrefixLists
from lab.ios.replace import Line
from lab.ios.rollback import Settings, Snapshot
from lab.ios.rules import CONFIG
from lab.ios.undefined import ACCESS, AS_PATH, Named, StandIns, names
from lab.ios.vty import Frr, FrrError, Switch, Vty

HEADER = """version 15.9
service timestamps debug datetime msec
service timestamps log datetime msec
no service password-encryption
!
hostname {hostname}
!
boot-start-marker
boot-end-marker
!
"""
FOOTER = """line con 0
line vty 0 4
 login local
 transport input ssh
!
end
"""


class Running:
    """What configuration mode changes."""

    def __init__(self, vty: Path | Frr, hostname: str) -> None:
        """Nothing but a name. ``vty``: bgpd's vty socket."""
        self.frr = Switch(Vty(vty) if isinstance(vty, Path) else vty)
        self.clear(hostname)

    def clear(self, hostname: str) -> None:
        """Forget everything but the bgpd, which keeps what it has."""
        self.hostname = hostname
        self.bgp: Bgp | None = None
        self.sections: dict[str, dict[tuple[str, ...], Match]] = {}
        self.plain: dict[tuple[str, ...], str] = {}
        self.stand_ins = StandIns(self.frr)
        self.prefix_lists = PrefixLists(self.frr, self.stand_ins)
        self.access_lists = AccessLists(self.frr, self.stand_ins)
        self.path_lists = PathLists(self.frr, self.stand_ins)

    # BGP and bgpd

    def start_bgp(self, asn: str) -> None:
        """``router bgp``; IOS logs neighbour changes from the start. Raises CliError."""
        if self.bgp is None:
            self.bgp = Bgp(asn, self.frr, self.address_of)
            self.bgp.apply(CONFIG.match(["router"], ["bgp", "log-neighbor-changes"]), None)

    def stop_bgp(self) -> None:
        """``no router bgp``."""
        if self.bgp:
            self._frr(f"no router bgp {self.bgp.asn}")
            self.bgp = None
            self.lists_in_use()

    def address_of(self, interface: str) -> str | None:
        """An interface's IPv4 address; of "" the one IOS takes for router-id: loopback first."""
        wanted = interface.lower()
        for head in sorted(self.sections, key=lambda head: "loopback" not in head.lower()):
            name = head.partition(" ")[2].lower()
            address = self.sections[head].get(("ip", "address"))
            if head.startswith("interface ") and address and wanted in ("", name):
                return address.arguments[0]
        return None

    def refer(self, match: Match, family: str | None = None) -> None:
        """A line is about to name a list: have FRR let everything pass until it is defined."""
        for named in names(match, family):
            if not self._defined(named):
                self.stand_ins.open(named)

    def _defined(self, named: Named) -> bool:
        kind, name = named
        if kind == ACCESS:
            return self.access_lists.defined(name)
        if kind == AS_PATH:
            return f"ip as-path access-list {name}" in self.path_lists.lists
        return self.prefix_lists.defined(kind.split()[0], name)

    def lists_in_use(self) -> None:
        """Neighbours, route-maps or lists went: forget the lists that nobody names any longer."""
        families = self.bgp.families.items() if self.bgp else ()
        of_neighbors = (
            named
            for family, store in families
            for entry in store.values()
            for named in names(entry.match, family)
        )
        of_maps = (
            named
            for head, store in self.sections.items()
            if head.startswith("route-map ")
            for match in store.values()
            for named in names(match)
        )
        self.stand_ins.keep([*of_neighbors, *of_maps])

    def _frr(self, *lines: str, context: Sequence[str] = ()) -> None:
        try:
            self.frr.configure(context, lines)
        except FrrError as error:
            raise CliError(f"% {str(error).removeprefix('% ')}\n") from error

    # Other sections

    def open_section(self, head: str) -> None:
        """Enter ``interface X``, ``archive`` or ``route-map X permit 10``. Raises CliError."""
        if head.startswith("route-map "):
            self._frr(head)
            _, name, action, number = head.split()
            other = f"route-map {name} {'deny' if action == 'permit' else 'permit'} {number}"
            if other in self.sections:
                self.sections[head] = self.sections.pop(other)
        self.sections.setdefault(head, {})

    def remove_section(self, head: str) -> None:
        """Remove a section; of a route-map without a number all of it. Raises CliError."""
        for each in [each for each in self.sections if each == head or each.startswith(f"{head} ")]:
            del self.sections[each]
            if each.startswith("route-map "):
                self._frr(f"no {each}")
        self.lists_in_use()

    def section_line(self, head: str, match: Match, negated: bool) -> None:
        """A line inside a section. Raises CliError."""
        store = self.sections.setdefault(head, {})
        if negated and match.key not in store:
            return
        old = store.get(match.key)
        if old and not negated and match.words[0] == "match" and old.text != match.text:
            raise CliError(f"% One list in a match is all that this imitation knows; remove {old.text}\n")
        if head.startswith("route-map "):
            if not negated:
                self.refer(match)
            self._frr(_translated(old, "no ") if negated and old else _translated(match), context=[head])
        if negated:
            del store[match.key]
            self.lists_in_use()
        else:
            store[match.key] = match

    def plain_line(self, match: Match, negated: bool) -> None:
        """A line of global configuration that is only kept."""
        if negated:
            self.plain.pop(match.key, None)
        else:
            self.plain[match.key] = match.text

    def archive_settings(self) -> Settings:
        """The ``archive`` section."""
        store = self.sections.get("archive", {})
        path, maximum = store.get(("path",)), store.get(("maximum",))
        return Settings(
            path.arguments[0] if path else None,
            int(maximum.arguments[0]) if maximum else 10,
            ("write-memory",) in store,
        )

    # As a whole

    def _section_texts(self, head: str) -> list[str]:
        matches = self.sections[head].values()
        return [match.text for match in sorted(matches, key=lambda match: CONFIG.order(match.rule))]

    def _heads(self, kind: str) -> list[str]:
        return sorted((head for head in self.sections if head.split()[0] == kind), key=_place)

    def _blocks(self, kind: str) -> list[list[str]]:
        return [[head, *(f" {text}" for text in self._section_texts(head))] for head in self._heads(kind)]

    def snapshot(self) -> Snapshot:
        """The running configuration as it is now."""
        lines = [Line((), f"hostname {self.hostname}")]
        blocks = [*self.path_lists.blocks(), *self.prefix_lists.blocks()]
        lists = [*(Line((), text) for block in blocks for text in block), *self.access_lists.lines()]
        for kind in ("archive", "interface", "route-map"):
            for head in self._heads(kind):
                lines += [Line((), head), *(Line((head,), text) for text in self._section_texts(head))]
            lines += lists if kind == "interface" else []
        lines += [Line((), text) for text in self.plain.values()]
        if self.bgp:
            head = f"router bgp {self.bgp.asn}"
            lines.append(Line((), head))
            for family, text in self.bgp.lines():
                lines.append(Line((head, f"address-family {family}") if family else (head,), text))
        return Snapshot(tuple(lines), self.bgp.shape if self.bgp else None, self.running_config())

    def body(self) -> str:
        """The running configuration without its first lines."""
        blocks = self._blocks("archive")
        blocks += [[text] for text in self.plain.values() if text.startswith("username ")]
        blocks += self._blocks("interface")
        if self.bgp:
            blocks.append(self.bgp.render())
        text = HEADER.format(hostname=self.hostname) + _join(blocks)
        blocks = [[line] for line in self.plain.values() if line.startswith("ip route ")]
        blocks += [*self.path_lists.blocks(), *self.access_lists.named_blocks()]
        blocks += [*self.prefix_lists.blocks(), self.access_lists.numbered_block()]
        blocks += self._blocks("route-map")
        return text + "ip forward-protocol nd\n!\n" + _join(blocks) + FOOTER

    def running_config(self) -> str:
        """The text of ``show running-config``."""
        body = self.body()
        return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n!\n{body}"


def _join(blocks: Sequence[Sequence[str]]) -> str:
    return "".join("\n".join(block) + "\n!\n" for block in blocks if block)


def _place(head: str) -> tuple[str, int]:
    """Route-maps by their numbers, everything else by its name."""
    name, _, number = head.rpartition(" ")
    return (
        (name.removesuffix(" permit").removesuffix(" deny"), int(number)) if number.isdecimal() else (head, 0)
    )


def _translated(match: Match, prefix: str = "") -> str:
    return prefix + ((match.rule.frr(match) if match.rule.frr else None) or match.text)
