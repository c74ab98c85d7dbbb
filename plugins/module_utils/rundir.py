# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run directory on the controller: how plan and observations travel from one step of a run to the next.

Directory mode 0700, files mode 0600, each written under a temporary name and renamed: it is whole or absent.
Nobody else may write into the directories above it, as whoever swaps one swaps the plan.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from . import private
from .model.cluster import Cluster, cluster_from
from .model.data import to_data
from .model.journal import Note
from .model.observation import (
    NodeObservation,
    Push,
    RouterObservation,
    node_observation_from,
    push_from,
    router_observation_from,
)
from .model.plan import Plan, plan_from
from .model.state import RunState, state_from

PLAN = "plan.json"
CLUSTER = "cluster.json"
STATE = "state.json"
RESULT = "result.json"
JOURNAL = "journal.jsonl"
PACKETS = "packets.json"
FINDINGS = "findings"
OBSERVATIONS = "observations"
RUNS = "calico-bgp-runs"


_Record = TypeVar("_Record")


class RunDirectoryError(Exception):
    """A file of the run is missing or is not what a step of this collection wrote."""


def create(parent: str, cluster: str) -> Path:
    """A new run directory below `parent` (empty: RUNS below the current directory), named after the cluster
    and the time (UTC)."""
    folder = Path(parent or os.path.join(os.getcwd(), RUNS)).expanduser().absolute() / named(cluster)
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
    """Write a file, mode 0600; returns the path."""
    private.make(path.parent)
    handle, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    os.replace(temporary, path)
    return str(path)


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
    with contextlib.suppress(OSError):
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
        with contextlib.suppress(ValueError, TypeError):
            made = Note(**json.loads(line))
            found += [made] if isinstance(made.at, (int, float)) else []
    return tuple(sorted(found, key=lambda each: each.at))


def last_decisive(run: Path) -> RunState | None:
    """The state of the latest run of the cluster before this one that cut the mesh or proved both sides.

    None where there is none. What is no run of ours beside it says nothing.
    """
    for other in sorted((p for p in run.parent.iterdir() if p.name < run.name), reverse=True):
        try:
            state = read_state(other)
        except (RunDirectoryError, OSError):
            continue
        if state.decisive:
            return state
    return None


def write_node(run: Path, stage: str, seen: NodeObservation) -> str:
    """Keep what a node said at `stage`; returns the path."""
    name = f"node-{named(seen.family)}-{named(seen.node)}.json"
    return write(run / OBSERVATIONS / named(stage) / name, to_data(seen))


def write_router(run: Path, stage: str, seen: RouterObservation) -> str:
    """Keep what a reflector said at `stage`; returns the path."""
    return write(run / OBSERVATIONS / named(stage) / f"router-{named(seen.host)}.json", to_data(seen))


def write_push(run: Path, pushed: Push) -> str:
    """Keep how the push to a reflector went; returns the path."""
    return write(run / f"push-{named(pushed.host)}.json", to_data(pushed))


def read_nodes(run: Path, stage: str) -> Mapping[tuple[str, str], NodeObservation]:
    """What the nodes said at `stage`, by name and family."""
    found = (
        _record(p, node_observation_from) for p in sorted((run / OBSERVATIONS / stage).glob("node-*.json"))
    )
    return {(observation.node, observation.family): observation for observation in found}


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
