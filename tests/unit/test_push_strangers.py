# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Neighbours that were made by hand: whose they are is what the node says, against a router in memory."""

from __future__ import annotations

import pytest
from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    silent_node,
)
from tests.helpers import article
from tests.helpers.devices import SUMMARY, Device, lines

BY_HAND = [
    "router bgp 64512",
    "bgp cluster-id 1",
    *(f"neighbor {a} remote-as 64512" for a in article.ADDRESSES.values()),
    *(f"neighbor {a} timers 3 9" for a in article.ADDRESSES.values()),
    "address-family ipv4",
    *(f"neighbor {a} activate" for a in article.ADDRESSES.values()),
    *(f"neighbor {a} route-reflector-client" for a in article.ADDRESSES.values()),
]
RANGE = [
    "router bgp 64512",
    "neighbor THEIRS peer-group",
    "neighbor THEIRS remote-as 64512",
    "bgp listen range 192.168.1.0/24 peer-group THEIRS",
]
STRANGERS = {
    # lines that are there, what the nodes' BIRDs say before the push, addresses that are refused
    "every node shows its own": (BY_HAND, article.nodes(), []),
    "one node shows none": (
        BY_HAND,
        article.nodes(article.node("node-b", reflector=False)),
        ["192.168.1.11, which node-b says is its address"],
    ),
    "one node is silent": (
        BY_HAND,
        article.nodes(silent_node("node-b", "ipv4", 1.0, "dead")),
        ["192.168.1.11, which node-b says is its address"],
    ),
    "a session that comes by a listen range": (
        RANGE,
        article.nodes(article.node("node-c", reflector=False)),
        ["192.168.1.12, which node-c says is its address"],
    ),
    "nobody was asked": (
        BY_HAND,
        {},
        [f"{address}, which {name} says is its address" for name, address in article.ADDRESSES.items()],
    ),
}


class Serving(Device):
    """A router that serves: what it says of its sessions, None where it does not."""

    summary = "".join(
        [
            SUMMARY.partition("192.168.1.10")[0],
            *(
                f"{a:<15} 4        64512      13      10        9    0    0 00:05:23        1\n"
                for a in article.ADDRESSES.values()
            ),
        ]
    )

    def answer(self, command):
        if command != "show bgp ipv4 unicast summary":
            return super().answer(command)
        if self.summary is None:
            raise RouterConnectionError("socket closed")
        return self.summary


@pytest.mark.parametrize(("there", "nodes", "named"), STRANGERS.values(), ids=STRANGERS)
def test_a_session_made_by_hand_is_a_node_s_where_its_bird_shows_it(bring, tmp_path, there, nodes, named):
    for seen in nodes.values():
        rundir.write_node(tmp_path, "adoption", seen)
    device = Serving(lines=there)
    _result, pushed, _shown = bring(device, process_wide=True)
    if named:
        assert (pushed.outcome, lines(device)) == ("refused", [])
        assert pushed.detail.startswith(f"the session with {'; '.join(named)} is up and was made by hand")
    else:
        assert "by hand" not in pushed.detail
        assert pushed.outcome in ("applied", "unchanged"), pushed.detail


def test_a_neighbour_made_by_hand_that_is_not_up_is_nobodys(bring):
    device = Serving(lines=BY_HAND)
    device.summary = SUMMARY.replace("00:01:23        1", "never    Idle")
    assert bring(device, process_wide=True)[1].outcome == "applied"


def test_without_an_answer_nobody_is_taken_over(bring):
    device = Serving(lines=BY_HAND)
    device.summary = None
    _result, pushed, _shown = bring(device, process_wide=True)
    assert (pushed.outcome, lines(device)) == ("refused", [])
    assert pushed.detail.startswith("which of the sessions made by hand are up is not known: ")


def test_our_own_neighbours_need_nobodys_word(bring):
    device = Serving()
    bring(device)
    device.asked.clear()
    assert bring(device)[1].outcome == "unchanged"
    assert "show bgp ipv4 unicast summary" not in device.asked


def test_check_mode_asks_it_where_the_nodes_were_asked(bring, tmp_path):
    assert bring(Serving(lines=BY_HAND), check_mode=True)[1].outcome == "planned"
    rundir.write_node(tmp_path, "adoption", article.node("node-a", reflector=False))
    assert bring(Serving(lines=BY_HAND), check_mode=True)[1].outcome == "refused"
