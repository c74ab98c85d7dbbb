# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First on PYTHONPATH of a run, this makes its clock jump: time.time() is ahead by the seconds in a file."""

import os
import time

_real, _file = time.time, os.environ["CHAOS_CLOCK"]


def _shifted() -> float:
    with open(_file) as jump:
        return _real() + float(jump.read() or 0)


time.time = _shifted
