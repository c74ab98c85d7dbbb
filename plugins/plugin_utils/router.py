# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router's command line over the persistent connection that Ansible holds (network_cli)."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any, TypeVar

from ansible.errors import AnsibleError
from ansible.module_utils.connection import Connection, ConnectionError

from ..module_utils import plan as planning
from ..module_utils.ios import outlets, refusal, text, typed
from ..module_utils.ios.config import records
from ..module_utils.ios.config.compare import differences
from ..module_utils.ios.config.running import has_end, read_running
from ..module_utils.ios.show import groups, neighbors, observation, prefixes, status, summary
from ..module_utils.ios.show.records import BgpPath, Summary
from ..module_utils.model.begun import Timer
from ..module_utils.model.family import IPV4, Family
from ..module_utils.model.observation import (
    FULL_PRIVILEGE,
    RouterDetails,
    RouterObservation,
    RouterPath,
    RouterPeer,
    RouterReading,
    RouterSurplus,
    silent_router,
)

_Read = TypeVar("_Read")

CLUSTER_IDS = "show bgp all cluster-ids"
#: How often a configuration is read, until no message of the terminal stands in between.
READINGS = 3
#: How long network_cli waits for more behind a prompt while lines are typed, seconds. Its own tenth of a
#: second behind every prompt is most of a long push, and what comes later is asked for all the same.
QUICK = 0.01
#: How often a late answer is asked for without a further line answered; the longest wait between, seconds.
PATIENCE, LONGEST_WAIT = 40, 5.0
#: What IOS asks before it saves over another image's configuration, and the answers that leave it.
QUESTIONS = {r"\[confirm\]": "n", r"\[yes/no\]": "no\r"}
#: Planned prefixes whose paths are asked for, one command each.
MOST_PREFIXES = 50
#: Nodes of which the router is asked what they announce beside the planned prefixes, and how many prefixes
#: such a node has at the most: of more than that the number says enough.
MOST_NODES, MOST_ROUTES = 5, 1000


class RouterSilent(Exception):
    """The router does not answer, or no longer; the message says why."""


class RouterRefused(Exception):
    """The router took a command and refused it; the message holds its words."""


class LineRefused(RouterRefused):
    """The router refused a line of several; `index` is its place among them."""

    def __init__(self, index: int, words: str) -> None:
        super().__init__(words)
        self.index = index


