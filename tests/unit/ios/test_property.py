# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wanted: once sent, it is there, and there is nothing more to send."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import Change, plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.compare import differences
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from tests.helpers.fake_ios import FakeIos

PREFIXES = st.builds(
    lambda octet, ge, le: PrefixRule(f"10.{octet}.0.0/16", ge, le),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(16, 26)),
    st.one_of(st.none(), st.integers(26, 32)),
)
CLIENTS = st.sets(st.integers(1, 9), min_size=1, max_size=6).map(
    lambda numbers: tuple(Client(f"192.0.2.{number}", f"node-{number}") for number in sorted(numbers))
)
PASSWORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='?"'), min_size=1, max_size=20
)
INTENTS = st.builds(
    ReflectorIntent,
    cluster=st.just("lab"),
    asn=st.just(64512),
    group=st.sampled_from(["CALICO", "K8S"]),
    clients=CLIENTS,
    cluster_id=st.one_of(st.none(), st.sampled_from(["1", "0.0.0.1", "10.0.0.1", "4294967294"])),
    keepalive=st.one_of(st.none(), st.integers(1, 20)),
    hold=st.one_of(st.none(), st.integers(21, 180)),
    restart_time=st.one_of(st.none(), st.just(120), st.integers(1, 3600)),
    stalepath_time=st.one_of(st.none(), st.just(360), st.integers(1, 3600)),
    password=st.one_of(st.none(), PASSWORDS),
    update_source=st.one_of(st.none(), st.just("Loopback0")),
    prefixes=st.lists(PREFIXES, min_size=1, max_size=4, unique_by=lambda rule: rule.meaning).map(tuple),
    prefix_list=st.just("CALICO"),
    maximum_prefix=st.one_of(st.none(), st.integers(1, 1000)),
    passive=st.booleans(),
    send_community=st.booleans(),
    disable_additional_paths=st.booleans(),
)
SEVERAL = st.lists(INTENTS, min_size=1, max_size=3)
FOREIGN = ("192.0.2.200", "192.0.2.201")
ROUTERS = st.sampled_from(
    [
        [],
        ["router bgp 64512"],
        ["router bgp 64512", "no bgp default ipv4-unicast", "bgp log-neighbor-changes"],
        [
            "ip prefix-list OTHER seq 5 permit 198.51.100.0/24",
            "router bgp 64512",
            "bgp router-id 192.0.2.250",
            "neighbor OTHER peer-group",
            "neighbor OTHER remote-as 64512",
            "neighbor 192.0.2.200 peer-group OTHER",
            "neighbor 192.0.2.200 description calico_bgp other/node-x",
            "neighbor 192.0.2.201 remote-as 64999",
            "neighbor 192.0.2.201 prefix-list OTHER in",
            "address-family ipv4",
            "bgp additional-paths send receive",
        ],
    ]
)


def push(router: FakeIos, want: ReflectorIntent, *, present: bool = True, wide: bool = True) -> Change:
    change = plan_change(
        read_running(router.text()), want, state="present" if present else "absent", process_wide=wide
    )
    assert not change.refusals
    opening = ("router bgp", "address-family", "exit")
    assert {found.line for found in change.reasons} == {
        line for line in change.masked if not line.startswith(opening)
    }
    assert all(found.reason for found in change.reasons)
    router.configure(change.commands)
    return change


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(
    start=ROUTERS,
    wants=st.lists(INTENTS, min_size=1, max_size=3),
    flat=st.booleans(),
    encrypt=st.booleans(),
    wide=st.booleans(),
)
def test_any_intent_is_reached_in_one_push(start, wants, flat, encrypt, wide):
    router = FakeIos(flat=flat, encrypt=encrypt)
    router.configure(start)
    foreign = {name: dict(router.neighbors[name]) for name in FOREIGN if name in router.neighbors}
    router.unfiltered.clear()
    for want in wants:
        push(router, want, wide=wide)
        again = plan_change(read_running(router.text()), want, process_wide=wide)
        assert again.commands == ()
        assert again.before == again.after
        for client in want.clients:
            assert router.setting(client.address, "remote-as") == "64512"
            assert router.setting(client.address, "route-reflector-client") == ""
            assert router.active(client.address)
            assert want.password is None or router.setting(client.address, "password") == f"0 {want.password}"
        assert {name for name in router.neighbors if not name[0].isdigit()} - {"OTHER"} == {want.group}
        ours = {name for name in router.neighbors if name[0].isdigit()} - set(FOREIGN)
        assert ours == {client.address for client in want.clients}
    assert router.unfiltered == []
    assert {name: router.neighbors[name] for name in foreign} == foreign


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=80)
@given(start=ROUTERS, want=INTENTS, flat=st.booleans(), encrypt=st.booleans())
def test_removing_leaves_what_was_there(start, want, flat, encrypt):
    router = FakeIos(flat=flat, encrypt=encrypt)
    router.configure(start)
    neighbors = {name: dict(found) for name, found in router.neighbors.items()}
    lists = dict(router.prefix_lists)
    push(router, want)
    change = push(router, want, present=False)
    assert change.withheld == ()
    assert router.neighbors == neighbors
    assert router.prefix_lists == lists
    assert plan_change(read_running(router.text()), want, state="absent").commands == ()


@given(want=INTENTS, flat=st.booleans())
def test_shown_texts_hide_the_password(want, flat):
    # A word of its own, as a drawn password may happen to stand in the text for another reason.
    secret = replace(want, password="Secret:" + (want.password or "")[:18])
    change = push(FakeIos(flat=flat), secret)
    reasons = [f"{found.line}{found.reason}" for found in change.reasons]
    shown = [*change.masked, *reasons, change.before, change.explained, repr(change), repr(secret)]
    assert not any("Secret:" in text for text in shown)


@given(want=INTENTS, encrypt=st.booleans())
def test_layouts_mean_the_same(want, encrypt):
    router = FakeIos(encrypt=encrypt)
    push(router, want)
    flat = FakeIos(flat=True)
    push(flat, want)
    assert read_running(flat.text()).bgp.neighbors.keys() == read_running(router.text()).bgp.neighbors.keys()
    assert differences(read_running(flat.text()), read_running(router.text())) == ()
