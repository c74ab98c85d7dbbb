# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers beside ntc-templates: time and memory at some sizes, and the peers found in recorded answers.

    python -m tests.bench.readers [--sizes 100,1000,5000] [--repeat 3]

Each reading runs in a process of its own; CPU seconds are of the reading alone, the best of the repeats;
memory is what the peak of the process rises by while it reads.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ntc_templates.parse import ParsingException, parse_output
from textfsm.parser import TextFSMError

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from tests.helpers import recordings

TITLE = "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n"
HEAD = (
    "BGP router identifier 192.0.2.1, local AS number 64512\n"
    "BGP table version is 5001, main routing table version 5001\n\n"
)
# Hand-made after the recordings of XE 16: one address family, and the numbers that differ between neighbours.
BLOCK = """\
BGP neighbor is {address},  remote AS 64512, internal link
 Description: calico_bgp prod/node-{n}
 Member of peer-group CALICO for session parameters
  BGP version 4, remote router ID {address}
  BGP state = Established, up for 3d21h
  Last read 00:00:{s:02}, last write 00:00:{t:02}, hold time is 30, keepalive interval is 10 seconds
  Neighbor sessions:
    1 active, is not multisession capable (disabled)
  Neighbor capabilities:
    Route refresh: advertised and received(new)
    Four-octets ASN Capability: advertised and received
    Address family IPv4 Unicast: advertised and received
    Graceful Restart Capability: advertised and received
      Remote Restart timer is 120 seconds
      Address families advertised by peer:
        IPv4 Unicast (was not preserved
    Enhanced Refresh Capability: advertised
    Multisession Capability:
    Stateful switchover support enabled: NO for session 1
  Message statistics:
    InQ depth is 0
    OutQ depth is 0

                         Sent       Rcvd
    Opens:                  1          1
    Notifications:          0          0
    Updates:            {n:7}         14
    Keepalives:       {k:9}  {k:9}
    Route Refresh:          0          0
    Total:            {k:9}  {k:9}
  Do log neighbor state changes (via global configuration)
  Default minimum time between advertisement runs is 0 seconds

 For address family: IPv4 Unicast
  Session: {address}
  BGP table version 5001, neighbor version 5001/0
  Output queue size : 0
  Index 1, Advertise bit 0
  Route-Reflector Client
  1 update-group member
  CALICO peer-group member
  Community attribute sent to this neighbor
  Slow-peer detection is disabled
  Slow-peer split-update-group dynamic is disabled
                                 Sent       Rcvd
  Prefix activity:               ----       ----
    Prefixes Current:            5000          1 (Consumes 136 bytes)
    Prefixes Total:           {n:7}          1
    Implicit Withdraw:              0          0
    Explicit Withdraw:              0          0
    Used as bestpath:             n/a          1
    Used as multipath:            n/a          0
    Used as secondary:            n/a          0

                                   Outbound    Inbound
  Local Policy Denied Prefixes:    --------    -------
    ORIGINATOR loop:                    n/a    {n:7}
    Bestpath from this peer:              1        n/a
    Total:                                1    {n:7}
  Number of NLRIs in the update sent: max 0, min 0
  Last detected as dynamic slow peer: never
  Dynamic slow peer recovered: never
  Refresh Epoch: 1
  Last Sent Refresh Start-of-rib: never
  Last Sent Refresh End-of-rib: never
  Last Received Refresh Start-of-rib: never
  Last Received Refresh End-of-rib: never
                       Sent   Rcvd
    Refresh activity:          ----   ----
      Refresh Start-of-RIB          0          0
      Refresh End-of-RIB            0          0
  Maximum prefixes allowed 100 (warning-only)
  Threshold for warning message 75%

  Address tracking is enabled, the RIB does have a route to {address}
  Route to peer address reachability Up: 1; Down: 0
    Last notification 3d20h
  Connections established 1; dropped 0
  Last reset never
  Interface associated: (none) (peering address NOT in same link)
  Transport(tcp) path-mtu-discovery is enabled
  Graceful-Restart is enabled, restart-time 120 seconds, stalepath-time 360 seconds
  SSO is disabled
Connection state is ESTAB, I/O status: 1, unread input bytes: 0
Connection is ECN Disabled, Mininum incoming TTL 0, Outgoing TTL 255
Local host: 192.0.2.1, Local port: 179
Foreign host: {address}, Foreign port: {port}
Connection tableid (VRF): 0
Maximum output segment queue size: 50

Enqueued packets for retransmit: 0, input: 0  mis-ordered: 0 (0 bytes)

Event Timers (current time is 0x{n:08X}):
Timer          Starts    Wakeups            Next
Retrans     {k:9}          0             0x0
TimeWait            0          0             0x0
AckHold     {k:9}  {k:9}             0x0
SendWnd             0          0             0x0
KeepAlive           0          0             0x0
GiveUp              0          0             0x0
PmtuAger            0          0             0x0
DeadWait            0          0             0x0
Linger              0          0             0x0
ProcessQ            0          0             0x0

iss: 348{n:07}  snduna: 348{k:07}  sndnxt: 348{k:07}
irs:  54{n:07}  rcvnxt:  54{k:07}

sndwnd:  {w:5}  scale:      0  maxrcvwnd:  16384
rcvwnd:  {w:5}  scale:      0  delrcvwnd:     19

SRTT: 1000 ms, RTTO: 1003 ms, RTV: 3 ms, KRTT: 0 ms
minRTT: 1 ms, maxRTT: 1000 ms, ACK hold: 200 ms
uptime: 33{n:07} ms, Sent idletime: {k} ms, Receive idletime: {k} ms
Status Flags: passive open, gen tcbs
Option Flags: nagle, path mtu capable, md5
IP Precedence value : 6

Datagrams (max data segment is 1460 bytes):
Rcvd: {k} (out of order: 0), with data: {k}, total data bytes: 1{n:07}
Sent: {k} (retransmit: 0, fastretransmit: 0, partialack: 0), with data: {k}, total data bytes: 1{n:07}

 Packets received in fast path: 0, fast processed: 0, slow path: 0
 fast lock acquisition failures: 0, slow path: 0
TCP Semaphore      0x7F59{n:08X}  FREE

"""


