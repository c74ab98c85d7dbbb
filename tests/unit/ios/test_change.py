# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent to a router, what is left alone, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import Change, plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers import wanted
from tests.helpers.fake_ios import FakeIos, type_7
from tests.helpers.wanted import NODES

WANT = replace(
    wanted.WANT,
    cluster="lab",
    restart_time=100,
    stalepath_time=300,
    password="hunter two",
    maximum_prefix=100,
)
SMALL = ReflectorIntent("lab", 64512, "CALICO", NODES[:1], prefixes=WANT.prefixes)
HAND = [
    "router bgp 64512",
    "bgp log-neighbor-changes",
    "neighbor 192.168.1.10 remote-as 64512",
    "neighbor 192.168.1.10 route-reflector-client",
]
FOREIGN = ["router bgp 64512", "neighbor 192.0.2.1 remote-as 64999", "neighbor 192.0.2.2 remote-as 64512"]


def router(*lines: str, want: ReflectorIntent | None = None) -> FakeIos:
    """A router with some lines by hand, and one intent pushed before them."""
    made = FakeIos()
    if want is not None:
        made.configure(plan(made, want).commands)
    made.configure(list(lines))
    return made


def plan(have: FakeIos, want: ReflectorIntent, *, present: bool = True, process_wide: bool = False) -> Change:
    return plan_change(
        read_running(have.text()), want, state="present" if present else "absent", process_wide=process_wide
    )


def lines_by_hand(text: str, want: ReflectorIntent, *, present: bool = True) -> Change:
    """A change on a configuration given as text."""
    return plan_change(read_running(text, sections=True), want, state="present" if present else "absent")


def inner(change: Change) -> list[str]:
    """The commands without those that only open and close a context."""
    contexts = ("router bgp", "address-family", "exit-address-family", "exit")
    return [line for line in change.commands if not line.startswith(contexts)]


def test_a_fresh_router_gets_policy_before_members():
    assert plan(router(), WANT).masked == (
        "ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32",
        "router bgp 64512",
        "bgp cluster-id 1",
        "bgp log-neighbor-changes",
        "bgp graceful-restart",
        "bgp graceful-restart restart-time 100",
        "bgp graceful-restart stalepath-time 300",
        "neighbor CALICO peer-group",
        "neighbor CALICO remote-as 64512",
        "neighbor CALICO password ********",
        "neighbor CALICO timers 10 30",
        "neighbor CALICO transport connection-mode passive",
        "address-family ipv4",
        "neighbor CALICO route-reflector-client",
        "neighbor CALICO send-community",
        "neighbor CALICO prefix-list CALICO in",
        "neighbor CALICO prefix-list CALICO out",
        "neighbor CALICO maximum-prefix 100 75 warning-only",
        "exit-address-family",
        "neighbor 192.168.1.10 peer-group CALICO",
        "neighbor 192.168.1.10 description calico_bgp lab/node-a",
        "neighbor 192.168.1.11 peer-group CALICO",
        "neighbor 192.168.1.11 description calico_bgp lab/node-b",
        "neighbor 192.168.1.12 peer-group CALICO",
        "neighbor 192.168.1.12 description calico_bgp lab/node-c",
        "address-family ipv4",
        "neighbor 192.168.1.10 activate",
        "neighbor 192.168.1.11 activate",
        "neighbor 192.168.1.12 activate",
        "exit-address-family",
    )


def test_a_fresh_router_has_nothing_to_reset_or_clear():
    change = plan(router(), WANT)
    assert "neighbor CALICO password 0 hunter two" in change.commands
    assert (change.resets, change.pending, change.soft_clear, change.adopted, change.removed) == ((),) * 5
    assert change.before == ""


def test_the_second_time_there_is_nothing_to_do():
    change = plan(router(want=WANT), WANT)
    assert (change.commands, change.withheld, change.refusals) == ((), (), ())
    assert change.before == change.after


