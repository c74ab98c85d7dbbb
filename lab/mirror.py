# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab after a user's own inventory: its names, addresses and settings, none of its ways to real machines.

Of the user's inventory only the hosts of the three groups are taken over, and of their variables only those
of this collection, without what says how something is reached, and those that these mention. Variables files
beside a playbook outrank any inventory: `inventory.ways` is for them.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.network import ASN, LabReflector, Network, spread
from lab.state import LabError

Json = dict[str, Any]
CLUSTERS, REFLECTORS, NODES = "calico_clusters", "route_reflectors", "calico_nodes"
#: Stands for what is encrypted in the user's inventory, or would be looked up when it is used.
SECRET = "lab-secret"
_LOOKUP = re.compile(r"\{\{.*\b(lookup|query|q)\s*\(", re.DOTALL)
#: The variables of this collection.
_OURS = re.compile(r"(calico_(plan|bgp|mesh|peering)|cisco_rr|bgp_(validate|evaluate)|calicoctl)_\w+\Z")
#: Ways to real machines, and to what lies on them.
_WAYS = re.compile(
    r"\w+_(kubeconfig|context|namespace)\Z|calicoctl_(source|checksum|trust_source|cache|version)\Z"
    r"|bgp_validate_(socket|probe_report)\Z|calico_plan_(run_directory|node_networks)\Z"
)
#: What is secret by its name, however it lies in the inventory: ansible-inventory decrypts whole files.
_SECRETS = re.compile(r"\w*(password|passwd|secret|token)\w*\Z", re.IGNORECASE)
_EXPRESSION = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")


@dataclass(frozen=True)
class Mirror:
    """What is taken over: the network, the cluster's inventory name, and each host's own variables."""

    network: Network
    cluster: str
    variables: Mapping[str, Json]


def read(path: Path) -> Mirror:
    """The mirror of the inventory at `path`; LabError says what in it a lab cannot be made of."""
    if not path.exists():
        raise LabError(f"There is no inventory {path}.")
    program = str(Path(sys.executable).with_name("ansible-inventory"))
    command = [program, "--inventory", str(path.absolute()), "--list"]
    environment = {**os.environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}
    # It would take variables files in the current directory for those beside a playbook.
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise LabError(f"{path} is not read as an inventory: {done.stderr.strip()[-500:]}")
    return mirror(json.loads(done.stdout))


def mirror(listing: Json) -> Mirror:
    """The mirror of what `ansible-inventory --list` prints."""
    variables = listing.get("_meta", {}).get("hostvars", {})
    groups = {group: list(_members(listing, group)) for group in (CLUSTERS, REFLECTORS, NODES)}
    for group, hosts in groups.items():
        _check_names(group, hosts)
    if len(groups[CLUSTERS]) != 1:
        raise LabError(f"Group {CLUSTERS} must have one host, and has {len(groups[CLUSTERS])}.")
    cluster = groups[CLUSTERS][0]
    reflectors = [LabReflector(name, _reflector_address(name, variables)) for name in groups[REFLECTORS]]
    nodes = [(name, _address(variables.get(name, {}).get("ansible_host", name))) for name in groups[NODES]]
    try:
        network = spread(nodes, reflectors, _asn(cluster, variables))
    except ValueError as error:
        raise LabError(f"No lab can be made of this inventory: {error}.") from error
    kept = {name: _kept(variables.get(name, {})) for hosts in groups.values() for name in hosts}
    return Mirror(network, cluster, kept)


def _members(listing: Json, group: str) -> Iterable[str]:
    """The hosts of a group and of the groups below it, each once."""
    found: dict[str, None] = {}
    waiting = [group]
    while waiting:
        entry = listing.get(waiting.pop(0), {})
        found.update(dict.fromkeys(entry.get("hosts", ())))
        waiting += entry.get("children", ())
    return found


def _check_names(group: str, hosts: Iterable[str]) -> None:
    for name in hosts:
        if not _NAME.match(name):
            raise LabError(f"{group}: a machine of the lab cannot be called {name!r}.")


def _reflector_address(name: str, variables: Mapping[str, Json]) -> str:
    own = variables.get(name, {})
    said = own.get("cisco_rr_address", own.get("ansible_host", name))
    address = _address(said)
    if address is None:
        raise LabError(f"{name}: {said!r} is no IPv4 address; give cisco_rr_address or ansible_host as one.")
    return address


def _address(said: object) -> str | None:
    try:
        return str(ipaddress.IPv4Address(str(said)))
    except ValueError:
        return None


def _asn(cluster: str, variables: Mapping[str, Json]) -> int:
    said = variables.get(cluster, {}).get("calico_plan_asn", ASN)
    if isinstance(said, bool) or not str(said).isdecimal():
        raise LabError(f"{cluster}: calico_plan_asn is {said!r}; the lab needs a number here.")
    return int(said)


def _kept(variables: Json) -> Json:
    """The variables of this collection, and those that they mention, as far as they lead nowhere."""
    kept: Json = {}
    waiting = [name for name in variables if _OURS.match(name)]
    while waiting:
        name = waiting.pop()
        if name not in variables or name in kept or _WAYS.match(name) or name.startswith("ansible_"):
            continue
        kept[name] = SECRET if _SECRETS.match(name) and variables[name] else _plain(variables[name])
        waiting += _mentioned(kept[name])
    return {name: kept[name] for name in variables if name in kept}


def _mentioned(value: Any) -> Iterator[str]:
    """The words of every expression in a value."""
    if isinstance(value, str):
        for found in _EXPRESSION.findall(value):
            yield from _WORD.findall(found)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _mentioned(each)
    elif isinstance(value, list):
        for each in value:
            yield from _mentioned(each)


def _plain(value: Any) -> Any:
    """`value` with what ansible-vault encrypted, and what is looked up elsewhere, replaced."""
    if isinstance(value, str) and _LOOKUP.search(value):
        return SECRET
    if isinstance(value, dict):
        return SECRET if "__ansible_vault" in value else {k: _plain(v) for k, v in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
