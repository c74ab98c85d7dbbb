# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bgp_run
short_description: Start a run by making its directory on the controller
description:
  - Makes a new directory below O(directory), named after the cluster and the time (UTC).
  - Plan, observations, findings and the result of the run lie there. The directory has mode V(0700), its
    files V(0600).
  - Runs on the controller.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  idempotent:
    support: none
    details:
      - Every call makes a directory of its own, which is bookkeeping and never reported as changed.
options:
  cluster:
    description: Name of the cluster. It names the folder in which the directories of its runs lie.
    type: str
    required: true
  directory:
    description:
      - Folder on the controller that holds the runs of all clusters.
      - Empty means C(calico-bgp-runs) in the current directory.
    type: path
    default: ""
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Start the run
  telco.calico_bgp.bgp_run:
    cluster: prod
    directory: /var/lib/calico-bgp-runs
  register: run
# run.directory: /var/lib/calico-bgp-runs/prod/20260301T101500Z-k3v9x2aq
"""

RETURN = r"""
directory:
  description: The directory that was made.
  returned: success
  type: str
started:
  description: When the run began, in seconds since the epoch.
  returned: success
  type: float
"""
