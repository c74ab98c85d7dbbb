# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Kubernetes API: what it holds, what it refuses, who may do what, and how it ends."""

from __future__ import annotations

import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.kubeapi import (
    CLIENT_SOCKET,
    PEER_SOCKET,
    ApiError,
    KubeApi,
    KubeApiError,
    free_ports,
    load_rights,
    seed,
)
from lab.network import article
from lab.programs import Programs
from tests.helpers.commands import CHECKOUT
from tests.helpers.kube import CALICO, Json, calico
from tests.helpers.waiting import is_gone, wait

pytestmark = pytest.mark.lab

NETWORK = article()
NODES = [node.name for node in NETWORK.nodes]


@pytest.fixture(scope="module")
def api(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeApi]:
    """A running API with the article's cluster in it."""
    api = KubeApi(tmp_path_factory.mktemp("kube"), programs)
    api.start()
    seed(api, NETWORK)
    yield api
    api.stop()


@pytest.fixture
def bgp(api: KubeApi) -> Iterator[KubeApi]:
    """The same API; BGP objects made by the test are removed after it."""
    yield api
    for plural in ("bgpconfigurations", "bgppeers", "bgpfilters"):
        api.request("DELETE", f"{CALICO}/{plural}")


def make(api: KubeApi, kind: str, name: str, spec: Json) -> Json:
    return api.request("POST", f"{CALICO}/{kind.lower()}s", calico(kind, name, spec))


def items(api: KubeApi, path: str) -> list[dict[str, Any]]:
    return list(api.request("GET", path)["items"])


# What it holds.


def test_nodes_are_ready_and_carry_calico_s_address(api: KubeApi) -> None:
    nodes = {node["metadata"]["name"]: node for node in items(api, "/api/v1/nodes")}
    assert list(nodes) == NODES
    for node in NETWORK.nodes:
        found = nodes[node.name]
        conditions = {each["type"]: each["status"] for each in found["status"]["conditions"]}
        assert conditions == {"Ready": "True"}
        assert found["metadata"]["annotations"]["projectcalico.org/IPv4Address"] == f"{node.address}/24"
        assert found["metadata"]["labels"]["kubernetes.io/os"] == "linux"
        assert not found["spec"].get("taints")


def test_a_block_lists_the_addresses_in_use_a_borrower_s_too(api: KubeApi) -> None:
    owner, borrower = NETWORK.nodes[0], NETWORK.nodes[1]
    blocks = {block["spec"]["affinity"]: block["spec"] for block in items(api, f"{CALICO}/ipamblocks")}
    spec = blocks[f"host:{owner.name}"]
    users = [
        spec["attributes"][index]["secondary"]["node"] for index in spec["allocations"] if index is not None
    ]
    assert spec["cidr"] == owner.block
    assert users == [owner.name, borrower.name]
    assert len(spec["allocations"]) == 64
    assert set(spec["unallocated"]) == set(range(64)) - {1, 2}


def test_every_node_has_a_confirmed_block_of_the_pool(api: KubeApi) -> None:
    claims = {claim["spec"]["node"]: claim["spec"] for claim in items(api, f"{CALICO}/blockaffinities")}
    assert {name: (claim["cidr"], claim["state"]) for name, claim in claims.items()} == {
        node.name: (node.block, "confirmed") for node in NETWORK.nodes
    }
    [pool] = items(api, f"{CALICO}/ippools")
    assert (pool["spec"]["cidr"], pool["spec"]["blockSize"]) == (NETWORK.pool, 26)


def test_calico_says_its_version_and_its_roll_out_is_complete(api: KubeApi) -> None:
    spec = api.request("GET", f"{CALICO}/clusterinformations/default")["spec"]
    assert (spec["calicoVersion"], spec["datastoreReady"]) == ("v3.33.0", True)
    daemon_set = api.request("GET", "/apis/apps/v1/namespaces/calico-system/daemonsets/calico-node")
    status = daemon_set["status"]
    assert status["updatedNumberScheduled"] == status["desiredNumberScheduled"] == len(NODES)
    assert status["observedGeneration"] == daemon_set["metadata"]["generation"]


def test_no_bgp_configuration_is_there_and_seeding_twice_changes_nothing(api: KubeApi) -> None:
    before = items(api, f"{CALICO}/ipamblocks")
    seed(api, NETWORK)
    assert items(api, f"{CALICO}/ipamblocks") == before
    assert items(api, f"{CALICO}/bgpconfigurations") == []


def test_the_native_group_is_recognisable(api: KubeApi) -> None:
    service = api.request("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v3.projectcalico.org")
    assert "service" not in service["spec"]
    names = {
        each["metadata"]["name"]
        for each in items(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    }
    assert "bgppeers.projectcalico.org" in names
    assert not any(name.endswith(".crd.projectcalico.org") for name in names)


# What it refuses.


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nodeMeshPassword", {"secretKeyRef": {"name": "bgp", "key": "mesh"}}),
        ("nodeMeshMaxRestartTime", "60s"),
    ],
)
def test_mesh_fields_are_refused_with_the_mesh_off(bgp: KubeApi, field: str, value: object) -> None:
    with pytest.raises(
        ApiError, match=f"{field} cannot be set when nodeToNodeMeshEnabled is false"
    ) as refused:
        make(bgp, "BGPConfiguration", "default", {"nodeToNodeMeshEnabled": False, field: value})
    assert refused.value.status == 422


