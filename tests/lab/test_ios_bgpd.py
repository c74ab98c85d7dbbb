# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the push types is what the imitated router shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.ios import Router
from lab.ios.shell import Session
from tests.helpers.speakers import PUSH, enter


@pytest.mark.lab
def test_what_is_pushed_is_shown_as_pushed(bgpds: Path) -> None:
    router = Router(bgpds / "rr/bgpd.vty", users={})
    session = Session(router)
    enter(session, PUSH)
    shown = session.enter("show running-config | section ^router bgp").splitlines()
    pushed = [line.replace(" 100 75 ", " 100 ") for line in PUSH.splitlines()[1:]]
    missing = [line for line in pushed if line not in shown]
    assert missing == []
    assert session.enter("show running-config | include ^ip prefix-list") == (
        "ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26\n"
    )
