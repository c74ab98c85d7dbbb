# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking many nodes at once over the Kubernetes API: until they have what they should, or in a watch."""

from __future__ import annotations

import asyncio
import itertools
import resource
import time
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace

from ..module_utils.calico import bird
from ..module_utils.calico.pods import Pod, pod_of
from ..module_utils.checks.evidence import Nodes
from ..module_utils.checks.waiting import NOTHING, node_missing, questions
from ..module_utils.checks.watch import node_loss, restarted
from ..module_utils.model.observation import BirdProtocol, BirdRoute, NodeObservation
from ..module_utils.model.plan import Plan
from ..module_utils.model.shared import Shelf
from .alarm import PATIENCE, SPEAK, Alarm, never
from .bird_ask import FAMILY, MOST, POLL, SECONDS, TRIES, silent
from .clock import steady
from .holding import stop_if_orphaned
from .kube_exec import Api, Birdcl, ExecError

#: Seconds within which the list of pods is not read again.
YOUNG = 5.0
#: The part of the time that an answer is fresh after which it is asked for again where others took longer.
#: The rest is for the reflectors and for judging.
AGED = 0.5
#: Looks, within PATIENCE, at whether a node says something.
LOOKS = 4
#: Answers that make what is usual.
USUAL_OF = 4
#: Characters of a line that says how far it is.
LINE = 200
#: Files that the process has open besides one connection for each node.
OTHERS = 100


@dataclass(frozen=True)
class Heard:
    """What a node said at a time (epoch): the text of BIRD's socket, or why there is none."""

    node: str
    at: float
    text: str
    why: str = ""


@dataclass(frozen=True)
class Seen:
    """What became of a node's last question: when (epoch), whether it answered, else why not, and what was
    missing or lost then, "" for nothing. Its routes are not kept: there may be thousands by thousands."""

    at: float
    answered: bool
    reason: str
    text: str


Say = Callable[[str], None]
Keep = Callable[[NodeObservation], object]


