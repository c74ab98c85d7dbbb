# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set-up: what is done again and what is not, what the user is told, what never gets into the repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest import mock

import pytest

from tests.helpers.waiting import is_gone, wait
from tools import debs, kube, venv
from tools.commands import Runner, Stopped
from tools.console import Console, Failure
from tools.files import digest, is_current, locked, remove, swap_in, write_stamp

CHECKOUT = Path(__file__).resolve().parents[2]
FIND_PYTHON = CHECKOUT / "tools/find-python.sh"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(Console(), tmp_path / "log")


def test_lock_files_pin_every_package_by_hash_and_name_no_index() -> None:
    for name in ("py311.txt", "py312.txt", "plots.txt", "go.txt"):
        text = (CHECKOUT / "requirements" / name).read_text()
        packages = re.findall(r"^([a-z][a-z0-9-]*)==\S+ (?:; .* )?\\$", text, re.MULTILINE)
        assert packages
        assert len(packages) == len(re.findall(r"^\S.*==", text, re.MULTILINE))
        assert "://" not in text
        assert "--index" not in text


@pytest.mark.parametrize(("lock", "core"), [("py311.txt", "2.19"), ("py312.txt", "2.21")])
def test_each_world_has_its_ansible(lock: str, core: str) -> None:
    text = (CHECKOUT / "requirements" / lock).read_text()
    assert re.search(rf"^ansible-core=={re.escape(core)}\.", text, re.MULTILINE)


