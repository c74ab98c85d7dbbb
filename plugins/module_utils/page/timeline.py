# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what happened in a run, out of its journal; drawn by the template `timeline.svg.j2`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..model.finding import FAIL, PASS, UNKNOWN
from ..model.journal import (
    ASKED,
    CUT,
    CUTTING,
    FOUND_OFF,
    JUDGED,
    MESH_ON,
    PLANNED,
    PUSHED,
    STARTED,
    WRITTEN,
    Note,
)
from .record import ESTABLISHED, Record
from .words import BAD, CALM, GOOD, OF_VERDICT, WARN, brief, clock, lasting, many

WIDTH = 1080.0
_LABELS, _RIGHT, _AXIS, _LANE, _CHART = 168.0, 24.0, 56.0, 30.0, 72.0
#: Steps of the axis in seconds.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
#: Tone of a push by its outcome; any other is bad.
_PUSHES: Mapping[str, str] = {
    "applied": GOOD,
    "unchanged": GOOD,
    "planned": CALM,
    "refused": WARN,
    "reverted": WARN,
}
#: What was done at a stage of observing, by the begin of its name; in the order of the lanes.
_STAGES = (
    ("adoption", "Look before"),
    ("reach", "Look before"),
    ("gate", "Wait and ask"),
    ("watch", "Watch"),
    ("after", "Ask again"),
    ("returned", "Wait for the mesh"),
    ("mesh", "Wait for the mesh"),
    ("rollback", "Wait for the mesh"),
    ("drain", "Drain"),
    ("undrain", "Take into use"),
    ("now", "Ask both sides"),
)
#: So many lanes of reflectors have a name each.
_MOST_LANES = 8


@dataclass(frozen=True)
class Bar:
    """What took time; `told` is all there is to say of it."""

    x: float
    width: float
    tone: str
    told: str
    word: str


@dataclass(frozen=True)
class Lane:
    """A kind of step: its name, its place, its bars and its verdicts."""

    name: str
    y: float
    bars: tuple[Bar, ...] = ()
    verdicts: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Tick:
    """A mark on the axis, or a moment marked across all lanes, whose words are in one of some rows."""

    x: float
    word: str
    tone: str = CALM
    row: int = 0
    left: bool = False


@dataclass(frozen=True)
class Chart:
    """A curve below the lanes: what it shows, as an SVG path and in words."""

    name: str
    y: float
    height: float
    path: str
    notes: tuple[str, ...]
    tone: str


@dataclass(frozen=True)
class Entry:
    """A line of the journal, in words."""

    clock: str
    what: str
    text: str
    took: str
    tone: str