class Crowd:
    """The nodes of one cluster, each asked through its pod, `parallel` questions at a time.

    A question to which nothing has come for PATIENCE seconds no longer counts, as a zone that is dark must
    not hold up who would answer. With `keep`, each node keeps its session of birdcl from one question to the
    next.
    """

    def __init__(self, api: Api, namespace: str, socket: str, *, parallel: int, keep: bool) -> None:
        self._api, self._namespace, self._socket, self._keep = api, namespace, socket, keep
        self._parallel, self._room = parallel, asyncio.Semaphore(parallel)
        #: Seconds that an answer takes, and that this process has spent on what was answered.
        self._usual = self._busy = 0.0
        #: Seconds for which each node's last question had a place.
        self._held: dict[str, float] = {}
        self._reading = asyncio.Lock()
        self._pods: Mapping[str, Sequence[Pod]] = {}
        self._read = float("-inf")
        self._why = ""
        self._sessions: dict[str, Birdcl] = {}
        self._failed: set[str] = set()
        #: When each open question was put (time.monotonic).
        self.open: dict[str, float] = {}

    async def hear(self, node: str) -> Heard:
        """One answer of the node's BIRD, or why there is none; never an exception."""
        text = ""
        async with self._place(node) as leave:
            self.open[node] = time.monotonic()
            try:
                text = await self._listen(node, leave)
            except TimeoutError:
                why = f"no answer within {SECONDS} seconds"
            except ExecError as exc:
                why = str(exc)
            except Exception as exc:  # of aiohttp, TLS or JSON: silence, whatever it is
                why = f"the Kubernetes API does not answer: {type(exc).__name__}: {exc}"
            else:
                why = ""
            finally:
                del self.open[node]
            (self._failed.add if why else self._failed.discard)(node)
            if why or not self._keep:
                await self._close(node)
        return Heard(node, time.time(), text, why)

    @asynccontextmanager
    async def _place(self, node: str) -> AsyncIterator[Callable[[], None]]:
        """One of the `parallel` places; gives what leaves it early."""
        await self._room.acquire()
        taken, since = True, time.monotonic()

        def leave() -> None:
            nonlocal taken
            if taken:
                self._room.release()
                self._held[node] = time.monotonic() - since
            taken = False

        try:
            yield leave
        finally:
            leave()

    async def _listen(self, node: str, leave: Callable[[], None]) -> str:
        """The answer of a node; TimeoutError after SECONDS.

        The time does not count in which this process has its hands full with what others said: no node is
        silent for that. Who is at it keeps the place, however long the answer, and where answers take their
        time, as an API server has much to do, no place is left for what is usual.
        """
        asking = asyncio.ensure_future(self._ask(node))
        left, quiet, said = float(SECONDS), 0.0, 0
        try:
            while left > 0:
                step = min(PATIENCE / LOOKS, left)
                began = time.monotonic() - self._busy
                if (await asyncio.wait([asking], timeout=step))[0]:
                    self._usual += (SECONDS - left - self._usual) / USUAL_OF
                    return asking.result()
                # Some of it counts always, so that this comes to its end.
                passed = max(time.monotonic() - self._busy - began, step / LOOKS)
                session = self._sessions.get(node)
                left, quiet = left - passed, quiet + passed
                if session is not None and session.said > said:
                    quiet, said = 0.0, session.said
                if quiet >= max(PATIENCE, 2 * self._usual):
                    leave()
            raise TimeoutError
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def seconds_for(self, nodes: Collection[str]) -> float:
        """About how long asking these nodes takes, by how long each took the last time."""
        held = [self._held.get(node, 0.0) for node in nodes]
        return max(sum(held) / self._parallel, *held, 0.0)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around what is made of an answer, in which nobody is listened to."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._busy += time.monotonic() - began

    async def close(self) -> None:
        """End every session."""
        await asyncio.gather(*(self._close(node) for node in list(self._sessions)))

    async def _ask(self, node: str) -> str:
        if node not in self._sessions:
            pod = await self._pod(node)
            try:
                self._sessions[node] = await self._api.birdcl(self._namespace, pod, self._socket)
            except ExecError as exc:
                raise ExecError(f"exec into its pod {pod}: {exc}") from None
        session, left = self._sessions[node], MOST
        answers = []
        for question in bird.QUESTIONS:
            answers.append(await session.ask(question, left))
            left -= len(answers[-1])
        return "".join(answers)

    async def _pod(self, node: str) -> str:
        """The name of its pod; ExecError where none can be asked.

        The list is read once, and again where it says that none can be asked, or the last question failed.
        """
        async with self._reading:
            doubted = self._why or node in self._failed or self._of(node).trouble
            if doubted and time.monotonic() - self._read > YOUNG:
                await self._read_pods()
        if self._why:
            raise ExecError(self._why)
        pod = self._of(node)
        if pod.trouble:
            raise ExecError(f"{pod.trouble} (namespace {self._namespace})")
        return pod.name

    def _of(self, node: str) -> Pod:
        return pod_of(node, self._pods.get(node, ()))

    async def _read_pods(self) -> None:
        found: dict[str, list[Pod]] = {}
        self._why = ""
        try:
            async with asyncio.timeout(SECONDS / 2):
                for pod in await self._api.pods(self._namespace):
                    found.setdefault(pod.node, []).append(pod)
        except Exception as exc:  # everybody's silence, and not asked again for each node
            said = str(exc) if isinstance(exc, ExecError) else f"{type(exc).__name__}: {exc}"
            self._why = f"the pods of calico-node cannot be read: {said}"
        self._pods, self._read = found, time.monotonic()

    async def _close(self, node: str) -> None:
        session = self._sessions.pop(node, None)
        if session is not None:
            with suppress(Exception):
                async with asyncio.timeout(PATIENCE):
                    await session.close()


def read(heard: Heard) -> NodeObservation:
    """The observation that it makes."""
    if heard.why:
        return silent(heard.node, heard.why)
    try:
        return bird.read_node(heard.node, FAMILY.name, heard.at, heard.text)
    except ValueError as exc:
        return silent(heard.node, f"BIRD's answer is not understood: {exc}")


