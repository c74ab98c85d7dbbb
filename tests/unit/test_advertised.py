# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a router is asked of what it sends others, and what becomes of its answers.

Texts are hand-made, but for recordings.
"""

from __future__ import annotations

import json
import re

import pytest
from ansible.module_utils.connection import ConnectionError as RouterConnectionError

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_info
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.advertised import (
    LONGEST,
    commands,
    read_advertised,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import IPV4
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    Outlet,
    RouterSession,
    router_observation_from,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.outlets import MOST, ask_outlets
from tests.helpers import article
from tests.helpers.actions import action
from tests.helpers.devices import INVALID, SUMMARY, Device, router_with
from tests.helpers.recordings import TABLES, cases

PEER = "203.0.113.9"
ASKED = f"show ip bgp neighbors {PEER} advertised-routes | include 10[.]244[.]"
HEAD = """\
BGP table version is 12, local router ID is 10.244.0.1
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              r RIB-failure, S Stale, m multipath, b backup-path, f RT-Filter,
Origin codes: i - IGP, e - EGP, ? - incomplete

     Network          Next Hop            Metric LocPrf Weight Path
"""
ROWS = """\
 *>i  10.244.10.0/26   192.168.1.10             0    100      0 i
 *>i  10.244.111.128/26
                       192.168.1.11             0    100      0 i
 r>i 10.244.12.0/26   192.168.1.12             0    100      0 i
 *>   198.51.100.0     10.244.9.9               0             0 65001 i
