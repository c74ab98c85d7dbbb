# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab made after a user's inventory: what is taken over, and that nothing of it leads to a real machine."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from lab import inventory, mirror
from lab.network import LabReflector, article, network_from, port, spread
from lab.state import LabError, State

CHECKOUT = Path(__file__).resolve().parents[2]
OWN = """\
calico_clusters:
  hosts:
    dc1:
      ansible_connection: local
      calico_plan_kubeconfig: ~/.kube/dc1
      calico_plan_context: dc1
      calico_plan_asn: 65010
      calico_plan_peer_name: core
route_reflectors:
  hosts:
    core1.example.net:
      ansible_host: mgmt.example.net
      cisco_rr_address: 198.51.100.1
      cisco_rr_password: !vault |
        $ANSIBLE_VAULT;1.1;AES256
        6162
  vars:
    ansible_user: real
    ansible_password: real-secret
    cisco_rr_timers: {keepalive: 10, hold: 30}
calico_nodes:
  children:
    rack1: {hosts: {worker-1.example.net: {ansible_host: 198.51.100.20, ansible_ssh_common_args: -J jump}}}
    rack2: {hosts: {worker-2.example.net: }}
others:
  hosts:
    jump: {ansible_host: 203.0.113.1}
"""


@pytest.fixture(name="own")
def _own(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yml").write_text(OWN)
    folder = tmp_path / "host_vars"
    folder.mkdir()
    (folder / "core1.example.net.yml").write_text("ansible_port: 2222\ncisco_rr_peer_group: K8S\n")
    return tmp_path


def facts(made: mirror.Mirror) -> dict[str, Any]:
    names = [each.name for each in made.network.members()]
    return {
        "network": asdict(made.network),
        "mirror": {"cluster": made.cluster, "variables": made.variables},
        "ports": {name: 40000 + number for number, name in enumerate(names)},
        "router_user": "admin",
        "router_password": "lab",
        "operator_kubeconfig": "/state/operator.kubeconfig",
        "python": "/usr/bin/python3",
        "control_plane": ["worker-1.example.net"],
        "releases": "http://127.0.0.1:40010",
    }


def test_names_addresses_and_as_are_taken_over(own: Path) -> None:
    made = mirror.read(own)
    assert made.cluster == "dc1"
    assert made.network.asn == 65010
    assert made.network.reflectors == (LabReflector("core1.example.net", "198.51.100.1"),)
    assert [(node.name, node.address) for node in made.network.nodes] == [
        ("worker-1.example.net", "198.51.100.20"),
        ("worker-2.example.net", "198.51.100.2"),
    ]


def test_settings_stay_and_ways_to_real_machines_do_not(own: Path) -> None:
    whole = inventory.inventory(facts(mirror.read(own)), State(Path("/state")))
    router = inventory.host(whole, "core1.example.net")
    assert router["cisco_rr_timers"] == {"keepalive": 10, "hold": 30}
    assert router["cisco_rr_peer_group"] == "K8S"
    assert router["cisco_rr_password"] == mirror.SECRET
    assert (router["ansible_host"], router["ansible_port"], router["ansible_user"]) == (
        "127.0.0.1",
        40000,
        "admin",
    )
    cluster = inventory.host(whole, "dc1")
    assert cluster["calico_plan_kubeconfig"] == "/state/operator.kubeconfig"
    assert "calico_plan_context" not in cluster
    assert "jump" not in str(whole)
    assert "example.net" not in str(whole).replace("core1.example.net", "").replace(
        "worker-1.example.net", ""
    ).replace("worker-2.example.net", "")


def kept(**variables: Any) -> dict[str, Any]:
    """What is taken over of a cluster's variables."""
    groups = {
        "calico_clusters": {"hosts": ["dc1"]},
        "route_reflectors": {"hosts": ["198.51.100.1"]},
        "calico_nodes": {"hosts": ["a", "b"]},
    }
    listing = {**groups, "_meta": {"hostvars": {"dc1": variables}}}
    return dict(mirror.mirror(listing).variables["dc1"])


def test_only_what_this_collection_reads_is_taken_over() -> None:
    """Files that ansible-vault encrypted as a whole come decrypted, whoever their variables are for."""
    others = {
        "ldap_bind": "s3cret",
        "vault_of_the_team": {"a": "s3cret"},
        "ansible_become_password": "s3cret",
    }
    ours = {"calico_plan_asn": 65010, "bgp_validate_strict": True, "calico_bgp_soak": 10}
    assert kept(**others, **ours) == ours


def test_what_our_variables_mention_comes_along() -> None:
    given = {
        "calico_plan_peer_name": "{{ site }}-rr",
        "site": "{{ region | lower }}1",
        "region": "DC",
        "calico_plan_thresholds": {"near": "{% if strict %}70{% else %}80{% endif %}"},
        "strict": True,
        "unused": "s3cret",
    }
    assert kept(**given) == {name: value for name, value in given.items() if name != "unused"}


def test_a_secret_is_one_however_it_lies_there() -> None:
    given = {"cisco_rr_password": "{{ bgp_password }}", "bgp_password": "s3cret", "calico_plan_asn": 65010}
    assert kept(**given) == {"cisco_rr_password": mirror.SECRET, "calico_plan_asn": 65010}
    given["calico_plan_peer_name"] = "rr-{{ bgp_password }}"
    assert kept(**given)["bgp_password"] == mirror.SECRET


@pytest.mark.parametrize(
    "name",
    ["calico_plan_namespace", "calico_plan_node_networks", "calico_plan_kubeconfig", "calicoctl_checksum"],
)
def test_what_is_of_the_real_cluster_is_not(name: str) -> None:
    assert kept(**{name: "x"}) == {}


def test_the_example_can_be_mirrored() -> None:
    made = mirror.read(CHECKOUT / "inventories/example")
    assert [node.address for node in made.network.nodes] == ["192.168.1.10", "192.168.1.11", "192.168.1.12"]
    assert made.network.gateway == "192.168.1.1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("198.51.100.1", "rr.example.net"), "core1.example.net: 'rr.example.net' is no IPv4 address"),
        (("calico_clusters:", "clusters:"), "Group calico_clusters must have one host, and has 0"),
        (("65010", "'{{ asn }}'"), "calico_plan_asn is '{{ asn }}'; the lab needs a number"),
        (("198.51.100.20", "198.51.100.1"), "198.51.100.1 is given twice"),
        (("198.51.100.20", "10.0.0.1"), "too far apart for one underlay"),
        (("198.51.100.20", "127.0.0.5"), "127.0.0.5 is a loopback address"),
        (("worker-2.example.net", "-x"), "calico_nodes: a machine of the lab cannot be called '-x'"),
    ],
)
def test_what_no_lab_can_be_made_of_is_said(own: Path, change: tuple[str, str], said: str) -> None:
    (own / "hosts.yml").write_text(OWN.replace(*change))
    with pytest.raises(LabError, match=said.replace("{", r"\{")):
        mirror.read(own)


def test_no_inventory_and_a_broken_one_are_said(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="There is no inventory"):
        mirror.read(tmp_path / "none")
    (tmp_path / "broken.yml").write_text("calico_clusters: [\n")
    with pytest.raises(LabError, match="is not read as an inventory"):
        mirror.read(tmp_path / "broken.yml")


def test_pods_never_lie_on_the_underlay() -> None:
    reflectors = [LabReflector("rr1", "10.244.0.1")]
    network = spread([("a", "10.244.3.1"), ("b", "10.200.0.1")], reflectors)
    assert not ipaddress.ip_network(network.pool).overlaps(ipaddress.ip_network("10.0.0.0/8"))
    assert all(
        ipaddress.ip_address(pod.address) in ipaddress.ip_network(network.pool)
        for _node, pod in network.pods()
    )


def test_ports_of_the_switch_fit_into_an_interface_name() -> None:
    names = {port(each.address) for each in article(50).members()}
    assert len(names) == 51
    assert max(map(len, names)) <= 15


def test_a_network_survives_its_plain_data() -> None:
    assert network_from(asdict(article())) == article()