def test_a_new_node_is_all_that_is_sent():
    more = replace(WANT, clients=(*NODES, Client("192.168.1.13", "node-d")))
    change = plan(router(want=WANT), more)
    assert inner(change) == [
        "neighbor 192.168.1.13 peer-group CALICO",
        "neighbor 192.168.1.13 description calico_bgp lab/node-d",
        "neighbor 192.168.1.13 activate",
    ]
    assert (change.resets, change.soft_clear) == ((), ())
    assert "192.168.1.13" not in change.before
    assert "192.168.1.13" in change.after


def test_a_node_that_went_is_removed():
    change = plan(router(want=WANT), replace(WANT, clients=NODES[:2]))
    assert inner(change) == ["no neighbor 192.168.1.12"]
    assert change.removed == ("192.168.1.12",)
    assert "192.168.1.12" not in change.after


@pytest.mark.parametrize(
    ("changed", "commands", "resets", "pending", "soft_clear"),
    [
        ({"cluster_id": "0.0.0.1"}, [], 0, 0, ()),
        ({"cluster_id": "2"}, ["bgp cluster-id 2"], 3, 0, ()),
        ({"keepalive": 3, "hold": 9}, ["neighbor CALICO timers 3 9"], 0, 3, ()),
        ({"restart_time": 50}, ["bgp graceful-restart restart-time 50"], 0, 3, ()),
        ({"password": "other"}, ["neighbor CALICO password 0 other"], 3, 0, ()),
        ({"update_source": "Loopback0"}, ["neighbor CALICO update-source Loopback0"], 3, 0, ()),
        ({"passive": False}, ["no neighbor CALICO transport connection-mode passive"], 3, 0, ()),
        ({"maximum_prefix": 50}, ["neighbor CALICO maximum-prefix 50 75 warning-only"], 0, 0, ()),
        (
            {"prefixes": (*WANT.prefixes, PrefixRule("10.96.0.0/12", None, 32))},
            ["ip prefix-list CALICO seq 10 permit 10.96.0.0/12 le 32"],
            0,
            0,
            ("CALICO",),
        ),
        (
            {"prefixes": (PrefixRule("10.245.0.0/16", 26, 32),)},
            [
                "ip prefix-list CALICO seq 10 permit 10.245.0.0/16 ge 26 le 32",
                "no ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32",
            ],
            0,
            0,
            ("CALICO",),
        ),
    ],
)
def test_one_setting_changed(changed, commands, resets, pending, soft_clear):
    change = plan(router(want=WANT), replace(WANT, **changed))
    assert inner(change) == commands
    assert (len(change.resets), len(change.pending), change.soft_clear) == (resets, pending, soft_clear)


def test_where_the_router_shows_no_sequence_numbers_it_gives_them():
    """`no ip prefix-list sequence-number`: which number a rule has is not known, and none is guessed."""
    text = router(want=WANT).text().replace(" seq 5 ", " ")
    want = replace(WANT, prefixes=(PrefixRule("10.245.0.0/16", 26, 32),))
    change = plan_change(read_running(text), want)
    assert inner(change) == [
        "ip prefix-list CALICO permit 10.245.0.0/16 ge 26 le 32",
        "no ip prefix-list CALICO permit 10.244.0.0/16 ge 26 le 32",
    ]
    assert "ip prefix-list CALICO permit 10.244.0.0/16" in change.before
    assert "ip prefix-list CALICO permit 10.244.0.0/16" not in change.after
    assert plan_change(read_running(text), WANT).commands == ()


@pytest.mark.parametrize(
    "left_out", ["cluster_id", "restart_time", "stalepath_time", "update_source", "maximum_prefix"]
)
def test_what_is_left_out_is_left_alone(left_out):
    change = plan(router(want=replace(WANT, update_source="Loopback0")), replace(WANT, **{left_out: None}))
    assert change.commands == ()


def test_timers_left_out_are_left_alone():
    assert plan(router(want=WANT), replace(WANT, keepalive=None, hold=None)).commands == ()


