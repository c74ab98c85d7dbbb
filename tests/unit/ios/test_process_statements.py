# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each statement of the process and of its address families, in the way of test_neighbor_statements.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.data import config_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.process_statements import PROCESS
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.records import RunningConfig
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running

VRF = "ipv4 vrf RED"

#: The data of a process that no line speaks of.
NO_PROCESS: dict[str, Any] = {
    "asn": 1,
    "asn_text": "1",
    "client_to_client_reflection": True,
    "cluster_id": None,
    "confederation_identifier": None,
    "confederation_peers": [],
    "default_ipv4_unicast": True,
    "families": [],
    "graceful_restart": {"enabled": False, "restart_time": 120, "stalepath_time": 360},
    "listen_limit": 100,
    "listen_ranges": [],
    "log_neighbor_changes": None,
    "neighbors": [],
    "router_id": None,
    "statements": [],
    "templates": [],
    "timers": None,
}
#: The same of an address family.
NO_FAMILY: dict[str, Any] = {
    "additional_paths": None,
    "aggregates": [],
    "listen_limit": None,
    "listen_ranges": [],
    "networks": [],
    "redistribute": [],
    "router_id": None,
    "statements": [],
    "timers": None,
}


@dataclass(frozen=True)
class Row:
    """What is expected of one statement.

    Attributes:
        line: as IOS prints it.
        name: of the value in the settings.
        part: process (nowhere else), anywhere (the process or a family of a VRF) or family.
        data: the fields that it fills; None where it stands among the statements.
        canonical: in canonical form, where that is another than the line.
        key: the words before the value, where `no` does not turn it off.
        off: words that `no` stands before to turn it off; "" where `no` is a statement of its own.
        off_statements: the statements then.
        off_data: the fields then.
        then: a further line, and the fields of both.
        default: a line that says nothing.
    """

    line: str
    name: str
    part: str
    data: dict[str, Any] | None = None
    canonical: tuple[str, ...] = ()
    key: str = ""
    off: str = ""
    off_statements: tuple[str, ...] = ()
    off_data: dict[str, Any] | None = None
    then: tuple[str, dict[str, Any]] | None = None
    default: str = ""

    @property
    def statements(self) -> tuple[str, ...]:
        return self.canonical or (self.line,)

    @property
    def single(self) -> bool:
        """Whether a further line replaces this one."""
        return not self.then or self.line not in self.then[1].get("statements", ())

    @property
    def fields(self) -> dict[str, Any]:
        return kept(*self.statements) if self.data is None else self.data


def kept(*lines: str) -> dict[str, Any]:
    return {"statements": sorted(lines)}


def process(line: str, name: str, data: dict[str, Any] | None = None, **more: Any) -> Row:
    return Row(line, name, "process", data, **more)


def anywhere(line: str, name: str, data: dict[str, Any] | None = None, **more: Any) -> Row:
    return Row(line, name, "anywhere", data, **more)


def family(line: str, name: str, data: dict[str, Any] | None = None, **more: Any) -> Row:
    return Row(line, name, "family", data, **more)


def adds_up(words: str, name: str, make: Any = anywhere) -> Row:
    """Several lines of one kind, kept as they are."""
    one, other = f"{words} b 1", f"{words} a 2"
    return make(one, name, key=words, then=(other, kept(one, other)))


def number(words: str, name: str, default: str, make: Any = anywhere) -> Row:
    """A statement with a default that says nothing."""
    one, other = f"{words} 7", f"{words} 8"
    return make(one, name, key=words, then=(other, kept(one, other)), default=f"{words} {default}")


def switch(line: str, name: str, *, on: bool = False, options: bool = True, make: Any = anywhere) -> Row:
    """Off by default, or on by default; where there are options, any is taken."""
    then = (f"{line} option", kept(f"{line} option")) if options else None
    if not on:
        return make(line, name, off=line, off_statements=(), then=then)
    return make(f"no {line}", name, off=line, off_statements=(f"no {line}",), default=line, then=then)


def switched_off(words: str, name: str) -> Row:
    """Several lines of one kind, which `no` alone takes away."""
    one, other = f"{words} b 1", f"{words} a 2"
    return anywhere(one, name, off=words, then=(other, kept(one, other)))


def either(line: str, name: str, make: Any = anywhere) -> Row:
    """Neither is a default."""
    return make(line, name, off=line, off_statements=(f"no {line}",))


