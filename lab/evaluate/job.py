# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole measurement, as init of its own namespaces: the kernel ends everything in them with it.

Started as `unshare .. python -m lab.evaluate.job OPTIONS`, OPTIONS being JSON. Prints JSON lines: `progress`,
and at the end `measurement` or `failed`. It ends when its standard input does."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lab import programs
from lab.evaluate import overlay, readings, tools
from lab.evaluate.meter import DATAGRAM, Meter, Settings
from lab.evaluate.nodes import Bench
from lab.evaluate.paths import IPV6, UNDERLAY_MTU, Way, ways
from lab.namespaces import PlaceError
from lab.site import move_in
from lab.state import LabError

FORMAT = 1
IDLE = 1.0
WARM_UP = 1
NO_IPV6 = "this kernel has no IPv6"
Json = dict[str, Any]
Say = Callable[[str], None]


def measure(families: Sequence[str], settings: Settings, *, privileged: bool, say: Say) -> Json:
    """Build, measure in rounds; the raw figures. LabError or PlaceError when something does not work."""
    machine, found = machine_facts(), tools.find()
    wanted = ways(tuple(families))
    chosen = [way for way in wanted if way.family != IPV6 or has_ipv6()]
    if not chosen:
        raise LabError("This kernel has no IPv6, and nothing else was to be measured.")
    bench = Bench(chosen, move_in(None, programs.find()))
    bench.build()
    how, refused = lead(chosen, bench, found, privileged=privileged, say=say)
    usable = [way for way in chosen if way.name in how]
    meter = Meter(bench, found)
    with ThreadPoolExecutor() as pool:
        mtus = dict(zip(usable, pool.map(meter.mtu, usable), strict=True))
    captures = [look(meter, way, mtu) for way, mtu in mtus.items()]
    say("MTU found, bytes on the wire captured")
    return {
        "format": FORMAT,
        "where": "lab",
        "machine": machine,
        "tools": found.versions(),
        "settings": {**asdict(settings), "underlay_mtu": UNDERLAY_MTU, "datagram_bytes": DATAGRAM},
        "paths": [_described(way, how, refused) for way in wanted],
        "captures": captures,
        "mtu": [{"path": way.name, "bytes": mtu} for way, mtu in mtus.items()],
        "samples": list(samples(meter, usable, settings, say)),
    }


def lead(
    chosen: Sequence[Way], bench: Bench, found: tools.Tools, *, privileged: bool, say: Say
) -> tuple[dict[str, str], dict[str, str]]:
    """Set the ways up: what carries each, and why others cannot be measured, by their names."""
    how: dict[str, str] = {}
    refused: dict[str, str] = {}
    for way in chosen:
        try:
            how[way.name] = overlay.set_up(way, bench.places, found, privileged=privileged)
        except overlay.RefusedError as refusal:
            refused[way.name] = str(refusal)
            say(f"{way.name}: not measured: {refusal}")
    return how, refused


def look(meter: Meter, way: Way, mtu: int) -> Json:
    """Captured packets of a way, whose pods are ready for more afterwards."""
    capture = meter.capture(way, mtu)
    meter.set_mtu(way, mtu)
    meter.serve(way)
    return capture


def _described(way: Way, how: Mapping[str, str], refused: Mapping[str, str]) -> Json:
    why_not = None if way.name in how else refused.get(way.name, NO_IPV6)
    about = {"name": way.name, "encapsulation": way.encapsulation, "family": way.family}
    return {**about, "how": how.get(way.name, ""), "refused": why_not}


def samples(meter: Meter, usable: Sequence[Way], settings: Settings, say: Say) -> Iterator[Json]:
    """The figures of every round; each way is first in turn, and what warms up is not counted."""
    began = time.monotonic()
    for number in range(settings.rounds + WARM_UP if settings.rounds else 0):
        for step, way in enumerate(turn(usable, number)):
            figures = figures_of(meter, way, settings.seconds, say)
            done = number * len(usable) + step + 1
            left = (time.monotonic() - began) / done * ((settings.rounds + WARM_UP) * len(usable) - done)
            title = f"round {number} of {settings.rounds}" if number >= WARM_UP else "warming up"
            say(f"{title}: {way.name} ({left:.0f} s left)")
            if number >= WARM_UP:
                for metric, value in figures.items():
                    yield {"round": number, "path": way.name, "metric": metric, "value": value}


def figures_of(meter: Meter, way: Way, seconds: int, say: Say) -> Json:
    """Metric to value; a measurement that fails is told, and its figures are missing."""
    figures: Json = {}
    for measurement in (meter.tcp, meter.tcp_single, meter.udp, meter.rtt):
        try:
            figures |= measurement(way, seconds)
        except LabError as error:
            say(f"no figure: {error}")
    return figures


def turn(usable: Sequence[Way], number: int) -> list[Way]:
    """The order of a round: what is first in one is last in the next, so that a drift meets all alike."""
    first = number % len(usable)
    return [*usable[first:], *usable[:first]]


def machine_facts() -> Json:
    """What this machine is, and how busy it was in an idle second."""
    before, then = readings.busy_seconds(Path("/proc/stat").read_text()), time.monotonic()
    time.sleep(IDLE)
    busy = readings.busy_seconds(Path("/proc/stat").read_text()) - before
    processors = os.cpu_count() or 1
    system = os.uname()
    cpuinfo = Path("/proc/cpuinfo").read_text()
    return {
        "kernel": system.release,
        "architecture": system.machine,
        "processor": _first(cpuinfo, "model name") or system.machine,
        "processors": processors,
        "memory_bytes": 1024 * int(_first(Path("/proc/meminfo").read_text(), "MemTotal").split()[0]),
        "virtual": "hypervisor" if "hypervisor" in _first(cpuinfo, "flags").split() else "",
        # The kernel counts in hundredths of a second, so a full one may come out as more.
        "busy_before": min(1.0, round(busy / (time.monotonic() - then) / processors, 3)),
        "load": os.getloadavg()[0],
    }


def has_ipv6() -> bool:
    """Whether the kernel has IPv6 at all."""
    return Path("/proc/sys/net/ipv6").is_dir()


def _first(text: str, name: str) -> str:
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for key, _colon, value in lines if key.strip() == name), "")


def _print(line: Json) -> None:
    print(json.dumps(line), flush=True)


def _end_with_input() -> None:
    """Whoever started this has ended, in whatever way."""
    while os.read(0, 1):
        pass
    with contextlib.suppress(OSError):
        _print({"failed": "Standard input ended, and with it whoever was to get the figures."})
    os._exit(3)


def main() -> int:
    """Measure as the options say; 0, or 1 after `failed`."""
    options = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        measured = measure(
            options["families"],
            Settings(options["rounds"], options["seconds"]),
            privileged=options["privileged"],
            say=lambda text: _print({"progress": text}),
        )
    except (LabError, PlaceError, programs.Missing) as error:
        _print({"failed": str(error)})
    except Exception as error:
        traceback.print_exc()
        _print({"failed": f"{type(error).__name__}: {error}"})
    else:
        _print({"measurement": measured})
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
