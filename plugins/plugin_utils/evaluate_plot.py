# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of an evaluation: bytes per packet, and a panel for each figure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ..module_utils.evaluate import text, theory
from ..module_utils.evaluate.result import Evaluation, PathResult
from ..module_utils.evaluate.theory import IPIP, METRICS, NAMES, NATIVE, UNITS, VXLAN
from ..module_utils.evaluate.wording import many, number

MISSING = "The plot needs matplotlib: install it beside Ansible, for example with `pip install matplotlib`."
SUFFIXES = (".svg", ".png")


class NoPlotError(Exception):
    """There is nothing to draw with, or no way to write it; the text says what to do."""


@dataclass(frozen=True)
class Style:
    """How an encapsulation looks: told apart by colour, in grey by hatch and marker."""

    colour: str
    hatch: str
    marker: str


# Okabe and Ito's bluish green, orange and blue: told apart with any colour vision.
STYLES = {
    NATIVE: Style("#009E73", "", "o"),
    IPIP: Style("#E69F00", "///", "s"),
    VXLAN: Style("#56B4E9", "..", "^"),
}
DARK, GREY = "#222222", "#666666"
ALIKE = "\u2248"
BYTES = "bytes"
#: Panels by row; the figures of one row have the same width.
ROWS = (
    (BYTES, "tcp_bits_per_second", "tcp_cpu_seconds_per_gigabit"),
    ("udp_packets_per_second", "tcp_single_bits_per_second", "tcp_single_cpu_seconds_per_gigabit"),
    ("rtt_p50_microseconds", "rtt_p90_microseconds", "rtt_p99_microseconds", "rtt_p999_microseconds"),
)
#: Width of a bar, and room between the families, where a bar and its gap are 1.
BAR, BETWEEN = 0.8, 0.7


@dataclass(frozen=True)
class Bar:
    """One path in a panel: where it stands, its height, the dots over it; `absent` says why it has none.
    `alike`: it cannot be told apart from native."""

    place: float
    encapsulation: str
    height: float | None
    dots: Sequence[float]
    theory: float | None = None
    absent: str = ""
    alike: bool = False


def check() -> None:
    """NoPlotError where matplotlib is missing: better before minutes of measuring than after."""
    # Not at the top: the evaluation does without it.
    try:
        import_module("matplotlib")
    except ImportError as error:
        raise NoPlotError(MISSING) from error


def draw(evaluation: Evaluation, file: Path) -> None:
    """Write the picture to the file, in the format of its suffix (SUFFIXES).

    Raises:
        NoPlotError: matplotlib is missing, the suffix is another one, or the file cannot be written.
    """
    if file.suffix not in SUFFIXES:
        raise NoPlotError(f"{file.name} cannot be drawn: its name has to end in {', '.join(SUFFIXES)}.")
    check()
    settings = {"svg.hashsalt": "evaluate", "font.size": 10, "hatch.linewidth": 0.8}
    # From matplotlib's defaults, whatever the user's own file says.
    with import_module("matplotlib.style").context(["default", settings]):
        figure = _figure(import_module("matplotlib.figure"), evaluation)
        try:
            figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)
        except OSError as error:
            raise NoPlotError(f"{file} cannot be written: {error.strerror}.") from error


def _figure(module: Any, evaluation: Evaluation) -> Any:
    taken = {figure.metric for path in evaluation.paths for figure in path.figures}
    rows = [(len(row), [panel for panel in row if panel == BYTES or panel in taken]) for row in ROWS]
    rows = [row for row in rows if row[1]]
    subtitle = [line for each in _subtitle(evaluation) for line in textwrap.wrap(each, 155)]
    top, height = 0.8 + 0.155 * len(subtitle), 2.6
    figure = module.Figure(figsize=(11, top + height * len(rows)))
    whole = figure.get_figheight()
    grid = figure.add_gridspec(
        len(rows), 1, left=0.045, right=0.985, top=1 - (top + 0.5) / whole, bottom=0.3 / whole, hspace=0.42
    )
    for place, (columns, row) in zip(grid, rows):
        for cell, panel in zip(place.subgridspec(1, columns, wspace=0.2), row):
            _panel(figure.add_subplot(cell), evaluation, panel)
    _heading(figure, subtitle, whole)
    _legend(figure, evaluation, 1 - (top - 0.3) / whole)
    return figure