def graceful(**fields: Any) -> dict[str, Any]:
    return {"graceful_restart": {**NO_PROCESS["graceful_restart"], **fields}}


def ranges(*found: tuple[str, str, str]) -> dict[str, Any]:
    return {"listen_ranges": [dict(zip(("prefix", "group", "options"), one, strict=True)) for one in found]}


def networks(name: str, *found: tuple[str, list[str]]) -> dict[str, Any]:
    return {name: [{"prefix": prefix, "options": options} for prefix, options in found]}


ROWS = [
    process(
        "no bgp client-to-client reflection",
        "client_to_client_reflection",
        {"client_to_client_reflection": False},
        off="bgp client-to-client reflection",
        off_statements=("no bgp client-to-client reflection",),
        default="bgp client-to-client reflection",
    ),
    process(
        "bgp cluster-id 0.0.0.9",
        "cluster_id",
        {"cluster_id": 9},
        canonical=("bgp cluster-id 9",),
        off="bgp cluster-id",
        then=("bgp cluster-id 7", {"cluster_id": 7}),
    ),
    process(
        "bgp confederation identifier 1.1",
        "confederation_identifier",
        key="bgp confederation identifier",
        data={"confederation_identifier": 65537},
        canonical=("bgp confederation identifier 65537",),
        then=("bgp confederation identifier 3", {"confederation_identifier": 3}),
    ),
    process(
        "bgp confederation peers 9 5",
        "confederation_peers",
        key="bgp confederation peers",
        data={"confederation_peers": [5, 9]},
        canonical=("bgp confederation peers 5", "bgp confederation peers 9"),
        then=("bgp confederation peers 7", {"confederation_peers": [5, 7, 9]}),
    ),
    process(
        "no bgp default ipv4-unicast",
        "default_ipv4_unicast",
        {"default_ipv4_unicast": False},
        off="bgp default ipv4-unicast",
        off_statements=("no bgp default ipv4-unicast",),
        default="bgp default ipv4-unicast",
    ),
    process(
        "bgp graceful-restart", "graceful_restart_enabled", graceful(enabled=True), off="bgp graceful-restart"
    ),
    process(
        "bgp graceful-restart restart-time 90",
        "restart_time",
        key="bgp graceful-restart restart-time",
        data=graceful(restart_time=90),
        then=("bgp graceful-restart restart-time 91", graceful(restart_time=91)),
        default="bgp graceful-restart restart-time 120",
    ),
    process(
        "bgp graceful-restart stalepath-time 90",
        "stalepath_time",
        key="bgp graceful-restart stalepath-time",
        data=graceful(stalepath_time=90),
        then=("bgp graceful-restart stalepath-time 91", graceful(stalepath_time=91)),
        default="bgp graceful-restart stalepath-time 360",
    ),
    process(
        "bgp log-neighbor-changes",
        "log_neighbor_changes",
        {"log_neighbor_changes": True},
        off="bgp log-neighbor-changes",
        off_statements=("no bgp log-neighbor-changes",),
        off_data={"log_neighbor_changes": False},
    ),
    anywhere(
        "bgp listen limit 7",
        "listen_limit",
        key="bgp listen limit",
        data={"listen_limit": 7},
        then=("bgp listen limit 8", {"listen_limit": 8}),
        default="bgp listen limit 100",
    ),
    anywhere(
        "bgp listen range 10.0.0.1/8 peer-group G remote-as 1.1",
        "listen_ranges",
        key="bgp listen range",
        data=ranges(("10.0.0.0/8", "G", "remote-as 65537")),
        canonical=("bgp listen range 10.0.0.0/8 peer-group G remote-as 65537",),
        then=(
            "bgp listen range 1.0.0.0/8 peer-group H persistent timer 5",
            ranges(("1.0.0.0/8", "H", "persistent timer 5"), ("10.0.0.0/8", "G", "remote-as 65537")),
        ),
    ),
    anywhere(
        "bgp router-id 192.0.2.9",
        "router_id",
        {"router_id": "192.0.2.9"},
        off="bgp router-id",
        then=("bgp router-id interface Loopback0", {"router_id": "interface Loopback0"}),
    ),
    anywhere(
        "timers bgp 10 30 0",
        "timers",
        key="timers bgp",
        data={"timers": {"keepalive": 10, "hold": 30, "minimum_hold": 0}},
        canonical=("timers bgp 10 30",),
        then=("timers bgp 9 27 8", {"timers": {"keepalive": 9, "hold": 27, "minimum_hold": 8}}),
        default="timers bgp 60 180 0",
    ),
    anywhere(
        "bgp client-to-client reflection all",
        "client_to_client_options",
        key="bgp client-to-client reflection all",
        then=(
            "bgp client-to-client reflection a",
            kept("bgp client-to-client reflection a", "bgp client-to-client reflection all"),
        ),
        default="bgp client-to-client reflection intra-cluster cluster-id any",
    ),
    number("bgp default local-preference", "default_local_preference", "100"),
    number("bgp dynamic-med-interval", "dynamic_med_interval", "600"),
    anywhere(
        "bgp graceful-restart extended",
        "graceful_restart_options",
        key="bgp graceful-restart all",
        then=(
            "bgp graceful-restart all",
            kept("bgp graceful-restart all", "bgp graceful-restart extended"),
        ),
    ),
    number("bgp refresh max-eor-time", "refresh_max_eor_time", "0"),
    number("bgp refresh stalepath-time", "refresh_stalepath_time", "0"),
    number("bgp update-delay", "update_delay", "120"),
    switch("bgp always-compare-med", "always_compare_med"),
    switch("bgp asnotation dot", "asnotation_dot"),
    switch("bgp bestpath as-path ignore", "bestpath_as_path_ignore"),
    switch("bgp bestpath as-path multipath-relax", "bestpath_as_path_multipath_relax"),
    switch("bgp bestpath compare-routerid", "bestpath_compare_routerid"),
    switch("bgp bestpath med confed", "bestpath_med_confed"),
    switch("bgp bestpath med missing-as-worst", "bestpath_med_missing_as_worst"),
    switched_off("bgp consistency-checker", "consistency_checker"),
    switch("bgp default ipv6-nexthop", "default_ipv6_nexthop", on=True),
    switch("bgp default route-target filter", "default_route_target_filter", on=True),
    switch("bgp deterministic-med", "deterministic_med"),
    switch("bgp enforce-first-as", "enforce_first_as", on=True),
    either("bgp enhanced-error", "enhanced_error"),
    switch("bgp fast-external-fallover", "fast_external_fallover", on=True),
    switched_off("bgp graceful-shutdown", "graceful_shutdown"),
    switch("bgp regexp deterministic", "regexp_deterministic", on=True),
    switch("bgp route-map-cache", "route_map_cache", on=True),
    either("bgp safe-ebgp-policy", "safe_ebgp_policy"),
    switch("bgp transport path-mtu-discovery", "transport_path_mtu_discovery", on=True),
    switch("bgp update-group split as-override", "update_group_split_as_override", on=True),
    adds_up("bgp advertisement", "advertisement"),
    adds_up("bgp aigp-rib-metric", "aigp_rib_metric"),
    adds_up("bgp bestpath", "bestpath"),
    adds_up("bgp default", "default"),
    adds_up("bgp ha-mode", "ha_mode"),
    adds_up("bgp labeled-unicast", "labeled_unicast"),
    adds_up("bgp listen", "listen"),
    adds_up("bgp maxas-limit", "maxas_limit"),
    adds_up("bgp maxcommunity-limit", "maxcommunity_limit"),
    adds_up("bgp maxextcommunity-limit", "maxextcommunity_limit"),
    adds_up("bgp maxlargecommunity-limit", "maxlargecommunity_limit"),
    adds_up("bgp mpls-local-label", "mpls_local_label"),
    adds_up("bgp nopeerup-delay", "nopeerup_delay"),
    adds_up("bgp rpki", "rpki"),
    adds_up("bgp snmp", "bgp_snmp"),
    adds_up("bgp sso", "sso"),
    adds_up("bgp update-group", "update_group"),
    adds_up("bgp upgrade-cli", "upgrade_cli"),
    adds_up("bgp vrf-update-optimisation", "vrf_update_optimisation"),
    adds_up("advertise", "advertise"),
    adds_up("bmp", "bmp"),
    adds_up("export", "export"),
    adds_up("import", "import"),
    adds_up("propagate-aspath", "propagate_aspath"),
    adds_up("propagate-community", "propagate_community"),
    adds_up("rewrite-evpn-rt-asn", "rewrite_evpn_rt_asn"),
    adds_up("route-server-context", "route_server_context"),
    adds_up("snmp", "snmp"),
    family(
        "aggregate-address 10.0.0.0 255.0.0.0 summary-only as-set",
        "aggregates",
        key="aggregate-address",
        data=networks("aggregates", ("10.0.0.0/8", ["as-set", "summary-only"])),
        canonical=("aggregate-address 10.0.0.0 255.0.0.0 as-set summary-only",),
        then=(
            "aggregate-address 1.0.0.0 255.0.0.0",
            networks("aggregates", ("1.0.0.0/8", []), ("10.0.0.0/8", ["as-set", "summary-only"])),
        ),
    ),
    family(
        "bgp additional-paths receive send",
        "additional_paths",
        key="bgp additional-paths",
        data={"additional_paths": "send receive"},
        canonical=("bgp additional-paths send receive",),
        then=("bgp additional-paths send", {"additional_paths": "send"}),
    ),
    family(
        "network 10.0.0.0 route-map M",
        "networks",
        key="network",
        data=networks("networks", ("10.0.0.0/8", ["route-map M"])),
        canonical=("network 10.0.0.0 mask 255.0.0.0 route-map M",),
        then=("network 1.0.0.0", networks("networks", ("1.0.0.0/8", []), ("10.0.0.0/8", ["route-map M"]))),
    ),
    family(
        "redistribute static metric 9",
        "redistribute",
        key="redistribute",
        data={"redistribute": ["static metric 9"]},
        then=("redistribute connected", {"redistribute": ["connected", "static metric 9"]}),
    ),
    switch("auto-summary", "auto_summary", options=False, make=family),
    switch("bgp additional-paths install", "additional_paths_install", options=False, make=family),
    adds_up("bgp additional-paths select", "additional_paths_select", family),
    switch("bgp advertise-best-external", "advertise_best_external", options=False, make=family),
    number("bgp aggregate-timer", "aggregate_timer", "40", family),
    number("bgp aggregate-timer", "aggregate_timer", "30", family),
    family(
        "bgp dampening 15 750 2000 60",
        "dampening",
        canonical=("bgp dampening",),
        off="bgp dampening",
        then=("bgp dampening route-map M", kept("bgp dampening route-map M")),
    ),
    either("bgp dmzlink-bw", "dmzlink_bw", family),
    adds_up("bgp inject-map", "inject_map", family),
    adds_up("bgp nexthop", "nexthop", family),
    number("bgp nexthop trigger delay", "nexthop_trigger_delay", "5", family),
    switch("bgp nexthop trigger enable", "nexthop_trigger", on=True, options=False, make=family),
    adds_up("bgp recursion", "recursion", family),
    switch("bgp redistribute-internal", "redistribute_internal", options=False, make=family),
    adds_up("bgp route-map", "route_map", family),
    adds_up("bgp rr-group", "rr_group", family),
    number("bgp scan-time", "scan_time", "60", family),
    adds_up("bgp scan-time import", "scan_time_import", family),
    adds_up("bgp slow-peer", "slow_peer", family),
    switch("bgp soft-reconfig-backup", "soft_reconfig_backup", options=False, make=family),
    adds_up("bgp sourced-paths", "sourced_paths", family),
    switch("bgp suppress-inactive", "suppress_inactive", options=False, make=family),
    switch("default-information originate", "default_information", make=family),
    adds_up("default-metric", "default_metric", family),
    adds_up("distance", "distance", family),
    number("distance bgp", "distance_bgp", "20 200 200", family),
    number("distance mbgp", "distance_mbgp", "20 200 200", family),
    adds_up("distribute-list", "distribute_list", family),
    number("maximum-paths", "maximum_paths", "1", family),
    number("maximum-paths ibgp", "maximum_paths_ibgp", "1", family),
    adds_up("maximum-secondary-paths", "maximum_secondary_paths", family),
    adds_up("segment-routing", "segment_routing", family),
    switch("synchronization", "synchronization", options=False, make=family),
    adds_up("table-map", "table_map", family),
]


