# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` itself: a check that looks at nothing must not pass."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.helpers.waiting import is_gone, wait
from tools import check, sanity
from tools.check import Check, Job, Place, all_checks, counted, run, run_all, said, table
from tools.commands import Runner
from tools.console import Console
from tools.worlds import BASE, NEW, Home, Interpreter

HOME = Home(BASE, Interpreter((3, 11), Path(sys.executable)), Path(sys.prefix))


@pytest.fixture(autouse=True)
def _logs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "BUILD", tmp_path)


def outcome(script: str, tmp_path: Path) -> str:
    return run(job(script, tmp_path), Runner(Console(), tmp_path)).failure


def job(script: str, folder: Path, name: str = "one") -> Job:
    command = [sys.executable, "-c", script]
    one = Check(name, command, said(r"looked at (.+)"), lambda _home: Place(folder))
    return Job(one, HOME, command)


def test_a_check_passes_when_it_shows_what_it_looked_at(tmp_path: Path) -> None:
    assert outcome("print('looked at 3 files')", tmp_path) == ""


def test_a_check_that_looked_at_nothing_has_failed(tmp_path: Path) -> None:
    assert outcome("print('All targets skipped.')", tmp_path) == "it ended well and looked at nothing"


def test_a_check_that_ends_badly_has_failed(tmp_path: Path) -> None:
    assert outcome("print('looked at 3 files'); raise SystemExit(4)", tmp_path) == "it ended with 4"


def test_a_check_that_hangs_has_failed_and_what_it_started_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "LIMIT", 5.0)
    child = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    script = (
        f"import subprocess, sys; print('looked at 1'); subprocess.run([sys.executable, '-c', {child!r}])"
    )
    assert outcome(script, tmp_path) == "it did not end within 5 s"
    wait(lambda: is_gone(int((tmp_path / "pid").read_text())))


@pytest.mark.parametrize(
    ("name", "output", "proof"),
    [
        ("pytest", "==== 3 passed, 1 skipped in 2.10s ====", "3 passed, 1 skipped"),
        ("pytest", "==== no tests ran in 0.01s ====", ""),
        ("mypy", "Success: no issues found in 12 source files", "12 source files"),
        ("sanity", "WARNING: All targets skipped.", ""),
        ("sanity", 'Running sanity test "pep8"\nRunning sanity test "pylint"', "2 sanity tests"),
        (
            "ansible-lint",
            "Passed: 0 failure(s), 0 warning(s) in 9 files processed of 12 encountered.",
            "9 files",
        ),
        ("ansible-lint", "Passed: 0 failure(s), 0 warning(s) in 0 files processed of 12 encountered.", ""),
        (
            "molecule",
            "INFO     [one > converge] Executed: Successful\none > converge: Executed: Successful",
            "1 playbooks",
        ),
        ("package", "Installed: 9 files", "9 files"),
        ("package", "Not good: nothing", ""),
        ("molecule", "INFO     [default > create] Executed: Successful", ""),
    ],
)
def test_what_each_tool_says_is_understood(name: str, output: str, proof: str) -> None:
    [found] = [each for each in all_checks() if each.name == name]
    assert found.proof(output, HOME) == proof


def test_what_runs_is_named_with_the_last_words_of_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    log.write_text("first\n" + "." * 80 + " [ 43%]\n\n")
    said: list[str] = []

    def printed() -> str:
        said.append(capsys.readouterr().out)
        return "".join(said)

    console = Console(0.01)
    with console.heartbeat(), console.running("one", log), console.running("two", tmp_path / "absent"):
        wait(lambda: "still" in printed())
    assert re.search(r"still running: one \(\d s: \.+ \[ 43%\]\), two \(\d s\)", printed())


def test_a_check_that_cannot_begin_has_failed_and_the_others_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [
        job("print('looked at 3 files')", tmp_path, "good"),
        job("", tmp_path / "absent", "bad"),
        job("print('looked at 1 file')", tmp_path, "last"),
    ]
    outcomes = run_all(jobs)
    assert [outcome.failure.partition(":")[0] for outcome in outcomes] == ["", "it could not begin", ""]
    shown = capsys.readouterr().out
    assert "looked at 3 files\n=== base-good: passed, 3 files" in shown
    assert table(outcomes, [HOME]).splitlines()[-1] == "checks: 2 passed, 1 failed"


MEET = """
import pathlib, sys, time
own, other, patience = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), float(sys.argv[3])
own.touch()
end = time.monotonic() + patience
while not other.exists() and time.monotonic() < end:
    time.sleep(0.01)
print("looked at", "the other" if other.exists() else "nobody")
"""


def test_two_run_at_once_but_never_the_same_check(tmp_path: Path) -> None:
    def meeting(name: str, own: str, other: str, patience: float) -> Job:
        command = [
            sys.executable,
            "-c",
            f"{MEET}own.unlink() if patience < 1 else None",
            own,
            other,
            str(patience),
        ]
        return Job(
            Check(name, command, said(r"looked at (.+)"), lambda _home: Place(tmp_path)), HOME, command
        )

    jobs = [meeting("one", "a", "b", 30), meeting("two", "b", "a", 30)]
    jobs += [meeting("three", "c", "d", 0.5), meeting("three", "d", "c", 0.5)]
    assert [outcome.proof for outcome in run_all(jobs)] == ["the other", "the other", "nobody", "nobody"]


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["rufff"]) == 2
    assert "There is no check rufff; there are pytest, " in capsys.readouterr().err


def test_a_check_that_would_not_run_is_not_left_out_silently(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = Home(NEW, Interpreter((3, 13), Path(sys.executable)), Path(sys.prefix))
    monkeypatch.setattr(check.setup, "main", lambda _arguments: 0)
    monkeypatch.setattr(check.worlds, "installed", lambda: [HOME, new])
    assert check.main(["--world", "new", "ruff", "sanity"]) == 2
    assert "Only the first world runs ruff" in capsys.readouterr().err
    monkeypatch.setattr(check.worlds, "installed", lambda: [HOME])
    assert check.main(["--world", "new", "sanity"]) == 2
    assert "There is no Python for the world new here." in capsys.readouterr().err


def test_counting_nothing_proves_nothing() -> None:
    assert counted("x", "things")("yyy", HOME) == ""


def test_what_is_not_shipped_is_not_checked_as_a_collection() -> None:
    assert sanity._is_ignored("lab/ios/vty.py", ["lab"])
    assert sanity._is_ignored("a/b.tar.gz", ["*.tar.gz"])
    assert not sanity._is_ignored("plugins/lab.py", ["lab"])
