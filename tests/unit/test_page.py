# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a run: all of it is there, and what others wrote is text."""

from __future__ import annotations

import doctest
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import bgp_page, bgp_report
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.page import (
    packets,
    sessions,
    timeline,
    topology,
    troubles,
    words,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.page.words import OUTCOMES
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.page import reading, render
from tests.helpers import run_directories
from tests.helpers.actions import action
from tests.helpers.html_pages import Page

ROOT = Path(__file__).parents[2]
MOST = 2_000_000
EVERYWHERE = ["Sessions", "Findings", "Changes", "About the run"]
#: What somebody who may name a node, or sits at a router, might write.
HOSTILE = {
    "markup": "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>",
    "end of the style": "</style></title></svg></pre><h1>Approved</h1>",
    "attribute": '" onload="alert(3)" x=\'',
    "template": "{{ 7 * 7 }}{% raw %}",
    "terminal": "\x1b[2J\x1b]0;x\x07\u202egnp.exe\u0000",
    "long": "n" * 10_000,
}


def made(folder: Path, kind: str = "cut", nodes: int = 3, zones: int = 0) -> Path:
    return run_directories.write(folder, kind, nodes, zones)


def edited(run: Path, name: str, change: Callable[[Any], Any]) -> None:
    """A file of a run as somebody wrote it."""
    rundir.write(run / name, change(rundir.read(run / name)))


@pytest.mark.parametrize("kind", run_directories.KINDS)
@pytest.mark.parametrize("nodes", [3, 50])
def test_a_page_is_whole(tmp_path: Path, kind: str, nodes: int) -> None:
    run = made(tmp_path, kind, nodes, zones=3 if nodes > 3 else 0)
    page = Page(reading.page(run))
    assert page.troubles == []
    assert [link for link in page.links if not link.startswith("#")] == []
    for section in [*EVERYWHERE, *(["Timeline"] if kind != "planned" else [])]:
        assert section in page.text
    assert OUTCOMES[run_directories.STORIES[kind].outcome].sentence in page.text
    assert rundir.read_plan(str(run / rundir.PLAN)).identity in page.text
    assert run_directories.PLATFORM in page.text or kind == "planned"
    assert page.headings[0] == "h1"
    assert page.tags["h1"] == page.tags["main"] == page.tags["header"] == page.tags["nav"] == 1


@pytest.mark.parametrize("kind", ["planned", "cut", "drained", "valid"])
@pytest.mark.parametrize("nodes", [3, 50])
def test_a_run_that_went_well_is_shown_with_no_failure(kind: str, nodes: int) -> None:
    found = run_directories.judged(kind, nodes, 0).values()
    assert [
        each for gate in found for each in gate if (each.verdict, each.severity) == ("fail", "error")
    ] == []


def test_many_findings_of_one_check_are_folded(tmp_path: Path) -> None:
    source = reading.page(made(tmp_path, "returned", 130))
    assert "<summary>9 more</summary>" in source
    assert Page(source).tags["details"] == source.count("</details>")
    assert "was off meanwhile" in Page(source).text


def test_what_is_long_is_not_printed_line_by_line(tmp_path: Path) -> None:
    few, many = (reading.page(made(tmp_path, "drained", nodes)) for nodes in (50, 250))
    assert re.search(r"data-print>\s*<summary>40 more that are not up", few)
    assert re.search(r'<details class="card">\s*<summary>240 more that are not up', many)


def test_the_same_files_make_the_same_page(tmp_path: Path) -> None:
    run = made(tmp_path)
    assert reading.page(run) == reading.page(run)


def test_every_session_and_every_line_is_there(tmp_path: Path) -> None:
    page = Page(reading.page(made(tmp_path))).text
    assert len(re.findall(r"worker-000\d rr\d 192\.168\.8\.\d ipv4 Established Established", page)) == 6
    assert "neighbor 192.168.8.3 peer-group CALICO" in page
    assert "BGPPeer peer-to-external-rr" in page
    assert "3 → 6" in page


def test_what_is_wrong_comes_first_with_what_to_do(tmp_path: Path) -> None:
    text = Page(reading.page(made(tmp_path, "gate_shut", 50))).text
    found = text.index("What did not pass")
    assert found < text.index("Failed router.session") < text.index("Not known node.answers")
    assert text.index("Not known node.answers") < text.index("What each gate came to")
    assert "What to do: Check TCP 179 between the two" in text
    assert "worker-0001 not established rr1 192.168.8.2 ipv4 Active Active" in text


def test_a_node_that_is_left_out_is_named_with_the_reason(tmp_path: Path) -> None:
    text = Page(reading.page(made(tmp_path, "cut", 50))).text
    assert re.search(r"worker-9999 .*NotReady", text[text.index("Nodes that are left out") :])


@pytest.mark.parametrize("nodes", [3, 50, 130])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_others_wrote_is_text(tmp_path: Path, text: str, nodes: int) -> None:
    run = made(tmp_path, "gate_shut", nodes)
    tame = Page(reading.page(run))
    other = "t" * 10_000 if len(text) > 5000 else "tame"

    def everywhere(hostile: str) -> Page:
        made(tmp_path, "gate_shut", nodes)
        name = run_directories.name_of(1)
        for file in ("plan.json", "result.json", "cluster.json", "journal.jsonl"):
            source = (run / file).read_text()
            source = source.replace(f'"{name}"', json.dumps(hostile))
            (run / file).write_text(source)
        edited(run, "result.json", lambda result: {**result, "message": hostile, "cluster": hostile})
        edited(run, "result.json", lambda result: {**result, "left_out": {hostile: hostile}})

        def wrote(result: Any) -> Any:
            push = result["routers"]["rr1"]
            push |= {"detail": hostile, "withheld": [hostile], "notices": [hostile], "commands": [hostile]}
            for found in result["findings"].values():
                found[0] |= {"subject": hostile, "actual": hostile, "advice": hostile, "verdict": "fail"}
            return result

        edited(run, "result.json", wrote)
        with (run / rundir.JOURNAL).open("a") as journal:
            journal.write(
                json.dumps({"at": run_directories.BEGAN + 9, "event": hostile, "text": hostile}) + "\n"
            )
        edited(run, "observations/after/router-rr1.json", lambda seen: {**seen, "platform": hostile})
        return Page(reading.page(run))

    harmless, found = everywhere(other), everywhere(text)
    assert found.troubles == []
    assert found.tags == harmless.tags
    assert found.tags["script"] == tame.tags["script"] == 1
    names = {name for _tag, name, _value in found.attributes}
    assert names == {name for _tag, name, _value in harmless.attributes}
    assert [link for link in found.links if not link.startswith("#")] == []
    assert not [c for c in found.text if unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    assert len(reading.page(run)) < MOST
    assert (
        "(10000 characters)" in found.text if len(text) > 5000 else text.split("\x1b")[0][:20] in found.text
    )


@pytest.mark.parametrize(("kind", "nodes"), [("planned", 1000), ("drained", 1000)])
def test_a_page_of_a_thousand_nodes_is_small_and_whole(tmp_path: Path, kind: str, nodes: int) -> None:
    source = reading.page(made(tmp_path, kind, nodes, zones=4))
    assert len(source.encode()) < MOST
    assert Page(source).troubles == []
    assert "zone-4" in source


def test_however_much_is_wrong_the_page_stays_small(tmp_path: Path) -> None:
    run = made(tmp_path, "planned", 1000)

    def all_down(result: Any) -> Any:
        for session in result["sessions"]:
            session |= {"node_says": "Active", "reflector_says": "Idle"}
        finding = {"verdict": "fail", "severity": "error", "expected": "e" * 900, "advice": "a" * 90}
        result["findings"] = {
            gate: [
                {
                    **finding,
                    "check": f"node.{check}",
                    "subject": f"node {number}",
                    "actual": f"{number}" * 300,
                }
                for check in ("answers", "session", "routes", "kernel", "originator")
                for number in range(2000)
            ]
            for gate in ("cut-gate", "unchanged")
        }
        return result

    edited(run, "result.json", all_down)
    source = reading.page(run)
    assert len(source.encode()) < MOST
    page = Page(source)
    assert page.troubles == []
    assert "1,900 more have no line here" in page.text


def test_a_run_that_never_had_a_plan_has_a_page(tmp_path: Path) -> None:
    made(tmp_path, "planned")
    run = tmp_path / "early"
    result = rundir.read(tmp_path / "planned-3-0/result.json")
    nothing = {"plan": None, "cluster": None, "sessions": [], "routers": {}, "findings": {}, "left_out": {}}
    mesh = {"before": None, "after": None}
    rundir.write(
        run / "result.json", {**result, **nothing, "mesh": mesh, "outcome": "refused", "message": "No"}
    )
    page = Page(reading.page(run))
    assert page.troubles == []
    assert "Refused" in page.text
    assert "Nothing was judged" in page.text


def test_files_of_another_version_leave_gaps_and_no_error(tmp_path: Path) -> None:
    run = made(tmp_path)
    for name in ("plan.json", "state.json", "cluster.json", "packets.json"):
        (run / name).write_text('{"another": "version"}')
    (run / "journal.jsonl").write_text('{"at": "yesterday", "event"\nnot JSON\n[]\n{"at": 1}\n')
    page = Page(reading.page(run))
    assert page.troubles == []
    assert "Mesh off, both sides proved" in page.text


def test_every_outcome_has_its_words() -> None:
    documented = re.findall(r"^\| `(\w+)` \| [02] \|", (ROOT / "docs/result.md").read_text(), re.MULTILINE)
    assert set(documented) == set(OUTCOMES)


def test_nothing_but_our_own_script_would_run(tmp_path: Path) -> None:
    source = reading.page(made(tmp_path))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', source)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy[1]
    assert " style=" not in source
    assert not re.search(r"<[^>]+ on\w+=", source)


@pytest.mark.parametrize("text", ['M0 0"/><script>', "url(#x)", "M0 0;"])
def test_a_path_of_a_picture_is_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="SVG path"):
        render.drawing(text)


def test_the_picture_tells_zones_and_states_apart(tmp_path: Path) -> None:
    record = reading.read(made(tmp_path, "gate_shut", 50, 3))
    drawn = topology.topology(record, sessions.rows(record))
    assert drawn is not None
    assert [field.name for field in drawn.fields] == ["zone-1", "zone-2", "zone-3", "Left out"]
    assert [field.note for field in drawn.fields][1] == "17 nodes, 2 not well"
    assert {field.name for field in drawn.fields if field.tone == "bad"} == {"zone-2"}
    everything = [mark for field in drawn.fields for mark in field.marks]
    assert len(everything) == 51
    assert [m.name for m in everything if m.href] == ["worker-0001", "worker-0025"]
    inside = all(
        f.x >= 0 and f.x + f.width <= drawn.width and f.y + f.height <= drawn.height for f in drawn.fields
    )
    assert inside


def test_nodes_without_a_zone_stand_by_how_they_are(tmp_path: Path) -> None:
    record = reading.read(made(tmp_path, "gate_shut", 50))
    drawn = topology.topology(record, sessions.rows(record))
    assert drawn is not None
    told = [(field.name, field.note) for field in drawn.fields]
    assert told == [
        ("Nodes that lack a session", "2 nodes, 2 not well"),
        ("Nodes that are well", "48 nodes"),
        ("Left out", "1 node"),
    ]


def test_a_reflector_that_was_drained_is_not_called_broken(tmp_path: Path) -> None:
    text = Page(reading.page(made(tmp_path, "drained"))).text
    assert "3 shut down on the reflector" in text
    assert "not established" not in text


def test_the_timeline_marks_what_happened(tmp_path: Path) -> None:
    told = timeline.timeline(reading.read(made(tmp_path, "returned")))
    assert told is not None
    assert [moment.word for moment in told.moments] == ["mesh off", "loss seen", "mesh on again"]
    lanes = {lane.name: lane for lane in told.lanes}
    assert list(lanes) == [
        "Plan",
        "Push rr1",
        "Push rr2",
        "Write the objects",
        "Wait and ask",
        "Watch",
        "Wait for the mesh",
        "Judge",
        "Mesh",
    ]
    assert [bar.word for bar in lanes["Mesh"].bars] == ["on", "off", "on"]
    assert [chart.notes for chart in told.charts] == [("5 of 6",), ("61 lost", "of 732,000 packets")]
    assert ("1:35", "Loss seen") in [(entry.clock, entry.what) for entry in told.entries]


def test_hold_time_and_soak_stand_in_a_run_that_went_well(tmp_path: Path) -> None:
    told = timeline.timeline(reading.read(made(tmp_path)))
    assert told is not None
    assert [moment.word for moment in told.moments] == [
        "mesh off",
        "hold time over (30 s)",
        "soak over (2 min 30 s)",
    ]
    assert all(0 <= moment.x <= told.width for moment in told.moments)


def test_who_approved_is_said_as_far_as_it_is_known(tmp_path: Path) -> None:
    run = made(tmp_path)
    text = Page(reading.page(run)).text
    assert "job 1187 of calico-bgp cut, started by ops.night; workflow job 1180" in text
    assert "none was asked for" in text
    passed = {"check": "plan.approved", "subject": "x", "verdict": "pass", "severity": "error"}
    same = {**passed, "expected": "e", "actual": "e", "advice": ""}
    edited(run, "result.json", lambda r: {**r, "findings": {**r["findings"], "approval": [same]}})
    assert "the plan is the one that was approved" in Page(reading.page(run)).text


def test_a_page_that_cannot_be_made_is_no_matter_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_run: Path) -> str:
        raise RuntimeError("out of ink")

    said: list[str] = []
    run = made(tmp_path)
    monkeypatch.setattr(reading, "page", broken)
    monkeypatch.setattr(bgp_report.display, "warning", said.append)
    monkeypatch.setattr(bgp_report.display, "display", lambda _line: None)
    result = action(bgp_report, {"playbook": "cut", "directory": str(run)}).run(task_vars={})
    assert (result["page"], result["path"]) == (None, str(run / "result.json"))
    assert "failed" not in result
    assert len(said) == 1
    assert "out of ink" in said[0]
    assert f"calico_bgp_run={run}" in said[0]


