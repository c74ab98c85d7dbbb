# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fuzzer of the readers takes for a failure, and that it leaves whole answers alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import refuse
from tests.bench import damages, fuzz_terminal
from tests.bench.oracles import Text, invented
from tests.helpers import show_dynamic, show_texts, torn

PASSWORD = damages.planted(0)


@pytest.fixture
def causes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What is wrong with the reading of a text by a reader of the test's own."""

    def look(reader: Callable[[str], Any], marked: str = "text") -> list[str]:
        monkeypatch.setitem(fuzz_terminal.READERS, "own", reader)
        monkeypatch.setitem(fuzz_terminal.OF_ANSWERS, "own", reader)
        return list(fuzz_terminal.looked_at("own", marked).wrong)

    return look


@pytest.mark.parametrize("name", fuzz_terminal.READERS)
def test_nothing_is_wrong_with_whole_answers(name: str) -> None:
    found = [fuzz_terminal.looked_at(name, text).wrong for text in fuzz_terminal.sources()]
    assert len(found) > 10
    assert [wrong for wrong in found if wrong] == []


def test_a_reader_without_end_is_stopped(
    causes: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_terminal, "PATIENCE", 0.02)

    def endless(_text: str) -> None:
        while True:
            pass

    assert causes(endless) == ["own: does not end in time"]


def test_any_other_error_is_a_failure(causes: Callable[..., list[str]]) -> None:
    (cause,) = causes(lambda text: text.index("missing"))
    assert cause == "own: ValueError in test_fuzz_terminal.py: <lambda>"
    assert causes(lambda text: refuse("show", 1, text, "as it should")) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (PASSWORD, damages.BESIDE),
        (PASSWORD.replace("password ", "password \x00"), damages.BESIDE),
        (PASSWORD.replace("password ", "password\r\n"), damages.BEFORE),
        (PASSWORD.replace("password ", "pasword "), damages.GONE),
        (f"{PASSWORD}\nonce more {PASSWORD.split()[-1]}", damages.GONE),
    ],
)
def test_a_secret_in_a_message_is_seen_and_where_its_words_were(
    causes: Callable[..., list[str]], text: str, where: str
) -> None:
    secret = PASSWORD.split()[-1]
    assert causes(lambda _text: refuse("show", 0, "", f"{secret} is no number"), text) == [
        f"own: message shows a secret {where}"
    ]


def test_a_line_that_no_mask_hides_is_a_cause_of_its_own(
    causes: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_terminal, "mask", lambda line: line)
    assert causes(lambda text: refuse("show", 0, "", text), PASSWORD) == [
        f"mask does not know {damages.SECRETS[0]!r}"
    ]


def test_what_is_around_an_answer_may_not_change_it(causes: Callable[..., list[str]]) -> None:
    marked = f"a{damages.OPEN}\r{damages.CLOSE}\nb"
    assert (damages.disturbed(marked), damages.plain(marked)) == ("a\r\nb", "a\nb")
    assert causes(str.splitlines, marked) == []
    assert causes(len, marked) == ["own: what is around the answer changes it"]


@pytest.mark.parametrize("name", ["answered pager", "log line", "carriage returns", "silent characters"])
def test_harmless_damage_can_be_taken_out_again(name: str) -> None:
    (damage,) = [each for each in damages.HARMLESS if each.name == name]
    draw, text = random.Random(1), show_texts.TABLE
    for _again in range(3):
        text = damage.make(draw, text)
    assert damages.disturbed(text) != show_texts.TABLE
    assert damages.plain(text) == show_texts.TABLE


@pytest.mark.parametrize("damage", [*damages.DAMAGES, damages.ENDLESS], ids=lambda damage: damage.name)
def test_every_damage_changes_texts(damage: damages.Damage) -> None:
    draw = random.Random(1)
    made = {damage.make(draw, torn.CONFIGURATION) for _again in range(5)}
    assert made - {torn.CONFIGURATION}


def _changed(text: str, read: Callable[[str], Any], **changes: Any) -> list[str]:
    """What is made up in the first record of a text once fields of it are changed."""
    result = read(text)
    rows = getattr(result, "rows", result)
    wrong = (replace(rows[0], **changes), *rows[1:])
    return list(invented(replace(result, rows=wrong) if hasattr(result, "rows") else wrong, Text(text)))


SUMMARY = show_dynamic.DYNAMIC
TABLE = show_texts.TABLE + show_texts.ROWS["both"][0]


@pytest.mark.parametrize(
    ("read", "text", "changes"),
    [
        (read_summary, SUMMARY, {"address": "192.0.2.99"}),
        (read_summary, SUMMARY, {"prefixes": 77}),
        (read_summary, SUMMARY, {"messages_sent": 77}),
        (read_neighbors, show_texts.BLOCK, {"address": "192.0.2.99"}),
        (read_neighbors, show_texts.BLOCK, {"description": "of another"}),
        (read_neighbors, show_texts.BLOCK, {"hold": 77}),
        (read_prefixes, TABLE, {"next_hop": "192.0.2.99"}),
        (read_prefixes, TABLE, {"weight": 77}),
        (read_prefixes, TABLE, {"as_path": "64999"}),
        (read_prefixes, show_texts.DETAIL, {"communities": ("please", "log", "out")}),
    ],
)
def test_what_is_not_in_the_text_is_made_up(
    read: Callable[[str], Any], text: str, changes: dict[str, Any]
) -> None:
    assert _changed(text, read) == []
    assert _changed(text, read, **changes) != []


def test_a_line_of_a_configuration_that_is_not_there_is_made_up() -> None:
    found = read_running(torn.CONFIGURATION)
    other = torn.CONFIGURATION.replace("bgp cluster-id 1", "bgp cluster-id 2").replace("seq 5 permit", "")
    assert {each.partition(":")[0] for each in invented(found, Text(other))} >= {"lines", "prefix_lists"}


def test_a_text_is_made_as_small_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(text: str) -> None:
        if "X" in text and "Y" in text:
            raise KeyError("both")

    monkeypatch.setitem(fuzz_terminal.READERS, "own", fragile)
    cause = "own: KeyError in test_fuzz_terminal.py: fragile"
    marked = f"one\nX two\n{damages.OPEN}three{damages.CLOSE}\nfour Y\nfive\n"
    assert fuzz_terminal.reduced("own", cause, marked) == "XY"


def test_one_seed_gives_one_run() -> None:
    texts = fuzz_terminal.sources()
    one, other = (
        [fuzz_terminal.damaged(draw, texts)[0] for _each in range(50)]
        for draw in (random.Random(3), random.Random(3))
    )
    assert one == other


def test_a_run_counts_readings_and_tells_of_each_cause_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(_text: str) -> None:
        raise KeyError("always")

    monkeypatch.setattr(fuzz_terminal, "READERS", {"own": fragile})
    told: list[str] = []
    outcome = fuzz_terminal.run(0.2, 5, lambda failure: told.append(failure.cause))
    assert told == ["own: KeyError in test_fuzz_terminal.py: fragile"]
    assert outcome.texts == outcome.read["own"] == outcome.failures[told[0]].times > 1
    assert outcome.failures[told[0]].text == ""


def test_a_long_text_is_told_briefly() -> None:
    assert fuzz_terminal.compact("seq " + "0" * 5000 + ".\n") == r"'seq ' + '0' * 5000 + '.\n'"
    assert fuzz_terminal.compact("'a") == repr("'a")
    assert fuzz_terminal.compact("") == "''"
    assert fuzz_terminal.compact("ab" * 4000 + "a") == "'ab' * 4000 + 'a'"
