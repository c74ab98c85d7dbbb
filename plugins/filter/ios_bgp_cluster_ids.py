# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the cluster ids of a route reflector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ..module_utils.ios.show.groups import read_cluster_ids
from ..plugin_utils.router_text import read


def ios_bgp_cluster_ids(text: object, command: object = "") -> dict[str, Any]:
    """See read_cluster_ids."""
    return cast("dict[str, Any]", read("ios_bgp_cluster_ids", read_cluster_ids, text, command))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ios_bgp_cluster_ids": ios_bgp_cluster_ids}
