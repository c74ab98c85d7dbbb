# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab put together: switch, nodes, pods and reflectors, and what can be done to them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

from lab.ios import Router, serve
from lab.kubeapi import KubeApi
from lab.kubelet import Kubelet
from lab.kubeseed import delete_pod, seed_pods
from lab.namespaces import Place, PlaceError
from lab.network import Network, mac, port, routes_to_learn
from lab.node import Node
from lab.probe import Source
from lab.programs import Programs
from lab.speaker import Speaker
from lab.sshd import LOOPBACK, Door, Listener, NodeServer, make_keys
from lab.state import State
from lab.upstream import Upstream

USER = "admin"
WORKERS = 4
BGP_PORT = 179
RULE = 10
LOCAL_RULE = 20


class Lab:
    """Every machine of one lab. `archive`: whether the routers have `archive`, which a guarded push needs.

    The kubelets are started with `api`, where their pods are.

    `password` is that of USER on the routers: every user of the machine reaches their SSH on its loopback.
    """

    def __init__(
        self, network: Network, programs: Programs, state: State, api: KubeApi, *, archive: bool
    ) -> None:
        self._api, self.kubelet = api, Kubelet(programs.kubelet, api.directory)
        self.network, self._state, self._archive = network, state, archive
        self.switch = Place("switch", ip=programs.ip)
        self.nodes = {node.name: Node(node, network, programs) for node in network.nodes}
        self.reflectors = {each.name: Speaker(each, network, programs) for each in network.reflectors}
        self.upstreams = {each.name: Upstream(each, network, programs) for each in network.upstreams}
        self.password = secrets.token_urlsafe(16)
        self.routers: dict[str, Router] = {}
        self.doors: dict[str, Door] = {}

    def build(self) -> None:
        """Namespaces, cables, addresses and routes; PlaceError when the kernel refuses."""
        machines: list[Node | Speaker] = [
            *self.reflectors.values(),
            *self.upstreams.values(),
            *self.nodes.values(),
        ]
        places = [self.switch, *(machine.place for machine in machines)]
        places += [place for node in self.nodes.values() for place in node.pods.values()]
        for place in places:
            place.wait_born()
        self.switch.ip(["link add br0 type bridge stp_state 0 mcast_snooping 0", "link set br0 up"])
        self.switch.ip(
            line
            for machine in machines
            for line in (
                f"link add {port(machine.lab.address)} master br0 type veth peer name eth0 "
                f"address {mac(machine.lab.address)} netns {machine.place.pid}",
                f"link set {port(machine.lab.address)} up",
            )
        )
        _at_once((machine.furnish for machine in machines), (machine.connect for machine in machines))

    async def open(self, log: Callable[[str], None]) -> None:
        """Start bgpd of every router, and everybody's SSH; an upstream has none."""
        host_key = make_keys(self._state.key)
        for reflector in self.reflectors.values():
            if not reflector.like_ios:
                log(f"{reflector.name}: an unknown bgpd: nodes keep the routes of a silent router")
            reflector.start_bgpd()
            address = f"{reflector.lab.address}/{self.network.prefix_length}"
            router = Router(
                reflector.vty,
                reflector.name,
                users={USER: self.password},
                archive=self._archive,
                address=address,
            )
            self.routers[reflector.name] = router
            key = reflector.directory / "host_key"
            self.doors[reflector.name] = Door(
                partial(_serve_router, router, key, _named(log, reflector.name))
            )
        for upstream in self.upstreams.values():
            upstream.boot()
        for node in self.nodes.values():
            self.doors[node.name] = Door(_node_server(node, host_key, self._state.key))
        for door in self.doors.values():
            await door.open()

    def sources(self) -> list[Source]:
        """The pods, for the probe."""
        return [
            Source(f"{node.name}/{pod.name}", pod.address, node.pods[pod.name])
            for node in self.nodes.values()
            for pod in node.lab.pods
        ]

    def meshed(self) -> bool:
        """Whether every node has its session with every other node, and the routes of all of them in its
        kernel."""
        return all(
            sum(session.established for session in node.sessions()) >= len(self.nodes) - 1
            and routes_to_learn(self.network, node.lab) <= node.kernel_routes()
            for node in self.nodes.values()
        )

    def _speaker(self, name: str) -> Speaker:
        return self.reflectors.get(name) or self.upstreams[name]

    # What faults do

    def plug(self, name: str, *, connected: bool) -> None:
        """Put a machine's cable into the switch or pull it out."""
        machine = self.nodes.get(name) or self._speaker(name)
        self.switch.ip([f"link set {port(machine.lab.address)} {'up' if connected else 'down'}"])

    async def power_off(self, name: str) -> None:
        """Dead at once: the cable goes first, so that nobody hears a last word."""
        self.plug(name, connected=False)
        if name in self.doors:
            self.doors[name].shut()
        if name in self.nodes:
            self.nodes[name].kill_bird()
            self.kubelet.break_one(name, silent=True)
        else:
            self._speaker(name).kill_bgpd()

    async def power_on(self, name: str) -> None:
        """Boot: a node starts BIRD, a router loads its startup configuration."""
        self.plug(name, connected=True)
        if name in self.upstreams:
            self.upstreams[name].boot()
            return
        if name in self.nodes:
            self.nodes[name].start_bird()
            self.kubelet.break_one(name, silent=False)
        else:
            self.start_bgpd(name, rebooted=True)
        await self.doors[name].open()

    def start_bgpd(self, name: str, *, rebooted: bool = False) -> None:
        """A reflector's BGP process begins anew, with the running configuration, or the startup configuration
        where the router itself `rebooted`."""
        reflector = self.reflectors[name]
        reflector.kill_bgpd()
        reflector.start_bgpd()
        self.routers[name].reattach(reflector.vty, rebooted=rebooted)

    def take_pod(self, name: str) -> None:
        """Have the API know no pod calico-node of a node; what runs goes on."""
        delete_pod(self._api, name)

    def give_pod(self, name: str) -> None:
        """The opposite."""
        seed_pods(self._api, self.network, [self.nodes[name].lab])

    def refuse_bgp(self, reflector: str, node: str, *, refuse: bool) -> None:
        """Have the reflector refuse BGP from a node, whoever opened the connection, or accept it again.

        By policy routing; its rules come before the table of local addresses, which therefore moves behind
        them. Where the kernel's rules know no ports, everything from the node is refused."""
        place = self.reflectors[reflector].place
        address = self.nodes[node].lab.address
        rules = [
            f"pref {RULE} from {address} ipproto tcp {port} {BGP_PORT} prohibit"
            for port in ("dport", "sport")
        ]
        if not refuse:
            try:
                place.ip(f"rule del {rule}" for rule in rules)
            except PlaceError:
                place.ip([f"rule del pref {RULE} from {address} prohibit"])
            return
        if f"{LOCAL_RULE}:" not in place.run("ip", "rule", "list"):
            place.ip([f"rule add pref {LOCAL_RULE} table local", "rule del pref 0"])
            # Packets of live sessions skip the rules otherwise.
            place.shell("echo 0 > /proc/sys/net/ipv4/tcp_early_demux")
        try:
            place.ip(f"rule add {rule}" for rule in rules)
        except PlaceError:
            place.ip([f"rule add pref {RULE} from {address} prohibit"])


def _at_once(*stages: Iterable[Callable[[], None]]) -> None:
    """Run each stage's jobs several at a time, one stage after the other."""
    with ThreadPoolExecutor(WORKERS) as pool:
        for stage in stages:
            for _done in pool.map(lambda job: job(), stage):
                pass


def _named(log: Callable[[str], None], name: str) -> Callable[[str, str], None]:
    return lambda prompt, line: log(f"{name}: {prompt}{line}")


async def _serve_router(router: Router, key: Path, log: Callable[[str, str], None], port: int) -> Listener:
    return await serve(router, LOOPBACK, port, key, log)


def _node_server(node: Node, host_key: asyncssh.SSHKey, client_key: Path) -> Callable[[int], Awaitable[Any]]:
    return NodeServer(node.place, host_key, client_key).listen
