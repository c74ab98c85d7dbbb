# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: every check and test, timed, in each world; one that does not show what it looked at failed.

Names given as arguments choose some, `--world NAME` one world. All chosen ones run, also after a failure, two
at a time, as they come; the longest one first. The output is in .build/log as it comes.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.programs import cache_directory
from tools import sanity, setup, worlds
from tools.commands import Runner, Stopped, read
from tools.console import Console, Failure
from tools.worlds import CHECKOUT, Home

BUILD = CHECKOUT / ".build"
COLLECTION = "ansible_collections.telco.calico_bgp"
MOLECULE_ACTION = r"^INFO .*> (?:converge|idempotence|verify)\] Executed: Successful"
#: Labs wait more than they work: one more at a time than there are processors, and no more than memory holds.
WORKERS = min(max(3, (os.cpu_count() or 1) + 1), 6)
PYTEST = (
    *("python", "-m", "pytest", "-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"),
    *("--durations", "25", "--durations-min", "20"),
)
#: What depends on Ansible most. Whole runs are the package's and molecule's default scenario there.
WITH_ANSIBLE = ("tests/unit", "tests/lab/test_ios_ansible.py")
AT_ONCE = 2
BEAT = 30.0  # seconds of silence before what runs is named
LIMIT = 3600.0  # seconds for a check, twice what the longest takes; one that hangs is to be named by us
Proof = Callable[[str, Home], str]


@dataclass(frozen=True)
class Place:
    """Where a check runs: the folder, and what it needs in the environment."""

    folder: Path = CHECKOUT
    environment: Mapping[str, str] | None = None


def checkout(_home: Home) -> Place:
    """The checkout as it is."""
    return Place()


@dataclass(frozen=True)
class Check:
    """One check: the command, the proof that it looked at something, and what makes its place.

    `proof` gets the command's output and gives what was looked at, "" for nothing. `elsewhere` is the command
    in the second world, None where one world is enough. `timed` ones have timers running: the others give way
    to them.
    """

    name: str
    command: Sequence[str]
    proof: Proof
    place: Callable[[Home], Place] = checkout
    elsewhere: Sequence[str] | None = None
    timed: bool = False


@dataclass(frozen=True)
class Job:
    """A check in a world."""

    check: Check
    home: Home
    command: Sequence[str]

    @property
    def name(self) -> str:
        """As the user sees it, and as the log is called."""
        return f"{self.home.world.name}-{self.check.name}"


@dataclass(frozen=True)
class Outcome:
    """How a check went: seconds, what it looked at, and why it failed ("" when it passed)."""

    job: Job
    seconds: float
    proof: str
    failure: str


