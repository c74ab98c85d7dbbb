# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change document as a page."""

from __future__ import annotations

from collections.abc import Iterator

from ...module_utils.change import markdown
from ...module_utils.change.document import Document
from .render import count, render, shown

SECTIONS = (
    ("sessions", "Sessions"),
    ("routers", "Route reflectors"),
    ("objects", "Objects"),
    ("time", "Time"),
    ("risks", "Risks"),
    ("back", "The way back"),
    ("approval", "Approval"),
)


def page(change: Document) -> str:
    """The whole page, one file."""
    return render(
        "change.html.j2",
        title=f"Change of cluster {shown(change.cluster)}",
        kicker="Change document",
        heading=f"Change of cluster {shown(change.cluster)}",
        tone="calm",
        verdict="Planned, nothing was changed",
        lead=change.summary,
        about=[
            ("Plan", change.identity[:12]),
            ("Kubernetes API", change.server or "not known"),
            ("Calico", change.calico or "not known"),
        ],
        sections=SECTIONS,
        numbers=list(_numbers(change)),
        change=change,
        no_resets=markdown.NO_RESETS,
        routes=markdown.ROUTES,
        total=markdown.total(change),
        risks=markdown.risks(change),
    )


def _numbers(change: Document) -> Iterator[dict[str, str]]:
    now, end = change.moments[0], change.moments[-1]
    yield {
        "label": "Sessions of the mesh",
        "value": f"{count(now.mesh_sessions)} \u2192 {count(end.mesh_sessions)}",
        "note": "n(n-1)/2 of all nodes",
        "tone": "calm",
    }
    yield {
        "label": "With route reflectors",
        "value": f"{count(now.reflector_sessions)} \u2192 {count(end.reflector_sessions)}",
        "note": "nodes times their reflectors",
        "tone": "calm",
    }
    yield {
        "label": "Sessions reset",
        "value": "none" if not change.resets else "see below",
        "note": "beside those of the mesh",
        "tone": "warn" if change.resets else "good",
    }
    yield {
        "label": "Waiting",
        "value": f"{markdown.minutes(change.least)} to {markdown.minutes(change.most)}",
        "note": "beside pushes and questions",
        "tone": "calm",
    }
