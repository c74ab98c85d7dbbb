# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The imitated router: its users, its running configuration, what it saved, and how it goes back."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.ios.config import Configurator
from lab.ios.grammar import CliError
from lab.ios.nuisances import Nuisances
from lab.ios.replace import Line, difference
from lab.ios.rollback import Archive, Snapshot
from lab.ios.running import Running
from lab.ios.vty import Frr, FrrGone, Silent, Vty

DELIVERED_ARCHIVE = ("path flash:cfg-", "maximum 14", "write-memory")
PASSES = 5


class Router(Running):
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
        ``enable_secret``. ``privilege``: level at log-in. ``nuisances`` makes it unpleasant.
        Raises FrrGone.
        """
        self.lock = threading.RLock()
        self.users, self.enable_secret = dict(users), enable_secret
        self.user_mode, self.privilege = user_mode, privilege
        self.started = time.time()
        self.nuisances = Nuisances()
        super().__init__(vty, hostname)
        self.archive = Archive(self.archive_settings, self.snapshot, self.restore)
        delivered = [Line((f"interface {interface}",), f"ip address {_with_mask(address)}")]
        if loopback:
            delivered.append(Line(("interface Loopback0",), f"ip address {_with_mask(loopback)}"))
        if archive:
            delivered += [Line(("archive",), text) for text in DELIVERED_ARCHIVE]
        self._type(delivered)
        self.startup: Snapshot | None = self.snapshot()

    def _type(self, lines: Sequence[Line]) -> None:
        configurator = Configurator(self)
        for line in lines:
            # a line that cannot be undone before another one goes is tried again in the next pass
            with contextlib.suppress(CliError):
                configurator.at(line.path, line.text)

    def close(self) -> None:
        """Stop the timer of a pending change."""
        with self.lock:
            self.archive.close()

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
            self.clear("Router")
            self.restore(wanted)

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


def _with_mask(address: str) -> str:
    interface = ipaddress.IPv4Interface(address)
    return f"{interface.ip} {interface.netmask}"
