# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits on a terminal: one line each, drawn anew, and nothing of it left; lines where there is none."""

from __future__ import annotations

import doctest
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible.utils.display import Display

from ansible_collections.telco.calico_bgp.plugins.callback import progress as callback
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import crowd, progress, waiting
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.alarm import Alarm, keep_watch
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.clock import steady
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.progress import (
    Look,
    Row,
    Standing,
    drawn,
    standing,
)
from tests.helpers.terminal import Screen, on_a_terminal

#: A task that waits: each host says where it stands, at its own pace, and something else in between.
ACTION = """
import time
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.progress import standing

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        host = task_vars["inventory_hostname"]
        number = int(host[-1])
        for left in range(6, 0, -1):
            said = f"{min(7 - left, 3)} of 3 sessions Established; waiting ({left} s left)"
            Display().display(standing(host, host, said))
            if left == 4:
                Display().display(f"    {host}: left alone: a line that stays")
                Display().warning(f"{host}: a warning that stays")
            time.sleep(float(task_vars.get("pace", 0.2)) + number / 10)
        return {"changed": number == 1, "failed": number == 2, "msg": "no" if number == 2 else ""}
"""
HOSTS = ["rr1", "rr2", "rr3"]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "action_plugins").mkdir()
    (tmp_path / "action_plugins/wait_a_while.py").write_text(ACTION)
    task = {"name": "Wait", "wait_a_while": {}, "ignore_errors": True}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task, {"name": "After", "wait_a_while": {}}]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    (tmp_path / "hosts").write_text("".join(f"{name} ansible_connection=local\n" for name in HOSTS))
    return tmp_path


def command() -> list[str]:
    return [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts", "play.yml"]


def environment(**more: str) -> dict[str, str]:
    given = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "ANSIBLE_CALLBACKS_ENABLED": "telco.calico_bgp.progress",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        **{name: os.environ[name] for name in ("ANSIBLE_COLLECTIONS_PATH",) if name in os.environ},
    }
    return {name: value for name, value in {**given, **more}.items() if value}


def play(folder: Path, **more: str) -> tuple[Screen, set[str]]:
    """The screen at the end, and every line that was ever to be seen on it."""
    seen: set[str] = set()
    extra = {"HOME": str(folder), **more}
    _status, screen = on_a_terminal(
        command(),
        environment(**extra),
        str(folder),
        width=200,
        look=lambda text, _process: seen.update(text.splitlines()),
    )
    return screen, seen


