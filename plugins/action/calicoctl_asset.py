# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a host, and have the calicoctl it needs on the controller, verified."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils import calicoctl
from ..module_utils.printable import brief, printable
from ..modules import calicoctl_asset as documented
from ..plugin_utils import release
from ..plugin_utils.arguments import arguments

ARGUMENTS = arguments(documented.DOCUMENTATION)


class ActionModule(ActionBase):
    """Changes nothing on the host; the cache on the controller is filled in check mode as well."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        name = str((task_vars or {})["inventory_hostname"])
        _result, args = self.validate_argument_spec(ARGUMENTS)
        answer = self._low_level_execute_command(calicoctl.look_command(args["kubeconfig"]))
        if answer["rc"] != 0:
            why = answer["stderr"].strip() or answer["stdout"].strip()
            why = brief(why)
            return {"changed": False, "failed": True, "msg": f"{name}: the host cannot be looked at: {why}"}
        host = calicoctl.read_host(answer["stdout"])
        found = {
            "changed": False,
            "files": list(host.ours),
            "foreign": list(host.foreign),
            "folder": host.folder,
            "folder_ours": host.folder_ours,
            "path": "",
            "sha256": "",
            "version": "",
            "msg": left_behind(name, host) if args["state"] == "absent" else "",
        }
        if args["state"] == "absent":
            return found
        try:
            version = calicoctl.full_version(args["version"])
            want = release.Want(
                asset=calicoctl.asset_name(host),
                version=version,
                source=args["source"],
                checksum=calicoctl.given_checksum(args["checksum"]),
                cache=cache_directory(args["cache"]),
                validate_certs=args["validate_certs"],
                trust_source=args["trust_source"],
            )
            if args["kubeconfig"] and not host.kubeconfig:
                raise calicoctl.AssetError(missing_kubeconfig(args["kubeconfig"]))
            got = release.obtain(want)
        except calicoctl.AssetError as exc:
            return {"changed": False, "failed": True, "msg": f"{name}: {printable(str(exc))}."}
        return {**found, "path": str(got.path), "sha256": got.sha256, "version": version}


def cache_directory(given: str) -> Path:
    """Where downloads are kept on the controller."""
    if given:
        return Path(os.path.expanduser(given)).absolute()
    parent = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(parent) / "telco.calico_bgp" / "calicoctl"


def missing_kubeconfig(path: str) -> str:
    """Why a configuration that names this file is not written."""
    return (
        f"calicoctl_kubeconfig names {path}, and there is no such file on this host. "
        "This role never copies a kubeconfig; put one there that has few rights, or leave the variable out"
    )


def left_behind(name: str, host: calicoctl.Host) -> str:
    """What a removal leaves on the host, in words; "" when nothing."""
    if not host.foreign:
        return ""
    return f"{name}: {', '.join(host.foreign)} stays, as it is not what this role put there."