def read(*lines: str, within: str = "") -> RunningConfig:
    """`router bgp 1` with these lines of its own or of a family."""
    head = ["router bgp 1", *([f" address-family {within}"] if within else [])]
    return read_running("\n".join([*head, *(f"  {line}" for line in lines)]), sections=True)


def scope_data(config: RunningConfig, name: str) -> dict[str, Any]:
    """The data of the process (`router`) or of one family; the other says nothing."""
    assert config.unknown == ()
    data = config_data(config)["bgp"]
    families = {one.pop("name"): one for one in data["families"]}
    if name == "router":
        return {**data, "families": list(families.values())}
    assert {**data, "families": []} == NO_PROCESS
    assert set(families) <= {name}
    found = families.get(name, {**NO_FAMILY, "vrf": None})
    assert found.pop("vrf") == (name.partition(" vrf ")[2] or None)
    return found


def meaning(config: RunningConfig) -> set[tuple[str, str]]:
    assert config.bgp is not None
    return {(context, statement) for context, _owner, statement in config.bgp.meaning() if statement}


def places(row: Row) -> list[tuple[str, str, dict[str, Any]]]:
    """Where it may stand: the family a line is in, what it belongs to, and the data without it."""
    if row.part == "process":
        return [("", "router", NO_PROCESS), ("ipv4", "router", NO_PROCESS)]
    if row.part == "anywhere":
        return [("", "router", NO_PROCESS), (VRF, VRF, NO_FAMILY)]
    return [
        ("", "ipv4", NO_FAMILY),
        ("ipv4", "ipv4", NO_FAMILY),
        ("vpnv4", "vpnv4", NO_FAMILY),
        (VRF, VRF, NO_FAMILY),
    ]


