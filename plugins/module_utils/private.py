# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of the controller that nobody else has a hand in."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def other_hands(path: Path) -> str:
    """Who else owns, or may write into, the directory or one above it, as a sentence; "" for nobody.

    What is not there yet is nobody's. A directory for all to write into is fine where its sticky bit keeps
    them from what is ours (/tmp), and one for the group where it is our own (umask 002).
    """
    path = path.absolute()
    for whole in (path, path.resolve()):
        for each in (whole, *whole.parents):
            why = whose(each)
            if why:
                return f"{each}: {why}"
    return ""


def whose(path: Path) -> str:
    """Whose hands a file or directory is in beside ours and root's, in words; "" for nobody's."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return ""
    if status.st_uid not in (0, os.geteuid()):
        return f"it is owned by another user ({status.st_uid})"
    if stat.S_ISLNK(status.st_mode) or status.st_mode & stat.S_ISVTX:
        return ""
    if status.st_mode & stat.S_IWOTH:
        return "everybody may write there"
    if status.st_mode & stat.S_IWGRP and status.st_gid not in (0, os.getegid()):
        return f"a group ({status.st_gid}) may write there"
    return ""


def make(folder: Path) -> None:
    """The directory and those above it that are missing, each with mode 0700."""
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)
