# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines typed at the prompt of one of the lab's routers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncssh

#: Seconds for all of them.
PATIENCE = 30.0


def typed(facts: Mapping[str, Any], name: str, lines: Sequence[str]) -> str:
    """What the router `name` of the lab with these facts prints meanwhile."""
    return asyncio.run(_typed(facts, name, lines))


async def _typed(facts: Mapping[str, Any], name: str, lines: Sequence[str]) -> str:
    connecting = asyncssh.connect(
        "127.0.0.1",
        facts["ports"][name],
        username=facts["router_user"],
        password=facts["router_password"],
        known_hosts=None,
        client_keys=None,
    )
    async with connecting as connection:
        terminal = await connection.create_process(term_type="vt100")
        terminal.stdin.write("\r".join(["terminal length 0", *lines, "exit"]) + "\r")
        return str(await asyncio.wait_for(terminal.stdout.read(), PATIENCE))
