# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's stand-in for calicoctl: one program with Python's own library alone, as a node runs it.

It does what the lab shows: `version`, `get`, `patch` and `node status`, worded as calicoctl words them. All
else it refuses. lab/releases.py puts it into a release tree, once for each version.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import socket
import ssl
import sys
import textwrap
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, NamedTuple

VERSION = "v0.0.0"
CONFIG = "/etc/calico/calicoctl.cfg"
SOCKET = "/var/run/calico/bird.ctl"
CALICO = "/apis/projectcalico.org/v3"
TIMEOUT = 10
WIDEST_CELL = 30
Json = dict[str, Any]

PEER_TYPES = {"Mesh": "node-to-node mesh", "Global": "global", "Node": "node specific"}
HEADER = ("PEER ADDRESS", "PEER TYPE", "STATE", "SINCE", "INFO")


class Kind(NamedTuple):
    """A kind of Calico's: its names, and the columns of its table (title, path in the object)."""

    kind: str
    aliases: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


NAME = ("NAME", "metadata.name")
KINDS = (
    Kind(
        "BGPConfiguration",
        ("bgpconfig", "bgpconfigs"),
        (
            NAME,
            ("LOGSEVERITY", "spec.logSeverityScreen"),
            ("MESHENABLED", "spec.nodeToNodeMeshEnabled"),
            ("ASNUMBER", "spec.asNumber"),
        ),
    ),
    Kind(
        "BGPPeer",
        ("bgpp", "bp"),
        (NAME, ("PEERIP", "spec.peerIP"), ("NODE", "spec.nodeSelector"), ("ASN", "spec.asNumber")),
    ),
    Kind("BGPFilter", (), (NAME,)),
    Kind("IPPool", ("ipp",), (NAME, ("CIDR", "spec.cidr"), ("SELECTOR", "spec.nodeSelector"))),
    Kind("ClusterInformation", ("clusterinfo",), (NAME, ("VERSION", "spec.calicoVersion"))),
)


class Refused(Exception):
    """Why the command fails; the text is what is printed."""


class Api:
    """The Kubernetes API that a kubeconfig (in JSON) leads to."""

    def __init__(self, kubeconfig: str) -> None:
        try:
            with open(kubeconfig, encoding="utf-8") as file:
                config = json.load(file)
            cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
            authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
            self._server, self._token = str(cluster["server"]), str(user["token"])
        except (OSError, ValueError, LookupError) as error:
            raise Refused(f"Failed to create Calico API client: {kubeconfig}: {error}") from error
        self._tls = ssl.create_default_context(cadata=authority)

    def request(self, method: str, path: str, body: object = None) -> Json:
        """One request, with a merge patch as body where there is one."""
        request = urllib.request.Request(
            self._server + CALICO + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/merge-patch+json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT, context=self._tls) as answer:
                found: Json = json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error).get("message", str(error))) from error
        except OSError as error:
            raise Refused(f"{method} {self._server}: {error}") from error
        return found

    def information(self) -> Json:
        """What the cluster says of itself."""
        spec: Json = self.request("GET", "/clusterinformations/default")["spec"]
        return spec


def connect(config: str) -> Api:
    """The API by the configuration file, or by $KUBECONFIG where there is none."""
    path = os.environ.get("KUBECONFIG", os.path.expanduser("~/.kube/config"))
    if os.path.exists(config):
        with open(config, encoding="utf-8") as file:
            named = re.search(r'^\s+kubeconfig:\s*"?([^"\n]*)"?\s*$', file.read(), re.MULTILINE)
        path = named[1] if named else ""
    if not path:
        raise Refused(f"Failed to create Calico API client: {config} names no kubeconfig")
    return Api(path)


def refuse_mismatch(api: Api, allowed: bool, failed: str = "") -> None:
    """Client and cluster must be of one version, but for what follows a `-`; `failed` begins the refusal."""
    cluster = str(api.information().get("calicoVersion", ""))
    own, other = (text.lstrip("v").partition("-")[0] for text in (VERSION, cluster))
    if other and own != other and not allowed:
        raise Refused(
            f"{failed}Version mismatch.\nClient Version:   {VERSION}\n"
            f"Cluster Version:  {cluster.lstrip('v')}\n"
            "Use --allow-version-mismatch to override."
        )


def find_kind(text: str) -> Kind:
    """The kind by its name in singular or plural, or by an alias."""
    wanted = text.lower()
    for each in KINDS:
        if wanted in (each.kind.lower(), each.kind.lower() + "s", *each.aliases):
            return each
    raise Refused(
        f"Failed to execute command: resource type '{text}' is not supported by the lab's calicoctl"
    )


def version(options: argparse.Namespace) -> None:
    """Of the client, and of the cluster where it can be asked."""
    print(f"Client Version:    {VERSION}\nGit commit:        lab")
    if options.client:
        return
    try:
        spec = connect(options.config).information()
    except Refused as refused:
        raise Refused(f"Unable to retrieve Cluster Version or Type: {refused}") from refused
    print(f"Cluster Version:   {spec.get('calicoVersion') or 'unknown'}")
    print(f"Cluster Type:      {spec.get('clusterType') or 'unknown'}")


