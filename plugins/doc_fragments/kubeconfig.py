# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How modules are told the way to the Kubernetes API."""

from __future__ import annotations


class ModuleDocFragment:
    """On the host of the task, on the controller, and the libraries that talk to the API in this process."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: Kubeconfig on the host the task runs on. Without it, as M(kubernetes.core.k8s) has it.
    type: str
  context:
    description: Context of the kubeconfig. Without it, its current one.
    type: str
"""

    CONTROLLER = r"""
options:
  kubeconfig:
    description:
      - Kubeconfig on the controller. Without it, C(K8S_AUTH_KUBECONFIG) or C(~/.kube/config) is used.
    type: path
  context:
    description: Context of the kubeconfig. Without it, the current one.
    type: str
"""

    LIBRARIES = r"""
options: {}
requirements:
  - kubernetes (Python library)
  - aiohttp (Python library)
"""
