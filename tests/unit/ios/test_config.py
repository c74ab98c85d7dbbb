# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running configurations: the forms IOS prints, and what they mean."""

from __future__ import annotations

import doctest
import importlib

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.difftext import before_text
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.records import (
    BgpProcess,
    RunningConfig,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.values import MaximumPrefix
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import (
    MASK,
    IosTextError,
    mask,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import IPV4
from tests.helpers.fake_ios import type_7
from tests.helpers.recordings import OUTPUTS

PACKAGE = "ansible_collections.telco.calico_bgp.plugins.module_utils.ios"


def read(text: str) -> RunningConfig:
    """Read an indented block."""
    lines = [line[4:] if line.startswith("    ") else line for line in text.splitlines()]
    return read_running("\n".join(lines), sections=True)


def process(text: str) -> BgpProcess:
    """Read a block under `router bgp 64512`."""
    found = read_running(f"router bgp 64512\n{text}\n", sections=True).bgp
    assert found is not None
    return found


@pytest.mark.parametrize(
    "module",
    [
        "change.intent",
        "change.plan",
        "config.process_forms",
        "config.password",
        "config.prefix_list",
        "refusal",
        "show",
        "text",
    ],
)
def test_examples_in_docstrings(module):
    result = doctest.testmod(importlib.import_module(f"{PACKAGE}.{module}"))
    assert result.failed == 0


def test_flat_and_family_layout_mean_the_same():
    flat = process(
        " neighbor 192.0.2.1 remote-as 64512\n neighbor 192.0.2.1 route-reflector-client\n"
        " neighbor 192.0.2.1 prefix-list P in\n network 10.0.0.0"
    )
    family = process(
        " neighbor 192.0.2.1 remote-as 64512\n !\n address-family ipv4\n  network 10.0.0.0\n"
        "  neighbor 192.0.2.1 route-reflector-client\n  neighbor 192.0.2.1 prefix-list P in\n"
    )
    assert flat == family


def test_session_lines_below_a_family_belong_to_the_session():
    shown = process(
        " address-family ipv4 unicast\n  neighbor 192.0.2.1 remote-as 1.10\n  neighbor 192.0.2.1 timers 3 9"
    )
    assert shown.neighbors["192.0.2.1"].remote_as == 65546
    assert shown.neighbors["192.0.2.1"].timers == (3, 9)


@pytest.mark.parametrize(
    ("lines", "active"),
    [
        ([], True),
        (["  no neighbor 192.0.2.1 activate"], False),
        (["  neighbor 192.0.2.1 activate"], True),
        ([" no bgp default ipv4-unicast"], False),
        ([" no bgp default ipv4-unicast", " address-family ipv4", "  neighbor 192.0.2.1 activate"], True),
        ([" neighbor 192.0.2.1 shutdown"], False),
    ],
)
def test_activation(lines, active):
    shown = process("\n".join([" neighbor 192.0.2.1 remote-as 64512", *lines]))
    assert shown.is_active(shown.neighbors["192.0.2.1"], IPV4) is active


@pytest.mark.parametrize(
    ("number", "expected"), [("64512", 64512), ("65100.65412", 4266459012), ("1.10", 65546), ("1.1", 65537)]
)
def test_as_numbers_in_both_notations(number, expected):
    found = read(f"router bgp {number}\n bgp log-neighbor-changes").bgp
    assert found is not None
    assert (found.asn, found.asn_text) == (expected, number)


@pytest.mark.parametrize(
    ("shown", "number"), [("1", 1), ("0.0.0.1", 1), ("10.0.0.1", 167772161), ("167772161", 167772161)]
)
def test_cluster_ids_are_numbers(shown, number):
    assert process(f" bgp cluster-id {shown}").cluster_id == number


@pytest.mark.parametrize(
    ("shown", "clear"),
    [
        ("cisco", "cisco"),
        ("0 cisco", "cisco"),
        ("7 0822455D0A16", "cisco"),
        (f"7 {type_7('cisco', 3)}", "cisco"),
        ("6 ZdfTGUMKVX_hJ\\ReBRTCEHbQgVSBVAAB", None),
        ("7 zz", None),
    ],
)
def test_passwords(shown, clear):
    neighbor = process(f" neighbor G peer-group\n neighbor G password {shown}").neighbors["G"]
    assert neighbor.password is not None
    assert neighbor.password.clear == clear
    assert "cisco" not in repr(neighbor)


def test_no_text_shows_a_password():
    found = read(
        "router bgp 1\n neighbor G peer-group\n neighbor G password hunter2\n neighbor G f password hunter2\n"
        " no neighbor H password hunter2"
    )
    assert "hunter2" not in repr(found)
    assert "hunter2" not in "".join(found.unknown)
    assert found.bgp is not None
    assert all("hunter2" not in line.text for line in found.bgp.lines)


@pytest.mark.parametrize(
    "line",
    [
        "neighbor G PASSWORD 7 0822455D0A16",
        "neighbor G Password 0 hunter2",
        "neighbor G frobnicate Secret hunter2",
        " KEY-STRING hunter2",
        "Key 7 0822455D0A16",
        "tacacs server Key 0 hunter2",
    ],
)
def test_a_secret_is_hidden_whatever_the_case(line):
    shown = mask(line)
    assert "hunter2" not in shown
    assert "0822455D0A16" not in shown
    assert shown.endswith(f" {MASK}")
    assert MASK in str(IosTextError("show running-config", 1, line, "no"))


def test_no_diff_or_line_shows_a_password_in_capitals():
    found = read("router bgp 1\n neighbor G peer-group\n neighbor G PASSWORD 7 0822455D0A16\n")
    assert found.bgp is not None
    assert all("0822455D0A16" not in line.text for line in found.bgp.lines)
    assert "0822455D0A16" not in before_text(found, "P")


def test_hidden_defaults_mean_nothing():
    shown_all = process(
        " no synchronization\n bgp fast-external-fallover\n bgp listen limit 100\n bgp update-delay 120\n"
        " timers bgp 60 180 0\n distance bgp 20 200 200\n bgp default ipv4-unicast\n"
        " neighbor 192.0.2.1 remote-as 1\n neighbor 192.0.2.1 weight 0\n no auto-summary"
    )
    hidden = process(" neighbor 192.0.2.1 remote-as 1")
    assert shown_all == hidden
    assert shown_all.meaning() == hidden.meaning()


def test_members_inherit_from_their_group():
    shown = process(
        " neighbor G peer-group\n neighbor G remote-as 64512\n neighbor 192.0.2.1 peer-group G\n"
        " address-family ipv4\n  neighbor G route-reflector-client\n"
        "  neighbor G maximum-prefix 10 warning-only"
    )
    member = shown.effective(shown.neighbors["192.0.2.1"])
    policy = member.policy(IPV4)
    assert (member.remote_as, policy.route_reflector_client) == (64512, True)
    assert policy.maximum_prefix == MaximumPrefix(10, 75, "warning-only")
    assert [found.name for found in shown.members("G")] == ["192.0.2.1"]


def test_vrfs_and_other_families_stay_apart():
    shown = process(
        " neighbor 192.0.2.1 remote-as 64512\n !\n address-family vpnv4\n  neighbor 192.0.2.1 activate\n"
        " exit-address-family\n !\n address-family ipv4 vrf RED\n  neighbor 192.0.2.9 remote-as 1\n"
        "  neighbor 192.0.2.9 activate\n exit-address-family"
    )
    assert set(shown.neighbors) == {"192.0.2.1"}
    assert shown.neighbors["192.0.2.1"].families_beside(IPV4) == ("vpnv4",)
    assert shown.vrf_neighbors == {"192.0.2.9": ("ipv4 vrf RED",)}


def test_templates_are_kept_and_marked():
    shown = process(
        " template peer-session T\n  remote-as 64512\n exit-peer-session\n !\n"
        " neighbor 192.0.2.1 inherit peer-session T\n bgp log-neighbor-changes"
    )
    assert shown.neighbors["192.0.2.1"].templates
    assert "template peer-session T / remote-as 64512" in set(shown.beside(IPV4))
    assert shown.log_changes is True


def test_listen_ranges():
    shown = process(
        " bgp listen range 192.0.2.0/24 peer-group G\n bgp listen range 10.0.0.0/8 peer-group H\n"
    )
    assert [(found.prefix, found.group) for found in shown.listen_ranges] == [
        ("192.0.2.0/24", "G"),
        ("10.0.0.0/8", "H"),
    ]


def test_addresses_have_one_form():
    shown = process(" neighbor 2001:DB8:0:0::1 remote-as 1\n neighbor 2001:DB8::1 description x")
    assert list(shown.neighbors) == ["2001:db8::1"]


def test_unknown_lines_are_reported_with_their_context():
    found = read("router bgp 64512\n bgp frobnicate 1\n address-family ipv4\n  neighbor 192.0.2.1 frobnicate")
    assert found.unknown == (
        "router bgp 64512 / bgp frobnicate 1",
        "router bgp 64512 / address-family ipv4 / neighbor 192.0.2.1 frobnicate",
    )


def test_a_known_statement_with_an_unknown_value_is_reported():
    assert read("router bgp 1\n neighbor 192.0.2.1 remote-as external").unknown == (
        "router bgp 1 / neighbor 192.0.2.1 remote-as external",
    )


def test_prefix_lists():
    found = read(
        "ip prefix-list B description ours\nip prefix-list B seq 10 deny 0.0.0.0/0 le 32\n"
        "ip prefix-list B seq 5 permit 10.244.0.0/16 ge 26 le 32\nno ip prefix-list sequence-number\n"
        "ip prefix-list C permit 10.0.0.0/8\nip prefix-list C permit 11.0.0.0/8\nip prefix-list D nonsense\n"
    )
    assert [rule.meaning for rule in found.prefix_lists["B"]] == [
        ("permit", "10.244.0.0/16", 26, 32),
        ("deny", "0.0.0.0/0", 0, 32),
    ]
    assert [rule.line("C") for rule in found.prefix_lists["C"]] == [
        "ip prefix-list C permit 10.0.0.0/8",
        "ip prefix-list C permit 11.0.0.0/8",
    ]
    assert found.unknown == ("ip prefix-list D nonsense",)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("route-map M permit 10\n match ip address prefix-list A B", {"A", "B"}),
        ("router ospf 1\n area 1 filter-list prefix A in", {"A", "in"}),
        ("router eigrp 1\n distribute-list prefix A in", {"A", "in"}),
        ("router rip\n distribute-list gateway A in", {"A", "in"}),
        ("router rip\n distribute-list 10 in", set()),
        ("ipv6 prefix-list A seq 5 permit 2001:DB8::/32", set()),
    ],
)
def test_users_of_a_prefix_list_outside_bgp(line, names):
    """Words after the name are taken for names, too: too many users are none too few."""
    assert set(read(f"{line}\nend").prefix_list_uses) == names


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("archive\n path bootflash:cfg-\n maximum 14", True),
        ("archive\n log config\n  logging enable", False),
        ("", False),
    ],
)
def test_archive(text, there):
    assert read(text).archive is there


