# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: calico_bgp_info
short_description: Read what a plan needs to know of a Calico cluster
description:
  - Reads nodes, IP pools, block affinities, BGP objects, the API mode and the versions of one cluster.
  - Lists are read page by page. Only the fields that a plan needs are kept.
  - The reading goes into a file, as thousands of nodes are too much for a register. Only counts are returned.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - telco.calico_bgp.attributes
attributes:
  check_mode:
    description: Can run in C(check_mode).
options:
  dest:
    description:
      - File on the host the module runs on, written with mode V(0600).
      - Without it, nothing is written.
    type: path
  only:
    description:
      - With V(configuration), only BGPConfiguration C(default) is read, as fast as can be.
      - With V(version), only ClusterInformation C(default) is read.
      - With V(secrets), nothing is read but whether O(secrets) are there.
      - C(api_mode) is empty then, all C(counts) are 0, and what was not read is as where there is none.
    type: str
    choices: [configuration, version, secrets]
  namespace:
    description:
      - Namespace of calico-node. Its DaemonSet says how Calico runs, and the Secrets with passwords go there.
      - Without it, C(calico-system) or C(kube-system), whichever has a DaemonSet C(calico-node). Both is
        refused, and one in any other namespace is not looked at, as whoever may make it there is not Calico.
    type: str
    default: ""
  secrets:
    description:
      - With O(only=secrets), names of Secrets that must be in O(namespace). Of each only the metadata is
        asked for. One that is missing is refused, as this collection makes none.
    type: list
    elements: str
    default: []
  page_size:
    description: Objects per page of a list.
    type: int
    default: 500
requirements:
  - kubernetes (Python library)
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Read the cluster
  telco.calico_bgp.calico_bgp_info:
    kubeconfig: ~/.kube/config
    dest: /tmp/run/cluster.json
  register: cluster
# cluster.counts: {"nodes": 3, "pools": 1, "blocks": 3, "peers": 0}
"""

RETURN = r"""
path:
  description: The file that was written.
  returned: when O(dest) was given
  type: str
api_mode:
  description:
    - V(A) aggregated API server, V(B) native CRDs, V(C) only C(crd.projectcalico.org),
      V(D) no Calico API.
  returned: success
  type: str
counts:
  description: How many objects of each kind there are.
  returned: success
  type: dict
mesh:
  description: Whether the node-to-node mesh is on.
  returned: success
  type: bool
asn:
  description: The AS number in use.
  returned: success
  type: int
calico_version:
  description: >-
    Calico's version as ClusterInformation C(default) names it; empty where it names none, or was not read.
  returned: success
  type: str
  sample: v3.32.1
configuration:
  description: >-
    C(spec), C(annotations) and C(resourceVersion) of BGPConfiguration C(default);
    V(none) where there is none.
  returned: success
  type: dict
