# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a terminal does to a router's text, and secrets planted in it where a configuration holds them.

What is put in and must not matter stands between OPEN and CLOSE, so that a text has two forms: `disturbed`
with it, `plain` without.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.helpers.fake_ios import type_7
from tests.helpers.torn import SORTS

OPEN, CLOSE = "\ue000", "\ue001"
BESIDE, BEFORE, GONE = "beside its words", "in the line below its words", "without its words"
_BREAK = re.compile(r"[\r\n]")
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[=>])")
_SPAN = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
MEGABYTE = 1 << 20
#: Longer than Python turns into a number.
DIGITS = 5000

#: Lines of a configuration that hold a secret; {} is the secret, {7} its type 7. Hand-made after the command
#: reference.
SECRETS = (
    "neighbor 192.0.2.1 password {}",
    "neighbor CALICO password 7 {7}",
    "snmp-server community {} RO",
    "snmp-server host 192.0.2.9 version 2c {}",
    "snmp-server user admin GROUP v3 auth sha {} priv aes 128 {}",
    "enable secret 9 $9${}",
    "enable password {}",
    "username admin privilege 15 secret 5 $1${}",
    "username admin password 7 {7}",
    "password 7 {7}",
    "key-string 7 {7}",
    "key-string {}",
    "key 7 {7}",
    "key {}",
    "tacacs-server key 7 {7}",
    "tacacs-server host 192.0.2.9 key {}",
    "radius-server host 192.0.2.9 auth-port 1812 acct-port 1813 key {}",
    "crypto isakmp key {} address 0.0.0.0",
    "pre-shared-key local {}",
    "ip ospf message-digest-key 1 md5 7 {7}",
    "ip ospf authentication-key {}",
    "ntp authentication-key 1 md5 {7} 7",
    "ppp chap password 0 {}",
    "vrrp 1 authentication {}",
    "standby 1 authentication md5 key-string {}",
    "ip nhrp authentication {}",
    "server-private 192.0.2.9 auth-port 1812 key {}",
    "client 192.0.2.9 server-key 7 {7}",
    "ipv6 ospf authentication ipsec spi 256 md5 0 {}",
    "sap pmk {}",
)
#: How a secret is recognised, and by which line it was planted; it holds the mark several times, as a damage
#: may take a piece of it.
_MARK = re.compile(r"Zq(\d\d)Xw")
_PLANTED = tuple(f"Zq{number:02}Xw.Zq{number:02}Xw.Zq{number:02}Xw" for number in range(len(SECRETS)))
#: The same in type 7.
_HIDDEN = tuple(type_7(secret, 8) for secret in _PLANTED)


def _words(line: str) -> str:
    return r"[ \t]+".join(map(re.escape, line.partition("{")[0].split(" ")))


#: What announces each of them: the words up to the secret.
_ANNOUNCED = tuple(
    # A list may be called `key`, so that the word alone says nothing but in front.
    re.compile((r"^\s*" if line.startswith("key ") else r"(?<![\w-])") + _words(line) + "$")
    for line in SECRETS
)
#: Lines of other answers, and of the router's refusals.
_OTHERS = (
    "192.0.2.1       4        64512      13      10        9    0    0 00:01:23        1",
    "*192.0.2.1      4        64512      13      10        9    0    0 00:01:23        1",
    "2001:DB8::1",
    "                4        64512      13      10        9    0    0 00:01:23        1",
    "BGP neighbor is 192.0.2.1,  remote AS 64512, internal link",
    "  BGP state = Established, up for 1d02h",
    " For address family: IPv4 Unicast",
    "For address family: IPv6 Unicast",
    " *>i 192.0.2.0/24     192.0.2.1                0    100      0 i",
    "BGP routing table entry for 192.0.2.0/24, version 3",
    "router bgp 64512",
    " neighbor 192.0.2.1 remote-as 64512",
    " address-family ipv4",
    "ip prefix-list CALICO seq 5 permit 192.0.2.0/24 ge 26 le 32",
    "end",
    "banner motd ^C",
    "% Invalid input detected at '^' marker.",
    "% BGP not active",
    "Command authorization failed.",
)
_SYSLOG = (
    "*Nov 24 10:00:00.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up",
    "000123: Nov 24 10:00:00.123 UTC: %SYS-5-CONFIG_I: Configured from console by admin on vty0",
    "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet1, changed state to up",
    "1w2d: %BGP-3-NOTIFICATION: sent to neighbor 192.0.2.7 4/0 (hold time expired) 0 bytes",
)
_PAGERS = (" --More-- " + "\b" * 10 + " " * 10 + "\b" * 10, " --More-- \r          \r")
_SEQUENCES = ("\x1b[K", "\x1b[0m", "\x1b[2;1H", "\x1b=")
_CONTROLS = "\x00\x01\x07\x08\x0b\x0c\x0e\x1b\x1c\x1d\x1e\x7f\x85\u2028\ufffd"
_ENDS = ("\r\n", "\r\r\n", "\n\r", "\r", "\n\n", "\r\n\r\n")

