# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a router's terminal sent: its clean lines, and the words and numbers that IOS prints everywhere.

`clean` is the one place that knows what stands around an answer. Patterns are ASCII throughout: IOS prints no
other digits, and what looks like one is damage.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

MASK = "********"
# Characters of a router's line that a message holds.
_SHOWN = 160
# Characters that a prompt has at most: names have 63, and there are the modes in brackets.
_PROMPT = 200
# Addresses whose form is remembered: a large router's come a dozen times each.
_ADDRESSES = 32768

_ASN = re.compile(r"(\d{1,10})(?:\.(\d{1,5}))?\Z", re.A)
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)\Z", re.A)
_SPAN = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?\Z", re.A)
_ADDRESS = re.compile(r"(?P<plain>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*)(?P<zone>%\S+)?\Z", re.A)
_SECRET = re.compile(
    r"((?:\b(?:password|secret|passphrase|key-string|(?:pre-shared|authentication|message-digest)-key"
    r"|(?:server|mgmt|set)-key|wpa-psk|sap pmk|authentication ipsec"
    r"|snmp-server (?:community|host|user)|(?:nhrp|vrrp|standby|glbp)\b.{0,40}? authentication"
    # A list or a group may be called KEY, so the word alone announces nothing.
    r"|(?:tacacs|radius|isakmp|ntp|server-private)\b(?:(?!-key).){0,99}? key|key [0-9])"
    # Below a server, or in a message; `key 1` alone opens a key of a chain.
    r"|^\W*(?:\w+: +)?key(?! +(?:chain|generate|config-key|\d+\Z))))\s+\S.*",
    re.I,
)
#: One of these is in every line that holds a secret.
_SECRET_WORDS = ("psk", "pmk", "password", "secret", "key", "passphrase", "snmp-server", "authentication")

_CONTROL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[=>])")
_NEW_LINE = re.compile(r"\r*\n\r*|\r+")
_LINE = re.compile(r"[^\r\n]+")
_PAGER_MARK = re.compile(r"--\ ?[Mm]ore\ ?--")
# Alone at the beginning of a line; behind it, what wipes it out. What is left is the next line, indentation
# and all.
_PAGER = re.compile(r"(?<![^\r\n])\ ?" + _PAGER_MARK.pattern + r"\ ?(?:\x08+\ *\x08*|\r(?:\ *\r)?)?")
# A terminal rings, and pads with NUL: neither is ever part of an answer.
_SILENT = str.maketrans("", "", "\x00\x07")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# No command of IOS begins with anything but a letter, or with a date.
_NO_COMMAND = re.compile(r"[^A-Za-z!]|[A-Z][a-z]{2}\ +\d+\ (?:\d{4}\ )?\d+:\d\d:\d\d", re.A)
_LOG_MESSAGE = re.compile(r"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+:")
_NOISE = re.compile(
    r"""(?P<indent>[ \t]*)(?:
        # A prompt with what was typed behind it. That has to be a command: "r>i10.1.1.1/32" is a route.
        (?P<prompt>
            [\w.:/+~[\]-]*(?:\([^()]*\)){0,3}[>#]\s*(?:(?P<command>(?:do\s+)?sho?w?\s.*)|(?:do\s+)?sho?w?)
          | [\w.:/+~[\]-]+(?:\([^()]*\)){0,3}[>#](?:\s*(?:exit|logout|(?:terminal|do)\s.*))?)
      # The echo of a command whose prompt was sent before.
      | (?P<bare>(?:do\s+)?show\s+\S.*)
      # A notice before an answer.
      | %\ Command\ accepted\ but\ obsolete.*
      | Building\ configuration\.\.\..*
      # exec prompt timestamp
      | (?:Load\ for\ five\ secs:|Time\ source\ is|No\ time\ source,).*
      # A test tool's own stamp, in front of the echo.
      | \[\d{4}-\d\d-\d\d[\ T][\d:,.]+\]\ \+\+\+\ .*\+\+\+
      # What all terminals are told before a reload.
      | \*\*\*(?:\ ---\ SHUTDOWN\ (?:in\ [\d:]+|NOW|ABORTED)\ ---)?
      # A syslog message, with its number and its stamp (date and time, or time since the start). Only in
      # front: one that breaks into a line must not take the line with it, and a description may quote one.
      | (?:\d+:\ *)?[*.]?
        (?:(?:\d{4}\ )?[A-Z][a-z]{2}\ +\d+\ (?:\d{4}\ )?|\d{4}-\d\d-\d\d[T\ ])?
        (?:\d+:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?(?:\ [\w+-]+)?:\ *|(?:\d+[ywdh])+:\ *)?
        """
    + _LOG_MESSAGE.pattern
    + r""".*
    )\s*\Z""",
    re.X | re.A,
)
# One of these is in every line that _NOISE knows. Looking for them in the whole text, and for their first
# characters before, costs much less than trying every line.
_MARKS = tuple(
    (first, re.compile(mark, re.M | re.A))
    for first, mark in (
        ("#", r"#"),
        (">", r">\s*(?:$|sh|do|exit|logout|terminal)"),
        ("%", r"%(?:[A-Z]|\ Command accepted)"),
        ("s", r"show\s"),
        ("L", r"Load for five secs:"),
        ("i", r"ime source"),
        ("+", r"\+\+\+"),
        ("*", r"\*\*\*"),
        ("B", r"Building configuration"),
    )
)


