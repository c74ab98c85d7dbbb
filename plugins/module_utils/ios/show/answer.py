# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is around an answer of IOS: echoes, prompts, stamps, the pager; and the words all readers share.

Patterns are ASCII throughout: IOS prints no other digits, and what looks like one is damage.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn, TypeVar

from ..text import IosTextError, asn_number, seconds

T = TypeVar("T")

#: "%" lines of a router that runs no BGP: an answer, unlike every other "%" line.
_INACTIVE = re.compile(r"\s*%\s*BGP not active\s*\Z")
# A prompt with a command that was typed after it. The command has to be one: "r>i10.1.1.1/32" is a route.
_ECHO = re.compile(
    r"^[ \t]*[\w.:/+-]*(?:\([^)\n]*\))?[>#][ \t]*(?P<command>(?:do[ \t]+)?sho?w?[ \t].*)$", re.M | re.A
)
# What these readers read, abbreviated as far as IOS allows ("sh ip b su").
_OWN = re.compile(r"\bsho?w?[ \t]+(?:ip\w*[ \t]+)?(?:b|ar|priv|ver)", re.A)
_ECHO_MARKS = ("#sh", "# sh", ">sh", "> sh", "#do", "# do")
_BARE_ECHO = re.compile(r"(?:do\s+)?show\s+\S", re.A)
#: A pager that was answered: what erases it, and the text that goes on.
_PAGER = re.compile(r"--More--[ \t\x08]*(?:\r[ \t]*)*(?=\s*\S)")
_NOISE = re.compile(
    r"""Load\ for\ five\ secs:
      | (?:Time\ source\ is|No\ time\ source,)\ # exec prompt timestamp
      | [\w.:/+-]+(?:\([^)]*\))?[>#]\s*(?:exit|logout|terminal\ .*)?\Z
      | [\w.:/+-]*(?:\([^)]*\))?[>#]\s*(?:do\s+)?sho?w?(?:\s.*)?\Z
      | \[\d{4}-\d\d-\d\d[\ T][\d:,.]+\]\ \+\+\+\ .*\+\+\+\Z # a test tool's own stamp, in front of the echo
      # A syslog message, with its number and its stamp (date and time, or time since the start). Only in
      # front: one that breaks into a line must not take the line with it.
      | (?:\d+:\ )?[*.]?
        (?:(?:[A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d{4}\s+)?)?\d+:\d\d:\d\d(?:\.\d+)?(?:\ [A-Z]{2,5})?:\s
         |\d+[ywdh]\w*:\ )?
        %[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+:""",
    re.X | re.A,
)
_FAMILY_WORDS = (
    # In the command, and as the router heads the family with "For address family:".
    (re.compile(r"\bvpnv6\b"), "VPNv6 Unicast"),
    (re.compile(r"\bvpnv4\b"), "VPNv4 Unicast"),
    (re.compile(r"\bl2vpn\s+evpn\b"), "L2VPN E-VPN"),
    (re.compile(r"\bl2vpn\s+vpls\b"), "L2VPN Vpls"),
    (re.compile(r"\bipv6\s+unicast\b"), "IPv6 Unicast"),
    (re.compile(r"\bipv6\s+multicast\b"), "IPv6 Multicast"),
    (re.compile(r"\bipv4\s+unicast\b"), "IPv4 Unicast"),
    (re.compile(r"\bipv4\s+multicast\b"), "IPv4 Multicast"),
)
_OTHER_FAMILY = re.compile(
    r"\b(?:all|ipv4|ipv6|vpnv4|vpnv6|l2vpn|nsap|rtfilter|link-state|mvpn|\w*flowspec)\b"
)
_IP_BGP = re.compile(r"\bsho?w?\s+ip\s+bgp\b")
_VRF = re.compile(r"\bvrf\s+(?!all\b)(\S+)")
_ADDRESS = re.compile(
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*(?:[0-9.]+)?(?:%\S+)?)\Z", re.A
)


@dataclass(frozen=True)
class Answer:
    """The lines of one command's answer, at the places they have in the text.

    Attributes:
        command: what gave the text: as the caller says, or as the text echoes it; "" where neither does.
        reader: how an error names the command where nobody said it.
        lines: as they are; what belongs to the answer of another command is blank.
    """

    command: str
    reader: str
    lines: list[str]

    @property
    def family(self) -> str:
        """The address family that the command asks for, as a router heads it; "" where it names none or all.

        >>> Answer("show ip bgp summary", "", []).family, Answer("show bgp all summary", "", []).family
        ('IPv4 Unicast', '')
        """
        for words, family in _FAMILY_WORDS:
            if words.search(self.command):
                return family
        if _IP_BGP.search(self.command) and not _OTHER_FAMILY.search(self.command):
            return "IPv4 Unicast"
        return ""

    @property
    def vrf(self) -> str:
        """The VRF that the command asks for, "" for none or all."""
        found = _VRF.search(self.command)
        return found.group(1) if found else ""

    def refuse(self, number: int, line: str, why: str) -> NoReturn:
        """Raise IosTextError for this line."""
        raise IosTextError(self.command or self.reader, number, line.strip(), why)

    def take(self, number: int, line: str, convert: Callable[[str], T], text: str) -> T:
        """What `convert` makes of `text`; its ValueError becomes an IosTextError."""
        try:
            return convert(text)
        except ValueError as error:
            self.refuse(number, line, str(error))


