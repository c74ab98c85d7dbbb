# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A push to a router that falls silent, refuses, or says what cannot be used."""

from __future__ import annotations

import pytest
from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config import running as config
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers.devices import SECRET, SUMMARY, Device, lines, router_with
from tests.helpers.pushing import FOREIGN

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


def raised(error):
    raise error


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
