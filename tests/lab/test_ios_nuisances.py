# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IOS front at its most unpleasant: locked, busy, slow, talkative, cut off, deaf."""

from __future__ import annotations

import asyncio
import copy
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import asyncssh
import pytest

from lab.faults import Faults
from lab.ios import Router, serve
from lab.ios.nuisances import MESSAGE, Countdown, Lock, LogMessages, Refusal
from lab.ios.shell import Session
from lab.ios.terminal import Terminal
from lab.ios.vty import Silent
from lab.lab import Lab
from lab.state import LabError

LOCKED = "Configuration mode is locked by process '484' user 'netops' from terminal '2'. Please try later.\n"
BUSY = "startup-config file open failed (Device or resource busy)\n"
SAVED = "Building configuration...\r\n[OK]\r\n"
QUESTION = (
    "Warning: Attempting to overwrite an NVRAM configuration previously written\r\n"
    "by a different version of the system image.\r\n"
    "Overwrite the previous NVRAM configuration?[confirm]"
)
PENDING = "show archive config rollback timer"
HELLO = "\r\nrr1#"
Connect = Callable[[], Awaitable[asyncssh.SSHClientProcess[str]]]


@pytest.fixture
def router() -> Router:
    return Router(Silent(), users={"admin": "secret"})


@pytest.fixture
def session(router: Router) -> Session:
    return Session(router, "admin")


@pytest.fixture
def terminal(session: Session) -> Terminal:
    session.length = 0
    return Terminal(session)


def saved(router: Router) -> str:
    assert router.startup is not None
    return router.startup.text


@pytest.mark.parametrize("how", ["configure terminal", "configure terminal revert timer 5"])
def test_locked_configuration_is_not_entered(session: Session, how: str) -> None:
    session.router.nuisances.lock = Lock()
    assert session.enter(how) == LOCKED
    assert session.prompt == "rr1#"
    assert session.enter(PENDING) == "%No Rollback Confirmed Change pending\n"
    session.router.nuisances.lock = Lock("jane", 4, 17)
    assert "process '17' user 'jane' from terminal '4'" in session.enter(how)
    session.router.nuisances.lock = None
    session.enter(how)
    assert session.prompt == "rr1(config)#"


# Saving


def test_busy_startup_configuration_is_not_written(session: Session) -> None:
    before = saved(session.router)
    session.router.hostname = "other"
    session.router.nuisances.saving_fails = True
    assert session.enter("write memory") == BUSY
    session.enter("copy running-config startup-config")
    assert session.enter("") == BUSY
    assert saved(session.router) == before
    session.router.nuisances.saving_fails = False
    session.enter("write memory")
    assert "hostname other\n" in saved(session.router)


@pytest.mark.parametrize("key", ["\r", " ", "y", "Y"])
def test_overwriting_is_confirmed_by_one_key_and_asked_once(terminal: Terminal, key: str) -> None:
    router = terminal.session.router
    router.hostname = "other"
    router.nuisances.other_image = True
    assert terminal.feed("write memory\r") == f"write memory\r\n{QUESTION}"
    assert terminal.feed(key) == f"\r\n{SAVED}other#"
    assert "hostname other\n" in saved(router)
    assert terminal.feed("write memory\r") == f"write memory\r\n{SAVED}other#"


@pytest.mark.parametrize("key", ["n", "q", "\x1b", "\x03", "?"])
def test_any_other_key_leaves_the_startup_configuration_alone(terminal: Terminal, key: str) -> None:
    router = terminal.session.router
    before = saved(router)
    router.hostname = "other"
    router.nuisances.other_image = True
    terminal.feed("write memory\r")
    assert terminal.feed(key) == "\r\nother#"
    assert saved(router) == before
    assert terminal.feed("write memory\r").endswith(QUESTION)


def test_second_half_of_a_line_end_confirms_nothing_and_a_word_is_more_than_a_key(terminal: Terminal) -> None:
    terminal.session.router.nuisances.other_image = True
    assert terminal.feed("write memory\r\n").endswith(QUESTION)
    assert terminal.feed("yes\r").startswith(f"\r\n{SAVED}rr1#es\r\n")


# Log messages


def test_message_breaks_into_the_echo(terminal: Terminal) -> None:
    terminal.session.router.nuisances.log_messages = LogMessages("key", 6)
    assert terminal.feed("show privilege\r") == (
        f"show p\r\n{MESSAGE}\r\nrivile\r\n{MESSAGE}\r\nge\r\nCurrent privilege level is 15\r\nrr1#"
    )


def test_synchronous_message_has_the_prompt_and_the_typing_printed_again(terminal: Terminal) -> None:
    terminal.session.router.nuisances.log_messages = LogMessages("key", 6, synchronous=True)
    assert terminal.feed("show pri") == f"show p\r\n{MESSAGE}\r\nrr1#show pri"


