# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From Calico objects to BIRD's files, for one node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lab.agent import bird
from lab.agent.forms import FORMS, NEWEST, Form
from lab.agent.objects import Objects, RefusedError, read
from lab.agent.peers import peerings

Json = dict[str, Any]


@dataclass(frozen=True)
class Rendering:
    """File name to text, and sentences about what was left out as Calico leaves it out."""

    files: dict[str, str]
    warnings: tuple[str, ...]


def render(
    objects: Iterable[Json], node: str, router_id: str | None = None, form: Form = FORMS[NEWEST]
) -> dict[str, str]:
    """What confd of this release would write on `node`: bird.cfg, bird_aggr.cfg and bird_ipam.cfg.

    `objects` are dictionaries with kind, metadata and spec; `router_id` is what CALICO_ROUTER_ID says (an
    address or `hash`). RefusedError names the first object, field or value that the lab does not know."""
    return render_node(read(objects, form), node, router_id).files


def render_node(objects: Objects, node: str, router_id: str | None = None) -> Rendering:
    """The same from records, with the warnings."""
    if node not in objects.nodes:
        raise RefusedError(f"There is no Node {node} among the objects.")
    own = objects.nodes[node]
    if not own.address:
        raise RefusedError(f"Node {node}: it has no IPv4 address, and the lab speaks IPv4 only.")
    found = peerings(objects, own)
    files = {
        "bird.cfg": bird.main_file(objects, own, found, router_id),
        "bird_aggr.cfg": bird.aggregation_file(
            (block for block in objects.blocks if block.node == node), objects.form
        ),
        "bird_ipam.cfg": bird.pools_file(objects),
    }
    return Rendering(files, found.warnings)
