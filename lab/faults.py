# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: how things break and heal, and faults that wait for the mesh to go."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from lab.faultkinds import FORMS, KINDS, NODE, REFLECTOR, UPSTREAM
from lab.ios.nuisances import Countdown, Lock, LogMessages, Refusal
from lab.lab import Lab
from lab.state import LabError

Action = Callable[[Lab, str, str], Awaitable[None]]
Json = dict[str, Any]


@dataclass
class Fault:
    """One fault: armed until its event comes, then active."""

    number: int
    kind: str
    target: str
    argument: str
    when: str
    active: bool = False


async def _power_off(lab: Lab, target: str, _argument: str) -> None:
    await lab.power_off(target)


async def _power_on(lab: Lab, target: str, _argument: str) -> None:
    await lab.power_on(target)


async def _unplug(lab: Lab, target: str, _argument: str) -> None:
    lab.plug(target, connected=False)


async def _plug(lab: Lab, target: str, _argument: str) -> None:
    lab.plug(target, connected=True)


async def _refuse_bgp(lab: Lab, target: str, argument: str) -> None:
    lab.refuse_bgp(target, argument, refuse=True)


async def _accept_bgp(lab: Lab, target: str, argument: str) -> None:
    lab.refuse_bgp(target, argument, refuse=False)


async def _kill_bird(lab: Lab, target: str, _argument: str) -> None:
    lab.nodes[target].kill_bird()


async def _start_bird(lab: Lab, target: str, _argument: str) -> None:
    lab.nodes[target].start_bird()


async def _kill_bgpd(lab: Lab, target: str, _argument: str) -> None:
    lab.reflectors[target].kill_bgpd()


async def _start_bgpd(lab: Lab, target: str, _argument: str) -> None:
    lab.start_bgpd(target)


async def _shut(lab: Lab, target: str, _argument: str) -> None:
    lab.doors[target].shut()


async def _open(lab: Lab, target: str, _argument: str) -> None:
    await lab.doors[target].open()


def _log_messages(where: str) -> LogMessages:
    place, every, *synchronous = where.split(":")
    return LogMessages(place, int(every), synchronous=bool(synchronous))


# What a fault sets of the router's nuisances: the attribute, its value by the fault's argument, and nothing
NUISANCES: dict[str, tuple[str, Callable[[str], object], object]] = {
    "lock-config": ("lock", Lock, None),
    "save-busy": ("saving_fails", lambda _none: True, False),
    "save-asks": ("other_image", lambda _none: True, False),
    "slow-lines": ("slowness", lambda milliseconds: int(milliseconds) / 1000, 0.0),
    "log-messages": ("log_messages", _log_messages, None),
    "cut-ssh": ("cut", lambda line: Countdown(int(line)), None),
    "deaf": ("deafness", lambda line: Countdown(int(line)), None),
}
REFUSALS: dict[str, Callable[[str], Refusal]] = {
    "refuse-line": lambda pattern: Refusal(pattern=pattern),
    "refuse-nth": lambda line: Refusal(int(line)),
}


def _nuisance(kind: str) -> tuple[Action, Action]:
    name, value, nothing = NUISANCES[kind]

    async def begin(lab: Lab, target: str, argument: str) -> None:
        setattr(lab.routers[target].nuisances, name, value(argument))

    async def end(lab: Lab, target: str, _argument: str) -> None:
        setattr(lab.routers[target].nuisances, name, nothing)

    return begin, end


def _refusing(kind: str) -> tuple[Action, Action]:
    async def begin(lab: Lab, target: str, argument: str) -> None:
        refusals, wanted = lab.routers[target].nuisances.refusals, REFUSALS[kind](argument)
        if wanted not in refusals:
            refusals.append(wanted)

    async def end(lab: Lab, target: str, argument: str) -> None:
        lab.routers[target].nuisances.refusals.remove(REFUSALS[kind](argument))

    return begin, end


#: What a fault sets of a kubelet: the field, its value by the fault's argument, and nothing.
KUBELET: dict[str, tuple[str, Callable[[str], bool | int], bool | int]] = {
    "kubelet-silent": ("silent", lambda _none: True, False),
    "exec-refused": ("refused", lambda _none: True, False),
    "exec-cut": ("cut", int, 0),
    "exec-slow": ("delay", int, 0),
}


def _kubelet(kind: str) -> tuple[Action, Action]:
    name, value, nothing = KUBELET[kind]

    async def begin(lab: Lab, target: str, argument: str) -> None:
        lab.kubelet.break_one(target, **{name: value(argument)})

    async def end(lab: Lab, target: str, _argument: str) -> None:
        lab.kubelet.break_one(target, **{name: nothing})

    return begin, end


async def _take_pod(lab: Lab, target: str, _argument: str) -> None:
    await asyncio.to_thread(lab.take_pod, target)


