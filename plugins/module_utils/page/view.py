# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands on the page of a run, out of its record; how it looks, the template `run.html.j2` says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.finding import FAIL, PASS, UNKNOWN
from ..model.journal import STARTED
from ..model.plan import Plan
from ..printable import printable
from ..report import mesh_sessions
from . import sessions, timeline, topology, troubles
from .record import Record
from .words import BAD, CALM, GOOD, WARN, lasting, many, moment, outcome

#: So many sessions have a line each, and so many lines of a router are shown.
MOST_SESSIONS, MOST_LINES = 2000, 400
#: Tone and words of how a push went (docs/result.md).
PUSHES: Mapping[str, tuple[str, str]] = {
    "unchanged": (GOOD, "Nothing to push"),
    "applied": (GOOD, "Pushed and read back"),
    "planned": (CALM, "Would be pushed"),
    "refused": (WARN, "Nothing was sent"),
    "reverted": (WARN, "Taken back"),
    "partial": (BAD, "Not whole"),
    "lost": (BAD, "No answer"),
}


#: What is said of the mesh where it was turned off and on again.
AGAIN: Mapping[str, str] = {"returned": "was off meanwhile"}


@dataclass(frozen=True)
class Figure:
    """A number that stands large."""

    label: str
    value: str
    note: str
    tone: str = CALM


@dataclass(frozen=True)
class Command:
    """A line for a router, and why it is sent."""

    line: str
    reason: str


@dataclass(frozen=True)
class Router:
    """What became of one reflector's configuration."""

    host: str
    tone: str
    word: str
    detail: str
    commands: tuple[Command, ...]
    more: int
    remarks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Manifest:
    """A Calico object that the plan wants, and why."""

    kind: str
    name: str
    reason: str
    lines: tuple[str, ...]


def view(record: Record) -> dict[str, Any]:
    """All that the template prints."""
    result, rows = record.result, sessions.rows(record)
    ended = outcome(result["outcome"])
    odd = tuple(row for row in rows if row.state not in sessions.WELL)
    well = tuple(row for row in rows if row.state in sessions.WELL)
    wrong = troubles.troubles(record)
    picture, times = topology.topology(record, rows), timeline.timeline(record)
    page = {
        "title": f"{result['cluster'] or 'calico_bgp'}: {ended.words}",
        "kicker": f"telco.calico_bgp, run of the playbook {result['playbook']}" + _mode(result),
        "heading": f"Cluster {result['cluster']}" if result["cluster"] else "A run without a plan",
        "tone": ended.tone,
        "verdict": ended.words,
        "lead": ended.sentence,
        "detail": result["message"],
        "about": tuple(_about(record)),
        "figures": tuple(_figures(record, rows)),
        "topology": picture,
        "timeline": times,
        "troubles": wrong,
        "gates": tuple(troubles.gate_lines(record)),
        "odd": odd[:MOST_SESSIONS],
        "well": well[: max(MOST_SESSIONS - len(odd), 0)],
        "sessions": len(rows),
        "unlisted": max(len(rows) - MOST_SESSIONS, 0),
        "routers": tuple(_router(push) for push in result["routers"].values()),
        "objects": tuple(_objects(record)),
        "left_out": tuple(sorted(result["left_out"].items()))[:MOST_LINES],
        "facts": tuple(_facts(record)),
        "words": sessions.WORDS,
    }
    page["sections"] = tuple(_sections(page))
    return page


def _mode(result: Mapping[str, Any]) -> str:
    return ", in check mode" if result["check_mode"] else ""


