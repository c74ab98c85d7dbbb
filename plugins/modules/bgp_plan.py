# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_plan
short_description: Compute the plan of a cluster and judge whether it can be done safely
description:
  - Computes every wanted session and object of one cluster out of one reading of it
    (M(telco.calico_bgp.calico_bgp_info)) and out of the inventory.
  - Refuses with a sentence what cannot be done safely. C(docs/checks.md) lists the checks of this preflight.
  - Of each reflector it reads C(cisco_rr_address) (else C(ansible_host), else the host's name),
    C(cisco_rr_timers) and C(cisco_rr_graceful_restart) from the host variables, and whether there is a
    C(cisco_rr_password). The password itself is no part of the plan.
  - Writes C(plan.json) and C(findings/preflight.json) beside O(cluster). Changes nothing else. The objects to
    write and to remove are returned, and read from no file again.
  - Runs on the controller.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
options:
  cluster:
    description: The file that M(telco.calico_bgp.calico_bgp_info) wrote into the run directory.
    type: path
    required: true
  asn:
    description: AS number of the cluster and the reflectors. Another one than the cluster's own is refused.
    type: int
    required: true
  peer_name:
    description:
      - Name of the BGPFilter and of the first reflector's BGPPeer.
      - A further reflector's BGPPeer has the reflector's name behind it.
      - A BGPPeer that leads to a reflector already, and has such a name, keeps it.
    type: str
    required: true
  reflectors:
    description: Inventory names of the route reflectors.
    type: list
    elements: str
    required: true
  former:
    description:
      - Inventory names of routers that were route reflectors and are to serve the cluster no more. A BGPPeer
        with a planned name that leads to one of them is returned as RV(stale).
    type: list
    elements: str
    default: []
  node_selector:
    description:
      - Calico's selector for the nodes that are clients of a reflector whose host has no
        C(calico_plan_node_selector) of its own; the whole language of Calico.
      - A BGPPeer that exists keeps its words where they select the same nodes.
    type: str
    default: all()
  filter:
    description:
      - Whether a BGPFilter keeps all but the prefixes of the cluster away from the nodes.
      - V(false) leaves filters as they are, of a BGPPeer that exists too.
    type: bool
    default: true
  node_networks:
    description:
      - Networks that the nodes have their BGP addresses in. A node whose address lies in none of them is left
        out, and the plan refused where O(migration).
      - Empty means that each address has to be an InternalIP of its node in Kubernetes.
    type: list
    elements: str
    default: []
  thresholds:
    description: From where on something counts.
    type: dict
    suboptions:
      fresh:
        description: Seconds after which an observation says nothing about now, 10 to 300.
        type: int
        default: 60
      proof:
        description: Seconds after which a session is proved, where its hold time is longer, 10 to 3600.
        type: int
        default: 60
      flaps:
        description:
          - A session that ended so often, the last time within O(thresholds.flap_window), flaps, 1 to 1000.
        type: int
        default: 3
      flap_window:
        description: Seconds, 60 to 86400.
        type: int
        default: 3600
      near:
        description: The part of a limit from which on it is near, in percent, 1 to 100.
        type: int
        default: 80
  accept_left_out:
    description:
      - Names of nodes that may be left out where they are NotReady. Any other NotReady node is a client, as
        its BIRD and its pods may well run, and while it does not answer the gate stays shut.
      - A node of them that others still have Established in the mesh keeps the gate shut as well.
    type: list
    elements: str
    default: []
  hosts:
    description:
      - Hosts of this run. A reflector that is not among them is refused, as C(--limit) left it out.
      - Without it, nothing is refused for that reason.
    type: list
    elements: str
  migration:
    description:
      - Whether the run is to move the cluster to the reflectors.
      - V(false) leaves out the checks that a way back to the mesh does not need.
    type: bool
    default: true
  approved:
    description:
      - Identity of the plan that somebody approved, whole or its first twelve digits or more. It covers the
        sessions, the objects, the address of the Kubernetes API, and of each reflector its address, all
        options of the role C(cisco_rr) and the lines that come of them;
        M(telco.calico_bgp.ios_bgp_reflector) refuses to send anything else.
      - Another plan is refused.
      - Empty means that none was approved, and nothing is refused for that reason.
    type: str
    default: ""
  approved_parts:
    description: The RV(parts) of the approved plan, to say in what another one differs.
    type: dict
    default: {}
seealso:
  - module: telco.calico_bgp.calico_bgp_info
  - module: telco.calico_bgp.bgp_validate
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Compute the plan
  telco.calico_bgp.bgp_plan:
    cluster: "{{ run.directory }}/cluster.json"
    asn: 64512
    peer_name: peer-to-external-rr
    reflectors: "{{ groups['route_reflectors'] }}"
  register: plan
# plan: {"nodes": 3, "sessions": 3, "mesh": true, "soak": 150, "left_out": {}, ...}
"""

RETURN = r"""
path:
  description: The plan, C(plan.json).
  returned: when a plan was made
  type: str
sha256:
  description: Identity of the plan. Two plans with the same identity want the same.
  returned: when a plan was made
  type: str
parts:
  description: The first digits of a digest over each part of the plan, to name the parts in which two plans
    differ.
  returned: when a plan was made
  type: dict
  sample: {"nodes": "5f0d8e0c2a77", "sessions": "c18a4b9d3e10"}
nodes:
  description: How many nodes become clients.
  returned: when a plan was made
  type: int
sessions:
  description: How many sessions are wanted.
  returned: when a plan was made
  type: int
mesh:
  description: Whether the mesh was on when the cluster was read.
  returned: when a plan was made
  type: bool
peered:
  description: Whether a BGPPeer led to a reflector when the cluster was read.
  returned: when a plan was made
  type: bool
adopts:
  description:
    - Whether such a BGPPeer is to get the BGPFilter, which would keep from the nodes what the reflector sends
      them beside the planned prefixes.
  returned: when a plan was made
  type: bool
soak:
  description: Seconds after the cut until stale routes can no longer hide a loss, hold time plus restart
    time.
  returned: when a plan was made
  type: int
namespace:
  description: Namespace of calico-node.
  returned: when a plan was made
  type: str
left_out:
  description: Nodes that become no clients, with the reason; the first 50, the file of the plan has all.
  returned: when a plan was made
  type: dict
  sample: {"node-d": "no IPv4 address (annotation projectcalico.org/IPv4Address)"}
node_networks:
  description: The networks that the nodes' addresses lie in, O(node_networks) or what was found.
  returned: when a plan was made
  type: list
  elements: str
  sample: ["192.168.1.0/24"]
objects:
  description: The Calico objects that the plan wants, in the order in which they are written.
  returned: when a plan was made
  type: list
  elements: dict
  contains:
    kind:
      description: Kind of the object.
      type: str
    name:
      description: Name of the object.
      type: str
    definition:
      description: The object.
      type: dict
    reason:
      description: Why it is written, and what turns it off.
      type: str
surplus:
  description: The Calico objects that a rollback takes away, in that order, by kind and name.
  returned: when a plan was made
  type: list
  elements: dict
stale:
  description: Those of them that lead to O(former), which go once the other reflectors are proved.
  returned: when a plan was made
  type: list
  elements: dict
secrets:
  description: The Secrets with a password of sessions.
  returned: when a plan was made
  type: list
  elements: dict
  contains:
    reflector:
      description: Inventory name of the reflector whose password it is.
      type: str
    secret:
      description: Name of the Secret.
      type: str
msg:
  description: Why the plan is refused and what to do.
  returned: on refusal
  type: str
"""
