# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keeper of a run: a process of its own session that renews the run's hold over the cluster.

It sees that the run is gone, however it went: it says how the run left things, turns the mesh on where nobody
watches any more, waits for workers that still end what they are at, gives the hold back, and ends. It leaves
nothing behind but its log in the run directory. A run that ends by itself ends its keeper first.

It is the guard on the controller, too, where it is asked to be (guarding.py). Then it goes on after it gave
the hold back, until it turned the mesh on or is disarmed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..module_utils import interrupted, rundir
from ..module_utils.guard import CONTROLLER, LONGEST
from ..module_utils.model import lease as leases
from ..module_utils.model.journal import MESH_ON
from ..module_utils.model.lease import Holder
from ..module_utils.model.state import CUTTING, RunState
from ..module_utils.printable import printable
from . import detached, guard_here, holding, kube_lease, kube_way, mesh_switch
from .clock import steady
from .detached import Process
from .guarding import TRIES, Guarding
from .holding import Hold
from .kube_exec import Api
from .kube_way import Way, WayError

NAME = "calico-bgp-keeper"
#: Shows nothing: who waits for the end of what the run showed waits no longer.
SILENT = -1
UNREAD = "The run was stopped before its end, and how it left things cannot be read"
#: Seconds between two looks at the run.
LOOK = 0.2
#: Seconds in which a run that was interrupted ends by itself.
UNWINDS = 1.5
#: Seconds to wait for workers of a run that is gone, and for the keeper to begin.
WORKERS, BEGIN = 120.0, 60.0


class NotKept(Exception):
    """Why there is no keeper."""


def begin(
    run: Path, hold: Hold, holder: Holder, access: Mapping[str, str], *, hands_over: bool = False
) -> Hold:
    """Start the keeper of a run that has just got the Lease; its hold from now on. NotKept where it fails.

    One that `hands_over` leaves a mesh that nobody watches any more to the guard, where there is one.
    """
    holding.write(run, hold)
    message = {
        "directory": str(run),
        "holder": asdict(holder),
        "access": dict(access),
        "hands_over": hands_over,
    }
    needs = ("ansible_collections.kubernetes.core.plugins.module_utils.k8s.client",)
    started = detached.start(f"{__name__}:main", message, name=NAME, run=run, needs=needs)
    end = time.monotonic() + BEGIN
    while started.alive and time.monotonic() < end:
        found = holding.read(run)
        if found is not None and found.keeper is not None:
            return found
        time.sleep(0.05)
    raise NotKept(
        f"the process that is to renew the hold of this run did not begin; {run}/{NAME}.log says why"
    )


def end(run: Path) -> Hold | None:
    """End the keeper of this run; the hold that it kept, None where there was none."""
    hold = holding.read(run)
    if hold is None or hold.keeper is None:
        return hold
    if hold.keeper.alive:
        os.kill(hold.keeper.pid, signal.SIGTERM)
    end_by = time.monotonic() + BEGIN
    while hold.keeper.alive and time.monotonic() < end_by:
        time.sleep(0.02)
    return hold


def main(message: Mapping[str, Any]) -> None:
    """What the process does."""
    run = Path(message["directory"])
    hold = holding.read(run)
    if hold is None:
        return
    given = message["access"]
    renewing = Renewing(run, hold, Holder(**message["holder"]), given)
    with detached.speaking_for(hold.run) as errors:
        threading.Thread(target=renewing.forever, daemon=True).start()
        access = Access(given, early(given))
        guarding = Guarding(run, access.way)
        workers: dict[Process, None] = {}
        interrupts = Interrupts(hold.run, partial(is_over, run))
        while hold.run.alive:
            interrupts.repeat()
            workers = dict.fromkeys([*(w for w in workers if w.alive), *detached.children(hold.run)])
            guarding.look(partial(say, errors))
            time.sleep(LOOK)
        guards = guards_of(run, guarding) if message["hands_over"] else ()
        unwatched = tell(run, renewing.holder.playbook, access, errors, guards)
    back = end_of(run, renewing, workers, access, guarding, unwatched)
    guard_on(run, guarding, unwatched, back)
    os._exit(0)  # A question to the API may be open for ever.


