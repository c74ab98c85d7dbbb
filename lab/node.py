# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of the lab: its places, its pods, and BIRD as Calico runs it."""

from __future__ import annotations

import ipaddress
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.namespaces import Place, PlaceError
from lab.network import MOST_NODES_BY_ARP, LabNode, Network, mac
from lab.programs import Programs
from lab.site import STATE

SOCKET = "/run/calico/bird.ctl"
METRIC = 1024
POD_GATEWAY = "169.254.1.1"
ANSWER = 5.0
GATEWAY_FLAG = 2

# A node writes into files of its own: what a role installs there must not reach the machine the lab runs on.
FURNISH = """\
hostname {name}
umask 022
for place in run root tmp; do mount -t tmpfs -o mode=755 tmpfs /$place; done
chmod 700 /root; chmod 1777 /tmp
[ -L /var/run ] || mount --bind /run /var/run
mkdir -p /run/calico /run/node
for place in etc usr/local; do
  own=/run/node/$place
  mkdir -p $own/upper $own/work
  mount -t overlay -o lowerdir=/$place,upperdir=$own/upper,workdir=$own/work node /$place || {{
    mount --bind /$place /$place
    mount -o remount,bind,ro /$place
  }}
done
# The machine may be a Calico node itself.
[ ! -d /etc/calico ] || mount -t tmpfs -o mode=755 tmpfs /etc/calico
# Below a user namespace, what belongs to the machine's root stays read-only.
for place in usr/local/bin etc/profile.d; do
  [ ! -d /$place ] || [ -w /$place ] || {{
    own=/run/node/machine/$place
    mkdir -p $own
    mount --bind /$place $own
    mount -t tmpfs -o mode=755 tmpfs /$place
    for file in $own/*; do [ ! -e "$file" ] || ln -s "$file" /$place/; done
  }}
done
ln -sf {kubelet} /usr/local/bin/birdcl
echo 1 > /proc/sys/net/ipv4/ip_forward
"""


@dataclass(frozen=True)
class Session:
    """One BGP protocol of BIRD: its name, protocol state (up, start, down ..) and BGP state (Established,
    ..)."""

    name: str
    state: str
    info: str

    @property
    def established(self) -> bool:
        """Whether routes flow."""
        return self.info == "Established"


