# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements of a neighbour, a peer-group or a template, `neighbor NAME ...`: everything about each.

This table alone says what IOS takes, by which name it is known, whether it belongs to the session or to the
policy of an address family, what the members of a peer-group inherit, how it is read, compared and printed,
and how it stands in data. Sources: Cisco's YANG models of IOS-XE 16.3 to 26.1, command references and
recordings. A new statement is one line in here, and one in tests/unit/ios/test_neighbor_statements.py.
"""

from __future__ import annotations

from typing import Any

from . import forms
from .shapes import (
    Shape,
    as_count,
    as_flag,
    as_list,
    as_local_as,
    as_maximum,
    as_nothing,
    as_password,
    as_remote_as,
    as_statement,
    as_templates,
    as_timers,
    as_value,
)
from .statement import Part, Statement, Table

#: What IOS adds to a statement without a number.
_DEFAULT_HOPS = 255
_DEFAULT_OCCURRENCES = 3


def _session(
    words: str, name: str, form: forms.Form, shape: Shape, default: Any = None, *, inherited: bool = True
) -> Statement:
    return Statement(words, name, Part.SESSION, form, shape, inherited, default)


def _policy(
    words: str, name: str, form: forms.Form, shape: Shape, default: Any = None, *, inherited: bool = True
) -> Statement:
    return Statement(words, name, Part.POLICY, form, shape, inherited, default)


NEIGHBOR = Table(
    (
        # -- session ---------------------------------------------------------------------------------
        _session("ao {}", "ao", forms.TEXT, as_value),
        _session("bmp-activate {}", "bmp_activate", forms.KEPT, as_statement),
        _session("cluster-id {}", "cluster_id", forms.CLUSTER_ID, as_value, False),
        _session("description {}", "description", forms.TEXT, as_value, inherited=False),
        _session("disable-connected-check", "disable_connected_check", forms.FLAG, as_flag, False),
        _session("dont-capability-negotiate {}", "dont_capability_negotiate", forms.KEPT, as_statement),
        _session("ebgp-multihop {}", "ebgp_multihop", forms.number(_DEFAULT_HOPS), as_value),
        _session("fall-over {}", "fall_over", forms.OPTIONS, as_value, False),
        # The two stand beside each other, each with `disable` or without.
        _session("ha-mode graceful-restart {}", "ha_mode_graceful_restart", forms.OPTIONS, as_value, False),
        _session("ha-mode sso {}", "ha_mode_sso", forms.OPTIONS, as_value, False),
        _session("inherit peer-session {}", "inherits", forms.NAMES, as_list),
        _session("local-as {}", "local_as", forms.LOCAL_AS, as_local_as),
        # On by default, and printed so by `show running-config all`.
        _session("log-neighbor-changes {}", "log_neighbor_changes", forms.OPTIONS, as_statement, True),
        _session("password {}", "password", forms.PASSWORD, as_password),
        _session("path-attribute {}", "path_attribute", forms.KEPT_WORDS, as_statement),
        _session("peer-group", "declared", forms.FLAG, as_nothing, False, inherited=False),
        _session("peer-group {}", "group", forms.ONE_NAME, as_value, inherited=False),
        _session("remote-as {}", "remote_as", forms.REMOTE_AS, as_remote_as),
        # `shutdown graceful ...` has options, which stand among the statements.
        _session("shutdown {}", "shutdown", forms.OPTIONS, as_flag, False),
        _session("timers {}", "timers", forms.TIMERS, as_timers),
        _session("translate-update {}", "translate_update", forms.KEPT, as_statement),
        _session(
            "transport connection-mode {}", "connection_mode", forms.choice("active", "passive"), as_value
        ),
        _session("transport multi-session {}", "multi_session", forms.OPTIONS, as_statement, False),
        # On by default, as `bgp transport path-mtu-discovery` is.
        _session("transport path-mtu-discovery {}", "path_mtu_discovery", forms.OPTIONS, as_statement, True),
        _session("transport single-session", "single_session", forms.FLAG, as_statement, False),
        _session("ttl-security hops {}", "ttl_security_hops", forms.number(), as_value),
        # `update in|out labeled-unicast unique`
        _session("update {}", "update", forms.KEPT_WORDS, as_statement),
        _session("update-source {}", "update_source", forms.TEXT, as_value),
        _session("version {}", "version", forms.NAME, as_statement, "4"),
        # -- policy, by address family ---------------------------------------------------------------
        _policy("accept-route-legacy-rt", "accept_route_legacy_rt", forms.FLAG, as_statement, False),
        # On where the family is IPv4 unicast and `bgp default ipv4-unicast` holds.
        _policy("activate", "active", forms.FLAG, as_value, inherited=False),
        _policy("additional-paths {}", "additional_paths", forms.DIRECTIONS, as_value),
        _policy("advertise {}", "advertise", forms.KEPT_WORDS, as_statement),
        _policy("advertise-map {}", "advertise_map", forms.KEPT_WORDS, as_statement),
        _policy("advertisement-interval {}", "advertisement_interval", forms.number(), as_value),
        _policy("aigp {}", "aigp", forms.KEPT, as_statement),
        _policy("allow-policy", "allow_policy", forms.FLAG, as_statement, False),
        _policy("allowas-in {}", "allowas_in", forms.number(_DEFAULT_OCCURRENCES), as_value),
        _policy("announce {}", "announce", forms.KEPT_WORDS, as_statement),
        _policy("as-override {}", "as_override", forms.OPTIONS, as_value, False),
        _policy("capability {}", "capability", forms.KEPT_WORDS, as_statement),
        _policy("default-originate {}", "default_originate", forms.OPTIONS, as_value, False),
        _policy("disable-policy-list {}", "disable_policy_list", forms.KEPT, as_statement),
        _policy("distribute-list {} in", "distribute_list_in", forms.NAME, as_value),
        _policy("distribute-list {} out", "distribute_list_out", forms.NAME, as_value),
        _policy("dmzlink-bw {}", "dmzlink_bw", forms.OPTIONS, as_statement, False),
        # `encap mpls|vxlan`, in l2vpn evpn
        _policy("encap {}", "encap", forms.KEPT_WORDS, as_statement),
        _policy("filter-list {} in", "filter_list_in", forms.NAME, as_value),
        _policy("filter-list {} out", "filter_list_out", forms.NAME, as_value),
        _policy("inherit peer-policy {}", "inherits", forms.TEMPLATES, as_templates),
        _policy("inter-as-hybrid {}", "inter_as_hybrid", forms.OPTIONS, as_statement, False),
        _policy("internal-vpn-client {}", "internal_vpn_client", forms.OPTIONS, as_statement, False),
        _policy("maximum-prefix {}", "maximum_prefix", forms.MAXIMUM_PREFIX, as_maximum),
        _policy("next-hop-self {}", "next_hop_self", forms.options("all"), as_value, False),
        _policy("next-hop-unchanged {}", "next_hop_unchanged", forms.OPTIONS, as_value, False),
        _policy("prefix-length-size {}", "prefix_length_size", forms.KEPT_WORDS, as_statement),
        _policy("prefix-list {} in", "prefix_list_in", forms.NAME, as_value),
        _policy("prefix-list {} out", "prefix_list_out", forms.NAME, as_value),
        # Older releases print `remove-private-AS`.
        _policy("remove-private-as {}", "remove_private_as", forms.OPTIONS, as_value, False),
        _policy("route-map {} in", "route_map_in", forms.NAME, as_value),
        _policy("route-map {} out", "route_map_out", forms.NAME, as_value),
        _policy("route-reflector-client", "route_reflector_client", forms.FLAG, as_flag, False),
        _policy("route-server-client {}", "route_server_client", forms.OPTIONS, as_statement, False),
        _policy("send-community {}", "send_community", forms.COMMUNITIES, as_list),
        _policy("send-label {}", "send_label", forms.OPTIONS, as_statement, False),
        _policy("slow-peer {}", "slow_peer", forms.KEPT_WORDS, as_statement),
        _policy("soft-reconfiguration inbound", "soft_reconfiguration", forms.FLAG, as_flag, False),
        _policy("soo {}", "soo", forms.KEPT_WORDS, as_statement),
        _policy("suppress-signaling-protocol {}", "suppress_signaling_protocol", forms.KEPT, as_statement),
        _policy("unsuppress-map {}", "unsuppress_map", forms.NAME, as_statement),
        _policy("validation {}", "validation", forms.KEPT, as_statement),
        _policy("weight {}", "weight", forms.number(), as_count, 0),
    )
)
SESSION = NEIGHBOR.of(Part.SESSION)
POLICY = NEIGHBOR.of(Part.POLICY)