class Interrupts:
    """A Ctrl-C that a run has lost, and that ends it after all.

    The handler of ansible-core leaves SIGINT to the kernel from then on, and raises KeyboardInterrupt. Python
    ignores what is raised in a function that os.fork() calls back, as logging has one, and the run goes on.

    Python itself leaves SIGINT to the kernel when it ends, which takes its time on a busy machine: a run that
    is `over` is ending.
    """

    def __init__(self, run: Process, over: Callable[[], bool]) -> None:
        self._run, self._over = run, over
        self._hears = detached.hears_interrupts(run)
        self._since: float | None = None

    def repeat(self) -> None:
        """Send it again where the run has had time enough to end by itself; now it is the kernel's."""
        if not self._hears or detached.hears_interrupts(self._run) is not False:
            self._since = None
            return
        if self._since is None:
            self._since = time.monotonic()
        if time.monotonic() - self._since >= UNWINDS and self._run.alive and not self._over():
            with suppress(ProcessLookupError):
                os.kill(self._run.pid, signal.SIGINT)


@dataclass(frozen=True)
class Access:
    """How the keeper reaches the API: kubeconfig and context, and the way they led while all was well."""

    given: Mapping[str, str]
    early: Way | None

    def way(self) -> Way:
        """As it is now, or was. WayError where there is none."""
        try:
            return kube_way.prepare(self.given, self.early.addresses if self.early else ())
        except WayError:
            if self.early is None:
                raise
            return self.early


def is_over(run: Path) -> bool:
    """Whether the run told its end, as far as is known."""
    with suppress(OSError, rundir.RunDirectoryError):
        return rundir.read_state(run).over
    return False


def guards_of(run: Path, guarding: Guarding) -> tuple[str, ...]:
    """The hosts that the run has a guard on still, as far as is known; none of a run that saw a loss."""
    try:
        state, gone = rundir.read_state(run), {s.host for s in rundir.read_guards(run) if s.there is False}
        here = guarding.armed or any(guard_here.armed(run.parent))
    except (OSError, rundir.RunDirectoryError) as exc:
        detached.log(f"whether there is a guard is not known: {exc}")
        return ()
    there = [host for host in state.guard if (here if host == CONTROLLER else host not in gone)]
    return () if state.returned else tuple(there)


def tell(run: Path, playbook: str, access: Access, errors: int, guards: Sequence[str]) -> bool:
    """The run is gone: say so, and go back where nobody watches; whether that was so.

    Nothing is said of one that told its end. Where there are `guards` the mesh is left to them.
    """
    try:
        state = rundir.read_state(run)
    except (OSError, rundir.RunDirectoryError) as exc:
        say(errors, f"{UNREAD}: {exc}")
        return False
    guards = guards if forsaken(state) else ()
    if not state.over:
        say(errors, left(run, playbook, state, guards))
    if guards or not forsaken(state):
        return False
    go_back(run, access, errors)
    return True


def forsaken(state: RunState) -> bool:
    """Whether a run that is gone in this state leaves a mesh off that is to be on: it cut it, or began to,
    and did not watch to the end; or it saw a loss and could not turn the mesh on.

    A run that told its end unproved saw no loss, and a mesh that was off before the run is left as it was.
    """
    if not state.unwatched:
        return False
    return bool(state.returned) or state.phase == CUTTING or not (state.over or state.found_off)


def end_of(
    run: Path,
    renewing: Renewing,
    workers: Iterable[Process],
    access: Access,
    guarding: Guarding,
    unwatched: bool,
) -> bool:
    """Wait for what still ends, and give the hold back; whether it went back, as nobody watches."""
    end_by = time.monotonic() + WORKERS
    while any(worker.alive for worker in workers) and time.monotonic() < end_by:
        look(run, guarding)
    # A worker may have been turning it off just then.
    back = unwatched and go_back(run, access, SILENT)
    renewing.give_back()
    return back


def guard_on(run: Path, guarding: Guarding, unwatched: bool, back: bool) -> None:
    """Be the guard still, where it is armed, after the run: until it acted, or is disarmed. Where nobody
    watches it waits for nothing but that its patch gets through."""
    quietly = partial(say, SILENT)
    if back:
        guarding.leave("the run is gone, and the mesh is on", quietly)
    elif unwatched:
        guarding.forsaken()
    end_by = time.monotonic() + LONGEST + TRIES
    while guarding.armed and time.monotonic() < end_by:
        look(run, guarding)


