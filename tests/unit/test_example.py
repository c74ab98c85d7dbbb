# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What inventories/example makes of its cluster and its router, line by line and object by object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import plan
from ansible_collections.telco.calico_bgp.plugins.module_utils.change import markdown
from ansible_collections.telco.calico_bgp.plugins.module_utils.change.document import document
from ansible_collections.telco.calico_bgp.plugins.module_utils.change.way_back import Access
from ansible_collections.telco.calico_bgp.plugins.module_utils.inventory import reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change import plan as change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config import running as config
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import Push
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Plan
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from tests.helpers import article
from tests.helpers.example_lines import FRESH
from tests.helpers.fake_ios import FakeIos

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "inventories/example"
NAME = "peer-to-external-rr"
HAND = """router bgp 64512
bgp cluster-id 1
bgp log-neighbor-changes
timers bgp 10 30
neighbor 192.168.1.10 remote-as 64512
neighbor 192.168.1.11 remote-as 64512
neighbor 192.168.1.12 remote-as 64512
address-family ipv4
neighbor 192.168.1.10 activate
neighbor 192.168.1.10 route-reflector-client
neighbor 192.168.1.11 activate
neighbor 192.168.1.11 route-reflector-client
neighbor 192.168.1.12 activate
neighbor 192.168.1.12 route-reflector-client
exit-address-family"""
ADOPTED = """ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32
router bgp 64512
bgp graceful-restart
address-family ipv4
neighbor 192.168.1.10 prefix-list CALICO in
neighbor 192.168.1.10 prefix-list CALICO out
neighbor 192.168.1.11 prefix-list CALICO in
neighbor 192.168.1.11 prefix-list CALICO out
neighbor 192.168.1.12 prefix-list CALICO in
neighbor 192.168.1.12 prefix-list CALICO out
exit-address-family"""
FILTER = {
    "importV4": [
        {"action": "Accept", "matchOperator": "In", "cidr": "10.244.0.0/16"},
        {"action": "Reject", "matchOperator": "In", "cidr": "0.0.0.0/0"},
    ]
}
PEER = {"peerIP": "192.168.1.1", "asNumber": 64512}
SECOND = {"peerIP": "192.168.1.2", "asNumber": 64512, "filters": [NAME], "nodeSelector": "all()"}
CONFIGURATION = {
    "spec": {"nodeToNodeMeshEnabled": False, "asNumber": 64512, "logSeverityScreen": "Info"},
    "annotations": {},
    "resourceVersion": "7",
}


@pytest.fixture(scope="module")
def inventory() -> dict[str, Any]:
    """The example as Ansible reads it, with the defaults of the roles."""
    command = [
        str(Path(sys.executable).parent / "ansible-inventory"),
        "-i",
        str(EXAMPLE),
        "--list",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=dict(os.environ))
    return dict(json.loads(done.stdout))


def planned(inventory: dict[str, Any], **cluster: Any) -> Plan:
    """The plan, of the article's cluster unless told otherwise."""
    variables = inventory["_meta"]["hostvars"]
    (name,) = inventory["calico_clusters"]["hosts"]
    own = variables[name]
    wish = plan.Wish(
        name,
        own["calico_plan_asn"],
        own["calico_plan_peer_name"],
        tuple(reflector(host, variables[host]) for host in inventory["route_reflectors"]["hosts"]),
    )
    return plan.build(article.cluster(**cluster), wish)


def pushed(inventory: dict[str, Any], router: FakeIos) -> change.Change:
    """What is sent to the router, with the role's defaults."""
    options = yaml.safe_load((ROOT / "roles/cisco_rr/defaults/main.yml").read_text())
    options |= inventory["_meta"]["hostvars"]["rr1"]
    arguments = {
        name: None if "omit" in str(value) else value
        for name, value in ((name, options.get(f"cisco_rr_{name}")) for name in ios_bgp_reflector.ARGUMENTS)
    }
    arguments["cluster_id"] = str(arguments["cluster_id"])
    want = ios_bgp_reflector.wanted(planned(inventory), "rr1", arguments)
    return change.plan_change(config.read_running(router.text()), want)


