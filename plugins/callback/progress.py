# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On a terminal, long waits are one line each that is drawn anew in its place."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: One line for each wait, drawn anew in its place
description:
  - While the playbooks of this collection wait for route reflectors and nodes, or watch them, each wait is
    one line on a terminal, with a bar, what is established of what is wanted, and the seconds left.
  - It does nothing where the output is no terminal, or one that can move no cursor (C(TERM) is empty or
    V(dumb)), or one that ansible-runner made and reads, as AWX does. Then each wait says every few seconds
    where it stands, a line each time, as without this plugin.
  - The log of Ansible has the lines either way.
  - Colour is off where Ansible's is, by C(NO_COLOR) or C(ANSIBLE_NOCOLOR).
requirements:
  - enable in configuration
author:
  - telco.calico_bgp contributors (@telco)
"""

import atexit
import os
import shutil
import sys
import threading
import time
from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible.utils.color import stringc
from ansible.utils.display import Display

from ..plugin_utils.progress import Look, Row, Standing, drawn

#: Seconds between two times that the seconds left are drawn.
TICK = 1.0


class Screen:
    """All output of the main process, with the waits below it.

    Whatever is displayed first takes the lines of the waits away, and puts them below itself again.
    """

    def __init__(self, display: Any) -> None:
        self._plain, self._owner = display.display, os.getpid()
        # The display's own: other callbacks hold it while they display (ansible-runner's awx_display does),
        # and two locks that one thread takes in this order and another one in that stop a run for good.
        self._lock = display._lock
        self._rows: dict[tuple[str, str], Row] = {}
        self._on_screen = 0
        self._width = 0
        self._ticking: threading.Thread | None = None

    def display(self, msg: str, *args: Any, **options: Any) -> None:
        """In the place of Display.display."""
        if os.getpid() != self._owner:
            self._plain(msg, *args, **options)
            return
        with self._lock:
            if isinstance(msg, Standing):
                self._plain(str(msg), log_only=True)
                self._keep(msg)
                self._draw()
                return
            self._erase()
            self._plain(msg, *args, **options)
            if msg.endswith("\n") or options.get("newline", True):
                self._draw()

    def over(self, host: str) -> None:
        """A task of the host is over, and so is its wait."""
        with self._lock:
            gone = [key for key in self._rows if key[0] == host]
            for key in gone:
                del self._rows[key]
            if gone:
                self._erase()
                self._draw()

    def clear(self) -> None:
        """Nobody waits any more."""
        with self._lock:
            self._rows.clear()
            self._erase()

    def _keep(self, said: Standing) -> None:
        key = (said.host, said.label)
        longest = max(said.left or 0, self._rows[key].longest if key in self._rows else 0)
        self._rows[key] = Row(said, time.monotonic(), longest)
        if self._ticking is None:
            self._ticking = threading.Thread(target=self._tick, daemon=True)
            self._ticking.start()

    def _tick(self) -> None:
        while True:
            time.sleep(TICK)
            with self._lock:
                if not self._rows:
                    self._ticking = None
                    return
                self._draw()

    def _draw(self) -> None:
        size = shutil.get_terminal_size()
        if size.columns != self._width:
            # The terminal has wrapped what was there; where it begins nobody knows.
            self._width, self._on_screen = size.columns, 0
        lines = drawn(self._rows.values(), look(size.columns, size.lines), time.monotonic())
        self._erase()
        if lines:
            self._write("".join(f"{line}\n" for line in lines))
        self._on_screen = len(lines)

    def _erase(self) -> None:
        if self._on_screen:
            self._write(f"\x1b[{self._on_screen}A\r\x1b[J")
            self._on_screen = 0

    def _write(self, text: str) -> None:
        self._plain(text, screen_only=True, newline=False)
        sys.stdout.flush()


def look(width: int, height: int) -> Look:
    """How the terminal can show it."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    pieces = ("#", "-") if plain else ("\u2588", "\u2591")

    def colour(text: str, whole: bool) -> str:
        return stringc(text, "green" if whole else "bright blue") if text else ""

    return Look(width, height, *pieces, colour)


def draws() -> bool:
    """Whether there is a terminal that lines can be drawn on, and somebody may look at it."""
    # ansible-runner, AWX's too, gives every playbook a terminal and this variable, and keeps what it reads.
    by_runner = "AWX_ISOLATED_DATA_DIR" in os.environ
    return sys.stdout.isatty() and not by_runner and os.environ.get("TERM", "") not in ("", "dumb")


class CallbackModule(CallbackBase):
    """Puts a Screen in front of the display, as long as the playbook runs."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "telco.calico_bgp.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._screen: Screen | None = None
        if not draws():
            self.disabled = True

    def v2_playbook_on_start(self, playbook: Any) -> None:
        display = Display()
        self._screen = Screen(display)
        display.display = self._screen.display
        # After a Ctrl-C too, nothing is left that looks as if somebody waited.
        atexit.register(self._screen.clear)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if self._screen is not None:
            self._screen.clear()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if self._screen is not None:
            self._screen.clear()

    def _over(self, result: Any) -> None:
        if self._screen is not None:
            self._screen.over(result.host.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        self._over(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._over(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._over(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._over(result)
