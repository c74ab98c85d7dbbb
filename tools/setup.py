# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make setup`: what the lab and the checks need, into `.venv` and the cache; no root, nothing installed.

With --bench, what the plots need as well; with --evaluate, that and the programs that measure; with --all,
both and the environment of each world that the machine has a Python for. A second run finds what the first
did and takes a second; a broken-off run is taken up where it stopped.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from lab.programs import Missing, cache_directory, find
from tools import debs, kube, venv, worlds
from tools.commands import Runner, Stopped
from tools.console import Console, Failure
from tools.files import locked
from tools.worlds import Home

CHECKOUT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] = ()) -> int:
    """Run the set-up; 0, or 1 after a sentence on standard error."""
    console = Console()
    cache = cache_directory()
    runner = Runner(console, cache / "log")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (
            console.heartbeat(),
            locked(CHECKOUT / ".build/setup.lock", console),
            locked(cache / "lock", console),
        ):
            homes = worlds.homes(worlds.interpreters())
            set_up(runner, cache, homes if "--all" in arguments else homes[:1])
            if {"--evaluate", "--all"} & set(arguments):
                debs.unpack_for_evaluation(runner, cache)
            if {"--evaluate", "--bench", "--all"} & set(arguments):
                venv.install_for_plots(runner, CHECKOUT, cache, homes[0])
    except KeyboardInterrupt:
        runner.stop()
        print("Broken off; `make setup` goes on from here.", file=sys.stderr)
        return 130
    except Failure as failure:
        print(f"Set-up failed: {failure.text()}", file=sys.stderr)
        return 1
    except (OSError, Missing) as error:
        print(f"Set-up failed: {error}", file=sys.stderr)
        return 1
    return 0


def set_up(runner: Runner, cache: Path, homes: Sequence[Home]) -> None:
    """All steps; the slow build beside the others, and first where the machine has a Go."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    toolchain = kube.choose_toolchain(CHECKOUT)
    if assets:
        kube.check_assets(Path(assets))
    missing = kube.to_build(CHECKOUT, cache, toolchain, assets=bool(assets))
    if not missing:
        kube.clean(cache)
    with ThreadPoolExecutor(2) as pool:
        jobs: list[Future[None]] = []
        if missing and toolchain.program:
            jobs.append(pool.submit(kube.build, runner, CHECKOUT, cache, toolchain, missing))
        try:
            packages = debs.wanted_packages(pip_wheel=venv.system_pip_wheel() is None)
            debs.unpack_lab(runner, cache, packages)
            if missing and not toolchain.program:
                jobs.append(pool.submit(kube.build, runner, CHECKOUT, cache, toolchain, missing))
            jobs += [pool.submit(venv.install, runner, CHECKOUT, cache, home) for home in homes]
            _wait(jobs)
        except BaseException:
            runner.stop()
            raise
    find()


def _wait(jobs: list[Future[None]]) -> None:
    """Wait for all; the first real failure wins over steps that were stopped because of it."""
    for job in as_completed(jobs):
        error = job.exception()
        if error is not None and not isinstance(error, Stopped):
            raise error


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
