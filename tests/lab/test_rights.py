# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights of docs/rbac.yaml and docs/rbac-password.yaml: enough for every step, and none too many.

Each right is taken away alone, on the real API server: some step must then be refused, in a sentence.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import K8SClient
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.runner import perform_action
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.service import K8sService
from kubernetes import config, dynamic

from ansible_collections.telco.calico_bgp.plugins.module_utils import plan
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import objects
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.lease import Holder
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Reflector
from ansible_collections.telco.calico_bgp.plugins.modules import calico_bgp_info as info
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import kube_lease
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_exec import Api
from lab.kubeapi import KubeApi, load_rights, seed
from lab.kubeseed import NAMESPACE
from lab.network import article
from lab.programs import Programs
from tests.helpers.kube import CALICO, Json
from tests.helpers.waiting import wait

pytestmark = pytest.mark.lab

NAME = "peer-to-external-rr"
SECRET = f"{NAME}-password"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REFLECTOR = Reflector("rr1", {"ipv4": "192.168.1.1"}, 30, 120, password=True)
WISH = plan.Wish("lab", 64512, NAME, (REFLECTOR,))
#: As the roles give them to kubernetes.core.k8s.
HOW = {"merge_type": ["merge"], "hidden_fields": [], "wait": False}


@pytest.fixture(name="api", scope="module")
def _api(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeApi]:
    api = KubeApi(tmp_path_factory.mktemp("kube"), programs)
    api.start()
    seed(api, article())
    yield api
    api.stop()


class Operator:
    """The account of the playbooks: each method is what a role does with it."""

    def __init__(self, api: KubeApi) -> None:
        client = config.new_client_from_config(str(api.operator_kubeconfig))
        self.reader = info.Reader(dynamic.DynamicClient(client), 500)
        module = SimpleNamespace(check_mode=False, _diff=False, params={**HOW, "state": "present"})
        self.access = {"kubeconfig": str(api.operator_kubeconfig)}
        self.service = K8sService(K8SClient(client.configuration, self.reader.client), module)

    def apply(self, manifest: Json, state: str = "present") -> Any:
        params = {**HOW, "state": state}
        self.service.module.params = params
        return perform_action(self.service, copy.deepcopy(manifest), params)

    def plan(self) -> plan.Plan:
        made = plan.build(info.read_cluster(self.reader), WISH)
        info.find_secrets(self.reader, made.namespace, [SECRET])
        return made

    def backend(self) -> None:
        """Of an installation by manifest."""
        source = {"configMapKeyRef": {"name": "calico-config", "key": "calico_backend"}}
        env = [{"name": "CALICO_NETWORKING_BACKEND", "valueFrom": source}]
        container = {"name": "calico-node", "env": env}
        made = {
            "metadata": {"namespace": NAMESPACE},
            "spec": {"template": {"spec": {"containers": [container]}}},
        }
        info.manifest_backend(self.reader, [made])

    def peer(self, made: plan.Plan) -> None:
        data = {"metadata": {"name": SECRET, "namespace": NAMESPACE}, "data": {"password": "aA=="}}
        self.apply({"apiVersion": "v1", "kind": "Secret", **data}, "patched")
        for manifest in made.objects:
            self.apply(dict(manifest))

    def mesh(self, enabled: bool) -> None:
        live = info.read_configuration(self.reader).configuration
        self.apply(objects.mesh_manifest(live, enabled))

    def hold(self) -> None:
        """What keeps two runs apart, from the begin of a run to its end."""
        holder = Holder("me")

        async def hold(api: Api) -> None:
            namespace = await kube_lease.namespace_of(api, "")
            await kube_lease.take(api, namespace, holder, print)
            assert await kube_lease.renew(kube_lease.Leases(api, namespace), holder) == ""
            assert await kube_lease.give_back(api, namespace, holder.identity)

        kube_lease.with_api(self.access, hold)

    def every_step(self) -> None:
        """calicoctl, plan, site, site again, mesh_on, rollback."""
        info.read_version(self.reader)
        self.hold()
        self.backend()
        self.peer(self.plan())
        self.mesh(False)
        # Somebody took the filter off: a further run writes what is there already.
        self.peer(self.plan())
        self.mesh(True)
        for manifest in self.plan().surplus:
            self.apply(dict(manifest), "absent")


def clean(api: KubeApi) -> None:
    for plural in ("bgpconfigurations", "bgppeers", "bgpfilters"):
        api.request("DELETE", f"{CALICO}/{plural}")
    api.request("DELETE", f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases")


def test_every_step_works_with_the_documented_rights(api: KubeApi) -> None:
    clean(api)
    Operator(api).every_step()
    assert api.request("GET", f"{CALICO}/bgppeers")["items"] == []
    secret = api.request("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}")
    assert secret["data"] == {"password": "aA=="}, "what an administrator made stays"


def given() -> Iterator[tuple[Json, int, str, str]]:
    """Every single right of the operator: role, number of the rule, resource, verb."""
    roles = [r for r in load_rights() if r["kind"] in ("ClusterRole", "Role")]
    for role in roles:
        if role["metadata"]["name"].endswith(("-reader", "-exec")):
            continue  # calico-node's own, and those of test_exec
        for number, rule in enumerate(role["rules"]):
            if rule["apiGroups"] == ["crd.projectcalico.org"]:
                continue  # of Calico's API server, which is not in the lab
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield role, number, resource, verb


def without(role: Json, number: int, resource: str, verb: str) -> Json:
    """The role without one right."""
    rule = role["rules"][number]
    others = [r for r in rule["resources"] if r != resource]
    verbs = [v for v in rule["verbs"] if v != verb]
    kept = [{**rule, "resources": others}] if others else []
    kept += [{**rule, "resources": [resource], "verbs": verbs}] if verbs else []
    rules = [*role["rules"][:number], *kept, *role["rules"][number + 1 :]]
    return {**role, "rules": rules}


def role_path(role: Json) -> str:
    name, namespace = role["metadata"]["name"], role["metadata"].get("namespace")
    return f"{RBAC}/namespaces/{namespace}/roles/{name}" if namespace else f"{RBAC}/clusterroles/{name}"


def allowed(api: KubeApi, role: Json, rule: Json, resource: str, verb: str) -> bool:
    attributes = {
        "verb": verb,
        "group": rule["apiGroups"][0],
        "resource": resource,
        "namespace": role["metadata"].get("namespace", ""),
        "name": (rule.get("resourceNames") or [""])[0],
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "calico-bgp-operator", "resourceAttributes": attributes},
    }
    answer = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body)
    return bool(answer["status"]["allowed"])


RIGHTS = list(given())


@pytest.mark.parametrize(
    ("role", "number", "resource", "verb"), RIGHTS, ids=[f"{verb} {what}" for _r, _n, what, verb in RIGHTS]
)
def test_no_right_is_given_that_no_step_needs(
    api: KubeApi, role: Json, number: int, resource: str, verb: str
) -> None:
    clean(api)
    rule = role["rules"][number]
    api.request("PUT", role_path(role), without(role, number, resource, verb))
    try:
        wait(lambda: not allowed(api, role, rule, resource, verb), seconds=10)
        with pytest.raises(Exception, match="orbidden") as refused:
            Operator(api).every_step()
    finally:
        api.request("PUT", role_path(role), role)
        wait(lambda: allowed(api, role, rule, resource, verb), seconds=10)
    held = isinstance(refused.value, kube_lease.LeaseError)
    said = str(refused.value) if held else info.why_not(refused.value)
    assert f"cannot {verb} resource" in said
    assert resource in said
    assert said.isprintable()
