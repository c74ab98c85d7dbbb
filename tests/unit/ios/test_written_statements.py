# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every line that the collection can write is one of Cisco's models of IOS-XE: its place, range, exclusions.

ROWS say in short what the page of those models says of each statement; where the page is there, they are held
against it. All configurations are made by hand.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import peerlists
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.family import IPV4
from tests.helpers.fake_ios import FakeIos
from tests.helpers.recordings import STATEMENTS
from tests.helpers.wanted import ADDRESSES, NODES, WANT

LONGEST_PASSWORD = "x" * 25


@dataclass(frozen=True)
class Row:
    """One statement.

    Attributes:
        page: the statement as the page has it.
        line: a pattern of the whole line, without `no` and `neighbor NAME`.
        places: where it may stand: global, P (`router bgp`), N, G (a neighbour, a peer-group there), A4.
        ranges: by the group of the pattern, its least and its greatest number; of a text its length.
        excludes: patterns of lines of the same neighbour or group that it cannot stand beside, and the word
            of the page for each.
    """

    page: str
    line: str
    places: str
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    excludes: dict[str, str] = field(default_factory=dict)


SECOND = (1, 3600)
ROWS = (
    Row("router bgp N", r"router bgp (?P<asn>\d+)", "global", {"asn": (1, 4294967295)}),
    Row("no router bgp N", r"router bgp \d+", "global"),
    Row("bgp cluster-id", r"bgp cluster-id (?:(?P<id>\d+)|[\d.]+)", "P", {"id": (1, 4294967294)}),
    Row("bgp log-neighbor-changes", r"bgp log-neighbor-changes", "P"),
    Row("bgp graceful-restart", r"bgp graceful-restart", "P"),
    Row(
        "bgp graceful-restart restart-time",
        r"bgp graceful-restart restart-time (?P<s>\d+)",
        "P",
        {"s": SECOND},
    ),
    Row(
        "bgp graceful-restart stalepath-time",
        r"bgp graceful-restart stalepath-time (?P<s>\d+)",
        "P",
        {"s": SECOND},
    ),
    Row("neighbor G peer-group", r"peer-group", "G"),
    Row("neighbor X peer-group G", r"peer-group \S+", "N"),
    Row("neighbor X shutdown", r"shutdown", "N G"),
    Row("neighbor G remote-as N", r"remote-as \d+", "N G"),
    Row(
        "neighbor G password T TEXT",
        r"password 0 (?P<text>.+)",
        "N G",
        {"text": (1, 25)},
        {r"ao .+": "ao"},
    ),
    Row("neighbor G update-source IF", r"update-source \S+", "N G"),
    Row(
        "neighbor G timers K H [M]",
        r"timers (?P<keepalive>\d+) (?P<hold>\d+)",
        "N G",
        {"keepalive": (0, 65535), "hold": (0, 65535)},
        {r"peer-group \S+": "member of a group"},
    ),
    Row("neighbor G transport connection-mode", r"transport connection-mode passive", "N G"),
    Row("neighbor X description", r"description .{1,80}", "N G"),
    Row("neighbor G ha-mode graceful-restart [disable]", r"ha-mode graceful-restart", "N G"),
    Row("no neighbor X, no neighbor G peer-group", r"(?:peer-group)?", "N G"),
    Row("address-family ipv4 [unicast]", r"address-family ipv4", "P"),
    Row("neighbor X activate", r"activate", "A4"),
    Row(
        "neighbor G route-reflector-client",
        r"route-reflector-client",
        "A4",
        {},
        {r"advertise best-external": "advertise best-external"},
    ),
    Row("neighbor G prefix-list L in|out", r"prefix-list \S+ (?:in|out)", "A4"),
    Row(
        "neighbor G maximum-prefix N [T] [what]",
        r"maximum-prefix (?P<limit>\d+) (?P<threshold>\d+) warning-only",
        "A4",
        {"limit": (1, 2147483647), "threshold": (1, 100)},
        {r"maximum-prefix .*(?:restart \d+|discard-extra)": "restart"},
    ),
    Row(
        "neighbor G additional-paths disable",
        r"additional-paths disable",
        "A4",
        {},
        {r"additional-paths (?:send|receive).*": "one of the three"},
    ),
    Row("table-map NAME [filter]", r"table-map \S+ filter", "AP"),
    Row("neighbor G send-community [both|standard|extended]", r"send-community(?: both)?", "A4"),
    Row(
        "ip prefix-list L seq S permit|deny P [ge][le]",
        r"ip prefix-list \S+(?:(?: seq (?P<seq>\d+))? (?:permit|deny) \S+"
        r"(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?)?",
        "global",
        {"seq": (1, 4294967294), "ge": (1, 32), "le": (1, 32)},
    ),
)
#: They leave a mode, and configure nothing.
LEAVING = ("exit", "exit-address-family")