def test_a_list_with_a_deny_is_replaced_in_order():
    rules = (PrefixRule("10.244.9.0/24", action="deny"), *WANT.prefixes)
    have = router(want=WANT)
    have.configure(plan(have, replace(WANT, prefixes=rules)).commands)
    assert list(have.prefix_lists["CALICO"].values()) == [
        "deny 10.244.9.0/24",
        "permit 10.244.0.0/16 ge 26 le 32",
    ]


# -- made by hand
def test_a_client_made_by_hand_is_adopted():
    change = plan(router(*HAND), SMALL)
    assert change.adopted == ("192.168.1.10",)
    assert inner(change)[1:] == [
        "neighbor 192.168.1.10 prefix-list CALICO in",
        "neighbor 192.168.1.10 prefix-list CALICO out",
    ]
    assert (change.resets, change.soft_clear) == ((), ("192.168.1.10",))


@pytest.mark.parametrize(
    ("lines", "withheld"),
    [
        (["neighbor 192.168.1.10 remote-as 64999"], "neighbor 192.168.1.10 remote-as 64512"),
        (["no neighbor 192.168.1.10 route-reflector-client"], "neighbor 192.168.1.10 route-reflector-client"),
        (["neighbor 192.168.1.10 password secret1"], "neighbor 192.168.1.10 password ********"),
        (["neighbor 192.168.1.10 shutdown"], "no neighbor 192.168.1.10 shutdown"),
    ],
)
def test_what_would_reset_a_session_made_by_hand_is_withheld(lines, withheld):
    change = plan(router(*HAND, *lines), SMALL)
    assert [found.line for found in change.withheld] == [withheld]
    assert all(found.reason for found in change.withheld)
    assert change.adopted == ()
    assert not any("192.168.1.10" in line for line in change.commands)
    assert "secret1" not in f"{change}{change.before}"


def test_a_wanted_password_is_not_put_on_a_session_made_by_hand():
    change = plan(router(*HAND), replace(SMALL, password="hunter2"))
    assert [found.line for found in change.withheld] == ["neighbor 192.168.1.10 password ********"]


def test_a_neighbour_that_cannot_have_a_session_is_completed_in_place():
    have = router(*HAND[:3], "address-family ipv4", "no neighbor 192.168.1.10 activate")
    change = plan(have, SMALL)
    assert inner(change)[-4:] == [
        "neighbor 192.168.1.10 route-reflector-client",
        "neighbor 192.168.1.10 prefix-list CALICO in",
        "neighbor 192.168.1.10 prefix-list CALICO out",
        "neighbor 192.168.1.10 activate",
    ]
    assert change.adopted == ("192.168.1.10",)
    have.configure(change.commands)
    assert plan(have, SMALL).commands == ()


def test_a_client_in_another_group_is_not_regrouped():
    have = router(
        "router bgp 64512",
        "neighbor RR peer-group",
        "neighbor RR remote-as 64512",
        "neighbor RR route-reflector-client",
        "neighbor 192.168.1.10 peer-group RR",
    )
    change = plan(have, SMALL)
    assert change.adopted == ("192.168.1.10",)
    assert "neighbor 192.168.1.10 peer-group CALICO" not in change.commands


@pytest.mark.parametrize(("reflects", "adopted"), [(True, ("192.168.1.10",)), (False, ())])
def test_a_client_of_a_listen_range_gets_no_neighbour_of_its_own(reflects, adopted):
    text = "router bgp 64512\n bgp listen range 192.168.1.0/24 peer-group RR\n neighbor RR peer-group\n"
    text += " neighbor RR remote-as 64512\n" + " neighbor RR route-reflector-client\n" * reflects
    change = lines_by_hand(text, SMALL)
    assert change.adopted == adopted
    assert len(change.withheld) == (0 if reflects else 1)
    assert not any("192.168.1.10" in line for line in change.commands)