def _subtitle(evaluation: Evaluation) -> list[str]:
    """What was measured on what, what carried the packets, whether something is wrong with it, the notes."""
    wrong = f"This evaluation has {many(len(evaluation.problems), 'problem')}: do not trust its figures."
    return [
        *text.about(evaluation),
        *_carriers(evaluation),
        *([] if evaluation.ok else [wrong]),
        *evaluation.notes,
    ]


def _carriers(evaluation: Evaluation) -> list[str]:
    """What carried the packets, in one line; none where nothing is said."""
    families: dict[tuple[str, str], list[str]] = {}
    for path in evaluation.paths:
        if path.how:
            families.setdefault((text.name(path), path.how), []).append(NAMES[path.family])
    told = [f"{each}, {' and '.join(found)}: {how}" for (each, how), found in families.items()]
    return [f"{'; '.join(told)}."] if told else []


def _heading(figure: Any, subtitle: Sequence[str], height: float) -> None:
    figure.text(
        0.012,
        1 - 0.1 / height,
        "What an encapsulation costs between pods: native BGP, IPIP and VXLAN",
        ha="left",
        va="top",
        fontsize=14,
    )
    figure.text(
        0.012, 1 - 0.42 / height, "\n".join(subtitle), ha="left", va="top", fontsize=9, color="#444444",
        parse_math=False,
    )  # fmt: skip


def _legend(figure: Any, evaluation: Evaluation, top: float) -> None:
    patches, lines = import_module("matplotlib.patches"), import_module("matplotlib.lines")
    names = {
        each: dict.fromkeys(text.name(path) for path in evaluation.paths if path.encapsulation == each)
        for each in theory.ENCAPSULATIONS
    }
    handles = [
        patches.Patch(
            facecolor=STYLES[each].colour,
            hatch=STYLES[each].hatch,
            edgecolor=DARK,
            label=" and ".join(called),
        )
        for each, called in names.items()
        if called
    ]
    handles.append(
        lines.Line2D([], [], color=DARK, marker="o", markersize=3.5, linewidth=0, markerfacecolor="white",
                     label="each round; bar and number are their median")
    )  # fmt: skip
    handles.append(lines.Line2D([], [], color=DARK, linewidth=2.2, label="by theory"))
    if any(evaluation.alike(metric) for metric in METRICS):
        label = "not told apart from native"
        handles.append(
            lines.Line2D([], [], color=DARK, marker="$\\approx$", markersize=7, linewidth=0, label=label)
        )
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.005, top), ncols=len(handles), frameon=False,
        fontsize=9, handlelength=1.8, columnspacing=1.8,
    )  # fmt: skip


