# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements of BGP in Cisco's models of IOS-XE, 16.3 to 26.1: each is known wherever it may stand."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running

# P: the process. N, G: a neighbour, a peer-group. V: a neighbour in a family of a VRF, its session included.
# TS, TP: templates. A4, A6, vpnv4, evpn: a neighbour in that family. AP...: the family itself.
HEADS = {
    "P": ("", "{}"),
    "N": ("", "neighbor 192.0.2.1 {}"),
    "G": ("", "neighbor G {}"),
    "A4": ("address-family ipv4", "neighbor 192.0.2.1 {}"),
    "A6": ("address-family ipv6", "neighbor 2001:DB8::1 {}"),
    "vpnv4": ("address-family vpnv4", "neighbor 192.0.2.1 {}"),
    "evpn": ("address-family l2vpn evpn", "neighbor 192.0.2.1 {}"),
    "V": ("address-family ipv4 vrf RED", "neighbor 192.0.2.1 {}"),
    "TS": ("template peer-session T", "{}"),
    "TP": ("template peer-policy T", "{}"),
    "AP4": ("address-family ipv4", "{}"),
    "AP6": ("address-family ipv6", "{}"),
    "APvpnv4": ("address-family vpnv4", "{}"),
    "APV": ("address-family ipv4 vrf RED", "{}"),
}
SESSION = "N G V TS"
POLICY = "A4 A6 V TP"

