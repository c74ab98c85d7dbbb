# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run may still change something: it is there, and it holds the cluster.

Whatever changes something asks right before. ansible-playbook's workers go on where it is killed, and a run
that lost its hold may not be the only one any more.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from ansible.errors import AnsibleError

from ..module_utils import rundir
from ..module_utils.model.lease import RECENT
from .clock import steady
from .detached import Process, orphaned, run_of_this

FILE = "lease.json"
ORPHANED = "the run that began this is gone (it was stopped or killed), so nothing more is changed"


class Stopped(AnsibleError):
    """Why nothing more may be changed, as a part of a sentence."""


@dataclass(frozen=True)
class Hold:
    """The hold of a run over its cluster, as its keeper last wrote it down.

    `namespace` is the Lease's, `identity` the name of the holder in it, `renewed` the time of the last
    renewal (clock.steady), `lost` who took it, in words, "" while it is ours. `run` is ansible-playbook,
    `keeper` who renews, None until it has begun.
    """

    namespace: str
    identity: str
    renewed: float
    run: Process
    keeper: Process | None = None
    lost: str = ""


def write(run: Path, hold: Hold) -> None:
    """Write it down in the run directory."""
    rundir.write_aside(run / FILE, asdict(hold))


def read(run: Path) -> Hold | None:
    """The hold of the run in this directory; None where it never had one, or gave it back."""
    if not (run / FILE).exists():
        return None
    data = rundir.read(run / FILE)
    keeper = Process(**data["keeper"]) if data["keeper"] else None
    return Hold(**{**data, "run": Process(**data["run"]), "keeper": keeper})


def remove(run: Path) -> None:
    """The run holds nothing any more."""
    (run / FILE).unlink()


def stop_if_orphaned() -> None:
    """Stopped where this is a worker of a run that is gone; for whoever waits."""
    if orphaned():
        raise Stopped(ORPHANED)


def check(run: Path) -> None:
    """Stopped unless this run is there and holds the cluster; right before each change."""
    stop_if_orphaned()
    hold = read(run)
    if hold is None or hold.run != run_of_this():
        raise Stopped(
            "this run does not hold the cluster, so another one may be changing it: begin with a playbook of "
            "this collection, or with the module bgp_lease"
        )
    if hold.lost:
        raise Stopped(f"this run no longer holds the cluster ({hold.lost}), so nothing more is changed")
    since = steady() - hold.renewed
    if since > RECENT:
        raise Stopped(
            f"this run's hold over the cluster was not renewed for {since:.0f} s, and another run may have "
            "it by now, so nothing more is changed; see whether the Kubernetes API answers, and run again"
        )
