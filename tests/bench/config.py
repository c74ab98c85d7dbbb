# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and comparing `router bgp`, beside the facts of cisco.ios: `python -m tests.bench.config`.

Every figure comes from a process of its own. Ours: the text read, and compared with an intent of as many
clients. Theirs: ios_bgp_global and ios_bgp_address_family, the text into facts, nothing compared.
What would take theirs too long is extrapolated, and marked so.

Below it the flat layout, as it is typed in by hand: every neighbour with lines of its own, and no peer-group.
Reading and comparing apart; the router means what is wanted, so that there is nothing to change.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from math import log
from pathlib import Path
from types import SimpleNamespace
from typing import Any

OURS = (100, 1000, 5000)
THEIRS = (100, 500, 1000)
#: Lines of each neighbour in the flat layout; the name of the node in its place.
FLAT = (
    "remote-as 64512",
    "description {}",
    "update-source Loopback0",
    "timers 10 30",
    "transport connection-mode passive",
    "advertisement-interval 5",
    "send-community",
    "route-reflector-client",
    "prefix-list CALICO in",
    "prefix-list CALICO out",
    "maximum-prefix 100 75 warning-only",
)
PARSERS = ("bgp_global", "bgp_address_family")
CISCO = "ansible_collections.cisco.ios.plugins.module_utils.network.ios.facts"
IOS = "ansible_collections.telco.calico_bgp.plugins.module_utils.ios"


def addresses(count: int) -> list[str]:
    """Addresses of that many nodes."""
    return [f"10.1.{number // 250}.{number % 250 + 1}" for number in range(count)]


def configuration(count: int) -> str:
    """`router bgp` of a route reflector with that many clients in a peer-group, three lines each."""
    lines = [
        "router bgp 64512",
        " bgp cluster-id 1",
        " bgp log-neighbor-changes",
        " neighbor CALICO peer-group",
        " neighbor CALICO remote-as 64512",
        " neighbor CALICO transport connection-mode passive",
        " neighbor CALICO timers 10 30",
    ]
    for address in addresses(count):
        lines += [
            f" neighbor {address} peer-group CALICO",
            f" neighbor {address} description calico_bgp lab/node-{address}",
        ]
    lines += [" !", " address-family ipv4", "  neighbor CALICO route-reflector-client"]
    lines += ["  neighbor CALICO prefix-list CALICO in", "  neighbor CALICO prefix-list CALICO out"]
    lines += [f"  neighbor {address} activate" for address in addresses(count)]
    return "\n".join([*lines, " exit-address-family", ""])


def flat(count: int) -> str:
    """A whole configuration with that many neighbours, eleven lines each, right below `router bgp`."""
    lines = ["version 16.9", "hostname rr1", "!", "router bgp 64512", " bgp cluster-id 1"]
    lines.append(" bgp log-neighbor-changes")
    lines += [f" neighbor {a} {words.format(f'node-{a}')}" for a in addresses(count) for words in FLAT]
    prefix_list = "ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32"
    return "\n".join([*lines, "!", prefix_list, "!", "end", ""])


def wanted(count: int, **more: Any) -> Any:
    """An intent of that many clients."""
    intent, records = (import_module(f"{IOS}.{name}") for name in ("change.intent", "config.prefix_list"))
    return intent.ReflectorIntent(
        cluster="lab",
        asn=64512,
        group="CALICO",
        clients=tuple(intent.Client(address, f"node-{address}") for address in addresses(count)),
        cluster_id="1",
        keepalive=10,
        hold=30,
        restart_time=None,
        stalepath_time=None,
        prefixes=(records.PrefixRule("10.244.0.0/16", 26, 32),),
        **more,
    )


def ours(count: int) -> Callable[[], Any]:
    """Read and compare."""
    change, config = (import_module(f"{IOS}.{name}") for name in ("change.plan", "config.running"))
    text, want = configuration(count), wanted(count)

    def run() -> None:
        have = config.read_running(text, sections=True)
        if have.unknown or len(have.bgp.neighbors) != count + 1:
            raise AssertionError("not everything was read")
        if any("10.1." in line for line in change.plan_change(have, want).commands):
            raise AssertionError("the clients mean the same and would be changed")

    return run


