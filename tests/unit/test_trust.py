# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may steer what: addresses that a node writes itself, and what an approval of a plan covers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import bgp_plan, ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import plan, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import approved
from tests.helpers import article
from tests.helpers.actions import action
from tests.helpers.article import REFLECTOR

#: A client of the reflector that belongs to somebody else.
FOREIGN = "10.9.9.6"
NETWORKS = ("192.168.1.0/24", "198.51.100.0/24")


def cluster(address, internal=None):
    """The article's, with another address in node-b's annotation."""
    told = article.kube_node(
        "node-b", address, internal=(article.ADDRESSES["node-b"],) if internal is None else internal
    )
    nodes = tuple(told if n.name == "node-b" else n for n in article.cluster().nodes)
    return article.cluster(nodes=nodes)


DISBELIEVED = {
    # address in the annotation, node networks that the inventory names, why it is not believed
    "somebody else's": (FOREIGN, (), f"{FOREIGN} is no InternalIP of it in Kubernetes (192.168.1.11)"),
    "outside the networks": (
        FOREIGN,
        NETWORKS,
        f"{FOREIGN} lies in none of the node networks 192.168.1.0/24, 198.51.100.0/24",
    ),
    "multicast": ("224.0.0.5", ("0.0.0.0/0",), "224.0.0.5 is no unicast address of a host"),
    "loopback": ("127.0.0.1", ("0.0.0.0/0",), "127.0.0.1 is no unicast address of a host"),
    "none at all": ("0.0.0.0", ("0.0.0.0/0",), "0.0.0.0 is no unicast address of a host"),
    "link-local": ("169.254.1.1", ("0.0.0.0/0",), "169.254.1.1 is no unicast address of a host"),
    "everybody's": ("255.255.255.255", ("0.0.0.0/0",), "255.255.255.255 is no unicast address of a host"),
}


@pytest.mark.parametrize(("address", "networks", "why"), DISBELIEVED.values(), ids=DISBELIEVED)
def test_an_address_that_is_not_believed_makes_nobody_a_client(address, networks, why):
    made = plan.build(cluster(address), article.wish(node_networks=networks))
    assert made.left_out == {"node-b": why}
    assert made.left_out_addresses == {}, "nor is a neighbour of that address spared as the node's"
    assert f"'{address}'" not in str(made.sessions) + str(made.objects)


@pytest.mark.parametrize(("address", "networks", "why"), DISBELIEVED.values(), ids=DISBELIEVED)
def test_a_move_is_refused_over_it_and_a_way_back_is_not(address, networks, why):
    wish = article.wish(node_networks=networks)
    found = gates.judge("preflight", cluster(address), wish)
    assert weigh.sentence(found).startswith(
        f"node node-b: expected an address that can be its own, found {why}."
    )
    back = gates.judge("preflight_of_a_rollback", cluster(address), wish)
    assert weigh.passed(back)
    assert [f.actual for f in back if f.check == "nodes.left_out"] == [why]


BELIEVED = {
    # address, InternalIPs in Kubernetes, networks that the inventory names
    "the InternalIP": (article.ADDRESSES["node-b"], None, ()),
    "one of several": ("198.51.100.7", ("192.168.1.11", "198.51.100.7"), ()),
    "another interface, named": ("198.51.100.7", ("192.168.1.11",), NETWORKS),
}


@pytest.mark.parametrize(("address", "internal", "networks"), BELIEVED.values(), ids=BELIEVED)
def test_an_address_that_is_believed(address, internal, networks):
    found = cluster(address, internal)
    wish = article.wish(node_networks=networks)
    assert weigh.passed(gates.judge("preflight", found, wish))
    assert plan.build(found, wish).sessions_of("node-b", "ipv4")[0].node_address == address


def test_the_networks_are_said():
    nodes = tuple(
        replace(n, networks={"ipv4": "192.168.1.0/24" if n.name != "node-c" else "198.51.100.0/24"})
        for n in article.cluster().nodes
    )
    assert plan.build(article.cluster(nodes=nodes), article.wish()).node_networks == NETWORKS
    assert plan.build(article.cluster(), article.wish(node_networks=NETWORKS)).node_networks == NETWORKS


HOST = {"cisco_rr_address": REFLECTOR, "ansible_host": "192.0.2.1"}


def planned(tmp_path, host=None, migration=True, cluster=None, **arguments):
    path = rundir.write(tmp_path / rundir.CLUSTER, to_data(cluster or article.cluster()))
    given = {"cluster": path, "asn": 64512, "peer_name": "rr", "reflectors": ["rr1"], "migration": migration}
    variables = {"inventory_hostname": "lab", "hostvars": {"rr1": HOST if host is None else host}}
    return action(bgp_plan, {**given, **arguments}).run(task_vars=variables)


