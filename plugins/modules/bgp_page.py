# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_page
short_description: Write the page of a run from its directory
description:
  - Writes C(report.html) into a run directory, out of the files that the run left there. C(docs/report.md)
    describes the page.
  - M(telco.calico_bgp.bgp_report) writes it at the end of a run already; this module writes it again, later
    or with another version of the collection.
  - Nothing is asked of cluster or routers. The same files give the same page.
  - Runs on the controller.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  idempotent:
    support: full
options:
  directory:
    description:
      - The run directory (RV(telco.calico_bgp.bgp_run#module:directory)), which has a C(result.json).
    type: path
    required: true
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Write the page of a run of last month
  telco.calico_bgp.bgp_page:
    directory: calico-bgp-runs/prod/20260301T101500Z-k3v9x2aq
"""

RETURN = r"""
path:
  description: The page.
  returned: success
  type: str
  sample: calico-bgp-runs/prod/20260301T101500Z-k3v9x2aq/report.html
size:
  description: Its size in bytes.
  returned: success
  type: int
"""
