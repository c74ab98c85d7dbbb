# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything stands in the picture of the sessions; drawn by the template `topology.svg.j2`.

Few nodes are drawn each, with a line for each session. More of them stand in fields, one for each zone, with
their names; many as dots, of which those that are not well stand out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..model.plan import Plan
from .record import ESTABLISHED, Record
from .sessions import CLOSED, DOWN, ODD, SILENT, TONES, UP, WANTED, WELL, WORDS, WORST, Row, worst, zones
from .words import CALM, brief, many

#: Up to so many nodes are drawn each, or have their names; more are dots.
EACH, NAMED = 8, 120
WIDTH = 1080.0
_MARGIN, _TOP = 16.0, 40.0
#: Width and height of a reflector, a node of its own, a node with its name; from one dot to the next.
_REFLECTOR, _NODE, _CELL, _DOT = (214.0, 66.0), (124.0, 52.0), (152.0, 26.0), 13.0
#: So many names of zones or nodes have room, in characters.
_ROOM = 26


@dataclass(frozen=True)
class Box:
    """A machine: its place, its lines of text, how it stands, the line of the table that tells of it."""

    x: float
    y: float
    width: float
    height: float
    name: str
    address: str
    note: str
    tone: str
    told: str
    href: str = ""

    @property
    def middle(self) -> float:
        """Half way from left to right."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Line:
    """A session, or many: an SVG path, its state and what there is to say of it."""

    path: str
    state: str
    tone: str
    told: str
    x: float
    y: float
    word: str = ""


@dataclass(frozen=True)
class Mark:
    """A node in a field: its place, how it stands with each reflector, whether its name has room."""

    x: float
    y: float
    width: float
    name: str
    tone: str
    told: str
    href: str
    tones: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """A zone: its place, its words, its nodes; `well` has the dots of those that are well, as an SVG path."""

    x: float
    y: float
    width: float
    height: float
    name: str
    note: str
    tone: str
    marks: tuple[Mark, ...]
    well: str = ""


@dataclass(frozen=True)
class Topology:
    """The whole picture; `told` is all of it in words."""

    width: float
    height: float
    told: str
    reflectors: tuple[Box, ...]
    nodes: tuple[Box, ...]
    fields: tuple[Field, ...]
    lines: tuple[Line, ...]
    mesh: tuple[Line, ...]
    mesh_word: str
    mesh_y: float
    fabric: tuple[float, float]
    legend: tuple[tuple[str, str, str], ...]
    dots: bool
    zone_label: str


@dataclass(frozen=True)
class _Group:
    name: str
    nodes: tuple[str, ...]
    apart: bool = False


@dataclass(frozen=True)
class _Scene:
    """What is to be drawn, before it has a place."""

    record: Record
    plan: Plan
    rows: tuple[Row, ...]
    by_node: Mapping[str, tuple[Row, ...]]
    left_out: Mapping[str, str]
    groups: tuple[_Group, ...]
    zone_label: str

    def state(self, node: str) -> str:
        """The worst of its sessions; one that was shut down on purpose is no matter where it has others."""
        states = [row.state for row in self.by_node.get(node, ())]
        return worst([state for state in states if state != CLOSED] or states)

    def tone(self, node: str) -> str:
        return CALM if node in self.left_out else TONES[self.state(node)]

    def told(self, node: str) -> str:
        if node in self.left_out:
            return f"{node}: left out: {self.left_out[node]}"
        said = (f"{row.reflector} {row.family}: {WORDS[row.state]}" for row in self.by_node.get(node, ()))
        return f"{node}: {'; '.join(said)}"

    def href(self, node: str) -> str:
        bad = [row for row in self.by_node.get(node, ()) if row.state in ODD]
        return f"#{bad[0].id}" if bad else ""

    def towards(self, node: str) -> tuple[str, ...]:
        """The tone of the node's sessions with each of its reflectors."""
        found: dict[str, list[str]] = {}
        for row in self.by_node.get(node, ()):
            found.setdefault(row.reflector, []).append(row.state)
        return tuple(TONES[worst(states)] for states in found.values())


