# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Calico objects that are written: only our fields, live sessions left alone, the mesh as it was."""

from __future__ import annotations

import ipaddress
import json

import pytest

from ansible_collections.telco.calico_bgp.plugins.filter import calico_mesh_manifest as mesh_filter
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import objects
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import FAMILIES, IPV4
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from tests.helpers import article

SECRET = {"secretKeyRef": {"name": "mesh", "key": "password"}}


REJECT = {"action": "Reject", "matchOperator": "In", "cidr": "0.0.0.0/0"}


def spec(live, password=False):
    secret = "rr-password" if password else ""
    selector = "all()" if live is None else live.get("nodeSelector", "")
    wish = objects.PeerWish(article.reflector(), IPV4, 64512, "rr", selector, secret=secret)
    return objects.peer_spec(wish, live)


OURS = {"peerIP": "192.168.1.1", "asNumber": 64512, "filters": ["rr"]}
PEERS = {
    # spec of the peer that is there, expected spec
    "fresh": (None, {**OURS, "nodeSelector": "all()"}),
    "made by hand, global": ({"peerIP": "192.168.1.1", "asNumber": 64512}, OURS),
    "made by hand, with a selector": (
        {"peerIP": "192.168.1.1", "asNumber": 64512, "nodeSelector": "rack == '1'"},
        {**OURS, "nodeSelector": "rack == '1'"},
    ),
    "made by hand, with a port": (
        {"peerIP": "192.168.1.1:179", "asNumber": 64512},
        {**OURS, "peerIP": "192.168.1.1:179"},
    ),
    "with filters": (
        {"peerIP": "192.168.1.1", "asNumber": 64512, "filters": ["theirs", "rr", "more"]},
        {**OURS, "filters": ["theirs", "more", "rr"]},
    ),
    "with fields that are not ours": (
        {"peerIP": "192.168.1.1", "asNumber": 64512, "keepaliveTime": "10s", "password": SECRET},
        OURS,
    ),
}


@pytest.mark.parametrize(("live", "expected"), PEERS.values(), ids=PEERS)
def test_peer(live, expected):
    assert spec(live) == expected
    assert spec({**(live or {}), **expected}) == expected, "the second time is not the same"


def test_the_password_is_a_reference():
    found = spec(None, password=True)
    assert found["password"] == {"secretKeyRef": {"name": "rr-password", "key": "password"}}
    assert objects.secret_name("rr") == "rr-password"


def test_filter():
    prefixes = [Prefix("10.244.0.0/16", 26, 32), Prefix("10.96.0.0/12", 12, 32)]
    assert objects.filter_spec(prefixes) == {
        "importV4": [
            {"action": "Accept", "matchOperator": "In", "cidr": "10.244.0.0/16"},
            {"action": "Accept", "matchOperator": "In", "cidr": "10.96.0.0/12"},
            REJECT,
        ]
    }


def test_a_filter_without_prefixes_takes_nothing():
    assert objects.filter_spec([]) == {"importV4": [REJECT]}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_calico_326_takes_every_rule_of_the_filter(family):
    """It requires cidr and matchOperator of each; what is rejected last is everything of the family."""
    prefixes = [Prefix("10.244.0.0/16", 26, 32), Prefix("fd00:10:244::/64", 122, 128)]
    rules = objects.filter_spec(prefixes, [family])[family.import_field]
    assert [sorted(rule) for rule in rules] == [["action", "cidr", "matchOperator"]] * 2
    last = ipaddress.ip_network(rules[-1]["cidr"])
    assert (last.prefixlen, last.version) == (0, family.version)


def live(spec=None, kept=None):
    notes = {"theirs": "x", **({objects.MESH_BEFORE: kept} if kept is not None else {})}
    return {"spec": spec or {}, "annotations": notes, "resourceVersion": "7"}


def patch(spec, version="7", kept=...):
    metadata = {"name": "default", **({"resourceVersion": version} if version else {})}
    if kept is not ...:
        metadata["annotations"] = {objects.MESH_BEFORE: kept}
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "BGPConfiguration",
        "metadata": metadata,
        "spec": spec,
    }


BOTH = {"nodeMeshPassword": SECRET, "nodeMeshMaxRestartTime": "30s"}
KEPT = json.dumps(BOTH, sort_keys=True)
ON, OFF = {"nodeToNodeMeshEnabled": True}, {"nodeToNodeMeshEnabled": False}
PATCHES = {
    # BGPConfiguration that is there, mesh on, expected patch
    "on, nothing there": (None, True, patch({**ON, "asNumber": 64512}, "")),
    "off": (live(), False, patch(OFF)),
    "off, was said to be on": (live(ON), False, patch(OFF)),
    "off, with what only a mesh may have": (
        live({**ON, **BOTH, "listenPort": 1790}),
        False,
        patch({**OFF, "nodeMeshPassword": None, "nodeMeshMaxRestartTime": None}, kept=KEPT),
    ),
    "off again": (live(OFF, KEPT), False, patch(OFF)),
    "off, an earlier cut kept what this mesh has not": (live(ON, KEPT), False, patch(OFF, kept=None)),
    "on": (live(OFF), True, patch(ON, "")),
    "on, with what was kept": (live(OFF, KEPT), True, patch({**ON, **BOTH}, "", kept=None)),
    "on again": (live({**ON, **BOTH}), True, patch(ON, "")),
    "on, somebody gave the mesh another restart time since": (
        live({**ON, "nodeMeshMaxRestartTime": "60s"}, KEPT),
        True,
        patch({**ON, **BOTH, "nodeMeshMaxRestartTime": "60s"}, "", kept=None),
    ),
    "on, what was kept is spoilt": (live(OFF, "{not JSON"), True, patch(ON, "")),
    "on, what was kept is something else": (live(OFF, '["x"]'), True, patch(ON, "")),
    "on, a stranger's field was kept": (live(OFF, '{"asNumber": 1}'), True, patch(ON, "")),
}


@pytest.mark.parametrize(("there", "enabled", "expected"), PATCHES.values(), ids=PATCHES)
def test_mesh(there, enabled, expected):
    assert objects.mesh_manifest(there, enabled) == expected
    assert mesh_filter.FilterModule().filters()["calico_mesh_manifest"](there, enabled) == expected


def merged(there, change):
    """What the API makes of a merge patch (RFC 7386), one level deep."""
    found = {**there["spec"], **change["spec"]}
    notes = {**there["annotations"], **change["metadata"].get("annotations", {})}
    return {
        "spec": {k: v for k, v in found.items() if v is not None},
        "annotations": {k: v for k, v in notes.items() if v is not None},
        "resourceVersion": "8",
    }


def test_off_and_on_is_as_before():
    before = live({**ON, **BOTH, "listenPort": 1790})
    off = merged(before, objects.mesh_manifest(before, False))
    assert off["spec"] == {**OFF, "listenPort": 1790}
    assert merged(off, objects.mesh_manifest(off, False)) == off, "the second time changes something"
    on = merged(off, objects.mesh_manifest(off, True))
    assert (on["spec"], on["annotations"]) == (before["spec"], before["annotations"])
    assert merged(on, objects.mesh_manifest(on, True)) == on, "the second time changes something"


def test_another_as_where_nothing_is_there():
    assert objects.mesh_manifest(None, True, 64600)["spec"]["asNumber"] == 64600
