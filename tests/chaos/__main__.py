# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that go wrong in a run, on labs of its own: who is dark how long, and does the next run end well?

    python -m tests.chaos --only 'loss' --jobs 2 --output DIR
    python -m tests.chaos --kind matrix --chain 6 --jobs 2 --budget 3600 --resume DIR/outcomes.jsonl

In a chain each run is struck while it mends what the one before it left, and the last one is followed by a
run that nothing happens to. The matrix is made of what each playbook printed in one quiet run. Outcomes are
written as they come.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import FrameType
from typing import Any

from tests.chaos.case import CLEAN, MESHED, Case, Outcome, Stage
from tests.chaos.faults import NEEDS_ROOT, Running, said
from tests.chaos.points import Lines, Step, steps
from tests.chaos.scenarios import PLAYBOOKS, matrix, scenarios
from tests.chaos.table import table, totals, verdict
from tests.helpers.labs import Lab

Json = dict[str, Any]
#: The order in which a lab is surveyed: each leaves what the next one begins with.
SURVEY = ("site", "drain", "undrain", "peers", "rollback")


def main(arguments: Sequence[str]) -> int:
    """Play the chosen cases; 0 when each was within its limit and none needed hand work."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    output = options.output or Path(mkdtemp(prefix="chaos-"))
    output.mkdir(parents=True, exist_ok=True)
    journal = options.resume or output / "outcomes.jsonl"
    chosen = _chosen(options, output)
    if options.list:
        print("\n".join(each.name for each in chosen))
        return 0
    done = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    over = {each["case"] for each in done}
    left = [each for each in chosen if each.name not in over]
    print(
        f"{len(chosen)} cases, {len(chosen) - len(left)} of them done before; outcomes in {journal}",
        flush=True,
    )
    queue = Queue(left, journal, done, options.budget, options.chain)
    workers = [
        threading.Thread(target=queue.work, args=(output / f"lab-{number}",))
        for number in range(options.jobs)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    (output / "table.txt").write_text(table(queue.done))
    (output / "outcomes.json").write_text(
        json.dumps({"totals": totals(queue.done), "outcomes": queue.done}, indent=1) + "\n"
    )
    print(table(queue.done))
    return 0 if queue.done and all(verdict(each) in ("ok", "not reached") for each in queue.done) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", metavar="REGEX", default="", help="cases whose names match")
    parser.add_argument(
        "--kind", choices=("all", "scenarios", "matrix"), default="all", help="(default: %(default)s)"
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="labs at once (default: 1)")
    parser.add_argument(
        "--chain",
        type=int,
        default=1,
        metavar="N",
        help="runs to strike before one is left alone (default: 1)",
    )
    parser.add_argument(
        "--budget", type=float, default=float("inf"), metavar="SECONDS", help="begin no case after so long"
    )
    parser.add_argument(
        "--resume", type=Path, metavar="FILE", help="outcomes of before: those cases are not played again"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="for table and outcomes (default: a new one)"
    )
    parser.add_argument(
        "--survey",
        type=Path,
        metavar="FILE",
        help="the steps of each playbook; surveyed and written where it is not there",
    )
    parser.add_argument("--list", action="store_true", help="print the names of the cases alone")
    return parser


def _chosen(options: argparse.Namespace, output: Path) -> list[Case]:
    """The cases, the matrix spread out so that a part of it has something of everything."""
    found = [] if options.kind == "matrix" else scenarios()
    if options.kind != "scenarios":
        surveyed = survey(options.survey or output / "survey.json")
        points = [matrix(playbook, surveyed[playbook]) for playbook in PLAYBOOKS]
        found += [case for each in points for case in spread(each)]
    if os.geteuid():
        found = [case for case in found if not NEEDS_ROOT & {each.act for each in case.strikes}]
    return [case for case in found if re.search(options.only, case.name)]


def spread(cases: Sequence[Case], stride: int = 7) -> list[Case]:
    """The same cases, every seventh one first."""
    return [case for first in range(stride) for case in cases[first::stride]]


def survey(file: Path) -> dict[str, list[Step]]:
    """The steps of each playbook, of a file or of a lab that is surveyed now."""
    if not file.exists():
        print("Surveying what each playbook does", flush=True)
        with TemporaryDirectory(prefix="chaos-") as directory, OwnLab(Path(directory), 2) as stage:
            found = {playbook: _surveyed(stage, playbook) for playbook in SURVEY}
        file.write_text(json.dumps({name: [vars(each) for each in found[name]] for name in PLAYBOOKS}))
    read = json.loads(file.read_text())
    return {name: [Step(**each) for each in read[name]] for name in PLAYBOOKS}


def _surveyed(stage: Stage, playbook: str) -> list[Step]:
    form = PLAYBOOKS.get(playbook, PLAYBOOKS["drain"])
    if form.drift:
        stage.lab.router("configure terminal", *form.drift, "end", name="rr2")
    run = Running(stage.lab, playbook, form.variables)
    lines, seen = Lines(run.output, whole=True), []
    while not run.is_over():
        seen += [(time.monotonic(), line) for line in lines.new()]
        time.sleep(0.02)
    seen += [(time.monotonic(), line) for line in lines.new()]
    run.kill()
    assert run.process.returncode == 0, f"{playbook} does not work: {said(run)}"
    return steps(seen)


class OwnLab:
    """A stage on a lab of its own, which ends with it."""

    def __init__(self, directory: Path, reflectors: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lab = Lab(directory, reflectors=reflectors)

    def __enter__(self) -> Stage:
        self._lab.up()
        self._stage = Stage(self._lab)
        return self._stage

    def __exit__(self, *_exception: object) -> None:
        self._stage.close()
        self._lab.down()


class Queue:
    """The cases that are left, for several labs at once; `done`: outcomes of before and of now."""

    def __init__(
        self, cases: Sequence[Case], journal: Path, done: list[Json], budget: float, chain: int
    ) -> None:
        self._left, self._journal, self.done, self._chain = list(cases), journal, done, chain
        self._until = time.monotonic() + budget
        self._lock = threading.Lock()

    def take(self, reflectors: int | None, base: str) -> list[Case]:
        """The next chain, rather one that a lab is ready for; empty at the end."""
        with self._lock:
            if not self._left or time.monotonic() > self._until or STOPPING.is_set():
                return []
            fit = [each for each in self._left if each.reflectors == reflectors]
            ready = [each for each in fit if each.base == base or (each.base == MESHED and base == CLEAN)]
            first = (ready or fit or self._left)[0]
            chain = [each for each in self._left if each.form == first.form][: self._chain]
            self._left = [each for each in self._left if each not in chain]
            return chain

    def work(self, directory: Path) -> None:
        """Play chains on one lab after another until none is left; a lab that needs hand work is replaced."""
        chain = self.take(None, CLEAN)
        number = 0
        while chain:
            number += 1
            with OwnLab(Path(f"{directory}-{number}"), chain[0].reflectors) as stage:
                reflectors = chain[0].reflectors
                while chain and chain[0].reflectors == reflectors:
                    outcomes = self._play(stage, chain)
                    base = chain[0].after
                    chain = self.take(reflectors, base)
                    if not outcomes[-1].well:
                        break

    def _play(self, stage: Stage, chain: Sequence[Case]) -> list[Outcome]:
        """Play a chain up to the first case that a run had to follow; the rest is left for later."""
        outcomes: list[Outcome] = []
        for case in chain:
            outcomes.append(_played(stage, case, ready=bool(outcomes), last=case is chain[-1]))
            if outcomes[-1].next or outcomes[-1].error:
                break
        for outcome in outcomes:
            outcome.well = outcomes[-1].well
            self._note(outcome)
        with self._lock:
            self._left[:0] = chain[len(outcomes) :]
        return outcomes

    def _note(self, outcome: Outcome) -> None:
        data = outcome.as_json()
        with self._lock:
            self.done.append(data)
            with self._journal.open("a") as file:
                file.write(json.dumps(data) + "\n")
            print(f"{verdict(data):<11} {outcome.seconds:5.0f} s  {outcome.case}", flush=True)


def _played(stage: Stage, case: Case, *, ready: bool, last: bool) -> Outcome:
    """The outcome, also where the harness itself went wrong."""
    try:
        return stage.play(case, ready=ready, last=last)
    except Exception as error:
        traceback.print_exc()
        return Outcome(case.name, case.playbook, [str(each) for each in case.strikes], error=str(error)[:500])


STOPPING = threading.Event()


def _stop(number: int, _frame: FrameType | None) -> None:
    """End with the cases that are played now; at once at the second time. The labs and runs end with us."""
    if STOPPING.is_set():
        os._exit(128 + number)
    print("Stopping after what is played now; again: at once", flush=True)
    STOPPING.set()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