class IosTextError(ValueError):
    """A router's text that is not understood.

    Args:
        command: the command that gave the text, as far as the reader knows it.
        line_number: from 1; 0 where the text as a whole is meant.
        line: the line itself, secrets masked; "" where its number is enough.
        why: what was expected, and what to do.
    """

    def __init__(self, command: str, line_number: int, line: str, why: str) -> None:
        self.line = shortened(mask(line))
        shown = f": {self.line!r}" if line else ""
        where = f", line {line_number}{shown}" if line_number else ""
        # Both may hold what the router sent: an echoed command, and a word that is none of its kind.
        said = shortened(mask(command))
        super().__init__(f"{said}{where}: {why}")
        self.command = said
        self.line_number = line_number
        self.why = why


def refuse(command: str, line_number: int, line: str, why: str) -> NoReturn:
    """Raise IosTextError."""
    raise IosTextError(command, line_number, line, why)


def shortened(line: str) -> str:
    """A line for a message: one without end says no more than its beginning.

    >>> shortened("x" * 300) == "x" * 160 + "..."
    True
    """
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def quoted(text: str) -> str:
    """A router's words for a message: masked, short, in quotes.

    >>> quoted("secret 5 $1$abc")
    "'secret ********'"
    """
    return repr(shortened(mask(text)))


def mask(line: str) -> str:
    """Hide what follows a word that announces a secret.

    >>> mask("neighbor CALICO password 7 0822455D0A16")
    'neighbor CALICO password ********'
    """
    words = line.lower()
    if not any(word in words for word in _SECRET_WORDS):
        return line
    return _SECRET.sub(lambda found: f"{found.group(1)} {MASK}", line)


# -- the transcript


@dataclass(frozen=True)
class Transcript:
    """A text without what is no part of an answer.

    Attributes:
        lines: at the places they have in the raw text: what was left out is an empty line.
        echoes: the index of each line that was a prompt with a show command, and the command.
        bare: the command that the first line echoes without a prompt, "" for none.
    """

    lines: list[str]
    echoes: tuple[tuple[int, str], ...]
    bare: str


def clean(text: str, command: str, *, indents_matter: bool = False) -> Transcript:
    """Leave out echoes, prompts, stamps, syslog messages, control sequences and what a pager wrote.

    Args:
        text: what a terminal sent, with any line ends.
        command: named in the error.
        indents_matter: the text is a configuration. What is indented there is content, whatever it looks
            like: only at the margin of the text a line can be left out.

    Raises:
        IosTextError: the text ends at the pager, so the rest of the answer is missing.
    """
    text = _without_control(text)
    if _PAGER_MARK.search(text):
        text = _without_pager(text, command)
    text = _with_newlines(text)
    lines = text.split("\n")
    noise = _noise(text, lines)
    if indents_matter:
        noise = _at_the_margin(lines, noise)
    first = next((at for at, line in enumerate(lines) if line.strip() and not _is_message(noise.get(at))), 0)
    bare = noise[first]["bare"] if first in noise else None
    echoes = tuple((index, found["command"]) for index, found in noise.items() if found["command"])
    for index in noise:
        lines[index] = ""
    return Transcript(lines, echoes, bare or "")


