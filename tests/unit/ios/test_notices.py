# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of the lines that are sent: what others feel of them, and who keeps a password.

All configurations are made by hand.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import Change, plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.adopting import article, plan
from tests.helpers.fake_ios import FakeIos
from tests.helpers.wanted import NODES, WANT

INTERNAL = "neighbor 192.0.2.2 remote-as 64512"
EXTERNAL = "neighbor 192.0.2.1 remote-as 64999"
LOG = "bgp log-neighbor-changes"
FILTERS = ("prefix-list", "route-map", "filter-list", "distribute-list")


def told(*lines: str, want=WANT) -> tuple[str, ...]:
    """What is said of a push to a router that has these lines below `router bgp`."""
    text = "".join(f" {line}\n" for line in lines)
    return plan_change(read_running(f"router bgp 64512\n{text}", sections=True), want).notices


def about(word: str, found: tuple[str, ...]) -> list[str]:
    return [sentence for sentence in found if word in sentence]


# -- routes
def test_with_our_neighbours_alone_nothing_is_said():
    for have in (FakeIos(), article()):
        change = plan(have)
        assert change.commands
        assert change.notices == ()


def test_each_kind_of_neighbour_is_told_of_once():
    found = told(LOG, INTERNAL, EXTERNAL)
    assert len(found) == 2
    assert "routes of the nodes are reflected to 192.0.2.2, which no outbound filter" in found[0]
    assert "routes of the nodes are announced to 192.0.2.1, which no outbound filter" in found[1]


@pytest.mark.parametrize("kind", FILTERS)
@pytest.mark.parametrize("who", ["192.0.2.1", "THEIRS"])
def test_a_filtered_neighbour_is_not_named(kind, who):
    lines = [LOG, "neighbor THEIRS peer-group", EXTERNAL, "neighbor 192.0.2.1 peer-group THEIRS"]
    assert about("192.0.2.1", told(*lines))
    assert not about("192.0.2.1", told(*lines, f"neighbor {who} {kind} 9 out"))
    assert about("192.0.2.1", told(*lines, f"neighbor {who} {kind} 9 in"))


@pytest.mark.parametrize(
    "more",
    ["neighbor 192.0.2.1 shutdown", "no neighbor 192.0.2.1 activate", "no bgp default ipv4-unicast"],
)
def test_one_without_a_session_in_the_family_is_not_named(more):
    assert told(LOG, EXTERNAL, more) == ()


def test_a_neighbour_without_an_as_number_has_no_session():
    assert told(LOG, "neighbor 192.0.2.1 description later") == ()
    assert told(LOG, "neighbor 192.0.2.1 inherit peer-session T")


def test_three_are_named():
    found = about(
        "announced", told(LOG, *(f"neighbor 192.0.2.{number} remote-as 7" for number in range(1, 6)))
    )
    assert "192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more" in found[0]


def test_a_listen_range_of_others_is_named():
    group = ["neighbor THEIRS peer-group", "neighbor THEIRS remote-as 64999"]
    found = told(LOG, *group, "bgp listen range 198.51.100.0/24 peer-group THEIRS")
    assert about("announced to listen range 198.51.100.0/24", found)
    assert not about("announced", told(LOG, *group, "bgp listen range 192.168.1.8/30 peer-group THEIRS"))


def test_routes_of_others_go_to_the_nodes_where_the_group_has_no_outbound_list():
    without = replace(WANT, prefix_list="")
    found = about("go to the nodes", told(LOG, INTERNAL, EXTERNAL, want=without))
    assert found[0].startswith("routes of 192.0.2.2, 192.0.2.1 go to the nodes, as peer-group CALICO has no")
    filtered = [f"{line.rpartition(' remote')[0]} route-map M in" for line in (INTERNAL, EXTERNAL)]
    assert not about("go to the nodes", told(LOG, INTERNAL, EXTERNAL, *filtered, want=without))
    group = [
        "neighbor CALICO peer-group",
        "neighbor CALICO remote-as 64512",
        "neighbor CALICO route-map M out",
    ]
    assert not about("go to the nodes", told(LOG, INTERNAL, EXTERNAL, *group, want=without))


def test_without_a_peer_group_nothing_is_said_of_its_list():
    have = article(EXTERNAL, "address-family ipv4", "no neighbor 192.168.1.10 activate")
    found = plan(have, replace(WANT, prefix_list="")).notices
    assert about("announced to 192.0.2.1", found)
    assert not about("go to the nodes", found)


def test_it_is_said_of_lines_that_let_routes_through_and_of_no_others():
    have = FakeIos()
    have.configure(["router bgp 64512", EXTERNAL])
    have.configure(plan(have).commands)
    assert (plan(have).commands, plan(have).notices) == ((), ())
    assert plan(have, replace(WANT, maximum_prefix=9)).notices == ()
    one_more = replace(WANT, clients=(*NODES, replace(NODES[0], address="192.168.1.13", node="node-d")))
    assert about("announced to 192.0.2.1", plan(have, one_more).notices)
    wider = replace(WANT, prefixes=(*WANT.prefixes, replace(WANT.prefixes[0], prefix="10.245.0.0/16")))
    assert about("announced to 192.0.2.1", plan(have, wider).notices)
    assert plan(have, WANT, present=False).notices == ()


# -- the process, and lists that others named before
def test_the_log_of_changes_is_told_of_where_others_are_logged_too():
    (sentence,) = about(LOG, told("neighbor 192.0.2.1 remote-as 64999"))
    assert "192.0.2.1" in sentence
    assert "no session is touched" in sentence
    assert not about(LOG, told(LOG, "neighbor 192.0.2.1 remote-as 64999"))
    assert not about(LOG, told("neighbor 192.0.2.1 remote-as 64999", want=replace(WANT, log_changes=False)))


def test_a_list_that_others_named_before_it_was_there_is_told_of():
    have = read_running(
        "version 15.9\nroute-map M permit 10\n match ip address prefix-list CALICO\n", sections=True
    )
    (sentence,) = plan_change(have, WANT).notices
    assert "match ip address prefix-list CALICO" in sentence


# -- the configuration log
def with_archive(*lines: str) -> Change:
    archive = "".join(f"{line}\n" for line in ("archive", *lines))
    text = FakeIos().text().replace("!\nend", f"!\n{archive}!\nend")
    return plan_change(read_running(text), replace(WANT, password="hunter2"))


@pytest.mark.parametrize(
    ("lines", "is_said"),
    [
        ([" log config", "  logging enable", " path flash:x"], True),
        ([" log config", "  logging enable", "  hidekeys"], False),
        ([" log config", "  hidekeys"], False),
        ([" path flash:x"], False),
    ],
)
def test_a_password_that_the_configuration_log_would_keep(lines, is_said):
    change = with_archive(*lines)
    assert bool(about("hidekeys", change.notices)) == is_said
    assert "hunter2" not in "".join(change.notices)


def test_it_is_said_only_where_a_password_is_sent():
    have = FakeIos()
    want = replace(WANT, password="hunter2")
    have.configure(plan(have, want).commands)
    log = "archive\n log config\n  logging enable\n!\n"
    text = have.text().replace("!\nend", f"!\n{log}end")
    assert plan_change(read_running(text), want).notices == ()
    assert about("hidekeys", plan_change(read_running(text), replace(want, password="other")).notices)