class _Unclear(Exception):
    """The connection takes a part of what came for an error, and has lost the rest; `words` are in it."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class PrivilegeTooLow(RouterRefused):
    """The user may not see the whole configuration; `level` is its privilege level."""

    def __init__(self, level: int) -> None:
        super().__init__(
            f"privilege level {level} shows only a part of the configuration; log in at level "
            f"{FULL_PRIVILEGE} or set ansible_become with ansible_become_method enable"
        )
        self.level = level


@dataclass(frozen=True)
class Depth:
    """How to ask for details.

    Two readings are `interval` seconds apart; `cluster_id` is the wanted one or "". `prefixes` are planned:
    of the table, only what lies inside them is asked for. `nodes` are the addresses of the planned sessions.
    """

    interval: float
    cluster_id: str = ""
    prefixes: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


class Router:
    """Commands to one router, and what it answers."""

    def __init__(self, connection: Any) -> None:
        try:
            path = connection.socket_path
        except AttributeError as exc:
            raise AnsibleError(
                "this host's connection is not network_cli; "
                "set ansible_connection to ansible.netcommon.network_cli"
            ) from exc
        self._connection = Connection(path)
        self._platform: status.Platform | None = None

    def ask(self, command: str) -> str:
        """The answer to one command, whatever it says."""
        try:
            return str(self._connection.get(command=command))
        except ConnectionError as exc:
            # The terminal plugin raises for a text it takes for an error; the router did answer then.
            return _answered(command, _plain(str(exc)).strip(), exc)

    def order(self, line: str) -> None:
        """One command; RouterRefused with the router's words where it does not take it."""
        refused = refusal.answer_error(line, self.ask(line))
        if refused is not None:
            raise RouterRefused(refused)

    def save(self) -> None:
        """`write memory`, and never over the configuration of another image.

        Raises:
            RouterRefused: it is not saved.
        """
        command = "write memory"
        questions = {"prompt": list(QUESTIONS), "answer": list(QUESTIONS.values()), "newline": False}
        try:
            answer = str(self._connection.get(command=command, **questions))
        except ConnectionError as exc:
            answer = _answered(command, _plain(str(exc)).strip(), exc)
        refused = refusal.answer_error(command, answer)
        asked = next((line for line in answer.splitlines() if re.search("|".join(QUESTIONS), line)), "")
        if asked:
            raise RouterRefused(f"it asks first, and was told no: {_shown(asked)}; save it by hand")
        if refused is not None:
            raise RouterRefused(refused)

    def type(self, lines: Sequence[str]) -> typed.Typed:
        """Type lines ahead, and the answer to each of them, however late it comes.

        Raises:
            OutOfStep: the router shows something else than what was typed.
            LineRefused: it refused a line, and how it answered the others is not known.
            RouterSilent: it does not answer, or no longer.
        """
        try:
            return self._typed(lines)
        except _Unclear as exc:
            self.settle()
            if len(lines) == 1:
                raise LineRefused(0, exc.words) from exc
            raise RouterRefused(f"of {len(lines)} lines typed at once it refused one: {exc.words}") from exc

    def loses_answers(self) -> bool:
        """Whether the connection keeps a part of an answer only where it takes it for an error.

        network_cli does with paramiko: of several lines typed at once, nobody knows the refused one.
        """
        try:
            library = self._connection.get_option("ssh_type")
        except ConnectionError as exc:
            raise RouterSilent(_shown(str(exc))) from exc
        return bool(library == "paramiko" or (library == "auto" and find_spec("pylibsshext") is None))

    def _typed(self, lines: Sequence[str]) -> typed.Typed:
        sent = [*lines, typed.COMMENT]
        began, answered, late = time.monotonic(), 0, 0
        shown = self._exchange(sent)
        while True:
            found = typed.read_typed(sent, shown)
            if len(found.answers) == len(sent):
                return typed.Typed(found.answers[: len(lines)], found.configuring)
            late = late + 1 if len(found.answers) == answered else 0
            answered = len(found.answers)
            if late == PATIENCE:
                raise RouterSilent(f"no answer to {_shown(sent[answered])}")
            each = (time.monotonic() - began) / max(answered, 1)
            time.sleep(min(LONGEST_WAIT, each * (len(sent) - answered)))
            # A line without effect, so that there is a prompt to wait for.
            more = [typed.COMMENT, typed.COMMENT]
            sent += more
            shown += self._exchange(more)

    def settle(self) -> bool:
        """Read whatever is still to come of lines that were typed; whether it is in configuration mode then.

        Raises:
            RouterSilent: it does not end.
        """
        shown = ""
        for turn in range(PATIENCE):
            mark = f"{typed.COMMENT} {turn}"
            with suppress(_Unclear):
                shown += self._exchange([mark, typed.COMMENT])
            if text.unified(shown).rpartition(f"{mark}\n")[1] and text.ends_at_prompt(shown):
                return typed.is_configuring(shown)
            time.sleep(min(LONGEST_WAIT, 0.1 * 2**turn))
        raise RouterSilent("it does not come to an end with what was typed")

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Wait as little as can be behind each prompt."""
        name = "persistent_buffer_read_timeout"
        try:
            usual = self._connection.get_option(name)
            self._connection.set_option(name, QUICK)
        except ConnectionError as exc:
            raise RouterSilent(_shown(str(exc))) from exc
        try:
            yield
        finally:
            with suppress(ConnectionError):
                self._connection.set_option(name, usual)

    def _exchange(self, lines: Sequence[str]) -> str:
        """What the terminal shows after these lines, repeated lines and prompts included; maybe not all."""
        try:
            return str(self._connection.send_command(command="\r".join(lines), strip_prompt=False))
        except ConnectionError as exc:
            shown = _plain(str(exc))
            last = [line for line in text.unified(shown).splitlines() if line.strip()][-1:]
            if shown == str(exc):
                raise RouterSilent(_shown(last[0]) if last else "no answer") from exc
            if shown.lstrip().startswith(lines[0]) and text.ends_at_prompt(shown):
                return shown
            words = refusal.answer_error(lines[0], shown)
            raise _Unclear(words or (_shown(last[0]) if last else "no words")) from exc

    def platform(self) -> status.Platform:
        """What the router runs, asked for once.

        Raises:
            RouterRefused: it is neither IOS nor IOS-XE.
            IosTextError: the router does not say what it is.
        """
        if self._platform is None:
            found = status.read_platform(self.ask("show version"))
            if found.name not in status.SUPPORTED:
                raise RouterRefused(f"it runs {found}; only IOS and IOS-XE are supported, nothing was sent")
            self._platform = found
        return self._platform

    def running(self) -> records.RunningConfig:
        """The running configuration, whole.

        Raises:
            RouterRefused: it is no router of IOS or IOS-XE, or the user may not see all of it.
            IosTextError: it did not come whole, though it was read again.
        """
        self.platform()
        level = status.read_privilege(self.ask("show privilege"))
        if level < FULL_PRIVILEGE:
            raise PrivilegeTooLow(level)
        return self._configuration("show running-config")

    def _configuration(self, command: str) -> records.RunningConfig:
        """A configuration that came whole, at one of a few readings.

        Raises:
            IosTextError: none was whole; the message is that of the last one.
        """
        for _again in range(READINGS - 1):
            try:
                found = read_running(self.ask(command), command=command)
            except text.IosTextError:
                continue
            if not found.torn:
                return found
        found = read_running(self.ask(command), command=command)
        if found.torn:
            raise text.IosTextError(command, 0, "", f"{found.torn} {READINGS} readings were no better.")
        return found

    def unsaved(self, running: records.RunningConfig) -> tuple[str, ...]:
        """What the startup configuration says otherwise than `running`."""
        try:
            startup = self._configuration("show startup-config")
        except RouterRefused:
            return ("there is no startup configuration",)
        return differences(running, startup)

    def summary(self, family: Family = IPV4) -> Summary:
        """The sessions of a family."""
        return summary.read_summary(self.ask(family.summary), family.summary)

    def rollback_timer(self) -> Timer | None:
        """The timed rollback that is waiting; without an archive there can be none."""
        try:
            return status.read_rollback_timer(self.ask("show archive config rollback timer"))
        except RouterRefused:
            return None


def observe(
    router: Router, host: str, depth: Depth | None = None, inside: outlets.Inside | None = None
) -> RouterObservation:
    """Everything a gate asks of a router, in one record; with `depth` also what only `validate` asks.

    Without `inside` nobody asks for its outlets.

    The details come last: a table that takes too long costs no more than itself.
    """
    try:
        platform = router.platform()
        first, began = (router.summary() if depth else None), time.time()
        running = router.running()
        unsaved = router.unsaved(running)
        pending = router.rollback_timer() is not None
        if depth:
            time.sleep(max(0.0, began + depth.interval - time.time()))
        sessions = router.summary()
    except PrivilegeTooLow as exc:
        return silent_router(host, time.time(), str(exc), exc.level)
    except (RouterSilent, RouterRefused, text.IosTextError) as exc:
        return silent_router(host, time.time(), str(exc))
    at = time.time()
    before = observation.reading(began, first) if first else None
    found = inquire(router, running, sessions, depth, before) if depth and before else None
    return RouterObservation(
        host,
        at,
        True,
        "",
        FULL_PRIVILEGE,
        pending,
        not unsaved,
        unsaved,
        observation.sessions(sessions),
        (found.record(observation.reading(at, sessions), sessions, running),) if found else (),
        str(platform),
        outlets=outlets.outlets(running, inside) if inside else (),
    )


@dataclass
class Questions:
    """Show commands to a router of which each may fail alone; `unread` are those that did, and why."""

    router: Router
    unread: list[str] = field(default_factory=list)
    silent: bool = False

    def ask(self, command: str, read: Callable[[str, str], _Read]) -> _Read | None:
        """What `read` makes of the answer; None where the router refuses, or its answer is not understood.

        After a silence nothing more is asked, as the late answer would be taken for the next one's.
        """
        if self.silent:
            self.unread.append(f"{command}: not asked after the silence before")
            return None
        try:
            return read(self.router.ask(command), command)
        except RouterSilent as exc:
            self.silent = True
            self.unread.append(f"{command}: {exc}; a large table may need a longer ansible_command_timeout")
        except (RouterRefused, text.IosTextError) as exc:
            why = " ".join(str(exc).split())
            self.unread.append(why if command in why else f"{command}: {why}")
        return None


@dataclass
class Inquiry:
    """The details of a router's sessions of one family while they are asked for."""

    family: Family
    before: RouterReading
    questions: Questions
    wanted_cluster_id: str = ""
    cluster_id: str = ""
    peers: tuple[RouterPeer, ...] | None = None
    paths: tuple[RouterPath, ...] | None = None
    surplus: tuple[RouterSurplus, ...] | None = None

    def record(
        self, after: RouterReading, sessions: Summary, running: records.RunningConfig
    ) -> RouterDetails:
        """All that was read, with the second reading."""
        ranges, made, limit = observation.dynamic(sessions, running.bgp)
        return RouterDetails(
            family=self.family.name,
            before=self.before,
            after=after,
            cluster_id=self.cluster_id,
            wanted_cluster_id=self.wanted_cluster_id,
            ranges=ranges,
            dynamic=made,
            dynamic_limit=limit,
            peers=self.peers,
            paths=self.paths,
            surplus=self.surplus,
            unread=tuple(self.questions.unread),
        )


