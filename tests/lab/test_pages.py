# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many nodes in the real API server: read and asked by small pages, through a kubelet whose nodes sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes.client.exceptions import ApiException

from ansible_collections.telco.calico_bgp.plugins.modules import calico_bgp_info as info
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import crowd, kube_exec
from tests.bench.sleepers import REFLECTORS, Cluster, sleepers

pytestmark = pytest.mark.lab

NODES = sleepers(23, 40)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """23 nodes that sleep, with 40 blocks between them."""
    made = Cluster(tmp_path_factory.mktemp("sleepers"), NODES, REFLECTORS[:1], mesh=True)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def reader(cluster: Cluster, size: int) -> info.Reader:
    kubeconfig = str(cluster.api.operator_kubeconfig)
    return info.Reader(info.get_api_client(kubeconfig=kubeconfig).client, size)


@pytest.mark.parametrize("size", [1, 7, 23, 500])
def test_the_cluster_is_the_same_whatever_the_pages(cluster: Cluster, size: int) -> None:
    found = info.read_cluster(reader(cluster, size))
    assert [node.name for node in found.nodes] == [node.name for node in NODES]
    assert sorted((block.node, block.cidr) for block in found.blocks) == sorted(
        (node.name, block) for node in NODES for block in node.blocks
    )


def test_a_token_that_the_api_does_not_know_is_no_end_of_a_list(cluster: Cluster) -> None:
    made = reader(cluster, 7)
    first = made.get("/api/v1/nodes", [("limit", 7)])
    token = first["metadata"]["continue"]
    with pytest.raises(ApiException):
        made.get("/api/v1/nodes", [("limit", 7), ("continue", token[:-4])])


def ask(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> dict[str, crowd.NodeObservation]:
    """An answer of each node, its pods read by small pages."""
    monkeypatch.setattr(kube_exec, "PAGE", 5)

    async def go() -> list[crowd.Heard]:
        async with kube_exec.connected({"kubeconfig": str(cluster.api.operator_kubeconfig)}) as api:
            many = crowd.Crowd(api, "calico-system", "bird.ctl", parallel=5, keep=False)
            return await asyncio.gather(*(many.hear(node.name) for node in NODES))

    return {heard.node: crowd.read(heard) for heard in asyncio.run(go())}


def test_each_node_says_what_is_its_own(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = ask(cluster, monkeypatch)
    assert {name: each.reason for name, each in seen.items()} == {node.name: "" for node in NODES}
    blocks = {block for node in NODES for block in node.blocks}
    for node in NODES:
        own = {route.prefix for route in seen[node.name].routes if route.kind == "blackhole"}
        others = [route.prefix for route in seen[node.name].routes if route.kind == "via"]
        assert seen[node.name].router_id == node.address
        assert own == set(node.blocks)
        assert sorted(others) == sorted(2 * [*blocks - own])
        assert len(seen[node.name].protocols) == len(NODES)


def test_nodes_that_lost_their_routes_say_so(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.lose()
    seen = ask(cluster, monkeypatch)
    assert all({route.kind for route in each.routes} == {"blackhole"} for each in seen.values())
    assert all(each.answered for each in seen.values())


def test_a_kubelet_that_sleeps_prints_as_birdcl_does(cluster: Cluster) -> None:
    """The file of what is said holds whole lines, and what goes on begins with five blanks."""
    text = Path(cluster.api.directory / "asleep").read_text()
    assert all(line[:4].isdigit() or line.startswith("     ") for line in text.splitlines())
