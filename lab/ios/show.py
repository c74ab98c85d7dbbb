# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show commands of BGP's table and sessions, written from bgpd's JSON as IOS writes them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from lab.ios.bgp import Bgp, neighbor_order
from lab.ios.device import Router
from lab.ios.grammar import CliError
from lab.ios.rules import masked
from lab.ios.vty import read_json

Json = Mapping[str, Any]
NOT_ACTIVE = "% BGP not active\n\n"
AFI = {"ipv4": ("ipv4 unicast", "ipv4Unicast"), "ipv6": ("ipv6 unicast", "ipv6Unicast")}
LEGEND = """Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              r RIB-failure, S Stale, m multipath, b backup-path, f RT-Filter,
              x best-external, a additional-path, c RIB-compressed,
              t secondary path, L long-lived-stale,
Origin codes: i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found
"""
NETWORK_BYTES, PATH_BYTES = 248, 136


def age(seconds: float) -> str:
    """A time span as IOS writes it: 00:05:06 below a day, then 1d02h, 3w4d, 1y10w."""
    days, rest = divmod(int(seconds), 86400)
    if not days:
        return f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    if days < 7:
        return f"{days}d{rest // 3600:02d}h"
    if days < 365:
        return f"{days // 7}w{days % 7}d"
    return f"{days // 365}y{days % 365 // 7}w"


def clock(milliseconds: float | None) -> str:
    """An uptime, or "never"."""
    return age(milliseconds / 1000) if milliseconds else "never"


def process(router: Router) -> Bgp:
    """The running BGP process. Raises CliError where there is none."""
    if router.bgp is None:
        raise CliError(NOT_ACTIVE)
    return router.bgp


# show ip bgp summary


def summary(router: Router, family: str) -> str:
    """``show ip bgp summary``: nothing at all without an activated neighbour, as on IOS."""
    bgp = process(router)
    command, name = AFI[family]
    data = read_json(router.frr, f"show bgp {command} summary")
    data = data.get(name, data)
    peers: Json = data.get("peers", {})
    if not peers:
        return ""
    version = data.get("tableVersion", 0)
    out = [
        f"BGP router identifier {data['routerId']}, local AS number {data['as']}",
        f"BGP table version is {version}, main routing table version {version}",
        *_memory(router, command, name),
        "",
        "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd",
    ]
    for neighbor in sorted(peers, key=neighbor_order):
        out += _row(neighbor, peers[neighbor], version)
    if data.get("dynamicPeers"):
        out += _dynamic(bgp, data["dynamicPeers"])
    return "\n".join(out) + "\n"


def _memory(router: Router, command: str, name: str) -> list[str]:
    statistics = read_json(router.frr, f"show bgp {command} statistics").get(name, [])
    row = statistics[0] if statistics else {}
    networks, paths = row.get("totalPrefixes", 0), row.get("totalAdvertisements", 0)
    activity = f"BGP activity {networks}/0 prefixes, {paths}/0 paths, scan interval 60 secs"
    if not networks:
        return [activity]
    total = networks * NETWORK_BYTES + paths * PATH_BYTES
    return [
        f"{networks} network entries using {networks * NETWORK_BYTES} bytes of memory",
        f"{paths} path entries using {paths * PATH_BYTES} bytes of memory",
        f"BGP using {total} total bytes of memory",
        activity,
    ]


def _row(neighbor: str, peer: Json, version: int) -> list[str]:
    up = peer["state"] == "Established"
    last = str(peer["pfxRcd"]) if up else _state(peer)
    name, before = ("*" if peer.get("dynamicPeer") else "") + neighbor.upper(), list[str]()
    if len(name) > 15:  # IOS breaks the line after a long address
        name, before = "", [name]
    return [
        *before,
        f"{name:<15} {peer['version']} {peer['remoteAs']:>12} {peer['msgRcvd']:>7} {peer['msgSent']:>7} "
        f"{version if up else 1:>8} {peer['inq']:>4} {peer['outq']:>4} "
        f"{clock(peer['peerUptimeMsec']):<8} {last:>8}",
    ]


def _state(peer: Json) -> str:
    state = str(peer["state"])
    if "Admin" in state or "Admin" in peer.get("peerState", ""):
        return "Idle (Admin)"
    if "PfxCt" in state:
        return "Idle (PfxCt)"
    return "Closing" if state in ("Clearing", "Deleted") else state


