# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``show ip bgp neighbors``."""

from __future__ import annotations

from lab.ios.bgp import Bgp, neighbor_order
from lab.ios.device import Router
from lab.ios.show import AFI, Json, age, clock, process
from lab.ios.vty import read_json

TITLES = {"ipv4": "IPv4 Unicast", "ipv6": "IPv6 Unicast"}
WAYS = {
    "advertisedAndReceived": "advertised and received",
    "advertised": "advertised",
    "received": "received",
}
FILTERS = {
    "incomingUpdatePrefixFilterList": "Incoming update prefix filter list is",
    "outgoingUpdatePrefixFilterList": "Outgoing update prefix filter list is",
    "incomingUpdateNetworkFilterList": "Incoming update network filter list is",
    "outgoingUpdateNetworkFilterList": "Outgoing update network filter list is",
    "incomingUpdateAsPathFilterList": "Incoming update AS path filter list is",
    "outgoingUpdateAsPathFilterList": "Outgoing update AS path filter list is",
    "routeMapForIncomingAdvertisements": "Route map for incoming advertisements is",
    "routeMapForOutgoingAdvertisements": "Route map for outgoing advertisements is",
}
COUNTERS = {
    "Opens": "opens",
    "Notifications": "notifications",
    "Updates": "updates",
    "Keepalives": "keepalives",
    "Route Refresh": "routeRefresh",
    "Total": "total",
}


def neighbors(router: Router, name: str = "") -> str:
    """``show ip bgp neighbors [X]``."""
    bgp = process(router)
    data = read_json(router.frr, f"show bgp neighbors {name}".strip())
    peers = {each: peer for each, peer in data.items() if isinstance(peer, dict)}
    if name and not peers:
        return "% No such neighbor or address family\n"
    return "\n".join(_neighbor(bgp, each, peers[each]) for each in sorted(peers, key=neighbor_order))


def _neighbor(bgp: Bgp, name: str, peer: Json) -> str:
    up = peer["bgpState"] == "Established"
    out = [
        *_head(bgp, name, peer),
        *(_session(peer) if up else []),
        *_messages(peer["messageStats"]),
        f"  Default minimum time between advertisement runs is "
        f"{peer.get('minBtwnAdvertisementRunsTimerMsecs', 0) // 1000} seconds",
        "",
    ]
    for family, (_, key) in AFI.items():
        if key in peer.get("addressFamilyInfo", {}):
            out += _family(bgp, name, family, peer["addressFamilyInfo"][key])
    return "\n".join([*out, *_connection(bgp, peer, up)]) + "\n"


def _head(bgp: Bgp, name: str, peer: Json) -> list[str]:
    link = "internal" if peer.get("nbrInternalLink") else "external"
    dynamic = "*" if peer.get("peerSubnetRangeGroup") else ""
    state = str(peer["bgpState"]).replace("Clearing", "Closing")
    since = f", up for {clock(peer.get('bgpTimerUpMsec'))}" if state == "Established" else ""
    group = bgp.group_of(name) or peer.get("peerGroup")
    return [
        f"BGP neighbor is {dynamic}{name},  remote AS {peer['remoteAs']}, {link} link",
        *([f" Description: {peer['nbrDesc']}"] if peer.get("nbrDesc") else []),
        *([f" Member of peer-group {group} for session parameters"] if group else []),
        *([f" Belongs to the subnet range group: {peer['peerSubnetRangeGroup']}"] if dynamic else []),
        *([" Administratively shut down"] if peer.get("adminShutDown") else []),
        f"  BGP version {peer['bgpVersion']}, remote router ID {peer.get('remoteRouterId', '0.0.0.0')}",
        f"  BGP state = {state}{since}",
    ]


def _session(peer: Json) -> list[str]:
    hold, keepalive = peer["bgpTimerHoldTimeMsecs"], peer["bgpTimerKeepAliveIntervalMsecs"]
    read, written = age(peer["bgpTimerLastRead"] / 1000), age(peer["bgpTimerLastWrite"] / 1000)
    return [
        f"  Last read {read}, last write {written}, "
        f"hold time is {hold // 1000}, keepalive interval is {keepalive // 1000} seconds",
        "  Neighbor sessions:",
        "    1 active, is not multisession capable (disabled)",
        *_capabilities(peer.get("neighborCapabilities", {})),
    ]


def _both(value: object) -> str:
    return next((text for name, text in WAYS.items() if str(value).startswith(name)), str(value))


