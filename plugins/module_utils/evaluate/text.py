# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation for people: tables for a terminal, and a few lines for a run's message. ASCII only."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from .judge import PAIRS
from .records import Machine, Settings
from .result import Comparison, Evaluation, PathResult
from .statistics import HIDDEN, TOO_FEW, Ratio
from .theory import FAMILIES, METRICS, NAMES, Metric
from .wording import many

#: Columns of a line at most.
WIDTH = 118
_GAP = "  "
#: Decimals of a change in percent at most.
_DECIMALS = 3
LAB = "A lab on one machine measures its kernel, not a network."
MEDIANS = "Figures are medians (lowest-highest)."
_HOW_TO_READ = (
    "A difference is the median of the ratios within each round, not the ratio of the two medians above, "
    "which can be far from it where figures spread; in brackets, the interval that holds it with "
    "{confidence}. "
    '"not told apart" means that the interval contains 0: the spread hides any difference.'
)
Row = Sequence[str]


def table(evaluation: Evaluation) -> str:
    """Everything: what was measured on what, a table and the differences for each family, what went wrong."""
    parts = [_wrapped([*about(evaluation), *([MEDIANS] if evaluation.settings.rounds > 1 else [])])]
    for family in FAMILIES:
        if evaluation.family(family):
            parts += [_figures(evaluation, family), _differences(evaluation, family)]
    parts.append(_wrapped(how_to_read(evaluation)))
    parts.append(_wrapped([f"note: {note}" for note in evaluation.notes]))
    parts.append(_wrapped([f"problem: {problem}" for problem in evaluation.problems]))
    return "\n\n".join(_ascii("\n".join(part)) for part in parts if part)


def how_to_read(evaluation: Evaluation) -> list[str]:
    """What a difference means, with the confidence reached; nothing where nothing was compared."""
    if not any(each.ratio.coverage for each in evaluation.comparisons):
        return []
    return [_HOW_TO_READ.format(confidence=_confidence(evaluation))]


def name(path: PathResult) -> str:
    """What people call the path's encapsulation, and whether something else stood in for it."""
    return f"{NAMES[path.encapsulation]} (stand-in)" if path.stand_in else NAMES[path.encapsulation]


def about(evaluation: Evaluation) -> list[str]:
    """What was measured when and on what, in three lines at most."""
    when = datetime.fromtimestamp(evaluation.started, timezone.utc)
    what = [*computer(evaluation.machine), programs(evaluation)]
    return [
        f"Measured in the lab on {when:%Y-%m-%d %H:%M} UTC: {', '.join(each for each in what if each)}.",
        f"{measurements(evaluation.settings)}; underlay MTU {evaluation.settings.underlay_mtu}.",
        LAB,
    ]


def computer(machine: Machine) -> list[str]:
    """What it was measured on, in a few words each."""
    what = [
        machine.processor,
        many(machine.processors, "processor"),
        f"{machine.memory_bytes / 1e9:.0f} GB of memory",
        _virtual(machine.virtual),
        f"Linux {machine.kernel} {machine.architecture}",
    ]
    return [each for each in what if each]


def programs(evaluation: Evaluation) -> str:
    """What it was measured with."""
    return ", ".join(f"{tool} {version}" for tool, version in evaluation.tools.items())


def measurements(settings: Settings) -> str:
    """How often and how long it was measured."""
    if not settings.rounds:
        return "Bytes and MTU alone"
    return (
        f"{many(settings.rounds, 'round')}, {settings.seconds:g} s for each measurement, UDP datagrams that "
        f"carry {settings.datagram_bytes} bytes"
    )


def _virtual(hypervisor: str) -> str:
    """Whether it is known to be a virtual machine, and whose; some say no more than `hypervisor`."""
    if hypervisor in ("", "hypervisor"):
        return "a virtual machine" if hypervisor else ""
    return f"a virtual machine ({hypervisor})"


def summary(evaluation: Evaluation) -> list[str]:
    """An evaluation that is ok in a few lines: bytes, then a line for each comparison, then the notes."""
    lines = [_summary_of_bytes(evaluation)]
    for family in FAMILIES:
        for of, against in PAIRS:
            found = _between(evaluation, family, of, against)
            if found:
                lines.append(f"{NAMES[family]}, {NAMES[of]} against {NAMES[against]}: {_in_short(found)}")
    lines += [f"not measured: {path.name}: {path.refused}" for path in evaluation.paths if path.refused]
    lines += [f"note: {note}" for note in evaluation.notes]
    return [_ascii(line) for line in lines]


