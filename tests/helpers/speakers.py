# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two bgpds in a network namespace of their own, and lines typed at the imitated router."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import programs
from lab.ios.shell import Session
from tests.helpers.waiting import wait

# One network namespace with both speakers; bgpd wants a group frrvty that its user is in.
START = """\
set -e
{{ cat /etc/group; echo frrvty:x:0:root; }} > {run}/group
mount --bind {run}/group /etc/group
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
ip link set lo up
ip addr add 192.168.1.1/32 dev lo
ip addr add 192.168.1.10/32 dev lo
start() {{
    "{bgpd}" -u root -g root -Z -P 0 -l $2 -f {run}/$1/bgpd.conf --vty_socket {run}/$1 -z {run}/$1/zserv.api \
        -i {run}/$1/bgpd.pid &
}}
start rr 192.168.1.1
start client 192.168.1.10
wait
"""
CLIENT = """\
router bgp 64512
 bgp router-id 192.168.1.10
 no bgp network import-check
 neighbor 192.168.1.1 remote-as 64512
 neighbor 192.168.1.1 update-source 192.168.1.10
 neighbor 192.168.1.1 timers connect 1
 address-family ipv4 unicast
  network 10.244.0.0/26
  network 10.244.9.9/32
"""
PUSH = """\
ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32
router bgp 64512
 bgp cluster-id 1
 bgp log-neighbor-changes
 bgp graceful-restart
 bgp graceful-restart restart-time 120
 bgp graceful-restart stalepath-time 360
 neighbor CALICO peer-group
 neighbor CALICO remote-as 64512
 neighbor CALICO timers 10 30
 neighbor CALICO transport connection-mode passive
 address-family ipv4
  neighbor CALICO route-reflector-client
  neighbor CALICO send-community
  neighbor CALICO prefix-list CALICO in
  neighbor CALICO prefix-list CALICO out
  neighbor CALICO maximum-prefix 100 75 warning-only
 exit-address-family
 neighbor 192.168.1.10 peer-group CALICO
 neighbor 192.168.1.10 description calico_bgp lab/node-a
 address-family ipv4
  neighbor 192.168.1.10 activate
"""


@contextmanager
def speakers() -> Iterator[Path]:
    """A directory with the vty sockets of both bgpds: rr/bgpd.vty and client/bgpd.vty."""
    root = programs.cache_directory() / "deb"
    bgpd = root / "usr/lib/frr/bgpd"
    if not bgpd.exists() or not shutil.which("unshare"):
        pytest.skip(f"needs unshare and {bgpd} (make setup)")
    directory = Path(tempfile.mkdtemp(prefix="ios-"))  # short: socket paths end at 107 bytes
    for name, text in (("rr", ""), ("client", CLIENT)):
        (directory / name).mkdir()
        (directory / name / "bgpd.conf").write_text(text)
    script = START.format(run=directory, bgpd=bgpd)
    namespaces = ["--user", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--kill-child"]
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            ["unshare", *namespaces, "--mount-proc", "sh", "-c", script],
            env={**os.environ, "LD_LIBRARY_PATH": programs.library_path(root)},
            stdout=log,
            stderr=log,
        )
        try:
            wait(lambda: all((directory / name / "bgpd.vty").exists() for name in ("rr", "client")))
            yield directory
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(directory)


def enter(session: Session, text: str) -> None:
    """Type the lines of ``text`` in configuration mode; none may be refused."""
    for line in ["configure terminal", *text.splitlines(), "end"]:
        answer = session.enter(line)
        assert answer == "" or line == "configure terminal", f"{line}: {answer}"
