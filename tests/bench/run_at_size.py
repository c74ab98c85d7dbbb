# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook site costs the controller on labs of real nodes, asked by exec and by SSH.

    python -m tests.bench.run_at_size --nodes 3,50 --ask exec,ssh

One lab of each size; between two runs the cluster goes back to the mesh. Printed for each run: its exit
status, seconds, seconds of CPU of ansible-playbook and all that it started on the controller, the most memory
that all of these had at a time (shared pages counted once), and how many tasks were begun. The lab's nodes
are on the same machine; what they need is not counted, and slows the run down.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.system import ENDS_WITH_CALLER
from tests.helpers.commands import CHECKOUT
from tests.helpers.labs import Lab

SOAK = 10
#: Seconds between two looks at the memory.
POLL = 0.5


@dataclass(frozen=True)
class Cost:
    """One run: its exit status, seconds, seconds of CPU, MB, and tasks."""

    status: int
    wall: float
    cpu: float
    peak: float
    tasks: int


class Memory(threading.Thread):
    """Follows the memory of a process and all below it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self.peak = 0.0

    def run(self) -> None:
        """Until `end`."""
        while not self._over.wait(POLL):
            self.peak = max(self.peak, sum(map(_proportional, _below(self._pid))) / 1024)

    def end(self) -> float:
        """The most there was, in MB."""
        self._over.set()
        self.join()
        return self.peak


def _below(pid: int) -> Iterator[int]:
    yield pid
    # Each may be gone by the time it is looked at, and the others are not.
    tasks: list[Path] = []
    with suppress(OSError):
        tasks += Path(f"/proc/{pid}/task").iterdir()
    for task in tasks:
        children = ""
        with suppress(OSError):
            children = (task / "children").read_text()
        for child in children.split():
            yield from _below(int(child))


def _proportional(pid: int) -> int:
    """KB of memory, of shared pages the share; 0 where it is gone."""
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def measured(lab: Lab, playbook: str, ask: str, forks: int) -> Cost:
    """Run a playbook, and see what it costs."""
    given = {"calico_bgp_ask": ask, "calico_bgp_soak": SOAK}
    command = [*ENDS_WITH_CALLER, *lab.command(playbook, f"--forks={forks}", **given)]
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        running = subprocess.Popen(
            command, cwd=CHECKOUT, env=lab.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        memory = Memory(running.pid)
        memory.start()
        _pid, status, used = os.wait4(running.pid, 0)
        wall = time.monotonic() - began
        running.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    tasks = len(re.findall(r"^TASK \[", said, re.M))
    if running.returncode:
        print(said.partition("PLAY RECAP")[0][-3000:], flush=True)
    return Cost(running.returncode, wall, used.ru_utime + used.ru_stime, memory.end(), tasks)


def main() -> None:
    """Measure, and print a row for each run as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", default="3,50", help="sizes of labs (default: 3,50)")
    parser.add_argument("--ask", default="exec,ssh", help="ways to ask the nodes (default: both)")
    parser.add_argument("--forks", type=int, default=50, help="of ansible-playbook (default: 50)")
    options = parser.parse_args()
    print("| nodes | asked by | playbook | exit status | wall, s | CPU, s | peak, MB | tasks |", flush=True)
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for nodes in options.nodes.split(","):
        with tempfile.TemporaryDirectory() as directory:
            lab = Lab(Path(directory), options=["--nodes", nodes])
            began = time.monotonic()
            lab.up()
            print(f"a lab of {nodes} nodes is up after {time.monotonic() - began:.0f} s", flush=True)
            try:
                for ask in options.ask.split(","):
                    for playbook in ("site", "rollback"):
                        cost = measured(lab, playbook, ask, options.forks)
                        row = [nodes, ask, playbook, str(cost.status), f"{cost.wall:.0f}", f"{cost.cpu:.0f}"]
                        print(f"| {' | '.join([*row, f'{cost.peak:.0f}', str(cost.tasks)])} |", flush=True)
            finally:
                lab.down()


if __name__ == "__main__":
    main()
