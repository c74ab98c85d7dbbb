# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations that something else on the terminal broke into: every sort at every place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.data import config_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.records import RunningConfig
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from tests.helpers import recordings

#: What a terminal prints in between, as lines of their own.
SORTS = {
    "reload": "*** --- SHUTDOWN in 0:05:00 ---",
    "reload, in full": "\n\n***\n*** --- SHUTDOWN in 0:05:00 ---\n***\n",
    "reload called off": "***\n*** --- SHUTDOWN ABORTED ---\n***",
    "stars": "***",
    "send": "\n***\n***\n*** Message from tty1 to all terminals:\n***\nplease log out\n",
    "words of a user": "please log out, we are going down",
    "words that IOS has": "interface GigabitEthernet1 is flapping",
    "more words that IOS has": "ip addresses change tonight",
    "words of BGP": "router bgp is next",
    "words of a neighbour": "neighbor is down",
    "debug": "BGP: 192.0.2.1 active went from Idle to Active",
    "debug, stamped": "*Nov 24 10:00:00.123: BGP(0): 192.0.2.1 rcvd UPDATE w/ attr: nexthop 192.0.2.1",
    "debug, stamped by a clock": "Nov 24 10:00:00.123: BGP: 192.0.2.1 open active",
    "debug, stamped by uptime": "00:01:12: BGP: 192.0.2.1 open active",
    "traceback": "-Traceback= 1#8f0d4c1e 10E2B8 10E5D4",
    "process": '-Process= "BGP Router", ipl= 0, pid= 123',
    "ISO time": "2026-11-24T10:00:00.123Z: BGP: 192.0.2.1 open active",
    "ISO time, syslog": "2026-11-24T10:00:00.123+01:00: %SYS-5-CONFIG_I: Configured from console by vty0",
    "syslog": "*Nov 24 10:00:00.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up",
    "bell": "\x07",
    "NUL": "\x00\x00",
    "bell and words": "\x07please log out",
    "form feed": "\x0c",
    "control characters": "a\x01b\x08",
    "percent": "% Low on memory; try again later",
    "clock": "12:00:00",
    "letters of another language": "Überlast",
    "prompt": "rr1#",
}
CONFIGURATION = """\
Building configuration...

Current configuration : 700 bytes
!
version 16.9
hostname rr1
!
archive
 log config
  hidekeys
 path bootflash:backup
!
banner motd ^C
show ip interface brief
^C
!
interface Loopback0
 ip address 192.0.2.254 255.255.255.255
!
router bgp 64512
 template peer-policy P
  route-reflector-client
 exit-peer-policy
 !
 bgp cluster-id 1
 no bgp default ipv4-unicast
 neighbor CALICO peer-group
 neighbor CALICO remote-as 64512
 neighbor 192.0.2.1 peer-group CALICO
 neighbor 203.0.113.9 remote-as 64512
 !
 address-family ipv4
  network 10.0.0.0
  neighbor CALICO route-reflector-client
  neighbor CALICO prefix-list CALICO in
  neighbor 192.0.2.1 activate
  neighbor 203.0.113.9 activate
 exit-address-family
 !
 address-family vpnv4
  neighbor 203.0.113.9 activate
  neighbor 203.0.113.9 send-community extended
 exit-address-family
!
ip forward-protocol nd
!
ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32
ip prefix-list OTHER seq 5 permit 10.0.0.0/8
!
route-map M permit 10
 match ip address prefix-list CALICO
!
line vty 0 4
 login local
 transport input ssh
!
end
"""


@dataclass(frozen=True)
class Recorded:
    """A configuration that nothing broke into. Only a whole one ends with `end`."""

    name: str
    text: str

    @property
    def sections(self) -> bool:
        """Whether it is to be read as sections."""
        return "\nend" not in self.text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def plain(self) -> Any:
        """What it says."""
        return said(read_running(self.text, sections=self.sections))

    def torn(self, message: str, place: int) -> str:
        """The text with a message before its line `place`, counted from 0."""
        return "\n".join([*self.lines[:place], message, *self.lines[place:], ""])


@dataclass
class Count:
    """What came of so many torn texts; `lost` are the places where a line was lost in silence."""

    readings: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def take(self, recorded: Recorded, sort: str, place: int) -> None:
        """Read a torn text and count what is said of it."""
        try:
            found = read_running(recorded.torn(SORTS[sort], place), sections=recorded.sections)
        except IosTextError:
            self.readings["refused"] += 1
            return
        if found.torn:
            self.readings["not whole"] += 1
        elif said(found) == recorded.plain:
            self.readings["the same"] += 1
        else:
            self.readings["lost in silence"] += 1
            self.lost.append(f"{recorded.name}, {sort}, before line {place + 1}")


def said(found: RunningConfig) -> Any:
    """Everything that is read, in all its forms."""
    data = config_data(found, secrets=True)
    for line in data["unknown"]:
        line.pop("line")
    return data, found, found.bgp and found.bgp.lines


def recorded() -> list[Recorded]:
    """Ours, and those that lie among the recorded answers."""
    texts = [Recorded("ours", CONFIGURATION)]
    for each in recordings.ALL:
        name = each.name.replace("running_config", "running-config")
        if "\nrouter bgp " in f"\n{each.text}" and "running-config" in name:
            texts.append(Recorded(each.name, each.text.replace("\r\n", "\n")))
    return texts


def everywhere(texts: Iterable[Recorded]) -> Iterator[tuple[Recorded, str, int]]:
    """Each sort before each line, and behind the last."""
    for text in texts:
        for place in range(len(text.lines) + 1):
            for sort in SORTS:
                yield text, sort, place
