# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the Kubernetes API: pages, missing kinds, and which of Calico's APIs is asked."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from kubernetes.client.exceptions import ApiException

from ansible_collections.telco.calico_bgp.plugins.modules import calico_bgp_info as info

NODES = "/api/v1/nodes"
DAEMONSET = "/apis/apps/v1/namespaces/{}/daemonsets/calico-node"


class Api:
    """Lists by path, in pages of the size that is asked for; all else is not there."""

    def __init__(self, **lists):
        self.lists = {NODES: [], **lists}
        self.asked = []

    def request(self, method, path, query_params, serialize, _request_timeout):
        assert (method, serialize, _request_timeout) == ("get", False, 30)
        self.asked.append((path, query_params))
        if path not in self.lists:
            raise ApiException(status=404, reason="Not Found")
        found, query = self.lists[path], dict(query_params)
        if isinstance(found, dict):
            return SimpleNamespace(data=json.dumps(found))
        begin = int(query.get("continue", 0))
        end = begin + int(query["limit"]) if "limit" in query else len(found)
        metadata = {"continue": str(end)} if end < len(found) else {}
        return SimpleNamespace(data=json.dumps({"metadata": metadata, "items": found[begin:end]}))


def item(name, spec=None, **meta):
    return {"metadata": {"name": name, **meta}, "spec": spec or {}}


def reader(page_size=500, **lists):
    return info.Reader(Api(**lists), page_size)