def _sections(page: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    wanted = (
        ("topology", "Sessions", page["topology"]),
        ("timeline", "Timeline", page["timeline"]),
        ("findings", "Findings", True),
        ("changes", "Changes", True),
        ("left-out", "Left out", page["left_out"]),
        ("run", "About the run", True),
    )
    return ((name, title) for name, title, there in wanted if there)


def _about(record: Record) -> Iterator[tuple[str, str]]:
    result = record.result
    yield "Began", moment(result["started"])
    yield "Took", lasting(result["ended"] - result["started"])
    if result["plan"]:
        yield "Plan", result["plan"]["sha256"][:12]
    job = _told_by_awx(record).get("awx_job_id")
    if job:
        yield "AWX job", job


def _figures(record: Record, rows: tuple[sessions.Row, ...]) -> Iterator[Figure]:
    result, plan = record.result, record.plan
    if plan is not None:
        yield from _sessions(record, plan, rows)
    yield _mesh(result)
    counts = Counter(troubles.kind(f) for found in result["findings"].values() for f in found)
    tone = BAD if counts[FAIL] else WARN if counts[UNKNOWN] or not counts else GOOD
    others = [f"{counts[FAIL]:,} failed", f"{counts[UNKNOWN]:,} unknown"]
    others += [many(counts["warning"], "warning")] if counts["warning"] else []
    yield Figure("Checks passed", f"{counts[PASS]:,}", ", ".join(others), tone)
    if result["packets"] is not None:
        packets = result["packets"]
        longest = f", at most {packets['longest_run']:,} in a row" if packets["lost"] else ""
        tone = BAD if packets["lost"] else GOOD
        yield Figure("Packets lost", f"{packets['lost']:,}", f"of {packets['sent']:,}{longest}", tone)
    if result["left_out"]:
        yield Figure("Nodes left out", f"{len(result['left_out']):,}", "no clients of the reflectors", WARN)


def _sessions(record: Record, plan: Plan, rows: tuple[sessions.Row, ...]) -> Iterator[Figure]:
    """Sessions before and after, and how many of the wanted ones are up."""
    pairs, wanted, peered = mesh_sessions(plan), len(plan.sessions), _there_before(record)
    before, after = record.result["mesh"]["before"], record.result["mesh"]["after"]
    first = (pairs if before else 0) + peered
    if not record.asked:
        yield Figure("BGP sessions after a cut", f"{first:,} \u2192 {wanted:,}", _made_of(0, wanted))
        return
    up = sum(row.state == sessions.UP for row in rows)
    mesh = pairs if after else 0
    change = f"{first:,} \u2192 {mesh + up:,}" if first != mesh + up else f"{first:,}"
    yield Figure("BGP sessions", change, f"now {_made_of(mesh, up)}")
    tone = GOOD if up == wanted else sessions.TONES[sessions.worst(row.state for row in rows)]
    yield Figure("With reflectors", f"{up:,} of {wanted:,}", "established on both sides", tone)


def _there_before(record: Record) -> int:
    """Sessions whose BGPPeer was there before the run."""
    if record.plan is None or record.cluster is None:
        return 0
    there = {peer.name for peer in record.cluster.peers}
    return sum(session.peer in there for session in record.plan.sessions)


def _made_of(mesh: int, reflectors: int) -> str:
    parts = [f"{mesh:,} of the mesh" if mesh else "", f"{reflectors:,} with reflectors" if reflectors else ""]
    return " and ".join(filter(None, parts)) or "none"


def _mesh(result: Mapping[str, Any]) -> Figure:
    words = {True: "on", False: "off", None: "not known"}
    before, after = words[result["mesh"]["before"]], words[result["mesh"]["after"]]
    tone = WARN if result["mesh"]["after"] is None else CALM
    value = after if before == after else f"{before} \u2192 {after}"
    note = "as it was" if before == after else "before and now"
    return Figure("Mesh between nodes", value, AGAIN.get(result["outcome"], note), tone)


def _router(push: Mapping[str, Any]) -> Router:
    tone, word = PUSHES.get(push["outcome"], (CALM, push["outcome"]))
    remarks = [
        *(("Left alone", text) for text in push["withheld"]),
        *(("Note", text) for text in push["notices"]),
        *(("Made by hand and kept", text) for text in push["adopted"]),
        *(("Takes it up when it is next set up", text) for text in push["pending"]),
    ]
    return Router(
        push["host"],
        tone,
        word,
        push["detail"],
        tuple(_commands(push)),
        max(len(push["commands"]) - MOST_LINES, 0),
        tuple(remarks[:MOST_LINES]),
    )


def _commands(push: Mapping[str, Any]) -> Iterator[Command]:
    """Each line with its reason; the lists are in one order, and a line without a reason is passed over."""
    reasons = iter(push["reasons"])
    waiting = next(reasons, "")
    for line in push["commands"][:MOST_LINES]:
        begin = f"{line}: "
        if waiting.startswith(begin):
            yield Command(line, waiting[len(begin) :])
            waiting = next(reasons, "")
        else:
            yield Command(line, "")


def _objects(record: Record) -> Iterator[Manifest]:
    plan = record.plan
    told = {
        (each["kind"], each["name"]): each["reason"]
        for each in (record.result["plan"] or {}).get("objects", ())
    }
    for manifest in plan.objects if plan else ():
        name = str(manifest["metadata"]["name"])
        text = json.dumps(manifest.get("spec", {}), indent=2, sort_keys=True)
        yield Manifest(
            manifest["kind"],
            name,
            told.get((manifest["kind"], name), ""),
            tuple(text.splitlines()[:MOST_LINES]),
        )


def _told_by_awx(record: Record) -> Mapping[str, str]:
    """What the first note has of versions and, in AWX, of the job."""
    return next((note.details for note in record.notes if note.event == STARTED), {})


def _facts(record: Record) -> Iterator[tuple[str, str]]:
    result, plan, cluster = record.result, record.plan, record.cluster
    about = _told_by_awx(record)
    if plan is not None:
        yield "Identity of the plan", plan.identity
    yield "Approval", _approval(record)
    if about.get("awx_job_id"):
        yield "AWX", _awx(about)
    yield "Began", moment(result["started"])
    yield "Ended", moment(result["ended"])
    if plan is not None:
        yield "Kubernetes API", plan.server or "not known"
        yield "AS number", str(plan.asn)
        yield "Prefixes", ", ".join(f"{p.cidr} (lengths {p.ge} to {p.le})" for p in plan.prefixes)
        yield "Node networks", ", ".join(plan.node_networks) or "not known"
        times = (
            f"{r.host}: hold time {r.hold} s, graceful restart {r.restart_time} s"
            for r in plan.reflectors[:20]
        )
        yield "Times", "; ".join(times)
    if cluster is not None:
        yield "Calico", cluster.calico_version or "version not known"
    for host, seen in sorted(record.latest_routers.items())[:50]:
        yield f"Route reflector {host}", printable(seen.platform) or "platform not known"
    yield "telco.calico_bgp", about.get("collection") or "version not known"
    yield "ansible-core", about.get("ansible_core") or "version not known"


def _approval(record: Record) -> str:
    found = record.result["findings"].get("approval")
    if not found:
        return "none was asked for: the run was not given the identity of an approved plan"
    if all(each["verdict"] == PASS for each in found):
        return "the plan is the one that was approved"
    return "the plan is not the one that was approved"


def _awx(about: Mapping[str, str]) -> str:
    job = f"job {about['awx_job_id']}"
    if about.get("awx_job_template_name"):
        job += f" of {about['awx_job_template_name']}"
    if about.get("awx_user_name"):
        job += f", started by {about['awx_user_name']}"
    if about.get("awx_workflow_job_id"):
        job += f"; workflow job {about['awx_workflow_job_id']}, which says in AWX who approved"
    return job