@dataclass(frozen=True)
class Timeline:
    """The whole picture, and the same as a list."""

    width: float
    height: float
    left: float
    right: float
    lanes_end: float
    told: str
    ticks: tuple[Tick, ...]
    moments: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    charts: tuple[Chart, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class _Scale:
    begin: float
    end: float

    def x(self, at: float) -> float:
        within = min(max(at, self.begin), self.end) - self.begin
        return round(_LABELS + (WIDTH - _LABELS - _RIGHT) * within / (self.end - self.begin), 1)


def timeline(record: Record) -> Timeline | None:
    """The picture; None where the journal has nothing that took time."""
    result = record.result
    if not any(note.event != STARTED for note in record.notes):
        return None
    scale = _Scale(result["started"], max(result["ended"], result["started"] + 1.0))
    moments = _moments(record, scale)
    rows = max((m.row for m in moments), default=-1) + 1
    y = _AXIS + rows * 17
    lanes = []
    for name, bars, verdicts in (*_in_order(_steps(record.notes, scale)), *_states(record, scale)):
        lanes.append(Lane(name, y, tuple(bars), tuple(verdicts)))
        y += _LANE
    lanes_end = y
    charts = []
    for chart in _charts(record, scale):
        charts.append(Chart(chart.name, y + 14, chart.height, chart.path, chart.notes, chart.tone))
        y += chart.height + 30
    entries = tuple(_entries(record))
    took = lasting(scale.end - scale.begin)
    told = f"The run from its begin to its end, {took}. The list below says the same in words."
    return Timeline(
        WIDTH,
        y + 10,
        _LABELS,
        WIDTH - _RIGHT,
        lanes_end,
        told,
        tuple(_ticks(scale)),
        moments,
        tuple(lanes),
        tuple(charts),
        entries,
    )


def _ticks(scale: _Scale) -> Iterator[Tick]:
    lasts = scale.end - scale.begin
    step = next((step for step in _STEPS if lasts / step <= 12), 86400)
    for number in range(int(lasts // step) + 1):
        yield Tick(scale.x(scale.begin + number * step), clock(number * step))


def _moments(record: Record, scale: _Scale) -> tuple[Tick, ...]:
    """What is marked across all lanes; each in the first row that has room for its words."""
    found: list[tuple[float, str, str]] = []
    cut = next((note.at for note in reversed(record.notes) if note.event == CUT), None)
    back = next(
        (note.at for note in record.notes if note.event == MESH_ON and note.at > (cut or 0)), scale.end
    )
    if cut is not None:
        found.append((cut, "mesh off", CALM))
        hold = max((r.hold for r in record.plan.reflectors), default=0) if record.plan else 0
        if hold and cut + hold < back:
            found.append((cut + hold, f"hold time over ({hold} s)", CALM))
    until = record.state.watch_until
    if until is not None and cut is not None and until < back:
        found.append((until, f"soak over ({lasting(until - cut)})", CALM))
    found += [(alarm["at"], "loss seen", BAD) for alarm in record.alarms]
    found += [(note.at, "mesh on again", WARN) for note in record.notes if note.event == MESH_ON]
    inside = sorted(each for each in found if scale.begin <= each[0] <= scale.end)
    free: list[float] = []
    made = []
    for at, word, tone in inside:
        x, room = scale.x(at), 7.0 * len(word) + 18
        left = x + room > WIDTH
        begin, end = (x - room, x) if left else (x, x + room)
        row = next((number for number, taken in enumerate(free) if taken <= begin), len(free))
        free[row : row + 1] = [end]
        made.append(Tick(x, word, tone, row, left))
    return tuple(made)


_Lane = tuple[str, list[Bar], list[Bar]]


def _in_order(lanes: Iterator[_Lane]) -> list[_Lane]:
    """Lanes from the one that began first on."""
    return sorted(lanes, key=lambda lane: min(each.x for each in lane[1]))


def _steps(notes: Sequence[Note], scale: _Scale) -> Iterator[_Lane]:
    planned = [note for note in notes if note.event == PLANNED]
    if planned:
        took = lasting(planned[-1].at - scale.begin)
        yield (
            "Plan",
            [_bar(scale, scale.begin, planned[-1].at, GOOD, f"plan: {planned[-1].text}, {took}")],
            [],
        )
    yield from _pushes(notes, scale)
    written = [note for note in notes if note.event == WRITTEN]
    if written:
        yield (
            "Write the objects",
            [_timed(scale, note, OF_VERDICT.get(note.verdict, CALM)) for note in written],
            [],
        )
    for name in dict.fromkeys(word for _begin, word in _STAGES):
        asked = [note for note in notes if note.event == ASKED and _stage(note.subject) == name]
        if asked:
            yield name, list(_stages(scale, asked)), []


def _states(record: Record, scale: _Scale) -> Iterator[_Lane]:
    """What goes through the whole run: verdicts, and how the mesh is."""
    judged = [note for note in record.notes if note.event == JUDGED]
    if judged:
        yield "Judge", [], [_verdict(scale, note) for note in judged]
    mesh = list(_mesh(record, scale))
    if mesh:
        yield "Mesh", mesh, []


def _pushes(notes: Sequence[Note], scale: _Scale) -> Iterator[_Lane]:
    hosts = dict.fromkeys(note.subject for note in notes if note.event == PUSHED)
    for host in list(hosts)[:_MOST_LANES]:
        mine = [note for note in notes if note.event == PUSHED and note.subject == host]
        yield (
            f"Push {brief(host, 15)}",
            [_timed(scale, note, _PUSHES.get(note.verdict, BAD)) for note in mine],
            [],
        )


def _stage(stage: str) -> str:
    return next((word for begin, word in _STAGES if stage.startswith(begin)), "Ask")


def _stages(scale: _Scale, asked: Sequence[Note]) -> Iterator[Bar]:
    """One bar for each stage: from its first question to its last answer."""
    for stage in dict.fromkeys(note.subject for note in asked):
        mine = [note for note in asked if note.subject == stage]
        begin, end = min(note.began or note.at for note in mine), max(note.at for note in mine)
        told = "; ".join(note.text for note in mine[-4:])
        yield _bar(scale, begin, end, CALM, f"{stage}: {told}, {lasting(end - begin)}")


def _timed(scale: _Scale, note: Note, tone: str) -> Bar:
    begin = note.began or note.at
    told = " ".join(filter(None, (note.subject, note.verdict, note.text)))
    return _bar(scale, begin, note.at, tone, f"{told}, {lasting(note.at - begin)}")


def _bar(scale: _Scale, begin: float, end: float, tone: str, told: str, word: str = "") -> Bar:
    x = scale.x(begin)
    return Bar(x, max(scale.x(end) - x, 3.0), tone, told, word)


def _verdict(scale: _Scale, note: Note) -> Bar:
    word = {PASS: "passed", FAIL: "did not pass", UNKNOWN: "not known"}.get(note.verdict, note.verdict)
    return Bar(
        scale.x(note.at),
        0.0,
        OF_VERDICT.get(note.verdict, CALM),
        f"gate {note.subject}: {word}",
        note.subject,
    )


def _mesh(record: Record, scale: _Scale) -> Iterator[Bar]:
    """How the mesh was: on, off, and not known in between; nothing where nobody knows how it was."""
    on: bool | None = record.result["mesh"]["before"]
    begin = scale.begin
    for note in (*record.notes, Note(scale.end, STARTED)):
        change = {CUTTING: None, CUT: False, MESH_ON: True}.get(note.event, on)
        if change is on and note.at < scale.end:
            continue
        if on is not None and note.at > begin:
            word = "on" if on else "off"
            yield _bar(scale, begin, note.at, GOOD if on else CALM, f"the mesh is {word}", word)
        on, begin = change, note.at


def _charts(record: Record, scale: _Scale) -> Iterator[Chart]:
    sessions = _sessions(record, scale)
    if sessions:
        yield sessions
    packets = _packets(record, scale)
    if packets:
        yield packets


def _sessions(record: Record, scale: _Scale) -> Chart | None:
    """How many sessions the reflectors had, by when each that is up came up."""
    plan = record.plan
    if plan is None:
        return None
    wanted = {(s.reflector, s.node_address) for s in plan.sessions}
    up = sorted(
        seen.at - row.uptime
        for host, seen in record.latest_routers.items()
        for row in seen.sessions
        if (host, row.address) in wanted and row.state == ESTABLISHED and row.uptime is not None
    )
    if not up:
        return None
    most, high = len(wanted), _CHART
    path, count = f"M{scale.x(scale.begin)} {high:g}", 0
    last = ""
    for at in up:
        count += 1
        step = f"H{scale.x(at)}V{high - (high - 8) * count / most:.1f}"
        # Those that came up in the same moment are one step.
        if last and step.partition("V")[0] == last.partition("V")[0]:
            path = path[: -len(last)]
        path, last = path + step, step
    path += f"H{scale.x(scale.end)}V{high:g}z"
    before = sum(at <= scale.begin for at in up)
    notes = (f"{count:,} of {most:,}", *([f"{before:,} since before the run"] if before else []))
    return Chart("Sessions up", 0, high, path, notes, GOOD)


def _packets(record: Record, scale: _Scale) -> Chart | None:
    """Packets lost in each second."""
    if record.packets is None:
        return None
    lost = {float(at): int(number) for at, number in record.packets.get("lost_at", ())}
    most, high = max(lost.values(), default=0), _CHART * 0.6
    path = ""
    for at, number in sorted(lost.items()):
        if scale.begin <= at <= scale.end:
            left, top = scale.x(at), high - (high - 8) * number / most
            path += f"M{left} {high:g}V{top:.1f}H{max(scale.x(at + 1), left + 2):.1f}V{high:g}z"
    notes = (f"{record.packets['lost']:,} lost", f"of {many(record.packets['sent'], 'packet')}")
    return Chart("Lost per second", 0, high, path, notes, BAD if most else GOOD)


_EVENTS: Mapping[str, str] = {
    STARTED: "Begin",
    PLANNED: "Planned",
    PUSHED: "Pushed",
    WRITTEN: "Objects written",
    CUTTING: "Mesh is being turned off",
    CUT: "Mesh off",
    FOUND_OFF: "Mesh found off, watched as after a cut",
    MESH_ON: "Mesh on",
}


def _entries(record: Record) -> Iterator[Entry]:
    """All of the journal in words, losses among it."""
    begin = record.result["started"]
    alarms = [Note(a["at"], "loss", text=a["text"]) for a in record.alarms]
    for note in sorted((*record.notes, *alarms), key=lambda each: each.at):
        yield Entry(
            clock(max(note.at - begin, 0.0)),
            _what(note),
            " ".join(filter(None, (note.verdict if note.event == PUSHED else "", note.text))),
            lasting(note.at - note.began) if note.began is not None else "",
            _tone(note),
        )
    yield Entry(clock(record.result["ended"] - begin), f"End: {record.result['outcome']}", "", "", CALM)


def _what(note: Note) -> str:
    if note.event == "loss":
        return "Loss seen"
    if note.event == JUDGED:
        return f"Gate {note.subject}"
    if note.event == ASKED:
        return f"{_stage(note.subject)} ({note.subject})"
    return f"{_EVENTS.get(note.event, note.event)} {note.subject}".strip()


def _tone(note: Note) -> str:
    if note.event == "loss":
        return BAD
    if note.event == PUSHED:
        return _PUSHES.get(note.verdict, BAD)
    return OF_VERDICT.get(note.verdict, CALM)
