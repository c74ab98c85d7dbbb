# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture: loss over time, a panel for each order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Run, Summary, loss

WIDTH = 0.1
START = -2.0
#: Seconds shown beyond the last loss of any order.
BEYOND = 2.0
# Okabe and Ito's vermilion and bluish green: told apart with any colour vision.
LOST, KEPT = "#D55E00", "#009E73"
MISSING = "The plot needs matplotlib, which setup does not bring: `make bench` does."


class NoPlotError(Exception):
    """There is nothing to draw with; the text says what to do."""


@dataclass(frozen=True)
class Panel:
    """One order: its name for people, its runs and their summary."""

    name: str
    runs: Sequence[Run]
    summary: Summary


def check() -> None:
    """NoPlotError where matplotlib is missing: better before minutes of measuring than after."""
    _matplotlib()


def draw(panels: Sequence[Panel], subtitle: str, files: Sequence[Path]) -> None:
    """Write the picture to every file, in the format of its suffix. `subtitle`: what was measured on what."""
    matplotlib = _matplotlib()
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "order", "font.size": 10})
    pyplot = import_module("matplotlib.pyplot")
    bins = _bins(panels)
    middles = [START + (index + 0.5) * WIDTH for index in range(bins)]
    figure, axes = pyplot.subplots(
        len(panels), 1, figsize=(9, 1.4 + 1.4 * len(panels)), sharex=True, sharey=True, squeeze=False
    )
    for axis, panel in zip(axes[:, 0], panels, strict=True):
        kept = panel.summary.dark.high < WIDTH
        colour = KEPT if kept else LOST
        curves = [loss(run, START, WIDTH, bins) for run in panel.runs]
        middle = [_middle([curve[index] for curve in curves]) for index in range(bins)]
        axis.fill_between(middles, middle, step="mid", color=colour, alpha=0.55, linewidth=0)
        for curve in curves:
            shares = [float("nan") if value is None else value for value in curve]
            axis.step(middles, shares, where="mid", color=colour, linewidth=0.9 if not kept else 2)
        axis.axvline(0, color="black", linewidth=1, linestyle=":")
        axis.set_title(f"{panel.name}: {_verdict(panel.summary)}", loc="left", fontsize=11, fontweight="bold")
        axis.set_ylim(-0.03, 1.05)
        axis.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        axis.grid(axis="y", linewidth=0.4, alpha=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].annotate("mesh off ", (0, 0.5), ha="right", va="center")
    bottom = axes[-1, 0]
    bottom.set_xlim(START, START + bins * WIDTH)
    bottom.set_xlabel("seconds since the mesh was switched off")
    figure.supylabel("share of packets lost", fontsize=10)
    height = figure.get_figheight()
    figure.suptitle(
        "Packets lost between nodes while Calico moves from the mesh to a route reflector",
        x=0.012,
        y=1 - 0.08 / height,
        va="top",
        ha="left",
        fontsize=14,
    )
    figure.text(0.012, 1 - 0.4 / height, subtitle, ha="left", va="top", fontsize=9, color="#444444")
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.72 / height), h_pad=0.9)
    for file in files:
        figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(figure)


def _matplotlib() -> Any:
    # Not at the top: the figures and the tests do without it.
    try:
        return import_module("matplotlib")
    except ImportError as error:
        raise NoPlotError(MISSING) from error


def _bins(panels: Sequence[Panel]) -> int:
    last = max((panel.summary.last_loss.high for panel in panels if panel.summary.last_loss), default=10.0)
    return int((last + BEYOND - START) / WIDTH) + 1


def _middle(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return median(known) if known else float("nan")


def _verdict(summary: Summary) -> str:
    lost, dark = summary.lost, summary.dark
    if lost.high == 0:
        return f"no packet lost of {summary.sent.middle:,.0f}"
    if dark.high < WIDTH:
        packets = "1 packet" if lost.high == 1 else f"{lost.high:.0f} packets"
        return f"at most {packets} lost of {summary.sent.middle:,.0f}"
    return f"{'all' if dark.low >= WIDTH else 'some'} pairs dark for {dark.middle:.1f} s"
