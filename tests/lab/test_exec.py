# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes asked by exec through the real API server: the same records as over SSH, and every fault is silence
with its own sentence."""

from __future__ import annotations

import asyncio
import re
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ansible_collections.telco.calico_bgp.plugins.action import bird_info
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import bird
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import NodeObservation
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import crowd, kube_exec
from lab.kubeapi import load_rights
from lab.kubeseed import NAMESPACE, pod_name
from lab.programs import find
from tests.helpers.labs import Lab

pytestmark = pytest.mark.lab

SOCKET = "/var/run/calico/bird.ctl"
NODES = ("node-a", "node-b", "node-c")
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
ROLE = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles/calico-bgp-operator-exec"


@pytest.fixture
def healthy(lab: Lab) -> Iterator[Lab]:
    """The lab; whatever the test breaks is healed after it."""
    yield lab
    lab.do("fault", "clear")


def asked(lab: Lab, kubeconfig: str = "", nodes: tuple[str, ...] = NODES) -> dict[str, NodeObservation]:
    """One answer of each node by exec."""

    async def ask() -> dict[str, NodeObservation]:
        access = {"kubeconfig": kubeconfig or lab.facts()["operator_kubeconfig"]}
        async with kube_exec.connected(access) as api:
            many = crowd.Crowd(api, NAMESPACE, SOCKET, parallel=50, keep=False)
            heard = await asyncio.gather(*(many.hear(name) for name in nodes))
            return {each.node: crowd.read(each) for each in heard}

    return asyncio.run(ask())


def over_ssh(lab: Lab, node: str) -> NodeObservation:
    """One answer of a node over SSH."""
    done = lab.ssh(node, bird_info.reader_command({}, SOCKET))
    assert done.returncode == 0, done.stderr
    text = bird_info.unpacked(done.stdout.decode().strip().removeprefix("BIRD:"))
    return bird.read_node(node, "ipv4", 0, text)


def timeless(seen: NodeObservation) -> NodeObservation:
    """Without what is another one a moment later; BIRD counts the time of its start anew, too."""
    assert seen.reconfigured
    return replace(
        seen,
        at=0.0,
        uptime=None,
        reconfigured="",
        protocols=tuple(each._replace(hold_left=None) for each in seen.protocols),
    )


def test_exec_and_ssh_give_the_same_records(lab: Lab) -> None:
    by_exec = asked(lab)
    for name in NODES:
        found = timeless(by_exec[name])
        assert found == timeless(over_ssh(lab, name))
        assert found.answered
        assert len(found.routes) >= 7


@pytest.mark.parametrize("question", bird.QUESTIONS)
def test_birdcl_of_the_lab_prints_what_bird_s_own_client_does(lab: Lab, question: str) -> None:
    """birdc, which Debian has, is the same program with another keyboard."""
    root = find().bird.parents[2]
    libraries = find().library_path.replace(str(root), "/mnt/programs")
    own = f"LD_LIBRARY_PATH={libraries} /mnt/programs/usr/sbin/birdc"
    printed = [
        lab.ssh("node-a", f"{program} -v -r -s {SOCKET} {question}").stdout.decode()
        for program in (own, "birdcl")
    ]
    # BIRD counts back from its own clock, so that the second of a time differs by one now and then.
    told = [
        re.sub(
            r"\d\d:\d\d:\d\d",
            "TIME",
            "\n".join(line for line in text.splitlines() if "timer:" not in line and "time is" not in line),
        )
        for text in printed
    ]
    assert told[0] == told[1]
    assert "0016 Access restricted" in told[0]


FAULTS = {
    # the fault, what is said of node-b
    "silent kubelet": (["kubelet-silent", "node-b"], "no answer within 2 seconds"),
    "refused": (["exec-refused", "node-b"], "Forbidden (user=kube-apiserver-kubelet-client"),
    "cut": (["exec-cut", "node-b", "2000"], "the connection broke in the middle of its answer"),
    "no pod": (["pod-missing", "node-b"], "there is no pod of the DaemonSet calico-node on it"),
    "no power": (["stop", "node-b"], "no answer within 2 seconds"),
    "no BIRD": (
        ["kill-bird", "node-b"],
        "BIRD's socket cannot be read: Unable to connect to server control socket "
        f"({SOCKET}): Connection refused",
    ),
}


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_the_silence_of_one_node(
    healthy: Lab, monkeypatch: pytest.MonkeyPatch, fault: list[str], reason: str
) -> None:
    monkeypatch.setattr(crowd, "SECONDS", 2)
    healthy.do("fault", *fault)
    seen = asked(healthy)
    assert (seen["node-b"].answered, seen["node-b"].routes) == (False, ())
    assert reason in seen["node-b"].reason
    assert seen["node-a"].answered
    assert seen["node-c"].answered


def test_a_slow_answer_is_one(healthy: Lab) -> None:
    healthy.do("fault", "exec-slow", "node-b", "200")
    seen = asked(healthy)
    assert all(each.answered for each in seen.values())
    assert seen["node-b"].at - seen["node-a"].at > 0.5


def test_an_answer_has_an_end(healthy: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "MOST", 1000)
    assert asked(healthy)["node-b"].reason.startswith("its answer has more than ")


def test_a_session_outlives_a_fault(healthy: Lab) -> None:
    """As in the watch: one session for all questions, and another one where it broke."""

    async def ask() -> list[bool]:
        async with kube_exec.connected({"kubeconfig": healthy.facts()["operator_kubeconfig"]}) as api:
            many = crowd.Crowd(api, NAMESPACE, SOCKET, parallel=1, keep=True)
            answered = []
            for change in ([], ["exec-cut", "node-b", "1"], ["clear"]):
                if change:
                    await asyncio.to_thread(healthy.do, "fault", *change)
                answered += [not (await many.hear("node-b")).why for _twice in range(2)]
            await many.close()
            return answered

    assert asyncio.run(ask()) == [True, True, False, False, True, True]


def test_a_pod_of_somebody_else_is_not_asked(lab: Lab) -> None:
    """With Calico's label, on the node, in its namespace."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "calico-node-00000", "labels": {"k8s-app": "calico-node"}},
        "spec": {"nodeName": "node-b", "containers": [{"name": "calico-node", "image": "mine"}]},
    }
    lab.api.request("POST", PODS, pod)
    try:
        assert asked(lab)["node-b"].answered
    finally:
        lab.api.request("DELETE", f"{PODS}/calico-node-00000?gracePeriodSeconds=0")


