# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin: when it refuses, what it asks the lab for, what it leaves, and how it fails.

The lab's program is a stand-in made by hand; tests/run has the real one."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import bgp_evaluate
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import evaluate_plot, lab_measure
from tests.helpers import samples

Json = dict[str, Any]
STAND_IN = """import json, os, sys
with open("asked.json", "w") as file:
    json.dump(sys.argv[1:], file)
{body}
"""


def lab(directory: Path, body: str) -> Json:
    """A checkout whose lab runs this program text."""
    package = directory / "checkout" / "lab"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(STAND_IN.format(body=body))
    return {"python": sys.executable, "directory": str(package.parent)}


def printing(*lines: Json) -> str:
    """Program text that prints these lines."""
    return "\n".join(f"print({json.dumps(json.dumps(line))}, flush=True)" for line in lines)


def run(arguments: Json, *, check_mode: bool = False) -> Json:
    """What the plugin returns for the host `lab`."""
    task = mock.MagicMock(check_mode=check_mode, async_val=0, args=arguments)
    connection = SimpleNamespace(socket_path="x", _shell=mock.MagicMock(tmpdir=None))
    rest = [mock.MagicMock(name=name) for name in ("play_context", "loader", "templar", "shared")]
    found: Json = bgp_evaluate.ActionModule(task, connection, *rest).run(
        task_vars={"inventory_hostname": "lab"}
    )
    return found