def _summary_of_bytes(evaluation: Evaluation) -> str:
    parts = []
    for family in FAMILIES:
        told = [f"{name(p)} {_seen(p)}" for p in evaluation.family(family) if p.wire]
        if told:
            parts.append(f"{NAMES[family]} {', '.join(told)}")
    return f"Bytes per packet, as theory says: {'; '.join(parts)}."


def _in_short(found: Sequence[Comparison]) -> str:
    """What is more or less by how much; the rest by name."""
    told = [each for each in found if each.ratio.verdict not in (HIDDEN, TOO_FEW)]
    hidden = [METRICS[each.metric].short for each in found if each.ratio.verdict == HIDDEN]
    parts = [", ".join(f"{METRICS[each.metric].short} {_changes(each.ratio)[0]} %" for each in told)]
    parts += [f"not told apart: {', '.join(hidden)}"] if hidden else []
    parts += ["too few rounds"] if any(each.ratio.verdict == TOO_FEW for each in found) else []
    return "; ".join(part for part in parts if part) + "."


def _between(evaluation: Evaluation, family: str, of: str, against: str) -> list[Comparison]:
    return [c for c in evaluation.comparisons if (c.family, c.of, c.against) == (family, of, against)]


def _figures(evaluation: Evaluation, family: str) -> list[str]:
    """The table of one family, and why an encapsulation is not there."""
    return [*_grid(figure_rows(evaluation, family)), *_wrapped(carriers(evaluation, family))]


def figure_rows(evaluation: Evaluation, family: str, units: Mapping[str, str] | None = None) -> list[Row]:
    """The figures of one family: a head, then rows, a column for each encapsulation.

    `units` has other words for units.
    """
    paths = evaluation.ordered(family)
    return [
        [NAMES[family], *(name(path) for path in paths)],
        ["Bytes added to each packet, measured", *(_seen(path) for path in paths)],
        ["Bytes added to each packet, by theory", *(_theory(path) for path in paths)],
        ["MTU for pods, bytes", *(_mtu(path) for path in paths)],
        *(
            _row(metric, paths, units or {})
            for metric in METRICS.values()
            if any(p.figure(metric.id) for p in paths)
        ),
    ]


def carriers(evaluation: Evaluation, family: str) -> list[str]:
    """A sentence for each path of one family: what carries it, or why it is not measured."""
    return [line for path in evaluation.ordered(family) for line in _about_path(path)]


def _about_path(path: PathResult) -> list[str]:
    """Why a path is not measured, else what carries it."""
    if path.refused is not None:
        return [f"{name(path)} is not measured here: {path.refused}"]
    return [f"{name(path)}: {path.how}"] if path.how else []


def _seen(path: PathResult) -> str:
    if path.refused is not None or path.wire is None:
        return "not measured"
    seen = path.wire.measured
    if len(seen) == 1:
        return f"{seen[0].bytes:+d}"
    return ", ".join(f"{each.bytes:+d} ({each.packets} x)" for each in seen) or "none seen"


def _theory(path: PathResult) -> str:
    return f"{path.wire.expected:+d}" if path.wire else ""


def _mtu(path: PathResult) -> str:
    if path.mtu is None:
        return ""
    if path.mtu.measured is None:
        return "none"
    return f"{path.mtu.measured}" if path.mtu.ok else f"{path.mtu.measured} (theory {path.mtu.expected})"


def _row(metric: Metric, paths: Sequence[PathResult], units: Mapping[str, str]) -> list[str]:
    figures = [path.figure(metric.id) for path in paths]
    places = digits(max(metric.factor * each.spread.median for each in figures if each))
    cells = []
    for path, figure in zip(paths, figures):
        if figure is None:
            cells.append("" if path.refused else "none")
            continue
        spread = figure.spread
        middle, low, high = (
            f"{metric.factor * value:.{places}f}" for value in (spread.median, spread.low, spread.high)
        )
        cells.append(f"{middle} ({low}-{high})" if spread.count > 1 else middle)
    return [f"{metric.title}, {units.get(metric.unit, metric.unit)}", *cells]


def digits(largest: float) -> int:
    """Decimals for three digits that count, of the largest value of a row."""
    return next((places for least, places in ((99.5, 0), (9.95, 1)) if largest >= least), 2)


