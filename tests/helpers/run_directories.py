# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run directories of clusters of any size, as runs leave them: plan, findings and lines are the library's."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils import peerlists, plan, report, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.findings import sentence, verdict
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import intent_for
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Block, Cluster
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import Finding
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.journal import Note
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
    Push,
    RouterObservation,
    RouterSession,
    silent_node,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Plan, Session
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from tests.helpers import article

BEGAN = 1772359200.0  # 2026-03-01 10:00:00 UTC
RR1, RR2 = "192.168.0.1", "192.168.0.2"
PLATFORM = "Cisco IOS XE Software, Version 17.09.04a"
KINDS = ("planned", "cut", "gate_shut", "returned", "drained", "valid")
#: No more nodes than these have pods, so that large clusters are judged in seconds.
MOST_BLOCKS = 60
#: Said of a session: Established, another state, or nothing.
Say = Callable[[Session], str]


@dataclass(frozen=True)
class Story:
    """What happened in a run that is made up."""

    outcome: str
    playbook: str
    gates: Sequence[str]
    mesh: tuple[bool, bool]
    message: str = ""
    cut: bool = False


STORIES = {
    "planned": Story("planned", "plan", ("preflight",), (True, True)),
    "cut": Story(
        "cut", "cut", ("preflight", "cut", "unchanged", "watch", "after_cut"), (True, False), cut=True
    ),
    "gate_shut": Story("gate_shut", "peers", ("preflight", "cut"), (True, True)),
    "returned": Story("returned", "cut", ("preflight", "cut", "watch", "returned"), (True, True), cut=True),
    "drained": Story("drained", "drain", ("preflight_of_a_rollback", "drain", "drained"), (False, False)),
    "valid": Story("valid", "validate", ("preflight_of_a_rollback", "health"), (False, False)),
}


def name_of(number: int) -> str:
    return f"worker-{number:04}"


def address_of(number: int) -> str:
    return f"192.168.{8 + number // 250}.{number % 250 + 1}"


@functools.cache
def cluster(nodes: int, zones: int = 0) -> Cluster:
    """A cluster of so many nodes, in so many zones where there are any; one node more is not Ready."""

    def labels(number: int) -> dict[str, str]:
        return {"topology.kubernetes.io/zone": f"zone-{number % zones + 1}"} if zones else {}

    made = [article.kube_node(name_of(n), address_of(n), labels=labels(n)) for n in range(nodes)]
    if nodes > 3:
        made.append(article.kube_node("worker-9999", "192.168.7.9", ready=False, labels=labels(0)))
    return article.cluster(
        nodes=tuple(made),
        blocks=tuple(Block(block_of(n), name_of(n)) for n in range(min(nodes, MOST_BLOCKS))),
        server="https://192.168.0.100:6443",
    )


def block_of(number: int) -> str:
    return f"10.244.{number // 4}.{number % 4 * 64}/26"


@functools.cache
def planned(nodes: int, zones: int = 0, mesh: bool = True) -> Plan:
    reflectors = (
        article.reflector("rr1", RR1, hold=30, restart_time=120),
        article.reflector("rr2", RR2, hold=30, restart_time=120),
    )
    wish = article.wish(reflectors=reflectors, cluster="prod-north", accept_left_out=("worker-9999",))
    return replace(plan.build(cluster(nodes, zones), wish), mesh=mesh)


def pushed(wanted: Plan, host: str) -> Push:
    """The push to a router that had nothing of ours."""
    options = {**peerlists.LINE_OPTIONS, "cluster_id": "1", "timers": {"keepalive": 10, "hold": 30}}
    intent = intent_for(wanted.cluster, wanted.asn, wanted.sessions_with(host), wanted.prefixes, options)
    change = plan_change(read_running("hostname x\nend\n"), intent)
    reasons = tuple(f"{each.line}: {each.reason}" for each in change.reasons)
    return Push(host, "applied", "", change.masked, (), (), True, reasons, (), change.notices)


