# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How `validate` asks a router for details, and what it makes of its findings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleError
from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.action import bgp_validate
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import IPV6
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    RouterPath,
    RouterPeer,
    RouterReading,
    RouterSurplus,
    RouterTraffic,
    router_observation_from,
    silent_node,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers import article, article_details
from tests.helpers.actions import action
from tests.helpers.article import NOW
from tests.helpers.devices import INVALID, SUMMARY, Device, router_with

NEIGHBORS = """BGP neighbor is 192.168.1.10,  remote AS 64512, internal link
 Member of peer-group CALICO for session parameters
  BGP version 4, remote router ID 192.168.1.10
  BGP state = Established, up for 00:01:23
  Last read 00:00:01, last write 00:00:02, hold time is 30, keepalive interval is 10 seconds
  Neighbor capabilities:
    Graceful Restart Capability: advertised and received
 For address family: IPv4 Unicast
  Session: 192.168.1.10
  Route-Reflector Client
  Maximum prefixes allowed 100 (warning-only)
  Threshold for warning message 75%
                                 Sent       Rcvd
  Prefix activity:               ----       ----
    Prefixes Current:               2          1 (Consumes 136 bytes)

  Connections established 5; dropped 4
  Last reset 00:01:30, due to Peer closed the session
  Graceful-Restart is enabled, restart-time 120 seconds, stalepath-time 360 seconds
  TCP session must be opened passively
Connection state is ESTAB, I/O status: 1, unread input bytes: 0
Local host: 192.168.1.1, Local port: 179
Foreign host: 192.168.1.10, Foreign port: 40001
"""
TABLE = """BGP table version is 9, local router ID is 192.168.1.1
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal
Origin codes: i - IGP, e - EGP, ? - incomplete

     Network          Next Hop            Metric LocPrf Weight Path
 *>i 10.244.10.0/26   192.168.1.10                  100      0 i
 * i 10.244.11.0/26   192.168.1.11                  100      0 i
"""
V6_TABLE = """     Network          Next Hop            Metric LocPrf Weight Path
 *>i FD00::/122       FD00:1::10                    100      0 i
"""
#: What a node announces beside the pools.
ROUTES = TABLE.replace(" * i 10.244.11.0/26 ", " *>i 203.0.113.0/24 ") + "\nTotal number of prefixes 2\n"
IDS = "Global cluster-id: 0.0.0.1 (configured: 0.0.0.1)\n"
ANSWERS = {
    "show_bgp_all_cluster-ids": IDS,
    "show_bgp": SUMMARY,
    "show_ip_bgp_neighbors": NEIGHBORS,
    "show_ip_bgp_10.244.0.0/16_longer-prefixes": TABLE,
}
POOL = "10.244.0.0/16"
IN_POOL = f"show ip bgp {POOL} longer-prefixes"
A, B = "192.168.1.10", "192.168.1.11"


def observe(device=None, interval=0.0, prefixes=(POOL,), **answers):
    router = router_with(device or Device(), **{**answers, **ANSWERS, **answers})
    return router_utils.observe(router, "rr1", router_utils.Depth(interval, "1", prefixes, (A, B)))


def test_everything_that_validate_asks_of_a_router():
    seen = observe()
    assert (seen.answered, seen.privilege, len(seen.sessions)) == (True, 15, 2)
    assert seen.platform == "IOS 15.9(3)M2"
    (details,) = seen.details
    assert details.peers == (
        RouterPeer(
            address="192.168.1.10",
            client=True,
            passive=True,
            local_port=179,
            hold=30,
            graceful_restart="advertised and received",
            configured_restart=True,
            dropped=4,
            last_reset="Peer closed the session",
            last_reset_seconds=90,
            prefix_limit=100,
            prefixes=1,
        ),
    )
    assert details.paths == (
        RouterPath("10.244.10.0/26", "192.168.1.10", True),
        RouterPath("10.244.11.0/26", "192.168.1.11", False),
    )
    assert (details.cluster_id, details.wanted_cluster_id, details.unread) == ("0.0.0.1", "0.0.0.1", ())
    assert (details.before.version, details.before.rows) == (9, details.after.rows)
    assert details.after.rows[0] == RouterTraffic("192.168.1.10", 9, 0, 0, 13, 10, 83)


