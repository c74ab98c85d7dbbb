# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal: echo, editing, ``?``, paging. Keys in, characters out."""

from __future__ import annotations

from lab.ios.shell import Session

MORE = " --More-- "
WIPE = "\b" * len(MORE) + " " * len(MORE) + "\b" * len(MORE)


class Terminal:
    """What a user sees of a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._line = ""
        self._pages: list[str] = []
        self._after_return = False

    def greeting(self) -> str:
        """What is shown at first."""
        return "\r\n" + self.session.prompt

    def feed(self, keys: str) -> str:
        """What ``keys`` make the terminal show."""
        shown = []
        for key in keys:
            if self.session.closed:
                break
            shown.append(self._key(key))
        return "".join(shown).replace("\n", "\r\n")

    def _key(self, key: str) -> str:
        if self._pages:
            return self._more(key)
        second_half, self._after_return = key == "\n" and self._after_return, key == "\r"
        if second_half:
            return ""
        hidden = self.session.question is not None and self.session.question.hidden
        if key in "\r\n":
            line, self._line = self._line, ""
            return "\n" + self._reply(self.session.enter(line))
        if key in "\x7f\b":
            rubbed, self._line = self._line[-1:], self._line[:-1]
            return "\b \b" if rubbed and not hidden else ""
        if key in "\x03\x1a":
            self._line = ""
            self.session.interrupt()
            return "\n" + self.session.prompt
        if key == "?" and self.session.question is None:
            return f"?\n{self.session.help(self._line)}\n{self.session.prompt}{self._line}"
        if key < " ":
            return ""
        self._line += key
        return "" if hidden else key

    def _reply(self, text: str) -> str:
        if self.session.closed:
            return text
        lines = text.split("\n")
        if self.session.length and len(lines) > self.session.length and self.session.question is None:
            self._pages = lines
            return self._page(self.session.length - 1)
        return text + self.session.prompt

    def _page(self, count: int) -> str:
        shown, self._pages = self._pages[:count], self._pages[count:]
        if self._pages:
            return "\n".join(shown) + "\n" + MORE
        return "\n".join(shown) + self.session.prompt

    def _more(self, key: str) -> str:
        if key == " ":
            return WIPE + self._page(self.session.length - 1)
        if key in "\r\n":
            return WIPE + self._page(1)
        self._pages = []
        return WIPE + "\n" + self.session.prompt