def test_a_run_ends_with_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, shown = made(tmp_path), []
    monkeypatch.setattr(bgp_report.display, "display", shown.append)
    result = action(bgp_report, {"playbook": "cut", "directory": str(run)}).run(task_vars={})
    page = run / "report.html"
    assert result["page"] == str(page)
    assert f"page: {page}" in shown
    assert page.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("playbook", "written"), [("peers", False), ("cut", False), ("drain", True)])
def test_a_run_that_goes_on_waits_with_its_page_and_a_drill_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, playbook: str, written: bool
) -> None:
    run = made(tmp_path)
    monkeypatch.setattr(bgp_report.display, "display", lambda _line: None)
    options = {"playbook": playbook, "directory": str(run), "table": False}
    result = action(bgp_report, options).run(task_vars={})
    assert (result["page"] is not None) is written
    assert (run / "report.html").exists() is written


def test_a_page_is_written_again_only_where_it_would_be_another(tmp_path: Path) -> None:
    run = made(tmp_path)
    page = run / "report.html"

    def write(*, check_mode: bool = False) -> bool:
        result = action(bgp_page, {"directory": str(run)}, check_mode=check_mode).run(task_vars={})
        return bool(result["changed"])

    assert write(check_mode=True)
    assert not page.exists()
    assert write()
    assert page.stat().st_mode & 0o777 == 0o600
    assert not write()
    assert not write(check_mode=True)
    page.write_text("old")
    assert write(check_mode=True)
    assert page.read_text() == "old"


