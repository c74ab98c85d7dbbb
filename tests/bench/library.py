# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the library grows with the cluster: seconds and memory of each step of a run.

    python -m tests.bench.library --nodes 1000 5000

Each node has a block, some pods, a session with every other node and with both reflectors, and a route to
every block from the mesh and from each reflector. Every figure comes from a process of its own; reading the
files of the run is part of it. The ratio is that to the size before: five times the nodes are to take five
times as long.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ansible_collections.telco.calico_bgp.plugins.module_utils import plan as planning
from ansible_collections.telco.calico_bgp.plugins.module_utils import report, rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import bird
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates, redundancy, watch
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import intent_for
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import (
    Block,
    Cluster,
    Node,
    Peer,
    Pool,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import FAIL, PASS
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    BirdProtocol,
    BirdRoute,
    NodeObservation,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Plan, Reflector
from tests.bench.checks import NOW, REFLECTORS, fleet, router

PODS = 30
#: So many nodes are read from the text of their BIRD, and the time of all is worked out.
SAMPLE = 20
OPTIONS = {
    "peer_group": "CALICO",
    "prefix_list": "CALICO",
    "passive": True,
    "log_neighbor_changes": True,
    "send_community": False,
}
#: BIRD's words for a session and for a path; the parts that differ are given by name.
SESSION = """\
1002-{name} BGP      master   up     17:17:30    Established
1006-  Description:    Connection to BGP peer
   Preference:     100
   Routes:         2 imported, 1 exported, 2 preferred
   Route change stats:     received   rejected   filtered    ignored   accepted
     Import updates:              2          0          0          0          2
     Import withdraws:            0          0        ---          0          0
     Export updates:             11          7          3        ---          1
     Export withdraws:            0        ---        ---        ---          0
   BGP state:          Established
     Neighbor address: {neighbor}
     Neighbor AS:      64512
     Neighbor caps:    refresh enhanced-refresh restart-able AS4
     Session:          internal multihop AS4
     Hold timer:       25/30
     Keepalive timer:  18/80
"""
PATH = """\
1007-{prefix:<18} via {hop} on eth0 [{name} 17:23:11{source}] {best}(100/0) [i]
1008-\tType: BGP unicast univ
1012-\tBGP.origin: IGP
 \tBGP.as_path:
 \tBGP.next_hop: {hop}
 \tBGP.local_pref: 100
"""
REFLECTED = " \tBGP.originator_id: {hop}\n \tBGP.cluster_list: 0.0.0.1\n"
STATUS = "1000-BIRD 1.6.8\n1011-Router ID is {}\n0013 Daemon is up and running\n"


class Fleet:
    """So many nodes: the plan, what the routers say, and what each node's BIRD says."""

    def __init__(self, size: int) -> None:
        self.nodes = list(fleet(size))
        self.cluster = Cluster(
            api_mode="B",
            calico_version="v3.32.1",
            datastore_ready=True,
            backend="bird",
            namespace="calico-system",
            rollout="",
            nodes=tuple(
                Node(name, {"ipv4": address}, None, True, False, "", internal=(address,))
                for name, address, _block in self.nodes
            ),
            pools=(Pool("default", "10.128.0.0/9", 26, "none", True),),
            blocks=tuple(Block(block, name) for name, _address, block in self.nodes),
            peers=(),
            filters={},
            filter_kind=True,
            services=(),
            configuration={"spec": {"asNumber": 64512}, "annotations": {}, "resourceVersion": "7"},
        )
        reflectors = tuple(Reflector(host, {"ipv4": address}, 30, 120) for host, address in REFLECTORS)
        self.wish = planning.Wish("bench", 64512, "rr", reflectors)
        self.routers = {host: replace(router(host, self.nodes), details=()) for host, _address in REFLECTORS}
        self.mesh = [
            BirdProtocol(_mesh(address), "Established", address, "Established", 240, "", None, 64512)
            for _name, address, _block in self.nodes
        ]
        self.peers = [
            BirdProtocol(f"Node_{host}", "Established", address, "Established", 30, "", 25, 64512)
            for host, address in REFLECTORS
        ]
        self.paths = [
            (
                BirdRoute(block, _mesh(address), address, "via", True, address, "", local_pref=100),
                *(
                    BirdRoute(block, f"Node_{host}", peer, "via", False, address, address, local_pref=100)
                    for host, peer in REFLECTORS
                ),
            )
            for _name, address, block in self.nodes
        ]

    def plan(self) -> Plan:
        """What is wanted."""
        return planning.build(self.cluster, self.wish)

    def live(self, plan: Plan) -> Cluster:
        """The cluster with the planned objects in it."""
        made = {kind: [o for o in plan.objects if o["kind"] == kind] for kind in ("BGPPeer", "BGPFilter")}
        return replace(
            self.cluster,
            peers=tuple(
                Peer(o["metadata"]["name"], o["spec"]["peerIP"], 64512, o["spec"], "1")
                for o in made["BGPPeer"]
            ),
            filter_specs={o["metadata"]["name"]: o["spec"] for o in made["BGPFilter"]},
        )

    def said(self, number: int, *, lost: bool = False) -> NodeObservation:
        """What a node has, or only its own once everything is lost."""
        name, address, block = self.nodes[number]
        first = ipaddress.ip_network(block)[1]
        pods = (f"{first + pod}/32" for pod in range(PODS))
        own = (
            BirdRoute(block, "static1", None, "blackhole", True, "", ""),
            *(BirdRoute(pod, "kernel1", None, "dev", True, "", "") for pod in pods),
        )
        others = () if lost else (*self.paths[:number], *self.paths[number + 1 :])
        peers = [p._replace(state="Active", info="Active") if lost else p for p in self.peers]
        mesh = () if lost else (*self.mesh[:number], *self.mesh[number + 1 :])
        return NodeObservation(
            name,
            "ipv4",
            NOW,
            True,
            "",
            address,
            "",
            (*mesh, *peers),
            (*own, *(path for paths in others for path in paths)),
        )

    def text(self, number: int) -> str:
        """The same in BIRD's words."""
        seen = self.said(number)
        sessions = (SESSION.format(name=p.name, neighbor=p.neighbor) for p in seen.protocols)
        return "".join(
            (STATUS.format(seen.router_id), *sessions, "0000 \n", *map(_words, seen.routes), "0000 \n")
        )


def _mesh(address: str) -> str:
    return "Mesh_" + address.replace(".", "_")


def _words(route: BirdRoute) -> str:
    if route.neighbor is None:
        kind = "dev cali0" if route.kind == "dev" else route.kind
        head = f"1007-{route.prefix:<18} {kind} [{route.protocol} 17:17:28] * (200)\n"
        return f"{head}1008-\tType: static unicast univ\n"
    source = "" if route.mesh else f" from {route.neighbor}"
    best = "* " if route.primary else ""
    prefix = route.prefix if route.primary else ""
    words = PATH.format(prefix=prefix, hop=route.next_hop, name=route.protocol, source=source, best=best)
    return words if route.mesh else words + REFLECTED.format(hop=route.next_hop)


def reading(made: Fleet, run: Path) -> None:
    """A sample of nodes, from BIRD's text into the files of a run."""
    for number in range(SAMPLE):
        rundir.write_node(run, "sample", bird.read_node("x", "ipv4", NOW, made.text(number)))


def planned(made: Fleet, _run: Path) -> None:
    """The plan of the cluster, its identity, and the preflight."""
    assert made.plan().identity
    gates.judge("preflight", made.cluster, made.wish)


def lines(made: Fleet, _run: Path) -> None:
    """The lines of both reflectors, which have none of the clients yet."""
    plan, have = made.plan(), read_running("version 16.9\nrouter bgp 64512\n!\nend\n")
    for reflector in plan.reflectors:
        want = intent_for("bench", 64512, plan.sessions_with(reflector.host), plan.prefixes, OPTIONS)
        assert len(plan_change(have, want).commands) > len(made.nodes)


def evidence(made: Fleet, run: Path, stage: str, before: str = "") -> Evidence:
    """What a gate looks at, out of the files of the run."""
    plan, seen = made.plan(), rundir.read_nodes(run, stage)
    then = rundir.read_nodes(run, before) if before else {}
    return Evidence(plan, seen, made.routers, {}, NOW + 1, made.live(plan), before=then)


def gate(made: Fleet, run: Path) -> None:
    """The gate in front of the cut."""
    findings = gates.judge("cut", evidence(made, run, "gate"))
    assert {f.verdict for f in findings} == {PASS}


def total_loss(made: Fleet, run: Path) -> None:
    """The judge of a round of the watch in which every node lost everything."""
    findings = gates.judge("watch", evidence(made, run, "watch-1", "gate"))
    assert sum(f.verdict == FAIL for f in findings if f.check == "watch.routes") == len(made.nodes)


def first_loss(made: Fleet, run: Path) -> None:
    """What rings the alarm: the first node, out of its own file."""
    own = rundir.read_node(run, "gate", made.nodes[0][0], "ipv4")
    assert own is not None
    assert watch.node_loss(made.plan(), made.said(0, lost=True), {(own.node, own.family): own})


def without_one(made: Fleet, run: Path) -> None:
    """N-1."""
    seen = evidence(made, run, "gate")
    assert all(f.verdict == PASS for check in redundancy.CHECKS for f in check(seen))


def reported(made: Fleet, run: Path) -> None:
    """The result of the run, what is published of it, and the table."""
    seen = evidence(made, run, "gate")
    findings = {"cut": gates.judge("cut", seen)}
    story = report.Story(
        "cut", "cut", "", NOW, NOW, False, seen.plan, "", False, findings, {}, seen.nodes, seen.routers, None
    )
    rundir.write(run / "result.json", report.document(story))
    assert report.stats(story)["established"] == len(seen.plan.sessions)
    assert report.table(story)


STEPS: dict[str, Callable[[Fleet, Path], None]] = {
    f"BIRD's text of {SAMPLE} nodes": reading,
    "plan and preflight": planned,
    "lines of two routers": lines,
    "gate": gate,
    "first loss": first_loss,
    "watch, all lost": total_loss,
    "N-1": without_one,
    "gate and report": reported,
}
Figures = dict[str, dict[str, float]]


def measured(size: int) -> Figures:
    """Each step on a run of so many nodes: seconds of CPU and of the clock, megabytes at the most."""
    with tempfile.TemporaryDirectory(prefix="calico-bgp-bench-") as folder:
        run, made = Path(folder), Fleet(size)
        for number in range(size):
            rundir.write_node(run, "gate", made.said(number))
            rundir.write_node(run, "watch-1", made.said(number, lost=True))
        return {name: _alone(size, name, folder) for name in STEPS}


def _alone(size: int, step: str, folder: str) -> dict[str, float]:
    words = [
        sys.executable,
        "-m",
        "tests.bench.library",
        "--step",
        step,
        "--run",
        folder,
        "--nodes",
        str(size),
    ]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def one_step(size: int, step: str, run: Path) -> dict[str, float]:
    """One step in this process; the network that it is about is made before the clock starts."""
    made = Fleet(size)
    cpu, wall = time.process_time(), time.monotonic()
    STEPS[step](made, run)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.monotonic() - wall,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def table(found: dict[int, Figures]) -> Iterator[str]:
    """Every step and size, and how it grew since the size before."""
    yield f"{'STEP':<24}{'NODES':>7}{'CPU s':>9}{'WALL s':>9}{'PEAK MB':>9}{'RATIO':>7}"
    for step in STEPS:
        before = 0.0
        for size, figures in sorted(found.items()):
            row = figures[step]
            ratio = f"{row['cpu'] / before:>7.1f}" if before else ""
            yield f"{step:<24}{size:>7}{row['cpu']:>9.2f}{row['wall']:>9.2f}{row['mb']:>9.0f}{ratio}"
            before = row["cpu"]


def main() -> None:
    """Measure each size, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nodes", nargs="+", type=int, default=[1000, 5000])
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(one_step(options.nodes[0], options.step, options.run)))
        return
    print("\n".join(table({size: measured(size) for size in options.nodes})))


if __name__ == "__main__":
    main()