def test_each_family_is_asked_for_with_its_own_commands():
    asked = {IPV6.summary.replace(" ", "_"): SUMMARY}
    assert {row.family for row in router_with(Device(), **asked).summary(IPV6).rows} == {IPV6.heading}
    inside = "show_bgp_ipv6_unicast_fd00::/48_longer-prefixes"
    router = router_with(
        Device(),
        **{**asked, "show_bgp_ipv6_unicast_neighbors": NEIGHBORS, inside: V6_TABLE, "show_bgp": TABLE},
    )
    depth, before = router_utils.Depth(0, prefixes=(POOL, "fd00::/48")), RouterReading(0.0, None, ())
    found = router_utils.inquire(router, router.running(), router.summary(IPV6), depth, before, IPV6)
    assert [peer.client for peer in found.peers] == [None], "its policy is that of IPv4"
    assert found.paths == (RouterPath("fd00::/122", "fd00:1::10", True),)
    assert len(found.questions.unread) == 1
    assert found.questions.unread[0].startswith("show bgp all cluster-ids")


def test_an_observation_with_details_survives_the_run_directory():
    seen = observe()
    assert router_observation_from(json.loads(json.dumps(to_data(seen)))) == seen
    assert router_observation_from(to_data(article.router())) == article.router()


def test_the_two_readings_are_so_far_apart(monkeypatch):
    now = iter(range(1000, 1100))
    slept = []
    clock = SimpleNamespace(time=lambda: float(next(now)), sleep=slept.append)
    monkeypatch.setattr(router_utils, "time", clock)
    observe(interval=5)
    assert slept == [4.0], "a second went by with the other questions"


def test_a_command_that_the_router_does_not_have_leaves_the_rest():
    seen = observe(**{"show_bgp_all_cluster-ids": INVALID})
    assert (seen.answered, seen.details[0].cluster_id, len(seen.details[0].peers)) == (True, "", 1)
    assert len(seen.details[0].unread) == 1
    assert seen.details[0].unread[0].startswith("show bgp all cluster-ids, line 1: ")


def test_a_text_that_is_not_understood_leaves_the_rest():
    seen = observe(show_ip_bgp_neighbors="BGP neighbor is somebody\n")
    assert (seen.answered, seen.details[0].peers, len(seen.details[0].paths)) == (True, None, 2)
    assert "show ip bgp neighbors" in seen.details[0].unread[0]


def test_a_table_that_takes_too_long_costs_no_more_than_itself():
    seen = observe(
        show_ip_bgp_neighbors=RouterConnectionError("command timeout triggered, timeout value is 30 secs.")
    )
    assert (seen.answered, len(seen.sessions), seen.details[0].peers, seen.details[0].paths) == (
        True,
        2,
        None,
        None,
    )
    first, second = seen.details[0].unread
    assert first.startswith("show ip bgp neighbors: command timeout triggered")
    assert first.endswith("a large table may need a longer ansible_command_timeout")
    assert second == f"{IN_POOL}: not asked after the silence before"


PLANNED = {
    # planned prefixes, the networks that are asked for
    "a pool and services": (("10.96.0.0/12", POOL), ["10.96.0.0/12", POOL]),
    "one within the other": (("10.244.7.0/24", POOL, "10.244.0.0/18"), [POOL]),
    "twice": ((POOL, POOL), [POOL]),
    "of another family": ((POOL, "fd00::/48"), [POOL]),
    "none": ((), []),
}


class Asked(Device):
    """A device that answers everything, and keeps what it was asked."""

    def __init__(self, **answers):
        super().__init__()
        self.answers = {"show ip bgp": "", "show bgp all cluster-ids": IDS, "show bgp": SUMMARY, **answers}

    def answer(self, command):
        self.asked.append(command)
        known = (
            answer
            for start, answer in sorted(self.answers.items(), reverse=True)
            if command.startswith(start)
        )
        return (
            next(known, None)
            if any(command.startswith(start) for start in self.answers)
            else super().answer(command)
        )


def inquire(device, prefixes=(POOL,), nodes=(A, B)):
    (details,) = router_utils.observe(
        router_with(device), "rr1", router_utils.Depth(0, "1", prefixes, nodes)
    ).details
    return details


@pytest.mark.parametrize(("prefixes", "networks"), PLANNED.values(), ids=PLANNED)
def test_of_the_table_only_what_is_planned_is_asked_for(prefixes, networks):
    device = Asked()
    details = inquire(device, prefixes, nodes=())
    asked = [c for c in device.asked if c.startswith("show ip bgp") and c != "show ip bgp neighbors"]
    assert asked == [f"show ip bgp {network} longer-prefixes" for network in networks]
    assert (details.paths, details.surplus, details.unread) == ((), (), ())


