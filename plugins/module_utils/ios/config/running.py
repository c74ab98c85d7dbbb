# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading `show running-config`: `router bgp`, IPv4 prefix-lists and what else filters routes, the archive.

IOS prints one meaning in several forms: address-family statements flat under `router bgp` or in a block
of their own, defaults shown or hidden, AS numbers plain or dotted, passwords in three types. What is read
here is the meaning; two texts that mean the same give equal records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..text import IosTextError, is_log_message, lines_of, refuse
from .reader import Reader
from .records import RunningConfig

COMMAND = "show running-config"

# Lines at the end of a text, one of which is the `end` of a configuration: a prompt and blank lines follow.
_BEHIND_END = 4
_ERROR = re.compile(r"\s*%")
_NO_STARTUP = re.compile(
    r"\s*(?:%+\s*)?(?:startup-config is not present|Non-volatile configuration memory is not)"
)
_BANNER = re.compile(
    r"(?:banner \S+|aaa authentication (?:banner|fail-message)|menu \S+ (?:title|prompt)) (\^.|\S)(.*)"
)
# Those of lines, parameter-maps, VPN groups and auth-proxy, whose delimiter IOS prints as ^C. Without
# it the word may be a command of one line, or a file follows.
_BANNER_OR_COMMAND = re.compile(
    r"(?: +(?:(?:vacant|refuse)-message|busy-message \S+|banner(?: text| title)?)"
    r"|ip (?:admission|auth-proxy) auth-proxy-banner \S+) (\^[A-Z]|\x03)(.*)"
)
_MACRO = re.compile(r"macro name \S+\Z")
_LANDMARK = re.compile(
    r"!|end\Z|version \d|hostname |router |ip |interface |archive\Z|line |no |service |Current conf|Using \d"
)


def read_running(text: str, *, sections: bool = False, command: str = COMMAND) -> RunningConfig:
    """Read the text of `show running-config` or `show startup-config`, whole or in sections.

    Args:
        text: what the router answered.
        sections: the text is the answer to filtered commands (`| section ^router bgp`), so that an
            empty one means that there is nothing of the kind. A whole configuration is never empty, and
            has its `end`.
        command: named in errors.

    Returns:
        The meaning. A router without startup-config gives an empty record.

    Raises:
        IosTextError: an error of IOS, an empty or truncated configuration, or no configuration at all.
    """
    if _NO_STARTUP.match(text.lstrip()):
        return RunningConfig()
    lines = list(_without_banners(_from_the_margin(list(lines_of(text, command))), command))
    for number, line in lines:
        if "%" in line and _ERROR.match(line) and not is_log_message(line):
            refuse(
                command, number, line, "the router refused the command; check its privilege level and release"
            )
    if lines and not any(_LANDMARK.match(line) for _number, line in lines):
        refuse(command, *lines[0], "this is no configuration of IOS")
    if not lines and not sections:
        raise IosTextError(command, 0, "", "the router answered nothing; a configuration is never empty")
    reader = Reader(command, marked=not sections)
    for number, line in lines:
        reader.read(number, line)
    if not sections and not any(line == "end" for _number, line in lines):
        # The last line may be half a line, whose secret nothing announces any more.
        refuse(command, lines[-1][0], "", "the configuration stops before `end`; read it again")
    return reader.result()


def has_end(text: str) -> bool:
    """Whether a text ends as a configuration does: with `end`, and at most a prompt behind it."""
    last = [line.rstrip() for line in text.rstrip().splitlines()[-_BEHIND_END:]]
    return "end" in last


def _from_the_margin(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines of a text that stands indented as a whole, moved to the left."""
    margin = min((len(line) - len(line.lstrip()) for _number, line in lines), default=0)
    return [(number, line[margin:]) for number, line in lines] if margin else lines


def _without_banners(lines: Iterable[tuple[int, str]], command: str) -> Iterator[tuple[int, str]]:
    """A banner, a menu or a macro may hold any text, `router bgp` too."""
    closing, opened = "", (0, "")
    for number, line in lines:
        if closing:
            closing = "" if closing in line else closing
            continue
        banner = (_BANNER_OR_COMMAND if line[0] in " i" else _BANNER).match(line)
        if banner is not None and banner.group(1) not in banner.group(2):
            closing, opened = banner.group(1), (number, line)
        elif line[0] == "m" and _MACRO.match(line):
            closing, opened = "@", (number, line)
        elif banner is None:
            yield number, line
    if closing:
        refuse(command, *opened, f"this text is never closed with {closing!r}; read the configuration again")
