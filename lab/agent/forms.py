# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases of Calico whose confd the lab imitates, as far as they differ where the lab looks.

v3.33 is held against configurations that Calico's own tests record; v3.27 and v3.32 differ from it by what
was measured of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """How one release configures BIRD.

    Attributes:
        version: what ClusterInformation says.
        metrics: LOCAL_PREF of what is announced, and the kernel's metric of what is learned, are made of each
            other.
        ttl: each peer has `ttl security off` and `multihop`; BIRD takes multihop for iBGP by itself.
        long_debug: BGP logs more than states.
        tunnel: what leaves by tunl0 is not announced, as Felix wrote it.
        labels: block affinities are listed by their labels; one without is not seen.
        fields: fields of objects that it has and the oldest form has not.
        programs: whose kernel routes are BIRD's where programClusterRoutes says nothing, as its value would.
    """

    version: str
    metrics: bool
    ttl: bool
    long_debug: bool
    tunnel: bool
    labels: bool
    fields: frozenset[str]
    programs: str


NEWER = frozenset({"keepaliveTime", "programClusterRoutes"})
#: By what `lab up --calico` takes.
FORMS = {
    "3.33": Form("v3.33.0", True, True, True, True, True, NEWER, "EnabledNoEncapOnly"),
    "3.32": Form("v3.32.1", True, False, False, False, True, NEWER, "Enabled"),
    "3.27": Form("v3.27.5", False, False, True, False, False, frozenset(), "Enabled"),
}
NEWEST = "3.33"