def plain(folder: Path, **more: str) -> str:
    """The output where there is no terminal."""
    done = subprocess.run(
        command(),
        cwd=folder,
        env=environment(HOME=str(folder), **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


BAR = re.compile(
    r"^    (rr\d)  \[([\u2588\u2591]{20})\]  (\d) of 3  (\d) s left  sessions Established; waiting$"
)
STANDS = re.compile(r"^    rr\d: \d of 3 sessions Established; waiting \(\d s left\)$", re.MULTILINE)


def lasting(text: str) -> list[str]:
    """What stays of an output, sorted, as workers do not wait for each other; without stars of a title."""
    kept = (line.rstrip(" *") for line in text.splitlines() if not STANDS.match(line))
    return sorted(line for line in kept if line)


def test_waits_are_drawn_in_their_place_and_nothing_else_is_lost_or_garbled(folder: Path) -> None:
    screen, seen = play(folder, ANSIBLE_LOG_PATH=str(folder / "log"))
    bars = [found for line in seen if (found := BAR.match(line))]
    assert {found[1] for found in bars} == set(HOSTS)
    assert {(found[3], found[2].count("\u2588")) for found in bars} >= {("1", 6), ("2", 13), ("3", 20)}
    assert "\u2588" not in screen.text
    assert "s left" not in screen.text
    assert "FAILED!" in screen.text
    assert screen.colours
    log = (folder / "log").read_text()
    assert "rr1: 2 of 3 sessions Established; waiting (5 s left)" in log
    assert "\u2588" not in log
    without = plain(folder)
    assert {f"    rr1: {n} of 3 sessions Established; waiting ({7 - n} s left)" for n in (1, 2, 3)} <= set(
        without.splitlines()
    )
    assert "\x1b" not in without
    assert lasting(screen.text) == lasting(without)


@pytest.mark.parametrize(
    ("terminal", "term", "draws"),
    [(True, "xterm", True), (False, "xterm", False), (True, "dumb", False), (True, "", False)],
)
def test_it_draws_on_a_terminal_that_can_move_its_cursor(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, term: str, draws: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("AWX_ISOLATED_DATA_DIR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert callback.draws() is draws
    assert callback.CallbackModule().disabled is not draws


def test_where_ansible_runner_reads_the_terminal_there_are_lines(folder: Path) -> None:
    """As in AWX, where nobody looks at the terminal and each line is an event."""
    programs = str(Path(sys.executable).parent)
    done = subprocess.run(
        [
            f"{programs}/ansible-runner",
            "run",
            "private",
            "--project-dir",
            str(folder),
            "--inventory",
            "hosts",
            "-p",
            "play.yml",
        ],
        cwd=folder,
        env=environment(HOME=str(folder), PATH=f"{programs}:{os.environ['PATH']}"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(re.findall(r"rr\d: \d of 3 sessions Established; waiting", done.stdout)) >= 18, done.stderr
    assert "\u2588" not in done.stdout


def test_a_callback_that_holds_the_display_while_it_displays_stops_nobody() -> None:
    """A thread comes with a wait while another one that holds the display's lock displays something."""
    display = Display()
    holds, comes, shown = threading.Event(), threading.Event(), []
    at_it = SimpleNamespace(_lock=display._lock, display=lambda text, **_more: plainly(text))

    def plainly(text: str) -> None:
        comes.set()
        with display._lock:
            shown.append(text)

    drawing = callback.Screen(at_it)

    def holding() -> None:
        with display._lock:
            holds.set()
            comes.wait(1)
            drawing.display("from a callback")

    def waiting() -> None:
        holds.wait(10)
        drawing.display("from a worker")

    threads = [threading.Thread(target=each, daemon=True) for each in (holding, waiting)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(shown) == ["from a callback", "from a worker"]


def test_without_the_plugin_a_terminal_gets_lines(folder: Path) -> None:
    screen, _seen = play(folder, ANSIBLE_CALLBACKS_ENABLED="")
    assert len(STANDS.findall(screen.text)) >= 18


def test_colour_is_off_where_it_is_to_be(folder: Path) -> None:
    screen, seen = play(folder, NO_COLOR="1")
    assert not screen.colours
    assert any(BAR.match(line) for line in seen)


def test_a_terminal_of_another_encoding_gets_plain_bars(folder: Path) -> None:
    _screen, seen = play(folder, LANG="C", LC_ALL="C.UTF-8", PYTHONIOENCODING="ascii:backslashreplace")
    assert any(re.match(r"    rr1  \[#{6}-{14}\]  1 of 3", line) for line in seen)


def test_an_interrupted_run_leaves_no_bar_behind(folder: Path) -> None:
    """Ctrl-C, once each worker is up and asleep.

    One that is just being forked would print past the main process, and one that is killed while it sends
    something would keep Ansible's queue locked.
    """
    seen: list[float] = []
    interrupted: list[int] = []

    def look(text: str, process: int) -> None:
        bars = [line for line in text.splitlines() if BAR.match(line)]
        if len(bars) == len(HOSTS):
            seen.append(time.monotonic())
            if seen[-1] - seen[0] > 1 and not interrupted:
                interrupted.append(process)
                os.kill(process, signal.SIGINT)

    slow = [*command(), "-e", "pace=3"]
    _status, screen = on_a_terminal(slow, environment(HOME=str(folder)), str(folder), look=look)
    assert interrupted
    assert "\u2588" not in screen.text
    assert "User interrupted execution" in screen.text


def row(text: str, label: str = "rr1") -> Row:
    made = standing(label, label, text)
    assert isinstance(made, Standing)
    return Row(made, 0.0, made.left or 0)


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 200])
@pytest.mark.parametrize("label", ["rr1", "n" * 10_000, "\u8def" * 50, "e\u0301" * 30])
def test_no_line_is_wider_than_the_terminal(width: int, label: str) -> None:
    look = Look(width, 24)
    lines = drawn([row("2 of 3 sessions Established; " + "x" * 300 + " (80 s left)", label)], look, 0.0)
    [line] = lines
    screen = Screen(width, 24)
    screen.feed(line + "\r\n")
    assert progress._cells(line) < width


def test_no_more_lines_than_half_of_the_terminal() -> None:
    rows = [row("1 of 3 sessions Established (5 s left)", f"rr{n}") for n in range(100)]
    lines = drawn(rows, Look(80, 24), 0.0)
    assert (len(lines), lines[-1]) == (12, "    ... and 89 more")
    assert len(drawn(rows[:12], Look(80, 24), 0.0)) == 12


def test_seconds_go_on_while_nobody_says_anything() -> None:
    [line] = drawn([row("2 of 4 sessions Established (80 s left)")], Look(80, 24), 30.0)
    assert line == "    rr1  [##########----------]  2 of 4  50 s left  sessions Established"
    [line] = drawn([row("nothing lost (80 s left)")], Look(80, 24), 60.0)
    assert line == "    rr1  [###############-----]  20 s left  nothing lost"
    [line] = drawn([row("nothing lost (80 s left)")], Look(80, 24), 100.0)
    assert line == "    rr1  [####################]  0 s left  nothing lost"


def test_what_a_wait_says_beside_it_is_a_line_that_stays() -> None:
    said = standing("rr1", "rr1", "192.0.2.1 is gone; the nodes have another reflector, so the watch goes on")
    assert not isinstance(said, Standing)
    assert said.startswith("    rr1: 192.0.2.1 is gone")


def test_text_from_outside_moves_no_cursor() -> None:
    made = standing("rr1", "rr1", "1 of 3 \x1b[2J\r\n\u202e silent (9 s left)")
    assert isinstance(made, Standing)
    assert made == "    rr1: 1 of 3 \\x1b[2J\\r\\n\\u202e silent (9 s left)"


def test_it_is_the_same_on_its_way_to_the_main_process() -> None:
    made = standing("lab", "", "3 of 5 nodes have what is expected after 2 s; x")
    sent = pickle.loads(pickle.dumps(made))
    assert (sent, vars(sent)) == (made, vars(made))
    assert (sent.host, sent.label, sent.done, sent.wanted, sent.left) == ("lab", "nodes", 3, 5, None)


def test_each_wait_of_the_collection_is_understood(tmp_path: Path) -> None:
    said: list[str] = []
    waiting.wait(
        0.03, 0.01, lambda: "2 of 3 sessions Established; waiting for prefixes", said.append, every=0
    )
    keep_watch(Alarm(tmp_path, "watch-1"), steady() + 0.1, "", lambda: "", said.append)
    said.append(crowd.progress(["a"], {}, {}, time.monotonic()))
    said.append(f"{crowd.watched({}, 3)} (7 s left)")
    assert len(said) >= 3
    for text in said:
        assert isinstance(standing("h", "h", text), Standing), text


def test_doctests() -> None:
    found = doctest.testmod(progress)
    assert (found.failed, found.attempted > 0) == (0, True)
