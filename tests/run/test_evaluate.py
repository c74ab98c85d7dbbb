# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook `evaluate`, measuring for real: killed half way, whole, as an ordinary user, elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.judge import judge
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import read_measurement
from lab import system
from lab.evaluate import tools
from lab.programs import Missing
from tests.helpers.commands import BIN, CHECKOUT, call

pytestmark = pytest.mark.lab

Json = dict[str, Any]
PLAYBOOK, INVENTORY = "playbooks/evaluate.yml", "lab/evaluate/inventory.yml"
OVERHEADS = {"native-ipv4": 0, "ipip-ipv4": 20, "vxlan-ipv4": 50, "native-ipv6": 0, "vxlan-ipv6": 70}
METRICS = 9
GONE = 20.0


def command(inventory: str, **variables: Any) -> list[str]:
    """ansible-playbook on an inventory of the checkout."""
    extra = json.dumps(variables)
    return [str(BIN / "ansible-playbook"), PLAYBOOK, "--inventory", inventory, "--extra-vars", extra]


def environment(home: Path) -> dict[str, str]:
    """Ansible's own files go where the test's do."""
    config = {"ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_HOME": str(home)}
    return {**os.environ, **config, "PYTHONUNBUFFERED": "1"}


def short(directory: Path, **others: Any) -> Json:
    """A short evaluation; its results go below the directory."""
    return {
        "bgp_evaluate_lab": {"python": sys.executable, "directory": str(CHECKOUT)},
        "bgp_evaluate_rounds": 1,
        "bgp_evaluate_seconds": 1,
        "bgp_evaluate_directory": str(directory),
        **others,
    }


@pytest.fixture(scope="module", autouse=True)
def needed() -> None:
    """Skip where the measuring programs are not set up."""
    try:
        tools.find()
    except Missing as missing:
        pytest.skip(str(missing))


def descendants(pid: int) -> Iterator[int]:
    """Process ids below this one."""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(word) for word in file.read_text().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from descendants(child)


def namespaces(pid: int) -> set[str]:
    """The namespaces a process is in."""
    try:
        return {os.readlink(file) for file in Path(f"/proc/{pid}/ns").iterdir()}
    except OSError:
        return set()


def left_of(foreign: set[str]) -> list[str]:
    """Processes that are in one of these namespaces."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [str(pid) for pid in pids if namespaces(pid) & foreign]


MEASURE = [sys.executable, "-m", "lab", "evaluate", "--rounds", "1", "--seconds", "1", "--family", "ipv6"]


@pytest.mark.parametrize("killed", ["the playbook", "what starts the playbook"])
def test_killed_in_the_middle_nothing_is_left(killed: str, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    playbook = command(INVENTORY, **short(runs, bgp_evaluate_families=["ipv6"]))
    process = subprocess.Popen(
        playbook if killed == "the playbook" else MEASURE,
        cwd=CHECKOUT,
        env=environment(tmp_path / "ansible"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "on the wire captured" in line:
            break
    below = list(descendants(process.pid))
    foreign = set().union(*map(namespaces, below)) - namespaces(os.getpid())
    assert foreign, "".join(lines)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + GONE
    while (left := left_of(foreign)) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.stdout.close()
    assert left == []
    assert not runs.exists()


def test_measures_exactly_what_theory_says(tmp_path: Path) -> None:
    wanted = short(tmp_path / "runs", bgp_evaluate_families=["ipv4"])
    done = call(command(INVENTORY, **wanted), environment(tmp_path / "ansible"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    (result,) = (tmp_path / "runs").glob("lab/*/evaluation.json")
    found = json.loads(result.read_text())
    assert found["problems"] == []
    refused = {path["name"] for path in found["paths"] if path["refused"]}
    stand_in = os.geteuid() == 0 and tools.find().clang is not None
    assert refused <= (set() if stand_in or system.has_ipip() else {"ipip-ipv4"})
    for path in found["paths"]:
        if path["name"] not in refused:
            overhead = OVERHEADS[path["name"]]
            assert [seen["bytes"] for seen in path["wire"]["measured"]] == [overhead]
            assert path["mtu"]["measured"] == 1500 - overhead
            assert len(path["figures"]) == METRICS
    assert {each["ratio"]["verdict"] for each in found["comparisons"]} == {"too few"}
    assert "A lab on one machine measures its kernel, not a network." in done.stdout
    assert "differences: too few rounds to compare" in done.stdout
    page = result.with_name("evaluate.html")
    assert f"page: {page}" in done.stdout
    assert "As theory says" in page.read_text(encoding="utf-8")


def printed(command: list[str]) -> list[str]:
    """The lines of a measuring program, which ends when its standard input does."""
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        return process.stdout.read().splitlines()


def test_an_ordinary_users_measurement_names_what_is_not_measured() -> None:
    options = {"families": ["ipv4", "ipv6"], "rounds": 0, "seconds": 1, "privileged": False}
    job = [sys.executable, "-m", "lab.evaluate.job", json.dumps(options)]
    *_progress, last = printed([*system.namespace_command(root=False), *job])
    found = judge(read_measurement(json.loads(last)["measurement"]))
    assert found.problems == ()
    refused = {path.name: path.refused for path in found.paths if path.refused}
    if not system.has_ipip():
        reason = refused.pop("ipip-ipv4")
        assert reason.startswith(
            "this kernel has no IPIP device (CONFIG_NET_IPIP), and an ordinary user may not"
        )
    assert refused == {}
    seen = {path.name: path.wire.measured[0].bytes for path in found.paths if path.wire}
    assert seen == {name: OVERHEADS[name] for name in seen}
    assert seen.keys() >= OVERHEADS.keys() - {"ipip-ipv4"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root loads BPF programs")
def test_the_machines_own_bpf_objects_are_left_alone() -> None:
    """tc makes directories wherever it finds a file system of BPF objects, and leaves them there."""
    measure = [sys.executable, "-m", "lab", "measure", "--rounds", "0", "--family", "ipv4"]
    script = 'mount -t bpf bpf /sys/fs/bpf && "$@" && find /sys/fs/bpf -mindepth 1 -type d'
    lines = printed(["unshare", "--mount", "sh", "-c", script, "sh", *measure])
    at = next((number for number, line in enumerate(lines) if line.startswith('{"measurement"')), None)
    assert at is not None, lines
    if not any(path["stand_in"] for path in json.loads(lines[at])["measurement"]["paths"]):
        pytest.skip("nothing here stands in for the kernel's IPIP device")
    assert lines[at + 1 :] == []


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_elsewhere_it_refuses_and_says_what_it_would_need(arguments: list[str], tmp_path: Path) -> None:
    done = call([*command("inventories/example"), *arguments], environment(tmp_path / "ansible"))
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    assert "prod: there is no lab behind this inventory, and this is measured in the lab alone." in said
    assert "root on one node to capture its underlay" in said