Random = random.Random
Make = Callable[[Random, str], str]


@dataclass(frozen=True)
class Damage:
    """One way in which a text is damaged; a `harmless` one puts in what readers leave out."""

    name: str
    make: Make
    harmless: bool = False


def disturbed(marked: str) -> str:
    """What the terminal sent."""
    return marked.replace(OPEN, "").replace(CLOSE, "")


def plain(marked: str) -> str:
    """The same without what must not matter."""
    before = ""
    while before != marked:
        before, marked = marked, _SPAN.sub("", marked)
    return disturbed(marked)


def without_silent(text: str) -> str:
    """A text without what a terminal does not show."""
    return _SEQUENCE.sub("", text.replace("\x00", "").replace("\x07", ""))


def units(marked: str) -> list[str]:
    """The characters of a text, in one piece what stands between OPEN and CLOSE."""
    found, depth, start = [], 0, 0
    for at, character in enumerate(marked):
        depth += (character == OPEN) - (character == CLOSE)
        if depth == 0:
            found.append(marked[start : at + 1])
            start = at + 1
    return [*found, marked[start:]]


def plant(draw: Random, text: str) -> str:
    """Put one to three lines with secrets into a text."""
    lines = text.split("\n")
    for _each in range(draw.randint(1, 3)):
        number = draw.randrange(len(SECRETS))
        indent = draw.choice(("", "", " ", "  "))
        lines.insert(draw.randrange(len(lines) + 1), indent + planted(number))
    return "\n".join(lines)


def planted(number: int) -> str:
    """A line with its secret."""
    return SECRETS[number].replace("{7}", _HIDDEN[number]).replace("{}", _PLANTED[number])


def planted_in(shown: str) -> list[int]:
    """Which secrets, by the number of their line, stand in something shown."""
    if "Zq" not in shown and "08" not in shown:
        return []
    hidden = (number for number, secret in enumerate(_HIDDEN) if secret in shown)
    return sorted({*map(int, _MARK.findall(shown)), *hidden})


def announcement(text: str, number: int) -> str:
    """Where the words that announce a secret of a text are: BESIDE it, in the line BEFORE, or GONE."""
    mark = re.compile(f"Zq{number:02}Xw|{_HIDDEN[number]}")
    before, found = "", set()
    for line in _BREAK.split(without_silent(text)):
        place = mark.search(line)
        if place:
            found.add(_of_line(line[: place.start()], before, number))
        before = line or before
    return max(found, key=(BESIDE, BEFORE, GONE).index, default=GONE)


def _of_line(front: str, before: str, number: int) -> str:
    if _ANNOUNCED[number].search(front):
        return BESIDE
    return GONE if front.strip() or not _ANNOUNCED[number].search(f"{before} ") else BEFORE


# -- the damages


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _cut(draw: Random, text: str) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _cut_in_front(draw: Random, text: str) -> str:
    return text[draw.randrange(len(text) + 1) :]


def _some(draw: Random, text: str, most: int) -> tuple[list[str], int, int]:
    lines = _lines(text)
    start = draw.randrange(len(lines))
    return lines, start, min(len(lines), start + draw.randint(1, most))


def _doubled(draw: Random, text: str) -> str:
    lines, start, end = _some(draw, text, 5)
    return "\n".join([*lines[:end], *lines[start:end], *lines[end:]])


def _lost(draw: Random, text: str) -> str:
    lines, start, end = _some(draw, text, 5)
    return "\n".join([*lines[:start], *lines[end:]])


def _foreign(draw: Random) -> str:
    return draw.choice((*SORTS.values(), *_OTHERS, *_SYSLOG))


def _foreign_line(draw: Random, text: str) -> str:
    lines = _lines(text)
    lines.insert(draw.randrange(len(lines) + 1), _foreign(draw))
    return "\n".join(lines)


def _broken_in(draw: Random, text: str) -> str:
    """A message in the middle of a line."""
    at = draw.randrange(len(text) + 1)
    before, behind = draw.choice((("", ""), ("\n", "\n"), ("\r\n", "\r\n"), ("", "\n"), ("\n", "")))
    return f"{text[:at]}{before}{_foreign(draw)}{behind}{text[at:]}"


def _pager(draw: Random, text: str) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice((*_PAGERS, " --More-- ", "--more--")) + text[at:]


def _controls(draw: Random, text: str) -> str:
    for _each in range(draw.randint(1, 20)):
        at = draw.randrange(len(text) + 1)
        text = text[:at] + draw.choice(_CONTROLS) * draw.choice((1, 1, 1, 8)) + text[at:]
    return text


