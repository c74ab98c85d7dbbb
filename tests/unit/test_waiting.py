# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting and watching, with a clock of the test's own."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.plugin_utils import alarm, waiting


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self):
        self.now = 100.0

    def sleep(self, seconds):
        self.now += seconds

    def time(self):
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(waiting, "time", made)
    monkeypatch.setattr(alarm, "time", made)
    monkeypatch.setattr(alarm, "steady", made.time)
    return made


def answers(*texts):
    """The next text at each look, the last one again and again."""
    left = list(texts)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


WAITS = {
    # seconds, what the looks give, what is missing at the end, seconds that passed
    "there at once": (10, [""], "", 0),
    "there after a while": (10, ["a", "b", ""], "", 2),
    "never there": (5, ["a"], "a", 5),
    "no time to wait": (0, ["a"], "a", 0),
    "not a whole number of looks": (2.5, ["a"], "a", 2.5),
    "there at the last look": (2, ["a", "b", ""], "", 2),
}


@pytest.mark.parametrize(("seconds", "texts", "missing", "passed"), WAITS.values(), ids=WAITS)
def test_wait(clock, seconds, texts, missing, passed):
    assert waiting.wait(seconds, 1, answers(*texts), lambda _text: None) == missing
    assert clock.now - 100 == passed


def test_waiting_says_where_it_stands(clock):
    said = []
    waiting.wait(10, 1, answers("2 of 3"), said.append)
    assert said == ["2 of 3 (7 s left)", "2 of 3 (4 s left)", "2 of 3 (1 s left)"]


WATCHES = {
    # what the looks give, known loss, seconds that passed, whether the alarm was raised
    "nothing lost": ([""], "", 5, False),
    "lost at once": (["gone"], "", 0, True),
    "lost later": (["", "", "gone"], "", 2, True),
    "known from the round before": (["gone"], "gone", 5, False),
    "another loss than the known one": (["gone", "gone too"], "gone", 1, True),
    "no answer is no loss": ([None], "", 5, False),
}


@pytest.mark.parametrize(("looks", "known", "passed", "raised"), WATCHES.values(), ids=WATCHES)
def test_watch(clock, tmp_path, looks, known, passed, raised):
    bell = alarm.Alarm(tmp_path, "watch-1")
    alarm.keep_watch(bell, clock.now + 5, known, answers(*looks), lambda _text: None)
    assert clock.now - 100 == passed
    assert bell.raised is raised


def test_a_watch_ends_when_another_watcher_sees_a_loss(clock, tmp_path):
    def look():
        if clock.now >= 103:
            alarm.Alarm(tmp_path, "watch-1").sound("rr1 is gone")
        return ""

    alarm.keep_watch(alarm.Alarm(tmp_path, "watch-1"), clock.now + 60, "", look, lambda _text: None)
    assert clock.now == 103
    assert not alarm.Alarm(tmp_path, "watch-2").raised, "each round has its own"


def test_a_watch_whose_time_is_over_looks_once(clock, tmp_path):
    looks = []
    alarm.keep_watch(
        alarm.Alarm(tmp_path, "w"), clock.now - 1, "", lambda: looks.append(1) or "", lambda _text: None
    )
    assert len(looks) == 1


def test_a_watch_shows_signs_of_life(clock, tmp_path):
    said = []
    looks = answers("", "", "", "", "", "", "", "", "", "", None)
    alarm.keep_watch(alarm.Alarm(tmp_path, "w"), clock.now + 25, "", looks, said.append)
    assert said[:2] == ["nothing lost (20 s left)", "no answer (15 s left)"]
    assert len(said) == 4
