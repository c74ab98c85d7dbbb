# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything stands in the pictures of an evaluation: one for each figure, a bar for each path.

Lengths are units of the picture; a bar has its name on the left and its number on the right, so that no word
can lie over another, however wide or narrow the page is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..evaluate import text
from ..evaluate.result import Evaluation, PathResult
from ..evaluate.theory import FAMILIES, METRICS, NAMES, UNITS

#: The picture of the bytes on the wire; all others are called by their metric.
BYTES = "bytes"
WIDTH = 380
#: Where bars begin, how long the longest is, and how high a row and the name of a family are.
LEFT, LONGEST, ROW, HEAD = 112, 190, 24, 22


@dataclass(frozen=True)
class Bar:
    """One path: `width` is None where there is nothing to draw, and `word` then says why.

    `dots` are the rounds (of the bytes: what fewer packets carried), `theory` is where theory stands.
    """

    y: int
    name: str
    encapsulation: str
    word: str
    width: float | None = None
    dots: tuple[float, ...] = ()
    theory: float | None = None


@dataclass(frozen=True)
class Picture:
    """One figure of all paths; `told` says the same in words."""

    id: str
    title: str
    unit: str
    told: str
    height: int
    heads: tuple[tuple[int, str], ...]
    bars: tuple[Bar, ...]
    width: int = WIDTH
    left: int = LEFT


@dataclass(frozen=True)
class _Values:
    """What one path has of a figure; `middle` is None where it has none."""

    middle: float | None
    dots: tuple[float, ...] = ()
    theory: float | None = None
    digits: int = 0

    @property
    def number(self) -> str:
        """The value in the middle, with as many decimals as its neighbours."""
        return "" if self.middle is None else f"{self.middle:.{self.digits}f}"


def pictures(evaluation: Evaluation) -> tuple[Picture, ...]:
    """The bytes, and each figure that was measured of any path."""
    taken = {figure.metric for path in evaluation.paths for figure in path.figures}
    names = [BYTES, *(metric for metric in METRICS if metric in taken)]
    return tuple(_picture(evaluation, name) for name in names) if evaluation.paths else ()


def _picture(evaluation: Evaluation, name: str) -> Picture:
    values = _alike_in_decimals({path.name: _values(path, name) for path in evaluation.paths}, name)
    everything = [v for each in values.values() for v in (each.middle, each.theory, *each.dots)]
    scale = LONGEST / (max((v for v in everything if v is not None), default=0) or 1)
    alike, y = evaluation.alike(name), 0
    heads: list[tuple[int, str]] = []
    bars: list[Bar] = []
    for family in FAMILIES:
        paths = evaluation.ordered(family)
        if paths:
            heads.append((y, NAMES[family]))
            y += HEAD
        for path in paths:
            hidden = (family, path.encapsulation) in alike
            bars.append(_bar(path, values[path.name], y, scale, hidden))
            y += ROW
    title, unit = _title(name)
    told = f"{title}, {unit}: {'; '.join(_told(evaluation, values, alike))}."
    return Picture(name, title, unit, told, y + 4, tuple(heads), tuple(bars))


def _alike_in_decimals(values: Mapping[str, _Values], name: str) -> Mapping[str, _Values]:
    """The same, with the decimals that the row of the table has; bytes are whole."""
    middles = [each.middle for each in values.values() if each.middle is not None]
    digits = text.digits(max(middles)) if middles and name != BYTES else 0
    return {path: replace(each, digits=digits) for path, each in values.items()}


def _values(path: PathResult, name: str) -> _Values:
    if name != BYTES:
        figure, factor = path.figure(name), METRICS[name].factor
        if figure is None:
            return _Values(None)
        dots = figure.values if figure.spread.count > 1 else ()
        return _Values(factor * figure.spread.median, tuple(factor * each.value for each in dots))
    if path.wire is None or not path.wire.measured:
        return _Values(None, (), path.wire.expected if path.wire else None)
    most = max(path.wire.measured, key=lambda seen: seen.packets).bytes
    others = tuple(float(seen.bytes) for seen in path.wire.measured if seen.bytes != most)
    return _Values(most, others, path.wire.expected)


def _bar(path: PathResult, values: _Values, y: int, scale: float, alike: bool) -> Bar:
    theory = None if values.theory is None else round(scale * values.theory, 1)
    name, word = text.name(path), _word(path, values, alike)
    if values.middle is None:
        return Bar(y, name, path.encapsulation, word, theory=theory)
    dots = tuple(round(scale * dot, 1) for dot in values.dots)
    return Bar(y, name, path.encapsulation, word, round(scale * values.middle, 1), dots, theory)


def _word(path: PathResult, values: _Values, alike: bool) -> str:
    """The number beside a bar, with a sign where it is not told apart from native; or why there is none."""
    if values.middle is None:
        return "not measured here" if path.refused is not None else "no value"
    return ("\u2248 " if alike else "") + values.number


def _title(name: str) -> tuple[str, str]:
    if name == BYTES:
        return "Bytes per packet", "beyond the pod's own, less is better"
    metric = METRICS[name]
    return metric.title, f"{UNITS[metric.unit]}, {'more' if metric.more else 'less'} is better"


def _told(
    evaluation: Evaluation, values: Mapping[str, _Values], alike: set[tuple[str, str]]
) -> Iterator[str]:
    for family in FAMILIES:
        for path in evaluation.ordered(family):
            word = _word(path, values[path.name], False)
            hidden = ", not told apart from native" if (family, path.encapsulation) in alike else ""
            yield f"{NAMES[family]} {text.name(path)} {word}{hidden}"
