# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements IOS takes under `router bgp`, by their first words, and those that change nothing."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _lines(text: str) -> frozenset[str]:
    return frozenset(line.strip() for line in text.splitlines())


KNOWN_PROCESS = _words("""
    advertise aggregate-address auto-summary bgp bmp default-information default-metric distance export import
    maximum-paths maximum-secondary-paths network propagate-aspath propagate-community redistribute
    rewrite-evpn-rt-asn route-server-context snmp synchronization table-map timers
""")
KNOWN_BGP = _words("""
    router-id always-compare-med deterministic-med bestpath client-to-client confederation consistency-checker
    dampening default dmzlink-bw dynamic-med-interval enforce-first-as fast-external-fallover inject-map
    listen maxas-limit maxcommunity-limit maxextcommunity-limit nexthop nopeerup-delay recursion
    redistribute-internal refresh regexp route-map route-map-cache rpki scan-time slow-peer
    soft-reconfig-backup sourced-paths sso suppress-inactive transport update-delay update-group upgrade-cli
    asnotation aggregate-timer additional-paths advertise-best-external graceful-shutdown cluster-id
    graceful-restart log-neighbor-changes mpls-local-label labeled-unicast
""")
KNOWN_NEIGHBOR = _words("""
    accept-route-legacy advertise advertise-map advertisement-interval aigp allow-policy allowas-in announce
    ao as-override bmp-activate capability cluster-id default-originate description disable-connected-check
    disable-policy-list distribute-list dmzlink-bw dont-capability-negotiate ebgp-multihop fall-over
    filter-list ha-mode inherit inter-as-hybrid internal-vpn-client local-as log-neighbor-changes
    maximum-prefix next-hop-self next-hop-unchanged password path-attribute peer-group prefix-length-size
    prefix-list remote-as remove-private-as route-map route-reflector-client route-server-client rr-group
    send-community send-label shutdown slow-peer soft-reconfiguration soo suppress-signaling-protocol timers
    translate-update transport ttl-security unsuppress-map update-source validation version weight activate
    additional-paths
""")
# Known statements that open a block of their own.
BLOCKS = ("bmp server ", "route-server-context ")
# Lines of the process that belong to IPv4 unicast, and lines of a neighbour that belong to its session,
# wherever IOS prints them.
IPV4_PROCESS = _words("""
    network redistribute aggregate-address auto-summary synchronization maximum-paths maximum-secondary-paths
    default-information default-metric table-map distance
""")
IPV4_BGP = _words("""
    additional-paths advertise-best-external aggregate-timer dampening dmzlink-bw inject-map nexthop recursion
    redistribute-internal route-map scan-time slow-peer soft-reconfig-backup sourced-paths suppress-inactive
""")
SESSION_NEIGHBOR = _words("""
    remote-as peer-group description password update-source timers transport shutdown ebgp-multihop fall-over
    local-as ttl-security disable-connected-check version ha-mode log-neighbor-changes ao cluster-id
    dont-capability-negotiate path-attribute bmp-activate
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
    bgp graceful-restart restart-time 120
    bgp graceful-restart stalepath-time 360
    timers bgp 60 180 0
    timers bgp 60 180
    distance bgp 20 200 200
    distance mbgp 20 200 200
    maximum-paths 1
    maximum-paths ibgp 1
    no bgp additional-paths install
    no bgp advertise-best-external
    no bgp always-compare-med
    no bgp bestpath as-path ignore
    no bgp bestpath as-path multipath-relax
    no bgp bestpath compare-routerid
    no bgp bestpath med confed
    no bgp bestpath med missing-as-worst
    no bgp cluster-id
    no bgp dampening
    no bgp deterministic-med
    no bgp graceful-restart
    no bgp graceful-shutdown
    no bgp redistribute-internal
    no bgp router-id
    no bgp soft-reconfig-backup
    no bgp suppress-inactive
    no default-information originate
""")
HIDDEN_NEIGHBOR_DEFAULTS = frozenset(("weight 0", "log-neighbor-changes", "version 4"))
# Two spellings of one statement of the process.
SPELLINGS = {"bgp dampening 15 750 2000 60": "bgp dampening"}
