# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The push to a reflector, down to the lines that cross the connection, against a router in memory."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from unittest import mock

import pytest
from ansible.errors import AnsibleError

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config import running as config
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from ansible_collections.telco.calico_bgp.plugins.module_utils.peerlists import LINE_OPTIONS
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import push
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers import article
from tests.helpers.devices import INVALID, SECRET, Device, lines
from tests.helpers.pushing import FOREIGN


def test_the_first_push_and_the_second(bring):
    device = Device()
    result, pushed, _shown = bring(device, password=SECRET)
    assert (pushed.outcome, pushed.detail, pushed.guarded) == ("applied", "", True)
    assert result["changed"]
    sent = lines(device)
    assert sent[0] == "configure terminal revert timer 5"
    assert any(SECRET in line for line in sent)
    assert [line for line in sent if line.startswith(("configure", "write", "end"))] == [
        "configure terminal revert timer 5",
        "end",
        "configure terminal",
        "end",
        "configure confirm",
        "write memory",
    ]
    assert len(pushed.commands) == len(sent) - 6
    assert sum("192.168.1.1" in c and "peer-group" in c for c in pushed.commands) == 3
    assert "neighbor CALICO password ********" in [c.strip().replace(" 0 ", " ") for c in pushed.commands]

    device.asked.clear()
    result, pushed, _shown = bring(device, password=SECRET)
    assert (pushed.outcome, pushed.commands, result["changed"]) == ("unchanged", (), False)
    assert lines(device) == []
    assert "diff" not in result


def test_unchanged_and_not_saved(bring):
    device = Device()
    bring(device, save=False)
    device.asked.clear()
    result, pushed, _shown = bring(device, check_mode=True)
    assert (pushed.outcome, result["changed"], lines(device)) == ("unchanged", True, [])
    result, pushed, _shown = bring(device)
    assert (pushed.outcome, result["changed"], lines(device)) == ("unchanged", True, ["write memory"])
    assert device.saved == device.text()


def test_check_mode_sends_nothing(bring):
    device = Device()
    result, pushed, _shown = bring(device, check_mode=True, diff=True, password=SECRET)
    assert (pushed.outcome, result["changed"], lines(device)) == ("planned", True, [])
    assert pushed.commands
    assert result["diff"]["after"] != result["diff"]["before"]


def test_what_others_feel_is_said_and_recorded_while_lines_are_sent(bring):
    device = Device(lines=FOREIGN)
    result, pushed, shown = bring(device)
    assert pushed.outcome == "applied"
    (notice,) = [found for found in pushed.notices if "reflected to 203.0.113.9" in found]
    assert notice in result["notices"]
    assert f"    rr1: note: {notice}" in shown
    shown.clear()
    result, pushed, shown = bring(device)
    assert (pushed.outcome, pushed.notices, result["notices"]) == ("unchanged", (), [])
    assert not any("note:" in line for line in shown)


def test_without_an_archive_nothing_guards_the_push(bring):
    device = Device(archive=False)
    _result, pushed, shown = bring(device)
    assert (pushed.outcome, pushed.guarded) == ("applied", False)
    assert "configure terminal" in device.asked
    assert not any("configure confirm" in c or "revert" in c for c in lines(device))
    assert shown == ["    rr1: no archive on this router, so no revert timer guards the push"]


def positions():
    """Every line of the first push, by what is sent."""
    device = Device()
    with mock.patch.object(router_utils, "Connection", return_value=device):
        router = router_utils.Router(SimpleNamespace(socket_path="x"))
        want = ios_bgp_reflector.wanted(article.planned(), "rr1", ARGUMENTS)
        return list(
            dict.fromkeys(
                c.strip() for c in ios_bgp_reflector.change.plan_change(router.running(), want).commands
            )
        )


ARGUMENTS = {
    **LINE_OPTIONS,
    "cluster_id": "1",
    "timers": {"keepalive": 3, "hold": 9},
    "graceful_restart": None,
}


@pytest.mark.parametrize("line", positions())
def test_a_refused_line_takes_all_back(bring, line):
    device = Device()
    before = device.text()
    device.refuse = line
    result, pushed, _shown = bring(device)
    assert pushed.outcome == "reverted"
    assert "% Invalid input detected at '^' marker." in pushed.detail
    assert pushed.detail.endswith("The router went back to what it was")
    assert lines(device)[-2:] == ["end", "configure revert now"]
    assert device.text() == before
    assert not result["changed"]
    assert "failed" not in result, "the cluster's host judges it"


def test_a_refused_line_names_its_place(bring):
    device = Device()
    device.refuse = "password"
    _result, pushed, _shown = bring(device, password=SECRET)
    place = next(i for i, c in enumerate(pushed.commands, 1) if "password" in c)
    assert f"it refused line {place} of {len(pushed.commands)}, " in pushed.detail
    assert "password ********" in pushed.detail


