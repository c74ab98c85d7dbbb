# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ios_bgp_info
short_description: Ask an IOS route reflector for its sessions
description:
  - Asks over the host's network_cli connection, waits until every planned session is Established for the hold
    time (60 seconds at the most) with its prefixes, O(timeout) seconds at the most, and says how far it is.
  - Then reads sessions, saved configuration and pending rollback timers into one observation.
  - From the configuration it also keeps which neighbours, listen ranges and processes beside nodes and
    reflectors would be sent planned prefixes (C(docs/leaks.md)).
  - Asks C(show version) before, and nothing else where the router runs neither IOS nor IOS-XE. Then that is
    the answer that is missing.
  - With O(watch) it watches instead. It asks for the sessions every second until the watch after the cut is
    over, or until it, or another watcher of the same O(stage), sees a loss.
  - A router that does not answer is an observation too and never fails the task.
    M(telco.calico_bgp.bgp_validate) judges it.
  - Is skipped where the run is in none of O(phases).
  - Writes C(observations/STAGE/router-NAME.json) into the run directory. Sends show commands only.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
  - telco.calico_bgp.observation
options:
  watch:
    description:
      - Whether to watch until the end of the watch, as the state of the run has it.
      - The task is skipped where the run is in another phase than V(watch).
    type: bool
    default: false
  known_alarm:
    description: An alarm (RV(alarm)) that is known from an earlier round and does not end this one.
    type: str
    default: ""
  heed:
    description:
      - Whether the router is asked within the last look after the watch. One that does not answer is asked on
        until its nodes must have missed it, and nobody waits for it once a watcher of this O(stage) has seen
        a loss.
      - Without effect with O(watch).
    type: bool
    default: false
  renew:
    description:
      - Seconds for which the observation of this O(stage) that is there stands. The router is asked again
        only where its answer is older; one that did not answer stands too.
      - Without it, the router is asked.
    type: float
  details:
    description:
      - Also ask for each neighbour in detail, the paths inside the planned prefixes and the cluster id, and
        read the sessions twice. Once a run, as a router describes a neighbour with some 5 kB.
      - The whole table is never asked for. Where a node announces more than lies inside the planned prefixes,
        the router is asked for its routes, of the first five such nodes and of 1000 routes each at the most.
      - Without effect with O(watch).
    type: bool
    default: false
  node_routes:
    description:
      - Also ask for the router's route to each node of the plan, one C(show ip route ADDRESS) for each
        network that is connected and for each other node, 200 at the most.
      - It is asked before the routers are configured, so what the push is going to set counts as set.
      - Without effect with O(watch).
    type: bool
    default: false
  advertised:
    description:
      - Also ask what the router sends each neighbour that is neither a node nor a reflector and may not learn
        planned prefixes, of 20 neighbours at the most. The router is told to show planned prefixes alone.
      - Without effect with O(watch).
    type: bool
    default: false
  interval:
    description: Seconds between the two readings of O(details) at the least.
    type: float
    default: 5
  cluster_id:
    description: The cluster id that is wanted, as an integer or dotted. It is kept with the O(details).
    type: str
    default: ""
requirements:
  - cisco.ios (Ansible collection)
  - ansible.netcommon (Ansible collection)
notes:
  - The user needs privilege level 15, or C(ansible_become) with the method C(enable).
    Below it, IOS leaves lines of the configuration out without a word.
seealso:
  - module: telco.calico_bgp.bird_info
  - module: telco.calico_bgp.ios_bgp_reflector
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Ask the route reflector
  telco.calico_bgp.ios_bgp_info:
    plan: "{{ plan.path }}"
    stage: gate
    timeout: 120
  register: router
# router: {"answered": true, "established": 3, "sessions": 3, "alarm": "", ...}

- name: Ask it for everything
  telco.calico_bgp.ios_bgp_info:
    plan: "{{ plan.path }}"
    stage: now
    details: true

- name: Watch the sessions after the cut
  telco.calico_bgp.ios_bgp_info:
    plan: "{{ plan.path }}"
    stage: watch-1
    watch: true
"""

RETURN = r"""
path:
  description: The observation. Empty where the task is skipped.
  returned: always
  type: str
answered:
  description: Whether the router answered the last question.
  returned: always
  type: bool
msg:
  description: Why there is no answer, or why nobody was asked. Empty where there is an answer.
  returned: always
  type: str
alarm:
  description: What is missing, or lost while watching. Empty where nothing is, and where the router does not
    answer.
  returned: always
  type: str
  sample: node-b (192.168.1.11) is Active
established:
  description: How many sessions of the router are Established, those of others too.
  returned: always
  type: int
sessions:
  description: How many sessions the plan wants of a router.
  returned: always
  type: int
"""
