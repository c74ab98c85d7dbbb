# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: one record per row of a BGP summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ..module_utils.ios.show.records import SummaryRow
from ..module_utils.ios.show.summary import read_summary
from ..plugin_utils.router_text import read, warn


def rows(text: str, command: str) -> tuple[SummaryRow, ...]:
    """The rows alone; lines of a heading that are not known are reported."""
    summary = read_summary(text, command)
    warn("ios_bgp_summary", summary.unknown)
    return summary.rows


def ios_bgp_summary(text: object, command: object = "") -> list[dict[str, Any]]:
    """See read_summary."""
    return cast("list[dict[str, Any]]", read("ios_bgp_summary", rows, text, command))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ios_bgp_summary": ios_bgp_summary}
