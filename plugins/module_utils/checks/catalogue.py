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

from . import (
    cluster,
    drift,
    gates,
    leaks,
    nodes,
    planned,
    preflight,
    redundancy,
    router_health,
    routers,
    spare,
    watch,
)

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
    "Before anything is touched": (
        preflight.api_mode,
        *preflight.MIGRATION,
        nodes.adoption_routes,
        routers.node_routes,
    ),
    "On the plan": (planned.approval, planned.planned),
    "On the nodes": nodes.CHECKS,
    "On the route reflectors": (*routers.CHECKS, *router_health.CHECKS),
    "What others learn": leaks.CHECKS,
    "When something is lost": redundancy.CHECKS,
    "Where there are several reflectors": spare.CHECKS,
    "Drift": drift.CHECKS,
    "On the cluster, before the cut and in its moment": (
        cluster.filtered,
        cluster.rolled_out,
        cluster.unchanged,
    ),
    "After the cut": (*watch.CHECKS, *watch.STEERING),
    "After a cut of an earlier run": (watch.kept_up, watch.guard_armed, watch.dark),
}


def of_gate(name: str) -> tuple[str, ...]:
    """The ids of the checks of a gate, in the order in which they are asked."""
    wanted = gates.GATES[name]
    found = (
        contract.check
        for f in (*wanted.decisive, *wanted.beside, *wanted.checks)
        for contract in of_function(f)
    )
    return tuple(dict.fromkeys(found))


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
