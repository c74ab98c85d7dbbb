# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The push to a reflector, down to the lines that cross the connection, against a router in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from unittest import mock

import pytest
from ansible.errors import AnsibleError
from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config import running as config
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    RouterSession,
    silent_node,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix
from ansible_collections.telco.calico_bgp.plugins.module_utils.peerlists import LINE_OPTIONS
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import push
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers import article, held
from tests.helpers.devices import INVALID, SECRET, SUMMARY, Device, lines, router_with

FOREIGN = ["router bgp 64512", "neighbor 203.0.113.9 remote-as 64512"]


@pytest.fixture
def bring(tmp_path, monkeypatch):
    """Run the action against a device; gives Ansible's result, the recorded push and what was displayed."""
    shown = []
    display = SimpleNamespace(display=shown.append, warning=shown.append)
    monkeypatch.setattr(ios_bgp_reflector, "display", display)
    path = rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))
    held.hold(tmp_path)
    # Beside this directory lie those of other tests.
    monkeypatch.setattr(rundir, "begun_before", lambda _run, _host: None)

    def run(device, check_mode=False, diff=False, **arguments):
        monkeypatch.setattr(router_utils, "Connection", lambda _path: device)
        task = mock.MagicMock(check_mode=check_mode, async_val=0, diff=diff)
        task.args = {"plan": path, "cluster_id": "1", "timers": {"keepalive": 3, "hold": 9}, **arguments}
        connection = SimpleNamespace(socket_path="/run/socket", _shell=mock.MagicMock(tmpdir=None))
        action = ios_bgp_reflector.ActionModule(
            task, connection, mock.MagicMock(), mock.MagicMock(), mock.MagicMock(), mock.MagicMock()
        )
        result = action.run(task_vars={"inventory_hostname": "rr1"})
        pushed = rundir.read_pushes(tmp_path).get("rr1")
        everything = json.dumps([result, pushed and to_data(pushed), shown])
        assert SECRET not in everything
        return result, pushed, shown

    return run


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


SILENT = {
    # where the router falls silent, archive, outcome, start and end of the detail
    "at the first question": ("show version", True, "lost", "nothing was sent: ", ""),
    "at the second question": ("show privilege", True, "lost", "nothing was sent: ", ""),
    "at the configuration": ("show running-config", True, "lost", "nothing was sent: ", ""),
    "before the first line": (
        "configure terminal",
        True,
        "lost",
        "no answer any more before the first line",
        "",
    ),
    "in the middle": (
        "route-reflector-client",
        True,
        "lost",
        "no answer any more after ",
        "it goes back by itself within 5 minutes",
    ),
    "in the middle, no guard": (
        "route-reflector-client",
        False,
        "lost",
        "no answer any more after ",
        "no archive takes the lines back",
    ),
    "before whose timer it is was kept": (
        "end",
        True,
        "lost",
        "no answer any more before the first line ",
        "it goes back by itself within 5 minutes",
    ),
    "at the confirmation": (
        "configure confirm",
        True,
        "lost",
        "it took every line, then no answer any more",
        "it goes back by itself within 5 minutes",
    ),
    "while saving": ("write memory", True, "applied", "It is not saved: ", ""),
}


@pytest.mark.parametrize(("at", "archive", "outcome", "start", "end"), SILENT.values(), ids=SILENT)
def test_a_silent_router(bring, at, archive, outcome, start, end):
    device = Device(archive=archive)
    device.silent_at = at
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == outcome
    assert pushed.detail.startswith(start)
    assert pushed.detail.endswith(end)


def test_silent_after_a_refusal(bring):
    device = Device()
    device.refuse, device.silent_at = "route-reflector-client", "configure revert now"
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "lost"
    assert pushed.detail.endswith("it goes back by itself within 5 minutes")


