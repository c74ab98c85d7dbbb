# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`router bgp` in every form: nothing is lost, nothing is invented, and what means the same is the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.data import config_data
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.records import RunningConfig
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError, address_or_none
from lab.ios.device import Router
from lab.ios.shell import Session
from lab.ios.vty import Silent
from tests.helpers.recordings import OUTPUTS
from tests.helpers.rendering import Form, render

RECORDED = [
    path
    for path in sorted(OUTPUTS.glob("**/*.raw"))
    if re.search(r"^router bgp ", path.read_text(errors="replace"), re.M)
]
FORMS = [
    Form(),
    Form(flat=True),
    Form(deep=False),
    Form(asdot=True, salt=3, defaults=True),
    Form(flat=True, salt=15, defaults=True),
]


def read(text: str) -> RunningConfig:
    return read_running(text, sections=True)


def section(text: str) -> list[str]:
    """The statements of `router bgp`, found in the simplest way: no comment, nothing that opens or closes."""
    found, inside = [], False
    for line in text.splitlines():
        if line[:1] not in ("", " ", "!"):
            inside = line.startswith("router bgp ")
        elif inside and line.strip() and not re.match(r" *(!|exit|address-family )", line):
            found.append(line.strip())
    return found


def means(config: RunningConfig) -> Any:
    """The plain data without what may differ between two texts that mean the same."""
    data = config_data(config, secrets=True)
    for line in data["unknown"]:
        del line["line"]
        line["where"] = line["where"].partition(" / ")[2]  # the first part has the AS number as shown
    data["unknown"].sort(key=str)
    if config.bgp:
        del data["bgp"]["asn_text"]
        # Of one that is named with defaults alone, no line speaks.
        owners = {owner for _context, owner, _statement in config.bgp.meaning()}
        data["bgp"]["neighbors"] = [peer for peer in data["bgp"]["neighbors"] if peer["name"] in owners]
        sessions = [one for one in data["bgp"]["templates"] if one["kind"] == "peer-session"]
        for peer in [*data["bgp"]["neighbors"], *sessions]:
            if peer["password"] and peer["password"]["type"] == "7":
                peer["password"]["type"] = "0"
    return data


def test_recordings_are_there_or_skipped():
    if not OUTPUTS.is_dir():
        pytest.skip(f"{OUTPUTS} is absent")
    assert len(RECORDED) >= 14


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
@pytest.mark.parametrize("form", FORMS)
def test_a_recorded_configuration_read_printed_and_read_again_differs_in_nothing(path, form):
    first = read(path.read_text())
    assert first.bgp is not None
    again = read(render(first.bgp.asn, first.bgp.meaning(), form))
    assert again.bgp is not None
    assert again.bgp.meaning() == first.bgp.meaning()
    assert means(again)["bgp"] == means(first)["bgp"]
    assert [line.text for line in again.unread] == [line.text for line in first.unread]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_every_line_of_a_recorded_configuration_is_accounted_for(path):
    bgp = read(path.read_text()).bgp
    assert bgp is not None
    shown = [line.text for line in bgp.lines if line.text]
    raw = section(path.read_text())
    assert len(shown) == len(raw)
    for ours, theirs in zip(shown, raw, strict=True):
        assert [address_or_none(word) or word for word in theirs.split()] == ours.split()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_what_is_unknown_in_the_recordings_is_no_statement_of_ios(path):
    # Two are written by hand: IOS knows `bgp router-id` alone.
    assert {line.text for line in read(path.read_text()).unread} <= {"router-id 2.2.2.2"}


# -- whatever can be expressed --------------------------------------------------------------------------

WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)
NUMBERS = st.integers(1, 4294967294)
V4 = st.ip_addresses(v=4).map(str)
ADDRESSES = st.one_of(V4, st.ip_addresses(v=6).filter(lambda one: one.ipv4_mapped is None).map(str))
GROUPS = st.sampled_from(["CALICO", "K8S", "rr-clients"])
# Anything that fits on a line; blanks at its ends are nobody's.
TEXTS = (
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\x7f"), min_size=1, max_size=30
    )
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and "More" not in text)
)
SECRETS = (
    st.text(
        st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="?"), min_size=1, max_size=30
    )
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


