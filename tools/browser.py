# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's Chromium without a window, told what to do over a pipe (the Chrome DevTools Protocol)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from lab.programs import library_path
from tools import debs
from tools.commands import Runner
from tools.console import Console, Failure
from tools.files import locked

#: Seconds that one thing asked of the browser may take.
PATIENCE = 600.0
#: What it reads commands from and writes answers to, by its own convention.
_IN, _OUT = 3, 4
#: Its own sandbox needs rights that a container lacks; it is shown nothing but our own pages.
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)


@dataclass(frozen=True)
class Look:
    """How a page is shown: width and height of the window in CSS pixels, and in which colours."""

    width: int = 1280
    height: int = 900
    dark: bool = False


class Tab:
    """One tab of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def show(self, look: Look, media: str = "screen") -> None:
        """Set size and colours; `media` is screen or print."""
        metrics = {"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if look.dark else "light"}
        self._ask("Emulation.setEmulatedMedia", {"media": media, "features": [scheme]})

    def open(self, page: Path) -> None:
        """Load a page, and wait until it is loaded; Failure where it is not there."""
        self._ask("Page.enable")
        told = self._ask("Page.navigate", {"url": page.absolute().as_uri()})
        if "errorText" in told:
            raise Failure(f"{page}: Chromium does not load it: {told['errorText']}")
        self._browser.wait_for("Page.loadEventFired", self._session)

    def run(self, script: str) -> Any:
        """The value of an expression of JavaScript in the page; a promise is waited for."""
        options = {"expression": script, "awaitPromise": True, "returnByValue": True}
        told = self._ask("Runtime.evaluate", options)
        if "exceptionDetails" in told:
            raise Failure(f"the page's answer is an error: {json.dumps(told['exceptionDetails'])[:500]}")
        return told["result"].get("value")

    def picture(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", {"format": "png"})["data"])

    def paper(self) -> bytes:
        """The page as it is printed on A4, as PDF."""
        self._ask("Emulation.setEmulatedMedia", {"media": "", "features": []})
        size = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": False}
        return base64.b64decode(self._ask("Page.printToPDF", size)["data"])

    def _ask(self, method: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._browser.ask(method, options or {}, self._session)


class Browser:
    """The unpacked Chromium, started; it ends with the `with` block.

    Failure where it cannot be had, does not start, or does not answer.
    """

    def __init__(self, cache: Path) -> None:
        with locked(cache / "lock", Console()):
            debs.unpack_browser(Runner(Console(), cache / "log"), cache)
        self._root = cache / debs.BROWSER
        self._number = 0
        self._rest = b""
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        own = self._root / "usr/lib/chromium"
        sound = (str(path) for path in sorted(self._root.glob("usr/lib/*-linux-gnu/pulseaudio")))
        libraries = ":".join([library_path(self._root), str(own), *sound])
        self._profile = tempfile.TemporaryDirectory(prefix="chromium", ignore_cleanup_errors=True)
        self._log = tempfile.TemporaryFile()
        command = [str(own / "chromium"), *_OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"]
        (theirs_in, self._to), (self._from, theirs_out) = (_high(os.pipe()), _high(os.pipe()))

        def connect() -> None:
            os.dup2(theirs_in, _IN)
            os.dup2(theirs_out, _OUT)

        try:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, "LD_LIBRARY_PATH": libraries},
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                close_fds=False,
                preexec_fn=connect,
            )
        except OSError as error:
            raise Failure(f"Chromium does not run here: {error}") from error
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        os.close(self._to)
        os.close(self._from)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._profile.cleanup()

    @contextmanager
    def tab(self, look: Look) -> Iterator[Tab]:
        """A new tab of this look, closed afterwards."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = Tab(self, session)
        tab.show(look)
        yield tab
        self.ask("Target.closeTarget", {"targetId": target})

    def ask(self, method: str, options: Mapping[str, Any], session: str = "") -> dict[str, Any]:
        """Send a command; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": options}
        text = json.dumps({**message, **({"sessionId": session} if session else {})}).encode() + b"\0"
        try:
            while text:
                text = text[os.write(self._to, text) :]
        except OSError as error:
            raise Failure(f"Chromium does not run here: {self._said()}") from error
        answer = self._until(lambda told: told.get("id") == self._number, method)
        if "error" in answer:
            raise Failure(f"Chromium does not do {method}: {answer['error'].get('message')}")
        return dict(answer["result"])

    def wait_for(self, event: str, session: str) -> None:
        """Wait until it tells of this event, also where it told already."""

        def wanted(told: Mapping[str, Any]) -> bool:
            return told.get("method") == event and told.get("sessionId") == session

        if not any(map(wanted, self._events)):
            self._until(wanted, event)
        self._events.clear()

    def _until(self, wanted: Any, what: str) -> dict[str, Any]:
        """The first message that is wanted; events that come before it are kept."""
        deadline = time.monotonic() + PATIENCE
        while True:
            while b"\0" not in self._rest:
                self._read(deadline, what)
            line, _end, self._rest = self._rest.partition(b"\0")
            told: dict[str, Any] = json.loads(line)
            if wanted(told):
                return told
            if "method" in told:
                self._events.append(told)

    def _read(self, deadline: float, what: str) -> None:
        ready, _write, _odd = select.select([self._from], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise Failure(f"Chromium did not answer within {PATIENCE:g} s ({what})")
        more = os.read(self._from, 1 << 20)
        if not more:
            raise Failure(f"Chromium does not run here: {self._said()}")
        self._rest += more

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace").strip()[-300:] or "it ended and said nothing"


def _high(pair: tuple[int, int]) -> tuple[int, int]:
    """The same ends of a pipe with numbers that are not those the browser wants."""
    moved = tuple(fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in pair)
    for each in pair:
        os.close(each)
    return moved[0], moved[1]