@dataclass(frozen=True)
class Written:
    """A line that is sent: its place, whose it is ("" for nobody's), and what is behind `neighbor NAME`.

    The place of a line of the family itself is AP.
    """

    line: str
    place: str
    owner: str
    body: str

    @property
    def negated(self) -> bool:
        return self.line.startswith("no ")

    def row(self) -> Row | None:
        """Its statement; to take all of a neighbour, a group or a process away is one of its own."""
        whole = self.negated and (self.body in ("", "peer-group") or self.body.startswith("router bgp"))
        rows = [
            row for row in ROWS if self.place in row.places.split() and row.page.startswith("no ") == whole
        ]
        return next((row for row in rows if re.fullmatch(row.line, self.body)), None)


def written(commands: tuple[str, ...] | list[str]) -> Iterator[Written]:
    place = "global"
    for line in commands:
        body = line.removeprefix("no ")
        if line in LEAVING:
            place = "global" if line == "exit" else "P"
        elif body.startswith("router bgp") or body.startswith("ip prefix-list"):
            yield Written(line, "global", "", body)
            place = "P" if line.startswith("router bgp") else "global"
        elif body.startswith(("route-map ", "match ")):
            # Not on the page, which is about `router bgp` and prefix-lists.
            place = "global"
        elif line.startswith("address-family"):
            yield Written(line, place, "", body)
            place = "A4"
        elif body.startswith("neighbor "):
            owner, _blank, rest = body.removeprefix("neighbor ").partition(" ")
            level = "N" if owner[0].isdigit() else "G"
            yield Written(line, level if place == "P" else place, owner, rest)
        else:
            yield Written(line, "AP" if place == "A4" else place, "", body)


# -- what is written: routers made by hand, and intents with every option at both ends of its range

