# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_validate
short_description: Judge what was observed against the plan
description:
  - Asks the checks of one gate of the plan and of the observations in the run directory.
    C(docs/checks.md) lists gates and checks.
  - Fails with a sentence where the gate stays shut. A gate without any finding stays shut.
  - Writes the findings to C(findings/GATE-STAGE.json) in the run directory, passed ones as well, and what
    they mean for the run into its state, C(state.json).
  - Is skipped in a phase of the run to which O(gate) does not belong. Then nothing was asked, and nothing is
    proved.
  - Runs on the controller and asks no device.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  check_mode:
    details:
      - Never fails then, but with O(gate=adoption), O(gate=reach), O(gate=drain) and O(gate=health). Where
        changes of this run are only planned, what did not pass is V(unknown), as it may depend on them.
  idempotent:
    details:
      - As long as the observations are fresh, at most as old as the plan's threshold C(fresh), by default
        60 seconds.
options:
  plan:
    description: The plan (RV(telco.calico_bgp.bgp_plan#module:path)). The observations lie beside it.
    type: path
    required: true
  gate:
    description:
      - V(adoption), the BGPFilter would take no route from a node that a peer of before gives it.
      - V(reach), every reflector answers and has a route to every node.
      - V(push), every reflector took what the plan wants.
      - V(cut), both sides have every session and every route, and O(cluster) has the planned BGPFilter, so
        the mesh can go off.
      - V(unchanged), the same, and O(cluster) is as the plan knows it. The last look before the cut.
      - V(dark), where the mesh was off already, every node has a route to every block of the others. Never
        fails.
      - V(watch), no node lost a route or its last reflector since the stage O(before); V(last_look) asks the
        same of the last observation after the watch. Never fails, see
        RV(lost). The run is calm once a round lasted until the end of the watch, with no loss seen and
        somebody answering at its end.
      - V(adopted), in place of V(cut) where the mesh was off already, that it is gone. A reflector whose
        sessions are all shut down is left out, with a warning.
      - V(after_cut), at the end of a cut, as V(cut), and the mesh is gone. A session that was lost since, of
        a node that keeps another, is a warning.
      - V(drain), what the nodes have from O(reflector) they have from other reflectors as well, and those are
        proved; V(drained), the same others still are, and O(reflector) is out of use; V(undrained), every
        session and every route of all reflectors.
      - V(mesh) and V(returned), the mesh gives every node every route.
      - V(after_rollback), as V(mesh), and the peers are gone and the reflectors cleaned.
      - V(health), as V(cut), and V(adopted) where the mesh is off, and all that only C(validate) asks, with
        the details of O(telco.calico_bgp.ios_bgp_info#module:details) and the pushes of a dry run.
    type: str
    required: true
    choices:
      - adoption
      - dark
      - reach
      - push
      - cut
      - unchanged
      - watch
      - last_look
      - adopted
      - after_cut
      - returned
      - mesh
      - after_rollback
      - health
      - drain
      - drained
      - undrained
  stage:
    description: Name of the observations to judge, as O(telco.calico_bgp.bird_info#module:stage) gave it.
    type: str
    default: ""
  before:
    description: Name of the observations made before the cut. Needed with O(gate=watch) and
      O(gate=last_look).
    type: str
    default: ""
  cluster:
    description: A new reading of the cluster (M(telco.calico_bgp.calico_bgp_info)). Needed with
      O(gate=cut), O(gate=adopted), O(gate=drain) and O(gate=unchanged).
    type: path
  reflector:
    description: Inventory name of the reflector that is drained. Needed with O(gate=drain) and
      O(gate=drained).
    type: str
    default: ""
  strict:
    description: Whether warnings count as errors.
    type: bool
    default: false
  accept:
    description:
      - Ids of checks whose warnings are accepted. They stay in the findings with the severity V(accepted),
        and never keep a gate shut.
    type: list
    elements: str
    default: []
seealso:
  - module: telco.calico_bgp.bgp_plan
  - module: telco.calico_bgp.bird_info
  - module: telco.calico_bgp.ios_bgp_info
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Judge the gate in front of the cut
  telco.calico_bgp.bgp_validate:
    plan: "{{ plan.path }}"
    gate: cut
    stage: gate
  register: verdict
# verdict: {"ok": true, "checks": 26, "msg": "", ...}
"""

RETURN = r"""
path:
  description: The findings. Empty where the task is skipped.
  returned: always
  type: str
at:
  description: When it was judged, in seconds since the epoch.
  returned: always
  type: float
ok:
  description: Whether the gate is open.
  returned: always
  type: bool
lost:
  description: Whether a node is known to have lost something. Only O(gate=watch) and O(gate=last_look) say
    V(true). What is unknown is no loss.
  returned: always
  type: bool
phase:
  description: The phase of the run, now that this was judged.
  returned: always
  type: str
  sample: calm
verdict:
  description: V(fail) where something is known to be wrong, else V(unknown) where something is not known.
  returned: always
  type: str
checks:
  description: How many findings there are.
  returned: always
  type: int
warned:
  description: How many warnings there are.
  returned: always
  type: int
drift:
  description:
    - Whether a run of C(peers) would change a router or the cluster. Only O(gate=health) says V(true).
  returned: always
  type: bool
msg:
  description: The first finding that keeps the gate shut, and how many there are. Empty where it is open.
  returned: always
  type: str
  sample: >-
    node node-b, route reflector rr1: expected Established with 192.168.1.1, found Active.
    Check TCP 179 between the two, the AS and the password.
    (2 of 26 checks did not pass; the result file has all)
"""
