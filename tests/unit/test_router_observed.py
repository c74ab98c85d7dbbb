# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a gate asks of a router in memory, and what is made of the answers."""

from __future__ import annotations

import pytest
from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    RouterSession,
)
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers.devices import SUMMARY, Device, router_with
from tests.helpers.pushing import FOREIGN


def test_everything_a_gate_asks_of_a_router():
    seen = router_utils.observe(router_with(Device(), show_bgp=SUMMARY), "rr1")
    assert (seen.answered, seen.privilege, seen.revert_pending, seen.saved, seen.unsaved) == (
        True,
        15,
        False,
        True,
        (),
    )
    assert seen.sessions == (
        RouterSession("ipv4", "192.168.1.10", 64512, "Established", 1, 83),
        RouterSession("ipv4", "192.168.1.11", 64512, "Idle", None, None),
    )


OBSERVED = {
    # answers, expected (answered, reason, revert_pending, unsaved)
    "pending": (
        {"show_archive": "Time configured(in minutes): 5\nTime remaining(in minutes): 4\n"},
        (True, "", True, ()),
    ),
    "never saved": (
        {"show_startup": RouterConnectionError("%% Non-volatile configuration memory is not present")},
        (True, "", False, ("there is no startup configuration",)),
    ),
    "silent": (
        {"show_privilege": RouterConnectionError("timed out\nsocket closed")},
        (False, "socket closed", False, ()),
    ),
    "silent without a word": ({"show_privilege": RouterConnectionError("")}, (False, "no answer", False, ())),
    "no BGP": (
        {"show_bgp": RouterConnectionError("show bgp ipv4 unicast summary\n% BGP not active\n")},
        (False, "% BGP not active", False, ()),
    ),
    "summary not understood": (
        {"show_bgp": "Neighbor V AS\nsomething else\n"},
        (False, None, False, ()),
    ),
}


def test_a_router_that_was_never_saved_lacks_every_line():
    router = router_with(
        Device(lines=FOREIGN), show_bgp=SUMMARY, show_startup="startup-config is not present\n"
    )
    seen = router_utils.observe(router, "rr1")
    assert not seen.saved
    assert seen.unsaved


@pytest.mark.parametrize(("answers", "expected"), OBSERVED.values(), ids=OBSERVED)
def test_observed(answers, expected):
    seen = router_utils.observe(router_with(Device(), **{"show_bgp": SUMMARY, **answers}), "rr1")
    answered, reason, pending, unsaved = expected
    assert (seen.answered, seen.revert_pending, seen.unsaved) == (answered, pending, unsaved)
    assert seen.reason == reason if reason is not None else "show bgp" in seen.reason