def address(number: int) -> str:
    """A client's address."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def summary_text(size: int) -> str:
    """`show bgp ipv4 unicast summary` of so many neighbours."""
    rows = (
        f"{address(n):15} 4        64512 {6000 + n:7} {6100 + n:7}     5001    0    0 3d21h           1\n"
        for n in range(1, size + 1)
    )
    return HEAD + TITLE + "".join(rows)


def neighbors_text(size: int) -> str:
    """`show ip bgp neighbors` of so many neighbours."""
    return "".join(
        BLOCK.format(
            address=address(n),
            n=n,
            k=6000 + n % 3000,
            s=n % 10,
            t=(n + 3) % 10,
            w=12000 + n % 4384,
            port=20000 + n,
        )
        for n in range(1, size + 1)
    )


def ntc(command: str) -> Callable[[str], list[Any]]:
    """ntc-templates' reading of a command."""
    return lambda text: list(parse_output(platform="cisco_ios", command=command, data=text))


READINGS: dict[str, tuple[Callable[[int], str], Callable[[], Callable[[str], Any]]]] = {
    "summary, ours": (summary_text, lambda: lambda text: read_summary(text).rows),
    "summary, ntc-templates": (summary_text, lambda: ntc("show ip bgp summary")),
    "neighbors, ours": (neighbors_text, lambda: read_neighbors),
    "neighbors, ntc-templates": (neighbors_text, lambda: ntc("show ip bgp neighbors")),
}


@dataclass(frozen=True)
class Measured:
    """One reading: peers read, CPU seconds, peak memory in MB."""

    peers: int
    seconds: float
    memory: float


