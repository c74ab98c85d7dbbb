# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of faults there are: what the command line offers."""

from __future__ import annotations

from dataclasses import dataclass

MESH_OFF = "mesh-off"
NODE, REFLECTOR = "node", "reflector"


@dataclass(frozen=True)
class Kind:
    """What it does, which machines it is for, and the name of its argument ("" for none)."""

    help: str
    targets: tuple[str, ...]
    argument: str = ""


KINDS = {
    "stop": Kind("dies as if its power were cut: no last word", (NODE, REFLECTOR)),
    "cut": Kind("its cable is pulled", (NODE, REFLECTOR)),
    "refuse-bgp": Kind("refuses TCP port 179 to one node", (REFLECTOR,), "NODE"),
    "kill-bird": Kind("its BIRD is killed and stays away", (NODE,)),
    "ssh-dead": Kind("its SSH refuses connections", (NODE, REFLECTOR)),
    "refuse-line": Kind("refuses configuration lines that match", (REFLECTOR,), "REGEX"),
}
