# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a run directory say, together: all that a page of the run is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model.cluster import Cluster
from ..model.journal import Note
from ..model.observation import RouterObservation
from ..model.plan import Plan
from ..model.state import RunState

#: BGP state of a session that is up, as BIRD and IOS call it.
ESTABLISHED = "Established"


@dataclass(frozen=True)
class Record:
    """A run as its files have it.

    `result` is the result (docs/result.md). `plan` and `cluster` are None where the run did not come so far.
    `routers` are what the reflectors said, stage to name to observation, in the order of time. `alarms` are
    losses that the watch saw: `text` and `at`. `packets` is what a probe beside the run counted, with the
    lost ones by second (`lost_at`), None where none ran.
    """

    result: Mapping[str, Any]
    state: RunState
    plan: Plan | None = None
    cluster: Cluster | None = None
    notes: Sequence[Note] = ()
    alarms: Sequence[Mapping[str, Any]] = ()
    routers: Mapping[str, Mapping[str, RouterObservation]] = field(default_factory=dict)
    packets: Mapping[str, Any] | None = None

    @property
    def latest_routers(self) -> Mapping[str, RouterObservation]:
        """What each reflector said last."""
        return {host: seen for stage in self.routers.values() for host, seen in stage.items()}

    @property
    def asked(self) -> bool:
        """Whether anybody said anything of a session."""
        return any(s["node_says"] or s["reflector_says"] for s in self.result["sessions"])
