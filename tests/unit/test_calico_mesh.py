# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turning the mesh off and on in a run: what is checked beside the patch, and what never keeps it off."""

from __future__ import annotations

import errno
import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from ansible.errors import AnsibleError

from ansible_collections.telco.calico_bgp.plugins.action import calico_mesh
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import cluster
from ansible_collections.telco.calico_bgp.plugins.module_utils.model import lease as leases
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import kube_way, mesh_switch
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.clock import steady
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_way import WayError
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.mesh_switch import DEFAULT
from tests.helpers import article, held
from tests.helpers.fake_api import FakeApi, serving

LEASE = "/apis/coordination.k8s.io/v1/namespaces/calico-system/leases/calico-bgp-run"
GATED = RunState(started=1.0, mesh=True, gate="pass")


@pytest.fixture(name="api")
def _api(monkeypatch):
    with serving(FakeApi()) as api:
        monkeypatch.setattr(
            kube_way,
            "prepare",
            lambda _access, addresses=(): replace(api.way, addresses=addresses or api.way.addresses),
        )
        yield api


def begun(tmp_path, api, proof=60.0):
    """The options of a run whose gate was judged, good for so many seconds."""
    rundir.write_state(tmp_path, replace(GATED, proof_until=steady() + proof))
    held.hold(tmp_path)
    api.objects[LEASE] = leases.manifest("calico-system", leases.Holder("me"), 1.0)
    live = cluster.read_configuration(api.objects[DEFAULT])
    now = rundir.write(tmp_path / "now.json", to_data(replace(article.cluster(), configuration=live)))
    return {"plan": rundir.write(tmp_path / rundir.PLAN, to_data(article.planned())), "cluster": now}


def act(state, *, check_mode=False, transport="local", **arguments):
    """What the action plugin makes of its options."""
    given = {"state": state, **arguments}
    task = mock.MagicMock(check_mode=check_mode, async_val=0, args=given, environment=None, diff=True)
    shell = mock.MagicMock(tmpdir=None)
    connection = SimpleNamespace(transport=transport, become=None, socket_path="x", _shell=shell)
    rest = [mock.MagicMock(name=name) for name in ("play_context", "loader", "templar", "shared")]
    return calico_mesh.ActionModule(task, connection, *rest).run(task_vars={})


def test_off_and_on_again_are_in_the_state_of_the_run(tmp_path, api):
    given = begun(tmp_path, api)
    off = act("off", **given)
    state = rundir.read_state(tmp_path)
    assert (off["changed"], off["mesh"], api.mesh, state.phase) == (True, False, False, "watch")
    assert state.watch_ends - steady() > article.planned().soak - 5
    assert off["diff"]["after"]["spec"] == {"nodeToNodeMeshEnabled": False}
    assert (tmp_path / rundir.RESERVE).stat().st_size >= rundir.LEAST
    api.log.clear()
    on = act("on", plan=given["plan"])
    assert (on["changed"], on["mesh"], on["recorded"], api.mesh) == (True, True, True, True)
    asked = [method for method, path, *_rest in api.log if path == DEFAULT]
    assert asked == ["PATCH"], "what it is to be was known before"
    assert rundir.read_state(tmp_path).phase == "returned"
    assert not (tmp_path / rundir.RESERVE).exists()


def test_nothing_of_the_credentials_lies_in_the_run_directory(tmp_path, api):
    act("off", **begun(tmp_path, api))
    assert "secret" not in "".join(p.read_text() for p in tmp_path.rglob("*.json")).lower()


@pytest.mark.parametrize(("proof", "why"), [(-5.0, "is 5 s too old"), (None, "nobody judged the gate")])
def test_a_proof_that_is_old_in_the_moment_of_the_patch_is_none(tmp_path, api, proof, why):
    """A run that was suspended after its gate."""
    given = begun(tmp_path, api, proof or 0.0)
    if proof is None:
        rundir.write_state(tmp_path, GATED)
    with pytest.raises(AnsibleError, match=why):
        act("off", **given)
    assert api.mesh
    assert [each for each in api.log if each[0] != "GET"] == []


def test_off_in_check_mode_asks_the_api_and_records_nothing(tmp_path, api):
    assert act("off", check_mode=True, **begun(tmp_path, api, -1.0))["changed"]
    assert (api.mesh, rundir.read_state(tmp_path).cut_at) == (True, None)


