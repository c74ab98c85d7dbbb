# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a run: what has happened so far, and which phase that makes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .finding import PASS

ADOPTING = "adopting"
BEFORE = "before"
CUTTING = "cutting"
WATCH = "watch"
CALM = "calm"
RETURNED = "returned"
#: How the nodes are asked: by exec over the Kubernetes API, or each over SSH.
EXEC, SSH = "exec", "ssh"
PHASES = (ADOPTING, BEFORE, CUTTING, WATCH, CALM, RETURNED)


@dataclass(frozen=True)
class RunState:
    """What has happened in a run; made without arguments, one in which nothing has.

    Times are seconds since the epoch, `timeout` (for the sessions to come up) and `soak` (to watch after the
    cut; None is what the plan says) are seconds. `playbook` is the part of the run that reported last. `mesh`
    is None where it is not known, as while it is being turned off. `adopts` is True until somebody judged
    what a BGPPeer of before would lose. `gate` is the verdict in front of the cut, "" for none. `proof_until`
    is how long the proof of the gate in the moment of the cut is good, `cut_at` when the cut was begun,
    `watch_until` is there once it was done, and `watch_ends` is the same moment by the clock that watchers
    go by. `found_off` says that the mesh was off already, and is watched as after a cut. `calm` says that the
    watch came to its end, of this run or, where it found the mesh off, of one before it. `returned` is the
    loss that turned, or is to turn, the mesh on again. `without` says which reflector the cluster does
    without, "" for none. `ask` is EXEC or SSH. `proof_until` and `watch_ends` are on a steady clock, whose
    beginning is no matter (plugin_utils/clock.py). `over` says that the run told its end. `guard` is where
    something waits that turns the mesh on when it has heard nothing of the run for `guard_seconds`.
    """

    playbook: str = ""
    started: float | None = None
    timeout: float = 0.0
    soak: float | None = None
    mesh: bool | None = None
    adopts: bool = False
    gate: str = ""
    proof_until: float | None = None
    cut_at: float | None = None
    watch_until: float | None = None
    watch_ends: float | None = None
    found_off: bool = False
    calm: bool = False
    returned: str = ""
    without: str = ""
    ask: str = SSH
    over: bool = False
    guard: tuple[str, ...] = ()
    guard_seconds: float = 0.0

    @property
    def phase(self) -> str:
        """One of PHASES."""
        if self.cut_at is None:
            return ADOPTING if self.adopts else BEFORE
        if self.mesh:
            return RETURNED
        if self.watch_until is None:
            return CUTTING
        return CALM if self.calm else WATCH

    @property
    def decisive(self) -> bool:
        """Whether the run cut the mesh, or began to, or found both sides proved."""
        return self.cut_at is not None or self.gate == PASS

    @property
    def unwatched(self) -> bool:
        """Whether the run cut the mesh, or began to, and did not watch until the soak was over."""
        return self.phase in (CUTTING, WATCH)

    def within(self, phases: Collection[str]) -> bool:
        """Whether the run is in one of these phases; no phases at all are every one."""
        return not phases or self.phase in phases

    def planned(self, mesh: bool, adopts: bool) -> RunState:
        """There is a plan: how the mesh is, and whether a BGPPeer of before gets a filter."""
        return replace(self, mesh=mesh, adopts=adopts)

    def cutting(self, at: float) -> RunState:
        """The mesh is about to be turned off: from now on it may be."""
        return replace(self, mesh=None, cut_at=at)

    def cut(self, at: float, soak: float, now: float) -> RunState:
        """The mesh is off; it is watched for `soak` seconds where the run has no time of its own.

        `now` is `at` on the steady clock.
        """
        wait = soak if self.soak is None else self.soak
        return replace(self, mesh=False, watch_until=at + wait, watch_ends=now + wait)

    def watching_on(self, at: float, soak: float, now: float) -> RunState:
        """The mesh was off when the run came: it is watched as if it had been turned off now."""
        return replace(self, found_off=True, cut_at=at).cut(at, soak, now)

    def mesh_on(self) -> RunState:
        """The mesh is on, or on again."""
        return replace(self, mesh=True)

    def judged(self, gate: str, verdict: str, passed: bool, without: str = "") -> RunState:
        """What the verdict of a gate other than `watch` means for the run; `without` as in the record."""
        if gate == "adoption":
            return replace(self, adopts=self.adopts and not passed)
        if gate == "after_cut":
            return replace(self, without=without)
        in_front = gate in ("cut", "adopted") and self.cut_at is None
        return replace(self, gate=verdict, without=without) if in_front else self

    def watched(self, loss: str, calm: bool) -> RunState:
        """A round of the watch is over, with the `loss` it saw ("" for none), or `calm` until its end."""
        return replace(self, returned=loss or self.returned, calm=calm or self.calm)


def seconds(name: str, value: object) -> float | None:
    """A time as somebody gave it, None where it is empty.

    Raises:
        ValueError: it is no number of seconds; `name` is what it was given as.
    """
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise ValueError(f"{name} is {text}; give seconds as a number")
    return float(text)


def state_from(data: Mapping[str, Any]) -> RunState:
    """RunState out of what to_data() made of one."""
    return RunState(**{**data, "guard": tuple(data.get("guard", ()))})