def test_a_shim_is_not_chosen(tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    shim = shims / "python3"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    script = tmp_path / "tools/find-python.sh"  # away from the checkout, whose .venv would be found first
    script.parent.mkdir()
    script.write_text(FIND_PYTHON.read_text())
    environment = {"PATH": f"{shims}:{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(["/bin/sh", script], env=environment, capture_output=True, text=True, check=True)
    found = done.stdout.strip()
    assert not found.startswith(str(shims))
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.match(r"Python 3\.1[1-4]\.", version)


def test_no_usable_python_is_one_sentence(tmp_path: Path) -> None:
    script = tmp_path / "tools/find-python.sh"
    script.parent.mkdir()
    script.write_text(
        FIND_PYTHON.read_text().replace("/usr/bin:/bin", str(tmp_path)).replace("3, 11", "3, 99")
    )
    done = subprocess.run(["/bin/sh", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "Python 3.11 to 3.14 is needed" in done.stderr


def test_a_stamp_holds_for_the_same_content_only(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    assert not is_current(stamp, digest("a"))
    write_stamp(stamp, digest("a"))
    assert is_current(stamp, digest("a"))
    assert not is_current(stamp, digest("b"))
    assert digest("ab", "c") != digest("a", "bc")


def test_a_folder_is_swapped_in_whole(tmp_path: Path) -> None:
    fresh, place = tmp_path / "new", tmp_path / "place"
    for folder, name in ((place, "old"), (fresh, "new")):
        folder.mkdir()
        (folder / name).touch()
        folder.chmod(0o500)
    swap_in(fresh, place)
    assert [path.name for path in place.iterdir()] == ["new"]
    remove(place)
    assert list(tmp_path.iterdir()) == []


def test_a_download_is_tried_again(runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.commands.PAUSES", (0.01, 0.01))
    script = f"echo try >> {tmp_path}/tries; [ $(wc -l < {tmp_path}/tries) = 3 ]"
    runner.fetch(["sh", "-c", script], runner.log("x"), "Downloading x")
    assert (tmp_path / "tries").read_text().split() == ["try"] * 3


@pytest.mark.parametrize(
    ("user", "ipip", "compiler"), [(0, False, ["clang"]), (0, True, []), (1000, False, []), (1000, True, [])]
)
def test_a_compiler_is_fetched_only_where_it_stands_in_for_the_kernel(
    user: int,
    ipip: bool,
    compiler: list[str],
    runner: Runner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []

    def unpack(_runner: Runner, _cache: Path, _folder: str, packages: list[str]) -> None:
        asked.append(packages)

    monkeypatch.setattr(debs, "_unpack", unpack)
    monkeypatch.setattr(debs.tools, "find", mock.Mock())
    monkeypatch.setattr(debs.system, "has_ipip", lambda: ipip)
    monkeypatch.setattr(debs.os, "geteuid", lambda: user)
    debs.unpack_for_evaluation(runner, tmp_path)
    assert asked == [["iperf3", "iputils-ping", "ethtool", *compiler]]


def test_a_failure_is_a_sentence_and_the_tail_of_the_log(runner: Runner) -> None:
    log = runner.log("x")
    with pytest.raises(Failure) as failure:
        runner.run(["sh", "-c", "seq 100; exit 3"], log, "Making x")
    lines = failure.value.text().splitlines()
    assert lines[0] == f"Making x failed. The end of {log}:"
    assert lines[-1].endswith("| 100")
    assert len(lines) == 16


def test_stopping_ends_a_program_and_its_children(runner: Runner, tmp_path: Path) -> None:
    log = runner.log("x")
    ended: list[type[BaseException]] = []

    def work() -> None:
        try:
            runner.run(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; wait"], log, "Waiting")
        except Stopped:
            ended.append(Stopped)

    thread = threading.Thread(target=work)
    thread.start()
    pid_file = tmp_path / "pid"
    wait(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
    runner.stop()
    thread.join(5)
    assert ended == [Stopped]
    wait(lambda: is_gone(int(pid_file.read_text())), seconds=5)


#: How checks and tests start programs.
STARTS = (
    "from tools.console import Console; from tools.commands import Runner;"
    "runner = Runner(Console(), Path({place!r}));"
    "runner.run({command!r}, runner.log('x'), 'x')",
    "from tests.helpers.commands import call; call({command!r}, os.environ)",
)


@pytest.mark.parametrize("start", STARTS)
def test_a_killed_caller_takes_its_program_along(start: str, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    command = ["sh", "-c", f"echo $$ > {pid_file}; exec sleep 60"]
    script = "import os; from pathlib import Path;" + start.format(place=str(tmp_path), command=command)
    with subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT) as caller:
        while not (pid_file.exists() and pid_file.read_text().strip()):
            assert caller.poll() is None
            time.sleep(0.01)
        caller.kill()
    wait(lambda: is_gone(int(pid_file.read_text())), seconds=5)


def test_a_second_run_waits_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lock"
    order = []

    def second() -> None:
        with locked(path, Console()):
            order.append("second")

    with locked(path, Console()):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert f"Waiting for another set-up to end (it holds {path})" in capsys.readouterr().out


def test_long_silence_is_broken_by_what_is_running(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.console.HEARTBEAT", 0.1)
    console = Console()
    with console.heartbeat(), console.step("Building"):
        time.sleep(1.2)
    assert re.search(r"still running: Building \(\d+ s\)", capsys.readouterr().out)


def test_a_folder_named_by_kubebuilder_assets_must_hold_the_programs(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=f"KUBEBUILDER_ASSETS names {tmp_path}, where there is no program etcd"):
        kube.check_assets(tmp_path)


def test_a_program_is_built_again_when_its_source_or_go_changed(tmp_path: Path) -> None:
    checkout, cache = tmp_path / "checkout", tmp_path / "cache"
    (cache / "bin").mkdir(parents=True)
    toolchain = kube.Toolchain(None, "go1.26")
    for program in (kube.SERVER, kube.KUBELET):
        source = checkout / program.folder
        source.mkdir(parents=True)
        for name in program.sources:
            (source / name).write_text(name)
        (cache / "bin" / program.name).touch()

    def missing(version: str = "go1.26", *, assets: bool = False) -> set[str]:
        go = kube.Toolchain(None, version)
        return {program.name for program in kube.to_build(checkout, cache, go, assets=assets)}

    assert missing() == {"lab-kube", "lab-kubelet"}
    assert missing(assets=True) == {"lab-kubelet"}
    for program in (kube.SERVER, kube.KUBELET):
        write_stamp(kube._stamp(cache, program), kube._key(checkout, program, toolchain))
    assert not missing()
    assert missing("go1.27") == {"lab-kube", "lab-kubelet"}
    (checkout / "lab/kubelet/birdcl.go").write_text("other")
    assert missing() == {"lab-kubelet"}


def test_the_user_s_pip_settings_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"PIP_INDEX_URL": "x", "PIP_TARGET": "y", "HOME": "z"})
    environment = venv.pip_environment(tmp_path)
    assert environment["PIP_INDEX_URL"] == "x"
    assert "PIP_TARGET" not in environment
    assert environment["PIP_CACHE_DIR"] == str(tmp_path / "pip")
