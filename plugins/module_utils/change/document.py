# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as a change document: what a change board asks before the night, out of what the plan's run knows.

Its texts are as they came, from outside too: who renders them makes them printable and escapes them. It has
no time of its own, so two of the same plan, cluster and routers are the same to the byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..calico import objects
from ..checks.findings import first
from ..model.cluster import Cluster
from ..model.finding import PASS, Finding
from ..model.observation import Push
from ..model.plan import Plan, Reflector
from ..model.state import RunState
from ..report import mesh_sessions
from .way_back import Access, Command, way_back
from .yamltext import difference

#: Seconds that the plays wait for the last answers after the watch.
LAST_LOOK = 60
COMPARED = {
    "unchanged": "has everything already: nothing is sent",
    "planned": "gets these lines",
    "applied": "got these lines",
    "lost": "did not answer, so what it would get is not known",
    "refused": "is refused",
}


@dataclass(frozen=True)
class Moment:
    """Sessions and routes at one moment; routes are the least there are, summed over the nodes."""

    when: str
    mesh_sessions: int
    reflector_sessions: int
    mesh_routes: int
    reflector_routes: int


@dataclass(frozen=True)
class RouterPart:
    """What becomes of a reflector: each line and why ("" where it only opens or closes a context)."""

    host: str
    address: str
    nodes: int
    said: str
    lines: tuple[tuple[str, str], ...]
    withheld: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class ObjectPart:
    """What becomes of an object: `word` is new, changed, as it is or taken away, `lines` its difference."""

    title: str
    word: str
    reason: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A wait: seconds at the least and at the most, and where that comes from."""

    name: str
    least: float
    most: float
    how: str


@dataclass(frozen=True)
class Document:
    """The whole: `parts` are the digests of the plan's parts, `left_out` node to reason."""

    cluster: str
    server: str
    calico: str
    identity: str
    parts: Mapping[str, str]
    summary: str
    moments: tuple[Moment, ...]
    resets: tuple[str, ...]
    routers: tuple[RouterPart, ...]
    objects: tuple[ObjectPart, ...]
    steps: tuple[Step, ...]
    risks: tuple[str, ...]
    left_out: Mapping[str, str]
    way_back: tuple[Command, ...]

    @property
    def least(self) -> float:
        """Seconds that the run waits at the least."""
        return sum(step.least for step in self.steps)

    @property
    def most(self) -> float:
        """Seconds that it waits at the most."""
        return sum(step.most for step in self.steps)


def document(
    plan: Plan,
    cluster: Cluster,
    pushes: Mapping[str, Push],
    findings: Sequence[Finding],
    state: RunState,
    access: Access,
) -> Document:
    """The change document of a plan, with what the routers would get as far as they were compared."""
    return Document(
        cluster=plan.cluster,
        server=plan.server,
        calico=cluster.calico_version,
        identity=plan.identity,
        parts=plan.parts,
        summary=_summary(plan),
        moments=tuple(_moments(plan, cluster)),
        resets=tuple(_resets(plan, cluster, pushes)),
        routers=tuple(_router(plan, each, pushes.get(each.host)) for each in plan.reflectors),
        objects=tuple(_objects(plan, cluster)),
        steps=tuple(_steps(plan, state)),
        risks=tuple(_risks(plan, pushes, findings)),
        left_out=plan.left_out,
        way_back=tuple(way_back(cluster, access)),
    )


def _summary(plan: Plan) -> str:
    sessions, reflectors = len(plan.sessions), first([r.host for r in plan.reflectors], ", ")
    those = f"{sessions} sessions of {len(plan.nodes)} nodes with {reflectors}"
    if not plan.mesh:
        return f"The mesh is off already. The nodes are to have {those}; the mesh is not touched."
    return (
        f"{those} take the place of the mesh of {mesh_sessions(plan)} sessions. The mesh is turned off after "
        "both sides have proved every session and every route, watched, and turned on again at the first "
        "loss."
    )


def _moments(plan: Plan, cluster: Cluster) -> Iterator[Moment]:
    mesh, by_mesh = (mesh_sessions(plan), _routes(plan, None)) if plan.mesh else (0, 0)
    there = {peer.name for peer in cluster.peers}
    now = sum(session.peer in there for session in plan.sessions)
    by_now = sum(
        _routes(plan, r) for r in plan.reflectors if any(s.peer in there for s in plan.sessions_with(r.host))
    )
    by_all = sum(_routes(plan, r) for r in plan.reflectors)
    yield Moment("now", mesh, now, by_mesh, by_now)
    yield Moment("with the peers", mesh, len(plan.sessions), by_mesh, by_all)
    if plan.mesh:
        yield Moment("after the cut", 0, len(plan.sessions), 0, by_all)


def _routes(plan: Plan, reflector: Reflector | None) -> int:
    """The routes to each other's blocks of all nodes that a reflector joins, or the mesh (None)."""
    clients = {s.node for s in plan.sessions_with(reflector.host)} if reflector else None
    blocks = [len(node.blocks) for node in plan.nodes if clients is None or node.name in clients]
    return sum(blocks) * (len(blocks) - 1) if blocks else 0