@pytest.mark.parametrize("size", [1, 2, 5, 500])
def test_every_page_is_read(size):
    made = reader(size, **{NODES: [item(f"n{i}") for i in range(5)]})
    assert [n["metadata"]["name"] for n in made.items(NODES)] == [f"n{i}" for i in range(5)]
    assert len(made.client.asked) == -(-5 // size)
    assert all(dict(query)["limit"] == str(size) for _path, query in made.client.asked)


class Gone(Api):
    """The pages after the first belong to a state that is gone, for the first `times`."""

    def __init__(self, times, **lists):
        super().__init__(**lists)
        self.times = times

    def request(self, method, path, query_params, **how):
        if self.times and "continue" in dict(query_params):
            self.times -= 1
            raise ApiException(status=410, reason="Gone")
        return super().request(method, path, query_params, **how)


FIVE = {NODES: [item(f"n{i}") for i in range(5)]}


def names(found):
    return [each["metadata"]["name"] for each in found]


def test_a_list_that_the_api_gives_up_is_begun_again():
    made = info.Reader(Gone(2, **FIVE), 2)
    assert names(made.items(NODES)) == [f"n{i}" for i in range(5)]


def test_a_list_that_the_api_gives_up_again_and_again_is_none():
    made = info.Reader(Gone(3, **FIVE), 2)
    with pytest.raises(info.PageError, match=r"/api/v1/nodes: .* 3 times \(410 Gone\)\. Try again"):
        made.items(NODES)


def test_a_refusal_of_the_first_page_is_not_asked_again():
    made = info.Reader(Gone(0), 2)
    made.client.request = refuse = Refuse(410)
    with pytest.raises(ApiException):
        made.items(NODES)
    assert refuse.times == 1


class Refuse:
    """An API that refuses everything."""

    def __init__(self, status):
        self.status, self.times = status, 0

    def __call__(self, *_args, **_kwargs):
        self.times += 1
        raise ApiException(status=self.status, reason="No")


FIRST = b'{"metadata": {"continue": "2"}, "items": [{"metadata": {"name": "n0"}}]}'
DAMAGED = {
    # the second page, what the error says
    "cut off": (b'{"metadata": {}, "items": [{"metadata"', "is no JSON"),
    "a page of a proxy": (b"<html>Bad gateway</html>", "is no JSON"),
    "no items": (b'{"metadata": {}}', "is no page of its objects"),
    "no metadata": (b'{"items": []}', "is no page of its objects"),
    "a status": (b'{"kind": "Status", "metadata": {}}', "is no page of its objects"),
    "something in the list": (b'{"metadata": {}, "items": ["n1"]}', "is no page of its objects"),
    "the same again": (FIRST, "the same page over and over"),
}


@pytest.mark.parametrize(("second", "why"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_page_is_no_short_list(second, why):
    made = reader()
    pages = iter([FIRST, second])
    made.client.request = lambda *_args, **_kwargs: SimpleNamespace(data=next(pages))
    with pytest.raises(info.PageError, match=f"^/api/v1/nodes: .*{why}") as raised:
        made.items(NODES)
    assert info.why_not(raised.value).endswith(".")


def test_a_list_that_is_not_there_any_more_in_the_middle_is_no_short_one():
    made = reader()
    pages = iter([SimpleNamespace(data=FIRST), ApiException(status=404, reason="Not Found")])

    def request(*_args, **_kwargs):
        if isinstance(page := next(pages), Exception):
            raise page
        return page

    made.client.request = request
    with pytest.raises(info.PageError, match="no page of its objects"):
        made.items(NODES)


def test_a_list_in_which_there_is_nothing_is_null_where_go_writes_it():
    made = reader()
    made.client.request = lambda *_args, **_kwargs: SimpleNamespace(data=b'{"metadata": {}, "items": null}')
    assert made.items(NODES) == []


def test_a_missing_kind_is_no_error():
    assert reader().items("/apis/x/v1/nothing") is None
    assert reader().get("/apis/x/v1") is None


def test_other_errors_are():
    made = reader()

    def refuse(*_args, **_kwargs):
        raise ApiException(status=403, reason="Forbidden")

    made.client.request = refuse
    with pytest.raises(ApiException):
        made.items(NODES)


GROUPS = {
    "A": (info.V3, info.CRD),
    "B": (info.V3,),
    "C": (info.CRD,),
    "D": (),
}


@pytest.mark.parametrize(("mode", "groups"), GROUPS.items(), ids=GROUPS)
def test_api_mode(mode, groups):
    assert info.api_mode(reader(**{group: {"resources": []} for group in groups})) == mode


def lists(mode):
    """A small cluster as `mode` serves it."""
    affinity = item("a", {"cidr": "10.244.10.0/26", "node": "node-a", "state": "confirmed"})
    return {
        **{group: {"resources": []} for group in GROUPS[mode]},
        NODES: [item("node-a")],
        info.V3 + "/ippools": [item("default", {"cidr": "10.244.0.0/16"})],
        info.V3 + "/blockaffinities": [affinity],
        info.V3 + "/bgppeers": [item("rr", {"peerIP": "192.168.1.1", "asNumber": 64512})],
        info.V3 + "/bgpfilters": [],
        info.V3 + "/bgpconfigurations": [item("default", {"asNumber": 64512})],
        info.V3 + "/clusterinformations": [item("default", {"calicoVersion": "v3.32.1"})],
    }


@pytest.mark.parametrize("mode", ["A", "B"])
def test_a_cluster(mode):
    found = info.read_cluster(reader(**lists(mode)))
    assert (found.api_mode, found.calico_version, found.filter_kind) == (mode, "v3.32.1", True)
    assert [len(x) for x in (found.nodes, found.pools, found.blocks, found.peers)] == [1, 1, 1, 1]


@pytest.mark.parametrize("mode", ["A", "B"])
def test_affinities_that_a_migration_left_behind_are_not_read(mode):
    stale = item("b", {"cidr": "10.244.99.0/26", "node": "node-a", "state": "confirmed"})
    found = info.read_cluster(reader(**lists(mode), **{info.CRD + "/blockaffinities": [stale]}))
    assert [block.cidr for block in found.blocks] == ["10.244.10.0/26"]


def test_a_calico_that_serves_no_affinities_is_no_cluster_without_blocks():
    given = lists("A")
    del given[info.V3 + "/blockaffinities"]
    with pytest.raises(info.calico.ObjectError, match="no kind BlockAffinity in"):
        info.read_cluster(reader(**given))


@pytest.mark.parametrize("mode", ["C", "D"])
def test_without_the_api_only_kubernetes_is_read(mode):
    made = reader(**{group: {"resources": []} for group in GROUPS[mode]}, **{NODES: [item("node-a")]})
    found = info.read_cluster(made)
    assert (found.api_mode, len(found.nodes), found.pools) == (mode, 1, ())
    assert not any("bgp" in path for path, _query in made.client.asked)


def test_an_old_calico_has_no_filters():
    given = lists("B")
    del given[info.V3 + "/bgpfilters"]
    assert not info.read_cluster(reader(**given)).filter_kind


def daemonset(source, namespace="kube-system"):
    env = {"name": "CALICO_NETWORKING_BACKEND", "valueFrom": {"configMapKeyRef": source}}
    container = {"name": "calico-node", "env": [env]}
    return {
        "metadata": {"name": "calico-node", "namespace": namespace},
        "spec": {"template": {"spec": {"containers": [container]}}},
        "status": {},
    }


REFERENCE = {"name": "calico-config", "key": "calico_backend"}


def served(*daemonsets):
    """DaemonSets calico-node where the API serves them."""
    return {DAEMONSET.format(found["metadata"]["namespace"]): found for found in daemonsets}


CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/calico-config"
BACKENDS = {
    # the ConfigMap (None: not there), expected backend
    "vxlan": ({"data": {"calico_backend": "vxlan"}}, "vxlan"),
    "bird": ({"data": {"calico_backend": "bird"}}, "bird"),
    "key not there": ({"data": {}}, "bird"),
    "not there": (None, "bird"),
}


@pytest.mark.parametrize(("config", "backend"), BACKENDS.values(), ids=BACKENDS)
def test_the_backend_of_a_manifest(config, backend):
    given = {**lists("B"), **served(daemonset(REFERENCE))}
    if config is not None:
        given[CONFIG_MAP] = config
    found = info.read_cluster(reader(**given))
    assert (found.backend, found.namespace) == (backend, "kube-system")


TENANT = daemonset(REFERENCE, "team-a")
WHOSE = {
    # DaemonSets that are there, the namespace that the inventory says, the one that counts
    "the operator's": ([daemonset(REFERENCE, "calico-system"), TENANT], "", "calico-system"),
    "the manifest's": ([TENANT, daemonset(REFERENCE, "kube-system")], "", "kube-system"),
    "a tenant's alone": ([TENANT], "", ""),
    "named": ([daemonset(REFERENCE, "cni"), TENANT], "cni", "cni"),
    "one of two, named": (
        [daemonset(REFERENCE, "calico-system"), daemonset(REFERENCE, "kube-system")],
        "kube-system",
        "kube-system",
    ),
    "not where it is named": ([daemonset(REFERENCE, "calico-system")], "cni", ""),
}


@pytest.mark.parametrize(("daemonsets", "said", "expected"), WHOSE.values(), ids=WHOSE)
def test_a_daemonset_of_a_tenant_decides_nothing(daemonsets, said, expected):
    found = info.read_cluster(reader(**{**lists("B"), **served(*daemonsets)}), said)
    assert found.namespace == expected
    assert bool(found.backend) == bool(expected), "its backend decides nothing either"


def test_two_daemonsets_where_calico_may_be_are_refused():
    two = served(daemonset(REFERENCE, "calico-system"), daemonset(REFERENCE, "kube-system"))
    with pytest.raises(
        info.calico.ObjectError,
        match=r"namespaces calico-system, kube-system.* Say which in calico_plan_namespace",
    ):
        info.read_cluster(reader(**{**lists("B"), **two}))


@pytest.mark.parametrize("name", ["../kube-system", "a/b", "UPPER", "-a", "a?x"])
def test_a_namespace_is_a_name(name):
    with pytest.raises(info.calico.ObjectError, match="is no name of a namespace"):
        info.read_cluster(reader(**lists("B")), name)