def test_a_client_with_templates_is_not_judged():
    text = "router bgp 64512\n neighbor 192.168.1.10 inherit peer-session T\n"
    change = lines_by_hand(text, SMALL)
    assert "templates" in change.withheld[0].reason
    assert change.adopted == ()


def test_an_untagged_member_of_our_group_stays_untagged():
    have = router("router bgp 64512", "neighbor 192.168.1.11 peer-group CALICO", want=SMALL)
    change = plan(have, replace(SMALL, clients=NODES[:2]))
    assert change.adopted == ("192.168.1.11",)
    assert change.commands == ()


def test_our_neighbour_in_another_group_is_moved():
    change = plan(router(want=SMALL), replace(SMALL, group="K8S"))
    assert inner(change)[-5:] == [
        "no neighbor 192.168.1.10",
        "no neighbor CALICO peer-group",
        "neighbor 192.168.1.10 peer-group K8S",
        "neighbor 192.168.1.10 description calico_bgp lab/node-a",
        "neighbor 192.168.1.10 activate",
    ]
    assert change.resets == ("192.168.1.10",)


def test_an_earlier_group_that_carries_others_stays():
    have = router("router bgp 64512", "neighbor 192.0.2.1 peer-group CALICO", want=SMALL)
    change = plan(have, replace(SMALL, group="K8S"))
    assert "no neighbor 192.168.1.10" in change.commands
    assert "no neighbor CALICO peer-group" not in change.commands


def test_removing_takes_an_earlier_group_along():
    change = plan(router(*FOREIGN, want=SMALL), replace(SMALL, group="K8S"), present=False)
    assert inner(change)[:2] == ["no neighbor 192.168.1.10", "no neighbor CALICO peer-group"]


def test_a_renamed_node_changes_a_description_alone():
    change = plan(router(want=SMALL), replace(SMALL, clients=(Client("192.168.1.10", "node-z"),)))
    assert inner(change) == ["neighbor 192.168.1.10 description calico_bgp lab/node-z"]
    assert change.resets == ()


@pytest.mark.parametrize("who", ["192.168.1.10", "CALICO"])
def test_a_shutdown_by_hand_is_not_undone(who):
    change = plan(router("router bgp 64512", f"neighbor {who} shutdown", want=SMALL), SMALL)
    assert change.commands == ()
    assert [found.line for found in change.withheld] == [f"no neighbor {who} shutdown"]


def test_a_neighbour_of_ours_used_in_another_family_is_not_removed():
    have = router(want=replace(SMALL, clients=NODES[:2])).text()
    text = have.replace(
        " exit-address-family",
        " exit-address-family\n address-family vpnv4\n  neighbor 192.168.1.11 activate",
    )
    change = plan_change(read_running(text), SMALL)
    assert change.commands == ()
    assert [found.line for found in change.withheld] == ["no neighbor 192.168.1.11"]


# -- passwords
@pytest.mark.parametrize("shown", ["hunter two", "0 hunter two", f"7 {type_7('hunter two', 4)}"])
def test_a_password_in_any_comparable_form_is_not_sent_again(shown):
    text = router(want=WANT).text().replace("password hunter two", f"password {shown}")
    assert plan_change(read_running(text), WANT).commands == ()


def test_a_type_6_password_is_reported_and_not_sent_again():
    text = router(want=WANT).text().replace("password hunter two", "password 6 ABCdef")
    change = plan_change(read_running(text), WANT)
    assert change.commands == ()
    assert "type 6" in change.withheld[0].reason
    assert "ABCdef" not in f"{change}{change.before}{change.after}"


def test_a_password_the_plan_does_not_know_is_reported_and_kept():
    change = plan(router(want=WANT), replace(WANT, password=None))
    assert change.commands == ()
    assert [found.line for found in change.withheld] == ["neighbor CALICO password ********"]


