# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FRR behind the front: bgpd's vty Unix socket.

One command goes in, ended by NUL; text and ``NUL NUL NUL status`` come out.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

SUCCESS, WARNING = 0, 1
# The line was taken: what failed is only telling zebra, which a reflector does without
CHANGED = "Graceful restart configuration changed"


class FrrError(Exception):
    """FRR refused a line; the text is FRR's own."""


class FrrGone(FrrError):
    """bgpd does not answer: it was killed, or it hangs."""


class Frr(Protocol):
    """What the front needs of a routing daemon; tests have one without a daemon."""

    def run(self, line: str) -> str:
        """Run one exec command; its text. Raises FrrError."""

    def configure(self, context: Sequence[str], lines: Sequence[str]) -> None:
        """Run ``lines`` inside ``context``, for example ``("router bgp 1",)``. Raises FrrError."""


def read_json(frr: Frr, command: str) -> dict[str, Any]:
    """The JSON object that ``command json`` prints; empty when it prints nothing."""
    found = json.loads(frr.run(command + " json") or "{}")
    return found if isinstance(found, dict) else {}


class Vty:
    """A connection to bgpd's vty socket, in enable mode."""

    def __init__(self, path: Path, timeout: float = 10) -> None:
        """``timeout``: seconds to wait for an answer. Raises FrrGone."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._context: tuple[str, ...] = ()
        try:
            self._socket.connect(str(path))
        except OSError as error:
            raise FrrGone(f"bgpd's vty socket {path}: {error}") from error
        self._send("enable")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _send(self, line: str) -> str:
        answer = bytearray()
        try:
            self._socket.sendall(line.encode() + b"\0")
            while not (len(answer) >= 4 and answer[-4:-1] == b"\0\0\0"):
                received = self._socket.recv(1 << 18)
                if not received:
                    raise FrrGone("bgpd closed its vty socket")
                answer += received
        except OSError as error:
            self._socket.close()  # an answer that comes late would be taken for the next one's
            raise FrrGone(f"bgpd does not answer on its vty socket: {error}") from error
        text = answer[:-4].decode(errors="replace")
        if answer[-1] not in (SUCCESS, WARNING) and not text.startswith(CHANGED):
            raise FrrError(text.strip() or f"bgpd refused {line!r} with status {answer[-1]}")
        return text

    def _leave(self) -> None:
        if self._context:
            self._context = ()
            self._send("end")

    def run(self, line: str) -> str:
        """See Frr.run."""
        self._leave()
        return self._send(line)

    def configure(self, context: Sequence[str], lines: Sequence[str]) -> None:
        """See Frr.configure."""
        wanted = ("configure terminal", *context)
        if wanted != self._context:
            self._leave()
            self._context = wanted
            for step in wanted:
                self._send(step)
        for line in lines:
            self._send(line)


class Silent:
    """Takes every line and does nothing: stands in while bgpd is gone."""

    def run(self, line: str) -> str:
        """See Frr.run."""
        return ""

    def configure(self, context: Sequence[str], lines: Sequence[str]) -> None:
        """See Frr.configure."""


class Switch:
    """The bgpd in use, which is another one after ``attach``."""

    def __init__(self, frr: Frr) -> None:
        self._frr = frr

    def attach(self, frr: Frr) -> None:
        """Use ``frr`` from now on."""
        self._frr = frr

    def run(self, line: str) -> str:
        """See Frr.run."""
        return self._frr.run(line)

    def configure(self, context: Sequence[str], lines: Sequence[str]) -> None:
        """See Frr.configure."""
        self._frr.configure(context, lines)
