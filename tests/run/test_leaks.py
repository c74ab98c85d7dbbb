# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reflector with an upstream router: a run is refused until that one cannot learn pod routes.

The tests share one lab and build on each other in this order.
"""

from __future__ import annotations

import json

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.advertised import (
    commands,
    read_advertised,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import IPV4
from tests.helpers.commands import succeed
from tests.helpers.labs import SHORT, Lab

pytestmark = pytest.mark.lab

PEER = "192.168.1.254"
TITLE = f"route reflector rr1, neighbor {PEER} (AS 65010)"
MAP = "route-map CALICO-NO-EXPORT permit 10"
USE = "neighbor CALICO route-map CALICO-NO-EXPORT in"


def configure(lab: Lab, **arguments: object) -> None:
    """Somebody types these lines on the router."""
    command = ["ansible", "rr1", "-m", "cisco.ios.ios_config", "-a", json.dumps(arguments)]
    succeed(command, lab.environment)


def running(lab: Lab) -> str:
    return lab.router("show running-config")


@pytest.fixture(scope="module")
def options() -> tuple[str, ...]:
    """An upstream router `up1`, real FRR, which keeps all that it was ever sent."""
    return ("--upstream",)


@pytest.fixture(scope="module")
def lab(lab: Lab) -> Lab:
    """The lab, whose router has a session with the upstream, without a filter."""
    configure(
        lab,
        parents=["router bgp 64512"],
        lines=[f"neighbor {PEER} remote-as 65010"],
        save_when="modified",
    )
    lab.wait(lambda: up(lab))
    return lab


def up(lab: Lab) -> bool:
    """Whether the session with the upstream is up, so that it would learn something."""
    row = next(line for line in lab.router("show ip bgp summary").splitlines() if line.startswith(PEER))
    return row.split()[-1].isdecimal()


def test_a_run_is_refused_by_the_name_of_the_neighbour_and_nothing_is_sent(lab: Lab) -> None:
    run = lab.play("site", **SHORT)
    assert (run.status, run.result["outcome"]) == (2, "refused"), run.output[-3000:]
    (found,) = [f for f in run.result["findings"]["reach-reach"] if f["verdict"] != "pass"]
    assert (found["check"], found["subject"]) == ("router.leaks", TITLE)
    assert f"name {PEER} in cisco_rr_may_learn" in run.output
    assert "CALICO" not in running(lab)
    assert lab.learned(ever=True) == set()


def test_with_no_export_it_cannot_learn_and_the_cluster_is_cut(lab: Lab) -> None:
    run = lab.play("site", **SHORT, cisco_rr_no_export=True)
    assert (run.status, run.result["outcome"]) == (0, "cut"), run.output[-3000:]
    shown = running(lab)
    assert MAP in shown
    assert USE in shown
    again = lab.play("peers", **SHORT, cisco_rr_no_export=True)
    assert set(again.changed.values()) == {0}, again.output[-3000:]
    assert up(lab)
    assert lab.learned(ever=True) == set()


def test_a_filter_does_as_well_and_the_route_map_goes(lab: Lab) -> None:
    rules = [
        "ip prefix-list UP seq 5 deny 10.244.0.0/16 le 32",
        "ip prefix-list UP seq 10 permit 0.0.0.0/0 le 32",
    ]
    configure(lab, lines=rules)
    parents = ["router bgp 64512", "address-family ipv4"]
    configure(lab, parents=parents, lines=[f"neighbor {PEER} prefix-list UP out"])
    run = lab.play("peers", **SHORT)
    assert run.status == 0, run.output[-3000:]
    assert "NO-EXPORT" not in running(lab)
    assert up(lab)
    assert lab.learned(ever=True) == set()


def test_the_router_shows_of_what_it_sends_planned_prefixes_alone(lab: Lab) -> None:
    """As nobody is at the other end of the neighbour's session, a node stands in."""
    (command,) = commands(IPV4, "192.168.1.10", ["10.244.0.0/16"])
    said = lab.router(command).replace("\r", "").partition(command)[2].partition("\nrr1#")[0]
    assert "Total number" not in said
    sent = read_advertised(said, command)
    assert len(sent) >= 2
    assert all(prefix.startswith("10.244.") for prefix in sent)


def test_a_filter_that_somebody_took_off_makes_validate_fail_by_name(lab: Lab) -> None:
    parents = ["router bgp 64512", "address-family ipv4"]
    line = f"no neighbor {PEER} prefix-list UP out"
    configure(lab, parents=parents, lines=[line], save_when="modified")
    lab.router(f"clear ip bgp {PEER} soft out")
    lab.wait(lambda: len(lab.learned()) >= 3)
    run = lab.play("validate")
    assert (run.status, run.result["outcome"]) == (2, "invalid"), run.output[-3000:]
    wrong = {
        (f["check"], f["subject"])
        for findings in run.result["findings"].values()
        for f in findings
        if f["verdict"] == "fail" and f["severity"] == "error"
    }
    assert wrong == {("router.leaks", TITLE), ("router.leaked", TITLE)}