def read_flat(count: int) -> Callable[[], Any]:
    """Read the flat layout."""
    config = import_module(f"{IOS}.config.running")
    text = flat(count)

    def run() -> None:
        have = config.read_running(text)
        if have.unknown or have.torn or len(have.bgp.neighbors) != count:
            raise AssertionError("not everything was read")

    return run


def compare_flat(count: int) -> Callable[[], Any]:
    """Compare the flat layout, which is read already, with an intent that it means."""
    change, config = (import_module(f"{IOS}.{name}") for name in ("change.plan", "config.running"))
    have = config.read_running(flat(count))
    want = wanted(count, update_source="Loopback0", maximum_prefix=100)

    def run() -> None:
        found = change.plan_change(have, want)
        if found.commands or found.refusals or len(found.adopted) != count:
            raise AssertionError("the neighbours mean the same and would be changed")

    return run


def theirs(name: str, count: int) -> Callable[[], Any]:
    """One of the two fact parsers of cisco.ios, with a connection that gives the text."""
    facts = getattr(import_module(f"{CISCO}.{name}.{name}"), f"{name.capitalize()}Facts")
    text = configuration(count)

    class Connection:
        def get(self, _command: str) -> str:
            return text

    connection = Connection()
    module = SimpleNamespace(no_log_values=set(), params={"state": "gathered"}, _connection=connection)
    return lambda: facts(module).populate_facts(connection, {"ansible_network_resources": {}})


def measure(what: str, count: int) -> dict[str, float]:
    """CPU seconds of one run, and by how much it raised the peak of this process's memory, in MiB."""
    own = {"ours": ours, "read_flat": read_flat, "compare_flat": compare_flat}
    run = own[what](count) if what in own else theirs(what, count)
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    run()
    seconds = time.process_time() - start
    return {"cpu": seconds, "mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024}


def measured_apart(what: str, count: int) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.config", "--one", what, str(count)]
    answer = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures


def extrapolated(known: dict[int, float], count: int) -> float:
    """Seconds for `count`, by the power law through the two largest that are known."""
    (small, first), (large, second) = sorted(known.items())[-2:]
    return second * (count / large) ** (log(second / first) / log(large / small))


def table() -> str:
    """All figures, as a table in Markdown."""
    found = {name: {count: measured_apart(name, count) for count in THEIRS} for name in PARSERS}
    lines = [
        f"cisco.ios {_version()}, Python {sys.version.split()[0]}. CPU seconds, and MiB added to the peak.",
        "",
        "| neighbours | ours: read and compared | bgp_global: read | bgp_address_family: read | ratio |",
        "|---|---|---|---|---|",
    ]
    for count in sorted({*OURS, *THEIRS}):
        own = measured_apart("ours", count)
        total, cells = 0.0, []
        for name in PARSERS:
            run = found[name].get(count)
            seconds = (
                run["cpu"] if run else extrapolated({n: one["cpu"] for n, one in found[name].items()}, count)
            )
            total += seconds
            cells.append(
                f"{seconds:.1f} s, {run['mib']:.0f} MiB" if run else f"{seconds:.0f} s (extrapolated)"
            )
        mine = f"{own['cpu']:.3f} s, {own['mib']:.0f} MiB"
        lines.append(f"| {count} | {mine} | {' | '.join(cells)} | {total / own['cpu']:.0f} |")
    return "\n".join(lines)


def flat_table() -> str:
    """The figures of the flat layout."""
    lines = ["| neighbours | lines | read | compared, nothing to change |", "|---|---|---|---|"]
    for count in OURS:
        cells = [
            f"{found['cpu']:.3f} s, {found['mib']:.0f} MiB"
            for found in (measured_apart(what, count) for what in ("read_flat", "compare_flat"))
        ]
        lines.append(f"| {count} | {flat(count).count(chr(10))} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _version() -> str:
    from ansible_collections.cisco import ios

    manifest = Path(next(iter(ios.__path__))) / "MANIFEST.json"
    return str(json.loads(manifest.read_text())["collection_info"]["version"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "COUNT"), help=argparse.SUPPRESS)
    parser.add_argument("--flat", action="store_true", help="the flat layout alone")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one[0], int(given.one[1]))))
    else:
        print(flat_table() if given.flat else f"{table()}\n\n{flat_table()}")
