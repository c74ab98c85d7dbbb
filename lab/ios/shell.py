# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One user's session: takes lines, and prints what the mode they are typed in makes of them."""

from __future__ import annotations

import re

from lab.ios import pipes
from lab.ios.config import PROMPTS
from lab.ios.execs import EXEC, Handler
from lab.ios.grammar import INVALID, CliError
from lab.ios.login import Login
from lab.ios.rules import CONFIG
from lab.ios.vty import FrrError, FrrGone

PASSWORD = re.compile(r"(\bpassword(?: [0-7])?) .*")


class Session(Login):
    """A command line without a terminal: ``enter`` takes lines and returns what is printed."""

    @property
    def prompt(self) -> str:
        """What the terminal shows before the next line."""
        if self.question:
            return self.question.prompt
        if self.configuring:
            return self.router.hostname + PROMPTS[self.configuring.mode]
        return self.router.hostname + (">" if self.privilege == 1 else "#")

    def enter(self, line: str) -> str:
        """Take one line. What is printed ends in a newline or is empty."""
        with self.router.lock:
            if self.router.nuisances.deaf:
                return ""
            if self.log:
                hidden = self.question is not None and self.question.hidden
                self.log(self.prompt, "" if hidden else PASSWORD.sub(r"\1 ********", line))
            self.router.archive.touch(self.user)
            if self.question:
                question, self.question = self.question, None
                return question.answer(line)
            if not line.strip() or line.lstrip().startswith("!"):
                return ""
            try:
                return self._dispatch(line)
            except CliError as error:
                return self._complaint(line, error)
            except FrrGone as error:
                return f"% BGP not active: {error}\n"
            except FrrError as error:
                return f"% {str(error).lstrip('% ')}\n"

    def _complaint(self, line: str, error: CliError) -> str:
        if error.word is None:
            return error.text
        starts = [found.start() for found in re.finditer(r"\S+", line)]
        at = starts[error.word] + error.inside if error.word < len(starts) else len(line)
        return f"{' ' * (len(self.prompt) + at)}^\n{error.text}\n\n"

    def _dispatch(self, line: str) -> str:
        if self.configuring is None:
            return self.execute(line)
        first, _, rest = line.strip().partition(" ")
        if first.lower() == "do" and rest:
            return self._do(line, rest)
        self.router.nuisances.typed(line)
        if self.router.nuisances.deaf:
            return ""
        text = self.configuring.line(line)
        if not self.configuring.mode:
            self.configuring = None
        return text

    def _do(self, line: str, rest: str) -> str:
        configuring, self.configuring = self.configuring, None
        try:
            return self.execute(rest)
        except CliError as error:
            if error.word is not None:
                error.word += len(line.split()) - len(rest.split())
            raise
        finally:
            self.configuring = configuring

    def execute(self, line: str) -> str:
        """Run a command of exec mode with its filters. Raises CliError."""
        command, filters = pipes.split(line)
        words = command.split()
        match = EXEC.match(self._levels(), words)
        handler: Handler = EXEC.handler(match)
        if filters and words[0].lower() not in ("show", "sho", "sh", "more", "dir"):
            raise CliError(INVALID, len(words))
        text = handler(self, *match.arguments)
        try:
            return pipes.apply(text, filters) if filters else text
        except CliError as error:
            if error.word is not None:
                error.word = len(words) + 1
            raise

    def _levels(self) -> list[str]:
        if self.privilege == 15:
            return ["user", "partial", "exec"]
        return ["user", "partial"] if self.privilege > 1 else ["user"]

    def help(self, typed: str) -> str:
        """What ``?`` prints."""
        words = typed.split()
        before = words if typed.endswith(" ") or not words else words[:-1]
        if self.configuring is None:
            found = EXEC.following(self._levels(), before)
        else:
            mode = self.configuring.mode
            modes = {"router": ["router", "session", "af"], "config": ["config"]}.get(mode, [mode])
            found = CONFIG.following(modes, before)
        last = words[-1].lower() if len(before) < len(words) else ""
        shown = [word for word in found if word.startswith(last) or not word.islower()]
        return "".join(f"  {word}\n" for word in shown) or "% Unrecognized command\n"

    def interrupt(self) -> None:
        """Ctrl-C or Ctrl-Z: back to exec mode."""
        self.question = None
        self.configuring = None
