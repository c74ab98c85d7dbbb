# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the lines that make a route reflector of a router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..module_utils import peerlists
from ..plugin_utils.peer_filters import named


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return named("ios_bgp_lines", peerlists.router_lines)