def _dynamic(bgp: Bgp, count: int) -> list[str]:
    ranges = bgp.ranges()
    limit = bgp.base.get(("bgp", "listen", "limit"))
    out = [
        "* Dynamically created based on a listen range command",
        f"Dynamically created neighbors: {count}, Subnet ranges: {len(ranges)}",
        "",
    ]
    for group in sorted({group for _, group in ranges}):
        out.append(f"BGP peergroup {group} listen range group members: ")
        out += [f"  {prefix} " for prefix, each in ranges if each == group] + [""]
    most = limit.match.arguments[0] if limit else "100"
    return [*out, f"Total dynamically created neighbors: {count}/({most} max), Subnet ranges: {len(ranges)}"]


# show ip bgp


def table(router: Router, family: str) -> str:
    """``show ip bgp``: nothing at all while the table is empty."""
    process(router)
    data = read_json(router.frr, f"show bgp {AFI[family][0]}")
    routes: Mapping[str, Sequence[Json]] = data.get("routes", {})
    return _table(routes, data) if routes else ""


def longer_prefixes(router: Router, *wanted: str) -> str:
    """``show ip bgp A.B.C.D/L longer-prefixes``, or with a mask: nothing at all where there are none. Raises
    CliError."""
    process(router)
    within = masked(*wanted) if len(wanted) == 2 else IPv4Network(wanted[0], strict=False)
    data = read_json(router.frr, "show bgp ipv4 unicast")
    every: Mapping[str, Sequence[Json]] = data.get("routes", {})
    routes = {prefix: paths for prefix, paths in every.items() if IPv4Network(prefix).subnet_of(within)}
    return _table(routes, data) if routes else ""


def _table(routes: Mapping[str, Sequence[Json]], data: Json) -> str:
    out = [f"BGP table version is {data['tableVersion']}, local router ID is {data['routerId']}", LEGEND]
    out.append("     Network          Next Hop            Metric LocPrf Weight Path")
    for prefix in sorted(routes, key=lambda each: ipaddress.ip_network(each)):
        shown = prefix
        for path in routes[prefix]:
            out += _path(shown, path)
            shown = ""
    return "\n".join(out) + "\n"


def _path(prefix: str, path: Json) -> list[str]:
    internal = path.get("pathFrom") == "internal"
    best = ">" if path.get("bestpath") else "m" if path.get("multipath") else " "
    codes = f"{'*' if path.get('valid') else ' '}{best}{'i' if internal else ' '}"
    origin = {"IGP": "i", "EGP": "e"}.get(str(path.get("origin")), "?")
    tail = " ".join(part for part in (str(path.get("path", "")), origin) if part)
    local = path.get("locPrf", "") if internal else ""
    hop = path["nexthops"][0]["ip"] if path.get("nexthops") else "0.0.0.0"
    rest = f"{hop:<15} {path.get('metric', 0):>10} {local:>6} {path.get('weight', 0):>6} {tail}"
    if len(prefix) > 16:
        return [f" {codes}  {prefix}", f"{'':22}{rest}"]
    return [f" {codes}  {prefix:<16} {rest}"]


def neighbor_routes(router: Router, neighbor: str, what: str) -> str:
    """``show ip bgp neighbors X advertised-routes|received-routes|routes``."""
    process(router)
    if what == "received-routes" and not _keeps_received(router, neighbor):
        raise CliError(f"% Inbound soft reconfiguration not enabled on {neighbor}\n")
    data = read_json(router.frr, "show bgp ipv4 unicast")
    command = f"show bgp ipv4 unicast neighbors {neighbor} {what}"
    given = read_json(router.frr, command)
    names = given.get("advertisedRoutes") or given.get("receivedRoutes") or given.get("routes") or {}
    routes = {prefix: data["routes"][prefix] for prefix in names if prefix in data.get("routes", {})}
    if what == "advertised-routes":
        best = {k: [p for p in paths if p.get("bestpath")] for k, paths in routes.items()}
        # FRR sends a route back to the client that it came from, IOS does not
        routes = {k: paths for k, paths in best.items() if paths and paths[0].get("peerId") != neighbor}
    else:
        own = {k: [p for p in paths if p.get("peerId") == neighbor] for k, paths in routes.items()}
        routes = {k: paths for k, paths in own.items() if paths}
    if not routes:
        return "\nTotal number of prefixes 0 \n"
    return f"{_table(routes, data)}\nTotal number of prefixes {len(routes)} \n"


def _keeps_received(router: Router, neighbor: str) -> bool:
    bgp = process(router)
    setting = ("soft-reconfiguration", "inbound")
    names = (neighbor, bgp.group_of(neighbor) or "")
    return any(("neighbor", name, *setting) in bgp.families["ipv4"] for name in names)


