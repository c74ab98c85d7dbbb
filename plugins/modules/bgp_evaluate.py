# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_evaluate
short_description: Compare native BGP, IPIP and VXLAN by measurement, in the lab
description:
  - Measures in the lab, between pods on two nodes - bytes on the wire per packet (captured), the MTU left for
    pods, TCP throughput and what a gigabit costs the processors, packets per second, percentiles of the round
    trip.
  - Holds bytes and MTU against theory, and fails where they differ.
  - Compares the conditions round by round. Where the spread hides a difference, or there were fewer than 6
    rounds, it says so and names none.
  - Shows a table, and writes figures, plot, a page for people and captured packets into a directory.
    C(docs/evaluate.md) tells how to read them.
  - The lab makes two nodes of its own for it, and leaves nothing of them behind, however the task ends.
  - Runs on the controller. The plot needs the Python library matplotlib there.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  check_mode:
    description: Can run in C(check_mode), and then says what it would measure.
  idempotent:
    support: none
    details:
      - Every run measures anew, into a directory of its own.
options:
  lab:
    description: >-
      Where the lab's program is. The lab's inventory sets it. Without it the task fails, and says what
      measuring elsewhere would need.
    type: dict
    suboptions:
      python:
        description: The Python interpreter that runs the lab.
        type: path
        required: true
      directory:
        description: The checkout that holds the lab.
        type: path
        required: true
  rounds:
    description: >-
      How often everything is measured. With fewer than 6, no two conditions are compared; with 0, bytes and
      MTU alone are measured.
    type: int
    default: 9
  seconds:
    description: Length of each measurement in seconds.
    type: int
    default: 2
  families:
    description: What is measured. IPIP is IPv4 only in Calico.
    type: list
    elements: str
    choices: [ipv4, ipv6]
    default: [ipv4, ipv6]
  directory:
    description: >-
      Parent of the directory that gets the results. Empty means C(calico-bgp-runs) below the current one.
    type: path
    default: ""
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Compare the encapsulations, IPv4 only
  telco.calico_bgp.bgp_evaluate:
    lab: "{{ bgp_evaluate_lab }}"
    families: [ipv4]
  register: evaluation
# evaluation.stats.bytes: {"ipip-ipv4": 20, "native-ipv4": 0, "vxlan-ipv4": 50}
"""

RETURN = r"""
msg:
  description: The outcome in a few lines. What is wrong, where the task failed.
  returned: always
  type: raw
files:
  description: >-
    Where the results are: V(result) (JSON), V(captures) (a directory of pcap files), V(plot) (PNG, with an
    SVG beside it; not without matplotlib) and V(page) (HTML, in one file).
  returned: when something was measured
  type: dict
  sample: {"result": "/runs/lab/20260101T000000Z-x/evaluation.json"}
stats:
  description: Values that travel further, for C(set_stats).
  returned: when something was measured
  type: dict
  contains:
    ok:
      description: Whether bytes and MTU are as theory says, and nothing is missing.
      type: bool
      returned: always
    bytes:
      description: Bytes on the wire beyond the pod's packet, by condition. V(none) where not measured.
      type: dict
      returned: always
    refused:
      description: Conditions that cannot be measured on this machine.
      type: list
      elements: str
      returned: always
    result:
      description: Path of the JSON document.
      type: str
      returned: always
"""
