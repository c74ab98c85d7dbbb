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
  - telco.calico_bgp.observation
  - telco.calico_bgp.observation.bird
options:
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