REFUSED = {
    # how the device is, arguments, detail
    "privilege": (
        Device(privilege=1),
        {},
        "privilege level 1 shows only a part of the configuration; log in at level 15 or set "
        "ansible_become with "
        "ansible_become_method enable",
    ),
    "another AS": (Device(lines=["router bgp 65000"]), {}, "65000"),
    "another platform": (
        Device(version="Cisco IOS XR Software, Version 7.3.2\n"),
        {},
        "it runs IOS-XR 7.3.2; only IOS and IOS-XE are supported, nothing was sent",
    ),
    "an unknown platform": (
        Device(version="Arista DCS-7050QX-32S\nSoftware image version: 4.22.4M\n"),
        {},
        "show version: names neither IOS nor IOS-XE, and nothing else is supported: 'Arista DCS-7050QX-32S'",
    ),
}


@pytest.mark.parametrize(("device", "arguments", "detail"), REFUSED.values(), ids=REFUSED)
def test_refused_before_anything_is_sent(bring, device, arguments, detail):
    result, pushed, shown = bring(device, **arguments)
    assert (pushed.outcome, lines(device), result["changed"]) == ("refused", [], False)
    assert detail in pushed.detail
    assert shown[-1].startswith("rr1: refused: ")


def test_another_platform_is_asked_for_no_configuration(bring):
    device = Device(version="Cisco Adaptive Security Appliance Software Version 9.15(1)1\n")
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "refused"
    assert device.asked == ["show version"]


def test_a_router_is_asked_once_what_it_is(bring):
    device = Device()
    bring(device)
    assert device.asked[0] == "show version"
    assert device.asked.count("show version") == 1


class Interrupted(Device):
    """A device whose first configurations have a message before the neighbour that is not ours."""

    def __init__(self, times, message, **how):
        super().__init__(**how)
        self.times, self.message = times, message

    def answer(self, command):
        answer = super().answer(command)
        if command == "show running-config" and self.times:
            self.times -= 1
            answer = answer.replace(" neighbor 203.0.113.9", f"{self.message}\n neighbor 203.0.113.9", 1)
        return answer


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_message_within_the_configuration_ends_the_push_before_it_begins(bring, state):
    device = Interrupted(9, f"please log out, password {SECRET}", lines=FOREIGN)
    result, pushed, _shown = bring(device, state=state)
    assert (pushed.outcome, pushed.commands, result["changed"], lines(device)) == ("refused", (), False, [])
    assert device.asked.count("show running-config") == 3
    begin = "show running-config: Line 11 of the configuration, behind router bgp 64512, is no line of one: "
    assert pushed.detail.startswith(begin)
    assert "'please log out, password ********'" in pushed.detail


@pytest.mark.parametrize("times", [1, 2])
def test_a_message_that_is_gone_at_the_next_reading_does_not_matter(bring, times):
    device = Interrupted(times, "please log out", lines=FOREIGN)
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "applied"
    assert "203.0.113.9" in device.text()


def test_a_configuration_that_stops_is_read_again(bring):
    device, whole = Device(lines=FOREIGN), Device.answer
    cut = iter([True, True])

    def answer(command):
        text = whole(device, command)
        return text.removesuffix("end\n") if command == "show running-config" and next(cut, False) else text

    device.answer = answer
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "applied"


def test_a_torn_configuration_is_no_observation():
    device = Interrupted(9, "please log out", lines=FOREIGN)
    seen = router_utils.observe(router_with(device, show_bgp=SUMMARY), "rr1")
    assert not seen.answered
    assert "A message came in between" in seen.reason


def as_an_error(answer, *, prompt="\nrr1#"):
    """What network_cli makes of an answer that it takes for an error."""
    return RouterConnectionError(str((answer + prompt).replace("\n", "\r\n").encode()))


WORDS = ["owner not found", "ERROR: see the wiki", "has an invalid input filter", "Incomplete command of old"]


@pytest.mark.parametrize("words", WORDS)
def test_words_of_an_error_within_a_configuration_are_none(words):
    """network_cli takes them for one wherever they stand."""
    device = Device(lines=[*FOREIGN, f"neighbor 203.0.113.9 description {words}"])
    banner = device.text().replace("version 15.9", f"version 15.9\nbanner motd ^C\nUnable to\n{words}\n^C")
    for prompt in ("\nrr1#", "\nrr1# ", "\n\nSite.76(3.11)#", ""):
        router = router_with(device, show_running=as_an_error(banner, prompt=prompt))
        assert router.running() == config.read_running(device.text())


