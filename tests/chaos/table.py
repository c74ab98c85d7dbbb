# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes as a table and as totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
COLUMNS = ("verdict", "case", "ended", "state left", "dark s", "pairs", "limit s", "next run", "said")
WIDEST = 70


def verdict(each: Json) -> str:
    """One word: what a reader looks for first."""
    if each["error"]:
        return "error"
    if not each["well"]:
        return "hand work"
    if not each["reached"]:
        return "not reached"
    if _is_kill(each) and each["status"] == 0:
        return "not killed"
    return "ok" if each["within_limit"] else "too dark"


def totals(outcomes: Sequence[Json]) -> Json:
    """Counted; `cases` are those whose strikes all came."""
    struck = [each for each in outcomes if each["reached"]]
    return {
        "cases": len(struck),
        "kill points": sum(_is_kill(each) for each in struck),
        "invariant broken": sum(each["broken"] for each in struck),
        "invariant broken at kill points": sum(each["broken"] for each in struck if _is_kill(each)),
        "darker than allowed": sum(not each["within_limit"] for each in struck),
        "next run not well at once": sum(_tries(each) > 1 for each in struck),
        "not killed": sum(verdict(each) == "not killed" for each in struck),
        "hand work": sum(not each["well"] for each in struck),
        "not reached": len(outcomes) - len(struck),
        "longest time without a look, s": max((each["unseen"] for each in outcomes), default=0.0),
        "errors": sum(bool(each["error"]) for each in outcomes),
    }


def _is_kill(each: Json) -> bool:
    """Whether nothing happened but the end of a run."""
    return len(each["strikes"]) == 1 and each["strikes"][0].startswith(("kill-", "term ", "int "))


def _ending(run: Json) -> str:
    """How a run ended: its outcome where it told one, and its status where that is not 0."""
    if run["status"] == 0:
        return str(run["outcome"] or "ok")
    return f"{run['outcome'] or 'no result'} ({run['status']})"


def _tries(each: Json) -> int:
    """Following runs until one ended well; a mesh_on before them is as it should be."""
    return sum(run["playbook"] != "mesh_on" for run in each["next"])


def row(each: Json) -> tuple[str, ...]:
    """The cells of one outcome."""
    late = f" (alive for {each['rest']:g} s more)" if each["rest"] >= 1 else ""
    late += ", cut then" if each["late"] else ""
    followed = ", ".join(f"{run['playbook']} {_ending(run)} {run['seconds']:.0f} s" for run in each["next"])
    dark = f"{each['worst']:g}" + ("+" if each["dark_at_end"] else "")
    if each["next_worst"]:
        dark += f", then {each['next_worst']:g}"
    limit = "-" if each["limit"] is None else f"{each['limit']:g}"
    return (
        verdict(each),
        each["case"],
        _ending(each) + late,
        each["state"],
        dark,
        str(len(each["dark"])),
        limit,
        followed,
        each["said"],
    )


def table(outcomes: Sequence[Json]) -> str:
    """All rows, and the totals below. `12+`: still dark when the case was over."""
    rows = [COLUMNS, *(tuple(cell[:WIDEST] for cell in row(each)) for each in outcomes)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(COLUMNS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in rows
    ]
    counted = [f"{name}: {number}" for name, number in totals(outcomes).items()]
    return "\n".join([*lines, "", *counted]) + "\n"
