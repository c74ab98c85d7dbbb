# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark: the same change in several orders, on the same lab with the same probe; how long it is dark.

    python -m tests.bench.order --repeat 3 --output DIR

writes DIR/results.json, DIR/order.svg and DIR/order.png and prints a table."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lab.inventory import TIMERS
from lab.programs import Missing, find
from lab.state import CHECKOUT, OWNER
from tests.bench import plot
from tests.bench.figures import Run, Summary, run_from, summarise, table
from tests.bench.orders import FAILURES, Order, Timers, mesh_first, ours, play

Json = dict[str, Any]
# Between the task that turns the mesh off and the one with the peers, kubespray runs 14 modules on the
# first control plane node (roles/network_plugin/calico/tasks/install.yml at b2c5d40: six templates, six
# manifests applied, one of each for IPAM; Typha and the API server left out). Half a second each is quick.
KUBESPRAY_MODULES = 14
MODULE_SECONDS = 0.5
PASTE_SECONDS = 5.0
LONGEST_PAUSE = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when every run came to its end, 1 when one failed, 2 when nothing could begin."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        plot.check()
        if options.draw:
            return show(json.loads(options.draw.read_text()), options.output)
        find()
        return measure(options)
    except (plot.NoPlotError, Missing, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; the lab is gone.", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    made = argparse.ArgumentParser(prog="python -m tests.bench.order", description=__doc__.splitlines()[0])
    made.add_argument("--repeat", type=_count, default=3, metavar="N", help="runs of each order (3)")
    made.add_argument(
        "--output", type=Path, default=CHECKOUT / ".build" / "bench", metavar="DIR", help="(.build/bench)"
    )
    made.add_argument(
        "--timers",
        type=_timers,
        default=Timers(**TIMERS),
        metavar="KEEPALIVE/HOLD",
        help=f"the router's, in seconds, for every order ({TIMERS['keepalive']}/{TIMERS['hold']})",
    )
    made.add_argument(
        "--paste-pause",
        type=_seconds,
        default=PASTE_SECONDS,
        metavar="SECONDS",
        help=f"between the article's two steps, done by a person ({PASTE_SECONDS:g})",
    )
    made.add_argument(
        "--kubespray-pause",
        type=_seconds,
        default=KUBESPRAY_MODULES * MODULE_SECONDS,
        metavar="SECONDS",
        help=f"between kubespray's two steps ({KUBESPRAY_MODULES} modules at {MODULE_SECONDS:g} s)",
    )
    made.add_argument(
        "--draw", type=Path, metavar="RESULTS.json", help="measure nothing: table and plot of these results"
    )
    return made


def orders(paste: float, kubespray: float) -> list[Order]:
    """All orders; pauses in seconds between mesh off and peer, in brackets in the names."""
    return [
        Order("article-script", "Article, as a script (0 s)", mesh_first(0)),
        Order("article-person", f"Article, by a person ({paste:g} s)", mesh_first(paste)),
        Order("kubespray", f"kubespray ({kubespray:g} s)", mesh_first(kubespray)),
        Order("collection", "This collection", ours),
    ]


def measure(options: argparse.Namespace) -> int:
    """Play all orders `--repeat` times, interleaved; results, table and plot."""
    options.output.mkdir(parents=True, exist_ok=True)
    os.environ[OWNER] = str(os.getpid())
    wanted = orders(options.paste_pause, options.kubespray_pause)
    results: Json = {
        "machine": machine(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "timers": asdict(options.timers),
        "orders": {order.key: order.name for order in wanted},
        "runs": [],
        "failures": [],
    }
    for repeat in range(options.repeat):
        # Each round begins with another order, so that none always meets the machine in the same state.
        turn = repeat % len(wanted)
        for order in wanted[turn:] + wanted[:turn]:
            print(f"\n--- {order.name}, run {repeat + 1} of {options.repeat}", flush=True)
            _play(order, repeat + 1, options.timers, options.output, results)
            (options.output / "results.json").write_text(json.dumps(results) + "\n")
    return show(results, options.output)


def _play(order: Order, repeat: int, timers: Timers, output: Path, results: Json) -> None:
    # A lab's path must stay short.
    directory = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        run = play(order, repeat, timers, directory, output)
    except FAILURES as error:
        print(f"FAILED: {error}", flush=True)
        results["failures"].append({"order": order.key, "repeat": repeat, "error": str(error)})
    else:
        last = f", the last {run.last_loss:.2f} s after the mesh went off" if run.last_loss else ""
        print(f"{run.sent} sent, {run.lost} lost{last}", flush=True)
        results["runs"].append(run.as_json())
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def show(results: Json, output: Path) -> int:
    """Print the table, draw the plot; 0 when no run failed. ValueError where there is no run at all."""
    runs = [run_from(data) for data in results["runs"]]
    if not runs:
        raise ValueError("No run came to its end, so there is nothing to show.")
    names: Mapping[str, str] = results["orders"]
    panels = [
        plot.Panel(name, mine, _summary(key, mine, results))
        for key, name in names.items()
        if (mine := [run for run in runs if run.order == key])
    ]
    timers = results["timers"]
    print(f"\nTimers {timers['keepalive']}/{timers['hold']} s, {results['machine']}")
    print(table([panel.summary for panel in panels], names))
    print(
        "Median (lowest-highest). In brackets after an order: the pause between mesh off and peer. Dark and"
    )
    print(
        "longest: over the pairs of pods on different nodes of all runs. Last loss: since the mesh went off."
    )
    for failure in results["failures"]:
        print(f"FAILED: {names[failure['order']]}, run {failure['repeat']}: {failure['error']}")
    files = [output / "order.svg", output / "order.png"]
    output.mkdir(parents=True, exist_ok=True)
    plot.draw(panels, subtitle(results, panels), files)
    print(f"Plot: {files[0]}, figures: {output / 'results.json'}")
    return 1 if results["failures"] else 0


def _summary(key: str, runs: Sequence[Run], results: Json) -> Summary:
    return summarise(key, runs, sum(failure["order"] == key for failure in results["failures"]))


def subtitle(results: Json, panels: Sequence[plot.Panel]) -> str:
    """What was measured on what, and how to read it."""
    runs = max(panel.summary.runs for panel in panels)
    timers = f"{results['timers']['keepalive']}/{results['timers']['hold']} s"
    return (
        f"Virtual lab on one machine: 3 nodes with BIRD, FRR as reflector, timers {timers}, a packet per ms "
        f"between all pods;\n{runs} run{'s' if runs > 1 else ''} of each order: a line each, their median "
        "filled. In brackets: the pause between mesh off and peer."
    )


def machine() -> str:
    """This machine in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}"


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs: give 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST_PAUSE:
        raise argparse.ArgumentTypeError(f"{text!r} is no pause: give seconds from 0 to {LONGEST_PAUSE}")
    return value


def _timers(text: str) -> Timers:
    keepalive, slash, hold = text.partition("/")
    if not (slash and keepalive.isdecimal() and hold.isdecimal() and 0 < int(keepalive) < int(hold)):
        raise argparse.ArgumentTypeError(f"{text!r} are no timers: give keepalive/hold, as in 10/30")
    return Timers(int(keepalive), int(hold))


if __name__ == "__main__":
    sys.exit(main())