RULES = (
    PrefixRule("10.244.0.0/16", 26, 32, seq=1),
    PrefixRule("10.96.0.0/12", None, 32, "deny", 7),
    PrefixRule("10.0.0.0/8", 9, 9, seq=4294967294),
)
LEAST = replace(
    WANT,
    keepalive=1,
    hold=3,
    restart_time=1,
    stalepath_time=1,
    password="x",
    update_source="Loopback0",
    maximum_prefix=1,
    prefixes=RULES,
)
MOST = replace(
    LEAST,
    asn=4294967295,
    cluster_id="4294967294",
    keepalive=65534,
    hold=65535,
    restart_time=3600,
    stalepath_time=3600,
    password=LONGEST_PASSWORD,
    maximum_prefix=2147483647,
    clients=tuple(Client(client.address, "n" * 200) for client in NODES),
)
OTHER = replace(
    LEAST,
    cluster_id="255.255.255.254",
    keepalive=0,
    hold=0,
    passive=False,
    group="K8S",
    prefix_list="PODS",
    prefixes=WANT.prefixes,
    maximum_prefix=None,
)
PLAIN = replace(WANT, clients=NODES[:1], prefixes=RULES[:1])
FOREIGN = ["router bgp 64512", "neighbor 192.0.2.1 remote-as 64999", "neighbor 192.0.2.2 remote-as 64512"]
HAND = [
    "router bgp 64512",
    *(f"neighbor {address} remote-as 64512" for address in ADDRESSES),
    "address-family ipv4",
    *(f"neighbor {address} route-reflector-client" for address in ADDRESSES[:2]),
    f"no neighbor {ADDRESSES[2]} activate",
]
THEIRS = [
    "router bgp 64512",
    "neighbor RR peer-group",
    "neighbor RR remote-as 64512",
    "address-family ipv4",
    "neighbor RR route-reflector-client",
    f"neighbor {ADDRESSES[0]} peer-group RR",
]
GROUP = ["router bgp 64512", "neighbor CALICO peer-group"]
FAMILY = ["address-family ipv4"]
#: What a router has before, each a list of intents that were pushed to it, and lines that were typed in then.
ROUTERS: dict[str, tuple[list[ReflectorIntent], list[str]]] = {
    "nothing": ([], []),
    "others": ([], FOREIGN),
    "others and ours": ([PLAIN], [*FOREIGN, "no bgp graceful-restart"]),
    "kept from graceful restart": ([PLAIN], [*GROUP, "neighbor CALICO ha-mode graceful-restart disable"]),
    "additional paths": ([PLAIN], ["router bgp 64512", *FAMILY, "bgp additional-paths send receive"]),
    "additional paths of the group": ([], [*GROUP, *FAMILY, "neighbor CALICO additional-paths send"]),
    "extended communities": ([], [*GROUP, *FAMILY, "neighbor CALICO send-community extended"]),
    "a limit": ([], [*GROUP, *FAMILY, "neighbor CALICO maximum-prefix 9 restart 5"]),
    "by hand": ([], HAND),
    "by hand and adopted": ([replace(WANT, prefixes=RULES[:1])], HAND),
    "another group by hand": ([], THEIRS),
    "ours, all options": ([LEAST], []),
    "ours, another group": ([OTHER], []),
    "ours, most": ([MOST], []),
    "ao of the group": ([PLAIN], [*GROUP, "neighbor CALICO ao CHAIN"]),
    "ao by hand": ([], [*HAND, "exit-address-family", f"neighbor {ADDRESSES[0]} ao CHAIN"]),
    "best-external of the group": (
        [PLAIN],
        [
            *GROUP,
            *FAMILY,
            "no neighbor CALICO route-reflector-client",
            "neighbor CALICO advertise best-external",
        ],
    ),
    "best-external by hand": ([], [*HAND, f"neighbor {ADDRESSES[2]} advertise best-external"]),
}
PARTNERS = (Client("192.168.1.2", "rr2"),)
FILTERED = replace(PLAIN, table_map=True, off_path=True)
JOINED = replace(PLAIN, partners=PARTNERS, joined=PARTNERS, update_source="Loopback0")
INTENTS = {
    "least": LEAST,
    "most": MOST,
    "other": OTHER,
    "plain": PLAIN,
    "joined": JOINED,
    "filtered": FILTERED,
}
CASES = [(name, wanted) for name in ROUTERS for wanted in INTENTS]


def router(name: str) -> FakeIos:
    pushed, typed = ROUTERS[name]
    made = FakeIos()
    for want in pushed:
        made.configure(plan_change(read_running(made.text()), want, process_wide=True).commands)
    made.configure(typed)
    return made


def changes(name: str, want: ReflectorIntent) -> Iterator[tuple[FakeIos, tuple[str, ...], str]]:
    """The router, what is sent to it, and its text then: brought to the intent, and taken back."""
    for wide in (False, True):
        have = router(name)
        for state in ("present", "drained", "undrained", "absent"):
            found = plan_change(read_running(have.text()), want, state=state, process_wide=wide)
            if not found.refusals:
                have.configure(found.commands)
                yield have, found.commands, have.text()


@functools.cache
def all_written() -> tuple[Written, ...]:
    found = [
        line
        for name, wanted in CASES
        for _have, sent, _text in changes(name, INTENTS[wanted])
        for line in written(sent)
    ]
    rows = peerlists.sessions(
        peerlists.clients([{"name": "node-a", "address": ADDRESSES[0]}]),
        [{"name": "rr1", "address": "192.0.2.1"}],
    )
    lines = peerlists.router_lines(
        rows,
        cluster="prod",
        pools=["10.244.0.0/16"],
        cluster_id=1,
        timers={"keepalive": 10, "hold": 30},
        update_source="Loopback0",
        maximum_prefix=9,
    )
    text = plan_change(read_running(unnumbered()), replace(PLAIN, prefixes=(PrefixRule("10.245.0.0/16"),)))
    return tuple(dict.fromkeys([*found, *written(lines), *written(text.commands)]))


def unnumbered() -> str:
    """`no ip prefix-list sequence-number`."""
    made = FakeIos()
    made.configure(plan_change(read_running(made.text()), PLAIN).commands)
    return re.sub(r" seq \d+ ", " ", made.text())


