# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of show commands; hand-made."""

from __future__ import annotations

BLOCK = """\
BGP neighbor is *192.168.1.10,  remote AS 64512, internal link
 Description: calico_bgp lab/node-a
 Member of peer-group CALICO for session parameters
 Belongs to the subnet range group: 192.168.1.0/24
  BGP version 4, remote router ID 192.168.1.10
  BGP state = Established, up for 1d02h
  Last read 00:00:01, last write 00:00:02, hold time is 30, keepalive interval is 10 seconds
  Configured hold time is 90, keepalive interval is 30 seconds
  Minimum holdtime from neighbor is 15 seconds
  Neighbor sessions:
    1 active, is not multisession capable (disabled)
  Neighbor capabilities:
    Route refresh: advertised and received(new)
    Four-octets ASN Capability: advertised and received
    Address family IPv4 Unicast: advertised and received
    Graceful Restart Capability: advertised and received
      Remote Restart timer is 120 seconds
      Address families advertised by peer:
        IPv4 Unicast (was not preserved, IPv6 Unicast (was preserved
    Enhanced Refresh Capability: advertised
    Multisession Capability:
  Message statistics:
    InQ depth is 1
    OutQ depth is 2

                         Sent       Rcvd
    Opens:                  1          1
    Total:                 10          9
  Default minimum time between advertisement runs is 0 seconds

 For address family: IPv4 Unicast
  Session: 192.168.1.10
  BGP table version 12, neighbor version 11/0
  Output queue size : 3
  Index 2, Advertise bit 1
  2 update-group member
  CALICO peer-group member
  Route-Reflector Client
  Inbound soft reconfiguration allowed
  NEXT_HOP is always this router for eBGP paths
  Community attribute sent to this neighbor
  Incoming update prefix filter list is IN
  Outgoing update prefix filter list is OUT
  Route map for incoming advertisements is MAP
  Inherits from template POLICY
  Slow-peer detection is disabled
                                 Sent       Rcvd
  Prefix activity:               ----       ----
    Prefixes Current:               7          2 (Consumes 272 bytes)
    Used as bestpath:             n/a          2

                                   Outbound    Inbound
  Local Policy Denied Prefixes:    --------    -------
    ORIGINATOR loop:                    n/a          2
    Total:                               21         22
  Maximum prefixes allowed 100 (warning-only)
  Threshold for warning message 75%

  Address tracking is enabled, the RIB does have a route to 192.168.1.10
  BFD is configured. BFD peer is Down. Using BFD to detect fast fallover (multi-hop).
  Connections established 3; dropped 2
  Last reset 1y4w, due to RR client config change of session 1
  Interface associated: (none) (peering address NOT in same link)
  Transport(tcp) path-mtu-discovery is enabled
  Graceful-Restart is enabled, restart-time 120 seconds, stalepath-time 360 seconds
  SSO is disabled
Connection state is ESTAB, I/O status: 1, unread input bytes: 0
Connection is ECN Disabled, Mininum incoming TTL 0, Outgoing TTL 255
Local host: 192.168.1.1, Local port: 179
Foreign host: 192.168.1.10, Foreign port: 33001
Status Flags: passive open, gen tcbs
Option Flags: nagle, path mtu capable, md5

Datagrams (max data segment is 1460 bytes):
TCP Semaphore      0x7FDED5D66E70  FREE
"""


DOWN = "BGP neighbor is 192.0.2.1,  remote AS 64512, internal link\n"


TABLE = """\
BGP table version is 5, local router ID is 192.168.1.1
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              r RIB-failure, S Stale, m multipath, b backup-path, f RT-Filter,
              x best-external, a additional-path, c RIB-compressed,
              t secondary path, L long-lived-stale,
Origin codes: i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found

     Network          Next Hop            Metric LocPrf Weight Path
"""