def test_a_prefix_that_the_table_does_not_have_has_no_paths():
    answers = {IN_POOL: TABLE, "show ip bgp 10.96": "% Network not in table\n"}
    details = inquire(Asked(**answers), ("10.96.0.0/12", POOL))
    assert [path.prefix for path in details.paths] == ["10.244.10.0/26", "10.244.11.0/26"]


def test_a_router_that_refuses_the_first_prefix_is_asked_for_no_other():
    device = Asked(**{"show ip bgp 10.96": INVALID})
    details = inquire(device, ("10.96.0.0/12", POOL))
    assert (details.paths, details.surplus, len(details.unread)) == (None, None, 1)
    assert details.unread[0].startswith("show ip bgp 10.96.0.0/12 longer-prefixes, line 1: ")
    assert IN_POOL not in device.asked


def test_of_very_many_planned_prefixes_only_the_largest_are_asked_for():
    device = Asked(**{IN_POOL: TABLE})
    details = inquire(device, (*(f"203.0.113.{i}/32" for i in range(60)), POOL))
    assert len([c for c in device.asked if c.endswith("longer-prefixes")]) == 50
    assert (len(details.paths), details.surplus) == (2, None)
    assert details.unread == (
        "11 of 61 planned prefixes are not asked for, as they are too many; "
        "nor is whether the nodes announce others",
    )


def test_a_node_that_announces_no_more_than_is_planned_is_not_asked_about():
    device = Asked(**{IN_POOL: TABLE})
    assert inquire(device).surplus == ()
    assert not [c for c in device.asked if c.endswith("routes")]


def test_what_a_node_announces_beside_what_is_planned_is_named():
    summary = SUMMARY.replace("00:01:23        1", "00:01:23        2")
    device = Asked(**{IN_POOL: TABLE, f"show ip bgp neighbors {A} routes": ROUTES, "show bgp ipv4": summary})
    assert inquire(device).surplus == (RouterSurplus(A, 2, 1, ("203.0.113.0/24",)),)
    assert inquire(device, nodes=(B,)).surplus == (), "a neighbour of others is nobody's business"


def test_a_path_that_another_neighbour_passes_on_hides_no_surplus():
    twice = TABLE + " * i                  192.168.1.10                  100      0 i\n"
    twice = twice.replace("10.244.11.0/26   192.168.1.11", "10.244.10.0/26   192.168.1.10")
    summary = SUMMARY.replace("00:01:23        1", "00:01:23        2")
    device = Asked(**{IN_POOL: twice, f"show ip bgp neighbors {A} routes": ROUTES, "show bgp ipv4": summary})
    assert [(s.received, s.inside) for s in inquire(device).surplus] == [(2, 1)]


def test_a_block_that_came_in_between_is_no_surplus():
    device = Asked(**{f"show ip bgp neighbors {A} routes": TABLE})
    assert inquire(device).surplus == (RouterSurplus(A, 1, 0, ()),)


def test_a_node_that_announces_very_much_is_only_counted():
    summary = SUMMARY.replace("00:01:23        1", "00:01:23   812345")
    device = Asked(**{IN_POOL: TABLE, "show bgp ipv4": summary})
    assert inquire(device).surplus == (RouterSurplus(A, 812345, 1, None),)
    assert not [c for c in device.asked if c.endswith("routes")]


def many_nodes(count):
    line = "192.168.2.{:<5} 4        64512      13      10        9    0    0 00:01:23        1\n"
    head = SUMMARY.partition("192.168.1.10")[0]
    return head + "".join(line.format(i) for i in range(1, count + 1)), [
        f"192.168.2.{i}" for i in range(1, count + 1)
    ]


@pytest.mark.parametrize(("answer", "asked"), [("", 5), (INVALID, 1)])
def test_only_the_first_few_such_nodes_are_asked_about(answer, asked):
    summary, nodes = many_nodes(7)
    device = Asked(**{"show ip bgp neighbors 192": answer, "show bgp ipv4": summary})
    surplus = inquire(device, nodes=tuple(nodes)).surplus
    assert len([c for c in device.asked if c.endswith("routes")]) == asked
    assert [s.address for s in surplus] == nodes
    assert [s.outside for s in surplus] == ([()] * 5 + [None] * 2 if not answer else [None] * 7)


