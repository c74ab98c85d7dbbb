# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One case: a run that something happens to, what is left of it, who was dark how long, and the next run."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh

from tests.chaos.faults import ACTS, Relay, Running, Scene, said
from tests.chaos.points import LAB, MESH_OFF, RUN, Awaited, Lines, Point
from tests.chaos.poller import Poller, descendants
from tests.helpers.kube import CALICO
from tests.helpers.labs import Lab

#: How a lab is before a case: in its mesh with bare routers, in its mesh whatever the routers and the peers
#: are like, or cut and served by every reflector.
CLEAN, MESHED, CUT = "clean", "meshed", "cut"
#: What brings a lab there.
WAYS = {CLEAN: "rollback", MESHED: "mesh_on", CUT: "site"}
TICK = 0.02
#: Seconds that a run may take, that what is left of a killed one may go on, and for the next runs together.
LONGEST_RUN = 300.0
LONGEST_REST = 60.0
LONGEST_NEXT = 240.0
PAUSE = 10.0
CONVERGED = 20.0
NEVER = float("inf")
OUTCOMES = {
    "site": {"cut", "adopted"},
    "peers": {"peers_ready", "adopted"},
    "rollback": {"rolled_back"},
    "undrain": {"undrained"},
    # It has no run directory, so no result.
    "mesh_on": {"", "mesh_on"},
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Strike:
    """Something that happens at a point: a name in ACTS and its words."""

    point: Point
    act: str
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.act, *self.words]) + f" at {self.point}"


