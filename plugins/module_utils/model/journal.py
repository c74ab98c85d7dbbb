# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a run: what happened when, for people. Nothing that decides looks into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STARTED = "started"
PLANNED = "planned"
PUSHED = "pushed"
WRITTEN = "written"
ASKED = "asked"
JUDGED = "judged"
CUTTING = "cutting"
CUT = "cut"
MESH_ON = "mesh_on"


@dataclass(frozen=True)
class Note:
    """Something that happened in a run, at a time in seconds since the epoch.

    `event` is one of the words above. `subject` is what it happened to: a reflector, a gate, a stage.
    `began` is there where it took time. `verdict` is that of a gate, or how a push went. `details` are a few
    values by name: versions, what AWX says of the job.
    """

    at: float
    event: str
    subject: str = ""
    text: str = ""
    began: float | None = None
    verdict: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