def test_a_banner_is_no_configuration():
    banner = "banner motd ^C\nrouter bgp 1\n neighbor 192.0.2.1 remote-as 1\n^C\n"
    text = f"version 15.9\n{banner}router bgp 2\n!\nend\n"
    found = read_running(text).bgp
    assert found is not None
    assert (found.asn, dict(found.neighbors)) == (2, {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "% Invalid input detected at '^' marker.",
        "Building configuration...\n\nCurrent configuration : 12 bytes\n!\nversion 15.9\nrouter bgp 1\n",
        "Using 3381 out of 33554432 bytes\n!\nversion 15.9\nrouter bgp 1\n",
        "!\nversion 15.9\nrouter bgp 1\n bgp log-neighbor-changes\n",
        "!\nversion 15.9\nrouter bgp 1\n neighbor 192.0.2.1 description the\n end\n",
        "version 15.9\nbanner motd ^C\nrouter bgp 1\nend\n",
        "router bgp 1\n!\nrouter bgp 2\n",
        "router bgp 70000.1\n",
    ],
)
def test_what_is_no_configuration_is_an_error(text):
    with pytest.raises(IosTextError):
        read_running(text)


def test_sections_can_be_empty():
    assert (
        read_running("rr1#show running-config | section ^router bgp\r\nrr1#", sections=True)
        == RunningConfig()
    )