@pytest.mark.parametrize("mesh", [{}, {"nodeToNodeMeshEnabled": True}])
def test_mesh_fields_are_accepted_with_the_mesh_on(bgp: KubeApi, mesh: dict[str, bool]) -> None:
    made = make(bgp, "BGPConfiguration", "default", {**mesh, "nodeMeshMaxRestartTime": "60s"})
    assert made["spec"]["nodeMeshMaxRestartTime"] == "60s"


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        ("BGPConfiguration", {"asNumber": 4200000001}, "int32"),
        ("BGPConfiguration", {"asNumber": "64512"}, "must be of type integer"),
        ("BGPPeer", {"node": "a", "nodeSelector": "all()"}, "node and nodeSelector cannot both be set"),
        ("BGPPeer", {"sourceAddress": "Any"}, "Unsupported value"),
        ("BGPFilter", {"importV4": [{"cidr": "10.0.0.0/8", "action": "Accept"}]}, "cidr and matchOperator"),
        ("BGPFilter", {"importV4": [{}]}, "importV4.0..action: Required value"),
        ("IPPool", {"cidr": "10.244.1.0/16"}, "strictly masked"),
        (
            "IPPool",
            {"cidr": "10.1.0.0/16", "ipipMode": "Always", "vxlanMode": "Always"},
            "cannot both be enabled",
        ),
    ],
)
def test_what_calico_refuses_is_refused(bgp: KubeApi, kind: str, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=words) as refused:
        make(bgp, kind, "default", spec)
    assert refused.value.status == 422


def test_unknown_fields_are_pruned(bgp: KubeApi) -> None:
    made = make(bgp, "BGPPeer", "rr1", {"peerIP": "192.168.1.1", "asNumber": 64512, "holdTime": "30s"})
    assert made["spec"] == {"peerIP": "192.168.1.1", "asNumber": 64512}


def test_a_stale_resource_version_is_a_conflict(bgp: KubeApi) -> None:
    made = make(bgp, "BGPConfiguration", "default", {"nodeToNodeMeshEnabled": True})
    path, old = f"{CALICO}/bgpconfigurations/default", made["metadata"]["resourceVersion"]
    patch = {"metadata": {"resourceVersion": old}, "spec": {"listenPort": 1179}}
    bgp.request("PATCH", path, patch, "application/merge-patch+json")
    with pytest.raises(ApiError) as conflict:
        bgp.request("PATCH", path, patch, "application/merge-patch+json")
    assert conflict.value.status == 409


# Who may do what.


def as_operator(
    api: KubeApi, verb: str, group: str, resource: str, namespace: str = "", name: str = ""
) -> bool:
    plural, _slash, part = resource.partition("/")
    attributes = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": part,
        "namespace": namespace,
        "name": name,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "calico-bgp-operator", "resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(api.request("POST", path, body)["status"]["allowed"])


def test_the_operator_reads_the_cluster_and_writes_bgp_only(api: KubeApi) -> None:
    calico = "projectcalico.org"
    for plural in ("bgpconfigurations", "bgppeers", "bgpfilters"):
        assert all(as_operator(api, verb, calico, plural) for verb in ("get", "list", "create", "patch"))
        assert as_operator(api, "delete", calico, plural) is (plural != "bgpconfigurations")
    for plural in ("ippools", "blockaffinities", "clusterinformations"):
        assert as_operator(api, "list", calico, plural)
        assert not any(as_operator(api, verb, calico, plural) for verb in ("create", "patch", "delete"))
    assert as_operator(api, "list", "", "nodes")
    assert not as_operator(api, "patch", "", "nodes")
    assert not as_operator(api, "get", "", "pods", "calico-system")


def test_the_operator_makes_no_secret_gives_no_right_and_reads_one_secret_alone(api: KubeApi) -> None:
    """Who may make a Secret in a namespace may make one that holds a token of a service account."""
    rights, space = "rbac.authorization.k8s.io", "calico-system"
    verbs = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
    for namespace in (space, "kube-system"):
        assert not any(as_operator(api, verb, "", "secrets", namespace) for verb in verbs)
        for plural in ("roles", "rolebindings"):
            assert not any(as_operator(api, verb, rights, plural, namespace) for verb in verbs)
    assert not as_operator(api, "create", "", "serviceaccounts/token", space)
    name = "peer-to-external-rr-password"
    allowed = {verb for verb in verbs if as_operator(api, verb, "", "secrets", space, name)}
    assert allowed == {"get", "patch"}
    assert not as_operator(api, "get", "", "secrets", "kube-system", name)


