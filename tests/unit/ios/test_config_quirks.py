# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quirks of `router bgp`, one labelled case each: what means the same, what does not, what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.telco.calico_bgp.plugins.filter.ios_bgp_config import FilterModule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.records import RunningConfig
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.fake_ios import type_7

N = "neighbor 192.0.2.1"
PEER = f" {N} remote-as 64512\n"
IPV4 = " !\n address-family ipv4\n"
EXIT = " exit-address-family\n"


def below(text: str) -> RunningConfig:
    """What stands below `router bgp 64512`."""
    return read_running(
        text if text.lstrip().startswith("router bgp") else f"router bgp 64512\n{text}", sections=True
    )


def data(text: str, **options: Any) -> Any:
    """What the filter gives."""
    return FilterModule().filters()["ios_bgp_config"](text, **options)


def section(text: str, **options: Any) -> Any:
    """What the filter gives of `| section`."""
    return data(text, sections=True, **options)


SAME = {
    "flat or in the family of IPv4 unicast": (
        f"{PEER} {N} route-reflector-client\n {N} route-map M in\n network 10.0.0.0\n bgp dampening\n",
        f"{PEER}{IPV4}  bgp dampening\n  network 10.0.0.0\n  {N} activate\n  {N} route-reflector-client\n"
        f"  {N} route-map M in\n{EXIT}",
    ),
    "an IPv4 address in one of IPv6": (
        f" address-family ipv6\n  network ::FFFF:192.0.2.0/120\n{EXIT}",
        f" address-family ipv6\n  network ::ffff:c000:200/120\n{EXIT}",
    ),
    "a family with or without the word unicast": (
        f"{PEER} address-family ipv4 unicast\n  {N} weight 5\n{EXIT} address-family vpnv4 unicast\n"
        f"  {N} activate\n{EXIT}",
        f"{PEER} address-family ipv4\n  {N} weight 5\n{EXIT} address-family vpnv4\n  {N} activate\n{EXIT}",
    ),
    "12.x indents what is in a family no further than its head": (
        f"{PEER} no synchronization\n no auto-summary\n !\n address-family vpnv4\n {N} activate\n"
        f" {N} send-community extended\n{EXIT} !\n address-family ipv4 vrf RED\n"
        f" neighbor 192.0.2.9 remote-as 65001\n neighbor 192.0.2.9 activate\n no auto-summary\n{EXIT}",
        f"{PEER} !\n address-family vpnv4\n  {N} activate\n  {N} send-community extended\n{EXIT} !\n"
        f" address-family ipv4 vrf RED\n  neighbor 192.0.2.9 remote-as 65001\n  neighbor 192.0.2.9 activate\n"
        f"{EXIT}",
    ),
    "a family that nothing closes ends where the indentation does": (
        f" address-family vpnv4\n  {N} activate\n bgp cluster-id 7\n{PEER}",
        f" bgp cluster-id 7\n{PEER} address-family vpnv4\n  {N} activate\n{EXIT}",
    ),
    "session lines in a family stand at the level of the process": (
        f"{IPV4}  {N} remote-as 64512\n  {N} timers 10 30\n  {N} password x\n{EXIT}",
        f"{PEER} {N} timers 10 30\n {N} password x\n",
    ),
    "the peer-group of a neighbour, named in a family": (
        f" neighbor G peer-group\n address-family vpnv4\n  {N} peer-group G\n  {N} activate\n{EXIT}",
        f" neighbor G peer-group\n {N} peer-group G\n address-family vpnv4\n  {N} activate\n{EXIT}",
    ),
    "activate says nothing where the default is on": (f"{PEER}{IPV4}  {N} activate\n{EXIT}", PEER),
    "no activate says nothing where the default is off": (
        f" no bgp default ipv4-unicast\n{PEER}{IPV4}  no {N} activate\n{EXIT}",
        f" no bgp default ipv4-unicast\n{PEER}{IPV4}{EXIT}",
    ),
    "no activate says nothing in another family": (
        f"{PEER} address-family vpnv4\n  no {N} activate\n{EXIT}",
        f"{PEER} address-family vpnv4\n{EXIT}",
    ),
    "an empty family of IPv4 unicast is layout": (f"{PEER}{IPV4}{EXIT}", PEER),
    "cluster-ids as integers or dotted": (" bgp cluster-id 0.0.0.23", " bgp cluster-id 23"),
    "cluster-ids of neighbours": (f"{PEER} {N} cluster-id 10.0.0.1", f"{PEER} {N} cluster-id 167772161"),
    "AS numbers plain or with a dot": (
        "router bgp 1.10\n bgp confederation identifier 65546\n neighbor G peer-group\n"
        " neighbor G remote-as 1.1 alternate-as 1.2 64512\n neighbor G local-as 1.3 no-prepend",
        "router bgp 65546\n bgp confederation identifier 1.10\n neighbor G peer-group\n"
        " neighbor G remote-as 65537 alternate-as 64512 65538\n neighbor G local-as 65539 no-prepend",
    ),
    "passwords of type 7 whatever the salt, and clear text": (
        f"{PEER} {N} password 7 {type_7('a secret', 2)}",
        f"{PEER} {N} password a secret",
    ),
    "a password with the type before it": (f"{PEER} {N} password 0 x", f"{PEER} {N} password x"),
    "IPv6 addresses in capitals, long or short": (
        " neighbor 2001:DB8:0:0::1 remote-as 1\n address-family ipv6\n  neighbor 2001:DB8::1 activate\n"
        "  network 2001:DB8:0::/48\n",
        " neighbor 2001:db8::1 remote-as 1\n address-family ipv6\n  neighbor 2001:db8:0::1 activate\n"
        "  network 2001:db8::/48\n",
    ),
    "link-local neighbours keep their interface": (
        " neighbor FE80::1%GigabitEthernet0/1 remote-as 1",
        " neighbor fe80:0::1%GigabitEthernet0/1 remote-as 1",
    ),
    "networks of a class without their mask": (
        " network 10.0.0.0\n network 172.16.0.0\n network 192.0.2.0\n network 0.0.0.0",
        " network 10.0.0.0 mask 255.0.0.0\n network 172.16.0.0 mask 255.255.0.0\n"
        " network 192.0.2.0 mask 255.255.255.0\n network 0.0.0.0 mask 0.0.0.0",
    ),
    "the options of an aggregate in any order": (
        " aggregate-address 10.0.0.0 255.0.0.0 summary-only as-set",
        " aggregate-address 10.0.0.0 255.0.0.0 as-set summary-only",
    ),
    "communities one by one or both": (
        f"{PEER} {N} send-community\n {N} send-community extended",
        f"{PEER} {N} send-community both",
    ),
    "send-community standard": (f"{PEER} {N} send-community standard", f"{PEER} {N} send-community"),
    "the threshold of maximum-prefix": (
        f"{PEER} {N} maximum-prefix 100 75 warning-only",
        f"{PEER} {N} maximum-prefix 100 warning-only",
    ),
    "a minimum hold time of nothing": (
        f" timers bgp 10 30 0\n{PEER} {N} timers 3 9 0",
        f" timers bgp 10 30\n{PEER} {N} timers 3 9",
    ),
    "numbers that IOS adds": (
        f"{PEER} {N} ebgp-multihop\n {N} allowas-in",
        f"{PEER} {N} ebgp-multihop 255\n {N} allowas-in 3",
    ),
    "remove-private-AS in older releases": (
        f"{PEER} {N} remove-private-AS",
        f"{PEER} {N} remove-private-as",
    ),
    "additional paths in either order": (
        f"{PEER} bgp additional-paths receive send\n {N} additional-paths receive send",
        f"{PEER}{IPV4}  bgp additional-paths send receive\n  {N} additional-paths send receive\n{EXIT}",
    ),
    "the peers of a confederation on one line or more": (
        " bgp confederation peers 65001 65002",
        " bgp confederation peers 65002\n bgp confederation peers 65001",
    ),
    "hidden defaults of the process": (
        " no synchronization\n bgp fast-external-fallover\n bgp listen limit 100\n bgp update-delay 120\n"
        " timers bgp 60 180 0\n bgp client-to-client reflection\n bgp enforce-first-as\n bgp scan-time 60\n"
        " bgp nexthop trigger delay 5\n distance bgp 20 200 200\n bgp default ipv4-unicast\n"
        " bgp graceful-restart restart-time 120\n no bgp deterministic-med\n maximum-paths 1\n"
        " no auto-summary",
        "",
    ),
    "hidden defaults of a neighbour": (
        f"{PEER} {N} weight 0\n {N} log-neighbor-changes\n {N} version 4\n no {N} shutdown",
        PEER,
    ),
    "hidden defaults in a VRF": (
        " address-family ipv4 vrf RED\n  no synchronization\n  bgp aggregate-timer 40\n"
        "  bgp aggregate-timer 30\n  distance bgp 20 200 200\n",
        " address-family ipv4 vrf RED\n",
    ),
    "listen ranges with host bits, and their AS number": (
        " bgp listen range 10.0.0.1/8 peer-group G remote-as 1.10",
        " bgp listen range 10.0.0.0/8 peer-group G remote-as 65546",
    ),
    "the order of lines, and a line that comes twice": (
        f"{PEER} {N} shutdown\n bgp cluster-id 1\n{PEER}",
        f" bgp cluster-id 1\n{PEER} {N} shutdown\n",
    ),
    "comments": (f" ! by hand\n{PEER} !\n", PEER),
    "carriage returns, a pager's traces and messages of the log": (
        f"{PEER} --More-- \x08\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08\x08\x08\x08\x08\x08\x08\x08"
        f" {N} shutdown\r\r\n*Mar  1 00:00:01.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up\r\n"
        f"001234: Nov 24 2026 10:00:00.1 UTC: %SYS-5-CONFIG_I: Configured from console\r\n {N} weight 7\r\n",
        f"{PEER} {N} shutdown\n {N} weight 7\n",
    ),
    "text that stands indented as a whole": (
        f"    router bgp 64512\n    {PEER}     {N} shutdown\n",
        f"{PEER} {N} shutdown\n",
    ),
    "everything of the process twice": (f"{PEER}router bgp 64512\n{PEER}", PEER),
}


