# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that holds its cluster, as its keeper writes it down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.plugin_utils import detached, holding
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.clock import steady


def hold(directory: Path, ago: float = 0.0, **other: Any) -> holding.Hold:
    """The run of this process holds the cluster, and renewed it `ago` seconds ago; `other` is otherwise.

    A process that has only just begun holds it with `run`, before it gets to look.
    """
    given = {"namespace": "calico-system", "identity": "me", "run": detached.run_of_this(), **other}
    held = holding.Hold(renewed=steady() - ago, **given)
    holding.write(directory, held)
    return held
