# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a summary as IOS prints it; hand-made."""

from __future__ import annotations

TITLE = "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n"


HEAD = (
    "BGP router identifier 192.168.1.1, local AS number 64512\n"
    "BGP table version is 9, main routing table version 9\n"
)


def row(address: str = "192.168.1.10", asn: str = "64512", up: str = "00:01:23", state: str = "3") -> str:
    return f"{address:15} 4 {asn:>12}      13      10        9    0    0 {up:8} {state:>8}\n"
