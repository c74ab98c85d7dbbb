# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's stand-in for systemd on a control plane node: transient services, and a journal.

One program with three names: `systemd-run`, `systemctl` and `logger`. It takes the options that the guard
needs, each as the real program has it, and refuses all others.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

FOLDER = Path("/run/lab-systemd")
JOURNAL = FOLDER / "journal"
#: What a service has for an environment (systemd: DefaultEnvironment, exec context).
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8"}
PROPERTIES = ("Restart", "RestartSec")
#: Seconds until a service that does not end is killed.
STOP = 2.0


def record(unit: str) -> Path:
    """Where a service that is loaded has its process ids."""
    return FOLDER / f"{unit.removesuffix('.service')}.json"


def log(text: str) -> None:
    """A line of the journal."""
    with JOURNAL.open("a", encoding="utf-8") as journal:
        journal.write(f"{text}\n")


def run(arguments: Sequence[str]) -> int:
    """systemd-run: a service in the background."""
    parser = argparse.ArgumentParser(prog="systemd-run", allow_abbrev=False)
    parser.add_argument("-u", "--unit", required=True)
    parser.add_argument("-G", "--collect", action="store_true", required=True)
    parser.add_argument("--description", default="")
    parser.add_argument("-p", "--property", action="append", default=[])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    properties = dict(each.split("=", 1) for each in options.property)
    for name in properties:
        if name not in PROPERTIES:
            print(f"Unknown assignment: {name}", file=sys.stderr)
            return 1
    if record(options.unit).exists():
        print(
            f"Failed to start transient service unit: Unit {options.unit}.service was already loaded or has "
            "a fragment file.",
            file=sys.stderr,
        )
        return 1
    record(options.unit).write_text("{}")
    if os.fork():
        print(f"Running as unit: {options.unit}.service", file=sys.stderr)
        return 0
    os.setsid()
    for descriptor in range(3):
        os.dup2(os.open("/dev/null", os.O_RDWR), descriptor)
    serve(options.unit, options.command, properties)
    os._exit(0)


def serve(unit: str, command: Sequence[str], properties: dict[str, str]) -> None:
    """Run the service, again after a failure where it is to be, and unload it."""
    while True:
        with JOURNAL.open("ab") as journal:
            started = subprocess.Popen(
                command, cwd="/", env=ENVIRONMENT, stdout=journal, stderr=journal, start_new_session=True
            )
        record(unit).write_text(json.dumps({"keeper": os.getpid(), "service": started.pid}))
        if started.wait() == 0 or properties.get("Restart") != "on-failure":
            record(unit).unlink()
            return
        time.sleep(float(properties.get("RestartSec", "0.1")))


def control(arguments: Sequence[str]) -> int:
    """systemctl: stop, is-active, reset-failed."""
    parser = argparse.ArgumentParser(prog="systemctl", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, dest="command")
    for name in ("stop", "is-active", "reset-failed"):
        command = commands.add_parser(name, allow_abbrev=False)
        command.add_argument("-q", "--quiet", action="store_true")
        command.add_argument("unit")
    options = parser.parse_args(arguments)
    loaded, unit = record(options.unit).exists(), f"{options.unit.removesuffix('.service')}.service"
    if options.command == "is-active":
        if not options.quiet:
            print("active" if loaded else "inactive")
        return 0 if loaded else 3
    if not loaded:
        task = "stop" if options.command == "stop" else "reset failed state of unit"
        print(f"Failed to {task} {unit}: Unit {unit} not loaded.", file=sys.stderr)
        return 5 if options.command == "stop" else 1
    if options.command == "stop":
        stop(options.unit)
    return 0


def stop(unit: str) -> None:
    """End the service and all that it started."""
    pids = json.loads(record(unit).read_text() or "{}")
    with suppress(ProcessLookupError, KeyError):
        os.kill(pids["keeper"], signal.SIGKILL)
    end = time.monotonic() + STOP
    with suppress(ProcessLookupError, KeyError):
        os.killpg(pids["service"], signal.SIGTERM)
        while time.monotonic() < end:
            time.sleep(0.02)
            os.killpg(pids["service"], 0)
        os.killpg(pids["service"], signal.SIGKILL)
    record(unit).unlink(missing_ok=True)


def say(arguments: Sequence[str]) -> int:
    """Logger: a line of the journal."""
    parser = argparse.ArgumentParser(prog="logger", allow_abbrev=False)
    parser.add_argument("-t", "--tag", required=True)
    parser.add_argument("words", nargs="+")
    options = parser.parse_args(arguments)
    log(f"{options.tag}: {' '.join(options.words)}")
    return 0


PROGRAMS = {"systemd-run": run, "systemctl": control, "logger": say}


def main(program: str, arguments: Sequence[str]) -> int:
    """Be one of the programs; its exit status."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    return PROGRAMS[program](arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
