# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what makes the sessions again and again after the cut: a loss of configuration is a loss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..module_utils.checks.evidence import Evidence
from ..module_utils.checks.findings import blocking
from ..module_utils.checks.watch import lost_steering, selective
from ..module_utils.model.cluster import Steering
from ..module_utils.model.finding import FAIL
from ..module_utils.model.plan import Plan
from . import kube_way, mesh_switch
from .kube_way import Way, WayError

#: Seconds between two readings.
POLL = 2.0
PEERS = "/apis/projectcalico.org/v3/bgppeers"
FILTERS = "/apis/projectcalico.org/v3/bgpfilters"
#: Without what the nodes are and do.
NODES = "/api/v1/nodes"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE = 500


async def read(way: Way, plan: Plan) -> Steering:
    """One reading; WayError where the API does not give it within some seconds."""
    configuration, peers, filters = await asyncio.gather(
        kube_way.fetch(way, mesh_switch.DEFAULT, missing=True),
        kube_way.fetch(way, PEERS),
        kube_way.fetch(way, FILTERS, missing=True),
    )
    return Steering(
        at=time.time(),
        mesh=mesh_switch.mesh_of(configuration),
        peers=_specs(peers),
        filters=_specs(filters),
        labels=await _labels(way) if selective(plan) else None,
    )


async def _labels(way: Way) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    query = {"limit": str(PAGE)}
    while True:
        page = await kube_way.fetch(way, NODES, query=query, accept=METADATA)
        found |= {each["metadata"]["name"]: each["metadata"].get("labels") or {} for each in page["items"]}
        token = page["metadata"].get("continue")
        if not token:
            return found
        query = {**query, "continue": token}


def _specs(page: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {each["metadata"]["name"]: each.get("spec") or {} for each in page.get("items") or ()}


def loss(plan: Plan, seen: Steering) -> str:
    """What of it is lost, in words; "" for nothing."""
    evidence = Evidence(plan, {}, {}, {}, seen.at, steering=seen)
    found = blocking(tuple(lost_steering(evidence)))
    return next((f.sentence for f in found if f.verdict == FAIL), "")


class SteeringWatch:
    """Reads until it is cancelled; `seen` is the last reading, None where there is none."""

    def __init__(self, way: Way, plan: Plan, known: Collection[str]) -> None:
        self._way, self._plan, self._known = way, plan, known
        self.seen: Steering | None = None

    async def follow(self, sound: Callable[[str], None], say: Callable[[str], None]) -> None:
        """Look every POLL seconds, and `sound` the alarm at a loss that is not known."""
        told = ""
        while True:
            try:
                self.seen = await read(self._way, self._plan)
                lost = loss(self._plan, self.seen)
                if lost and lost not in self._known:
                    sound(lost)
                told = ""
            except OSError:
                raise  # Nobody can be told.
            except Exception as exc:  # an answer of another shape is no answer, and the watch goes on
                why = str(exc) if isinstance(exc, WayError) else f"{type(exc).__name__}: {exc}"
                if why != told:
                    told = why
                    say(f"BGPPeers and BGPFilters are not read now: {told}; the watch goes on")
            await asyncio.sleep(POLL)
