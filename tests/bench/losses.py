# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the trouble of one reflector of two costs: each kind of it, at each moment of a run, packets counted.

    python -m tests.bench.losses --nodes 6 --timers 2/9

One lab, on which each case begins with the mesh on and the sessions of both reflectors up. Printed for each:
the outcome of the run, packets sent and lost, and the longest run of lost packets of a pair of pods, which is
milliseconds, as each pair sends one a millisecond.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.labs import Lab
from tests.helpers.waiting import wait

SOAK = 15
BEFORE, AT, WATCH, LATER = "before the cut", "at the cut", "in the watch", "after the run"
MOMENTS = (BEFORE, AT, WATCH, LATER)
#: Kinds of trouble: the fault, and what stands behind the router's name.
FAULTS: dict[str, tuple[str, ...]] = {
    "power": ("stop",),
    "cable": ("cut",),
    "bgpd killed": ("kill-bgpd",),
    "reload": ("reload", "5"),
}
DRAIN = "drain"


@dataclass
class Case:
    """One kind of trouble of one reflector at one moment."""

    kind: str
    moment: str
    target: str


class Bench:
    """The lab, and what was counted up to the case before."""

    def __init__(self, lab: Lab, hold: int, variables: dict[str, Any]) -> None:
        self.lab, self.hold, self.variables = lab, hold, variables
        self.sessions = 2 * len(lab.status()["nodes"])

    def play(self, name: str, **more: Any) -> str:
        """Run a playbook; its outcome."""
        run = self.lab.play(name, **self.variables, **more)
        return str(run.result.get("outcome") or f"exit status {run.status}")

    def settled(self) -> bool:
        """Whether every session with both reflectors is up."""
        return self.lab.sessions()["reflector"] == self.sessions

    def prepare(self) -> None:
        """The mesh on beside the sessions of both."""
        self.lab.do("fault", "clear")
        self.play("mesh_on")
        self.play("peers")
        wait(self.settled, seconds=120, pause=1)

    def run(self, case: Case) -> tuple[str, dict[str, int]]:
        """One case; its outcome, and what was lost in it."""
        self.prepare()
        self.lab.do("probe", "start")
        time.sleep(2)
        outcome = self._cut_with(case)
        time.sleep(self.hold + 4)
        self.lab.do("fault", "clear")
        wait(self.settled, seconds=120, pause=1)
        time.sleep(3)
        report = json.loads(self.lab.do("probe", "stop", "--json"))
        return outcome, {key: int(report[key]) for key in ("sent", "lost", "longest_run")}

    def _cut_with(self, case: Case) -> str:
        if case.moment == BEFORE:
            self._trouble(case)
            return "mesh on"
        if case.moment == AT:
            self._trouble(case, "--when", "mesh-off")
            return self.play("cut", calico_bgp_soak=SOAK)
        if case.moment == WATCH:
            before = set(self.lab.runs.glob("*/*"))
            with self.lab.playing("cut", **self.variables, calico_bgp_soak=SOAK) as running:
                wait(lambda: self._watching(before), seconds=120, pause=0.2)
                time.sleep(3)
                self._trouble(case)
                running.wait()
            [made] = set(self.lab.runs.glob("*/*")) - before
            return str(json.loads((made / "result.json").read_text())["outcome"])
        outcome = self.play("cut", calico_bgp_soak=SOAK)
        self._trouble(case)
        return outcome

    def _watching(self, before: set[Path]) -> bool:
        made = set(self.lab.runs.glob("*/*")) - before
        states = [path / "state.json" for path in made if (path / "state.json").exists()]
        return any(json.loads(path.read_text())["watch_until"] for path in states)

    def _trouble(self, case: Case, *more: str) -> None:
        if case.kind == DRAIN:
            self.play("drain", calico_bgp_reflector=case.target)
            self.play("undrain", calico_bgp_reflector=case.target)
        else:
            name, *behind = FAULTS[case.kind]
            self.lab.do("fault", name, case.target, *behind, *more)


def cases(kinds: list[str], moments: list[str], targets: list[str]) -> Iterator[Case]:
    """Every case that makes sense: a drain is a run of its own, and belongs into none."""
    for kind in kinds:
        for moment in moments:
            if kind != DRAIN or moment in (BEFORE, LATER):
                yield from (Case(kind, moment, target) for target in targets)


def main() -> None:
    """Measure, and print a row for each case as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=6)
    parser.add_argument("--timers", default="2/9", help="keepalive and hold time in seconds (default: 2/9)")
    parser.add_argument("--kinds", default=",".join([*FAULTS, DRAIN]))
    parser.add_argument("--moments", default=",".join(MOMENTS))
    parser.add_argument("--targets", default="rr1")
    options = parser.parse_args()
    keepalive, hold = map(int, options.timers.split("/"))
    timers = {"keepalive": keepalive, "hold": hold}
    with tempfile.TemporaryDirectory() as directory:
        lab = Lab(Path(directory), reflectors=2)
        lab.do("up", "--nodes", str(options.nodes), "--reflectors", "2")
        try:
            bench = Bench(lab, hold, {"cisco_rr_timers": timers})
            print("| trouble | moment | of | outcome | sent | lost | longest run, ms |", flush=True)
            print("|---|---|---|---|---|---|---|", flush=True)
            wanted = (options.kinds.split(","), options.moments.split(","), options.targets.split(","))
            for case in cases(*wanted):
                outcome, lost = bench.run(case)
                row = [case.kind, case.moment, case.target, outcome, *map(str, lost.values())]
                print(f"| {' | '.join(row)} |", flush=True)
        finally:
            lab.down()


if __name__ == "__main__":
    main()
