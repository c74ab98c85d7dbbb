# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico objects as records. A field the lab does not know is refused by name, never ignored.

Input is what the API or a YAML file holds: dictionaries with `kind`, `metadata` and `spec`. An empty field
counts as absent, as it does in Go."""

from __future__ import annotations

import hashlib
from base64 import b32encode, b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.agent import selectors, values
from lab.agent.forms import FORMS, NEWER, NEWEST, Form

Json = dict[str, Any]
NODE_PREFIX = "node."
SECRET_NAMESPACE = "calico-system"

_FIELDS = {
    "BGPConfiguration": {
        "nodeToNodeMeshEnabled",
        "asNumber",
        "listenPort",
        "nodeMeshPassword",
        "nodeMeshMaxRestartTime",
        "logSeverityScreen",
        "programClusterRoutes",
    },
    "BGPPeer": {
        "peerIP",
        "asNumber",
        "node",
        "nodeSelector",
        "sourceAddress",
        "password",
        "maxRestartTime",
        "keepaliveTime",
        "filters",
    },
    "BGPFilter": {"exportV4", "importV4", "exportV6", "importV6"},
    "IPPool": {
        "cidr",
        "disableBGPExport",
        "ipipMode",
        "vxlanMode",
        "natOutgoing",
        "blockSize",
        "nodeSelector",
        "namespaceSelector",
        "allowedUses",
        "assignmentMode",
        "disabled",
    },
}
# What the API server fills in by itself says nothing.
_DEFAULTS = {"serviceLoadBalancerAggregation": "Enabled"}
_RULE_FIELDS = {"cidr", "matchOperator", "prefixLength", "source", "interface", "action"}
_PER_NODE_FIELDS = {"listenPort", "logSeverityScreen"}
_OTHER_KINDS = {"ClusterInformation", "DaemonSet", "IPAMBlock", "Namespace"}
_PROGRAMS = {"Enabled", "Disabled", "EnabledNoEncapOnly", "EnabledIPIPOnly"}
_OPERATORS = {"Equal", "NotEqual", "In", "NotIn"}


class RefusedError(Exception):
    """An object the lab cannot render as Calico would; the text is a sentence naming object and field."""


@dataclass(frozen=True)
class SecretKey:
    """Where a password lies: a Secret in calico-node's namespace and a key of it."""

    name: str
    key: str


@dataclass(frozen=True)
class Settings:
    """BGPConfiguration: `default`, or what `node.<name>` may override (listen_port and log).

    `programs` is programClusterRoutes.
    """

    mesh: bool | None = None
    asn: int | None = None
    listen_port: int = 0
    mesh_password: SecretKey | None = None
    mesh_restart: int | None = None
    log: str = ""
    programs: str = ""


@dataclass(frozen=True)
class Node:
    """A node's BGP side: IPv4 address without length ("" when it has none) and its own AS where it
    overrides."""

    name: str
    address: str
    asn: int | None
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """One rule of a BGPFilter, IPv4."""

    action: str
    cidr: str = ""
    operator: str = ""
    shortest: int | None = None
    longest: int | None = None
    has_lengths: bool = False
    source: str = ""
    interface: str = ""


@dataclass(frozen=True)
class Filter:
    """The IPv4 rules of a BGPFilter."""

    name: str
    imports: tuple[Rule, ...]
    exports: tuple[Rule, ...]


@dataclass(frozen=True)
class Peer:
    """A BGPPeer: remote address (canonical) and port (0: none given), AS, scope and options. Times in
    seconds."""

    name: str
    address: str
    port: int
    asn: int
    node: str
    selector: str
    use_node_ip: bool
    password: SecretKey | None
    restart: int | None
    keepalive: int | None
    filters: tuple[str, ...]


@dataclass(frozen=True)
class Pool:
    """An IPPool: canonical CIDR, whether its routes stay inside, and its overlay modes."""

    name: str
    cidr: str
    export: bool
    ipip: str
    vxlan: str


@dataclass(frozen=True)
class Block:
    """A block a node claims (canonical CIDR): `state` is confirmed or empty for those that are announced.

    `labelled`: its labels are those by which its node lists it.
    """

    cidr: str
    node: str
    state: str
    labelled: bool


