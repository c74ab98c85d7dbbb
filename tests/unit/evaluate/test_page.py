# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an evaluation. The measurements are hand-made: their values have no meaning."""

from __future__ import annotations

import doctest
import itertools
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate import text, wording
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.judge import judge
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import read_measurement
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.result import Evaluation
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.theory import METRICS
from ansible_collections.telco.calico_bgp.plugins.module_utils.page import bars
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.page import evaluation as page
from tests.helpers import samples
from tests.helpers.html_pages import Page

#: What a processor, a kernel or a program might call itself.
HOSTILE = (
    '<script>alert(1)</script></svg></style><img src=https://evil.example/x onerror=alert(2)>" onload="'
    "{{ 7 * 7 }}\x1b[2J\u202egnp.exe"
)


def hand_made(change: Any = None, **options: Any) -> Evaluation:
    """A judged measurement made by hand; `change` alters it first."""
    data = samples.measurement(**options)
    if change is not None:
        change(data)
    return judge(read_measurement(data))


def with_stand_in(data: Any) -> None:
    data["paths"][1]["stand_in"] = True


def hostile(data: Any) -> None:
    data["machine"].update(processor=HOSTILE, kernel=HOSTILE, architecture=HOSTILE, virtual=HOSTILE)
    data["tools"] = {HOSTILE: HOSTILE}
    for path in data["paths"]:
        path["how"] = HOSTILE
    data["paths"][1]["refused"] = HOSTILE
    for kind in ("captures", "mtu", "samples"):
        data[kind] = [each for each in data[kind] if each["path"] != "ipip-ipv4"]
    data["failures"] = [{"round": 1, "path": "native-ipv4", "text": HOSTILE}]


KINDS = {
    "whole": hand_made(rounds=9),
    "a stand-in": hand_made(with_stand_in, rounds=9),
    "too few rounds": hand_made(rounds=3),
    "one round": hand_made(rounds=1),
    "bytes alone": hand_made(rounds=0),
    "a path refused": hand_made(refused=["ipip-ipv4"]),
    "nothing": hand_made(refused=list(samples.OVERHEADS)),
    "a wide spread": hand_made(rounds=8, spread=5),
    "hostile": hand_made(hostile),
}


@pytest.mark.parametrize("found", KINDS.values(), ids=KINDS)
def test_a_page_is_whole_and_fetches_nothing(found: Evaluation) -> None:
    source = page.page(found)
    read = Page(source)
    assert read.troubles == []
    assert [link for link in read.links if not link.startswith("#")] == []
    assert read.headings[0] == "h1"
    assert read.tags["script"] == read.tags["h1"] == read.tags["main"] == 1
    assert " style=" not in source
    assert "default-src &#39;none&#39;" in source


@pytest.mark.parametrize("found", KINDS.values(), ids=KINDS)
def test_every_figure_of_the_tables_is_there(found: Evaluation) -> None:
    words = Page(page.page(found)).text
    for family in {path.family for path in found.paths}:
        rows = [*text.figure_rows(found, family, {"us": "\u00b5s"})[1:]]
        if not text.too_few(found, family):
            rows += text.difference_rows(found, family)[1:]
        for row in rows:
            assert " ".join(cell or "\u2013" for cell in row) in words


def test_what_others_wrote_is_text() -> None:
    source = page.page(KINDS["hostile"])
    read = Page(source)
    assert "<script>alert(1)</script>" in read.text
    assert "{{ 7 * 7 }}" in read.text
    assert "img" not in read.tags
    assert not re.search(r"<[^>]+ on\w+=", source)
    assert not [c for c in read.text if unicodedata.category(c) in ("Cc", "Cf", "Cs")]


def test_names_of_any_length_are_cut() -> None:
    def long(data: Any) -> None:
        data["machine"]["processor"] = "x" * 1_000_000
        data["paths"][0]["how"] = "y" * 1_000_000

    source = page.page(hand_made(long))
    assert len(source) < 200_000
    assert Page(source).troubles == []