def main(arguments: Sequence[str]) -> int:
    """Run the named checks, or all; 0 when every one passed."""
    checks = {check.name: check for check in all_checks()}
    names = [world.name for world in worlds.WORLDS]
    parser = argparse.ArgumentParser(prog="tools.check", description="Run checks and tests.")
    parser.add_argument("--world", choices=names, help="run in this world only")
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(checks))
    options = parser.parse_args(arguments)
    unknown = [name for name in options.checks if name not in checks]
    if unknown:
        print(f"There is no check {', '.join(unknown)}; there are {', '.join(checks)}.", file=sys.stderr)
        return 2
    chosen = [checks[name] for name in options.checks or checks]
    if (options.world or any(check.elsewhere for check in chosen)) and (status := setup.main(["--all"])):
        return status
    homes = worlds.installed()
    jobs = plan(chosen, homes, options.world)
    if options.world not in (None, *(home.world.name for home in homes)):
        print(f"There is no Python for the world {options.world} here.", file=sys.stderr)
        return 2
    left_out = [check.name for check in chosen if check not in [job.check for job in jobs]]
    if options.checks and left_out:
        print(f"Only the first world runs {', '.join(left_out)}: leave out WORLD.", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    outcomes = run_all(jobs)
    print(table(outcomes, homes))
    return 1 if any(outcome.failure for outcome in outcomes) else 0


def all_checks() -> list[Check]:
    """All checks: the longest one, then the quick ones first."""
    packages = (f"{COLLECTION}.plugins", "lab", "tools")
    mypy = ["mypy", *(part for package in packages for part in ("-p", package))]
    molecule = ["molecule", "test", "--all", "--no-command-borders"]
    package = ["python", "-m", "tools.package"]
    changelog = ["antsibull-changelog", "lint"]
    tests = said(r"([1-9]\d* passed.*?) in ")
    installed = said(r"^Installed: (.+)$")
    return [
        Check("pytest", PYTEST, tests, elsewhere=(*PYTEST, *WITH_ANSIBLE), timed=True),
        Check("ruff", ["ruff", "check"], listed(["ruff", "check", "--show-files"])),
        Check("format", ["ruff", "format", "--check"], said(r"^(\d+ files? already formatted)$")),
        Check("mypy", mypy, said(r"^Success: no issues found in (\d+ source files?)$"), with_types),
        Check("yamllint", ["yamllint", "-s", "."], listed(["yamllint", "--list-files", "."])),
        Check("changelog", changelog, listed(["git", "ls-files", "changelogs"])),
        Check("ansible-lint", ["ansible-lint"], said(r" in ([1-9]\d* files) processed"), without_lab),
        Check(
            "sanity",
            sanity.COMMAND,
            counted(r"^Running sanity test ", "sanity tests"),
            in_clean_tree,
            elsewhere=sanity.COMMAND,
        ),
        Check("package", package, installed, elsewhere=package, timed=True),
        Check(
            "molecule",
            molecule,
            counted(MOLECULE_ACTION, "playbooks"),
            with_own_lab,
            elsewhere=["molecule", "test", "--scenario-name", "default", "--no-command-borders"],
            timed=True,
        ),
    ]


def plan(checks: Sequence[Check], homes: Sequence[Home], world: str | None = None) -> list[Job]:
    """The checks of the first world, then those the second one repeats; one world's if it is named.

    The first check takes longest, and what repeats it waits for it: that comes last.
    """
    jobs = []
    for home in homes:
        for check in checks:
            command = check.command if home == homes[0] else check.elsewhere
            if command and world in (None, home.world.name):
                jobs.append(Job(check, home, command))
    waits = [job for job in jobs[1:] if job.check is jobs[0].check]
    return [job for job in jobs if job not in waits] + waits


def run_all(jobs: Sequence[Job]) -> list[Outcome]:
    """Run the jobs, two at a time; a single one shows its output as it comes."""
    console = Console(BEAT)
    runner = Runner(console, BUILD / "log")
    alone = len(jobs) == 1
    if not alone:
        console.say(
            f"{len(jobs)} checks; each shows its output when done, and has it in {BUILD / 'log'} before"
        )
    # A check's files are one for both worlds.
    turns = {job.check.name: threading.Lock() for job in jobs}

    def in_turn(job: Job) -> Outcome:
        with turns[job.check.name]:
            return run(job, runner, alone=alone)

    with console.heartbeat(), ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return [future.result() for future in [pool.submit(in_turn, job) for job in jobs]]
        except BaseException:
            runner.stop()
            raise


def run(job: Job, runner: Runner, *, alone: bool = False) -> Outcome:
    """Run one check; its output is shown as it comes when it is alone, else when it is done."""
    console, begin = runner.console, time.monotonic()
    log = runner.log(job.name)
    with console.running(job.name, log):
        if alone:
            console.block(_head(job))
        try:
            place = job.check.place(job.home)
            environment = {**environment_of(job.home), **(place.environment or {})}
            command = job.command if job.check.timed else ["nice", "-n", "10", *job.command]
            with _shown(log) if alone else _unshown():
                status = runner.status(command, log, environment, place.folder, LIMIT)
        except subprocess.TimeoutExpired:
            status, problem = 1, f"it did not end within {LIMIT:.0f} s"
        except (OSError, LookupError, Failure, subprocess.CalledProcessError) as error:
            status, problem = 1, f"it could not begin: {error}"
        else:
            problem = f"it ended with {status}" if status else ""
    output = log.read_text(errors="replace")
    proof = "" if problem.startswith("it could not") else job.check.proof(output, job.home)
    failure = problem or ("" if proof else "it ended well and looked at nothing")
    outcome = Outcome(job, time.monotonic() - begin, proof, failure)
    end = f"=== {job.name}: {failure or 'passed, ' + proof} ({outcome.seconds:.0f} s)"
    console.block(end if alone else f"{_head(job)}\n{output}{end}")
    return outcome


def table(outcomes: Sequence[Outcome], homes: Sequence[Home]) -> str:
    """What each check of each world came to, and a last line that counts them."""
    width = max(len(outcome.job.check.name) for outcome in outcomes) + 2
    lines = [""]
    for home in homes:
        mine = [outcome for outcome in outcomes if outcome.job.home == home]
        if mine:
            lines.append(f"World {home.world.name}: {versions(home)}, in {home.venv.name}")
        for outcome in mine:
            result = "FAILED" if outcome.failure else "passed"
            said_of_it = outcome.failure or outcome.proof
            name = outcome.job.check.name
            lines.append(f"  {name:{width}}{result:8}{outcome.seconds:5.0f} s  {said_of_it}")
    absent = [world.name for world in worlds.WORLDS if world not in [home.world for home in homes]]
    lines += [
        f"World {name}: not set up; `make test` does so where there is a Python for it." for name in absent
    ]
    failed = sum(bool(outcome.failure) for outcome in outcomes)
    return "\n".join([*lines, f"checks: {len(outcomes) - failed} passed, {failed} failed"])


def versions(home: Home) -> str:
    """Which Python and which ansible-core a world has."""
    core = "from importlib.metadata import version; print(version('ansible-core'))"
    python = read([home.python, "--version"]).strip()
    return f"{python}, ansible-core {read([home.python, '-c', core]).strip()}"


def said(pattern: str) -> Proof:
    """Proof by what the output says: the first group of the last line that matches."""

    def proof(output: str, _home: Home) -> str:
        found: list[str] = re.findall(pattern, output, re.MULTILINE)
        return found[-1] if found else ""

    return proof


def counted(pattern: str, things: str) -> Proof:
    """Proof by the number of lines that match."""

    def proof(output: str, _home: Home) -> str:
        count = len(re.findall(pattern, output, re.MULTILINE))
        return f"{count} {things}" if count else ""

    return proof


def listed(command: Sequence[str]) -> Proof:
    """Proof by another command of the same tool, for tools that say nothing: it lists the files."""

    def proof(_output: str, home: Home) -> str:
        environment = environment_of(home)
        listing = subprocess.run(
            command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
        )
        count = len(listing.stdout.splitlines())
        return f"{count} files" if count else ""

    return proof


def with_types(_home: Home) -> Place:
    """The checkout under the name Ansible imports it by, as mypy_path in pyproject.toml expects it."""
    link = BUILD / "types" / COLLECTION.replace(".", "/")
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(CHECKOUT)
    return Place()


def without_lab(_home: Home) -> Place:
    """An inventory that needs no running lab, unlike the one ansible.cfg names."""
    return Place(environment={"ANSIBLE_INVENTORY": str(CHECKOUT / "inventories/example")})


def with_own_lab(_home: Home) -> Place:
    """A lab of this run's own, which ends with it."""
    lab = BUILD / f"molecule-{os.getpid()}"
    return Place(environment={"CALICO_BGP_LAB": str(lab), "CALICO_BGP_LAB_OWNER": str(os.getpid())})


def in_clean_tree(home: Home) -> Place:
    """A copy that ansible-test accepts, with a home of its own."""
    return Place(sanity.make_tree(home), sanity.environment(home))


def environment_of(home: Home) -> dict[str, str]:
    """The caller's environment with the world's programs first on PATH, no shims, plain UTF-8 output,
    caches in .build.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    }
    folders = [
        folder
        for folder in kept.get("PATH", os.defpath).split(":")
        if not folder.rstrip("/").endswith("/shims") and Path(folder) not in map(bin_of, worlds.VENVS)
    ]
    return {
        **kept,
        "PATH": ":".join([str(home.venv / "bin"), *folders]),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "ANSIBLE_HOME": str(BUILD / home.world.name / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "CALICO_BGP_CACHE": str(cache_directory()),
        "XDG_CACHE_HOME": str(BUILD / home.world.name / "cache"),
    }


def bin_of(venv: str) -> Path:
    """The folder of an environment's programs."""
    return CHECKOUT / venv / "bin"


def _head(job: Job) -> str:
    return f"\n=== {job.name}: {' '.join(job.command)}"


@contextmanager
def _shown(log: Path) -> Iterator[None]:
    """Show what is written into the log meanwhile."""
    over = threading.Event()
    follower = threading.Thread(target=_follow, args=(log, over), daemon=True)
    follower.start()
    try:
        yield
    finally:
        over.set()
        follower.join()


@contextmanager
def _unshown() -> Iterator[None]:
    yield


def _follow(log: Path, over: threading.Event) -> None:
    with log.open(errors="replace") as file:
        while True:
            last = over.is_set()
            if text := file.read():
                print(text, end="", flush=True)
            if last:
                return
            over.wait(0.2)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (KeyboardInterrupt, Stopped):
        sys.exit("Broken off.")
