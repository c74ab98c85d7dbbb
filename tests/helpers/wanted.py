# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the article's network wants of its router, where a test asks for nothing else."""

from __future__ import annotations

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule

ADDRESSES = ("192.168.1.10", "192.168.1.11", "192.168.1.12")
NODES = tuple(Client(address, f"node-{name}") for address, name in zip(ADDRESSES, "abc", strict=True))
WANT = ReflectorIntent(
    cluster="prod",
    asn=64512,
    group="CALICO",
    clients=NODES,
    cluster_id="1",
    keepalive=10,
    hold=30,
    restart_time=120,
    stalepath_time=360,
    prefixes=(PrefixRule("10.244.0.0/16", 26, 32),),
)