# -- lines of the whole process
def test_process_wide_lines_wait_while_others_would_feel_them():
    change = plan(router(*FOREIGN), WANT)
    assert [found.line for found in change.withheld] == [
        "bgp cluster-id 1",
        "bgp graceful-restart restart-time 100",
        "bgp graceful-restart stalepath-time 300",
    ]
    assert not any(line.startswith(("bgp cluster-id", "bgp graceful")) for line in change.commands)
    assert "192.0.2.1" in change.withheld[1].reason


def test_process_wide_lines_on_request():
    change = plan(router(*FOREIGN), WANT, process_wide=True)
    assert change.withheld == ()
    assert {"bgp cluster-id 1", "bgp graceful-restart"} <= set(change.commands)
    assert change.resets == ("192.0.2.2",)
    assert change.pending == ("192.0.2.1",)


def test_a_cluster_id_is_nothing_to_an_external_neighbour():
    assert "bgp cluster-id 1" in plan(router(*FOREIGN[:2]), WANT).commands


def test_planned_clients_made_by_hand_are_not_foreign():
    change = plan(router(*HAND), replace(SMALL, cluster_id="1"))
    assert "bgp cluster-id 1" in change.commands
    assert change.resets == ("192.168.1.10",)


def test_an_operators_silence_is_kept():
    have = (
        router("router bgp 64512")
        .text()
        .replace("router bgp 64512", "router bgp 64512\n no bgp log-neighbor-changes")
    )
    assert "bgp log-neighbor-changes" not in plan_change(read_running(have), SMALL).commands


# -- refusals
@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["router bgp 64999"], "AS 64999"),
        (
            ["router bgp 64512", "neighbor 192.168.1.10 remote-as 64512",
             "neighbor 192.168.1.10 description calico_bgp other/node-a"],
            "cluster other",
        ),
        (
            ["router bgp 64512", "neighbor CALICO peer-group", "neighbor CALICO remote-as 64999",
             "neighbor 192.0.2.1 peer-group CALICO"],
            "192.0.2.1",
        ),
        (
            ["ip prefix-list CALICO seq 5 permit 10.0.0.0/8", "router bgp 64512",
             "neighbor 192.0.2.1 remote-as 64999", "neighbor 192.0.2.1 prefix-list CALICO in"],
            "192.0.2.1",
        ),
    ],
)  # fmt: skip
def test_refusals_send_nothing(lines, names):
    change = plan(router(*lines), SMALL)
    assert change.commands == ()
    assert len(change.refusals) == 1
    assert names in change.refusals[0]


VRF_CLIENT = "router bgp 64512\n address-family ipv4 vrf RED\n  neighbor 192.168.1.10 remote-as 64512\n"
OLD_LIST = "ip prefix-list CALICO permit 10.0.0.0/8\n"
ROUTE_MAP = "route-map M permit 10\n match ip address prefix-list CALICO\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (VRF_CLIENT, "vrf RED"),
        (f"{OLD_LIST}{ROUTE_MAP}", "match ip address"),
    ],
)
def test_refusals_by_text(text, names):
    change = lines_by_hand(text, SMALL)
    assert change.commands == ()
    assert names in change.refusals[0]


#: By hand: each names our prefix-list and is none of ours, most of them without the word `prefix-list`.
USES = [
    "route-map M permit 10\n match ip address prefix-list OTHER CALICO",
    "router ospf 1\n area 1 filter-list prefix CALICO in",
    "router ospf 1\n area 0.0.0.1 filter-list prefix CALICO out",
    "router ospf 1\n distribute-list prefix CALICO in",
    "router ospf 1\n distribute-list gateway CALICO in",
    "router eigrp 1\n distribute-list prefix CALICO out GigabitEthernet0/1",
    "router eigrp 1\n distribute-list gateway CALICO in",
    "router eigrp 1\n distribute-list prefix OTHER gateway CALICO in",
    "router eigrp NAMED\n address-family ipv4 unicast autonomous-system 1\n  topology base\n"
    "   distribute-list prefix CALICO in",
    "router rip\n distribute-list prefix CALICO in",
    "router rip\n distribute-list gateway CALICO in Vlan1",
    "router rip\n distribute-list prefix OTHER gateway CALICO in",
    "router bgp 64512\n distribute-list prefix CALICO out",
    "router bgp 64512\n distribute-list gateway CALICO in",
    "router bgp 64512\n distribute-list prefix OTHER gateway CALICO in",
    "router bgp 64512\n address-family ipv4 vrf RED\n  distribute-list gateway CALICO in",
    "router bgp 64512\n address-family vpnv4\n  neighbor G prefix-list CALICO in",
    "router bgp 64512\n template peer-policy P\n  prefix-list CALICO in",
    "router bgp 64512\n frobnicate by prefix-list CALICO",
    "router bgp 64512\n address-family ipv4\n  frobnicate distribute-list prefix CALICO in",
]


