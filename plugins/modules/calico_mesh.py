# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: calico_mesh
short_description: Turn Calico's node-to-node mesh on or off
description:
  - Sends one patch of BGPConfiguration C(default), and believes what the API answers that the mesh is now.
  - On is tried for O(patience) seconds, whoever changed the object meanwhile, a second after each refusal. A
    try without an answer for three seconds gets another one beside it, and is waited for up to 24 seconds.
    They go to every address of the API at the same time that the kubeconfig's name, or the service
    C(kubernetes), had before the cut.
  - Off is the cut. It is tried once, within three seconds, and refused where the proof of the gate is older
    than the plan allows, where there is no room for the files of the watch, and where somebody changed the
    object since the cluster was read. The state of the run says before the patch that the mesh may be off.
  - Runs on the controller where the host's connection is C(local). Elsewhere, with C(become), and where the
    libraries are missing, M(telco.calico_bgp.calico_bgp_info) and M(kubernetes.core.k8s) do the same on the
    host, and their times are theirs.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
  - telco.calico_bgp.kubeconfig
  - telco.calico_bgp.kubeconfig.libraries
attributes:
  check_mode:
    description: Can run in C(check_mode). The API is asked whether it would take the patch.
  diff_mode:
    support: full
options:
  state:
    description: Which way the mesh is to be.
    type: str
    choices: ["on", "off"]
    required: true
  plan:
    description:
      - The plan, RV(telco.calico_bgp.bgp_plan#module:path), of the run whose state is to say how the mesh is.
      - Needed with O(state=off).
    type: path
    default: ""
  cluster:
    description:
      - The last reading of the cluster (M(telco.calico_bgp.calico_bgp_info)). Needed with O(state=off).
    type: path
    default: ""
  patience:
    description: Seconds for which turning it on is tried.
    type: float
    default: 60
seealso:
  - module: telco.calico_bgp.bgp_validate
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Turn the mesh on
  telco.calico_bgp.calico_mesh:
    state: "on"
    kubeconfig: ~/.kube/config
"""

RETURN = r"""
mesh:
  description: Whether the mesh is on, as the API said after the patch.
  returned: success
  type: bool
through:
  description: The address that answered; empty where the patch was sent by modules on the host.
  returned: success
  type: str
  sample: 192.0.2.10:6443
recorded:
  description: Whether the state of the run says so. Nothing keeps the mesh from coming on.
  returned: success
  type: bool
"""
