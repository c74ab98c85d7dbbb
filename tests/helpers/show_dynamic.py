# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A summary with neighbours of listen ranges; hand-made."""

from __future__ import annotations

# Hand-made: no recording has a listen range.
DYNAMIC = """\
BGP router identifier 192.168.1.1, local AS number 64512
BGP table version is 9, main routing table version 9

Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd
*192.168.1.10   4        64512      13      10        9    0    0 00:07:33        2
*192.168.100.100
                4        64512      13      10        9    0    0 00:07:33        2
192.168.1.12    4        64512       0       0        1    0    0 never    Idle
* Dynamically created based on a listen range command
Dynamically created neighbors: 2, Subnet ranges: 1

BGP peergroup CALICO listen range group members:
  192.168.0.0/16

Total dynamically created neighbors: 2/(100 max), Subnet ranges: 1
"""