def unified(text: str) -> str:
    """A terminal's text with newlines alone, and without control sequences: nothing else is left out."""
    return _with_newlines(_without_control(text))


def lines_of(text: str, command: str = "show running-config") -> Iterator[tuple[int, str]]:
    """The clean lines of a configuration, right-stripped, with their numbers; empty ones are left out."""
    for number, raw in enumerate(clean(text, command, indents_matter=True).lines, 1):
        line = raw.rstrip()
        if line:
            yield number, line


def ends_at_prompt(text: str) -> bool:
    """Whether the router said all it had to: the last line is a prompt."""
    last = _NOISE.match(text.rstrip()[-_PROMPT:].replace("\r", "\n").rpartition("\n")[2])
    return bool(last and last["prompt"] and not last["command"])


def is_log_message(line: str) -> bool:
    """True for a line that holds a syslog message (`*Mar 1 00:00:01: %BGP-5-ADJCHANGE: ...`)."""
    return _LOG_MESSAGE.search(line) is not None


def is_terminal_message(line: str) -> bool:
    """True for a line that is nothing but a message to the terminal: of syslog, or before a reload.

    >>> is_terminal_message("*** --- SHUTDOWN in 0:05:00 ---"), is_terminal_message("neighbor A shutdown")
    (True, False)
    """
    return _is_message(_NOISE.match(line))


def is_foreign(line: str) -> bool:
    """True for a line at the margin that is none of a configuration, by its form.

    It holds a control character, or does not begin as a command does. One that does may be a message all the
    same: only its place tells.

    >>> is_foreign("-Traceback= 1#4f 10E2B8"), is_foreign("Nov 24 10:00:00.123: BGP: open"), is_foreign("end")
    (True, True, False)
    """
    return _NO_COMMAND.match(line) is not None or _CONTROL.search(line) is not None


def _without_control(text: str) -> str:
    if "\x07" in text or "\x00" in text:
        text = text.translate(_SILENT)
    return _CONTROL_SEQUENCE.sub("", text) if "\x1b" in text else text


def _with_newlines(text: str) -> str:
    return _NEW_LINE.sub("\n", text.replace("\r\n", "\n")) if "\r" in text else text


def _without_pager(text: str, command: str) -> str:
    for pager in _PAGER.finditer(text):
        if _is_cut(text, pager):
            number = len(_NEW_LINE.split(_PAGER.sub("", text[: pager.start()])))
            why = "the text ends at the pager; read it again after 'terminal length 0'"
            refuse(command, number, "--More--", why)
    return _PAGER.sub("", text)


def _is_cut(text: str, pager: re.Match[str]) -> bool:
    """Whether the pager was left: no line of the answer follows it before the next prompt."""
    for following in _LINE.finditer(text, pager.end()):
        line = following.group()
        noise = _NOISE.match(line)
        if line.strip() and not noise:
            return False
        if noise and noise["prompt"]:
            break
    # A configuration is whole with its `end`, whatever blank lines are still to come.
    return not text[: pager.start()].rstrip().endswith(("\nend", "\rend"))


def _noise(text: str, lines: list[str]) -> dict[int, re.Match[str]]:
    """Lines that are no part of an answer, by their index, in the order of the text."""
    starts = {start for first, mark in _MARKS if first in text for start in _marked(text, mark)}
    noise: dict[int, re.Match[str]] = {}
    index = at = 0
    for start in sorted(starts):
        index, at = index + text.count("\n", at, start), start
        found = _NOISE.match(lines[index])
        if found:
            noise[index] = found
    return noise


