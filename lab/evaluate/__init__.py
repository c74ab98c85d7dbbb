# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring what an encapsulation costs between pods on two nodes of a lab of its own.

Nothing is judged here: what comes out is raw figures and captured packets (`python -m lab measure`)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from lab import system
from lab.evaluate import tools
from lab.evaluate.paths import IPV4, IPV6
from lab.programs import Missing
from lab.state import CHECKOUT, LabError

FAMILIES = (IPV4, IPV6)
ROUNDS, SECONDS = 9, 2


def start(families: Sequence[str], rounds: int, seconds: int) -> int:
    """Become the measurement (`lab.evaluate.job`), which ends as a whole when this process does.

    LabError when the machine lacks something."""
    system.check()
    try:
        tools.find()
    except Missing as missing:
        raise LabError(str(missing)) from missing
    root = os.geteuid() == 0
    options = {"families": list(families), "rounds": rounds, "seconds": seconds, "privileged": root}
    command = [
        *system.namespace_command(root=root),
        sys.executable,
        "-m",
        "lab.evaluate.job",
        json.dumps(options),
    ]
    os.chdir(CHECKOUT)
    os.execvp(command[0], command)
