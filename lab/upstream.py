# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router that is no client of the reflectors, and what it learned of them.

It has a neighbour for every reflector and announces nothing. Whether a session comes about is up to the
reflector, which knows of it only what somebody typed there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lab.ios.vty import Vty, read_json
from lab.network import LabUpstream, Network
from lab.programs import Programs
from lab.speaker import Speaker

Json = dict[str, Any]
GROUP = "REFLECTORS"
#: Short, so that what a dead reflector said is forgotten soon.
TIMERS = "3 9"
RECEIVED = re.compile(r"\) rcvd (\d+\.\d+\.\d+\.\d+/\d+)")


class Upstream(Speaker):
    """One upstream router."""

    def __init__(self, lab: LabUpstream, network: Network, programs: Programs) -> None:
        super().__init__(lab, network, programs)
        self.asn, self._peers = lab.asn, [(each.address, network.asn) for each in network.reflectors]

    def boot(self) -> None:
        """Start bgpd and configure it; PlaceError when it does not start."""
        self.start_bgpd()
        vty = Vty(self.vty)
        vty.configure((), ["debug bgp updates in"])
        vty.configure([f"router bgp {self.asn}"], self._configuration())
        vty.close()

    def _configuration(self) -> list[str]:
        lines = [
            f"bgp router-id {self.lab.address}",
            "no bgp ebgp-requires-policy",
            f"neighbor {GROUP} peer-group",
            f"neighbor {GROUP} timers {TIMERS}",
            f"neighbor {GROUP} timers connect 1",
        ]
        for address, asn in self._peers:
            lines += [f"neighbor {address} remote-as {asn}", f"neighbor {address} peer-group {GROUP}"]
        return lines

    def sessions(self) -> dict[str, str]:
        """State of the session with each reflector, by its address; {} while bgpd is dead."""
        peers: Mapping[str, Json] = self._ask("show bgp ipv4 unicast summary").get("peers", {})
        return {address: str(peer["state"]) for address, peer in peers.items()}

    def learned(self) -> list[str]:
        """The prefixes in its table now, sorted as text; none while bgpd is dead."""
        return sorted(self._ask("show bgp ipv4 unicast").get("routes", {}))

    def ever_learned(self) -> list[str]:
        """The prefixes that any reflector ever sent it, also those it took back, sorted as text."""
        return sorted(set(RECEIVED.findall(self.log.read_text(errors="replace"))))

    def _ask(self, command: str) -> Json:
        if not self.bgpd_runs:
            return {}
        vty = Vty(self.vty)
        try:
            return read_json(vty, command)
        finally:
            vty.close()
