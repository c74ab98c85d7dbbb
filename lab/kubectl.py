# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's stand-in for kubectl on a control plane node: `get` and `patch` of one of Calico's objects."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from lab.calicoctl import Api, Refused

GROUP = "projectcalico.org"


def plural(resource: str) -> str:
    """The kind as the API has it, out of RESOURCE.GROUP."""
    kind, _dot, group = resource.partition(".")
    if group != GROUP:
        raise Refused(f'error: the server doesn\'t have a resource type "{resource}"')
    return kind


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit status."""
    parser = argparse.ArgumentParser(prog="kubectl", description="The lab's stand-in.", allow_abbrev=False)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--request-timeout", default="0")
    commands = parser.add_subparsers(required=True, dest="command")
    for name in ("get", "patch"):
        command = commands.add_parser(name, allow_abbrev=False)
        command.add_argument("resource")
        command.add_argument("name")
        if name == "get":
            command.add_argument("-o", "--output", choices=["json"], required=True)
        else:
            command.add_argument("--type", choices=["merge"], required=True)
            command.add_argument("-p", "--patch", required=True)
    options = parser.parse_args(arguments)
    try:
        path = f"/{plural(options.resource)}/{options.name}"
        api = Api(options.kubeconfig)
        if options.command == "get":
            print(json.dumps(api.request("GET", path), indent=4))
        else:
            api.request("PATCH", path, json.loads(options.patch))
            print(f"{options.resource}/{options.name} patched")
    except (Refused, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