"""

import json
import re
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.kubernetes.core.plugins.module_utils.ansiblemodule import AnsibleModule
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import get_api_client
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.core import AnsibleK8SModule
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.exceptions import CoreException

from ..module_utils import rundir
from ..module_utils.calico import cluster as calico
from ..module_utils.calico.pages import GONE, PageError, Pages
from ..module_utils.model.cluster import Block, Cluster
from ..module_utils.model.data import to_data
from ..module_utils.printable import brief, printable

try:
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    IMPORT_ERROR = ""
except ImportError:
    # Names for the except clauses; main() ends before anything could raise them.
    ApiException, HTTPError = OSError, EOFError  # type: ignore[misc, assignment]
    IMPORT_ERROR = traceback.format_exc()

#: Seconds for one answer of the API.
TIMEOUT = 30
V3 = "/apis/projectcalico.org/v3"
CRD = "/apis/crd.projectcalico.org/v1"
#: Asks for an object without what it holds (Kubernetes: PartialObjectMetadata).
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
DAEMONSET = "/apis/apps/v1/namespaces/{}/daemonsets/calico-node"
#: The name of a namespace (RFC 1123), which becomes a part of a path.
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")


def _whole(item: Any) -> Any:
    return item


class Reader:
    """Plain GET requests against one API; a missing kind is None, not an error."""

    def __init__(self, client: Any, page_size: int) -> None:
        self.client = client
        self.page_size = page_size

    def get(self, path: str, query: list[tuple[str, Any]] | None = None, metadata: bool = False) -> Any:
        how = {"header_params": {"Accept": METADATA}} if metadata else {}
        try:
            response = self.client.request(
                "get", path, query_params=query or [], serialize=False, _request_timeout=TIMEOUT, **how
            )
        except ApiException as exc:
            if exc.status == 404:
                return None
            raise
        try:
            return json.loads(response.data)
        except ValueError as exc:
            raise PageError(
                f"{path}: what the Kubernetes API gave is no JSON ({exc}). Try again; what stands between "
                "this machine and the API may have changed it"
            ) from exc

    def items(self, path: str, small: Callable[[Any], Any] = _whole) -> list[Any] | None:
        """What `small` makes of every object of a list, page by page; None where the kind is not served."""
        pages = Pages(path, self.page_size, small)
        while not pages.done:
            try:
                page = self.get(path, list(pages.query.items()))
            except ApiException as exc:
                if exc.status != GONE or not pages.begun:
                    raise
                pages.again()
                continue
            if page is None and not pages.begun:
                return None
            pages.take(page)
        return pages.found


def api_mode(reader: Reader) -> str:
    """A, B, C or D (Calico: discovery.go; native CRDs count only where crd.projectcalico.org is absent)."""
    v3, crd = reader.get(V3) is not None, reader.get(CRD) is not None
    return {(True, True): "A", (True, False): "B", (False, True): "C", (False, False): "D"}[(v3, crd)]


def checked(namespace: str) -> str:
    """The name of a namespace; ObjectError where it is none."""
    if not NAMESPACE.match(namespace):
        raise calico.ObjectError(f"{namespace!r} is no name of a namespace")
    return namespace


def read_daemonsets(reader: Reader, namespace: str) -> list[Any]:
    """Every DaemonSet calico-node that may be Calico's: in `namespace`, or in those where Calico puts it."""
    wanted = (checked(namespace),) if namespace else calico.NAMESPACES
    found = (reader.get(DAEMONSET.format(name)) for name in wanted)
    return [daemonset for daemonset in found if daemonset is not None]


def read_cluster(reader: Reader, namespace: str = "") -> Cluster:
    """One reading of the API; `namespace` is that of calico-node, "" where nobody said it."""
    mode = api_mode(reader)
    daemonsets = read_daemonsets(reader, namespace)
    nodes = reader.items("/api/v1/nodes", calico.read_node) or []
    if mode in ("C", "D"):
        return calico.read(api_mode=mode, nodes=nodes, daemonsets=daemonsets)
    return calico.read(
        api_mode=mode,
        nodes=nodes,
        pools=reader.items(V3 + "/ippools") or [],
        blocks=blocks(reader),
        peers=reader.items(V3 + "/bgppeers") or [],
        filters=reader.items(V3 + "/bgpfilters"),
        configurations=reader.items(V3 + "/bgpconfigurations") or [],
        information=reader.items(V3 + "/clusterinformations") or [],
        daemonsets=daemonsets,
        config_backend=manifest_backend(reader, daemonsets),
    )


def blocks(reader: Reader) -> list[Block]:
    """Every block affinity that is announced.

    ObjectError where the kind is not served, as no block would be expected then. Those of
    crd.projectcalico.org are never read: they stay, stale, when Calico moves to native CRDs.
    """
    found = reader.items(V3 + "/blockaffinities", calico.read_block)
    if found is None:
        raise calico.ObjectError(
            "The API serves no kind BlockAffinity in projectcalico.org/v3, which Calico has from 3.26 on"
        )
    return [block for block in found if block is not None]


def read_configuration(reader: Reader, _namespace: str = "") -> Cluster:
    """BGPConfiguration `default` alone: all that turning the mesh on needs, whatever else cannot be read."""
    default = reader.get(V3 + "/bgpconfigurations/default")
    return calico.read(api_mode="", nodes=(), configurations=[default] if default else ())