def line(form: str, *values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.tuples(*values).map(lambda found: form.format(*found))


def flag(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


DIRECTIONS = flag("in", "out")
SMALL = st.integers(1, 250)
# One statement of each kind at most, so a strategy per kind.
SESSION = [
    line("remote-as {}", NUMBERS),
    line("description {}", TEXTS),
    line("password 0 {}", SECRETS),
    flag("update-source Loopback0", "update-source GigabitEthernet0/0/1.100"),
    line("timers {} {}", SMALL, SMALL) | line("timers {} {} {}", SMALL, SMALL, SMALL),
    flag("transport connection-mode passive", "transport connection-mode active"),
    flag("shutdown"),
    line("ebgp-multihop {}", SMALL) | line("ttl-security hops {}", SMALL),
    flag("fall-over", "fall-over bfd", "fall-over bfd multi-hop check-control-plane-failure"),
    line("local-as {}", NUMBERS) | line("local-as {} no-prepend replace-as dual-as", NUMBERS),
    line("cluster-id {}", NUMBERS),
    flag("ha-mode graceful-restart", "ha-mode graceful-restart disable"),
    flag("disable-connected-check"),
    line("ao {} include-tcp-options", WORDS),
]
POLICY = [
    flag("route-reflector-client"),
    flag("next-hop-self", "next-hop-self all"),
    flag("send-community"),
    flag("send-community extended"),
    line("prefix-list {} in", WORDS),
    line("prefix-list {} out", WORDS),
    line("route-map {} in", WORDS),
    line("route-map {} out", WORDS),
    line("filter-list {} {}", SMALL, DIRECTIONS),
    line("maximum-prefix {}", SMALL)
    | line("maximum-prefix {} {} restart {}", SMALL, st.integers(1, 74), SMALL)
    | line("maximum-prefix {} warning-only", SMALL),
    line("weight {}", SMALL),
    flag("soft-reconfiguration inbound"),
    flag("default-originate", "default-originate route-map M"),
    line("allowas-in {}", st.integers(1, 10)),
    flag("remove-private-as", "remove-private-as all replace-as"),
    flag("additional-paths disable", "additional-paths send receive", "additional-paths receive"),
    flag("advertise additional-paths all"),
    line("advertisement-interval {}", SMALL),
    flag("as-override", "as-override split-horizon"),
    line("advertise-map {} exist-map {}", WORDS, WORDS),
    line("inherit peer-policy {} 10", WORDS),
    flag("capability orf prefix-list both"),
]
PROCESS = [
    line("bgp router-id {}", V4) | flag("bgp router-id interface Loopback0"),
    line("bgp cluster-id {}", NUMBERS),
    flag("bgp log-neighbor-changes", "no bgp log-neighbor-changes"),
    flag("no bgp default ipv4-unicast"),
    flag("no bgp client-to-client reflection"),
    line("bgp listen limit {}", st.integers(101, 10000)),
    line("bgp listen range 10.{}.0.0/16 peer-group {}", SMALL, GROUPS),
    line("bgp listen range 192.168.{}.0/24 peer-group {}", SMALL, GROUPS),
    flag("bgp graceful-restart"),
    line("bgp graceful-restart restart-time {}", SMALL.filter(lambda number: number != 120)),
    line("bgp graceful-restart stalepath-time {}", SMALL),
    line("timers bgp {} {}", SMALL.filter(lambda number: number != 60), SMALL),
    line("bgp confederation identifier {}", NUMBERS),
    line("bgp confederation peers {}", NUMBERS),
    flag("no bgp enforce-first-as"),
    line("bgp frobnicate {}", SMALL),
]
FAMILY = [
    line("network 10.{}.0.0 mask 255.255.0.0", SMALL),
    line("network 192.168.{}.0 mask 255.255.255.0 route-map {}", SMALL, WORDS),
    line("aggregate-address 10.{}.0.0 255.255.0.0 as-set summary-only", SMALL),
    flag("redistribute connected", "redistribute ospf 1 match internal external 1 external 2"),
    line("maximum-paths ibgp {}", st.integers(2, 32)),
    flag("bgp additional-paths send receive"),
    flag("bgp additional-paths select all"),
    line("table-map {} filter", WORDS),
    line("bgp nexthop trigger delay {}", st.integers(6, 100)),
]
OTHER_FAMILIES = st.sampled_from(
    ["ipv6", "vpnv4", "vpnv6", "l2vpn evpn", "ipv4 multicast", "rtfilter", "ipv4 mvpn"]
)
VRF_FAMILIES = st.sampled_from(["ipv4 vrf RED", "ipv6 vrf BLUE"])


def some(kinds: list[st.SearchStrategy[str]], least: int = 0) -> st.SearchStrategy[set[str]]:
    """Some statements, of each kind one at most."""
    chosen = st.lists(st.integers(0, len(kinds) - 1), unique=True, min_size=least, max_size=6)
    return chosen.flatmap(lambda places: st.tuples(*(kinds[place] for place in places))).map(set)


@st.composite
def processes(draw: st.DrawFn) -> tuple[int, frozenset[tuple[str, str, str]]]:
    """An AS number and its statements, in canonical form."""
    statements = {("router", "", statement) for statement in draw(some(PROCESS))}
    default = ("router", "", "no bgp default ipv4-unicast") not in statements
    statements |= {("ipv4", "", statement) for statement in draw(some(FAMILY))}
    for group in draw(st.sets(GROUPS, max_size=2)):
        statements.add(("router", group, "peer-group"))
        statements |= {("router", group, statement) for statement in draw(some(SESSION))}
        statements |= {("ipv4", group, statement) for statement in draw(some(POLICY))}
    peers = draw(st.sets(ADDRESSES, max_size=4))
    for peer in peers:
        statements |= {("router", peer, statement) for statement in draw(some(SESSION, 1))}
        statements |= {("ipv4", peer, statement) for statement in draw(some(POLICY))}
        if draw(st.booleans()):
            statements.add(("router", peer, f"peer-group {draw(GROUPS)}"))
        if draw(st.booleans()):
            statements.add(("ipv4", peer, "no activate" if default else "activate"))
    for family in draw(st.sets(OTHER_FAMILIES, max_size=2)):
        statements.add((family, "", ""))
        for peer in sorted(peers):
            statements |= {(family, peer, statement) for statement in draw(some([*POLICY, flag("activate")]))}
    for family in draw(st.sets(VRF_FAMILIES, max_size=1)):
        statements.add((family, "", ""))
        statements |= {(family, "", statement) for statement in draw(some(FAMILY))}
        for peer in draw(st.sets(V4, max_size=2)):
            statements |= {(family, peer, statement) for statement in draw(some([*SESSION, *POLICY], 1))}
    if draw(st.booleans()):
        template = f"template peer-session {draw(WORDS)}"
        statements.add((template, "", template))
        statements |= {(template, "", statement) for statement in draw(some(SESSION))}
    return draw(NUMBERS), frozenset(statements)


SLOW = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
FORM = st.builds(
    Form, st.booleans(), st.booleans(), st.booleans(), st.none() | st.integers(0, 15), st.booleans()
)


@SLOW
@given(process=processes(), form=FORM, other=FORM)
def test_every_statement_is_read_back_from_every_form(process, form, other):
    asn, statements = process
    config = read(render(asn, statements, form))
    assert config.bgp is not None
    assert config.bgp.asn == asn
    assert config.bgp.meaning() == statements
    assert {one.text for one in config.unread} == {
        text for _context, _owner, text in statements if "frobnicate" in text
    }
    again = read(render(asn, statements, other))
    assert differences(config, again) == ()
    assert means(config) == means(again)


@SLOW
@given(process=processes(), form=FORM, data=st.data())
def test_one_statement_less_is_a_difference(process, form, data):
    asn, statements = process
    optional = sorted(one for one in statements if one[2] and "router bgp" not in one[2] and one[2] != one[0])
    if not optional:
        return
    gone = data.draw(st.sampled_from(optional))
    found = differences(read(render(asn, statements, form)), read(render(asn, statements - {gone}, form)))
    assert len(found) >= 1
    assert not any("password 0" in sentence for sentence in found)


@SLOW
@given(process=processes(), form=FORM)
def test_no_password_is_shown_unless_asked_for(process, form):
    asn, statements = process
    secret = frozenset(
        (context, owner, "password 0 Secret:hidden" if text.startswith("password ") else text)
        for context, owner, text in statements
    )
    config = read(render(asn, secret, form))
    shown = (
        str(config_data(config))
        + repr(config)
        + "".join(one.text for one in (config.bgp.lines if config.bgp else ()))
    )
    assert "Secret:" not in shown
    assert ("Secret:" in str(config_data(config, secrets=True))) == any(
        "Secret:" in text for _context, _owner, text in secret
    )


LINES = st.sampled_from(
    [
        "router bgp 1",
        "router bgp 1.10",
        " neighbor 10.0.0.1 remote-as 1",
        " neighbor 10.0.0.300 remote-as 1",
        " neighbor 10.0.0.1 remote-as none",
        "  neighbor G peer-group",
        " neighbor G",
        " neighbor",
        " no neighbor 10.0.0.2 activate",
        "no",
        " no",
        " bgp",
        " address-family",
        " address-family ipv4",
        " address-family vpnv4 unicast",
        "  address-family ipv4 vrf",
        " exit-address-family",
        " exit",
        " exit-peer-session",
        " template peer-session T",
        "  template",
        "  inherit peer-session",
        "  remote-as 1",
        " network",
        " network 10.0.0.0 mask 0.255.0.0",
        " timers bgp",
        " bgp listen range",
        " bgp listen range 10.0.0.0/8 peer-group",
        " bgp cluster-id 0",
        " bmp server 1",
        "   activate",
        "!",
        "interface GigabitEthernet1",
        "ip prefix-list P permit 10.0.0.0/8 ge 4",
        "ip prefix-list P permit 300.0.0.0/8",
        "end",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(LINES | st.text(max_size=30), max_size=40).map("\n".join))
def test_no_text_makes_it_hang_or_invent_a_neighbor(text):
    try:
        config = read(text)
    except IosTextError:
        return
    data = config_data(config)
    for peer in data["bgp"]["neighbors"] if data["bgp"] else ():
        assert re.search(rf"neighbor {re.escape(peer['name'])} \S", text)


# -- the lab's router, whose parser and printer know nothing of the reader ------------------------------

TYPED_SESSION = [
    line("description {}", WORDS),
    line("password 0 {}", WORDS),
    flag("update-source Loopback0"),
    flag("transport connection-mode passive"),
    flag("shutdown"),
    flag("fall-over bfd"),
    flag("ha-mode graceful-restart"),
    line("ebgp-multihop {}", SMALL),
]
TYPED_POLICY = [
    flag("route-reflector-client"),
    flag("next-hop-self"),
    flag("send-community extended"),
    line("prefix-list {} in", WORDS),
    line("route-map {} out", WORDS),
    line("maximum-prefix {} warning-only", SMALL),
    line("weight {}", SMALL),
    flag("soft-reconfiguration inbound"),
    line("allowas-in {}", st.integers(1, 10)),
]
TYPED_PROCESS = [
    line("bgp router-id {}", st.just("192.0.2.1")),
    line("bgp cluster-id {}", NUMBERS),
    flag("no bgp default ipv4-unicast"),
    flag("bgp graceful-restart"),
    # 120 is the default, which no line stands for.
    line("bgp update-delay {}", SMALL.filter(lambda seconds: seconds != 120)),
    line("timers bgp {} {}", st.integers(1, 50), st.integers(60, 180)),
]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(
    process=some(TYPED_PROCESS),
    session=some(TYPED_SESSION),
    policy=some(TYPED_POLICY),
    numbers=st.sets(st.integers(1, 20), min_size=1, max_size=4),
    family=st.booleans(),
)
def test_what_is_typed_into_the_labs_router_is_read_from_what_it_shows(
    process, session, policy, numbers, family
):
    router = Session(Router(Silent(), users={}))
    names = [f"192.0.2.{number + 100}" for number in numbers]
    lines = ["router bgp 64512", *sorted(process)]
    for name in names:
        lines += [f"neighbor {name} {statement}" for statement in ("remote-as 64512", *sorted(session))]
    lines += ["address-family ipv4"] * family
    lines += [f"neighbor {name} {statement}" for name in names for statement in sorted(policy)]
    router.enter("configure terminal")
    assert [error for typed in lines if (error := answer_error(typed, router.enter(typed)))] == []
    router.enter("end")
    config = read_running(router.enter("show running-config"))
    assert config.unknown == ()
    assert config.bgp is not None
    expected = {("router", "", statement) for statement in process}
    for name in names:
        expected |= {("router", name, statement) for statement in {"remote-as 64512", *session}}
        expected |= {("ipv4", name, statement) for statement in policy}
    known = {("router", "", "bgp log-neighbor-changes")}
    assert config.bgp.meaning() - known == expected