def topology(record: Record, rows: tuple[Row, ...]) -> Topology | None:
    """The picture; None where the run has no plan, or one without nodes."""
    if record.plan is None or not record.plan.nodes or not record.plan.reflectors:
        return None
    scene = _scene(record, record.plan, rows)
    count = len(record.plan.nodes) + len(scene.left_out)
    reflectors = _reflectors(scene)
    if count <= EACH:
        return _each(scene, reflectors)
    return _fields(scene, reflectors, dots=count > NAMED)


def _scene(record: Record, plan: Plan, rows: tuple[Row, ...]) -> _Scene:
    by_node: dict[str, list[Row]] = {}
    for row in rows:
        by_node.setdefault(row.node, []).append(row)
    names = [node.name for node in plan.nodes]
    scene = _Scene(record, plan, rows, {n: tuple(r) for n, r in by_node.items()}, plan.left_out, (), "")
    label, zone = zones(record.cluster, names)
    groups = _by_zone(names, zone) if label else _by_state(scene, names)
    left = (_Group("Left out", tuple(plan.left_out), apart=True),) if plan.left_out else ()
    return _Scene(record, plan, rows, scene.by_node, plan.left_out, (*groups, *left), label)


def _by_zone(names: Sequence[str], zone: Mapping[str, str]) -> tuple[_Group, ...]:
    return tuple(
        _Group(each or "in no zone", tuple(name for name in names if zone[name] == each))
        for each in sorted(set(zone.values()))
    )


def _by_state(scene: _Scene, names: Sequence[str]) -> tuple[_Group, ...]:
    odd = tuple(name for name in names if scene.state(name) not in WELL)
    rest = tuple(name for name in names if name not in set(odd))
    title = "Planned nodes" if any(scene.state(name) == WANTED for name in rest) else "Nodes that are well"
    found = (_Group("Nodes that lack a session", odd, apart=True), _Group(title, rest, apart=True))
    return tuple(group for group in found if group.nodes)


def _reflectors(scene: _Scene) -> tuple[Box, ...]:
    plan = scene.plan
    count, (wide, high) = len(plan.reflectors), _REFLECTOR
    made = []
    for number, reflector in enumerate(plan.reflectors):
        mine = [row for row in scene.rows if row.reflector == reflector.host]
        state, up = worst(row.state for row in mine), sum(row.state == UP for row in mine)
        if state == WANTED:
            note = many(len(mine), "session") + " planned"
        else:
            note = f"{up:,} of {many(len(mine), 'session')} up"
        x = (number + 0.5) * WIDTH / count - wide / 2
        address = ", ".join(reflector.addresses.values())
        told = f"{reflector.host}, {address}: {note}"
        made.append(Box(x, _TOP, wide, high, brief(reflector.host, _ROOM), address, note, TONES[state], told))
    return tuple(made)


def _between(scene: _Scene, boxes: Sequence[Box]) -> Iterator[Line]:
    """The sessions between reflectors: what each said of the next one's address, last."""
    plan = scene.plan
    seen = scene.record.latest_routers
    for left in range(len(boxes) - 1 if seen else 0):
        one, other = plan.reflectors[left], plan.reflectors[left + 1]
        said = [
            row.state
            for mine, theirs in ((one, other), (other, one))
            for row in (seen[mine.host].sessions if mine.host in seen else ())
            if row.address in theirs.addresses.values()
        ]
        if not said:
            state, word = SILENT, "no session seen"
        elif all(each == ESTABLISHED for each in said):
            state, word = UP, "session established"
        else:
            state, word = DOWN, "session not established"
        tone = CALM if state == SILENT else TONES[state]
        begin, end = boxes[left].x + boxes[left].width, boxes[left + 1].x
        y = boxes[left].y + boxes[left].height / 2
        told = f"{one.host} and {other.host}: {word}"
        yield Line(f"M{begin:.0f} {y:.0f}H{end:.0f}", state, tone, told, (begin + end) / 2, y, word)


