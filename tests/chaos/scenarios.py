# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases that are named, each one of a kind, and the matrix of kills made of what a run printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

from tests.chaos.case import CLEAN, CUT, MESHED, NEVER, Case, Strike
from tests.chaos.faults import KILLS
from tests.chaos.points import BEGIN, Step, mesh_off, play, task, typed, within

#: Hold time and soak of the scenarios, seconds, and what a return may take beyond the hold time.
HOLD, SOAK, QUICK = 9, 20, 3
SLOWEST = HOLD + QUICK
#: Hold time and a minute: after so long without a word the mesh is turned on from outside.
GUARD = HOLD + 60 + QUICK
PEER = "peer-to-external-rr"
#: Tasks that change something, or record it: every kind of kill.
CHANGES = re.compile(
    r"^(Turn the mesh|Record that|Refuse the cut|Write (what|the pass)|Bring the|Take |Start (its|the run))"
)
DRIFT = ("router bgp 64512", "no neighbor 192.168.1.12 peer-group CALICO", "no neighbor 192.168.1.12")


def scenarios() -> list[Case]:
    """All named cases."""
    return [
        *_losses(),
        *_disks(),
        *_apis(),
        *_times(),
        *_configurations(),
        *_states(),
        *_pairs(),
        *_signals(),
    ]


def _cut(name: str, *strikes: Strike, limit: float = SLOWEST, **more: Any) -> Case:
    """A site with one reflector, as most scenarios have it."""
    given: dict[str, Any] = {
        "base": MESHED,
        "reflectors": 1,
        "hold": HOLD,
        "soak": SOAK,
        "limit": limit,
        "settle": 4,
        **more,
    }
    return Case(name, "site", strikes, **given)


def _dies(after: float) -> Strike:
    return Strike(mesh_off(after), "lab", ("stop", "rr1"))


def _losses() -> list[Case]:
    return [
        _cut("loss in the watch", _dies(5)),
        _cut("loss 4 s before the end of the watch", _dies(SOAK - 4)),
        _cut("loss at the end of the watch", _dies(SOAK)),
        _cut("loss in the last look", _dies(SOAK + 2)),
        _cut("loss at the cut", Strike(mesh_off(), "lab", ("stop", "rr1"))),
        _cut("SSH of all is gone in the watch", Strike(mesh_off(3), "ssh-dead"), limit=0),
        _cut(
            "SSH of all is gone, then a loss",
            Strike(mesh_off(3), "ssh-dead"),
            _dies(6),
            limit=GUARD,
            settle=GUARD,
        ),
    ]


def _disks() -> list[Case]:
    return [
        _cut(
            "disk full before the cut",
            Strike(task("Write what the plan wants in the cluster"), "fill-disk"),
            limit=0,
        ),
        _cut("disk full at the cut", Strike(task("Turn the mesh off"), "fill-disk"), limit=0),
        _cut("disk full in the watch", Strike(mesh_off(3), "fill-disk"), limit=0),
        _cut("disk full in the watch, then a loss", Strike(mesh_off(3), "fill-disk"), _dies(6), settle=15),
        _cut(
            "disk read-only in the watch, then a loss",
            Strike(mesh_off(3), "read-only-disk"),
            _dies(6),
            settle=15,
        ),
    ]


def _apis() -> list[Case]:
    return [
        _cut(
            "API frozen for 40 s, and a loss meanwhile",
            Strike(mesh_off(3), "freeze-api"),
            _dies(4),
            Strike(mesh_off(43), "heal-api"),
            limit=43 - 4 + QUICK,
            settle=15,
        ),
        _cut(
            "API gone for 20 s, and a loss meanwhile",
            Strike(mesh_off(3), "api-gone"),
            _dies(4),
            Strike(mesh_off(23), "heal-api"),
            limit=23 - 4 + QUICK,
            settle=15,
        ),
        _cut(
            "API slow by 2 s, and a loss",
            Strike(mesh_off(3), "api-slow", ("2",)),
            _dies(4),
            limit=SLOWEST + 10,
        ),
        _cut("API frozen for 20 s before the cut", *_frozen("Read the cluster again", 20), limit=0),
        _cut(
            "API frozen for 20 s while peers are written",
            *_frozen("Write what the plan wants in the cluster", 20),
            limit=0,
        ),
    ]


