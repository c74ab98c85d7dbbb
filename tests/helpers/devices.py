# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router behind a connection like network_cli's, and answers of it."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from unittest import mock

from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers.fake_ios import FakeIos, RefusedLine

SECRET = "hunter2secret"


INVALID = "                ^\n% Invalid input detected at '^' marker.\n"


#: Hand-made, in the form of IOSv's.
VERSION = (
    "Cisco IOS Software, IOSv Software (VIOS-ADVENTERPRISEK9-M), Version 15.9(3)M2, RELEASE SOFTWARE (fc1)\n"
    "Technical Support: http://www.cisco.com/techsupport\n"
)


ARCHIVE = "archive\n path flash:backup\n!\n"


class Device:
    """What answers behind network_cli: a configuration, its saved copy, and a timed rollback."""

    def __init__(self, *, archive=True, privilege=15, lines=(), version=VERSION):
        self.ios, self.archive, self.privilege, self.version = FakeIos(), archive, privilege, version
        self.ios.configure(list(lines))
        self.saved = self.text()
        self.before, self.asked, self.pending = None, [], False
        self.refuse, self.silent_at, self.lose = "", "", ""
        self.coming, self.paramiko, self.slow = [], False, False
        self.closed, self.garble, self.stuck, self.says = "", "", "", {}
        self.configuring, self.options = False, {"persistent_buffer_read_timeout": 0.1}

    def text(self):
        return (ARCHIVE if self.archive else "") + self.ios.text()

    def get_option(self, name):
        if name == "ssh_type":
            return "paramiko" if self.paramiko else "libssh"
        return self.options[name]

    def set_option(self, name, value):
        self.options[name] = value

    def send_command(self, command, strip_prompt=True):
        """What the terminal shows of lines that are typed ahead, as network_cli reads it.

        At the prompt behind what it takes for an error it gives up, and leaves the rest for the next reading:
        with libssh all that came is in its error, with paramiko the last characters.
        """
        assert not strip_prompt
        for line in command.split("\r"):
            if self.stuck and (self.stuck in line or self.stuck == " "):
                self.stuck = " "
                continue
            echo = line.replace("reflec", "reflXc") if self.garble and self.garble in line else line
            self.coming.append(f"{echo}\n{self.typed(line)}")
        shown = ""
        while self.coming and not (shown and self.slow):
            shown += self.coming.pop(0)
            self.slow = self.slow and len(self.coming) > 5
            if "% Invalid" in shown:
                seen = shown
                if self.paramiko:
                    # The last part with an error in it, which ends anywhere; the rest was read, and is gone.
                    shown += "".join(self.coming)
                    self.coming.clear()
                    end = shown.rindex("% Invalid") + 40
                    seen = shown[max(0, end - 256) : end]
                raise RouterConnectionError(str(seen.replace("\n", "\r\n").encode()))
        return shown

    def typed(self, line):
        try:
            answer = "" if line.startswith("!") else self.get(line)
            answer += "".join(f"{said}\n" for words, said in self.says.items() if words in line)
        except RefusedLine as refused:
            answer = f"{refused}\n"
        return f"{answer}{self.prompt}"

    @property
    def prompt(self):
        return "rr1(config)#" if self.configuring else "rr1#"

    def get(self, command, **questions):
        self.asked.append(command)
        if self.silent_at and self.silent_at in command:
            self.silent_at = " "
            raise RouterConnectionError(f"timeout value 30 seconds reached while sending password {SECRET}")
        if self.silent_at == " ":
            raise RouterConnectionError("socket closed")
        if self.refuse and self.refuse in command:
            return INVALID
        return self.answer(command)

    def answer(self, command):
        if command == "show version":
            return self.version
        if command == "show privilege":
            return f"Current privilege level is {self.privilege}\n"
        if command == "show running-config":
            return self.text()
        if command == "show startup-config":
            return self.saved
        if command == "show archive config rollback timer":
            return (
                "Time configured(or reconfigured): 12:00:00 UTC Sun Mar 1 2026\nTimer type: absolute timer\n"
                "Timer value: 5 min\nUser: admin\n"
                if self.pending or self.before
                else "%No Rollback Confirmed Change pending\n"
            )
        if command.startswith("configure terminal") and self.closed:
            return f"{self.closed}\n"
        if command.startswith("configure terminal"):
            self.before = copy.deepcopy(self.ios) if "revert timer" in command else self.before
            self.ios.mode, self.configuring = "", True
        elif command == "end":
            self.configuring = False
        elif command.startswith("configure revert timer"):
            return "" if self.before else "%No Rollback Confirmed Change pending\n"
        elif command == "configure revert now":
            self.ios, self.before = self.before, None
        elif command == "configure confirm":
            self.before = None
        elif command == "write memory":
            self.saved = self.text()
            return "Building configuration...\n[OK]\n"
        elif not command.startswith("clear ip bgp") and command != self.lose:
            self.ios.take(command.strip())
        return ""


def lines(device):
    """What was sent but for the reading."""
    return [c for c in device.asked if not c.startswith("show ")]


SUMMARY = (
    "BGP router identifier 192.168.1.1, local AS number 64512\n"
    "BGP table version is 9, main routing table version 9\n\n"
    "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n"
    "192.168.1.10    4        64512      13      10        9    0    0 00:01:23        1\n"
    "192.168.1.11    4        64512       0       0        1    0    0 never    Idle\n"
)


def router_with(device, **answers):
    """A Router over a device that says `answers` first: text, or an error to raise."""

    def get(command, **_questions):
        for start, answer in answers.items():
            if command.startswith(start.replace("_", " ")):
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return device.answer(command)

    with mock.patch.object(router_utils, "Connection", return_value=SimpleNamespace(get=get)):
        return router_utils.Router(SimpleNamespace(socket_path="x"))
