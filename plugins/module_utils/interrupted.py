# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to tell of a run that is gone without a word: how it left things, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .model.begun import Begun
from .model.observation import Push
from .model.state import CALM, CUTTING, RETURNED, WATCH, RunState

_MESH = {True: "on", False: "off", None: "not known"}


def told(
    playbook: str,
    state: RunState,
    pushes: Iterable[Push],
    begun: Sequence[Begun],
    objects: Sequence[str],
    guards: Sequence[str] = (),
) -> str:
    """One line. `objects` are those of the cluster that the run wrote or took away, in words; `guards` the
    hosts whose guard the mesh is left to."""
    sent = [p for p in pushes if p.outcome == "applied" and p.host not in {b.host for b in begun}]
    parts = [
        _mesh(state),
        *(f"{p.host} has its {len(p.commands)} lines, confirmed" for p in sent),
        *(_pending(each) for each in begun),
        *objects,
    ]
    if len(parts) == 1 and state.cut_at is None:
        parts.append("nothing else was changed")
    return f"{playbook} was stopped before its end: {'; '.join(parts)}. {advice(state, guards)}"


def advice(state: RunState, guards: Sequence[str]) -> str:
    """What to do about a run that was stopped in this state."""
    if guards:
        return (
            f"Nobody watches any more. The guard on {', '.join(guards)} turns the mesh on "
            f"{state.guard_seconds:.0f} s after it last heard of this run, unless site or cut goes on before"
        )
    if state.unwatched and state.found_off and not state.returned:
        return "The mesh was off before it; run site again, which proves both sides"
    if state.unwatched:
        return "Nobody watches any more whether routes are lost, so the mesh is being turned on"
    if state.phase in (CALM, RETURNED):
        return "Run site again: it proves what is there"
    return "Run it again: it goes on from what is there; rollback takes back what is there"


def _mesh(state: RunState) -> str:
    if state.phase == CUTTING:
        return "the mesh was being turned off and may be off"
    if state.phase == WATCH:
        return "the mesh is off"
    if state.phase == CALM:
        return "the mesh is off, and its watch had come to its end"
    if state.phase == RETURNED:
        return "the mesh is on again"
    if state.mesh is None:
        return "the mesh was not touched"
    return f"the mesh was not touched and was {_MESH[state.mesh]}"


def _pending(begun: Begun) -> str:
    if begun.timer is None:
        return (
            f"{begun.host} was being sent {begun.lines} lines and may have a part of them; no revert timer "
            "of theirs is known"
        )
    return (
        f"{begun.host} has lines that are not confirmed: it takes them back within {begun.timer.minutes} "
        "minutes, or the next run ends that in seconds"
    )