def answer(text: str, command: str, reader: str) -> Answer:
    """Split a text into lines, without what stands around the answer.

    Raises:
        IosTextError: the text ends at the pager, so the rest of the answer is missing.
    """
    if "--More--" in text:
        text = _without_pager(text, command or reader)
    if "\r" in text:
        text = re.sub(r"\r*\n|\r", "\n", text)
    echoed = ""
    # Looking for one character first costs a tenth, and long texts have no prompt in them.
    if any(mark[0] in text and mark in text for mark in _ECHO_MARKS):
        text, echoed = _own_part(text)
    lines = text.split("\n")
    return Answer(command or echoed or _bare_echo(lines), reader, lines)


def _without_pager(text: str, command: str) -> str:
    text = _PAGER.sub("", text)
    if "--More--" in text:
        number = text.count("\n", 0, text.index("--More--")) + 1
        raise IosTextError(
            command, number, "--More--", "the text ends at the pager; read it again after 'terminal length 0'"
        )
    return text


def _own_part(text: str) -> tuple[str, str]:
    """The text with other commands' answers left blank, and the last own command that it echoes.

    A recording may hold a session with several commands (genieparser's cluster-ids do). Without an own
    command in it all of the text stays: an echo may be cut off, and nobody knows whose answer it is.
    """
    echoes = list(_ECHO.finditer(text))
    own = [echo for echo in echoes if _OWN.search(echo["command"])]
    if not own:
        return text, ""
    parts = [text[: echoes[0].start()]]
    for echo, after in zip(echoes, [*echoes[1:], None]):
        section = text[echo.end() : after.start() if after else len(text)]
        parts.append(section if echo in own else "\n" * section.count("\n"))
    return "".join(parts), _without_filter(own[-1]["command"])


def _without_filter(command: str) -> str:
    return command.partition("|")[0].strip()


def _bare_echo(lines: list[str]) -> str:
    for line in lines:
        stripped = line.strip()
        if stripped:
            return _without_filter(stripped) if _BARE_ECHO.match(stripped) else ""
    return ""


def is_noise(line: str) -> bool:
    """True for a line that is no part of an answer: echo, prompt, stamp, syslog message.

    >>> is_noise("rr1#"), is_noise("*Nov 24 16:00:00.000: %BGP-5-ADJCHANGE: neighbor 192.168.1.12 Up")
    (True, True)
    >>> is_noise("192.168.1.12    4  64512  13  10 *Nov 24 16:00:00.000: %SYS-5-CONFIG_I: Configured")
    False
    """
    stripped = line.strip()
    return not stripped or _NOISE.match(stripped) is not None or _BARE_ECHO.match(stripped) is not None


def is_inactive(line: str) -> bool:
    """True for `% BGP not active`."""
    return _INACTIVE.match(line) is not None


@lru_cache(maxsize=16384)
def address_of(text: str) -> str:
    """The address in one form; ValueError for anything else.

    IPv6 is compressed and lower case, an IPv4-mapped one keeps its dots, a link-local one its interface.

    >>> address_of("2001:DB8:0::1"), address_of("::FFFF:10.4.1.1"), address_of("FE80::2%Ethernet0/0")
    ('2001:db8::1', '::ffff:10.4.1.1', 'fe80::2%Ethernet0/0')
    """
    if not _ADDRESS.match(text):
        raise ValueError(f"{text!r} is no address")
    plain, percent, zone = text.partition("%")
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        raise ValueError(f"{text!r} is no address") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}{percent}{zone}"
    return f"{address}{percent}{zone}"


def number_of(text: str) -> int:
    """A counter, ASCII digits alone; ValueError for anything else."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no number")
    return int(text)


def time_of(text: str) -> int | None:
    """Seconds out of a time span, None for `never`; ValueError for anything else."""
    if not text.isascii():
        raise ValueError(f"{text!r} is no time span")
    return seconds(text)


def as_of(text: str) -> int:
    """AS number as a 32-bit integer. A router shows 0 for an AS it does not know yet."""
    if not text.isascii():
        raise ValueError(f"{text!r} is no AS number")
    return 0 if text == "0" else asn_number(text)
