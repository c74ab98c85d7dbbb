# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan's objects written into a cluster that refuses one of them; the cluster is an imitation.

tests/lab/test_kube_writes.py has the real API server in its place.
"""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import calico_objects
from ansible_collections.telco.calico_bgp.plugins.module_utils import plan, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from tests.helpers import article, held
from tests.helpers.actions import action

NAME = "peer-to-external-rr"
FILTER, PEER, SECOND = f"BGPFilter {NAME}", f"BGPPeer {NAME}", f"BGPPeer {NAME}-rr2"
STATUS = """Failed to create object: {"kind":"Status","status":"Failure","message":"%s","code":%d}\n"""
FORBIDDEN = STATUS % (r"bgpfilters is forbidden: User \"o\" cannot create it", 403)


class Kube:
    """What kubernetes.core.k8s does, as far as it matters; `trouble` is what it answers about an object."""

    def __init__(self, *there, trouble=None, stuck=()):
        self.objects, self.trouble, self.stuck = list(there), trouble or {}, stuck
        self.asked = []

    def __call__(self, module_name, module_args, task_vars):
        assert module_name == "kubernetes.core.k8s"
        if module_args.get("state") == "absent":
            return self.remove(module_args)
        manifest = module_args["definition"]
        name = f"{manifest['kind']} {manifest['metadata']['name']}"
        self.asked.append(name)
        if name in self.trouble:
            return self.trouble[name]
        new = name not in self.objects
        self.objects += [name] * new
        metadata = {"uid": f"of {name}", "resourceVersion": "7"}
        method = "create" if new else "update"
        return {"method": method, "changed": True, "result": {"metadata": metadata}}

    def remove(self, asked):
        name = f"{asked['kind']} {asked['name']}"
        assert asked["delete_options"] == {"preconditions": {"uid": f"of {name}", "resourceVersion": "7"}}
        if name in self.stuck:
            return {"failed": True, "msg": "Failed to delete object: {}"}
        self.objects.remove(name)
        return {"changed": True, "method": "delete"}


def failed(message):
    return {"failed": True, "msg": message}


@pytest.fixture
def write(tmp_path):
    """The plan of two reflectors written into a cluster."""

    def run(kube, cluster=None, *, check_mode=False):
        wish = article.wish(reflectors=(article.reflector(), article.reflector("rr2", "192.168.1.2")))
        made = plan.build(cluster or article.cluster(), wish)
        given = {"plan": rundir.write(tmp_path / "plan.json", to_data(made))}
        held.hold(tmp_path)
        made_action = action(calico_objects, given, check_mode=check_mode)
        made_action._execute_module = kube
        return made_action.run()

    return run


def test_all_is_written_in_the_plans_order(write):
    kube = Kube()
    result = write(kube)
    assert kube.asked == [FILTER, PEER, SECOND]
    assert [o["object"] for o in result["objects"] if o["new"]] == kube.asked
    assert result["changed"]
    assert "failed" not in result


def test_no_peer_is_written_behind_a_filter_that_is_refused(write):
    kube = Kube(trouble={FILTER: failed(FORBIDDEN)})
    result = write(kube)
    assert (kube.asked, kube.objects) == ([FILTER], [])
    assert result["msg"] == (
        f'{FILTER} could not be written: 403 bgpfilters is forbidden: User "o" cannot create it. '
        f"Nothing else was written. Not written: {PEER}, {SECOND}"
    )
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["not_written"] == [FILTER, PEER, SECOND]


def test_a_conflict_at_the_making_is_no_success(write):
    """The module warns of it, and says that it made the object."""
    kube = Kube(trouble={FILTER: {"method": "create", "changed": True, "result": {}}})
    result = write(kube)
    assert kube.asked == [FILTER]
    assert "409 somebody else made one of that name just now; run again" in result["msg"]


DRY = {
    # what the API says of the peers, whether the dry run goes on
    "no such filter": (STATUS % ("BGPFilter peer-to-external-rr does not exist", 400), True),
    "no right": (FORBIDDEN, False),
    "no answer": ("HTTPSConnectionPool: Read timed out", False),
}


@pytest.mark.parametrize(("message", "goes_on"), DRY.values(), ids=DRY)
def test_a_dry_run_makes_no_filter_that_a_peer_could_name(write, message, goes_on):
    result = write(Kube(trouble=dict.fromkeys((PEER, SECOND), failed(message))), check_mode=True)
    assert ("failed" not in result) is goes_on
    if goes_on:
        assert [o["object"] for o in result["objects"] if o["new"]] == [FILTER, PEER, SECOND]


def test_what_was_made_before_a_refusal_is_taken_back(write):
    kube = Kube(trouble={SECOND: failed(FORBIDDEN)})
    result = write(kube)
    assert kube.objects == []
    assert result["taken_back"] == [PEER, FILTER]
    assert f"Taken back: {PEER}, {FILTER}" in result["msg"]
    assert "still there" not in result["msg"]
    assert result["changed"] is False


def test_the_filter_stays_with_a_peer_that_was_there_and_names_it_now(write):
    there = Peer(NAME, article.REFLECTOR, 64512, {"peerIP": article.REFLECTOR, "asNumber": 64512}, "9")
    kube = Kube(PEER, trouble={SECOND: failed(FORBIDDEN)})
    result = write(kube, article.cluster(peers=(there,)))
    assert kube.objects == [PEER, FILTER]
    assert (result["written"], result["taken_back"]) == ([FILTER, PEER], [])
    assert result["msg"].endswith(f"Written before it, and still there: {FILTER}, {PEER}")


def test_a_peer_that_cannot_be_taken_back_keeps_its_filter_and_is_named(write):
    kube = Kube(trouble={SECOND: failed(FORBIDDEN)}, stuck=(PEER,))
    result = write(kube)
    assert kube.objects == [FILTER, PEER]
    assert f"still there: {FILTER}, {PEER}" in result["msg"]
    assert result["changed"] is True


@pytest.mark.parametrize("message", ["HTTPSConnectionPool: Read timed out", STATUS % ("timeout", 504)])
def test_a_peer_of_whose_writing_nobody_knows_keeps_the_filter(write, message):
    kube = Kube(trouble={SECOND: failed(message)})
    result = write(kube)
    assert kube.objects == [FILTER]
    assert result["taken_back"] == [PEER]
    assert f"{SECOND} could not be written, and whether it was all the same is not known: " in result["msg"]


def test_a_configuration_that_was_made_stays(write):
    """It says what was so without it."""
    kube = Kube(trouble={PEER: failed(FORBIDDEN)})
    result = write(kube, article.cluster(configuration=None))
    assert kube.objects == ["BGPConfiguration default"]
    assert result["written"] == ["BGPConfiguration default"]
    assert f"Taken back: {FILTER}. Not written: {SECOND}" in result["msg"]
