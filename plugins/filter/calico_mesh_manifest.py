# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: BGPConfiguration `default` with the mesh on or off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils.calico import objects
from ..module_utils.model.cluster import DEFAULT_ASN


def calico_mesh_manifest(
    live: Mapping[str, Any] | None, enabled: bool, asn: int = DEFAULT_ASN
) -> dict[str, Any]:
    """One merge patch; see objects.mesh_manifest."""
    return objects.mesh_manifest(live, enabled, int(asn))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"calico_mesh_manifest": calico_mesh_manifest}
