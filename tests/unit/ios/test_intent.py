# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Intents that make no sense are refused in a sentence that says what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
    tag,
    tagged_cluster,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule

RULE = PrefixRule("10.244.0.0/16", 26, 32)
GOOD = ReflectorIntent("lab", 64512, "CALICO", (Client("192.168.1.10", "node-a"),), prefixes=(RULE,))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"cluster": "a/b"}, "Cluster name 'a/b'"),
        ({"cluster": "x" * 41}, "Cluster name"),
        ({"asn": 0}, "AS number 0"),
        ({"asn": 2**32}, "AS number 4294967296"),
        ({"group": "10.0.0.1"}, "Peer-group name '10.0.0.1'"),
        ({"group": "A B"}, "Peer-group name 'A B'"),
        ({"prefix_list": "1st"}, "Prefix-list name '1st'"),
        ({"prefix_list": "s"}, "Prefix-list name 's': IOS takes it for the keyword sequence-number"),
        ({"prefix_list": "SEQ"}, "Prefix-list name 'SEQ': IOS takes it"),
        ({"prefix_list": "sequence-number"}, "Prefix-list name 'sequence-number': IOS takes it"),
        ({"cluster_id": "0"}, "outside 1 to 4294967294"),
        ({"cluster_id": "4294967295"}, "outside 1 to 4294967294"),
        ({"cluster_id": "one"}, "cluster id 'one'"),
        ({"keepalive": 30, "hold": 30}, "Timers 30/30"),
        ({"keepalive": 0, "hold": 30}, "Timers 0/30"),
        ({"keepalive": 1, "hold": 2}, "Timers 1/2: hold is 0 or 3"),
        ({"restart_time": 0}, "Restart time 0"),
        ({"stalepath_time": 3601}, "Stale path time 3601"),
        ({"maximum_prefix": 0}, "Maximum prefix 0"),
        ({"password": ""}, "it has 0 characters"),
        ({"password": "x" * 26}, "it has 26 characters; IOS-XE takes 1 to 25"),
        ({"password": "what?"}, "call for help"),
        ({"password": 'say "hi"'}, "BIRD cannot hold"),
        ({"password": "7 ABC"}, "encryption type"),
        ({"password": " x"}, "blank"),
        ({"password": "a\tb"}, "outside printable ASCII"),
        ({"password": "pässword"}, "outside printable ASCII"),
        ({"update_source": "loop back"}, "Update source 'loop back'"),
        ({"prefixes": ()}, "has no rule"),
        ({"prefixes": (PrefixRule("10.244.0.1/16"),)}, "'10.244.0.1/16' is no IPv4 prefix"),
        ({"prefixes": (PrefixRule("fd00::/64"),)}, "'fd00::/64' is no IPv4 prefix"),
        ({"prefixes": (PrefixRule("10.244.0.0/16", 26, 25),)}, "ge 26 and le 25"),
        ({"prefixes": (PrefixRule("10.244.0.0/16", 15),)}, "ge 15"),
        ({"prefixes": (PrefixRule("10.244.0.0/16", None, 33),)}, "le 33"),
        ({"prefixes": (replace(RULE, seq=10), replace(RULE, seq=5))}, "must rise"),
        ({"prefixes": (replace(RULE, action="allow"),)}, "permit or deny"),
        ({"clients": (Client("fd00::1", "node-a"),)}, "no IPv4 address"),
        ({"clients": (Client("", "node-a"),)}, "no IPv4 address"),
        (
            {"clients": (Client("10.0.0.1", "a"), Client("10.0.0.1", "b"))},
            "Clients a and b have the same address",
        ),
        ({"clients": (Client("10.0.0.1", "a b"),)}, "node name 'a b'"),
    ],
)
def test_faults_are_named(changed, says):
    with pytest.raises(ValueError, match=r".") as caught:
        replace(GOOD, **changed)
    assert says in str(caught.value)


def test_all_faults_come_at_once_and_hide_the_password():
    with pytest.raises(ValueError, match=r"AS number 0.*cannot be sent") as caught:
        replace(GOOD, asn=0, password="secret?")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["x", "two words", "7abc", "!#$%&'()*+,-./:;<=>@", "[]^_`{|}~", "x" * 25]
)
def test_passwords_that_arrive(password):
    assert replace(GOOD, password=password).password == password


@pytest.mark.parametrize(
    ("keepalive", "hold", "timers"),
    [(None, None, None), (10, 30, (10, 30)), (None, 30, (10, 30)), (3, None, (3, 9)), (0, 0, (0, 0))],
)
def test_one_timer_gives_the_other(keepalive, hold, timers):
    assert replace(GOOD, keepalive=keepalive, hold=hold).timers == timers


def test_a_cluster_id_may_be_a_number():
    assert (
        replace(GOOD, cluster_id=1).cluster_id_number
        == replace(GOOD, cluster_id="0.0.0.1").cluster_id_number
        == 1
    )


def test_rules_get_sequence_numbers():
    rules = replace(GOOD, prefixes=(RULE, replace(RULE, seq=7), RULE)).rules
    assert [rule.seq for rule in rules] == [5, 7, 10]


@pytest.mark.parametrize("name", ["sequence-numbers", "servers", "CALICO-s"])
def test_names_that_are_no_keyword(name):
    assert replace(GOOD, prefix_list=name).prefix_list == name


def test_a_long_node_name_is_cut_and_still_ours():
    description = tag("lab", "n" * 200)
    assert len(description) == 80
    assert tagged_cluster(description) == "lab"


@pytest.mark.parametrize(
    "description", ["", "uplink", "calico_bgp", "calico_bgp lab", "my calico_bgp lab/node"]
)
def test_other_descriptions_are_no_tags(description):
    assert tagged_cluster(description) is None