@pytest.mark.parametrize("use", USES)
def test_a_list_that_others_use_is_neither_changed_nor_taken_away(use):
    line = use.rpartition("\n")[2].strip()
    change = lines_by_hand(f"{OLD_LIST}{use}\n", SMALL)
    assert change.commands == ()
    assert "Prefix-list CALICO is also used by" in change.refusals[0]
    assert line in change.refusals[0]
    ours = router(want=SMALL).text()
    place = "router bgp 64512"
    ours = (
        ours.replace(place, use, 1) if use.startswith(place) else ours.replace("!\nend", f"!\n{use}\n!\nend")
    )
    absent = plan_change(read_running(ours), SMALL, state="absent")
    assert "no ip prefix-list CALICO" not in absent.commands
    (kept,) = (found for found in absent.withheld if found.line == "no ip prefix-list CALICO")
    assert line in kept.reason


def test_no_client_is_refused():
    change = plan(router(want=SMALL), replace(SMALL, clients=()))
    assert change.commands == ()
    assert "no client" in change.refusals[0]


def test_a_group_shared_with_others_is_left_when_nothing_has_to_change():
    have = router("router bgp 64512", "neighbor 192.0.2.1 peer-group CALICO", want=SMALL)
    assert plan(have, SMALL).refusals == ()
    assert plan(have, SMALL).commands == ()


def test_the_same_as_number_in_dots_is_the_same():
    want = replace(SMALL, asn=65546)
    change = lines_by_hand("router bgp 1.10\n bgp log-neighbor-changes\n", want)
    assert change.refusals == ()
    assert "router bgp 1.10" in change.commands


# -- the diff
BEGIN_ALIKE = (
    "neighbor CALICO transport connection-mode passive",
    "neighbor CALICO transport path-mtu-discovery disable",
    "neighbor CALICO path-attribute discard 30 in",
    "neighbor CALICO path-attribute discard 31 in",
    "neighbor CALICO slow-peer detection",
    "neighbor CALICO slow-peer split-update-group static",
    "neighbor CALICO send-community",
    "neighbor CALICO send-community extended",
    "neighbor CALICO inherit peer-policy P 10",
    "neighbor CALICO inherit peer-policy Q 20",
    "neighbor CALICO advertise additional-paths all",
    "neighbor CALICO advertise best-external",
    "neighbor CALICO filter-list 1 in",
    "neighbor CALICO filter-list 1 out",
)


def with_lines(*lines: str) -> str:
    text = router(want=SMALL).text()
    return text.replace("neighbor CALICO peer-group", "\n ".join(["neighbor CALICO peer-group", *lines]))


def test_the_diff_keeps_lines_that_begin_alike():
    change = plan_change(read_running(with_lines(*BEGIN_ALIKE)), SMALL)
    assert change.commands == ()
    assert change.before == change.after
    assert [line for line in BEGIN_ALIKE if f" {line}\n" not in change.before] == []


