# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks stand in front of which step: the one table, for judging and for docs/checks.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.finding import Finding
from ..model.plan import Session
from ..model.state import ADOPTING, BEFORE, CALM, RETURNED, WATCH
from . import (
    cluster,
    drift,
    leaks,
    nodes,
    planned,
    preflight,
    redundancy,
    router_health,
    routers,
    spare,
    watch,
)
from .evidence import Evidence
from .findings import passed

Check = Callable[..., Iterator[Finding]]


@dataclass(frozen=True)
class Gate:
    """A set of checks.

    Attributes:
        asked: when, in words.
        checks: the questions. Those of a preflight look at (Cluster, Wish), that of an approval at (Plan,
            identity, parts), all others at Evidence.
        decisive: asked first; where one of them does not pass, nothing else is asked.
        looking: nothing was to be changed before it, so that it judges in check mode too.
        watching: a check that fails is a loss, which turns the mesh on again. The gate itself never fails,
            and a file that cannot be written does not stand in the way.
        anew: it looks at the cluster as it is now; the reading that the plan was made on says nothing.
        spared: the sessions that the plan is judged without, of a reflector that is drained or was lost;
            `beside` is asked of all of them.
        phases: of a run (model/state.py) in which it is asked, all where there are none. The table alone says
            so: in any other phase it is skipped, and nobody's variable may have that done to a gate.
    """

    asked: str
    checks: tuple[Check, ...]
    decisive: tuple[Check, ...] = ()
    looking: bool = False
    watching: bool = False
    anew: bool = False
    phases: tuple[str, ...] = ()
    spared: Callable[[Evidence], tuple[Session, ...]] | None = None
    beside: tuple[Check, ...] = ()


_NODES = (
    nodes.node_answers,
    nodes.node_sessions,
    nodes.node_routes,
    nodes.node_kernel,
    nodes.node_local_pref,
    nodes.node_originators,
    nodes.node_imports,
)
_ROUTERS = (
    routers.router_answers,
    routers.router_sessions,
    routers.router_prefixes,
    routers.router_settled,
    routers.router_saved,
)
_PROOF = (planned.planned, *_NODES, *_ROUTERS, spare.interconnected)
_OPEN = (*_PROOF, nodes.nodes_left_out, cluster.filtered, *leaks.CHECKS)
_MESH = (nodes.node_answers, nodes.mesh_back)

GATES: Mapping[str, Gate] = {
    "preflight": Gate(
        "before anything is touched",
        preflight.MIGRATION,
        decisive=(preflight.api_mode,),
        looking=True,
    ),
    "preflight_of_a_rollback": Gate(
        "the same, where the cluster goes back to the mesh, and by `validate`",
        preflight.ALWAYS,
        decisive=(preflight.api_mode,),
        looking=True,
    ),
    "approval": Gate(
        "after the preflight, where an approved plan is named (`calico_bgp_approved_plan`)",
        (planned.approval,),
        looking=True,
    ),
    "adoption": Gate(
        "before the routers are configured, where a BGPPeer to the reflector is there without the planned "
        "BGPFilter; in check mode too",
        (nodes.adoption_routes,),
        looking=True,
        phases=(ADOPTING,),
    ),
    "dark": Gate(
        "first of all, where the mesh was off already",
        (watch.dark,),
        looking=True,
        watching=True,
        phases=(ADOPTING, BEFORE),
    ),
    "reach": Gate(
        "before the routers are configured; in check mode too",
        (routers.router_answers, routers.node_routes, leaks.router_leaks),
        looking=True,
    ),
    "push": Gate("after the routers were configured, before the peers are written", (routers.pushes,)),
    "cut": Gate("before the cut", _OPEN, anew=True),
    "unchanged": Gate("in the moment of the cut", (*_OPEN, cluster.unchanged), anew=True),
    "watch": Gate(
        "after each round of the watch after the cut",
        (*watch.CHECKS, *watch.STEERING, spare.reflectors_lost),
        watching=True,
        phases=(WATCH,),
    ),
    "last_look": Gate(
        "of the last observation after the watch",
        (*watch.CHECKS, *watch.STEERING, spare.reflectors_lost),
        watching=True,
        phases=(WATCH, CALM),
    ),
    "adopted": Gate(
        "in place of `cut` where the mesh was off already; drained reflectors are left out",
        (*_OPEN, nodes.mesh_gone),
        anew=True,
        spared=spare.drained,
        beside=(spare.reflectors_drained,),
    ),
    "after_cut": Gate(
        "at the end of a cut; sessions that were lost since, of nodes that keep another, are left out",
        (*_PROOF, nodes.mesh_gone),
        phases=(WATCH, CALM),
        spared=spare.lost,
        beside=(spare.reflectors_lost,),
    ),
    "drill": Gate(
        "before a drill, which takes every reflector into use",
        _PROOF,
        decisive=(spare.in_use,),
        looking=True,
    ),
    "drain": Gate(
        "before a reflector is drained: of the others",
        (*_PROOF, nodes.nodes_left_out, cluster.rolled_out),
        decisive=(spare.reflectors_known,),
        looking=True,
        anew=True,
        spared=spare.draining,
        beside=(spare.carried, spare.same_routes),
    ),
    "drained": Gate(
        "after a reflector was drained: of the others, and that it is out of use",
        _PROOF,
        spared=spare.draining,
        beside=(spare.shut_down,),
    ),
    "undrained": Gate("after a reflector was taken into use again", _PROOF),
    "returned": Gate("at the end of a cut that was taken back", _MESH, phases=(RETURNED,)),
    "mesh": Gate(
        "during a rollback, before the peers are taken away; by `validate`, where the mesh alone carries the "
        "routes",
        _MESH,
    ),
    "health": Gate(
        "by `validate`, where the cluster has its peers",
        (
            *_PROOF,
            nodes.mesh_gone_where_off,
            watch.kept_up,
            watch.guard_armed,
            nodes.node_as,
            *router_health.CHECKS,
            *leaks.CHECKS,
            *redundancy.CHECKS,
            *drift.CHECKS,
        ),
        looking=True,
        spared=spare.drained,
        beside=(spare.reflectors_drained,),
    ),
    "after_rollback": Gate("at the end of a rollback", (*_MESH, nodes.sessions_gone, routers.pushes)),
}


def judge(gate: str, *looked_at: Any) -> tuple[Finding, ...]:
    """Every finding of a gate, passed ones as well; `looked_at` is what its checks take."""
    wanted = GATES[gate]
    first = tuple(f for check in wanted.decisive for f in check(*looked_at))
    if wanted.decisive and not passed(first):
        return first
    beside = tuple(f for check in wanted.beside for f in check(*looked_at))
    if wanted.spared:
        (evidence,) = looked_at
        looked_at = (spare.without(evidence, wanted.spared(evidence)),)
    return (*first, *beside, *(f for check in wanted.checks for f in check(*looked_at)))
