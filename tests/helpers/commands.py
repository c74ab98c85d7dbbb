# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that tests run, and that end with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from lab.system import ENDS_WITH_CALLER

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
#: Characters shown of what a command said that did not end in time.
LAST = 3000


def call(
    command: list[str],
    environment: Mapping[str, str],
    folder: Path = CHECKOUT,
    began: Callable[[int], object] = lambda _pid: None,
) -> subprocess.CompletedProcess[str]:
    """Run a command that asks nothing, and that ends with this process, also when that is killed.

    `began` gets its number as soon as there is one. The output goes into files: a playbook that nobody reads
    from any more may wait forever.
    """
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        with subprocess.Popen(
            [*ENDS_WITH_CALLER, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        ) as process:
            try:
                began(process.pid)
                status = process.wait()
            except BaseException:  # the test's time is over
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                for file in (output, errors):
                    file.seek(0)
                    print(file.read()[-LAST:])
                raise
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, status, output.read(), errors.read())


def succeed(
    command: list[str], environment: Mapping[str, str], folder: Path = CHECKOUT
) -> subprocess.CompletedProcess[str]:
    """The same for a command that must not fail."""
    done = call(command, environment, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
