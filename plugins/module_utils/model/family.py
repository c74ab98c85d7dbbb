# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address families of sessions: everything that differs between IPv4 and IPv6 unicast, as one value each.

Whoever needs a length, a field of Calico, words of IOS or BIRD's daemon takes them from here. IPv4 alone is
used so far.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One address family.

    Attributes:
        name: how records name it, and IOS where it opens the family (`address-family ipv4`).
        title: in sentences.
        version: of the Internet protocol.
        longest: the longest prefix, that of a single address.
        everything: the prefix that holds all addresses.
        node_annotation: where calico-node writes the node's address (Calico: node, autodetection).
        import_field: of a BGPFilter, its rules for what comes in.
        default_block_size: of an IPPool that names none (Calico: ippool defaults).
        heading: how show commands of IOS head it (`For address family: ...`).
        prefix_list: the words that begin a prefix-list.
        summary, neighbors, table: the show commands, whole.
        route: begins the show command for the route to an address.
        clear: begins the command that renews sessions of it.
        socket: of its BIRD daemon on a node (Calico: node, bird.ctl and bird6.ctl).
    """

    name: str
    title: str
    version: int
    longest: int
    everything: str
    node_annotation: str
    import_field: str
    default_block_size: int
    heading: str
    prefix_list: str
    summary: str
    neighbors: str
    table: str
    route: str
    clear: str
    socket: str

    def holds(self, text: str) -> bool:
        """Whether an address or a prefix, well formed, is of this family.

        >>> IPV4.holds("10.244.0.0/16"), IPV6.holds("10.244.0.0/16"), IPV6.holds("fd00::1")
        (True, False, True)
        """
        return (":" in text) == (self.version == 6)

    def is_address(self, text: str) -> bool:
        """Whether a text is an address of this family.

        >>> IPV4.is_address("192.0.2.1"), IPV4.is_address("2001:db8::1"), IPV6.is_address("fd00::/8")
        (True, False, False)
        """
        try:
            return ipaddress.ip_address(text).version == self.version
        except ValueError:
            return False

    def single(self, prefix: str) -> bool:
        """Whether a prefix is a single address.

        >>> IPV4.single("10.244.10.2/32"), IPV4.single("10.244.10.0/26")
        (True, False)
        """
        return self.holds(prefix) and prefix.endswith(f"/{self.longest}")


IPV4 = Family(
    name="ipv4",
    title="IPv4",
    version=4,
    longest=32,
    everything="0.0.0.0/0",
    node_annotation="projectcalico.org/IPv4Address",
    import_field="importV4",
    default_block_size=26,
    heading="IPv4 Unicast",
    prefix_list="ip prefix-list",
    summary="show bgp ipv4 unicast summary",
    # "show bgp ipv4 unicast neighbors" and "show ip bgp" mean the same; older releases know only the latter.
    neighbors="show ip bgp neighbors",
    table="show ip bgp",
    route="show ip route",
    clear="clear ip bgp",
    socket="/var/run/calico/bird.ctl",
)
IPV6 = Family(
    name="ipv6",
    title="IPv6",
    version=6,
    longest=128,
    everything="::/0",
    node_annotation="projectcalico.org/IPv6Address",
    import_field="importV6",
    default_block_size=122,
    heading="IPv6 Unicast",
    prefix_list="ipv6 prefix-list",
    summary="show bgp ipv6 unicast summary",
    neighbors="show bgp ipv6 unicast neighbors",
    table="show bgp ipv6 unicast",
    route="show ipv6 route",
    clear="clear bgp ipv6 unicast",
    socket="/var/run/calico/bird6.ctl",
)
FAMILIES = {family.name: family for family in (IPV4, IPV6)}
#: The families of the sessions that are planned.
USED = (IPV4,)


def family_of(text: str) -> Family:
    """The family of an address or a prefix, well formed.

    >>> family_of("fd00::/64").name
    'ipv6'
    """
    return IPV6 if IPV6.holds(text) else IPV4
