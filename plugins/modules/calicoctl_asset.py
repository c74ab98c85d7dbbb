# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: calicoctl_asset
short_description: Look at a host, and have the calicoctl it needs on the controller
description:
  - Asks a host, by one command that changes nothing, for its architecture and for what it has of
    C(calicoctl).
  - Gets the fitting file of a release onto the controller and verifies its SHA-256 checksum.
  - What comes from a URL is downloaded once for all hosts of an architecture, and kept in a cache that nobody
    else may write into. A redirection from https to http is not followed.
  - The role C(calicoctl) copies the file to the host.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  check_mode:
    description: Can run in C(check_mode). The cache is filled then as well.
  idempotent:
    description: A second run gives the same result. It asks no server for what is in the cache.
options:
  state:
    description: With V(absent) the host is looked at, and nothing is obtained.
    type: str
    default: present
    choices: [present, absent]
  version:
    description: Version to get, V(v3.27.0) for example. Needed where O(source) is a URL.
    type: str
    default: ""
  source:
    description:
      - A URL below which C(VERSION/calicoctl-linux-ARCH) and C(VERSION/SHA256SUMS) lie, or a path on the
        controller.
      - A path is that of the file itself, or of a folder that holds C(calicoctl-linux-ARCH), directly or
        in C(VERSION).
    type: str
    default: ""
  checksum:
    description:
      - SHA-256 of the file, in hexadecimal. Needed where O(source) is plain http.
      - Without it C(SHA256SUMS) beside the file counts, and must be there; where O(source) is a URL, only
        with O(trust_source).
    type: str
    default: ""
  trust_source:
    description:
      - Whether the C(SHA256SUMS) of a URL may vouch for a file from the same URL, over https. It proves that
        nothing was damaged, and not that the server is honest.
    type: bool
    default: false
  kubeconfig:
    description: A path on the host. The task fails where there is no such file.
    type: str
    default: ""
  cache:
    description: >-
      Folder on the controller that keeps downloads.
      Without it, C(telco.calico_bgp/calicoctl) in C($XDG_CACHE_HOME) or C(~/.cache).
    type: str
    default: ""
  validate_certs:
    description: Whether the certificate of the server in O(source) is verified.
    type: bool
    default: true
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Have calicoctl on the controller
  telco.calico_bgp.calicoctl_asset:
    version: v3.27.0
    source: https://github.com/projectcalico/calico/releases/download
  register: asset
# asset.path: /home/me/.cache/telco.calico_bgp/calicoctl/1b2c3d4e5f607182/v3.27.0/calicoctl-linux-amd64
"""

RETURN = r"""
path:
  description: The verified file on the controller; empty with O(state=absent).
  returned: always
  type: str
sha256:
  description: Its checksum.
  returned: always
  type: str
version:
  description: The version asked for, with its C(v).
  returned: always
  type: str
files:
  description: The files on the host that the role put there.
  returned: always
  type: list
  elements: str
foreign:
  description: The files of the tool on the host that somebody else put there.
  returned: always
  type: list
  elements: str
folder:
  description: Whether the folder of the configuration is there.
  returned: always
  type: bool
folder_ours:
  description: Whether nothing stays in that folder when the role's file goes.
  returned: always
  type: bool
msg:
  description: Why it failed, or what a removal leaves on the host.
  returned: always
  type: str
"""