def get(options: argparse.Namespace) -> None:
    """Objects as a table, or as JSON."""
    api, kind = connect(options.config), find_kind(options.kind)
    refuse_mismatch(api, options.allow_version_mismatch, "Failed to get resources: ")
    plural = f"/{kind.kind.lower()}s"
    if options.name:
        found = api.request("GET", f"{plural}/{options.name}")
        items = [found]
    else:
        found = api.request("GET", plural)
        items = found["items"]
    if options.output == "json":
        print(json.dumps(found, indent=2))
        return
    rows = [[title for title, _path in kind.columns]]
    rows += [[cell(item, path) for _title, path in kind.columns] for item in items]
    widths = [max(len(row[column]) for row in rows) + 3 for column in range(len(rows[0]))]
    for row in rows:
        print("".join(text.ljust(width) for text, width in zip(row, widths)))  # noqa: B905


def cell(item: Json, path: str) -> str:
    """The value at a path of an object, as the tables show it."""
    value: Any = item
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return "(global)" if path == "spec.nodeSelector" and item["kind"] == "BGPPeer" else "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def patch(options: argparse.Namespace) -> None:
    """A merge patch of one object."""
    api, kind = connect(options.config), find_kind(options.kind)
    refuse_mismatch(api, options.allow_version_mismatch)
    try:
        body = json.loads(options.patch)
    except ValueError as error:
        raise Refused(f"Failed to patch resource: the patch is no JSON: {error}") from error
    api.request("PATCH", f"/{kind.kind.lower()}s/{options.name}", body)
    print(f"Successfully patched 1 '{kind.kind}' resource")


def node_status(_options: argparse.Namespace) -> None:
    """The BGP sessions of this node, from its BIRD."""
    if os.geteuid() != 0:
        raise Refused("Need super user privileges: Operation not permitted")
    if not os.path.exists(SOCKET):
        raise Refused("Calico process is not running.")
    print("Calico process is running.\n\nIPv4 BGP status")
    try:
        rows = peers(ask_bird("show protocols"))
    except OSError as error:
        print(f"Error querying BIRD: unable to connect to BIRDv4 socket: {error}")
    else:
        print(table(rows) if rows else "No IPv4 peers found.")
    # The lab's nodes have IPv4 alone.
    print("\nIPv6 BGP status\nNo IPv6 peers found.\n")


def ask_bird(question: str) -> list[str]:
    """The lines of BIRD's answer."""
    with socket.socket(socket.AF_UNIX) as bird:
        bird.settimeout(TIMEOUT)
        bird.connect(SOCKET)
        with bird.makefile("rw") as stream:
            stream.readline()
            stream.write(question + "\n")
            stream.flush()
            lines: list[str] = []
            while (line := stream.readline()) and not re.match(r"0\d{3} ", line):
                lines.append(re.sub(r"^(\d{4}[- ]| )", "", line.rstrip("\n")))
            return lines


def peers(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """A row for each BGP protocol; like calicoctl, without those of which BIRD has nothing to say."""
    found: list[tuple[str, ...]] = []
    for line in lines:
        words = line.split(None, 5)
        name = re.match(r"(Mesh|Global|Node)_(\d+(?:_\d+)*)", words[0]) if len(words) == 6 else None
        if name and words[1] == "BGP":
            found.append(
                (
                    name[2].replace("_", "."),
                    PEER_TYPES[name[1]],
                    words[3],
                    words[4],
                    " ".join(words[5].split()),
                )
            )
    return found


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in the frame that calicoctl draws: titles in the middle, long cells wrapped."""
    wrapped = [[textwrap.wrap(text, WIDEST_CELL) for text in row] for row in rows]
    widths = [
        max(len(title), *(min(len(row[column]), WIDEST_CELL) for row in rows))
        for column, title in enumerate(HEADER)
    ]
    frame = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [frame, _line([_middle(t, w) for t, w in zip(HEADER, widths)]), frame]  # noqa: B905
    for row in wrapped:
        for number in range(max(len(part) for part in row)):
            texts = [part[number] if number < len(part) else "" for part in row]
            lines.append(_line([text.ljust(width) for text, width in zip(texts, widths)]))  # noqa: B905
    return "\n".join([*lines, frame])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _middle(text: str, width: int) -> str:
    left = (width - len(text)) // 2
    return " " * left + text + " " * (width - len(text) - left)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="calicoctl", description=f"The lab's stand-in, {VERSION}.")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument("-c", "--config", default=CONFIG)
    config.add_argument("--allow-version-mismatch", action="store_true")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, work in (("version", version), ("get", get), ("patch", patch)):
        command = commands.add_parser(name, parents=[config])
        command.set_defaults(work=work)
        if name == "version":
            command.add_argument("--client", action="store_true")
            continue
        command.add_argument("kind", metavar="KIND")
        command.add_argument("name", metavar="NAME", nargs="?" if name == "get" else None)
        if name == "get":
            command.add_argument("-o", "--output", choices=["ps", "wide", "json"], default="ps")
        else:
            command.add_argument("-p", "--patch", required=True)
            command.add_argument("-t", "--type", choices=["merge"], default="merge")
    node = commands.add_parser("node").add_subparsers(required=True, metavar="COMMAND")
    node.add_parser("status").set_defaults(work=node_status)
    return whole


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit status."""
    options = parser().parse_args(arguments)
    try:
        options.work(options)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
