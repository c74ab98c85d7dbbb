# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router that was typed in by hand, and what is planned for it."""

from __future__ import annotations

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import Change, plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import ADDRESSES, WANT


def family(flat: bool) -> list[str]:
    """The article's lines of its neighbours, as they are typed in either form."""
    lines = [
        f"neighbor {address} {word}"
        for address in ADDRESSES
        for word in ("activate", "route-reflector-client")
    ]
    return lines if flat else ["address-family ipv4", *lines, "exit-address-family"]


def article(*more: str, flat: bool = False, each: bool = False) -> FakeIos:
    """The article's router; `each` with timers for each neighbour instead of for all."""
    made = FakeIos(flat=flat)
    made.configure(
        [
            "router bgp 64512",
            "bgp cluster-id 1",
            "bgp log-neighbor-changes",
            *([] if each else ["timers bgp 10 30"]),
            *(f"neighbor {address} remote-as 64512" for address in ADDRESSES),
            *(f"neighbor {address} timers 10 30" for address in ADDRESSES if each),
            *family(flat),
            *more,
        ]
    )
    return made


def plan(have: FakeIos, want: ReflectorIntent = WANT, *, present: bool = True) -> Change:
    return plan_change(read_running(have.text()), want, state="present" if present else "absent")


def withheld(change: Change) -> dict[str, str]:
    return {found.line: found.reason for found in change.withheld}
