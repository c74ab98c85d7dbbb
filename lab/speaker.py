# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine of the lab with FRR's bgpd, in a place of its own: a route reflector, or an upstream router."""

from __future__ import annotations

import platform
import socket
import subprocess
import time
from pathlib import Path

from lab.namespaces import Place, PlaceError
from lab.network import LabReflector, LabUpstream, Network
from lab.node import static_neighbours
from lab.programs import Programs
from lab.site import RUN, STATE

BIRTH = 10.0

# With graceful restart bgpd announces long-lived graceful restart too (capability 71) and cannot be told
# otherwise. IOS does not, and BIRD would keep the routes of a router that fell silent. So the lab runs a copy
# in which the one instruction that loads this number loads one that BIRD ignores (239, for experiments).
LLGR = {
    "x86_64": (b"\xbe\x47\x00\x00\x00", b"\xbe\xef\x00\x00\x00"),
    "aarch64": (b"\xe1\x08\x80\x52", b"\xe1\x1d\x80\x52"),
}

# bgpd insists on a group frrvty for its socket; crash logs of it must not reach the machine's /var/tmp.
FURNISH = """\
hostname {name}
{{ cat /etc/group; echo frrvty:x:0:; }} > {run}/group
mount --bind {run}/group /etc/group
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
echo 0 > /proc/sys/net/ipv4/ip_forward
"""


class Speaker:
    """One router. None is in the data path, although the nodes' default route points at the first
    reflector. A reflector's bgpd is configured through lab.ios only."""

    def __init__(self, lab: LabReflector | LabUpstream, network: Network, programs: Programs) -> None:
        self.lab, self._network, self._programs = lab, network, programs
        self.name = lab.name
        self.place = Place(lab.name, ip=programs.ip)
        self.run = RUN / lab.name
        self.directory = STATE / "routers" / lab.name
        self._program = programs.bgpd
        self._bgpd: subprocess.Popen[bytes] | None = None

    @property
    def vty(self) -> Path:
        """bgpd's command socket."""
        return self.run / "bgpd.vty"

    @property
    def log(self) -> Path:
        """What bgpd says."""
        return self.directory / "bgpd.log"

    def furnish(self) -> None:
        """Own group file and name."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.run.mkdir()
        if changed := without_llgr(self._programs.bgpd.read_bytes(), platform.machine()):
            self._program = self.run / "bgpd"
            self._program.write_bytes(changed)
            self._program.chmod(0o755)
        self.place.shell(FURNISH.format(name=self.name, run=self.run))

    def connect(self) -> None:
        """Address on the underlay."""
        self.place.ip(
            [
                "link set lo up",
                "link set eth0 up",
                f"addr add {self.lab.address}/{self._network.prefix_length} dev eth0",
                *static_neighbours(self._network, self.lab.address),
            ]
        )

    @property
    def like_ios(self) -> bool:
        """Whether silence of this router ends its routes at the nodes when the hold time is over, as with
        IOS."""
        return self._program != self._programs.bgpd

    @property
    def bgpd_runs(self) -> bool:
        """Whether bgpd's process is there."""
        return self._bgpd is not None and self._bgpd.poll() is None

    def start_bgpd(self) -> None:
        """Start bgpd without any configuration and return when it takes commands; PlaceError when it does
        not."""
        self.vty.unlink(missing_ok=True)
        empty = self.run / "bgpd.conf"
        empty.touch()
        arguments = [
            str(self._program),
            "--no_zebra",
            *("--user", "root", "--group", "root", "--vty_port", "0"),
            *("--vty_socket", str(self.run), "--pid_file", str(self.run / "bgpd.pid")),
            *("--config_file", str(empty), "--log", "stdout"),
        ]
        self._bgpd = self.place.start(arguments, self.log, {"LD_LIBRARY_PATH": self._programs.library_path})
        deadline = time.monotonic() + BIRTH
        while not _answers(self.vty):
            if not self.bgpd_runs or time.monotonic() > deadline:
                raise PlaceError(f"bgpd of {self.name} did not start: see routers/{self.name}/bgpd.log.")
            time.sleep(0.01)

    def kill_bgpd(self) -> None:
        """SIGKILL: no NOTIFICATION; the kernel still closes the TCP sessions."""
        if self._bgpd is not None:
            self._bgpd.kill()
            self._bgpd.wait()
            self._bgpd = None


def without_llgr(program: bytes, machine: str) -> bytes | None:
    """bgpd that does not announce long-lived graceful restart; None when it is not the bgpd we know."""
    original, other = LLGR[machine]
    return program.replace(original, other) if program.count(original) == 1 else None


def _answers(path: Path) -> bool:
    """Whether somebody listens on a Unix socket: it exists a moment earlier."""
    with socket.socket(socket.AF_UNIX) as sock:
        return sock.connect_ex(str(path)) == 0
