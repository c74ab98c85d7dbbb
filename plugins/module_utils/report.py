# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run: one JSON document, and the short table that a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .calico import objects
from .checks import drift
from .checks.evidence import Evidence, Nodes, towards
from .checks.findings import ERROR, WARNING, blocking
from .model.cluster import Cluster
from .model.data import to_data
from .model.finding import FAIL, PASS, UNKNOWN, Finding
from .model.observation import Push, RouterObservation
from .model.plan import Plan, Session
from .model.state import CALM, CUTTING, RETURNED, WATCH, RunState
from .printable import brief, printable

#: Version of the document; docs/result.md describes its fields.
VERSION = 1
#: Outcomes of runs that change something; in check mode they are `checked`.
CHANGING = (
    "peered",
    "adopted",
    "cut",
    "cut_degraded",
    "returned",
    "rolled_back",
    "mesh_on",
    "drained",
    "undrained",
)
WATCHING = "The mesh went off, and the watch is not over"
#: What a cut says in check mode, by the verdict of the gate in front of it.
PREVIEW = {
    PASS: "the mesh would go off now",
    UNKNOWN: "the mesh would go off if all that depends on the changes comes true",
    FAIL: "the gate would stay shut, and the mesh on",
}


@dataclass(frozen=True)
class Story:
    """What is known of a run at its end. `packets` and `cluster` are None where there is none."""

    playbook: str
    outcome: str
    message: str
    started: float
    ended: float
    check_mode: bool
    plan: Plan | None
    plan_path: str
    mesh_after: bool | None
    findings: Mapping[str, Sequence[Finding]]
    pushes: Mapping[str, Push]
    nodes: Nodes
    routers: Mapping[str, RouterObservation]
    packets: Mapping[str, Any] | None
    cluster: Cluster | None = None


def done(state: RunState, outcome: str, check_mode: bool) -> str:
    """The outcome of a run that went well: `outcome`, or what the state says where it is ""."""
    cut = "cut_degraded" if state.without else "adopted" if state.found_off else "cut"
    by_phase = {CUTTING: "unproved", WATCH: "unproved", CALM: cut, RETURNED: "returned"}
    by_mesh = {True: "peered", False: "adopted", None: "unproved"}
    word = outcome or by_phase.get(state.phase) or by_mesh[state.mesh]
    return "checked" if check_mode and word in CHANGING else word


def failed(state: RunState) -> str:
    """The outcome of a run that failed, as the state has it."""
    if state.phase == RETURNED and state.returned:
        return "returned"
    return "unproved" if state.phase in (WATCH, CALM) else "failed"


def told(state: RunState, plan: Plan | None, playbook: str, check_mode: bool) -> str:
    """What there is to say of a run that went well, often nothing."""
    if playbook == "plan" and plan is not None:
        counts = f"{len(plan.nodes)} nodes, {len(plan.sessions)} sessions"
        networks = f"; node networks {', '.join(plan.node_networks)}" if plan.node_networks else ""
        return f"{counts}; the mesh is {mesh_word(state)}{networks}"
    if state.phase == RETURNED:
        return state.returned
    if state.phase == WATCH:
        return WATCHING
    if state.without:
        return state.without
    preview = check_mode and playbook == "cut" and state.mesh
    return PREVIEW.get(state.gate, "") if preview else ""


def mesh_word(state: RunState) -> str:
    """How the mesh is, as it stands in a sentence that begins with "The mesh is"."""
    if state.mesh is None:
        return "off or may be: run mesh_on" if state.phase == CUTTING else "not known"
    return "on" if state.mesh else "off"


def reason(failure: Mapping[str, Any]) -> str:
    """Why a step failed, out of its result; of a loop the first item that did, by kind and name."""
    for row in failure.get("results") or ():
        if isinstance(row, Mapping) and row.get("failed"):
            return _named(row.get("item")) + reason({**row, "results": ()})
    return brief(str(failure.get("msg") or "A step failed and did not say why"))


def _named(item: object) -> str:
    """An object of a loop by kind and name; "" for another item."""
    if isinstance(item, Mapping) and "kind" in item and "name" in item:
        return printable(f"{item['kind']} {item['name']}: ")
    return ""


def sentence(stands: str, state: RunState, message: str) -> str:
    """What a run that failed ends with: how the cluster `stands`, {mesh} being how the mesh is, and why."""
    return f"{stands.replace('{mesh}', mesh_word(state))} {message}".strip()