"""
TABLE = f"{HEAD}{ROWS}\nTotal number of prefixes 4\n"


def included(text: str, pattern: str) -> str:
    """What IOS shows of a text by `| include`."""
    return "".join(f"{line}\n" for line in text.splitlines() if re.search(pattern, line))


def test_a_filtered_answer_has_the_prefixes_of_its_rows() -> None:
    shown = included(TABLE, ASKED.partition("include ")[2])
    assert "192.168.1.11" not in shown, "the second line of a row is left out"
    assert read_advertised(shown, ASKED) == (
        "10.244.10.0/26",
        "10.244.111.128/26",
        "10.244.12.0/26",
        "198.51.100.0/24",
    )


@cases([each for each in TABLES if "advertised-routes" in each.name and "VPN" not in each.text])
def test_recorded_tables_have_the_prefixes_that_the_reader_of_tables_finds(recording) -> None:
    whole = [path.prefix for path in read_prefixes(recording.text) if "." in path.prefix]
    assert list(read_advertised(included(recording.text, r"\d+\.\d+\.\d+\.\d+.*[ie?]$"))) == whole


def test_nothing_included_is_nothing_sent() -> None:
    assert read_advertised("", ASKED) == ()


@pytest.mark.parametrize("text", [INVALID, "% No such neighbor or address family\n", "please log out\n"])
def test_what_is_no_row_is_no_answer(text: str) -> None:
    with pytest.raises(IosTextError):
        read_advertised(text, ASKED)


def test_many_prefixes_are_asked_for_in_several_commands() -> None:
    asked = list(commands(IPV4, PEER, [f"10.{n}.0.0/16" for n in range(100)]))
    assert all(len(command.partition("include ")[2]) <= LONGEST for command in asked)
    pattern = "|".join(command.partition("include ")[2] for command in asked)
    assert all(re.search(pattern, f" *>i 10.{n}.7.0/26") for n in range(100))


UPSTREAM = Outlet("neighbor", PEER, 65010, (), True, "filters deny it")
RANGE = Outlet("listen range", "198.51.100.0/24", 65020, (), True, "filters deny it")


def up(*addresses: str) -> list[RouterSession]:
    return [RouterSession("ipv4", address, 65010, "Established", 1, 60) for address in addresses]


def ask(device=None, outlets=(UPSTREAM,), sessions=None, may=(), **answers):
    """What the outlets are, and the show commands that were typed."""
    plan = article.planned(reflectors=(article.reflector(may_learn=may),))
    device = device or Table()
    rows = up(PEER) if sessions is None else sessions
    return ask_outlets(router_with(device, **answers), plan, "rr1", outlets, rows), device.asked


class Table(Device):
    """A router that sends these rows to everybody."""

    def __init__(self, rows: str = "", lines=()):
        super().__init__(lines=lines)
        self.rows = rows

    def answer(self, command):
        if "advertised-routes" not in command:
            return SUMMARY if command.startswith("show bgp") else super().answer(command)
        self.asked.append(command)
        return included(HEAD + self.rows, command.partition("include ")[2])


def test_a_neighbour_is_asked_about_planned_prefixes_alone() -> None:
    (seen,), asked = ask(Table(ROWS))
    assert asked == [ASKED]
    assert (seen.told, seen.untold) == (("10.244.10.0/26", "10.244.111.128/26", "10.244.12.0/26"), "")


def test_a_neighbour_that_is_sent_nothing_planned() -> None:
    (seen,), _asked = ask(Table(" *>   198.51.100.0     192.0.2.1   0   0 65001 i\n"))
    assert (seen.told, seen.untold) == ((), "")


def test_nobody_asks_about_those_that_may_learn_or_have_no_session() -> None:
    assert ask(may=(PEER,)) == ((UPSTREAM,), [])
    assert ask(sessions=[]) == ((UPSTREAM,), [])


def test_neighbours_of_a_listen_range_are_asked_about_and_no_others() -> None:
    rows = up("198.51.100.7", "198.51.100.8", "192.0.2.7", *article.ADDRESSES.values())
    (seen,), asked = ask(Table(ROWS), (RANGE,), rows)
    assert [command.split()[4] for command in asked] == ["198.51.100.7", "198.51.100.8"]
    assert len(seen.told) == 3


def test_a_refusal_is_no_answer() -> None:
    (seen,), _asked = ask(show_ip_bgp_neighbors=INVALID)
    assert (seen.told, "refused" in seen.untold) == ((), True)


def test_after_a_silence_nobody_else_is_asked_about() -> None:
    other = Outlet("neighbor", "203.0.113.10", 65011, (), True, "")
    silence = RouterConnectionError("command timeout triggered, timeout value is 30 secs.")
    found, _asked = ask(
        outlets=(UPSTREAM, other), sessions=up(PEER, other.name), show_ip_bgp_neighbors=silence
    )
    assert ["timeout" in found[0].untold, "not asked after the silence" in found[1].untold] == [True, True]


def test_of_very_many_neighbours_only_the_first_are_asked_about() -> None:
    names = [f"203.0.113.{n}" for n in range(1, MOST + 5)]
    outlets = [Outlet("neighbor", name, 65010, (), True, "") for name in names]
    found, asked = ask(outlets=outlets, sessions=up(*names))
    assert len(asked) == MOST
    assert {outlet.untold for outlet in found[MOST:]} == {"1 neighbours are too many to ask about"}


@pytest.fixture
def info(tmp_path, monkeypatch):
    """Run the action against a device; gives the observation that it kept."""
    plan = rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))
    rundir.write_state(tmp_path, RunState(mesh=True))

    def run(device, **arguments):
        monkeypatch.setattr(router_utils, "Connection", lambda _path: device)
        given = {"plan": plan, "stage": "gate", "timeout": 0, **arguments}
        action(ios_bgp_info, given).run(task_vars={"inventory_hostname": "rr1"})
        return rundir.read_routers(tmp_path, "gate")["rr1"]

    return run


UPSTREAM_LINES = (
    "router bgp 64512",
    f"neighbor {PEER} remote-as 65010",
    "neighbor 192.168.1.10 remote-as 64512",
    "address-family ipv4",
    f"neighbor {PEER} activate",
    "neighbor 192.168.1.10 activate",
    "exit-address-family",
)


def test_an_observation_has_the_ways_out_of_the_configuration(info) -> None:
    seen = info(Table(lines=UPSTREAM_LINES))
    assert [(one.title, one.sends, one.told) for one in seen.outlets] == [
        (f"neighbor {PEER} (AS 65010)", ("10.244.0.0/16 ge 26 le 32",), None)
    ]
    assert router_observation_from(json.loads(json.dumps(to_data(seen)))) == seen


def test_a_task_may_want_what_is_sent(info) -> None:
    device = Table(lines=UPSTREAM_LINES)
    answer = device.answer
    row = f"{PEER}    4        65010       1       1        9    0    0 00:01:23        1\n"
    device.answer = lambda command: answer(command) + row * (command == "show bgp ipv4 unicast summary")
    info(device, advertised=True)
    assert {command for command in device.asked if "advertised" in command} == {ASKED}