ROWS = {
    # rows, expected (prefix, next hop, status, metric, local preference, weight, AS path)
    "metric alone": (
        " *>   192.168.1.0      0.0.0.0                  0         32768 i",
        [("192.168.1.0/24", "0.0.0.0", "*>", 0, None, 32768, "")],
    ),
    "local preference alone": (
        " *>i  10.244.7.0/26    192.168.1.10                  100      0 i",
        [("10.244.7.0/26", "192.168.1.10", "*>i", None, 100, 0, "")],
    ),
    "both": (
        " *>i  10.0.0.0         192.168.1.10             0    100      0 65001 {65002} i",
        [("10.0.0.0/8", "192.168.1.10", "*>i", 0, 100, 0, "65001 {65002}")],
    ),
    "neither": (
        " r>   10.0.0.0/9       192.168.1.10                           0 1.10 65001 ?",
        [("10.0.0.0/9", "192.168.1.10", "r>", None, None, 0, "1.10 65001")],
    ),
    "a local preference that fills its column": (
        " *>i  10.0.0.0         192.168.1.10             0 100000      0 i",
        [("10.0.0.0/8", "192.168.1.10", "*>i", 0, 100000, 0, "")],
    ),
    "further paths": (
        " * i  10.0.0.0         192.168.1.10             0    100      0 i\n"
        " *>                    0.0.0.0                  0         32768 i",
        [
            ("10.0.0.0/8", "192.168.1.10", "* i", 0, 100, 0, ""),
            ("10.0.0.0/8", "0.0.0.0", "*>", 0, None, 32768, ""),
        ],
    ),
    "a prefix that does not fit": (
        " *>i  172.16.200.100/32\n                       192.168.1.10                  100      0 60000 i",
        [("172.16.200.100/32", "192.168.1.10", "*>i", None, 100, 0, "60000")],
    ),
    "a next hop that does not fit": (
        " *>   2001:DB8:A69::/64\n                       2001:DB8:20:4:6::6\n"
        "                                             2219             0 400 e",
        [("2001:db8:a69::/64", "2001:db8:20:4:6::6", "*>", 2219, None, 0, "400")],
    ),
    "a further path whose next hop does not fit": (
        " *>   2001:DB8::/32    2001:DB8::1              0             0 1 i\n"
        " *                     2001:DB8:20:4:6::6\n"
        "                                             2219             0 400 e",
        [
            ("2001:db8::/32", "2001:db8::1", "*>", 0, None, 0, "1"),
            ("2001:db8::/32", "2001:db8:20:4:6::6", "*", 2219, None, 0, "400"),
        ],
    ),
    "marks that touch the network": (
        "*>iFC00::/7         FC00::2                  0    100      0 200 i\n"
        "*bi10.9.9.9/32      192.168.3.2              0    100      0 10 10 i\n"
        "* i172.16.1.0/24    172.16.1.2               0    100      0 i",
        [
            ("fc00::/7", "fc00::2", "*>i", 0, 100, 0, "200"),
            ("10.9.9.9/32", "192.168.3.2", "*bi", 0, 100, 0, "10 10"),
            ("172.16.1.0/24", "172.16.1.2", "* i", 0, 100, 0, ""),
        ],
    ),
    "no mark at all": (
        " *>i  10.0.0.0         192.168.1.10             0    100      0 i\n"
        "      0.0.0.0          0.0.0.0                                0 i\n"
        "      172.16.200.100/32\n                       192.168.1.10                  100      0 60000 i",
        [
            ("10.0.0.0/8", "192.168.1.10", "*>i", 0, 100, 0, ""),
            ("0.0.0.0/0", "0.0.0.0", "", None, None, 0, ""),
            ("172.16.200.100/32", "192.168.1.10", "", None, 100, 0, "60000"),
        ],
    ),
    "the titles of a page within a path": (
        " *>   2001:DB8:A69::/64\n      Network          Next Hop            Metric LocPrf Weight Path\n"
        "                       2001:DB8:20:4:6::6\n"
        "      Network          Next Hop            Metric LocPrf Weight Path\n"
        "                                             2219             0 400 e",
        [("2001:db8:a69::/64", "2001:db8:20:4:6::6", "*>", 2219, None, 0, "400")],
    ),
    "an IPv4 address in one of IPv6": (
        " *>i  ::FFFF:192.0.2.0/120\n                       ::FFFF:192.0.2.1         0    100      0 i\n"
        " *>i  ::FFFF:C000:300/120\n                       ::FFFF:C000:201          0    100      0 i",
        [
            ("::ffff:192.0.2.0/120", "::ffff:192.0.2.1", "*>i", 0, 100, 0, ""),
            ("::ffff:192.0.3.0/120", "::ffff:192.0.2.1", "*>i", 0, 100, 0, ""),
        ],
    ),
    "the default route": (
        " *>   0.0.0.0          192.168.1.10             0             0 65001 i",
        [("0.0.0.0/0", "192.168.1.10", "*>", 0, None, 0, "65001")],
    ),
}


DETAIL = """\
BGP routing table entry for 10.244.7.0/26, version 12
Paths: (2 available, best #2, table default)
  Advertised to update-groups:
     1          3
  Refresh Epoch 1
  Local, (Received from a RR-client)
    192.168.1.10 (inaccessible) from 192.168.1.11 (192.168.1.11)
      Origin IGP, metric 0, localpref 100, valid, internal
      Community: 65001:1 65001:2
        65001:3 no-export
      Originator: 192.168.1.10, Cluster list: 0.0.0.1, 192.168.1.2
      rx pathid: 0, tx pathid: 0
  Refresh Epoch 1
  65001 65002, (received-only)
    2001:DB8::1 (FE80::1) (metric 11) (via default) from *2001:DB8::1 (192.168.1.12)
      Origin incomplete, localpref 100, weight 5, valid, external, best
      The moon is full
"""


UPDATE_GROUP = """\
BGP version 4 update-group 1, internal, Address Family: IPv4 Unicast
  BGP Update version : 3/0, messages 0, active RGs: 1
  Route-Reflector Client
  Topology: global, highest version: 3, tail marker: 3
  Format state: Current working (OK, last not in list)
                Refresh blocked (not in list, last not in list)
  Update messages formatted 4, replicated 4, current 0, refresh 0, limit 2000
  Number of NLRIs in the update sent: max 1, min 0
  Minimum time between advertisement runs is 0 seconds
  Has 3 members:
   192.168.1.10     192.168.1.11
   *192.168.1.12
"""


PEER_GROUP = """\
BGP peer-group is CALICO,  remote AS 64512
  BGP peergroup CALICO listen range group members:
  192.168.1.0/24
  BGP version 4
  Default minimum time between advertisement runs is 30 seconds

 For address family: IPv4 Unicast
  BGP neighbor is CALICO, peer-group internal, members:
  *192.168.1.10 192.168.1.11
  Index 0, Offset 0, Mask 0x0
  Route-Reflector Client
  Update messages formatted 0, replicated 0
  Number of NLRIs in the update sent: max 0, min 0
"""


def route_text(prefix: str, source: str, *paths: str) -> str:
    """An answer to `show ip route ADDRESS`, in the form of recorded ones."""
    return (
        f'Routing entry for {prefix}\n  Known via "{source}", distance 1, metric 0\n'
        "  Routing Descriptor Blocks:\n"
        + "".join(f"  * {path}\n      Route metric is 0, traffic share count is 1\n" for path in paths)
    )