OTHER = {
    # host variables of the reflector, arguments, the parts of the plan that differ
    "the peer-group": ({"cisco_rr_peer_group": "OTHER"}, {}, {"reflectors", "lines"}),
    "a timer": ({"cisco_rr_timers": {"hold": 30}}, {}, {"reflectors", "lines"}),
    "its cluster-id": ({"cisco_rr_cluster_id": "7"}, {}, {"reflectors", "lines"}),
    "what resets sessions": ({"cisco_rr_allow_session_reset": True}, {}, {"reflectors"}),
    "lines for the whole process": ({"cisco_rr_process_wide": True}, {}, {"reflectors"}),
    "where it is reached": ({"ansible_host": "192.0.2.66"}, {}, {"reflectors"}),
    "at which port": ({"ansible_port": 2022}, {}, {"reflectors"}),
    "a password": ({"cisco_rr_password": "lab"}, {}, {"reflectors", "lines", "objects"}),
    "the filter": ({}, {"filter": False}, {"objects", "surplus"}),
    "the networks of the nodes": ({}, {"node_networks": ["192.168.0.0/16"]}, {"node_networks"}),
    "the API": ({}, {"cluster": article.cluster(server="https://192.0.2.9:6443")}, {"server"}),
}


@pytest.mark.parametrize(("host", "arguments", "parts"), OTHER.values(), ids=OTHER)
def test_an_approval_covers(tmp_path, host, arguments, parts):
    one = planned(tmp_path)
    other = planned(tmp_path, {**HOST, **host}, **arguments)
    assert {name for name, digits in other["parts"].items() if one["parts"][name] != digits} == parts
    refused = planned(
        tmp_path, {**HOST, **host}, **arguments, approved=one["sha256"], approved_parts=one["parts"]
    )
    assert refused["failed"]
    assert f"which differs in {', '.join(sorted(parts))}" in refused["msg"]


def test_what_is_said_twice_in_other_words_is_the_same_plan(tmp_path):
    plain = {
        **HOST,
        "cisco_rr_passive": "yes",
        "cisco_rr_graceful_restart": {"restart_time": "120", "stalepath_time": 360},
    }
    assert planned(tmp_path, plain)["sha256"] == planned(tmp_path)["sha256"]


def test_an_option_that_cannot_be_sent_is_refused_before_anything_is_touched(tmp_path):
    for host in ({"cisco_rr_peer_group": "1 2"}, {"cisco_rr_revert_minutes": "soon"}):
        result = planned(tmp_path, {**HOST, **host})
        assert result["failed"]
        assert result["msg"].startswith("The plan is refused, nothing was changed. ")
        assert "failed" not in planned(tmp_path, {**HOST, **host}, migration=False), "a way back is not"


def test_networks_that_are_none_are_named(tmp_path):
    result = planned(tmp_path, node_networks=["192.168.1.10/24"])
    assert result["failed"]
    assert "192.168.1.10/24 has host bits set" in result["msg"]


def test_what_is_to_be_written_is_in_no_file(tmp_path):
    result = planned(tmp_path)
    written = {path.name for path in tmp_path.rglob("*.json")}
    assert written == {"cluster.json", "plan.json", "state.json", "preflight.json"}
    made = rundir.read_plan(result["path"])
    assert [o["definition"] for o in result["objects"]] == [dict(o) for o in made.objects]
    assert result["surplus"] == [dict(o) for o in made.surplus]


def pushed(path, variables=None, **arguments):
    """A push to a router that must not even be reached."""
    return action(
        ios_bgp_reflector,
        {"plan": path, "graceful_restart": {"restart_time": 120, "stalepath_time": 360}, **arguments},
    ).run(task_vars={"inventory_hostname": "rr1", **(HOST if variables is None else variables)})


DIFFERING = {
    # host variables at the push, options of the push, what the refusal names
    "another option": ({}, {"peer_group": "OTHER"}, "cisco_rr_peer_group is 'OTHER' and was 'CALICO'"),
    "leave to reset": (
        {},
        {"allow_session_reset": True},
        "cisco_rr_allow_session_reset is True and was False",
    ),
    "another router": (
        {"ansible_host": "192.0.2.66"},
        {},
        "its address is '192.0.2.66:22' and was '192.0.2.1:22'",
    ),
}


@pytest.mark.parametrize(("host", "options", "named"), DIFFERING.values(), ids=DIFFERING)
def test_only_what_was_planned_is_sent(tmp_path, monkeypatch, host, options, named):
    result = planned(tmp_path)
    monkeypatch.setattr(ios_bgp_reflector, "Router", lambda _connection: pytest.fail("the router was asked"))
    refused = pushed(result["path"], {**HOST, **host}, **options)
    assert (refused["changed"], refused["outcome"], refused["commands"]) == (False, "refused", [])
    assert refused["msg"].startswith(f"this is not what was planned: {named}. Set it in the inventory")
    assert rundir.read_pushes(tmp_path)["rr1"].outcome == "refused", "the gate `push` hears of it"


def test_lines_that_a_plan_of_another_version_did_not_mean_are_not_sent(tmp_path):
    result = planned(tmp_path)
    made = rundir.read_plan(result["path"])
    want = ios_bgp_reflector.wanted(made, "rr1", made.reflectors[0].options)
    assert approved.differing(made, "rr1", made.reflectors[0].options, HOST, want) == ""
    old = replace(made, lines={"rr1": "0" * 64})
    said = approved.differing(old, "rr1", made.reflectors[0].options, HOST, want)
    assert said.startswith("this is not what was planned: the lines are others for the same options")


def test_a_way_off_the_router_is_not_held_up(tmp_path, monkeypatch):
    """Rollback takes clients away whatever was approved."""
    result = planned(tmp_path)

    class Reached(Exception):
        pass

    def reached(_connection):
        raise Reached

    monkeypatch.setattr(ios_bgp_reflector, "Router", reached)
    with pytest.raises(Reached):
        pushed(result["path"], peer_group="OTHER", state="absent")