def _differences(evaluation: Evaluation, family: str) -> list[str]:
    """The comparisons of one family as a table, or why there is none."""
    if too_few(evaluation, family):
        return [f"{NAMES[family]}, differences: too few rounds to compare."]
    rows = difference_rows(evaluation, family)
    return _grid([[f"{NAMES[family]}, differences", *rows[0][1:]], *rows[1:]]) if rows else []


def too_few(evaluation: Evaluation, family: str) -> bool:
    """Whether there are comparisons of the family, none of which has rounds enough."""
    found = [each for each in evaluation.comparisons if each.family == family]
    return bool(found) and all(each.ratio.verdict == TOO_FEW for each in found)


def difference_rows(evaluation: Evaluation, family: str) -> list[Row]:
    """The comparisons of one family: a head, then rows, a column for each pair; empty where there is none."""
    columns = {pair: _between(evaluation, family, *pair) for pair in PAIRS}
    pairs = [pair for pair in PAIRS if columns[pair]]
    if not pairs:
        return []
    cells: Mapping[tuple[str, str, str], str] = {
        (of, against, each.metric): difference(each.ratio)
        for of, against in pairs
        for each in columns[of, against]
    }
    rows: list[Row] = [[NAMES[family], *(f"{NAMES[of]} against {NAMES[by]}" for of, by in pairs)]]
    for metric in METRICS.values():
        row = [cells.get((*pair, metric.id), "") for pair in pairs]
        rows += [[metric.title, *row]] if any(row) else []
    return rows


def difference(ratio: Ratio) -> str:
    """A comparison in a few words, with its interval in percent: "-82 % (-84 .. -79)"."""
    if ratio.verdict == TOO_FEW:
        return "too few rounds"
    middle, low, high = _changes(ratio)
    return f"{'not told apart' if ratio.verdict == HIDDEN else middle + ' %'} ({low} .. {high})"


def _changes(ratio: Ratio) -> list[str]:
    """Median, low and high as changes in percent; with a decimal where all, or one of them, are small.

    What is told apart has more of them until no bound reads 0, as that would mean not told apart.
    """
    changes = [100 * (value - 1) for value in (ratio.median, ratio.low, ratio.high) if value is not None]
    sizes = [abs(change) for change in changes[ratio.verdict == HIDDEN :]]
    few = int(max(sizes) < 9.95 or min(sizes) < 0.95)
    if ratio.verdict == HIDDEN:
        return [_change(change, few, "0") for change in changes]
    decimals = next((count for count in range(few, _DECIMALS) if round(min(sizes), count)), _DECIMALS)
    return [_change(change, decimals, f"{'+' if change > 0 else '-'}<{10**-_DECIMALS}") for change in changes]


def _change(change: float, decimals: int, nothing: str) -> str:
    """The change with its sign, or `nothing` where so many decimals show none of it."""
    shown = f"{change:+.{decimals}f}"
    return shown if float(shown) else nothing


def _confidence(evaluation: Evaluation) -> str:
    """The confidence reached by the comparisons; the number of rounds decides on it."""
    reached = [each.ratio.coverage for each in evaluation.comparisons if each.ratio.coverage]
    low, high = (f"{100 * value:.1f}" for value in (min(reached), max(reached)))
    return f"{low} % confidence" if low == high else f"{low} to {high} % confidence"


def _grid(rows: Sequence[Row]) -> list[str]:
    """Rows in columns; the columns that find no place follow below, under the first one."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    chosen, used = [0], widths[0]
    for column in range(1, len(widths)):
        if used + len(_GAP) + widths[column] > WIDTH and len(chosen) > 1:
            rest = [[row[0], *row[column:]] for row in rows]
            return [*_lines(rows, chosen, widths), "", *_grid(rest)]
        chosen.append(column)
        used += len(_GAP) + widths[column]
    return _lines(rows, chosen, widths)


def _lines(rows: Sequence[Row], columns: Sequence[int], widths: Sequence[int]) -> list[str]:
    lines = [
        _GAP.join(row[i].rjust(widths[i]) if i else row[i].ljust(widths[i]) for i in columns).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _wrapped(lines: Sequence[str]) -> list[str]:
    return [
        part for line in lines for part in textwrap.wrap(_ascii(line), WIDTH, subsequent_indent=_GAP) or [""]
    ]


def _ascii(text: str) -> str:
    """Printable ASCII: what a measurement says of itself cannot spoil a terminal."""
    clean = "".join(each if each.isprintable() or each == "\n" else " " for each in text)
    return clean.encode("ascii", "replace").decode("ascii")
