# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Kubernetes API, asked without Ansible."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import urllib3
import yaml

Json = dict[str, Any]
CALICO = "/apis/projectcalico.org/v3"


class RefusedError(Exception):
    """The API refused a request; the text is what it said."""


class Api:
    """The API of a kubeconfig, as its user."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        self._url = cluster["server"]
        self._headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
        authority = b64decode(cluster["certificate-authority-data"]).decode()
        self._pool = urllib3.PoolManager(ca_cert_data=authority)

    def request(
        self, method: str, path: str, body: Json | None = None, kind: str = "json", **how: Any
    ) -> urllib3.BaseHTTPResponse:
        """One request with a body of this kind; `how` is for urllib3. RefusedError if it is not granted."""
        headers = {**self._headers, "Content-Type": f"application/{kind}"}
        given = json.dumps(body) if body else None
        answer = self._pool.request(method, self._url + path, body=given, headers=headers, **how)
        if answer.status >= 300:
            raise RefusedError(f"{method} {path}: {answer.data.decode(errors='replace')}")
        return answer

    def create(self, kind: str, name: str, spec: Json) -> None:
        """Create an object of Calico's."""
        self.request("POST", f"{CALICO}/{kind.lower()}s", calico(kind, name, spec))

    def apply(self, kind: str, name: str, spec: Json) -> None:
        """What `kubectl apply` does to an object of Calico's, without the time kubectl takes to start."""
        path = f"{CALICO}/{kind.lower()}s/{name}?fieldManager=kubectl&force=true"
        self.request("PATCH", path, calico(kind, name, spec), "apply-patch+yaml")

    def set_mesh(self, enabled: bool) -> None:
        """Switch the mesh."""
        path = f"{CALICO}/bgpconfigurations/default"
        self.request("PATCH", path, {"spec": {"nodeToNodeMeshEnabled": enabled}}, "merge-patch+json")


def calico(kind: str, name: str, spec: Json) -> Json:
    """An object of Calico's."""
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": name}, "spec": spec}