def check_it_is_read(row: Row) -> None:
    for within, scope, none in places(row):
        config = read(row.line, within=within)
        assert scope_data(config, scope) == {**none, **row.fields}
        assert config.bgp is not None
        assert list(config.bgp.scopes[scope]) == [row.name]
        assert meaning(config) == {(scope, statement) for statement in row.statements}


def check_it_stands_nowhere_else(row: Row) -> None:
    config = read(row.line, within=VRF)
    assert (config.unknown == ()) == (row.part != "process")


def check_it_is_printed_and_read_again(row: Row) -> None:
    first = read(row.line)
    again = read(*(statement for _context, statement in sorted(meaning(first))))
    assert meaning(again) == meaning(first)
    assert config_data(again) == config_data(first)
    assert again.bgp == first.bgp


def check_a_further_line(row: Row) -> None:
    if row.then:
        line, fields = row.then
        for within, scope, none in places(row):
            assert scope_data(read(row.line, line, within=within), scope) == {**none, **fields}


def check_no_before_it(row: Row) -> None:
    _within, scope, none = places(row)[0]
    no_line = f"no {row.off}" if row.off else f"no {row.line}"
    says = row.off_statements if row.off else (no_line,)
    if row.off and row.data is not None:
        fields = row.off_data or (row.data if row.line.startswith("no ") else {})
    else:
        fields = kept(*says)
    off = {**none, **fields}
    config = read(no_line)
    assert scope_data(config, scope) == off
    assert meaning(config) == {(scope, statement) for statement in says}
    if row.off and not row.line.startswith("no "):
        assert scope_data(read(row.line, no_line), scope) == off
        assert scope_data(read(no_line, row.line), scope) == {**none, **row.fields}
    elif not row.off:
        no_line = f"no {row.key}"
        both = {**none, **row.fields, "statements": sorted((*row.fields.get("statements", ()), no_line))}
        assert scope_data(read(no_line, row.line), scope) == both


def check_the_default_says_nothing(row: Row) -> None:
    if row.default:
        for within, scope, none in places(row):
            config = read(row.default, within=within)
            assert scope_data(config, scope) == none
            assert meaning(config) == set()
            for lines in ((row.line, row.default), (row.default, row.line)):
                again = read(*lines, within=within)
                off = row.single and lines[1] == row.default
                assert scope_data(again, scope) == {**none, **({} if off else row.fields)}


CHECKS = (
    check_it_is_read,
    check_it_stands_nowhere_else,
    check_it_is_printed_and_read_again,
    check_a_further_line,
    check_no_before_it,
    check_the_default_says_nothing,
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_statement(check, row):
    check(row)


def test_each_entry_of_the_table_has_a_row():
    names = [entry.name for entry in PROCESS.entries]
    assert len(set(names)) == len(names)
    assert {(entry.part.value, entry.name) for entry in PROCESS.entries} == {
        (row.part, row.name) for row in ROWS
    }
    words = [entry.words for entry in PROCESS.entries]
    assert len(set(words)) == len(words)


#: What tools.mutate_statements runs besides the checks of the rows.
WHOLE = (test_each_entry_of_the_table_has_a_row,)
