# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules say alike of check mode, diff mode and a second run."""

from __future__ import annotations


class ModuleDocFragment:
    """Each module adds where it differs: another support, details, another description."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) without changing anything but the run directory.
    support: full
  diff_mode:
    description: Returns what changed.
    support: none
  idempotent:
    description: A second run gives the same result.
    support: full
"""