def test_a_container_that_does_not_run_is_not_asked(healthy: Lab) -> None:
    path = f"{PODS}/{pod_name('node-b')}/status"
    waiting = {"name": "calico-node", "ready": False, "restartCount": 9, "image": "i", "imageID": ""}
    waiting["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    healthy.api.request("PATCH", path, {"status": {"containerStatuses": [waiting]}}, "merge-patch+json")
    try:
        reason = asked(healthy)["node-b"].reason
    finally:
        healthy.do("fault", "pod-missing", "node-b")
    assert reason.startswith(f"its pod {pod_name('node-b')} does not run (CrashLoopBackOff)")


def rights() -> list[tuple[str, str]]:
    """Each right of docs/rbac-exec.yaml: resource and verb."""
    [role] = [
        each for each in load_rights() if each["metadata"]["name"].endswith("-exec") and "rules" in each
    ]
    return [(rule["resources"][0], verb) for rule in role["rules"] for verb in rule["verbs"]]


@pytest.mark.parametrize(("resource", "verb"), rights())
def test_no_right_can_be_spared(lab: Lab, resource: str, verb: str) -> None:
    whole = lab.api.request("GET", ROLE).json()["rules"]
    less = [
        {**rule, "verbs": [v for v in rule["verbs"] if (rule["resources"][0], v) != (resource, verb)]}
        for rule in whole
    ]
    lab.api.request("PATCH", ROLE, {"rules": [rule for rule in less if rule["verbs"]]}, "merge-patch+json")
    try:
        lab.wait(lambda: "403" in asked(lab, nodes=("node-a",))["node-a"].reason)
        reason = asked(lab, nodes=("node-a",))["node-a"].reason
    finally:
        lab.api.request("PATCH", ROLE, {"rules": whole}, "merge-patch+json")
    assert "is forbidden" in reason
    assert "docs/rbac-exec.yaml has the rights" in reason
    lab.wait(lambda: asked(lab, nodes=("node-a",))["node-a"].answered)


def test_an_api_of_another_authority_is_not_trusted(lab: Lab, tmp_path: Path) -> None:
    config = yaml.safe_load(Path(lab.facts()["operator_kubeconfig"]).read_text())
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    reason = asked(lab, str(tmp_path / "config"))["node-a"].reason
    assert "certificate verify failed" in reason
    assert config["users"][0]["user"]["token"] not in reason


def test_a_kubelet_talks_to_the_api_server_alone(lab: Lab) -> None:
    node = lab.api.request("GET", "/api/v1/nodes/node-a").json()
    port = node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]
    context = ssl.create_default_context(cafile=lab.state / "kube/ca.crt")
    with pytest.raises(OSError, match=r"(?i)certificate required|alert"):
        urllib.request.urlopen(f"https://127.0.0.1:{port}/exec/a/b/c", context=context, timeout=5)


def test_nothing_runs_on_after_a_question(lab: Lab) -> None:
    asked(lab)

    def left() -> bytes:
        return lab.ssh("node-a", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout

    lab.wait(lambda: SOCKET.encode() not in left().replace(f"bird -R -d -s {SOCKET}".encode(), b""))