@dataclass
class Objects:
    """Everything the renderer looks at. `settings` is keyed by "" for `default`, else by node name."""

    form: Form = FORMS[NEWEST]
    settings: dict[str, Settings] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    filters: dict[str, Filter] = field(default_factory=dict)
    peers: dict[str, Peer] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    secrets: dict[SecretKey, str] = field(default_factory=dict)

    @property
    def programs(self) -> str:
        """Whose kernel routes are BIRD's, as a value of programClusterRoutes."""
        return self.settings.get("", Settings()).programs or self.form.programs


def affinity_labels(node: str, cidr: str) -> dict[str, str]:
    """The labels by which confd lists a node's block affinities, from Calico 3.31 on."""
    digest = b32encode(hashlib.sha3_256(node.encode()).digest()).decode().rstrip("=")
    version = "4" if values.is_ipv4(cidr) else "6"
    labels = {"hostname-hash": digest, "affinity-type": "host", "ip-version": version}
    return {f"projectcalico.org/{name}": value for name, value in labels.items()}


def read(objects: Iterable[Json], form: Form = FORMS[NEWEST]) -> Objects:
    """Records of all objects, as this release reads them; RefusedError for the first with a field, kind or
    value that it or the lab does not know."""
    found = Objects(form)
    for obj in objects:
        kind, name = str(obj.get("kind", "")), str(obj.get("metadata", {}).get("name", ""))
        try:
            _read_one(found, kind, name, obj)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise RefusedError(f"{kind} {name}: {what}.") from error
    return found


def _read_one(found: Objects, kind: str, name: str, obj: Json) -> None:
    spec = obj.get("spec") or {}
    if kind in _FIELDS:
        _refuse_unknown(kind, name, spec, _FIELDS[kind] - (NEWER - found.form.fields))
    if kind == "BGPConfiguration":
        found.settings[_scope(name, spec)] = _settings(spec)
    elif kind == "BGPPeer":
        found.peers[name] = _peer(name, spec)
    elif kind == "BGPFilter":
        found.filters[name] = _filter(name, spec)
    elif kind == "IPPool":
        found.pools[name] = _pool(name, spec)
    elif kind == "BlockAffinity":
        if not spec.get("deleted"):
            found.blocks.append(_block(obj))
    elif kind == "Node":
        found.nodes[name] = _node(name, obj)
    elif kind == "Secret":
        _keep_secret(found, name, obj)
    elif kind not in _OTHER_KINDS:
        raise RefusedError(f"{kind or 'An object without a kind'} {name}: this kind is not known to the lab.")


def _block(obj: Json) -> Block:
    spec, labels = obj["spec"], obj["metadata"].get("labels") or {}
    wanted = affinity_labels(spec["node"], spec["cidr"])
    labelled = wanted.items() <= labels.items()
    return Block(values.cidr(spec["cidr"]), spec["node"], spec.get("state") or "", labelled)


def _refuse_unknown(kind: str, name: str, spec: Json, known: set[str], where: str = "") -> None:
    for key, value in spec.items():
        if key not in known and value not in (None, "", [], {}, _DEFAULTS.get(key)):
            raise RefusedError(f"{kind} {name}: field {where}{key} is not known to the lab.")


def _scope(name: str, spec: Json) -> str:
    if name == "default":
        return ""
    if not name.startswith(NODE_PREFIX):
        raise RefusedError(f"BGPConfiguration {name}: Calico knows the names default and node.<name> only.")
    for key, value in spec.items():
        if key not in _PER_NODE_FIELDS and value not in (None, _DEFAULTS.get(key)):
            raise RefusedError(f"BGPConfiguration {name}: field {key} is allowed in `default` only.")
    return name.removeprefix(NODE_PREFIX)


def _settings(spec: Json) -> Settings:
    restart, programs = spec.get("nodeMeshMaxRestartTime"), spec.get("programClusterRoutes") or ""
    if programs and programs not in _PROGRAMS:
        raise ValueError(f"programClusterRoutes {programs!r} is none of {', '.join(sorted(_PROGRAMS))}")
    severity = str(spec.get("logSeverityScreen") or "").lower()
    return Settings(
        mesh=spec.get("nodeToNodeMeshEnabled"),
        asn=values.as_number(spec["asNumber"]) if spec.get("asNumber") is not None else None,
        listen_port=int(spec.get("listenPort") or 0),
        mesh_password=_secret_key(spec.get("nodeMeshPassword")),
        mesh_restart=values.seconds(restart) if restart else None,
        # BIRD has three levels only.
        log=severity if severity in ("", "debug", "info") else "none",
        programs=programs,
    )


