# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: calico_surplus
short_description: Take the peers of a plan away, each while the mesh is on and proved
description:
  - Takes BGPPeers and BGPFilter away that the cluster no longer needs with its mesh, one after the other, in
    the order of the plan.
  - Before each one it reads whether the mesh is on, and asks whether its proof is still good; after each one
    it reads the mesh again. It stops where somebody turned it off, and says what is there still.
  - Runs on the controller where the host's connection is C(local). Elsewhere
    M(telco.calico_bgp.calico_bgp_info) and M(kubernetes.core.k8s) do it on the host.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
  - telco.calico_bgp.kubeconfig
  - telco.calico_bgp.kubeconfig.libraries
attributes:
  check_mode:
    description: Can run in C(check_mode). The mesh, which may be off then, is not asked for.
options:
  plan:
    description: The plan, RV(telco.calico_bgp.bgp_plan#module:path).
    type: path
    required: true
  stage:
    description: Name of the observations by which the mesh was proved.
    type: str
    required: true
seealso:
  - module: telco.calico_bgp.calico_objects
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Take the peers away
  telco.calico_bgp.calico_surplus:
    plan: "{{ plan.path }}"
    stage: mesh
"""

RETURN = r"""
removed:
  description: Kind and name of what was taken away.
  returned: always
  type: list
  elements: str
  sample: [BGPPeer peer-to-external-rr, BGPFilter peer-to-external-rr]
msg:
  description: Why it stopped, and what was taken away before.
  returned: when it stopped
  type: str
"""
