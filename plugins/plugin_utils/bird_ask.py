# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What asking a node's BIRD comes to, whichever way it is asked: bounds, and silence."""

from __future__ import annotations

import time

from ..module_utils.model.family import IPV4
from ..module_utils.model.observation import NodeObservation, silent_node

#: The family whose daemon is asked.
FAMILY = IPV4
#: Seconds between two questions.
POLL = 1.0
#: Questions to a node that does not answer, before it counts as silent.
TRIES = 5
#: Seconds for all answers of BIRD, where it is asked; the way there and back takes its time too.
SECONDS = 25
#: Bytes of all answers: a node of 5,000 blocks, each from a mesh and two reflectors, has a tenth of it.
MOST = 64 << 20


def silent(name: str, reason: str) -> NodeObservation:
    """That the node's BIRD does not answer now."""
    return silent_node(name, FAMILY.name, time.time(), reason)