@pytest.fixture
def no_plot(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where matplotlib is missing."""

    def check() -> None:
        raise evaluate_plot.NoPlotError("The plot needs matplotlib.")

    monkeypatch.setattr(evaluate_plot, "check", check)


REFUSED = {
    "no lab": ({}, "lab: there is no lab behind this inventory, and this is measured in the lab alone."),
    "no rounds": ({"rounds": -1}, "lab: rounds is -1: it must be 0 or more."),
    "no time": ({"seconds": 0}, "lab: seconds is 0: it must be 1 or more."),
    "no family": ({"families": []}, "lab: families is empty: name ipv4, ipv6 or both."),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("check_mode", [False, True])
def test_refuses_before_anything_starts(
    arguments: Json, said: str, check_mode: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where = {"lab": {"python": "/nowhere/python", "directory": "/nowhere"}} if arguments else {}
    found = run({**where, **arguments}, check_mode=check_mode)
    assert found["failed"]
    assert found["msg"].startswith(said)
    assert list(tmp_path.iterdir()) == []


def test_refusal_elsewhere_says_what_it_would_need() -> None:
    said = run({})["msg"]
    for need in (
        "two nodes",
        "IPPool of each encapsulation",
        "iperf3 and ping",
        "root on one node",
        "full load",
    ):
        assert need in said
    assert said.endswith("Run it with the inventory of a lab (`make lab-up`), or run `make evaluate`.")


def test_check_mode_says_what_would_be_measured(tmp_path: Path) -> None:
    where = lab(tmp_path, printing({"failed": "must not be started"}))
    found = run({"lab": where, "rounds": 7, "families": ["ipv4"]}, check_mode=True)
    assert found["skipped"]
    assert found["msg"].startswith("would measure ipv4 in 7 rounds, 2 s for each measurement")
    assert not (tmp_path / "checkout/asked.json").exists()


@pytest.mark.usefixtures("no_plot")
def test_leaves_result_and_captures_for_this_user_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = samples.measurement(rounds=8)
    where = lab(tmp_path, printing({"progress": "round 1 of 8"}, {"measurement": measured}))
    arguments = {"lab": where, "rounds": 8, "seconds": 3, "directory": str(tmp_path / "runs")}
    found = run(arguments)
    assert not found["failed"]
    assert not found["changed"]
    asked = json.loads((tmp_path / "checkout/asked.json").read_text())
    options = ["--rounds", "8", "--seconds", "3", "--family", "ipv4", "--family", "ipv6"]
    assert asked == ["measure", *options]
    assert found["stats"]["bytes"] == samples.OVERHEADS
    assert found["stats"]["refused"] == []
    result = Path(found["files"]["result"])
    assert json.loads(result.read_text())["ok"] is True
    captures = sorted(Path(found["files"]["captures"]).iterdir())
    assert [file.name for file in captures] == sorted(f"{name}.pcap" for name in samples.OVERHEADS)
    page = Path(found["files"]["page"])
    assert page == result.with_name("evaluate.html")
    for file in (result, page, *captures):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(result.parent.stat().st_mode) == 0o700
    shown = capsys.readouterr()
    assert "    lab: round 1 of 8" in shown.out
    assert f"result: {result}" in shown.out
    assert f"page: {page}" in shown.out
    assert "plot" not in found["files"]
    assert "The plot needs matplotlib." in shown.err


def test_a_plot_that_fails_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def draw(*_given: Any) -> None:
        raise RuntimeError("no font")

    monkeypatch.setattr(evaluate_plot, "check", lambda: None)
    monkeypatch.setattr(evaluate_plot, "draw", draw)
    where = lab(tmp_path, printing({"measurement": samples.measurement(rounds=6)}))
    found = run({"lab": where, "directory": str(tmp_path / "runs")})
    assert not found["failed"]
    assert sorted(found["files"]) == ["captures", "page", "result"]
    assert "lab: there is no plot: no font" in capsys.readouterr().err


@pytest.mark.usefixtures("no_plot")
def test_a_page_that_fails_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(*_given: Any) -> None:
        raise RuntimeError("out of ink")

    monkeypatch.setattr(bgp_evaluate.evaluation_page, "page", page)
    where = lab(tmp_path, printing({"measurement": samples.measurement(rounds=6)}))
    found = run({"lab": where, "directory": str(tmp_path / "runs")})
    assert not found["failed"]
    assert sorted(found["files"]) == ["captures", "result"]
    assert "lab: there is no page: out of ink" in capsys.readouterr().err


@pytest.mark.usefixtures("no_plot")
def test_figures_are_shown_also_where_they_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bgp_evaluate.rundir, "write", full)
    where = lab(tmp_path, printing({"measurement": samples.measurement(rounds=6)}))
    found = run({"lab": where, "directory": str(tmp_path / "runs")})
    assert found["failed"]
    assert found["msg"].startswith("lab: the figures above are not kept: ")
    assert "No space left on device" in found["msg"]
    assert "TCP throughput" in capsys.readouterr().out


def test_a_directory_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    where = lab(tmp_path, printing({"failed": "must not be started"}))
    file = tmp_path / "file"
    file.touch()
    found = run({"lab": where, "directory": str(file / "runs")})
    assert found["msg"] == (
        f"lab: directory is {file}/runs, and nothing can be written there ({file}): name another one."
    )


def test_what_theory_contradicts_fails_with_the_evidence_kept(tmp_path: Path) -> None:
    measured = samples.measurement(rounds=8)
    measured["mtu"][0]["bytes"] += 1
    found = run(
        {"lab": lab(tmp_path, printing({"measurement": measured})), "directory": str(tmp_path / "runs")}
    )
    assert found["failed"]
    assert "MTU" in found["msg"]
    assert Path(found["files"]["result"]).is_file()
    assert found["stats"]["ok"] is False


FAILED = {
    "refused": (
        printing({"failed": "iperf3 did not start."}),
        "The lab could not measure: iperf3 did not start.",
    ),
    "complained": ("sys.exit('lab: no iperf3')", "The lab could not measure: lab: no iperf3"),
    "silent": ("os._exit(9)", "The lab could not measure: it ended with status 9"),
    "killed": ("os.kill(os.getpid(), 9)", "The lab could not measure: it ended with status -9"),
    "strange": (printing({"measurement": {"format": 99}}), "99"),
    "no JSON": (
        "print('Segmentation fault')",
        "The lab printed 'Segmentation fault', which is not its form.",
    ),
    "no object": (printing({"measurement": [1]}), "which is not its form."),
    "not UTF-8": (
        "sys.stderr.buffer.write(b'caf\\xe9'); sys.exit(1)",
        "The lab could not measure: caf\ufffd",
    ),
}


@pytest.mark.parametrize(("body", "said"), FAILED.values(), ids=FAILED)
def test_failures_are_told_and_nothing_is_left(body: str, said: str, tmp_path: Path) -> None:
    found = run({"lab": lab(tmp_path, body), "directory": str(tmp_path / "runs")})
    assert found["failed"]
    assert found["msg"].startswith("lab: ")
    assert said in found["msg"]
    assert not (tmp_path / "runs").exists()


def test_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(lab_measure.MeasureError, match=r"does not start \(/nowhere/python: No such file"):
        lab_measure.measure({"python": "/nowhere/python", "directory": str(tmp_path)}, [], print)


def test_checkout_that_is_not_there_is_named(tmp_path: Path) -> None:
    moved = str(tmp_path / "moved")
    with pytest.raises(lab_measure.MeasureError) as error:
        lab_measure.measure({"python": sys.executable, "directory": moved}, [], print)
    assert f"does not start ({moved}: No such file" in str(error.value)
    assert "bgp_evaluate_lab has to name" in str(error.value)
