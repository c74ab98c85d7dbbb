# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift: would `peers` change something now? Says what, and changes nothing."""

from __future__ import annotations

from typing import Any

from ..model.finding import FAIL, UNKNOWN
from ..model.observation import Push
from .evidence import Evidence, reflector_subject
from .findings import WARNING, Findings, finding, first

ADVICE = "Run the playbook peers (first with --check --diff), or bring the inventory up to date"


def router_drift(evidence: Evidence) -> Findings:
    """`router.drift`: the reflector has every line that the plan wants, and none of ours that it does not.

    Warning: the lines that it lacks, secrets masked, and why `peers` would not send them, where it would not.

    Unknown: it did not answer this question.
    """
    for reflector in evidence.plan.reflectors:
        push = evidence.pushes.get(reflector.host)
        observation = evidence.routers.get(reflector.host)
        lost = push is not None and push.outcome == "lost"
        if push is None or (lost and (observation is None or not observation.answered)):
            continue
        yield finding(
            "router.drift",
            reflector_subject(reflector.host),
            push.outcome == "unchanged",
            "nothing to configure",
            _drifted(push),
            ADVICE,
            otherwise=UNKNOWN if lost else FAIL,
            severity=WARNING,
        )


def _drifted(push: Push) -> str:
    lines = first([line.strip() for line in push.commands], "; ", 12)
    return f"{lines} ({push.detail})" if lines and push.detail else lines or push.detail


def cluster_drift(evidence: Evidence) -> Findings:
    """`cluster.drift`: the cluster has the planned BGPFilter and BGPPeer, as the plan wants them.

    Warning: the object is missing, or the fields that `peers` would write differ. Other fields are not looked
    at.
    """
    if evidence.cluster is None:
        return
    live = {
        "BGPPeer": {peer.name: peer.spec for peer in evidence.cluster.peers},
        "BGPFilter": evidence.cluster.filter_specs,
    }
    for wanted in evidence.plan.objects:
        kind, name = str(wanted["kind"]), str(wanted["metadata"]["name"])
        if kind in live:
            have = live[kind].get(name)
            differing = [] if have is None else _differences(wanted["spec"], have)
            yield finding(
                "cluster.drift",
                f"{kind} {name}",
                have is not None and not differing,
                "what the plan wants",
                "no such object" if have is None else "; ".join(differing),
                ADVICE,
                severity=WARNING,
            )


def _differences(wanted: Any, have: Any) -> list[str]:
    return [
        f"{field} is {have.get(field)}, not {value}"
        for field, value in wanted.items()
        if have.get(field) != value
    ]


CHECKS = (router_drift, cluster_drift)
IDS = ("router.drift", "cluster.drift")
