# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of the process, which reach all its neighbours."""

from __future__ import annotations

from . import reasons
from .order import Draft, listed, mark
from .ownership import Ownership


def plan_process(owned: Ownership, draft: Draft, *, process_wide: bool) -> None:
    """Cluster-id, log of changes and graceful restart, into the draft.

    `process_wide` sends what neighbours of others feel, too.
    """
    bgp, want = owned.bgp, owned.want
    number = want.cluster_id_number
    if number is not None and bgp.cluster_id != number:
        line = f"bgp cluster-id {want.cluster_id}"
        foreign = [] if process_wide else owned.foreign(internal_only=True)
        if _send(draft, line, reasons.CLUSTER_ID, foreign):
            mark(draft.resets, (found for found in owned.sessions(draft.removed) if owned.is_internal(found)))
    if bgp.log_changes is None and want.log_changes:
        draft.put(draft.process, "bgp log-neighbor-changes", reasons.LOG)
    if not want.graceful_restart:
        return
    in_group = restarts_in_group(owned, process_wide=process_wide) and not owned.outside_group
    lines = [] if bgp.graceful_restart or in_group else ["bgp graceful-restart"]
    for word, wanted, shown in (
        ("restart-time", want.restart_time, bgp.restart_time),
        ("stalepath-time", want.stalepath_time, bgp.stalepath_time),
    ):
        if wanted is not None and wanted != shown:
            lines.append(f"bgp graceful-restart {word} {wanted}")
    foreign = [] if process_wide else owned.foreign()
    sent = [_send(draft, line, reasons.GRACEFUL_RESTART, foreign) for line in lines]
    if any(sent):
        mark(draft.pending, owned.sessions(draft.removed))


def restarts_in_group(owned: Ownership, *, process_wide: bool) -> bool:
    """Whether our group gets graceful restart of its own, as others would feel that of the process.

    Where some of them are members of our group, they would feel that, too.
    """
    withheld = not (owned.bgp.graceful_restart or process_wide) and bool(owned.foreign())
    return withheld and not owned.group_foreign()


def _send(draft: Draft, line: str, why: str, foreign: list[str]) -> bool:
    """Send a line of the process, or withhold it for the sake of others; whether it is sent."""
    if foreign:
        reason = (
            f"it reaches all neighbours of the process, also {listed(foreign)};"
            " allow process-wide lines when they may feel it"
        )
        draft.withhold(line, reason)
        return False
    draft.put(draft.process, line, why)
    return True