def route(router: Router, prefix: str) -> str:
    """``show ip bgp A.B.C.D/L``."""
    process(router)
    data = read_json(router.frr, f"show bgp ipv4 unicast {prefix}")
    paths: Sequence[Json] = data.get("paths", [])
    if not paths:
        return "% Network not in table\n"
    best = next((at for at, path in enumerate(paths, 1) if path.get("bestpath", {}).get("overall")), None)
    chosen = f"best #{best}, table default" if best else "no best path"
    out = [
        f"BGP routing table entry for {data['prefix']}, version {data.get('version', 1)}",
        f"Paths: ({len(paths)} available, {chosen})",
    ]
    if data.get("advertisedTo"):
        out += ["  Advertised to update-groups:", "     1         "]
    else:
        out.append("  Not advertised to any peer")
    for path in paths:
        out += _route_path(path)
    return "\n".join(out) + "\n"


def _route_path(path: Json) -> list[str]:
    peer, hop = path.get("peer", {}), path["nexthops"][0] if path.get("nexthops") else {}
    client = ", (Received from a RR-client)" if path.get("rxedFromRrClient") else ""
    reach = "" if hop.get("accessible", True) else " (inaccessible)"
    source, router_id = peer.get("peerId", "0.0.0.0"), peer.get("routerId", "0.0.0.0")
    facts = [f"Origin {path.get('origin', 'incomplete')}", f"metric {path.get('metric', 0)}"]
    facts += [f"localpref {path.get('locPrf', 100)}", *(["valid"] if path.get("valid") else [])]
    best = bool(path.get("bestpath", {}).get("overall"))
    facts += [str(peer.get("type", "sourced")), *(["best"] if best else [])]
    out = [
        "  Refresh Epoch 1",
        f"  {path.get('aspath', {}).get('string', 'Local')}{client}",
        f"    {hop.get('ip', '0.0.0.0')}{reach} from {source} ({router_id})",
        f"      {', '.join(facts)}",
    ]
    if path.get("community"):
        out.append(f"      Community: {path['community']['string']}")
    if path.get("originatorId"):
        clusters = " ".join(path.get("clusterList", {}).get("list", []))
        out.append(f"      Originator: {path['originatorId']}, Cluster list: {clusters}")
    return [*out, f"      rx pathid: 0, tx pathid: {'0x0' if best else '0'}"]


# show bgp all cluster-ids, show ip bgp update-group


def cluster_ids(router: Router) -> str:
    """``show bgp all cluster-ids``."""
    bgp = process(router)
    entry = bgp.base.get(("bgp", "cluster-id"))
    configured = str(ipaddress.IPv4Address(_number(entry.match.arguments[0]))) if entry else "0.0.0.0"
    router_id = read_json(router.frr, "show bgp ipv4 unicast summary").get("routerId", configured)
    used = configured if entry else router_id
    state = "DISABLED" if ("bgp", "client-to-client", "reflection") in bgp.base else "ENABLED"
    return (
        f"Global cluster-id: {used} (configured: {configured})\n"
        "BGP client-to-client reflection:         Configured    Used\n"
        f" all (inter-cluster and intra-cluster): {state}\n"
        f" intra-cluster:                         {'ENABLED':<13} {state}\n\n"
        "List of cluster-ids:\n"
        "Cluster-id     #-neighbors C2C-rfl-CFG C2C-rfl-USE\n"
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else int(ipaddress.IPv4Address(text))


def update_groups(router: Router) -> str:
    """``show ip bgp update-group``: groups by what FRR puts together."""
    process(router)
    groups: dict[int, list[str]] = {}
    clients: dict[int, bool] = {}
    for name, peer in read_json(router.frr, "show bgp neighbors").items():
        info = peer.get("addressFamilyInfo", {}).get("ipv4Unicast", {}) if isinstance(peer, dict) else {}
        if "updateGroupId" in info:
            groups.setdefault(info["updateGroupId"], []).append(name)
            clients[info["updateGroupId"]] = bool(info.get("routeReflectorClient"))
    out = []
    for number in sorted(groups):
        members = sorted(groups[number], key=neighbor_order)
        out += [f"BGP version 4 update-group {number}, internal, Address Family: IPv4 Unicast"]
        out += ["  Route-Reflector Client"] if clients[number] else []
        out += [f"  Has {len(members)} member{'' if len(members) == 1 else 's'}:"]
        for at in range(0, len(members), 4):
            out.append("   " + " ".join(f"{name:<16}" for name in members[at : at + 4]))
        out.append("")
    return "\n".join(out) + ("\n" if out else "")