def seen_by_nodes(wanted: Plan, say: Say, mesh: bool, at: float) -> dict[tuple[str, str], NodeObservation]:
    """What each node's BIRD said; routes from each reflector that it has a session with."""
    blocks = {node.name: (node.blocks[0], node.addresses["ipv4"]) for node in wanted.nodes if node.blocks}
    paths = {
        (r.host, name): BirdRoute(
            prefix=block,
            protocol=f"Node_{r.addresses['ipv4'].replace('.', '_')}",
            neighbor=r.addresses["ipv4"],
            kind="via",
            primary=r.host == "rr1",
            next_hop=owner,
            originator=owner,
        )
        for r in wanted.reflectors
        for name, (block, owner) in blocks.items()
    }
    local = {name: article.local(block) for name, (block, _owner) in blocks.items()}
    by_mesh = {name: article.path(block, owner, "mesh") for name, (block, owner) in blocks.items()}
    found = {}
    for node in wanted.nodes:
        up = [s for s in wanted.sessions_of(node.name, "ipv4") if say(s) == "Established"]
        protocols = [
            article.protocol(
                f"Node_{s.reflector_address.replace('.', '_')}", s.reflector_address, say(s) or "Active"
            )
            for s in wanted.sessions_of(node.name, "ipv4")
        ]
        routes = [local[node.name]] if node.name in local else []
        routes += [paths[s.reflector, name] for s in up for name in blocks if name != node.name]
        if mesh:
            routes += [by_mesh[name] for name in blocks if name != node.name]
            protocols += _mesh(blocks, node.name)
        if not any(say(s) for s in wanted.sessions_of(node.name, "ipv4")):
            seen = silent_node(node.name, "ipv4", at, "no answer for 10 s")
        else:
            seen = NodeObservation(
                node.name, "ipv4", at, True, "", node.addresses["ipv4"], "", tuple(protocols), tuple(routes)
            )
        found[node.name, "ipv4"] = seen
    return found


def _mesh(blocks: dict[str, tuple[str, str]], mine: str) -> list[BirdProtocol]:
    return [
        article.protocol(article.mesh_name(owner), owner)
        for name, (_block, owner) in blocks.items()
        if name != mine
    ]


def seen_by_routers(wanted: Plan, say: Say, at: float, up_since: float) -> dict[str, RouterObservation]:
    """What each reflector said; sessions came up one after the other from `up_since` on."""
    found = {}
    announcing = {node.name for node in wanted.nodes if node.blocks}
    for reflector in wanted.reflectors:
        rows = []
        mine = wanted.sessions_with(reflector.host)
        for number, session in enumerate(mine):
            state = say(session) or "Active"
            up = state == "Established"
            since = int(at - up_since - 25.0 * (number / max(len(mine), 1)) ** 2)
            prefixes = int(session.node in announcing) if up else None
            rows.append(
                RouterSession("ipv4", session.node_address, 64512, state, prefixes, since if up else None)
            )
        others = [r for r in wanted.reflectors if r.host != reflector.host]
        rows += [RouterSession("ipv4", r.addresses["ipv4"], 64512, "Established", 9, 900) for r in others]
        found[reflector.host] = RouterObservation(
            reflector.host, at, True, "", 15, False, True, (), tuple(rows), platform=PLATFORM
        )
    return found


def everything(_session: Session) -> str:
    return "Established"


