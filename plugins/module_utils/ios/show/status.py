# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small answers of a router about itself: privilege, platform, a pending rollback."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...model.begun import Timer
from ..text import mask, shortened
from .answer import answer

_PRIVILEGE = re.compile(r"Current privilege level is (\d{1,2})\Z", re.A)
_NO_ROLLBACK = re.compile(r"%\s*No Rollback Confirmed Change pending")
_ROLLBACK = re.compile(r"(?:Timer value|Time configured|Rollback Confirmed Change).*")
_TIMER = re.compile(r"(?P<name>Time configured|Timer value|User)(?:\([^)]*\))?:\s*(?P<value>.*\S)")
_VERSION = re.compile(r"\bVersion (?P<version>[^\s,]+)")
# How the line begins that names the platform. Some releases of IOS-XE name themselves as IOS does: then the
# name of the train in brackets, or the image, tells.
_PLATFORMS = (
    ("IOS-XR", re.compile(r"Cisco IOS[ -]XR Software\b")),
    ("NX-OS", re.compile(r"Cisco (?:Nexus Operating System \(NX-OS\)|NX-OS\S*) Software\b")),
    ("ASA", re.compile(r"Cisco Adaptive Security Appliance Software\b")),
    (
        "IOS-XE",
        re.compile(r"Cisco IOS[ -]XE Software\b|Cisco IOS Software(?: \[|.*\bIOS-XE Software|.*_IOSD-)"),
    ),
    ("IOS", re.compile(r"Cisco (?:IOS|Internetwork Operating System) Software\b|IOS \(tm\) ")),
)
SUPPORTED = ("IOS", "IOS-XE")


@dataclass(frozen=True)
class Platform:
    """What a router runs; `release` is "" where a platform that is not supported does not say."""

    name: str
    release: str

    def __str__(self) -> str:
        return f"{self.name} {self.release}".rstrip()


def read_privilege(text: str) -> int:
    """Privilege level out of `show privilege`. Below 15 a configuration is shown in parts, silently."""
    source = answer(text, "show privilege", "")
    for line in source.lines:
        found = _PRIVILEGE.match(line.strip())
        if found:
            return int(found.group(1))
    source.refuse(0, "", f"expected 'Current privilege level is 15', got {_begin(text.splitlines())}")


def read_rollback_timer(text: str) -> Timer | None:
    """The rollback that is armed, None for none, out of `show archive config rollback timer`."""
    source = answer(text, "show archive config rollback timer", "")
    armed, found = False, {}
    for number, line in enumerate(source.lines, 1):
        stripped = line.strip()
        if not stripped:
            continue
        if _NO_ROLLBACK.match(stripped):
            return None
        if stripped.startswith("%"):
            source.refuse(number, line, "the router refused the command")
        armed = armed or _ROLLBACK.match(stripped) is not None
        field = _TIMER.match(stripped)
        if field:
            found[field["name"]] = field["value"]
    if armed:
        return Timer(
            found.get("Time configured", ""), found.get("User", ""), _minutes(found.get("Timer value", ""))
        )
    source.refuse(
        0, "", f"says neither that a rollback is pending nor that none is: {_begin(text.splitlines())}"
    )


def read_platform(text: str) -> Platform:
    """Platform and release out of `show version`, IOS-XE's own release where there is one.

    Raises:
        IosTextError: the text names no platform that is known, or a supported one without its release.
    """
    source = answer(text, "show version", "")
    lines = [line.strip() for line in source.lines if line.strip()]
    name = next((name for line in lines for name, words in _PLATFORMS if words.match(line)), "")
    versions = (_VERSION.search(line) for line in lines if "Software" in line or "IOS" in line)
    release = next((found["version"] for found in versions if found), "")
    if not name:
        source.refuse(0, "", f"names neither IOS nor IOS-XE, and nothing else is supported: {_begin(lines)}")
    if name in SUPPORTED and not release:
        source.refuse(0, "", f"names no release of {name}: {_begin(lines)}")
    return Platform(name, release)


def _minutes(text: str) -> int:
    """The number that a length begins with, 0 where there is none."""
    digits = re.match(r"[0-9]{1,4}", text)
    return int(digits[0]) if digits else 0


def _begin(lines: Iterable[str]) -> str:
    """The first line that says something, for a message."""
    return repr(shortened(mask(next((line.strip() for line in lines if line.strip()), ""))))
