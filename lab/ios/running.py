# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running configuration, and the bgpd that does what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab.ios.bgp import Bgp
from lab.ios.grammar import CliError, Match
from lab.ios.prefixlists import PrefixLists
from lab.ios.replace import Line
from lab.ios.rollback import Settings, Snapshot
from lab.ios.rules import CONFIG
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
        self.prefix_lists = PrefixLists(self.frr)

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

    def lists_in_use(self) -> None:
        """Neighbours or lists went: tell the prefix-lists which of them are still named."""
        families = self.bgp.families.items() if self.bgp else ()
        self.prefix_lists.forget_unnamed(
            ("ipv6" if family == "ipv6" else "ip", entry.match.words[3])
            for family, store in families
            for entry in store.values()
            if entry.match.words[2:3] == ("prefix-list",)
        )

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
        self.sections.setdefault(head, {})

    def remove_section(self, head: str) -> None:
        """Remove a section. Raises CliError."""
        if self.sections.pop(head, None) is not None and head.startswith("route-map "):
            self._frr(f"no {head}")

    def section_line(self, head: str, match: Match, negated: bool) -> None:
        """A line inside a section. Raises CliError."""
        store = self.sections.setdefault(head, {})
        if negated and match.key not in store:
            return
        if head.startswith("route-map "):
            self._frr(f"no {store[match.key].text}" if negated else match.text, context=[head])
        if negated:
            del store[match.key]
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
        return sorted(head for head in self.sections if head.split()[0] == kind)

    def _blocks(self, kind: str) -> list[list[str]]:
        return [[head, *(f" {text}" for text in self._section_texts(head))] for head in self._heads(kind)]

    def snapshot(self) -> Snapshot:
        """The running configuration as it is now."""
        lines = [Line((), f"hostname {self.hostname}")]
        lists = [Line((), text) for block in self.prefix_lists.blocks() for text in block]
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
        blocks += [*self.prefix_lists.blocks(), *self._blocks("route-map")]
        return text + "ip forward-protocol nd\n!\n" + _join(blocks) + FOOTER

    def running_config(self) -> str:
        """The text of ``show running-config``."""
        body = self.body()
        return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n!\n{body}"


def _join(blocks: Sequence[Sequence[str]]) -> str:
    return "".join("\n".join(block) + "\n!\n" for block in blocks)