@dataclass(frozen=True)
class Case:
    """What happens to a run of `playbook`.

    `base`: how the lab is before; `after`: how the next run, `following`, is to leave it. `settle`: seconds
    to go on looking when the run is over. `limit`: seconds that a pair may be dark. `drift`: lines typed at
    rr2 before, so that there is something to do.
    """

    name: str
    playbook: str
    strikes: tuple[Strike, ...]
    base: str = CLEAN
    following: str = "site"
    after: str = CUT
    reflectors: int = 2
    hold: int = 9
    soak: int = 4
    settle: float = 2.0
    limit: float = 0.0
    drift: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def form(self) -> Case:
        """Everything but what happens."""
        return replace(self, name="", strikes=())

    @property
    def variables(self) -> Json:
        """The extra variables of its runs."""
        timers = {"keepalive": max(self.hold // 3, 1), "hold": self.hold}
        return {"calico_bgp_soak": self.soak, "cisco_rr_timers": timers, **self.settings}


@dataclass(frozen=True)
class State:
    """What a lab is like: the mesh, the peers, each router's clients, and whether a revert timer runs."""

    mesh: bool
    peers: int
    clients: dict[str, int]
    shut: dict[str, int]
    timers: dict[str, bool]
    silent: list[str]

    def __str__(self) -> str:
        clients = "+".join(map(str, self.clients.values()))
        extra = "".join(f", {name} drained" for name, number in self.shut.items() if number)
        extra += "".join(f", {name} silent" for name in self.silent)
        extra += "".join(f", timer on {name}" for name, runs in self.timers.items() if runs)
        return f"mesh {'on' if self.mesh else 'off'}, {self.peers} peers, {clients} clients{extra}"

    def is_at(self, base: str, nodes: int) -> bool:
        """Whether nothing is half done, and all is as `base` has it."""
        if any(self.timers.values()) or any(self.shut.values()) or self.silent:
            return False
        if base == MESHED:
            return self.mesh
        reflectors, clean = len(self.clients), base == CLEAN
        wanted = (0, 0) if clean else (reflectors, reflectors * nodes)
        return self.mesh == clean and (self.peers, sum(self.clients.values())) == wanted


@dataclass
class Outcome:
    """What came of a case. Seconds; `dark` is for each pair that was, as "node-a>node-b".

    `rest`: how long processes of a killed run lived on; `late`: whether the mesh went off meanwhile.
    `unseen`: the longest time between two looks.
    """

    case: str
    playbook: str
    strikes: list[str]
    reached: bool = False
    status: int | None = None
    outcome: str = ""
    said: str = ""
    others: list[Json] = field(default_factory=list)
    state: str = ""
    dark: dict[str, float] = field(default_factory=dict)
    worst: float = 0.0
    total: float = 0.0
    dark_at_end: int = 0
    rest: float = 0.0
    late: bool = False
    next: list[Json] = field(default_factory=list)
    next_worst: float = 0.0
    well: bool = False
    limit: float = 0.0
    unseen: float = 0.0
    seconds: float = 0.0
    error: str = ""

    @property
    def broken(self) -> bool:
        """Whether a pair was dark at all."""
        return max(self.worst, self.next_worst) > 0

    @property
    def within_limit(self) -> bool:
        """Whether none was longer than the case allows, and the next run ended it for none."""
        if self.limit == NEVER:
            return True
        return max(self.worst, self.next_worst) <= self.limit and not self.dark_at_end

    def as_json(self) -> Json:
        """Plain data."""
        return {
            **asdict(self),
            "limit": None if self.limit == NEVER else self.limit,
            "broken": self.broken,
            "within_limit": self.within_limit,
        }


class Stage:
    """A lab that cases play on one after another, and who looks at it meanwhile."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.process = _first_process(lab)
        network = lab.facts()["network"]
        self.nodes = len(network["nodes"])
        self.routers = [each["name"] for each in network["reflectors"]]
        self.poller = Poller(self.process, {each["name"]: each["block"] for each in network["nodes"]})
        self.poller.start()
        self.relay = Relay(lab)

    def close(self) -> None:
        """Stop looking."""
        self.poller.stop()
        self.relay.close()

    def state(self) -> State:
        """What the lab is like now."""
        settings = self._objects("bgpconfigurations")
        default = [each["spec"] for each in settings if each["metadata"]["name"] == "default"]
        shown = {name: self._shown(name) for name in self.routers}
        return State(
            mesh=all(each.get("nodeToNodeMeshEnabled", True) for each in default),
            peers=len(self._objects("bgppeers")),
            clients={name: _lines(r"neighbor \S+ peer-group [A-Z]", text) for name, text in shown.items()},
            shut={name: _lines(r"neighbor \S+ shutdown", text) for name, text in shown.items()},
            silent=[name for name, text in shown.items() if not text],
            timers={name: "Timer value:" in text for name, text in shown.items()},
        )

    def _shown(self, name: str) -> str:
        """What a router says of its configuration; nothing where it is dead."""
        try:
            return self.lab.router("show running-config", "show archive config rollback timer", name=name)
        except (OSError, asyncssh.Error):
            return ""

    def _objects(self, kind: str) -> list[Json]:
        return list(self.lab.api.request("GET", f"{CALICO}/{kind}").json()["items"])

    def prepare(self, case: Case) -> None:
        """Bring the lab to where the case begins; AssertionError where that does not come about."""
        if not self.state().is_at(case.base, self.nodes):
            run = Running(self.lab, WAYS[case.base], case.variables)
            self._finish(run)
            assert run.process.returncode == 0, f"no way to begin: {said(run)}"
        if case.drift:
            self.lab.router("configure terminal", *case.drift, "end", name="rr2")
        self._light(CONVERGED)
        assert not self.poller.dark_now(), f"dark before it begins: {self.poller.dark_now()}"

    def play(self, case: Case, *, ready: bool = False, last: bool = True) -> Outcome:
        """Play a case and what follows. The lab is healed at the end, and where it should be if `well`.

        `ready`: it begins with what the case before has left. Unless it is the `last` one nothing follows
        a run that was struck as it should be and left nobody dark: `next` is empty then.
        """
        outcome = Outcome(case.name, case.playbook, [str(each) for each in case.strikes], limit=case.limit)
        if not ready:
            self.prepare(case)
        began = time.monotonic()
        with self._scene(case) as scene:
            self._watch(scene, case, outcome)
            ended = time.monotonic()
            self._count(outcome, began, ended)
            scene.heal_api()
            state = self.state()
            outcome.state = str(state)
            outcome.status = scene.run.process.returncode
            scene.run.collect()
            outcome.outcome, outcome.said = result(scene.run)
            outcome.others = [_told(each) for each in scene.others]
            if outcome.dark_at_end and not state.mesh:
                self._next(outcome, "mesh_on", case)
        if last or not outcome.reached or outcome.dark_at_end:
            self._follow(outcome, case)
        over = time.monotonic()
        outcome.next_worst = round(
            max((each.clipped(ended, over) for each in self.poller.intervals(ended, over)), default=0.0), 1
        )
        outcome.unseen = round(self.poller.longest_gap(began, over), 1)
        outcome.seconds = round(over - began, 1)
        return outcome

    @contextmanager
    def _scene(self, case: Case) -> Iterator[Scene]:
        acts = {each.act for each in case.strikes}
        variables = case.variables
        if {"api-gone", "api-slow"} & acts:
            variables |= {"calico_plan_kubeconfig": str(self.relay.kubeconfig)}
        run = Running(
            self.lab,
            case.playbook,
            variables,
            small_disk=bool({"fill-disk", "read-only-disk"} & acts),
            clock="clock" in acts,
        )
        scene = Scene(self.lab, self.process, run, self.relay, case.variables)
        try:
            yield scene
        finally:
            scene.heal_api()
            for each in scene.runs():
                each.kill()
                each.collect()
            for wake in scene.thawing:
                wake.kill()
                wake.wait()
            self.lab.do("fault", "clear")

    def _watch(self, scene: Scene, case: Case, outcome: Outcome) -> None:
        """Strike where it is due, until all is over that a run or a strike began."""
        waiting = [(Awaited(each.point), each) for each in case.strikes]
        sources = {RUN: Lines(scene.run.output, whole=True), LAB: Lines(self.lab.state / "lab.log")}
        began = time.monotonic()
        over: float | None = None
        while True:
            now = time.monotonic()
            for where, lines in sources.items():
                new = lines.new()
                outcome.late |= over is not None and any(MESH_OFF in line for line in new)
                for awaited, _strike in waiting:
                    awaited.see(where, new, now)
            for awaited, strike in list(waiting):
                if awaited.due is not None and now >= awaited.due:
                    waiting.remove((awaited, strike))
                    ACTS[strike.act](scene, *strike.words)
            if now - began > LONGEST_RUN:
                outcome.error = f"not over after {LONGEST_RUN:g} s"
                for each in scene.runs():
                    each.kill()
                break
            if over is None and all(each.is_over() for each in scene.runs()):
                over = now
            to_come = any(awaited.due is not None for awaited, _strike in waiting)
            if over is not None and not to_come and self._settled(scene, now - over, case.settle, outcome):
                break
            time.sleep(TICK)
        outcome.reached = not waiting

    def _settled(self, scene: Scene, since: float, settle: float, outcome: Outcome) -> bool:
        """Whether nothing of the runs works any more, or has long enough, and `settle` is over."""
        if any(each.workers() for each in scene.runs()) and since < LONGEST_REST:
            outcome.rest = round(since, 1)
            time.sleep(0.2)
            return False
        return since >= settle

    def _count(self, outcome: Outcome, began: float, ended: float) -> None:
        intervals = self.poller.intervals(began, ended)
        for each in intervals:
            name = ">".join(each.pair)
            outcome.dark[name] = round(outcome.dark.get(name, 0.0) + each.clipped(began, ended), 1)
        outcome.worst = round(max((each.clipped(began, ended) for each in intervals), default=0.0), 1)
        outcome.total = round(sum(outcome.dark.values()), 1)
        outcome.dark_at_end = len(self.poller.dark_now())

    def _follow(self, outcome: Outcome, case: Case) -> None:
        """The next run, again and again where it does not end well, for a while."""
        end = time.monotonic() + LONGEST_NEXT
        while True:
            done = self._next(outcome, case.following, case)
            self._light(CONVERGED)
            outcome.well = done and self.state().is_at(case.after, self.nodes) and not self.poller.dark_now()
            if outcome.well or time.monotonic() > end:
                return
            time.sleep(PAUSE)

    def _next(self, outcome: Outcome, playbook: str, case: Case) -> bool:
        """One following run; whether it ended well."""
        began = time.monotonic()
        more = {"calico_bgp_reflector": "rr1"} if playbook == "undrain" else {}
        run = Running(self.lab, playbook, {**case.variables, **more})
        self._finish(run)
        told = _told(run)
        outcome.next.append({**told, "seconds": round(time.monotonic() - began, 1)})
        return run.process.returncode == 0 and told["outcome"] in OUTCOMES[playbook]

    @staticmethod
    def _finish(run: Running) -> None:
        end = time.monotonic() + LONGEST_RUN
        try:
            while not run.is_over() and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            run.kill()

    def _light(self, seconds: float) -> None:
        """Return when no pair is dark, or after a while."""
        end = time.monotonic() + seconds
        while self.poller.dark_now() and time.monotonic() < end:
            time.sleep(0.1)


def result(run: Running) -> tuple[str, str]:
    """Outcome and last words of a run: of its result where it wrote one, else of what it printed."""
    directory = run.directory()
    file = directory / "result.json" if directory else Path("/nowhere")
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return "", said(run)
    return found.get("outcome", ""), found.get("message", "") or said(run)


def _told(run: Running) -> Json:
    outcome, words = result(run)
    return {"playbook": run.playbook, "status": run.process.returncode, "outcome": outcome, "said": words}


def _lines(pattern: str, text: str) -> int:
    return len(re.findall(rf"^ *{pattern}", text, re.M))


def _first_process(lab: Lab) -> int:
    """The lab's process that everything else is below."""
    return next(descendants(int((lab.state / "pid").read_text())))
