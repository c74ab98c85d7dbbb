# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check and its contract, out of the docstrings of the functions that ask.

The docstring of a check begins with its id in backquotes and when it passes. Paragraphs that begin with Fail,
Unknown or Warning say when it does not; a function that asks several questions has all this for each.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import drift, gate, health, preflight, redundancy, watch

_ID = re.compile(r"`(?P<check>[a-z]+\.[a-z_]+)`: (?P<passes>.+)")
_OTHERWISE = re.compile(r"(?:Fail|Unknown|Warning)\b.*")


@dataclass(frozen=True)
class Contract:
    """What a check promises: its id, when it passes, and what it says otherwise."""

    check: str
    passes: str
    otherwise: str

    @property
    def warns(self) -> bool:
        """Whether it can give a warning."""
        return "warning" in self.otherwise


#: The functions that ask, by section of docs/checks.md, in the order of the page.
SECTIONS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "Before anything is touched": (*preflight.MIGRATION, gate.adoption_routes),
    "On the plan": (preflight.approval, gate.planned),
    "On the nodes": (*gate.NODES, gate.mesh_back, gate.mesh_gone, gate.sessions_gone, *health.NODES),
    "On the route reflectors": (*gate.ROUTERS, gate.pushes, *health.ROUTERS),
    "When something is lost": redundancy.CHECKS,
    "Drift": drift.CHECKS,
    "In the moment of the cut": (watch.unchanged,),
    "After the cut": (watch.lost_routes, watch.lost_reflectors),
}


@functools.cache
def contracts() -> tuple[Contract, ...]:
    """Every contract, in the order of the page."""
    return tuple(found for section in SECTIONS for found in of_section(section))


def of_section(title: str) -> tuple[Contract, ...]:
    """The contracts of one section."""
    return tuple(found for function in SECTIONS[title] for found in of_function(function))


def of_function(function: Callable[..., Any]) -> Iterator[Contract]:
    """The contracts in the docstring of a function that asks."""
    found: list[tuple[str, str, list[str]]] = []
    for paragraph in inspect.cleandoc(function.__doc__ or "").split("\n\n"):
        text = " ".join(paragraph.split())
        begin, otherwise = _ID.fullmatch(text), _OTHERWISE.fullmatch(text)
        if begin:
            found.append((begin["check"], _bare(begin["passes"]), []))
        elif otherwise and found:
            found[-1][2].append(_bare(text[0].lower() + text[1:]))
    return (Contract(check, passes, "; ".join(rest)) for check, passes, rest in found)


def _bare(text: str) -> str:
    return text[:-1] if text.endswith(".") else text