class Shelves:
    """What nodes have in common, so that it is looked at once."""

    def __init__(self) -> None:
        self._protocols: Shelf[BirdProtocol] = Shelf()
        self._routes: Shelf[BirdRoute] = Shelf()

    def lay(self, seen: NodeObservation) -> NodeObservation:
        """The same observation: its sessions of the mesh and what neighbours brought as a table of others."""
        mesh = [p for p in seen.protocols if p.mesh]
        brought = [r for r in seen.routes if r.neighbor is not None]
        return replace(
            seen,
            protocols=self._protocols.lay(mesh, [p for p in seen.protocols if not p.mesh]),
            routes=self._routes.lay(brought, [r for r in seen.routes if r.neighbor is None]),
        )


def room_for(nodes: int) -> None:
    """Let this process have a connection for each node open; ExecError where the machine does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = nodes + OTHERS
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise ExecError(
                f"{nodes} nodes need {needed} open files, and this machine allows {hard}: raise its limit "
                "(ulimit -n)"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


async def await_all(
    crowd: Crowd, plan: Plan, nodes: Collection[str], expect: str, patience: float, keep: Keep, say: Say
) -> dict[str, Seen]:
    """Ask until every node has what is expected, `patience` seconds at the most; `keep` gets the last answer.

    A node that does not answer is asked no more after TRIES questions, or one without an answer in time.
    Answers that are no longer fresh at the end are asked for once more, where that helps.
    """
    began = time.monotonic()
    end = began + patience
    seen: dict[str, Seen] = {}
    surveys, shelves = questions(plan), Shelves()

    async def one(name: str) -> None:
        for tries in itertools.count(1):
            stop_if_orphaned()
            asked = time.monotonic()
            heard = await crowd.hear(name)
            with crowd.working():
                observation = shelves.lay(read(heard))
                seen[name] = _seen(observation, node_missing(plan, observation, expect, surveys))
                silent_for_long = tries >= TRIES or time.monotonic() - asked >= SECONDS
                over = time.monotonic() >= end or (not observation.answered and silent_for_long)
                if not seen[name].text or over:
                    keep(observation)
                    return
            await asyncio.sleep(min(POLL, max(end - time.monotonic(), 0)))

    async def tell() -> None:
        while True:
            await asyncio.sleep(SPEAK)
            say(progress(nodes, seen, crowd.open, began))

    teller = asyncio.create_task(tell())
    try:
        await asyncio.gather(*(one(name) for name in nodes))
        fresh = plan.thresholds.fresh
        aged = [n for n, each in seen.items() if each.answered and each.at < time.time() - AGED * fresh]
        again = crowd.seconds_for(aged)
        if again <= (1 - AGED) * fresh:
            await asyncio.gather(*(one(name) for name in aged))
        else:
            say(too_slow(len(aged), again, fresh))
    finally:
        teller.cancel()
    return seen


def too_slow(aged: int, again: float, fresh: int) -> str:
    """That old answers are left as they are: others would be too old by the time these have come again."""
    return (
        f"{aged} answers are older than {AGED * fresh:.0f} s, and asking again takes {again:.0f} s, too long "
        f"to help; an answer is good for {fresh} s (the threshold fresh of calico_plan_thresholds)"
    )


def _seen(observation: NodeObservation, text: str) -> Seen:
    return Seen(observation.at, observation.answered, observation.reason, text)


def progress(
    nodes: Collection[str], seen: Mapping[str, Seen], asked: Mapping[str, float], began: float
) -> str:
    """How far it is, in one line: how many have what is expected, and who is slowest."""
    ready = sum(not s.text for s in seen.values())
    parts = [f"{ready} of {len(nodes)} nodes have what is expected after {time.monotonic() - began:.0f} s"]
    slowest = min(asked, key=asked.__getitem__, default=None)
    if slowest is not None:
        parts.append(f"{slowest} has not answered for {time.monotonic() - asked[slowest]:.0f} s")
    waiting = next((f"{name}: {s.text}" for name, s in seen.items() if s.text), "")
    line = "; ".join([*parts, waiting] if waiting else parts)
    return line if len(line) <= LINE else f"{line[:LINE]} ..."


class Watch:
    """One round of the watch over all nodes; a loss in words that are `known` does not ring again."""

    def __init__(
        self,
        crowd: Crowd,
        plan: Plan,
        before: Nodes,
        alarm: Alarm,
        known: Collection[str],
        expect: str = NOTHING,
    ) -> None:
        self._crowd, self._plan, self._before, self._alarm, self._known = crowd, plan, before, alarm, known
        self._expect = expect
        self.seen: dict[str, Seen] = {}
        self._surveys = questions(plan)
        #: What each node that was asked still lacks of what is expected, "" for nothing.
        self.missing: dict[str, str] = {}
        #: The last text that said something else, and when.
        self._last: dict[str, tuple[float, bytes]] = {}
        #: The nodes whose BIRD is starting: when that takes too long, its text may be the same still.
        self._starting: set[str] = set()
        self._prints: dict[str, bytes] = {}

    async def follow(self, name: str) -> None:
        """Ask a node every second, without an end; what says the same again is not read again."""
        while True:
            began = time.monotonic()
            heard = await self._crowd.hear(name)
            with self._crowd.working():
                self._look(name, heard)
            await asyncio.sleep(max(POLL - (time.monotonic() - began), 0))

    def _look(self, name: str, heard: Heard) -> None:
        mark = bird.fingerprint(heard.text)
        if heard.why or mark != self._prints.get(name) or name in self._starting:
            observation = read(heard)
            self._starting.discard(name)
            if restarted(self._plan, observation, self._before.get((name, observation.family))):
                self._starting.add(name)
            loss = node_loss(self._plan, observation, self._before)
            self.seen[name] = _seen(observation, loss)
            self.missing[name] = node_missing(self._plan, observation, self._expect, self._surveys)
            self._last[name] = heard.at, zlib.compress(heard.text.encode("utf-8", "replace"), 1)
            if loss and loss not in self._known:
                self._alarm.sound(loss)
        else:
            self.seen[name] = replace(self.seen[name], at=heard.at)
        self._prints[name] = b"" if heard.why else mark

    def last(self, name: str) -> NodeObservation:
        """The last answer of a node that has given one, or why there was none."""
        seen, (at, text) = self.seen[name], self._last[name]
        told = read(Heard(name, at, zlib.decompress(text).decode(), seen.reason))
        # It said the same again since, but for its clocks.
        uptime = None if told.uptime is None else told.uptime + seen.at - at
        return replace(told, at=seen.at, uptime=uptime)


async def watch_all(
    crowd: Crowd,
    watch: Watch,
    alarm: Alarm,
    nodes: Collection[str],
    until: float,
    keep: Keep,
    say: Say,
    enough: Callable[[], bool] = never,
) -> dict[str, Seen]:
    """Follow each node until `until` (steady clock), until a watcher of the round sees a loss, or `enough`.

    `keep` gets the last answers; who has not answered the last question when it is over is silent.
    """
    seen = watch.seen
    tasks = {name: asyncio.create_task(watch.follow(name)) for name in nodes}
    spoken = began = time.monotonic()
    while True:
        left = until - steady()
        asked_once = len(seen) == len(tasks) or time.monotonic() - began > SECONDS + PATIENCE
        # One that could not even ring ends the round as well: what it saw is in `seen`.
        broken = any(task.done() for task in tasks.values())
        if alarm.raised or broken or ((left <= 0 or enough()) and asked_once):
            break
        if time.monotonic() - spoken >= SPEAK:
            say(f"{watched(seen, len(tasks))} ({max(left, 0):.0f} s left)")
            spoken = time.monotonic()
        stop_if_orphaned()
        await asyncio.sleep(POLL / 5)
    waiting = dict(crowd.open)
    if waiting:
        await asyncio.sleep(PATIENCE)
    late = {name for name, since in waiting.items() if crowd.open.get(name) == since}
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    for name in nodes:
        if name in late or name not in seen:
            since = time.monotonic() - waiting.get(name, began)
            observation = silent(name, f"no answer for {since:.0f} s")
            seen[name] = _seen(observation, "")
        else:
            observation = watch.last(name)
        keep(observation)
    return seen


def watched(seen: Mapping[str, Seen], nodes: int) -> str:
    """How it stands, in a few words."""
    lost = [name for name, s in seen.items() if s.text]
    mute = [name for name, s in seen.items() if not s.answered]
    told = [f"{nodes} nodes"]
    told += [f"{len(lost)} lost routes, as {lost[0]}"] if lost else ["nothing lost"]
    told += [f"{len(mute)} do not answer, as {mute[0]}"] if mute else []
    return ", ".join(told)
