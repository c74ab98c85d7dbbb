# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_lease
short_description: Hold a cluster while a run changes it
description:
  - Two runs that change a cluster at once would undo each other's work. So a run holds the cluster by a
    Lease (C(coordination.k8s.io/v1), C(calico-bgp-run) in the namespace of calico-node), which says who holds
    it, from where, with which playbook, since when. C(docs/two-runs.md) describes it.
  - V(held) takes the Lease and starts a process that renews it while C(ansible-playbook) lives. Where another
    run has it, the task fails with a sentence that says who. A hold that nobody renews any more is waited
    for until it expires, and is taken over then.
  - V(released) ends that process and takes the Lease away, if it is still that of this run. A process that is
    the armed guard still (C(docs/guard.md)) stays, and does the second once the run is gone.
  - V(ended) takes the Lease away whoever has it, and says whose it was. That run stops before its next
    change. Where this cannot be done it says so, and does not fail.
  - The modules that change something refuse to where the run does not hold the cluster.
  - Runs on the controller. Rights are in C(docs/rbac.yaml).
extends_documentation_fragment:
  - telco.calico_bgp.attributes
  - telco.calico_bgp.kubeconfig.controller
attributes:
  check_mode:
    description: Is skipped in C(check_mode), as a run that changes nothing needs no hold.
options:
  state:
    description: What to do.
    type: str
    choices: [held, released, ended]
    default: held
  directory:
    description:
      - The run directory (RV(telco.calico_bgp.bgp_run#module:directory)). C(lease.json) in it says how the
        hold stands.
      - Needed for V(held) and V(released).
    type: path
    default: ""
  playbook:
    description: The playbook of the run, which others are told. V(held) is skipped where it is empty.
    type: str
    default: ""
  interrupted:
    description:
      - With V(held), what becomes of a mesh that the run has turned off and watches, where the run is
        interrupted or killed.
      - V(return) turns the mesh on at once. V(guard) leaves that to the guard (C(docs/guard.md)), so that
        another run may go on before the guard's time is over. Where there is no guard, or a loss is known, it
        is as V(return).
    type: str
    choices: [return, guard]
    default: return
  namespace:
    description:
      - Namespace of calico-node. Empty means C(calico-system) or C(kube-system), whichever has its DaemonSet.
    type: str
    default: ""
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Hold the cluster
  telco.calico_bgp.bgp_lease:
    directory: "{{ run.directory }}"
    playbook: site

- name: Let others change it
  telco.calico_bgp.bgp_lease:
    state: released
    directory: "{{ run.directory }}"
"""

RETURN = r"""
msg:
  description: What was done, or whose hold it was.
  returned: always
  type: str
  sample: held by alice@controller1
"""
