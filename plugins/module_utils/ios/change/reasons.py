# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a line is sent, and what turns it off: sentences that stand in diffs and results."""

from __future__ import annotations

CLUSTER_ID = "the cluster id that was asked for; off without cisco_rr_cluster_id"
LOG = "sessions that go up or down are logged; off with cisco_rr_log_neighbor_changes: false"
GRACEFUL_RESTART = (
    "routes of a node that restarts are kept meanwhile, from the next reset of its session on;"
    " off with cisco_rr_graceful_restart: {}"
)
GROUP_GRACEFUL_RESTART = (
    "routes of a node that restarts are kept meanwhile, from the next reset of its session on, and no"
    " neighbour of others feels it; off with cisco_rr_graceful_restart: {}"
)
PREFIX_LIST = "only the prefixes of the cluster cross its sessions; off with cisco_rr_prefix_list: ''"
MAXIMUM_PREFIX = "a client with too many prefixes is logged; off without cisco_rr_maximum_prefix"
GROUP = "what all clients share"
PASSWORD = "the password that was asked for; off without cisco_rr_password"
UPDATE_SOURCE = "the interface that was asked for; off without cisco_rr_update_source"
TIMERS = "the timers that were asked for, from the next reset of a session on; off without cisco_rr_timers"
PASSIVE = "cisco_rr_passive says who opens the sessions"
ADDITIONAL_PATHS = (
    "nodes get one path for each prefix, the best, although the router sends more; off with"
    " cisco_rr_disable_additional_paths: false"
)
SEND_COMMUNITY = (
    "nodes get the communities of routes, which IOS keeps back otherwise; off with"
    " cisco_rr_send_community: false"
)
NO_EXPORT = "what nodes announce is kept from neighbours of another AS; off with cisco_rr_no_export: false"
NO_EXPORT_OFF = "ours, and cisco_rr_no_export is off"
TABLE_MAP = "routes to pods stay out of the router's routing table; off with cisco_rr_table_map: false"
TABLE_MAP_OFF = "ours, and cisco_rr_table_map is off"
REFLECTION = "a route reflector sends what one client says to the others"
CLIENT = "a node of the cluster"
PARTNER = (
    "another route reflector of the cluster, for nodes that have lost their session with one of the two; off"
    " without cisco_rr_interconnect"
)
DRAINED = "the nodes have their routes from the other reflectors; off with the playbook undrain"
UNDRAINED = "the nodes are to have their routes from this reflector again"
COMPLETED = "a node of the cluster, made by hand and without a session so far"
NO_CLIENT = "ours, and no node of the cluster any more"
MOVED = "ours, and in another peer-group than asked for"
EMPTIED = "ours, and without members"
ROLLED_BACK = "ours, and not wanted any more"
OTHER_RULE = "no prefix of the cluster any more"
