# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each statement of a neighbour: read, inherited or not, compared, printed and read again, as data.

What is expected stands in here, not in the table of the product. `python -m tools.mutate_statements` takes
every property of the table away and looks whether these tests notice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.data import config_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.neighbor_statements import NEIGHBOR
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.records import (
    BgpProcess,
    RunningConfig,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running

X = "192.0.2.1"
VRF = "ipv4 vrf RED"
SESSION, POLICY = "session", "policy"

#: The data of a session that no line speaks of.
NO_SESSION: dict[str, Any] = {
    "alternate_as": [],
    "ao": None,
    "cluster_id": None,
    "connection_mode": None,
    "description": None,
    "disable_connected_check": False,
    "ebgp_multihop": None,
    "fall_over": None,
    "group": None,
    "ha_mode_graceful_restart": None,
    "ha_mode_sso": None,
    "inherits": [],
    "local_as": None,
    "local_as_options": [],
    "password": None,
    "remote_as": None,
    "shutdown": False,
    "statements": [],
    "timers": None,
    "ttl_security_hops": None,
    "update_source": None,
}
#: The same of a policy.
NO_POLICY: dict[str, Any] = {
    "active": None,
    "additional_paths": None,
    "advertisement_interval": None,
    "allowas_in": None,
    "as_override": None,
    "default_originate": None,
    "distribute_list_in": None,
    "distribute_list_out": None,
    "filter_list_in": None,
    "filter_list_out": None,
    "inherits": [],
    "maximum_prefix": None,
    "next_hop_self": None,
    "next_hop_unchanged": None,
    "prefix_list_in": None,
    "prefix_list_out": None,
    "remove_private_as": None,
    "route_map_in": None,
    "route_map_out": None,
    "route_reflector_client": False,
    "send_community": [],
    "soft_reconfiguration": False,
    "statements": [],
    "weight": 0,
}


@dataclass(frozen=True)
class Row:
    """What is expected of one statement.

    Attributes:
        line: as IOS prints it, without `neighbor NAME`.
        name: of the value in the settings.
        part: session or policy.
        data: the fields that it fills; None where it stands among the statements.
        inherited: by the members of a peer-group.
        canonical: in canonical form, where that is another than the line.
        key: the words that `no` stands before; "" where `no` needs the value, too.
        off: `no KEY` turns it off: it says nothing, or what `off_statements` has.
        then: a further line, of the neighbour or where this one is its group's, and the fields of both.
        default: a line that says nothing.
    """

    line: str
    name: str
    part: str
    data: dict[str, Any] | None = None
    inherited: bool = True
    canonical: tuple[str, ...] = ()
    key: str | None = None
    off: bool = False
    off_statements: tuple[str, ...] = ()
    then: tuple[str, dict[str, Any]] | None = None
    default: str = ""

    @property
    def id(self) -> str:
        return f"{self.part}-{self.name}"

    @property
    def statements(self) -> tuple[str, ...]:
        return self.canonical or (self.line,)

    @property
    def fields(self) -> dict[str, Any]:
        return {"statements": sorted(self.statements)} if self.data is None else self.data

    @property
    def negated(self) -> str:
        return self.line.split()[0] if self.key is None else self.key


def session(line: str, name: str, data: dict[str, Any] | None = None, **more: Any) -> Row:
    return Row(line, name, SESSION, data, **more)


def policy(line: str, name: str, data: dict[str, Any] | None = None, **more: Any) -> Row:
    return Row(line, name, POLICY, data, **more)


def kept(*lines: str) -> dict[str, Any]:
    return {"statements": sorted(lines)}


ROWS = [
    session("ao K include-tcp-options", "ao", {"ao": "K include-tcp-options"}, then=("ao L", {"ao": "L"})),
    session(
        "bmp-activate server 1",
        "bmp_activate",
        then=("bmp-activate all", kept("bmp-activate all", "bmp-activate server 1")),
    ),
    session(
        "cluster-id 0.0.0.23",
        "cluster_id",
        {"cluster_id": 23},
        canonical=("cluster-id 23",),
        off=True,
        then=("cluster-id 9", {"cluster_id": 9}),
    ),
    session(
        "description a  b",
        "description",
        {"description": "a  b"},
        inherited=False,
        then=("description c", {"description": "c"}),
    ),
    session(
        "disable-connected-check", "disable_connected_check", {"disable_connected_check": True}, off=True
    ),
    session(
        "dont-capability-negotiate enhanced-refresh",
        "dont_capability_negotiate",
        then=(
            "dont-capability-negotiate",
            kept("dont-capability-negotiate", "dont-capability-negotiate enhanced-refresh"),
        ),
    ),
    session(
        "ebgp-multihop",
        "ebgp_multihop",
        {"ebgp_multihop": 255},
        canonical=("ebgp-multihop 255",),
        then=("ebgp-multihop 2", {"ebgp_multihop": 2}),
    ),
    session(
        "fall-over bfd single-hop",
        "fall_over",
        {"fall_over": "bfd single-hop"},
        off=True,
        then=("fall-over", {"fall_over": True}),
    ),
    session(
        "ha-mode graceful-restart disable",
        "ha_mode_graceful_restart",
        {"ha_mode_graceful_restart": "disable"},
        key="ha-mode graceful-restart",
        off=True,
        then=("ha-mode graceful-restart", {"ha_mode_graceful_restart": True}),
    ),
    session(
        "ha-mode sso",
        "ha_mode_sso",
        {"ha_mode_sso": True},
        key="ha-mode sso",
        off=True,
        then=("ha-mode sso disable", {"ha_mode_sso": "disable"}),
    ),
    session(
        "inherit peer-session T",
        "inherits",
        {"inherits": ["T"]},
        key="inherit peer-session",
        then=("inherit peer-session B", {"inherits": ["T", "B"]}),
    ),
    session(
        "local-as 1.10 no-prepend replace-as",
        "local_as",
        {"local_as": 65546, "local_as_options": ["no-prepend", "replace-as"]},
        canonical=("local-as 65546 no-prepend replace-as",),
        then=("local-as 7", {"local_as": 7, "local_as_options": []}),
    ),
    session(
        "log-neighbor-changes disable",
        "log_neighbor_changes",
        off=True,
        off_statements=("no log-neighbor-changes",),
        default="log-neighbor-changes",
        then=("log-neighbor-changes x", kept("log-neighbor-changes x")),
    ),
    session(
        "password 7 0822455D0A16",
        "password",
        {"password": {"type": "7", "value": "cisco"}},
        canonical=("password 0 cisco",),
        then=("password 6 ABC", {"password": {"type": "6", "value": "ABC"}}),
    ),
    session(
        "path-attribute discard 30 in",
        "path_attribute",
        then=(
            "path-attribute treat-as-withdraw 31 in",
            kept("path-attribute discard 30 in", "path-attribute treat-as-withdraw 31 in"),
        ),
    ),
    session("peer-group", "declared", {}, inherited=False, off=True),
    session("peer-group G", "group", {"group": "G"}, inherited=False, key=""),
    session(
        "remote-as 1.10 alternate-as 9 2",
        "remote_as",
        {"remote_as": 65546, "alternate_as": [2, 9]},
        canonical=("remote-as 65546 alternate-as 2 9",),
        then=("remote-as 4", {"remote_as": 4, "alternate_as": []}),
    ),
    session(
        "shutdown",
        "shutdown",
        {"shutdown": True},
        off=True,
        then=(
            "shutdown graceful 30 community 9",
            {"shutdown": True, "statements": ["shutdown graceful 30 community 9"]},
        ),
    ),
    session(
        "timers 3 9 0",
        "timers",
        {"timers": {"keepalive": 3, "hold": 9, "minimum_hold": 0}},
        canonical=("timers 3 9",),
        then=("timers 4 12 6", {"timers": {"keepalive": 4, "hold": 12, "minimum_hold": 6}}),
    ),
    session(
        "translate-update nlri unicast",
        "translate_update",
        then=("translate-update", kept("translate-update", "translate-update nlri unicast")),
    ),
    session(
        "transport connection-mode passive",
        "connection_mode",
        {"connection_mode": "passive"},
        key="transport connection-mode",
        then=("transport connection-mode active", {"connection_mode": "active"}),
    ),
    session(
        "transport multi-session disable",
        "multi_session",
        key="transport multi-session",
        off=True,
        then=("transport multi-session", kept("transport multi-session")),
    ),
    session(
        "transport path-mtu-discovery disable",
        "path_mtu_discovery",
        key="transport path-mtu-discovery",
        off=True,
        off_statements=("no transport path-mtu-discovery",),
        default="transport path-mtu-discovery",
        then=("transport path-mtu-discovery x", kept("transport path-mtu-discovery x")),
    ),
    session("transport single-session", "single_session", key="transport single-session", off=True),
    session(
        "ttl-security hops 2",
        "ttl_security_hops",
        {"ttl_security_hops": 2},
        key="ttl-security hops",
        then=("ttl-security hops 3", {"ttl_security_hops": 3}),
    ),
    session(
        "update in labeled-unicast unique",
        "update",
        then=(
            "update out labeled-unicast unique",
            kept("update in labeled-unicast unique", "update out labeled-unicast unique"),
        ),
    ),
    session(
        "update-source Loopback0",
        "update_source",
        {"update_source": "Loopback0"},
        then=("update-source Vlan1", {"update_source": "Vlan1"}),
    ),
    session("version 3", "version", default="version 4", then=("version 2", kept("version 2"))),
    policy("accept-route-legacy-rt", "accept_route_legacy_rt", off=True),
    policy(
        "activate",
        "active",
        {"active": True},
        inherited=False,
        off=True,
    ),
    policy(
        "additional-paths receive send",
        "additional_paths",
        {"additional_paths": "send receive"},
        canonical=("additional-paths send receive",),
        then=("additional-paths disable", {"additional_paths": "disable"}),
    ),
    policy(
        "advertise additional-paths all",
        "advertise",
        then=("advertise best-external", kept("advertise additional-paths all", "advertise best-external")),
    ),
    policy(
        "advertise-map M exist-map N",
        "advertise_map",
        then=(
            "advertise-map A exist-map B",
            kept("advertise-map A exist-map B", "advertise-map M exist-map N"),
        ),
    ),
    policy(
        "advertisement-interval 3",
        "advertisement_interval",
        {"advertisement_interval": 3},
        then=("advertisement-interval 0", {"advertisement_interval": 0}),
    ),
    policy("aigp send med", "aigp", then=("aigp", kept("aigp", "aigp send med"))),
    policy("allow-policy", "allow_policy", off=True),
    policy(
        "allowas-in",
        "allowas_in",
        {"allowas_in": 3},
        canonical=("allowas-in 3",),
        then=("allowas-in 5", {"allowas_in": 5}),
    ),
    policy("announce rpki state", "announce", then=("announce a", kept("announce a", "announce rpki state"))),
    policy(
        "as-override split-horizon",
        "as_override",
        {"as_override": "split-horizon"},
        off=True,
        then=("as-override", {"as_override": True}),
    ),
    policy(
        "capability orf prefix-list both",
        "capability",
        then=("capability a", kept("capability a", "capability orf prefix-list both")),
    ),
    policy(
        "default-originate route-map M",
        "default_originate",
        {"default_originate": "route-map M"},
        off=True,
        then=("default-originate", {"default_originate": True}),
    ),
    policy(
        "disable-policy-list",
        "disable_policy_list",
        then=("disable-policy-list a", kept("disable-policy-list", "disable-policy-list a")),
    ),
    policy(
        "distribute-list 10 in",
        "distribute_list_in",
        {"distribute_list_in": "10"},
        key="",
        then=("distribute-list 11 in", {"distribute_list_in": "11"}),
    ),
    policy(
        "distribute-list 10 out",
        "distribute_list_out",
        {"distribute_list_out": "10"},
        key="",
        then=("distribute-list 11 out", {"distribute_list_out": "11"}),
    ),
    policy("dmzlink-bw", "dmzlink_bw", off=True, then=("dmzlink-bw a", kept("dmzlink-bw a"))),
    policy("encap mpls", "encap", then=("encap vxlan", kept("encap mpls", "encap vxlan"))),
    policy(
        "filter-list 10 in",
        "filter_list_in",
        {"filter_list_in": "10"},
        key="",
        then=("filter-list 11 in", {"filter_list_in": "11"}),
    ),
    policy(
        "filter-list 10 out",
        "filter_list_out",
        {"filter_list_out": "10"},
        key="",
        then=("filter-list 11 out", {"filter_list_out": "11"}),
    ),
    policy(
        "inherit peer-policy T 10",
        "inherits",
        {"inherits": ["T"]},
        key="inherit peer-policy",
        then=("inherit peer-policy B 20", {"inherits": ["T", "B"]}),
    ),
    policy(
        "inter-as-hybrid", "inter_as_hybrid", off=True, then=("inter-as-hybrid a", kept("inter-as-hybrid a"))
    ),
    policy(
        "internal-vpn-client",
        "internal_vpn_client",
        off=True,
        then=("internal-vpn-client a", kept("internal-vpn-client a")),
    ),
    policy(
        "maximum-prefix 9 75 restart 5",
        "maximum_prefix",
        {"maximum_prefix": {"limit": 9, "threshold": 75, "action": "restart 5"}},
        canonical=("maximum-prefix 9 restart 5",),
        then=("maximum-prefix 8 80", {"maximum_prefix": {"limit": 8, "threshold": 80, "action": None}}),
    ),
    policy(
        "next-hop-self all",
        "next_hop_self",
        {"next_hop_self": "all"},
        off=True,
        then=("next-hop-self", {"next_hop_self": True}),
    ),
    policy(
        "next-hop-unchanged allpaths",
        "next_hop_unchanged",
        {"next_hop_unchanged": "allpaths"},
        off=True,
        then=("next-hop-unchanged", {"next_hop_unchanged": True}),
    ),
    policy(
        "prefix-length-size 2",
        "prefix_length_size",
        then=("prefix-length-size 1", kept("prefix-length-size 1", "prefix-length-size 2")),
    ),
    policy(
        "prefix-list P in",
        "prefix_list_in",
        {"prefix_list_in": "P"},
        key="",
        then=("prefix-list Q in", {"prefix_list_in": "Q"}),
    ),
    policy(
        "prefix-list P out",
        "prefix_list_out",
        {"prefix_list_out": "P"},
        key="",
        then=("prefix-list Q out", {"prefix_list_out": "Q"}),
    ),
    policy(
        "remove-private-AS all",
        "remove_private_as",
        {"remove_private_as": "all"},
        canonical=("remove-private-as all",),
        off=True,
        then=("remove-private-as", {"remove_private_as": True}),
    ),
    policy(
        "route-map M in",
        "route_map_in",
        {"route_map_in": "M"},
        key="",
        then=("route-map N in", {"route_map_in": "N"}),
    ),
    policy(
        "route-map M out",
        "route_map_out",
        {"route_map_out": "M"},
        key="",
        then=("route-map N out", {"route_map_out": "N"}),
    ),
    policy("route-reflector-client", "route_reflector_client", {"route_reflector_client": True}, off=True),
    policy(
        "route-server-client context C",
        "route_server_client",
        off=True,
        then=("route-server-client", kept("route-server-client")),
    ),
    policy(
        "send-community both",
        "send_community",
        {"send_community": ["standard", "extended"]},
        canonical=("send-community", "send-community extended"),
    ),
    policy(
        "send-community extended",
        "send_community",
        {"send_community": ["extended"]},
        then=("send-community", {"send_community": ["standard", "extended"]}),
    ),
    policy("send-label explicit-null", "send_label", off=True, then=("send-label", kept("send-label"))),
    policy(
        "slow-peer detection threshold 200",
        "slow_peer",
        then=(
            "slow-peer split-update-group static",
            kept("slow-peer detection threshold 200", "slow-peer split-update-group static"),
        ),
    ),
    policy(
        "soft-reconfiguration inbound",
        "soft_reconfiguration",
        {"soft_reconfiguration": True},
        key="soft-reconfiguration inbound",
        off=True,
    ),
    policy("soo 1:2", "soo", then=("soo 1:1", kept("soo 1:1", "soo 1:2"))),
    policy(
        "suppress-signaling-protocol ldp",
        "suppress_signaling_protocol",
        then=(
            "suppress-signaling-protocol",
            kept("suppress-signaling-protocol", "suppress-signaling-protocol ldp"),
        ),
    ),
    policy("unsuppress-map M", "unsuppress_map", then=("unsuppress-map N", kept("unsuppress-map N"))),
    policy("validation disable", "validation", then=("validation", kept("validation", "validation disable"))),
    policy("weight 5", "weight", {"weight": 5}, default="weight 0", then=("weight 6", {"weight": 6})),
]


def read(*lines: str, family: str = "") -> RunningConfig:
    """A process where no family is on by default, with these lines of its own or of a family."""
    head = [
        "router bgp 64512",
        " no bgp default ipv4-unicast",
        *([f" address-family {family}"] if family else []),
    ]
    return read_running("\n".join([*head, *(f"  {line}" for line in lines)]), sections=True)


def process(config: RunningConfig) -> BgpProcess:
    assert config.unknown == ()
    assert config.bgp is not None
    return config.bgp


def neighbor_data(config: RunningConfig, name: str = X) -> dict[str, Any]:
    """The data of a neighbour without what tells it from others."""
    (found,) = [one for one in config_data(config, secrets=True)["bgp"]["neighbors"] if one["name"] == name]
    return {field: value for field, value in found.items() if field not in ("name", "kind", "vrf")}


def expected(part: str, fields: dict[str, Any], family: str = "ipv4") -> dict[str, Any]:
    """The data of a neighbour with no other line."""
    active = None if " vrf " in family else False
    own = {**NO_POLICY, "active": active, **(fields if part == POLICY else {})}
    families = {"ipv4": {**NO_POLICY, "active": False}} if active is False else {}
    if part == POLICY:
        families[family] = own
    return {**NO_SESSION, **(fields if part == SESSION else {}), "families": families}


def meaning(config: RunningConfig) -> set[tuple[str, str, str]]:
    """The statements of neighbours."""
    return {found for found in process(config).meaning() if found[1]}


# -- what is looked at, for each row --------------------------------------------------------------------


def check_it_is_read(row: Row) -> None:
    config = read(f"neighbor {X} {row.line}")
    # True is not 1 in there.
    assert json.dumps(neighbor_data(config), sort_keys=True) == json.dumps(
        expected(row.part, row.fields), sort_keys=True
    )
    found = process(config).neighbors[X]
    settings = found.session if row.part == SESSION else found.policies["ipv4"].settings
    assert list(settings) == [row.name]
    assert not (found.policies if row.part == SESSION else found.session)


def check_it_stands_in_families(row: Row) -> None:
    for family in ("vpnv4", VRF):
        config = read(f"neighbor {X} {row.line}", family=family)
        assert process(config) is not None
        assert neighbor_data(config) == expected(row.part, row.fields, family)


def check_it_is_compared(row: Row) -> None:
    config = read(f"neighbor {X} {row.line}")
    context = "router" if row.part == SESSION else "ipv4"
    assert meaning(config) == {(context, X, statement) for statement in row.statements}
    assert config.bgp is not None
    assert config.bgp != process(read())


def check_it_is_printed_and_read_again(row: Row) -> None:
    first = read(f"neighbor {X} {row.line}")
    again = read(*(f"neighbor {owner} {statement}" for _context, owner, statement in sorted(meaning(first))))
    assert meaning(again) == meaning(first)
    found, other = process(first).neighbors[X], process(again).neighbors[X]
    assert (found.session, found.policies) == (other.session, other.policies)


def check_it_stands_in_its_template(row: Row) -> None:
    for kind in (SESSION, POLICY):
        text = f"router bgp 1\n template peer-{kind} T\n  {row.line}\n exit-peer-{kind}"
        config = read_running(text, sections=True)
        assert (config.unknown == ()) == (kind == row.part)
        (template,) = config_data(config, secrets=True)["bgp"]["templates"]
        fields = row.fields if kind == row.part else {}
        none = NO_SESSION if kind == SESSION else NO_POLICY
        assert template == {"name": "T", "kind": f"peer-{kind}", **none, **fields}


def effective(*lines: str) -> RunningConfig:
    """A process whose one neighbour is a member of group M, with what it inherits."""
    config = read(f"neighbor {X} peer-group M", *lines)
    bgp = process(config)
    return replace(config, bgp=replace(bgp, neighbors={X: bgp.effective(bgp.neighbors[X])}))


def check_it_is_inherited_or_not(row: Row) -> None:
    config = effective(f"neighbor M {row.line}")
    assert neighbor_data(config) == {**expected(row.part, row.fields if row.inherited else {}), "group": "M"}
    assert list(process(config).neighbors[X].session) == [
        "group",
        *([row.name] if row.part == SESSION and row.inherited else []),
    ]
    if row.then and row.inherited:
        line, fields = row.then
        both = {**expected(row.part, fields), "group": "M"}
        assert neighbor_data(effective(f"neighbor M {row.line}", f"neighbor {X} {line}")) == both


def check_an_own_default_wins(row: Row) -> None:
    own = [f"neighbor {X} {row.default}"] if row.default else []
    own += [f"no neighbor {X} {row.negated}"] if row.off and not row.off_statements else []
    for line in own if row.inherited else []:
        for lines in ((f"neighbor M {row.line}", line), (line, f"neighbor M {row.line}")):
            assert neighbor_data(effective(*lines)) == {**expected(row.part, {}), "group": "M"}
        both = neighbor_data(effective(f"neighbor M {row.line}", line, f"neighbor {X} {row.line}"))
        assert both == {**expected(row.part, row.fields), "group": "M"}


def check_a_further_line(row: Row) -> None:
    if row.then:
        line, fields = row.then
        config = read(f"neighbor {X} {row.line}", f"neighbor {X} {line}")
        assert process(config) is not None
        assert neighbor_data(config) == expected(row.part, fields)


def part_data(row: Row, *lines: str) -> dict[str, Any]:
    """The data of the session or of the policy, in a process where IPv4 unicast is on by default."""
    config = read_running("\n".join(["router bgp 1", *(f" {line}" for line in lines)]), sections=True)
    assert process(config) is not None
    data = neighbor_data(config)
    policy_data = data.pop("families")["ipv4"]
    return data if row.part == SESSION else policy_data


def check_no_before_it(row: Row) -> None:
    if not row.negated:
        return
    line, no_line = f"neighbor {X} {row.line}", f"no neighbor {X} {row.negated}"
    none = NO_SESSION if row.part == SESSION else {**NO_POLICY, "active": True}
    if row.name == "active":
        off = {**none, "active": False}
    else:
        off = {**none, "statements": list(row.off_statements if row.off else (f"no {row.negated}",))}
    assert part_data(row, no_line) == off
    statements = {statement for _context, _owner, statement in meaning(read(no_line))}
    assert statements == (set() if row.name == "active" else set(off["statements"]))
    beside = [] if row.off else off["statements"]
    both = {**none, **row.fields, "statements": sorted((*row.fields.get("statements", ()), *beside))}
    assert part_data(row, no_line, line) == both
    assert part_data(row, line, no_line) == (off if row.off else both)


def check_the_default_says_nothing(row: Row) -> None:
    if row.default:
        config = read(f"neighbor {X} {row.default}")
        assert meaning(config) == set()
        assert neighbor_data(config) == expected(row.part, {})
        assert process(config).neighbors[X].session == {}


CHECKS = (
    check_it_is_read,
    check_it_stands_in_families,
    check_it_is_compared,
    check_it_is_printed_and_read_again,
    check_it_stands_in_its_template,
    check_it_is_inherited_or_not,
    check_an_own_default_wins,
    check_a_further_line,
    check_no_before_it,
    check_the_default_says_nothing,
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_statement(check, row):
    check(row)


def test_each_entry_of_the_table_has_a_row():
    names = [(entry.part.value, entry.name) for entry in NEIGHBOR.entries]
    assert len(set(names)) == len(names)
    assert set(names) == {(row.part, row.name) for row in ROWS}
    words = [entry.words for entry in NEIGHBOR.entries]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    "line",
    [
        "accept-route-legacy",
        "activate now",
        "additional-paths both",
        "allowas-in many",
        "inherit peer-policy A 1 2",
        "inherit peer-session",
        "local-as 1 replace-as",
        "maximum-prefix 1 2 3",
        "next-hop-self some",
        "prefix-list A B in",
        "prefix-list A both",
        "remote-as 1 alternate-as",
        "rr-group 1",
        "send-community large",
        "timers 3",
        "transport connection-mode both",
        "update-source",
    ],
)
def test_what_is_no_statement_or_no_value_is_unknown(line):
    config = read(f"neighbor {X} {line}")
    assert config.unknown == (f"router bgp 64512 / neighbor {X} {line}",)
    assert config.bgp is not None
    assert X not in config.bgp.neighbors


def test_a_neighbour_is_in_one_group():
    config = read(f"neighbor {X} peer-group G", f"neighbor {X} peer-group G", f"neighbor {X} peer-group H")
    assert [line.text for line in config.unread] == [f"neighbor {X} peer-group H"]


#: What tools.mutate_statements runs besides the checks of the rows.
WHOLE = (test_each_entry_of_the_table_has_a_row, test_a_neighbour_is_in_one_group)
