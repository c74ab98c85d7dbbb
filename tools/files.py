# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that make set-up resumable: stamps written last, folders swapped in whole, one run at a time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.console import Console


def digest(*parts: str | bytes) -> str:
    """One hash over texts and file contents."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(f"{len(data)}:".encode() + data)
    return total.hexdigest()


def is_current(stamp: Path, key: str) -> bool:
    """Whether the stamp says that just this was done before."""
    return stamp.is_file() and stamp.read_text() == key


def write_stamp(stamp: Path, key: str) -> None:
    """Say that it was done; atomic, so that a broken-off run leaves the old stamp or none."""
    fresh = stamp.with_name(f".{stamp.name}.new")
    fresh.write_text(key)
    fresh.replace(stamp)


def swap_in(fresh: Path, place: Path) -> None:
    """Put the folder `fresh` where `place` is, the old one being removed."""
    old = place.with_name(f"{place.name}.old")
    remove(old)
    if place.exists():
        place.rename(old)
    fresh.rename(place)
    remove(old)


def remove(folder: Path) -> None:
    """Remove a folder tree, read-only parts included, if it is there."""
    if not folder.exists():
        return
    for directory, _names, _files in os.walk(folder):
        os.chmod(directory, 0o700)
    shutil.rmtree(folder)


@contextmanager
def locked(path: Path, console: Console) -> Iterator[None]:
    """Hold the lock file; wait for, and say so, while another run has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if not _try_lock(file.fileno()):
            with console.step(f"Waiting for another set-up to end (it holds {path})"):
                while not _try_lock(file.fileno()):
                    time.sleep(0.5)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
