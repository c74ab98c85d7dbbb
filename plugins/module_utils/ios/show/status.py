# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small answers of a router about itself: privilege, version, a pending rollback."""

from __future__ import annotations

import re

from ..text import mask, shortened
from .answer import answer

_PRIVILEGE = re.compile(r"Current privilege level is (\d{1,2})\Z", re.A)
_NO_ROLLBACK = re.compile(r"%\s*No Rollback Confirmed Change pending")
_ROLLBACK = re.compile(r"(?:Timer value|Time configured|Rollback Confirmed Change).*")
_VERSION = re.compile(r"\bVersion (?P<version>[^\s,]+)")


def read_privilege(text: str) -> int:
    """Privilege level out of `show privilege`. Below 15 a configuration is shown in parts, silently."""
    source = answer(text, "show privilege", "")
    for line in source.lines:
        found = _PRIVILEGE.match(line.strip())
        if found:
            return int(found.group(1))
    source.refuse(0, "", f"expected 'Current privilege level is 15', got {_begin(text)}")


def read_rollback_timer(text: str) -> bool:
    """Whether a rollback is armed, out of `show archive config rollback timer`."""
    source = answer(text, "show archive config rollback timer", "")
    for number, line in enumerate(source.lines, 1):
        stripped = line.strip()
        if not stripped:
            continue
        if _NO_ROLLBACK.match(stripped):
            return False
        if stripped.startswith("%"):
            source.refuse(number, line, "the router refused the command")
        if _ROLLBACK.match(stripped):
            return True
    source.refuse(0, "", f"says neither that a rollback is pending nor that none is: {_begin(text)}")


def read_version(text: str) -> str:
    """Release out of `show version`, IOS-XE's own where there is one."""
    source = answer(text, "show version", "")
    for line in source.lines:
        found = _VERSION.search(line)
        if found and ("Software" in line or "IOS" in line):
            return found["version"]
    source.refuse(0, "", f"names no release of IOS: {_begin(text)}")


def _begin(text: str) -> str:
    return repr(shortened(mask(text.strip().partition("\n")[0].rstrip())))