def test_a_refused_line_without_a_guard_stays_half_done(bring):
    device = Device(archive=False)
    device.refuse = "route-reflector-client"
    result, pushed, _shown = bring(device)
    assert pushed.outcome == "partial"
    begin, end = pushed.detail.split(". Without an archive nothing takes the others back: ")
    assert "it refused line " in begin
    assert "router bgp is in the present configuration and not in the earlier one" in end
    assert result["changed"]
    assert not any("revert" in c or c == "write memory" for c in lines(device))


def test_without_a_guard_and_with_nothing_left_there_nothing_has_changed(bring):
    device = Device(archive=False)
    device.answer = lambda command: (
        INVALID if device.configuring and command != "end" else Device.answer(device, command)
    )
    result, pushed, _shown = bring(device)
    assert (pushed.outcome, result["changed"]) == ("reverted", False)
    assert pushed.detail.endswith("Nothing of the change is there")


@pytest.mark.parametrize("paramiko", [False, True])
@pytest.mark.parametrize("line", positions())
def test_both_ssh_libraries_name_the_refused_line(bring, line, paramiko):
    """With paramiko, network_cli's error holds the end of what came alone."""
    device = Device()
    device.refuse, device.paramiko = line, paramiko
    _result, pushed, _shown = bring(device)
    place = next(at for at, one in enumerate(pushed.commands, 1) if line in one)
    assert pushed.detail.startswith(f"it refused line {place} of {len(pushed.commands)}, ")
    assert pushed.outcome == "reverted"


SAYS = "% Warning: A hold time of less than 20 seconds increases the chances of peer flapping"


def test_a_warning_is_told_and_no_refusal(bring):
    device = Device()
    device.says["timers 3 9"] = SAYS
    result, pushed, shown = bring(device)
    assert (pushed.outcome, result["said"]) == ("applied", [SAYS])
    assert f"    rr1: the router says: {SAYS}" in shown


LOCKED = "Configuration mode is locked by process '484' user 'netops' from terminal '2'. Please try later."
NO_ARCHIVE = "Turn config archive on before using Rollback Confirmed Change"


@pytest.mark.parametrize("words", [LOCKED, NO_ARCHIVE, f"%{NO_ARCHIVE}", "some words of a later release"])
def test_nothing_is_sent_where_configuration_mode_is_not_reached(bring, words):
    device = Device()
    device.closed = words
    before = device.text()
    result, pushed, _shown = bring(device)
    assert (pushed.outcome, device.text(), result["changed"]) == ("refused", before, False)
    assert lines(device) == ["configure terminal revert timer 5"]
    assert pushed.detail.startswith("it does not let itself be configured: ")
    assert "goes back" not in pushed.detail


def test_a_router_that_leaves_configuration_mode(bring):
    device = Device()
    whole = Device.answer

    def answer(command):
        said = whole(device, command)
        device.configuring = device.configuring and "route-reflector-client" not in command
        return said

    device.answer = answer
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "reverted"
    assert "it has left configuration mode" in pushed.detail


def test_an_answer_out_of_step_ends_the_push(bring):
    device = Device()
    before = device.text()
    device.garble = "route-reflector-client"
    _result, pushed, _shown = bring(device, password=SECRET)
    assert (pushed.outcome, device.text()) == ("reverted", before)
    assert "it shows 'neighbor CALICO route-reflXctor-client' where 'neighbor" in pushed.detail


@pytest.mark.parametrize("paramiko", [False, True])
def test_answers_that_come_one_by_one(bring, monkeypatch, paramiko):
    """A router that pauses behind each prompt: network_cli then gives up waiting."""
    monkeypatch.setattr(router_utils.time, "sleep", lambda _seconds: None)
    device = Device()
    device.slow, device.paramiko = True, paramiko
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "applied"


def test_a_router_that_answers_nothing_any_more_is_silent(bring, monkeypatch):
    monkeypatch.setattr(router_utils.time, "sleep", lambda _seconds: None)
    device = Device()
    device.stuck = "route-reflector-client"
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "lost"
    assert "no answer to " in pushed.detail
    assert pushed.detail.endswith("it goes back by itself within 5 minutes")


def test_the_waiting_of_the_connection_is_as_it_was(bring):
    device = Device()
    bring(device)
    assert device.options == {"persistent_buffer_read_timeout": 0.1}


class Clock:
    """Each question takes so many seconds."""

    def __init__(self, device, seconds):
        self.device, self.seconds = device, seconds

    def __call__(self):
        return len(self.device.asked) * self.seconds


