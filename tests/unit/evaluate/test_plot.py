# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture: drawn where matplotlib is there, a sentence where it is not."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.judge import judge
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import read_measurement
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.result import Evaluation
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.theory import METRICS
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import evaluate_plot
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.evaluate_plot import NoPlotError
from tests.helpers import samples


def judged(**options: Any) -> Evaluation:
    return judge(read_measurement(samples.measurement(**options)))


def with_stand_in(busy: float = 0, **options: Any) -> Evaluation:
    """The same with a stand-in for IPIP, on a machine this busy."""
    data = samples.measurement(**options)
    data["paths"][1]["stand_in"] = True
    data["machine"]["busy_before"] = busy
    return judge(read_measurement(data))


def drawn(tmp_path: Path, evaluation: Evaluation) -> str:
    """The picture as SVG: the words stand in its comments."""
    file = tmp_path / "evaluation.svg"
    evaluate_plot.draw(evaluation, file)
    return file.read_text(encoding="utf-8")


def words(picture: str) -> str:
    """All of a picture's words, line after line."""
    return " ".join(re.findall("<!-- (.*?) -->", picture))


def test_a_picture_has_every_panel(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = drawn(tmp_path, judged())
    assert picture.count('<g id="axes_') == 10
    for words in ("Bytes per packet", "Round trip, 99.9th percentile", "IPIP", "IPv6", "less is better"):
        assert f"<!-- {words}" in picture or words in picture
    assert "not measured here" not in picture
    assert "Measured in the lab on 2026-09-21 14:13 UTC: Intel Xeon" in picture


def test_the_same_evaluation_gives_the_same_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert drawn(tmp_path, judged()) == drawn(tmp_path, judged())


def test_it_looks_the_same_whatever_the_user_has_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    picture = drawn(tmp_path, judged())
    theirs = {"text.usetex": True, "axes.titlesize": 30, "figure.facecolor": "black", "savefig.bbox": "tight"}
    for setting, value in theirs.items():
        monkeypatch.setitem(matplotlib.rcParams, setting, value)
    assert drawn(tmp_path, judged()) == picture
    assert {setting: matplotlib.rcParams[setting] for setting in theirs} == theirs


def test_a_refused_path_is_said_in_every_panel(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = drawn(tmp_path, judged(refused=["ipip-ipv4"]))
    assert picture.count("<!-- IPIP: not measured here -->") == 10


def test_a_stand_in_is_called_one(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = drawn(tmp_path, with_stand_in(rounds=9))
    assert "<!-- IPIP (stand-in) -->" in picture
    assert "<!-- IPIP -->" not in picture
    assert "IPIP (stand-in), IPv4: The device of ipip carries it." in words(picture)
    assert "VXLAN, IPv4 and IPv6: The device of vxlan carries it." in words(picture)


@pytest.mark.parametrize(("rounds", "spread", "hidden"), [(8, 0.001, 0), (8, 5, 27), (5, 5, 0)])
def test_what_is_not_told_apart_from_native_is_marked(
    rounds: int, spread: float, hidden: int, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    picture = drawn(tmp_path, judged(rounds=rounds, spread=spread))
    assert len(re.findall("<!-- \u2248 -->", picture)) == hidden
    assert ("<!-- not told apart from native -->" in picture) is (hidden > 0)


def test_what_there_is_to_note_is_in_the_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    noted = with_stand_in(rounds=3, busy=0.42)
    assert len(noted.notes) == 3
    assert " ".join(noted.notes) in words(drawn(tmp_path, noted))


@pytest.mark.parametrize(("rounds", "slower", "stand_in"), [(3, 1, True), (9, 1, True), (9, 40, False)])
def test_no_words_are_cut_off_or_over_others(
    rounds: int, slower: int, stand_in: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = pytest.importorskip("matplotlib.text").Text
    figures: list[Any] = []

    def savefig(figure: Any, *_given: Any, **_named: Any) -> None:
        for axes in figure.axes:
            # Its ticks beyond the panel have words too, which are not drawn.
            axes.set_yticks([])
        figure.draw_without_rendering()
        figures.append(figure)

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", savefig)
    data = samples.measurement(rounds)
    data["paths"][1]["stand_in"] = stand_in
    data["machine"].update(busy_before=0.42, processor="Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz")
    for each in data["samples"]:
        # Close to each other, so that the numbers stand side by side.
        factor = (1 + 0.02 * (each["round"] % 2)) * (1 if METRICS[each["metric"]].more else slower)
        each["value"] = samples.MIDDLES[each["metric"]][0] * factor
    evaluate_plot.draw(judge(read_measurement(data)), tmp_path / "evaluation.png")
    [figure] = figures
    texts = [each for each in set(figure.findobj(kind)) if each.get_text()]
    boxes = [(each.get_text(), each.get_window_extent()) for each in texts if each.get_visible()]
    assert len(boxes) > 80
    whole = figure.bbox
    assert [
        words for words, box in boxes if whole.x0 > box.x0 or box.x1 > whole.x1 or box.y0 < whole.y0
    ] == []
    assert [(one, two) for (one, a), (two, b) in itertools.combinations(boxes, 2) if a.overlaps(b)] == []


def test_nothing_measured_is_a_picture_too(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = drawn(tmp_path, judged(refused=list(samples.OVERHEADS)))
    assert picture.count('<g id="axes_') == 1
    assert "This evaluation has 1 problem: do not trust its figures." in picture


def test_a_picture_for_the_web(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    evaluate_plot.draw(judged(rounds=1), tmp_path / "evaluation.png")
    assert (tmp_path / "evaluation.png").read_bytes().startswith(b"\x89PNG")


def test_a_name_that_says_no_format(tmp_path: Path) -> None:
    with pytest.raises(NoPlotError) as error:
        evaluate_plot.draw(judged(rounds=1), tmp_path / "evaluation.txt")
    assert str(error.value) == "evaluation.txt cannot be drawn: its name has to end in .svg, .png."


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "none" / "evaluation.png"
    with pytest.raises(NoPlotError) as error:
        evaluate_plot.draw(judged(rounds=1), file)
    assert str(error.value) == f"{file} cannot be written: No such file or directory."


def test_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for attempt in (evaluate_plot.check, lambda: evaluate_plot.draw(judged(rounds=1), tmp_path / "e.svg")):
        with pytest.raises(NoPlotError) as error:
            attempt()
        assert str(error.value) == evaluate_plot.MISSING
