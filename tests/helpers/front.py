# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An imitated router behind its SSH server, and plays against it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.telco.calico_bgp.plugins.plugin_utils.detached import process
from lab.ios import Router, Server, serve
from tests.helpers import held
from tests.helpers.commands import call

ANSIBLE = Path(sys.executable).with_name("ansible-playbook")


@dataclass
class Front:
    """A router and the server in front of it."""

    router: Router
    server: Server
    loop: asyncio.AbstractEventLoop


@contextmanager
def served(router: Router, directory: Path) -> Iterator[Front]:
    """The router behind a server of its own, until the end; its process in bgpd goes, too."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = serve(router, "127.0.0.1", 0, directory / "host_key")
    server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
    try:
        yield Front(router, server, loop)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        router.close()
        router.stop_bgp()


def play(front: Front, directory: Path, text: str, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run a playbook against the router, as its hosts' only one; `variables` are the host's.

    It holds the cluster whose run directory this is.
    """
    (directory / "play.yml").write_text(text)
    host = {
        "ansible_host": "127.0.0.1",
        "ansible_port": front.server.port,
        "ansible_user": "admin",
        "ansible_password": "secret",
        "ansible_become": True,
        "ansible_become_method": "enable",
        "ansible_become_password": "lab",
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host_key_checking": False,
        "ansible_python_interpreter": sys.executable,
        **variables,
    }
    local: dict[str, object] = {"ansible_connection": "local", "ansible_become": False}
    local["ansible_python_interpreter"] = sys.executable
    inventory = {"all": {"hosts": {"rr1": host}}, "here": {"hosts": {"localhost": local}}}
    (directory / "hosts.json").write_text(json.dumps(inventory))
    own = {"HOME": str(directory), "ANSIBLE_HOME": str(directory / "ansible"), "ANSIBLE_NOCOLOR": "1"}
    return call(
        [str(ANSIBLE), "-i", "hosts.json", "--limit", "rr1", "play.yml"],
        {**os.environ, **own},
        directory,
        lambda pid: held.hold(directory, run=process(pid)),
    )
