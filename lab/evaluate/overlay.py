# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tunnel devices of a node: the kernel's VXLAN and IPIP, or IPIP by programs for tc."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.evaluate.paths import IPIP, IPV4, NATIVE, VXLAN, Way, underlay
from lab.evaluate.tools import Tools
from lab.namespaces import Place, PlaceError
from lab.network import mac
from lab.site import RUN

#: As Calico has them (felix/config: VXLANVNI, VXLANPort).
VNI, PORT = 4096, 4789
TUNNEL = "tunl1"
#: What shows that the kernel has a device.
TRIAL = "trial0"
VXLAN_TRIAL, IPIP_TRIAL = f"vxlan id 1 dstport {PORT + 1} dev eth0", "ipip local 192.0.2.1"
#: What `ip` prints where the kernel has no such device.
UNKNOWN_DEVICE = ("Unknown device type", "Operation not supported")
SOURCE = Path(__file__).with_name("ipip.c")
SAID = 300


class RefusedError(Exception):
    """A way cannot be measured on this machine; the text is a sentence that says why."""


@dataclass(frozen=True)
class Carrier:
    """What carries a way's packets, in words. A `stand_in` does to them what the encapsulation does, in
    another way: bytes and MTU are the same, speed and cost are not."""

    how: str
    stand_in: bool = False


def device(way: Way) -> str:
    """The interface that carries the way on a node."""
    vxlan = "vxlan.calico" if way.family == IPV4 else "vxlan-v6.calico"
    return {NATIVE: "eth0", IPIP: TUNNEL, VXLAN: vxlan}[way.encapsulation]


def vxlan_lines(way: Way, node: int) -> list[str]:
    """`ip` lines for the kernel's device, set up as Felix does it; its MTU is the kernel's own choice.

    With two nodes, the other one needs no forwarding database."""
    other, name = 1 - node, device(way)
    own, far = underlay(node, way.family), underlay(other, way.family)
    return [
        f"link add {name} address {_hardware(way, node)} type vxlan id {VNI} "
        f"dstport {PORT} local {own} remote {far} dev eth0 nolearning"
        + (" udp6zerocsumrx" if way.family != IPV4 else ""),
        f"link set {name} up",
        f"addr add {way.gateway(node)}/{way.length} dev {name}",
        f"neigh add {way.gateway(other)} lladdr {_hardware(way, other)} nud permanent dev {name}",
        f"route add {way.block(other)} via {way.gateway(other)} dev {name} onlink",
    ]


def native_lines(way: Way, node: int) -> list[str]:
    """`ip` lines for a route like those that Calico's BIRD for IPv6 installs."""
    return [f"route add {way.block(1 - node)} via {underlay(1 - node, way.family)} dev eth0"]


def ipip_lines(way: Way, node: int) -> list[str]:
    """`ip` lines for the kernel's device: the route says where a packet's outer header leads."""
    other = 1 - node
    return [
        f"link add {TUNNEL} type ipip local {underlay(node, IPV4)} dev eth0 ttl 64",
        f"link set {TUNNEL} up",
        f"route add {way.block(other)} via {underlay(other, IPV4)} dev {TUNNEL} onlink",
    ]


def bpf_lines(way: Way, node: int) -> list[str]:
    """`ip` lines for the device to which the programs in ipip.c are attached; it has no MTU of its own."""
    own, far = underlay(node, IPV4), underlay(1 - node, IPV4)
    return [
        f"link add {TUNNEL} mtu {way.mtu} address {mac(own)} type veth peer name {TUNNEL}-end",
        f"link set {TUNNEL}-end up",
        f"link set {TUNNEL} up",
        f"neigh add {far} lladdr {mac(far)} nud permanent dev {TUNNEL}",
        f"route add {way.block(1 - node)} via {far} dev {TUNNEL} onlink",
    ]


def set_up(way: Way, places: tuple[Place, Place], tools: Tools, *, privileged: bool) -> Carrier:
    """Lead the way's packets through its tunnel on both nodes.

    RefusedError when this machine cannot; PlaceError when something else goes wrong."""
    if way.encapsulation == NATIVE:
        if way.family == IPV4:
            return Carrier("eth0, by the routes that BIRD learnt in a BGP mesh of the two nodes")
        _on_both(places, [native_lines(way, node) for node in (0, 1)])
        return Carrier("eth0, by static routes like those that BIRD for IPv6 installs")
    if way.encapsulation == VXLAN:
        _need_device(places[0], VXLAN_TRIAL, "this kernel has no VXLAN device (CONFIG_VXLAN)")
        _on_both(places, [vxlan_lines(way, node) for node in (0, 1)])
        offload = _no_offload(way, places, tools)
        return Carrier(f"the kernel's VXLAN device, VNI {VNI}, UDP port {PORT}; {offload}")
    return _set_up_ipip(way, places, tools, privileged=privileged)


