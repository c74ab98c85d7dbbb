# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role calico_peering against the real API server, whose rights lack something."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import plan, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.detached import process
from lab.kubeapi import KubeApi, load_rights, seed
from lab.network import article as network
from lab.programs import Programs
from tests.helpers import article, held
from tests.helpers.commands import BIN, CHECKOUT, call
from tests.helpers.kube import CALICO, Json

pytestmark = pytest.mark.lab

NAME = "peer-to-external-rr"
ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/calico-bgp-operator"
PLAY = {
    "hosts": "lab",
    "connection": "local",
    "gather_facts": False,
    "tasks": [{"ansible.builtin.import_role": {"name": "telco.calico_bgp.calico_peering"}}],
}


@pytest.fixture(scope="module")
def api(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeApi]:
    """A running API with the article's cluster in it."""
    made = KubeApi(tmp_path_factory.mktemp("kube"), programs)
    made.start()
    seed(made, network())
    yield made
    made.stop()


@pytest.fixture
def rights(api: KubeApi) -> Iterator[list[Json]]:
    """The operator's rules, all there again after the test, and no BGP object left."""
    [whole] = [obj for obj in load_rights() if obj["kind"] == "ClusterRole"]
    yield whole["rules"]
    api.request("PUT", ROLE, whole)
    for plural in ("bgpconfigurations", "bgppeers", "bgpfilters"):
        api.request("DELETE", f"{CALICO}/{plural}")


def without(api: KubeApi, rules: list[Json], resource: str) -> None:
    """Take the right to write one kind away."""
    left = []
    for rule in rules:
        both = resource in rule["resources"]
        kept = [name for name in rule["resources"] if name != resource]
        left += [{**rule, "resources": kept}] if kept else []
        left += [{**rule, "resources": [resource], "verbs": ["get", "list"]}] if both else []
    api.request("PATCH", ROLE, {"rules": left}, "application/merge-patch+json")


def peering(api: KubeApi, folder: Path, *options: str) -> str:
    """The role as `peers` runs it; what it printed, in one line."""
    made = plan.build(article.cluster(configuration=None), article.wish())
    given = {
        "calico_peering_plan": rundir.write(folder / "plan.json", to_data(made)),
        "calico_peering_kubeconfig": str(api.operator_kubeconfig),
        "ansible_python_interpreter": str(BIN / "python"),
    }
    (folder / "play.yml").write_text(json.dumps([PLAY]))
    command = [str(BIN / "ansible-playbook"), "-i", "lab,", "-e", json.dumps(given), *options]
    done = call(
        [*command, str(folder / "play.yml")],
        {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")},
        began=lambda pid: held.hold(folder, run=process(pid)),
    )
    return " ".join((done.stdout + done.stderr).split())


def names(api: KubeApi, plural: str) -> list[str]:
    return [each["metadata"]["name"] for each in api.request("GET", f"{CALICO}/{plural}")["items"]]


def mesh(api: KubeApi) -> list[object]:
    found = api.request("GET", f"{CALICO}/bgpconfigurations")["items"]
    return [each["spec"].get("nodeToNodeMeshEnabled") for each in found]


def test_a_filter_that_is_refused_leaves_no_peer(api: KubeApi, rights: list[Json], tmp_path: Path) -> None:
    without(api, rights, "bgpfilters")
    output = peering(api, tmp_path)
    assert (names(api, "bgppeers"), names(api, "bgpfilters"), mesh(api)) == ([], [], [True])
    assert f"BGPFilter {NAME} could not be written: 403 bgpfilters.projectcalico.org is forbidden" in output
    assert "Written before it, and still there: BGPConfiguration default" in output
    assert f"Not written: BGPPeer {NAME}" in output


def test_a_peer_that_is_refused_takes_its_filter_with_it(
    api: KubeApi, rights: list[Json], tmp_path: Path
) -> None:
    without(api, rights, "bgppeers")
    output = peering(api, tmp_path)
    assert (names(api, "bgppeers"), names(api, "bgpfilters"), mesh(api)) == ([], [], [True])
    assert f"Taken back: BGPFilter {NAME}" in output


def test_with_all_rights_all_is_written_and_shown(api: KubeApi, rights: list[Json], tmp_path: Path) -> None:
    assert rights
    output = peering(api, tmp_path, "--check", "--diff")
    assert names(api, "bgpfilters") == []
    assert f"new: BGPPeer {NAME}" in output or f'"new": "BGPPeer {NAME}"' in output
    assert "failed=0" in peering(api, tmp_path)
    assert (names(api, "bgppeers"), names(api, "bgpfilters")) == ([NAME], [NAME])
    [rule] = api.request("GET", f"{CALICO}/bgpfilters/{NAME}")["spec"]["importV4"][-1:]
    assert rule["action"] == "Reject"
