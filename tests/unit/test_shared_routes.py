# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found about routes is the same, whether each node has its own list or all share tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates, nodes, spare, watch
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.waiting import (
    EXPECTED,
    node_missing,
    questions,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.watch import node_loss
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import PASS, Finding
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
    silent_node,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import (
    Plan,
    PlannedNode,
    Prefix,
    Reflector,
    Session,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.shared import Common, Shared, Shelf
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.crowd import Shelves
from tests.helpers import article, by_lists

NOW = article.NOW
SERVICES, POOL, BORROWED = "10.96.0.0/12", "10.244.0.0/16", "10.244.1.9/32"
#: Faults of nodes with this number, or a greater one, are everybody's.
EVERYBODY = 6
REFLECTORS = {"rr1": "10.0.0.251", "rr2": "10.0.0.252"}
GATES = ("cut", "after_cut", "mesh", "adoption", "drain", "health", "after_rollback")


@dataclass(frozen=True)
class Network:
    """So many nodes; what each of them announces, and what is wrong: faults by the name of the node."""

    plan: Plan
    announced: Mapping[str, tuple[str, ...]]
    faults: tuple[tuple[str, str, int], ...]


def network(size: int, reflectors: int, services: bool, borrowed: bool, bare: int, faults: list) -> Network:
    """A plan, and what the nodes announce; the last `bare` nodes have no block."""
    hosts = tuple(REFLECTORS)[:reflectors]
    names = [f"n{number}" for number in range(size)]
    blocks = {name: (f"10.244.{k}.0/26",) if k < size - bare else () for k, name in enumerate(names)}
    announced = {
        name: (
            *blocks[name],
            *((SERVICES,) if services else ()),
            *((BORROWED,) if borrowed and not k else ()),
        )
        for k, name in enumerate(names)
    }
    planned = tuple(PlannedNode(n, {"ipv4": f"10.0.0.{k + 1}"}, blocks[n]) for k, n in enumerate(names))
    plan = Plan(
        cluster="lab",
        asn=64512,
        nodes=planned,
        left_out={},
        reflectors=tuple(Reflector(host, {"ipv4": REFLECTORS[host]}, 30, 120) for host in hosts),
        sessions=tuple(
            Session(n.name, host, "ipv4", n.addresses["ipv4"], REFLECTORS[host], f"to-{host}")
            for n in planned
            for host in hosts
        ),
        prefixes=(Prefix(POOL, 26, 32), Prefix(SERVICES, 12, 32)),
        mesh=True,
        namespace="calico-system",
        objects=(),
        surplus=(),
    )
    everybody = tuple((name, kind, more) for k, kind, more in faults if k >= EVERYBODY for name in names)
    single = tuple((names[k % size], kind, more) for k, kind, more in faults if k < EVERYBODY)
    return Network(plan, announced, (*everybody, *single))


def healthy(network: Network, name: str, mesh: bool) -> NodeObservation:
    """What the node's BIRD says where nothing is wrong."""
    plan = network.plan
    addresses = {n.name: n.addresses["ipv4"] for n in plan.nodes}
    others = {other: address for other, address in addresses.items() if other != name}
    protocols = [
        BirdProtocol(f"Mesh_{address}", "Established", address, "Established", 240, "", None, 64512)
        for address in others.values()
        if mesh
    ]
    routes = [
        BirdRoute(prefix, "static1", None, "blackhole", True, "", "") for prefix in network.announced[name]
    ]
    routes += [BirdRoute(f"10.244.200.{addresses[name][7:]}/32", "kernel1", None, "dev", True, "", "")]
    for other, address in others.items():
        for prefix in network.announced[other]:
            if mesh:
                routes.append(
                    BirdRoute(prefix, f"Mesh_{address}", address, "via", True, address, "", local_pref=100)
                )
            if prefix != SERVICES or other == min(others):
                routes += [
                    BirdRoute(
                        prefix,
                        f"Node_{r.host}",
                        REFLECTORS[r.host],
                        "via",
                        not mesh and not place,
                        address,
                        address,
                        local_pref=100,
                    )
                    for place, r in enumerate(plan.reflectors)
                ]
    protocols += [
        BirdProtocol(f"Node_{r.host}", "Established", REFLECTORS[r.host], "Established", 30, "", 25, 64512)
        for r in plan.reflectors
    ]
    return NodeObservation(name, "ipv4", NOW, True, "", addresses[name], "", tuple(protocols), tuple(routes))


def rewritten(seen: NodeObservation, number: int, **changes: object) -> NodeObservation:
    """One of its routes is another one."""
    routes = list(seen.routes)
    if routes:
        place = number % len(routes)
        routes[place] = routes[place]._replace(**changes)
    return replace(seen, routes=tuple(routes))


def damaged(seen: NodeObservation, kind: str, number: int) -> NodeObservation:
    """The same with a fault."""
    routes, protocols = tuple(seen.routes), tuple(seen.protocols)
    place = number % max(len(routes), 1)
    extra = {
        "default": BirdRoute("0.0.0.0/0", "Node_rr1", REFLECTORS["rr1"], "via", True, "10.0.0.1", ""),
        "foreign": BirdRoute("172.30.0.0/16", "Mesh_10.0.0.1", "10.0.0.1", "via", True, "10.0.0.1", ""),
        "wider": BirdRoute(POOL, "kernel1", None, ("via", "dev")[number % 2], True, "", ""),
        "aggregate": BirdRoute(POOL, "Node_rr1", REFLECTORS["rr1"], "via", True, "10.0.0.1", "10.0.0.1"),
        "again": BirdRoute(
            (BORROWED, f"10.244.{number % 6}.0/26")[number % 2],
            "Node_rr1",
            REFLECTORS["rr1"],
            "via",
            True,
            "10.0.0.2",
            "10.0.0.3",
        ),
    }
    values = {
        "next hop": {"next_hop": "10.0.0.3"},
        "dead": {"kind": "unreachable"},
        "refused": {"kernel_error": True},
        "thief": {"originator": "10.0.0.2"},
        "steered": {"local_pref": (None, 0, 2147483647)[number % 3]},
        "behind": {"primary": False},
    }
    if kind == "missing":
        return replace(seen, routes=(*routes[:place], *routes[place + 1 :]))
    if kind in extra:
        brought = extra[kind].neighbor is None or extra[kind].protocol in {p.name for p in protocols}
        return replace(seen, routes=(*routes, extra[kind])) if brought else seen
    if kind in values:
        return rewritten(seen, number, **values[kind])
    if kind == "blank":
        return replace(seen, routes=tuple(r for r in routes if r.neighbor is None))
    if kind == "hidden":
        block = f"10.244.{number % 6}.0/26"
        return replace(seen, routes=tuple(r for r in routes if r.prefix != block or r.neighbor is None))
    if kind == "no aggregate":
        return replace(seen, routes=tuple(r for r in routes if r.prefix != POOL))
    if kind == "withdrawn":
        return replace(seen, routes=tuple(r for r in routes if r.neighbor is not None))
    if kind == "down":
        place = number % max(len(protocols), 1)
        down = tuple(p._replace(state="Active") if k == place else p for k, p in enumerate(protocols))
        return replace(seen, protocols=down)
    return silent_node(seen.node, seen.family, NOW, "timed out")


FAULTS = (
    "missing", "default", "foreign", "wider", "again", "next hop", "dead", "refused", "thief", "steered",
    "behind", "blank", "withdrawn", "down", "silent", "aggregate", "no aggregate", "hidden", "hidden",
)  # fmt: skip
FAULT = st.tuples(st.integers(0, EVERYBODY + 2), st.sampled_from(FAULTS), st.integers(0, 200))
NETWORKS = st.builds(
    network,
    st.integers(2, 6),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2),
    st.lists(FAULT, max_size=8),
)
Seen = dict[tuple[str, str], NodeObservation]


def said(network: Network, mesh: bool) -> Seen:
    """What all nodes say, faults included."""
    seen = {n.name: healthy(network, n.name, mesh) for n in network.plan.nodes}
    for name, kind, number in network.faults:
        if seen[name].answered:
            seen[name] = damaged(seen[name], kind, number)
    # BIRD has no path twice.
    return article.by_name(*(replace(o, routes=tuple(dict.fromkeys(o.routes))) for o in seen.values()))


def on_a_shelf(seen: Seen) -> Seen:
    """As the run keeps it."""
    protocols: Shelf[BirdProtocol] = Shelf()
    routes: Shelf[BirdRoute] = Shelf()
    return {
        key: replace(
            o,
            protocols=protocols.lay(
                [p for p in o.protocols if p.mesh], [p for p in o.protocols if not p.mesh]
            ),
            routes=routes.lay(
                [r for r in o.routes if r.neighbor is not None], [r for r in o.routes if r.neighbor is None]
            ),
        )
        for key, o in seen.items()
    }


def on_somebodys_table(seen: Seen) -> Seen:
    """Each as what differs from all that the first one has, however much that is."""
    first = next(iter(seen.values()))
    protocols, routes = Common(first.protocols), Common(first.routes)

    def against(common: Common, records: object) -> Shared:
        here = frozenset(records)
        return Shared(common, common.records - here, here - common.records)

    return {
        key: replace(o, protocols=against(protocols, o.protocols), routes=against(routes, o.routes))
        for key, o in seen.items()
    }


def evidence(network: Network, now: Seen, before: Seen) -> Evidence:
    routers = {r.host: article.router(host=r.host) for r in network.plan.reflectors}
    return Evidence(
        network.plan, now, routers, {}, NOW + 1, before=before, draining=network.plan.reflectors[0].host
    )


def lines(findings: Iterator[Finding]) -> list[by_lists.Line]:
    """Findings as by_lists has them; what was found only where something is wrong."""
    return sorted(
        (f.check, f.subject, f.verdict == PASS, f.actual if f.verdict != PASS else "", f.severity == "error")
        if f.verdict != PASS
        else (f.check, f.subject, True, "", True)
        for f in findings
        if f.actual not in ("timed out", "no answer before the cut")
    )


def plain(found: Iterator[by_lists.Line]) -> list[by_lists.Line]:
    return sorted(
        (c, s, True, "", True) if ok else (c, s, ok, text, error) for c, s, ok, text, error in found
    )


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(NETWORKS, st.booleans())
def test_checks_find_what_whole_lists_say(network, mesh):
    now, before = said(network, mesh), said(replace(network, faults=network.faults[::2]), mesh=True)
    for keep in (dict, on_a_shelf, on_somebodys_table):
        looked_at = evidence(network, keep(now), keep(before))
        with_filter = replace(looked_at, plan=replace(looked_at.plan, objects=(FILTER,)))
        asked = (
            nodes.node_routes,
            nodes.node_kernel,
            nodes.node_local_pref,
            nodes.node_originators,
            nodes.node_imports,
            nodes.mesh_back,
        )
        found = [f for check in asked for f in check(with_filter)]
        assert lines(found) == plain(by_lists.of_gate(evidence(network, now, before)))
        assert lines(watch.lost_routes(looked_at)) == plain(by_lists.of_watch(evidence(network, now, before)))
        assert lines(spare.same_routes(looked_at)) == plain(by_lists.of_drain(evidence(network, now, before)))


FILTER = {"kind": "BGPFilter", "metadata": {"name": "f"}, "spec": {}}


@QUICK
@given(NETWORKS, st.booleans())
def test_every_gate_finds_the_same_of_what_nodes_share(network, mesh):
    now, before = said(network, mesh), said(replace(network, faults=()), mesh=True)
    for gate in (*GATES, "watch"):
        whole = gates.judge(gate, evidence(network, now, before))
        for keep in (on_a_shelf, on_somebodys_table):
            assert gates.judge(gate, evidence(network, keep(now), keep(before))) == whole


@QUICK
@given(NETWORKS, st.booleans())
def test_a_node_alone_is_told_the_same(network, mesh):
    now, before = said(network, mesh), said(replace(network, faults=()), mesh=True)
    for keep in (on_a_shelf, on_somebodys_table):
        surveys = questions(network.plan)
        for key, seen in keep(now).items():
            assert node_loss(network.plan, seen, keep(before)) == node_loss(network.plan, now[key], before)
            for expect in EXPECTED:
                alone = node_missing(network.plan, now[key], expect)
                assert node_missing(network.plan, seen, expect) == alone
                assert node_missing(network.plan, seen, expect, surveys) == alone


@pytest.mark.parametrize("few", [0, 50])
def test_what_is_kept_comes_back(tmp_path, monkeypatch, few):
    monkeypatch.setattr(rundir, "FEW", few)
    made = network(6, 2, True, True, 1, [(1, "blank", 0), (2, "silent", 0), (3, "thief", 4)])
    seen = said(made, mesh=True)
    for each in seen.values():
        rundir.write_node(tmp_path, "gate", each)
    rundir._tables.cache_clear()
    found = rundir.read_nodes(tmp_path, "gate")
    assert {key: article.as_sets(o) for key, o in found.items()} == {
        key: article.as_sets(o) for key, o in seen.items()
    }
    assert (tmp_path / "tables").exists() is (few == 0)
    assert rundir.read_node(tmp_path, "gate", "n0", "ipv4").router_id == "10.0.0.1"
    assert rundir.read_node(tmp_path, "gate", "n9", "ipv4") is None


def test_another_process_uses_the_tables_that_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(rundir, "FEW", 0)
    made = network(16, 2, True, True, 0, [])
    for each in said(made, mesh=True).values():
        rundir._tables.cache_clear()
        rundir.write_node(tmp_path, "gate", each)
    kinds = sorted(path.name.partition("-")[0] for path in (tmp_path / "tables").iterdir())
    assert kinds == ["BirdProtocol", "BirdRoute"], "one of each"


def test_what_lies_on_a_table_of_the_asker_s_is_kept_as_a_list_is(tmp_path, monkeypatch):
    """The asker's tables may be of answers that came too early; those of the run are of what is kept."""
    monkeypatch.setattr(rundir, "FEW", 0)
    seen = said(network(16, 2, True, True, 0, []), mesh=True)
    early = replace(seen["n0", "ipv4"], routes=tuple(seen["n0", "ipv4"].routes)[:-3])
    shelves, files = Shelves(), []
    shelves.lay(early)
    for name, lay in (("lists", lambda each: each), ("laid", shelves.lay)):
        for each in seen.values():
            rundir.write_node(tmp_path / name, "gate", lay(each))
        rundir._tables.cache_clear()
        files.append(
            {p.relative_to(tmp_path / name): p.read_bytes() for p in tmp_path.glob(f"{name}/**/*.json")}
        )
    assert files[0] == files[1]
    assert len([path for path in files[0] if path.parts[0] == "tables"]) == 2, (
        "one of routes, one of sessions"
    )


def test_a_table_that_somebody_changed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rundir, "FEW", 0)
    made = network(16, 1, False, False, 0, [])
    for each in said(made, mesh=True).values():
        rundir.write_node(tmp_path, "gate", each)
    rundir._tables.cache_clear()
    (path,) = (tmp_path / "tables").glob("BirdRoute-*.json")
    path.write_text(path.read_text().replace("10.244.1.0", "10.244.99.0"))
    with pytest.raises(rundir.RunDirectoryError, match="does not hold what this run wrote"):
        rundir.read_nodes(tmp_path, "gate")
