# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An imitated Cisco IOS command line in front of a real FRR bgpd.

It answers what the collection and the unmodified cisco.ios modules send, as IOS words it, and
``% Invalid input detected at '^' marker.`` to everything else.
"""

from __future__ import annotations

from lab.ios.device import Router
from lab.ios.server import Server, serve

__all__ = ["Router", "Server", "serve"]
