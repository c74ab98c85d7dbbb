# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a reload would bring back what runs: the running against the startup configuration."""

from __future__ import annotations

from collections.abc import Iterator

from .records import BgpProcess, RunningConfig

_PROCESS_FIELDS = (
    "asn",
    "cluster_id",
    "router_id",
    "default_ipv4",
    "graceful_restart",
    "restart_time",
    "stalepath_time",
    "timers",
    "log_changes",
    "additional_paths",
    "listen_ranges",
    "vrf_neighbors",
    "extra",
)


def differences(running: RunningConfig, startup: RunningConfig) -> tuple[str, ...]:
    """What of BGP a reload would change, as sentences without secrets; empty when nothing would."""
    found = list(_process_differences(running.bgp, startup.bgp))
    for name in sorted({*running.prefix_lists, *startup.prefix_lists}):
        ours = [rule.meaning for rule in running.prefix_lists.get(name, ())]
        if ours != [rule.meaning for rule in startup.prefix_lists.get(name, ())]:
            found.append(f"ip prefix-list {name} is not saved as it runs")
    for line in sorted(set(running.unknown) ^ set(startup.unknown)):
        where = "running" if line in running.unknown else "startup"
        found.append(f"{line!r} is in the {where} configuration alone")
    return tuple(found)


def same_meaning(running: RunningConfig, startup: RunningConfig) -> bool:
    """Whether a reload would bring back the same BGP configuration."""
    return not differences(running, startup)


def _process_differences(running: BgpProcess | None, startup: BgpProcess | None) -> Iterator[str]:
    if running is None or startup is None:
        if running is not startup:
            where, other = ("startup", "running") if running else ("running", "startup")
            yield f"router bgp is in the {other} configuration and not in the {where} one"
        return
    for name in sorted({*running.neighbors, *startup.neighbors}):
        if running.neighbors.get(name) != startup.neighbors.get(name):
            yield f"neighbor {name} is not saved as it runs"
    for attribute in _PROCESS_FIELDS:
        if getattr(running, attribute) != getattr(startup, attribute):
            yield f"router bgp: {attribute.replace('_', ' ')} is not saved as it runs"