def _frozen(name: str, seconds: float) -> tuple[Strike, Strike]:
    return Strike(task(name), "freeze-api"), Strike(task(name, after=seconds), "heal-api")


def _times() -> list[Case]:
    return [
        _cut(
            "clock jumps by 5 minutes in the watch, then a loss",
            Strike(mesh_off(3), "clock", ("300",)),
            _dies(8),
        ),
        _cut(
            "clock jumps by 5 minutes before the cut",
            Strike(play("Judge the gate"), "clock", ("300",)),
            limit=0,
        ),
        _cut(
            "suspended for 70 s before the patch, a loss meanwhile",
            Strike(task("Turn the mesh off"), "suspend", ("70",)),
            Strike(task("Turn the mesh off", after=5), "lab", ("stop", "rr1")),
        ),
        _cut(
            "suspended for 70 s before the patch",
            Strike(task("Turn the mesh off"), "suspend", ("70",)),
            limit=0,
        ),
        _cut(
            "suspended for 20 s in the watch, a loss meanwhile",
            Strike(mesh_off(3), "suspend", ("20",)),
            _dies(4),
            limit=SLOWEST + 20,
        ),
    ]


def _configurations() -> list[Case]:
    peer, filters = ("bgppeers", PEER), ("bgpfilters", PEER)
    return [
        _cut("BGPPeer deleted at the patch", Strike(task("Turn the mesh off"), "delete", peer)),
        _cut("BGPPeer deleted right after the patch", Strike(mesh_off(), "delete", peer)),
        _cut("BGPPeer deleted in the watch", Strike(mesh_off(5), "delete", peer)),
        _cut("BGPFilter deleted right after the patch", Strike(mesh_off(), "delete", filters)),
        _cut("BGPFilter deleted in the watch", Strike(mesh_off(5), "delete", filters)),
        _cut("BGPPeer deleted at the end of the watch", Strike(mesh_off(SOAK), "delete", peer)),
        _cut(
            "a node's BIRD restarts within 1 s in the watch",
            Strike(mesh_off(5), "lab", ("kill-bird", "node-b")),
            Strike(mesh_off(6), "lab", ("clear",)),
        ),
    ]


def _states() -> list[Case]:
    back: dict[str, Any] = {
        "base": CUT,
        "following": "rollback",
        "after": CLEAN,
        "reflectors": 1,
        "hold": HOLD,
        "soak": SOAK,
    }
    dead = Strike(BEGIN, "lab", ("stop", "rr1"))
    return [
        _cut("mesh turned on from outside in the watch", Strike(mesh_off(5), "mesh", ("on",)), limit=0),
        Case(
            "mesh turned off as rollback takes the peers",
            "rollback",
            (
                Strike(
                    task("Take BGPPeer and BGPFilter away, each while the mesh is on and proved"),
                    "mesh",
                    ("off",),
                ),
            ),
            **back,
        ),
        Case(
            "mesh turned off after rollback has judged it",
            "rollback",
            (Strike(task("Judge what was observed"), "mesh", ("off",)),),
            **back,
        ),
        _cut("site on a dark cut cluster", dead, base=CUT, limit=NEVER),
        # A run before it has watched the cut to its end, so this one proves what is there and goes.
        _cut(
            "loss behind the back of a run that found the cut proved",
            Strike(play("Judge the gate", after=1), "lab", ("stop", "rr1")),
            base=CUT,
            settle=HOLD + 10,
            limit=NEVER,
        ),
        _cut(
            "killed 1 s after the patch, the reflector dies 10 s later",
            Strike(mesh_off(1), "kill-all"),
            _dies(11),
            limit=GUARD,
            settle=GUARD + 10,
        ),
        _cut(
            "killed 1 s after the patch, one of two reflectors dies 10 s later",
            Strike(mesh_off(1), "kill-all"),
            _dies(11),
            reflectors=2,
            limit=0,
            settle=40,
        ),
        Case("one of two reflectors dies in the watch", "site", (_dies(3),), MESHED, soak=SOAK, settle=15),
    ]