STATEMENTS = {
    "bgp cluster-id 4294967294": "P",
    "bgp cluster-id 255.255.255.254": "P",
    "bgp log-neighbor-changes": "P",
    "bgp graceful-restart": "P",
    "bgp graceful-restart extended": "P",
    "bgp graceful-restart all": "P",
    "bgp graceful-restart restart-time 3600": "P",
    "bgp graceful-restart stalepath-time 3600": "P",
    "timers bgp 10 30": "P APV",
    "timers bgp 10 30 20": "P APV",
    "peer-group": "G",
    "peer-group H": "N V",
    "remote-as 64512": SESSION,
    "remote-as 1.10": SESSION,
    "password 6 AbC": SESSION,
    "password 7 0822455D0A16": SESSION,
    "update-source GigabitEthernet0/0/1.100": SESSION,
    "timers 10 30": SESSION,
    "timers 10 30 20": SESSION,
    "transport connection-mode active": SESSION,
    "transport connection-mode passive": SESSION,
    "transport multi-session": SESSION,
    "transport path-mtu-discovery": SESSION,
    "transport path-mtu-discovery disable": SESSION,
    "description any text": SESSION,
    "log-neighbor-changes": SESSION,
    "log-neighbor-changes disable": SESSION,
    "activate": "A4 A6 V vpnv4 evpn",
    "route-reflector-client": POLICY,
    "prefix-list L in": POLICY,
    "prefix-list L out": POLICY,
    "maximum-prefix 2147483647": POLICY,
    "maximum-prefix 9 80": POLICY,
    "maximum-prefix 9 80 restart 65535": POLICY,
    "maximum-prefix 9 80 warning-only": POLICY,
    "maximum-prefix 9 80 discard-extra": POLICY,
    "maximum-prefix 9 warning-only": POLICY,
    "additional-paths disable": "A4 A6 TP evpn",
    "additional-paths receive": "A4 A6 TP evpn",
    "additional-paths send": "A4 A6 TP evpn",
    "additional-paths send receive": "A4 A6 TP evpn",
    "distribute-list prefix L in": "AP4 APV",
    "distribute-list gateway L out": "AP4 APV",
    "bgp listen range 10.0.0.0/8 peer-group G": "P APV",
    "bgp listen range 2001:DB8::/32 peer-group G": "P",
    "bgp listen range 10.0.0.0/8 peer-group G persistent": "P",
    "bgp listen range 10.0.0.0/8 peer-group G persistent timer 9": "P",
    "bgp listen range 10.0.0.0/8 peer-group G persistent disable": "P",
    "bgp listen persistent": "P",
    "bgp listen persistent timer 9": "P",
    "bgp listen limit 10000": "P APV",
    "bgp listen block 10.0.0.1": "P APV",
    "ha-mode graceful-restart": SESSION,
    "ha-mode graceful-restart disable": SESSION,
    "ha-mode sso": SESSION,
    "ha-mode sso disable": SESSION,
    "fall-over bfd": SESSION,
    "fall-over bfd single-hop check-control-plane-failure": SESSION,
    "fall-over bfd multi-hop strict-mode": SESSION,
    "fall-over": SESSION,
    "fall-over route-map R": SESSION,
    "fall-over maximum-metric route-map R": SESSION,
    "fall-over host-route": SESSION,
    "ttl-security hops 254": SESSION,
    "ebgp-multihop 2": SESSION,
    "ao CHAIN": SESSION,
    "ao CHAIN include-tcp-options accept-ao-mismatch-connections": SESSION,
    "local-as 65001": SESSION,
    "local-as 65001 no-prepend": SESSION,
    "local-as 65001 no-prepend replace-as": SESSION,
    "local-as 65001 no-prepend dual-as": SESSION,
    "local-as 65001 no-prepend replace-as dual-as": SESSION,
    "local-as 65001 dual-as": SESSION,
    "shutdown": SESSION,
    "cluster-id 0.0.0.9": SESSION,
    "inherit peer-session U": "N V TS",
    "inherit peer-policy U": "N A4 A6 V",
    "inherit peer-policy U 10": "A4 A6 V TP",
    "dont-capability-negotiate": SESSION,
    "bmp-activate server 1": SESSION,
    "path-attribute discard range 128 255 in": SESSION,
    "update in labeled-unicast unique": SESSION,
    "update out labeled-unicast unique": SESSION,
    "bgp additional-paths send": "AP4 AP6",
    "bgp additional-paths send receive": "AP4 AP6",
    "bgp additional-paths receive": "AP4 AP6",
    "bgp additional-paths install": "AP4 AP6 APV",
    "bgp additional-paths select all": "AP4 AP6 APV",
    "bgp additional-paths select best 3": "AP4 AP6 APV",
    "bgp additional-paths select best-external backup": "AP4 AP6 APV",
    "bgp additional-paths select group-best": "AP4 AP6 APV",
    "advertise additional-paths all": "A4 A6 TP",
    "advertise additional-paths best 3": "A4 A6 TP",
    "advertise best-external": "A4 A6",
    "advertise diverse-path backup": "A4 A6 TP",
    "send-community": POLICY,
    "send-community both": POLICY,
    "send-community standard": POLICY,
    "send-community extended": POLICY,
    "slow-peer detection": POLICY,
    "slow-peer detection threshold 3600": POLICY,
    "slow-peer detection disable": POLICY,
    "slow-peer split-update-group dynamic permanent": POLICY,
    "slow-peer split-update-group static": POLICY,
    "bgp slow-peer detection threshold 120": "AP4 APV",
    "bgp slow-peer split-update-group dynamic": "AP4 APV",
    "next-hop-self": POLICY,
    "next-hop-self all": POLICY,
    "next-hop-unchanged": POLICY,
    "distribute-list 10 in": "A4 V TP",
    "maximum-paths 4": "AP4 APV",
    "maximum-paths ibgp 32": "AP4 APV",
    "maximum-paths ibgp unequal-cost 2": "APV",
    "maximum-paths eibgp 4": "APV",
    "maximum-secondary-paths 2": "AP4",
    "segment-routing mpls": "AP4",
    "table-map M": "AP4 AP6 APV",
    "table-map M filter": "AP4 AP6 APV",
    "bgp graceful-shutdown all neighbors 30 local-preference 9": "P",
    "bgp graceful-shutdown all vrfs 30 community 9": "P",
    "bgp nopeerup-delay cold-boot 9": "P",
    "bgp nopeerup-delay nsf-switchover 9": "P",
    "bgp nopeerup-delay post-boot 9": "P",
    "bgp nopeerup-delay user-initiated 9": "P",
    "bgp advertisement startup-delay 3600": "P",
    "bgp rr-group text": "APvpnv4",
    "bgp asnotation dot": "P",
    "no bgp client-to-client reflection": "P",
    "bgp ha-mode sso": "P",
    "bgp ha-mode sso prefer": "P",
    "bgp aigp-rib-metric": "P",
    "bgp enhanced-error": "P",
    "bgp safe-ebgp-policy": "P",
    "bgp maxlargecommunity-limit 339": "P",
    "bgp snmp traps add-type": "P",
    "bgp vrf-update-optimisation off": "P",
    "accept-route-legacy-rt": "vpnv4",
    "encap mpls": "evpn",
    "encap vxlan": "evpn",
}
#: Those that say what holds without a line.
DEFAULTS = ("log-neighbor-changes", "transport path-mtu-discovery")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_is_known_wherever_it_may_stand(statement):
    for place in STATEMENTS[statement].split():
        head, form = HEADS[place]
        negation, body = ("no ", statement[3:]) if statement.startswith("no ") else ("", statement)
        lines = ["router bgp 1", " no bgp default ipv4-unicast", *([f" {head}"] if head else [])]
        without = read_running("\n".join(lines), sections=True)
        found = read_running("\n".join([*lines, f"  {negation}{form.format(body)}"]), sections=True)
        assert found.unknown == (), place
        assert (differences(found, without) == ()) == (statement in DEFAULTS), place


@pytest.mark.parametrize(
    ("statement", "is_known"),
    [("bgp asnotation dot", True), ("bgp rr-group text", True), ("bgp cluster-id 1", False)],
)
def test_only_what_is_about_the_process_alone_is_unknown_in_a_family(statement, is_known):
    found = read_running(f"router bgp 1\n address-family l2vpn evpn\n  {statement}", sections=True)
    assert (found.unknown == ()) == is_known


@pytest.mark.parametrize(
    "line", ["neighbor 192.0.2.1 rr-group text", "neighbor 192.0.2.1 accept-route-legacy"]
)
def test_it_is_no_statement_of_a_neighbour(line):
    assert read_running(f"router bgp 1\n {line}", sections=True).unknown == (f"router bgp 1 / {line}",)