def _capabilities(capabilities: Json) -> list[str]:
    out = ["  Neighbor capabilities:"]
    if "routeRefresh" in capabilities:
        out.append(f"    Route refresh: {_both(capabilities['routeRefresh'])}(new)")
    if "4byteAs" in capabilities:
        out.append(f"    Four-octets ASN Capability: {_both(capabilities['4byteAs'])}")
    for family, (_, key) in AFI.items():
        if capabilities.get("multiprotocolExtensions", {}).get(key, {}).get("advertisedAndReceived"):
            out.append(f"    Address family {TITLES[family]}: advertised and received")
    if "gracefulRestart" in capabilities:
        out.append(f"    Graceful Restart Capability: {_both(capabilities['gracefulRestart'])}")
        seconds = capabilities.get("gracefulRestartRemoteTimerMsecs", 0) // 1000
        out.append(f"      Remote Restart timer is {seconds} seconds")
    return out


def _messages(counters: Json) -> list[str]:
    out = [
        "  Message statistics:",
        f"    InQ depth is {counters['depthInq']}",
        f"    OutQ depth is {counters['depthOutq']}",
        "    ",
        "                         Sent       Rcvd",
    ]
    for title, key in COUNTERS.items():
        out.append(f"    {title + ':':<14} {counters[key + 'Sent']:>10} {counters[key + 'Recv']:>10}")
    return out


def _limit(bgp: Bgp, name: str, family: str) -> list[str]:
    store = bgp.families.get(family, {})
    names = (name, bgp.group_of(name) or "")
    entry = next((e for e in (store.get(("neighbor", n, "maximum-prefix")) for n in names) if e), None)
    if entry is None:
        return []
    most, *rest = entry.match.words[3:]
    warning = " (warning-only)" if "warning-only" in rest else ""
    threshold = rest[0] if rest and rest[0].isdecimal() else "75"
    out = [f"  Maximum prefixes allowed {most}{warning}", f"  Threshold for warning message {threshold}%"]
    return out + ([f"  Restart interval {rest[-1]} min"] if "restart" in rest else [])


def _family(bgp: Bgp, name: str, family: str, info: Json) -> list[str]:
    out = [f" For address family: {TITLES[family]}", f"  Session: {name}"]
    group = bgp.group_of(name) or info.get("peerGroupMember")
    if group:
        out.append(f"  {group} peer-group member")
    if info.get("routeReflectorClient"):
        out.append("  Route-Reflector Client")
    if info.get("inboundSoftConfigPermit"):
        out.append("  Inbound soft reconfiguration allowed")
    if info.get("routerAlwaysNextHop") or info.get("nextHopSelf"):
        out.append("  NEXT_HOP is always this router for eBGP paths")
    if "Standard" in info.get("commAttriSentToNbr", ""):
        out.append("  Community attribute sent to this neighbor")
    out += [f"  {words} {info[key]}" for key, words in FILTERS.items() if info.get(key)]
    sent, received = info.get("sentPrefixCounter", 0), info.get("acceptedPrefixCounter", 0)
    return [
        *out,
        *_limit(bgp, name, family),
        "                                 Sent       Rcvd",
        "  Prefix activity:               ----       ----",
        f"    Prefixes Current:      {sent:>10} {received:>10} (Consumes {received * 136} bytes)",
        "",
    ]


def _graceful(bgp: Bgp) -> str:
    if ("bgp", "graceful-restart") not in bgp.base:
        return "  Graceful-Restart is disabled"
    restart, stale = (
        entry.match.arguments[0] if (entry := bgp.base.get(("bgp", "graceful-restart", name))) else default
        for name, default in (("restart-time", "120"), ("stalepath-time", "360"))
    )
    return f"  Graceful-Restart is enabled, restart-time {restart} seconds, stalepath-time {stale} seconds"


def _connection(bgp: Bgp, peer: Json, up: bool) -> list[str]:
    reset = "never"
    if peer["connectionsDropped"] and peer.get("lastResetTimerMsecs"):
        reset = f"{clock(peer['lastResetTimerMsecs'])}, due to {peer.get('lastResetDueTo', 'unknown reason')}"
    out = [
        f"  Connections established {peer['connectionsEstablished']}; dropped {peer['connectionsDropped']}",
        f"  Last reset {reset}",
        _graceful(bgp),
    ]
    if not up:
        return [*out, "  No active TCP connection"]
    return [
        *out,
        "Connection state is ESTAB, I/O status: 1, unread input bytes: 0",
        f"Local host: {peer.get('hostLocal')}, Local port: {peer.get('portLocal')}",
        f"Foreign host: {peer.get('hostForeign')}, Foreign port: {peer.get('portForeign')}",
    ]