def measure(name: str, size: int, repeat: int) -> Measured:
    """Read in this process."""
    make, prepare = READINGS[name]
    text, read = make(size), prepare()
    read(make(1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        result = read(text)
        times.append(time.process_time() - begin)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Measured(len(result), min(times), (after - before) / 1024)


def in_process(name: str, size: int, repeat: int) -> Measured:
    """Read in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.readers", "--one", name, "--sizes", str(size)]
    done = subprocess.run(
        [*command, "--repeat", str(repeat)], capture_output=True, text=True, check=True, timeout=900
    )
    return Measured(**json.loads(done.stdout))


def speed(sizes: list[int], repeat: int) -> None:
    """Print the table of times."""
    print("| command | neighbours | text | ours: CPU, memory | ntc-templates: CPU, memory | ratio |")
    print("|---|---|---|---|---|---|")
    for command, make in (("summary", summary_text), ("neighbors", neighbors_text)):
        for size in sizes:
            ours, theirs = (
                in_process(f"{command}, {who}", size, repeat) for who in ("ours", "ntc-templates")
            )
            if ours.peers != size:
                raise SystemExit(f"{command}: {ours.peers} of {size} read")
            print(
                f"| {command} | {size} | {len(make(size)) / 1e6:.2f} MB "
                f"| {ours.seconds:.3f} s, {ours.memory:.0f} MB "
                f"| {theirs.seconds:.3f} s, {theirs.memory:.0f} MB ({theirs.peers} peers) "
                f"| {theirs.seconds / ours.seconds:.1f} |"
            )


def found(read: Callable[[str], Any], text: str, key: Callable[[Any], str]) -> int:
    """How many peers a reader gives, -1 where it says that it does not understand the text."""
    try:
        return len([each for each in read(text) if key(each)])
    except (IosTextError, ParsingException, TextFSMError):
        return -1


def completeness() -> None:
    """Print, per command, how many recorded peers are found."""
    rows: dict[tuple[str, str], list[int]] = {}
    kinds = (
        ("summary", recordings.SUMMARIES, recordings.summary_peers, lambda text: read_summary(text).rows),
        ("neighbors", recordings.NEIGHBORS, recordings.neighbor_peers, read_neighbors),
    )
    for kind, files, oracle, ours in kinds:
        theirs = ntc(f"show ip bgp {kind}")
        key = "bgp_neighbor" if kind == "summary" else "neighbor"
        for each in files:
            row = rows.setdefault((kind, each.name.split("/")[1]), [0] * 7)
            peers = len(oracle(each.text))
            by_us = found(ours, each.text, lambda record: record.address)
            by_ntc = found(theirs, each.text, lambda record, key=key: record[key])
            row[0] += 1
            row[1] += peers
            row[2] += max(by_us, 0)
            row[3] += by_us == peers
            row[4] += max(by_ntc, 0)
            row[5] += by_ntc == peers
            row[6] += by_ntc != peers and by_ntc >= 0
    titles = (
        "recorded command",
        "files",
        "peers in the text",
        "ours",
        "files complete",
        "ntc-templates",
        "files complete",
        "files incomplete without an error",
    )
    print(f"| {' | '.join(titles)} |")
    print("|---|---|---|---|---|---|---|---|")
    for (_kind, command), row in rows.items():
        print(f"| {command} | {row[0]} | {row[1]} | {row[2]} | {row[3]} | {row[4]} | {row[5]} | {row[6]} |")
    total = [sum(column) for column in zip(*rows.values(), strict=True)]
    print("| all | " + " | ".join(str(each) for each in total) + " |")


def main(arguments: list[str]) -> int:
    """Measure and print; with --one, measure one reading and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="100,1000,5000")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.one:
        print(json.dumps(measure(given.one, sizes[0], given.repeat).__dict__))
        return 0
    speed(sizes, given.repeat)
    print()
    if recordings.ALL:
        completeness()
    else:
        print(recordings.ABSENT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
