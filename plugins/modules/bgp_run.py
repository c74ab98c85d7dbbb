# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_run
short_description: Start a run, or record what happened in it
description:
  - Without O(plan) it makes a new directory below O(directory), named after the cluster and the time (UTC),
    and the state of a new run in it, C(state.json). C(docs/result.md) describes its fields.
  - Plan, observations, findings and the result of the run lie there. The directory has mode V(0700), its
    files V(0600).
  - With O(plan) it records O(event) in the state of the run that has this plan, and says in which phase the
    run is.
  - Runs on the controller.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  idempotent:
    support: none
    details:
      - Every start makes a directory of its own, which is bookkeeping and never reported as changed.
options:
  cluster:
    description:
      - Name of the cluster. It names the folder in which the directories of its runs lie.
      - Needed without O(plan).
    type: str
    default: ""
  directory:
    description:
      - Folder on the controller that holds the runs of all clusters.
      - Empty means C(calico-bgp-runs) in the current directory.
    type: path
    default: ""
  timeout:
    description: Seconds that the run waits for sessions and routes to come up, a number. Empty means 120.
    type: raw
  soak:
    description: Seconds to watch after the cut, a number. Empty means as long as the plan says.
    type: raw
  ask:
    description:
      - How the nodes are asked.
      - V(exec), over the Kubernetes API (M(telco.calico_bgp.bird_exec_info)).
      - V(ssh), each over its own connection (M(telco.calico_bgp.bird_info)).
      - Empty is V(ssh) where group C(calico_nodes) has hosts, V(exec) where it has none.
    type: str
    choices: ["", exec, ssh]
    default: ""
  plan:
    description: The plan (RV(telco.calico_bgp.bgp_plan#module:path)) of a run that has begun.
    type: path
    default: ""
  event:
    description:
      - What happened to the mesh. M(telco.calico_bgp.calico_mesh) records the rest.
      - V(mesh_on), it is on, or on again.
      - V(found_off), it was off when the run came, and the watch begins as after a cut. Nothing is recorded
        where the run of the same cluster before this one has watched it until its soak was over.
      - Without it, nothing is recorded.
    type: str
    choices: [mesh_on, found_off]
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Start the run
  telco.calico_bgp.bgp_run:
    cluster: prod
    directory: /var/lib/calico-bgp-runs
  register: run
# run.directory: /var/lib/calico-bgp-runs/prod/20260301T101500Z-k3v9x2aq

- name: Record that the mesh is on
  telco.calico_bgp.bgp_run:
    plan: "{{ plan.path }}"
    event: mesh_on
  register: run
# run: {"phase": "returned", "cut": true, ...}
"""

RETURN = r"""
directory:
  description: The run directory.
  returned: success
  type: str
phase:
  description: The phase of the run. C(docs/result.md) describes them.
  returned: success
  type: str
  sample: before
cut:
  description: Whether this run turned the mesh off, or may have.
  returned: success
  type: bool
"""