def _each(scene: _Scene, reflectors: tuple[Box, ...]) -> Topology:
    plan = scene.plan
    names = [*(node.name for node in plan.nodes), *scene.left_out]
    addresses = {n.name: n.addresses for n in plan.nodes} | dict(plan.left_out_addresses)
    wide, high = _NODE
    y = _TOP + _REFLECTOR[1] + 150
    boxes = []
    for number, name in enumerate(names):
        x = (number + 0.5) * WIDTH / len(names) - wide / 2
        address = ", ".join(addresses.get(name, {}).values())
        note = "left out" if name in scene.left_out else ""
        tone, told, href = scene.tone(name), scene.told(name), scene.href(name)
        boxes.append(Box(x, y, wide, high, brief(name, 15), brief(address, 17), note, tone, told, href))
    lines = (*_between(scene, reflectors), *_sessions(scene, reflectors, dict(zip(names, boxes))))
    mesh, word, depth = _mesh(scene, boxes)
    return Topology(
        WIDTH,
        y + high + depth,
        _told(scene),
        reflectors,
        tuple(boxes),
        (),
        lines,
        mesh,
        word,
        y + high + depth - 8,
        (0.0, 0.0),
        _legend(scene, lines),
        False,
        scene.zone_label,
    )


def _sessions(scene: _Scene, reflectors: Sequence[Box], nodes: Mapping[str, Box]) -> Iterator[Line]:
    """A line for each node and reflector; the worst of its families where there are several."""
    plan = scene.plan
    at = {reflector.host: box for reflector, box in zip(plan.reflectors, reflectors)}
    pairs: dict[tuple[str, str], list[Row]] = {}
    for row in scene.rows:
        pairs.setdefault((row.node, row.reflector), []).append(row)
    number: Counter[str] = Counter()
    for (node, host), found in pairs.items():
        box, top = nodes[node], at[host]
        number[host] += 1
        mine = sum(key[1] == host for key in pairs)
        begin = top.x + top.width * number[host] / (mine + 1)
        order = [r.host for r in plan.reflectors].index(host) + 1
        end = box.x + box.width * order / (len(reflectors) + 1)
        y, low = top.y + top.height, box.y
        bend = (low - y) * 0.45
        state = worst(row.state for row in found)
        path = (
            f"M{begin:.1f} {y:.0f}C{begin:.1f} {y + bend:.0f} {end:.1f} {low - bend:.0f} {end:.1f} {low:.0f}"
        )
        yield Line(
            path, state, TONES[state], f"{node} and {host}: {WORDS[state]}", (begin + end) / 2, (y + low) / 2
        )


def _mesh(scene: _Scene, boxes: Sequence[Box]) -> tuple[tuple[Line, ...], str, float]:
    """The mesh below the nodes, as it is or as it was, with a word on it, and the room that it needs."""
    before, after = (scene.record.result["mesh"][when] for when in ("before", "after"))
    if not before and not after:
        return (), "", 16.0
    lines = []
    furthest = 0.0
    for left in range(len(boxes)):
        for right in range(left + 1, len(boxes)):
            begin, end = boxes[left].middle, boxes[right].middle
            y = boxes[left].y + boxes[left].height
            deep = 20 + 13.0 * (right - left)
            furthest = max(furthest, deep)
            low = y + deep * 1.3
            path = f"M{begin:.1f} {y:.0f}C{begin:.1f} {low:.0f} {end:.1f} {low:.0f} {end:.1f} {y:.0f}"
            lines.append(Line(path, "on" if after else "off", CALM, "", 0, 0))
    return tuple(lines), _mesh_word(scene, len(boxes)), furthest + 42


def _mesh_word(scene: _Scene, count: int) -> str:
    """How the mesh of so many nodes is; "" where there was none."""
    before, after = (scene.record.result["mesh"][when] for when in ("before", "after"))
    if not before and not after:
        return ""
    state = {True: "on", False: "off", None: "not known"}[after]
    return f"The mesh between the nodes: {many(count * (count - 1) // 2, 'session')}, now {state}"