def test_the_groups_are_those_of_the_case(inventory: dict[str, Any]) -> None:
    hosts = inventory["_meta"]["hostvars"]
    addresses = {name: hosts[name]["ansible_host"] for name in inventory["calico_nodes"]["hosts"]}
    assert addresses == article.ADDRESSES
    assert hosts["rr1"]["ansible_host"] == article.REFLECTOR
    assert planned(inventory).soak == 150


def test_a_fresh_router_gets_these_lines(inventory: dict[str, Any]) -> None:
    assert "\n".join(pushed(inventory, FakeIos()).commands) == FRESH


def test_the_router_typed_in_by_hand_gets_these_lines(inventory: dict[str, Any]) -> None:
    router = FakeIos()
    router.configure(HAND.split("\n"))
    made = pushed(inventory, router)
    assert "\n".join(made.commands) == ADOPTED
    assert (made.resets, made.removed) == ((), ())
    assert made.adopted == tuple(article.ADDRESSES.values())


@pytest.mark.parametrize("live", [None, PEER])
def test_the_cluster_gets_these_objects(inventory: dict[str, Any], live: dict[str, Any] | None) -> None:
    peers = (Peer(NAME, "192.168.1.1", 64512, live, "11"),) if live else ()
    made = planned(inventory, configuration=CONFIGURATION, peers=peers)
    scope = {} if live else {"nodeSelector": "all()"}
    assert [(o["kind"], o["metadata"]["name"], o["spec"]) for o in made.objects] == [
        ("BGPFilter", NAME, FILTER),
        ("BGPPeer", NAME, {**PEER, "filters": [NAME], **scope}),
        ("BGPPeer", f"{NAME}-rr2", SECOND),
    ]


def test_the_readme_shows_the_inventory() -> None:
    text = (EXAMPLE / "hosts.yml").read_text().removeprefix("---\n")
    assert f"```yaml\n{text}```" in (ROOT / "README.md").read_text()


def change_lines(inventory: dict[str, Any], router: FakeIos) -> list[str]:
    """The lines for rr1 in the change document of the example, without their reasons."""
    made = pushed(inventory, router)
    reasons = tuple(f"{each.line}: {each.reason}" for each in made.reasons)
    push = Push("rr1", "planned", "", made.masked, (), made.adopted, True, reasons)
    state = RunState(timeout=120)
    whole = document(planned(inventory), article.cluster(), {"rr1": push}, (), state, Access())
    text = markdown.markdown(whole)
    block = text.partition("### rr1\n")[2].partition("```\n")[2].partition("\n```")[0]
    assert "! only the prefixes of the cluster cross its sessions; off with cisco_rr_prefix_list: ''" in block
    return [line.partition("  ! ")[0] for line in block.splitlines()]


def test_the_change_document_beside_the_article_s_own_lines(inventory: dict[str, Any]) -> None:
    """A fresh router gets each session of the article; one that has its lines keeps them all."""
    assert change_lines(inventory, FakeIos()) == FRESH.splitlines()
    for address in article.ADDRESSES.values():
        assert f"neighbor {address} remote-as 64512" in HAND
        assert f"neighbor {address} peer-group CALICO" in FRESH
        assert f"neighbor {address} activate" in HAND
        assert f"neighbor {address} activate" in FRESH
    by_hand = FakeIos()
    by_hand.configure(HAND.split("\n"))
    added = change_lines(inventory, by_hand)
    assert added == ADOPTED.splitlines()
    contexts = {"router bgp 64512", "address-family ipv4", "exit-address-family"}
    assert not (set(added) & set(HAND.splitlines())) - contexts, "a line of the article would be sent again"
    assert not [line for line in added if line.startswith("no ")], "one would be taken away"
