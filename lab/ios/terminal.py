# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal: echo, editing, ``?``, paging. Keys in, characters out."""

from __future__ import annotations

from lab.ios.shell import Session

INTERRUPT = "\x03\x1a"
MORE = " --More-- "
WIPE = "\b" * len(MORE) + " " * len(MORE) + "\b" * len(MORE)


class Terminal:
    """What a user sees of a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._nuisances = session.router.nuisances
        self._line = ""
        self._pages: list[str] = []
        self._after_return = False

    def greeting(self) -> str:
        """What is shown at first."""
        return "" if self._nuisances.deaf else "\r\n" + self.session.prompt

    def pause(self, key: str) -> float:
        """Seconds that the router takes for the line that ``key`` ends, before it answers."""
        ends = key in "\r\n" and not (key == "\n" and self._after_return) and not self._pages
        typed = self.session.configuring is not None and self._line.strip() != ""
        return self._nuisances.slowness if ends and typed else 0.0

    def feed(self, keys: str) -> str:
        """What ``keys`` make the terminal show."""
        shown = []
        for key in keys:
            if self.session.closed or self._nuisances.deaf:
                break
            answer = self._key(key)
            shown.append("" if self._nuisances.deaf else answer)
        return "".join(shown).replace("\n", "\r\n")

    def _key(self, key: str) -> str:
        if self._pages:
            return self._more(key)
        second_half, self._after_return = key == "\n" and self._after_return, key == "\r"
        if second_half:
            return ""
        if self.session.question is not None and self.session.question.single_key and key not in INTERRUPT:
            return "\n" + self._reply(self.session.enter(key.strip("\r\n")))
        hidden = self.session.question is not None and self.session.question.hidden
        if key in "\r\n":
            line, self._line = self._line, ""
            return "\n" + self._reply(self.session.enter(line)) + self._message("line")
        if key in "\x7f\b":
            rubbed, self._line = self._line[-1:], self._line[:-1]
            return "\b \b" if rubbed and not hidden else ""
        if key in INTERRUPT:
            self._line = ""
            self.session.interrupt()
            return "\n" + self.session.prompt
        if key == "?" and self.session.question is None:
            return f"?\n{self.session.help(self._line)}\n{self.session.prompt}{self._line}"
        if key < " ":
            return ""
        self._line += key
        return "" if hidden else key + self._message("key")

    def _message(self, place: str) -> str:
        """The log message that is due at this place, or nothing. It breaks into the line at the cursor."""
        messages = self._nuisances.log_messages
        if messages is None or self.session.closed or not messages.due(place):
            return ""
        again = self.session.prompt + self._line if messages.synchronous else ""
        return f"\n{messages.message}\n{again}"

    def _with_messages(self, answer: str) -> str:
        messages = self._nuisances.log_messages
        if messages is None or messages.place != "answer":
            return answer
        shown, waiting = list[str](), list[str]()
        for line in answer.splitlines(keepends=True):
            shown.append(line)
            if messages.due("answer"):
                (waiting if messages.synchronous else shown).append(f"{messages.message}\n")
        return "".join(shown + waiting)

    def _reply(self, answer: str) -> str:
        text = self._with_messages(answer)
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