@pytest.mark.parametrize("label", SAME)
def test_means_the_same(label):
    one, other = map(below, SAME[label])
    assert (one.unknown, other.unknown) == ((), ())
    assert differences(one, other) == ()
    assert one.bgp is not None
    assert other.bgp is not None
    ours, theirs = one.bgp.meaning(), other.bgp.meaning()
    assert ours == theirs


DIFFERENT = {
    "AS 1.10 is not AS 1.1": (" neighbor G remote-as 1.10", " neighbor G remote-as 1.1", "neighbor G"),
    "the process in another AS": ("router bgp 1.10\n", "router bgp 1.1\n", "AS 1.10"),
    "one of two listen ranges": (
        " bgp listen range 10.0.0.0/8 peer-group G\n bgp listen range 11.0.0.0/8 peer-group G",
        " bgp listen range 10.0.0.0/8 peer-group G",
        "bgp listen range 11.0.0.0/8 peer-group G",
    ),
    "alternate AS numbers": (
        " neighbor G remote-as 1 alternate-as 2",
        " neighbor G remote-as 1",
        "alternate-as 2",
    ),
    "no activate where the default is on": (f"{PEER} no {N} activate", PEER, "no activate"),
    "the default itself": (f" no bgp default ipv4-unicast\n{PEER}", PEER, "no bgp default ipv4-unicast"),
    "a minimum hold time": (f"{PEER} {N} timers 10 30 20", f"{PEER} {N} timers 10 30", "timers 10 30 20"),
    "a minimum hold time of the process": (
        " timers bgp 10 30 20",
        " timers bgp 10 30",
        "timers bgp 10 30 20",
    ),
    "passwords, which no sentence shows": (
        f"{PEER} {N} password 7 {type_7('one', 2)}",
        f"{PEER} {N} password two",
        "password ********",
    ),
    "passwords of type 6": (f"{PEER} {N} password 6 AB", f"{PEER} {N} password 6 CD", "password ********"),
    "the same neighbour in a VRF": (
        f"{PEER} address-family ipv4 vrf RED\n  {N} remote-as 1\n  {N} activate\n",
        f"{PEER} address-family ipv4 vrf BLUE\n  {N} remote-as 1\n  {N} activate\n",
        "neighbor 192.0.2.1 in ipv4 vrf RED",
    ),
    "another family": (
        f"{PEER} address-family vpnv4\n  {N} activate\n",
        f"{PEER} address-family vpnv4\n",
        "neighbor 192.0.2.1 in vpnv4",
    ),
    "a family that is there": (" address-family vpnv4\n", "", "the address family itself"),
    "a template's line": (
        " template peer-policy P\n  route-reflector-client\n exit-peer-policy\n",
        " template peer-policy P\n exit-peer-policy\n",
        "router bgp / template peer-policy P",
    ),
    "passive is not active": (
        f"{PEER} {N} transport connection-mode passive",
        f"{PEER} {N} transport connection-mode active",
        "connection-mode",
    ),
    "next-hop-self all": (f"{PEER} {N} next-hop-self all", f"{PEER} {N} next-hop-self", "next-hop-self all"),
    "a line that is not known": (f"{PEER} {N} frobnicate 1", f"{PEER} {N} frobnicate 2", "frobnicate 1"),
    "a description": (f"{PEER} {N} description a  b", f"{PEER} {N} description a b", "description a  b"),
    "reflection between clients": (" no bgp client-to-client reflection", "", "client-to-client"),
}


