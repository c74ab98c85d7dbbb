# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The imitated router: its configuration, and the bgpd that does the work."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.ios.bgp import Bgp
from lab.ios.config import Configurator
from lab.ios.grammar import CliError, Match
from lab.ios.prefixlists import PrefixLists
from lab.ios.replace import Line, difference
from lab.ios.rollback import Archive, Settings, Snapshot
from lab.ios.rules import CONFIG
from lab.ios.vty import Frr, FrrError, FrrGone, Silent, Vty

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
DELIVERED_ARCHIVE = ("path flash:cfg-", "maximum 14", "write-memory")
PASSES = 5


class Switch:
    """The bgpd in use, which is another one after ``attach``."""

    def __init__(self, frr: Frr) -> None:
        self._frr = frr

    def attach(self, frr: Frr) -> None:
        """Use ``frr`` from now on."""
        self._frr = frr

    def run(self, line: str) -> str:
        """See Frr.run."""
        return self._frr.run(line)

    def configure(self, context: Sequence[str], lines: Sequence[str]) -> None:
        """See Frr.configure."""
        self._frr.configure(context, lines)


class Router:
    """The imitated device. Transport-free: see lab.ios.shell for a session on it."""

    def __init__(
        self,
        vty: Path | Frr,
        hostname: str = "rr1",
        *,
        users: Mapping[str, str],
        enable_secret: str = "lab",
        archive: bool = True,
        address: str = "192.168.1.1/24",
        interface: str = "GigabitEthernet0/0",
        loopback: str | None = None,
        user_mode: bool = False,
        privilege: int = 15,
    ) -> None:
        """A router as delivered: an address, and an archive unless ``archive`` is False.

        ``vty``: bgpd's vty socket. ``users``: name to password. ``address``, ``loopback``:
        addresses with prefix length. ``user_mode``: log in at ``>``, where ``enable`` wants
        ``enable_secret``. ``privilege``: level at log-in. Raises FrrGone.
        """
        self.lock = threading.RLock()
        self.users, self.enable_secret = dict(users), enable_secret
        self.user_mode, self.privilege = user_mode, privilege
        self.refuse: list[re.Pattern[str]] = []
        self.started = time.time()
        self.frr = Switch(Vty(vty) if isinstance(vty, Path) else vty)
        self.archive = Archive(self.archive_settings, self.snapshot, self.restore)
        self._clear(hostname)
        delivered = [Line((f"interface {interface}",), f"ip address {_with_mask(address)}")]
        if loopback:
            delivered.append(Line(("interface Loopback0",), f"ip address {_with_mask(loopback)}"))
        if archive:
            delivered += [Line(("archive",), text) for text in DELIVERED_ARCHIVE]
        self._type(delivered)
        self.startup: Snapshot | None = self.snapshot()

    def _clear(self, hostname: str) -> None:
        self.hostname = hostname
        self.bgp: Bgp | None = None
        self.sections: dict[str, dict[tuple[str, ...], Match]] = {}
        self.plain: dict[tuple[str, ...], str] = {}
        self.prefix_lists = PrefixLists(self.frr)

    def _type(self, lines: Sequence[Line]) -> None:
        configurator = Configurator(self, refusing=False)
        for line in lines:
            # a line that cannot be undone before another one goes is tried again in the next pass
            with contextlib.suppress(CliError):
                configurator.at(line.path, line.text)

    def close(self) -> None:
        """Stop the timer of a pending change."""
        with self.lock:
            self.archive.close()

    # BGP and bgpd

    def reattach(self, vty: Path | Frr, *, rebooted: bool = False) -> None:
        """bgpd was started anew: replay the running configuration into it, or the startup
        configuration where the router itself ``rebooted``. Raises FrrGone."""
        with self.lock:
            wanted = self.snapshot()
            if rebooted:
                self.archive.close()
                self.started = time.time()
                wanted = self.startup or Snapshot((), None, "")
            self.frr.attach(Vty(vty) if isinstance(vty, Path) else vty)
            self._clear("Router")
            self.restore(wanted)

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

    # The running configuration

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

    def restore(self, wanted: Snapshot) -> int:
        """Make the running configuration ``wanted``, touching only what differs; number of passes.

        While bgpd is gone the configuration is restored all the same, for ``reattach`` to replay.
        """
        with self.lock:
            try:
                self.frr.run("show version")
            except FrrGone:
                self.frr.attach(Silent())
            passes = 0
            while passes < PASSES and (typed := difference(self.snapshot().lines, wanted.lines)):
                self._type(typed)
                passes += 1
            if self.bgp and wanted.shape:
                self.bgp.reshape(wanted.shape)
            return passes

    def write(self) -> None:
        """``write memory``."""
        self.startup = self.snapshot()
        self.archive.written()

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


def _with_mask(address: str) -> str:
    interface = ipaddress.IPv4Interface(address)
    return f"{interface.ip} {interface.netmask}"
