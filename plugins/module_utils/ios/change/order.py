# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a change while they are collected, and what they do to sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...model.family import IPV4
from ..config.neighbor import Neighbor

SHUTDOWN = "it is shut down, by hand or by the playbook drain; start it, or run undrain, when it shall run"
SIGNED = "it signs the session by TCP-AO, which Calico's BIRD does not know; take it off by hand"


@dataclass(frozen=True)
class Withheld:
    """A line that is wanted and not sent, secrets masked, and why."""

    line: str
    reason: str


@dataclass(frozen=True)
class Reason:
    """A line that is sent, secrets masked, and why."""

    line: str
    reason: str


@dataclass
class Draft:
    """Lines in the order they are sent: policy before members, so no session comes up unfiltered.

    Attributes:
        top: before `router bgp`; tail: after it.
        process, session: at router level, the latter of the group; policy: of the group, inside the family.
        gone: what is taken away; members: neighbours at router level; family: the same inside the family.
        leaving: neighbours whose lines go, also those that come back in another group; removed: the others.
        released: clients made by hand that use our prefix-list no more.
        withheld, resets, pending, adopted, soft_clear: as in a change; dictionaries are ordered sets.
        notices: what the lines do beside what they are sent for, as sentences.
        reasons: why each line is sent, by line; those that only open or close a context have none.
    """

    top: list[str] = field(default_factory=list)
    process: list[str] = field(default_factory=list)
    session: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    family: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    resets: dict[str, None] = field(default_factory=dict)
    pending: dict[str, None] = field(default_factory=dict)
    removed: dict[str, None] = field(default_factory=dict)
    leaving: dict[str, None] = field(default_factory=dict)
    released: dict[str, None] = field(default_factory=dict)
    soft_clear: dict[str, None] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict, repr=False)

    def put(self, part: list[str], line: str, reason: str) -> None:
        """Add a line to one of the parts."""
        part.append(line)
        self.reasons[line] = reason

    def withhold(self, line: str, reason: str) -> None:
        """Leave out a line that is wanted."""
        self.withheld.append(Withheld(line, reason))

    def commands(self, asn: str) -> Iterator[str]:
        """All lines, ready to send; `asn` as the router shows it."""
        yield from self.top
        lines = [*self.process, *self.session]
        lines += _in_family(self.policy) + self.gone + self.members + _in_family(self.family)
        if lines:
            yield f"router bgp {asn}"
            yield from lines
            if self.tail:
                yield "exit"
        yield from self.tail


def mark(names: dict[str, None], neighbors: Iterable[Neighbor]) -> None:
    """Add the names of neighbours."""
    names.update(dict.fromkeys(neighbor.name for neighbor in neighbors))


def listed(names: list[str]) -> str:
    """At most three names, so that a sentence stays one."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _in_family(lines: list[str]) -> list[str]:
    return [f"address-family {IPV4.name}", *lines, "exit-address-family"] if lines else []