def _panel(axis: Any, evaluation: Evaluation, panel: str) -> None:
    """One panel: the families side by side, in each a bar for each encapsulation."""
    places, middles = _places(evaluation)
    alike = evaluation.alike(panel)
    bars = [_bar(path, panel, places[path.name], alike) for path in evaluation.paths]
    values = [value for each in bars for value in (each.height, each.theory, *each.dots) if value is not None]
    highest = max(values, default=0) or 1
    for each in bars:
        _draw_bar(axis, each, highest)
    axis.set_xticks(list(middles.values()), [NAMES[family] for family in middles])
    axis.tick_params(axis="x", length=0)
    axis.set_xlim(-0.6, max(places.values(), default=0) + 0.6)
    axis.set_ylim(0, 1.22 * highest)
    title, unit = _title(panel)
    axis.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=18)
    axis.text(0, 1.04, unit, transform=axis.transAxes, fontsize=8.5, color=GREY)
    axis.grid(axis="y", linewidth=0.4, alpha=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def _title(panel: str) -> tuple[str, str]:
    if panel == BYTES:
        return "Bytes per packet", "on the wire beyond the pod's packet, less is better"
    metric = METRICS[panel]
    return metric.title, f"{UNITS[metric.unit]}, {'more' if metric.more else 'less'} is better"


def _places(evaluation: Evaluation) -> tuple[dict[str, float], dict[str, float]]:
    """Where each path's bar stands, and the middle of each family."""
    places: dict[str, float] = {}
    middles: dict[str, float] = {}
    start = 0.0
    for family in theory.FAMILIES:
        paths = evaluation.ordered(family)
        places.update({path.name: start + index for index, path in enumerate(paths)})
        if paths:
            middles[family] = start + (len(paths) - 1) / 2
            start += len(paths) + BETWEEN
    return places, middles


def _bar(path: PathResult, panel: str, place: float, alike: set[tuple[str, str]]) -> Bar:
    absent = f"{NAMES[path.encapsulation]}: {'no value' if path.refused is None else 'not measured here'}"
    if panel == BYTES:
        return _bytes_bar(path, place, absent)
    figure, factor = path.figure(panel), METRICS[panel].factor
    if figure is None:
        return Bar(place, path.encapsulation, None, (), absent=absent)
    dots = [factor * each.value for each in figure.values]
    hidden = (path.family, path.encapsulation) in alike
    return Bar(place, path.encapsulation, factor * figure.spread.median, dots, alike=hidden)


def _bytes_bar(path: PathResult, place: float, absent: str) -> Bar:
    """What most packets carried, a dot for what others did, and what theory says."""
    wire = path.wire
    if wire is None or not wire.measured:
        return Bar(place, path.encapsulation, None, (), wire.expected if wire else None, absent)
    most = max(wire.measured, key=lambda seen: seen.packets).bytes
    others = [seen.bytes for seen in wire.measured if seen.bytes != most]
    return Bar(place, path.encapsulation, most, others, wire.expected)


def _draw_bar(axis: Any, each: Bar, highest: float) -> None:
    style = STYLES[each.encapsulation]
    if each.theory is not None:
        ends = (each.place - BAR / 2 - 0.06, each.place + BAR / 2 + 0.06)
        axis.plot(ends, (each.theory, each.theory), color=DARK, linewidth=2.2, zorder=3, clip_on=False)
    if each.height is None:
        axis.text(
            each.place, 0.03 * highest, each.absent, rotation=90, ha="center", va="bottom",
            fontsize=8, color=GREY,
        )  # fmt: skip
        return
    axis.bar(
        each.place, each.height, BAR, color=style.colour, hatch=style.hatch, edgecolor=DARK, linewidth=0.6
    )
    steps = [(index + 0.5) / len(each.dots) - 0.5 for index in range(len(each.dots))]
    axis.plot(
        [each.place + 0.85 * BAR * step for step in steps], each.dots, style.marker, color=DARK,
        markersize=3.2, markerfacecolor="white", markeredgewidth=0.7, linewidth=0, zorder=4, clip_on=False,
    )  # fmt: skip
    # Above the number: beside it, the mark would reach into the next bar's.
    shown = (f"{ALIKE}\n" if each.alike else "") + number(each.height)
    axis.text(
        each.place, _free(each, highest), shown, ha="center", va="bottom", fontsize=8.5, linespacing=0.9
    )


def _free(each: Bar, highest: float) -> float:
    """Where the number finds place: the lowest gap between the dots above the bar, or above them all."""
    place, room = (each.height or 0) + 0.035 * highest, (0.18 if each.alike else 0.12) * highest
    for dot in sorted(each.dots):
        if place - 0.04 * highest < dot < place + room:
            place = dot + 0.04 * highest
    return place