def _fields(scene: _Scene, reflectors: tuple[Box, ...], *, dots: bool) -> Topology:
    top = _TOP + _REFLECTOR[1] + 64
    fields: list[Field] = []
    y, row_high = top + 14, 0.0
    per_row = _per_row(sum(not group.apart for group in scene.groups), dots)
    gap, whole = 14.0, WIDTH - 2 * _MARGIN
    wide = (whole - gap * (per_row - 1)) / per_row
    column = 0
    for group in scene.groups:
        if column and (group.apart or column == per_row):
            y, row_high, column = y + row_high + gap, 0.0, 0
        x = _MARGIN + column * (wide + gap)
        field = _field(scene, group, x, y, whole if group.apart else wide, dots)
        fields.append(field)
        row_high, column = max(row_high, field.height), per_row if group.apart else column + 1
    bottom = y + row_high + gap
    lines = (*_between(scene, reflectors), *_trunks(scene, reflectors, top))
    word = _mesh_word(scene, len(scene.by_node) + len(scene.left_out))
    return Topology(
        WIDTH,
        bottom + (30 if word else 6),
        _told(scene),
        reflectors,
        (),
        tuple(fields),
        lines,
        (),
        word,
        bottom + 20,
        (top, bottom - top),
        _legend(scene, lines),
        dots,
        scene.zone_label,
    )


def _per_row(count: int, dots: bool) -> int:
    """How many zones stand beside each other; those with names need more room."""
    if count <= 3:
        return max(count, 1)
    if count == 4:
        return 4 if dots else 2
    return 3 if count <= 9 else 4


def _field(scene: _Scene, group: _Group, x: float, y: float, wide: float, dots: bool) -> Field:
    head = 34.0
    step, high = (_DOT, _DOT) if dots else _CELL
    columns = max(int((wide - 20) // step), 1)
    step = step if dots else (wide - 20) / columns
    marks, well = [], []
    for number, name in enumerate(group.nodes):
        left, top = x + 10 + number % columns * step, y + head + number // columns * high
        state = scene.state(name)
        if dots and name not in scene.left_out and state in WELL:
            well.append(f"M{left + 1:g} {top + 1:g}h9v9h-9z")
            continue
        room = int((step - 30 - 12 * len(scene.towards(name))) / 7.3)
        marks.append(
            Mark(
                left,
                top,
                step - 6,
                brief(name, max(room, 4)),
                scene.tone(name),
                scene.told(name),
                scene.href(name),
                scene.towards(name),
            )
        )
    rows = -(-len(group.nodes) // columns)
    odd = sum(scene.state(n) in ODD for n in group.nodes if n not in scene.left_out)
    note = many(len(group.nodes), "node") + (f", {odd} not well" if odd else "")
    tone = worst(scene.state(n) for n in group.nodes if n not in scene.left_out)
    well_path = "".join(well)
    return Field(
        x,
        y,
        wide,
        head + rows * high + 8,
        brief(group.name, _ROOM),
        note,
        TONES[tone],
        tuple(marks),
        well_path,
    )


def _trunks(scene: _Scene, reflectors: Sequence[Box], top: float) -> Iterator[Line]:
    plan = scene.plan
    for reflector, box in zip(plan.reflectors, reflectors):
        state = worst(row.state for row in scene.rows if row.reflector == reflector.host)
        y = box.y + box.height
        yield Line(
            f"M{box.middle:.0f} {y:.0f}V{top:.0f}", state, TONES[state], box.told, box.middle, (y + top) / 2
        )


def _told(scene: _Scene) -> str:
    plan = scene.plan
    counted = Counter(row.state for row in scene.rows)
    said = ", ".join(f"{counted[state]:,} {WORDS[state]}" for state in reversed(WORST) if counted[state])
    return (
        f"{many(len(plan.reflectors), 'route reflector')}, {many(len(plan.nodes), 'node')}, "
        f"{many(len(scene.rows), 'session')} between them: {said}."
    )


def _legend(scene: _Scene, lines: Sequence[Line]) -> tuple[tuple[str, str, str], ...]:
    """The states that are in the picture: state, tone, words."""
    there = {row.state for row in scene.rows}
    return tuple((state, TONES[state], WORDS[state]) for state in reversed(WORST) if state in there)
