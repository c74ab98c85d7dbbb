# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No property of a statement of BGP can be lost without a test that fails."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_property_of_a_statement_is_noticed():
    command = [sys.executable, "-m", "tools.mutate_statements"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    removed = re.search(r"properties removed: (\d+), failures seen: (\d+)\nsurvivors: 0\n", done.stdout)
    assert removed is not None
    assert removed[1] == removed[2]
    assert int(removed[1]) > 4000
