# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: one record per block of `show ip bgp neighbors`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ..module_utils.ios.show.neighbors import read_neighbors
from ..plugin_utils.router_text import read


def ios_bgp_neighbors(text: object, command: object = "") -> list[dict[str, Any]]:
    """See read_neighbors."""
    return cast("list[dict[str, Any]]", read("ios_bgp_neighbors", read_neighbors, text, command))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ios_bgp_neighbors": ios_bgp_neighbors}