@pytest.mark.parametrize(("synchronous", "again"), [(False, ""), (True, "rr1(config)#")])
def test_message_behind_every_second_prompt(terminal: Terminal, synchronous: bool, again: str) -> None:
    terminal.session.router.nuisances.log_messages = LogMessages("line", 2, synchronous, "* a message")
    assert terminal.feed("conf t\r").endswith("\r\nrr1(config)#")
    assert terminal.feed("!\r") == f"!\r\nrr1(config)#\r\n* a message\r\n{again}"
    assert terminal.feed("!\r") == "!\r\nrr1(config)#"


@pytest.mark.parametrize(
    ("synchronous", "shown"),
    [
        (False, ["archive", " path flash:cfg-", "* a", " maximum 14", " write-memory", "* a", "rr1#"]),
        (True, ["archive", " path flash:cfg-", " maximum 14", " write-memory", "* a", "* a", "rr1#"]),
    ],
)
def test_message_within_an_answer(terminal: Terminal, synchronous: bool, shown: list[str]) -> None:
    terminal.session.router.nuisances.log_messages = LogMessages("answer", 2, synchronous, "* a")
    assert terminal.feed("show run | sec ^archive\r").split("\r\n")[1:] == shown


def test_message_tells_no_password(router: Router) -> None:
    router.user_mode = True
    terminal = Terminal(Session(router, "admin"))
    terminal.feed("enable\r")
    router.nuisances.log_messages = LogMessages("key", 1, synchronous=True)
    assert terminal.feed("lab") == ""


# Over SSH


def over_ssh(router: Router, directory: Path, act: Callable[[Connect], Awaitable[None]]) -> None:
    """Run ``act``, which gets a function that logs in, against a listening router."""

    async def run() -> None:
        server = await serve(router, "127.0.0.1", 0, directory / "host_key")

        async def connect() -> asyncssh.SSHClientProcess[str]:
            connection = await asyncssh.connect(
                "127.0.0.1",
                server.port,
                username="admin",
                password="secret",
                known_hosts=None,
                client_keys=None,
            )
            return await connection.create_process(term_type="vt100")

        try:
            await act(connect)
        finally:
            server.close()

    asyncio.run(asyncio.wait_for(run(), 20))


async def until(terminal: asyncssh.SSHClientProcess[str], end: str) -> str:
    return str(await asyncio.wait_for(terminal.stdout.readuntil(end), 10))


async def silent(terminal: asyncssh.SSHClientProcess[str]) -> bool:
    """Whether nothing comes for a moment."""
    try:
        await asyncio.wait_for(terminal.stdout.read(1), 0.3)
    except TimeoutError:
        return True
    return False


def test_slow_lines_are_answered_in_order_and_others_do_not_wait(router: Router, tmp_path: Path) -> None:
    async def act(connect: Connect) -> None:
        slow, other = await connect(), await connect()
        await until(slow, HELLO)
        await until(other, HELLO)
        router.nuisances.slowness = 0.3
        began = time.monotonic()
        slow.stdin.write("conf t\rhostname r2\rnonsense\r!\rend\rshow privilege\r")
        await until(slow, "rr1(config)#")
        other.stdin.write("show privilege\r")
        await until(other, "level is 15\r\n")
        assert time.monotonic() - began < 0.3
        shown = await until(slow, "level is 15\r\n")
        assert 0.9 <= time.monotonic() - began < 3
        echoes = [
            "hostname r2\r\nr2(config)#",
            "nonsense\r\n",
            "Invalid input",
            "r2(config)#!\r\nr2(config)#",
        ]
        places = [shown.index(echo) for echo in [*echoes, "end\r\nr2#show privilege\r\n"]]
        assert places == sorted(places)

    over_ssh(router, tmp_path, act)


def test_a_terminal_that_goes_away_takes_its_lines_along(router: Router, tmp_path: Path) -> None:
    async def act(connect: Connect) -> None:
        terminal = await connect()
        router.nuisances.slowness = 0.3
        terminal.stdin.write("conf t\rhostname r2\rhostname r3\r")
        await until(terminal, "rr1(config)#")
        terminal.channel.abort()
        await asyncio.sleep(1)
        assert router.hostname == "rr1"

    over_ssh(router, tmp_path, act)


def test_typed_ahead_lines_are_taken_although_nothing_more_comes(router: Router, tmp_path: Path) -> None:
    async def act(connect: Connect) -> None:
        terminal = await connect()
        router.nuisances.slowness = 0.1
        terminal.stdin.write("conf t\rhostname r2\rhostname r3\r")
        terminal.stdin.write_eof()
        assert (await asyncio.wait_for(terminal.stdout.read(), 5)).endswith("r3(config)#")

    over_ssh(router, tmp_path, act)