def test_a_disk_without_room_for_the_watch_is_refused_before_the_cut(tmp_path, api, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    given = begun(tmp_path, api)
    monkeypatch.setattr(rundir.os, "posix_fallocate", full)
    with pytest.raises(rundir.RunDirectoryError, match="there is no room for the 4 MiB that the watch"):
        act("off", **given)
    assert (api.mesh, rundir.read_state(tmp_path).phase) == (True, "before")
    assert not (tmp_path / rundir.RESERVE).exists()


def test_a_full_disk_takes_what_was_kept_for_it(tmp_path, monkeypatch):
    kept, real = [], rundir.tempfile.mkstemp

    def full(**where):
        if (tmp_path / rundir.RESERVE).exists():
            kept.append(where)
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(**where)

    rundir.reserve(tmp_path)
    monkeypatch.setattr(rundir.tempfile, "mkstemp", full)
    written = rundir.write(tmp_path / "observations" / "a.json", {"a": 1})
    assert json.loads(Path(written).read_text()) == {"a": 1}
    assert (len(kept), (tmp_path / rundir.RESERVE).exists()) == (1, False)


def test_on_does_not_ask_the_run_directory(tmp_path, api, monkeypatch):
    """It may be full, read-only or gone."""
    given = begun(tmp_path, api)
    act("off", **given)
    monkeypatch.setattr(rundir, "write_bytes", mock.Mock(side_effect=OSError(errno.EROFS, "Read-only")))
    on = act("on", plan=given["plan"])
    assert (on["mesh"], on["recorded"], api.mesh) == (True, False, True)
    monkeypatch.undo()


def test_on_without_a_run_directory_at_all(api, tmp_path):
    api.put(DEFAULT, {"nodeToNodeMeshEnabled": False})
    found = calico_mesh.recorded(str(tmp_path / "none" / "plan.json"))
    assert found is False
    assert act("on", plan=str(tmp_path / "none" / "plan.json"))["mesh"]
    assert api.mesh


def test_what_goes_wrong_is_a_sentence(tmp_path, api, monkeypatch):
    monkeypatch.setattr(mesh_switch, "turn_on", mock.Mock(side_effect=WayError("no answer\nof it")))
    assert act("on") == {"failed": True, "msg": "The mesh is not known to be on: no answer\\nof it"}


def test_on_another_host_modules_do_it_there(tmp_path, monkeypatch):
    """Where the kubeconfig is on that host, not here."""
    answers = iter(
        [
            {"failed": True, "msg": "not yet"},
            {"configuration": {"spec": {}, "annotations": {}, "resourceVersion": "1"}},
            {"changed": True},
        ]
    )
    asked = []

    def module(_self, module_name, module_args, task_vars):
        asked.append((module_name, module_args.get("definition", {}).get("spec")))
        return next(answers)

    monkeypatch.setattr(calico_mesh.ActionModule, "_execute_module", module)
    monkeypatch.setattr(calico_mesh, "PAUSE", 0)
    found = act("on", transport="ssh")
    assert (found["changed"], found["mesh"], found["through"]) == (True, True, "")
    assert asked == [
        ("telco.calico_bgp.calico_bgp_info", None),
        ("telco.calico_bgp.calico_bgp_info", None),
        ("kubernetes.core.k8s", {"nodeToNodeMeshEnabled": True}),
    ]


def test_time_is_not_that_of_the_wall(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    calico_mesh.refuse_old_proof(steady() + 1)


@pytest.mark.parametrize("taken", [True, False])
def test_a_run_whose_lease_was_taken_a_moment_ago_cuts_nothing(tmp_path, api, taken):
    given = begun(tmp_path, api)
    if taken:
        api.objects[LEASE] = leases.manifest("calico-system", leases.Holder("somebody"), 1.0)
    else:
        del api.objects[LEASE]
    with pytest.raises(AnsibleError, match="does not hold the cluster any more"):
        act("off", **given)
    assert api.mesh


def test_nor_one_that_lost_its_hold(tmp_path, api):
    given = begun(tmp_path, api)
    held.hold(tmp_path, lost="its Lease was taken over: site by bob")
    with pytest.raises(AnsibleError, match="no longer holds the cluster"):
        act("off", **given)
    assert api.mesh