def test_the_diff_takes_away_no_more_than_the_line_that_goes():
    have = read_running(with_lines(*BEGIN_ALIKE))
    change = plan_change(have, replace(SMALL, passive=False))
    gone = "neighbor CALICO transport connection-mode passive"
    assert f"no {gone}" in change.commands
    before, after = change.before.splitlines(), change.after.splitlines()
    assert [line.strip() for line in before if line not in after] == [gone]
    assert [line for line in after if line not in before] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("maximum-prefix 7", "maximum-prefix 100 75 warning-only"),
        ("additional-paths send receive", "additional-paths disable"),
        ("timers 7 21", "timers 10 30"),
        ("remote-as 7", "remote-as 64512"),
        ("password old", "password ********"),
        ("PASSWORD old", "password ********"),
        ("transport connection-mode active", "transport connection-mode passive"),
    ],
)
def test_the_diff_shows_a_new_value_in_the_place_of_the_old(old, new):
    there = re.compile(rf"neighbor CALICO {new.split()[0]} .*")
    paths = ["router bgp 64512", "address-family ipv4", "neighbor CALICO additional-paths disable"]
    text = router(*paths, want=WANT).text()
    change = plan_change(read_running(there.sub(f"neighbor CALICO {old}", text)), WANT)
    assert f"neighbor CALICO {new}" in change.masked
    assert len(there.findall(change.after)) == 1
    assert f"neighbor CALICO {new}\n" in change.after
    assert len(change.after.splitlines()) == len(change.before.splitlines())


def test_a_list_named_like_a_secret_stands_in_the_diff():
    have = read_running(with_lines("neighbor CALICO route-map secret in", "neighbor CALICO filter-list 1 in"))
    assert "neighbor CALICO route-map secret ********\n" in plan_change(have, SMALL).after


# -- absent
def test_removing_the_last_of_all_removes_the_process():
    have = router(want=WANT)
    change = plan(have, WANT, present=False)
    assert change.commands == ("no router bgp 64512", "no ip prefix-list CALICO")
    assert set(change.removed) == {client.address for client in NODES}
    assert change.after == ""
    have.configure(change.commands)
    assert plan(have, WANT, present=False).commands == ()


def test_removing_leaves_neighbours_of_others():
    have = router(*FOREIGN, want=SMALL)
    change = plan(have, SMALL, present=False)
    assert change.commands == (
        "router bgp 64512",
        "no neighbor 192.168.1.10",
        "no neighbor CALICO peer-group",
        "exit",
        "no ip prefix-list CALICO",
    )
    have.configure(change.commands)
    assert set(have.neighbors) == {"192.0.2.1", "192.0.2.2"}


def test_removing_leaves_adopted_clients():
    have = router(*HAND)
    have.configure(plan(have, SMALL).commands)
    change = plan(have, SMALL, present=False)
    have.configure(change.commands)
    assert change.adopted == ("192.168.1.10",)
    assert set(have.neighbors) == {"192.168.1.10"}
    assert have.prefix_lists == {}


def test_a_group_that_carries_others_stays_and_so_does_its_list():
    have = router("router bgp 64512", "neighbor 192.0.2.1 peer-group CALICO", want=SMALL)
    change = plan(have, SMALL, present=False)
    assert inner(change) == ["no neighbor 192.168.1.10"]
    assert [found.line for found in change.withheld] == [
        "no neighbor CALICO peer-group",
        "no ip prefix-list CALICO",
    ]


def test_removing_clients_of_another_cluster_is_not_ours():
    have = router(*FOREIGN, "neighbor 192.0.2.2 description calico_bgp other/node-a", want=SMALL)
    assert "no neighbor 192.0.2.2" not in plan(have, SMALL, present=False).commands


@pytest.mark.parametrize(
    "line",
    [
        "bgp router-id 192.0.2.9",
        "timers bgp 5 15",
        "network 10.0.0.0",
        "frobnicate",
        "no bgp default ipv4-unicast",
        "no bgp client-to-client reflection",
        "no bgp graceful-restart restart-time",
        "bgp graceful-restart all",
        "bgp listen limit 9",
        "bgp additional-paths send",
        "bmp server 1",
        "template peer-session T\n exit-peer-session",
        "address-family vpnv4\n exit-address-family",
        "address-family ipv4 vrf RED\n  neighbor 192.0.2.9 remote-as 1\n exit-address-family",
    ],
)
def test_a_process_with_lines_of_others_stays(line):
    text = router(want=SMALL).text().replace("router bgp 64512", f"router bgp 64512\n {line}")
    change = plan_change(read_running(text), SMALL, state="absent")
    assert "no router bgp 64512" not in change.commands
    assert "no neighbor CALICO peer-group" in change.commands


