# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would a reflector send planned prefixes to somebody who is neither a node nor a reflector, and does it?"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.finding import FAIL, UNKNOWN
from ..model.observation import Outlet
from ..model.plan import Reflector
from .evidence import Evidence, reflector_subject, routers_that_answered
from .findings import ERROR, WARNING, Findings, finding, first

_CLOSE = "Deny the prefixes there (docs/leaks.md), or name {} in cisco_rr_may_learn"


def _outlets(evidence: Evidence) -> Iterator[tuple[Reflector, Outlet, str]]:
    """Each way out of each reflector that answered, and the subject of a finding about it."""
    for reflector, observation in routers_that_answered(evidence):
        for outlet in observation.outlets:
            yield reflector, outlet, f"{reflector_subject(reflector.host)}, {outlet.title}"


def router_leaks(evidence: Evidence) -> Findings:
    """`router.leaks`: by its configuration the reflector sends planned prefixes to no neighbour, listen range
    or process beside nodes and reflectors, but to those that the inventory names in `cisco_rr_may_learn`.

    Fail: it would. So it is where that cannot be told from prefixes alone (communities, AS paths).
    """
    for reflector, outlet, subject in _outlets(evidence):
        may = outlet.name in reflector.may_learn
        would = "would be sent" if outlet.sure else "may be sent"
        yield finding(
            "router.leaks",
            subject,
            may or not outlet.sends,
            "named in cisco_rr_may_learn" if may else "no planned prefix",
            f"{would} {first(outlet.sends, ', ')}: {outlet.reason}",
            _CLOSE.format(outlet.name),
        )


def router_leaked(evidence: Evidence) -> Findings:
    """`router.leaked`: what the reflector sends a neighbour that may not learn planned prefixes holds none.

    Fail.

    Unknown: the reflector did not say. A warning, as its configuration was judged.
    """
    for reflector, outlet, subject in _outlets(evidence):
        if outlet.name in reflector.may_learn or (outlet.told is None and not outlet.untold):
            continue
        yield finding(
            "router.leaked",
            subject,
            not outlet.untold and not outlet.told,
            "sent no planned prefix",
            f"not known: {outlet.untold}" if outlet.untold else f"sent {first(outlet.told or (), ', ')}",
            "See what it is sent (advertised-routes)" if outlet.untold else _CLOSE.format(outlet.name),
            otherwise=UNKNOWN if outlet.untold else FAIL,
            severity=WARNING if outlet.untold else ERROR,
        )


CHECKS = (router_leaks, router_leaked)