@pytest.mark.parametrize("label", DIFFERENT)
def test_differs_and_is_named(label):
    one, other, says = DIFFERENT[label]
    found = differences(below(one), below(other))
    assert any(says in sentence for sentence in found)
    assert not any("one" in sentence.split() for sentence in found)
    assert differences(below(one), below(one)) == ()


UNKNOWN = {
    "a statement of the process": (" bgp frobnicate 1", [(2, "router bgp 64512", "bgp frobnicate 1")]),
    "a statement of a neighbour in a family": (
        f"{IPV4}  {N} frobnicate",
        [(4, "router bgp 64512 / address-family ipv4", f"{N} frobnicate")],
    ),
    "a statement of a neighbour in a VRF": (
        f" address-family ipv4 vrf RED\n  {N} frobnicate",
        [(3, "router bgp 64512 / address-family ipv4 vrf RED", f"{N} frobnicate")],
    ),
    "a statement of a template": (
        " template peer-session T\n  frobnicate\n exit-peer-session",
        [(3, "router bgp 64512 / template peer-session T", "frobnicate")],
    ),
    "a known statement with a value that is none": (
        f" {N} remote-as many",
        [(2, "router bgp 64512", f"{N} remote-as many")],
    ),
    "an address that is none": (
        " neighbor 192.0.2.300 remote-as 1",
        [(2, "router bgp 64512", "neighbor 192.0.2.300 remote-as 1")],
    ),
    "a mask that is none": (
        " network 10.0.0.0 mask 255.0.255.0",
        [(2, "router bgp 64512", "network 10.0.0.0 mask 255.0.255.0")],
    ),
    "a block of its own, whole": (
        f" scope vrf RED\n  neighbor 192.0.2.9 remote-as 1\n   deeper\n{PEER}",
        [
            (2, "router bgp 64512", "scope vrf RED"),
            (3, "router bgp 64512 / scope vrf RED", "neighbor 192.0.2.9 remote-as 1"),
            (4, "router bgp 64512 / scope vrf RED", "deeper"),
        ],
    ),
    "a password in it is hidden": (
        f" {N} frobnicate password x",
        [(2, "router bgp 64512", f"{N} frobnicate password ********")],
    ),
    "a prefix-list's rule": (
        "ip prefix-list P permit nonsense",
        [(2, "", "ip prefix-list P permit nonsense")],
    ),
}


