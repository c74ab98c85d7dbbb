# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run directory on the controller: how plan and observations travel from one step of a run to the next.

Directory mode 0700, files mode 0600, each written under a temporary name and renamed: it is whole or absent.
Nobody else may write into the directories above it, as whoever swaps one swaps the plan.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from . import private
from .guard import Seen, seen_from
from .model.begun import Begun, begun_from
from .model.cluster import Cluster, Steering, cluster_from, steering_from
from .model.data import canonical, to_data
from .model.journal import Note
from .model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
    Push,
    RouterObservation,
    push_from,
    router_observation_from,
)
from .model.plan import Plan, plan_from
from .model.shared import NOTHING, Common, Shared, Shelf, shared
from .model.state import RunState, state_from

PLAN = "plan.json"
CLUSTER = "cluster.json"
#: The cluster as it was read for the gate in front of the cut.
CLUSTER_GATE = "cluster-gate.json"
STATE = "state.json"
OBJECTS = "objects.json"
RESULT = "result.json"
JOURNAL = "journal.jsonl"
PACKETS = "packets.json"
FINDINGS = "findings"
OBSERVATIONS = "observations"
STEERING = "steering.json"
#: Room that is kept for the files of the watch, and where the API is to be found in it.
RESERVE, WAY = "reserve", "way.json"
#: Bytes that are kept at the least.
LEAST = 4 << 20
TABLES = "tables"
RUNS = "calico-bgp-runs"
#: So few routes or sessions of a node are not worth a table in common.
FEW = 50


_Record = TypeVar("_Record")
_Row = TypeVar("_Row", BirdProtocol, BirdRoute)


class RunDirectoryError(Exception):
    """A file of the run is missing or is not what a step of this collection wrote."""


def folder_of(parent: str, cluster: str) -> Path:
    """The folder of a cluster's runs below `parent` (empty: RUNS below the current directory)."""
    return Path(parent or os.path.join(os.getcwd(), RUNS)).expanduser().absolute() / named(cluster)


def create(parent: str, cluster: str) -> Path:
    """A new run directory in the cluster's folder, named after the time (UTC)."""
    folder = folder_of(parent, cluster)
    stamp = time.strftime("%Y%m%dT%H%M%SZ-", time.gmtime())
    try:
        refuse_foreign(folder)
        private.make(folder)
        refuse_foreign(folder)
        return Path(tempfile.mkdtemp(prefix=stamp, dir=folder))
    except OSError as exc:
        raise RunDirectoryError(
            f"{folder}: the run cannot keep its files there ({exc.strerror}); "
            "give calico_plan_run_directory a folder that can be written"
        ) from None


def named(name: str) -> str:
    """The name, which becomes a part of a file's; RunDirectoryError where it would lead elsewhere.

    >>> named("rr1.example.net")
    'rr1.example.net'
    """
    if "/" in name or name.startswith(".") or not name.isprintable() or not name:
        raise RunDirectoryError(f"{name!r}: this name cannot name a file of a run; choose another")
    return name


def refuse_foreign(folder: Path) -> None:
    """RunDirectoryError where somebody else has a hand in the directory or one above it."""
    found = private.other_hands(folder)
    if found:
        raise RunDirectoryError(
            f"{found}, who could put another plan in the place of this one; see to the directory, "
            "or give calico_plan_run_directory a folder of your own"
        )


