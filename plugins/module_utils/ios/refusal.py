# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IOS means by its answer to a line that was sent."""

from __future__ import annotations

import re

from .text import is_log_message, mask, shortened

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
      | .*\bconfiguration\ (?:is\ )?locked
    """,
    re.X,
)


def answer_error(line: str, answer: str) -> str | None:
    """What IOS has against a configuration line, None when it took the line.

    Args:
        line: the line that was sent.
        answer: everything up to the next prompt, with or without the echo of the line.

    Returns:
        The router's own words, secrets masked: the first line of them, and how many there are. Every line
        that begins with `%` counts, except syslog.

    >>> answer_error("router bgp 1", "BGP is already running; AS is 64512")
    'BGP is already running; AS is 64512'
    >>> answer_error("end", "*Nov 24 10:00:00: %SYS-5-CONFIG_I: Configured from console by admin") is None
    True
    """
    refused = []
    for raw in answer.splitlines():
        text = raw.strip()
        if is_log_message(text):
            continue
        if text.startswith("%") or _REFUSED.match(text):
            refused.append(text)
    if not refused:
        return None
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    return f"{shortened(mask(refused[0]))}{more}"