@pytest.mark.parametrize("label", UNKNOWN)
def test_what_is_not_known_is_kept_with_its_place(label):
    text, expected = UNKNOWN[label]
    found = section(f"router bgp 64512\n{text}")
    assert [(line["line"], line["where"], line["text"]) for line in found["unknown"]] == expected
    assert [peer["name"] for peer in found["bgp"]["neighbors"]] == (["192.0.2.1"] if PEER in text else [])


@pytest.mark.parametrize(
    "block",
    [
        " bmp server 1\n  address 192.0.2.5 port-number 8000\n  activate\n exit-bmp-server-mode\n",
        " route-server-context RS\n  address-family ipv4 unicast\n   import-map M8000\n"
        "  exit-address-family\n exit-route-server-context\n",
    ],
)
def test_blocks_that_are_known_are_no_unknown_lines(block):
    found = below(f"{block}{PEER}")
    assert found.unknown == ()
    assert found.bgp is not None
    assert set(found.bgp.neighbors) == {"192.0.2.1"}
    assert differences(found, below(f"{block}{PEER}".replace("8000", "8001")))


@pytest.mark.parametrize(
    "description",
    [
        "neighbor 192.0.2.9 remote-as 5",
        "50% #1 'quoted' \"twice\" \\ | ! ^C $",
        "see %BGP-5-ADJCHANGE: neighbor Up",
        "form\x0cfeed and \x85 and \u2028 break no line",
        "password of the old router",
        "rr1#",
        "two  blanks",
        "! no comment",
    ],
)
def test_a_description_is_any_text(description):
    (peer,) = section(f"router bgp 1\n{PEER} {N} description {description}\n {N} weight 3\n")["bgp"][
        "neighbors"
    ]
    assert peer["description"] == description
    assert peer["families"]["ipv4"]["weight"] == 3