def speech(kind: str, nodes: int) -> Say:
    """What is said of each session at the end of a run of this kind."""

    def shut(session: Session) -> str:
        if session.node == name_of(1):
            return "Active"
        return "" if nodes > 3 and session.node == name_of(nodes // 2) else "Established"

    def lost(session: Session) -> str:
        broken = session.reflector == "rr1" and int(session.node[-4:]) % 7 == 1
        return "Idle" if broken else "Established"

    def drained(session: Session) -> str:
        return "Idle (Admin)" if session.reflector == "rr2" else "Established"

    return {"gate_shut": shut, "returned": lost, "drained": drained}.get(kind, everything)


@functools.cache
def judged(kind: str, nodes: int, zones: int) -> dict[str, tuple[Finding, ...]]:
    """The findings of each gate of a run of this kind."""
    story, found = STORIES[kind], {}
    wanted = planned(nodes, zones, story.mesh[0])
    for gate in story.gates:
        name = gate + {
            "cut": "-gate",
            "watch": "-watch-1",
            "after_cut": "-after",
            "returned": "-returned",
        }.get(gate, "")
        if gate.startswith("preflight"):
            wish = article.wish(reflectors=wanted.reflectors, accept_left_out=("worker-9999",))
            found[name] = gates.judge(gate, cluster(nodes, zones), wish)
            continue
        late = kind != "returned" or gate in ("watch", "returned")
        say = speech(kind, nodes) if late else everything
        mesh = story.mesh[0] and gate in ("cut", "unchanged", "returned")
        seen = seen_by_nodes(wanted, say, mesh, article.NOW)
        routers = seen_by_routers(wanted, say, article.NOW, article.NOW - 300)
        word = "unchanged" if kind == "valid" else "applied"
        pushes = {r.host: Push(r.host, word, "", (), (), (), True) for r in wanted.reflectors}
        now = replace(
            article.live(wanted), nodes=cluster(nodes, zones).nodes, blocks=cluster(nodes, zones).blocks
        )
        if not mesh:
            now = replace(now, configuration={"spec": {"asNumber": 64512, "nodeToNodeMeshEnabled": False}})
        evidence = Evidence(
            wanted,
            seen,
            routers,
            pushes,
            article.NOW + 1,
            cluster=now,
            planned_on=cluster(nodes, zones),
            before=seen_by_nodes(wanted, everything, True, article.NOW) if gate == "watch" else {},
            draining="rr2" if kind == "drained" else "",
        )
        found[name] = gates.judge(gate, evidence)
    return found


def write(folder: Path, kind: str = "cut", nodes: int = 3, zones: int = 0, **changes: Any) -> Path:
    """A run directory of this kind; `changes` are those of its story's record (report.Story)."""
    story, wanted = STORIES[kind], planned(nodes, zones, STORIES[kind].mesh[0])
    run = folder / f"{kind}-{nodes}-{zones}"
    found = judged(kind, nodes, zones)
    end = (
        BEGAN
        + {"planned": 6, "gate_shut": 150, "cut": 262, "returned": 122, "drained": 64, "valid": 21}[kind]
    )
    say, asked = speech(kind, nodes), kind != "planned"
    seen = seen_by_nodes(wanted, say, story.mesh[1], end - 5) if asked else {}
    routers = seen_by_routers(wanted, say, end - 4, BEGAN + (19 if story.mesh[0] else -7200)) if asked else {}
    pushes = {r.host: pushed(wanted, r.host) for r in wanted.reflectors} if kind != "valid" else {}
    if kind == "planned":
        pushes = {host: replace(each, outcome="planned") for host, each in pushes.items()}
    if kind == "drained":
        pushes = {}
    rundir.write(run / rundir.PLAN, to_data(wanted))
    before = cluster(nodes, zones)
    if not story.mesh[0]:
        before = replace(before, peers=article.live(wanted).peers)
    rundir.write(run / rundir.CLUSTER, to_data(before))
    for stage_routers in routers.values():
        rundir.write_router(run, "after", stage_routers)
    for name, findings in found.items():
        rundir.write(run / rundir.FINDINGS / f"{name}.json", [to_data(f) for f in findings])
    for each in pushes.values():
        rundir.write_push(run, each)
    state = RunState(story.playbook, BEGAN, 120.0, None, story.mesh[1], ask="exec")
    if story.cut:
        state = replace(state, cut_at=BEGAN + 79, watch_until=BEGAN + 229, calm=kind == "cut")
    rundir.write_state(run, state)
    blocking = [sentence(f) for f in found.values() if verdict(f) != "pass"]
    told = report.Story(
        playbook=story.playbook,
        outcome=story.outcome,
        message=blocking[0] if blocking and story.outcome in ("gate_shut", "returned") else "",
        started=BEGAN,
        ended=end,
        check_mode=False,
        plan=wanted,
        plan_path=str(run / rundir.PLAN),
        mesh_after=story.mesh[1],
        findings=found,
        pushes=pushes,
        nodes=seen,
        routers=routers,
        packets=_packets(kind),
        cluster=cluster(nodes, zones),
    )
    rundir.write(run / rundir.RESULT, report.document(replace(told, **changes)))
    lines = [json.dumps(to_data(note)) for note in _notes(kind, nodes, wanted, found, end)]
    (run / rundir.JOURNAL).write_text("\n".join(lines) + "\n")
    if kind == "returned":
        rundir.write(
            run / "alarm-watch-1.json", {"text": blocking[0] if blocking else "lost", "at": BEGAN + 95}
        )
    packets = _packets(kind)
    if packets:
        lost = [[int(BEGAN + 94), 3], [int(BEGAN + 95), 41], [int(BEGAN + 96), 17]] if packets["lost"] else []
        rundir.write(run / rundir.PACKETS, {**packets, "lost_at": lost})
    return run


def _packets(kind: str) -> dict[str, int] | None:
    if kind == "cut":
        return {"sent": 1570000, "lost": 0, "longest_run": 0}
    return {"sent": 732000, "lost": 61, "longest_run": 9} if kind == "returned" else None


def _notes(
    kind: str, nodes: int, wanted: Plan, found: dict[str, tuple[Finding, ...]], end: float
) -> list[Note]:
    """The journal of such a run."""

    def at(seconds: float, event: str, subject: str = "", **more: Any) -> Note:
        began = more.pop("began", None)
        return Note(BEGAN + seconds, event, subject, began=None if began is None else BEGAN + began, **more)

    def judge(seconds: float, gate: str) -> Note:
        name = next(name for name in found if name == gate or name.startswith(f"{gate}-"))
        return at(seconds, "judged", name, text=sentence(found[name]), verdict=verdict(found[name]))

    def ask(begin: float, done: float, stage: str) -> list[Note]:
        said = [(f"{r.host}: {nodes} sessions established", r) for r in wanted.reflectors]
        return [
            *(at(done - 2, "asked", stage, text=text, began=begin) for text, _r in said),
            at(done, "asked", stage, text=f"{nodes} of {nodes} nodes answered", began=begin + 1),
        ]

    about = {
        "collection": "0.1.0",
        "ansible_core": "2.19.3",
        "awx_job_id": "1187",
        "awx_user_name": "ops.night",
    }
    about |= {"awx_job_template_name": "calico-bgp cut", "awx_workflow_job_id": "1180"}
    counts = f"{len(wanted.nodes)} nodes, {len(wanted.sessions)} sessions"
    begin = next(iter(found))
    notes = [at(0, "started", details=about), judge(3.5, begin), at(4, "planned", text=counts)]
    if kind in ("drained", "valid"):
        gate = {"drained": "drained", "valid": "health"}[kind]
        last = end - BEGAN
        first = [*ask(5, 12, "drain-0"), judge(14, "drain")] if kind == "drained" else []
        stage = "now" if kind == "valid" else "drained-0"
        return [*notes, *first, *ask(16 if first else 6, last - 6, stage), judge(last - 3, gate)]
    if kind == "planned":
        return notes
    notes += [
        at(13, "pushed", "rr1", verdict="applied", began=7),
        at(19, "pushed", "rr2", verdict="applied", began=13.5),
        at(22, "written", text="3 of 3 objects changed", began=20, verdict="pass"),
    ]
    if kind == "gate_shut":
        return [*notes, *ask(23, 146, "gate"), judge(147, "cut")]
    notes += [
        *ask(23, 74, "gate"),
        judge(75, "cut"),
        *([judge(77.5, "unchanged")] if kind == "cut" else []),
        at(78, "cutting"),
        at(79, "cut"),
    ]
    if kind == "returned":
        return [
            *notes,
            *ask(80, 96, "watch-1"),
            judge(97, "watch"),
            at(98.5, "mesh_on"),
            *ask(99, 118, "returned"),
            judge(119, "returned"),
        ]
    return [
        *notes,
        *ask(80, 231, "watch-1"),
        judge(232, "watch"),
        *ask(233, 256, "after"),
        judge(257, "after_cut"),
    ]
