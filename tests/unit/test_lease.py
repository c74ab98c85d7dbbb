# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lease that keeps two runs apart: taken, renewed, refused, taken over, given back, taken away."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
import time
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.model import lease as leases
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.lease import Holder
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import kube_lease
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.kube_exec import Answer
from tests.helpers.fake_api import kubeconfig

Json = dict[str, Any]
NOW = 1_800_000_000.0
ALICE = Holder("alice@one/1/a", "alice@one", "one:/runs/1", "site", "2026-03-01 10:00:00 UTC")
BOB = Holder("bob@two/2/b", "bob, job 7 of AWX", "two:/runs/2", "rollback", "2026-03-01 10:01:00 UTC")
FOUND = {"metadata": {"name": "calico-node", "namespace": "calico-system"}}


class Api:
    """One namespace's Lease as the API server keeps it; its clock moves when somebody looks."""

    def __init__(self) -> None:
        self.lease: Json | None = None
        self.now, self.step, self.version = NOW, 1.0, 0
        self.status = 0
        self.daemonsets = {"calico-system": FOUND}
        self.before: Callable[[str], None] = lambda method: None

    async def request(self, method: str, path: str, body: Any = None) -> Answer:
        self.now += self.step
        self.before(method)
        if self.status:
            return Answer(self.status, {"message": "leases is forbidden"}, self.now)
        if "/daemonsets/" in path:
            found = self.daemonsets.get(path.split("/")[5])
            return Answer(200 if found else 404, found or {}, self.now)
        return Answer(*self.answer(method, body), self.now)

    def answer(self, method: str, body: Any) -> tuple[int, Any]:
        if method == "POST":
            return (409, {}) if self.lease else (201, self.kept(body, "u1"))
        if self.lease is None:
            return 404, {}
        there = self.lease["metadata"]
        if method == "PUT":
            if body["metadata"]["resourceVersion"] != there["resourceVersion"]:
                return 409, {}
            return 200, self.kept(body, there["uid"])
        if method == "DELETE":
            if body["preconditions"] != {"uid": there["uid"], "resourceVersion": there["resourceVersion"]}:
                return 409, {}
            self.lease = None
            return 200, {}
        return 200, copy.deepcopy(self.lease)

    def kept(self, body: Json, uid: str) -> Json:
        self.version += 1
        self.lease = copy.deepcopy(body)
        self.lease["metadata"] |= {"uid": uid, "resourceVersion": str(self.version)}
        return self.lease

    def renewed(self, holder: Holder, ago: float = 0.0) -> None:
        """A holder has it, and renewed it so many seconds ago."""
        self.kept(leases.manifest("calico-system", holder, self.now - ago), "u0")

    @property
    def holder(self) -> str:
        return str(self.lease["spec"]["holderIdentity"]) if self.lease else ""


@pytest.fixture(name="api")
def _api(monkeypatch: pytest.MonkeyPatch) -> Api:
    async def no_time(_seconds: float) -> None:
        return

    monkeypatch.setattr(kube_lease.asyncio, "sleep", no_time)
    return Api()


