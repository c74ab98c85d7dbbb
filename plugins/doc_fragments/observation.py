# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules that observe nodes and routers."""

from __future__ import annotations


class ModuleDocFragment:
    """What every observation is told, and what those of BIRD are told beside it."""

    DOCUMENTATION = r"""
options:
  plan:
    description: The plan (RV(telco.calico_bgp.bgp_plan#module:path)).
    type: path
    required: true
  stage:
    description: Name of this observation. It names the folder of its files.
    type: str
    required: true
  timeout:
    description:
      - Seconds to wait at the most. V(0) asks once, and so does check mode.
      - Without it, as long as the run waits for sessions (O(telco.calico_bgp.bgp_run#module:timeout)).
      - Without effect with O(watch).
    type: float
  phases:
    description:
      - Phases of the run to which the task belongs, as C(docs/result.md) describes them; in another one it is
        skipped.
      - Empty is every phase.
    type: list
    elements: str
    choices: [adopting, before, cutting, watch, calm, returned]
    default: []
"""

    BIRD = r"""
options:
  expect:
    description:
      - What to wait for.
      - V(nothing), an answer.
      - V(reflectors), every route from each reflector.
      - V(mesh), every route from the mesh.
      - V(no_mesh), as V(reflectors), and no session of the mesh.
      - V(no_reflectors), as V(mesh), and no session with a reflector.
    type: str
    default: nothing
    choices: [nothing, reflectors, mesh, no_mesh, no_reflectors]
  watch:
    description:
      - Whether to watch until the end of the watch, as the state of the run has it.
      - The task is skipped where the run is in another phase than V(watch).
      - Where something is to be expected (O(expect)), it is the last look after the watch, in the phases of
        O(phases). It is over when nothing is missing any more, and every route reflector has been asked at
        this O(stage), or after the hold time of the reflectors and ten seconds, a minute at the least.
    type: bool
    default: false
  before:
    description:
      - Name of the observations made before the cut. A route that a node had there and has no longer is a
        loss.
      - Needed with O(watch).
    type: str
    default: ""
"""
