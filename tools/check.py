# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: every check and test, timed; one that does not show that it looked at something has failed.

Names given as arguments choose some. All chosen ones run, also after a failure; the output is in .build/log.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.programs import cache_directory
from tools import sanity
from tools.sanity import BUILD, CHECKOUT, VENV_BIN

COLLECTION = "ansible_collections.telco.calico_bgp"
MOLECULE_ACTION = r"^INFO .*> (?:converge|idempotence|verify)\] Executed: Successful"
Proof = Callable[[str], str]


@dataclass(frozen=True)
class Place:
    """Where a check runs: the folder, and what it needs in the environment."""

    folder: Path = CHECKOUT
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Check:
    """One check: the command, the proof that it looked at something, and what makes its place.

    `proof` gets the command's output and gives what was looked at, "" for nothing.
    """

    name: str
    command: Sequence[str]
    proof: Proof
    place: Callable[[], Place] = Place


@dataclass(frozen=True)
class Outcome:
    """How a check went: seconds, what it looked at, and why it failed ("" when it passed)."""

    name: str
    seconds: float
    proof: str
    failure: str


def main(names: Sequence[str]) -> int:
    """Run the named checks, or all; 0 when every one passed."""
    checks = {check.name: check for check in all_checks()}
    unknown = [name for name in names if name not in checks]
    if unknown:
        print(f"There is no check {', '.join(unknown)}; there are {', '.join(checks)}.", file=sys.stderr)
        return 2
    outcomes = [run(checks[name]) for name in (names or checks)]
    print(f"\n{'check':14}{'result':8}{'time':>7}  looked at")
    for outcome in outcomes:
        result = "FAILED" if outcome.failure else "passed"
        print(f"{outcome.name:14}{result:8}{outcome.seconds:5.0f} s  {outcome.failure or outcome.proof}")
    return 1 if any(outcome.failure for outcome in outcomes) else 0


def all_checks() -> list[Check]:
    """All checks, the quick ones first."""
    packages = (f"{COLLECTION}.plugins", "lab", "tools")
    mypy = ["mypy", *(part for package in packages for part in ("-p", package))]
    # Whole runs (tests/run) take as long as the rest together: they begin first, beside it.
    pytest = ["python", "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    molecule = ["molecule", "test", "--all", "--no-command-borders"]
    return [
        Check("ruff", ["ruff", "check"], listed(["ruff", "check", "--show-files"])),
        Check("format", ["ruff", "format", "--check"], said(r"^(\d+ files? already formatted)$")),
        Check("mypy", mypy, said(r"^Success: no issues found in (\d+ source files?)$"), with_types),
        Check("yamllint", ["yamllint", "-s", "."], listed(["yamllint", "--list-files", "."])),
        Check("ansible-lint", ["ansible-lint"], said(r" in ([1-9]\d* files) processed"), without_lab),
        Check("sanity", sanity.COMMAND, counted(r"^Running sanity test ", "sanity tests"), in_clean_tree),
        Check("pytest", pytest, said(r"([1-9]\d* passed.*?) in ")),
        Check("molecule", molecule, counted(MOLECULE_ACTION, "playbooks"), with_own_lab),
    ]


def run(check: Check) -> Outcome:
    """Run one check, showing its output as it comes."""
    print(f"\n=== {check.name}: {' '.join(check.command)}", flush=True)
    begin = time.monotonic()
    place = check.place()
    environment = {**base_environment(), **(place.environment or {})}
    status, output = _tee(check.command, place.folder, environment)
    log = BUILD / "log" / f"{check.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(output)
    proof = check.proof(output)
    failure = f"it ended with {status}" if status else "" if proof else "it ended well and looked at nothing"
    return Outcome(check.name, time.monotonic() - begin, proof, failure)


def said(pattern: str) -> Proof:
    """Proof by what the output says: the first group of the last line that matches."""

    def proof(output: str) -> str:
        found: list[str] = re.findall(pattern, output, re.MULTILINE)
        return found[-1] if found else ""

    return proof


def counted(pattern: str, things: str) -> Proof:
    """Proof by the number of lines that match."""

    def proof(output: str) -> str:
        count = len(re.findall(pattern, output, re.MULTILINE))
        return f"{count} {things}" if count else ""

    return proof


def listed(command: Sequence[str]) -> Proof:
    """Proof by another command of the same tool, for tools that say nothing: it lists the files."""

    def proof(_output: str) -> str:
        listing = subprocess.run(
            command, cwd=CHECKOUT, env=base_environment(), capture_output=True, text=True, check=True
        )
        count = len(listing.stdout.splitlines())
        return f"{count} files" if count else ""

    return proof


def with_types() -> Place:
    """The checkout under the name Ansible imports it by, as mypy_path in pyproject.toml expects it."""
    link = BUILD / "types" / COLLECTION.replace(".", "/")
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(CHECKOUT)
    return Place()


def without_lab() -> Place:
    """An inventory that needs no running lab, unlike the one ansible.cfg names."""
    return Place(environment={"ANSIBLE_INVENTORY": "localhost,"})


def with_own_lab() -> Place:
    """A lab of this run's own, which ends with it."""
    lab = BUILD / f"molecule-{os.getpid()}"
    return Place(environment={"CALICO_BGP_LAB": str(lab), "CALICO_BGP_LAB_OWNER": str(os.getpid())})


def in_clean_tree() -> Place:
    """A copy that ansible-test accepts, with a home of its own."""
    return Place(sanity.make_tree(), sanity.environment())


def base_environment() -> dict[str, str]:
    """The caller's environment with `.venv` first on PATH, no shims, plain UTF-8 output, caches in .build."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    }
    folders = [
        folder
        for folder in kept.get("PATH", os.defpath).split(":")
        if not folder.rstrip("/").endswith("/shims")
    ]
    return {
        **kept,
        "PATH": ":".join([str(VENV_BIN), *folders]),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "ANSIBLE_HOME": str(BUILD / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "CALICO_BGP_CACHE": str(cache_directory()),
        "XDG_CACHE_HOME": str(BUILD / "cache"),
    }


def _tee(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run; show the output line by line, and give it back with the exit status."""
    lines = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return child.returncode, "".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
