# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measurement after the other, between the two pods of a way."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.evaluate import readings
from lab.evaluate.nodes import Bench
from lab.evaluate.paths import IPV4, UNDERLAY_MTU, Way
from lab.evaluate.tools import Tools
from lab.namespaces import Place
from lab.state import LabError

CAPTURE = Path(__file__).with_name("capture.py")
PCAP_HEADER = 24
#: Bytes of IP and ICMP headers in front of ping's own bytes.
ECHO_HEADERS = {"ipv4": 28, "ipv6": 48}
SIZES = (84, 576, 1280)
ECHOES = 10
PROBES = 2
DATAGRAM = 64
PINGS_PER_SECOND = 20000
PATIENCE = 15.0
SERVER_START = 5.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """How often and how long (seconds for each measurement)."""

    rounds: int
    seconds: int


class Meter:
    """The measurements; each has its two pods for itself. LabError when one does not come about."""

    def __init__(self, bench: Bench, tools: Tools) -> None:
        self._bench, self._tools = bench, tools
        processors = sorted(os.sched_getaffinity(0))
        self._sender, self._receiver = str(processors[0]), str(processors[-1])
        self._servers: list[subprocess.Popen[bytes]] = []

    def serve(self, way: Way) -> None:
        """Start the receiver in the second pod; return when it listens."""
        place = self._bench.pod(way, 1)
        command = place.command(str(self._tools.iperf3), "--server", mounts=False)
        sink = subprocess.DEVNULL
        self._servers.append(
            subprocess.Popen(command, env=self._tools.environment(), stdin=sink, stdout=sink, stderr=sink)
        )
        deadline = time.monotonic() + SERVER_START
        while not _listens(place):
            if time.monotonic() > deadline:
                raise LabError(f"iperf3's server did not start within {SERVER_START:.0f} s.")
            time.sleep(0.02)

    def mtu(self, way: Way) -> int:
        """The longest IP packet (bytes) that gets through whole, from pods that could send longer ones.

        It is the one that the path names when a packet is too long (RFC 1191, RFC 8201), and tried; where
        none is too long, that of the underlay, which the pods have themselves."""
        tried = self._echo(way, UNDERLAY_MTU, PROBES)
        if tried.returncode == 0:
            return UNDERLAY_MTU
        said = tried.stdout + tried.stderr
        mtu = readings.path_mtu(said)
        if mtu is None:
            raise LabError(f"packets of {UNDERLAY_MTU} bytes do not get through: {said.strip()}")
        # What the pod's kernel remembers of the path would keep the longer packet in the pod.
        self._bench.forget_mtu(way)
        if self._echo(way, mtu, PROBES).returncode or self._echo(way, mtu + 1, 1).returncode == 0:
            raise LabError(f"the path says that its MTU is {mtu}, and that is not true.")
        return mtu

    def set_mtu(self, way: Way, mtu: int) -> None:
        """Give the pods the MTU that Calico would give them."""
        for node in (0, 1):
            self._bench.pod(way, node).ip([f"link set eth0 mtu {mtu}"])

    def segmentation_offload(self, way: Way, *, on: bool) -> None:
        """Whether TCP hands over up to 64 KB at once, or one packet at a time."""
        for node in (0, 1):
            self._bench.pod(way, node).ip([f"link set eth0 gso_max_segs {65535 if on else 1}"])

    def capture(self, way: Way, mtu: int) -> Json:
        """What is on the first node's underlay while echo requests of known lengths cross it."""
        command = self._bench.places[0].command(sys.executable, "-I", str(CAPTURE), "eth0", mounts=False)
        pipe = subprocess.PIPE
        sizes = sorted({*SIZES, mtu})
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
            assert process.stdout is not None
            try:
                header = process.stdout.read(PCAP_HEADER)
                for size in sizes:
                    if header and self._echo(way, size, ECHOES).returncode:
                        raise LabError(f"packets of {size} bytes do not get through.")
                frames, said = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired as error:
                raise LabError(f"the capture did not end within {PATIENCE:.0f} s.") from error
            finally:
                process.kill()
        if process.returncode:
            raise LabError(f"the capture failed: {said.decode(errors='replace').strip()}")
        sent = [{"ip_bytes": size, "packets": ECHOES} for size in sizes]
        return {"path": way.name, "pcap": base64.b64encode(header + frames).decode(), "sent": sent}

    def tcp(self, way: Way, seconds: int, prefix: str = "tcp") -> Json:
        """Bits per second that one TCP connection delivers, and what a gigabit costs all processors."""
        before = readings.busy_seconds(Path("/proc/stat").read_text())
        end = self._iperf3(way, seconds)
        busy = readings.busy_seconds(Path("/proc/stat").read_text()) - before
        bits, rate = readings.received_bits(end)
        return {f"{prefix}_bits_per_second": rate, f"{prefix}_cpu_seconds_per_gigabit": busy / (bits / 1e9)}

    def tcp_single(self, way: Way, seconds: int) -> Json:
        """The same without segmentation offload."""
        self.segmentation_offload(way, on=False)
        try:
            return self.tcp(way, seconds, "tcp_single")
        finally:
            self.segmentation_offload(way, on=True)

    def udp(self, way: Way, seconds: int) -> Json:
        """Small datagrams per second that arrive, as fast as one process sends them."""
        end = self._iperf3(way, seconds, "--udp", "--bandwidth", "0", "--length", str(DATAGRAM))
        return {"udp_packets_per_second": readings.delivered_packets(end)}

    def rtt(self, way: Way, seconds: int) -> Json:
        """Percentiles of the round trip of an echo, one under way at a time, on an idle path."""
        count = PINGS_PER_SECOND * seconds
        limit = 4 * seconds + 1
        options = ("-A", "-c", str(count), "-w", str(limit), "-s", "56")
        times = readings.round_trips(self._ping(way, *options, timeout=limit + PATIENCE).stdout)
        return {
            f"rtt_{name}_microseconds": readings.percentile(times, share)
            for name, share in readings.PERCENTILES.items()
        }

    def _echo(self, way: Way, ip_bytes: int, count: int) -> subprocess.CompletedProcess[str]:
        """Echoes of this length, never in fragments; status 0 when at least one comes back."""
        size = str(ip_bytes - ECHO_HEADERS[way.family])
        return self._ping(way, "-A", "-c", str(count), "-W", "1", "-s", size, "-M", "do", timeout=PATIENCE)

    def _ping(self, way: Way, *options: str, timeout: float) -> subprocess.CompletedProcess[str]:
        family = "-4" if way.family == IPV4 else "-6"
        pinned = ("taskset", "--cpu-list", self._sender)
        return self._run(way, [*pinned, str(self._tools.ping), family, "-n", *options, way.pod(1)], timeout)

    def _iperf3(self, way: Way, seconds: int, *options: str) -> Json:
        length = ("--time", str(seconds))
        pinned = ("--affinity", f"{self._sender},{self._receiver}")
        command = [str(self._tools.iperf3), "--client", way.pod(1), "--json", *pinned, *length, *options]
        done = self._run(way, command, seconds + PATIENCE)
        return readings.iperf3(done.stdout or done.stderr)

    def _run(self, way: Way, command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                self._bench.pod(way, 0).command(*command, mounts=False),
                env=self._tools.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{Path(command[0]).name} did not end within {timeout:.0f} s.") from error


def _listens(place: Place) -> bool:
    listening = "0A"
    tables = [Path(f"/proc/{place.pid}/net/{name}") for name in ("tcp", "tcp6")]
    rows = [row.split() for file in tables if file.exists() for row in file.read_text().splitlines()[1:]]
    return any(row[3] == listening for row in rows)