def test_a_long_push_winds_the_timer_up_again(bring, monkeypatch):
    device = Device()
    monkeypatch.setattr(push.time, "monotonic", Clock(device, 20))
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "applied"
    sent = lines(device)
    wound = [at for at, line in enumerate(sent) if line == "configure revert timer 5"]
    assert len(wound) > 2
    assert max(later - earlier for earlier, later in pairwise([0, *wound, len(sent)])) * 20 < 300
    contexts = []
    for at in wound:
        assert sent[at - 1] == "end"
        if sent[at + 1] == "configure terminal":
            contexts.append(sent[at + 2 : at + 4])
    assert ["router bgp 64512", "address-family ipv4"] in contexts
    assert "configure confirm" in sent


def test_a_timer_that_ran_out_is_read_back(bring, monkeypatch):
    device = Device()
    before = device.text()
    whole = Device.answer

    def answer(command):
        if "route-reflector-client" in command:
            device.ios, device.before = device.before, None
            return ""
        return whole(device, command)

    device.answer = answer
    monkeypatch.setattr(push.time, "monotonic", Clock(device, 20))
    _result, pushed, _shown = bring(device)
    assert (pushed.outcome, device.text()) == ("reverted", before)
    assert pushed.detail.startswith("its revert timer of 5 minutes ran out after ")
    assert pushed.detail.endswith("The router went back to what it was")
    assert "write memory" not in device.asked


def test_a_router_that_did_not_go_back_whole(bring):
    device = Device(lines=FOREIGN)
    device.refuse = "route-reflector-client"
    whole = Device.answer

    def answer(command):
        said = whole(device, command)
        if command == "configure revert now":
            device.ios.configure(["router bgp 64512", "neighbor 203.0.113.10 remote-as 64512"])
        return said

    device.answer = answer
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "partial"
    assert "It went back, but not to what it was: neighbor 203.0.113.10" in pushed.detail


@pytest.mark.parametrize("minutes", [0, -1, 121, 1440])
def test_a_revert_timer_that_ios_does_not_have(bring, minutes):
    device = Device()
    _result, pushed, _shown = bring(device, revert_minutes=minutes)
    assert (pushed.outcome, device.asked) == ("refused", [])
    assert f"cisco_rr_revert_minutes {minutes}: " in pushed.detail
    assert "no archive" not in pushed.detail


SAVING = {
    "busy": ("startup-config file open failed (Device or resource busy)\n", "Device or resource busy"),
    "says nothing": ("", "it was told to save, and router bgp is in the running configuration"),
    "asks": (
        "Warning: Attempting to overwrite an NVRAM configuration previously written\n"
        "by a different version of the system image.\n"
        "Overwrite the previous NVRAM configuration?[confirm]n\n",
        "it asks first, and was told no: Overwrite the previous NVRAM configuration?[confirm]n; save it by",
    ),
}


@pytest.mark.parametrize(("answer", "why"), SAVING.values(), ids=SAVING)
def test_what_is_not_saved_is_not_called_saved(bring, answer, why):
    device = Device()
    whole = Device.answer
    device.answer = lambda command: answer if command == "write memory" else whole(device, command)
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "applied"
    assert pushed.detail.startswith("It is not saved: ")
    assert why in pushed.detail
    assert device.saved != device.text()


def test_somebody_elses_rollback_timer(bring):
    device = Device()
    device.pending = True
    _result, pushed, _shown = bring(device)
    assert (pushed.outcome, lines(device)) == ("refused", [])
    assert "user admin set it at 12:00:00 UTC Sun Mar 1 2026 for 5 minutes" in pushed.detail


def test_a_router_that_does_not_let_itself_be_configured(bring):
    device = Device()
    device.refuse = "configure terminal"
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "refused"
    assert pushed.detail.startswith("it does not let itself be configured: % Invalid input")


def test_a_line_that_is_taken_and_not_there(bring):
    device = Device()
    before = device.text()
    device.lose = next(c for c in positions_raw() if "route-reflector-client" in c)
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "reverted"
    assert pushed.detail.startswith("it took every line, but these are not there: ")
    assert "route-reflector-client" in pushed.detail
    assert device.text() == before


def positions_raw():
    want = ios_bgp_reflector.wanted(article.planned(), "rr1", ARGUMENTS)
    have = config.read_running(Device().text())
    return ios_bgp_reflector.change.plan_change(have, want).commands


def test_absent_takes_only_ours_away(bring):
    device = Device(lines=FOREIGN)
    before = device.text()
    bring(device)
    _result, pushed, _shown = bring(device, state="absent")
    assert pushed.outcome == "applied"
    assert "203.0.113.9" in device.text()
    assert "CALICO" not in device.text()
    assert "203.0.113.9" in before