def test_a_cluster_id_that_is_none_is_named():
    router = router_with(Device(), **ANSWERS)
    seen = router_utils.observe(router, "rr1", router_utils.Depth(0, "one"))
    assert (seen.answered, seen.details[0].wanted_cluster_id) == (True, "")
    assert seen.details[0].unread[0].startswith("cisco_rr_cluster_id: ")


def test_a_privilege_too_low_is_an_observation():
    seen = observe(Device(privilege=1))
    assert (seen.answered, seen.privilege, seen.details) == (False, 1, ())
    assert seen.reason.startswith("privilege level 1 shows only a part")


def test_without_details_a_router_is_asked_no_more_than_before():
    assert router_utils.observe(router_with(Device(), show_bgp=SUMMARY), "rr1").details == ()


ODD = weigh.finding("router.drift", "s", False, "e", "a", "do", severity="warning")
GOOD = weigh.finding("router.drift", "s", True, "e", "a", "do", severity="warning")
BAD = weigh.finding("router.saved", "s", False, "e", "a", "do")
# strict, accepted, severities of a warning, one that passed and an error
WEIGHED = {
    "as it is": (False, (), ("warning", "warning", "error")),
    "strict": (True, (), ("error", "warning", "error")),
    "accepted": (False, ("router.drift",), ("accepted", "warning", "error")),
    "accepted, strict": (True, ("router.drift",), ("accepted", "warning", "error")),
}


@pytest.mark.parametrize(("strict", "accept", "severities"), WEIGHED.values(), ids=WEIGHED)
def test_warnings_are_weighed(strict, accept, severities):
    weighed = bgp_validate.weighed((ODD, GOOD, BAD), strict, accept)
    assert tuple(f.severity for f in weighed) == severities


@pytest.mark.parametrize("name", ["router.drifts", "router.saved"])
def test_only_a_check_that_warns_can_be_accepted(name):
    with pytest.raises(AnsibleError, match=rf"accept: {name} is no check that warns"):
        bgp_validate.weighed((ODD,), False, [name])


@pytest.fixture
def healthy(tmp_path):
    """A run of `validate` whose observations are healthy, and the plan's path."""
    evidence = article_details.evidence()
    # Alone in its folder: the runs of the same cluster lie beside it.
    run = tmp_path / "prod" / "run"
    rundir.write_state(run, RunState(mesh=False))
    stage = run / rundir.OBSERVATIONS / "now"
    for seen in evidence.nodes.values():
        rundir.write_node(run, "now", seen)
    rundir.write(stage / "router-rr1.json", to_data(evidence.routers["rr1"]))
    rundir.write(run / "push-rr1.json", to_data(evidence.pushes["rr1"]))
    rundir.write(run / rundir.CLUSTER, to_data(evidence.cluster))
    return rundir.write(run / rundir.PLAN, to_data(evidence.plan))


def judge(plan, monkeypatch, *, check_mode=False, **arguments):
    monkeypatch.setattr(bgp_validate, "time", SimpleNamespace(time=lambda: NOW + 1))
    given = {"plan": plan, "gate": "health", "stage": "now", **arguments}
    return action(bgp_validate, given, check_mode=check_mode).run(task_vars={})


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_healthy_cluster_warns_of_its_only_reflector(healthy, monkeypatch, check_mode):
    result = judge(healthy, monkeypatch, check_mode=check_mode)
    assert (result["ok"], result["warned"], result["drift"], result["changed"]) == (True, 1, False, False)
    assert judge(healthy, monkeypatch, accept=["redundancy.reflector"])["warned"] == 0


def test_strict_fails_for_a_warning(healthy, monkeypatch):
    result = judge(healthy, monkeypatch, strict=True)
    assert result["failed"]
    assert "the only reflector" in result["msg"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_drift_is_no_failure_and_is_said(healthy, monkeypatch, check_mode):
    push = replace(article.push("planned"), commands=("router bgp 64512",))
    rundir.write(Path(healthy).parent / "push-rr1.json", to_data(push))
    result = judge(healthy, monkeypatch, check_mode=check_mode)
    assert (result["ok"], result["drift"], result["warned"]) == (True, True, 2)


def test_what_is_wrong_fails_in_check_mode_too(healthy, monkeypatch):
    """Nothing was to be changed, so nothing depends on changes that were not made."""
    run = Path(healthy).parent
    rundir.write(run / "push-rr1.json", to_data(article.push("planned")))
    rundir.write_node(run, "now", silent_node("node-b", "ipv4", NOW, "timed out"))
    result = judge(healthy, monkeypatch, check_mode=True)
    assert (result["failed"], result["verdict"]) == (True, "unknown")
