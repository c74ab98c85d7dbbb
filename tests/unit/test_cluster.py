# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as the Kubernetes API returns them into one reading of the cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import cluster
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import (
    Block,
    Node,
    Pool,
    cluster_from,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data

NOTE = "projectcalico.org/"


def item(name="x", spec=None, **meta):
    return {"metadata": {"name": name, **meta}, "spec": spec or {}}


def kube_node(notes=None, ready="True", labels=None, name="node-a"):
    annotations = {NOTE + key: value for key, value in (notes or {}).items()}
    conditions = [{"type": "MemoryPressure", "status": "False"}]
    conditions += [{"type": "Ready", "status": ready}] if ready else []
    return {
        "metadata": {"name": name, "annotations": annotations, "labels": labels or {}},
        "status": {"conditions": conditions},
    }


def read(**objects):
    nodes = [cluster.read_node(item) for item in objects.pop("nodes", ())]
    made = [cluster.read_block(item) for item in objects.pop("affinities", ())]
    blocks = [block for block in made if block is not None]
    return cluster.read(**{"api_mode": "B", "nodes": nodes, "blocks": blocks, **objects})


IPV4 = {"IPv4Address": "192.168.1.10/24"}
NODES = {
    # object, expected (addresses, asn, ready, windows, reflector_cluster_id)
    "plain": (kube_node(IPV4), ({"ipv4": "192.168.1.10"}, None, True, False, "")),
    "address without a length": (
        kube_node({"IPv4Address": "192.168.1.10"}),
        ({"ipv4": "192.168.1.10"}, None, True, False, ""),
    ),
    "two families": (
        kube_node({**IPV4, "IPv6Address": "2001:db8::10/64"}),
        ({"ipv4": "192.168.1.10", "ipv6": "2001:db8::10"}, None, True, False, ""),
    ),
    "AS of its own": (
        kube_node({**IPV4, "ASNumber": "65001"}),
        ({"ipv4": "192.168.1.10"}, 65001, True, False, ""),
    ),
    "AS in asdot": (
        kube_node({**IPV4, "ASNumber": "1.10"}),
        ({"ipv4": "192.168.1.10"}, 65546, True, False, ""),
    ),
    "reflector": (
        kube_node({**IPV4, "RouteReflectorClusterID": "244.0.0.1"}),
        ({"ipv4": "192.168.1.10"}, None, True, False, "244.0.0.1"),
    ),
    "NotReady": (kube_node(IPV4, ready="Unknown"), ({"ipv4": "192.168.1.10"}, None, False, False, "")),
    "no condition": (kube_node(IPV4, ready=""), ({"ipv4": "192.168.1.10"}, None, False, False, "")),
    "not Calico's": (kube_node(), ({}, None, True, False, "")),
    "no annotations at all": (
        {"metadata": {"name": "node-a"}, "status": {}},
        ({}, None, False, False, ""),
    ),
    "Windows": (
        kube_node(IPV4, labels={"kubernetes.io/os": "windows"}),
        ({"ipv4": "192.168.1.10"}, None, True, True, ""),
    ),
}


@pytest.mark.parametrize(("found", "expected"), NODES.values(), ids=NODES)
def test_node(found, expected):
    [made] = read(nodes=[found]).nodes
    assert replace(made, internal=(), networks={}, labels={}) == Node("node-a", *expected)


def test_a_node_keeps_the_labels_that_selectors_look_at():
    [made] = read(nodes=[kube_node(IPV4, labels={"topology.kubernetes.io/zone": "zone-1"})]).nodes
    assert made.labels == {"topology.kubernetes.io/zone": "zone-1"}


def test_where_an_address_comes_from_is_kept():
    """InternalIPs are Kubernetes', the rest is written by the node."""
    found = kube_node({**IPV4, "IPv6Address": "2001:db8::10/64"})
    kinds = ("InternalIP", "ExternalIP", "Hostname", "InternalIP")
    addresses = ("192.168.1.10", "192.0.2.1", "node-a", "2001:db8::10")
    found["status"]["addresses"] = [{"type": k, "address": a} for k, a in zip(kinds, addresses, strict=True)]
    [made] = read(nodes=[found]).nodes
    assert made.internal == ("192.168.1.10", "2001:db8::10")
    assert made.networks == {"ipv4": "192.168.1.0/24", "ipv6": "2001:db8::/64"}


UNREADABLE = {
    "address": {"IPv4Address": "none"},
    "IPv6 address": {"IPv6Address": "fe80::zz/64"},
    "AS": {"ASNumber": "many"},
}


@pytest.mark.parametrize("notes", UNREADABLE.values(), ids=UNREADABLE)
def test_an_annotation_that_cannot_be_read_names_its_node(notes):
    with pytest.raises(cluster.ObjectError, match="Node node-a, annotations"):
        read(nodes=[kube_node(notes)])


POOLS = {
    # spec, expected (cidr, block_size, encapsulation, exported, kernel); no version is known
    "plain": ({"cidr": "10.244.0.0/16"}, ("10.244.0.0/16", 26, "none", True)),
    "never": (
        {"cidr": "10.244.0.0/16", "ipipMode": "Never", "vxlanMode": "Never", "blockSize": 24},
        ("10.244.0.0/16", 24, "none", True),
    ),
    "IPIP": (
        {"cidr": "10.244.0.0/16", "ipipMode": "CrossSubnet"},
        ("10.244.0.0/16", 26, "ipip", True, "felix"),
    ),
    "VXLAN": (
        {"cidr": "10.244.0.0/16", "vxlanMode": "Always"},
        ("10.244.0.0/16", 26, "vxlan", True, "felix"),
    ),
    "not announced": (
        {"cidr": "10.244.0.0/16", "disableBGPExport": True},
        ("10.244.0.0/16", 26, "none", False),
    ),
    "disabled: gives out nothing, stays announced": (
        {"cidr": "10.244.0.0/16", "disabled": True},
        ("10.244.0.0/16", 26, "none", True),
    ),
    "IPv6": ({"cidr": "fd00:10:244::/64"}, ("fd00:10:244::/64", 122, "none", True)),
}


@pytest.mark.parametrize(("spec", "expected"), POOLS.values(), ids=POOLS)
def test_pool(spec, expected):
    assert read(pools=[item("default", spec)]).pools == (Pool("default", *expected),)


PROGRAMMED = {
    # Calico's version, programClusterRoutes, who writes the kernel's routes of a plain pool, of an IPIP pool
    "3.26": ("v3.26.5", "", "bird", "bird"),
    "3.30: the field is not known": ("v3.30.2", "Disabled", "bird", "bird"),
    "3.31": ("v3.31.0", "", "bird", "bird"),
    "3.32": ("v3.32.1", "", "bird", "bird"),
    "3.32, Enabled": ("v3.32.1", "Enabled", "bird", "bird"),
    "3.32, Disabled": ("v3.32.1", "Disabled", "felix", "felix"),
    "3.33": ("v3.33.0", "", "bird", "felix"),
    "3.33, EnabledNoEncapOnly": ("v3.33.0", "EnabledNoEncapOnly", "bird", "felix"),
    "3.33, EnabledIPIPOnly": ("v3.33.0", "EnabledIPIPOnly", "felix", "bird"),
    "3.33, Enabled": ("v3.33.0", "Enabled", "bird", "bird"),
    "3.33, Disabled": ("v3.33.0", "Disabled", "felix", "felix"),
    "3.33, a build": ("v3.33.0-0.dev-12-g87c15906f2", "", "bird", "felix"),
    "3.35 has no IPIP in BIRD": ("v3.35.0", "Enabled", "bird", "felix"),
    "a value that nobody knows": ("v3.36.0", "EnabledSomehow", "felix", "felix"),
    "no version": ("", "", "bird", "felix"),
}


@pytest.mark.parametrize(("version", "field", "plain", "ipip"), PROGRAMMED.values(), ids=PROGRAMMED)
def test_who_writes_the_routes_of_a_pool(version, field, plain, ipip):
    specs = [
        {"cidr": "10.244.0.0/16"},
        {"cidr": "10.245.0.0/16", "ipipMode": "CrossSubnet"},
        {"cidr": "10.246.0.0/16", "vxlanMode": "CrossSubnet"},
    ]
    found = read(
        pools=[item("p", spec) for spec in specs],
        configurations=[item("default", {"programClusterRoutes": field} if field else {})],
        information=[item("default", {"calicoVersion": version} if version else {})],
    )
    assert [pool.kernel for pool in found.pools] == [plain, ipip, "felix"]


AFFINITIES = {
    # further fields, whether confd announces the block
    "confirmed": ({"state": "confirmed"}, True),
    "state empty": ({"state": ""}, True),
    "no state": ({}, True),
    "state null": ({"state": None}, True),
    "pending": ({"state": "pending"}, False),
    "pendingDeletion": ({"state": "pendingDeletion"}, False),
    "deleted, a string": ({"state": "confirmed", "deleted": "true"}, False),
    "deleted, a boolean": ({"state": "confirmed", "deleted": True}, False),
    "not deleted": ({"state": "confirmed", "deleted": "false"}, True),
    "host": ({"state": "confirmed", "type": "host"}, True),
    "type empty": ({"state": "confirmed", "type": ""}, True),
    "virtual": ({"state": "confirmed", "type": "virtual"}, False),
}


@pytest.mark.parametrize(("spec", "announced"), AFFINITIES.values(), ids=AFFINITIES)
def test_block(spec, announced):
    found = read(affinities=[item(spec={"cidr": "10.244.10.0/26", "node": "node-a", **spec})]).blocks
    assert found == ((Block("10.244.10.0/26", "node-a"),) if announced else ())


def test_nodes_and_blocks_are_in_order():
    pairs = [("10.244.12.0/26", "node-b"), ("10.244.11.0/26", "node-b"), ("10.244.13.0/26", "node-a")]
    found = read(
        nodes=[kube_node(name=n) for n in ("node-c", "node-a", "node-b")],
        affinities=[item(spec={"cidr": c, "node": n}) for c, n in pairs],
    )
    assert [n.name for n in found.nodes] == ["node-a", "node-b", "node-c"]
    assert [b.cidr for b in found.blocks] == ["10.244.13.0/26", "10.244.11.0/26", "10.244.12.0/26"]


PEERS = {
    # spec, expected (address, asn)
    "plain": ({"peerIP": "192.168.1.1", "asNumber": 64512}, ("192.168.1.1", 64512)),
    "with a port": ({"peerIP": "192.168.1.1:179", "asNumber": "64512"}, ("192.168.1.1", 64512)),
    "asdot": ({"peerIP": "192.168.1.1", "asNumber": "1.0"}, ("192.168.1.1", 65536)),
    "IPv6": ({"peerIP": "2001:db8::1", "asNumber": 64512}, ("2001:db8::1", 64512)),
    "IPv6 with a port": ({"peerIP": "[2001:db8::1]:179", "asNumber": 64512}, ("2001:db8::1", 64512)),
    "by selector": ({"peerSelector": "has(rr)"}, ("", None)),
}


@pytest.mark.parametrize(("spec", "expected"), PEERS.values(), ids=PEERS)
def test_peer(spec, expected):
    (found,) = read(peers=[item("p", spec, resourceVersion="9")]).peers
    assert (found.address, found.asn) == expected
    assert (found.name, found.spec, found.resource_version) == ("p", spec, "9")


CONFIGURATIONS = {
    # objects, expected (asn, mesh, services, resourceVersion or None)
    "none": ([], (64512, True, (), None)),
    "only a node's": ([item("node.node-a", {"logSeverityScreen": "Debug"})], (64512, True, (), None)),
    "empty": ([item("default", resourceVersion="3")], (64512, True, (), "3")),
    "mesh off": (
        [item("default", {"nodeToNodeMeshEnabled": False, "asNumber": 64513}, resourceVersion="3")],
        (64513, False, (), "3"),
    ),
    "services": (
        [
            item(
                "default",
                {
                    "nodeToNodeMeshEnabled": True,
                    "serviceClusterIPs": [{"cidr": "10.96.0.0/12"}],
                    "serviceExternalIPs": [{"cidr": "203.0.113.0/24"}, {"cidr": ""}],
                    "serviceLoadBalancerIPs": [{"cidr": "198.51.100.7/32"}],
                },
            )
        ],
        (64512, True, ("10.96.0.0/12", "203.0.113.0/24", "198.51.100.7/32"), ""),
    ),
}


@pytest.mark.parametrize(("objects", "expected"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_configuration(objects, expected):
    found = read(configurations=objects)
    version = None if found.configuration is None else found.configuration["resourceVersion"]
    assert (found.asn, found.mesh, found.services, version) == expected


def daemonset(env=(), status=None, namespace="calico-system", **meta):
    container = {"name": "calico-node", "env": list(env)}
    return {
        "metadata": {"name": "calico-node", "namespace": namespace, **meta},
        "spec": {"template": {"spec": {"containers": [{"name": "sidecar"}, container]}}},
        "status": status or {},
    }


OPERATOR = {"name": "CALICO_NETWORKING_BACKEND", "value": "bird"}
VXLAN = {"name": "CALICO_NETWORKING_BACKEND", "value": "vxlan"}
MANIFEST = {
    "name": "CALICO_NETWORKING_BACKEND",
    "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": "calico_backend"}},
}
BACKENDS = {
    # DaemonSets, backend in the ConfigMap, expected (backend, namespace), ConfigMap that is referred to
    "no calico-node": ([], "", ("", ""), None),
    "operator": ([daemonset([OPERATOR])], "", ("bird", "calico-system"), None),
    "operator, VXLAN": ([daemonset([VXLAN])], "", ("vxlan", "calico-system"), None),
    "manifest": (
        [daemonset([MANIFEST], namespace="kube-system")],
        "vxlan",
        ("vxlan", "kube-system"),
        ("calico-config", "calico_backend"),
    ),
    "nothing said": ([daemonset()], "", ("bird", "calico-system"), None),
}


@pytest.mark.parametrize(("daemonsets", "config", "expected", "reference"), BACKENDS.values(), ids=BACKENDS)
def test_backend(daemonsets, config, expected, reference):
    found = read(daemonsets=daemonsets, config_backend=config)
    assert (found.backend, found.namespace) == expected
    assert [cluster.backend_reference(d) for d in daemonsets] in ([], [reference])


def pods(desired, updated, available):
    """A DaemonSet's status as Kubernetes shows it: without the counts that are 0."""
    counts = {"updatedNumberScheduled": updated, "numberAvailable": available}
    shown = {name: count for name, count in counts.items() if count}
    return {"observedGeneration": 4, "desiredNumberScheduled": desired, **shown}


def test_of_two_daemonsets_none_is_taken():
    both = [daemonset(namespace="kube-system"), daemonset(namespace="calico-system")]
    with pytest.raises(cluster.ObjectError, match="namespaces calico-system, kube-system"):
        read(daemonsets=both)


ROLLOUTS = {
    # status of the DaemonSet (desired, updated and available pods), NotReady nodes, what is going on
    "done": (pods(3, 3, 3), 0, ""),
    "no status": ({}, 0, ""),
    "under way": (pods(3, 1, 3), 0, "1 of 3 calico-node pods updated"),
    "not begun": (
        {**pods(3, 3, 3), "observedGeneration": 3},
        0,
        "a change of the DaemonSet that is not yet rolled out",
    ),
    "the last one starts": (pods(3, 3, 2), 0, "2 of 3 calico-node pods available"),
    "none runs yet": (pods(3, 3, 0), 0, "0 of 3 calico-node pods available"),
    "a NotReady node's pod": (pods(3, 3, 2), 1, ""),
    "a NotReady node's pod, and another one": (pods(3, 3, 1), 1, "1 of 3 calico-node pods available"),
}


@pytest.mark.parametrize(("status", "not_ready", "expected"), ROLLOUTS.values(), ids=ROLLOUTS)
def test_rollout(status, not_ready, expected):
    nodes = [kube_node(name=f"n{i}", ready="Unknown" if i < not_ready else "True") for i in range(3)]
    assert read(nodes=nodes, daemonsets=[daemonset(status=status, generation=4)]).rollout == expected


INFORMATION = {
    "none": ([], ("", True)),
    "ready": ([item("default", {"calicoVersion": "v3.32.1", "datastoreReady": True})], ("v3.32.1", True)),
    "locked": ([item("default", {"calicoVersion": "v3.32.1", "datastoreReady": False})], ("v3.32.1", False)),
    "nothing said": ([item("default", {"calicoVersion": "v3.29.7"})], ("v3.29.7", True)),
}


@pytest.mark.parametrize(("objects", "expected"), INFORMATION.values(), ids=INFORMATION)
def test_information(objects, expected):
    found = read(information=objects)
    assert (found.calico_version, found.datastore_ready) == expected


def test_filters():
    assert not read(filters=None).filter_kind
    found = read(filters=[item("mine", resourceVersion="5")])
    assert (found.filter_kind, found.filters) == (True, {"mine": "5"})


def test_a_reading_survives_the_run_directory():
    found = read(
        nodes=[kube_node(IPV4)],
        pools=[item("default", {"cidr": "10.244.0.0/16"})],
        affinities=[item(spec={"cidr": "10.244.10.0/26", "node": "node-a"})],
        peers=[item("p", {"peerIP": "192.168.1.1", "asNumber": 64512})],
        configurations=[item("default", {"serviceClusterIPs": [{"cidr": "10.96.0.0/12"}]})],
    )
    assert cluster_from(to_data(found)) == found