def test_a_failed_soft_clear_is_told(bring):
    device = Device()
    bring(device, maximum_prefix=100)
    wider = article.planned()
    wider = replace(wider, prefixes=(*wider.prefixes, Prefix("10.245.0.0/16", 26, 32)))
    device.asked.clear()
    planned = ios_bgp_reflector.change.plan_change(
        config.read_running(device.text()),
        ios_bgp_reflector.wanted(wider, "rr1", {**ARGUMENTS, "maximum_prefix": 100}),
    )
    assert planned.soft_clear
    device.refuse = "clear ip bgp"
    with mock.patch.object(router_utils, "Connection", return_value=device):
        router = router_utils.Router(SimpleNamespace(socket_path="x"))
        outcome = push.clear(router, push.clears(planned), push.Outcome("applied"))
    assert outcome.outcome == "applied"
    assert outcome.detail.startswith(
        "The lines are in place, but the routes that are there do not follow them"
    )
    assert "type clear ip bgp peer-group CALICO soft (" in outcome.detail


@pytest.mark.parametrize(
    ("fault", "asked", "left"),
    [
        ("refuse", ["a", "b", "c"], "clear ip bgp peer-group b soft ("),
        ("silent_at", ["a", "b"], "clear ip bgp peer-group b soft, clear ip bgp peer-group c soft ("),
    ],
)
def test_one_failed_soft_clear_ends_the_others_only_where_the_router_is_silent(fault, asked, left):
    device = Device()
    setattr(device, fault, "clear ip bgp peer-group b soft")
    planned = ios_bgp_reflector.change.Change(soft_clear=("a", "b", "c"))
    with mock.patch.object(router_utils, "Connection", return_value=device):
        router = router_utils.Router(SimpleNamespace(socket_path="x"))
        outcome = push.clear(router, push.clears(planned), push.Outcome("applied"))
    assert device.asked == [f"clear ip bgp peer-group {name} soft" for name in asked]
    assert f"type {left}" in outcome.detail


def test_nodes_that_are_left_out_keep_their_neighbours(bring, tmp_path):
    device = Device()
    bring(device)
    away = article.planned(
        ("node-a", "node-b"),
        left_out={"node-c": "NotReady"},
        left_out_addresses={"node-c": {"ipv4": article.ADDRESSES["node-c"]}},
    )
    path = rundir.write(tmp_path / "later.json", to_data(away))
    _result, pushed, _shown = bring(device, plan=path)
    assert (pushed.outcome, pushed.commands) == ("unchanged", ())
    gone = rundir.write(tmp_path / "gone.json", to_data(replace(away, left_out={})))
    assert f"no neighbor {article.ADDRESSES['node-c']}" in " ".join(bring(device, plan=gone)[1].commands)


def test_an_option_that_cannot_be(bring):
    device = Device()
    result, pushed, _shown = bring(device, timers={"keepalive": 30, "hold": 10})
    assert (result["outcome"], result["changed"]) == ("refused", False)
    assert "keepalive must be shorter than hold" in result["msg"]
    assert (pushed.outcome, pushed.detail, device.asked) == ("refused", result["msg"], [])


def test_nothing_is_sent_behind_a_push_to_another_reflector_that_went_wrong(bring, tmp_path):
    for outcome, sent in (("applied", True), ("unchanged", True), ("refused", False), ("lost", False)):
        rundir.write_push(tmp_path, replace(article.push(outcome), host="rr2"))
        device = Device()
        _result, pushed, _shown = bring(device)
        assert (pushed.outcome == "applied") is sent
        if not sent:
            assert device.asked == []
            assert pushed.detail == f"nothing was sent, as the push to rr2 went wrong ({outcome})"
            result, _pushed, _shown = bring(device, state="undrained")
            assert "rr2" not in result["msg"], "a way back waits for nobody"


def test_many_resets_are_counted():
    planned = ios_bgp_reflector.change.Change(resets=tuple(f"192.168.1.{i}" for i in range(10, 15)))
    said = "the lines would reset the sessions with 192.168.1.10, 192.168.1.11, 192.168.1.12 and 2 more; "
    with_mesh, two = (
        article.planned(),
        article.planned(reflectors=tuple(article.reflector(f"rr{i}", f"192.168.1.{i}") for i in (1, 2))),
    )

    def refusal(plan, allowed=False):
        return ios_bgp_reflector.reset_refusal(planned, plan, "rr1", allowed=allowed)

    assert refusal(with_mesh) == said + "set cisco_rr_allow_session_reset to do it all the same"
    assert refusal(with_mesh, allowed=True) == ""
    drain = "the mesh is off, so drain it first (drain -e calico_bgp_reflector=rr1), and undrain it then"
    assert refusal(replace(two, mesh=False), allowed=True) == said + drain
    on = "the mesh is off, so turn it on first (mesh_on), and run site then"
    assert refusal(replace(with_mesh, mesh=False), allowed=True) == said + on


def test_another_connection_is_refused_with_advice():
    with pytest.raises(AnsibleError, match="set ansible_connection to ansible"):
        router_utils.Router(SimpleNamespace())