def document(story: Story) -> dict[str, Any]:
    """The result as plain data."""
    plan = story.plan
    return {
        "version": VERSION,
        "playbook": story.playbook,
        "outcome": story.outcome,
        "message": story.message,
        "started": story.started,
        "ended": story.ended,
        "check_mode": story.check_mode,
        "cluster": plan.cluster if plan else None,
        "plan": {
            "path": story.plan_path,
            "sha256": plan.identity,
            "server": plan.server,
            "node_networks": list(plan.node_networks),
            "nodes": len(plan.nodes),
            "sessions": len(plan.sessions),
            "objects": [
                {"kind": o["kind"], "name": o["metadata"]["name"], "reason": objects.REASONS[o["kind"]]}
                for o in plan.objects
            ],
        }
        if plan
        else None,
        "mesh": {"before": plan.mesh if plan else None, "after": story.mesh_after},
        "left_out": dict(plan.left_out) if plan else {},
        "routers": {host: to_data(push) for host, push in story.pushes.items()},
        "sessions": _sessions(story),
        "findings": {gate: [to_data(f) for f in found] for gate, found in story.findings.items()},
        "packets": dict(story.packets) if story.packets is not None else None,
    }


def stats(story: Story) -> dict[str, Any]:
    """What of the result travels further: small, always of the same shape, and free of secrets and lists."""
    plan, sessions, counted = story.plan, _sessions(story), _counted(story)
    asked = bool(story.nodes or story.routers)
    return {
        "playbook": story.playbook,
        "outcome": story.outcome,
        "message": story.message,
        "check_mode": story.check_mode,
        "plan": plan.identity if plan else None,
        "mesh": story.mesh_after,
        "nodes": len(plan.nodes) if plan else None,
        "sessions": len(sessions) if plan else None,
        "established": sum(s["node_says"] == s["reflector_says"] == "Established" for s in sessions)
        if asked
        else None,
        "passed": counted[PASS],
        "failed": counted[FAIL],
        "unknown": counted[UNKNOWN],
        "warnings": counted[WARNING],
        "drift": _drift(story),
        "packets_sent": story.packets["sent"] if story.packets is not None else None,
        "packets_lost": story.packets["lost"] if story.packets is not None else None,
    }


def _counted(story: Story) -> Counter[str]:
    """How many findings have each verdict; what did not pass and is no error is counted by its severity."""
    return Counter(
        f.verdict if f.verdict == PASS or f.severity == ERROR else f.severity
        for found in story.findings.values()
        for f in found
    )


def _drift(story: Story) -> bool | None:
    """Whether `peers` would change something; None where nobody looked."""
    verdicts = [f.verdict for found in story.findings.values() for f in found if f.check in drift.IDS]
    return FAIL in verdicts if verdicts else None


def _sessions(story: Story) -> list[dict[str, Any]]:
    """Every planned session as the last observation of both sides has it."""
    if story.plan is None:
        return []
    evidence = Evidence(story.plan, story.nodes, story.routers, story.pushes, story.ended)
    return [_session(evidence, session) for session in story.plan.sessions]


def _session(evidence: Evidence, session: Session) -> dict[str, Any]:
    node, row = evidence.nodes.get((session.node, session.family)), evidence.row(session)
    own = next(iter(towards(node, session.reflector_address)), None) if node else None
    return {
        **to_data(session),
        "node_says": own.state if own else None,
        "reflector_says": row.state if row else None,
        "routes_from_reflector": sum(own is not None and r.protocol == own.name for r in node.routes)
        if node
        else None,
        "prefixes_from_node": row.prefixes if row else None,
    }


#: The columns of the short table: the heading, and the text of a session as the result has it.
COLUMNS: Sequence[tuple[str, Callable[[Mapping[str, Any]], str]]] = (
    ("node", lambda s: "{node} ({node_address})".format(**s)),
    ("reflector", lambda s: "{reflector} ({reflector_address})".format(**s)),
    ("node says", lambda s: s["node_says"] or "-"),
    ("reflector says", lambda s: s["reflector_says"] or "-"),
    ("routes", lambda s: _number(s["routes_from_reflector"])),
    ("prefixes", lambda s: _number(s["prefixes_from_node"])),
)
#: So many sessions are shown.
SHOWN = 20


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def table(story: Story) -> list[str]:
    """The short table at the end of a run."""
    sessions = _sessions(story)
    more = len(sessions) - SHOWN
    lines = [
        *(_aligned(sessions[:SHOWN]) if sessions else []),
        *([f"... and {more} more sessions"] if more > 0 else []),
        *(
            _to_approve(story, story.plan)
            if story.plan and (story.playbook, story.outcome) == ("plan", "planned")
            else []
        ),
        *_closing(story),
    ]
    return [printable(line) for line in lines]