def do(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await work

    return asyncio.run(run())


def take(api: Api, holder: Holder = BOB) -> tuple[str, list[str]]:
    said: list[str] = []
    return do(kube_lease.take(api, "calico-system", holder, said.append)), said  # type: ignore[arg-type]


def test_a_lease_is_read_as_it_was_written() -> None:
    item = leases.manifest("calico-system", ALICE, NOW + 0.25)
    assert item["metadata"]["name"] == "calico-bgp-run"
    read = leases.lease_from(item)
    assert (read.holder, read.renewed, read.seconds) == (ALICE, NOW + 0.25, leases.SECONDS)
    assert leases.lease_from({"metadata": {}, "spec": {}}).holder is None


def test_what_others_wrote_into_it_is_printable_and_short() -> None:
    item = leases.manifest("calico-system", Holder("x\x1b[2J", "a" * 5000, "b\nc", "site", ""), NOW)
    told = leases.refusal(leases.lease_from(item), NOW)
    assert told.isprintable()
    assert len(told) < 1500


def test_the_first_run_gets_it_and_says_who_it_is(api: Api) -> None:
    assert take(api, ALICE) == ("", [])
    assert api.holder == ALICE.identity
    notes = api.lease["metadata"]["annotations"]  # type: ignore[index]
    assert notes["calico-bgp.telco/who"] == "alice@one"
    assert notes["calico-bgp.telco/playbook"] == "site"


def test_the_second_run_is_refused_with_who_has_it_from_where_since_when(api: Api) -> None:
    api.renewed(ALICE)
    api.before = lambda method: api.renewed(ALICE)
    with pytest.raises(kube_lease.LeaseError) as refused:
        take(api)
    for part in ("site by alice@one", "since 2026-03-01 10:00:00 UTC", "one:/runs/1", "mesh_on never waits"):
        assert part in str(refused.value)
    assert api.holder == ALICE.identity


def test_a_run_that_is_gone_is_waited_for_until_its_hold_ends_and_followed(api: Api) -> None:
    api.renewed(ALICE)
    took, said = take(api)
    assert api.holder == BOB.identity
    assert api.now - NOW >= leases.SECONDS
    assert "A run that is gone held this cluster, and is followed: site by alice@one" in took
    assert "its hold ends in" in said[0]
    assert api.lease["spec"]["leaseTransitions"] == 1  # type: ignore[index]


def test_a_hold_that_has_ended_is_taken_over_at_once(api: Api) -> None:
    api.renewed(ALICE, ago=leases.SECONDS)
    took, said = take(api)
    assert (api.holder, said) == (BOB.identity, [])
    assert "site by alice@one" in took


def test_a_run_that_comes_back_while_it_is_waited_for_keeps_it(api: Api) -> None:
    api.renewed(ALICE, ago=100)
    looks = iter(range(100))
    api.before = lambda method: api.renewed(ALICE) if next(looks) == 5 else None
    with pytest.raises(kube_lease.LeaseError, match="Another run is changing this cluster"):
        take(api)
    assert api.holder == ALICE.identity


@pytest.mark.parametrize("there", [False, True])
def test_of_two_that_come_at_once_one_is_refused(api: Api, there: bool) -> None:
    if there:
        api.renewed(Holder("gone"), ago=leases.SECONDS)

    def first(method: str) -> None:
        if method in ("POST", "PUT"):
            api.before = lambda method: api.renewed(ALICE)
            api.renewed(ALICE)

    api.before = first
    with pytest.raises(kube_lease.LeaseError, match="alice@one"):
        take(api)
    assert api.holder == ALICE.identity


def test_an_api_without_leases_is_told_and_not_asked_for_ever(api: Api) -> None:
    api.answer = lambda method, body: (404, {"message": "the server could not find it"})  # type: ignore[method-assign]
    with pytest.raises(kube_lease.LeaseError, match="answered 404: the server could not find it"):
        take(api)


def renew(api: Api, holder: Holder = ALICE) -> str:
    return str(do(kube_lease.renew(kube_lease.Leases(api, "calico-system"), holder)))  # type: ignore[arg-type]


def test_a_renewal_keeps_it(api: Api) -> None:
    api.renewed(ALICE, ago=60)
    assert renew(api) == ""
    read = leases.lease_from(api.lease or {})
    assert api.now - read.renewed < 5
    assert read.transitions == 0


def test_a_renewal_that_meets_another_holder_or_none_says_that_it_is_lost(api: Api) -> None:
    api.renewed(BOB)
    assert "rollback by bob, job 7 of AWX" in renew(api)
    assert api.holder == BOB.identity
    api.lease = None
    assert renew(api) == "its Lease was taken away"
    assert api.lease is None


def test_who_gives_it_back_takes_nobody_elses(api: Api) -> None:
    def back() -> Any:
        return do(kube_lease.give_back(api, "calico-system", ALICE.identity))  # type: ignore[arg-type]

    api.renewed(ALICE)
    assert back() is True
    assert api.lease is None
    assert back() is False
    api.renewed(BOB)
    assert back() is False
    assert api.holder == BOB.identity


def test_mesh_on_takes_it_away_and_says_whose_it_was(api: Api) -> None:
    def away() -> str:
        return str(do(kube_lease.take_away(api, "calico-system")))  # type: ignore[arg-type]

    assert away() == ""
    api.renewed(ALICE)
    assert away().startswith("site by alice@one since")
    assert api.lease is None


@pytest.mark.parametrize("status", [401, 403])
def test_an_account_without_the_right_is_told_what_to_add(api: Api, status: int) -> None:
    api.status = status
    with pytest.raises(kube_lease.LeaseError) as refused:
        take(api)
    assert f"the Kubernetes API answered {status}: leases is forbidden" in str(refused.value)
    assert "docs/rbac.yaml has the rule for leases" in str(refused.value)


def test_an_api_that_does_not_answer_is_not_waited_for_without_a_bound(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_lease, "PATIENCE", 0.05)

    async def silent(*_request: Any) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(api, "request", silent)
    with pytest.raises(kube_lease.LeaseError, match="did not answer within"):
        take(api)


def namespace(api: Api, wanted: str = "") -> str:
    return str(do(kube_lease.namespace_of(api, wanted)))  # type: ignore[arg-type]


def test_the_lease_lies_where_calico_is(api: Api) -> None:
    assert namespace(api) == "calico-system"
    api.daemonsets = {"elsewhere": {"metadata": {"namespace": "elsewhere"}}}
    assert namespace(api, "elsewhere") == "elsewhere"
    with pytest.raises(
        kube_lease.LeaseError, match="no DaemonSet calico-node in calico-system and kube-system"
    ):
        namespace(api)
    api.daemonsets = {name: {"metadata": {"namespace": name}} for name in ("calico-system", "kube-system")}
    with pytest.raises(kube_lease.LeaseError, match="Say which in calico_plan_namespace"):
        namespace(api)


class InParts(BaseHTTPRequestHandler):
    """An API whose answers come in two parts."""

    def do_GET(self) -> None:
        text = json.dumps(leases.manifest("calico-system", ALICE, NOW)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        for part in (text[:50], text[50:]):
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.1)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


def test_an_answer_that_comes_in_parts_is_read_whole(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), InParts)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    leads = kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}")
    try:
        read = kube_lease.with_api(
            {"kubeconfig": leads}, lambda api: kube_lease.Leases(api, "calico-system").read()
        )
    finally:
        server.shutdown()
        server.server_close()
    assert read.lease is not None
    assert read.lease.holder == ALICE
    assert abs(read.now - time.time()) < 5