def test_a_directory_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        Exception, match=r"result\.json: there is no such file.*Give directory the directory of a run"
    ):
        action(bgp_page, {"directory": str(tmp_path)}).run(task_vars={})


def _palette(dark: bool) -> dict[str, str]:
    """The colours of a scheme, by name."""
    style = (render.TEMPLATES / "style.css").read_text()
    blocks = re.findall(r":root \{([^}]*--ground: #[^}]*--ink[^}]*)\}", style)
    assert len(blocks) == 2
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[dark]))


def _contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(dark: bool) -> None:
    colour = _palette(dark)
    tones = ("good", "bad", "warn", "calm")
    pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in ("card", "ground", "faint")]
    pairs += [(tone, ground) for tone in tones for ground in ("card", "faint", f"{tone}-ground")]
    pairs += [("ink", f"{tone}-ground") for tone in tones] + [("soft", f"{tone}-ground") for tone in tones]
    assert {
        pair: ratio for pair in pairs if (ratio := _contrast(colour[pair[0]], colour[pair[1]])) < 4.5
    } == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_bar_can_be_seen(dark: bool) -> None:
    colour = _palette(dark)
    assert {name: _contrast(colour[name], colour["card"]) >= 3 for name in ("native", "ipip", "vxlan")} == {
        "native": True,
        "ipip": True,
        "vxlan": True,
    }


@pytest.mark.parametrize("module", [words, troubles, packets, render], ids=lambda module: module.__name__)
def test_doctests(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
