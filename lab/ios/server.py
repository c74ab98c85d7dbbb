# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH server in front of a router."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import asyncssh

from lab.ios.device import Router
from lab.ios.shell import Session
from lab.ios.terminal import Terminal

Log = Callable[[str, str], None]


class Server:
    """A listening server. ``port``: the TCP port it listens on."""

    def __init__(self, router: Router, log: Log | None) -> None:
        self.port = 0
        self._router, self._log = router, log
        self._listener: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    async def listen(self, host: str, port: int, host_key: Path) -> None:
        """Start to listen; ``port`` 0 takes a free one. Raises OSError."""
        self._listener = await asyncssh.create_server(
            lambda: _Login(self._router, self._connections, self.drop, self._log),
            host,
            port,
            server_host_keys=[_host_key(host_key)],
            line_editor=False,
        )
        self.port = self._listener.get_port()

    def close(self) -> None:
        """Stop to listen and drop every live session, as a router that lost its power."""
        if self._listener:
            self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Drop every live session, without a last word."""
        for connection in list(self._connections):
            connection.abort()


class _Login(asyncssh.SSHServer):
    def __init__(
        self,
        router: Router,
        connections: set[asyncssh.SSHServerConnection],
        drop: Callable[[], None],
        log: Log | None,
    ) -> None:
        self._router, self._connections, self._drop, self._log = router, connections, drop, log
        self._connection: asyncssh.SSHServerConnection | None = None
        self._user = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection:
            self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        self._user = username
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self._router.users.get(username) == password

    def session_requested(self) -> asyncssh.SSHServerSession[str]:
        return _Shell(Session(self._router, self._user), self._drop, self._log)


class _Shell(asyncssh.SSHServerSession[str]):
    """One terminal. What is typed ahead waits while the router works on a line."""

    def __init__(self, session: Session, drop: Callable[[], None], log: Log | None) -> None:
        session.log = log
        self._terminal, self._drop = Terminal(session), drop
        self._nuisances = session.router.nuisances
        self._channel: asyncssh.SSHServerChannel[str] | None = None
        self._typed: deque[str] = deque()
        self._working: asyncio.TimerHandle | None = None
        self._ended = False

    def connection_made(self, chan: asyncssh.SSHServerChannel[str]) -> None:
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: object, term_modes: object) -> bool:
        return True

    def shell_requested(self) -> bool:
        return True

    def session_started(self) -> None:
        self._write(self._terminal.greeting())

    def data_received(self, data: str, datatype: asyncssh.DataType) -> None:
        self._typed.extend(data)
        if self._working is None:
            self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        self._typed.clear()
        if self._working:
            self._working.cancel()

    def _work(self) -> None:
        shown: list[str] = []
        while self._typed:
            key = self._typed.popleft()
            if pause := self._terminal.pause(key):
                self._write("".join(shown))
                self._working = asyncio.get_running_loop().call_later(pause, self._answer, key)
                return
            if not self._press(key, shown):
                return
        self._write("".join(shown))
        if self._ended and self._channel:
            self._channel.exit(0)

    def _answer(self, key: str) -> None:
        self._working = None
        shown: list[str] = []
        if self._press(key, shown):
            self._write("".join(shown))
            self._work()

    def _press(self, key: str, shown: list[str]) -> bool:
        """Whether the connection is still there; what the key shows is added to ``shown``."""
        shown.append(self._terminal.feed(key))
        if self._nuisances.sever():
            self._write("".join(shown[:-1]))
            self._drop()
            return False
        if self._terminal.session.closed and self._channel:
            self._write("".join(shown))
            self._channel.exit(0)
            return False
        return True

    def eof_received(self) -> bool:
        self._ended = True
        if self._channel and self._working is None:
            self._channel.exit(0)
        return self._working is not None

    def _write(self, text: str) -> None:
        if self._channel:
            self._channel.write(text)


def _host_key(path: Path) -> asyncssh.SSHKey:
    """The key at ``path``, made at first: clients remember it and refuse another one."""
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        path.touch(mode=0o600)
        key.write_private_key(path)
    return asyncssh.read_private_key(path)


async def serve(router: Router, host: str, port: int, host_key: Path, log: Log | None = None) -> Server:
    """Serve ``router`` at ``host``; ``port`` 0 takes a free one.

    ``host_key``: file of the SSH host key, made where there is none. ``log``: called with the
    prompt and the line for every line entered (passwords excepted). Raises OSError.
    """
    server = Server(router, log)
    await server.listen(host, port, host_key)
    return server