def _ends(draw: Random, text: str) -> str:
    lines, end, share = _lines(text), draw.choice(_ENDS), draw.choice((0.02, 0.5, 1.0))
    made = (line + (end if draw.random() < share else "\n") for line in lines[:-1])
    return "".join(made) + lines[-1]


def _dropped(draw: Random, text: str) -> str:
    burst = draw.choice((1, 1, 1, 16, 200))
    for _each in range(draw.randint(1, 10)):
        at = draw.randrange(len(text) + 1)
        text = text[:at] + text[at + draw.randint(1, burst) :]
    return text


def _glued(draw: Random, text: str) -> str:
    places = [found.start() for found in re.finditer("\n", text)]
    for at in sorted(draw.sample(places, min(len(places), draw.randint(1, 4))), reverse=True):
        text = text[:at] + draw.choice(("", "", " ", "  ")) + text[at + 1 :].lstrip(draw.choice(("", " ")))
    return text


def _wrapped(draw: Random, text: str) -> str:
    width = draw.choice((20, 40, 79, 80))
    end = draw.choice(("\n", "\r\n", "\r"))
    lines, start, stop = _some(draw, text, 3)
    for at in range(start, stop):
        pieces = [lines[at][place : place + width] for place in range(0, len(lines[at]), width)]
        lines[at] = end.join(pieces)
    return "\n".join(lines)


def _overwritten(draw: Random, text: str) -> str:
    """A line that is begun again, as after a message."""
    lines, start, _stop = _some(draw, text, 1)
    column = draw.randrange(len(lines[start]) + 1)
    lines[start] = lines[start][:column] + draw.choice(("\r", "\b" * column, "^C\n")) + lines[start]
    return "\n".join(lines)


def _endless(draw: Random, text: str) -> str:
    """A line of a megabyte."""
    lines, start, _stop = _some(draw, text, 1)
    own = lines[start][draw.randrange(len(lines[start]) + 1) :] or "x"
    piece = draw.choice((own, "0", " ", "(", ":", "9."))
    column = draw.randrange(len(lines[start]) + 1)
    lines[start] = lines[start][:column] + piece * (MEGABYTE // len(piece)) + lines[start][column:]
    return "\n".join(lines)


def _digits(draw: Random, text: str) -> str:
    """A number without end."""
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return text
    found = draw.choice(numbers)
    return text[: found.start()] + draw.choice("019") * draw.choice((11, 21, DIGITS)) + text[found.end() :]


def _blanks(draw: Random, text: str) -> str:
    lines, start, stop = _some(draw, text, 5)
    for at in range(start, stop):
        lines[at] = draw.choice(
            (lines[at].lstrip(), f" {lines[at]}", lines[at].replace("  ", "\t"), " ".join(lines[at].split()))
        )
    return "\n".join(lines)


def _between(put: str) -> str:
    return f"{OPEN}{put}{CLOSE}"


def _put(draw: Random, text: str, what: str, *, at_lines: bool) -> str:
    """Put something in, at the beginning of a line or anywhere, but not into what was put in before."""
    parts = units(text)
    places = [
        at
        for at, (before, behind) in enumerate(zip(["\n", *parts], [*parts, ""], strict=True))
        if not at_lines or (before == "\n" and not behind.startswith(OPEN))
    ]
    if places:
        parts.insert(draw.choice(places), _between(what))
    return "".join(parts)


def _answered_pager(draw: Random, text: str) -> str:
    return _put(draw, text, draw.choice(_PAGERS), at_lines=True)


def _log_line(draw: Random, text: str) -> str:
    return _put(draw, text, f"{draw.choice(_SYSLOG)}\n", at_lines=True)


def _returns(draw: Random, text: str) -> str:
    return text.replace("\n", _between(draw.choice(("\r", "\r\r"))) + "\n")


def _silent(draw: Random, text: str) -> str:
    for _each in range(draw.randint(1, 3)):
        text = _put(draw, text, draw.choice(("\x00", "\x07", *_SEQUENCES)), at_lines=False)
    return text


HARMLESS = (
    Damage("answered pager", _answered_pager, True),
    Damage("log line", _log_line, True),
    Damage("carriage returns", _returns, True),
    Damage("silent characters", _silent, True),
)
DAMAGES = (
    Damage("cut", _cut),
    Damage("cut in front", _cut_in_front),
    Damage("doubled lines", _doubled),
    Damage("lost lines", _lost),
    Damage("foreign line", _foreign_line),
    Damage("message in a line", _broken_in),
    Damage("pager", _pager),
    Damage("control characters", _controls),
    Damage("line ends", _ends),
    Damage("dropped characters", _dropped),
    Damage("glued lines", _glued),
    Damage("wrapped lines", _wrapped),
    Damage("line begun again", _overwritten),
    Damage("endless number", _digits),
    Damage("blanks", _blanks),
)
ENDLESS = Damage("endless line", _endless)