def look(run: Path, guarding: Guarding) -> None:
    """One look of the guard at a run that is gone."""
    if guarding.look(partial(say, SILENT)):
        write_down(run)
    time.sleep(LOOK)


def go_back(run: Path, access: Access, errors: int) -> bool:
    """Turn the mesh on, as nobody watches any more; whether it is on."""

    def tell(text: str) -> None:
        say(errors, f"Nobody watches, so the mesh is turned on: {text}")

    try:
        done = mesh_switch.turn_on(access.way(), tell)
    except Exception as exc:  # of the API or a library below it: hold and guard are still to be seen to
        why = str(exc) if isinstance(exc, WayError) else f"{type(exc).__name__}: {exc}"
        say(errors, f"The mesh could not be turned on ({why}): run mesh_on")
        return False
    if done.changed:
        say(errors, "The mesh is on again, as nobody watches any more. Run site again")
    write_down(run)
    return True


def write_down(run: Path) -> None:
    """That the mesh is on again, in the state of the run and its journal."""
    try:
        rundir.write_state(run, rundir.read_state(run).mesh_on())
        rundir.note(run, MESH_ON, text="as the run is gone and nobody watches")
    except (OSError, rundir.RunDirectoryError) as exc:
        detached.log(f"not written down: {exc}")


def early(given: Mapping[str, str]) -> Way | None:
    """The way to the API while all is well; None where there is none."""
    try:
        return kube_way.prepare(given)
    except WayError as exc:
        detached.log(f"no way to the API yet: {exc}")
        return None


def left(run: Path, playbook: str, state: RunState, guards: Sequence[str]) -> str:
    """How the run left things, and what to do."""
    try:
        pushes, begun = rundir.read_pushes(run).values(), rundir.read_begun(run)
        return f"{interrupted.told(playbook, state, pushes, begun, rundir.read_objects(run), guards)} ({run})"
    except Exception as exc:  # of whatever lies there: the mesh does not wait for what is told
        return f"{UNREAD}: {type(exc).__name__}: {exc}"


def say(errors: int, text: str) -> None:
    """Say it where the run shows its errors, and in the log of the keeper."""
    detached.say(errors, printable(text))
    detached.log(printable(text))


class Renewing:
    """The renewals of one hold, in a thread: a silent API must not hide that the run is gone."""

    def __init__(self, run: Path, hold: Hold, holder: Holder, access: Mapping[str, str]) -> None:
        self.holder = holder
        self._run, self._access = run, access
        self._hold = replace(hold, keeper=detached.process(os.getpid()))
        self._note()

    def forever(self) -> None:
        """Renew until the hold is lost, or the process ends."""
        while not self._hold.lost:
            try:
                kube_lease.with_api(self._access, self._renew)
            except kube_lease.LeaseError as exc:
                detached.log(f"not renewed: {exc}")
            time.sleep(leases.RENEW)

    def give_back(self) -> None:
        """Give the Lease back, if it is still ours; else it expires by itself."""
        if self._hold.lost:
            return
        namespace, identity = self._hold.namespace, self._hold.identity
        self._hold = replace(self._hold, lost="its run is gone")
        try:
            kube_lease.with_api(self._access, lambda api: kube_lease.give_back(api, namespace, identity))
        except kube_lease.LeaseError as exc:
            detached.log(f"not given back: {exc}")

    async def _renew(self, api: Api) -> None:
        held = kube_lease.Leases(api, self._hold.namespace)
        while not self._hold.lost:
            began = steady()
            lost = await kube_lease.renew(held, self.holder)
            if lost:
                self._hold = replace(self._hold, lost=lost)
                self._note()
                return
            self._hold = replace(self._hold, renewed=began)
            self._note()
            await asyncio.sleep(leases.RENEW)

    def _note(self) -> None:
        try:
            holding.write(self._run, self._hold)
        except (OSError, rundir.RunDirectoryError) as exc:
            detached.log(f"not written down: {exc}")