async def _give_pod(lab: Lab, target: str, _argument: str) -> None:
    await asyncio.to_thread(lab.give_pod, target)


ACTIONS: dict[str, tuple[Action, Action]] = {
    "stop": (_power_off, _power_on),
    "cut": (_unplug, _plug),
    "refuse-bgp": (_refuse_bgp, _accept_bgp),
    "reload": (_power_off, _power_on),
    "kill-bgpd": (_kill_bgpd, _start_bgpd),
    "restart-bgpd": (_kill_bgpd, _start_bgpd),
    "kill-bird": (_kill_bird, _start_bird),
    "ssh-dead": (_shut, _open),
    "pod-missing": (_take_pod, _give_pod),
    **{kind: _kubelet(kind) for kind in KUBELET},
    **{kind: _refusing(kind) for kind in REFUSALS},
    **{kind: _nuisance(kind) for kind in NUISANCES},
}


def _undone_by(fault: Fault, healed: Fault) -> bool:
    """Whether healing one may have healed the other, which is to stay."""
    apart = {fault.kind, healed.kind} & {*REFUSALS, *NUISANCES}
    return fault.target == healed.target and (fault.kind == healed.kind or not apart)


class Faults:
    """The faults of one lab."""

    def __init__(self, lab: Lab, log: Callable[[str], None]) -> None:
        self._lab, self._log = lab, log
        self._numbers = count(1)
        self._faults: list[Fault] = []
        self._passing: dict[int, asyncio.Task[None]] = {}

    async def add(self, kind: str, target: str, argument: str = "", when: str = "") -> Fault:
        """Break something now, or arm it for an event. LabError when it makes no sense."""
        self._check(kind, target, argument, when)
        fault = Fault(next(self._numbers), kind, target, argument, when)
        self._faults.append(fault)
        if not when:
            await self._inject(fault)
        return fault

    async def fire(self, event: str) -> None:
        """The event came: make the faults armed for it active."""
        for fault in self._faults:
            if fault.when == event and not fault.active:
                await self._inject(fault)

    async def clear(self, number: int | None) -> list[Fault]:
        """Heal one fault, or all with None; the faults that were there. LabError for an unknown number."""
        chosen = [fault for fault in self._faults if number in (None, fault.number)]
        if number is not None and not chosen:
            raise LabError(f"There is no fault {number}: `python -m lab fault list` shows those there are.")
        for fault in chosen:
            self._faults.remove(fault)
            self._passing.pop(fault.number, None)
            if fault.active:
                self._log(
                    f"fault {fault.number} healed: {fault.kind} {fault.target} {fault.argument}".rstrip()
                )
                await self._act(fault, heal=True)
        for fault in self._faults:
            # What was healed may have been broken twice.
            if fault.active and any(_undone_by(fault, healed) for healed in chosen):
                await self._act(fault)
        return chosen

    def list(self) -> list[Json]:
        """All faults as plain data."""
        return [asdict(fault) for fault in self._faults]

    async def _inject(self, fault: Fault) -> None:
        self._log(f"fault {fault.number}: {fault.kind} {fault.target} {fault.argument}".rstrip())
        fault.active = True
        await self._act(fault)
        if KINDS[fault.kind].passes:
            self._passing[fault.number] = asyncio.create_task(self._pass(fault))

    async def _pass(self, fault: Fault) -> None:
        await asyncio.sleep(int(fault.argument))
        if fault in self._faults:
            await self.clear(fault.number)

    async def _act(self, fault: Fault, *, heal: bool = False) -> None:
        await ACTIONS[fault.kind][heal](self._lab, fault.target, fault.argument)

    def _check(self, name: str, target: str, argument: str, when: str) -> None:
        kind = KINDS[name]
        machines = {
            **(dict.fromkeys(self._lab.nodes, NODE)),
            **(dict.fromkeys(self._lab.reflectors, REFLECTOR)),
            **(dict.fromkeys(self._lab.upstreams, UPSTREAM)),
        }
        if machines.get(target) not in kind.targets:
            fitting = ", ".join(each for each, role in machines.items() if role in kind.targets)
            raise LabError(f"The fault {name} is not for {target!r}: choose one of {fitting}.")
        if kind.argument == "NODE" and machines.get(argument) != NODE:
            raise LabError(f"The fault {name} needs a node: choose one of {', '.join(self._lab.nodes)}.")
        if kind.argument == "REGEX":
            try:
                re.compile(argument)
            except re.error as error:
                raise LabError(f"{argument!r} is no regular expression: {error}.") from error
        if kind.argument in FORMS and not re.fullmatch(FORMS[kind.argument][0], argument):
            raise LabError(f"The fault {name} needs {FORMS[kind.argument][1]}, not {argument!r}.")
        if any(
            (each.kind, each.target, each.argument, each.when) == (name, target, argument, when)
            for each in self._faults
        ):
            raise LabError(f"The fault {name} {target} {argument}".rstrip() + " is there already.")