def inquire(
    router: Router,
    running: records.RunningConfig,
    sessions: Summary,
    depth: Depth,
    before: RouterReading,
    family: Family = IPV4,
) -> Inquiry:
    """Ask for the details of a family's sessions."""
    questions = Questions(router)
    found = Inquiry(family, before, questions)
    try:
        found.wanted_cluster_id = observation.dotted(depth.cluster_id)
    except ValueError as exc:
        questions.unread.append(f"cisco_rr_cluster_id: {exc}")
    ids = questions.ask(CLUSTER_IDS, groups.read_cluster_ids)
    found.cluster_id = ids.cluster_id if ids else ""
    peers = questions.ask(family.neighbors, neighbors.read_neighbors)
    found.peers = None if peers is None else tuple(observation.peers(peers, running.bgp, family))
    inside = planning.covering(prefix for prefix in depth.prefixes if family.holds(prefix))
    table = _paths_inside(questions, inside[:MOST_PREFIXES], family)
    found.paths = None if table is None else tuple(observation.paths(table, family))
    if found.paths is None:
        return found
    if len(inside) > MOST_PREFIXES:
        questions.unread.append(
            f"{len(inside) - MOST_PREFIXES} of {len(inside)} planned prefixes are not asked for, as they are "
            "too many; nor is whether the nodes announce others"
        )
        return found
    more = observation.surplus(observation.sessions(sessions, family), found.paths, depth.nodes)
    found.surplus = tuple(_outside(questions, more, inside, family))
    return found