def test_a_good_one_says_so_and_what_vxlan_costs() -> None:
    words = Page(page.page(KINDS["whole"])).text
    assert "As theory says" in words
    assert "IPv4, bytes per packet +0 / +20 / +50 native, IPIP, VXLAN" in words
    assert "IPv6, bytes per packet +0 / +70 native, VXLAN" in words
    assert re.search(r"TCP throughput -\d+ % VXLAN against native, IPv4", words)


def test_what_is_wrong_comes_first() -> None:
    def wrong(data: Any) -> None:
        data["mtu"][0]["bytes"] += 1

    words = Page(page.page(hand_made(wrong))).text
    assert "Not to be trusted This evaluation has 1 problem: do not trust its figures." in words
    assert words.index("native-ipv4: the MTU for pods is 1501 bytes") < words.index("At a glance A bar")


def test_what_is_not_measured_is_named() -> None:
    words = Page(page.page(KINDS["a path refused"])).text
    assert "Not measured here: IPIP over IPv4." in words
    assert "IPIP is not measured here: There is no such device." in words


def test_with_too_few_rounds_nothing_is_compared() -> None:
    words = Page(page.page(KINDS["too few rounds"])).text
    assert words.count("Too few rounds to compare.") == 2
    assert "against native" not in words


def test_a_picture_for_each_figure() -> None:
    drawn = bars.pictures(KINDS["a stand-in"])
    assert [picture.id for picture in drawn] == [bars.BYTES, *METRICS]
    assert [bar.name for bar in drawn[0].bars] == ["native", "IPIP (stand-in)", "VXLAN", "native", "VXLAN"]
    assert drawn[0].told.startswith(
        "Bytes per packet, beyond the pod's own, less is better: IPv4 native 0; IPv4 IPIP"
    )
    assert [bar.theory for bar in drawn[0].bars] == [0, 54.3, 135.7, 0, bars.LONGEST]
    assert len(bars.pictures(KINDS["bytes alone"])) == 1
    assert [bar.word for bar in bars.pictures(KINDS["a path refused"])[1].bars][1] == "not measured here"


@pytest.mark.parametrize("found", KINDS.values(), ids=KINDS)
def test_nothing_stands_outside_a_picture_or_over_other_words(found: Evaluation) -> None:
    for picture in bars.pictures(found):
        for bar in picture.bars:
            ends = [x for x in (bar.width, bar.theory, *bar.dots) if x is not None]
            assert all(0 <= x <= bars.LONGEST for x in ends)
            # A digit is 8 wide at the most; where words stand in place of a number there is no bar.
            if bar.width is not None:
                assert bars.LEFT + bars.LONGEST + 8 * len(bar.word) <= picture.width + 2
            assert bar.y + bars.ROW <= picture.height
        rows = sorted([y for y, _name in picture.heads] + [bar.y for bar in picture.bars])
        assert all(below - above >= bars.HEAD for above, below in itertools.pairwise(rows))


def test_numbers_beside_bars_are_those_of_the_table() -> None:
    found = KINDS["whole"]
    [_head, _seen, _theory, _mtu, *rows] = text.figure_rows(found, "ipv6")
    for row, picture in zip(rows, bars.pictures(found)[1:], strict=True):
        shown = [bar.word.lstrip("\u2248 ") for bar in picture.bars[3:]]
        assert [cell.partition(" (")[0] for cell in row[1:]] == shown


def test_one_round_is_a_bar_without_dots() -> None:
    assert {bar.dots for picture in bars.pictures(KINDS["one round"]) for bar in picture.bars} == {()}


def test_what_is_not_told_apart_is_marked_and_said() -> None:
    drawn = bars.pictures(KINDS["a wide spread"])
    assert [bar.word[0] for bar in drawn[1].bars if bar.encapsulation != "native"] == ["\u2248"] * 3
    assert drawn[1].told.count("not told apart from native") == 3
    assert "not told apart from native" in Page(page.page(KINDS["a wide spread"])).text


def test_it_is_written_for_this_user_alone(tmp_path: Path) -> None:
    written = Path(page.write(tmp_path, KINDS["whole"]))
    assert written == tmp_path / "evaluate.html"
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.read_text(encoding="utf-8") == page.page(KINDS["whole"])


def test_doctests() -> None:
    found = doctest.testmod(wording)
    assert found.attempted
    assert not found.failed
