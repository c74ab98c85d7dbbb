# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe's part inside one pod: sends numbered packets to every other pod and books those that arrive.

Runs as a script in the pod's network namespace, standard library only, so that it stays cheap. First line of
standard input: the task (JSON). Then `go`, `stop` (stop sending) and `end` (count and leave). It answers
`ready`, reports about once a second what it sent and received, and answers `stopped` and the last report."""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from typing import IO, Any

PORT = 20000
BUFFER = 8 << 20
LATE_LIMIT = 16
MOST_GAPS = 4096
DRAIN_EVERY = 0.004
REPORT_EVERY = 1.0
SEQUENCE = 8


class Account:
    """Which packets of one sender arrived, by sequence number from 0.

    The latest MOST_GAPS gaps are kept; of older ones only how many packets they are, and the longest."""

    def __init__(self) -> None:
        self.next = 0
        self.gaps: list[list[int]] = []
        self.older = [0, 0]

    def take(self, sequence: int) -> None:
        """Book one packet; late ones close their gap, doubles change nothing."""
        if sequence == self.next:
            self.next += 1
        elif sequence > self.next:
            self.gaps.append([self.next, sequence])
            self.next = sequence + 1
            if len(self.gaps) > MOST_GAPS:
                self._forget()
        else:
            self._close(sequence)

    def _forget(self) -> None:
        start, end = self.gaps.pop(0)
        self.older = [self.older[0] + end - start, max(self.older[1], end - start)]

    def _close(self, sequence: int) -> None:
        for index, (start, end) in enumerate(self.gaps):
            if start <= sequence < end:
                parts = ([start, sequence], [sequence + 1, end])
                self.gaps[index : index + 1] = [part for part in parts if part[0] < part[1]]
                return

    def missing(self, sent: int) -> list[tuple[int, int]]:
        """The gaps kept, as [first number lost, first that arrived again), among the first `sent` packets."""
        gaps = [(start, min(end, sent)) for start, end in self.gaps if start < sent]
        return [*gaps, (self.next, sent)] if sent > self.next else gaps

    def lost(self, sent: int) -> tuple[int, int]:
        """Packets missing of the first `sent`, and the longest run of them. Packets beyond `sent` are left
        alone."""
        runs = [end - start for start, end in self.missing(sent)]
        return self.older[0] + sum(runs), max([self.older[1], *runs])


class Pod:
    """One pod's sender and receiver. `task`: index, address, peers [[index, address], ..], interval in
    seconds."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.interval = float(task["interval"])
        self.targets = [(peer, (address, PORT + int(task["index"]))) for peer, address in task["peers"]]
        self.sent = 0
        self.accounts = {peer: Account() for peer, _address in task["peers"]}
        self.inboxes = [(self.accounts[peer], _inbox(task["address"], PORT + peer)) for peer in self.accounts]
        self.outbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outbox.bind((task["address"], 0))
        self.buffer = bytearray(64)

    def send(self, until: int) -> None:
        """Send to every peer what is due, at most LATE_LIMIT packets each: the rest next time, so that no
        burst does harm. A packet the kernel refuses is sent and lost."""
        for sequence in range(self.sent, min(until, self.sent + LATE_LIMIT)):
            payload = sequence.to_bytes(SEQUENCE, "big")
            for _peer, target in self.targets:
                try:
                    self.outbox.sendto(payload, target)
                except OSError:
                    continue
            self.sent = sequence + 1

    def drain(self) -> None:
        """Book all that has arrived."""
        for account, inbox in self.inboxes:
            take = account.take
            while True:
                try:
                    size = inbox.recv_into(self.buffer)
                except BlockingIOError:
                    break
                if size == SEQUENCE:
                    take(int.from_bytes(self.buffer[:SEQUENCE], "big"))

    def report(self, word: str) -> None:
        """One line: `word`, how many numbers were sent to each peer, and for each peer [next, gaps,
        older]."""
        received = {
            str(peer): [account.next, account.gaps, account.older] for peer, account in self.accounts.items()
        }
        print(json.dumps({"word": word, "sent": self.sent, "received": received}), flush=True)


def _inbox(address: str, port: int) -> socket.socket:
    inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # The forced size needs real root; anyone gets what the machine allows.
    for option in (socket.SO_RCVBUF, getattr(socket, "SO_RCVBUFFORCE", 33)):
        try:
            inbox.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        except PermissionError:
            break
    inbox.bind((address, port))
    inbox.setblocking(False)
    return inbox


def main(stdin: IO[str] = sys.stdin) -> None:
    """Obey the commands on standard input; end when it closes."""
    pod = Pod(json.loads(stdin.readline()))
    commands = selectors.DefaultSelector()
    commands.register(stdin, selectors.EVENT_READ)
    print(json.dumps({"word": "ready"}), flush=True)
    began: float | None = None
    stopped = False
    drained = reported = 0.0
    while True:
        now = time.monotonic()
        if began is not None and not stopped:
            pod.send(int((now - began) / pod.interval) + 1)
        if now - drained < DRAIN_EVERY:
            time.sleep(_until_due(pod, began, now) if began is not None and not stopped else DRAIN_EVERY)
            continue
        pod.drain()
        drained = now
        if began is not None and now - reported >= REPORT_EVERY:
            pod.report("going")
            reported = now
        if not commands.select(0):
            continue
        command = stdin.readline().strip()
        if command == "go":
            began = time.monotonic()
        elif command == "stop":
            stopped = True
            pod.report("stopped")
        else:
            pod.report("end")
            return


def _until_due(pod: Pod, began: float, now: float) -> float:
    """Seconds to the next packet."""
    return max(0.0, began + pod.sent * pod.interval - now)


if __name__ == "__main__":
    main()