def _secret_key(password: Json | None) -> SecretKey | None:
    reference = (password or {}).get("secretKeyRef")
    return SecretKey(reference["name"], reference["key"]) if reference else None


def _peer(name: str, spec: Json) -> Peer:
    address, port = values.split_port(spec["peerIP"])
    selector = spec.get("nodeSelector") or ""
    if selector:
        selectors.parse(selector)
    source = spec.get("sourceAddress") or "UseNodeIP"
    if source not in ("UseNodeIP", "None"):
        raise ValueError(f"sourceAddress {source!r} is neither UseNodeIP nor None")
    restart, keepalive = spec.get("maxRestartTime"), spec.get("keepaliveTime")
    return Peer(
        name=name,
        address=address,
        port=port,
        asn=values.as_number(spec.get("asNumber") or 0),
        node=spec.get("node") or "",
        selector=selector,
        use_node_ip=source == "UseNodeIP",
        password=_secret_key(spec.get("password")),
        restart=values.seconds(restart) if restart else None,
        keepalive=values.seconds(keepalive) if keepalive else None,
        filters=tuple(spec.get("filters") or ()),
    )


def _filter(name: str, spec: Json) -> Filter:
    read_rules = {}
    for direction in ("importV4", "exportV4", "importV6", "exportV6"):
        rules = spec.get(direction) or []
        for index, rule in enumerate(rules):
            _refuse_unknown("BGPFilter", name, rule, _RULE_FIELDS, f"{direction}[{index}].")
        read_rules[direction] = tuple(_rule(rule) for rule in rules)
    return Filter(name, read_rules["importV4"], read_rules["exportV4"])


def _rule(rule: Json) -> Rule:
    if rule.get("action") not in ("Accept", "Reject"):
        raise ValueError(f"action {rule.get('action')!r} is neither Accept nor Reject")
    cidr, operator, source = rule.get("cidr") or "", rule.get("matchOperator") or "", rule.get("source") or ""
    if bool(cidr) != bool(operator) or (operator and operator not in _OPERATORS):
        raise ValueError(f"cidr {cidr!r} and matchOperator {operator!r} do not go together")
    if cidr:
        values.cidr(cidr)
    if source not in ("", "RemotePeers"):
        raise ValueError(f"source {source!r} is not RemotePeers")
    lengths = rule.get("prefixLength")
    return Rule(
        action=rule["action"],
        cidr=cidr,
        operator=operator,
        shortest=(lengths or {}).get("min"),
        longest=(lengths or {}).get("max"),
        has_lengths=lengths is not None,
        source=source,
        interface=rule.get("interface") or "",
    )


def _pool(name: str, spec: Json) -> Pool:
    modes = [spec.get(key) or "Never" for key in ("ipipMode", "vxlanMode")]
    for mode in modes:
        if mode not in ("Never", "Always", "CrossSubnet"):
            raise ValueError(f"overlay mode {mode!r} is none of Never, Always, CrossSubnet")
    return Pool(name, values.cidr(spec["cidr"]), not spec.get("disableBGPExport"), *modes)


def _node(name: str, obj: Json) -> Node:
    """A Node of Calico's (spec.bgp) or of Kubernetes' (annotations)."""
    metadata, bgp = obj["metadata"], (obj.get("spec") or {}).get("bgp") or {}
    annotations = metadata.get("annotations") or {}

    def given(key: str, annotation: str) -> Any:
        return bgp.get(key) or annotations.get(f"projectcalico.org/{annotation}")

    if given("routeReflectorClusterID", "RouteReflectorClusterID"):
        raise RefusedError(f"Node {name}: field routeReflectorClusterID is not known to the lab.")
    address, asn = given("ipv4Address", "IPv4Address"), given("asNumber", "ASNumber")
    labels = {str(key): _label(value) for key, value in (metadata.get("labels") or {}).items()}
    return Node(
        name,
        values.address_of(address) if address else "",
        values.as_number(asn) if asn else None,
        labels,
    )


def _label(value: Any) -> str:
    """YAML reads an unquoted `yes` as true; a label is text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keep_secret(found: Objects, name: str, obj: Json) -> None:
    if obj["metadata"].get("namespace", SECRET_NAMESPACE) != SECRET_NAMESPACE:
        return
    for key, value in (obj.get("data") or {}).items():
        found.secrets[SecretKey(name, key)] = b64decode(value).decode()
    for key, value in (obj.get("stringData") or {}).items():
        found.secrets[SecretKey(name, key)] = value
