# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is changed by a run that is gone, or that does not hold the cluster; and what is told of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import calico_objects
from ansible_collections.telco.calico_bgp.plugins.module_utils import interrupted, plan, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.begun import Begun, Timer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.lease import RECENT
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import Push
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import detached, holding, waiting
from tests.helpers import article, held
from tests.helpers.actions import action


def test_a_run_that_holds_its_cluster_may_change_it(tmp_path: Path) -> None:
    written = held.hold(tmp_path)
    holding.check(tmp_path)
    assert holding.read(tmp_path) == written
    holding.remove(tmp_path)
    assert holding.read(tmp_path) is None


REFUSED = {
    "lost": (
        {"lost": "its Lease was taken over: site by bob"},
        r"no longer holds the cluster \(its Lease was ta",
    ),
    "not renewed": ({"ago": RECENT + 1}, "was not renewed for 61 s"),
    "another run's": ({"run": detached.Process(1, "1")}, "does not hold the cluster"),
}


@pytest.mark.parametrize(("otherwise", "why"), REFUSED.values(), ids=REFUSED)
def test_a_run_that_does_not_hold_it_may_not(tmp_path: Path, otherwise: dict[str, Any], why: str) -> None:
    held.hold(tmp_path, **otherwise)
    with pytest.raises(holding.Stopped, match=why):
        holding.check(tmp_path)


def test_nor_may_one_that_never_did(tmp_path: Path) -> None:
    with pytest.raises(holding.Stopped, match="begin with a playbook of this collection"):
        holding.check(tmp_path)


def test_nor_a_worker_whose_run_is_gone_and_it_waits_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.hold(tmp_path)
    monkeypatch.setattr(holding, "orphaned", lambda: True)
    with pytest.raises(holding.Stopped, match="is gone"):
        holding.check(tmp_path)
    with pytest.raises(holding.Stopped, match="is gone"):
        waiting.wait(60, 1, lambda: "something", print)


class Kube:
    """kubernetes.core.k8s; the run loses its hold after so many writes."""

    def __init__(self, run: Path, writes: int) -> None:
        self.run, self.writes, self.asked = run, writes, list[str]()

    def __call__(self, module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        self.asked.append(str((module_args.get("definition") or module_args)["kind"]))
        if len(self.asked) == self.writes:
            held.hold(self.run, lost="its Lease was taken away")
        return {
            "method": "create",
            "changed": True,
            "result": {"metadata": {"uid": "u", "resourceVersion": "1"}},
        }


def objects(tmp_path: Path, kube: Kube, **arguments: Any) -> dict[str, Any]:
    made = plan.build(article.cluster(), article.wish())
    given = {"plan": rundir.write(tmp_path / "plan.json", to_data(made)), **arguments}
    made_action = action(calico_objects, given)
    made_action._execute_module = kube
    return dict(made_action.run(task_vars={}))


def test_a_run_that_loses_its_hold_writes_nothing_more_and_takes_nothing_back(tmp_path: Path) -> None:
    held.hold(tmp_path)
    kube = Kube(tmp_path, 1)
    result = objects(tmp_path, kube)
    assert result["failed"]
    assert len(kube.asked) == 1
    assert "no longer holds the cluster (its Lease was taken away)" in result["msg"]
    assert result["written"][0] in result["msg"]
    assert rundir.read_objects(tmp_path) == (f"{result['written'][0]} is written",)


def surplus(*names: str) -> list[dict[str, Any]]:
    return [{"apiVersion": "projectcalico.org/v3", "kind": "BGPPeer", "metadata": {"name": n}} for n in names]


def test_nor_does_it_take_away_more(tmp_path: Path) -> None:
    held.hold(tmp_path)
    kube = Kube(tmp_path, 2)
    result = objects(tmp_path, kube, surplus=surplus("a", "b", "c"))
    assert result["failed"]
    assert kube.asked == ["BGPPeer", "BGPPeer"]
    assert result["written"] == ["BGPPeer a", "BGPPeer b"]
    assert result["not_written"] == ["BGPPeer c"]
    assert rundir.read_objects(tmp_path) == ("BGPPeer a is taken away", "BGPPeer b is taken away")


def test_what_is_surplus_goes_one_after_the_other(tmp_path: Path) -> None:
    held.hold(tmp_path)
    result = objects(tmp_path, Kube(tmp_path, 0), surplus=surplus("a", "b"))
    assert result["changed"]
    assert result["written"] == ["BGPPeer a", "BGPPeer b"]


def push(host: str, outcome: str = "applied") -> Push:
    return Push(host, outcome, "", ("router bgp 64512", "neighbor x"), (), (), True)


BEGUN = Begun("rr2", "present", 40, 1.0, 1, "1", Timer("12:00", "admin", 5))
CUT = RunState(mesh=False, cut_at=1.0, watch_until=2.0)
TOLD = {
    "nothing yet": (
        RunState(mesh=True),
        [],
        [],
        (),
        "site was stopped before its end: the mesh was not touched and was on; nothing else was changed. Run",
    ),
    "between routers and peers": (
        RunState(mesh=True),
        [push("rr1")],
        [BEGUN],
        ("BGPFilter x is written",),
        "the mesh was not touched and was on; rr1 has its 2 lines, confirmed; rr2 has lines that are not "
        "confirmed: it takes them back within 5 minutes, or the next run ends that in seconds; BGPFilter x "
        "is written. Run it",
    ),
    "without an archive": (
        RunState(mesh=True),
        [],
        [Begun("rr2", "present", 40, 1.0, 1, "1")],
        (),
        "rr2 was being sent 40 lines and may have a part of them; no revert timer",
    ),
    "at the cut": (
        RunState(cut_at=1.0),
        [],
        [],
        (),
        "the mesh was being turned off and may be off. Nobody watches",
    ),
    "in the watch": (CUT, [], [], (), "the mesh is off. Nobody watches any more whether routes are lost, so"),
    "after it": (
        RunState(mesh=False, cut_at=1.0, watch_until=2.0, calm=True),
        [],
        [],
        (),
        "the mesh is off, and its watch had come to its end. Run site again",
    ),
    "after a return": (RunState(mesh=True, cut_at=1.0), [], [], (), "the mesh is on again. Run site again"),
}


@pytest.mark.parametrize(("state", "pushes", "begun", "written", "told"), TOLD.values(), ids=TOLD)
def test_what_is_told_of_a_run_that_is_gone(
    state: RunState, pushes: list[Push], begun: list[Begun], written: tuple[str, ...], told: str
) -> None:
    assert told in interrupted.told("site", state, pushes, begun, written)