def _no_offload(way: Way, places: tuple[Place, Place], tools: Tools) -> str:
    """Felix's default (ChecksumOffloadBroken in its feature detection); segmentation offload goes with it."""
    for place in places:
        _run(place, tools, str(tools.ethtool), "--offload", device(way), "tx", "off")
    return "checksum offload off, as Felix has it by default"


def _need_device(place: Place, trial: str, lacking: str) -> None:
    try:
        place.ip([f"link add {TRIAL} type {trial}", f"link del {TRIAL}"])
    except PlaceError as error:
        if not any(words in str(error) for words in UNKNOWN_DEVICE):
            raise
        raise RefusedError(lacking) from error


def _set_up_ipip(way: Way, places: tuple[Place, Place], tools: Tools, *, privileged: bool) -> Carrier:
    try:
        _need_device(places[0], IPIP_TRIAL, "this kernel has no IPIP device (CONFIG_NET_IPIP)")
    except RefusedError as refusal:
        _set_up_bpf(way, places, tools, str(refusal), privileged=privileged)
        return Carrier(
            "two BPF programs for tc in place of the kernel's IPIP device, which this kernel lacks: bytes and"
            " MTU are those of IPIP, speed and cost are not",
            stand_in=True,
        )
    _on_both(places, [ipip_lines(way, node) for node in (0, 1)])
    return Carrier(f"the kernel's IPIP device; {_no_offload(way, places, tools)}")


def _set_up_bpf(
    way: Way, places: tuple[Place, Place], tools: Tools, lacking: str, *, privileged: bool
) -> None:
    if not privileged:
        raise RefusedError(
            f"{lacking}, and an ordinary user may not load the BPF programs that take its place: "
            "run it as root, or on a kernel with the module ipip"
        )
    if tools.clang is None:
        raise RefusedError(
            f"{lacking}, and the compiler for the BPF programs that take its place is missing: "
            "run `make evaluate` as root, which fetches it"
        )
    _on_both(places, [bpf_lines(way, node) for node in (0, 1)])
    for place in places:
        try:
            _attach(place, tools)
        except PlaceError as error:
            raise RefusedError(f"{lacking}, and the BPF programs for it do not load: {error}") from error


def _attach(place: Place, tools: Tools) -> None:
    """Compile for this node's underlay interface, and hang the programs in."""
    program = RUN / f"{place.name}.o"
    # Not from /sys, which shows the namespace it was mounted in.
    link = place.run(str(tools.ip), "-oneline", "link", "show", "dev", "eth0", mounts=False)
    _compile(tools, program, int(link.partition(":")[0]))
    for interface, side, section in ((TUNNEL, "egress", "wrap"), ("eth0", "ingress", "unwrap")):
        _run(place, tools, str(tools.tc), "qdisc", "add", "dev", interface, "clsact")
        load = ("bpf", "direct-action", "object-file", str(program), "section", f"classifier/{section}")
        _run(place, tools, str(tools.tc), "filter", "add", "dev", interface, side, *load)


def _run(place: Place, tools: Tools, *argv: str) -> None:
    # tc leaves directories in the file system of BPF objects, which is else the machine's own.
    settings = {**tools.environment(), "TC_BPF_MNT": str(RUN / "bpf")}
    environment = [f"{name}={value}" for name, value in settings.items()]
    place.run("env", *environment, *argv, mounts=False)


def _compile(tools: Tools, program: Path, underlay_index: int) -> None:
    options = ("-O2", "-Wall", "-Werror", "-target", "bpf", f"-DUNDERLAY={underlay_index}")
    done = subprocess.run(
        [str(tools.clang), *options, "-c", str(SOURCE), "-o", str(program)],
        env=tools.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RefusedError(f"{SOURCE.name} does not compile here: {done.stderr.strip()[:SAID]}")


def _on_both(places: tuple[Place, Place], lines: list[list[str]]) -> None:
    for place, own in zip(places, lines, strict=True):
        place.ip(own)


def _hardware(way: Way, node: int) -> str:
    return f"66:00:00:00:{way.number:02x}:{node + 1:02x}"
