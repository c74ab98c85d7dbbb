# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command on a terminal, and what its screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

#: What was read without the begin of a sequence, or of a character in UTF-8, at its end.
_WHOLE = re.compile(rb"(?s).*?(?=(?:\x1b(?:\[[0-9;?]*)?|[\xc0-\xff][\x80-\xbf]{0,2})?\Z)")
_CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n])|(\x1b.?)")


class Screen:
    """What a terminal shows of what it was sent: text, CR, LF, cursor up, erase to the end, colours.

    Anything else that is no text fails, so that nothing is shown otherwise than it is understood here. Lines
    that scroll away are kept: `lines` is all that somebody sees who scrolls up.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.lines: list[str] = [""]
        self.row, self.column, self.top = 0, 0, 0
        #: Escape sequences that set a colour.
        self.colours = 0

    def feed(self, text: str) -> None:
        """Show more of it."""
        at = 0
        for found in _CONTROL.finditer(text):
            self._put(text[at : found.start()])
            at = found.end()
            if found[3] == "\r":
                self.column = 0
            elif found[3]:
                self._down()
            else:
                self._obey(found[1], found[2], found[0])
        self._put(text[at:])

    def _obey(self, numbers: str | None, letter: str | None, whole: str) -> None:
        if letter == "m":
            self.colours += numbers not in ("", "0")
        elif letter == "A":
            # The cursor stops at the top of the screen.
            self.row = max(self.row - int(numbers or 1), self.top)
        elif letter == "J" and numbers in ("", "0"):
            del self.lines[self.row + 1 :]
            self.lines[self.row] = self.lines[self.row][: self.column]
        else:
            raise AssertionError(f"a terminal is sent {whole!r}, which this one does not know")

    def _put(self, text: str) -> None:
        for character in text:
            assert character.isprintable() or character == "\t", repr(character)
            if self.column >= self.width:
                self.column = 0
                self._down()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")
        self.top = max(self.top, self.row - self.height + 1)

    @property
    def text(self) -> str:
        """All lines, those that scrolled away first."""
        return "\n".join(line.rstrip() for line in self.lines)


def on_a_terminal(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: str,
    *,
    width: int = 100,
    height: int = 24,
    look: Callable[[str, int], None] = lambda _text, _process: None,
    seconds: float = 300,
) -> tuple[int, Screen]:
    """Run a command on a terminal of this size; exit status and screen.

    `look` sees the screen as it changes, and the id of the process.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    screen, end = Screen(width, height), time.monotonic() + seconds
    running = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=its, stderr=its
    )
    os.close(its)
    rest = b""
    try:
        with suppress(OSError):  # the terminal is gone with the last process that has it
            while time.monotonic() < end:
                ended = running.poll() is not None
                if not select.select([ours], [], [], 0.2)[0]:
                    if ended:
                        break
                    continue
                rest += os.read(ours, 65536)
                whole = _WHOLE.match(rest)
                screen.feed((whole[0] if whole else rest).decode(errors="replace"))
                rest = rest[whole.end() :] if whole else b""
                look(screen.text, running.pid)
        return running.wait(max(end - time.monotonic(), 1)), screen
    finally:
        running.kill()
        running.wait()
        os.close(ours)
