# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small answers of a router about itself: privilege, version, archive, a pending rollback."""

from __future__ import annotations

import re
from typing import Any

from .answer import Answer, answer, is_noise
from .records import Archive

_PRIVILEGE = re.compile(r"Current privilege level is (\d{1,2})\Z", re.A)
_NO_ROLLBACK = re.compile(r"%\s*No Rollback Confirmed Change pending")
_ROLLBACK = re.compile(r"(?:Timer value|Time configured|Rollback Confirmed Change).*")
_VERSION = re.compile(r"\bVersion (?P<version>[^\s,]+)")
_NOT_ENABLED = re.compile(r"%?\s*Archive feature not enabled\.?\Z")
_ARCHIVE = (
    ("maximum", re.compile(r"The maximum archive configurations allowed is (\d{1,9})\.\Z", re.A)),
    ("saved", re.compile(r"There are currently (\d{1,9}) archive configurations saved\.\Z", re.A)),
    ("next_file", re.compile(r"The next archive file will be named (\S+)\Z")),
)
_ARCHIVE_TITLE = re.compile(r"Archive\s+#\s+Name\Z")
_ARCHIVE_FILE = re.compile(r"(?P<number>\d{1,9})(?:\s+(?P<name>\S+)(?P<latest>\s+<- Most Recent)?)?\Z", re.A)


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
        if is_noise(stripped):
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


def read_archive(text: str) -> Archive:
    """`show archive`: whether configurations are kept, and which.

    Raises:
        IosTextError: an error of IOS, or a line that is not known.
    """
    source = answer(text, "show archive", "")
    fields: dict[str, Any] = {}
    files: dict[int, str] = {}
    latest = ""
    for number, full in enumerate(source.lines, 1):
        line = full.strip()
        if is_noise(line):
            continue
        if _NOT_ENABLED.match(line):
            return Archive(enabled=False)
        file = _ARCHIVE_FILE.match(line)
        if file is None:
            _archive_heading(source, number, line, fields)
        elif file["name"]:
            files[int(file["number"])] = file["name"]
            latest = file["name"] if file["latest"] else latest
    if not fields and not files:
        source.refuse(0, "", f"says nothing about an archive: {_begin(text)}")
    return Archive(enabled=True, files=files, latest=latest, **fields)


def _archive_heading(source: Answer, number: int, line: str, fields: dict[str, Any]) -> None:
    for name, pattern in _ARCHIVE:
        found = pattern.match(line)
        if found:
            fields[name] = found.group(1) if name == "next_file" else int(found.group(1))
            return
    if not _ARCHIVE_TITLE.match(line):
        source.refuse(number, line, "not a known line of an archive; report it")


def _begin(text: str) -> str:
    return repr(text.strip()[:80])