def test_everything_of_a_neighbor_has_a_field():
    text = "".join(
        f" {N} {statement}\n"
        for statement in (
            "remote-as 1.10 alternate-as 64513",
            "local-as 65005 no-prepend",
            "description node-a",
            "password 7 0822455D0A16",
            "update-source Loopback0",
            "timers 10 30 20",
            "transport connection-mode passive",
            "ebgp-multihop",
            "fall-over bfd multi-hop",
            "ha-mode graceful-restart",
            "shutdown",
            "send-community both",
            "next-hop-self all",
            "maximum-prefix 100 80 restart 5",
            "prefix-list P in",
            "route-map M out",
            "remove-private-as",
            "slow-peer detection",
        )
    )
    (peer,) = section(f"router bgp 64512\n{text}")["bgp"]["neighbors"]
    assert (peer["remote_as"], peer["alternate_as"]) == (65546, [64513])
    assert (peer["local_as"], peer["local_as_options"]) == (65005, ["no-prepend"])
    assert peer["password"] == {"type": "7", "value": "********"}
    assert peer["timers"] == {"keepalive": 10, "hold": 30, "minimum_hold": 20}
    assert (peer["connection_mode"], peer["ebgp_multihop"], peer["fall_over"]) == (
        "passive",
        255,
        "bfd multi-hop",
    )
    assert (peer["ha_mode_graceful_restart"], peer["shutdown"], peer["update_source"]) == (
        True,
        True,
        "Loopback0",
    )
    family = peer["families"]["ipv4"]
    assert family["active"] is True
    assert family["maximum_prefix"] == {"limit": 100, "threshold": 80, "action": "restart 5"}
    assert (family["next_hop_self"], family["remove_private_as"]) == ("all", True)
    assert family["send_community"] == ["standard", "extended"]
    assert (family["prefix_list_in"], family["route_map_out"]) == ("P", "M")
    assert family["statements"] == ["slow-peer detection"]


def test_the_reference_route_reflector():
    bgp = section(
        "router bgp 64512\n bgp router-id 10.0.0.1\n bgp cluster-id 10.0.0.100\n bgp log-neighbor-changes\n"
        " bgp listen range 10.200.0.0/16 peer-group K8S\n bgp listen range 10.201.0.0/16 peer-group K8S\n"
        " bgp listen limit 2000\n no bgp default ipv4-unicast\n neighbor K8S peer-group\n"
        " neighbor K8S remote-as 64512\n neighbor K8S fall-over bfd\n !\n address-family ipv4\n"
        "  table-map BLOCK-RIB filter\n  neighbor K8S activate\n  neighbor K8S route-reflector-client\n"
        " exit-address-family\n"
    )["bgp"]
    assert (bgp["cluster_id"], bgp["router_id"], bgp["listen_limit"]) == (167772260, "10.0.0.1", 2000)
    assert [found["prefix"] for found in bgp["listen_ranges"]] == ["10.200.0.0/16", "10.201.0.0/16"]
    assert bgp["default_ipv4_unicast"] is False
    assert bgp["families"][0]["statements"] == ["table-map BLOCK-RIB filter"]
    (group,) = bgp["neighbors"]
    assert (group["kind"], group["families"]["ipv4"]["route_reflector_client"]) == ("peer-group", True)


def test_vrfs_and_templates_are_data():
    bgp = section(
        "router bgp 1\n template peer-session T\n  remote-as 2\n  inherit peer-session U\n"
        " exit-peer-session\n"
        f" {N} inherit peer-session T\n address-family ipv4 vrf RED\n  neighbor G peer-group\n"
        "  neighbor 192.0.2.9 peer-group G\n  bgp router-id 192.0.2.3\n  redistribute connected\n"
    )["bgp"]
    assert [(found["name"], found["remote_as"], found["inherits"]) for found in bgp["templates"]] == [
        ("T", 2, ["U"])
    ]
    assert [(peer["name"], peer["vrf"]) for peer in bgp["neighbors"]] == [
        ("192.0.2.1", None),
        ("G", "RED"),
        ("192.0.2.9", "RED"),
    ]
    (family,) = bgp["families"]
    assert (family["vrf"], family["router_id"], family["redistribute"]) == ("RED", "192.0.2.3", ["connected"])