def read_version(reader: Reader, _namespace: str = "") -> Cluster:
    """ClusterInformation `default` alone, from whichever of Calico's API groups serves it."""
    path = "/clusterinformations/default"
    default = reader.get(V3 + path) or reader.get(CRD + path)
    return calico.read(api_mode="", nodes=(), information=[default] if default else ())


def read_nothing(_reader: Reader, _namespace: str = "") -> Cluster:
    """The reading of no object at all."""
    return calico.read(api_mode="", nodes=())


def find_secrets(reader: Reader, namespace: str, names: list[str]) -> None:
    """ObjectError names the Secrets that are not there; what they hold is not read."""
    path = f"/api/v1/namespaces/{checked(namespace)}/secrets/"
    missing = [name for name in names if reader.get(path + name, metadata=True) is None]
    if missing:
        raise calico.ObjectError(
            f"There is no Secret {', '.join(missing)} in namespace {namespace} for the passwords of the "
            "sessions, and this account may make none: an administrator makes it once, with "
            "docs/rbac-password.yaml"
        )


#: What `only` leaves of the reading.
READERS = {"configuration": read_configuration, "version": read_version, "secrets": read_nothing}


def manifest_backend(reader: Reader, daemonsets: list[Any]) -> str:
    """The backend out of the ConfigMap of an installation by manifest, "" where there is none."""
    daemonset = calico.the_daemonset(daemonsets)
    reference = calico.backend_reference(daemonset) if daemonset else None
    if daemonset is None or reference is None:
        return ""
    namespace = daemonset["metadata"]["namespace"]
    config = reader.get(f"/api/v1/namespaces/{namespace}/configmaps/{reference[0]}") or {}
    return str(config.get("data", {}).get(reference[1], ""))


def why_not(exc: Exception) -> str:
    """Why there is no reading, and what to do, on one line whatever the API or an object said."""
    if isinstance(exc, PageError):
        return printable(f"{exc}.")
    if isinstance(exc, calico.ObjectError):
        return printable(f"{exc}. Correct the object and try again.")
    if isinstance(exc, ApiException):
        advice = "Check the rights of this user (docs/rbac.yaml)" if exc.status in (401, 403) else "Try again"
        said = f"{exc.status} {printable(str(exc.reason))}: {_text(exc.body)}"
        return f"The Kubernetes API answered {said}. {advice}."
    if isinstance(exc, HTTPError):
        return f"The Kubernetes API does not answer: {brief(str(exc))}. Check its address and try again."
    return f"The Kubernetes API cannot be reached: {brief(str(exc))}. Check kubeconfig and context."


def _text(body: Any) -> str:
    """What came with a refusal: text, bytes, or nothing."""
    return brief(body.decode(errors="replace") if isinstance(body, bytes) else str(body or ""))


def main() -> None:
    spec = {
        **AUTH_ARG_SPEC,
        "dest": {"type": "path"},
        "only": {"type": "str", "choices": ["configuration", "version", "secrets"]},
        "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "namespace": {"type": "str", "default": ""},
        "page_size": {"type": "int", "default": 500},
    }
    module = AnsibleK8SModule(module_class=AnsibleModule, argument_spec=spec, supports_check_mode=True)
    if IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("kubernetes"), exception=IMPORT_ERROR)
    try:
        reader = Reader(get_api_client(module).client, module.params["page_size"])
        if module.params["only"] == "secrets":
            find_secrets(reader, module.params["namespace"], module.params["secrets"])
        cluster = READERS.get(module.params["only"], read_cluster)(reader, module.params["namespace"])
        cluster = replace(cluster, server=str(reader.client.configuration.host))
    except (CoreException, ApiException, HTTPError, calico.ObjectError, PageError) as exc:
        module.fail_json(msg=why_not(exc))
    result: dict[str, Any] = {
        "changed": False,
        "api_mode": cluster.api_mode,
        "counts": {kind: len(getattr(cluster, kind)) for kind in ("nodes", "pools", "blocks", "peers")},
        "mesh": cluster.mesh,
        "asn": cluster.asn,
        "calico_version": cluster.calico_version,
        "configuration": cluster.configuration,
    }
    if module.params["dest"]:
        result["path"] = rundir.write(Path(module.params["dest"]), to_data(cluster))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
