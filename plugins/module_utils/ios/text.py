# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words and numbers as IOS prints them, shared by everything that reads a router's text."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterator
from typing import NoReturn

MASK = "********"
# Addresses whose form is remembered: a large router's come a dozen times each.
_ADDRESSES = 32768

_ASN = re.compile(r"(\d{1,10})(?:\.(\d{1,5}))?\Z")
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)\Z")
_SPAN = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?\Z")
_SECRET = re.compile(r"\b(password|secret|key-string|key [0-9])\s+\S.*")
_LOG_MESSAGE = re.compile(r"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+:")
# What stands before it: a sequence number, and a date, a time or an uptime.
_LOG_STAMP = re.compile(
    r"""(?:\d+:\ *)?[*.]?
        (?:(?:\d{4}\ )?[A-Z][a-z]{2}\ +\d+\ (?:\d{4}\ )?)?
        (?:\d+:\d\d:\d\d(?:\.\d+)?(?:\ [\w+-]+)?:\ *|(?:\d+[ywdh])+:\ *)?\Z""",
    re.X,
)
_NEW_LINE = re.compile(r"\r*\n\r*|\r+")
# What a terminal wrote between two pages and wiped out again.
_PAGER = re.compile(r"\ ?--\ ?[Mm]ore\ ?--\ ?(?:\x08+\ *\x08*|\r\ *\r)?", re.X)
_CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NOISE = re.compile(
    r"""Load\ for\ five\ secs:
      | Time\ source\ is      | Building\ configuration\.\.\.
      | [\w.:/+-]+(?:\([^)]*\))?[>#]\s*(?:show\ .*|sh\ .*|do\ .*)?\Z
      | (?:do\ )?show\ \S.*\Z""",
    re.X,
)


class IosTextError(ValueError):
    """A router's text that is not understood.

    Args:
        command: the command that gave the text, as far as the reader knows it.
        line_number: from 1; 0 where the text as a whole is meant.
        line: the line itself, secrets masked.
        why: what was expected, and what to do.
    """

    def __init__(self, command: str, line_number: int, line: str, why: str) -> None:
        where = f", line {line_number}: {mask(line)!r}" if line_number else ""
        super().__init__(f"{command}{where}: {why}")
        self.command = command
        self.line_number = line_number
        self.line = mask(line)
        self.why = why


def mask(line: str) -> str:
    """Hide what follows a word that announces a secret.

    >>> mask("neighbor CALICO password 7 0822455D0A16")
    'neighbor CALICO password ********'
    """
    if "password" not in line and "secret" not in line and "key" not in line:
        return line
    return _SECRET.sub(lambda found: f"{found.group(1)} {MASK}", line)


def asn_number(text: str) -> int:
    """AS number, asplain or asdot, as a 32-bit integer; ValueError for anything else.

    >>> asn_number("1.10"), asn_number("1.1"), asn_number("64512")
    (65546, 65537, 64512)
    """
    found = _ASN.match(text)
    if not found:
        raise ValueError(f"{text!r} is no AS number: expected 64512 or 1.10")
    high, low = found.group(1), found.group(2)
    number = int(high) if low is None else int(high) * 65536 + int(low)
    if not 0 < number < 2**32 or (low is not None and max(int(high), int(low)) > 65535):
        raise ValueError(f"{text!r} is no AS number: outside 1 to 4294967295")
    return number


def cluster_id_number(text: str) -> int:
    """Cluster id, an integer or dotted, as a 32-bit integer; ValueError for anything else.

    >>> cluster_id_number("0.0.0.1") == cluster_id_number("1") == 1
    True
    """
    try:
        number = int(text) if text.isdigit() else int(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError(f"cluster id {text!r}: expected a number or a dotted address") from None
    if not 1 <= number <= 4294967294:
        raise ValueError(f"cluster id {text!r}: outside 1 to 4294967294")
    return number


@functools.lru_cache(maxsize=_ADDRESSES)
def address_or_none(text: str) -> str | None:
    """The address in one form (IPv6 compressed, lower case), None where text is no address.

    >>> address_or_none("FE80::0001%GigabitEthernet0/1"), address_or_none("CALICO")
    ('fe80::1%GigabitEthernet0/1', None)
    """
    if not text or not (text[0].isdigit() or ":" in text):
        return None
    address, percent, zone = text.partition("%")
    try:
        return f"{ipaddress.ip_address(address)}{percent}{zone}"
    except ValueError:
        return None


def seconds(text: str) -> int | None:
    """Seconds out of IOS's up/down column, None for `never`; ValueError for anything else.

    >>> seconds("01:02:03"), seconds("1d02h"), seconds("3y12w"), seconds("never")
    (3723, 93600, 101865600, None)
    """
    if text == "never":
        return None
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, rest = (int(part) for part in clock.groups())
        return hours * 3600 + minutes * 60 + rest
    span = _SPAN.match(text)
    if not text or not span:
        raise ValueError(f"{text!r} is no time span: expected 00:01:23, 1d02h, 1w6d, 3y12w or never")
    years, weeks, days, hours = (int(part or 0) for part in span.groups())
    return ((years * 365 + weeks * 7 + days) * 24 + hours) * 3600


def is_log_message(line: str) -> bool:
    """True for a syslog line that came in between (`*Mar 1 00:00:01: %BGP-5-ADJCHANGE: ...`)."""
    return _LOG_MESSAGE.search(line) is not None


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, right-stripped, without what is no part of the answer.

    Left out: the echo of the command, prompts, the stamps of `exec prompt timestamp`, syslog lines, and what
    a pager or terminal wrote in between.
    """
    if "\x1b" in text:
        text = _CONTROL_SEQUENCE.sub("", text)
    if "ore" in text:
        text = _PAGER.sub("", text)
    for number, raw in enumerate(_NEW_LINE.split(text), 1):
        line = raw.rstrip()
        stripped = line.lstrip()
        if not stripped or _NOISE.match(stripped) or ("%" in line and _is_stamped(line)):
            continue
        yield number, line


def _is_stamped(line: str) -> bool:
    """A syslog line that stands alone; a description may quote one."""
    found = _LOG_MESSAGE.search(line)
    return found is not None and _LOG_STAMP.match(line[: found.start()]) is not None


def refuse(command: str, line_number: int, line: str, why: str) -> NoReturn:
    """Raise IosTextError."""
    raise IosTextError(command, line_number, line, why)
