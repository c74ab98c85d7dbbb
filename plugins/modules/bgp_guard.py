# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_guard
short_description: Arm, tell or disarm what turns the mesh on when the run is gone
description:
  - A guard waits beside a cut. When it has heard nothing of the run for so many seconds, and the mesh is off,
    it turns the mesh on. C(docs/guard.md) tells where it can be and what it cannot do.
  - Each of its steps is one task with one O(state). What a host said is kept in the run directory, where
    there is one, and where the guard is in the state of the run.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  check_mode:
    description: Can run in C(check_mode). It tells what would be done, and asks no host.
options:
  state:
    description:
      - V(chosen), no guard is touched; it says on which hosts one can be, or is.
      - V(armed), one on the host the task runs on, or delegated to. Where that of this run is there, it hears
        that the run lives.
      - V(settled), after V(armed), that there is one at least. Where none is and O(where) allows it, the
        keeper of the run is one. Otherwise it fails, and says what each host said.
      - V(heard), the guard of the host, if there is one, hears that the run lives. So does that of the
        controller, where the host is the cluster's.
      - V(kept), the same again and again until the watch after the cut is over, or until a watcher of the
        same O(stage) sees a loss. Skipped where no guard of the run is on the host, or the task that watches
        the node tells it.
      - V(found), nothing is changed; it says whether one is armed.
      - V(disarmed), there is none afterwards, whoever armed it.
      - V(reviewed), after V(disarmed), whether a guard of the run was gone by then. If so, the mesh is read,
        and one that is on is recorded in the state of the run as a return.
    type: str
    required: true
    choices: [chosen, armed, settled, heard, kept, found, disarmed, reviewed]
  plan:
    description:
      - The plan of the run (RV(telco.calico_bgp.bgp_plan#module:path)). Empty with V(chosen) and V(disarmed)
        alone, where there is no run.
    type: path
    default: ""
  cluster:
    description: Inventory name of the cluster. It names the unit.
    type: str
    required: true
  directory:
    description:
      - Folder on the controller that holds the runs of all clusters, for V(chosen) and V(disarmed) without
        O(plan). The last run there that had a guard says where, unless group C(calico_control_plane) does.
      - Empty means C(calico-bgp-runs) in the current directory.
    type: path
    default: ""
  where:
    description:
      - Where the guard is to be, with O(state=chosen) and O(state=settled).
      - V(auto), on control plane nodes, or else on the controller.
      - V(node) and V(controller), there and nowhere else.
      - V(none), nowhere.
      - Empty is V(auto).
    type: str
    default: ""
  seconds:
    description: How long the guard bears silence, a number. Empty means the hold time and a minute.
    type: raw
  hosts:
    description: The hosts that take part in the run.
    type: list
    elements: str
    default: []
  host:
    description:
      - With O(state=armed), V(heard), V(found) and V(disarmed), the host the task is delegated to. The host
        of the cluster itself stands for the controller.
    type: str
    default: ""
  kubeconfig:
    description:
      - With O(state=armed), an administrator's kubeconfig that is on the host. Empty means that of kubeadm,
        RKE2, k3s or k0s.
      - With O(state=reviewed), that of the run, on the host of the cluster.
    type: str
    default: ""
  context:
    description: With O(state=reviewed), the context of that kubeconfig.
    type: str
    default: ""
  change:
    description: Number of the change, for the guard's log.
    type: str
    default: ""
  stage:
    description: With O(state=kept), name of the round of the watch.
    type: str
    default: ""
  last:
    description: With O(state=kept), whether it is the last look, which is over when all have been asked.
    type: bool
    default: false
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Choose where the guard can be
  telco.calico_bgp.bgp_guard:
    state: chosen
    plan: "{{ plan.path }}"
    cluster: prod
    hosts: "{{ ansible_play_hosts_all }}"
  register: choice
# choice.hosts: ["cp-1", "cp-2"]

- name: Arm it there
  telco.calico_bgp.bgp_guard:
    state: armed
    plan: "{{ plan.path }}"
    cluster: prod
    host: "{{ item }}"
  delegate_to: "{{ item }}"
  loop: "{{ choice.hosts }}"
"""

RETURN = r"""
hosts:
  description: With O(state=chosen), the hosts on which a guard of the cluster can be, or that of the run is.
  returned: success
  type: list
  elements: str
there:
  description: Whether a guard is armed afterwards; V(none) where that is not known.
  returned: success
  type: bool
msg:
  description: Where the guard is, or why there is none, in a sentence. Often empty.
  returned: success
  type: str
"""
