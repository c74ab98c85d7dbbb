# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe: numbered packets between all pods, every millisecond, and what became of them."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.namespaces import Place
from lab.probe_pod import Account
from lab.report import Count, Report, judge, pace
from lab.state import LabError, write_atomically

SCRIPT = Path(__file__).with_name("probe_pod.py")
PATIENCE = 15.0
IN_FLIGHT = 0.5
Json = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A pod that takes part: a name unique in the lab, its address and its place."""

    name: str
    address: str
    place: Place


class Probe:
    """A running probe; its live report is rewritten every second at `report`."""

    def __init__(self, sources: Sequence[Source], report: Path) -> None:
        self._sources, self._report = sources, report
        self._interval = pace(len(sources))
        self._started = 0.0
        self._children: list[asyncio.subprocess.Process] = []
        self._counts: list[Count] = []
        self._earlier: list[int] = []
        self._reading: list[asyncio.Task[None]] = []
        self._words: list[asyncio.Queue[str]] = [asyncio.Queue() for _source in sources]
        self._writing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start a process in every pod; return when all send. LabError when one does not start."""
        try:
            for index in range(len(self._sources)):
                await self._spawn(index)
            await self._hear("ready")
        except BaseException:
            self.kill()
            raise
        nothing = {index: Account() for index in range(len(self._sources))}
        self._counts = [Count(0, nothing) for _source in self._sources]
        self._earlier = [0] * len(self._sources)
        self._started = time.time()
        self._tell("go")
        self._writing = asyncio.create_task(self._write_reports())

    async def stop(self) -> Report:
        """Stop sending, wait for what is under way, count. Afterwards the probe is gone."""
        if self._writing is not None:
            self._writing.cancel()
        try:
            self._tell("stop")
            await self._hear("stopped")
            await asyncio.sleep(IN_FLIGHT)
            self._tell("end")
            await self._hear("end")
            report = self._now([count.sent for count in self._counts], running=False)
        finally:
            self.kill()
        self._write(report)
        return report

    def status(self) -> Report:
        """What is known now; packets of the last second are left out."""
        return self._now(self._earlier, running=True)

    def kill(self) -> None:
        """End the processes whatever they do."""
        for task in self._reading:
            task.cancel()
        for child in self._children:
            if child.returncode is None:
                child.kill()

    def _now(self, sent: Sequence[int], *, running: bool) -> Report:
        names = [source.name for source in self._sources]
        return Report(judge(names, sent, self._counts), self._interval, running, self._started)

    def _write(self, report: Report) -> None:
        write_atomically(self._report, json.dumps(report.as_json()) + "\n")

    async def _write_reports(self) -> None:
        while True:
            sent = [count.sent for count in self._counts]
            await asyncio.sleep(1)
            self._earlier = sent
            self._write(self.status())

    async def _spawn(self, index: int) -> None:
        source = self._sources[index]
        child = await asyncio.create_subprocess_exec(
            *source.place.command(sys.executable, "-I", "-S", str(SCRIPT), mounts=False),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        self._children.append(child)
        peers = [[peer, other.address] for peer, other in enumerate(self._sources) if peer != index]
        task = {"index": index, "address": source.address, "peers": peers, "interval": self._interval}
        assert child.stdin
        child.stdin.write(json.dumps(task).encode() + b"\n")
        self._reading.append(asyncio.create_task(self._read(index, child)))

    async def _read(self, index: int, child: asyncio.subprocess.Process) -> None:
        assert child.stdout
        while line := await child.stdout.readline():
            said = json.loads(line)
            if "received" in said:
                self._counts[index] = Count.read(said)
            if said["word"] != "going":
                self._words[index].put_nowait(said["word"])

    def _tell(self, command: str) -> None:
        for child in self._children:
            assert child.stdin
            child.stdin.write(command.encode() + b"\n")

    async def _hear(self, word: str) -> None:
        for source, words in zip(self._sources, self._words, strict=True):
            try:
                heard = await asyncio.wait_for(words.get(), PATIENCE)
            except TimeoutError:
                raise LabError(
                    f"The probe in pod {source.name} does not answer: see the lab's log."
                ) from None
            assert heard == word, (heard, word)
