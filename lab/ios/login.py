# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One user logged in at the router: the rights, the mode, and the question that is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.ios.config import Configurator
from lab.ios.device import Router

ENTER_CONFIGURATION = "Enter configuration commands, one per line.  End with CNTL/Z.\n"


@dataclass(frozen=True)
class Question:
    """A prompt for an answer. ``hidden``: the answer is a password. ``single_key``: the first key is the
    answer, "" for Enter, and is not shown."""

    prompt: str
    hidden: bool
    single_key: bool
    answer: Callable[[str], str]


class Login:
    """What the commands of exec mode see and change of a session."""

    def __init__(self, router: Router, user: str = "console") -> None:
        self.router, self.user = router, user
        self.privilege = 1 if router.user_mode else router.privilege
        self.configuring: Configurator | None = None
        self.question: Question | None = None
        self.length = 24
        self.closed = False
        self.log: Callable[[str, str], None] | None = None

    def configure(self) -> str:
        """Enter configuration mode. Raises CliError while another user holds it."""
        self.router.nuisances.entering()
        self.configuring = Configurator(self.router)
        return ENTER_CONFIGURATION

    def ask(
        self, prompt: str, answer: Callable[[str], str], *, hidden: bool = False, single_key: bool = False
    ) -> str:
        """Have the next line, or with ``single_key`` the next key, go to ``answer``."""
        self.question = Question(prompt, hidden, single_key, answer)
        return ""