def test_an_answer_of_another_command_is_used_where_it_came_whole():
    summary = SUMMARY + "% Low on memory\n"
    assert router_with(Device(), show_bgp=as_an_error(SUMMARY)).summary().rows
    with pytest.raises(router_utils.RouterRefused, match=r"^% Low on memory\Z"):
        router_with(Device(), show_bgp=as_an_error(summary)).summary()
    with pytest.raises(router_utils.RouterSilent, match=r"^192\.168\.1\.11 .* Idle\Z"):
        router_with(Device(), show_bgp=as_an_error(SUMMARY, prompt="")).summary()


def test_a_line_that_was_answered_is_not_taken_for_silence():
    answer = f"clear ip bgp x soft\npassword {SECRET} of it not found\nmore of it"
    router = router_with(Device(), clear=as_an_error(answer))
    with pytest.raises(router_utils.RouterRefused) as caught:
        router.order("clear ip bgp x soft")
    assert str(caught.value) == "password ********"


def test_a_message_holds_no_more_than_a_line_of_the_configuration(bring):
    device = Device(lines=[*FOREIGN, f"neighbor 203.0.113.9 password {SECRET}"])
    text = device.text()
    cut = text[: text.index(SECRET) + len(SECRET)] + "x" * 999
    device.answer = lambda command, answer=device.answer: (
        raised(as_an_error(cut, prompt="")) if command == "show running-config" else answer(command)
    )
    _result, pushed, _shown = bring(device)
    assert pushed.outcome == "lost"
    assert pushed.detail == "nothing was sent: neighbor 203.0.113.9 password ********"


def raised(error):
    raise error


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


def test_everything_a_gate_asks_of_a_router():
    seen = router_utils.observe(router_with(Device(), show_bgp=SUMMARY), "rr1")
    assert (seen.answered, seen.privilege, seen.revert_pending, seen.saved, seen.unsaved) == (
        True,
        15,
        False,
        True,
        (),
    )
    assert seen.sessions == (
        RouterSession("ipv4", "192.168.1.10", 64512, "Established", 1, 83),
        RouterSession("ipv4", "192.168.1.11", 64512, "Idle", None, None),
    )


OBSERVED = {
    # answers, expected (answered, reason, revert_pending, unsaved)
    "pending": (
        {"show_archive": "Time configured(in minutes): 5\nTime remaining(in minutes): 4\n"},
        (True, "", True, ()),
    ),
    "never saved": (
        {"show_startup": RouterConnectionError("%% Non-volatile configuration memory is not present")},
        (True, "", False, ("there is no startup configuration",)),
    ),
    "silent": (
        {"show_privilege": RouterConnectionError("timed out\nsocket closed")},
        (False, "socket closed", False, ()),
    ),
    "silent without a word": ({"show_privilege": RouterConnectionError("")}, (False, "no answer", False, ())),
    "no BGP": (
        {"show_bgp": RouterConnectionError("show bgp ipv4 unicast summary\n% BGP not active\n")},
        (False, "% BGP not active", False, ()),
    ),
    "summary not understood": (
        {"show_bgp": "Neighbor V AS\nsomething else\n"},
        (False, None, False, ()),
    ),
}


def test_a_router_that_was_never_saved_lacks_every_line():
    router = router_with(
        Device(lines=FOREIGN), show_bgp=SUMMARY, show_startup="startup-config is not present\n"
    )
    seen = router_utils.observe(router, "rr1")
    assert not seen.saved
    assert seen.unsaved


@pytest.mark.parametrize(("answers", "expected"), OBSERVED.values(), ids=OBSERVED)
def test_observed(answers, expected):
    seen = router_utils.observe(router_with(Device(), **{"show_bgp": SUMMARY, **answers}), "rr1")
    answered, reason, pending, unsaved = expected
    assert (seen.answered, seen.revert_pending, seen.unsaved) == (answered, pending, unsaved)
    assert seen.reason == reason if reason is not None else "show bgp" in seen.reason