def _pairs() -> list[Case]:
    """Two runs at once, the second one 4 s after the first, or at its cut."""
    found = []
    drained = {"calico_bgp_reflector": "rr1"}
    for first, second, words in (
        ("site", "site", ()),
        ("site", "peers", ()),
        ("site", "rollback", ()),
        ("site", "mesh_on", ()),
        ("rollback", "site", ()),
        ("rollback", "rollback", ()),
        ("drain", "drain", ("calico_bgp_reflector=rr2",)),
        ("drain", "site", ()),
        ("drain", "rollback", ()),
        ("peers", "peers", ()),
    ):
        base = CLEAN if first == "site" else CUT
        following = {"drain": "undrain"}.get(first, first)
        after = CLEAN if first == "rollback" else CUT
        if (first, second) == ("drain", "rollback"):
            following, after = "rollback", CLEAN
        settings = drained if first == "drain" else {}
        points = [BEGIN]
        if first == "site":
            points.append(task("Turn the mesh off"))
        for point in points:
            strike = Strike(point, "also", (second, *words))
            found.append(
                Case(
                    f"{first} and {second} at {point}",
                    first,
                    (strike,),
                    base,
                    following,
                    after,
                    settings=settings,
                )
            )
    return found


def _signals() -> list[Case]:
    # The first one comes when the timer is set, before its time is asked for.
    ends = [Strike(typed("rr1", "end", nth=2), kill) for kill in KILLS]
    watching = [Strike(mesh_off(2), kill) for kill in KILLS]
    return [
        *(Case(f"{each.act} between end and confirm", "site", (each,)) for each in ends),
        Case("kill-all as the revert timer is set", "site", (Strike(typed("rr1", "end"), "kill-all"),)),
        *(Case(f"{each.act} in the watch", "site", (each,), MESHED, settle=5) for each in watching),
        Case(
            "rr1 reloads between end and confirm",
            "site",
            (Strike(typed("rr1", "end", nth=2), "lab", ("reload", "rr1", "5")),),
        ),
        Case(
            "kill-group at the gate",
            "site",
            (Strike(play("Judge the gate"), "kill-group"),),
            MESHED,
            settle=10,
        ),
    ]


#: For each playbook of the matrix: how the lab is before and after, and the next run.
PLAYBOOKS: Mapping[str, Case] = {
    "site": Case("", "site", ()),
    "rollback": Case("", "rollback", (), CUT, "rollback", CLEAN),
    "drain": Case("", "drain", (), CUT, "undrain", CUT, settings={"calico_bgp_reflector": "rr1"}),
    "peers": Case("", "peers", (), CUT, "peers", CUT, drift=DRIFT),
}


def matrix(playbook: str, steps: Sequence[Step]) -> list[Case]:
    """A kill at each step, at each second of a long one, and more where something changes."""
    form, found = PLAYBOOKS[playbook], []
    kinds = cycle(KILLS)
    for step in steps:
        changes = bool(CHANGES.match(step.name))
        for after in within(step, 0.5 if changes else 1.0):
            for kill in KILLS if changes and after == 0 else [next(kinds)]:
                strike = Strike(task(step.name, step.nth, after), kill)
                found.append(replace(form, name=f"{playbook}: {strike}", strikes=(strike,)))
    return found