class Node:
    """A node in the network of `network`; its BIRD files and log lie in `directory` of the state
    directory."""

    def __init__(self, lab: LabNode, network: Network, programs: Programs) -> None:
        self.lab, self._network, self._programs = lab, network, programs
        self.name = lab.name
        self.place = Place(lab.name, ip=programs.ip)
        self.pods = {pod.name: Place(f"{lab.name}/{pod.name}", ip=programs.ip) for pod in lab.pods}
        self.directory = STATE / "nodes" / lab.name
        self._bird: subprocess.Popen[bytes] | None = None
        self._killed = False

    def furnish(self) -> None:
        """Own file systems and name; the cable (eth0) must be there for `connect`."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.place.shell(FURNISH.format(name=self.name, kubelet=self._programs.kubelet))

    def connect(self) -> None:
        """Addresses and routes of node and pods, forwarding, proxy ARP on the pods' side."""
        lines = [
            "link set lo up",
            "link set eth0 up",
            f"addr add {self.lab.address}/{self._network.prefix_length} dev eth0",
            f"route add default via {self._network.gateway}",
            *static_neighbours(self._network, self.lab.address),
        ]
        for number, pod in enumerate(self.lab.pods, 1):
            lines += [
                f"link add cali{number} type veth peer name eth0 netns {self.pods[pod.name].pid}",
                f"link set cali{number} up",
                # Felix's metric: BIRD lets a route with a smaller one out of the block's aggregate.
                f"route add {pod.address}/32 dev cali{number} scope link metric {METRIC}",
            ]
        self.place.ip(lines)
        self.place.shell(
            "for dev in /proc/sys/net/ipv4/conf/cali*; do [ ! -e $dev ] || echo 1 > $dev/proxy_arp; done\n"
            "for dev in /proc/sys/net/ipv4/neigh/cali*; do [ ! -e $dev ] || echo 0 > $dev/proxy_delay; done\n"
        )
        for pod in self.lab.pods:
            self.pods[pod.name].ip(
                [
                    "link set lo up",
                    "link set eth0 up",
                    f"addr add {pod.address}/32 dev eth0",
                    f"route add {POD_GATEWAY} dev eth0 scope link",
                    f"route add default via {POD_GATEWAY}",
                ]
            )

    @property
    def bird_runs(self) -> bool:
        """Whether BIRD's process is there."""
        return self._bird is not None and self._bird.poll() is None

    def check_config(self, directory: Path) -> str:
        """What `bird -p` has against the bird.cfg in `directory`; empty when nothing."""
        done = subprocess.run(
            [self._programs.bird, "-p", "-c", directory / "bird.cfg"],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return (done.stderr or done.stdout or "bird -p failed").strip() if done.returncode else ""

    def start_bird(self) -> None:
        """Start BIRD as Calico does: with graceful restart recovery (-R), logging to nodes/NAME/bird.log.

        Returns when it answers; PlaceError when it does not.
        """
        self._killed = False
        arguments = [
            str(self._programs.bird),
            "-R",
            "-d",
            "-s",
            SOCKET,
            "-c",
            str(self.directory / "bird.cfg"),
        ]
        self._bird = self.place.start(arguments, self.directory / "bird.log", self._environment())
        deadline = time.monotonic() + ANSWER
        while not self._bird_answers():
            if not self.bird_runs or time.monotonic() > deadline:
                raise PlaceError(f"BIRD of {self.name} did not start: see nodes/{self.name}/bird.log.")
            time.sleep(0.01)

    def refresh_bird(self) -> None:
        """Have BIRD read its files again, or start it where it does not run; nothing while it is killed."""
        if self._bird is not None and self.bird_runs:
            self._bird.send_signal(signal.SIGHUP)
        elif not self._killed:
            self.start_bird()

    def kill_bird(self) -> None:
        """SIGKILL: no NOTIFICATION; kernel routes stay. BIRD is not started again before `start_bird`."""
        self._killed = True
        if self._bird is not None:
            self._bird.kill()
            self._bird.wait()
            self._bird = None

    def ask_bird(self, command: str) -> list[str]:
        """The lines of BIRD's answer, without codes; OSError when it does not answer."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(ANSWER)
            sock.connect(str(self.place.path(SOCKET)))
            with sock.makefile("rw") as stream:
                stream.readline()
                stream.write(command + "\n")
                stream.flush()
                return _answer(stream.readline)

    def sessions(self) -> list[Session]:
        """BIRD's BGP protocols; empty when BIRD does not answer."""
        try:
            lines = self.ask_bird("show protocols")
        except OSError:
            return []
        rows = [line.split(None, 5) for line in lines]
        return [
            Session(row[0], row[3], row[5].strip() if len(row) > 5 else "")
            for row in rows
            if len(row) > 4 and row[1] == "BGP"
        ]

    def kernel_routes(self) -> frozenset[str]:
        """Destinations (CIDR) the node's kernel has a gateway for."""
        rows = [
            line.split() for line in Path(f"/proc/{self.place.pid}/net/route").read_text().splitlines()[1:]
        ]
        return frozenset(_cidr(row[1], row[7]) for row in rows if int(row[3], 16) & GATEWAY_FLAG)

    def _bird_answers(self) -> bool:
        try:
            return bool(self.ask_bird("show status"))
        except OSError:
            return False

    def _environment(self) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": self._programs.library_path}


def static_neighbours(network: Network, own: str) -> list[str]:
    """`ip` lines that spare a large network its ARP; none for a small one, which is to behave as usual."""
    if len(network.nodes) <= MOST_NODES_BY_ARP:
        return []
    return [
        f"neigh add {member.address} lladdr {mac(member.address)} nud permanent dev eth0"
        for member in network.members()
        if member.address != own
    ]


def _cidr(destination: str, mask: str) -> str:
    """A CIDR from the words of /proc/net/route, which are hexadecimal in the machine's byte order."""
    address, netmask = (
        ipaddress.IPv4Address(int(word, 16).to_bytes(4, sys.byteorder)) for word in (destination, mask)
    )
    return str(ipaddress.ip_network(f"{address}/{netmask}"))


def _answer(readline: Callable[[], str]) -> list[str]:
    """Lines up to the one that ends BIRD's answer: a code that starts with 0, 8 or 9, and a space."""
    lines: list[str] = []
    while line := readline():
        text = re.sub(r"^\d{4}[- ]", "", line.rstrip("\n"))
        if re.match(r"^[089]\d{3} ", line):
            return [*lines, text] if text else lines
        lines.append(text.removeprefix(" "))
    return lines
