# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's measuring program: started, listened to, and ended with whoever started it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any

#: Seconds between two looks whether Ansible still runs.
LOOK = 0.5
SAID = 500


class MeasureError(Exception):
    """The lab could not measure; the text is a sentence that says why."""


def measure(lab: Mapping[str, str], options: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Have the lab measure; its raw figures. `say` gets each line of progress.

    The program ends when this process or the one that started it does, also by SIGKILL: it notices the end of
    its standard input, and its parent watches Ansible. MeasureError when there are no figures."""
    command = [lab["python"], "-m", "lab", "measure", *options]
    over = threading.Event()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        try:
            process = subprocess.Popen(
                command,
                cwd=lab["directory"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise MeasureError(
                f"The lab's program does not start ({error.filename}: {error.strerror}): bgp_evaluate_lab "
                "has to name the Python and the checkout of a lab."
            ) from error
        guard = threading.Thread(target=_guard, args=(process, os.getppid(), over), daemon=True)
        guard.start()
        try:
            return _listen(process.stdout or (), say) or _no_figures(process, errors)
        finally:
            over.set()
            process.kill()
            process.communicate()
            guard.join()


def _listen(lines: Iterable[str], say: Callable[[str], None]) -> dict[str, Any]:
    """The measurement; empty when the program ended without one."""
    for line in lines:
        try:
            ((kind, told),) = json.loads(line).items()
        except (ValueError, AttributeError):
            kind, told = "", None
        if kind == "progress":
            say(str(told))
        elif kind == "measurement" and isinstance(told, dict):
            return told
        elif kind != "failed":
            raise MeasureError(f"The lab printed {line.strip()[:SAID]!r}, which is not its form.")
        else:
            raise MeasureError(f"The lab could not measure: {told}")
    return {}


def _no_figures(process: subprocess.Popen[str], errors: IO[str]) -> dict[str, Any]:
    status = process.wait()
    errors.seek(0)
    told = errors.read().strip()[-SAID:] or f"it ended with status {status}"
    raise MeasureError(f"The lab could not measure: {told}")


def _guard(process: subprocess.Popen[str], parent: int, over: threading.Event) -> None:
    """A worker of a killed ansible-playbook goes on by itself; what it started must not."""
    while not over.wait(LOOK):
        if os.getppid() != parent:
            process.kill()
            return
