# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that a fresh router gets for the example's inventory."""

from __future__ import annotations

FRESH = """ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32
router bgp 64512
bgp cluster-id 1
bgp log-neighbor-changes
bgp graceful-restart
neighbor CALICO peer-group
neighbor CALICO remote-as 64512
neighbor CALICO timers 10 30
neighbor CALICO transport connection-mode passive
address-family ipv4
neighbor CALICO route-reflector-client
neighbor CALICO send-community
neighbor CALICO prefix-list CALICO in
neighbor CALICO prefix-list CALICO out
exit-address-family
neighbor 192.168.1.10 peer-group CALICO
neighbor 192.168.1.10 description calico_bgp prod/node-a
neighbor 192.168.1.11 peer-group CALICO
neighbor 192.168.1.11 description calico_bgp prod/node-b
neighbor 192.168.1.12 peer-group CALICO
neighbor 192.168.1.12 description calico_bgp prod/node-c
address-family ipv4
neighbor 192.168.1.10 activate
neighbor 192.168.1.11 activate
neighbor 192.168.1.12 activate
exit-address-family"""
