# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an hour of fuzzing found, each reduced to its least; the texts are made by hand from its report."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError, mask

SECRET = "Geheim"
ROW = "192.0.2.1  4 64512 13 10 9 0 0 00:01:23 "
PATHS = """\
BGP routing table entry for 10.244.0.0/26, version 7
Paths: (1 available, best #1, table default)
  Local
    192.168.1.10 from 192.168.1.10 (192.168.1.10)
      Origin IGP, metric 0, localpref 100, valid, internal, best
      Community: 64512:1 no-export
      {}
"""


@pytest.mark.parametrize("rule", ["A seq " + "1" * 4301 + " permit 10.0.0.0/8", "A seq ٣ permit 10.0.0.0/8"])
def test_a_number_that_no_list_has_is_no_rule(rule: str) -> None:
    assert read_running(f"ip prefix-list {rule}\nend\n").prefix_lists == {}


def test_a_block_that_breaks_off_behind_its_title_does_not_go_to_the_one_before() -> None:
    text = "BGP neighbor is 192.0.2.1,  remote AS 1, internal link\nBGP neighbor is \n Description: another\n"
    with pytest.raises(IosTextError, match="expected 'BGP neighbor is ADDRESS"):
        read_neighbors(text)


def test_a_number_is_not_cut() -> None:
    text = (
        "BGP neighbor is 192.0.2.1,  remote AS 1, internal link\n For address family: IPv4 Unicast\n"
        "  BGP table version 1, neighbor version 123456789012345678901/0\n"
    )
    (found,) = read_neighbors(text)
    assert "12345678901234567890" not in {str(one.neighbor_version) for one in found.families}


@pytest.mark.parametrize("line", ["please log out", f"password {SECRET}"])
def test_a_foreign_line_is_no_community(line: str) -> None:
    (path,) = read_prefixes(PATHS.format(line))
    assert path.communities == ("64512:1", "no-export")
    assert path.unknown == (mask(line),)
    (path,) = read_prefixes(PATHS.format("64512:2 gshut"))
    assert path.communities == ("64512:1", "no-export", "64512:2", "gshut")


def test_a_message_before_an_echo_leaves_its_family() -> None:
    log = "*Nov 24 10:00:00.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.7 Up\n"
    (row,) = read_summary(f"{log}show ip bgp summary\n{ROW}1\n").rows
    assert row.family == "IPv4 Unicast"


SECRETS = [
    f"server-private 192.0.2.1 key {SECRET}",
    f"ipv6 ospf authentication ipsec spi 256 md5 0 {SECRET}",
    f"area 0 authentication ipsec spi 256 md5 {SECRET}",
    f"sap pmk {SECRET}",
    f"client 192.0.2.1 server-key {SECRET}",
    f"wpa-psk ascii 0 {SECRET}",
    f"set-key ascii 0 {SECRET}",
    f"mgmt-key {SECRET}",
    f"ntp authentication-key 1 md5 {SECRET} key Z",
]


@pytest.mark.parametrize("line", SECRETS)
def test_more_lines_that_hold_a_secret(line: str) -> None:
    assert SECRET not in mask(line)


@pytest.mark.parametrize(
    "text", [f"{ROW}1 password 7 {SECRET}\n", f"{ROW[:13]}{'9' * 200000} 13 10 9 0 0 00:01:23 1\n"]
)
def test_a_reason_holds_neither_a_secret_nor_all_of_the_text(text: str) -> None:
    with pytest.raises(IosTextError) as caught:
        read_summary(text, "show ip bgp summary")
    assert SECRET not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_the_head_of_a_block_is_masked_by_itself() -> None:
    assert SECRET not in str(read_running(f"router bgp 1\n key {SECRET}\n  5\nend\n").unknown)