def _marked(text: str, mark: re.Pattern[str]) -> Iterator[int]:
    """Where the lines begin that hold a mark; each line is looked at once, however many it holds."""
    found = mark.search(text)
    while found:
        yield text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.start())
        found = mark.search(text, end) if end >= 0 else None


def _is_message(found: re.Match[str] | None) -> bool:
    return found is not None and found["prompt"] is None and found["bare"] is None


def _at_the_margin(lines: list[str], noise: dict[int, re.Match[str]]) -> dict[int, re.Match[str]]:
    """The noise that is not indented further than the answer: a text may stand indented as a whole."""
    if not any(found["indent"] for found in noise.values()):
        return noise
    answer = [line for index, line in enumerate(lines) if index not in noise and line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in answer), default=0)
    return {index: found for index, found in noise.items() if len(found["indent"]) <= margin}


# -- words and numbers


def number_of(text: str) -> int:
    """A counter, digits alone; ValueError for anything else."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{quoted(text)} is no number")
    return int(text)


def asn_number(text: str) -> int:
    """AS number, asplain or asdot, as a 32-bit integer; ValueError for anything else.

    >>> asn_number("1.10"), asn_number("1.1"), asn_number("64512")
    (65546, 65537, 64512)
    """
    found = _ASN.match(text)
    if not found:
        raise ValueError(f"{quoted(text)} is no AS number: expected 64512 or 1.10")
    high, low = found.group(1), found.group(2)
    number = int(high) if low is None else int(high) * 65536 + int(low)
    if not 0 < number < 2**32 or (low is not None and max(int(high), int(low)) > 65535):
        raise ValueError(f"{quoted(text)} is no AS number: outside 1 to 4294967295")
    return number


def cluster_id_number(text: str) -> int:
    """Cluster id, an integer or dotted, as a 32-bit integer; ValueError for anything else.

    >>> cluster_id_number("0.0.0.1") == cluster_id_number("1") == 1
    True
    """
    try:
        number = number_of(text) if text.isdigit() else int(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError(f"cluster id {text!r}: expected a number or a dotted address") from None
    if not 1 <= number <= 4294967294:
        raise ValueError(f"cluster id {text!r}: outside 1 to 4294967294")
    return number


def network_of(text: str) -> str:
    """The network of a prefix in one form; ValueError for anything else.

    >>> network_of("10.1.2.3/8"), network_of("::FFFF:10.4.0.0/112")
    ('10.0.0.0/8', '::ffff:10.4.0.0/112')
    """
    network = ipaddress.ip_network(text, strict=False)
    return f"{address_of(str(network.network_address))}/{network.prefixlen}"


@functools.lru_cache(maxsize=_ADDRESSES)
def address_or_none(text: str) -> str | None:
    """The address in one form, None where text is no address.

    IPv6 is compressed and lower case, an IPv4-mapped one keeps its dots, a link-local one its interface.

    >>> address_or_none("2001:DB8:0::1"), address_or_none("::FFFF:10.4.1.1"), address_or_none("CALICO")
    ('2001:db8::1', '::ffff:10.4.1.1', None)
    >>> address_or_none("FE80::0001%GigabitEthernet0/1")
    'fe80::1%GigabitEthernet0/1'
    """
    found = _ADDRESS.match(text)
    if not found:
        return None
    zone = found["zone"] or ""
    try:
        address = ipaddress.ip_address(found["plain"])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return None if zone else str(address)
    return f"{f'::ffff:{address.ipv4_mapped}' if address.ipv4_mapped else address}{zone}"


def address_of(text: str) -> str:
    """As address_or_none; ValueError where text is no address."""
    address = address_or_none(text)
    if address is None:
        raise ValueError(f"{quoted(text)} is no address")
    return address


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
        raise ValueError(f"{quoted(text)} is no time span: expected 00:01:23, 1d02h, 1w6d, 3y12w or never")
    years, weeks, days, hours = (int(part or 0) for part in span.groups())
    return ((years * 365 + weeks * 7 + days) * 24 + hours) * 3600
