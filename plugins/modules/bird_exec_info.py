# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bird_exec_info
short_description: Ask the BIRDs of all nodes over the Kubernetes API
description:
  - Runs C(birdcl), restricted to reading, in the pod calico-node of each node of the plan, by exec over the
    Kubernetes API, as M(telco.calico_bgp.bird_info) asks one node over SSH. Nodes need neither SSH nor
    Python. One task asks all of them, O(parallel) at a time.
  - The pod is the one that Calico's own DaemonSet made, in the namespace of the plan. Whether it is Ready
    does not count.
  - Waits until each node has what O(expect) says, O(timeout) seconds at the most, and says every few seconds
    how many have it and which is slowest. It gives up earlier on a node that does not answer.
  - With O(watch) it watches instead, with one session for each node. Every node is asked every second until
    the watch after the cut is over, or until this, or another watcher of the same O(stage), sees a loss.
  - A node that does not answer is an observation too and never fails the task, whatever the reason.
    M(telco.calico_bgp.bgp_validate) judges it.
  - Is skipped where the nodes of the run are asked by SSH, and where the run is in none of O(phases).
  - Writes C(observations/STAGE/node-FAMILY-NAME.json) of each node into the run directory.
  - Runs on the controller. Rights for exec are in C(docs/rbac-exec.yaml), which says what they mean.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
  - telco.calico_bgp.kubeconfig.controller
  - telco.calico_bgp.observation
  - telco.calico_bgp.observation.bird
options:
  known_alarms:
    description: Alarms (RV(alarms)) that are known from an earlier round and do not end this one.
    type: list
    elements: str
    default: []
  parallel:
    description:
      - Questions that are open at the same time. One to which nothing has come for two seconds, or for
        twice what is usual where that is more, no longer counts.
    type: int
    default: 50
  socket:
    description:
      - BIRD's control socket in the pod. Empty means Calico's own, C(/var/run/calico/bird.ctl).
    type: path
    default: ""
requirements:
  - kubernetes (Python library), where Ansible runs
  - aiohttp (Python library), where Ansible runs
seealso:
  - module: telco.calico_bgp.bird_info
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Ask the BIRDs of all nodes
  telco.calico_bgp.bird_exec_info:
    plan: "{{ plan.path }}"
    stage: gate
    expect: reflectors
    timeout: 60
  register: nodes
# nodes: {"nodes": 3, "answered": 3, "msg": "", ...}
"""

RETURN = r"""
nodes:
  description: How many nodes were asked.
  returned: always
  type: int
answered:
  description: How many of them answered the last question.
  returned: always
  type: int
msg:
  description:
    - What is missing, or why there is no answer, of the first node with either, and of how many more; why
      nobody was asked. Empty where nothing is missing.
  returned: always
  type: str
alarms:
  description: What was lost while watching, for each node that lost something, 50 at the most.
  returned: always
  type: list
  elements: str
"""
