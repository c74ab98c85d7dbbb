# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: calico_objects
short_description: Write the plan's Calico objects into the cluster
description:
  - Writes the objects of a plan in its order, each with M(kubernetes.core.k8s), as a merge patch where it is
    there. An object that somebody else changed since the plan was made is refused by the API.
  - The first write that fails ends the writing, as a BGPPeer whose BGPFilter is not there would let in
    whatever the reflector sends.
  - BGPPeers and BGPFilter that this task made before it are taken back then. What was there already keeps its
    change, as another one may reset its sessions once more, and so does the BGPFilter where such a BGPPeer
    may name it. The message names each.
  - With O(surplus) it takes objects away instead. The first that cannot be taken away ends it.
  - Before each object it looks whether the run is still there and holds the cluster
    (M(telco.calico_bgp.bgp_lease)).
  - Runs on the host that has the kubeconfig. The plan is read on the controller.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
  - telco.calico_bgp.kubeconfig
attributes:
  diff_mode:
    support: full
options:
  plan:
    description: The plan, RV(telco.calico_bgp.bgp_plan#module:path).
    type: path
    required: true
  surplus:
    description:
      - Objects to take away, one after the other, instead of writing those of the plan; each with
        C(apiVersion), C(kind) and C(metadata.name).
    type: list
    elements: dict
    default: []
seealso:
  - module: telco.calico_bgp.bgp_plan
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Write filters and peers
  telco.calico_bgp.calico_objects:
    plan: "{{ plan.path }}"
    kubeconfig: ~/.kube/config
  register: peers
# peers.objects: [{"object": "BGPFilter peer-to-external-rr", "new": true, "changed": true, ...}, ...]
"""

RETURN = r"""
objects:
  description: What became of each object, in the order in which they were written.
  returned: success
  type: list
  elements: dict
  contains:
    object:
      description: Kind and name.
      type: str
    new:
      description: Whether it was not there.
      type: bool
    changed:
      description: Whether something of it is new.
      type: bool
    reason:
      description: Why it is written, and what turns it off.
      type: str
    spec:
      description: The fields that are wanted.
      type: dict
written:
  description: What was written before what failed, and stays so; with O(surplus), what was taken away.
  returned: when a write failed, or with O(surplus)
  type: list
  elements: str
taken_back:
  description: What was made before the write that failed, and taken away again.
  returned: when a write failed
  type: list
  elements: str
not_written:
  description: The object that could not be written, or taken away, and those behind it.
  returned: when a write failed
  type: list
  elements: str
  sample: [BGPFilter peer-to-external-rr, BGPPeer peer-to-external-rr]
msg:
  description: What failed, and what was written, taken back and not written.
  returned: when a write failed
  type: str
"""
