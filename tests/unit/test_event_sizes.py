# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives to Ansible of a cluster of 1,000 nodes: AWX keeps it, and every callback has it.

Everything large is in the files of the run.
"""

from __future__ import annotations

import ipaddress
import json
import time
from types import SimpleNamespace
from unittest import mock

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import (
    bgp_plan,
    bgp_report,
    bgp_validate,
    bird_exec_info,
    ios_bgp_reflector,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Block
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import silent_node
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import EXEC, RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.crowd import Seen
from tests.helpers import article
from tests.helpers.actions import action
from tests.helpers.devices import Device

NODES = 1000
#: Nodes that are NotReady, and may be left out.
GONE = 300
#: Bytes of a result as JSON.
MOST = 20_000


def name(number):
    """As long as names in clouds are."""
    return f"ip-10-0-{number // 256}-{number % 256}.eu-central-1.compute.internal"


def large(ready=True):
    """1,000 nodes, each with a block; some of them NotReady where they are not to be `ready`."""
    address = ipaddress.ip_address("10.0.0.0")
    nodes = tuple(
        article.kube_node(
            name(n), str(address + n), ready=ready or n >= GONE, networks={"ipv4": "10.0.0.0/16"}
        )
        for n in range(1, NODES + 1)
    )
    blocks = tuple(Block(f"10.244.{n // 4}.{n % 4 * 64}/26", name(n + 1)) for n in range(NODES))
    return article.cluster(nodes=nodes, blocks=blocks)


@pytest.fixture(scope="module")
def plan_of_all():
    return article.plan.build(large(), article.wish())


@pytest.fixture
def run(tmp_path, plan_of_all):
    """The directory of a run with its plan, and its path."""
    directory = tmp_path / "run"
    directory.mkdir(mode=0o700)
    rundir.write_state(directory, RunState(started=time.time(), mesh=True, ask=EXEC))
    return rundir.write(directory / rundir.PLAN, to_data(plan_of_all)), directory


def small(result):
    """The result, seen to be small."""
    size = len(json.dumps(result))
    assert size < MOST, (size, {key: len(json.dumps(value)) for key, value in result.items()})
    return result


def test_a_plan(tmp_path):
    path = rundir.write(tmp_path / rundir.CLUSTER, to_data(large(ready=False)))
    accepted = [name(n) for n in range(NODES)]
    arguments = {"cluster": path, "asn": 64512, "peer_name": "rr", "reflectors": ["rr1"]}
    variables = {"inventory_hostname": "lab", "hostvars": {"rr1": {"cisco_rr_address": "10.0.255.1"}}}
    made = action(bgp_plan, {**arguments, "accept_left_out": accepted}).run(task_vars=variables)
    assert small(made)["nodes"] == NODES - GONE + 1
    assert len(rundir.read_plan(made["path"]).left_out) == GONE - 1


def test_a_plan_that_is_refused(tmp_path):
    path = rundir.write(tmp_path / rundir.CLUSTER, to_data(large(ready=False)))
    arguments = {"cluster": path, "asn": 64513, "peer_name": "rr", "reflectors": ["rr1"]}
    variables = {"inventory_hostname": "lab", "hostvars": {"rr1": {"cisco_rr_address": "10.0.255.1"}}}
    assert small(action(bgp_plan, arguments).run(task_vars=variables))["failed"]


ANSWERS = {
    "silence": Seen(
        0.0, False, "exec into its pod calico-node-x: the Kubernetes API answered 403: " + "x" * 300, ""
    ),
    "loss": Seen(
        0.0, True, "", "node x: expected a route to everything, found none to " + "10.244.100.0/26, " * 5
    ),
}


@pytest.mark.parametrize("watch", [False, True])
@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
def test_the_nodes_that_were_asked(run, monkeypatch, said, watch):
    path, directory = run
    state = RunState(started=1.0, mesh=False, cut_at=2.0, watch_until=3.0, ask=EXEC)
    rundir.write_state(directory, state)
    monkeypatch.setattr(bird_exec_info, "asked", lambda *_args, **_how: {name(n): said for n in range(NODES)})
    found = action(bird_exec_info, {"plan": path, "stage": "gate", "watch": watch}).run()
    assert small(found)["nodes"] == NODES


@pytest.mark.parametrize("diff", [False, True])
def test_a_push_to_a_router_of_1000_clients(run, monkeypatch, diff):
    path, directory = run
    monkeypatch.setattr(router_utils, "Connection", lambda _path: Device())
    monkeypatch.setattr(ios_bgp_reflector, "display", mock.MagicMock())
    task = mock.MagicMock(check_mode=True, async_val=0, diff=diff)
    task.args = {"plan": path, "cluster_id": "1"}
    connection = SimpleNamespace(socket_path="/run/socket", _shell=mock.MagicMock(tmpdir=None))
    made = ios_bgp_reflector.ActionModule(task, connection, *(mock.MagicMock() for _ in range(4)))
    result = made.run(task_vars={"inventory_hostname": "rr1"})
    assert ("diff" in result) is diff, "only where somebody asks for it"
    result.pop("diff", None)
    assert small(result)["outcome"] == "planned"
    assert result["commands"][-1].endswith("push-rr1.json")
    assert len(rundir.read_pushes(directory)["rr1"].commands) > NODES


def test_a_verdict_and_a_report_of_nodes_that_are_all_silent(run, plan_of_all):
    path, directory = run
    for node in plan_of_all.nodes:
        rundir.write_node(directory, "gate", silent_node(node.name, "ipv4", 1.0, "x" * 500))
    judged = small(action(bgp_validate, {"plan": path, "gate": "cut", "stage": "gate"}).run())
    assert judged["failed"]
    told = {"directory": str(directory), "playbook": "peers", "failure": judged, "stage": "gate"}
    assert small(action(bgp_report, told).run())["outcome"]
