# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bird_info
short_description: Ask a node's BIRD for its sessions and routes
description:
  - Asks the control socket of the node's BIRD, restricted to reading, by one command over the node's
    connection. No module is transferred. The node needs Python 3 and nothing else.
  - Waits until the node has what O(expect) says, O(timeout) seconds at the most, and says how far it is.
    It gives up earlier on a node that does not answer.
    What there is then is the observation.
  - With O(watch) it watches instead. It asks every second until the watch after the cut is over, or until it,
    or another watcher of the same O(stage), sees a loss.
  - A node that does not answer is an observation too and never fails the task.
    M(telco.calico_bgp.bgp_validate) judges it.
  - A host that is no node of the plan is skipped, and so is every host where the run is in none of O(phases).
  - Writes C(observations/STAGE/node-NAME.json) into the run directory.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
options:
  plan:
    description: The plan (RV(telco.calico_bgp.bgp_plan#module:path)).
    type: path
    required: true
  stage:
    description: Name of this observation. It names the folder of its file.
    type: str
    required: true
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
      - Name of the observations made before the cut. A route that the node had there and has no longer is a
        loss.
      - Needed with O(watch).
    type: str
    default: ""
  known_alarm:
    description: An alarm (RV(alarm)) that is known from an earlier round and does not end this one.
    type: str
    default: ""
  socket:
    description: BIRD's control socket on the node. Empty means Calico's own, C(/var/run/calico/bird.ctl).
    type: path
    default: ""
notes:
  - The user of the connection needs the right to open O(socket), which calico-node gives to root alone.
  - Uses C(ansible_python_interpreter) of the host, else C(python3). The interpreter is not discovered.
seealso:
  - module: telco.calico_bgp.ios_bgp_info
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Ask the node's BIRD
  telco.calico_bgp.bird_info:
    plan: "{{ plan.path }}"
    stage: gate
    expect: reflectors
    timeout: 60
  register: node
# node: {"answered": true, "protocols": 3, "routes": 12, "msg": "", ...}

- name: Watch the node's routes after the cut
  telco.calico_bgp.bird_info:
    plan: "{{ plan.path }}"
    stage: watch-1
    watch: true
    before: gate
"""

RETURN = r"""
path:
  description: The observation. Empty where the task is skipped.
  returned: always
  type: str
answered:
  description: Whether BIRD answered the last question.
  returned: always
  type: bool
msg:
  description: Why there is no answer, why nobody was asked, or what is still missing. Empty where nothing is.
  returned: always
  type: str
alarm:
  description: What was lost while watching. Empty where nothing is, and where the node does not answer.
  returned: always
  type: str
protocols:
  description: How many BGP protocols BIRD has.
  returned: always
  type: int
routes:
  description: How many paths BIRD has.
  returned: always
  type: int
"""