BY_HAND = [
    "router bgp 64512",
    "bgp cluster-id 1",
    *(f"neighbor {a} remote-as 64512" for a in article.ADDRESSES.values()),
    *(f"neighbor {a} timers 3 9" for a in article.ADDRESSES.values()),
    "address-family ipv4",
    *(f"neighbor {a} activate" for a in article.ADDRESSES.values()),
    *(f"neighbor {a} route-reflector-client" for a in article.ADDRESSES.values()),
]
RANGE = [
    "router bgp 64512",
    "neighbor THEIRS peer-group",
    "neighbor THEIRS remote-as 64512",
    "bgp listen range 192.168.1.0/24 peer-group THEIRS",
]
STRANGERS = {
    # lines that are there, what the nodes' BIRDs say before the push, addresses that are refused
    "every node shows its own": (BY_HAND, article.nodes(), []),
    "one node shows none": (
        BY_HAND,
        article.nodes(article.node("node-b", reflector=False)),
        ["192.168.1.11, which node-b says is its address"],
    ),
    "one node is silent": (
        BY_HAND,
        article.nodes(silent_node("node-b", "ipv4", 1.0, "dead")),
        ["192.168.1.11, which node-b says is its address"],
    ),
    "a session that comes by a listen range": (
        RANGE,
        article.nodes(article.node("node-c", reflector=False)),
        ["192.168.1.12, which node-c says is its address"],
    ),
    "nobody was asked": (
        BY_HAND,
        {},
        [f"{address}, which {name} says is its address" for name, address in article.ADDRESSES.items()],
    ),
}


class Serving(Device):
    """A router that serves: what it says of its sessions, None where it does not."""

    summary = "".join(
        [
            SUMMARY.partition("192.168.1.10")[0],
            *(
                f"{a:<15} 4        64512      13      10        9    0    0 00:05:23        1\n"
                for a in article.ADDRESSES.values()
            ),
        ]
    )

    def answer(self, command):
        if command != "show bgp ipv4 unicast summary":
            return super().answer(command)
        if self.summary is None:
            raise RouterConnectionError("socket closed")
        return self.summary


@pytest.mark.parametrize(("there", "nodes", "named"), STRANGERS.values(), ids=STRANGERS)
def test_a_session_made_by_hand_is_a_node_s_where_its_bird_shows_it(bring, tmp_path, there, nodes, named):
    for seen in nodes.values():
        rundir.write_node(tmp_path, "adoption", seen)
    device = Serving(lines=there)
    _result, pushed, _shown = bring(device, process_wide=True)
    if named:
        assert (pushed.outcome, lines(device)) == ("refused", [])
        assert pushed.detail.startswith(f"the session with {'; '.join(named)} is up and was made by hand")
    else:
        assert "by hand" not in pushed.detail
        assert pushed.outcome in ("applied", "unchanged"), pushed.detail


def test_a_neighbour_made_by_hand_that_is_not_up_is_nobodys(bring):
    device = Serving(lines=BY_HAND)
    device.summary = SUMMARY.replace("00:01:23        1", "never    Idle")
    assert bring(device, process_wide=True)[1].outcome == "applied"


def test_without_an_answer_nobody_is_taken_over(bring):
    device = Serving(lines=BY_HAND)
    device.summary = None
    _result, pushed, _shown = bring(device, process_wide=True)
    assert (pushed.outcome, lines(device)) == ("refused", [])
    assert pushed.detail.startswith("which of the sessions made by hand are up is not known: ")


def test_our_own_neighbours_need_nobodys_word(bring):
    device = Serving()
    bring(device)
    device.asked.clear()
    assert bring(device)[1].outcome == "unchanged"
    assert "show bgp ipv4 unicast summary" not in device.asked


def test_check_mode_asks_it_where_the_nodes_were_asked(bring, tmp_path):
    assert bring(Serving(lines=BY_HAND), check_mode=True)[1].outcome == "planned"
    rundir.write_node(tmp_path, "adoption", article.node("node-a", reflector=False))
    assert bring(Serving(lines=BY_HAND), check_mode=True)[1].outcome == "refused"