def test_cut_drops_every_session_behind_the_line(router: Router, tmp_path: Path) -> None:
    async def act(connect: Connect) -> None:
        pusher, other = await connect(), await connect()
        await until(other, HELLO)
        router.nuisances.cut = Countdown(2)
        pusher.stdin.write("conf t revert timer 5\rrouter bgp 64512\rbgp cluster-id 7\rbgp listen limit 9\r")
        for terminal in (pusher, other):
            await asyncio.wait_for(terminal.wait_closed(), 5)
        shown = router.running_config()
        assert " bgp cluster-id 7\n" in shown
        assert "listen limit" not in shown
        again = await connect()
        again.stdin.write(f"{PENDING}\rconf t\rhostname r2\rhostname r3\rend\r")
        assert "Timer value: 5 min" in await until(again, "r3#")
        router.close()

    over_ssh(router, tmp_path, act)


def test_deaf_router_takes_keys_and_nothing_else(router: Router, tmp_path: Path) -> None:
    router.archive.minute = 0.5

    async def act(connect: Connect) -> None:
        terminal = await connect()
        router.nuisances.deafness = Countdown(2)
        terminal.stdin.write("conf t revert timer 1\rhostname r2\rhostname r3\r")
        assert "r2(config)#hostname r3" in await until(terminal, "hostname r3")
        assert router.hostname == "r2"
        terminal.stdin.write("end\rshow privilege\r")
        assert await silent(terminal)
        assert await silent(await connect())
        await asyncio.sleep(0.3)
        assert router.hostname == "rr1"
        router.nuisances.deafness = None
        terminal.stdin.write("end\rshow privilege\r")
        assert "level is 15" in await until(terminal, "level is 15")

    over_ssh(router, tmp_path, act)


def test_refusal_is_counted_over_all_sessions(router: Router) -> None:
    router.nuisances.refusals.append(Refusal(3, answer="% Not today"))
    one, other = Session(router), Session(router)
    answers = [each.enter(line) for line in ("conf t", "hostname r2", "end") for each in (one, other)]
    assert answers[2:] == ["", "", "% Not today\n", ""]
    assert (one.prompt, other.prompt) == ("r2(config)#", "r2#")


# As faults of a lab


@pytest.fixture
def faults(router: Router) -> Faults:
    """The faults of a lab that is a router and nothing else."""
    machines = SimpleNamespace(nodes={}, reflectors={"rr1": None}, upstreams={}, routers={"rr1": router})
    return Faults(cast(Lab, machines), lambda _line: None)


@pytest.mark.parametrize(
    ("kind", "argument", "set_there"),
    [
        ("lock-config", "jane", {"lock": Lock("jane")}),
        ("save-busy", "", {"saving_fails": True}),
        ("save-asks", "", {"other_image": True}),
        ("slow-lines", "250", {"slowness": 0.25}),
        ("log-messages", "key:7", {"log_messages": LogMessages("key", 7)}),
        ("log-messages", "answer:3:synchronous", {"log_messages": LogMessages("answer", 3, True)}),
        ("refuse-nth", "4", {"refusals": [Refusal(4)]}),
        ("refuse-line", "^bgp", {"refusals": [Refusal(pattern="^bgp")]}),
        ("cut-ssh", "4", {"cut": Countdown(4)}),
        ("deaf", "4", {"deafness": Countdown(4)}),
    ],
)
def test_nuisance_comes_and_goes_as_a_fault(
    faults: Faults, router: Router, kind: str, argument: str, set_there: dict[str, object]
) -> None:
    before = copy.deepcopy(vars(router.nuisances))
    fault = asyncio.run(faults.add(kind, "rr1", argument))
    assert vars(router.nuisances) == {**before, **set_there}
    asyncio.run(faults.clear(fault.number))
    assert vars(router.nuisances) == before


def test_healing_one_nuisance_leaves_the_others_as_they_are(faults: Faults, router: Router) -> None:
    async def act() -> None:
        for kind, argument in (
            ("refuse-line", "^a"),
            ("refuse-line", "^b"),
            ("deaf", "3"),
            ("slow-lines", "100"),
            ("slow-lines", "200"),
        ):
            await faults.add(kind, "rr1", argument)
        router.nuisances.typed("one")
        await faults.clear(1)
        await faults.clear(5)

    asyncio.run(act())
    assert router.nuisances.refusals == [Refusal(pattern="^b")]
    assert router.nuisances.deafness == Countdown(2)
    assert router.nuisances.slowness == 0.1


@pytest.mark.parametrize(
    ("kind", "argument", "sentence"),
    [
        ("deaf", "0", "The fault deaf needs the number of a configuration line, from 1, not '0'."),
        ("slow-lines", "soon", "The fault slow-lines needs a number of milliseconds, from 1, not 'soon'."),
        ("log-messages", "word:3", "needs a place like key:7 or answer:3:synchronous"),
    ],
)
def test_nuisance_that_makes_no_sense(faults: Faults, kind: str, argument: str, sentence: str) -> None:
    with pytest.raises(LabError, match=re.escape(sentence)):
        asyncio.run(faults.add(kind, "rr1", argument))
