# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_report
short_description: Write the result of a run and show a short table
description:
  - Gathers plan, pushes, observations and findings of a run into C(result.json) in the run directory.
    C(docs/result.md) describes its fields.
  - How the mesh is, and what the options do not say, comes from the state of the run, C(state.json).
  - Writes the findings into C(junit.xml) beside it, for a CI.
  - Returns the few values of it that travel further, for C(set_stats). Never fails because the run did.
  - Shows one line for each session, the verdicts, and what blocked. Of a plan also all that somebody who is
    to approve it has to see, namely its identity, objects, prefixes, what each router would get, and the
    sessions before and after.
  - Shows the paths of result and page where the run directory outlives the run. That below the current
    directory of a job of AWX does not.
  - With the table, and for the playbooks C(drain) and C(undrain), writes the page of the run for people
    beside it, C(report.html). C(docs/report.md) describes it. Where that goes wrong, a warning says so, and
    nothing else comes of it.
  - Runs on the controller.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  idempotent:
    details:
      - But for the time at which the run ended.
options:
  directory:
    description:
      - The run directory (RV(telco.calico_bgp.bgp_run#module:directory)).
      - Without it, nothing is gathered, nothing is written and no table is shown.
    type: path
    default: ""
  playbook:
    description: Name of the playbook that ran.
    type: str
    required: true
  outcome:
    description:
      - How the run ended, in one word. C(docs/result.md) lists the words that the playbooks use.
      - Empty takes what the state of the run says.
      - A word for something that was changed becomes V(checked) in check mode.
    type: str
    default: ""
  message:
    description:
      - The same in a sentence. Empty takes the reason of O(failure), or what the state of the run says.
    type: str
    default: ""
  failure:
    description: The result of the task with which the run failed. Without it, the run went well.
    type: dict
  stands:
    description:
      - How the cluster stands, the begin of RV(sentence).
      - C({mesh}) in it becomes how the mesh is.
    type: str
    default: The mesh is {mesh}.
  stage:
    description: Name of the observations that tell of the sessions. Empty means the latest.
    type: str
    default: ""
  probe:
    description:
      - File into which a packet probe beside the run writes what it counted, a JSON object with the numbers
        C(sent), C(lost) and C(longest_run).
      - A file that does not exist, or was not written since the run began, counts as no probe.
    type: path
  table:
    description: Whether to show the table.
    type: bool
    default: true
  change:
    description:
      - Whether to write the change document of the plan too, C(change.md) and C(change.html) in the run
        directory, and to show the short form of it with the table. C(docs/change.md) describes it.
    type: bool
    default: false
  kubeconfig:
    description: Kubeconfig on the controller that the commands of the change document name.
    type: path
  context:
    description: Context of the kubeconfig that they name.
    type: str
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Write the result of the run
  telco.calico_bgp.bgp_report:
    directory: "{{ run.directory }}"
    playbook: cut
# node                    reflector          node says    reflector says  routes  prefixes
# node-a (192.168.1.10)   rr1 (192.168.1.1)  Established  Established     3       1
# ...
# mesh: off
# checks: 98 passed, 0 failed, 0 unknown
# outcome: cut
"""

RETURN = r"""
path:
  description: The result. V(none) where there is no run directory.
  returned: always
  type: str
page:
  description: The page of the run. V(none) where there is no run directory, or no page.
  returned: always
  type: str
outcome:
  description: How the run ended, in one word.
  returned: always
  type: str
message:
  description: The same in a sentence, often empty.
  returned: always
  type: str
sentence:
  description: How the cluster stands, and RV(message).
  returned: always
  type: str
  sample: The mesh is on. 192.168.1.1 does not answer
packets:
  description: What the probe counted since it was started. V(none) where no probe ran.
  returned: always
  type: dict
  sample: {"sent": 40000, "lost": 0, "longest_run": 0}
change:
  description: The change document as Markdown, cut after 30,000 characters. Empty where none was asked for.
  returned: always
  type: str
stats:
  description: The values that travel further. C(docs/result.md) describes them.
  returned: always
  type: dict
  sample: {"outcome": "cut", "mesh": false, "sessions": 3, "established": 3, "failed": 0}
"""