def _resets(plan: Plan, cluster: Cluster, pushes: Mapping[str, Push]) -> Iterator[str]:
    """Sessions that are up and end on the way, but for those of the mesh, which the cut ends."""
    for host, push in pushes.items():
        if push.resets:
            refused = push.outcome == "refused"
            word = "would reset, and are not sent for that" if refused else "reset"
            yield f"{host}: the lines {word}: the sessions with {first(push.resets, ', ')}"
    live = {peer.name: peer.spec for peer in cluster.peers}
    for manifest in plan.objects:
        name = manifest["metadata"]["name"]
        if manifest["kind"] != "BGPPeer" or name not in live:
            continue
        was, wanted = live[name], manifest["spec"]
        fields = [f for f in _RESETTING if f in wanted and wanted[f] != was.get(f)]
        if fields:
            yield f"BGPPeer {name}: its {', '.join(fields)} changes, and BIRD sets its sessions up anew"
    for reflector in plan.reflectors:
        if reflector.host not in pushes or pushes[reflector.host].outcome == "lost":
            yield f"{reflector.host} was not compared, so what its lines reset is not known here"
    if plan.stale:
        names = first([str(each["metadata"]["name"]) for each in plan.stale], ", ")
        yield f"BGPPeer {names} leads to a former reflector, and goes with its sessions after the proof"


#: Fields of a BGPPeer for which BIRD ends a session that is up. Filters are none of them: it asks for the
#: routes anew.
_RESETTING = ("peerIP", "asNumber", "password", "nodeSelector")


def _router(plan: Plan, reflector: Reflector, push: Push | None) -> RouterPart:
    address, nodes = ", ".join(reflector.addresses.values()), len(plan.sessions_with(reflector.host))
    if push is None:
        said = "was not asked yet: the playbook plan shows what it would get"
        return RouterPart(reflector.host, address, nodes, said, (), (), ())
    said = COMPARED.get(push.outcome, push.outcome)
    said += f": {push.detail}" if push.detail else ""
    return RouterPart(reflector.host, address, nodes, said, tuple(_lines(push)), push.withheld, push.notices)


def _lines(push: Push) -> Iterator[tuple[str, str]]:
    """Each line with its reason: the reasons are those of the lines, in their order, and some have none."""
    left = deque(push.reasons)
    for line in push.commands:
        begin = f"{line}: "
        found = left.popleft() if left and left[0].startswith(begin) else ""
        yield line, found[len(begin) :]


def _objects(plan: Plan, cluster: Cluster) -> Iterator[ObjectPart]:
    live: dict[tuple[str, str], Mapping[str, Any]] = {("BGPPeer", p.name): p.spec for p in cluster.peers}
    live.update({("BGPFilter", name): spec for name, spec in cluster.filter_specs.items()})
    for manifest in plan.objects:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        before = live.get((kind, name))
        after = {**(before or {}), **manifest["spec"]}
        word = "new" if before is None else "as it is" if before == after else "changed"
        reason = objects.REASONS[kind]
        yield ObjectPart(f"{kind} {name}", word, reason[:1].upper() + reason[1:], difference(before, after))
    if plan.mesh:
        yield _cut(cluster)
    for reference in plan.stale:
        kind, name = reference["kind"], reference["metadata"]["name"]
        reason = "It leads to a former reflector; it goes once the others are proved"
        yield ObjectPart(f"{kind} {name}", "taken away", reason, difference(live.get((kind, name)), None))


def _cut(cluster: Cluster) -> ObjectPart:
    """The cut itself, as the patch changes BGPConfiguration default."""
    before = dict(cluster.configuration["spec"]) if cluster.configuration else {"nodeToNodeMeshEnabled": True}
    patch = objects.mesh_manifest(cluster.configuration, False)["spec"]
    merged = {**before, **patch}
    after = {key: value for key, value in merged.items() if value is not None}
    reason = "The cut: only after the gate, and taken back at the first loss"
    return ObjectPart("BGPConfiguration default", "changed", reason, difference(before, after))


def _steps(plan: Plan, state: RunState) -> Iterator[Step]:
    proofs = {r.host: min(r.hold, plan.thresholds.proof) for r in plan.reflectors}
    if not proofs:
        return
    slowest = max(proofs, key=lambda host: proofs[host])
    yield Step(
        "sessions and routes come up",
        proofs[slowest],
        max(state.timeout, proofs[slowest]),
        f"a session is proved once it is up for the shorter of its hold time and {plan.thresholds.proof} s, "
        f"{proofs[slowest]} s at {slowest}; after {state.timeout:g} s (calico_bgp_timeout) the gate stays "
        "shut",
    )
    if not plan.mesh:
        return
    soak = float(plan.soak) if state.soak is None else state.soak
    longest = max(plan.reflectors, key=lambda r: r.hold + r.restart_time)
    how = (
        f"the hold time of {longest.hold} s and the restart time of {longest.restart_time} s at "
        f"{longest.host}: until then stale routes could hide a loss"
        if state.soak is None
        else "calico_bgp_soak"
    )
    yield Step("the watch after the cut", soak, soak, how)
    yield Step("the last look", 0, LAST_LOOK, "every node and reflector is asked once more")


def _risks(plan: Plan, pushes: Mapping[str, Push], findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.verdict != PASS and finding.check != "nodes.left_out":
            accepted = "accepted: " if finding.severity == "accepted" else ""
            yield f"{accepted}{finding.sentence}"
    if len(plan.reflectors) == 1:
        host = plan.reflectors[0].host
        yield (
            f"{host} is the only reflector: when it is lost after the watch, pods are dark from the end of "
            "the hold time until somebody turns the mesh on"
        )
    for reflector in plan.reflectors:
        push = pushes.get(reflector.host)
        if push is None or push.outcome in ("lost", "refused"):
            yield f"{reflector.host}: what it would get is not known in this document"
        elif push.commands and not push.guarded:
            yield f"{reflector.host} has no archive: no revert timer takes the lines back where it breaks off"
        if push is not None and push.pending:
            yield (
                f"{reflector.host}: the sessions with {first(push.pending, ', ')} take up timers or "
                "capabilities only when they are next set up"
            )
