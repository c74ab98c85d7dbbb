# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IOS means by its answer to a line that was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .text import is_terminal_message, mask, shortened

# Refusals without a percent sign, or that the pattern of the terminal plugin lets pass.
_REFUSED = re.compile(
    r"""BGP\ is\ already\ running
      | Invalid\ input
      | (?:Command|Configuration)\ (?:rejected|authorization\ failed|failed)
      | Insertion\ failed
      | Cannot\ |Can't\ |Unable\ to\b
      | (?:Peer-?group|Neighbor|Peer)\ .*(?:not\ (?:configured|allowed|found)|does\ not\ exist|must\ )
      | Invalid\ |Incomplete\ |Ambiguous\ |Unrecognized\ |Unknown\b
      | Error\b|ERROR\b
      # Who else configures: `Configuration mode is locked by process '484' user ...`, and without `mode`.
      | .*\b[Cc]onfiguration\ (?:mode\ )?(?:is\ )?locked
      # A rollback that is asked for without an archive; releases differ in the percent sign.
      | Turn\ config\ archive\ on\b
      # A file system that cannot be written: `startup-config file open failed (Device or resource busy)`.
      | .*\bfile\ (?:open|write|close)\ failed\b
    """,
    re.X,
)
# The line was taken, and this is to be known: a hold time below 20 seconds, a command that goes one day.
_NOTICE = re.compile(r"%\s*(?:Warning|WARNING|Note|NOTE|Info|Informational)\b|%\s*Command accepted\b")


def answer_error(line: str, answer: str) -> str | None:
    """What IOS has against a configuration line, None when it took the line.

    Args:
        line: the line that was sent.
        answer: everything up to the next prompt, with or without the echo of the line.

    Returns:
        The router's own words, secrets masked: the first line of them, and how many there are. Every line
        that begins with `%` counts, except syslog and notices.

    >>> answer_error("router bgp 1", "BGP is already running; AS is 64512")
    'BGP is already running; AS is 64512'
    >>> answer_error("end", "*Nov 24 10:00:00: %SYS-5-CONFIG_I: Configured from console by admin") is None
    True
    """
    refused = [said for said in _said(answer) if _is_refusal(said)]
    if not refused:
        return None
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    return f"{shortened(mask(refused[0]))}{more}"


def notices(line: str, answer: str) -> tuple[str, ...]:
    """What IOS says to a line that it took, line by line, secrets masked; without the echo.

    >>> notices("timers bgp 3 9", "% Warning: A hold time of less than 20 seconds ...")
    ('% Warning: A hold time of less than 20 seconds ...',)
    """
    return tuple(shortened(mask(said)) for said in _said(answer) if said != line and not _is_refusal(said))


def _is_refusal(said: str) -> bool:
    if said.startswith("%"):
        return not _is_notice(said)
    return _REFUSED.match(said) is not None


def _said(answer: str) -> Iterator[str]:
    """The lines of an answer that the command gave, not the system.

    A message of the system that follows on the same line takes nothing with it.
    """
    for raw in answer.splitlines():
        said = raw.strip()
        if said and (_is_notice(said) or not is_terminal_message(said)):
            yield said


def _is_notice(said: str) -> bool:
    """Whether the line was taken, and this is to be known."""
    return _NOTICE.match(said) is not None
