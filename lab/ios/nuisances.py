# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a real router unpleasant, to be switched on one by one.

A configuration line here is one that a user types in configuration mode: ``end`` and ``exit`` count, blank
lines, comments and ``do`` do not. Counting begins when the nuisance is set, over all sessions together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lab.ios.grammar import INVALID, CliError

BUSY = "startup-config file open failed (Device or resource busy)\n"
OTHER_IMAGE = (
    "Warning: Attempting to overwrite an NVRAM configuration previously written\n"
    "by a different version of the system image.\n"
)
OVERWRITE = "Overwrite the previous NVRAM configuration?[confirm]"
MESSAGE = "*Nov 29 10:00:00.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.5 Up "


@dataclass(frozen=True)
class Lock:
    """Another user's exclusive hold on configuration mode."""

    user: str = "netops"
    terminal: int = 2
    process: int = 484

    @property
    def answer(self) -> str:
        """What others are told who want to configure."""
        held = f"process '{self.process}' user '{self.user}' from terminal '{self.terminal}'"
        return f"Configuration mode is locked by {held}. Please try later.\n"


@dataclass
class Refusal:
    """Lines that are refused: the one of this number (from 1), or all that match a pattern."""

    line: int = 0
    pattern: str = ""
    answer: str = INVALID
    _left: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self._left = self.line

    def meets(self, text: str) -> bool:
        """Whether this line is refused; every line has to be shown, for counting."""
        self._left -= 1
        return self._left == 0 if self.line else bool(re.search(self.pattern, text))

    @property
    def error(self) -> CliError:
        """As IOS prints it, with the ``^`` under the first word where the answer speaks of one."""
        return CliError(self.answer, 0) if "'^' marker" in self.answer else CliError(f"{self.answer}\n")


@dataclass
class Countdown:
    """Something that happens at a configuration line. ``left``: how many are still to come."""

    left: int

    def line(self) -> bool:
        """A line was typed: whether it is the one."""
        self.left -= 1
        return self.left == 0

    @property
    def over(self) -> bool:
        """Whether the line came."""
        return self.left <= 0


@dataclass
class LogMessages:
    """A log message on every terminal, as after ``terminal monitor``.

    ``place``: "key", behind the echo of every ``every``-th key; "line", behind the prompt that follows every
    so many lines; "answer", behind every so many lines of an answer. ``synchronous``: the prompt and what was
    typed so far are printed again (``logging synchronous``), and the message waits for the end of an answer.
    """

    place: str
    every: int
    synchronous: bool = False
    message: str = MESSAGE
    _count: int = field(default=0, init=False, compare=False)

    def due(self, place: str) -> bool:
        """A key, a line or a line of an answer went by: whether a message follows."""
        if place != self.place:
            return False
        self._count += 1
        return self._count % self.every == 0


class Nuisances:
    """All of one router; none at first.

    ``lock``: who holds configuration mode. ``saving_fails``: the startup configuration cannot be opened.
    ``other_image``: saving asks, until someone confirms. ``slowness``: seconds for each configuration line,
    before its answer. ``cut``: all SSH connections drop after this line. ``deafness``: from this line on
    every terminal takes keys and answers nothing. ``default_for_hosts``: ``show ip route`` of a host shows
    the default route where there is no other.
    """

    def __init__(self) -> None:
        self.lock: Lock | None = None
        self.saving_fails = False
        self.other_image = False
        self.slowness = 0.0
        self.log_messages: LogMessages | None = None
        self.refusals: list[Refusal] = []
        self.cut: Countdown | None = None
        self.deafness: Countdown | None = None
        self.default_for_hosts = False
        self._severing = False

    def entering(self) -> None:
        """Someone wants to configure. Raises CliError while another one holds configuration mode."""
        if self.lock:
            raise CliError(self.lock.answer)

    def typed(self, text: str) -> None:
        """A configuration line was typed, and is not yet taken. Raises CliError where it is refused."""
        if self.deafness:
            self.deafness.line()
        if self.cut and self.cut.line():
            self._severing = True
        met = [refusal for refusal in self.refusals if refusal.meets(text.strip())]
        if met and not self.deaf:
            raise met[0].error

    @property
    def deaf(self) -> bool:
        """Whether the router answers nobody."""
        return self.deafness is not None and self.deafness.over

    def sever(self) -> bool:
        """Whether the connections drop now; says so once."""
        severing, self._severing = self._severing, False
        return severing
