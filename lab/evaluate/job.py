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
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

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
Made = TypeVar("Made")


class Failures:
    """What did not come about: told at once, and kept for who judges. Everything else goes on without it."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.found: list[Json] = []

    def attempt(self, way: Way, work: Callable[[], Made], number: int = 0) -> Made | None:
        """What `work` gives; None where it fails, in the round of that number (0: before them)."""
        try:
            return work()
        except (LabError, PlaceError) as error:
            self._say(f"{way.name}: not measured: {error}")
            self.found.append({"round": number, "path": way.name, "text": str(error)})
            return None


def measure(families: Sequence[str], settings: Settings, *, privileged: bool, say: Say) -> Json:
    """Build, measure in rounds; the raw figures, and what failed of them.

    LabError or PlaceError when there is nothing to measure between."""
    started, machine, found, failures = time.time(), machine_facts(), tools.find(), Failures(say)
    wanted = ways(tuple(families))
    chosen = [way for way in wanted if way.family != IPV6 or has_ipv6()]
    if not chosen:
        raise LabError("This kernel has no IPv6, and nothing else was to be measured.")
    bench = Bench(chosen, move_in(None, programs.find()))
    bench.build()
    carriers, refused = lead(chosen, bench, found, failures, privileged=privileged, say=say)
    meter = Meter(bench, found)
    mtus = find_mtus(meter, [way for way in chosen if way.name in carriers], failures)
    captures = [failures.attempt(way, partial(meter.capture, way, mtu)) for way, mtu in mtus.items()]
    usable = [way for way, mtu in mtus.items() if failures.attempt(way, partial(prepare, meter, way, mtu))]
    say("MTU found, bytes on the wire captured")
    return {
        "format": FORMAT,
        "where": "lab",
        "started": started,
        "machine": machine,
        "tools": found.versions(),
        "settings": {**asdict(settings), "underlay_mtu": UNDERLAY_MTU, "datagram_bytes": DATAGRAM},
        "paths": [_described(way, carriers.get(way.name), refused) for way in wanted],
        "captures": [capture for capture in captures if capture],
        "mtu": [{"path": way.name, "bytes": mtu} for way, mtu in mtus.items()],
        "samples": list(samples(meter, usable, settings, failures, say)),
        "failures": failures.found,
    }


def lead(
    chosen: Sequence[Way], bench: Bench, found: tools.Tools, failures: Failures, *, privileged: bool, say: Say
) -> tuple[dict[str, overlay.Carrier], dict[str, str]]:
    """Set the ways up: what carries each, and why others cannot be measured here, by their names."""
    carriers: dict[str, overlay.Carrier] = {}
    refused: dict[str, str] = {}
    for way in chosen:
        set_up = partial(overlay.set_up, way, bench.places, found, privileged=privileged)
        try:
            if carrier := failures.attempt(way, set_up):
                carriers[way.name] = carrier
        except overlay.RefusedError as refusal:
            refused[way.name] = str(refusal)
            say(f"{way.name}: not measured: {refusal}")
    return carriers, refused


def find_mtus(meter: Meter, led: Sequence[Way], failures: Failures) -> dict[Way, int]:
    """The MTU of each way, at the same time, as an answer that does not come takes seconds."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda way: failures.attempt(way, partial(meter.mtu, way)), led)
    return {way: mtu for way, mtu in zip(led, found, strict=True) if mtu is not None}


def prepare(meter: Meter, way: Way, mtu: int) -> bool:
    """Make the way's pods ready for the rounds."""
    meter.set_mtu(way, mtu)
    meter.serve(way)
    return True


def _described(way: Way, carrier: overlay.Carrier | None, refused: Mapping[str, str]) -> Json:
    about = {"name": way.name, "encapsulation": way.encapsulation, "family": way.family}
    why_not = NO_IPV6 if way.family == IPV6 and not has_ipv6() else refused.get(way.name)
    return {**about, **asdict(carrier or overlay.Carrier("")), "refused": why_not}


def samples(
    meter: Meter, usable: Sequence[Way], settings: Settings, failures: Failures, say: Say
) -> Iterator[Json]:
    """The figures of every round; what warms up is not counted, and what fails in it is only told."""
    began, warm_up = time.monotonic(), Failures(say)
    for number in range(settings.rounds + WARM_UP if settings.rounds and usable else 0):
        for step, way in enumerate(turn(usable, number)):
            kept = failures if number >= WARM_UP else warm_up
            figures = figures_of(meter, way, settings.seconds, kept, number)
            done = number * len(usable) + step + 1
            left = (time.monotonic() - began) / done * ((settings.rounds + WARM_UP) * len(usable) - done)
            title = f"round {number} of {settings.rounds}" if number >= WARM_UP else "warming up"
            say(f"{title}: {way.name} ({left:.0f} s left)")
            if number >= WARM_UP:
                for metric, value in figures.items():
                    yield {"round": number, "path": way.name, "metric": metric, "value": value}


def figures_of(meter: Meter, way: Way, seconds: int, failures: Failures, number: int) -> Json:
    """Metric to value; the figures of a measurement that fails are missing."""
    figures: Json = {}
    for measurement in (meter.tcp, meter.tcp_single, meter.udp, meter.rtt):
        figures |= failures.attempt(way, partial(measurement, way, seconds), number) or {}
    return figures


def turn(usable: Sequence[Way], number: int) -> list[Way]:
    """The order of a round.

    Every second one is that of the round before it backwards, so that of two ways each comes first as often
    as the other; a drift would else push the ratios of most rounds to the same side. Every two rounds the
    next way begins."""
    pair, second = divmod(number - WARM_UP, 2)
    first = pair % len(usable)
    order = [*usable[first:], *usable[:first]]
    return order[::-1] if second else order


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