def write(path: Path, data: Any) -> str:
    """Write `data` as JSON, mode 0600; returns the path."""
    return write_bytes(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file, mode 0600; returns the path. On a full disk the room that was kept for it is given up."""
    try:
        return _write(path, data)
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT) or not any(map(give_up, path.parents)):
            raise
    return _write(path, data)


def write_aside(path: Path, data: Any) -> str:
    """Write `data` as JSON, as `write` does, but leave the room that is kept to those who need it."""
    return _write(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode("utf-8"))


def _write(path: Path, data: bytes) -> str:
    private.make(path.parent)
    handle, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
    return str(path)


def reserve(run: Path) -> None:
    """Keep room in the run directory for the files of the watch and the way back, before the cut.

    They are as large as what was observed for the gate, some rounds of it. RunDirectoryError where there is
    no such room: nobody could be watched.
    """
    kept = [*(run / OBSERVATIONS).rglob("*.json"), *(run / TABLES).glob("*.json")]
    observed = sum(path.stat().st_size for path in kept)
    size = max(LEAST, 3 * observed)
    try:
        handle = os.open(run / RESERVE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(handle, 0, size)
        finally:
            os.close(handle)
    except OSError as exc:
        give_up(run)
        raise RunDirectoryError(
            f"{run}: there is no room for the {size >> 20} MiB that the watch after a cut needs "
            f"({exc.strerror}); make room, or give calico_plan_run_directory another folder"
        ) from None


def give_up(run: Path) -> bool:
    """Give up the room that was kept; whether there was any."""
    try:
        (run / RESERVE).unlink()
    except OSError:
        return False
    return True


def read(path: Path) -> Any:
    """The data of one file; RunDirectoryError says which file and why."""
    why = private.whose(path)
    if why or path.is_symlink():
        raise RunDirectoryError(f"{path}: {why or 'it is a link'}, so it is not what this run wrote")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise RunDirectoryError(
            f"{path}: there is no such file; an earlier step of this run did not write it"
        ) from exc
    except ValueError as exc:
        raise RunDirectoryError(f"{path}: not the JSON this run wrote ({exc})") from exc


def _record(path: Path, make: Callable[[Mapping[str, Any]], _Record]) -> _Record:
    data = read(path)
    try:
        return make(data)
    except (KeyError, TypeError, AttributeError) as exc:
        raise RunDirectoryError(f"{path}: not the record this run wrote ({exc!r})") from exc


def read_plan(path: str) -> Plan:
    """The plan in the file `path`."""
    return _record(of_plan(path) / Path(path).name, plan_from)


def read_cluster(path: Path) -> Cluster:
    """The reading of the cluster in the file `path`."""
    return _record(path, cluster_from)


def of_plan(path: str) -> Path:
    """The run directory in which the plan in the file `path` lies."""
    if not path:
        raise RunDirectoryError(
            "there is no plan: the cluster's host did not make one (is it left out by --limit?); "
            "run the playbook again for all hosts"
        )
    refuse_foreign(Path(path).parent)
    return Path(path).parent


def read_state(run: Path) -> RunState:
    """The state of the run. A run without one never began, or lost it: nothing follows from that."""
    return _record(run / STATE, state_from)


def write_state(run: Path, state: RunState) -> str:
    """Record the state of the run; returns the path."""
    return write(run / STATE, to_data(state))


def note(run: Path, event: str, subject: str = "", **more: Any) -> None:
    """Add a line to the journal, of something that happened now; `more` are the other fields of Note.

    The journal is for people: one that cannot be written is left alone, as nothing may wait for it.
    """
    line = json.dumps(to_data(Note(time.time(), event, subject, **more))) + "\n"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    with suppress(OSError):
        handle = os.open(run / JOURNAL, flags, 0o600)
        try:
            os.write(handle, line.encode("utf-8"))
        finally:
            os.close(handle)


def read_notes(run: Path) -> tuple[Note, ...]:
    """The journal in the order of time, empty where there is none. A line that is not whole is no note."""
    path = run / JOURNAL
    if not path.is_file() or path.is_symlink() or private.whose(path):
        return ()
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError):
            made = Note(**json.loads(line))
            found += [made] if isinstance(made.at, (int, float)) else []
    return tuple(sorted(found, key=lambda each: each.at))


def last_decisive(run: Path) -> RunState | None:
    """The state of the latest run of the cluster before this one that cut the mesh or proved both sides.

    None where there is none. What is no run of ours beside it says nothing.
    """
    return next((state for _run, state in _states(run.parent, run.name) if state.decisive), None)


def last_guarded(folder: Path) -> Path | None:
    """The latest run in a cluster's folder that had a guard, None where there is none.

    Whether there still is one says its state: it took over what runs before it had left.
    """
    if not folder.is_dir():
        return None
    return next((run for run, state in _states(folder) if state.guard_seconds), None)


def _states(folder: Path, before: str = "~") -> Iterator[tuple[Path, RunState]]:
    """The runs in a cluster's folder whose names are smaller, and their states, the latest first."""
    for other in sorted((p for p in folder.iterdir() if p.name < before), reverse=True):
        try:
            yield other, read_state(other)
        except (RunDirectoryError, OSError):
            continue


class _Tables(Generic[_Row]):
    """The tables of one kind that nodes have in common, as files of a run, named after what is in them."""

    def __init__(self, run: Path, kind: Callable[..., _Row], own: Callable[[_Row], bool]) -> None:
        self._folder = run / TABLES
        self._kind: Callable[..., _Row] = kind
        self._own: Callable[[_Row], bool] = own
        self._known: dict[str, Common[_Row]] = {"": NOTHING}
        self._names: dict[Common[_Row], str] = {NOTHING: ""}

    def data(self, records: Collection[_Row]) -> dict[str, Any]:
        """A node's records as they stand in its file: the name of a table, and what differs from it."""
        laid = self._laid(records)
        return {"common": self._name(laid.common), "gone": _rows(laid.gone), "more": _rows(laid.more)}

    def _laid(self, records: Collection[_Row]) -> Shared[_Row]:
        """On a table of the run; of what lies on another one already only what differs is looked at one by
        one."""
        there = shared(records)
        own: frozenset[_Row] = frozenset(filter(self._own, there.more))
        others: frozenset[_Row] = (there.common.records - there.gone) | (there.more - own)
        if len(others) > FEW:
            return self._shelf.lay(others, own)
        return Shared(NOTHING, (), [*others, *own])

    def records(self, data: Mapping[str, Any]) -> Shared[_Row]:
        """What data() was made of."""
        gone, more = ([self._kind(*row) for row in data[part]] for part in ("gone", "more"))
        return Shared(self._table(data["common"]), gone, more)

    def _table(self, name: str) -> Common[_Row]:
        if name not in self._known:
            path = self._folder / f"{named(name)}.json"
            rows = read(path)
            if _digest(rows) != name.partition("-")[2]:
                raise RunDirectoryError(f"{path}: it does not hold what this run wrote")
            self._keep(name, Common(self._kind(*row) for row in rows))
        return self._known[name]

    @functools.cached_property
    def _shelf(self) -> Shelf[_Row]:
        """With those that other processes of the run wrote, the last one first."""
        found = self._folder.glob(f"{self._kind.__name__}-*.json")
        latest = sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
        return Shelf(self._table(path.stem) for path in latest[: Shelf.MOST])

    def _name(self, table: Common[_Row]) -> str:
        if table not in self._names:
            rows = _rows(table.records)
            name = f"{self._kind.__name__}-{_digest(rows)}"
            write_bytes(self._folder / f"{name}.json", canonical(rows))
            self._keep(name, table)
        return self._names[table]

    def _keep(self, name: str, table: Common[_Row]) -> None:
        self._known[name], self._names[table] = table, name


def _rows(records: Iterable[Any]) -> list[list[Any]]:
    """Records as plain data, in one order."""
    return sorted((list(record) for record in records), key=canonical)


def _digest(rows: Any) -> str:
    return hashlib.sha256(canonical(rows)).hexdigest()[:32]


@functools.lru_cache(maxsize=2)
def _tables(run: Path) -> tuple[_Tables[BirdProtocol], _Tables[BirdRoute]]:
    """Those of a run; a process that reads or writes many nodes has each table in its memory once."""
    return (
        _Tables(run, BirdProtocol, lambda protocol: not protocol.mesh),
        _Tables(run, BirdRoute, lambda route: route.neighbor is None),
    )


def write_node(run: Path, stage: str, seen: NodeObservation) -> str:
    """Keep what a node said at `stage`; returns the path."""
    protocols, routes = _tables(run)
    data = {
        **vars(seen),
        "protocols": protocols.data(seen.protocols),
        "routes": routes.data(seen.routes),
    }
    return write_bytes(_node_path(run, stage, seen.node, seen.family), canonical(data))


def read_node(run: Path, stage: str, node: str, family: str) -> NodeObservation | None:
    """What one node said at `stage`, None where it was not asked."""
    path = _node_path(run, stage, node, family)
    return _read_node(run, path) if path.exists() else None


def nodes_asked(run: Path, stage: str, plan: Plan) -> bool:
    """Whether it is known of every node of the plan what it said at `stage`, or that it said nothing."""
    return all(_node_path(run, stage, n.name, f).exists() for n in plan.nodes for f in n.addresses)


def read_nodes(run: Path, stage: str) -> Mapping[tuple[str, str], NodeObservation]:
    """What the nodes said at `stage`, by name and family."""
    found = (_read_node(run, p) for p in sorted((run / OBSERVATIONS / stage).glob("node-*.json")))
    return {(observation.node, observation.family): observation for observation in found}


def _node_path(run: Path, stage: str, node: str, family: str) -> Path:
    return run / OBSERVATIONS / named(stage) / f"node-{named(family)}-{named(node)}.json"


def _read_node(run: Path, path: Path) -> NodeObservation:
    protocols, routes = _tables(run)
    return _record(
        path,
        lambda data: NodeObservation(
            **{
                **data,
                "protocols": protocols.records(data["protocols"]),
                "routes": routes.records(data["routes"]),
            }
        ),
    )


def write_router(run: Path, stage: str, seen: RouterObservation) -> str:
    """Keep what a reflector said at `stage`; returns the path."""
    return write(run / OBSERVATIONS / named(stage) / f"router-{named(seen.host)}.json", to_data(seen))


def write_push(run: Path, pushed: Push) -> str:
    """Keep how the push to a reflector went; returns the path."""
    return write(run / f"push-{named(pushed.host)}.json", to_data(pushed))


def write_guard(run: Path, seen: Seen) -> str:
    """Keep what a host said of a guard; returns the path."""
    return write(run / f"guard-{named(seen.host)}.json", to_data(seen))


def read_guards(run: Path) -> Sequence[Seen]:
    """What each host that was asked for a guard said last."""
    return [_record(p, seen_from) for p in sorted(run.glob("guard-*.json"))]


def write_steering(run: Path, stage: str, seen: Steering) -> str:
    """Keep what the API said of what makes the sessions at `stage`; returns the path."""
    return write(run / OBSERVATIONS / named(stage) / STEERING, to_data(seen))


def read_steering(run: Path, stage: str) -> Steering | None:
    """The same again; None where it could not be read then."""
    path = run / OBSERVATIONS / stage / STEERING
    return _record(path, steering_from) if path.exists() else None


def routers_asked(run: Path, stage: str, plan: Plan) -> bool:
    """Whether it is known of every reflector of the plan what it said at `stage`, or that it said nothing."""
    folder = run / OBSERVATIONS / named(stage)
    return all((folder / f"router-{named(each.host)}.json").exists() for each in plan.reflectors)


def read_routers(run: Path, stage: str) -> Mapping[str, RouterObservation]:
    """What the reflectors said at `stage`, by host name."""
    found = (
        _record(p, router_observation_from)
        for p in sorted((run / OBSERVATIONS / stage).glob("router-*.json"))
    )
    return {observation.host: observation for observation in found}


def read_pushes(run: Path) -> Mapping[str, Push]:
    """How the push to each reflector went, by host name."""
    return {push.host: push for push in (_record(p, push_from) for p in sorted(run.glob("push-*.json")))}


def add_object(run: Path, told: str) -> str:
    """Keep that an object of the cluster was written or taken away, in words; returns the path."""
    return write(run / OBJECTS, [*read_objects(run), told])


def read_objects(run: Path) -> tuple[str, ...]:
    """Which objects of the cluster the run wrote or took away, in words."""
    return tuple(read(run / OBJECTS)) if (run / OBJECTS).exists() else ()


def write_begun(run: Path, begun: Begun) -> str:
    """Write down that a push begins, or which timer guards it; returns the path."""
    return write(_begun(run, begun.host), to_data(begun))


def read_begun(run: Path) -> tuple[Begun, ...]:
    """The pushes of a run that are not known to have ended."""
    return tuple(_record(p, begun_from) for p in sorted(run.glob("begun-*.json")))


def end_begun(run: Path, host: str) -> None:
    """The push has ended, and nothing of it is pending."""
    with suppress(FileNotFoundError):
        _begun(run, host).unlink()


def begun_before(run: Path, host: str) -> tuple[Path, Begun] | None:
    """The latest push to a router that is not known to have ended, and its run: this one, or one before it.

    What is no run of ours beside it says nothing.
    """
    for other in sorted((p for p in run.parent.iterdir() if p.name <= run.name), reverse=True):
        path = _begun(other, host)
        try:
            if path.exists():
                return other, _record(path, begun_from)
        except (RunDirectoryError, OSError):
            continue
    return None


def _begun(run: Path, host: str) -> Path:
    return run / f"begun-{named(host)}.json"