def _paths_inside(questions: Questions, inside: Sequence[str], family: Family) -> list[BgpPath] | None:
    """The paths inside these prefixes; None, and no further question, where an answer is missing."""
    found: list[BgpPath] = []
    for prefix in inside:
        paths = questions.ask(f"{family.table} {prefix} longer-prefixes", prefixes.read_prefixes)
        if paths is None:
            return None
        found += paths
    return found


def _outside(
    questions: Questions, more: Iterable[RouterSurplus], inside: Sequence[str], family: Family
) -> Iterator[RouterSurplus]:
    """The nodes that announce more than lies inside; the first few with what it is."""
    networks, left = [planning.network(prefix) for prefix in inside], MOST_NODES
    for surplus in more:
        if not left or surplus.received > MOST_ROUTES:
            yield surplus
            continue
        left -= 1
        routes = questions.ask(f"{family.neighbors} {surplus.address} routes", prefixes.read_prefixes)
        if routes is None:
            left = 0
            yield surplus
            continue
        outside = {p.prefix for p in routes if not planning.inside(p.prefix, networks)}
        yield replace(surplus, outside=tuple(sorted(outside)))


def observe_sessions(router: Router, host: str) -> RouterObservation:
    """Only the sessions: what is asked again and again while waiting."""
    try:
        sessions = router.summary()
    except (RouterSilent, RouterRefused, text.IosTextError) as exc:
        return silent_router(host, time.time(), str(exc))
    return RouterObservation(
        host, time.time(), True, "", FULL_PRIVILEGE, False, True, (), observation.sessions(sessions)
    )


def _answered(command: str, answer: str, error: ConnectionError) -> str:
    """The answer that comes with an error of the connection, where it is all that the router said.

    Raises:
        RouterRefused: the router does not take the command.
        RouterSilent: the answer is not complete, or there is none.
    """
    reads = command.startswith("show ")
    if reads and has_end(answer):
        return answer
    refused = refusal.answer_error(command, answer)
    if refused is not None:
        raise RouterRefused(refused) from error
    lines = [line for line in answer.splitlines() if line.strip() not in ("", command)]
    if not text.ends_at_prompt(answer):
        raise RouterSilent(_shown(lines[-1]) if lines else "no answer") from error
    if reads:
        return answer
    raise RouterRefused(_shown(lines[0])) from error


def _shown(line: str) -> str:
    return text.shortened(text.mask(line.strip()))


def _plain(message: str) -> str:
    """The router's text out of an error; netcommon's carry it as the representation of bytes."""
    if not message.startswith(("b'", 'b"')):
        return message
    try:
        return bytes(ast.literal_eval(message)).decode(errors="replace")
    except (ValueError, SyntaxError):
        return message
