# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements of the process and of its address families: everything there is about each.

In the same way as neighbor_statements.py, from the same sources. Defaults are those that
`show running-config all` and 12.x releases print although nobody configured them.
"""

from __future__ import annotations

from typing import Any, Callable

from . import forms, process_forms
from .shapes import (
    Shape,
    as_list,
    as_networks,
    as_nothing,
    as_on,
    as_ranges,
    as_statement,
    as_timers,
    as_value,
)
from .statement import Part, Statement, Table
from .values import Timers

DEFAULT_RESTART_TIME = 120
DEFAULT_STALEPATH_TIME = 360
DEFAULT_TIMERS = Timers(60, 180)
DEFAULT_LISTEN_LIMIT = 100

# Known statements that open a block of their own.
BLOCKS = ("bmp server ", "route-server-context ")


def _process(words: str, name: str, form: forms.Form, shape: Shape, default: Any = None) -> Statement:
    return Statement(words, name, Part.PROCESS, form, shape, default=default)


def _anywhere(
    words: str, name: str, form: forms.Form, shape: Shape = as_statement, default: Any = None
) -> Statement:
    return Statement(words, name, Part.ANYWHERE, form, shape, default=default)


def _family(
    words: str, name: str, form: forms.Form, shape: Shape = as_statement, default: Any = None
) -> Statement:
    return Statement(words, name, Part.FAMILY, form, shape, default=default)


def _kept(words: str, name: str = "") -> Statement:
    """A statement of the process or of a family that is kept with whatever follows."""
    return _anywhere(f"{words} {{}}", name or words.replace("bgp ", "").replace("-", "_"), forms.KEPT)


def _switch(words: str, default: bool | None) -> Statement:
    """One that is on or off, maybe with options."""
    name = words.replace("bgp ", "").replace("-", "_").replace(" ", "_")
    return _anywhere(f"{words} {{}}", name, forms.OPTIONS, as_statement, default)


def _default(words: str, name: str, value: str, of: Callable[..., Statement] = _anywhere) -> Statement:
    """One with a default value."""
    return of(f"{words} {{}}", name, forms.KEPT_WORDS, default=(value,))


PROCESS = Table(
    (
        # -- the process alone -----------------------------------------------------------------------
        _process("bgp client-to-client reflection", "client_to_client_reflection", forms.FLAG, as_on, True),
        _process("bgp cluster-id {}", "cluster_id", forms.CLUSTER_ID, as_value, False),
        _process("bgp confederation identifier {}", "confederation_identifier", process_forms.ASN, as_value),
        _process("bgp confederation peers {}", "confederation_peers", process_forms.ASNS, as_list),
        _process("bgp default ipv4-unicast", "default_ipv4_unicast", forms.FLAG, as_on, True),
        # The three stand together in data.
        _process("bgp graceful-restart", "graceful_restart_enabled", forms.FLAG, as_nothing, False),
        _process(
            "bgp graceful-restart restart-time {}",
            "restart_time",
            forms.number(),
            as_nothing,
            DEFAULT_RESTART_TIME,
        ),
        _process(
            "bgp graceful-restart stalepath-time {}",
            "stalepath_time",
            forms.number(),
            as_nothing,
            DEFAULT_STALEPATH_TIME,
        ),
        # On by default in newer releases, which print it all the same.
        _process("bgp log-neighbor-changes", "log_neighbor_changes", forms.FLAG, as_value),
        # -- the process, or a family of a VRF -------------------------------------------------------
        _anywhere("bgp listen limit {}", "listen_limit", forms.number(), as_value, DEFAULT_LISTEN_LIMIT),
        _anywhere("bgp listen range {}", "listen_ranges", process_forms.LISTEN_RANGES, as_ranges),
        _anywhere("bgp router-id {}", "router_id", process_forms.ROUTER_ID, as_value, False),
        _anywhere("timers bgp {}", "timers", forms.TIMERS, as_timers, DEFAULT_TIMERS),
        _anywhere(
            "bgp client-to-client reflection {}",
            "client_to_client_options",
            forms.KEPT_WORDS,
            default=("intra-cluster cluster-id any",),
        ),
        _anywhere(
            "bgp default local-preference {}", "default_local_preference", forms.KEPT_WORDS, default=("100",)
        ),
        _default("bgp dynamic-med-interval", "dynamic_med_interval", "600"),
        _anywhere("bgp graceful-restart {}", "graceful_restart_options", forms.KEPT_WORDS),
        _default("bgp refresh max-eor-time", "refresh_max_eor_time", "0"),
        _anywhere(
            "bgp refresh stalepath-time {}", "refresh_stalepath_time", forms.KEPT_WORDS, default=("0",)
        ),
        _default("bgp update-delay", "update_delay", "120"),
        _anywhere("bgp consistency-checker {}", "consistency_checker", forms.KEPT_SWITCH, default=False),
        _anywhere("bgp graceful-shutdown {}", "graceful_shutdown", forms.KEPT_SWITCH, default=False),
        _switch("bgp always-compare-med", False),
        _switch("bgp asnotation dot", False),
        _switch("bgp bestpath as-path ignore", False),
        _switch("bgp bestpath as-path multipath-relax", False),
        _switch("bgp bestpath compare-routerid", False),
        _switch("bgp bestpath med confed", False),
        _switch("bgp bestpath med missing-as-worst", False),
        _switch("bgp default ipv6-nexthop", True),
        _switch("bgp default route-target filter", True),
        _switch("bgp deterministic-med", False),
        _switch("bgp enforce-first-as", True),
        _switch("bgp enhanced-error", None),
        _switch("bgp fast-external-fallover", True),
        _switch("bgp regexp deterministic", True),
        _switch("bgp route-map-cache", True),
        _switch("bgp safe-ebgp-policy", None),
        _switch("bgp transport path-mtu-discovery", True),
        _switch("bgp update-group split as-override", True),
        _kept("bgp advertisement"),
        _kept("bgp aigp-rib-metric"),
        _kept("bgp bestpath"),
        _kept("bgp default"),
        _kept("bgp ha-mode"),
        _kept("bgp labeled-unicast"),
        _kept("bgp listen"),
        _kept("bgp maxas-limit"),
        _kept("bgp maxcommunity-limit"),
        _kept("bgp maxextcommunity-limit"),
        _kept("bgp maxlargecommunity-limit"),
        _kept("bgp mpls-local-label"),
        _kept("bgp nopeerup-delay"),
        _kept("bgp rpki"),
        # `bgp snmp traps add-type`
        _kept("bgp snmp", "bgp_snmp"),
        _kept("bgp sso"),
        _kept("bgp update-group"),
        _kept("bgp upgrade-cli"),
        _kept("bgp vrf-update-optimisation"),
        _kept("advertise"),
        _kept("bmp"),
        _kept("export"),
        _kept("import"),
        _kept("propagate-aspath"),
        _kept("propagate-community"),
        _kept("rewrite-evpn-rt-asn"),
        _kept("route-server-context"),
        _kept("snmp"),
        # -- an address family -----------------------------------------------------------------------
        _family("aggregate-address {}", "aggregates", process_forms.AGGREGATES, as_networks),
        _family("bgp additional-paths {}", "additional_paths", forms.DIRECTIONS, as_value),
        _family("network {}", "networks", process_forms.NETWORKS, as_networks),
        _family("redistribute {}", "redistribute", forms.KEPT_WORDS, as_list),
        _family("auto-summary", "auto_summary", forms.FLAG, default=False),
        _family("bgp additional-paths install", "additional_paths_install", forms.FLAG, default=False),
        _family("bgp additional-paths select {}", "additional_paths_select", forms.KEPT_WORDS),
        _family("bgp advertise-best-external", "advertise_best_external", forms.FLAG, default=False),
        _family(
            "bgp aggregate-timer {}",
            "aggregate_timer",
            process_forms.AGGREGATE_TIMER,
            default=process_forms.NO_AGGREGATE_TIMER,
        ),
        _family("bgp dampening {}", "dampening", process_forms.DAMPENING, default=False),
        _family("bgp dmzlink-bw", "dmzlink_bw", forms.FLAG),
        _family("bgp inject-map {}", "inject_map", forms.KEPT_WORDS),
        _family("bgp nexthop {}", "nexthop", forms.KEPT_WORDS),
        _default("bgp nexthop trigger delay", "nexthop_trigger_delay", "5", _family),
        _family("bgp nexthop trigger enable", "nexthop_trigger", forms.FLAG, default=True),
        _family("bgp recursion {}", "recursion", forms.KEPT_WORDS),
        _family("bgp redistribute-internal", "redistribute_internal", forms.FLAG, default=False),
        _family("bgp route-map {}", "route_map", forms.KEPT_WORDS),
        # In vpnv4 and vpnv6.
        _family("bgp rr-group {}", "rr_group", forms.KEPT_WORDS),
        _default("bgp scan-time", "scan_time", "60", _family),
        _family("bgp scan-time import {}", "scan_time_import", forms.KEPT_WORDS),
        _family("bgp slow-peer {}", "slow_peer", forms.KEPT_WORDS),
        _family("bgp soft-reconfig-backup", "soft_reconfig_backup", forms.FLAG, default=False),
        _family("bgp sourced-paths {}", "sourced_paths", forms.KEPT_WORDS),
        _family("bgp suppress-inactive", "suppress_inactive", forms.FLAG, default=False),
        _family("default-information originate {}", "default_information", forms.OPTIONS, default=False),
        _family("default-metric {}", "default_metric", forms.KEPT_WORDS),
        _family("distance {}", "distance", forms.KEPT_WORDS),
        _default("distance bgp", "distance_bgp", "20 200 200", _family),
        _default("distance mbgp", "distance_mbgp", "20 200 200", _family),
        # `distribute-list prefix|gateway NAME in|out` names a prefix-list.
        _family("distribute-list {}", "distribute_list", forms.KEPT_WORDS),
        _default("maximum-paths", "maximum_paths", "1", _family),
        _default("maximum-paths ibgp", "maximum_paths_ibgp", "1", _family),
        _family("maximum-secondary-paths {}", "maximum_secondary_paths", forms.KEPT_WORDS),
        _family("segment-routing {}", "segment_routing", forms.KEPT_WORDS),
        _family("synchronization", "synchronization", forms.FLAG, default=False),
        _family("table-map {}", "table_map", forms.KEPT_WORDS),
    )
)
OF_PROCESS = PROCESS.of(Part.PROCESS, Part.ANYWHERE)
OF_FAMILY = PROCESS.of(Part.FAMILY, Part.ANYWHERE)
