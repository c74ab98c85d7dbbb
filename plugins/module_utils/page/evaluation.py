# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands on the page of an evaluation; how it looks, the template `evaluate.html.j2` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..evaluate import text
from ..evaluate.result import Comparison, Evaluation
from ..evaluate.statistics import TOO_FEW
from ..evaluate.theory import FAMILIES, METRICS, NAMES, NATIVE, UNITS, VXLAN
from . import bars
from .view import Figure
from .words import BAD, CALM, GOOD, many, moment

#: Differences that stand large.
LARGE = ("tcp_bits_per_second", "tcp_cpu_seconds_per_gigabit", "rtt_p50_microseconds")
_SHORT = {"us": UNITS["us"]}


@dataclass(frozen=True)
class Family:
    """The tables of one family. `rows` and `differences` have a head first; `compared` says why there are no
    differences, where there are none."""

    id: str
    name: str
    rows: Sequence[Sequence[str]]
    differences: Sequence[Sequence[str]]
    compared: str
    carriers: Sequence[str]


def view(evaluation: Evaluation) -> dict[str, Any]:
    """All that the template prints."""
    pictures = bars.pictures(evaluation)
    families = tuple(_family(evaluation, family) for family in FAMILIES if evaluation.family(family))
    tone, verdict, lead = _verdict(evaluation)
    page = {
        "title": f"What an encapsulation costs: {verdict}",
        "kicker": "telco.calico_bgp, playbook evaluate, measured in the lab",
        "heading": "What an encapsulation costs between pods",
        "tone": tone,
        "verdict": verdict,
        "lead": lead,
        "detail": text.LAB,
        "about": tuple(_about(evaluation)),
        "figures": tuple(_figures(evaluation)),
        "problems": evaluation.problems,
        "notes": evaluation.notes,
        "pictures": pictures,
        "legend": tuple(_legend(evaluation)),
        "alike": any(evaluation.alike(picture.id) for picture in pictures),
        "glance": _glance(evaluation.settings.rounds),
        "rounds": evaluation.settings.rounds,
        "families": families,
        "medians": text.MEDIANS if evaluation.settings.rounds > 1 else "",
        "reading": tuple(text.how_to_read(evaluation)),
        "facts": tuple(_facts(evaluation)),
    }
    page["sections"] = tuple(_sections(page))
    return page


def _verdict(evaluation: Evaluation) -> tuple[str, str, str]:
    """Tone, a few words, a sentence."""
    if not evaluation.ok:
        count = many(len(evaluation.problems), "problem")
        return BAD, "Not to be trusted", f"This evaluation has {count}: do not trust its figures."
    refused = [path for path in evaluation.paths if path.refused is not None]
    lead = "Bytes on the wire and the MTU for pods are those of theory, and no figure is missing."
    if refused:
        names = ", ".join(f"{text.name(path)} over {NAMES[path.family]}" for path in refused)
        lead = f"{lead} Not measured here: {names}."
    return GOOD, "As theory says", lead


def _glance(rounds: int) -> str:
    """What a bar is."""
    if rounds > 1:
        return "A bar and its number are the median of all rounds; the tables below have the spread."
    return (
        "A bar and its number are what was measured in the one round." if rounds else "Bytes and MTU alone."
    )


def _sections(page: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if page["problems"] or page["notes"]:
        yield "notes", "Problems and notes" if page["problems"] else "Notes"
    if page["pictures"]:
        yield "pictures", "At a glance"
    yield from ((family.id, family.name) for family in page["families"])
    yield "about", "About the measurement"


def _about(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    settings = evaluation.settings
    yield "Measured", moment(evaluation.started)
    yield "On", evaluation.machine.processor or "a processor that does not say its name"
    yield "Rounds", f"{settings.rounds:,}" if settings.rounds else "none: bytes and MTU alone"


def _figures(evaluation: Evaluation) -> Iterator[Figure]:
    """What each family adds to a packet, then what VXLAN costs beside native routes."""
    for family in FAMILIES:
        paths = evaluation.ordered(family)
        if paths:
            value = " / ".join(_added(path.wire.measured) if path.wire else "\u2013" for path in paths)
            names = ", ".join(NAMES[path.encapsulation] for path in paths)
            wrong = any(path.wire is not None and not path.wire.ok for path in paths)
            yield Figure(f"{NAMES[family]}, bytes per packet", value, names, BAD if wrong else CALM)
    for family in FAMILIES:
        for each in evaluation.comparisons:
            wanted = (each.family, each.of, each.against) == (family, VXLAN, NATIVE) and each.metric in LARGE
            if wanted and each.ratio.verdict != TOO_FEW:
                yield _change(each)


def _added(seen: Sequence[Any]) -> str:
    return f"{seen[0].bytes:+d}" if len(seen) == 1 else "various" if seen else "none seen"


def _change(each: Comparison) -> Figure:
    """How a comparison came out, in the large: its value without the interval, which the table has."""
    word = text.difference(each.ratio).partition(" (")[0]
    note = f"{NAMES[each.of]} against {NAMES[each.against]}, {NAMES[each.family]}"
    return Figure(METRICS[each.metric].title, word, note)


def _legend(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """Each encapsulation that there is, and how its paths are called."""
    names: dict[str, dict[str, None]] = {}
    for family in FAMILIES:
        for path in evaluation.ordered(family):
            names.setdefault(path.encapsulation, {})[text.name(path)] = None
    yield from ((encapsulation, " and ".join(called)) for encapsulation, called in names.items())


def _family(evaluation: Evaluation, family: str) -> Family:
    few = text.too_few(evaluation, family)
    differences = [] if few else text.difference_rows(evaluation, family)
    none = "Too few rounds to compare." if few else "There was nothing to compare."
    return Family(
        family,
        NAMES[family],
        text.figure_rows(evaluation, family, _SHORT),
        differences,
        "" if differences else none,
        text.carriers(evaluation, family),
    )


def _facts(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    machine, settings = evaluation.machine, evaluation.settings
    yield "Measured", moment(evaluation.started)
    yield "Machine", ", ".join(text.computer(machine))
    yield "Programs", text.programs(evaluation) or "not known"
    yield "How often", text.measurements(settings)
    yield "MTU of the underlay", f"{settings.underlay_mtu:,} bytes"
    yield "Busy before the start", f"{100 * machine.busy_before:.0f} % of all processors"
