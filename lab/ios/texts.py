# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the device itself. They say that it is imitated."""

from __future__ import annotations

import time

FIRST = "Cisco IOS Software, IOSv Software (VIOS-ADVENTERPRISEK9-M), Version 15.9(3)M6, EMULATED (FRR behind)"
VERSION = """{first}
Technical Support: http://www.cisco.com/techsupport

ROM: Bootstrap program is IOSv

{hostname} uptime is {uptime}
System returned to ROM by reload
System image file is "flash0:/vios-adventerprisek9-m"
Last reload reason: Unknown reason

Cisco IOSv (revision 1.0) with  with 984313K/62464K bytes of memory.
Processor board ID 9EMULATED00
1 Gigabit Ethernet interface
DRAM configuration is 72 bits wide with parity disabled.
256K bytes of non-volatile configuration memory.

Configuration register is 0x0
"""
INVENTORY = """NAME: "IOSv", DESCR: "IOSv chassis (EMULATED)"
PID: IOSv              , VID: 1.0, SN: 9EMULATED00
"""
# Below level 15 IOS leaves out, without a word, every line that the user could not configure
PARTIAL = """Building configuration...

Current configuration : 64 bytes
!
hostname {hostname}
!
boot-start-marker
boot-end-marker
!
end
"""


def version(hostname: str, started: float) -> str:
    """``show version``. ``started``: seconds since the epoch."""
    hours, minutes = divmod(int(time.time() - started) // 60, 60)
    uptime = f"{hours} hour{'' if hours == 1 else 's'}, {minutes} minute{'' if minutes == 1 else 's'}"
    return VERSION.format(first=FIRST, hostname=hostname, uptime=uptime)