def test_a_router_without_bgp_says_so():
    found = data("version 15.9\nhostname rr1\nrouter ospf 1\n network 10.0.0.0 0.0.0.255 area 0\nend")
    assert (found["configured"], found["bgp"], found["unknown"]) == (False, None, [])
    assert data("", sections=True)["configured"] is False


def test_secrets_on_request():
    text = f"router bgp 1\n{PEER} {N} password 7 {type_7('open', 4)}\n"
    assert "open" not in str(section(text))
    assert section(text, secrets=True)["bgp"]["neighbors"][0]["password"] == {"type": "7", "value": "open"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "show running-config: the router answered nothing"),
        ("version 15.9\n% Invalid input detected at '^' marker.\n", "show running-config, line 2"),
        ("router bgp 70000.1", "line 1: 'router bgp 70000.1'"),
        (f"router bgp 1\n{PEER}router bgp 2\n", "line 3: 'router bgp 2': a second `router bgp` next to AS 1"),
        ("Current configuration : 9 bytes\nrouter bgp 1\n bgp cluster-id 1", "stops before `end`"),
        ("hello world", "this is no configuration of IOS"),
        (
            f"router bgp 1\n{N} remote-as 1\n",
            "line 2: 'neighbor 192.0.2.1 remote-as 1': this line belongs below",
        ),
        (f"{PEER} {N} shutdown", "this is no configuration of IOS"),
        (["router bgp 1"], "takes the text of a configuration, not list"),
    ],
)
def test_errors_name_command_and_line(text, says):
    with pytest.raises(AnsibleFilterError) as caught:
        data(text)
    assert says in str(caught.value)


HEADERS = {
    "building": "Building configuration...\n\n",
    "running": "Current configuration : 9 bytes\n",
    "both": "\nBuilding configuration...\n\nCurrent configuration : 9 bytes\n",
    "after the echo": "rr1#show running-config\nBuilding configuration...\n\n",
    "carriage returns": "Building configuration...\r\n\r\n",
    "startup": "Using 9 out of 262144 bytes\n",
    "startup, compressed": "Using 9 out of 262144 bytes, uncompressed size = 99 bytes\n",
    "indented": "  Using 9 out of 262144 bytes\n  ",
}


@pytest.mark.parametrize("label", HEADERS)
def test_a_configuration_with_a_header_is_whole_with_its_end(label):
    header, body = HEADERS[label], "!\nversion 15.9\nrouter bgp 1\n bgp cluster-id 1\n"
    if label == "indented":
        body = body.replace("\n", "\n  ")
    with pytest.raises(AnsibleFilterError, match="stops before `end`"):
        data(header + body)
    assert data(f"{header}{body}end\n")["bgp"]["cluster_id"] == 1


@pytest.mark.parametrize(
    "opening",
    [
        "line vty 0 4\n vacant-message ^C",
        "line vty 0 4\n refuse-message ^C",
        "line vty 0 4\n busy-message host ^C",
        "parameter-map type webauth global\n banner text ^C",
        "parameter-map type webauth global\n banner title ^C",
        "crypto isakmp client configuration group G\n banner ^C",
        "ip admission auth-proxy-banner http ^C",
    ],
)
def test_a_text_of_several_lines_in_other_sections_is_no_configuration(opening):
    text = f"version 15.9\n{opening}\nrouter bgp 1\n neighbor 192.0.2.1 remote-as 1\n*** no\n^C\n!\nend\n"
    found = data(text)
    assert (found["configured"], found["misplaced"]) == (False, [])
    with pytest.raises(AnsibleFilterError, match="is never closed"):
        data(text.replace("\n^C\n", "\n"))


def test_a_banner_of_one_line_closes_itself():
    text = "version 15.9\nline vty 0 4\n vacant-message ^C bye ^C\n!\nrouter bgp 1\n!\nend\n"
    assert data(text)["configured"] is True
    assert data(text.replace("vacant-message ^C bye ^C", "banner file flash:x"))["configured"] is True


@pytest.mark.parametrize("opening", ["banner motd ^C", "macro name m", "aaa authentication banner ^C"])
def test_text_of_the_operator_is_no_configuration(opening):
    closing = "@" if opening.startswith("macro") else "^C"
    assert data(f"version 15.9\n{opening}\nrouter bgp 1\n{closing}\nend")["configured"] is False