def test_the_operator_s_kubeconfig_is_who_it_says_and_verifies_the_server(api: KubeApi) -> None:
    config = yaml.safe_load(api.operator_kubeconfig.read_text())
    assert "certificate-authority-data" in config["clusters"][0]["cluster"]
    script = (
        "import sys; from kubernetes import client, config; config.load_kube_config(sys.argv[1]);"
        "print([node.metadata.name for node in client.CoreV1Api().list_node().items]);"
        "print(client.AuthenticationV1Api().create_self_subject_review({}).status.user_info.username)"
    )
    command = [sys.executable, "-c", script, str(api.operator_kubeconfig)]
    names, user = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert (names, user) == (str(NODES), "calico-bgp-operator")


# How it lives.


def test_a_watch_tells_of_changes(bgp: KubeApi) -> None:
    version = bgp.request("GET", f"{CALICO}/bgppeers")["metadata"]["resourceVersion"]
    events = bgp.watch(f"{CALICO}/bgppeers", version)
    make(bgp, "BGPPeer", "rr1", {"peerIP": "192.168.1.1", "asNumber": 64512})
    bgp.request("DELETE", f"{CALICO}/bgppeers/rr1")
    seen = [(event["type"], event["object"]["metadata"]["name"]) for event in (next(events), next(events))]
    assert seen == [("ADDED", "rr1"), ("DELETED", "rr1")]


def test_a_watch_that_is_refused_says_why(api: KubeApi) -> None:
    with pytest.raises(ApiError) as refused:
        next(api.watch(f"{CALICO}/bgpsessions", "0"))
    assert refused.value.status == 404


def test_what_holds_keys_is_the_owner_s_alone(api: KubeApi) -> None:
    folder = api.admin_kubeconfig.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("admin.kubeconfig", "operator.kubeconfig", "server.key", "signing.key", "tokens.csv"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def listening(pids: set[int]) -> set[int]:
    """The TCP ports that these processes listen on."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            found = re.match(r"socket:\[(\d+)\]", descriptor.readlink().name)
            inodes |= {found[1]} if found else set()
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()
    ]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes}


def test_etcd_which_asks_nobody_who_he_is_listens_on_no_port(api: KubeApi) -> None:
    assert listening({child.pid for child in api._children}) == {api.port}
    for name in (CLIENT_SOCKET, PEER_SOCKET):
        assert stat.S_ISSOCK((api.admin_kubeconfig.parent / name).stat().st_mode)


def test_a_stopped_api_does_not_answer_and_comes_back_with_its_objects(
    programs: Programs, tmp_path: Path
) -> None:
    api = KubeApi(tmp_path / "kube", programs)
    try:
        api.start()
        url = api.url
        make(api, "BGPPeer", "rr1", {"peerIP": "192.168.1.1", "asNumber": 64512})
        api.stop()
        with pytest.raises(ApiError) as silence:
            api.request("GET", "/readyz")
        assert silence.value.status == 0
        api.start()
        assert api.url == url
        assert [peer["metadata"]["name"] for peer in items(api, f"{CALICO}/bgppeers")] == ["rr1"]
    finally:
        api.stop()


def test_an_api_server_that_cannot_start_shows_its_log(programs: Programs, tmp_path: Path) -> None:
    shell = tmp_path / "lab-kube"
    shell.write_text("#!/bin/sh\necho no space left\nexit 1\n")
    shell.chmod(0o700)
    api = KubeApi(tmp_path / "kube", replace(programs, kube=shell, kube_assets=None))
    with pytest.raises(KubeApiError, match=r"ended while starting(.|\n)*no space left"):
        api.start()


def test_a_folder_of_envtest_programs_is_run_instead(programs: Programs, tmp_path: Path) -> None:
    for name in ("etcd", "kube-apiserver"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $*"\nexec sleep 1\n')
        program.chmod(0o700)
    api = KubeApi(tmp_path / "kube", replace(programs, kube_assets=tmp_path))
    with pytest.raises(KubeApiError):
        api.start(timeout=0.3)
    started = {line.split()[0]: line for line in api.log.read_text().splitlines()}
    listening = started["etcd"].split("--listen-client-urls=")[1].split()[0]
    assert f"--etcd-servers={listening}" in started["kube-apiserver"]


def test_the_api_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from lab import programs; from lab.kubeapi import KubeApi;"
        "api = KubeApi(Path(sys.argv[1]), programs.find()); api.start();"
        "print(api._children[0].pid, flush=True); input()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "kube")]
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        assert Path(f"/proc/{server}/cmdline").read_bytes().split(b"\0")[0].endswith(b"lab-kube")
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    wait(lambda: is_gone(server), seconds=5)


def test_free_ports_are_different_ones() -> None:
    assert len(set(free_ports(20))) == 20


def test_the_documented_rights_are_the_ones_given(api: KubeApi) -> None:
    group = "/apis/rbac.authorization.k8s.io/v1"
    given = [*items(api, f"{group}/clusterroles"), *items(api, f"{group}/roles")]
    ours = {
        (each["metadata"].get("namespace"), each["metadata"]["name"]): each["rules"]
        for each in given
        if each["metadata"]["name"].startswith("calico-bgp-")
    }
    roles = [each for each in load_rights() if each["kind"] in ("ClusterRole", "Role")]
    assert ours == {(r["metadata"].get("namespace"), r["metadata"]["name"]): r["rules"] for r in roles}
    assert len(roles) == 5
