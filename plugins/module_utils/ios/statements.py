# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements IOS takes under `router bgp`, by their first words."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _lines(text: str) -> frozenset[str]:
    return frozenset(line.strip() for line in text.splitlines())


KNOWN_PROCESS = _words("""
    bgp timers distance network redistribute aggregate-address auto-summary synchronization maximum-paths
    default-information default-metric table-map scope snmp import export
""")
KNOWN_BGP = _words("""
    router-id always-compare-med deterministic-med bestpath client-to-client confederation consistency-checker
    dampening default dynamic-med-interval enforce-first-as fast-external-fallover inject-map listen
    maxas-limit nexthop nopeerup-delay recursion redistribute-internal refresh regexp route-map
    route-map-cache rpki scan-time slow-peer soft-reconfig-backup sso suppress-inactive transport
    update-delay update-group upgrade-cli asnotation aggregate-timer additional-paths advertise-best-external
    graceful-shutdown cluster-id graceful-restart log-neighbor-changes mpls-local-label labeled-unicast
""")
KNOWN_NEIGHBOR = _words("""
    accept-route-legacy advertise advertise-map advertisement-interval aigp allow-policy allowas-in announce
    ao as-override bmp-activate capability cluster-id default-originate description disable-connected-check
    disable-policy-list distribute-list dmzlink-bw dont-capability-negotiate ebgp-multihop fall-over
    filter-list ha-mode inherit internal-vpn-client local-as log-neighbor-changes maximum-prefix next-hop-self
    next-hop-unchanged password path-attribute peer-group prefix-list remote-as remove-private-as route-map
    route-reflector-client route-server-client rr-group send-community send-label shutdown slow-peer
    soft-reconfiguration soo suppress-signaling-protocol timers translate-update transport ttl-security
    unsuppress-map update-source version weight activate additional-paths
""")
# Lines of the process that belong to IPv4 unicast, and lines of a neighbour that belong to its session,
# wherever IOS prints them.
IPV4_PROCESS = _words("""
    network redistribute aggregate-address auto-summary synchronization maximum-paths default-information
    default-metric table-map distance
""")
SESSION_NEIGHBOR = _words("""
    remote-as peer-group description password update-source timers transport shutdown ebgp-multihop fall-over
    local-as ttl-security disable-connected-check version ha-mode log-neighbor-changes inherit ao cluster-id
    dont-capability-negotiate path-attribute
""")
# What `show running-config all` and 12.x releases print although nobody configured it.
HIDDEN_DEFAULTS = _lines("""
    no synchronization
    no auto-summary
    bgp fast-external-fallover
    bgp route-map-cache
    no bgp asnotation dot
    no bgp consistency-checker
    bgp client-to-client reflection
    bgp client-to-client reflection intra-cluster cluster-id any
    bgp transport path-mtu-discovery
    bgp enforce-first-as
    bgp dynamic-med-interval 600
    bgp listen limit 100
    bgp update-delay 120
    bgp refresh stalepath-time 0
    bgp refresh max-eor-time 0
    bgp regexp deterministic
    bgp default ipv4-unicast
    bgp default ipv6-nexthop
    bgp default local-preference 100
    bgp default route-target filter
    bgp aggregate-timer 30
    bgp update-group split as-override
    bgp nexthop trigger enable
    bgp nexthop trigger delay 5
    bgp scan-time 60
    timers bgp 60 180 0
    timers bgp 60 180
    distance bgp 20 200 200
    distance mbgp 20 200 200
""")
HIDDEN_NEIGHBOR_DEFAULTS = frozenset(("weight 0", "log-neighbor-changes"))
