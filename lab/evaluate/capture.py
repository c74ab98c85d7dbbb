# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Capture an interface into a pcap file on standard output, until standard input ends.

Runs by itself in a node's network namespace. Its header is written when frames are being caught; what the
kernel's buffer could not hold is an error."""

from __future__ import annotations

import select
import socket
import struct
import sys
import time

ALL_PROTOCOLS = 0x0003
LONGEST = 65535
BUFFER = 4 << 20
ETHERNET = 1
SOL_PACKET, PACKET_STATISTICS = 263, 6
#: The last frames are still on their way when the end is called.
SETTLE = 0.2


def main(interface: str) -> int:
    """Catch frames; 0, or 1 when some were lost."""
    out = sys.stdout.buffer
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sock.bind((interface, ALL_PROTOCOLS))
        out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LONGEST, ETHERNET))
        out.flush()
        end = float("inf")
        while time.monotonic() < end:
            ready, _, _ = select.select(
                [sock] if end < float("inf") else [sock, sys.stdin], [], [], SETTLE / 4
            )
            if sys.stdin in ready:
                end = time.monotonic() + SETTLE
            if sock in ready:
                frame = sock.recv(LONGEST)
                now = time.time()
                out.write(struct.pack("=IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
        _caught, dropped = struct.unpack("=II", sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    out.flush()
    if dropped:
        print(f"{dropped} frames were lost while capturing {interface}", file=sys.stderr)
    return 1 if dropped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