@pytest.mark.parametrize("text", ["Command authorization failed.", "% Invalid input detected at '^' marker."])
@pytest.mark.parametrize("sections", [True, False])
def test_a_refusal_is_no_empty_configuration(text, sections):
    with pytest.raises(IosTextError):
        read_running(text, sections=sections)


@pytest.mark.parametrize(
    "text", ["startup-config is not present", "%% Non-volatile configuration memory is not present"]
)
def test_a_router_without_startup_configuration(text):
    assert read_running(text) == RunningConfig()


def test_saved_means_the_same():
    lines = " neighbor G peer-group\n neighbor G password {}\n neighbor 192.0.2.1 peer-group G"
    running = read(f"router bgp 1\n{lines.format('7 ' + type_7('secret', 1))}")
    startup = read(f"router bgp 1\n{lines.format('7 ' + type_7('secret', 9))}")
    assert differences(running, startup) == ()


BOTH = "router bgp 1\n neighbor 192.0.2.1 remote-as 1\n neighbor 192.0.2.2 remote-as 1"


@pytest.mark.parametrize(
    ("startup", "says"),
    [
        ("", "router bgp is in the running"),
        ("router bgp 1\n neighbor 192.0.2.2 remote-as 1", "neighbor 192.0.2.1 is not saved"),
        (f"{BOTH}\n bgp cluster-id 9", "bgp cluster-id 9"),
        (f"{BOTH}\nip prefix-list A permit 10.0.0.0/8", "prefix-list A"),
        (f"{BOTH}\n frob", "frob"),
    ],
)
def test_what_is_not_saved_is_named(startup, says):
    assert any(says in sentence for sentence in differences(read(BOTH), read(startup)))


@pytest.mark.skipif(not OUTPUTS.is_dir(), reason=f"{OUTPUTS} is absent")
def test_real_configurations_are_read_and_known():
    seen = 0
    for path in sorted(OUTPUTS.glob("**/*.raw")):
        text = path.read_text()
        if "\nrouter bgp " in f"\n{text}" and "show_running" in f"{path.parent.name}_{path.name}":
            found = read_running(text, sections="\nend" not in text)
            assert found.bgp is not None
            assert found.unknown == ()
            seen += len(found.bgp.neighbors)
    assert seen > 10


def test_five_thousand_clients_are_read():
    names = [f"10.1.{number // 250}.{number % 250 + 1}" for number in range(5000)]
    lines = [
        f" neighbor {name} {what}"
        for name in names
        for what in ("peer-group G", "description calico_bgp lab/n")
    ]
    lines += [" address-family ipv4", *(f"  neighbor {name} activate" for name in names)]
    assert len(process("\n".join(lines)).neighbors) == 5000