@pytest.mark.parametrize(
    "lines",
    [
        "maximum-paths eibgp 4\n maximum-paths 1",
        "bgp client-to-client reflection intra-cluster cluster-id 0.0.0.9 disable\n"
        " bgp client-to-client reflection intra-cluster cluster-id any",
        # Of two lines with one value IOS prints one; which of two somebody wanted, nobody can tell.
        "bgp listen limit 7\n bgp listen limit 100",
    ],
)
def test_a_default_does_not_hide_what_others_said(lines):
    text = router(want=SMALL).text().replace("router bgp 64512", f"router bgp 64512\n {lines}")
    assert "no router bgp 64512" not in plan_change(read_running(text), SMALL, state="absent").commands


@pytest.mark.parametrize(
    "line",
    [
        "bgp router-id 192.0.2.9",
        "network 10.0.0.0",
        "neighbor OTHER shutdown",
        "neighbor CALICO shutdown\n address-family vpnv4\n  neighbor CALICO activate",
        "address-family ipv4 vrf RED",
        "template peer-session T",
        "frobnicate",
    ],
)
def test_a_process_with_lines_stays_whatever_was_understood(line):
    text = router(want=SMALL).text().replace("router bgp 64512", f"router bgp 64512\n {line}")
    have = read_running(text)
    assert have.bgp is not None
    neighbors = {name: one for name, one in have.bgp.neighbors.items() if name != "OTHER"}
    blind = replace(have, bgp=replace(have.bgp, scopes={}, others=(), neighbors=neighbors))
    assert "no router bgp 64512" not in plan_change(blind, SMALL, state="absent").commands


@pytest.mark.parametrize(
    "line", ["no synchronization", "bgp scan-time 60", "bgp cluster-id 9", "maximum-paths 1"]
)
def test_lines_that_say_nothing_or_are_a_plans_go_with_the_process(line):
    text = router(want=SMALL).text().replace("router bgp 64512", f"router bgp 64512\n {line}")
    assert "no router bgp 64512" in plan_change(read_running(text), SMALL, state="absent").commands


def test_a_process_stays_where_anything_was_not_understood():
    text = router(want=SMALL).text()
    assert "no router bgp 64512" in plan_change(read_running(text), SMALL, state="absent").commands
    unknown = text.replace("!\nend", "ip prefix-list D nonsense\n!\nend")
    change = plan_change(read_running(unknown), SMALL, state="absent")
    assert "no router bgp 64512" not in change.commands
    assert "no neighbor CALICO peer-group" in change.commands


def test_a_process_that_was_told_not_to_log_stays():
    text = router(want=SMALL).text().replace(" bgp log-neighbor-changes", " no bgp log-neighbor-changes")
    assert "no router bgp 64512" not in plan_change(read_running(text), SMALL, state="absent").commands


@pytest.mark.parametrize("lines", [[], ["router bgp 64512", "bgp log-neighbor-changes"]])
def test_removing_where_nothing_is_ours(lines):
    assert plan(router(*lines), WANT, present=False).commands == ()


# -- size
def test_five_thousand_clients():
    clients = tuple(
        Client(f"10.1.{number // 250}.{number % 250 + 1}", f"n{number}") for number in range(5000)
    )
    want = replace(WANT, clients=clients)
    fresh = plan(router(), want)
    text = fresh.after.replace("password ********", "password hunter two") + "end\n"
    have = read_running(text)
    assert plan_change(have, want).commands == ()
    assert len(plan_change(have, replace(want, clients=clients[:1])).removed) == 4999