def test_every_line_is_a_statement_in_its_place():
    assert [found for found in all_written() if found.row() is None] == []


def test_every_statement_is_written_by_one_of_them():
    found = {row.page for one in all_written() if (row := one.row())}
    assert {row.page for row in ROWS} - found == set()


def test_every_number_is_in_its_range_and_both_ends_are_reached():
    reached: dict[tuple[str, str], set[int]] = {}
    for one in all_written():
        row = one.row()
        assert row is not None
        values = re.fullmatch(row.line, one.body)
        assert values is not None
        for name, (low, high) in row.ranges.items():
            if values[name] is not None:
                number = len(values[name]) if name == "text" else int(values[name])
                assert low <= number <= high, one.line
                reached.setdefault((row.page, name), set()).add(number)
    ends = {
        (row.page, name): set(row.ranges[name])
        for row in ROWS
        for name in row.ranges
        # Nobody chooses those.
        if name not in ("threshold", "asn", "ge", "le", "keepalive")
    }
    assert {key: found & ends[key] for key, found in reached.items() if key in ends} == ends


@pytest.mark.parametrize(
    "beyond",
    [
        {"asn": 0},
        {"asn": 4294967296},
        {"cluster_id": "0"},
        {"cluster_id": "4294967295"},
        {"keepalive": 30, "hold": 65536},
        {"keepalive": -1, "hold": 3},
        {"keepalive": 0, "hold": 30},
        {"keepalive": 30, "hold": 30},
        {"restart_time": 0},
        {"restart_time": 3601},
        {"stalepath_time": 0},
        {"stalepath_time": 3601},
        {"password": ""},
        {"password": LONGEST_PASSWORD + "x"},
        {"maximum_prefix": 0},
        {"maximum_prefix": 2147483648},
        {"prefixes": (replace(RULES[0], seq=0),)},
        {"prefixes": (replace(RULES[0], seq=4294967295),)},
        {"prefixes": (replace(RULES[0], le=33),)},
        {"prefix_list": "seq"},
    ],
    ids=str,
)
def test_what_is_beyond_is_refused_before_anything_is_sent(beyond):
    with pytest.raises(ValueError, match=r"."):
        replace(WANT, **beyond)


@pytest.mark.parametrize(("name", "wanted"), CASES)
def test_nothing_is_written_beside_what_it_excludes(name, wanted):
    for have, sent, text in changes(name, INTENTS[wanted]):
        config = read_running(text).bgp
        for one in written(sent):
            row = one.row()
            if one.negated or row is None or one.owner not in have.neighbors:
                continue
            beside = [f"{key.split()[0]} {value}".strip() for key, value in have.neighbors[one.owner].items()]
            for pattern in row.excludes:
                assert not [other for other in beside if re.fullmatch(pattern, other)], one.line
            # Since 16.12 a neighbour that stands in a family is active there.
            if one.place == "A4" and one.owner[0].isdigit():
                assert config is not None
                assert config.is_activated(config.neighbors[one.owner], IPV4), one.line


# -- the page
@pytest.mark.skipif(not STATEMENTS.is_file(), reason=f"{STATEMENTS} is absent")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.page)
def test_the_rows_are_those_of_the_page(row):
    where, values, excludes, remark = page()[row.page]
    for place in row.places.split():
        # A process, a list: the page leaves the place of what takes a thing away open.
        assert where == "-" or re.search(rf"\b{place}\b", where), place
    told = f"{values} {excludes} {remark}".replace("*", "")
    for name, (low, high) in row.ranges.items():
        if row.page == "neighbor G password T TEXT":
            assert f"the clear limit is {high}" in told, name
        else:
            assert f"{low}..{high}" in told, name
    for word in row.excludes.values():
        assert word in told


def page() -> dict[str, tuple[str, str, str, str]]:
    """By statement: where it may stand, its values, what it needs and excludes, and the remark."""
    found = {}
    for line in STATEMENTS.read_text().splitlines():
        cells = [cell.strip().replace("\\|", "|").replace("`", "") for cell in re.split(r"(?<!\\)\|", line)]
        if line.startswith("| `") and len(cells) == 8:
            found[cells[1]] = (cells[2], cells[4], cells[5], cells[6])
    return found
