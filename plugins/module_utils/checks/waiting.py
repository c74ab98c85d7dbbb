# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is still missing while a run waits: the gate's questions to one node or reflector, in words."""

from __future__ import annotations

import dataclasses

from ..model.observation import NodeObservation, RouterObservation
from ..model.plan import Plan
from .evidence import Evidence
from .findings import blocking, passed
from .nodes import Surveys, mesh_back, mesh_gone, node_routes, node_sessions, sessions_gone
from .routers import router_prefixes, router_sessions
from .spare import is_shut, lost, without

NOTHING = "nothing"
AFTER_CUT = "no_mesh"
#: What a node can be waited for, and the checks that say so.
EXPECTED = {
    "reflectors": (node_sessions, node_routes),
    "mesh": (mesh_back,),
    AFTER_CUT: (mesh_gone, node_sessions, node_routes),
    "no_reflectors": (sessions_gone, mesh_back),
}


def questions(plan: Plan) -> Surveys:
    """The questions about routes to the nodes of a plan, for who puts them to one node after the other."""
    return Surveys(Evidence(plan, {}, {}, {}, 0.0))


def node_missing(plan: Plan, seen: NodeObservation, expect: str, surveys: Surveys | None = None) -> str:
    """What the node lacks of `expect` (EXPECTED, or NOTHING but an answer), in words; "" when nothing.

    `surveys` are the `questions` of the plan.
    """
    if not seen.answered:
        return seen.reason
    if expect == NOTHING:
        return ""
    alone = dataclasses.replace(plan, sessions=plan.sessions_of(seen.node, seen.family))
    evidence = Evidence(alone, {(seen.node, seen.family): seen}, {}, {}, seen.at, surveys=surveys)
    if expect == AFTER_CUT:
        # A reflector that was lost since may never come back, and the gate spares it.
        evidence = without(evidence, lost(evidence))
    findings = [f for check in EXPECTED[expect] for f in check(evidence)]
    if passed(findings):
        return ""
    shut = blocking(findings)
    return f"waiting for {shut[0].sentence.partition('. ')[0] if shut else 'something to expect'}"


def router_missing(plan: Plan, seen: RouterObservation) -> str:
    """Which sessions of a reflector are not proved yet, in words; "" when all are, or are shut down: none of
    those comes by waiting.
    """
    if not seen.answered:
        return f"no answer ({seen.reason})"
    evidence = Evidence(plan, {}, {seen.host: seen}, {}, seen.at)
    if is_shut(evidence, seen.host):
        return ""
    found = [*router_sessions(evidence), *router_prefixes(evidence)]
    if passed(found):
        return ""
    sessions = plan.sessions_with(seen.host)
    silent = [s.node_address for s in sessions if not evidence.established(s)]
    young = any(f.check == "router.session" for f in blocking(found))
    waiting = "; waiting for their hold time" if young else "; waiting for prefixes"
    tail = "; {} silent".format(", ".join(silent[:3])) if silent else waiting
    more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
    return f"{len(sessions) - len(silent)} of {len(sessions)} sessions Established{tail}{more}"
