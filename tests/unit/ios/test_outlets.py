# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to filter, or not, what a neighbour is sent, and what is made of each.

The configurations are made by hand.
"""

from __future__ import annotations

import ipaddress
import itertools
import time

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.outlets import Inside, outlets
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.regions import common, region, without
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Prefix

PEER = "203.0.113.9"
PODS = Prefix("10.244.0.0/16", 26, 32)
ALL = "10.244.0.0/16 ge 26 le 32"
CLIENTS = ("192.168.1.10", "192.168.1.11")
DENIES = (
    "ip prefix-list OUT seq 10 deny 10.244.0.0/16 le 32\nip prefix-list OUT seq 20 permit 0.0.0.0/0 le 32\n"
)


def router(family: str = "", session: str = "", beside: str = "", asn: int = 65010, head: str = "") -> str:
    """A reflector of AS 64512 with two nodes and one further neighbour."""
    nodes = "".join(
        f" neighbor {a} remote-as 64512\n neighbor {a} description calico_bgp lab/n\n" for a in CLIENTS
    )
    active = "".join(f"  neighbor {a} activate\n  neighbor {a} route-reflector-client\n" for a in CLIENTS)
    return (
        f"hostname rr1\n!\n{head}router bgp 64512\n{nodes} neighbor {PEER} remote-as {asn}\n{session} !\n"
        f" address-family ipv4\n{active}  neighbor {PEER} activate\n{family} exit-address-family\n!\n"
        f"{beside}!\nend\n"
    )


def of(text: str, **changes):
    """The outlets of a configuration by their names."""
    inside = Inside((PODS,), CLIENTS, cluster="lab", group="CALICO", **changes)
    return {outlet.name: outlet for outlet in outlets(read_running(text), inside)}


def peer(*, out: str = "", beside: str = "", **given):
    """The further neighbour with these statements of its own, after the words that name it."""
    family = "".join(f"  neighbor {PEER} {line}\n" for line in out.splitlines())
    return of(router(family + given.pop("family", ""), beside=beside, **given)).get(PEER)


WOULD, MAY, NOT = "would", "may", "not"
ROUTE_MAP = "route-map RM deny 10\n match ip address prefix-list PODS\n!\n"
PODS_LIST = "ip prefix-list PODS seq 5 permit 10.244.0.0/16 le 32\n"
WAYS = {
    "none": (
        {},
        WOULD,
        "nothing filters what is sent",
    ),
    "prefix-list that denies": ({"out": "prefix-list OUT out", "beside": DENIES}, NOT, "filters deny it"),
    "prefix-list that denies in two halves": (
        {
            "out": "prefix-list OUT out",
            "beside": "ip prefix-list OUT seq 5 deny 10.244.0.0/17 le 32\n"
            "ip prefix-list OUT seq 6 deny 10.244.128.0/17 le 32\n"
            "ip prefix-list OUT seq 9 permit 0.0.0.0/0 le 32\n",
        },
        NOT,
        "filters deny it",
    ),
    "prefix-list that denies the aggregate alone": (
        {
            "out": "prefix-list OUT out",
            "beside": "ip prefix-list OUT seq 10 deny 10.244.0.0/16\n"
            "ip prefix-list OUT seq 20 permit 0.0.0.0/0 le 32\n",
        },
        WOULD,
        "prefix-list OUT permits 0.0.0.0/0 le 32 at seq 20",
    ),
    "prefix-list that permits others only": (
        {"out": "prefix-list OUT out", "beside": "ip prefix-list OUT seq 5 permit 198.51.100.0/24\n"},
        NOT,
        "filters deny it",
    ),
    "prefix-list that permits a default route only": (
        {"out": "prefix-list OUT out", "beside": "ip prefix-list OUT seq 5 permit 0.0.0.0/0\n"},
        NOT,
        "filters deny it",
    ),
    "prefix-list that permits any": (
        {"out": "prefix-list OUT out", "beside": "ip prefix-list OUT seq 5 permit 0.0.0.0/0 le 32\n"},
        WOULD,
        "prefix-list OUT permits 0.0.0.0/0 le 32 at seq 5",
    ),
    "prefix-list of lengths that no block has": (
        {"out": "prefix-list OUT out", "beside": "ip prefix-list OUT seq 5 permit 0.0.0.0/0 le 24\n"},
        NOT,
        "filters deny it",
    ),
    "prefix-list that nobody defined": (
        {"out": "prefix-list OUT out"},
        WOULD,
        "prefix-list OUT is not defined, which permits everything",
    ),
    "prefix-list with a rule that nobody understands": (
        {"out": "prefix-list OUT out", "beside": "ip prefix-list OUT seq 3 permit any-of-these\n" + DENIES},
        MAY,
        "prefix-list OUT has a rule that is not understood",
    ),
    "inbound filter": (
        {"out": "prefix-list OUT in", "beside": DENIES},
        WOULD,
        "nothing filters what is sent",
    ),
    "route-map that denies by prefix-list": (
        {"out": "route-map RM out", "beside": PODS_LIST + ROUTE_MAP + "route-map RM permit 20\n!\n"},
        NOT,
        "filters deny it",
    ),
    "route-map that falls through": (
        {
            "out": "route-map RM out",
            "beside": "route-map RM deny 10\n match community 1\n!\n"
            "route-map RM permit 20\n set metric 5\n!\n",
        },
        WOULD,
        "route-map RM permits at 20",
    ),
    "route-map that permits by community": (
        {"out": "route-map RM out", "beside": "route-map RM permit 10\n match community 1\n!\n"},
        MAY,
        "route-map RM permits at 10, and match community 1 is not judged",
    ),
    "route-map that permits by another prefix-list": (
        {
            "out": "route-map RM out",
            "beside": "ip prefix-list OURS seq 5 permit 198.51.100.0/24\n"
            "route-map RM permit 10\n match ip address prefix-list OURS\n!\n",
        },
        NOT,
        "filters deny it",
    ),
    "route-map that permits by our prefix-list": (
        {
            "out": "route-map RM out",
            "beside": PODS_LIST + "route-map RM permit 10\n match ip address prefix-list PODS\n!\n",
        },
        WOULD,
        "route-map RM permits at 10, and prefix-list PODS permits 10.244.0.0/16 le 32 at seq 5",
    ),
    "route-map that denies by a prefix-list that nobody defined": (
        {"out": "route-map RM out", "beside": ROUTE_MAP + "route-map RM permit 20\n!\n"},
        WOULD,
        "route-map RM permits at 20",
    ),
    "route-map that goes on behind its deny": (
        {
            "out": "route-map RM out",
            "beside": PODS_LIST + ROUTE_MAP[:-2] + " continue 20\n!\nroute-map RM permit 20\n!\n",
        },
        WOULD,
        "route-map RM permits at 20",
    ),
    "route-map that nobody defined": ({"out": "route-map RM out"}, MAY, "route-map RM is not defined"),
    "distribute-list of a standard list that denies": (
        {
            "out": "distribute-list 10 out",
            "beside": "access-list 10 deny   10.244.0.0 0.0.255.255\naccess-list 10 permit any\n",
        },
        NOT,
        "filters deny it",
    ),
    "distribute-list of a named list that permits": (
        {
            "out": "distribute-list PODS-NOT out",
            "beside": "ip access-list standard PODS-NOT\n"
            " 10 deny   10.245.0.0 0.0.255.255\n 20 permit any\n!\n",
        },
        WOULD,
        "access list PODS-NOT has 20 permit any",
    ),
    "distribute-list that permits a default route only": (
        {"out": "distribute-list 10 out", "beside": "access-list 10 permit 0.0.0.0\n"},
        NOT,
        "filters deny it",
    ),
    "distribute-list that denies one half": (
        {
            "out": "distribute-list 10 out",
            "beside": "access-list 10 deny   10.244.0.0 0.0.127.255\naccess-list 10 remark pods\n"
            "access-list 10 permit 10.244.0.0 0.0.255.255\n",
        },
        WOULD,
        "access list 10 has permit 10.244.0.0 0.0.255.255",
    ),
    "distribute-list of an extended list": (
        {
            "out": "distribute-list 110 out",
            "beside": "access-list 110 permit ip 198.51.100.0 0.0.0.255 any\n",
        },
        MAY,
        "access list 110 has permit ip 198.51.100.0 0.0.0.255 any, which is not judged",
    ),
    "distribute-list that nobody defined": (
        {"out": "distribute-list 10 out"},
        WOULD,
        "access list 10 is not defined, which permits everything",
    ),
    "distribute-list of the address family": (
        {"family": "  distribute-list prefix OUT out\n", "beside": DENIES},
        NOT,
        "filters deny it",
    ),
    "filter-list alone": (
        {"out": "filter-list 1 out", "beside": "ip as-path access-list 1 permit ^$\n"},
        MAY,
        "filter-list 1 looks at AS paths, which are not judged",
    ),
    "two filters that deny together": (
        {
            "out": "prefix-list OUT out\nroute-map RM out",
            "beside": "ip prefix-list OUT seq 5 deny 10.244.0.0/17 le 32\n"
            "ip prefix-list OUT seq 9 permit 0.0.0.0/0 le 32\n"
            "ip prefix-list PODS seq 5 permit 10.244.128.0/17 le 32\n"
            + ROUTE_MAP
            + "route-map RM permit 20\n!\n",
        },
        NOT,
        "filters deny it",
    ),
    "filter on the peer-group": (
        {
            "session": f" neighbor UP peer-group\n neighbor {PEER} peer-group UP\n",
            "family": "  neighbor UP prefix-list OUT out\n",
            "beside": DENIES,
        },
        NOT,
        "filters deny it",
    ),
    "filter in a template": (
        {
            "head": "",
            "session": " template peer-policy UP\n  prefix-list OUT out\n exit-peer-policy\n !\n",
            "out": "inherit peer-policy UP",
            "beside": DENIES,
        },
        NOT,
        "filters deny it",
    ),
    "filter in a template of a template": (
        {
            "session": " template peer-policy BASE\n  prefix-list OUT out\n exit-peer-policy\n !\n"
            " template peer-policy UP\n  inherit peer-policy BASE 5\n exit-peer-policy\n !\n",
            "out": "inherit peer-policy UP",
            "beside": DENIES,
        },
        NOT,
        "filters deny it",
    ),
    "template that is not there": (
        {"out": "inherit peer-policy UP"},
        WOULD,
        "nothing filters what is sent",
    ),
    "default route only": ({"out": "default-originate"}, WOULD, "nothing filters what is sent"),
    "iBGP, no client": ({"asn": 64512}, WOULD, "nothing filters what is sent"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_filter(way: str) -> None:
    given, verdict, reason = WAYS[way]
    found = peer(**given)
    assert found is not None
    said = NOT if not found.sends else WOULD if found.sure else MAY
    assert (said, found.reason) == (verdict, reason)


@pytest.mark.parametrize(
    "given",
    [
        {"session": f" neighbor {PEER} shutdown\n"},
        {"session": f" neighbor UP peer-group\n neighbor UP shutdown\n neighbor {PEER} peer-group UP\n"},
        {
            "session": " template peer-session DOWN\n  shutdown\n exit-peer-session\n !\n"
            f" neighbor {PEER} inherit peer-session DOWN\n"
        },
        {"family": f"  no neighbor {PEER} activate\n"},
    ],
    ids=("shutdown", "shutdown of the group", "shutdown of a template", "not activated"),
)
def test_a_neighbour_without_a_session_in_the_family_is_no_way_out(given: dict[str, str]) -> None:
    assert peer(**given) is None


def test_what_goes_out_is_named_as_the_router_would() -> None:
    beside = "ip prefix-list OUT seq 20 permit 10.244.0.0/24 le 26\n"
    found = peer(out="prefix-list OUT out", beside=beside)
    assert (found.title, found.sends) == (f"neighbor {PEER} (AS 65010)", ("10.244.0.0/24 ge 26 le 26",))


def test_nodes_reflectors_and_neighbours_of_the_cluster_are_no_way_out() -> None:
    assert list(of(router())) == [PEER]
    assert of(router(), others=(PEER,)) == {}
    tagged = router(session=f" neighbor {PEER} description calico_bgp lab/gone\n")
    assert of(tagged) == {}
    other = router(session=f" neighbor {PEER} description calico_bgp other/n\n")
    assert list(of(other)) == [PEER]


def test_a_neighbour_that_only_a_vrf_or_another_family_has_is_no_way_out() -> None:
    vrf = (
        " address-family ipv4 vrf RED\n  neighbor 198.51.100.7 remote-as 65020\n"
        "  neighbor 198.51.100.7 activate\n"
    )
    text = router().replace(
        " exit-address-family\n", f" exit-address-family\n !\n{vrf} exit-address-family\n", 1
    )
    assert list(of(text)) == [PEER]


RANGE = (
    " bgp listen range 10.9.0.0/16 peer-group DYN\n neighbor DYN peer-group\n neighbor DYN remote-as 65030\n"
)


def test_a_listen_range_of_others_is_a_way_out() -> None:
    found = of(router("  neighbor DYN activate\n", session=RANGE))["10.9.0.0/16"]
    assert (found.title, found.sends) == ("listen range 10.9.0.0/16 (AS 65030)", (ALL,))


def test_a_listen_range_is_filtered_by_its_group() -> None:
    family = "  neighbor DYN activate\n  neighbor DYN prefix-list OUT out\n"
    assert of(router(family, session=RANGE, beside=DENIES))["10.9.0.0/16"].sends == ()


def test_a_listen_range_with_a_node_in_it_is_none() -> None:
    wide = RANGE.replace("10.9.0.0/16", "192.168.0.0/16")
    assert list(of(router("  neighbor DYN activate\n", session=wide))) == [PEER]


OSPF = "router ospf 1\n redistribute bgp 64512 subnets{}\n!\n"


@pytest.mark.parametrize(
    ("head", "family", "sends"),
    [
        (OSPF.format(""), "", ()),
        (OSPF.format(""), "  bgp redistribute-internal\n", (ALL,)),
        (OSPF.format(" route-map RM"), "  bgp redistribute-internal\n", ()),
    ],
    ids=("iBGP stays", "iBGP goes", "filtered"),
)
def test_redistribution_into_an_igp(head: str, family: str, sends: tuple[str, ...]) -> None:
    beside = PODS_LIST + ROUTE_MAP + "route-map RM permit 20\n!\n"
    assert of(router(family, beside=beside, head=head))["ospf 1"].sends == sends


def test_a_vrf_that_imports_the_global_table_is_a_way_out() -> None:
    head = (
        "vrf definition RED\n address-family ipv4\n  import ipv4 unicast map RM\n exit-address-family\n!\n"
        "router ospf 7 vrf RED\n redistribute bgp 64512\n!\n"
    )
    found = of(router(head=head, beside="route-map RM permit 10\n!\n"))
    assert sorted(found) == [PEER, "vrf RED"]
    assert (found["vrf RED"].sends, found["vrf RED"].reason) == ((ALL,), "route-map RM permits at 10")


def test_an_aggregate_of_pods_goes_out_too() -> None:
    family = "  aggregate-address 10.244.0.0 255.255.0.0\n"
    beside = "ip prefix-list OUT seq 5 permit 10.244.0.0/16\n"
    assert peer(out="prefix-list OUT out", beside=beside).sends == ()
    assert peer(out="prefix-list OUT out", beside=beside, family=family).sends == ("10.244.0.0/16",)


MARKING = "route-map FROM-NODES permit 10\n set community no-export additive\n!\n"
MARKED = "".join(f"  neighbor {a} route-map FROM-NODES in\n" for a in CLIENTS)


def test_no_export_keeps_routes_from_another_as() -> None:
    found = peer(family=MARKED, beside=MARKING)
    assert (found.sends, found.reason) == ((), "NO_EXPORT is set on what comes from the nodes")


@pytest.mark.parametrize(
    "given",
    [
        {"family": MARKED, "beside": MARKING, "asn": 64512},
        {"family": MARKED.partition("\n")[0] + "\n", "beside": MARKING},
        {"family": MARKED, "beside": MARKING + "route-map FROM-NODES permit 20\n!\n"},
        {"family": MARKED, "beside": MARKING.replace("no-export", "64512:1")},
        {"family": MARKED, "beside": MARKING, "session": " bgp confederation identifier 65000\n"},
        {"family": MARKED + "  network 10.244.7.0 mask 255.255.255.0\n", "beside": MARKING},
    ],
    ids=("iBGP", "of one node", "not of all routes", "another community", "confederation", "made here"),
)
def test_no_export_does_not_keep(given: dict[str, str]) -> None:
    assert peer(**given).sends


OTHER = "192.168.1.2"
JOINED = f"  neighbor {OTHER} activate\n"


@pytest.mark.parametrize(
    ("family", "sends"),
    [
        (MARKED + JOINED, True),
        (MARKED + f"  no neighbor {OTHER} activate\n", False),
        (MARKED + JOINED + f"  neighbor {OTHER} route-map FROM-NODES in\n", False),
    ],
    ids=["without the community", "no session", "marked here"],
)
def test_what_another_reflector_passes_on_has_no_export_only_where_it_is_set_here(
    family: str, sends: bool
) -> None:
    session = f" neighbor {OTHER} remote-as 64512\n"
    found = of(router(family, session=session, beside=MARKING), others=(OTHER,))
    assert list(found) == [PEER]
    assert bool(found[PEER].sends) is sends


def test_no_export_that_the_push_sets_counts_for_nodes_of_the_group() -> None:
    by_hand = router().replace(" neighbor 192.168.1.11 description calico_bgp lab/n\n", "")
    ours = "".join(f" neighbor {a} peer-group CALICO\n" for a in CLIENTS)
    grouped = router(session=f" neighbor CALICO peer-group\n{ours}")
    fresh = "\n".join(
        line for line in router().splitlines() if CLIENTS[0] not in line and CLIENTS[1] not in line
    )
    assert of(grouped, marked=True)[PEER].sends == ()
    assert of(fresh, marked=True)[PEER].sends == ()
    assert of(by_hand, marked=True)[PEER].sends == (ALL,)
    assert of(grouped)[PEER].sends == (ALL,)


def test_too_many_rules_are_not_judged_and_count_as_sent() -> None:
    rules = (f"ip prefix-list OUT seq {n} deny 10.244.{n // 60}.{n % 60 * 4}/30\n" for n in range(1, 5000))
    found = peer(out="prefix-list OUT out", beside="".join(rules))
    assert (found.sure, found.reason, found.sends) == (False, "too many rules to judge", (ALL,))


def test_a_router_without_bgp_has_no_way_out() -> None:
    assert of("hostname rr1\n!\nend\n") == {}


def test_a_large_configuration_is_judged_in_seconds() -> None:
    lists = "".join(
        f"ip prefix-list BIG seq {n} permit {ipaddress.IPv4Address(0x0B000000 + n * 256)}/24\n"
        for n in range(20000)
    )
    maps = "".join(f"route-map M{n} permit 10\n match ip address prefix-list BIG\n!\n" for n in range(10000))
    text = router(f"  neighbor {PEER} prefix-list BIG out\n", beside=lists + maps)
    assert text.count("\n") > 50000
    running = read_running(text)
    began = time.process_time()
    found = outlets(running, Inside((PODS,), CLIENTS, cluster="lab"))
    assert found[0].sends == ()
    assert time.process_time() - began < 2


def test_what_is_left_of_prefixes_is_exact() -> None:
    """Against every prefix of a small space."""
    prefixes = [
        net for length in range(4, 9) for net in ipaddress.ip_network("16.0.0.0/4").subnets(new_prefix=length)
    ]
    regions = [
        region(str(net), low, high)
        for net in prefixes[:40:3]
        for low, high in ((net.prefixlen, 8), (6, 7), (net.prefixlen, net.prefixlen))
        if low >= net.prefixlen
    ]

    def holds(one, net):
        outer = ipaddress.ip_network((one.base, one.length))
        return net.subnet_of(outer) and one.low <= net.prefixlen <= one.high

    for one, other in itertools.product(regions, repeat=2):
        pieces, shared = list(without(one, other)), common(one, other)
        for net in prefixes:
            both = holds(one, net) and holds(other, net)
            assert (shared is not None and holds(shared, net)) is both
            assert sum(holds(piece, net) for piece in pieces) == (holds(one, net) and not both)
