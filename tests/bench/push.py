# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes to configure so many clients on the lab's router, beside the modules of cisco.ios.

    python -m tests.bench.push [--clients 50,200,1000,2000] [--ways ours,ios_config] [--limit 300]

Ways: `ours`; `ios_config` with `lines`, `ios_config_src` with the same as a file; `resource`, which is
ios_bgp_global and ios_bgp_address_family; `raw`, what the lab's router itself can take, all lines at once
over a bare SSH session. Every push is a playbook of its own on a fresh router, with a bgpd behind it, and its
whole time counts. Ours alone is guarded by a revert timer, reads back and saves. What takes longer than the
limit is extrapolated from smaller sizes, and marked so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh
import yaml

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import (
    Client,
    ReflectorIntent,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.prefix_list import PrefixRule
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.config.running import read_running
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from lab.ios import Router, serve
from tests.bench import checks, config
from tests.helpers.commands import BIN, CHECKOUT
from tests.helpers.speakers import speakers

Json = dict[str, Any]
SIZES = (50, 200, 1000, 2000)
LIMIT = 300.0
#: Clients for an extrapolation, where the smallest size takes too long.
SMALL = (2, 6)
#: Why a push was given up.
LIMITED = "limit"
USER, PASSWORD = "admin", "secret"
#: Seconds; far more than any push that is let run to its end.
PATIENCE = 36000
#: What is asked for, the same in every way.
CLUSTER, ASN, GROUP, KEEPALIVE, HOLD = "bench", 64512, "CALICO", 10, 30
PREFIX = PrefixRule("10.128.0.0/9", 26, 32)


@dataclass(frozen=True)
class Pushed:
    """A push: its lines, and its seconds, in which it was done or, where `ended` says why not, given up."""

    lines: int
    seconds: float
    ended: str = ""
    extrapolated: bool = False


@dataclass(frozen=True)
class Job:
    """So many clients: the nodes, as name, address and block each, and the lines for a fresh router."""

    nodes: list[tuple[str, str, str]]
    lines: tuple[str, ...]

    @property
    def addresses(self) -> list[str]:
        """Those of the clients."""
        return [address for _name, address, _block in self.nodes]


@dataclass(frozen=True)
class Front:
    """A fresh router, where it listens, and a directory for what is run against it."""

    router: Router
    port: int
    directory: Path


def job(clients: int) -> Job:
    """The lines that our module would send to a router without BGP."""
    nodes = list(checks.fleet(clients))
    want = ReflectorIntent(
        cluster=CLUSTER,
        asn=ASN,
        group=GROUP,
        clients=tuple(Client(address, name) for name, address, _block in nodes),
        cluster_id="1",
        keepalive=KEEPALIVE,
        hold=HOLD,
        restart_time=None,
        stalepath_time=None,
        prefixes=(PREFIX,),
    )
    return Job(nodes, plan_change(read_running("hostname rr1\nend\n"), want).commands)


@contextmanager
def fresh() -> Iterator[Front]:
    """A router that nobody configured yet; ends with all that belongs to it."""
    with speakers() as bgpds, tempfile.TemporaryDirectory(prefix="push-") as made:
        router = Router(bgpds / "rr/bgpd.vty", users={USER: PASSWORD})
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        serving = serve(router, "127.0.0.1", 0, Path(made) / "host_key")
        server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
        try:
            yield Front(router, server.port, Path(made))
        finally:
            loop.call_soon_threadsafe(server.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
            router.close()
            router.stop_bgp()


# -- the ways


def play_ours(wanted: Job, front: Front) -> list[Json]:
    """Our module, with a plan of these nodes."""
    plan = replace(checks.planned(wanted.nodes), cluster=CLUSTER)
    path = rundir.write(front.directory / rundir.PLAN, to_data(plan))
    timers = {"keepalive": KEEPALIVE, "hold": HOLD}
    options = {"plan": path, "cluster_id": "1", "timers": timers, "peer_group": GROUP}
    return [{"telco.calico_bgp.ios_bgp_reflector": options}]


def places(wanted: Job) -> list[tuple[tuple[str, ...], list[str]]]:
    """The lines by what they stand below, those of the process first: an address family then finds them."""
    found: dict[tuple[str, ...], list[str]] = {}
    router = f"router bgp {ASN}"
    place: tuple[str, ...] = ()
    for line in wanted.lines:
        if line in (router, "exit-address-family"):
            place = (router,)
        elif line.startswith("address-family "):
            place = (router, line)
        else:
            found.setdefault(place, []).append(line)
    return sorted(found.items(), key=lambda each: len(each[0]))


def play_ios_config(wanted: Job, _front: Front) -> list[Json]:
    """cisco.ios.ios_config with `lines`, a task for each place that they stand in."""
    return [
        {"cisco.ios.ios_config": {"parents": list(parents), "lines": lines}}
        for parents, lines in places(wanted)
    ]


def play_ios_config_src(wanted: Job, front: Front) -> list[Json]:
    """cisco.ios.ios_config with the same lines in a file."""
    text: list[str] = []
    for parents, lines in places(wanted):
        text += [f"{' ' * depth}{parent}" for depth, parent in enumerate(parents)][len(parents) - 1 :]
        text += [f"{' ' * len(parents)}{line}" for line in lines]
    path = front.directory / "lines.cfg"
    path.write_text("\n".join([*text, ""]))
    return [{"cisco.ios.ios_config": {"src": str(path)}}]


def play_resource(wanted: Job, _front: Front) -> list[Json]:
    """The resource modules; they have no words for a peer-group itself, which is a line."""
    made = [f"neighbor {GROUP} peer-group", f"neighbor {GROUP} remote-as {ASN}"]
    neighbors = [
        {"neighbor_address": address, "peer_group": GROUP, "description": f"calico_bgp {CLUSTER}/{name}"}
        for name, address, _block in wanted.nodes
    ]
    group = {
        "neighbor_address": GROUP,
        "timers": {"interval": KEEPALIVE, "holdtime": HOLD},
        "transport": {"connection_mode": {"passive": True}},
    }
    process = {"as_number": str(ASN), "bgp": {"cluster_id": "1", "log_neighbor_changes": True}}
    lists = [{"name": GROUP, "in": True}, {"name": GROUP, "out": True}]
    policy = {
        "neighbor_address": GROUP,
        "additional_paths": {"disable": True},
        "route_reflector_client": True,
        "prefix_lists": lists,
    }
    active = [{"neighbor_address": address, "activate": True} for address in wanted.addresses]
    family = {"afi": "ipv4", "neighbors": [policy, *active]}
    prefix_list = replace(PREFIX, seq=5).line(GROUP)
    return [
        {"cisco.ios.ios_config": {"lines": [prefix_list]}},
        {"cisco.ios.ios_config": {"parents": [f"router bgp {ASN}"], "lines": made}},
        {"cisco.ios.ios_bgp_global": {"config": {**process, "neighbors": [group, *neighbors]}}},
        {
            "cisco.ios.ios_bgp_address_family": {
                "config": {"as_number": str(ASN), "address_family": [family]},
            }
        },
    ]


PLAYS: dict[str, Callable[[Job, Front], list[Json]]] = {
    "ours": play_ours,
    "ios_config": play_ios_config,
    "ios_config_src": play_ios_config_src,
    "resource": play_resource,
}
WAYS = ("raw", *PLAYS)


def push(way: str, wanted: Job, limit: float) -> Pushed:
    """Configure a fresh router in one way, and look whether it has all clients then."""
    with fresh() as front:
        if way == "raw":
            seconds, ended = raw(wanted, front, limit)
        else:
            seconds, ended = play(PLAYS[way](wanted, front), front, limit)
        if not ended:
            ended = missing(wanted, front.router.running_config())
    return Pushed(len(wanted.lines), seconds, ended)


def missing(wanted: Job, text: str) -> str:
    """What a router's configuration has not of what it should, "" for nothing."""
    bgp = read_running(text).bgp
    there = bgp.neighbors if bgp else {}
    left = [address for address in wanted.addresses if address not in there or there[address].group != GROUP]
    inactive = [address for address in wanted.addresses if f"neighbor {address} activate\n" not in text]
    return f"{len(left)} clients missing, {len(inactive)} not active" if left or inactive else ""


def play(tasks: Sequence[Json], front: Front, limit: float) -> tuple[float, str]:
    """Run a playbook of these tasks; its seconds, and why it did not end as it should."""
    host = {
        "ansible_host": "127.0.0.1",
        "ansible_port": front.port,
        "ansible_user": USER,
        "ansible_password": PASSWORD,
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host_key_checking": False,
        "ansible_command_timeout": PATIENCE,
        "ansible_python_interpreter": sys.executable,
    }
    (front.directory / "hosts.json").write_text(json.dumps({"all": {"hosts": {"rr1": host}}}))
    text = yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}])
    (front.directory / "play.yml").write_text(text)
    home = str(front.directory)
    own = {"HOME": home, "ANSIBLE_HOME": f"{home}/ansible", "ANSIBLE_NOCOLOR": "1"}
    command = [str(BIN / "ansible-playbook"), "-i", "hosts.json", "play.yml"]
    log = front.directory / "log"
    began = time.monotonic()
    with log.open("w") as output:
        running = subprocess.Popen(
            command,
            cwd=front.directory,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            status = running.wait(limit)
        except subprocess.TimeoutExpired:
            return time.monotonic() - began, LIMITED
        finally:
            _end(running)
    return time.monotonic() - began, "" if status == 0 else f"failed: {log.read_text()[-1500:]}"


def _end(running: subprocess.Popen[bytes]) -> None:
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def raw(wanted: Job, front: Front, limit: float) -> tuple[float, str]:
    """Send all lines at once, out of a process of its own, as the router is in this one."""
    (front.directory / "lines.json").write_text(json.dumps(wanted.lines))
    command = [sys.executable, "-m", "tests.bench.push", "--raw", str(front.port), "lines.json"]
    own = {"PYTHONPATH": os.pathsep.join(map(str, (CHECKOUT, *sys.path)))}
    try:
        done = subprocess.run(
            command,
            cwd=front.directory,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            check=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return limit, LIMITED
    found = json.loads(done.stdout)
    return float(found["seconds"]), str(found["refused"])


async def typed(port: int, lines: Sequence[str]) -> Json:
    """Type lines without waiting for an answer; seconds until the last one was taken."""
    connecting = asyncssh.connect(
        "127.0.0.1", port, username=USER, password=PASSWORD, known_hosts=None, client_keys=None
    )
    async with connecting as connection:
        terminal = await connection.create_process(term_type="vt100")
        began = time.monotonic()
        typed_in = ["terminal length 0", "configure terminal", *map(str.strip, lines), "end", "exit"]
        terminal.stdin.write("\r".join(typed_in) + "\r")
        printed = str(await terminal.stdout.read())
        refused = printed[printed.index("\n%") :][:200] if "\n%" in printed else ""
        return {"seconds": time.monotonic() - began, "refused": refused}


# -- the table


@dataclass
class Known:
    """What one way took for which number of lines, `start` seconds of which are Ansible's own."""

    way: str
    start: float
    seconds: dict[int, float] = field(default_factory=dict)

    def guess(self, lines: int) -> float | None:
        """Seconds for so many lines by the power law through two smaller numbers; None without them."""
        if len(self.seconds) < 2:
            return None
        # What is left of a small push may be less than what Ansible's start varies by.
        rest = {count: max(0.1, seconds - self.start) for count, seconds in self.seconds.items()}
        return self.start + config.extrapolated(rest, lines)

    def measure(self, size: int, limit: float) -> Pushed:
        """Push, or extrapolate."""
        wanted = job(size)
        lines = len(wanted.lines)
        guess = self.guess(lines)
        if guess is not None and guess > limit:
            return Pushed(lines, guess, extrapolated=True)
        pushed = self._push(wanted, limit)
        if pushed.ended != LIMITED:
            return pushed
        for small in SMALL:
            if self.guess(lines) is None and small < size:
                self._push(job(small), limit)
        guess = self.guess(lines)
        return pushed if guess is None else Pushed(lines, max(guess, limit), extrapolated=True)

    def _push(self, wanted: Job, limit: float) -> Pushed:
        pushed = push(self.way, wanted, limit)
        if not pushed.ended:
            self.seconds[pushed.lines] = pushed.seconds
        return pushed


def measured(
    ways: Sequence[str], sizes: Sequence[int], limit: float, start: float
) -> Iterator[tuple[int, str, Pushed]]:
    """What each way takes for each size, smallest first; ours first, as the others are compared with it."""
    known = [Known(way, 0.0 if way == "raw" else start) for way in sorted(ways, key=_is_other)]
    for size in sorted(sizes):
        yield from ((size, each.way, each.measure(size, limit)) for each in known)


def _is_other(way: str) -> bool:
    return way != "ours"


def starting(limit: float) -> float:
    """Seconds of a playbook that asks one thing: Ansible's start and the connection."""
    with fresh() as front:
        seconds, ended = play([{"cisco.ios.ios_command": {"commands": ["show privilege"]}}], front, limit)
    if ended:
        raise SystemExit(ended)
    return seconds


def line_of_table(size: int, way: str, pushed: Pushed, ours: Pushed | None) -> str:
    """One row; `ours` of the same size, None where it was not measured."""
    start = f"| {size} | {pushed.lines} | {way} |"
    if pushed.ended:
        why = f"more than {pushed.seconds:.0f} s" if pushed.ended == LIMITED else pushed.ended
        return f"{start} {why} | | |"
    mark = " (extrapolated)" if pushed.extrapolated else ""
    ratio = f"{pushed.seconds / ours.seconds:.3f}" if ours and not ours.ended else ""
    return f"{start} {pushed.seconds:.1f}{mark} | {pushed.lines / pushed.seconds:.1f} | {ratio} |"


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where a push failed."""
    made = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    made.add_argument("--clients", default=",".join(map(str, SIZES)))
    made.add_argument("--ways", default=",".join(WAYS))
    made.add_argument("--limit", type=float, default=LIMIT, help="seconds for each push (default 300)")
    made.add_argument("--raw", nargs=2, metavar=("PORT", "FILE"), help=argparse.SUPPRESS)
    chosen = made.parse_args(arguments)
    if chosen.raw:
        lines = json.loads(Path(chosen.raw[1]).read_text())
        print(json.dumps(asyncio.run(typed(int(chosen.raw[0]), lines))))
        return 0
    # A router's processes are ended on the way out, which a signal alone would leave out.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))
    ways = chosen.ways.split(",")
    if unknown := set(ways) - set(WAYS):
        made.error(f"no such way: {', '.join(sorted(unknown))}; there are {', '.join(WAYS)}")
    start = starting(chosen.limit) if set(ways) - {"raw"} else 0.0
    load = os.getloadavg()[0]
    print(f"load {load:.1f}, limit {chosen.limit:.0f} s, a playbook with one show command {start:.1f} s")
    print("\n| clients | lines | way | seconds | lines/s | ratio to ours |\n|---|---|---|---|---|---|")
    failed, ours = False, {}
    sizes = [int(each) for each in chosen.clients.split(",")]
    for size, way, pushed in measured(ways, sizes, chosen.limit, start):
        if way == "ours":
            ours[size] = pushed
        print(line_of_table(size, way, pushed, ours.get(size)), flush=True)
        failed = failed or pushed.ended not in ("", LIMITED)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