def _aligned(sessions: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [[heading for heading, _text in COLUMNS]]
    rows += [[text(session) for _heading, text in COLUMNS] for session in sessions]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


#: So many lines of one router are shown.
LINES = 400
#: How the push went that was only planned, in words.
_COMPARED = {
    "unchanged": "nothing to configure",
    "planned": "to be configured, beside what is there now:",
    "lost": "not compared:",
}


def _to_approve(story: Story, plan: Plan) -> Iterator[str]:
    """What somebody who is to approve the plan has to see: whatever will be sent, and what comes of it."""
    yield f"plan: {plan.identity}"
    for manifest in plan.objects:
        kind = manifest["kind"]
        yield f"object: {kind} {manifest['metadata']['name']}: {objects.REASONS[kind]}"
    for prefix in plan.prefixes:
        yield f"prefix: {prefix.cidr}, lengths {prefix.ge} to {prefix.le}"
    for reflector in plan.reflectors:
        yield from _router_to_approve(reflector.host, story.pushes.get(reflector.host))
    pairs, wanted = _mesh_sessions(plan), len(plan.sessions)
    there = {peer.name for peer in story.cluster.peers} if story.cluster else set()
    now = sum(session.peer in there for session in plan.sessions)
    yield (
        f"sessions: now {pairs if plan.mesh else 0} of the mesh and {now} with route reflectors; "
        f"after peers {pairs if plan.mesh else 0} and {wanted}; after the cut 0 and {wanted}"
    )


def _router_to_approve(host: str, push: Push | None) -> Iterator[str]:
    if push is None:
        yield f"router {host}: not compared: it was not asked"
        return
    yield f"router {host}: {_COMPARED.get(push.outcome, push.outcome + ':')} {push.detail}".rstrip()
    yield from (f"    {line}" for line in push.commands[:LINES])
    more = len(push.commands) - LINES
    yield from [f"    ... and {more} more lines"] if more > 0 else []
    yield from (f"    left alone: {line}" for line in push.withheld)
    yield from (f"    note: {notice}" for notice in push.notices)


def _mesh_sessions(plan: Plan) -> int:
    """The sessions of the mesh: each pair of nodes has one in each family, nodes that are left out too."""
    speaking = Counter(
        family
        for addresses in (*(n.addresses for n in plan.nodes), *plan.left_out_addresses.values())
        for family in addresses
    )
    return sum(count * (count - 1) // 2 for count in speaking.values())


def _warnings(found: Sequence[Finding]) -> list[str]:
    """The first warning of each check, and how many more there are of it: a fleet may give the same for each
    node.
    """
    odd = [f for f in found if f.severity == WARNING and f.verdict != PASS]
    counted = Counter(f.check for f in odd)
    first = {f.check: f for f in reversed(odd)}
    return [
        f"warning: {first[check].sentence}" + (f" (and {count - 1} more of {check})" if count > 1 else "")
        for check, count in counted.items()
    ]


def _and(count: int, word: str) -> str:
    return f", {count} {word}{'s' * (count != 1)}" if count else ""


def _closing(story: Story) -> list[str]:
    counted = _counted(story)
    mesh = {None: "not known", True: "on", False: "off"}[story.mesh_after]
    lines = [
        f"mesh: {mesh}",
        f"checks: {counted[PASS]} passed, {counted[FAIL]} failed, "
        f"{counted[UNKNOWN]} unknown" + _and(counted[WARNING], "warning"),
    ]
    if story.packets is not None:
        lines.append(
            "packets: {sent} sent, {lost} lost, longest run of lost packets {longest_run}".format(
                **story.packets
            )
        )
    for found in story.findings.values():
        told = [f for f in blocking(found) if f.verdict == FAIL or not story.check_mode]
        lines += [f"{f.verdict}: {f.sentence}" for f in told[:5]]
        lines += _warnings(found)
    listed = any(f.sentence in story.message for found in story.findings.values() for f in found)
    lines.append(f"outcome: {story.outcome}" + (f". {story.message}" if story.message and not listed else ""))
    return lines
