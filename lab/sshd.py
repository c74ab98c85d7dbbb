# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH into the nodes: one asyncssh server on the host's loopback per node, each command run inside the
node."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import socket
import struct
import termios
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import asyncssh

from lab.namespaces import SYSTEM_PATH, Place

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16
# The login shell's work: start in the home directory, then the command by /bin/sh -c, as sshd does.
IN_HOME = 'umask 022; cd "$HOME"; exec /bin/sh -c "$0"'
INTERACTIVE = 'umask 022; cd "$HOME"; exec /bin/sh -i'


class Listener(Protocol):
    """A server that listens at `port` until `close`, which drops its live sessions too."""

    port: int

    def close(self) -> None:
        """Stop to listen and drop every session."""


class Door:
    """A listener that can be shut and opened again at the same port.

    While it is shut the port stays taken and refuses connections, so that no other program gets them.
    """

    def __init__(self, open_at: Callable[[int], Awaitable[Listener]]) -> None:
        self._open_at = open_at
        self._listener: Listener | None = None
        self._plug: socket.socket | None = None
        self.port = 0

    @property
    def is_open(self) -> bool:
        """Whether connections are accepted."""
        return self._listener is not None

    async def open(self) -> None:
        """Listen, at the same port as before if there was one."""
        if self._listener is None:
            self._unplug()
            self._listener = await self._open_at(self.port)
            self.port = self._listener.port

    def shut(self) -> None:
        """Refuse connections and drop those there are."""
        if self._listener is None:
            return
        self._listener.close()
        self._listener = None
        self._plug = socket.socket()
        self._plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Without the plug the door works as well, only nobody keeps the port free.
        with contextlib.suppress(OSError):
            self._plug.bind((LOOPBACK, self.port))

    def _unplug(self) -> None:
        if self._plug is not None:
            self._plug.close()
            self._plug = None


class NodeServer:
    """The SSH server of one node, open to root with one key."""

    def __init__(self, place: Place, host_key: asyncssh.SSHKey, client_key: Path) -> None:
        self._place, self._host_key, self._client_key = place, host_key, client_key
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self.port = 0

    async def listen(self, port: int) -> NodeServer:
        """Listen at `port` of the loopback, 0 for a free one; returns itself."""
        self._acceptor = await asyncssh.listen(
            LOOPBACK,
            port,
            server_factory=lambda: _Connection(self._connections),
            server_host_keys=[self._host_key],
            authorized_client_keys=str(self._client_key.with_suffix(".pub")),
            process_factory=self._serve,
            compression_algs=None,
            encoding=None,
        )
        self.port = self._acceptor.get_port()
        return self

    def close(self) -> None:
        """See Listener."""
        if self._acceptor is not None:
            self._acceptor.close()
        for connection in list(self._connections):
            connection.abort()

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        environment = {
            "PATH": SYSTEM_PATH,
            "HOME": "/root",
            "USER": "root",
            "LOGNAME": "root",
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
        }
        script = [IN_HOME, process.command] if process.command else [INTERACTIVE]
        argv = self._place.command("/bin/sh", "-c", *script)
        if process.term_type:
            await _run_on_terminal(process, argv, {**environment, "TERM": process.term_type})
        else:
            await _run_on_pipes(process, argv, environment)


class _Connection(asyncssh.SSHServer):
    def __init__(self, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)


def make_keys(client_key: Path) -> asyncssh.SSHKey:
    """Write the client's key pair (private part 0600) and return a host key for the nodes."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment="calico_bgp lab")
    client_key.touch(mode=0o600)
    key.write_private_key(client_key)
    key.write_public_key(client_key.with_suffix(".pub"))
    return asyncssh.generate_private_key("ssh-ed25519")


async def _run_on_pipes(
    process: asyncssh.SSHServerProcess[bytes], argv: list[str], environment: dict[str, str]
) -> None:
    """The three streams are pumped by hand: redirecting them loses the output of short commands now and
    then."""
    child = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    feeding = asyncio.create_task(_feed(process, child.stdin))
    guarding = asyncio.create_task(_end_with(process, child.pid))
    try:
        await asyncio.gather(_pump(child.stdout, process.stdout), _pump(child.stderr, process.stderr))
        _exit(process, await child.wait())
    finally:
        feeding.cancel()
        guarding.cancel()


async def _feed(process: asyncssh.SSHServerProcess[bytes], sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, asyncssh.Error):
        while data := await process.stdin.read(CHUNK):
            sink.write(data)
            await sink.drain()
    sink.close()


async def _pump(source: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    """Copy until the program closes its end; what a client that has gone does not take is dropped."""
    while data := await source.read(CHUNK):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, asyncssh.Error):
            sink.write(data)
            await sink.drain()


async def _end_with(process: asyncssh.SSHServerProcess[bytes], pid: int) -> None:
    """End the command and all it started when the client has gone."""
    await process.wait_closed()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


async def _run_on_terminal(
    process: asyncssh.SSHServerProcess[bytes], argv: list[str], environment: dict[str, str]
) -> None:
    """For people: a shell on a terminal."""
    master, slave = pty.openpty()
    columns, rows, *_pixels = process.term_size
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    child = await asyncio.create_subprocess_exec(
        "setsid", "--ctty", "--wait", *argv, stdin=slave, stdout=slave, stderr=slave, env=environment
    )
    os.close(slave)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    loop.add_reader(master, _forward, master, process, ended)
    typing = asyncio.create_task(_type(process, master))
    guarding = asyncio.create_task(_end_with(process, child.pid))
    await ended
    loop.remove_reader(master)
    typing.cancel()
    guarding.cancel()
    os.close(master)
    _exit(process, await child.wait())


def _forward(master: int, process: asyncssh.SSHServerProcess[bytes], ended: asyncio.Future[None]) -> None:
    try:
        data = os.read(master, CHUNK)
    except OSError:
        data = b""
    if data:
        process.stdout.write(data)
    elif not ended.done():
        ended.set_result(None)


async def _type(process: asyncssh.SSHServerProcess[bytes], master: int) -> None:
    while True:
        try:
            data = await process.stdin.read(CHUNK)
        except asyncssh.TerminalSizeChanged as change:
            size = struct.pack("HHHH", change.height, change.width, 0, 0)
            fcntl.ioctl(master, termios.TIOCSWINSZ, size)
            continue
        except asyncssh.Error:
            return
        if not data:
            return
        os.write(master, data)


def _exit(process: asyncssh.SSHServerProcess[bytes], status: int) -> None:
    with contextlib.suppress(asyncssh.Error, OSError):
        process.exit(status if status >= 0 else 128 - status)
