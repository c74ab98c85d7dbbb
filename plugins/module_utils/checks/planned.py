# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the plan itself."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.plan import Plan
from .evidence import Evidence, reflector_subject
from .findings import Findings, finding, first

#: So many digits of an identity are enough to tell plans apart.
DIGITS = 12


def approval(made: Plan, approved: str, parts: Mapping[str, str]) -> Findings:
    """`approval.plan`: the plan is the one that was approved.

    Fail: nothing is changed. The finding names the parts that differ, where they are known.
    """
    differing = ", ".join(
        sorted(name for name, digits in made.parts.items() if parts.get(name, digits) != digits)
    )
    yield finding(
        "approval.plan",
        f"cluster {made.cluster}",
        len(approved) >= DIGITS and made.identity.startswith(approved),
        f"the approved plan {approved[:DIGITS]}",
        f"plan {made.identity[:DIGITS]}" + (f", which differs in {differing}" if differing else ""),
        "See what changed, run the playbook plan again and have its plan approved",
    )


def planned(evidence: Evidence) -> Findings:
    """`plan.nodes`: the plan has a node.

    Fail: there is nothing to prove.

    `plan.reflectors`: the plan has a route reflector.

    Fail: there is nothing to prove.

    `plan.sessions`: every planned node has a session, and every reflector.

    Fail: a node without one is asked nothing, and would be lost with the mesh.
    """
    subject = f"cluster {evidence.plan.cluster}"
    advice = "Check the inventory and the nodes, and run again"
    yield finding("plan.nodes", subject, bool(evidence.plan.nodes), "a planned node", "none", advice)
    yield finding(
        "plan.reflectors",
        subject,
        bool(evidence.plan.reflectors),
        "a planned route reflector",
        "none",
        advice,
    )
    without = [f"node {n.name}" for n, family in evidence.speakers if not _has(evidence, n.name, family)]
    without += [
        reflector_subject(r.host) for r in evidence.plan.reflectors if not evidence.plan.sessions_with(r.host)
    ]
    yield finding(
        "plan.sessions",
        subject,
        not without,
        "a session of every node and every route reflector",
        f"none of {first(without, ', ')}",
        advice,
    )


def _has(evidence: Evidence, node: str, family: str) -> bool:
    return bool(evidence.plan.sessions_of(node, family))
